//! The scenarios of schedules in real worlds: real HTTP, a real file, the real engine; the clock is moved by hand.

use crate::changed_worlds::{SOURCES, document, edit, identifier, leaves, row, user};
use crate::common::{Desk, TODAY, employee, output, user_of, world};
use crate::counted::{HandClock, at};
use jiff::Timestamp;
use onroll::cli::tenant_file;
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::ids::RunId;
use onroll::domain::run::{RunOutcome, Trigger};
use onroll::domain::snapshot::{ReadScope, WhyEverybody};
use onroll::engine::Engine;
use onroll::engine::schedule::Waits;
use onroll::engine::schedule::watch::{WatchEvent, WatchNews, What};
use onroll::ports::clock::Clock;
use onroll::sandbox::{SandboxConfig, World};
use onroll::services::schedules;
use onroll::store::{RunRow, Store};
use serde_json::{Value, json};
use std::sync::Arc;

/// A desk on a clock that is moved by hand.
pub struct Bench {
    pub desk: Desk,
    pub clock: Arc<HandClock>,
}

impl Bench {
    /// A published tenant with this schedule whose people are all tied and equal, at noon of the scenarios' day.
    pub async fn settled(document: Value, schedule: &str) -> Bench {
        let bench = Bench::published(document, schedule).await;
        let report = bench.desk.sync().await;
        assert_eq!((report.totals.written, report.problem), (0, None));
        bench
    }

    pub async fn published(document: Value, schedule: &str) -> Bench {
        let world = World::from_json_text(&document.to_string()).unwrap();
        let config = SandboxConfig { world: Some(world), ..SandboxConfig::new(TODAY) };
        // As an operator chooses it at set-up (FR01).
        let line = format!("[settings]\nschedule = {schedule:?}\njitter_minutes = 0\n");
        let mut desk = Desk::of(config, |text| text.replacen("[settings]\n", &line, 1)).await;
        let clock = HandClock::new(at("2026-11-22T12:00Z"));
        let moved: Arc<dyn Clock> = clock.clone();
        let store = Store::open(&desk.workspace.dir.join("onroll.db"), Arc::clone(&moved)).unwrap();
        let engine = Engine { store: store.clone(), clock: Arc::clone(&moved), ..desk.workspace.engine.clone() };
        (desk.workspace.store, desk.workspace.engine, desk.workspace.clock) = (store, engine, moved);
        desk.publish().await;
        Bench { desk, clock }
    }

    /// What `onroll watch --once` does at this moment.
    pub async fn at(&self, now: &str) -> Vec<WatchEvent> {
        self.clock.set(at(now));
        let workspace = &self.desk.workspace;
        let own = (&workspace.supervisor, &workspace.engine);
        let (scheduler, mut news) = schedules::watch(own, &workspace.access).unwrap();
        let mut events = Vec::new();
        let told = async {
            while let Some(one) = news.recv().await {
                if let WatchNews::Event(event) = one {
                    events.push(*event);
                }
            }
        };
        let (look, ()) = tokio::join!(scheduler.once(std::future::pending()), told);
        look.unwrap();
        events
    }

    async fn runs(&self) -> Vec<RunRow> {
        let id = self.desk.connection().await.id;
        let runs = self.desk.store().runs(Some(id), 100).await.unwrap();
        runs.into_iter().filter(|run| run.job.trigger == Trigger::Schedule).rev().collect()
    }

    async fn read(&self, run: RunId) -> (ReadScope, Option<WhyEverybody>) {
        let reading = self.desk.store().reading_of_run(run).await.unwrap().expect("it was read");
        (reading.scope, reading.instead)
    }
}

pub fn ended(events: &[WatchEvent]) -> Vec<(RunId, RunOutcome)> {
    let ended = events.iter().filter_map(|event| match &event.what {
        What::Ended { run, outcome, .. } => Some((*run, *outcome)),
        _ => None,
    });
    ended.collect()
}

pub fn three() -> Value {
    let names = [(1, "Ana", "Lima"), (2, "Bo", "Tan"), (3, "Cleo", "Marsh")];
    let employees = names.iter().map(|(id, first, last)| employee(*id, first, last, json!({})));
    let users = names.iter().map(|(id, first, last)| user_of(*id, first, last, json!({})));
    world(employees.collect(), users.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl03_every_day_at_two_in_the_tenants_zone_across_a_clock_change_and_never_twice() {
    let bench = Bench::settled(three(), "daily 02:00").await;
    let zone = bench.desk.connection().await.time_zone;
    assert_eq!(zone, "Europe/London");
    assert_eq!(ended(&bench.at("2026-11-23T01:59:59Z").await), []);
    edit(&bench.desk, "planday", 2, |person| person.job_title = "Sous Chef".into());
    let first = ended(&bench.at("2026-11-23T02:00:00Z").await);
    assert!(matches!(first[..], [(_, RunOutcome::Done)]), "{first:?}");
    assert_eq!(bench.desk.user("40817_2")["job_title"], "Sous Chef");
    assert_eq!(ended(&bench.at("2026-11-23T02:00:40Z").await), [], "never twice");
    // Clocks go forward at 01:00 UTC on 28 March 2027: 02:00 is one hour earlier from then on.
    for (now, runs) in [
        ("2027-03-27T02:00:00Z", 1),
        ("2027-03-28T00:59:59Z", 0),
        ("2027-03-28T01:00:00Z", 1),
        ("2027-03-28T02:00:00Z", 0),
        ("2027-03-29T00:59:00Z", 0),
        ("2027-03-29T01:00:00Z", 1),
        // And back at 01:00 UTC on 31 October: 01:00 to 02:00 comes twice, 02:00 once.
        ("2027-10-31T01:00:00Z", 1),
        ("2027-10-31T01:59:00Z", 0),
        ("2027-10-31T02:00:00Z", 1),
        ("2027-10-31T03:00:00Z", 0),
    ] {
        // That of 30 October is made up for at 01:00, an hour before the next one.
        assert_eq!(ended(&bench.at(now).await).len(), runs, "{now}");
    }
    let runs = bench.runs().await;
    assert!(runs.iter().all(|run| run.by == "schedule" && run.outcome == RunOutcome::Done), "{runs:?}");
    let days: Vec<Timestamp> = runs.iter().map(|run| run.started).collect();
    assert_eq!(days.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma01_s_ro10_changes_arrive_within_an_interval_and_everybody_is_read_once_a_day() {
    for source in SOURCES {
        let numbers = 11..31;
        let rows = numbers.clone().map(|number| row(source, number)).collect();
        let users = numbers.map(|number| user(source, number)).collect();
        let bench = Bench::settled(document(source, rows, users), "every 15 min").await;
        edit(&bench.desk, source, 17, |person| person.job_title = "Sous Chef".into());
        let events = bench.at("2026-11-22T12:15:00Z").await;
        let [(run, RunOutcome::Done)] = ended(&events)[..] else { panic!("{source}: {events:?}") };
        assert_eq!(bench.read(run).await, (ReadScope::Changes, None), "{source}");
        assert_eq!(bench.desk.user(&identifier(source, 17))["job_title"], "Sous Chef", "{source}");
        edit(&bench.desk, source, 18, leaves);
        let [(run, _)] = ended(&bench.at("2026-11-22T12:30:00Z").await)[..] else { panic!("{source}") };
        assert_eq!(bench.read(run).await.0, ReadScope::Changes, "{source}");
        assert_eq!(bench.desk.user(&identifier(source, 18))["status"], "inactive", "{source}");
        // The first run of the next local day reads everybody, the one after it changes again.
        let [(sweep, _)] = ended(&bench.at("2026-11-23T00:00:00Z").await)[..] else { panic!("{source}") };
        assert_eq!(bench.read(sweep).await, (ReadScope::Everybody, Some(WhyEverybody::NewDay)), "{source}");
        let [(run, _)] = ended(&bench.at("2026-11-23T00:15:00Z").await)[..] else { panic!("{source}") };
        assert_eq!(bench.read(run).await.0, ReadScope::Changes, "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_everybody_is_read_at_least_once_in_24_hours_and_whenever_an_operator_wants() {
    // PeopleHR does not tell what has changed: each run is a sweep.
    let document = document("peoplehr", vec![employee(1, "Ana", "Lima", json!({}))], vec![]);
    let bench = Bench::published(document, "every 720 min").await;
    bench.desk.sync_confirmed().await;
    for now in ["2026-11-23T00:00:00Z", "2026-11-23T12:00:00Z"] {
        let events = bench.at(now).await;
        let [(run, _)] = ended(&events)[..] else { panic!("{now}: {events:?}") };
        assert_eq!(bench.read(run).await, (ReadScope::Everybody, None), "{now}");
    }
    // In between, on demand.
    let report = bench.desk.sync().await;
    assert_eq!(bench.read(report.run).await.0, ReadScope::Everybody);
    assert_eq!(bench.runs().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr01_the_frequency_is_chosen_at_set_up() {
    for (chosen, kept) in [("every 4 hours", "every 240 min"), ("daily 6:30", "daily 06:30"), ("manual", "manual")] {
        let bench = Bench::published(three(), chosen).await;
        let settings = bench.desk.connection().await.settings;
        assert_eq!(settings.schedule.to_string(), kept);
    }
    let sets = ["name=H", "time_zone=Europe/London", "source.vendor=planday", "settings.schedule=at night"];
    let refused = tenant_file::read(None, &sets.map(str::to_owned)).unwrap_err();
    assert!(refused.why.contains("`daily 02:00`"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_import_and_a_plan_past_a_limit_wait_for_an_operator() {
    let people = (1..=3).map(|id| employee(id, "Ana", &format!("Lima{id}"), json!({}))).collect();
    let bench = Bench::published(world(people, vec![]), "every 15 min").await;
    let events = bench.at("2026-11-22T12:15:00Z").await;
    let waiting = events.iter().find_map(|event| match &event.what {
        What::Ended { outcome: RunOutcome::Stopped, confirm, .. } => confirm.clone(),
        _ => None,
    });
    let short = bench.desk.short_name.clone();
    assert_eq!(waiting, Some(format!("{short}:3")), "{events:?}");
    assert_eq!(bench.desk.writes(), 0);
    // It is not asked for anew every quarter of an hour: the plan that the operator looks at stays the newest one.
    let events = bench.at("2026-11-22T12:30:00Z").await;
    assert!(matches!(&events[..], [WatchEvent { what: What::Waits(Waits::Answer(_)), .. }]), "{events:?}");
    let report = bench.desk.sync_kept(3).await;
    assert_eq!((report.totals.written, report.outcome), (3, RunOutcome::Done));
    let events = bench.at("2026-11-22T12:45:00Z").await;
    assert!(matches!(ended(&events)[..], [(_, RunOutcome::Done)]), "{events:?}");
    // A plan that nobody answers is made anew with the first run of the next day.
    bench.desk.settings(|settings| settings.limits.updates.percent = 0.0).await;
    for id in 1..=3 {
        edit(&bench.desk, "planday", id, |person| person.job_title = "Sous Chef".into());
    }
    bench.desk.settings(|settings| settings.limits.updates.number = Some(1)).await;
    let writes = bench.desk.writes();
    for (now, outcome) in [
        ("2026-11-22T13:00:00Z", Some(RunOutcome::Stopped)),
        ("2026-11-22T13:15:00Z", None),
        ("2026-11-23T00:00:00Z", Some(RunOutcome::Stopped)),
    ] {
        let ended = ended(&bench.at(now).await);
        assert_eq!(ended.first().map(|(_, outcome)| *outcome), outcome, "{now}");
    }
    assert_eq!(bench.desk.writes(), writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_waits_and_the_others_are_written() {
    let bench = Bench::settled(three(), "daily 02:00").await;
    edit(&bench.desk, "planday", 1, |person| person.job_title = "Keeper of Bees".into());
    edit(&bench.desk, "planday", 2, |person| person.job_title = "Sous Chef".into());
    let ended = ended(&bench.at("2026-11-23T02:00:00Z").await);
    assert!(matches!(ended[..], [(_, RunOutcome::DoneWithHeld)]), "{ended:?}");
    assert_eq!(bench.desk.user("40817_2")["job_title"], "Sous Chef");
    assert_eq!(bench.desk.user("40817_1")["job_title"], "Waiter");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_refused_halt_the_tenant_and_its_schedule() {
    use onroll::sandbox::FaultKind;
    let bench = Bench::settled(three(), "every 15 min").await;
    bench.desk.fault(FaultKind::ExpiredToken, "planday", 1_000);
    for minute in [15, 30, 45] {
        bench.at(&format!("2026-11-22T12:{minute}:00Z")).await;
    }
    assert_eq!(bench.desk.connection().await.status, ConnectionStatus::Paused);
    assert_eq!(ended(&bench.at("2026-11-22T13:00:00Z").await), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_as_a_command_says_what_happens_in_json() {
    use onroll::cli::arguments::WatchArguments;
    let bench = Bench::settled(three(), "daily 02:00").await;
    edit(&bench.desk, "planday", 2, |person| person.job_title = "Sous Chef".into());
    bench.clock.set(at("2026-11-23T02:00:30Z"));
    let (mut output, out, _) = output(true);
    let exit = onroll::cli::watch::run(
        &bench.desk.workspace,
        &WatchArguments { once: true, ..WatchArguments::default() },
        &mut output,
    )
    .await;
    assert_eq!(exit.unwrap().code(), 0);
    let lines: Vec<Value> = out.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(events, ["started", "begun", "ended"]);
    assert_eq!((&lines[2]["outcome"], &lines[2]["totals"]["written"]), (&json!("done"), &json!(1)));
    assert_eq!(lines[0]["slot"], "2026-11-23T02:00:00Z");
}
