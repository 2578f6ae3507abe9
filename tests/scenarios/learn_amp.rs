//! PeopleHR to Learn Amp (PE01 to PE13, the destination's half); teams are in `learn_amp_teams`.

use crate::common::schema::prints;
use crate::common::{Desk, TODAY, codes, employee, hold, operations, output, problem};
use onroll::domain::plan::{HoldCode, ManagerProblem, OperationKind};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::{OperationState, RunOutcome};
use onroll::ports::api::{NoNotices, ProbeResult};
use onroll::sandbox::{Fault, FaultKind, SandboxConfig, World};
use serde_json::{Value, json};
use std::sync::Arc;

/// A tenant of these people whose plan can be made; `own` are members of the Learn Amp account.
async fn preview(employees: Vec<Value>, users: Vec<Value>, own: Value) -> Desk {
    let mut amp = json!({ "users": users });
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        amp[name] = value;
    }
    let document =
        json!({"peoplehr": {"employees": employees, "company_name": "Harbour Kitchens Ltd"}, "learn-amp": amp});
    let world = Some(World::from_json_text(&document.to_string()).expect("the world is valid"));
    Desk::of_pair(SandboxConfig { world, ..SandboxConfig::new(TODAY) }, "peoplehr-learn-amp", |text| text).await
}

pub(super) async fn live(employees: Vec<Value>, users: Vec<Value>, own: Value) -> Desk {
    let desk = preview(employees, users, own).await;
    desk.publish().await;
    desk
}

/// An employee whose PeopleHR id is `HK` and the number; `own` members replace or add.
pub(super) fn person(number: u32, first: &str, last: &str, own: Value) -> Value {
    let mut row = employee(number, first, last, json!({"employee_id": format!("HK{number}")}));
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        row[name] = value;
    }
    row
}

/// The user whom that employee becomes.
pub(super) fn user(number: u32, first: &str, last: &str, own: Value) -> Value {
    let mut row = json!({
        "id": (4000 + number).to_string(), "identifier": format!("HK{number}"), "first_name": first, "last_name": last,
        "email": format!("{}.{}@hvine.example", first.to_lowercase(), last.to_lowercase()),
        "job_title": "Waiter", "branch": "Quayside", "department": "Kitchen", "start_date": "2024-03-11",
    });
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        row[name] = value;
    }
    row
}

pub(super) fn edit(desk: &Desk, id: &str, change: impl FnOnce(&mut onroll::sandbox::Person)) {
    desk.sandbox.edit(|world| change(world.company_mut("peoplehr").unwrap().person_mut(id).unwrap()));
}

pub(super) fn own(desk: &Desk, name: &str, value: Value) {
    desk.sandbox.edit(|world| _ = world.company_mut("learn-amp").unwrap().own.insert(name.to_owned(), value));
}

fn at(kind: FaultKind, method: &str) -> Fault {
    Fault { method: Some(method.into()), path: Some("/learn-amp/v1/users".into()), times: Some(1), ..Fault::new(kind) }
}

/// A fault of one call, whatever list it is about.
pub(super) fn at_path(kind: FaultKind, method: &str, path: &str) -> Fault {
    Fault { method: Some(method.into()), path: Some(path.into()), times: Some(1), ..Fault::new(kind) }
}

fn leo() -> Value {
    person(2, "Leo", "Marsh", json!({}))
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe01_a_first_import_arrives_whole_and_a_second_run_plans_nothing() {
    // An id that needs care in a path, and values that nobody at Learn Amp carries yet.
    let people =
        vec![person(1, "Inés", "Halloran", json!({"employee_id": "HR/1001", "job_title": "Chef de Partie"})), leo()];
    let desk = live(people, vec![], json!({})).await;
    let plan = desk.plan().await;
    assert_eq!((codes(&plan), operations(&plan, OperationKind::Create).len()), (vec![], 2));
    assert_eq!((plan.mails.welcome, plan.mails.notice), (2, 0), "an invitation each");
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 2), "{:?}", report.problem);
    let ines = desk.user("HR/1001");
    for (field, value) in [
        ("first_name", "Inés"),
        ("last_name", "Halloran"),
        ("email", "inés.halloran@hvine.example"),
        ("job_title", "Chef de Partie"),
        ("department", "Kitchen"),
        ("branch", "Quayside"),
        ("start_date", "2024-03-11"),
        ("invite", "invite_pending"),
    ] {
        assert_eq!(ines[field], value, "{field}");
    }
    assert_eq!(desk.mails().len(), 2);
    let (writes, again) = (desk.writes(), desk.sync().await);
    assert_eq!((again.outcome, desk.writes()), (RunOutcome::Done, writes));
    assert!(again.plan.unwrap().plan.operations.is_empty());
    assert_eq!(desk.reads_and_writes("peoplehr").1, 0, "a source is never written to");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe03_nobody_is_invited_where_the_connection_says_never() {
    let desk = live(vec![leo()], vec![], json!({"invitations": "never"})).await;
    assert_eq!(desk.plan().await.mails.welcome, 0);
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    assert_eq!((desk.mails(), &desk.user("HK2")["invite"]), (vec![], &json!("not_invited")));
    assert!(desk.plan().await.operations.is_empty(), "who is not invited is there all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe03_invitations_on_the_hire_date_wait_with_the_user_until_that_day() {
    let starter = person(3, "Ana", "Lopes", json!({"start_date": "2026-12-01"}));
    let mut desk = live(vec![leo(), starter], vec![], json!({"invitations": "hire_date"})).await;
    desk.settings(|settings| settings.create_days_before_start = 30).await;
    let plan = desk.plan().await;
    assert_eq!((plan.mails.welcome, plan.future_starters), (1, 1));
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    assert_eq!((desk.mails().len(), &desk.user("HK2")["invite"]), (1, &json!("invite_pending")));
    desk.reopen(jiff::civil::date(2026, 12, 1));
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 1), "{:?}", report.problem);
    assert_eq!((desk.mails().len(), &desk.user("HK3")["invite"]), (2, &json!("invite_pending")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe01_a_changed_field_is_updated_and_nothing_else_is_touched() {
    let tied = user(2, "Leo", "Marsh", json!({"role": "curator", "secondary_teams": [7], "language": "de"}));
    let desk = live(vec![leo()], vec![tied], json!({"teams": [{"id": 7, "name": "Bar"}]})).await;
    desk.sync().await;
    edit(&desk, "2", |person| {
        person.job_title = "Sous Chef".into();
        person.email = "leo@marsh.example".into();
    });
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 1), "{:?}", report.problem);
    let leo = desk.user("HK2");
    assert_eq!((&leo["job_title"], &leo["email"]), (&json!("Sous Chef"), &json!("leo@marsh.example")));
    assert_eq!(
        (&leo["role"], &leo["language"], &leo["department"]),
        (&json!("curator"), &json!("de"), &json!("Kitchen"))
    );
    assert_eq!(leo["secondary_teams"], json!([7]), "secondary teams are left alone (PE13)");
    assert_eq!(desk.mails(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_a_leaver_is_deactivated_and_a_rehire_comes_back() {
    for hides in [false, true] {
        let own = json!({"switches": {"hides_deactivated": hides}});
        let desk = live(vec![leo()], vec![user(2, "Leo", "Marsh", json!({}))], own).await;
        desk.sync().await;
        edit(&desk, "2", |person| person.end_date = "2026-11-20".into());
        let report = desk.sync_confirmed().await;
        assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 1), "{:?}", report.problem);
        assert_eq!(desk.user("HK2")["status"], "inactive");
        assert!(desk.plan().await.operations.is_empty());
        edit(&desk, "2", |person| {
            (person.end_date, person.status) = (String::new(), "active".into());
            person.job_title = "Sous Chef".into();
        });
        let report = desk.sync_confirmed().await;
        assert_eq!((report.outcome, report.problem), (RunOutcome::Done, None));
        let leo = desk.user("HK2");
        assert_eq!(
            (&leo["status"], &leo["job_title"], &leo["id"]),
            (&json!("active"), &json!("Sous Chef"), &json!("4002"))
        );
        assert_eq!((desk.users().len(), desk.mails()), (1, vec![]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe10_a_user_made_by_hand_is_linked_and_not_made_again() {
    let by_hand = user(2, "Leo", "Marsh", json!({"identifier": "", "job_title": "Barista"}));
    let desk = live(vec![leo()], vec![by_hand], json!({})).await;
    let plan = desk.plan().await;
    assert_eq!(operations(&plan, OperationKind::Link).len(), 1, "{:?}", plan.holds);
    assert_eq!(desk.sync_confirmed().await.problem, None);
    assert_eq!((desk.users().len(), &desk.user("HK2")["id"], desk.mails()), (1, &json!("4002"), vec![]));
    assert_eq!(desk.user("HK2")["job_title"], "Waiter");
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_an_e_mail_that_somebody_has_holds_whoever_would_get_it() {
    let email = json!({"identifier": "", "email": "leo.marsh@hvine.example"});
    let desk = live(vec![leo()], vec![user(9, "Petra", "Novak", email.clone())], json!({})).await;
    assert_eq!(hold(&desk.plan().await, "HK2").code, HoldCode::EmailHeldByActiveUser);

    // Deactivated: the address is not free, whether the list shows such users by itself or not.
    let mut gone = user(9, "Petra", "Novak", email);
    gone["status"] = json!("inactive");
    for hides in [false, true] {
        let people = vec![leo(), person(3, "Ana", "Lopes", json!({}))];
        let desk = live(people, vec![gone.clone()], json!({"switches": {"hides_deactivated": hides}})).await;
        let plan = desk.plan().await;
        let held = hold(&plan, "HK2");
        assert_eq!(held.code, HoldCode::EmailHeldByInactiveUser);
        assert!(held.remedy.ends_with("or give user 4009 another e-mail in Learn Amp"), "{}", held.remedy);
        let report = desk.sync_confirmed().await;
        let totals = report.totals;
        assert_eq!((report.outcome, totals.confirmed, totals.failed), (RunOutcome::DoneWithHeld, 1, 0));
        assert_eq!((desk.users().len(), desk.mails().len()), (2, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_an_e_mail_that_is_taken_between_plan_and_write_is_refused_in_words() {
    let mut gone = user(9, "Petra", "Novak", json!({"identifier": "", "email": "petra@hvine.example"}));
    gone["status"] = json!("inactive");
    let tied = user(2, "Leo", "Marsh", json!({"email": "leo@hvine.example"}));
    let desk = live(vec![leo()], vec![tied, gone], json!({})).await;
    desk.preview().await;
    desk.sandbox.edit(|world| {
        let petra = world.company_mut("learn-amp").unwrap().person_mut("4009").unwrap();
        petra.email = "leo.marsh@hvine.example".into();
    });
    let report = desk.sync_kept(1).await;
    assert_eq!(desk.states(&report).await, [OperationState::Failed]);
    let said: Vec<String> = desk.feed("e-mail").await.into_iter().map(|line| line.text).collect();
    assert!(said.iter().any(|text| text == "400 EMAIL_IN_USE: another user has this e-mail"), "{said:?}");
    assert_eq!(desk.user("HK2")["email"], "leo@hvine.example");
    assert_eq!(hold(&desk.plan().await, "HK2").code, HoldCode::EmailHeldByInactiveUser, "the next plan knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe03_a_lost_answer_makes_nobody_twice_and_invites_once() {
    for kind in [FaultKind::AnswerLost, FaultKind::CutBody, FaultKind::Internal, FaultKind::BadGatewayHtml] {
        let desk = live(vec![leo(), person(3, "Ana", "Lopes", json!({}))], vec![], json!({})).await;
        desk.sandbox.set_faults(vec![at(kind, "POST")]);
        let report = desk.sync_confirmed().await;
        assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 2), "{kind:?}: {:?}", report.problem);
        assert_eq!((desk.users().len(), desk.mails().len()), (2, 2), "{kind:?}");
        assert!(desk.plan().await.operations.is_empty(), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_throttling_and_an_expired_token_are_waited_out() {
    for kind in [FaultKind::TooManyRetryAfter, FaultKind::ExpiredToken] {
        let desk = live(vec![leo()], vec![user(2, "Leo", "Marsh", json!({"job_title": "Barista"}))], json!({})).await;
        desk.sandbox.set_faults(vec![at(kind, "GET"), at(kind, "PUT")]);
        let report = desk.sync_confirmed().await;
        assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 1), "{kind:?}: {:?}", report.problem);
        assert!(desk.sandbox.faults().iter().all(|fault| fault.times == Some(0)), "{kind:?}");
        assert_eq!(desk.user("HK2")["job_title"], "Waiter");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe01_a_missing_scope_is_named_before_and_stops_the_run() {
    let desk = live(vec![leo()], vec![], json!({})).await;
    own(&desk, "scopes", json!(["users:read", "users:update", "users:deactivate", "users:reactivate"]));
    let clients = desk.engine().clients(&desk.connection().await, Arc::new(NoNotices)).await.unwrap();
    let steps = clients.destination.probe().await;
    let scopes = steps.iter().find(|step| step.name == "scopes").unwrap();
    assert!(matches!(scopes.result, ProbeResult::Failed(_)) && scopes.detail.ends_with("lacks the scope users:create"));
    assert_eq!(operations(&desk.plan().await, OperationKind::Create).len(), 1, "what may be read can be planned");
    let report = desk.sync_confirmed().await;
    let problem = problem(&report);
    assert_eq!(problem.kind, ProblemKind::Refused);
    assert!(problem.why.contains("users:create"), "{problem:?}");
    assert_eq!((desk.users(), desk.mails()), (vec![], vec![]));
    own(&desk, "switches", json!({"older_key": true}));
    assert_eq!(desk.sync_confirmed().await.problem, None, "an older key may do everything");
    assert_eq!(desk.users().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_a_status_that_nobody_knows_is_no_status() {
    let people = vec![leo(), person(3, "Ana", "Lopes", json!({}))];
    let users = vec![
        user(2, "Leo", "Marsh", json!({"job_title": "Barista"})),
        user(
            3,
            "Ana",
            "Lopes",
            json!({"job_title": "Barista", "wire": {"status": "{\"status\": \"Pending deactivation\"}"}}),
        ),
    ];
    let desk = live(people, users, json!({})).await;
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("HK3".to_owned(), HoldCode::StatusUnclear)]);
    assert_eq!(operations(&plan, OperationKind::Update).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_a_list_that_cannot_be_believed_stops_the_run() {
    let users = (1..=12).map(|number| user(number, &format!("First{number}"), &format!("Last{number}"), json!({})));
    let people = (1..=12).map(|number| person(number, &format!("First{number}"), &format!("Last{number}"), json!({})));
    let desk = live(people.collect(), users.collect(), json!({})).await;
    assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
    let writes = desk.writes();
    edit(&desk, "3", |person| person.job_title = "Sous Chef".into());
    for kind in [FaultKind::MissingRows, FaultKind::EmptyList] {
        desk.sandbox.set_faults(vec![Fault::new(kind).at("learn-amp")]);
        assert_eq!((problem(&desk.sync().await).kind, desk.writes()), (ProblemKind::Stopped, writes), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_a_whole_company_is_imported_by_its_tenant_file_and_a_second_run_changes_nothing() {
    let config = SandboxConfig { people: 120, ..SandboxConfig::new(TODAY) };
    let desk = Desk::of_pair(config, "peoplehr-learn-amp", |text| text).await;
    desk.publish().await;
    let (before, plan) = (desk.users().len(), desk.plan().await);
    let creations = operations(&plan, OperationKind::Create).len();
    assert!(creations > 10 && operations(&plan, OperationKind::Link).len() > 10, "{:?}", plan.counts);
    let report = desk.sync_confirmed().await;
    // Only who would take an address that a deactivated user keeps there.
    let refused: Vec<String> = desk.feed("EMAIL_IN_USE").await.into_iter().map(|line| line.text).collect();
    let states = desk.states(&report).await;
    let failed = states.iter().filter(|state| **state != OperationState::Confirmed).count();
    assert_eq!((failed, report.problem), (refused.len(), None), "{refused:?}");
    assert!(failed <= 1, "{refused:?}");
    assert_eq!((desk.users().len(), desk.mails().len()), (before + creations - failed, creations - failed));
    let mut emails: Vec<String> =
        desk.users().iter().map(|user| user["email"].as_str().unwrap().to_lowercase()).collect();
    emails.sort();
    emails.dedup();
    assert_eq!(emails.len(), desk.users().len(), "nobody twice");
    let (users, again) = (desk.users(), desk.plan().await);
    assert_eq!((again.operations.len(), operations(&again, OperationKind::Create).len()), (failed, failed));
    desk.sync().await;
    assert_eq!((desk.users(), desk.mails().len()), (users, creations - failed));
}

/// The manager's name of a user, by the identifier.
fn manager_of(desk: &Desk, identifier: &str) -> Value {
    let id = desk.user(identifier)["manager_id"].clone();
    desk.users().into_iter().find(|user| user["id"] == id).map_or(Value::Null, |user| user["identifier"].clone())
}

fn reporting() -> Vec<Value> {
    vec![
        person(1, "Ines", "Halloran", json!({})),
        person(2, "Leo", "Marsh", json!({"manager_id": "1"})),
        person(3, "Ana", "Lopes", json!({"manager_id": "2"})),
        person(4, "Tom", "Reed", json!({"manager_id": "2"})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe07_managers_are_written_after_the_people_whom_they_refer_to() {
    let desk = live(reporting(), vec![user(4, "Tom", "Reed", json!({"job_title": "Barista"}))], json!({})).await;
    assert_eq!(desk.plan().await.counts.set_manager, 0, "only where it is wanted");
    desk.settings(|settings| settings.managers = true).await;
    let plan = desk.plan().await;
    assert_eq!((plan.counts.create, plan.counts.update, plan.counts.set_manager), (3, 1, 3));
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 7), "{:?}", report.problem);
    let managers = ["HK1", "HK2", "HK3", "HK4"].map(|id| manager_of(&desk, id));
    assert_eq!(managers, [Value::Null, json!("HK1"), json!("HK2"), json!("HK2")]);
    assert_eq!(desk.user("HK4")["job_title"], "Waiter");
    assert!(desk.plan().await.operations.is_empty());

    edit(&desk, "4", |person| person.manager_id = "1".into());
    let plan = desk.plan().await;
    let line = &operations(&plan, OperationKind::SetManager)[0].fields[0];
    let id = |identifier: &str| desk.user(identifier)["user_id"].to_string();
    assert_eq!((plan.operations.len(), line.from.clone(), line.to.clone()), (1, Some(id("HK2")), Some(id("HK1"))));
    // The answer is lost: it is read back, not sent again.
    desk.sandbox.set_faults(vec![at(FaultKind::AnswerLost, "PUT")]);
    let writes = desk.writes();
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed, desk.writes()), (RunOutcome::Done, 1, writes + 1));
    assert_eq!(manager_of(&desk, "HK4"), "HK1");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe07_a_run_that_was_cut_off_before_the_managers_finishes_them() {
    let desk = live(reporting(), vec![], json!({})).await;
    desk.settings(|settings| settings.managers = true).await;
    // Told to wait longer than a run does.
    desk.sandbox.set_faults(vec![Fault { seconds: Some(4_000), ..at(FaultKind::TooManyRetryAfter, "PUT") }]);
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, desk.users().len()), (RunOutcome::Interrupted, 4), "{:?}", report.problem);
    let second = desk.sync().await;
    assert_eq!((second.outcome, second.resumed), (RunOutcome::Done, Some(report.run)), "{:?}", second.problem);
    let states = desk.states(&report).await;
    assert_eq!(states, [OperationState::Confirmed; 7]);
    let managers = ["HK1", "HK2", "HK3", "HK4"].map(|id| manager_of(&desk, id));
    assert_eq!(managers, [Value::Null, json!("HK1"), json!("HK2"), json!("HK2")]);
    assert_eq!((desk.users().len(), desk.mails().len()), (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe07_circles_leavers_and_strangers_are_told_and_stop_nobody() {
    let mut people = reporting();
    people[0]["manager_id"] = json!("3");
    people[3]["manager_id"] = json!("5");
    people.push(person(5, "Olga", "Quist", json!({"end_date": "2026-11-01"})));
    people.push(person(6, "Per", "Sand", json!({"manager_id": "4"})));
    let desk = live(people, vec![], json!({})).await;
    desk.settings(|settings| settings.managers = true).await;
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 6), "{:?}", report.problem);
    assert_eq!(["HK1", "HK2", "HK3", "HK4"].map(|id| manager_of(&desk, id)), [(); 4].map(|()| Value::Null));
    assert_eq!(manager_of(&desk, "HK6"), "HK4");
    let mut told: Vec<String> = desk
        .feed("manager")
        .await
        .into_iter()
        .filter(|line| line.what == "manager left")
        .map(|line| line.text)
        .collect();
    told.sort();
    told.dedup();
    assert_eq!(
        told,
        [
            "the manager is not written: HK1 reports back to this person",
            "the manager is not written: HK2 reports back to this person",
            "the manager is not written: HK3 reports back to this person",
            "the manager is not written: HK5 has left",
        ]
    );
    let (mut out, told, _) = output(true);
    let arguments = crate::waves::plan_arguments(&[&desk.short_name]);
    onroll::cli::plan::run(&desk.workspace, &arguments, &mut out).await.unwrap();
    prints("plan", [&told.answer()], &["ManagerLeft"]);
    // The feed, the plan as it is made and as it is kept, and the figures of the screen: one count.
    let (plan, kept) = (desk.plan().await, report.plan.unwrap());
    assert!(plan.operations.is_empty());
    assert_eq!(plan.managers_left, kept.plan.managers_left);
    assert_eq!(desk.store().plan(kept.id).await.unwrap().managers_left, plan.managers_left);
    let figures = desk.store().managers_left(kept.id).await.unwrap();
    assert_eq!(figures, [(ManagerProblem::Circle, 3), (ManagerProblem::Left, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe09_a_changed_detail_mails_nobody_where_that_is_wanted() {
    for (quiet, mails) in [("no", 1), ("yes", 0)] {
        let document = json!({"peoplehr": {"employees": [leo()]}, "learn-amp": {
            "users": [user(2, "Leo", "Marsh", json!({"job_title": "Barista"}))],
            "switches": {"notify_on_update": true}}});
        let world = Some(World::from_json_text(&document.to_string()).unwrap());
        let config = SandboxConfig { world, ..SandboxConfig::new(TODAY) };
        let quiet = |text: String| {
            text.replacen("[destination]\n", &format!("[destination]\nquiet_updates = \"{quiet}\"\n"), 1)
        };
        let desk = Desk::of_pair(config, "peoplehr-learn-amp", quiet).await;
        desk.publish().await;
        assert_eq!(desk.sync_confirmed().await.problem, None);
        assert_eq!((&desk.user("HK2")["job_title"], desk.mails().len()), (&json!("Waiter"), mails));
    }
}

/// People of PeopleHR with a cost centre in one of its own columns, and a Learn Amp account that has a field for it.
async fn with_cost_centre(people: Vec<Value>, users: Vec<Value>) -> Desk {
    let own = json!({"custom_fields": [{"name": "Cost centre"}, {"name": "Allergies"}]});
    let desk = preview(people, users, own).await;
    desk.settings(|settings| {
        settings.field_map.insert("custom:Cost centre".into(), "custom:APIColumn2".into());
    })
    .await;
    desk.publish().await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe13_a_custom_field_of_the_source_becomes_an_attribute_of_the_user() {
    let ines = person(1, "Ines", "Halloran", json!({"APIColumn2": "4011"}));
    let leo = person(2, "Leo", "Marsh", json!({"APIColumn2": "4012"}));
    let tied = user(2, "Leo", "Marsh", json!({"custom_fields": {"Cost centre": "9", "Allergies": "nuts"}}));
    let desk = with_cost_centre(vec![ines, leo], vec![tied]).await;
    let plan = desk.plan().await;
    let update = operations(&plan, OperationKind::Update).remove(0).clone();
    let [change] = update.fields.as_slice() else { panic!("{:?}", update.fields) };
    assert_eq!(
        (change.field.key(), change.from.as_deref(), change.to.as_deref()),
        ("custom:Cost centre", Some("9"), Some("4012"))
    );
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 2), "{:?}", report.problem);
    assert_eq!(desk.user("HK1")["custom_fields"], json!({"Cost centre": "4011"}));
    assert_eq!(
        desk.user("HK2")["custom_fields"],
        json!({"Allergies": "nuts", "Cost centre": "4012"}),
        "the other stays"
    );
    assert!(desk.plan().await.operations.is_empty());
    let kept = std::fs::read(desk.workspace.store.path()).unwrap();
    assert!(!kept.windows(4).any(|bytes| bytes == b"nuts"), "what nobody mapped is not kept");

    edit(&desk, "1", |person| _ = person.own.insert("APIColumn2".into(), json!("4013")));
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    assert_eq!(desk.user("HK1")["custom_fields"]["Cost centre"], "4013");
    edit(&desk, "1", |person| _ = person.own.insert("APIColumn2".into(), json!("")));
    assert!(desk.plan().await.operations.is_empty(), "blank is unknown");
    desk.settings(|settings| settings.erase_when_blank.push("custom:Cost centre".into())).await;
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    assert_eq!(desk.user("HK1")["custom_fields"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe13_a_custom_field_that_the_account_does_not_have_fails_for_that_person_and_is_told_before() {
    let tied = user(2, "Leo", "Marsh", json!({"custom_fields": {"Allergies": "none"}}));
    let desk = with_cost_centre(vec![person(2, "Leo", "Marsh", json!({"APIColumn2": "4012"}))], vec![tied]).await;
    own(&desk, "custom_fields", json!([{"name": "Allergies"}]));
    desk.plan().await;
    let steps = desk.workspace.engine.checklist(&desk.connection().await).await.unwrap();
    let told = "no user of Learn Amp shows a field `Cost centre`; shown: Allergies";
    assert!(steps.iter().any(|step| step.detail == told), "{steps:?}");
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.failed, report.totals.written), (1, 0));
    assert_eq!(desk.user("HK2")["custom_fields"], json!({"Allergies": "none"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_company_has_managers_to_write_and_a_custom_field_to_map() {
    let config = SandboxConfig { world: Some(World::demo(40, 1, TODAY)), ..SandboxConfig::new(TODAY) };
    let desk = Desk::of_pair(config, "tidewater-peoplehr-learn-amp", |text| text).await;
    assert_eq!(
        (desk.short_name.as_str(), desk.connection().await.tenant_name.as_str()),
        ("tidewater", "Tidewater Hotels")
    );
    let plan = desk.plan().await;
    assert_eq!((codes(&plan), plan.counts.create, plan.counts.update), (vec![], 6, 0));
    assert!(plan.counts.set_manager > 10);
    assert_eq!(plan.managers_left.len(), 1);
    desk.settings(|settings| {
        settings.field_map.insert("custom:Cost centre".into(), "custom:APIColumn2".into());
    })
    .await;
    assert!(desk.plan().await.counts.update > 8);
}
