//! The panes above the feed: phases, counts, changes per second, mail; one pane each where there is room.

use std::time::Duration;

use ratatui::layout::Rect;

use super::data::Newest;
use super::picture::{Counters, PhaseLine, Picture, Stage};
use super::state::{PHASES, Run};
use crate::console::app::ViewCx;
use crate::console::app::header::with_glyph;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, gauge, rule};
use crate::domain::run::Phase;

/// Cells of a phase's name and of what stands after its bar.
const LABEL: u16 = 19;
const AFTER: u16 = 11;

fn label(phase: Phase, newest: Option<&Newest>) -> String {
    let source = newest.map_or("the source", |newest| newest.source);
    let destination = newest.map_or("the destination", |newest| newest.destination);
    match phase {
        Phase::Settle => "settle".to_owned(),
        Phase::ReadSource => format!("read {source}"),
        Phase::ReadDestination => format!("read {destination}"),
        Phase::MatchAndPlan => "match and plan".to_owned(),
        Phase::Options => "new options".to_owned(),
        Phase::Create => "create, reactivate".to_owned(),
        Phase::Update => "link, update".to_owned(),
        Phase::Deactivate => "deactivate".to_owned(),
        Phase::ReadBack => "read back".to_owned(),
    }
}

fn glyph(stage: Stage) -> (&'static str, Role) {
    match stage {
        Stage::Before => (" ", Role::Muted),
        Stage::Now => (glyphs::CURSOR, Role::Info),
        Stage::Over => (glyphs::OK, Role::Ok),
        Stage::CutShort => (Role::Warn.glyph(), Role::Warn),
    }
}

fn whole_percent(done: u64, total: u64) -> Option<u64> {
    (total > 0).then(|| done.min(total) * 100 / total)
}

impl Run {
    pub(super) fn draw_wide(&self, cx: &ViewCx<'_>, picture: &Picture, area: Rect, canvas: &mut Canvas<'_>) {
        let right = if area.width >= 140 { 60 } else { 44 };
        let left = area.width - right - 1;
        let pane = Rect { width: left, ..area };
        let title = self.title(cx, &picture.doing, picture.run);
        let took = took_words(picture.took, self.is_live());
        rule::title(canvas, pane, &title, &took, self.focus.is(PHASES));
        let y = self.draw_phases(picture, Rect { y: pane.y + 1, height: pane.height - 1, ..pane }, canvas) + 1;
        self.draw_below(picture, Rect { y, height: area.bottom().saturating_sub(y), ..pane }, canvas);
        canvas.vertical(area.x + left, area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
        self.draw_counts(picture, Rect { x: area.x + left + 1, width: right, ..area }, canvas);
    }

    fn draw_phases(&self, picture: &Picture, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
        let numbers = |line: &PhaseLine| [line.done, line.total.unwrap_or(0)];
        let widest = picture.phases.iter().flat_map(numbers).map(|number| format::count(number).len()).max();
        let cells = widest.unwrap_or(0).max(5);
        let figures = u16::try_from(cells * 2 + 4).unwrap_or(14);
        let bar_x = 5 + LABEL + figures;
        let bar = area.width.saturating_sub(bar_x + AFTER + 2);
        let mut y = area.y;
        for line in &picture.phases {
            if y >= area.bottom() {
                break;
            }
            let (glyph, role) = glyph(line.stage);
            canvas.text(area.x + 1, y, 1, glyph, role);
            let words = if line.stage == Stage::Before { Role::Muted } else { Role::Text };
            canvas.text(area.x + 4, y, usize::from(LABEL), &label(line.phase, self.newest()), words);
            let text = match line.total {
                Some(total) => {
                    let total = width::pad_left(&format::count(total), cells);
                    format!("{} of {total}", width::pad_left(&format::count(line.done), cells))
                }
                None if line.stage == Stage::Before => width::pad_left("-", cells * 2 + 4),
                None => width::pad_left(&format::count(line.done), cells),
            };
            canvas.text(area.x + 4 + LABEL, y, usize::from(figures), &text, words);
            // What cannot be measured has no bar, only its running count.
            if line.total.is_some() && bar >= 4 {
                let text = gauge::progress(line.done, line.total.unwrap_or(0), usize::from(bar));
                let full = if line.total == Some(0) && line.stage == Stage::Over {
                    glyphs::FULL.repeat(usize::from(bar))
                } else {
                    text
                };
                canvas.text(area.x + bar_x, y, usize::from(bar), &full, words);
            }
            let after = area.x + bar_x + bar + 1;
            canvas.text(after, y, usize::from(AFTER), &after_words(line), Role::Text);
            y += 1;
        }
        y
    }

    /// Overall bar, waiting line, time left; of an ended run what can be done.
    fn draw_below(&self, picture: &Picture, area: Rect, canvas: &mut Canvas<'_>) {
        let mut y = area.y;
        let counters = picture.counters;
        if counters.operations > 0 {
            canvas.text(area.x + 1, y, 8, "overall", Role::Text);
            let (handled, all) = (counters.handled().into(), counters.operations.into());
            let figures = format!("{}   {}", format::share(handled, all), percent(handled, all));
            let cells = area.width.saturating_sub(12 + 2 + 26);
            canvas.text(area.x + 12, y, usize::from(cells), &gauge::progress(handled, all, cells.into()), Role::Text);
            canvas.text(area.x + 12 + cells + 2, y, 26, &figures, Role::Text);
            y += 2;
        }
        let cells = usize::from(area.width.saturating_sub(2));
        for line in self.lines_below(picture) {
            if y < area.bottom() {
                canvas.spans(area.x + 1, y, cells, &with_glyph(&line), false);
            }
            y += 1;
        }
    }

    fn lines_below(&self, picture: &Picture) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(waiting) = &picture.waiting {
            lines.push(format!("! {waiting}"));
        }
        if let Some(left) = &picture.left {
            lines.push(if lines.is_empty() { left.clone() } else { format!("  {left}") });
        }
        if !self.is_live()
            && let Some(newest) = self.newest()
        {
            lines.extend(super::ended::sentences(newest));
        }
        lines
    }

    fn draw_counts(&self, picture: &Picture, area: Rect, canvas: &mut Canvas<'_>) {
        let counters = picture.counters;
        let (handled, all) = (counters.handled(), counters.operations);
        let right =
            if all > 0 { format!("{} handled", format::share(handled.into(), all.into())) } else { String::new() };
        rule::title(canvas, area, "Counts", &right, false);
        let mut y = area.y + 1;
        for (glyph, role, word, number, why) in rows(&counters, self.newest()) {
            canvas.text(area.x + 1, y, 1, glyph, role);
            canvas.text(area.x + 4, y, 13, word, Role::Text);
            canvas.text(area.x + 16, y, 8, &width::pad_left(&format::count(number), 8), Role::Text);
            canvas.text(area.x + 25, y, usize::from(area.width.saturating_sub(26)), &why, Role::Muted);
            y += 1;
        }
        if self.is_live() && y + 3 < area.bottom() {
            y += 1;
            let (now, mean, best) = picture.rates;
            let rates = format!("now {now:.1}   mean {mean:.1}   best {best:.1}");
            rule::title(canvas, Rect { y, height: 1, ..area }, "Changes per second", &rates, false);
            self.draw_spark(picture, Rect { y: y + 1, height: 2, ..area }, canvas);
            y += 2;
        }
        self.draw_mails(Rect { y: y + 2, height: area.bottom().saturating_sub(y + 2), ..area }, canvas);
    }

    fn draw_spark(&self, picture: &Picture, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width.saturating_sub(13)).min(picture.cells.len());
        if cells == 0 {
            canvas.text(area.x + 1, area.y, 40, "nothing written yet", Role::Muted);
            return;
        }
        let spans = gauge::sparkline(&picture.cells, cells);
        let used = canvas.spans(area.x + 1, area.y, cells, &spans, false);
        canvas.text(area.x + used + 2, area.y, 9, " 2 s each", Role::Muted);
        // `wait` under the gaps in which the vendor asked to wait, as far as the word has room.
        let shown = picture.waits.get(picture.waits.len().saturating_sub(cells)..).unwrap_or_default();
        let mut free = 0;
        for (at, waited) in shown.iter().enumerate() {
            let begins = *waited && at.checked_sub(1).and_then(|before| shown.get(before)) != Some(&true);
            if begins && at >= free {
                let x = area.x + 1 + u16::try_from(at).unwrap_or(0);
                canvas.text(x, area.y + 1, 4, "wait", Role::Muted);
                free = at + 5;
            }
        }
    }

    fn draw_mails(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(newest) = self.newest().filter(|newest| newest.mails) else { return };
        let welcome = newest.plan.as_ref().map_or(0, |plan| plan.mails.welcome);
        if welcome == 0 || area.height < 2 {
            return;
        }
        let title = format!("Mail sent by {}", newest.destination);
        let right = match (self.is_live(), newest.run()) {
            (false, Some(run)) => format!("{} welcome", format::share(run.totals.mails.into(), welcome.into())),
            _ => format!("{} welcome planned", format::count(welcome)),
        };
        rule::title(canvas, Rect { height: 1, ..area }, &title, &right, false);
        let words = "one to each new user with an e-mail, never twice";
        canvas.text(area.x + 2, area.y + 1, usize::from(area.width.saturating_sub(3)), words, Role::Text);
    }

    pub(super) fn draw_narrow(&self, cx: &ViewCx<'_>, picture: &Picture, area: Rect, canvas: &mut Canvas<'_>) {
        let title = self.title(cx, &picture.doing, picture.run);
        let took = picture.took.map(format::duration).unwrap_or_default();
        rule::title(canvas, area, &title, &took, self.focus.is(PHASES));
        let counters = picture.counters;
        let cells = usize::from(area.width.saturating_sub(2));
        if counters.operations > 0 {
            let (handled, all) = (counters.handled().into(), counters.operations.into());
            let bar = gauge::progress(handled, all, 40.min(cells.saturating_sub(36)));
            let text = format!("overall  {bar}  {}   {}", format::share(handled, all), percent(handled, all));
            canvas.text(area.x + 1, area.y + 1, cells, &text, Role::Text);
        }
        let words = match (&picture.waiting, &picture.left) {
            (Some(waiting), Some(left)) => {
                let left = left.split(',').next().unwrap_or_default();
                format!("! {waiting}   {left}")
            }
            _ => self.lines_below(picture).into_iter().next().unwrap_or_default(),
        };
        canvas.spans(area.x + 1, area.y + 2, cells, &with_glyph(&words), false);
        let top = Rect { y: area.y + 4, height: area.height.saturating_sub(4), ..area };
        self.draw_short_phases(picture, top, canvas);
        self.draw_short_counts(picture, top, canvas);
    }

    fn draw_short_phases(&self, picture: &Picture, area: Rect, canvas: &mut Canvas<'_>) {
        for (y, line) in (area.y..area.bottom()).zip(short_phases(&picture.phases)) {
            let (glyph, role) = glyph(line.stage);
            canvas.text(area.x + 1, y, 1, glyph, role);
            let words = if line.stage == Stage::Before { Role::Muted } else { Role::Text };
            canvas.text(area.x + 3, y, 8, line.word, words);
            canvas.text(area.x + 11, y, 20, &line.figures, words);
        }
    }

    fn draw_short_counts(&self, picture: &Picture, area: Rect, canvas: &mut Canvas<'_>) {
        let counters = picture.counters;
        let number = |number: u32| format::count(number);
        let late = counters.written.saturating_sub(counters.confirmed);
        let mut second = format!("to read back {}", number(late));
        if let Some(retried) = counters.retried {
            second.push_str(&format!("   retried {}", number(retried)));
        }
        let third = format!(
            "✗ failed {}   ? unknown {}   ~ skipped {}",
            number(counters.failed),
            number(counters.unknown),
            number(counters.set_aside)
        );
        let (now, mean, _) = picture.rates;
        let first = format!("written {}   confirmed {}", number(counters.written), number(counters.confirmed));
        let mut lines = vec![first, second, third, String::new()];
        if self.is_live() {
            lines.push(format!("per second, now {now:.1}, mean {mean:.1}"));
        }
        let x = area.x + 32;
        let cells = usize::from(area.width.saturating_sub(33));
        for (y, line) in (area.y..area.bottom()).zip(&lines) {
            canvas.spans(x, y, cells, &with_glyph(line), false);
        }
        if self.is_live() && !picture.cells.is_empty() && area.height > 5 {
            let spark = gauge::sparkline(&picture.cells, cells.min(picture.cells.len()));
            canvas.spans(x, area.y + 5, cells, &spark, false);
        }
    }
}

fn percent(part: u64, whole: u64) -> String {
    whole_percent(part, whole).map(|percent| format!("{percent} %")).unwrap_or_default()
}

fn took_words(took: Option<Duration>, live: bool) -> String {
    let Some(took) = took else { return String::new() };
    if live { format!("{} so far", format::duration(took)) } else { format::duration(took) }
}

/// Right of the bar: how long it took, or how far it is.
fn after_words(line: &PhaseLine) -> String {
    match (line.stage, line.total) {
        (Stage::Now, Some(total)) if total > 0 => percent(line.done, total),
        (Stage::Over, Some(0)) if line.phase != Phase::MatchAndPlan => "none".to_owned(),
        (Stage::Over | Stage::CutShort, _) => line.took.map(format::duration).unwrap_or_default(),
        _ => String::new(),
    }
}

type Row = (&'static str, Role, &'static str, u32, String);

fn rows(counters: &Counters, newest: Option<&Newest>) -> Vec<Row> {
    let destination = newest.map_or("the destination", |newest| newest.destination);
    let late = counters.written.saturating_sub(counters.confirmed);
    let mut rows: Vec<Row> = vec![
        ("✓", Role::Ok, "written", counters.written, format!("answered by {destination}")),
        ("✓", Role::Ok, "confirmed", counters.confirmed, "read back and equal".to_owned()),
        (" ", Role::Text, "to read back", late, "not read back yet".to_owned()),
        ("~", Role::Changed, "skipped", counters.set_aside, "changed there since the plan".to_owned()),
        ("✗", Role::Danger, "failed", counters.failed, "named in the feed".to_owned()),
        ("?", Role::Open, "unknown", counters.unknown, "answer lost; being looked up".to_owned()),
    ];
    if counters.already > 0 {
        let words = "nothing sent; counts as done".to_owned();
        rows.insert(3, ("=", Role::Match, "there already", counters.already, words));
    }
    if let Some(retried) = counters.retried {
        rows.push((" ", Role::Text, "retried", retried, "waits and repeats".to_owned()));
    }
    rows
}

struct Short {
    stage: Stage,
    word: &'static str,
    figures: String,
}

/// Reading both sides is one line; reading back stands among the counts.
fn short_phases(phases: &[PhaseLine]) -> Vec<Short> {
    let mut lines = Vec::new();
    let reads: Vec<&PhaseLine> =
        phases.iter().filter(|line| matches!(line.phase, Phase::ReadSource | Phase::ReadDestination)).collect();
    if !reads.is_empty() {
        let stage = if reads.iter().all(|line| line.stage == Stage::Over) {
            Stage::Over
        } else if reads.iter().all(|line| line.stage == Stage::Before) {
            Stage::Before
        } else {
            Stage::Now
        };
        let took: Duration = reads.iter().filter_map(|line| line.took).sum();
        let done: u64 = reads.iter().map(|line| line.done).sum();
        lines.push(Short { stage, word: "read", figures: with_time(&format::count(done), Some(took), stage) });
    }
    for line in phases {
        let word = match line.phase {
            Phase::Settle => "settle",
            Phase::MatchAndPlan => "match",
            Phase::Options => "options",
            Phase::Create => "create",
            Phase::Update => "update",
            Phase::Deactivate => "leavers",
            Phase::ReadSource | Phase::ReadDestination | Phase::ReadBack => continue,
        };
        let figures = match (line.phase, line.total) {
            (Phase::MatchAndPlan, _) => with_time(&format::count(line.done), line.took, line.stage),
            (_, Some(total)) if line.stage == Stage::Now => {
                format!("{}  {}", format::share(line.done, total), percent(line.done, total))
            }
            (_, Some(total)) => format::share(line.done, total),
            (_, None) if line.stage == Stage::Before => String::new(),
            (_, None) => format::count(line.done),
        };
        lines.push(Short { stage: line.stage, word, figures });
    }
    lines
}

fn with_time(number: &str, took: Option<Duration>, stage: Stage) -> String {
    match (stage, took) {
        (Stage::Before, _) => String::new(),
        (_, Some(took)) if !took.is_zero() => {
            format!("{}{}", width::pad(number, 7), width::pad_left(&format::duration(took), 11))
        }
        _ => number.to_owned(),
    }
}
