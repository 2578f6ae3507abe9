//! What a Flow company is set to, in the state document's names.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{own, own::fill, vendor::Setup, world::Company};

/// A company's own settings. Absent members take defaults that depend on the company only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    pub company_id: String,
    pub secret: String,
    pub switches: Switches,
    /// The page of possible duplicates: who was taken but not made a learner.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<Parked>,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A record on the page of possible duplicates.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Parked {
    pub identifier: String,
    pub first_name: String,
    pub last_name: String,
    /// How often it came.
    pub times: u32,
}

/// How the company stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// Unknown branches, departments and job titles are created as they come.
    pub auto_create_structure: bool,
    /// Options cannot be created through the API: 403.
    pub structure_by_hand: bool,
    /// A new learner gets a welcome mail.
    pub welcome_mail: bool,
    /// The e-mail of a learner who has not verified the account cannot be changed.
    pub unverified_emails: bool,
    /// A likely duplicate is parked, not created.
    pub possible_duplicate_rule: bool,
    /// How long reads lag behind writes, in seconds.
    pub propagation_delay_s: u64,
    /// `If-Match: *` and `If-None-Match: *` are honoured: 412 where nobody, or somebody, has the identifier.
    pub preconditions: bool,
    /// A creation is a plain insert, which looks at nobody who is there: sent twice it makes two learners, each with a
    /// welcome mail. Each row of a feed is one, and each `PUT` that does not say `If-Match: *`. Absent, it is as the
    /// sandbox was started.
    pub plain_insert: Option<bool>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            auto_create_structure: false,
            structure_by_hand: false,
            welcome_mail: true,
            unverified_emails: false,
            possible_duplicate_rule: false,
            propagation_delay_s: 0,
            preconditions: false,
            plain_insert: None,
        }
    }
}

impl Settings {
    /// The settings of a company, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company, setup: Setup) -> Self {
        let mut settings = own::read::<Self>(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref().unwrap_or("main");
        fill(&mut settings.name, company.tenant.as_deref().unwrap_or("Harbour & Vine"));
        fill(&mut settings.company_id, &format!("flow-{tenant}"));
        fill(&mut settings.secret, &format!("secret-{tenant}"));
        settings.switches.plain_insert.get_or_insert(setup.plain_insert);
        settings
    }
}
