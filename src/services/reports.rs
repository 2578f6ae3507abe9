//! The report of a run: read, and sent again.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::ids::RunId;
pub use crate::domain::report::{Report, html, plain, subject};
use crate::engine::Engine;
pub use crate::engine::report::Posted;
use crate::engine::supervisor::Supervisor;
use crate::store::{Channels, EVERYBODY, MailRow, MailState};

/// Why no report of a tenant can be sent; `None` where it can.
#[must_use]
pub fn why_not(supervisor: &Supervisor, connection: &Connection) -> Option<&'static str> {
    if has_channel(supervisor, connection) {
        return None;
    }
    if connection.settings.report_recipients.is_empty() {
        return Some("no recipients");
    }
    supervisor.postman().is_none().then_some("no smtp")
}

fn has_channel(supervisor: &Supervisor, connection: &Connection) -> bool {
    let own = Channels::own(&connection.short_name);
    supervisor.messenger().is_some_and(|by| by.channels().iter().any(|one| *one == own || one == EVERYBODY))
}

/// To whom a report went that was sent by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// Addresses, and the name of the chat channel.
    pub to: Vec<String>,
    /// The message that the chat channel did not take: it goes later, or was given up.
    pub not_told: Option<MailRow>,
}

impl Sent {
    /// `the chat channel did not take it (queued): status 503`, where it did not.
    #[must_use]
    pub fn not_told_words(&self) -> Option<String> {
        let row = self.not_told.as_ref()?;
        let later = if row.state == MailState::Queued { "it is tried again" } else { row.state.key() };
        Some(format!("{} did not take it; {later}: {}", row.recipient, row.why))
    }
}

/// The report of a run.
///
/// # Errors
/// No run of this number; the store's.
pub async fn report(engine: &Engine, run: RunId) -> Result<Report, ServiceError> {
    Ok(engine.report_of(run).await?)
}

/// Sends the report of a run once more to all recipients of its tenant and to the chat channel that hears of it; answers to whom.
///
/// # Errors
/// Where nothing may be changed; nobody to send it to, no mail server; what the server says, where it did not take one of them.
pub async fn send(
    (supervisor, engine): (&Supervisor, &Engine),
    access: &Access,
    run: RunId,
) -> Result<Sent, ServiceError> {
    access.change()?;
    let connection = engine.store.connection(engine.store.run(run).await?.connection).await?;
    let mut sent = tell(supervisor, engine, &connection, run).await?;
    let has_recipients = !connection.settings.report_recipients.is_empty();
    let is_told = sent != Sent::default();
    let postman = match supervisor.postman() {
        Some(postman) if has_recipients => postman,
        // Whoever has set up a channel and no mail has chosen the channel.
        _ if is_told => return Ok(sent),
        None if has_recipients => {
            return Err(ServiceError::NoMail { what: "there is no mail server", remedy: ADD_SMTP.to_owned() });
        }
        _ => {
            let remedy = format!(
                "onroll tenant set {} settings.report_recipients='[\"you@provider.example\"]'",
                connection.short_name
            );
            return Err(ServiceError::NoMail { what: "nobody gets the reports of this tenant", remedy });
        }
    };
    let posted = engine.post_again(&*postman, run).await?;
    let taken = posted.iter().filter(|one| one.error.is_none()).map(|one| one.recipient.clone());
    sent.to.splice(0..0, taken);
    match posted.into_iter().find_map(|one| one.error.map(|error| (one.recipient, error))) {
        None => Ok(sent),
        Some((recipient, error)) => Err(ServiceError::NotMailed { recipient, sent: sent.to, error }),
    }
}

/// Puts the report into the outbox for the chat channel, and empties that.
async fn tell(
    supervisor: &Supervisor,
    engine: &Engine,
    connection: &Connection,
    run: RunId,
) -> Result<Sent, ServiceError> {
    let Some(messenger) = supervisor.messenger().filter(|_| has_channel(supervisor, connection)) else {
        return Ok(Sent::default());
    };
    let Some(queued) = engine.store.queue_chat_again(connection.id, run).await? else { return Ok(Sent::default()) };
    engine.post_chat(&*messenger).await?;
    let now = engine.store.mails_of_run(run).await?.into_iter().find(|row| row.id == queued.id).unwrap_or(queued);
    Ok(match now.state {
        MailState::Sent => Sent { to: vec![now.recipient], not_told: None },
        _ => Sent { to: Vec::new(), not_told: Some(now) },
    })
}

const ADD_SMTP: &str = "add a section `[smtp]` to config.toml; config.sample.toml shows it";
