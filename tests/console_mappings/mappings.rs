//! Mappings: pictures, and what every key does.

use crossterm::event::KeyCode;
use onroll::console::app::{Command, Place};
use onroll::console::screens::ScreenId;
use onroll::console::screens::mappings::data::{Act, CellChange, Tab};
use onroll::console::screens::mappings::place;
use onroll::domain::list::ListKey;
use onroll::domain::mapping::MappingTarget;

use crate::desk::Desk;
use crate::story::{Story, accepted};

const WIDE: (u16, u16) = (140, 40);
const NARROW: (u16, u16) = (80, 24);
const TENANT: &str = "harbour-vine";

fn tab() -> Place {
    Place::tenant(ScreenId::Mappings, TENANT)
}

fn desk(size: (u16, u16)) -> Desk<Story> {
    let mut desk = Desk::new(tab(), size, Story::default());
    desk.rest();
    desk
}

fn acts(desk: &Desk<Story>) -> Vec<Act> {
    let of = |command: &Command| match command {
        Command::Mappings(act) => Some(act.clone()),
        _ => None,
    };
    desk.commands.iter().filter_map(of).collect()
}

fn set(cells: Vec<CellChange>) -> Act {
    Act::Set { tenant: TENANT.into(), cells }
}

#[test]
fn pictures() {
    insta::assert_snapshot!("mappings_140x40", desk(WIDE).picture());
    insta::assert_snapshot!("mappings_80x24", desk(NARROW).picture());
    insta::assert_snapshot!("mappings_200x60", desk((200, 60)).picture());
    insta::assert_snapshot!("mappings_60x16", desk((60, 16)).picture());
    let mut editing = Desk::new(place(TENANT, ListKey::JOB_TITLE, Some("Night Auditor")), NARROW, Story::default());
    editing.keys("e").rest().keys("night").rest();
    insta::assert_snapshot!("mappings_edit_80x24", editing.picture());
    let mut editing = Desk::new(place(TENANT, ListKey::JOB_TITLE, Some("Night Auditor")), WIDE, Story::default());
    editing.keys("e").rest().keys("night").rest();
    insta::assert_snapshot!("mappings_edit_140x40", editing.picture());
    let mut settled = Desk::new(place(TENANT, ListKey::JOB_TITLE, Some("Housekeeper")), WIDE, Story::default());
    settled.rest();
    insta::assert_snapshot!("mappings_settled_140x40", settled.picture());
    let mut fields = desk(NARROW);
    fields.keys("..");
    insta::assert_snapshot!("mappings_fields_80x24", fields.picture());
    let mut filtered = desk(NARROW);
    filtered.keys("/chef !sous");
    insta::assert_snapshot!("mappings_filter_80x24", filtered.picture());
    let mut who = desk(NARROW);
    who.keys("w");
    insta::assert_snapshot!("mappings_who_80x24", who.picture());
}

#[test]
fn pictures_of_nothing_and_of_refusal() {
    let with = |story| Desk::new(tab(), NARROW, story).picture();
    insta::assert_snapshot!("mappings_empty_80x24", with(Story { empty: true, ..Story::default() }));
    insta::assert_snapshot!("mappings_error_80x24", with(Story { fails: true, ..Story::default() }));
}

#[test]
fn enter_accepts_and_goes_to_the_next_open_value() {
    let mut desk = desk(WIDE);
    desk.press(KeyCode::Enter);
    assert_eq!(acts(&desk), [set(vec![accepted("Chef de Partie", "Chef De Partie")])]);
    assert_eq!(desk.toast(), "Mapped Chef de Partie, 43 unblocked");
    assert!(desk.row(8).starts_with("▸  ! Bar Staff␣"), "{}", desk.row(8));
}

#[test]
fn an_enter_that_is_held_does_not_choose_from_the_list_it_opened() {
    let mut desk = Desk::new(place(TENANT, ListKey::JOB_TITLE, Some("Night Auditor")), WIDE, Story::default());
    desk.press(KeyCode::Enter).press(KeyCode::Enter).press(KeyCode::Enter);
    assert_eq!(acts(&desk), []);
    desk.rest().press(KeyCode::Enter);
    assert_eq!(acts(&desk), [set(vec![accepted("Night Auditor", "Night Porter")])]);
}

#[test]
fn an_edit_picks_creates_or_is_left() {
    let on = |value| Desk::new(place(TENANT, ListKey::JOB_TITLE, Some(value)), WIDE, Story::default());
    let mut desk = on("Night Auditor");
    desk.keys("ewait").rest().press(KeyCode::Enter);
    assert_eq!(acts(&desk), [set(vec![accepted("Night Auditor", "Waiter")])]);
    let mut desk = on("Night Auditor");
    desk.keys("eNight Auditor").rest().press(KeyCode::Enter);
    let create = |name: &str| CellChange {
        list: ListKey::JOB_TITLE,
        value: "Night Auditor".into(),
        target: Some(MappingTarget::Create(name.into())),
    };
    assert_eq!(acts(&desk), [set(vec![create("Night Auditor")])]);
    let mut desk = on("Night Auditor");
    desk.keys("enight").press(KeyCode::Esc);
    assert_eq!(acts(&desk), []);
    desk.keys("n");
    assert_eq!(acts(&desk), [set(vec![create("Night Auditor")])], "n makes a new one of the value's own name");
}

#[test]
fn b_accepts_all_suggestions_as_one_step() {
    let mut desk = desk(WIDE);
    desk.keys("b");
    let cells = vec![accepted("Chef de Partie", "Chef De Partie"), accepted("Bar Staff ", "Bar Staff")];
    assert_eq!(acts(&desk), [set(cells)]);
}

#[test]
fn rows_of_their_own_are_cleared_others_say_why_not() {
    let mut desk = Desk::new(place(TENANT, ListKey::JOB_TITLE, Some("Housekeeper")), WIDE, Story::default());
    desk.press(KeyCode::Delete);
    let cleared = CellChange { list: ListKey::JOB_TITLE, value: "Housekeeper".into(), target: None };
    assert_eq!(acts(&desk), [set(vec![cleared])]);
    let mut desk = Desk::new(place(TENANT, ListKey::JOB_TITLE, Some("Waiter")), WIDE, Story::default());
    desk.press(KeyCode::Delete);
    assert_eq!(acts(&desk), []);
    assert_eq!(desk.toast(), "Clear: no row");
}

#[test]
fn the_other_keys() {
    let mut desk = desk(WIDE);
    desk.keys("uUo").press(KeyCode::Tab).press(KeyCode::Enter).keys("mv");
    let tenant = || TENANT.to_owned();
    let tab = Tab::Table(ListKey::JOB_TITLE);
    let saved = acts(&desk).into_iter().find_map(|act| match act {
        Act::Export { file, .. } => Some(file),
        _ => None,
    });
    let saved = saved.unwrap();
    assert!(saved.starts_with("harbour-vine-job-title-") && saved.ends_with(".xlsx"), "{saved}");
    assert_eq!(
        acts(&desk),
        [
            Act::Undo { tenant: tenant() },
            Act::Redo { tenant: tenant() },
            Act::Export { tenant: tenant(), tab, file: saved },
            Act::Verbatim { tenant: tenant(), list: ListKey::JOB_TITLE, on: false },
        ]
    );
    desk.keys(".");
    assert!(desk.row(3).contains("‹ User profiles ›"), "{}", desk.row(3));
    desk.keys(",,,");
    assert!(desk.row(3).contains("‹ Branches 1 ›"), "{}", desk.row(3));
}

#[test]
fn tab_leads_to_the_people_and_enter_to_one_of_them() {
    let mut desk = desk(WIDE);
    desk.press(KeyCode::Tab).press(KeyCode::Down).press(KeyCode::Enter);
    let place = desk.model.place().unwrap();
    assert_eq!(place.screen, ScreenId::Person);
    assert_eq!(place.subject.as_deref(), Some("id Bartosz Wójcik\u{1f}job_title:=\"Chef de Partie\""));
}

#[test]
fn esc_goes_step_by_step() {
    let mut desk = desk(WIDE);
    desk.keys("/housek").press(KeyCode::Enter);
    assert_eq!(desk.model.screen().unwrap().id(), ScreenId::Mappings);
    assert!(desk.row(4).contains("1 of "), "{}", desk.row(5));
    desk.press(KeyCode::Tab).press(KeyCode::Esc).press(KeyCode::Esc);
    assert!(desk.row(5).contains("covered"), "{}", desk.row(5));
}

#[test]
fn one_what_if_follows_a_quick_cursor() {
    let mut desk = Desk::new(tab(), WIDE, Story::default());
    let asked = |desk: &Desk<Story>| {
        let is = |query: &&onroll::console::app::Query| {
            matches!(
                query,
                onroll::console::app::Query::Mappings(onroll::console::screens::mappings::data::Ask::WhatIf { .. })
            )
        };
        desk.queries.iter().filter(is).count()
    };
    desk.press(KeyCode::Down).press(KeyCode::Up).press(KeyCode::Down);
    assert_eq!(asked(&desk), 0, "not before the cursor rests");
    desk.rest().rest();
    assert_eq!(asked(&desk), 1);
}

#[test]
fn a_value_that_holds_people_has_a_code() {
    let mut desk = Desk::new(place(TENANT, ListKey::JOB_TITLE, Some("Night Auditor")), WIDE, Story::default());
    desk.keys("?");
    let picture = desk.picture();
    assert!(picture.contains("onroll explain unmapped_value") && picture.contains("Night Auditor"), "{picture}");
    let mut desk = Desk::new(place(TENANT, ListKey::JOB_TITLE, Some("Receptionist")), WIDE, Story::default());
    desk.keys("?");
    assert!(!desk.picture().contains("onroll explain"), "it is mapped: {}", desk.picture());
}
