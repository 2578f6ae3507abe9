//! Pictures and keys of Troubles.

use super::data::{Act, Answer, Ask};
use crate::console::app::{Command, Mode, Payload, Place, Problem, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::review::testing::{Answers, Bench};
use crate::domain::code::{Code, FeedCode, LineCode, ProblemCode};
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::plan::HoldCode;
use crate::domain::trouble::nowhere::{Attempt, Nowhere};
use crate::domain::trouble::{By, Cause, Grade, Mute, Trouble, TroubleLife};
use crate::services::troubles::{Figures, Listed, Troubles};
use jiff::Timestamp;
use jiff::tz::TimeZone;

fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}Z").parse().unwrap()
}

fn listed(id: i64, tenant: &str, code: Code, about: &str, life: TroubleLife, what: &str) -> Listed {
    let grade = if matches!(code, Code::Problem(_)) { Grade::Whole } else { Grade::Part };
    Listed {
        trouble: Trouble {
            id,
            connection: ConnectionId(id),
            cause: Cause::new(code, about),
            grade,
            what: what.into(),
            why: String::new(),
            people: 0,
            opened_at: at("24T12:56:02"),
            opened_by: Some(RunId(769)),
            last_at: at("24T13:26:00"),
            last_run: Some(RunId(771)),
            times: 3,
            seen: None,
            mute: None,
            works_since: None,
            closed_at: None,
            is_told: true,
            works_by: None,
            back_by: None,
            recovery: crate::domain::trouble::Recovery::Untold,
        },
        life,
        tenant: tenant.to_lowercase().replace(' ', "-"),
        tenant_name: tenant.into(),
        what: what.into(),
        zone: TimeZone::UTC,
        people: 2_306,
        waiting_plan: None,
        is_explained: false,
    }
}

fn seen(by: &str, when: &str) -> Option<By> {
    Some(By { by: by.into(), at: at(when) })
}

fn lines() -> Vec<Listed> {
    let problem = Code::Problem;
    let value = Code::Hold(HoldCode::UnmappedValue);
    let mut all = vec![
        listed(
            7,
            "Tidewater Inns",
            problem(ProblemCode::CredentialsRefused),
            "MAPAL OS",
            TroubleLife::Open,
            "MAPAL OS refused the credentials",
        ),
        listed(
            8,
            "Copper Kettle Cafés",
            problem(ProblemCode::LimitExceeded),
            "leavers",
            TroubleLife::Open,
            "64 leavers, 10 allowed",
        ),
        listed(
            9,
            "Marlowe & Finch",
            Code::Line(LineCode::Refused),
            "",
            TroubleLife::Open,
            "3 lines refused by Learn Amp",
        ),
        listed(
            4,
            "Brasa do Porto",
            value,
            "job_title=Sub-chefe",
            TroubleLife::Muted,
            "`Sub-chefe` not mapped, 9 people",
        ),
        listed(
            3,
            "Nordlys Hoteller",
            problem(ProblemCode::VendorUnwell),
            "Flow",
            TroubleLife::Quiet,
            "Flow Learning did not answer properly",
        ),
        listed(5, "Saltmarsh Pubs", Code::Line(LineCode::Moved), "", TroubleLife::Quiet, "3 lines skipped, moved"),
        listed(
            2,
            "Lumen Fitness",
            Code::Feed(FeedCode::WebhookMalformed),
            "",
            TroubleLife::Closed,
            "webhooks that cannot be read",
        ),
    ];
    all[0].trouble.grade = Grade::Halted;
    all[0].trouble.why = "client is disabled".into();
    all[0].trouble.seen = seen("R. Osei", "24T13:05:00");
    all[1].waiting_plan = Some(40);
    all[2].trouble.seen = seen("T. Brandt", "24T08:40:00");
    all[3].trouble.mute =
        Some(Mute { by: "R. Osei".into(), at: at("23T10:00:00"), until: Some(at("30T00:00:00")), people: 9 });
    all[4].trouble.works_since = Some(at("23T15:00:00"));
    all[5].trouble.works_since = Some(at("24T02:03:00"));
    all[6].trouble.closed_at = Some(at("18T09:00:00"));
    all
}

fn troubles(nowhere: Option<Nowhere>) -> Troubles {
    let mut lines = lines();
    let mut figures = Figures { open: 3, explained: 0, muted: 1, quiet: 2, aside: 0, closed: 1 };
    if nowhere.is_some() {
        lines[0].is_explained = true;
        lines[1].is_explained = true;
        figures = Figures { open: 2, explained: 2, ..figures };
    }
    Troubles { lines, figures, nowhere, last_success: Some(("Lumen Fitness".into(), at("24T14:05:00"))), tenants: 14 }
}

fn some(query: &Query) -> Option<Result<Payload, Problem>> {
    match query {
        Query::Troubles(Ask::List) => Some(Ok(Payload::Troubles(Answer::List(Box::new(troubles(None)))))),
        _ => None,
    }
}

fn nothing_anywhere() -> Nowhere {
    let attempt = |run, when: &str| Attempt {
        run: RunId(run),
        at: at(when),
        said: "no route to host".into(),
        vendor: Some("MAPAL OS".into()),
        is_answered: false,
    };
    Nowhere {
        since: at("24T11:03:00"),
        last_success: Some(("Lumen Fitness".into(), at("24T11:03:00"))),
        first: Some(at("24T11:04:00")),
        attempts: 61,
        tenants: (0..11).map(ConnectionId).collect(),
        said: Some(("no route to host".into(), true)),
        vendor: None,
        newest: vec![(ConnectionId(7), attempt(771, "24T13:26:00")), (ConnectionId(8), attempt(770, "24T13:11:00"))],
    }
}

fn nowhere(query: &Query) -> Option<Result<Payload, Problem>> {
    match query {
        Query::Troubles(Ask::List) => {
            Some(Ok(Payload::Troubles(Answer::List(Box::new(troubles(Some(nothing_anywhere())))))))
        }
        _ => None,
    }
}

fn none(query: &Query) -> Option<Result<Payload, Problem>> {
    let empty =
        Troubles { lines: Vec::new(), figures: Figures::default(), nowhere: None, last_success: None, tenants: 2 };
    match query {
        Query::Troubles(_) => Some(Ok(Payload::Troubles(Answer::List(Box::new(empty))))),
        _ => None,
    }
}

fn open(size: (u16, u16), answers: Answers) -> Bench {
    Bench::open(Place::global(ScreenId::Troubles), size, Mode::Live, answers)
}

#[test]
fn s_i11_troubles_at_all_sizes() {
    for (size, name) in [((80, 24), "at_80"), ((140, 40), "at_140"), ((200, 60), "at_200"), ((60, 16), "at_60")] {
        insta::assert_snapshot!(name, open(size, some).picture());
    }
}

#[test]
fn s_i12_one_line_says_that_nothing_succeeds_anywhere() {
    insta::assert_snapshot!("nowhere_at_80", open((80, 24), nowhere).picture());
    insta::assert_snapshot!("nowhere_at_140", open((140, 40), nowhere).picture());
    // A small window keeps its list.
    assert!(open((60, 16), nowhere).picture().contains("Tidewater Inns"));
}

#[test]
fn without_any_trouble_it_says_so() {
    assert!(open((80, 24), none).picture().contains("There is no trouble"));
}

#[test]
fn enter_leads_to_the_very_thing_and_marks_it_as_seen() {
    let places = [
        (0, ScreenId::Settings, None),
        (1, ScreenId::Limit, Some("40")),
        (2, ScreenId::RunDetail, Some("771")),
        (3, ScreenId::Mappings, Some("job_title/Sub-chefe")),
        (4, ScreenId::RunDetail, Some("771")),
        (5, ScreenId::Drift, Some("771")),
        (6, ScreenId::Schedule, Some("lumen-fitness")),
    ];
    let mut marked = Vec::new();
    for (row, screen, subject) in places {
        let mut bench = open((140, 40), some);
        for _ in 0..row {
            bench.key("j");
        }
        bench.keys(&["enter"]);
        let place = bench.model.place().unwrap().clone();
        assert_eq!((place.screen, place.subject.as_deref()), (screen, subject), "row {row}");
        marked.extend(bench.commands.into_iter().filter(|command| matches!(command, Command::Troubles(_))));
    }
    let seen = |id| Command::Troubles(Act::Seen(vec![id]));
    assert_eq!(marked, [seen(8), seen(4), seen(3), seen(5)], "what was seen or is closed is not marked again");
}

#[test]
fn t_mutes_what_is_marked_and_takes_it_back() {
    let mut bench = open((80, 24), some);
    bench.keys(&["space", "space", "t"]);
    assert!(bench.picture().contains("Mute 2 troubles"), "{}", bench.picture());
    bench.keys(&["enter"]);
    assert_eq!(bench.last(), &Command::Troubles(Act::Mute(vec![7, 8], None)));
    let mut bench = open((80, 24), some);
    bench.keys(&["t", "down", "enter"]);
    assert_eq!(bench.last(), &Command::Troubles(Act::Mute(vec![7], Some("2026-11-25".parse().unwrap()))));
    bench.keys(&["j", "j", "j", "t"]);
    assert_eq!(bench.last(), &Command::Troubles(Act::Unmute(vec![4])));
    bench.keys(&["G", "t"]);
    assert_eq!(bench.commands.len(), 2, "what is closed is not muted");
}

#[test]
fn w_leads_to_the_run_that_said_so_and_to_all_attempts() {
    let mut bench = open((80, 24), some);
    bench.keys(&["w"]);
    assert_eq!(bench.model.place().unwrap(), &Place::tenant(ScreenId::RunDetail, "tidewater-inns").about("771"));
    let mut bench = open((80, 24), nowhere);
    bench.keys(&["w"]);
    assert!(bench.picture().contains("61 attempts failed"), "{}", bench.picture());
    bench.keys(&["down", "enter"]);
    assert_eq!(bench.model.place().unwrap(), &Place::tenant(ScreenId::RunDetail, "copper-kettle-cafés").about("770"));
}

#[test]
fn where_nothing_succeeds_anywhere_that_is_the_code_of_what_it_explains() {
    let mut bench = open((140, 40), nowhere);
    bench.keys(&["?"]);
    let key = Code::Feed(FeedCode::NothingAnywhere).key();
    assert!(bench.picture().contains(&format!("onroll explain {key}")), "{}", bench.picture());
    assert!(bench.picture().contains("which is explained by"), "{}", bench.picture());
    // What it does not explain has its own code.
    bench.keys(&["esc", "down", "down", "?"]);
    assert!(bench.picture().contains("onroll explain write_refused"), "{}", bench.picture());
}

#[test]
fn where_nothing_may_be_changed_one_looks_and_goes_there() {
    let mut bench = Bench::open(Place::global(ScreenId::Troubles), (80, 24), Mode::ReadOnly, some);
    bench.keys(&["j", "t", "enter"]);
    assert_eq!(bench.model.place().unwrap().screen, ScreenId::Limit);
    assert!(bench.commands.is_empty(), "{:?}", bench.commands);
}

#[test]
fn a_filter_narrows_and_the_question_mark_explains() {
    let mut bench = open((140, 40), some);
    bench.keys(&["/"]);
    for letter in "life:open".chars() {
        bench.key(&letter.to_string());
    }
    bench.keys(&["enter"]);
    assert!(bench.picture().contains("3 of 7"), "{}", bench.picture());
    bench.keys(&["?"]);
    let picture = bench.picture();
    assert!(picture.contains("credentials_refused") && picture.contains("client is disabled"), "{picture}");
}
