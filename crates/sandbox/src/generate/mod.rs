//! The world generator: companies of the trade with the cases of real people data, from a seed.
//!
//! A person that was made for a case carries its name in the row member `case` (the vendors' calls do not show it).

mod cases;
mod people;
mod users;

use std::collections::HashMap;

use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use super::{
    names::{JAPANESE, LEADER, POOLS, TITLES},
    registry,
    vendor::Vendor,
    world::{Company, OptionItem, Person, Side, World, derive_options},
};
use people::{Maker, Profile};

/// Larger worlds are for measuring: only the vendors of the main integration hold them.
const MOST_EVERYWHERE: usize = 5_000;

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

const LARKSPUR: Profile = Profile {
    tenant: Some("larkspur"),
    name: "Larkspur Bakeries",
    short_name: "larkspur",
    time_zone: "Europe/London",
    country: "UK",
    domain: "larkspur.example",
    pools: &POOLS,
    branches: &[("LK01", "Market Square"), ("LK02", "Mill Lane")],
};
const FOXGLOVE: Profile = Profile {
    tenant: Some("foxglove"),
    name: "Foxglove Inns",
    short_name: "foxglove",
    time_zone: "Europe/London",
    country: "UK",
    domain: "foxglove.example",
    pools: &POOLS,
    branches: &[("FX01", "The Coach House"), ("FX02", "The Packhorse")],
};
const NORTHGATE: Profile = Profile {
    tenant: Some("northgate"),
    name: "Northgate Kitchens",
    short_name: "northgate",
    time_zone: "Europe/London",
    country: "UK",
    domain: "northgate.example",
    pools: &POOLS,
    branches: &[("NG01", "Northgate Works"), ("NG02", "Canal Street")],
};
const BRACKENHILL: Profile = Profile {
    tenant: Some("brackenhill"),
    name: "Brackenhill Resorts",
    short_name: "brackenhill",
    time_zone: "Europe/London",
    country: "UK",
    domain: "brackenhill.example",
    pools: &POOLS,
    branches: &[("BH01", "Lakeside Lodge"), ("BH02", "The Boathouse")],
};

/// The companies of the incidents; each has a name of its own.
const ORDINARY: Profile = Profile {
    tenant: None,
    name: "",
    short_name: "",
    time_zone: "Europe/London",
    country: "UK",
    domain: "staff.example",
    pools: &POOLS,
    branches: &[("NQ01", "North Quay"), ("OM02", "Old Mill"), ("CL03", "Cross Lane")],
};

impl World {
    /// A company in good order before its first import: every value has its counterpart at the destination, which holds nobody.
    pub(super) fn ordinary(
        integration: (&str, &str),
        [name, short_name]: [&str; 2],
        people: usize,
        seed: u64,
        today: Date,
    ) -> Self {
        let mut maker = Maker::new(seed, today, &ORDINARY);
        let mut from = source(&ORDINARY, maker.employees(people));
        from.own.insert("name".into(), json!(name));
        from.own.insert("short_name".into(), json!(short_name));
        let mut to = destination(&ORDINARY, Vec::new());
        to.own.insert("name".into(), json!(name));
        let mut world = Self::default();
        world.extend(integration, Pair { from, to });
        world
    }

    /// One company of about `people` employees on the day of its first import: the destination holds most of them already,
    /// nobody has an identifier, every value has its mapping row. Up to `MOST_EVERYWHERE` its people are at every vendor.
    pub fn generate(people: usize, seed: u64, today: Date) -> Self {
        let company = first_import(people, seed, today, false);
        let [main, ..] = registry::INTEGRATIONS;
        let mut world = Self::default();
        world.extend(main, company.clone());
        for further in registry::VENDORS.iter().filter(|_| people <= MOST_EVERYWHERE) {
            if world.company(further.name).is_none() {
                let neutral = if further.side == Side::Source { &company.from } else { &company.to };
                let mut own = adopted(further, neutral.clone());
                // A tenant is known by its name: the same company at another vendor has the one that this vendor gives.
                own.own.shift_remove("short_name");
                if further.side == Side::Source {
                    own.own.shift_remove("name");
                }
                world.companies.push(own);
            }
        }
        world
    }

    /// The companies of the demo: `harbour-vine` (first import, with values that nothing maps yet), `saltmarsh` (live,
    /// a few changes), `copper-kettle` (in trouble), `sakura-lane` (small, live, Japanese), `tidewater` (managers and a
    /// custom field), and four small ones that are on their way: `larkspur`, `foxglove`, `northgate`, `brackenhill`. `registry::DEMO` says at which vendors each is.
    pub fn demo(people: usize, seed: u64, today: Date) -> Self {
        let share = |part: usize| (people * part / 100).max(24);
        let mut world = Self::default();
        for (tenant, integration) in registry::DEMO {
            let pair = match tenant {
                None => first_import(people, seed, today, true),
                Some("saltmarsh") => saltmarsh(share(60), seed, today),
                Some("copper-kettle") => copper_kettle(share(30), seed, today),
                Some("sakura-lane") => sakura_lane(share(20), seed, today),
                Some("tidewater") => tidewater(share(20), seed, today),
                Some("larkspur") => on_its_way(&LARKSPUR, share(10), seed, today),
                Some("foxglove") => on_its_way(&FOXGLOVE, share(10), seed, today),
                Some("northgate") => on_its_way(&NORTHGATE, share(10), seed, today),
                Some(_) => on_its_way(&BRACKENHILL, share(10), seed, today),
            };
            world.extend(integration, pair);
        }
        world
    }

    /// Adds a company at both vendors of an integration.
    fn extend(&mut self, integration: (&str, &str), mut pair: Pair) {
        let Some([source, destination]) = registry::ends(integration) else { return };
        let from = adopted(source, pair.from);
        tie(&mut pair.to.people, &(source.identifiers)(&from));
        self.companies.extend([from, adopted(destination, pair.to)]);
    }
}

/// A company as both sides hold it, before any vendor has given it a form of its own: users are tied by the `id` of their
/// employee, values of custom fields stand by name in the row member `custom`.
#[derive(Clone)]
struct Pair {
    from: Company,
    to: Company,
}

fn adopted(vendor: &Vendor, neutral: Company) -> Company {
    (vendor.adopt)(Company { vendor: vendor.name.into(), ..neutral })
}

/// Gives users that are tied by the `id` of an employee the identifier that the source's vendor has for that one; any
/// other identifier stays.
pub(super) fn tie(users: &mut [Person], identifiers: &HashMap<String, String>) {
    for user in users {
        if let Some(identifier) = identifiers.get(&user.identifier) {
            user.identifier.clone_from(identifier);
        }
    }
}

fn source(profile: &Profile, people: Vec<Person>) -> Company {
    let mut company = Company { people, ..Company::new("", profile.tenant) };
    for (name, text) in [
        ("name", profile.name),
        ("short_name", profile.short_name),
        ("country", profile.country),
        ("time_zone", profile.time_zone),
    ] {
        company.own.insert(name.into(), json!(text));
    }
    company.options = derive_options(&[&company]);
    company
}

/// The destination with every option of the trade.
fn destination(profile: &Profile, people: Vec<Person>) -> Company {
    let mut company = Company { people, ..Company::new("", profile.tenant) };
    company.own.insert("name".into(), json!(profile.name));
    let options = &mut company.options;
    options.branches = profile.coded_branches();
    options.job_titles = TITLES.iter().map(|(title, ..)| *title).chain([LEADER.0]).map(OptionItem::named).collect();
    options.departments =
        ["Front of House", "Kitchen", "Rooms", "Management"].into_iter().map(OptionItem::named).collect();
    company
}

fn first_import(people: usize, seed: u64, today: Date, demo: bool) -> Pair {
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
    Pair { from, to: destination(&MAIN, users::numbered(held)) }
}

/// A company whose users are all tied and equal.
fn live(profile: &Profile, people: usize, seed: u64, today: Date) -> (Maker<'_>, Company, Company) {
    let mut maker = Maker::new(seed, today, profile);
    let employees = maker.employees(people);
    let users = employees.iter().map(users::tied).collect();
    (maker, source(profile, employees), destination(profile, users::numbered(users)))
}

fn saltmarsh(people: usize, seed: u64, today: Date) -> Pair {
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
    Pair { from, to }
}

fn copper_kettle(people: usize, seed: u64, today: Date) -> Pair {
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
    from.own.insert("archived_fields".into(), json!(["job_title"]));
    Pair { from, to }
}

fn sakura_lane(people: usize, seed: u64, today: Date) -> Pair {
    let (_, mut from, to) = live(&SAKURA_LANE, people, seed, today);
    promote(&mut from.people[6]);
    from.options.job_titles = derive_options(&[&from]).job_titles;
    Pair { from, to }
}

/// Three in four have a user that carries their id, without a manager; two in three have a cost centre, for which the
/// destination has a custom field and the tenant file no entry. One reports to somebody who has left.
fn tidewater(people: usize, seed: u64, today: Date) -> Pair {
    let (_, mut from, mut to) = live(&TIDEWATER, people, seed, today);
    from.own.insert("managers".into(), json!("yes"));
    let users = std::mem::take(&mut to.people).into_iter().zip(0_usize..);
    to.people = users.filter(|(_, at)| at % 4 != 3).map(|(user, _)| user).collect();
    for (at, employee) in from.people.iter_mut().enumerate().filter(|(at, _)| at % 3 != 2) {
        let centre = if employee.branch == TIDEWATER.branches[0].1 { 4010 } else { 4020 };
        employee.own.insert("custom".into(), json!({"Cost centre": (centre + at % 3).to_string()}));
    }
    let rows = &mut from.people;
    rows[8].end_date = today.saturating_sub(3.days()).to_string();
    mark(&mut rows[8], "leaver");
    let left = rows[8].id.clone();
    rows[9].manager_id = left;
    mark(&mut rows[9], "manager_left");
    to.own.insert("custom_fields".into(), json!([{"name": "Cost centre"}]));
    Pair { from, to }
}

/// Half of the people have a user that carries their id. One of these has another title, another has left; of those who have
/// none yet one starts in two weeks, and one has no e-mail.
fn on_its_way(profile: &Profile, people: usize, seed: u64, today: Date) -> Pair {
    let (_, mut from, mut to) = live(profile, people, seed, today);
    let users = std::mem::take(&mut to.people).into_iter().zip(0_usize..);
    to.people = users.filter(|(_, at)| at % 2 == 0).map(|(user, _)| user).collect();
    let rows = &mut from.people;
    promote(&mut rows[6]);
    rows[8].end_date = today.saturating_sub(3.days()).to_string();
    mark(&mut rows[8], "leaver");
    rows[9].start_date = today.saturating_add(14.days()).to_string();
    mark(&mut rows[9], "future_starter");
    rows[11].email.clear();
    mark(&mut rows[11], "missing_email");
    from.options.job_titles = derive_options(&[&from]).job_titles;
    Pair { from, to }
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
        assert_eq!(world.companies.len(), 18);
    }

    #[test]
    fn live_companies_differ_in_a_few_people_only() {
        let worlds = [1, 2, 3].map(|seed| World::demo(240, seed, TODAY));
        for (world, tenant, most) in
            worlds.iter().flat_map(|world| [(world, "saltmarsh", 6), (world, "sakura-lane", 1)])
        {
            let from = world.company(&format!("planday@{tenant}")).unwrap();
            let to = world.company(&format!("flow-learning@{tenant}")).unwrap();
            let identifiers = (registry::vendor("planday").unwrap().identifiers)(from);
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
    fn small_companies_meet_each_further_vendor_with_half_of_their_people() {
        let world = World::demo(40, 1, TODAY);
        for (tenant, [source, destination]) in [
            ("larkspur", ["rotaready", "flow-learning"]),
            ("foxglove", ["freshteam", "reward-gateway"]),
            ("northgate", ["bamboohr", "scim"]),
            ("brackenhill", ["mapal-os", "flow-learning"]),
        ] {
            let side = |vendor: &str| world.company(&format!("{vendor}@{tenant}")).unwrap();
            let (from, to) = (side(source), side(destination));
            assert_eq!((from.people.len(), to.people.len()), (24, 12), "{tenant}");
            let identifiers = (registry::vendor(source).unwrap().identifiers)(from);
            let tied = |user: &&Person| identifiers.values().any(|identifier| *identifier == user.identifier);
            assert_eq!(to.people.iter().filter(tied).count(), 12, "{tenant}");
        }
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
