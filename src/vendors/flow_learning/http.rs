//! Flow over HTTP. **Every assumption about Flow's API sits in this file and in `wire.rs`** (flow-learning.md 3.4):
//! paths, paging, upsert by identifier, Basic sign-in, error codes. None of it is confirmed by Flow.

use super::map;
use super::wire::{
    Company, FeedAnswer, FeedResult, Learner, LearnerBody, OptionRow, Page, ProfileRow, Profiles, Refusal, Written,
};
use super::{HTTP, NAME};
use crate::domain::field::FieldChange;
use crate::domain::ids::{Identifier, OptionKey, UserId};
use crate::domain::mapping::{DestinationOption, TableKind};
use crate::domain::person::{Person, User, UserStatus};
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, LookUp, Write, WriteAnswer, WriteError,
};
use crate::vendors::http::{Answer, Body, HttpClient, Request};
use crate::vendors::paging::Walk;
use crate::vendors::parameters::ConnectParts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// Rows per page that are asked for.
const PAGE: u64 = 200;

const COMPANY: &str = "/v1/company";
const EMPLOYEES: &str = "/v1/employees";
const FEED: &str = "/v1/feed";
const EMPLOYEE: &str = "/v1/employees/{identifier}";
const LEARNER_IDENTIFIER: &str = "/v1/learners/{id}/identifier";
const BRANCHES: &str = "/v1/branches";
const DEPARTMENTS: &str = "/v1/departments";
const JOB_TITLES: &str = "/v1/job-titles";
const PROFILES: &str = "/v1/user-profiles";

/// What becomes of the learners of a walk.
enum Taker<'a> {
    Channel(&'a mpsc::Sender<DestinationRecord>),
    All(&'a mut Vec<User>),
    /// The one with this id; the walk ends there.
    One(&'a UserId, &'a mut Vec<User>),
}

impl Taker<'_> {
    /// Whether more are wanted.
    async fn take(&mut self, learner: Learner) -> Result<bool, ApiError> {
        let user = map::user(&learner);
        match self {
            Taker::Channel(out) => {
                let raw = serde_json::to_value(&learner).unwrap_or_default();
                out.send(DestinationRecord { user, raw }).await.map_err(|_| ApiError::Temporary {
                    vendor: NAME,
                    detail: "the fetch was stopped before its end".to_owned(),
                })?;
                Ok(true)
            }
            Taker::All(users) => {
                users.push(user);
                Ok(true)
            }
            Taker::One(id, found) => {
                if user.id == **id {
                    found.push(user);
                }
                Ok(found.is_empty())
            }
        }
    }
}

/// A client of one company.
pub struct FlowHttp {
    http: HttpClient,
    sign_in: HeaderValue,
    company_id: String,
    /// This account does not have the call for many records: learnt from its first answer.
    no_feed: AtomicBool,
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
            http: HttpClient::new(NAME, base_url, parts, HTTP.requests_per_second)?,
            sign_in,
            company_id: company_id.to_owned(),
            no_feed: AtomicBool::new(false),
        })
    }

    fn signed<'a>(&self, request: Request<'a>) -> Request<'a> {
        request.header(AUTHORIZATION, self.sign_in.clone())
    }

    /// A read whose answer is 200, or `None` for 404.
    async fn find<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<Option<T>, ApiError> {
        let answer = self.http.read(&self.signed(request)).await?;
        match answer.status {
            StatusCode::OK => answer.json().map(Some),
            // A page for people says that the address is wrong, not that nobody is there.
            StatusCode::NOT_FOUND if !answer.is_html() => Ok(None),
            _ => Err(refused_read(&answer)),
        }
    }

    async fn fetch<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, ApiError> {
        let template = request.template;
        self.find(request).await?.ok_or_else(|| ApiError::Unexpected {
            vendor: NAME,
            detail: format!("404 from {template}: is the address right?"),
        })
    }

    /// The company behind the credentials.
    pub(super) async fn company(&self) -> Result<Company, ApiError> {
        let company: Company = self.fetch(Request::get(COMPANY)).await?;
        if company.company_id != self.company_id {
            return Err(ApiError::OtherAccount {
                vendor: NAME,
                detail: format!("the credentials belong to company {}, not {}", company.company_id, self.company_id),
            });
        }
        Ok(company)
    }

    /// One page. Whether pages count from 0 or 1 is not known: the first is asked for without a number, and its own
    /// number, plus one, is the next.
    async fn page<T: DeserializeOwned>(
        &self,
        template: &'static str,
        filter: &[(&'static str, &str)],
        number: Option<u64>,
    ) -> Result<Page<T>, ApiError> {
        let mut request = Request::get(template).query("pageSize", PAGE);
        for (key, value) in filter {
            request = request.query(key, value);
        }
        if let Some(number) = number {
            request = request.query("page", number);
        }
        self.fetch(request).await
    }

    async fn option_rows(&self, template: &'static str) -> Result<Vec<OptionRow>, ApiError> {
        let mut rows: Vec<OptionRow> = Vec::new();
        let mut number = None;
        loop {
            let page: Page<OptionRow> = self.page(template, &[], number).await?;
            let end = page.items.is_empty();
            number = Some(page.page.or(number).unwrap_or(1) + 1);
            for row in page.items {
                // The code tells branches apart, the exact name everything else.
                if !rows.iter().any(|known| known.code == row.code && known.name == row.name) {
                    rows.push(row);
                }
            }
            let count = rows.len() as u64;
            if page.total.is_some_and(|total| count >= total) {
                return Ok(rows);
            }
            if end {
                return match page.total {
                    Some(total) => Err(ApiError::Incomplete {
                        vendor: NAME,
                        detail: format!("{template}: {count} of {total} rows"),
                    }),
                    None => Ok(rows),
                };
            }
        }
    }

    /// Walks all learners; `taker` gets those not seen before, until it has enough. Returns the last walk.
    async fn learners(&self, filter: &[(&'static str, &str)], mut taker: Taker<'_>) -> Result<Walk, ApiError> {
        let mut given = HashSet::new();
        let mut patient = false;
        loop {
            let mut walk = Walk::default();
            let mut number = None;
            loop {
                let page: Page<Learner> = self.page(EMPLOYEES, filter, number).await?;
                number = Some(page.page.or(number).unwrap_or(1) + 1);
                let ids: Vec<i64> = page.items.iter().map(|learner| learner.id).collect();
                walk.page(&ids, page.total);
                for learner in page.items {
                    if given.insert(learner.id) && !taker.take(learner).await? {
                        return Ok(walk);
                    }
                }
                let enough = walk.total().is_some_and(|total| walk.rows() >= total);
                if ids.is_empty() || enough || walk.is_stuck() {
                    break;
                }
            }
            if walk.is_complete(patient) {
                return Ok(walk);
            }
            if patient {
                let detail = format!("learners: {}, also when read again", walk.shortfall());
                return Err(ApiError::Incomplete { vendor: NAME, detail });
            }
            patient = true;
        }
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
        let request = Request::new(Method::PUT, EMPLOYEE).place(&body.identifier).body(Body::Json(json));
        let answer = self.http.write(&self.signed(request)).await?;
        let mut done = accepted(&answer, person)?;
        if done.created && !new {
            done.warnings.push("the identifier was not in Flow any more: Flow has made a new learner".to_owned());
        }
        Ok(done)
    }

    /// Many records in one request. `None` when surely nothing was done and each has to go by itself.
    async fn feed(&self, people: &[(LearnerBody, &Person)]) -> Option<Vec<Result<WriteAnswer, WriteError>>> {
        let all = |error: WriteError| Some(people.iter().map(|_| Err(error.clone())).collect());
        let employees: Vec<&LearnerBody> = people.iter().map(|(body, _)| body).collect();
        let json = serde_json::json!({ "dryRun": false, "employees": employees });
        let request = Request::new(Method::POST, FEED).body(Body::Json(json));
        let answer = match self.http.write(&self.signed(request)).await {
            Ok(answer) => answer,
            Err(error) => return all(error),
        };
        match answer.status {
            StatusCode::OK => match answer.json::<FeedAnswer>() {
                Ok(told) => Some(told_of_each(people, told)),
                Err(error) => all(WriteError::Unknown { detail: error.to_string() }),
            },
            StatusCode::UNAUTHORIZED => all(WriteError::NotSent(refused_read(&answer))),
            status if status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED => {
                // A refusal of the whole is none of its records; without this call they go one by one from now on.
                self.no_feed.store(status != StatusCode::UNPROCESSABLE_ENTITY, Ordering::Relaxed);
                None
            }
            _ => all(WriteError::Unknown { detail: answer.unexpected(&answer.describe()).to_string() }),
        }
    }

    async fn set_identifier(
        &self,
        id: &UserId,
        identifier: &Identifier,
        person: &Person,
    ) -> Result<WriteAnswer, WriteError> {
        let body = Body::Json(serde_json::json!({ "identifier": identifier.as_str() }));
        let request = Request::new(Method::PUT, LEARNER_IDENTIFIER).place(id.as_str()).body(body);
        let answer = self.http.write(&self.signed(request)).await?;
        let done = accepted(&answer, person)?;
        Ok(WriteAnswer { user: Some(id.clone()), created: false, ..done })
    }

    async fn create_option(&self, table: TableKind, name: &str) -> Result<WriteAnswer, WriteError> {
        let template = match table {
            TableKind::Branch => BRANCHES,
            TableKind::Department => DEPARTMENTS,
            TableKind::JobTitle => JOB_TITLES,
            TableKind::AccessProfile => {
                return Err(not_possible("user profiles are made in Flow itself"));
            }
        };
        let request = Request::new(Method::POST, template).body(Body::Json(serde_json::json!({ "name": name })));
        let answer = self.http.write(&self.signed(request)).await?;
        match answer.status {
            // It is there already: what was wanted.
            StatusCode::CONFLICT => match self.existing_option(table, template, name).await {
                Ok(Some(key)) => Ok(WriteAnswer { option: Some(key), ..WriteAnswer::default() }),
                _ => Err(rejected(&answer, &[])),
            },
            _ => {
                let done = accepted(&answer, &Person::default())?;
                let written: Written = answer.json().unwrap_or_default();
                let row = OptionRow {
                    code: written.code,
                    name: written.name.unwrap_or_else(|| name.to_owned()),
                    active: None,
                };
                Ok(WriteAnswer { user: None, option: Some(map::option(table, row).key), ..done })
            }
        }
    }

    async fn existing_option(
        &self,
        table: TableKind,
        template: &'static str,
        name: &str,
    ) -> Result<Option<OptionKey>, ApiError> {
        let rows = self.option_rows(template).await?;
        let found = rows.into_iter().find(|row| row.name == name && row.active != Some(false));
        Ok(found.map(|row| map::option(table, row).key))
    }
}

#[async_trait::async_trait]
impl DestinationApi for FlowHttp {
    async fn probe(&self) -> Vec<ProbeStep> {
        super::probe::run(self).await
    }

    async fn options(&self, table: TableKind) -> Result<Vec<DestinationOption>, ApiError> {
        let rows = match table {
            TableKind::Branch => self.option_rows(BRANCHES).await?,
            TableKind::Department => self.option_rows(DEPARTMENTS).await?,
            TableKind::JobTitle => self.option_rows(JOB_TITLES).await?,
            TableKind::AccessProfile => self.profiles().await?,
        };
        Ok(rows.into_iter().map(|row| map::option(table, row)).collect())
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
        })
    }

    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        match key {
            LookUp::Identifier(identifier) => {
                let request = Request::get(EMPLOYEE).place(identifier.as_str());
                let found: Option<Learner> = self.find(request).await?;
                Ok(found.iter().map(map::user).collect())
            }
            LookUp::Email(email) => self.by_email(email).await,
            LookUp::Id(id) => self.by_id(id).await,
        }
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        match write {
            Write::CreateOption { table, name } => self.create_option(*table, name).await,
            Write::Create { identifier, person, access_profile } => {
                let body = map::body(identifier, person, access_profile.as_deref(), UserStatus::Active);
                self.upsert(body, person, true).await
            }
            Write::Update { identifier, current, changes } => {
                let user = with_changes(current, changes)?;
                let body = map::body(identifier, &user.person, user.access_profile.as_deref(), user.status);
                self.upsert(body, &user.person, false).await
            }
            Write::SetIdentifier { user, current, identifier } => {
                self.set_identifier(user, identifier, &current.person).await
            }
            Write::Deactivate { identifier, current, end_date } => {
                let mut person = current.person.clone();
                person.end_date = end_date.or(person.end_date);
                // With the status too: an end date alone works only once that day is over.
                let body = map::body(identifier, &person, current.access_profile.as_deref(), UserStatus::Inactive);
                self.upsert(body, &person, false).await
            }
            Write::Reactivate { identifier, current, changes } => {
                let mut back = current.as_ref().clone();
                back.person.end_date = None;
                let user = with_changes(&back, changes)?;
                let body = map::body(identifier, &user.person, user.access_profile.as_deref(), UserStatus::Active);
                self.upsert(body, &user.person, false).await
            }
        }
    }

    async fn create_many(&self, creations: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        let people: Vec<(LearnerBody, &Person)> = creations
            .iter()
            .filter_map(|write| match write {
                Write::Create { identifier, person, access_profile } => {
                    Some((map::body(identifier, person, access_profile.as_deref(), UserStatus::Active), person))
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

/// What a feed's answer says of each record. One that it does not name may have been written.
fn told_of_each(people: &[(LearnerBody, &Person)], told: FeedAnswer) -> Vec<Result<WriteAnswer, WriteError>> {
    let mut told: HashMap<String, FeedResult> =
        told.results.into_iter().map(|result| (result.identifier.clone(), result)).collect();
    people
        .iter()
        .map(|(body, person)| {
            let unknown = || WriteError::Unknown { detail: "Flow's answer does not say what became of it".to_owned() };
            let result = told.remove(&body.identifier).ok_or_else(unknown)?;
            let personal = map::personal(person);
            let sent: Vec<&str> = personal.iter().map(String::as_str).collect();
            match result.outcome.as_str() {
                "created" | "updated" | "unchanged" => Ok(WriteAnswer {
                    created: result.outcome == "created",
                    warnings: result.warnings.iter().map(|warning| map::warning(warning, &sent)).collect(),
                    ..WriteAnswer::default()
                }),
                "rejected" => {
                    let error = Refusal { error: result.errors.into_iter().next().unwrap_or_default() };
                    let status = StatusCode::UNPROCESSABLE_ENTITY.as_u16();
                    let (code, message, field) = map::refusal(status, error, &sent);
                    Err(WriteError::Rejected { status, code, message, field })
                }
                _ => Err(unknown()),
            }
        })
        .collect()
}

impl FlowHttp {
    async fn profiles(&self) -> Result<Vec<OptionRow>, ApiError> {
        let rows = match self.fetch(Request::get(PROFILES).query("pageSize", PAGE)).await? {
            Profiles::Page(page) => page.items,
            Profiles::Bare(rows) => rows,
        };
        let row = |row| match row {
            ProfileRow::Name(name) => OptionRow { code: None, name, active: None },
            ProfileRow::Row(row) => row,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// How many learners there are, from one small page.
    pub(super) async fn count(&self) -> Result<Option<u64>, ApiError> {
        let request = Request::get(EMPLOYEES).query("status", "all").query("pageSize", 1);
        let page: Page<Learner> = self.fetch(request).await?;
        Ok(page.total)
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

/// A yes, or what kind of no.
fn accepted(answer: &Answer, person: &Person) -> Result<WriteAnswer, WriteError> {
    let personal = map::personal(person);
    let sent: Vec<&str> = personal.iter().map(String::as_str).collect();
    match answer.status {
        StatusCode::OK | StatusCode::CREATED => {
            let written: Written = answer.json().map_err(|error| WriteError::Unknown { detail: error.to_string() })?;
            Ok(WriteAnswer {
                user: written.id.map(|id| UserId::new(id.to_string())),
                option: None,
                created: answer.status == StatusCode::CREATED,
                warnings: written.warnings.iter().map(|warning| map::warning(warning, &sent)).collect(),
            })
        }
        // Nothing was done, and nothing will be until someone puts in other credentials.
        StatusCode::UNAUTHORIZED => Err(WriteError::NotSent(refused_read(answer))),
        _ => Err(rejected(answer, &sent)),
    }
}

fn rejected(answer: &Answer, sent: &[&str]) -> WriteError {
    let status = answer.status.as_u16();
    let (code, message, field) = map::refusal(status, answer.json().unwrap_or_default(), sent);
    WriteError::Rejected { status, code, message, field }
}

fn refused_read(answer: &Answer) -> ApiError {
    let status = answer.status.as_u16();
    if answer.is_html() {
        return answer.unexpected(&answer.describe());
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
