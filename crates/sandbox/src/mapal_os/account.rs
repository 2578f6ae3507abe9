//! A tenant while the sandbox runs: its employees with their OS IDs, its units, titles and departments.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::settings::Settings;
use crate::{
    limiter::Limiter,
    own,
    vendor::Setup,
    world::{Company, OptionItem, Options, Person, derive_options},
};

/// Nobody publishes a figure; what a careful client keeps to (assumed).
const WINDOWS: [(u32, u64); 1] = [(10, 1)];

/// When a record was last changed that says nothing of it.
const MODIFIED: &str = "2026-01-12T09:00:00Z";

/// The front of the OS IDs of people with a number.
const OS_IDS: &str = "6f0f6f0e-2a51-4c53-9d0e";

/// An employee.
#[derive(Clone, Debug)]
pub(super) struct Employee {
    pub person: Person,
    pub os_id: String,
    /// When the sandbox last changed the record.
    pub touched: Option<Timestamp>,
}

/// A business unit.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub os_id: i64,
    pub feed_id: Option<String>,
    pub name: String,
}

pub(super) type Tokens = HashMap<String, Instant>;

/// One tenant.
pub(crate) struct Account {
    pub(super) setup: Setup,
    pub(super) settings: Settings,
    tenant: Option<String>,
    pub(super) employees: Vec<Employee>,
    /// What is still shown, until that moment.
    behind: Option<(Instant, Vec<Employee>)>,
    pub(super) options: Options,
    pub(super) units: Vec<Unit>,
    /// Ids by name.
    pub(super) job_titles: BTreeMap<String, i64>,
    pub(super) departments: BTreeMap<String, i64>,
    pub(super) tokens: Tokens,
    pub(super) issued: u64,
    pub(super) limiter: Limiter,
}

/// What a company of the generated world is at Mapal OS: no birth dates, addresses, managers or known-as, one active person to an
/// e-mail address, and an External ID as an HR system gives it.
pub(crate) fn adopt(company: Company) -> Company {
    let mut mails = HashSet::new();
    let people = company.people.into_iter().zip(1_u32..).map(|(mut person, number)| {
        for value in [
            &mut person.known_as,
            &mut person.date_of_birth,
            &mut person.manager_id,
            &mut person.address,
            &mut person.postcode,
            &mut person.identifier,
        ] {
            value.clear();
        }
        if person.status != "inactive" && !person.email.is_empty() && !mails.insert(person.email.to_lowercase()) {
            person.email.clear();
        }
        let case = person.own.shift_remove("case");
        person.own = case.map(|case| ("case".to_owned(), case)).into_iter().collect();
        person.own.insert("external_id".into(), json!(format!("EXT-{number:04}")));
        person
    });
    let mut out = Company { people: people.collect(), ..Company::new(super::VENDOR.name, company.tenant.as_deref()) };
    for member in ["name", "short_name", "time_zone", "suggested_mapping"] {
        out.own.extend(company.own.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    out.options = derive_options(&[&out]);
    out
}

/// Row id and identifier of each employee: the External ID, where there is one.
pub(crate) fn identifiers(company: &Company) -> HashMap<String, String> {
    company.people.iter().filter_map(|person| Some((person.id.clone(), external_id(person)?))).collect()
}

/// The External ID: the row's own, which may be null; else one by its id.
pub(super) fn external_id(person: &Person) -> Option<String> {
    match person.own.get("external_id") {
        None => Some(format!("EXT-{}", person.id)),
        Some(own) => own.as_str().filter(|id| !id.is_empty()).map(str::to_owned),
    }
}

/// The OS ID: the row's own, else one by its id.
fn os_id(person: &Person) -> String {
    if let Some(own) = person.own_text("os_id") {
        return own.to_owned();
    }
    match person.id.parse::<u64>() {
        Ok(number) => format!("{OS_IDS}-{number:012}"),
        Err(_) => {
            let folded = person
                .id
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            format!("{OS_IDS}-{:012x}", folded & 0xffff_ffff_ffff)
        }
    }
}

impl Account {
    /// Opens a tenant.
    pub fn open(company: Company, setup: Setup) -> Self {
        let mut account = Self {
            setup,
            settings: Settings::default(),
            tenant: company.tenant.clone(),
            employees: Vec::new(),
            behind: None,
            options: Options::default(),
            units: Vec::new(),
            job_titles: BTreeMap::new(),
            departments: BTreeMap::new(),
            tokens: Tokens::new(),
            issued: 0,
            limiter: Limiter::new(&WINDOWS),
        };
        account.load(company, None);
        account
    }

    /// Takes another content; employees who differ from before count as modified now.
    pub fn take_over(&mut self, company: Company) {
        let shown = self.shown().to_vec();
        self.load(company, Some(now()));
        self.fall_behind(shown);
    }

    /// Lets what was shown so far be shown for as long as the lag says.
    pub(super) fn fall_behind(&mut self, shown: Vec<Employee>) {
        let lag = self.settings.switches.lag_seconds;
        self.behind = (lag > 0).then(|| (Instant::now() + Duration::from_secs(lag), shown));
    }

    /// The employees as the API shows them now.
    pub(super) fn shown(&self) -> &[Employee] {
        match &self.behind {
            Some((until, shown)) if Instant::now() < *until => shown,
            _ => &self.employees,
        }
    }

    fn load(&mut self, company: Company, touched: Option<Timestamp>) {
        self.settings = Settings::of(&company);
        let before: HashMap<String, Employee> =
            self.employees.drain(..).map(|employee| (employee.os_id.clone(), employee)).collect();
        let mut places: HashMap<String, usize> = HashMap::new();
        for mut person in company.people {
            person.settle_status(self.setup.today);
            let external = external_id(&person);
            person.identifier = external.clone().unwrap_or_default();
            // A second record with an External ID overwrites the first (article): the OS ID stays.
            let place = external.as_ref().and_then(|external| places.get(external)).copied();
            let first = place.filter(|_| !self.settings.switches.keeps_doubles);
            let os_id = match first.and_then(|at| self.employees.get(at)) {
                Some(first) => first.os_id.clone(),
                None => os_id(&person),
            };
            person.own.insert("os_id".into(), json!(os_id));
            let known = before.get(&os_id);
            let same = known.is_some_and(|known| known.person == person);
            let touched = if same { known.and_then(|known| known.touched) } else { touched };
            let employee = Employee { person, os_id, touched };
            match first.and_then(|at| self.employees.get_mut(at)) {
                Some(slot) => *slot = employee,
                None => {
                    places.extend(external.map(|external| (external, self.employees.len())));
                    self.employees.push(employee);
                }
            }
        }
        self.options = company.options;
        self.index();
    }

    /// Gives every unit, title and department that is offered or in use its ids.
    pub(super) fn index(&mut self) {
        for branch in used(self.employees.iter().map(|one| &one.person.branch), &self.options.branches) {
            self.options.branches.push(OptionItem::named(&branch));
        }
        let mut taken: HashSet<String> = self.options.branches.iter().filter_map(|unit| unit.code.clone()).collect();
        for branch in &mut self.options.branches {
            let has_none = branch.own.get("no_feed_id") == Some(&json!(true));
            if branch.code.is_none() && !has_none {
                let codes = (1_u32..).map(|number| format!("BU-{number:03}"));
                branch.code = codes.into_iter().find(|code| taken.insert(code.clone()));
            }
        }
        let given = |item: &OptionItem| item.own.get("os_id").and_then(Value::as_i64);
        let numbers = own::numbered(self.options.branches.iter().map(given).collect(), 310);
        let unit = |(branch, os_id): (&mut OptionItem, i64)| {
            branch.own.insert("os_id".into(), json!(os_id));
            Unit { os_id, feed_id: branch.code.clone(), name: branch.name.clone() }
        };
        self.units = self.options.branches.iter_mut().zip(numbers).map(unit).collect();
        let titles = self.employees.iter().map(|one| &one.person.job_title);
        self.job_titles = numbered(titles, &mut self.options.job_titles, 41);
        let departments = self.employees.iter().map(|one| &one.person.department);
        self.departments = numbered(departments, &mut self.options.departments, 6);
    }

    /// The unit of this name.
    pub(super) fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.name == name)
    }

    /// When a record was last changed.
    pub(super) fn modified(employee: &Employee) -> String {
        let own = employee.person.own_text("modified").unwrap_or(MODIFIED).to_owned();
        employee.touched.map_or(own, |touched| touched.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// The content as a company; counts stand at zero.
    pub fn to_company(&self) -> Company {
        Company {
            own: own::write(&self.settings),
            people: self.employees.iter().map(|employee| employee.person.clone()).collect(),
            options: self.options.clone(),
            ..Company::new(super::VENDOR.name, self.tenant.as_deref())
        }
    }
}

/// Values in use that are not offered, each once.
fn used<'a>(used: impl Iterator<Item = &'a String>, offered: &[OptionItem]) -> Vec<String> {
    let mut more: Vec<String> = Vec::new();
    let mut known: HashSet<&str> = offered.iter().map(|item| item.name.as_str()).collect();
    for name in used.filter(|name| !name.trim().is_empty()) {
        if known.insert(name) {
            more.push(name.clone());
        }
    }
    more
}

fn numbered<'a>(
    in_use: impl Iterator<Item = &'a String>,
    offered: &mut Vec<OptionItem>,
    base: i64,
) -> BTreeMap<String, i64> {
    let more = used(in_use, offered);
    offered.extend(more.into_iter().map(OptionItem::named));
    let given = |item: &OptionItem| item.own.get("id").and_then(Value::as_i64);
    let numbers = own::numbered(offered.iter().map(given).collect(), base);
    for (item, number) in offered.iter_mut().zip(&numbers) {
        item.own.insert("id".into(), json!(number));
    }
    offered.iter().zip(numbers).filter(|(item, _)| !item.archived).map(|(item, id)| (item.name.clone(), id)).collect()
}

#[expect(clippy::disallowed_methods, reason = "the simulator stamps changes with the time of day, as a vendor does")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
