//! The calls: the list, the report, one person, who has changed, fields and options.

use super::fields::{self, FieldMap, Resolved};
use super::map::Mapper;
use super::wire::{Changes, Company, Page, Report, Wanted};
use super::{API_KEY, CAPABILITIES, COMPANY, IDENTIFIER, NAME, RIGHTS_MENU};
use crate::ports::api::ApiError;
use crate::ports::clock::SharedClock;
use crate::ports::connect::ConnectParts;
use crate::vendors::http::{Answer, Body, HttpClient, ReadFailure, Request};
use crate::vendors::redact;
use crate::vendors::retry::{RetryRules, Verdict};
use crate::vendors::rows::RawRow;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Rows of a page: what older accounts give at most (doc).
pub(super) const PAGE: usize = 100;

/// What the list is asked for beside what it always shows: so it tells of each person whether the key may see it.
const LISTED: &str = "workEmail,homeEmail,mobilePhone";

/// Pages of the list, at most.
pub(super) const PAGES_MAX: u32 = 2_000;

const EMPLOYEES: &str = "/employees";
const EMPLOYEE: &str = "/employees/{id}";
const CHANGED: &str = "/employees/changed";
const REPORT: &str = "/reports/custom";
const COMPANY_INFORMATION: &str = "/company_information";
const META_FIELDS: &str = "/meta/fields";
const META_LISTS: &str = "/meta/lists";

/// Where the words of a refusal stand (client).
const ERROR_MESSAGE: HeaderName = HeaderName::from_static("x-bamboohr-error-message");

/// First wait after a 429 or 503 that names no time (assumed).
const THROTTLE_BASE: Duration = Duration::from_secs(1);

/// A client of one company.
pub struct BambooHr {
    http: HttpClient,
    basic: HeaderValue,
    pub(super) company: String,
    pinned: Option<String>,
    pub(super) map: FieldMap,
    by_number: bool,
    departments: BTreeSet<String>,
    /// In the tenant's zone.
    today: Date,
    pub(super) clock: SharedClock,
    /// What is needed to read a person alone.
    pub(super) mapper: OnceCell<Mapper>,
}

/// What came of a call that the key may be refused.
pub(super) enum Asked<T> {
    Given(T),
    /// There is no such call any more, or not for this key.
    Denied(ApiError),
}

impl BambooHr {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        let rules = RetryRules { throttle_base: THROTTLE_BASE, ..RetryRules::default() };
        Self::with_rules(parts, rules)
    }

    pub(super) fn with_rules(parts: &ConnectParts, rules: RetryRules) -> Result<Self, ApiError> {
        let setup = |detail: String| ApiError::Setup { vendor: NAME, detail };
        let company = company(parts.required(NAME, COMPANY, "Company")?)
            .ok_or_else(|| setup(format!("`{COMPANY}` is the part before .bamboohr.com: letters, digits, hyphens")))?;
        let key = parts.secret(NAME, API_KEY, "API key")?.reveal().trim().to_owned();
        if key.is_empty() || key.contains(':') {
            return Err(setup(format!("API key (`{API_KEY}`) is blank, or has a colon")));
        }
        // Any password is taken (doc); `x` is what clients send.
        let basic = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{key}:x"))));
        let mut basic = basic.map_err(|_| setup(format!("API key (`{API_KEY}`) has odd characters")))?;
        basic.set_sensitive(true);
        let by_number = match parts.parameter(IDENTIFIER) {
            None | Some("id") => false,
            Some("employeeNumber") => true,
            Some(_) => return Err(setup(format!("`{IDENTIFIER}` must be `id` or `employeeNumber`"))),
        };
        let usual = format!("https://{company}.bamboohr.com/api/v1");
        let base = parts.parameter("base_url").unwrap_or(&usual);
        let http = HttpClient::with_quotas(NAME, base, parts, CAPABILITIES.quotas)?;
        Ok(Self {
            http: http.of_account(&company).with_rules(rules).judged_by(judge),
            basic,
            company,
            pinned: parts.pinned_account.clone().filter(|account| !account.is_empty()),
            map: fields::map_of(parts)?,
            by_number,
            departments: parts.settings.departments.iter().map(|name| name.trim().to_owned()).collect(),
            today: parts.today,
            clock: Arc::clone(&parts.clock),
            mapper: OnceCell::new(),
        })
    }

    /// The company in the address is the account.
    ///
    /// # Errors
    /// [`ApiError::OtherAccount`] when it is not the pinned one.
    pub(super) fn check_account(&self) -> Result<(), ApiError> {
        match &self.pinned {
            Some(pinned) if *pinned != self.company => Err(ApiError::OtherAccount {
                vendor: NAME,
                detail: format!("the address is that of {}, this tenant was set up with {pinned}", self.company),
            }),
            _ => Ok(()),
        }
    }

    /// Without the accepted type some calls answer XML (doc).
    fn signed<'a>(&self, request: Request<'a>) -> Request<'a> {
        request.header(AUTHORIZATION, self.basic.clone()).header(ACCEPT, HeaderValue::from_static("application/json"))
    }

    /// A call that must succeed.
    async fn get<T: DeserializeOwned>(&self, request: Request<'_>, place: &str) -> Result<T, ApiError> {
        let take = |answer: &Answer| match answer.status {
            StatusCode::OK => answer.json_of(place),
            _ => Err(self.refusal(answer)),
        };
        self.http.read_as(&self.signed(request), take).await
    }

    /// A call that may be closed to the key.
    async fn ask<T: DeserializeOwned>(&self, request: Request<'_>, place: &str) -> Result<Asked<T>, ApiError> {
        let take = |answer: &Answer| match answer.status {
            StatusCode::OK => answer.json_of(place).map(Asked::Given),
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE
                if !answer.is_html() =>
            {
                Ok(Asked::Denied(self.refusal(answer)))
            }
            _ => Err(self.refusal(answer)),
        };
        self.http.read_as(&self.signed(request), take).await
    }

    /// What an answer that is no success means.
    fn refusal(&self, answer: &Answer) -> ApiError {
        let told = answer.headers.get(ERROR_MESSAGE).and_then(|text| text.to_str().ok());
        let told =
            told.and_then(|text| redact::quotable(text, &[])).map(|text| format!(" ({text})")).unwrap_or_default();
        match answer.status {
            StatusCode::UNAUTHORIZED => ApiError::Refused {
                vendor: NAME,
                detail: format!("401{told}: the API key is not known, or its user was switched off"),
            },
            StatusCode::FORBIDDEN => forbidden(format!("403{told}")),
            StatusCode::NOT_FOUND => ApiError::WrongAddress {
                vendor: NAME,
                detail: format!("404{told}: no company is called {}, or it has no such call", self.company),
            },
            _ => answer.unexpected(&format!("a refusal{told}")),
        }
    }

    /// A page of the list; the first one without a cursor.
    pub(super) async fn list(&self, cursor: Option<&str>) -> Result<Page, ApiError> {
        let mut request = Request::get(EMPLOYEES).query("page[limit]", PAGE).query("fields", LISTED);
        if let Some(cursor) = cursor {
            request = request.query("page[after]", cursor);
        }
        self.get(request, "employees").await
    }

    /// The chosen fields of everybody, or of these.
    pub(super) async fn report(&self, wanted: &Wanted, ids: Option<&[String]>) -> Result<Asked<Report>, ApiError> {
        let fields: Vec<&str> = wanted.names().collect();
        let body = match ids {
            None => json!({"title": "onroll", "fields": fields}),
            Some(ids) => json!({"title": "onroll", "fields": fields, "filters": {"employeeIds": ids}}),
        };
        // With `onlyCurrent` whoever starts later would be left out (doc).
        let request = Request::new(Method::POST, REPORT).query("format", "JSON").query("onlyCurrent", "false");
        self.ask(request.body(Body::Json(body)), "the report").await
    }

    /// The record of one person; `None` where BambooHR does not know the id.
    ///
    /// # Errors
    /// What came in place of it.
    pub(super) async fn person(&self, id: &str, wanted: &Wanted) -> Result<Option<RawRow>, ApiError> {
        let names: Vec<&str> = wanted.names().collect();
        let request = Request::get(EMPLOYEE).place(id).query("fields", names.join(","));
        let request = self.signed(request.query("onlyCurrent", "true"));
        let answer = self.http.read_record(&request).await.map_err(|ReadFailure { error, .. }| error)?;
        match answer.status {
            StatusCode::OK => answer.json_of("a person's record").map(Some),
            StatusCode::NOT_FOUND if !answer.is_html() => Ok(None),
            _ => Err(self.refusal(&answer)),
        }
    }

    /// Who has changed since a moment.
    pub(super) async fn changes(&self, since: &str) -> Result<Changes, ApiError> {
        self.get(Request::get(CHANGED).query("since", since), "what has changed").await
    }

    /// What the company is called.
    pub(super) async fn company_information(&self) -> Result<Asked<Company>, ApiError> {
        self.ask(Request::get(COMPANY_INFORMATION), "the company").await
    }

    pub(super) async fn meta_fields(&self) -> Result<Vec<RawRow>, ApiError> {
        self.get(Request::get(META_FIELDS), "the fields").await
    }

    /// The mapped fields, and what the account offers for them.
    pub(super) async fn resolved(&self) -> Result<Resolved, ApiError> {
        let definitions = if fields::has_custom(&self.map) { self.meta_fields().await? } else { Vec::new() };
        let mut resolved = Resolved::of(&self.map, &definitions);
        match self.ask::<Vec<RawRow>>(Request::get(META_LISTS), "the options").await? {
            Asked::Given(lists) => resolved.take_options(&lists),
            Asked::Denied(_) => {
                let what = format!("{NAME} does not show the key its options: only values that somebody has are known");
                resolved.warnings.push(what);
            }
        }
        Ok(resolved)
    }

    /// What is needed to read people, before any was seen.
    pub(super) async fn new_mapper(&self) -> Result<Mapper, ApiError> {
        Ok(Mapper::new(self.resolved().await?, self.by_number, self.departments.clone(), self.today))
    }
}

/// 408 passes (doc: the SDK asks again).
fn judge(answer: &Answer) -> Verdict {
    match answer.status {
        StatusCode::REQUEST_TIMEOUT => Verdict::Failed("status 408".to_owned()),
        _ => Verdict::Final,
    }
}

/// A right is missing.
pub(super) fn forbidden(detail: String) -> ApiError {
    ApiError::Forbidden {
        vendor: NAME,
        detail,
        remedy: format!(
            "in {NAME}: {RIGHTS_MENU}, give the user whose API key this is an access level that sees all employees with the mapped fields, status and dates; then test again"
        ),
    }
}

/// `harbour` of `harbour`, `harbour.bamboohr.com` and `https://harbour.bamboohr.com/home`.
fn company(text: &str) -> Option<String> {
    let host = text.trim().split_once("://").map_or(text.trim(), |(_, rest)| rest);
    let host = host.split(['/', '?', ':']).next().unwrap_or_default().to_lowercase();
    let name = host.strip_suffix(".bamboohr.com").unwrap_or(&host);
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}
