//! Apply: walks an approved plan in its order. Each line is re-checked against the live record, journaled before it leaves,
//! and its outcome committed per person. One person's problem never ends a run.

use super::Engine;
use super::codes::OptionCodes;
use super::error::EngineError;
use super::first_error::FirstError;
use super::health::{Health, PAUSING};
use super::line::{Concluded, Prepared, Ready};
use super::live::{Known, LiveUsers};
use super::operation::as_kept;
use super::plan::SavedPlan;
use super::record::{OUTCOMES_AT_ONCE, Sink};
use super::rulings::RulingsWatch;
use super::run::RunContext;
use super::said::Said;
use crate::domain::exchange::Purpose;
use crate::domain::ids::{PlanId, UserId};
use crate::domain::operation::Step;
use crate::domain::person::User;
use crate::domain::plan::{Operation, OperationKind};
use crate::domain::run::{OperationState, Phase};
use crate::ports::destination::{Learnt, Write, WriteAnswer, WriteError};
use crate::store::{JournalRow, LinePlace};
use futures_util::{StreamExt, stream};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// From this number of creations on they go several in a request, where the destination takes that.
const MANY_CREATIONS: usize = 50;
/// Lines that are journaled in one commit before they leave, once a step is on its way. As many again wait for the wire, while the next
/// commit is made.
const JOURNAL_CHUNK: usize = 64;

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
    pub(super) rulings: RulingsWatch,
    /// Users whom answers to creations have named.
    pub(super) made: Mutex<HashSet<UserId>>,
    /// Lines whose request has left without an outcome that stands.
    pub(super) left: Mutex<HashSet<u32>>,
    /// What the store holds of what was learnt of the destination.
    learnt: Mutex<Learnt>,
    /// What was said of lines whose outcome is not written down yet.
    pub(super) said: Said,
}

impl Engine {
    /// Carries out every line of the plan that is still open, or those of one wave.
    ///
    /// # Errors
    /// What concerns the connection as a whole (refused credentials, an outage after all retries, the store). A person's own
    /// trouble is journaled and the run goes on.
    pub(super) async fn apply(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        wave: Option<&HashSet<u32>>,
    ) -> Result<(), EngineError> {
        let applier = Applier::new(self, context, saved.id).await?;
        let applied = self.apply_steps(context, saved, &applier, wave).await;
        applier.keep_said().await;
        applied
    }

    async fn apply_steps(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        applier: &Applier<'_>,
        wave: Option<&HashSet<u32>>,
    ) -> Result<(), EngineError> {
        let is_in_wave = |line: &LinePlace| wave.is_none_or(|lines| lines.contains(&line.seq));
        let mut current = None;
        let mut later = Vec::new();
        // What an interrupted run has left, not what its plan once had: bars and the time left are of this run's work.
        let open = self.store.journal_totals(saved.id).await?.state(OperationState::Pending);
        context.reporter.update(|progress| progress.operations = progress.handled() + open);
        for step in Step::ALL {
            let phase = step.phase();
            let mut lines = self.store.places(saved.id, OperationState::Pending).await?;
            let of_phase = |line: &&LinePlace| line.kind.phase() == phase;
            let in_wave = lines.iter().filter(of_phase).filter(|line| is_in_wave(line)).count() as u64;
            if wave.is_some() && in_wave == 0 && current != Some(phase) {
                continue;
            }
            // A phase that goes in waves is one on the gauges; what a resumed run has settled is done there, too.
            let before = context.reporter.snapshot().done(phase);
            let total = before + lines.iter().filter(of_phase).count() as u64;
            lines.retain(|line| line.kind.facts().step == step && is_in_wave(line));
            if step == Step::Manager && !lines.is_empty() {
                // Whom this plan has made is tied by now.
                applier.codes.learn_people(self.store.links(context.connection.id).await?);
            }
            if current != Some(phase) {
                if let Some(ended) = current {
                    self.leave(context.run, ended, context.reporter).await?;
                }
                self.enter(context.run, phase, Some(total), context.reporter).await?;
                current = Some(phase);
            }
            if !lines.is_empty() {
                let lines = lines.into_iter().map(|line| line.seq).collect();
                later.extend(applier.carry_out_all(phase, lines).await?.into_iter().map(|row| (phase, row)));
            }
            if phase == Phase::Options && in_wave > 0 {
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

/// The lines in chunks that double from `first` to `most`: nothing is sent before the first chunk is on disk, and later ones
/// are made ready while the ones before them are sent.
fn chunks_of<T>(lines: Vec<T>, first: usize, most: usize) -> impl Iterator<Item = Vec<T>> {
    let (mut lines, most) = (lines.into_iter(), most.max(1));
    let mut size = first.clamp(1, most);
    std::iter::from_fn(move || {
        let chunk: Vec<T> = lines.by_ref().take(size).collect();
        size = (2 * size).min(most);
        (!chunk.is_empty()).then_some(chunk)
    })
}

impl<'a> Applier<'a> {
    pub(super) async fn new(
        engine: &'a Engine,
        context: &'a RunContext<'a>,
        plan: PlanId,
    ) -> Result<Applier<'a>, EngineError> {
        let connection = context.connection;
        let users = engine.store.users(connection.id).await?;
        let lines = engine.store.identifiers_of(plan, None).await?;
        let has_managers = lines.iter().any(|(kind, _)| *kind == OperationKind::SetManager);
        let known = Arc::new(Known {
            users: users.into_iter().map(|user| (user.id.clone(), user)).collect(),
            leave: lines.iter().filter(|(kind, _)| *kind == OperationKind::Deactivate).count(),
            identifiers: lines.into_iter().filter_map(|(_, identifier)| identifier).collect::<HashSet<_>>(),
        });
        let codes = OptionCodes::default();
        codes.learn(engine, connection, engine.store.options(connection.id).await?)?;
        if has_managers {
            codes.learn_people(engine.store.links(connection.id).await?);
        }
        Ok(Applier {
            engine,
            context,
            plan,
            live: LiveUsers::new(context.clients.destination.as_ref(), Arc::clone(&known)),
            known,
            codes,
            health: Health::default(),
            rulings: RulingsWatch::begin(engine, connection.id).await?,
            made: Mutex::default(),
            left: Mutex::default(),
            learnt: Mutex::new(engine.store.learnt(connection.id).await?),
            said: Said::default(),
        })
    }

    /// A line with the codes of options that this very plan has made: the planner could only name them. Fields that the
    /// destination was found not to keep meanwhile are left out.
    pub(super) fn with_codes(&self, operation: &Operation) -> Operation {
        as_kept(self.codes.put_into(operation), &self.context.clients.destination.learnt())
    }

    /// Keeps what the destination's client has learnt by now, where that is more than before.
    async fn keep_learnt(&self) {
        let learnt = self.context.clients.destination.learnt();
        let is_new = {
            let mut kept = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
            let is_new = *kept != learnt;
            kept.clone_from(&learnt);
            is_new
        };
        // What could not be kept is learnt again; the answers that came with it must be recorded.
        if is_new && let Err(error) = self.engine.store.learn(self.context.connection.id, learnt).await {
            tracing::warn!(%error, "what was learnt of the destination could not be kept");
        }
    }

    /// Carries out the lines of one step, several at once; gives back those that are to be tried again at the end.
    async fn carry_out_all(&self, phase: Phase, lines: Vec<u32>) -> Result<Vec<JournalRow>, EngineError> {
        let abilities = self.engine.abilities(self.context.connection)?.destination;
        let concurrency = if phase == Phase::Options { 1 } else { abilities.concurrency.max(1) };
        let at_once =
            if phase == Phase::Create && lines.len() >= MANY_CREATIONS { abilities.creations_at_once } else { 1 };
        let (sink, outcomes) = mpsc::channel(OUTCOMES_AT_ONCE);
        let most = JOURNAL_CHUNK.max(2 * at_once * concurrency);
        // An error ends the step: nothing more leaves, what is on its way is still heard and recorded.
        let failed = FirstError::default();
        let first = &failed;
        let (ahead, mut journaled) = mpsc::channel(most / at_once.max(1));
        let journal = async move {
            for chunk in chunks_of(lines, 2 * at_once, most) {
                if first.is_some() || self.context.control.is_stopped() {
                    return;
                }
                let rows = self.read_and_journal(chunk).await.unwrap_or_else(|error| first.keep(error));
                for batch in chunks_of(rows, at_once, at_once) {
                    // Whoever sends takes all there are.
                    let _ = ahead.send(batch).await;
                }
            }
        };
        let work = async move {
            let sink = &sink;
            let later: Vec<Vec<JournalRow>> = stream::poll_fn(|context| journaled.poll_recv(context))
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
        let record = async move {
            if let Err(error) = self.record_all(outcomes).await {
                // What becomes of a line cannot be written down any more: none may leave.
                first.keep::<()>(error);
            }
        };
        let ((), later, ()) = tokio::join!(journal, work, record);
        failed.take().map_or(Ok(later), Err)
    }

    /// [`Applier::journal`] of lines that are not read yet: of a large plan only those that are on their way are in memory.
    async fn read_and_journal(&self, lines: Vec<u32>) -> Result<Vec<JournalRow>, EngineError> {
        self.journal(self.engine.store.lines(self.plan, lines).await?).await
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

    /// The user of a line as the plan knew it.
    pub(super) fn before(&self, operation: &Operation) -> Option<&User> {
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
        // Asked once: they leave in one request.
        match self.may_send().await {
            Ok(true) => {}
            Ok(false) => {
                self.reopen_unsent(&rows, &FirstError::default()).await?;
                return Ok(Vec::new());
            }
            Err(error) => {
                let error = FirstError::of(error);
                self.reopen_unsent(&rows, &error).await?;
                return error.take().map_or_else(|| Ok(Vec::new()), Err);
            }
        }
        let mut ready: Vec<Ready> = Vec::with_capacity(rows.len());
        let mut later = Vec::new();
        let mut rows = rows.into_iter();
        while let Some(row) = rows.next() {
            match self.prepare(phase, row, last_try, sink).await {
                Ok(Prepared::Ready(line)) => ready.push(*line),
                Ok(Prepared::Later(row)) => later.push(*row),
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
        self.keep_learnt().await;
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
        let lines = ready.iter().map(Ready::subject).collect();
        let call = async {
            match ready {
                [] => Vec::new(),
                [one] => vec![destination.write(&one.write).await],
                many => {
                    let writes: Vec<Write> = many.iter().map(|one| one.write.clone()).collect();
                    destination.create_many(&writes).await
                }
            }
        };
        self.said.hear_all(Purpose::Write, lines, call).await
    }

    /// Whether the next write may leave, asked just before it does: the operator, the quarantine, the tenant's state as any
    /// process has put it.
    ///
    /// # Errors
    /// What ends the run.
    pub(super) async fn may_send(&self) -> Result<bool, EngineError> {
        if !self.context.control.may_go_on().await {
            return Ok(false);
        }
        self.check_quarantine().await?;
        self.rulings.look(self.engine).await?;
        Ok(true)
    }

    /// Takes back the marks of journaled lines of which none has left, because of this. Where another process took the lease
    /// they stay as they are: it settles them by reading.
    pub(super) async fn reopen_unsent(&self, rows: &[JournalRow], why: &FirstError) -> Result<(), EngineError> {
        if why.is_lost_lease() {
            return Ok(());
        }
        let seqs = rows.iter().map(|row| row.operation.seq).collect();
        Ok(self.engine.store.put_back(self.plan, seqs).await?)
    }

    /// Takes back the mark of a line that did not leave.
    pub(super) async fn put_back(&self, row: &JournalRow) -> Result<(), EngineError> {
        Ok(self.engine.store.put_back(self.plan, vec![row.operation.seq]).await?)
    }

    /// Takes back the mark of a line that left, and surely was not done.
    pub(super) async fn reopen(&self, row: &JournalRow) -> Result<(), EngineError> {
        let seq = row.operation.seq;
        Ok(self.engine.store.mark(self.plan, seq, OperationState::Pending, None, None).await?)
    }

    async fn check_quarantine(&self) -> Result<(), EngineError> {
        let Some((failures, attempts)) = self.health.quarantine() else { return Ok(()) };
        let connection = self.context.connection;
        self.engine.store.step_status(connection.id, PAUSING, "onroll").await?;
        let vendor = self.engine.abilities(connection)?.destination.name;
        Err(EngineError::Quarantine { vendor, failures, attempts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_leave_soon_and_all_leave_once_and_in_order() {
        let sizes = |rows: usize| -> Vec<usize> {
            let chunks: Vec<Vec<usize>> = chunks_of((0..rows).collect(), 50, 400).collect();
            assert!(chunks.iter().all(|chunk| chunk.capacity() <= 400), "a chunk holds no room for those behind it");
            assert_eq!(chunks.concat(), (0..rows).collect::<Vec<_>>());
            chunks.iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(2_000), [50, 100, 200, 400, 400, 400, 400, 50]);
        assert_eq!(sizes(50), [50]);
        assert_eq!(sizes(51), [50, 1]);
        assert!(sizes(0).is_empty());
        assert_eq!(chunks_of(vec![1, 2, 3], 0, 0).collect::<Vec<_>>(), [[1], [2], [3]], "never without an end");
    }
}
