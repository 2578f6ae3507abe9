//! One tenant of N people, put straight into the store, with a plan by the planner itself: for long lists.

use super::failed;
use crate::cli::workspace::Workspace;
use crate::domain::connection::Endpoint;
use crate::domain::decision::{Link, LinkOrigin};
use crate::domain::ids::{ConnectionId, EmployeeId, Identifier, OptionKey, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, MappingTarget};
use crate::domain::person::{Employee, EmploymentStatus, Person, User, UserStatus};
use crate::domain::problem::Problem;
use crate::domain::run::{FeedLine, Level, Phase};
use crate::domain::settings::Settings;
use crate::domain::snapshot::{Side, SourceFacts};
use crate::ports::destination::{DestinationFacts, DestinationRecord};
use crate::ports::source::SourceRecord;
use crate::store::NewConnection;
use crate::vendors::registry;
use jiff::{SignedDuration, Timestamp};
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
/// Values of the source that no table maps; each holds its people.
const UNMAPPED_TITLES: usize = 40;

/// Makes the tenant `bench-N` with N employees: nine in ten are linked, one in twenty of those has another title at the
/// destination; of the rest some resemble a user whom nobody holds, the others are new. One in a hundred has a title that
/// is not mapped. One in four has a line in the feed log. Gives the short name.
///
/// # Errors
/// When the workspace has it already, or cannot be written.
pub async fn fill(workspace: &Workspace, people: usize) -> Result<String, Problem> {
    let short_name = short_name(people);
    fill_as(workspace, &short_name, people).await?;
    Ok(short_name)
}

/// The short name of the tenant of N people.
pub fn short_name(people: usize) -> String {
    format!("bench-{people}")
}

/// The same under a name.
///
/// # Errors
/// When the workspace has it already, or cannot be written.
pub async fn fill_as(workspace: &Workspace, short_name: &str, people: usize) -> Result<(), Problem> {
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
            tenant_name: short_name.replacen("bench", "Bench", 1).replace('-', " "),
            short_name: short_name.to_owned(),
            time_zone: "Europe/London".to_owned(),
            source: endpoint(source),
            destination: endpoint(destination),
            settings: Settings::default(),
            verbatim: Vec::new(),
            by: "bench".to_owned(),
        })
        .await?;
    map_values(workspace, id).await?;
    let employees = store.begin_snapshot(id, None, Side::Source).await?;
    let users = store.begin_snapshot(id, None, Side::Destination).await?;
    let numbers: Vec<usize> = (0..people).collect();
    let mut received = 0;
    for batch in numbers.chunks(BATCH) {
        let records = batch.iter().map(|number| SourceRecord {
            employee: employee(*number),
            raw: serde_json::Value::Null,
            out_of_scope: false,
        });
        store.add_employees(employees, records.collect()).await?;
        let records: Vec<DestinationRecord> = batch
            .iter()
            .filter_map(|number| user(*number))
            .map(|user| DestinationRecord { user, raw: serde_json::Value::Null })
            .collect();
        received += records.len() as u64;
        store.add_users(users, records).await?;
        store.put_links(id, batch.iter().filter_map(|number| link(*number)).collect()).await?;
        store.append_feed(id, batch.iter().filter_map(|number| line(*number)).collect()).await?;
    }
    let total = people as u64;
    let facts = SourceFacts { declared_total: total, received: total, ..SourceFacts::default() };
    store.finish_source_snapshot(employees, &facts).await?;
    let facts = DestinationFacts { declared_total: received, received, ..DestinationFacts::default() };
    store.finish_user_snapshot(users, &facts).await?;
    workspace.engine.plan(&store.connection(id).await?, None).await?;
    Ok(())
}

/// Tables in which every value stands but the titles that are to hold somebody.
async fn map_values(workspace: &Workspace, id: ConnectionId) -> Result<(), Problem> {
    let store = &workspace.store;
    for (list, values) in [(ListKey::BRANCH, BRANCHES.as_slice()), (ListKey::JOB_TITLE, TITLES.as_slice())] {
        let option = |value: &&str| DestinationOption {
            list,
            key: option_key(list, value),
            name: (*value).to_owned(),
            active: true,
            doubled: false,
            made_here: false,
        };
        store.put_options(id, list, values.iter().map(option).collect()).await?;
        let row = |value: &&str| (list, (*value).to_owned(), Some(MappingTarget::Option(option_key(list, value))));
        store.set_mappings(id, values.iter().map(row).collect(), "bench").await?;
    }
    Ok(())
}

fn option_key(list: ListKey, value: &str) -> OptionKey {
    match list {
        ListKey::BRANCH => OptionKey(value.to_uppercase().replace(' ', "-")),
        _ => OptionKey(value.to_owned()),
    }
}

fn pick<'a>(list: &[&'a str], number: usize) -> &'a str {
    list.get(number % list.len()).copied().unwrap_or_default()
}

fn person(number: usize) -> Person {
    let day = i8::try_from(1 + number % 28).unwrap_or(1);
    let month = i8::try_from(1 + number / 28 % 12).unwrap_or(1);
    let year = i16::try_from(1960 + number / 336 % 45).unwrap_or(1980);
    // Two primes make the pairs run through all combinations.
    Person {
        first_name: Some(pick(&FIRST, number * 7).to_owned()),
        last_name: Some(format!("{} {number}", pick(&LAST, number * 5 + number / 12))),
        email: Some(format!("p{number}@bench.example")),
        date_of_birth: jiff::civil::Date::new(year, month, day).ok(),
        start_date: jiff::civil::Date::new(2024, month, day).ok(),
        job_title: Some(match number % 100 {
            7 => format!("Seasonal {}", number / 100 % UNMAPPED_TITLES),
            _ => pick(&TITLES, number).to_owned(),
        }),
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

fn is_linked(number: usize) -> bool {
    !number.is_multiple_of(10)
}

fn user(number: usize) -> Option<User> {
    let own = person(number);
    let branch = own.branch.as_deref().map(|branch| option_key(ListKey::BRANCH, branch).as_str().to_owned());
    let title = if number % 20 == 11 { pick(&TITLES, number + 1) } else { pick(&TITLES, number) };
    let made_by_hand = !is_linked(number);
    // Made by hand: another address, a letter less in the name, no identifier.
    let own = if made_by_hand {
        let shorter = own.last_name.as_deref().map(|name| name.replacen('o', "", 1));
        Person { email: Some(format!("hand{number}@bench.example")), last_name: shorter, ..own }
    } else {
        own
    };
    (!made_by_hand || number % 200 == 10).then(|| User {
        id: UserId((500_000 + number).to_string()),
        identifier: (!made_by_hand).then(|| identifier(number)),
        person: Person { branch, job_title: Some(title.to_owned()), ..own },
        status: UserStatus::Active,
        access_profile: None,
        manager: None,
        training: None,
        unreadable: None,
    })
}

fn link(number: usize) -> Option<Link> {
    is_linked(number).then(|| Link {
        employee: EmployeeId((100_000 + number).to_string()),
        user: UserId((500_000 + number).to_string()),
        identifier: identifier(number),
        origin: LinkOrigin::Identifier,
        at: Timestamp::UNIX_EPOCH,
        active: true,
    })
}

fn line(number: usize) -> Option<FeedLine> {
    let held = number % 100 == 7;
    let seconds = SignedDuration::from_secs(i64::try_from(number).unwrap_or_default());
    (held || number.is_multiple_of(4)).then(|| FeedLine {
        run: None,
        at: "2026-11-01T00:00:00Z".parse::<Timestamp>().unwrap_or_default() + seconds,
        level: if held { Level::Warn } else { Level::Info },
        phase: Some(if held { Phase::MatchAndPlan } else { Phase::Update }),
        employee: Some(EmployeeId((100_000 + number).to_string())),
        what: if held { "held" } else { "updated" }.to_owned(),
        text: match held {
            true => format!("job title Seasonal {} is not mapped", number / 100 % UNMAPPED_TITLES),
            false => format!("job title {} → {}", pick(&TITLES, number + 1), pick(&TITLES, number)),
        },
    })
}
