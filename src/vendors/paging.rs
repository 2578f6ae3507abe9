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
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_list_is_walked_twice_and_no_more() {
        let mut walks = Walks::new(2, 100);
        assert_eq!(walks.next("V", "rows"), Ok(Some(0)));
        walks.page_with(&[1, 2], 0, Some(3));
        assert_eq!(walks.next("V", "rows"), Ok(Some(2)));
        walks.page_with(&[], 0, Some(3));
        assert_eq!(walks.next("V", "rows"), Ok(Some(0)), "again, from the beginning");
        walks.page_with(&[1, 2], 0, Some(3));
        walks.page_with(&[3], 0, Some(3));
        assert_eq!(walks.next("V", "rows"), Ok(None));
        assert_eq!(walks.into_walk().rows(), 3);

        let mut walks = Walks::new(2, 100);
        for offset in [0, 0] {
            assert_eq!(walks.next("V", "rows"), Ok(Some(offset)));
            walks.page_with(&[1], 0, Some(2));
            walks.page_with(&[], 0, Some(2));
        }
        let error = walks.next("V", "rows").unwrap_err();
        let detail = "rows: 1 of 2 rows, also when read again".to_owned();
        assert_eq!(error, ApiError::Incomplete { vendor: "V", detail });
    }

    #[test]
    fn a_page_that_is_not_full_ends_a_list_only_where_nobody_is_behind_it() {
        let walks = || Walks::new(2, 100).ended_by_a_short_page();
        let walk = |mut walks: Walks, pages: &[&[i64]]| {
            for (number, ids) in (1..).zip(pages) {
                assert_eq!(walks.next_page("V", "rows"), Ok(Some(number)), "{pages:?}");
                walks.page_with(ids, 0, None);
            }
            walks
        };
        for (pages, rows) in [
            (&[&[1, 2][..], &[3], &[]][..], 3),
            // A whole number of full pages, the last page again, nobody at all.
            (&[&[1, 2], &[], &[]], 2),
            (&[&[1, 2], &[3], &[3]], 3),
            (&[&[], &[]], 0),
        ] {
            let mut walks = walk(walks(), pages);
            assert_eq!(walks.next_page("V", "rows"), Ok(None), "{pages:?}");
            assert_eq!(walks.into_walk().rows(), rows);
        }
        // Rows that got lost in the middle: once more from the beginning, then given up.
        let torn: &[&[i64]] = &[&[1, 2], &[3], &[5, 6]];
        let again = walk(walk(walks(), torn), torn).next_page("V", "rows").unwrap_err();
        let detail = "rows: page 2 was not full, yet there were rows behind it, also when read again".to_owned();
        assert_eq!(again, ApiError::Incomplete { vendor: "V", detail });
        let mut healed = walk(walk(walks(), torn), &[&[1, 2], &[3, 4], &[5, 6], &[], &[]]);
        assert_eq!(healed.next_page("V", "rows"), Ok(None));
        // The same full page for ever.
        let stuck: &[&[i64]] = &[&[1, 2], &[1, 2]];
        assert!(walk(walk(walks(), stuck), stuck).next_page("V", "rows").is_err());
    }

    #[test]
    fn pages_that_are_numbered_end_with_the_last_that_is_told() {
        let mut walks = Walks::new(100, 50);
        assert_eq!(walks.next_page("V", "rows"), Ok(Some(1)));
        walks.page_with(&[1, 2], 0, Some(3));
        walks.told(Some(2), Some(2));
        assert_eq!(walks.next_page("V", "rows"), Ok(Some(2)));
        walks.page_with(&[3], 0, Some(3));
        walks.told(Some(2), Some(2));
        assert_eq!(walks.next_page("V", "rows"), Ok(None));
        // An empty list of no pages, and one whose last page lacks a row.
        let mut walks: Walks = Walks::new(100, 50);
        walks.next_page("V", "rows").unwrap();
        walks.page_with(&[], 0, Some(0));
        walks.told(None, Some(0));
        assert_eq!(walks.next_page("V", "rows"), Ok(None));
        let mut walks = Walks::new(1, 50);
        for number in [1, 1] {
            assert_eq!(walks.next_page("V", "rows"), Ok(Some(number)));
            walks.page_with(&[7], 0, Some(2));
            walks.told(None, Some(1));
        }
        assert!(walks.next_page("V", "rows").is_err());
    }

    #[test]
    fn a_doubled_row_is_not_a_row() {
        let mut walk = Walk::default();
        assert_eq!(walk.page(&[1, 2, 2], Some(4)), 2);
        assert_eq!(walk.page(&[3], Some(4)), 1);
        assert!(!walk.is_complete(true));
        assert_eq!(walk.shortfall(), "3 of 4 rows");
        walk.page(&[4], Some(4));
        assert!(walk.is_complete(false));
    }

    #[test]
    fn a_total_that_moves_asks_for_a_second_walk() {
        let mut walk = Walk::default();
        walk.page(&[1, 2], Some(4));
        walk.page(&[4], Some(3));
        assert!(!walk.is_complete(false));
        assert_eq!(walk.shortfall(), "the total changed while it was read");
        assert!(walk.is_complete(true));
    }

    #[test]
    fn a_list_without_totals_ends_but_must_not_stand_still() {
        let mut walk = Walk::default();
        walk.page(&[1, 2], None);
        assert!(walk.is_complete(false));
        walk.page(&[1, 2], None);
        assert!(walk.is_stuck() && walk.is_over(50));
        assert!(!walk.is_complete(true));
        assert_eq!(walk.declared(), 2);
        assert_eq!(walk.shortfall(), "page 2 only repeats rows that came before");
    }

    #[test]
    fn alternating_pages_and_known_ids_end_a_walk() {
        let mut walk: Walk<String> = Walk::default();
        let (a, b) = (["a".to_owned(), "b".to_owned()], ["c".to_owned(), "d".to_owned()]);
        walk.page(&a, Some(100));
        walk.page(&b, Some(100));
        assert!(!walk.is_over(2));
        walk.page(&a, Some(100));
        assert!(walk.is_over(2) && !walk.is_complete(true));
        assert_eq!(walk.shortfall(), "page 3 only repeats rows that came before");
        // A repeated row on the last page does no harm where the total is reached.
        let mut walk = Walk::default();
        walk.page(&[1, 2], Some(3));
        walk.page(&[3], Some(3));
        walk.page(&[3], Some(3));
        assert!(walk.is_complete(false));
    }

    #[test]
    fn a_list_without_end_ends_at_a_bound_that_is_named() {
        let mut walk = Walk::bounded(3);
        for page in 0..3 {
            assert!(!walk.is_over(2));
            walk.page(&[page * 2, page * 2 + 1], None);
        }
        assert!(walk.is_over(2) && !walk.is_complete(true));
        assert_eq!(walk.shortfall(), "there were still new rows after 3 pages, the most that are read");
    }

    #[test]
    fn a_total_below_the_rows_is_not_believed() {
        let mut walk = Walk::default();
        walk.page(&[1, 2, 3], Some(2));
        assert!(walk.is_over(50) && !walk.is_complete(true));
        assert_eq!(walk.shortfall(), "3 rows came, but the vendor says that there are 2");
        // The total of the page instead of the list: the full page is followed by another question.
        let mut walk = Walk::default();
        walk.page(&[1, 2], Some(2));
        assert!(!walk.is_over(2));
        walk.page(&[3], Some(2));
        assert!(walk.is_over(2) && !walk.is_complete(true));
        let mut walk = Walk::default();
        walk.page(&[1, 2], Some(2));
        walk.page(&[], Some(2));
        assert!(walk.is_over(2) && walk.is_complete(false));
    }

    #[test]
    fn rows_without_a_readable_id_are_rows() {
        let mut walk = Walk::default();
        assert_eq!(walk.page_with(&[1, 2], 1, Some(4)), 3);
        walk.page(&[4], Some(4));
        assert!(walk.is_complete(false));
        let mut walk: Walk = Walk::default();
        walk.page_with(&[], 2, None);
        walk.page_with(&[], 2, None);
        assert!(walk.is_stuck());
    }

    proptest! {
        /// Whatever a vendor answers, for ever: the walk ends.
        #[test]
        fn every_walk_ends(
            pages in proptest::collection::vec(
                (proptest::collection::vec(0_i64..30, 0..4), 0_usize..2, proptest::option::of(0_u64..40)), 1..12
            ),
            limit in 1_usize..4,
        ) {
            let mut walk = Walk::default();
            let mut asked = 0;
            for (ids, nameless, total) in pages.iter().cycle() {
                walk.page_with(ids, *nameless, *total);
                asked += 1;
                if walk.is_over(limit) {
                    break;
                }
                // Thirty ids: no list of them has more pages that bring somebody new.
                prop_assert!(asked < 40);
            }
        }
    }
}
