//! Person: pictures, and what every key does.

use crossterm::event::KeyCode;
use onroll::console::app::{Command, Place};
use onroll::console::screens::ScreenId;
use onroll::console::screens::person::data::Act;
use onroll::console::screens::person::place;
use onroll::domain::decision::Ruling;

use crate::desk::Desk;
use crate::story::Story;

const NARROW: (u16, u16) = (80, 24);
const MIDDLE: (u16, u16) = (120, 36);
const TENANT: &str = "harbour-vine";

fn amara() -> Place {
    place(TENANT, "2188", "state:held")
}

fn desk(size: (u16, u16)) -> Desk<Story> {
    Desk::new(amara(), size, Story::default())
}

#[test]
fn pictures() {
    insta::assert_snapshot!("person_120x36", desk(MIDDLE).picture());
    insta::assert_snapshot!("person_140x40", desk((140, 40)).picture());
    insta::assert_snapshot!("person_80x24", desk(NARROW).picture());
    insta::assert_snapshot!("person_60x16", desk((60, 16)).picture());
    let mut timeline = desk(NARROW);
    timeline.press(KeyCode::BackTab);
    insta::assert_snapshot!("person_timeline_80x24", timeline.picture());
    let mut raw = desk(NARROW);
    raw.keys("c");
    insta::assert_snapshot!("person_raw_80x24", raw.picture());
    let failed = Desk::new(amara(), NARROW, Story { fails: true, ..Story::default() });
    insta::assert_snapshot!("person_error_80x24", failed.picture());
}

#[test]
fn enter_goes_to_the_mapping_row() {
    let mut desk = desk(MIDDLE);
    desk.press(KeyCode::Enter);
    let place = desk.model.place().unwrap();
    assert_eq!((place.screen, place.subject.as_deref()), (ScreenId::Mappings, Some("job_title/Chef de Partie")));
}

#[test]
fn rulings() {
    let mut desk = desk(MIDDLE);
    desk.keys("tmpmxu");
    let act = |ruling| Command::Person(Act::Rule { tenant: TENANT.into(), employee: "2188".into(), ruling });
    let until = Some(jiff::civil::date(2026, 12, 1));
    assert_eq!(
        desk.commands,
        [
            act(Ruling::Later { until }),
            act(Ruling::Protect),
            act(Ruling::Exclude),
            Command::Person(Act::Walk { tenant: TENANT.into(), employee: "2188".into(), undo: true }),
        ]
    );
}

#[test]
fn a_held_person_of_a_preview_cannot_be_pushed() {
    let mut desk = desk(MIDDLE);
    desk.keys("!");
    assert_eq!(desk.toast(), "Push this one: not published");
    assert!(desk.commands.is_empty());
}

#[test]
fn neighbours_keep_the_list() {
    let mut desk = desk(MIDDLE);
    desk.keys(".");
    assert_eq!(desk.model.place().unwrap().subject.as_deref(), Some("\u{1e}e4\u{1f}state:held"));
    desk.keys(",");
    assert_eq!(desk.model.place().unwrap().subject.as_deref(), Some("\u{1e}e2\u{1f}state:held"));
    desk.keys("y");
    assert_eq!(desk.copied, ["2188"]);
}
