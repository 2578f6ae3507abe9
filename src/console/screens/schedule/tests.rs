//! Pictures and keys of the screen Schedule.

use super::data::{Act, Answer, Ask, Delivery, Facts, Line, Received, Watching};
use crate::console::app::live::LiveCommand;
use crate::console::app::{Command, Effect, Mode, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::run::stage::{Stage, ago, now};
use crate::domain::code::{Code, FeedCode};
use crate::domain::connection::{Connection, ConnectionStatus, Endpoint};
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::settings::Settings;
use crate::engine::schedule::{Meanwhile, ScheduleStatus, Waits};
use crate::store::{DeliveryState, TenantSchedule};
use std::collections::BTreeMap;

fn line(id: i64, name: &str, zone: &str, schedule: &str, change: impl FnOnce(&mut Connection, &mut Meanwhile)) -> Line {
    let end = |vendor: &str| Endpoint { vendor: vendor.into(), parameters: BTreeMap::new(), secrets: BTreeMap::new() };
    let schedule = schedule.parse().unwrap();
    let mut connection = Connection {
        id: ConnectionId(id),
        tenant_name: name.into(),
        short_name: crate::domain::connection::short_name_of(name),
        time_zone: zone.into(),
        source: end("planday"),
        destination: end("flow-learning"),
        status: ConnectionStatus::Live,
        settings: Settings { schedule, jitter_minutes: Some(0), ..Settings::default() },
    };
    let mut meanwhile = Meanwhile::default();
    change(&mut connection, &mut meanwhile);
    let kept = TenantSchedule { since: Some(now()), ..TenantSchedule::default() };
    let standing = ScheduleStatus::at(now(), connection, kept, meanwhile);
    Line { standing, destination: "Flow Learning".into(), tells_changes: id == 2, word: Mode::Live, waits_for: None }
}

fn facts() -> Facts {
    let status = |to| move |connection: &mut Connection, _: &mut Meanwhile| connection.status = to;
    let plain = |_: &mut Connection, _: &mut Meanwhile| {};
    let mut skipped = line(9, "Bäckerei Grünwald", "Europe/Vienna", "daily 09:00", plain);
    skipped.standing.skipped_by = Some("R. Osei".into());
    Facts {
        lines: vec![
            line(1, "Nordlys Hoteller", "Europe/Oslo", "daily 15:00", |_, meanwhile| {
                meanwhile.at_work = Some("sync by schedule (process 41 on desk)".into());
            }),
            line(2, "Brasa do Porto", "UTC", "every 15 min", plain),
            line(3, "Aldergate Retail", "Europe/London", "daily 01:30", plain),
            line(4, "Sakura Lane 桜小路", "Asia/Tokyo", "daily 02:00", plain),
            line(5, "Saltmarsh Pubs", "UTC", "cron 0 2 * * 1-5", plain),
            line(6, "Copper Kettle Cafés", "Europe/London", "every 5 min", |_, meanwhile| {
                meanwhile.answer = Some(RunId(412));
            }),
            line(7, "Tidewater Inns", "UTC", "every 15 min", status(ConnectionStatus::Paused)),
            line(8, "Harbour & Vine", "Europe/London", "daily 02:00", status(ConnectionStatus::Preview)),
            skipped,
            line(10, "Casa Mirador", "Europe/Madrid", "manual", plain),
        ],
        paused: None,
        watcher: Some(Watching { by: "watch by rosa".into(), since: ago(30_000), at_once: 2 }),
        received: None,
    }
}

fn screen(facts: Facts, size: (u16, u16)) -> Stage {
    Stage::new(Place::global(ScreenId::Schedule), size, move |query| match query {
        Query::Schedule(Ask::Read) => Some(Payload::Schedule(Answer::Read(Box::new(facts.clone())))),
        _ => None,
    })
}

fn commands(stage: &Stage) -> Vec<&Command> {
    let commands = stage.rest.iter().filter_map(|effect| match effect {
        Effect::Command(_, command) => Some(command),
        _ => None,
    });
    commands.collect()
}

#[test]
fn the_runs_to_come_stand_on_one_axis() {
    for (columns, rows) in [(80, 24), (100, 28), (140, 40), (60, 16)] {
        insta::assert_snapshot!(format!("schedule_{columns}x{rows}"), screen(facts(), (columns, rows)).text());
    }
}

#[test]
fn what_was_received_stands_below() {
    let one = |seconds, state, event: &str, words: &str| Delivery {
        at: ago(seconds),
        tenant: "Marlowe & Finch".into(),
        event: event.into(),
        state,
        words: words.into(),
        again: (state == DeliveryState::Queued).then(|| ago(-600)),
    };
    let rows = vec![
        one(4, DeliveryState::Queued, "Employee Detail Updated", "HK204, waits"),
        one(70, DeliveryState::Stopped, "New Starter Added", "HK311, run 412, stopped"),
        one(95, DeliveryState::Ignored, "Employee Detail Updated", "HK204, ignored, same delivery again"),
        one(1_900, DeliveryState::Failed, "Marked Leaver", "HK9, run 401, failed, the run failed"),
        one(2_000, DeliveryState::Refused, "", "refused, ActionId is missing or no number"),
        one(90_000, DeliveryState::Done, "Marked Leaver", "HK12, run 398, done"),
    ];
    let received = Some(Received { rows, taken: 41, ignored: 3, refused: 2 });
    for (columns, rows) in [(80, 24), (140, 40), (60, 16)] {
        let stage = screen(Facts { received: received.clone(), ..facts() }, (columns, rows));
        insta::assert_snapshot!(format!("received_{columns}x{rows}"), stage.text());
    }
}

#[test]
fn nobody_watches_and_all_are_paused_are_said() {
    let mut stage = screen(Facts { watcher: None, ..facts() }, (80, 24));
    assert!(stage.text().contains("nobody watches: start `onroll watch`"), "{}", stage.text());
    stage.keys("G");
    insta::assert_snapshot!("by_hand_80x24", stage.text());
    let paused = Facts { paused: Some(("T. Brandt".into(), ago(300))), ..facts() };
    assert!(screen(paused, (80, 24)).text().contains("all schedules are paused by T. Brandt since 16:16"));
    assert!(screen(Facts::default(), (80, 24)).text().contains("No tenant yet."));
}

#[test]
fn that_all_are_paused_has_a_code_on_each_line_that_waits_for_it() {
    let mut paused = Facts { paused: Some(("T. Brandt".into(), ago(300))), ..facts() };
    for line in &mut paused.lines {
        line.standing.waits = Some(Waits::Paused { by: "T. Brandt".into() });
    }
    let mut stage = screen(paused, (140, 40));
    stage.keys("?");
    let key = Code::Feed(FeedCode::SchedulesPaused).key();
    assert!(stage.text().contains(&format!("onroll explain {key}")), "{}", stage.text());
    assert!(stage.text().contains("paused by T. Brandt since 2026-"), "{}", stage.text());
}

#[test]
fn keys_lead_to_what_they_say() {
    let mut stage = screen(facts(), (100, 28));
    // The second line: the first one is at work.
    stage.keys("down t");
    let tenant = "brasa-do-porto".to_owned();
    assert_eq!(commands(&stage), [&Command::Schedule(Act::ToggleSkip { tenant: tenant.clone() })]);
    stage.rest.clear();
    stage.keys("d");
    assert!(stage.text().contains("Pause the schedules of all tenants?"), "{}", stage.text());
    stage.wait(400);
    stage.keys("y");
    assert_eq!(commands(&stage), [&Command::Schedule(Act::PauseAll { paused: true })]);
    stage.rest.clear();
    stage.keys("!");
    assert!(stage.text().contains("Sync Brasa do Porto to Flow Learning?"), "{}", stage.text());
    stage.wait(400);
    stage.keys("y");
    assert_eq!(commands(&stage), [&Command::Run(LiveCommand::Sync { tenant, changed: true })]);
    stage.keys("e");
    assert_eq!(stage.model.place().map(|place| place.screen), Some(ScreenId::Settings));
    stage.keys("esc enter");
    assert_eq!(stage.model.place().map(|place| place.screen), Some(ScreenId::Overview));
}

#[test]
fn a_tenant_that_cannot_run_says_why() {
    let mut stage = screen(facts(), (100, 28));
    stage.keys("!");
    assert!(stage.text().contains("Run now: running"), "{}", stage.text());
    stage.keys("G t");
    assert!(stage.text().contains("by hand only"), "{}", stage.text());
}

#[test]
fn a_filter_narrows_the_list_and_esc_clears_it() {
    let mut stage = screen(facts(), (100, 28));
    stage.keys("/");
    stage.typed("zone:london");
    stage.keys("enter");
    let text = stage.text();
    assert!(text.contains("3 of 10") && text.contains("Aldergate") && !text.contains("Saltmarsh"), "{text}");
    stage.keys("esc");
    assert!(stage.text().contains("Saltmarsh"), "{}", stage.text());
}

#[test]
fn why_a_run_does_not_begin_has_a_code() {
    let mut facts = facts();
    facts.lines[5].waits_for = Some(crate::domain::code::ProblemCode::LimitExceeded);
    let key_of = |name: &str| {
        let mut stage = screen(facts.clone(), (100, 28));
        stage.keys("/");
        stage.typed(name);
        stage.keys("enter ?");
        stage.text()
    };
    for (name, key) in
        [("nordlys", "at_work"), ("copper", "limit_exceeded"), ("tidewater", "quarantine"), ("harbour", "not_live")]
    {
        assert!(key_of(name).contains(&format!("onroll explain {key}")), "{name}: {}", key_of(name));
    }
    for name in ["brasa", "casa"] {
        assert!(!key_of(name).contains("onroll explain"), "{name}: {}", key_of(name));
    }
}
