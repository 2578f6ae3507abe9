//! The calls of the assumed contract: the tenant, employees, one of them, the lists that they refer to, the Feed Log.

use super::fields::{self, FieldMap, Origin};
use super::map::{Catalogue, Mapper};
use super::token::{Credentials, Who};
use super::wire::{Page, Refusal, Tenant, filled};
use super::{BASE_URL, CLIENT_ID, CLIENT_SECRET, IDENTIFIER, LOGIN_URL, NAME, PASSWORD, QUOTAS, USER};
use crate::domain::ids::EmployeeId;
use crate::ports::api::ApiError;
use crate::ports::clock::SharedClock;
use crate::ports::connect::ConnectParts;
use crate::vendors::http::{Answer, HttpClient, Request};
use crate::vendors::paging::Walks;
use crate::vendors::retry::RetryRules;
use crate::vendors::rows::RawRow;
use crate::vendors::token::TokenKeeper;
use jiff::Timestamp;
use reqwest::StatusCode;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

const LOGIN: &str = "https://login.mapal-os.com";

/// Rows of a page that are asked for.
pub(super) const PAGE: usize = 100;

/// Pages of one list, at most.
pub(super) const PAGES_MAX: u32 = 2_000;

pub(super) const EMPLOYEES: &str = "/config/api/v1/employees";
const EMPLOYEE: &str = "/config/api/v1/employees/{osId}";
const TENANT: &str = "/config/api/v1/tenant";
const FEED_LOGS: &str = "/config/api/v1/feed-logs";

/// First wait after a 429 that names no time.
const THROTTLE_BASE: Duration = Duration::from_secs(1);

/// A list that employees refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Units,
    JobTitles,
    Departments,
    UserProfiles,
}

impl List {
    /// Its path, and what its rows are called.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            List::Units => ("/config/api/v1/business-units", "business units"),
            List::JobTitles => ("/config/api/v1/job-titles", "job titles"),
            List::Departments => ("/config/api/v1/departments", "departments"),
            List::UserProfiles => ("/config/api/v1/user-profiles", "user profiles"),
        }
    }
}

/// The account that answers.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub id: String,
    pub name: String,
}

/// A client of one tenant of Mapal OS.
pub struct MapalOs {
    http: HttpClient,
    pub(super) tokens: TokenKeeper<Credentials>,
    pinned: Option<String>,
    pub(super) map: FieldMap,
    by_os_id: bool,
    departments: BTreeSet<String>,
    pub(super) clock: SharedClock,
    /// What is needed to read a person alone.
    pub(super) mapper: OnceCell<Mapper>,
}

impl MapalOs {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        let rules = RetryRules { throttle_base: THROTTLE_BASE, ..RetryRules::default() };
        Self::with_rules(parts, rules)
    }

    pub(super) fn with_rules(parts: &ConnectParts, rules: RetryRules) -> Result<Self, ApiError> {
        let by_os_id = match parts.parameter(IDENTIFIER) {
            None | Some("externalId") => false,
            Some("osId") => true,
            Some(_) => {
                let detail = format!("`{IDENTIFIER}` must be `externalId` or `osId`");
                return Err(ApiError::Setup { vendor: NAME, detail });
            }
        };
        let who = who(parts)?;
        let client = |base: &str| -> Result<HttpClient, ApiError> {
            let http = HttpClient::with_quotas(NAME, base, parts, QUOTAS)?;
            Ok(http.of_account(who.account()).with_rules(rules))
        };
        let http = client(parts.required(NAME, BASE_URL, "REST address")?)?;
        let login = client(parts.parameter(LOGIN_URL).unwrap_or(LOGIN))?;
        Ok(Self {
            http,
            tokens: TokenKeeper::new(Credentials { http: login, who }),
            pinned: parts.pinned_account.clone().filter(|account| !account.is_empty()),
            map: fields::map_of(parts)?,
            by_os_id,
            departments: parts.settings.departments.iter().map(|name| name.trim().to_owned()).collect(),
            clock: Arc::clone(&parts.clock),
            mapper: OnceCell::new(),
        })
    }

    /// A GET that is answered, or refused by what no token cures.
    async fn get(&self, request: Request<'_>) -> Result<Answer, ApiError> {
        let answer = self.tokens.read(&self.http, request).await.map_err(|failure| failure.error)?;
        match answer.status {
            StatusCode::UNAUTHORIZED => Err(ApiError::Refused {
                vendor: NAME,
                detail: format!("401{} even with a fresh token", Refusal::of(&answer)),
            }),
            _ => Ok(answer),
        }
    }

    /// What an answer that is no success means.
    fn refusal(answer: &Answer) -> ApiError {
        let code = Refusal::of(answer);
        match answer.status {
            StatusCode::FORBIDDEN => ApiError::Forbidden {
                vendor: NAME,
                detail: format!("403{code}"),
                remedy: "ask Mapal's staff to let the client read employees and the lists of the configuration"
                    .to_owned(),
            },
            StatusCode::NOT_FOUND => ApiError::WrongAddress {
                vendor: NAME,
                detail: format!(
                    "404{code}: the tenant is unknown, or there is no such API at this address; the contract is assumed"
                ),
            },
            _ => answer.unexpected(&format!("a refusal{code}")),
        }
    }

    /// Whose the credentials are.
    ///
    /// # Errors
    /// [`ApiError::OtherAccount`] when it is not the pinned one.
    pub(super) async fn account(&self) -> Result<Account, ApiError> {
        let answer = self.get(Request::get(TENANT)).await?;
        if answer.status != StatusCode::OK {
            return Err(Self::refusal(&answer));
        }
        let tenant: Tenant = answer.json_of("the tenant")?;
        let id = tenant.id.filled().ok_or_else(|| answer.corrupt("the tenant", "it has no id"))?;
        let name = filled(tenant.name.as_deref()).unwrap_or_else(|| format!("tenant {id}"));
        match &self.pinned {
            Some(pinned) if *pinned != id => Err(ApiError::OtherAccount {
                vendor: NAME,
                detail: format!("the credentials are of tenant {id}, this one was set up with {pinned}"),
            }),
            _ => Ok(Account { id, name }),
        }
    }

    /// A page of employees, active or not; of those only who have changed since a moment, where one is given.
    pub(super) async fn employees(&self, number: u32, since: Option<Timestamp>) -> Result<Page, ApiError> {
        let mut request =
            Request::get(EMPLOYEES).query("page", number).query("pageSize", PAGE).query("includeInactive", "true");
        if let Some(since) = since {
            request = request.query("modifiedSince", since.strftime("%Y-%m-%dT%H:%M:%SZ"));
        }
        let answer = self.get(request).await?;
        match answer.status {
            StatusCode::OK => answer.json_of(&format!("employees, page {number}")),
            // A cursor that is not taken: everybody is read.
            StatusCode::BAD_REQUEST if since.is_some() && number == 1 => {
                Err(ApiError::Unsupported { what: "what has changed since this moment" })
            }
            _ => Err(Self::refusal(&answer)),
        }
    }

    /// One employee; `None` where nobody has the id.
    pub(super) async fn employee(&self, id: &EmployeeId) -> Result<Option<RawRow>, ApiError> {
        // Whoever has none was a row without an id that can be read.
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if id.as_str().is_empty() || !id.as_str().chars().all(is_plain) {
            return Ok(None);
        }
        let answer = self.get(Request::get(EMPLOYEE).place(id.as_str())).await?;
        match answer.status {
            StatusCode::OK => answer.json_of("a person's record").map(Some),
            StatusCode::NOT_FOUND if !answer.is_html() => Ok(None),
            _ => Err(Self::refusal(&answer)),
        }
    }

    /// A list that need not be there: where it is not, names are those in the records.
    pub(super) async fn catalogue(&self, list: List) -> Result<Catalogue, ApiError> {
        let (template, noun) = list.words();
        let mut all = Vec::new();
        let mut walks: Walks<String> = Walks::new(PAGE, PAGES_MAX);
        while let Some(number) = walks.next_page(NAME, noun)? {
            let answer = self.get(Request::get(template).query("page", number).query("pageSize", PAGE)).await?;
            match answer.status {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED
                    if number == 1 && !answer.is_html() =>
                {
                    let status = answer.status.as_u16();
                    return Ok(Catalogue::missing(&format!("{NAME} does not give the list of {noun} ({status})")));
                }
                _ => return Err(Self::refusal(&answer)),
            }
            let page: Page = answer.json_of(&format!("{noun}, page {number}"))?;
            if number == 1 {
                all.clear();
            }
            // What tells rows apart is no matter of what they are.
            let ids: Vec<String> = page.items.iter().map(|raw| raw.get().to_owned()).collect();
            walks.told(page.page_size.filter(|size| (1..PAGE).contains(size)), None);
            walks.page_with(&ids, 0, page.total_count);
            all.extend(page.items);
        }
        Ok(Catalogue::of(&all))
    }

    /// How many errors the Feed Log has since a moment, with some of its lines; `None` where there is no such log to be read.
    pub(super) async fn feed_log(&self, from: Timestamp, to: Timestamp) -> Result<Option<Page>, ApiError> {
        let request = Request::get(FEED_LOGS)
            .query("from", from.strftime("%Y-%m-%dT%H:%M:%SZ"))
            .query("to", to.strftime("%Y-%m-%dT%H:%M:%SZ"))
            .query("page", 1)
            .query("pageSize", PAGE);
        match self.get(request).await {
            Ok(answer) if answer.status == StatusCode::OK => Ok(answer.json_of("the Feed Log").ok()),
            Ok(_) => Ok(None),
            Err(error @ (ApiError::Refused { .. } | ApiError::Stopped)) => Err(error),
            // Nobody waits for it.
            Err(_) => Ok(None),
        }
    }

    /// What is needed to read employees now, of the tenant that is meant.
    pub(super) async fn new_mapper(&self) -> Result<Mapper, ApiError> {
        let account = self.account().await?;
        Ok(Mapper {
            account,
            map: self.map.clone(),
            units: self.catalogue(List::Units).await?,
            job_titles: self.catalogue(List::JobTitles).await?,
            departments: self.catalogue(List::Departments).await?,
            profiles: match fields::feeds(&self.map, Origin::UserProfile) {
                true => self.catalogue(List::UserProfiles).await?,
                false => Catalogue::default(),
            },
            by_os_id: self.by_os_id,
            wanted: self.departments.clone(),
        })
    }
}

/// Who signs in, by what is given: a user where there is one, else the client.
fn who(parts: &ConnectParts) -> Result<Who, ApiError> {
    let client = parts.parameter(CLIENT_ID).map(str::to_owned);
    match (parts.parameter(USER), client) {
        (Some(user), client) => Ok(Who::User {
            name: user.to_owned(),
            password: parts.secret(NAME, PASSWORD, "Password")?.clone(),
            client: client.map(|id| {
                let secret = parts.secret(NAME, CLIENT_SECRET, "Client secret").ok().cloned();
                (id, secret)
            }),
        }),
        (None, Some(id)) => Ok(Who::Client { id, secret: parts.secret(NAME, CLIENT_SECRET, "Client secret")?.clone() }),
        (None, None) => Err(ApiError::Setup {
            vendor: NAME,
            detail: format!(
                "over REST either Client ID (`{CLIENT_ID}`) and secret are needed, or User (`{USER}`) and password"
            ),
        }),
    }
}
