//! Everybody of one pull in memory, in the order of their names: whom a text finds, and in which order, without a read of
//! the file for each letter that is typed.
//!
//! A complete pull never changes, but for people who are forgotten: the list is of one pull and of the newest line about
//! that in the audit log, and both are compared, in the file itself, with every question. So a change by any process is
//! seen with the next one. One list is kept, of the tenant whose people were looked at last. Of a million people it takes
//! 150 to 250 MB (reckoned), a third of it the texts that are searched.

use super::people::{PeopleSort, PersonKey};
use crate::domain::field::Field;
use crate::domain::ids::{ConnectionId, PlanId};
use crate::domain::plan::{HoldCode, HoldKind};
use crate::store::error::StoreError;
use crate::store::text_index::{Places, TextIndex, Wanted};
use crate::store::{Sqlite, plans};
use rusqlite::params;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A condition that is answered from memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeopleTerm {
    /// Part of a name, an id or an identifier; accents and case do not matter.
    Text(String),
    /// Carry this value in a field that feeds a list; nobody where the list has no column for it ([`has_column`]).
    Value(Field, String),
    /// The source says that the employment is over.
    Leavers,
    /// Stand so in the newest plan.
    InPlan(PlanTerm),
}

/// Whether the list keeps a column of this field, so that its values can be asked for.
pub fn has_column(field: Field) -> bool {
    matches!(field, Field::Branch | Field::Department | Field::JobTitle)
}

/// How somebody stands in a plan; none of it changes while the plan is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanTerm {
    /// Blocked, or in review.
    Held,
    HeldAs(HoldKind),
    HeldFor(HoldCode),
    /// The plan changes them.
    Changed,
}

impl PlanTerm {
    /// The rows of these people in the pull `?2`, found by the plan `?1`.
    fn sql(self) -> String {
        let held = "hold h CROSS JOIN employee e ON e.snapshot = ?2 AND e.employee = h.employee WHERE h.plan = ?1";
        match self {
            PlanTerm::Held => format!("SELECT e.id FROM {held} AND h.kind IN ('blocked', 'review')"),
            PlanTerm::HeldAs(kind) => format!("SELECT e.id FROM {held} AND h.kind = '{}'", kind.key()),
            PlanTerm::HeldFor(code) => format!("SELECT e.id FROM {held} AND h.code = '{}'", code.key()),
            PlanTerm::Changed => "SELECT e.id FROM operation o CROSS JOIN employee e
                 ON e.snapshot = ?2 AND e.employee = o.employee WHERE o.plan = ?1 AND o.employee IS NOT NULL"
                .to_owned(),
        }
    }
}

/// What a list shows: everybody in scope whom all conditions find (`true`: whom the condition does not find).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleAsk {
    pub terms: Vec<(bool, PeopleTerm)>,
    pub sort: PeopleSort,
    pub descending: bool,
}

/// Whom a question finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleFound {
    pub keys: Arc<Vec<PersonKey>>,
    /// Everybody in scope, whatever the conditions.
    pub total: usize,
    /// Where somebody stands among the keys who was asked about beside.
    pub at: Option<usize>,
}

/// Where somebody stands in a list, and who stands beside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PeopleBeside {
    /// Counted from 1; 0 when the person is not in the list, or nobody has counted yet.
    pub place: usize,
    pub total: usize,
    pub previous: Option<PersonKey>,
    pub next: Option<PersonKey>,
}

/// Results that are kept, so that a letter taken back, another order and the next of a list cost nothing.
const RECENT: usize = 24;
/// Entries of all kept results together.
const RECENT_ROWS: usize = 4_000_000;

/// Everybody in scope of one pull.
pub(in crate::store) struct PeopleList {
    /// By name, and the other way round.
    keys: Arc<Vec<PersonKey>>,
    turned: Arc<Vec<PersonKey>>,
    /// Places by key.
    by_key: Vec<u32>,
    /// In the order of `keys`.
    texts: TextIndex,
    branch: Column,
    job_title: Column,
    department: Column,
    status: Column,
    recent: Mutex<Recent>,
    in_plan: Mutex<VecDeque<(PlanId, PlanTerm, InPlan)>>,
}

/// Answers and what they found.
type Recent = VecDeque<(PeopleAsk, Option<PlanId>, Arc<Vec<PersonKey>>)>;
/// Places of those who stand so in a plan, rising.
type InPlan = Arc<Vec<u32>>;
/// The plan of a question, and whom its conditions find there, in their order.
type Plans = (Option<PlanId>, Vec<InPlan>);

/// One column: its values in order, and which of them a place has.
#[derive(Default)]
struct Column {
    /// No value comes first, as in SQLite.
    values: Vec<Option<String>>,
    /// Empty where everybody has the same.
    of: Vec<u32>,
    /// Everybody in the order of this column, names among equals; and the other way round, names as before.
    keys: Arc<Vec<PersonKey>>,
    turned: Arc<Vec<PersonKey>>,
    /// The places of `keys`, and where each value begins among them; empty where everybody has the same.
    places: Vec<u32>,
    begins: Vec<usize>,
}

const READ: &str = "SELECT id, status, branch, job_title, department, search FROM employee
 WHERE snapshot = ?1 AND in_scope = 1 ORDER BY sort_name, employee";

impl PeopleList {
    /// Reads everybody of a pull. `None` where there is more than can be kept.
    pub(in crate::store) fn read(c: &Sqlite, snapshot: i64) -> Result<Option<Self>, StoreError> {
        let mut query = c.prepare(READ)?;
        let mut rows = query.query([snapshot])?;
        let (mut keys, mut texts) = (Vec::new(), TextIndex::default());
        let mut columns = [Reading::default(), Reading::default(), Reading::default(), Reading::default()];
        while let Some(row) = rows.next()? {
            keys.push(PersonKey::employee(row.get(0)?));
            for (at, column) in columns.iter_mut().enumerate() {
                column.push(row.get_ref(at + 1)?.as_str_or_null().map_err(rusqlite::Error::from)?);
            }
            if !texts.push(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?) {
                return Ok(None);
            }
        }
        let mut by_key: Vec<u32> = (0..keys.len()).filter_map(|place| u32::try_from(place).ok()).collect();
        by_key.sort_unstable_by_key(|place| keys.get(*place as usize));
        let turned = Arc::new(keys.iter().rev().copied().collect());
        let keys = Arc::new(keys);
        let [status, branch, job_title, department] = columns.map(|column| column.finish(&keys));
        Ok(Some(Self {
            keys,
            turned,
            by_key,
            texts,
            branch,
            job_title,
            department,
            status,
            recent: Mutex::default(),
            in_plan: Mutex::default(),
        }))
    }

    /// Whom the conditions find, in order.
    pub(in crate::store) fn found(&self, ask: &PeopleAsk, plans: &Plans, whom: Option<PersonKey>) -> PeopleFound {
        let keys = self.keys_of(ask, plans);
        let at = whom.and_then(|whom| self.place_among(&keys, ask.sort, ask.descending, whom));
        PeopleFound { keys, total: self.keys.len(), at }
    }

    /// Where somebody stands in a list of this order, without a look at everybody before.
    fn place_among(&self, keys: &[PersonKey], sort: PeopleSort, descending: bool, whom: PersonKey) -> Option<usize> {
        let column = self.column(sort);
        let rank = |place: u32| match column {
            // Equals stay in the order of their names, whichever way the column goes.
            Some(column) if descending => (u32::MAX - column.at(place), place),
            Some(column) => (column.at(place), place),
            None if descending => (0, u32::MAX - place),
            None => (0, place),
        };
        let wanted = self.place_of(whom).map(rank)?;
        keys.binary_search_by(|key| self.place_of(*key).map(rank).cmp(&Some(wanted))).ok()
    }

    /// What the conditions ask of the newest plan, read for those that are not kept. The pull is that of the list.
    pub(super) fn plans(
        &self,
        c: &Sqlite,
        connection: ConnectionId,
        snapshot: i64,
        terms: &[(bool, PeopleTerm)],
    ) -> Result<Plans, StoreError> {
        let wanted = terms.iter().filter_map(|(_, term)| match term {
            PeopleTerm::InPlan(term) => Some(*term),
            _ => None,
        });
        let wanted: Vec<PlanTerm> = wanted.collect();
        let plan = match wanted.as_slice() {
            [] => return Ok((None, Vec::new())),
            _ => plans::latest(c, connection)?.map(|head| head.id),
        };
        let of = |term| plan.map_or_else(|| Ok(Arc::default()), |plan| self.of_plan(c, plan, snapshot, term));
        Ok((plan, wanted.into_iter().map(of).collect::<Result<_, _>>()?))
    }

    fn of_plan(&self, c: &Sqlite, plan: PlanId, snapshot: i64, term: PlanTerm) -> Result<InPlan, StoreError> {
        let mut kept = self.in_plan.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., places)) = kept.iter().find(|(known, of, _)| (*known, *of) == (plan, term)) {
            return Ok(Arc::clone(places));
        }
        let mut query = c.prepare_cached(&term.sql())?;
        let rows = query.query_map(params![plan.0, snapshot], |row| row.get::<_, i64>(0))?;
        let mut places = Vec::new();
        for row in rows {
            places.extend(self.place_of(PersonKey::employee(row?)));
        }
        places.sort_unstable();
        places.dedup();
        let places = Arc::new(places);
        kept.push_front((plan, term, Arc::clone(&places)));
        kept.truncate(RECENT);
        Ok(places)
    }

    fn keys_of(&self, ask: &PeopleAsk, plans: &Plans) -> Arc<Vec<PersonKey>> {
        if ask.terms.is_empty() {
            let (keys, turned) =
                self.column(ask.sort).map_or((&self.keys, &self.turned), |column| (&column.keys, &column.turned));
            return Arc::clone(if ask.descending { turned } else { keys });
        }
        if let Some(keys) = self.asked_before(ask, plans.0) {
            return keys;
        }
        let keys = Arc::new(self.in_order(&self.places(&ask.terms, &plans.1), ask.sort, ask.descending));
        let mut recent = self.recent();
        recent.push_front((ask.clone(), plans.0, Arc::clone(&keys)));
        let rows = |recent: &Recent| recent.iter().map(|(.., keys)| keys.len()).sum::<usize>();
        while recent.len() > RECENT || (recent.len() > 1 && rows(&recent) > RECENT_ROWS) {
            recent.pop_back();
        }
        drop(recent);
        keys
    }

    fn asked_before(&self, ask: &PeopleAsk, plan: Option<PlanId>) -> Option<Arc<Vec<PersonKey>>> {
        let mut recent = self.recent();
        let at = recent.iter().position(|(known, of, _)| known == ask && *of == plan)?;
        let found = recent.remove(at)?;
        let keys = Arc::clone(&found.2);
        recent.push_front(found);
        Some(keys)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place_of(&self, key: PersonKey) -> Option<u32> {
        let at = self.by_key.binary_search_by_key(&Some(&key), |place| self.keys.get(*place as usize)).ok()?;
        self.by_key.get(at).copied()
    }

    /// Who stands beside somebody among those whom the conditions find, by name.
    pub(super) fn beside(&self, terms: &[(bool, PeopleTerm)], plans: &Plans, key: Option<PersonKey>) -> PeopleBeside {
        let ask = PeopleAsk { terms: terms.to_vec(), ..PeopleAsk::default() };
        let found = self.keys_of(&ask, plans);
        let place = key.and_then(|key| self.place_of(key));
        let at = place.and_then(|place| found.binary_search_by_key(&Some(place), |key| self.place_of(*key)).ok());
        let total = found.len();
        match at {
            None => PeopleBeside { total, next: found.first().copied(), ..PeopleBeside::default() },
            Some(at) => PeopleBeside {
                place: at + 1,
                total,
                previous: at.checked_sub(1).and_then(|at| found.get(at)).copied(),
                next: found.get(at + 1).copied(),
            },
        }
    }

    fn column(&self, sort: PeopleSort) -> Option<&Column> {
        match sort {
            PeopleSort::Name => None,
            PeopleSort::Branch => Some(&self.branch),
            PeopleSort::JobTitle => Some(&self.job_title),
            PeopleSort::Department => Some(&self.department),
            PeopleSort::Status => Some(&self.status),
        }
    }

    fn in_order(&self, places: &Places, sort: PeopleSort, descending: bool) -> Vec<PersonKey> {
        let key = |place: u32| self.keys.get(place as usize).copied();
        match self.column(sort) {
            None if descending => places.iter().rev().filter_map(key).collect(),
            None => places.iter().filter_map(key).collect(),
            Some(column) => column.sorted(places, descending).into_iter().filter_map(key).collect(),
        }
    }

    fn places(&self, terms: &[(bool, PeopleTerm)], in_plan: &[InPlan]) -> Places {
        let mut in_plan = in_plan.iter();
        // The longest text is looked for first: it finds the fewest, and those are all that the others look at.
        let text = |(not, term): &(bool, PeopleTerm)| match term {
            PeopleTerm::Text(text) if !not => Some(TextIndex::folded(text)).filter(|text| !text.is_empty()),
            _ => None,
        };
        let first = terms.iter().filter_map(text).max_by_key(String::len);
        let mut places = self.texts.places(first.as_deref().unwrap_or_default());
        for (not, term) in terms {
            places = Places::These(match term {
                PeopleTerm::Text(text) => {
                    let text = TextIndex::folded(text);
                    if !not && (text.is_empty() || Some(&text) == first.as_ref()) {
                        continue;
                    }
                    let wanted = Wanted::new(&text);
                    places.chosen(|place| self.texts.has(place, &wanted) != *not)
                }
                PeopleTerm::Value(field, value) => match self.column_of(*field) {
                    Some(column) => {
                        let rank = column.rank(value);
                        places.chosen(|place| rank.is_some_and(|rank| column.at(place) == rank) != *not)
                    }
                    None => places.chosen(|_| *not),
                },
                PeopleTerm::InPlan(_) => {
                    let these = in_plan.next().map(|these| these.as_slice()).unwrap_or_default();
                    match places {
                        // Those who stand so are few, and in order already.
                        Places::All(_) if !not => Arc::new(these.to_vec()),
                        _ => places.chosen(|place| these.binary_search(&place).is_ok() != *not),
                    }
                }
                PeopleTerm::Leavers => {
                    let ended = self.status.rank("ended");
                    places.chosen(|place| ended.is_some_and(|rank| self.status.at(place) == rank) != *not)
                }
            });
        }
        places
    }

    /// The first `limit` by name who carry a value, leavers aside.
    pub(super) fn carriers(&self, field: Field, value: &str, limit: usize) -> Vec<PersonKey> {
        let Some((column, rank)) = self.column_of(field).and_then(|column| Some((column, column.rank(value)?))) else {
            return Vec::new();
        };
        let ended = self.status.rank("ended");
        let employed = |place: &u32| ended.is_none_or(|ended| self.status.at(*place) != ended);
        let key = |place: u32| self.keys.get(place as usize).copied();
        if column.places.is_empty() {
            let all = (0..self.keys.len()).filter_map(|place| u32::try_from(place).ok());
            return all.filter(employed).filter_map(key).take(limit).collect();
        }
        let rank = rank as usize;
        let range = column.begins.get(rank).copied().zip(column.begins.get(rank + 1).copied());
        let places = range.and_then(|(begin, end)| column.places.get(begin..end)).unwrap_or_default();
        places.iter().copied().filter(employed).filter_map(key).take(limit).collect()
    }

    fn column_of(&self, field: Field) -> Option<&Column> {
        match field {
            Field::Branch => Some(&self.branch),
            Field::Department => Some(&self.department),
            Field::JobTitle => Some(&self.job_title),
            _ => None,
        }
    }
}

impl Column {
    fn at(&self, place: u32) -> u32 {
        self.of.get(place as usize).copied().unwrap_or(0)
    }

    fn rank(&self, value: &str) -> Option<u32> {
        let at = self.values.binary_search_by(|known| known.as_deref().cmp(&Some(value))).ok()?;
        u32::try_from(at).ok()
    }

    /// These places by value, in their own order among equals.
    fn sorted(&self, places: &Places, descending: bool) -> Vec<u32> {
        let turned = |rank: u32| {
            let rank = rank as usize;
            if descending { self.values.len().saturating_sub(rank + 1) } else { rank }
        };
        let mut begins = vec![0usize; self.values.len() + 1];
        for index in 0..places.len() {
            if let Some(begin) = begins.get_mut(turned(self.at(places.at(index))) + 1) {
                *begin += 1;
            }
        }
        let mut before = 0;
        for begin in &mut begins {
            before += *begin;
            *begin = before;
        }
        let mut sorted = vec![0u32; places.len()];
        for index in 0..places.len() {
            let place = places.at(index);
            let Some(next) = begins.get_mut(turned(self.at(place))) else { continue };
            if let Some(cell) = sorted.get_mut(*next) {
                *cell = place;
            }
            *next += 1;
        }
        sorted
    }
}

/// A column that is being read.
#[derive(Default)]
struct Reading {
    numbers: HashMap<Option<String>, u32>,
    of: Vec<u32>,
    /// Most people have what the one before them has, or one of few values.
    last: Option<(Option<String>, u32)>,
}

impl Reading {
    fn push(&mut self, value: Option<&str>) {
        let number = match &self.last {
            Some((last, number)) if last.as_deref() == value => *number,
            _ => {
                let value = value.map(str::to_owned);
                let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
                let number = *self.numbers.entry(value.clone()).or_insert(next);
                self.last = Some((value, number));
                number
            }
        };
        self.of.push(number);
    }

    fn finish(self, keys: &Arc<Vec<PersonKey>>) -> Column {
        let mut values: Vec<(Option<String>, u32)> = self.numbers.into_iter().collect();
        values.sort_unstable();
        let mut ranks = vec![0; values.len()];
        for (rank, (_, number)) in values.iter().enumerate() {
            if let Some(cell) = ranks.get_mut(*number as usize) {
                *cell = u32::try_from(rank).unwrap_or(u32::MAX);
            }
        }
        let values: Vec<Option<String>> = values.into_iter().map(|(value, _)| value).collect();
        if values.len() < 2 {
            let turned = Arc::clone(keys);
            return Column { values, keys: Arc::clone(keys), turned, ..Column::default() };
        }
        let of: Vec<u32> = self.of.into_iter().map(|number| ranks.get(number as usize).copied().unwrap_or(0)).collect();
        let mut begins = vec![0; values.len() + 1];
        for rank in &of {
            if let Some(begin) = begins.get_mut(*rank as usize + 1) {
                *begin += 1;
            }
        }
        let mut before = 0;
        for begin in &mut begins {
            before += *begin;
            *begin = before;
        }
        let column = Column { values, of, begins, ..Column::default() };
        let all = Places::All(keys.len());
        let in_order = |places: &[u32]| -> Arc<Vec<PersonKey>> {
            Arc::new(places.iter().filter_map(|place| keys.get(*place as usize).copied()).collect())
        };
        let (places, turned) = (column.sorted(&all, false), in_order(&column.sorted(&all, true)));
        Column { keys: in_order(&places), turned, places, ..column }
    }
}
