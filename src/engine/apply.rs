//! Apply: walks an approved plan in its order. Each line is re-checked against the live record, journaled before it leaves,
//! and its outcome committed per person. One person's problem never ends a run.

use super::Engine;
use super::codes::OptionCodes;
use super::error::{EngineError, Halt};
use super::first_error::FirstError;
use super::health::Health;
use super::live::{Freshness, Known, LiveUsers};
use super::operation::{Standing, person_of, standing, user_after, write_of};
use super::plan::SavedPlan;
use super::record::{Done, OUTCOMES_AT_ONCE, Sink, sentence};
use super::rulings::RulingsWatch;
use super::run::RunContext;
use super::settle::Settled;
use crate::domain::connection::ConnectionStatus;
use crate::domain::ids::PlanId;
use crate::domain::person::User;
use crate::domain::plan::{Operation, OperationKind};
use crate::domain::run::{Level, OperationState, Phase};
use crate::ports::clock::day_in;
use crate::ports::destination::{Write, WriteAnswer, WriteError};
use crate::store::{JournalRow, OperationMark, WritePermit};
use futures_util::{StreamExt, stream};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// From this number of creations on they go several in a request, where the destination takes that.
const MANY_CREATIONS: usize = 50;
/// Lines that are journaled in one commit before they leave, at least, and how many such commits may be ahead of the wire.
const JOURNAL_CHUNK: usize = 64;
const CHUNKS_AHEAD: usize = 2;
/// How often a run that another process has paused looks whether it may go on.
const PAUSE_LOOK: Duration = Duration::from_millis(500);
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
    // The last two no destination of this build takes; such a line fails by itself and is not left open.
    (Phase::Deactivate, &[OperationKind::Deactivate, OperationKind::RemoveTeam, OperationKind::Invite]),
];

/// What one apply shares among its lines.
pub(super) struct Applier<'a> {
    pub(super) engine: &'a Engine,
    pub(super) context: &'a RunContext<'a>,
    pub(super) plan: PlanId,
    /// What the plan was made from.
    pub(super) known: Arc<Known>,
    codes: OptionCodes,
    pub(super) live: LiveUsers<'a>,
    pub(super) health: Health,
    rulings: RulingsWatch,
}

/// A line that may be written now.
struct Ready {
    row: JournalRow,
    operation: Operation,
    live: Option<User>,
    write: Write,
}

/// What became of a line just before it would leave.
enum Prepared {
    Ready(Box<Ready>),
    /// Needs nothing, or must not be written any more; its outcome is recorded.
    Settled,
    /// Its live record could not be read; to be tried again when all others are done.
    Later(JournalRow),
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
            if phase == Phase::Options && total > 0 {
                let options = self.refresh_options(context.connection, context.clients).await?;
                applier.codes.learn(self, context.connection, options)?;
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
    pub(super) async fn new(
        engine: &'a Engine,
        context: &'a RunContext<'a>,
        plan: PlanId,
    ) -> Result<Applier<'a>, EngineError> {
        let connection = context.connection;
        let users = engine.store.users(connection.id).await?;
        let lines = engine.store.operations(plan, &[]).await?;
        let known = Arc::new(Known {
            users: users.into_iter().map(|user| (user.id.clone(), user)).collect(),
            identifiers: lines.into_iter().filter_map(|row| row.operation.identifier).collect::<HashSet<_>>(),
        });
        let codes = OptionCodes::default();
        codes.learn(engine, connection, engine.store.options(connection.id).await?)?;
        Ok(Applier {
            engine,
            context,
            plan,
            live: LiveUsers::new(context.clients.destination.as_ref(), Arc::clone(&known)),
            known,
            codes,
            health: Health::default(),
            rulings: RulingsWatch::begin(engine, connection.id).await?,
        })
    }

    /// A line with the codes of options that this very plan has made: the planner could only name them.
    pub(super) fn with_codes(&self, operation: &Operation) -> Operation {
        self.codes.put_into(operation)
    }

    /// Carries out the lines of one step, several at once; gives back those that are to be tried again at the end.
    async fn carry_out_all(&self, phase: Phase, rows: Vec<JournalRow>) -> Result<Vec<JournalRow>, EngineError> {
        let abilities = self.engine.abilities(self.context.connection)?.destination;
        let concurrency = if phase == Phase::Options { 1 } else { abilities.concurrency.max(1) };
        let at_once =
            if phase == Phase::Create && rows.len() >= MANY_CREATIONS { abilities.creations_at_once } else { 1 };
        let (sink, outcomes) = mpsc::channel(OUTCOMES_AT_ONCE);
        let chunk = JOURNAL_CHUNK.max(2 * at_once * concurrency);
        let chunks: Vec<Vec<JournalRow>> = rows.chunks(chunk).map(<[JournalRow]>::to_vec).collect();
        // An error ends the step: nothing more leaves, what is on its way is still heard and recorded.
        let failed = FirstError::default();
        let first = &failed;
        let work = async move {
            let sink = &sink;
            let later: Vec<Vec<JournalRow>> = stream::iter(chunks)
                .map(|chunk| async move {
                    let journaled = if first.is_some() { Ok(Vec::new()) } else { self.journal(chunk).await };
                    journaled.unwrap_or_else(|error| first.keep(error))
                })
                .buffered(CHUNKS_AHEAD)
                .flat_map(|rows| {
                    let batches: Vec<Vec<JournalRow>> =
                        rows.chunks(at_once.max(1)).map(<[JournalRow]>::to_vec).collect();
                    stream::iter(batches)
                })
                .map(|batch| async move {
                    let sent = if first.is_some() {
                        self.reopen_unsent(&batch, first).await.map(|()| Vec::new())
                    } else {
                        self.send(phase, batch, false, Some(sink)).await
                    };
                    sent.unwrap_or_else(|error| first.keep(error))
                })
                .buffer_unordered(concurrency)
                .collect()
                .await;
            later.into_iter().flatten().collect()
        };
        let (later, recorded) = tokio::join!(work, self.record_all(outcomes));
        recorded?;
        failed.take().map_or(Ok(later), Err)
    }

    /// Lines that may be sent: on disk first. None when the run is to stop.
    async fn journal(&self, rows: Vec<JournalRow>) -> Result<Vec<JournalRow>, EngineError> {
        if !self.may_send().await? {
            return Ok(Vec::new());
        }
        let lines = rows.iter().map(|row| (row.operation.seq, self.before(&row.operation))).collect();
        self.engine.store.mark_sent_many(self.plan, lines).await?;
        Ok(rows)
    }

    fn before(&self, operation: &Operation) -> Option<&User> {
        operation.user.as_ref().and_then(|user| self.known.users.get(user))
    }

    /// One line by itself, journaled first, for the last time.
    async fn carry_out(&self, phase: Phase, row: &JournalRow) -> Result<(), EngineError> {
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
        let mut later = Vec::new();
        let mut rows = rows.into_iter();
        while let Some(row) = rows.next() {
            match self.prepare(phase, row, last_try, sink).await {
                Ok(Prepared::Ready(line)) => ready.push(*line),
                Ok(Prepared::Later(row)) => later.push(row),
                Ok(Prepared::Settled) => {}
                Err(error) => {
                    let unsent: Vec<JournalRow> = ready.into_iter().map(|line| line.row).chain(rows).collect();
                    let error = FirstError::of(error);
                    self.reopen_unsent(&unsent, &error).await?;
                    return error.take().map_or_else(|| Ok(Vec::new()), Err);
                }
            }
        }
        let answers = self.request(&ready).await;
        // One request without an answer is one failure, and one list read after it tells of all its lines.
        let lost_at = Instant::now();
        if answers.iter().any(|answer| !matches!(answer, Err(WriteError::Unknown { .. }))) {
            self.health.answered(u32::try_from(ready.len()).unwrap_or(u32::MAX));
        }
        let (mut without_effect, mut failure) = (false, None);
        for (line, answer) in ready.into_iter().zip(answers) {
            match self.conclude(phase, &line, answer, last_try, lost_at, sink).await {
                Ok(Concluded::Done) => {}
                Ok(Concluded::TryAgain) => later.push(line.row),
                Ok(Concluded::NoEffect { again }) => {
                    without_effect = true;
                    if again {
                        later.push(line.row);
                    }
                }
                // The others were sent too: what became of them is written down first.
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if without_effect {
            self.health.unanswered();
        }
        failure.map_or(Ok(later), Err)
    }

    async fn request(&self, ready: &[Ready]) -> Vec<Result<WriteAnswer, WriteError>> {
        let destination = &self.context.clients.destination;
        match ready {
            [] => Vec::new(),
            [one] => vec![destination.write(&one.write).await],
            many => {
                let writes: Vec<Write> = many.iter().map(|one| one.write.clone()).collect();
                destination.create_many(&writes).await
            }
        }
    }

    /// Whether the next write may leave, asked just before it does: the operator, the quarantine, the tenant's state as any
    /// process has put it.
    ///
    /// # Errors
    /// What ends the run.
    async fn may_send(&self) -> Result<bool, EngineError> {
        if !self.context.control.may_go_on().await {
            return Ok(false);
        }
        self.check_quarantine().await?;
        loop {
            let halt = match self.engine.store.write_permit(self.context.lease).await? {
                WritePermit::Granted => break,
                WritePermit::Paused { .. } => {
                    tokio::select! {
                        () = self.context.control.stopped() => return Ok(false),
                        () = tokio::time::sleep(PAUSE_LOOK) => continue,
                    }
                }
                WritePermit::Stopped { by } => Halt::Stopped { by },
                WritePermit::NotLive { status, by, .. } => Halt::NotLive { status, by },
                WritePermit::Removed => Halt::Removed,
                WritePermit::LeaseLost { holder } => Halt::LeaseLost { holder: holder.map(|holder| holder.words()) },
            };
            return Err(EngineError::Halted(halt));
        }
        self.rulings.look(self.engine).await?;
        Ok(true)
    }

    /// Re-checks a journaled line just before it leaves.
    async fn prepare(
        &self,
        phase: Phase,
        row: JournalRow,
        last_try: bool,
        sink: Sink<'_>,
    ) -> Result<Prepared, EngineError> {
        match self.may_send().await {
            Ok(true) => {}
            Ok(false) => {
                self.reopen(&row).await?;
                return Ok(Prepared::Settled);
            }
            Err(error) => {
                let error = FirstError::of(error);
                self.reopen_unsent(&[row], &error).await?;
                return error.take().map_or(Ok(Prepared::Settled), Err);
            }
        }
        let operation = self.with_codes(&row.operation);
        if let Some(reason) = self.rulings.against(&operation) {
            return self.set_aside(sink, phase, &operation, &reason).await;
        }
        let live = match self.live_record(&operation).await {
            Ok(live) => live,
            Err(error) => {
                self.reopen(&row).await?;
                let text = self.health.unread(error, last_try)?;
                if !last_try {
                    return Ok(Prepared::Later(row));
                }
                let text = format!("the live record could not be read, so nothing was sent: {text}");
                let error = Some(("UNREADABLE", text.as_str()));
                self.record(sink, phase, &operation, OperationState::Failed, None, error, &text).await?;
                return Ok(Prepared::Settled);
            }
        };
        self.health.read();
        let live = match live {
            Live::Alike(reason) => return self.set_aside(sink, phase, &operation, &reason).await,
            Live::User(live) => live,
        };
        let (state, after, error, text) = match standing(&operation, live.as_ref()) {
            Standing::Open => match write_of(&operation, live.as_ref()) {
                Ok(write) => return Ok(Prepared::Ready(Box::new(Ready { row, operation, live, write }))),
                Err(error) => (OperationState::Failed, None, Some("UNWRITABLE"), error.to_string()),
            },
            Standing::Done => (OperationState::Written, live, None, "was so already".to_owned()),
            Standing::Moved(reason) => (OperationState::SetAside, None, Some("MOVED"), reason),
        };
        let error = error.map(|code| (code, text.as_str()));
        self.record(sink, phase, &operation, state, after, error, &text).await?;
        Ok(Prepared::Settled)
    }

    async fn set_aside(
        &self,
        sink: Sink<'_>,
        phase: Phase,
        operation: &Operation,
        reason: &str,
    ) -> Result<Prepared, EngineError> {
        let error = Some(("MOVED", reason));
        self.record(sink, phase, operation, OperationState::SetAside, None, error, reason).await?;
        Ok(Prepared::Settled)
    }

    /// Takes the answer to a write.
    async fn conclude(
        &self,
        phase: Phase,
        line: &Ready,
        answer: Result<WriteAnswer, WriteError>,
        last_try: bool,
        lost_at: Instant,
        sink: Sink<'_>,
    ) -> Result<Concluded, EngineError> {
        match answer {
            Ok(answer) => self.written(sink, phase, &line.operation, line.live.as_ref(), answer).await?,
            Err(WriteError::Rejected { code, .. }) if !last_try && ORDER_CODES.contains(&code.as_str()) => {
                self.reopen(&line.row).await?;
                return Ok(Concluded::TryAgain);
            }
            Err(WriteError::Rejected { status, code, message, .. }) => {
                self.health.refused();
                let text = format!("{status} {code}: {message}");
                let error = Some((code.as_str(), message.as_str()));
                self.record(sink, phase, &line.operation, OperationState::Failed, None, error, &text).await?;
            }
            Err(WriteError::Unknown { detail }) => {
                return self.unknown(phase, &line.row, last_try, lost_at, &detail).await;
            }
            Err(WriteError::NotSent(error)) => {
                self.reopen(&line.row).await?;
                return Err(error.into());
            }
        }
        Ok(Concluded::Done)
    }

    /// Takes back the marks of journaled lines of which none has left, because of this. Where another process took the lease
    /// they stay as they are: it settles them by reading.
    async fn reopen_unsent(&self, rows: &[JournalRow], why: &FirstError) -> Result<(), EngineError> {
        if why.is_lost_lease() {
            return Ok(());
        }
        let marks = rows.iter().map(|row| OperationMark {
            seq: row.operation.seq,
            state: OperationState::Pending,
            answered: None,
            error: None,
        });
        Ok(self.engine.store.mark_many(self.plan, marks.collect()).await?)
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
            self.health.refused();
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

    /// The answer was lost: the write may have taken effect. Only reading can tell.
    async fn unknown(
        &self,
        phase: Phase,
        row: &JournalRow,
        last_try: bool,
        lost_at: Instant,
        detail: &str,
    ) -> Result<Concluded, EngineError> {
        let operation = &row.operation;
        let error = Some(("NO_ANSWER", detail));
        self.record(None, phase, operation, OperationState::Unknown, None, error, detail).await?;
        match self.settle_by_reading(phase, operation, Freshness::Since(lost_at)).await? {
            Settled::TookEffect => return Ok(Concluded::Done),
            Settled::StillUnknown => return Ok(Concluded::NoEffect { again: false }),
            Settled::Unchanged if !last_try => return Ok(Concluded::NoEffect { again: true }),
            Settled::Unchanged => {}
        }
        let text = format!("no usable answer, also when sent again; read back: it did not take effect ({detail})");
        let error = Some(("NO_ANSWER", text.as_str()));
        self.record(None, phase, operation, OperationState::Failed, None, error, &text).await?;
        Ok(Concluded::NoEffect { again: false })
    }

    /// The live record that a line is re-checked against; none for an option.
    async fn live_record(&self, operation: &Operation) -> Result<Live, EngineError> {
        let user = match (operation.kind, &operation.identifier, &operation.user) {
            (OperationKind::Link, _, Some(id)) => {
                let email = self.known.users.get(id).and_then(|user| user.person.email.as_deref());
                self.live.by_id(id, email, Freshness::Recent).await?
            }
            (OperationKind::CreateOption | OperationKind::Link, ..) | (_, None, _) => None,
            (OperationKind::Create, Some(identifier), _) => {
                let view = self.live.view(Freshness::Recent).await?;
                let carrier = view.carrier(identifier).cloned();
                if carrier.is_none() && !view.appeared.is_empty() {
                    let today = day_in(self.engine.clock.now(), &self.context.connection.time_zone);
                    if let Some(user) = view.appeared.alike(&person_of(&operation.fields), today) {
                        let text = "has appeared since the plan was made and may be this person; the next plan asks";
                        return Ok(Live::Alike(format!("user {} {text}", user.id)));
                    }
                }
                carrier
            }
            (_, Some(identifier), _) => self.live.by_identifier(identifier).await?,
        };
        Ok(Live::User(user))
    }

    async fn check_quarantine(&self) -> Result<(), EngineError> {
        let Some((failures, attempts)) = self.health.quarantine() else { return Ok(()) };
        let connection = self.context.connection;
        self.engine.store.set_status(connection.id, ConnectionStatus::Paused, "onroll").await?;
        let vendor = self.engine.abilities(connection)?.destination.name;
        Err(EngineError::Quarantine { vendor, failures, attempts })
    }
}

/// What stands at the destination for a line.
enum Live {
    User(Option<User>),
    /// Somebody who was not there when the plan was made may be the person.
    Alike(String),
}

/// What an answer comes to.
enum Concluded {
    Done,
    /// Refused for a reason that the order of two writes may cure.
    TryAgain,
    /// No usable answer, and no effect that can be read.
    NoEffect {
        again: bool,
    },
}
