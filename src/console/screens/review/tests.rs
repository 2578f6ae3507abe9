//! Pictures and keys of Review, with the card of SCREENS 7.4.

use super::data::{
    Act, Answer, Ask, Card, Choice, DeskMark, Group, Line, Mark, Outcome, Queue, QueueRow, ReviewFigures,
    ReviewFiltered, ReviewOrder, Ruled, Words,
};
use super::list_tests::{list_line, member};
use super::testing::{Answers, Bench};
use crate::console::app::live::LiveCommand;
use crate::console::app::{Command, Mode, Payload, Place, Problem, Query};
use crate::console::screens::ScreenId;
use crate::domain::decision::Ruling;
use crate::domain::filter::Facet;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::HoldCode;
use jiff::civil::date;
use std::cell::Cell;
use std::sync::Arc;

const NAMES: [&str; 6] =
    ["Katarzyna Wójcik", "Agnieszka Wróbel", "Björn Åkesson", "Çağla Şahin", "Renée Dubois", "小林 健"];

fn words() -> Words {
    Words { source: "Planday".into(), destination: "Flow".into(), identifier: "identifier".into() }
}

pub(super) fn row(number: usize) -> QueueRow {
    QueueRow {
        has_rival: false,
        hold: number as i64,
        employee: EmployeeId(format!("{number}")),
        name: NAMES[number % NAMES.len()].into(),
        code: if number == 5 { HoldCode::StatusUnclear } else { HoldCode::ProbableDuplicate },
        user: (number != 5).then(|| format!("88{number}").as_str().into()),
        user_name: format!("User {number}"),
        probability: 0.989 - number as f64 * 0.003,
        second: 0.0,
        group: (number < 5).then_some(0),
    }
}

pub(super) fn queue() -> Queue {
    Queue {
        plan: 31,
        made: "2026-11-24T14:02:00Z".parse().unwrap(),
        mark: DeskMark::default(),
        words: words(),
        auto_link: None,
        people: 1204,
        later: date(2026, 12, 1),
        order: ReviewOrder::default(),
        figures: ReviewFigures { ruled: 0, left: 6 },
        counted: 0,
        rows: Arc::new((0..6).map(row).collect()),
        groups: Arc::new(vec![Group {
            words: "same birth date, same last name, first name almost equal, other e-mail".into(),
            rows: vec![0, 1, 2, 3, 4],
        }]),
        ruled: Default::default(),
        whole: true,
        collisions: Arc::new(vec!["90".into()]),
        doubled: Vec::new(),
    }
}

fn line(label: &str, source: &str, destination: &str, mark: Mark, bits: f64, reason: &str) -> Line {
    Line {
        label: label.into(),
        source: source.into(),
        destination: destination.into(),
        mark,
        bits: Some(bits),
        reason: reason.into(),
        stays: matches!(label, "first name" | "last name" | "birth date" | "e-mail"),
    }
}

fn choice() -> Choice {
    Choice {
        user: "8841".into(),
        name: "Kasia Wojcik".into(),
        active: true,
        status: "active".into(),
        identifier: None,
        probability: 0.9893,
        prior: Some(-10.3),
        lines: vec![
            line("first name", "Katarzyna", "Kasia", Mark::Almost, 4.1, "a short form of it"),
            line("last name", "Wójcik", "Wojcik", Mark::Equal, 6.3, "equal; 4 of 1,187 carry it"),
            line("birth date", "12 Mar 1994", "12 Mar 1994", Mark::Equal, 11.2, "equal"),
            line(
                "e-mail",
                "k.wojcik@hvine.example",
                "kasia.w94@mail.example",
                Mark::Differs,
                -2.3,
                "a private address",
            ),
            line("job title", "Chef de Partie", "Chef De Partie", Mark::Almost, 2.1, "capitals only"),
            line("branch", "Quayside", "Castle Street", Mark::Differs, -2.4, "another branch"),
            line("start date", "2 May 2022", "14 Jun 2022", Mark::Differs, -1.5, "43 days apart"),
        ],
        rival: Some(("Karolina Wójcik claims 8841".into(), -0.7)),
        claimed_by: Some("2".into()),
        weight: 6.5,
        hint: String::new(),
        link: Outcome {
            write: "identifier, then 4 fields: name, e-mail, branch, job title".into(),
            short: "identifier + 4 fields".into(),
            training: "14 courses stay, last 3 Sep 2026".into(),
            wrong: "two people share one history; undo puts all 5 old values back".into(),
            undo: 5,
            ..Outcome::default()
        },
    }
}

fn card(employee: &EmployeeId) -> Card {
    let number: usize = employee.as_str().parse().unwrap();
    let other = |name: &str, probability, hint: &str| Choice {
        name: name.into(),
        user: "901".into(),
        probability,
        hint: hint.into(),
        active: true,
        ..choice()
    };
    let choices = if number == 5 {
        Vec::new()
    } else {
        vec![
            choice(),
            other("Karolina Wójcik", 0.009, "twin? same birth date"),
            other("Katarzyna Wolska", 0.001, "inactive"),
        ]
    };
    Card {
        hold: number as i64,
        employee: employee.to_string(),
        identifier: "40718_2231".into(),
        name: NAMES[number].into(),
        code: Some(row(number).code),
        message: "Planday says `on leave (long)`, which means neither active nor ended here".into(),
        remedy: "give `on leave (long)` a meaning in Settings, status map".into(),
        facts: vec![("identifier".into(), "40718_2231".into()), ("first name".into(), "健".into())],
        choices,
        new: Outcome {
            write: "create 40718_2231".into(),
            short: "1 create".into(),
            mails: 1,
            training: "empty; 14 courses stay with 8841".into(),
            wrong: "a duplicate; 8841 stays active and nobody's".into(),
            refused: (number == 5).then(|| "stays held: status unclear".into()),
            ..Outcome::default()
        },
        later: Outcome {
            write: "nothing; not synced until ruled".into(),
            short: "nothing sent".into(),
            training: "untouched".into(),
            wrong: "1 Dec, or when name, birth date or e-mail change".into(),
            ..Outcome::default()
        },
        others: Vec::new(),
        records: 0,
        ruling: None,
    }
}

/// The card of somebody beside whom another record stands; the first has that one's user as its candidate, the others nobody.
fn beside(query: &Query) -> Option<Result<Payload, Problem>> {
    let Query::Review(Ask::Card { employee, .. }) = query else { return answers(query) };
    let mut card = card(employee);
    card.message =
        "Planday has this person more than once: may be employee 4000, who has user 7001: equal name, equal \
                    birth date"
            .into();
    card.remedy = "rule in Review which record counts, or that both are real; until then nobody is created".into();
    card.code = Some(HoldCode::ProbableDuplicate);
    card.others = vec!["Katarzyna Wójcik (4000)".into()];
    card.records = 1;
    card.new = Outcome {
        write: "create 40718_2231, for this record alone".into(),
        short: "1 create".into(),
        mails: 1,
        training: "starts empty".into(),
        wrong: "a second account for one human; 4000 stays as it is".into(),
        ..Outcome::default()
    };
    card.choices.truncate(usize::from(employee.as_str() == "0"));
    for choice in &mut card.choices {
        choice.link.refused = Some("employee 4000 has this user: c rules which of the two records counts".into());
        (choice.probability, choice.prior, choice.rival) = (0.0, None, None);
        choice.lines.iter_mut().for_each(|line| line.bits = None);
    }
    Some(Ok(Payload::Review(Answer::Card(Box::new(card)))))
}

#[test]
fn all15_a_card_with_another_record_beside_leads_to_both() {
    let open = |size| Bench::open(Place::tenant(ScreenId::Review, "harbour-vine"), size, Mode::Preview, beside);
    insta::assert_snapshot!("beside_at_80", open((80, 24)).picture());
    insta::assert_snapshot!("beside_at_140", open((140, 40)).picture());
    let mut bench = open((80, 24));
    bench.keys(&["enter"]);
    assert!(bench.commands.is_empty(), "the user is somebody else's");
    assert!(bench.picture().contains("c rules which of the two"), "{}", bench.picture());
    bench.keys(&["."]);
    insta::assert_snapshot!("beside_nobody_at_80", bench.picture());
    bench.keys(&[",", "c"]);
    let place = bench.model.place().unwrap();
    assert_eq!((place.screen, place.subject.as_deref()), (ScreenId::Collision, Some("0")));
    let mut bench = open((80, 24));
    bench.keys(&["m", "s"]);
    let Command::Review(Act::TellApart { employee, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(employee.as_str(), "0");
    let mut bench = open((80, 24));
    bench.keys(&["n"]);
    assert!(matches!(bench.last(), Command::Review(Act::Rule { .. })), "a user for this record alone");
}

#[test]
fn all15_who_has_two_users_already_is_told_where_nobody_waits() {
    let nobody = |query: &Query| {
        let Query::Review(Ask::Queue { .. }) = query else { return answers(query) };
        let queue = Queue { rows: Arc::default(), groups: Arc::default(), doubled: vec!["77".into()], ..queue() };
        Some(Ok(Payload::Review(Answer::Queue(Some(Box::new(queue))))))
    };
    let mut bench = Bench::open(Place::tenant(ScreenId::Review, "harbour-vine"), (80, 24), Mode::Preview, nobody);
    insta::assert_snapshot!("two_users_already", bench.picture());
    bench.keys(&["c"]);
    let place = bench.model.place().unwrap();
    assert_eq!((place.screen, place.subject.as_deref()), (ScreenId::Collision, Some("77")));
}

#[test]
fn the_first_cards_stand_while_the_others_are_read() {
    fn the_first(query: &Query) -> Option<Result<Payload, Problem>> {
        let Query::Review(Ask::Queue { whole, .. }) = query else { return answers(query) };
        let rows = Arc::new((0..2).map(row).collect());
        let part = Queue { rows, groups: Arc::default(), whole: false, ..queue() };
        (!whole).then(|| Ok(Payload::Review(Answer::Queue(Some(Box::new(part))))))
    }
    let mut bench = other((140, 40), the_first);
    assert!(bench.picture().contains("Katarzyna") && bench.picture().contains("reading the queue"));
    for _ in 0..2 {
        bench.wait(300);
        bench.keys(&["t"]);
    }
    let picture = bench.picture();
    assert!(!picture.contains("That was the last card") && picture.contains("reading the queue …"), "{picture}");
    fn first_then_all(query: &Query) -> Option<Result<Payload, Problem>> {
        let Query::Review(Ask::Queue { whole, .. }) = query else { return answers(query) };
        let rows = Arc::new((0..if *whole { 6 } else { 2 }).map(row).collect());
        Some(Ok(Payload::Review(Answer::Queue(Some(Box::new(Queue { rows, whole: *whole, ..queue() }))))))
    }
    let bench = other((140, 40), first_then_all);
    assert!(bench.picture().contains("card 1 of 6") && !bench.picture().contains("reading the queue"));
}

#[test]
fn a_card_is_read_again_only_where_something_has_moved_that_it_depends_on() {
    thread_local! {
        static NEWEST: Cell<i64> = const { Cell::new(7) };
        static READ: Cell<usize> = const { Cell::new(0) };
    }
    fn counted(query: &Query) -> Option<Result<Payload, Problem>> {
        match query {
            Query::Review(Ask::Queue { .. }) => {
                let mark = DeskMark { audit: NEWEST.get(), ..DeskMark::default() };
                Some(Ok(Payload::Review(Answer::Queue(Some(Box::new(Queue { mark, ..queue() }))))))
            }
            Query::Review(Ask::Card { .. }) => {
                READ.set(READ.get() + 1);
                answers(query)
            }
            _ => answers(query),
        }
    }
    let mut bench = other((140, 40), counted);
    assert_eq!(READ.get(), 2, "the first, and the next one ahead");
    bench.keys(&["5", "4"]);
    assert_eq!(bench.model.place().unwrap().screen, ScreenId::Review);
    assert!(bench.picture().contains("Katarzyna Wójcik"), "{}", bench.picture());
    assert_eq!(READ.get(), 2, "both are still there");
    NEWEST.set(8);
    bench.keys(&["5", "4"]);
    assert_eq!(READ.get(), 4, "somebody has done something meanwhile");
}

pub(super) fn answers(query: &Query) -> Option<Result<Payload, Problem>> {
    let Query::Review(ask) = query else { return None };
    Some(Ok(Payload::Review(match ask {
        Ask::Queue { .. } => Answer::Queue(Some(Box::new(queue()))),
        Ask::Lines { holds, .. } => Answer::Lines(holds.iter().map(|hold| list_line(*hold)).collect()),
        Ask::Group { members, .. } => Answer::Group(members.iter().map(|(employee, _)| member(employee)).collect()),
        Ask::Progress { .. } => return None,
        Ask::Filter { text, order, plan, .. } => {
            let has = |name: &&str| text.split(' ').all(|word| name.to_lowercase().contains(&word.to_lowercase()));
            let places = NAMES.iter().enumerate().filter(|(_, name)| has(name)).map(|(at, _)| at).collect();
            let facet = Facet::new(0, NAMES.len(), [("rehire".to_owned(), 2), ("probable duplicate".to_owned(), 3)]);
            let found = ReviewFiltered { places, all: NAMES.len(), facets: vec![facet] };
            Answer::Filtered { text: text.clone(), order: *order, plan: *plan, found: Some(Box::new(found)) }
        }
        Ask::Card { employee, .. } => Answer::Card(Box::new(card(employee))),
        Ask::Collision { .. } => return None,
    })))
}

fn place() -> Place {
    Place::tenant(ScreenId::Review, "harbour-vine")
}

fn open(size: (u16, u16)) -> Bench {
    Bench::open(place(), size, Mode::Preview, answers)
}

pub(super) fn other(size: (u16, u16), answers: Answers) -> Bench {
    Bench::open(place(), size, Mode::Preview, answers)
}

pub(super) fn rulings(command: &Command) -> Vec<(String, &'static str)> {
    match command {
        Command::Review(Act::Rule { rulings, .. }) => {
            rulings.iter().map(|(employee, ruling)| (employee.to_string(), ruling.key())).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_card_at_140() {
    let mut bench = open((140, 40));
    bench.keys(&["j", "j"]);
    insta::assert_snapshot!(bench.picture());
}

#[test]
fn a_card_at_80() {
    insta::assert_snapshot!(open((80, 24)).picture());
}

#[test]
fn a_card_at_200_and_at_60() {
    insta::assert_snapshot!("at_200", open((200, 60)).picture());
    insta::assert_snapshot!("at_60", open((60, 16)).picture());
}

#[test]
fn the_lens_and_the_reason_at_80() {
    let mut bench = open((80, 24));
    bench.keys(&["tab"]);
    insta::assert_snapshot!("lens", bench.picture());
    bench.keys(&["w"]);
    insta::assert_snapshot!("why", bench.picture());
}

#[test]
fn the_group_at_80() {
    let mut bench = open((80, 24));
    bench.keys(&["b", "down", "space"]);
    insta::assert_snapshot!(bench.picture());
}

#[test]
fn somebody_without_candidates() {
    let mut bench = open((80, 24));
    bench.keys(&[".", ".", ".", ".", "."]);
    insta::assert_snapshot!(bench.picture());
    bench.keys(&["enter"]);
    assert!(bench.commands.is_empty(), "nobody to link to");
}

#[test]
fn without_a_plan_and_without_cards() {
    let none = other((80, 24), |query| match query {
        Query::Review(Ask::Queue { .. }) => Some(Ok(Payload::Review(Answer::Queue(None)))),
        _ => None,
    });
    insta::assert_snapshot!("no_plan", none.picture());
    let nobody = other((80, 24), |query| match query {
        Query::Review(Ask::Queue { .. }) => {
            let queue = Queue { rows: Arc::default(), groups: Arc::default(), ..queue() };
            Some(Ok(Payload::Review(Answer::Queue(Some(Box::new(queue))))))
        }
        _ => None,
    });
    insta::assert_snapshot!("nobody", nobody.picture());
}

#[test]
fn reading_and_failing() {
    let mut reading = other((80, 24), |_| None);
    reading.wait(200);
    insta::assert_snapshot!("reading", reading.picture());
    let failed = other((80, 24), |query| match query {
        Query::Review(_) => Some(Err(Problem::new("The queue was not read", "`database is locked`", "try again: r"))),
        _ => None,
    });
    insta::assert_snapshot!("failed", failed.picture());
}

#[test]
fn enter_links_and_the_next_card_comes() {
    let mut bench = open((80, 24));
    bench.keys(&["enter"]);
    assert_eq!(rulings(bench.last()), [("0".to_owned(), "link")]);
    assert!(bench.picture().contains("Agnieszka Wróbel: probable duplicate"));
    bench.keys(&["right", "enter"]);
    let Command::Review(Act::Rule { rulings, .. }) = bench.last() else { panic!() };
    assert_eq!(rulings[0].1, Ruling::Link { user: "901".into() }, "the candidate that is shown");
    bench.keys(&["n", "t"]);
    assert_eq!(super::tests::rulings(&bench.commands[2]), [("2".to_owned(), "create")]);
    let Command::Review(Act::Rule { rulings, .. }) = bench.last() else { panic!() };
    assert_eq!(rulings[0].1, Ruling::Later { until: Some(date(2026, 12, 1)) });
}

#[test]
fn a_card_that_was_not_seen_is_not_ruled() {
    let mut bench = open((80, 24));
    bench.wait(300);
    bench.key("enter");
    bench.key("enter");
    bench.wait(200);
    bench.key("enter");
    assert_eq!(bench.commands.len(), 1);
    assert!(bench.picture().contains("too quick, card 2 was not read"), "{}", bench.picture());
    bench.wait(100);
    bench.key("enter");
    assert_eq!(bench.commands.len(), 2);
}

#[test]
fn a_group_is_one_step_and_space_takes_one_out() {
    let mut bench = open((80, 24));
    bench.keys(&["b", "down", "space", "enter"]);
    assert_eq!(
        rulings(bench.last()).into_iter().map(|(employee, _)| employee).collect::<Vec<_>>(),
        ["0", "2", "3"],
        "4 would stay held: nothing is ruled on that one"
    );
    assert!(bench.picture().contains("Linked 3 people; 1 stays held"), "{}", bench.picture());
    assert!(bench.picture().contains("Agnieszka Wróbel"), "the one left out comes next");
}

#[test]
fn new_for_all_asks_first() {
    let mut bench = open((80, 24));
    bench.keys(&["b", "n"]);
    assert!(bench.commands.is_empty());
    let picture = bench.picture();
    assert!(picture.contains("New users for 3 people in Flow?"), "{picture}");
    assert!(picture.contains("The plan then has 3 creates and 3 welcome mails for them."), "{picture}");
    assert!(picture.contains("2 stay held and are not ruled on: active user 77"), "{picture}");
    bench.wait(300);
    bench.key("y");
    assert_eq!(rulings(bench.last()).len(), 3);
}

#[test]
fn undo_brings_the_card_back_and_redo_marks_it_again() {
    let mut bench = open((80, 24));
    bench.keys(&["enter", "u"]);
    assert_eq!(bench.last(), &Command::Review(Act::Undo { tenant: "harbour-vine".into() }));
    let words = "Undone: Katarzyna Wójcik is not linked to 8841".to_owned();
    let undone = Answer::Walked { employees: Some(vec!["0".into()]), words, redo: false };
    bench.done("walk", Payload::Review(undone));
    assert!(bench.picture().contains("Katarzyna Wójcik: probable duplicate"));
    assert!(bench.picture().contains("Undone: Katarzyna Wójcik is not linked to 8841"), "{}", bench.picture());
    bench.wait(9_000);
    assert!(bench.picture().contains("0 of 6"));
    bench.keys(&["U"]);
    bench.done(
        "walk",
        Payload::Review(Answer::Walked {
            employees: Some(vec!["0".into()]),
            words: "Done again: Katarzyna Wójcik is again linked to 8841".into(),
            redo: true,
        }),
    );
    assert!(bench.picture().contains("1 of 6"));
}

#[test]
fn rulings_plan_again_once_at_a_time() {
    let mut bench = open((80, 24));
    bench.keys(&["enter", "enter", "enter"]);
    for _ in 0..3 {
        bench.done("rule", Payload::Review(Answer::Ruled));
    }
    let replans = |bench: &Bench| {
        bench.commands.iter().filter(|command| matches!(command, Command::Review(Act::Replan { .. }))).count()
    };
    assert_eq!(replans(&bench), 1);
    bench.done("replan", Payload::Review(Answer::Replanned));
    assert_eq!(replans(&bench), 2, "the last ruling counts");
    bench.done("replan", Payload::Review(Answer::Replanned));
    assert_eq!(replans(&bench), 2);
}

#[test]
fn after_the_last_card_enter_makes_a_fresh_plan() {
    let mut bench = open((80, 24));
    bench.keys(&["b", "enter", "t", "t"]);
    insta::assert_snapshot!(bench.picture());
    bench.keys(&["enter"]);
    let preview = LiveCommand::Preview { tenant: "harbour-vine".into(), accepted_rows: None };
    assert_eq!(bench.last(), &Command::Run(preview));
}

#[test]
fn a_note_goes_with_the_next_ruling_and_more_rules_too() {
    let mut bench = open((80, 24));
    bench.keys(&["m", "i"]);
    for letter in ["s", "e", "e", "n"] {
        bench.key(letter);
    }
    bench.keys(&["enter", "m", "x"]);
    let Command::Review(Act::Rule { rulings, reason, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!((rulings[0].1.clone(), reason.as_deref()), (Ruling::Exclude, Some("seen")));
    bench.keys(&["m", "s"]);
    assert!(matches!(bench.last(), Command::Review(Act::NotSame { off: false, .. })));
    bench.keys(&["u"]);
    assert!(matches!(bench.last(), Command::Review(Act::NotSame { off: true, .. })));
}

#[test]
fn a_filter_narrows_list_and_cards_and_behind_the_last_are_the_collisions() {
    let mut bench = open((80, 24));
    bench.keys(&["/", "d", "u", "b"]);
    insta::assert_snapshot!("filter_80", bench.picture());
    bench.keys(&["enter", "enter"]);
    let picture = bench.picture();
    assert!(
        picture.contains("Renée Dubois: probable duplicate") && picture.contains("card 1 of 1, filtered"),
        "{picture}"
    );
    // The cards of the filter are all that is walked; its last ruling leads back to the list.
    bench.keys(&["."]);
    assert!(bench.picture().contains("This is the last who fits the filter"), "{}", bench.picture());
    bench.keys(&["t"]);
    assert!(bench.picture().contains("/ dub"), "{}", bench.picture());
    bench.keys(&["/", "z", "z"]);
    assert!(bench.picture().contains("Nobody fits \"dubzz\""), "{}", bench.picture());
    // What cannot be read is marked, and hides nobody more.
    bench.keys(&["esc", "/"]);
    bench.keys(&["x", ":", "1"]);
    assert!(bench.picture().contains("no column \"x\""), "{}", bench.picture());
    bench.keys(&["esc", "F"]);
    insta::assert_snapshot!("facets_80", bench.picture());
    bench.keys(&["F", "G", "enter", "."]);
    bench.keys(&[".", "."]);
    assert_eq!(bench.model.place().unwrap().screen, ScreenId::Collision);
}

#[test]
fn the_list_is_saved_as_it_is_filtered_and_a_note_goes_with_the_next_ruling() {
    let mut bench = open((100, 30));
    bench.keys(&["/", "d", "u", "b", "enter", "o", "enter"]);
    let Command::Review(Act::Save { holds, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(holds.len(), 1, "only who fits");
    bench.keys(&["m", "i", "s", "e", "e", "n", "enter"]);
    bench.keys(&["enter", "t"]);
    let Command::Review(Act::Rule { reason, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(reason.as_deref(), Some("seen"));
}

#[test]
fn b_says_when_nobody_is_alike() {
    let mut bench = open((80, 24));
    bench.keys(&[".", ".", ".", ".", ".", "b"]);
    let picture = bench.picture();
    assert!(picture.contains("Nobody else is alike"), "{picture}");
}

#[test]
fn who_they_are_never_leaves_the_card() {
    let whole = |size| {
        let mut bench = open(size);
        bench.keys(&["G"]);
        bench.picture()
    };
    for size in [(60, 16), (62, 17), (80, 24), (100, 20), (140, 40), (200, 60)] {
        let picture = whole(size);
        for value in ["Katarzyna", "Wójcik", "12 Mar 1994", "k.wojcik@hvi", "kasia.w94@mai", "start date", "Enter"] {
            assert!(picture.contains(value), "{value} at {size:?}:\n{picture}");
        }
    }
    assert!(whole((140, 40)).contains("kasia.w94@mail.example"));
}

#[test]
fn the_budget_of_section_9_holds() {
    // Without any alikes 100 people take at most 130 keys: each of the three rulings is one key, and a second candidate
    // takes one more.
    let mut bench = open((80, 24));
    for key in ["enter", "n", "t", "right", "enter"] {
        bench.keys(&[key]);
    }
    assert_eq!(bench.commands.len(), 4);
    assert_eq!(Ruled::of(&Ruling::HoldBack), None);
}
