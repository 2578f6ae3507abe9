//! Plausible employees, one after the other, from a seed.

use std::collections::HashSet;

use fastrand::Rng;
use jiff::{ToSpan, civil::Date};
use serde_json::json;

use super::super::{
    names::{LEADER, NamePool, PRIVATE_DOMAINS, STREETS, TITLES},
    world::{OptionItem, Person},
};

/// What a company is like.
pub(super) struct Profile {
    pub tenant: Option<&'static str>,
    pub name: &'static str,
    pub short_name: &'static str,
    pub time_zone: &'static str,
    pub country: &'static str,
    pub domain: &'static str,
    pub pools: &'static [NamePool],
    /// Branch code and name; the town of the postcode goes by the place in the list.
    pub branches: &'static [(&'static str, &'static str)],
}

impl Profile {
    /// The branches as options of a destination.
    pub fn coded_branches(&self) -> Vec<OptionItem> {
        self.branches.iter().map(|(code, name)| OptionItem::coded(*code, *name)).collect()
    }
}

/// Makes employees.
pub(super) struct Maker<'a> {
    pub rng: Rng,
    pub today: Date,
    pub profile: &'a Profile,
    number: i64,
    names: HashSet<(&'static str, &'static str)>,
    mails: HashSet<String>,
}

impl<'a> Maker<'a> {
    /// A maker; the same seed makes the same people.
    pub fn new(seed: u64, today: Date, profile: &'a Profile) -> Self {
        let rng = Rng::with_seed(
            seed ^ profile
                .short_name
                .bytes()
                .fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))),
        );
        Self { rng, today, profile, number: 318_000, names: HashSet::new(), mails: HashSet::new() }
    }

    /// This number of employees; the first of each branch leads it and the others report to that one.
    pub fn employees(&mut self, count: usize) -> Vec<Person> {
        let branches = self.profile.branches.len().min((count / 6).max(1));
        let mut people: Vec<Person> = Vec::with_capacity(count);
        for at in 0..count {
            let branch = if at < branches { at } else { self.rng.usize(0..branches) };
            let mut person = self.employee(branch);
            if at < branches {
                (person.job_title, person.department) = (LEADER.0.into(), LEADER.1.into());
            } else {
                person.manager_id.clone_from(&people[branch].id);
            }
            people.push(person);
        }
        people
    }

    /// A further employee of a branch.
    pub fn employee(&mut self, branch: usize) -> Person {
        self.number += self.rng.i64(1..9);
        let (first, last) = self.name();
        let (title, department) = self.title();
        let mut person = Person {
            id: self.number.to_string(),
            first_name: first.into(),
            last_name: last.into(),
            job_title: title.into(),
            department: department.into(),
            branch: self.profile.branches[branch].1.into(),
            status: "active".into(),
            date_of_birth: self.day(1962, 2007).to_string(),
            start_date: self.start_day().to_string(),
            phone: format!("+447700900{:03}", self.rng.u32(0..1000)),
            address: format!("{} {}", self.rng.u32(1..140), STREETS[self.rng.usize(..STREETS.len())]),
            postcode: format!(
                "BN{} {}{}",
                branch + 1,
                self.rng.u32(1..10),
                ["AA", "BT", "QX", "LW"][self.rng.usize(..4)]
            ),
            ..Person::default()
        };
        person.email = self.mail(&person);
        person.own.insert("salary_identifier".into(), json!(format!("HV-{:05}", self.number - 317_000)));
        person
            .own
            .insert("modified".into(), json!(format!("{}T08:00:00Z", person.start_date.as_str().max("2025-11-03"))));
        person
    }

    fn name(&mut self) -> (&'static str, &'static str) {
        let mut pair = ("", "");
        // A few tries for a name that nobody has; large companies have namesakes.
        for _ in 0..6 {
            let total: usize = self.profile.pools.iter().map(|pool| pool.weight).sum();
            let mut left = self.rng.usize(..total);
            let pool = self.profile.pools.iter().find(|pool| {
                let found = left < pool.weight;
                left = left.saturating_sub(pool.weight);
                found
            });
            if let Some(pool) = pool {
                pair = (pool.first[self.rng.usize(..pool.first.len())], pool.last[self.rng.usize(..pool.last.len())]);
            }
            if self.names.insert(pair) {
                break;
            }
        }
        pair
    }

    fn title(&mut self) -> (&'static str, &'static str) {
        let total: usize = TITLES.iter().map(|(.., weight)| weight).sum();
        let mut left = self.rng.usize(..total);
        for (title, department, weight) in TITLES {
            if left < weight {
                return (title, department);
            }
            left -= weight;
        }
        (TITLES[0].0, TITLES[0].1)
    }

    /// A day in those years, both included.
    pub fn day(&mut self, from: i16, to: i16) -> Date {
        let (month, day) = (self.rng.i8(1..=12), self.rng.i8(1..=28));
        jiff::civil::date(self.rng.i16(from..=to), month, day)
    }

    /// A first day of work, at least two weeks ago.
    fn start_day(&mut self) -> Date {
        let (year, month) = (self.rng.i32(0..9), self.rng.i32(0..12));
        let back = (14 + self.rng.i32(0..30)).days();
        self.today.saturating_sub(year.years().months(month)).saturating_sub(back)
    }

    /// A mail address of the person that nobody else has: mostly the company's, sometimes private.
    pub fn mail(&mut self, person: &Person) -> String {
        let plain = |text: &str| -> String {
            let ascii = deunicode::deunicode(text).to_lowercase();
            ascii.chars().filter(char::is_ascii_alphanumeric).collect()
        };
        let private = self.rng.u8(..100) < 35;
        let domain = if private { PRIVATE_DOMAINS[self.rng.usize(..3)] } else { self.profile.domain };
        let stem = match (plain(&person.first_name), plain(&person.last_name)) {
            (first, last) if private => format!("{first}{last}{}", self.rng.u32(60..100)),
            (first, last) => format!("{first}.{last}"),
        };
        let mut mail = format!("{stem}@{domain}");
        let mut more = 2;
        while !self.mails.insert(mail.clone()) {
            mail = format!("{stem}{more}@{domain}");
            more += 1;
        }
        mail
    }
}
