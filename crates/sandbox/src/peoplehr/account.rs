//! An account while the sandbox runs, and what its actions answer.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{DENIED, THROTTLED, WINDOWS, body, error, gate, no_records, settings::Settings, success, unknown_key};
use crate::{
    RateLimits,
    call::{Answer, Call},
    limiter::Limiter,
    own,
    vendor::{Quirk, Setup, Simulated},
    world::{Company, Options, Person},
};

/// Rows of a page unless the call says otherwise, and at most (client).
const PAGE: usize = 50;
const MAX_PAGE: usize = 500;

/// One account.
pub(super) struct Account {
    setup: Setup,
    pub settings: Settings,
    tenant: Option<String>,
    pub people: Vec<Person>,
    options: Options,
    /// Row by the person's `id`.
    pub by_row: HashMap<String, usize>,
    /// Row by PeopleHR's employee id, which can be edited.
    by_employee_id: HashMap<String, usize>,
    limiter: Limiter,
    refuse_next: bool,
}

/// The id that PeopleHR shows; the row's own where it is not set apart.
pub(super) fn employee_id(person: &Person) -> &str {
    person.own_text("employee_id").unwrap_or(&person.id)
}

impl Account {
    pub fn open(company: Company, setup: Setup) -> Self {
        let mut account = Self {
            setup,
            settings: Settings::default(),
            tenant: company.tenant.clone(),
            people: Vec::new(),
            options: Options::default(),
            by_row: HashMap::new(),
            by_employee_id: HashMap::new(),
            limiter: Limiter::new(&WINDOWS),
            refuse_next: false,
        };
        account.load(company);
        account
    }

    fn load(&mut self, company: Company) {
        self.settings = Settings::of(&company);
        self.people = company.people;
        self.options = company.options;
        (self.by_row, self.by_employee_id) = (HashMap::new(), HashMap::new());
        for (at, person) in self.people.iter_mut().enumerate() {
            person.settle_status(self.setup.today);
            let id = employee_id(person).to_owned();
            person.identifier.clone_from(&id);
            self.by_row.entry(person.id.clone()).or_insert(at);
            self.by_employee_id.entry(id).or_insert(at);
        }
    }

    fn act(&self, members: &Map<String, Value>, quirk: Option<Quirk>) -> Answer {
        let action = match members.get("Action") {
            None => return error(3, "The action is missing."),
            Some(Value::String(action)) if !action.trim().is_empty() => action.as_str(),
            Some(_) => return error(4, "The action is empty or invalid."),
        };
        if !self.settings.allows(action) {
            return error(DENIED.0, DENIED.1);
        }
        match action {
            "GetCompanyInformation" => self.company(),
            "GetAllEmployeeDetail" => self.all(members, quirk),
            "GetAllEmployeeDetailPaginated" => self.page(members, quirk),
            "GetAllLeavers" => {
                list(self.rows(|person| person.status == "inactive").map(|at| self.row(at, false)).collect())
            }
            "GetEmployeeDetailById" => self.one(members),
            _ => error(DENIED.0, DENIED.1),
        }
    }

    fn company(&self) -> Answer {
        let settings = &self.settings;
        let number = settings.company_id.parse::<i64>().ok().filter(|_| settings.switches.company_id_is_number);
        let id = number.map_or_else(|| json!(settings.company_id), |number| json!(number));
        success(json!({"CompanyId": id, "SubDomain": settings.sub_domain, "CompanyName": settings.company_name}))
    }

    fn rows(&self, wanted: impl Fn(&Person) -> bool) -> impl Iterator<Item = usize> {
        self.people.iter().enumerate().filter(move |(_, person)| wanted(person)).map(|(at, _)| at)
    }

    /// Whom a list has: leavers only when asked for.
    fn listed(&self, members: &Map<String, Value>, quirk: Option<Quirk>) -> Result<Vec<usize>, Answer> {
        let leavers = match members.get("IncludeLeavers") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(yes)) => *yes,
            // Most clients send it quoted (client).
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => true,
            Some(Value::String(text)) if text.is_empty() || text.eq_ignore_ascii_case("false") => false,
            Some(_) => return Err(error(5, "IncludeLeavers is invalid.")),
        };
        if quirk == Some(Quirk::EmptyList) {
            return Ok(Vec::new());
        }
        Ok(self.rows(|person| leavers || person.status != "inactive").collect())
    }

    fn all(&self, members: &Map<String, Value>, quirk: Option<Quirk>) -> Answer {
        let mut rows: Vec<Value> = match self.listed(members, quirk) {
            Ok(listed) => listed.into_iter().map(|at| self.row(at, false)).collect(),
            Err(answer) => return answer,
        };
        bend(&mut rows, quirk, true);
        list(rows)
    }

    fn page(&self, members: &Map<String, Value>, quirk: Option<Quirk>) -> Answer {
        let listed = match self.listed(members, quirk) {
            Ok(listed) => listed,
            Err(answer) => return answer,
        };
        let (limit, offset) = (number(members, "Limit", PAGE), number(members, "Offset", 0));
        let (Some(limit @ 1..=MAX_PAGE), Some(offset)) = (limit, offset) else {
            return error(5, "Limit must be 1 to 500, and Offset a number.");
        };
        let first = if quirk == Some(Quirk::RepeatPages) { 0 } else { offset };
        let page = listed.iter().skip(first).take(limit);
        let mut rows: Vec<Value> = page.map(|at| self.row(*at, false)).collect();
        let is_last = offset + rows.len() >= listed.len();
        bend(&mut rows, quirk, is_last);
        success(json!({"Result": rows, "Pagination": {"TotalRows": listed.len()}}))
    }

    fn one(&self, members: &Map<String, Value>) -> Answer {
        let Some(id) = members.get("EmployeeId").and_then(Value::as_str).filter(|id| !id.is_empty()) else {
            return error(5, "Employee Id is required.");
        };
        self.by_employee_id.get(id).map_or_else(no_records, |at| success(self.row(*at, true)))
    }
}

/// A whole number, quoted or not.
fn number(members: &Map<String, Value>, name: &str, default: usize) -> Option<usize> {
    match members.get(name) {
        None | Some(Value::Null) => Some(default),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64().and_then(|number| usize::try_from(number).ok()),
    }
}

fn list(rows: Vec<Value>) -> Answer {
    if rows.is_empty() { no_records() } else { success(Value::Array(rows)) }
}

/// A list with a fault in it: rows doubled only after the last one, so that a client that advances by the rows it got
/// loses nobody.
fn bend(rows: &mut Vec<Value>, quirk: Option<Quirk>, is_last: bool) {
    match quirk {
        Some(Quirk::MissingRows) => {
            rows.pop();
        }
        Some(Quirk::DuplicateRows) if is_last => rows.extend(rows.last().cloned()),
        _ => {}
    }
}

impl Simulated for Account {
    fn login(&self) -> String {
        self.settings.api_key.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        if let Some(answer) = gate(call) {
            return answer;
        }
        let switches = &self.settings.switches;
        if switches.kept_out {
            return Answer::empty(403);
        }
        let spelled_as_specified = switches.is_error_as_specified;
        let answer = if std::mem::take(&mut self.refuse_next) || self.settings.switches.revoked {
            unknown_key()
        } else if !self.limiter.call(Instant::now(), self.setup.rate_limits == RateLimits::Real).allowed {
            error(THROTTLED.0, THROTTLED.1)
        } else {
            body(call).map_or_else(|answer| answer, |members| self.act(&members, quirk))
        };
        if spelled_as_specified { as_specified(answer) } else { answer }
    }

    fn expire(&mut self, _: &Call) {
        self.refuse_next = true;
    }

    fn dump(&self) -> Company {
        Company {
            own: own::write(&self.settings),
            people: self.people.clone(),
            options: self.options.clone(),
            ..Company::new(super::VENDOR.name, self.tenant.as_deref())
        }
    }

    fn replace(&mut self, company: Company) {
        self.load(company);
    }

    fn connection(&self, root: &str) -> Vec<(&'static str, String)> {
        let mut members = vec![("base_url", root.to_owned()), ("api_key", self.settings.api_key.clone())];
        if !self.settings.company_filter.is_empty() {
            members.push(("company", self.settings.company_filter.clone()));
        }
        members
    }
}

/// The same answer with the flag spelled as in the specification.
fn as_specified(mut answer: Answer) -> Answer {
    if let Some(Value::Object(members)) = &mut answer.body
        && let Some(flag) = members.remove("isError")
    {
        members.insert("IsError".into(), flag);
    }
    answer
}
