//! Which list of people is in memory, and the questions that it answers.

use super::mappings::{self, MappingPerson};
use super::numbers;
use super::people::{PeopleSort, PersonAt, PersonKey};
use super::people_list::{Need, PeopleAsk, PeopleBeside, PeopleFound, PeopleList, PeopleTerm};
use super::people_search::PeopleFacets;
use super::shelf::{Now, Shelf};
use crate::domain::field::Field;
use crate::domain::ids::ConnectionId;
use crate::domain::snapshot::Side;
use crate::store::error::StoreError;
use crate::store::reader::{ReadLane, ReadTopic};
use crate::store::{Sqlite, Store, figures, snapshots};
use rusqlite::params;
use std::sync::Arc;

/// The list that is kept, of one pull.
pub(in crate::store) type PeopleLists = Shelf<i64, PeopleList>;

/// A list that is no longer is read at once.
const SHORT: u64 = 2_000;
/// People who are shown by name before everybody is read.
const FIRST: i64 = 200;

/// The newest line of the audit log of a connection after `seen`, and whether one of them takes a person out of it.
pub(super) fn news(c: &Sqlite, connection: ConnectionId, seen: i64) -> Result<(i64, bool), StoreError> {
    let mut query = c.prepare_cached(
        "SELECT coalesce(max(id), ?2), coalesce(max(what = 'forgotten'), 0) FROM audit WHERE connection = ?1 AND id > ?2",
    )?;
    Ok(query.query_row(params![connection.0, seen], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The list of the current pull; a short one is read at once.
fn now(c: &Sqlite, lists: &PeopleLists, connection: ConnectionId) -> Result<Now<PeopleList>, StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else { return Ok(Now::Never) };
    let now = lists.now(c, connection, &snapshot)?;
    if matches!(now, Now::Wanted) && figures::in_scope(c, snapshot)?.is_some_and(|people| people <= SHORT) {
        read(c, lists, connection)?;
        return lists.now(c, connection, &snapshot);
    }
    Ok(now)
}

fn read(c: &Sqlite, lists: &PeopleLists, connection: ConnectionId) -> Result<(), StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else {
        lists.give_up();
        return Ok(());
    };
    lists.put(c, connection, snapshot, PeopleList::read(c, snapshot)?)
}

const FIRST_BY_NAME: &str = "SELECT p.id FROM employee p WHERE p.snapshot = :snapshot AND p.in_scope = 1
 ORDER BY p.sort_name, p.employee LIMIT :limit";

/// The first people by name, and how many there are; `None` where that was never counted.
fn first(c: &Sqlite, connection: ConnectionId) -> Result<Option<PeopleFound>, StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else { return Ok(None) };
    let Some(total) = figures::in_scope(c, snapshot)? else { return Ok(None) };
    let first = numbers(c, FIRST_BY_NAME, &[(":snapshot", &snapshot), (":limit", &FIRST)])?;
    let keys: Vec<PersonKey> = first.into_iter().map(PersonKey::employee).collect();
    Ok(Some(PeopleFound { keys: Arc::new(keys), total: usize::try_from(total).unwrap_or(usize::MAX), at: None }))
}

/// Who comes before and after somebody, out of the index.
fn beside(c: &Sqlite, connection: ConnectionId, key: PersonKey) -> Result<Option<PeopleBeside>, StoreError> {
    let (Some(snapshot), PersonAt::Employee(id)) = (snapshots::current(c, connection, Side::Source)?, key.at()) else {
        return Ok(None);
    };
    let Some(total) = figures::in_scope(c, snapshot)? else { return Ok(None) };
    let step = |sign: &str, way: &str| -> Result<Option<PersonKey>, StoreError> {
        let sql = format!(
            "SELECT n.id FROM employee p JOIN employee n ON n.snapshot = p.snapshot AND n.in_scope = 1
               AND (n.sort_name, n.employee) {sign} (p.sort_name, p.employee)
             WHERE p.id = :id ORDER BY n.sort_name {way}, n.employee {way} LIMIT 1"
        );
        Ok(numbers(c, &sql, &[(":id", &id)])?.pop().map(PersonKey::employee))
    };
    let previous = step("<", "DESC")?;
    Ok(Some(PeopleBeside {
        place: usize::from(previous.is_none()),
        total: usize::try_from(total).unwrap_or(usize::MAX),
        previous,
        next: step(">", "ASC")?,
    }))
}

/// Whether a question can be answered; a short list gets what it lacks at once.
fn is_ready(c: &Sqlite, list: &PeopleList, snapshot: i64, ask: &PeopleAsk) -> Result<bool, StoreError> {
    if !list.is_ready(ask) && list.keys().len() as u64 <= SHORT {
        list.make_ready(c, snapshot, ask.sort)?;
    }
    Ok(list.is_ready(ask))
}

impl Store {
    /// Everybody whom the conditions find, in order, out of memory; `None` while the list is not there: then it is being read
    /// (on the screen's lane), and [`Store::first_people`] answers meanwhile. `whom`: whose place is told too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_found(
        &self,
        connection: ConnectionId,
        ask: PeopleAsk,
        whom: Option<PersonKey>,
    ) -> Result<Option<PeopleFound>, StoreError> {
        let sort = ask.sort;
        let job = move |c: &Sqlite, list: &Arc<PeopleList>, snapshot: i64| {
            if !is_ready(c, list, snapshot, &ask)? {
                return Ok(None);
            }
            let plans = list.plans(c, connection, snapshot, Need::of(&ask.terms, ask.sort))?;
            Ok(Some(list.found(&ask, &plans, whom)))
        };
        let found = self.ask_people(Some(ReadTopic::PeopleFound), connection, job).await?;
        if matches!(found, Some(None)) {
            self.read_more(connection, sort);
        }
        Ok(found.flatten())
    }

    /// The values of the facets under a filter, with how many carry each, out of memory; `None` while the list, or what the
    /// filter needs beside it, is not there. `within`: those whom the file finds, where it was asked.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_facets(
        &self,
        connection: ConnectionId,
        ask: PeopleAsk,
        within: Option<Arc<Vec<PersonKey>>>,
    ) -> Result<Option<PeopleFacets>, StoreError> {
        let sort = ask.sort;
        let asked = ask.clone();
        let job = move |c: &Sqlite, list: &Arc<PeopleList>, snapshot: i64| {
            // A plan of a million lines takes longer than a key may: it is read where nobody waits.
            let short = list.keys().len() as u64 <= SHORT;
            if !is_ready(c, list, snapshot, &asked)? || !(short || list.knows_plan(c, connection)?) {
                return Ok(None);
            }
            let start = PeopleAsk { sort: PeopleSort::Start, ..PeopleAsk::default() };
            let days = is_ready(c, list, snapshot, &start)?;
            Ok(Some((Arc::clone(list), list.plans(c, connection, snapshot, Need::ALL)?, days)))
        };
        let Some(known) = self.ask_people(Some(ReadTopic::PeopleFacets), connection, job).await? else {
            return Ok(None);
        };
        let Some((list, plans, days)) = known else {
            self.read_more(connection, sort);
            return Ok(None);
        };
        if !days {
            self.read_more(connection, PeopleSort::Start);
        }
        // Counting a million takes longer than a key may: it is done beside the lane of the screen.
        let counting = tokio::task::spawn_blocking(move || {
            let within = within.map(|keys| list.bits_of(&keys));
            list.facets(&ask, &plans, within.as_ref())
        });
        Ok(Some(counting.await.map_err(|_| StoreError::Closed)?))
    }

    /// Everybody whom the conditions find, in order, read from the file for this once: for commands and files, on any lane.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_listed(&self, connection: ConnectionId, ask: PeopleAsk) -> Result<Vec<PersonKey>, StoreError> {
        Ok(self.listed(connection, ask, false, None).await?.map(|(keys, _)| keys).unwrap_or_default())
    }

    /// The same with the facets.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_counted(
        &self,
        connection: ConnectionId,
        ask: PeopleAsk,
        within: Option<Vec<PersonKey>>,
    ) -> Result<PeopleFacets, StoreError> {
        Ok(self.listed(connection, ask, true, within).await?.and_then(|(_, facets)| facets).unwrap_or_default())
    }

    async fn listed(
        &self,
        connection: ConnectionId,
        ask: PeopleAsk,
        facets: bool,
        within: Option<Vec<PersonKey>>,
    ) -> Result<Option<(Vec<PersonKey>, Option<PeopleFacets>)>, StoreError> {
        self.read(move |c| {
            let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else { return Ok(None) };
            let Some(list) = PeopleList::read(c, snapshot)? else {
                return Err(StoreError::missing("room in memory for this many people"));
            };
            if facets || !list.is_ready(&ask) {
                list.make_ready(c, snapshot, ask.sort)?;
            }
            let plans = list.plans(c, connection, snapshot, Need::ALL)?;
            let counted = facets.then(|| list.facets(&ask, &plans, within.map(|keys| list.bits_of(&keys)).as_ref()));
            Ok(Some((list.found(&ask, &plans, None).keys.to_vec(), counted)))
        })
        .await
    }

    /// The first people by name, and how many there are, before everybody is read; `None` where that was never counted.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn first_people(&self, connection: ConnectionId) -> Result<Option<PeopleFound>, StoreError> {
        self.read(move |c| first(c, connection)).await
    }

    /// Who stands beside somebody among those whom the conditions find, by name, out of memory. While the list is not there:
    /// who comes before and after in the whole of it, `place` not counted; `None` where the conditions narrow it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_beside(
        &self,
        connection: ConnectionId,
        terms: Vec<(bool, PeopleTerm)>,
        key: Option<PersonKey>,
    ) -> Result<Option<PeopleBeside>, StoreError> {
        let whole = terms.is_empty();
        let found = self
            .ask_people(None, connection, move |c, list, snapshot| {
                let ask = PeopleAsk { terms, ..PeopleAsk::default() };
                if !is_ready(c, list, snapshot, &ask)? {
                    return Ok(None);
                }
                let plans = list.plans(c, connection, snapshot, Need::of(&ask.terms, ask.sort))?;
                Ok(Some(list.beside(&ask.terms, &plans, key)))
            })
            .await?;
        if matches!(found, Some(None)) {
            self.read_more(connection, PeopleSort::Name);
        }
        let found = found.flatten();
        match (found, key) {
            (None, Some(key)) if whole => self.read(move |c| beside(c, connection, key)).await,
            (found, _) => Ok(found),
        }
    }

    /// The first `limit` people, by name, who carry a value, out of memory; `None` while the list is not there.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn carriers(
        &self,
        connection: ConnectionId,
        field: Field,
        value: &str,
        limit: usize,
    ) -> Result<Option<Vec<MappingPerson>>, StoreError> {
        let value = value.to_owned();
        self.ask_people(None, connection, move |c, list, _| {
            let found = list.carriers(field, &value, limit);
            mappings::named(c, found.iter().map(|key| key.at()))
        })
        .await
    }

    /// Whether the list of people can come into memory at all.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn keeps_people(&self, connection: ConnectionId) -> Result<bool, StoreError> {
        if self.lane != ReadLane::Screen {
            return Ok(false);
        }
        let lists = Arc::clone(&self.inner.people);
        let now = self.read(move |c| now(c, &lists, connection)).await?;
        if matches!(now, Now::Wanted) {
            self.read_people(connection);
        }
        Ok(!matches!(now, Now::Never))
    }

    /// Asks the list, which is read where it is not there.
    async fn ask_people<T: Send + 'static>(
        &self,
        topic: Option<ReadTopic>,
        connection: ConnectionId,
        answer: impl FnOnce(&Sqlite, &Arc<PeopleList>, i64) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        if self.lane != ReadLane::Screen {
            return Ok(None);
        }
        let lists = Arc::clone(&self.inner.people);
        let job = move |c: &Sqlite| {
            Ok(match now(c, &lists, connection)? {
                Now::Here(list) => {
                    let snapshot = snapshots::current(c, connection, Side::Source)?.unwrap_or_default();
                    (Some(answer(c, &list, snapshot)?), false)
                }
                other => (None, matches!(other, Now::Wanted)),
            })
        };
        let (found, wanted) = match topic {
            Some(topic) => self.read_newest(topic, job).await?,
            None => self.read(job).await?,
        };
        if wanted {
            self.read_people(connection);
        }
        Ok(found)
    }

    /// Has the list read; nobody waits for it.
    fn read_people(&self, connection: ConnectionId) {
        let lists = Arc::clone(&self.inner.people);
        if !lists.begin() {
            return;
        }
        let begun = self.begin_reading(move |c| {
            if let Err(error) = c.and_then(|c| read(c, &lists, connection)) {
                tracing::warn!(%error, "the list of people is not kept in memory; it is read from the file each time");
                lists.give_up();
            }
        });
        if !begun {
            self.inner.people.give_up();
        }
    }

    /// Has the further columns and the newest plan read; nobody waits for it.
    fn read_more(&self, connection: ConnectionId, sort: PeopleSort) {
        let lists = Arc::clone(&self.inner.people);
        self.begin_reading(move |c| {
            let more = c.and_then(|c| {
                let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else { return Ok(false) };
                match lists.now(c, connection, &snapshot)? {
                    Now::Here(list) => {
                        list.plans(c, connection, snapshot, Need::ALL)?;
                        list.make_ready(c, snapshot, sort)
                    }
                    Now::Wanted | Now::Coming | Now::Never => Ok(false),
                }
            });
            if let Err(error) = more {
                tracing::warn!(%error, "further columns of the list of people were not read");
            }
        });
    }

    /// Has everything read that the screens of a tenant search; nobody waits for it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn read_lists(&self, connection: ConnectionId) -> Result<(), StoreError> {
        self.keeps_people(connection).await?;
        self.keep_review(connection).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    #[test]
    fn the_first_people_walk_the_index() {
        let c = crate::store::empty_database();
        let plan = explain(&c, FIRST_BY_NAME, &[(":snapshot", &1), (":limit", &FIRST)]);
        assert!(plan.contains("COVERING INDEX employee_list") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
