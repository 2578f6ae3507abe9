//! Which vendors are out of order, by the runs of all tenants: whoever is due there waits, and one of them tries.

use super::Engine;
use super::connect;
use super::error::EngineError;
use super::schedule::{ScheduleStatus, Waits};
use crate::domain::connection::Connection;
use crate::domain::ids::ConnectionId;
use crate::domain::silence::{Attempt, FarEnd, LONGEST_TRY, LOOK_BACK, Silence};
use crate::store::SlotState;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A vendor that is out of order, as people are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentVendor {
    /// The vendor's name.
    pub vendor: String,
    pub silence: Silence,
}

/// The far ends that are out of order.
pub type Silences = BTreeMap<FarEnd, SilentVendor>;

impl Engine {
    /// The far ends of these connections that are out of order now.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn silences(&self, connections: &[Connection]) -> Result<Silences, EngineError> {
        let now = self.clock.now();
        let since = now.saturating_sub(LOOK_BACK).unwrap_or(now);
        let in_vain = self.store.runs_in_vain(since).await?;
        let mut attempts: BTreeMap<FarEnd, (String, Vec<Attempt>)> = BTreeMap::new();
        for run in in_vain {
            let Some(connection) = connections.iter().find(|one| one.id == run.connection) else { continue };
            // A vendor of another build has no name here.
            let Ok(both) = connect::abilities(connection) else { continue };
            let [source, destination] = FarEnd::both(connection);
            let attempt = |was_answered| Attempt { at: run.ended, tenant: run.connection, was_answered };
            let mut note = |end: FarEnd, name: &str, was_answered| {
                let (_, attempts) = attempts.entry(end).or_insert_with(|| (name.to_owned(), Vec::new()));
                attempts.push(attempt(was_answered));
            };
            if run.silent == both.source.name {
                note(source, both.source.name, false);
            } else if run.silent == both.destination.name {
                note(destination, both.destination.name, false);
                // Each run reads the source first.
                note(source, both.source.name, true);
            }
        }
        let mut silences = Silences::new();
        for (end, (vendor, mut attempts)) in attempts {
            // Whoever was answered meanwhile is asked for only where it matters.
            if Silence::of(&attempts, now).is_none() {
                continue;
            }
            for connection in connections {
                let [source, destination] = FarEnd::both(connection);
                let (is_source, is_destination) = (source == end, destination == end);
                if !is_source && !is_destination {
                    continue;
                }
                let last = self.store.last_answered(connection.id, since).await?;
                let at = if is_source { last.source } else { last.destination };
                attempts.extend(at.map(|at| Attempt { at, tenant: connection.id, was_answered: true }));
            }
            if let Some(silence) = Silence::of(&attempts, now) {
                silences.insert(end, SilentVendor { vendor, silence });
            }
        }
        Ok(silences)
    }
}

/// Lets whoever is due at a vendor that is out of order wait, but for one of them when its time has come: the one that has
/// waited longest, and nobody while that one tries. A run that hangs there, or that an operator has paused, is no attempt.
pub(super) fn let_one_try(standings: &mut [ScheduleStatus], silences: &Silences, now: Timestamp) {
    for (end, silent) in silences {
        let there = |standing: &ScheduleStatus| FarEnd::both(&standing.connection).contains(end);
        let again = silent.silence.again;
        let is_tried = standings.iter().filter(|one| there(one)).filter_map(|one| one.kept.last.as_ref()).any(|slot| {
            let is_open = matches!(slot.state, SlotState::Taken | SlotState::Begun);
            is_open && slot.taken_at >= again && now.duration_since(slot.taken_at) < LONGEST_TRY
        });
        let owed = standings.iter().filter(|one| there(one) && one.waits.is_none() && one.is_owed(now));
        let first = owed.min_by_key(|one| (one.due, one.connection.id)).map(|one| one.connection.id);
        let tries: Option<ConnectionId> = first.filter(|_| !is_tried && again <= now);
        for standing in standings.iter_mut().filter(|one| there(one) && one.waits.is_none()) {
            if tries != Some(standing.connection.id) {
                standing.waits = Some(Waits::Silent(silent.clone()));
            }
        }
    }
}
