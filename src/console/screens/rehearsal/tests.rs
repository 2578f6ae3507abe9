//! Pictures and keys of the screen Rehearsal.

use super::data::{Act, Answer, Ask, Line, Page, Rehearsal};
use crate::console::app::{Command, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::plan::data::Act as PlanAct;
use crate::console::screens::run::stage::{Stage, TENANT, ago};
use crate::domain::field::Field;
use crate::domain::operation::OperationKind;
use crate::domain::rehearsal::{FieldAfter, RehearsalFigures, Rehearsed};

fn line(seq: u32, name: &str, kind: OperationKind, result: Rehearsed) -> Line {
    Line { seq, kind, employee: Some(format!("41102_{seq:04}").as_str().into()), name: name.into(), result }
}

fn refused(status: u16, code: &str, message: &str) -> Rehearsed {
    Rehearsed::Refused { status, code: code.into(), message: message.into() }
}

fn rehearsal() -> Rehearsal {
    let mut lines = vec![
        line(118, "Ana Ferreira", OperationKind::Update, refused(409, "EMAIL_IN_USE", "user 6620 has it")),
        line(40, "Lena Hoffmann", OperationKind::Update, refused(422, "INVALID_DATE", "ends before it starts")),
        line(
            7,
            "Hannah Okafor-Featherstonehaugh of the Isles",
            OperationKind::Create,
            Rehearsed::Other {
                what: "job title: other than planned".into(),
                fields: vec![FieldAfter {
                    field: Field::JobTitle,
                    planned: Some("Bartender".into()),
                    after: Some("Waiter".into()),
                }],
            },
        ),
        line(
            8,
            "小野 由紀",
            OperationKind::Link,
            Rehearsed::NotRehearsed { why: "the simulator does not hold user 88".into() },
        ),
    ];
    lines.extend((200..260).map(|seq| line(seq, "Jürgen Weiß", OperationKind::Update, Rehearsed::AsPlanned)));
    Rehearsal {
        words: "2 of 64 would be refused".into(),
        figures: RehearsalFigures { as_planned: 60, other: 1, refused: 2, not_rehearsed: 1 },
        kinds: Vec::new(),
        users: 1_187,
        options: 35,
        read_at: Some(ago(600)),
        seconds: 1.13,
        mails: 67,
        by: "R. Osei".into(),
        at: ago(120),
        lines,
    }
}

fn page(rehearsed: Option<Rehearsal>) -> Payload {
    Payload::Rehearsal(Answer::Page(Some(Box::new(Page {
        plan: 33,
        hash: "20b944fe11112222".into(),
        destination: "Flow Learning".into(),
        changes: 64,
        rehearsed,
    }))))
}

fn screen(size: (u16, u16), rehearsed: Option<Rehearsal>) -> Stage {
    let answer = move |query: &Query| match query {
        Query::Rehearsal(Ask::Page { .. }) => Some(page(rehearsed.clone())),
        _ => None,
    };
    Stage::new(Place::tenant(ScreenId::Rehearsal, TENANT), size, answer)
}

#[test]
fn refused_lines_first_and_what_it_cannot_know() {
    for (columns, rows) in [(80, 24), (140, 40), (60, 16)] {
        let mut stage = screen((columns, rows), Some(rehearsal()));
        stage.keys("j j");
        insta::assert_snapshot!(format!("rehearsal_{columns}x{rows}"), stage.text());
    }
}

#[test]
fn what_was_not_rehearsed_is_rehearsed_at_once_and_once() {
    let mut stage = screen((80, 24), None);
    let act = Command::Rehearsal(Act::Rehearse { tenant: TENANT.into(), plan: 33 });
    assert_eq!(stage.commands(), [act]);
    insta::assert_snapshot!("rehearsing", stage.text());
    stage.keys("r");
    assert_eq!(stage.commands(), [], "it is on its way");
}

#[test]
fn one_or_all_refused_are_held_back() {
    let mut stage = screen((80, 24), Some(rehearsal()));
    stage.keys("t");
    let hold = |ids: &[&str]| {
        let employees = ids.iter().map(|id| (*id).into()).collect();
        Command::Plan(PlanAct::HoldBack { tenant: TENANT.into(), employees, on: true })
    };
    assert_eq!(stage.commands(), [hold(&["41102_0118"])]);
    let mut stage = screen((80, 24), Some(rehearsal()));
    stage.keys("b b");
    assert_eq!(stage.commands(), [hold(&["41102_0118", "41102_0040"])], "once");
    let mut stage = screen((80, 24), Some(rehearsal()));
    stage.keys("enter");
    assert_eq!(stage.place(), (ScreenId::Person, Some("41102_0118".to_owned())));
}

#[test]
fn what_the_simulator_refused_or_took_otherwise_has_a_code() {
    let mut stage = screen((80, 24), Some(rehearsal()));
    stage.keys("?");
    let text = stage.text();
    assert!(text.contains("onroll explain write_refused") && text.contains("at the simulator"), "{text}");
    stage.keys("esc G ?");
    assert!(!stage.text().contains("onroll explain"), "as planned: {}", stage.text());
}
