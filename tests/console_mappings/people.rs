//! People: pictures, and what every key does.

use crossterm::event::KeyCode;
use onroll::console::app::live::LiveCommand;
use onroll::console::app::{Command, Mode, Place};
use onroll::console::screens::ScreenId;
use onroll::console::screens::people::data::{Act, ListQuery};

use crate::desk::Desk;
use crate::story::Story;

const WIDE: (u16, u16) = (140, 40);
const NARROW: (u16, u16) = (80, 24);
const TENANT: &str = "harbour-vine";

fn tab() -> Place {
    Place::tenant(ScreenId::People, TENANT)
}

fn live() -> Story {
    Story { standing: Mode::Live, ..Story::default() }
}

#[test]
fn pictures() {
    for (size, name) in [(WIDE, "people_140x40"), (NARROW, "people_80x24"), ((60, 16), "people_60x16")] {
        insta::assert_snapshot!(name, Desk::new(tab(), size, Story::default()).picture());
    }
    let mut held = Desk::new(tab().about("state:held"), NARROW, live());
    held.keys("  ");
    insta::assert_snapshot!("people_held_80x24", held.picture());
    let mut push = Desk::new(tab(), NARROW, live());
    push.keys("a/state:held").press(KeyCode::Enter).keys("!").rest();
    insta::assert_snapshot!("people_push_80x24", push.picture());
}

#[test]
fn pictures_of_nothing_and_of_refusal() {
    let with = |place: Place, story| Desk::new(place, NARROW, story).picture();
    insta::assert_snapshot!("people_empty_80x24", with(tab(), Story { empty: true, ..Story::default() }));
    insta::assert_snapshot!("people_none_fits_80x24", with(tab().about("a b"), Story::default()));
    insta::assert_snapshot!("people_error_80x24", with(tab(), Story { fails: true, ..Story::default() }));
}

#[test]
fn nothing_is_pushed_before_it_is_published_or_marked() {
    let mut desk = Desk::new(tab(), NARROW, Story::default());
    desk.keys(" !");
    assert_eq!(desk.toast(), "Push 1: not published");
    let mut desk = Desk::new(tab(), NARROW, live());
    desk.keys("!");
    assert_eq!(desk.toast(), "Push marked: Space marks");
    assert!(desk.commands.is_empty());
}

#[test]
fn a_push_asks_once_and_only_y_sends() {
    let mut desk = Desk::new(tab(), NARROW, live());
    desk.keys("  !").rest().press(KeyCode::Enter);
    assert!(desk.commands.is_empty(), "the focus is on Cancel");
    desk.keys("!").keys("y");
    assert!(desk.commands.is_empty(), "deaf for 300 ms");
    desk.rest().keys("!");
    assert!(desk.commands.is_empty(), "not the key that opened it");
    desk.keys("y");
    let Some(Command::Run(LiveCommand::Apply(apply))) = desk.commands.first() else { panic!("{:?}", desk.commands) };
    assert_eq!((apply.only.len(), apply.plan.0, apply.tenant.as_str()), (2, 88, TENANT));
    assert_eq!(apply.confirmed, None);
}

#[test]
fn a_push_that_needs_more_than_a_question_is_sent_to_plan() {
    let story = Story { refused: Some("the first import is confirmed on Plan".into()), ..live() };
    let mut desk = Desk::new(tab(), NARROW, story);
    desk.keys(" !").rest();
    assert_eq!(desk.toast(), "Not pushed: the first import is confirmed on Plan");
    desk.keys("y");
    assert!(desk.commands.is_empty());
}

#[test]
fn export_filter_and_lists() {
    let mut desk = Desk::new(tab(), NARROW, Story::default());
    desk.keys("/state:held").press(KeyCode::Enter).keys("o");
    assert!(desk.picture().contains(" people as ─"), "{}", desk.picture());
    desk.press(KeyCode::Enter);
    let query = ListQuery { text: "state:held".into(), ..ListQuery::default() };
    let [Command::People(Act::Export { query: asked, file, .. })] = desk.commands.as_slice() else { panic!() };
    assert_eq!(*asked, query);
    assert!(file.starts_with("harbour-vine-people-2026") && file.ends_with(".csv"), "{file}");
    desk.press(KeyCode::Esc).keys("sleavers").press(KeyCode::Enter);
    assert!(desk.row(4).contains("state:leaver"), "{}", desk.row(4));
}

#[test]
fn enter_and_w_open_the_person_in_this_list() {
    let mut desk = Desk::new(tab().about("state:held"), NARROW, Story::default());
    desk.keys("w");
    let place = desk.model.place().unwrap();
    assert_eq!((place.screen, place.subject.as_deref()), (ScreenId::Person, Some("2101\u{1f}state:held")));
    desk.press(KeyCode::Esc).keys("y");
    assert_eq!(desk.copied, ["2101"]);
}

#[test]
fn esc_takes_marks_then_the_filter_away() {
    let mut desk = Desk::new(tab().about("state:held"), NARROW, Story::default());
    desk.keys(" ").press(KeyCode::Esc);
    assert!(desk.row(4).contains("state:held"));
    desk.press(KeyCode::Esc);
    assert!(!desk.row(4).contains("state:held"), "{}", desk.row(4));
}
