//! Reports of runs (FR05): gathered from what History and Run detail count, and mailed out of the outbox.

use super::Engine;
use super::connect::abilities;
use super::error::EngineError;
use crate::domain::connection::Connection;
use crate::domain::ids::RunId;
use crate::domain::plan::{HoldCode, HoldKind, LimitCheck, OperationKind};
use crate::domain::report::{FailedLine, NAMED, Report, RunTrouble, TroubleSeen, html, plain, subject};
use crate::domain::run::{FeedLine, Level, OperationState, RunOutcome};
use crate::domain::trouble::{Letter, Trouble, relief_letter, trouble_letter};
use crate::ports::chat::{ChatError, Message, Messenger};
use crate::ports::clock::zoned_in;
use crate::ports::post::{Fate, Mail, PostError, Postman};
use crate::store::views::RunDetail;
use crate::store::{MailAbout, MailRow, MailState, PlanHead, StoreError, Way};
use jiff::SignedDuration;

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
            only: row.job.scope.only().unwrap_or_default().to_vec(),
            started: zoned(row.started),
            ended: row.ended.map(zoned),
            outcome: row.outcome,
            totals: row.totals,
            done: done.collect(),
            holds,
            troubles: self.troubles_of(&connection, run).await?,
            failed,
            mails: both.destination.welcomes(connection.settings.welcome_mail),
            problem: row.problem.clone(),
            confirm: detail.plan.as_ref().and_then(|plan| confirm_of(&connection, row.outcome, plan)),
            first_import: detail.plan.as_ref().is_some_and(|plan| plan.first_import),
            chain: self.store.check_audit().await?,
        })
    }

    async fn troubles_of(&self, connection: &Connection, run: RunId) -> Result<Vec<RunTrouble>, EngineError> {
        let all = self.store.troubles().await?;
        let of_tenant = all.into_iter().filter(|trouble| trouble.connection == connection.id);
        let mut troubles: Vec<RunTrouble> = of_tenant
            .filter_map(|trouble| {
                let seen = seen_by(&trouble, run)?;
                let words = abilities(connection).map_or("the destination", |both| both.destination.name);
                let opened = zoned_in(trouble.opened_at, &connection.time_zone);
                Some(RunTrouble {
                    seen,
                    code: trouble.cause.code,
                    what: trouble.words(words),
                    times: trouble.times,
                    opened,
                })
            })
            .collect();
        troubles.sort_by_key(|one| one.seen);
        Ok(troubles)
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
        self.begin_posting().await?;
        // Nothing is written where nothing waits.
        while self.waits(Way::Mail).await? {
            let Some(row) = self.store.take_mail(Way::Mail).await? else { break };
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

    /// Sends what the outbox holds for chat channels, each message once. What a channel does not take now is sent later, after a wait
    /// that grows, or as long as it asks; what it refuses is given up.
    ///
    /// # Errors
    /// The store's.
    pub async fn post_chat(&self, messenger: &dyn Messenger) -> Result<(), EngineError> {
        self.begin_posting().await?;
        while self.waits(Way::Chat).await? {
            let Some(row) = self.store.take_mail(Way::Chat).await? else { break };
            let sent = match self.letter_about(&row).await {
                Ok(letter) => {
                    let message = Message { title: letter.subject, text: letter.text };
                    messenger.send(&row.recipient, &message).await
                }
                Err(error) => Err(ChatError::Setup(error.to_string())),
            };
            let Err(error) = sent else {
                self.store.mark_mail(row.id, MailState::Sent, String::new()).await?;
                self.say(&row, Level::Info, "report told", "the report was sent to the chat channel").await?;
                continue;
            };
            let (why, tries) = (error.to_string(), row.tries.saturating_add(1));
            match again_after(&error, tries) {
                Some(wait) => {
                    let again = self.clock.now().saturating_add(wait).unwrap_or(self.clock.now());
                    tracing::warn!(about = %row.about, why, "a chat message could not be sent; it is tried again");
                    self.store.put_off_chat(row, again, why).await?;
                }
                None => {
                    let unknown = matches!(error, ChatError::NoAnswer { .. });
                    let state = if unknown { MailState::Unknown } else { MailState::GivenUp };
                    self.store.mark_mail(row.id, state, why.clone()).await?;
                    self.say_lost(&MailRow { state, why, ..row }).await?;
                }
            }
        }
        Ok(())
    }

    /// Ends what is stale, and says that nothing succeeds anywhere, where it is so.
    async fn begin_posting(&self) -> Result<(), EngineError> {
        for lost in self.store.end_stale_mails().await? {
            self.say_lost(&lost).await?;
        }
        self.tell_nowhere().await
    }

    async fn waits(&self, way: Way) -> Result<bool, EngineError> {
        let open = self.store.open_mails().await?;
        Ok(open.iter().any(|mail| mail.state == MailState::Queued && mail.way == way))
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
        if let MailAbout::Run(run) = row.about {
            return self.mail_of(run, &row.recipient, &stamp).await;
        }
        let id = match row.about {
            MailAbout::Run(run) => format!("run{run}"),
            MailAbout::Trouble(id) => format!("trouble{id}"),
            MailAbout::Relief(id) => format!("trouble{id}.works"),
            MailAbout::Outage(id) => format!("outage{id}"),
            MailAbout::Digest(id) => format!("digest{id}"),
        };
        Ok(mail(self.letter_about(row).await?, row, &format!("{id}.{stamp}")))
    }

    async fn letter_about(&self, row: &MailRow) -> Result<Letter, EngineError> {
        match row.about {
            MailAbout::Run(run) => {
                let report = self.report_of(run).await?;
                Ok(Letter { subject: subject(&report), text: plain(&report), html: html(&report) })
            }
            MailAbout::Trouble(id) | MailAbout::Relief(id) => {
                let found = self.store.troubles().await?.into_iter().find(|trouble| trouble.id == id);
                let trouble = found.ok_or_else(|| StoreError::Missing { what: format!("trouble {id}") })?;
                let connection = self.store.connection(trouble.connection).await?;
                let is_relief = matches!(row.about, MailAbout::Relief(_));
                let letter = if is_relief { relief_letter } else { trouble_letter };
                Ok(letter(&trouble, &connection.tenant_name, &connection.short_name))
            }
            MailAbout::Outage(id) => Ok(self.store.outage_letter(id).await?),
            MailAbout::Digest(id) => Ok(self.store.digest_letter(id).await?),
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

/// What a run has to do with a trouble.
fn seen_by(trouble: &Trouble, run: RunId) -> Option<TroubleSeen> {
    let run = Some(run);
    Some(match trouble {
        one if one.works_by == run => TroubleSeen::Works,
        one if one.back_by == run => TroubleSeen::Back,
        one if one.opened_by == run => TroubleSeen::Opened,
        one if one.last_run == run => TroubleSeen::Again,
        _ => return None,
    })
}

/// The first wait before a chat message is tried again, and the longest.
const CHAT_GAP: SignedDuration = SignedDuration::from_mins(1);
const CHAT_GAP_MAX: SignedDuration = SignedDuration::from_hours(1);
/// The longest wait that a channel may ask for.
const CHAT_PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// How long a chat message waits before it is tried again after this number of attempts; `None` where it is not.
fn again_after(error: &ChatError, tries: u32) -> Option<SignedDuration> {
    let grown = || {
        let times = 1_i32.checked_shl(tries.saturating_sub(1)).filter(|times| *times > 0).unwrap_or(i32::MAX);
        CHAT_GAP.checked_mul(times).unwrap_or(CHAT_GAP_MAX).min(CHAT_GAP_MAX)
    };
    match error {
        ChatError::Setup(_) | ChatError::Unreachable { .. } => Some(grown()),
        ChatError::Later { wait, .. } => {
            let asked = wait.and_then(|wait| SignedDuration::try_from(wait).ok());
            Some(asked.map_or_else(grown, |asked| asked.clamp(SignedDuration::from_secs(1), CHAT_PATIENCE)))
        }
        ChatError::Refused { .. } | ChatError::Redirected { .. } | ChatError::NoAnswer { .. } => None,
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
