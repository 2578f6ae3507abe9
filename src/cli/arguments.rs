//! The arguments of the program, as `--help` shows them.

pub use super::bench_arguments::BenchCommand;
pub use super::fleet_arguments::{FleetArguments, PeopleArguments};
pub use super::incident_arguments::{IncidentsCommand, IncidentsRunArguments};
pub use super::matching_arguments::{
    AuditArguments, DecideArguments, MatchArguments, ModelCommand, OrderWord, ReviewCommand,
};
pub use super::run_arguments::{PartName, PlanArguments, SyncArguments};
pub use super::unattended_arguments::{
    ChatCommand, DigestArguments, ScheduleCommand, TroublesArguments, TroublesCommand, WatchArguments, WebhookCommand,
    WebhookUrlArguments,
};
pub use super::workspace_arguments::{
    AuditLogArguments, ForgetArguments, LinesOrder, LogsArguments, RestoreArguments, SupportBundleArguments,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Every employee of a customer, from its HR system into its learning platform, each exactly once.
///
/// Without a command the console opens on your workspace. `onroll demo` opens it on invented companies.
#[derive(Debug, Parser)]
#[command(name = "onroll", version, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of the whole program; they stand before or after the command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Folder of the workspace (default: the XDG data folder)
    #[arg(long, global = true, env = "ONROLL_WORKSPACE", value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// Configuration file (default: config.toml in the XDG config folder)
    #[arg(long, global = true, env = "ONROLL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data as JSON, one object to a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Open the console straight on this screen
    #[arg(long, global = true, value_name = "NAME")]
    pub screen: Option<ScreenName>,
    /// Open the console in this tenant (short name or full name)
    #[arg(long = "tenant", global = true, value_name = "NAME", id = "open_tenant")]
    pub open_tenant: Option<String>,
    /// The console as plain lines for screen readers and pipes: keys by name from standard input (`4 down enter`), text
    /// behind `type `, one line each
    #[arg(long, global = true)]
    pub plain: bool,
    /// Nothing can be sent or changed; opens also a workspace that takes no writes
    #[arg(long, global = true)]
    pub read_only: bool,
    /// No colour at all (also: the variable NO_COLOR)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Colours: follow the terminal, or the dark or light set
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<ThemeName>,
    /// How much the log file says
    #[arg(long, global = true, env = "ONROLL_LOG", value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
    /// One event to a line: as text, or as a JSON object
    #[arg(long, global = true, env = "ONROLL_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Where the log goes: the file of the day, or standard error (for a container; the console keeps to the file)
    #[arg(long, global = true, env = "ONROLL_LOG_TO", value_name = "PLACE", default_value = "file")]
    pub log_to: LogPlace,
    /// Where the frame times of the session are written at its end (for `onroll bench console`)
    #[arg(long, global = true, value_name = "FILE", hide = true)]
    pub frame_log: Option<PathBuf>,
}

/// Screens that the console can open on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScreenName {
    Tenants,
    Overview,
    Mappings,
    People,
    Review,
    Plan,
    Run,
    History,
    Feed,
    Settings,
    Schedule,
    Troubles,
    Incidents,
    Holds,
    Values,
    Anybody,
}

/// Colour sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThemeName {
    Terminal,
    Dark,
    Light,
}

/// Log levels; errors and warnings are always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    Warn,
    Info,
    Debug,
    Trace,
}

/// Forms of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Where the log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogPlace {
    File,
    Stderr,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Open the console on invented companies; every vendor is simulated in the process
    Demo(DemoArguments),
    /// Start only the simulators; prints their addresses and credentials, then serves until stopped
    Sandbox(SandboxArguments),
    /// Tenants and their connections: list, add, show, on, off, remove
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Test a connection by real calls, put in credentials
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Mapping tables: list, set, import, export
    #[command(subcommand)]
    Mapping(MappingCommand),
    /// The review queue: list, decide
    #[command(subcommand)]
    Review(ReviewCommand),
    /// Who is held in all tenants, by tenant and reason, most people first
    Holds(FleetArguments),
    /// Values without a mapping in all tenants, by the people whom they hold
    Values(FleetArguments),
    /// Somebody in any tenant, by name, id, identifier or e-mail
    People(PeopleArguments),
    /// What was learnt from rulings: show, propose, activate, rollback, audit
    #[command(subcommand)]
    Model(ModelCommand),
    /// Compare two exports, no account needed: links, review, new, and identifiers for the destination to load
    Match(MatchArguments),
    /// Fetch, match and plan; sends only reads
    Plan(PlanArguments),
    /// Run: fetch, plan, and, where that is allowed, apply and read back
    Sync(SyncArguments),
    /// Past runs: list, show, errors, resume
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Who changed what, when, through what; and whether the record of it is whole
    Audit(AuditLogArguments),
    /// Start the runs that are due by their schedules, without a screen, until stopped (for systemd or a container)
    Watch(WatchArguments),
    /// The runs to come: list, let the next one pass, pause all
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    /// Addresses at which sources tell of changes, and what was received there
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// What keeps feeds from working, each with its life: list, mute, unmute, seen
    Troubles(TroublesArguments),
    /// All tenants in one message: what ran, what is broken, who is held, what waits for you
    Digest(DigestArguments),
    /// Chat channels that hear what is mailed: try one, keep its address
    #[command(subcommand)]
    Chat(ChatCommand),
    /// The feed log, with full-text search
    Logs(LogsArguments),
    /// Mapping list (PL09), identifiers (RO07), people, as CSV, XLSX or JSON by the file's ending
    Export(ExportArguments),
    /// What a code means (of a hold, a stop, an error), why it matters and what can be done; without a code all of them
    Explain { code: Option<String> },
    /// The museum: what went wrong elsewhere, in public, to be played here; list, run
    #[command(subcommand)]
    Incidents(IncidentsCommand),
    /// A checked copy of the workspace while everything goes on; into backups/ beside it where no file is named
    Backup { file: Option<PathBuf> },
    /// Put a copy in the place of the workspace; what is there now is kept
    Restore(RestoreArguments),
    /// Take what is kept of one person out of the workspace, for good; without `--yes` it says what that is
    Forget(ForgetArguments),
    /// Check the installation and the workspace
    Doctor,
    /// What somebody who helps needs to see, in one file, without telling who the people are
    SupportBundle(SupportBundleArguments),
    /// Completions for your shell
    Completions {
        /// bash, zsh, fish, elvish, powershell
        shell: clap_complete::Shell,
    },
    /// The man page, of a command where one is named; with --out all of them
    Man(ManArguments),
    /// What a command prints with --json, as a JSON Schema; without a command those that have one
    Schema {
        /// The command, such as `runs show`
        command: Vec<String>,
    },
    /// The benchmarks
    #[command(subcommand)]
    Bench(BenchCommand),
}

/// Arguments of `man`.
#[derive(Debug, Clone, Args)]
pub struct ManArguments {
    /// The command, such as `runs show`
    pub command: Vec<String>,
    /// Write all pages into this folder, for example man1/ below a folder of MANPATH
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub out: Option<PathBuf>,
}

/// Arguments of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArguments {
    /// Employees of the largest company
    #[arg(long, default_value_t = 240)]
    pub people: usize,
    /// Same seed, same companies
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Let the simulators fail in this way
    #[arg(long, value_name = "NAME")]
    pub faults: Option<String>,
    /// Show an incident of the museum in place of the companies (`onroll incidents list`)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["people", "seed", "faults"])]
    pub incident: Option<String>,
    /// A healthy day of that company in place of the bad one
    #[arg(long, requires = "incident")]
    pub healthy: bool,
}

/// Arguments of `sandbox`.
#[derive(Debug, Clone, Args)]
pub struct SandboxArguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Employees of the company
    #[arg(long, default_value_t = 240)]
    pub people: usize,
    /// Same seed, same company
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Let the simulators fail in this way
    #[arg(long, value_name = "NAME")]
    pub faults: Option<String>,
    /// Keep the vendors' request rates
    #[arg(long, default_value = "off")]
    pub rate_limits: RateLimits,
    /// Let each creation at Flow Learning make a new user, whoever is there: sent twice, it makes two
    #[arg(long)]
    pub plain_insert: bool,
    /// Begin with this world (the document of GET /_sandbox/state)
    #[arg(long, value_name = "FILE")]
    pub world: Option<PathBuf>,
    /// Begin with the people of two CSV files: employees and users
    #[arg(long, num_args = 2, value_names = ["SOURCE.csv", "DESTINATION.csv"], conflicts_with = "world")]
    pub from_csv: Option<Vec<PathBuf>>,
    /// Job title of everybody who has none in the CSV files
    #[arg(long, requires = "from_csv", value_name = "TITLE")]
    pub job_title: Option<String>,
    /// Write one tenant file per integration into this folder
    #[arg(long, value_name = "DIR")]
    pub tenants: Option<PathBuf>,
}

/// Whether the simulators keep the vendors' rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RateLimits {
    Real,
    Off,
}

impl RateLimits {
    /// The same as the simulators call it.
    pub fn of_sandbox(self) -> crate::sandbox::RateLimits {
        match self {
            RateLimits::Real => crate::sandbox::RateLimits::Real,
            RateLimits::Off => crate::sandbox::RateLimits::Off,
        }
    }
}

/// `tenant …`
#[derive(Debug, Clone, Subcommand)]
pub enum TenantCommand {
    /// All tenants
    List,
    /// Add a tenant from a tenant file (TOML), from flags, or from a file with some of its keys set by flags
    Add {
        /// The tenant file; secrets written in it move into the workspace's store
        #[arg(required_unless_present = "set")]
        file: Option<PathBuf>,
        /// A key of the tenant file with its value: `name=Harbour`, `source.vendor=planday`,
        /// `destination.secret={ env = "FLOW" }`; may be given several times
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
    },
    /// One tenant with its set-up checklist
    Show { tenant: String },
    /// Change keys of a tenant; a broken tenant is repaired: what cannot be read of it is set here or becomes its default
    Set {
        tenant: String,
        /// A key with its value, as in a tenant file: `settings.limits.leavers.percent=3`, `time_zone=Europe/London`;
        /// an empty value puts the default back
        #[arg(value_name = "KEY=VALUE")]
        keys: Vec<String>,
    },
    /// Publish: make the test calls and a test run, waive what is open, let runs write
    On { tenant: String },
    /// Switch off: nothing runs any more, all data are kept
    Off { tenant: String },
    /// Remove a tenant with all its data from this workspace
    Remove {
        tenant: String,
        /// The tenant's short name once more
        #[arg(long, value_name = "TENANT")]
        confirm: Option<String>,
    },
}

/// `connection …`
#[derive(Debug, Clone, Subcommand)]
pub enum ConnectionCommand {
    /// Real calls to both ends, reads only; a pass ends a quarantine
    Test { tenant: String },
    /// Put in a credential; it is read from standard input
    Secret {
        tenant: String,
        /// source or destination
        side: SideName,
        /// Name of the credential (refresh_token, secret)
        name: String,
        /// Keep it in the keyring of the desktop, not in the sealed file
        #[arg(long, hide = !crate::secrets::has_keyring())]
        keyring: bool,
    },
    /// Forget a credential: it is wiped where it is kept here, and a live tenant is switched off
    Revoke {
        tenant: String,
        /// source or destination
        side: SideName,
        /// Name of the credential (refresh_token, secret)
        name: String,
        /// Do it; without it the command says what would happen, and ends with 4
        #[arg(long)]
        yes: bool,
    },
}

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SideName {
    Source,
    Destination,
}

impl SideName {
    /// The end that is meant.
    #[must_use]
    pub fn side(self) -> crate::domain::snapshot::Side {
        match self {
            SideName::Source => crate::domain::snapshot::Side::Source,
            SideName::Destination => crate::domain::snapshot::Side::Destination,
        }
    }
}

/// `mapping …`
#[derive(Debug, Clone, Subcommand)]
pub enum MappingCommand {
    /// The values of a table with head counts and targets
    List {
        tenant: String,
        /// a list of the destination (branch, job-title, team …); without it all
        table: Option<String>,
        /// Only values that nothing covers
        #[arg(long)]
        open: bool,
    },
    /// Map one value
    Set(MappingSetArguments),
    /// Read a table from a CSV or XLSX file (columns: value, target)
    Import { tenant: String, table: String, file: PathBuf },
    /// Write a table to a CSV, XLSX or JSON file
    Export { tenant: String, table: String, file: PathBuf },
}

/// Arguments of `mapping set`.
#[derive(Debug, Clone, Args)]
pub struct MappingSetArguments {
    pub tenant: String,
    /// a list of the destination (branch, job-title, team …)
    pub table: String,
    /// The source's value, exactly
    #[arg(required_unless_present = "verbatim")]
    pub value: Option<String>,
    /// The destination's option: code or exact name
    #[arg(required_unless_present_any = ["verbatim", "create", "nothing", "clear"])]
    pub target: Option<String>,
    /// Create an option of this name in the destination, with the next run
    #[arg(long, value_name = "NAME", conflicts_with = "target")]
    pub create: Option<String>,
    /// Send nothing for this value
    #[arg(long, conflicts_with_all = ["target", "create"])]
    pub nothing: bool,
    /// Remove the row
    #[arg(long, conflicts_with_all = ["target", "create", "nothing"])]
    pub clear: bool,
    /// Let values that equal an option exactly pass through: on or off
    #[arg(long, value_name = "on|off", conflicts_with_all = ["value", "target", "create", "nothing", "clear"])]
    pub verbatim: Option<OnOff>,
}

/// A switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    On,
    Off,
}

/// `runs …`
#[derive(Debug, Clone, Subcommand)]
pub enum RunsCommand {
    /// Newest first
    List {
        /// Only this tenant
        tenant: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One run with a row per operation
    Show { run: i64 },
    /// What failed in a run, to a CSV, XLSX or JSON file
    Errors {
        run: i64,
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// What was sent for one line of a run and what came back, secrets and private values masked
    Said {
        run: i64,
        /// The line, by its number in the plan; without it the first one that was sent
        #[arg(long, value_name = "N")]
        line: Option<u32>,
        /// The first line about this person (source id or identifier)
        #[arg(long, value_name = "ID", conflicts_with = "line")]
        employee: Option<String>,
    },
    /// What of the approved lines of a run was carried out, and each line that had moved, with old and new value
    Drift {
        run: i64,
        /// Save the lines that had moved to a CSV, XLSX or JSON file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// The report of a run, as it is mailed: what changed, who is held by reason, what failed, what waits for you
    Report {
        run: i64,
        /// Send it again to the recipients of its tenant (`settings.report_recipients`) and to its chat channel
        #[arg(long)]
        send: bool,
    },
    /// Finish an interrupted run of a tenant under its own approval
    Resume { tenant: String },
    /// Stop the run that is at work on a tenant, in whatever process: no new write; what is left is planned anew
    Stop { tenant: String },
    /// Hold the run that is at work on a tenant between two writes, in whatever process
    Pause { tenant: String },
    /// Let a paused run go on
    Continue { tenant: String },
    /// Let the wave go at whose gate the run of a tenant stands, in whatever process; it hears of it within a second
    Next {
        tenant: String,
        /// Only this wave, counted from 1: pressed twice, no other one goes
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        wave: Option<u32>,
    },
    /// What undoing a run would do, from what the destination holds now; with --confirm it is carried out
    Undo {
        run: i64,
        /// Only this person (source id or identifier); may be given several times
        #[arg(long, value_name = "EMPLOYEE")]
        only: Vec<String>,
        /// The number of changes that the undo states
        #[arg(long, value_name = "TENANT:NUMBER")]
        confirm: Option<String>,
        /// Why, for the history
        #[arg(long, requires = "confirm")]
        reason: Option<String>,
    },
    /// Let go of people whom an undo left held: the next plan has them again
    Release {
        tenant: String,
        /// Source id or identifier; without any all who are held as undone
        people: Vec<String>,
        /// Only those of whom this run was undone
        #[arg(long)]
        run: Option<i64>,
    },
}

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArguments {
    /// What to export
    pub what: ExportKind,
    pub tenant: String,
    /// CSV, XLSX or JSON by the ending; of `fix-list` also .eml
    #[arg(long, value_name = "FILE", required_unless_present = "facets")]
    pub out: Option<PathBuf>,
    /// Of `people`: only whom this filter finds, in the language of the console: `branch:quay state:held !vctr`,
    /// `since:2026-11-01` (held since), `changed:7d`, `left:nov`
    #[arg(long, value_name = "FILTER", conflicts_with = "view")]
    pub filter: Option<String>,
    /// Of `people`: the filter of a view that was saved in the console
    #[arg(long, value_name = "NAME")]
    pub view: Option<String>,
    /// Of `people`: also how many carry which value under the filter, as the facets of the console
    #[arg(long)]
    pub facets: bool,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportKind {
    /// Identifier, names, department, job title, branch (PL09)
    Mapping,
    /// Users whom the newest plan ties, with their identifier: for entering identifiers in bulk (RO07)
    Identifiers,
    /// Everybody, with user and state
    People,
    /// Who is held, why, and what to do
    Held,
    /// What HR has to put right in the source, by branch and in its own field names, and what was put right since; a file
    /// ending in .eml is a mail that is not sent yet
    FixList,
}
