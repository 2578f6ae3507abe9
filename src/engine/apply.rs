//! Apply: walks an approved plan in its order. Each line is re-checked against the live record, journaled before it leaves,
//! and its outcome committed per person. One person's problem never ends a run.

use super::Engine;
use super::error::EngineError;
use super::live::{Freshness, LiveUsers};
use super::operation::{Standing, standing, user_after, write_of};
use super::plan::SavedPlan;
use super::record::{Done, OUTCOMES_AT_ONCE, Sink, sentence};
use super::run::RunContext;
use crate::domain::connection::ConnectionStatus;
use crate::domain::ids::{OptionKey, PlanId, UserId};
use crate::domain::mapping::TableKind;
use crate::domain::person::User;
use crate::domain::plan::{Operation, OperationKind};
use crate::domain::run::{Level, OperationState, Phase};
use crate::ports::api::ApiError;
use crate::ports::destination::{Write, WriteAnswer, WriteError};
use crate::store::JournalRow;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::mpsc;

/// Quarantine: this share of failures in at least this many attempts (DESIGN 7).
const QUARANTINE_SHARE: f64 = 0.4;
const QUARANTINE_ATTEMPTS: u32 = 20;
/// From so many creations on they go several in a request, where the destination takes that.
const MANY_CREATIONS: usize = 50;
/// Lines that are journaled in one commit before they leave, at least, and how many such commits may be ahead of the wire.
const JOURNAL_CHUNK: usize = 64;
const CHUNKS_AHEAD: usize = 2;
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
    pub(super) engine: &'a Engine,
    pub(super) context: &'a RunContext<'a>,
    pub(super) plan: PlanId,
    /// Users as last seen, by id: e-mail and identifier to look them up by.
    known: HashMap<UserId, User>,
    /// Options by name where the destination wants a code, refreshed after new ones were made.
    codes: Mutex<HashMap<(TableKind, String), OptionKey>>,
    live: LiveUsers<'a>,
    attempts: AtomicU32,
    failures: AtomicU32,
}

/// A line that may be written now.
struct Ready {
    row: JournalRow,
    operation: Operation,
    live: Option<User>,
    write: Write,
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
        // What an interrupted run has left, not what its plan once had: bars and the time left are of this run's work.
        let open = self.store.journal_totals(saved.id).await?.state(OperationState::Pending);
        context.reporter.update(|progress| progress.operations = progress.handled() + open);
        for (phase, kinds) in STEPS {
            let mut rows = self.store.operations(saved.id, &[OperationState::Pending]).await?;
            let total = rows.iter().filter(|row| phase_of(row.operation.kind) == Some(phase)).count() as u64;
            rows.retain(|row| kinds.contains(&row.operation.kind));
            if current != Some(phase) {
                if let Some(ended) = current {
                    self.leave(context.run, ended, context.reporter).await?;
                }
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
            applier.carry_out(*phase, row).await?;
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
    /// Says how many lines are looked up next, so that they are read in the way that costs fewer requests.
    pub(super) fn expect(&self, lines: usize) {
        self.live.expect(lines, self.known.len());
    }

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
            live: LiveUsers::new(context.clients.destination.as_ref()),
            attempts: AtomicU32::new(0),
            failures: AtomicU32::new(0),
        };
        applier.learn_codes().await?;
        Ok(applier)
    }

    /// Carries out the lines of one step, several at once; gives back those that are to be tried again at the end.
    async fn carry_out_all(&self, phase: Phase, rows: Vec<JournalRow>) -> Result<Vec<JournalRow>, EngineError> {
        let abilities = self.engine.abilities(self.context.connection)?.destination;
        let concurrency = if phase == Phase::Options { 1 } else { abilities.concurrency.max(1) };
        let at_once =
            if phase == Phase::Create && rows.len() >= MANY_CREATIONS { abilities.creations_at_once } else { 1 };
        self.expect(rows.len());
        let (sink, outcomes) = mpsc::channel(OUTCOMES_AT_ONCE);
        let chunk = JOURNAL_CHUNK.max(2 * at_once * concurrency);
        let chunks: Vec<Vec<JournalRow>> = rows.chunks(chunk).map(<[JournalRow]>::to_vec).collect();
        let work = async move {
            let later: Vec<Vec<JournalRow>> = stream::iter(chunks)
                .map(|chunk| self.journal(chunk))
                .buffered(CHUNKS_AHEAD)
                .map_ok(|rows| {
                    let batches: Vec<Vec<JournalRow>> =
                        rows.chunks(at_once.max(1)).map(<[JournalRow]>::to_vec).collect();
                    stream::iter(batches.into_iter().map(Ok::<_, EngineError>))
                })
                .try_flatten()
                .map_ok(|batch| self.send(phase, batch, false, Some(&sink)))
                .try_buffer_unordered(concurrency)
                .try_collect()
                .await?;
            Ok(later.into_iter().flatten().collect())
        };
        let (later, recorded) = tokio::join!(work, self.record_all(outcomes));
        recorded?;
        later
    }

    /// Lines that may be sent: on disk first. None when the run is to stop.
    async fn journal(&self, rows: Vec<JournalRow>) -> Result<Vec<JournalRow>, EngineError> {
        if !self.context.control.may_go_on().await {
            return Ok(Vec::new());
        }
        self.check_quarantine().await?;
        let lines = rows.iter().map(|row| (row.operation.seq, self.before(&row.operation))).collect();
        self.engine.store.mark_sent_many(self.plan, lines).await?;
        Ok(rows)
    }

    fn before(&self, operation: &Operation) -> Option<&User> {
        operation.user.as_ref().and_then(|user| self.known.get(user))
    }

    /// One line by itself, journaled first, for the last time.
    async fn carry_out(&self, phase: Phase, row: &JournalRow) -> Result<(), EngineError> {
        self.expect(1);
        let rows = self.journal(vec![row.clone()]).await?;
        self.send(phase, rows, true, None).await.map(|_| ())
    }

    /// Sends lines that are journaled: each re-checked against its live record, written (more than one are creations that
    /// go in one request), its outcome recorded. Gives back those that may be tried again when all others are done.
    async fn send(
        &self,
        phase: Phase,
        rows: Vec<JournalRow>,
        last_try: bool,
        sink: Sink<'_>,
    ) -> Result<Vec<JournalRow>, EngineError> {
        let mut ready: Vec<Ready> = Vec::with_capacity(rows.len());
        let mut rows = rows.into_iter();
        while let Some(row) = rows.next() {
            match self.prepare(phase, row, sink).await {
                Ok(line) => ready.extend(line),
                Err(error) => {
                    // None of them has left.
                    for row in ready.into_iter().map(|line| line.row).chain(rows) {
                        self.reopen(&row).await?;
                    }
                    return Err(error);
                }
            }
        }
        self.attempts.fetch_add(u32::try_from(ready.len()).unwrap_or(u32::MAX), Ordering::Relaxed);
        let destination = &self.context.clients.destination;
        let answers = match ready.as_slice() {
            [] => Vec::new(),
            [one] => vec![destination.write(&one.write).await],
            many => {
                let writes: Vec<Write> = many.iter().map(|one| one.write.clone()).collect();
                destination.create_many(&writes).await
            }
        };
        let (mut later, mut failure) = (Vec::new(), None);
        for (line, answer) in ready.into_iter().zip(answers) {
            match self.conclude(phase, &line, answer, last_try, sink).await {
                Ok(true) => later.push(line.row),
                Ok(false) => {}
                // The others were sent too: what became of them is written down first.
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(later), Err)
    }

    /// Re-checks a journaled line just before it leaves; `None` when it need not or must not be written any more.
    async fn prepare(&self, phase: Phase, row: JournalRow, sink: Sink<'_>) -> Result<Option<Ready>, EngineError> {
        if !self.context.control.may_go_on().await {
            self.reopen(&row).await?;
            return Ok(None);
        }
        if let Err(error) = self.check_quarantine().await {
            self.reopen(&row).await?;
            return Err(error);
        }
        let operation = self.with_codes(&row.operation);
        let live = match self.look_up(&operation, Freshness::Recent).await {
            Ok(live) => live,
            Err(error) => {
                self.reopen(&row).await?;
                return Err(error);
            }
        };
        let (state, after, error, text) = match standing(&operation, live.as_ref()) {
            Standing::Open => match write_of(&operation, live.as_ref()) {
                Ok(write) => return Ok(Some(Ready { row, operation, live, write })),
                Err(error) => (OperationState::Failed, None, Some("UNWRITABLE"), error.to_string()),
            },
            Standing::Done => (OperationState::Written, live, None, "was so already".to_owned()),
            Standing::Moved(reason) => (OperationState::SetAside, None, Some("MOVED"), reason),
        };
        let error = error.map(|code| (code, text.as_str()));
        self.record(sink, phase, &operation, state, after, error, &text).await?;
        Ok(None)
    }

    /// Takes the answer to a write; true when the line may be tried again once all others are done.
    async fn conclude(
        &self,
        phase: Phase,
        line: &Ready,
        answer: Result<WriteAnswer, WriteError>,
        last_try: bool,
        sink: Sink<'_>,
    ) -> Result<bool, EngineError> {
        match answer {
            Ok(answer) => self.written(sink, phase, &line.operation, line.live.as_ref(), answer).await?,
            Err(WriteError::Rejected { code, .. }) if !last_try && ORDER_CODES.contains(&code.as_str()) => {
                self.reopen(&line.row).await?;
                return Ok(true);
            }
            Err(WriteError::Rejected { status, code, message, .. }) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                let text = format!("{status} {code}: {message}");
                let error = Some((code.as_str(), message.as_str()));
                self.record(sink, phase, &line.operation, OperationState::Failed, None, error, &text).await?;
            }
            Err(WriteError::Unknown { detail }) => return self.unknown(phase, &line.row, last_try, &detail).await,
            Err(WriteError::NotSent(error)) => {
                self.reopen(&line.row).await?;
                return Err(error.into());
            }
        }
        Ok(false)
    }

    /// Takes back the mark of a line that did not leave, or that surely was not done.
    async fn reopen(&self, row: &JournalRow) -> Result<(), EngineError> {
        let seq = row.operation.seq;
        Ok(self.engine.store.mark(self.plan, seq, OperationState::Pending, None, None).await?)
    }

    async fn written(
        &self,
        sink: Sink<'_>,
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
            return self.record(sink, phase, operation, OperationState::Failed, None, error, &text).await;
        }
        let after = user_after(operation, live, answer.user);
        let mut outcome = self.outcome(phase, operation, OperationState::Written, after, None, &sentence(operation));
        if !answer.warnings.is_empty() {
            outcome.lines.push(self.line(phase, operation, Level::Warn, "warning", answer.warnings.join("; ")));
        }
        self.hand_over(sink, Done { phase, outcome }).await
    }

    /// The answer was lost: the write may have taken effect. Only reading can tell; true when it did not.
    async fn unknown(&self, phase: Phase, row: &JournalRow, last_try: bool, detail: &str) -> Result<bool, EngineError> {
        let operation = &row.operation;
        let error = Some(("NO_ANSWER", detail));
        self.record(None, phase, operation, OperationState::Unknown, None, error, detail).await?;
        Ok(self.settle_by_reading(phase, operation, Freshness::Now).await? == Settled::Unchanged && !last_try)
    }

    /// Settles one line whose request may or may not have taken effect: by identifier, then by e-mail.
    pub(super) async fn settle_by_reading(
        &self,
        phase: Phase,
        operation: &Operation,
        freshness: Freshness,
    ) -> Result<Settled, EngineError> {
        let operation = self.with_codes(operation);
        if operation.kind == OperationKind::CreateOption {
            return self.settle_option(phase, &operation).await;
        }
        let live = match self.look_up(&operation, freshness).await {
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
                self.record(None, phase, &operation, OperationState::Written, live, None, &text).await?;
                self.context.reporter.update(|progress| progress.unknown = progress.unknown.saturating_sub(1));
                Ok(Settled::TookEffect)
            }
            Standing::Open => {
                self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
                self.context.reporter.update(|progress| progress.unknown = progress.unknown.saturating_sub(1));
                Ok(Settled::Unchanged)
            }
            Standing::Moved(reason) => {
                let error = Some(("MOVED", reason.as_str()));
                self.record(None, phase, &operation, OperationState::SetAside, None, error, &reason).await?;
                Ok(Settled::TookEffect)
            }
        }
    }

    async fn settle_option(&self, phase: Phase, operation: &Operation) -> Result<Settled, EngineError> {
        let Some(table) = operation.table else { return Ok(Settled::StillUnknown) };
        let name = operation.fields.first().and_then(|change| change.to.clone()).unwrap_or_default();
        let options = self.context.clients.destination.options(table).await?;
        if options.iter().any(|option| option.name == name) {
            let text = "read back: it is there";
            self.record(None, phase, operation, OperationState::Written, None, None, text).await?;
            return Ok(Settled::TookEffect);
        }
        self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
        Ok(Settled::Unchanged)
    }

    /// The live record that a line is about; `None` when there is none.
    async fn look_up(&self, operation: &Operation, freshness: Freshness) -> Result<Option<User>, EngineError> {
        match (operation.kind, &operation.identifier, &operation.user) {
            (OperationKind::CreateOption, ..) => Ok(None),
            (OperationKind::Link, _, Some(id)) => {
                let email = self.known.get(id).and_then(|user| user.person.email.as_deref());
                self.live.by_id(id, email, freshness).await
            }
            (OperationKind::Link, ..) | (_, None, _) => Ok(None),
            (OperationKind::Create, Some(identifier), _) => self.live.of_creation(identifier, freshness).await,
            (_, Some(identifier), _) => self.live.by_identifier(identifier).await,
        }
    }

    async fn check_quarantine(&self) -> Result<(), EngineError> {
        let (attempts, failures) = (self.attempts.load(Ordering::Relaxed), self.failures.load(Ordering::Relaxed));
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
