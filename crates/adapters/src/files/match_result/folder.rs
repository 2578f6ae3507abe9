//! The folder of a result: an earlier one in it is kept under another name, and the new one comes whole or not at all.

use super::WriteError;
use super::kept::KEPT;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The files of a result, without their ending.
const STEMS: [&str; 5] = ["links", "review", "new", "identifiers", "duplicates"];
/// Where a new result is made before it takes its place.
const MAKING: &str = ".onroll-result.part";
/// Names that are tried for an earlier result.
const NAMES: u32 = 1000;

/// The files of an earlier result in a folder.
pub fn files_of(folder: &Path) -> Vec<PathBuf> {
    let named = STEMS.iter().flat_map(|stem| ["csv", "xlsx"].map(|ending| format!("{stem}.{ending}")));
    let names = named.chain([KEPT.to_owned()]);
    names.map(|name| folder.join(name)).filter(|path| path.symlink_metadata().is_ok()).collect()
}

/// Whether a folder holds a result.
pub fn has_result(folder: &Path) -> bool {
    folder.join(KEPT).is_file()
        || ["csv", "xlsx"].iter().any(|ending| folder.join("links").with_extension(ending).is_file())
}

/// When the result in a folder was written.
pub fn written_at(folder: &Path) -> Option<Timestamp> {
    files_of(folder)
        .iter()
        .filter_map(|path| path.metadata().ok()?.modified().ok())
        .filter_map(|time| Timestamp::try_from(time).ok())
        .max()
}

/// Where an earlier result in this folder would be kept: beside it, by the day on which it was written.
pub fn kept_as(folder: &Path, zone: &TimeZone) -> Option<PathBuf> {
    let at = written_at(folder)?;
    let day = at.to_zoned(zone.clone()).strftime("%-d-%b").to_string().to_lowercase();
    let name = folder.file_name().unwrap_or_else(|| OsStr::new("result")).to_string_lossy().into_owned();
    let numbered = (1..NAMES).map(|number| match number {
        1 => format!("{name}-{day}"),
        more => format!("{name}-{day}-{more}"),
    });
    numbered.map(|name| folder.with_file_name(name)).find(|path| path.symlink_metadata().is_err())
}

/// Makes a result in a folder: `make` writes its files into another one, and only when all of them are there an earlier result
/// goes away under another name and these take its place. Gives the files, and where the earlier ones are.
///
/// # Errors
/// What the file system says. Before the files change places nothing has happened to an earlier result.
pub fn replace(
    folder: &Path,
    zone: &TimeZone,
    make: impl FnOnce(&Path) -> Result<(), WriteError>,
) -> Result<(Vec<PathBuf>, Option<PathBuf>), WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError::Output { path, source }
    };
    super::make_folder(folder)?;
    let making = folder.join(MAKING);
    if making.symlink_metadata().is_ok() {
        // What a crash has left: never a result.
        fs::remove_dir_all(&making).map_err(failed(&making))?;
    }
    super::make_folder(&making)?;
    let made = make(&making).and_then(|()| change_places(folder, &making, zone));
    // The error that counts is the one of the making; a left-over is taken away by the next.
    let _ = fs::remove_dir_all(&making);
    made
}

/// Keeps the files of an earlier result under another name; gives where they are now.
///
/// # Errors
/// What the file system says.
pub fn keep_earlier(folder: &Path, zone: &TimeZone) -> Result<Option<PathBuf>, WriteError> {
    let earlier = files_of(folder);
    let Some(aside) = kept_as(folder, zone).filter(|_| !earlier.is_empty()) else { return Ok(None) };
    super::make_folder(&aside)?;
    for path in earlier {
        let to = aside.join(path.file_name().unwrap_or_default());
        fs::rename(&path, to).map_err(|source| WriteError::Output { path, source })?;
    }
    Ok(Some(aside))
}

fn change_places(folder: &Path, making: &Path, zone: &TimeZone) -> Result<(Vec<PathBuf>, Option<PathBuf>), WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError::Output { path, source }
    };
    let aside = keep_earlier(folder, zone)?;
    let mut files = Vec::new();
    for path in files_of(making) {
        let to = folder.join(path.file_name().unwrap_or_default());
        fs::rename(&path, &to).map_err(failed(&to))?;
        files.push(to);
    }
    Ok((files, aside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(name: &str, text: &str) -> impl FnOnce(&Path) -> Result<(), WriteError> {
        let (name, text) = (name.to_owned(), text.to_owned());
        move |folder| {
            fs::write(folder.join(name), text).unwrap();
            Ok(())
        }
    }

    #[test]
    fn an_earlier_result_is_kept_and_other_files_stay() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("result");
        let (files, aside) = replace(&folder, &TimeZone::UTC, write("links.csv", "1")).unwrap();
        assert_eq!((files, aside), (vec![folder.join("links.csv")], None));
        fs::write(folder.join("notes.txt"), "mine").unwrap();
        for number in 2..4 {
            let (_, aside) = replace(&folder, &TimeZone::UTC, write("links.xlsx", &number.to_string())).unwrap();
            let aside = aside.unwrap();
            assert!(aside.file_name().unwrap().to_string_lossy().starts_with("result-"), "{}", aside.display());
            assert_eq!(files_of(&aside).len(), 1);
        }
        assert_eq!(fs::read_to_string(folder.join("links.xlsx")).unwrap(), "3");
        assert_eq!(fs::read_to_string(folder.join("notes.txt")).unwrap(), "mine");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3, "two earlier ones beside it");
    }

    #[test]
    fn what_fails_leaves_the_earlier_result_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("result");
        replace(&folder, &TimeZone::UTC, write("links.csv", "1")).unwrap();
        let broken = |path: &Path| {
            fs::write(path.join("links.csv"), "half").unwrap();
            Err(WriteError::Output { path: path.to_owned(), source: std::io::Error::other("no room") })
        };
        replace(&folder, &TimeZone::UTC, broken).unwrap_err();
        assert_eq!(fs::read_to_string(folder.join("links.csv")).unwrap(), "1");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}
