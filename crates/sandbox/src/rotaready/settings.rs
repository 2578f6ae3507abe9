//! What a realm is set to, in the state document's names.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{own, world::Company};

/// A realm's own settings. Absent members take defaults that depend on the realm only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    pub short_name: String,
    pub time_zone: String,
    /// Letters and digits only (doc).
    pub realm: String,
    pub key: String,
    pub secret: String,
    /// The entities that the tenant file filters by; blank is none.
    pub entity_filter: String,
    /// What the tenant file feeds branches from; blank is sites.
    pub branch_from: String,
    /// Members that this realm calls by another name than is assumed: `{"email": "contact.workEmail"}`. The tenant file says so.
    pub members: Map<String, Value>,
    pub switches: Switches,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Behaviour that is not documented, or that differs from realm to realm.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// The credentials were taken away.
    pub revoked: bool,
    /// The token's life is told; the answers that clients show have the token alone.
    pub tells_expiry: bool,
    /// The API user may not view everyone's employments: nobody has an `appointment`.
    pub appointment_hidden: bool,
    /// New joiners who wait for their approval (`awaiting_approval`) are not listed; else they are, without entity and position.
    pub approval_hides_joiners: bool,
    /// Inactive accounts are listed only where a call asks for them.
    pub leavers_on_request: bool,
    /// Whoever has left and will come back shows the next employment, not the last one.
    pub shows_next_employment: bool,
    /// How an appointment names entity, department and position: `ids`, `objects`; blank is both.
    pub appointment_form: String,
    /// Only members that client code shows are there.
    pub evidenced_only: bool,
    /// The lists of entities and of positions, and a single account, are calls that there are not.
    pub no_entity_list: bool,
    pub no_position_list: bool,
    pub no_single: bool,
    /// Every such call is answered 504; 0 is none.
    pub times_out_every: u64,
}

impl Settings {
    /// Whether a realm's own settings can be used; the text says what is wrong.
    pub fn check(own: &Map<String, Value>) -> Result<(), String> {
        let settings: Self = own::read(own)?;
        match settings.switches.appointment_form.as_str() {
            "" | "ids" | "objects" => Ok(()),
            _ => Err("appointment_form is `ids`, `objects` or blank".to_owned()),
        }
    }

    /// The settings of a company, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company) -> Self {
        let mut settings: Self = own::read(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref();
        own::fill(&mut settings.name, tenant.unwrap_or("Harbour & Vine (Rotaready)"));
        own::fill(&mut settings.short_name, tenant.unwrap_or("harbour-vine-rotaready"));
        own::fill(&mut settings.time_zone, "Europe/London");
        let plain: String = settings.short_name.chars().filter(char::is_ascii_alphanumeric).collect();
        own::fill(&mut settings.realm, &plain);
        let sum: u64 = plain.bytes().zip(1_u64..).map(|(byte, place)| u64::from(byte) * place).sum();
        own::fill(&mut settings.key, &format!("ck{sum:010}"));
        own::fill(&mut settings.secret, &format!("cs{sum:010}a7f3"));
        settings
    }
}
