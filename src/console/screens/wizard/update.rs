//! What happens to the wizard.

use crossterm::event::{KeyCode, KeyEvent};

use super::data::{Act, Answer as Told, Ask, Others, Probed};
use super::form;
use super::state::{Calls, Item, Step, Wizard};
use crate::console::app::overlay::{Confirm, step};
use crate::console::app::{Command, Cx, Level, Payload, Place, Query, RequestSlot};
use crate::console::keys::Action;
use crate::console::screens::{Answer, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::console::widgets::text_input::TextField;
use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::connection::short_name_of;
use crate::domain::field::Field;
use crate::domain::report::ReportWhen;
use crate::domain::secret::Secret;
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;
use crate::ports::api::ProbeResult;

/// RequestSlots.
const CHOICES: &str = "choices";
const SOURCE: &str = "source";
const DESTINATION: &str = "destination";
const PROBE: &str = "probe";
const OTHERS: &str = "others";
const ADD: &str = "add";
/// The question before leaving.
const LEAVE: &str = "leave";

impl Wizard {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.shown(cx),
            ScreenMsg::Resized(body) => self.body = body,
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Key(key) => self.key(key, cx),
            ScreenMsg::Paste(text) => self.paste(&text, cx),
            ScreenMsg::Click { hit: Hit::Row { pane, row }, .. } => self.clicked(pane, row, cx),
            ScreenMsg::Loaded(_, Payload::Wizard(told)) => self.told(told, cx),
            ScreenMsg::Failed(slot, problem) if slot.name == CHOICES => self.choices.fail(problem),
            ScreenMsg::Failed(_, problem) => cx.problem(problem),
            ScreenMsg::Done(_, Payload::Wizard(told)) => self.told(told, cx),
            ScreenMsg::Refused(slot, problem) => self.refused(slot, problem, cx),
            ScreenMsg::Answered(LEAVE, Answer::Confirmed) => self.leave(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn shown(&mut self, cx: &mut Cx<'_>) {
        if self.zone.value().is_empty() {
            self.zone = TextField::with(cx.console().zone.iana_name().unwrap_or_default());
        }
        self.choices.load(cx.uptime());
        cx.query(CHOICES, Query::Wizard(Ask::Choices));
    }

    fn told(&mut self, told: Told, cx: &mut Cx<'_>) {
        match told {
            Told::Choices(choices) => {
                self.choices.ready(choices);
                if self.fields.is_empty() {
                    self.pair_chosen(cx);
                }
            }
            Told::Source(source) => {
                if self.source() != Some(source) {
                    self.source = Some(source);
                    form::rebuild(&mut self.fields, Side::Source, source.parameters);
                    self.focus = self.focus.min(self.items().len().saturating_sub(1));
                }
            }
            Told::Destination(destination) => {
                if self.destination != Some(destination) {
                    self.destination = Some(destination);
                    form::rebuild(&mut self.fields, Side::Destination, destination.parameters);
                    self.focus = self.focus.min(self.items().len().saturating_sub(1));
                }
            }
            Told::Probed(probed) => self.probed(probed),
            Told::Others(others) => self.met(others, cx),
            Told::Added(short, name) => {
                *self = Wizard::new();
                cx.done(format!("Added {name}; it can only preview"), false);
                cx.replace(Place::global(ScreenId::Tenants));
                cx.open(Place::tenant(ScreenId::Overview, short));
            }
        }
    }

    fn refused(&mut self, slot: RequestSlot, problem: crate::console::app::Problem, cx: &mut Cx<'_>) {
        match slot.name {
            ADD => self.adding = false,
            PROBE => self.calls.calling = false,
            OTHERS => self.calls.asking = false,
            _ => {}
        }
        cx.problem(problem);
    }

    /// Another source or destination: its fields, its field map; what was tested is no longer true.
    fn pair_chosen(&mut self, cx: &mut Cx<'_>) {
        self.source = None;
        let Some(choices) = self.choices.value() else { return };
        if let Some(source) = choices.sources.get(self.from) {
            form::rebuild(&mut self.fields, Side::Source, source.parameters);
            let destination = choices.destinations.get(self.to).copied();
            self.map = field_map(source, destination);
        }
        if let Some(destination) = choices.destinations.get(self.to).copied() {
            self.destination = Some(destination);
            form::rebuild(&mut self.fields, Side::Destination, destination.parameters);
            self.welcome_mail = None;
        }
        self.forget_calls();
        self.ask_ends(cx);
    }

    /// What is typed may change what both ends can do.
    fn ask_ends(&mut self, cx: &mut Cx<'_>) {
        if let Some(source) = self.source() {
            let (key, parameters) = (source.key.to_owned(), form::plain(&self.fields, Side::Source));
            cx.query(SOURCE, Query::Wizard(Ask::Source { key, parameters }));
        }
        if let Some(destination) = self.destination {
            let (key, parameters) = (destination.key.to_owned(), form::plain(&self.fields, Side::Destination));
            cx.query(DESTINATION, Query::Wizard(Ask::Destination { key, parameters }));
        }
    }

    fn forget_calls(&mut self) {
        self.calls = Calls { round: self.calls.round, ..Calls::default() };
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Back if self.is_typed() => cx.confirm(LEAVE, leave_question(self.name.value())),
            Action::Back => self.leave(cx),
            Action::PageDown => self.next_step(cx),
            Action::PageUp => {
                if let Some(before) = self.step.before() {
                    self.go(before);
                }
            }
            Action::NextPane => self.move_by(1, cx),
            Action::PreviousPane => self.move_by(-1, cx),
            Action::Down => self.down(1, cx),
            Action::Up => self.down(-1, cx),
            Action::Left | Action::Right => self.sideways(action, cx),
            Action::Mark => self.choose(1, cx),
            Action::TestConnection if self.step >= Step::Credentials => self.test(cx),
            Action::Refresh if self.step == Step::TestCalls => self.test(cx),
            Action::NextItem if self.step == Step::TestCalls => self.ask_others(cx),
            Action::Save if self.step == Step::Start => self.add(cx),
            Action::Enter => self.enter(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn leave(&mut self, cx: &mut Cx<'_>) {
        // Nothing typed stays behind, secrets least of all.
        *self = Wizard::new();
        cx.back();
    }

    /// A text field that is left keeps no blanks around its text. A secret keeps them: the test call names them.
    fn leave_field(&mut self) {
        if let Some(Item::Field(at)) = self.item()
            && self.fields.get(at).is_some_and(|field| field.spec.secret)
        {
            return;
        }
        if let Some(text) = self.text() {
            let trimmed = text.value().trim().to_owned();
            if trimmed != text.value() {
                text.set(&trimmed);
            }
        }
    }

    fn go(&mut self, to: Step) {
        self.leave_field();
        self.step = to;
        self.focus = 0;
    }

    fn next_step(&mut self, cx: &mut Cx<'_>) {
        if let Some(missing) = self.missing(self.step) {
            cx.toast(Level::Warn, missing);
            // What was typed last may have made it needless.
            self.ask_ends(cx);
            return;
        }
        if let Some(after) = self.step.after() {
            self.go(after);
            if after == Step::TestCalls && !self.calls.passed() {
                self.test(cx);
            }
        }
    }

    fn move_by(&mut self, rows: i32, cx: &mut Cx<'_>) {
        let items = self.items().len();
        let left = matches!(self.item(), Some(Item::Field(_)));
        self.leave_field();
        self.focus = if rows > 0 && self.focus + 1 >= items { 0 } else { step(self.focus, rows, items) };
        if left {
            self.ask_ends(cx);
        }
    }

    /// Up and down: inside a list of vendors they choose, at its ends and elsewhere they move on.
    fn down(&mut self, rows: i32, cx: &mut Cx<'_>) {
        let len = self.choices.value().map_or((0, 0), |choices| (choices.sources.len(), choices.destinations.len()));
        let inside = match self.item() {
            Some(Item::From) => step(self.from, rows, len.0) != self.from,
            Some(Item::To) => step(self.to, rows, len.1) != self.to,
            _ => false,
        };
        if inside { self.choose(rows, cx) } else { self.move_by(rows, cx) }
    }

    /// Left and right: between the two lists of vendors, and between two answers.
    fn sideways(&mut self, action: Action, cx: &mut Cx<'_>) {
        match (self.item(), action) {
            (Some(Item::From), Action::Right) => self.move_by(1, cx),
            (Some(Item::To), Action::Left) => self.move_by(-1, cx),
            (Some(Item::ReportWhen), Action::Left) => self.choose(-1, cx),
            (Some(Item::Keep | Item::Email | Item::Welcome | Item::ReportWhen), _) => self.choose(1, cx),
            _ => {}
        }
    }

    /// The next of a choice.
    fn choose(&mut self, rows: i32, cx: &mut Cx<'_>) {
        let (sources, destinations) =
            self.choices.value().map_or((0, 0), |choices| (choices.sources.len(), choices.destinations.len()));
        match self.item() {
            Some(Item::From) => {
                self.from = wrapped(self.from, rows, sources);
                self.pair_chosen(cx);
            }
            Some(Item::To) => {
                self.to = wrapped(self.to, rows, destinations);
                self.pair_chosen(cx);
            }
            Some(Item::Keep) => self.sealed = !self.sealed,
            Some(Item::Email) => self.email_fallback = !self.email_fallback,
            Some(Item::Welcome) => self.welcome_mail = Some(self.welcome_mail != Some(true)),
            Some(Item::ReportWhen) => {
                let at = ReportWhen::ALL.iter().position(|when| *when == self.report_when).unwrap_or_default();
                self.report_when =
                    ReportWhen::ALL.get(wrapped(at, rows, ReportWhen::ALL.len())).copied().unwrap_or_default();
            }
            _ => {}
        }
    }

    fn enter(&mut self, cx: &mut Cx<'_>) {
        if self.step == Step::TestCalls {
            if self.calls.passed() {
                self.next_step(cx)
            } else {
                self.cure()
            }
            return;
        }
        if self.focus + 1 < self.items().len() {
            self.move_by(1, cx);
        } else if self.step == Step::Start {
            self.add(cx);
        } else {
            self.next_step(cx);
        }
    }

    /// Back to what is wrong: the secret of the side that refused; blanks around it are taken away.
    fn cure(&mut self) {
        let failed = |probed: &Option<Probed>| {
            probed
                .as_ref()
                .is_some_and(|probed| probed.steps.iter().any(|step| matches!(step.result, ProbeResult::Failed(_))))
        };
        let side = if failed(&self.calls.source) { Side::Source } else { Side::Destination };
        let of_side = |field: &form::FormField| field.side == side;
        let blanks = self.fields.iter().position(|field| of_side(field) && field.has_outer_blanks());
        let secret = || self.fields.iter().position(|field| of_side(field) && field.spec.secret);
        let at = blanks.or_else(secret).or_else(|| self.fields.iter().position(of_side));
        self.go(Step::Credentials);
        self.focus = at.unwrap_or(0);
        if let Some(field) = blanks.and_then(|at| self.fields.get_mut(at)) {
            let trimmed = field.text.value().trim().to_owned();
            field.set(&trimmed);
        }
    }

    fn key(&mut self, key: KeyEvent, cx: &mut Cx<'_>) {
        match key.code {
            KeyCode::Up => return self.move_by(-1, cx),
            KeyCode::Down => return self.move_by(1, cx),
            _ => {}
        }
        let item = self.item();
        let changed = self.text().is_some_and(|text| text.key(key));
        if changed {
            self.changed(item);
        }
    }

    fn paste(&mut self, pasted: &str, _cx: &mut Cx<'_>) {
        let item = self.item();
        // Blanks and line ends around a pasted secret are never part of it.
        if let Some(text) = self.text() {
            text.paste(pasted.trim());
            self.changed(item);
        }
    }

    /// A text has changed: what follows from it.
    fn changed(&mut self, item: Option<Item>) {
        match item {
            Some(Item::Name) if !self.own_short => {
                let name = self.name.value().trim().to_owned();
                self.short = TextField::with(&if name.is_empty() { String::new() } else { short_name_of(&name) });
            }
            Some(Item::ShortName) => self.own_short = !self.short.value().is_empty(),
            Some(Item::Field(_) | Item::Map(_)) => self.forget_calls(),
            _ => {}
        }
    }

    /// Pane 0 is the items of a step, panes 1 and 2 are the choices From and To.
    fn clicked(&mut self, pane: u8, row: usize, cx: &mut Cx<'_>) {
        self.leave_field();
        match pane {
            1 => {
                (self.focus, self.from) = (2, row);
                self.pair_chosen(cx);
            }
            2 => {
                (self.focus, self.to) = (3, row);
                self.pair_chosen(cx);
            }
            _ => {
                self.focus = row;
                if matches!(self.item(), Some(Item::Keep | Item::Email | Item::Welcome | Item::ReportWhen)) {
                    self.choose(1, cx);
                }
            }
        }
    }

    fn test(&mut self, cx: &mut Cx<'_>) {
        if let Some(missing) = self.missing(Step::Credentials) {
            cx.toast(Level::Warn, missing);
            return;
        }
        let (Some(source), Some(destination)) = (self.source(), self.destination) else { return };
        self.go(Step::TestCalls);
        self.calls = Calls { round: self.calls.round + 1, calling: true, ..Calls::default() };
        for (side, vendor) in [(Side::Source, source.key), (Side::Destination, destination.key)] {
            cx.command(
                PROBE,
                Command::Wizard(Act::Probe {
                    round: self.calls.round,
                    short_name: self.short.value().to_owned(),
                    side,
                    end: form::end(&self.fields, side, vendor),
                    settings: Box::new(self.settings()),
                }),
            );
        }
    }

    /// Why there are no others to be read.
    pub(super) fn no_others(&self) -> Option<&'static str> {
        match () {
            () if self.calls.people.is_empty() => Some("nobody was read"),
            () if self.calls.asking => Some("reading"),
            () => None,
        }
    }

    fn ask_others(&mut self, cx: &mut Cx<'_>) {
        if let Some(why) = self.no_others() {
            cx.toast(Level::Info, format!("No others: {why}"));
            return;
        }
        let Some(source) = self.source() else { return };
        self.calls.asking = true;
        cx.command(
            OTHERS,
            Command::Wizard(Act::Others {
                round: self.calls.round,
                short_name: self.short.value().to_owned(),
                end: form::end(&self.fields, Side::Source, source.key),
                settings: Box::new(self.settings()),
                shown: self.calls.before + self.calls.people.len(),
            }),
        );
    }

    /// Others were read; where there are none, the first ones come again.
    fn met(&mut self, others: Others, cx: &mut Cx<'_>) {
        if others.round != self.calls.round {
            return;
        }
        self.keep_rotated(Side::Source, &others.rotated);
        self.calls.asking = false;
        let people = others.people;
        if let Some(error) = others.failed {
            cx.problem(crate::domain::problem::Problem::from(error).into());
        } else if people.is_empty() {
            let first = self.calls.source.as_ref().map(|probed| probed.people.clone());
            (self.calls.people, self.calls.before) = (first.unwrap_or_default(), 0);
        } else {
            self.calls.before += self.calls.people.len();
            self.calls.people = people;
        }
    }

    /// What the vendor replaced takes the place of what was typed.
    fn keep_rotated(&mut self, side: Side, rotated: &[(String, Secret)]) {
        for (key, secret) in rotated {
            let field = self.fields.iter_mut().find(|field| field.side == side && field.spec.key == key);
            if let Some(field) = field {
                field.set(secret.reveal());
            }
        }
    }

    fn probed(&mut self, probed: Probed) {
        if probed.round != self.calls.round {
            return;
        }
        self.keep_rotated(probed.side, &probed.rotated);
        match probed.side {
            Side::Source => {
                (self.calls.people, self.calls.before) = (probed.people.clone(), 0);
                self.calls.source = Some(probed);
            }
            Side::Destination => self.calls.destination = Some(probed),
        }
        self.calls.calling = self.calls.source.is_none() || self.calls.destination.is_none();
    }

    fn add(&mut self, cx: &mut Cx<'_>) {
        let steps = Step::ALL.into_iter().map(|(step, _)| step);
        let missing = steps.into_iter().find_map(|step| self.missing(step).map(|missing| (step, missing)));
        if let Some((step, missing)) = missing {
            cx.toast(Level::Warn, format!("step {}: {missing}", step.number()));
            if step != self.step {
                self.go(step);
            }
            return;
        }
        if let Some(draft) = self.draft() {
            self.adding = true;
            cx.command(ADD, Command::Wizard(Act::Add(Box::new(draft))));
        }
    }
}

/// The next of a choice, round its ends.
fn wrapped(at: usize, rows: i32, len: usize) -> usize {
    let next = step(at, rows, len);
    match (next == at, rows > 0) {
        (true, true) => 0,
        (true, false) => len.saturating_sub(1),
        (false, _) => next,
    }
}

fn leave_question(name: &str) -> Confirm {
    let name = if name.trim().is_empty() { "the new tenant" } else { name.trim() };
    Confirm::new(format!("Leave without adding {name}?"), "New tenant", "Leave")
        .line("What was typed is forgotten, credentials too.")
        .line("Nothing was stored.")
}

/// What is asked of the field map: what the source maps, and what feeds the destination's other lists. Those that have a default
/// can wait for Settings.
fn field_map(
    source: &SourceCapabilities,
    destination: Option<&'static DestinationCapabilities>,
) -> Vec<(Field, TextField)> {
    let Some(destination) = destination else {
        return source.field_map.iter().map(|(field, from)| (*field, TextField::with(from))).collect();
    };
    let can_wait =
        |field: &Field| field.list().and_then(|list| destination.list(list)).is_some_and(|spec| spec.has_default);
    let entries = source.field_map_with(destination, &Settings::default()).into_iter();
    entries.filter(|(field, _)| !can_wait(field)).map(|(field, from)| (field, TextField::with(&from))).collect()
}
