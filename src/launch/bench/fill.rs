//! One tenant of N people, put straight into the store: for long lists.

use super::failed;
use crate::cli::workspace::Workspace;
use crate::domain::connection::Endpoint;
use crate::domain::ids::{EmployeeId, Identifier, UserId};
use crate::domain::person::{Employee, EmploymentStatus, Person, User, UserStatus};
use crate::domain::problem::Problem;
use crate::domain::settings::Settings;
use crate::domain::snapshot::{Side, SourceFacts};
use crate::ports::destination::{DestinationFacts, DestinationRecord};
use crate::ports::source::SourceRecord;
use crate::store::NewConnection;
use crate::vendors::registry;
use std::collections::BTreeMap;

const BATCH: usize = 1000;
const FIRST: [&str; 12] =
    ["Amara", "Bartosz", "Chloé", "Deniz", "Ewa", "Grace", "Jürgen", "Łukasz", "Nuno", "Priya", "Søren", "美咲"];
const LAST: [&str; 12] = [
    "Okonkwo",
    "Wójcik",
    "Lefèvre",
    "Yıldız",
    "Zielińska",
    "O'Neill",
    "Weiß",
    "Grzelak",
    "Gonçalves",
    "Nair",
    "Kjær",
    "佐藤",
];
const TITLES: [&str; 6] = ["Waiter", "Commis Chef", "Housekeeper", "Receptionist", "Bartender", "Shift Leader"];
const BRANCHES: [&str; 5] = ["Quayside", "Castle Street", "Old Mill", "Lakeside", "Harbour"];

/// Makes the tenant `bench-N` with N employees, nine tenths of them linked; gives its short name.
///
/// # Errors
/// When the workspace has it already, or cannot be written.
pub async fn fill(workspace: &Workspace, people: usize) -> Result<String, Problem> {
    let short_name = format!("bench-{people}");
    let endpoint =
        |vendor: &str| Endpoint { vendor: vendor.to_owned(), parameters: BTreeMap::new(), secrets: BTreeMap::new() };
    let source = registry::sources().first().map(|vendor| vendor.capabilities.key);
    let destination = registry::destinations().first().map(|vendor| vendor.key);
    let (Some(source), Some(destination)) = (source, destination) else {
        return Err(failed("nothing to fill", "the registry is empty"));
    };
    let store = &workspace.store;
    let id = store
        .add_connection(NewConnection {
            tenant_name: format!("Bench {people}"),
            short_name: short_name.clone(),
            time_zone: "Europe/London".to_owned(),
            source: endpoint(source),
            destination: endpoint(destination),
            settings: Settings::default(),
            verbatim: Vec::new(),
            by: "bench".to_owned(),
        })
        .await?;
    let employees = store.begin_snapshot(id, None, Side::Source).await?;
    let users = store.begin_snapshot(id, None, Side::Destination).await?;
    let numbers: Vec<usize> = (0..people).collect();
    for batch in numbers.chunks(BATCH) {
        let records = batch.iter().map(|number| SourceRecord {
            employee: employee(*number),
            raw: serde_json::Value::Null,
            out_of_scope: false,
        });
        store.add_employees(employees, records.collect()).await?;
        let records = batch
            .iter()
            .filter(|number| *number % 10 != 0)
            .map(|number| DestinationRecord { user: user(*number), raw: serde_json::Value::Null });
        store.add_users(users, records.collect()).await?;
    }
    let total = people as u64;
    let facts = SourceFacts { declared_total: total, received: total, ..SourceFacts::default() };
    store.finish_source_snapshot(employees, &facts).await?;
    let facts = DestinationFacts { received: total, ..DestinationFacts::default() };
    store.finish_user_snapshot(users, &facts).await?;
    Ok(short_name)
}

fn pick<'a>(list: &[&'a str], number: usize) -> &'a str {
    list.get(number % list.len()).copied().unwrap_or_default()
}

fn person(number: usize) -> Person {
    // Two primes make the pairs run through all combinations.
    Person {
        first_name: Some(pick(&FIRST, number * 7).to_owned()),
        last_name: Some(format!("{} {number}", pick(&LAST, number * 5 + number / 12))),
        email: Some(format!("p{number}@bench.example")),
        job_title: Some(pick(&TITLES, number).to_owned()),
        branch: Some(pick(&BRANCHES, number / 3).to_owned()),
        ..Person::default()
    }
}

fn identifier(number: usize) -> Identifier {
    Identifier(format!("40817_{}", 100_000 + number))
}

fn employee(number: usize) -> Employee {
    Employee {
        id: EmployeeId((100_000 + number).to_string()),
        identifier: identifier(number),
        person: person(number),
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: None,
    }
}

fn user(number: usize) -> User {
    User {
        id: UserId((500_000 + number).to_string()),
        identifier: Some(identifier(number)),
        person: person(number),
        status: UserStatus::Active,
        access_profile: None,
        training: None,
        unreadable: None,
    }
}
