//! The calls: the list of staff accounts, one account, entities and positions.

use super::entities::Catalogue;
use super::fields::{self, FieldMap};
use super::map::Mapper;
use super::members::Members;
use super::token::Credentials;
use super::wire::{EntityList, Page, PositionList};
use super::{BASE_URL, CAPABILITIES, ENTITIES, KEY, NAME, REALM, SECRET, SUPPORT, TIME_ZONE};
use crate::domain::ids::EmployeeId;
use crate::ports::api::ApiError;
use crate::ports::clock::SharedClock;
use crate::ports::connect::ConnectParts;
use crate::vendors::http::{Answer, HttpClient, Request};
use crate::vendors::retry::RetryRules;
use crate::vendors::rows::{self, RawRow};
use crate::vendors::token::TokenKeeper;
use jiff::civil::Date;
use reqwest::StatusCode;
use reqwest::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Rows of a page: the most that are given, and the fewest that may be asked for (client).
pub(super) const PAGE: usize = 50;
pub(super) const PAGE_MIN: usize = 5;

/// Pages of the list, at most: 100,000 accounts are more than the largest realm.
pub(super) const PAGES_MAX: u32 = 2_000;

pub(super) const ACCOUNTS: &str = "/staff/account/paginated";
const ACCOUNT: &str = "/staff/account/{id}";
const ENTITY_LIST: &str = "/company/entity";
const POSITION_LIST: &str = "/staff/position";

/// First wait after a 429 that names no time (rotaready.md 2.8) (assumed).
const THROTTLE_BASE: Duration = Duration::from_secs(1);

/// A client of one realm.
pub struct Rotaready {
    http: Arc<HttpClient>,
    pub(super) tokens: TokenKeeper<Credentials>,
    pub(super) realm: String,
    pinned: Option<String>,
    time_zone: Option<HeaderValue>,
    pub(super) members: Members,
    pub(super) map: FieldMap,
    wanted: BTreeSet<String>,
    departments: BTreeSet<String>,
    /// In the tenant's zone.
    today: Date,
    pub(super) clock: SharedClock,
    /// What is needed to read a person alone.
    pub(super) mapper: OnceCell<Mapper>,
}

impl Rotaready {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        let rules = RetryRules { throttle_base: THROTTLE_BASE, ..RetryRules::default() };
        Self::with_rules(parts, rules)
    }

    pub(super) fn with_rules(parts: &ConnectParts, rules: RetryRules) -> Result<Self, ApiError> {
        let realm = parts.required(NAME, REALM, "Realm ID")?;
        let key = parts.secret(NAME, KEY, "Key")?;
        let secret = parts.secret(NAME, SECRET, "Secret")?;
        let base = parts.parameter("base_url").unwrap_or(BASE_URL);
        let http = HttpClient::with_quotas(NAME, base, parts, CAPABILITIES.quotas)?.of_account(realm);
        let http = Arc::new(http.with_rules(rules));
        let time_zone = parts.parameter(TIME_ZONE).map(HeaderValue::from_str).transpose();
        Ok(Self {
            tokens: TokenKeeper::new(Credentials::new(Arc::clone(&http), realm, key, secret)?),
            http,
            realm: realm.to_owned(),
            pinned: parts.pinned_account.clone().filter(|account| !account.is_empty()),
            time_zone: time_zone.map_err(|_| ApiError::Setup {
                vendor: NAME,
                detail: format!("`{TIME_ZONE}` has characters that no header may have"),
            })?,
            members: Members::of(parts)?,
            map: fields::map_of(parts)?,
            wanted: listed(parts.parameter(ENTITIES).unwrap_or_default()),
            departments: parts.settings.departments.iter().map(|name| name.trim().to_owned()).collect(),
            today: parts.today,
            clock: Arc::clone(&parts.clock),
            mapper: OnceCell::new(),
        })
    }

    /// No call says whose the credentials are, so the realm that they name counts.
    ///
    /// # Errors
    /// [`ApiError::OtherAccount`] when it is not the pinned one.
    pub(super) fn check_realm(&self) -> Result<(), ApiError> {
        match &self.pinned {
            Some(pinned) if *pinned != self.realm => Err(ApiError::OtherAccount {
                vendor: NAME,
                detail: format!("the credentials are of realm {}, this tenant was set up with {pinned}", self.realm),
            }),
            _ => Ok(()),
        }
    }

    /// A GET that is answered, or refused by what no token cures.
    async fn get(&self, mut request: Request<'_>) -> Result<Answer, ApiError> {
        if let Some(zone) = &self.time_zone {
            request = request.header(HeaderName::from_static("time-zone"), zone.clone());
        }
        let answer = self.tokens.read(&self.http, request).await.map_err(|failure| failure.error)?;
        match answer.status {
            StatusCode::UNAUTHORIZED => Err(ApiError::Refused {
                vendor: NAME,
                detail: format!("401 even with a fresh token: {SUPPORT} has taken the credentials back"),
            }),
            _ => Ok(answer),
        }
    }

    /// A page of the list, active accounts and others; `None` where there is no such page.
    pub(super) async fn page(&self, number: u32, limit: usize) -> Result<Option<Vec<RawRow>>, ApiError> {
        let request = Request::get(ACCOUNTS)
            .query("page", number)
            .query("limit", limit)
            // Not relied upon: who has left shows by `flags.active` (assumed).
            .query("includeInactive", "true");
        let place = format!("staff accounts, page {number}");
        let answer = self.get(request).await?;
        match answer.status {
            StatusCode::OK => read::<Page>(&answer, &place).map(|page| Some(page.users)),
            StatusCode::FORBIDDEN => Err(forbidden(&format!("403 from {ACCOUNTS}"))),
            StatusCode::NOT_FOUND if number == 1 => Err(answer.no_data(&place, &answer.describe())),
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST if number > 1 && !answer.is_html() => Ok(None),
            _ => Err(answer.unexpected("a refusal")),
        }
    }

    /// One account; `None` where nobody has the id, or there is no such call.
    pub(super) async fn account(&self, id: &EmployeeId) -> Result<Option<RawRow>, ApiError> {
        // Who has no number was an account without an id that can be read.
        if id.as_str().parse::<i64>().is_err() {
            return Ok(None);
        }
        let answer = self.get(Request::get(ACCOUNT).place(id.as_str())).await?;
        match answer.status {
            StatusCode::OK => read(&answer, "a person's account").map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::FORBIDDEN => Err(forbidden(&format!("403 from {ACCOUNT}"))),
            _ => Err(answer.unexpected("a refusal")),
        }
    }

    /// The sites and departments.
    pub(super) async fn entities(&self) -> Result<Catalogue, ApiError> {
        self.catalogue::<EntityList>(ENTITY_LIST, "the entities", |list| list.entities).await
    }

    /// The positions.
    pub(super) async fn positions(&self) -> Result<Catalogue, ApiError> {
        self.catalogue::<PositionList>(POSITION_LIST, "the positions", |list| list.positions).await
    }

    /// A list that need not be there (assumed): where it is not, names are those in the accounts.
    async fn catalogue<T: DeserializeOwned>(
        &self,
        template: &'static str,
        place: &str,
        rows: fn(T) -> Vec<RawRow>,
    ) -> Result<Catalogue, ApiError> {
        let answer = self.get(Request::get(template)).await?;
        match answer.status {
            StatusCode::OK => Ok(Catalogue::of(&rows(read(&answer, place)?))),
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::FORBIDDEN if !answer.is_html() => {
                let status = answer.status.as_u16();
                Ok(Catalogue::missing(&format!("{NAME} does not give the list of {template} ({status})")))
            }
            _ => Err(answer.unexpected("a refusal")),
        }
    }

    /// What is needed to read accounts now.
    pub(super) async fn new_mapper(&self) -> Result<Mapper, ApiError> {
        Ok(Mapper {
            members: self.members.clone(),
            custom: fields::custom_paths(&self.map),
            map: self.map.clone(),
            entities: self.entities().await?,
            positions: self.positions().await?,
            wanted: self.wanted.clone(),
            departments: self.departments.clone(),
            today: self.today,
        })
    }
}

/// Bytes that are no text cost their record, not the answer.
fn read<T: DeserializeOwned>(answer: &Answer, place: &str) -> Result<T, ApiError> {
    let text = rows::text(answer.bytes());
    serde_json::from_str(&text).map_err(|_| match answer.json_of::<T>(place) {
        Err(error) => error,
        Ok(_) => answer.corrupt(place, "broken JSON"),
    })
}

/// What is named in a parameter, commas between.
fn listed(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A right is missing.
pub(super) fn forbidden(detail: &str) -> ApiError {
    ApiError::Forbidden {
        vendor: NAME,
        detail: detail.to_owned(),
        remedy: format!(
            "have {SUPPORT} give the API user the permission `View Everyone` on Employments, then test again"
        ),
    }
}
