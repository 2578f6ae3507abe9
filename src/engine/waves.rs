//! A plan that goes in waves: each is carried out and read back, judged, and the next one waits at a gate.

use super::Engine;
use super::error::EngineError;
use super::operation::switches_a_user;
use super::plan::{SavedPlan, shows_within};
use super::progress::RunEvent;
use super::recheck::{Against, PLAN_SHELF_LIFE};
use super::run::RunContext;
use super::run_control::{LOOK_GAP, StopCause};
use crate::domain::capabilities::ReadBack;
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, PlanId, RunId};
use crate::domain::plan::Plan;
use crate::domain::run::{FeedLine, Level, OperationState};
use crate::domain::waves::{GateStanding, WaveCounts, WaveGate, WaveStanding, Waves, WavesAsked};
use crate::planning::waves::{WaveFigures, figures, split, wave_of_lines};
use crate::ports::api::ApiError;
use crate::store::{JournalRow, LetGo};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How often it is looked again whether a destination that shows late shows a wave by now.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// What became of the lines of one wave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct WaveResult {
    pub lines: u32,
    pub confirmed: u32,
    pub refused: u32,
    pub unknown: u32,
    /// Written, but the destination does not show it as it was written.
    pub unequal: u32,
}

impl WaveResult {
    /// `shows` says of a line whether the destination shows at all what it wrote: else a yes is the most there can be.
    fn of<'a>(rows: impl Iterator<Item = &'a JournalRow>, shows: impl Fn(&JournalRow) -> bool) -> Self {
        let mut result = WaveResult::default();
        for row in rows {
            result.lines += 1;
            match row.state {
                OperationState::Confirmed => result.confirmed += 1,
                OperationState::Written if shows(row) => result.unequal += 1,
                OperationState::Written => result.confirmed += 1,
                OperationState::Failed => result.refused += 1,
                OperationState::Unknown | OperationState::Sent => result.unknown += 1,
                OperationState::Pending | OperationState::SetAside => {}
            }
        }
        result
    }

    fn is_clean(&self, wave: usize) -> bool {
        self.unknown + self.unequal == 0 && !Waves::is_too_many(wave, self.refused, self.lines)
    }

    fn counts(self) -> WaveCounts {
        let WaveResult { confirmed, refused, unknown, unequal, .. } = self;
        WaveCounts { confirmed, refused, unknown, unequal }
    }

    /// `1 refused, 2 not read back`.
    pub(super) fn words(&self) -> String {
        let parts = [(self.refused, "refused"), (self.unknown, "unknown"), (self.unequal, "not read back as written")];
        let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// An approved plan, split.
struct Split {
    waves: Waves,
    wave_of: HashMap<u32, usize>,
    figures: Vec<WaveFigures>,
}

impl Split {
    fn of(plan: &Plan, waves: Waves) -> Self {
        let wave_of = plan.operations.iter().map(|one| one.seq).zip(wave_of_lines(plan, &waves)).collect();
        Self { wave_of, figures: figures(plan, &waves), waves }
    }

    fn is_in(&self, wave: usize, line: u32) -> bool {
        self.wave_of.get(&line) == Some(&wave)
    }

    fn standing(&self, wave: usize, gate: Option<GateStanding>) -> WaveStanding {
        let figures = self.figures.get(wave);
        WaveStanding {
            wave,
            of: self.waves.count(),
            label: self.waves.label(wave).to_owned(),
            people: figures.map_or(0, |one| u32::try_from(one.people.len()).unwrap_or(u32::MAX)),
            changes: figures.map_or(0, |one| one.changes),
            mails: figures.map_or(0, |one| one.mails),
            gate,
        }
    }
}

/// A gate that is shut, as any process sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    pub run: RunId,
    pub plan: PlanId,
    pub standing: WaveStanding,
}

/// On the gauges and in the events.
async fn tell(context: &RunContext<'_>, standing: WaveStanding) {
    context.reporter.update(|progress| progress.wave = Some(standing.clone()));
    context.reporter.event(RunEvent::Wave(standing)).await;
}

impl Engine {
    /// The waves of a plan as they are asked for: what an approval keeps.
    ///
    /// # Errors
    /// Where a wave cannot be read back; the store's.
    pub async fn split(&self, connection: &Connection, plan: &Plan, asked: &WavesAsked) -> Result<Waves, EngineError> {
        let destination = self.abilities(connection)?.destination;
        if destination.read_back != ReadBack::Readable {
            return Err(EngineError::Input {
                what: format!(
                    "{} is loaded by list and shows what was written only later: a wave cannot be read back",
                    connection.tenant_name
                ),
                remedy: "send it at once, or push few people first with `--only`, and look at them there".to_owned(),
            });
        }
        let of = self.groups_of(connection).await?;
        Ok(split(plan, asked, &|employee, field| of(employee, field)))
    }

    /// The values of employees by which waves may go.
    ///
    /// # Errors
    /// The store's.
    pub async fn groups_of(
        &self,
        connection: &Connection,
    ) -> Result<impl Fn(&EmployeeId, Field) -> Option<String> + use<>, EngineError> {
        let employees = self.store.employees(connection.id).await?;
        let by_id: HashMap<EmployeeId, _> = employees.into_iter().map(|one| (one.id.clone(), one)).collect();
        Ok(move |employee: &EmployeeId, field: Field| {
            let value = by_id.get(employee)?.value(field)?.trim().to_owned();
            Some(value).filter(|value| !value.is_empty())
        })
    }

    /// Carries a plan out: all at once, or in the waves that it was approved in. Who resumes by hand has opened the gate at
    /// which it stands.
    ///
    /// # Errors
    /// As [`Engine::apply`]; [`EngineError::WaveNotClean`], then the rest is unsent.
    pub(super) async fn apply_in_waves(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        resumed_by_hand: bool,
    ) -> Result<(), EngineError> {
        let approval = self.store.approval(saved.id).await?;
        let waves = approval.and_then(|stored| stored.approval.waves);
        if let Some(words) = waves.as_ref().and_then(Waves::empty_words) {
            self.say_of_waves(context, Level::Warn, words.clone()).await?;
            context.reporter.event(RunEvent::Notice(words)).await;
        }
        let Some(waves) = waves.filter(|waves| waves.count() > 1) else {
            return self.apply(context, saved, None).await;
        };
        let split = Split::of(&saved.plan, waves);
        let kept = (0..split.waves.count()).map(|wave| split.standing(wave, None)).collect();
        self.store.keep_waves(context.run, kept).await?;
        let mut looked = self.clock.now();
        let mut gate_is_open = resumed_by_hand;
        // Waves before this one that need no judgement any more.
        let mut judged = 0;
        for wave in 0..split.waves.count() {
            if self.open_lines(saved, &split, wave).await?.is_empty() {
                continue;
            }
            let is_let_go = std::mem::take(&mut gate_is_open);
            if is_let_go || self.has_begun(saved, &split, wave).await? {
                // An operator has seen those before it, or they were judged before it began.
                judged = wave;
            } else if wave > 0 {
                // A process that ended between the last line of a wave and its judgement has left that to us.
                for before in judged..wave {
                    self.judge(context, saved, &split, before).await?;
                }
                self.wait_at_gate(context, saved, &split, wave).await?;
                if self.clock.now().duration_since(looked).abs() >= PLAN_SHELF_LIFE {
                    self.set_aside_what_moved(context, saved, Against::TheWorld).await?;
                    looked = self.clock.now();
                } else if self.is_changed_since(context.connection, saved).await? {
                    self.set_aside_what_moved(context, saved, Against::Changes).await?;
                }
            }
            let lines = self.open_lines(saved, &split, wave).await?;
            if lines.is_empty() {
                continue;
            }
            self.store.wave_begun(context.run, wave, &self.operator).await?;
            tell(context, split.standing(wave, None)).await;
            self.apply(context, saved, Some(&lines)).await?;
            context.control.check()?;
            if wave + 1 < split.waves.count() {
                self.judge(context, saved, &split, wave).await?;
                judged = wave + 1;
            }
        }
        context.reporter.update(|progress| progress.wave = None);
        Ok(())
    }

    async fn open_lines(&self, saved: &SavedPlan, split: &Split, wave: usize) -> Result<HashSet<u32>, EngineError> {
        let open = self.store.places(saved.id, OperationState::Pending).await?;
        Ok(open.into_iter().map(|line| line.seq).filter(|line| split.is_in(wave, *line)).collect())
    }

    /// Whether something of a wave was sent already.
    async fn has_begun(&self, saved: &SavedPlan, split: &Split, wave: usize) -> Result<bool, EngineError> {
        use OperationState::{Confirmed, Failed, Sent, Unknown, Written};
        for state in [Sent, Written, Confirmed, Failed, Unknown] {
            let tried = self.store.places(saved.id, state).await?;
            if tried.iter().any(|line| split.is_in(wave, line.seq)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn is_changed_since(&self, connection: &Connection, saved: &SavedPlan) -> Result<bool, EngineError> {
        let made = self.store.plan_head(saved.id).await?.change_mark;
        let now = self.store.change_mark(connection.id)?;
        Ok(made.is_some_and(|made| made != now))
    }

    /// Reads a wave back until it is shown, as long as the destination may take for that, and judges it.
    async fn judge(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        split: &Split,
        wave: usize,
    ) -> Result<(), EngineError> {
        let destination = self.abilities(context.connection)?.destination;
        let patience = shows_within(context.connection, destination);
        let begun = tokio::time::Instant::now();
        let result = loop {
            self.verify(context, saved).await?;
            let rows = self.store.operations(saved.id, &[]).await?;
            let hides_status = context.clients.destination.learnt().shows_no_status();
            let shows = |row: &JournalRow| {
                let is_hidden = hides_status && switches_a_user(row.operation.kind);
                destination.read_back == ReadBack::Readable && !is_hidden
            };
            let result = WaveResult::of(rows.iter().filter(|row| split.is_in(wave, row.operation.seq)), shows);
            if result.unequal == 0 || begun.elapsed() >= patience {
                break result;
            }
            context.control.guard(tokio::time::sleep(LOOK_AGAIN)).await.map_err(|_| ApiError::Stopped)?;
        };
        let of = split.waves.count();
        let label = split.waves.label(wave).to_owned();
        self.store.wave_judged(context.run, wave, result.is_clean(wave), result.counts()).await?;
        if result.is_clean(wave) {
            let text = format!("wave {} of {of}, {label}: clean, {} read back equal", wave + 1, result.confirmed);
            return self.say_of_waves(context, Level::Info, text).await;
        }
        let text = format!("wave {} of {of}, {label}: not clean, {}; the rest is not sent", wave + 1, result.words());
        self.say_of_waves(context, Level::Error, text).await?;
        Err(EngineError::WaveNotClean { wave: wave + 1, of, label, what: result.words() })
    }

    async fn wait_at_gate(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        split: &Split,
        wave: usize,
    ) -> Result<(), EngineError> {
        let wait = match split.waves.gate {
            WaveGate::Key => None,
            WaveGate::Minutes(minutes) => Some(minutes),
        };
        let wait = wait.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
        let confirmed = self.store.places(saved.id, OperationState::Confirmed).await?;
        let gate = GateStanding {
            opens_after_s: wait.map(|wait| wait.as_secs()),
            since: self.clock.now(),
            clean: u32::try_from(confirmed.len()).unwrap_or(u32::MAX),
        };
        let before = self.store.stand_at_gate(context.run, wave, gate.opens_after_s).await?;
        let by = match before {
            // Somebody let it go, and the process that waited ended before it sent a line of it.
            Some(by) => by,
            None => {
                self.stop_unseen(context, split, wave).await?;
                tell(context, split.standing(wave, Some(gate))).await;
                self.gate_opened(context, wave, wait).await?
            }
        };
        let who = match by.as_str() {
            "" => "let go as its time was over".to_owned(),
            by => format!("let go by {by}"),
        };
        let text = format!("wave {} of {}, {}: {who}", wave + 1, split.waves.count(), split.waves.label(wave));
        self.say_of_waves(context, Level::Info, text).await
    }

    /// A gate that waits for a key does not open by itself, nor does it hold the tenant where nobody sees the run: the run ends there.
    /// What is left stays under the same approval, and no later run passes the gate either until an operator goes on by hand.
    async fn stop_unseen(&self, context: &RunContext<'_>, split: &Split, wave: usize) -> Result<(), EngineError> {
        let is_by_key = split.waves.gate == WaveGate::Key && !context.control.is_attended();
        if !is_by_key || context.control.wave_let_go(wave, Some(Duration::ZERO)).await.map_err(|_| ApiError::Stopped)? {
            return Ok(());
        }
        let gate = format!("wave {} of {}, {}", wave + 1, split.waves.count(), split.waves.label(wave));
        let cause = StopCause::AtGate { gate, tenant: context.connection.short_name.clone() };
        self.say_of_waves(context, Level::Warn, cause.words()).await?;
        context.control.halt(cause);
        Err(ApiError::Stopped.into())
    }

    /// Waits until an operator lets the wave go, in this process or any other, or its time is over; who did, empty for the time.
    /// The file decides who it was, once.
    async fn gate_opened(
        &self,
        context: &RunContext<'_>,
        wave: usize,
        wait: Option<Duration>,
    ) -> Result<String, EngineError> {
        let elsewhere = async {
            loop {
                tokio::time::sleep(LOOK_GAP).await;
                match self.store.wave_let_go_by(context.run, wave) {
                    Ok(Some(by)) => return by,
                    Ok(None) => {}
                    // The next look tells; here it can still be let go.
                    Err(error) => tracing::warn!(%error, "whether a wave was let go elsewhere could not be read"),
                }
            }
        };
        let here = tokio::select! {
            by = elsewhere => return Ok(by),
            here = context.control.wave_let_go(wave, wait) => here.map_err(|_| ApiError::Stopped)?,
        };
        let by = if here { self.operator.as_str() } else { "" };
        Ok(match self.store.let_wave_go(context.connection.id, context.run, wave, by).await? {
            LetGo::Already { by, .. } => by,
            LetGo::Now | LetGo::NotAtGate => by.to_owned(),
        })
    }

    /// The wave at whose gate the run stands that is at work on a tenant, in whatever process.
    ///
    /// # Errors
    /// Where no run is at work, or none waits at a gate, with how its waves stand; the store's.
    pub async fn gate_of(&self, connection: &Connection) -> Result<Gate, EngineError> {
        let name = &connection.tenant_name;
        let Some(at_work) = self.store.at_work(connection.id).await? else {
            let remedy = match self
                .stopped_in_waves(connection)
                .await?
                .or(self.store.unfinished_run(connection.id).await?)
            {
                Some(run) => format!(
                    "run {} has not sent all of its plan: `onroll runs resume {}` goes on with it, with the wave that waited",
                    run.id, connection.short_name
                ),
                None => "`onroll runs list` shows how the last ones ended".to_owned(),
            };
            return Err(EngineError::Input { what: format!("no run of {name} is at work"), remedy });
        };
        let not = |what: String| EngineError::Input {
            what,
            remedy: format!("nothing: `onroll runs list {}` shows how it ends", connection.short_name),
        };
        let run = match at_work.run {
            Some(run) => self.store.run(run).await?,
            None => return Err(not(format!("the run of {name} has only just begun"))),
        };
        let waves = self.store.waves_of(run.id).await?;
        let Some((plan, waiting)) = run.plan.zip(waves.iter().find(|wave| wave.is_at_gate())) else {
            let what = match waves.iter().rev().find(|wave| wave.begun_at.is_some()) {
                Some(last) => format!("no wave of run {} waits: {}", run.id, last.gone_words()),
                None => format!("run {} of {name} goes at once, not in waves", run.id),
            };
            return Err(not(what));
        };
        let clean = waves.iter().filter_map(|wave| wave.counts).map(|counts| counts.confirmed).sum();
        Ok(Gate { run: run.id, plan, standing: waiting.as_standing(clean) })
    }

    /// Lets the wave go that waits on a tenant, in whatever process; `wave`, counted from 0, is the one that is meant, where one
    /// is. Of several who press, one lets it go, and the others are told who did.
    ///
    /// # Errors
    /// As [`Engine::gate_of`]; where another wave waits than the one that is meant.
    pub async fn let_next_wave_go(
        &self,
        connection: &Connection,
        wave: Option<usize>,
    ) -> Result<(Gate, LetGo), EngineError> {
        let gate = self.gate_of(connection).await?;
        if let Some(wanted) = wave.filter(|wanted| *wanted != gate.standing.wave) {
            let waves = self.store.waves_of(gate.run).await?;
            let words = match waves.get(wanted) {
                Some(meant) if meant.begun_at.is_some() || meant.let_go_at.is_some() => meant.gone_words(),
                Some(_) => format!("wave {} has not come to its gate", wanted + 1),
                None => format!("there is no wave {}", wanted + 1),
            };
            return Err(EngineError::Input {
                what: format!("{words}; wave {} waits now", gate.standing.wave + 1),
                remedy: "look at it, then let that one go".to_owned(),
            });
        }
        let let_go = self.store.let_wave_go(connection.id, gate.run, gate.standing.wave, &self.operator).await?;
        Ok((gate, let_go))
    }

    async fn say_of_waves(&self, context: &RunContext<'_>, level: Level, text: String) -> Result<(), EngineError> {
        let line = FeedLine {
            run: Some(context.run),
            at: self.clock.now(),
            level,
            phase: context.reporter.snapshot().current,
            employee: None,
            what: "wave".to_owned(),
            text,
        };
        self.store.append_feed(context.connection.id, vec![line]).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_clean_when_each_line_reads_back_or_was_set_aside() {
        let clean = WaveResult { lines: 5, confirmed: 4, ..WaveResult::default() };
        assert!(clean.is_clean(0) && clean.words().is_empty());
        assert!(!WaveResult { unknown: 1, ..clean }.is_clean(3));
        assert!(!WaveResult { unequal: 1, ..clean }.is_clean(3));
        let refused = WaveResult { lines: 100, refused: 1, ..clean };
        assert!(!refused.is_clean(1) && refused.is_clean(2));
        assert_eq!(WaveResult { unknown: 2, ..refused }.words(), "1 refused, 2 unknown");
    }
}
