//! What a server was found to do otherwise, for as long as the connection talks to it (rules 7, 12, 21, 29, 31). Words of it stay in
//! the workspace, so that a new client need not find it out anew; none holds anything of a person.

use crate::domain::field::Field;
use crate::domain::ids::UserId;
use crate::domain::person::UserStatus;
use crate::ports::destination::Learnt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Filters by identifier find nobody, everybody, or fail.
pub const NO_IDENTIFIER_FILTER: &str = "filter by identifier unusable";
/// Filters by user name likewise.
pub const NO_USER_NAME_FILTER: &str = "filter by user name unusable";
/// `count` is answered by an error.
pub const NO_COUNT: &str = "count refused";
/// `startIndex` too.
pub const NO_PAGES: &str = "paging refused";
/// PATCH is not there, or not for what we change.
pub const NO_PATCH: &str = "PATCH refused";
/// `application/scim+json` is answered by 415.
pub const PLAIN_JSON: &str = "application/json only";
/// Who is inactive stays, and shows it.
pub const INACTIVE_KEPT: &str = "deactivated users stay";
/// Who was set inactive was not found any more.
pub const INACTIVE_GONE: &str = "deactivated users are gone";

/// Somebody was shown with `active`: who is shown without it can log in.
pub const SHOWS_ACTIVE: &str = "shows who is active";

/// The attribute for identifiers is not kept: nobody who is made could be known again.
pub const NO_IDENTIFIER: &str = "identifier not kept";

/// Stands before the key of a field that is dropped without a word.
const DROPS: &str = "drops ";
/// Rewritten texts that are kept, at most.
const REWRITTEN_MAX: usize = 500;

#[derive(Debug, Default)]
struct Inner {
    ways: BTreeSet<String>,
    /// Fields that were sent and not kept.
    dropped: BTreeSet<Field>,
    /// Fields that the server's schemas do not have; asked anew by each client.
    unlisted: BTreeSet<Field>,
    /// Fields that users carry.
    carried: BTreeSet<Field>,
    /// Fields of which a change was seen to take effect.
    proven: BTreeSet<Field>,
    /// What the server made of a text, by field: held, then sent.
    rewritten: BTreeMap<Field, BTreeMap<String, String>>,
    /// Users who were last switched off from here, where the server shows that of nobody. Stays in this process.
    switched_off: BTreeSet<UserId>,
}

/// What is known of one server.
#[derive(Debug)]
pub struct Memory {
    /// Address of the server that it is about.
    of: String,
    inner: Mutex<Inner>,
}

impl Memory {
    /// What is known of the server at `of`; what was learnt of another one is forgotten.
    pub fn of(of: &str, learnt: &Learnt) -> Self {
        let mut inner = Inner::default();
        if learnt.of == of {
            let (drops, ways): (BTreeSet<&String>, BTreeSet<&String>) =
                learnt.ways.iter().partition(|way| way.starts_with(DROPS));
            inner.ways = ways.into_iter().cloned().collect();
            inner.dropped = drops.into_iter().filter_map(|way| Field::from_key(way.strip_prefix(DROPS)?)).collect();
            inner.rewritten = learnt.rewritten.clone();
        }
        Self { of: of.to_owned(), inner: Mutex::new(inner) }
    }

    /// As [`Self::of`], with who was last switched off from here.
    pub fn with_switched_off(self, users: &BTreeSet<UserId>) -> Self {
        self.lock().switched_off.clone_from(users);
        self
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Sets stay whole whatever panicked.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn learnt(&self) -> Learnt {
        let inner = self.lock();
        let drops = inner.dropped.iter().map(|field| format!("{DROPS}{}", field.key()));
        Learnt {
            of: self.of.clone(),
            not_kept: inner.dropped.union(&inner.unlisted).copied().collect(),
            ways: inner.ways.iter().cloned().chain(drops).collect(),
            rewritten: inner.rewritten.clone(),
        }
    }

    pub fn knows(&self, way: &str) -> bool {
        self.lock().ways.contains(way)
    }

    pub fn learn(&self, way: &str) {
        if self.lock().ways.insert(way.to_owned()) {
            tracing::info!(way, "learnt of the server");
        }
    }

    pub fn forget(&self, way: &str) {
        self.lock().ways.remove(way);
    }

    /// A field was sent and is not there: true the first time.
    pub fn dropped(&self, field: Field) -> bool {
        let is_new = self.lock().dropped.insert(field);
        if is_new {
            tracing::info!(field = field.key(), "the server does not keep this field");
        }
        is_new
    }

    /// Whether a field is neither compared nor sent.
    pub fn is_left_out(&self, field: Field) -> bool {
        let inner = self.lock();
        inner.dropped.contains(&field) || inner.unlisted.contains(&field)
    }

    pub fn unlisted(&self, fields: BTreeSet<Field>) {
        self.lock().unlisted = fields;
    }

    /// Somebody carries a field: the server does keep it, whatever was seen before.
    pub fn carried(&self, field: Field) {
        let mut inner = self.lock();
        inner.carried.insert(field);
        inner.dropped.remove(&field);
    }

    /// Whether somebody was seen to carry a field: then one who does not is no proof that it is dropped.
    pub fn is_carried(&self, field: Field) -> bool {
        self.lock().carried.contains(&field)
    }

    /// Somebody was read, with `active` or without.
    pub fn read_status(&self, is_shown: bool) {
        if is_shown && !self.knows(SHOWS_ACTIVE) {
            self.learn(SHOWS_ACTIVE);
            self.carried(Field::Status);
        }
    }

    /// So many users were read, of whom nobody is known to have been shown with `active`.
    pub fn read_users(&self, users: u64) {
        if users > 0 && !self.knows(SHOWS_ACTIVE) {
            self.dropped(Field::Status);
        }
    }

    pub fn shows_status_of_nobody(&self) -> bool {
        self.is_left_out(Field::Status)
    }

    /// What is to be thought of a user who is shown without `active`.
    pub fn status_of_unshown(&self, user: &str) -> UserStatus {
        let inner = self.lock();
        if inner.ways.contains(SHOWS_ACTIVE) {
            return UserStatus::Active;
        }
        UserStatus::Unshown { off: inner.switched_off.contains(&UserId::new(user)) }
    }

    /// A user was switched on or off.
    pub fn switched(&self, user: &UserId, active: bool) {
        let mut inner = self.lock();
        if active {
            inner.switched_off.remove(user);
        } else {
            inner.switched_off.insert(user.clone());
        }
    }

    pub fn proven(&self, fields: impl IntoIterator<Item = Field>) {
        self.lock().proven.extend(fields);
    }

    pub fn are_proven(&self, mut fields: impl Iterator<Item = Field>) -> bool {
        let inner = self.lock();
        fields.all(|field| inner.proven.contains(&field))
    }

    /// The server holds a text otherwise than it was sent: true where that is kept. Nothing of a person is.
    pub fn rewrote(&self, field: Field, sent: &str, held: &str) -> bool {
        if field.facts().is_private || sent == held {
            return false;
        }
        let mut inner = self.lock();
        let texts = inner.rewritten.entry(field).or_default();
        if texts.len() >= REWRITTEN_MAX {
            return false;
        }
        texts.insert(held.to_owned(), sent.to_owned());
        true
    }

    /// What was sent where this is held.
    pub fn as_sent(&self, field: Field, held: String) -> String {
        let sent = self.lock().rewritten.get(&field).and_then(|texts| texts.get(&held)).cloned();
        sent.unwrap_or(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learnt_outlives_the_client_and_not_the_server() {
        let memory = Memory::of("https://a", &Learnt::default());
        memory.learn(NO_COUNT);
        assert!(memory.dropped(Field::JobTitle) && !memory.dropped(Field::JobTitle));
        assert!(memory.rewrote(Field::Department, "Front of House", "Front of Ho"));
        assert!(!memory.rewrote(Field::FirstName, "Maximilian", "Maximil"), "nothing of a person is kept");
        memory.unlisted(BTreeSet::from([Field::Branch]));
        let learnt = memory.learnt();
        assert_eq!(learnt.not_kept, BTreeSet::from([Field::JobTitle, Field::Branch]));
        let again = Memory::of("https://a", &learnt);
        assert!(again.knows(NO_COUNT) && again.is_left_out(Field::JobTitle));
        assert!(!again.is_left_out(Field::Branch), "what the schemas say is asked anew");
        assert_eq!(again.as_sent(Field::Department, "Front of Ho".into()), "Front of House");
        assert_eq!(Memory::of("https://b", &learnt).learnt(), Learnt { of: "https://b".into(), ..Learnt::default() });
        again.carried(Field::JobTitle);
        assert!(!again.is_left_out(Field::JobTitle), "somebody carries it");
    }

    #[test]
    fn who_is_active_is_known_where_anybody_is_shown_with_it_and_else_by_what_was_written_from_here() {
        let memory = Memory::of("https://a", &Learnt::default());
        memory.read_users(0);
        assert!(!memory.shows_status_of_nobody(), "an empty server hides nothing");
        memory.read_status(false);
        memory.read_users(2);
        assert!(memory.learnt().shows_no_status());
        memory.switched(&UserId::new("7"), false);
        assert_eq!(memory.status_of_unshown("7"), UserStatus::Unshown { off: true });
        assert_eq!(memory.status_of_unshown("8"), UserStatus::Unshown { off: false });
        let off = BTreeSet::from([UserId::new("7")]);
        let again = Memory::of("https://a", &memory.learnt()).with_switched_off(&off);
        assert!(again.status_of_unshown("7").is_inactive(), "the next client is told");
        again.switched(&UserId::new("7"), true);
        assert!(again.status_of_unshown("7").is_active());
        // Left out where it is true, as the standard allows: seen with the first who is inactive.
        memory.read_status(true);
        assert_eq!(memory.status_of_unshown("7"), UserStatus::Active);
        memory.read_users(2);
        assert!(!memory.learnt().shows_no_status() && memory.knows(SHOWS_ACTIVE));
    }
}
