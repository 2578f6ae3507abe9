//! Which column is which field: what the operator says, what heads say, what the values show, and what is left unread.

use super::choices::{Choices, Side};
use super::heads::{self, Certainty, Flag, Meaning, Recognised};
use super::layout::{RawRow, ReadColumn, Unread, UnreadColumn, fill};
use super::status::{self, StatusMeaning};
use crate::domain::field::Field;
use crate::domain::text;
use crate::matching::date_text::DateText;

/// Whether the head is that of a system's own ids, not of the numbers that an employer gives.
fn is_own_id(head: &str) -> bool {
    matches!(heads::folded(head).as_str(), "id" | "userid" | "uid" | "learnerid" | "memberid" | "recordid")
}

/// Chooses columns.
pub(super) struct Picker<'a> {
    pub heads: &'a [String],
    pub sample: &'a [RawRow],
    pub taken: Vec<ReadColumn>,
    pub unread: Vec<(usize, UnreadColumn)>,
    pub said: Vec<String>,
    pub is_last_first: bool,
}

/// Heads that might be those of numbers of people.
const NUMBERS: &str = "payroll no nr num number nummer numero code kode kod codigo ref reference key";

/// Words before a name, by which a column `Title` is none of job titles.
const SALUTATIONS: &str = "mr mrs ms miss dr mx sir herr frau hr fr m mme mlle monsieur madame sr sra srta don dona sig sigra dhr mevr \
    pan pani prof";

impl Picker<'_> {
    fn is_free(&self, place: usize) -> bool {
        self.taken.iter().all(|column| column.place != place) && self.unread.iter().all(|(unread, _)| *unread != place)
    }

    fn values(&self, place: usize) -> impl Iterator<Item = &str> {
        self.sample
            .iter()
            .filter_map(move |(_, cells)| cells.get(place))
            .map(|cell| cell.trim())
            .filter(|cell| !cell.is_empty())
    }

    /// The head at a place; of one that stands twice the second is `Email#2`, as `--columns` calls it.
    fn name(&self, place: usize) -> String {
        let head = self.heads.get(place).map(String::as_str).unwrap_or_default();
        let before = self.heads.iter().take(place).filter(|other| *other == head).count();
        if before == 0 || head.is_empty() { head.to_owned() } else { format!("{head}#{}", before + 1) }
    }

    fn take(&mut self, place: usize, meaning: Meaning, certainty: Certainty) {
        let head = self.name(place);
        self.taken.push(ReadColumn { meaning, head, certainty, place });
    }

    fn leave(&mut self, place: usize, why: Unread) {
        let head = self.name(place);
        self.unread.push((place, UnreadColumn { head, why }));
    }

    pub fn take_said(&mut self, choices: &Choices) {
        for choice in &choices.columns {
            let Some(place) = choice.place(self.heads) else { continue };
            self.said.extend(choice.head.clone());
            // The last word counts.
            self.taken.retain(|column| column.place != place && column.meaning != choice.meaning);
            let is_last_first = choice.meaning == Meaning::LastFirst;
            if is_last_first || choice.meaning == Meaning::FullName {
                self.is_last_first = is_last_first;
                self.taken.retain(|column| column.meaning != Meaning::FullName);
            }
            let meaning = if is_last_first { Meaning::FullName } else { choice.meaning };
            self.take(place, meaning, Certainty::Said);
        }
        // Nothing is read into these, however good a head there is.
        for choice in choices.columns.iter().filter(|choice| choice.head.is_none()) {
            self.taken.retain(|column| column.meaning != choice.meaning);
            for place in 0..self.heads.len() {
                let head = self.heads.get(place).map(String::as_str).unwrap_or_default();
                if self.is_free(place) && heads::recognise(head).is_some_and(|found| found.meaning == choice.meaning) {
                    self.leave(place, Unread::Said);
                }
            }
        }
    }

    pub fn take_recognised(&mut self, side: Side) {
        let mut found: Vec<(usize, Recognised)> = Vec::new();
        for (place, head) in self.heads.iter().enumerate().filter(|(place, _)| self.is_free(*place)) {
            let Some(mut recognised) = heads::recognise(head) else { continue };
            if side == Side::Destination && recognised.meaning == Meaning::Id && is_own_id(head) {
                recognised.rank = 0;
            }
            if recognised.meaning == Meaning::Flag(Flag::Active) && !status::are_flags(self.values(place)) {
                recognised.meaning = Meaning::Field(Field::Status);
            }
            found.push((place, recognised));
        }
        for (place, _) in found.extract_if(.., |(_, found)| found.meaning == Meaning::Private) {
            self.leave(place, Unread::Private);
        }
        let mismatched: Vec<(usize, Meaning)> = found
            .extract_if(.., |(place, found)| !self.fits(*place, found))
            .map(|(place, found)| (place, found.meaning))
            .collect();
        for (place, meaning) in mismatched {
            self.leave(place, Unread::OtherValues(meaning));
        }
        // A blank column is the last choice; then the better head goes before.
        found.sort_by_key(|(place, found)| (fill(self.sample, *place) == 0, found.rank, *place));
        for (place, Recognised { meaning, certainty, .. }) in found {
            let all_count = matches!(meaning, Meaning::Flag(_));
            match self.taken.iter().find(|column| column.meaning == meaning).map(|column| column.head.clone()) {
                Some(_) if !all_count && self.is_identifier(side, place, meaning) => {
                    self.take(place, Meaning::Field(Field::Identifier), Certainty::Likely);
                }
                Some(instead) if !all_count => self.leave(place, Unread::Second { meaning, instead }),
                _ => self.take(place, meaning, certainty),
            }
        }
    }

    /// Without an id, the one column that is called like one, or like a number, and tells everybody apart.
    pub fn guess_id(&mut self) {
        if self.taken.iter().any(|column| column.meaning == Meaning::Id)
            || self.unread.iter().any(|(_, column)| column.why == Unread::Said)
        {
            return;
        }
        let is_called = |head: &str| {
            heads::near(head) == Some(Meaning::Id)
                || NUMBERS.split_ascii_whitespace().any(|word| word == heads::folded(head))
        };
        let found: Vec<usize> = (0..self.heads.len())
            .filter(|place| self.is_free(*place) && self.heads.get(*place).is_some_and(|head| is_called(head)))
            .filter(|place| self.looks_like_ids(*place))
            .collect();
        if let [only] = found.as_slice() {
            self.take(*only, Meaning::Id, Certainty::Likely);
        }
    }

    /// Whether a second id of a destination is the number that its users have in the source.
    fn is_identifier(&self, side: Side, place: usize, meaning: Meaning) -> bool {
        let identifier = Meaning::Field(Field::Identifier);
        let named = |at: usize| self.heads.get(at).map(String::as_str).unwrap_or_default();
        let free = self.taken.iter().all(|column| column.meaning != identifier)
            && !self.heads.iter().any(|head| heads::recognise(head).is_some_and(|found| found.meaning == identifier));
        let first = self.taken.iter().find(|column| column.meaning == Meaning::Id);
        side == Side::Destination
            && meaning == Meaning::Id
            && free
            && first.is_some_and(|first| is_own_id(&first.head))
            && !is_own_id(named(place))
    }

    /// Whether the values are of the kind that the head says.
    fn fits(&self, place: usize, found: &Recognised) -> bool {
        let all = self.values(place).count();
        let share = |fits: fn(&str) -> bool| self.values(place).filter(|value| fits(value)).count();
        if all == 0 {
            return true;
        }
        match found.meaning {
            Meaning::Field(Field::Email) => share(|value| value.contains('@')) * 3 >= all,
            Meaning::Field(Field::JobTitle) => {
                let is_salutation =
                    |value: &str| SALUTATIONS.split_ascii_whitespace().any(|one| one == text::fold(value));
                self.values(place).filter(|value| is_salutation(value)).count() * 2 < all
            }
            // `Estado` and `Stan` are states of a country too.
            Meaning::Field(Field::Status) if found.rank > 8 => {
                share(|value| status::meaning(value) != StatusMeaning::Unclear) * 2 >= all
            }
            Meaning::Flag(_) => share(|value| status::is_yes(value).is_some()) * 2 >= all,
            Meaning::FullName | Meaning::Field(Field::FirstName | Field::LastName | Field::KnownAs)
                if found.meaning == Meaning::FullName || found.certainty == Certainty::Likely =>
            {
                share(|value| value.chars().any(char::is_alphabetic)) * 2 >= all
            }
            _ => true,
        }
    }

    /// `Nom` beside `Prénom` is the last name, `Nombre` beside `Apellidos` the first; alone they are both.
    pub fn settle_names(&mut self) {
        const EITHER: &str = "nom name nombre nome naam navn namn nimi";
        self.part_names();
        let has = |field: Field| self.taken.iter().any(|column| column.meaning == Meaning::Field(field));
        let missing = match (has(Field::FirstName), has(Field::LastName)) {
            (true, false) => Field::LastName,
            (false, true) => Field::FirstName,
            _ => return self.drop_whole_name(),
        };
        let whole = self.taken.iter_mut().find(|column| column.meaning == Meaning::FullName);
        if let Some(column) = whole.filter(|column| column.certainty != Certainty::Said) {
            let bare = self.heads.get(column.place).map(|head| heads::folded(head)).unwrap_or_default();
            if EITHER.split_ascii_whitespace().any(|one| one == bare) {
                column.meaning = Meaning::Field(missing);
            }
        }
    }

    /// Two columns of whole names (`Name`, `Name`), each with one word: the first name and the last.
    fn part_names(&mut self) {
        let has = |field: Field| self.taken.iter().any(|column| column.meaning == Meaning::Field(field));
        if has(Field::FirstName) || has(Field::LastName) {
            return;
        }
        let whole = |column: &&ReadColumn| column.meaning == Meaning::FullName && column.certainty != Certainty::Said;
        let Some(first) = self.taken.iter().find(whole).map(|column| column.place) else { return };
        let is_second = |(_, column): &&(usize, UnreadColumn)| {
            matches!(&column.why, Unread::Second { meaning: Meaning::FullName, .. })
        };
        let Some(second) = self.unread.iter().find(is_second).map(|(place, _)| *place) else { return };
        let is_word = |value: &str| !value.contains([' ', ',']);
        let are_words = |place: usize| {
            self.values(place).filter(|value| is_word(value)).count() * 3 > self.values(place).count() * 2
        };
        if second != first + 1 || !are_words(first) || !are_words(second) {
            return;
        }
        self.taken.retain(|column| column.place != first);
        self.unread.retain(|(place, _)| *place != second);
        self.take(first, Meaning::Field(Field::FirstName), Certainty::Likely);
        self.take(second, Meaning::Field(Field::LastName), Certainty::Likely);
    }

    /// Beside both names a whole one says nothing more.
    fn drop_whole_name(&mut self) {
        let has = |field: Field| self.taken.iter().any(|column| column.meaning == Meaning::Field(field));
        if !has(Field::FirstName) {
            return;
        }
        let whole = self
            .taken
            .iter()
            .position(|column| column.meaning == Meaning::FullName && column.certainty != Certainty::Said);
        if let Some(at) = whole {
            let column = self.taken.remove(at);
            let instead = self.taken.iter().find(|column| column.meaning == Meaning::Field(Field::FirstName));
            let instead = instead.map(|column| column.head.clone()).unwrap_or_default();
            self.leave(column.place, Unread::Second { meaning: Meaning::FullName, instead });
        }
    }

    pub fn name_the_rest(&mut self) {
        for (place, head) in self.heads.iter().enumerate() {
            if self.is_free(place) && (!head.is_empty() || self.values(place).next().is_some()) {
                let guess = heads::near(head).or_else(|| self.looks_like(place));
                self.leave(place, Unread::Unknown(guess));
            }
        }
    }

    /// What the values themselves look like.
    fn looks_like(&self, place: usize) -> Option<Meaning> {
        let all = self.values(place).count();
        let addresses = self.values(place).filter(|value| value.contains('@')).count();
        if all > 0 && addresses * 2 > all {
            return Some(Meaning::Field(Field::Email));
        }
        let has = |meaning| self.taken.iter().any(|column| column.meaning == meaning);
        (!has(Meaning::Id) && self.looks_like_ids(place)).then_some(Meaning::Id)
    }

    /// Whether every row has a short code of its own; the numbers of the rows themselves are none.
    fn looks_like_ids(&self, place: usize) -> bool {
        let values: Vec<&str> = self.values(place).collect();
        let distinct: std::collections::BTreeSet<&str> = values.iter().copied().collect();
        let is_code = |value: &&str| {
            value.len() <= 20
                && value.bytes().any(|byte| byte.is_ascii_digit())
                && !value.contains([' ', '/', ':', '@'])
        };
        let counts = (1..).zip(&values).all(|(number, value)| value.trim_start_matches('0') == number.to_string());
        let is_day = |value: &&str| {
            let read = crate::matching::date_text::read(value, 2100);
            matches!(read, DateText::Fixed(_) | DateText::Open(..)) && value.contains(['-', '.'])
        };
        values.len() > 2
            && values.len() == self.sample.len()
            && distinct.len() == values.len()
            && values.iter().all(is_code)
            && !counts
            && !values.iter().all(is_day)
    }
}
