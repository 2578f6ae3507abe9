//! The sign-in: realm, key and secret as one Basic header of three parts (rotaready.md 2.2) (client).

use super::{NAME, SUPPORT};
use crate::domain::secret::Secret;
use crate::ports::api::ApiError;
use crate::vendors::http::{Body, HttpClient, Request};
use crate::vendors::token::{AccessToken, SignIn};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const TOKEN: &str = "/oauth/token";

/// No life is told (client); assumed.
const LIFE_ASSUMED: Duration = Duration::from_secs(3600);

/// The credentials of one realm.
pub struct Credentials {
    http: Arc<HttpClient>,
    basic: HeaderValue,
}

/// Only `access_token` is known.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    expires_in: Value,
}

impl Credentials {
    /// Credentials that are not tried yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`] for a part that cannot be one.
    pub fn new(http: Arc<HttpClient>, realm: &str, key: &Secret, secret: &Secret) -> Result<Self, ApiError> {
        // What is copied from a message may bring a blank along; no part has one.
        let parts = [realm.trim(), key.reveal().trim(), secret.reveal().trim()];
        let setup = |detail: &str| ApiError::Setup { vendor: NAME, detail: detail.to_owned() };
        if !parts[0].chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(setup("the Realm ID (`realm`) has letters and digits only"));
        }
        if parts.iter().any(|part| part.is_empty() || part.contains(':')) {
            return Err(setup("Realm ID, Key and Secret must not be blank, nor have a colon"));
        }
        let basic = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(parts.join(":"))));
        let mut basic = basic.map_err(|_| setup("the credentials have odd characters"))?;
        basic.set_sensitive(true);
        Ok(Self { http, basic })
    }
}

#[async_trait::async_trait]
impl SignIn for Credentials {
    type More = ();
    const VENDOR: &'static str = NAME;

    async fn sign_in(&self) -> Result<AccessToken, ApiError> {
        let form = vec![("grant_type", "client_credentials".to_owned())];
        let request =
            Request::new(Method::POST, TOKEN).header(AUTHORIZATION, self.basic.clone()).body(Body::Form(form));
        let answer = self.http.read(&request).await?;
        match answer.status {
            StatusCode::OK => {
                let granted: TokenAnswer = answer.json_of("the answer to the sign-in")?;
                Ok(AccessToken::new(granted.access_token, &granted.expires_in, LIFE_ASSUMED, ()))
            }
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !answer.is_html() => {
                let status = answer.status.as_u16();
                let detail = format!(
                    "the sign-in is answered {status}: Realm ID, Key or Secret is wrong, or {SUPPORT} has taken them back"
                );
                Err(ApiError::Refused { vendor: NAME, detail })
            }
            StatusCode::NOT_FOUND => Err(answer.no_data(TOKEN, &answer.describe())),
            _ => Err(answer.unexpected(&answer.describe())),
        }
    }
}
