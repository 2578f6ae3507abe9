//! Apply: walks an approved plan in its order. Each line is re-checked against the live record, journaled before it leaves,
//! and its outcome committed per person. One person's problem never ends a run.

use super::Engine;
use super::error::EngineError;
use super::operation::{Standing, standing, user_after, write_of};
use super::plan::SavedPlan;
use super::run::RunContext;
use crate::domain::connection::ConnectionStatus;
use crate::domain::decision::{Link, LinkOrigin};
use crate::domain::field::Field;
use crate::domain::ids::{OptionKey, PlanId, UserId};
use crate::domain::mapping::TableKind;
use crate::domain::person::{User, UserStatus};
use crate::domain::plan::{Operation, OperationKind};
use crate::domain::run::{FeedLine, Level, OperationState, Phase};
use crate::ports::api::ApiError;
use crate::ports::destination::{DestinationRecord, LookUp, WriteAnswer, WriteError};
use crate::store::JournalRow;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

/// How old the list may be against which users without any key of their own are re-checked.
const LIVE_VIEW_AGE: Duration = Duration::from_secs(2);
/// Quarantine: this share of failures in at least this many attempts (DESIGN 7).
const QUARANTINE_SHARE: f64 = 0.4;
const QUARANTINE_ATTEMPTS: u32 = 20;
/// Lines that are journaled ahead for each one that talks to the destination, so that a commit serves many of them.
const JOURNAL_AHEAD: usize = 16;
/// Codes that may come from the order of two writes of one plan; such a line is tried once more when all others are done.
const ORDER_CODES: [&str; 2] = ["EMAIL_IN_USE", "IDENTIFIER_IN_USE"];

/// The phases that write, with the kinds of operation in each, in order.
const STEPS: [(Phase, &[OperationKind]); 6] = [
    (Phase::Options, &[OperationKind::CreateOption]),
    (Phase::Create, &[OperationKind::Create]),
    // A person's identifier is written before anything that finds the user by it.
    (Phase::Update, &[OperationKind::Link]),
    (Phase::Update, &[OperationKind::Reactivate]),
    (Phase::Update, &[OperationKind::Update, OperationKind::SetManager]),
    (Phase::Deactivate, &[OperationKind::Deactivate]),
];

/// What one apply shares among its lines.
pub(super) struct Applier<'a> {
    engine: &'a Engine,
    context: &'a RunContext<'a>,
    plan: PlanId,
    /// Users as last seen, by id: e-mail and identifier to look them up by.
    known: HashMap<UserId, User>,
    /// Options by name where the destination wants a code, refreshed after new ones were made.
    codes: Mutex<HashMap<(TableKind, String), OptionKey>>,
    live: AsyncMutex<Option<LiveView>>,
    /// So many lines may talk to the destination at once; more of them may wait for the journal meanwhile.
    turns: Semaphore,
    attempts: AtomicU32,
    failures: AtomicU32,
}

struct LiveView {
    taken: tokio::time::Instant,
    users: HashMap<UserId, User>,
}

/// What became of one line, and whether it may be tried again when all others are done.
enum Fate {
    Settled,
    TryLater,
}

impl Engine {
    /// Carries out every line of the plan that is still open.
    ///
    /// # Errors
    /// What concerns the connection as a whole (refused credentials, an outage after all retries, the store). A person's own
    /// trouble is journaled and the run goes on.
    pub(super) async fn apply(&self, context: &RunContext<'_>, saved: &SavedPlan) -> Result<(), EngineError> {
        let applier = Applier::new(self, context, saved.id).await?;
        let mut current = None;
        let mut later = Vec::new();
        for (phase, kinds) in STEPS {
            let rows = self.store.operations(saved.id, &[OperationState::Pending]).await?;
            let rows: Vec<JournalRow> = rows.into_iter().filter(|row| kinds.contains(&row.operation.kind)).collect();
            if current != Some(phase) {
                if let Some(ended) = current {
                    self.leave(context.run, ended, context.reporter).await?;
                }
                let total = saved.plan.operations.iter().filter(|op| phase_of(op.kind) == Some(phase)).count() as u64;
                self.enter(context.run, phase, Some(total), context.reporter).await?;
                current = Some(phase);
            }
            if !rows.is_empty() {
                later.extend(applier.carry_out_all(phase, rows).await?.into_iter().map(|row| (phase, row)));
            }
            if phase == Phase::Options {
                applier.learn_codes().await?;
            }
        }
        for (phase, row) in &later {
            applier.carry_out(*phase, row, true).await?;
        }
        if let Some(ended) = current {
            self.leave(context.run, ended, context.reporter).await?;
        }
        Ok(())
    }
}

/// The phase in which a kind of operation is carried out.
pub fn phase_of(kind: OperationKind) -> Option<Phase> {
    STEPS.iter().find(|(_, kinds)| kinds.contains(&kind)).map(|(phase, _)| *phase)
}

impl<'a> Applier<'a> {
    pub(super) async fn new(
        engine: &'a Engine,
        context: &'a RunContext<'a>,
        plan: PlanId,
    ) -> Result<Applier<'a>, EngineError> {
        let users = engine.store.users(context.connection.id).await?;
        let applier = Applier {
            engine,
            context,
            plan,
            known: users.into_iter().map(|user| (user.id.clone(), user)).collect(),
            codes: Mutex::new(HashMap::new()),
            live: AsyncMutex::new(None),
            turns: Semaphore::new(engine.abilities(context.connection)?.destination.concurrency.max(1)),
            attempts: AtomicU32::new(0),
            failures: AtomicU32::new(0),
        };
        applier.learn_codes().await?;
        Ok(applier)
    }

    /// Carries out the lines of one step, several at once; gives back those that are to be tried again at the end.
    async fn carry_out_all(&self, phase: Phase, rows: Vec<JournalRow>) -> Result<Vec<JournalRow>, EngineError> {
        let concurrency = if phase == Phase::Options {
            1
        } else {
            self.engine.abilities(self.context.connection)?.destination.concurrency.max(1) * JOURNAL_AHEAD
        };
        stream::iter(rows)
            .map(|row| async move {
                let fate = self.carry_out(phase, &row, false).await?;
                Ok::<_, EngineError>(matches!(fate, Fate::TryLater).then_some(row))
            })
            .buffer_unordered(concurrency)
            .try_filter_map(|row| async move { Ok(row) })
            .try_collect()
            .await
    }

    async fn carry_out(&self, phase: Phase, row: &JournalRow, last_try: bool) -> Result<Fate, EngineError> {
        if !self.context.control.may_go_on().await {
            return Ok(Fate::Settled);
        }
        self.check_quarantine().await?;
        let operation = self.with_codes(&row.operation);
        // On disk first, in one commit with the lines around it; the live record is read once the request may leave.
        let before = operation.user.as_ref().and_then(|user| self.known.get(user));
        self.engine.store.mark_sent(self.plan, operation.seq, before).await?;
        let Ok(turn) = self.turns.acquire().await else { return Ok(Fate::Settled) };
        if !self.context.control.may_go_on().await {
            self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
            return Ok(Fate::Settled);
        }
        let live = match operation.kind {
            OperationKind::CreateOption => None,
            _ => match self.look_up(&operation).await {
                Ok(live) => live,
                Err(error) => {
                    self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
                    return Err(error);
                }
            },
        };
        match standing(&operation, live.as_ref()) {
            Standing::Open => {}
            Standing::Done => {
                self.record(phase, &operation, OperationState::Written, live, None, "was so already").await?;
                return Ok(Fate::Settled);
            }
            Standing::Moved(reason) => {
                self.record(phase, &operation, OperationState::SetAside, None, Some(("MOVED", &reason)), &reason)
                    .await?;
                return Ok(Fate::Settled);
            }
        }
        let write = match write_of(&operation, live.as_ref()) {
            Ok(write) => write,
            Err(error) => {
                let text = error.to_string();
                self.record(phase, &operation, OperationState::Failed, None, Some(("UNWRITABLE", &text)), &text)
                    .await?;
                return Ok(Fate::Settled);
            }
        };
        self.attempts.fetch_add(1, Ordering::Relaxed);
        let answer = self.context.clients.destination.write(&write).await;
        drop(turn);
        match answer {
            Ok(answer) => self.written(phase, &operation, live.as_ref(), answer).await?,
            Err(WriteError::Rejected { code, .. }) if !last_try && ORDER_CODES.contains(&code.as_str()) => {
                self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
                return Ok(Fate::TryLater);
            }
            Err(WriteError::Rejected { status, code, message, .. }) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                let text = format!("{status} {code}: {message}");
                self.record(phase, &operation, OperationState::Failed, None, Some((&code, &message)), &text).await?;
            }
            Err(WriteError::Unknown { detail }) => return self.unknown(phase, row, last_try, &detail).await,
            Err(WriteError::NotSent(error)) => {
                self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
                return Err(error.into());
            }
        }
        Ok(Fate::Settled)
    }

    async fn written(
        &self,
        phase: Phase,
        operation: &Operation,
        live: Option<&User>,
        answer: WriteAnswer,
    ) -> Result<(), EngineError> {
        if answer.created && operation.kind != OperationKind::Create && operation.kind != OperationKind::CreateOption {
            self.failures.fetch_add(1, Ordering::Relaxed);
            let text =
                format!("the identifier was gone, and a new user was made instead: {}", answer.warnings.join("; "));
            let error = Some(("MADE_INSTEAD", text.as_str()));
            return self.record(phase, operation, OperationState::Failed, None, error, &text).await;
        }
        let after = user_after(operation, live, answer.user);
        let text = sentence(operation);
        self.record(phase, operation, OperationState::Written, after, None, &text).await?;
        if !answer.warnings.is_empty() {
            let line = self.line(phase, operation, Level::Warn, "warning", answer.warnings.join("; "));
            self.engine.store.append_feed(self.context.connection.id, vec![line]).await?;
        }
        Ok(())
    }

    /// The answer was lost: the write may have taken effect. Only reading can tell.
    async fn unknown(&self, phase: Phase, row: &JournalRow, last_try: bool, detail: &str) -> Result<Fate, EngineError> {
        let operation = &row.operation;
        self.record(phase, operation, OperationState::Unknown, None, Some(("NO_ANSWER", detail)), detail).await?;
        match self.settle_by_reading(phase, operation).await? {
            Settled::Unchanged if !last_try => Ok(Fate::TryLater),
            Settled::Unchanged | Settled::TookEffect | Settled::StillUnknown => Ok(Fate::Settled),
        }
    }

    /// Settles one line whose request may or may not have taken effect: by identifier, then by e-mail.
    pub(super) async fn settle_by_reading(&self, phase: Phase, operation: &Operation) -> Result<Settled, EngineError> {
        let operation = self.with_codes(operation);
        if operation.kind == OperationKind::CreateOption {
            return self.settle_option(phase, &operation).await;
        }
        let live = match self.look_up(&operation).await {
            Ok(live) => live,
            Err(EngineError::Api(error)) if !error.is_refusal() => {
                tracing::warn!(%error, "an unknown outcome could not be settled yet");
                return Ok(Settled::StillUnknown);
            }
            Err(error) => return Err(error),
        };
        match standing(&operation, live.as_ref()) {
            Standing::Done => {
                let text = "the answer was lost; read back: written once".to_owned();
                self.record(phase, &operation, OperationState::Written, live, None, &text).await?;
                self.context.reporter.update(|progress| progress.unknown = progress.unknown.saturating_sub(1));
                Ok(Settled::TookEffect)
            }
            Standing::Open => {
                self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
                self.context.reporter.update(|progress| progress.unknown = progress.unknown.saturating_sub(1));
                Ok(Settled::Unchanged)
            }
            Standing::Moved(reason) => {
                self.record(phase, &operation, OperationState::SetAside, None, Some(("MOVED", &reason)), &reason)
                    .await?;
                Ok(Settled::TookEffect)
            }
        }
    }

    async fn settle_option(&self, phase: Phase, operation: &Operation) -> Result<Settled, EngineError> {
        let Some(table) = operation.table else { return Ok(Settled::StillUnknown) };
        let name = operation.fields.first().and_then(|change| change.to.clone()).unwrap_or_default();
        let options = self.context.clients.destination.options(table).await?;
        if options.iter().any(|option| option.name == name) {
            self.record(phase, operation, OperationState::Written, None, None, "read back: it is there").await?;
            return Ok(Settled::TookEffect);
        }
        self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
        Ok(Settled::Unchanged)
    }

    /// The live record that a line is about; `None` when there is none.
    pub(super) async fn look_up(&self, operation: &Operation) -> Result<Option<User>, EngineError> {
        let destination = &self.context.clients.destination;
        if operation.kind != OperationKind::Link {
            let Some(identifier) = &operation.identifier else { return Ok(None) };
            return Ok(destination.look_up(LookUp::Identifier(identifier)).await?.into_iter().next());
        }
        let Some(id) = &operation.user else { return Ok(None) };
        let email = self.known.get(id).and_then(|user| user.person.email.clone());
        if let Some(email) = email {
            let found = destination.look_up(LookUp::Email(&email)).await?;
            if let Some(user) = found.into_iter().find(|user| user.id == *id) {
                return Ok(Some(user));
            }
        }
        self.look_up_in_list(id).await
    }

    /// For users who have neither identifier nor e-mail: a list of everybody, at most [`LIVE_VIEW_AGE`] old.
    async fn look_up_in_list(&self, id: &UserId) -> Result<Option<User>, EngineError> {
        let mut live = self.live.lock().await;
        let fresh = live.as_ref().is_some_and(|view| view.taken.elapsed() < LIVE_VIEW_AGE);
        if !fresh {
            *live = Some(self.read_everybody().await?);
        }
        Ok(live.as_ref().and_then(|view| view.users.get(id).cloned()))
    }

    async fn read_everybody(&self) -> Result<LiveView, EngineError> {
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<DestinationRecord>(500);
        let collect = async {
            let mut users = HashMap::new();
            while let Some(record) = receiver.recv().await {
                users.insert(record.user.id.clone(), record.user);
            }
            users
        };
        let (pulled, users) = tokio::join!(self.context.clients.destination.pull(sender), collect);
        pulled?;
        Ok(LiveView { taken: tokio::time::Instant::now(), users })
    }

    /// Journals an outcome and all that follows from it: the feed line, the local picture of the user, the link, the gauges.
    async fn record(
        &self,
        phase: Phase,
        operation: &Operation,
        state: OperationState,
        after: Option<User>,
        error: Option<(&str, &str)>,
        text: &str,
    ) -> Result<(), EngineError> {
        let store = &self.engine.store;
        let connection = self.context.connection.id;
        let (level, what) = headline(operation.kind, state);
        let line = self.line(phase, operation, level, what, text.to_owned());
        let answered = after.as_ref().map(|user| user.id.clone());
        let error = error.map(|(code, message)| (code.to_owned(), message.to_owned()));
        let picture = async {
            let Some(user) = &after else { return Ok(()) };
            store.update_user(connection, user).await?;
            match link_after(operation, user, self.engine.clock.now()) {
                Some(link) => store.put_link(connection, link).await.map(|_| ()),
                None => Ok(()),
            }
        };
        let (marked, lines, picture) = tokio::join!(
            store.mark(self.plan, operation.seq, state, answered, error),
            store.append_feed(connection, vec![line]),
            picture
        );
        marked?;
        lines?;
        picture?;
        self.context.reporter.update(|progress| {
            match state {
                OperationState::Written => progress.written += 1,
                OperationState::Failed => progress.failed += 1,
                OperationState::SetAside => progress.set_aside += 1,
                OperationState::Unknown => progress.unknown += 1,
                OperationState::Pending | OperationState::Sent | OperationState::Confirmed => {}
            }
            if state != OperationState::Unknown {
                progress.phases.entry(phase).or_default().done += 1;
            }
        });
        Ok(())
    }

    fn line(&self, phase: Phase, operation: &Operation, level: Level, what: &str, text: String) -> FeedLine {
        FeedLine {
            run: Some(self.context.run),
            at: self.engine.clock.now(),
            level,
            phase: Some(phase),
            employee: operation.employee.clone(),
            what: what.to_owned(),
            text,
        }
    }

    async fn check_quarantine(&self) -> Result<(), EngineError> {
        let attempts = self.attempts.load(Ordering::Relaxed);
        let failures = self.failures.load(Ordering::Relaxed);
        if attempts < QUARANTINE_ATTEMPTS || f64::from(failures) < QUARANTINE_SHARE * f64::from(attempts) {
            return Ok(());
        }
        let connection = self.context.connection;
        self.engine.store.set_status(connection.id, ConnectionStatus::Paused, "onroll").await?;
        let vendor = self.engine.abilities(connection)?.destination.name;
        Err(ApiError::Unexpected {
            vendor,
            detail: format!(
                "{failures} of {attempts} writes were refused; the tenant is paused until a connection test passes"
            ),
        }
        .into())
    }

    async fn learn_codes(&self) -> Result<(), EngineError> {
        let abilities = self.engine.abilities(self.context.connection)?;
        if !abilities.destination.tables.iter().any(|table| table.by_code) {
            return Ok(());
        }
        let options = self.engine.store.options(self.context.connection.id).await?;
        let codes = options
            .into_iter()
            .filter(|option| abilities.destination.table(option.kind).is_some_and(|table| table.by_code))
            .map(|option| ((option.kind, option.name), option.key));
        if let Ok(mut known) = self.codes.lock() {
            known.extend(codes);
        }
        Ok(())
    }

    /// The line with the codes of options that this very plan has made: the planner could only name them.
    fn with_codes(&self, operation: &Operation) -> Operation {
        let mut operation = operation.clone();
        let Ok(codes) = self.codes.lock() else { return operation };
        if operation.kind == OperationKind::CreateOption || codes.is_empty() {
            return operation;
        }
        let keys: std::collections::HashSet<&OptionKey> = codes.values().collect();
        for change in &mut operation.fields {
            let (Some(table), Some(to)) = (change.field.table(), change.to.as_ref()) else { continue };
            if keys.contains(&OptionKey(to.clone())) {
                continue;
            }
            if let Some(code) = codes.get(&(table, to.clone())) {
                change.to = Some(code.as_str().to_owned());
            }
        }
        operation
    }
}

/// How an unknown outcome was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    TookEffect,
    Unchanged,
    StillUnknown,
}

fn link_after(operation: &Operation, user: &User, at: jiff::Timestamp) -> Option<Link> {
    let origin = match operation.kind {
        OperationKind::Create => LinkOrigin::Created,
        OperationKind::Link => LinkOrigin::Operator,
        OperationKind::Update | OperationKind::Reactivate | OperationKind::Deactivate => LinkOrigin::Identifier,
        _ => return None,
    };
    Some(Link {
        employee: operation.employee.clone()?,
        user: user.id.clone(),
        identifier: operation.identifier.clone()?,
        origin,
        at,
        active: user.status == UserStatus::Active,
    })
}

fn headline(kind: OperationKind, state: OperationState) -> (Level, &'static str) {
    match state {
        OperationState::Failed => (Level::Error, "failed"),
        OperationState::Unknown => (Level::Warn, "unknown"),
        OperationState::SetAside => (Level::Warn, "set aside"),
        _ => (
            Level::Info,
            match kind {
                OperationKind::CreateOption => "option created",
                OperationKind::Create => "created",
                OperationKind::Reactivate => "reactivated",
                OperationKind::Link => "linked",
                OperationKind::Update | OperationKind::SetManager => "updated",
                OperationKind::Deactivate => "deactivated",
                OperationKind::RemoveTeam => "team removed",
                OperationKind::Invite => "invited",
            },
        ),
    }
}

/// What was written, field by field; values of personal fields stay out of the log.
fn sentence(operation: &Operation) -> String {
    match operation.kind {
        OperationKind::Create => operation.note.clone().unwrap_or_else(|| "new user".to_owned()),
        OperationKind::Link => match &operation.user {
            Some(user) => format!("identifier written to user {user}"),
            None => "identifier written".to_owned(),
        },
        OperationKind::CreateOption => {
            let name = operation.fields.first().and_then(|change| change.to.clone()).unwrap_or_default();
            format!("`{name}`")
        }
        _ => {
            let parts: Vec<String> = operation
                .fields
                .iter()
                .map(|change| match change.field {
                    Field::JobTitle | Field::Branch | Field::Department | Field::AccessProfile => format!(
                        "{} {} → {}",
                        change.field.words(),
                        change.from.as_deref().unwrap_or("(empty)"),
                        change.to.as_deref().unwrap_or("(empty)")
                    ),
                    field => field.words().to_owned(),
                })
                .collect();
            parts.join(", ")
        }
    }
}
