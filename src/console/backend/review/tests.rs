//! Queue, card, collision and rulings over a real store.

use super::desk::{Desk, TENANT};
use super::{act, ask};
use crate::console::screens::review::data::{Act, Answer, Ask, Card, Collision, Mark, Queue};
use crate::domain::decision::Ruling;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::HoldCode;
use crate::domain::run::{FeedLine, Level};
use crate::domain::snapshot::Side;

async fn queue(desk: &Desk) -> Queue {
    match ask(&desk.context, Ask::Queue { tenant: TENANT.into(), also: None, order: Default::default(), whole: false })
        .await
        .unwrap()
    {
        Answer::Queue(Some(queue)) => *queue,
        other => panic!("{other:?}"),
    }
}

async fn card(desk: &Desk, hold: i64, employee: &str) -> Card {
    let ask_card = Ask::Card { tenant: TENANT.into(), hold, employee: employee.into() };
    match ask(&desk.context, ask_card).await.unwrap() {
        Answer::Card(card) => *card,
        other => panic!("{other:?}"),
    }
}

async fn collision(desk: &Desk, employee: &str) -> Collision {
    match ask(&desk.context, Ask::Collision { tenant: TENANT.into(), employee: employee.into() }).await.unwrap() {
        Answer::Collision(collision) => *collision,
        other => panic!("{other:?}"),
    }
}

async fn rule(desk: &Desk, rulings: Vec<(EmployeeId, Ruling)>) {
    let rule = Act::Rule { tenant: TENANT.into(), rulings, reason: Some("seen".into()) };
    assert_eq!(act(&desk.context, rule).await.unwrap(), Answer::Ruled);
}

async fn held(desk: &Desk, employee: &str) -> Option<HoldCode> {
    let store = &desk.context.engine.store;
    let head = store.latest_plan(desk.id).await.unwrap().unwrap();
    let plan = store.plan(head.id).await.unwrap();
    plan.holds.into_iter().find(|hold| hold.employee.as_str() == employee).map(|hold| hold.code)
}

#[tokio::test]
async fn the_queue_has_who_waits_and_one_of_each_collision() {
    let desk = Desk::new().await;
    let queue = queue(&desk).await;
    let rows: Vec<(&str, &str)> = queue
        .rows
        .all()
        .iter()
        .map(|row| (row.name.as_str(), row.user.as_ref().map_or("", |user| user.as_str())))
        .collect();
    assert_eq!(rows, [("Katarzyna Wójcik", "8841")]);
    assert_eq!(*queue.collisions, ["90".into()]);
    assert_eq!(queue.words.destination, "Flow Learning");
    assert_eq!(queue.later.to_string(), "2026-12-01");
}

#[tokio::test]
async fn the_mark_of_the_cards_moves_with_whatever_they_depend_on() {
    let desk = Desk::new().await;
    let first = queue(&desk).await.mark;
    assert_eq!(queue(&desk).await.mark, first, "looking moves nothing");
    rule(&desk, vec![("2231".into(), Ruling::Create)]).await;
    let ruled = queue(&desk).await.mark;
    assert_ne!(ruled, first);
    let store = &desk.context.engine.store;
    let line = FeedLine {
        run: None,
        at: desk.context.engine.clock.now(),
        level: Level::Info,
        phase: None,
        employee: Some("2231".into()),
        what: "updated".into(),
        text: "updated".into(),
    };
    store.append_feed(desk.id, vec![line]).await.unwrap();
    let written = queue(&desk).await.mark;
    assert_ne!(written, ruled);
    let pull = store.begin_snapshot(desk.id, None, Side::Destination).await.unwrap();
    store.finish_user_snapshot(pull, &Default::default()).await.unwrap();
    assert_ne!(queue(&desk).await.mark, written);
}

#[tokio::test]
async fn a_card_says_what_each_ruling_writes_by_the_planner_itself() {
    let desk = Desk::new().await;
    let row = queue(&desk).await.rows.all()[0].clone();
    let card = card(&desk, row.hold, "2231").await;
    assert_eq!((card.name.as_str(), card.identifier.as_str()), ("Katarzyna Wójcik", "40718_2231"));
    let best = &card.choices[0];
    assert_eq!((best.name.as_str(), best.user.as_str(), best.identifier.as_ref()), ("Kasia Wojcik", "8841", None));
    let line = |label: &str| best.lines.iter().find(|line| line.label == label).unwrap_or_else(|| panic!("{label}"));
    assert_eq!(line("birth date").mark, Mark::Equal);
    assert_eq!((line("birth date").source.as_str(), line("branch").mark), ("12 Mar 1994", Mark::Equal));
    assert_eq!(line("e-mail").mark, Mark::Differs);
    let sum: f64 = best.lines.iter().filter_map(|line| line.bits).sum::<f64>()
        + best.prior.unwrap_or(0.0)
        + best.rival.as_ref().map_or(0.0, |(_, bits)| *bits);
    assert!((sum - best.weight).abs() < 1e-6, "the lines of the card add up to its weight: {sum} {}", best.weight);
    assert_eq!(best.link.refused, None);
    assert!(best.link.write.starts_with("identifier, then "), "{}", best.link.write);
    assert!(best.link.write.contains("name, e-mail"), "{}", best.link.write);
    assert_eq!((best.link.mails, best.link.training.as_str()), (0, "14 courses stay, last 3 Sep 2026"));
    assert_eq!((card.new.write.as_str(), card.new.mails), ("create 40718_2231", 1));
    assert_eq!(card.new.training, "empty; 14 courses stay with 8841");
}

#[tokio::test]
async fn a_ruling_is_kept_with_its_shelf_life_planned_and_undone() {
    let desk = Desk::new().await;
    rule(&desk, vec![("2231".into(), Ruling::Link { user: "8841".into() })]).await;
    let decisions = desk.context.engine.store.decisions(desk.id).await.unwrap();
    assert_eq!((decisions[0].by.as_str(), decisions[0].reason.as_deref()), ("R. Osei", Some("seen")));
    assert!(!decisions[0].key_fields.is_empty());
    act(&desk.context, Act::Replan { tenant: TENANT.into() }).await.unwrap();
    assert_eq!(held(&desk, "2231").await, None);
    assert!(queue(&desk).await.rows.all().is_empty());
    let undone = act(&desk.context, Act::Undo { tenant: TENANT.into() }).await.unwrap();
    assert_eq!(undone, walked("Undone: Katarzyna Wójcik is not linked to 8841", false));
    desk.replan().await;
    assert_eq!(queue(&desk).await.rows.all().len(), 1);
    let redone = act(&desk.context, Act::Redo { tenant: TENANT.into() }).await.unwrap();
    assert_eq!(redone, walked("Done again: Katarzyna Wójcik is again linked to 8841", true));
}

fn walked(words: &str, redo: bool) -> Answer {
    Answer::Walked { employees: Some(vec!["2231".into()]), words: words.into(), redo }
}

#[tokio::test]
async fn a_card_outlives_the_plan_of_its_queue() {
    let desk = Desk::new().await;
    let row = queue(&desk).await.rows.all()[0].clone();
    for _ in 0..22 {
        desk.replan().await;
    }
    assert_eq!(card(&desk, row.hold, "2231").await.choices[0].user, "8841");
    rule(&desk, vec![("2231".into(), Ruling::Create)]).await;
    desk.replan().await;
    let settled = card(&desk, row.hold, "2231").await;
    assert_eq!((settled.code, settled.choices.len()), (None, 0));
    assert!(settled.message.contains("not held any more"));
}

#[tokio::test]
async fn somebody_put_off_is_not_asked_about_and_not_the_same_suppresses_the_pair() {
    let desk = Desk::new().await;
    rule(&desk, vec![("2231".into(), Ruling::Later { until: Some("2026-12-01".parse().unwrap()) })]).await;
    desk.replan().await;
    assert_eq!(held(&desk, "2231").await, Some(HoldCode::Later));
    let asked = |queue: Queue| queue.rows.all().iter().any(|row| row.employee.as_str() == "2231");
    assert!(!asked(queue(&desk).await));
    act(&desk.context, Act::Undo { tenant: TENANT.into() }).await.unwrap();
    let not_same = |off| Act::NotSame { tenant: TENANT.into(), employee: "2231".into(), user: "8841".into(), off };
    act(&desk.context, not_same(false)).await.unwrap();
    desk.replan().await;
    assert_eq!(held(&desk, "2231").await, None, "nobody else comes near");
    act(&desk.context, not_same(true)).await.unwrap();
    desk.replan().await;
    assert!(asked(queue(&desk).await));
}

#[tokio::test]
async fn keeping_a_side_of_a_collision_is_worked_out_before_it_is_offered() {
    let desk = Desk::new().await;
    let found = collision(&desk, "91").await;
    assert_eq!(found.title, "Two employees carry identifier 40718_90");
    assert_eq!((found.user.as_deref(), found.fits, found.all.len()), (Some("5102"), Some(0), 1));
    let names: Vec<&str> = found.sides.iter().map(|side| side.name.as_str()).collect();
    assert_eq!(names, ["Hanna Lindqvist", "Hannah Lindquist"]);
    assert_eq!(found.sides[0].refused, None);
    assert!(found.sides[0].outcome.starts_with("Hanna goes on as 5102. Hannah stays held"));
    assert!(found.sides[1].outcome.contains("14 courses change owner"), "{}", found.sides[1].outcome);
    rule(&desk, found.sides[0].keep.clone()).await;
    desk.replan().await;
    assert_eq!(held(&desk, "90").await, None, "Hanna goes on");
    assert_eq!(held(&desk, "91").await, Some(HoldCode::DuplicateIdentifier), "Hannah waits for HR");
}

/// A second record of Jürgen, who has user 5200, and two new records of Théo.
async fn records() -> Desk {
    let named = |id: &str, name, day: &str| super::desk::employee(id, name, day.parse().unwrap(), "Waiter");
    Desk::with(vec![
        named("9540", ("Jürgen", "Weiss"), "1990-02-01"),
        named("3101", ("Théo", "Marchand"), "1999-05-06"),
        named("3102", ("Theo", "Marchand"), "1999-05-06"),
    ])
    .await
}

#[tokio::test]
async fn all15_a_card_beside_a_linked_record_says_what_each_ruling_leads_to() {
    let desk = records().await;
    let rows = queue(&desk).await.rows;
    let jurgen = rows.all().iter().find(|row| row.employee.as_str() == "9540").unwrap();
    let card = card(&desk, jurgen.hold, "9540").await;
    assert_eq!((card.records, card.others.as_slice()), (1, &["Jürgen Weiß (954)".to_owned()][..]));
    assert_eq!(card.choices[0].user, "5200");
    assert_eq!(
        card.choices[0].link.refused.as_deref(),
        Some("employee 954 has this user: c rules which of the two records counts")
    );
    assert_eq!((card.new.write.as_str(), card.new.refused), ("create 40718_9540, for this record alone", None));
    assert_eq!(card.new.wrong, "a second account for one human; 954 stays as it is");
}

#[tokio::test]
async fn all15_both_records_stand_side_by_side_and_the_one_that_counts_is_kept() {
    let desk = records().await;
    let found = collision(&desk, "9540").await;
    assert_eq!(found.title, "Two records look like one person");
    assert_eq!((found.user.as_deref(), found.fits, found.all.len()), (Some("5200"), Some(0), 2));
    assert_eq!(found.sides[0].outcome, "954 goes on as 5200; 9540 excluded until 954 leaves.");
    assert_eq!(found.sides[1].outcome, "5200 and its history go to 9540; 954 excluded until 9540 leaves.");
    assert_eq!((found.sides[0].is_held, found.sides[1].is_held), (false, true));
    let apart = found.apart.unwrap();
    assert_eq!((apart.write.as_str(), apart.mails), ("1 new user", 1));
    let keep = |id: &str| Act::Keep { tenant: TENANT.into(), employee: id.into(), reason: None };
    act(&desk.context, keep("9540")).await.unwrap();
    desk.replan().await;
    assert_eq!(held(&desk, "954").await, Some(HoldCode::Excluded));
    let plan = desk.context.engine.store.latest_plan(desk.id).await.unwrap().unwrap();
    let plan = desk.context.engine.store.plan(plan.id).await.unwrap();
    let link =
        plan.operations.iter().find(|one| one.employee.as_ref().is_some_and(|id| id.as_str() == "9540")).unwrap();
    assert_eq!(link.user, Some("5200".into()));
    let undone = act(&desk.context, Act::Undo { tenant: TENANT.into() }).await.unwrap();
    assert!(matches!(undone, Answer::Walked { employees: Some(_), redo: false, .. }));
    desk.replan().await;
    assert_eq!((held(&desk, "954").await, held(&desk, "9540").await), (None, Some(HoldCode::ProbableDuplicate)));
}

#[tokio::test]
async fn all15_new_records_are_told_apart_or_one_of_them_is_kept() {
    let desk = records().await;
    let found = collision(&desk, "3102").await;
    assert_eq!((found.user, found.fits, found.place), (None, None, 0));
    assert_eq!(found.sides[0].outcome, "3101: 1 create; 3102 excluded until 3101 leaves.");
    let apart = Act::TellApart { tenant: TENANT.into(), employee: "3101".into(), reason: Some("cousins".into()) };
    assert_eq!(act(&desk.context, apart).await.unwrap(), Answer::Ruled);
    desk.replan().await;
    assert_eq!((held(&desk, "3101").await, held(&desk, "3102").await), (None, None));
    act(&desk.context, Act::Undo { tenant: TENANT.into() }).await.unwrap();
    desk.replan().await;
    rule(&desk, vec![("3102".into(), Ruling::Exclude)]).await;
    desk.replan().await;
    assert_eq!((held(&desk, "3101").await, held(&desk, "3102").await), (None, Some(HoldCode::Excluded)));
}

#[tokio::test]
async fn the_fix_list_grows_and_holds_each_line_once() {
    let desk = Desk::new().await;
    let add = |who: &str| Act::FixList {
        tenant: TENANT.into(),
        who: who.into(),
        branch: "Lakeside".into(),
        line: "give an id of their own".into(),
        file: "fix.csv".into(),
    };
    for who in ["Hannah Lindquist", "Hannah Lindquist", "Théo Marchand"] {
        act(&desk.context, add(who)).await.unwrap();
    }
    let text = std::fs::read_to_string(desk.folder.path().join("exports/fix.csv")).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(
        act(
            &desk.context,
            Act::FixList {
                tenant: TENANT.into(),
                who: String::new(),
                branch: String::new(),
                line: String::new(),
                file: "fix.pdf".into()
            }
        )
        .await
        .is_err()
    );
}
