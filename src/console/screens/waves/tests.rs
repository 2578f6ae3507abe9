//! Pictures and keys of the screen Waves.

use super::data::{Answer, Ask, Page, WaveRow};
use crate::console::app::live::LiveCommand;
use crate::console::app::{Command, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::plan::data::{Answer as PlanAnswer, Ask as PlanAsk, Question};
use crate::console::screens::run::stage::{Stage, TENANT};
use crate::domain::field::Field;
use crate::domain::waves::{WaveGate, WaveStep, WavesAsked};
use std::cell::RefCell;
use std::rc::Rc;

fn wave(label: &str, changes: u32, mails: u32, people: u32, who: &[&str], what: &str) -> WaveRow {
    WaveRow {
        label: label.into(),
        changes,
        mails,
        people,
        some: who
            .iter()
            .enumerate()
            .map(|(at, name)| (format!("{label}{at}").as_str().into(), (*name).into()))
            .collect(),
        what: what.into(),
    }
}

fn page(asked: &WavesAsked) -> Page {
    let group = asked.steps.iter().find_map(|step| match step {
        WaveStep::Group { field, value } => Some((*field, value.clone())),
        _ => None,
    });
    let mut waves = vec![
        wave("one person", 1, 0, 1, &["Priya Nair"], "update"),
        wave(
            "five people",
            5,
            2,
            5,
            &["小野 由紀", "Rory Quinn-Featherstonehaugh of the Isles", "Zoë Ångström"],
            "2 create, 1 link, 1 update, 1 reactivate",
        ),
    ];
    if let Some((field, value)) = &group {
        let field = field.unwrap_or(Field::Branch);
        let value = value.clone().unwrap_or_else(|| "Lakeside".into());
        waves.push(wave(&format!("{} {value}", field.words()), 38, 6, 31, &["Ana Ferreira"], "6 create, 32 update"));
    }
    waves.push(wave(
        "all the rest",
        531,
        58,
        470,
        &["Robin Achterberg"],
        "58 create, 240 link, 224 update, 9 deactivate",
    ));
    Page {
        plan: 34,
        hash: "5d11e0a711112222".into(),
        changes: 575,
        mails: 66,
        first_import: true,
        destination: "Flow".into(),
        shows_late_min: 15,
        waves,
        field: Some(group.and_then(|(field, _)| field).unwrap_or(Field::Branch)),
        groups: vec!["Lakeside".into(), "Quay House".into(), "The Old Corn Exchange on the Market Square".into()],
        gate: None,
    }
}

fn screen(size: (u16, u16), typed: bool) -> (Stage, Rc<RefCell<WavesAsked>>) {
    let seen = Rc::new(RefCell::new(WavesAsked::default()));
    let asked_for = Rc::clone(&seen);
    let answer = move |query: &Query| match query {
        Query::Waves(Ask::Page { asked, .. }) => {
            *asked_for.borrow_mut() = asked.clone();
            Some(Payload::Waves(Answer::Page(Some(Box::new(page(asked))))))
        }
        Query::Plan(PlanAsk::Question { plan, only, .. }) => {
            assert!(only.is_empty());
            let question = Question {
                plan: *plan,
                tenant_name: "Harbour & Vine, LIVE".into(),
                destination: "Flow Learning".into(),
                people: 507,
                operations: 575,
                counts: "66 create   243 link".into(),
                mails: 66,
                typed,
                ..Question::default()
            };
            Some(Payload::Plan(PlanAnswer::Question(Box::new(question))))
        }
        _ => None,
    };
    (Stage::new(Place::tenant(ScreenId::Waves, TENANT), size, answer), seen)
}

#[test]
fn the_waves_their_gate_and_what_stops_them() {
    for (columns, rows) in [(80, 24), (140, 40), (60, 16)] {
        insta::assert_snapshot!(format!("waves_{columns}x{rows}"), screen((columns, rows), false).0.text());
    }
}

#[test]
fn keys_choose_who_goes_when_and_what_is_sent_is_what_is_shown() {
    let (mut stage, asked) = screen((80, 24), false);
    assert_eq!(*asked.borrow(), WavesAsked::default());
    stage.keys("space down down right");
    let group = |value: &str| WaveStep::Group { field: None, value: Some(value.into()) };
    assert_eq!(asked.borrow().steps, [WaveStep::Five, group("Quay House")]);
    stage.keys("e");
    let by_department = WaveStep::Group { field: Some(Field::Department), value: None };
    assert_eq!(asked.borrow().steps, [WaveStep::Five, by_department.clone()]);
    stage.keys("down down down space right !");
    insta::assert_snapshot!("waves_asks", stage.text());
    stage.wait(400);
    stage.keys("y");
    let Some(Command::Run(LiveCommand::Apply(apply))) = stage.commands().pop() else { panic!("{}", stage.text()) };
    let waves = apply.waves.unwrap();
    assert_eq!((waves.steps, waves.gate), (vec![WaveStep::Five, by_department], WaveGate::Minutes(10)));
}

#[test]
fn a_first_import_is_typed_with_its_waves() {
    let (mut stage, _) = screen((80, 24), true);
    stage.keys("!");
    assert_eq!(stage.place().0, ScreenId::Limit);
    assert_eq!(stage.commands(), []);
}
