//! The digest of all tenants: told once for each due moment, its figures those of the screens.

use crate::common::schema::prints;
use crate::common::{Desk, employee, output, world};
use crate::counted::{HandClock, at};
use crate::troubles::{Fleet, Letterbox, refused, unwell};
use jiff::SignedDuration;
use onroll::cli::arguments::DigestArguments;
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::plan::Plan;
use onroll::domain::report::ReportWhen;
use onroll::domain::run::{RunOutcome, RunPurpose, RunTotals};
use onroll::domain::waves::WaveStanding;
use onroll::engine::Engine;
use onroll::engine::run::{Confirmation, SyncRequest};
use onroll::engine::supervisor::{Limits, Supervisor};
use onroll::ports::clock::SystemClock;
use onroll::services::digest::{self, DigestSettings, Digests, Stage};
use onroll::services::{Access, troubles};
use onroll::store::{Ask, Holder, MailState, NewRun};
use serde_json::json;
use std::sync::Arc;

fn settings(schedule: &str, zone: &str) -> DigestSettings {
    DigestSettings {
        recipients: vec!["team@provider.example".into(), "rosa@provider.example".into()],
        at: schedule.parse().unwrap(),
        zone: zone.into(),
    }
}

fn digests(engine: &Engine, mails: &Arc<Letterbox>, settings: &DigestSettings) -> Digests {
    let supervisor = Supervisor::with_postman(Limits::default(), Some(mails.clone()));
    digest::watch((&supervisor, engine), &Access::full("rosa"), Some(settings.clone())).unwrap()
}

/// Sets the clock and has three processes look at once; answers how many mails left.
async fn look(clock: &HandClock, now: &str, all: &[Digests], mails: &Letterbox) -> usize {
    clock.set(at(now));
    let before = mails.0.lock().unwrap().len();
    let told = futures_util::future::join_all(all.iter().map(Digests::look)).await;
    let told = told.into_iter().filter(|one| one.as_ref().unwrap().is_some()).count();
    assert!(told <= 1, "{told} processes told it");
    for one in all {
        one.once().await;
    }
    mails.0.lock().unwrap().len() - before
}

#[tokio::test(flavor = "multi_thread")]
async fn s_i11_each_due_moment_has_one_digest_across_processes_restarts_and_clock_changes() {
    let fleet = Fleet::new("2026-10-23T12:00Z");
    let (mails, daily) = (Arc::<Letterbox>::default(), settings("daily 01:30", "Europe/London"));
    let three = || [2, 3, 4].map(|pid| digests(&fleet.bench.watch(pid).engine, &mails, &daily));
    let all = three();
    let told = async |now: &str, all: &[Digests]| look(&fleet.clock, now, all, &mails).await;
    assert_eq!(told("2026-10-23T12:00Z", &all).await, 0, "who asks for the first time owes nothing");
    assert_eq!(told("2026-10-24T00:29:59Z", &all).await, 0);
    assert_eq!(told("2026-10-24T00:30:10Z", &all).await, 2, "one each");
    assert_eq!(told("2026-10-24T00:31Z", &three()).await, 0, "after a restart");
    // The night in which 01:30 comes twice.
    assert_eq!(told("2026-10-25T00:30Z", &all).await, 2);
    assert_eq!(told("2026-10-25T01:30Z", &all).await, 0);
    // The clock is put back by a day, and comes again.
    assert_eq!(told("2026-10-24T00:45Z", &all).await, 0);
    assert_eq!(told("2026-10-25T06:00Z", &all).await, 0);
    // Off for three days: one stands for all, and tells of all that time.
    assert_eq!(told("2026-10-28T09:00Z", &three()).await, 2);
    let last = mails.0.lock().unwrap().last().cloned().unwrap();
    assert!(last.text.starts_with("All tenants, 2026-10-25 01:30 to 2026-10-28 09:00 GMT"), "{}", last.text);
    // A clock that was years ahead once silences nobody for years.
    assert_eq!(told("2031-01-01T09:00Z", &all).await, 2);
    assert_eq!(told("2026-10-28T10:00Z", &all).await, 0);
    assert_eq!(told("2026-10-29T02:00Z", &all).await, 2);
    let to: Vec<String> = mails.0.lock().unwrap().iter().take(2).map(|mail| mail.to.clone()).collect();
    assert_eq!(to, ["team@provider.example", "rosa@provider.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_after_it_kept_a_digest_leaves_it_to_the_next_one() {
    let fleet = Fleet::new("2026-11-23T12:00Z");
    fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    let (mails, daily) = (Arc::<Letterbox>::default(), settings("daily 07:00", "UTC"));
    let dying = Supervisor::default();
    let first = digest::watch((&dying, &fleet.engine), &Access::full("rosa"), Some(daily.clone())).unwrap();
    first.look().await.unwrap();
    fleet.clock.set(at("2026-11-24T07:00Z"));
    let kept = first.look().await.unwrap().unwrap();
    let states = fleet.store().mails_of_digest(kept).await.unwrap();
    assert!(states.iter().all(|row| row.state == MailState::Queued) && states.len() == 2, "{states:?}");
    let other = fleet.bench.watch(2).engine;
    digests(&other, &mails, &daily).once().await;
    other.post_reports(&*mails).await.unwrap();
    other.post_reports(&*mails).await.unwrap();
    assert_eq!(mails.0.lock().unwrap().len(), 2);
    // A tenant that is removed stands in no digest that has not left: that is made anew.
    fleet.clock.set(at("2026-11-25T07:00Z"));
    let second = first.look().await.unwrap().unwrap();
    let id = fleet.store().connections().await.unwrap()[0].id;
    fleet.store().remove_connection(id, "rosa").await.unwrap();
    assert!(fleet.store().mails_of_digest(second).await.unwrap().is_empty());
    digests(&other, &mails, &daily).look().await.unwrap().expect("owed again");
    assert_eq!(mails.0.lock().unwrap().len(), 4);
    assert!(mails.0.lock().unwrap()[3].text.contains("0 tenants"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_says_of_runs_states_and_troubles_is_what_history_audit_and_troubles_say() {
    let fleet = Fleet::new("2026-11-23T12:00Z");
    let one = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    let two = fleet.tenant("harbour", "every 15 min", ReportWhen::Trouble).await;
    let old = fleet.tenant("quay", "every 15 min", ReportWhen::Trouble).await;
    fleet.fails(old, refused()).await;
    fleet.works(one).await;
    let since = at("2026-11-23T18:00Z");
    fleet.clock.set(since + SignedDuration::from_hours(1));
    for (id, outcome, written, failed, mails) in [
        (one, RunOutcome::Done, 14, 0, 9),
        (one, RunOutcome::DoneWithHeld, 2, 3, 1),
        (two, RunOutcome::Done, 0, 0, 0),
        (two, RunOutcome::Cancelled, 1, 0, 0),
    ] {
        let totals = RunTotals { written, failed, mails, unknown: failed / 3, ..RunTotals::default() };
        fleet.ended(id, outcome, totals, None).await;
    }
    fleet.fails(two, unwell("Planday")).await;
    fleet.fails(old, refused()).await;
    // What only looks, and what has not ended.
    let preview = NewRun::by_hand(RunPurpose::Preview, "rosa");
    let run = fleet.store().start_run(one, preview).await.unwrap();
    fleet.store().finish_run(run, RunOutcome::Previewed, RunTotals::default(), None).await.unwrap();
    fleet.begin(one).await;
    fleet.store().set_status(two, ConnectionStatus::Off, "rosa").await.unwrap();
    fleet.store().set_status(two, ConnectionStatus::Preview, "rosa").await.unwrap();
    fleet.clock.set(since + SignedDuration::from_hours(2));
    let london = jiff::tz::TimeZone::get("Europe/London").unwrap();
    let found = digest::digest(&fleet.engine, &london, Some(since)).await.unwrap();
    let history = fleet.store().runs(None, 100).await.unwrap();
    let history: Vec<_> = history
        .into_iter()
        .filter(|run| run.ended.is_some_and(|ended| ended > since) && run.purpose == RunPurpose::Sync)
        .collect();
    let sum = |of: &dyn Fn(&RunTotals) -> u32| history.iter().map(|run| u64::from(of(&run.totals))).sum::<u64>();
    assert_eq!((found.runs(), found.written()), (history.len() as u64, sum(&|totals| totals.written)));
    assert_eq!(
        found.ran.iter().map(|ran| (ran.failed, ran.unknown)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
        (sum(&|totals| totals.failed), sum(&|totals| totals.unknown))
    );
    for (outcome, runs) in found.outcomes() {
        assert_eq!(runs, history.iter().filter(|run| run.outcome == outcome).count() as u64, "{outcome:?}");
    }
    assert_eq!(
        found.ran.iter().map(|ran| (ran.short_name.as_str(), ran.runs())).collect::<Vec<_>>(),
        [("harbour", 3), ("quay", 1), ("tidewater", 2)]
    );
    assert_eq!(found.moved.len(), 1);
    assert_eq!(
        (found.moved[0].tenant.as_str(), found.moved[0].states.join(" ")),
        ("harbour", "live off preview".into())
    );
    let all = troubles::all(&fleet.engine, true).await.unwrap();
    assert_eq!(found.troubles_now, all.figures.words());
    let open = found.at(Stage::Opened) + found.at(Stage::Still);
    assert_eq!((open, found.at(Stage::Still), all.figures.open), (all.figures.open, 1, open), "{:?}", found.troubles);
    // It works again: so that line says.
    fleet.works(old).await;
    let found = digest::digest(&fleet.engine, &london, Some(since)).await.unwrap();
    assert_eq!((found.at(Stage::Still), found.at(Stage::Works)), (0, 1));
    let line = found.troubles.iter().find(|line| line.stage == Stage::Works).unwrap();
    assert_eq!((line.tenant.as_str(), line.times), ("quay", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_what_waits_and_the_mails_are_those_of_the_screens_and_the_command_says_the_same() {
    let people = vec![
        employee(1, "Ana", "Lima", json!({})),
        employee(2, "Ben", "Tan", json!({})),
        employee(3, "Cleo", "Marsh", json!({ "branch": "Elsewhere" })),
    ];
    let mut desk = Desk::live(world(people, Vec::new())).await;
    // The store of a desk has the clock of the system.
    let engine = Engine { clock: Arc::new(SystemClock), ..desk.engine().clone() };
    desk.sync().await;
    let utc = jiff::tz::TimeZone::UTC;
    let before = digest::digest(&engine, &utc, None).await.unwrap();
    let number = desk.plan().await.counts.operations();
    let waits: Vec<_> = before.waiting.iter().map(|one| (one.kind, one.command.clone())).collect();
    assert!(
        waits.contains(&("first_import", format!("onroll sync {0} --confirm {0}:{number}", desk.short_name))),
        "{waits:?}"
    );
    let confirmation = Some(Confirmation { number, reason: None });
    let report = desk.sync_with(SyncRequest { confirmation, ..SyncRequest::default() }).await;
    let found = digest::digest(&engine, &utc, None).await.unwrap();
    assert!(!found.waiting.iter().any(|one| one.kind == "first_import"), "{:?}", found.waiting);
    let row = &desk.store().tenant_rows().await.unwrap()[0];
    let held: u64 = found.held.iter().map(|line| line.people).sum();
    assert_eq!((held, held > 0), (u64::from(row.plan.as_ref().unwrap().held), true), "{:?}", found.held);
    let welcomed = engine.report_of(report.run).await.unwrap();
    let mails = if welcomed.mails { Some(u64::from(welcomed.totals.mails)) } else { None };
    assert_eq!(found.ran[0].mails, mails);
    assert_eq!(found.written(), u64::from(report.totals.written));
    // The command, and a digest that is sent by hand.
    desk.workspace.engine = engine.clone();
    let (mut out, heard, _) = output(true);
    let asked = |send| DigestArguments { since: Some("36h".into()), send };
    onroll::cli::digest::run(&desk.workspace, &asked(false), &mut out).await.unwrap();
    let said = heard.answer();
    assert_eq!(
        (&said["digest"]["written"], &said["digest"]["held"]["now"]),
        (&json!(found.written()), &json!(found.held_now))
    );
    let refused = onroll::cli::digest::run(&desk.workspace, &asked(true), &mut out).await.unwrap_err();
    assert!(refused.what.contains("nobody gets"), "{refused:?}");
    let mails = Arc::<Letterbox>::default();
    desk.workspace.digest = Some(settings("manual", "UTC"));
    desk.workspace.supervisor = Supervisor::with_postman(Limits::default(), Some(mails.clone()));
    let (mut out, heard, _) = output(true);
    onroll::cli::digest::run(&desk.workspace, &asked(true), &mut out).await.unwrap();
    prints("digest", [&heard.answer()], &["Message"]);
    assert_eq!(heard.answer()["digest"]["sent"][1]["state"], "sent");
    let text = mails.0.lock().unwrap()[0].text.clone();
    for private in ["Ana", "Lima", "Cleo", "@h.example", "1990-"] {
        assert!(!text.contains(private), "{private}\n{text}");
    }
}

/// A gate and a pause are where another process says them: in the workspace.
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_and_a_pause_of_another_process_wait_for_somebody() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    let run = fleet.begin(id).await;
    let other = fleet.bench.watch(2).engine;
    let holder = Holder { pid: 2, host: "desk".into(), start: "2".into(), what: "sync by tim".into() };
    let token = other.store.acquire_lease(id, holder).await.unwrap();
    let working = other.store.under_lease(token);
    working.work_on(run).await.unwrap();
    let waits = async || {
        let found = digest::digest(&fleet.engine, &jiff::tz::TimeZone::UTC, None).await.unwrap();
        found.waiting.into_iter().map(|one| (one.kind, one.what, one.command)).collect::<Vec<_>>()
    };
    assert_eq!(waits().await, [], "at work, and nobody has to do anything");
    working.save_plan(id, Some(run), &Plan::default(), "tim").await.unwrap();
    let wave = |wave, label: &str, people| WaveStanding {
        wave,
        of: 3,
        label: label.into(),
        people,
        changes: people + 2,
        mails: 2,
        gate: None,
    };
    working
        .keep_waves(run, vec![wave(0, "one person", 1), wave(1, "five people", 5), wave(2, "all the rest", 9)])
        .await
        .unwrap();
    assert_eq!(working.stand_at_gate(run, 1, None).await.unwrap(), None);
    let [(kind, what, command)] = &waits().await[..] else { panic!() };
    assert_eq!((*kind, command.as_str()), ("wave", "onroll runs next tidewater"));
    assert!(what.contains("five people") && what.contains("until somebody lets it go"), "{what}");
    working.stand_at_gate(run, 1, Some(900)).await.unwrap();
    let what = &waits().await[0].1;
    assert!(what.contains("goes on at 2026-11-24 09:15 UTC"), "{what}");
    fleet.store().ask_holder(id, Some(Ask::Pause), "rosa").await.unwrap();
    assert!(matches!(&waits().await[..], [("paused", _, command)] if command == "onroll runs continue tidewater"));
    fleet.store().ask_holder(id, None, "rosa").await.unwrap();
    fleet.store().let_wave_go(id, run, 1, "rosa").await.unwrap();
    assert_eq!(waits().await, [], "let go by rosa, from another process");
    // Its process dies at a gate: nobody waits there any more.
    working.stand_at_gate(run, 2, None).await.unwrap();
    assert_eq!(waits().await.len(), 1);
    fleet.bench.die(2);
    assert_eq!(waits().await, []);
}
