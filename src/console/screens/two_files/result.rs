//! Step 4: who stands where, least certain first, and the rulings.

use super::data::{Act, Ask, Disposition, Job, Kind, Limits, Line, Part, Ruling, Shown, Summary};
use super::state::{CardView, Outcome, Step, TwoFiles};
use super::update::{CARD, GIVE_UP, LIMITS, LINES, MATCH, RULE, SUMMARY, WALK};
use crate::console::app::overlay::{Confirm, PickItem, PickList};
use crate::console::app::{Cx, Level, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::{Answer as Answered, Handled};
use crate::console::widgets::motion::step;
use crate::matching::decide::{Policy, PolicyEffect};
use std::time::Duration;

/// Lines that are asked for at a time.
const LINES_AT_ONCE: usize = 60;
/// A ruling counts only on a card that was on the screen this long (SCREENS part 4).
const SEEN_AFTER: Duration = Duration::from_millis(250);

/// Rows that the totals take, with the title above them.
pub(super) const TOTALS: u16 = 6;

impl TwoFiles {
    pub(super) fn result_status(&self) -> (String, String) {
        let right = match (self.unwritten, self.written) {
            (0, true) => "written".to_owned(),
            (0, false) => "nothing written yet".to_owned(),
            (some, _) => format!("{} in no file yet", format::counted(some as u64, "ruling", "rulings")),
        };
        let took = if self.opened.is_some() { "Opened" } else { "Matched" };
        let limits = self.desk().and_then(|desk| desk.summary.as_ref()).map(|summary| {
            let (link, new) = (format::percent(summary.threshold), format::percent(summary.new_below));
            format!("   limits: link {link}, new {new}")
        });
        let limit = limits.unwrap_or_default();
        let seconds = format::duration(Duration::from_secs_f64(self.seconds.max(0.0)));
        (format!("✓ {took} in {seconds}{limit}"), right)
    }

    pub(super) fn result_offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        let write = Offer::new(Action::Export, "write files");
        let columns = Offer::new(Action::PageUp, "columns");
        let Some(desk) = self.desk() else { return vec![write, columns, Offer::new(Action::Back, "leave it")] };
        let wide = cx.frame.width >= 110;
        let undo = Offer::new(Action::Undo, "undo");
        if let Some(card) = &desk.card {
            let mut offers = vec![
                Offer::new(Action::Enter, "link").unless(card.refused_link()),
                Offer::new(Action::New, if wide { "new user" } else { "new" }),
                Offer::new(Action::Later, "later"),
            ];
            if card.shown.card.choices.len() > 1 {
                offers.push(Offer::pair(Action::Left, Action::Right, "candidate"));
            }
            offers.push(undo);
            offers.push(Offer::pair(Action::PreviousItem, Action::NextItem, if wide { "other card" } else { "card" }));
            offers.push(write);
            offers.push(Offer::new(Action::NextPane, "lens"));
            offers.push(Offer::new(Action::Back, "the list"));
            offers.push(Offer::new(Action::Redo, "redo"));
            return offers;
        }
        if let Some(offers) = desk.finder.offers() {
            return offers;
        }
        let act = if desk.totals { "look at them" } else { "rule" };
        vec![
            Offer::new(Action::Enter, act),
            write,
            Offer::new(Action::NextPane, if desk.totals { "list" } else { "totals" }),
            Offer::pair(Action::PreviousItem, Action::NextItem, "list"),
            Offer::new(Action::Facets, "facets"),
            undo,
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Redo, "redo"),
            columns,
            Offer::new(Action::More, "more"),
        ]
    }

    pub(super) fn summed(&mut self, summary: Summary, cx: &mut Cx<'_>) {
        let Some(desk) = self.desk_mut() else { return };
        if !std::mem::replace(&mut desk.is_placed, true) {
            let counts = summary.counts;
            // Risks before questions; where nobody is asked about, the links.
            desk.kind = match () {
                () if counts.ask > 0 => Kind::Ask,
                () if counts.risk > 0 => Kind::Risk,
                () if counts.link > 0 => Kind::Link,
                () => Kind::New,
            };
            desk.totals = counts.ask + counts.risk == 0;
        }
        // How many pass a filter comes with their rows.
        desk.window.all = count_of(&summary, desk.kind);
        desk.summary = Some(summary);
        if desk.finder.is_on() {
            desk.window.rows.clear();
        }
        self.want_lines(cx);
    }

    /// Asks for the lines around the cursor where they are not there.
    pub(super) fn want_lines(&mut self, cx: &mut Cx<'_>) {
        let room = self.list_room();
        match &mut self.outcome {
            Some(Outcome::Desk(desk)) => {
                let window = &mut desk.window;
                window.at = window.at.min(window.all.saturating_sub(1));
                keep_in_sight(&mut window.top, window.at, room, window.all);
                let (from, to) = (window.top, (window.top + room).min(window.all));
                let has = window.from <= from && to <= window.from + window.rows.len();
                if !has && window.all > 0 {
                    let from = from.saturating_sub(LINES_AT_ONCE / 3);
                    let ask = Ask::Lines { desk: desk.desk.clone(), part: desk.part(), from, count: LINES_AT_ONCE };
                    self.ask(LINES, ask, cx);
                }
            }
            Some(Outcome::Doubles(doubles)) => {
                let window = &mut doubles.window;
                window.at = window.at.min(window.all.saturating_sub(1));
                keep_in_sight(&mut window.top, window.at, room, window.all);
                let (from, to) = (window.top, (window.top + room).min(window.all));
                let has = window.from <= from && to <= window.from + window.rows.len();
                if !has && window.all > 0 {
                    let from = from.saturating_sub(LINES_AT_ONCE / 3);
                    let ask = Ask::Pairs { doubles: doubles.doubles.clone(), from, count: LINES_AT_ONCE };
                    self.ask(LINES, ask, cx);
                }
            }
            None => {}
        }
    }

    /// People that have room in the list, two rows each.
    pub(super) fn list_room(&self) -> usize {
        let line = u16::from(self.desk().is_some_and(|desk| desk.finder.has_line()));
        let above = 1 + TOTALS + 1 + 1 + 1 + line;
        let below = if self.body.height >= 20 { 3 } else { 0 };
        usize::from(self.body.height.saturating_sub(above + below) / 2).max(1)
    }

    pub(super) fn lines_came(&mut self, part: &Part, (from, all): (usize, usize), lines: Vec<Line>) {
        let Some(desk) = self.desk_mut() else { return };
        if desk.is_shown(part) {
            (desk.window.from, desk.window.rows, desk.window.all) = (from, lines, all);
            desk.window.at = desk.window.at.min(all.saturating_sub(1));
        }
    }

    pub(super) fn move_in_result(&mut self, rows: i32, cx: &mut Cx<'_>) {
        match &mut self.outcome {
            Some(Outcome::Desk(desk)) => {
                if let Some(card) = &mut desk.card {
                    let lines = card.shown.card.choices.get(card.choice).map_or(0, |choice| choice.lines.len());
                    card.field = step(card.field, rows, lines);
                    return;
                }
                if desk.totals {
                    let at = step(desk.kind as usize, rows, Kind::ALL.len());
                    self.show_list(Kind::ALL.get(at).copied().unwrap_or(Kind::Ask), cx);
                    return;
                }
                desk.window.at = step(desk.window.at, rows, desk.window.all);
            }
            Some(Outcome::Doubles(doubles)) => doubles.window.at = step(doubles.window.at, rows, doubles.window.all),
            None => {}
        }
        self.want_lines(cx);
    }

    fn show_list(&mut self, kind: Kind, cx: &mut Cx<'_>) {
        if let Some(desk) = self.desk_mut().filter(|desk| desk.kind != kind) {
            desk.kind = kind;
            desk.window = super::state::Window {
                all: desk.summary.as_ref().map_or(0, |summary| count_of(summary, kind)),
                ..super::state::Window::default()
            };
            self.ask_facets(cx);
        }
        self.want_lines(cx);
    }

    pub(super) fn result_action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.card().is_some() {
            return self.card_action(action, cx);
        }
        match action {
            Action::Up => self.move_in_result(-1, cx),
            Action::Down => self.move_in_result(1, cx),
            Action::First => self.move_in_result(i32::MIN + 1, cx),
            Action::Last => self.move_in_result(i32::MAX, cx),
            Action::PageDown => {
                let page = i32::try_from(self.list_room()).unwrap_or(5);
                self.move_in_result(page, cx);
            }
            Action::PageUp if self.at_the_top() => self.leave_result(cx),
            Action::PageUp => {
                let page = i32::try_from(self.list_room()).unwrap_or(5);
                self.move_in_result(-page, cx);
            }
            Action::NextPane | Action::PreviousPane => {
                if let Some(desk) = self.desk_mut() {
                    desk.totals = !desk.totals;
                }
            }
            Action::PreviousItem | Action::NextItem => {
                let Some(kind) = self.desk().map(|desk| desk.kind as usize) else { return Handled::No };
                let by = if action == Action::NextItem { 1 } else { Kind::ALL.len() - 1 };
                self.show_list(Kind::ALL.get((kind + by) % Kind::ALL.len()).copied().unwrap_or(Kind::Ask), cx);
            }
            Action::Enter => self.enter_result(cx),
            Action::Export => self.open_writing(cx),
            Action::Undo => self.walk(false, cx),
            Action::Redo => self.walk(true, cx),
            Action::MoreLimits => {
                if let Some(desk) = self.desk() {
                    let ask = Ask::Limits(desk.desk.clone());
                    self.ask(LIMITS, ask, cx);
                }
            }
            Action::CopyId => {
                let line = self.desk().and_then(|desk| desk.window.get(desk.window.at));
                if let Some(id) = line.map(|line| line.employee.id.clone()) {
                    cx.copy(id);
                }
            }
            Action::Back if self.desk().is_some_and(|desk| desk.finder.is_on()) => self.clear_filter(cx),
            Action::Back => self.leave_result(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Each limit with what it would decide; nothing is moved before one is chosen.
    pub(super) fn show_limits(&mut self, limits: Limits, cx: &mut Cx<'_>) {
        let links = limits.links.iter().map(|limit| link_item(limit, limits.now));
        let items = links.chain(limits.news.iter().map(|limit| new_item(limit, limits.now))).collect();
        let title = "Limits: from how sure on linked unasked, below what new".to_owned();
        let list = PickList { title, items, create: None };
        self.limits = Some(limits);
        cx.pick(LIMITS, list);
    }

    /// Matches again with another limit; what was ruled goes on.
    pub(super) fn limit_picked(&mut self, answer: &Answered, cx: &mut Cx<'_>) {
        let (Some(limits), Answered::Picked(id)) = (self.limits.take(), answer) else { return };
        let all = limits.links.iter().chain(&limits.news);
        let picked = all.map(|(policy, _)| *policy).find(|policy| limit_id(*policy) == *id);
        let Some(policy) = picked.filter(|policy| !is_same(*policy, limits.now)) else { return };
        let Some(mut wanted) = self.wanted.clone() else { return };
        (wanted.threshold, wanted.new_below, wanted.rulings) = (policy.auto, policy.new_below, limits.rulings);
        (self.columns.threshold, self.columns.new_below) = (Some(policy.auto), Some(policy.new_below));
        let summary = self.desk().and_then(|desk| desk.summary.as_ref());
        let people = summary.map(|summary| (summary.counts.employees as u64, Some(summary.counts.users as u64)));
        let job = Job::new();
        self.begin(job.clone(), people, cx);
        self.opened = None;
        let round = self.running.round;
        self.act(MATCH, Act::Match { round, job, wanted: Box::new(wanted) }, cx);
    }

    fn at_the_top(&self) -> bool {
        match &self.outcome {
            Some(Outcome::Desk(desk)) => desk.totals || desk.window.at == 0,
            Some(Outcome::Doubles(doubles)) => doubles.window.at == 0,
            None => true,
        }
    }

    fn enter_result(&mut self, cx: &mut Cx<'_>) {
        let Some(desk) = self.desk_mut() else { return };
        if desk.window.all == 0 {
            cx.toast(Level::Info, format!("{}: nobody", word(desk.kind)));
        } else if std::mem::take(&mut desk.totals) {
            self.want_lines(cx);
        } else {
            let at = desk.window.at;
            self.open_card(at, cx);
        }
    }

    /// Back to the columns; what was ruled and stands in no file is asked about.
    fn leave_result(&mut self, cx: &mut Cx<'_>) {
        if self.unwritten == 0 {
            self.back_from_result(cx);
            return;
        }
        let rulings = format::counted(self.unwritten as u64, "ruling", "rulings");
        let confirm = Confirm::new(format!("Give up {rulings}?"), "two files", format!("Give up {}", self.unwritten))
            .line(format!("{rulings} would be lost: they stand in no file yet."))
            .line("")
            .line("Cancel, then o writes the result with them.");
        cx.confirm(GIVE_UP, confirm);
    }

    pub(super) fn back_from_result(&mut self, cx: &mut Cx<'_>) {
        self.outcome = None;
        self.writing = None;
        if self.look().is_none() {
            self.read_columns(cx);
        }
        self.ask_typed(cx);
        self.go(Step::Columns, cx);
    }

    pub(super) fn result_clicked(&mut self, pane: u8, row: usize, double: bool, cx: &mut Cx<'_>) {
        match (pane, &mut self.outcome) {
            (0, Some(Outcome::Desk(desk))) if desk.card.is_some() => {
                if let Some(card) = &mut desk.card {
                    card.field = row;
                }
            }
            (1, Some(Outcome::Desk(desk))) if desk.card.is_some() => {
                if let Some(card) = &mut desk.card {
                    card.choose(row);
                }
            }
            (2, Some(Outcome::Desk(desk))) => {
                desk.totals = true;
                self.show_list(Kind::ALL.get(row).copied().unwrap_or(Kind::Ask), cx);
            }
            (3, Some(Outcome::Desk(desk))) => {
                desk.totals = false;
                desk.window.at = row;
                if double {
                    self.open_card(row, cx);
                }
            }
            (3, Some(Outcome::Doubles(doubles))) => doubles.window.at = row,
            _ => {}
        }
    }

    pub(super) fn open_card(&mut self, at: usize, cx: &mut Cx<'_>) {
        if let Some(desk) = self.desk() {
            let ask = Ask::Card { desk: desk.desk.clone(), part: desk.part(), at };
            self.ask(CARD, ask, cx);
        }
    }

    pub(super) fn card_came(&mut self, shown: Option<Shown>, cx: &mut Cx<'_>) {
        let now = cx.uptime();
        let Some(desk) = self.desk_mut() else { return };
        let Some(shown) = shown.filter(|shown| shown.kind == desk.kind) else {
            desk.card = None;
            return;
        };
        let lens = desk.card.as_ref().is_some_and(|card| card.lens);
        (desk.window.at, desk.window.all, desk.totals) = (shown.at, shown.of, false);
        let mut card = CardView { shown, choice: 0, field: 0, lens, shown_at: now };
        // The user whom somebody is linked to is the one that is shown.
        if let Disposition::Link(user) = card.shown.disposition {
            card.choice = card.shown.users.iter().position(|row| *row == user).unwrap_or(0);
        }
        card.field = card.first_field();
        desk.card = Some(card);
        self.want_lines(cx);
    }

    fn card_action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        let Some(desk) = self.desk_mut() else { return Handled::No };
        let Some(card) = &mut desk.card else { return Handled::No };
        let (at, of) = (card.shown.at, card.shown.of);
        match action {
            Action::Up => self.move_in_result(-1, cx),
            Action::Down => self.move_in_result(1, cx),
            Action::First => card.field = 0,
            Action::Last => self.move_in_result(i32::MAX, cx),
            Action::Left => card.choose(card.choice.saturating_sub(1)),
            Action::Right => card.choose(card.choice + 1),
            Action::NextPane | Action::PreviousPane => card.lens = !card.lens,
            Action::PreviousItem if at > 0 => self.open_card(at - 1, cx),
            Action::PreviousItem => cx.toast(Level::Info, "This is the first card"),
            Action::NextItem if at + 1 < of => self.open_card(at + 1, cx),
            Action::NextItem => cx.toast(Level::Info, "This is the last card"),
            Action::Enter => {
                if let Some(why) = card.refused_link() {
                    cx.toast(Level::Warn, why);
                } else if let Some(user) = card.shown.users.get(card.choice).copied() {
                    self.rule(Ruling::Link(user), cx);
                }
            }
            Action::New => self.rule(Ruling::New, cx),
            Action::Later => self.rule(Ruling::Later, cx),
            Action::Undo => self.walk(false, cx),
            Action::Redo => self.walk(true, cx),
            Action::Export => self.open_writing(cx),
            Action::CopyId => {
                let id = card.shown.card.employee.clone();
                cx.copy(id);
            }
            Action::Back => self.close_card(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn close_card(&mut self, cx: &mut Cx<'_>) {
        if let Some(desk) = self.desk_mut() {
            desk.card = None;
            // The lists have moved under the card.
            desk.window.rows.clear();
        }
        self.want_lines(cx);
    }

    fn rule(&mut self, ruling: Ruling, cx: &mut Cx<'_>) {
        let Some(desk) = self.desk() else { return };
        let Some(card) = &desk.card else { return };
        if cx.uptime().saturating_sub(card.shown_at) < SEEN_AFTER {
            let number = format::count(card.shown.at + 1);
            cx.toast(Level::Info, format!("too quick, card {number} was not read"));
            return;
        }
        let act = Act::Rule {
            desk: desk.desk.clone(),
            part: desk.part(),
            at: card.shown.at,
            row: card.shown.row,
            ruling,
            by: cx.console().operator.clone(),
        };
        self.act(RULE, act, cx);
    }

    pub(super) fn ruled(&mut self, (name, ruling, user): (&str, Ruling, &str), next: Option<usize>, cx: &mut Cx<'_>) {
        self.unwritten += 1;
        let words = match ruling {
            Ruling::Link(_) => format!("Linked {name} to {user}"),
            Ruling::New => format!("{name} is new"),
            Ruling::Later => format!("Later: {name}"),
        };
        cx.done(words, true);
        self.count_again(cx);
        match next {
            Some(at) if self.card().is_some() => self.open_card(at, cx),
            _ => {
                self.close_card(cx);
                self.show_other_questions(cx);
            }
        }
    }

    /// Where everybody of a list of questions is ruled on, the other list is shown, if there is anybody in it.
    fn show_other_questions(&mut self, cx: &mut Cx<'_>) {
        let Some(desk) = self.desk().filter(|desk| !desk.finder.is_on()) else { return };
        let other = match desk.kind {
            Kind::Ask => Kind::Risk,
            Kind::Risk => Kind::Ask,
            Kind::Link | Kind::New => return,
        };
        if desk.summary.as_ref().is_some_and(|summary| count_of(summary, other) > 0) {
            self.show_list(other, cx);
        }
    }

    fn count_again(&mut self, cx: &mut Cx<'_>) {
        if let Some(desk) = self.desk_mut() {
            desk.window.rows.clear();
        }
        if let Some(result) = self.result() {
            self.ask(SUMMARY, Ask::Summary(result), cx);
        }
        self.ask_facets(cx);
    }

    fn walk(&mut self, redo: bool, cx: &mut Cx<'_>) {
        if let Some(desk) = self.desk() {
            let act = Act::Walk { desk: desk.desk.clone(), part: desk.part(), redo };
            self.act(WALK, act, cx);
        }
    }

    /// An undone or redone ruling brings its person back under the cursor.
    pub(super) fn walked(
        &mut self,
        name: Option<String>,
        (kind, at): (Option<Kind>, usize),
        redo: bool,
        cx: &mut Cx<'_>,
    ) {
        let Some(name) = name else {
            cx.toast(Level::Info, if redo { "Nothing to redo" } else { "Nothing to undo" });
            return;
        };
        self.unwritten =
            if redo { self.unwritten + 1 } else { self.unwritten.saturating_sub(1).max(usize::from(self.written)) };
        cx.done(format!("{} the ruling on {name}", if redo { "Brought back" } else { "Undid" }), false);
        let has_card = self.card().is_some();
        if let Some((desk, kind)) = self.desk_mut().zip(kind) {
            desk.kind = kind;
            desk.totals = false;
            desk.window.at = at;
            // How long the list is now comes with its rows.
            desk.window.all = desk.window.all.max(at + 1);
        }
        self.count_again(cx);
        if has_card {
            self.open_card(at, cx);
        }
    }
}

impl CardView {
    pub(super) fn choose(&mut self, at: usize) {
        let choices = self.shown.card.choices.len();
        if choices > 0 {
            self.choice = at.min(choices - 1);
            self.field = self.first_field();
        }
    }

    /// The field that the cursor begins on: the first that differs.
    pub(super) fn first_field(&self) -> usize {
        use super::data::Mark;
        let lines = self.shown.card.choices.get(self.choice).map(|choice| choice.lines.as_slice()).unwrap_or_default();
        lines.iter().position(|line| !matches!(line.mark, Mark::Equal | Mark::Missing)).unwrap_or(0)
    }

    /// Why Enter does not link.
    pub(super) fn refused_link(&self) -> Option<String> {
        if self.shown.card.choices.is_empty() {
            return Some("nobody to link to".to_owned());
        }
        let holder = self.shown.holders.get(self.choice).cloned().flatten()?;
        Some(format!("linked to {holder}"))
    }
}

/// Whether two limits are the same.
fn is_same(one: Policy, other: Policy) -> bool {
    (one.auto - other.auto).abs() < 1e-9 && (one.new_below - other.new_below).abs() < 1e-9
}

fn limit_id(policy: Policy) -> String {
    format!("{} {}", policy.auto, policy.new_below)
}

/// A limit from which somebody is linked, with what it would decide.
fn link_item((policy, effect): &(Policy, PolicyEffect), now: Policy) -> PickItem {
    let [from, to] = effect.wrong_range();
    let expected = format!("wrong {:.1} (95 %: {from} to {to})", effect.expected_wrong);
    let what = format!("link from {}", format::percent(policy.auto));
    PickItem::new(limit_id(*policy), what, effect_words((policy, effect), now, &expected))
}

/// A limit below which somebody is new, with what it would decide.
fn new_item((policy, effect): &(Policy, PolicyEffect), now: Policy) -> PickItem {
    let [from, to] = effect.missed_range();
    let expected = format!("missed {:.1} (95 %: {from} to {to})", effect.expected_missed);
    let what = format!("new below {}", format::percent(policy.new_below));
    PickItem::new(limit_id(*policy), what, effect_words((policy, effect), now, &expected))
}

fn effect_words((policy, effect): (&Policy, &PolicyEffect), now: Policy, expected: &str) -> String {
    let mark = if is_same(*policy, now) { "now: " } else { "" };
    format!(
        "{mark}link {}, to rule {}, new {}; {expected}",
        format::count(effect.links),
        format::count(effect.review + effect.duplicate_risk),
        format::count(effect.new),
    )
}

/// The word of a list.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Link => "link",
        Kind::Ask => "ask",
        Kind::Risk => "risk",
        Kind::New => "new",
    }
}

/// How many stand in a list.
pub(super) fn count_of(summary: &Summary, kind: Kind) -> usize {
    let counts = &summary.counts;
    match kind {
        Kind::Link => counts.link,
        Kind::Ask => counts.ask,
        Kind::Risk => counts.risk,
        Kind::New => counts.new,
    }
}

/// Moves the top of a list as little as needed to have the cursor in sight.
fn keep_in_sight(top: &mut usize, at: usize, room: usize, all: usize) {
    *top = (*top).min(at).max((at + 1).saturating_sub(room)).min(all.saturating_sub(1));
}
