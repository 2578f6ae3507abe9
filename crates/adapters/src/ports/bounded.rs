//! Files and streams from outside, read up to a named maximum: a device, a pipe or a compressed text may have no end.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Most bytes of a file with people: ten times what a million of them need.
pub const PEOPLE_MAX: u64 = GB;
/// Most bytes of a file with settings: tenant file, configuration.
pub const SETTINGS_MAX: u64 = 16 * MB;
/// Most bytes of a credential.
pub const SECRET_MAX: u64 = MB;
/// Most bytes of a plan or a world.
pub const DOCUMENT_MAX: u64 = 2 * GB;

const MB: u64 = 1024 * 1024;
const GB: u64 = 1024 * MB;

/// How long a pipe may be silent. A file has no such limit, a terminal neither.
const SILENCE: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    Io(io::Error),
    #[error("it is a folder")]
    Folder,
    #[error("it is a device, not a file")]
    Device,
    #[error("it is a socket")]
    Socket,
    #[error("it is a pipe into which nothing came for 10 seconds")]
    Silent,
    #[error("it is larger than the {} that are read of such a file", size(*.most))]
    TooLarge { most: u64 },
    #[error("it is not text in UTF-8")]
    NotText,
}

impl ReadError {
    /// Whether there is no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, ReadError::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl From<io::Error> for ReadError {
    /// One that was carried through a reader comes out again.
    fn from(error: io::Error) -> Self {
        match error.downcast::<ReadError>() {
            Ok(own) => own,
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => ReadError::Folder,
            Err(error) => ReadError::Io(error),
        }
    }
}

/// `16 MB`, `1 GB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        GB.. if bytes.is_multiple_of(GB) => format!("{} GB", bytes / GB),
        MB.. => format!("{} MB", bytes / MB),
        _ => format!("{bytes} bytes"),
    }
}

/// Opens a file or a pipe for [`read_stream`]; never waits for somebody to write into it.
///
/// # Errors
/// A folder, a device, a socket, or what the system says.
pub fn open(path: &Path) -> Result<Bounded, ReadError> {
    check(std::fs::metadata(path)?.file_type())?;
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    // Once more: the name may mean something else by now.
    let kind = file.metadata()?.file_type();
    check(kind)?;
    Ok(Bounded { file, waits: !kind.is_file() })
}

/// The last `most` bytes of a file, or all of a shorter one.
///
/// # Errors
/// As [`open`]; a pipe, of which nobody knows the end.
pub fn read_end(path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
    let mut file = open(path)?.into_file().ok_or(ReadError::Device)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn check(kind: FileType) -> Result<(), ReadError> {
    match () {
        () if kind.is_dir() => Err(ReadError::Folder),
        () if kind.is_char_device() || kind.is_block_device() => Err(ReadError::Device),
        () if kind.is_socket() => Err(ReadError::Socket),
        () => Ok(()),
    }
}

/// An open file, or a pipe that is given up when it is silent for too long.
#[derive(Debug)]
pub struct Bounded {
    file: File,
    waits: bool,
}

impl Bounded {
    /// The file, where it is one: it can be read from any place.
    pub fn into_file(self) -> Option<File> {
        (!self.waits).then_some(self.file)
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.waits {
                let mut fds = [PollFd::new(&self.file, PollFlags::IN)];
                if poll(&mut fds, Some(&SILENCE))? == 0 {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, ReadError::Silent));
                }
            }
            match self.file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

/// Everything that comes, up to `most` bytes.
///
/// # Errors
/// [`ReadError::TooLarge`] as soon as more than that came; what the stream says.
pub fn read_stream(stream: impl Read, most: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    stream.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(ReadError::TooLarge { most }) } else { Ok(bytes) }
}

/// The bytes of a file, up to `most`.
///
/// # Errors
/// [`ReadError`]: a larger file, a folder, a device, a silent pipe, or what the system says.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
    let bounded = open(path)?;
    if !bounded.waits && bounded.file.metadata()?.len() > most {
        return Err(ReadError::TooLarge { most });
    }
    read_stream(bounded, most)
}

/// The text of a file, up to `most` bytes.
///
/// # Errors
/// As [`read`], and for bytes that are not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String, ReadError> {
    String::from_utf8(read(path, most)?).map_err(|_| ReadError::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_has_no_end_is_refused_by_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        for (path, words) in [("/dev/zero", "device"), ("/dev/random", "device"), ("/", "folder")] {
            let error = read(Path::new(path), 10).unwrap_err();
            assert!(error.to_string().contains(words), "{path}: {error}");
        }
        assert!(read(&folder.path().join("no"), 10).unwrap_err().is_not_found());
        let link = folder.path().join("people.csv");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        assert!(matches!(read(&link, 10), Err(ReadError::Device)));
    }

    #[test]
    fn a_file_is_read_up_to_its_maximum_and_not_a_byte_further() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, vec![b'a'; 10]).unwrap();
        assert_eq!(read(&path, 10).unwrap().len(), 10);
        let error = read(&path, 9).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than the 9 bytes that are read of such a file");
        assert!(matches!(read_stream(std::io::repeat(1), 5_000), Err(ReadError::TooLarge { most: 5_000 })));
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(read_text(&path, 9), Err(ReadError::NotText)));
        assert_eq!((size(SETTINGS_MAX), size(DOCUMENT_MAX)), ("16 MB".to_owned(), "2 GB".to_owned()));
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_an_endless_one_to_the_maximum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        for endless in [false, true] {
            let into = path.clone();
            let writer = std::thread::spawn(move || {
                let mut pipe = OpenOptions::new().write(true).open(into).unwrap();
                let mut written = pipe.write_all(b"id\n1\n");
                while endless && written.is_ok() {
                    written = pipe.write_all(&[b'x'; 512]);
                }
            });
            match read(&path, 10_000) {
                Ok(bytes) => assert!(!endless && bytes == b"id\n1\n"),
                Err(error) => assert!(endless && matches!(error, ReadError::TooLarge { .. }), "{error}"),
            }
            writer.join().unwrap();
        }
    }
}
