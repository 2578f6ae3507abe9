//! What is kept in memory says what the file says, whoever wrote it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod store_support;

use onroll::domain::decision::{Link, LinkOrigin};
use onroll::domain::ids::{ConnectionId, EmployeeId, Identifier};
use onroll::domain::mapping::TableKind;
use onroll::domain::person::{Employee, EmploymentStatus};
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::run::{FeedLine, Level};
use onroll::ports::clock::Clock;
use onroll::store::Store;
use onroll::store::views::{
    FeedEdge, FeedFilter, OperationFilter, OperationSort, PeopleAsk, PeopleFilter, PeopleFound, PeopleQuery,
    PeopleSort, PeopleTerm, PersonKey,
};
use std::collections::HashSet;
use store_support::{Desk, add, employee, hold, operation, plan, pull};

const SORTS: [PeopleSort; 5] =
    [PeopleSort::Name, PeopleSort::Branch, PeopleSort::JobTitle, PeopleSort::Department, PeopleSort::Status];

/// Everybody in memory; the first question has the list read, and the file answers until it is there.
async fn found(screen: &Store, id: ConnectionId, ask: PeopleAsk) -> PeopleFound {
    for _ in 0..1_000_000 {
        if let Some(found) = screen.people_found(id, ask.clone()).await.unwrap() {
            return found;
        }
        tokio::task::yield_now().await;
    }
    panic!("the list is never read");
}

/// People with equal names, blanks, accents, other scripts and signs.
fn people(count: usize) -> Vec<Employee> {
    const FIRST: [&str; 6] = ["Søren", "Zoë", "Ann", "美咲", "O'Neill", "Łukasz"];
    const LAST: [&str; 5] = ["Wójcik", "佐藤", "Lee", "Weiß", "100%_"];
    let one = |number: usize| {
        let mut one = employee(&number.to_string(), FIRST[number % 6], LAST[number * 7 % 5]);
        one.person.branch =
            (!number.is_multiple_of(4)).then(|| ["Quayside", "Ängelholm", "Old Mill"][number % 3].to_owned());
        one.person.job_title = Some(format!("Title {}", number % 11));
        one.person.department = None;
        if number.is_multiple_of(9) {
            one.status = EmploymentStatus::Ended;
        }
        one
    };
    (0..count).map(one).collect()
}

/// The same answer from the file: each condition by itself, in the order of the list.
async fn from_file(store: &Store, id: ConnectionId, ask: &PeopleAsk) -> Vec<PersonKey> {
    let plain = PeopleQuery { sort: ask.sort, descending: ask.descending, ..PeopleQuery::default() };
    let mut keys = store.people_keys(id, plain.clone()).await.unwrap();
    for (not, term) in &ask.terms {
        let query = match term {
            PeopleTerm::Text(text) => PeopleQuery { search: text.clone(), ..plain.clone() },
            PeopleTerm::Value(kind, value) => {
                PeopleQuery { filter: PeopleFilter::WithValue(*kind, value.clone()), ..plain.clone() }
            }
            PeopleTerm::Leavers => PeopleQuery { filter: PeopleFilter::Leavers, ..plain.clone() },
        };
        let these: HashSet<PersonKey> = store.people_keys(id, query).await.unwrap().into_iter().collect();
        keys.retain(|key| these.contains(key) != *not);
    }
    keys
}

#[tokio::test]
async fn memory_and_file_find_the_same_people_in_the_same_order() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, people(400)).await;
    let screen = store.for_screen();
    let text = |text: &str| PeopleTerm::Text(text.to_owned());
    let branch = |value: &str| PeopleTerm::Value(TableKind::Branch, value.to_owned());
    let lists: Vec<Vec<(bool, PeopleTerm)>> = vec![
        vec![],
        vec![(false, text("w"))],
        vec![(false, text("wo"))],
        vec![(false, text("WÓJ"))],
        vec![(false, text("wojcik"))],
        vec![(false, text("nobody at all"))],
        vec![(false, text("100%"))],
        vec![(false, text("_"))],
        vec![(false, text("'"))],
        vec![(false, text(" "))],
        vec![(false, text("佐藤"))],
        vec![(false, text("40718_12"))],
        vec![(true, text("soren"))],
        vec![(true, text(" "))],
        vec![(false, text("sor")), (false, text("4"))],
        vec![(false, text("4")), (true, text("sor")), (false, text("7"))],
        vec![(false, branch("Ängelholm"))],
        vec![(true, branch("Quayside")), (false, text("lee"))],
        vec![(false, branch("no such place"))],
        vec![(true, branch("no such place"))],
        vec![(false, PeopleTerm::Value(TableKind::AccessProfile, "x".into()))],
        vec![(false, PeopleTerm::Leavers)],
        vec![(true, PeopleTerm::Leavers), (false, text("ann"))],
    ];
    for terms in lists {
        for sort in SORTS {
            for descending in [false, true] {
                let ask = PeopleAsk { terms: terms.clone(), sort, descending };
                let expected = from_file(&store, id, &ask).await;
                // Twice: the second answer is a kept one.
                for _ in 0..2 {
                    let found = found(&screen, id, ask.clone()).await;
                    assert_eq!(*found.keys, expected, "{ask:?}");
                    assert_eq!(found.total, 400);
                }
            }
        }
    }
}

#[tokio::test]
async fn the_list_follows_what_another_process_writes() {
    let desk = Desk::new();
    let store = desk.store();
    let (id, elsewhere) = (add(&store, "harbour-vine").await, add(&store, "old-mill").await);
    pull(&store, id, people(60)).await;
    pull(&store, elsewhere, people(7)).await;
    let (screen, other) = (store.for_screen(), desk.another());
    assert_eq!(found(&screen, id, PeopleAsk::default()).await.total, 60);

    // Nobody is missing where somebody else's change has nothing to do with the people.
    other.audit(Some(id), "rosa", "ruling", "3 people").await.unwrap();
    let at_once = screen.people_found(id, PeopleAsk::default()).await.unwrap();
    assert_eq!(at_once.map(|found| found.total), Some(60), "what is kept still holds");

    other.forget_person(id, "5".into(), None, "rosa").await.unwrap();
    let stale = screen.people_found(id, PeopleAsk::default()).await.unwrap();
    assert_eq!(stale, None, "the next question already sees that somebody was forgotten");
    let five = PeopleAsk { terms: vec![(false, PeopleTerm::Text("40718_5".into()))], ..PeopleAsk::default() };
    assert_eq!(found(&screen, id, PeopleAsk::default()).await.total, 59);
    assert_eq!(found(&screen, id, five.clone()).await.keys.len(), 10, "50 to 59, and not 5");

    pull(&other, id, people(80)).await;
    assert_eq!(screen.people_found(id, five.clone()).await.unwrap(), None, "a new pull is seen by the next question");
    assert_eq!(found(&screen, id, PeopleAsk::default()).await.total, 80);
    assert_eq!(found(&screen, elsewhere, PeopleAsk::default()).await.total, 7, "the list of another tenant");
    assert_eq!(found(&screen, id, five).await.keys.len(), 11);
    assert_eq!(store.people_found(id, PeopleAsk::default()).await.unwrap(), None, "the other lane reads the file");
}

fn line(desk: &Desk, text: &str) -> FeedLine {
    FeedLine {
        run: None,
        at: desk.clock.now(),
        level: Level::Info,
        phase: None,
        employee: None,
        what: "updated".into(),
        text: text.into(),
    }
}

#[tokio::test]
async fn kept_counts_follow_what_another_process_writes() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, people(20)).await;
    let made = plan(
        vec![operation(0, OperationKind::Update, "1"), operation(1, OperationKind::Update, "2")],
        vec![hold("3", HoldCode::UnmappedValue, &[]), hold("4", HoldCode::UnmappedValue, &[])],
    );
    let made = store.save_plan(id, None, &made, "rosa").await.unwrap();
    store.append_feed(id, vec![line(&desk, "one")]).await.unwrap();
    let other = desk.another();
    for screen in [store.clone(), store.for_screen()] {
        assert_eq!(screen.feed_count(id, FeedFilter::default()).await.unwrap(), 1);
    }
    other.append_feed(id, (0..10).map(|_| line(&desk, "more")).collect()).await.unwrap();
    other.put_link(id, link(&desk, "9", "u9")).await.unwrap();
    let held = |counts: Vec<onroll::store::views::HoldCount>| counts.iter().map(|count| count.people).sum::<u32>();
    for lane in [store.clone(), store.for_screen()] {
        assert_eq!(lane.feed_count(id, FeedFilter::default()).await.unwrap(), 11);
        let overview = lane.overview(id).await.unwrap();
        assert_eq!(overview.links, [(LinkOrigin::Identifier, 1)]);
        assert_eq!(held(overview.holds), 2);
        let fields = lane.plan_field_counts(made, OperationKind::Update).await.unwrap();
        assert_eq!(fields.first().map(|field| field.people), Some(2));
    }

    // A plan changes where somebody is forgotten, and its figures with it.
    let other_link = link(&desk, "8", "u8");
    other.put_link(id, other_link).await.unwrap();
    other.forget_person(id, EmployeeId::from("3"), None, "rosa").await.unwrap();
    other.forget_person(id, EmployeeId::from("1"), None, "rosa").await.unwrap();
    for lane in [store.clone(), store.for_screen()] {
        assert_eq!(held(lane.hold_counts(made).await.unwrap()), 1);
        assert_eq!(lane.overview(id).await.unwrap().links, [(LinkOrigin::Identifier, 2)]);
        let fields = lane.plan_field_counts(made, OperationKind::Update).await.unwrap();
        assert_eq!(fields.first().map(|field| field.people), Some(1));
        let search = OperationFilter { search: "40718_1".into(), ..OperationFilter::default() };
        assert!(lane.operation_ids(made, search, OperationSort::Branch).await.unwrap().is_empty());
        let view = lane.mapping_view(id, TableKind::JobTitle).await.unwrap();
        let carried: u64 = view.rows.iter().map(|row| row.people).sum();
        assert_eq!(carried, 15, "twenty, without three leavers and two who are forgotten");
    }
}

fn link(desk: &Desk, employee: &str, user: &str) -> Link {
    Link {
        employee: employee.into(),
        user: user.into(),
        identifier: Identifier(format!("40718_{employee}")),
        origin: LinkOrigin::Identifier,
        at: desk.clock.now(),
        active: true,
    }
}

fn by_text(text: &str) -> FeedFilter {
    FeedFilter { text: text.into(), ..FeedFilter::default() }
}

/// Memory reads ß as ss, the file does not: by that a test knows that memory answers.
async fn until_in_memory(screen: &Store, id: ConnectionId) {
    for _ in 0..1_000_000 {
        if screen.feed_count(id, by_text("gross")).await.unwrap() > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the log is never read");
}

/// Every window of a search, from the newest line to the oldest and back, and the count.
async fn everything_found(store: &Store, id: ConnectionId, text: &str) -> (Vec<i64>, Vec<i64>, u64) {
    let (mut down, mut edge) = (Vec::new(), FeedEdge::Newest);
    loop {
        let rows = store.feed_window(id, by_text(text), edge, 7).await.unwrap();
        down.extend(rows.iter().map(|row| row.id));
        match rows.last() {
            Some(last) => edge = FeedEdge::Before(last.id),
            None => break,
        }
    }
    let (mut up, mut edge) = (Vec::new(), FeedEdge::After(0));
    loop {
        let rows = store.feed_window(id, by_text(text), edge, 7).await.unwrap();
        match rows.first() {
            Some(first) => edge = FeedEdge::After(first.id),
            None => break,
        }
        up.splice(0..0, rows.iter().map(|row| row.id));
    }
    (down, up, store.feed_count(id, by_text(text)).await.unwrap())
}

#[tokio::test]
async fn the_feed_log_in_memory_finds_what_the_file_finds_whoever_writes() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, people(40)).await;
    let (screen, other) = (store.for_screen(), desk.another());
    let about =
        |number: usize, text: &str| FeedLine { employee: Some(EmployeeId(number.to_string())), ..line(&desk, text) };
    let lines: Vec<FeedLine> =
        (0..120).map(|n| about(n % 40, &format!("job title {} to Waiter {n}", ["Chef", "Bartender"][n % 2]))).collect();
    store.append_feed(id, vec![line(&desk, "groß")]).await.unwrap();
    store.append_feed(id, lines.clone()).await.unwrap();
    until_in_memory(&screen, id).await;
    let texts = ["b", "ba", "bart", "waiter 11", "lee", "4071", "updated", "wojcik", "nothing like it", "chef to"];
    for text in texts {
        let (down, up, count) = everything_found(&screen, id, text).await;
        assert_eq!((down.clone(), up.clone(), count), everything_found(&store, id, text).await, "{text}");
        assert_eq!((down.len() as u64, down), (count, up), "{text}");
    }

    other.append_feed(id, lines.into_iter().take(11).collect()).await.unwrap();
    until_in_memory(&screen, id).await;
    for text in texts {
        assert_eq!(everything_found(&screen, id, text).await, everything_found(&store, id, text).await, "{text}");
    }
    other.forget_person(id, "4".into(), None, "rosa").await.unwrap();
    let forgotten = everything_found(&screen, id, "40718_4").await;
    assert_eq!(forgotten, everything_found(&store, id, "40718_4").await, "the file answers at once");
    until_in_memory(&screen, id).await;
    assert_eq!(everything_found(&screen, id, "40718_4").await, (vec![], vec![], 0));

    // Another pull has another name for the same person.
    let mut renamed = people(40);
    renamed[7].person.last_name = Some("Quispe".into());
    pull(&other, id, renamed).await;
    assert_eq!(everything_found(&screen, id, "quispe").await, everything_found(&store, id, "quispe").await);
    until_in_memory(&screen, id).await;
    assert_eq!(everything_found(&screen, id, "quispe").await.2, 4, "three times, and once by the other process");
}
