//! SCREENS 7.19: the problem that ended the newest run, then what was tried. Stays until a run has gone well.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::data::Newest;
use super::picture::ordinal;
use super::state::Run;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::screens::history::words;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Span, rule};
use crate::domain::problem::Problem;

/// Where the words of the four lines begin.
const WORDS: u16 = 10;

impl Run {
    pub(super) fn draw_problem(&self, cx: &ViewCx<'_>, newest: &Newest, area: Rect, canvas: &mut Canvas<'_>) {
        let (Some(run), Some(problem)) = (newest.run(), self.problem()) else { return };
        let zone = cx.zone();
        let ended = run.ended.unwrap_or(run.started);
        let again = match newest.in_a_row() {
            0 | 1 => String::new(),
            times => format!(", {} time in a row", ordinal(u32::try_from(times).unwrap_or(u32::MAX))),
        };
        let when = day_and_time(ended, cx.now.wall, &zone);
        rule::title(canvas, area, &problem.what, &format!("{}{again}", short(&when)), true);
        let mut y = area.y + 2;
        let bottom = area.bottom();
        y = self.four_lines(cx, newest, problem, Rect { y, height: bottom.saturating_sub(y), ..area }, canvas);
        if y + 3 >= bottom {
            return;
        }
        y += 1;
        rule::title(canvas, Rect::new(area.x, y, area.width, 1), "What was tried", "", false);
        for row in &newest.recent {
            y += 1;
            if y + 2 >= bottom {
                break;
            }
            let at = day_and_time(row.started, cx.now.wall, &zone);
            let used = canvas.text(area.x + 2, y, 16, &at, Role::Text);
            let role = words::role(row);
            let x = area.x + 2 + used.max(9) + 1;
            let line = [Span::new(role.glyph(), role), Span::from(format!(" run {}   {}", row.id, words::result(row)))];
            canvas.spans(x, y, usize::from(area.right().saturating_sub(x)), &line, false);
        }
        if let (Some(pull), true) = (newest.last_pull, y + 2 < bottom) {
            let at = format::clock(pull, &zone);
            let age = format::duration(std::time::Duration::from_secs(
                u64::try_from(cx.now.wall.duration_since(pull).as_secs()).unwrap_or(0),
            ));
            let text = format!("Last good pull {at}, {age} old. Preview, Review and Mappings still work.");
            canvas.text(area.x + 1, y + 2, usize::from(area.width.saturating_sub(2)), &text, Role::Text);
        }
    }

    /// What, who, why, now; returns the row after them.
    fn four_lines(
        &self,
        cx: &ViewCx<'_>,
        newest: &Newest,
        problem: &Problem,
        area: Rect,
        canvas: &mut Canvas<'_>,
    ) -> u16 {
        let run = newest.run().map(|run| run.id.to_string()).unwrap_or_default();
        let mut what = problem.what.clone();
        if !what.contains(&format!("un {run}")) {
            what = format!("Run {run}: {what}");
        }
        if newest.run().is_some_and(|run| run.totals.written == 0) {
            what.push_str(". Nothing was written");
        }
        let plain = |head, text: &str| (head, String::new(), text.to_owned());
        let mut lines = vec![plain("what", &what)];
        lines.extend(
            [plain("who", &problem.who), plain("why", &problem.why)].into_iter().filter(|line| !line.2.is_empty()),
        );
        for (number, step) in self.cures(cx, problem).into_iter().enumerate() {
            lines.push((if number == 0 { "now" } else { "" }, (number + 1).to_string(), step));
        }
        let mut y = area.y;
        for (head, number, text) in lines {
            let indent = if number.is_empty() { 0 } else { 3 };
            let cells = usize::from(area.width.saturating_sub(WORDS + 1 + indent));
            for (at, line) in width::wrap(&text, cells).into_iter().enumerate() {
                if y >= area.bottom() {
                    return y;
                }
                if at == 0 {
                    canvas.text(area.x + 1, y, 5, head, Role::Muted);
                    canvas.text(area.x + WORDS, y, 2, &number, Role::Text);
                }
                canvas.text(area.x + WORDS + indent, y, cells, &line, Role::Text);
                y += 1;
            }
        }
        y
    }

    /// What can be done: first what can be done from here.
    fn cures(&self, cx: &ViewCx<'_>, problem: &Problem) -> Vec<String> {
        let mut cures = Vec::new();
        let key = |action| cx.bindings.shown(action);
        use crate::console::keys::Action;
        if let Some(unfinished) = self.finishable() {
            cures.push(format!("{}: finish run {} where it stopped", key(Action::Send), unfinished.run));
        }
        if self.needs_secret() {
            cures.push(format!("{}: put in a new secret; Ctrl-T there tests it", key(Action::Enter)));
        }
        if let Some(rows) = self.let_through() {
            let rows = format::count(rows);
            cures.push(format!("{}: who is missing, and how to let the {rows} through", key(Action::Enter)));
        }
        cures.push(format!("{}: preview again; it only reads", key(Action::Refresh)));
        cures.extend(problem.remedies.iter().cloned());
        cures
    }
}

/// Without the seconds.
fn short(when: &str) -> &str {
    match when.rsplit_once(':') {
        Some((minutes, _)) if when.matches(':').count() == 2 => minutes,
        _ => when,
    }
}

/// `13:26:02` today, else with the day.
fn day_and_time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (at.to_zoned(zone.clone()).date(), now.to_zoned(zone.clone()).date());
    if then == today {
        format::clock_seconds(at, zone)
    } else {
        format!("{} {}", format::day(then, today), format::clock(at, zone))
    }
}
