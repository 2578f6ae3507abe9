//! What a PeopleHR account is set to, in the state document's names.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    own,
    world::{Company, Person, derive_options},
};

/// The reading actions of the resource Employee that are simulated. The last two are the newer API's own (v4) (client).
pub(super) const ACTIONS: [&str; 5] = [
    "GetAllEmployeeDetail",
    "GetEmployeeDetailById",
    "GetAllLeavers",
    "GetAllEmployeeDetailPaginated",
    "GetCompanyInformation",
];

/// What an older account does not know.
pub(super) const NEWER: [&str; 3] = ["GetAllLeavers", "GetAllEmployeeDetailPaginated", "GetCompanyInformation"];

/// An account's own settings. Absent members take defaults that depend on the account only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    pub short_name: String,
    pub time_zone: String,
    pub company_id: String,
    pub sub_domain: String,
    /// Company of whoever has none of their own.
    pub company_name: String,
    pub api_key: String,
    /// The company that the tenant file filters by; blank is none.
    pub company_filter: String,
    /// Actions that the key may use; all but `GetAllLeavers` unless given.
    pub actions: Option<Vec<String>>,
    pub switches: Switches,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Behaviour that is not documented, or that differs from account to account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// The key was deleted.
    pub revoked: bool,
    /// The caller's address is not in the key's list.
    pub kept_out: bool,
    /// The account has API v3: no pages, no company information, no employee status.
    pub older: bool,
    /// The flag of the envelope is spelled as in the specification: `IsError`.
    pub is_error_as_specified: bool,
    /// `CompanyId` is a number.
    pub company_id_is_number: bool,
    /// Managers are named and mailed, but not numbered.
    pub managers_without_id: bool,
}

impl Settings {
    /// Whether a company's own settings can be used; the text says what is wrong.
    pub fn check(own: &Map<String, Value>) -> Result<(), String> {
        let settings: Self = own::read(own)?;
        match settings.actions.iter().flatten().find(|action| !ACTIONS.contains(&action.as_str())) {
            Some(action) => Err(format!("the action {action} is not simulated; {} are", ACTIONS.join(", "))),
            None => Ok(()),
        }
    }

    /// The settings of a company, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company) -> Self {
        let mut settings: Self = own::read(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref();
        own::fill(&mut settings.name, tenant.unwrap_or("Harbour & Vine (PeopleHR)"));
        own::fill(&mut settings.short_name, tenant.unwrap_or("harbour-vine-peoplehr"));
        own::fill(&mut settings.time_zone, "Europe/London");
        let number = tenant.map_or(4411, number);
        own::fill(&mut settings.company_id, &number.to_string());
        let plain: String = settings.short_name.chars().filter(char::is_ascii_alphanumeric).collect();
        own::fill(&mut settings.sub_domain, &plain);
        let company_name = format!("{} Ltd", settings.name);
        own::fill(&mut settings.company_name, &company_name);
        own::fill(&mut settings.api_key, &format!("5c0b7e1a-4d1f-4c52-9a3e-{number:012x}"));
        settings.actions.get_or_insert_with(|| {
            ACTIONS.into_iter().filter(|action| *action != "GetAllLeavers").map(str::to_owned).collect()
        });
        settings
    }

    /// Whether the key may use an action that the account knows.
    pub fn allows(&self, action: &str) -> bool {
        let granted = self.actions.iter().flatten().any(|own| own == action);
        granted && !(self.switches.older && NEWER.contains(&action))
    }
}

/// A number for a further account, from its name.
fn number(tenant: &str) -> u64 {
    5_000 + tenant.bytes().zip(1_u64..).map(|(byte, place)| u64::from(byte) * place).sum::<u64>() % 50_000
}

/// The first of the columns that an account may fill as it likes; each employee's uniform size stands there.
const SIZE_COLUMN: &str = "APIColumn1";

/// Ids with letters, a few employees of a second company, custom fields in the columns behind the first.
pub(super) fn adopt(mut company: Company) -> Company {
    let name = company.own_text("name").unwrap_or_default().to_owned();
    let letters = initials(company.own_text("short_name").unwrap_or_default());
    let mut columns: Vec<String> = Vec::new();
    for (person, number) in company.people.iter_mut().zip(1_u32..) {
        // Its values are lists that are picked from, and have no blanks around them.
        for value in [&mut person.job_title, &mut person.branch, &mut person.department] {
            *value = value.trim().to_owned();
        }
        let generated = std::mem::take(&mut person.own);
        let own = &mut person.own;
        own.extend(generated.get("case").map(|case| ("case".to_owned(), case.clone())));
        own.insert("employee_id".into(), json!(format!("{letters}{number:04}")));
        own.insert(SIZE_COLUMN.into(), json!(["S", "M", "L"][number as usize % 3]));
        if number % 9 == 0 {
            own.insert("company".into(), json!(format!("{name} Events Ltd")));
        }
        for (field, value) in generated.get("custom").and_then(Value::as_object).into_iter().flatten() {
            let at = columns.iter().position(|known| known == field).unwrap_or_else(|| {
                columns.push(field.clone());
                columns.len() - 1
            });
            own.insert(format!("APIColumn{}", at + 2), value.clone());
        }
    }
    company.own.shift_remove("country");
    company.own.insert("company_name".into(), json!(format!("{name} Ltd")));
    company.own.insert("suggested_mapping".into(), json!("folded"));
    company.options = derive_options(&[&company]);
    company
}

/// `harbour-vine` is `HV`; of a single word the first two letters count.
fn initials(short_name: &str) -> String {
    let words: Vec<&str> = short_name.split('-').collect();
    let letters: String = match words.as_slice() {
        [word] => word.chars().take(2).collect(),
        words => words.iter().filter_map(|word| word.chars().next()).collect(),
    };
    letters.to_uppercase()
}

/// Each employee's own id, by which a destination knows them.
pub(super) fn identifiers(company: &Company) -> HashMap<String, String> {
    let own = |person: &Person| Some((person.id.clone(), person.own_text("employee_id")?.to_owned()));
    company.people.iter().filter_map(own).collect()
}
