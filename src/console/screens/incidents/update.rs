//! What happens to the screen Incidents.

use super::card::{Card, Day};
use super::state::Incidents;
use crate::console::app::{Cx, Place};
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::{self, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;

const SORT: &str = "sort";

/// The page of an incident.
fn place(name: &str) -> Place {
    Place::global(ScreenId::Incidents).about(name)
}

impl Incidents {
    pub(super) fn list(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        let cards = cx.console().incidents.clone();
        match msg {
            ScreenMsg::Shown => self.arrange(&cards),
            ScreenMsg::Resized(body) => {
                self.body = body;
                self.arrange(&cards);
            }
            ScreenMsg::Answered(SORT, screens::Answer::Picked(id)) => {
                Finder::ordered(&id, &mut self.order);
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange(&cards);
            }
            ScreenMsg::Action(action) => return self.list_action(action, &cards, cx),
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.table.move_to(row);
                if double {
                    self.open(&cards, cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.table.move_by(rows),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn list_action(&mut self, action: Action, cards: &[Card], cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter => self.open(cards, cx),
            Action::CopyId | Action::CopyRow => self.copy(cards, cx),
            Action::Sort => cx.pick(SORT, self.finder.orders("as in the museum", self.order.1)),
            Action::Back if self.finder.is_on() => {
                self.finder.lend("");
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange(cards);
            }
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            action if self.table.handle(action) => {}
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn open(&mut self, cards: &[Card], cx: &mut Cx<'_>) {
        if let Some((_, card)) = self.current(cards) {
            cx.open(place(&card.name));
        }
    }

    fn copy(&mut self, cards: &[Card], cx: &mut Cx<'_>) {
        if let Some((_, card)) = self.current(cards) {
            cx.copy(card.command_for(self.day));
        }
    }

    pub(super) fn page(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        let cards = cx.console().incidents.clone();
        match msg {
            ScreenMsg::Shown => {}
            ScreenMsg::Resized(body) => self.body = body,
            ScreenMsg::Action(Action::Down | Action::Last) | ScreenMsg::Wheel { rows: 1.., .. } => {
                self.day = Day::Healthy
            }
            ScreenMsg::Action(Action::Up | Action::First) | ScreenMsg::Wheel { .. } => self.day = Day::Bad,
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.day = if row == 0 { Day::Bad } else { Day::Healthy };
                if double {
                    self.replay(&cards, cx);
                }
            }
            ScreenMsg::Action(Action::Enter) => self.replay(&cards, cx),
            ScreenMsg::Action(Action::CopyId | Action::CopyRow) => self.copy(&cards, cx),
            ScreenMsg::Action(Action::NextItem) => self.neighbour(&cards, true, cx),
            ScreenMsg::Action(Action::PreviousItem) => self.neighbour(&cards, false, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn replay(&mut self, cards: &[Card], cx: &mut Cx<'_>) {
        if let Some((_, card)) = self.current(cards) {
            cx.replay(&card.name, self.day == Day::Healthy);
        }
    }

    fn neighbour(&mut self, cards: &[Card], next: bool, cx: &mut Cx<'_>) {
        let Some((at, _)) = self.current(cards) else { return };
        let to = if next { at.checked_add(1) } else { at.checked_sub(1) };
        if let Some(card) = to.and_then(|at| cards.get(at)) {
            cx.replace(place(&card.name));
        }
    }
}
