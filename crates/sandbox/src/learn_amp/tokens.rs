//! `POST /oauth/token`: client credentials, scopes, two hours.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{account::Account, error, unauthorized};
use crate::call::{Answer, Call};

pub(super) const PATH: &str = "/oauth/token";

/// Life of a token.
const LIFE: Duration = Duration::from_secs(7200);
/// What stands between the client and the number of a token.
const BETWEEN: char = '~';
/// What is asked for where no scope is named.
const PUBLIC: &str = "public";

/// A token that was granted.
#[derive(Clone, Debug)]
pub(super) struct Token {
    until: Instant,
    scopes: Vec<String>,
}

/// The token of a call.
pub(super) fn bearer(call: &Call) -> Option<&str> {
    call.header("authorization")?.strip_prefix("Bearer ").map(str::trim)
}

/// The members of a sign-in: a form, or JSON.
fn members(call: &Call) -> Vec<(String, String)> {
    match serde_json::from_slice::<Value>(&call.body) {
        Ok(Value::Object(members)) => {
            members.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
        }
        _ => call.form(),
    }
}

fn member(members: &[(String, String)], name: &str) -> Option<String> {
    members.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

pub(super) fn login_of(call: &Call) -> Option<String> {
    if call.path.trim_end_matches('/') == PATH {
        return member(&members(call), "client_id");
    }
    bearer(call)?.split_once(BETWEEN).map(|(client, _)| client.to_owned())
}

fn refused(status: u16, code: &str, text: &str) -> Answer {
    Answer::json(status, json!({"error": code, "error_description": text}))
}

pub(super) fn unknown_client() -> Answer {
    refused(401, "invalid_client", "Client authentication failed.")
}

impl Account {
    /// Answers a sign-in.
    pub(super) fn grant(&mut self, call: &Call) -> Answer {
        if call.method != axum::http::Method::POST {
            return error(404, "Not found");
        }
        let members = members(call);
        if member(&members, "client_secret").as_deref() != Some(self.settings.client_secret.as_str()) {
            return unknown_client();
        }
        if member(&members, "grant_type").as_deref() != Some("client_credentials") {
            return refused(400, "unsupported_grant_type", "The grant type is not supported.");
        }
        let asked = member(&members, "scope").unwrap_or_default();
        let asked: Vec<String> = asked.split_whitespace().map(str::to_owned).collect();
        let asked = if asked.is_empty() { vec![PUBLIC.to_owned()] } else { asked };
        let own = || self.settings.scopes.iter().flatten();
        let has = |scope: &String| {
            if self.settings.switches.older_key { scope == PUBLIC } else { own().any(|one| one == scope) }
        };
        if !asked.iter().all(has) {
            return refused(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.");
        }
        self.granted += 1;
        let text = format!("{}{BETWEEN}{}", self.settings.client_id, self.granted);
        let scope = asked.join(" ");
        self.tokens.insert(text.clone(), Token { until: Instant::now() + LIFE, scopes: asked });
        Answer::json(
            200,
            json!({"access_token": text, "token_type": "Bearer", "expires_in": LIFE.as_secs(), "scope": scope,
                "created_at": 1_764_000_000}),
        )
    }

    /// Whether a call's token is good, and for this.
    pub(super) fn check_token(&self, call: &Call, scope: &str) -> Result<(), Answer> {
        let token = bearer(call).and_then(|token| self.tokens.get(token));
        let token = token.filter(|token| Instant::now() < token.until).ok_or_else(unauthorized)?;
        if token.scopes.iter().any(|own| own == scope || own == PUBLIC) {
            return Ok(());
        }
        Err(error(403, "You do not have permission to do this"))
    }
}
