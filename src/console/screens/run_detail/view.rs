//! What the screen Run detail looks like (SCREENS 7.11).

use ratatui::layout::Rect;

use super::state::{RunDetail, TOTALS};
use crate::console::app::{Remote, ViewCx};
use crate::console::format;
use crate::console::screens::history::data::{Detail, Line, Mark, Part};
use crate::console::screens::history::words;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, Span, rule};
use crate::domain::plan::{HoldKind, OperationKind};
use crate::domain::run::RunPurpose;
use crate::domain::waves::WaveRow;

pub(super) fn role(mark: Mark) -> Role {
    match mark {
        Mark::Created => Role::Added,
        Mark::Updated => Role::Changed,
        Mark::Linked => Role::Match,
        Mark::Reactivated => Role::Back,
        Mark::Deactivated => Role::Removed,
        Mark::Failed => Role::Danger,
        Mark::Blocked => Role::Warn,
        Mark::Unknown | Mark::Review => Role::Open,
        Mark::Ruled => Role::Muted,
    }
}

fn columns(part: Part, destination: &str) -> Vec<Column> {
    let (what, text) = match part {
        Part::Failed => ("what", format!("{destination} said")),
        Part::Held => ("held because", "what is missing".to_owned()),
        Part::Changed => ("what", "what changed".to_owned()),
    };
    let what_cells = if part == Part::Held { (18, 26) } else { (7, 12) };
    // Nobody who is held is tied to a user by this run.
    let user = if part == Part::Held { None } else { Some(Column::text("user", 5, 10, 5)) };
    let mut columns = vec![Column::glyph(), Column::text("who", 16, 22, 1), Column::id("id", 24, 4)];
    columns.extend(user);
    columns.push(Column::text(what, what_cells.0, what_cells.1, 3));
    columns.push(Column::text(text, 20, 120, 2));
    columns
}

fn cells(part: Part, line: &Line) -> Vec<Cell> {
    let text = if line.unconfirmed { format!("{} (not read back yet)", line.text) } else { line.text.clone() };
    // A held person has the warning mark, whoever's move it is (PL04).
    let mut cells =
        vec![glyph_cell(role(line.mark)), cell(line.name.clone()), cell_in(line.identifier.clone(), Role::Muted)];
    if part != Part::Held {
        cells.push(cell(line.user.clone()));
    }
    cells.push(cell(line.what.clone()));
    cells.push(cell(text));
    cells
}

impl RunDetail {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(detail) = self.detail.value() else {
            self.draw_nothing(area, canvas);
            return;
        };
        let mut y = area.y;
        if self.focus.zoomed().is_none() {
            self.draw_totals(cx, detail, Rect { height: TOTALS.min(area.height), ..area }, canvas);
            y += TOTALS.min(area.height);
        }
        let waves = self.wave_rows(area);
        if waves > 0 {
            draw_waves(cx, detail, Rect { y, height: waves, ..area }, canvas);
            y += waves;
        }
        let mut any = false;
        for ((part, rows), pane) in Part::ALL.into_iter().zip(self.rows(area)).zip(0u8..) {
            if rows > 0 {
                any = true;
                let place = Rect { y, height: rows.min(area.bottom().saturating_sub(y)), ..area };
                self.draw_list(detail, part, pane, place, canvas);
                y += rows;
            }
        }
        if !any {
            let words = match detail.run.run.purpose {
                _ if detail.run.plan.is_none() => {
                    "What it did to whom is not kept: it made no plan, or the plan is too old."
                }
                RunPurpose::Preview => "A preview: nothing was sent. Nobody is held by its plan.",
                RunPurpose::Sync => "Nothing was to be written and nobody was held.",
            };
            canvas.text(area.x + 1, y, usize::from(area.width.saturating_sub(2)), words, Role::Text);
        }
    }

    fn draw_nothing(&self, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, area, "Run", "", true);
        let lines = match &self.detail {
            Remote::Failed(problem, _) => problem.lines(),
            _ if self.run.is_none() => vec!["No run is named here.  Esc goes back".to_owned()],
            _ => vec!["reading the run …".to_owned()],
        };
        for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
            canvas.text(area.x + 1, y, usize::from(area.width.saturating_sub(2)), &line, Role::Muted);
        }
    }

    fn draw_totals(&self, cx: &ViewCx<'_>, detail: &Detail, area: Rect, canvas: &mut Canvas<'_>) {
        let run = &detail.run.run;
        let zone = cx.zone();
        let from = format::moment_long(run.started, cx.now.wall, &zone);
        let until = run.ended.map(|ended| format!(" to {}", format::clock_seconds(ended, &zone))).unwrap_or_default();
        // `Tue 24 Nov 02:11:00 GMT` becomes `Tue 24 Nov 02:11:00 to 02:12:58 GMT`.
        let (moment, zone_name) = from.rsplit_once(' ').unwrap_or((from.as_str(), ""));
        let title = format!("Run {}, {}, {moment}{until} {zone_name}", run.id, words::why(run));
        rule::title(canvas, area, &title, &words::took(run), false);
        let (left, right) = totals(detail);
        let half = (area.width / 2).clamp(40, 56);
        for (y, (head, number, words)) in (area.y + 1..area.bottom()).zip(left) {
            canvas.text(area.x + 1, y, 10, head, Role::Text);
            canvas.text(area.x + 10, y, 7, &width::pad_left(&number, 6), Role::Text);
            let x = if area.width < 100 { 18 } else { 21 };
            canvas.text(area.x + x, y, usize::from(half.saturating_sub(x + 1)), &words, Role::Text);
        }
        for (y, (head, words)) in (area.y + 1..area.bottom()).zip(right) {
            canvas.text(area.x + half, y, 12, head, Role::Muted);
            let cells = usize::from(area.width.saturating_sub(half + 14));
            // Where there is no room, the destination's name is the least of it: it stands in the header.
            let short = words.split(" by ").next().unwrap_or(&words);
            let words = if width::width(&words) > cells { short } else { words.as_str() };
            canvas.text(area.x + half + 13, y, cells, words, Role::Text);
        }
    }

    fn draw_list(&self, detail: &Detail, part: Part, pane: u8, area: Rect, canvas: &mut Canvas<'_>) {
        let list = self.list(part);
        let (window, total) = (list.table.window(), list.table.len());
        let title = match part {
            Part::Failed => "Failed",
            Part::Held => "Held, and exactly what is missing",
            Part::Changed => "Changed",
        };
        let shown = window.end.min(total);
        let right = if window.start == 0 && shown == total {
            format::count(total)
        } else {
            format!("{}-{} of {}", format::count(window.start + 1), format::count(shown), format::count(total))
        };
        rule::title(canvas, area, title, &right, self.focus.is(pane));
        let columns = columns(part, detail.destination);
        let row = |at: usize| list.table.ids().get(at).and_then(|id| list.lines.get(id)).map(|line| cells(part, line));
        Table {
            state: &list.table,
            columns: &columns,
            row: &row,
            pane,
            focused: self.focus.is(pane),
            stale: self.detail.is_stale(),
            heads: true,
            ticks: &[],
        }
        .view(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, canvas);
    }
}

fn wave_role(wave: &WaveRow) -> Role {
    match (wave.clean, wave.begun_at) {
        (Some(true), _) => Role::Ok,
        (Some(false), _) => Role::Danger,
        (None, Some(_)) => Role::Info,
        (None, None) if wave.is_at_gate() => Role::Warn,
        (None, None) => Role::Muted,
    }
}

/// Who went in which wave, how it came out, and how long it waited for whom; a blank row below.
fn draw_waves(cx: &ViewCx<'_>, detail: &Detail, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height == 1 {
        return draw_waves_in_a_row(detail, area, canvas);
    }
    let not_clean = detail.waves.iter().filter(|wave| wave.clean == Some(false)).count();
    let right = match (detail.waves.iter().find(|wave| wave.is_at_gate()), not_clean) {
        (Some(waits), _) => format!("wave {} waits", waits.wave + 1),
        (None, 0) => "each read back before the next".to_owned(),
        (None, _) => "one was not clean".to_owned(),
    };
    let title = format!("Sent in {} waves", detail.waves.len());
    rule::title(canvas, Rect { height: 1, ..area }, &title, &right, false);
    let wide = area.width >= 110;
    let (cells, at, x) = if wide { (22, 29, 54) } else { (15, 21, 46) };
    for (y, wave) in (area.y + 1..area.bottom().saturating_sub(1)).zip(&detail.waves) {
        let role = wave_role(wave);
        let label = width::pad(&wave.label, cells);
        let people = format::counted(wave.people.into(), "person", "people");
        let changes = format::counted(wave.changes.into(), "change", "changes");
        let standing = match (wave.counts_words(), wave.begun_at) {
            (counts, _) if !counts.is_empty() => format!("{}: {counts}", wave.standing()),
            (_, Some(begun)) if wide => {
                format!("{} {}", wave.standing(), format::moment(begun, cx.now.wall, &cx.zone()))
            }
            _ => wave.standing().to_owned(),
        };
        let gate = if wave.gate_at.is_some() { format!("gate {}", wave.gate_words()) } else { String::new() };
        let head = [Span::new(role.glyph(), role), Span::new(format!(" {} {label}", wave.wave + 1), Role::Text)];
        canvas.spans(area.x + 1, y, usize::from(at), &head, false);
        canvas.text(area.x + at, y, usize::from(x - at - 1), &format!("{people}, {changes}"), Role::Muted);
        let room = usize::from(area.width.saturating_sub(x + 1));
        let words = if gate.is_empty() { standing } else { format!("{standing}   {gate}") };
        canvas.text(area.x + x, y, room, &words, Role::Text);
    }
}

/// The same where there is only a row for all of them.
fn draw_waves_in_a_row(detail: &Detail, area: Rect, canvas: &mut Canvas<'_>) {
    let mut spans = vec![Span::new("waves    ", Role::Text)];
    for wave in &detail.waves {
        let role = wave_role(wave);
        spans.push(Span::new(role.glyph(), role));
        spans.push(Span::new(format!(" {}   ", wave.label), Role::Text));
    }
    canvas.spans(area.x + 1, area.y, usize::from(area.width.saturating_sub(2)), &spans, false);
}

/// `3 of 63 had moved; 2 were there already`, with the key that shows them.
fn skipped(detail: &Detail) -> String {
    let sums = detail.run.totals.sums();
    let mut words = match sums.approved() {
        // A preview, or a plan that is not kept any more.
        0 => format::count(detail.run.run.totals.skipped()),
        approved => format!("{} of {}", format::count(sums.skipped), format::count(approved)),
    };
    if sums.already_there > 0 {
        words.push_str(&format!("; {} there already", format::count(sums.already_there)));
    }
    words
}

type Left = (&'static str, String, String);
type Right = (&'static str, String);

/// The figures left and right under the title.
fn totals(detail: &Detail) -> (Vec<Left>, Vec<Right>) {
    let (run, journal) = (&detail.run.run, &detail.run.totals);
    let parts: Vec<String> = OperationKind::SHOWN
        .into_iter()
        .map(|kind| (kind, journal.carried_out(kind)))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{} {}", kind.counted(count), format::count(count)))
        .collect();
    let totals = run.totals;
    let review = detail.held_by(HoldKind::Review);
    let blocked = detail.held_by(HoldKind::Blocked);
    let held = if totals.held == 0 { String::new() } else { format!("{review} review, {blocked} blocked") };
    let failed = if totals.failed + totals.unknown == 0 { "nobody" } else { "listed below" };
    let unchanged = detail.run.plan.as_ref().map(|plan| plan.counts.unchanged);
    let mut left = vec![
        ("changed", format::count(totals.written), parts.join(", ")),
        ("confirmed", format::count(totals.confirmed), "read back and equal".to_owned()),
        ("failed", format::count(totals.failed), failed.to_owned()),
        ("held", format::count(totals.held), held),
        ("unchanged", unchanged.map(format::count).unwrap_or_else(|| "-".to_owned()), String::new()),
    ];
    if let Some(reading) = &detail.run.reading {
        let words = format!("{}, {} changed", reading.scope.words(), format::count(reading.changed));
        left.push(("read", format::count(reading.records), words));
    }
    let mails = if detail.mails {
        format!("{} by {}", format::counted(totals.mails.into(), "welcome mail", "welcome mails"), detail.destination)
    } else {
        "none".to_owned()
    };
    // Beside it, because both are lines that nobody knows to be written.
    let unknown = match totals.pending {
        0 => format::count(totals.unknown),
        pending => format!("{}; {} not sent", format::count(totals.unknown), format::count(pending)),
    };
    let approved = match detail.run.plan.as_ref().and_then(|plan| plan.approval.as_ref()) {
        Some(stored) => stored.approval.confirmed.clone().unwrap_or_else(|| "within every limit".to_owned()),
        None => "nothing".to_owned(),
    };
    let right = vec![
        ("result", words::result(run)),
        ("mails", mails),
        ("unknown", unknown),
        ("skipped", skipped(detail)),
        ("approved", approved),
    ];
    (left, right)
}
