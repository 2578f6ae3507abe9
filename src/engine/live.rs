//! The live record that a line is re-checked against just before it is written.
//!
//! Updates, links and deactivations are read one by one: somebody may have edited that very user a second ago. Creations are
//! checked against one list of everybody: not only a user with the very identifier is looked for, but also one who was made by
//! hand since the plan and may be the person. It serves for [`VIEW_AGE`]; one that takes long to read (a vendor that allows few
//! requests a second) serves longer, so that a first import is not mostly lists. The next one is read while it still serves: one
//! line waits for it, the others go on.

use super::error::EngineError;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::User;
use crate::planning::appeared::{self, Appeared};
use crate::planning::users_guard;
use crate::ports::api::ApiError;
use crate::ports::destination::{DestinationApi, DestinationRecord, LookUp};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long the list of everybody serves once it is read, at least.
const VIEW_AGE: Duration = Duration::from_secs(2);
/// It serves this number of times as long as it took to read, so that lists take a fifth of what the vendor allows ...
const OF_READING: u32 = 4;
/// ... but no longer than this, unless reading alone takes as long.
const VIEW_AGE_MAX: Duration = Duration::from_secs(60);

/// How long a list serves that took this long to read.
fn view_age(took: Duration) -> Duration {
    VIEW_AGE.max(took).max((OF_READING * took).min(VIEW_AGE_MAX))
}

/// How old a live record may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// As the list that serves now has it: a line that has not been sent yet.
    Recent,
    /// Read after this moment: a line that has been sent, and may have taken effect until then.
    Since(Instant),
}

/// Everybody at the destination, as of a moment.
pub(super) struct View {
    begun: Instant,
    read: Instant,
    users: HashMap<UserId, User>,
    by_identifier: HashMap<Identifier, UserId>,
    /// Users whom the plan did not see, or not as they are now, and who carry no identifier of its people.
    pub appeared: Appeared,
}

impl View {
    fn serves(&self, freshness: Freshness) -> bool {
        match freshness {
            Freshness::Recent => self.read.elapsed() < view_age(self.read - self.begun),
            Freshness::Since(moment) => self.begun > moment,
        }
    }

    /// Whether the next one should be on its way, to be there when this one serves no more.
    fn is_ageing(&self) -> bool {
        let took = self.read - self.begun;
        self.read.elapsed() + took >= view_age(took)
    }

    pub(super) fn carrier(&self, identifier: &Identifier) -> Option<&User> {
        self.by_identifier.get(identifier).and_then(|id| self.users.get(id))
    }
}

/// What a plan was made from, as far as a creation is compared with what stands there now.
#[derive(Default)]
pub(super) struct Known {
    /// Users as last seen, by id.
    pub users: HashMap<UserId, User>,
    /// Identifiers of the people of this plan: who carries one is that person.
    pub identifiers: HashSet<Identifier>,
    /// Users whom the plan deactivates: some destinations show them no more.
    pub leave: usize,
}

/// Reads live records for one apply.
pub(super) struct LiveUsers<'a> {
    destination: &'a dyn DestinationApi,
    known: Arc<Known>,
    view: std::sync::Mutex<Option<Arc<View>>>,
    /// Held by who reads the next list.
    reading: Mutex<()>,
}

impl<'a> LiveUsers<'a> {
    pub(super) fn new(destination: &'a dyn DestinationApi, known: Arc<Known>) -> Self {
        Self { destination, known, view: std::sync::Mutex::default(), reading: Mutex::default() }
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

    /// Whether a list is at hand that is not older than `freshness` allows.
    pub(super) fn has_view(&self, freshness: Freshness) -> bool {
        self.serving(freshness).is_some()
    }

    fn serving(&self, freshness: Freshness) -> Option<Arc<View>> {
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.as_ref().filter(|view| view.serves(freshness)).map(Arc::clone)
    }

    /// Everybody, not older than `freshness` allows.
    pub(super) async fn view(&self, freshness: Freshness) -> Result<Arc<View>, EngineError> {
        let _reading = match self.serving(freshness) {
            Some(fresh) if freshness != Freshness::Recent || !fresh.is_ageing() => return Ok(fresh),
            Some(fresh) => match self.reading.try_lock() {
                Ok(reading) => reading,
                Err(_) => return Ok(fresh),
            },
            None => {
                let reading = self.reading.lock().await;
                if let Some(fresh) = self.serving(freshness) {
                    return Ok(fresh);
                }
                if self.serving(Freshness::Recent).is_none() {
                    // What serves no more need not stand beside the new one.
                    *self.view.lock().unwrap_or_else(PoisonError::into_inner) = None;
                }
                reading
            }
        };
        let read = Arc::new(self.read_everybody().await?);
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
        Ok(read)
    }

    async fn read_everybody(&self) -> Result<View, EngineError> {
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<DestinationRecord>(500);
        let begun = Instant::now();
        let (mut users, mut by_identifier, mut strangers) = (HashMap::new(), HashMap::new(), Vec::new());
        let collect = async {
            while let Some(DestinationRecord { user, .. }) = receiver.recv().await {
                if let Some(identifier) = &user.identifier {
                    by_identifier.insert(identifier.clone(), user.id.clone());
                }
                let ours = user.identifier.as_ref().is_some_and(|one| self.known.identifiers.contains(one));
                if !ours && appeared::is_new(&user, &self.known.users) {
                    strangers.push(user.clone());
                }
                users.insert(user.id.clone(), user);
            }
        };
        let (pulled, ()) = tokio::join!(self.destination.pull(sender), collect);
        pulled?;
        let known = self.known.users.len();
        let stay = known.saturating_sub(self.known.leave) as u64;
        if (users.is_empty() && known > 0) || users_guard(users.len() as u64, Some(stay), false).is_err() {
            // Such a list proves of nobody that they are not there.
            let detail = format!("{} users, {known} when the plan was made", users.len());
            return Err(ApiError::Incomplete { vendor: "the destination", detail }.into());
        }
        Ok(View { begun, read: Instant::now(), users, by_identifier, appeared: Appeared::of(strangers) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::list::ListKey;
    use crate::domain::mapping::DestinationOption;
    use crate::ports::api::ProbeStep;
    use crate::ports::destination::{DestinationFacts, Write, WriteAnswer, WriteError};
    use std::sync::atomic::{AtomicU32, Ordering};
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
        async fn options(&self, _: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
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

    #[test]
    fn lists_take_a_fifth_of_the_requests_and_serve_a_minute_at_most_unless_reading_takes_longer() {
        let ages = [0, 1, 10, 15, 16, 60, 90].map(|took| view_age(Duration::from_secs(took)).as_secs());
        assert_eq!(ages, [2, 4, 40, 60, 60, 60, 90]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_takes_long_to_read_serves_longer_and_what_was_sent_is_read_after_it_was() {
        let slow = Slow::default();
        let live = LiveUsers::new(&slow, Arc::default());
        let lists = || slow.lists.load(Ordering::Relaxed);
        for _ in 0..500 {
            live.view(Freshness::Recent).await.unwrap();
        }
        tokio::time::advance(Duration::from_secs(29)).await;
        live.view(Freshness::Recent).await.unwrap();
        assert_eq!(lists(), 1);
        // The next one is read while this one serves, and only who began that waits for it.
        tokio::time::advance(Duration::from_secs(2)).await;
        let begun = Instant::now();
        let waits = async { live.view(Freshness::Recent).await.map(|_| begun.elapsed().as_secs()) };
        let others = async {
            tokio::task::yield_now().await;
            live.view(Freshness::Recent).await.map(|_| begun.elapsed().as_secs())
        };
        let (waits, others) = tokio::join!(waits, others);
        assert_eq!((waits.unwrap(), others.unwrap(), lists()), (10, 0, 2));
        // One that serves no more is waited for by everybody, and read once.
        tokio::time::advance(Duration::from_secs(41)).await;
        let (one, other) = tokio::join!(live.view(Freshness::Recent), live.view(Freshness::Recent));
        assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()));
        assert_eq!(lists(), 3);
        let lost = Instant::now();
        tokio::time::advance(Duration::from_millis(1)).await;
        for _ in 0..25 {
            live.view(Freshness::Since(lost)).await.unwrap();
        }
        assert_eq!(
            (lists(), slow.looks.load(Ordering::Relaxed)),
            (4, 0),
            "answers that were lost together share a list"
        );
        // An answer that is lost while a list is read: its effect may have come behind the page.
        tokio::time::advance(Duration::from_secs(41)).await;
        let lost = Instant::now() + Duration::from_secs(5);
        live.view(Freshness::Recent).await.unwrap();
        live.view(Freshness::Since(lost)).await.unwrap();
        assert_eq!(lists(), 6);
    }
}
