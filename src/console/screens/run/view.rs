//! What the screen Run looks like (SCREENS 7.7).

use ratatui::layout::Rect;

use super::state::{FEED, PHASES, Run};
use crate::console::app::layout::Width;
use crate::console::app::{Remote, ViewCx};
use crate::console::format;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::domain::run::Level;
use crate::domain::waves::WaveStanding;
use crate::store::views::FeedRow;

/// Rows of the upper panes where the window is low or narrow.
const UPPER_LOW: u16 = 10;

impl Run {
    /// Rows of the panes above the feed.
    fn upper(&self, body: Rect) -> u16 {
        match self.focus.zoomed() {
            Some(FEED) => return 0,
            Some(_) => return body.height,
            None => {}
        }
        if body.width < 120 || body.height < 30 {
            return UPPER_LOW.min(body.height);
        }
        let phases = match (&self.live, self.newest()) {
            (Some(_), _) => 8,
            (None, Some(newest)) => u16::try_from(newest.phases.len()).unwrap_or(9),
            (None, None) => 8,
        };
        (phases + 6).max(16).min(body.height)
    }

    /// Lines of the feed on the screen.
    pub(super) fn feed_rows(&self, body: Rect) -> u16 {
        body.height.saturating_sub(self.upper(body) + 1)
    }

    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        if !self.is_live() {
            match &self.newest {
                Remote::Idle | Remote::Loading { previous: None, .. } => {
                    rule::title(canvas, area, "Run", "", true);
                    canvas.text(area.x + 1, area.y + 2, 40, "reading the last run …", Role::Muted);
                    return;
                }
                Remote::Failed(problem, None) => {
                    rule::title(canvas, area, "Run", "", true);
                    for (row, line) in (area.y + 2..area.bottom()).zip(problem.lines()) {
                        canvas.text(area.x + 1, row, usize::from(area.width.saturating_sub(2)), &line, Role::Text);
                    }
                    return;
                }
                _ => {}
            }
        }
        if let (Some(_), Some(newest)) = (self.problem(), self.newest()) {
            self.draw_problem(cx, newest, area, canvas);
            return;
        }
        let Some(picture) = self.picture(cx.now) else {
            self.draw_nothing(cx, area, canvas);
            return;
        };
        let upper = self.upper(area);
        let top = Rect { height: upper, ..area };
        if upper > 0 {
            canvas.hit(top, Hit::Pane(PHASES));
            if area.width >= 120 && upper >= 14 {
                self.draw_wide(cx, &picture, top, canvas);
            } else {
                self.draw_narrow(cx, &picture, top, canvas);
            }
        }
        if area.height > upper {
            self.draw_feed(cx, Rect { y: area.y + upper, height: area.height - upper, ..area }, canvas);
        }
    }

    fn draw_nothing(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, area, "Run", "", true);
        if self.listed {
            canvas.text(area.x + 1, area.y + 2, 40, "A run begins …", Role::Text);
            return;
        }
        let key = cx.bindings.shown(crate::console::keys::Action::Refresh);
        let name = self.newest().map_or("this tenant", |newest| newest.tenant_name.as_str());
        let lines = [
            format!("No run of {name} yet."),
            "A run reads both sides, matches the people and makes a plan; a preview stops there.".to_owned(),
            format!("{key} makes a preview: it only reads. What it would do stands on 5 Plan."),
        ];
        let cells = usize::from(area.width.saturating_sub(2));
        let lines = lines.iter().flat_map(|line| fitted(line, cells));
        for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
            canvas.text(area.x + 1, y, cells, &line, Role::Text);
        }
    }

    /// The title of the upper pane: what the run does, or that it is held and by whom.
    pub(super) fn title(&self, cx: &ViewCx<'_>, doing: &str, run: Option<crate::domain::ids::RunId>) -> String {
        let name = run.map_or_else(|| "Run".to_owned(), |run| format!("Run {run}"));
        let live = self.live.as_ref().filter(|_| self.frozen.is_none());
        let wave = live.and_then(|live| live.progress.wave.as_ref());
        let Some(held) = &self.held else {
            if let Some(wave) = wave.filter(|wave| wave.gate.is_some() && !self.stopping) {
                return format!("{name}: {}", gate_words(wave, cx.now.wall));
            }
            let wave = wave.map(|wave| format!(", wave {} of {}", wave.wave + 1, wave.of)).unwrap_or_default();
            let stops = if self.stopping { ", stops after the write in flight" } else { "" };
            let frozen = if self.frozen.is_some() { " (picture frozen)" } else { "" };
            return format!("{name}: {doing}{wave}{stops}{frozen}");
        };
        let at = format::clock(held.at, &cx.zone());
        let by = if cx.console.operator.is_empty() { "you" } else { cx.console.operator.as_str() };
        let still = cx.now.uptime.saturating_sub(held.moved).as_secs() >= 2;
        let flight = if still { "nothing in flight" } else { "finishing what is in flight" };
        format!("{name}: paused by {by} {at}, {flight}")
    }

    fn draw_feed(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let counts = self.feed.counts;
        let lines = format::counted(counts.lines, "line", "lines");
        let state = if self.frozen.is_some() {
            "frozen, ".to_owned()
        } else if !self.is_live() {
            String::new()
        } else if self.feed.follow {
            "following, ".to_owned()
        } else if self.feed.unseen > 0 {
            format!("{} new, f follows, ", format::count(self.feed.unseen))
        } else {
            "not following, ".to_owned()
        };
        let mut right = format!("{state}{lines}");
        let warnings = counts.warnings.saturating_sub(counts.errors);
        if area.width >= 110 && counts.warnings > 0 {
            right = format!("{right}   ✗ {}  ! {}", format::count(counts.errors), format::count(warnings));
        }
        rule::title(canvas, Rect { height: 1, ..area }, "Feed", &right, self.focus.is(FEED));
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        canvas.hit(list, Hit::Pane(FEED));
        if self.feed.rows.is_empty() {
            let words = if self.feed.run.is_none() { "nothing yet" } else { "no line yet" };
            canvas.text(list.x + 2, list.y, 40, words, Role::Muted);
            return;
        }
        let height = usize::from(list.height);
        let window = self.feed.table.window();
        // The state may not know the height yet; the cursor's line is shown in any case.
        let cursor = self.feed.table.cursor_index().unwrap_or(0);
        let first = if window.len() > height { (cursor + 1).saturating_sub(height) } else { window.start };
        for (offset, row) in (0..list.height).zip(first..self.feed.rows.len()) {
            if let Some(feed) = self.feed.rows.get(row) {
                let line = Rect { y: list.y + offset, height: 1, ..list };
                let selected = row == cursor && self.focus.is(FEED);
                draw_line(cx, feed, line, selected, row == cursor, canvas);
                canvas.hit(line, Hit::Row { pane: FEED, row });
            }
        }
    }
}

/// A text as it is where it fits, else broken into lines.
pub(in crate::console) fn fitted(text: &str, cells: usize) -> Vec<String> {
    if width::width(text) <= cells { vec![text.to_owned()] } else { width::wrap(text, cells) }
}

/// The role of a line: failed, warned, or done.
pub(in crate::console) fn line_role(row: &FeedRow) -> Role {
    match (row.line.level, row.line.what.as_str()) {
        (Level::Error, _) => Role::Danger,
        (Level::Warn, "unknown") => Role::Open,
        // `set aside` is what an older version wrote.
        (Level::Warn, "skipped" | "set aside") => Role::Changed,
        (Level::Warn, _) => Role::Warn,
        (Level::Info, _) => Role::Ok,
    }
}

/// One line: time, glyph, what, (id,) who, text.
fn draw_line(cx: &ViewCx<'_>, row: &FeedRow, line: Rect, selected: bool, cursor: bool, canvas: &mut Canvas<'_>) {
    let wide = Width::of(cx.frame.width) >= Width::Split;
    let columns: &[(u16, u16)] = if wide {
        &[(2, 8), (11, 1), (13, 11), (25, 11), (37, 19), (57, 0)]
    } else {
        &[(0, 8), (9, 1), (11, 9), (21, 0), (21, 17), (39, 0)]
    };
    if selected {
        canvas.select(line);
    }
    if cursor {
        let x = if wide { line.x } else { line.x + 8 };
        canvas.spans(x, line.y, 1, &[Span::new("▸", Role::Accent)], selected);
    }
    let role = line_role(row);
    let id = row.line.employee.as_ref().map(|id| id.0.clone()).unwrap_or_default();
    let name = row.name.clone().unwrap_or_else(|| if wide { String::new() } else { id.clone() });
    let texts = [
        (format::clock_seconds(row.line.at, &cx.zone()), Role::Text),
        (role.glyph().to_owned(), role),
        (row.line.what.clone(), Role::Text),
        (id, Role::Muted),
        (name, Role::Text),
        (row.line.text.clone(), Role::Text),
    ];
    let has_person = row.line.employee.is_some();
    for (number, ((text, role), (x, cells))) in texts.into_iter().zip(columns.iter().copied()).enumerate() {
        // A line about nobody uses the columns of the person for its text.
        let x = if number == 5 && !has_person {
            columns.get(if wide { 3 } else { 4 }).map_or(x, |column| column.0)
        } else {
            x
        };
        let room = line.width.saturating_sub(x + 1);
        let cells = if number == 5 { room } else { cells.min(room) };
        if cells > 0 && (number != 4 && number != 3 || has_person) {
            canvas.spans(line.x + x, line.y, usize::from(cells), &[Span::new(text, role)], selected);
        }
    }
}

/// `wave 1 of 4 clean, 5 next: !`, and when it goes by itself.
fn gate_words(wave: &WaveStanding, now: jiff::Timestamp) -> String {
    let next = format::counted(wave.people.into(), "person", "people");
    let words = format!("wave {} of {} clean, {next} next: !", wave.wave, wave.of);
    let Some((gate, after)) = wave.gate.as_ref().and_then(|gate| Some((gate, gate.opens_after_s?))) else {
        return words;
    };
    let waited = u64::try_from(now.duration_since(gate.since).as_secs()).unwrap_or(0);
    format!("{words}, or in {} s", after.saturating_sub(waited))
}
