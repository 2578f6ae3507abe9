//! A run about named people reads only those of the source, where that answers every question of a run as a complete pull would.

use super::Engine;
use super::connect::{Clients, abilities};
use super::error::EngineError;
use super::progress::Reporter;
use crate::domain::connection::Connection;
use crate::domain::ids::{EmployeeId, RunId};
use crate::domain::person::Employee;
use crate::domain::run::Phase;
use crate::planning::key_fields;
use crate::ports::api::ApiError;
use crate::ports::source::SourceRecord;
use jiff::SignedDuration;

/// The number of people past which a complete pull is as cheap.
const MAXIMUM: usize = 50;
/// How old the pull of the others may be: what a schedule of a day leaves behind.
const REST_SHELF_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Records of a pull that are copied beside the new ones within a moment.
const REST_MAXIMUM: u64 = 100_000;

impl Engine {
    /// Reads these people alone and puts them in the place of their records of the last pull; `false` where everybody has to
    /// be read.
    ///
    /// The plan is made from everybody all the same, the rest as it was pulled last. That is safe only for people who have
    /// their user already and are the same humans as then. Whoever has no user may be created, and whether that makes a
    /// second account is told by everybody's records of now: a second record of the same human may have come since. So is
    /// whose identifier or e-mail it is, once one of them has changed; and a person whom the source does not know by id may
    /// stand in its list under another one.
    pub(super) async fn fetch_alone(
        &self,
        connection: &Connection,
        run: RunId,
        clients: &Clients,
        reporter: &Reporter,
        people: &[EmployeeId],
    ) -> Result<bool, EngineError> {
        if !abilities(connection)?.source.one_person || people.len() > MAXIMUM {
            return Ok(false);
        }
        let mut people = people.to_vec();
        people.sort();
        people.dedup();
        let Some(before) = self.known_people(connection, people).await? else { return Ok(false) };
        let mut records = Vec::with_capacity(before.len());
        for known in before {
            let record = match clients.source.one(&known.id).await {
                Ok(record) => record.filter(|record| is_same_human(&known, record)),
                Err(error) if is_of_this_way(&error) => None,
                Err(error) => return Err(error.into()),
            };
            let Some(record) = record else { return Ok(false) };
            records.push(record);
        }
        // Counted at once: where everybody is read after all, these are counted among them.
        reporter.advance(Phase::ReadSource, records.len() as u64);
        self.store.renew_employees(connection.id, Some(run), records).await?;
        self.leave(run, Phase::ReadSource, reporter).await?;
        Ok(true)
    }

    async fn known_people(
        &self,
        connection: &Connection,
        people: Vec<EmployeeId>,
    ) -> Result<Option<Vec<Employee>>, EngineError> {
        let all = self.store.last_good_count(connection.id, crate::domain::snapshot::Side::Source).await?;
        if all.is_none_or(|all| all > REST_MAXIMUM) {
            return Ok(None);
        }
        let known = self.store.linked_employees(connection.id, people).await?;
        // Of a time to come it is after a clock that was put back: nobody knows how old it is.
        let fresh = known.filter(|(_, at)| self.store.now().duration_since(*at).abs() < REST_SHELF_LIFE);
        Ok(fresh.map(|(employees, _)| employees))
    }
}

/// Whether nothing has changed by which a person is told from others.
fn is_same_human(known: &Employee, record: &SourceRecord) -> bool {
    let now = &record.employee;
    let both = [known, now];
    !record.out_of_scope
        && both.iter().all(|one| one.unreadable.is_none())
        && (&known.id, &known.identifier) == (&now.id, &now.identifier)
        && key_fields(&known.person) == key_fields(&now.person)
}

/// Whether reading everybody may well succeed where reading some did not.
pub(super) fn is_of_this_way(error: &ApiError) -> bool {
    matches!(
        error,
        ApiError::Unsupported { .. }
            | ApiError::Forbidden { .. }
            | ApiError::Unexpected { .. }
            | ApiError::Corrupt { .. }
            | ApiError::Unreadable { .. }
    )
}
