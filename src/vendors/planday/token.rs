//! Planday's sign-in: a refresh token that lives until it is revoked buys access tokens of an hour (planday.md 1.3).

use super::NAME;
use super::wire::{TokenAnswer, TokenRefusal};
use crate::domain::secret::Secret;
use crate::ports::api::ApiError;
use crate::vendors::http::{Body, HttpClient, Request};
use crate::vendors::parameters::SaveSecret;
use crate::vendors::redact;
use reqwest::{Method, StatusCode};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Parameter key of the refresh token.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// Assumed where the answer does not say (planday.md 1.3).
const LIFE_ASSUMED: Duration = Duration::from_secs(3600);

/// An access token is renewed this long before its end, or at three quarters of a short life.
const MARGIN: Duration = Duration::from_secs(120);

/// An access token and how long it is good for.
#[derive(Clone)]
pub struct AccessToken {
    pub text: Secret,
    pub life: Duration,
    renew_at: Instant,
}

/// Keeps the access token of one connection. However many requests need one at once, one renewal is sent.
pub struct TokenKeeper {
    http: HttpClient,
    client_id: String,
    save: SaveSecret,
    state: Mutex<State>,
}

struct State {
    refresh_token: Secret,
    access: Option<AccessToken>,
}

impl TokenKeeper {
    /// `http` talks to the identity server.
    pub fn new(http: HttpClient, client_id: String, refresh_token: Secret, save: SaveSecret) -> Self {
        Self { http, client_id, save, state: Mutex::new(State { refresh_token, access: None }) }
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    /// [`ApiError::Refused`] when Planday does not take the refresh token; others as for any read.
    pub async fn get(&self) -> Result<AccessToken, ApiError> {
        let mut state = self.state.lock().await;
        match &state.access {
            Some(token) if Instant::now() < token.renew_at => Ok(token.clone()),
            _ => self.renew(&mut state).await,
        }
    }

    /// A token other than `refused`, which a call was answered 401 with.
    ///
    /// # Errors
    /// As [`TokenKeeper::get`].
    pub async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, ApiError> {
        let mut state = self.state.lock().await;
        match &state.access {
            // Someone else has renewed it meanwhile.
            Some(token) if token.text != refused.text => Ok(token.clone()),
            _ => self.renew(&mut state).await,
        }
    }

    async fn renew(&self, state: &mut State) -> Result<AccessToken, ApiError> {
        let request = Request::new(Method::POST, "/connect/token").body(Body::Form(vec![
            ("client_id", self.client_id.clone()),
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", state.refresh_token.reveal().to_owned()),
        ]));
        let answer = self.http.read(&request).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !answer.is_html() => {
                let refusal: TokenRefusal = answer.json().unwrap_or_default();
                return Err(refused(refusal.error.as_deref().and_then(redact::code_word)));
            }
            _ => return Err(answer.unexpected(&answer.describe())),
        }
        let granted: TokenAnswer = answer.json()?;
        if let Some(next) = granted.refresh_token.filter(|next| next != state.refresh_token.reveal()) {
            // Rotation is undocumented but seen: what replaces our token must be safe before anything else happens.
            let next = Secret::new(next);
            (self.save)(REFRESH_TOKEN, next.clone());
            state.refresh_token = next;
        }
        let life = granted.expires_in.map_or(LIFE_ASSUMED, Duration::from_secs);
        let token = AccessToken {
            text: Secret::new(granted.access_token),
            life,
            renew_at: Instant::now() + life.saturating_sub(MARGIN.min(life / 4)),
        };
        state.access = Some(token.clone());
        Ok(token)
    }
}

fn refused(code: Option<&str>) -> ApiError {
    let detail = match code {
        Some("invalid_grant") => {
            "the token was revoked, or the administrator who authorised the app is deactivated (invalid_grant)"
                .to_owned()
        }
        Some("invalid_client") => "the App id is not known (invalid_client)".to_owned(),
        Some(code) => format!("the sign-in failed ({code})"),
        None => "the sign-in failed".to_owned(),
    };
    ApiError::Refused { vendor: NAME, detail }
}
