//! A realm while the sandbox runs: its accounts with their numbers, its entities and positions.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Tokens, WINDOWS, settings::Settings};
use crate::{
    limiter::Limiter,
    own,
    vendor::Setup,
    world::{Company, OptionItem, Options, Person, derive_options, ended},
};

/// An employment: a user has a list of them, one of which is current (doc).
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Employment {
    pub branch: String,
    pub department: String,
    pub job_title: String,
    pub start_date: String,
    pub end_date: String,
}

/// A staff account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub person: Person,
    /// The User ID.
    pub number: i64,
    /// When the sandbox last changed the account; later than the time that the account itself carries.
    pub touched: Option<Timestamp>,
    pub shown: Employment,
    pub is_active: bool,
}

/// A site, or a department of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entity {
    pub id: String,
    pub name: String,
    pub parent: Option<String>,
}

/// One realm.
pub(crate) struct Realm {
    pub(super) setup: Setup,
    pub(super) settings: Settings,
    tenant: Option<String>,
    pub(super) accounts: Vec<Account>,
    options: Options,
    pub(super) sites: HashMap<String, Entity>,
    /// By site and department name.
    pub(super) departments: HashMap<(String, String), Entity>,
    entities: Vec<Entity>,
    /// User ID by the person's `id`.
    numbers: HashMap<String, i64>,
    /// By title.
    pub(super) position_ids: HashMap<String, i64>,
    pub(super) tokens: Tokens,
    pub(super) issued: u64,
    pub(super) calls: u64,
    pub(super) limiter: Limiter,
}

/// What a company of the generated world is at Rotaready: numbers as ids, no address, titles and places without blanks around them.
pub(crate) fn adopt(company: Company) -> Company {
    let people = company.people.into_iter().map(|mut person| {
        for value in [&mut person.job_title, &mut person.branch, &mut person.department] {
            *value = value.trim().to_owned();
        }
        for value in [&mut person.address, &mut person.postcode, &mut person.identifier] {
            value.clear();
        }
        let case = person.own.shift_remove("case");
        person.own = case.map(|case| ("case".to_owned(), case)).into_iter().collect();
        person
    });
    let mut out = Company { people: people.collect(), ..Company::new(super::VENDOR.name, company.tenant.as_deref()) };
    for member in ["name", "short_name", "time_zone", "suggested_mapping", "managers"] {
        out.own.extend(company.own.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    out.options = derive_options(&[&out]);
    out
}

/// Row id and identifier of each employee: the User ID as text.
pub(crate) fn identifiers(company: &Company) -> HashMap<String, String> {
    let ids = company.people.iter().map(|person| person.id.clone());
    ids.zip(numbers(&company.people)).map(|(id, number)| (id, number.to_string())).collect()
}

/// User IDs: `id` where that is a number, else the row's own `number`, else the next free one.
fn numbers(people: &[Person]) -> Vec<i64> {
    let plain = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0 && number.to_string() == text);
    let given = |person: &Person| person.own.get("number").and_then(Value::as_i64).filter(|number| *number > 0);
    own::numbered(people.iter().map(|person| plain(&person.id).or_else(|| given(person))).collect(), 48_000)
}

impl Employment {
    fn own(person: &Person) -> Self {
        Self {
            branch: person.branch.clone(),
            department: person.department.clone(),
            job_title: person.job_title.clone(),
            start_date: person.start_date.clone(),
            end_date: person.end_date.clone(),
        }
    }

    /// A further one, from the row's own members; what it does not say is as in the first one.
    fn further(person: &Person, own: &Value) -> Self {
        let text = |name: &str, usual: &str| own[name].as_str().unwrap_or(usual).to_owned();
        Self {
            branch: text("branch", &person.branch),
            department: text("department", &person.department),
            job_title: text("job_title", &person.job_title),
            start_date: text("start_date", ""),
            end_date: text("end_date", ""),
        }
    }

    fn has_begun(&self, today: jiff::civil::Date) -> bool {
        self.start_date.parse::<jiff::civil::Date>().is_ok_and(|start| start <= today) || self.start_date.is_empty()
    }
}

/// Every employment of a person, in the order of their first days.
fn employments(person: &Person) -> Vec<Employment> {
    let further = person.own.get("employments").and_then(Value::as_array).into_iter().flatten();
    let mut all = vec![Employment::own(person)];
    all.extend(further.map(|own| Employment::further(person, own)));
    all.sort_by(|a, b| a.start_date.cmp(&b.start_date));
    all
}

impl Realm {
    /// Opens a realm.
    pub fn open(company: Company, setup: Setup) -> Self {
        let mut realm = Self {
            setup,
            settings: Settings::default(),
            tenant: company.tenant.clone(),
            accounts: Vec::new(),
            options: Options::default(),
            sites: HashMap::new(),
            departments: HashMap::new(),
            entities: Vec::new(),
            numbers: HashMap::new(),
            position_ids: HashMap::new(),
            tokens: Tokens::new(),
            issued: 0,
            calls: 0,
            limiter: Limiter::new(&WINDOWS),
        };
        realm.load(company, None);
        realm
    }

    /// Takes another content; accounts that differ from before count as modified now.
    pub fn take_over(&mut self, company: Company) {
        self.load(company, Some(now()));
    }

    fn load(&mut self, company: Company, touched: Option<Timestamp>) {
        self.settings = Settings::of(&company);
        let before: HashMap<String, Account> =
            self.accounts.drain(..).map(|account| (account.person.id.clone(), account)).collect();
        let numbers = numbers(&company.people);
        self.numbers = company.people.iter().map(|person| person.id.clone()).zip(numbers.iter().copied()).collect();
        for (mut person, number) in company.people.into_iter().zip(numbers) {
            person.identifier = number.to_string();
            person.own.insert("number".into(), json!(number));
            let (shown, is_active) = self.standing(&mut person);
            let known = before.get(&person.id);
            let same = known.is_some_and(|known| known.person == person);
            let touched = if same { known.and_then(|known| known.touched) } else { touched };
            self.accounts.push(Account { person, number, touched, shown, is_active });
        }
        self.options = company.options;
        self.index();
    }

    /// The employment that an account shows, and whether the account is active. Whoever has left and begins again later stays
    /// inactive until that day (doc).
    fn standing(&self, person: &mut Person) -> (Employment, bool) {
        let today = self.setup.today;
        let all = employments(person);
        if all.len() == 1 {
            person.settle_status(today);
            return (Employment::own(person), person.status != "inactive");
        }
        let current = all.iter().rposition(|one| one.has_begun(today)).unwrap_or(0);
        let is_active = !ended(&all[current].end_date, today);
        person.status = if is_active { "active" } else { "inactive" }.to_owned();
        let shows_next = !is_active && self.settings.switches.shows_next_employment && current + 1 < all.len();
        (all[current + usize::from(shows_next)].clone(), is_active)
    }

    fn index(&mut self) {
        self.sites.clear();
        self.departments.clear();
        self.entities.clear();
        let mut taken: HashSet<String> =
            self.options.branches.iter().filter_map(|branch| branch.code.clone()).collect();
        for branch in &mut self.options.branches {
            let code = branch.code.get_or_insert_with(|| short_code(&branch.name, &mut taken)).clone();
            self.sites.insert(branch.name.clone(), Entity { id: code, name: branch.name.clone(), parent: None });
        }
        for account in &self.accounts {
            let Employment { branch, department, .. } = &account.shown;
            if branch.trim().is_empty() {
                continue;
            }
            let site = self.sites.entry(branch.clone()).or_insert_with(|| Entity {
                id: short_code(branch, &mut taken),
                name: branch.clone(),
                parent: None,
            });
            if department.trim().is_empty() {
                continue;
            }
            let site = site.id.clone();
            self.departments.entry((branch.clone(), department.clone())).or_insert_with(|| {
                let mut id = format!("{site}-{}", short_code(department, &mut HashSet::new()));
                while !taken.insert(id.clone()) {
                    id.push('2');
                }
                Entity { id, name: department.clone(), parent: Some(site) }
            });
        }
        self.entities = self.sites.values().chain(self.departments.values()).cloned().collect();
        self.entities.sort_by(|a, b| a.id.cmp(&b.id));
        self.number_positions();
    }

    fn number_positions(&mut self) {
        let given = |item: &OptionItem| item.own.get("id").and_then(Value::as_i64);
        let shown = self.accounts.iter().map(|account| &account.shown.job_title);
        let mut titles: Vec<(String, Option<i64>)> =
            self.options.job_titles.iter().map(|item| (item.name.clone(), given(item))).collect();
        for title in shown.filter(|title| !title.trim().is_empty()) {
            if !titles.iter().any(|(known, _)| known == title) {
                titles.push((title.clone(), None));
            }
        }
        let numbers = own::numbered(titles.iter().map(|(_, number)| *number).collect(), 309);
        self.position_ids = titles.into_iter().map(|(title, _)| title).zip(numbers).collect();
        for item in &mut self.options.job_titles {
            let number = self.position_ids.get(&item.name).copied();
            item.own.extend(number.map(|number| ("id".to_owned(), json!(number))));
        }
    }

    /// Accounts in the order of the list, which begins with Rotaready's own (`None`) (client).
    pub(super) fn listed(&self, inactive: bool) -> Vec<Option<usize>> {
        let hides = self.settings.switches.approval_hides_joiners;
        let is_listed = |account: &Account| {
            let is_hidden = hides && account.person.own.get("awaiting_approval") == Some(&json!(true));
            (inactive || account.is_active) && !is_hidden
        };
        let own = self.accounts.iter().enumerate().filter(|(_, account)| is_listed(account)).map(|(at, _)| Some(at));
        std::iter::once(None).chain(own).collect()
    }

    /// The account of this number, where the list has it.
    pub(super) fn by_number(&self, number: i64) -> Option<Option<usize>> {
        let is_meant = |at: &Option<usize>| match at.and_then(|at| self.accounts.get(at)) {
            Some(account) => account.number == number,
            None => number == super::rows::SYSTEM_ID,
        };
        self.listed(true).into_iter().find(is_meant)
    }

    /// User ID of the person with this key.
    pub(super) fn number_of(&self, id: &str) -> Option<i64> {
        self.numbers.get(id).copied()
    }

    pub(super) fn entities(&self) -> Vec<Value> {
        let kind = |entity: &Entity| if entity.parent.is_some() { "department" } else { "site" };
        let row = |entity: &Entity| json!({"id": entity.id, "name": entity.name, "parentId": entity.parent, "type": kind(entity)});
        self.entities.iter().map(row).collect()
    }

    pub(super) fn positions(&self) -> Vec<Value> {
        let mut rows: Vec<(&String, &i64)> = self.position_ids.iter().collect();
        rows.sort_by_key(|(_, id)| **id);
        rows.into_iter().map(|(name, id)| json!({"id": id, "name": name})).collect()
    }

    /// The content as a company; counts stand at zero.
    pub fn to_company(&self) -> Company {
        Company {
            own: own::write(&self.settings),
            people: self.accounts.iter().map(|account| account.person.clone()).collect(),
            options: self.options.clone(),
            ..Company::new(super::VENDOR.name, self.tenant.as_deref())
        }
    }
}

/// `qua` for Quayside, `qua2` where that is taken.
fn short_code(name: &str, taken: &mut HashSet<String>) -> String {
    let letters = deunicode::deunicode(name).to_lowercase();
    let letters: String = letters.chars().filter(char::is_ascii_alphanumeric).take(3).collect();
    let stem = if letters.is_empty() { "ent".to_owned() } else { letters };
    let code = std::iter::once(stem.clone()).chain((2_u32..).map(|number| format!("{stem}{number}")));
    let code = code.into_iter().find(|code| !taken.contains(code)).unwrap_or(stem);
    taken.insert(code.clone());
    code
}

#[expect(clippy::disallowed_methods, reason = "the simulator stamps changes with the time of day, as a vendor does")]
fn now() -> Timestamp {
    Timestamp::now()
}
