//! Freshteam to Flow Learning and to Learn Amp (FR02, FR03, FR07, FR08).

use crate::common::{Desk, TODAY, codes, employee, hold, is_written, operations, problem, user_of, world};
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::RunOutcome;
use onroll::domain::secret::Secret;
use onroll::domain::snapshot::Side;
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{PreviewRequest, SyncRequest};
use onroll::ports::api::ProbeResult;
use onroll::sandbox::{Fault, FaultKind, Person, SandboxConfig, World};
use onroll::services::connections::{self, Keep};
use onroll::services::error::ServiceError;
use onroll::services::tenants;
use onroll::vendors::registry;
use serde_json::{Value, json};

/// A world whose source is Freshteam.
fn account(employees: Vec<Value>, users: Vec<Value>) -> Value {
    let mut document = world(Vec::new(), users);
    document.as_object_mut().unwrap().remove("planday");
    document["freshteam"] = json!({"employees": employees, "fields": fields()});
    document
}

fn fields() -> Value {
    json!([
        {"name": "scheme_cf_str02", "label": "Scheme", "options": ["Plus", "Basic"]},
        {"name": "cost_code_cf_str01", "label": "Cost code"},
    ])
}

/// An employee whose staff number is `RG-` and the number.
fn person(number: u32, first: &str, last: &str, own: Value) -> Value {
    let mut row = employee(number, first, last, json!({"employee_id": format!("RG-{number}")}));
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        row[name] = value;
    }
    row
}

/// The user whom that employee becomes.
fn user(number: u32, first: &str, last: &str) -> Value {
    user_of(number, first, last, json!({"identifier": format!("RG-{number}")}))
}

fn edit(desk: &Desk, id: &str, change: impl FnOnce(&mut Person)) {
    desk.sandbox.edit(|world| change(world.company_mut("freshteam").unwrap().person_mut(id).unwrap()));
}

fn switches(desk: &Desk, switches: Value) {
    desk.sandbox.set_switches(&json!({ "freshteam": switches })).unwrap();
}

const NAMES: [(u32, &str, &str); 4] =
    [(11, "Ines", "Halloran"), (12, "Leo", "Marsh"), (13, "Ana", "Lopes"), (14, "Tom", "Reed")];

fn staff() -> Vec<Value> {
    NAMES.map(|(number, first, last)| person(number, first, last, json!({}))).to_vec()
}

fn held() -> Vec<Value> {
    NAMES.map(|(number, first, last)| user(number, first, last)).to_vec()
}

/// A tenant whose staff are all tied and equal.
async fn settled() -> Desk {
    let desk = Desk::live(account(staff(), held())).await;
    let report = desk.sync().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 0), "{:?}", report.problem);
    desk
}

/// The same employees, to Learn Amp; `custom` are its custom fields.
async fn to_learn_amp(employees: Vec<Value>, custom: Value) -> Desk {
    let document = json!({"freshteam": {"employees": employees, "fields": fields()},
        "learn-amp": {"users": [], "custom_fields": custom}});
    let world = Some(World::from_json_text(&document.to_string()).expect("the world is valid"));
    Desk::of_pair(SandboxConfig { world, ..SandboxConfig::new(TODAY) }, "freshteam-learn-amp", |text| text).await
}

fn renumber(desk: &Desk, people: &[u32], number: impl Fn(u32) -> String) {
    for id in people {
        edit(desk, &id.to_string(), |person| _ = person.own.insert("employee_id".into(), json!(number(*id))));
    }
}

/// A staff number of somebody who is linked is written within the limit (case 14), and asked about where it is no correction by hand.
#[tokio::test(flavor = "multi_thread")]
async fn s_all09_staff_numbers_that_are_written_otherwise_or_change_for_many_are_asked_about() {
    let desk = settled().await;
    renumber(&desk, &[11, 12], |id| format!("RG-9{id}"));
    assert_eq!(desk.sync().await.totals.confirmed, 2, "two corrections");
    // Many: past the limit.
    let writes = desk.writes();
    renumber(&desk, &[11, 12, 13, 14], |id| format!("RG-8{id}"));
    let report = desk.sync().await;
    assert_eq!((report.outcome, desk.writes()), (RunOutcome::Stopped, writes), "{:?}", report.problem);
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 4);
    // Within the limit, and by no hand: the prefix is gone.
    let writes = desk.writes();
    renumber(&desk, &[11, 12, 13], |id| format!("8{id}"));
    let report = desk.sync().await;
    let said = problem(&report).lines().join("\n");
    let wanted = "the identifier of 3 people is written otherwise than the last time: like `9`, not `A-9`";
    assert!(said.contains(wanted), "{said}");
    assert_eq!((report.outcome, desk.writes()), (RunOutcome::Stopped, writes));
    assert_eq!(
        problem(&report).let_through.as_ref().map(|stop| stop.received),
        Some(4),
        "an operator may say it is right"
    );
}

/// While nobody is tied to a user, another way of writing them (or another choice of the identifier at set-up) moves no account.
#[tokio::test(flavor = "multi_thread")]
async fn staff_numbers_may_be_written_otherwise_while_nobody_is_tied() {
    let desk = Desk::preview_only(account(staff(), vec![])).await;
    assert_eq!(desk.preview().await.outcome, RunOutcome::Previewed);
    renumber(&desk, &[11, 12, 13, 14], |id| format!("8{id}"));
    let report = desk.preview().await;
    assert_eq!(report.outcome, RunOutcome::Previewed, "{:?}", report.problem);
    let plan = report.plan.unwrap().plan;
    assert!(plan.operations.iter().any(|one| one.identifier == Some("811".into())), "{plan:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr02_subdomain_and_key_are_tried_and_forgotten_with_the_tenant() {
    let specs = registry::source("freshteam").unwrap().capabilities.parameters;
    let hint = |key: &str| specs.iter().find(|spec| spec.key == key).unwrap().hint;
    assert!(hint("subdomain").contains("freshteam.com") && hint("api_key").contains("API Settings"));
    let desk = Desk::preview_only(account(staff(), vec![])).await;
    let test = desk.engine().test_connection(&desk.connection().await).await.unwrap();
    assert!(test.passed, "{test:?}");
    // Whoever sets it up learns that the product is closing, and can go on all the same.
    assert_eq!((test.source[0].name.as_str(), &test.source[0].result), ("product", &ProbeResult::Warning));
    assert!(test.source[0].detail.contains("closes Freshteam"), "{}", test.source[0].detail);
    for (member, value, kind) in
        [("api_key", json!("another"), ProblemKind::Refused), ("subdomain", json!("elsewhere"), ProblemKind::Failed)]
    {
        let before = desk.sandbox.world().company("freshteam").unwrap().own[member].clone();
        desk.sandbox.edit(|world| _ = world.company_mut("freshteam").unwrap().own.insert(member.into(), value));
        let test = desk.engine().test_connection(&desk.connection().await).await.unwrap();
        let failed = |step: &onroll::ports::api::ProbeStep| matches!(step.result, ProbeResult::Failed(_));
        assert!(!test.passed && failed(&test.source[1]), "{member}: {test:?}");
        assert_eq!(problem(&desk.preview().await).kind, kind, "{member}");
        desk.sandbox.edit(|world| _ = world.company_mut("freshteam").unwrap().own.insert(member.into(), before));
    }
    let name = format!("{}/source/api_key", desk.short_name);
    assert!(desk.engine().secrets.get(&name).is_ok());
    tenants::remove(desk.engine(), &desk.workspace.access, &desk.connection().await).await.unwrap();
    assert!(desk.engine().secrets.get(&name).is_err(), "the key is wiped");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr02_access_is_revoked_wipes_the_key_and_switches_the_tenant_off() {
    let desk = settled().await;
    let (engine, access) = (desk.engine(), &desk.workspace.access);
    let revoke =
        async || connections::revoke_secret(engine, access, &desk.connection().await, (Side::Source, "api_key")).await;
    let name = format!("{}/source/api_key", desk.short_name);
    assert!(engine.secrets.get(&name).is_ok());
    let revoked = revoke().await.unwrap();
    assert_eq!((revoked.switched_off, revoked.outside), (true, None));
    assert!(engine.secrets.get(&name).is_err(), "the key is wiped");
    let connection = desk.connection().await;
    assert_eq!(connection.status, ConnectionStatus::Off);
    assert!(!connection.source.secrets.contains_key("api_key"));
    let before = desk.reads_and_writes("freshteam");
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    assert!(engine.sync(&connection, &SyncRequest::default(), &reporter, &control).await.is_err(), "off is off");
    let without = engine.preview(&connection, &PreviewRequest::default(), &reporter, &control).await;
    let words = format!("{:?}", without.map(|report| report.problem));
    assert!(words.contains("api_key") && words.contains("onroll connection secret"), "{words}");
    assert_eq!(desk.reads_and_writes("freshteam"), before, "nobody is asked without a key");
    // Once more does no harm, and another credential of the tenant is still there.
    assert!(!revoke().await.unwrap().switched_off);
    let unknown = connections::revoke_secret(engine, access, &connection, (Side::Source, "password")).await;
    assert!(matches!(unknown, Err(ServiceError::NoCredential { .. })), "{unknown:?}");
    // A new key goes on where the old one stopped: nobody is made again.
    let key = Secret::new(desk.sandbox.world().company("freshteam").unwrap().own["api_key"].as_str().unwrap());
    connections::set_secret(engine, access, &connection, (Side::Source, "api_key"), (key, Keep::AsBefore))
        .await
        .unwrap();
    tenants::allow_previews(engine, access, &desk.connection().await).await.unwrap();
    tenants::publish(engine, access, &desk.connection().await, tenants::Publishing::WithTestRun).await.unwrap();
    let report = desk.sync().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 0), "{:?}", report.problem);
}

/// What a preview is at could keep a credential that the vendor gives in the place of the one that is wiped.
#[tokio::test(flavor = "multi_thread")]
async fn s_fr02_a_preview_that_is_at_work_ends_before_the_key_is_wiped() {
    let desk = settled().await;
    desk.sandbox.set_faults(vec![Fault::new(FaultKind::Hang).at("freshteam").times(50)]);
    let (engine, connection) = (desk.engine().clone(), desk.connection().await);
    let (at_work, looked_at) = (engine.clone(), connection.clone());
    let preview = tokio::spawn(async move {
        let (reporter, control) = (Reporter::silent(), RunControl::default());
        at_work.preview(&looked_at, &PreviewRequest::default(), &reporter, &control).await
    });
    while engine.store.at_work(connection.id).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    let access = &desk.workspace.access;
    let revoked = connections::revoke_secret(&engine, access, &connection, (Side::Source, "api_key")).await.unwrap();
    assert!(revoked.switched_off);
    assert_eq!(engine.store.at_work(connection.id).await.unwrap(), None, "nothing is at work any more");
    let ended = preview.await.unwrap();
    assert!(!matches!(&ended, Ok(report) if report.outcome == RunOutcome::Previewed), "{ended:?}");
    assert!(engine.secrets.get(&format!("{}/source/api_key", desk.short_name)).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr02_an_account_that_is_closed_is_named_as_such() {
    let desk = settled().await;
    switches(&desk, json!({"sunset": true}));
    let report = desk.sync().await;
    assert!(problem(&report).why.contains("or it is closed"), "{:?}", report.problem);
    switches(&desk, json!({"sunset": false, "role_is_too_low": true, "single_error": true}));
    let report = desk.sync().await;
    assert_eq!(problem(&report).kind, ProblemKind::Refused);
    assert!(problem(&report).remedies.iter().any(|remedy| remedy.contains("role")), "{:?}", report.problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr03_every_field_arrives_and_the_staff_number_ties() {
    let more = json!({"manager_id": "12", "end_date": "2027-03-31", "known_as": "Nessa", "phone": "07700900321"});
    let mut people = staff();
    people[0] = person(11, "Ines", "Halloran", more);
    let desk = Desk::live(account(people, vec![])).await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 4, "{:?}", report.problem);
    let learner = desk.user("RG-11");
    for (field, value) in [
        ("first_name", "Ines"),
        ("last_name", "Halloran"),
        ("email", "ines.halloran@hvine.example"),
        ("job_title", "Waiter"),
        ("department", "Kitchen"),
        ("branch", "Quayside"),
        ("start_date", "2024-03-11"),
        ("end_date", "2027-03-31"),
    ] {
        assert_eq!(learner[field], value, "{field}");
    }
    let connection = desk.connection().await.id;
    let read = desk.store().employee(connection, &"3000000011".into()).await.unwrap().unwrap();
    assert_eq!(read.manager_id, Some("3000000012".into()), "a number, not a staff number");
    assert_eq!((read.person.known_as.as_deref(), read.person.phone.as_deref()), (Some("Nessa"), Some("07700900321")));
    assert_eq!(desk.reads_and_writes("freshteam").1, 0, "a source is never written to");
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr03_who_has_no_staff_number_is_held_until_one_is_entered() {
    let mut people = staff();
    people[1]["employee_id"] = json!(null);
    let desk = Desk::live(account(people, vec![])).await;
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("3000000012".to_owned(), HoldCode::RecordUnreadable)]);
    let held = hold(&plan, "3000000012");
    assert!(held.message.contains("`employee_id` is empty") && held.remedy.contains("Freshteam"), "{held:?}");
    assert_eq!(operations(&plan, OperationKind::Create).len(), 3);
    edit(&desk, "12", |person| _ = person.own.insert("employee_id".into(), json!("RG-12")));
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr03_a_custom_field_feeds_any_field_and_is_not_asked_for_again() {
    let chosen = |value: &str| json!({"custom": {"scheme_cf_str02": value, "cost_code_cf_str01": "LDS-7"}});
    let mut people: Vec<Value> =
        NAMES.map(|(number, first, last)| person(number, first, last, chosen("Plus"))).to_vec();
    people[3]["custom"] = json!({});
    people.push(person(15, "Gone", "Before", json!({"end_date": "2026-01-31"})));
    let desk = to_learn_amp(people, json!([{"name": "Scheme"}, {"name": "Code"}])).await;
    desk.settings(|settings| {
        settings.field_map.insert("custom:Scheme".into(), "custom:scheme".into());
        settings.field_map.insert("custom:Code".into(), "custom:cost_code_cf_str01".into());
    })
    .await;
    desk.publish().await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 4, "{:?}", report.problem);
    let user = desk.user("RG-11");
    assert_eq!(
        (&user["custom_fields"]["Scheme"], &user["custom_fields"]["Code"]),
        (&json!("Plus"), &json!("LDS-7")),
        "{user}"
    );
    assert!(desk.plan().await.operations.is_empty());
    // A row that is as it was has its record still; one that changed is read anew.
    desk.sandbox.reset_counters();
    edit(&desk, "11", |person| _ = person.own.insert("custom".into(), chosen("Basic")["custom"].clone()));
    let plan = desk.plan().await;
    assert_eq!((plan.operations.len(), is_written(&plan, "3000000011")), (1, true));
    // Definitions, branches, departments, three lists, and one record; Learn Amp is counted apart.
    assert_eq!(desk.reads_and_writes("freshteam").0, 7);
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    assert_eq!(desk.user("RG-11")["custom_fields"]["Scheme"], "Basic");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr03_a_mapped_field_that_is_gone_is_one_cause_for_everybody() {
    let chosen = json!({"custom": {"scheme_cf_str02": "Plus"}});
    let people = NAMES.map(|(number, first, last)| person(number, first, last, chosen.clone())).to_vec();
    let desk = Desk::preview_only(account(people, vec![])).await;
    desk.settings(|settings| _ = settings.field_map.insert("job_title".into(), "custom:Scheme".into())).await;
    let plan = desk.plan().await;
    assert!(plan.holds.iter().all(|hold| hold.code == HoldCode::UnmappedValue), "{:?}", codes(&plan));
    assert_eq!(hold(&plan, "3000000011").value.as_deref(), Some("Plus"), "an option of the drop-down");
    let mut gone = fields();
    gone[0]["deleted"] = json!(true);
    desk.sandbox.edit(|world| _ = world.company_mut("freshteam").unwrap().own.insert("fields".into(), gone));
    let plan = desk.plan().await;
    assert!(plan.holds.len() == 4 && plan.holds.iter().all(|hold| hold.code == HoldCode::FieldArchived));
    assert!(hold(&plan, "3000000011").remedy.contains("Employee Fields"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr07_somebody_new_is_welcomed_and_somebody_known_is_updated_silently() {
    let desk = settled().await;
    desk.sandbox.edit(|world| {
        let company = world.company_mut("freshteam").unwrap();
        let mut nadia = Person {
            id: "15".into(),
            first_name: "Nadia".into(),
            last_name: "Berg".into(),
            ..company.people[0].clone()
        };
        nadia.email = "nadia.berg@hvine.example".into();
        nadia.own.insert("employee_id".into(), json!("RG-15"));
        nadia.own.shift_remove("number");
        company.people.push(nadia);
        company.people[1].job_title = "Sous Chef".into();
    });
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, desk.users().len()), (2, 5), "{:?}", report.problem);
    assert_eq!(desk.user("RG-12")["job_title"], "Sous Chef");
    let mailed: Vec<Value> = desk.mails().into_iter().map(|mail| mail["identifier"].clone()).collect();
    assert_eq!(mailed, [json!("RG-15")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr08_inactive_means_leaver_whichever_list_shows_it() {
    for own in [
        json!({}),
        json!({"terminated_apart": true}),
        json!({"plain_lists_everybody": true}),
        json!({"no_paging_headers": true}),
    ] {
        let desk = settled().await;
        switches(&desk, own.clone());
        edit(&desk, "11", |person| person.status = "inactive".into());
        edit(&desk, "12", |person| person.end_date = "2026-11-20".into());
        edit(&desk, "13", |person| person.end_date = "2026-12-31".into());
        let report = desk.sync_confirmed().await;
        assert_eq!(report.problem, None, "{own}");
        let status = ["RG-11", "RG-12", "RG-13", "RG-14"].map(|id| desk.user(id)["status"].clone());
        assert_eq!(status, ["inactive", "inactive", "active", "active"].map(Value::from), "{own}");
        let pulls = desk.store().snapshots(desk.connection().await.id, Side::Source, 1).await.unwrap();
        assert_eq!(pulls[0].records, 4, "{own}: everybody once");
        // Back at work.
        edit(&desk, "11", |person| person.status = "active".into());
        assert_eq!(desk.sync_confirmed().await.problem, None);
        assert_eq!(desk.user("RG-11")["status"], "active", "{own}");
    }
    // A record that was removed is in none of the lists: nobody is taken for a leaver by that.
    let desk = settled().await;
    edit(&desk, "11", |person| _ = person.own.insert("deleted".into(), json!(true)));
    let writes = desk.writes();
    let report = desk.sync().await;
    assert_eq!((report.totals.held, desk.writes()), (1, writes), "{:?}", report.problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_pass_are_waited_out_and_others_stop_the_run_before_its_first_write() {
    let desk = settled().await;
    for (change, fault) in [
        ("Sous Chef", Fault::new(FaultKind::TooMany).times(1)),
        ("Waiter", Fault::new(FaultKind::TooManyRetryAfter).times(1)),
        ("Bartender", Fault::new(FaultKind::Internal).times(2)),
        ("Sous Chef", Fault::new(FaultKind::BadGatewayHtml).times(1)),
        ("Waiter", Fault::new(FaultKind::MissingRows).times(1)),
        ("Bartender", Fault::new(FaultKind::DuplicateRows).times(1)),
    ] {
        edit(&desk, "11", |person| person.job_title = change.into());
        desk.sandbox.set_faults(vec![fault.at("freshteam")]);
        let kind = desk.sandbox.faults()[0].kind;
        let report = desk.sync().await;
        assert_eq!((report.totals.confirmed, &report.problem), (1, &None), "{kind:?}");
        assert_eq!(desk.user("RG-11")["job_title"], change, "{kind:?}");
        assert_eq!(desk.sandbox.faults()[0].times, Some(0), "{kind:?} has struck");
    }
    let writes = desk.writes();
    edit(&desk, "11", |person| person.job_title = "Waiter".into());
    for (fault, kind) in [
        (Fault::new(FaultKind::EmptyList), ProblemKind::Stopped),
        (Fault::new(FaultKind::MissingRows), ProblemKind::Stopped),
        (Fault::new(FaultKind::ExpiredToken), ProblemKind::Refused),
    ] {
        desk.sandbox.set_faults(vec![fault.at("freshteam")]);
        let report = desk.sync().await;
        assert_eq!((problem(&report).kind, desk.writes()), (kind, writes), "{:?}", report.problem);
    }
    desk.sandbox.set_faults(vec![]);
    edit(&desk, "12", |person| _ = person.own.insert("wire".into(), json!({"first_name": "[1]"})));
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("3000000012".to_owned(), HoldCode::RecordUnreadable)]);
    assert!(is_written(&plan, "3000000011") && plan.operations.len() == 1);
}
