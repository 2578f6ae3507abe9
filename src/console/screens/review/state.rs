//! What the screen Review holds.

use crate::console::screens::CodeHere;
use crate::domain::code::Code;
use std::collections::HashMap;
use std::time::Duration;

use ratatui::layout::Rect;

use super::data::{Card, Choice, Group, Queue, QueueRow, ReviewOrder, Ruled, review_columns};
use super::group::Alike;
use super::list::List;
use crate::console::app::header::{Header, StatusLine, with_glyph};
use crate::console::app::layout::Width;
use crate::console::app::{Cx, Place, Problem, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::theme::Role;
use crate::console::widgets::text_input::TextField;
use crate::console::widgets::{Canvas, Span, gauge};
use crate::domain::decision::Ruling;
use crate::domain::ids::{EmployeeId, UserId};
use crate::services::lists::List as Lists;

/// A ruling counts only on a card that was on the screen this long (SCREENS part 4).
pub(super) const SEEN_AFTER: Duration = Duration::from_millis(250);

/// Review of one tenant.
#[derive(Debug)]
pub struct Review {
    pub(super) tenant: String,
    /// Somebody who is shown although nobody asks about him.
    pub(super) subject: Option<EmployeeId>,
    /// Esc on a card leads back to the list that asked for it.
    pub(super) returns: bool,
    pub(super) queue: Remote<Option<Queue>>,
    /// Whom the queue was asked for beside those who wait.
    pub(super) also: Option<EmployeeId>,
    pub(super) order: ReviewOrder,
    pub(super) list: List,
    pub(super) finder: Finder,
    /// Who of the queue passes the filter; `None` while none is on, or nobody could be looked at yet.
    pub(super) filtered: Option<Filtered>,
    /// The card that is shown; the number of rows is the summary behind the last.
    pub(super) at: usize,
    /// Cards that were read, by employee.
    pub(super) cards: HashMap<EmployeeId, Card>,
    pub(super) card_problem: Option<Problem>,
    pub(super) card_since: Option<Duration>,
    /// Since when the card is on the screen.
    pub(super) shown_at: Option<Duration>,
    pub(super) choice: usize,
    /// Line of the table under the cursor.
    pub(super) field: usize,
    pub(super) detail: Detail,
    pub(super) alike: Option<Alike>,
    /// What can be undone, oldest first.
    pub(super) done: Vec<Done>,
    /// What was ruled on whom in this queue, for a step that is brought back.
    pub(super) was: HashMap<EmployeeId, Ruled>,
    /// A note that goes with the next ruling.
    pub(super) note: Option<String>,
    pub(super) text: Option<(Typing, TextField)>,
    /// The bulk ruling that waits for its confirmation.
    pub(super) asked: Option<Kind>,
    /// Rulings that are on their way.
    pub(super) pending: usize,
    pub(super) replanning: bool,
    pub(super) replan_again: bool,
    /// A run has made a newer plan than the queue's.
    pub(super) newer: bool,
}

/// What takes the place of the consequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    None,
    Lens,
    Why,
}

/// What is typed into the line above the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typing {
    Note,
}

/// The three rulings of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Link,
    New,
    Later,
}

/// One step that `u` takes back.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Done {
    Rulings(Vec<EmployeeId>),
    /// The row of the employee, too.
    NotSame(EmployeeId, UserId, usize),
}

/// Views that every workspace has.
const VIEWS: [(&str, &str); 3] =
    [("all", ""), ("not ruled", "is:open"), ("even odds", "band:\"below 50 %\",\"50 to 80 %\"")];

/// Who passes the filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filtered {
    /// What was asked for; who passed is shown until the answer to the next is there.
    pub text: String,
    /// Rising.
    pub places: Vec<usize>,
}

impl Filtered {
    /// Who passes before and behind a place.
    pub(super) fn beside(&self, at: usize) -> (&[usize], &[usize]) {
        let (before, rest) = self.places.split_at(self.places.partition_point(|place| *place < at));
        (before, rest.strip_prefix(&[at]).unwrap_or(rest))
    }
}

/// Behind somebody from whose card Esc leads back at once, not to the list.
const RETURNS: char = '\u{1f}';

/// Somebody's card, for a list of another screen: Esc leads back there.
#[must_use]
pub fn lent(tenant: &str, employee: &EmployeeId) -> Place {
    Place::tenant(ScreenId::Review, tenant).about(format!("{employee}{RETURNS}"))
}

fn whom(subject: &str) -> EmployeeId {
    EmployeeId::new(subject.strip_suffix(RETURNS).unwrap_or(subject))
}

impl Review {
    /// The queue of a tenant; `subject` puts the cursor on somebody.
    #[must_use]
    pub fn new(tenant: impl Into<String>, subject: Option<String>) -> Self {
        let tenant = tenant.into();
        let mut review = Self {
            tenant: tenant.clone(),
            returns: subject.as_ref().is_some_and(|subject| subject.ends_with(RETURNS)),
            subject: subject.as_deref().map(whom),
            queue: Remote::Idle,
            also: None,
            order: ReviewOrder::default(),
            list: List::default(),
            finder: Finder::new(Lists::Review, None, review_columns("identifier"), None).with_views(&VIEWS),
            filtered: None,
            at: 0,
            cards: HashMap::new(),
            card_problem: None,
            card_since: None,
            shown_at: None,
            choice: 0,
            field: 0,
            detail: Detail::None,
            alike: None,
            done: Vec::new(),
            was: HashMap::new(),
            note: None,
            text: None,
            asked: None,
            pending: 0,
            replanning: false,
            replan_again: false,
            newer: false,
        };
        review.finder = Finder::new(Lists::Review, Some(tenant), review_columns("identifier"), None).with_views(&VIEWS);
        review
    }

    pub(super) fn queue(&self) -> Option<&Queue> {
        self.queue.value().and_then(Option::as_ref)
    }

    pub(super) fn rows(&self) -> &[QueueRow] {
        self.queue().map(|queue| queue.rows.all()).unwrap_or_default()
    }

    pub(super) fn row(&self) -> Option<&QueueRow> {
        self.rows().get(self.at)
    }

    pub(super) fn card(&self) -> Option<&Card> {
        self.cards.get(&self.row()?.employee)
    }

    pub(super) fn choice(&self) -> Option<&Choice> {
        self.card()?.choices.get(self.choice)
    }

    /// Behind the last card: those who seem to have two users already.
    fn doubled_offer(&self) -> Option<Offer> {
        self.doubled().map(|_| Offer::new(Action::Compare, "two users already"))
    }

    /// The first who seems to have two users already, where no card is shown.
    pub(super) fn doubled(&self) -> Option<&EmployeeId> {
        self.queue()?.doubled.first().filter(|_| self.row().is_none())
    }

    /// Whether other records look like the person of the card.
    pub(super) fn has_records(&self) -> bool {
        self.card().is_some_and(|card| card.records > 0)
    }

    pub(super) fn group(&self) -> Option<&Group> {
        self.queue()?.groups.get(self.row()?.group?)
    }

    /// Rows of the group that are still to be ruled.
    pub(super) fn alike_rows(&self) -> Vec<usize> {
        self.open_alike().collect()
    }

    /// The same one by one: a group may be as large as the queue.
    pub(super) fn open_alike(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let rows = self.group().map(|group| group.rows.as_slice()).unwrap_or_default();
        rows.iter().copied().filter(|row| self.is_open(*row))
    }

    /// How many rows of the group are still to be ruled, without a look at each of them.
    pub(super) fn alike_count(&self) -> usize {
        let (Some(queue), Some(group)) = (self.queue(), self.group()) else { return 0 };
        let number = self.row().and_then(|row| row.group);
        let of_group = |at: &&usize| queue.rows.all().get(**at).is_some_and(|row| row.group == number);
        group.rows.len().saturating_sub(queue.ruled.keys().filter(of_group).count())
    }

    /// Whether a row is there and was not ruled on since the plan.
    pub(super) fn is_open(&self, row: usize) -> bool {
        self.queue().is_some_and(|queue| row < queue.rows.all().len() && !queue.ruled.contains_key(&row))
    }

    /// The first row from `from` on that is open.
    pub(super) fn open_from(&self, from: usize) -> Option<usize> {
        (from..self.rows().len()).find(|row| self.is_open(*row))
    }

    /// The first cards are shown and the others are being read.
    pub(super) fn is_part(&self) -> bool {
        self.queue().is_some_and(|queue| !queue.whole)
    }

    pub(super) fn is_summary(&self) -> bool {
        !self.rows().is_empty() && self.at >= self.rows().len() && !self.is_part()
    }

    /// Ruled and all: what Overview says too, and what was ruled here since that was counted.
    pub(super) fn progress(&self) -> (usize, usize) {
        let Some(queue) = self.queue() else { return (0, 0) };
        let all = usize::try_from(queue.figures.all()).unwrap_or(usize::MAX);
        let counted = usize::try_from(queue.figures.ruled).unwrap_or(usize::MAX);
        ((counted + queue.ruled.len()).saturating_sub(queue.counted).min(all), all)
    }

    /// Who claims the user of the card too.
    pub(super) fn rival(&self) -> Option<&EmployeeId> {
        self.card()?.choices.first()?.claimed_by.as_ref()
    }

    /// How many of each ruling.
    pub(super) fn tally(&self) -> Vec<(Ruled, usize)> {
        let kinds = [Ruled::Linked, Ruled::New, Ruled::Apart, Ruled::Later, Ruled::Excluded, Ruled::Protected];
        let count = |kind| self.queue().map_or(0, |queue| queue.ruled.values().filter(|ruled| **ruled == kind).count());
        kinds.into_iter().map(|kind| (kind, count(kind))).filter(|(_, count)| *count > 0).collect()
    }

    /// The ruling of a key on a row; linking needs a user.
    pub(super) fn ruling(&self, kind: Kind, user: Option<&UserId>) -> Option<Ruling> {
        Some(match kind {
            Kind::Link => Ruling::Link { user: user?.clone() },
            Kind::New => Ruling::Create,
            Kind::Later => Ruling::Later { until: self.queue().map(|queue| queue.later) },
        })
    }

    /// Why a key does nothing on this card.
    pub(super) fn refused(&self, kind: Kind) -> Option<String> {
        let card = self.card()?;
        match kind {
            Kind::Link => match card.choices.get(self.choice) {
                Some(choice) => choice.link.refused.clone(),
                None => Some("nobody to link to".to_owned()),
            },
            Kind::New => card.new.refused.clone(),
            Kind::Later => None,
        }
    }
}

/// The first words of a reason, for a footer.
fn brief(reason: String) -> String {
    let words: String = reason.split(':').next().unwrap_or_default().to_owned();
    if words.chars().count() > 24 { "see why".to_owned() } else { words }
}

impl Screen for Review {
    fn id(&self) -> ScreenId {
        ScreenId::Review
    }

    fn header(&self, cx: &ViewCx<'_>) -> Header {
        let name =
            self.row().filter(|_| !self.list.is_open).map(|row| row.name.clone()).filter(|name| !name.is_empty());
        let wide = Width::of(cx.frame.width) >= Width::Numbered;
        Header::crumbs(["Review".to_owned()].into_iter().chain(name.filter(|_| wide)))
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let (ruled, all) = self.progress();
        if all == 0 {
            return StatusLine::default();
        }
        let wide = Width::of(cx.frame.width) >= Width::Numbered;
        let (part, whole) = (ruled as u64, all as u64);
        let words = if self.is_part() {
            "reading the queue".to_owned()
        } else if wide {
            let percent = part * 100 / whole.max(1);
            let bar = gauge::progress(part, whole, 20);
            format!("{} ruled, {} left   {bar}  {percent} %", format::count(part), format::count(whole - part))
        } else {
            format!("{}  {}", format::share(part, whole), gauge::progress(part, whole, 10))
        };
        let left = match (&self.note, self.newer, self.replanning) {
            (_, true, _) => "i A run has made a newer plan; r reads its queue",
            (Some(_), _, _) => "~ Your note goes with the next ruling",
            (None, _, true) => "i Planning again with your rulings",
            _ => "",
        };
        let marked = self.marked_words().filter(|_| self.list.is_open && self.alike.is_none());
        let keep = marked.is_some();
        let left = marked.map_or_else(|| with_glyph(left), |words| vec![Span::new(words, Role::Text)]);
        StatusLine { left, right: vec![Span::new(words, Role::Muted)], keep }
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        let wide = Width::of(cx.frame.width) >= Width::Numbered;
        if let Some((typing, _)) = &self.text {
            let Typing::Note = typing;
            return vec![Offer::new(Action::Enter, "keep the note"), Offer::new(Action::Back, "cancel")];
        }
        if self.queue.value().is_some_and(Option::is_none) {
            return vec![Offer::new(Action::Refresh, "make the test run")];
        }
        if let Some(alike) = &self.alike {
            return self.group_offers(alike);
        }
        if let Some(offers) = self.finder.offers().filter(|_| self.list.is_open) {
            return offers;
        }
        let undo = Offer::new(Action::Undo, "undo");
        if self.list.is_open {
            return self.list_offers(wide);
        }
        if self.is_summary() {
            let mut offers = vec![Offer::new(Action::Enter, "make a fresh plan"), undo];
            offers.push(Offer::new(Action::PreviousItem, "back to the cards"));
            if self.queue().is_some_and(|queue| !queue.collisions.is_empty()) {
                offers.push(Offer::new(Action::NextItem, "collisions"));
            }
            offers.extend(self.doubled_offer());
            offers.push(Offer::new(Action::Redo, "redo"));
            return offers;
        }
        if self.row().is_none() {
            let mut offers = vec![Offer::new(Action::Refresh, "read again")];
            if self.queue().is_some_and(|queue| !queue.collisions.is_empty()) {
                offers.push(Offer::new(Action::NextItem, "collisions"));
            }
            offers.extend(self.doubled_offer());
            offers.push(undo);
            return offers;
        }
        let mut offers = vec![
            Offer::new(Action::Enter, "link").unless(self.refused(Kind::Link).map(brief)),
            Offer::new(Action::New, if wide { "new user" } else { "new" }).unless(self.refused(Kind::New).map(brief)),
            Offer::new(Action::Later, "later"),
        ];
        if self.card().is_some_and(|card| card.choices.len() > 1) {
            offers.push(Offer::pair(Action::Left, Action::Right, "candidate"));
        }
        if self.has_records() {
            offers.push(Offer::new(Action::Compare, if wide { "which record counts" } else { "records" }));
        } else if self.rival().is_some() && wide {
            offers.push(Offer::new(Action::Compare, "rival beside"));
        }
        let alike = self.alike_count();
        if alike > 1 {
            let others = format::count(alike - 1);
            let words = if wide { format!("same for {others} alike") } else { format!("{others} alike") };
            offers.push(Offer::new(Action::Alike, words));
        }
        let card = Offer::pair(Action::PreviousItem, Action::NextItem, if wide { "other card" } else { "card" });
        let (why, more) =
            (Offer::new(Action::Why, "why"), Offer::new(Action::More, if wide { "more rulings" } else { "more" }));
        offers.extend(if wide { [card, undo, why, more] } else { [undo, more, card, why] });
        if self.rival().is_some() && !wide && !self.has_records() {
            offers.push(Offer::new(Action::Compare, "rival"));
        }
        offers.push(Offer::new(Action::Back, "the list"));
        offers.push(Offer::new(Action::Filter, "filter"));
        offers.push(Offer::new(Action::Redo, "redo"));
        offers.push(Offer::new(Action::Refresh, "read the queue again"));
        offers
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.list.is_open && self.alike.is_none() && !self.rows().is_empty() {
            return vec![Offer::new(Action::MoreNote, "note to the next ruling")];
        }
        if self.row().is_none() || self.alike.is_some() {
            return Vec::new();
        }
        let nobody = (self.choice().is_none() && !self.has_records()).then_some("nobody to tell apart");
        vec![
            Offer::new(Action::MoreExclude, "exclude"),
            Offer::new(Action::MoreProtect, "protect"),
            Offer::new(Action::MoreNotSame, "not the same").unless(nobody),
            Offer::new(Action::MoreNote, "note"),
        ]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let card = self.card()?;
        Some(CodeHere::new(Code::Hold(card.code?)).here(format!("{}: {}", card.name, card.message)))
    }

    fn text_focus(&self) -> bool {
        self.text.is_some() || self.finder.is_typing()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.queue.loading_since().or(self.card_since)
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        if matches!(msg, ScreenMsg::View(_)) {
            self.list.is_open = true;
        }
        if !self.list.is_open || self.alike.is_some() || self.text.is_some() {
            // A card has keys of its own; what was remembered still comes in.
            if !matches!(msg, ScreenMsg::Shown | ScreenMsg::Loaded(..) | ScreenMsg::Done(..) | ScreenMsg::Refused(..)) {
                return self.handle(msg, cx);
            }
        }
        match self.finder.handle(&msg, (self.order.key(), false), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Done => {}
            Told::Changed => self.ask_filter(cx),
            Told::Ordered(order, _) => {
                self.ask_filter(cx);
                self.reorder(&order, cx);
            }
        }
        self.remeasure(cx);
        Handled::Yes
    }

    fn revisit(&mut self, place: &Place, cx: &mut Cx<'_>) {
        if let Some(subject) = &place.subject {
            self.go_to(&whom(subject), cx);
        }
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
