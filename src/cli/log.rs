//! The log: a file a day, kept a fortnight, readable only by its owner, or stderr for whoever collects that; never on the
//! terminal of the console.

use super::arguments::{Arguments, Command, LogFormat, LogLevel, LogPlace};
use super::config::state_dir;
use crate::domain::inert;
use crate::files::json;
use serde_json::Value;
use std::io::{self, Write};
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};

/// Days that log files are kept.
const KEPT: usize = 14;

/// Keeps the writer of the log alive; what is queued is written when it is dropped.
pub struct LogGuard(#[expect(dead_code, reason = "its drop flushes")] Option<WorkerGuard>);

/// Begins to log; without a folder for it nothing is logged, which is no reason not to work.
pub fn start(arguments: &Arguments) -> LogGuard {
    LogGuard(begin(arguments))
}

fn begin(arguments: &Arguments) -> Option<WorkerGuard> {
    let global = &arguments.global;
    let level = match global.log_level {
        Some(LogLevel::Trace) => LevelFilter::TRACE,
        Some(LogLevel::Debug) => LevelFilter::DEBUG,
        Some(LogLevel::Info) | None => LevelFilter::INFO,
        Some(LogLevel::Warn) => LevelFilter::WARN,
    };
    let is_json = global.log_format == LogFormat::Json;
    // The console has the terminal to itself.
    let to_stderr = global.log_to == LogPlace::Stderr && takes_stderr(arguments);
    let (writer, guard) = match to_stderr {
        true => tracing_appender::non_blocking(OneLine { to: io::stderr(), is_json }),
        false => tracing_appender::non_blocking(OneLine { to: file()?, is_json }),
    };
    let plain = tracing_subscriber::fmt().with_writer(writer).with_ansi(false).with_max_level(level);
    match is_json {
        true => plain.json().flatten_event(true).try_init().ok()?,
        false => plain.try_init().ok()?,
    }
    Some(guard)
}

fn takes_stderr(arguments: &Arguments) -> bool {
    !matches!(arguments.command, None | Some(Command::Demo(_)))
}

/// The file of the day.
fn file() -> Option<RollingFileAppender> {
    let dir = state_dir()?;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&dir).ok()?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_suffix("log")
        .max_log_files(KEPT)
        .build(&dir)
        .ok()?;
    make_private(&dir);
    Some(appender)
}

/// Writes each event on one line, whatever a vendor or a file put into it: an event comes in one piece, with its end.
struct OneLine<W> {
    to: W,
    is_json: bool,
}

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        match serde_json::from_str::<Value>(line).ok().filter(|_| self.is_json) {
            Some(event) => json::write(&mut self.to, &event)?,
            None => self.to.write_all(inert::escaped(line).as_bytes())?,
        }
        self.to.write_all(b"\n")?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(unix)]
fn make_private(dir: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.extension().is_some_and(|ending| ending == "log") {
            // The folder is 0700 already; a file that cannot be narrowed is still behind it.
            let _ = std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600));
        }
    }
}

#[cfg(not(unix))]
fn make_private(_dir: &std::path::Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        let mut log = OneLine { to: Vec::new(), is_json: false };
        log.write_all("WARN a\nERROR forged \u{1b}[2J\u{202e}\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(log.to).unwrap(), "WARN a\\u{A}ERROR forged \\u{1B}[2J\\u{202E}\n");
    }

    #[test]
    fn an_event_in_json_is_one_object_and_acts_on_nothing() {
        let event = r#"{"level":"WARN","message":"a\nb","why":"X"}"#;
        let mut log = OneLine { to: Vec::new(), is_json: true };
        log.write_all(event.replace('X', "\u{202e}x").as_bytes()).unwrap();
        let line = String::from_utf8(log.to).unwrap();
        assert!(inert::is_inert(line.trim_end()), "{line}");
        let event: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&event["message"], &event["why"]), (&"a\nb".into(), &"\u{202e}x".into()));
    }

    #[test]
    fn what_is_traced_comes_in_one_piece() {
        let (sender, receiver) = std::sync::mpsc::channel::<Vec<u8>>();
        struct Pieces(std::sync::mpsc::Sender<Vec<u8>>);
        impl Write for Pieces {
            fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
                let _ = self.0.send(piece.to_vec());
                Ok(piece.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let make = move || Pieces(sender.clone());
        let subscriber = tracing_subscriber::fmt().with_writer(make).with_ansi(false).finish();
        tracing::subscriber::with_default(subscriber, || tracing::warn!(error = "a\nb", "two\nlines"));
        let pieces: Vec<Vec<u8>> = receiver.iter().collect();
        assert_eq!(pieces.len(), 1);
        assert!(pieces[0].ends_with(b"\n"));
    }
}
