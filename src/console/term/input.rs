//! The input thread. It sleeps in `poll` without a time-out, can be parked with an acknowledgement (so that keys
//! never go half to us and half to an editor), and reports a terminal that is gone instead of spinning: crossterm
//! 0.29 does not see the hang-up itself (pitfall P4).

use std::fs::File;
use std::io::{self, IsTerminal, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossterm::event::Event;
use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What the thread sends.
#[derive(Clone, Debug, PartialEq)]
pub enum InputEvent {
    /// An event with the time at which it was read.
    Event(Event, Instant),
    /// The terminal is gone.
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    ParkAsked,
    Parked,
    Stopped,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        *self.lock() = state;
        self.changed.notify_all();
    }
}

/// The handle of the input thread; dropping it stops the thread.
#[derive(Debug)]
pub struct InputThread {
    shared: Arc<Shared>,
    wake: PipeWriter,
}

/// The thread may sit in a read of half an escape sequence; parking does not wait for that longer than this.
const PARK_PATIENCE: Duration = Duration::from_millis(300);

impl InputThread {
    /// Starts the thread on the terminal of stdin, or else on `/dev/tty`.
    ///
    /// # Errors
    /// When there is no terminal or the thread cannot be started.
    pub fn start(events: mpsc::Sender<InputEvent>) -> io::Result<Self> {
        let tty = Tty::open()?;
        let (reader, wake) = io::pipe()?;
        let shared = Arc::new(Shared { state: Mutex::new(State::Running), changed: Condvar::new() });
        let thread = Arc::clone(&shared);
        std::thread::Builder::new().name("input".to_owned()).spawn(move || {
            if !read_until_stopped(&tty, reader, &thread, &events) {
                // Nobody may be listening any more; then the program is ending anyway.
                let _ = events.blocking_send(InputEvent::Gone);
            }
        })?;
        Ok(Self { shared, wake })
    }

    /// Stops reading, so that another program can have the terminal. Returns whether the thread acknowledged.
    pub fn park(&mut self) -> bool {
        self.shared.set(State::ParkAsked);
        self.ring();
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, PARK_PATIENCE, |state| *state == State::ParkAsked)
            .unwrap_or_else(PoisonError::into_inner);
        *waited.0 == State::Parked
    }

    /// Reads on.
    pub fn unpark(&mut self) {
        self.shared.set(State::Running);
    }

    /// Takes what crossterm has without the terminal: that the window has another size.
    pub fn look(&mut self) {
        self.ring();
    }

    fn ring(&mut self) {
        // A full pipe has rung already.
        let _ = self.wake.write_all(&[1]);
    }
}

impl Drop for InputThread {
    fn drop(&mut self) {
        self.shared.set(State::Stopped);
        self.ring();
    }
}

/// The file that crossterm reads too.
enum Tty {
    Stdin(io::Stdin),
    File(File),
}

impl Tty {
    fn open() -> io::Result<Self> {
        let stdin = io::stdin();
        if stdin.is_terminal() { Ok(Tty::Stdin(stdin)) } else { File::open("/dev/tty").map(Tty::File) }
    }
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Tty::Stdin(stdin) => stdin.as_fd(),
            Tty::File(file) => file.as_fd(),
        }
    }
}

/// Why `wait` returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wake {
    Readable,
    Rung,
    Gone,
}

/// Reads until asked to stop (true) or until the terminal is gone (false).
fn read_until_stopped(tty: &Tty, mut reader: PipeReader, shared: &Shared, events: &mpsc::Sender<InputEvent>) -> bool {
    loop {
        if stay_parked(shared) == State::Stopped {
            return true;
        }
        match wait(tty, &mut reader) {
            Wake::Gone => return false,
            // Not while another program has the terminal.
            Wake::Rung if *shared.lock() != State::Running => {}
            woke @ (Wake::Rung | Wake::Readable) => match forward(events) {
                Ok(Some(0)) if woke == Wake::Readable => nudge(tty),
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            },
        }
    }
}

/// Acknowledges a request to park and stays until it is over.
fn stay_parked(shared: &Shared) -> State {
    let mut state = shared.lock();
    while matches!(*state, State::ParkAsked | State::Parked) {
        if *state == State::ParkAsked {
            *state = State::Parked;
            shared.changed.notify_all();
        }
        state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    *state
}

/// Sleeps until the terminal has something, is gone, or the pipe rings.
fn wait(tty: &impl AsFd, reader: &mut PipeReader) -> Wake {
    loop {
        let mut files = [PollFd::new(tty, PollFlags::IN), PollFd::new(&*reader, PollFlags::IN)];
        match poll(&mut files, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return Wake::Gone,
            Ok(_) => {}
        }
        let [terminal, pipe] = files.map(|file| file.revents());
        if terminal.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Wake::Gone;
        }
        if !pipe.is_empty() {
            let mut byte = [0; 16];
            // What was rung does not matter, only that it was.
            return if reader.read(&mut byte).is_ok() { Wake::Rung } else { Wake::Gone };
        }
        if terminal.contains(PollFlags::IN) {
            return Wake::Readable;
        }
    }
}

/// Passes on everything that crossterm has now, and answers how much that was; `None` when nobody listens any more.
fn forward(events: &mpsc::Sender<InputEvent>) -> io::Result<Option<usize>> {
    let mut count = 0;
    while crossterm::event::poll(Duration::ZERO)? {
        let event = crossterm::event::read()?;
        if events.blocking_send(InputEvent::Event(event, Instant::now())).is_err() {
            return Ok(None);
        }
        count += 1;
    }
    Ok(Some(count))
}

/// Makes the terminal say once more that it can be read. crossterm waits for the edge: where a new size of the window and a key
/// come at once it takes the size, drops that the terminal was ready, and leaves the key there until the next one
/// (`source/unix/mio.rs` of 0.29). Setting the attributes that are set already wakes whoever waits for the terminal.
fn nudge(tty: &impl AsFd) {
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    // Half an escape sequence leads here too, and a terminal that is gone is told by the next `poll`.
    let _ = tcgetattr(tty).and_then(|now| tcsetattr(tty, OptionalActions::Now, &now));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_writer_is_a_terminal_that_is_gone() {
        let (terminal, writer) = io::pipe().unwrap();
        let (mut reader, _wake) = io::pipe().unwrap();
        drop(writer);
        assert_eq!(wait(&terminal, &mut reader), Wake::Gone);
    }

    #[test]
    fn the_pipe_wakes_the_thread() {
        let (terminal, mut keys) = io::pipe().unwrap();
        let (mut reader, mut wake) = io::pipe().unwrap();
        wake.write_all(&[1, 1]).unwrap();
        assert_eq!(wait(&terminal, &mut reader), Wake::Rung);
        keys.write_all(b"q").unwrap();
        assert_eq!(wait(&terminal, &mut reader), Wake::Readable);
    }

    #[test]
    fn parking_is_acknowledged() {
        let shared = Arc::new(Shared { state: Mutex::new(State::Running), changed: Condvar::new() });
        let (_reader, wake) = io::pipe().unwrap();
        let mut handle = InputThread { shared: Arc::clone(&shared), wake };
        shared.set(State::ParkAsked);
        let thread = std::thread::spawn(move || stay_parked(&shared));
        assert!(handle.park());
        handle.unpark();
        assert_eq!(thread.join().unwrap(), State::Running);
    }
}
