//! The line over a list of all tenants while nothing succeeds anywhere.

use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::Canvas;
use crate::domain::trouble::nowhere::Nowhere;
use ratatui::layout::Rect;

/// Rows of what stands under it, at most.
const BECAUSE: usize = 3;

fn lines(nowhere: &Nowhere, hint: &str, cx: &ViewCx<'_>, cells: u16) -> Vec<String> {
    let first = nowhere.first.unwrap_or(nowhere.since);
    let because = nowhere.because(&format::clock(first, &cx.console.zone));
    let mut lines = width::wrap_whole(&because, usize::from(cells.saturating_sub(4)));
    lines.truncate(BECAUSE);
    lines.push(hint.to_owned());
    lines
}

/// Rows that it takes in a body of this width.
pub(in crate::console::screens) fn rows(nowhere: Option<&Nowhere>, hint: &str, body: Rect) -> u16 {
    let Some(nowhere) = nowhere else { return 0 };
    // Times are five cells in every zone.
    let because = nowhere.because("00:00");
    let because = width::wrap_whole(&because, usize::from(body.width.saturating_sub(4))).len().min(BECAUSE);
    let rows = u16::try_from(because + 1 + usize::from(!hint.is_empty())).unwrap_or(5);
    // A small window keeps its list: then the line alone stands there.
    if body.height >= rows + 8 { rows } else { u16::from(body.height >= 6) }
}

/// Draws it on top; what is left is the list's.
pub(in crate::console::screens) fn draw(
    nowhere: Option<&Nowhere>,
    hint: &str,
    cx: &ViewCx<'_>,
    area: Rect,
    canvas: &mut Canvas<'_>,
) -> Rect {
    let rows = rows(nowhere, hint, area);
    let Some(nowhere) = nowhere.filter(|_| rows > 0) else { return area };
    let cells = usize::from(area.width.saturating_sub(4));
    canvas.text(area.x + 1, area.y, 1, "✗", Role::Danger);
    canvas.text(area.x + 3, area.y, cells, &nowhere.head(cx.now.wall), Role::Danger);
    for (y, line) in (area.y + 1..area.y + rows).zip(lines(nowhere, hint, cx, area.width)) {
        canvas.text(area.x + 3, y, cells, &line, Role::Text);
    }
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}
