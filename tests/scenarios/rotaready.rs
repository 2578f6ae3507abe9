//! Rotaready to Flow Learning (RO01 to RO09), and what becomes of a run when Rotaready does not answer as it should.

use crate::common::{Desk, codes, employee, hold, is_written, operations, problem, user_of, world};
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::ids::OptionKey;
use onroll::domain::list::ListKey;
use onroll::domain::mapping::MappingTarget;
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::RunOutcome;
use onroll::domain::snapshot::Side;
use onroll::ports::api::ProbeResult;
use onroll::sandbox::{Fault, FaultKind, Person};
use serde_json::{Value, json};

/// A world whose source is Rotaready.
fn realm(employees: Vec<Value>, users: Vec<Value>) -> Value {
    let mut document = world(Vec::new(), users);
    document.as_object_mut().unwrap().remove("planday");
    document["rotaready"] = json!({ "employees": employees });
    document
}

/// The user whom the employee of this number becomes.
fn user(number: u32, first: &str, last: &str) -> Value {
    user_of(number, first, last, json!({"identifier": number.to_string()}))
}

/// A user whom nothing ties yet.
fn untied(number: u32, first: &str, last: &str) -> Value {
    user_of(number, first, last, json!({"identifier": null}))
}

fn edit(desk: &Desk, id: &str, change: impl FnOnce(&mut Person)) {
    desk.sandbox.edit(|world| change(world.company_mut("rotaready").unwrap().person_mut(id).unwrap()));
}

fn own(desk: &Desk, vendor: &str, name: &str, value: Value) {
    desk.sandbox.edit(|world| _ = world.company_mut(vendor).unwrap().own.insert(name.to_owned(), value));
}

fn switches(desk: &Desk, switches: Value) {
    desk.sandbox.set_switches(&json!({ "rotaready": switches })).unwrap();
}

async fn map(desk: &Desk, list: ListKey, value: &str, to: &str) {
    let target = Some(MappingTarget::Option(OptionKey(to.into())));
    desk.store().set_mapping(desk.connection().await.id, list, value, target, "test").await.unwrap();
}

/// The source's side of a connection test: each step, and whether it passed.
async fn probed(desk: &Desk) -> Vec<(String, bool)> {
    let test = desk.engine().test_connection(&desk.connection().await).await.unwrap();
    let fine = |result: &ProbeResult| matches!(result, ProbeResult::Passed | ProbeResult::Warning);
    test.source.into_iter().map(|step| (step.name, fine(&step.result))).collect()
}

const NAMES: [(u32, &str, &str); 4] =
    [(11, "Ines", "Halloran"), (12, "Leo", "Marsh"), (13, "Ana", "Lopes"), (14, "Tom", "Reed")];

fn staff() -> Vec<Value> {
    NAMES.map(|(number, first, last)| employee(number, first, last, json!({}))).to_vec()
}

/// A tenant whose staff are all tied and equal.
async fn settled() -> Desk {
    let users = NAMES.map(|(number, first, last)| user(number, first, last)).to_vec();
    let desk = Desk::live(realm(staff(), users)).await;
    let report = desk.sync().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 0), "{:?}", report.problem);
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro01_both_credentials_are_tested_by_real_calls() {
    let desk = Desk::preview_only(realm(staff(), vec![])).await;
    let all_pass = probed(&desk).await;
    let steps: Vec<&str> = all_pass.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(steps, ["sign in", "staff accounts", "employments", "entities", "positions"]);
    assert!(all_pass.iter().all(|(_, passed)| *passed), "{all_pass:?}");
    // Another secret than the one that was put in.
    own(&desk, "rotaready", "secret", json!("another"));
    let refused = probed(&desk).await;
    assert_eq!(refused[0], ("sign in".to_owned(), false));
    assert!(desk.engine().publish_with_test_run(&desk.connection().await).await.is_err());
    let good = desk.sandbox.world().company("rotaready").unwrap().own["key"].clone();
    own(&desk, "rotaready", "secret", json!(format!("cs{}a7f3", &good.as_str().unwrap()[2..])));
    own(&desk, "flow-learning", "secret", json!("another"));
    let test = desk.engine().test_connection(&desk.connection().await).await.unwrap();
    assert!(!test.passed && test.source.iter().all(|step| step.result == ProbeResult::Passed));
    assert_eq!(desk.reads_and_writes("rotaready").1, 0, "a source is never written to");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro01_a_missing_right_is_named_and_nothing_is_planned() {
    let desk = Desk::preview_only(realm(staff(), vec![])).await;
    switches(&desk, json!({"appointment_hidden": true}));
    assert!(probed(&desk).await.contains(&("employments".to_owned(), false)));
    let report = desk.preview().await;
    let problem = problem(&report);
    assert_eq!(problem.kind, ProblemKind::Refused);
    assert!(problem.remedies.iter().any(|remedy| remedy.contains("View Everyone")), "{problem:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro02_branches_come_from_sites_or_from_departments_as_the_operator_picks() {
    let desk = Desk::live(realm(staff(), vec![])).await;
    assert!(codes(&desk.plan().await).is_empty());
    desk.settings(|settings| _ = settings.field_map.insert("branch".into(), "department".into())).await;
    let connection = desk.connection().await.id;
    assert_eq!(codes(&desk.plan().await).len(), 4, "the table leads on from sites");
    let view = desk
        .store()
        .mapping_view(connection, ListKey::BRANCH, Some(onroll::domain::field::Field::Branch))
        .await
        .unwrap();
    assert!(view.rows.iter().any(|row| row.value == "Kitchen"), "departments stand in the table");
    map(&desk, ListKey::BRANCH, "Kitchen", "CAST02").await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 4, "{:?}", report.problem);
    assert_eq!(desk.user("11")["branch"], "Castle Street");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro02_only_people_of_the_named_entities_are_in_scope() {
    let mut people = staff();
    people[3]["branch"] = json!("Castle Street");
    for filter in ["Castle Street", "cas", "Elsewhere, cas"] {
        let mut document = realm(people.clone(), vec![user(11, "Ines", "Halloran")]);
        document["rotaready"]["entity_filter"] = json!(filter);
        document["rotaready"]["options"] =
            json!({"branches": [{"name": "Quayside", "code": "qua"}, {"name": "Castle Street", "code": "cas"}]});
        let desk = Desk::live(document).await;
        let report = desk.sync_confirmed().await;
        assert_eq!((report.totals.confirmed, desk.users().len()), (1, 2), "{filter}: {:?}", report.problem);
        assert_eq!(
            (&desk.user("14")["branch"], &desk.user("11")["status"]),
            (&json!("Castle Street"), &json!("active"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro03_no_department_is_sent_where_none_is_wanted() {
    let desk = Desk::live(realm(staff(), vec![])).await;
    desk.settings(|settings| _ = settings.field_map.insert("department".into(), "none".into())).await;
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, report.totals.held), (4, 0), "{:?}", report.problem);
    assert_eq!(desk.user("11")["department"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro04_positions_map_to_job_titles_and_every_field_arrives() {
    let mut people = staff();
    for (member, value) in [
        ("job_title", json!("Chef de Partie")),
        ("manager_id", json!("12")),
        ("end_date", json!("2027-03-31")),
        ("known_as", json!("Nessa")),
        ("phone", json!("07700900456")),
    ] {
        people[0][member] = value;
    }
    let desk = Desk::live(realm(people, vec![])).await;
    desk.sandbox.edit(|world| {
        let options = &mut world.company_mut("flow-learning").unwrap().options;
        options.job_titles.retain(|option| option.name != "Chef de Partie");
    });
    map(&desk, ListKey::JOB_TITLE, "Chef de Partie", "Sous Chef").await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 4, "{:?}", report.problem);
    let learner = desk.user("11");
    for (field, value) in [
        ("first_name", "Ines"),
        ("last_name", "Halloran"),
        ("email", "ines.halloran@hvine.example"),
        ("job_title", "Sous Chef"),
        ("department", "Kitchen"),
        ("branch", "Quayside"),
        ("start_date", "2024-03-11"),
        ("end_date", "2027-03-31"),
    ] {
        assert_eq!(learner[field], value, "{field}");
    }
    let read = desk.store().employee(desk.connection().await.id, &"11".into()).await.unwrap().unwrap();
    assert_eq!(read.manager_id, Some("12".into()));
    assert_eq!((read.person.known_as.as_deref(), read.person.phone.as_deref()), (Some("Nessa"), Some("07700900456")));
    assert!(desk.plan().await.operations.is_empty());
    assert_eq!(desk.reads_and_writes("rotaready").1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro05_a_verbatim_value_that_differs_is_reported_with_the_near_match() {
    let mut people = staff();
    people[0]["job_title"] = json!("waiter");
    people[1]["job_title"] = json!("Sous  Chef");
    let desk = Desk::live(realm(people, vec![])).await;
    desk.sandbox.edit(|world| {
        let options = &mut world.company_mut("flow-learning").unwrap().options;
        options.job_titles.retain(|option| ["Waiter", "Sous Chef", "Bartender"].contains(&option.name.as_str()));
    });
    let plan = desk.plan().await;
    for (id, near) in [("11", "`Waiter`"), ("12", "`Sous Chef`")] {
        let held = hold(&plan, id);
        assert_eq!(held.code, HoldCode::UnmappedValue);
        assert!(held.message.contains(near), "{}", held.message);
    }
    assert!(is_written(&plan, "13") && is_written(&plan, "14"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro06_it_goes_live_only_when_everything_is_settled_and_is_switched_off_again() {
    let mut people = staff();
    people[0]["branch"] = json!("Nowhere");
    let desk = Desk::preview_only(realm(people, vec![untied(12, "Leo", "Marsh")])).await;
    desk.sandbox.edit(|world| {
        let options = &mut world.company_mut("flow-learning").unwrap().options;
        options.branches.retain(|option| option.name != "Nowhere");
    });
    let engine = desk.engine();
    assert!(engine.publish(&desk.connection().await).await.is_err(), "neither tested nor tried");
    engine.test_connection(&desk.connection().await).await.unwrap();
    assert!(engine.publish(&desk.connection().await).await.is_err(), "no test run yet");
    desk.plan().await;
    assert!(engine.publish(&desk.connection().await).await.is_err(), "a branch leads nowhere");
    assert_eq!(desk.connection().await.status, ConnectionStatus::Preview);
    map(&desk, ListKey::BRANCH, "Nowhere", "QUAY01").await;
    desk.publish().await;
    assert_eq!(desk.connection().await.status, ConnectionStatus::Live);
    engine.switch_off(&desk.connection().await).await.unwrap();
    assert_eq!(desk.connection().await.status, ConnectionStatus::Off);
    assert_eq!(desk.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro07_existing_users_get_the_user_id_by_list_or_through_the_api() {
    use onroll::cli::arguments::{ExportArguments, ExportKind};
    let users = NAMES.map(|(number, first, last)| untied(number, first, last)).to_vec();
    let desk = Desk::preview_only(realm(staff(), users)).await;
    assert_eq!(operations(&desk.plan().await, OperationKind::Link).len(), 4);
    let dir = tempfile::tempdir().unwrap();
    for ending in ["csv", "xlsx"] {
        let out = dir.path().join(format!("identifiers.{ending}"));
        let arguments = ExportArguments {
            what: ExportKind::Identifiers,
            tenant: desk.short_name.clone(),
            out: Some(out.clone()),
            filter: None,
            view: None,
            facets: false,
        };
        let mut output = onroll::cli::output::Output::to(true, Box::new(std::io::sink()), Box::new(std::io::sink()));
        onroll::cli::export::run(&desk.workspace, &arguments, &mut output).await.unwrap();
        let sheet = onroll::files::sheet::read(&out).unwrap();
        assert_eq!(sheet.heads, ["user_id", "identifier", "first_name", "last_name", "email"]);
        let rows: Vec<&[String]> = sheet.rows.iter().map(|(_, cells)| cells.as_slice()).collect();
        assert_eq!(rows.len(), 4, "{ending}");
        let ines = rows.iter().find(|row| row[1] == "11").expect("a row for the person");
        assert_eq!(ines[2..], ["Ines", "Halloran", "ines.halloran@hvine.example"]);
        assert!(!ines[0].is_empty());
    }
    assert_eq!(desk.writes(), 0, "a list writes nothing");
    desk.publish().await;
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, desk.users().len()), (4, 4), "{:?}", report.problem);
    assert_eq!((&desk.user("11")["first_name"], desk.mails().len()), (&json!("Ines"), 0));
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro08_a_test_run_shows_what_would_happen_and_names_the_risks() {
    let mut people = staff();
    people[1]["first_name"] = json!("Leopold");
    people[1]["email"] = json!("leopold@home.example");
    let users = vec![untied(11, "Ines", "Halloran"), untied(12, "Leo", "Marsh")];
    let desk = Desk::preview_only(realm(people, users)).await;
    let plan = desk.plan().await;
    assert_eq!(operations(&plan, OperationKind::Link).len(), 1);
    assert_eq!(operations(&plan, OperationKind::Create).len(), 2);
    assert_eq!(codes(&plan), [("12".to_owned(), HoldCode::ProbableDuplicate)], "a risk with a name");
    assert_eq!((desk.writes(), desk.mails().len(), desk.users().len()), (0, 0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro09_who_is_added_later_gets_the_identifier_with_the_account() {
    let desk = settled().await;
    desk.sandbox.edit(|world| {
        let company = world.company_mut("rotaready").unwrap();
        let nadia = Person {
            id: "15".into(),
            first_name: "Nadia".into(),
            last_name: "Berg".into(),
            email: "nadia.berg@hvine.example".into(),
            start_date: "2026-11-20".into(),
            ..company.people[0].clone()
        };
        company.people.push(nadia);
    });
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, desk.users().len()), (1, 5), "{:?}", report.problem);
    assert_eq!(desk.user("15")["last_name"], "Berg");
    assert_eq!(desk.mails().len(), 1);
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro09_who_waits_for_approval_is_held_or_not_there_yet() {
    let joiner = || employee(15, "Nadia", "Berg", json!({"awaiting_approval": true, "start_date": "2026-11-20"}));
    for hidden in [false, true] {
        let mut document = realm(staff(), vec![]);
        document["rotaready"]["employees"].as_array_mut().unwrap().push(joiner());
        document["rotaready"]["switches"] = json!({"approval_hides_joiners": hidden});
        let desk = Desk::live(document).await;
        let plan = desk.plan().await;
        let expected = if hidden { vec![] } else { vec![("15".to_owned(), HoldCode::RecordUnreadable)] };
        assert_eq!((codes(&plan), plan.operations.len()), (expected, 4));
        edit(&desk, "15", |person| _ = person.own.insert("awaiting_approval".into(), json!(false)));
        let plan = desk.plan().await;
        assert!(is_written(&plan, "15") && codes(&plan).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_go_with_their_account_and_rejoiners_come_back_to_it_on_the_day() {
    for shows_next in [false, true] {
        let desk = settled().await;
        switches(&desk, json!({ "shows_next_employment": shows_next }));
        // The last day is ahead: still at work. The other one has passed.
        edit(&desk, "11", |person| person.end_date = "2026-11-30".into());
        edit(&desk, "12", |person| person.end_date = "2026-11-20".into());
        let report = desk.sync_confirmed().await;
        assert_eq!(report.problem, None);
        assert_eq!(
            (&desk.user("11")["status"], &desk.user("11")["end_date"]),
            (&json!("active"), &json!("2026-11-30"))
        );
        assert_eq!(
            (&desk.user("12")["status"], &desk.user("12")["end_date"]),
            (&json!("inactive"), &json!("2026-11-20"))
        );
        // A new employment that begins, and ends, later: the account sleeps until then.
        let next = |start: &str| json!([{"start_date": start, "end_date": "2027-08-31", "job_title": "Sous Chef"}]);
        edit(&desk, "12", |person| _ = person.own.insert("employments".into(), next("2027-02-01")));
        let report = desk.sync().await;
        assert_eq!(desk.user("12")["status"], "inactive", "{shows_next}: {:?}", report.problem);
        assert!(operations(&desk.plan().await, OperationKind::Reactivate).is_empty(), "{shows_next}");
        // The day has come.
        edit(&desk, "12", |person| _ = person.own.insert("employments".into(), next("2026-11-22")));
        let report = desk.sync_confirmed().await;
        assert_eq!(report.problem, None);
        let back = desk.user("12");
        assert_eq!((&back["status"], &back["job_title"]), (&json!("active"), &json!("Sous Chef")), "{shows_next}");
        assert_eq!((&back["end_date"], desk.users().len()), (&json!("2027-08-31"), 4));
        assert!(desk.plan().await.operations.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotaready_s_own_account_is_kept_apart_and_named() {
    let desk = settled().await;
    assert!(desk.users().iter().all(|user| user["first_name"] != "Rotaready"));
    let pulls = desk.store().snapshots(desk.connection().await.id, Side::Source, 1).await.unwrap();
    assert_eq!(pulls[0].records, 5, "four people, and it");
    assert!(desk.store().employee(desk.connection().await.id, &"900001".into()).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_that_calls_members_otherwise_is_read_after_one_line_in_the_tenant_file() {
    let mut document = realm(staff(), vec![]);
    document["rotaready"]["members"] = json!({"email": "contact.workEmail", "start_date": "appointment.commencedOn",
        "position": "appointment.role", "position_id": "appointment.roleId"});
    let desk = Desk::live(document).await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 4, "{:?}", report.problem);
    let learner = desk.user("11");
    assert_eq!(
        (&learner["email"], &learner["start_date"], &learner["job_title"]),
        (&json!("ines.halloran@hvine.example"), &json!("2024-03-11"), &json!("Waiter"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_found_in_accounts_or_in_lists_whichever_there_are() {
    for own in [
        json!({"appointment_form": "ids"}),
        json!({"appointment_form": "objects", "no_entity_list": true, "no_position_list": true, "no_single": true}),
        json!({"tells_expiry": true, "leavers_on_request": true}),
    ] {
        let mut document = realm(staff(), vec![]);
        document["rotaready"]["switches"] = own.clone();
        let desk = Desk::live(document).await;
        let report = desk.sync_confirmed().await;
        assert_eq!(report.totals.confirmed, 4, "{own}: {:?}", report.problem);
        assert_eq!((&desk.user("11")["branch"], &desk.user("11")["job_title"]), (&json!("Quayside"), &json!("Waiter")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_pass_are_waited_out_and_others_stop_the_run_before_its_first_write() {
    let desk = settled().await;
    for (change, fault) in [
        ("Sous Chef", Fault::new(FaultKind::TooMany).times(2)),
        ("Waiter", Fault::new(FaultKind::TooManyRetryAfter).times(1)),
        ("Bartender", Fault::new(FaultKind::Internal).times(2)),
        ("Sous Chef", Fault::new(FaultKind::ExpiredToken).times(1)),
        ("Waiter", Fault::new(FaultKind::DuplicateRows).times(1)),
        ("Bartender", Fault::new(FaultKind::BrokenJson).times(1)),
    ] {
        edit(&desk, "11", |person| person.job_title = change.into());
        desk.sandbox.set_faults(vec![fault.at("rotaready")]);
        let kind = desk.sandbox.faults()[0].kind;
        let report = desk.sync().await;
        assert_eq!((report.totals.confirmed, &report.problem), (1, &None), "{kind:?}");
        assert_eq!(desk.user("11")["job_title"], change, "{kind:?}");
        assert_eq!(desk.sandbox.faults()[0].times, Some(0), "{kind:?} has struck");
    }
    // Every third call is a gateway's time-out.
    edit(&desk, "11", |person| person.job_title = "Sous Chef".into());
    desk.sandbox.set_faults(vec![]);
    switches(&desk, json!({"times_out_every": 3}));
    assert_eq!(desk.sync().await.totals.confirmed, 1);
    switches(&desk, json!({"times_out_every": 0}));
    let writes = desk.writes();
    edit(&desk, "11", |person| person.job_title = "Waiter".into());
    for (fault, kind) in [
        (Fault::new(FaultKind::EmptyList), ProblemKind::Stopped),
        (Fault::new(FaultKind::ExpiredToken), ProblemKind::Refused),
        (Fault::new(FaultKind::HtmlPage), ProblemKind::Temporary),
    ] {
        desk.sandbox.set_faults(vec![fault.at("rotaready").on("GET", "/staff/account")]);
        let report = desk.sync().await;
        assert!(report.outcome != RunOutcome::Done, "{kind:?}");
        let found = problem(&report);
        assert!(found.kind == kind || found.kind == ProblemKind::Failed, "{found:?}");
        assert_eq!(desk.writes(), writes, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_loses_rows_is_seen_by_the_page_behind_it_and_nobody_becomes_a_leaver() {
    let many =
        || (1..=120).map(|number| employee(number, &format!("First{number}"), &format!("Last{number}"), json!({})));
    let users = (1..=120).map(|number| user(number, &format!("First{number}"), &format!("Last{number}"))).collect();
    let desk = Desk::live(realm(many().collect(), users)).await;
    assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
    let writes = desk.writes();
    let read = |times| Fault::new(FaultKind::MissingRows).at("rotaready").times(times);
    // Once: the second walk is whole. For good: refused.
    desk.sandbox.set_faults(vec![read(1)]);
    let report = desk.sync().await;
    assert_eq!((report.outcome, desk.writes()), (RunOutcome::Done, writes), "{:?}", report.problem);
    desk.sandbox.set_faults(vec![read(50)]);
    let report = desk.sync().await;
    assert_eq!((problem(&report).kind, desk.writes()), (ProblemKind::Stopped, writes));
    assert!(problem(&report).why.contains("was not full"), "{:?}", report.problem);
    for kind in [FaultKind::EmptyList, FaultKind::RepeatPages] {
        desk.sandbox.set_faults(vec![Fault::new(kind).at("rotaready").on("GET", "/staff/account/paginated")]);
        let report = desk.sync().await;
        assert_eq!((problem(&report).kind, desk.writes()), (ProblemKind::Stopped, writes), "{kind:?}");
    }
    // The last page, where nothing tells: whoever is missing is held, and nobody is switched off.
    desk.sandbox.set_faults(vec![]);
    desk.sandbox.edit(|world| _ = world.company_mut("rotaready").unwrap().people.pop());
    let report = desk.sync().await;
    assert_eq!((report.totals.held, desk.writes()), (1, writes), "{:?}", report.problem);
    assert_eq!(desk.user("120")["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_the_wrong_type_holds_its_person_and_nobody_else() {
    let desk = settled().await;
    edit(&desk, "12", |person| _ = person.own.insert("wire".into(), json!({"appointment": "[1]"})));
    edit(&desk, "13", |person| _ = person.own.insert("wire".into(), json!({"flags": "{\"active\": \"no\"}"})));
    edit(&desk, "11", |person| person.job_title = "Sous Chef".into());
    let plan = desk.plan().await;
    let unreadable = |id: &str| (id.to_owned(), HoldCode::RecordUnreadable);
    assert_eq!(codes(&plan), [unreadable("12"), unreadable("13")]);
    assert!(hold(&plan, "12").message.contains("`appointment` holds a list"), "{}", hold(&plan, "12").message);
    assert!(is_written(&plan, "11") && plan.operations.len() == 1);
    // Without the member that says who is at work nobody is taken for a leaver.
    edit(&desk, "12", |person| _ = person.own.insert("wire".into(), json!({"flags": "null"})));
    edit(&desk, "13", |person| _ = person.own.shift_remove("wire"));
    assert_eq!(codes(&desk.plan().await), [("12".to_owned(), HoldCode::StatusUnclear)]);
    // A row of which nobody knows whose it is: whoever is missing may be that one.
    edit(&desk, "12", |person| _ = person.own.insert("wire".into(), json!({"id": "null"})));
    assert!(operations(&desk.plan().await, OperationKind::Deactivate).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_realm_than_at_set_up_is_refused() {
    let desk = settled().await;
    own(&desk, "rotaready", "realm", json!("otherrealm"));
    // With the old credentials nobody is there.
    assert_eq!(problem(&desk.sync().await).kind, ProblemKind::Refused);
}
