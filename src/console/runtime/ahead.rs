//! What is to be read ahead. It waits until the newest press is answered: read before, it would stand in the way of what the
//! key has asked for, which is read by the same thread.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::console::app::{Generation, Query, RequestSlot};

/// No longer than this: a press may wait for something slow.
const WAITS: Duration = Duration::from_millis(100);

/// A question that nobody waits for.
pub(super) type Asked = (RequestSlot, Generation, Query);

/// The questions that wait for their turn, in the order in which they were asked.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    waiting: VecDeque<Asked>,
    /// Since when the first of them waits.
    since: Option<Instant>,
}

impl Ahead {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A question; an older one of its slot is not wanted any more.
    pub(super) fn push(&mut self, asked: Asked, now: Instant) {
        self.waiting.retain(|(slot, ..)| *slot != asked.0);
        self.since = self.since.filter(|_| !self.waiting.is_empty()).or(Some(now));
        self.waiting.push_back(asked);
    }

    /// A question for which there was no room: it is the next again.
    pub(super) fn keep(&mut self, asked: Asked) {
        self.waiting.push_front(asked);
    }

    /// The next question, where the newest press is answered or has been waited for long enough.
    pub(super) fn next(&mut self, answered: bool, now: Instant) -> Option<Asked> {
        let overdue = self.since.is_some_and(|since| now >= since + WAITS);
        if answered || overdue { self.waiting.pop_front() } else { None }
    }

    /// When it has been waited for long enough; `None` where nothing waits, or that was before `now`.
    pub(super) fn wake_at(&self, now: Instant) -> Option<Instant> {
        let since = self.since.filter(|_| !self.waiting.is_empty())?;
        Some(since + WAITS).filter(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::Owner;

    fn asked(name: &'static str, text: &str) -> Asked {
        (RequestSlot { owner: Owner::Console, name }, Generation(1), Query::Places(text.to_owned()))
    }

    fn text(asked: Option<Asked>) -> Option<String> {
        asked.map(|(_, _, query)| format!("{query:?}"))
    }

    #[tokio::test(start_paused = true)]
    async fn it_waits_for_the_answer_of_the_press_but_not_for_ever() {
        let (mut ahead, begun) = (Ahead::default(), Instant::now());
        ahead.push(asked("rows", "old"), begun);
        ahead.push(asked("rows", "new"), begun + Duration::from_millis(10));
        ahead.push(asked("card", "card"), begun + Duration::from_millis(20));
        assert_eq!(text(ahead.next(false, begun + Duration::from_millis(109))), None);
        assert_eq!(ahead.wake_at(begun), Some(begun + Duration::from_millis(110)));
        assert!(text(ahead.next(false, begun + Duration::from_millis(110))).unwrap().contains("new"));
        let card = ahead.next(true, begun).unwrap();
        ahead.keep(card);
        assert!(text(ahead.next(true, begun)).unwrap().contains("card"));
        assert!(ahead.is_empty() && ahead.wake_at(begun).is_none());
    }
}
