//! The vendors' own clients, with a destination whose writes can be cut short.

use onroll::domain::list::ListKey;
use onroll::domain::mapping::DestinationOption;
use onroll::domain::person::User;
use onroll::ports::api::{ApiError, ProbeStep};
use onroll::ports::connect::{ClientFactory, ConnectParts};
use onroll::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, Learnt, LookUp, Write, WriteAnswer, WriteError,
};
use onroll::ports::source::SourceApi;
use onroll::vendors::registry::Vendors;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore, mpsc};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Passes,
    /// It takes effect, and its answer never comes.
    LostAfter,
    /// It never takes effect, and no answer comes.
    LostBefore,
    /// The process ends before it.
    DiesBefore,
    /// The process ends when it has taken effect.
    DiesAfter,
    /// It waits until the test says so, and passes.
    Stops,
}

pub struct Script {
    pub writes: Mutex<VecDeque<Fate>>,
    pub hand_overs: Mutex<VecDeque<Fate>>,
    pub died: Notify,
    /// One for each write that waits.
    pub goes_on: Semaphore,
}

impl Default for Script {
    fn default() -> Self {
        let (writes, hand_overs, died) = Default::default();
        Self { writes, hand_overs, died, goes_on: Semaphore::new(0) }
    }
}

impl Script {
    fn next(fates: &Mutex<VecDeque<Fate>>) -> Fate {
        fates.lock().unwrap().pop_front().unwrap_or(Fate::Passes)
    }

    /// Nothing comes after this.
    async fn die(&self) -> ! {
        self.died.notify_one();
        std::future::pending().await
    }
}

pub struct Faulty(pub Arc<Script>);

impl ClientFactory for Faulty {
    fn source(&self, vendor: &str, parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
        Vendors.source(vendor, parts)
    }

    fn destination(&self, vendor: &str, parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
        Ok(Box::new(Destination { inner: Vendors.destination(vendor, parts)?, script: Arc::clone(&self.0) }))
    }
}

struct Destination {
    inner: Box<dyn DestinationApi>,
    script: Arc<Script>,
}

#[async_trait::async_trait]
impl DestinationApi for Destination {
    async fn probe(&self) -> Vec<ProbeStep> {
        self.inner.probe().await
    }

    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        self.inner.options(list).await
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        self.inner.pull(out).await
    }

    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        self.inner.look_up(key).await
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        let lost = || Err(WriteError::Unknown { detail: "the answer was lost".into() });
        match Script::next(&self.script.writes) {
            Fate::Passes => self.inner.write(write).await,
            Fate::LostAfter => self.inner.write(write).await.and_then(|_| lost()),
            Fate::LostBefore => lost(),
            Fate::DiesBefore => self.script.die().await,
            Fate::Stops => {
                self.script.died.notify_one();
                self.script.goes_on.acquire().await.expect("it is open").forget();
                self.inner.write(write).await
            }
            Fate::DiesAfter => {
                self.inner.write(write).await.expect("it is written");
                self.script.die().await
            }
        }
    }

    async fn hand_over(&self) -> Result<Vec<String>, ApiError> {
        match Script::next(&self.script.hand_overs) {
            Fate::DiesBefore => self.script.die().await,
            Fate::DiesAfter => {
                self.inner.hand_over().await.expect("it is handed over");
                self.script.die().await
            }
            _ => self.inner.hand_over().await,
        }
    }

    fn learnt(&self) -> Learnt {
        self.inner.learnt()
    }
}
