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
