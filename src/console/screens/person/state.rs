//! What the screen holds.

use crate::console::screens::CodeHere;
use crate::domain::code::Code;
use std::time::Duration;

use ratatui::layout::Rect;

use super::data::{Card, Cure, Subject};
use crate::console::app::focus::Focus;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::mappings::parts;
use crate::console::screens::people::data::Push;
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::ids::EmployeeId;
use crate::store::views::{PersonAt, PersonKey};

pub(super) const LADDER: u8 = 0;
pub(super) const RECORD: u8 = 1;
pub(super) const SIDE: u8 = 2;
pub(super) const TIMELINE: u8 = 3;

/// Between the id and the filter of the list; no id has it.
const LIST: char = '\u{1f}';
/// Before the number of a row.
const ROW: char = '\u{1e}';

/// The place of an employee, come to from the list with this filter.
#[must_use]
pub fn place(tenant: &str, employee: &str, list: &str) -> Place {
    let subject = if list.is_empty() { employee.to_owned() } else { format!("{employee}{LIST}{list}") };
    Place::tenant(ScreenId::Person, tenant).about(subject)
}

/// The place of a row of People.
#[must_use]
pub fn place_of_row(tenant: &str, key: PersonKey, list: &str) -> Place {
    let id = match key.at() {
        PersonAt::Employee(id) => format!("{ROW}e{id}"),
        PersonAt::User(id) => format!("{ROW}u{id}"),
    };
    place(tenant, &id, list)
}

/// Reads a subject that [`place`] wrote; a plain id is an employee of the list of everybody.
fn subject(text: &str) -> (Subject, String) {
    let (id, list) = text.split_once(LIST).unwrap_or((text, ""));
    let row = id.strip_prefix(ROW).and_then(|row| {
        let number = row.get(1..)?.parse().ok()?;
        Some(if row.starts_with('u') { PersonKey::user(number) } else { PersonKey::employee(number) })
    });
    (row.map_or_else(|| Subject::Employee(EmployeeId::new(id)), Subject::Row), list.to_owned())
}

/// The screen.
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) tenant: String,
    pub(super) subject: Subject,
    /// The filter of the list that the person came from.
    pub(super) list: String,
    pub(super) card: Remote<Card>,
    pub(super) focus: Focus,
    pub(super) timeline: TableState<usize>,
    pub(super) record: TableState<usize>,
    /// The raw records are shown instead.
    pub(super) raw: bool,
    pub(super) raw_top: usize,
    pub(super) push: Option<Push>,
    pub(super) body: Rect,
}

impl Person {
    /// The screen of a place.
    #[must_use]
    pub fn new(place: &Place) -> Self {
        let (subject, list) = subject(place.subject.as_deref().unwrap_or_default());
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            subject,
            list,
            card: Remote::Idle,
            focus: Focus::new(4),
            timeline: TableState::default(),
            record: TableState::default(),
            raw: false,
            raw_top: 0,
            push: None,
            body: Rect::default(),
        }
    }

    /// The employee that is shown, where rulings are possible.
    pub(super) fn employee(&self) -> Option<EmployeeId> {
        self.card.value().filter(|card| card.rulings_possible)?.employee.clone()
    }
}

fn cure_label(cure: &Cure) -> &'static str {
    match cure {
        Cure::Mapping(..) | Cure::Review | Cure::Collision => "go to the cure",
        Cure::Plan => "open the plan",
        Cure::Elsewhere => "what to do",
    }
}

impl Screen for Person {
    fn id(&self) -> ScreenId {
        ScreenId::Person
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let name = self.card.value().map(|card| card.name.clone());
        Header::crumbs(["People".to_owned()].into_iter().chain(name))
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let Some(card) = self.card.value() else { return StatusLine::default() };
        let (near, total) = (&card.neighbours, format::count(card.neighbours.total));
        let whole = if self.list.is_empty() { String::new() } else { format!(" with {}", self.list) };
        let right = match near.place {
            0 if near.previous.is_some() => format!("{total} people, counting"),
            0 => format!("not in the list of {total}{whole}"),
            place => format!("person {} of {total}{whole}", format::count(place)),
        };
        StatusLine::new(parts::data_from(card.read_at, cx), right)
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let Some(card) = self.card.value() else { return vec![Offer::new(Action::Refresh, "read again")] };
        if self.raw {
            return vec![
                Offer::new(Action::Compare, "back to the gates"),
                Offer::new(Action::Edit, "open both in the pager"),
                Offer::pair(Action::PreviousItem, Action::NextItem, "other person"),
                Offer::new(Action::CopyId, "copy id"),
            ];
        }
        let no_ruling = (!card.rulings_possible).then_some("not in scope");
        let enter = if self.focus.is(TIMELINE) { "open the line" } else { cure_label(&card.cure) };
        let mut offers = vec![
            Offer::new(Action::Enter, enter),
            Offer::new(Action::Send, "push this one").unless(card.no_push.clone()),
            Offer::new(Action::Later, "later").unless(no_ruling),
            Offer::pair(Action::PreviousItem, Action::NextItem, "other person"),
            Offer::new(Action::Compare, if self.said().is_some() { "what was said" } else { "raw records" }),
        ];
        if card.ruling.is_some() {
            offers.push(Offer::new(Action::Clear, "take the ruling back"));
        }
        offers.extend([
            Offer::new(Action::CopyId, "copy id"),
            Offer::new(Action::Undo, "undo"),
            Offer::new(Action::More, "more"),
            Offer::new(Action::Redo, "redo"),
            Offer::new(Action::NextPane, "next pane"),
            Offer::new(Action::Refresh, "read from source"),
        ]);
        offers
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let no_ruling = self.employee().is_none().then_some("not in scope");
        vec![
            Offer::new(Action::MoreProtect, "protect: the user is left as it is").unless(no_ruling),
            Offer::new(Action::MoreExclude, "exclude from the sync").unless(no_ruling),
            Offer::new(Action::MoreForget, "forget what is kept of this person").unless(no_ruling),
        ]
    }

    fn loading_since(&self) -> Option<Duration> {
        self.card.loading_since()
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let card = self.card.value()?;
        let (code, message, remedy) = card.held.as_ref()?;
        let here = CodeHere::new(Code::Hold(*code)).here(format!("{message}. {remedy}"));
        Some(match self.cure_place() {
            Some(place) => here.leads_to(card.cure_words.clone(), place),
            None => here,
        })
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

#[cfg(test)]
mod subject_tests {
    use super::*;

    #[test]
    fn places_are_read_back() {
        let of = |place: Place| subject(place.subject.as_deref().unwrap());
        assert_eq!(of(place("t", "40718", "")), (Subject::Employee("40718".into()), String::new()));
        assert_eq!(of(place("t", "40718", "state:held")), (Subject::Employee("40718".into()), "state:held".into()));
        assert_eq!(of(place_of_row("t", PersonKey::user(7), "x")), (Subject::Row(PersonKey::user(7)), "x".into()));
    }
}
