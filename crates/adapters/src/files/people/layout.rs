//! Which row has the heads, which column is which field, and how sure that is.

use super::choices::{self, Choices, Side};
use super::heads::{self, Certainty, Meaning};
use super::picker::Picker;
use crate::domain::field::Field;
use crate::domain::text;

/// Rows among which the heads are looked for.
pub const LOOKED_AT: usize = 60;
/// Longest text that may be a head, in bytes.
const HEAD_MAX: usize = 120;
/// Longest head that is kept and said, in characters.
const HEAD_SAID: usize = 80;

/// A row of a file: its number as a spreadsheet shows it, and its cells.
pub type RawRow = (u64, Vec<String>);

/// A column that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadColumn {
    pub meaning: Meaning,
    /// The head as the file writes it.
    pub head: String,
    pub certainty: Certainty,
    pub place: usize,
}

/// A column that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadColumn {
    pub head: String,
    pub why: Unread,
}

/// Why a column is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// Its head says nothing that is known; what it might be, where something comes near.
    Unknown(Option<Meaning>),
    /// Another column of the same meaning is the better one.
    Second { meaning: Meaning, instead: String },
    /// Nobody's business here.
    Private,
    /// Its values are not what its head says.
    OtherValues(Meaning),
    /// The operator wants it so.
    Said,
}

/// What tells one person of the list from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFrom {
    Id,
    /// The external identifier; where it is blank, the e-mail.
    Identifier,
    Email,
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub heads: Vec<String>,
    /// Number of the row with the heads.
    pub head_row: u64,
    pub columns: Vec<ReadColumn>,
    pub unread: Vec<UnreadColumn>,
    pub key: KeyFrom,
    /// Whether the operator says that whole names begin with the last name.
    pub is_last_first: bool,
    /// The heads stand in two rows, of which this is the first.
    pub first_head_row: Option<u64>,
    /// Heads of the operator that are in this table.
    pub said: Vec<String>,
    /// Where the columns stand that are handed on as they are, in the order of [`Choices::kept`]; none that is private.
    pub kept: Vec<Option<usize>>,
}

/// Why a table is none of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoLayout {
    /// No row names columns.
    NoHeads,
    /// The row that the operator names is not there.
    NoRow(u64),
    /// Nothing tells the people apart.
    NoKey(Box<Layout>),
    /// No column of names.
    NoNames(Box<Layout>),
}

impl Layout {
    /// Reads the first rows of a table. Those before the heads are no people.
    ///
    /// # Errors
    /// [`NoLayout`].
    pub fn of(rows: &[RawRow], side: Side, choices: &Choices, sheet: Option<&str>) -> Result<Layout, NoLayout> {
        let mut first_head_row = None;
        let (number, heads, sample) = match choices.head_row(sheet) {
            Some(0) => {
                let width = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
                (0, (0..width).map(letters).collect(), rows)
            }
            Some(said) => {
                let at = rows.iter().position(|(number, _)| *number == said).ok_or(NoLayout::NoRow(said))?;
                under_heads(rows, at).ok_or(NoLayout::NoRow(said))?
            }
            None => {
                let at = head_row(rows, choices).ok_or(NoLayout::NoHeads)?;
                match two_rows(rows, at, choices) {
                    Some((first, under)) => {
                        first_head_row = Some(first);
                        under
                    }
                    None => under_heads(rows, at).ok_or(NoLayout::NoHeads)?,
                }
            }
        };
        let mut picker = Picker {
            heads: &heads,
            sample,
            taken: Vec::new(),
            unread: Vec::new(),
            said: Vec::new(),
            is_last_first: false,
        };
        picker.take_said(choices);
        picker.take_recognised(side);
        picker.guess_id();
        picker.settle_names();
        picker.name_the_rest();
        let Picker { taken, mut unread, said, is_last_first, .. } = picker;
        let is_private = |at: usize| unread.iter().any(|(place, one)| *place == at && one.why == Unread::Private);
        let place = |head: &String| choices::place(head, &heads).filter(|at| !is_private(*at));
        let kept: Vec<Option<usize>> = choices.kept.iter().map(place).collect();
        unread.retain(|(place, _)| !kept.contains(&Some(*place)));
        unread.sort_by_key(|(place, _)| *place);
        let mut layout = Layout {
            head_row: number,
            columns: taken,
            unread: unread.into_iter().map(|(_, unread)| unread).collect(),
            key: KeyFrom::Id,
            is_last_first,
            first_head_row,
            said,
            kept,
            heads: heads.clone(),
        };
        let key = layout.find_key(sample);
        let has = |meaning| layout.place(meaning).is_some();
        let named = [Field::FirstName, Field::LastName, Field::KnownAs].map(Meaning::Field).into_iter().any(has);
        if !named && !has(Meaning::FullName) {
            return Err(NoLayout::NoNames(Box::new(layout)));
        }
        match key {
            Some(key) => layout.key = key,
            None => return Err(NoLayout::NoKey(Box::new(layout))),
        }
        Ok(layout)
    }

    fn find_key(&self, sample: &[RawRow]) -> Option<KeyFrom> {
        let email = self.place(Meaning::Field(Field::Email));
        if self.place(Meaning::Id).is_some() {
            return Some(KeyFrom::Id);
        }
        match self.place(Meaning::Field(Field::Identifier)) {
            Some(place) if email.is_none() || fill(sample, place) > 0 => Some(KeyFrom::Identifier),
            _ => email.map(|_| KeyFrom::Email),
        }
    }

    /// Where a meaning stands.
    pub fn place(&self, meaning: Meaning) -> Option<usize> {
        self.column(meaning).map(|column| column.place)
    }

    /// The column of a meaning.
    pub fn column(&self, meaning: Meaning) -> Option<&ReadColumn> {
        self.columns.iter().find(|column| column.meaning == meaning)
    }
}

/// A row as heads: its number, the heads, and the rows below it.
type Under<'r> = (u64, Vec<String>, &'r [RawRow]);

fn under_heads(rows: &[RawRow], at: usize) -> Option<Under<'_>> {
    let (number, cells) = rows.get(at)?;
    let heads = cells.iter().map(|cell| cell.trim().chars().take(HEAD_SAID).collect()).collect();
    Some((*number, heads, rows.get(at + 1..).unwrap_or_default()))
}

/// Words that a head in two rows goes on with, folded.
const PARTS: &str = "name names number no nr nummer numero address date day year of birth code title start end joined left hire type \
    work home private mobile phone adresse datum geburt nom naissance entree sortie nombre fecha nacimiento alta baja dato data nr id";

/// How many things a row of heads names.
fn named(cells: &[String]) -> usize {
    let short = cells.iter().filter(|cell| cell.len() <= HEAD_MAX && !is_value(cell));
    let mut meanings: Vec<Meaning> = short.filter_map(|cell| Some(heads::recognise(cell)?.meaning)).collect();
    meanings.sort_unstable();
    meanings.dedup();
    meanings.len()
}

/// Heads in two rows, the second going on where the first ends (`First` above `name`): where both together name more than the
/// better one does alone, and neither holds a value.
fn two_rows<'r>(rows: &'r [RawRow], best: usize, choices: &Choices) -> Option<(u64, Under<'r>)> {
    let is_said = |cells: &Vec<String>| choices.columns.iter().any(|choice| choice.place(cells).is_some());
    let alone = named(&rows.get(best)?.1);
    let pair = |first: usize| {
        let [(number, above), (next, below)] = rows.get(first..first + 2)? else { return None };
        let is_head = |cells: &[String]| {
            cells.iter().filter(|cell| !cell.trim().is_empty()).count() > 2 && !cells.iter().any(|cell| is_value(cell))
        };
        if *next != number + 1 || !is_head(above) || !is_head(below) || is_said(above) || is_said(below) {
            return None;
        }
        let width = above.len().max(below.len());
        let cell = |cells: &[String], at: usize| cells.get(at).map(|cell| cell.trim().to_owned()).unwrap_or_default();
        let joined: Vec<String> = (0..width)
            .map(|at| format!("{} {}", cell(above, at), cell(below, at)).trim().chars().take(HEAD_SAID).collect())
            .collect();
        // What stands below is no person: it goes on with words that are heads themselves, or parts of them.
        let goes_on = |cell: &String| {
            let is_part = |word: &str| PARTS.split_ascii_whitespace().any(|part| part == word);
            cell.trim().is_empty() || heads::recognise(cell).is_some() || text::fold(cell).split(' ').all(is_part)
        };
        (below.iter().all(goes_on) && named(&joined) > alone)
            .then(|| (*number, (*next, joined, rows.get(first + 2..).unwrap_or_default())))
    };
    pair(best).or_else(|| pair(best.checked_sub(1)?))
}

/// What a spreadsheet calls the column at a place: `A`, `Z`, `AA`.
fn letters(at: usize) -> String {
    let (mut rest, mut letters) = (at + 1, Vec::new());
    while rest > 0 {
        let letter = (rest - 1) % 26;
        letters.push(char::from(b'A' + u8::try_from(letter).unwrap_or(0)));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// How many rows have something in a column.
pub(super) fn fill(sample: &[RawRow], place: usize) -> usize {
    sample.iter().filter(|(_, cells)| cells.get(place).is_some_and(|cell| !cell.trim().is_empty())).count()
}

/// The row that names most columns; of equals the first.
fn head_row(rows: &[RawRow], choices: &Choices) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (at, (_, cells)) in rows.iter().take(LOOKED_AT).enumerate() {
        let mut meanings: Vec<Meaning> = cells
            .iter()
            .filter(|cell| cell.len() <= HEAD_MAX && !cell.contains('@'))
            .filter_map(|cell| heads::recognise(cell))
            .map(|found| found.meaning)
            .collect();
        meanings.sort_unstable();
        meanings.dedup();
        let said = choices.columns.iter().filter(|choice| choice.place(cells).is_some()).count();
        // `Hotel` and `Team` stand in rows of people too, but with numbers and addresses beside them.
        let values = cells.iter().filter(|cell| is_value(cell)).count();
        let score = (meanings.len() + 3 * said).saturating_sub(values);
        if score > best.map_or(0, |(most, _)| most) {
            best = Some((score, at));
        }
    }
    best.map(|(_, at)| at)
}

/// Whether a cell is no head: an address, a number, a date.
fn is_value(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    cell.contains('@') || (digits > 0 && !cell.chars().any(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<RawRow> {
        (1..).zip(text.lines()).map(|(row, line)| (row, line.split(',').map(str::to_owned).collect())).collect()
    }

    fn layout(text: &str) -> Layout {
        Layout::of(&rows(text), Side::Source, &Choices::default(), None).unwrap()
    }

    fn read(layout: &Layout) -> Vec<(&'static str, &str)> {
        let mut columns: Vec<_> =
            layout.columns.iter().map(|column| (column.meaning.key(), column.head.as_str())).collect();
        columns.sort_unstable();
        columns
    }

    #[test]
    fn the_heads_are_found_below_titles_and_groups() {
        let layout = layout("Staff of Quayside,,\nPerson,,Job\nid,last_name,job_title\n1,Ito,Chef\n");
        assert_eq!(layout.head_row, 3);
        assert_eq!(read(&layout), [("id", "id"), ("job_title", "job_title"), ("last_name", "last_name")]);
        assert_eq!(
            Layout::of(&rows("1,Ann,Smith\n2,Bob,Jones"), Side::Source, &Choices::default(), None),
            Err(NoLayout::NoHeads)
        );
    }

    #[test]
    fn of_two_columns_the_better_is_read_and_the_other_named() {
        let two = layout(
            "Employee ID,Payroll ID,Last Name,Work Email,Email Address,Title,Role\n1,P1,Ito,a@b.example,,Ms,Chef",
        );
        assert_eq!(two.place(Meaning::Id), Some(0));
        assert_eq!(two.place(Meaning::Field(Field::Email)), Some(3), "the other one is blank");
        assert_eq!(two.place(Meaning::Field(Field::JobTitle)), Some(6), "a salutation is no job title");
        let unread: Vec<&str> = two.unread.iter().map(|column| column.head.as_str()).collect();
        assert_eq!(unread, ["Payroll ID", "Email Address", "Title"]);
    }

    #[test]
    fn one_word_for_a_name_means_what_the_others_leave() {
        let of = |text: &str| read(&layout(text)).iter().map(|(key, _)| *key).collect::<Vec<_>>();
        assert_eq!(of("id,Nom,Prénom\n1,Ito,Ines"), ["first_name", "id", "last_name"]);
        assert_eq!(of("id,Nombre,Apellidos\n1,Ines,Ito"), ["first_name", "id", "last_name"]);
        assert_eq!(of("id,Name,E-Mail\n1,Ines Ito,"), ["email", "id", "name"]);
    }

    #[test]
    fn a_list_without_an_id_is_keyed_by_what_there_is() {
        assert_eq!(layout("External ID,last_name,email\n4,Ito,i@b.example").key, KeyFrom::Identifier);
        assert_eq!(layout("External ID,last_name,email\n,Ito,i@b.example").key, KeyFrom::Email);
        let choices = Choices::default();
        assert!(matches!(
            Layout::of(&rows("first_name,last_name\nA,B"), Side::Source, &choices, None),
            Err(NoLayout::NoKey(_))
        ));
        assert!(matches!(
            Layout::of(&rows("id,email,Shoe\n1,,3"), Side::Source, &choices, None),
            Err(NoLayout::NoNames(_))
        ));
    }

    #[test]
    fn a_destination_has_the_number_of_the_source_beside_its_own() {
        let text = "User ID,Employee number,last_name\n9,4100,Ito";
        let read = |side| {
            Layout::of(&rows(text), side, &Choices::default(), None).unwrap().place(Meaning::Field(Field::Identifier))
        };
        assert_eq!((read(Side::Destination), read(Side::Source)), (Some(1), None));
    }

    #[test]
    fn the_row_with_the_heads_is_said_by_hand() {
        let text = rows("id,last_name,email\nBadge,Who,Where\n1,Ito,i@b.example\n");
        let of = |row: &str, columns: &str| {
            let mut choices = Choices::default();
            choices.add_head_row(row).unwrap();
            if !columns.is_empty() {
                choices.add_columns(columns).unwrap();
            }
            Layout::of(&text, Side::Source, &choices, None)
        };
        let second = of("2", "id=Badge,last_name=Who").unwrap();
        assert_eq!((second.head_row, second.place(Meaning::Id)), (2, Some(0)));
        let none = of("none", "id=A,last_name=B").unwrap();
        assert_eq!((none.head_row, none.heads.join(" "), none.said.len()), (0, "A B C".to_owned(), 2));
        assert_eq!(of("9", ""), Err(NoLayout::NoRow(9)));
        assert!(matches!(of("none", ""), Err(NoLayout::NoNames(_))));
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }

    #[test]
    fn codes_that_tell_everybody_apart_might_be_the_id() {
        let guess = |text: &str| {
            let layout = layout(text);
            layout.unread.iter().map(|column| column.why.clone()).collect::<Vec<_>>()
        };
        let table = |values: [&str; 3]| {
            let row = |(at, value): (usize, &str)| format!("{value},Ito{at},i{at}@b.example\n");
            format!("Zzz,last_name,email\n{}", values.into_iter().enumerate().map(row).collect::<String>())
        };
        assert_eq!(guess(&table(["P7", "P8", "P12"])), [Unread::Unknown(Some(Meaning::Id))]);
        for values in [["1", "2", "3"], ["7", "7", "8"], ["1990-01-02", "1991-01-02", "1992-01-02"], ["a", "b", "c"]] {
            assert_eq!(guess(&table(values)), [Unread::Unknown(None)], "{values:?}");
        }
    }

    #[test]
    fn of_two_heads_alike_each_has_a_name() {
        let two = layout("id,last_name,Email,Email\n1,Ito,,i@b.example");
        assert_eq!(two.column(Meaning::Field(Field::Email)).unwrap().head, "Email#2");
        assert_eq!(two.unread[0].head, "Email");
    }

    #[test]
    fn the_operator_has_the_last_word() {
        let mut choices = Choices::default();
        choices.add_columns("id=Shoe,email=").unwrap();
        let layout =
            Layout::of(&rows("id,Shoe,last_name,email\n1,38,Ito,i@b.example"), Side::Source, &choices, None).unwrap();
        assert_eq!(layout.place(Meaning::Id), Some(1));
        assert_eq!(layout.place(Meaning::Field(Field::Email)), None);
        assert_eq!(layout.said, ["Shoe"]);
        assert!(layout.unread.iter().any(|column| column.head == "email" && column.why == Unread::Said));
    }
}
