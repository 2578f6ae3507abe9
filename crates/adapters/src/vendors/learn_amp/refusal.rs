//! What a no of Learn Amp means: `fullErrors` first, the text beside it only for display (learn-amp.md 1.2, `documented`).

use super::NAME;
use super::token::lacking;
use super::wire::Refusal;
use crate::ports::api::ApiError;
use crate::ports::destination::WriteError;
use crate::vendors::http::Answer;
use crate::vendors::redact;
use reqwest::StatusCode;

/// Learn Amp has no codes of its own: these are ours. The first two may come from the order of two writes.
pub const IDENTIFIER_IN_USE: &str = "IDENTIFIER_IN_USE";
pub const EMAIL_IN_USE: &str = "EMAIL_IN_USE";
/// A part of what was sent is not known there, the user is.
pub const PART_UNKNOWN: &str = "PART_UNKNOWN";

const TAKEN: &str = "has already been taken";
/// Members that an error names, at most.
const NAMED: usize = 4;

/// A refused read. `scope` is what the call needs.
pub fn of_read(answer: &Answer, place: &str, scope: &'static str) -> ApiError {
    if answer.is_html() {
        return answer.no_data(place, &answer.describe());
    }
    match answer.status {
        StatusCode::UNAUTHORIZED => refused(),
        StatusCode::FORBIDDEN => lacking(&[scope]),
        StatusCode::NOT_FOUND => ApiError::WrongAddress { vendor: NAME, detail: format!("status 404 from {place}") },
        _ => answer.unexpected(&read(answer, &[]).message),
    }
}

/// A write that was not done. `sent` is what must not be repeated.
pub fn of_write(answer: &Answer, scope: &'static str, sent: &[&str]) -> WriteError {
    match answer.status {
        // Nothing was done, and nothing will be until someone puts in another key.
        StatusCode::UNAUTHORIZED => WriteError::NotSent(refused()),
        StatusCode::FORBIDDEN => WriteError::NotSent(lacking(&[scope])),
        StatusCode::GONE => WriteError::Moved { detail: "the user is not there any more".to_owned() },
        status => {
            let Read { code, message, field } = read(answer, sent);
            WriteError::Rejected { status: status.as_u16(), code, message, field }
        }
    }
}

/// Whether a creation was refused because somebody has its external id or its e-mail.
pub fn is_taken(error: &WriteError) -> bool {
    matches!(error, WriteError::Rejected { code, .. } if code == IDENTIFIER_IN_USE || code == EMAIL_IN_USE)
}

fn refused() -> ApiError {
    let detail = "401 even with a fresh token: the key was deleted, or the account is closed".to_owned();
    ApiError::Refused { vendor: NAME, detail }
}

struct Read {
    code: String,
    message: String,
    field: Option<String>,
}

fn read(answer: &Answer, sent: &[&str]) -> Read {
    let refusal: Refusal = answer.json().unwrap_or_default();
    let status = answer.status.as_u16();
    // The external id first: whoever has it is the person.
    let taken = |member: &str| refusal.full_errors.get(member).is_some_and(|why| why.iter().any(|why| why == TAKEN));
    let known = [
        ("integrationExternalId", IDENTIFIER_IN_USE, "another user has this external id"),
        ("email", EMAIL_IN_USE, "another user has this e-mail"),
    ];
    if let Some((member, code, words)) = known.into_iter().find(|(member, ..)| taken(member)) {
        return Read { code: code.to_owned(), message: words.to_owned(), field: Some(member.to_owned()) };
    }
    let members: Vec<(&str, String)> = refusal.full_errors.iter().filter_map(|one| of_member(one, sent)).collect();
    let text = || refusal.error.as_deref().and_then(|text| redact::quotable(text, sent));
    let message = match members.as_slice() {
        [] => text().map_or_else(|| "Learn Amp said no".to_owned(), |text| format!("`{text}`")),
        some => some.iter().take(NAMED).map(|(_, words)| words.as_str()).collect::<Vec<_>>().join("; "),
    };
    let field = members.first().map(|(member, _)| (*member).to_owned());
    let code = if field.is_some() { "INVALID".to_owned() } else { format!("HTTP_{status}") };
    Read { code, message, field }
}

/// A member with what is wrong with it.
fn of_member<'r>((member, why): (&'r String, &Vec<String>), sent: &[&str]) -> Option<(&'r str, String)> {
    let member = redact::code_word(member)?;
    let why: Vec<String> = why.iter().filter_map(|why| redact::quotable(why, sent)).collect();
    let why = if why.is_empty() { "is not accepted".to_owned() } else { why.join(", ") };
    Some((member, format!("{member} {why}")))
}
