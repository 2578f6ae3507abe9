//! What was read of a file and what was not, in words: one line for each thing, and no value of a person in any of them.

use super::heads::Certainty;
use super::layout::{KeyFrom, Unread, UnreadColumn};
use super::reading::{Note, OrderWhy, Place, Reading, Rows, SheetLeft};
use crate::matching::date_text::DateOrder;

fn count(number: u64, one: &str, many: &str) -> String {
    let text = crate::matching::explain::grouped(number);
    if number == 1 { format!("1 {one}") } else { format!("{text} {many}") }
}

fn words_with_counts(words: &[(String, u64)]) -> String {
    let one = |(word, count): &(String, u64)| format!("`{}` {count}", short(word));
    let shown: Vec<String> = words.iter().take(12).map(one).collect();
    let more = if words.len() > 12 { format!(" and {} other words", words.len() - 12) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn short(text: &str) -> String {
    let text = crate::domain::inert::escaped(text);
    if text.chars().count() <= 40 { text.into_owned() } else { text.chars().take(39).chain(['…']).collect() }
}

/// An order of dates in words.
pub fn order_words(order: DateOrder) -> &'static str {
    match order {
        DateOrder::DayFirst => "day first",
        DateOrder::MonthFirst => "month first",
        DateOrder::YearFirst => "year first",
    }
}

/// Why an order was taken, in words.
pub fn why_words(why: &OrderWhy) -> String {
    match why {
        OrderWhy::Said => "as said".to_owned(),
        OrderWhy::Values(1) => "told by a date whose day is above 12".to_owned(),
        OrderWhy::Values(dates) => {
            format!("told by {} dates whose day is above 12", crate::matching::explain::grouped(*dates as u64))
        }
        OrderWhy::Head => "as its head says".to_owned(),
        OrderWhy::Dots => "as dates with dots are".to_owned(),
        OrderWhy::OtherFile(people) => {
            let who = count(*people as u64, "person who stands", "people who stand");
            format!("told by {who} in the other file")
        }
        OrderWhy::Column(head) => format!("told by the column `{}`", short(head)),
    }
}

fn date_order_words(field: &str, order: DateOrder, why: &OrderWhy) -> String {
    format!("{field}: {}, {}", order_words(order), why_words(why))
}

fn sheet_left_words(name: &str, rows: u64, why: SheetLeft) -> String {
    let why = match why {
        SheetLeft::NoPeople => "no people in it",
        SheetLeft::NoNames => "ids or e-mail addresses, but no names: put its columns beside the others",
        SheetLeft::NoRow => "it has not the row that --head-row names",
        SheetLeft::NoHeads => "it has no heads, but e-mail addresses: write the heads above them",
        SheetLeft::Hidden => "it is hidden; --sheet NAME reads it",
        SheetLeft::Said => "--sheet names another one",
    };
    format!("sheet `{}` not read ({}): {why}", short(name), count(rows, "row", "rows"))
}

fn encoding_words(name: &str, is_said: bool, is_broken: bool) -> String {
    let broken = if is_broken { "; NOT READ: letters that are none in it" } else { "" };
    if is_said {
        format!("the text was read as {name}, as said{broken}")
    } else {
        let not = if name.starts_with("UTF") { "has no mark of its encoding" } else { "is not in UTF-8" };
        format!("the text {not} and was read as {name}; --encoding says another{broken}")
    }
}

fn name_split_words(head: &str, last_first: bool) -> String {
    let how = if last_first { "after the first word, last name first" } else { "before the last word" };
    format!("`{}` is taken apart into first and last name at the comma, else {how}", short(head))
}

fn folded_words([rows, people, differing]: [u64; 3], newest: bool) -> String {
    let which = if newest { "the newest" } else { "the first" };
    let differ = match differing {
        0 => "all alike".to_owned(),
        some => format!("{some} of them differ: {which} stands"),
    };
    let (rows, people) = (count(rows, "row", "rows"), count(people, "person", "people"));
    format!("{rows} of one id folded into {people}; {differ}")
}

impl Reading {
    /// One line for each thing, in plain words and without any value of a person.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.notes.iter().map(|note| self.words(note)).collect();
        lines.extend(self.tally_lines());
        lines.extend(self.column_lines());
        lines
    }

    fn rows_words(&self, rows: &Rows) -> String {
        let one = |place: &Place| match self.sheets.get(place.sheet as usize).filter(|_| self.sheets.len() > 1) {
            Some(sheet) => format!("{} of `{}`", place.row, short(sheet)),
            None => place.row.to_string(),
        };
        let named: Vec<String> = rows.first.iter().map(one).collect();
        let more = rows.count - rows.first.len() as u64;
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        let word = if rows.count == 1 { "row" } else { "rows" };
        format!("{word} {}{rest}", named.join(", "))
    }

    fn tally_lines(&self) -> Vec<String> {
        let tally = &self.tally;
        let mut lines = Vec::new();
        if tally.people == 0 {
            lines.push("NOBODY stands in it: no row below the heads is a person".to_owned());
        }
        let mut left_out: Vec<String> = Vec::new();
        if tally.blank > 0 {
            left_out.push(count(tally.blank, "blank row", "blank rows"));
        }
        for (rows, one, many) in [
            (&tally.repeated_heads, "repeated head row", "repeated head rows"),
            (&tally.hints, "row of hints", "rows of hints"),
            (&tally.notes, "total or note", "totals or notes"),
        ] {
            if rows.count > 0 {
                left_out.push(format!("{} ({})", count(rows.count, one, many), self.rows_words(rows)));
            }
        }
        if !left_out.is_empty() {
            lines.push(format!("left out, as nobody stands in them: {}", left_out.join(", ")));
        }
        if tally.nobody.count > 0 {
            lines.push(format!(
                "NOT READ: {} with neither a name nor anything else to tell who it is",
                self.rows_words(&tally.nobody)
            ));
        }
        if tally.wide.count > 0 {
            lines.push(format!(
                "NOT READ: {} with more cells than there are heads; look for a stray quote or delimiter",
                self.rows_words(&tally.wide)
            ));
        }
        if tally.other_heads.count > 0 {
            lines.push(format!(
                "NOT READ: {} below further heads in another order ({}); give each part a sheet or a file of its own",
                count(tally.under_others.count, "row", "rows"),
                self.rows_words(&tally.other_heads)
            ));
        }
        if tally.swallowed > 0 {
            lines.push(format!(
                "NOT READ: {} inside a cell of {}; look for a quote that is never closed",
                count(tally.swallowed, "line that looks like a person stands", "lines that look like people stand"),
                self.rows_words(&tally.swallowing)
            ));
        }
        lines
    }

    fn column_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let guessed: Vec<String> = self
            .columns
            .iter()
            .filter(|column| column.certainty == Certainty::Likely)
            .map(|column| format!("`{}` as {}", short(&column.head), column.meaning.words()))
            .collect();
        if !guessed.is_empty() {
            lines.push(format!("read by a guess: {}", guessed.join(", ")));
        }
        if !self.unread.is_empty() {
            let unread: Vec<String> = self.unread.iter().take(40).map(unread_words).collect();
            let more = self.unread.len().saturating_sub(40);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            lines.push(format!("columns not read: {}{rest}", unread.join(", ")));
        }
        lines
    }

    fn words(&self, note: &Note) -> String {
        match note {
            Note::SeparatorLine => "the first line names the delimiter; it is no row".to_owned(),
            Note::Encoding { name, is_said, is_broken } => encoding_words(name, *is_said, *is_broken),
            Note::HeadsBelow { row, above, sheet } => {
                let of = sheet.as_ref().map_or(String::new(), |sheet| format!(" of `{}`", short(sheet)));
                let above = count(*above, "row above them is", "rows above them are");
                format!("the heads stand in row {row}{of}; {above} not read")
            }
            Note::HeadsInTwo { first, row, sheet } => {
                let of = sheet.as_ref().map_or(String::new(), |sheet| format!(" of `{}`", short(sheet)));
                format!("the heads stand in rows {first} and {row}{of}, read together (--head-row reads one alone)")
            }
            Note::BrokenLetters(rows) => format!(
                "BROKEN LETTERS in names (like `Ã«`, `\u{fffd}` or `?` for `ë`) in {}: an earlier program has broken them; export again",
                self.rows_words(rows)
            ),
            Note::MailsInText(rows) => {
                format!(
                    "e-mail addresses with more beside them (like mailto:) in {}; the address is read",
                    self.rows_words(rows)
                )
            }
            Note::PeopleAbove(rows) => format!(
                "NOT READ: {} above the heads, with e-mail addresses; --head-row says which row has the heads",
                self.rows_words(rows)
            ),
            Note::SheetsRead(sheets) => {
                let each: Vec<String> =
                    sheets.iter().map(|(name, people)| format!("`{}` {people}", short(name))).collect();
                format!("sheets read: {} (--sheet NAME reads one only)", each.join(", "))
            }
            Note::SheetLeft { name, rows, why } => sheet_left_words(name, *rows, *why),
            Note::SheetOver(name) => format!("the people of sheet `{}` are read as ones who have left", short(name)),
            Note::HiddenRows(rows) => {
                format!("{} hidden in the spreadsheet, read like the others", count(*rows, "row is", "rows are"))
            }
            Note::HiddenSheet(name) => {
                format!("sheet `{}` is hidden and read, as nobody stands in a shown one", short(name))
            }
            Note::HiddenColumns(heads) => {
                let heads: Vec<String> = heads.iter().map(|head| format!("`{}`", short(head))).collect();
                let are = if heads.len() == 1 { "column is" } else { "columns are" };
                format!("{} {are} hidden in the spreadsheet, read like the others: {}", heads.len(), heads.join(", "))
            }
            Note::ErrorCells(rows) => {
                format!("errors of a spreadsheet (like #N/A) in {}; read as blank", self.rows_words(rows))
            }
            Note::MailLists(rows) => {
                format!("several e-mail addresses in one cell in {}; the first is read", self.rows_words(rows))
            }
            Note::DecimalIds(rows) => format!(
                "ids that a program has written as numbers (like 4100.0) in {}; kept as they stand: format the column as text",
                self.rows_words(rows)
            ),
            Note::GroupedIds(rows) => format!(
                "ids with signs between their thousands (like 4.100) in {}; kept as they stand",
                self.rows_words(rows)
            ),
            Note::Headless(rows) => {
                format!("{} cells without a head above them; they are not read", count(*rows, "row has", "rows have"))
            }
            other => self.words_of_people(other),
        }
    }

    /// What is said of keys, ids, dates and words of a status.
    fn words_of_people(&self, note: &Note) -> String {
        match note {
            Note::Key(KeyFrom::Identifier) => {
                "there is no id: the external identifier serves as one, and the e-mail where it is blank".to_owned()
            }
            Note::Key(_) => "there is no id: the e-mail serves as one".to_owned(),
            Note::Keyless(rows) => {
                format!("NO ID: {}; each is called by its row and is never linked", self.rows_words(rows))
            }
            Note::NameSplit { head, last_first } => name_split_words(head, *last_first),
            Note::Folded { rows, people, differing, newest } => folded_words([*rows, *people, *differing], *newest),
            Note::SharedId { ids, rows } => {
                format!(
                    "{} on people who are not one ({rows} rows); none of them is linked",
                    count(*ids, "id stands", "ids stand")
                )
            }
            Note::ShortenedIds(rows) => {
                format!(
                    "ids that a spreadsheet has shortened (like 4.1E+03) in {}; format the column as text",
                    self.rows_words(rows)
                )
            }
            Note::DateOrder { field, order, why } => date_order_words(field, *order, why),
            Note::DatesUnusable { head, no_year: true } => {
                format!("`{}` has days without a year and is not read; export whole dates", short(head))
            }
            Note::DatesUnusable { head, .. } => format!("`{}` holds no dates and is not read", short(head)),
            Note::DatesUnread { field, rows } => {
                format!("{field}: no date that a calendar has in {}; read as blank", self.rows_words(rows))
            }
            Note::Employed { words } => format!("employed by status: {}", words_with_counts(words)),
            Note::Ended { words } => format!("left or switched off by status: {}", words_with_counts(words)),
            Note::EndedByDate(people) => {
                format!("{} left by an end date that is past", count(*people, "person has", "people have"))
            }
            Note::Unclear { words, people } => format!(
                "UNCLEAR STATUS of {}, never linked or made unasked: {} (--status WORD=active or WORD=ended says what it means)",
                count(*people, "person", "people"),
                words_with_counts(words)
            ),
            _ => String::new(),
        }
    }
}

fn unread_words(column: &UnreadColumn) -> String {
    let head = if column.head.is_empty() { "(no head)".to_owned() } else { format!("`{}`", short(&column.head)) };
    match &column.why {
        Unread::Unknown(None) | Unread::Said => head,
        Unread::Unknown(Some(meaning)) => format!("{head} (might be {})", meaning.words()),
        Unread::Second { meaning, instead } => {
            format!("{head} (might be {}, which `{}` is read as)", meaning.words(), short(instead))
        }
        Unread::OtherValues(meaning) => format!("{head} (its values are no {})", meaning.words()),
        Unread::Private => format!("{head} (not our business)"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::reading::Tally;
    use super::*;

    #[test]
    fn every_note_names_its_rows() {
        let mut rows = Rows::default();
        (3..12).for_each(|row| rows.add(Place { sheet: 0, row }));
        let reading = Reading {
            notes: vec![Note::Keyless(rows.clone())],
            tally: Tally { rows: 10, people: 1, wide: rows, ..Tally::default() },
            unread: vec![UnreadColumn { head: "Company".to_owned(), why: Unread::Unknown(None) }],
            ..Reading::default()
        };
        let lines = reading.lines();
        assert_eq!(lines[0], "NO ID: rows 3, 4, 5, 6, 7 and 4 more; each is called by its row and is never linked");
        assert!(lines[1].starts_with("NOT READ: rows 3"), "{lines:?}");
        assert_eq!(lines[2], "columns not read: `Company`");
        assert!(reading.tally.is_whole() && reading.is_short());
    }
}
