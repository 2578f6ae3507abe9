//! The sign-in (assumed; as Mapal's Sales API has it, mapal-os.md 5.2): client credentials, or a user's password.

use super::NAME;
use super::wire::Refusal;
use crate::domain::secret::Secret;
use crate::ports::api::ApiError;
use crate::vendors::http::{Body, HttpClient, Request};
use crate::vendors::token::{AccessToken, SignIn};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

const TOKEN: &str = "/connect/token";

/// What the Sales API tells.
const LIFE_ASSUMED: Duration = Duration::from_secs(3600);

/// Who signs in.
pub enum Who {
    Client {
        id: String,
        secret: Secret,
    },
    /// With the client where there is one.
    User {
        name: String,
        password: Secret,
        client: Option<(String, Option<Secret>)>,
    },
}

/// The credentials of one tenant.
pub struct Credentials {
    pub http: HttpClient,
    pub who: Who,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    expires_in: Value,
}

impl Who {
    /// Whose calls are counted together; no secret.
    pub fn account(&self) -> &str {
        match self {
            Who::Client { id, .. } => id,
            Who::User { name, .. } => name,
        }
    }

    fn form(&self) -> Vec<(&'static str, String)> {
        let shown = |secret: &Secret| secret.reveal().to_owned();
        match self {
            Who::Client { id, secret } => vec![
                ("grant_type", "client_credentials".to_owned()),
                ("client_id", id.clone()),
                ("client_secret", shown(secret)),
            ],
            Who::User { name, password, client } => {
                let mut form = vec![
                    ("grant_type", "password".to_owned()),
                    ("username", name.clone()),
                    ("password", shown(password)),
                ];
                if let Some((id, secret)) = client {
                    form.push(("client_id", id.clone()));
                    form.extend(secret.iter().map(|secret| ("client_secret", shown(secret))));
                }
                form
            }
        }
    }
}

#[async_trait::async_trait]
impl SignIn for Credentials {
    type More = ();
    const VENDOR: &'static str = NAME;

    async fn sign_in(&self) -> Result<AccessToken, ApiError> {
        let answer = self.http.read(&Request::new(Method::POST, TOKEN).body(Body::Form(self.who.form()))).await?;
        match answer.status {
            StatusCode::OK => {
                let granted: TokenAnswer = answer.json_of("the answer to the sign-in")?;
                if granted.access_token.trim().is_empty() {
                    return Err(answer.corrupt("the answer to the sign-in", "an empty token"));
                }
                Ok(AccessToken::new(granted.access_token, &granted.expires_in, LIFE_ASSUMED, ()))
            }
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !answer.is_html() => {
                let (status, code) = (answer.status.as_u16(), Refusal::of(&answer));
                let what = match self.who {
                    Who::Client { .. } => "Client ID or secret is wrong",
                    Who::User { .. } => "user, password or client is wrong",
                };
                Err(ApiError::Refused {
                    vendor: NAME,
                    detail: format!("the sign-in is answered {status}{code}: {what}"),
                })
            }
            StatusCode::NOT_FOUND => Err(answer.no_data(TOKEN, &answer.describe())),
            _ => Err(answer.unexpected(&answer.describe())),
        }
    }
}
