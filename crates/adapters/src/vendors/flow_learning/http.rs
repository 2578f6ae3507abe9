//! Flow over HTTP. **Every assumption about Flow's API sits in this file, in `lists.rs`, `feed.rs` and `wire.rs`**
//! (flow-learning.md 3.4): paths, paging, upsert by identifier, Basic sign-in, error codes. None of it is confirmed by Flow.
//! `If-Match` and `If-None-Match` are not in that contract: they are plain HTTP, and who does not know them passes them over.

use super::lists::Taker;
use super::map::{self, ACTIVE, INACTIVE};
use super::wire::{Company, LearnerBody, OptionRow, Refusal, Written};
use super::{HTTP, NAME};
use crate::domain::field::FieldChange;
use crate::domain::ids::{Identifier, OptionKey, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, one_per_key};
use crate::domain::person::{Person, User};
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, LookUp, Write, WriteAnswer, WriteError,
};
use crate::vendors::http::{Answer, Body, HttpClient, Request};
use crate::vendors::rows::RawRow;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

const COMPANY: &str = "/v1/company";
const EMPLOYEE: &str = "/v1/employees/{identifier}";
const LEARNER_IDENTIFIER: &str = "/v1/learners/{id}/identifier";
const BRANCHES: &str = "/v1/branches";
const DEPARTMENTS: &str = "/v1/departments";
const JOB_TITLES: &str = "/v1/job-titles";

/// A client of one company.
pub struct FlowHttp {
    http: HttpClient,
    sign_in: HeaderValue,
    company_id: String,
    /// This account does not have the call for many records: learnt from its first answer.
    pub(super) no_feed: AtomicBool,
}

impl FlowHttp {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        let base_url = parts.required(NAME, "base_url", "the address")?;
        let company_id = parts.required(NAME, "company_id", "Company ID")?;
        let secret = parts.secret(NAME, "secret", "Secret")?;
        let pair = STANDARD.encode(format!("{company_id}:{}", secret.reveal()));
        let mut sign_in = HeaderValue::from_str(&format!("Basic {pair}"))
            .map_err(|_| ApiError::Setup { vendor: NAME, detail: "the Secret is too long".to_owned() })?;
        sign_in.set_sensitive(true);
        Ok(Self {
            http: HttpClient::new(NAME, base_url, parts, HTTP.requests_per_second)?.of_account(company_id),
            sign_in,
            company_id: company_id.to_owned(),
            no_feed: AtomicBool::new(false),
        })
    }

    fn signed<'a>(&self, request: Request<'a>) -> Request<'a> {
        request.header(AUTHORIZATION, self.sign_in.clone())
    }

    /// A read whose answer is 200, or `None` for 404.
    async fn find<T: DeserializeOwned>(&self, request: Request<'_>, place: &str) -> Result<Option<T>, ApiError> {
        let take = |answer: &Answer| match answer.status {
            StatusCode::OK => answer.json_of(place).map(Some),
            // A page for people says that the address is wrong, not that nobody is there.
            StatusCode::NOT_FOUND if !answer.is_html() => Ok(None),
            _ => Err(refused_read(answer, place)),
        };
        self.http.read_as(&self.signed(request), take).await
    }

    /// Sends a write.
    pub(super) async fn send(&self, request: Request<'_>) -> Result<Answer, WriteError> {
        self.http.write(&self.signed(request)).await
    }

    /// A read that must bring something; errors name `place`.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, request: Request<'_>, place: &str) -> Result<T, ApiError> {
        let template = request.template;
        self.find(request, place)
            .await?
            .ok_or_else(|| ApiError::WrongAddress { vendor: NAME, detail: format!("status 404 from {template}") })
    }

    /// The company behind the credentials.
    pub(super) async fn company(&self) -> Result<Company, ApiError> {
        let company: Company = self.fetch(Request::get(COMPANY), COMPANY).await?;
        if company.company_id != self.company_id {
            return Err(ApiError::OtherAccount {
                vendor: NAME,
                detail: format!("the credentials belong to company {}, not {}", company.company_id, self.company_id),
            });
        }
        Ok(company)
    }

    async fn by_email(&self, email: &str) -> Result<Vec<User>, ApiError> {
        let mut users = Vec::new();
        self.learners(&[("status", "all"), ("email", email)], Taker::All(&mut users)).await?;
        // Should the filter be loose, or not be there at all, only equal addresses count.
        users.retain(|user| user.person.email.as_deref().is_some_and(|held| same_email(held, email)));
        Ok(users)
    }

    /// The contract has no call by id: all pages are read until the id comes, one request per 200 learners. Callers
    /// that know the identifier use that instead.
    async fn by_id(&self, id: &UserId) -> Result<Vec<User>, ApiError> {
        let mut found = Vec::new();
        self.learners(&[("status", "all")], Taker::One(id, &mut found)).await?;
        Ok(found)
    }

    async fn upsert(&self, body: LearnerBody, person: &Person, new: bool) -> Result<WriteAnswer, WriteError> {
        let json = to_json(&body)?;
        // An identifier that is edited after the last look must not turn a change into a new learner, nor the other way round.
        let condition = if new { IF_NONE_MATCH } else { IF_MATCH };
        let request = Request::new(Method::PUT, EMPLOYEE)
            .place(&body.identifier)
            .header(condition, HeaderValue::from_static("*"))
            .body(Body::Json(json));
        let answer = self.send(request).await?;
        if answer.status == StatusCode::PRECONDITION_FAILED {
            let detail =
                if new { "a learner has this identifier by now" } else { "no learner has this identifier any more" };
            return Err(WriteError::Moved { detail: detail.to_owned() });
        }
        let mut done = accepted(&answer, person, new)?;
        if done.created && !new {
            done.warnings.push("the identifier was not in Flow any more: Flow has made a new learner".to_owned());
        }
        Ok(done)
    }

    async fn set_identifier(
        &self,
        id: &UserId,
        identifier: &Identifier,
        person: &Person,
    ) -> Result<WriteAnswer, WriteError> {
        let body = Body::Json(serde_json::json!({ "identifier": identifier.as_str() }));
        let request = Request::new(Method::PUT, LEARNER_IDENTIFIER).place(id.as_str()).body(body);
        let answer = self.send(request).await?;
        let done = accepted(&answer, person, false)?;
        Ok(WriteAnswer { user: Some(id.clone()), created: false, ..done })
    }

    async fn create_option(&self, list: ListKey, name: &str) -> Result<WriteAnswer, WriteError> {
        let template = match list {
            ListKey::BRANCH => BRANCHES,
            ListKey::DEPARTMENT => DEPARTMENTS,
            ListKey::JOB_TITLE => JOB_TITLES,
            _ => return Err(not_possible("user profiles are made in Flow itself")),
        };
        let request = Request::new(Method::POST, template).body(Body::Json(serde_json::json!({ "name": name })));
        let answer = self.send(request).await?;
        match answer.status {
            // It is there already: what was wanted.
            StatusCode::CONFLICT => match self.existing_option(list, template, name).await {
                Ok(Some(key)) => Ok(WriteAnswer { option: Some(key), ..WriteAnswer::default() }),
                _ => Err(rejected(&answer, &[])),
            },
            _ => {
                let done = accepted(&answer, &Person::default(), false)?;
                let written: Written = answer.json().unwrap_or_default();
                let row = OptionRow {
                    code: written.code,
                    name: written.name.unwrap_or_else(|| name.to_owned()),
                    active: None,
                };
                Ok(WriteAnswer { user: None, option: Some(map::option(list, row).key), ..done })
            }
        }
    }

    async fn existing_option(
        &self,
        list: ListKey,
        template: &'static str,
        name: &str,
    ) -> Result<Option<OptionKey>, ApiError> {
        let rows = self.option_rows(template).await?;
        let found = rows.into_iter().find(|row| row.name == name && row.active != Some(false));
        Ok(found.map(|row| map::option(list, row).key))
    }
}

#[async_trait::async_trait]
impl DestinationApi for FlowHttp {
    async fn probe(&self) -> Vec<ProbeStep> {
        super::probe::run(self).await
    }

    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        let rows = match list {
            ListKey::BRANCH => self.option_rows(BRANCHES).await?,
            ListKey::DEPARTMENT => self.option_rows(DEPARTMENTS).await?,
            ListKey::JOB_TITLE => self.option_rows(JOB_TITLES).await?,
            ListKey::ACCESS_PROFILE => self.profiles().await?,
            _ => return Ok(Vec::new()),
        };
        Ok(one_per_key(rows.into_iter().map(|row| map::option(list, row)).collect()))
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        let company = self.company().await?;
        let walk = self.learners(&[("status", "all")], Taker::Channel(&out)).await?;
        Ok(DestinationFacts {
            account: account(&company),
            declared_total: walk.declared(),
            received: walk.rows(),
            // Whether structure is kept by hand is only told by a 403 on the attempt; `autoCreateStructure` is another
            // thing: Flow making options by itself out of people's records.
            can_create_options: true,
            ..DestinationFacts::default()
        })
    }

    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        match key {
            LookUp::Identifier(identifier) => {
                let request = Request::get(EMPLOYEE).place(identifier.as_str());
                let found: Option<RawRow> = self.find(request, EMPLOYEE).await?;
                Ok(found.iter().map(|row| map::read(row).2).collect())
            }
            LookUp::Email(email) => self.by_email(email).await,
            LookUp::Id(id) => self.by_id(id).await,
        }
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        match write {
            Write::CreateOption { list, name } => self.create_option(*list, name).await,
            Write::RemoveOption { .. } => Err(not_possible("options are taken away in Flow itself")),
            Write::Create { identifier, person, access_profile } => {
                let body = map::body(identifier, person, access_profile.as_deref(), Some(ACTIVE));
                self.upsert(body, person, true).await
            }
            Write::Update { identifier, current, changes } => {
                let user = with_changes(current, changes)?;
                // Without a status: an update never switches anybody on or off, whatever was read a moment ago.
                let body = map::body(identifier, &user.person, user.access_profile.as_deref(), None);
                self.upsert(body, &user.person, false).await
            }
            Write::SetIdentifier { user, current, identifier } => {
                self.set_identifier(user, identifier, &current.person).await
            }
            Write::Deactivate { identifier, current, end_date } => {
                let mut person = current.person.clone();
                person.end_date = end_date.or(person.end_date);
                // With the status too: an end date alone works only once that day is over.
                let body = map::body(identifier, &person, current.access_profile.as_deref(), Some(INACTIVE));
                self.upsert(body, &person, false).await
            }
            Write::Reactivate { identifier, current, changes } => {
                let mut back = current.as_ref().clone();
                back.person.end_date = None;
                let user = with_changes(&back, changes)?;
                let body = map::body(identifier, &user.person, user.access_profile.as_deref(), Some(ACTIVE));
                self.upsert(body, &user.person, false).await
            }
        }
    }

    async fn create_many(&self, creations: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        let people: Vec<(LearnerBody, &Person)> = creations
            .iter()
            .filter_map(|write| match write {
                Write::Create { identifier, person, access_profile } => {
                    Some((map::body(identifier, person, access_profile.as_deref(), Some(ACTIVE)), person))
                }
                _ => None,
            })
            .collect();
        if people.len() == creations.len()
            && people.len() > 1
            && !self.no_feed.load(Ordering::Relaxed)
            && let Some(answers) = self.feed(&people).await
        {
            return answers;
        }
        let mut answers = Vec::with_capacity(creations.len());
        for creation in creations {
            answers.push(self.write(creation).await);
        }
        answers
    }
}

/// `company HVINE, Harbour & Vine`.
pub(super) fn account(company: &Company) -> String {
    match company.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => format!("company {}, {name}", company.company_id),
        None => format!("company {}", company.company_id),
    }
}

fn with_changes(user: &User, changes: &[FieldChange]) -> Result<User, WriteError> {
    map::changed(user, changes).map_err(|error| not_possible(&error.to_string()))
}

fn not_possible(detail: &str) -> WriteError {
    WriteError::NotSent(ApiError::Setup { vendor: NAME, detail: detail.to_owned() })
}

fn to_json(body: &LearnerBody) -> Result<serde_json::Value, WriteError> {
    serde_json::to_value(body).map_err(|_| not_possible("a record that cannot be written as JSON"))
}

fn same_email(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// A yes, or what kind of no. `new` where a learner was to be made: one that Flow has parked comes without an id.
fn accepted(answer: &Answer, person: &Person, new: bool) -> Result<WriteAnswer, WriteError> {
    let personal = map::personal(person);
    let sent: Vec<&str> = personal.iter().map(String::as_str).collect();
    match answer.status {
        StatusCode::OK | StatusCode::CREATED => {
            let written: Written = answer.json().map_err(|error| WriteError::Unknown { detail: error.to_string() })?;
            let warned = written.warnings.iter().any(|warning| warning.code == map::POSSIBLE_DUPLICATE);
            let created = answer.status == StatusCode::CREATED;
            Ok(WriteAnswer {
                user: written.id.map(|id| UserId::new(id.to_string())),
                created,
                parked: new && written.id.is_none() && (warned || !created),
                warnings: written.warnings.iter().map(|warning| map::warning(warning, &sent)).collect(),
                ..WriteAnswer::default()
            })
        }
        // Taken, not done; whether it will be is somebody else's decision.
        StatusCode::ACCEPTED if new => Ok(WriteAnswer { parked: true, ..WriteAnswer::default() }),
        StatusCode::ACCEPTED => Err(WriteError::Unknown { detail: "accepted, but not done yet".to_owned() }),
        // Nothing was done, and nothing will be until someone puts in other credentials.
        StatusCode::UNAUTHORIZED => Err(WriteError::NotSent(refused_read(answer, EMPLOYEE))),
        _ => match rejected(answer, &sent) {
            WriteError::Rejected { code, message, .. } if new && code == map::POSSIBLE_DUPLICATE => {
                Ok(WriteAnswer { parked: true, warnings: vec![message], ..WriteAnswer::default() })
            }
            no => Err(no),
        },
    }
}

fn rejected(answer: &Answer, sent: &[&str]) -> WriteError {
    let status = answer.status.as_u16();
    let (code, message, field) = map::refusal(status, answer.json().unwrap_or_default(), sent);
    WriteError::Rejected { status, code, message, field }
}

pub(super) fn refused_read(answer: &Answer, place: &str) -> ApiError {
    let status = answer.status.as_u16();
    if answer.is_html() {
        return answer.no_data(place, &answer.describe());
    }
    let (code, message, _) = map::refusal(status, answer.json::<Refusal>().unwrap_or_default(), &[]);
    let detail = format!("{status} {code}: {message}");
    match answer.status {
        StatusCode::UNAUTHORIZED => ApiError::Refused { vendor: NAME, detail },
        StatusCode::FORBIDDEN => ApiError::Forbidden {
            vendor: NAME,
            detail,
            remedy: "ask Flow's support team to allow this call for the Company ID".to_owned(),
        },
        _ => answer.unexpected(&detail),
    }
}
