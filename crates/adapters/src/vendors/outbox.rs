//! What transports by file share: an outbox for its owner only, lines that are on the disk once they count as written, and
//! users who are found among those of a list.

use crate::domain::person::User;
use crate::ports::destination::LookUp;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Bytes that are looked through at once for the end of the last whole line.
const BLOCK: u64 = 8_192;

/// The folder of a workspace for files that somebody takes elsewhere.
pub fn folder(workspace: &Path) -> PathBuf {
    workspace.join("outbox")
}

/// Makes a folder, and those above it, for their owner only (0700).
///
/// # Errors
/// What the file system says.
pub fn make_folder(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Appends whole lines in one write and makes them durable; a file that is new (0600), or has no whole line, begins with `head`.
/// A line that a crash cut short is taken off first.
///
/// # Errors
/// What the file system says; then some of the lines may be there.
pub fn append(path: &Path, head: &[u8], lines: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let whole = whole_lines(&mut file)?;
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    let head = if whole == 0 { head } else { &[] };
    file.write_all(&[head, lines].concat())?;
    file.sync_all()
}

/// Bytes up to the end of the last whole line.
fn whole_lines(file: &mut File) -> std::io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        Read::by_ref(file).take(end - start).read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Whether a look-up is for this user; e-mails are compared without case.
pub fn is_meant(user: &User, key: LookUp<'_>) -> bool {
    match key {
        LookUp::Identifier(identifier) => user.identifier.as_ref() == Some(identifier),
        LookUp::Id(id) => user.id == *id,
        LookUp::Email(email) => user.person.email.as_deref().is_some_and(|held| mail_key(held) == mail_key(email)),
    }
}

/// By what an e-mail is found.
pub fn mail_key(email: &str) -> String {
    email.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn lines_are_appended_whole_and_a_torn_one_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox/a.txt");
        append(&path, b"head\n", b"one\n").unwrap();
        let long = "x".repeat(20_000);
        for torn in ["tw", long.as_str()] {
            let mut file = OpenOptions::new().append(true).open(&path).unwrap();
            file.write_all(torn.as_bytes()).unwrap();
            append(&path, b"head\n", b"two\n").unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "head\none\ntwo\ntwo\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, &long).unwrap();
        append(&path, b"head\n", b"one\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "head\none\n", "nothing but a torn head");
    }
}
