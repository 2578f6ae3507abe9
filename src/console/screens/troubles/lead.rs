//! Where a trouble leads: to the very thing that has to be cured, or looked at.

use crate::console::app::Place;
use crate::console::screens::{ScreenId, limit, mappings};
use crate::domain::code::{Code, FeedCode, LineCode, ProblemCode};
use crate::domain::list::{ListKey, PREFIX};
use crate::services::troubles::Listed;

/// The place, and what it is in words.
pub(super) fn lead(line: &Listed) -> (Place, &'static str) {
    let place = |screen| Place::tenant(screen, &line.tenant);
    use ProblemCode as C;
    match line.trouble.cause.code {
        Code::Hold(_) => (value(line), "its row in Mappings"),
        Code::Line(LineCode::Moved) => match line.trouble.last_run {
            Some(run) => (place(ScreenId::Drift).about(run.to_string()), "what had moved"),
            None => run(line),
        },
        Code::Feed(FeedCode::ScheduleMissed) => {
            (Place { subject: Some(line.tenant.clone()), ..Place::global(ScreenId::Schedule) }, "Schedule")
        }
        Code::Feed(_) => {
            (Place { subject: Some(line.tenant.clone()), ..Place::global(ScreenId::Schedule) }, "the webhooks received")
        }
        Code::Problem(C::LimitExceeded | C::FirstImport) => match line.waiting_plan {
            Some(plan) => (place(ScreenId::Limit).about(limit::subject(plan, &[])), "the page of the limit"),
            None => (place(ScreenId::Plan), "Plan"),
        },
        Code::Problem(C::SourceShrunk | C::SourceWeather | C::UsersShrunk) => {
            (place(ScreenId::Guard), "the page of the stop")
        }
        Code::Problem(C::WaveNotClean) => (place(ScreenId::Run), "Run"),
        Code::Problem(
            C::CredentialsRefused
            | C::NotAllowed
            | C::OtherAccount
            | C::WrongAddress
            | C::SetupIncomplete
            | C::VendorUnknown
            | C::CredentialUnreadable,
        ) => (place(ScreenId::Settings), "Settings"),
        Code::Problem(_) | Code::Line(_) => run(line),
    }
}

/// The run that said so last; Overview where none did.
pub(super) fn run(line: &Listed) -> (Place, &'static str) {
    match line.trouble.last_run {
        Some(run) => (Place::tenant(ScreenId::RunDetail, &line.tenant).about(run.to_string()), "the run that said so"),
        None => (Place::tenant(ScreenId::Overview, &line.tenant), "Overview"),
    }
}

fn value(line: &Listed) -> Place {
    let found = line.trouble.cause.value();
    let list = |field: &str| ListKey::from_key(field.strip_prefix(PREFIX).unwrap_or(field));
    match found.and_then(|(field, value)| Some((list(field)?, value))) {
        Some((list, value)) => mappings::place(&line.tenant, list, Some(value)),
        None => Place::tenant(ScreenId::Mappings, &line.tenant),
    }
}
