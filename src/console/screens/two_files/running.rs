//! Step 3: a match that is under way, and what it ends with.

use std::time::Duration;

use ratatui::layout::Rect;

use super::data::{Ask, Job, Made, Moved, Progress};
use super::state::{Columns, DeskView, DoublesView, Outcome, Running, Step, TwoFiles, Window};
use super::update::{PROGRESS, SUMMARY};
use crate::console::app::{Cx, Level, Problem, ViewCx};
use crate::console::format;
use crate::console::screens::two_files::data::{Kind, Result};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, gauge, rule};
use crate::matching::link::Phase;

/// How often it is asked how far the match is.
const LOOK: Duration = Duration::from_millis(100);

/// The phases, in words.
const PHASES: [(Phase, &str, &str); 6] = [
    (Phase::Reading, "read", "both lists, all rows"),
    (Phase::Preparing, "prepare", "names, dates and addresses made comparable"),
    (Phase::Training, "weigh", "how much each field says in these two lists"),
    (Phase::Comparing, "compare", "everybody with whoever may be it"),
    (Phase::Rescuing, "rescue", "who is left is compared once more, more loosely"),
    (Phase::Deciding, "decide", "who is linked, asked about, new"),
];

impl TwoFiles {
    /// A match begins; what came of an earlier one is no more.
    pub(super) fn begin(&mut self, job: Job, people: Option<(u64, Option<u64>)>, cx: &mut Cx<'_>) {
        self.stop_match();
        self.running = Running {
            round: self.running.round + 1,
            job: Some(job),
            began: cx.uptime(),
            next_look: cx.uptime() + LOOK,
            people,
            ..Running::default()
        };
        self.step = Step::Match;
    }

    /// The match is told to end, and what it would have brought is not waited for.
    pub(super) fn stop_match(&mut self) {
        if let Some(job) = self.running.job.take() {
            job.0.stop();
        }
    }

    pub(super) fn woken(&mut self, cx: &mut Cx<'_>) {
        if let Some(job) = self.running.job.clone()
            && cx.uptime() >= self.running.next_look
        {
            self.running.next_look = cx.uptime() + LOOK;
            self.ask(PROGRESS, Ask::Progress(job), cx);
        }
    }

    pub(super) fn progressed(&mut self, progress: Progress, cx: &Cx<'_>) {
        if self.running.phases.last().is_none_or(|(phase, _)| *phase != progress.phase) {
            self.running.phases.push((progress.phase, cx.uptime()));
        }
        self.running.progress = Some(progress);
    }

    fn is_of_this_round(&self, round: u32) -> bool {
        self.running.job.is_some() && self.running.round == round
    }

    pub(super) fn made(&mut self, round: u32, made: Made, cx: &mut Cx<'_>) {
        if !self.is_of_this_round(round) {
            return;
        }
        self.running.job = None;
        let Made { result, wanted, seconds, missed, opened } = made;
        self.seconds = seconds;
        self.unwritten = 0;
        self.written = opened.is_some();
        if let Some((folder, edited)) = &opened {
            self.files.out.set(folder);
            self.files.own_out = true;
            self.opened = Some(folder.clone());
            self.take_over(&wanted);
            if !edited.is_empty() {
                let files = edited.join(", ");
                let words = format!(
                    "{files} changed by hand since: what stands here is the match and the rulings kept with it"
                );
                cx.toast(Level::Warn, words);
            }
        }
        if missed > 0 {
            let rulings = format::counted(missed as u64, "ruling fits", "rulings fit");
            cx.toast(Level::Warn, format!("{rulings} nobody any more, and is left out"));
        }
        // What was ruled before and is taken over stands in no file of this match yet.
        if opened.is_none() {
            self.unwritten = wanted.rulings.len().saturating_sub(missed);
        }
        self.wanted = Some(wanted);
        // With another limit the filter goes on.
        let finder = match self.outcome.take() {
            Some(Outcome::Desk(desk)) => desk.finder,
            _ => super::narrow::finder(cx),
        };
        self.outcome = Some(match result.clone() {
            Result::Desk(desk) => Outcome::Desk(Box::new(DeskView {
                desk,
                summary: None,
                kind: Kind::Ask,
                totals: true,
                window: Window::default(),
                card: None,
                finder,
                is_placed: false,
            })),
            Result::Doubles(doubles) => {
                Outcome::Doubles(DoublesView { doubles, counts: None, window: Window::default() })
            }
        });
        self.step = Step::Result;
        self.ask(SUMMARY, Ask::Summary(result), cx);
    }

    /// The lists and choices of an earlier result take the place of what was typed.
    fn take_over(&mut self, wanted: &super::data::Wanted) {
        let text = |path: &std::path::Path| path.display().to_string();
        self.files.employees.set(&text(&wanted.asked.source));
        let users = wanted.asked.destination.as_deref().map(text).unwrap_or_default();
        self.files.users.set(&users);
        self.columns_of = Some([self.files.employees.value().to_owned(), users]);
        self.columns = Columns {
            choices: wanted.asked.choices.clone(),
            threshold: Some(wanted.threshold),
            new_below: Some(wanted.new_below),
            rulings: wanted.rulings.clone(),
            ..Columns::default()
        };
    }

    /// The lists of an earlier result have changed: their columns are looked at before anything is compared.
    pub(super) fn lists_moved(&mut self, round: u32, moved: Moved, cx: &mut Cx<'_>) {
        if !self.is_of_this_round(round) {
            return;
        }
        self.running.job = None;
        self.take_over(&moved.wanted);
        let names: Vec<&str> = moved.changed.iter().map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
        let rulings = match moved.wanted.rulings.len() as u64 {
            0 => String::new(),
            1 => "; its ruling goes on".to_owned(),
            some => format!("; its {} rulings go on", format::count(some)),
        };
        self.columns.notice = Some(format!("{} changed since that result{rulings}", names.join(", ")));
        self.files.out.set(&moved.folder);
        self.files.own_out = true;
        self.ask_typed(cx);
        self.read_columns(cx);
        self.go(Step::Columns, cx);
    }

    pub(super) fn match_failed(&mut self, round: u32, problem: Problem, again: bool, cx: &mut Cx<'_>) {
        if !self.is_of_this_round(round) {
            return;
        }
        self.running.job = None;
        cx.problem(problem);
        if again || self.look().is_some() {
            self.ask_typed(cx);
            self.read_columns(cx);
            self.go(Step::Columns, cx);
        } else {
            self.go(Step::Files, cx);
        }
    }

    pub(super) fn draw_running(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let took = cx.now.uptime.saturating_sub(self.running.began);
        let title = match self.running.people {
            Some((people, Some(users))) => {
                format!("Matching {} employees with {} users", format::count(people), format::count(users))
            }
            Some((people, None)) => format!("Looking for duplicates among {} people", format::count(people)),
            None => "Opening an earlier result".to_owned(),
        };
        rule::title(canvas, Rect { height: 1, ..area }, &title, &format::duration(took), true);
        let now = self.running.progress;
        let at = now.and_then(|now| PHASES.iter().position(|(phase, ..)| *phase == now.phase)).unwrap_or(0);
        let mut y = area.y + 1;
        for (number, (phase, name, words)) in PHASES.iter().enumerate() {
            if y >= area.bottom() {
                return;
            }
            let line = Rect { y, height: 1, ..area };
            self.draw_phase((number, at), (*phase, name, words), cx, line, canvas);
            y += 1;
        }
        let cells = usize::from(area.width).saturating_sub(6);
        for (row, words) in ["", "Esc stops it; nothing is kept of a match that did not end"].iter().enumerate() {
            let y = y + u16::try_from(row).unwrap_or(0);
            if y < area.bottom() {
                canvas.text(area.x + 4, y, cells, words, Role::Muted);
            }
        }
        let row = (area.y + 1 + u16::try_from(at).unwrap_or(0)).min(area.bottom().saturating_sub(1));
        canvas.stand_on(Rect { y: row, height: 1, ..area });
    }

    fn draw_phase(
        &self,
        (number, at): (usize, usize),
        (phase, name, words): (Phase, &str, &str),
        cx: &ViewCx<'_>,
        line: Rect,
        canvas: &mut Canvas<'_>,
    ) {
        let (glyph, role) = match number.cmp(&at) {
            std::cmp::Ordering::Less => ("✓", Role::Ok),
            std::cmp::Ordering::Equal => ("▸", Role::Accent),
            std::cmp::Ordering::Greater => ("-", Role::Muted),
        };
        let text = if number > at { Role::Muted } else { Role::Text };
        canvas.text(line.x + 1, line.y, 1, glyph, role);
        canvas.text(line.x + 4, line.y, 12, name, text);
        let progress = self.running.progress.filter(|now| now.phase == phase && number == at && now.total > 0);
        let began = self.running.phases.iter().find(|(seen, _)| *seen == phase).map(|(_, at)| *at);
        let counted = matches!(phase, Phase::Comparing | Phase::Rescuing);
        let words = match progress.filter(|_| counted) {
            Some(Progress { done, total, .. }) => {
                let (done, total) = (done as u64, total as u64);
                let left = began.and_then(|began| format::time_left(done, total, cx.now.uptime.saturating_sub(began)));
                let left = left.map(|left| format!("   {left}")).unwrap_or_default();
                format!("{} {}{left}", gauge::progress(done, total, 24), format::share(done, total))
            }
            None => words.to_owned(),
        };
        canvas.text(line.x + 16, line.y, usize::from(line.width).saturating_sub(18), &words, text);
    }
}
