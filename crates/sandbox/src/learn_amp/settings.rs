//! What a Learn Amp account is set to, in the state document's names.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    own,
    own::fill,
    world::{Company, Options},
};

/// Every scope of the reference that a call here needs.
pub(super) const SCOPES: [&str; 13] = [
    "users:read",
    "users:create",
    "users:update",
    "users:deactivate",
    "users:reactivate",
    "users:delete",
    "teams:read",
    "teams:create",
    "teams:update",
    "teams:delete",
    "team_users:read",
    "team_users:create",
    "team_users:delete",
];

/// An account's own settings. Absent members take defaults that depend on the account only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    /// Host of profile addresses.
    pub host: String,
    pub client_id: String,
    pub client_secret: String,
    /// What the tenant file says of invitations: `at_once`, `hire_date` or `never`.
    pub invitations: String,
    /// Scopes of the key; all but the deleting ones unless given.
    pub scopes: Option<Vec<String>>,
    pub custom_fields: Vec<CustomField>,
    pub occupation_roles: Vec<String>,
    pub teams: Vec<Team>,
    pub switches: Switches,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A custom field of the account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CustomField {
    pub name: String,
    pub mandatory: bool,
}

/// A team. Who is in it stands on the users.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Team {
    pub id: i64,
    pub name: String,
    pub external_id: String,
    /// Number of a user.
    pub manager: Option<i64>,
    pub secondary_managers: Vec<i64>,
    pub parent: Option<i64>,
    pub tags: Vec<String>,
}

/// Behaviour that is not documented, or that differs from account to account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// The key is from before scopes: full access, by `public` only.
    pub older_key: bool,
    /// The list shows deactivated users where no status is asked for.
    pub lists_deactivated: bool,
    /// `by_integration_external_id` does not show deactivated users.
    pub hides_deactivated: bool,
    /// An update without e-mail and names is refused, as its table says; its example says otherwise.
    pub update_needs_names: bool,
    /// An update mails the user, unless it says `skipNotification=true`.
    pub notify_on_update: bool,
    /// The account has the HR package: without it nobody gets the role `hr`.
    pub hr_package: bool,
    /// Custom fields are switched off: what comes of them is ignored.
    pub no_custom_fields: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            older_key: false,
            lists_deactivated: false,
            hides_deactivated: false,
            update_needs_names: true,
            notify_on_update: false,
            hr_package: false,
            no_custom_fields: false,
        }
    }
}

impl Settings {
    /// Whether an account's own settings can be used; the text says what is wrong.
    pub fn check(own: &Map<String, Value>) -> Result<(), String> {
        let settings: Self = own::read(own)?;
        if let Some(scope) = settings.scopes.iter().flatten().find(|scope| !SCOPES.contains(&scope.as_str())) {
            return Err(format!("there is no scope {scope}; there are {}", SCOPES.join(", ")));
        }
        match settings.invitations.as_str() {
            "" | "at_once" | "hire_date" | "never" => Ok(()),
            other => Err(format!("invitations are at_once, hire_date or never, not {other}")),
        }
    }

    /// The settings of an account, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company) -> Self {
        let mut settings: Self = own::read(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref().unwrap_or("main");
        fill(&mut settings.name, company.tenant.as_deref().unwrap_or("Harbour & Vine"));
        fill(&mut settings.host, &format!("{tenant}.learnamp.example"));
        fill(&mut settings.client_id, &format!("learnamp-{tenant}"));
        fill(&mut settings.client_secret, &format!("la-secret-{tenant}"));
        fill(&mut settings.invitations, "at_once");
        settings.scopes.get_or_insert_with(|| {
            SCOPES
                .into_iter()
                .filter(|scope| !scope.ends_with("s:delete") || scope.starts_with("team_"))
                .map(str::to_owned)
                .collect()
        });
        settings
    }
}

/// The users who have an e-mail of their own; Learn Amp knows neither a birth date nor an end date.
pub(super) fn adopt(mut company: Company) -> Company {
    let mut emails = HashSet::new();
    company.people.retain(|user| !user.email.is_empty() && emails.insert(user.email.to_lowercase()));
    for (user, number) in company.people.iter_mut().zip(5001_u32..) {
        user.id = number.to_string();
        user.date_of_birth.clear();
        user.end_date.clear();
        user.own.clear();
    }
    company.options = Options::default();
    company
}
