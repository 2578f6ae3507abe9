//! The places of a listener: who has one, and who gives it up when all are taken. Whoever is slow to say what they want, or slow to
//! take the answer, makes room for the next one, so that nobody waits for them for long. A moment is everybody's: a burst of
//! requests that are there, and only have not been read yet, loses none.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A connection that has a place.
struct Talk {
    peer: IpAddr,
    /// When it came, or was answered.
    since: Instant,
    /// The request is there as a whole and is being answered: that is our own time, and is not cut short.
    answered_now: bool,
    ended: CancellationToken,
}

#[derive(Default)]
struct Desk {
    last: u64,
    talks: BTreeMap<u64, Talk>,
}

/// The places.
pub(super) struct Places {
    most: usize,
    grace: Duration,
    desk: Mutex<Desk>,
    /// Told when a place comes free, or might be given up.
    moved: Notify,
}

/// A place, until it is dropped.
pub(super) struct Place {
    number: u64,
    places: Arc<Places>,
    ended: CancellationToken,
}

impl Places {
    /// `most` places, each kept for `grace` whatever happens.
    pub(super) fn new(most: usize, grace: Duration) -> Arc<Self> {
        Arc::new(Self { most, grace, desk: Mutex::default(), moved: Notify::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        // Numbers and flags stay whole whatever panicked.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for whoever comes from `peer`; waits while every place is young or being answered.
    pub(super) async fn take(self: &Arc<Self>, peer: IpAddr) -> Place {
        loop {
            let mut moved = std::pin::pin!(self.moved.notified());
            // Whatever moves from here on is heard of.
            moved.as_mut().enable();
            match self.try_take(peer.to_canonical()) {
                Ok(place) => return place,
                Err(None) => moved.await,
                Err(Some(due)) => tokio::select! { () = moved => {}, () = tokio::time::sleep_until(due) => {} },
            }
        }
    }

    /// A place; else when one can be given up, where that is known.
    fn try_take(self: &Arc<Self>, peer: IpAddr) -> Result<Place, Option<Instant>> {
        let (mut desk, now) = (self.lock(), Instant::now());
        if desk.talks.len() >= self.most {
            let (number, since) = desk.given_up(now.checked_sub(self.grace)).ok_or(None)?;
            if since + self.grace > now {
                return Err(Some(since + self.grace));
            }
            if let Some(talk) = desk.talks.remove(&number) {
                talk.ended.cancel();
            }
        }
        desk.last += 1;
        let (number, ended) = (desk.last, CancellationToken::new());
        desk.talks.insert(number, Talk { peer, since: now, answered_now: false, ended: ended.clone() });
        Ok(Place { number, places: Arc::clone(self), ended })
    }
}

impl Desk {
    /// The place that is given up next, and since when it is held: of those that are old enough one of the address that has most
    /// places, and of these the oldest; else whichever is oldest. What is being answered is left alone.
    fn given_up(&self, old: Option<Instant>) -> Option<(u64, Instant)> {
        let mut held: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for talk in self.talks.values() {
            *held.entry(talk.peer).or_default() += 1;
        }
        let slow = self.talks.iter().filter(|(_, talk)| !talk.answered_now);
        let order = |number: u64, talk: &Talk| {
            let is_old = old.is_some_and(|old| talk.since <= old);
            let held = held.get(&talk.peer).filter(|_| is_old).copied().unwrap_or_default();
            (held, Reverse(talk.since), Reverse(number))
        };
        let given_up = slow.max_by_key(|(number, talk)| order(**number, talk));
        given_up.map(|(number, talk)| (*number, talk.since))
    }
}

impl Place {
    /// Comes back when the place was given up for somebody else.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// The request is there as a whole.
    pub(super) fn heard(&self) {
        self.is(true);
    }

    /// The answer is ready to be sent.
    pub(super) fn answered(&self) {
        self.is(false);
    }

    fn is(&self, answered_now: bool) {
        if let Some(talk) = self.places.lock().talks.get_mut(&self.number) {
            (talk.answered_now, talk.since) = (answered_now, Instant::now());
        }
        self.places.moved.notify_waiters();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().talks.remove(&self.number);
        self.places.moved.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    const GRACE: Duration = Duration::from_millis(500);

    #[tokio::test(start_paused = true)]
    async fn the_oldest_of_whoever_holds_most_makes_room_and_nobody_who_is_being_answered() {
        let places = Places::new(4, Duration::ZERO);
        let take = |last| places.try_take(peer(last)).ok().unwrap();
        let (own, first, second, third) = (take(1), take(9), take(9), take(9));
        first.heard();
        let fourth = take(9);
        assert!(second.ended.is_cancelled(), "the oldest of 9, as the first one is being answered");
        assert!(![&own, &first, &third, &fourth].iter().any(|place| place.ended.is_cancelled()));
        drop(second);
        [&own, &first, &third, &fourth].iter().for_each(|place| place.heard());
        assert!(matches!(places.try_take(peer(2)), Err(None)), "all are being answered");
        third.answered();
        let next = take(2);
        assert!(third.ended.is_cancelled(), "whoever does not take the answer makes room too");
        drop((own, next));
        assert_eq!(places.lock().talks.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_loses_nobody_and_whoever_is_slow_makes_room_after_a_moment() {
        let places = Places::new(2, GRACE);
        let begun = Instant::now();
        let (slow, quick) = (places.take(peer(1)).await, places.take(peer(2)).await);
        tokio::time::advance(GRACE / 2).await;
        quick.heard();
        let third = places.take(peer(3)).await;
        assert_eq!(begun.elapsed(), GRACE);
        assert!(slow.ended.is_cancelled() && !quick.ended.is_cancelled());
        // Somebody goes before that.
        let other = Arc::clone(&places);
        let waits = tokio::spawn(async move { other.take(peer(4)).await.number });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(quick);
        assert_eq!((waits.await.unwrap(), begun.elapsed()), (4, GRACE));
        assert!(!third.ended.is_cancelled());
    }
}
