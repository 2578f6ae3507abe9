//! The report of a run: read, and mailed again.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::ids::RunId;
pub use crate::domain::report::{Report, html, plain, subject};
use crate::engine::Engine;
pub use crate::engine::report::Posted;
use crate::engine::supervisor::Supervisor;

/// Why no report of a tenant can be mailed; `None` where it can.
#[must_use]
pub fn why_not(supervisor: &Supervisor, connection: &Connection) -> Option<&'static str> {
    if connection.settings.report_recipients.is_empty() {
        return Some("no recipients");
    }
    supervisor.postman().is_none().then_some("no smtp")
}

/// The report of a run.
///
/// # Errors
/// No run of this number; the store's.
pub async fn report(engine: &Engine, run: RunId) -> Result<Report, ServiceError> {
    Ok(engine.report_of(run).await?)
}

/// Mails the report of a run once more to all recipients of its tenant; answers to whom.
///
/// # Errors
/// Where nothing may be changed; nobody to mail to, no mail server; what the server says, where it did not take one of them.
pub async fn send(
    (supervisor, engine): (&Supervisor, &Engine),
    access: &Access,
    run: RunId,
) -> Result<Vec<String>, ServiceError> {
    access.change()?;
    let connection = engine.store.connection(engine.store.run(run).await?.connection).await?;
    let postman = match (why_not(supervisor, &connection), supervisor.postman()) {
        (None, Some(postman)) => postman,
        (_, None) => return Err(ServiceError::NoMail { what: "there is no mail server", remedy: ADD_SMTP.to_owned() }),
        (Some(_), _) => {
            let remedy = format!(
                "onroll tenant set {} settings.report_recipients='[\"you@provider.example\"]'",
                connection.short_name
            );
            return Err(ServiceError::NoMail { what: "nobody gets the reports of this tenant", remedy });
        }
    };
    let posted = engine.post_again(&*postman, run).await?;
    let sent: Vec<String> = posted.iter().filter(|one| one.error.is_none()).map(|one| one.recipient.clone()).collect();
    match posted.into_iter().find_map(|one| one.error.map(|error| (one.recipient, error))) {
        None => Ok(sent),
        Some((recipient, error)) => Err(ServiceError::NotMailed { recipient, sent, error }),
    }
}

const ADD_SMTP: &str = "add a section `[smtp]` to config.toml; config.sample.toml shows it";
