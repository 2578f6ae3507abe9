//! Tests.

use super::data::{Act, Answer, Ask};
use crate::console::app::{Command, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::run::stage::{Stage, TENANT};
use crate::domain::drift::{Cause, MovedBy, Sums};
use crate::domain::field::Field;
use crate::domain::ids::{PlanId, RunId};
use crate::domain::operation::OperationKind;
use crate::domain::run::RunOutcome;
use crate::services::drift::{Line, NotInPlan, Page, PlanOf, Value};

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn value(field: Field, word: &'static str, [before, approved, now]: [&str; 3], moved: bool) -> Value {
    Value { field, word, before: some(before), approved: some(approved), now: Some(some(now)), moved }
}

fn line(seq: u32, name: &str, values: Vec<Value>, already: bool, by: MovedBy, mover: &str) -> Line {
    let shown = values.iter().find(|value| value.moved).or(values.first()).cloned();
    let words = |value: Option<&str>| value.unwrap_or("(none)").to_owned();
    let change = shown.map(|one| {
        let word = one.word;
        (format!("{word} {} → {}", words(one.before.as_deref()), words(one.approved.as_deref())), one.now.flatten())
    });
    let (approved, now) = change.unwrap_or_default();
    Line {
        seq,
        employee: Some(format!("41102_{seq}").as_str().into()),
        name: name.into(),
        identifier: Some(format!("40718_{seq}")),
        user: Some(format!("31{seq:02}")),
        kind: OperationKind::Update,
        already,
        cause: Some(if already { Cause::AlreadyThere } else { Cause::Values }),
        by,
        reason: "branch has been changed in the destination since the plan was made".into(),
        at: None,
        mover: mover.into(),
        moved_by:
            "somebody in Flow Learning between 23 Nov 17:38, when the plan was made, and 02:00; Flow Learning does not \
                   tell who"
                .into(),
        approved,
        met: format!("Flow Learning had {}", now.as_deref().unwrap_or("(none)")),
        so: if already {
            "nothing was sent: it counts as done"
        } else {
            "nothing was sent: a line goes whole or not at all"
        }
        .into(),
        next: "plan 119 has the line anew, The Anchor → Old Pier, to be approved".into(),
        values,
    }
}

fn page() -> Page {
    let flow = "Flow Learning, not told";
    Page {
        tenant: "Saltmarsh Pubs".into(),
        source: "Planday",
        destination: "Flow Learning",
        run: RunId(640),
        outcome: RunOutcome::DoneWithHeld,
        is_live: false,
        confirmed: 58,
        at: "02:00".into(),
        ended: Some("02:03".into()),
        plan: Some(PlanOf {
            id: PlanId(118),
            hash: "88d01f3b00000000".into(),
            made: "23 Nov 17:38".into(),
            approved: Some(("J. Okafor".into(), "23 Nov 17:40".into(), None)),
        }),
        sums: Sums { carried_out: 58, already_there: 2, skipped: 3, ..Sums::default() },
        lines: vec![
            line(
                2,
                "Bryn Cadwallader",
                vec![value(Field::Branch, "branch", ["Cliff House", "Old Pier", "The Anchor"], true)],
                false,
                MovedBy::Destination,
                flow,
            ),
            line(
                9,
                "Noor Haddad",
                vec![
                    value(Field::Branch, "branch", ["Cliff House", "Old Pier", "Cliff House"], false),
                    value(Field::JobTitle, "job title", ["Bartender", "Supervisor", "Waiter"], true),
                ],
                false,
                MovedBy::Source,
                "Planday 02:00",
            ),
            line(
                17,
                "小野 由紀",
                vec![value(Field::EndDate, "end date", ["", "2026-11-30", ""], true)],
                false,
                MovedBy::Source,
                "Planday 02:00",
            ),
            line(
                31,
                "Ellie Marsh",
                vec![value(
                    Field::Email,
                    "e-mail",
                    ["ellie.m@mail.example", "e.marsh@saltmarsh.example", "e.marsh@saltmarsh.example"],
                    true,
                )],
                true,
                MovedBy::Destination,
                flow,
            ),
            line(
                40,
                "Tom Sayer",
                vec![value(Field::JobTitle, "job title", ["Waiter", "Bartender", "Bartender"], true)],
                true,
                MovedBy::Destination,
                flow,
            ),
        ],
        next: Some((PlanId(119), 3)),
        elsewhere: Some(NotInPlan {
            people: 4,
            words: "create 2, update 2: not approved, so left alone; in plan 119".into(),
        }),
        nothing: None,
    }
}

fn stage(size: (u16, u16), page: Page) -> Stage {
    let answer = move |query: &Query| {
        let Query::Drift(Ask::Page { run, .. }) = query else { return None };
        assert_eq!(*run, RunId(640));
        Some(Payload::Drift(Answer::Page(Box::new(page.clone()))))
    };
    Stage::new(Place::tenant(ScreenId::Drift, TENANT).about("640"), size, answer)
}

#[test]
fn the_sums_add_up_and_every_moved_line_has_its_old_its_approved_and_its_new_value() {
    for (columns, rows) in [(80, 24), (120, 30), (140, 40), (60, 16)] {
        insta::assert_snapshot!(format!("drift_{columns}x{rows}"), stage((columns, rows), page()).text());
    }
}

#[test]
fn a_run_of_which_nothing_had_moved_says_so_with_both_numbers() {
    let sums = Sums { carried_out: 63, ..Sums::default() };
    let calm = Page { sums, lines: Vec::new(), next: None, elsewhere: None, ..page() };
    let text = stage((80, 24), calm).text();
    assert!(text.contains("Nothing had moved: 63 of 63 carried out as approved"), "{text}");
    assert!(text.contains("63 = 63 + 0 + 0"), "{text}");
}

#[test]
fn what_failed_or_waits_is_a_sum_of_its_own_and_what_nobody_approved_is_no_footnote() {
    let sums = Sums { carried_out: 50, failed: 2, unknown: 1, anything_else: 1, ..Sums::default() };
    let text = stage((120, 30), Page { sums, lines: Vec::new(), ..page() }).text();
    assert!(text.contains("✗ failed") && text.contains("? unknown"), "{text}");
    assert!(text.contains("1 written that were not approved: report this"), "{text}");
    let nothing = Some("A preview: nothing was approved, and nothing sent".to_owned());
    let text = stage((80, 24), Page { nothing, sums: Sums::default(), lines: Vec::new(), ..page() }).text();
    assert!(text.contains("A preview: nothing was approved"), "{text}");
}

#[test]
fn enter_opens_the_person_c_what_was_said_and_o_saves() {
    let mut stage = stage((80, 24), page());
    stage.keys(". enter");
    assert_eq!(stage.place(), (ScreenId::Person, Some("41102_9".into())));
    stage.keys("esc c");
    assert_eq!(stage.place(), (ScreenId::Said, Some("640 seq 9".into())));
    stage.keys("esc o enter");
    let file = format!("{TENANT}-run-640-drift.csv");
    let act = Act::Save { tenant: TENANT.into(), run: RunId(640), file };
    assert_eq!(stage.commands(), [Command::Drift(act)]);
    stage.keys(", y");
    let copied = stage.copied().expect("something was copied");
    assert!(copied.contains("5 of the 63 approved lines had moved by 02:00"), "{copied}");
    assert!(copied.contains("anything else"), "{copied}");
}

#[test]
fn it_is_filtered_by_words_and_facets_and_w_says_why() {
    let mut stage = stage((120, 30), page());
    stage.keys("/");
    stage.typed("so:done");
    stage.keys("enter");
    let text = stage.text();
    assert!(text.contains("2 of 5") && text.contains("Tom Sayer") && !text.contains("Noor Haddad"), "{text}");
    insta::assert_snapshot!("drift_filtered_120x30", text);
    stage.keys("enter");
    assert_eq!(stage.place(), (ScreenId::Person, Some("41102_40".into())), "the cursor is on a line that is shown");
    stage.keys("esc esc");
    assert!(stage.text().contains("1-5 of 5"), "Esc clears the filter first: {}", stage.text());
    stage.keys("F");
    let text = stage.text();
    assert!(text.contains("moved by") && text.contains("skipped"), "{text}");
    stage.keys("F w");
    assert!(stage.text().contains("Next: "), "{}", stage.text());
    stage.keys("/");
    stage.typed("field:nothing");
    stage.keys("enter");
    assert!(stage.text().contains("0 of 5"), "{}", stage.text());
}

#[test]
fn while_a_run_is_live_the_list_grows_and_the_cursor_stays_on_its_line() {
    use std::sync::{Arc, Mutex};
    let live = Page { is_live: true, outcome: RunOutcome::Running, ended: None, ..page() };
    let short = Page { lines: live.lines.iter().take(2).cloned().collect(), ..live.clone() };
    let shown = Arc::new(Mutex::new(short));
    let answers = Arc::clone(&shown);
    let answer = move |query: &Query| {
        let Query::Drift(Ask::Page { .. }) = query else { return None };
        Some(Payload::Drift(Answer::Page(Box::new(answers.lock().unwrap().clone()))))
    };
    let mut stage = Stage::new(Place::tenant(ScreenId::Drift, TENANT).about("640"), (80, 24), answer);
    stage.keys(".");
    // A line before those that are shown.
    let mut grown = live;
    grown.lines.rotate_left(2);
    *shown.lock().unwrap() = grown;
    stage.send(crate::console::app::Msg::FeedMoved(12));
    let text = stage.text();
    let cursor = text.lines().find(|line| line.starts_with('▸')).unwrap_or_default().to_owned();
    assert!(text.contains("1-5 of 5") && cursor.contains("Noor Haddad"), "{text}");
}

#[test]
fn it_is_reached_by_keys_from_run_detail() {
    use crate::console::screens::history::data as history;
    use crate::console::screens::run::stage::run;
    use crate::domain::plan::{Counts, Mails};
    use crate::store::{Approval, JournalTotals, PlanHead, StoredApproval};
    let head = PlanHead {
        id: PlanId(118),
        connection: crate::domain::ids::ConnectionId(1),
        run: Some(RunId(640)),
        hash: "88d01f3b".into(),
        by: "J. Okafor".into(),
        made_at: crate::console::screens::run::stage::ago(60),
        counts: Counts::default(),
        mails: Mails::default(),
        limits: Vec::new(),
        first_import: false,
        people: 63,
        changed_people: 63,
        ignored_leavers: 0,
        future_starters: 0,
        doubled: Vec::new(),
        operations: 63,
        unmapped_values: 0,
        blocked: 0,
        review: 0,
        ruled: 0,
        approval: Some(StoredApproval {
            approval: Approval {
                by: "J. Okafor".into(),
                confirmed: None,
                reason: None,
                without: Vec::new(),
                waves: None,
            },
            at: crate::console::screens::run::stage::ago(50),
        }),
        change_mark: None,
    };
    let answer = move |query: &Query| match query {
        Query::Drift(_) => Some(Payload::Drift(Answer::Page(Box::new(page())))),
        Query::History(history::Ask::Detail { .. }) => {
            Some(Payload::History(history::Answer::Detail(Box::new(history::Detail {
                run: crate::store::views::RunDetail {
                    run: run(640, RunOutcome::DoneWithHeld, 51_040),
                    reading: None,
                    phases: Vec::new(),
                    plan: Some(head.clone()),
                    totals: JournalTotals::default(),
                    failed: Vec::new(),
                    changed: Vec::new(),
                },
                destination: "Flow Learning",
                identifier_word: "identifier",
                mails: true,
                no_report: None,
                holds: Vec::new(),
                held: Vec::new(),
                neighbours: (None, None),
                waves: Vec::new(),
            }))))
        }
        _ => None,
    };
    let mut stage = Stage::new(Place::tenant(ScreenId::RunDetail, TENANT).about("640"), (80, 24), answer);
    stage.keys("m j");
    assert_eq!(stage.place(), (ScreenId::Drift, Some("640".into())));
    assert!(stage.text().contains("nothing else was written: 63 = 58 + 2 + 3"), "{}", stage.text());
}
