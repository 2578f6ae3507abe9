//! Verify: reads back what was written and compares; written and confirmed are two counts.

use super::Engine;
use super::apply::Applier;
use super::codes::OptionCodes;
use super::error::EngineError;
use super::live::Freshness;
use super::operation::{DriftCheck, as_kept, drift_check, person_of, switches_a_user};
use super::plan::SavedPlan;
use super::record::{link_after, said_of};
use super::run::RunContext;
use super::said::Said;
use crate::domain::capabilities::ReadBack;
use crate::domain::exchange::{Purpose, Subject};
use crate::domain::ids::Identifier;
use crate::domain::operation::Evidence;
use crate::domain::person::{User, UserStatus};
use crate::domain::plan::{Operation, OperationKind};
use crate::domain::run::{FeedLine, Level, OperationState, Phase};
use crate::ports::destination::{DestinationRecord, LookUp};
use crate::store::{JournalRow, LinePlace, OperationMark, Outcome};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::Instant;

/// Whether a line switched a user of a destination that shows of nobody whether they are switched on, and the user stands as it
/// was left from here.
fn is_never_shown(operation: &Operation, user: Option<&User>) -> bool {
    let is_as_left = |user: &User| {
        matches!(user.status, UserStatus::Unshown { .. }) && drift_check(operation, Some(user)) == DriftCheck::Done
    };
    switches_a_user(operation.kind) && user.is_some_and(is_as_left)
}

/// Waits before reading again what a destination shows late; what is late beyond them is confirmed by the next run.
const LATE: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// Up to this many people are read back one by one; more by one pull of everybody.
const ONE_BY_ONE: usize = 40;
/// Lines that are compared and confirmed at a time: whoever else writes need not wait for all of a large plan.
const AT_A_TIME: usize = 500;

impl Engine {
    /// Reads back every written line of the plan.
    ///
    /// # Errors
    /// What concerns the connection as a whole.
    pub(super) async fn verify(&self, context: &RunContext<'_>, saved: &SavedPlan) -> Result<(), EngineError> {
        let mut open = self.store.places(saved.id, OperationState::Written).await?;
        let before = context.reporter.snapshot().done(Phase::ReadBack);
        self.enter(context.run, Phase::ReadBack, Some(before + open.len() as u64), context.reporter).await?;
        if self.abilities(context.connection)?.destination.read_back == ReadBack::Readable {
            let said = Said::default();
            open = self.confirm_round(context, saved, open, &said).await?;
            for wait in LATE {
                if open.is_empty() || context.control.is_stopped() {
                    break;
                }
                if context.control.guard(tokio::time::sleep(wait)).await.is_err() {
                    break;
                }
                open = self.confirm_round(context, saved, open, &said).await?;
            }
            self.keep_late(context, saved, &said).await;
            let open = self.store.lines(saved.id, open.iter().map(|line| line.seq).collect()).await?;
            let open = self.note_cut_ties(context, saved, open).await?;
            self.log_unconfirmed(context, &open).await?;
        }
        self.leave(context.run, Phase::ReadBack, context.reporter).await
    }

    /// Confirms what reads back equal; gives back what does not (yet).
    async fn confirm_round(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        open: Vec<LinePlace>,
        said: &Said,
    ) -> Result<Vec<LinePlace>, EngineError> {
        let live = self.read_back(context, saved, &open, said).await?;
        let made = self.made_by(context, &open).await?;
        let mut late = Vec::new();
        for some in open.chunks(AT_A_TIME) {
            let rows = self.store.lines(saved.id, some.iter().map(|line| line.seq).collect()).await?;
            late.extend(self.confirm(context, saved, rows, (&live, &made), said).await?);
        }
        Ok(late)
    }

    /// Confirms those of some lines that are as they were written, and gives back the others.
    async fn confirm(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        open: Vec<JournalRow>,
        (live, made): (&HashMap<Identifier, User>, &OptionCodes),
        said: &Said,
    ) -> Result<Vec<LinePlace>, EngineError> {
        let learnt = context.clients.destination.learnt();
        // What the destination shows of nobody is no more to be seen later: such a line stays written, and waits for nothing.
        let (unseen, open): (Vec<JournalRow>, Vec<JournalRow>) = open.into_iter().partition(|row| {
            let user = row.operation.identifier.as_ref().and_then(|identifier| live.get(identifier));
            is_never_shown(&row.operation, user)
        });
        // An earlier line of a person is overtaken by a later one: what the later one wrote counts.
        let (equal, late): (Vec<JournalRow>, Vec<JournalRow>) = open.into_iter().partition(|row| {
            let user = row.operation.identifier.as_ref().and_then(|identifier| live.get(identifier));
            match row.operation.kind.facts().evidence {
                Evidence::ListRead => true,
                Evidence::CarriedByUser => user.is_some_and(|user| Some(&user.id) == row.operation.user.as_ref()),
                Evidence::Carried => user.is_some(),
                Evidence::Values => {
                    let operation = as_kept(made.put_into(&row.operation), &learnt);
                    matches!(drift_check(&operation, user), DriftCheck::Done)
                }
            }
        });
        let read_back = u64::try_from(equal.len() + unseen.len()).unwrap_or(u64::MAX);
        // What was there already is read back too, but was not written.
        let confirmed = equal.iter().filter(|row| row.moved.is_none()).count();
        let confirmed = u32::try_from(confirmed).unwrap_or(u32::MAX);
        let mut outcomes = Vec::with_capacity(equal.len());
        for row in &equal {
            let said = said_of(context.run, said.take(row.operation.seq).await);
            outcomes.push(Outcome { said, ..self.confirmed(row, live) });
        }
        self.store.record_outcomes(context.connection.id, saved.id, outcomes).await?;
        context.reporter.update(|progress| {
            progress.confirmed += confirmed;
            progress.phases.entry(Phase::ReadBack).or_default().done += read_back;
        });
        Ok(late.into_iter().map(|row| LinePlace { seq: row.operation.seq, kind: row.operation.kind }).collect())
    }

    /// What lines can only name: options by their names, users by their employees.
    async fn made_by(&self, context: &RunContext<'_>, open: &[LinePlace]) -> Result<OptionCodes, EngineError> {
        let made = OptionCodes::default();
        made.learn(self, context.connection, self.store.options(context.connection.id).await?)?;
        if open.iter().any(|line| line.kind == OperationKind::SetManager) {
            made.learn_people(self.store.links(context.connection.id).await?);
        }
        Ok(made)
    }

    /// A line that reads back equal. An answer to many creations does not tell their ids: the picture of these users, and
    /// who they are tied to, come from here.
    fn confirmed(&self, row: &JournalRow, live: &HashMap<Identifier, User>) -> Outcome {
        let untold = row.operation.kind == OperationKind::Create && row.answered.is_none();
        let user = row.operation.identifier.as_ref().filter(|_| untold).and_then(|identifier| live.get(identifier));
        Outcome {
            mark: OperationMark {
                seq: row.operation.seq,
                state: OperationState::Confirmed,
                answered: user.map(|user| user.id.clone()),
                error: None,
            },
            lines: Vec::new(),
            link: user.and_then(|user| link_after(&row.operation, user, self.clock.now())),
            user: user.cloned(),
            gone: None,
            said: None,
            moved: None,
        }
    }

    /// Creations whose answers told no id, and whose identifier nobody carries any more: the users are found by what was
    /// written, and their tie is kept as it was made, so that the next plan sees that somebody has cut it. Gives back the
    /// others.
    async fn note_cut_ties(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        late: Vec<JournalRow>,
    ) -> Result<Vec<JournalRow>, EngineError> {
        let is_untold = |row: &JournalRow| row.operation.kind == OperationKind::Create && row.answered.is_none();
        if !late.iter().any(is_untold) {
            return Ok(late);
        }
        let applier = Applier::new(self, context, saved.id).await?;
        let view = applier.live.view(Freshness::Since(Instant::now())).await?;
        let (mut others, mut outcomes) = (Vec::new(), Vec::new());
        for row in late {
            let operation = applier.with_codes(&row.operation);
            let made = if is_untold(&row) {
                view.appeared.made_by(&operation, &person_of(&operation.fields), true)
            } else {
                None
            };
            let Some(user) = made else {
                others.push(row);
                continue;
            };
            let text = format!("created as user {}, but detached there before it was read back", user.id);
            outcomes.push(Outcome {
                mark: OperationMark {
                    seq: operation.seq,
                    state: OperationState::Written,
                    answered: Some(user.id.clone()),
                    error: None,
                },
                lines: vec![applier.line(Phase::ReadBack, &operation, Level::Warn, "detached", text)],
                link: link_after(&operation, user, self.clock.now()),
                user: Some(user.clone()),
                gone: None,
                said: None,
                moved: None,
            });
        }
        self.store.record_outcomes(context.connection.id, saved.id, outcomes).await?;
        Ok(others)
    }

    /// Keeps what was read of lines that do not read back (yet).
    async fn keep_late(&self, context: &RunContext<'_>, saved: &SavedPlan, said: &Said) {
        let late = said.take_all().await;
        if let Err(error) = self.store.keep_exchanges(context.connection.id, context.run, saved.id, late).await {
            tracing::warn!(%error, "what was read back could not be kept");
        }
    }

    async fn read_back(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        open: &[LinePlace],
        said: &Said,
    ) -> Result<HashMap<Identifier, User>, EngineError> {
        let written = self.store.identifiers_of(saved.id, Some(OperationState::Written)).await?;
        let wanted: HashSet<Identifier> = written.into_iter().filter_map(|(_, identifier)| identifier).collect();
        let destination = &context.clients.destination;
        if wanted.len() <= ONE_BY_ONE {
            let rows = self.store.lines(saved.id, open.iter().map(|line| line.seq).collect()).await?;
            // The last line of a person stands for all of them: what it wrote counts.
            let mut wanted: HashMap<Identifier, (u32, Subject)> = HashMap::with_capacity(rows.len());
            for row in rows {
                let subject = Subject::of(&row.operation, row.before.as_ref());
                let (identifier, seq) = (row.operation.identifier, row.operation.seq);
                wanted.extend(identifier.map(|identifier| (identifier, (seq, subject))));
            }
            let concurrency = self.abilities(context.connection)?.destination.concurrency.max(1);
            return stream::iter(wanted)
                .map(|(identifier, line)| async move {
                    let read = destination.look_up(LookUp::Identifier(&identifier));
                    let found = said.hear_all(Purpose::ReadBack, vec![line], read).await?;
                    Ok::<_, EngineError>(found.into_iter().next().map(|user| (identifier, user)))
                })
                .buffer_unordered(concurrency)
                .try_filter_map(|found| async move { Ok(found) })
                .try_collect()
                .await;
        }
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<DestinationRecord>(500);
        let collect = async {
            let mut users = HashMap::with_capacity(wanted.len());
            while let Some(record) = receiver.recv().await {
                if let Some(identifier) = record.user.identifier.clone()
                    && wanted.contains(&identifier)
                {
                    users.insert(identifier, record.user);
                }
            }
            users
        };
        let (pulled, users) = tokio::join!(destination.pull(sender), collect);
        pulled?;
        Ok(users)
    }

    async fn log_unconfirmed(&self, context: &RunContext<'_>, late: &[JournalRow]) -> Result<(), EngineError> {
        let at = self.clock.now();
        let lines: Vec<FeedLine> = late
            .iter()
            .map(|row| FeedLine {
                run: Some(context.run),
                at,
                level: Level::Warn,
                phase: Some(Phase::ReadBack),
                employee: row.operation.employee.clone(),
                what: "to read back".to_owned(),
                text: "written, but the destination does not show it yet; the next run looks again".to_owned(),
            })
            .collect();
        if !lines.is_empty() {
            self.store.append_feed(context.connection.id, lines).await?;
        }
        Ok(())
    }
}
