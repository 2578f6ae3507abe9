//! The world generator: companies of the trade with the cases of real people data, from a seed.
//!
//! A person that was made for a case carries its name in the row member `case` (the vendors' calls do not show it).

mod cases;
mod people;
mod users;

use std::collections::HashSet;

use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use super::{
    names::{JAPANESE, LEADER, POOLS, TITLES},
    planday,
    world::{Company, OptionItem, Person, World, derive_options},
};
use people::{Maker, Profile};

/// PeopleHR is for companies of up to some thousands; larger worlds are for measuring, and do without it.
const PEOPLEHR_MOST: usize = 5_000;

const MAIN: Profile = Profile {
    tenant: None,
    name: "Harbour & Vine",
    short_name: "harbour-vine",
    time_zone: "Europe/London",
    country: "UK",
    domain: "harbourvine.example",
    pools: &POOLS,
    branches: &[
        ("QUAY01", "Quayside"),
        ("BRI01", "Brighton Marina"),
        ("LDS01", "Leeds Dock"),
        ("BAT01", "Bath Royal"),
        ("EDI01", "Edinburgh Old Town"),
        ("HQ01", "Head Office"),
    ],
};
const SALTMARSH: Profile = Profile {
    tenant: Some("saltmarsh"),
    name: "Saltmarsh Pubs",
    short_name: "saltmarsh",
    time_zone: "Europe/London",
    country: "UK",
    domain: "saltmarsh.example",
    pools: &POOLS,
    branches: &[
        ("SM01", "The Ferry Boat"),
        ("SM02", "The Jolly Sailor"),
        ("SM03", "The Anchor"),
        ("SM04", "The Old Oak"),
    ],
};
const COPPER_KETTLE: Profile = Profile {
    tenant: Some("copper-kettle"),
    name: "Copper Kettle Cafés",
    short_name: "copper-kettle",
    time_zone: "Europe/London",
    country: "UK",
    domain: "copperkettle.example",
    pools: &POOLS,
    branches: &[("CK01", "Castle Street"), ("CK02", "Station Arcade"), ("CK03", "Riverside")],
};
const SAKURA_LANE: Profile = Profile {
    tenant: Some("sakura-lane"),
    name: "Sakura Lane 桜小路",
    short_name: "sakura-lane",
    time_zone: "Asia/Tokyo",
    country: "JP",
    domain: "sakuralane.example",
    pools: &JAPANESE,
    branches: &[("SKR01", "銀座本店"), ("SKR02", "京都 桜小路")],
};
const TIDEWATER: Profile = Profile {
    tenant: Some("tidewater"),
    name: "Tidewater Hotels",
    short_name: "tidewater",
    time_zone: "Europe/London",
    country: "UK",
    domain: "tidewater.example",
    pools: &POOLS,
    branches: &[("TW01", "Harbour Lodge"), ("TW02", "The Lighthouse Inn")],
};

impl World {
    /// One company of about `people` employees on the day of its first import: Flow holds most of them already, nobody
    /// has an identifier, every value has its mapping row. Its people are in PeopleHR and in Learn Amp as well.
    pub fn generate(people: usize, seed: u64, today: Date) -> Self {
        let mut companies: Vec<Company> = first_import(people, seed, today, false).into();
        if people <= PEOPLEHR_MOST {
            companies.push(in_peoplehr(&companies[0], "HV", MAIN.name));
            companies.push(in_learn_amp(&companies[1]));
        }
        Self { companies }
    }

    /// The companies of the demo: `harbour-vine` (first import, with values that nothing maps yet), `saltmarsh` (live,
    /// a few changes), `copper-kettle` (in trouble), `sakura-lane` (small, live, Japanese), `tidewater` (PeopleHR to Learn
    /// Amp, with managers and a custom field).
    pub fn demo(people: usize, seed: u64, today: Date) -> Self {
        let share = |part: usize| (people * part / 100).max(24);
        let mut companies: Vec<Company> = first_import(people, seed, today, true).into();
        companies.extend(saltmarsh(share(60), seed, today));
        companies.extend(copper_kettle(share(30), seed, today));
        companies.extend(sakura_lane(share(20), seed, today));
        companies.extend(tidewater(share(20), seed, today));
        Self { companies }
    }
}

fn source(profile: &Profile, people: Vec<Person>) -> Company {
    let mut company = Company { people, ..Company::new("planday", profile.tenant) };
    for (name, text) in [
        ("name", profile.name),
        ("short_name", profile.short_name),
        ("country", profile.country),
        ("time_zone", profile.time_zone),
    ] {
        company.own.insert(name.into(), json!(text));
    }
    company.options = derive_options(&[&company]);
    company.options.own.insert(
        "employee_types".into(),
        json!([{"id": 2204, "name": "Hourly paid"}, {"id": 2205, "name": "Salaried"}]),
    );
    company
}

/// The same employees in PeopleHR: ids with letters, a few of a second company, some who are known by another name.
fn in_peoplehr(planday: &Company, letters: &str, name: &str) -> Company {
    let people = planday.people.iter().zip(1_u32..).map(|(employee, number)| {
        let mut person = Person { identifier: String::new(), ..employee.clone() };
        // Its values are lists that are picked from, and have no blanks around them.
        for value in [&mut person.job_title, &mut person.branch, &mut person.department] {
            *value = value.trim().to_owned();
        }
        let case = person.own.shift_remove("case");
        person.own.clear();
        person.own.extend(case.map(|case| ("case".to_owned(), case)));
        person.own.insert("employee_id".into(), json!(format!("{letters}{number:04}")));
        person.own.insert("APIColumn1".into(), json!(["S", "M", "L"][number as usize % 3]));
        if number % 9 == 0 {
            person.own.insert("company".into(), json!(format!("{name} Events Ltd")));
        }
        person
    });
    let mut company = Company { people: people.collect(), ..Company::new("peoplehr", planday.tenant.as_deref()) };
    company.own.insert("company_name".into(), json!(format!("{name} Ltd")));
    company.own.insert("suggested_mapping".into(), json!("folded"));
    company.options = derive_options(&[&company]);
    company
}

/// The same users in Learn Amp, where each has an e-mail of their own and neither a birth date nor an end date.
fn in_learn_amp(flow: &Company) -> Company {
    let mut emails = HashSet::new();
    let own_email = |user: &&Person| !user.email.is_empty() && emails.insert(user.email.to_lowercase());
    let people = flow.people.iter().filter(own_email).map(|user| Person {
        date_of_birth: String::new(),
        end_date: String::new(),
        own: serde_json::Map::new(),
        ..user.clone()
    });
    let people = users::numbered(people.collect());
    let mut company = Company { people, ..Company::new("learn-amp", flow.tenant.as_deref()) };
    company.own.extend(flow.own.get("name").map(|name| ("name".to_owned(), name.clone())));
    company
}

/// The destination with every option of the trade.
fn destination(profile: &Profile, people: Vec<Person>) -> Company {
    let mut company = Company { people, ..Company::new("flow-learning", profile.tenant) };
    company.own.insert("name".into(), json!(profile.name));
    let options = &mut company.options;
    options.branches = profile.coded_branches();
    options.job_titles = TITLES.iter().map(|(title, ..)| *title).chain([LEADER.0]).map(OptionItem::named).collect();
    options.departments =
        ["Front of House", "Kitchen", "Rooms", "Management"].into_iter().map(OptionItem::named).collect();
    company
}

fn first_import(people: usize, seed: u64, today: Date, demo: bool) -> [Company; 2] {
    let mut maker = Maker::new(seed, today, &MAIN);
    let mut employees = maker.employees(people);
    users::spell_like_hr(&mut employees);
    let mut held = cases::plant(&mut maker, &mut employees, demo);
    held.extend(users::of_first_import(&mut maker, &employees));
    let mut from = source(&MAIN, employees);
    if !demo {
        from.own.insert("suggested_mapping".into(), json!("folded"));
    }
    from.options.job_titles.push(OptionItem { archived: true, ..OptionItem::named("Cellar Hand (old)") });
    [from, destination(&MAIN, users::numbered(held))]
}

/// A company whose users are all tied and equal.
fn live(profile: &Profile, people: usize, seed: u64, today: Date) -> (Maker<'_>, Company, Company) {
    let mut maker = Maker::new(seed, today, profile);
    let employees = maker.employees(people);
    let from = source(profile, employees);
    let identifiers = planday::identifiers(&from);
    let users = from.people.iter().map(|employee| users::tied(employee, &identifiers)).collect();
    (maker, from, destination(profile, users::numbered(users)))
}

fn saltmarsh(people: usize, seed: u64, today: Date) -> [Company; 2] {
    let (mut maker, mut from, to) = live(&SALTMARSH, people, seed, today);
    let mut starter = maker.employee(0);
    starter.start_date = today.to_string();
    mark(&mut starter, "new_starter");
    starter.manager_id.clone_from(&from.people[0].id);
    let rows = &mut from.people;
    promote(&mut rows[5]);
    rows[7].end_date = today.saturating_sub(2.days()).to_string();
    mark(&mut rows[7], "leaver");
    rows[9].email = format!("new.address.{}", rows[9].email);
    mark(&mut rows[9], "email_changed");
    let elsewhere = rows.iter().map(|row| &row.branch).find(|branch| **branch != rows[11].branch).cloned();
    rows[11].branch = elsewhere.unwrap_or_default();
    mark(&mut rows[11], "moved");
    rows[13].end_date = today.saturating_add(21.days()).to_string();
    mark(&mut rows[13], "future_leaver");
    rows.push(starter);
    from.options.job_titles = derive_options(&[&from]).job_titles;
    [from, to]
}

fn copper_kettle(people: usize, seed: u64, today: Date) -> [Company; 2] {
    let (_, mut from, to) = live(&COPPER_KETTLE, people, seed, today);
    let rows = &mut from.people;
    for at in [4, 8, 12] {
        rows[at].job_title.clear();
        mark(&mut rows[at], "missing_job_title");
    }
    for at in [5, 6] {
        "Pop-up Kiosk".clone_into(&mut rows[at].branch);
        mark(&mut rows[at], "unmapped_branch");
    }
    rows[10].email = rows[9].email.clone();
    for at in [9, 10] {
        mark(&mut rows[at], "shared_email");
    }
    from.options.branches = derive_options(&[&from]).branches;
    from.own.insert("fields".into(), json!({"job_title": {"archived": true}}));
    [from, to]
}

fn sakura_lane(people: usize, seed: u64, today: Date) -> [Company; 2] {
    let (_, mut from, to) = live(&SAKURA_LANE, people, seed, today);
    promote(&mut from.people[6]);
    from.options.job_titles = derive_options(&[&from]).job_titles;
    [from, to]
}

/// PeopleHR to Learn Amp: three in four have a user that carries their id, without a manager; two in three have a cost
/// centre, for which Learn Amp has a custom field and the tenant file no entry. One reports to somebody who has left.
fn tidewater(people: usize, seed: u64, today: Date) -> [Company; 2] {
    let (_, planday, mut flow) = live(&TIDEWATER, people, seed, today);
    let mut from = in_peoplehr(&planday, "TW", TIDEWATER.name);
    for (name, text) in [("name", TIDEWATER.name), ("short_name", TIDEWATER.short_name), ("managers", "yes")] {
        from.own.insert(name.into(), json!(text));
    }
    for (user, employee) in flow.people.iter_mut().zip(&from.people) {
        employee.own_text("employee_id").unwrap_or_default().clone_into(&mut user.identifier);
    }
    let users = std::mem::take(&mut flow.people).into_iter().zip(0_usize..);
    flow.people = users.filter(|(_, at)| at % 4 != 3).map(|(user, _)| user).collect();
    for (at, employee) in from.people.iter_mut().enumerate().filter(|(at, _)| at % 3 != 2) {
        let centre = if employee.branch == TIDEWATER.branches[0].1 { 4010 } else { 4020 };
        employee.own.insert("APIColumn2".into(), json!((centre + at % 3).to_string()));
    }
    let rows = &mut from.people;
    rows[8].end_date = today.saturating_sub(3.days()).to_string();
    mark(&mut rows[8], "leaver");
    let left = rows[8].id.clone();
    rows[9].manager_id = left;
    mark(&mut rows[9], "manager_left");
    let mut to = in_learn_amp(&flow);
    to.own.insert("custom_fields".into(), json!([{"name": "Cost centre"}]));
    [from, to]
}

/// Gives a person another title.
fn promote(person: &mut Person) {
    let title = if person.job_title == "Supervisor" { "Assistant Manager" } else { "Supervisor" };
    title.clone_into(&mut person.job_title);
    mark(person, "promoted");
}

/// Notes on a person for which case it was made; a second case is added.
fn mark(person: &mut Person, case: &str) {
    let before = person.own_text("case").map(|before| format!("{before}, {case}"));
    person.own.insert("case".into(), Value::from(before.unwrap_or_else(|| case.to_owned())));
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 22);

    #[test]
    fn the_same_seed_makes_the_same_world() {
        assert_eq!(World::demo(120, 7, TODAY), World::demo(120, 7, TODAY));
        assert_ne!(World::generate(120, 7, TODAY), World::generate(120, 8, TODAY));
    }

    #[test]
    fn every_case_is_there() {
        let world = World::demo(240, 1, TODAY);
        let all: Vec<&Person> = world.companies.iter().flat_map(|company| &company.people).collect();
        let has = |case: &str| all.iter().any(|person| person.own_text("case").is_some_and(|text| text.contains(case)));
        for case in cases::NAMES.into_iter().chain(["promoted", "unmapped_branch", "shared_email", "future_leaver"]) {
            assert!(has(case), "nobody stands for {case}");
        }
        assert_eq!(world.companies.len(), 10);
    }

    #[test]
    fn live_companies_differ_in_a_few_people_only() {
        let worlds = [1, 2, 3].map(|seed| World::demo(240, seed, TODAY));
        for (world, tenant, most) in
            worlds.iter().flat_map(|world| [(world, "saltmarsh", 6), (world, "sakura-lane", 1)])
        {
            let from = world.company(&format!("planday@{tenant}")).unwrap();
            let to = world.company(&format!("flow-learning@{tenant}")).unwrap();
            let identifiers = planday::identifiers(from);
            let facts = |person: &Person| {
                [&person.first_name, &person.last_name, &person.email, &person.date_of_birth, &person.job_title]
                    .into_iter()
                    .chain([&person.branch, &person.department, &person.start_date, &person.end_date])
                    .cloned()
                    .collect::<Vec<_>>()
            };
            let same = |employee: &&Person| {
                to.people
                    .iter()
                    .any(|user| user.identifier == identifiers[&employee.id] && facts(user) == facts(employee))
            };
            let different = from.people.len() - from.people.iter().filter(same).count();
            assert_eq!(different, most, "{tenant}");
        }
    }

    #[test]
    fn the_company_of_peoplehr_has_users_by_its_own_ids_and_a_field_that_nothing_maps() {
        let world = World::demo(40, 1, TODAY);
        let (from, to) = (world.company("peoplehr@tidewater").unwrap(), world.company("learn-amp@tidewater").unwrap());
        let ids: Vec<&str> = from.people.iter().filter_map(|person| person.own_text("employee_id")).collect();
        assert_eq!((from.people.len(), to.people.len()), (24, 18));
        assert!(to.people.iter().all(|user| ids.contains(&user.identifier.as_str()) && user.manager_id.is_empty()));
        let centres = from.people.iter().filter(|person| person.own.contains_key("APIColumn2")).count();
        assert_eq!(centres, 16);
        assert!(from.people.iter().any(|person| person.manager_id == from.people[8].id));
    }

    #[test]
    fn small_worlds_are_made_too() {
        for people in [0, 1, 5, 30] {
            let world = World::generate(people, 3, TODAY);
            assert!(world.companies[0].people.len() >= people);
        }
    }

    #[test]
    fn most_of_the_first_import_is_held_without_identifier() {
        let world = World::generate(240, 1, TODAY);
        let (employees, users) = (&world.companies[0].people, &world.companies[1].people);
        assert!((200..=300).contains(&employees.len()));
        assert!((120..=220).contains(&users.len()), "{}", users.len());
        assert!(users.iter().all(|user| user.identifier.is_empty()));
    }
}
