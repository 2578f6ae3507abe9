//! Pictures and keys of the collision card, with the people of SCREENS 7.5.

use crate::console::app::{Command, Mode, Payload, Place, Problem, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::review::data::{Act, Answer, Ask, Collision, Outcome, Question, Side, Words};
use crate::console::screens::review::testing::Bench;
use crate::domain::decision::Ruling;
use crate::domain::plan::HoldCode;
use jiff::civil::date;

fn values(list: &[&str]) -> Vec<String> {
    list.iter().map(|value| (*value).to_owned()).collect()
}

fn collision() -> Collision {
    Collision {
        words: Words { source: "Planday".into(), destination: "Flow".into(), identifier: "identifier".into() },
        question: Question::Identifier,
        nobody_has_it: None,
        code: Some(HoldCode::DuplicateIdentifier),
        title: "Two employees carry identifier 40718_0090".into(),
        because: "Flow keeps one user per identifier: the second would silently overwrite the first.".into(),
        labels: values(&["name", "birth date", "e-mail", "job title", "branch", "start date", "Planday id", "status"]),
        user: Some("5102".into()),
        user_values: values(&[
            "Hanna Lindqvist",
            "4 Jul 1998",
            "h.lindqvist@hv.example",
            "Receptionist",
            "Lakeside",
            "1 Mar 2021",
            "40718_0090",
            "active",
        ]),
        fits: Some(0),
        apart: None,
        sides: vec![
            Side {
                employee: "90".into(),
                name: "Hanna Lindqvist".into(),
                branch: "Lakeside".into(),
                values: values(&[
                    "Hanna Lindqvist",
                    "4 Jul 1998",
                    "h.lindqvist@hv.example",
                    "Receptionist",
                    "Lakeside",
                    "1 Mar 2021",
                    "90",
                    "active",
                ]),
                fit: "all 5 agree".into(),
                keep: vec![("90".into(), Ruling::Link { user: "5102".into() })],
                outcome: "Hanna goes on as 5102. Hannah stays held until HR gives an id of their own.".into(),
                refused: None,
                others_without: None,
                fix: "Hanna Lindqvist, Lakeside: id 90 is taken, give an id of their own".into(),
                is_held: true,
            },
            Side {
                employee: "91".into(),
                name: "Hannah Lindquist".into(),
                branch: "Lakeside".into(),
                values: values(&[
                    "Hannah Lindquist",
                    "30 Jan 2001",
                    "hannah.l@mail.example",
                    "Waiter",
                    "Lakeside",
                    "16 Nov 2026",
                    "91",
                    "active",
                ]),
                fit: "0 of 5 agree".into(),
                keep: vec![("91".into(), Ruling::Link { user: "5102".into() })],
                outcome: "5102 would become Hannah: 9 courses change owner; asks first.".into(),
                refused: None,
                others_without: None,
                fix: "Hannah Lindquist, Lakeside: id 91 is taken, give an id of their own".into(),
                is_held: true,
            },
        ],
        all: vec!["90".into(), "120".into()],
        place: 0,
        later: date(2026, 12, 1),
    }
}

/// Amy, who has a user, and a second record of hers.
fn records() -> Collision {
    let side = |id: &str, email: &str, job: &str, start: &str, has: &str| Side {
        employee: id.into(),
        name: format!("Amy Thornbury ({id})"),
        branch: "Quayside".into(),
        values: values(&["Amy Thornbury", "10 Apr 1990", email, job, "Quayside", start, id, "active"]),
        fit: has.into(),
        fix: format!("Amy Thornbury, Quayside: id {id} is another record; end one, or tell that they are two people"),
        ..Side::default()
    };
    let outcome = |words: &str| words.to_owned();
    Collision {
        question: Question::Records,
        code: Some(HoldCode::ProbableDuplicate),
        title: "Two records look like one person".into(),
        because: "Equal name, equal birth date. Which one counts, or are both real?".into(),
        user: Some("7001".into()),
        user_values: values(&[
            "Amy Thornbury",
            "10 Apr 1990",
            "amy@hv.example",
            "Waiter",
            "Quayside",
            "1 Mar 2022",
            "40817_4000",
            "active",
        ]),
        apart: Some(Outcome {
            write: "1 new user".into(),
            wrong: "if it is one human, the history is split".into(),
            mails: 1,
            ..Outcome::default()
        }),
        sides: vec![
            Side {
                outcome: outcome("4000 goes on as 7001; 4701 excluded until 4000 leaves."),
                ..side("4000", "amy@hv.example", "Waiter", "1 Mar 2022", "has user 7001")
            },
            Side {
                outcome: outcome("7001 and its history go to 4701; 4000 excluded until 4701 leaves."),
                is_held: true,
                ..side("4701", "amy.private@mail.example", "Bartender", "1 Oct 2026", "no user yet")
            },
        ],
        all: vec!["4000".into()],
        ..collision()
    }
}

fn record_answers(query: &Query) -> Option<Result<Payload, Problem>> {
    match query {
        Query::Review(Ask::Collision { .. }) => Some(Ok(Payload::Review(Answer::Collision(Box::new(records()))))),
        _ => None,
    }
}

fn open_records(size: (u16, u16)) -> Bench {
    let place = Place::tenant(ScreenId::Collision, "harbour-vine").about("4701");
    Bench::open(place, size, Mode::Preview, record_answers)
}

#[test]
fn all15_records_of_one_person_at_100_and_80() {
    insta::assert_snapshot!("records_at_100", open_records((100, 30)).picture());
    insta::assert_snapshot!("records_at_80", open_records((80, 24)).picture());
}

#[test]
fn all15_a_record_is_kept_the_account_is_handed_over_after_a_question_and_both_may_be_real() {
    let mut bench = open_records((100, 30));
    bench.keys(&["enter"]);
    let Command::Review(Act::Keep { employee, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(employee.as_str(), "4000");
    let mut bench = open_records((100, 30));
    bench.keys(&["right", "enter"]);
    assert!(bench.commands.is_empty());
    assert!(bench.picture().contains("Keep Amy Thornbury (4701)?"), "{}", bench.picture());
    bench.wait(300);
    bench.key("y");
    let Command::Review(Act::Keep { employee, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(employee.as_str(), "4701");
    let mut bench = open_records((100, 30));
    bench.keys(&["n"]);
    assert!(matches!(bench.last(), Command::Review(Act::TellApart { .. })));
    bench.done("rule", Payload::Review(Answer::Ruled));
    assert_eq!(bench.model.place().unwrap().screen, ScreenId::Review, "back to the queue");
    let mut bench = open_records((100, 30));
    bench.keys(&["t"]);
    let Command::Review(Act::Rule { rulings, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(rulings.len(), 1, "the linked record goes on");
    // On a collision of identifiers `n` says nothing.
    let mut bench = open((100, 30));
    bench.keys(&["n"]);
    assert!(bench.commands.is_empty());
}

fn answers(query: &Query) -> Option<Result<Payload, Problem>> {
    match query {
        Query::Review(Ask::Collision { .. }) => Some(Ok(Payload::Review(Answer::Collision(Box::new(collision()))))),
        _ => None,
    }
}

fn open(size: (u16, u16)) -> Bench {
    let place = Place::tenant(ScreenId::Collision, "harbour-vine").about("90");
    Bench::open(place, size, Mode::Preview, answers)
}

#[test]
fn the_card_at_100_140_and_80() {
    insta::assert_snapshot!("at_100", open((100, 30)).picture());
    insta::assert_snapshot!("at_140", open((140, 40)).picture());
    insta::assert_snapshot!("at_80", open((80, 24)).picture());
}

#[test]
fn the_fitting_side_is_kept_without_a_question_and_the_other_asks() {
    let mut bench = open((100, 30));
    bench.keys(&["enter"]);
    let Command::Review(Act::Rule { rulings, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(rulings, &[("90".into(), Ruling::Link { user: "5102".into() })]);
    let mut bench = open((100, 30));
    bench.keys(&["right", "enter"]);
    assert!(bench.commands.is_empty());
    assert!(bench.picture().contains("Keep Hannah Lindquist?"));
    bench.wait(300);
    bench.key("y");
    assert!(matches!(bench.last(), Command::Review(Act::Rule { .. })));
}

#[test]
fn after_a_ruling_the_next_collision_comes() {
    let mut bench = open((100, 30));
    bench.keys(&["t"]);
    let Command::Review(Act::Rule { rulings, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(rulings.len(), 2, "both wait");
    bench.done("rule", Payload::Review(Answer::Ruled));
    assert_eq!(bench.model.place().unwrap().subject.as_deref(), Some("120"));
}

#[test]
fn undo_goes_to_whom_it_brought_back_and_the_way_on_leads_here_again() {
    let named = |query: &Query| match query {
        Query::Review(Ask::Collision { employee, .. }) => {
            let card = Collision { title: format!("The card of {employee}"), ..collision() };
            Some(Ok(Payload::Review(Answer::Collision(Box::new(card)))))
        }
        _ => None,
    };
    let place = Place::tenant(ScreenId::Collision, "harbour-vine").about("120");
    let mut bench = Bench::open(place, (100, 30), Mode::Preview, named);
    bench.keys(&["u"]);
    bench.done(
        "rule",
        Payload::Review(Answer::Walked {
            employees: Some(vec!["90".into()]),
            words: "Undone: Hanna Lindqvist is not linked to 5102".into(),
            redo: false,
        }),
    );
    bench.done("rule", Payload::Review(Answer::Replanned));
    assert!(bench.picture().contains("The card of 90"), "{}", bench.picture());
    bench.keys(&["."]);
    assert!(bench.picture().contains("The card of 120"), "{}", bench.picture());
}

#[test]
fn a_read_only_console_rules_on_nobody_and_does_not_say_that_it_did() {
    let place = || Place::tenant(ScreenId::Collision, "harbour-vine").about("90");
    let mut bench = Bench::open(place(), (100, 30), Mode::ReadOnly, answers);
    bench.keys(&["t"]);
    assert!(bench.picture().contains("Later: read-only"), "{}", bench.picture());
    bench.keys(&["enter"]);
    assert!(bench.commands.is_empty(), "{:?}", bench.commands);
    let picture = bench.picture();
    assert!(picture.contains("Nothing was changed: this console is read-only"), "{picture}");
    assert!(!picture.contains("Kept Hanna"), "{picture}");
    let mut bench = Bench::open(place(), (100, 30), Mode::ReadOnly, answers);
    bench.keys(&["o", "enter"]);
    assert!(matches!(bench.last(), Command::Review(Act::FixList { .. })), "a file may be saved");
}

#[test]
fn o_adds_the_other_side_to_the_fix_list() {
    let mut bench = open((100, 30));
    bench.keys(&["o", "enter"]);
    let Command::Review(Act::FixList { who, file, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!((who.as_str(), file.as_str()), ("Hannah Lindquist", "harbour-vine-fix-list.csv"));
}

/// Lucy has the kitchen's mailbox, Omar is new.
fn kitchen(query: &Query) -> Option<Result<Payload, Problem>> {
    let Query::Review(Ask::Collision { .. }) = query else { return None };
    let side = |id: &str, name: &str, outcome: &str, without: &str| Side {
        employee: id.into(),
        name: name.into(),
        values: values(&[name, "1 Jan 1990", "kitchen@hvine.example", "Chef", "Lakeside", "1 Mar 2021", id, "active"]),
        outcome: outcome.into(),
        others_without: Some(Ok(without.into())),
        is_held: true,
        ..Side::default()
    };
    let kitchen = Collision {
        question: Question::Email,
        code: Some(HoldCode::DuplicateEmail),
        title: "Two employees have one e-mail".into(),
        because: "Flow refuses one e-mail twice: employees 7 and 8 have one e-mail.".into(),
        nobody_has_it: Some(Ok(
            "Lucy goes on, the e-mail is left as it is, Omar is created without e-mail: no mail.".into()
        )),
        sides: vec![
            side(
                "7",
                "Lucy Hart",
                "Lucy keeps it: nothing to write. Omar stays held until HR gives one of their own.",
                "Omar is created without e-mail: no welcome mail, no log-in by mail yet.",
            ),
            side("8", "Omar Haddad", "Omar gets it: 1 create.", "Lucy goes on, the e-mail is left as it is."),
        ],
        fits: Some(0),
        all: vec!["7".into()],
        ..collision()
    };
    Some(Ok(Payload::Review(Answer::Collision(Box::new(kitchen)))))
}

#[test]
fn where_a_mailbox_is_shared_enter_excludes_nobody_and_the_other_goes_without() {
    let open = |size| {
        let place = Place::tenant(ScreenId::Collision, "harbour-vine").about("7");
        Bench::open(place, size, Mode::Preview, kitchen)
    };
    insta::assert_snapshot!("kitchen_at_100", open((100, 30)).picture());
    insta::assert_snapshot!("kitchen_at_80", open((80, 24)).picture());
    let mut bench = open((100, 30));
    bench.keys(&["enter"]);
    let Command::Review(Act::KeepShared { employee, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(employee.as_str(), "7");
    let mut bench = open((100, 30));
    bench.keys(&["n"]);
    let Command::Review(Act::WithoutEmail { employees, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(employees, &["8".into()]);
    assert!(bench.picture().contains("Omar Haddad goes without e-mail"), "{}", bench.picture());
    let mut bench = open((100, 30));
    bench.keys(&["b", "n"]);
    let Command::Review(Act::WithoutEmail { employees, .. }) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(employees, &["7".into(), "8".into()]);
}
