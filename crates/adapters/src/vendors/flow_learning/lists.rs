//! Walks over Flow's lists: page by page, every row by itself, each walk with an end of its own. What is assumed about
//! paging sits here (flow-learning.md 3.4).

use super::NAME;
use super::http::FlowHttp;
use super::map;
use super::wire::{Learner, OptionRow, Page, Profiles};
use crate::domain::ids::UserId;
use crate::domain::person::User;
use crate::ports::api::ApiError;
use crate::ports::destination::DestinationRecord;
use crate::vendors::http::Request;
use crate::vendors::paging::{PAGES_MAX, Walk, Walks};
use crate::vendors::rows::{self, RawRow, Row, Tally};
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use tokio::sync::mpsc;

/// Rows per page that are asked for.
const PAGE: usize = 200;

pub(super) const EMPLOYEES: &str = "/v1/employees";
const PROFILES: &str = "/v1/user-profiles";

/// What becomes of the learners of a walk.
pub(super) enum Taker<'a> {
    Channel(&'a mpsc::Sender<DestinationRecord>),
    All(&'a mut Vec<User>),
    /// The one with this id; the walk ends there.
    One(&'a UserId, &'a mut Vec<User>),
}

impl Taker<'_> {
    /// Whether more are wanted.
    async fn take(&mut self, learner: &Learner, user: User) -> Result<bool, ApiError> {
        match self {
            Taker::Channel(out) => {
                let raw = serde_json::to_value(learner).unwrap_or_default();
                out.send(DestinationRecord { user, raw }).await.map_err(|_| ApiError::Temporary {
                    vendor: NAME,
                    detail: "the fetch was stopped before its end".to_owned(),
                })?;
                Ok(true)
            }
            Taker::All(users) => {
                users.push(user);
                Ok(true)
            }
            Taker::One(id, found) => {
                if user.id == **id {
                    found.push(user);
                }
                Ok(found.is_empty())
            }
        }
    }
}

/// Which page comes after one. Whether pages count from 0 or 1 is not known: the first is asked for without a number, and
/// its own number, plus one, is the next.
fn following(asked: Option<u64>, told: Option<u64>) -> Option<u64> {
    Some(asked.or(told).unwrap_or(1).saturating_add(1))
}

/// How a walk through rows without ids stands: rows may be equal, so that pages are told apart instead.
#[derive(Debug, Default)]
struct Course {
    next: Option<u64>,
    pages: u32,
    rows: u64,
    total: Option<u64>,
    /// The largest total that a page stated.
    most: Option<u64>,
    /// Digests of the pages that came, and of the rows.
    seen: HashSet<u64>,
    known: HashSet<u64>,
    /// Pages in a row that brought nothing new.
    stale: u32,
    repeats: bool,
    over: bool,
}

impl Course {
    fn page(&mut self, page: &Page<RawRow>) {
        self.next = following(self.next, page.page);
        self.pages += 1;
        self.rows += page.items.len() as u64;
        (self.total, self.most) = (page.total, self.most.max(page.total));
        let before = self.known.len();
        let mut whole = DefaultHasher::new();
        for row in &page.items {
            row.get().hash(&mut whole);
            let mut one = DefaultHasher::new();
            row.get().hash(&mut one);
            self.known.insert(one.finish());
        }
        self.stale = if self.known.len() == before { self.stale + 1 } else { 0 };
        let (last, enough) = (page.items.is_empty(), self.total.is_some_and(|total| self.rows >= total));
        // Known rows in another order are a circle too, but the last page of a list may be of rows that are in it twice.
        self.repeats = !last && (!self.seen.insert(whole.finish()) || (!enough && self.stale > 1));
        self.over = last || enough || self.repeats || self.pages >= PAGES_MAX;
    }

    /// Why the list that was read is not the whole one, if it is not.
    fn shortfall(&self) -> Option<String> {
        match (self.total, self.most) {
            _ if self.repeats => Some(format!("page {} only repeats rows that came before", self.pages)),
            (Some(total), _) if self.rows < total && self.pages >= PAGES_MAX => {
                Some(format!("there were still new rows after {PAGES_MAX} pages, the most that are read"))
            }
            (Some(total), _) if self.rows < total => Some(format!("{} of {total} rows", self.rows)),
            (_, Some(most)) if self.rows > most => {
                Some(format!("{} rows came, but the vendor says that there are {most}", self.rows))
            }
            (None, _) if self.pages >= PAGES_MAX => {
                Some(format!("there were still new rows after {PAGES_MAX} pages, the most that are read"))
            }
            _ => None,
        }
    }
}

impl FlowHttp {
    /// One page; an error names which.
    async fn page<T: DeserializeOwned>(
        &self,
        template: &'static str,
        filter: &[(&'static str, &str)],
        number: Option<u64>,
        place: u32,
    ) -> Result<T, ApiError> {
        let mut request = Request::get(template).query("pageSize", PAGE);
        for (key, value) in filter {
            request = request.query(key, value);
        }
        if let Some(number) = number {
            request = request.query("page", number);
        }
        self.fetch(request, &format!("page {place} of {template}")).await
    }

    /// All options of a list. Their rows have no id: two rows may be equal because the list moved while it was read, or
    /// because Flow has two options of one name. The first is told by reading the list again.
    pub(super) async fn option_rows(&self, template: &'static str) -> Result<Vec<OptionRow>, ApiError> {
        let mut patient = false;
        loop {
            let (rows, course) = self.option_walk(template).await?;
            let different = rows.iter().collect::<HashSet<_>>().len();
            match course.shortfall() {
                Some(why) if patient => {
                    let detail = format!("{template}: {why}, also when read again");
                    return Err(ApiError::Incomplete { vendor: NAME, detail });
                }
                None if patient || different == rows.len() => return Ok(rows),
                _ => patient = true,
            }
        }
    }

    async fn option_walk(&self, template: &'static str) -> Result<(Vec<OptionRow>, Course), ApiError> {
        let (mut rows, mut course, mut tally) = (Vec::new(), Course::default(), Tally::default());
        while !course.over {
            let page: Page<RawRow> = self.page(template, &[], course.next, course.pages + 1).await?;
            course.page(&page);
            rows.extend(page.items.iter().filter_map(|row| option_of(row, &mut tally)));
        }
        tally.check(NAME, "options")?;
        Ok((rows, course))
    }

    /// The access profiles: one answer, or pages of them.
    pub(super) async fn profiles(&self) -> Result<Vec<OptionRow>, ApiError> {
        let first: Profiles = self.page(PROFILES, &[], None, 1).await?;
        let (items, whole) = match first {
            Profiles::Bare(rows) => (rows, true),
            Profiles::Page(page) => {
                let whole = page.total.is_none_or(|total| page.items.len() as u64 >= total);
                (page.items, whole)
            }
        };
        if !whole {
            return self.option_rows(PROFILES).await;
        }
        let mut tally = Tally::default();
        let rows = items.iter().filter_map(|row| option_of(row, &mut tally)).collect();
        tally.check(NAME, "user profiles")?;
        Ok(rows)
    }

    /// Walks all learners; `taker` gets those not seen before, until it has enough. Returns the last walk.
    pub(super) async fn learners(
        &self,
        filter: &[(&'static str, &str)],
        mut taker: Taker<'_>,
    ) -> Result<Walk, ApiError> {
        let mut given = HashSet::new();
        let mut tally = Tally::default();
        let mut walks = Walks::<i64>::new(PAGE, PAGES_MAX);
        let mut next = None;
        while let Some(number) = walks.next_page(NAME, "learners")? {
            if number == 1 {
                next = None;
            }
            let page: Page<RawRow> = self.page(EMPLOYEES, filter, next, number).await?;
            next = following(next, page.page);
            let learners: Vec<_> = page.items.iter().map(|row| map::read(row)).collect();
            let ids: Vec<i64> = learners.iter().map(|(id, ..)| *id).collect();
            walks.page_with(&ids, 0, page.total);
            for (id, learner, user) in learners {
                if !given.insert(id) {
                    continue;
                }
                tally.count(user.unreadable.as_ref().map(|unreadable| unreadable.member.as_str()));
                if !taker.take(&learner, user).await? {
                    return Ok(walks.into_walk());
                }
            }
        }
        tally.check(NAME, "learners")?;
        Ok(walks.into_walk())
    }

    /// How many learners there are, from one small page.
    pub(super) async fn count(&self) -> Result<Option<u64>, ApiError> {
        let request = Request::get(EMPLOYEES).query("status", "all").query("pageSize", 1);
        let page: Page<RawRow> = self.fetch(request, EMPLOYEES).await?;
        Ok(page.total)
    }
}

/// The option of a row; one whose name cannot be read is nobody's to choose, and whoever is mapped to it is held.
fn option_of(row: &RawRow, tally: &mut Tally) -> Option<OptionRow> {
    if let Ok(name) = serde_json::from_str::<String>(row.get()) {
        tally.count(None);
        return Some(OptionRow { code: None, name, active: None });
    }
    let Row { record, faults } = rows::read::<OptionRow>(row);
    tally.count(faults.first().map(|fault| fault.member.as_deref().unwrap_or("name")));
    record.filter(|_| faults.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(names: std::ops::Range<u32>, total: Option<u64>) -> Page<RawRow> {
        let row =
            |name| RawRow::from(serde_json::value::RawValue::from_string(format!("{{\"name\": \"{name}\"}}")).unwrap());
        Page { items: names.map(row).collect(), page: Some(u64::MAX), total }
    }

    #[test]
    fn a_list_of_options_without_an_end_is_given_up_at_a_bound_that_is_named() {
        for total in [None, Some(u64::MAX)] {
            let mut course = Course::default();
            while !course.over {
                let first = course.pages * 2;
                course.page(&page(first..first + 2, total));
            }
            assert_eq!((course.pages, course.next), (PAGES_MAX, Some(u64::MAX)));
            let why = course.shortfall().unwrap();
            assert!(why.contains("after 20000 pages"), "{why}");
        }
    }
}
