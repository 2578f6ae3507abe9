//! What a tenant of Mapal OS is set to, in the state document's names.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{own, world::Company};

/// A tenant's own settings. Absent members take defaults that depend on the tenant only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    pub short_name: String,
    pub time_zone: String,
    pub tenant_id: String,
    pub client_id: String,
    pub client_secret: String,
    /// The name of the user who may sign in by password.
    pub user: String,
    pub password: String,
    /// What the tenant file signs in with: `client`, `user` or `both`; blank is `client`.
    pub signs_in: String,
    /// What the tenant file feeds branches from: `branch` (the Feed ID) or `business_unit_name`; blank is `branch`.
    pub branch_from: String,
    /// Whether values of branches in the tenant file's table are codes; follows from the one above.
    pub branch_by_code: bool,
    /// Lines of the Feed Log.
    pub feed_log: Vec<FeedLine>,
    pub switches: Switches,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A line of the Feed Log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FeedLine {
    pub id: String,
    pub at: String,
    pub level: String,
    pub external_id: Option<String>,
    pub message: String,
}

/// Behaviour that nobody knows, or that differs from tenant to tenant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// The credentials were taken away.
    pub revoked: bool,
    /// Only users may sign in, or only clients.
    pub no_client_grant: bool,
    pub no_password_grant: bool,
    /// The tenant is unknown to the API.
    pub tenant_unknown: bool,
    /// Calls with `modifiedSince` are refused, or answered as if it were not there.
    pub refuses_modified_since: bool,
    pub ignores_modified_since: bool,
    /// The lists of units, titles, departments and profiles are calls that there are not.
    pub no_lists: bool,
    /// The Feed Log is no call.
    pub no_feed_log: bool,
    /// A second record with an External ID does not overwrite the first one.
    pub keeps_doubles: bool,
    /// Records name units, titles and departments by their ids alone.
    pub bare_references: bool,
    /// Rows of a page, at most; 0 is what is asked for.
    pub page_max: usize,
    /// How many seconds later a change shows (900 as on the way to Flow Learning).
    pub lag_seconds: u64,
}

impl Settings {
    /// Whether a tenant's own settings can be used; the text says what is wrong.
    pub fn check(own: &Map<String, Value>) -> Result<(), String> {
        let settings: Self = own::read(own)?;
        if !matches!(settings.signs_in.as_str(), "" | "client" | "user" | "both") {
            return Err("signs_in is `client`, `user` or `both`".to_owned());
        }
        match settings.branch_from.as_str() {
            "" | "branch" | "business_unit_name" => Ok(()),
            _ => Err("branch_from is `branch` or `business_unit_name`".to_owned()),
        }
    }

    /// The settings of a company, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company) -> Self {
        let mut settings: Self = own::read(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref();
        own::fill(&mut settings.name, tenant.unwrap_or("Harbour & Vine (Mapal OS)"));
        own::fill(&mut settings.short_name, tenant.unwrap_or("harbour-vine-mapal-os"));
        own::fill(&mut settings.time_zone, "Europe/London");
        let plain: String = settings.short_name.chars().filter(char::is_ascii_alphanumeric).collect();
        own::fill(&mut settings.tenant_id, &format!("t-{plain}"));
        own::fill(&mut settings.client_id, &plain);
        own::fill(&mut settings.client_secret, &format!("ms-{plain}-41d9"));
        let user = format!("{}.reader", settings.client_id);
        own::fill(&mut settings.user, &user);
        own::fill(&mut settings.password, &format!("mp-{plain}-77b0"));
        own::fill(&mut settings.signs_in, "client");
        own::fill(&mut settings.branch_from, "branch");
        settings.branch_by_code = settings.branch_from == "branch";
        settings
    }
}
