//! What is kept in memory says what the file says, whoever wrote it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod store_support;

use onroll::domain::decision::{Decision, Link, LinkOrigin, Ruling};
use onroll::domain::field::Field;
use onroll::domain::ids::{ConnectionId, EmployeeId, Identifier, PlanId, RunId};
use onroll::domain::list::ListKey;
use onroll::domain::person::{Employee, EmploymentStatus};
use onroll::domain::plan::{HoldCode, HoldKind, OperationKind};
use onroll::domain::run::{FeedLine, Level, Phase};
use onroll::ports::clock::Clock;
use onroll::store::Store;
use onroll::store::views::{
    FeedColumn, FeedEdge, FeedFilter, FilterAsk, OperationFilter, OperationSort, PeopleAsk, PeopleFilter, PeopleFound,
    PeopleQuery, PeopleSort, PeopleTerm, PersonKey, PlanTerm, QueueAsk, QueueFound, QueueRow, ReviewOrder,
};
use std::collections::{BTreeMap, HashSet};
use store_support::{Desk, add, employee, hold, operation, plan, pull};

const SORTS: [PeopleSort; 5] =
    [PeopleSort::Name, PeopleSort::Branch, PeopleSort::JobTitle, PeopleSort::Department, PeopleSort::Status];

/// Everybody in memory; the first question has the list read, and the file answers until it is there.
async fn found(screen: &Store, id: ConnectionId, ask: PeopleAsk) -> PeopleFound {
    for _ in 0..1_000_000 {
        if let Some(found) = screen.people_found(id, ask.clone(), None).await.unwrap() {
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
            PeopleTerm::Word(_) | PeopleTerm::Column(..) | PeopleTerm::Any(_) | PeopleTerm::FromFile(_) => {
                panic!("a condition of memory alone")
            }
            PeopleTerm::Leavers => PeopleQuery { filter: PeopleFilter::Leavers, ..plain.clone() },
            PeopleTerm::InPlan(term) => {
                let filter = match term {
                    PlanTerm::Held => panic!("two lists of the file"),
                    PlanTerm::HeldAs(kind) => PeopleFilter::Held(*kind),
                    PlanTerm::HeldFor(code) => PeopleFilter::HeldFor(*code),
                    PlanTerm::Changed => PeopleFilter::Changed,
                    PlanTerm::Changes | PlanTerm::Unchanged => panic!("a list of memory alone"),
                };
                PeopleQuery { filter, ..plain.clone() }
            }
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
    let changes = (0..90).map(|n| operation(n, OperationKind::Update, &(n * 3).to_string()));
    let holds = (0..100).map(|n| {
        let code = [HoldCode::UnmappedValue, HoldCode::ProbableDuplicate, HoldCode::Later][n % 3];
        hold(&(n * 4 + 1).to_string(), code, &[])
    });
    desk.another().save_plan(id, None, &plan(changes.collect(), holds.collect()), "rosa").await.unwrap();
    let screen = store.for_screen();
    let text = |text: &str| PeopleTerm::Text(text.to_owned());
    let branch = |value: &str| PeopleTerm::Value(Field::Branch, value.to_owned());
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
        vec![(false, PeopleTerm::Value(Field::AccessProfile, "x".into()))],
        vec![(false, PeopleTerm::Leavers)],
        vec![(false, PeopleTerm::InPlan(PlanTerm::Changed))],
        vec![(true, PeopleTerm::InPlan(PlanTerm::Changed)), (false, text("lee"))],
        vec![(false, PeopleTerm::InPlan(PlanTerm::HeldAs(HoldKind::Review)))],
        vec![(false, text("so")), (false, PeopleTerm::InPlan(PlanTerm::HeldFor(HoldCode::UnmappedValue)))],
        vec![
            (false, PeopleTerm::InPlan(PlanTerm::HeldAs(HoldKind::Blocked))),
            (true, PeopleTerm::InPlan(PlanTerm::HeldFor(HoldCode::UnmappedValue))),
        ],
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
                for whom in [0, expected.len() / 2, expected.len().saturating_sub(1)] {
                    let Some(key) = expected.get(whom) else { continue };
                    let found = screen.people_found(id, ask.clone(), Some(*key)).await.unwrap().unwrap();
                    assert_eq!(found.at, Some(whom), "{ask:?}");
                }
                let nobody = PersonKey::employee(i64::MAX);
                assert_eq!(screen.people_found(id, ask.clone(), Some(nobody)).await.unwrap().unwrap().at, None);
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
    let at_once = screen.people_found(id, PeopleAsk::default(), None).await.unwrap();
    assert_eq!(at_once.map(|found| found.total), Some(60), "what is kept still holds");

    other.forget_person(id, "5".into(), None, "rosa").await.unwrap();
    let fresh = screen.people_found(id, PeopleAsk::default(), None).await.unwrap();
    assert_ne!(fresh.map(|found| found.total), Some(60), "the next question already sees that somebody was forgotten");
    let five = PeopleAsk { terms: vec![(false, PeopleTerm::Text("40718_5".into()))], ..PeopleAsk::default() };
    assert_eq!(found(&screen, id, PeopleAsk::default()).await.total, 59);
    assert_eq!(found(&screen, id, five.clone()).await.keys.len(), 10, "50 to 59, and not 5");

    pull(&other, id, people(80)).await;
    let fresh = screen.people_found(id, five.clone(), None).await.unwrap();
    assert_ne!(fresh.map(|found| found.total), Some(59), "a new pull is seen by the next question");
    assert_eq!(found(&screen, id, PeopleAsk::default()).await.total, 80);
    assert_eq!(found(&screen, elsewhere, PeopleAsk::default()).await.total, 7, "the list of another tenant");
    assert_eq!(found(&screen, id, five).await.keys.len(), 11);
    assert_eq!(
        store.people_found(id, PeopleAsk::default(), None).await.unwrap(),
        None,
        "the other lane reads the file"
    );
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
        let view = lane.mapping_view(id, ListKey::JOB_TITLE, Some(Field::JobTitle)).await.unwrap();
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

/// Who, why, the best candidate, the group, and what was ruled.
type Card = (EmployeeId, HoldCode, Option<String>, Option<usize>, Option<Ruling>);

/// What the queue says of everybody, as far as it can be told apart.
fn cards(found: &QueueFound) -> Vec<Card> {
    let ruled: BTreeMap<usize, Option<Ruling>> = found.ruled.iter().cloned().collect();
    let card = |(at, row): (usize, &QueueRow)| {
        let user = row.user.as_ref().map(ToString::to_string);
        (row.employee.clone(), row.code, user, row.group, ruled.get(&at).cloned().flatten())
    };
    found.rows.all().iter().enumerate().map(card).collect()
}

#[tokio::test]
async fn the_review_queue_in_memory_follows_the_rulings_and_plans_of_another_process() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, people(300)).await;
    let holds = |count: usize| {
        let one = |number: usize| {
            let user = format!("u{number}");
            let code = if number.is_multiple_of(7) { HoldCode::Later } else { HoldCode::ProbableDuplicate };
            hold(&number.to_string(), code, &[(user.as_str(), 0.9)])
        };
        (0..count).map(one).collect::<Vec<_>>()
    };
    // More than are read at once.
    let made = store.save_plan(id, None, &plan(vec![], holds(200)), "rosa").await.unwrap();
    let (screen, other) = (store.for_screen(), desk.another());
    let ask = async |plan: PlanId, also: Option<&str>| QueueAsk {
        connection: id,
        plan,
        also: also.map(EmployeeId::from),
        order: ReviewOrder::default(),
    };
    let first = screen.review_found(ask(made, None).await).await.unwrap();
    assert!(first.whole || (!first.rows.all().is_empty() && first.rows.all().len() < 200), "the first cards are there");
    let whole = async |plan: PlanId, also: Option<&str>| loop {
        let found = screen.review_found(ask(plan, also).await).await.unwrap();
        if found.whole {
            return found;
        }
        tokio::task::yield_now().await;
    };
    let in_file = async |plan: PlanId, also: Option<&str>| store.review_found(ask(plan, also).await).await.unwrap();
    for also in [None, Some("7"), Some("8")] {
        assert_eq!(cards(&whole(made, also).await), cards(&in_file(made, also).await), "{also:?}");
    }
    let order = |found: &QueueFound| found.rows.all().iter().map(|row| row.employee.clone()).collect::<Vec<_>>();
    assert!(order(&whole(made, None).await).starts_with(&order(&first)), "the first cards are the first of all");

    let decision = |employee: &str, ruling: Ruling| Decision {
        employee: employee.into(),
        ruling,
        reason: None,
        by: "rosa".into(),
        at: desk.clock.now(),
        key_fields: String::new(),
    };
    other.decide(id, vec![decision("1", Ruling::Create), decision("14", Ruling::Exclude)]).await.unwrap();
    let found = whole(made, None).await;
    assert_eq!(cards(&found), cards(&in_file(made, None).await));
    assert_eq!(found.ruled.len(), 1, "who was put off was not asked about");
    assert_eq!((found.figures.ruled, found.figures.left), (1, 200 - 29 - 1));
    let left = screen.tenant_rows().await.unwrap()[0].plan.as_ref().unwrap().review_left;
    assert_eq!(left, store.tenant_rows().await.unwrap()[0].plan.as_ref().unwrap().review_left);
    other.undo_decision(id, "rosa").await.unwrap();
    assert_eq!(whole(made, None).await.ruled, vec![]);

    other.decide(id, vec![decision("14", Ruling::Exclude)]).await.unwrap();
    desk.clock.forward(1);
    let newer = other.save_plan(id, None, &plan(vec![], holds(90)), "rosa").await.unwrap();
    assert_eq!(cards(&whole(newer, None).await), cards(&in_file(newer, None).await));
    assert!(whole(newer, None).await.rows.place(&"14".into()).is_some(), "the plan found that exclusion out of date");
    for order in ReviewOrder::ALL {
        let ask = QueueAsk { order, ..ask(newer, None).await };
        let (kept, read) = (screen.review_found(ask.clone()).await.unwrap(), store.review_found(ask).await.unwrap());
        assert_eq!((cards(&kept), kept.rows.lines()), (cards(&read), read.rows.lines()), "{order:?}");
        for (number, group) in kept.groups.iter().enumerate() {
            let of_it = |at: &usize| kept.rows.all()[*at].group == Some(number);
            assert!(group.rows.iter().all(of_it), "{order:?}");
        }
    }
    other.forget_person(id, "3".into(), None, "rosa").await.unwrap();
    let found = whole(newer, None).await;
    assert_eq!(cards(&found), cards(&in_file(newer, None).await));
    assert_eq!(found.rows.place(&"3".into()), None);
    let (Some(at), at_five) = (found.rows.place(&"5".into()), ask(newer, None).await) else { panic!("five waits") };
    let name = found.rows.all()[at].name.clone();
    let filtered = |store: Store, text: String| {
        let (queue, columns) = (at_five.clone(), onroll::store::views::review_columns("identifier"));
        let filter = onroll::domain::filter::Filter::parse(&text);
        let conditions =
            onroll::domain::filter::conditions(&filter, &columns, jiff::civil::date(2026, 11, 24)).unwrap();
        async move { store.review_filtered(FilterAsk { queue, columns, conditions }).await.unwrap().unwrap() }
    };
    let by_name = filtered(screen.clone(), format!("\"{name}\"")).await;
    assert!(by_name.places.contains(&at), "{by_name:?}");
    for text in ["", "id:5", "is:open", "nobody at all"] {
        let (kept, read) = (filtered(screen.clone(), text.into()).await, filtered(store.clone(), text.into()).await);
        assert_eq!(kept, read, "{text}");
        assert_eq!(kept.all, found.rows.all().len());
    }
}

#[tokio::test]
async fn kept_figures_are_what_the_rows_say() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, people(60)).await;
    let (screen, other) = (store.for_screen(), desk.another());
    let links = |from: usize, to: usize| (from..to).map(|n| link(&desk, &n.to_string(), &format!("u{n}"))).collect();
    other.put_links(id, links(0, 30)).await.unwrap();
    other.put_links(id, links(10, 20)).await.unwrap();
    // Another way to the same link, a user that changes hands, and a link that goes.
    let by_hand = Link { origin: LinkOrigin::Operator, ..link(&desk, "5", "u5") };
    other.put_link(id, by_hand).await.unwrap();
    other.put_link(id, link(&desk, "40", "u6")).await.unwrap();
    other.remove_link(id, &"7".into()).await.unwrap();
    let mut counted: Vec<(LinkOrigin, u32)> = Vec::new();
    for link in store.links(id).await.unwrap() {
        match counted.iter_mut().find(|(origin, _)| *origin == link.origin) {
            Some((_, count)) => *count += 1,
            None => counted.push((link.origin, 1)),
        }
    }
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    assert_eq!(screen.overview(id).await.unwrap().links, counted);

    for value in ["Title 0", "Title 3", "nothing"] {
        let in_file = store.people_with_value(id, Field::JobTitle, value, 500).await.unwrap();
        let in_memory = loop {
            if let Some(people) = screen.carriers(id, Field::JobTitle, value, 500).await.unwrap() {
                break people;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(in_memory, in_file, "{value}");
        assert_eq!(screen.head_count(id, Field::JobTitle, value).await.unwrap(), in_file.len() as u64, "{value}");
    }
    let all = found(&screen, id, PeopleAsk::default()).await.keys;
    for (at, key) in all.iter().enumerate() {
        let beside = screen.people_beside(id, Vec::new(), Some(*key)).await.unwrap().unwrap();
        let previous = at.checked_sub(1).map(|at| all[at]);
        assert_eq!((beside.place, beside.previous, beside.next), (at + 1, previous, all.get(at + 1).copied()));
    }

    let level = |level: Level| FeedFilter { level: Some(level), ..FeedFilter::default() };
    let lines = |level: Level, count: usize| vec![FeedLine { level, ..line(&desk, "one") }; count];
    for (loud, count) in [(Level::Info, 5), (Level::Warn, 3), (Level::Error, 2)] {
        other.append_feed(id, lines(loud, count)).await.unwrap();
    }
    for (loud, count) in [(Level::Info, 10), (Level::Warn, 5), (Level::Error, 2)] {
        assert_eq!(screen.feed_count(id, level(loud)).await.unwrap(), count);
        assert_eq!(store.feed_window(id, level(loud), FeedEdge::Newest, 99).await.unwrap().len() as u64, count);
    }
}

#[tokio::test]
async fn the_log_in_memory_is_filtered_as_the_file_is() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, people(20)).await;
    let (screen, other) = (store.for_screen(), desk.another());
    let levels = [Level::Info, Level::Warn, Level::Error];
    let phases = [None, Some(Phase::Update), Some(Phase::Create)];
    let one = |n: usize| FeedLine {
        run: Some(RunId(1 + (n % 3) as i64)).filter(|_| !n.is_multiple_of(5)),
        level: levels[n * 7 % 3],
        phase: phases[n % 2 + n % 4 / 3],
        employee: Some(EmployeeId((n % 20).to_string())),
        ..line(&desk, if n.is_multiple_of(4) { "waiter" } else { "chef" })
    };
    other.append_feed(id, (0..90).map(one).collect()).await.unwrap();
    let mut filters = Vec::new();
    for level in [None, Some(Level::Info), Some(Level::Warn), Some(Level::Error)] {
        for run in [None, Some(RunId(2)), Some(RunId(77))] {
            for phase in phases {
                for text in ["", "wait", "lee"] {
                    filters.push(FeedFilter { level, run, phase, text: text.into(), ..FeedFilter::default() });
                }
            }
        }
    }
    for round in 0..2 {
        for filter in &filters {
            let (edge, most) = (FeedEdge::Newest, 200);
            let in_file = store.feed_window(id, filter.clone(), edge, most).await.unwrap();
            let in_memory = loop {
                if let Some(rows) = screen.feed_window_at_once(id, filter.clone(), edge, most).await.unwrap() {
                    break rows;
                }
                tokio::task::yield_now().await;
            };
            assert_eq!(in_memory, in_file, "{filter:?} round {round}");
            let count = screen.feed_count_at_once(id, filter.clone()).await.unwrap();
            assert_eq!(count, Some(in_file.len() as u64), "{filter:?} round {round}");
        }
        // The second time with lines that have come since.
        other.append_feed(id, (90..131).map(one).collect()).await.unwrap();
    }
}

fn by_text(text: &str) -> FeedFilter {
    FeedFilter { text: text.into(), ..FeedFilter::default() }
}

/// While memory does not know, it says so.
async fn until_in_memory(screen: &Store, id: ConnectionId) {
    for _ in 0..1_000_000 {
        if screen.feed_count_at_once(id, by_text("gross")).await.unwrap().is_some() {
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

    // In the order of any column: each line once, down and up alike, of one person too.
    for (column, descending) in FeedColumn::ALL.into_iter().flat_map(|column| [(column, false), (column, true)]) {
        for (person, all) in [(None, 121), (Some("7".into()), 3)] {
            let filter = FeedFilter { sort: Some((column, descending)), person, ..FeedFilter::default() };
            let read = |edge| screen.feed_window_at_once(id, filter.clone(), edge, 7);
            let (mut down, mut edge) = (Vec::new(), FeedEdge::Newest);
            loop {
                let rows = read(edge).await.unwrap().unwrap();
                down.extend(rows.iter().map(|row| {
                    let id = row.line.employee.as_ref().map(ToString::to_string).unwrap_or_default();
                    (row.id, if column == FeedColumn::Person { id } else { row.line.text.to_lowercase() })
                }));
                let Some(last) = rows.last() else { break };
                edge = FeedEdge::Before(last.id);
            }
            let mut up = vec![down.last().unwrap().0];
            loop {
                let rows = read(FeedEdge::After(up[0])).await.unwrap().unwrap();
                if rows.is_empty() {
                    break;
                }
                up.splice(0..0, rows.iter().map(|row| row.id));
            }
            let ids: Vec<i64> = down.iter().map(|(id, _)| *id).collect();
            assert_eq!((up, ids.iter().collect::<HashSet<_>>().len()), (ids.clone(), all), "{column:?} {descending}");
            if matches!(column, FeedColumn::Text | FeedColumn::Person) {
                let is_sorted = down.windows(2).all(|two| two[0].1 <= two[1].1) && !descending;
                assert!(is_sorted || descending && down.windows(2).all(|two| two[0].1 >= two[1].1), "{down:?}");
            } else if column == FeedColumn::Day {
                assert!(ids.is_sorted_by(|a, b| if descending { a > b } else { a < b }), "{ids:?}");
            }
        }
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
