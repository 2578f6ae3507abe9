//! Finding users: by filter, each answer checked here (rules 5 to 8), and all of them, page by page (rules 21 to 23).

use super::attributes::{Place, USER_NAME};
use super::client::{Scim, USERS};
use super::memory::{NO_COUNT, NO_IDENTIFIER_FILTER, NO_PAGES, NO_USER_NAME_FILTER};
use super::payload::FIELDS;
use super::refusal;
use super::resource::{Found, folded};
use crate::domain::field::Field;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::ports::api::ApiError;
use crate::ports::destination::{DestinationFacts, DestinationRecord};
use crate::vendors::http::{Answer, Request};
use crate::vendors::paging::{PAGES_MAX, Walk, Walks};
use crate::vendors::rows::{RawRow, Tally};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Rows per page that are asked for.
const PAGE: usize = 100;
/// How long what users carried is good enough to map to.
const CARRIED_FOR: Duration = Duration::from_secs(60);
/// Walks by cursor that are begun anew because the server did not know its own cursor any more.
const CURSORS: u32 = 3;
/// Texts of a list that are offered to map to, at most.
const TEXTS_MAX: usize = 20_000;

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
        self.shows_display_name |= found.resource.get(super::attributes::DISPLAY_NAME).is_some();
    }

    pub fn version(&self, id: &UserId) -> Option<String> {
        self.versions.get(id).cloned()
    }

    /// A user who is not there any more.
    pub fn forget(&mut self, id: &UserId) {
        self.by_identifier.retain(|_, held| held != id);
        self.versions.remove(id);
    }
}

/// How a page is asked for: the ladder of rule 21.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Cursor,
    Count,
    Start,
    Single,
}

/// One page.
struct Page {
    rows: Vec<Found>,
    total: Option<u64>,
    next: Option<String>,
}

/// What a filter gave.
enum Filtered {
    /// Users who are what was asked for; none is a proof only where the filter was seen to work.
    Found(Vec<Found>),
    /// The filter is refused, or its answer has nothing to do with it.
    Unusable,
}

/// What becomes of the users of a walk.
enum Taker<'a> {
    Channel(&'a mpsc::Sender<DestinationRecord>),
    Carrying(&'a Identifier, Vec<Found>),
    Named(&'a str, Vec<Found>),
    Nobody,
}

impl Scim {
    fn page_request(&self, way: Way, start: usize, cursor: &str) -> Request<'static> {
        let request = Request::get(USERS);
        match way {
            // The first cursor is empty (RFC 9865).
            Way::Cursor => request.query("cursor", cursor).query("count", PAGE),
            Way::Count => request.query("startIndex", start + 1).query("count", PAGE),
            Way::Start => request.query("startIndex", start + 1),
            Way::Single => request,
        }
    }

    fn page_of(&self, answer: &Answer, place: &str) -> Result<Page, ApiError> {
        let members: BTreeMap<String, RawRow> = answer.json_of(place)?;
        let raw = |name: &str| {
            let folded = || members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            members.get(name).or_else(folded)
        };
        let value = |name: &str| raw(name).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let rows: Vec<RawRow> = match raw("Resources").map(|raw| raw.get().trim_start()) {
            None | Some("null") => Vec::new(),
            Some(one) if one.starts_with('{') => vec![answer_row(answer, place, one)?],
            Some(list) => serde_json::from_str(list)
                .map_err(|_| answer.corrupt(place, "JSON that does not fit the contract: `Resources` is no list"))?,
        };
        let number = |value: Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        Ok(Page {
            rows: rows.iter().map(|row| self.found(row)).collect(),
            total: value("totalResults").and_then(number),
            next: value("nextCursor").and_then(|next| next.as_str().map(str::to_owned)).filter(|next| !next.is_empty()),
        })
    }

    async fn page(&self, way: Way, start: usize, cursor: &str) -> Result<Page, ApiError> {
        let place = format!("users from {}", start + 1);
        self.read(self.page_request(way, start, cursor), |answer| match answer.status {
            StatusCode::OK => self.page_of(answer, &place),
            _ => Err(refusal::of_read(self.vendor, answer, &place)),
        })
        .await
    }

    /// The ways that this server was not seen to refuse, best first.
    async fn ways(&self) -> Result<Vec<Way>, ApiError> {
        let mut ways = Vec::new();
        if self.discovery().await?.cursor {
            ways.push(Way::Cursor);
        }
        if !self.memory.knows(NO_COUNT) {
            ways.push(Way::Count);
        }
        if !self.memory.knows(NO_PAGES) {
            ways.push(Way::Start);
        }
        ways.push(Way::Single);
        Ok(ways)
    }

    /// The first page, by the first way that the server answers; what it refuses on the way is learnt.
    async fn first_page(&self) -> Result<(Way, Page), ApiError> {
        let ways = self.ways().await?;
        let mut refused = Vec::new();
        for way in ways {
            if way == Way::Single {
                break;
            }
            match self.try_read(self.page_request(way, 0, "")).await? {
                Some(answer) if answer.status == StatusCode::OK && !answer.is_html() => {
                    refused.iter().for_each(|way| self.learn_refused(*way));
                    return Ok((way, self.page_of(&answer, "users")?));
                }
                Some(answer) if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                    return Err(refusal::of_read(self.vendor, &answer, USERS));
                }
                _ => refused.push(way),
            }
        }
        // Nothing left to leave out: an error here is an error.
        let page = self.page(Way::Single, 0, "").await?;
        refused.iter().for_each(|way| self.learn_refused(*way));
        Ok((Way::Single, page))
    }

    fn learn_refused(&self, way: Way) {
        match way {
            Way::Count => self.memory.learn(NO_COUNT),
            Way::Start => self.memory.learn(NO_PAGES),
            Way::Cursor | Way::Single => {}
        }
    }

    /// Walks everybody; `taker` gets each once. The walk is whole, or there is an error.
    async fn everybody(&self, taker: &mut Taker<'_>) -> Result<Walk<String>, ApiError> {
        let (way, first) = self.first_page().await?;
        let (mut given, mut tally) = (HashSet::new(), Tally::default());
        let (mut carried, mut texts) = (BTreeSet::new(), BTreeMap::<Field, BTreeSet<String>>::new());
        let mut walks = Walks::<String>::new(PAGE, PAGES_MAX);
        let (mut first, mut cursor, mut pages, mut begun) = (Some(first), String::new(), 0_u32, 0_u32);
        while let Some(start) = walks.next(self.vendor, "users")? {
            if start == 0 {
                (cursor, pages) = (String::new(), 0);
            }
            let page = match first.take() {
                Some(first) => first,
                None => match self.page(way, start, &cursor).await {
                    Err(ApiError::Unexpected { .. }) if way == Way::Cursor && begun < CURSORS && pages > 0 => {
                        // An expired cursor: the list is begun anew.
                        begun += 1;
                        walks = Walks::new(PAGE, PAGES_MAX);
                        continue;
                    }
                    page => page?,
                },
            };
            pages += 1;
            let ids: Vec<String> = page.rows.iter().filter_map(|found| found.resource.id()).collect();
            let nameless = page.rows.len() - ids.len();
            // Without a total, or all in one answer, what came is all: a page that is short or repeats the first.
            let short = page.rows.len() < PAGE || way == Way::Single;
            let repeats = !ids.is_empty() && ids.iter().all(|id| given.contains(id));
            let all = || {
                let seen: HashSet<&String> = ids.iter().filter(|id| !given.contains(*id)).collect();
                (given.len() + seen.len() + nameless) as u64
            };
            let total = page.total.or_else(|| (short || repeats).then(all));
            walks.page_with(&ids, nameless, total);
            let is_last = match way {
                Way::Cursor => page.next.is_none(),
                Way::Single => true,
                Way::Count | Way::Start => false,
            };
            walks.told(None, is_last.then_some(pages));
            cursor = page.next.unwrap_or_default();
            for found in page.rows {
                let id = found.resource.id();
                if id.is_some_and(|id| !given.insert(id)) {
                    continue;
                }
                tally.record(found.user.unreadable.as_ref());
                note_texts(&found, &mut carried, &mut texts);
                self.index().note(&found, false);
                taker.take(self.vendor, found).await?;
            }
        }
        tally.check(self.vendor, "users")?;
        carried.into_iter().for_each(|field| self.memory.carried(field));
        let mut index = self.index();
        (index.texts, index.read) = (texts, Some(Instant::now()));
        drop(index);
        Ok(walks.into_walk())
    }

    pub(super) async fn pull_all(&self, out: &mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        let shape = self.shape().await?;
        let all = FIELDS.into_iter().chain([Field::Manager]);
        let offers = |field: &Field| Place::of(*field, &self.options).is_none_or(|place| shape.discovery.offers(place));
        self.memory.unlisted(all.filter(|field| !offers(field)).collect());
        let walk = self.everybody(&mut Taker::Channel(out)).await?;
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

    /// How many users there are, as the first page says.
    pub(super) async fn count(&self) -> Result<Option<u64>, ApiError> {
        let (way, page) = self.first_page().await?;
        let all = page.rows.len() as u64;
        page.rows.iter().for_each(|found| self.index().note(found, false));
        Ok(page.total.or((way == Way::Single || page.rows.len() < PAGE).then_some(all)))
    }
}

impl Taker<'_> {
    async fn take(&mut self, vendor: &'static str, found: Found) -> Result<(), ApiError> {
        match self {
            Taker::Channel(out) => {
                let record = DestinationRecord { raw: found.raw(), user: found.user };
                out.send(record).await.map_err(|_| ApiError::Temporary {
                    vendor,
                    detail: "the fetch was stopped before its end".to_owned(),
                })?;
            }
            Taker::Carrying(identifier, carriers) if found.user.identifier.as_ref() == Some(*identifier) => {
                carriers.push(found)
            }
            Taker::Named(name, named)
                if found.user_name.as_deref().is_some_and(|held| folded(held) == folded(name)) =>
            {
                named.push(found);
            }
            Taker::Carrying(..) | Taker::Named(..) | Taker::Nobody => {}
        }
        Ok(())
    }
}

fn note_texts(found: &Found, carried: &mut BTreeSet<Field>, texts: &mut BTreeMap<Field, BTreeSet<String>>) {
    for field in FIELDS {
        let Some(text) = found.user.person.text(field) else { continue };
        carried.insert(field);
        let texts = texts.entry(field).or_default();
        if field.list().is_some() && texts.len() < TEXTS_MAX && !texts.contains(text) {
            texts.insert(text.to_owned());
        }
    }
    if found.user.manager.is_some() {
        carried.insert(Field::Manager);
    }
}

fn answer_row(answer: &Answer, place: &str, one: &str) -> Result<RawRow, ApiError> {
    serde_json::from_str(one).map_err(|_| answer.corrupt(place, "broken JSON"))
}
