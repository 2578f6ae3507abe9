//! Arguments of what runs while nobody looks: the watcher, schedules, webhooks.

use clap::{Args, Subcommand};
use std::net::{Ipv4Addr, SocketAddr};

/// Arguments of `watch`.
#[derive(Debug, Clone, Default, Args)]
pub struct WatchArguments {
    /// Start what is due now, wait for it, and end (to be called by cron or a timer)
    #[arg(long)]
    pub once: bool,
    /// Receive webhooks there (`POST /hook/TOKEN`, `GET /health`); behind a proxy that speaks HTTPS
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "once")]
    pub listen: Option<SocketAddr>,
    /// Say there how it stands: `/live`, `/ready`, `/metrics` (Prometheus); a port alone is one of this machine
    #[arg(long, value_name = "[ADDRESS:]PORT", conflicts_with = "once", value_parser = status_address)]
    pub status: Option<SocketAddr>,
    /// Name the tenants in the metrics by their short names; without it by their numbers in the workspace
    #[arg(long, requires = "status")]
    pub status_names: bool,
    /// Ask the watch that runs at this `--status` address whether it is ready, and end: 0 it is, 1 it is not (for a
    /// container's health check)
    #[arg(long, value_name = "[ADDRESS:]PORT", conflicts_with_all = ["once", "listen", "status"], value_parser = status_address)]
    pub probe: Option<SocketAddr>,
}

/// An address with its port; a port alone is one of this machine only.
fn status_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse().map_err(|_| "say a port (9464), or an address with its port (0.0.0.0:9464, [::1]:9464)".to_owned())
}

/// `webhook …`
#[derive(Debug, Clone, Subcommand)]
pub enum WebhookCommand {
    /// Make the address of a tenant and print it, this once; an older one is void by that
    Url(WebhookUrlArguments),
    /// What was received, newest first, and what became of it
    List {
        /// Only this tenant
        tenant: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

/// Arguments of `webhook url`.
#[derive(Debug, Clone, Args)]
pub struct WebhookUrlArguments {
    pub tenant: String,
    /// Make the address void and make no other
    #[arg(long)]
    pub revoke: bool,
    /// Read the key that the source signs with from standard input
    #[arg(long, conflicts_with = "revoke")]
    pub secret: bool,
}

/// `troubles …`; a list without another word.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct TroublesArguments {
    /// Also those that were closed more than seven days ago
    #[arg(long)]
    pub all: bool,
    #[command(subcommand)]
    pub command: Option<TroublesCommand>,
}

/// What is done about troubles.
#[derive(Debug, Clone, Subcommand)]
pub enum TroublesCommand {
    /// What is broken now, muted, works again, or was closed in the last seven days
    List {
        /// Also those that were closed earlier
        #[arg(long)]
        all: bool,
    },
    /// Hear nothing of troubles for a while
    Mute {
        /// Numbers, as the list has them
        #[arg(required = true, value_name = "ID")]
        ids: Vec<i64>,
        /// Until that day begins in the tenant's zone, as 2026-11-30; without it until it changes
        #[arg(long, value_name = "DAY")]
        until: Option<jiff::civil::Date>,
    },
    /// Take that back
    Unmute {
        #[arg(required = true, value_name = "ID")]
        ids: Vec<i64>,
    },
    /// Say that somebody has seen them
    Seen {
        #[arg(required = true, value_name = "ID")]
        ids: Vec<i64>,
    },
}

/// Arguments of `digest`.
#[derive(Debug, Clone, Args)]
pub struct DigestArguments {
    /// Since when: a moment (2026-11-29T07:00:00Z), a day in the zone of `[digest]`, or a span (36h, 7d); without it since the last digest
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Send it to the recipients of `[digest]` and the chat channel of `[chat]`
    #[arg(long)]
    pub send: bool,
}

/// `chat …`
#[derive(Debug, Clone, Subcommand)]
pub enum ChatCommand {
    /// Send a message to the chat channel, or to that of a tenant, to try it
    Test { tenant: Option<String> },
    /// Read the address of a channel from standard input and keep it in the sealed file, for `url = { sealed = "NAME" }`
    Url {
        #[arg(value_name = "NAME", default_value = "chat")]
        name: String,
    },
}

/// `schedule …`
#[derive(Debug, Clone, Subcommand)]
pub enum ScheduleCommand {
    /// The next run of each tenant, in its own zone and in UTC, and what it waits for
    List,
    /// Let the next run of a tenant pass
    Skip { tenant: String },
    /// Take that back: the next run begins when it is due
    Unskip { tenant: String },
    /// Pause the schedules of all tenants; runs that are at work go on
    Pause,
    /// Let the schedules go on; what came meanwhile is not made up for
    Resume,
}
