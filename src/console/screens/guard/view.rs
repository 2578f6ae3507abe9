//! What the source guard's page looks like: laid out like the typed confirmation of a limit (SCREENS 7.12).

use ratatui::layout::Rect;

use super::state::GuardScreen;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::run::data::Newest;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::confirm::{TypedConfirm, ask_to_type};
use crate::console::widgets::gauge::{count_bar, progress};
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::domain::problem::LetThrough;
use crate::domain::snapshot::Side;

/// Rows of the answer at the bottom, its title among them.
const ANSWER: u16 = 4;

impl GuardScreen {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width).saturating_sub(2);
        let (Some(newest), Some(stop)) = (self.newest.value(), self.stop()) else {
            rule::title(canvas, Rect { height: 1, ..area }, "Source guard", "", true);
            let words = match (self.newest.problem(), self.newest.value()) {
                (Some(problem), _) => problem.lines(),
                (None, None) => vec!["reading …".to_owned()],
                (None, Some(_)) => vec!["Nothing is stopped here any more: a newer run has begun.".to_owned()],
            };
            for (y, line) in (area.y + 2..area.bottom()).zip(words) {
                canvas.text(area.x + 1, y, cells, &line, Role::Text);
            }
            return;
        };
        let (came, last) = (format::count(stop.received), format::count(stop.last_good));
        let (rows, guard) = match stop.side {
            Side::Source => ("employees", "source guard"),
            Side::Destination => ("users", "guard of the users"),
        };
        let answer = area.bottom().saturating_sub(ANSWER);
        if !stop.findings.is_empty() {
            let title = format!("Stopped: {came} {rows} came, not as they should be");
            rule::title(canvas, Rect { height: 1, ..area }, &title, guard, !self.typing);
            let most = answer.saturating_sub(area.y + 8);
            let y = draw_findings(&stop.findings, Rect { y: area.y + 1, height: most, ..area }, canvas);
            self.draw_cures(cx, newest, stop, Rect { y: y + 1, height: answer.saturating_sub(y + 1), ..area }, canvas);
            self.draw_answer(newest, stop, Rect { y: answer, height: ANSWER, ..area }, canvas);
            return;
        }
        let title = format!("Stopped: {came} {rows} came, {last} the last time");
        rule::title(canvas, Rect { height: 1, ..area }, &title, guard, !self.typing);
        let fewer = stop.last_good.saturating_sub(stop.received);
        let share = format::percent_of(fewer, stop.last_good);
        let words = format!("{} fewer are {share}; up to 10 % pass without a question.", format::count(fewer));
        canvas.text(area.x + 1, area.y + 1, cells, &words, Role::Text);
        let bar = progress(stop.received, stop.last_good, 40.min(cells / 2));
        let line = [Span::new("came  ", Role::Muted), Span::from(bar), Span::from(format!("  {came} of {last}"))];
        canvas.spans(area.x + 1, area.y + 2, cells, &line, false);
        let y = draw_lost(stop, Rect { y: area.y + 4, height: answer.saturating_sub(area.y + 11), ..area }, canvas);
        self.draw_cures(cx, newest, stop, Rect { y: y + 1, height: answer.saturating_sub(y + 1), ..area }, canvas);
        self.draw_answer(newest, stop, Rect { y: answer, height: ANSWER, ..area }, canvas);
    }

    fn draw_cures(&self, cx: &ViewCx<'_>, newest: &Newest, stop: &LetThrough, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height < 2 {
            return;
        }
        rule::title(canvas, Rect { height: 1, ..area }, "What you can do", "", false);
        let (again, answer) = (cx.bindings.shown(Action::Refresh), cx.bindings.shown(Action::NextPane));
        let (system, look) = match stop.side {
            Side::Source if !stop.findings.is_empty() => (
                newest.source,
                "was a field or a permission changed? A field that feeds nothing any more is mapped to `none` in Settings",
            ),
            Side::Source => (newest.source, "was a filter, a site or a permission changed?"),
            Side::Destination => (newest.destination, "is it the right account, may the key see everybody?"),
        };
        let steps = [
            (again, format!("preview again, once {system} is whole; the first good pull ends this")),
            ("-".to_owned(), format!("look in {system}: {look}")),
            (answer, "let this number through, once: it is planned, nothing is sent; limits still hold".to_owned()),
        ];
        let cells = usize::from(area.width).saturating_sub(8);
        let mut y = area.y + 1;
        for (key, words) in steps {
            for (at, line) in width::wrap(&words, cells).into_iter().enumerate() {
                if y >= area.bottom() {
                    return;
                }
                if at == 0 {
                    canvas.text(area.x + 2, y, 4, &key, Role::Accent);
                }
                canvas.text(area.x + 7, y, cells, &line, Role::Text);
                y += 1;
            }
        }
    }

    fn draw_answer(&self, newest: &Newest, stop: &LetThrough, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.hit(area, Hit::Pane(1));
        rule::title(canvas, Rect { height: 1, ..area }, "Your answer", "planned only, nothing is sent", self.typing);
        let expected = TypedConfirm::expected(&self.tenant, stop.received);
        let rows = match stop.side {
            Side::Source => "employees",
            Side::Destination => "users",
        };
        let act = format!("To plan from {} {rows} of {}", format::count(stop.received), newest.tenant_name);
        ask_to_type(&act, &expected, Rect { y: area.y + 1, ..area }, canvas);
        let field = Rect::new(area.x + 1, area.y + 2, area.width / 2, 1);
        self.typed.view(field, self.typing, canvas);
        let (hint, role) = match (self.agrees(), self.typing) {
            (true, _) => ("Enter lets it through".to_owned(), Role::Ok),
            (false, true) => {
                (TypedConfirm::hint(&expected, usize::from((area.width / 2).saturating_sub(3))), Role::Muted)
            }
            (false, false) => ("Tab, then type".to_owned(), Role::Muted),
        };
        canvas.right(Rect::new(area.x, area.y + 2, area.width.saturating_sub(2), 1), &hint, role);
    }
}

/// What is wrong with the records; returns the row after it.
fn draw_findings(findings: &[String], area: Rect, canvas: &mut Canvas<'_>) -> u16 {
    let cells = usize::from(area.width).saturating_sub(4);
    let mut y = area.y;
    for finding in findings {
        for (at, line) in width::wrap(finding, cells).into_iter().enumerate() {
            if y >= area.bottom() {
                return y;
            }
            if at == 0 {
                canvas.text(area.x + 1, y, 1, "!", Role::Danger);
            }
            canvas.text(area.x + 3, y, cells, &line, Role::Text);
            y += 1;
        }
    }
    y
}

/// Where people are missing; returns the row after it.
fn draw_lost(stop: &LetThrough, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
    if stop.lost.is_empty() || area.height < 2 {
        return area.y.saturating_sub(1);
    }
    let missing: u64 = stop.lost.iter().map(|lost| lost.lost).sum();
    let people = format::counted(missing, "person", "people");
    rule::title(canvas, Rect { height: 1, ..area }, "Who is missing", &people, false);
    let most = stop.lost.iter().map(|lost| lost.lost).max().unwrap_or(0);
    let mut y = area.y;
    for lost in stop.lost.iter().take(usize::from(area.height) - 1) {
        y += 1;
        let place = if lost.branch.is_empty() { "without a branch".to_owned() } else { format!("`{}`", lost.branch) };
        let figures = format::share(lost.lost, lost.had);
        let role = if lost.lost == lost.had { Role::Danger } else { Role::Text };
        canvas.text(area.x + 1, y, 16, &width::pad_left(&figures, 16), Role::Text);
        canvas.text(area.x + 18, y, 8, &count_bar(lost.lost, most, 8), Role::Text);
        canvas.text(area.x + 27, y, usize::from(area.width).saturating_sub(28), &place, role);
    }
    y + 1
}
