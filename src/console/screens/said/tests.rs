//! Pictures and keys of the screen What was said.

use super::data::{Act, Answer, Ask};
use super::{about, place, place_of_feed};
use crate::console::app::{Command, Effect, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::run::stage::{Stage, TENANT, ago};
use crate::domain::code::LineCode;
use crate::domain::exchange::{Compared, Content, Exchange, Heard, Kept, Purpose};
use crate::domain::ids::{EmployeeId, RunId};
use crate::domain::run::{FeedLine, Level, Phase};
use crate::services::said::{LineOf, Page, So, Turn};

fn kept(key: &str, value: &str, compared: Option<Compared>) -> Kept {
    Kept { key: key.into(), value: value.into(), compared }
}

fn was(text: &str) -> Option<Compared> {
    Some(Compared::Was(text.into()))
}

fn headers(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn answer(status: u16, ms: u64, content: Content) -> Heard {
    Heard::Answer { status, ms, headers: headers(&[("content-type", "application/json")]), content }
}

fn put(heard: Heard) -> Exchange {
    let same = || Some(Compared::Same);
    Exchange {
        purpose: Purpose::Write,
        method: "PUT".into(),
        path: "/v1/employees/40718_0423".into(),
        host: "feed.flow.example".into(),
        headers: headers(&[("authorization", "Basic ********"), ("content-type", "application/json")]),
        content: Content::Fields(vec![
            kept("firstName", "Ingrid", same()),
            kept("lastName", "Solberg", same()),
            kept("email", "i*****@hvine.example", was("i*****@mail.example")),
            kept("jobTitle", "Shift Leader", was("Waiter")),
            kept("branchCode", "LAKE01", same()),
            kept("dateOfBirth", "****-**-**", same()),
            kept("startDate", "2023-03-02", same()),
            kept("endDate", "(null)", same()),
        ]),
        sent: ago(18),
        attempt: 1,
        waited_ms: 0,
        heard,
    }
}

fn read() -> Exchange {
    let before = || Some(Compared::Same);
    let fields = vec![
        kept("jobTitle", "Waiter", before()),
        kept("email", "i*****@mail.example", before()),
        kept("firstName", "Ingrid", before()),
        kept("lastName", "Solberg", before()),
        kept("branchCode", "LAKE01", before()),
        kept("id", "6031", None),
    ];
    Exchange {
        purpose: Purpose::ReadBack,
        method: "GET".into(),
        content: Content::Nothing,
        sent: ago(16),
        heard: answer(200, 96, Content::Fields(fields)),
        ..put(answer(200, 1, Content::Nothing))
    }
}

fn refused() -> Page {
    let error = Content::Fields(vec![
        kept("error.code", "EMAIL_UNVERIFIED", None),
        kept("error.message", "e-mail not verified, log-in kept", None),
        kept("error.field", "email", None),
    ]);
    Page {
        tenant: "Harbour & Vine".into(),
        destination: "Flow Learning",
        zone: "UTC".into(),
        run: RunId(219),
        seq: Some(264),
        place: 264,
        lines: 575,
        previous: Some(263),
        next: Some(265),
        employee: Some(EmployeeId::new("0423")),
        name: "Ingrid Solberg".into(),
        identifier: Some("40718_0423".into()),
        user: Some("6031".into()),
        deed: "update refused".into(),
        code: Some("EMAIL_UNVERIFIED".into()),
        line_code: Some(LineCode::Refused),
        turns: vec![Turn {
            said: put(answer(409, 212, error)),
            attempt: (1, 1),
            then_waited_ms: None,
            read: Some(read()),
        }],
        nothing: None,
        so: vec![
            So {
                word: "refused",
                sentence: "nothing of the line was written, and it is not repeated by itself: a 409 is an answer, \
                           not a silence"
                    .into(),
            },
            So { word: "failed", sentence: "one of 3 failures of run 219; the next plan has the line anew".into() },
        ],
        journal: vec![("planned", ago(90)), ("sent", ago(18)), ("answered", ago(17)), ("refused", ago(17))],
    }
}

/// Two attempts, the first of which was asked to wait, and a lost answer that reading settled.
fn waited() -> Page {
    let mut first = put(answer(429, 31, Content::Nothing));
    first.content = Content::Fields(vec![kept("firstName", "田中一郎と申しますがとても長い名前です", None)]);
    let mut second = first.clone();
    (second.attempt, second.waited_ms) = (2, 6_000);
    second.heard = Heard::Silence { ms: 30_000, cause: "no answer within 30 s (/v1/employees)".into(), left: true };
    let mut settled = read();
    settled.purpose = Purpose::Settle;
    Page {
        seq: Some(265),
        place: 265,
        previous: Some(264),
        next: None,
        name: "田中一郎と申しますがとても長い名前です".into(),
        deed: "create confirmed".into(),
        turns: vec![
            Turn { said: first, attempt: (1, 2), then_waited_ms: Some(6_000), read: None },
            Turn { said: second, attempt: (2, 2), then_waited_ms: None, read: Some(settled) },
        ],
        so: vec![So { word: "confirmed", sentence: "the answer was lost; it was written once".into() }],
        ..refused()
    }
}

fn empty() -> Page {
    let nothing = "Nothing was sent for this line: held before it was its turn, probable duplicate".to_owned();
    Page {
        turns: Vec::new(),
        nothing: Some(nothing),
        so: Vec::new(),
        journal: Vec::new(),
        seq: None,
        place: 0,
        previous: None,
        next: None,
        deed: "no line of this run".into(),
        ..refused()
    }
}

fn stage(size: (u16, u16), page: fn() -> Page) -> Stage {
    let answers = move |query: &Query| {
        let Query::Said(Ask::Page { line, .. }) = query else { return None };
        let page = if *line == LineOf::Seq(265) { waited() } else { page() };
        Some(Payload::Said(Answer::Page(Box::new(page))))
    };
    Stage::new(place(TENANT, RunId(219), &LineOf::Seq(264)), size, answers)
}

#[test]
fn the_two_sides_stand_below_each_other_and_beside_where_there_is_room() {
    for (columns, rows) in [(80, 24), (120, 30), (140, 40)] {
        insta::assert_snapshot!(format!("said_{columns}x{rows}"), stage((columns, rows), refused).text());
        insta::assert_snapshot!(format!("waited_{columns}x{rows}"), stage((columns, rows), waited).text());
        insta::assert_snapshot!(format!("empty_{columns}x{rows}"), stage((columns, rows), empty).text());
    }
}

#[test]
fn the_keys_walk_attempts_and_lines_and_nothing_unmasks() {
    let mut stage = stage((80, 24), refused);
    assert!(stage.text().contains("line 264 of 575"));
    stage.keys(".");
    let first = stage.text();
    assert!(first.contains("attempt 1 of 2, 429, waited 6 s") && first.contains("line 265 of 575"), "{first}");
    stage.keys(".");
    let second = stage.text();
    assert!(second.contains("No answer in 30 s") && second.contains("Read to settle it"), "{second}");
    stage.keys(".");
    assert!(stage.text().contains("This is the last line"));
    stage.keys(", , .");
    assert!(stage.text().contains("attempt 1 of 2"), "back to line 264, and on again");
    stage.keys(",");
    stage.rest.clear();
    stage.keys("y e o enter");
    let copied = |effect: &Effect| match effect {
        Effect::Copy(text) | Effect::Page(text) => Some(text.clone()),
        _ => None,
    };
    let texts: Vec<String> = stage.rest.iter().filter_map(copied).collect();
    assert_eq!(texts.len(), 2, "{:?}", stage.rest);
    assert!(texts.iter().all(|text| text.contains("i*****@hvine.example") && text.contains("EMAIL_UNVERIFIED")));
    let act = Act::Save {
        tenant: TENANT.into(),
        run: RunId(219),
        line: LineOf::Seq(264),
        file: "harbour-vine-run-219-line-264-said.csv".into(),
    };
    assert_eq!(stage.commands(), [Command::Said(act)]);
    stage.keys("enter");
    assert_eq!(stage.place(), (ScreenId::Person, Some("0423".into())));
}

#[test]
fn long_pages_scroll_and_say_what_is_below() {
    let mut stage = stage((80, 24), refused);
    let top = stage.text();
    assert!(top.contains("more below") && !top.contains("Read back"), "{top}");
    stage.keys("G");
    let end = stage.text();
    assert!(end.contains("Read back") && end.contains("as before") && !end.contains("more below"), "{end}");
    assert!(end.contains("refused"), "what it comes to stays: {end}");
    stage.keys("g");
    assert_eq!(stage.text(), top);
}

#[test]
fn places_are_read_back() {
    let lines = [
        LineOf::First,
        LineOf::Seq(4),
        LineOf::Row(12),
        LineOf::Person(EmployeeId::new("40 718/0423"), Some(Phase::Update)),
        LineOf::Person(EmployeeId::new("x"), None),
        LineOf::Named(Phase::Options, "Chef de Partie".into()),
    ];
    for line in lines {
        let place = place(TENANT, RunId(219), &line);
        assert_eq!(about(place.subject.as_deref().unwrap()), Some((RunId(219), line)));
    }
    assert!(about("x").is_none() && about("3 seq x").is_none() && about("3 what").is_none());
    let line = |run, employee: Option<&str>, phase, text: &str| FeedLine {
        run,
        at: ago(1),
        level: Level::Info,
        phase,
        employee: employee.map(EmployeeId::new),
        what: "updated".into(),
        text: text.into(),
    };
    let at = |line: &FeedLine| place_of_feed(TENANT, line).map(|place| place.subject.unwrap());
    assert_eq!(at(&line(Some(RunId(3)), Some("7"), Some(Phase::Update), "")).as_deref(), Some("3 person update 7"));
    assert_eq!(
        at(&line(Some(RunId(3)), None, Some(Phase::Options), "`Chef`")).as_deref(),
        Some("3 named options Chef")
    );
    assert_eq!(at(&line(None, Some("7"), Some(Phase::Update), "")), None);
    assert_eq!(at(&line(Some(RunId(3)), None, Some(Phase::Update), "")), None);
}

#[test]
fn while_it_is_read_nothing_looks_like_none() {
    let stage = Stage::new(place(TENANT, RunId(219), &LineOf::First), (80, 24), |_| None);
    assert!(stage.text().contains("reading what was said"));
    let stage = Stage::new(Place::tenant(ScreenId::Said, TENANT), (80, 24), |_| None);
    assert!(stage.text().contains("No line is named here"));
}
