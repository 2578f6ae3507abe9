//! A company while the sandbox runs: its people with their ids, when each was changed, and who was deleted.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::settings::{CustomField, Settings};
use crate::{
    RateLimits,
    limiter::Limiter,
    own,
    vendor::Setup,
    world::{Company, Options, Person, derive_options, ended},
};

/// Where the ids of people without a number begin.
const IDS: i64 = 20_000;

/// Calls in a second; no limit is published (assumed).
const WINDOWS: [(u32, u64); 1] = [(20, 1)];

/// When nothing else is said, a record was changed then.
const LONG_AGO: &str = "2026-01-09T08:30:12+00:00";

/// A person.
#[derive(Clone, Debug)]
pub(super) struct Employee {
    pub person: Person,
    pub id: i64,
    pub action: &'static str,
    /// When the sandbox last changed the record.
    touched: Option<Timestamp>,
}

/// One company.
pub(crate) struct Account {
    pub(super) setup: Setup,
    pub(super) settings: Settings,
    tenant: Option<String>,
    pub(super) employees: Vec<Employee>,
    /// Who was deleted, and when.
    pub(super) deleted: BTreeMap<i64, Timestamp>,
    pub(super) options: Options,
    by_key: HashMap<String, usize>,
    by_id: HashMap<i64, usize>,
    limiter: Limiter,
    pub(super) refuse_next: bool,
}

/// What a company of the generated world is at BambooHR: values of lists have no blanks around them; custom values by alias.
pub(crate) fn adopt(company: Company) -> Company {
    let mut fields: Vec<CustomField> = Vec::new();
    let people = company.people.into_iter().zip(1_u32..).map(|(mut person, number)| {
        for value in [&mut person.job_title, &mut person.branch, &mut person.department] {
            *value = value.trim().to_owned();
        }
        person.identifier.clear();
        let custom = person.own.get("custom").and_then(Value::as_object).cloned().unwrap_or_default();
        let custom = custom.into_iter().map(|(label, value)| (alias(&mut fields, &label), value)).collect();
        let case = person.own.shift_remove("case");
        person.own = case.map(|case| ("case".to_owned(), case)).into_iter().collect();
        person.own.insert("employee_number".into(), json!(format!("HV{number:04}")));
        person.own.insert("custom".into(), Value::Object(custom));
        person
    });
    let mut out = Company { people: people.collect(), ..Company::new(super::VENDOR.name, company.tenant.as_deref()) };
    for member in ["name", "short_name", "time_zone", "suggested_mapping", "managers"] {
        out.own.extend(company.own.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    out.own.insert("fields".into(), serde_json::to_value(fields).unwrap_or_default());
    out.options = derive_options(&[&out]);
    out
}

/// `customCostCentre` for the label `Cost centre`, the same each time.
fn alias(fields: &mut Vec<CustomField>, label: &str) -> String {
    if let Some(known) = fields.iter().find(|field| field.label == label) {
        return known.alias.clone();
    }
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        first + letters.as_str()
    };
    let alias = format!("custom{}", label.split_whitespace().map(capital).collect::<String>());
    fields.push(CustomField { alias: alias.clone(), label: label.to_owned(), ..CustomField::default() });
    alias
}

/// Row id and identifier of each person: BambooHR's own number.
pub(crate) fn identifiers(company: &Company) -> HashMap<String, String> {
    let numbers = numbers(&company.people);
    company.people.iter().zip(numbers).map(|(person, id)| (person.id.clone(), id.to_string())).collect()
}

fn numbers(people: &[Person]) -> Vec<i64> {
    let plain = |text: &str| text.parse::<i64>().ok().filter(|number| (1..IDS).contains(number));
    let given = |person: &Person| person.own.get("number").and_then(Value::as_i64);
    own::numbered(people.iter().map(|person| plain(&person.id).or_else(|| given(person))).collect(), IDS)
}

impl Employee {
    /// The company's own number: the row's own, which may be null; else one by the id.
    pub fn number(&self) -> Option<String> {
        match self.person.own.get("employee_number") {
            None => Some(format!("HK{}", self.id)),
            Some(own) => own.as_str().map(str::to_owned),
        }
    }

    /// When the record was last changed.
    pub fn changed(&self) -> Timestamp {
        let own = self.person.own_text("last_changed").unwrap_or(LONG_AGO);
        self.touched.or_else(|| own.parse().ok()).unwrap_or_default()
    }
}

impl Account {
    /// Opens a company.
    pub fn open(company: Company, setup: Setup) -> Self {
        let mut account = Self {
            setup,
            settings: Settings::default(),
            tenant: company.tenant.clone(),
            employees: Vec::new(),
            deleted: BTreeMap::new(),
            options: Options::default(),
            by_key: HashMap::new(),
            by_id: HashMap::new(),
            limiter: Limiter::new(&WINDOWS),
            refuse_next: false,
        };
        account.load(company, None);
        account
    }

    /// Takes another content; people who differ from before count as changed now, those who are gone as deleted.
    pub fn take_over(&mut self, company: Company) {
        self.load(company, Some(now()));
    }

    fn load(&mut self, company: Company, touched: Option<Timestamp>) {
        self.settings = Settings::of(&company);
        let mut before: HashMap<String, Employee> =
            self.employees.drain(..).map(|employee| (employee.person.id.clone(), employee)).collect();
        let numbers = numbers(&company.people);
        for (mut person, id) in company.people.into_iter().zip(numbers) {
            if person.status.trim().is_empty() {
                person.status = "active".into();
            }
            person.identifier = id.to_string();
            person.own.insert("number".into(), json!(id));
            let known = before.remove(&person.id);
            let (action, touched) = match &known {
                Some(known) if known.person == person => (known.action, known.touched),
                Some(_) => ("Updated", touched),
                None if touched.is_some() => ("Inserted", touched),
                None => ("Updated", None),
            };
            self.deleted.remove(&id);
            self.employees.push(Employee { person, id, action, touched });
        }
        self.deleted.extend(before.into_values().filter_map(|gone| Some((gone.id, touched?))));
        let places = || self.employees.iter().zip(0..);
        self.by_key = places().map(|(employee, at)| (employee.person.id.clone(), at)).collect();
        self.by_id = places().map(|(employee, at)| (employee.id, at)).collect();
        self.options = company.options;
    }

    /// The person with this id.
    pub(super) fn by_id(&self, id: &str) -> Option<&Employee> {
        self.employees.get(*self.by_id.get(&id.parse().ok()?)?)
    }

    /// The person with this key of the state document.
    pub(super) fn by_key(&self, key: &str) -> Option<&Employee> {
        self.employees.get(*self.by_key.get(key)?)
    }

    /// Whether somebody starts after today.
    pub(super) fn is_future(&self, person: &Person) -> bool {
        person.start_date.parse::<jiff::civil::Date>().is_ok_and(|start| start > self.setup.today)
    }

    /// `Inactive` is whoever has left, and whoever has not started yet (doc).
    pub(super) fn status(&self, person: &Person) -> String {
        let came_back = !person.end_date.is_empty() && person.start_date > person.end_date;
        let has_left = ended(&person.end_date, self.setup.today) && !came_back;
        match person.status.as_str() {
            _ if has_left || self.is_future(person) => "Inactive".to_owned(),
            "active" => "Active".to_owned(),
            "inactive" => "Inactive".to_owned(),
            own => own.to_owned(),
        }
    }

    /// Whether the key may see a member of this person.
    pub(super) fn shows(&self, person: &Person, member: &str) -> bool {
        let own = person.own.get("hidden").and_then(Value::as_array);
        let of_person = own.is_some_and(|names| names.iter().any(|name| name == member));
        !of_person && !self.settings.hidden.iter().any(|name| name == member)
    }

    /// Whether the key may see this person at all.
    pub(super) fn shows_record(person: &Person) -> bool {
        person.own.get("record_is_hidden") != Some(&json!(true))
    }

    /// The seconds to wait, where a call is throttled.
    pub(super) fn throttled(&mut self) -> Option<u64> {
        let switch = &mut self.settings.switches.throttle_next;
        if let Some(left) = switch.checked_sub(1) {
            *switch = left;
            return Some(1);
        }
        let verdict = self.limiter.call(Instant::now(), self.setup.rate_limits == RateLimits::Real);
        (!verdict.allowed).then_some(verdict.reset)
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

#[expect(clippy::disallowed_methods, reason = "the simulator stamps changes with the time of day, as a vendor does")]
fn now() -> Timestamp {
    Timestamp::now()
}
