//! The third pane of step 2: how sure each row is, and what stands on it.

use ratatui::layout::Rect;

use super::columns::Row;
use super::data::{Look, SideLook};
use super::state::TwoFiles;
use crate::console::format;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, rule};
use crate::domain::field::Field;
use crate::files::people::Side;
use crate::files::people::heads::{Certainty, Meaning};
use crate::files::people::layout::{KeyFrom, Unread};
use crate::files::people::reading::{Note, OrderWhy, order_words};
use crate::files::people::status::StatusMeaning;

/// From this width on there is room for it.
pub(super) const SURE: u16 = 140;
/// Cells that it takes.
pub(super) const SURE_CELLS: u16 = 27;

impl TwoFiles {
    pub(super) fn draw_sure(&self, look: &Look, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, Rect { height: 1, ..area }, "how sure, and what if", "", false);
        let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        let top = self.columns.cursor.saturating_sub(usize::from(list.height).saturating_sub(1));
        let cells = usize::from(area.width).saturating_sub(2);
        for (y, row) in (list.y..list.bottom()).zip(self.column_rows().into_iter().skip(top)) {
            let (words, role) = self.sure(look, row);
            canvas.text(list.x + 1, y, cells, &words, role);
        }
    }

    fn sure(&self, look: &Look, row: Row) -> (String, Role) {
        let quiet = |words: String| (words, Role::Muted);
        let said = |is_said: bool| quiet(if is_said { "as you say".to_owned() } else { String::new() });
        match row {
            Row::Sheet => quiet(sheet_words(look)),
            Row::Heads => said(look.sides.iter().any(|side| self.said_head_row(side).is_some())),
            Row::Delimiter => said(look.sides.iter().any(|side| self.said_text(side.side).delimiter.is_some())),
            Row::Encoding => encoding_words(look),
            Row::Dates => said(look.sides.iter().any(|side| self.said_order(side.side, None).is_some())),
            Row::Field(meaning) => field_words(look, meaning),
            Row::Word(at) => {
                let unclear =
                    |side: &SideLook| side.words().get(at).is_some_and(|word| word.life == StatusMeaning::Unclear);
                let is_said = |side: &SideLook| side.words().get(at).is_some_and(|word| word.is_said);
                if look.sides.iter().any(is_said) {
                    quiet("as you say".to_owned())
                } else if look.sides.iter().any(unclear) {
                    ("held until you say it".to_owned(), Role::Warn)
                } else {
                    quiet(String::new())
                }
            }
            Row::Unread(at) => {
                let guess = |side: &SideLook| match side.unread().get(at)?.1 {
                    Unread::Unknown(guess) => *guess,
                    Unread::Second { meaning, .. } | Unread::OtherValues(meaning) => Some(*meaning),
                    Unread::Private | Unread::Said => None,
                };
                let guesses: Vec<Meaning> = look.sides.iter().filter_map(guess).collect();
                match guesses.as_slice() {
                    [one, other] if one == other => quiet(format!("both might be {}", one.words())),
                    [] => quiet(String::new()),
                    _ => quiet("Enter says what it is".to_owned()),
                }
            }
        }
    }
}

fn sheet_words(look: &Look) -> String {
    let books = look.sides.iter().map(SideLook::sheets).filter(|sheets| sheets.len() > 1);
    let words = books.map(|sheets| {
        let read = sheets.iter().filter(|(.., read)| *read).count();
        format!("{} sheets, {} read", format::count(sheets.len()), format::count(read))
    });
    words.collect::<Vec<_>>().join("; ")
}

fn encoding_words(look: &Look) -> (String, Role) {
    let notes = |side: &SideLook| side.reading.as_ref().map(|reading| reading.notes.clone()).unwrap_or_default();
    let notes: Vec<Note> = look.sides.iter().flat_map(notes).collect();
    let has = |wanted: fn(&Note) -> bool| notes.iter().any(wanted);
    if has(|note| matches!(note, Note::Encoding { is_broken: true, .. })) {
        ("letters that are none in it".to_owned(), Role::Danger)
    } else if has(|note| matches!(note, Note::Encoding { is_said: false, .. })) {
        ("by guess: look at accents".to_owned(), Role::Warn)
    } else {
        let words = if has(|note| matches!(note, Note::Encoding { .. })) { "as you say" } else { "" };
        (words.to_owned(), Role::Muted)
    }
}

/// What a field stands on: the weaker of both lists goes before.
fn field_words(look: &Look, meaning: Meaning) -> (String, Role) {
    let columns: Vec<_> = look.sides.iter().filter_map(|side| side.column(meaning)).collect();
    if meaning == Meaning::Id {
        return key_words(look, columns.len());
    }
    if columns.iter().any(|(_, certainty)| *certainty == Certainty::Likely) {
        return ("a guess by its head".to_owned(), Role::Warn);
    }
    if look.sides.len() > 1 && columns.len() == 1 {
        return (one_sided(look, meaning).to_owned(), Role::Muted);
    }
    let quiet = |words: String| (words, Role::Muted);
    if let Some(words) = date_words(look, meaning) {
        return quiet(words);
    }
    let second = |side: &SideLook| {
        side.unread().iter().any(|(_, why)| matches!(why, Unread::Second { meaning: other, .. } if *other == meaning))
    };
    if look.sides.iter().any(second) {
        return quiet("2 columns; the better read".to_owned());
    }
    if let Meaning::Field(field) = meaning
        && let Some(words) = values_words(look, field)
    {
        return words;
    }
    let is_said = columns.iter().any(|(_, certainty)| *certainty == Certainty::Said);
    quiet(if is_said { "as you say".to_owned() } else { String::new() })
}

fn key_words(look: &Look, columns: usize) -> (String, Role) {
    let by = |side: &SideLook| {
        side.reading.as_ref()?.notes.iter().find_map(|note| match note {
            Note::Key(KeyFrom::Email) => Some("the e-mail is the key"),
            Note::Key(_) => Some("the identifier is the key"),
            _ => None,
        })
    };
    match look.sides.iter().find_map(by) {
        Some(words) => (words.to_owned(), Role::Warn),
        None if columns == look.sides.len() => ("key of each list".to_owned(), Role::Muted),
        None => (String::new(), Role::Muted),
    }
}

/// A field that one list alone has is not compared, but for those that are of one side by their nature.
fn one_sided(look: &Look, meaning: Meaning) -> &'static str {
    let by_source = look.sides.iter().any(|side| side.side == Side::Source && side.column(meaning).is_some());
    match meaning {
        Meaning::Field(Field::Identifier) if !by_source => "beside the id of the first",
        Meaning::Field(Field::Status | Field::EndDate) | Meaning::Flag(_) | Meaning::ValidFrom => "",
        Meaning::FullName | Meaning::NamePrefix => "taken apart into names",
        Meaning::Field(Field::FirstName | Field::LastName) => "from the whole name",
        _ => "in one list: not compared",
    }
}

fn date_words(look: &Look, meaning: Meaning) -> Option<String> {
    let told = look.sides.iter().filter_map(|side| side.date_look(meaning)).find(|look| look.why.is_some())?;
    let order = order_words(told.order);
    Some(match told.why.as_ref()? {
        OrderWhy::Said => format!("{order}, as you say"),
        OrderWhy::Values(dates) => format!("{order}, by {}", format::counted(*dates as u64, "day", "days")),
        OrderWhy::OtherFile(people) => format!("{order}, by {}", format::counted(*people as u64, "person", "people")),
        OrderWhy::Head => format!("{order}, by its head"),
        OrderWhy::Dots => format!("{order}, as with dots"),
        OrderWhy::Column(_) => format!("{order}, by a column"),
    })
}

/// How many of the values of the first list the second has too.
fn values_words(look: &Look, field: Field) -> Option<(String, Role)> {
    let [one, two] = look.sides.as_slice() else { return None };
    let (one, two) = (one.fills.as_ref()?.values(field)?, two.fills.as_ref()?.values(field)?);
    if one.is_empty() || two.is_empty() {
        return None;
    }
    let both = one.intersection(two).count();
    let words = format!("{} of {} values agree", format::count(both), format::count(one.len()));
    Some((words, if both == 0 { Role::Warn } else { Role::Muted }))
}
