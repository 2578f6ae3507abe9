//! The calls: how they are signed, typed and repeated, and one user by id.

use super::attributes::{ACTIVE, Place};
use super::discovery::Discovery;
use super::index::Index;
use super::memory::{self, Memory};
use super::options::{self, Options, Profile};
use super::payload::Shape;
use super::refusal;
use super::resource::{Found, Resource};
use crate::domain::field::Field;
use crate::domain::ids::UserId;
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, Learnt, LookUp, Write, WriteAnswer, WriteError,
};
use crate::vendors::http::{Answer, Body, HttpClient, Request};
use crate::vendors::retry::RetryRules;
use crate::vendors::rows::RawRow;
use base64::Engine as _;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, IF_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{OnceCell, mpsc};

pub(super) const USERS: &str = "/Users";
pub(super) const USER: &str = "/Users/{id}";

/// Attempts at a call that the server may not have, or may answer by an error because of what it is.
const TRIES: u32 = 2;

/// A client of one server.
pub struct Scim {
    http: HttpClient,
    /// The same with less patience, for what may be missing.
    trying: HttpClient,
    signature: HeaderValue,
    pub(super) vendor: &'static str,
    pub(super) profile: &'static Profile,
    pub(super) options: Options,
    pub(super) memory: Memory,
    pub(super) discovered: OnceCell<Discovery>,
    index: Mutex<Index>,
    /// Held while it is not known yet what becomes of whoever is deactivated.
    pub(super) first_deactivation: tokio::sync::Mutex<()>,
}

impl Scim {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts, profile: &'static Profile) -> Result<Self, ApiError> {
        Self::with_rules(parts, profile, RetryRules::default())
    }

    pub(in crate::vendors) fn with_rules(
        parts: &ConnectParts,
        profile: &'static Profile,
        rules: RetryRules,
    ) -> Result<Self, ApiError> {
        let vendor = profile.name;
        let base_url = parts.required(vendor, options::BASE_URL, "SCIM base URL")?;
        let token = parts.secret(vendor, options::TOKEN, "Token")?;
        let options = Options::of(parts, profile)?;
        // What was pasted may name the users already.
        let root = base_url.trim_end_matches('/').trim_end_matches("/Users").trim_end_matches('/');
        let signature = match parts.parameter(options::USER) {
            None => format!("Bearer {}", token.reveal()),
            Some(user) => {
                let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{}", token.reveal()));
                format!("Basic {pair}")
            }
        };
        let mut signature = HeaderValue::from_str(&signature).map_err(|_| ApiError::Setup {
            vendor,
            detail: "the token has characters that no header may have".to_owned(),
        })?;
        signature.set_sensitive(true);
        let http = HttpClient::new(vendor, root, parts, profile.requests_per_second)?;
        let http = http.of_account(&parts.short_name).with_rules(rules);
        Ok(Self {
            trying: http.clone().with_rules(RetryRules { attempts: TRIES.min(rules.attempts), ..rules }),
            http,
            signature,
            vendor,
            profile,
            options,
            memory: Memory::of(root, &parts.learnt).with_switched_off(&parts.switched_off),
            discovered: OnceCell::new(),
            index: Mutex::default(),
            first_deactivation: tokio::sync::Mutex::new(()),
        })
    }

    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        // Its maps stay whole whatever panicked.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How bodies are shaped for this server.
    pub(super) async fn shape(&self) -> Result<Shape<'_>, ApiError> {
        let discovery = self.discovery().await?;
        Ok(Shape { options: &self.options, discovery, memory: &self.memory })
    }

    fn signed<'a>(&self, request: Request<'a>) -> Request<'a> {
        request
            .header(AUTHORIZATION, self.signature.clone())
            .header(ACCEPT, HeaderValue::from_static("application/scim+json, application/json"))
    }

    /// A read that must be there.
    pub(super) async fn read<T>(
        &self,
        request: Request<'_>,
        take: impl Fn(&Answer) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.http.read_as(&self.signed(request), take).await
    }

    /// A read that the server may not have: `None` where it answers by an error of its own.
    ///
    /// # Errors
    /// What any other call would meet too.
    pub(super) async fn try_read(&self, request: Request<'_>) -> Result<Option<Answer>, ApiError> {
        match self.trying.read_record(&self.signed(request)).await {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if failure.of_all => Err(failure.error),
            Err(_) => Ok(None),
        }
    }

    /// A write. 415 means the content type, not the content (rule 27).
    pub(super) async fn send(&self, request: Request<'_>) -> Result<Answer, WriteError> {
        let plain = self.memory.knows(memory::PLAIN_JSON);
        let request = self.signed(request).with_any_body();
        let typed = |kind: &'static str| request.clone().header(CONTENT_TYPE, HeaderValue::from_static(kind));
        let kind = if plain { "application/json" } else { "application/scim+json" };
        let answer = self.http.write(&typed(kind)).await?;
        if answer.status != StatusCode::UNSUPPORTED_MEDIA_TYPE || plain {
            return Ok(answer);
        }
        self.memory.learn(memory::PLAIN_JSON);
        self.http.write(&typed("application/json")).await
    }

    /// A change of one user, unless somebody else has changed it since `version` (rule 24).
    pub(super) async fn change(
        &self,
        method: Method,
        id: &str,
        body: Value,
        version: Option<&str>,
    ) -> Result<Answer, WriteError> {
        let mut request = Request::new(method, USER).place(id).body(Body::Json(body));
        if let Some(tag) = version.and_then(|version| HeaderValue::from_str(version).ok()) {
            request = request.header(IF_MATCH, tag);
        }
        self.send(request).await
    }

    /// Users as a read shows them.
    pub(super) fn found(&self, rows: &[RawRow]) -> Vec<Found> {
        let read: Vec<_> = rows.iter().map(|row| Resource::read(row)).collect();
        // Before any of them is judged: one who shows it tells of all.
        self.memory.read_status(read.iter().any(|(resource, _)| resource.get(ACTIVE).is_some()));
        let found = |(resource, faults): (Resource, _)| resource.into_found(&self.options, &self.memory, faults);
        read.into_iter().map(found).collect()
    }

    /// One user; `None` for 404, which says nothing of whether there is a hidden one (rule 34).
    pub(super) async fn by_id(&self, id: &str) -> Result<Option<Found>, ApiError> {
        let request = Request::get(USER).place(id);
        self.read(request, |answer| match answer.status {
            StatusCode::OK => answer.json_of::<RawRow>(USER).map(|row| self.found(&[row]).pop()),
            StatusCode::NOT_FOUND | StatusCode::GONE if !answer.is_html() => Ok(None),
            // A page says that the address is wrong, unless it has answered before.
            StatusCode::NOT_FOUND => match answer.no_data(USER, &answer.describe()) {
                ApiError::Corrupt { .. } => Ok(None),
                error => Err(error),
            },
            _ => Err(refusal::of_read(self.vendor, answer, USER)),
        })
        .await
        .map(|found| found.filter(|found| found.user.id.as_str() == id))
    }

    /// The user that the answer to a write shows, where it shows one as a whole. Of what reads show it says nothing.
    pub(super) fn shown(&self, answer: &Answer) -> Option<Found> {
        if answer.is_html() || answer.bytes().iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let row = answer.json::<RawRow>().ok()?;
        let (resource, faults) = Resource::read(&row);
        let found = resource.into_found(&self.options, &self.memory, faults);
        // Some answer with a part of it.
        (found.resource.id().is_some() && found.user_name.is_some()).then_some(found)
    }

    /// The attribute that carries identifiers, in words.
    pub(super) fn identifier_attribute(&self) -> String {
        Place::of_identifier(&self.options).listed().1.to_owned()
    }
}

/// What was not done because it could not be prepared.
pub(super) fn not_sent(error: ApiError) -> WriteError {
    WriteError::NotSent(error)
}

/// What may have taken effect, and could not be looked at.
pub(super) fn unread(error: &ApiError) -> WriteError {
    WriteError::Unknown { detail: format!("written, but it could not be read back: {error}") }
}

#[async_trait::async_trait]
impl DestinationApi for Scim {
    async fn probe(&self) -> Vec<ProbeStep> {
        super::probe::run(self).await
    }

    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        self.offered(list).await
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        self.pull_all(&out).await
    }

    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        let found = match key {
            LookUp::Identifier(identifier) => self.by_identifier(identifier).await?.into_iter().collect(),
            LookUp::Email(email) => self.by_email(email).await?,
            LookUp::Id(id) => self.by_id(id.as_str()).await?.into_iter().collect(),
        };
        Ok(found.into_iter().map(|found| found.user).collect())
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        match write {
            Write::Create { identifier, person, .. } => self.create(identifier, person).await,
            Write::Update { current, changes, .. } => self.update(current, changes).await,
            Write::SetIdentifier { current, identifier, .. } => self.tie(current, identifier).await,
            Write::Deactivate { current, .. } => self.deactivate(current).await,
            Write::Reactivate { current, changes, .. } => self.reactivate(current, changes).await,
            Write::CreateOption { .. } | Write::RemoveOption { .. } => Err(not_sent(ApiError::Setup {
                vendor: self.vendor,
                detail: "its lists are texts on the users; none is made by itself".to_owned(),
            })),
        }
    }

    fn learnt(&self) -> Learnt {
        self.memory.learnt()
    }
}

/// A yes about a user.
pub(super) fn yes(user: &UserId) -> WriteAnswer {
    WriteAnswer { user: Some(user.clone()), ..WriteAnswer::default() }
}

/// What is said of fields that were sent and are not there.
pub(super) fn not_kept(vendor: &str, fields: &[Field]) -> String {
    let words: Vec<&str> = fields.iter().map(|field| field.words()).collect();
    format!("{vendor} does not keep {}: from now on it is neither compared nor sent", words.join(", "))
}
