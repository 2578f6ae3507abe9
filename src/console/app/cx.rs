//! What a screen's `update` and `view` can see and ask for.

use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::console_settings::ConsoleSettings;
use super::effect::{Command, Effect, Query};
use super::moment::Moment;
use super::overlay::{Confirm, PickList};
use super::place::{Place, TenantHeader};
use super::problem::Problem;
use super::slots::{Generation, Owner, RequestSlot, RequestSlots};
use super::toast::Level;
use crate::console::format;
use crate::console::keys::{Action, Bindings};
use crate::console::term::clipboard;

/// What a screen asks of the framework; done after its `update` returns.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Go to a place; Esc comes back.
    Open(Place),
    /// Go to a place instead of here.
    Replace(Place),
    /// Go back one step.
    Back,
    /// Show a message.
    Toast { level: Level, text: String, hint: String, problem: Option<Problem> },
    /// Ask before acting (grade 2).
    Confirm(&'static str, Confirm),
    /// Let one entry be picked.
    Pick(&'static str, PickList),
    /// Ask where a file goes: title, proposed name.
    SaveAs(&'static str, String, String),
    /// Read the header and badges of the tenant again.
    TenantChanged,
}

/// What a screen's `update` can do. Everything is recorded and carried out later: `update` stays pure.
#[derive(Debug)]
pub struct Cx<'a> {
    pub(super) now: Moment,
    pub(super) body: Rect,
    pub(super) owner: Owner,
    pub(super) console: &'a ConsoleSettings,
    pub(super) bindings: &'a Bindings,
    pub(super) slots: &'a mut RequestSlots,
    pub(super) effects: &'a mut Vec<Effect>,
    pub(super) requests: &'a mut Vec<Request>,
}

impl Cx<'_> {
    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Time since the console started: the scale of all deadlines.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.now.uptime
    }

    /// The first key of an action, as it is shown.
    #[must_use]
    pub fn key_of(&self, action: Action) -> String {
        self.bindings.shown(action)
    }

    /// The body of the last layout: list offsets are computed from it.
    #[must_use]
    pub fn body(&self) -> Rect {
        self.body
    }

    /// The whole console's settings.
    #[must_use]
    pub fn console(&self) -> &ConsoleSettings {
        self.console
    }

    /// Asks for data. Earlier questions of the slot become stale: their answers are dropped.
    pub fn query(&mut self, name: &'static str, query: Query) -> Generation {
        let slot = RequestSlot { owner: self.owner, name };
        let generation = self.slots.ask(slot);
        self.effects.push(Effect::Query(slot, generation, query));
        generation
    }

    /// Reads what the next key may want. Nobody waits for the answer: it draws no frame of its own at once.
    pub fn read_ahead(&mut self, name: &'static str, query: Query) {
        let slot = RequestSlot { owner: self.owner, name };
        let generation = self.slots.ask(slot);
        self.effects.push(Effect::ReadAhead(slot, generation, query));
    }

    /// Drops what is still on its way to a slot (the filter was cleared, the pane closed).
    pub fn forget(&mut self, name: &'static str) {
        self.slots.ask(RequestSlot { owner: self.owner, name });
    }

    /// Asks for a change; its answer always arrives, as `Done` or `Refused`.
    pub fn command(&mut self, name: &'static str, command: Command) {
        self.effects.push(Effect::Command(RequestSlot { owner: self.owner, name }, command));
    }

    /// Shows `✓ text`, with the key that takes it back when `undo` says so.
    pub fn done(&mut self, text: impl Into<String>, undo: bool) {
        let hint = if undo { format!("{} undo", self.bindings.shown(Action::Undo)) } else { String::new() };
        self.requests.push(Request::Toast { level: Level::Ok, text: text.into(), hint, problem: None });
    }

    /// Shows a message.
    pub fn toast(&mut self, level: Level, text: impl Into<String>) {
        self.requests.push(Request::Toast { level, text: text.into(), hint: String::new(), problem: None });
    }

    /// Shows a problem; it stays until Esc, and its four lines are kept in the messages.
    pub fn problem(&mut self, problem: Problem) {
        let text = problem.what.clone();
        self.requests.push(Request::Toast { level: Level::Error, text, hint: String::new(), problem: Some(problem) });
    }

    /// Sends a value to the terminal's clipboard and says so. Whether it arrived cannot be known.
    pub fn copy(&mut self, text: impl AsRef<str>) {
        self.send(clipboard::value(text.as_ref()));
    }

    /// The same with the cells of a row.
    pub fn copy_row(&mut self, cells: &[&str]) {
        self.send(clipboard::row(cells));
    }

    /// The same with a text of several lines.
    pub fn copy_lines(&mut self, lines: &[String]) {
        self.send(clipboard::lines(lines));
    }

    /// Shows text in the operator's pager or editor.
    pub fn page(&mut self, text: String) {
        self.effects.push(Effect::Page(text));
    }

    /// Replays an incident, in a workspace of its own and in the terminal's place.
    pub fn replay(&mut self, incident: &str, healthy: bool) {
        self.effects.push(Effect::Replay { incident: incident.to_owned(), healthy });
    }

    /// The same with a problem in its lines.
    pub fn copy_problem(&mut self, problem: &Problem) {
        self.send(clipboard::lines(&problem.lines()));
    }

    fn send(&mut self, text: String) {
        let characters = text.chars().count();
        if text.len() > clipboard::LIMIT_BYTES {
            let words =
                format!("{} characters are too many for the clipboard; save them to a file", format::count(characters));
            self.toast(Level::Warn, words);
            return;
        }
        self.toast(Level::Info, format!("Copied {} characters, sent to the terminal", format::count(characters)));
        self.effects.push(Effect::Copy(text));
    }

    /// Goes to a place; Esc comes back here.
    pub fn open(&mut self, place: Place) {
        self.requests.push(Request::Open(place));
    }

    /// Goes to a place instead of this one.
    pub fn replace(&mut self, place: Place) {
        self.requests.push(Request::Replace(place));
    }

    /// Goes back one step.
    pub fn back(&mut self) {
        self.requests.push(Request::Back);
    }

    /// Asks before acting (grade 2); the answer comes as `Answered(ask, …)`.
    pub fn confirm(&mut self, ask: &'static str, confirm: Confirm) {
        self.requests.push(Request::Confirm(ask, confirm));
    }

    /// Lets one entry be picked; the answer comes as `Answered(ask, …)`.
    pub fn pick(&mut self, ask: &'static str, list: PickList) {
        self.requests.push(Request::Pick(ask, list));
    }

    /// Asks where a file goes; the answer comes as `Answered(ask, Named(…))`. `name` is proposed, without its ending.
    pub fn save_as(&mut self, ask: &'static str, title: impl Into<String>, name: &str) {
        self.requests.push(Request::SaveAs(ask, title.into(), format!("{name}.csv")));
    }

    /// The moment, as it stands in the name of a file: `20261124-162140`, so that no file replaces an earlier one.
    #[must_use]
    pub fn stamp(&self) -> String {
        self.now.wall.to_zoned(self.console.zone.clone()).strftime("%Y%m%d-%H%M%S").to_string()
    }

    /// Reads header and badges of the tenant again.
    pub fn tenant_changed(&mut self) {
        self.requests.push(Request::TenantChanged);
    }
}

/// What a screen's `view`, `offers` and `header` can see.
#[derive(Clone, Copy, Debug)]
pub struct ViewCx<'a> {
    /// What time it is.
    pub now: Moment,
    /// The whole console's settings.
    pub console: &'a ConsoleSettings,
    /// The keys in force, for hints inside the body.
    pub bindings: &'a Bindings,
    /// The tenant, once its header was read.
    pub tenant: Option<&'a TenantHeader>,
    /// The whole frame's size: widths decide what a screen shows (SCREENS part 1).
    pub frame: Rect,
    /// The picture of the spinner at this moment.
    pub spinner: &'static str,
}

impl ViewCx<'_> {
    /// The tenant's time zone, or the operator's outside of a tenant.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.tenant.and_then(|tenant| TimeZone::get(&tenant.zone).ok()).unwrap_or_else(|| self.console.zone.clone())
    }
}
