//! How keys move a cursor in a list.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Moves a cursor in a list of `len` lines; stays in range.
#[must_use]
pub fn step(cursor: usize, rows: i32, len: usize) -> usize {
    let last = len.saturating_sub(1);
    let distance = usize::try_from(rows.unsigned_abs()).unwrap_or(usize::MAX);
    if rows < 0 { cursor.saturating_sub(distance) } else { cursor.saturating_add(distance).min(last) }
}

/// How many rows a motion key moves; `None` for other keys. Letters are typed in lists that have a text line.
#[must_use]
pub fn motion(key: KeyEvent, page: i32) -> Option<i32> {
    match key.code {
        KeyCode::Up => Some(-1),
        KeyCode::Down => Some(1),
        KeyCode::PageUp => Some(-page),
        KeyCode::PageDown => Some(page),
        KeyCode::Char('p') if key.modifiers == KeyModifiers::CONTROL => Some(-1),
        KeyCode::Char('n') if key.modifiers == KeyModifiers::CONTROL => Some(1),
        _ => None,
    }
}
