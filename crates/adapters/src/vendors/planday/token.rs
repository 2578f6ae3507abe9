//! Planday's sign-in: a refresh token that lives until it is revoked buys access tokens of an hour (planday.md 1.3).
//!
//! Whether the refresh token is replaced at a sign-in is not documented but seen.

use super::NAME;
use super::wire::{TokenAnswer, TokenRefusal};
use crate::domain::secret::Secret;
use crate::ports::api::ApiError;
use crate::ports::connect::{Kept, SecretKeeping};
use crate::vendors::http::{Body, HttpClient, Request};
use crate::vendors::redact;
use crate::vendors::token::{AccessToken, SignIn};
use reqwest::{Method, StatusCode};
use std::time::Duration;
use tokio::sync::Mutex;

/// Parameter key of the refresh token.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// Assumed where the answer does not say (planday.md 1.3).
const LIFE_ASSUMED: Duration = Duration::from_secs(3600);

/// Signs in with the refresh token of one app.
pub struct RefreshToken {
    http: HttpClient,
    client_id: String,
    keeping: SecretKeeping,
    /// Held while a sign-in is under way.
    state: Mutex<State>,
}

struct State {
    refresh_token: Secret,
    /// What became of the newest refresh token, where Planday has replaced it.
    kept: Option<Kept>,
}

impl RefreshToken {
    /// `http` talks to the identity server.
    pub fn new(http: HttpClient, client_id: String, refresh_token: Secret, keeping: SecretKeeping) -> Self {
        Self { http, client_id, keeping, state: Mutex::new(State { refresh_token, kept: None }) }
    }

    /// What became of a refresh token that Planday has put in the place of ours, if it has.
    pub async fn rotated(&self) -> Option<Kept> {
        self.state.lock().await.kept.clone()
    }

    /// Takes up a refresh token that another process has kept, or keeps ours where that failed before. Whether there is
    /// another one now.
    fn catch_up(&self, state: &mut State) -> bool {
        if matches!(state.kept, Some(Kept::Lost(_))) {
            state.kept = Some((self.keeping.save)(REFRESH_TOKEN, state.refresh_token.clone()));
            return false;
        }
        match (self.keeping.load)(REFRESH_TOKEN) {
            Some(kept) if kept != state.refresh_token => {
                state.refresh_token = kept;
                true
            }
            _ => false,
        }
    }

    async fn ask(&self, refresh_token: &Secret) -> Result<TokenAnswer, ApiError> {
        let request = Request::new(Method::POST, "/connect/token").body(Body::Form(vec![
            ("client_id", self.client_id.clone()),
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", refresh_token.reveal().to_owned()),
        ]));
        let answer = self.http.read(&request).await?;
        match answer.status {
            StatusCode::OK => answer.json_of("the answer to the sign-in"),
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !answer.is_html() => {
                let refusal: TokenRefusal = answer.json().unwrap_or_default();
                Err(refused(refusal.error.as_deref().and_then(redact::code_word)))
            }
            _ => Err(answer.unexpected(&answer.describe())),
        }
    }
}

#[async_trait::async_trait]
impl SignIn for RefreshToken {
    type More = ();
    const VENDOR: &'static str = NAME;

    async fn sign_in(&self) -> Result<AccessToken, ApiError> {
        let mut state = self.state.lock().await;
        self.catch_up(&mut state);
        let granted = match self.ask(&state.refresh_token).await {
            // Another process may have signed in between: then its token is the one that works.
            Err(ApiError::Refused { .. }) if self.catch_up(&mut state) => self.ask(&state.refresh_token).await,
            asked => asked,
        }?;
        let next = granted.refresh_token.filter(|next| !next.is_empty() && next != state.refresh_token.reveal());
        if let Some(next) = next {
            // What replaces our token must be safe before anything else happens.
            state.refresh_token = Secret::new(next);
            state.kept = Some((self.keeping.save)(REFRESH_TOKEN, state.refresh_token.clone()));
        }
        Ok(AccessToken::new(granted.access_token, &granted.expires_in, LIFE_ASSUMED, ()))
    }
}

fn refused(code: Option<&str>) -> ApiError {
    let detail = match code {
        Some("invalid_grant") => {
            "the token was revoked or used up, or the administrator who authorised the app is deactivated (invalid_grant)"
                .to_owned()
        }
        Some("invalid_client") => "the App id is not known (invalid_client)".to_owned(),
        Some(code) => format!("the sign-in failed ({code})"),
        None => "the sign-in failed".to_owned(),
    };
    ApiError::Refused { vendor: NAME, detail }
}
