//! The columns of a plan's lines, as a filter names them, and the lines in memory by them.

use super::name_column::NameColumn;
use super::people_bits::Bits;
use super::value_column::ValueColumn;
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

/// Between the fields that one line changes.
pub(super) const APART_IN_FIELDS: char = '\u{1f}';

/// The fields of a line, apart; one without any has an empty one.
fn fields(text: &str) -> impl Iterator<Item = &str> {
    text.split(APART_IN_FIELDS)
}

/// The columns of all lines, in their order.
#[derive(Default)]
pub(super) struct LineColumns {
    what: ValueColumn,
    fields: ValueColumn,
    branch: ValueColumn,
    title: ValueColumn,
    /// Names and ids, as they are searched.
    people: NameColumn,
    identifiers: ValueColumn,
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

    fn column(&self, at: usize) -> &ValueColumn {
        match at {
            WHAT => &self.what,
            FIELD => &self.fields,
            BRANCH => &self.branch,
            TITLE => &self.title,
            WHO => self.people.column(),
            _ => &self.identifiers,
        }
    }

    fn word(&self, word: &Word, texts: &TextIndex) -> Bits {
        // The text of a line has the names and ids of the person too.
        let mut found = Bits::of(self.what.len(), texts.places(word.text()).iter());
        if word.is_loose() {
            found.or(&self.people.abbreviated(word));
        }
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
        let mut found = Bits::all(self.what.len());
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
            for (value, count) in self.column(at).counts(&found) {
                let values: Vec<&str> = if at == FIELD { fields(value).collect() } else { vec![value] };
                values.into_iter().for_each(|value| *counts.entry(value.to_owned()).or_default() += count);
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
