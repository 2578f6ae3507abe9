//! A provider while the sandbox runs: its users, in the order in which they came.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    ENTERPRISE, Rules, resource,
    settings::{OnInactive, Settings},
};
use crate::{
    call::bent,
    own,
    world::{Company, Mail, Options, Person, derive_options},
};

/// A user.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub person: Person,
    /// `id` in the calls: the row's key.
    pub id: String,
    /// All attributes but what the server adds.
    pub resource: Map<String, Value>,
    pub version: u64,
}

impl User {
    pub fn is_active(&self) -> bool {
        self.resource.get("active") != Some(&json!(false))
    }

    pub fn text(&self, name: &str) -> &str {
        self.resource.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }
}

/// One company at a provider.
pub(crate) struct Account {
    pub(super) settings: Settings,
    pub(super) rules: &'static Rules,
    tenant: Option<String>,
    pub(super) users: Vec<User>,
    pub(super) mails: Vec<Mail>,
    /// Places by id and by user name, folded.
    by_id: HashMap<String, usize>,
    by_user_name: HashMap<String, usize>,
    last: u64,
}

impl Account {
    pub(crate) fn open(company: Company, rules: &'static Rules) -> Self {
        let mut account = Self {
            settings: Settings::default(),
            rules,
            tenant: company.tenant.clone(),
            users: Vec::new(),
            mails: Vec::new(),
            by_id: HashMap::new(),
            by_user_name: HashMap::new(),
            last: 0,
        };
        account.load(company);
        account
    }

    /// Takes another content.
    pub(super) fn load(&mut self, company: Company) {
        self.settings = Settings::of(&company);
        self.mails = company.mails;
        let known: HashMap<String, User> = self.users.drain(..).map(|user| (user.id.clone(), user)).collect();
        self.users = company
            .people
            .into_iter()
            .map(|person| {
                let mut resource = resource::of_person(&person);
                if !person.manager_id.is_empty() {
                    let mut extension =
                        resource.get(ENTERPRISE).and_then(Value::as_object).cloned().unwrap_or_default();
                    extension.insert("manager".into(), json!({"value": person.manager_id}));
                    resource.insert(ENTERPRISE.into(), Value::Object(extension));
                }
                let before = known.get(&person.id);
                let moved = before.is_some_and(|before| before.resource != resource);
                let version = before.map_or(1, |before| before.version) + u64::from(moved);
                User { id: person.id.clone(), person, resource, version }
            })
            .collect();
        self.index();
    }

    pub(super) fn index(&mut self) {
        self.by_id.clear();
        self.by_user_name.clear();
        for (at, user) in self.users.iter().enumerate() {
            self.by_id.entry(user.id.clone()).or_insert(at);
            self.by_user_name.entry(user.text("userName").to_lowercase()).or_insert(at);
        }
    }

    /// Place of a user whom the calls show.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied().filter(|at| self.is_shown(&self.users[*at]))
    }

    pub(super) fn is_shown(&self, user: &User) -> bool {
        user.is_active() || self.settings.switches.on_inactive != OnInactive::Hides
    }

    /// Place of whoever has this user name, hidden or not.
    pub(super) fn place_of_user_name(&self, name: &str) -> Option<usize> {
        self.by_user_name.get(&name.to_lowercase()).copied()
    }

    /// Writes a user, a new one at the end; `None` where the provider deletes whom this makes inactive.
    pub(super) fn keep(&mut self, at: Option<usize>, resource: Map<String, Value>) -> Option<usize> {
        let before = at.map(|at| self.users[at].resource.clone());
        if let Some(kind) = (self.rules.mail)(before.as_ref(), &resource, self.settings.switches.welcome_mail) {
            let text = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let mut person = Person::default();
            resource::into_person(&resource, &mut person);
            let user = at.map_or_else(|| self.next_id(), |at| self.users[at].id.clone());
            self.mails.push(Mail { to: person.email, kind: kind.into(), user, identifier: text("externalId") });
        }
        let is_inactive = resource.get("active") == Some(&json!(false));
        match at {
            Some(at) if is_inactive && self.settings.switches.on_inactive == OnInactive::Deletes => {
                self.users.remove(at);
                self.index();
                None
            }
            Some(at) => {
                let user = &mut self.users[at];
                user.version += u64::from(user.resource != resource);
                let renamed = user.resource.get("userName") != resource.get("userName");
                user.resource = resource;
                if renamed {
                    self.index();
                }
                Some(at)
            }
            None => {
                let id = self.next_id();
                self.last += 1;
                let person = Person { id: id.clone(), ..Person::default() };
                let at = self.users.len();
                self.by_id.insert(id.clone(), at);
                let name = resource.get("userName").and_then(Value::as_str).unwrap_or_default().to_lowercase();
                self.by_user_name.insert(name, at);
                self.users.push(User { person, id, resource, version: 1 });
                Some(at)
            }
        }
    }

    fn next_id(&self) -> String {
        let mut number = self.last + 1;
        loop {
            // Not in any order, as ids of servers are.
            let id = format!("{:08x}-{number:04x}", number.wrapping_mul(2_654_435_761) & 0xffff_ffff);
            if !self.by_id.contains_key(&id) {
                return id;
            }
            number += 1;
        }
    }

    /// A user as the calls show it. The row's own `wire` says what is sent otherwise.
    pub(super) fn user_json(&self, user: &User) -> Value {
        let mut out = resource::with_schemas(&user.resource);
        out.insert("id".into(), json!(user.id));
        let mut meta = json!({"resourceType": "User", "location": format!("/Users/{}", user.id)});
        if self.settings.switches.etag {
            meta["version"] = json!(user.etag());
        }
        out.insert("meta".into(), meta);
        bent(self.settings.switches.shown(Value::Object(out)), &user.person)
    }

    /// The content as a company; counts stand at zero.
    pub(super) fn to_company(&self) -> Company {
        let people = self.users.iter().map(|user| {
            let mut person = user.person.clone();
            resource::into_person(&user.resource, &mut person);
            let manager = user.resource.get(ENTERPRISE).and_then(|one| one.get("manager"));
            person.manager_id =
                manager.and_then(|one| one.get("value")).and_then(Value::as_str).unwrap_or_default().to_owned();
            person
        });
        let mut company = Company {
            vendor: self.rules.vendor.into(),
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
