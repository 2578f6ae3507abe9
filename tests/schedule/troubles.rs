//! Troubles with a life, and nothing that succeeds anywhere: on a clock that is moved by hand, with the mails counted.

use crate::common::schema::prints;
use crate::common::{employee, output, user_of, world};
use crate::counted::{Bench, HandClock, at};
use crate::scenarios;
use async_trait::async_trait;
use jiff::SignedDuration;
use onroll::cli::arguments::{TroublesArguments, TroublesCommand};
use onroll::domain::code::{Code, FeedCode, LineCode, ProblemCode};
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::ids::{ConnectionId, RunId};
use onroll::domain::problem::{Problem, ProblemKind};
use onroll::domain::report::ReportWhen;
use onroll::domain::run::{Job, RunOutcome, RunPurpose, RunTotals, Trigger};
use onroll::domain::schedule::Missed;
use onroll::domain::trouble::{Grade, Observation, Proof, TroubleLife};
use onroll::engine::Engine;
use onroll::ports::post::{Mail, PostError, Postman};
use onroll::sandbox::FaultKind;
use onroll::services::{Access, troubles};
use onroll::store::{NewDelivery, NewRun, Store, Verdict};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Takes every mail.
#[derive(Default)]
pub struct Letterbox(pub Mutex<Vec<Mail>>);

#[async_trait]
impl Postman for Letterbox {
    async fn send(&self, mail: &Mail) -> Result<(), PostError> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }

    async fn look(&self) -> Result<(), PostError> {
        Ok(())
    }

    fn words(&self) -> String {
        "a box".to_owned()
    }
}

/// Tenants whose runs are ended as the test says.
pub struct Fleet {
    pub bench: Bench,
    pub clock: Arc<HandClock>,
    pub engine: Engine,
    pub mails: Letterbox,
}

pub fn refused() -> Problem {
    Problem::new(ProblemKind::Refused, "MAPAL OS refused the credentials")
        .with_code(ProblemCode::CredentialsRefused)
        .with_vendor("MAPAL OS")
        .with_why("MAPAL OS refused the credentials: client is disabled")
}

pub fn unwell(vendor: &str) -> Problem {
    Problem::new(ProblemKind::Temporary, format!("{vendor} did not answer properly"))
        .with_code(ProblemCode::VendorUnwell)
        .with_vendor(vendor)
        .with_why(format!("{vendor} did not answer properly: no route to host"))
}

impl Fleet {
    pub fn new(now: &str) -> Self {
        let clock = HandClock::new(at(now));
        let bench = Bench::new(clock.clone());
        let engine = bench.watch(1).engine;
        Self { bench, clock, engine, mails: Letterbox::default() }
    }

    pub async fn tenant(&self, short: &str, schedule: &str, when: ReportWhen) -> ConnectionId {
        let id = self.bench.tenant(short, "Europe/London", schedule).await;
        self.bench
            .settings(id, |settings| {
                settings.report_recipients = vec!["rosa@provider.example".into()];
                settings.report_when = when;
            })
            .await;
        id
    }

    pub fn store(&self) -> &Store {
        &self.bench.store
    }

    pub async fn begin(&self, id: ConnectionId) -> RunId {
        let job = Job { trigger: Trigger::Schedule, ..Job::default() };
        let new = NewRun { job, ..NewRun::by_hand(RunPurpose::Sync, "schedule") };
        self.store().start_run(id, new).await.unwrap()
    }

    /// A run that ends so.
    pub async fn ended(
        &self,
        id: ConnectionId,
        outcome: RunOutcome,
        totals: RunTotals,
        problem: Option<Problem>,
    ) -> RunId {
        let run = self.begin(id).await;
        self.store().finish_run(run, outcome, totals, problem).await.unwrap();
        run
    }

    pub async fn fails(&self, id: ConnectionId, problem: Problem) -> RunId {
        self.ended(id, RunOutcome::Failed, RunTotals::default(), Some(problem)).await
    }

    pub async fn works(&self, id: ConnectionId) -> RunId {
        self.ended(id, RunOutcome::Done, RunTotals::default(), None).await
    }

    /// Mails what waits; answers the subjects of what was sent by that.
    pub async fn post(&self) -> Vec<String> {
        let before = self.mails.0.lock().unwrap().len();
        self.engine.post_reports(&self.mails).await.unwrap();
        self.mails.0.lock().unwrap().iter().skip(before).map(|mail| mail.subject.clone()).collect()
    }

    async fn lives(&self) -> Vec<(Code, TroubleLife)> {
        let all = troubles::all(&self.engine, true).await.unwrap();
        all.lines.into_iter().map(|line| (line.trouble.cause.code, line.life)).collect()
    }
}

const REFUSED: Code = Code::Problem(ProblemCode::CredentialsRefused);

#[tokio::test(flavor = "multi_thread")]
async fn s_i11_a_trouble_is_mailed_once_and_once_for_each_change_of_its_kind() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    let always = fleet.tenant("harbour", "every 15 min", ReportWhen::Always).await;
    let mut mails = 0;
    for quarter in 0..20 {
        fleet.clock.set(at("2026-11-24T09:00Z") + SignedDuration::from_mins(15 * quarter));
        fleet.fails(id, refused()).await;
        fleet.works(always).await;
        mails += fleet.post().await.iter().filter(|subject| subject.contains("tidewater")).count();
    }
    assert_eq!(mails, 1, "20 runs, one cause");
    let all = fleet.store().troubles().await.unwrap();
    assert_eq!((all.len(), all[0].times, all[0].life(fleet.store().now())), (1, 20, TroubleLife::Open));
    assert_eq!(fleet.mails.0.lock().unwrap().len(), 21, "reports after each run go on");
    // The third refusal in a row halts a tenant: that is another kind.
    fleet.store().set_status(id, ConnectionStatus::Paused, "onroll").await.unwrap();
    fleet.fails(id, refused()).await;
    assert_eq!(fleet.post().await.len(), 1);
    assert_eq!(fleet.store().troubles().await.unwrap()[0].grade, Grade::Halted);
    // A second cause is a second line, and a mail of its own.
    fleet.store().set_status(id, ConnectionStatus::Live, "rosa").await.unwrap();
    let totals = RunTotals { written: 7, failed: 3, ..RunTotals::default() };
    fleet.ended(id, RunOutcome::DoneWithHeld, totals, None).await;
    assert_eq!(fleet.post().await.len(), 1);
    assert_eq!(
        fleet.lives().await,
        [(Code::Line(LineCode::Refused), TroubleLife::Open), (REFUSED, TroubleLife::Quiet)]
    );
    // Within the quiet day it is the same one. That it works again was told, so that it is back is told too; after it another.
    fleet.clock.set(at("2026-11-25T09:00Z"));
    fleet.store().set_status(id, ConnectionStatus::Paused, "onroll").await.unwrap();
    fleet.fails(id, refused()).await;
    let subjects = fleet.post().await;
    assert!(matches!(&subjects[..], [one] if one.contains("back: MAPAL OS refused")), "{subjects:?}");
    assert_eq!(fleet.store().troubles().await.unwrap().len(), 2);
    fleet.works(id).await;
    assert!(matches!(&fleet.post().await[..], [one] if one.contains("works again: ")), "both");
    fleet.clock.set(at("2026-11-26T09:00:01Z"));
    assert_eq!(fleet.lives().await.iter().map(|(_, life)| *life).collect::<Vec<_>>(), [TroubleLife::Closed; 2]);
    fleet.fails(id, refused()).await;
    assert_eq!((fleet.post().await.len(), fleet.store().troubles().await.unwrap().len()), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_a_crash_and_a_run_that_ends_twice_make_one_trouble() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    let other = fleet.bench.watch(2).engine;
    let (first, second) = (fleet.begin(id).await, fleet.begin(id).await);
    let failed = || (RunOutcome::Failed, RunTotals::default(), Some(refused()));
    let end = async |store: &Store, run| {
        let (outcome, totals, problem) = failed();
        store.finish_run(run, outcome, totals, problem).await.unwrap();
    };
    tokio::join!(end(fleet.store(), first), end(&other.store, second));
    let (sent, also) = (fleet.post().await, { other.post_reports(&fleet.mails).await.unwrap() });
    assert_eq!((sent.len(), also, fleet.mails.0.lock().unwrap().len()), (1, (), 1));
    assert_eq!(fleet.store().troubles().await.unwrap().len(), 1);
    // A process that dies before it has ended its run says nothing; whoever finishes the run says it.
    let third = fleet.begin(id).await;
    fleet.bench.die(1);
    assert_eq!(fleet.store().troubles().await.unwrap()[0].times, 2);
    end(&other.store, third).await;
    end(&other.store, third).await;
    let one = fleet.store().troubles().await.unwrap().remove(0);
    assert_eq!((one.times, one.last_run), (3, Some(third)), "the same end twice is one");
    // It is finished under its own number later, and well.
    other.store.finish_run(third, RunOutcome::Done, RunTotals::default(), None).await.unwrap();
    assert_eq!(fleet.lives().await, [(REFUSED, TroubleLife::Quiet)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_switched_off_stands_aside_and_one_that_is_removed_takes_its_troubles_along() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    fleet.fails(id, refused()).await;
    assert_eq!(troubles::count(&fleet.engine).await.unwrap().open, 1);
    fleet.store().set_status(id, ConnectionStatus::Off, "rosa").await.unwrap();
    let figures = troubles::count(&fleet.engine).await.unwrap();
    assert_eq!((figures.open, figures.aside), (0, 1));
    fleet.store().set_status(id, ConnectionStatus::Live, "rosa").await.unwrap();
    assert_eq!(troubles::count(&fleet.engine).await.unwrap().open, 1);
    fleet.store().remove_connection(id, "rosa").await.unwrap();
    assert!(fleet.store().troubles().await.unwrap().is_empty());
    assert!(fleet.store().open_mails().await.unwrap().is_empty());
    assert!(fleet.post().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_neither_open_nor_close_a_trouble() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    let preview = async |outcome, problem| {
        let new = NewRun::by_hand(RunPurpose::Preview, "rosa");
        let run = fleet.store().start_run(id, new).await.unwrap();
        fleet.store().finish_run(run, outcome, RunTotals::default(), problem).await.unwrap();
    };
    preview(RunOutcome::Refused, Some(refused())).await;
    assert!(fleet.lives().await.is_empty());
    fleet.fails(id, refused()).await;
    preview(RunOutcome::Previewed, None).await;
    assert_eq!(fleet.lives().await, [(REFUSED, TroubleLife::Open)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_keeps_no_run_from_ending() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    fleet.fails(id, refused()).await;
    fleet.bench.break_rows("UPDATE trouble SET opened_at = 9223372036854775807");
    let run = fleet.fails(id, refused()).await;
    assert_eq!(fleet.store().run(run).await.unwrap().outcome, RunOutcome::Failed);
    assert_eq!(fleet.lives().await, [(REFUSED, TroubleLife::Open)], "it is opened anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_trouble_is_not_mailed_until_its_day_has_come() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    fleet.fails(id, refused()).await;
    assert_eq!(fleet.post().await.len(), 1);
    let one = fleet.store().troubles().await.unwrap()[0].id;
    let (engine, access) = (&fleet.engine, Access::full("rosa"));
    let past = troubles::mute(engine, &access, &[one], Some("2026-11-24".parse().unwrap())).await.unwrap_err();
    assert!(past.to_string().contains("that day has come"), "{past}");
    assert!(troubles::mute(engine, &Access::read_only("rosa"), &[one], None).await.is_err());
    troubles::mute(engine, &access, &[one], Some("2026-11-26".parse().unwrap())).await.unwrap();
    // Worse meanwhile, and unheard.
    fleet.store().set_status(id, ConnectionStatus::Paused, "onroll").await.unwrap();
    fleet.fails(id, refused()).await;
    assert_eq!((fleet.post().await.len(), fleet.lives().await), (0, vec![(REFUSED, TroubleLife::Muted)]));
    fleet.clock.set(at("2026-11-25T23:59:59Z"));
    assert_eq!(fleet.lives().await, [(REFUSED, TroubleLife::Muted)]);
    fleet.clock.set(at("2026-11-26T00:00:00Z"));
    assert_eq!(fleet.lives().await, [(REFUSED, TroubleLife::Open)], "without anybody writing anything");
    fleet.fails(id, refused()).await;
    assert_eq!(fleet.post().await.len(), 1, "what nobody was told is told now");
    // The clock is put back: it is as it was.
    fleet.clock.set(at("2026-11-24T08:00Z"));
    fleet.fails(id, refused()).await;
    assert_eq!((fleet.post().await.len(), fleet.lives().await), (0, vec![(REFUSED, TroubleLife::Open)]));
    let audit = fleet.store().audit_lines(Some(id), 20).await.unwrap();
    let line = audit.iter().find(|line| line.what == "trouble").unwrap();
    assert_eq!(line.detail, format!("trouble {one}, credentials_refused: muted until 2026-11-26T00:00:00Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_schedules_and_deliveries_that_cannot_be_read_open_troubles_of_their_own() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "daily 02:00", ReportWhen::Trouble).await;
    fleet.bench.settings(id, |settings| settings.missed = Missed::Skip).await;
    let mut watch = fleet.bench.watch(3);
    watch.look().await;
    // Off from then to seven.
    for _ in 0..2 {
        fleet.clock.set(at("2026-11-25T07:00Z"));
        watch.look().await;
    }
    let missed = Code::Feed(FeedCode::ScheduleMissed);
    assert_eq!(fleet.lives().await, [(missed, TroubleLife::Open)]);
    let subjects = fleet.post().await;
    assert_eq!(subjects, ["Onroll: tidewater: a scheduled run did not begin"]);
    let malformed = |verdict| NewDelivery {
        connection: id,
        event: String::new(),
        people: Vec::new(),
        digest: vec![1],
        signed: false,
        verdict,
    };
    for _ in 0..3 {
        fleet.store().put_delivery(malformed(Verdict::Refuse("no signature".into()))).await.unwrap();
    }
    let webhooks = Code::Feed(FeedCode::WebhookMalformed);
    assert_eq!(fleet.lives().await, [(missed, TroubleLife::Open), (webhooks, TroubleLife::Open)]);
    assert_eq!(fleet.post().await.len(), 1, "three of them, one mail");
    fleet.store().put_delivery(malformed(Verdict::Ignore("not about a record".into()))).await.unwrap();
    fleet.works(id).await;
    assert_eq!(fleet.lives().await.iter().map(|(_, life)| *life).collect::<Vec<_>>(), [TroubleLife::Quiet; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_i12_when_nothing_succeeds_anywhere_one_mail_says_so_instead_of_one_for_each_tenant() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let vendors = ["MAPAL OS", "Planday", "PeopleHR", "BambooHR", "Rotaready"];
    let mut tenants = Vec::new();
    for number in 0..5 {
        tenants.push(fleet.tenant(&format!("t{number}"), "every 15 min", ReportWhen::Trouble).await);
    }
    for id in &tenants {
        fleet.works(*id).await;
    }
    let begin = at("2026-11-24T11:04Z");
    let mut subjects = Vec::new();
    for quarter in 0..=5 {
        for (place, id) in tenants.iter().enumerate() {
            fleet.clock.set(begin + SignedDuration::from_mins(15 * quarter) + SignedDuration::from_secs(place as i64));
            fleet.fails(*id, unwell(vendors[place])).await;
            subjects.extend(fleet.post().await);
        }
    }
    let all = troubles::all(&fleet.engine, false).await.unwrap();
    assert_eq!((all.figures.open, all.figures.explained), (1, 5));
    let nowhere = all.nowhere.unwrap();
    assert_eq!((nowhere.attempts, nowhere.tenants.len()), (30, 5));
    assert_eq!(nowhere.said, Some(("no route to host".into(), true)));
    // All were held back, the first too, and are told in one.
    assert!(
        matches!(&subjects[..], [one] if one.starts_with("Onroll: Nothing has succeeded anywhere")),
        "{subjects:?}"
    );
    // Two processes see it, and one says it.
    let other = fleet.bench.watch(2).engine;
    other.tell_nowhere().await.unwrap();
    assert!(fleet.post().await.is_empty());
    // It goes with the first success; whoever is still in trouble after that is told of once.
    fleet.clock.set(at("2026-11-24T13:00Z"));
    fleet.works(tenants[1]).await;
    let all = troubles::all(&fleet.engine, false).await.unwrap();
    assert_eq!((all.nowhere, all.figures.open, all.figures.explained), (None, 4, 0));
    // That it is over is told once, by whichever process.
    let (ended, _) = (fleet.post().await, other.post_reports(&fleet.mails).await.unwrap());
    assert!(matches!(&ended[..], [one] if one.starts_with("Onroll: it works again, after 4 h")), "{ended:?}");
    let mail = fleet.mails.0.lock().unwrap().last().cloned().unwrap();
    assert!(mail.text.contains("of t1, at 2026-11-24 13:00 UTC"), "{}", mail.text);
    fleet.fails(tenants[2], unwell("PeopleHR")).await;
    assert!(fleet.post().await.is_empty(), "whether it is alone is known with the next success");
    fleet.fails(tenants[2], unwell("PeopleHR")).await;
    fleet.works(tenants[3]).await;
    assert!(matches!(&fleet.post().await[..], [one] if one.contains("t2")));
    fleet.fails(tenants[2], unwell("PeopleHR")).await;
    fleet.works(tenants[3]).await;
    assert!(fleet.post().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_held_back_goes_when_others_succeed() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let one = fleet.tenant("one", "every 15 min", ReportWhen::Trouble).await;
    let two = fleet.tenant("two", "every 15 min", ReportWhen::Trouble).await;
    let three = fleet.tenant("three", "every 15 min", ReportWhen::Trouble).await;
    fleet.works(one).await;
    fleet.clock.set(at("2026-11-24T09:15Z"));
    fleet.fails(two, unwell("Planday")).await;
    fleet.fails(three, unwell("Planday")).await;
    assert_eq!(fleet.post().await.len(), 0, "nobody can know yet");
    fleet.clock.set(at("2026-11-24T09:20Z"));
    fleet.works(one).await;
    let subjects = fleet.post().await;
    assert!(matches!(&subjects[..], [a, b] if a.contains("two") && b.contains("three")), "{subjects:?}");
    // Where nobody succeeds and it is no outage, it goes after an hour: one vendor alone fails, and another tenant has time left.
    fleet.bench.settings(one, |settings| settings.schedule = "daily 02:00".parse().unwrap()).await;
    fleet.clock.set(at("2026-11-24T09:35Z"));
    fleet.fails(two, refused()).await;
    fleet.fails(three, refused()).await;
    assert_eq!(fleet.post().await.len(), 0);
    fleet.clock.set(at("2026-11-24T10:34:59Z"));
    assert_eq!(fleet.post().await.len(), 0);
    fleet.clock.set(at("2026-11-24T10:35Z"));
    let subjects = fleet.post().await;
    assert!(matches!(&subjects[..], [a, b] if a.contains("two") && b.contains("three")), "{subjects:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_one_mail_also_where_each_run_is_reported_and_across_a_restart() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let vendors = ["MAPAL OS", "Planday", "PeopleHR"];
    let mut tenants = Vec::new();
    for number in 0..3 {
        tenants.push(fleet.tenant(&format!("t{number}"), "every 15 min", ReportWhen::Always).await);
    }
    for id in &tenants {
        fleet.works(*id).await;
    }
    assert_eq!(fleet.post().await.len(), 3);
    let mut other = fleet.bench.watch(2).engine;
    let mut subjects = Vec::new();
    for quarter in 1..=8 {
        for (place, id) in tenants.iter().enumerate() {
            fleet.clock.set(at("2026-11-24T09:00Z") + SignedDuration::from_mins(15 * quarter));
            fleet.fails(*id, unwell(vendors[place])).await;
        }
        // Another process mails each time, and dies.
        let before = fleet.mails.0.lock().unwrap().len();
        other.post_reports(&fleet.mails).await.unwrap();
        subjects.extend(fleet.mails.0.lock().unwrap().iter().skip(before).map(|mail| mail.subject.clone()));
        other = fleet.bench.watch(3 + quarter as u32).engine;
    }
    assert!(
        matches!(&subjects[..], [one] if one.starts_with("Onroll: Nothing has succeeded anywhere")),
        "{subjects:?}"
    );
    // It is over: reports of each run go on.
    fleet.works(tenants[0]).await;
    let subjects = fleet.post().await;
    assert!(
        matches!(&subjects[..], [over, run] if over.contains("it works again") && run.contains("t0")),
        "{subjects:?}"
    );
    fleet.works(tenants[0]).await;
    assert_eq!(fleet.post().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_which_no_mail_could_leave_is_told_in_one_when_it_is_over() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let mut tenants = Vec::new();
    for number in 0..2 {
        tenants.push(fleet.tenant(&format!("t{number}"), "every 15 min", ReportWhen::Trouble).await);
    }
    for id in &tenants {
        fleet.works(*id).await;
    }
    for quarter in 1..=6 {
        fleet.clock.set(at("2026-11-24T09:00Z") + SignedDuration::from_mins(15 * quarter));
        for (id, vendor) in tenants.iter().zip(["MAPAL OS", "Planday"]) {
            fleet.fails(*id, unwell(vendor)).await;
        }
        // The mail server is away too.
        fleet.engine.tell_nowhere().await.unwrap();
    }
    fleet.works(tenants[0]).await;
    let subjects = fleet.post().await;
    assert!(matches!(&subjects[..], [one] if one.contains("it works again, after 1 h")), "{subjects:?}");
    let text = fleet.mails.0.lock().unwrap().last().cloned().unwrap().text;
    assert!(text.contains("Nothing had succeeded anywhere since 2026-11-24 09:00 UTC"), "{text}");
    // Whoever is removed meanwhile is named in nothing that is still to leave.
    fleet.works(tenants[1]).await;
    assert!(fleet.post().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn that_it_works_again_is_told_once_by_the_run_that_shows_it_and_that_it_is_back_once() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    let opened = fleet.fails(id, refused()).await;
    fleet.fails(id, refused()).await;
    let mails = |fleet: &Fleet| fleet.mails.0.lock().unwrap().last().cloned().unwrap();
    assert_eq!(fleet.post().await.len(), 1);
    let first = mails(&fleet);
    assert!(
        first.subject.contains(&format!("run {opened}"))
            && first.subject.ends_with("trouble: MAPAL OS refused the credentials")
    );
    assert!(
        first.text.contains("trouble: MAPAL OS refused the credentials") && first.text.contains("seen 2 times since"),
        "{}",
        first.text
    );
    // Works; a restart in between; works on.
    fleet.clock.set(at("2026-11-24T10:00Z"));
    let healed = fleet.works(id).await;
    let other = fleet.bench.watch(2).engine;
    other.post_reports(&fleet.mails).await.unwrap();
    let relief = mails(&fleet);
    assert!(
        relief.subject.contains(&format!("run {healed}")) && relief.subject.contains("works again: MAPAL OS"),
        "{}",
        relief.subject
    );
    fleet.works(id).await;
    assert!(fleet.post().await.is_empty(), "once");
    // Back within the day, and coming and going after that.
    fleet.fails(id, refused()).await;
    assert!(matches!(&fleet.post().await[..], [one] if one.contains("back: MAPAL OS")));
    for _ in 0..3 {
        fleet.works(id).await;
        fleet.fails(id, refused()).await;
    }
    assert!(fleet.post().await.is_empty());
    let all = fleet.store().troubles().await.unwrap();
    assert_eq!((all.len(), all[0].times, all[0].life(fleet.store().now())), (1, 6, TroubleLife::Open));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_call_or_a_delivery_that_shows_it_works_is_told_to_whoever_heard_of_the_trouble() {
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    let silent = fleet.tenant("harbour", "manual", ReportWhen::Trouble).await;
    fleet.fails(id, refused()).await;
    assert_eq!(fleet.post().await.len(), 1);
    let proof = Proof { reached: true, ..Proof::default() };
    let seen = || Observation { at: fleet.store().now(), run: None, found: Vec::new(), proof };
    for _ in 0..2 {
        fleet.store().observe_trouble(id, seen()).await.unwrap();
        fleet.store().observe_trouble(silent, seen()).await.unwrap();
    }
    assert_eq!(fleet.post().await, ["Onroll: tidewater: works again: MAPAL OS refused the credentials"]);
    // What has not left when it is back is never sent.
    let late = fleet.tenant("quay", "every 15 min", ReportWhen::Trouble).await;
    fleet.fails(late, refused()).await;
    fleet.works(id).await;
    assert_eq!(fleet.post().await.len(), 1);
    fleet.store().observe_trouble(late, seen()).await.unwrap();
    fleet.fails(late, refused()).await;
    fleet.works(id).await;
    assert!(matches!(&fleet.post().await[..], [one] if one.contains("quay") && one.contains("back:")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_run_opens_one_the_test_call_and_a_success_heal_it_and_the_command_tells() {
    let (people, users) = (vec![employee(1, "Ana", "Lima", json!({}))], vec![user_of(1, "Ana", "Lima", json!({}))]);
    let bench = scenarios::Bench::settled(world(people, users), "every 15 min").await;
    let workspace = &bench.desk.workspace;
    bench.desk.fault(FaultKind::ExpiredToken, "planday", 1_000);
    for quarter in ["12:15", "12:30", "12:45"] {
        bench.at(&format!("2026-11-22T{quarter}:00Z")).await;
    }
    let list = said(&bench, None).await;
    let one = &list["troubles"][0];
    assert_eq!((&one["code"], &one["about"]), (&json!("credentials_refused"), &json!("Planday")));
    assert_eq!((&one["times"], &one["kind"], &one["life"]), (&json!(3), &json!("halted"), &json!("open")));
    assert_eq!(list["counts"]["open"], 1);
    let id = one["id"].as_i64().unwrap();
    said(&bench, Some(TroublesCommand::Seen { ids: vec![id] })).await;
    said(&bench, Some(TroublesCommand::Mute { ids: vec![id], until: None })).await;
    let list = said(&bench, Some(TroublesCommand::List { all: true })).await;
    prints("troubles list", [&list], &["Mute"]);
    assert_eq!((&list["troubles"][0]["life"], &list["counts"]["muted"]), (&json!("muted"), &json!(1)));
    said(&bench, Some(TroublesCommand::Unmute { ids: vec![id] })).await;
    let connection = bench.desk.connection().await;
    workspace.engine.test_connection(&connection).await.unwrap();
    assert_eq!(said(&bench, None).await["troubles"][0]["life"], "open", "the test call was refused too");
    bench.desk.sandbox.set_faults(Vec::new());
    let test = workspace.engine.test_connection(&connection).await.unwrap();
    assert!(test.passed);
    assert_eq!(said(&bench, None).await["troubles"][0]["life"], "quiet");
    bench.at("2026-11-22T13:15:00Z").await;
    bench.clock.set(at("2026-11-23T12:50:00Z"));
    assert_eq!(said(&bench, None).await["troubles"][0]["life"], "closed");
    bench.clock.set(at("2026-12-03T12:50:00Z"));
    assert_eq!(said(&bench, None).await["troubles"], json!([]));
    assert_eq!(said(&bench, Some(TroublesCommand::List { all: true })).await["troubles"][0]["life"], "closed");
    // Nobody has watched since.
    prints("troubles list", [&said(&bench, None).await], &["Nowhere"]);
}

async fn said(bench: &scenarios::Bench, command: Option<TroublesCommand>) -> Value {
    let (mut output, out, _) = output(true);
    let name = match &command {
        None | Some(TroublesCommand::List { .. }) => "troubles list",
        Some(TroublesCommand::Mute { .. }) => "troubles mute",
        Some(TroublesCommand::Unmute { .. }) => "troubles unmute",
        Some(TroublesCommand::Seen { .. }) => "troubles seen",
    };
    let asked = TroublesArguments { all: false, command };
    onroll::cli::troubles::run(&bench.desk.workspace, &asked, &mut output).await.unwrap();
    prints(name, [&out.answer()], &[]);
    out.answer()
}
