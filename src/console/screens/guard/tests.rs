//! Pictures and keys of the source guard's page.

use crate::console::app::live::LiveCommand;
use crate::console::app::{Command, Control, Level, Mode, Msg, Payload, Place, Problem, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::review::testing::Bench;
use crate::console::screens::run::data::{Answer, Ask, Newest};
use crate::console::screens::run::newest_for_tests;
use crate::domain::problem::{self, LetThrough, Lost, ProblemKind};
use crate::domain::snapshot::Side;

fn users_stopped() -> Newest {
    let mut problem =
        problem::Problem::new(ProblemKind::Stopped, "the destination lists far fewer users than last time");
    let stop =
        LetThrough { side: Side::Destination, received: 0, last_good: 237, lost: Vec::new(), findings: Vec::new() };
    problem.let_through = Some(Box::new(stop));
    newest_for_tests(Some(problem))
}

#[test]
fn a_short_list_of_users_is_told_as_one_and_let_through_by_its_number() {
    let answers = |query: &Query| match query {
        Query::Run(Ask::Newest { .. }) => Some(Ok(Payload::Run(Answer::Newest(Box::new(users_stopped()))))),
        _ => None,
    };
    let mut bench = Bench::open(Place::tenant(ScreenId::Guard, "harbour-vine"), (80, 24), Mode::Live, answers);
    let picture = bench.picture();
    assert!(
        picture.contains("Stopped: 0 users came, 237 the last time") && !picture.contains("employees"),
        "{picture}"
    );
    assert!(picture.contains("is it the right account"), "{picture}");
    bench.keys(&["tab"]);
    type_in(&mut bench, "harbour-vine 0");
    bench.keys(&["enter"]);
    let wanted = LiveCommand::Preview { tenant: "harbour-vine".into(), accepted_rows: Some(0) };
    assert_eq!(bench.commands, [Command::Run(wanted)]);
}

fn stopped() -> Newest {
    let lost = |branch: &str, lost, had| Lost { branch: branch.into(), lost, had };
    let mut problem =
        problem::Problem::new(ProblemKind::Stopped, "the source guard stopped the run before its first write");
    problem.let_through = Some(Box::new(LetThrough {
        side: Side::Source,
        received: 189,
        last_good: 237,
        lost: vec![lost("Quayside", 41, 41), lost("Bath Royal", 7, 36)],
        findings: Vec::new(),
    }));
    newest_for_tests(Some(problem))
}

#[test]
fn records_that_are_suddenly_empty_are_told_in_words() {
    let answers = |query: &Query| {
        let Query::Run(Ask::Newest { .. }) = query else { return None };
        let mut problem = problem::Problem::new(ProblemKind::Stopped, "the source guard stopped the run");
        problem.let_through = Some(Box::new(LetThrough {
            side: Side::Source,
            received: 237,
            last_good: 237,
            lost: Vec::new(),
            findings: vec![
                "the start date is empty for everybody; 236 of 237 people had one the last time".into(),
                "112 people have an end date that is their start date: is the end date mapped to the wrong field?"
                    .into(),
            ],
        }));
        Some(Ok(Payload::Run(Answer::Newest(Box::new(newest_for_tests(Some(problem)))))))
    };
    let open = |size| Bench::open(Place::tenant(ScreenId::Guard, "harbour-vine"), size, Mode::Live, answers).picture();
    insta::assert_snapshot!("findings_at_80", open((80, 24)));
    insta::assert_snapshot!("findings_at_200", open((200, 60)));
}

fn answers(query: &Query) -> Option<Result<Payload, Problem>> {
    match query {
        Query::Run(Ask::Newest { .. }) => Some(Ok(Payload::Run(Answer::Newest(Box::new(stopped()))))),
        _ => None,
    }
}

fn open(size: (u16, u16)) -> Bench {
    Bench::open(Place::tenant(ScreenId::Guard, "harbour-vine"), size, Mode::Live, answers)
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
fn only_the_right_number_is_let_through_and_only_planned() {
    let mut bench = open((80, 24));
    bench.keys(&["tab"]);
    type_in(&mut bench, "harbour-vine 18");
    bench.keys(&["enter"]);
    assert!(bench.commands.is_empty(), "another number");
    type_in(&mut bench, "9");
    assert!(bench.picture().contains("Enter lets it through"), "{}", bench.picture());
    bench.keys(&["enter", "enter"]);
    let wanted = LiveCommand::Preview { tenant: "harbour-vine".into(), accepted_rows: Some(189) };
    assert_eq!(bench.commands, [Command::Run(wanted)], "once, and a preview: nothing is sent");
}

#[test]
fn pasting_is_refused_and_nothing_is_let_through_without_typing() {
    let mut bench = open((80, 24));
    bench.keys(&["!", "enter"]);
    assert!(bench.commands.is_empty());
    bench.keys(&["tab"]);
    bench.msg(Msg::Paste("harbour-vine 189".into()));
    assert!(bench.picture().contains("pasting is off"), "{}", bench.picture());
    bench.keys(&["enter"]);
    assert!(bench.commands.is_empty());
}

#[test]
fn a_long_message_is_whole_at_first_and_never_covers_what_is_typed() {
    let mut bench = open((80, 24));
    let words = "Harbour & Vine, run 219: the source guard stopped the run before its first write";
    bench.msg(Msg::Control(Control::Notice(Level::Error, words.into())));
    assert!(bench.picture().contains("first write") && bench.picture().contains("Esc"), "{}", bench.picture());
    bench.keys(&["tab"]);
    type_in(&mut bench, "harb");
    assert!(bench.picture().contains("\n ▸ harb"), "{}", bench.picture());
    bench.keys(&["tab"]);
    assert!(bench.picture().contains("first write"), "{}", bench.picture());
    bench.wait(12_000);
    let picture = bench.picture();
    assert!(picture.contains("\n ✗ Harbour & Vine, run 219") && !picture.contains("first write  "), "{picture}");
}
