//! A portal while the sandbox runs: its employees with their numbers, and the indexes that the calls need.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{WINDOWS, settings::Settings};
use crate::{
    limiter::Limiter,
    own,
    vendor::Setup,
    world::{Company, OptionItem, Options, Person},
};

/// An employee with Planday's own number.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub person: Person,
    /// The number that the API calls `id`.
    pub number: i64,
    /// When the sandbox last changed the row; later than the modification time that the row itself carries.
    pub touched: Option<Timestamp>,
    /// Ids of the departments, the primary one first.
    pub departments: Vec<i64>,
    /// Id of the employee group.
    pub group: Option<i64>,
}

/// A named thing with a number: department, group, type.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    pub id: i64,
    pub name: String,
    /// The entry as the document gave it.
    pub own: Map<String, Value>,
}

/// One portal.
pub(crate) struct Portal {
    pub(super) setup: Setup,
    pub(super) settings: Settings,
    tenant: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) options: Options,
    pub(super) by_number: HashMap<i64, usize>,
    /// Rows of the active list and of the leaver list.
    pub(super) active: Vec<usize>,
    pub(super) leavers: Vec<usize>,
    pub(super) departments: Vec<Named>,
    pub(super) groups: Vec<Named>,
    pub(super) types: Vec<Named>,
    /// Supervisor record id and row of each person whom somebody reports to.
    pub(super) supervisors: Vec<(i64, usize)>,
    /// Index in `supervisors` by the person's `id`.
    pub(super) supervisor_of: HashMap<String, usize>,
    pub(super) tokens: HashMap<String, Instant>,
    pub(super) issued: u64,
    pub(super) limiter: Limiter,
}

/// Numbers of the employees: `id` where that is a number, else the row's own `number`, else the next free one.
fn numbers(people: &[Person]) -> Vec<i64> {
    let plain = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0 && number.to_string() == text);
    let own = |person: &Person| person.own.get("number").and_then(Value::as_i64).filter(|number| *number > 0);
    let known: Vec<Option<i64>> = people.iter().map(|person| plain(&person.id).or_else(|| own(person))).collect();
    let taken: HashSet<i64> = known.iter().flatten().copied().collect();
    let mut next = 300_000;
    let mut free = || loop {
        next += 1;
        if !taken.contains(&next) {
            return next;
        }
    };
    known.into_iter().map(|number| number.unwrap_or_else(&mut free)).collect()
}

/// Row id and destination identifier (`{portal}_{number}`) of each employee.
pub(crate) fn identifiers(company: &Company) -> HashMap<String, String> {
    let portal = Settings::of(company).portal_id;
    let numbers = numbers(&company.people);
    company
        .people
        .iter()
        .zip(numbers)
        .map(|(person, number)| (person.id.clone(), format!("{portal}_{number}")))
        .collect()
}

impl Portal {
    /// Opens a portal.
    pub fn open(company: Company, setup: Setup) -> Self {
        let mut portal = Self {
            setup,
            settings: Settings::default(),
            tenant: company.tenant.clone(),
            rows: Vec::new(),
            options: Options::default(),
            by_number: HashMap::new(),
            active: Vec::new(),
            leavers: Vec::new(),
            departments: Vec::new(),
            groups: Vec::new(),
            types: Vec::new(),
            supervisors: Vec::new(),
            supervisor_of: HashMap::new(),
            tokens: HashMap::new(),
            issued: 0,
            limiter: Limiter::new(&WINDOWS),
        };
        portal.load(company, None);
        portal
    }

    /// Takes another content; rows that differ from before count as modified now.
    pub fn take_over(&mut self, company: Company) {
        self.load(company, Some(now()));
    }

    fn load(&mut self, company: Company, touched: Option<Timestamp>) {
        self.settings = Settings::of(&company);
        let before: HashMap<String, Row> = self.rows.drain(..).map(|row| (row.person.id.clone(), row)).collect();
        let numbers = numbers(&company.people);
        for (mut person, number) in company.people.into_iter().zip(numbers) {
            person.settle_status(self.setup.today);
            person.identifier = format!("{}_{number}", self.settings.portal_id);
            person.own.insert("number".into(), json!(number));
            let known = before.get(&person.id);
            let touched = if known.is_some_and(|known| known.person == person) {
                known.and_then(|known| known.touched)
            } else {
                touched
            };
            self.rows.push(Row { person, number, touched, departments: Vec::new(), group: None });
        }
        self.options = company.options;
        number_options(&mut self.options);
        self.index();
    }

    fn index(&mut self) {
        self.by_number.clear();
        (self.active, self.leavers) = (Vec::new(), Vec::new());
        for (at, row) in self.rows.iter().enumerate() {
            self.by_number.entry(row.number).or_insert(at);
            if row.person.status == "inactive" { self.leavers.push(at) } else { self.active.push(at) }
        }
        let own = &self.options.own;
        let mut departments = Names::read(own, "primary_departments", 7712);
        let mut groups = Names::read(own, "employee_groups", 55_120);
        let mut types = Names::read(own, "employee_types", 2204);
        types.id_of("Hourly paid");
        for row in &mut self.rows {
            let primary = row.person.own_text("primary_department").unwrap_or(&row.person.branch).to_owned();
            let others =
                row.person.own.get("further_departments").and_then(Value::as_array).cloned().unwrap_or_default();
            let names = std::iter::once(primary.as_str()).chain(others.iter().filter_map(Value::as_str));
            row.departments =
                names.filter(|name| !name.trim().is_empty()).map(|name| departments.id_of(name)).collect();
            let group = row.person.department.as_str();
            row.group = (!group.trim().is_empty()).then(|| groups.id_of(group));
        }
        (self.departments, self.groups, self.types) = (departments.rows, groups.rows, types.rows);
        self.index_supervisors();
    }

    fn index_supervisors(&mut self) {
        let wanted: HashSet<&str> = self.rows.iter().map(|row| row.person.manager_id.as_str()).collect();
        self.supervisors.clear();
        self.supervisor_of.clear();
        for (at, row) in self.rows.iter().enumerate() {
            if wanted.contains(row.person.id.as_str()) && !self.supervisor_of.contains_key(&row.person.id) {
                // Numbers of their own, as at Planday: a supervisor record is not an employee.
                let record = 91 + i64::try_from(self.supervisors.len()).unwrap_or_default();
                self.supervisor_of.insert(row.person.id.clone(), self.supervisors.len());
                self.supervisors.push((record, at));
            }
        }
    }

    /// The content as a company; counts stand at zero.
    pub fn to_company(&self) -> Company {
        let mut options = self.options.clone();
        for (name, rows) in [
            ("primary_departments", &self.departments),
            ("employee_groups", &self.groups),
            ("employee_types", &self.types),
        ] {
            options.own.insert(name.into(), rows.iter().map(|row| Value::Object(row.own.clone())).collect());
        }
        Company {
            vendor: super::VENDOR.name.into(),
            tenant: self.tenant.clone(),
            own: own::write(&self.settings),
            people: self.rows.iter().map(|row| row.person.clone()).collect(),
            options,
            ..Company::default()
        }
    }
}

/// Gives dropdown options ids; each list counts from its own base.
fn number_options(options: &mut Options) {
    for (items, base) in
        [(&mut options.job_titles, 501), (&mut options.branches, 1501), (&mut options.departments, 2501)]
    {
        let taken: HashSet<i64> = items.iter().filter_map(option_id).collect();
        let mut next = base;
        for item in items.iter_mut().filter(|item| option_id(item).is_none()).collect::<Vec<_>>() {
            while taken.contains(&next) {
                next += 1;
            }
            item.own.insert("id".into(), json!(next));
            next += 1;
        }
    }
}

/// The id of a dropdown option.
pub(super) fn option_id(item: &OptionItem) -> Option<i64> {
    item.own.get("id").and_then(Value::as_i64)
}

/// Named things that get a number at first use.
struct Names {
    rows: Vec<Named>,
    ids: HashMap<String, i64>,
    next: i64,
}

impl Names {
    fn read(own: &Map<String, Value>, list: &str, base: i64) -> Self {
        let mut names = Self { rows: Vec::new(), ids: HashMap::new(), next: base };
        for entry in own.get(list).and_then(Value::as_array).into_iter().flatten() {
            match (entry["id"].as_i64(), entry["name"].as_str().or(entry.as_str())) {
                (Some(id), Some(name)) => names.add(id, name, entry.as_object().cloned().unwrap_or_default()),
                (None, Some(name)) => {
                    names.id_of(name);
                }
                _ => {}
            }
        }
        names
    }

    fn add(&mut self, id: i64, name: &str, own: Map<String, Value>) {
        self.next = self.next.max(id + 1);
        self.ids.insert(name.to_owned(), id);
        self.rows.push(Named { id, name: name.to_owned(), own });
    }

    fn id_of(&mut self, name: &str) -> i64 {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.next;
        let own = [("id".to_owned(), json!(id)), ("name".to_owned(), json!(name))].into_iter().collect();
        self.add(id, name, own);
        id
    }
}

#[expect(clippy::disallowed_methods, reason = "the simulator stamps changes with the time of day, as a vendor does")]
fn now() -> Timestamp {
    Timestamp::now()
}
