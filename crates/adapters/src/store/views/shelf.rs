//! A list that is kept in memory for all handles of a store: of which pull and plan it is, whether it still says what the
//! file says, and who reads the next one.

use super::people_lists::news;
use crate::domain::ids::ConnectionId;
use crate::store::Sqlite;
use crate::store::error::StoreError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One list of one tenant. `K` names what it was read from; what is complete changes only where somebody is forgotten.
pub(in crate::store) struct Shelf<K, T>(Mutex<State<K, T>>);

struct State<K, T> {
    kept: Option<Item<K, T>>,
    /// Somebody reads one at the moment.
    reading: bool,
}

struct Item<K, T> {
    connection: ConnectionId,
    key: K,
    /// The newest line of the audit log of which it is known that it changes nothing here.
    seen: i64,
    /// `None`: it cannot be kept.
    list: Option<Arc<T>>,
}

/// What is there for a question.
pub(super) enum Now<T> {
    Here(Arc<T>),
    /// It has to be read, by whoever has asked; if they go away before that ([`Shelf::begin`]), by the next one.
    Wanted,
    /// It is being read.
    Coming,
    /// It cannot be kept: the file answers.
    Never,
}

/// Lets go of what takes long to free, where nobody waits for that: a list of a million people is millions of texts.
pub(super) fn let_go<T: Send + 'static>(old: Option<T>) {
    if let Some(old) = old {
        // Without a thread it is freed here.
        let _ = std::thread::Builder::new().name("store-free".to_owned()).spawn(move || drop(old));
    }
}

impl<K, T> Default for Shelf<K, T> {
    fn default() -> Self {
        Self(Mutex::new(State { kept: None, reading: false }))
    }
}

impl<K: PartialEq + Send + 'static, T: Send + Sync + 'static> Shelf<K, T> {
    fn state(&self) -> MutexGuard<'_, State<K, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The list of `key`, where it says what the transaction of `c` sees.
    pub(super) fn now(&self, c: &Sqlite, connection: ConnectionId, key: &K) -> Result<Now<T>, StoreError> {
        let mut state = self.state();
        if let Some(item) = &mut state.kept
            && item.connection == connection
            && item.key == *key
        {
            let (newest, forgotten) = news(c, connection, item.seen)?;
            if !forgotten {
                item.seen = newest;
                return Ok(item.list.clone().map_or(Now::Never, Now::Here));
            }
        }
        if state.reading {
            return Ok(Now::Coming);
        }
        // What is out of date is let go of before the next one is read.
        let_go(state.kept.take());
        Ok(Now::Wanted)
    }

    /// Takes the reading upon whoever asks; false where somebody reads already.
    pub(super) fn begin(&self) -> bool {
        !std::mem::replace(&mut self.state().reading, true)
    }

    /// Keeps what was read in the transaction of `c`; `None` where it cannot be kept.
    pub(super) fn put(&self, c: &Sqlite, connection: ConnectionId, key: K, list: Option<T>) -> Result<(), StoreError> {
        let (seen, _) = news(c, connection, 0)?;
        let item = Item { connection, key, seen, list: list.map(Arc::new) };
        let mut state = self.state();
        (state.kept, state.reading) = (Some(item), false);
        Ok(())
    }

    /// Nobody reads it any more.
    pub(super) fn give_up(&self) {
        self.state().reading = false;
    }

    /// Nothing of it stays in memory.
    pub(in crate::store) fn clear(&self) {
        let_go(self.state().kept.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says which thread it is freed by.
    struct Freed(std::sync::mpsc::Sender<std::thread::ThreadId>);

    impl Drop for Freed {
        fn drop(&mut self) {
            let _ = self.0.send(std::thread::current().id());
        }
    }

    #[test]
    fn what_is_out_of_date_is_freed_by_no_thread_that_somebody_waits_for() {
        let (c, shelf) = (crate::store::empty_database(), Shelf::<i64, Freed>::default());
        let (freed, by) = std::sync::mpsc::channel();
        shelf.put(&c, ConnectionId(1), 7, Some(Freed(freed.clone()))).unwrap();
        assert!(matches!(shelf.now(&c, ConnectionId(1), &7).unwrap(), Now::Here(_)));
        assert!(matches!(shelf.now(&c, ConnectionId(1), &8).unwrap(), Now::Wanted));
        assert_ne!(by.recv().unwrap(), std::thread::current().id());
        shelf.put(&c, ConnectionId(1), 8, Some(Freed(freed))).unwrap();
        shelf.clear();
        assert_ne!(by.recv().unwrap(), std::thread::current().id());
    }

    #[test]
    fn who_wanted_a_list_and_went_away_leaves_the_reading_to_the_next() {
        let (c, shelf) = (crate::store::empty_database(), Shelf::<i64, ()>::default());
        let now = || shelf.now(&c, ConnectionId(1), &7).unwrap();
        assert!(matches!(now(), Now::Wanted));
        assert!(matches!(now(), Now::Wanted), "the one before has not begun");
        assert!(shelf.begin() && !shelf.begin(), "one reads");
        assert!(matches!(now(), Now::Coming));
        shelf.give_up();
        assert!(matches!(now(), Now::Wanted));
    }
}
