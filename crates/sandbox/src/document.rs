//! The state document: the world as JSON, as `GET` and `PUT {admin}/_sandbox/state` and `--world FILE` carry it.
//!
//! What is absent from a document that is put: a vendor key, that company stays as it is; `employees` or `users`, the
//! people stay; `options`, they are derived from the values in use; `mails`, none; `reads` and `writes`, counting goes
//! on; all of a company's own settings, they stay (where one is given, those not given take their defaults).

use serde_json::{Map, Value, json};

use super::{
    registry,
    world::{Company, Mail, OptionItem, Options, Person, Side, World},
};

/// Why a document was refused; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the world document is malformed at {path}: {fault}")]
pub struct DocumentError {
    /// Where: `planday.employees[3].id`.
    pub path: String,
    /// What is wrong there.
    pub fault: String,
}

impl DocumentError {
    pub(super) fn at(path: impl Into<String>, fault: impl Into<String>) -> Self {
        Self { path: path.into(), fault: fault.into() }
    }
}

/// One company as a document gives it; `None` is "absent".
#[derive(Clone, Debug)]
pub(crate) struct CompanyPatch {
    pub vendor: String,
    pub tenant: Option<String>,
    pub own: Option<Map<String, Value>>,
    pub people: Option<Vec<Person>>,
    pub options: Option<Options>,
    pub mails: Vec<Mail>,
    pub reads: Option<u64>,
    pub writes: Option<u64>,
}

impl From<Company> for CompanyPatch {
    fn from(company: Company) -> Self {
        Self {
            vendor: company.vendor,
            tenant: company.tenant,
            own: Some(company.own),
            people: Some(company.people),
            options: Some(company.options),
            mails: company.mails,
            reads: Some(company.reads),
            writes: Some(company.writes),
        }
    }
}

impl World {
    /// Reads a whole world from the text of a state document.
    pub fn from_json_text(text: &str) -> Result<Self, DocumentError> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| DocumentError::at("the text", error.to_string()))?;
        Ok(Self { companies: super::hub::companies_of(parse(&value)?) })
    }

    /// The world as a state document.
    pub fn to_json(&self) -> Value {
        Value::Object(self.companies.iter().map(|company| (company.key(), company_json(company))).collect())
    }
}

/// The people member's name.
fn people_name(side: Side) -> &'static str {
    match side {
        Side::Source => "employees",
        Side::Destination => "users",
    }
}

fn company_json(company: &Company) -> Value {
    let side = registry::vendor(&company.vendor).map_or(Side::Source, |vendor| vendor.side);
    let mut out = company.own.clone();
    out.insert(people_name(side).into(), company.people.iter().map(|person| person_json(person, side)).collect());
    out.insert("options".into(), options_json(&company.options));
    if side == Side::Destination {
        out.insert("mails".into(), company.mails.iter().map(mail_json).collect());
    }
    out.insert("reads".into(), json!(company.reads));
    out.insert("writes".into(), json!(company.writes));
    Value::Object(out)
}

fn person_json(person: &Person, side: Side) -> Value {
    let mut out = Map::new();
    for (name, text) in person.texts() {
        // Names are texts even when empty; every other empty member is null.
        let named = matches!(name, "id" | "first_name" | "last_name");
        out.insert(name.into(), if text.is_empty() && !named { Value::Null } else { json!(text) });
    }
    if side == Side::Destination {
        out.insert("invited".into(), json!(person.invited));
    }
    out.extend(person.own.clone());
    Value::Object(out)
}

fn options_json(options: &Options) -> Value {
    let list = |items: &[OptionItem]| -> Value { items.iter().map(option_json).collect() };
    let mut out = Map::new();
    out.insert("branches".into(), list(&options.branches));
    out.insert("departments".into(), list(&options.departments));
    out.insert("job_titles".into(), list(&options.job_titles));
    out.extend(options.own.clone());
    Value::Object(out)
}

fn option_json(item: &OptionItem) -> Value {
    let mut out = Map::new();
    if let Some(code) = &item.code {
        out.insert("code".into(), json!(code));
    }
    out.insert("name".into(), json!(item.name));
    out.insert("active".into(), json!(!item.archived));
    out.extend(item.own.clone());
    Value::Object(out)
}

fn mail_json(mail: &Mail) -> Value {
    json!({"to": mail.to, "kind": mail.kind, "user": mail.user, "identifier": mail.identifier})
}

/// Reads a document; a fault names its path and nothing is taken over.
pub(crate) fn parse(document: &Value) -> Result<Vec<CompanyPatch>, DocumentError> {
    object(document, "the document")?.iter().map(|(key, value)| company(key, value)).collect()
}

fn company(key: &str, value: &Value) -> Result<CompanyPatch, DocumentError> {
    let (name, tenant) = key.split_once('@').map_or((key, None), |(name, tenant)| (name, Some(tenant.to_owned())));
    let vendor = registry::vendor(name).ok_or_else(|| DocumentError::at(key, "no vendor of that name is simulated"))?;
    let mut own = object(value, key)?.clone();
    let people = match own.shift_remove(people_name(vendor.side)) {
        None | Some(Value::Null) => None,
        Some(rows) => Some(people(&rows, &format!("{key}.{}", people_name(vendor.side)))?),
    };
    let options = match own.shift_remove("options") {
        None | Some(Value::Null) => None,
        Some(value) => Some(options(&value, &format!("{key}.options"))?),
    };
    let mails = match own.shift_remove("mails") {
        None | Some(Value::Null) => Vec::new(),
        Some(rows) => each(&rows, &format!("{key}.mails"), mail)?,
    };
    let reads = count(own.shift_remove("reads"), &format!("{key}.reads"))?;
    let writes = count(own.shift_remove("writes"), &format!("{key}.writes"))?;
    (vendor.check)(&own).map_err(|fault| DocumentError::at(key, fault))?;
    let own = (!own.is_empty()).then_some(own);
    Ok(CompanyPatch { vendor: name.to_owned(), tenant, own, people, options, mails, reads, writes })
}

fn people(rows: &Value, path: &str) -> Result<Vec<Person>, DocumentError> {
    each(rows, path, person)
}

fn person(value: &Value, path: &str) -> Result<Person, DocumentError> {
    let mut person = Person::default();
    for (name, value) in object(value, path)? {
        let at = || format!("{path}.{name}");
        if name == "invited" {
            person.invited = value.as_bool().ok_or_else(|| DocumentError::at(at(), "must be true or false"))?;
        } else if let Some(slot) = person.text_mut(name) {
            *slot = scalar(value, &at())?;
        } else {
            person.own.insert(name.clone(), value.clone());
        }
    }
    if person.id.is_empty() {
        return Err(DocumentError::at(format!("{path}.id"), "is missing"));
    }
    if !value.as_object().is_some_and(|row| row.contains_key("first_name") || row.contains_key("last_name")) {
        return Err(DocumentError::at(format!("{path}.first_name"), "is missing, and so is last_name"));
    }
    for (name, text) in [
        ("date_of_birth", &mut person.date_of_birth),
        ("start_date", &mut person.start_date),
        ("end_date", &mut person.end_date),
    ] {
        *text = date(text).ok_or_else(|| DocumentError::at(format!("{path}.{name}"), "must be a date YYYY-MM-DD"))?;
    }
    Ok(person)
}

/// A date, cut from a date-time; an impossible one (31 November) passes, for real data have them.
pub(crate) fn date(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some(String::new());
    }
    let day = text.split_once('T').map_or(text, |(day, _)| day);
    let shaped = day.len() == 10
        && day
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    shaped.then(|| day.to_owned())
}

fn options(value: &Value, path: &str) -> Result<Options, DocumentError> {
    let mut options = Options::default();
    for (name, value) in object(value, path)? {
        let at = format!("{path}.{name}");
        match name.as_str() {
            "branches" => options.branches = each(value, &at, option_item)?,
            "departments" => options.departments = each(value, &at, option_item)?,
            "job_titles" => options.job_titles = each(value, &at, option_item)?,
            _ => {
                options.own.insert(name.clone(), value.clone());
            }
        }
    }
    Ok(options)
}

fn option_item(value: &Value, path: &str) -> Result<OptionItem, DocumentError> {
    if let Value::String(name) = value {
        return Ok(OptionItem::named(name));
    }
    let mut own = object(value, path)?.clone();
    let name = match own.shift_remove("name") {
        Some(Value::String(name)) => name,
        _ => return Err(DocumentError::at(format!("{path}.name"), "must be a text")),
    };
    let code = own.shift_remove("code").map(|code| scalar(&code, &format!("{path}.code"))).transpose()?;
    let archived = own.shift_remove("active").is_some_and(|active| active == Value::Bool(false));
    Ok(OptionItem { name, code: code.filter(|code| !code.is_empty()), archived, own })
}

fn mail(value: &Value, path: &str) -> Result<Mail, DocumentError> {
    let row = object(value, path)?;
    let text = |name: &str| row.get(name).map_or(Ok(String::new()), |value| scalar(value, &format!("{path}.{name}")));
    Ok(Mail { to: text("to")?, kind: text("kind")?, user: text("user")?, identifier: text("identifier")? })
}

pub(super) fn object<'a>(value: &'a Value, path: &str) -> Result<&'a Map<String, Value>, DocumentError> {
    value.as_object().ok_or_else(|| DocumentError::at(path, "must be an object"))
}

fn each<T>(
    value: &Value,
    path: &str,
    read: impl Fn(&Value, &str) -> Result<T, DocumentError>,
) -> Result<Vec<T>, DocumentError> {
    let rows = value.as_array().ok_or_else(|| DocumentError::at(path, "must be a list"))?;
    rows.iter().enumerate().map(|(at, row)| read(row, &format!("{path}[{at}]"))).collect()
}

fn scalar(value: &Value, path: &str) -> Result<String, DocumentError> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(yes.to_string()),
        _ => Err(DocumentError::at(path, "must be a text")),
    }
}

fn count(value: Option<Value>, path: &str) -> Result<Option<u64>, DocumentError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| DocumentError::at(path, "must be a whole number")),
    }
}
