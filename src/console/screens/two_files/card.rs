//! A card of the desk, with the table and the waterfall of Review, and what each ruling writes.

use ratatui::layout::Rect;

use super::data::{Choice, Disposition, Ruling, Shown};
use super::state::{CardView, TwoFiles};
use crate::console::format;
use crate::console::screens::review::{CardTable, draw_choices, draw_line_lens};
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, rule};

impl TwoFiles {
    pub(super) fn draw_card(card: &CardView, area: Rect, canvas: &mut Canvas<'_>) {
        let shown = &card.shown;
        let place = format!(
            "{} {} of {}",
            super::result::word(shown.kind),
            format::count(shown.at + 1),
            format::count(shown.of)
        );
        let title = format!("{}: {}", shown.card.name, shown.reason);
        rule::title(canvas, Rect { height: 1, ..area }, &title, &place, true);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        match shown.card.choices.get(card.choice) {
            Some(choice) => draw_beside(card, choice, body, canvas),
            None => draw_alone(card, body, canvas),
        }
    }
}

fn draw_beside(card: &CardView, choice: &Choice, area: Rect, canvas: &mut Canvas<'_>) {
    let shown = &card.shown;
    let roomy = area.height >= 28;
    // In a low window the fields go before what a ruling writes.
    let below = match area.height {
        28.. => 5 + 2 + 5,
        17.. => 7,
        _ => 3,
    };
    let rows = u16::try_from(CardTable::rows(choice)).unwrap_or(area.height);
    let table = Rect { height: rows.min(area.height.saturating_sub(below)).max(4), ..area };
    CardTable {
        words: &shown.words,
        identifier: &shown.card.identifier,
        choice,
        place: (card.choice + 1, shown.card.choices.len()),
        field: card.field,
        threshold: Some(shown.threshold),
        verdict: verdict(shown, choice),
    }
    .draw(table, canvas);
    let first = table.y + 2 + u16::from(choice.prior.is_some() && table.height + 2 >= rows);
    let row = (first + u16::try_from(card.field).unwrap_or(0)).min(table.bottom().saturating_sub(1));
    canvas.stand_on(Rect { y: row, height: 1, ..table });
    let mut y = table.bottom();
    let cells = usize::from(area.width);
    if roomy {
        y += 1;
        if let Some(line) = choice.lines.get(card.field) {
            draw_line_lens(&shown.words, line, Rect { y, height: 4, ..area }, canvas);
        }
        y += 5;
    } else if let Some(line) = choice.lines.get(card.field) {
        let words = format!("{}: {}", line.label, line.reason);
        canvas.text(area.x + 1, y, cells.saturating_sub(14), &words, Role::Text);
        canvas.right(Rect { y, height: 1, width: area.width.saturating_sub(3), ..area }, "Tab lens", Role::Muted);
        y += 1;
    }
    draw_choices(&shown.card.choices, card.choice, Rect { y, height: 1, ..area }, canvas);
    y += 1 + u16::from(roomy);
    let rest = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    match choice.lines.get(card.field).filter(|_| card.lens && !roomy) {
        Some(line) => draw_line_lens(&shown.words, line, rest, canvas),
        None => draw_what_is_written(card, Some(choice), rest, canvas),
    }
}

/// What stands behind the total.
fn verdict(shown: &Shown, choice: &Choice) -> String {
    match shown.disposition {
        Disposition::Link(_) if shown.ruled.is_none() => "linked by the match".to_owned(),
        _ if choice.probability >= shown.threshold => "asked all the same".to_owned(),
        _ => format!("below {}", format::percent(shown.threshold)),
    }
}

/// Somebody whom no user comes near: what the list has.
fn draw_alone(card: &CardView, area: Rect, canvas: &mut Canvas<'_>) {
    let cells = usize::from(area.width).saturating_sub(17);
    let mut y = area.y + 1;
    canvas.text(area.x + 3, y, cells + 12, "No user comes near.", Role::Text);
    y += 2;
    canvas.stand_on(Rect { y: area.y + 1, height: 1, ..area });
    for (label, value) in &card.shown.card.facts {
        if y + 6 >= area.bottom() {
            break;
        }
        canvas.text(area.x + 3, y, 12, label, Role::Muted);
        canvas.text(area.x + 16, y, cells, value, Role::Text);
        y += 1;
    }
    let y = y + 1;
    draw_what_is_written(card, None, Rect { y, height: area.bottom().saturating_sub(y), ..area }, canvas);
}

/// What each ruling writes.
fn draw_what_is_written(card: &CardView, choice: Option<&Choice>, area: Rect, canvas: &mut Canvas<'_>) {
    let shown = &card.shown;
    if area.height < 4 {
        let words = "a ruling is a line in a file; nothing is sent";
        canvas.text(area.x + 1, area.y, usize::from(area.width).saturating_sub(2), words, Role::Muted);
        return;
    }
    let title = match &shown.ruled {
        Some(ruled) => {
            let what = match ruled.ruling {
                Ruling::Link(_) => "linked",
                Ruling::New => "new",
                Ruling::Later => "later",
            };
            let by = if ruled.by.is_empty() { String::new() } else { format!(" by {}", ruled.by) };
            format!("Ruled: {what}{by}")
        }
        None => "What a ruling writes".to_owned(),
    };
    rule::title(canvas, Rect { height: 1, ..area }, &title, "nothing is sent", false);
    let mut rows: Vec<(&str, &str, String, bool)> = Vec::new();
    if let Some(choice) = choice {
        let refused = card.refused_link();
        let words = match &refused {
            Some(why) => format!("user {} is {why}: rule on that card first", choice.user),
            None => {
                format!(
                    "{} in links and in identifiers, for user {} to carry {}",
                    "1 line", choice.user, shown.card.identifier
                )
            }
        };
        rows.push(("Enter", "link", words, refused.is_some()));
    }
    let new = if shown.is_active {
        "1 line in new; no user is taken for this person"
    } else {
        "no line: has left, so no user is needed"
    };
    rows.push(("n", "new", new.to_owned(), false));
    let candidates = format::counted(shown.card.choices.len() as u64, "candidate", "candidates");
    rows.push(("t", "later", format!("stays in review with {candidates}"), false));
    for (y, (key, what, words, off)) in (area.y + 1..area.bottom()).zip(rows) {
        let (key_role, role) = if off { (Role::Muted, Role::Muted) } else { (Role::Accent, Role::Text) };
        let used = canvas.text(area.x + 1, y, 6, key, key_role);
        canvas.text(area.x + 2 + used, y, 6, what, role);
        let cells = usize::from(area.width).saturating_sub(14);
        canvas.text(area.x + 13, y, cells, &width::truncate(&words, cells), role);
    }
}
