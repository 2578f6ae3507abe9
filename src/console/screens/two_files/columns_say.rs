//! What the operator says over the reading of a list, on step 2: picked from a list, or turned with the arrows. Each is a choice of
//! the reader.

use super::columns::{ALWAYS, OTHERS, Row, can_turn, short, status_word};
use super::data::SideLook;
use super::state::TwoFiles;
use super::update::PICK;
use crate::console::app::overlay::{PickItem, PickList};
use crate::console::app::{Cx, Level};
use crate::console::screens::Answer;
use crate::console::term::width;
use crate::files::people::Side;
use crate::files::people::choices::Choices;
use crate::files::people::heads::Meaning;
use crate::files::people::layout::Unread;
use crate::files::people::status::{StatusMeaning, StatusWord};
use crate::files::people::text_choices::{DELIMITERS, ENCODINGS, TextSaid, encoding_word};
use crate::matching::date_text::DateOrder;

/// Cells that values take beside a head in a pick list.
const VALUES: usize = 38;

/// The id of "all sheets" and of "as told" in a pick list; no sheet can be called so.
const NONE: &str = "\u{0}";

/// Why nothing is chosen of a workbook.
const OF_TEXTS: &str = "Only a text has signs between cells and an encoding; this is a workbook";

/// What stands for the words of dates.
const ORDERS: [(&str, &str, DateOrder); 2] = [
    ("day-first", "day first: 3/4/1990 is 3 April", DateOrder::DayFirst),
    ("month-first", "month first: 3/4/1990 is 4 March", DateOrder::MonthFirst),
];

/// What is being picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Picking {
    /// The column of a field.
    Column(Side, Meaning),
    /// The field of a column.
    Field(Side, String),
    Sheet(Side),
    /// The row with the heads; of which sheet.
    Heads(Side, Option<String>),
    Delimiter(Side),
    Encoding(Side),
    Dates(Side),
    /// What a word of a status means.
    Word(Side, String),
}

impl TwoFiles {
    /// Says something of the lists, and reads them again with it.
    pub(super) fn say(&mut self, cx: &mut Cx<'_>, say: impl FnOnce(&mut Choices)) {
        let mut choices = self.columns.choices.clone();
        say(&mut choices);
        if choices == self.columns.choices {
            return;
        }
        self.columns.before.push(std::mem::replace(&mut self.columns.choices, choices));
        self.read_columns(cx);
    }

    /// `←` and `→` on a row that has a choice.
    pub(super) fn turn(&mut self, by: i32, cx: &mut Cx<'_>) {
        match self.column_row() {
            Some(Row::Sheet) => {
                let Some(side) = self.side() else { return };
                let (of, options) = (side.side, sheet_options(side));
                let now = options.iter().position(|option| *option == self.said_sheet(of)).unwrap_or(0);
                let next = turned(now, by, options.len());
                let sheet = options.into_iter().nth(next).flatten();
                self.say(cx, |choices| choices.say_sheet(of, sheet));
            }
            Some(Row::Delimiter | Row::Encoding) if self.is_workbook() => cx.toast(Level::Info, OF_TEXTS),
            Some(Row::Delimiter) => self.turn_delimiter(by, cx),
            Some(Row::Encoding) => self.turn_encoding(by, cx),
            Some(Row::Dates) => self.turn_dates(None, by, cx),
            Some(Row::Field(meaning)) if self.side().is_some_and(|side| can_turn(side, meaning)) => {
                self.turn_dates(Some(meaning), by, cx);
            }
            Some(Row::Field(Meaning::FullName)) => self.turn_names(cx),
            Some(Row::Heads) => {
                let Some(side) = self.side() else { return };
                let (of, sheet, options) = (side.side, head_sheet(side), head_options(side));
                let now = self.said_head_row(side).or_else(|| side.heads().map(|(row, _)| row)).unwrap_or(0);
                let at = options.iter().position(|row| *row == now).unwrap_or(0);
                let row = options.get(turned(at, by, options.len())).copied();
                self.say(cx, |choices| choices.say_head_row(of, sheet, row));
            }
            Some(Row::Word(at)) => {
                let Some((of, word)) = self.word_at(at) else { return };
                let lives =
                    [None, Some(StatusMeaning::Active), Some(StatusMeaning::Over), Some(StatusMeaning::Unclear)];
                let now = lives.iter().position(|life| *life == word.is_said.then_some(word.life)).unwrap_or(0);
                let life = lives.get(turned(now, by, lives.len())).copied().flatten();
                self.say(cx, |choices| choices.say_status(of, &word.word, life));
            }
            _ => {
                let sides = self.look().map_or(1, |look| look.sides.len());
                self.columns.side = if by < 0 { 0 } else { sides.saturating_sub(1) };
            }
        }
    }

    /// Whether the list under the cursor is a workbook, which has neither signs between cells nor an encoding.
    fn is_workbook(&self) -> bool {
        self.side().is_some_and(|side| side.sketch.is_some() && side.text().is_none())
    }

    /// Which name comes first in whole names, where no comma tells.
    fn turn_names(&mut self, cx: &mut Cx<'_>) {
        let found = self.side().and_then(|side| Some((side.side, side.column(Meaning::FullName)?.0.to_owned())));
        let Some((of, head)) = found else { return };
        let is_last_first = self.is_last_first(of);
        let meaning = if is_last_first { Meaning::FullName } else { Meaning::LastFirst };
        self.say(cx, |choices| choices.say_column(of, meaning, Some(head)));
    }

    /// Whether the operator says that whole names begin with the last name.
    pub(super) fn is_last_first(&self, of: Side) -> bool {
        let whole = |meaning: Meaning| matches!(meaning, Meaning::FullName | Meaning::LastFirst);
        let here = self.columns.choices.of_side(of).columns;
        here.iter().rev().find(|choice| whole(choice.meaning)).is_some_and(|one| one.meaning == Meaning::LastFirst)
    }

    fn turn_delimiter(&mut self, by: i32, cx: &mut Cx<'_>) {
        let Some(of) = self.side().map(|side| side.side) else { return };
        let options: Vec<Option<u8>> = [None].into_iter().chain(DELIMITERS.map(|(_, sign)| Some(sign))).collect();
        let said = self.said_text(of).delimiter;
        let now = options.iter().position(|option| *option == said).unwrap_or(0);
        let next = options.get(turned(now, by, options.len())).copied().flatten();
        self.say(cx, |choices| choices.say_delimiter(of, next));
    }

    fn turn_encoding(&mut self, by: i32, cx: &mut Cx<'_>) {
        let Some(of) = self.side().map(|side| side.side) else { return };
        let options: Vec<Option<&str>> = [None].into_iter().chain(ENCODINGS.map(|(name, _)| Some(name))).collect();
        let said = self.said_text(of).encoding.map(encoding_word);
        let now = options.iter().position(|option| *option == said).unwrap_or(0);
        let next = options.get(turned(now, by, options.len())).copied().flatten();
        self.say(cx, |choices| choices.say_encoding(of, next));
    }

    /// What the operator said of the text of a list.
    pub(super) fn said_text(&self, of: Side) -> TextSaid {
        self.columns.choices.of_side(of).text()
    }

    /// The order in which dates of one list are written, of all fields or of one.
    fn turn_dates(&mut self, field: Option<Meaning>, by: i32, cx: &mut Cx<'_>) {
        let Some(of) = self.side().map(|side| side.side) else { return };
        let options = [None, Some(DateOrder::DayFirst), Some(DateOrder::MonthFirst)];
        let said = self.said_order(of, field);
        let now = options.iter().position(|order| *order == said).unwrap_or(0);
        let order = options.get(turned(now, by, options.len())).copied().flatten();
        self.say(cx, |choices| choices.say_dates(of, field, order));
    }

    /// The order of dates that the operator named, of all fields of a list or of one alone.
    pub(super) fn said_order(&self, of: Side, field: Option<Meaning>) -> Option<DateOrder> {
        let here = self.columns.choices.of_side(of).dates;
        here.iter().rev().find(|choice| choice.field == field).map(|choice| choice.order)
    }

    /// The row with the heads that the operator named.
    pub(super) fn said_head_row(&self, side: &SideLook) -> Option<u64> {
        self.columns.choices.of_side(side.side).head_row(side.shown_sheet())
    }

    /// A word of a status of the list that is changed.
    pub(super) fn word_at(&self, at: usize) -> Option<(Side, StatusWord)> {
        let side = self.side()?;
        Some((side.side, side.words().get(at)?.clone()))
    }

    /// The sheet that the operator named.
    pub(super) fn said_sheet(&self, side: Side) -> Option<String> {
        let said = self.columns.choices.sheets.iter().find(|choice| choice.side.is_none_or(|of| of == side));
        said.map(|choice| choice.name.clone())
    }

    pub(super) fn pick(&mut self, cx: &mut Cx<'_>) {
        let (Some(side), Some(row)) = (self.side(), self.column_row()) else { return };
        let list = match row {
            Row::Delimiter | Row::Encoding if self.is_workbook() => Err(OF_TEXTS.to_owned()),
            Row::Unread(at) => fields(side, at),
            _ => list_of(side, row).ok_or_else(String::new),
        };
        match list {
            Ok((picking, list)) => {
                self.columns.picking = Some(picking);
                cx.pick(PICK, list);
            }
            Err(words) if !words.is_empty() => cx.toast(Level::Info, words),
            Err(_) => {}
        }
    }

    pub(super) fn picked(&mut self, answer: &Answer, cx: &mut Cx<'_>) {
        let (Some(picking), Answer::Picked(id)) = (self.columns.picking.take(), answer) else { return };
        let id = id.clone();
        self.say(cx, |choices| match picking {
            Picking::Column(side, meaning) => choices.say_column(side, meaning, Some(id)),
            Picking::Field(side, head) => {
                if let Some(meaning) = Meaning::from_key(&id) {
                    choices.say_column(side, meaning, Some(head));
                }
            }
            Picking::Sheet(side) => choices.say_sheet(side, Some(id).filter(|id| id != NONE)),
            Picking::Delimiter(side) => {
                let sign = DELIMITERS.iter().find(|(word, _)| *word == id).map(|(_, sign)| *sign);
                choices.say_delimiter(side, sign);
            }
            Picking::Encoding(side) => choices.say_encoding(side, Some(id.as_str()).filter(|id| *id != NONE)),
            Picking::Dates(side) => {
                let order = ORDERS.iter().find(|(key, ..)| *key == id).map(|(_, _, order)| *order);
                choices.say_dates(side, None, order);
            }
            Picking::Heads(side, sheet) => choices.say_head_row(side, sheet, id.parse().ok()),
            Picking::Word(side, word) => choices.say_status(side, &word, StatusMeaning::from_word(&id)),
        });
    }

    /// Del: nothing is read into the field.
    pub(super) fn leave_unread(&mut self, cx: &mut Cx<'_>) {
        let (Some(side), Some(Row::Field(meaning))) = (self.side(), self.column_row()) else { return };
        let of = side.side;
        if side.column(meaning).is_none() {
            cx.toast(Level::Info, format!("Nothing is read as {}", meaning.words()));
            return;
        }
        self.say(cx, |choices| choices.say_column(of, meaning, None));
    }
}

fn titled(title: impl Into<String>, items: impl IntoIterator<Item = PickItem>) -> PickList {
    PickList { title: title.into(), items: items.into_iter().collect(), create: None }
}

/// What may be chosen on a row.
fn list_of(side: &SideLook, row: Row) -> Option<(Picking, PickList)> {
    let of = side.side;
    Some(match row {
        Row::Field(meaning) => {
            let items = side.all_heads().into_iter().map(|(head, values)| {
                let values = width::truncate(&values.join(", "), VALUES);
                PickItem::new(head.clone(), head, values.trim_end())
            });
            (Picking::Column(of, meaning), titled(format!("Which column is the {}?", meaning.words()), items))
        }
        Row::Sheet => {
            let items = sheet_options(side).into_iter().map(|option| match option {
                None => PickItem::new(NONE, "all sheets with people", ""),
                Some(name) => PickItem::new(name.clone(), name, ""),
            });
            (Picking::Sheet(of), titled("Which sheet is read?", items))
        }
        Row::Delimiter => {
            let told = PickItem::new(NONE, "as found", "what most lines agree on");
            let signs = DELIMITERS.map(|(word, sign)| {
                let shown = if sign == b'\t' { String::new() } else { format!("`{}`", char::from(sign)) };
                PickItem::new(word, word, shown)
            });
            (Picking::Delimiter(of), titled("Which sign stands between cells?", [told].into_iter().chain(signs)))
        }
        Row::Encoding => {
            let told = PickItem::new(NONE, "as found", "what the bytes tell");
            let known = ENCODINGS.map(|(name, whose)| PickItem::new(name, name, whose));
            (Picking::Encoding(of), titled("In which encoding is it?", [told].into_iter().chain(known)))
        }
        Row::Dates => {
            let told = PickItem::new(NONE, "as the list tells", "");
            let orders = ORDERS.map(|(id, words, _)| PickItem::new(id, words, ""));
            (Picking::Dates(of), titled("How are dates written?", [told].into_iter().chain(orders)))
        }
        Row::Heads => (Picking::Heads(of, head_sheet(side)), titled("Which row has the heads?", head_items(side))),
        Row::Word(at) => {
            let word = side.words().get(at)?;
            let items = [
                PickItem::new(NONE, "as the word says by itself", ""),
                PickItem::new(StatusMeaning::Active.word(), "employed", ""),
                PickItem::new(StatusMeaning::Over.word(), "has left", ""),
                PickItem::new(StatusMeaning::Unclear.word(), "unclear", "asked about, never linked unasked"),
            ];
            let title = format!("What does {} mean?", status_word(word));
            (Picking::Word(of, word.word.clone()), titled(title, items))
        }
        Row::Unread(_) => return None,
    })
}

/// The fields that a column may be which is not read; why there are none.
fn fields(side: &SideLook, at: usize) -> Result<(Picking, PickList), String> {
    let (head, why) = side.unread().get(at).copied().ok_or_else(String::new)?;
    if *why == Unread::Private {
        return Err(format!("`{}` is nobody's business here: it is not looked at", short(head)));
    }
    let items = ALWAYS.iter().chain(&OTHERS).chain(&[Meaning::LastFirst]).map(|meaning| {
        let taken = side.column(*meaning).map(|(head, _)| format!("now {}", short(head)));
        PickItem::new(meaning.key(), meaning.words(), taken.unwrap_or_default())
    });
    Ok((Picking::Field(side.side, head.to_owned()), titled(format!("What is `{}`?", short(head)), items)))
}

/// The rows that may have the heads, with what stands in them.
fn head_items(side: &SideLook) -> Vec<PickItem> {
    let found = PickItem::new(NONE, "as found", "the row that names most columns");
    let rows = side.first_rows().iter().filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    let one = |(row, cells): &(u64, Vec<String>)| {
        let cells: Vec<&str> = cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
        let values = width::truncate(&cells.join(", "), VALUES + 14);
        PickItem::new(row.to_string(), format!("row {row}"), values.trim_end())
    };
    let none = PickItem::new("0", "no row has heads", "columns are A, B, C");
    [found].into_iter().chain(rows.map(one)).chain([none]).collect()
}

/// The sheet that a choice of heads is said of; `None` where there is only one table.
fn head_sheet(side: &SideLook) -> Option<String> {
    side.shown_sheet().filter(|_| side.sheets().len() > 1).map(str::to_owned)
}

/// Rows that may have the heads, as ← → goes through them; 0 where none has.
fn head_options(side: &SideLook) -> Vec<u64> {
    let filled = |(_, cells): &&(u64, Vec<String>)| cells.iter().any(|cell| !cell.trim().is_empty());
    [0].into_iter().chain(side.first_rows().iter().filter(filled).map(|(row, _)| *row)).collect()
}

fn turned(now: usize, by: i32, of: usize) -> usize {
    let of = of.max(1);
    if by < 0 { (now + of - 1) % of } else { (now + 1) % of }
}

fn sheet_options(side: &SideLook) -> Vec<Option<String>> {
    let names = side.sheets().into_iter().map(|(name, ..)| Some(name.to_owned()));
    [None].into_iter().chain(names).collect()
}
