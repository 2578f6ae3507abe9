//! The row of lists above Tenants and each of the fleet's lists: `‹ Tenants 5 ›   Holds 273   People   Values 6   Troubles 3`.

use ratatui::layout::Rect;

use super::data::Counts;
use crate::console::app::{Cx, Place};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::ScreenId;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, PaneId, Span};

/// The row, for the mouse.
pub const LISTS: PaneId = 8;
/// Below this width the lists are walked without their row.
const FROM: u16 = 80;

/// The lists, in the order in which `,` and `.` walk them. A list with a count of its own has a line in [`count`].
const ORDER: [ScreenId; 5] =
    [ScreenId::Tenants, ScreenId::Holds, ScreenId::Anybody, ScreenId::Values, ScreenId::Troubles];

fn title(list: ScreenId) -> &'static str {
    match list {
        ScreenId::Anybody => "People",
        other => other.title(),
    }
}

fn count(list: ScreenId, counts: &Counts) -> Option<u64> {
    match list {
        ScreenId::Tenants => counts.tenants,
        ScreenId::Holds => counts.holds,
        ScreenId::Values => counts.values,
        ScreenId::Troubles => counts.troubles,
        _ => None,
    }
}

/// The body below the row; the whole of it where there is no row.
#[must_use]
pub fn below(body: Rect) -> Rect {
    if body.width < FROM || body.height == 0 {
        return body;
    }
    Rect { y: body.y + 1, height: body.height - 1, ..body }
}

/// Draws the row; the list that is shown stands between its marks.
pub fn draw(here: ScreenId, counts: &Counts, body: Rect, canvas: &mut Canvas<'_>) {
    if body.width < FROM || body.height == 0 {
        return;
    }
    let mut x = body.x + 3;
    for (at, list) in ORDER.into_iter().enumerate() {
        // A figure of 0 is none: it counts what waits.
        let figure =
            count(list, counts).filter(|number| *number > 0).map(|number| format!(" {}", format::count(number)));
        let words = format!("{}{}", title(list), figure.unwrap_or_default());
        let cells = u16::try_from(width::width(&words)).unwrap_or(0);
        let area = if list == here {
            let area = Rect::new(if at == 0 { body.x + 1 } else { x }, body.y, cells + 4, 1);
            canvas.spans(
                area.x,
                area.y,
                usize::from(area.width),
                &[Span::new(format!("‹ {words} ›"), Role::Accent)],
                false,
            );
            area
        } else {
            let area = Rect::new(x, body.y, cells, 1);
            canvas.text(area.x, area.y, usize::from(cells), &words, Role::Muted);
            area
        };
        canvas.hit(area, Hit::Row { pane: LISTS, row: at });
        x = area.right() + 3;
    }
}

/// Goes to the list beside this one; after the last comes the first.
pub fn walk(here: ScreenId, action: Action, cx: &mut Cx<'_>) -> bool {
    let Some(at) = ORDER.iter().position(|list| *list == here) else { return false };
    let to = match action {
        Action::NextItem => at + 1,
        Action::PreviousItem => at + ORDER.len() - 1,
        _ => return false,
    };
    go(here, to % ORDER.len(), cx);
    true
}

/// Goes to a list by its place in the row. Tenants stays below the others, so that Esc leads there.
pub fn go(here: ScreenId, to: usize, cx: &mut Cx<'_>) {
    let Some(list) = ORDER.get(to).copied().filter(|list| *list != here) else { return };
    if here == ScreenId::Tenants {
        cx.open(Place::global(list));
    } else {
        cx.replace(Place::global(list));
    }
}
