//! The queue as a list (SCREENS 7.21), one step behind the card: Esc on a card opens it, Enter on a line opens the card.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ratatui::layout::Rect;

use super::data::{Ask, ListLine, QueueRow, ReviewFiltered, ReviewOrder};
use super::state::{Filtered, Review, Typing};
use super::update::{AHEAD, FILTER, LINES, SAVE};
use crate::console::app::overlay::{PickItem, PickList};
use crate::console::app::{Cx, Level, Place, Query};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::{Handled, ScreenId};
use crate::console::widgets::table::{Marks as _, TableState};
use crate::console::widgets::text_input::TextField;
use crate::domain::ids::EmployeeId;

/// The pane of the list, for the mouse.
pub(super) const LIST: u8 = 3;
pub(super) const ORDERS: &str = "orders";
/// Lines that are kept in memory at most.
const KEPT: usize = 2_000;

/// The list. Its rows are the places of those cards in the queue that begin a line.
#[derive(Debug, Default)]
pub(super) struct List {
    pub is_open: bool,
    pub table: TableState<i64>,
    /// Lines that were read, by the numbers of their holds.
    pub lines: HashMap<i64, ListLine>,
    pub body: Rect,
}

impl Review {
    pub(super) fn measure(&mut self, body: Rect, cx: &mut Cx<'_>) {
        self.list.body = body;
        self.finder.measure(body);
        self.list.table.set_height(self.list_height());
        if self.list.is_open {
            self.ask_lines(cx);
        }
    }

    /// People that have room in the list: facets and the filter line take of it.
    pub(super) fn list_height(&self) -> usize {
        let body = self.finder.list_area(self.list.body);
        let line = u16::from(self.finder.has_line());
        super::list_view::people(Rect { height: body.height.saturating_sub(line), ..body })
    }

    pub(super) fn remeasure(&mut self, cx: &mut Cx<'_>) {
        self.measure(self.list.body, cx);
    }

    /// Asks who passes what is typed, and for the facets where they are open.
    pub(super) fn ask_filter(&mut self, cx: &mut Cx<'_>) {
        let Some((plan, also)) = self.queue().map(|queue| (queue.plan, self.also.clone())) else { return };
        if !self.finder.is_on() && !self.finder.is_open() {
            cx.forget(FILTER);
            if self.filtered.take().is_some() {
                let marked = self.marked_employees();
                self.relist_at_cursor(&marked, cx);
            }
            return;
        }
        let (text, today) = (self.finder.text().to_owned(), self.finder.today());
        let ask = Ask::Filter { tenant: self.tenant.clone(), plan, also, order: self.order, text, today };
        cx.query(FILTER, Query::Review(ask));
    }

    pub(super) fn take_filtered(
        &mut self,
        text: String,
        (order, plan): (ReviewOrder, i64),
        found: Option<ReviewFiltered>,
        cx: &mut Cx<'_>,
    ) {
        if order != self.order || self.queue().is_none_or(|queue| queue.plan != plan) || text != self.finder.text() {
            return;
        }
        let Some(found) = found else {
            cx.toast(Level::Info, "The queue is still being read; the filter counts once it is there");
            return;
        };
        self.finder.set_facets(found.facets);
        let marked = self.marked_employees();
        self.filtered = self.finder.is_on().then_some(Filtered { text, places: found.places });
        self.relist_at_cursor(&marked, cx);
    }

    /// Lays the lines anew; the cursor stays on its person, or goes to the next one who is there.
    fn relist_at_cursor(&mut self, marked: &[EmployeeId], cx: &mut Cx<'_>) {
        self.follow_list();
        self.relist(marked);
        let line = self.line_of(self.at);
        self.list.table.move_to(line);
        if self.list.is_open {
            self.follow_list();
            self.ask_lines(cx);
        }
    }

    /// Where the card stands among those who pass the filter, and how many these are.
    pub(super) fn place_in_filter(&self) -> Option<(usize, usize)> {
        let places = &self.filtered.as_ref()?.places;
        Some((places.binary_search(&self.at).ok()?, places.len()))
    }

    /// Opens the list with the cursor on the person of the card.
    pub(super) fn show_list(&mut self, cx: &mut Cx<'_>) {
        self.list.is_open = true;
        let line = self.line_of(self.at);
        self.list.table.move_to(line);
        self.ask_lines(cx);
    }

    /// The line on which a card stands: its own, or that of those alike.
    fn line_of(&self, row: usize) -> usize {
        let row = i64::try_from(row).unwrap_or(i64::MAX);
        self.list.table.ids().partition_point(|first| *first <= row).saturating_sub(1)
    }

    /// The card under the cursor: the first of its line.
    pub(super) fn list_row(&self) -> Option<usize> {
        usize::try_from(*self.list.table.cursor()?).ok()
    }

    /// While the list is open, the person in question is the one under its cursor.
    pub(super) fn follow_list(&mut self) {
        if let (true, Some(row)) = (self.list.is_open, self.list_row()) {
            self.at = row;
        }
    }

    /// A line with the card that begins it, and what was read of it.
    pub(super) fn list_line(&self, line: usize) -> Option<(usize, &QueueRow, Option<&ListLine>)> {
        let at = usize::try_from(*self.list.table.ids().get(line)?).ok()?;
        let row = self.rows().get(at)?;
        Some((at, row, self.list.lines.get(&row.hold)))
    }

    /// The cards of a line: one, or those alike.
    pub(super) fn cards_of(&self, line: usize) -> std::ops::Range<usize> {
        let ids = self.list.table.ids();
        let place = |line: usize| ids.get(line).and_then(|at| usize::try_from(*at).ok());
        let first = place(line).unwrap_or_default();
        if self.filtered.is_some() {
            // Under a filter everybody has a line of his own.
            return first..first + usize::from(line < ids.len());
        }
        first..place(line + 1).unwrap_or(self.rows().len()).max(first)
    }

    /// The marked people, those alike each by himself.
    pub(super) fn marked_rows(&self) -> Vec<usize> {
        let marks = self.list.table.marks();
        if marks.is_empty() {
            return Vec::new();
        }
        let lines = self.list.table.ids().iter().enumerate().filter(|(_, id)| marks.has(id));
        lines.flat_map(|(line, _)| self.cards_of(line)).collect()
    }

    pub(super) fn marked_employees(&self) -> Vec<EmployeeId> {
        let lines = self.list.table.marks().iter().filter_map(|at| self.rows().get(usize::try_from(at).ok()?));
        lines.map(|row| row.employee.clone()).collect()
    }

    /// `2 marked: John Clayton Smith, Grace Adeyemi-Cole`.
    pub(super) fn marked_words(&self) -> Option<String> {
        let words = self.list.table.marks_words()?;
        let shown = self.list.table.marks().iter().take(3);
        let names: Vec<&str> =
            shown.filter_map(|at| Some(self.rows().get(usize::try_from(at).ok()?)?.name.as_str())).collect();
        Some(format!("{words}: {}", names.join(", ")))
    }

    /// A new queue: the lines are its own, marks and cursor stay on their people.
    pub(super) fn relist(&mut self, marked: &[EmployeeId]) {
        let Some(queue) = self.queue.value().and_then(Option::as_ref) else {
            self.list.table = TableState::default();
            return;
        };
        let rows = queue.rows.clone();
        let lines = match &self.filtered {
            Some(filtered) => {
                Arc::new(filtered.places.iter().filter_map(|at| i64::try_from(*at).ok()).collect::<Vec<i64>>())
            }
            None => rows.lines().clone(),
        };
        self.list.table.clear_marks();
        self.list.table.set_shared_at(lines, 0);
        let passes =
            |row: &usize| self.filtered.as_ref().is_none_or(|filtered| filtered.places.binary_search(row).is_ok());
        let places: BTreeSet<usize> =
            marked.iter().filter_map(|one| rows.place(one)).filter(passes).map(|row| self.line_of(row)).collect();
        for line in places {
            self.list.table.move_to(line);
            self.list.table.handle(Action::Mark);
        }
        let height = self.list_height();
        self.list.table.set_height(height);
    }

    /// Asks for the lines of the window that are not there, and ahead for those around it.
    pub(super) fn ask_lines(&mut self, cx: &mut Cx<'_>) {
        let missing = |range: std::ops::Range<usize>| -> Vec<i64> {
            let lines = range.filter_map(|line| self.list_line(line));
            lines.filter(|(.., known)| known.is_none()).map(|(_, row, _)| row.hold).collect()
        };
        let shown = missing(self.list.table.window());
        let mut around = missing(self.list.table.window_and(1));
        around.retain(|hold| !shown.contains(hold));
        if !shown.is_empty() {
            cx.query(LINES, Query::Review(Ask::Lines { tenant: self.tenant.clone(), holds: shown }));
        }
        if !around.is_empty() {
            cx.read_ahead(AHEAD, Query::Review(Ask::Lines { tenant: self.tenant.clone(), holds: around }));
        }
    }

    pub(super) fn take_lines(&mut self, lines: Vec<ListLine>) {
        if self.list.lines.len() > KEPT {
            self.list.lines.clear();
        }
        self.list.lines.extend(lines.into_iter().map(|line| (line.hold, line)));
    }

    pub(super) fn list_offers(&self, wide: bool) -> Vec<Offer> {
        let marks = self.list.table.marks().len();
        let cards = self.list.table.cursor_index().map_or(0, |line| self.cards_of(line).len());
        let rival = self.list.table.cursor_index().and_then(|line| self.list_line(line)?.2).is_some_and(has_beside);
        let alike = match (marks, cards) {
            (0, 0 | 1) => "rule the marked".to_owned(),
            (0, cards) => format!("rule {} alike", format::count(cards)),
            (marks, _) if wide => format!("rule the {} marked", format::count(marks)),
            (marks, _) => format!("rule {} marked", format::count(marks)),
        };
        let mut offers = vec![Offer::new(Action::Enter, "card"), Offer::new(Action::Mark, "mark")];
        if marks > 0 || cards > 1 {
            offers.push(Offer::new(Action::Alike, alike));
        }
        if rival {
            offers.push(Offer::new(Action::Compare, if wide { "rival beside" } else { "rival" }));
        }
        if wide {
            offers.push(Offer::new(Action::MarkRange, "range"));
        }
        offers.extend([
            Offer::new(Action::Undo, "undo"),
            Offer::new(Action::Sort, "sort"),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Facets, "facets"),
            Offer::pair(Action::MarkAll, Action::InvertMarks, "all, invert"),
            Offer::new(Action::More, "more"),
            Offer::new(Action::Export, "save the list"),
            Offer::new(Action::Redo, "redo"),
            Offer::new(Action::Refresh, "read the queue again"),
        ]);
        offers
    }

    pub(super) fn list_action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter => self.open_card(cx),
            Action::Alike => self.group_of_list(cx),
            Action::New | Action::Later => {
                cx.toast(
                    Level::Info,
                    "Enter opens the card, or mark people and b rules them: a ruling needs what it is about",
                );
            }
            Action::Compare => {
                let line = self.list.table.cursor_index().and_then(|line| self.list_line(line));
                let Some((_, row, Some(_))) = line.filter(|(.., known)| known.is_some_and(has_beside)) else {
                    cx.toast(Level::Info, "Nobody else claims this user");
                    return Handled::Yes;
                };
                cx.open(Place::tenant(ScreenId::Collision, self.tenant.clone()).about(row.employee.to_string()));
            }
            Action::Sort => self.ask_order(cx),
            Action::Export => {
                let people = format::counted(self.listed_holds().len() as u64, "person", "people");
                let name = format!("{}-review-{}", self.tenant, cx.stamp());
                cx.save_as(SAVE, format!("Save {people} as"), &name);
            }
            Action::MoreNote => {
                self.text = Some((Typing::Note, TextField::with(self.note.as_deref().unwrap_or(""))));
            }
            Action::Undo => self.undo(cx),
            Action::Redo => self.redo(cx),
            Action::Refresh => {
                self.load(cx);
            }
            Action::CopyId => {
                if let Some(row) = self.list_row().and_then(|at| self.rows().get(at)) {
                    cx.copy(row.employee.to_string());
                }
            }
            Action::CopyRow => self.copy_line(cx),
            _ => {
                let handled = self.list.table.handle(action);
                self.ask_lines(cx);
                if action == Action::Back && !handled {
                    // Who leaves Review comes back to a card: the first that is still to be ruled.
                    self.at = self.open_from(0).unwrap_or(self.at);
                    self.list.is_open = false;
                }
                return if handled { Handled::Yes } else { Handled::No };
            }
        }
        Handled::Yes
    }

    /// Everybody in the list, those alike each by himself.
    pub(super) fn listed_holds(&self) -> Vec<i64> {
        let lines = 0..self.list.table.len();
        lines.flat_map(|line| self.cards_of(line)).filter_map(|at| Some(self.rows().get(at)?.hold)).collect()
    }

    fn copy_line(&self, cx: &mut Cx<'_>) {
        let Some((_, row, line)) = self.list.table.cursor_index().and_then(|line| self.list_line(line)) else { return };
        let email = line.and_then(|line| line.email.source.clone()).unwrap_or_default();
        let sure = if row.probability > 0.0 { format::percent(row.probability) } else { String::new() };
        cx.copy_row(&[&row.name, row.employee.as_str(), &email, row.code.words(), &sure]);
    }

    fn open_card(&mut self, cx: &mut Cx<'_>) {
        if let Some(row) = self.list_row() {
            // Of those alike the first one that is still to be ruled.
            let mut cards = self.list.table.cursor_index().map_or(row..row + 1, |line| self.cards_of(line));
            // Who was found, or was shown before, stands in a line of several.
            let meant = Some(self.at).filter(|at| cards.contains(at) && self.is_open(*at));
            let card = meant.or_else(|| cards.find(|at| self.is_open(*at)));
            self.go(card.unwrap_or(row), cx);
        }
    }

    pub(super) fn click_line(&mut self, line: usize, double: bool, cx: &mut Cx<'_>) {
        self.list.table.move_to(line);
        self.ask_lines(cx);
        if double {
            self.open_card(cx);
        }
    }

    pub(super) fn ask_order(&mut self, cx: &mut Cx<'_>) {
        let items = ReviewOrder::ALL.iter().map(|order| {
            let now = if *order == self.order { "now" } else { "" };
            PickItem::new(order.key(), order.words(), now)
        });
        let list = PickList { title: "Orders of the queue".to_owned(), items: items.collect(), create: None };
        cx.pick(ORDERS, list);
    }

    pub(super) fn reorder(&mut self, id: &str, cx: &mut Cx<'_>) {
        let Some(order) = ReviewOrder::ALL.into_iter().find(|order| order.key() == id) else { return };
        if order == self.order {
            return;
        }
        self.order = order;
        self.finder.keep((order.key(), false), cx);
        self.load(cx);
    }
}

/// Whether somebody can be put beside: a rival, or another record of this person.
fn has_beside(line: &ListLine) -> bool {
    line.rival.is_some() || line.records > 0
}
