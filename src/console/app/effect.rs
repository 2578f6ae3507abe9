//! What the model wants done. Effects are data; `runtime` carries them out and never blocks the loop.

use super::slots::{Generation, RequestSlot};
use crate::console::app::live::LiveCommand;
use crate::console::screens::{
    audit, drift, feed, finder, fleet, history, mappings, overview, people, person, plan, rehearsal, review, run, said,
    schedule, settings, tenants, troubles, two_files, undo, waves, wizard,
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
    Query(RequestSlot, Generation, Query),
    /// The same for what nobody waits for yet: read before it is wanted.
    ReadAhead(RequestSlot, Generation, Query),
    /// Change something; answered by `Done` or `Refused`.
    Command(RequestSlot, Command),
    /// Send text to the terminal's clipboard.
    Copy(String),
    /// Show text in the operator's pager or editor, in the terminal's place.
    Page(String),
    /// Replay an incident in a workspace of its own, in the terminal's place.
    Replay { incident: String, healthy: bool },
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
    /// People with this text in name or id, and saved views, for the palette: of this tenant, or people of all.
    Persons {
        tenant: Option<String>,
        text: String,
    },
    /// What the header and the tabs say of this tenant.
    TenantHeader(String),
    /// What is remembered of a list.
    Lists(finder::data::Ask),
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
    Audit(audit::data::Ask),
    Feed(feed::data::Ask),
    Settings(settings::data::Ask),
    TwoFiles(two_files::data::Ask),
    Undo(undo::data::Ask),
    Schedule(schedule::data::Ask),
    Troubles(troubles::data::Ask),
    Said(said::data::Ask),
    Waves(waves::data::Ask),
    Rehearsal(rehearsal::data::Ask),
    Drift(drift::data::Ask),
    Fleet(fleet::data::Ask),
}

/// What can be changed. Screen authors add one variant per act.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Stop all live runs at their next boundary, because the program ends.
    StopAllRuns,
    /// Start, steer or stop a run.
    Run(LiveCommand),
    /// Filters and views that are remembered.
    Lists(finder::data::Act),
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
    Audit(audit::data::Act),
    Feed(feed::data::Act),
    Settings(settings::data::Act),
    TwoFiles(two_files::data::Act),
    Undo(undo::data::Act),
    Schedule(schedule::data::Act),
    Troubles(troubles::data::Act),
    Said(said::data::Act),
    Rehearsal(rehearsal::data::Act),
    Drift(drift::data::Act),
    Fleet(fleet::data::Act),
}

impl Command {
    /// Whether it changes what is kept or what a destination has: where nothing may be changed, it is refused. What is
    /// named here as harmless reads from vendors, writes a file that was asked for, or holds back a run.
    ///
    /// Every act is named, so that a new one is refused by the compiler until somebody has decided.
    #[must_use]
    #[deny(clippy::wildcard_enum_match_arm)]
    pub fn changes(&self) -> bool {
        match self {
            Command::StopAllRuns => false,
            Command::Run(live) => live.changes(),
            Command::Lists(act) => match act {
                // How a list stood is remembered like the last tenant.
                finder::data::Act::Keep { .. } => false,
                finder::data::Act::SaveView { .. } | finder::data::Act::DeleteView { .. } => true,
            },
            Command::Tenants(act) => match act {
                tenants::data::Act::SwitchOff(_)
                | tenants::data::Act::SwitchOn(_)
                | tenants::data::Act::Repair(_)
                | tenants::data::Act::Remove(_) => true,
                tenants::data::Act::SupportBundle(_) => false,
            },
            Command::Wizard(act) => match act {
                wizard::data::Act::Probe { .. } | wizard::data::Act::Others { .. } => false,
                wizard::data::Act::Add(_) => true,
            },
            Command::Overview(act) => overview_changes(act),
            Command::Mappings(act) => match act {
                mappings::data::Act::Export { .. } => false,
                mappings::data::Act::Set { .. }
                | mappings::data::Act::Import { .. }
                | mappings::data::Act::Verbatim { .. }
                | mappings::data::Act::Undo { .. }
                | mappings::data::Act::Redo { .. } => true,
            },
            Command::People(people::data::Act::Export { .. }) => false,
            Command::Person(act) => match act {
                person::data::Act::Rule { .. }
                | person::data::Act::Withdraw { .. }
                | person::data::Act::Walk { .. }
                | person::data::Act::Forget { .. } => true,
            },
            Command::Review(act) => review_changes(act),
            Command::Plan(act) => match act {
                plan::data::Act::Save { .. } | plan::data::Act::SaveFixList { .. } => false,
                plan::data::Act::HoldBack { .. } | plan::data::Act::Walk { .. } => true,
            },
            Command::RunScreen(run::data::Act::SaveErrors { .. }) => false,
            Command::Audit(audit::data::Act::Save { .. }) => false,
            Command::History(act) => match act {
                history::data::Act::SaveErrors { .. } | history::data::Act::SaveAll { .. } => false,
                history::data::Act::Report { .. } => true,
            },
            Command::Feed(feed::data::Act::Save { .. }) => false,
            Command::Settings(act) => settings_changes(act),
            Command::TwoFiles(act) => two_files_changes(act),
            Command::Undo(undo::data::Act::Release { .. }) => true,
            Command::Schedule(schedule::data::Act::ToggleSkip { .. } | schedule::data::Act::PauseAll { .. }) => true,
            Command::Troubles(act) => match act {
                troubles::data::Act::Seen(_) | troubles::data::Act::Mute(..) | troubles::data::Act::Unmute(_) => true,
            },
            Command::Said(said::data::Act::Save { .. }) => false,
            // It reaches no destination; where nothing may be kept, nothing is.
            Command::Rehearsal(rehearsal::data::Act::Rehearse { .. }) => false,
            Command::Drift(drift::data::Act::Save { .. }) => false,
            Command::Fleet(act) => match act {
                fleet::data::Act::SaveHolds { .. }
                | fleet::data::Act::SaveValues { .. }
                | fleet::data::Act::SavePeople { .. } => false,
            },
        }
    }
}

#[deny(clippy::wildcard_enum_match_arm)]
fn overview_changes(act: &overview::data::Act) -> bool {
    use overview::data::Act;
    match act {
        Act::Remember(_) | Act::Test(_) => false,
        Act::Waive(..) | Act::Publish(_) | Act::SwitchOff(_) | Act::SwitchOn(_) | Act::Remove(_) => true,
    }
}

#[deny(clippy::wildcard_enum_match_arm)]
fn review_changes(act: &review::data::Act) -> bool {
    use review::data::Act;
    match act {
        Act::Replan { .. } | Act::FixList { .. } | Act::Save { .. } => false,
        Act::Rule { .. }
        | Act::Keep { .. }
        | Act::TellApart { .. }
        | Act::KeepShared { .. }
        | Act::WithoutEmail { .. }
        | Act::NotSame { .. }
        | Act::Undo { .. }
        | Act::Redo { .. } => true,
    }
}

#[deny(clippy::wildcard_enum_match_arm)]
fn settings_changes(act: &settings::data::Act) -> bool {
    use settings::data::Act;
    match act {
        Act::Test { .. } => false,
        Act::Save { .. }
        | Act::SetSecret { .. }
        | Act::Revoke { .. }
        | Act::MoveSecret { .. }
        | Act::SetParameter { .. }
        | Act::Propose { .. }
        | Act::TakeModel { .. } => true,
    }
}

/// Nothing of it reaches the workspace or a destination: what is ruled stands in memory until files are asked for.
#[deny(clippy::wildcard_enum_match_arm)]
fn two_files_changes(act: &two_files::data::Act) -> bool {
    use two_files::data::Act;
    match act {
        Act::Match { .. } | Act::Open { .. } | Act::Rule { .. } | Act::Walk { .. } | Act::Write { .. } => false,
    }
}
