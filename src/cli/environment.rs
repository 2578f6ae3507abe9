//! The environment and the machine: read here and nowhere else.

use crate::engine::{Environment, Process};
use crate::ports::process;
use std::sync::Arc;

/// One variable; `None` when it is unset or not UTF-8.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// One variable that is set to something.
pub fn filled(name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

/// The environment as the engine takes it.
pub fn environment() -> Environment {
    Arc::new(|name: &str| variable(name))
}

/// This process, for leases.
pub fn process() -> Process {
    let pid = std::process::id();
    Process { pid, host: process::host_name(), start: process::start_of(pid).unwrap_or_default() }
}

/// The log-in name, where the config names no operator.
pub fn login_name() -> String {
    ["ONROLL_OPERATOR", "USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(filled)
        .unwrap_or_else(|| "operator".to_owned())
}

/// The signals that end the program: the shell's, the terminal's, the system's.
pub struct Signals {
    #[cfg(unix)]
    streams: Vec<(&'static str, u8, tokio::signal::unix::Signal)>,
    /// Number of the signal that came, once one has.
    pub received: Option<u8>,
}

impl Signals {
    /// Begins to listen; where the system has no such signals it waits for ever.
    #[cfg(unix)]
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            ("HUP", 1, SignalKind::hangup()),
            ("INT", 2, SignalKind::interrupt()),
            ("TERM", 15, SignalKind::terminate()),
        ];
        let streams = kinds.into_iter().filter_map(|(name, number, kind)| Some((name, number, signal(kind).ok()?)));
        Self { streams: streams.collect(), received: None }
    }

    /// Waits for the next signal and gives its name.
    #[cfg(unix)]
    pub async fn next(&mut self) -> &'static str {
        let waits = self.streams.iter_mut().map(|(name, number, stream)| {
            Box::pin(async move {
                if stream.recv().await.is_none() {
                    std::future::pending::<()>().await;
                }
                (*name, *number)
            })
        });
        let waits: Vec<_> = waits.collect();
        if waits.is_empty() {
            std::future::pending::<()>().await;
        }
        let ((name, number), _, _) = futures_util::future::select_all(waits).await;
        self.received = Some(number);
        name
    }
}
