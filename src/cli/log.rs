//! The log file: one a day, kept a fortnight, readable only by its owner; never on the terminal.

use super::arguments::{Arguments, LogLevel};
use super::config::state_dir;
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
    let (writer, guard) = tracing_appender::non_blocking(appender);
    let level = match arguments.global.log_level {
        Some(LogLevel::Trace) => LevelFilter::TRACE,
        Some(LogLevel::Debug) => LevelFilter::DEBUG,
        Some(LogLevel::Info) | None => LevelFilter::INFO,
        Some(LogLevel::Warn) => LevelFilter::WARN,
    };
    tracing_subscriber::fmt().with_writer(writer).with_ansi(false).with_max_level(level).try_init().ok()?;
    Some(guard)
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
