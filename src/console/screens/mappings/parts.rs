//! What several screens draw alike: refusals and first loads.

use ratatui::layout::Rect;

use crate::console::app::{Problem, ViewCx};
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, rule};

/// A refusal in four lines, where there is nothing older to show.
pub fn problem(problem: &Problem, refresh: &str, area: Rect, canvas: &mut Canvas<'_>) {
    rule::title(canvas, Rect { height: 1, ..area }, &problem.what, "", true);
    let heads =
        [("what", vec![problem.what.clone()]), ("who", vec![problem.who.clone()]), ("why", vec![problem.why.clone()])];
    let mut y = area.y + 2;
    let room = usize::from(area.width).saturating_sub(12);
    let mut line = |head: &str, text: &str, canvas: &mut Canvas<'_>| {
        for (at, part) in width::wrap(text, room).iter().enumerate().filter(|(_, part)| !part.is_empty()) {
            if y >= area.bottom() {
                return;
            }
            canvas.text(area.x + 1, y, 8, if at == 0 { head } else { "" }, Role::Muted);
            canvas.text(area.x + 10, y, room, part, Role::Text);
            y += 1;
        }
    };
    for (head, texts) in heads {
        for text in texts.iter().filter(|text| !text.is_empty()) {
            line(head, text, canvas);
        }
    }
    let again = format!("{refresh}: try again");
    let steps = problem.remedies.iter().filter(|step| !step.is_empty()).chain([&again]);
    for (number, step) in steps.enumerate() {
        line(if number == 0 { "now" } else { "" }, &format!("{}  {step}", number + 1), canvas);
    }
}

/// A first load: `reading …`, never an empty table that looks like none.
pub fn reading(words: &str, area: Rect, canvas: &mut Canvas<'_>) {
    canvas.text(
        area.x + 5,
        area.y,
        usize::from(area.width).saturating_sub(6),
        &format!("reading {words} …"),
        Role::Muted,
    );
}

/// A sentence in an empty list, wrapped.
pub fn sentence(text: &str, area: Rect, canvas: &mut Canvas<'_>) {
    let room = usize::from(area.width).saturating_sub(7);
    for (at, line) in width::wrap(text, room).iter().enumerate() {
        let y = area.y + u16::try_from(at).unwrap_or(u16::MAX);
        if y < area.bottom() {
            canvas.text(area.x + 5, y, room, line, Role::Muted);
        }
    }
}

/// `data from 14:02`; nothing before the first pull.
pub fn data_from(read_at: Option<jiff::Timestamp>, cx: &ViewCx<'_>) -> String {
    read_at.map_or_else(String::new, |at| match crate::console::format::moment(at, cx.now.wall, &cx.zone()) {
        words if words == "now" || words.ends_with("ago") => {
            format!("data from {}", crate::console::format::clock(at, &cx.zone()))
        }
        words => format!("data from {words}"),
    })
}
