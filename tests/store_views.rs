//! What the screens read from the store.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod store_support;

use jiff::Timestamp;
use onroll::domain::decision::{Decision, Link, LinkOrigin, Ruling};
use onroll::domain::field::Field;
use onroll::domain::ids::{ConnectionId, EmployeeId, Identifier, RunId};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::{DestinationOption, MappingTarget, SourceValue};
use onroll::domain::person::EmploymentStatus;
use onroll::domain::plan::{HoldCode, HoldKind, OperationKind};
use onroll::domain::run::{FeedLine, Level, OperationState, Phase, RunOutcome, RunPurpose, RunTotals};
use onroll::ports::clock::Clock;
use onroll::store::views::{
    FeedEdge, FeedFilter, OperationFilter, OperationSort, PeopleFilter, PeopleQuery, PeopleSort, PersonKey,
    PersonState, QueueAsk, ReviewOrder, Span, TimelineKind,
};
use onroll::store::{NewRun, Store};
use store_support::{Desk, add, employee, hold, operation, plan, pull, pull_users, user};

fn at(desk: &Desk) -> Timestamp {
    desk.clock.now()
}

fn ruling(desk: &Desk, employee: &str, ruling: Ruling) -> Decision {
    Decision {
        employee: employee.into(),
        ruling,
        reason: Some("asked the manager".into()),
        by: "rosa".into(),
        at: at(desk),
        key_fields: "digest".into(),
    }
}

fn link(desk: &Desk, employee: &str, user: &str) -> Link {
    Link {
        employee: employee.into(),
        user: user.into(),
        identifier: Identifier(format!("40718_{employee}")),
        origin: LinkOrigin::Identifier,
        at: at(desk),
        active: true,
    }
}

/// Four employees, three users, a plan that holds two and changes one.
async fn furnished(desk: &Desk) -> (Store, ConnectionId, RunId) {
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let mut leaver = employee("4", "Zoë", "Ångström");
    leaver.status = EmploymentStatus::Ended;
    let mut chef = employee("3", "Amara", "Okonkwo");
    chef.person.job_title = Some("Chef de Partie".into());
    chef.person.branch = Some("Castle Street".into());
    pull(&store, id, vec![employee("1", "Katarzyna", "Wójcik"), employee("2", "Bob", "Ray"), chef, leaver]).await;
    let users = vec![
        user("u2", "Bob", "Ray", Some("40718_2")),
        user("8841", "Kasia", "Wojcik", None),
        user("9", "Admin", "User", None),
    ];
    pull_users(&store, id, users).await;
    store.put_link(id, link(desk, "2", "u2")).await.unwrap();
    let run = NewRun::by_hand(RunPurpose::Preview, "rosa");
    let run = store.start_run(id, run).await.unwrap();
    let made = plan(
        vec![operation(0, OperationKind::Update, "2")],
        vec![
            hold("1", HoldCode::ProbableDuplicate, &[("8841", 0.98), ("9", 0.01)]),
            hold("3", HoldCode::UnmappedValue, &[]),
        ],
    );
    store.save_plan(id, Some(run), &made, "rosa").await.unwrap();
    store.finish_run(run, RunOutcome::Previewed, RunTotals { held: 2, ..RunTotals::default() }, None).await.unwrap();
    (store, id, run)
}

async fn names(store: &Store, id: ConnectionId, query: PeopleQuery) -> Vec<String> {
    let keys = store.people_keys(id, query).await.unwrap();
    store.people_rows(id, keys).await.unwrap().into_iter().map(|row| row.name).collect()
}

#[tokio::test]
async fn people_are_found_by_the_day_since_which_they_are_held_and_by_that_of_a_change() {
    let desk = Desk::new();
    let (store, id, _) = furnished(&desk).await;
    let first = at(&desk).to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |days: i64| first.checked_add(jiff::ToSpan::days(days)).unwrap();
    desk.clock.forward(3 * 86_400);
    // Amara is held for another reason now, and Zoë for the first time.
    let holds = vec![
        hold("1", HoldCode::ProbableDuplicate, &[("8841", 0.98)]),
        hold("3", HoldCode::Rehire, &[]),
        hold("4", HoldCode::UnmappedValue, &[]),
    ];
    let made = plan(vec![operation(0, OperationKind::Update, "2")], holds);
    let number = store.save_plan(id, None, &made, "rosa").await.unwrap();
    store.mark_sent(number, 0, None).await.unwrap();
    store.mark(number, 0, OperationState::Written, Some("u2".into()), None).await.unwrap();
    let found = async |filter| names(&store, id, PeopleQuery { filter, ..PeopleQuery::default() }).await;
    let span = |from: Option<i64>, until: Option<i64>| Span { from: from.map(day), until: until.map(day) };
    assert_eq!(found(PeopleFilter::HeldSince(span(Some(1), None))).await, ["Zoë Ångström", "Amara Okonkwo"]);
    assert_eq!(found(PeopleFilter::HeldSince(span(None, Some(1)))).await, ["Katarzyna Wójcik"]);
    assert_eq!(found(PeopleFilter::HeldSince(span(Some(4), None))).await, Vec::<String>::new());
    assert_eq!(found(PeopleFilter::ChangedIn(span(Some(3), Some(4)))).await, ["Bob Ray"]);
    assert_eq!(found(PeopleFilter::ChangedIn(span(None, Some(3)))).await, Vec::<String>::new());
}

#[tokio::test]
async fn people_are_filtered_sorted_and_found() {
    let desk = Desk::new();
    let (store, id, _) = furnished(&desk).await;
    let by = |filter: PeopleFilter| PeopleQuery { filter, ..PeopleQuery::default() };
    let all = names(&store, id, PeopleQuery::default()).await;
    assert_eq!(all, ["Zoë Ångström", "Amara Okonkwo", "Bob Ray", "Katarzyna Wójcik"], "by last name, accents aside");
    let down = PeopleQuery { sort: PeopleSort::Branch, descending: false, ..PeopleQuery::default() };
    assert_eq!(names(&store, id, down).await[0], "Amara Okonkwo");
    assert_eq!(names(&store, id, by(PeopleFilter::Linked)).await, ["Bob Ray"]);
    assert_eq!(names(&store, id, by(PeopleFilter::Held(HoldKind::Review))).await, ["Katarzyna Wójcik"]);
    assert_eq!(names(&store, id, by(PeopleFilter::HeldFor(HoldCode::UnmappedValue))).await, ["Amara Okonkwo"]);
    assert_eq!(names(&store, id, by(PeopleFilter::Changed)).await, ["Bob Ray"]);
    assert_eq!(names(&store, id, by(PeopleFilter::Failed)).await, Vec::<String>::new());
    assert_eq!(names(&store, id, by(PeopleFilter::Leavers)).await, ["Zoë Ångström"]);
    let chefs = PeopleFilter::WithValue(Field::JobTitle, "Chef de Partie".into());
    assert_eq!(names(&store, id, by(chefs)).await, ["Amara Okonkwo"]);
    assert_eq!(names(&store, id, by(PeopleFilter::UsersOnly)).await, ["Admin User", "Kasia Wojcik"]);
    for search in ["wojcik", "WÓJ", "40718_1"] {
        let query = PeopleQuery { search: search.into(), ..PeopleQuery::default() };
        assert_eq!(names(&store, id, query).await, ["Katarzyna Wójcik"], "{search}");
    }
    let nobody = PeopleQuery { search: "%".into(), ..PeopleQuery::default() };
    assert_eq!(names(&store, id, nobody).await, Vec::<String>::new(), "a wildcard is a plain character");
    let keys = store.people_keys(id, PeopleQuery::default()).await.unwrap();
    let states: Vec<PersonState> =
        store.people_rows(id, keys).await.unwrap().into_iter().map(|row| row.state).collect();
    let expected = [
        PersonState::NotLinked,
        PersonState::Held(HoldCode::UnmappedValue),
        PersonState::Change(OperationKind::Update, OperationState::Pending),
        PersonState::Held(HoldCode::ProbableDuplicate),
    ];
    assert_eq!(states, expected);
}

#[tokio::test]
async fn the_palette_finds_people_by_all_words_in_any_order_in_one_tenant_or_in_all() {
    let desk = Desk::new();
    let (store, id, _) = furnished(&desk).await;
    let other = add(&store, "quay-hotel").await;
    pull(&store, other, vec![employee("7", "Kasia", "Wójcik"), employee("8", "Ida", "Ray")]).await;
    let found = async |of: Vec<ConnectionId>, text: &str, most: usize| {
        let found = store.people_anywhere(of, text, most).await.unwrap();
        found.into_iter().map(|person| (person.connection, person.name)).collect::<Vec<_>>()
    };
    let (katarzyna, kasia) = ((id, "Katarzyna Wójcik".to_owned()), (other, "Kasia Wójcik".to_owned()));
    assert_eq!(found(vec![id, other], "WOJCIK", 9).await, [katarzyna.clone(), kasia]);
    assert_eq!(found(vec![id], "wojcik kata", 9).await, std::slice::from_ref(&katarzyna));
    assert_eq!(found(vec![id], "40718_1", 9).await, [katarzyna]);
    assert_eq!(found(vec![id, other], "ray", 1).await.len(), 1, "no more than asked for");
    assert!(found(vec![id, other], "%", 9).await.is_empty() && found(vec![id], "  ", 9).await.is_empty());
}

#[tokio::test]
async fn a_person_is_shown_from_both_sides_with_everything_that_happened() {
    let desk = Desk::new();
    let (store, id, run) = furnished(&desk).await;
    let key = store.person_key(id, &"2".into()).await.unwrap().unwrap();
    let card = store.person_card(id, key).await.unwrap();
    assert_eq!(card.user.as_ref().map(|user| user.id.as_str()), Some("u2"));
    assert_eq!((card.operations.len(), card.hold.is_none()), (1, true));
    assert_eq!(card.user_raw, serde_json::json!({"raw": true}));

    desk.clock.forward(60);
    store.decide(id, vec![ruling(&desk, "1", Ruling::Link { user: "8841".into() })]).await.unwrap();
    desk.clock.forward(60);
    let line = FeedLine {
        run: Some(run),
        at: at(&desk),
        level: Level::Warn,
        phase: Some(Phase::MatchAndPlan),
        employee: Some("1".into()),
        what: "held".into(),
        text: "may have a user already".into(),
    };
    store.append_feed(id, vec![line]).await.unwrap();
    desk.clock.forward(60);
    let mut promoted = employee("1", "Katarzyna", "Wójcik");
    promoted.person.job_title = Some("Sous Chef".into());
    pull(&store, id, vec![promoted]).await;
    let card = store.person_card_of(id, &"1".into()).await.unwrap();
    assert_eq!(card.hold.unwrap().hold.candidates.len(), 2);
    assert_eq!(card.ruling.map(|decision| decision.ruling), Some(Ruling::Link { user: "8841".into() }));
    let kinds: Vec<TimelineKind> = card.timeline.iter().map(|line| line.kind).collect();
    let expected = [TimelineKind::Pull, TimelineKind::Feed(Level::Warn), TimelineKind::Ruling, TimelineKind::Held];
    assert_eq!(kinds, expected, "newest first");
    assert_eq!(card.timeline[0].text, "job title Waiter → Sous Chef");
    assert_eq!(card.timeline[2].text, "user 8841, asked the manager");
    let gone = store.person_card_of(id, &"2".into()).await.unwrap();
    assert_eq!(gone.timeline[0].what, "missing", "who is missing from the newest pull is shown from the one before");
    let stale = store.person_card(id, PersonKey::employee(987_654)).await;
    assert!(stale.is_err());
}

#[tokio::test]
async fn mapping_rows_count_heads_and_blocked_people() {
    let desk = Desk::new();
    let (store, id, _) = furnished(&desk).await;
    let declared = |value: &str| SourceValue { list: ListKey::JOB_TITLE, value: value.into(), declared: true };
    store.put_source_values(id, vec![declared("Waiter"), declared("Nobody's title")]).await.unwrap();
    let target = Some(MappingTarget::Option("FOH".into()));
    store.set_mapping(id, ListKey::JOB_TITLE, "Waiter", target.clone(), "rosa").await.unwrap();
    let option = |key: &str| DestinationOption::new(ListKey::JOB_TITLE, key, key, true);
    store.put_options(id, ListKey::JOB_TITLE, vec![option("FOH"), option("Chef De Partie")]).await.unwrap();
    let view = store.mapping_view(id, ListKey::JOB_TITLE, Some(Field::JobTitle)).await.unwrap();
    let rows: Vec<(&str, u64, u64, bool)> =
        view.rows.iter().map(|row| (row.value.as_str(), row.people, row.blocked, row.declared)).collect();
    let expected = [("Chef de Partie", 1, 1, false), ("Waiter", 2, 0, true), ("Nobody's title", 0, 0, true)];
    assert_eq!(rows, expected, "leavers do not count, blocked ones come first");
    assert_eq!(view.rows[1].row.as_ref().map(|row| row.target.clone()), target);
    assert!(view.verbatim);
    assert_eq!(view.options.len(), 2);
    let people = store.people_with_value(id, Field::JobTitle, "Waiter", 10).await.unwrap();
    let who: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(who, ["Bob Ray", "Katarzyna Wójcik"]);
    let empty = store.mapping_view(id, ListKey::ACCESS_PROFILE, None).await.unwrap();
    assert_eq!(empty.rows, []);
}

#[tokio::test]
async fn the_review_queue_shrinks_with_rulings_and_grows_with_undo() {
    let desk = Desk::new();
    let (store, id, _) = furnished(&desk).await;
    desk.clock.forward(1);
    let head = store.latest_plan(id).await.unwrap().unwrap();
    let queue = async || store.review_found(QueueAsk::of(&head, ReviewOrder::default())).await.unwrap();
    let figures = async || {
        let (found, progress) = (queue().await.figures, store.review_progress(id).await.unwrap().figures);
        assert_eq!(found, progress);
        (found.ruled, found.left)
    };
    let row = queue().await.rows.all()[0].clone();
    assert_eq!((queue().await.rows.all().len(), figures().await), (1, (0, 1)));
    assert_eq!((row.name.as_str(), row.probability), ("Katarzyna Wójcik", 0.98));
    let card = store.review_card(row.hold).await.unwrap();
    assert_eq!(card.employee.unwrap().id, EmployeeId::from("1"));
    let users: Vec<&str> = card.users.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(users, ["8841", "9"]);
    assert_eq!(card.hold.candidates[0].evidence[0].bits, 6.5);
    store.decide(id, vec![ruling(&desk, "1", Ruling::Create)]).await.unwrap();
    assert_eq!(figures().await, (1, 0));
    assert_eq!(store.tenant_rows().await.unwrap()[0].plan.as_ref().unwrap().review_left, 0);
    store.undo_decision(id, "rosa").await.unwrap();
    assert_eq!(figures().await, (0, 1));
}

#[tokio::test]
async fn tenants_and_overview_sum_up() {
    let desk = Desk::new();
    let (store, id, run) = furnished(&desk).await;
    add(&store, "empty-one").await;
    let rows = store.tenant_rows().await.unwrap();
    let row = &rows[0];
    assert_eq!((row.people, row.recent.len()), (3, 1));
    let figures = row.plan.as_ref().unwrap();
    assert_eq!((figures.blocked, figures.review_left, figures.unmapped_values), (1, 1, 1));
    assert_eq!(row.last_run.as_ref().map(|last| (last.id, last.outcome)), Some((run, RunOutcome::Previewed)));
    assert_eq!((rows[1].people, rows[1].plan.as_ref(), rows[1].last_run.as_ref()), (0, None, None));
    let overview = store.overview(id).await.unwrap();
    assert_eq!(overview.links, [(LinkOrigin::Identifier, 1)]);
    assert_eq!((overview.held(HoldKind::Review), overview.held(HoldKind::Blocked)), (1, 1));
    assert_eq!(overview.open_values[0].list, ListKey::JOB_TITLE);
    assert_eq!(overview.source_pulls[0].records, 4);
    store.decide(id, vec![ruling(&desk, "2", Ruling::Protect)]).await.unwrap();
    assert_eq!(store.overview(id).await.unwrap().rulings, [("protect".to_owned(), 1)]);
}

#[tokio::test]
async fn plan_lines_and_run_details() {
    let desk = Desk::new();
    let (store, id, _) = furnished(&desk).await;
    let new = NewRun::by_hand(RunPurpose::Sync, "rosa");
    let run = store.start_run(id, new).await.unwrap();
    let operations = vec![
        operation(0, OperationKind::Create, "3"),
        operation(1, OperationKind::Update, "2"),
        operation(2, OperationKind::Update, "1"),
    ];
    let plan_id = store.save_plan(id, Some(run), &plan(operations, vec![]), "rosa").await.unwrap();
    let filter = OperationFilter { kind: Some(OperationKind::Update), ..OperationFilter::default() };
    let ids = store.operation_ids(plan_id, filter, OperationSort::Name).await.unwrap();
    let rows = store.operation_rows(id, ids.to_vec()).await.unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Bob Ray", "Katarzyna Wójcik"]);
    let search = OperationFilter { search: "Okónkwo".into(), ..OperationFilter::default() };
    assert_eq!(store.operation_ids(plan_id, search, OperationSort::Order).await.unwrap().len(), 1);
    let fields = store.plan_field_counts(plan_id, OperationKind::Update).await.unwrap();
    assert_eq!((fields[0].field, fields[0].people), (Field::JobTitle, 2));
    for seq in 0..2 {
        store.mark_sent(plan_id, seq, None).await.unwrap();
    }
    store.mark(plan_id, 0, OperationState::Confirmed, Some("new".into()), None).await.unwrap();
    let refused = Some(("EMAIL_IN_USE".to_owned(), "the e-mail is taken".to_owned()));
    store.mark(plan_id, 1, OperationState::Failed, None, refused).await.unwrap();
    let detail = store.run_detail(run).await.unwrap();
    assert_eq!((detail.failed.len(), detail.changed.len()), (1, 1));
    assert_eq!(detail.totals.of(OperationKind::Update, OperationState::Failed), 1);
    let view = store.plan_view(plan_id).await.unwrap();
    assert_eq!((view.head.operations, view.holds.len()), (3, 0));
    let first = store.run_detail(RunId(1)).await.unwrap();
    let held = store.held_ids(first.plan.unwrap().id, HoldCode::UnmappedValue).await.unwrap();
    assert_eq!(store.held_rows(id, held.to_vec()).await.unwrap()[0].name, "Amara Okonkwo");
}

#[tokio::test]
async fn the_feed_is_searched_by_text_and_by_name() {
    let desk = Desk::new();
    let (store, id, run) = furnished(&desk).await;
    let other = add(&store, "other-place").await;
    let line = |n: i64, employee: &str, text: &str| FeedLine {
        run: Some(run).filter(|_| n % 2 == 0),
        at: at(&desk),
        level: if n % 5 == 0 { Level::Error } else { Level::Info },
        phase: Some(Phase::Update),
        employee: Some(employee.into()),
        what: "updated".into(),
        text: text.into(),
    };
    let lines: Vec<FeedLine> =
        (1..=20).map(|n| line(n, &format!("{}", n % 4 + 1), "job title to `Sub-chefe`")).collect();
    store.append_feed(id, lines).await.unwrap();
    store.append_feed(other, vec![line(1, "1", "job title to `Sub-chefe`")]).await.unwrap();
    let all = FeedFilter::default();
    let newest = store.feed_window(id, all.clone(), FeedEdge::Newest, 5).await.unwrap();
    let ids: Vec<i64> = newest.iter().map(|row| row.id).collect();
    assert_eq!(ids, [20, 19, 18, 17, 16]);
    assert_eq!(newest[0].name.as_deref(), Some("Katarzyna Wójcik"));
    let older = store.feed_window(id, all.clone(), FeedEdge::Before(16), 2).await.unwrap();
    assert_eq!(older.iter().map(|row| row.id).collect::<Vec<_>>(), [15, 14]);
    let newer = store.feed_window(id, all.clone(), FeedEdge::After(14), 2).await.unwrap();
    assert_eq!(newer.iter().map(|row| row.id).collect::<Vec<_>>(), [16, 15]);
    let count = async |filter: FeedFilter| store.feed_count(id, filter).await.unwrap();
    let text = |text: &str| FeedFilter { text: text.into(), ..FeedFilter::default() };
    assert_eq!(count(all).await, 20);
    assert_eq!(count(FeedFilter { level: Some(Level::Error), ..FeedFilter::default() }).await, 4);
    assert_eq!(count(FeedFilter { run: Some(run), ..FeedFilter::default() }).await, 10);
    assert_eq!(count(FeedFilter { person: Some("2".into()), ..FeedFilter::default() }).await, 5);
    assert_eq!(count(text("sub-CHEFE")).await, 20);
    assert_eq!(count(text("\"quoted\"")).await, 0);
    assert_eq!(count(text("wójcik")).await, 5, "found by the name, which the feed does not hold");
    assert_eq!(count(text("ch")).await, 20, "short texts are found too");
    assert_eq!(count(text("zo")).await, 5, "and so are short names");
    assert_eq!(count(FeedFilter { level: Some(Level::Error), ..text("wojcik") }).await, 1);
}
