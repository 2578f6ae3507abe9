//! Everybody of one pull in memory, in the order of their names: whom a text finds, and in which order, without a read of
//! the file for each letter that is typed.
//!
//! A complete pull never changes, but for people who are forgotten: the list is of one pull and of the newest line about
//! that in the audit log, and both are compared, in the file itself, with every question. So a change by any process is
//! seen with the next one. One list is kept, of the tenant whose people were looked at last. Of a million people it takes
//! 170 to 270 MB (reckoned), a third of it the texts that are searched; [`super::people_more`] comes beside it when a filter
//! asks for it.

use super::people::{PeopleFilter, PeopleSort, PersonKey};
use super::people_bits::Bits;
use super::people_columns::PeopleColumn;
use super::people_more::More;
use super::people_values::Reading;
pub(super) use super::people_values::Values;
use super::word_index::{WordIndex, WordsReading};
use crate::domain::field::Field;
use crate::domain::filter::conditions::words;
use crate::domain::filter::{Test, Word};
use crate::domain::ids::{ConnectionId, PlanId};
use crate::domain::plan::{HoldCode, HoldKind};
use crate::store::error::StoreError;
use crate::store::text_index::{Places, TextIndex};
use crate::store::{Sqlite, plans};
use rusqlite::params;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A condition that is answered from memory.
#[derive(Debug, Clone, PartialEq)]
pub enum PeopleTerm {
    /// Anywhere: in names and ids, in branch, job title and department, an `@` in the e-mail; with letters left out.
    Word(Word),
    /// In one column.
    Column(PeopleColumn, Vec<Test>),
    /// Any of these.
    Any(Vec<PeopleTerm>),
    /// What only the file tells: it is put in as the people whom it finds.
    FromFile(PeopleFilter),
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
    /// The same, and not held.
    Changes,
    /// Neither held nor changed; nobody where there is no plan.
    Unchanged,
}

impl PlanTerm {
    /// Whether somebody who is held for this reason stands so.
    pub(super) fn holds(self, kind: HoldKind, code: HoldCode) -> bool {
        match self {
            PlanTerm::Held => kind != HoldKind::Ruled,
            PlanTerm::HeldAs(wanted) => kind == wanted,
            PlanTerm::HeldFor(wanted) => code == wanted,
            PlanTerm::Changed | PlanTerm::Changes | PlanTerm::Unchanged => false,
        }
    }
}

/// What a list shows: everybody in scope whom all conditions find (`true`: whom the condition does not find).
#[derive(Debug, Clone, Default, PartialEq)]
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
    names: WordIndex,
    branch: Values,
    job_title: Values,
    department: Values,
    status: Values,
    recent: Mutex<Recent>,
    holds: Mutex<Option<(PlanId, Arc<Holds>)>>,
    changed: Mutex<Option<(PlanId, InPlan)>>,
    more: Mutex<MoreState>,
}

/// Whether the further columns are there.
#[derive(Default)]
enum MoreState {
    #[default]
    Not,
    /// Somebody reads them, or has found that they cannot be kept.
    Begun,
    Here(Arc<More>),
}

/// Answers and what they found.
type Recent = VecDeque<(PeopleAsk, Option<PlanId>, Arc<Vec<PersonKey>>)>;
/// Places of those who stand so in a plan, rising.
type InPlan = Arc<Vec<u32>>;
/// Whom a plan holds, by whose move it is and by reason.
type Holds = BTreeMap<(HoldKind, HoldCode), Vec<u32>>;

/// What a question needs of the newest plan.
#[derive(Clone, Default)]
pub(in crate::store) struct Plans {
    plan: Option<PlanId>,
    holds: Arc<Holds>,
    changed: InPlan,
}

impl Plans {
    /// Whether there is no plan.
    pub(super) fn is_none(&self) -> bool {
        self.plan.is_none()
    }

    pub(super) fn changed(&self) -> &[u32] {
        &self.changed
    }

    pub(super) fn held(&self, wanted: impl Fn(HoldKind, HoldCode) -> bool) -> impl Iterator<Item = &[u32]> {
        self.holds.iter().filter(move |((kind, code), _)| wanted(*kind, *code)).map(|(_, places)| places.as_slice())
    }

    pub(super) fn reasons(&self) -> impl Iterator<Item = (HoldCode, &[u32])> {
        self.holds.iter().map(|((_, code), places)| (*code, places.as_slice()))
    }
}

const HOLDS: &str = "SELECT h.kind, h.code, e.id FROM hold h
 CROSS JOIN employee e ON e.snapshot = ?2 AND e.employee = h.employee WHERE h.plan = ?1";
const CHANGED: &str = "SELECT e.id FROM operation o CROSS JOIN employee e
 ON e.snapshot = ?2 AND e.employee = o.employee WHERE o.plan = ?1 AND o.employee IS NOT NULL";

const READ: &str = "SELECT id, status, branch, job_title, department, search FROM employee
 WHERE snapshot = ?1 AND in_scope = 1 ORDER BY sort_name, employee";

impl PeopleList {
    /// Reads everybody of a pull. `None` where there is more than can be kept.
    pub(in crate::store) fn read(c: &Sqlite, snapshot: i64) -> Result<Option<Self>, StoreError> {
        let mut query = c.prepare(READ)?;
        let mut rows = query.query([snapshot])?;
        let (mut keys, mut texts, mut names) = (Vec::new(), TextIndex::default(), WordsReading::default());
        let mut columns = [Reading::default(), Reading::default(), Reading::default(), Reading::default()];
        while let Some(row) = rows.next()? {
            let text = row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?;
            // Words with digits are ids, which nobody abbreviates.
            names.push(keys.len(), words(text).filter(|word| word.chars().all(char::is_alphabetic)));
            keys.push(PersonKey::employee(row.get(0)?));
            for (at, column) in columns.iter_mut().enumerate() {
                column.push(row.get_ref(at + 1)?.as_str_or_null().map_err(rusqlite::Error::from)?);
            }
            if !texts.push(text) {
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
            names: names.finish(),
            branch,
            job_title,
            department,
            status,
            recent: Mutex::default(),
            holds: Mutex::default(),
            changed: Mutex::default(),
            more: Mutex::default(),
        }))
    }

    /// Whom the conditions find, in order.
    pub(in crate::store) fn found(&self, ask: &PeopleAsk, plans: &Plans, whom: Option<PersonKey>) -> PeopleFound {
        let keys = self.keys_of(ask, plans);
        let at = whom.and_then(|whom| self.place_among(&keys, ask, plans, whom));
        PeopleFound { keys, total: self.keys.len(), at }
    }

    pub(super) fn keys(&self) -> &[PersonKey] {
        &self.keys
    }

    pub(super) fn texts(&self) -> &TextIndex {
        &self.texts
    }

    pub(super) fn names(&self) -> &WordIndex {
        &self.names
    }

    pub(super) fn status(&self) -> &Values {
        &self.status
    }

    /// The further columns, once they were read.
    pub(super) fn more(&self) -> Option<Arc<More>> {
        match &*self.more.lock().unwrap_or_else(PoisonError::into_inner) {
            MoreState::Here(more) => Some(Arc::clone(more)),
            _ => None,
        }
    }

    /// Whether everything is in memory that a question needs.
    pub(super) fn is_ready(&self, ask: &PeopleAsk) -> bool {
        let ranked = Ranked::of(ask.sort);
        let asks = ask.terms.iter().any(|(_, term)| term.needs_more()) || ranked == Ranked::More;
        !asks || self.more().is_some_and(|more| more.has_ranks(ask.sort))
    }

    /// Reads what a question needs beside the list. False where somebody else reads it already.
    pub(super) fn make_ready(&self, c: &Sqlite, snapshot: i64, sort: PeopleSort) -> Result<bool, StoreError> {
        let state = || self.more.lock().unwrap_or_else(PoisonError::into_inner);
        let known = {
            let mut state = state();
            match &*state {
                MoreState::Here(more) => Some(Arc::clone(more)),
                MoreState::Begun => return Ok(false),
                MoreState::Not => {
                    *state = MoreState::Begun;
                    None
                }
            }
        };
        let more = match known {
            Some(more) => more,
            None => {
                let read = More::read(c, snapshot, &self.keys, |key| self.place_of(key));
                let more = match read {
                    Ok(Some(more)) => Arc::new(more),
                    // Then an empty column answers: what cannot be kept is not searched.
                    Ok(None) => Arc::default(),
                    Err(error) => {
                        *state() = MoreState::Not;
                        return Err(error);
                    }
                };
                *state() = MoreState::Here(Arc::clone(&more));
                more
            }
        };
        more.ranks(sort);
        Ok(true)
    }

    /// Where somebody stands in a list of this order, without a look at everybody before.
    fn place_among(&self, keys: &[PersonKey], ask: &PeopleAsk, plans: &Plans, whom: PersonKey) -> Option<usize> {
        let ranks = self.ranks(ask.sort, plans);
        let rank = |place: u32| match &ranks {
            // Equals stay in the order of their names, whichever way the column goes.
            Some(rank) if ask.descending => (u32::MAX - rank(place), place),
            Some(rank) => (rank(place), place),
            None if ask.descending => (0, u32::MAX - place),
            None => (0, place),
        };
        let wanted = self.place_of(whom).map(rank)?;
        keys.binary_search_by(|key| self.place_of(*key).map(rank).cmp(&Some(wanted))).ok()
    }

    /// Where the value of a place stands among all values of an order; `None` for the order of the names.
    fn ranks(&self, sort: PeopleSort, plans: &Plans) -> Option<Box<dyn Fn(u32) -> u32 + '_>> {
        if let Some(values) = self.column(sort) {
            return Some(Box::new(|place| values.at(place)));
        }
        match Ranked::of(sort) {
            Ranked::State => {
                let ranks = self.state_ranks(plans);
                Some(Box::new(move |place| ranks.get(place as usize).copied().unwrap_or(u32::MAX)))
            }
            Ranked::More => {
                let more = self.more()?;
                Some(Box::new(move |place| {
                    more.ranks(sort).and_then(|ranks| ranks.get(place as usize)).copied().unwrap_or(0)
                }))
            }
            Ranked::Other => None,
        }
    }

    /// Held people by reason, then those who are changed, then all others.
    fn state_ranks(&self, plans: &Plans) -> Vec<u32> {
        let last = u32::try_from(HoldCode::ALL.len()).unwrap_or(u32::MAX);
        let mut ranks = vec![last + 1; self.keys.len()];
        let mut put = |places: &[u32], rank: u32| {
            for place in places {
                if let Some(cell) = ranks.get_mut(*place as usize) {
                    *cell = rank;
                }
            }
        };
        put(plans.changed(), last);
        for (code, places) in plans.reasons() {
            let rank = HoldCode::ALL.iter().position(|known| *known == code).and_then(|at| u32::try_from(at).ok());
            put(places, rank.unwrap_or(last));
        }
        ranks
    }

    /// What the conditions ask of the newest plan, read where it is not kept. The pull is that of the list.
    pub(super) fn plans(
        &self,
        c: &Sqlite,
        connection: ConnectionId,
        snapshot: i64,
        need: Need,
    ) -> Result<Plans, StoreError> {
        if !need.holds && !need.changed {
            return Ok(Plans::default());
        }
        let Some(plan) = plans::latest(c, connection)?.map(|head| head.id) else { return Ok(Plans::default()) };
        let holds = if need.holds { self.holds_of(c, plan, snapshot)? } else { Arc::default() };
        let changed = if need.changed { self.changed_by(c, plan, snapshot)? } else { Arc::default() };
        Ok(Plans { plan: Some(plan), holds, changed })
    }

    /// Whether whom the newest plan holds and changes is in memory.
    pub(super) fn knows_plan(&self, c: &Sqlite, connection: ConnectionId) -> Result<bool, StoreError> {
        let Some(plan) = plans::latest(c, connection)?.map(|head| head.id) else { return Ok(true) };
        let holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let is = |known: Option<PlanId>| known == Some(plan);
        Ok(is(holds.as_ref().map(|(plan, _)| *plan)) && is(changed.as_ref().map(|(plan, _)| *plan)))
    }

    fn holds_of(&self, c: &Sqlite, plan: PlanId, snapshot: i64) -> Result<Arc<Holds>, StoreError> {
        let mut kept = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, holds)) = &*kept
            && *known == plan
        {
            return Ok(Arc::clone(holds));
        }
        let mut query = c.prepare_cached(HOLDS)?;
        let mut rows = query.query(params![plan.0, snapshot])?;
        let mut holds = Holds::new();
        while let Some(row) = rows.next()? {
            let kind = HoldKind::from_key(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
            let code = HoldCode::from_key(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
            // A word of another version fits no filter.
            if let (Some(kind), Some(code)) = (kind, code) {
                holds.entry((kind, code)).or_default().extend(self.place_of(PersonKey::employee(row.get(2)?)));
            }
        }
        for places in holds.values_mut() {
            places.sort_unstable();
            places.dedup();
        }
        let holds = Arc::new(holds);
        *kept = Some((plan, Arc::clone(&holds)));
        Ok(holds)
    }

    fn changed_by(&self, c: &Sqlite, plan: PlanId, snapshot: i64) -> Result<InPlan, StoreError> {
        let mut kept = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, places)) = &*kept
            && *known == plan
        {
            return Ok(Arc::clone(places));
        }
        let mut query = c.prepare_cached(CHANGED)?;
        let mut rows = query.query(params![plan.0, snapshot])?;
        let mut places = Vec::new();
        while let Some(row) = rows.next()? {
            places.extend(self.place_of(PersonKey::employee(row.get(0)?)));
        }
        places.sort_unstable();
        places.dedup();
        let places = Arc::new(places);
        *kept = Some((plan, Arc::clone(&places)));
        Ok(places)
    }

    fn keys_of(&self, ask: &PeopleAsk, plans: &Plans) -> Arc<Vec<PersonKey>> {
        let column = self.column(ask.sort);
        if ask.terms.is_empty() && (column.is_some() || ask.sort == PeopleSort::Name) {
            let (keys, turned) = column.map_or((&self.keys, &self.turned), |column| (&column.keys, &column.turned));
            return Arc::clone(if ask.descending { turned } else { keys });
        }
        if let Some(keys) = self.asked_before(ask, plans.plan) {
            return keys;
        }
        let keys = Arc::new(self.in_order(&self.places(&ask.terms, plans), ask, plans));
        let mut recent = self.recent();
        recent.push_front((ask.clone(), plans.plan, Arc::clone(&keys)));
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

    pub(super) fn place_of(&self, key: PersonKey) -> Option<u32> {
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

    fn column(&self, sort: PeopleSort) -> Option<&Values> {
        match sort {
            PeopleSort::Branch => Some(&self.branch),
            PeopleSort::JobTitle => Some(&self.job_title),
            PeopleSort::Department => Some(&self.department),
            PeopleSort::Status => Some(&self.status),
            _ => None,
        }
    }

    fn in_order(&self, places: &Places, ask: &PeopleAsk, plans: &Plans) -> Vec<PersonKey> {
        let key = |place: u32| self.keys.get(place as usize).copied();
        if let Some(values) = self.column(ask.sort) {
            return values.sorted(places, ask.descending).into_iter().filter_map(key).collect();
        }
        match self.ranks(ask.sort, plans) {
            None if ask.descending => places.iter().rev().filter_map(key).collect(),
            None => places.iter().filter_map(key).collect(),
            Some(rank) => {
                let mut ranked: Vec<(u32, u32)> = places.iter().map(|place| (rank(place), place)).collect();
                if ask.descending {
                    ranked.iter_mut().for_each(|(rank, _)| *rank = u32::MAX - *rank);
                }
                ranked.sort_unstable();
                ranked.into_iter().filter_map(|(_, place)| key(place)).collect()
            }
        }
    }

    fn places(&self, terms: &[(bool, PeopleTerm)], plans: &Plans) -> Places {
        if let [(false, PeopleTerm::Text(text))] = terms {
            return self.texts.places(&TextIndex::folded(text));
        }
        let mut sets = terms.iter().map(|(not, term)| (*not, self.bits(term, plans)));
        let Some((not, first)) = sets.next() else { return Places::All(self.keys.len()) };
        let mut found = first;
        if not {
            let mut all = Bits::all(self.keys.len());
            all.and(&found, true);
            found = all;
        }
        sets.for_each(|(not, set)| found.and(&set, not));
        Places::These(Arc::new(found.iter().collect()))
    }

    /// The first `limit` by name who carry a value, leavers aside.
    pub(super) fn carriers(&self, field: Field, value: &str, limit: usize) -> Vec<PersonKey> {
        let Some((column, rank)) = self.values_of(field).and_then(|column| Some((column, column.rank(value)?))) else {
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

    pub(super) fn values_of(&self, field: Field) -> Option<&Values> {
        match field {
            Field::Branch => Some(&self.branch),
            Field::Department => Some(&self.department),
            Field::JobTitle => Some(&self.job_title),
            _ => None,
        }
    }
}

/// Where the ranks of an order come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ranked {
    /// The plan.
    State,
    /// The further columns.
    More,
    /// The list itself.
    Other,
}

impl Ranked {
    fn of(sort: PeopleSort) -> Self {
        match sort {
            PeopleSort::State => Ranked::State,
            PeopleSort::Identifier | PeopleSort::Id | PeopleSort::Email | PeopleSort::Start => Ranked::More,
            PeopleSort::Name
            | PeopleSort::Branch
            | PeopleSort::JobTitle
            | PeopleSort::Department
            | PeopleSort::Status => Ranked::Other,
        }
    }
}

/// What of the newest plan a question needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Need {
    pub holds: bool,
    pub changed: bool,
}

impl Need {
    /// Everything: for the facets.
    pub(super) const ALL: Need = Need { holds: true, changed: true };

    pub(super) fn of(terms: &[(bool, PeopleTerm)], sort: PeopleSort) -> Self {
        let mut need = if sort == PeopleSort::State { Need::ALL } else { Need::default() };
        terms.iter().for_each(|(_, term)| need.add(term));
        need
    }

    fn add(&mut self, term: &PeopleTerm) {
        match term {
            PeopleTerm::InPlan(PlanTerm::Changed) => self.changed = true,
            PeopleTerm::InPlan(PlanTerm::Changes | PlanTerm::Unchanged) => *self = Need::ALL,
            PeopleTerm::InPlan(_) => self.holds = true,
            PeopleTerm::Any(terms) => terms.iter().for_each(|term| self.add(term)),
            _ => {}
        }
    }
}
