//! The calls: sign-in, portal, fields, departments, both employee lists, one detail per active employee.

use super::fields::{self, FieldMap, Resolved};
use super::map::{Departments, Mapper};
use super::token::{REFRESH_TOKEN, RefreshToken};
use super::wire::{Data, Department, FieldDefinitions, Page, Portal, Read};
use super::{BASE_URL, CAPABILITIES, IDENTITY_URL, NAME, READ_DETAILS};
use crate::ports::api::ApiError;
use crate::ports::clock::SharedClock;
use crate::ports::connect::ConnectParts;
use crate::vendors::http::{Answer, HttpClient, ReadFailure, Request};
use crate::vendors::paging::Walks;
use crate::vendors::rows::{self, RawRow};
use crate::vendors::token::TokenKeeper;
use reqwest::StatusCode;
use reqwest::header::{HeaderName, HeaderValue};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Rows per page: Planday's maximum (planday.md 1.5).
pub(super) const PAGE: usize = 50;

/// Pages of one list, at most: 100,000 rows are ten times the largest portal.
pub(super) const PAGES_MAX: u32 = 2_000;

const CLIENT_ID: HeaderName = HeaderName::from_static("x-clientid");

pub(super) const PORTAL: &str = "/portal/v1.0/info";
pub(super) const EMPLOYEES: &str = "/hr/v1.0/employees";
pub(super) const LEAVERS: &str = "/hr/v1.0/employees/deactivated";
pub(super) const DETAIL: &str = "/hr/v1.0/employees/{id}";
const DEFINITIONS: &str = "/hr/v1.0/employees/fielddefinitions";
const DEPARTMENTS: &str = "/hr/v1.0/departments";

/// A client of one portal.
pub struct Planday {
    http: HttpClient,
    pub(super) tokens: TokenKeeper<RefreshToken>,
    client_id: HeaderValue,
    pub(super) map: FieldMap,
    pub(super) scope: BTreeSet<String>,
    pinned: Option<String>,
    /// Every detail is read in each pull.
    pub(super) reads_all: bool,
    pub(super) clock: SharedClock,
    /// What is needed to read a person alone.
    pub(super) mapper: OnceCell<Mapper>,
}

/// What came of a call by id.
pub(super) enum Detail {
    Read(Box<Read>),
    /// 400 "Employee id is invalid" or 404: Planday does not know the id any more (planday.md 1.7).
    Unknown(u16),
    /// This one record is not given.
    Failed(Fault),
}

/// Why one record is not given.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub kind: FaultKind,
    /// Behind "Planday " in a sentence (`answers 403 to this person's record`).
    pub what: String,
    pub error: ApiError,
}

/// What such a failure would be, were it everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A scope is missing.
    Forbidden,
    /// The sign-in does not hold.
    Refused,
    /// An outage.
    Down,
    /// Answers that are no answers.
    Odd,
}

impl Planday {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        let setup = |detail: &str| ApiError::Setup { vendor: NAME, detail: detail.to_owned() };
        let client_id = parts.required(NAME, "client_id", "App id")?;
        let refresh_token = parts.secret(NAME, REFRESH_TOKEN, "Token")?.clone();
        let client = |key, usual| {
            HttpClient::with_quotas(NAME, parts.parameter(key).unwrap_or(usual), parts, CAPABILITIES.quotas)
        };
        let identity = client("identity_url", IDENTITY_URL)?;
        let reads_all = match parts.parameter(READ_DETAILS) {
            None | Some("changed") => false,
            Some("all") => true,
            Some(_) => return Err(setup("`read_details` must be `changed` or `all`")),
        };
        let sign_in = RefreshToken::new(identity, client_id.to_owned(), refresh_token, parts.keeping.clone());
        Ok(Self {
            http: client("base_url", BASE_URL)?.of_account(client_id),
            tokens: TokenKeeper::new(sign_in),
            client_id: HeaderValue::from_str(client_id).map_err(|_| setup("the App id has odd characters"))?,
            map: fields::map_of(parts)?,
            scope: parts.settings.departments.iter().map(|name| name.trim().to_owned()).collect(),
            pinned: parts.pinned_account.clone(),
            reads_all,
            clock: Arc::clone(&parts.clock),
            mapper: OnceCell::new(),
        })
    }

    #[cfg(test)]
    pub(super) fn with_rules(mut self, rules: crate::vendors::retry::RetryRules) -> Self {
        self.http = self.http.with_rules(rules);
        self
    }

    /// A GET with both headers; a 401 is answered by one fresh token.
    async fn get(&self, request: Request<'_>) -> Result<Answer, ReadFailure> {
        self.tokens.read(&self.http, request.header(CLIENT_ID, self.client_id.clone())).await
    }

    /// A GET that must be answered; errors name `place`.
    async fn fetch(&self, request: Request<'_>, place: &str) -> Result<Fetched, ApiError> {
        let template = request.template;
        let answer = self.get(request).await.map_err(|failure| failure.error)?;
        match answer.status {
            // A page for people between good answers is a proxy's; before the first good one, the address is wrong.
            StatusCode::OK if template != PORTAL && answer.is_html() => Err(answer.corrupt(place, &answer.describe())),
            StatusCode::OK => Ok(Fetched { answer, place: place.to_owned() }),
            StatusCode::FORBIDDEN => Err(forbidden(template)),
            StatusCode::UNAUTHORIZED => Err(refused()),
            _ => Err(answer.unexpected("a refusal")),
        }
    }

    /// The portal behind the token.
    ///
    /// # Errors
    /// [`ApiError::OtherAccount`] when it is not the pinned one.
    pub(super) async fn portal(&self) -> Result<Portal, ApiError> {
        let fetched = self.fetch(Request::get(PORTAL), "the portal").await?;
        let Some(portal) = rows::read::<Portal>(&fetched.data()?).record else {
            return Err(fetched.answer.corrupt("the portal", "it has no id that can be read"));
        };
        match &self.pinned {
            Some(pinned) if *pinned != portal.id.to_string() => Err(ApiError::OtherAccount {
                vendor: NAME,
                detail: format!("the token belongs to portal {}, this tenant was set up with {pinned}", portal.id),
            }),
            _ => Ok(portal),
        }
    }

    /// The mapped custom fields of the portal.
    pub(super) async fn fields(&self) -> Result<Resolved, ApiError> {
        let request = Request::get(DEFINITIONS).query("type", "Post");
        let fetched = self.fetch(request, "the field definitions").await?;
        let definitions = FieldDefinitions::of(&fetched.data()?);
        Resolved::of(&self.map, &definitions)
            .map_err(|fault| fetched.answer.corrupt("the field definitions", &fault.to_string()))
    }

    /// Department id to name.
    pub(super) async fn departments(&self) -> Result<Departments, ApiError> {
        let mut found = Departments::default();
        let mut walks = Walks::new(PAGE, PAGES_MAX);
        while let Some(offset) = walks.next(NAME, "departments")? {
            if offset == 0 {
                found = Departments::default();
            }
            let page = self.page(DEPARTMENTS, "departments", offset, false).await?;
            let (mut ids, mut nameless) = (Vec::new(), 0);
            for raw in &page.data {
                let row = rows::read::<Department>(raw);
                let Some(Department { id, name }) = row.record else {
                    nameless += 1;
                    continue;
                };
                ids.push(id);
                match name {
                    Some(name) => _ = found.names.insert(id, name),
                    None if row.faults.is_empty() => {}
                    None => _ = found.broken.insert(id),
                }
            }
            walks.page_with(&ids, nameless, page.total());
        }
        Ok(found)
    }

    /// One page of a list of `noun`. Birth dates are asked for where they are needed, nothing else that is special.
    pub(super) async fn page(
        &self,
        list: &'static str,
        noun: &str,
        offset: usize,
        birth_dates: bool,
    ) -> Result<Page, ApiError> {
        let mut request = Request::get(list).query("limit", PAGE).query("offset", offset);
        if birth_dates {
            request = request.query("special", "BirthDate");
        }
        let place = format!("{noun}, rows {} to {}", offset + 1, offset + PAGE);
        self.fetch(request, &place).await?.read()
    }

    /// What is needed to read the people of this portal.
    pub(super) async fn mapper_of(&self, portal: &Portal) -> Result<Mapper, ApiError> {
        Ok(Mapper {
            portal: portal.id,
            map: self.map.clone(),
            resolved: self.fields().await?,
            departments: self.departments().await?,
            scope: self.scope.clone(),
        })
    }

    /// The record of one person; with the birth date, which no list has given then, where it is wanted `alone`.
    ///
    /// # Errors
    /// What would meet any other record as well.
    pub(super) async fn detail(&self, id: i64, mapped: &BTreeSet<&str>, alone: bool) -> Result<Detail, ApiError> {
        let text = id.to_string();
        let mut request = Request::get(DETAIL).place(&text);
        if alone {
            request = request.query("special", "BirthDate");
        }
        let answer = match self.get(request).await {
            Ok(answer) => answer,
            Err(failure) if failure.of_all => return Err(failure.error),
            Err(ReadFailure { error, .. }) => {
                let what = match &error {
                    ApiError::Temporary { detail, .. } | ApiError::Unexpected { detail, .. } => detail.clone(),
                    other => other.to_string(),
                };
                return Ok(failed(FaultKind::Down, format!("does not give this person's record: {what}"), error));
            }
        };
        let status = answer.status.as_u16();
        let refusal = |kind, error| failed(kind, format!("answers {status} to this person's record"), error);
        Ok(match answer.status {
            StatusCode::OK => {
                let raw = rows::text(answer.bytes());
                let Ok(Data { data }) = serde_json::from_str::<Data>(&raw) else {
                    let what = if answer.is_html() { answer.describe() } else { "broken JSON".to_owned() };
                    let error = answer.corrupt("a person's record", &what);
                    return Ok(failed(FaultKind::Odd, format!("answers this person's record with {what}"), error));
                };
                let read = Read::of(&data, mapped);
                match &read.record {
                    Some(record) if record.row.id == id => Detail::Read(Box::new(read)),
                    _ => {
                        let error = answer.corrupt("a person's record", "the id in it is another one");
                        failed(FaultKind::Odd, "answers with a record that has another id".to_owned(), error)
                    }
                }
            }
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => Detail::Unknown(status),
            StatusCode::FORBIDDEN => refusal(FaultKind::Forbidden, forbidden(DETAIL)),
            StatusCode::UNAUTHORIZED => refusal(FaultKind::Refused, refused()),
            _ => refusal(FaultKind::Odd, answer.unexpected("a refusal")),
        })
    }
}

fn failed(kind: FaultKind, what: String, error: ApiError) -> Detail {
    Detail::Failed(Fault { kind, what, error })
}

/// An answer of 200, not read yet.
struct Fetched {
    answer: Answer,
    place: String,
}

impl Fetched {
    fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, ApiError> {
        // The shape is the answer's own matter; bytes that are no text cost their record.
        let text = rows::text(self.answer.bytes());
        serde_json::from_str(&text).map_err(|_| match self.answer.json_of::<T>(&self.place) {
            Err(error) => error,
            Ok(_) => self.answer.corrupt(&self.place, "broken JSON"),
        })
    }

    /// What stands under `data`.
    fn data(&self) -> Result<RawRow, ApiError> {
        self.read::<Data>().map(|read| read.data)
    }
}

/// `portal 40817, Harbour Kitchens`.
pub(super) fn account(portal: &Portal) -> String {
    match portal.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => format!("portal {}, {name}", portal.id),
        None => format!("portal {}", portal.id),
    }
}

fn refused() -> ApiError {
    ApiError::Refused {
        vendor: NAME,
        detail: "401 even with a fresh token: the App id belongs to another app, or the administrator who authorised it is deactivated"
            .to_owned(),
    }
}

/// 403: a scope is missing, and scopes are fixed when an app is made (planday.md 1.3).
pub(super) fn forbidden(template: &'static str) -> ApiError {
    let scope = match template {
        DEPARTMENTS => "department:read",
        EMPLOYEES | LEAVERS => "employee:read or birthdate:read",
        PORTAL => "portal read",
        _ => "employee:read",
    };
    ApiError::Forbidden {
        vendor: NAME,
        detail: format!("403 from {template}: the app lacks the scope {scope}"),
        remedy: "in Planday: Settings › Integrations › API Access › Create App, with the scopes employee:read, department:read and birthdate:read; authorise it and put its App id and Token in here (an app that exists cannot be given more scopes)"
            .to_owned(),
    }
}
