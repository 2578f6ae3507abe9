//! The calls: whose company it is, and the employees, by pages or in one piece.

use super::fields;
use super::map::Mapper;
use super::wire::{Company, Envelope, Outcome, Page, judge};
use super::{API_KEY, BASE_URL, CAPABILITIES, COMPANY, NAME};
use crate::domain::ids::EmployeeId;
use crate::domain::secret::Secret;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::vendors::http::{Answer, Body, HttpClient, Request, keys};
use crate::vendors::redact;
use crate::vendors::retry::RetryRules;
use crate::vendors::rows::RawRow;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Rows of a page: the most that are given (client).
pub(super) const PAGE: usize = 500;

/// Pages of the list, at most: 500,000 rows are far more than the largest account.
pub(super) const PAGES_MAX: u32 = 1_000;

/// The resource of all calls here.
const EMPLOYEE: &str = "/Employee";

const COMPANY_INFORMATION: &str = "GetCompanyInformation";
const BY_PAGES: &str = "GetAllEmployeeDetailPaginated";
const IN_ONE_PIECE: &str = "GetAllEmployeeDetail";
const BY_ID: &str = "GetEmployeeDetailById";

/// A throttled answer names no time; the window is a minute (client).
const WINDOW: Duration = Duration::from_secs(60);

/// The whole company may come in one answer: allow for a long time (peoplehr.md 3.5) (inferred).
const TIMEOUT_SECONDS: &str = "180";

/// Where an administrator gives a key more rights.
const RIGHTS: &str = "in PeopleHR: Settings › API › the key › Employee: tick";

/// A client of one account.
pub struct PeopleHr {
    http: HttpClient,
    key: Secret,
    pub(super) mapper: Mapper,
    pinned: Option<String>,
    /// Whether it was looked whose account it is, before the first person who is read alone.
    is_ours: OnceCell<()>,
}

/// What came of a call.
pub(super) enum Asked<T> {
    Given(T),
    /// The key may not make this call, or there is no such call.
    Denied(ApiError),
}

impl<T> Asked<T> {
    /// What was given; a denial is an error.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`].
    pub fn given(self) -> Result<T, ApiError> {
        match self {
            Asked::Given(given) => Ok(given),
            Asked::Denied(error) => Err(error),
        }
    }
}

/// Rows of the list, and how many it has in all where that is told.
pub(super) struct Rows {
    pub rows: Vec<RawRow>,
    pub total: Option<u64>,
}

/// A good answer, with its result still raw; `None` where there are no records.
struct Answered {
    answer: Answer,
    result: Option<RawRow>,
}

impl PeopleHr {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        // What is copied from a page may bring a blank along; a key has none.
        let key = Secret::new(parts.secret(NAME, API_KEY, "API key")?.reveal().trim());
        if key.reveal().is_empty() {
            return Err(ApiError::Setup { vendor: NAME, detail: format!("API key (`{API_KEY}`) is blank") });
        }
        let mut parts = parts.clone();
        if parts.parameter(keys::TIMEOUT).is_none() {
            parts.parameters.insert(keys::TIMEOUT.to_owned(), TIMEOUT_SECONDS.to_owned());
        }
        let base = parts.parameter("base_url").unwrap_or(BASE_URL);
        let http = HttpClient::with_quotas(NAME, base, &parts, CAPABILITIES.quotas)?;
        let rules = RetryRules { throttle_base: WINDOW, ..RetryRules::default() };
        Ok(Self {
            http: http.of_account(&account_of(&key)).with_rules(rules).judged_by(judge),
            key,
            mapper: Mapper {
                map: fields::map_of(&parts)?,
                company: parts.parameter(COMPANY).map(str::to_owned),
                departments: parts.settings.departments.iter().map(|name| name.trim().to_owned()).collect(),
            },
            pinned: parts.pinned_account.filter(|account| !account.is_empty()),
            is_ours: OnceCell::new(),
        })
    }

    #[cfg(test)]
    pub(super) fn with_rules(mut self, rules: RetryRules) -> Self {
        self.http = self.http.with_rules(rules);
        self
    }

    /// One action, with its members; errors name `place`.
    async fn ask(&self, action: &'static str, members: Value, place: &str) -> Result<Asked<Answered>, ApiError> {
        let mut body = json!({"APIKey": self.key.reveal(), "Action": action});
        if let (Some(body), Value::Object(members)) = (body.as_object_mut(), members) {
            body.extend(members);
        }
        let request = Request::new(Method::POST, EMPLOYEE).body(Body::Json(body));
        let answer = self.http.read(&request).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::FORBIDDEN => return Err(kept_out()),
            StatusCode::NOT_FOUND => return Err(answer.no_data(place, &answer.describe())),
            _ => return Err(answer.unexpected("a refusal")),
        }
        let envelope: Envelope = answer.json_of(place)?;
        match envelope.outcome() {
            Outcome::Done | Outcome::NoRecords => Ok(Asked::Given(Answered { answer, result: envelope.result })),
            Outcome::NoKey => Err(ApiError::Refused {
                vendor: NAME,
                detail: "the API key is not known: it was deleted, or is another product's".to_owned(),
            }),
            Outcome::Denied => Ok(Asked::Denied(denied(action))),
            Outcome::Throttled | Outcome::Failed => {
                Err(ApiError::Temporary { vendor: NAME, detail: format!("{action} was put off again and again") })
            }
            Outcome::Refused(status) => {
                let status = status.map_or_else(|| "no status".to_owned(), |status| format!("status {status}"));
                let said = envelope.message.as_deref().and_then(|text| redact::quotable(text, &[self.key.reveal()]));
                let said = said.map(|said| format!(": {said}")).unwrap_or_default();
                Err(answer.unexpected(&format!("{action} is refused with {status}{said}")))
            }
        }
    }

    /// Whose account it is; `None` where the key may not ask that.
    ///
    /// # Errors
    /// [`ApiError::OtherAccount`] when it is not the pinned one, [`ApiError::Forbidden`] when that can no longer be told.
    pub(super) async fn company(&self) -> Result<Option<(String, Company)>, ApiError> {
        let place = "the company information";
        let given = match self.ask(COMPANY_INFORMATION, json!({}), place).await? {
            Asked::Given(given) => given,
            // Once it was told whose key it is, a key that does not tell may be anybody's.
            Asked::Denied(error) => return if self.pinned.is_some() { Err(error) } else { Ok(None) },
        };
        let company = given.result.and_then(|raw| serde_json::from_str::<Company>(raw.get()).ok());
        let Some((id, company)) = company.and_then(|company| Some((company.id()?, company))) else {
            return Err(given.answer.corrupt(place, "it has no id that can be read"));
        };
        match &self.pinned {
            Some(pinned) if *pinned != id => Err(ApiError::OtherAccount {
                vendor: NAME,
                detail: format!("the key belongs to company {id}, this tenant was set up with {pinned}"),
            }),
            _ => Ok(Some((id, company))),
        }
    }

    /// A page of the list of everybody, leavers too.
    pub(super) async fn page(&self, offset: usize, limit: usize) -> Result<Asked<Rows>, ApiError> {
        let members = json!({"Limit": limit, "Offset": offset, "IncludeLeavers": "true"});
        let place = format!("employees, rows {} to {}", offset + 1, offset + limit);
        let given = match self.ask(BY_PAGES, members, &place).await? {
            Asked::Given(given) => given,
            Asked::Denied(error) => return Ok(Asked::Denied(error)),
        };
        let Some(raw) = given.result else { return Ok(Asked::Given(Rows { rows: Vec::new(), total: None })) };
        let page = serde_json::from_str::<Page>(raw.get());
        let (rows, total) = page.map_err(|_| given.answer.corrupt(&place, "it is no page"))?.parts();
        Ok(Asked::Given(Rows { rows, total }))
    }

    /// The list of everybody in one answer.
    pub(super) async fn everybody(&self) -> Result<Rows, ApiError> {
        let given = self.ask(IN_ONE_PIECE, json!({"IncludeLeavers": "true"}), "all employees").await?.given()?;
        let Some(raw) = given.result else { return Ok(Rows { rows: Vec::new(), total: None }) };
        let rows = serde_json::from_str(raw.get());
        let rows = rows.map_err(|_| given.answer.corrupt("all employees", "it is no list"))?;
        Ok(Rows { rows, total: None })
    }
}

impl PeopleHr {
    /// The record of one person, with histories, which are not looked at; `None` where nobody has the id.
    pub(super) async fn by_id(&self, id: &EmployeeId) -> Result<Option<RawRow>, ApiError> {
        self.is_ours.get_or_try_init(|| async { self.company().await.map(drop) }).await?;
        match self.ask(BY_ID, json!({"EmployeeId": id.as_str()}), "a person's record").await? {
            Asked::Given(given) => Ok(given.result),
            // A key may list everybody and still not ask for one.
            Asked::Denied(_) => Err(ApiError::Unsupported { what: "a person alone" }),
        }
    }
}

/// A name for the account behind a key, which is no secret.
fn account_of(key: &Secret) -> String {
    Sha256::digest(key.reveal()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A refusal in front of the API: an allow-list of addresses, or the vendor's own gate.
fn kept_out() -> ApiError {
    ApiError::Forbidden {
        vendor: NAME,
        detail: format!("403 from {EMPLOYEE}, before the key was looked at"),
        remedy: "in PeopleHR: Settings › API › the key: its list of IP addresses must hold this machine's, or be empty"
            .to_owned(),
    }
}

fn denied(action: &'static str) -> ApiError {
    let right = match action {
        COMPANY_INFORMATION => "Get Company Information",
        BY_PAGES => "Get All Employee Detail Paginated",
        BY_ID => "Get Employee Detail By Id",
        _ => "Get All Employee Detail",
    };
    ApiError::Forbidden {
        vendor: NAME,
        detail: format!("the key may not `{right}`"),
        remedy: format!("{RIGHTS} `{right}`, and save"),
    }
}
