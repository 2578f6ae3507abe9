//! When a paged list is over, and whether it is complete. A list that is not is never planned from, so this is strict: the
//! rows of one walk must be as many as the vendor says there are; else the list is walked once more, then given up.
//!
//! Every walk ends: at an empty page, at the total, at a page that brings nobody new, or after [`PAGES_MAX`] pages.

use crate::ports::api::ApiError;
use std::collections::HashSet;
use std::hash::Hash;

/// Pages of one walk, at most: more than any list that can be planned from.
pub const PAGES_MAX: u32 = 20_000;

/// One walk through the pages of a list whose rows have ids of this type.
#[derive(Debug)]
pub struct Walk<Id = i64> {
    seen: HashSet<Id>,
    /// Rows that have no id that can be read.
    nameless: u64,
    pages: u32,
    pages_max: u32,
    last_rows: usize,
    /// The last page had rows, but nobody new.
    stale: bool,
    total: Option<u64>,
    /// The largest total that a page told.
    highest: u64,
    moved: bool,
}

impl<Id: Eq + Hash + Clone> Default for Walk<Id> {
    fn default() -> Self {
        Self::bounded(PAGES_MAX)
    }
}

impl<Id: Eq + Hash + Clone> Walk<Id> {
    /// A walk of a maximum of pages.
    pub fn bounded(pages_max: u32) -> Self {
        Self {
            seen: HashSet::new(),
            nameless: 0,
            pages: 0,
            pages_max,
            last_rows: 0,
            stale: false,
            total: None,
            highest: 0,
            moved: false,
        }
    }

    /// Takes the ids and the total of one page. Returns how many different ids the page held: what an offset advances
    /// by, so that neither a doubled nor a dropped row makes it jump over one.
    pub fn page(&mut self, ids: &[Id], total: Option<u64>) -> usize {
        self.page_with(ids, 0, total)
    }

    /// The same for a page on which `nameless` further rows have no id that can be read; they count as different ones.
    pub fn page_with(&mut self, ids: &[Id], nameless: usize, total: Option<u64>) -> usize {
        self.moved |= self.total.is_some() && total.is_some() && self.total != total;
        self.total = total.or(self.total);
        self.highest = self.highest.max(total.unwrap_or(0));
        self.pages = self.pages.saturating_add(1);
        self.last_rows = ids.len() + nameless;
        let before = self.seen.len();
        self.seen.extend(ids.iter().cloned());
        // Rows without ids cannot be told from those of an earlier page: alone they are nothing new.
        self.stale = self.last_rows > 0 && self.seen.len() == before && self.pages > 1;
        if !self.stale {
            self.nameless += nameless as u64;
        }
        ids.iter().collect::<HashSet<_>>().len() + nameless
    }

    /// Rows of this walk, each id once.
    pub fn rows(&self) -> u64 {
        self.seen.len() as u64 + self.nameless
    }

    /// What the vendor said last.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The vendor's total, or what came where it tells none.
    pub fn declared(&self) -> u64 {
        self.total.unwrap_or(self.rows()).max(self.rows())
    }

    /// Whether there is nothing more to ask for. `limit` is the number of rows that was asked for: a full last page at the
    /// total is not the end yet, because a total may be no more than the rows of its own page.
    pub fn is_over(&self, limit: usize) -> bool {
        let full = self.last_rows >= limit && self.rows() <= self.highest;
        let at_total = self.total.is_some_and(|total| self.rows() >= total) && !full;
        self.pages > 0 && (self.last_rows == 0 || self.is_stuck() || at_total)
    }

    /// The last page brought nobody new, or there were too many pages: going on leads nowhere.
    pub fn is_stuck(&self) -> bool {
        self.stale || self.pages >= self.pages_max
    }

    /// Whether this walk can be believed. `patient` is the second walk, which forgives a total that moves.
    pub fn is_complete(&self, patient: bool) -> bool {
        match self.total {
            Some(total) => (total..=self.highest).contains(&self.rows()) && (patient || !self.moved),
            None => !self.is_stuck(),
        }
    }

    /// Why it is not complete, in words.
    pub fn shortfall(&self) -> String {
        let rows = self.rows();
        match self.total {
            Some(_) if rows > self.highest => {
                format!("{rows} rows came, but the vendor says that there are {}", self.highest)
            }
            _ if self.stale => format!("page {} only repeats rows that came before", self.pages),
            _ if self.is_stuck() => {
                format!("there were still new rows after {} pages, the most that are read", self.pages)
            }
            Some(total) if rows >= total => "the total changed while it was read".to_owned(),
            total => format!("{rows} of {} rows", total.unwrap_or_default()),
        }
    }
}

/// The walks of one list that is asked for by offset, by page or by a mark of the page before: a second one where the first
/// cannot be believed, no third.
#[derive(Debug)]
pub struct Walks<Id = i64> {
    walk: Walk<Id>,
    limit: usize,
    pages_max: u32,
    offset: usize,
    /// The number of pages that the vendor told.
    last: Option<u32>,
    patient: bool,
    by_short_page: Option<ShortPage>,
}

/// How far a walk is whose only end is a page that is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShortPage {
    /// Every page so far was full.
    Awaited,
    /// It came; the page behind it has to be empty, or the list lost rows on the way.
    Came,
    /// And nobody is behind it.
    Confirmed,
    /// Somebody is.
    Contradicted,
}

impl<Id: Eq + Hash + Clone> Walks<Id> {
    /// Walks of a maximum of pages of `limit` rows each.
    pub fn new(limit: usize, pages_max: u32) -> Self {
        Self {
            walk: Walk::bounded(pages_max),
            limit,
            pages_max,
            offset: 0,
            last: None,
            patient: false,
            by_short_page: None,
        }
    }

    /// The same of a list that tells no total: a page with fewer rows than the limit is the last one. The page behind it is
    /// asked for as well, and must show nobody new; one that cannot be asked for is to be taken as empty.
    #[must_use]
    pub fn ended_by_a_short_page(mut self) -> Self {
        self.by_short_page = Some(ShortPage::Awaited);
        self
    }

    /// Where the page begins that is to be read now; 0 begins a walk, and nothing that an earlier one found counts any
    /// more. `None` when the list is whole. `noun` is what its rows are.
    ///
    /// # Errors
    /// [`ApiError::Incomplete`] after the second walk.
    pub fn next(&mut self, vendor: &'static str, noun: &str) -> Result<Option<usize>, ApiError> {
        Ok(self.goes_on(vendor, noun)?.then_some(self.offset))
    }

    /// The number of the page that is to be read now; 1 begins a walk. Else as [`Walks::next`].
    ///
    /// # Errors
    /// [`ApiError::Incomplete`] after the second walk.
    pub fn next_page(&mut self, vendor: &'static str, noun: &str) -> Result<Option<u32>, ApiError> {
        Ok(self.goes_on(vendor, noun)?.then_some(self.walk.pages + 1))
    }

    fn goes_on(&mut self, vendor: &'static str, noun: &str) -> Result<bool, ApiError> {
        // No pages at all are one that is empty.
        let was_last = self.last.is_some_and(|last| self.walk.pages >= last.max(1));
        let is_over = match self.by_short_page {
            Some(ShortPage::Awaited | ShortPage::Came) => self.walk.is_stuck(),
            Some(ShortPage::Confirmed | ShortPage::Contradicted) => true,
            None => self.walk.is_over(self.limit),
        };
        if !was_last && !is_over {
            return Ok(true);
        }
        let is_torn = self.by_short_page == Some(ShortPage::Contradicted);
        if !is_torn && self.walk.is_complete(self.patient) {
            return Ok(false);
        }
        if self.patient {
            let why = match is_torn {
                true => format!("page {} was not full, yet there were rows behind it", self.walk.pages),
                false => self.walk.shortfall(),
            };
            return Err(ApiError::Incomplete { vendor, detail: format!("{noun}: {why}, also when read again") });
        }
        (self.walk, self.offset, self.last, self.patient) = (Walk::bounded(self.pages_max), 0, None, true);
        self.by_short_page = self.by_short_page.map(|_| ShortPage::Awaited);
        Ok(true)
    }

    /// Takes what the vendor told of its pages: how many rows one has, and how many pages there are.
    pub fn told(&mut self, size: Option<usize>, pages: Option<u32>) {
        self.limit = size.unwrap_or(self.limit);
        self.last = pages;
    }

    /// Takes the page that was read; as [`Walk::page_with`].
    pub fn page_with(&mut self, ids: &[Id], nameless: usize, total: Option<u64>) {
        if self.by_short_page == Some(ShortPage::Came) {
            // A vendor that answers with its last page again has nobody behind it either.
            let is_new = |id: &Id| !self.walk.seen.contains(id);
            let verdict = if ids.iter().any(is_new) { ShortPage::Contradicted } else { ShortPage::Confirmed };
            self.by_short_page = Some(verdict);
            return;
        }
        self.offset += self.walk.page_with(ids, nameless, total);
        if self.by_short_page.is_some() && self.walk.last_rows < self.limit {
            self.by_short_page = Some(ShortPage::Came);
        }
    }

    /// The walk that counts.
    pub fn into_walk(self) -> Walk<Id> {
        self.walk
    }
}

#[cfg(test)]
#[path = "paging_tests.rs"]
mod tests;
