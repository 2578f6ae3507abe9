//! The clients against the simulators, over real HTTP: both were written to the vendors' documents, not to each other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "vendors_sandbox/bamboohr.rs"]
mod bamboohr;
#[path = "vendors_sandbox/freshteam.rs"]
mod freshteam;
#[path = "vendors_sandbox/mapal_os.rs"]
mod mapal_os;
#[path = "vendors_sandbox/peoplehr.rs"]
mod peoplehr;
#[path = "vendors_sandbox/rotaready.rs"]
mod rotaready;

use jiff::civil::{Date, date};
use onroll::domain::field::{Field, FieldChange};
use onroll::domain::ids::{EmployeeId, Identifier};
use onroll::domain::list::ListKey;
use onroll::domain::person::{EmploymentStatus, Person, User, UserStatus};
use onroll::domain::run::Cursor;
use onroll::domain::secret::Secret;
use onroll::domain::snapshot::SourceFacts;
use onroll::ports::api::{ApiError, ProbeResult};
use onroll::ports::clock::FixedClock;
use onroll::ports::connect::ConnectParts;
use onroll::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, LookUp, Write, WriteAnswer, WriteError,
};
use onroll::ports::source::{NothingKnown, SourceApi, SourceRecord};
use onroll::sandbox::{Fault, FaultKind, Sandbox, SandboxConfig};
use onroll::vendors::registry;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::mpsc;

const TODAY: Date = date(2026, 11, 22);

async fn sandbox(people: usize) -> Sandbox {
    Sandbox::start(SandboxConfig { people, ..SandboxConfig::new(TODAY) }).await.unwrap()
}

fn parts(sandbox: &Sandbox, vendor: &str, secret: &str) -> ConnectParts {
    let mut parts = ConnectParts::default();
    for (name, value) in sandbox.endpoints().company(vendor).unwrap().members.clone() {
        if name == secret {
            parts.secrets.insert(name.to_owned(), Secret::new(value));
        } else {
            parts.parameters.insert(name.to_owned(), value);
        }
    }
    parts.parameters.insert("requests_per_second".to_owned(), "100000".to_owned());
    parts
}

fn planday(sandbox: &Sandbox) -> Box<dyn SourceApi> {
    (registry::source("planday").unwrap().connect)(parts(sandbox, "planday", "refresh_token")).unwrap()
}

fn flow(sandbox: &Sandbox) -> Box<dyn DestinationApi> {
    (registry::destination("flow-learning").unwrap().connect)(parts(sandbox, "flow-learning", "secret")).unwrap()
}

async fn employees(client: Box<dyn SourceApi>) -> (Vec<SourceRecord>, Result<SourceFacts, ApiError>) {
    let (out, mut from) = mpsc::channel(16);
    let work = tokio::spawn(async move { client.pull(&NothingKnown, out).await });
    let mut records = Vec::new();
    while let Some(record) = from.recv().await {
        records.push(record);
    }
    (records, work.await.unwrap())
}

async fn users(client: Box<dyn DestinationApi>) -> (Vec<DestinationRecord>, Result<DestinationFacts, ApiError>) {
    let (out, mut from) = mpsc::channel(16);
    let work = tokio::spawn(async move { client.pull(out).await });
    let mut records = Vec::new();
    while let Some(record) = from.recv().await {
        records.push(record);
    }
    (records, work.await.unwrap())
}

fn fault(kind: FaultKind, path: Option<&str>, times: u32) -> Fault {
    Fault { path: path.map(str::to_owned), times: Some(times), ..Fault::new(kind) }
}

#[tokio::test]
async fn planday_is_read_whole() {
    let sandbox = sandbox(240).await;
    let world = sandbox.world();
    let held = &world.company("planday").unwrap().people;
    let (records, facts) = employees(planday(&sandbox)).await;
    let facts = facts.unwrap();
    assert_eq!(records.len(), held.len());
    assert_eq!((facts.declared_total, facts.received), (records.len() as u64, records.len() as u64));
    let ids: HashSet<&str> = records.iter().map(|record| record.employee.id.as_str()).collect();
    assert_eq!(ids.len(), records.len());
    for record in &records {
        assert!(record.employee.identifier.as_str().starts_with(&format!("{}_", facts.account_id)));
        for word in ["ssn", "bankAccount", "gender", "countryId"] {
            assert!(record.raw.get(word).is_none(), "{word} must not be kept");
        }
    }
    let active = records.iter().filter(|record| record.employee.status == EmploymentStatus::Active);
    let (with_title, all) = active
        .fold((0, 0), |(with, all), record| (with + usize::from(record.employee.person.job_title.is_some()), all + 1));
    assert!(with_title * 10 > all * 8, "{with_title} of {all} have a job title");
    let steps = planday(&sandbox).probe().await;
    assert!(!steps.iter().any(|step| matches!(step.result, ProbeResult::Failed(_))), "{steps:?}");
}

/// Who has changed since a cursor, by id, and the next cursor.
async fn changes(client: Box<dyn SourceApi>, cursor: &Cursor) -> (Vec<String>, Result<Cursor, ApiError>) {
    changed_with(client, cursor, &[]).await
}

/// The same, with these people in any case.
async fn changed_with(
    client: Box<dyn SourceApi>,
    cursor: &Cursor,
    again: &[&str],
) -> (Vec<String>, Result<Cursor, ApiError>) {
    let (out, mut from) = mpsc::channel(16);
    let (since, again) = (cursor.clone(), again.iter().map(|id| EmployeeId::from(*id)).collect::<Vec<_>>());
    let work = tokio::spawn(async move { client.changed_since(&since, &again, out).await });
    let mut ids = Vec::new();
    while let Some(record) = from.recv().await {
        ids.push(record.employee.id.to_string());
    }
    (ids, work.await.unwrap())
}

/// Each of these read alone is what the pull gave; how many could not be had alone.
async fn alone(client: &dyn SourceApi, records: &[SourceRecord]) -> usize {
    let mut not = 0;
    for record in records {
        match client.one(&record.employee.id).await {
            Ok(Some(one)) => {
                assert_eq!((one.employee, one.out_of_scope), (record.employee.clone(), record.out_of_scope))
            }
            Ok(None) | Err(ApiError::Unsupported { .. }) => not += 1,
            Err(error) => panic!("{}: {error}", record.employee.id),
        }
    }
    not
}

#[tokio::test]
async fn planday_gives_one_person_as_a_pull_does() {
    let sandbox = sandbox(120).await;
    let records = employees(planday(&sandbox)).await.0;
    let ended = records.iter().filter(|record| record.employee.status == EmploymentStatus::Ended).count();
    assert!(records.iter().any(|record| record.employee.person.phone.is_some()));
    assert_eq!(alone(&*planday(&sandbox), &records).await, ended, "leavers are not answered by id");
    assert_eq!(planday(&sandbox).one(&"999999".into()).await, Ok(None));
    assert_eq!(planday(&sandbox).one(&"employees, row 3".into()).await, Ok(None));
    let mut other = parts(&sandbox, "planday", "refresh_token");
    other.pinned_account = Some("1".into());
    let other = (registry::source("planday").unwrap().connect)(other).unwrap();
    assert!(matches!(other.one(&records[0].employee.id).await, Err(ApiError::OtherAccount { .. })));
}

#[tokio::test]
async fn planday_survives_every_passing_fault() {
    let sandbox = sandbox(120).await;
    let whole = employees(planday(&sandbox)).await.0;
    let list = Some("/planday/hr/v1.0/employees");
    for faults in [
        vec![fault(FaultKind::TooManyRetryAfter, list, 1), fault(FaultKind::BadGatewayHtml, None, 1)],
        vec![fault(FaultKind::CutBody, list, 1), fault(FaultKind::Internal, None, 1)],
        vec![fault(FaultKind::DuplicateRows, list, 1)],
        vec![fault(FaultKind::MissingRows, list, 1)],
        vec![fault(FaultKind::ExpiredToken, list, 1)],
    ] {
        let name = format!("{faults:?}");
        sandbox.set_faults(faults);
        let (records, facts) = employees(planday(&sandbox)).await;
        assert_eq!(facts.unwrap_or_else(|error| panic!("{name}: {error}")).received, whole.len() as u64, "{name}");
        let mut records: Vec<_> = records.into_iter().map(|record| record.employee).collect();
        let mut whole: Vec<_> = whole.iter().map(|record| record.employee.clone()).collect();
        records.sort_by(|one, two| one.id.cmp(&two.id));
        whole.sort_by(|one, two| one.id.cmp(&two.id));
        assert_eq!(records, whole, "{name}");
    }
    sandbox.set_faults(vec![Fault::new(FaultKind::MissingRows).at("planday")]);
    assert!(matches!(employees(planday(&sandbox)).await.1, Err(ApiError::Incomplete { .. })));
}

#[tokio::test]
async fn flow_is_read_whole_and_by_key() {
    let sandbox = sandbox(240).await;
    let world = sandbox.world();
    let held = world.company("flow-learning").unwrap().people.len();
    let client = flow(&sandbox);
    let steps = client.probe().await;
    assert!(steps.iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");
    for list in [ListKey::BRANCH, ListKey::DEPARTMENT, ListKey::JOB_TITLE, ListKey::ACCESS_PROFILE] {
        assert!(!client.options(list).await.unwrap().is_empty(), "{list:?}");
    }
    let (records, facts) = users(flow(&sandbox)).await;
    assert_eq!((records.len(), facts.unwrap().received), (held, held as u64));
    // In a fresh world nobody is tied to an employee yet: tie one.
    let one = records.into_iter().map(|record| record.user).find(|user| user.person.email.is_some()).unwrap();
    let (user, identifier) = (one.id.clone(), Identifier::new("9200_1"));
    let link = Write::SetIdentifier { user, current: Box::new(one), identifier: identifier.clone() };
    client.write(&link).await.unwrap();
    let known = &live(client.as_ref(), &identifier).await;
    let keys = [
        LookUp::Identifier(known.identifier.as_ref().unwrap()),
        LookUp::Email(known.person.email.as_deref().unwrap()),
        LookUp::Id(&known.id),
    ];
    for key in keys {
        assert!(client.look_up(key).await.unwrap().contains(known), "{key:?}");
    }
    assert!(client.look_up(LookUp::Identifier(&Identifier::new("no/body?"))).await.unwrap().is_empty());
    sandbox.set_faults(vec![Fault::new(FaultKind::MissingRows).at("flow-learning")]);
    assert!(matches!(users(flow(&sandbox)).await.1, Err(ApiError::Incomplete { .. })));
}

async fn option(client: &dyn DestinationApi, list: ListKey) -> String {
    let options = client.options(list).await.unwrap();
    options.into_iter().find(|option| option.active).unwrap().key.0
}

async fn live(client: &dyn DestinationApi, identifier: &Identifier) -> User {
    client.look_up(LookUp::Identifier(identifier)).await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn a_learner_s_whole_life() {
    let sandbox = sandbox(60).await;
    let client = flow(&sandbox);
    let client = client.as_ref();
    let identifier = Identifier::new("9000_1/ä b");
    let person = Person {
        first_name: Some("Zoë".into()),
        last_name: Some("O’Neill".into()),
        email: Some("zoe.oneill@new.example".into()),
        branch: Some(option(client, ListKey::BRANCH).await),
        job_title: Some(option(client, ListKey::JOB_TITLE).await),
        date_of_birth: Some(date(2001, 9, 5)),
        start_date: Some(date(2026, 11, 2)),
        ..Person::default()
    };
    let create = Write::Create { identifier: identifier.clone(), person: person.clone(), access_profile: None };
    let WriteAnswer { user, created, .. } = client.write(&create).await.unwrap();
    assert!(created);
    let current = live(client, &identifier).await;
    assert_eq!(Some(&current.id), user.as_ref());
    assert_eq!(current.person, person);

    let change = FieldChange { field: Field::LastName, from: person.last_name.clone(), to: Some("Marsh".into()) };
    let update = Write::Update { identifier: identifier.clone(), current: Box::new(current), changes: vec![change] };
    assert!(!client.write(&update).await.unwrap().created);
    let current = live(client, &identifier).await;
    assert_eq!(current.person, Person { last_name: Some("Marsh".into()), ..person.clone() });

    let leave = Write::Deactivate { identifier: identifier.clone(), current: Box::new(current), end_date: Some(TODAY) };
    client.write(&leave).await.unwrap();
    let current = live(client, &identifier).await;
    assert_eq!((current.status.clone(), current.person.end_date), (UserStatus::Inactive, Some(TODAY)));

    let back = Write::Reactivate { identifier: identifier.clone(), current: Box::new(current), changes: Vec::new() };
    client.write(&back).await.unwrap();
    let current = live(client, &identifier).await;
    assert_eq!((current.status.clone(), current.person.end_date), (UserStatus::Active, None));

    let renamed = Identifier::new("9000_2");
    let link = Write::SetIdentifier {
        user: current.id.clone(),
        current: Box::new(current.clone()),
        identifier: renamed.clone(),
    };
    client.write(&link).await.unwrap();
    assert_eq!(live(client, &renamed).await.id, current.id);

    let bad = Person { job_title: Some("No such title".into()), email: None, ..person };
    let create = Write::Create { identifier: Identifier::new("9000_3"), person: bad, access_profile: None };
    let error = client.write(&create).await.unwrap_err();
    assert!(matches!(&error, WriteError::Rejected { code, .. } if code == "JOB_TITLE_UNKNOWN"), "{error:?}");
}

#[tokio::test]
async fn broken_answers_to_writes_are_unknown_and_busy_ones_repeated() {
    let sandbox = sandbox(60).await;
    let client = flow(&sandbox);
    let client = client.as_ref();
    let person = Person {
        first_name: Some("Ann".into()),
        last_name: Some("Lee".into()),
        branch: Some(option(client, ListKey::BRANCH).await),
        job_title: Some(option(client, ListKey::JOB_TITLE).await),
        ..Person::default()
    };
    let broken = [FaultKind::AnswerLost, FaultKind::CutBody, FaultKind::Internal, FaultKind::BadGatewayHtml];
    for (number, kind) in broken.into_iter().enumerate() {
        let identifier = Identifier::new(format!("9100_{number}"));
        let create = Write::Create { identifier: identifier.clone(), person: person.clone(), access_profile: None };
        sandbox.set_faults(vec![fault(kind, Some("/flow-learning"), 1)]);
        let error = client.write(&create).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown { .. }), "{kind:?}: {error:?}");
        if kind == FaultKind::AnswerLost {
            assert_eq!(live(client, &identifier).await.person.first_name.as_deref(), Some("Ann"));
        }
    }
    sandbox.set_faults(vec![fault(FaultKind::TooManyRetryAfter, Some("/flow-learning"), 1)]);
    let create = Write::Create { identifier: Identifier::new("9100_9"), person, access_profile: None };
    assert!(client.write(&create).await.unwrap().created);
}
