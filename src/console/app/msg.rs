//! What can happen to the model. Plain data: it can be compared in tests and written to a log.

use crossterm::event::KeyEvent;

use super::live::{LiveRun, LiveSample};
use super::moment::Moment;
use super::overlay::palette::Entry;
use super::place::TenantHeader;
use super::problem::Problem;
use super::slots::{Generation, RequestSlot};
use super::toast::Level;
use crate::console::screens::{
    audit, drift, feed, finder, fleet, history, mappings, overview, people, person, plan, rehearsal, review, run, said,
    schedule, settings, tenants, troubles, two_files, undo, waves, wizard,
};
use crate::console::widgets::Hit;

/// A signal that ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// HUP, or the terminal is gone.
    HangUp,
    /// INT.
    Interrupt,
    /// TERM.
    Terminate,
}

/// A message to [`super::update()`].
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// What time it is; goes before every batch.
    Now(Moment),
    /// A key.
    Key(KeyEvent),
    /// Pasted text.
    Paste(String),
    /// A click on something of the last frame; `double` when it is the second on the same thing.
    Click { hit: Hit, double: bool },
    /// The wheel over something of the last frame: rows, down is positive.
    Wheel { hit: Option<Hit>, rows: i32 },
    /// The terminal has this size now.
    Resized(u16, u16),
    /// A query was answered.
    Loaded(RequestSlot, Generation, Payload),
    /// A query was refused.
    Failed(RequestSlot, Generation, Problem),
    /// A command was carried out.
    Done(RequestSlot, Payload),
    /// A command was refused.
    Refused(RequestSlot, Problem),
    /// Something happened in the engine; few, never lost.
    Control(Control),
    /// The feed log has lines up to this row.
    FeedMoved(u64),
    /// A sample of the gauges of the runs that are live.
    Sampled(Payload),
    /// A signal ends the program.
    Ended(Ending),
    /// The program was asleep and is back.
    Woken,
}

/// News from the engine: run control and panicked tasks. Screen authors add what their screens need.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// The runs that are live now; an empty list when the last one ended.
    LiveRuns(Vec<LiveRun>),
    /// What the header says of a tenant has changed (a run ended, a table was edited elsewhere).
    TenantChanged(String),
    /// The palette was told to sync this tenant: Tenants asks first, as always.
    SyncAsked(String),
    /// Something to tell the operator.
    Notice(Level, String),
    /// A task of the program panicked; the text is the panic's message.
    TaskPanicked(String),
}

/// What queries and commands answer with: one variant per kind of answer. Screen authors add theirs.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// Done, and there is nothing to say.
    Done,
    /// Plain text.
    Text(String),
    /// What the palette has found for what was typed: tenants to open and to sync.
    Places(Vec<Entry>),
    /// People and views that it has found.
    Persons(Vec<Entry>),
    /// What the header and the tabs say of a tenant.
    TenantHeader(TenantHeader),
    /// The gauges of all live runs.
    Live(Vec<LiveSample>),
    Lists(finder::data::Answer),
    Tenants(tenants::data::Answer),
    Wizard(wizard::data::Answer),
    Overview(overview::data::Answer),
    Mappings(mappings::data::Answer),
    People(people::data::Answer),
    Person(person::data::Answer),
    Review(review::data::Answer),
    Plan(plan::data::Answer),
    Run(run::data::Answer),
    History(history::data::Answer),
    Audit(audit::data::Answer),
    Feed(feed::data::Answer),
    Settings(settings::data::Answer),
    TwoFiles(two_files::data::Answer),
    Undo(undo::data::Answer),
    Schedule(schedule::data::Answer),
    Troubles(troubles::data::Answer),
    Said(said::data::Answer),
    Waves(waves::data::Answer),
    Rehearsal(rehearsal::data::Answer),
    Drift(drift::data::Answer),
    Fleet(fleet::data::Answer),
}
