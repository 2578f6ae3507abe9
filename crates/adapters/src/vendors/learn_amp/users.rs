//! Walks over the users: page by page, every row by itself. How many there are stands in the headers (`documented`). What the
//! list shows without a filter is not said, so that every status is named (learn-amp.md 1.6, 3).

use super::client::{LearnAmp, USERS};
use super::map;
use super::refusal;
use super::token;
use super::wire::{UserList, UserRow};
use super::{NAME, ROLES};
use crate::domain::custom_field;
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::ports::api::ApiError;
use crate::ports::destination::DestinationRecord;
use crate::vendors::http::{Answer, Request};
use crate::vendors::paging::{PAGES_MAX, Walk, Walks};
use crate::vendors::rows::{RawRow, Tally};
use reqwest::{StatusCode, Url};
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Rows per page that are asked for; the maximum is not stated, and the answer tells what was given.
const PAGE: usize = 100;

/// Every status that the filter knows.
const STATUSES: [&str; 5] = ["not_invited", "invite_scheduled", "invite_pending", "confirmed", "deactivated"];

/// How long what users carried is good enough to map to.
const CARRIED_FOR: Duration = Duration::from_secs(60);

/// Names of custom fields that are kept: more than an account has.
const CUSTOM_FIELDS_MAX: usize = 500;

/// What becomes of the users of a walk.
pub(super) enum Taker<'a> {
    Channel(&'a mpsc::Sender<DestinationRecord>),
    All(&'a mut Vec<User>),
    /// Only what they carry is of interest.
    Nobody,
}

impl Taker<'_> {
    async fn take(&mut self, row: &UserRow, user: User) -> Result<(), ApiError> {
        match self {
            Taker::Channel(out) => {
                let raw = serde_json::to_value(row).unwrap_or_default();
                out.send(DestinationRecord { user, raw }).await.map_err(|_| ApiError::Temporary {
                    vendor: NAME,
                    detail: "the fetch was stopped before its end".to_owned(),
                })
            }
            Taker::All(users) => {
                users.push(user);
                Ok(())
            }
            Taker::Nobody => Ok(()),
        }
    }
}

/// The texts that users carry.
#[derive(Default)]
pub(super) struct Carried {
    read: Option<Instant>,
    locations: BTreeSet<String>,
    job_titles: BTreeSet<String>,
    departments: BTreeSet<String>,
    /// Names of custom fields, whatever stands in them.
    custom_fields: BTreeSet<String>,
}

impl Carried {
    fn note(&mut self, row: &UserRow, user: &User) {
        let names = row.custom_fields.iter().flatten().filter_map(|field| field.name.as_deref());
        for name in names.filter(|name| name.chars().count() <= custom_field::NAME_MAX) {
            if self.custom_fields.len() < CUSTOM_FIELDS_MAX && !self.custom_fields.contains(name) {
                self.custom_fields.insert(name.to_owned());
            }
        }
        let person = &user.person;
        let lists = [
            (&mut self.locations, &person.branch),
            (&mut self.job_titles, &person.job_title),
            (&mut self.departments, &person.department),
        ];
        for (list, value) in lists {
            list.extend(value.clone());
        }
    }

    /// Names of custom fields that users show.
    pub(super) fn custom_fields(&self) -> &BTreeSet<String> {
        &self.custom_fields
    }

    fn is_fresh(&self) -> bool {
        self.read.is_some_and(|read| read.elapsed() < CARRIED_FOR)
    }

    fn of(&self, list: ListKey) -> Vec<DestinationOption> {
        let values: Vec<&str> = match list {
            ListKey::BRANCH => self.locations.iter().map(String::as_str).collect(),
            ListKey::JOB_TITLE => self.job_titles.iter().map(String::as_str).collect(),
            ListKey::DEPARTMENT => self.departments.iter().map(String::as_str).collect(),
            ListKey::ACCESS_PROFILE => ROLES.to_vec(),
            _ => Vec::new(),
        };
        values.into_iter().map(|value| DestinationOption::new(list, value, value, true)).collect()
    }
}

/// One page with what its headers say.
struct Page {
    rows: Vec<RawRow>,
    total: Option<u64>,
    per_page: Option<usize>,
    pages: Option<u32>,
}

impl LearnAmp {
    async fn page(&self, filter: &[(&'static str, &str)], number: u32) -> Result<Page, ApiError> {
        let mut request =
            statuses(Request::get(USERS)).query("page", number).query("perPage", PAGE).query("expanded", true);
        for (name, value) in filter {
            request = request.query(name, value);
        }
        let place = format!("page {number} of the users");
        self.read(request, |answer| match answer.status {
            StatusCode::OK => Ok(Page {
                rows: answer.json_of::<UserList>(&place)?.users,
                total: told(answer, "total"),
                per_page: told(answer, "per-page"),
                pages: told(answer, "total-pages"),
            }),
            _ => Err(refusal::of_read(answer, &place, token::READ)),
        })
        .await
    }

    /// Walks all users of a filter; `taker` gets those not seen before. Returns the last walk.
    pub(super) async fn users(&self, filter: &[(&'static str, &str)], taker: Taker<'_>) -> Result<Walk, ApiError> {
        self.walk(filter, taker, |_, _| {}).await
    }

    /// Walks everybody; also tells the account by the address of somebody's profile. What they carry is kept to map to.
    pub(super) async fn everybody(&self, taker: Taker<'_>) -> Result<(Walk, Option<String>), ApiError> {
        let (mut carried, mut account) = (Carried::default(), None);
        let walk = self
            .walk(&[], taker, |row, user| {
                carried.note(row, user);
                if account.is_none() {
                    account = account_of(row);
                }
            })
            .await?;
        carried.read = Some(Instant::now());
        *self.carried.lock().await = Some(carried);
        Ok((walk, account))
    }

    async fn walk(
        &self,
        filter: &[(&'static str, &str)],
        mut taker: Taker<'_>,
        mut see: impl FnMut(&UserRow, &User),
    ) -> Result<Walk, ApiError> {
        let (mut given, mut tally) = (HashSet::new(), Tally::default());
        let mut walks = Walks::<i64>::new(PAGE, PAGES_MAX);
        while let Some(number) = walks.next_page(NAME, "users")? {
            let page = self.page(filter, number).await?;
            let users: Vec<(i64, UserRow, User)> = page.rows.iter().map(|row| map::read(row, &self.custom)).collect();
            let ids: Vec<i64> = users.iter().map(|(id, ..)| *id).collect();
            walks.page_with(&ids, 0, page.total);
            walks.told(page.per_page, page.pages);
            for (id, row, user) in users {
                if given.insert(id) {
                    tally.record(user.unreadable.as_ref());
                    see(&row, &user);
                    taker.take(&row, user).await?;
                }
            }
        }
        tally.check(NAME, "users")?;
        Ok(walks.into_walk())
    }

    /// What there is to map to: for roles what the API takes, else what users carry.
    pub(super) async fn offered(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        if list == ListKey::ACCESS_PROFILE {
            return Ok(Carried::default().of(list));
        }
        if let Some(carried) = self.carried.lock().await.as_ref().filter(|carried| carried.is_fresh()) {
            return Ok(carried.of(list));
        }
        self.everybody(Taker::Nobody).await?;
        Ok(self.carried.lock().await.as_ref().map(|carried| carried.of(list)).unwrap_or_default())
    }

    /// How many users there are: of all statuses that can be named, and as the list comes without a filter.
    pub(super) async fn counts(&self) -> Result<(Option<u64>, Option<u64>), ApiError> {
        let named = self.count(statuses(Request::get(USERS))).await?;
        let plain = self.count(Request::get(USERS)).await?;
        Ok((named, plain))
    }

    async fn count(&self, request: Request<'_>) -> Result<Option<u64>, ApiError> {
        self.read(request.query("perPage", 1), |answer| match answer.status {
            StatusCode::OK => answer.json_of::<UserList>(USERS).map(|_| told(answer, "total")),
            _ => Err(refusal::of_read(answer, USERS, token::READ)),
        })
        .await
    }
}

fn statuses(request: Request<'_>) -> Request<'_> {
    STATUSES.into_iter().fold(request, |request, status| request.query("filters[status][]", status))
}

pub(super) fn told<T: std::str::FromStr>(answer: &Answer, header: &str) -> Option<T> {
    answer.headers.get(header)?.to_str().ok()?.trim().parse().ok()
}

/// `acme.learnamp.com`, from the address of a profile.
fn account_of(row: &UserRow) -> Option<String> {
    let url = Url::parse(row.profile_url.as_deref()?).ok()?;
    url.host_str().map(str::to_owned)
}
