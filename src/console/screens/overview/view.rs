//! What the screen Overview looks like (SCREENS 7.2).

use ratatui::layout::Rect;

use super::data::Facts;
use super::facts::{Line, health, permissions, run_words};
use super::probe::{self, Pane};
use super::state::{Overview, Test};
use super::steps::{full_line, moment, name};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::screens::tenants::live_words;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::engine::checklist::{Step, StepKey, StepState};

/// Column of the step's name, its figure, its sentence.
const NAME: u16 = 5;
const FIGURE: u16 = 26;
const DETAIL: u16 = 45;
/// Rows of the two halves with their title.
const HALVES: u16 = 7;

impl Overview {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        if let Some(removal) = &self.removal {
            removal.view(area, canvas);
            return;
        }
        let Some(facts) = self.facts.value() else {
            self.draw_nothing(area, canvas);
            return;
        };
        if let Some(test) = self.test.as_ref().filter(|_| area.height < 24) {
            draw_test(test, facts, area, canvas);
            return;
        }
        let steps = u16::try_from(facts.steps.len()).unwrap_or(u16::MAX).saturating_add(1).min(area.height);
        self.draw_steps(facts, cx, Rect { height: steps, ..area }, canvas);
        let roomy = area.height > steps + HALVES + 7;
        let gap = u16::from(roomy);
        let mut rest = below(area, steps + gap);
        if let Some(test) = &self.test {
            draw_test(test, facts, rest, canvas);
            return;
        }
        if area.width >= 80 && rest.height >= HALVES {
            draw_halves(facts, cx, Rect { height: HALVES, ..rest }, canvas);
            rest = below(rest, HALVES + gap);
        }
        // What the step under the cursor says counts more than old runs, where its row has no room for it.
        let strip = self.strip_rows(facts, cx, area.width).min(rest.height);
        let hint = if strip > 0 { strip + gap } else { 2 * u16::from(rest.height >= 5 || area.width < 80) };
        let runs = if area.width < 80 { 0 } else { rest.height.saturating_sub(hint) };
        let used = if runs < 2 { 0 } else { draw_runs(facts, cx, Rect { height: runs, ..rest }, canvas) };
        if strip > 0 {
            self.draw_strip(facts, cx, below(rest, used + gap * u16::from(used > 0)), canvas);
        } else if hint > 0 {
            self.draw_hint(facts, below(rest, used + 1), canvas);
        }
    }

    /// Rows that the strip about the step under the cursor takes: none where its row says all of it.
    fn strip_rows(&self, facts: &Facts, cx: &ViewCx<'_>, columns: u16) -> u16 {
        let Some(step) = self.current() else { return 0 };
        let detail = full_line(step, facts, cx.now.wall, &cx.zone()).detail;
        if width::width(&detail) <= usize::from(columns.saturating_sub(DETAIL + 1)) {
            return 0;
        }
        let lines = width::wrap(&detail, usize::from(columns.saturating_sub(2))).len();
        u16::try_from(lines + 2).unwrap_or(u16::MAX)
    }

    /// The step under the cursor, whole, and what Enter does.
    fn draw_strip(&self, facts: &Facts, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(step) = self.current().filter(|_| area.height >= 2) else { return };
        let line = full_line(step, facts, cx.now.wall, &cx.zone());
        rule::title(canvas, Rect { height: 1, ..area }, &line.name, &line.figure, false);
        let cells = usize::from(area.width.saturating_sub(2));
        let mut y = area.y + 1;
        for words in width::wrap(&line.detail, cells) {
            if y >= area.bottom() {
                return;
            }
            canvas.text(area.x + 1, y, cells, &words, Role::Text);
            y += 1;
        }
        self.draw_hint(facts, below(area, y - area.y), canvas);
    }

    fn draw_nothing(&self, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, Rect { height: 1, ..area }, "Set-up", "", true);
        let lines = match self.facts.problem() {
            Some(problem) => problem.lines(),
            None => vec!["reading the set-up …".to_owned()],
        };
        for (row, line) in (2..).zip(lines) {
            if row < area.height {
                let cells = usize::from(area.width.saturating_sub(NAME + 1));
                canvas.text(area.x + NAME, area.y + row, cells, &line, Role::Text);
            }
        }
    }

    fn draw_steps(&self, facts: &Facts, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let done = facts.steps.iter().filter(|step| step.state != StepState::Open).count();
        let words = format!("{} done", format::share(done as u64, facts.steps.len() as u64));
        rule::title(canvas, Rect { height: 1, ..area }, "Set-up", &words, self.test.is_none());
        for (row, step) in facts.steps.iter().enumerate() {
            let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
            if y >= area.bottom() {
                return;
            }
            let line = Rect::new(area.x, y, area.width, 1);
            self.draw_step(step, facts, cx, line, row == self.cursor_index(), canvas);
            canvas.hit(line, Hit::Row { pane: 0, row });
        }
    }

    fn draw_step(&self, step: &Step, facts: &Facts, cx: &ViewCx<'_>, area: Rect, on: bool, canvas: &mut Canvas<'_>) {
        let mut line = full_line(step, facts, cx.now.wall, &cx.zone());
        if let Some(sample) = self.live.as_ref().filter(|_| step.key == StepKey::TestRun) {
            line.role = Role::Info;
            line.figure = "running".to_owned();
            line.detail = live_words(sample, cx.now.wall);
        }
        let selected = on && self.test.is_none();
        if selected {
            canvas.select(area);
        }
        if on {
            canvas.spans(area.x, area.y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], selected);
        }
        let ink = if self.facts.problem().is_some() { Role::Muted } else { Role::Text };
        let cells = usize::from(area.width.saturating_sub(DETAIL + 1));
        canvas.spans(area.x + 3, area.y, 1, &[Span::new(line.role.glyph(), line.role)], selected);
        canvas.spans(area.x + NAME, area.y, 20, &[Span::new(line.name, ink)], selected);
        canvas.spans(area.x + FIGURE, area.y, 18, &[Span::new(line.figure, ink)], selected);
        canvas.spans(area.x + DETAIL, area.y, cells, &[Span::new(line.detail, Role::Muted)], selected);
    }

    fn draw_hint(&self, facts: &Facts, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(step) = self.current().filter(|_| area.height > 0) else { return };
        let words = match step.key {
            StepKey::Credentials if facts.test.is_none() => "calls both sides; only reads are sent.",
            StepKey::Credentials => "opens the credentials in Settings.",
            StepKey::FieldMap if step.state == StepState::Open => {
                "opens the field map in Settings, to take another field instead."
            }
            StepKey::FieldMap => "opens the field map in Settings.",
            StepKey::MappingTables => "opens the table with the most open values.",
            StepKey::PeopleMatched => "opens Review, least certain first.",
            StepKey::SourceData => "opens the people; the cure is in the source.",
            StepKey::Limits => "opens the limits in Settings.",
            StepKey::TestRun if step.state == StepState::Open => "makes a preview: it only reads.",
            StepKey::TestRun => "opens the plan that it made.",
            StepKey::Published => "says what is left to do.",
        };
        let words = format!("Enter on {} {words}", name(step.key, facts.source.name));
        canvas.text(area.x + 1, area.y, usize::from(area.width.saturating_sub(2)), &words, Role::Muted);
    }
}

fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

fn draw_test(test: &Test, facts: &Facts, area: Rect, canvas: &mut Canvas<'_>) {
    let (source, destination) = match test {
        Test::Calling => (None, None),
        Test::Answered(tested) => (Some(tested.source.as_slice()), Some(tested.destination.as_slice())),
    };
    let pane = |title, steps| Pane { title, steps, words: None, focused: true };
    let used = probe::draw(&pane(facts.source.name, source), area, canvas);
    probe::draw(&pane(facts.destination.name, destination), below(area, used), canvas);
}

fn draw_halves(facts: &Facts, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let (now, zone) = (cx.now.wall, cx.zone());
    let left = Rect { width: area.width / 2 - 1, ..area };
    let right = Rect { x: left.right() + 1, width: area.width - left.width - 1, ..area };
    let title = |area: Rect| Rect { height: 1, ..area };
    rule::title(canvas, title(left), "Health", "", false);
    rule::title(canvas, title(right), "When it runs, and what it may do", "", false);
    canvas.vertical(left.right(), area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
    draw_half(&health(facts, now, &zone), left, canvas);
    draw_half(&permissions(facts, now, &zone), right, canvas);
}

fn draw_half(lines: &[Line], area: Rect, canvas: &mut Canvas<'_>) {
    for (row, (label, words)) in (1..).zip(lines) {
        if row < area.height {
            canvas.text(area.x + 1, area.y + row, 11, label, Role::Muted);
            let cells = usize::from(area.width.saturating_sub(14));
            canvas.text(area.x + 13, area.y + row, cells, words, Role::Text);
        }
    }
}

/// The last runs; returns the rows that they took.
fn draw_runs(facts: &Facts, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
    if area.height < 2 {
        return 0;
    }
    rule::title(canvas, Rect { height: 1, ..area }, "Last runs", "", false);
    let zone = cx.zone();
    let mut row = 1;
    if facts.overview.runs.is_empty() {
        canvas.text(area.x + 2, area.y + 1, 60, "none yet; r makes a preview, which only reads", Role::Muted);
        return 2;
    }
    for run in &facts.overview.runs {
        if row >= area.height {
            break;
        }
        let y = area.y + row;
        let (what, words) = run_words(run, facts);
        let plan = run.plan.map(|plan| format!("plan {plan}")).unwrap_or_default();
        canvas.text(area.x + 2, y, 10, &moment(run.started, cx.now.wall, &zone), Role::Muted);
        canvas.text(area.x + 12, y, 10, &plan, Role::Text);
        canvas.text(area.x + 23, y, 12, what, Role::Text);
        let by = usize::from(area.width.saturating_sub(36 + 18));
        canvas.text(area.x + 36, y, by, &words, Role::Text);
        canvas.text(area.right().saturating_sub(17), y, 16, &run.by, Role::Muted);
        row += 1;
    }
    row
}
