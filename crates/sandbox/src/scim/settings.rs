//! What a service provider is set to, in the state document's names.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{call::Answer, own, own::fill, world::Company};

/// A provider's own settings. Absent members take defaults that depend on the company only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    /// Bearer token, or the password of a basic sign-in.
    pub token: String,
    /// Rows on a page at most.
    pub page_max: usize,
    pub switches: Switches,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What `filter` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Filtering {
    #[default]
    Works,
    /// All users come, whatever is asked.
    Ignored,
    /// Finds nobody by `externalId`, though somebody has it.
    BlindExternalId,
    /// 400 to `externalId`.
    #[serde(rename = "external_id_400")]
    ExternalId400,
    /// 500 to `externalId`.
    #[serde(rename = "external_id_500")]
    ExternalId500,
    /// `userName` to the letter.
    CaseSensitive,
    /// 404 where nobody matches.
    NotFound,
}

/// What PATCH does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Patching {
    #[default]
    Works,
    /// 501, and the configuration says so.
    Unsupported,
    /// 405 with a page, though the configuration says that it is supported.
    MethodNotAllowed,
    /// 501 to whatever is not a name, `userName`, `active` or all of `emails`.
    SimpleOnly,
    /// 400 to a path with a filter.
    NoFilteredPaths,
    /// `active` only without a path.
    PathlessActive,
    /// 200, and nothing is changed.
    Pretends,
}

/// What becomes of somebody who is set inactive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnInactive {
    #[default]
    Keeps,
    Deletes,
    /// 404 and in no list, but the name is taken.
    Hides,
}

/// How a second user of one name is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnDuplicate {
    #[default]
    Conflict,
    /// 409 without `scimType` and `status`.
    Bare,
    /// 500 with a page.
    #[serde(rename = "page_500")]
    Page500,
}

/// How lists are paged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Paging {
    #[default]
    Index,
    /// By cursor as well, and the configuration says so (RFC 9865).
    Cursor,
    /// The first page, whatever is asked.
    Ignored,
    /// 500 whenever `count` is there; no `startIndex` and `itemsPerPage` in answers.
    #[serde(rename = "count_500")]
    Count500,
    /// Past the end the first page comes again.
    WrapsAround,
    /// Everybody in one answer without `totalResults`.
    Bare,
}

/// What becomes of a `userName` that is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum UserNames {
    #[default]
    Kept,
    Lower,
    /// `@` becomes `[at]`.
    Brackets,
}

/// Behaviour that providers in the field have.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// Whoever is made gets a mail, at providers that send any.
    pub welcome_mail: bool,
    /// No discovery call is there.
    pub no_discovery: bool,
    /// The configuration says that there are no filters, though there are.
    pub denies_filters: bool,
    pub filter: Filtering,
    pub patch: Patching,
    pub on_inactive: OnInactive,
    pub on_duplicate: OnDuplicate,
    pub paging: Paging,
    pub user_names: UserNames,
    /// Attributes that are dropped without a word; also `enterprise`, for all of the extension.
    pub drops: Vec<String>,
    /// Dropped attributes are not in `/Schemas` either.
    pub honest_schemas: bool,
    /// Attributes that are refused, and not in `/Schemas`.
    pub refuses: Vec<String>,
    /// Attributes without which nobody is taken; `/Schemas` says so.
    pub requires: Vec<String>,
    /// ETags are kept to.
    pub etag: bool,
    /// PATCH and PUT answer 204.
    pub empty_answers: bool,
    /// POST answers 201 without a body.
    pub empty_created: bool,
    /// 415 to `application/scim+json`.
    pub plain_json_only: bool,
    /// `active` as text, ids as numbers where they look so, one-element lists as a bare object, `externalID`.
    pub loose_types: bool,
    /// `status` of an error is a number.
    pub number_status: bool,
    /// Attributes that are kept and never shown, whatever is asked.
    pub never_shows: Vec<String>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            welcome_mail: true,
            no_discovery: false,
            denies_filters: false,
            filter: Filtering::default(),
            patch: Patching::default(),
            on_inactive: OnInactive::default(),
            on_duplicate: OnDuplicate::default(),
            paging: Paging::default(),
            user_names: UserNames::default(),
            drops: Vec::new(),
            honest_schemas: false,
            refuses: Vec::new(),
            requires: Vec::new(),
            etag: false,
            empty_answers: false,
            empty_created: false,
            plain_json_only: false,
            loose_types: false,
            number_status: false,
            never_shows: Vec::new(),
        }
    }
}

impl Settings {
    /// Whether a provider's own settings can be used; the text says what is wrong.
    pub fn check(own: &Map<String, Value>) -> Result<(), String> {
        own::read::<Self>(own).map(|_| ())
    }

    /// The settings of a company, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company) -> Self {
        let mut settings: Self = own::read(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref().unwrap_or("main");
        fill(&mut settings.name, company.tenant.as_deref().unwrap_or("Harbour & Vine"));
        fill(&mut settings.token, &format!("{}-token-{tenant}", company.vendor));
        if settings.page_max == 0 {
            settings.page_max = 100;
        }
        settings
    }
}

impl Switches {
    pub fn drops(&self, attribute: &str) -> bool {
        self.drops.iter().any(|dropped| dropped == attribute)
    }

    pub fn refuses(&self, attribute: &str) -> bool {
        self.refuses.iter().any(|refused| refused == attribute)
    }

    /// An answer as this provider writes it.
    pub fn bent(&self, mut answer: Answer) -> Answer {
        if self.number_status
            && let Some(status) = answer.body.as_mut().and_then(|body| body.get_mut("status"))
        {
            *status = json!(answer.status);
        }
        answer
    }

    /// A user as this provider writes it.
    pub fn shown(&self, mut row: Value) -> Value {
        if let Some(members) = row.as_object_mut() {
            members.retain(|name, _| !self.never_shows.contains(name));
        }
        if !self.loose_types {
            return row;
        }
        let Some(members) = row.as_object_mut() else { return row };
        if let Some(active) = members.get_mut("active") {
            *active = json!(if *active == json!(true) { "True" } else { "False" });
        }
        if let Some(number) = members.get("id").and_then(Value::as_str).and_then(|id| id.parse::<i64>().ok()) {
            members.insert("id".into(), json!(number));
        }
        if let Some(only) = members.get("emails").and_then(Value::as_array).filter(|list| list.len() == 1) {
            let only = only[0].clone();
            members.insert("emails".into(), only);
        }
        if let Some(id) = members.shift_remove("externalId") {
            members.insert("externalID".into(), id);
        }
        row
    }
}
