//! Step 2: what is read of both lists, and what the operator says over it. Whatever is said is a choice of the reader, the same
//! that `--columns`, `--sheet` and `--dates` make.

use super::data::{Act, Ask, Fault, Job, Look, SideLook, Wanted};
use super::state::{Step, TwoFiles};
use super::update::{COLUMNS, MATCH};
use crate::console::app::{Cx, Level, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::Handled;
use crate::console::term::width;
use crate::console::widgets::motion::step;
use crate::domain::field::Field;
use crate::files::people::Side;
use crate::files::people::choices::Choices;
use crate::files::people::heads::{Flag, Meaning};
use crate::files::people::layout::Unread;
use crate::files::people::status::StatusWord;
use crate::services::match_files::{NEW_BELOW, THRESHOLD};

/// From this width on both lists stand beside each other.
pub(super) const BOTH: u16 = 120;

/// A line of step 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Sheet,
    Heads,
    /// The sign between the cells of a text.
    Delimiter,
    Encoding,
    Dates,
    Field(Meaning),
    /// A word of a status, by its place among them.
    Word(usize),
    /// A column that is not read, by its place among them.
    Unread(usize),
}

/// Words of a status that are shown; the commonest of each meaning.
const WORDS: usize = 60;

/// Fields that have a line whether or not something is read into them.
pub(super) const ALWAYS: [Meaning; 10] = [
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
pub(super) const OTHERS: [Meaning; 13] = [
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

impl TwoFiles {
    /// The lines of step 2.
    pub(super) fn column_rows(&self) -> Vec<Row> {
        let Some(look) = self.look() else { return Vec::new() };
        let mut rows = Vec::new();
        rows.extend(look.sides.iter().any(|side| side.sheets().len() > 1).then_some(Row::Sheet));
        let has_rows = |side: &SideLook| side.heads().is_some() || !side.first_rows().is_empty();
        rows.extend(look.sides.iter().any(has_rows).then_some(Row::Heads));
        let choices = &self.columns.choices;
        let is_said = !(choices.encodings.is_empty() && choices.delimiters.is_empty());
        if is_said || look.sides.iter().any(|side| side.text().is_some()) {
            rows.extend([Row::Delimiter, Row::Encoding]);
        }
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
                let names = (meaning == Meaning::FullName
                    && self.side().is_some_and(|side| side.column(meaning).is_some()))
                .then(|| Offer::pair(Action::Left, Action::Right, "which name first"));
                change.into_iter().chain(order).chain(names).collect()
            }
            Some(Row::Word(_)) => {
                vec![Offer::new(Action::Enter, "choose"), Offer::pair(Action::Left, Action::Right, "meaning")]
            }
            Some(Row::Unread(_)) => vec![Offer::new(Action::Enter, "say what it is")],
            Some(Row::Sheet) => {
                vec![Offer::new(Action::Enter, "choose"), Offer::pair(Action::Left, Action::Right, "sheet")]
            }
            Some(Row::Delimiter) => {
                vec![Offer::new(Action::Enter, "choose"), Offer::pair(Action::Left, Action::Right, "sign")]
            }
            Some(Row::Encoding) => {
                vec![Offer::new(Action::Enter, "choose"), Offer::pair(Action::Left, Action::Right, "encoding")]
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
            new_below: self.columns.new_below.unwrap_or(NEW_BELOW),
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
        + choices.encodings.len()
        + choices.delimiters.len()
}

/// Whether the order of dates of a field is there to be chosen.
pub(super) fn can_turn(side: &SideLook, meaning: Meaning) -> bool {
    meaning.is_date()
        && side.column(meaning).is_some()
        && (matches!(side.fault, Some(Fault::Dates(_)))
            || side.date_look(meaning).is_some_and(|look| look.why.is_some()))
}

/// A word of a status in words.
pub(super) fn status_word(word: &StatusWord) -> String {
    match (word.word.as_str(), word.is_sheet) {
        ("", _) => "(blank)".to_owned(),
        (name, true) => format!("sheet {}", short(name)),
        (text, false) => format!("`{}`", short(text)),
    }
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
