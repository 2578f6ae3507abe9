//! Figures, lines, holding back and the typed number over a real store.

use super::super::review::desk::{Desk, TENANT};
use super::{act, ask};
use crate::console::screens::plan::data::{Act, Answer, Ask, LimitPage, LineRow, Page};
use crate::domain::connection::ConnectionStatus;
use crate::domain::decision::Ruling;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::{HoldCode, LimitKind, OperationKind};
use crate::services::reviews::{Judgement, decide};

async fn page(desk: &Desk) -> Page {
    match ask(&desk.context, Ask::Page { tenant: TENANT.into() }).await.unwrap() {
        Answer::Page(Some(page)) => *page,
        other => panic!("{other:?}"),
    }
}

async fn ids(desk: &Desk, plan: i64, kind: OperationKind) -> Vec<i64> {
    let lines = Ask::Lines { tenant: TENANT.into(), plan, kind: Some(kind), text: String::new(), waits: true };
    match ask(&desk.context, lines).await.unwrap() {
        Answer::Lines(ids) => ids.to_vec(),
        other => panic!("{other:?}"),
    }
}

async fn rows(desk: &Desk, ids: Vec<i64>, held: bool) -> Vec<LineRow> {
    match ask(&desk.context, Ask::Rows { tenant: TENANT.into(), ids, held }).await.unwrap() {
        Answer::Rows(rows) => rows,
        other => panic!("{other:?}"),
    }
}

async fn limit(desk: &Desk, only: Vec<EmployeeId>, without: Vec<LimitKind>) -> LimitPage {
    let plan = page(desk).await.plan;
    match ask(&desk.context, Ask::Limit { tenant: TENANT.into(), plan, only, without }).await.unwrap() {
        Answer::Limit(page) => *page,
        other => panic!("{other:?}"),
    }
}

fn count(page: &Page, kind: OperationKind) -> u32 {
    page.kinds.iter().find(|row| row.kind == kind).map_or(0, |row| row.count)
}

#[tokio::test]
async fn the_figures_add_up() {
    let desk = Desk::new().await;
    let page = page(&desk).await;
    assert_eq!((count(&page, OperationKind::Create), count(&page, OperationKind::Update)), (1, 1));
    let changed: u32 = page.kinds.iter().map(|row| row.count).sum();
    assert_eq!(changed, page.changes);
    assert_eq!(page.held_people, 3);
    assert_eq!(2 + page.held_people + page.unchanged + page.future, 45, "everybody is somewhere");
    let held: Vec<(HoldCode, &str, u32)> =
        page.held.iter().map(|row| (row.code, row.who.as_str(), row.people)).collect();
    assert_eq!(held, [(HoldCode::ProbableDuplicate, "Review", 1), (HoldCode::DuplicateIdentifier, "HR", 2)]);
    assert_eq!((page.gate.as_deref(), page.first_import, page.welcome), (Some("not published"), true, 1));
    assert_eq!((page.employees, page.users), (45, 43));
}

#[tokio::test]
async fn lines_and_a_person_field_by_field() {
    let desk = Desk::new().await;
    let plan = page(&desk).await.plan;
    let update = ids(&desk, plan, OperationKind::Update).await;
    let row = rows(&desk, update.clone(), false).await.remove(0);
    assert_eq!((row.name.as_str(), row.fields.as_str()), ("Jürgen Weiß", "job title"));
    let Answer::Person(person) =
        ask(&desk.context, Ask::Person { tenant: TENANT.into(), line: update[0] }).await.unwrap()
    else {
        panic!()
    };
    assert_eq!((person.changed[0].from.as_str(), person.changed[0].to.as_str()), ("Waiter", "Chef"));
    assert!(person.equal.contains(&("branch".into(), "QUAY01  Quayside".into())), "{:?}", person.equal);
    assert_eq!(person.title, "Jürgen Weiß, 40718_954, user 5200");
    let code = HoldCode::DuplicateIdentifier;
    let held = Ask::Held { tenant: TENANT.into(), plan, code, text: String::new() };
    let Answer::Lines(held) = ask(&desk.context, held).await.unwrap() else { panic!() };
    let names: Vec<String> = rows(&desk, held.to_vec(), true).await.into_iter().map(|row| row.name).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"Hannah Lindquist".to_owned()));
    // The same filter as above the lines narrows who is held.
    for (text, found) in [("hannah", 1), ("branch:quay", 2), ("title:wait !who:hannah", 1), ("nobody at all", 0)] {
        let held = Ask::Held { tenant: TENANT.into(), plan, code, text: text.into() };
        let Answer::Lines(ids) = ask(&desk.context, held).await.unwrap() else { panic!() };
        assert_eq!(ids.len(), found, "{text}");
    }
    let facets = Ask::HeldFacets { tenant: TENANT.into(), plan, code, text: "hannah".into() };
    let Answer::Facets { facets, .. } = ask(&desk.context, facets).await.unwrap() else { panic!() };
    assert!(
        facets.iter().any(|facet| facet.values.iter().any(|one| one.value == "Quayside" && one.count == 1)),
        "{facets:?}"
    );
}

#[tokio::test]
async fn holding_back_plans_again_and_letting_go_keeps_the_earlier_ruling() {
    let desk = Desk::new().await;
    let (connection, context) = (desk.connection().await, &desk.context);
    let link = Judgement::Rule(vec![("2231".into(), Ruling::Link { user: "8841".into() })]);
    decide(&context.engine, &context.access, &connection, link, None).await.unwrap();
    desk.replan().await;
    assert_eq!(count(&page(&desk).await, OperationKind::Link), 1);
    let hold = |on| Act::HoldBack { tenant: TENANT.into(), employees: vec!["2231".into(), "954".into()], on };
    act(&desk.context, hold(true)).await.unwrap();
    let back = page(&desk).await;
    assert_eq!((count(&back, OperationKind::Link), count(&back, OperationKind::Update)), (0, 0));
    assert!(back.held.iter().any(|row| row.code == HoldCode::Later && row.people == 2));
    act(&desk.context, hold(false)).await.unwrap();
    let free = page(&desk).await;
    assert_eq!((count(&free, OperationKind::Link), free.held.len()), (1, 1), "the link ruling counts again");
}

#[tokio::test]
async fn the_typed_number_is_what_goes() {
    let desk = Desk::new().await;
    let all = limit(&desk, Vec::new(), Vec::new()).await;
    assert_eq!((all.number, all.operations, all.mails, all.first_import), (2, 2, 1, true));
    assert_eq!(all.gate.as_deref(), Some("not published"));
    let kinds: Vec<LimitKind> = all.parts.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, [LimitKind::Creations, LimitKind::Updates]);
    assert_eq!(all.parts[0].who[0].0, "Zoë Ångström");
    let less = limit(&desk, Vec::new(), vec![LimitKind::Creations]).await;
    assert_eq!((less.number, less.operations, less.mails), (1, 2, 0));
    let store = &desk.context.engine.store;
    store.set_status(desk.id, ConnectionStatus::Live, "R. Osei").await.unwrap();
    let one = limit(&desk, vec!["954".into()], Vec::new()).await;
    assert_eq!((one.number, one.gate), (1, None));
    let plan = page(&desk).await.plan;
    let question = Ask::Question { tenant: TENANT.into(), plan, only: vec!["954".into()] };
    let Answer::Question(question) = ask(&desk.context, question).await.unwrap() else { panic!() };
    assert_eq!((question.people, question.counts.as_str(), question.typed), (1, "1 update", true));
    assert_eq!(question.tenant_name, "Harbour & Vine, LIVE");
}

#[tokio::test]
async fn plans_are_compared_and_saved() {
    let desk = Desk::new().await;
    let hold = Act::HoldBack { tenant: TENANT.into(), employees: vec!["954".into()], on: true };
    act(&desk.context, hold).await.unwrap();
    let plan = page(&desk).await.plan;
    let Answer::Compared(compared) = ask(&desk.context, Ask::Compare { tenant: TENANT.into(), plan }).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(compared.left, (1, vec!["Jürgen Weiß".to_owned()]));
    assert_eq!(compared.joined.0, 0);
    for (file, kept) in [("plan.csv", true), ("plan.xlsx", true), ("plan.json", true), ("plan.pdf", false)] {
        let save = Act::Save { tenant: TENANT.into(), plan, file: file.into() };
        assert_eq!(act(&desk.context, save).await.is_ok(), kept, "{file}");
    }
    let text = std::fs::read_to_string(desk.folder.path().join("exports/plan.csv")).unwrap();
    assert!(text.contains("held duplicate_identifier,90"), "{text}");
}
