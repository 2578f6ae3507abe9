//! Who else calls a vendor's account just now: what the vendor allows is for all processes together.

use futures_util::future::BoxFuture;
use std::collections::BTreeMap;

/// Requests that somebody has in the vendor's windows, by the length of the window in seconds.
pub type InWindows = BTreeMap<u32, u32>;

/// What other processes have at an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Others {
    /// How many call it just now.
    pub callers: u32,
    /// Their requests, those of processes that have ended included as long as the vendor counts them.
    pub used: InWindows,
}

/// Where the processes that call one account tell each other of it.
pub trait AccountDesk: Send + Sync {
    /// Says that this process calls an account, and what it has in the windows; answers what the others have. `None` where that
    /// cannot be told.
    fn call(&self, account: &str, mine: InWindows) -> BoxFuture<'static, Option<Others>>;
}
