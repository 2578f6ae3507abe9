//! The difference lens of the value under the cursor.

use ratatui::layout::Rect;

use super::data::{Line, Sheet, ValueState};
use super::state::Mappings;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::Canvas;
use crate::console::widgets::lens::{Lens, show_blanks};

/// The lens's word for two values that have nothing to do with each other.
const DIFFERENT: &str = "different words";

impl Mappings {
    /// The two texts that are compared: the value, and what it becomes, would become or comes near.
    pub(super) fn compared<'a>(&'a self, line: &'a Line) -> Option<(&'a str, String)> {
        let highlighted = self.editing.as_ref().filter(|editing| editing.value == line.value);
        let other = match highlighted {
            Some(editing) => editing.picker.highlighted().map(|item| item.label.clone()),
            None => line.target.clone().or_else(|| line.why.strip_prefix("near: ").map(str::to_owned)),
        };
        Some((line.value.as_str(), other?))
    }

    pub(super) fn draw_lens(&self, sheet: &Sheet, line: &Line, area: Rect, canvas: &mut Canvas<'_>) {
        let room = usize::from(area.width).saturating_sub(4);
        let Some((value, other)) = self.compared(line) else {
            let words = format!("`{}` is like nothing in {}.", show_blanks(&line.value), sheet.destination);
            paragraph(&words, area, canvas);
            return;
        };
        let lens = Lens::new(value, &other);
        let [mut left, mut marks, mut right, mut under] = lens.lines();
        if lens.reason == DIFFERENT {
            // Letters that two words share by chance tell nothing: no marks, no gaps.
            (left, marks, right, under) = (show_blanks(value), String::new(), show_blanks(&other), String::new());
        }
        let label = width::width(&sheet.source).max(width::width(&sheet.destination)) + 3;
        let room = room.saturating_sub(label);
        let x = area.x + 2 + u16::try_from(label).unwrap_or(0);
        let gap = if marks.is_empty() { "" } else { "   " };
        let beside = width::width(&marks) + width::width(gap) + width::width(&lens.reason) <= room;
        let rows = [(sheet.source.as_str(), &left), ("", &marks), (sheet.destination.as_str(), &right), ("", &under)];
        for (y, (head, text)) in (area.y..area.bottom()).zip(rows) {
            canvas.text(area.x + 2, y, label, head, Role::Muted);
            let role = if head.is_empty() { Role::Mismatch } else { Role::Text };
            let used = canvas.text(x, y, room, text, role);
            if head.is_empty() && beside && y == area.y + 1 {
                canvas.text(x + used, y, room, &format!("{gap}{}", lens.reason), Role::Text);
            }
        }
        let below = Rect { y: area.y + 4, height: area.height.saturating_sub(4), ..area };
        let mut words = lens.names.first().cloned().unwrap_or_else(|| sentence(sheet, line));
        if !beside {
            words = format!("{}. {words}", super::list::capital(&lens.reason));
        }
        paragraph(&words, below, canvas);
    }
}

fn sentence(sheet: &Sheet, line: &Line) -> String {
    match line.state {
        ValueState::Suggested if sheet.verbatim => format!(
            "{} takes a {} only when capitals and blanks agree exactly, so verbatim fails here.",
            sheet.destination, sheet.word.0
        ),
        ValueState::Suggested => "Never taken by itself: Enter accepts it.".to_owned(),
        ValueState::Verbatim => format!("Passes through as it is: {} has exactly this.", sheet.destination),
        ValueState::Archived => format!("Archived in {}: nobody can be given it.", sheet.destination),
        ValueState::Gone => format!("{} no longer has it.", sheet.destination),
        _ => String::new(),
    }
}

/// A wrapped text with the pane's margins.
pub(super) fn paragraph(text: &str, area: Rect, canvas: &mut Canvas<'_>) {
    let room = usize::from(area.width).saturating_sub(3);
    for (at, part) in (0u16..).zip(width::wrap(text, room)) {
        if at < area.height {
            canvas.text(area.x + 2, area.y + at, room, &part, Role::Text);
        }
    }
}
