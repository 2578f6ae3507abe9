//! Finding users: by the id that carried an identifier last, by filter, each answer checked here, and among all (rules 5 to 8).

use super::attributes::{DISPLAY_NAME, Place, USER_NAME};
use super::client::{Scim, USERS};
use super::memory::{NO_IDENTIFIER_FILTER, NO_USER_NAME_FILTER};
use super::pages::Taker;
use super::payload::FIELDS;
use super::refusal;
use super::resource::{Found, folded};
use crate::domain::field::Field;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::ports::api::ApiError;
use crate::ports::destination::{DestinationFacts, DestinationRecord};
use crate::vendors::http::Request;
use reqwest::{StatusCode, Url};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long what users carried is good enough to map to.
const CARRIED_FOR: Duration = Duration::from_secs(60);

/// What was seen of all users when they were last read, and of those written since.
#[derive(Debug, Default)]
pub struct Index {
    by_identifier: HashMap<Identifier, UserId>,
    texts: BTreeMap<Field, BTreeSet<String>>,
    /// Of each user, for `If-Match`.
    versions: HashMap<UserId, String>,
    /// Users show a `displayName`.
    pub shows_display_name: bool,
    read: Option<Instant>,
    /// The filter by identifier has found somebody known to carry it.
    filter_proven: bool,
}

impl Index {
    /// Takes a user that was read or written.
    pub fn note(&mut self, found: &Found, with_version: bool) {
        let user = &found.user;
        if let Some(identifier) = &user.identifier {
            self.by_identifier.insert(identifier.clone(), user.id.clone());
        }
        if let Some(version) = found.version().filter(|_| with_version) {
            self.versions.insert(user.id.clone(), version.to_owned());
        }
        self.shows_display_name |= found.resource.get(DISPLAY_NAME).is_some();
    }

    pub fn version(&self, id: &UserId) -> Option<String> {
        self.versions.get(id).cloned()
    }

    /// Everybody was read, who carry these texts.
    pub fn was_read(&mut self, texts: BTreeMap<Field, BTreeSet<String>>) {
        (self.texts, self.read) = (texts, Some(Instant::now()));
    }

    /// A user who is not there any more.
    pub fn forget(&mut self, id: &UserId) {
        self.by_identifier.retain(|_, held| held != id);
        self.versions.remove(id);
    }
}

/// What a filter gave.
enum Filtered {
    /// Users who are what was asked for; none is a proof only where the filter was seen to work.
    Found(Vec<Found>),
    /// The filter is refused, or its answer has nothing to do with it.
    Unusable,
}

impl Scim {
    pub(super) async fn pull_all(&self, out: &mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        let shape = self.shape().await?;
        let all = FIELDS.into_iter().chain([Field::Manager]);
        let offers = |field: &Field| Place::of(*field, &self.options).is_none_or(|place| shape.discovery.offers(place));
        self.memory.unlisted(all.filter(|field| !offers(field)).collect());
        let walk = self.everybody(&mut Taker::Channel(out)).await?;
        self.memory.read_users(walk.rows());
        Ok(DestinationFacts {
            account: self.account(),
            declared_total: walk.declared(),
            received: walk.rows(),
            can_create_options: false,
            ..DestinationFacts::default()
        })
    }

    /// The host behind the address.
    pub(super) fn account(&self) -> String {
        let url = Url::parse(&self.memory.learnt().of).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// What there is to map to: what users carry.
    pub(super) async fn offered(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        let is_fresh = self.index().read.is_some_and(|read| read.elapsed() < CARRIED_FOR);
        if !is_fresh {
            self.everybody(&mut Taker::Nobody).await?;
        }
        let index = self.index();
        let texts = index.texts.get(&list.field()).into_iter().flatten();
        Ok(texts.map(|text| DestinationOption::new(list, text.as_str(), text.as_str(), true)).collect())
    }

    /// Users who are what a filter asks for, as far as the answer can be believed.
    async fn filtered(&self, attribute: &str, value: &str, is: impl Fn(&Found) -> bool) -> Result<Filtered, ApiError> {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let request = Request::get(USERS).query("filter", format!("{attribute} eq \"{quoted}\""));
        let Some(answer) = self.try_read(request).await? else { return Ok(Filtered::Unusable) };
        match answer.status {
            StatusCode::OK if !answer.is_html() => {
                let (hits, others): (Vec<Found>, Vec<Found>) =
                    self.page_of(&answer, "users by filter")?.rows.into_iter().partition(is);
                // Anybody else in it: the filter was ignored, and the page may not be all.
                Ok(if others.is_empty() { Filtered::Found(hits) } else { Filtered::Unusable })
            }
            // As some say "nobody" (rule 6).
            StatusCode::NOT_FOUND => Ok(Filtered::Found(Vec::new())),
            StatusCode::UNAUTHORIZED => Err(refusal::of_read(self.vendor, &answer, USERS)),
            _ => Ok(Filtered::Unusable),
        }
    }

    async fn filtered_by_identifier(&self, identifier: &Identifier) -> Result<Filtered, ApiError> {
        let attribute = match Place::of_identifier(&self.options) {
            Place::Enterprise(_) => Place::of_identifier(&self.options).path(),
            _ => self.identifier_attribute(),
        };
        self.filtered(&attribute, identifier.as_str(), |found| found.user.identifier.as_ref() == Some(identifier)).await
    }

    /// Whether the filter finds somebody who is known to carry an identifier; `None` where nobody is known (rule 7).
    pub(super) async fn filter_works(&self) -> Result<Option<bool>, ApiError> {
        if self.index().filter_proven {
            return Ok(Some(true));
        }
        let known = self.index().by_identifier.iter().next().map(|(identifier, id)| (identifier.clone(), id.clone()));
        let Some((identifier, id)) = known else { return Ok(None) };
        let works = match self.filtered_by_identifier(&identifier).await? {
            Filtered::Found(found) if found.iter().any(|found| found.user.id == id) => true,
            Filtered::Unusable => false,
            // Unless the user has changed since.
            Filtered::Found(_) => {
                let still = self.by_id(id.as_str()).await?;
                if still.is_none_or(|found| found.user.identifier.as_ref() != Some(&identifier)) {
                    return Ok(None);
                }
                false
            }
        };
        if works {
            self.index().filter_proven = true;
        } else {
            self.memory.learn(NO_IDENTIFIER_FILTER);
        }
        Ok(Some(works))
    }

    /// The one user who carries an identifier: by the id that carried it last, by filter, among all (rule 5).
    ///
    /// # Errors
    /// Also where several carry it: then nothing is written (rule 7).
    pub(super) async fn by_identifier(&self, identifier: &Identifier) -> Result<Option<Found>, ApiError> {
        let stored = self.index().by_identifier.get(identifier).cloned();
        if let Some(id) = stored
            && let Some(found) = self.by_id(id.as_str()).await?
            && found.user.identifier.as_ref() == Some(identifier)
        {
            self.index().note(&found, true);
            return Ok(Some(found));
        }
        if !self.memory.knows(NO_IDENTIFIER_FILTER) {
            match self.filtered_by_identifier(identifier).await? {
                Filtered::Found(found) if !found.is_empty() => {
                    self.index().filter_proven = true;
                    return self.only(found);
                }
                // Nobody is an answer where the filter is known to find people.
                Filtered::Found(_) if self.filter_works().await? == Some(true) => return Ok(None),
                Filtered::Found(_) => {}
                Filtered::Unusable => self.memory.learn(NO_IDENTIFIER_FILTER),
            }
        }
        let mut taker = Taker::Carrying(identifier, Vec::new());
        self.everybody(&mut taker).await?;
        match taker {
            Taker::Carrying(_, found) => self.only(found),
            _ => Ok(None),
        }
    }

    fn only(&self, mut found: Vec<Found>) -> Result<Option<Found>, ApiError> {
        found.sort_by(|a, b| a.user.id.as_str().cmp(b.user.id.as_str()));
        found.dedup_by(|a, b| a.user.id == b.user.id);
        if let [one, other, ..] = found.as_slice() {
            let attribute = self.identifier_attribute();
            let detail = format!("users {} and {} carry one {attribute}", one.user.id, other.user.id);
            return Err(ApiError::Unexpected { vendor: self.vendor, detail });
        }
        let found = found.into_iter().next();
        if let Some(found) = &found {
            self.index().note(found, true);
        }
        Ok(found)
    }

    /// Users of this name, whatever its case.
    pub(super) async fn by_user_name(&self, name: &str) -> Result<Vec<Found>, ApiError> {
        let is = |found: &Found| found.user_name.as_deref().is_some_and(|held| folded(held) == folded(name));
        if !self.memory.knows(NO_USER_NAME_FILTER) {
            match self.filtered(USER_NAME, name, is).await? {
                Filtered::Found(found) if !found.is_empty() => return Ok(found),
                Filtered::Found(_) => {}
                Filtered::Unusable => self.memory.learn(NO_USER_NAME_FILTER),
            }
        }
        let mut taker = Taker::Named(name, Vec::new());
        self.everybody(&mut taker).await?;
        match taker {
            Taker::Named(_, found) => Ok(found),
            _ => Ok(Vec::new()),
        }
    }

    /// Users with this e-mail, by their user name where that is the e-mail. Filters by e-mail are not relied on (rule 6); who asks
    /// has everybody to look among.
    pub(super) async fn by_email(&self, email: &str) -> Result<Vec<Found>, ApiError> {
        if !self.options.named_by_email || self.memory.knows(NO_USER_NAME_FILTER) {
            return Ok(Vec::new());
        }
        let has = |found: &Found| {
            let is = |held: &Option<String>| held.as_deref().is_some_and(|held| folded(held) == folded(email));
            is(&found.user.person.email) || is(&found.user_name)
        };
        match self.filtered(USER_NAME, email, has).await? {
            Filtered::Found(found) => {
                let mail = |found: &Found| {
                    found.user.person.email.as_deref().is_some_and(|held| folded(held) == folded(email))
                };
                Ok(found.into_iter().filter(mail).collect())
            }
            Filtered::Unusable => {
                self.memory.learn(NO_USER_NAME_FILTER);
                Ok(Vec::new())
            }
        }
    }
}
