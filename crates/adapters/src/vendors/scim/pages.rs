//! Everybody, page by page (rules 21 to 23): by cursor where the server says so, with `count`, without, in one answer. A list that is not
//! whole is an error: nobody is planned from it, least of all a leaver.

use super::client::{Scim, USERS};
use super::memory::{NO_COUNT, NO_PAGES};
use super::payload::FIELDS;
use super::refusal;
use super::resource::{Found, folded};
use crate::domain::field::Field;
use crate::domain::ids::Identifier;
use crate::ports::api::ApiError;
use crate::ports::destination::DestinationRecord;
use crate::vendors::http::{Answer, Request};
use crate::vendors::paging::{PAGES_MAX, Walk, Walks};
use crate::vendors::rows::{RawRow, Tally};
use reqwest::StatusCode;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio::sync::mpsc;

/// Rows per page that are asked for.
const PAGE: usize = 100;
/// Walks by cursor that are begun anew because the server did not know its own cursor any more.
const CURSORS: u32 = 3;
/// Texts of a list that are offered to map to, at most.
const TEXTS_MAX: usize = 20_000;

/// How a page is asked for: the ladder of rule 21.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Cursor,
    Count,
    Start,
    Single,
}

/// One page.
pub(super) struct Page {
    pub rows: Vec<Found>,
    total: Option<u64>,
    next: Option<String>,
}

/// What becomes of the users of a walk.
pub(super) enum Taker<'a> {
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

    pub(super) fn page_of(&self, answer: &Answer, place: &str) -> Result<Page, ApiError> {
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
            rows: self.found(&rows),
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
    pub(super) async fn everybody(&self, taker: &mut Taker<'_>) -> Result<Walk<String>, ApiError> {
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
            // Without a total what came is all once a page is empty or repeats the first (rule 21): one that is short may be as
            // long as the server's own maximum.
            let is_empty = page.rows.is_empty() || way == Way::Single;
            let repeats = !ids.is_empty() && ids.iter().all(|id| given.contains(id));
            let all = || {
                let seen: HashSet<&String> = ids.iter().filter(|id| !given.contains(*id)).collect();
                (given.len() + seen.len() + nameless) as u64
            };
            let total = page.total.or_else(|| (is_empty || repeats).then(all));
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
        self.index().was_read(texts);
        Ok(walks.into_walk())
    }

    /// How many users there are, as the first page says.
    pub(super) async fn count(&self) -> Result<Option<u64>, ApiError> {
        let (way, page) = self.first_page().await?;
        let all = page.rows.len() as u64;
        page.rows.iter().for_each(|found| self.index().note(found, false));
        self.memory.read_users(all);
        Ok(page.total.or((way == Way::Single).then_some(all)))
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
