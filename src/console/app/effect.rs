//! What the model wants done. Effects are data; `runtime` carries them out and never blocks the loop.

use super::slots::{Generation, Slot};
use crate::console::backend::live::LiveCommand;
use crate::console::screens::{
    feed, history, mappings, overview, people, person, plan, review, run, settings, tenants, wizard,
};

/// How the program ends. The numbers are those of the command line's enum of exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// 0.
    Done,
    /// 129: HUP, or the terminal is gone.
    HungUp,
    /// 130: INT.
    Interrupted,
    /// 143: TERM.
    Terminated,
}

impl ExitCode {
    /// The process's exit status.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            ExitCode::Done => 0,
            ExitCode::HungUp => 129,
            ExitCode::Interrupted => 130,
            ExitCode::Terminated => 143,
        }
    }
}

/// Something for the world outside the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Read something; answered by `Loaded` or `Failed` with the same slot and generation.
    Query(Slot, Generation, Query),
    /// The same for what nobody waits for yet: read before it is wanted.
    ReadAhead(Slot, Generation, Query),
    /// Change something; answered by `Done` or `Refused`.
    Command(Slot, Command),
    /// Send text to the terminal's clipboard.
    Copy(String),
    /// Mouse capture on or off.
    Mouse(bool),
    /// Put the program to sleep (Ctrl-Z).
    Suspend,
    /// End the program.
    Quit(ExitCode),
}

/// What can be read. Screen authors add one variant per question.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// Tenants and other places whose name fits this text, for the palette.
    Places(String),
    /// What the header and the tabs say of this tenant.
    TenantHeader(String),
    Tenants(tenants::data::Ask),
    Wizard(wizard::data::Ask),
    Overview(overview::data::Ask),
    Mappings(mappings::data::Ask),
    People(people::data::Ask),
    Person(person::data::Ask),
    Review(review::data::Ask),
    Plan(plan::data::Ask),
    Run(run::data::Ask),
    History(history::data::Ask),
    Feed(feed::data::Ask),
    Settings(settings::data::Ask),
}

/// What can be changed. Screen authors add one variant per act.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Stop all live runs at their next boundary, because the program ends.
    StopAllRuns,
    /// Start, steer or stop a run.
    Run(LiveCommand),
    Tenants(tenants::data::Act),
    Wizard(wizard::data::Act),
    Overview(overview::data::Act),
    Mappings(mappings::data::Act),
    People(people::data::Act),
    Person(person::data::Act),
    Review(review::data::Act),
    Plan(plan::data::Act),
    RunScreen(run::data::Act),
    History(history::data::Act),
    Feed(feed::data::Act),
    Settings(settings::data::Act),
}

impl Command {
    /// Whether it changes what is kept or what a destination has. A console that is read-only refuses these; what is
    /// named here as harmless reads from vendors, writes a file that was asked for, or holds back a run.
    #[must_use]
    pub fn changes(&self) -> bool {
        match self {
            Command::StopAllRuns
            | Command::People(people::data::Act::Export { .. })
            | Command::RunScreen(run::data::Act::SaveErrors { .. })
            | Command::History(_)
            | Command::Feed(_) => false,
            Command::Run(live) => !matches!(
                live,
                LiveCommand::Preview { .. } | LiveCommand::Pause { paused: true, .. } | LiveCommand::Stop { .. }
            ),
            Command::Wizard(act) => matches!(act, wizard::data::Act::Add(_)),
            Command::Overview(act) => !matches!(act, overview::data::Act::Remember(_) | overview::data::Act::Test(_)),
            Command::Mappings(act) => !matches!(act, mappings::data::Act::Export { .. }),
            Command::Review(act) => {
                !matches!(act, review::data::Act::Replan { .. } | review::data::Act::FixList { .. })
            }
            Command::Plan(act) => !matches!(act, plan::data::Act::Save { .. }),
            Command::Settings(act) => !matches!(act, settings::data::Act::Test { .. }),
            Command::Tenants(_) | Command::Person(_) => true,
        }
    }
}
