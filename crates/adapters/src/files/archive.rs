//! A folder of files in one: ZIP, 0600, whole or not at all.

use super::export::write_whole;
use std::io::{self, Cursor, Write};
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Writes the files, by their names, into one.
///
/// # Errors
/// What the file system says; then the target is as it was.
pub fn write(path: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().unix_permissions(0o600);
    for (name, bytes) in files {
        archive.start_file(name.as_str(), options)?;
        archive.write_all(bytes)?;
    }
    let bytes = archive.finish()?.into_inner();
    write_whole(path, |out| out.write_all(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_come_back_as_they_were_and_are_their_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        write(&path, &[("a/b.txt".to_owned(), b"one".to_vec()), ("c".to_owned(), vec![0; 100_000])]).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let mut archive = zip::ZipArchive::new(file).unwrap();
        let mut text = String::new();
        archive.by_name("a/b.txt").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), archive.by_name("c").unwrap().size()), ("one", 100_000));
        assert!(path.metadata().unwrap().len() < 2_000, "it is packed");
    }
}
