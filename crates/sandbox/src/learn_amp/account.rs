//! An account while the sandbox runs: its users and the indexes over them.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{settings::Settings, tokens::Token};
use crate::{
    own,
    world::{Company, Mail, Options, Person, derive_options},
};

pub(super) const ACTIVE: &str = "active";
pub(super) const INACTIVE: &str = "inactive";

/// Where a row keeps what is Learn Amp's own.
pub(super) mod member {
    pub const NUMBER: &str = "user_id";
    pub const ROLE: &str = "role";
    pub const LANGUAGE: &str = "language";
    /// How far the invitation of an active user is: `not_invited`, `invite_scheduled`, `invite_pending`, `confirmed`.
    pub const INVITE: &str = "invite";
    pub const OCCUPATION: &str = "occupation_role";
    pub const PRIMARY_TEAM: &str = "primary_team";
    pub const SECONDARY_TEAMS: &str = "secondary_teams";
    pub const CUSTOM: &str = "custom_fields";
}

/// A user with Learn Amp's own number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct User {
    pub person: Person,
    /// `id` in the calls.
    pub number: i64,
    /// Number of the override manager.
    pub manager: Option<i64>,
}

impl User {
    pub fn is_deactivated(&self) -> bool {
        self.person.status == INACTIVE
    }

    /// The filter's word of the status; blank for a state of Learn Amp's own that no filter has.
    pub fn status_key(&self) -> &str {
        match self.person.status.as_str() {
            INACTIVE => "deactivated",
            ACTIVE => self.person.own_text(member::INVITE).unwrap_or("confirmed"),
            _ => "",
        }
    }

    pub fn number_of(&self, name: &str) -> Option<i64> {
        self.person.own.get(name).and_then(Value::as_i64)
    }

    pub fn numbers_of(&self, name: &str) -> Vec<i64> {
        let list = self.person.own.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_i64).collect()
    }
}

/// One account.
pub(super) struct Account {
    pub settings: Settings,
    tenant: Option<String>,
    pub users: Vec<User>,
    pub mails: Vec<Mail>,
    /// Places by external id, by compared e-mail, by number: each is unique unless the world was loaded otherwise.
    by_external_id: HashMap<String, usize>,
    by_email: HashMap<String, usize>,
    by_number: HashMap<i64, usize>,
    pub tokens: HashMap<String, Token>,
    pub granted: u64,
}

/// An e-mail as it is compared.
pub(super) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Account {
    pub fn open(company: Company) -> Self {
        let mut account = Self {
            settings: Settings::default(),
            tenant: company.tenant.clone(),
            users: Vec::new(),
            mails: Vec::new(),
            by_external_id: HashMap::new(),
            by_email: HashMap::new(),
            by_number: HashMap::new(),
            tokens: HashMap::new(),
            granted: 0,
        };
        account.load(company);
        account
    }

    /// Takes another content; tokens stay good.
    pub fn load(&mut self, company: Company) {
        self.settings = Settings::of(&company);
        self.mails = company.mails;
        let numbers = numbers(&company.people);
        let by_id: HashMap<String, i64> =
            company.people.iter().zip(&numbers).map(|(person, number)| (person.id.clone(), *number)).collect();
        self.users = company
            .people
            .into_iter()
            .zip(numbers)
            .map(|(mut person, number)| {
                if person.status.trim().is_empty() {
                    person.status = ACTIVE.into();
                }
                let manager = by_id.get(&person.manager_id).copied();
                User { person, number, manager }
            })
            .collect();
        self.index();
    }

    pub fn index(&mut self) {
        self.by_external_id.clear();
        self.by_email.clear();
        self.by_number.clear();
        for at in 0..self.users.len() {
            self.link(at);
        }
    }

    fn link(&mut self, at: usize) {
        let user = &self.users[at];
        if !user.person.identifier.is_empty() {
            self.by_external_id.entry(user.person.identifier.clone()).or_insert(at);
        }
        let email = email_key(&user.person.email);
        if !email.is_empty() {
            self.by_email.entry(email).or_insert(at);
        }
        self.by_number.entry(user.number).or_insert(at);
    }

    /// Writes a user, a new one at the end.
    pub fn put(&mut self, at: Option<usize>, user: User) -> usize {
        let Some(at) = at else {
            self.users.push(user);
            let at = self.users.len() - 1;
            self.link(at);
            return at;
        };
        let before = std::mem::replace(&mut self.users[at], user);
        if self.by_external_id.get(&before.person.identifier) == Some(&at) {
            self.by_external_id.remove(&before.person.identifier);
        }
        let email = email_key(&before.person.email);
        if self.by_email.get(&email) == Some(&at) {
            self.by_email.remove(&email);
        }
        self.link(at);
        at
    }

    /// Place of the user with an external id.
    pub fn place_of(&self, external_id: &str) -> Option<usize> {
        self.by_external_id.get(external_id).copied()
    }

    /// The same as the call that shows one sees it.
    pub fn visible_place_of(&self, external_id: &str) -> Option<usize> {
        let hides = self.settings.switches.hides_deactivated;
        self.place_of(external_id).filter(|at| !hides || !self.users[*at].is_deactivated())
    }

    /// Place of the user with an e-mail.
    pub fn place_of_email(&self, email: &str) -> Option<usize> {
        self.by_email.get(&email_key(email)).copied()
    }

    /// Place of the user with this number, as a path has it.
    pub fn place_of_number(&self, id: &str) -> Option<usize> {
        id.parse().ok().and_then(|number| self.place_by_number(number))
    }

    pub fn place_by_number(&self, number: i64) -> Option<usize> {
        self.by_number.get(&number).copied()
    }

    pub fn next_number(&self) -> i64 {
        self.users.iter().map(|user| user.number).max().unwrap_or(4000) + 1
    }

    /// The content as a company; counts stand at zero.
    pub fn to_company(&self) -> Company {
        let people = self.users.iter().map(|user| {
            let mut person = user.person.clone();
            person.own.insert(member::NUMBER.into(), json!(user.number));
            let manager = user.manager.and_then(|number| self.place_by_number(number));
            person.manager_id = manager.map(|at| self.users[at].person.id.clone()).unwrap_or_default();
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
        // There are no lists: what users carry is all that there is.
        company.options = derive_options(&[&company]);
        company
    }
}

/// Numbers of the users: `id` where that is a number, else the row's own, else the next free one.
fn numbers(people: &[Person]) -> Vec<i64> {
    let plain = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0 && number.to_string() == text);
    let own = |person: &Person| person.own.get(member::NUMBER).and_then(Value::as_i64);
    let known: Vec<Option<i64>> = people.iter().map(|person| own(person).or_else(|| plain(&person.id))).collect();
    let mut taken: HashSet<i64> = known.iter().flatten().copied().collect();
    let mut next = 4000;
    let mut free = || {
        while !taken.insert(next) {
            next += 1;
        }
        next
    };
    known.into_iter().map(|number| number.unwrap_or_else(&mut free)).collect()
}
