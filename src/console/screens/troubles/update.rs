//! What happens to the screen Troubles.

use super::data::{Act, Answer, Ask};
use super::lead::{lead, run};
use super::state::TroublesScreen;
use crate::console::app::overlay::{PickItem, PickList};
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::fleet::{self, row};
use crate::console::screens::{self, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use std::collections::HashMap;

const READ: &str = "read";
const COUNTS: &str = "counts";
const ACT: &str = "act";
/// Marking as seen, of which nothing is said.
const SEEN: &str = "seen";
const SORT: &str = "sort";
const MUTE: &str = "mute";
const ATTEMPTS: &str = "attempts";
/// Until it changes.
const CHANGES: &str = "changes";

impl TroublesScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Control(Control::TenantChanged(_) | Control::LiveRuns(_)) => self.read(cx),
            ScreenMsg::Resized(body) => {
                self.body = row::below(body);
                self.arrange();
            }
            ScreenMsg::Loaded(_, Payload::Troubles(Answer::List(troubles))) => {
                self.troubles.ready(troubles);
                self.arrange();
            }
            ScreenMsg::Loaded(_, Payload::Fleet(fleet::data::Answer::Counts(counts))) => self.counts = counts,
            // The list is there without them.
            ScreenMsg::Failed(slot, _) if slot.name == COUNTS => {}
            ScreenMsg::Click { hit: Hit::Row { pane: row::LISTS, row }, .. } => row::go(ScreenId::Troubles, row, cx),
            ScreenMsg::Failed(_, problem) => {
                cx.problem(problem.clone());
                self.troubles.fail(problem);
            }
            ScreenMsg::Done(slot, Payload::Troubles(Answer::Done(words))) => {
                if slot.name != SEEN {
                    cx.done(words, false);
                    self.table.clear_marks();
                }
                self.read(cx);
            }
            ScreenMsg::Refused(_, problem) => {
                cx.problem(problem);
                self.read(cx);
            }
            ScreenMsg::Answered(ask, answer) => self.answered(ask, answer, cx),
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.table.move_to(row);
                if double {
                    self.open(cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.table.move_by(rows),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        self.troubles.load(cx.uptime());
        cx.query(READ, Query::Troubles(Ask::List));
        cx.query(COUNTS, Query::Fleet(fleet::data::Ask::Counts));
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if row::walk(ScreenId::Troubles, action, cx) {
            return Handled::Yes;
        }
        match action {
            Action::Enter => self.open(cx),
            Action::Refresh => self.read(cx),
            Action::Sort => cx.pick(SORT, self.finder.orders("the worst first", self.order.1)),
            Action::Back if self.finder.is_on() => {
                self.finder.lend("");
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange();
            }
            Action::Later => self.mute(cx),
            Action::Why => self.why(cx),
            Action::MoreSeen => cx.command(ACT, Command::Troubles(Act::Seen(self.chosen()))),
            Action::CopyId | Action::CopyRow => {
                if let Some(line) = self.current() {
                    let trouble = &line.trouble;
                    let (id, code, about) = (trouble.id, trouble.cause.code.key(), &trouble.cause.about);
                    cx.copy(format!("{id} {} {code} {about}: {} {}", line.tenant, line.what, trouble.why));
                }
            }
            action if self.table.handle(action) => {}
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Goes to the very thing; whoever does has seen it.
    fn open(&self, cx: &mut Cx<'_>) {
        let Some(line) = self.current() else { return };
        let is_new = line.trouble.seen.is_none() && line.life != crate::domain::trouble::TroubleLife::Closed;
        if is_new && !cx.console().read_only {
            cx.command(SEEN, Command::Troubles(Act::Seen(vec![line.trouble.id])));
        }
        cx.open(lead(line).0);
    }

    /// `w`: the run that said so; while nothing succeeds anywhere, all attempts.
    fn why(&self, cx: &mut Cx<'_>) {
        let Some(nowhere) = self.nowhere() else {
            if let Some(line) = self.current() {
                cx.open(run(line).0);
            }
            return;
        };
        let names: HashMap<_, _> =
            self.lines().iter().map(|line| (line.trouble.connection, (&line.tenant, &line.tenant_name))).collect();
        let (now, zone) = (cx.now().wall, cx.console().zone.clone());
        let items = nowhere.newest.iter().filter_map(|(connection, attempt)| {
            let (short, name) = names.get(connection)?;
            let label = if attempt.said.is_empty() { (*name).clone() } else { format!("{name}: {}", attempt.said) };
            let detail = format!("run {} {}", attempt.run, format::moment(attempt.at, now, &zone));
            Some(PickItem::new(format!("{} {short}", attempt.run), label, detail))
        });
        let title =
            format!("{} failed; Enter opens the run", format::counted(nowhere.attempts as u64, "attempt", "attempts"));
        cx.pick(ATTEMPTS, PickList { title, items: items.collect(), create: None });
    }

    fn mute(&mut self, cx: &mut Cx<'_>) {
        let chosen = self.chosen();
        if self.unmutes() {
            cx.command(ACT, Command::Troubles(Act::Unmute(chosen)));
            return;
        }
        let today = cx.now().wall.to_zoned(cx.console().zone.clone()).date();
        let title = match chosen.as_slice() {
            [_] => "Mute this trouble".to_owned(),
            many => format!("Mute {} troubles", many.len()),
        };
        self.asked = chosen;
        cx.pick(MUTE, PickList { title, items: until(today), create: None });
    }

    fn answered(&mut self, ask: &'static str, answer: screens::Answer, cx: &mut Cx<'_>) {
        match (ask, answer) {
            (SORT, screens::Answer::Picked(id)) => {
                Finder::ordered(&id, &mut self.order);
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange();
            }
            (MUTE, screens::Answer::Picked(id)) => {
                let until = id.parse::<Date>().ok().filter(|_| id != CHANGES);
                cx.command(ACT, Command::Troubles(Act::Mute(std::mem::take(&mut self.asked), until)));
            }
            (ATTEMPTS, screens::Answer::Picked(id)) => {
                if let Some((run, tenant)) = id.split_once(' ') {
                    cx.open(Place::tenant(ScreenId::RunDetail, tenant).about(run));
                }
            }
            _ => self.asked.clear(),
        }
    }
}

/// Until when: until it changes, or the begin of a day.
fn until(today: Date) -> Vec<PickItem> {
    let after = |days: i64| today.checked_add(days.days()).ok();
    let monday = today.nth_weekday(1, Weekday::Monday).ok();
    let days = [
        (after(1), "until tomorrow"),
        (after(2), "for two days"),
        (monday, "until Monday"),
        (after(7), "for a week"),
        (after(14), "for two weeks"),
        (after(30), "for 30 days"),
    ];
    let mut items = vec![PickItem::new(CHANGES, "until it changes", "another kind, more people, or it works again")];
    items.extend(days.into_iter().filter_map(|(day, words)| {
        let day = day?;
        Some(PickItem::new(day.to_string(), words, day.strftime("%a %-d %b").to_string()))
    }));
    items
}
