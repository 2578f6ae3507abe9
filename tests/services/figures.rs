//! Every figure of a tenant, screen by screen, beside the rows of the file: with holds, rulings, leavers, a run that was stopped, one
//! that was cut short, and one that went through.

use super::common::faulty::{Fate, Faulty, Script};
use super::common::{Desk, TODAY, employee, user_of, world};
use super::console;
use onroll::console::app::{Payload, Query};
use onroll::console::backend::{header, query};
use onroll::console::screens::{feed, history, mappings, people, plan, review, run, tenants};
use onroll::domain::decision::Ruling;
use onroll::domain::plan::{HoldCode, HoldKind};
use onroll::domain::run::{RunOutcome, RunTotals};
use onroll::domain::waves::{WaveGate, WavesAsked};
use onroll::engine::progress::{Progress, Reporter, RunControl, RunEvent};
use onroll::engine::run::{Confirmation, SyncRequest};
use onroll::services::status;
use onroll::store::RunRow;
use onroll::store::views::{FeedFilter, PeopleSort, ReviewOrder};
use rusqlite::{Connection as Sqlite, ToSql, params};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A dozen people with every kind of hold, a leaver, and a user of nobody.
async fn desk() -> Desk {
    let employees = vec![
        employee(1, "Ana", "Lima", json!({})),
        employee(2, "Siobhán", "O’Rourke", json!({"job_title": "Sous Chef"})),
        employee(3, "Cara", "Shaw", json!({"job_title": "Magician"})),
        // Held for another reason first: of Magician's three two are held by it.
        employee(4, "Dan", "Moor", json!({"job_title": "Magician", "email": "same@hvine.example"})),
        employee(5, "Eve", "Hall", json!({"job_title": null})),
        employee(6, "Finn", "Wójcik", json!({"email": "finn@private.example"})),
        employee(7, "Gil", "Noor", json!({"email": "same@hvine.example"})),
        employee(8, "Hana", "Sato", json!({})),
        employee(9, "Ida", "Holm", json!({"job_title": "Magician"})),
        employee(10, "Jo", "Ives", json!({"email": "jo@private.example"})),
        employee(11, "Kai", "Brandt", json!({"job_title": "Sous Chef"})),
        employee(12, "Lou", "Marsh", json!({"status": "inactive", "end_date": "2026-10-31"})),
        employee(13, "Mia", "Quinn", json!({})),
    ];
    let open = |id| json!({"identifier": null, "email": format!("{id}@old.example")});
    let users = vec![
        user_of(1, "Ana", "Lima", json!({})),
        user_of(2, "Siobhán", "O’Rourke", json!({})),
        user_of(6, "Finn", "Wójcik", open(6)),
        user_of(10, "Jo", "Ives", open(10)),
        user_of(12, "Lou", "Marsh", json!({})),
        user_of(99, "Old", "Account", json!({})),
    ];
    Desk::preview_only(world(employees, users)).await
}

/// What the rows of the file say.
struct File(Sqlite);

impl File {
    #[allow(clippy::disallowed_methods, reason = "the test looks into the file from outside")]
    fn of(desk: &Desk) -> File {
        File(Sqlite::open(desk.workspace.dir.join("onroll.db")).unwrap())
    }

    fn count(&self, sql: &str, values: &[&dyn ToSql]) -> u64 {
        let count: i64 = self.0.query_row(&format!("SELECT {sql}"), values, |row| row.get(0)).unwrap();
        u64::try_from(count).unwrap()
    }

    fn by<K: rusqlite::types::FromSql + Ord>(&self, sql: &str, values: &[&dyn ToSql]) -> BTreeMap<K, u64> {
        let mut query = self.0.prepare(sql).unwrap();
        let rows = query.query_map(values, |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64))).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

async fn found(desk: &Desk, text: &str) -> u64 {
    let list = people::data::ListQuery { text: text.into(), sort: PeopleSort::Name, descending: false };
    let ask =
        people::data::Ask::Keys { tenant: desk.short_name.clone(), query: list, keep: None, whole: true, height: 4 };
    match query(&console(desk), Query::People(ask)).await.unwrap() {
        Payload::People(people::data::Answer::Keys(keys)) => keys.keys.len() as u64,
        other => panic!("{other:?}"),
    }
}

async fn page(desk: &Desk) -> plan::data::Page {
    match query(&console(desk), Query::Plan(plan::data::Ask::Page { tenant: desk.short_name.clone() })).await.unwrap() {
        Payload::Plan(plan::data::Answer::Page(page)) => *page.unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn sheet(desk: &Desk, tab: Option<mappings::data::Tab>) -> mappings::data::Sheet {
    let ask = mappings::data::Ask::Sheet { tenant: desk.short_name.clone(), tab };
    match query(&console(desk), Query::Mappings(ask)).await.unwrap() {
        Payload::Mappings(mappings::data::Answer::Sheet(sheet)) => *sheet,
        other => panic!("{other:?}"),
    }
}

async fn runs(desk: &Desk) -> Vec<RunRow> {
    let ask = history::data::Ask::Runs { tenant: desk.short_name.clone() };
    match query(&console(desk), Query::History(ask)).await.unwrap() {
        Payload::History(history::data::Answer::Runs(runs)) => runs.rows,
        other => panic!("{other:?}"),
    }
}

/// Who is held, on every screen that says it.
async fn assert_holds(desk: &Desk, file: &File, when: &str) {
    let (connection, tenant) = (desk.connection().await, desk.short_name.clone());
    let number = desk.store().latest_plan(connection.id).await.unwrap().unwrap().id.0;
    let of_plan: [&dyn ToSql; 1] = [&number];
    let by_kind: BTreeMap<String, u64> =
        file.by("SELECT kind, count(DISTINCT employee) FROM hold WHERE plan = ?1 GROUP BY kind", &of_plan);
    let by_code: BTreeMap<String, u64> =
        file.by("SELECT code, count(DISTINCT employee) FROM hold WHERE plan = ?1 GROUP BY code", &of_plan);
    let of = |kind: HoldKind| by_kind.get(kind.key()).copied().unwrap_or(0);
    let held = of(HoldKind::Blocked) + of(HoldKind::Review);
    let page = page(desk).await;
    let own: BTreeMap<String, u64> =
        page.held.iter().map(|row| (row.code.key().to_owned(), u64::from(row.people))).collect();
    assert_eq!(own, by_code, "{when}: Plan");
    assert_eq!((u64::from(page.held_people), u64::from(page.ruled)), (held, of(HoldKind::Ruled)), "{when}: Plan");
    let overview = desk.store().overview(connection.id).await.unwrap();
    for kind in [HoldKind::Blocked, HoldKind::Review, HoldKind::Ruled] {
        assert_eq!(u64::from(overview.held(kind)), of(kind), "{when}: Overview {kind:?}");
        let word = if kind == HoldKind::Ruled { "ruled" } else { kind.key() };
        assert_eq!(found(desk, &format!("state:{word}")).await, of(kind), "{when}: People state:{word}");
    }
    for (code, people) in &by_code {
        assert_eq!(found(desk, &format!("state:{code}")).await, *people, "{when}: People, held for {code}");
        let code = HoldCode::from_key(code).unwrap();
        let ask = plan::data::Ask::Held { tenant: tenant.clone(), plan: number, code, text: String::new() };
        let Payload::Plan(plan::data::Answer::Lines(ids)) = query(&console(desk), Query::Plan(ask)).await.unwrap()
        else {
            panic!()
        };
        assert_eq!(ids.len() as u64, *people, "{when}: Plan's list of {code:?}");
    }
    let Payload::Tenants(tenants::data::Answer::List(entries)) =
        query(&console(desk), Query::Tenants(tenants::data::Ask::List)).await.unwrap()
    else {
        panic!()
    };
    let row = &entries[0].row;
    let figures = row.plan.as_ref().unwrap();
    assert_eq!(overview.figures.as_ref(), Some(figures), "{when}: Overview and Tenants");
    assert_eq!((u64::from(figures.held), u64::from(figures.blocked)), (held, of(HoldKind::Blocked)), "{when}: Tenants");
    let in_scope = "count(*) FROM employee WHERE snapshot = ?1 AND in_scope = 1 AND status <> 'ended'";
    let pull = overview.source_pulls[0].id;
    assert_eq!(row.people, file.count(in_scope, &[&pull.0]), "{when}: people of Tenants");
    assert_values(desk, file, (number, u64::from(figures.unmapped_values)), when).await;
    assert_review(desk, (figures.review_left, figures.review_ruled), when).await;
}

/// What a value holds: Mappings, its badge, Tenants and Overview.
async fn assert_values(desk: &Desk, file: &File, (number, unmapped): (i64, u64), when: &str) {
    let held_by: BTreeMap<String, u64> = file.by(
        "SELECT field || ':' || value, count(*) FROM hold WHERE plan = ?1 AND code IN ('unmapped_value', 'option_missing')
          AND field IS NOT NULL AND value IS NOT NULL GROUP BY field, value",
        &[&number],
    );
    assert_eq!(unmapped, held_by.len() as u64, "{when}: values that hold somebody");
    let head = header::tenant(&console(desk), &desk.short_name).await.unwrap();
    assert_eq!(u64::from(head.badges[1]), unmapped, "{when}: the badge of Mappings");
    let first = sheet(desk, None).await;
    let mut blocked: BTreeMap<String, u64> = BTreeMap::new();
    for tab in &first.tabs {
        let mappings::data::Tab::Table(list) = tab.tab else { continue };
        for line in sheet(desk, Some(tab.tab)).await.lines.iter().filter(|line| line.blocked > 0) {
            blocked.insert(format!("{}:{}", list.field_key(), line.value), line.blocked);
        }
    }
    assert_eq!(blocked, held_by, "{when}: Mappings, value by value");
}

/// How far Review has come: its queue, the badge, Tenants and Overview.
async fn assert_review(desk: &Desk, (left, ruled): (u32, u32), when: &str) {
    let ask = review::data::Ask::Queue {
        tenant: desk.short_name.clone(),
        also: None,
        order: ReviewOrder::LeastCertain,
        whole: true,
    };
    let Payload::Review(review::data::Answer::Queue(queue)) = query(&console(desk), Query::Review(ask)).await.unwrap()
    else {
        panic!()
    };
    let queue = queue.unwrap();
    assert_eq!((queue.figures.left, queue.figures.ruled), (left, ruled), "{when}: Review and Tenants");
    let open = queue.rows.all().len() - queue.ruled.len();
    assert_eq!(open, left as usize, "{when}: cards that are not ruled");
    let head = header::tenant(&console(desk), &desk.short_name).await.unwrap();
    assert_eq!(head.badges[3], left, "{when}: the badge of Review");
    // The filter counts what the queue counts.
    let ask = review::data::Ask::Filter {
        tenant: desk.short_name.clone(),
        plan: queue.plan,
        also: None,
        order: ReviewOrder::LeastCertain,
        text: "is:open".into(),
        today: super::common::TODAY,
    };
    let Payload::Review(review::data::Answer::Filtered { found, .. }) =
        query(&console(desk), Query::Review(ask)).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(found.unwrap().places.len(), open, "{when}: is:open");
}

/// What the newest plan does, and what the runs did.
async fn assert_work(desk: &Desk, file: &File, when: &str) {
    let (connection, tenant) = (desk.connection().await, desk.short_name.clone());
    let number = desk.store().latest_plan(connection.id).await.unwrap().unwrap().id.0;
    let by_kind: BTreeMap<String, u64> =
        file.by("SELECT kind, count(*) FROM operation WHERE plan = ?1 GROUP BY kind", &[&number]);
    let page = page(desk).await;
    let own: BTreeMap<String, u64> = page
        .kinds
        .iter()
        .filter(|row| row.count > 0)
        .map(|row| (row.kind.key().to_owned(), u64::from(row.count)))
        .collect();
    assert_eq!(own, by_kind, "{when}: Plan by kind");
    assert_eq!(u64::from(page.changes), by_kind.values().sum::<u64>(), "{when}: Plan");
    let ask =
        plan::data::Ask::Lines { tenant: tenant.clone(), plan: number, kind: None, text: String::new(), waits: true };
    let Payload::Plan(plan::data::Answer::Lines(ids)) = query(&console(desk), Query::Plan(ask)).await.unwrap() else {
        panic!()
    };
    assert_eq!(ids.len() as u64, u64::from(page.changes), "{when}: Plan's lines");
    let pull = desk.store().overview(connection.id).await.unwrap().source_pulls[0].id.0;
    let changed = file.count(
        "count(DISTINCT e.id) FROM operation o JOIN employee e ON e.snapshot = ?2 AND e.employee = o.employee WHERE o.plan = ?1",
        params![number, pull],
    );
    assert_eq!(found(desk, "state:changes").await, changed, "{when}: People state:changes");
    let logged = file.count("count(*) FROM feed WHERE connection = ?1", &[&connection.id.0]);
    let ask = feed::data::Ask::Count { tenant: tenant.clone(), filter: FeedFilter::default(), waits: true };
    let Payload::Feed(feed::data::Answer::Count { found: lines, all }) =
        query(&console(desk), Query::Feed(ask)).await.unwrap()
    else {
        panic!()
    };
    assert_eq!((lines, all), (Some(logged), logged), "{when}: Feed");
    assert_runs(desk, file, when).await;
}

async fn assert_runs(desk: &Desk, file: &File, when: &str) {
    let (connection, tenant) = (desk.connection().await, desk.short_name.clone());
    let rows = runs(desk).await;
    assert_eq!(rows.len() as u64, file.count("count(*) FROM run WHERE connection = ?1", &[&connection.id.0]), "{when}");
    let Payload::Run(run::data::Answer::Newest(newest)) =
        query(&console(desk), Query::Run(run::data::Ask::Newest { tenant: tenant.clone() })).await.unwrap()
    else {
        panic!()
    };
    let overview = desk.store().overview(connection.id).await.unwrap();
    let Payload::Tenants(tenants::data::Answer::List(entries)) =
        query(&console(desk), Query::Tenants(tenants::data::Ask::List)).await.unwrap()
    else {
        panic!()
    };
    let first = rows.first();
    assert_eq!(newest.recent.first(), first, "{when}: Run and History");
    assert_eq!(overview.runs.first(), first, "{when}: Overview and History");
    assert_eq!(entries[0].row.last_run.as_ref(), first, "{when}: Tenants and History");
    let cut_short = first.is_some_and(|row| row.outcome == RunOutcome::Interrupted);
    assert!(!cut_short || newest.unfinished.is_some(), "{when}: Run says that it can be gone on with");
    // What the runs of a plan did is what its lines say; what is left is told by the newest of them.
    let mut by_plan: BTreeMap<i64, Vec<&RunTotals>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.totals.written + row.totals.pending + row.totals.failed > 0) {
        by_plan.entry(row.plan.unwrap().0).or_default().push(&row.totals);
    }
    for (plan, totals) in by_plan {
        let states: BTreeMap<String, u64> =
            file.by("SELECT state, count(*) FROM operation WHERE plan = ?1 GROUP BY state", &[&plan]);
        let state = |key: &str| states.get(key).copied().unwrap_or(0) as u32;
        let sum = |of: fn(&RunTotals) -> u32| totals.iter().map(|totals| of(totals)).sum::<u32>();
        let done = sum(|totals| totals.written + totals.already);
        assert_eq!(done, state("written") + state("confirmed"), "{when}: plan {plan}");
        let (confirmed, failed) = (sum(|totals| totals.confirmed), sum(|totals| totals.failed));
        assert_eq!((confirmed, failed), (state("confirmed"), state("failed")), "{when}: plan {plan}");
        let all: u64 = states.values().sum();
        let told = done + failed + sum(|totals| totals.unknown + totals.set_aside) + totals[0].pending;
        assert_eq!(u64::from(told), all, "{when}: plan {plan} adds up");
    }
    // What is told of a watch is the sum of History.
    let figures = status::figures(desk.engine()).await.unwrap().counted;
    let mut sums: BTreeMap<String, (u64, u64, u64, u64)> = BTreeMap::new();
    for row in &rows {
        let of = sums.entry(format!("{:?} {:?}", row.purpose, row.outcome)).or_default();
        of.0 += 1;
        of.1 += u64::from(row.totals.written);
        of.2 += u64::from(row.totals.failed);
        of.3 += u64::from(row.totals.mails);
    }
    let told: BTreeMap<String, (u64, u64, u64, u64)> = figures
        .runs
        .iter()
        .map(|sum| (format!("{:?} {:?}", sum.purpose, sum.outcome), (sum.runs, sum.written, sum.failed, sum.mails)))
        .collect();
    assert_eq!(told, sums, "{when}: status");
}

async fn assert_all(desk: &Desk, when: &str) {
    let file = File::of(desk);
    // Boxed: the frames of all screens would not fit into a test's stack.
    Box::pin(assert_holds(desk, &file, when)).await;
    Box::pin(assert_work(desk, &file, when)).await;
}

/// A run that ends by `end` at its second written line.
async fn broken_off(desk: &Desk, end: impl Fn(&RunControl)) {
    let number = desk.plan().await.counts.operations();
    let request = SyncRequest { confirmation: Some(Confirmation { number, reason: None }), ..SyncRequest::default() };
    let (reporter, _gauges, mut events) = Reporter::channel();
    let control = RunControl::default();
    let connection = desk.connection().await;
    let run = desk.engine().sync(&connection, &request, &reporter, &control);
    let watch = async {
        while let Some(event) = events.recv().await {
            match event {
                RunEvent::Planned { .. } => end(&control),
                RunEvent::Finished { .. } => break,
                _ => {}
            }
        }
    };
    let (report, ()) = tokio::join!(run, watch);
    report.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_on_every_screen_is_that_of_the_file() {
    let desk = desk().await;
    desk.preview().await;
    assert_all(&desk, "after a preview").await;
    let sheet = sheet(&desk, None).await;
    let magician = sheet.lines.iter().find(|line| line.value == "Magician").unwrap();
    assert_eq!((magician.people, magician.blocked), (3, 2), "one of the three is held for another reason");
    assert_eq!(sheet.coverage().0 - sheet.coverage().1, 3, "nobody of the three is covered");
    desk.rule("6", Ruling::Create).await;
    assert_all(&desk, "after a ruling").await;
    desk.rule("10", Ruling::Exclude).await;
    desk.preview().await;
    assert_all(&desk, "after a plan with rulings").await;
    desk.publish().await;
    broken_off(&desk, RunControl::stop).await;
    assert_all(&desk, "after a run that was stopped").await;
    desk.sync_confirmed().await;
    assert_all(&desk, "after a run that went through").await;
    desk.sandbox.edit(|world| world.company_mut("planday").unwrap().people[0].job_title = "Bartender".into());
    desk.preview().await;
    assert_all(&desk, "after another preview").await;
    desk.sync().await;
    assert_all(&desk, "after a sync").await;
}

async fn confirmed(desk: &Desk) -> SyncRequest {
    let number = desk.plan().await.counts.operations();
    SyncRequest { confirmation: Some(Confirmation { number, reason: None }), ..SyncRequest::default() }
}

/// A run whose process ends when its second write has taken effect.
async fn crashed(desk: &mut Desk) {
    let script = Arc::new(Script::default());
    *script.writes.lock().unwrap() = [Fate::Passes, Fate::DiesAfter].into();
    let usual = std::mem::replace(&mut desk.workspace.engine.factory, Arc::new(Faulty(Arc::clone(&script))));
    let (request, connection) = (confirmed(desk).await, desk.connection().await);
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    {
        let work = desk.engine().sync(&connection, &request, &reporter, &control);
        tokio::select! {
            () = script.died.notified() => {}
            report = work => panic!("it came to an end: {report:?}"),
        }
    }
    desk.reopen(TODAY);
    desk.workspace.engine.factory = usual;
    // The dead process gives no lease back; its pid would tell that it is gone.
    #[allow(clippy::disallowed_methods, reason = "past the store, as a process ends")]
    Sqlite::open(desk.store().path()).unwrap().execute_batch("UPDATE lease SET held = 0").unwrap();
}

/// A run that is paused as soon as it is planned where `pauses`, and is looked at once its gauges say `there`.
async fn looked_at(
    desk: &Desk,
    (request, control, pauses): (&SyncRequest, &RunControl, bool),
    there: impl Fn(&Progress) -> bool,
    look: impl AsyncFnOnce(),
) -> RunOutcome {
    let (reporter, mut gauges, mut events) = Reporter::channel();
    let connection = desk.connection().await;
    let planned = tokio::sync::Notify::new();
    let heard = async {
        while let Some(event) = events.recv().await {
            if pauses && matches!(event, RunEvent::Planned { .. }) {
                control.pause(true);
                planned.notify_one();
            }
        }
    };
    let work = async {
        let report = desk.engine().sync(&connection, request, &reporter, control).await.unwrap();
        drop(reporter);
        report
    };
    let look = async {
        if pauses {
            planned.notified().await;
        } else {
            gauges.wait_for(|progress| there(progress)).await.expect("the run comes so far");
        }
        look().await;
    };
    let (report, (), ()) = tokio::join!(Box::pin(work), heard, Box::pin(look));
    report.outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_holds_where_a_run_has_not_come_to_its_end() {
    let mut desk = desk().await;
    desk.publish().await;
    Box::pin(crashed(&mut desk)).await;
    assert_all(&desk, "after a crash").await;
    desk.sync().await;
    assert_all(&desk, "after the crashed run was finished").await;
    for (at, title) in [(0, "Bartender"), (1, "Bartender"), (12, "Waiter")] {
        desk.sandbox.edit(|world| world.company_mut("planday").unwrap().people[at].job_title = title.into());
    }
    desk.sandbox.edit(|world| world.company_mut("planday").unwrap().people[12].last_name = "Quinn-Ray".into());
    // Held before its first line, looked at, and stopped.
    let (request, control) = (confirmed(&desk).await, RunControl::default());
    let paused = looked_at(
        &desk,
        (&request, &control, true),
        |_| true,
        async || {
            assert_all(&desk, "while a run is paused").await;
            control.stop();
        },
    );
    assert_eq!(paused.await, RunOutcome::Cancelled);
    assert_all(&desk, "after the paused run was cancelled").await;
    // The same plan approved once more: what the cancelled run left is of the second run.
    let number = desk.plan().await.counts.operations();
    broken_off(&desk, RunControl::stop).await;
    assert_all(&desk, "after another run was cancelled").await;
    desk.sync_kept(number).await;
    assert_all(&desk, "after its plan was approved again").await;
    Box::pin(assert_all_in_waves(&desk)).await;
}

/// A run that waits at its first gate, and goes on.
async fn assert_all_in_waves(desk: &Desk) {
    for (at, title) in [(0, "Waiter"), (1, "Waiter"), (7, "Sous Chef")] {
        desk.sandbox.edit(|world| world.company_mut("planday").unwrap().people[at].job_title = title.into());
    }
    let asked = WavesAsked { gate: WaveGate::Key, ..WavesAsked::default() };
    let request = SyncRequest { waves: Some(asked), ..confirmed(desk).await };
    let control = RunControl::default();
    control.attend();
    let is_there = |progress: &Progress| progress.at_gate().is_some();
    let gone = looked_at(desk, (&request, &control, false), is_there, async || {
        assert_all(desk, "while a run waits at a gate").await;
        for wave in 1..9 {
            control.let_wave_go(wave);
        }
    });
    let outcome = gone.await;
    assert!(matches!(outcome, RunOutcome::Done | RunOutcome::DoneWithHeld), "{outcome:?}");
    assert_all(desk, "after all waves").await;
}
