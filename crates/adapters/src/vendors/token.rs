//! Access tokens: how long one is believed, one renewal however many calls need it, a fresh one after a 401.
//!
//! A renewal that has begun is carried through whatever becomes of who asked for it: its answer may hold the only credential
//! that still works, and the next call needs it all the same.

use crate::domain::secret::Secret;
use crate::ports::api::ApiError;
use crate::vendors::http::{Answer, HttpClient, ReadFailure, Request};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// What is believed of a life that is told, in seconds: a token of no life is tried all the same, and none is kept for days.
const LIFE_MIN: f64 = 60.0;
const LIFE_MAX: f64 = 24.0 * 3600.0;

/// A token is renewed this long before its end, or at three quarters of a short life.
const MARGIN: Duration = Duration::from_secs(120);

/// An access token and how long it is good for; `more` is what the vendor says of it beside.
#[derive(Clone)]
pub struct AccessToken<M = ()> {
    pub text: Secret,
    pub life: Duration,
    pub more: M,
    renew_at: Instant,
}

impl<M> AccessToken<M> {
    /// A token that came just now. `told` is what `expires_in` holds, `assumed` the life where that says nothing.
    pub fn new(text: String, told: &Value, assumed: Duration, more: M) -> Self {
        let life = life(told, assumed);
        let renew_at = Instant::now() + life.saturating_sub(MARGIN.min(life / 4));
        Self { text: Secret::new(text), life, more, renew_at }
    }

    /// The same request with this token.
    ///
    /// # Errors
    /// [`ApiError::Unexpected`] for a token that no header can hold.
    pub fn sign<'a>(&self, vendor: &'static str, request: Request<'a>) -> Result<Request<'a>, ApiError> {
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.text.reveal()));
        let mut bearer = bearer.map_err(|_| ApiError::Unexpected {
            vendor,
            detail: "the access token has characters that no header may have".to_owned(),
        })?;
        bearer.set_sensitive(true);
        Ok(request.header(AUTHORIZATION, bearer))
    }
}

/// How one vendor gives tokens.
#[async_trait::async_trait]
pub trait SignIn: Send + Sync + 'static {
    /// What is known of a token beside its life.
    type More: Clone + Send + Sync + 'static;
    /// As errors name it.
    const VENDOR: &'static str;

    /// Asks for a token. Never twice at once.
    ///
    /// # Errors
    /// [`ApiError::Refused`] for credentials that are not taken; others as for any read.
    async fn sign_in(&self) -> Result<AccessToken<Self::More>, ApiError>;
}

/// Keeps the access token of one connection.
pub struct TokenKeeper<S: SignIn> {
    sign_in: Arc<S>,
    access: Arc<Mutex<Option<AccessToken<S::More>>>>,
}

impl<S: SignIn> TokenKeeper<S> {
    /// A keeper that has no token yet.
    pub fn new(sign_in: S) -> Self {
        Self { sign_in: Arc::new(sign_in), access: Arc::default() }
    }

    /// What signs in.
    pub fn sign_in(&self) -> &S {
        &self.sign_in
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    /// Those of [`SignIn::sign_in`].
    pub async fn get(&self) -> Result<AccessToken<S::More>, ApiError> {
        self.token(|access| Instant::now() < access.renew_at).await
    }

    /// A token other than `refused`, which a call was answered 401 with.
    ///
    /// # Errors
    /// Those of [`SignIn::sign_in`].
    pub async fn replace(&self, refused: &AccessToken<S::More>) -> Result<AccessToken<S::More>, ApiError> {
        // Someone else may have renewed it meanwhile.
        self.token(|access| access.text != refused.text).await
    }

    /// Sends a read with a token; a 401 is answered by one fresh token.
    ///
    /// # Errors
    /// Those of [`SignIn::sign_in`] and of [`HttpClient::read_record`].
    pub async fn read(&self, http: &HttpClient, request: Request<'_>) -> Result<Answer, ReadFailure> {
        let of_all = |error| ReadFailure { error, of_all: true };
        let token = self.get().await.map_err(of_all)?;
        let answer = http.read_record(&token.sign(S::VENDOR, request.clone()).map_err(of_all)?).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let fresh = self.replace(&token).await.map_err(of_all)?;
        http.read_record(&fresh.sign(S::VENDOR, request).map_err(of_all)?).await
    }

    /// The access token, where it is `good`; else a new one.
    async fn token(&self, good: impl Fn(&AccessToken<S::More>) -> bool) -> Result<AccessToken<S::More>, ApiError> {
        let mut access = Arc::clone(&self.access).lock_owned().await;
        if let Some(token) = access.as_ref().filter(|access| good(access)) {
            return Ok(token.clone());
        }
        let sign_in = Arc::clone(&self.sign_in);
        let renewal = tokio::spawn(async move {
            let token = sign_in.sign_in().await?;
            *access = Some(token.clone());
            Ok(token)
        });
        renewal.await.unwrap_or_else(|_| {
            Err(ApiError::Temporary { vendor: S::VENDOR, detail: "the sign-in was broken off".to_owned() })
        })
    }
}

/// How long a token is good for, by what `expires_in` says: seconds, as a number or a text.
fn life(told: &Value, assumed: Duration) -> Duration {
    let seconds = match told {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match seconds.filter(|seconds: &f64| !seconds.is_nan()) {
        Some(seconds) => Duration::from_secs_f64(seconds.clamp(LIFE_MIN, LIFE_MAX)),
        None => assumed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::atomic::{AtomicU32, Ordering};

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
            (json!("NaN"), 7200),
            (json!("soon"), 7200),
            (json!(null), 7200),
            (json!([3600]), 7200),
        ];
        for (told, seconds) in odd {
            assert_eq!(life(&told, Duration::from_secs(7200)).as_secs(), seconds, "{told}");
        }
    }

    /// Gives `t1`, `t2`, …, each after a moment and with a life of a minute.
    #[derive(Default)]
    struct Desk(AtomicU32);

    #[async_trait::async_trait]
    impl SignIn for Desk {
        type More = u32;
        const VENDOR: &'static str = "V";

        async fn sign_in(&self) -> Result<AccessToken<u32>, ApiError> {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            Ok(AccessToken::new(format!("t{number}"), &json!(60), Duration::ZERO, number))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_renewal_serves_everybody_and_outlives_who_asked() {
        let keeper = TokenKeeper::new(Desk::default());
        let (one, two, three) = tokio::join!(keeper.get(), keeper.get(), keeper.get());
        assert_eq!([one, two, three].map(|token| token.unwrap().more), [1, 1, 1]);
        tokio::time::advance(Duration::from_secs(46)).await;
        let asked = tokio::time::timeout(Duration::from_millis(10), keeper.get()).await;
        assert!(asked.is_err(), "given up");
        let token = keeper.get().await.unwrap();
        assert_eq!((token.more, keeper.sign_in().0.load(Ordering::Relaxed)), (2, 2), "three quarters of a minute");
        let (a, b) = tokio::join!(keeper.replace(&token), keeper.replace(&token));
        assert_eq!((a.unwrap().more, b.unwrap().more), (3, 3), "refused by two calls, replaced once");
    }
}
