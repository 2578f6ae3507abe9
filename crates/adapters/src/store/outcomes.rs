//! What became of written lines, with all that follows from it, in one change: the journal, the feed, the local picture of
//! the user, the link.

use super::error::StoreError;
use super::exchanges::ExchangeRow;
use super::journal::OperationMark;
use super::snapshots::UserRow;
use super::writer::Write;
use super::{Group, Sqlite, Store, drift, exchanges, feed, journal, links, snapshots};
use crate::domain::decision::Link;
use crate::domain::drift::Moved;
use crate::domain::exchange::Exchange;
use crate::domain::ids::{ConnectionId, PlanId, RunId, UserId};
use crate::domain::person::User;
use crate::domain::run::FeedLine;

/// What became of one line of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub mark: OperationMark,
    pub lines: Vec<FeedLine>,
    /// The user as the destination has it now, where the line says.
    pub user: Option<User>,
    /// Who is tied to whom by it.
    pub link: Option<Link>,
    /// A user who is not there any more: nobody is tied to that user.
    pub gone: Option<UserId>,
    /// What it met where nothing was sent, or where it was taken otherwise than it was approved.
    pub moved: Option<Moved>,
    /// What was said of it, masked.
    pub said: Option<Said>,
}

/// What was said of one line, in the run that said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub run: RunId,
    pub exchanges: Vec<Exchange>,
}

/// An outcome with the rows that it comes to.
struct OutcomeRows {
    outcome: Outcome,
    user: Option<UserRow>,
    said: Option<(RunId, Vec<ExchangeRow>)>,
}

impl OutcomeRows {
    fn of(mut outcome: Outcome) -> Result<Self, StoreError> {
        let user = outcome.user.take().map(|user| UserRow::of(&user)).transpose()?;
        let said =
            outcome.said.take().map(|said| Ok::<_, StoreError>((said.run, ExchangeRow::of_all(&said.exchanges)?)));
        Ok(Self { outcome, user, said: said.transpose()? })
    }
}

impl Store {
    /// Writes down what became of many lines, all or none. Survives a crash of the process; a power cut may take the last
    /// moments: then these lines are still `sent`, and the next run settles them by reading.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when one of the lines does not exist; nothing is written then.
    pub async fn record_outcomes(
        &self,
        connection: ConnectionId,
        plan: PlanId,
        outcomes: Vec<Outcome>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let lines: usize = outcomes.iter().map(|outcome| outcome.lines.len()).sum();
        // Nobody else may write meanwhile: what can be done before is.
        let outcomes = outcomes.into_iter().map(OutcomeRows::of).collect::<Result<Vec<_>, _>>()?;
        let job = move |c: &Sqlite| {
            let snapshot = snapshots::current_users(c, connection)?;
            let mut newest = None;
            for OutcomeRows { outcome, user, said } in &outcomes {
                journal::mark(c, now, plan, &outcome.mark)?;
                if let Some(moved) = &outcome.moved {
                    drift::put(c, plan, outcome.mark.seq, moved)?;
                }
                if let (Some(snapshot), Some(user)) = (snapshot, user) {
                    snapshots::replace_user(c, snapshot, user)?;
                }
                if let Some(link) = &outcome.link {
                    links::put(c, connection, link)?;
                }
                if let Some(user) = &outcome.gone {
                    links::forget(c, connection, user)?;
                    snapshots::remove_user(c, connection, user)?;
                }
                if let Some((run, said)) = said {
                    exchanges::put(c, connection, (*run, plan, outcome.mark.seq), said)?;
                }
                if !outcome.lines.is_empty() {
                    newest = Some(feed::append(c, connection, &outcome.lines)?);
                }
            }
            Ok(newest)
        };
        let seen = self.inner.feed.clone();
        let moved = move |newest: &Option<i64>| newest.iter().for_each(|newest| feed::note_newest(&seen, *newest));
        let write = Write::to(Group::Journal).and(Group::People).and(Group::Feed);
        self.write_then(write, job, moved).await?;
        self.feed_grew(connection, lines).await;
        Ok(())
    }
}
