//! Pictures and keys of the typed confirmation.

use crate::console::app::live::LiveCommand;
use crate::console::app::{Command, Mode, Msg, Payload, Place, Problem, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::plan::data::{Answer, Ask, LimitPage, LimitRow, Part};
use crate::console::screens::review::testing::Bench;
use crate::domain::plan::LimitKind;

fn page(without: &[LimitKind]) -> LimitPage {
    let who = |name: &str, id: &str| (name.to_owned(), id.to_owned(), "missing from a complete pull".to_owned());
    let left_out = if without.contains(&LimitKind::Leavers) { 64 } else { 0 };
    LimitPage {
        plan: 551,
        only: Vec::new(),
        without: without.to_vec(),
        tenant_name: "Copper Kettle Cafés".into(),
        short_name: "copper-kettle".into(),
        destination: "Flow".into(),
        first_import: false,
        operations: 70,
        limits: vec![
            LimitRow { kind: LimitKind::Leavers, count: 64, allowed: 10, waived: false },
            LimitRow { kind: LimitKind::Updates, count: 6, allowed: 400, waived: false },
        ],
        parts: vec![
            Part {
                kind: LimitKind::Leavers,
                people: 64,
                causes: vec![
                    ("missing from a complete pull".into(), 58),
                    ("the source says that the employment is over".into(), 6),
                ],
                who: vec![
                    who("Sorcha Byrne", "20418"),
                    who("Tomasz Lis", "20977"),
                    who("Eva Koch", "21003"),
                    who("Mei-Ling Ong", "21120"),
                ],
            },
            Part {
                kind: LimitKind::Updates,
                people: 6,
                causes: vec![("job title changes".into(), 6)],
                who: Vec::new(),
            },
        ],
        number: 70 - left_out,
        people: 70 - left_out,
        mails: 0,
        gate: None,
    }
}

fn answers(query: &Query) -> Option<Result<Payload, Problem>> {
    match query {
        Query::Plan(Ask::Limit { without, .. }) => Some(Ok(Payload::Plan(Answer::Limit(Box::new(page(without)))))),
        _ => None,
    }
}

fn open(size: (u16, u16)) -> Bench {
    let place = Place::tenant(ScreenId::Limit, "copper-kettle").about("551");
    Bench::open(place, size, Mode::Live, answers)
}

fn type_in(bench: &mut Bench, text: &str) {
    for letter in text.chars() {
        bench.key(&if letter == ' ' { "space".to_owned() } else { letter.to_string() });
    }
}

#[test]
fn the_page_at_100_and_at_80() {
    insta::assert_snapshot!("at_100", open((100, 32)).picture());
    insta::assert_snapshot!("at_80", open((80, 24)).picture());
}

#[test]
fn only_the_typed_line_and_then_bang_send() {
    let mut bench = open((100, 32));
    bench.keys(&["tab", "!"]);
    assert!(bench.commands.is_empty());
    bench.keys(&["tab"]);
    type_in(&mut bench, "copper-kettle 7");
    bench.keys(&["enter", "!"]);
    assert!(bench.commands.is_empty(), "another number");
    bench.keys(&["tab"]);
    type_in(&mut bench, "0");
    bench.keys(&["enter"]);
    assert!(bench.commands.is_empty(), "Enter does not send");
    bench.keys(&["!"]);
    let Command::Run(LiveCommand::Apply(apply)) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!((apply.confirmed, apply.without.as_slice()), (Some(70), &[][..]));
    bench.keys(&["!"]);
    assert_eq!(bench.commands.len(), 1, "once");
}

#[test]
fn the_page_begins_in_its_line_and_takes_its_own_keys_only() {
    let mut bench = open((100, 32));
    // Left with the cursor on the parts, it begins in the line again.
    bench.keys(&["tab"]);
    assert!(bench.picture().contains("─ Your answer"), "{}", bench.picture());
    bench.shown_again();
    assert!(bench.picture().contains("━ Your answer"), "{}", bench.picture());
    // A letter or a digit on the parts leads nowhere: it is the begin of the line.
    for first in ["q", "5", "c"] {
        bench.keys(&["tab", first]);
        let picture = bench.picture();
        assert!(picture.contains("━ Your answer") && picture.contains("Confirm"), "{first}\n{picture}");
        bench.keys(&["backspace"]);
    }
    bench.keys(&["tab"]);
    type_in(&mut bench, "copper-kettle 70");
    bench.keys(&["enter", "!"]);
    assert_eq!(bench.commands.len(), 1);
}

#[test]
fn pasting_is_refused() {
    let mut bench = open((100, 32));
    bench.msg(Msg::Paste("copper-kettle 70".into()));
    assert!(bench.picture().contains("pasting is off"), "{}", bench.picture());
    bench.keys(&["enter", "!"]);
    assert!(bench.commands.is_empty());
}

#[test]
fn a_part_that_is_not_ticked_stays_held_and_changes_the_number() {
    let mut bench = open((100, 32));
    type_in(&mut bench, "copper-kettle 70");
    bench.keys(&["tab", "space"]);
    insta::assert_snapshot!("without_leavers", bench.picture());
    bench.keys(&["!"]);
    assert!(bench.commands.is_empty(), "the typed number was another");
    bench.keys(&["tab"]);
    type_in(&mut bench, "copper-kettle 6");
    bench.keys(&["tab", "!"]);
    let Command::Run(LiveCommand::Apply(apply)) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!((apply.confirmed, apply.without.as_slice()), (Some(6), &[LimitKind::Leavers][..]));
}
