//! The review desk over two lists: who stands where, what was ruled over it, and the result as files. Nothing is sent anywhere; a
//! ruling is a line in a file.

pub use super::narrowed::{Part, review_columns};
pub use super::shown::{Card, Choice, Kind, Line, NotRuled, Person, Ruled, Summary, Tally};
use super::{Counts, Disposition, Matched, Pair, Ruling, Rulings, WriteError, Written};
use crate::domain::field::Field;
use crate::domain::plan::Candidate;
use crate::files::match_result::kept::{Kept, KeptFile, KeptRuling};
use crate::files::match_result::{disposition, folder};
use crate::matching::dates::{Packed, unpack};
use crate::matching::decide::{Policy, PolicyEffect};
use crate::matching::engine::Ranked;
use crate::matching::explain::Tables;
use crate::matching::outcome::Outcome;
use crate::matching::table::{Column, PeopleTable};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Rulings, and the way back.
#[derive(Debug, Default)]
pub(super) struct State {
    pub rulings: Rulings,
    pub by: BTreeMap<usize, String>,
    /// What each step took the place of, oldest first.
    pub done: Vec<(usize, Option<Ruled>)>,
    undone: Vec<(usize, Option<Ruled>)>,
    lists: [Vec<u32>; 4],
    /// How often something was ruled or taken back.
    pub changes: u64,
    pub found: Option<super::narrowed::Found>,
}

/// The desk.
pub struct Desk {
    pair: Pair,
    files: [KeptFile; 2],
    matched: Matched,
    /// Who is linked to a user by the match itself.
    linked: HashMap<usize, usize>,
    /// By row: how far the likeliest user is from even odds.
    doubt: Vec<f32>,
    state: Mutex<State>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("people", &self.matched.source.table.len()).finish_non_exhaustive()
    }
}

/// A packed day as a date.
pub(super) fn date_of(day: Packed) -> Option<Date> {
    let (year, month, of_month) = unpack(day);
    let small = |part: u32| i8::try_from(part).ok();
    Date::new(i16::try_from(year).ok()?, small(month)?, small(of_month)?).ok()
}

/// The name of a row as it is shown.
fn name_of(table: &PeopleTable, row: usize) -> String {
    let value = |column| table.value(row, column).unwrap_or_default();
    let first = Some(value(Column::FirstName)).filter(|first| !first.is_empty()).unwrap_or(value(Column::KnownAs));
    format!("{first} {}", value(Column::LastName)).trim().to_owned()
}

pub(super) fn person_of(table: &PeopleTable, row: usize) -> Person {
    Person {
        row,
        id: table.id(row).to_owned(),
        name: name_of(table, row),
        born: table.day(row, Column::BirthDate).and_then(date_of),
        email: table.value(row, Column::Email).unwrap_or_default().to_owned(),
        is_active: table.is_active(row),
    }
}

impl Desk {
    /// A desk over what was compared.
    pub fn new(pair: Pair, files: [KeptFile; 2], matched: Matched) -> Desk {
        let source = &matched.source.table;
        let doubt_of = |row: usize| {
            let likely = matched.decided.candidates(row).next().map_or(0.0, |found| found.probability);
            (likely - 0.5).abs() as f32
        };
        let doubt: Vec<f32> = (0..source.len()).into_par_iter().map(doubt_of).collect();
        let none = Rulings::new();
        let mut lists: [Vec<u32>; 4] = Default::default();
        let mut linked = HashMap::new();
        for row in 0..source.len() {
            let disposition = disposition(&matched.decided, source, &none, row);
            if let Disposition::Link(user) = disposition {
                linked.insert(user, row);
            }
            if let Some(list) = Kind::of(disposition).and_then(|kind| lists.get_mut(kind as usize)) {
                list.push(u32::try_from(row).unwrap_or(u32::MAX));
            }
        }
        for list in &mut lists {
            list.par_sort_by(|a, b| {
                order(&doubt, *a).partial_cmp(&order(&doubt, *b)).unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        let state = Mutex::new(State { lists, ..State::default() });
        Desk { pair, files, matched, linked, doubt, state }
    }

    /// What was compared.
    pub fn pair(&self) -> &Pair {
        &self.pair
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn source(&self) -> &PeopleTable {
        &self.matched.source.table
    }

    pub(super) fn users(&self) -> &PeopleTable {
        &self.matched.destination.table
    }

    pub(super) fn outcome(&self, row: usize) -> Outcome {
        self.matched.decided.outcome(row)
    }

    pub(super) fn name(&self, row: usize) -> String {
        name_of(self.source(), row)
    }

    pub(super) fn born(&self, row: usize) -> Option<Date> {
        self.source().day(row, Column::BirthDate).and_then(date_of)
    }

    /// What the destination is to carry for a person.
    pub(super) fn key(&self, row: usize) -> &str {
        self.source().value(row, Column::Identifier).unwrap_or(self.source().id(row))
    }

    /// Name and id of a user.
    pub(super) fn user_words(&self, row: usize) -> String {
        format!("{} {}", name_of(self.users(), row), self.users().id(row))
    }

    /// The user that stands with an employee: the linked one, else the likeliest.
    pub(super) fn shown_user(&self, row: usize, disposition: Disposition) -> Option<Ranked> {
        let mut candidates = self.matched.decided.candidates(row);
        match disposition {
            Disposition::Link(user) => candidates.find(|found| found.row == user),
            _ => candidates.next(),
        }
    }

    pub(super) fn disposition(&self, rulings: &Rulings, row: usize) -> Disposition {
        disposition(&self.matched.decided, self.source(), rulings, row)
    }

    /// The desk in numbers.
    pub fn summary(&self) -> Summary {
        let state = self.state();
        let counts = Counts::of(&self.matched, &state.rulings);
        let mut tally = Tally::default();
        for ruling in state.rulings.values() {
            match ruling {
                Ruling::Link(_) => tally.linked += 1,
                Ruling::New => tally.new += 1,
                Ruling::Later => tally.later += 1,
            }
        }
        let effect = self.matched.decided.effect();
        Summary {
            counts,
            tally,
            expected_wrong: effect.expected_wrong,
            wrong_range: effect.wrong_range(),
            expected_missed: effect.expected_missed,
            missed_range: effect.missed_range(),
            threshold: self.pair.threshold,
            new_below: self.pair.new_below,
        }
    }

    /// What other limits would decide, before anything is ruled: the probability from which a link needs no question, that below
    /// which somebody is new, and the figures.
    pub fn limits(&self) -> [Vec<(Policy, PolicyEffect)>; 2] {
        let own = Policy { auto: self.pair.threshold, new_below: self.pair.new_below };
        let around = |mut limits: Vec<f64>, own: f64| {
            if limits.iter().all(|limit| (limit - own).abs() > 1e-9) {
                limits.push(own);
                limits.sort_by(f64::total_cmp);
            }
            limits
        };
        let links = around(vec![0.9, 0.95, 0.98, 0.99, 0.995, 0.999], own.auto);
        let news = around(vec![0.0, 0.001, 0.01, 0.02, 0.05, 0.1], own.new_below);
        let preview = |policy: Policy| (policy, self.matched.decided.preview(policy));
        [
            links.into_iter().map(|auto| preview(Policy { auto, ..own })).collect(),
            news.into_iter().map(|new_below| preview(Policy { new_below, ..own })).collect(),
        ]
    }

    /// What was ruled, as it is kept beside a result.
    pub fn rulings(&self) -> Vec<KeptRuling> {
        self.kept_rulings(&self.state())
    }

    /// Some lines of a list, least certain first, and how long it is.
    pub fn lines(&self, part: &Part, from: usize, count: usize) -> (Vec<Line>, usize) {
        let list = self.rows(part);
        let all = list.len();
        let rows: Vec<usize> = list.iter().skip(from).take(count).map(|row| *row as usize).collect();
        (rows.into_iter().map(|row| self.line(row)).collect(), all)
    }

    fn line(&self, row: usize) -> Line {
        let (disposition, ruled) = {
            let state = self.state();
            (self.disposition(&state.rulings, row), state.ruled(row))
        };
        let decided = &self.matched.decided;
        let shown = self.shown_user(row, disposition);
        let user = shown.map(|found| (person_of(self.users(), found.row), self.explained(row, found.pair, found.row)));
        Line {
            employee: person_of(self.source(), row),
            rival: shown.and_then(|found| self.rival(found.pair)),
            user,
            disposition,
            outcome: decided.outcome(row),
            ruled,
        }
    }

    /// The employee with the best other claim on the user of a pair, where it is one.
    pub(super) fn rival(&self, pair: usize) -> Option<String> {
        const RIVAL: f64 = 0.01;
        let linkage = &self.matched.decided.linkage;
        let rival = linkage.best_rival(pair).filter(|rival| linkage.probability(*rival) >= RIVAL)?;
        let left = linkage.pairs.get(rival)?.left as usize;
        let row = *linkage.left.order.get(left)? as usize;
        Some(name_of(self.source(), row))
    }

    /// The waterfall, with days as ISO dates.
    fn explained(&self, row: usize, pair: usize, user: usize) -> Candidate {
        let tables = Tables { source: self.source(), destination: self.users() };
        let mut candidate = self.matched.decided.linkage.explain(tables, pair);
        for line in &mut candidate.evidence {
            let column = match Field::from_key(&line.field) {
                Some(Field::DateOfBirth) => Column::BirthDate,
                Some(Field::StartDate) => Column::StartDate,
                _ => continue,
            };
            let day = |table: &PeopleTable, row| table.day(row, column).and_then(date_of).map(|day| day.to_string());
            line.source_value = day(self.source(), row).or(line.source_value.take());
            line.destination_value = day(self.users(), user).or(line.destination_value.take());
        }
        candidate
    }

    /// The card of an employee.
    pub fn card(&self, row: usize) -> Option<Card> {
        if row >= self.source().len() {
            return None;
        }
        let (disposition, ruled, rulings) = {
            let state = self.state();
            (self.disposition(&state.rulings, row), state.ruled(row), state.rulings.clone())
        };
        let (source, users) = (self.source(), self.users());
        let value = |column: Column| match source.day(row, column).and_then(date_of) {
            Some(day) => Some(day.to_string()),
            None => source.value(row, column).map(str::to_owned),
        };
        let choices = self.matched.decided.candidates(row).map(|found| Choice {
            user: person_of(users, found.row),
            identifier: users.value(found.row, Column::Identifier).unwrap_or_default().to_owned(),
            evidence: self.explained(row, found.pair, found.row),
            holder: self.holder(&rulings, found.row).filter(|holder| *holder != row).map(|one| person_of(source, one)),
            rival: self.rival(found.pair),
        });
        Some(Card {
            employee: person_of(source, row),
            key: self.key(row).to_owned(),
            facts: Column::ALL.into_iter().filter_map(|column| Some((column.field(), value(column)?))).collect(),
            choices: choices.collect(),
            disposition,
            outcome: self.matched.decided.outcome(row),
            ruled,
        })
    }

    /// Who is linked to a user.
    fn holder(&self, rulings: &Rulings, user: usize) -> Option<usize> {
        let ruled = rulings.iter().find(|(_, ruling)| **ruling == Ruling::Link(user)).map(|(row, _)| *row);
        ruled.or_else(|| self.linked.get(&user).copied().filter(|row| !rulings.contains_key(row)))
    }

    /// Rules on somebody.
    ///
    /// # Errors
    /// [`NotRuled`]: a user has one employee, and is one of the candidates.
    pub fn rule(&self, row: usize, ruling: Ruling, by: &str) -> Result<(), NotRuled> {
        if row >= self.source().len() {
            return Err(NotRuled::Nobody(row));
        }
        let mut state = self.state();
        if let Ruling::Link(user) = ruling {
            if !self.matched.decided.candidates(row).any(|found| found.row == user) {
                return Err(NotRuled::NoCandidate);
            }
            if let Some(holder) = self.holder(&state.rulings, user).filter(|holder| *holder != row) {
                let holder = format!("{} ({})", name_of(self.source(), holder), self.source().id(holder));
                return Err(NotRuled::Taken { user: self.users().id(user).to_owned(), holder });
            }
        }
        let before = self.put(&mut state, row, Some(Ruled { ruling, by: by.to_owned() }));
        state.done.push((row, before));
        state.undone.clear();
        Ok(())
    }

    /// Takes the last ruling back; gives whom it was about. The steps go back in their order, so that nobody gets back a user whom
    /// somebody else has by then.
    pub fn undo(&self) -> Option<Person> {
        self.walk(false)
    }

    /// Brings back what was undone last.
    pub fn redo(&self) -> Option<Person> {
        self.walk(true)
    }

    fn walk(&self, forward: bool) -> Option<Person> {
        let mut state = self.state();
        let steps = if forward { &mut state.undone } else { &mut state.done };
        let (row, ruled) = steps.pop()?;
        let before = self.put(&mut state, row, ruled);
        let steps = if forward { &mut state.done } else { &mut state.undone };
        steps.push((row, before));
        Some(person_of(self.source(), row))
    }

    /// Puts a ruling in, or takes it out, and moves the row to its list; gives what was there.
    fn put(&self, state: &mut State, row: usize, ruled: Option<Ruled>) -> Option<Ruled> {
        let before = state.ruled(row);
        let was = Kind::of(self.disposition(&state.rulings, row));
        match ruled {
            Some(Ruled { ruling, by }) => {
                state.rulings.insert(row, ruling);
                state.by.insert(row, by);
            }
            None => {
                state.rulings.remove(&row);
                state.by.remove(&row);
            }
        }
        state.changes += 1;
        let is = Kind::of(self.disposition(&state.rulings, row));
        if was != is {
            let number = u32::try_from(row).unwrap_or(u32::MAX);
            let key = order(&self.doubt, number);
            let place = |list: &Vec<u32>| list.partition_point(|other| order(&self.doubt, *other) < key);
            if let Some(list) = was.and_then(|kind| state.lists.get_mut(kind as usize)) {
                let at = place(list);
                if list.get(at) == Some(&number) {
                    list.remove(at);
                }
            }
            if let Some(list) = is.and_then(|kind| state.lists.get_mut(kind as usize)) {
                let at = place(list);
                list.insert(at, number);
            }
        }
        before
    }

    /// Where somebody stands in a list: the place of its row, else the one where it would be.
    pub fn place(&self, part: &Part, row: usize) -> usize {
        let key = order(&self.doubt, u32::try_from(row).unwrap_or(u32::MAX));
        self.rows(part).partition_point(|other| order(&self.doubt, *other) < key)
    }

    /// In which list somebody stands.
    pub fn kind(&self, row: usize) -> Option<Kind> {
        let state = self.state();
        Kind::of(self.disposition(&state.rulings, row))
    }

    /// The next of a list from a place on who is not ruled on, else the first; gives place and row.
    pub fn open_from(&self, part: &Part, from: usize) -> Option<(usize, usize)> {
        let list = self.rows(part);
        let state = self.state();
        let open = |(_, row): &(usize, &u32)| !state.rulings.contains_key(&(**row as usize));
        let behind = list.iter().enumerate().skip(from).find(open);
        let found = behind.or_else(|| list.iter().enumerate().take(from).find(open));
        found.map(|(at, row)| (at, *row as usize))
    }

    /// Writes the four files and what is kept beside them; an earlier result in the folder is kept under another name. Gives the
    /// files, and where the earlier ones are.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(
        &self,
        into: &Path,
        xlsx: bool,
        zone: &TimeZone,
    ) -> Result<(Vec<PathBuf>, Option<PathBuf>), WriteError> {
        let (rulings, kept) = {
            // What is ruled while the files are being written is not in them.
            let state = self.state();
            (state.rulings.clone(), self.kept_rulings(&state))
        };
        folder::replace(into, zone, |making| {
            let Written { files, .. } = super::write(&self.matched, &rulings, making, xlsx)?;
            let [source, destination] = self.files.clone();
            let kept = Kept {
                source,
                destination: Some(destination),
                choices: self.pair.choices.clone(),
                threshold: self.pair.threshold,
                new_below: self.pair.new_below,
                today: self.pair.today,
                counts: Counts::of(&self.matched, &rulings).kept(),
                rulings: kept,
                outputs: Vec::new(),
            };
            super::keep(kept, making, &files)
        })
    }
}

impl State {
    pub(super) fn list(&self, kind: Kind) -> &[u32] {
        self.lists.get(kind as usize).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn ruled(&self, row: usize) -> Option<Ruled> {
        let ruling = *self.rulings.get(&row)?;
        Some(Ruled { ruling, by: self.by.get(&row).cloned().unwrap_or_default() })
    }
}

/// The place of a row among all: least certain first, of equals the earlier row.
fn order(doubt: &[f32], row: u32) -> (f32, u32) {
    (doubt.get(row as usize).copied().unwrap_or(1.0), row)
}
