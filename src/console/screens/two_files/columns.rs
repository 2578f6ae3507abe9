//! Step 2: what is read of both lists, and what the operator says over it. Whatever is said is a choice of the reader, the same
//! that `--columns`, `--sheet` and `--dates` make.

use super::data::{Act, Ask, Fault, Job, Look, SideLook, Wanted};
use super::state::{Step, TwoFiles};
use super::update::{COLUMNS, MATCH, PICK};
use crate::console::app::overlay::{PickItem, PickList};
use crate::console::app::{Cx, Level, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::{Answer, Handled};
use crate::console::term::width;
use crate::console::widgets::motion::step;
use crate::domain::field::Field;
use crate::files::people::Side;
use crate::files::people::choices::Choices;
use crate::files::people::heads::{Flag, Meaning};
use crate::files::people::layout::Unread;
use crate::files::people::status::{StatusMeaning, StatusWord};
use crate::matching::date_text::DateOrder;
use crate::services::match_files::THRESHOLD;

/// From this width on both lists stand beside each other.
pub(super) const BOTH: u16 = 120;

/// Cells that values take beside a head in a pick list.
const VALUES: usize = 38;

/// A line of step 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Sheet,
    Heads,
    Dates,
    Field(Meaning),
    /// A word of a status, by its place among them.
    Word(usize),
    /// A column that is not read, by its place among them.
    Unread(usize),
}

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
    Dates(Side),
    /// What a word of a status means.
    Word(Side, String),
}

/// Words of a status that are shown; the commonest of each meaning.
const WORDS: usize = 60;

/// Fields that have a line whether or not something is read into them.
const ALWAYS: [Meaning; 10] = [
    Meaning::Id,
    Meaning::Field(Field::Identifier),
    Meaning::Field(Field::FirstName),
    Meaning::Field(Field::LastName),
    Meaning::Field(Field::Email),
    Meaning::Field(Field::DateOfBirth),
    Meaning::Field(Field::JobTitle),
    Meaning::Field(Field::Branch),
    Meaning::Field(Field::StartDate),
    Meaning::Field(Field::Status),
];

/// The others, where something is.
const OTHERS: [Meaning; 13] = [
    Meaning::FullName,
    Meaning::NamePrefix,
    Meaning::Field(Field::KnownAs),
    Meaning::Field(Field::Department),
    Meaning::Field(Field::EndDate),
    Meaning::Field(Field::Phone),
    Meaning::Field(Field::Address),
    Meaning::Field(Field::Postcode),
    Meaning::Field(Field::Manager),
    Meaning::ValidFrom,
    Meaning::Flag(Flag::Active),
    Meaning::Flag(Flag::Over),
    Meaning::Flag(Flag::Unclear),
];

/// The id of "all sheets" and of "as told" in a pick list; no sheet can be called so.
const NONE: &str = "\u{0}";

/// What stands for the words of dates.
const ORDERS: [(&str, &str, DateOrder); 2] = [
    ("day-first", "day first: 3/4/1990 is 3 April", DateOrder::DayFirst),
    ("month-first", "month first: 3/4/1990 is 4 March", DateOrder::MonthFirst),
];

impl TwoFiles {
    /// The lines of step 2.
    pub(super) fn column_rows(&self) -> Vec<Row> {
        let Some(look) = self.look() else { return Vec::new() };
        let mut rows = Vec::new();
        rows.extend(look.sides.iter().any(|side| side.sheets().len() > 1).then_some(Row::Sheet));
        let has_rows = |side: &SideLook| side.heads().is_some() || !side.first_rows().is_empty();
        rows.extend(look.sides.iter().any(has_rows).then_some(Row::Heads));
        let read: Vec<Meaning> = look.sides.iter().flat_map(SideLook::meanings).collect();
        rows.extend(ALWAYS.map(Row::Field));
        // A whole name stands where the names stand.
        let last = rows.iter().position(|row| *row == Row::Field(Meaning::Field(Field::LastName))).unwrap_or(0);
        for (number, meaning) in (0..).zip(OTHERS.into_iter().filter(|meaning| read.contains(meaning))) {
            let named = matches!(meaning, Meaning::FullName | Meaning::NamePrefix | Meaning::Field(Field::KnownAs));
            if named {
                rows.insert(last + 1 + number, Row::Field(meaning));
            } else {
                rows.push(Row::Field(meaning));
            }
        }
        let asks = look.sides.iter().any(SideLook::has_open_dates) || !self.columns.choices.dates.is_empty();
        rows.extend(asks.then_some(Row::Dates));
        let words = look.sides.iter().map(|side| side.words().len()).max().unwrap_or(0);
        rows.extend((0..words.min(WORDS)).map(Row::Word));
        let unread = look.sides.iter().map(|side| side.unread().len()).max().unwrap_or(0);
        rows.extend((0..unread).map(Row::Unread));
        rows
    }

    pub(super) fn column_row(&self) -> Option<Row> {
        self.column_rows().get(self.columns.cursor).copied()
    }

    pub(super) fn read_columns(&mut self, cx: &mut Cx<'_>) {
        self.columns.look.load(cx.uptime());
        let value = |text: &str| text.trim().to_owned();
        let ask = Ask::Columns {
            employees: value(self.files.employees.value()),
            users: value(self.files.users.value()),
            asked: Box::new(self.asked()),
        };
        self.ask(COLUMNS, ask, cx);
    }

    pub(super) fn looked(&mut self, look: Look) {
        let row = self.column_row();
        let is_first = self.columns.look.value().is_none();
        self.columns.look.ready(look);
        self.columns.side = self.columns.side.min(self.look().map_or(0, |look| look.sides.len().saturating_sub(1)));
        let rows = self.column_rows();
        if is_first {
            // The cursor begins where something has to be said, else on the first field.
            let first = rows.iter().position(|row| matches!(row, Row::Field(_))).unwrap_or(0);
            self.columns.cursor = first;
            self.go_to_fault();
        } else {
            let same = row.and_then(|row| rows.iter().position(|other| *other == row));
            self.columns.cursor = same.unwrap_or(self.columns.cursor).min(rows.len().saturating_sub(1));
            // A list that cannot be read any more is the one to look at.
            let faulty = self.look().and_then(|look| look.sides.iter().position(|side| side.fault.is_some()));
            if let Some(faulty) = faulty.filter(|_| self.side().is_some_and(|side| side.fault.is_none())) {
                self.columns.side = faulty;
            }
        }
    }

    fn go_to_fault(&mut self) {
        let faulty = self.look().and_then(|look| {
            look.sides.iter().enumerate().find_map(|(at, side)| side.fault.clone().map(|fault| (at, fault)))
        });
        let Some((side, fault)) = faulty else { return };
        let wanted = match fault {
            Fault::NoKey => Row::Field(Meaning::Id),
            Fault::NoNames => Row::Field(Meaning::Field(Field::FirstName)),
            Fault::NoHeads(_) => Row::Heads,
            Fault::Dates(_) => Row::Dates,
            Fault::Other(_) => return,
        };
        self.columns.side = side;
        if let Some(at) = self.column_rows().iter().position(|row| *row == wanted) {
            self.columns.cursor = at;
        }
    }

    pub(super) fn columns_missing(&self) -> Option<String> {
        if self.columns.look.loading_since().is_some() {
            return Some("reading".to_owned());
        }
        let Some(look) = self.look() else { return Some("not read".to_owned()) };
        let faulty = look.sides.iter().find(|side| side.fault.is_some() || side.reading.is_none())?;
        let whose = if faulty.side == Side::Source { "employees" } else { "users" };
        Some(match &faulty.fault {
            Some(Fault::NoKey) => format!("{whose}: an id, identifier or e-mail"),
            Some(Fault::NoNames) => format!("{whose}: the names"),
            Some(Fault::NoHeads(_)) => format!("{whose}: the row with the heads"),
            Some(Fault::Dates(_)) => format!("{whose}: the dates"),
            _ => format!("{whose}: cannot be read"),
        })
    }

    pub(super) fn columns_status(&self) -> (String, String) {
        let Some(look) = self.look() else { return ("reading …".to_owned(), String::new()) };
        let people: Vec<u64> = look.sides.iter().filter_map(SideLook::people).collect();
        let unread: u64 =
            look.sides.iter().filter_map(|side| side.reading.as_ref()).map(|one| one.tally.unread()).sum();
        let rest = match unread {
            0 => "none unreadable".to_owned(),
            some => format!("{} not read", format::counted(some, "row", "rows")),
        };
        let glyph = if unread == 0 { "✓" } else { "!" };
        let left = match (look.sides.iter().find_map(|side| side.fault.as_ref()), people.as_slice()) {
            (Some(fault), _) => format!("✗ {}", fault_words(fault)),
            (None, [people]) => format!("{glyph} {}, {rest}", format::counted(*people, "person", "people")),
            (None, [people, users]) => format!(
                "{glyph} {} and {}, {rest}",
                format::counted(*people, "person", "people"),
                format::counted(*users, "user", "users")
            ),
            _ => String::new(),
        };
        let changes = changes(&self.columns.choices);
        let right = if changes == 0 { String::new() } else { format!("changed by hand: {changes}") };
        (left, right)
    }

    pub(super) fn columns_offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        let next = Offer::new(Action::PageDown, "match").unless(self.columns_missing());
        let undo = Offer::new(Action::Undo, "undo").unless(self.columns.before.is_empty().then_some("nothing said"));
        let two = self.look().is_some_and(|look| look.sides.len() > 1);
        let other = two.then(|| Offer::pair(Action::PreviousItem, Action::NextItem, "file"));
        let mut offers = match self.column_row() {
            Some(Row::Field(meaning)) => {
                let order = self.side().filter(|side| can_turn(side, meaning));
                let order = order.map(|_| Offer::pair(Action::Left, Action::Right, "order of dates"));
                let change = [Offer::new(Action::Enter, "change"), Offer::new(Action::Clear, "not read")];
                change.into_iter().chain(order).collect()
            }
            Some(Row::Word(_)) => {
                vec![Offer::new(Action::Enter, "choose"), Offer::pair(Action::Left, Action::Right, "meaning")]
            }
            Some(Row::Unread(_)) => vec![Offer::new(Action::Enter, "say what it is")],
            Some(Row::Sheet) => {
                vec![Offer::new(Action::Enter, "choose"), Offer::pair(Action::Left, Action::Right, "sheet")]
            }
            Some(Row::Dates) => {
                vec![Offer::new(Action::Enter, "choose"), Offer::pair(Action::Left, Action::Right, "order")]
            }
            Some(Row::Heads) => {
                vec![Offer::new(Action::Enter, "choose"), Offer::pair(Action::Left, Action::Right, "row")]
            }
            None => Vec::new(),
        };
        offers.extend(other);
        offers.push(Offer::new(Action::Why, if cx.frame.width < BOTH { "how read" } else { "how it was read" }));
        offers.push(next);
        offers.push(undo);
        offers.push(Offer::new(Action::PageUp, "files"));
        offers.push(Offer::new(Action::Refresh, "read again"));
        offers
    }

    pub(super) fn move_in_columns(&mut self, rows: i32) {
        self.columns.cursor = step(self.columns.cursor, rows, self.column_rows().len());
    }

    pub(super) fn columns_action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Back if self.columns.why => self.columns.why = false,
            Action::Back | Action::PageUp => self.go(Step::Files, cx),
            Action::Up => self.move_in_columns(-1),
            Action::Down => self.move_in_columns(1),
            Action::First => self.columns.cursor = 0,
            Action::Last => self.move_in_columns(i32::MAX),
            Action::PreviousItem | Action::NextItem | Action::NextPane | Action::PreviousPane => {
                let sides = self.look().map_or(1, |look| look.sides.len()).max(1);
                self.columns.side = (self.columns.side + 1) % sides;
            }
            Action::Left => self.turn(-1, cx),
            Action::Right => self.turn(1, cx),
            Action::Enter => self.pick(cx),
            Action::Clear => self.leave_unread(cx),
            Action::Undo => match self.columns.before.pop() {
                Some(before) => {
                    self.columns.choices = before;
                    self.read_columns(cx);
                }
                None => cx.toast(Level::Info, "Nothing to undo"),
            },
            Action::Why => self.columns.why = !self.columns.why,
            Action::Refresh => self.read_columns(cx),
            Action::PageDown => self.begin_match(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Says something of the lists, and reads them again with it.
    fn say(&mut self, cx: &mut Cx<'_>, say: impl FnOnce(&mut Choices)) {
        let mut choices = self.columns.choices.clone();
        say(&mut choices);
        if choices == self.columns.choices {
            return;
        }
        self.columns.before.push(std::mem::replace(&mut self.columns.choices, choices));
        self.read_columns(cx);
    }

    /// `←` and `→` on a row that has a choice.
    fn turn(&mut self, by: i32, cx: &mut Cx<'_>) {
        match self.column_row() {
            Some(Row::Sheet) => {
                let Some(side) = self.side() else { return };
                let (of, options) = (side.side, sheet_options(side));
                let now = options.iter().position(|option| *option == self.said_sheet(of)).unwrap_or(0);
                let next = turned(now, by, options.len());
                let sheet = options.into_iter().nth(next).flatten();
                self.say(cx, |choices| choices.say_sheet(of, sheet));
            }
            Some(Row::Dates) => self.turn_dates(None, by, cx),
            Some(Row::Field(meaning)) if self.side().is_some_and(|side| can_turn(side, meaning)) => {
                self.turn_dates(Some(meaning), by, cx);
            }
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

    fn pick(&mut self, cx: &mut Cx<'_>) {
        let (Some(side), Some(row)) = (self.side(), self.column_row()) else { return };
        let of = side.side;
        let (picking, list) = match row {
            Row::Field(meaning) => {
                let items = side.all_heads().into_iter().map(|(head, values)| {
                    let values = width::truncate(&values.join(", "), VALUES);
                    PickItem::new(head.clone(), head, values.trim_end())
                });
                let title = format!("Which column is the {}?", meaning.words());
                (Picking::Column(of, meaning), PickList { title, items: items.collect(), create: None })
            }
            Row::Unread(at) => {
                let Some((head, why)) = side.unread().get(at).copied() else { return };
                if *why == Unread::Private {
                    cx.toast(Level::Info, format!("`{}` is nobody's business here: it is not looked at", short(head)));
                    return;
                }
                let head = head.to_owned();
                let items = ALWAYS.iter().chain(&OTHERS).map(|meaning| {
                    let taken = side.column(*meaning).map(|(head, _)| format!("now {}", short(head)));
                    PickItem::new(meaning.key(), meaning.words(), taken.unwrap_or_default())
                });
                let title = format!("What is `{}`?", short(&head));
                let list = PickList { title, items: items.collect(), create: None };
                (Picking::Field(of, head), list)
            }
            Row::Sheet => {
                let items = sheet_options(side).into_iter().map(|option| match option {
                    None => PickItem::new(NONE, "all sheets with people", ""),
                    Some(name) => PickItem::new(name.clone(), name, ""),
                });
                let list = PickList { title: "Which sheet is read?".to_owned(), items: items.collect(), create: None };
                (Picking::Sheet(of), list)
            }
            Row::Dates => {
                let told = PickItem::new(NONE, "as the list tells", "");
                let orders = ORDERS.map(|(id, words, _)| PickItem::new(id, words, ""));
                let items = [told].into_iter().chain(orders).collect();
                (Picking::Dates(of), PickList { title: "How are dates written?".to_owned(), items, create: None })
            }
            Row::Heads => {
                let found = PickItem::new(NONE, "as found", "the row that names most columns");
                let rows =
                    side.first_rows().iter().filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
                let one = |(row, cells): &(u64, Vec<String>)| {
                    let cells: Vec<&str> =
                        cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
                    let values = width::truncate(&cells.join(", "), VALUES + 14);
                    PickItem::new(row.to_string(), format!("row {row}"), values.trim_end())
                };
                let none = PickItem::new("0", "no row has heads", "columns are A, B, C");
                let items = [found].into_iter().chain(rows.map(one)).chain([none]).collect();
                let list = PickList { title: "Which row has the heads?".to_owned(), items, create: None };
                (Picking::Heads(of, head_sheet(side)), list)
            }
            Row::Word(at) => {
                let Some(word) = side.words().get(at) else { return };
                let items = [
                    PickItem::new(NONE, "as the word says by itself", ""),
                    PickItem::new(StatusMeaning::Active.word(), "employed", ""),
                    PickItem::new(StatusMeaning::Over.word(), "has left", ""),
                    PickItem::new(StatusMeaning::Unclear.word(), "unclear", "asked about, never linked unasked"),
                ];
                let title = format!("What does {} mean?", status_word(word));
                (Picking::Word(of, word.word.clone()), PickList { title, items: items.into(), create: None })
            }
        };
        self.columns.picking = Some(picking);
        cx.pick(PICK, list);
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
            Picking::Dates(side) => {
                let order = ORDERS.iter().find(|(key, ..)| *key == id).map(|(_, _, order)| *order);
                choices.say_dates(side, None, order);
            }
            Picking::Heads(side, sheet) => choices.say_head_row(side, sheet, id.parse().ok()),
            Picking::Word(side, word) => choices.say_status(side, &word, StatusMeaning::from_word(&id)),
        });
    }

    /// Del: nothing is read into the field.
    fn leave_unread(&mut self, cx: &mut Cx<'_>) {
        let (Some(side), Some(Row::Field(meaning))) = (self.side(), self.column_row()) else { return };
        let of = side.side;
        if side.column(meaning).is_none() {
            cx.toast(Level::Info, format!("Nothing is read as {}", meaning.words()));
            return;
        }
        self.say(cx, |choices| choices.say_column(of, meaning, None));
    }

    /// PgDn: what was seen is compared.
    fn begin_match(&mut self, cx: &mut Cx<'_>) {
        if let Some(missing) = self.columns_missing() {
            cx.toast(Level::Info, format!("Match: {missing}"));
            return;
        }
        let Some(look) = self.look().cloned().filter(Look::is_ready) else { return };
        let seen: Vec<_> = look.sides.iter().filter_map(|side| side.file.clone()).collect();
        let people = look.sides.first().and_then(SideLook::people).unwrap_or(0);
        let users = look.sides.get(1).map(|side| side.people().unwrap_or(0));
        let wanted = Wanted {
            asked: look.asked,
            threshold: self.columns.threshold.unwrap_or(THRESHOLD),
            seen,
            rulings: self.columns.rulings.clone(),
        };
        let job = Job::new();
        self.begin(job.clone(), Some((people, users)), cx);
        self.opened = None;
        let round = self.running.round;
        self.act(MATCH, Act::Match { round, job, wanted: Box::new(wanted) }, cx);
    }
}

/// What is asked of the reader beyond what it tells by itself.
pub(super) fn changes(choices: &Choices) -> usize {
    choices.columns.len()
        + choices.sheets.len()
        + choices.head_rows.len()
        + choices.statuses.len()
        + choices.dates.len()
}

/// Whether the order of dates of a field is there to be chosen.
pub(super) fn can_turn(side: &SideLook, meaning: Meaning) -> bool {
    meaning.is_date()
        && side.column(meaning).is_some()
        && (matches!(side.fault, Some(Fault::Dates(_)))
            || side.date_look(meaning).is_some_and(|look| look.why.is_some()))
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

/// A word of a status in words.
pub(super) fn status_word(word: &StatusWord) -> String {
    match (word.word.as_str(), word.is_sheet) {
        ("", _) => "(blank)".to_owned(),
        (name, true) => format!("sheet {}", short(name)),
        (text, false) => format!("`{}`", short(text)),
    }
}

fn turned(now: usize, by: i32, of: usize) -> usize {
    let of = of.max(1);
    if by < 0 { (now + of - 1) % of } else { (now + 1) % of }
}

fn sheet_options(side: &SideLook) -> Vec<Option<String>> {
    let names = side.sheets().into_iter().map(|(name, ..)| Some(name.to_owned()));
    [None].into_iter().chain(names).collect()
}

/// A head or value short enough for a title.
pub(super) fn short(text: &str) -> String {
    width::truncate(text, 24).trim_end().to_owned()
}

/// Why a list is not read, and what to do.
pub(super) fn fault_words(fault: &Fault) -> String {
    match fault {
        Fault::NoKey => "no column holds ids, identifiers or e-mails: Enter on id says which one does".to_owned(),
        Fault::NoNames => "no column of names was read: Enter on first and last name says which".to_owned(),
        Fault::Dates(words) => format!("{words}: choose in the row dates"),
        Fault::NoHeads(words) => format!("{words}: ← → on the row heads in says which row has them"),
        Fault::Other(words) => words.clone(),
    }
}

/// Why a column is not read, in words.
pub(super) fn unread_words(why: &Unread) -> String {
    match why {
        Unread::Unknown(None) => "nothing we compare".to_owned(),
        Unread::Unknown(Some(meaning)) => format!("might be {}", meaning.words()),
        Unread::Second { meaning, instead } => format!("a second {}; `{}` is read", meaning.words(), short(instead)),
        Unread::Private => "nobody's business; not looked at".to_owned(),
        Unread::OtherValues(meaning) => format!("its values are no {}", meaning.words()),
        Unread::Said => "not read, as said".to_owned(),
    }
}
