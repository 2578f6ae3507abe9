//! What a BambooHR company is set to, in the state document's names.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{own, world::Company};

/// A company's own settings. Absent members take defaults that depend on the company only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    pub short_name: String,
    pub time_zone: String,
    /// The part before `.bamboohr.com`.
    pub company: String,
    pub api_key: String,
    /// Custom fields; a person's values stand in its own `custom`, by alias.
    pub fields: Vec<CustomField>,
    /// Members that the key may not see of anybody; a person's own `hidden` names those of that person.
    pub hidden: Vec<String>,
    pub switches: Switches,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A custom field.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CustomField {
    /// `customScheme`.
    pub alias: String,
    pub label: String,
    /// The options of a list; a text field has none.
    pub options: Vec<String>,
    pub deprecated: bool,
}

/// Behaviour that is not documented, that changed, or of which the documents contradict each other.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// The key was deleted.
    pub revoked: bool,
    /// The key may not see what the company is called.
    pub company_is_hidden: bool,
    /// The key may not have the report.
    pub report_is_refused: bool,
    /// The report is no more.
    pub report_is_gone: bool,
    /// The key may not see the options of lists.
    pub lists_are_hidden: bool,
    /// `supervisorEId` is the manager's id, not `supervisorId`.
    pub supervisor_ids_swapped: bool,
    /// Empty dates are null, not `0000-00-00`.
    pub empty_dates_are_null: bool,
    /// Empty members are left out.
    pub empty_is_left_out: bool,
    /// The fields' labels are called `name`.
    pub labels_are_names: bool,
    /// The list may be asked for 2,500 rows a page, 250 by itself, and tells its links as `_links`.
    pub larger_pages: bool,
    /// As many of the next calls are throttled, with a second to wait.
    pub throttle_next: u32,
    /// Throttled calls are answered 503, as until September 2026.
    pub throttles_with_503: bool,
}

impl Settings {
    /// Whether a company's own settings can be used; the text says what is wrong.
    pub fn check(own: &Map<String, Value>) -> Result<(), String> {
        own::read::<Self>(own).map(|_| ())
    }

    /// The settings of a company, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company) -> Self {
        let mut settings: Self = own::read(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref();
        own::fill(&mut settings.name, tenant.unwrap_or("Harbour & Vine (BambooHR)"));
        own::fill(&mut settings.short_name, tenant.unwrap_or("harbour-vine-bamboohr"));
        own::fill(&mut settings.time_zone, "Europe/London");
        let plain: String = settings.short_name.chars().filter(char::is_ascii_alphanumeric).collect();
        own::fill(&mut settings.company, &plain);
        own::fill(&mut settings.api_key, &format!("bb{plain}4f21c9"));
        settings
    }
}
