//! From the columns that were seen to the desk; and an earlier result, read again with what was ruled on it.

use super::columns::Asked;
use super::{Desk, DuplicatesDesk, MatchError, Pair, Watch, compare, compare_within};
use crate::files::match_result::kept::{Kept, KeptError, KeptFile, KeptRuling};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// What is to be compared, as it was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub asked: Asked,
    pub threshold: f64,
    pub new_below: f64,
    /// The files as they were when their columns were shown, source first.
    pub seen: Vec<KeptFile>,
    /// What was ruled on an earlier result of the same lists.
    pub rulings: Vec<KeptRuling>,
}

/// What comes out.
#[derive(Debug, Clone)]
pub enum Found {
    Desk(Arc<Desk>),
    Duplicates(Arc<DuplicatesDesk>),
}

/// What there is to look at, and what is to be told with it.
#[derive(Debug, Clone)]
pub struct Made {
    pub found: Found,
    /// Rulings of the earlier result that fit nobody any more.
    pub missed: usize,
}

/// Why there is no result to look at.
#[derive(Debug, Error)]
pub enum NotMade {
    #[error(transparent)]
    Match(#[from] MatchError),
    #[error("{} is not there any more", path.display())]
    Gone { path: PathBuf },
    #[error("{} has changed since its columns were shown", path.display())]
    Changed { path: PathBuf },
    #[error("stopped")]
    Stopped,
}

/// Compares what was seen.
///
/// # Errors
/// [`NotMade`]: a list that is not the one that was seen is not compared.
pub fn make(wanted: Wanted, watch: &Watch) -> Result<Made, NotMade> {
    check_seen(&wanted.seen)?;
    let Asked { source, destination, choices, today } = wanted.asked;
    let made = match destination {
        Some(destination) => {
            let (threshold, new_below) = (wanted.threshold, wanted.new_below);
            let pair = Pair { source, destination, threshold, new_below, today, choices };
            let matched = watch.over(|report| compare(&pair, report)).ok_or(NotMade::Stopped)??;
            let files = <[KeptFile; 2]>::try_from(wanted.seen.clone()).map_err(|_| NotMade::Stopped)?;
            let desk = Desk::new(pair, files, matched);
            let missed = desk.continue_with(&wanted.rulings);
            Made { found: Found::Desk(Arc::new(desk)), missed }
        }
        None => {
            let find = |report: &mut dyn FnMut(_)| compare_within(&source, &choices, today, report);
            let matched = watch.over(find).ok_or(NotMade::Stopped)??;
            let file = wanted.seen.first().cloned().ok_or(NotMade::Stopped)?;
            let desk = DuplicatesDesk::new(file, choices, today, matched);
            Made { found: Found::Duplicates(Arc::new(desk)), missed: 0 }
        }
    };
    // A file that changed while it was read may have been read by halves.
    check_seen(&wanted.seen)?;
    Ok(made)
}

fn check_seen(seen: &[KeptFile]) -> Result<(), NotMade> {
    match seen.iter().find(|file| !file.is_unchanged()) {
        None => Ok(()),
        Some(file) if !file.path.exists() => Err(NotMade::Gone { path: file.path.clone() }),
        Some(file) => Err(NotMade::Changed { path: file.path.clone() }),
    }
}

/// An earlier result as it stands in its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    pub folder: PathBuf,
    /// What it was made from, as it was then.
    pub wanted: Wanted,
    /// Lists that have changed since, or are gone.
    pub changed: Vec<PathBuf>,
    /// Files of the result that were changed by hand since they were written, or are gone.
    pub edited: Vec<String>,
}

/// Why an earlier result is not opened.
#[derive(Debug, Error)]
pub enum NotEarlier {
    #[error("nothing is kept beside this result of how its lists were read")]
    NothingKept,
    #[error("columns.toml: {0}")]
    Kept(KeptError),
}

/// Reads what is kept of an earlier result.
///
/// # Errors
/// [`NotEarlier`].
pub fn earlier(folder: &Path) -> Result<Earlier, NotEarlier> {
    let kept = Kept::read(folder).map_err(|error| match &error {
        KeptError::Unreadable(why) if why.is_not_found() => NotEarlier::NothingKept,
        _ => NotEarlier::Kept(error),
    })?;
    let edited = kept.edited(folder);
    let seen: Vec<KeptFile> = std::iter::once(&kept.source).chain(&kept.destination).cloned().collect();
    let changed = seen.iter().filter(|file| !file.is_unchanged()).map(|file| file.path.clone()).collect();
    let asked = Asked {
        source: kept.source.path,
        destination: kept.destination.map(|file| file.path),
        choices: kept.choices,
        today: kept.today,
    };
    let (threshold, new_below) = (kept.threshold, kept.new_below);
    let wanted = Wanted { asked, threshold, new_below, seen, rulings: kept.rulings };
    Ok(Earlier { folder: folder.to_owned(), wanted, changed, edited })
}
