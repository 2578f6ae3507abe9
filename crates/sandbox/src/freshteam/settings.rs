//! What a Freshteam account is set to, in the state document's names.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{own, world::Company};

/// An account's own settings. Absent members take defaults that depend on the account only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    pub short_name: String,
    pub time_zone: String,
    pub subdomain: String,
    pub api_key: String,
    /// `free`, `trial`, `growth`, `pro` or `enterprise`: by it goes the number of calls a minute (doc).
    pub plan: String,
    /// Custom fields; a person's values stand in its own `custom`.
    pub fields: Vec<CustomField>,
    pub switches: Switches,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A custom field.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CustomField {
    /// The technical name (`scheme_cf_str02`).
    pub name: String,
    pub label: String,
    /// The options of a drop-down; a text field has none.
    pub options: Vec<String>,
    pub deleted: bool,
}

/// Behaviour that is not documented, or that differs from account to account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// The account is gone, as after the product's end.
    pub sunset: bool,
    /// The role of the key's user allows nothing.
    pub role_is_too_low: bool,
    /// The plain list shows everybody, not only who is active.
    pub plain_lists_everybody: bool,
    /// Who was terminated is shown by `terminated=true` alone, not by `status=inactive`.
    pub terminated_apart: bool,
    /// Lists come without their headers.
    pub no_paging_headers: bool,
    /// Errors come as the SDK models them, without the list around them.
    pub single_error: bool,
}

impl Settings {
    /// Whether a company's own settings can be used; the text says what is wrong.
    pub fn check(own: &Map<String, Value>) -> Result<(), String> {
        let settings: Self = own::read(own)?;
        match settings.plan.as_str() {
            "" | "free" | "trial" | "growth" | "pro" | "enterprise" => Ok(()),
            _ => Err("plan is `free`, `trial`, `growth`, `pro` or `enterprise`".to_owned()),
        }
    }

    /// The settings of a company, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company) -> Self {
        let mut settings: Self = own::read(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref();
        own::fill(&mut settings.name, tenant.unwrap_or("Harbour & Vine (Freshteam)"));
        own::fill(&mut settings.short_name, tenant.unwrap_or("harbour-vine-freshteam"));
        own::fill(&mut settings.time_zone, "Europe/London");
        let plain: String = settings.short_name.chars().filter(char::is_ascii_alphanumeric).collect();
        own::fill(&mut settings.subdomain, &plain);
        own::fill(&mut settings.api_key, &format!("ft-{plain}-9c41f0"));
        own::fill(&mut settings.plan, "growth");
        settings
    }

    /// Calls a minute (doc).
    pub fn calls_a_minute(&self, employees: usize) -> u32 {
        let employees = u32::try_from(employees).unwrap_or(u32::MAX);
        match self.plan.as_str() {
            "free" => 0,
            "trial" => 10,
            "enterprise" => employees.saturating_mul(2).max(100),
            _ => employees.max(50),
        }
    }
}
