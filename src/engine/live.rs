//! The live record that a line is re-checked against just before it is written.
//!
//! Updates, links and deactivations are read one by one: somebody may have edited that very user a second ago. For many
//! creations one list of everybody serves for [`VIEW_AGE`], or as long as it took to read (a vendor that allows few requests
//! a second): what would have to appear meanwhile is a user with the very identifier, and that user would be this person.

use super::error::EngineError;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::User;
use crate::ports::destination::{DestinationApi, DestinationRecord, LookUp};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long the list of everybody serves once it is read, at least.
const VIEW_AGE: Duration = Duration::from_secs(2);
/// Users that one request of a list brings, about; a list is read where that takes fewer requests than single reads.
const LIST_PAGE: usize = 200;

/// How old a live record may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// As the list that serves now has it: a line that has not been sent yet.
    Recent,
    /// Read after the question was asked: a line that has been sent, and may have taken effect a moment ago.
    Now,
}

/// Everybody at the destination, as of a moment.
struct View {
    begun: Instant,
    read: Instant,
    users: HashMap<UserId, User>,
    by_identifier: HashMap<Identifier, UserId>,
}

/// Reads live records for one apply.
pub(super) struct LiveUsers<'a> {
    destination: &'a dyn DestinationApi,
    view: Mutex<Option<Arc<View>>>,
    /// Whether creations are checked against the list.
    in_bulk: AtomicBool,
}

impl<'a> LiveUsers<'a> {
    pub(super) fn new(destination: &'a dyn DestinationApi) -> Self {
        Self { destination, view: Mutex::new(None), in_bulk: AtomicBool::new(false) }
    }

    /// Says how many lines come next, against how many users: decides whether single reads or a list cost less.
    pub(super) fn expect(&self, lines: usize, users: usize) {
        self.in_bulk.store(lines > 2 * (users / LIST_PAGE + 1), Ordering::Relaxed);
    }

    pub(super) async fn by_identifier(&self, identifier: &Identifier) -> Result<Option<User>, EngineError> {
        Ok(self.destination.look_up(LookUp::Identifier(identifier)).await?.into_iter().next())
    }

    /// A user by id: through the e-mail that it had, else (the contract of a destination may have no call by id) in the
    /// list of everybody.
    pub(super) async fn by_id(
        &self,
        id: &UserId,
        email: Option<&str>,
        freshness: Freshness,
    ) -> Result<Option<User>, EngineError> {
        if let Some(email) = email {
            let found = self.destination.look_up(LookUp::Email(email)).await?;
            if let Some(user) = found.into_iter().find(|user| user.id == *id) {
                return Ok(Some(user));
            }
        }
        Ok(self.view(freshness).await?.users.get(id).cloned())
    }

    /// The user who carries the identifier of a creation, if there is one by now.
    pub(super) async fn of_creation(
        &self,
        identifier: &Identifier,
        freshness: Freshness,
    ) -> Result<Option<User>, EngineError> {
        if freshness == Freshness::Now || !self.in_bulk.load(Ordering::Relaxed) {
            return self.by_identifier(identifier).await;
        }
        let view = self.view(freshness).await?;
        Ok(view.by_identifier.get(identifier).and_then(|id| view.users.get(id)).cloned())
    }

    async fn view(&self, freshness: Freshness) -> Result<Arc<View>, EngineError> {
        let asked = Instant::now();
        let mut view = self.view.lock().await;
        let is_fresh = |view: &&Arc<View>| match freshness {
            Freshness::Recent => view.read.elapsed() < VIEW_AGE.max(view.read - view.begun),
            Freshness::Now => view.begun >= asked,
        };
        if let Some(fresh) = view.as_ref().filter(is_fresh) {
            return Ok(Arc::clone(fresh));
        }
        let read = Arc::new(self.read_everybody().await?);
        *view = Some(Arc::clone(&read));
        Ok(read)
    }

    async fn read_everybody(&self) -> Result<View, EngineError> {
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<DestinationRecord>(500);
        let begun = Instant::now();
        let mut view = View { begun, read: begun, users: HashMap::new(), by_identifier: HashMap::new() };
        let collect = async {
            while let Some(DestinationRecord { user, .. }) = receiver.recv().await {
                if let Some(identifier) = &user.identifier {
                    view.by_identifier.insert(identifier.clone(), user.id.clone());
                }
                view.users.insert(user.id.clone(), user);
            }
        };
        let (pulled, ()) = tokio::join!(self.destination.pull(sender), collect);
        pulled?;
        view.read = Instant::now();
        Ok(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mapping::{DestinationOption, TableKind};
    use crate::ports::api::{ApiError, ProbeStep};
    use crate::ports::destination::{DestinationFacts, Write, WriteAnswer, WriteError};
    use std::sync::atomic::AtomicU32;
    use tokio::sync::mpsc;

    /// Takes ten seconds for its list, as one does that allows five requests a second.
    #[derive(Default)]
    struct Slow {
        lists: AtomicU32,
        looks: AtomicU32,
    }

    #[async_trait::async_trait]
    impl DestinationApi for Slow {
        async fn probe(&self) -> Vec<ProbeStep> {
            Vec::new()
        }
        async fn options(&self, _: TableKind) -> Result<Vec<DestinationOption>, ApiError> {
            Ok(Vec::new())
        }
        async fn pull(&self, _: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
            self.lists.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(10)).await;
            Ok(DestinationFacts::default())
        }
        async fn look_up(&self, _: LookUp<'_>) -> Result<Vec<User>, ApiError> {
            self.looks.fetch_add(1, Ordering::Relaxed);
            Ok(Vec::new())
        }
        async fn write(&self, _: &Write) -> Result<WriteAnswer, WriteError> {
            Ok(WriteAnswer::default())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_takes_long_to_read_serves_as_long_and_what_was_sent_is_read_by_itself() {
        let slow = Slow::default();
        let live = LiveUsers::new(&slow);
        live.expect(500, 10_000);
        let identifier = Identifier::from("9_1");
        for _ in 0..500 {
            assert!(live.of_creation(&identifier, Freshness::Recent).await.unwrap().is_none());
        }
        assert_eq!((slow.lists.load(Ordering::Relaxed), slow.looks.load(Ordering::Relaxed)), (1, 0));
        tokio::time::advance(Duration::from_secs(11)).await;
        live.of_creation(&identifier, Freshness::Recent).await.unwrap();
        assert_eq!(slow.lists.load(Ordering::Relaxed), 2);
        live.of_creation(&identifier, Freshness::Now).await.unwrap();
        live.expect(3, 10_000);
        live.of_creation(&identifier, Freshness::Recent).await.unwrap();
        assert_eq!((slow.lists.load(Ordering::Relaxed), slow.looks.load(Ordering::Relaxed)), (2, 2));
    }
}
