//! The sign-in: client credentials buy an access token of two hours, for scopes that are named (`documented`; learn-amp.md 1.1).
//!
//! The trap: a key that was made with scopes of its own must name scopes in each request, else `public` is asked for, which it
//! does not have; an older key has `public` only. So the scopes are named first, then none, then each by itself: what a key
//! may do is used, and what it lacks is named. The shape of a refusal (`invalid_client`, `invalid_scope`) is `inferred`.

use super::NAME;
use super::wire::{TokenAnswer, TokenRefusal};
use crate::domain::secret::Secret;
use crate::ports::api::ApiError;
use crate::vendors::http::{Body, HttpClient, Request};
use crate::vendors::redact;
use crate::vendors::token::{AccessToken, SignIn};
use reqwest::{Method, StatusCode};
use std::sync::Arc;
use std::time::Duration;

const TOKEN: &str = "/oauth/token";

pub const READ: &str = "users:read";
pub const CREATE: &str = "users:create";
pub const UPDATE: &str = "users:update";
pub const DEACTIVATE: &str = "users:deactivate";
pub const REACTIVATE: &str = "users:reactivate";

pub const READ_TEAMS: &str = "teams:read";
pub const CREATE_TEAMS: &str = "teams:create";
pub const DELETE_TEAMS: &str = "teams:delete";

/// What this client calls for in any case; teams take more.
pub const NEEDED: [&str; 5] = [READ, CREATE, UPDATE, DEACTIVATE, REACTIVATE];

/// Assumed where the answer does not say.
const LIFE_ASSUMED: Duration = Duration::from_secs(7200);

/// What a token is good for.
#[derive(Debug, Clone)]
pub struct Granted {
    /// Scopes that the key lacks, of those that are needed; empty for a key with full access.
    pub lacks: Vec<&'static str>,
    /// The key has full access, and no scopes of its own.
    pub is_public: bool,
}

/// Signs in with the key of one account.
pub struct ClientKey {
    http: Arc<HttpClient>,
    client_id: String,
    client_secret: Secret,
    /// The scopes that are called for.
    needed: Vec<&'static str>,
}

/// What came of one request for a token.
enum Asked {
    Granted(TokenAnswer),
    /// The key does not have these scopes.
    NoScope,
}

impl ClientKey {
    /// A key that is asked for the scopes of [`NEEDED`] and `more`.
    pub fn new(http: Arc<HttpClient>, client_id: String, client_secret: Secret, more: Vec<&'static str>) -> Self {
        let needed = NEEDED.into_iter().chain(more).collect();
        Self { http, client_id, client_secret, needed }
    }

    async fn ask(&self, scopes: &[&str]) -> Result<Asked, ApiError> {
        let mut form = vec![
            ("client_id", self.client_id.clone()),
            ("client_secret", self.client_secret.reveal().to_owned()),
            ("grant_type", "client_credentials".to_owned()),
        ];
        if !scopes.is_empty() {
            form.push(("scope", scopes.join(" ")));
        }
        let request = Request::new(Method::POST, TOKEN).body(Body::Form(form));
        let answer = self.http.read(&request).await?;
        match answer.status {
            StatusCode::OK => answer.json_of("the answer to the sign-in").map(Asked::Granted),
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !answer.is_html() => {
                let refusal: TokenRefusal = answer.json().unwrap_or_default();
                match refusal.error.as_deref().and_then(redact::code_word) {
                    Some("invalid_scope") => Ok(Asked::NoScope),
                    code => Err(refused(code)),
                }
            }
            StatusCode::NOT_FOUND => Err(ApiError::WrongAddress {
                vendor: NAME,
                detail: format!("status 404 from {TOKEN}: the address is the API Base URL, without a path"),
            }),
            _ => Err(answer.unexpected(&answer.describe())),
        }
    }
}

#[async_trait::async_trait]
impl SignIn for ClientKey {
    type More = Granted;
    const VENDOR: &'static str = NAME;

    async fn sign_in(&self) -> Result<AccessToken<Granted>, ApiError> {
        if let Asked::Granted(granted) = self.ask(&self.needed).await? {
            return Ok(token(granted, Vec::new(), false));
        }
        if let Asked::Granted(granted) = self.ask(&[]).await? {
            return Ok(token(granted, Vec::new(), true));
        }
        let (mut has, mut lacks) = (Vec::new(), Vec::new());
        for scope in self.needed.iter().copied() {
            match self.ask(&[scope]).await? {
                Asked::Granted(_) => has.push(scope),
                Asked::NoScope => lacks.push(scope),
            }
        }
        if lacks.contains(&READ) {
            return Err(lacking(&lacks));
        }
        match self.ask(&has).await? {
            Asked::Granted(granted) => Ok(token(granted, lacks, false)),
            Asked::NoScope => Err(lacking(&lacks)),
        }
    }
}

fn token(granted: TokenAnswer, lacks: Vec<&'static str>, is_public: bool) -> AccessToken<Granted> {
    AccessToken::new(granted.access_token, &granted.expires_in, LIFE_ASSUMED, Granted { lacks, is_public })
}

fn refused(code: Option<&str>) -> ApiError {
    let detail = match code {
        Some("invalid_client") => {
            "Client ID or Client secret is wrong, or the key was deleted (invalid_client)".to_owned()
        }
        Some(code) => format!("the sign-in failed ({code})"),
        None => "the sign-in failed".to_owned(),
    };
    ApiError::Refused { vendor: NAME, detail }
}

/// The key may not do what is needed.
pub fn lacking(scopes: &[&str]) -> ApiError {
    let word = if scopes.len() == 1 { "scope" } else { "scopes" };
    ApiError::Forbidden {
        vendor: NAME,
        detail: format!("the key lacks the {word} {}", scopes.join(", ")),
        remedy: format!(
            "the owner of the account makes a key with the scopes {} in Learn Amp (Company Settings › API); put it in here",
            NEEDED
                .iter()
                .filter(|needed| !scopes.contains(needed))
                .chain(scopes)
                .copied()
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}
