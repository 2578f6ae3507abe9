//! The planner at 100,000 linked people of whom one in twenty changes: what a plan costs where matching has nothing to do.
//! `cargo bench --bench planning`.
#![allow(clippy::unwrap_used, reason = "a bench may fail by panicking")]

use divan::Bencher;
use jiff::Timestamp;
use jiff::civil::date;
use onroll::domain::decision::{Link, LinkOrigin};
use onroll::domain::ids::{EmployeeId, Identifier, UserId};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::{DestinationOption, MappingTable};
use onroll::domain::person::{Employee, EmploymentStatus, Person, User};
use onroll::domain::settings::Settings;
use onroll::domain::snapshot::SourceFacts;
use onroll::matching::simple::SimpleMatcher;
use onroll::planning::{PlanInput, make_plan};
use onroll::vendors::registry;
use std::collections::BTreeMap;

const PEOPLE: usize = 100_000;

fn main() {
    divan::main();
}

fn employee(number: usize) -> Employee {
    let person = Person {
        first_name: Some(format!("Given{number}")),
        last_name: Some(format!("Family{}", number % 5_000)),
        email: Some(format!("p{number}@hvine.example")),
        date_of_birth: Some(date(1990, 3, 12)),
        job_title: Some(if number.is_multiple_of(20) { "Chef" } else { "Waiter" }.to_owned()),
        branch: Some("Quayside".into()),
        start_date: Some(date(2021, 3, 1)),
        ..Person::default()
    };
    Employee {
        id: EmployeeId(number.to_string()),
        identifier: Identifier(format!("40718_{number}")),
        person,
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: None,
    }
}

fn user_of(employee: &Employee) -> User {
    let person = Person { job_title: Some("Waiter".into()), ..employee.person.clone() };
    let id = UserId(format!("u{}", employee.id));
    User { identifier: Some(employee.identifier.clone()), person, ..User::new(id) }
}

fn link(employee: &Employee, user: &User) -> Link {
    Link {
        employee: employee.id.clone(),
        user: user.id.clone(),
        identifier: employee.identifier.clone(),
        origin: LinkOrigin::Identifier,
        at: Timestamp::UNIX_EPOCH,
        active: true,
    }
}

#[divan::bench(sample_count = 5)]
fn of_100_000_linked_people(bencher: Bencher) {
    let employees: Vec<Employee> = (0..PEOPLE).map(employee).collect();
    let users: Vec<User> = employees.iter().map(user_of).collect();
    let links: Vec<Link> = employees.iter().zip(&users).map(|(employee, user)| link(employee, user)).collect();
    let option = |kind, name: &str| DestinationOption::new(kind, name, name, true);
    let options =
        [option(ListKey::BRANCH, "Quayside"), option(ListKey::JOB_TITLE, "Waiter"), option(ListKey::JOB_TITLE, "Chef")];
    let tables = [MappingTable::empty(ListKey::BRANCH, true), MappingTable::empty(ListKey::JOB_TITLE, true)];
    let (facts, settings) = (SourceFacts::default(), Settings::default());
    let destination = registry::destination("flow-learning").unwrap().capabilities;
    let input = PlanInput {
        employees: &employees,
        users: &users,
        options: &options,
        tables: &tables,
        links: &links,
        decisions: &[],
        not_same: &[],
        waiting: &[],
        pairs: &[],
        waiting_beside: &[],
        parked: &[],
        facts: &facts,
        settings: &settings,
        source: registry::source("planday").unwrap().capabilities,
        destination: destination(&BTreeMap::new()),
        can_create_options: true,
        today: date(2026, 11, 24),
        matcher: &SimpleMatcher,
    };
    assert_eq!(make_plan(&input).counts.update, 5_000);
    bencher.bench_local(|| make_plan(&input));
}
