//! A small workspace for the tests of Review and Plan: a real store in a folder, no network.

use crate::console::backend::Context;
use crate::console::backend::live::LiveRuns;
use crate::domain::connection::{Connection, Endpoint};
use crate::domain::ids::{ConnectionId, Identifier};
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, MappingTarget};
use crate::domain::person::{Employee, EmploymentStatus, Person, Training, User, UserStatus};
use crate::domain::settings::Settings;
use crate::domain::snapshot::{Side, SourceFacts};
use crate::engine::{Engine, Process};
use crate::ports::clock::FixedClock;
use crate::ports::destination::{DestinationFacts, DestinationRecord};
use crate::ports::source::SourceRecord;
use crate::secrets::SecretStore;
use crate::services::Access;
use crate::services::runs::Supervisor;
use crate::store::{NewConnection, Store};
use jiff::civil::{Date, date};
use std::sync::Arc;
use tempfile::TempDir;

pub(in crate::console::backend) const TENANT: &str = "harbour-vine";

/// The workspace under test.
pub(in crate::console::backend) struct Desk {
    pub folder: TempDir,
    pub context: Context,
    pub id: ConnectionId,
}

pub(super) fn employee(id: &str, name: (&str, &str), born: Date, title: &str) -> Employee {
    Employee {
        id: id.into(),
        identifier: Identifier(format!("40718_{id}")),
        person: Person {
            first_name: Some(name.0.into()),
            last_name: Some(name.1.into()),
            email: Some(format!("{id}@hvine.example")),
            date_of_birth: Some(born),
            job_title: Some(title.into()),
            branch: Some("Quayside".into()),
            start_date: Some(date(2022, 5, 2)),
            ..Person::default()
        },
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: None,
    }
}

fn user(id: &str, of: &Employee, identified: bool) -> User {
    User {
        id: id.into(),
        identifier: identified.then(|| of.identifier.clone()),
        person: Person { branch: Some("QUAY01".into()), ..of.person.clone() },
        status: UserStatus::Active,
        access_profile: None,
        manager: None,
        training: Some(Training { completed: 14, last_on: Some(date(2026, 9, 3)) }),
        unreadable: None,
    }
}

/// Katarzyna and her probable duplicate 8841, Hanna and Hannah with one identifier, Zoë who is new, Jürgen whose title
/// changes, and forty whom nothing is wrong with.
fn people() -> (Vec<Employee>, Vec<User>) {
    const FIRST: [&str; 8] = ["Amara", "Bartosz", "Chloe", "Deniz", "Emeka", "Fiona", "Goran", "Hamid"];
    const LAST: [&str; 5] = ["Okafor", "Lindahl", "Moreau", "Tanaka", "Quinn"];
    let mut employees = Vec::new();
    let mut users = Vec::new();
    for number in 0..40usize {
        let name = (FIRST[number % 8], LAST[number % 5]);
        let born = date(1970 + (number % 30) as i16, 1 + (number % 12) as i8, 1 + (number * 7 % 28) as i8);
        let one = employee(&format!("{}", 1000 + number), name, born, "Waiter");
        users.push(user(&format!("{}", 7000 + number), &one, true));
        employees.push(one);
    }
    let katarzyna = employee("2231", ("Katarzyna", "Wójcik"), date(1994, 3, 12), "Waiter");
    let mut kasia = user("8841", &katarzyna, false);
    kasia.person.first_name = Some("Kasia".into());
    kasia.person.last_name = Some("Wojcik".into());
    kasia.person.email = Some("kasia.w94@mail.example".into());
    let hanna = employee("90", ("Hanna", "Lindqvist"), date(1998, 7, 4), "Waiter");
    let mut hannah = employee("91", ("Hannah", "Lindquist"), date(2001, 1, 30), "Waiter");
    hannah.identifier = hanna.identifier.clone();
    let jurgen = employee("954", ("Jürgen", "Weiß"), date(1990, 2, 1), "Chef");
    let mut weiss = user("5200", &jurgen, true);
    weiss.person.job_title = Some("Waiter".into());
    users.extend([kasia, user("5102", &hanna, true), weiss]);
    let zoe = employee("3000", ("Zoë", "Ångström"), date(2003, 8, 9), "Waiter");
    employees.extend([katarzyna, hanna, hannah, jurgen, zoe]);
    (employees, users)
}

impl Desk {
    /// A workspace with a first plan.
    pub async fn new() -> Self {
        Self::with(Vec::new()).await
    }

    /// The same with more employees.
    pub async fn with(more: Vec<Employee>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock("2026-11-24T14:07:00Z".parse().unwrap()));
        let store = Store::open(&folder.path().join("onroll.db"), clock.clone()).unwrap();
        let id = fill(&store, more).await;
        let engine = Engine {
            store: store.clone(),
            secrets: Arc::new(SecretStore::open(folder.path(), None).unwrap()),
            clock,
            environment: Arc::new(|_| None),
            operator: "R. Osei".into(),
            workspace: folder.path().to_owned(),
            process: Process { pid: 1, host: "desk".into(), start: "0".into() },
            factory: Arc::new(crate::vendors::registry::Vendors),
        };
        let runs = LiveRuns::new(Supervisor::default(), tokio::sync::mpsc::channel(8).0);
        let context = Context {
            store: store.for_screen(),
            engine,
            runs,
            access: Access::full("R. Osei"),
            sandbox: false,
            surroundings: Default::default(),
        };
        let desk = Self { folder, context, id };
        desk.replan().await;
        desk
    }

    pub async fn connection(&self) -> Connection {
        self.context.connection(TENANT).await.unwrap()
    }

    pub async fn replan(&self) {
        self.context.replan(&self.connection().await).await.unwrap();
    }
}

async fn fill(store: &Store, more: Vec<Employee>) -> ConnectionId {
    let end =
        |vendor: &str| Endpoint { vendor: vendor.into(), parameters: Default::default(), secrets: Default::default() };
    let connection = NewConnection {
        tenant_name: "Harbour & Vine".into(),
        short_name: TENANT.into(),
        time_zone: "Europe/London".into(),
        source: end("planday"),
        destination: end("flow-learning"),
        settings: Settings::default(),
        verbatim: vec![ListKey::JOB_TITLE],
        by: "R. Osei".into(),
    };
    let id = store.add_connection(connection).await.unwrap();
    let (mut employees, users) = people();
    employees.extend(more);
    let (sent, had) = (employees.len() as u64, users.len() as u64);
    let snapshot = store.begin_snapshot(id, None, Side::Source).await.unwrap();
    let raw = || serde_json::json!({});
    let records = employees.into_iter().map(|employee| SourceRecord { employee, raw: raw(), out_of_scope: false });
    store.add_employees(snapshot, records.collect()).await.unwrap();
    let facts = SourceFacts { received: sent, declared_total: sent, ..SourceFacts::default() };
    store.finish_source_snapshot(snapshot, &facts).await.unwrap();
    let snapshot = store.begin_snapshot(id, None, Side::Destination).await.unwrap();
    let records = users.into_iter().map(|user| DestinationRecord { user, raw: raw() });
    store.add_users(snapshot, records.collect()).await.unwrap();
    let facts = DestinationFacts {
        account: "HVINE".into(),
        declared_total: had,
        received: had,
        can_create_options: true,
        ..Default::default()
    };
    store.finish_user_snapshot(snapshot, &facts).await.unwrap();
    let option = |kind, key: &str, name: &str| DestinationOption::new(kind, key, name, true);
    let titles = ["Waiter", "Chef"].iter().map(|name| option(ListKey::JOB_TITLE, name, name)).collect();
    store.put_options(id, ListKey::JOB_TITLE, titles).await.unwrap();
    store.put_options(id, ListKey::BRANCH, vec![option(ListKey::BRANCH, "QUAY01", "Quayside")]).await.unwrap();
    let quay = MappingTarget::Option("QUAY01".into());
    store.set_mapping(id, ListKey::BRANCH, "Quayside", Some(quay), "R. Osei").await.unwrap();
    id
}
