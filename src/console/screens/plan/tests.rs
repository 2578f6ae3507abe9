//! Pictures and keys of Plan, with the plan of SCREENS 7.6.

use super::data::{Act, Answer, Ask, Changed, CodeRow, Compared, KindRow, LimitRow, LineRow, Page, Person, Question};
use crate::console::app::live::{Apply, LiveCommand};
use crate::console::app::{Command, Mode, Payload, Place, Problem, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::review::data::Words;
use crate::console::screens::review::testing::{Answers, Bench};
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::plan::{HoldCode, LimitKind, ManagerProblem, OperationKind};
use crate::services::drift::{Before, MovedBefore};

const NAMES: [&str; 12] = [
    "Zoë Ångström",
    "Jürgen Weiß",
    "Priya Nair",
    "Rhys Llewellyn",
    "Marta Peña",
    "小野 由紀",
    "Aoife Ní Bhriain",
    "Théo Marchand",
    "Grace O’Neill",
    "Søren Kjær",
    "Ingrid Solberg",
    "Samuel Adeyemi",
];

fn page(gate: Option<&str>) -> Page {
    let kind = |kind, count, words: &str| KindRow { kind, count, words: words.into() };
    let code = |code: HoldCode, words: &str, people, who: &str| CodeRow {
        code,
        words: words.into(),
        people,
        who: who.into(),
        first: Some("7".into()),
    };
    let limit = |kind, count, allowed, waived| LimitRow { kind, count, allowed, waived };
    Page {
        plan: 31,
        made: "2026-11-24T14:02:00Z".parse().unwrap(),
        by: "R. Osei".into(),
        hash: "7f3ac91e00000000".into(),
        employees: 1204,
        users: 1187,
        data_at: Some("2026-11-24T14:02:00Z".parse().unwrap()),
        words: Words { source: "Planday".into(), destination: "Flow".into(), identifier: "identifier".into() },
        tenant_name: "Harbour & Vine".into(),
        changes: 428,
        kinds: vec![
            kind(OperationKind::Create, 41, "41 welcome mails"),
            kind(OperationKind::Link, 161, "identifier only"),
            kind(OperationKind::Update, 212, "in 334 fields"),
            kind(OperationKind::Reactivate, 3, "rehires"),
            kind(OperationKind::Deactivate, 9, "leavers"),
            kind(OperationKind::CreateOption, 2, "job titles"),
        ],
        unchanged: 649,
        future: 0,
        managers_left: Vec::new(),
        held: vec![
            code(HoldCode::ProbableDuplicate, "probable duplicate", 75, "Review"),
            code(HoldCode::Rehire, "rehire", 9, "Review"),
            code(HoldCode::EmailHeldByActiveUser, "e-mail held by active", 6, "Review"),
            code(HoldCode::IdentifierChanged, "identifier changed", 4, "Review"),
            code(HoldCode::IdentifierReused, "identifier reused", 2, "Review"),
            code(HoldCode::UnmappedValue, "value not mapped", 57, "Mappings"),
            code(HoldCode::MissingField, "job title missing", 11, "HR"),
            code(HoldCode::DuplicateEmail, "same e-mail twice", 2, "HR"),
            code(HoldCode::DuplicateIdentifier, "same identifier twice", 2, "HR"),
            code(HoldCode::NameNotAccepted, "name not accepted", 1, "HR"),
        ],
        held_people: 169,
        ruled: 0,
        limits: vec![
            limit(LimitKind::Leavers, 9, 10, false),
            limit(LimitKind::Creations, 41, 25, true),
            limit(LimitKind::Updates, 212, 517, false),
            limit(LimitKind::Identifiers, 4, 5, false),
        ],
        welcome: 41,
        notice: 0,
        first_import: true,
        typed: false,
        gate: gate.map(str::to_owned),
        fields: vec![
            ("job title".into(), 121),
            ("branch".into(), 96),
            ("department".into(), 71),
            ("e-mail".into(), 4),
            ("first name".into(), 42),
        ],
    }
}

fn row(id: i64, held: bool) -> LineRow {
    let number = usize::try_from(id).unwrap();
    LineRow {
        id,
        kind: (!held).then_some(OperationKind::Update),
        code: held.then_some(HoldCode::DuplicateIdentifier),
        employee: Some(EmployeeId(format!("{id}"))),
        name: NAMES[number % NAMES.len()].into(),
        identifier: format!("40718_{:04}", 900 + id),
        fields: if held { "employees 90 and 91 carry one identifier".into() } else { "job title, branch".into() },
        branch: "Quayside".into(),
        state: String::new(),
    }
}

fn person(line: i64) -> Person {
    let changed = |label: &str, from: &str, to: &str, cosmetic| Changed {
        label: label.into(),
        from: from.into(),
        to: to.into(),
        cosmetic,
    };
    let equal = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    Person {
        line,
        title: "Jürgen Weiß, 40718_0954, user 5102".into(),
        changed: vec![
            changed("last name", "Weiss", "Weiß", true),
            changed("job title", "Commis Chef", "Sous Chef", false),
            changed("e-mail", "j.weiss@hvine.example", "juergen.weiss@hvine.example", false),
        ],
        equal: vec![
            equal("first name", "Jürgen"),
            equal("branch", "CAST02  Castle Street"),
            equal("start date", "3 Apr 2019"),
            equal("identifier", "40718_0954"),
            equal("department", "Kitchen"),
            equal("birth date", "1 Feb 1990"),
        ],
        note: None,
        warning: Some("The e-mail is this person's log-in: it changes with this line.".into()),
    }
}

fn answer(ask: &Ask, gate: Option<&str>, typed: bool) -> Option<Answer> {
    Some(match ask {
        Ask::Page { .. } => Answer::Page(Some(Box::new(page(gate)))),
        Ask::Lines { text, .. } if text == "nobody" => Answer::Lines(Default::default()),
        Ask::Lines { .. } => Answer::Lines(std::sync::Arc::new((0..212).collect())),
        Ask::Held { .. } => Answer::Lines(std::sync::Arc::new(vec![300, 301])),
        Ask::Rows { ids, held, .. } => Answer::Rows(ids.iter().map(|id| row(*id, *held)).collect()),
        Ask::Person { line, .. } => Answer::Person(Box::new(person(*line))),
        Ask::Question { plan, only, .. } => Answer::Question(Box::new(Question {
            plan: *plan,
            only: only.clone(),
            tenant_name: "Harbour & Vine, LIVE".into(),
            destination: "Flow".into(),
            people: 12,
            operations: 12,
            counts: "7 create   5 update".into(),
            mails: 7,
            names: NAMES.iter().take(9).map(|name| (*name).to_owned()).collect(),
            undo: "Can be undone: 5 of them. Not: 7 mails.".into(),
            typed,
            moved: None,
        })),
        Ask::Compare { plan, .. } => Answer::Compared(Box::new(Compared {
            plan: *plan,
            before: Some(30),
            counts: vec![("create".into(), 43, 41), ("update".into(), 200, 212), ("unchanged".into(), 659, 649)],
            joined: (14, NAMES.iter().take(3).map(|name| (*name).to_owned()).collect()),
            left: (1, vec!["Katarzyna Wójcik".into()]),
        })),
        Ask::Facets { text, .. } | Ask::HeldFacets { text, .. } => {
            Answer::Facets { text: text.clone(), facets: Vec::new() }
        }
        Ask::Limit { .. } => return None,
    })
}

fn preview(query: &Query) -> Option<Result<Payload, Problem>> {
    let Query::Plan(ask) = query else { return None };
    answer(ask, Some("not published"), false).map(|answer| Ok(Payload::Plan(answer)))
}

fn live(query: &Query) -> Option<Result<Payload, Problem>> {
    let Query::Plan(ask) = query else { return None };
    answer(ask, None, false).map(|answer| Ok(Payload::Plan(answer)))
}

fn without_managers(query: &Query) -> Option<Result<Payload, Problem>> {
    let Query::Plan(ask) = query else { return None };
    let mut answer = answer(ask, None, false)?;
    if let Answer::Page(Some(page)) = &mut answer {
        page.future = 4;
        page.managers_left = vec![(ManagerProblem::Left, 14), (ManagerProblem::NoUser, 3), (ManagerProblem::Circle, 2)];
    }
    Some(Ok(Payload::Plan(answer)))
}

fn typed(query: &Query) -> Option<Result<Payload, Problem>> {
    let Query::Plan(ask) = query else { return None };
    answer(ask, None, true).map(|answer| Ok(Payload::Plan(answer)))
}

fn open(size: (u16, u16), answers: Answers) -> Bench {
    let standing = if answers as usize == preview as Answers as usize { Mode::Preview } else { Mode::Live };
    Bench::open(Place::tenant(ScreenId::Plan, "harbour-vine"), size, standing, answers)
}

#[test]
fn a_plan_at_140() {
    let mut bench = open((140, 40), preview);
    bench.keys(&["down"]);
    insta::assert_snapshot!(bench.picture());
}

#[test]
fn a_plan_at_80() {
    insta::assert_snapshot!("figures_80", open((80, 24), preview).picture());
    let mut bench = open((80, 24), preview);
    bench.keys(&["enter", "down"]);
    insta::assert_snapshot!("list_80", bench.picture());
}

#[test]
fn who_goes_on_without_a_manager_is_told_at_140_and_80() {
    insta::assert_snapshot!("managers_140", open((140, 40), without_managers).picture());
    insta::assert_snapshot!("managers_80", open((80, 24), without_managers).picture());
}

#[test]
fn a_plan_at_200_and_at_60() {
    insta::assert_snapshot!("at_200", open((200, 60), live).picture());
    insta::assert_snapshot!("at_60", open((60, 16), live).picture());
}

#[test]
fn without_a_plan_while_reading_and_failing() {
    let none = open((80, 24), |query| match query {
        Query::Plan(Ask::Page { .. }) => Some(Ok(Payload::Plan(Answer::Page(None)))),
        _ => None,
    });
    insta::assert_snapshot!("no_plan", none.picture());
    let mut reading = open((80, 24), |_| None);
    reading.wait(200);
    insta::assert_snapshot!("reading", reading.picture());
    let failed = open((80, 24), |query| match query {
        Query::Plan(_) => Some(Err(Problem::new("The plan was not read", "`database is locked`", "try again: r"))),
        _ => None,
    });
    insta::assert_snapshot!("failed", failed.picture());
}

#[test]
fn the_plan_beside_the_one_before() {
    let mut bench = open((80, 24), live);
    bench.keys(&["c"]);
    insta::assert_snapshot!(bench.picture());
    bench.keys(&["c"]);
    assert!(bench.picture().contains("What it does"));
}

#[test]
fn bang_is_off_while_not_published() {
    let mut bench = open((80, 24), preview);
    bench.keys(&["!"]);
    assert!(bench.commands.is_empty());
    assert!(bench.picture().contains("Apply: not published"), "{}", bench.picture());
}

#[test]
fn bang_asks_once_and_sends_exactly_this_plan() {
    let mut bench = open((140, 40), live);
    bench.keys(&["!"]);
    insta::assert_snapshot!(bench.picture());
    assert!(bench.commands.is_empty());
    bench.wait(300);
    bench.key("y");
    let apply = Apply {
        tenant: "harbour-vine".into(),
        plan: PlanId(31),
        only: Vec::new(),
        without: Vec::new(),
        confirmed: None,
        reason: None,
        waves: None,
    };
    assert_eq!(bench.last(), &Command::Run(LiveCommand::Apply(apply)));
}

#[test]
fn marked_people_are_sent_alone() {
    let mut bench = open((140, 40), live);
    bench.keys(&["space", "space", "!"]);
    bench.wait(300);
    bench.key("y");
    let Command::Run(LiveCommand::Apply(apply)) = bench.last() else { panic!("{:?}", bench.last()) };
    assert_eq!(apply.only, ["0".into(), "1".into()]);
}

#[test]
fn past_a_limit_the_page_of_the_typed_number_opens() {
    let mut bench = open((140, 40), typed);
    bench.keys(&["!"]);
    assert!(bench.commands.is_empty());
    let place = bench.model.place().unwrap();
    assert_eq!((place.screen, place.subject.as_deref()), (ScreenId::Limit, Some("31")));
}

#[test]
fn t_holds_back_and_lets_go_again() {
    let mut bench = open((140, 40), live);
    bench.keys(&["t"]);
    let hold = |on| Command::Plan(Act::HoldBack { tenant: "harbour-vine".into(), employees: vec!["0".into()], on });
    assert_eq!(bench.last(), &hold(true));
    assert!(bench.picture().contains("held back"), "{}", bench.picture());
    assert!(bench.picture().contains("planning again"));
    let replanned =
        Answer::Replanned { employees: vec!["0".into()], words: "Held back 1 person".into(), walked: false };
    bench.done("rule", Payload::Plan(replanned));
    assert!(bench.picture().contains("by R. Osei"), "it stays in its place");
    bench.keys(&["up", "t"]);
    assert_eq!(bench.last(), &hold(false));
}

#[test]
fn a_list_that_was_left_is_read_again() {
    let mut bench = open((140, 40), live);
    bench.keys(&["t"]);
    let replanned =
        Answer::Replanned { employees: vec!["0".into()], words: "Held back 1 person".into(), walked: false };
    bench.done("rule", Payload::Plan(replanned));
    assert!(bench.picture().contains("by R. Osei"));
    bench.keys(&["7", "5"]);
    assert!(!bench.picture().contains("by R. Osei"), "a run or a newer plan may have come: {}", bench.picture());
}

#[test]
fn keys_of_the_footer_lead_on() {
    let mut bench = open((140, 40), live);
    bench.keys(&["enter"]);
    assert!(
        bench.picture().contains("Person is not part of this build")
            || bench.model.place().unwrap().screen == ScreenId::Person
    );
    let mut bench = open((140, 40), live);
    bench.keys(&["r"]);
    let preview = LiveCommand::Preview { tenant: "harbour-vine".into(), accepted_rows: None };
    assert_eq!(bench.last(), &Command::Run(preview));
    bench.keys(&["o"]);
    bench.keys(&["enter"]);
    let save = Act::Save { tenant: "harbour-vine".into(), plan: 31, file: "harbour-vine-plan-31.xlsx".into() };
    assert_eq!(bench.last(), &Command::Plan(save));
    bench.keys(&["u"]);
    assert_eq!(bench.last(), &Command::Plan(Act::Walk { tenant: "harbour-vine".into(), redo: false }));
}

#[test]
fn held_people_lead_to_their_cure() {
    let mut bench = open((140, 40), live);
    bench.keys(&["left", "G", "right"]);
    assert!(bench.picture().contains("employees 90 and 91 carry one identifier"), "{}", bench.picture());
    bench.keys(&["enter"]);
    assert_eq!(bench.model.place().unwrap().screen, ScreenId::Collision);
}

#[test]
fn s_bx12_a_question_mark_on_a_held_line_explains_its_code_and_again_shows_the_keys() {
    for (size, name) in [((140, 40), "explain_140"), ((80, 24), "explain_80")] {
        let mut bench = open(size, live);
        bench.keys(&["left", "G", "right"]);
        bench.key("?");
        insta::assert_snapshot!(name, bench.picture());
        bench.key("?");
        assert!(bench.picture().contains("Help: Plan"), "{}", bench.picture());
        bench.keys(&["esc", "f1"]);
        assert!(bench.picture().contains("Help: Plan"), "F1 is always the keys: {}", bench.picture());
        bench.keys(&["esc", "?", "enter"]);
        let place = bench.model.place().unwrap();
        assert_eq!(place.screen, ScreenId::Person, "the first remedy that can be gone to");
    }
    let mut bench = open((140, 40), live);
    bench.keys(&["left", "g"]);
    assert!(bench.picture().contains("? help"), "{}", bench.picture());
    bench.keys(&["G"]);
    assert!(bench.picture().contains("? explain"), "{}", bench.picture());
    bench.key("?");
    assert!(bench.picture().contains("1 person of this plan"), "{}", bench.picture());
}

#[test]
fn a_filter_that_finds_nothing_says_so() {
    let mut bench = open((140, 40), live);
    bench.keys(&["/"]);
    for letter in "nobody".chars() {
        bench.key(&letter.to_string());
    }
    bench.keys(&["enter"]);
    assert!(bench.picture().contains("No line fits \"nobody\".  Esc clears"), "{}", bench.picture());
    bench.keys(&["esc"]);
    assert!(bench.picture().contains("of 212"));
}

/// Some of it has moved, as is known before anything is asked.
fn with_moved(query: &Query, standing: u32) -> Option<Result<Payload, Problem>> {
    let Query::Plan(ask) = query else { return None };
    let mut answer = answer(ask, None, false)?;
    if let Answer::Question(question) = &mut answer {
        let line = |name: &str, now: &str, already| MovedBefore {
            employee: Some("41102_0388".into()),
            name: name.into(),
            approved: "branch Cliff House → Old Pier".into(),
            now: now.into(),
            already,
        };
        let moved = vec![
            line("Bryn Cadwallader", "branch is The Anchor", false),
            line("Ellie Marsh", "Flow has it already", true),
        ];
        question.moved = Some(Before { lines: standing + 2, standing, moved });
    }
    Some(Ok(Payload::Plan(answer)))
}

#[test]
fn what_has_moved_is_asked_about_before_the_box() {
    let mut bench = open((80, 24), |query| with_moved(query, 10));
    bench.keys(&["!"]);
    insta::assert_snapshot!("moved_asks_80", bench.picture());
    bench.key("enter");
    assert!(bench.commands.is_empty(), "the box comes next");
    assert!(bench.picture().contains("Push 12 people to Flow?"), "{}", bench.picture());
    bench.wait(400);
    bench.key("y");
    assert!(matches!(bench.last(), Command::Run(LiveCommand::Apply(_))), "{:?}", bench.last());
    // Of a plan that does not stand at all nothing can be sent: a new preview is made.
    let mut bench = open((80, 24), |query| with_moved(query, 0));
    bench.keys(&["!"]);
    assert!(bench.picture().contains("None of 2 still stands."), "{}", bench.picture());
    bench.key("enter");
    assert!(matches!(bench.last(), Command::Run(LiveCommand::Preview { .. })), "{:?}", bench.last());
}
