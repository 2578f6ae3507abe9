//! What is known of each person of the list: from the report, else by id.

use super::NAME;
use super::client::{Asked, BambooHr};
use super::roster::{self, Roster};
use super::wire::{Read, Record, ReportField, Wanted};
use crate::ports::api::ApiError;
use crate::vendors::rows::{Fault, RawRow};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeSet, HashMap};

/// People read by id at once; the rate is the limiter's business, this only hides latency.
const AT_ONCE: usize = 8;

/// Records in a row that cannot be had, until it is plain that none can.
const SURE: u32 = 10;

/// What came of a person.
#[derive(Debug)]
pub enum Detail {
    Given(Record, Vec<Fault>),
    /// In words, why there is none.
    Missing(String),
}

/// Everybody's.
#[derive(Debug, Default)]
pub struct Details {
    by_id: HashMap<String, Detail>,
    /// Members of which it is known that the key may see them.
    pub visible: BTreeSet<String>,
    /// Why there was no report.
    pub without_report: Option<String>,
}

/// The list with everybody's details.
pub struct Everybody {
    pub roster: Roster,
    pub details: Details,
}

impl Details {
    /// What came of this person.
    pub fn of(&self, id: &str) -> Option<&Detail> {
        self.by_id.get(id)
    }

    /// Every record that was given.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.by_id.values().filter_map(|detail| match detail {
            Detail::Given(record, _) => Some(record),
            Detail::Missing(_) => None,
        })
    }

    /// The report, where the key may have it; its rows without an id count as missing.
    pub async fn of_report(
        client: &BambooHr,
        wanted: &Wanted,
        ids: Option<&[String]>,
    ) -> Result<Asked<Self>, ApiError> {
        let report = match client.report(wanted, ids).await? {
            Asked::Given(report) => report,
            Asked::Denied(error) => return Ok(Asked::Denied(error)),
        };
        let mut details = Self::default();
        details.visible.extend(report.fields.iter().filter_map(ReportField::name));
        for raw in &report.employees {
            let Read { record, faults } = Read::of(raw, wanted);
            let Some(record) = record else { continue };
            details.take(record, faults);
        }
        Ok(Asked::Given(details))
    }

    /// Of one person alone.
    pub fn of_person(raw: &RawRow, wanted: &Wanted) -> Self {
        let mut details = Self::default();
        let Read { record, faults } = Read::of(raw, wanted);
        if let Some(record) = record {
            details.take(record, faults);
        }
        details
    }

    fn take(&mut self, record: Record, faults: Vec<Fault>) {
        for name in record.values.keys() {
            if !self.visible.contains(name) {
                self.visible.insert(name.clone());
            }
        }
        self.by_id.entry(record.id.clone()).or_insert(Detail::Given(record, faults));
    }

    /// Reads by id whoever is still missing.
    async fn fill(&mut self, client: &BambooHr, wanted: &Wanted, roster: &Roster) -> Result<(), ApiError> {
        let missing = roster.people.iter().filter(|listed| !self.by_id.contains_key(&listed.id));
        let ids: Vec<String> = missing.map(|listed| listed.id.clone()).collect();
        let one = |id: String| async move {
            let read = client.person(&id, wanted).await;
            (id, read)
        };
        let work: Vec<_> = ids.into_iter().map(one).collect();
        let mut done = stream::iter(work).buffered(AT_ONCE);
        let mut in_a_row = 0;
        while let Some((id, read)) = done.next().await {
            let error = match read {
                Ok(Some(raw)) => {
                    in_a_row = 0;
                    let Read { record, faults } = Read::of(&raw, wanted);
                    match record.filter(|record| record.id == id) {
                        Some(record) => self.take(record, faults),
                        None => _ = self.by_id.insert(id, Detail::Missing("another person's record came".to_owned())),
                    }
                    continue;
                }
                Ok(None) => {
                    let detail = format!("it lists {} people, and knows none of them by id", roster.people.len());
                    ApiError::Incomplete { vendor: NAME, detail }
                }
                // What meets everybody.
                Err(error @ (ApiError::Refused { .. } | ApiError::Stopped)) => return Err(error),
                Err(error) => error,
            };
            in_a_row += 1;
            if in_a_row >= SURE {
                return Err(error);
            }
            let why = match error {
                ApiError::Incomplete { .. } => format!("{NAME} lists this person but does not know the id"),
                ApiError::Forbidden { .. } => format!("{NAME} does not show the key this person"),
                error => format!("{NAME} does not give this person's record: {error}"),
            };
            self.by_id.insert(id, Detail::Missing(why));
        }
        Ok(())
    }
}

impl Everybody {
    /// Whether a later reading of changes can be understood from this: there is a report, and each row is somebody's.
    pub fn tells_changes(&self) -> bool {
        self.details.without_report.is_none() && self.roster.nameless.is_empty()
    }
}

/// Reads the list and everybody's details.
///
/// # Errors
/// [`ApiError::Incomplete`] where the report shows people whom the list does not, also when that is read again.
pub async fn everybody(client: &BambooHr, wanted: &Wanted) -> Result<Everybody, ApiError> {
    let mut roster = roster::read(client).await?;
    let mut details = match Details::of_report(client, wanted, None).await? {
        Asked::Given(details) => details,
        Asked::Denied(error) => Details { without_report: Some(error.to_string()), ..Details::default() },
    };
    let beside = |roster: &Roster| details.by_id.keys().filter(|id| !roster.ids.contains(*id)).count();
    // Somebody may have been hired meanwhile.
    if beside(&roster) > 0 {
        roster = roster::read(client).await?;
    }
    let extra = beside(&roster);
    if extra > 0 && roster.nameless.is_empty() {
        let detail = format!("the report has {extra} people whom the list does not show, also when it is read again");
        return Err(ApiError::Incomplete { vendor: NAME, detail });
    }
    details.fill(client, wanted, &roster).await?;
    Ok(Everybody { roster, details })
}
