//! Where a demo and a replay keep their workspace: a folder of its own that goes with it, or the one that `--workspace` names.

use std::path::{Path, PathBuf};

/// The folder; one that is its own is removed when it is let go of.
pub struct Folder {
    path: PathBuf,
    throw_away: bool,
}

impl Folder {
    /// The folder that is named, else a new one.
    pub fn named_or_new(named: Option<&Path>) -> Folder {
        match named {
            Some(path) => Folder { path: path.to_owned(), throw_away: false },
            None => Folder::throw_away(),
        }
    }

    /// A new one.
    pub fn throw_away() -> Folder {
        let path = std::env::temp_dir().join(format!("onroll-demo-{}", uuid::Uuid::new_v4().simple()));
        Folder { path, throw_away: true }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.throw_away
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, "the demo's workspace stays behind");
        }
    }
}
