//! Pictures and keys of the screen Undo.

use super::data::{Answer, Ask, Left, Line, Preview};
use crate::console::app::live::{LiveCommand, UndoOrder};
use crate::console::app::{Command, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::run::stage::{Stage, TENANT};
use crate::domain::ids::RunId;
use crate::domain::operation::UserChange;
use crate::domain::plan::{LimitCheck, LimitKind};

fn line(id: u32, name: &str, change: UserChange, what: &'static str, text: &str) -> Line {
    Line { employee: Some(id.to_string()), name: name.into(), change, what, text: text.into(), user: format!("u{id}") }
}

fn left(id: u32, name: &str, what: &'static str, why: &str, is_moved: bool) -> Left {
    Left { employee: Some(id.to_string()), name: name.into(), what, why: why.into(), is_moved }
}

fn preview() -> Preview {
    Preview {
        tenant_name: "Nordlys Hoteller".into(),
        destination: "Learn Amp",
        lines: vec![
            line(31, "Ivan Horvat", UserChange::Back, "reactivate", ""),
            line(
                19,
                "Sørine Dahl",
                UserChange::Changed,
                "update",
                "primary team Warehouse Night → Store York, job title Team Leader → Picker",
            ),
            line(
                90,
                "Rory Quinn-Featherstonehaugh of the Isles",
                UserChange::Changed,
                "update",
                "location Leeds → York",
            ),
            line(31, "Ivan Horvat", UserChange::Changed, "update", "end date (empty) → 2026-11-01"),
            line(22, "田中 愛", UserChange::Removed, "deactivate", "was created by the run; deactivated"),
        ],
        left: vec![
            left(22, "田中 愛", "welcome mail", "it was sent with the creation; nothing recalls a mail", false),
            left(77, "Cécile Aubert", "updated", "location is `Hull` by now, not `Leeds`", true),
        ],
        left_people: 2,
        gone: 0,
        limits: vec![LimitCheck { kind: LimitKind::Leavers, count: 1, allowed: 10, waived: false }],
        hash: "c20e91ab11112222".into(),
    }
}

fn answer(query: &Query) -> Option<Payload> {
    let Query::Undo(Ask::Preview { run, .. }) = query else { return None };
    assert_eq!(*run, RunId(903));
    Some(Payload::Undo(Answer::Preview(Box::new(preview()))))
}

fn screen(size: (u16, u16)) -> Stage {
    Stage::new(Place::tenant(ScreenId::Undo, TENANT).about("903"), size, answer)
}

#[test]
fn what_goes_back_what_stays_and_what_comes_of_it() {
    for (columns, rows) in [(80, 24), (140, 40), (60, 16)] {
        insta::assert_snapshot!(format!("undo_{columns}x{rows}"), screen((columns, rows)).text());
    }
}

#[test]
fn nothing_is_sent_before_the_line_is_typed_and_then_once() {
    let mut stage = screen((80, 24));
    stage.keys("enter esc ! enter");
    assert_eq!(stage.commands(), []);
    stage.typed(&format!("{TENANT} 4"));
    stage.keys("enter");
    assert_eq!(stage.commands(), [], "another number");
    stage.keys("backspace 5 enter enter");
    let whole =
        UndoOrder { tenant: TENANT.into(), run: RunId(903), people: vec![], hash: Some(preview().hash), number: 5 };
    assert_eq!(stage.commands(), [Command::Run(LiveCommand::Undo(whole))]);
}

#[test]
fn a_person_is_left_out_with_all_lines() {
    let mut stage = screen((140, 40));
    stage.keys("space");
    let text = stage.text();
    assert!(text.contains("Undo run 903: 3 changes") && text.contains("1 person left out"), "{text}");
    assert_eq!(text.matches("stays as the run left it").count(), 2, "{text}");
    stage.keys("!");
    stage.typed(&format!("{TENANT} 3"));
    stage.keys("enter");
    let commands = stage.commands();
    let [Command::Run(LiveCommand::Undo(order))] = commands.as_slice() else { panic!("{commands:?}") };
    let people: Vec<&str> = order.people.iter().map(|one| one.as_str()).collect();
    assert_eq!((order.hash.clone(), people, order.number), (None, vec!["19", "22", "90"], 3));
}

#[test]
fn a_run_of_which_nothing_goes_back_says_so() {
    let nothing = |query: &Query| {
        let Query::Undo(Ask::Preview { .. }) = query else { return None };
        let preview = Preview { lines: Vec::new(), ..preview() };
        Some(Payload::Undo(Answer::Preview(Box::new(preview))))
    };
    let mut stage = Stage::new(Place::tenant(ScreenId::Undo, TENANT).about("903"), (80, 24), nothing);
    assert!(stage.text().contains("Nothing of it can be undone"), "{}", stage.text());
    stage.keys("! enter");
    assert_eq!(stage.commands(), []);
}

#[test]
fn where_all_whom_it_made_are_gone_it_can_be_sent_to_hold_them() {
    let gone = |query: &Query| {
        let Query::Undo(Ask::Preview { .. }) = query else { return None };
        let preview = Preview { lines: Vec::new(), gone: 3, ..preview() };
        Some(Payload::Undo(Answer::Preview(Box::new(preview))))
    };
    let mut stage = Stage::new(Place::tenant(ScreenId::Undo, TENANT).about("903"), (80, 24), gone);
    assert!(stage.text().contains("3 people whom it created have no user any more"), "{}", stage.text());
    stage.keys("!");
    stage.typed(&format!("{TENANT} 0"));
    stage.keys("enter");
    let commands = stage.commands();
    let [Command::Run(LiveCommand::Undo(order))] = commands.as_slice() else {
        panic!("{commands:?}\n{}", stage.text())
    };
    assert_eq!((order.number, order.people.len()), (0, 0));
}

#[test]
fn c_shows_what_the_run_said_that_is_taken_back() {
    let mut stage = screen((80, 24));
    stage.keys("c");
    assert_eq!(stage.place(), (ScreenId::Said, Some("903 person - 31".into())));
}

#[test]
fn what_stays_and_what_is_past_a_limit_has_a_code() {
    let mut stage = screen((80, 24));
    stage.keys("?");
    assert!(!stage.text().contains("onroll explain"), "a line that goes back has none: {}", stage.text());
    stage.keys("esc tab ?");
    assert!(stage.text().contains("onroll explain cannot_undo"), "{}", stage.text());
    stage.keys("esc down ?");
    assert!(stage.text().contains("onroll explain moved"), "{}", stage.text());
    let past = |query: &Query| {
        let Query::Undo(Ask::Preview { .. }) = query else { return None };
        let limits = vec![LimitCheck { kind: LimitKind::Leavers, count: 11, allowed: 10, waived: false }];
        Some(Payload::Undo(Answer::Preview(Box::new(Preview { limits, ..preview() }))))
    };
    let mut stage = Stage::new(Place::tenant(ScreenId::Undo, TENANT).about("903"), (80, 24), past);
    stage.keys("?");
    assert!(stage.text().contains("onroll explain limit_exceeded"), "{}", stage.text());
}
