//! PeopleHR: an HR system with one address, whose every answer is 200 and says in its body how it went.
//!
//! Behaviour after peoplehr.md: the envelope and its statuses, keys with rights per action, leavers only when asked for,
//! histories only by id, no records as status 10, throttling as status 5 with a text. What the marks there call assumed or
//! known from one client only is here: the pages, the company information, the texts of success, 405 for other methods. Keys
//! that may write, webhooks and saved queries are not simulated: every other action is answered as one that the key may not
//! use, and counted as a write where its name says so.

mod account;
mod rows;
mod settings;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Call},
    vendor::{Kind, Setup, Simulated, Vendor},
    world::{Company, Side},
};
use account::Account;

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "peoplehr",
    side: Side::Source,
    has_tokens: false,
    check: settings::Settings::check,
    adopt: settings::adopt,
    identifiers: settings::identifiers,
    open,
    field_map,
    login_of,
    stranger,
    kind,
    lists_people,
    refusal,
};

/// Calls in a minute, for an address [doc: introduction to v3].
pub(super) const WINDOWS: [(u32, u64); 1] = [(30, 60)];

const UNKNOWN_KEY: (i64, &str) = (5, "API Key does not exists.");
pub(super) const DENIED: (i64, &str) = (5, "Access Denied.");
pub(super) const THROTTLED: (i64, &str) = (5, "API calls will be limited to a 30 per minute");

fn open(company: Company, setup: Setup) -> Box<dyn Simulated> {
    Box::new(Account::open(company, setup))
}

/// What feeds the mapped fields of an account.
fn field_map(_: &Company) -> Vec<(&'static str, String)> {
    [("job_title", "job_title"), ("branch", "location"), ("department", "department")]
        .map(|(field, from)| (field, from.to_owned()))
        .to_vec()
}

/// The members of a body, or the answer to one that is none.
pub(super) fn body(call: &Call) -> Result<Map<String, Value>, Answer> {
    let is_form = call.header("content-type").is_some_and(|kind| kind.contains("form"));
    if call.body.iter().all(u8::is_ascii_whitespace) {
        return Err(if is_form { error(8, "Form data is empty.") } else { error(7, "No JSON was sent.") });
    }
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(error(9, "The JSON is malformed.")),
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

fn login_of(call: &Call) -> Option<String> {
    text(&body(call).ok()?, "APIKey").map(str::to_owned)
}

/// What stands before the API: the vendor's gate refuses callers without a name (client), other paths and other methods.
pub(super) fn gate(call: &Call) -> Option<Answer> {
    if call.header("user-agent").is_none_or(|agent| agent.trim().is_empty()) {
        return Some(Answer::empty(403));
    }
    let segments = call.segments();
    // The action may stand in the path as well (client).
    let known = matches!(segments.first().map(String::as_str), Some("Employee")) && segments.len() <= 2;
    if !known {
        return Some(Answer::empty(404));
    }
    (call.method != Method::POST).then(|| Answer::empty(405))
}

fn stranger(call: &Call) -> Answer {
    if let Some(answer) = gate(call) {
        return answer;
    }
    match body(call) {
        Err(answer) => answer,
        Ok(members) => match members.get("APIKey") {
            None => error(1, "The API Key is missing."),
            Some(Value::String(key)) if !key.trim().is_empty() => unknown_key(),
            Some(_) => error(2, "The API Key is missing or invalid."),
        },
    }
}

/// Without a body or an action that says otherwise, a call changes nothing.
fn kind(call: &Call) -> Kind {
    let members = body(call).unwrap_or_default();
    let action = text(&members, "Action").unwrap_or_default();
    let writes = ["Create", "Update", "Mark", "Add", "Delete", "Upload", "Book"];
    if writes.iter().any(|verb| action.starts_with(verb)) { Kind::Write } else { Kind::Read }
}

fn lists_people(call: &Call) -> bool {
    let members = body(call).unwrap_or_default();
    text(&members, "Action").is_some_and(|action| action.starts_with("GetAllEmployeeDetail"))
}

/// Throttled and failed calls are answered 200 like any other, and no time to wait is named.
fn refusal(status: u16, _: Option<u32>) -> Answer {
    let (status, message) = if status == 429 { THROTTLED } else { (6, "A server error has occurred.") };
    error(status, message)
}

pub(super) fn unknown_key() -> Answer {
    error(UNKNOWN_KEY.0, UNKNOWN_KEY.1)
}

/// An answer that says what went wrong.
pub(super) fn error(status: i64, message: &str) -> Answer {
    envelope(true, status, message, Value::Null)
}

/// An answer with a result.
pub(super) fn success(result: Value) -> Answer {
    envelope(false, 0, "The request has been processed successfully", result)
}

/// The answer where there is nothing to show, which is no error.
pub(super) fn no_records() -> Answer {
    envelope(false, 10, "No records found.", Value::Null)
}

fn envelope(is_error: bool, status: i64, message: &str, result: Value) -> Answer {
    Answer::json(200, json!({"isError": is_error, "Status": status, "Message": message, "Result": result}))
}
