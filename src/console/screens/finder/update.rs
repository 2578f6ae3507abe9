//! What happens to the filter line and the facets.

use super::data::{Act, Answer as Heard, Ask};
use super::pane::{At, Pane};
use super::{FACETS, Finder, Typing};
use crate::console::app::overlay::{Confirm, PickItem, PickList};
use crate::console::app::{Command, Cx, Payload, Query};
use crate::console::keys::Action;
use crate::console::screens::{Answer, ScreenMsg};
use crate::console::widgets::Hit;
use crate::console::widgets::text_input::TextField;
use crate::domain::filter::{Filter, Row, Sifted, arranged, conditions, sifted_by};
use crate::services::lists::{Stand, View};
use crossterm::event::KeyCode;

const REMEMBERED: &str = "remembered";
const KEEP: &str = "keep filter";
const VIEW: &str = "list view";
/// Turns the order.
const TURN: &str = "turn the order";
const DELETE: &str = "delete list view";

/// What a message meant to the filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is for the screen.
    NotMine,
    /// It is done, and the list stays.
    Done,
    /// The list is to be read or looked through anew.
    Changed,
    /// The same, in the order of what was remembered or of a view: its word and whether it goes the other way round.
    Ordered(String, bool),
}

impl Finder {
    /// Lets the filter see a message first. `order` is the screen's: its word and whether it goes the other way round.
    pub fn handle(&mut self, msg: &ScreenMsg, order: (&str, bool), cx: &mut Cx<'_>) -> Told {
        self.today = cx.now().wall.to_zoned(cx.console().zone.clone()).date();
        match msg {
            ScreenMsg::Shown => {
                self.ask(cx);
                Told::NotMine
            }
            ScreenMsg::Loaded(slot, Payload::Lists(Heard::Remembered(known))) if slot.name == REMEMBERED => {
                self.views.clone_from(&known.views);
                // Who has begun to type, or came for something else, keeps that.
                if self.lent || self.typing.is_some() || !self.applied.is_empty() || known.last == Stand::default() {
                    return Told::Done;
                }
                self.use_stand(&known.last.clone())
            }
            ScreenMsg::View(stand) => {
                // What is remembered, and may still be on its way, does not take its place.
                self.lent = true;
                self.typing = None;
                self.use_stand(stand)
            }
            ScreenMsg::Failed(slot, _) if slot.name == REMEMBERED => Told::Done,
            ScreenMsg::Done(_, Payload::Lists(Heard::Views(_, views))) => {
                self.views.clone_from(views);
                self.steady();
                Told::Done
            }
            ScreenMsg::Done(_, Payload::Lists(_)) => Told::Done,
            ScreenMsg::Refused(slot, problem) if matches!(slot.name, KEEP | VIEW) => {
                if slot.name == VIEW {
                    cx.problem(problem.clone());
                }
                Told::Done
            }
            ScreenMsg::Answered(DELETE, answer) => {
                let name = self.deleting.take();
                if let (Answer::Confirmed, Some(name)) = (answer, name) {
                    cx.command(VIEW, Command::Lists(Act::DeleteView { list: self.list, name: name.clone() }));
                    cx.done(format!("Deleted the view {name}"), false);
                }
                Told::Done
            }
            // The list under the line can be walked while it is typed in.
            ScreenMsg::Key(key) if matches!(key.code, KeyCode::Up | KeyCode::Down) => Told::NotMine,
            ScreenMsg::Key(key) => match self.typing {
                Some(Typing::Filter) if self.field.key(*key) => self.typed(),
                Some(Typing::Name) => {
                    self.name.key(*key);
                    Told::Done
                }
                Some(Typing::Filter) => Told::Done,
                None => Told::NotMine,
            },
            ScreenMsg::Paste(text) => match self.typing {
                Some(Typing::Filter) => {
                    self.field.paste(text);
                    self.typed()
                }
                Some(Typing::Name) => {
                    self.name.paste(text);
                    Told::Done
                }
                None => Told::NotMine,
            },
            ScreenMsg::Click { hit: Hit::Row { pane: FACETS, row }, double } => {
                self.focus(true);
                self.go(*row);
                if *double { self.tick(order, cx) } else { Told::Done }
            }
            ScreenMsg::Click { hit: Hit::Pane(FACETS), .. } => {
                self.focus(true);
                Told::Done
            }
            ScreenMsg::Click { .. } => {
                self.focus(false);
                Told::NotMine
            }
            ScreenMsg::Wheel { hit: Some(Hit::Row { pane: FACETS, .. } | Hit::Pane(FACETS)), rows } => {
                let cursor = self.pane.as_ref().map_or(0, |pane| pane.cursor);
                self.go(cursor.saturating_add_signed(isize::try_from(*rows).unwrap_or(0)));
                Told::Done
            }
            ScreenMsg::Action(action) => self.act(*action, order, cx),
            _ => Told::NotMine,
        }
    }

    /// Lays filter and order over rows that are looked through: who stays, in order; counts the facets where they are
    /// open. Without an order, or for equals, rows stay as they come.
    pub fn look_through(&mut self, rows: &[impl Row], order: (&str, bool)) -> Vec<usize> {
        let conditions = self.conditions();
        let by = self.columns.iter().position(|column| column.key == order.0).map(|by| (by, order.1));
        if !self.is_open() {
            return arranged(rows, &self.columns, &conditions, by);
        }
        let Sifted { places, facets } = sifted_by(rows, &self.columns, &conditions, by);
        self.set_facets(facets);
        places
    }

    /// What `s` offers where a list can be sorted by every column; the answer is the word of the order.
    #[must_use]
    pub fn orders(&self, own: &str, descending: bool) -> PickList {
        let mut items = vec![PickItem::new("", own, "")];
        items.extend(self.columns.iter().map(|column| PickItem::new(column.key, format!("by {}", column.head), "")));
        items.push(PickItem::new(TURN, if descending { "first to last" } else { "last to first" }, ""));
        PickList { title: "Order of the list".to_owned(), items, create: None }
    }

    /// The order after an answer to [`Finder::orders`].
    pub fn ordered(picked: &str, order: &mut (String, bool)) {
        match picked {
            TURN => order.1 = !order.1,
            key => order.0 = key.to_owned(),
        }
    }

    /// Asks for what is remembered, once.
    fn ask(&mut self, cx: &mut Cx<'_>) {
        if !self.asked {
            self.asked = true;
            let ask = Ask::Remembered { tenant: self.tenant.clone(), list: self.list };
            cx.query(REMEMBERED, Query::Lists(ask));
        }
    }

    /// Another screen asks for this filter.
    pub fn lend(&mut self, text: &str) -> Told {
        self.lent = true;
        self.typing = None;
        self.field.set(text);
        self.typed()
    }

    /// What stands in the line counts from now on, if it can be read.
    fn typed(&mut self) -> Told {
        match conditions(&Filter::parse(self.field.value()), &self.columns, self.today) {
            Err(error) => {
                self.problem = Some(error.to_string());
                Told::Done
            }
            Ok(_) => {
                self.problem = None;
                let same = Filter::parse(&self.applied) == Filter::parse(self.field.value());
                self.applied = self.field.value().to_owned();
                if same { Told::Done } else { Told::Changed }
            }
        }
    }

    fn put(&mut self, text: &str, order: (&str, bool), cx: &mut Cx<'_>) -> Told {
        self.field.set(text);
        let told = self.typed();
        self.keep(order, cx);
        told
    }

    /// Remembers how the list stands.
    pub fn keep(&mut self, order: (&str, bool), cx: &mut Cx<'_>) {
        if self.forgets {
            return;
        }
        self.lent = false;
        let act = Act::Keep { tenant: self.tenant.clone(), list: self.list, stand: self.stand(order) };
        cx.command(KEEP, Command::Lists(act));
    }

    fn use_stand(&mut self, stand: &Stand) -> Told {
        self.field.set(&stand.filter);
        let told = self.typed();
        match (stand.sort.is_empty() && !stand.descending, told) {
            (false, _) => Told::Ordered(stand.sort.clone(), stand.descending),
            (true, told) => told,
        }
    }

    pub(super) fn focus(&mut self, on: bool) {
        if let Some(pane) = &mut self.pane {
            pane.focused = on;
        }
    }

    fn act(&mut self, action: Action, order: (&str, bool), cx: &mut Cx<'_>) -> Told {
        if let Some(typing) = self.typing {
            return self.act_on_line(typing, action, order, cx);
        }
        match action {
            Action::Filter => {
                self.typing = Some(Typing::Filter);
                self.focus(false);
                Told::Done
            }
            Action::Facets if self.pane.is_some() => {
                self.pane = None;
                Told::Done
            }
            Action::Facets => {
                // Narrowing is what they are opened for: the cursor goes to the first value, not to the views.
                self.pane = Some(Pane { focused: true, fresh: true, height: 12, ..Pane::default() });
                self.facets = None;
                // The list stays, but its values are to be counted.
                Told::Changed
            }
            _ if self.is_focused() => self.act_on_facets(action, order, cx),
            // From the list to the facets and back.
            Action::NextPane if self.pane.is_some() => {
                self.focus(true);
                Told::Done
            }
            Action::Back if self.has_line() && self.problem.is_some() => {
                self.field.set(&self.applied.clone());
                self.problem = None;
                Told::Done
            }
            _ => Told::NotMine,
        }
    }

    fn act_on_line(&mut self, typing: Typing, action: Action, order: (&str, bool), cx: &mut Cx<'_>) -> Told {
        match (typing, action) {
            (Typing::Filter, Action::Enter) => {
                self.typing = None;
                // What cannot be read is not kept: the list shows the text before it.
                self.field.set(&self.applied.clone());
                self.problem = None;
                self.keep(order, cx);
                Told::Done
            }
            (Typing::Filter, Action::Back) => {
                self.typing = None;
                self.put("", order, cx)
            }
            (Typing::Filter, Action::NextPane) => {
                self.typing = None;
                self.keep(order, cx);
                if self.pane.is_none() {
                    self.act(Action::Facets, order, cx)
                } else {
                    self.act(Action::NextPane, order, cx)
                }
            }
            (Typing::Name, Action::Enter) => {
                let name = self.name.value().trim().to_owned();
                if name.is_empty() {
                    return Told::Done;
                }
                self.typing = None;
                let view = View { name: name.clone(), stand: self.stand(order) };
                cx.command(VIEW, Command::Lists(Act::SaveView { list: self.list, view }));
                cx.done(format!("Saved the view {name}"), false);
                Told::Done
            }
            (Typing::Name, Action::Back) => {
                self.typing = None;
                Told::Done
            }
            (_, Action::PageUp | Action::PageDown) => Told::NotMine,
            _ => Told::Done,
        }
    }

    fn act_on_facets(&mut self, action: Action, order: (&str, bool), cx: &mut Cx<'_>) -> Told {
        let Some(pane) = &self.pane else { return Told::NotMine };
        let (cursor, page) = (pane.cursor, pane.height.saturating_sub(1).max(1));
        let at = self.at(pane);
        match action {
            Action::Up => self.go(cursor.saturating_sub(1)),
            Action::Down => self.go(cursor + 1),
            Action::PageUp => self.go(cursor.saturating_sub(page)),
            Action::PageDown => self.go(cursor + page),
            Action::First => self.go(0),
            Action::Last => self.go(usize::MAX),
            Action::NextItem => self.go_to_facet(true),
            Action::PreviousItem => self.go_to_facet(false),
            Action::NextPane | Action::PreviousPane | Action::Back => self.focus(false),
            Action::Mark => return self.tick(order, cx),
            Action::Enter => return self.enter(at, order, cx),
            Action::Clear => {
                let column = match at {
                    Some(At::Value(column, _) | At::More(column)) => column,
                    _ => return self.put("", order, cx),
                };
                let text = Filter::parse(&self.applied).without(&self.columns, column).to_string();
                return self.put(&text, order, cx);
            }
            Action::New => {
                self.name = TextField::default();
                self.typing = Some(Typing::Name);
            }
            Action::Deactivate => {
                if let Some(At::View(at)) = at
                    && at >= self.ready.len()
                    && let Some((name, filter)) = self.view_of(at)
                {
                    let confirm = Confirm::new(format!("Delete the view {name}?"), "for every tenant", "Delete it");
                    let confirm = confirm.line(if filter.is_empty() { "everybody" } else { filter }.to_owned());
                    self.deleting = Some(name.to_owned());
                    cx.confirm(DELETE, confirm);
                }
            }
            Action::Left | Action::Right | Action::MarkRange | Action::MarkAll | Action::InvertMarks => {}
            _ => return Told::NotMine,
        }
        Told::Done
    }

    /// The known values of a column.
    fn known(&self, column: usize) -> Vec<String> {
        let facet = self.facets.iter().flatten().find(|facet| facet.column == column);
        facet.map(|facet| facet.values.iter().map(|value| value.value.clone()).collect()).unwrap_or_default()
    }

    /// The next state of the box under the cursor.
    fn tick(&mut self, order: (&str, bool), cx: &mut Cx<'_>) -> Told {
        let Some(At::Value(column, value)) = self.pane.as_ref().and_then(|pane| self.at(pane)) else {
            return Told::Done;
        };
        let known = self.known(column);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let filter = Filter::parse(&self.applied);
        let tick = filter.tick_of(&self.columns, column, &value, self.today).next();
        let text = filter.ticked(&self.columns, column, &value, &known, tick, self.today).to_string();
        self.put(&text, order, cx)
    }

    fn enter(&mut self, at: Option<At>, order: (&str, bool), cx: &mut Cx<'_>) -> Told {
        match at {
            Some(At::Value(column, value)) => {
                let known = self.known(column);
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let text =
                    Filter::parse(&self.applied).just(&self.columns, column, &value, &known, self.today).to_string();
                self.focus(false);
                if self.covers {
                    self.pane = None;
                }
                self.put(&text, order, cx)
            }
            Some(At::More(column)) => {
                if let Some(pane) = &mut self.pane {
                    pane.unfolded.push(column);
                }
                self.steady();
                Told::Done
            }
            Some(At::View(at)) => {
                let stand = match self.views.get(at.wrapping_sub(self.ready.len())) {
                    Some(view) => view.stand.clone(),
                    None => {
                        let filter = self.view_of(at).map(|(_, filter)| filter.to_owned()).unwrap_or_default();
                        Stand { filter, sort: order.0.to_owned(), descending: order.1 }
                    }
                };
                let told = self.use_stand(&stand);
                if self.covers {
                    self.pane = None;
                }
                let order = (stand.sort.as_str(), stand.descending);
                self.keep(order, cx);
                told
            }
            None => Told::Done,
        }
    }
}
