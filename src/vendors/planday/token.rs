//! Planday's sign-in: a refresh token that lives until it is revoked buys access tokens of an hour (planday.md 1.3).
//!
//! Whether the refresh token is replaced at a sign-in is not documented but seen. A renewal that has begun is therefore
//! carried through whatever becomes of who asked for it: its answer may hold the only token that still works.

use super::NAME;
use super::wire::{TokenAnswer, TokenRefusal};
use crate::domain::secret::Secret;
use crate::ports::api::ApiError;
use crate::ports::connect::{Kept, SecretKeeping};
use crate::vendors::http::{Body, HttpClient, Request};
use crate::vendors::redact;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Parameter key of the refresh token.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// Assumed where the answer does not say (planday.md 1.3).
const LIFE_ASSUMED: Duration = Duration::from_secs(3600);
/// What is believed of a life that is told: a token of no life is tried all the same, and none is kept for days.
const LIFE_MIN: f64 = 60.0;
const LIFE_MAX: f64 = 24.0 * 3600.0;

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
    at_work: Arc<AtWork>,
    state: Arc<Mutex<State>>,
}

/// What a renewal needs.
struct AtWork {
    http: HttpClient,
    client_id: String,
    keeping: SecretKeeping,
}

struct State {
    refresh_token: Secret,
    access: Option<AccessToken>,
    /// What became of the newest refresh token, where Planday has replaced it.
    kept: Option<Kept>,
}

impl TokenKeeper {
    /// `http` talks to the identity server.
    pub fn new(http: HttpClient, client_id: String, refresh_token: Secret, keeping: SecretKeeping) -> Self {
        Self {
            at_work: Arc::new(AtWork { http, client_id, keeping }),
            state: Arc::new(Mutex::new(State { refresh_token, access: None, kept: None })),
        }
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    /// [`ApiError::Refused`] when Planday does not take the refresh token; others as for any read.
    pub async fn get(&self) -> Result<AccessToken, ApiError> {
        self.token(|access| Instant::now() < access.renew_at).await
    }

    /// A token other than `refused`, which a call was answered 401 with.
    ///
    /// # Errors
    /// As [`TokenKeeper::get`].
    pub async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, ApiError> {
        // Someone else may have renewed it meanwhile.
        self.token(|access| access.text != refused.text).await
    }

    /// What became of a refresh token that Planday has put in the place of ours, if it has.
    pub async fn rotated(&self) -> Option<Kept> {
        self.state.lock().await.kept.clone()
    }

    /// The access token, where it is `good`; else a new one.
    async fn token(&self, good: impl Fn(&AccessToken) -> bool) -> Result<AccessToken, ApiError> {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        if let Some(token) = state.access.as_ref().filter(|access| good(access)) {
            return Ok(token.clone());
        }
        let at_work = Arc::clone(&self.at_work);
        let renewal = tokio::spawn(async move { at_work.renew(&mut state).await });
        renewal.await.unwrap_or_else(|_| {
            Err(ApiError::Temporary { vendor: NAME, detail: "the sign-in was broken off".to_owned() })
        })
    }
}

impl AtWork {
    async fn renew(&self, state: &mut State) -> Result<AccessToken, ApiError> {
        self.catch_up(state);
        let granted = match self.ask(&state.refresh_token).await {
            // Another process may have signed in between: then its token is the one that works.
            Err(ApiError::Refused { .. }) if self.catch_up(state) => self.ask(&state.refresh_token).await,
            asked => asked,
        }?;
        let next = granted.refresh_token.filter(|next| !next.is_empty() && next != state.refresh_token.reveal());
        if let Some(next) = next {
            // What replaces our token must be safe before anything else happens.
            state.refresh_token = Secret::new(next);
            state.kept = Some((self.keeping.save)(REFRESH_TOKEN, state.refresh_token.clone()));
        }
        let life = life(&granted.expires_in);
        let token = AccessToken {
            text: Secret::new(granted.access_token),
            life,
            renew_at: Instant::now() + life.saturating_sub(MARGIN.min(life / 4)),
        };
        state.access = Some(token.clone());
        Ok(token)
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

/// How long a token is good for, by what `expires_in` says: seconds, as a number or a text.
fn life(expires_in: &Value) -> Duration {
    let seconds = match expires_in {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match seconds.filter(|seconds: &f64| !seconds.is_nan()) {
        Some(seconds) => Duration::from_secs_f64(seconds.clamp(LIFE_MIN, LIFE_MAX)),
        None => LIFE_ASSUMED,
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_life_of_a_token_is_too_odd() {
        let odd = [
            (json!(3600), 3600),
            (json!("1800"), 1800),
            (json!(1799.5), 1799),
            (json!(0), 60),
            (json!(-1), 60),
            (json!(i64::MIN), 60),
            (json!(9_223_372_036_854_775_807_i64), 86_400),
            (json!(u64::MAX), 86_400),
            (json!(1e300), 86_400),
            (json!("inf"), 86_400),
            (json!("NaN"), 3600),
            (json!("soon"), 3600),
            (json!(null), 3600),
            (json!([3600]), 3600),
        ];
        for (told, seconds) in odd {
            assert_eq!(life(&told).as_secs(), seconds, "{told}");
        }
    }
}
