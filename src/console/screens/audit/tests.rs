//! Pictures and keys of Audit.

use super::data::{Act, Answer, Ask};
use crate::console::app::{Command, Mode, Payload, Place, Problem, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::review::testing::{Answers, Bench};
use crate::domain::audit::{AuditLine, Break, BreakKind, ChainCheck, Through};
use crate::domain::ids::ConnectionId;
use crate::services::audit::{Audit, Listed};
use jiff::Timestamp;
use jiff::tz::TimeZone;

fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}Z").parse().unwrap()
}

fn listed(id: i64, when: &str, by: &str, through: Through, what: &str, detail: &str) -> Listed {
    let gone = detail.is_empty();
    Listed {
        line: AuditLine {
            id,
            connection: Some(ConnectionId(1)),
            at: at(when),
            by: by.into(),
            through,
            what: what.into(),
            detail: detail.into(),
            gone,
        },
        tenant: Some("harbour-vine".into()),
        zone: TimeZone::UTC,
    }
}

fn lines() -> Vec<Listed> {
    use Through::{Command, Console, Watch};
    vec![
        listed(
            1318,
            "24T14:05:38",
            "R. Osei",
            Console,
            "approved",
            "plan 34: 575 changes typed, `agreed with J. Marsh on the phone, list signed off`",
        ),
        listed(1317, "24T13:58:02", "R. Osei", Console, "credential", "destination secret: new"),
        listed(
            1316,
            "24T12:31:03",
            "T. Brandt-Österreicher 佐藤",
            Command,
            "mapping",
            "branch `Quayside `: not mapped to `QUAY01`, and 6 more",
        ),
        listed(
            1315,
            "24T12:30:00",
            "R. Osei",
            Console,
            "ruling",
            "employee 40718_2188: link to user 7719, because `same person, asked HR`",
        ),
        listed(1314, "23T09:10:00", "R. Osei", Console, "ruling", ""),
        listed(1313, "23T02:00:00", "schedule", Watch, "status", "live to paused"),
    ]
}

fn audit(broken: Option<Break>) -> Audit {
    let head = Some("9c40d2e7aa".to_owned());
    let check = ChainCheck { entries: 1_318, since: Some(at("12T10:02:00")), head, unchained: 0, broken };
    Audit { lines: lines(), more: false, check }
}

fn whole(query: &Query) -> Option<Result<Payload, Problem>> {
    match query {
        Query::Audit(Ask::Entries { .. }) => Some(Ok(Payload::Audit(Answer::Entries(Box::new(audit(None)))))),
        _ => None,
    }
}

fn broken(query: &Query) -> Option<Result<Payload, Problem>> {
    let gap = Break {
        entry: 1_204,
        before: Some(1_203),
        since: Some(at("20T10:12:00")),
        until: at("20T10:44:00"),
        kind: BreakKind::DoesNotFollow,
    };
    match query {
        Query::Audit(_) => Some(Ok(Payload::Audit(Answer::Entries(Box::new(audit(Some(gap))))))),
        _ => None,
    }
}

fn empty(query: &Query) -> Option<Result<Payload, Problem>> {
    let check = ChainCheck { entries: 0, since: None, head: None, unchained: 0, broken: None };
    let audit = Audit { lines: Vec::new(), more: false, check };
    match query {
        Query::Audit(_) => Some(Ok(Payload::Audit(Answer::Entries(Box::new(audit))))),
        _ => None,
    }
}

fn open(size: (u16, u16), answers: Answers) -> Bench {
    Bench::open(Place::tenant(ScreenId::Audit, "harbour-vine"), size, Mode::Live, answers)
}

#[test]
fn the_audit_at_80_140_and_200() {
    for (size, name) in [((80, 24), "at_80"), ((140, 40), "at_140"), ((200, 60), "at_200"), ((60, 16), "at_60")] {
        insta::assert_snapshot!(name, open(size, whole).picture());
    }
}

#[test]
fn nothing_yet_and_a_broken_chain() {
    assert!(open((80, 24), empty).picture().contains("Nothing was changed yet"));
    insta::assert_snapshot!("broken_at_140", open((140, 40), broken).picture());
}

#[test]
fn all_tenants_have_a_column_of_their_own() {
    let bench = Bench::open(Place::global(ScreenId::Audit), (140, 40), Mode::Live, whole);
    let picture = bench.picture();
    assert!(picture.contains("all tenants") && picture.contains("harbour-vine"), "{picture}");
}

#[test]
fn enter_leads_to_what_an_entry_was_about() {
    let mut bench = open((140, 40), whole);
    let places = [
        (0, ScreenId::Plan, None),
        (1, ScreenId::Settings, None),
        (2, ScreenId::Mappings, Some("branch")),
        (3, ScreenId::Person, Some("40718_2188")),
        (5, ScreenId::Overview, None),
    ];
    for (row, screen, subject) in places {
        bench.keys(&["g"]);
        for _ in 0..row {
            bench.key("j");
        }
        bench.keys(&["enter"]);
        let place = bench.model.place().unwrap().clone();
        assert_eq!(place.screen, screen, "row {row}");
        if let Some(subject) = subject {
            assert!(place.subject.as_deref().is_some_and(|own| own.starts_with(subject)), "{place:?}");
        }
        bench.keys(&["esc"]);
    }
    bench.keys(&["g", "j", "j", "j", "j", "enter"]);
    assert_eq!(bench.model.place().unwrap().screen, ScreenId::Audit, "whose words are gone leads nowhere");
}

#[test]
fn a_filter_narrows_and_what_is_shown_is_saved() {
    let mut bench = open((140, 40), whole);
    bench.keys(&["/"]);
    for letter in "what:ruling".chars() {
        bench.key(&letter.to_string());
    }
    bench.keys(&["enter"]);
    assert!(bench.picture().contains("2 of 6"), "{}", bench.picture());
    bench.keys(&["o", "enter"]);
    let Command::Audit(Act::Save { entries, file, .. }) = bench.last() else { panic!("no file is saved") };
    assert_eq!((entries.as_slice(), file.as_str()), ([1315, 1314].as_slice(), "harbour-vine-audit.csv"));
}
