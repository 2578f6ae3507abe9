//! Several tenants marked, and the same done with each of them.

use super::data::{Act, Entry};
use super::state::Tenants;
use super::update::{ACT, RUN, mails_words};
use crate::console::app::live::LiveCommand;
use crate::console::app::overlay::Confirm;
use crate::console::app::{Command, Cx, Level};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::Answer;
use crate::console::widgets::table::Marks as _;
use crate::domain::connection::ConnectionStatus;

/// Questions.
const SYNC: &str = "sync the marked";
const OFF: &str = "switch off the marked";
/// Tenants that a question names; of more their number is said.
const NAMED: usize = 8;

/// Those of the marked tenants with whom something can be done, and why not with the others.
struct Sorted<'a> {
    can: Vec<&'a Entry>,
    cannot: Vec<(&'a Entry, &'static str)>,
}

impl Tenants {
    /// The marked tenants, as they stand in the list.
    fn marked(&self) -> Vec<&Entry> {
        let marks = self.table.marks();
        let entries = self.entries.value().map(Vec::as_slice).unwrap_or_default();
        entries.iter().filter(|entry| marks.has(&entry.short().to_owned())).collect()
    }

    fn sorted(&self, action: Action) -> Sorted<'_> {
        let why_not = |entry: &Entry| match action {
            Action::Deactivate if !entry.lost().is_empty() => Some("broken: Enter repairs it"),
            Action::Deactivate if entry.row.connection.status == ConnectionStatus::Off => Some("switched off"),
            Action::Deactivate => None,
            other => self.hindrance(entry, other == Action::Send),
        };
        let mut sorted = Sorted { can: Vec::new(), cannot: Vec::new() };
        for entry in self.marked() {
            match why_not(entry) {
                None => sorted.can.push(entry),
                Some(why) => sorted.cannot.push((entry, why)),
            }
        }
        sorted
    }

    /// What can be done with the marked tenants; `None` where nobody is marked.
    pub(super) fn marked_offers(&self, wide: bool) -> Option<Vec<Offer>> {
        if self.marked().is_empty() {
            return None;
        }
        let of = |action: Action, word: &str| {
            let sorted = self.sorted(action);
            let why = sorted.cannot.first().map(|(_, why)| *why).filter(|_| sorted.can.is_empty());
            let marked = if wide { " marked" } else { "" };
            Offer::new(action, format!("{word} {}{marked}", format::count(sorted.can.len()))).unless(why)
        };
        Some(vec![
            Offer::new(Action::Mark, "mark"),
            of(Action::Refresh, "preview"),
            of(Action::Send, "sync"),
            of(Action::Deactivate, "switch off"),
            Offer::pair(Action::MarkAll, Action::InvertMarks, "all, invert"),
            Offer::new(Action::Back, "clear marks"),
            Offer::new(Action::Enter, "open"),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::More, "more"),
        ])
    }

    /// Does the same with each of the marked tenants, or asks before; whether any is marked, and this can be done.
    pub(super) fn act_on_marked(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        if self.marked().is_empty() || !matches!(action, Action::Send | Action::Refresh | Action::Deactivate) {
            return false;
        }
        let sorted = self.sorted(action);
        let shorts: Vec<String> = sorted.can.iter().map(|entry| entry.short().to_owned()).collect();
        let Some((first, confirm)) =
            sorted.can.first().map(|first| (first.name().to_owned(), question(action, &sorted)))
        else {
            let words: Vec<String> =
                sorted.cannot.iter().map(|(entry, why)| format!("{}: {why}", entry.name())).collect();
            cx.toast(Level::Info, words.join("; "));
            return true;
        };
        match action {
            Action::Refresh => {
                let others = shorts.len() - 1;
                let more = if others == 0 { String::new() } else { format!(" and {} more", format::count(others)) };
                for tenant in shorts {
                    cx.command(RUN, Command::Run(LiveCommand::Preview { tenant, accepted_rows: None }));
                }
                cx.toast(Level::Info, format!("Previewing {first}{more}"));
                self.table.clear_marks();
            }
            action => {
                self.asked_many = shorts;
                cx.confirm(if action == Action::Send { SYNC } else { OFF }, confirm);
            }
        }
        true
    }

    /// Whether a question about the marked tenants was answered.
    pub(super) fn answered_of_marked(&mut self, ask: &str, answer: &Answer, cx: &mut Cx<'_>) -> bool {
        if ask != SYNC && ask != OFF {
            return false;
        }
        let tenants = std::mem::take(&mut self.asked_many);
        if !matches!(answer, Answer::Confirmed) {
            return true;
        }
        for tenant in tenants {
            if ask == SYNC {
                cx.command(RUN, Command::Run(LiveCommand::Sync { tenant, changed: false }));
            } else {
                cx.command(ACT, Command::Tenants(Act::SwitchOff(tenant)));
            }
        }
        self.table.clear_marks();
        true
    }
}

/// What will happen to each, before it does.
fn question(action: Action, sorted: &Sorted<'_>) -> Confirm {
    let number = format::counted(sorted.can.len() as u64, "tenant", "tenants");
    let (title, act) = match action {
        Action::Send => (format!("Sync {number}?"), format!("Sync {}", sorted.can.len())),
        _ => (format!("Switch off {number}?"), format!("Switch off {}", sorted.can.len())),
    };
    let mut confirm = Confirm::new(title, "marked tenants", act);
    for entry in sorted.can.iter().take(NAMED) {
        let last = entry.plan.as_ref().filter(|_| action == Action::Send).map(|plan| {
            let changes = format::counted(plan.counts.operations().into(), "change", "changes");
            let mails = mails_words(plan.mails.welcome + plan.mails.notice);
            format!(": last plan {changes}, {} held, {mails}", format::count(plan.held()))
        });
        confirm = confirm.line(format!("{}, {}{}", entry.name(), entry.standing.word(), last.unwrap_or_default()));
    }
    if sorted.can.len() > NAMED {
        confirm = confirm.line(format!("and {} more", format::count(sorted.can.len() - NAMED)));
    }
    for (entry, why) in sorted.cannot.iter().take(3) {
        confirm = confirm.line(format!("left out: {}, {why}", entry.name()));
    }
    if sorted.cannot.len() > 3 {
        confirm = confirm.line(format!("left out: {} more", format::count(sorted.cannot.len() - 3)));
    }
    confirm = confirm.line("");
    match action {
        Action::Send => confirm
            .line("Each reads both sides, makes a new plan and writes it, if it is within every")
            .line("limit; held people are not touched. Mails that were sent cannot be undone."),
        _ => confirm.line("Nothing runs any more there. All data are kept; users stay as they are."),
    }
}
