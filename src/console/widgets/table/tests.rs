use super::*;
use crate::console::keys::Action;
use crate::console::theme::Role;
use crate::console::theme::Theme;
use crate::console::widgets::Canvas;
use crate::console::widgets::Hits;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

impl RowId for u32 {
    type Marks = BTreeSet<u32>;
}

fn state(count: u32) -> TableState<u32> {
    let mut state = TableState::default();
    state.set_height(4);
    state.set_ids((0..count).collect());
    state
}

fn columns() -> Vec<Column> {
    vec![
        Column::glyph(),
        Column::text("tenant", 8, 20, 1),
        Column::number("people", 6, 2).sortable(),
        Column::text("last run", 8, 10, 3),
    ]
}

fn draw(state: &TableState<u32>, width: u16, height: u16) -> Vec<String> {
    let (theme, mut hits) = (Theme::mono(), Hits::default());
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let columns = columns();
    let row = |index: usize| {
        (index != 3).then(|| {
            vec![
                glyph_cell(Role::Warn),
                cell(format!("Tenant {index}")),
                cell(crate::console::format::count(index * 1_000)),
                cell("5 min ago"),
            ]
        })
    };
    let table = Table {
        state,
        columns: &columns,
        row: &row,
        pane: 0,
        focused: true,
        stale: false,
        heads: true,
        ticks: &[(9, Role::Warn)],
    };
    table.view(area, &mut Canvas::new(&mut buffer, &theme, &mut hits));
    (0..height).map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>()).collect()
}

#[test]
fn rows_stand_in_exact_cells() {
    let mut state = state(3);
    state.handle(Action::Down);
    assert_eq!(
        draw(&state, 40, 5),
        [
            "     tenant   people last run           ",
            "   ! Tenant 0      0 5 min ago          ",
            "▸  ! Tenant 1  1,000 5 min ago          ",
            "   ! Tenant 2  2,000 5 min ago          ",
            "                                        ",
        ]
    );
}

#[test]
fn a_column_that_would_be_cut_below_its_minimum_disappears() {
    let state = state(2);
    assert_eq!(
        draw(&state, 24, 3),
        ["     tenant   people    ", "▸  ! Tenant 0      0    ", "   ! Tenant 1  1,000    "]
    );
    assert_eq!(draw(&state, 16, 3), ["     tenant     ", "▸  ! Tenant 0   ", "   ! Tenant 1   "]);
}

#[test]
fn long_lists_have_a_scrollbar_with_ticks_and_missing_rows_dots() {
    let state = state(10);
    assert_eq!(
        draw(&state, 40, 6),
        [
            "     tenant   people last run           ",
            "▸  ! Tenant 0      0 5 min ago         █",
            "   ! Tenant 1  1,000 5 min ago         █",
            "   ! Tenant 2  2,000 5 min ago         │",
            "   …                                   │",
            "   ! Tenant 4  4,000 5 min ago         !",
        ]
    );
}

#[test]
fn marks_stand_beside_the_cursor() {
    let mut state = state(3);
    state.handle(Action::Mark);
    state.handle(Action::Mark);
    state.handle(Action::Up);
    let lines = draw(&state, 40, 4);
    assert!(lines[1].starts_with("*  ! Tenant 0"), "{lines:?}");
    assert!(lines[2].starts_with("▸* ! Tenant 1"), "{lines:?}");
}

#[test]
fn headings_take_a_line_and_never_the_cursor() {
    let mut state = TableState::default();
    state.set_height(6);
    state.set_grouped(vec![1, 2, 3, 4], vec![(1, "running".into()), (3, "fine".into())]);
    let lines = draw(&state, 40, 7);
    let heads: Vec<_> = lines.iter().map(|line| line.trim_end().chars().take(9).collect::<String>()).collect();
    assert_eq!(heads[1..], ["▸  ! Tena", "    runni", "   ! Tena", "   ! Tena", "    fine", "   …"]);
    assert_eq!(state.window(), 0..4);
    state.set_height(2);
    state.move_to(3);
    assert_eq!(state.window(), 3..4);
}

#[test]
fn the_cursor_is_an_id() {
    let mut state = state(10);
    state.move_to(4);
    state.set_ids(vec![9, 4, 1]);
    assert_eq!((state.cursor(), state.cursor_index()), (Some(&4), Some(1)));
    state.set_ids(vec![9, 1, 2]);
    assert_eq!(state.cursor(), Some(&1), "the one that took its place");
    state.set_ids(vec![]);
    assert_eq!(state.cursor(), None);
    state.set_ids(vec![7]);
    assert_eq!(state.cursor(), Some(&7));
}

#[test]
fn marks_outlive_the_filter_and_are_counted() {
    let mut state = state(5);
    state.handle(Action::MarkAll);
    state.set_ids(vec![1, 2]);
    assert_eq!(state.marks_words().as_deref(), Some("5 marked (3 hidden by filter)"));
    state.handle(Action::InvertMarks);
    assert_eq!(state.marks_words().as_deref(), Some("3 marked (3 hidden by filter)"));
    assert!(state.handle(Action::Back));
    assert!(!state.handle(Action::Back));
    assert_eq!(state.marks_words(), None);
}

#[test]
fn a_range_is_marked_between_two_presses() {
    let mut state = state(9);
    state.move_to(2);
    state.handle(Action::MarkRange);
    state.move_to(5);
    state.handle(Action::MarkRange);
    assert_eq!(state.marks().iter().copied().collect::<Vec<_>>(), [2, 3, 4, 5]);
}

#[test]
fn sorting_by_the_same_column_turns_it() {
    let mut state = state(1);
    state.sort_by(2);
    assert_eq!(state.sort(), Some((2, Direction::Ascending)));
    state.sort_by(2);
    assert_eq!(state.sort(), Some((2, Direction::Descending)));
}

proptest! {
    #[test]
    fn the_cursor_stays_in_range(steps in proptest::collection::vec((0usize..12, 0u32..50, 0usize..30), 1..60), width in 0u16..60, height in 0u16..12) {
        let mut state = state(20);
        for (kind, count, at) in steps {
            match kind {
                0 => state.set_ids((0..count).rev().collect()),
                1 => state.set_grouped((0..count).collect(), vec![(0, "a".into()), (at.min(count as usize), "b".into())]),
                2 => state.set_height(at),
                3 => state.move_to(at),
                4 => { state.handle(Action::PageDown); }
                5 => { state.handle(Action::PageUp); }
                6 => { state.handle(Action::Mark); }
                7 => { state.handle(Action::MarkRange); }
                8 => { state.handle(Action::InvertMarks); }
                9 => { state.handle(Action::Last); }
                10 => { state.handle(Action::Up); }
                _ => { state.handle(Action::Down); }
            }
            prop_assert_eq!(state.cursor().is_some(), !state.is_empty());
            if let Some(index) = state.cursor_index() {
                prop_assert!(index < state.len());
                prop_assert_eq!(state.ids().get(index), state.cursor());
                prop_assert!(state.window().contains(&index) || state.height() < 2, "{:?} {}", state.window(), index);
            }
            prop_assert!(state.window_with_margin().end <= state.len());
        }
        draw(&state, width, height);
    }
}
