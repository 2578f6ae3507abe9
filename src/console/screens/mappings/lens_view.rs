//! The difference lens of the value under the cursor.

use ratatui::layout::Rect;

use super::data::{Line, Sheet, ValueState};
use super::state::Mappings;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::lens::Lens;
use crate::console::widgets::{Canvas, Span};

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
            let words = format!("`{}` is like nothing in {}.", value_words(&line.value), sheet.destination);
            paragraph(&words, area, canvas);
            return;
        };
        let lens = Lens::new(value, &other);
        let [left, marks, right] = lens.lines();
        let label = width::width(&sheet.source).max(width::width(&sheet.destination)) + 3;
        let room = room.saturating_sub(label);
        let heads = [sheet.source.as_str(), "", sheet.destination.as_str()];
        for (at, (head, text)) in (0u16..).zip(heads.into_iter().zip([&left, &marks, &right])) {
            if at >= area.height {
                return;
            }
            canvas.text(area.x + 2, area.y + at, label, head, Role::Muted);
            let x = area.x + 2 + u16::try_from(label).unwrap_or(0);
            if at == 1 {
                let used = width::width(&marks);
                let reason = format!("{marks}{}{}", if used > 0 { "   " } else { "" }, lens.reason);
                let spans = [
                    Span::new(marks.clone(), Role::Mismatch),
                    Span::new(reason.get(marks.len()..).unwrap_or_default(), Role::Text),
                ];
                canvas.spans(x, area.y + at, room, &spans, false);
            } else {
                canvas.text(x, area.y + at, room, text, Role::Text);
            }
        }
        let below = Rect { y: area.y + 4, height: area.height.saturating_sub(4), ..area };
        let sentence = lens.names.first().cloned().unwrap_or_else(|| sentence(sheet, line));
        paragraph(&sentence, below, canvas);
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

fn value_words(value: &str) -> String {
    crate::console::widgets::lens::show_blanks(value)
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
