//! The result under a filter, and with other limits.

use super::desk::Desk;
use super::support::{Product, story_at_result, write_to};
use crossterm::event::KeyCode;
use std::fs;

#[test]
fn s_bx09_a_limit_is_moved_with_what_it_does_in_sight() {
    let mut desk = story_at_result((140, 40));
    desk.press(KeyCode::Enter).rest();
    desk.press(KeyCode::Char('t')).rest();
    desk.press(KeyCode::Esc).keys("mL").rest();
    let picture = desk.picture();
    assert!(picture.contains("link from 90.0 %") && picture.contains("now: link"), "{picture}");
    assert!(picture.contains("new below 2.0 %"), "{picture}");
    assert!(picture.contains("(95 %: "), "{picture}");
    desk.press(KeyCode::Home).press(KeyCode::Enter).rest().rest();
    let picture = desk.picture();
    assert!(picture.contains("below 90.0 %") && picture.contains("‹ 4 Result ›"), "{picture}");
    assert!(picture.contains("1 later"), "what was ruled goes on\n{picture}");
    // And the other limit: it stands in what is kept, and the command writes the same with it.
    desk.keys("mL").rest();
    desk.keys("below 10.0").press(KeyCode::Enter).rest().rest();
    write_to(&mut desk, "~/result");
    let kept = fs::read_to_string(desk.behind.home.path().join("result/columns.toml")).unwrap();
    assert!(kept.contains("threshold = 0.9\nnew_below = 0.1\n"), "{kept}");
}

#[test]
fn s_bx09_the_lists_of_a_result_are_filtered_as_review_is() {
    let mut desk = story_at_result((140, 40));
    let list = |desk: &Desk<Product>| {
        let picture = desk.picture();
        picture.lines().skip_while(|line| !line.contains("least certain first")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(list(&desk)[1].contains("│ "), "the person under the cursor stands beside\n{}", desk.picture());
    desk.keys("F").rest();
    let picture = desk.picture();
    assert!(picture.contains("━ Facets ━") && picture.contains("[ ] Receptionist"), "{picture}");
    assert!(picture.contains("F closes") && picture.contains("still open"), "{picture}");
    desk.keys("F/pugh").rest();
    assert!(list(&desk)[0].contains("1 of 2"), "{}", desk.picture());
    assert!(desk.picture().contains("Rhian Pugh") && !desk.picture().contains("k.takahashi"), "{}", desk.picture());
    // A card opened from the filtered list is that of the person who is shown, and is the only one of it.
    desk.press(KeyCode::Enter).press(KeyCode::Enter).rest();
    assert!(desk.picture().contains("Rhian Pugh") && desk.picture().contains("1 of 1"), "{}", desk.picture());
    desk.press(KeyCode::Char('t')).rest();
    // Esc takes the filter away before it leaves the result.
    desk.press(KeyCode::Esc).rest();
    assert!(desk.picture().contains("k.takahashi") && desk.picture().contains("‹ 4 Result ›"), "{}", desk.picture());
    desk.keys("/is:ruled").rest();
    assert!(list(&desk)[0].contains("1 of 2"), "who was ruled is found\n{}", desk.picture());
    desk.press(KeyCode::Esc).keys("/sure:>x").rest();
    assert!(desk.picture().contains("sure is a number"), "{}", desk.picture());
}
