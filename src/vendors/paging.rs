//! When a paged list is complete. A list that is not is never planned from, so this is strict: the rows of one walk
//! must be as many as the vendor says there are; else the list is walked once more, then given up.

use std::collections::HashSet;

/// One walk through the pages of a list.
#[derive(Debug, Default)]
pub struct Walk {
    seen: HashSet<i64>,
    last_page: Vec<i64>,
    total: Option<u64>,
    total_moved: bool,
    repeated: bool,
}

impl Walk {
    /// Takes the ids and the total of one page. Returns how many different ids the page held: what an offset advances
    /// by, so that neither a doubled nor a dropped row makes it jump over one.
    pub fn page(&mut self, ids: &[i64], total: Option<u64>) -> usize {
        if self.total.is_some() && total.is_some() && self.total != total {
            self.total_moved = true;
        }
        self.total = total.or(self.total);
        self.repeated = !ids.is_empty() && ids == self.last_page;
        self.last_page = ids.to_vec();
        self.seen.extend(ids);
        ids.iter().collect::<HashSet<_>>().len()
    }

    /// Rows of this walk, each id once.
    pub fn rows(&self) -> u64 {
        self.seen.len() as u64
    }

    /// What the vendor said last.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The vendor's total, or what came where it tells none.
    pub fn declared(&self) -> u64 {
        self.total.unwrap_or(self.rows()).max(self.rows())
    }

    /// The last page was the one before it again: the vendor does not page.
    pub fn is_stuck(&self) -> bool {
        self.repeated
    }

    /// Whether this walk can be believed. `patient` is the second walk, which forgives a total that moves.
    pub fn is_complete(&self, patient: bool) -> bool {
        let enough = self.total.is_none_or(|total| self.rows() >= total);
        enough && !self.repeated && (patient || !self.total_moved)
    }

    /// Why it is not complete, in words.
    pub fn shortfall(&self) -> String {
        if self.repeated {
            return "the same page came twice".to_owned();
        }
        format!("{} of {} rows", self.rows(), self.total.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(walk.is_complete(true));
    }

    #[test]
    fn a_list_without_totals_ends_but_must_not_stand_still() {
        let mut walk = Walk::default();
        walk.page(&[1, 2], None);
        assert!(walk.is_complete(false));
        walk.page(&[1, 2], None);
        assert!(walk.is_stuck());
        assert!(!walk.is_complete(true));
        assert_eq!(walk.declared(), 2);
    }
}
