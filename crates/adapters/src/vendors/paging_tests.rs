//! When a paged list is over: every rule of a walk.

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
