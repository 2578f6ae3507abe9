//! A site while the sandbox runs: its users and the indexes over them.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::settings::Settings;
use crate::{
    own,
    world::{Company, Mail, OptionItem, Options, Person, derive_options},
};

pub(super) const ACTIVE: &str = "active";
pub(super) const INACTIVE: &str = "inactive";

pub(super) const GUEST: i64 = 1;
pub(super) const ADMIN: i64 = 2;
/// The token's own user.
pub(super) const OWN: i64 = 3;

/// Where a row keeps what is Moodle's own.
pub(super) mod member {
    pub const NUMBER: &str = "moodle_id";
    pub const USERNAME: &str = "username";
    pub const AUTH: &str = "auth";
    pub const PROFILE: &str = "profile";
    /// The user is deleted: in no search, and still there.
    pub const DELETED: &str = "deleted";
    /// The user is an administrator.
    pub const ADMIN: &str = "admin";
    /// A sign-up that was not confirmed has `false` here.
    pub const CONFIRMED: &str = "confirmed";
    /// Whoever shows their e-mail to everybody has `true` here.
    pub const SHOWS_EMAIL: &str = "shows_email";
}

/// A user with Moodle's own number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct User {
    pub person: Person,
    pub number: i64,
}

impl User {
    pub fn username(&self) -> &str {
        self.person.own_text(member::USERNAME).unwrap_or_default()
    }

    pub fn auth(&self) -> &str {
        self.person.own_text(member::AUTH).unwrap_or("manual")
    }

    pub fn is(&self, name: &str) -> bool {
        self.person.own.get(name) == Some(&Value::Bool(true))
    }

    pub fn is_deleted(&self) -> bool {
        self.is(member::DELETED)
    }

    pub fn profile(&self) -> Map<String, Value> {
        self.person.own.get(member::PROFILE).and_then(Value::as_object).cloned().unwrap_or_default()
    }
}

/// One site.
pub(super) struct Site {
    pub settings: Settings,
    tenant: Option<String>,
    pub users: Vec<User>,
    /// Guest, administrator and the token's own user.
    pub built_in: Vec<User>,
    pub mails: Vec<Mail>,
    /// The next call finds its token unknown.
    pub refuses_next: bool,
    by_number: HashMap<i64, usize>,
    /// Places by text in small letters; whether that counts is the database's matter.
    by_username: HashMap<String, Vec<usize>>,
    by_email: HashMap<String, Vec<usize>>,
    by_idnumber: HashMap<String, Vec<usize>>,
    last_number: i64,
}

fn built_in(number: i64, username: &str, first: &str, last: &str) -> User {
    let mut person = Person {
        id: number.to_string(),
        first_name: first.into(),
        last_name: last.into(),
        email: format!("{username}@moodle.example"),
        status: ACTIVE.into(),
        ..Person::default()
    };
    person.own.insert(member::USERNAME.into(), json!(username));
    User { person, number }
}

fn take_out(index: &mut HashMap<String, Vec<usize>>, key: &str, at: usize) {
    if let Some(places) = index.get_mut(key) {
        places.retain(|place| *place != at);
    }
}

impl Site {
    pub fn open(company: Company) -> Self {
        let mut site = Self {
            settings: Settings::default(),
            tenant: company.tenant.clone(),
            users: Vec::new(),
            built_in: vec![
                built_in(GUEST, "guest", "Guest user", "\u{a0}"),
                built_in(ADMIN, "admin", "Admin", "User"),
                built_in(OWN, "onroll", "Onroll", "Service"),
            ],
            mails: Vec::new(),
            refuses_next: false,
            by_number: HashMap::new(),
            by_username: HashMap::new(),
            by_email: HashMap::new(),
            by_idnumber: HashMap::new(),
            last_number: 0,
        };
        site.load(company);
        site
    }

    /// Takes another content; the token stays good.
    pub fn load(&mut self, company: Company) {
        self.settings = Settings::of(&company);
        self.mails = company.mails;
        let plain = |text: &str| text.parse::<i64>().ok().filter(|number| *number > OWN && number.to_string() == text);
        let own_number = |person: &Person| person.own.get(member::NUMBER).and_then(Value::as_i64);
        let known = company.people.iter().map(|person| own_number(person).or_else(|| plain(&person.id))).collect();
        let numbers = own::numbered(known, 4000);
        self.users = company
            .people
            .into_iter()
            .zip(numbers)
            .map(|(mut person, number)| {
                if person.status.trim().is_empty() {
                    person.status = ACTIVE.into();
                }
                if person.own_text(member::USERNAME).is_none() {
                    // As most sites name whom they make by hand.
                    let name =
                        if person.email.is_empty() { format!("user{number}") } else { person.email.to_lowercase() };
                    person.own.insert(member::USERNAME.into(), json!(name));
                }
                User { person, number }
            })
            .collect();
        self.users.sort_by_key(|user| user.number);
        self.last_number = self.users.last().map_or(4000, |user| user.number).max(4000);
        self.by_number.clear();
        self.by_username.clear();
        self.by_email.clear();
        self.by_idnumber.clear();
        for at in 0..self.users.len() {
            self.link(at);
        }
    }

    fn link(&mut self, at: usize) {
        let user = &self.users[at];
        self.by_number.insert(user.number, at);
        self.by_username.entry(user.username().to_lowercase()).or_default().push(at);
        let person = &user.person;
        for (index, text) in [(&mut self.by_email, &person.email), (&mut self.by_idnumber, &person.identifier)] {
            if !text.is_empty() {
                index.entry(text.to_lowercase()).or_default().push(at);
            }
        }
    }

    /// Writes a user, a new one at the end.
    pub fn put(&mut self, at: Option<usize>, user: User) {
        let at = match at {
            Some(at) => {
                let before = std::mem::replace(&mut self.users[at], user);
                take_out(&mut self.by_username, &before.username().to_lowercase(), at);
                take_out(&mut self.by_email, &before.person.email.to_lowercase(), at);
                take_out(&mut self.by_idnumber, &before.person.identifier.to_lowercase(), at);
                at
            }
            None => {
                self.last_number = self.last_number.max(user.number);
                self.users.push(user);
                self.users.len() - 1
            }
        };
        self.link(at);
    }

    pub fn next_number(&self) -> i64 {
        self.last_number + 1
    }

    pub fn place(&self, number: i64) -> Option<usize> {
        self.by_number.get(&number).copied()
    }

    /// Users, deleted ones included, whose column equals a text, with or without regard to case.
    pub fn equal(&self, column: &str, text: &str, by_letter: bool) -> Vec<&User> {
        let same = |held: &str| if by_letter { held == text } else { held.to_lowercase() == text.to_lowercase() };
        let held = |user: &User| match column {
            "username" => user.username().to_owned(),
            "email" => user.person.email.clone(),
            _ => user.person.identifier.clone(),
        };
        let index = match column {
            "username" => &self.by_username,
            "email" => &self.by_email,
            _ => &self.by_idnumber,
        };
        let places = index.get(&text.to_lowercase()).into_iter().flatten();
        let of_world = places.filter_map(|at| self.users.get(*at));
        let own = self.built_in.iter();
        of_world.chain(own).filter(|user| same(&held(user)) && !text.is_empty()).collect()
    }

    /// Everybody, by number.
    pub fn all(&self) -> impl Iterator<Item = &User> {
        self.built_in.iter().chain(&self.users)
    }

    /// The content as a company; counts stand at zero.
    pub fn to_company(&self) -> Company {
        let people = self.users.iter().map(|user| {
            let mut person = user.person.clone();
            person.own.insert(member::NUMBER.into(), json!(user.number));
            person
        });
        let mut company = Company {
            vendor: super::VENDOR.name.into(),
            tenant: self.tenant.clone(),
            own: own::write(&self.settings),
            people: people.collect(),
            options: Options::default(),
            mails: self.mails.clone(),
            ..Company::default()
        };
        // There are no lists but cohorts: what users carry is all that there is.
        company.options = derive_options(&[&company]);
        if self.settings.branch_in == "cohort" {
            let branch =
                |cohort: &super::settings::Cohort| OptionItem::coded(cohort.id.to_string(), cohort.name.clone());
            let is_branch =
                |cohort: &&super::settings::Cohort| cohort.idnumber.starts_with(&self.settings.cohort_prefix);
            company.options.branches = self.settings.cohorts.iter().filter(is_branch).map(branch).collect();
        }
        company
    }
}
