//! The columns of a plan's lines, as a filter names them, and the lines in memory by them.

use super::people_bits::Bits;
use crate::domain::filter::columns::{Column, Kind};
use crate::domain::filter::conditions::{Condition, Test, Wanted};
use crate::domain::filter::{Facet, Word};
use crate::store::columns::fold;
use crate::store::text_index::{APART_IN_TEXT, TextIndex};
use std::collections::HashMap;

/// What the lines of a plan are filtered by.
const WHAT: usize = 0;
const FIELD: usize = 1;
const BRANCH: usize = 2;
const TITLE: usize = 3;
const WHO: usize = 4;

/// The columns of a plan's lines.
pub fn plan_columns() -> Vec<Column> {
    vec![
        Column::new("what", "what", Kind::Choice).facet(),
        Column::new("field", "field that changes", Kind::Choice).facet(),
        Column::new("branch", "branch", Kind::Text).facet(),
        Column::new("title", "job title", Kind::Text).facet(),
        Column::new("who", "who", Kind::Text),
        Column::new("identifier", "identifier", Kind::Text),
    ]
}

/// A column with few values: which of them a line has.
#[derive(Default)]
struct Words {
    words: Vec<String>,
    numbers: HashMap<String, u32>,
    of: Vec<u32>,
}

impl Words {
    fn push(&mut self, word: &str) {
        let number = match self.numbers.get(word) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
                self.words.push(word.to_owned());
                self.numbers.insert(word.to_owned(), number);
                number
            }
        };
        self.of.push(number);
    }

    fn those(&self, fits: impl Fn(&str) -> bool) -> Bits {
        let wanted: Vec<bool> = self.words.iter().map(|word| fits(word)).collect();
        let has = |number: &u32| wanted.get(*number as usize).copied().unwrap_or(false);
        Bits::of(self.of.len(), self.of.iter().zip(0..).filter(|(number, _)| has(number)).map(|(_, place)| place))
    }

    fn at(&self, place: u32) -> &str {
        self.of.get(place as usize).and_then(|number| self.words.get(*number as usize)).map_or("", String::as_str)
    }
}

/// Between the fields that one line changes.
pub(super) const APART_IN_FIELDS: char = '\u{1f}';

/// The fields of a line, apart; one without any has an empty one.
fn fields(text: &str) -> impl Iterator<Item = &str> {
    text.split(APART_IN_FIELDS)
}

/// The columns of all lines, in their order.
#[derive(Default)]
pub(super) struct LineColumns {
    what: Words,
    fields: Words,
    branch: Words,
    title: Words,
    /// Names and ids, as they are searched.
    people: Words,
    identifiers: Words,
}

impl LineColumns {
    /// Adds the next line: the words of its kind and its fields, then what the employee has.
    pub(super) fn push(&mut self, [what, fields, branch, title, person, identifier]: [&str; 6]) {
        self.what.push(what);
        self.fields.push(fields);
        self.branch.push(branch);
        self.title.push(title);
        self.people.push(person);
        self.identifiers.push(identifier);
    }

    fn column(&self, at: usize) -> &Words {
        match at {
            WHAT => &self.what,
            FIELD => &self.fields,
            BRANCH => &self.branch,
            TITLE => &self.title,
            WHO => &self.people,
            _ => &self.identifiers,
        }
    }

    fn word(&self, word: &Word, texts: &TextIndex) -> Bits {
        let mut found = Bits::of(self.what.of.len(), texts.places(word.text()).iter());
        found.or(&self.people.those(|person| word.is_in(person)));
        for words in [&self.what, &self.branch, &self.title, &self.fields] {
            found.or(&words.those(|value| word.is_in(&fold(value))));
        }
        found
    }

    fn bits(&self, term: &Condition, texts: &TextIndex) -> Bits {
        match &term.wanted {
            Wanted::Word(word) => self.word(word, texts),
            Wanted::Column { at, any } => {
                let fits = |test: &Test, value: &str| match (*at, test) {
                    (FIELD, test) => fields(value).any(|field| test.fits(field)),
                    // Names are kept folded, with the ids.
                    (WHO, Test::Whole(text)) if !text.is_empty() => value.contains(fold(text).as_str()),
                    (_, test) => test.fits(value),
                };
                self.column(*at).those(|value| any.iter().any(|test| fits(test, value)))
            }
        }
    }

    /// The lines that all conditions find.
    pub(super) fn found(&self, terms: &[Condition], texts: &TextIndex) -> Bits {
        let mut found = Bits::all(self.what.of.len());
        terms.iter().for_each(|term| found.and(&self.bits(term, texts), term.not));
        found
    }

    /// How many lines carry which value, each facet under everything that is asked of the others. A line that changes two
    /// fields counts under both.
    pub(super) fn facets(&self, terms: &[Condition], texts: &TextIndex) -> Vec<Facet> {
        let of = |at: usize| {
            let about = |term: &&Condition| !matches!(&term.wanted, Wanted::Column { at: other, .. } if *other == at);
            let others: Vec<Condition> = terms.iter().filter(about).cloned().collect();
            let found = self.found(&others, texts);
            let mut counts: HashMap<String, usize> = HashMap::new();
            for place in found.iter() {
                let value = self.column(at).at(place);
                let values: Vec<&str> = if at == FIELD { fields(value).collect() } else { vec![value] };
                for value in values {
                    match counts.get_mut(value) {
                        Some(count) => *count += 1,
                        None => {
                            counts.insert(value.to_owned(), 1);
                        }
                    }
                }
            }
            Facet::new(at, found.len(), counts)
        };
        [WHAT, FIELD, BRANCH, TITLE].into_iter().map(of).collect()
    }
}

/// What of a line is searched as plain text.
pub(super) fn line_text(parts: [&str; 3]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
        text.push(APART_IN_TEXT);
    }
    text
}
