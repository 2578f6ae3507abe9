//! What a frame says, for those who do not see it: every text as it was given, whole, with its place. `--plain` tells it pane by
//! pane in the order of reading.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::console::term::{glyphs, width};

/// Rows at the foot that are told also while a box lies over the screen: status and keys.
const FOOT: u16 = 2;
/// A column of the screen from which on there is another pane, and the rows in which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wall {
    x: u16,
    top: u16,
    bottom: u16,
}

/// A text and the cells that it was drawn in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    x: u16,
    y: u16,
    cells: u16,
    text: String,
}

/// The box that was drawn last, and how many texts there were before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
    area: Rect,
    before: usize,
}

/// The texts of one frame, in the order in which they were drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tape {
    pieces: Vec<Piece>,
    walls: Vec<Wall>,
    question: Option<Question>,
    /// The row on which the keys act.
    stands: Option<u16>,
}

impl Tape {
    /// The keys act on this row: only there a cursor is told, whatever other panes remember.
    pub fn stand(&mut self, row: u16) {
        self.stands = Some(row);
    }

    /// A text was drawn in `cells` cells, whole or cut; what it lies over is gone. Rules and bars say nothing.
    pub fn say(&mut self, x: u16, y: u16, cells: u16, text: &str) {
        let covered = |piece: &Piece| piece.y == y && (x..x.saturating_add(cells)).contains(&piece.x);
        self.forget(covered);
        if cells > 0 && !told(text).trim().is_empty() {
            self.pieces.push(Piece { x, y, cells, text: width::clean(text).into_owned() });
        }
    }

    /// Right of `x` there is another pane, in `rows` rows.
    pub fn wall(&mut self, x: u16, top: u16, rows: u16) {
        self.walls.push(Wall { x, top, bottom: top.saturating_add(rows) });
    }

    /// An area was blanked.
    pub fn blank(&mut self, area: Rect) {
        self.forget(|piece| area.contains(Position::new(piece.x, piece.y)));
    }

    /// A box lies over the screen: it asks first, so only it is told.
    pub fn ask(&mut self, area: Rect) {
        self.question = Some(Question { area, before: self.pieces.len() });
        self.walls.clear();
    }

    fn forget(&mut self, gone: impl Fn(&Piece) -> bool) {
        let before = self.question.map_or(0, |question| question.before);
        let left = self.pieces.iter().take(before).filter(|piece| !gone(piece)).count();
        self.pieces.retain(|piece| !gone(piece));
        if let Some(question) = &mut self.question {
            question.before = left;
        }
    }

    /// What is told of a frame of `height` rows: line by line, one pane after the other.
    #[must_use]
    pub fn lines(&self, height: u16) -> Vec<String> {
        let foot = height.saturating_sub(FOOT);
        let is_told = |at: usize, piece: &Piece| match self.question {
            _ if piece.text == glyphs::CURSOR && self.stands.is_some_and(|row| row != piece.y) => false,
            None => true,
            Some(Question { area, before }) => {
                piece.y >= foot || (at >= before && area.contains(Position::new(piece.x, piece.y)))
            }
        };
        let mut pieces: Vec<(Vec<Wall>, &Piece)> = self
            .pieces
            .iter()
            .enumerate()
            .filter(|(at, piece)| is_told(*at, piece))
            .map(|(_, piece)| (self.walls_of(piece.y), piece))
            .collect();
        pieces.sort_by_key(|(_, piece)| (piece.y, piece.x));
        let mut lines = Vec::new();
        for band in pieces.chunk_by(|(one, _), (next, _)| one == next) {
            let walls = band.first().map(|(walls, _)| walls.as_slice()).unwrap_or_default();
            for pane in 0..=walls.len() {
                let inside = |piece: &Piece| walls.iter().filter(|wall| wall.x <= piece.x).count() == pane;
                let own: Vec<&Piece> = band.iter().map(|(_, piece)| *piece).filter(|piece| inside(piece)).collect();
                lines.extend(own.chunk_by(|one, next| one.y == next.y).map(line).filter(|line| !line.is_empty()));
            }
        }
        lines
    }

    /// The walls through a row, from left to right.
    fn walls_of(&self, y: u16) -> Vec<Wall> {
        let mut walls: Vec<Wall> =
            self.walls.iter().filter(|wall| (wall.top..wall.bottom).contains(&y)).copied().collect();
        walls.sort_unstable_by_key(|wall| (wall.x, wall.top));
        walls.dedup_by_key(|wall| wall.x);
        walls
    }
}

/// The texts of a row as one line: what was drawn without a gap belongs together.
fn line(pieces: &[&Piece]) -> String {
    let mut text = String::new();
    let mut last: Option<&Piece> = None;
    for piece in pieces {
        text.push_str(last.map_or("", |last| gap(last, piece)));
        text.push_str(&piece.text);
        last = Some(piece);
    }
    told(&text)
}

/// What is between two texts of a row: a glyph belongs to what follows it, and so does what begins where the other ends, unless
/// that was cut there.
fn gap(last: &Piece, next: &Piece) -> &'static str {
    let drawn = UnicodeWidthStr::width(last.text.as_str());
    match next.x.saturating_sub(last.x.saturating_add(last.cells)) {
        _ if drawn > usize::from(last.cells) => "  ",
        0 if last.text == glyphs::CURSOR => " ",
        0 => "",
        1 if drawn == 1 => " ",
        _ => "  ",
    }
}

/// A text in words: rules, bars and corners are blanks, and blanks between words are at most two.
fn told(text: &str) -> String {
    let decoration = |c: char| matches!(c, '\u{2500}'..='\u{259f}');
    let spoken: String = text.chars().map(|c| if decoration(c) { ' ' } else { c }).collect();
    let parts: Vec<&str> = spoken.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(texts: &[(u16, u16, u16, &str)]) -> Tape {
        let mut tape = Tape::default();
        for (x, y, cells, text) in texts {
            tape.say(*x, *y, *cells, text);
        }
        tape
    }

    #[test]
    fn panes_follow_one_another_and_nothing_is_cut() {
        let mut tape = said(&[
            (0, 0, 9, "Onroll › T"),
            (0, 1, 6, "Katarzyna Wójcik"),
            (8, 1, 5, "waits"),
            (20, 1, 7, "e-mails"),
            (0, 2, 4, "next"),
            (20, 2, 4, "none"),
            (0, 3, 4, "foot"),
        ]);
        tape.wall(18, 1, 2);
        assert_eq!(tape.lines(9), ["Onroll › T", "Katarzyna Wójcik  waits", "next", "e-mails", "none", "foot"]);
    }

    #[test]
    fn spans_without_a_gap_are_one_sentence_and_bars_are_silent() {
        let tape = said(&[
            (0, 0, 4, "9 of"),
            (4, 0, 3, " 10"),
            (8, 0, 6, "███▌░░"),
            (15, 0, 1, "!"),
            (17, 0, 4, "near"),
            (22, 0, 4, "next"),
        ]);
        assert_eq!(tape.lines(9), ["9 of 10  ! near  next"]);
        assert_eq!(said(&[(0, 0, 1, "▸"), (1, 0, 1, "g"), (3, 0, 5, "first")]).lines(9), ["▸ g first"]);
        assert_eq!(told("  a   b │ c  ┊  ██  "), "a  b  c");
        assert_eq!(told("━ Tenants ━━━━ 2 need you ━"), "Tenants  2 need you");
    }

    #[test]
    fn a_box_is_told_instead_of_what_lies_under_it() {
        let mut tape =
            said(&[(0, 0, 6, "Onroll"), (0, 2, 3, "one"), (3, 3, 5, "under"), (0, 7, 3, "now"), (0, 8, 5, "q off")]);
        tape.blank(Rect::new(3, 2, 10, 4));
        tape.ask(Rect::new(3, 2, 10, 4));
        tape.say(4, 2, 6, " Help ");
        tape.say(4, 3, 3, "esc");
        assert_eq!(tape.lines(9), ["Help", "esc", "now", "q off"]);
    }

    #[test]
    fn only_the_row_on_which_the_keys_act_has_a_cursor() {
        let mut tape = said(&[(0, 0, 1, "▸"), (2, 0, 3, "one"), (0, 1, 1, "▸"), (2, 1, 3, "two")]);
        tape.stand(1);
        assert_eq!(tape.lines(9), ["one", "▸ two"]);
    }

    #[test]
    fn what_lies_over_a_text_takes_its_place() {
        let mut tape = said(&[(0, 0, 9, "old words"), (4, 0, 5, "newer")]);
        assert_eq!(tape.lines(9), ["old wordsnewer"]);
        tape.say(0, 0, 9, "only this");
        assert_eq!(tape.lines(9), ["only this"]);
    }
}
