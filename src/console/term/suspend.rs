//! Ctrl-Z. In raw mode it arrives as a key, so we stop our process group ourselves, with the signal that the
//! terminal driver would have sent.

use std::io;

use rustix::process::{Signal, getpid, getsid, kill_current_process_group};

/// Whether somebody could bring us back: a session leader has no shell above it that would say `fg`.
#[must_use]
pub fn can_suspend() -> bool {
    getsid(None).is_ok_and(|session| session != getpid())
}

/// Stops the process group. Returns when the signal was sent; the stop itself may come a moment later, so the caller
/// waits for CONT before it takes the terminal again. The kernel does not stop an orphaned group, which nobody could
/// continue.
///
/// # Errors
/// When the signal cannot be sent.
pub fn stop_process_group() -> io::Result<()> {
    kill_current_process_group(Signal::TSTP).map_err(io::Error::from)
}

/// The number of the signal that continues a process.
#[must_use]
pub fn continue_signal() -> i32 {
    Signal::CONT.as_raw()
}
