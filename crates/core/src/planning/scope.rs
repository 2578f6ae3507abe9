//! Where a person stands in the employment, on the tenant's day.

use super::rules::{Rules, end_date};
use crate::domain::person::{Employee, EmploymentStatus};
use crate::domain::settings::LeaverPolicy;
use jiff::Span;

/// Where a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    /// Employed: synced.
    Employed,
    /// Starts later than the connection creates people (case 37).
    NotYet,
    /// The source says that it is over, but the last day has not ended (case 35): synced, never created.
    LastDays,
    /// Over.
    Over,
    /// A word without a meaning (case 41).
    Unclear,
}

/// Where this person stands today.
pub(super) fn life(rules: &Rules<'_>, employee: &Employee) -> Lifecycle {
    let today = rules.today;
    let end = end_date(employee);
    match rules.settings.status_of(&employee.status).as_ref() {
        EmploymentStatus::Unclear(_) => Lifecycle::Unclear,
        EmploymentStatus::Ended => {
            let last_day_runs = end.is_some_and(|end| end >= today);
            if last_day_runs && rules.settings.leavers != LeaverPolicy::AtOnce {
                Lifecycle::LastDays
            } else {
                Lifecycle::Over
            }
        }
        // An end date that has passed is the source's word that it is over, whatever the status says.
        EmploymentStatus::Active if end.is_some_and(|end| end < today) => Lifecycle::Over,
        EmploymentStatus::Active => {
            let ahead = if rules.destination.creates_on_start { 0 } else { rules.settings.create_days_before_start };
            let created_until = today.saturating_add(Span::new().days(ahead));
            let starts_later = employee.person.start_date.is_some_and(|start| start > created_until);
            if starts_later { Lifecycle::NotYet } else { Lifecycle::Employed }
        }
    }
}
