//! Files that only their owner may read, written so that a crash leaves the old or the new one, never half of one.

use super::error::SecretError;
use crate::ports::bounded;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Most bytes of a file with credentials.
const SECRETS_MAX: u64 = bounded::SETTINGS_MAX;

/// The bytes of a file, `None` when it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, SecretError> {
    match bounded::read(path, SECRETS_MAX) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(SecretError::Io { path: path.to_owned(), detail: error.to_string() }),
    }
}

/// Refuses a file that others may read.
#[cfg(unix)]
pub(super) fn check_private(path: &Path) -> Result<(), SecretError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|error| SecretError::io(path, &error))?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(SecretError::TooOpen { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
pub(super) fn check_private(_path: &Path) -> Result<(), SecretError> {
    Ok(())
}

/// Replaces the file at `path` in one step; 0600.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), SecretError> {
    let part = path.with_extension("part");
    write_new(&part, bytes).map_err(|error| SecretError::io(&part, &error))?;
    fs::rename(&part, path).map_err(|error| SecretError::io(path, &error))?;
    sync_folder(path)
}

/// Removes a file; one that is not there is no error.
pub(super) fn remove(path: &Path) -> Result<(), SecretError> {
    remove_if_there(path).map_err(|error| SecretError::io(path, &error))
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    remove_if_there(path)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename itself durable.
fn sync_folder(path: &Path) -> Result<(), SecretError> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| SecretError::io(folder, &error))
}

/// Holds other processes off while a file is read, changed and written; ends when it is dropped.
pub(super) fn lock(folder: &Path) -> Result<fs::File, SecretError> {
    let path = folder.join("secrets.lock");
    let failed = |error: std::io::Error| SecretError::io(&path, &error);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}
