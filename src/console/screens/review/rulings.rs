//! Rulings of the screen Review: what is sent, what comes of it, and how far Review has come.

use super::data::{Act, Answer, Ask, ReviewFigures, Ruled};
use super::state::{Done, Kind, Review, SEEN_AFTER};
use super::update::{PREVIEW, PROGRESS, REPLAN, RULE, WALK};
use crate::console::app::toast::Level;
use crate::console::app::{Command, Cx, Payload, Place, Query};
use crate::console::format;
use crate::console::screens::ScreenId;
use crate::domain::decision::Ruling;
use crate::domain::ids::EmployeeId;
use std::collections::BTreeMap;

impl Review {
    pub(super) fn ask_progress(&self, cx: &mut Cx<'_>) {
        cx.query(PROGRESS, Query::Review(Ask::Progress { tenant: self.tenant.clone() }));
    }

    /// How far Review has come, as everybody else counts it.
    pub(super) fn take_progress(&mut self, figures: ReviewFigures, ruled: &[(EmployeeId, Ruled)]) {
        // What is on its way is not counted yet: its plan asks again.
        if self.pending > 0 {
            return;
        }
        let Some(Some(queue)) = self.queue.value_mut() else { return };
        queue.figures = figures;
        let place = |(employee, ruled): &(EmployeeId, Ruled)| Some((queue.rows.place(employee)?, *ruled));
        let mut rows: BTreeMap<usize, Ruled> = ruled.iter().filter_map(place).collect();
        // The word that was chosen here says more than that something was said beside another record.
        for (at, ruled) in &mut rows {
            if let Some(known) = queue.ruled.get(at) {
                *ruled = *known;
            }
        }
        queue.counted = rows.len();
        queue.ruled = rows;
    }

    /// A key of the card, or of its group.
    pub(super) fn rule(&mut self, kind: Kind, cx: &mut Cx<'_>) {
        if self.alike.is_some() {
            self.rule_group(kind, cx);
            return;
        }
        if let Some(reason) = self.refused(kind) {
            cx.toast(Level::Warn, reason);
            return;
        }
        let user = self.choice().map(|choice| choice.user.as_str().into());
        if let Some(ruling) = self.ruling(kind, user.as_ref()) {
            self.rule_one(ruling, cx);
        }
    }

    /// Whether the card was on the screen long enough to be ruled on; says so when it was not.
    pub(super) fn is_seen(&self, cx: &mut Cx<'_>) -> bool {
        let seen = self.shown_at.is_some_and(|at| cx.uptime().saturating_sub(at) >= SEEN_AFTER);
        if !seen {
            cx.toast(Level::Info, format!("too quick, card {} was not read", format::count(self.at + 1)));
        }
        seen
    }

    pub(super) fn rule_one(&mut self, ruling: Ruling, cx: &mut Cx<'_>) {
        let Some((employee, name)) = self.row().map(|row| (row.employee.clone(), row.name.clone())) else { return };
        if !self.is_seen(cx) {
            return;
        }
        let name = if name.is_empty() { employee.to_string() } else { name };
        let words = match &ruling {
            Ruling::Link { user } => format!("Linked {name} to {user}"),
            Ruling::Create => format!("{name} becomes a new user"),
            Ruling::Later { until: Some(day) } => format!("Put {name} off until {}", day.strftime("%-d %b")),
            Ruling::Later { until: None } | Ruling::HoldBack => format!("Put {name} off"),
            Ruling::Undone { run } => format!("Holds {name}: run {run} was undone"),
            Ruling::Exclude => format!("Excluded {name}"),
            Ruling::Protect => format!("Protected {name}"),
        };
        let at = self.at;
        self.send(vec![(at, employee, ruling)], cx);
        cx.done(words, true);
        self.advance(cx);
    }

    /// Sends rulings as one step and marks their cards.
    pub(super) fn send(&mut self, rulings: Vec<(usize, EmployeeId, Ruling)>, cx: &mut Cx<'_>) {
        self.done.push(Done::Rulings(rulings.iter().map(|(_, employee, _)| employee.clone()).collect()));
        if let Some(Some(queue)) = self.queue.value_mut() {
            for (at, employee, ruling) in &rulings {
                if let Some(ruled) = Ruled::of(ruling) {
                    queue.ruled.insert(*at, ruled);
                    self.was.insert(employee.clone(), ruled);
                }
            }
        }
        let rulings = rulings.into_iter().map(|(_, employee, ruling)| (employee, ruling)).collect();
        let act = Act::Rule { tenant: self.tenant.clone(), rulings, reason: self.note.take() };
        self.pending += 1;
        cx.command(RULE, Command::Review(act));
    }

    pub(super) fn advance(&mut self, cx: &mut Cx<'_>) {
        if self.alike.take().is_some_and(|alike| alike.from_list) {
            self.list.table.clear_marks();
            self.ask_lines(cx);
            return;
        }
        match self.next_open() {
            Some(at) => self.go(at, cx),
            // All who fit the filter are ruled: the list shows it, and the filter is there to be cleared.
            None if self.filtered.is_some() => self.show_list(cx),
            None => self.go(self.rows().len(), cx),
        }
    }

    /// The person of the card and those beside it are different people.
    pub(super) fn tell_apart(&mut self, cx: &mut Cx<'_>) {
        let Some((employee, name)) = self.row().map(|row| (row.employee.clone(), row.name.clone())) else { return };
        if !self.is_seen(cx) {
            return;
        }
        self.done.push(Done::Rulings(vec![employee.clone()]));
        let at = self.at;
        if let Some(Some(queue)) = self.queue.value_mut() {
            queue.ruled.insert(at, Ruled::Apart);
            self.was.insert(employee.clone(), Ruled::Apart);
        }
        cx.done(format!("{name} ({employee}) and the records beside are different people"), true);
        let act = Act::TellApart { tenant: self.tenant.clone(), employee, reason: self.note.take() };
        self.pending += 1;
        cx.command(RULE, Command::Review(act));
        self.advance(cx);
    }

    pub(super) fn not_same(&mut self, cx: &mut Cx<'_>) {
        let (Some(row), Some(choice)) = (self.row(), self.choice()) else { return };
        let (employee, user, name) = (row.employee.clone(), choice.user.as_str().into(), row.name.clone());
        if !self.is_seen(cx) {
            return;
        }
        self.done.push(Done::NotSame(employee.clone(), crate::domain::ids::UserId::clone(&user), self.at));
        cx.done(format!("{name} and {user} are two people"), true);
        if let Some(card) = self.cards.get_mut(&employee) {
            card.choices.retain(|choice| choice.user != user.as_str());
        }
        self.choose(self.choice);
        let act = Act::NotSame { tenant: self.tenant.clone(), employee, user, off: false };
        self.pending += 1;
        cx.command(RULE, Command::Review(act));
    }

    pub(super) fn undo(&mut self, cx: &mut Cx<'_>) {
        match self.done.pop() {
            Some(Done::NotSame(employee, user, at)) => {
                let act = Act::NotSame {
                    tenant: self.tenant.clone(),
                    employee: employee.clone(),
                    user: user.clone(),
                    off: true,
                };
                self.cards.remove(&employee);
                let name = self.rows().get(at).map(|row| row.name.clone()).unwrap_or_default();
                cx.done(format!("Undone: {name} and {user} may be one person"), false);
                self.pending += 1;
                cx.command(RULE, Command::Review(act));
                self.go(at, cx);
            }
            Some(Done::Rulings(_)) | None => {
                cx.command(WALK, Command::Review(Act::Undo { tenant: self.tenant.clone() }));
            }
        }
    }

    pub(super) fn done(&mut self, slot: &'static str, payload: &Payload, cx: &mut Cx<'_>) {
        match payload {
            Payload::Review(Answer::Ruled | Answer::NotSame { .. }) => {
                self.pending = self.pending.saturating_sub(1);
                self.replan(cx);
            }
            Payload::Review(Answer::Replanned) => {
                self.replanning = false;
                cx.tenant_changed();
                if self.subject.is_some() {
                    // Somebody whom this queue does not have was brought back: the next one does.
                    self.load(cx);
                } else if !self.replan_again {
                    self.ask_progress(cx);
                }
                if std::mem::take(&mut self.replan_again) {
                    self.replan(cx);
                }
            }
            Payload::Review(Answer::Walked { employees: Some(employees), words, redo }) => {
                self.walked(employees.clone(), words, *redo, cx);
            }
            Payload::Review(Answer::ListSaved { path, lines }) => {
                cx.done(format!("Saved {} to {path}", format::counted(*lines, "person", "people")), false);
            }
            Payload::Review(Answer::Walked { employees: None, words, .. }) => cx.toast(Level::Info, words.clone()),
            Payload::Done if slot == PREVIEW => cx.open(Place::tenant(ScreenId::Run, self.tenant.clone())),
            _ => {}
        }
    }

    /// An undone or redone step: its people are marked anew and the cursor goes to the first of them.
    fn walked(&mut self, employees: Vec<EmployeeId>, words: &str, redo: bool, cx: &mut Cx<'_>) {
        let mut first = None;
        if let Some(Some(queue)) = self.queue.value_mut() {
            for employee in &employees {
                let Some(at) = queue.rows.place(employee) else { continue };
                first = Some(first.map_or(at, |first: usize| first.min(at)));
                match self.was.get(employee).filter(|_| redo) {
                    Some(ruled) => drop(queue.ruled.insert(at, *ruled)),
                    None => drop(queue.ruled.remove(&at)),
                }
            }
        }
        self.alike = None;
        cx.done(words, false);
        if let Some(first) = first {
            if redo {
                self.done.push(Done::Rulings(employees));
            }
            self.found(first, cx);
        } else {
            // Somebody whom this queue does not have: the next queue does.
            self.subject = employees.first().cloned();
        }
        self.replan(cx);
    }

    /// Plans again in the background; while one is under way the newest wish waits.
    fn replan(&mut self, cx: &mut Cx<'_>) {
        if self.replanning {
            self.replan_again = true;
            return;
        }
        self.replanning = true;
        cx.command(REPLAN, Command::Review(Act::Replan { tenant: self.tenant.clone() }));
    }
}
