//! What a Planday company is set to, in the state document's names.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{own, own::fill, world::Company};

/// Every scope that the HR area knows [doc: Planday developer docs, OIDC discovery].
const SCOPES: [&str; 7] = [
    "employee:read",
    "department:read",
    "employeegroup:read",
    "employeetype:read",
    "birthdate:read",
    "employee:history",
    "skill:read",
];

/// A company's own settings. Absent members take defaults that depend on the company only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    pub short_name: String,
    pub company_name: String,
    pub country: String,
    pub time_zone: String,
    /// First part of every identifier.
    pub portal_id: i64,
    /// App id: `client_id` of the token call and `X-ClientId` of every other.
    pub client_id: String,
    pub refresh_token: String,
    /// Scopes of the app.
    pub scopes: Option<Vec<String>>,
    pub switches: Switches,
    pub fields: Fields,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Behaviour that is not documented, or that differs from portal to portal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// The administrator who authorised the app is gone: tokens and calls are refused.
    pub revoked: bool,
    /// Each token call gives a new refresh token and the old one dies.
    pub rotate_refresh_token: bool,
    /// `paging` is null in every list.
    pub null_paging: bool,
    /// An inactive employee by id answers 200 with `isDeactivated` in place of 400.
    pub inactive_by_id_answers: bool,
    /// `special=BirthDate` without its scope answers a null in place of 403.
    pub birth_date_silently_missing: bool,
    /// A dropdown's value is the option's id in place of its label.
    pub dropdown_value_is_id: bool,
}

/// The three fields that feed Flow.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    pub job_title: Field,
    pub branch: Field,
    pub department: Field,
}

impl Default for Fields {
    fn default() -> Self {
        let field = |label: &str, number| Field { label: label.into(), number, ..Field::default() };
        Self {
            job_title: field("Job title (Flow)", 196_907),
            branch: field("Branch (Flow)", 196_908),
            department: field("Department (Flow)", 196_909),
        }
    }
}

/// One custom field.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Field {
    /// Shown name; clients find the field by it.
    pub label: String,
    pub kind: FieldKind,
    /// Archived: gone from the definitions and from the employees.
    pub archived: bool,
    /// The n of `custom_n`.
    pub number: i64,
}

/// How a field is filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FieldKind {
    /// One of the company's options.
    #[default]
    Dropdown,
    /// Free text.
    Text,
    /// There is no such custom field; Planday's built-in job title or the primary department counts.
    None,
}

impl Field {
    /// Whether clients can see it.
    pub fn exists(&self) -> bool {
        self.kind != FieldKind::None && !self.archived
    }
}

impl Settings {
    /// The settings of a company, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company) -> Self {
        let mut settings = own::read::<Self>(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref().unwrap_or("main");
        fill(&mut settings.name, company.tenant.as_deref().unwrap_or("Harbour & Vine"));
        fill(&mut settings.short_name, company.tenant.as_deref().unwrap_or("harbour-vine"));
        fill(&mut settings.company_name, &format!("{} Ltd", settings.name));
        fill(&mut settings.country, "UK");
        fill(&mut settings.time_zone, "Europe/London");
        fill(&mut settings.client_id, &format!("app-{tenant}"));
        fill(&mut settings.refresh_token, &format!("refresh-{tenant}-1"));
        if settings.portal_id == 0 {
            settings.portal_id = portal_id(company.tenant.as_deref());
        }
        settings.scopes.get_or_insert_with(|| SCOPES.map(str::to_owned).to_vec());
        let defaults = Fields::default();
        for (field, default) in [
            (&mut settings.fields.job_title, defaults.job_title),
            (&mut settings.fields.branch, defaults.branch),
            (&mut settings.fields.department, defaults.department),
        ] {
            fill(&mut field.label, &default.label);
            if field.number == 0 {
                field.number = default.number;
            }
        }
        settings
    }

    /// Whether the app has a scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().flatten().any(|own| own == scope)
    }
}

/// Which field of the portal feeds what. An archived field is still named: that is what the operator has to see.
pub(super) fn field_map(company: &Company) -> Vec<(&'static str, String)> {
    let fields = Settings::of(company).fields;
    let custom = |field: &Field| (field.kind != FieldKind::None).then(|| format!("custom:{}", field.label));
    let branch = custom(&fields.branch);
    let department = if branch.is_some() { "primary_department" } else { "none" };
    vec![
        ("job_title", custom(&fields.job_title).unwrap_or_else(|| "builtin".into())),
        ("branch", branch.unwrap_or_else(|| "primary_department".into())),
        ("department", custom(&fields.department).unwrap_or_else(|| department.into())),
    ]
}

/// Portal id of a company that has none: 40817 for the main one, the others by their name.
pub(super) fn portal_id(tenant: Option<&str>) -> i64 {
    let sum: i64 = tenant.unwrap_or_default().bytes().zip(1_i64..).map(|(byte, place)| i64::from(byte) * place).sum();
    if tenant.is_none() { 40_817 } else { 41_000 + sum % 50_000 }
}
