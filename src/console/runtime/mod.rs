//! The runtime: one task owns the model and the terminal. It sleeps until something happens; a timer exists only
//! while something on the screen moves.

mod ahead;
pub mod backend;
pub mod event_loop;
pub mod frames;
pub mod host;
pub mod idle;
pub mod plain;
mod press;
pub mod signals;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

pub use backend::{Backend, Reply};
pub use event_loop::{Console, Inputs};
pub use host::{Host, TerminalHost};
pub use idle::{Idle, IdleState};
pub use signals::SignalEvent;

use super::app::{Control, ExitCode, Start};
use super::term::guard;
use super::term::input::InputThread;
use super::theme::Theme;

/// The wall clock, passed in; time that passes is measured by tokio, which tests can pause.
pub trait Clock: Send {
    /// What time it is.
    fn wall(&self) -> Timestamp;
}

/// What the console needs beside its model.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What it starts with.
    pub start: Start,
    /// How it looks.
    pub theme: Theme,
    /// Where to write the times from key to frame, for `onroll bench console`.
    pub frame_log: Option<PathBuf>,
}

/// News from the engine.
#[derive(Debug)]
pub struct News {
    /// Control events: few, never lost (capacity 64).
    pub control: mpsc::Receiver<Control>,
    /// Sends panics of other tasks to the screen.
    pub control_sender: mpsc::Sender<Control>,
    /// Row up to which the feed log has lines; moved at most every 100 ms.
    pub feed: watch::Receiver<u64>,
}

/// Runs the console on the real terminal until it is left.
///
/// # Errors
/// When stdin or stdout is not a terminal, or it cannot be set up.
pub async fn run(settings: Settings, backend: Arc<dyn Backend>, news: News, clock: impl Clock) -> io::Result<ExitCode> {
    if !io::stdout().is_terminal() {
        let words = "stdout is not a terminal; `onroll --plain` writes lines, and every screen has a command";
        return Err(io::Error::new(io::ErrorKind::Unsupported, words));
    }
    let report = news.control_sender;
    guard::install_panic_hook(settings.start.console.log_path.clone(), move |text| {
        // A full queue of control events means that the screen has worse news already.
        let _ = report.try_send(Control::TaskPanicked(text));
    });
    let (input_sender, input) = mpsc::channel(256);
    let signals = signals::listen()?;
    let host = TerminalHost::enter(settings.start.mouse, || InputThread::start(input_sender))?;
    let inputs = Inputs { input, control: news.control, feed: news.feed, signals };
    let (console, _idle) = Console::new(host, settings, backend, clock);
    Ok(console.run(inputs).await)
}
