//! `b`: the same ruling for everybody who is alike, or who is marked in the list. What it leads to is worked out for each of them,
//! and nobody is ruled on whom it does not help.

use ratatui::layout::Rect;

use super::data::{Ask, Consequence, GroupRuling, Member, QueueRow};
use super::state::{Kind, Review};
use super::update::GROUP;
use crate::console::app::{Cx, Level, Query, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::Answer;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::confirm::Confirm;
use crate::console::widgets::{Canvas, Hit, rule};
use crate::domain::ids::EmployeeId;
use std::collections::{BTreeSet, HashMap};

/// Maximum of people that are ruled at once without a question.
const WITHOUT_QUESTION: usize = 100;
const BULK: &str = "bulk";

/// People who are ruled as one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Alike {
    /// Their rows.
    pub members: Vec<usize>,
    /// What they have in common.
    pub words: String,
    /// Rows that were taken out.
    pub out: BTreeSet<usize>,
    pub cursor: usize,
    /// They were marked in the list, which comes back afterwards.
    pub from_list: bool,
    /// What each ruling leads to, by employee; nothing while it is worked out.
    pub outcomes: Option<HashMap<EmployeeId, Member>>,
    sums: Sums,
}

/// What the rulings lead to. Summed up when the group changes, never when it is drawn: a group may be as large as the queue.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sums {
    link: Option<Sum>,
    create: Option<Sum>,
    /// Everybody who was not taken out.
    later: Sum,
    /// The row of the least certain of them.
    least: Option<usize>,
}

/// What a ruling leads to, summed up.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sum {
    rows: Vec<usize>,
    identifiers: u64,
    fields: u64,
    creates: u64,
    mails: u64,
    /// Whom it does not help, with the reason of most of them.
    held: u64,
    why: String,
}

impl Alike {
    /// What a ruling leads to; `None` while that is worked out.
    fn sum(&self, kind: Kind) -> Option<&Sum> {
        match kind {
            Kind::Link => self.sums.link.as_ref(),
            Kind::New => self.sums.create.as_ref(),
            Kind::Later => Some(&self.sums.later),
        }
    }

    /// Members without those taken out.
    fn members(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().copied().filter(|row| !self.out.contains(row))
    }

    fn sum_up(&mut self, rows: &[QueueRow]) {
        let sure = |at: &usize| rows.get(*at).map_or(0.0, |row| row.probability);
        self.sums = Sums {
            link: self.summed(GroupRuling::Link, rows),
            create: self.summed(GroupRuling::Create, rows),
            later: Sum { rows: self.members().collect(), ..Sum::default() },
            least: self.members().min_by(|a, b| sure(a).total_cmp(&sure(b))),
        };
    }

    fn summed(&self, ruling: GroupRuling, rows: &[QueueRow]) -> Option<Sum> {
        let outcomes = self.outcomes.as_ref()?;
        let mut sum = Sum::default();
        let mut reasons: HashMap<&str, u64> = HashMap::new();
        for at in self.members() {
            let member = rows.get(at).and_then(|row| outcomes.get(&row.employee));
            match member.map(|member| member.consequence(ruling)) {
                Some(Consequence { held: None, identifier, fields, creates, mails }) => {
                    sum.rows.push(at);
                    sum.identifiers += u64::from(*identifier);
                    sum.fields += u64::from(*fields);
                    sum.creates += u64::from(*creates);
                    sum.mails += u64::from(*mails);
                }
                Some(Consequence { held: Some(why), .. }) => {
                    sum.held += 1;
                    *reasons.entry(why).or_default() += 1;
                }
                None => sum.held += 1,
            }
        }
        let most = reasons.into_iter().max_by(|(a, x), (b, y)| x.cmp(y).then_with(|| b.cmp(a)));
        sum.why = most.map(|(why, _)| why.to_owned()).unwrap_or_default();
        Some(sum)
    }
}

impl Review {
    pub(super) fn group_offers(&self, alike: &Alike) -> Vec<Offer> {
        let waits = alike.outcomes.is_none().then_some("working it out");
        let number = |kind| alike.sum(kind).map(|sum| sum.rows.len());
        let all = |kind| number(kind).map_or_else(String::new, format::count);
        let nobody = |kind| waits.or((number(kind) == Some(0)).then_some("all stay held"));
        vec![
            Offer::new(Action::Enter, format!("link all {}", all(Kind::Link))).unless(nobody(Kind::Link)),
            Offer::new(Action::New, "new for all (asks)").unless(nobody(Kind::New)),
            Offer::new(Action::Later, "later for all"),
            Offer::new(Action::Mark, "take one out"),
            Offer::new(Action::Alike, if alike.from_list { "back to the list" } else { "back to one" }),
            Offer::new(Action::Back, "back"),
        ]
    }

    pub(super) fn toggle_alike(&mut self, cx: &mut Cx<'_>) {
        if self.alike.is_some() {
            self.close_alike(cx);
            return;
        }
        if self.alike_count() < 2 {
            cx.toast(Level::Info, "Nobody else is alike: this card is ruled alone");
            return;
        }
        if self.is_seen(cx) {
            let words = self.group().map(|group| group.words.clone()).unwrap_or_default();
            self.open_group(Alike { members: self.alike_rows(), words, ..Alike::default() }, cx);
        }
    }

    /// `b` in the list: the marked ones, else those alike with the cursor row.
    pub(super) fn group_of_list(&mut self, cx: &mut Cx<'_>) {
        let mut members = self.marked_rows();
        let mut words = "marked in the list".to_owned();
        if members.is_empty() {
            members = self.list.table.cursor_index().map(|line| self.cards_of(line).collect()).unwrap_or_default();
            let group = members.first().and_then(|at| self.queue()?.groups.get(self.rows().get(*at)?.group?));
            words = group.map(|group| group.words.clone()).unwrap_or_default();
            if members.len() < 2 {
                cx.toast(Level::Info, "Space marks whom to rule alike; nobody else is alike here");
                return;
            }
        }
        members.retain(|at| self.is_open(*at));
        if members.is_empty() {
            cx.toast(Level::Info, "All of them are ruled; u takes that back");
            return;
        }
        self.open_group(Alike { members, words, from_list: true, ..Alike::default() }, cx);
    }

    fn open_group(&mut self, alike: Alike, cx: &mut Cx<'_>) {
        let members = alike.members.iter().filter_map(|at| self.rows().get(*at));
        let members = members.map(|row| (row.employee.clone(), row.user.clone())).collect();
        cx.query(GROUP, Query::Review(Ask::Group { tenant: self.tenant.clone(), members }));
        // The list is on the screen from now on: its Enter has to wait as a card's does.
        self.shown_at = Some(cx.uptime());
        self.alike = Some(alike);
        self.sum_up();
    }

    fn sum_up(&mut self) {
        let rows = self.queue.value().and_then(Option::as_ref).map(|queue| queue.rows.clone());
        if let (Some(alike), Some(rows)) = (&mut self.alike, rows) {
            alike.sum_up(rows.all());
        }
    }

    pub(super) fn close_alike(&mut self, cx: &mut Cx<'_>) {
        cx.forget(GROUP);
        if self.alike.take().is_some_and(|alike| alike.from_list) {
            self.list.is_open = true;
            self.ask_lines(cx);
        }
    }

    pub(super) fn take_members(&mut self, members: Vec<Member>) {
        if let Some(alike) = &mut self.alike {
            alike.outcomes = Some(members.into_iter().map(|member| (member.employee.clone(), member)).collect());
        }
        self.sum_up();
    }

    /// Space takes the person under the cursor out of the group, or puts it back.
    pub(super) fn take_out(&mut self) {
        let Some(alike) = &mut self.alike else { return };
        if let Some(row) = alike.members.get(alike.cursor) {
            if !alike.out.remove(row) {
                alike.out.insert(*row);
            }
            alike.cursor = (alike.cursor + 1).min(alike.members.len().saturating_sub(1));
        }
        self.sum_up();
    }

    pub(super) fn rule_group(&mut self, kind: Kind, cx: &mut Cx<'_>) {
        let Some(alike) = &self.alike else { return };
        let Some(sum) = alike.sum(kind).cloned() else {
            cx.toast(Level::Info, "What it leads to is still being worked out");
            return;
        };
        let number = sum.rows.len();
        if number == 0 {
            cx.toast(Level::Warn, format!("Nobody is ruled on: all stay held, {}", sum.why));
            return;
        }
        if !self.is_seen(cx) {
            return;
        }
        if kind != Kind::New && number <= WITHOUT_QUESTION {
            self.carry_out_group(kind, cx);
            return;
        }
        let (people, destination) = (format::counted(number as u64, "person", "people"), self.destination());
        let (title, act) = match kind {
            Kind::Link => (format!("Link {people} to their first candidate?"), format!("Link {number}")),
            Kind::New => (format!("New users for {people} in {destination}?"), format!("New {number}")),
            Kind::Later => (format!("Put {people} off?"), format!("Later {number}")),
        };
        let mut confirm = Confirm::new(title, self.tenant.clone(), act)
            .line("This changes what the next plan says; nothing is sent yet.");
        if kind == Kind::New {
            confirm = confirm.line(format!(
                "The plan then has {} and {} for them.",
                format::counted(sum.creates, "create", "creates"),
                format::counted(sum.mails, "welcome mail", "welcome mails")
            ));
        }
        if sum.held > 0 {
            confirm = confirm.line(format!("{} and are not ruled on: {}.", stay_held(sum.held), sum.why));
        }
        self.asked = Some(kind);
        cx.confirm(BULK, confirm.line("Can be undone as one step: u."));
    }

    fn destination(&self) -> String {
        self.queue().map(|queue| queue.words.destination.clone()).unwrap_or_default()
    }

    pub(super) fn answered(&mut self, answer: &Answer, cx: &mut Cx<'_>) {
        if let (Some(kind), Answer::Confirmed) = (self.asked.take(), answer) {
            self.carry_out_group(kind, cx);
        }
    }

    fn carry_out_group(&mut self, kind: Kind, cx: &mut Cx<'_>) {
        let Some(sum) = self.alike.as_ref().and_then(|alike| alike.sum(kind)).cloned() else { return };
        let rulings: Vec<_> = sum
            .rows
            .iter()
            .filter_map(|at| {
                let row = self.rows().get(*at)?;
                Some((*at, row.employee.clone(), self.ruling(kind, row.user.as_ref())?))
            })
            .collect();
        let people = format::counted(rulings.len() as u64, "person", "people");
        let held = if sum.held > 0 { format!("; {}", stay_held(sum.held)) } else { String::new() };
        let words = match kind {
            Kind::Link => format!("Linked {people}{held}"),
            Kind::New => format!("{people} become new users{held}"),
            Kind::Later => format!("Put {people} off"),
        };
        self.send(rulings, cx);
        cx.done(words, true);
        self.advance(cx);
    }

    /// What a ruling means for all of them, in words.
    fn sum_words(&self, alike: &Alike, kind: Kind) -> String {
        let Some(sum) = alike.sum(kind) else { return "working it out …".to_owned() };
        let mails = |mails: u64| match mails {
            0 => "no mail".to_owned(),
            mails => format::counted(mails, "welcome mail", "welcome mails"),
        };
        let words = match kind {
            Kind::Link => format!(
                "{}, {}, {}",
                format::counted(sum.identifiers, "identifier", "identifiers"),
                format::counted(sum.fields, "field", "fields"),
                mails(sum.mails)
            ),
            Kind::New => format!("{}, {}; asks", format::counted(sum.creates, "create", "creates"), mails(sum.mails)),
            Kind::Later => {
                let day = self.queue().map(|queue| queue.later.strftime("%-d %b").to_string()).unwrap_or_default();
                return format!("nothing sent; asks again {day}");
            }
        };
        match sum.held {
            0 => words,
            held => format!("{words}; {}: {}", stay_held(held), sum.why),
        }
    }

    pub(super) fn draw_group(&self, _cx: &ViewCx<'_>, alike: &Alike, area: Rect, canvas: &mut Canvas<'_>) {
        let all = format::count(alike.sums.later.rows.len());
        let place = if alike.from_list {
            "the list rules nobody by itself".to_owned()
        } else {
            format!("card {} of {}", format::count(self.at + 1), format::count(self.rows().len()))
        };
        rule::title(canvas, Rect { height: 1, ..area }, &format!("Rule all {all}: {}", alike.words), &place, true);
        let linked = alike.sum(Kind::Link).map_or_else(|| all.clone(), |sum| format::count(sum.rows.len()));
        let lines = [
            ("Enter", format!("link all {linked}"), self.sum_words(alike, Kind::Link)),
            ("n", "new for all".to_owned(), self.sum_words(alike, Kind::New)),
            ("t", "later for all".to_owned(), self.sum_words(alike, Kind::Later)),
        ];
        let cells = usize::from(area.width);
        let mut y = area.y + 1;
        for (key, words, what) in lines {
            let used = canvas.text(area.x + 1, y, 6, key, Role::Accent) + 1;
            canvas.text(area.x + 1 + used, y, 20, &words, Role::Text);
            for line in width::wrap(&what, cells.saturating_sub(24)).into_iter().take(2) {
                canvas.text(area.x + 23, y, cells.saturating_sub(24), &line, Role::Text);
                y += 1;
            }
        }
        let least = alike.sums.least.and_then(|at| self.rows().get(at)).map(Self::least).unwrap_or_default();
        let back = if alike.from_list { "b back to the list" } else { "b back to one alone" };
        canvas.text(area.x + 1, y, cells.saturating_sub(2), &format!("least sure   {least}"), Role::Muted);
        let hint = format!("Space takes one out of the group{}      {back}", out_words(alike.out.len()));
        canvas.text(area.x + 1, y + 1, cells.saturating_sub(2), &hint, Role::Muted);
        let list = Rect { y: y + 2, height: area.bottom().saturating_sub(y + 2), ..area };
        let people = format::counted(alike.members.len() as u64, "person", "people");
        rule::title(canvas, Rect { height: 1, ..list }, "Who", &people, false);
        self.draw_members(alike, Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list }, canvas);
    }

    fn least(row: &QueueRow) -> String {
        format!("{} {}", row.name, percent(row))
    }

    fn draw_members(&self, alike: &Alike, area: Rect, canvas: &mut Canvas<'_>) {
        let rows = &alike.members;
        let height = usize::from(area.height).max(1);
        let first = alike.cursor.saturating_sub(height.saturating_sub(1) / 2).min(rows.len().saturating_sub(height));
        let half = usize::from(area.width / 2).saturating_sub(8);
        for (offset, (place, at)) in rows.iter().enumerate().skip(first).take(height).enumerate() {
            let Some(row) = self.rows().get(*at) else { continue };
            let y = area.y + u16::try_from(offset).unwrap_or(0);
            let on_cursor = place == alike.cursor;
            let line = Rect::new(area.x, y, area.width, 1);
            canvas.hit(line, Hit::Row { pane: 2, row: place });
            canvas.text(area.x, y, 1, if on_cursor { glyphs::CURSOR } else { " " }, Role::Accent);
            let out = alike.out.contains(at);
            let (glyph, glyph_role, words) = match (out, stays(alike, row)) {
                (true, _) => ("-", Role::Removed, "taken out".to_owned()),
                (false, Some(which)) => ("!", Role::Warn, format!("{} {which}", percent(row))),
                (false, None) => ("=", Role::Match, percent(row)),
            };
            let role = if out { Role::Muted } else { Role::Text };
            canvas.text(area.x + 2, y, 1, glyph, glyph_role);
            canvas.text(area.x + 4, y, half, &width::truncate(&row.name, half), role);
            let user = row.user.as_ref().map(ToString::to_string).unwrap_or_default();
            let x = area.x + area.width / 2 - 2;
            canvas.text(
                x,
                y,
                half.saturating_sub(width::width(&words)) + 4,
                &format!("{user}  {}", row.user_name),
                role,
            );
            canvas.right(Rect { width: area.width.saturating_sub(1), ..line }, &words, role);
            if on_cursor {
                canvas.select(line);
            }
        }
    }
}

/// Which rulings do not help somebody: `link: held`, `new: held`, `held`.
fn stays(alike: &Alike, row: &QueueRow) -> Option<&'static str> {
    let member = alike.outcomes.as_ref()?.get(&row.employee)?;
    match (member.link.held.is_some(), member.create.held.is_some()) {
        (true, true) => Some("held"),
        (true, false) => Some("link: held"),
        (false, true) => Some("new: held"),
        (false, false) => None,
    }
}

fn percent(row: &QueueRow) -> String {
    if row.probability > 0.0 { format::percent(row.probability) } else { "not weighed".to_owned() }
}

fn stay_held(held: u64) -> String {
    if held == 1 { "1 stays held".to_owned() } else { format!("{} stay held", format::count(held)) }
}

fn out_words(out: usize) -> String {
    if out == 0 { String::new() } else { format!(" ({} out)", format::count(out)) }
}
