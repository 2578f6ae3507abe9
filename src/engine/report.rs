//! Reports of runs (FR05): gathered from what History and Run detail count, and mailed out of the outbox.

use super::Engine;
use super::connect::abilities;
use super::error::EngineError;
use crate::domain::connection::Connection;
use crate::domain::ids::RunId;
use crate::domain::plan::{HoldCode, HoldKind, LimitCheck, OperationKind};
use crate::domain::report::{FailedLine, NAMED, Report, html, plain, subject};
use crate::domain::run::{FeedLine, Level, OperationState, RunOutcome};
use crate::domain::trouble::{Letter, trouble_letter};
use crate::ports::clock::zoned_in;
use crate::ports::post::{Fate, Mail, PostError, Postman};
use crate::store::views::RunDetail;
use crate::store::{MailAbout, MailRow, MailState, PlanHead, StoreError};

/// What became of a report that was sent again by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub recipient: String,
    /// Why it was not sent.
    pub error: Option<PostError>,
}

impl Engine {
    /// The report of a run.
    ///
    /// # Errors
    /// A run that does not exist; the store's.
    pub async fn report_of(&self, run: RunId) -> Result<Report, EngineError> {
        let detail = self.store.run_detail(run).await?;
        let connection = self.store.connection(detail.run.connection).await?;
        let both = abilities(&connection)?;
        let holds = self.holds_of(detail.plan.as_ref()).await?;
        let failed = self.failed_of(&connection, &detail).await?;
        let totals = &detail.totals;
        let done = OperationKind::SHOWN
            .into_iter()
            .map(|kind| (kind, totals.carried_out(kind)))
            .filter(|(_, count)| *count > 0);
        let zoned = |at| zoned_in(at, &connection.time_zone);
        let row = &detail.run;
        Ok(Report {
            run,
            tenant: connection.tenant_name.clone(),
            short_name: connection.short_name.clone(),
            source: both.source.name.to_owned(),
            destination: both.destination.name.to_owned(),
            purpose: row.purpose,
            why: row.why(),
            by: row.by.clone(),
            started: zoned(row.started),
            ended: row.ended.map(zoned),
            outcome: row.outcome,
            totals: row.totals,
            done: done.collect(),
            holds,
            failed,
            mails: both.destination.welcomes(connection.settings.welcome_mail),
            problem: row.problem.clone(),
            confirm: detail.plan.as_ref().and_then(|plan| confirm_of(&connection, row.outcome, plan)),
            chain: self.store.check_audit().await?,
        })
    }

    async fn holds_of(&self, plan: Option<&PlanHead>) -> Result<Vec<(HoldCode, u32)>, EngineError> {
        let Some(plan) = plan else { return Ok(Vec::new()) };
        let mut holds = Vec::new();
        for code in HoldCode::ALL.into_iter().filter(|code| code.kind() != HoldKind::Ruled) {
            let held = self.store.held_ids(plan.id, code).await?.len();
            if held > 0 {
                holds.push((code, u32::try_from(held).unwrap_or(u32::MAX)));
            }
        }
        Ok(holds)
    }

    async fn failed_of(&self, connection: &Connection, detail: &RunDetail) -> Result<Vec<FailedLine>, EngineError> {
        let mut failed = Vec::new();
        // Those without an answer stand among them.
        for ids in detail.failed.chunks(NAMED * 5) {
            for line in self.store.operation_rows(connection.id, ids.to_vec()).await? {
                let (Some((code, _)), OperationState::Failed) = (&line.row.error, line.row.state) else { continue };
                let operation = &line.row.operation;
                let id = operation.employee.as_ref().map(ToString::to_string);
                let id = id.or_else(|| operation.identifier.as_ref().map(ToString::to_string));
                failed.push(FailedLine {
                    name: line.name,
                    id: id.unwrap_or_default(),
                    kind: operation.kind,
                    code: code.clone(),
                });
                if failed.len() == NAMED {
                    return Ok(failed);
                }
            }
        }
        Ok(failed)
    }

    /// Sends what the outbox holds, each mail once. A mail that the server does not take now is sent with a later call, for
    /// three days; one that may have arrived is not sent again.
    ///
    /// # Errors
    /// The store's.
    pub async fn post_reports(&self, postman: &dyn Postman) -> Result<(), EngineError> {
        for lost in self.store.end_stale_mails().await? {
            self.say_lost(&lost).await?;
        }
        self.tell_nowhere().await?;
        // Nothing is written where nothing waits.
        while self.store.open_mails().await?.iter().any(|mail| mail.state == MailState::Queued) {
            let Some(row) = self.store.take_mail().await? else { break };
            let sent = match self.mail_about(&row).await {
                Ok(mail) => postman.send(&mail).await,
                Err(error) => {
                    // Its run cannot be read: that must not stop the others.
                    Err(PostError::Setup(error.to_string()))
                }
            };
            let (state, why) = match &sent {
                Ok(()) => (MailState::Sent, String::new()),
                Err(error) => (state_after(error), error.to_string()),
            };
            self.store.mark_mail(row.id, state, why.clone()).await?;
            match state {
                MailState::Sent => self.say(&row, Level::Info, "report mailed", "the report was mailed").await?,
                MailState::Queued => {
                    tracing::warn!(about = %row.about, why, "a mail could not be sent; it is tried again");
                }
                _ => self.say_lost(&MailRow { state, why, ..row }).await?,
            }
            // A server that lets nobody in is not asked once for each mail: whoever waits for the end would wait for all of them.
            if sent.is_err_and(|error| error.is_about_the_server()) {
                break;
            }
        }
        Ok(())
    }

    /// Mails the report of a run once more to its recipients of now.
    ///
    /// # Errors
    /// No run of this number; the store's. What the mail server says is in the answer.
    pub async fn post_again(&self, postman: &dyn Postman, run: RunId) -> Result<Vec<Posted>, EngineError> {
        let connection = self.store.connection(self.store.run(run).await?.connection).await?;
        let stamp = format!("again.{}", self.clock.now().as_microsecond());
        let mut posted = Vec::new();
        for recipient in &connection.settings.report_recipients {
            let mail = self.mail_of(run, recipient, &stamp).await?;
            let error = postman.send(&mail).await.err();
            if error.is_none() {
                self.store.note_mail_sent(connection.id, run, recipient.clone()).await?;
            }
            posted.push(Posted { recipient: recipient.clone(), error });
        }
        Ok(posted)
    }

    async fn mail_about(&self, row: &MailRow) -> Result<Mail, EngineError> {
        let stamp = row.queued_at.as_microsecond().to_string();
        match row.about {
            MailAbout::Run(run) => self.mail_of(run, &row.recipient, &stamp).await,
            MailAbout::Trouble(id) => {
                let found = self.store.troubles().await?.into_iter().find(|trouble| trouble.id == id);
                let trouble = found.ok_or_else(|| StoreError::Missing { what: format!("trouble {id}") })?;
                let connection = self.store.connection(trouble.connection).await?;
                let letter = trouble_letter(&trouble, &connection.tenant_name, &connection.short_name);
                Ok(mail(letter, row, &format!("{}.trouble{id}.{stamp}", connection.short_name)))
            }
            MailAbout::Outage(id) => {
                let letter = self.store.outage_letter(id).await?;
                Ok(mail(letter, row, &format!("outage{id}.{stamp}")))
            }
        }
    }

    async fn mail_of(&self, run: RunId, recipient: &str, stamp: &str) -> Result<Mail, EngineError> {
        let report = self.report_of(run).await?;
        Ok(Mail {
            to: recipient.to_owned(),
            subject: subject(&report),
            text: plain(&report),
            html: html(&report),
            id: format!("onroll.{}.run{run}.{stamp}.{}", report.short_name, local(recipient)),
        })
    }

    async fn say_lost(&self, mail: &MailRow) -> Result<(), EngineError> {
        let what = if mail.state == MailState::Unknown { "report unknown" } else { "report not mailed" };
        self.say(mail, Level::Warn, what, &format!("a report was not mailed: {}", mail.why)).await
    }

    async fn say(&self, mail: &MailRow, level: Level, what: &str, text: &str) -> Result<(), EngineError> {
        let Some(connection) = mail.connection else {
            tracing::info!(about = %mail.about, "{text}");
            return Ok(());
        };
        let line = FeedLine {
            run: if let MailAbout::Run(run) = mail.about { Some(run) } else { None },
            at: self.clock.now(),
            level,
            phase: None,
            employee: None,
            what: what.to_owned(),
            text: text.to_owned(),
        };
        self.store.append_feed(connection, vec![line]).await?;
        Ok(())
    }
}

fn state_after(error: &PostError) -> MailState {
    match error.fate() {
        Fate::Again => MailState::Queued,
        Fate::Never => MailState::GivenUp,
        Fate::Unknown => MailState::Unknown,
    }
}

fn mail(letter: Letter, row: &MailRow, id: &str) -> Mail {
    Mail {
        to: row.recipient.clone(),
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        id: format!("onroll.{id}.{}", local(&row.recipient)),
    }
}

/// What a Message-ID may have of an address.
fn local(recipient: &str) -> String {
    recipient.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn confirm_of(connection: &Connection, outcome: RunOutcome, plan: &PlanHead) -> Option<String> {
    let waits = matches!(outcome, RunOutcome::Stopped | RunOutcome::Previewed);
    let is_past = plan.first_import || plan.limits.iter().any(LimitCheck::is_exceeded);
    let number = plan.counts.operations();
    (waits && is_past && plan.operations > 0).then(|| format!("{}:{number}", connection.short_name))
}
