//! What the loop draws on: the real terminal, or a test's.

use std::future::Future;
use std::io::{self, Write};
use std::time::Duration;

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::Terminal;
use ratatui::backend::{Backend as Screen, CrosstermBackend};
use tokio::signal::unix::{SignalKind, signal};

use crate::console::term::guard::{self, Guard, Output};
use crate::console::term::input::InputThread;
use crate::console::term::pager::{self, Pager};
use crate::console::term::{clipboard, suspend};
use crate::console::widgets::Tape;

/// The terminal as the loop uses it.
pub trait Host {
    /// What ratatui draws on.
    type Screen: Screen;

    /// The terminal.
    fn terminal(&mut self) -> &mut Terminal<Self::Screen>;

    /// Goes around every frame: a synchronized update begins.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn begin_frame(&mut self) -> io::Result<()>;

    /// The synchronized update ends.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn end_frame(&mut self) -> io::Result<()>;

    /// Sends text to the clipboard.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn copy(&mut self, text: &str) -> io::Result<()>;

    /// Mouse on or off.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn mouse(&mut self, on: bool) -> io::Result<()>;

    /// The window has another size.
    fn resized(&mut self) {}

    /// Puts the program to sleep and comes back; false when nobody could wake it.
    fn suspend(&mut self) -> impl Future<Output = io::Result<bool>>;

    /// Shows text in the operator's pager until that ends; answers why it was not shown, where it was not.
    fn page(&mut self, _text: &str, _pager: &Pager) -> impl Future<Output = io::Result<Option<String>>> {
        std::future::ready(Ok(Some("there is no terminal to show it in".to_owned())))
    }

    /// Runs the program once more in the terminal's place until that ends; answers why it did not, where it did not.
    fn run_in_place(&mut self, _words: &[String]) -> impl Future<Output = io::Result<Option<String>>> {
        std::future::ready(Ok(Some("there is no terminal to show it in".to_owned())))
    }

    /// Takes the terminal again after a stop that we did not cause.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn enter_again(&mut self) -> io::Result<()>;

    /// Gives the terminal back.
    fn restore(&mut self);

    /// Whether frames are told and not seen.
    fn tells(&self) -> bool {
        false
    }

    /// What the newest frame says, where frames are told.
    fn told(&mut self, _tape: Tape) {}
}

/// The real terminal.
#[derive(Debug)]
pub struct TerminalHost {
    terminal: Terminal<CrosstermBackend<Output>>,
    input: InputThread,
    mouse: bool,
    _guard: Guard,
}

/// Another program may still hold the terminal for a moment after `fg`.
const ENTER_TRIES: u32 = 5;

impl TerminalHost {
    /// Takes the terminal and starts to read from it.
    ///
    /// # Errors
    /// When there is none.
    pub fn enter(mouse: bool, input: impl FnOnce() -> io::Result<InputThread>) -> io::Result<Self> {
        let mut out = Output::default();
        let guard = Guard::enter(&mut out, mouse)?;
        let terminal = Terminal::new(CrosstermBackend::new(out))?;
        Ok(Self { terminal, input: input()?, mouse, _guard: guard })
    }

    /// Takes the terminal again after another program has had it.
    async fn come_back(&mut self) -> io::Result<()> {
        let mut tries = 1;
        while let Err(error) = self.enter_again() {
            if tries == ENTER_TRIES {
                return Err(error);
            }
            tries += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.input.unpark();
        Ok(())
    }

    fn out(&mut self) -> &mut CrosstermBackend<Output> {
        self.terminal.backend_mut()
    }
}

impl Host for TerminalHost {
    type Screen = CrosstermBackend<Output>;

    fn terminal(&mut self) -> &mut Terminal<Self::Screen> {
        &mut self.terminal
    }

    fn begin_frame(&mut self) -> io::Result<()> {
        queue!(self.out(), BeginSynchronizedUpdate)
    }

    fn end_frame(&mut self) -> io::Result<()> {
        queue!(self.out(), EndSynchronizedUpdate)?;
        Write::flush(self.out())
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        clipboard::copy(self.out(), text)
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        guard::set_mouse(self.out(), on)
    }

    fn resized(&mut self) {
        self.input.look();
    }

    async fn suspend(&mut self) -> io::Result<bool> {
        if !suspend::can_suspend() {
            return Ok(false);
        }
        // Listening begins before the stop: CONT may come before anything else runs.
        let mut continued = signal(SignalKind::from_raw(suspend::continue_signal()))?;
        self.input.park();
        guard::restore();
        suspend::stop_process_group()?;
        // The stop may take effect a moment after the call. An orphaned group is not stopped at all; then there is
        // no CONT either, and we go on after a moment.
        let _ = tokio::time::timeout(Duration::from_millis(500), continued.recv()).await;
        self.come_back().await?;
        Ok(true)
    }

    async fn page(&mut self, text: &str, pager: &Pager) -> io::Result<Option<String>> {
        self.input.park();
        guard::restore();
        let shown = pager::show(text, pager).await;
        self.come_back().await?;
        Ok(shown.err())
    }

    async fn run_in_place(&mut self, words: &[String]) -> io::Result<Option<String>> {
        self.input.park();
        guard::restore();
        let ran = pager::run(words).await;
        self.come_back().await?;
        Ok(ran.err())
    }

    fn enter_again(&mut self) -> io::Result<()> {
        let mouse = self.mouse;
        guard::enter(self.out(), mouse)?;
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    fn restore(&mut self) {
        guard::restore();
    }
}
