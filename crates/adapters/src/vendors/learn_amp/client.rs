//! The calls. Users and teams take form bodies (`documented`); a user is found by external id or by Learn Amp's own number,
//! and written by number, so that no edit of an external id can turn a change into somebody else's (learn-amp.md 1.4).

use super::map::{self, Form};
use super::refusal;
use super::teams::Teams;
use super::token::{self, ClientKey};
use super::users::Taker;
use super::wire::Written;
use super::{AT_ONCE, HIRE_DATE, INVITATIONS, NAME, NEVER, QUIET_UPDATES, REQUESTS_PER_SECOND};
use crate::domain::custom_field::CustomField;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::{Person, User};
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, LookUp, Write, WriteAnswer, WriteError,
};
use crate::vendors::http::{Answer, HttpClient, Request};
use crate::vendors::retry::RetryRules;
use crate::vendors::rows::RawRow;
use crate::vendors::token::TokenKeeper;
use reqwest::{Method, StatusCode};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

pub(super) const USERS: &str = "/v1/users";
const USER: &str = "/v1/users/{id}";
const BY_EXTERNAL_ID: &str = "/v1/users/by_integration_external_id/{external id}";
const DEACTIVATE: &str = "/v1/users/{id}/deactivate";
const REACTIVATE: &str = "/v1/users/{id}/reactivate";

/// A client of one account.
pub struct LearnAmp {
    http: Arc<HttpClient>,
    pub(super) tokens: TokenKeeper<ClientKey>,
    /// New users are mailed by Learn Amp.
    invites: bool,
    /// Changes of a user are to send no mail.
    is_quiet: bool,
    pub(super) teams: Teams,
    /// The custom fields that are mapped: no others are kept.
    pub(super) custom: BTreeSet<CustomField>,
    /// What users carried when all of them were last read.
    pub(super) carried: Mutex<Option<super::users::Carried>>,
}

impl LearnAmp {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        Self::with_rules(parts, RetryRules::default())
    }

    pub(super) fn with_rules(parts: &ConnectParts, rules: RetryRules) -> Result<Self, ApiError> {
        let base_url = parts.required(NAME, "base_url", "API Base URL")?;
        let client_id = parts.required(NAME, "client_id", "Client ID")?;
        let secret = parts.secret(NAME, "client_secret", "Client secret")?;
        let invites = match parts.required(NAME, INVITATIONS, "Invitations")? {
            AT_ONCE | HIRE_DATE => true,
            NEVER => false,
            _ => {
                let detail = format!("`{INVITATIONS}` must be `{AT_ONCE}`, `{HIRE_DATE}` or `{NEVER}`");
                return Err(ApiError::Setup { vendor: NAME, detail });
            }
        };
        let is_quiet = match parts.parameter(QUIET_UPDATES) {
            None | Some("no") => false,
            Some("yes") => true,
            Some(_) => {
                let detail = format!("`{QUIET_UPDATES}` must be `yes` or `no`");
                return Err(ApiError::Setup { vendor: NAME, detail });
            }
        };
        // The page may show the root of the calls, and the sign-in is not under it.
        let root = base_url.trim_end_matches('/').trim_end_matches("/v1");
        let http = HttpClient::new(NAME, root, parts, REQUESTS_PER_SECOND)?.of_account(client_id).with_rules(rules);
        let http = Arc::new(http);
        let teams = Teams::of(parts)?;
        let key = ClientKey::new(Arc::clone(&http), client_id.to_owned(), secret.clone(), teams.scopes());
        let tokens = TokenKeeper::new(key);
        Ok(Self {
            http,
            tokens,
            invites,
            is_quiet,
            teams,
            carried: Mutex::new(None),
            custom: parts.custom_fields().collect(),
        })
    }

    /// A read with a token; a 401 is answered by one fresh token. `take` sees answers of every status.
    pub(super) async fn read<T>(
        &self,
        request: Request<'_>,
        take: impl Fn(&Answer) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let token = self.tokens.get().await?;
        match self.http.read_as(&token.sign(NAME, request.clone())?, &take).await {
            Err(ApiError::Refused { .. }) => {
                let fresh = self.tokens.replace(&token).await?;
                self.http.read_as(&fresh.sign(NAME, request)?, &take).await
            }
            other => other,
        }
    }

    /// The user of a call that shows one; `None` for 404.
    async fn shown(&self, request: Request<'_>, place: &str) -> Result<Option<User>, ApiError> {
        let take = |answer: &Answer| match answer.status {
            StatusCode::OK => answer.json_of::<RawRow>(place).map(Some),
            // A page for people says that the address is wrong, not that nobody is there.
            StatusCode::NOT_FOUND if !answer.is_html() => Ok(None),
            _ => Err(refusal::of_read(answer, place, token::READ)),
        };
        let row = self.read(request, take).await?;
        Ok(row.map(|row| map::read(&row, &self.custom).2))
    }

    async fn by_id(&self, id: &UserId) -> Result<Option<User>, ApiError> {
        self.shown(Request::get(USER).place(id.as_str()), USER).await
    }

    /// Whether this call shows deactivated users is not said: who is not found is looked for in the list of all statuses.
    async fn by_external_id(&self, identifier: &Identifier) -> Result<Option<User>, ApiError> {
        let request = Request::get(BY_EXTERNAL_ID).place(identifier.as_str());
        if let Some(user) = self.shown(request, BY_EXTERNAL_ID).await? {
            return Ok(Some(user));
        }
        let users = self.filtered("filters[integration_external_id]", identifier.as_str()).await?;
        Ok(users.into_iter().find(|user| user.identifier.as_ref() == Some(identifier)))
    }

    pub(super) async fn filtered(&self, filter: &'static str, value: &str) -> Result<Vec<User>, ApiError> {
        let mut users = Vec::new();
        self.users(&[(filter, value)], Taker::All(&mut users)).await?;
        Ok(users)
    }

    async fn by_email(&self, email: &str) -> Result<Vec<User>, ApiError> {
        let mut users = self.filtered("filters[email]", email).await?;
        // Should the filter be loose, or not be there at all, only equal addresses count.
        users.retain(|user| user.person.email.as_deref().is_some_and(|held| map::same_email(held, email)));
        Ok(users)
    }

    /// A write with a token. A 401 was not done, and is answered by one fresh token.
    pub(super) async fn send(&self, request: Request<'_>) -> Result<Answer, WriteError> {
        let not_sent = WriteError::NotSent;
        let token = self.tokens.get().await.map_err(not_sent)?;
        let answer = self.http.write(&token.sign(NAME, request.clone()).map_err(not_sent)?).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let fresh = self.tokens.replace(&token).await.map_err(not_sent)?;
        self.http.write(&fresh.sign(NAME, request).map_err(not_sent)?).await
    }

    async fn create(
        &self,
        identifier: &Identifier,
        person: &Person,
        role: Option<&str>,
    ) -> Result<WriteAnswer, WriteError> {
        let mut form = map::creation(identifier, person, role);
        let sent = values(&form);
        if !self.invites {
            form.push(("skipInvitation", "true".to_owned()));
        }
        let answer = self.send(Request::new(Method::POST, USERS).body(map::body(form))).await?;
        match answer.status {
            StatusCode::OK | StatusCode::CREATED => done(&answer, true),
            _ => {
                let no = refusal::of_write(&answer, token::CREATE, &texts(&sent));
                if refusal::is_taken(&no) { self.made_before(identifier, person, no).await } else { Err(no) }
            }
        }
    }

    /// Somebody has the external id or the e-mail: it may be the very user, made by an earlier attempt whose answer was lost.
    async fn made_before(
        &self,
        identifier: &Identifier,
        person: &Person,
        no: WriteError,
    ) -> Result<WriteAnswer, WriteError> {
        let found = self.by_external_id(identifier).await;
        let found = found.map_err(|error| WriteError::Unknown { detail: error.to_string() })?;
        let same = |user: &User| match (&user.person.email, &person.email) {
            (Some(held), Some(sent)) => map::same_email(held, sent),
            _ => false,
        };
        match found.filter(same) {
            Some(user) => Ok(WriteAnswer {
                user: Some(user.id),
                warnings: vec!["the user was there already, with this external id and e-mail".to_owned()],
                ..WriteAnswer::default()
            }),
            None => Err(no),
        }
    }

    async fn update(&self, user: &User, mut form: Form) -> Result<WriteAnswer, WriteError> {
        let sent = values(&form);
        if self.is_quiet {
            form.push(("skipNotification", "true".to_owned()));
        }
        let request = Request::new(Method::PUT, USER).place(user.id.as_str()).body(map::body(form));
        let answer = self.send(request).await?;
        match answer.status {
            StatusCode::OK => done(&answer, false),
            StatusCode::NOT_FOUND => Err(self.unknown_what(&user.id).await),
            _ => Err(refusal::of_write(&answer, token::UPDATE, &texts(&sent))),
        }
    }

    /// The same 404 says that the user is not known and that a custom field is not: whether the user is there tells which.
    async fn unknown_what(&self, id: &UserId) -> WriteError {
        match self.by_id(id).await {
            Ok(None) => WriteError::Moved { detail: "the user is not there any more".to_owned() },
            Ok(Some(_)) => WriteError::Rejected {
                status: StatusCode::NOT_FOUND.as_u16(),
                code: refusal::PART_UNKNOWN.to_owned(),
                message: "the user is there, but Learn Amp does not know something that was sent (a custom field?)"
                    .to_owned(),
                field: None,
            },
            Err(error) => WriteError::Rejected {
                status: StatusCode::NOT_FOUND.as_u16(),
                code: "HTTP_404".to_owned(),
                message: format!("not found, and whether the user is there could not be read: {error}"),
                field: None,
            },
        }
    }

    async fn switch(
        &self,
        user: &User,
        template: &'static str,
        scope: &'static str,
    ) -> Result<WriteAnswer, WriteError> {
        let request = Request::new(Method::PUT, template).place(user.id.as_str()).without_content();
        let answer = self.send(request).await?;
        match answer.status {
            StatusCode::NO_CONTENT | StatusCode::OK => {
                Ok(WriteAnswer { user: Some(user.id.clone()), ..WriteAnswer::default() })
            }
            StatusCode::NOT_FOUND => Err(WriteError::Moved { detail: "the user is not there any more".to_owned() }),
            _ => Err(refusal::of_write(&answer, scope, &[])),
        }
    }
}

#[async_trait::async_trait]
impl DestinationApi for LearnAmp {
    async fn probe(&self) -> Vec<ProbeStep> {
        super::probe::run(self).await
    }

    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        if list == ListKey::TEAM { self.team_options().await } else { self.offered(list).await }
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        let (walk, account) = self.everybody(Taker::Channel(&out)).await?;
        let carried = self.carried.lock().await;
        let custom_fields = carried.as_ref().map(|carried| carried.custom_fields().clone()).unwrap_or_default();
        Ok(DestinationFacts {
            custom_fields,
            account: account.unwrap_or_else(|| "an account without users".to_owned()),
            declared_total: walk.declared(),
            received: walk.rows(),
            can_create_options: !self.tokens.get().await?.more.lacks.contains(&token::CREATE_TEAMS),
        })
    }

    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        match key {
            LookUp::Identifier(identifier) => Ok(self.by_external_id(identifier).await?.into_iter().collect()),
            LookUp::Email(email) => self.by_email(email).await,
            LookUp::Id(id) => Ok(self.by_id(id).await?.into_iter().collect()),
        }
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        match write {
            Write::CreateOption { list: ListKey::TEAM, name } => self.create_team(name).await,
            Write::RemoveOption { list: ListKey::TEAM, key } => self.remove_team(key).await,
            Write::CreateOption { .. } | Write::RemoveOption { .. } => {
                Err(not_possible("its other lists are texts on the users; none is made by itself"))
            }
            Write::Create { identifier, person, access_profile } => {
                self.create(identifier, person, access_profile.as_deref()).await
            }
            Write::Update { current, changes, .. } => self.update(current, with_changes(current, changes)?).await,
            Write::SetIdentifier { current, identifier, .. } => {
                let mut form = with_changes(current, &[])?;
                form.push(("integrationExternalId", identifier.as_str().to_owned()));
                self.update(current, form).await
            }
            Write::Deactivate { current, .. } => self.switch(current, DEACTIVATE, token::DEACTIVATE).await,
            Write::Reactivate { current, changes, .. } if changes.is_empty() => {
                self.switch(current, REACTIVATE, token::REACTIVATE).await
            }
            // Both in one call, so that it is done or not done as a whole.
            Write::Reactivate { current, changes, .. } => {
                let mut form = with_changes(current, changes)?;
                form.push(("reactivate", "true".to_owned()));
                self.update(current, form).await
            }
        }
    }
}

fn done(answer: &Answer, created: bool) -> Result<WriteAnswer, WriteError> {
    let written: Written = answer.json().map_err(|error| WriteError::Unknown { detail: error.to_string() })?;
    Ok(WriteAnswer { user: written.id.map(|id| UserId::new(id.to_string())), created, ..WriteAnswer::default() })
}

fn with_changes(user: &User, changes: &[crate::domain::field::FieldChange]) -> Result<Form, WriteError> {
    map::changed(user, changes).map_err(|error| not_possible(&error.to_string()))
}

fn not_possible(detail: &str) -> WriteError {
    WriteError::NotSent(ApiError::Setup { vendor: NAME, detail: detail.to_owned() })
}

/// What was sent: a message that repeats one of these is not shown.
fn values(form: &Form) -> Vec<String> {
    form.iter().map(|(_, value)| value.clone()).collect()
}

fn texts(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}
