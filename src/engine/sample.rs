//! A look at a few of the people whom a source gives, for the test call: whoever sets a tenant up sees whether they are the ones
//! that he expects, before anything is kept or planned.

use crate::domain::person::{Employee, EmploymentStatus};
use crate::ports::api::ApiError;
use crate::ports::source::{NothingKnown, SourceApi, SourceRecord};
use tokio::sync::mpsc;

/// How many are shown at once.
pub const SAMPLE: usize = 5;

/// Active people in scope, after the first `skip` of them, [`SAMPLE`] at most: reading ends with the last of them. Fewer mean that
/// there are no others.
///
/// # Errors
/// Any [`ApiError`] that comes before enough people have.
pub async fn sample(source: &dyn SourceApi, skip: usize) -> Result<Vec<Employee>, ApiError> {
    let (sender, mut receiver) = mpsc::channel(1);
    let wanted = skip.saturating_add(SAMPLE);
    let mut found = Vec::new();
    let ended = {
        let reading = source.pull(&NothingKnown, sender);
        let taking = async {
            while found.len() < wanted
                && let Some(record) = receiver.recv().await
            {
                if is_active(&record) {
                    found.push(record.employee);
                }
            }
        };
        // Whatever ends first: enough have come, or everybody has. Dropping a reading at any moment is safe.
        tokio::pin!(reading, taking);
        tokio::select! {
            biased;
            () = &mut taking => Ok(()),
            read = &mut reading => {
                // What was sent before the end is still to be taken.
                taking.await;
                read.map(drop)
            }
        }
    };
    if found.len() < wanted {
        ended?;
    }
    Ok(found.into_iter().skip(skip).collect())
}

fn is_active(record: &SourceRecord) -> bool {
    !record.out_of_scope && record.employee.unreadable.is_none() && record.employee.status == EmploymentStatus::Active
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Identifier;
    use crate::domain::person::Person;
    use crate::domain::snapshot::SourceFacts;
    use crate::ports::api::ProbeStep;
    use crate::ports::source::KnownRecords;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A source of `count` people, every third of whom has left; it may fail behind them.
    struct Source {
        count: usize,
        fails: bool,
        sent: AtomicUsize,
    }

    #[async_trait::async_trait]
    impl SourceApi for Source {
        async fn probe(&self) -> Vec<ProbeStep> {
            Vec::new()
        }

        async fn pull(&self, _: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
            for number in 0..self.count {
                let status = if number % 3 == 2 { EmploymentStatus::Ended } else { EmploymentStatus::Active };
                let employee = Employee {
                    id: number.to_string().as_str().into(),
                    identifier: Identifier(number.to_string()),
                    person: Person::default(),
                    manager_id: None,
                    status,
                    unreadable: None,
                };
                let record = SourceRecord { employee, raw: serde_json::Value::Null, out_of_scope: number == 1 };
                if out.send(record).await.is_err() {
                    break;
                }
                self.sent.fetch_add(1, Ordering::Relaxed);
            }
            if self.fails { Err(ApiError::Unsupported { what: "more" }) } else { Ok(SourceFacts::default()) }
        }
    }

    async fn ids(source: &Source, skip: usize) -> Result<Vec<String>, ApiError> {
        Ok(sample(source, skip).await?.into_iter().map(|employee| employee.id.to_string()).collect())
    }

    #[tokio::test]
    async fn five_who_are_active_and_in_scope_are_read_and_no_more() {
        let source = Source { count: 1_000, fails: true, sent: AtomicUsize::default() };
        assert_eq!(ids(&source, 0).await.unwrap(), ["0", "3", "4", "6", "7"]);
        assert!(source.sent.load(Ordering::Relaxed) < 12, "reading ended");
        assert_eq!(ids(&source, 5).await.unwrap(), ["9", "10", "12", "13", "15"]);
    }

    #[tokio::test]
    async fn a_small_company_shows_all_it_has_and_a_failure_is_told() {
        let source = |fails| Source { count: 4, fails, sent: AtomicUsize::default() };
        assert_eq!(ids(&source(false), 0).await.unwrap(), ["0", "3"]);
        assert_eq!(ids(&source(false), 5).await.unwrap(), Vec::<String>::new());
        assert_eq!(ids(&source(true), 0).await, Err(ApiError::Unsupported { what: "more" }));
    }
}
