//! What happens to the screen Tenants.

use crossterm::event::{KeyCode, KeyEvent};

use super::data::{Act, Answer as Told, Ask, Entry};
use super::removal::Removal;
use super::state::Tenants;
use crate::console::app::live::LiveCommand;
use crate::console::app::overlay::{Confirm, PickItem, PickList};
use crate::console::app::{Command, Control, Cx, Level, Payload, Place, Problem, Query, RequestSlot};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::fleet::row;
use crate::console::screens::{Answer, Handled, ScreenId, ScreenMsg, troubles};
use crate::console::widgets::Hit;
use crate::domain::connection::ConnectionStatus;

/// RequestSlots.
const LIST: &str = "list";
const NEXT: &str = "next";
const NOWHERE: &str = "nowhere";
const DIGEST: &str = "digest";
pub(super) const ACT: &str = "act";
pub(super) const RUN: &str = "run";
/// Questions.
const SYNC: &str = "sync";
const SYNC_CHANGES: &str = "sync changes";
const READ: &str = "read";
const SWITCH: &str = "switch";
const SORT: &str = "sort";
const REPAIR: &str = "repair";
/// What a sync may read of the source.
const EVERYBODY: &str = "everybody";
const CHANGES: &str = "changes";

impl Tenants {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Resized(body) => {
                self.set_body(body);
                self.arrange_now(cx);
                self.read_next(cx);
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Key(key) => self.key(key, cx),
            ScreenMsg::Paste(_) => self.paste(cx),
            ScreenMsg::Click { hit: Hit::Row { pane: row::LISTS, row }, .. } => row::go(ScreenId::Tenants, row, cx),
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.table.move_to(row);
                self.read_next(cx);
                if double {
                    return self.act(Action::Enter, cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => {
                self.table.move_by(rows);
                self.read_next(cx);
            }
            ScreenMsg::Loaded(slot, Payload::Tenants(told)) => self.told(slot, told, cx),
            ScreenMsg::Loaded(_, Payload::Troubles(troubles::data::Answer::Nowhere(nowhere, open))) => {
                self.nowhere = nowhere;
                self.troubles = Some(open);
                self.arrange_now(cx);
            }
            // Without it the list is there all the same.
            ScreenMsg::Failed(slot, _) if slot.name == NOWHERE => self.nowhere = None,
            ScreenMsg::Failed(slot, problem) if slot.name == LIST => self.entries.fail(problem),
            ScreenMsg::Failed(slot, problem) if slot.name == NEXT => self.next.fail(problem),
            ScreenMsg::Failed(slot, problem) if slot.name == DIGEST => cx.problem(problem),
            ScreenMsg::Done(_, Payload::Tenants(Told::Done(words))) => {
                cx.done(words, false);
                self.read(cx);
            }
            ScreenMsg::Done(slot, _) if slot.name == RUN => {
                cx.toast(Level::Info, "Started; the row says how far it is");
                self.read(cx);
            }
            ScreenMsg::Refused(_, problem) => self.refused(problem, cx),
            ScreenMsg::Answered(ask, answer) => self.answered(ask, answer, cx),
            ScreenMsg::Control(control) => self.heard(&control, cx),
            ScreenMsg::Sampled(Payload::Live(samples)) => {
                let runs = self.live.len();
                self.live = samples.into_iter().map(|sample| (sample.tenant.clone(), sample)).collect();
                if self.live.len() != runs {
                    self.arrange_now(cx);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn arrange_now(&mut self, cx: &Cx<'_>) {
        self.arrange(cx.now().wall, &cx.console().zone);
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        self.entries.load(cx.uptime());
        cx.query(LIST, Query::Tenants(Ask::List));
        cx.query(NOWHERE, Query::Troubles(troubles::data::Ask::Nowhere));
    }

    /// Reads what is left to do for the cursor's tenant, where the pane for it is on the screen.
    pub(super) fn read_next(&mut self, cx: &mut Cx<'_>) {
        let Some(tenant) = self.table.cursor().cloned().filter(|_| self.has_pane()) else { return };
        if self.current().is_some_and(|entry| !entry.lost().is_empty()) {
            return;
        }
        if self.next.value().is_some_and(|next| next.tenant == tenant) {
            return;
        }
        self.next.load(cx.uptime());
        cx.query(NEXT, Query::Tenants(Ask::Next(tenant)));
    }

    fn told(&mut self, slot: RequestSlot, told: Told, cx: &mut Cx<'_>) {
        match told {
            Told::List(entries) if entries.is_empty() => cx.replace(Place::global(ScreenId::FirstRun)),
            Told::List(entries) => {
                self.entries.ready(entries);
                self.read_at = Some(cx.now().wall);
                self.arrange_now(cx);
                self.ask_wanted(cx);
                // What is left to do may have changed with the list.
                let sound = self.current().is_some_and(|entry| entry.lost().is_empty());
                if let Some(tenant) = self.table.cursor().cloned().filter(|_| sound && self.has_pane()) {
                    self.next.load(cx.uptime());
                    cx.query(NEXT, Query::Tenants(Ask::Next(tenant)));
                }
            }
            Told::Next(next) if slot.name == NEXT => self.next.ready(next),
            Told::Digest(text) => cx.page(text),
            Told::Next(_) | Told::Done(_) => {}
        }
    }

    /// The question that the palette leads to; it is the one that `!` asks, about the tenant that was named.
    fn ask_wanted(&mut self, cx: &mut Cx<'_>) {
        let Some(entry) = self.wanted.as_deref().and_then(|short| self.entry(short)).cloned() else { return };
        self.wanted = None;
        self.removal = None;
        self.finder.lend("");
        self.arrange_now(cx);
        self.table.put_cursor(&entry.short().to_owned());
        let read_only = cx.console().read_only.then_some("read-only");
        match read_only.or(self.hindrance(&entry, true)) {
            Some(reason) => cx.toast(Level::Info, format!("Sync now: {reason}")),
            None => {
                self.act_on(&entry, Action::Send, cx);
            }
        }
    }

    fn refused(&mut self, problem: Problem, cx: &mut Cx<'_>) {
        cx.problem(problem);
        self.read(cx);
    }

    fn heard(&mut self, control: &Control, cx: &mut Cx<'_>) {
        match control {
            Control::TenantChanged(_) => self.read(cx),
            Control::LiveRuns(runs) => {
                let before = self.live.len();
                self.live.retain(|tenant, _| runs.iter().any(|run| run.tenant == *tenant));
                if self.live.len() != before {
                    self.arrange_now(cx);
                }
            }
            Control::SyncAsked(tenant) => {
                self.wanted = Some(tenant.clone());
                self.ask_wanted(cx);
            }
            Control::Notice(..) | Control::TaskPanicked(_) => {}
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.removal.is_some() {
            return self.act_on_removal(action, cx);
        }
        if action == Action::Back && self.finder.is_on() {
            self.finder.lend("");
            self.finder.keep((&self.order.0, self.order.1), cx);
            self.arrange_now(cx);
            return Handled::Yes;
        }
        if self.table.handle(action) {
            self.read_next(cx);
            return Handled::Yes;
        }
        if row::walk(ScreenId::Tenants, action, cx) {
            return Handled::Yes;
        }
        if self.act_on_marked(action, cx) {
            return Handled::Yes;
        }
        match action {
            Action::New => cx.open(Place::global(ScreenId::Wizard)),
            Action::MoreTroubles => cx.open(Place::global(ScreenId::Troubles)),
            Action::MoreDigest => {
                cx.toast(Level::Info, "The digest is put together");
                let zone = cx.console().zone.clone();
                cx.query(DIGEST, Query::Tenants(Ask::Digest(zone)));
            }
            Action::MoreSchedule => cx.open(Place::global(ScreenId::Schedule)),
            Action::MatchFiles => cx.open(Place::global(ScreenId::TwoFiles)),
            Action::MoreAudit => cx.open(Place::global(ScreenId::Audit)),
            Action::MoreSupport => {
                let tenant = self.current().map(|entry| entry.short().to_owned());
                cx.toast(Level::Info, "The support bundle is being written");
                cx.command(ACT, Command::Tenants(Act::SupportBundle(tenant)));
            }
            Action::Sort => cx.pick(SORT, self.finder.orders("what needs you, worst first", self.order.1)),
            Action::Refresh if self.current().is_none() => self.read(cx),
            _ => {
                let Some(entry) = self.current().cloned() else { return Handled::No };
                return self.act_on(&entry, action, cx);
            }
        }
        Handled::Yes
    }

    fn act_on(&mut self, entry: &Entry, action: Action, cx: &mut Cx<'_>) -> Handled {
        let short = entry.short().to_owned();
        if !entry.lost().is_empty() {
            return self.act_on_broken(entry, action, cx);
        }
        match action {
            Action::Enter | Action::Why => cx.open(Place::tenant(ScreenId::Overview, short)),
            Action::Send => {
                self.asked = Some(short);
                if entry.tells_changes {
                    cx.pick(READ, readings(entry));
                } else {
                    cx.confirm(SYNC, sync_question(entry, false, cx));
                }
            }
            Action::Refresh => {
                cx.command(RUN, Command::Run(LiveCommand::Preview { tenant: short, accepted_rows: None }));
            }
            Action::Deactivate => {
                self.asked = Some(short);
                cx.confirm(SWITCH, switch_question(entry));
            }
            Action::MoreRemove => {
                self.removal = Some(Removal::new(&short, entry.name(), &entry.destination, entry.row.people));
            }
            Action::CopyId => cx.copy(short),
            Action::CopyRow => {
                cx.copy_row(&[entry.name(), &short, &format!("{} → {}", entry.source, entry.destination)])
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// A tenant whose own row cannot be read is repaired or removed; nothing else is done with it.
    fn act_on_broken(&mut self, entry: &Entry, action: Action, cx: &mut Cx<'_>) -> Handled {
        let short = entry.short().to_owned();
        match action {
            Action::Enter | Action::Why => {
                self.asked = Some(short);
                cx.confirm(REPAIR, repair_question(entry));
            }
            Action::MoreRemove => {
                self.removal = Some(Removal::new(&short, entry.name(), &entry.destination, entry.row.people));
            }
            Action::CopyId => cx.copy(short),
            Action::Send | Action::Refresh | Action::Deactivate => {
                cx.toast(Level::Info, "It is broken: Enter says why and repairs it");
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn act_on_removal(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Back => self.removal = None,
            Action::Enter => match self.removal.take_if(|removal| removal.agrees()) {
                Some(removal) => cx.command(ACT, Command::Tenants(Act::Remove(removal.tenant))),
                None => {
                    if let Some(removal) = &self.removal {
                        cx.toast(Level::Warn, removal.remark());
                    }
                }
            },
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn key(&mut self, key: KeyEvent, cx: &mut Cx<'_>) {
        if let Some(removal) = &mut self.removal {
            removal.key(key);
        } else if matches!(key.code, KeyCode::Up | KeyCode::Down) {
            self.table.move_by(if key.code == KeyCode::Up { -1 } else { 1 });
        }
        self.read_next(cx);
    }

    fn paste(&self, cx: &mut Cx<'_>) {
        if self.removal.is_some() {
            cx.toast(Level::Warn, "pasting is off here: it has to be typed");
        }
    }

    fn answered(&mut self, ask: &'static str, answer: Answer, cx: &mut Cx<'_>) {
        let asked = self.asked.take();
        if self.answered_of_marked(ask, &answer, cx) {
            return;
        }
        match (ask, answer, asked) {
            (READ, Answer::Picked(id), Some(tenant)) => {
                let changed = id == CHANGES;
                if let Some(entry) = self.entry(&tenant).cloned() {
                    self.asked = Some(tenant);
                    cx.confirm(if changed { SYNC_CHANGES } else { SYNC }, sync_question(&entry, changed, cx));
                }
            }
            (SYNC | SYNC_CHANGES, Answer::Confirmed, Some(tenant)) => {
                let changed = ask == SYNC_CHANGES;
                cx.command(RUN, Command::Run(LiveCommand::Sync { tenant, changed }));
            }
            (SWITCH, Answer::Confirmed, Some(tenant)) => {
                let off = self.entry(&tenant).is_some_and(|entry| entry.row.connection.status == ConnectionStatus::Off);
                let act = if off { Act::SwitchOn(tenant) } else { Act::SwitchOff(tenant) };
                cx.command(ACT, Command::Tenants(act));
            }
            (REPAIR, Answer::Confirmed, Some(tenant)) => cx.command(ACT, Command::Tenants(Act::Repair(tenant))),
            (SORT, Answer::Picked(id), _) => {
                Finder::ordered(&id, &mut self.order);
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange_now(cx);
            }
            _ => {}
        }
    }
}

/// `!` where the source tells what has changed: what of it is read.
fn readings(entry: &Entry) -> PickList {
    let items = vec![
        PickItem::new(EVERYBODY, format!("Read everybody in {}", entry.source), ""),
        PickItem::new(CHANGES, "Read only what has changed", "once a day everybody"),
    ];
    PickList { title: format!("Sync {}", entry.name()), items, create: None }
}

/// `!`: what will happen, before it does.
fn sync_question(entry: &Entry, changed: bool, cx: &Cx<'_>) -> Confirm {
    let place = format!("{}, {}", entry.name(), entry.standing.word());
    let title = format!("Sync {} to {}?", entry.name(), entry.destination);
    let mut confirm = Confirm::new(title, place, "Sync now")
        .line(match changed {
            true => "Reads what has changed, makes a new plan and writes it, if it is within",
            false => "Reads both sides, makes a new plan and writes it, if it is within",
        })
        .line("every limit; past one it stops before its first write.")
        .line("");
    if let Some(plan) = &entry.plan {
        confirm.basis =
            format!("{}, {}", plan.id.words(), format::moment(plan.made_at, cx.now().wall, &cx.console().zone));
        let changes = format::counted(plan.counts.operations().into(), "change", "changes");
        let held = format::count(plan.held());
        let mails = plan.mails.welcome + plan.mails.notice;
        confirm =
            confirm.line(format!("The last plan had {changes} and {held} held; {} would go out.", mails_words(mails)));
    }
    confirm.line("Held people are not touched. Mails that were sent cannot be undone.")
}

pub(super) fn mails_words(mails: u32) -> String {
    if mails == 0 { "no mail".to_owned() } else { format::counted(mails.into(), "mail", "mails") }
}

/// Lines that say what is lost; more are counted.
const LOST_LINES: usize = 4;

/// What is lost of a broken tenant and what a repair puts there.
fn repair_question(entry: &Entry) -> Confirm {
    let lost = entry.lost();
    let mut confirm = Confirm::new(format!("Repair {}?", entry.name()), format!("{}, BROKEN", entry.name()), "Repair")
        .line("What of this tenant cannot be read, and what a repair puts there:");
    for one in lost.iter().take(LOST_LINES) {
        let becomes = one.becomes.as_ref().map_or_else(
            || format!("say it first: onroll tenant set {} {}=…", entry.short(), one.what),
            |becomes| format!("becomes {becomes}"),
        );
        confirm = confirm.line(format!("{} {}", one.what, one.why)).line(format!("  {becomes}"));
    }
    if lost.len() > LOST_LINES {
        confirm = confirm.line(format!("and {} more", lost.len() - LOST_LINES));
    }
    confirm
        .line("")
        .line("Everything else is kept. It can only preview then: look at Settings,")
        .line("then publish it again. Nothing is sent.")
}

fn switch_question(entry: &Entry) -> Confirm {
    let place = format!("{}, {}", entry.name(), entry.standing.word());
    if entry.row.connection.status == ConnectionStatus::Off {
        return Confirm::new(format!("Switch on {}?", entry.name()), place, "Switch on")
            .line("It can be previewed again and writes nothing.")
            .line("To let it write again, publish it on Overview.");
    }
    Confirm::new(format!("Switch off {}?", entry.name()), place, "Switch off")
        .line("Nothing runs any more, neither by hand nor from the command line.")
        .line(format!("All data are kept here; users in {} stay as they are.", entry.destination))
}
