//! An account while the sandbox runs: its employees with their numbers, what the filters choose, the reference lists.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    error,
    settings::{CustomField, Settings},
};
use crate::{
    call::{Answer, Call},
    limiter::Limiter,
    own,
    vendor::Setup,
    world::{Company, Options, Person, derive_options, ended},
};

/// Ids have ten digits (client).
const IDS: i64 = 3_000_000_000;

/// An employee.
#[derive(Clone, Debug)]
pub(super) struct Employee {
    pub person: Person,
    /// The number that the API calls `id`.
    pub number: i64,
    /// When the sandbox last changed the record.
    pub touched: Option<Timestamp>,
}

/// One account.
pub(crate) struct Account {
    pub(super) setup: Setup,
    pub(super) settings: Settings,
    tenant: Option<String>,
    pub(super) employees: Vec<Employee>,
    options: Options,
    numbers: HashMap<String, i64>,
    by_number: HashMap<i64, usize>,
    /// Ids of branches and departments, by name.
    pub(super) branches: BTreeMap<String, i64>,
    pub(super) departments: BTreeMap<String, i64>,
    pub(super) limit: u32,
    pub(super) limiter: Limiter,
    pub(super) refuse_next: bool,
}

/// What a company of the generated world is at Freshteam: staff numbers with letters, titles and places without blanks around
/// them; custom values by the technical names that fields get here.
pub(crate) fn adopt(company: Company) -> Company {
    let mut fields: Vec<CustomField> = Vec::new();
    let people = company.people.into_iter().zip(1_u32..).map(|(mut person, number)| {
        for value in [&mut person.job_title, &mut person.branch, &mut person.department] {
            *value = value.trim().to_owned();
        }
        person.identifier.clear();
        let custom = person.own.get("custom").and_then(Value::as_object).cloned().unwrap_or_default();
        let custom = custom.into_iter().map(|(label, value)| (technical_name(&mut fields, &label), value)).collect();
        let case = person.own.shift_remove("case");
        person.own = case.map(|case| ("case".to_owned(), case)).into_iter().collect();
        person.own.insert("employee_id".into(), json!(format!("FT-{number:04}")));
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

/// `cost_centre_cf_str01` for the label `Cost centre`, the same each time.
fn technical_name(fields: &mut Vec<CustomField>, label: &str) -> String {
    if let Some(known) = fields.iter().find(|field| field.label == label) {
        return known.name.clone();
    }
    let plain = label.to_lowercase().split_whitespace().collect::<Vec<_>>().join("_");
    let name = format!("{plain}_cf_str{:02}", fields.len() + 1);
    fields.push(CustomField { name: name.clone(), label: label.to_owned(), ..CustomField::default() });
    name
}

/// Row id and identifier of each employee: the staff number, where there is one.
pub(crate) fn identifiers(company: &Company) -> HashMap<String, String> {
    let numbers = numbers(&company.people);
    let own = |(person, number): (&Person, i64)| Some((person.id.clone(), employee_id(person, number)?));
    company.people.iter().zip(numbers).filter_map(own).collect()
}

/// The staff number: the row's own, which may be null; else one by its id.
pub(super) fn employee_id(person: &Person, number: i64) -> Option<String> {
    match person.own.get("employee_id") {
        None => Some(format!("FT-{}", number - IDS)),
        Some(own) => own.as_str().map(str::to_owned),
    }
}

fn numbers(people: &[Person]) -> Vec<i64> {
    let plain = |text: &str| text.parse::<i64>().ok().filter(|number| (1..IDS).contains(number));
    let given = |person: &Person| person.own.get("number").and_then(Value::as_i64);
    let known: Vec<Option<i64>> =
        people.iter().map(|person| plain(&person.id).map(|id| IDS + id).or_else(|| given(person))).collect();
    own::numbered(known, IDS + 12_000)
}

impl Account {
    /// Opens an account.
    pub fn open(company: Company, setup: Setup) -> Self {
        let mut account = Self {
            setup,
            settings: Settings::default(),
            tenant: company.tenant.clone(),
            employees: Vec::new(),
            options: Options::default(),
            numbers: HashMap::new(),
            by_number: HashMap::new(),
            branches: BTreeMap::new(),
            departments: BTreeMap::new(),
            limit: 0,
            limiter: Limiter::new(&[]),
            refuse_next: false,
        };
        account.load(company, None);
        account
    }

    /// Takes another content; employees who differ from before count as modified now.
    pub fn take_over(&mut self, company: Company) {
        self.load(company, Some(now()));
    }

    fn load(&mut self, company: Company, touched: Option<Timestamp>) {
        self.settings = Settings::of(&company);
        let before: HashMap<String, Employee> =
            self.employees.drain(..).map(|employee| (employee.person.id.clone(), employee)).collect();
        let numbers = numbers(&company.people);
        self.numbers = company.people.iter().map(|person| person.id.clone()).zip(numbers.iter().copied()).collect();
        for (mut person, number) in company.people.into_iter().zip(numbers) {
            person.settle_status(self.setup.today);
            person.identifier = employee_id(&person, number).unwrap_or_default();
            person.own.insert("number".into(), json!(number));
            let known = before.get(&person.id);
            let same = known.is_some_and(|known| known.person == person);
            let touched = if same { known.and_then(|known| known.touched) } else { touched };
            self.employees.push(Employee { person, number, touched });
        }
        self.by_number = self.employees.iter().zip(0..).map(|(employee, at)| (employee.number, at)).collect();
        self.options = company.options;
        self.branches = named(self.employees.iter().map(|one| &one.person.branch), &self.options.branches, IDS + 101);
        self.departments =
            named(self.employees.iter().map(|one| &one.person.department), &self.options.departments, IDS + 501);
        let limit = self.settings.calls_a_minute(self.employees.len());
        if limit != self.limit {
            self.limit = limit;
            self.limiter = Limiter::new(&[(limit, 60)]);
        }
    }

    /// Row of the employee with this number.
    pub(super) fn by_number(&self, number: i64) -> Option<usize> {
        self.by_number.get(&number).copied()
    }

    /// Number of the person with this key.
    pub(super) fn number_of(&self, id: &str) -> Option<i64> {
        self.numbers.get(id).copied()
    }

    /// The time of the last change.
    pub(super) fn updated(&self, employee: &Employee) -> String {
        let own = employee.person.own_text("updated_at").unwrap_or("2026-01-09T08:30:12.000Z").to_owned();
        employee.touched.map_or(own, |touched| touched.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    }

    /// Whom the filters of a call choose, in the order of the list.
    pub(super) fn filtered(&self, call: &Call) -> Result<Vec<usize>, Answer> {
        let flag = |name: &str| match call.query(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(error(422, "invalid_value", Some(name), "It should be true or false")),
        };
        let (terminated, deleted) = (flag("terminated")?, flag("deleted")?);
        let statuses: Option<Vec<&str>> = call.query("status").map(|text| text.split(',').collect());
        if statuses.iter().flatten().any(|status| !matches!(*status, "active" | "inactive")) {
            return Err(error(422, "invalid_value", Some("status"), "It should be active or inactive"));
        }
        let since = match call.query("updated_since") {
            None => None,
            Some(text) => match text.parse::<jiff::civil::Date>() {
                Ok(day) => Some(day.to_string()),
                Err(_) => return Err(error(422, "invalid_value", Some("updated_since"), "It should be a date")),
            },
        };
        let switches = &self.settings.switches;
        let is_chosen = |employee: &Employee| {
            let person = &employee.person;
            let is_deleted = person.own.get("deleted") == Some(&json!(true));
            let is_terminated = ended(&person.end_date, self.setup.today);
            let is_inactive = person.status == "inactive";
            let by_status = match &statuses {
                Some(statuses) => {
                    let own = if is_inactive { "inactive" } else { "active" };
                    statuses.contains(&own) && !(switches.terminated_apart && is_terminated && terminated.is_none())
                }
                None => terminated == Some(true) || switches.plain_lists_everybody || !is_inactive,
            };
            let by_change = since.as_ref().is_none_or(|since| self.updated(employee).as_str() >= since.as_str());
            by_status
                && by_change
                && terminated.is_none_or(|wanted| wanted == is_terminated)
                && deleted.unwrap_or(false) == is_deleted
        };
        let mut chosen: Vec<usize> =
            self.employees.iter().enumerate().filter(|(_, one)| is_chosen(one)).map(|(at, _)| at).collect();
        // Without `sort` by first name (client).
        chosen.sort_by_key(|at| self.employees.get(*at).map(|one| (one.person.first_name.clone(), one.number)));
        Ok(chosen)
    }

    /// A reference list by its path.
    pub(super) fn reference(&self, list: &str) -> Option<Vec<Value>> {
        let stamp = "2023-01-01T00:00:00.000Z";
        let row = |(name, id): (&String, &i64)| json!({"id": id, "name": name, "deleted": false, "created_at": stamp, "updated_at": stamp});
        match list {
            "branches" => Some(self.branches.iter().map(row).collect()),
            "departments" => Some(self.departments.iter().map(row).collect()),
            "sub_departments" | "teams" | "business_units" | "levels" => Some(Vec::new()),
            _ => None,
        }
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

/// Names with ids that begin at a base, those that are offered first.
fn named<'a>(
    used: impl Iterator<Item = &'a String>,
    offered: &[crate::world::OptionItem],
    base: i64,
) -> BTreeMap<String, i64> {
    let mut names: Vec<&String> = offered.iter().map(|item| &item.name).collect();
    for name in used.filter(|name| !name.trim().is_empty()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().cloned().zip(base..).collect()
}

#[expect(clippy::disallowed_methods, reason = "the simulator stamps changes with the time of day, as a vendor does")]
fn now() -> Timestamp {
    Timestamp::now()
}
