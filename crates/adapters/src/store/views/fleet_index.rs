//! Everybody of all tenants in memory, as somebody is looked for in any of them, letter by letter.
//!
//! There is a part for each tenant: everybody in scope of its newest pull in the order of the names, with the names and ids
//! that are searched. A complete pull never changes, but for people who are forgotten: both are looked at in the file itself
//! with every question, in one statement each for all tenants, so that a change by any process is seen with the next one. A new
//! pull renews the part of its tenant alone; while that is read, and of what cannot be kept, the file answers for that tenant.
//!
//! A million people take 110 to 150 MB (reckoned), and 70 to 100 MB more once a word with an `@` has asked for their e-mails.
//! Of more than two million nothing more is kept.

use super::people::PersonKey;
use super::people_bits::Bits;
use crate::domain::ids::ConnectionId;
use crate::store::error::StoreError;
use crate::store::text_index::{TextIndex, having_all};
use crate::store::{Sqlite, figures};
use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// People who are kept, of all tenants together.
const MOST: usize = if cfg!(test) { 40 } else { 2_000_000 };
/// Searches of a tenant whose people are kept, so that the next letter looks among few and a letter taken back costs nothing.
const RECENT: usize = 16;

/// Names and ids are in the index of the list.
const READ: &str = "SELECT id, sort_name, search FROM employee WHERE snapshot = ?1 AND in_scope = 1
 ORDER BY sort_name, employee";
/// By row number: the records are read as they lie in the file.
const READ_EMAILS: &str = "SELECT id, coalesce(record ->> '$.email', '') FROM employee NOT INDEXED
 WHERE id BETWEEN ?2 AND ?3 AND snapshot = ?1 AND in_scope = 1 ORDER BY id";

/// What a comparison in the file sees of a text.
fn compared(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}

/// Everybody of one tenant.
pub(super) struct FleetPart {
    /// In the order of the names, with the names behind each other.
    keys: Vec<PersonKey>,
    names: String,
    ends: Vec<u32>,
    texts: TextIndex,
    emails: Mutex<Emails>,
    recent: Mutex<VecDeque<Searched>>,
}

#[derive(Clone, Default)]
enum Emails {
    #[default]
    Not,
    Here(Arc<TextIndex>),
    /// They cannot be kept.
    Never,
}

/// What was looked for, and the places of those who have all of it.
#[derive(Clone)]
struct Searched {
    words: Vec<String>,
    found: Arc<Bits>,
    people: usize,
}

/// Whether a word is looked for in the e-mails.
pub(super) fn is_email(word: &str) -> bool {
    word.contains('@')
}

/// Whether everybody who has all of `words` has this one too: it is a part of one that is looked for in the same place.
fn follows(word: &str, words: &[String]) -> bool {
    words.iter().any(|longer| is_email(longer) == is_email(word) && longer.contains(word))
}

impl FleetPart {
    /// Reads everybody of a pull; `None` where they are more than `room`.
    fn read(c: &Sqlite, snapshot: i64, room: usize) -> Result<Option<Self>, StoreError> {
        let (mut keys, mut names, mut ends, mut texts) = (Vec::new(), String::new(), Vec::new(), TextIndex::default());
        let mut query = c.prepare_cached(READ)?;
        let mut rows = query.query([snapshot])?;
        while let Some(row) = rows.next()? {
            let text = |at: usize| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
            names.push_str(text(1)?);
            let (Ok(end), true) = (u32::try_from(names.len()), texts.push(compared(text(2)?))) else { return Ok(None) };
            keys.push(PersonKey::employee(row.get(0)?));
            ends.push(end);
            if keys.len() > room {
                return Ok(None);
            }
        }
        keys.shrink_to_fit();
        names.shrink_to_fit();
        ends.shrink_to_fit();
        texts.shrink();
        Ok(Some(Self { keys, names, ends, texts, emails: Mutex::default(), recent: Mutex::default() }))
    }

    fn read_emails(&self, c: &Sqlite, snapshot: i64) -> Result<Option<TextIndex>, StoreError> {
        let mut index = TextIndex::default();
        let (first, last) = (self.keys.iter().min(), self.keys.iter().max());
        let (Some(first), Some(last)) = (first, last) else { return Ok(Some(index)) };
        let mut by_key: Vec<usize> = (0..self.keys.len()).collect();
        by_key.sort_unstable_by_key(|place| self.keys.get(*place));
        let (mut texts, mut spans) = (String::new(), vec![(0, 0); self.keys.len()]);
        let mut query = c.prepare(READ_EMAILS)?;
        let mut rows = query.query(params![snapshot, first.number(), last.number()])?;
        while let Some(row) = rows.next()? {
            let key = PersonKey::employee(row.get(0)?);
            let place = by_key.binary_search_by_key(&Some(&key), |place| self.keys.get(*place)).ok();
            let Some(span) = place.and_then(|at| by_key.get(at)).and_then(|place| spans.get_mut(*place)) else {
                continue;
            };
            let begin = texts.len();
            texts.push_str(compared(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?));
            *span = (begin, texts.len());
        }
        for (begin, end) in spans {
            if !index.push(texts.get(begin..end).unwrap_or_default()) {
                return Ok(None);
            }
        }
        index.shrink();
        Ok(Some(index))
    }

    fn emails(&self) -> MutexGuard<'_, Emails> {
        self.emails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Searched>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The places of those who have all of these words (folded), and how many they are; `None` where e-mails are asked for
    /// that are not there.
    pub(super) fn found(&self, words: &[String]) -> Option<(Arc<Bits>, usize)> {
        let emails = match (&*self.emails(), words.iter().any(|word| is_email(word))) {
            (Emails::Here(emails), true) => Some(Arc::clone(emails)),
            (_, true) => return None,
            (_, false) => None,
        };
        let known = self.nearest(words);
        let new: Vec<&String> = words.iter().filter(|word| !known.words.contains(word)).collect();
        if new.is_empty() {
            return Some((known.found, known.people));
        }
        let index_of = |word: &str| emails.as_deref().filter(|_| is_email(word)).unwrap_or(&self.texts);
        let sought: Vec<_> = new.into_iter().map(|word| index_of(word).sought(word)).collect();
        let found = Arc::new(Bits::of_words(self.keys.len(), having_all(known.found.words(), &sought)));
        let people = found.len();
        let mut recent = self.recent();
        recent.push_front(Searched { words: words.to_vec(), found: Arc::clone(&found), people });
        recent.truncate(RECENT);
        Some((found, people))
    }

    /// Of what was looked for last, and has found everybody who has these words, what has found the fewest.
    fn nearest(&self, words: &[String]) -> Searched {
        let recent = self.recent();
        let wider = recent.iter().filter(|known| known.words.iter().all(|word| follows(word, words)));
        let unproven = |known: &Searched| words.iter().filter(|word| !known.words.contains(word)).count();
        let nearest = wider.min_by_key(|known| (known.people, unproven(known))).cloned();
        nearest.unwrap_or_else(|| {
            let people = self.keys.len();
            Searched { words: Vec::new(), found: Arc::new(Bits::all(people)), people }
        })
    }

    /// These people with the names that they are in the order of.
    pub(super) fn named(&self, places: &Bits) -> impl Iterator<Item = (&str, PersonKey)> {
        places.iter().filter_map(|place| {
            let place = place as usize;
            let begin = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
            let name = self.names.get(begin as usize..*self.ends.get(place)? as usize)?;
            Some((name, *self.keys.get(place)?))
        })
    }
}

/// The parts that are kept, for all handles of a store.
#[derive(Default)]
pub(in crate::store) struct FleetIndex(Mutex<State>);

#[derive(Default)]
struct State {
    parts: BTreeMap<ConnectionId, Kept>,
    /// Somebody reads at the moment.
    reading: bool,
}

struct Kept {
    snapshot: i64,
    /// The newest line of the audit log of which it is known that it changes nothing here.
    seen: i64,
    /// `None`: it cannot be kept.
    part: Option<Arc<FleetPart>>,
}

/// A tenant as the transaction of a question sees it.
pub(super) struct FleetTenantPart {
    pub connection: ConnectionId,
    pub snapshot: i64,
    /// Nobody: the file answers.
    pub part: Option<Arc<FleetPart>>,
}

/// The newest pulls of all connections.
fn newest_pulls(c: &Sqlite) -> Result<BTreeMap<ConnectionId, i64>, StoreError> {
    let mut query =
        c.prepare_cached("SELECT connection, id FROM snapshot WHERE state = 'current' AND side = 'source'")?;
    let pulls = query.query_map([], |row| Ok((ConnectionId(row.get(0)?), row.get(1)?)))?;
    Ok(pulls.collect::<Result<_, _>>()?)
}

/// The newest line of the audit log.
fn newest_line(c: &Sqlite) -> Result<i64, StoreError> {
    Ok(c.prepare_cached("SELECT coalesce(max(id), 0) FROM audit")?.query_row([], |row| row.get(0))?)
}

/// Of each connection of which somebody was forgotten after `seen`, the newest line that says so.
fn forgotten(c: &Sqlite, seen: i64) -> Result<BTreeMap<ConnectionId, i64>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT connection, max(id) FROM audit WHERE id > ?1 AND what = 'forgotten' AND connection IS NOT NULL
         GROUP BY connection",
    )?;
    let lines = query.query_map([seen], |row| Ok((ConnectionId(row.get(0)?), row.get(1)?)))?;
    Ok(lines.collect::<Result<_, _>>()?)
}

impl FleetIndex {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there of these tenants, in their order, and whether something is missing that can be kept; of e-mails only where
    /// they are asked for. Tenants without a pull are left out, and what is kept of others is let go of.
    pub(super) fn now(
        &self,
        c: &Sqlite,
        connections: &[ConnectionId],
        emails: bool,
    ) -> Result<(Vec<FleetTenantPart>, bool), StoreError> {
        let mut state = self.state();
        let pulls = newest_pulls(c)?;
        let asked: BTreeSet<ConnectionId> = connections.iter().copied().collect();
        if let Some(seen) = state.parts.values().map(|kept| kept.seen).min() {
            let (newest, forgotten) = (newest_line(c)?, forgotten(c, seen)?);
            state.parts.retain(|connection, kept| {
                let is_true = forgotten.get(connection).is_none_or(|line| *line <= kept.seen);
                kept.seen = kept.seen.max(newest);
                is_true && asked.contains(connection) && pulls.get(connection) == Some(&kept.snapshot)
            });
        }
        let mut missing = false;
        let mut tenants = Vec::with_capacity(connections.len());
        for connection in connections {
            let Some(snapshot) = pulls.get(connection).copied() else { continue };
            let kept = state.parts.get(connection);
            let part = kept.and_then(|kept| kept.part.clone());
            missing |=
                kept.is_none() || (emails && part.as_ref().is_some_and(|part| matches!(*part.emails(), Emails::Not)));
            tenants.push(FleetTenantPart { connection: *connection, snapshot, part });
        }
        Ok((tenants, missing))
    }

    /// Takes the reading upon whoever asks; false where somebody reads already.
    pub(super) fn begin(&self) -> bool {
        !std::mem::replace(&mut self.state().reading, true)
    }

    /// Reads what is missing of these tenants, and e-mails where they are wanted.
    pub(super) fn read(&self, c: &Sqlite, connections: &[ConnectionId], emails: bool) -> Result<(), StoreError> {
        let (pulls, seen) = (newest_pulls(c)?, newest_line(c)?);
        for connection in connections {
            let Some(snapshot) = pulls.get(connection).copied() else { continue };
            let part = {
                let mut state = self.state();
                match state.parts.get(connection).filter(|kept| kept.snapshot == snapshot) {
                    Some(kept) => kept.part.clone(),
                    None => {
                        // What is out of date is let go of before the next one is read.
                        state.parts.remove(connection);
                        let kept = state.parts.values().filter_map(|kept| kept.part.as_deref());
                        let room = MOST.saturating_sub(kept.map(|part| part.keys.len()).sum());
                        drop(state);
                        let part = self.part(c, snapshot, room).map(Arc::new);
                        self.state().parts.insert(*connection, Kept { snapshot, seen, part: part.clone() });
                        part
                    }
                }
            };
            if let Some(part) = part.filter(|part| emails && matches!(*part.emails(), Emails::Not)) {
                let read = part.read_emails(c, snapshot).unwrap_or_else(|error| {
                    tracing::warn!(%error, "e-mails are not kept in memory; they are searched in the file each time");
                    None
                });
                *part.emails() = read.map_or(Emails::Never, |index| Emails::Here(Arc::new(index)));
            }
        }
        Ok(())
    }

    /// Everybody of a pull; nobody where they cannot be kept.
    fn part(&self, c: &Sqlite, snapshot: i64, room: usize) -> Option<FleetPart> {
        let read = || {
            let people = figures::in_scope(c, snapshot)?.unwrap_or_default();
            if people > room as u64 { Ok(None) } else { FleetPart::read(c, snapshot, room) }
        };
        read().unwrap_or_else(|error: StoreError| {
            tracing::warn!(%error, "the people of a tenant are not kept in memory; the file is searched each time");
            None
        })
    }

    /// Nobody reads any more.
    pub(super) fn give_up(&self) {
        self.state().reading = false;
    }

    /// How many people are in memory, and whether a tenant had no room there.
    #[cfg(test)]
    pub(in crate::store) fn kept(&self) -> (usize, bool) {
        let state = self.state();
        let kept = state.parts.values().filter_map(|kept| kept.part.as_ref()).map(|part| part.keys.len()).sum();
        (kept, state.parts.values().any(|kept| kept.part.is_none()))
    }

    /// Whether somebody is in memory without the e-mails.
    #[cfg(test)]
    pub(in crate::store) fn lacks_emails(&self) -> bool {
        let state = self.state();
        let mut parts = state.parts.values().filter_map(|kept| kept.part.as_ref());
        parts.any(|part| matches!(*part.emails(), Emails::Not))
    }

    /// Nothing of it stays in memory.
    pub(in crate::store) fn clear(&self) {
        self.state().parts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    #[test]
    fn what_changes_is_asked_for_all_tenants_at_once_by_an_index() {
        let c = crate::store::empty_database();
        let plan = explain(&c, "SELECT connection, id FROM snapshot WHERE state = 'current' AND side = 'source'", &[]);
        assert!(plan.contains("snapshot_current"), "{plan}");
        let plan = explain(&c, READ, &[("?1", &1)]);
        assert!(plan.contains("COVERING INDEX employee_list") && !plan.contains("TEMP B-TREE"), "{plan}");
        let plan = explain(&c, READ_EMAILS, &[("?1", &1), ("?2", &1), ("?3", &1)]);
        assert!(plan.contains("INTEGER PRIMARY KEY (rowid>? AND rowid<?)"), "{plan}");
    }
}
