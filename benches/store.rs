//! The store at 100,000 people: what a key press on a list costs, and what the journal costs a run.
//! `cargo bench --bench store`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../tests/store_support/mod.rs"]
mod store_support;

use divan::Bencher;
use onroll::domain::field::Field;
use onroll::domain::ids::{ConnectionId, PlanId};
use onroll::domain::list::ListKey;
use onroll::domain::plan::{HoldCode, HoldKind, OperationKind};
use onroll::domain::run::{FeedLine, Level};
use onroll::ports::clock::Clock;
use onroll::store::Store;
use onroll::store::views::{FeedEdge, FeedFilter, PeopleFilter, PeopleQuery, PeopleSort, PersonKey};
use std::sync::LazyLock;
use store_support::{Desk, add, employee, hold, operation, plan, pull};
use tokio::runtime::Runtime;

const PEOPLE: usize = 100_000;

struct Furnished {
    _desk: Desk,
    runtime: Runtime,
    store: Store,
    id: ConnectionId,
    keys: Vec<PersonKey>,
}

static FURNISHED: LazyLock<Furnished> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let desk = Desk::new();
    let store = desk.store();
    let (id, keys) = runtime.block_on(async {
        let id = add(&store, "harbour-vine").await;
        let people = (0..PEOPLE).map(|n| {
            let mut person =
                employee(&n.to_string(), &format!("First{}", n % 977), &format!("Last{}", n * 7919 % PEOPLE));
            person.person.job_title = Some(format!("Title {}", n % 300));
            person.person.branch = Some(format!("Branch {}", n % 500));
            person
        });
        pull(&store, id, people.collect()).await;
        let operations = (0..50_000).map(|n| operation(n, OperationKind::Update, &(n * 2).to_string())).collect();
        let holds = (0..5_000).map(|n| hold(&(n * 2 + 1).to_string(), HoldCode::Rehire, &[("u", 0.5)])).collect();
        store.save_plan(id, None, &plan(operations, holds), "bench").await.unwrap();
        for batch in 0..400 {
            let lines = (0..500).map(|n| FeedLine {
                run: None,
                at: desk.clock.now(),
                level: if n == 0 { Level::Warn } else { Level::Info },
                phase: None,
                employee: Some((batch * 37 + n).to_string().as_str().into()),
                what: "updated".into(),
                text: format!("job title Title {n} to Title {batch}"),
            });
            store.append_feed(id, lines.collect()).await.unwrap();
        }
        (id, store.people_keys(id, PeopleQuery::default()).await.unwrap())
    });
    Furnished { _desk: desk, runtime, store, id, keys }
});

fn query(filter: PeopleFilter, sort: PeopleSort, search: &str) -> PeopleQuery {
    PeopleQuery { filter, sort, descending: false, search: search.into(), ..PeopleQuery::default() }
}

fn main() {
    LazyLock::force(&FURNISHED);
    divan::main();
}

#[divan::bench(args = ["all by name", "all by branch", "search", "held", "changed", "not linked"])]
fn people_keys(bencher: Bencher, what: &str) {
    let f = &*FURNISHED;
    let query = match what {
        "all by name" => query(PeopleFilter::All, PeopleSort::Name, ""),
        "all by branch" => query(PeopleFilter::All, PeopleSort::Branch, ""),
        "search" => query(PeopleFilter::All, PeopleSort::Name, "last99"),
        "held" => query(PeopleFilter::Held(HoldKind::Review), PeopleSort::Name, ""),
        "changed" => query(PeopleFilter::Changed, PeopleSort::Name, ""),
        _ => query(PeopleFilter::NotLinked, PeopleSort::Name, ""),
    };
    bencher.bench(|| f.runtime.block_on(f.store.people_keys(f.id, query.clone())).unwrap().len());
}

#[divan::bench]
fn people_rows_200(bencher: Bencher) {
    let f = &*FURNISHED;
    let window = f.keys[50_000..50_200].to_vec();
    bencher.bench(|| f.runtime.block_on(f.store.people_rows(f.id, window.clone())).unwrap().len());
}

#[divan::bench]
fn mapping_view(bencher: Bencher) {
    let f = &*FURNISHED;
    bencher.bench(|| {
        f.runtime.block_on(f.store.mapping_view(f.id, ListKey::JOB_TITLE, Some(Field::JobTitle))).unwrap().rows.len()
    });
}

#[divan::bench]
fn tenant_rows(bencher: Bencher) {
    let f = &*FURNISHED;
    bencher.bench(|| f.runtime.block_on(f.store.tenant_rows()).unwrap().len());
}

#[divan::bench(args = ["newest", "warnings", "text", "name"])]
fn feed_window(bencher: Bencher, what: &str) {
    let f = &*FURNISHED;
    let filter = match what {
        "warnings" => FeedFilter { level: Some(Level::Warn), ..FeedFilter::default() },
        "text" => FeedFilter { text: "Title 399".into(), ..FeedFilter::default() },
        "name" => FeedFilter { text: "last99".into(), ..FeedFilter::default() },
        _ => FeedFilter::default(),
    };
    let read = || f.store.feed_window(f.id, filter.clone(), FeedEdge::Newest, 200);
    bencher.bench(|| f.runtime.block_on(read()).unwrap().len());
}

/// 64 writes in flight, each durable before it is answered.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn mark_sent_1000(bencher: Bencher) {
    let f = &*FURNISHED;
    let fresh = || -> PlanId {
        let operations = (0..1000).map(|n| operation(n, OperationKind::Update, &n.to_string())).collect();
        f.runtime.block_on(f.store.save_plan(f.id, None, &plan(operations, vec![]), "bench")).unwrap()
    };
    bencher.with_inputs(fresh).bench_values(|plan| {
        f.runtime.block_on(async {
            for batch in 0..1000 / 64 {
                let mut tasks = tokio::task::JoinSet::new();
                for seq in batch * 64..(batch + 1) * 64 {
                    let store = f.store.clone();
                    tasks.spawn(async move { store.mark_sent(plan, seq, None).await });
                }
                while let Some(result) = tasks.join_next().await {
                    result.unwrap().unwrap();
                }
            }
        });
    });
}
