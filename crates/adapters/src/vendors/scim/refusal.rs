//! What a no of a SCIM server means: `scimType` where there is one, else the status (rules 10, 27; RFC 7644, 3.12). The same words
//! may come as HTML, with a number for a status, or with none.

use crate::ports::api::ApiError;
use crate::ports::destination::WriteError;
use crate::vendors::http::Answer;
use crate::vendors::redact;
use reqwest::StatusCode;
use serde_json::{Map, Value};

/// Another user has the user name, or the e-mail where that is one. Both may come from the order of two writes.
pub const EMAIL_IN_USE: &str = "EMAIL_IN_USE";
pub const IDENTIFIER_IN_USE: &str = "IDENTIFIER_IN_USE";
/// A yes that changed nothing.
pub const NOT_TAKEN: &str = "NOT_TAKEN";
/// Whoever is deactivated would be deleted, and the connection does not say that this is wanted.
pub const WOULD_DELETE: &str = "WOULD_DELETE";
/// What was to be sent is no user name.
pub const BAD_USER_NAME: &str = "BAD_USER_NAME";

/// What a refusal says.
#[derive(Debug, Default)]
pub struct Refusal {
    pub scim_type: String,
    detail: String,
}

impl Refusal {
    pub fn of(answer: &Answer) -> Self {
        // A page is no refusal by the standard, whatever its type says.
        let body: Map<String, Value> =
            if answer.is_html() { Map::new() } else { serde_json::from_slice(answer.bytes()).unwrap_or_default() };
        let text = |name: &str| {
            let value = super::resource::member(&body, name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        Self { scim_type: text("scimType"), detail: text("detail") }
    }
}

/// Whether a PATCH was refused for what it is, so that another form may be taken (rules 15, 16, 19).
pub fn is_of_form(answer: &Answer) -> bool {
    let kind = Refusal::of(answer).scim_type;
    match answer.status {
        StatusCode::NOT_IMPLEMENTED | StatusCode::METHOD_NOT_ALLOWED => true,
        // Who is not there is looked for before a change of form.
        StatusCode::NOT_FOUND => true,
        StatusCode::BAD_REQUEST => !["uniqueness", "invalidValue", "sensitive"].contains(&kind.as_str()),
        _ => false,
    }
}

/// Whether somebody has what must be nobody else's.
pub fn is_taken(answer: &Answer) -> bool {
    answer.status == StatusCode::CONFLICT || Refusal::of(answer).scim_type == "uniqueness"
}

/// A refused read.
pub fn of_read(vendor: &'static str, answer: &Answer, place: &str) -> ApiError {
    match answer.status {
        StatusCode::UNAUTHORIZED => refused(vendor),
        StatusCode::FORBIDDEN => forbidden(vendor),
        _ if answer.is_html() => answer.no_data(place, &answer.describe()),
        StatusCode::NOT_FOUND => ApiError::WrongAddress { vendor, detail: format!("status 404 from {place}") },
        _ => {
            let words = redact::quotable(&Refusal::of(answer).detail, &[]);
            answer.unexpected(&words.map_or_else(|| "a refusal".to_owned(), |words| format!("`{words}`")))
        }
    }
}

/// A write that was not done. `sent` is what must not be repeated.
pub fn of_write(vendor: &'static str, answer: &Answer, sent: &[&str]) -> WriteError {
    match answer.status {
        StatusCode::UNAUTHORIZED => WriteError::NotSent(refused(vendor)),
        StatusCode::FORBIDDEN => WriteError::NotSent(forbidden(vendor)),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            WriteError::Moved { detail: "the user is not there any more".to_owned() }
        }
        status => {
            let Refusal { scim_type, detail } = Refusal::of(answer);
            let code = redact::code_word(&scim_type).map_or_else(|| format!("HTTP_{}", status.as_u16()), str::to_owned);
            let message = redact::quotable(&detail, sent).unwrap_or_else(|| format!("{vendor} said no"));
            WriteError::Rejected { status: status.as_u16(), code, message, field: None }
        }
    }
}

/// A no of our own, in the form of the server's.
pub fn own(code: &str, message: impl Into<String>, field: Option<&str>) -> WriteError {
    WriteError::Rejected { status: 0, code: code.to_owned(), message: message.into(), field: field.map(str::to_owned) }
}

fn refused(vendor: &'static str) -> ApiError {
    ApiError::Refused { vendor, detail: "the token is wrong, has expired or was revoked (401)".to_owned() }
}

fn forbidden(vendor: &'static str) -> ApiError {
    ApiError::Forbidden {
        vendor,
        detail: "the token may not do this (403)".to_owned(),
        remedy: "have the server's administrator allow the token to read and write users, or make one that may"
            .to_owned(),
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_scim_errors() {
        let samples: &[&[u8]] = &[
            br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"scimType":"uniqueness","detail":"userName is taken","status":"409"}"#,
            b"<html><body>502</body></html>",
        ];
        batter("scim_errors", samples, |bytes| {
            for status in [StatusCode::BAD_REQUEST, StatusCode::CONFLICT, StatusCode::NOT_FOUND, StatusCode::OK] {
                let answer = Answer {
                    vendor: "SCIM",
                    template: "/Users",
                    proven: std::sync::Arc::default(),
                    status,
                    headers: reqwest::header::HeaderMap::new(),
                    body: bytes.to_vec(),
                };
                let _ = (is_of_form(&answer), is_taken(&answer));
                let error = of_read("SCIM", &answer, "/Users");
                // What somebody sent is never quoted whole.
                assert!(error.to_string().len() < 2_000, "{error}");
            }
        });
    }
}
