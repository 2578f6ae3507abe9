//! The clients of a run, under its control: whatever reads is given up as soon as the run is to stop, and nothing is written
//! that the workspace does not permit at that very moment. All calls of the engine go through here, so a new one of either
//! kind is under control without a word of its own.

use super::progress::Reporter;
use super::run_control::RunControl;
use crate::domain::ids::EmployeeId;
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::domain::run::Cursor;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ApiNotice, NoticeSink, ProbeResult, ProbeStep};
use crate::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, Learnt, LookUp, Write, WriteAnswer, WriteError,
};
use crate::ports::exchange::unheard;
use crate::ports::source::{KnownRecords, SourceApi, SourceRecord};
use futures_util::future::BoxFuture;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A client that obeys a run's control. Every method of the traits is handed on by name: one that was left to its default
/// would hide what the vendor's client does in its place.
pub(super) struct Guarded<T> {
    inner: T,
    control: RunControl,
}

impl<T> Guarded<T> {
    pub(super) fn new(inner: T, control: &RunControl) -> Self {
        Self { inner, control: control.clone() }
    }

    async fn read<O>(&self, call: impl Future<Output = Result<O, ApiError>> + Send) -> Result<O, ApiError> {
        self.control.guard(call).await.unwrap_or(Err(ApiError::Stopped))
    }

    async fn probed(&self, call: impl Future<Output = Vec<ProbeStep>> + Send) -> Vec<ProbeStep> {
        let stopped = || ProbeStep {
            name: "stopped".to_owned(),
            result: ProbeResult::Failed(ApiError::Stopped),
            detail: String::new(),
        };
        self.control.guard(call).await.unwrap_or_else(|_| vec![stopped()])
    }
}

/// What a run's clients tell, and whom they ask.
pub(super) struct Voice {
    pub reporter: Reporter,
    pub control: RunControl,
}

impl NoticeSink for Voice {
    fn notice(&self, notice: ApiNotice) {
        self.reporter.notice(notice);
    }

    fn may_leave(&self) -> BoxFuture<'_, bool> {
        Box::pin(self.control.may_go_on())
    }

    fn stopped(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.control.stopped())
    }
}

fn unanswered() -> WriteError {
    WriteError::Unknown { detail: "the run was stopped before the answer came".to_owned() }
}

#[async_trait::async_trait]
impl SourceApi for Guarded<Box<dyn SourceApi>> {
    async fn probe(&self) -> Vec<ProbeStep> {
        self.probed(self.inner.probe()).await
    }

    async fn pull(&self, known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        self.read(self.inner.pull(known, out)).await
    }

    async fn one(&self, id: &EmployeeId) -> Result<Option<SourceRecord>, ApiError> {
        self.read(self.inner.one(id)).await
    }

    async fn changed_since(
        &self,
        cursor: &Cursor,
        again: &[EmployeeId],
        out: mpsc::Sender<SourceRecord>,
    ) -> Result<Cursor, ApiError> {
        self.read(self.inner.changed_since(cursor, again, out)).await
    }
}

#[async_trait::async_trait]
impl DestinationApi for Guarded<Arc<dyn DestinationApi>> {
    async fn probe(&self) -> Vec<ProbeStep> {
        self.probed(self.inner.probe()).await
    }

    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        self.read(unheard(self.inner.options(list))).await
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        self.read(unheard(self.inner.pull(out))).await
    }

    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        self.read(self.inner.look_up(key)).await
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        if !self.control.may_go_on().await {
            return Err(WriteError::NotSent(ApiError::Stopped));
        }
        self.control.guard_write(self.inner.write(write)).await.unwrap_or_else(|| Err(unanswered()))
    }

    async fn create_many(&self, creations: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        let all = |error: WriteError| creations.iter().map(|_| Err(error.clone())).collect();
        if !self.control.may_go_on().await {
            return all(WriteError::NotSent(ApiError::Stopped));
        }
        let answers = self.control.guard_write(self.inner.create_many(creations)).await;
        answers.unwrap_or_else(|| all(unanswered()))
    }

    /// Short, and nobody else's: what was written before a stop is handed over as well.
    async fn hand_over(&self) -> Result<Vec<String>, ApiError> {
        self.inner.hand_over().await
    }

    fn learnt(&self) -> Learnt {
        self.inner.learnt()
    }
}
