//! The steps of a connection test, as they are listed: what passed, what did not, and why.

use ratatui::layout::Rect;

use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, rule};
use crate::ports::api::{ProbeResult, ProbeStep};

/// One side of a test.
#[derive(Clone, Copy, Debug)]
pub struct Pane<'a> {
    /// The vendor's name.
    pub title: &'a str,
    /// `None` while its answer is awaited.
    pub steps: Option<&'a [ProbeStep]>,
    /// Words in the title's rule instead of the verdict: `not tested`.
    pub words: Option<&'a str>,
    pub focused: bool,
}

/// Draws one side; returns the rows that it took.
pub fn draw(pane: &Pane<'_>, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
    let failed = |step: &ProbeStep| matches!(step.result, ProbeResult::Failed(_));
    let verdict = match (pane.words, pane.steps) {
        (Some(words), _) => words,
        (None, None) => "calling …",
        (None, Some(steps)) if steps.iter().any(failed) => "refused",
        (None, Some(_)) => "passed",
    };
    rule::title(canvas, Rect { height: area.height.min(1), ..area }, pane.title, verdict, pane.focused);
    let mut y = area.y.saturating_add(1);
    for step in pane.steps.unwrap_or_default() {
        let (role, detail) = match &step.result {
            ProbeResult::Passed => (Role::Ok, step.detail.clone()),
            ProbeResult::Warning => (Role::Warn, step.detail.clone()),
            ProbeResult::Failed(error) => (Role::Danger, error.to_string()),
            ProbeResult::NotTried => (Role::Muted, "not tried".to_owned()),
        };
        let cells = usize::from(area.width.saturating_sub(27));
        let lines = width::wrap(&detail, cells);
        let shown = if role == Role::Danger || role == Role::Warn { lines.len().clamp(1, 3) } else { 1 };
        for row in 0..shown {
            if y >= area.bottom() {
                return area.height;
            }
            if row == 0 {
                canvas.text(area.x + 3, y, 1, role.glyph(), role);
                canvas.text(area.x + 5, y, 20, &step.name, Role::Text);
            }
            let last = row + 1 == shown && shown < lines.len();
            let rest = if last { lines.get(row..).map(|rest| rest.join(" ")) } else { lines.get(row).cloned() };
            let ink = if role == Role::Muted { Role::Muted } else { Role::Text };
            canvas.text(area.x + 26, y, cells, &rest.unwrap_or_default(), ink);
            y += 1;
        }
    }
    y.saturating_sub(area.y)
}
