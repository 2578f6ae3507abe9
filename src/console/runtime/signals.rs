//! Signals as messages: INT, TERM and HUP end the program in order; WINCH and CONT redraw it.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::console::app::msg::Ending;
use crate::console::term::suspend;

/// A signal that the loop hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalEvent {
    /// The program is to end.
    End(Ending),
    /// The window has another size.
    Resized,
    /// The program was stopped and goes on.
    Continued,
}

/// Listens from now on.
///
/// # Errors
/// When a handler cannot be installed.
pub fn listen() -> io::Result<mpsc::Receiver<SignalEvent>> {
    let (sender, receiver) = mpsc::channel(16);
    let kinds = [
        (SignalKind::interrupt(), SignalEvent::End(Ending::Interrupt)),
        (SignalKind::terminate(), SignalEvent::End(Ending::Terminate)),
        (SignalKind::hangup(), SignalEvent::End(Ending::HangUp)),
        (SignalKind::window_change(), SignalEvent::Resized),
        (SignalKind::from_raw(suspend::continue_signal()), SignalEvent::Continued),
    ];
    for (kind, event) in kinds {
        let mut stream = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if sender.send(event).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(receiver)
}
