//! The museum: public disasters of this trade as companies with one bad day, and the same companies on a healthy one.
//!
//! An incident says what happened elsewhere, in our words and with its public place, and what the simulators have to hold or
//! to do on that day. What Onroll says of it is not written here: it is found by running it (`launch::replay`); [`Seen`] only
//! says what is expected, and a test compares.

mod absence;
mod fields;
mod healthy;
mod identity;
mod repetition;

use super::faults::Fault;
use super::world::{Company, Person, World};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

/// What sort of mistake it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What did not come was taken for what is not there.
    Absence,
    /// The people came, their fields not as they should be.
    Fields,
    /// One person was taken for another, or for two.
    Identity,
    /// Something was done twice.
    Repetition,
}

impl Kind {
    /// The stable word, for filters and JSON.
    pub fn key(self) -> &'static str {
        match self {
            Kind::Absence => "absence",
            Kind::Fields => "fields",
            Kind::Identity => "identity",
            Kind::Repetition => "repetition",
        }
    }
}

/// What becomes of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The run stopped before its first write.
    Stopped,
    /// The people it is about were held; nothing was written of them.
    Held,
    /// The run went on, rightly, and said so.
    Explained,
    /// Nothing was noticed.
    WentThrough,
}

impl Outcome {
    /// The stable words of `onroll incidents run --json`.
    pub fn key(self) -> &'static str {
        match self {
            Outcome::Stopped => "stopped",
            Outcome::Held => "held",
            Outcome::Explained => "explained",
            Outcome::WentThrough => "went through",
        }
    }
}

/// What a replay of the bad day is expected to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How it ends.
    pub outcome: Outcome,
    /// The stable code, of which `onroll explain` tells more.
    pub code: &'static str,
    /// Onroll's own sentence; `…` stands for what is another each time (a user's number, a moment).
    pub says: &'static str,
}

/// What the operator does on the bad day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Act {
    /// Nothing: the run is the one of the schedule.
    #[default]
    Waits,
    /// The first import itself is the bad day: nothing was imported before.
    FirstImport,
    /// Presses sync while a run goes on.
    PressesTwice,
}

/// A public incident as a world that can be played.
#[derive(Debug)]
pub struct Incident {
    /// Its name on the command line.
    pub name: &'static str,
    /// One line: what went wrong.
    pub title: &'static str,
    /// Product and year.
    pub place: &'static str,
    /// Where it is told: `owner/repository#number`, an issue or a pull request of GitHub.
    pub source: &'static str,
    /// What happened there.
    pub there: &'static str,
    /// What can do it, in words.
    pub lesson: &'static str,
    /// What sort of mistake.
    pub kind: Kind,
    /// Name of the invented company.
    pub company: &'static str,
    /// Source and destination.
    pub integration: (&'static str, &'static str),
    /// Employees.
    pub people: usize,
    /// The bad day, in one line.
    pub bad: &'static str,
    /// What the bad day does to the simulators.
    pub change: fn(&mut Day<'_>),
    /// What the operator does on it.
    pub act: Act,
    /// What is expected to be seen.
    pub here: Seen,
}

/// A day: what the simulators hold, and how they fail.
pub struct Day<'a> {
    world: &'a mut World,
    integration: (&'static str, &'static str),
    /// The day itself.
    pub today: Date,
    /// How the simulators fail from now on.
    pub faults: Vec<Fault>,
}

impl Incident {
    /// Every incident, in the order of the list.
    pub fn all() -> impl Iterator<Item = &'static Incident> {
        [absence::ALL, fields::ALL, identity::ALL, repetition::ALL].into_iter().flatten()
    }

    /// The incident of that name.
    pub fn named(name: &str) -> Option<&'static Incident> {
        Self::all().find(|incident| incident.name == name)
    }

    /// Short name of the company as a tenant.
    pub fn short_name(&self) -> String {
        let plain = deunicode::deunicode(self.company).to_lowercase();
        plain
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    }

    /// The company before its first import.
    pub fn world(&self, today: Date) -> World {
        let seed = self.name.bytes().fold(11, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        World::ordinary(self.integration, [self.company, &self.short_name()], self.people, seed, today)
    }

    /// Turns the world into that of the bad day; the faults are for the simulators to have.
    pub fn bad_day(&self, world: &mut World, today: Date) -> Vec<Fault> {
        let mut day = Day { world, integration: self.integration, today, faults: Vec::new() };
        (self.change)(&mut day);
        day.faults
    }

    /// Turns the world into that of a healthy day: a starter, changes, a leaver.
    pub fn healthy_day(&self, world: &mut World, today: Date) {
        healthy::day(&mut Day { world, integration: self.integration, today, faults: Vec::new() });
    }
}

impl Day<'_> {
    /// The company at its source.
    fn source(&mut self) -> &mut Company {
        self.company(self.integration.0)
    }

    /// The company at its destination.
    fn destination(&mut self) -> &mut Company {
        self.company(self.integration.1)
    }

    fn company(&mut self, key: &str) -> &mut Company {
        let known = self.world.companies.iter().position(|company| company.key() == key);
        let at = known.unwrap_or_else(|| {
            self.world.companies.push(Company::new(key, None));
            self.world.companies.len() - 1
        });
        &mut self.world.companies[at]
    }

    /// The employees.
    fn employees(&mut self) -> &mut Vec<Person> {
        &mut self.source().people
    }

    /// The users.
    fn users(&mut self) -> &mut Vec<Person> {
        &mut self.destination().people
    }

    /// The source fails in this way.
    fn source_fails(&mut self, fault: Fault) {
        let vendor = self.integration.0;
        self.faults.push(fault.at(vendor));
    }

    /// The destination fails in this way.
    fn destination_fails(&mut self, fault: Fault) {
        let vendor = self.integration.1;
        self.faults.push(fault.at(vendor));
    }

    /// Turns a switch of the destination.
    fn destination_is(&mut self, switch: &str, value: Value) {
        let own = &mut self.destination().own;
        if !own.get("switches").is_some_and(Value::is_object) {
            own.insert("switches".into(), Value::Object(serde_json::Map::new()));
        }
        if let Some(Value::Object(switches)) = own.get_mut("switches") {
            switches.insert(switch.to_owned(), value);
        }
    }

    /// The day before.
    fn yesterday(&self) -> String {
        self.today.saturating_sub(1.days()).to_string()
    }

    /// Somebody who starts, as the source has them before anything is known of them elsewhere.
    fn starter(&mut self, id: &str, first_name: &str, last_name: &str) -> Person {
        let today = self.today.to_string();
        let colleague = self.employees().get(3).cloned().unwrap_or_default();
        Person {
            id: id.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: format!("{}.{}@staff.example", first_name.to_lowercase(), last_name.to_lowercase()),
            date_of_birth: "1996-08-21".to_owned(),
            start_date: today,
            status: "active".to_owned(),
            job_title: colleague.job_title,
            branch: colleague.branch,
            department: colleague.department,
            manager_id: colleague.manager_id,
            ..Person::default()
        }
    }
}

/// A person without what a vendor keeps of its own.
fn plain(person: &Person) -> Person {
    Person { own: serde_json::Map::new(), identifier: String::new(), invited: false, ..person.clone() }
}

/// Day and month change places, where that makes a date.
fn swap(date: &mut String) {
    if let Ok(read) = date.parse::<Date>()
        && let Ok(swapped) = Date::new(read.year(), read.day(), read.month())
    {
        *date = swapped.to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_has_a_name_a_company_and_a_public_place_of_its_own() {
        let all: Vec<&Incident> = Incident::all().collect();
        let of: [fn(&Incident) -> String; 4] =
            [|one| one.name.to_owned(), Incident::short_name, |one| one.source.to_owned(), |one| one.title.to_owned()];
        for of in of {
            let distinct: BTreeSet<String> = all.iter().map(|one| of(one)).collect();
            assert_eq!(distinct.len(), all.len());
        }
        for one in all {
            let (repository, number) = one.source.split_once('#').unwrap();
            assert!(repository.split('/').count() == 2 && number.parse::<u32>().is_ok(), "{}", one.source);
            assert!((20..=300).contains(&one.people), "{}", one.name);
            assert!(Incident::named(one.name).is_some());
        }
    }
}
