//! The only file that touches terminal modes. [`restore`] is idempotent and undoes everything that [`enter`] did.
//!
//! `Terminal::clear()` is never called: it asks the terminal for the cursor's place, and where nobody answers it
//! blocks for two seconds. A full redraw is `Terminal::resize` to the same size.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;

use crossterm::cursor::{Hide, SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::{Print, ResetColor, force_color_output};
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};

/// Whether the terminal is ours now.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// The thread that draws: only its panics may tear the screen down.
static UI_THREAD: Mutex<Option<ThreadId>> = Mutex::new(None);

/// Explicit bidi mode: the terminal leaves the order of right-to-left text to us, so that columns stay where they
/// are (ECMA-48 BDSM; ignored by terminals that do not know it).
const BIDI_EXPLICIT: &str = "\u{1b}[8l";
/// The terminal orders right-to-left text itself, as before.
const BIDI_IMPLICIT: &str = "\u{1b}[8h";

/// Takes the terminal: raw mode, alternate screen, bracketed paste, hidden cursor, and the mouse when asked for.
///
/// # Errors
/// When there is no terminal, or it is gone.
pub fn enter(out: &mut impl Write, mouse: bool) -> io::Result<()> {
    *UI_THREAD.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current().id());
    ENTERED.store(true, Ordering::SeqCst);
    // Mono is decided by the theme; with NO_COLOR crossterm would send resets that also take bold away (STYLE 3.9).
    force_color_output(true);
    enable_raw_mode()?;
    queue!(out, EnterAlternateScreen, EnableBracketedPaste, Print(BIDI_EXPLICIT), Hide)?;
    if mouse {
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

/// The terminal's output: buffered, and silent while the terminal is not ours. ratatui's `Terminal` shows the cursor
/// when it is dropped and prints to stderr when that fails, which panics where stderr was the same terminal.
#[derive(Debug)]
pub struct Output(BufWriter<Stdout>);

impl Default for Output {
    fn default() -> Self {
        Self(BufWriter::with_capacity(1 << 16, io::stdout()))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if ENTERED.load(Ordering::SeqCst) { self.0.write(bytes) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if ENTERED.load(Ordering::SeqCst) { self.0.flush() } else { Ok(()) }
    }
}

/// Turns the mouse on or off.
///
/// # Errors
/// When the terminal is gone.
pub fn set_mouse(out: &mut impl Write, on: bool) -> io::Result<()> {
    if on { execute!(out, EnableMouseCapture) } else { execute!(out, DisableMouseCapture) }
}

/// Gives the terminal back. May be called any number of times, from any thread.
pub fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        // Errors have nobody to be told: the terminal is either restored or gone.
        let _ = write_restore(&mut io::stdout());
        let _ = disable_raw_mode();
    }
}

fn write_restore(out: &mut impl Write) -> io::Result<()> {
    queue!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        DisableFocusChange,
        Print(BIDI_IMPLICIT),
        ResetColor,
        SetCursorStyle::DefaultUserShape,
        LeaveAlternateScreen,
        Show,
    )?;
    out.flush()
}

/// Restores when it goes out of scope, whichever way the function is left.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal until the guard is dropped.
    ///
    /// # Errors
    /// When there is no terminal.
    pub fn enter(out: &mut impl Write, mouse: bool) -> io::Result<Self> {
        // Made before entering, so that half of an entry is undone too.
        let guard = Self(());
        enter(out, mouse)?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Installs the panic policy of STYLE 3.8: a panic of the drawing thread restores the terminal and then tells what
/// happened and where the log is; a panic of any other thread goes to the log and to `report`, and the screen stays.
pub fn install_panic_hook(log_path: String, report: impl Fn(String) + Send + Sync + 'static) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let ui = *UI_THREAD.lock().unwrap_or_else(PoisonError::into_inner);
        let on_ui = ui == Some(std::thread::current().id());
        if ENTERED.load(Ordering::SeqCst) && !on_ui {
            tracing::error!(panic = %info, "a task panicked");
            report(first_line(&info.to_string()));
            return;
        }
        restore();
        tracing::error!(panic = %info, "the console panicked");
        before(info);
        if on_ui {
            let words = "Onroll stopped. Runs that were live are finished or settled at the next start: `onroll` again";
            let _ = writeln!(io::stderr(), "{words}\nlog: {log_path}");
        }
    }));
}

/// A panic's text may span lines; a toast has one.
fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let place = lines.next().unwrap_or_default();
    match lines.next() {
        Some(message) => message.to_owned(),
        None => place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_undone() {
        let mut out = Vec::new();
        write_restore(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for sequence in ["[?2026l", "[?1000l", "[?2004l", "[?1004l", "[8h", "[?1049l", "[?25h"] {
            assert!(text.contains(sequence), "{sequence} is missing");
        }
        assert!(text.ends_with("[?25h"), "the cursor is shown on the screen that stays");
    }

    #[test]
    fn restoring_what_was_not_entered_does_nothing() {
        restore();
        restore();
        assert!(!ENTERED.load(Ordering::SeqCst));
    }

    #[test]
    fn output_is_silent_while_the_terminal_is_not_ours() {
        let mut out = Output::default();
        out.write_all(b"never seen").unwrap();
        out.flush().unwrap();
        assert!(out.0.buffer().is_empty());
    }

    #[test]
    fn a_toast_has_one_line() {
        assert_eq!(first_line("panicked at src/x.rs:1:1:\nindex out of bounds"), "index out of bounds");
        assert_eq!(first_line("short"), "short");
    }
}
