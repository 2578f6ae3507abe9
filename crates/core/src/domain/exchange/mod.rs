//! What was said: one request to a vendor and its answer, as they may be kept. Nothing becomes an [`Exchange`] but through
//! [`of`], which masks private values and leaves secrets out; what was sent and answered in clear lives in [`Raw`] only, and
//! that is never kept.

mod cut;
mod hidden;
mod key;
mod mask;
mod named;
#[cfg(test)]
mod tests;

use super::field::{Field, FieldChange};
use super::person::{Person, User};
use super::plan::Operation;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use named::{Named, Own};

pub use mask::{MASK, STARS};

/// How long exchanges are kept, in days.
pub const KEPT_DAYS: i64 = 90;

/// What a request was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The live record, read just before a line would leave.
    Look,
    Write,
    /// Read after an answer was lost, to settle whether the write took effect.
    Settle,
    /// Read at the end of the run, to confirm.
    ReadBack,
}

/// One request and what came of it, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    pub purpose: Purpose,
    pub method: String,
    /// With its query.
    pub path: String,
    pub host: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Content::is_nothing")]
    pub content: Content,
    pub sent: Timestamp,
    /// Which time it was sent, from 1.
    pub attempt: u32,
    /// How long it was waited since the attempt before was answered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waited_ms: u64,
    pub heard: Heard,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Exchange {
    /// Whether it asks to be sent again later, and what was asked was surely not done.
    pub fn is_throttled(&self) -> bool {
        match &self.heard {
            Heard::Answer { status: 429, .. } => true,
            // One that names no time may be a proxy's, and what was asked may have been done.
            Heard::Answer { status: 503, headers, .. } => {
                headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
            }
            Heard::Answer { .. } | Heard::Silence { .. } => false,
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    Answer {
        status: u16,
        ms: u64,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        headers: Vec<(String, String)>,
        #[serde(default, skip_serializing_if = "Content::is_nothing")]
        content: Content,
    },
    /// No answer, and why; `left` where the request may have arrived all the same.
    Silence { ms: u64, cause: String, left: bool },
}

/// What a body held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    #[default]
    Nothing,
    Fields(Vec<Kept>),
    /// What no vendor promises, as it came, its beginning.
    Text(String),
    /// Not kept, and why.
    Left(String),
}

impl Content {
    /// Whether there was no body.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Content::Nothing)
    }

    /// Its fields, where it has some.
    pub fn fields(&self) -> &[Kept] {
        match self {
            Content::Fields(fields) => fields,
            Content::Nothing | Content::Text(_) | Content::Left(_) => &[],
        }
    }
}

/// One field of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The vendor's own name, with the way to it (`name.givenName`).
    pub key: String,
    pub value: String,
    /// How it stands to what the destination held before the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
}

/// A value beside the one that was held before. Found before anything was masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    Same,
    /// What it was, masked as the value itself is.
    Was(String),
    /// Of what was read after the write: what the write was to put there.
    AsSent,
}

/// Whom a request is about, and what is known of them: in memory only.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// What tells the record from others, in lower case: identifier, id, e-mail, a name of an option.
    keys: Vec<String>,
    /// What the destination held before the write; `None` of somebody who is not there yet.
    held: Option<BTreeMap<Field, String>>,
    changes: Vec<FieldChange>,
}

impl Subject {
    /// Whom an operation is about. `held` as just read, or as it was before the write.
    #[must_use]
    pub fn of(operation: &Operation, held: Option<&User>) -> Self {
        let mut keys: Vec<String> = operation.identifier.iter().map(|one| one.as_str().to_owned()).collect();
        keys.extend(operation.user.iter().map(|one| one.as_str().to_owned()));
        if let Some(user) = held {
            keys.push(user.id.as_str().to_owned());
            keys.extend(user.identifier.iter().map(|one| one.as_str().to_owned()));
            keys.extend(user.person.email.clone());
        }
        let tells = |change: &&FieldChange| change.field == Field::Email || operation.kind.is_of_list();
        let named = operation.fields.iter().filter(tells).flat_map(|change| [change.from.clone(), change.to.clone()]);
        keys.extend(named.flatten());
        keys.retain(|key| !key.trim().is_empty());
        keys.iter_mut().for_each(|key| *key = key.trim().to_lowercase());
        keys.sort_unstable();
        keys.dedup();
        Self { keys, held: held.map(values_of), changes: operation.fields.clone() }
    }

    /// Whoever these records are about, both sides of one person.
    #[must_use]
    pub fn of_person<'p>(people: impl IntoIterator<Item = &'p Person>) -> Self {
        let people: Vec<&Person> = people.into_iter().collect();
        let known = |person: &Person, field: Field| {
            let to = person.value(field)?.into_owned();
            Some(FieldChange { field, from: None, to: Some(to) })
        };
        let fields = Person::fields(people.iter().copied());
        let changes =
            people.iter().flat_map(|person| fields.iter().filter_map(|field| known(person, *field))).collect();
        Self { keys: Vec::new(), held: None, changes }
    }

    /// Whether a value under this name tells that a record is the subject's.
    fn is_key(&self, name: &str, value: &str) -> bool {
        let (folded, length) = (named::folded(value), value.trim().chars().count());
        self.keys.iter().any(|key| *key == folded) && key::may_name(name, length)
    }

    /// Values that are known to be this person's, by field.
    fn known(&self) -> impl Iterator<Item = (Field, &str)> {
        let held = self.held.iter().flatten().map(|(field, value)| (*field, value.as_str()));
        let written = self.changes.iter().flat_map(|change| {
            let values = [change.from.as_deref(), change.to.as_deref()];
            values.into_iter().flatten().map(|value| (change.field, value))
        });
        held.chain(written)
    }
}

fn values_of(user: &User) -> BTreeMap<Field, String> {
    let fields = Person::fields([&user.person]);
    fields.into_iter().filter_map(|field| Some((field, user.value(field)?.into_owned()))).collect()
}

/// A request and its answer as they were, in clear: never kept.
#[derive(Debug, Clone)]
pub struct Raw<'a> {
    pub purpose: Purpose,
    pub method: &'a str,
    /// Parts of the path, not encoded.
    pub path: Vec<&'a str>,
    pub query: Vec<(&'a str, &'a str)>,
    pub host: &'a str,
    pub headers: Vec<RawHeader<'a>>,
    pub body: RawBody<'a>,
    pub sent: Timestamp,
    pub attempt: u32,
    pub waited_ms: u64,
    pub answer: RawAnswer<'a>,
    /// How many people the request is about.
    pub people: usize,
}

/// One header.
#[derive(Debug, Clone, Copy)]
pub struct RawHeader<'a> {
    pub name: &'a str,
    pub value: &'a str,
    pub is_sensitive: bool,
}

/// A body in clear.
#[derive(Debug, Clone, Default)]
pub enum RawBody<'a> {
    #[default]
    Nothing,
    Json(&'a Value),
    Form(Vec<(&'a str, &'a str)>),
}

/// An answer in clear, or its absence.
#[derive(Debug, Clone)]
pub enum RawAnswer<'a> {
    Answer { status: u16, ms: u64, headers: Vec<RawHeader<'a>>, body: &'a [u8] },
    Silence { ms: u64, cause: &'a str, left: bool },
}

/// What may be kept of a request that was about these subjects, of each by itself; `None` of one whom it does not name, where it
/// was about another of them. `secrets` are the credentials of the connection.
pub fn of_each<'s>(
    raw: &Raw<'_>,
    subjects: impl IntoIterator<Item = &'s Subject>,
    secrets: &[&str],
) -> Vec<Option<Exchange>> {
    let answer = cut::Answer::read(&raw.answer);
    let bodies = Bodies::of(raw, &answer);
    let one = |subject| {
        let sent = bodies.sent.own(subject);
        let is_named = raw.people <= 1 || cut::names(raw, subject, &sent);
        is_named.then(|| of_one(raw, &bodies, (subject, &sent), secrets))
    };
    subjects.into_iter().map(one).collect()
}

/// The same of one subject.
#[must_use]
pub fn of(raw: &Raw<'_>, subject: &Subject, secrets: &[&str]) -> Exchange {
    let answer = cut::Answer::read(&raw.answer);
    let bodies = Bodies::of(raw, &answer);
    of_one(raw, &bodies, (subject, &bodies.sent.own(subject)), secrets)
}

/// The bodies of an exchange, read once for all whom it is about.
struct Bodies<'r> {
    answer: &'r cut::Answer<'r>,
    sent: Named<'r>,
    answered: Named<'r>,
}

impl<'r> Bodies<'r> {
    fn of(raw: &Raw<'r>, answer: &'r cut::Answer<'r>) -> Self {
        Self { answer, sent: Named::sent(&raw.body), answered: answer.named() }
    }
}

fn of_one(raw: &Raw<'_>, bodies: &Bodies<'_>, (subject, sent): (&Subject, &Own), secrets: &[&str]) -> Exchange {
    let sensitive = raw.headers.iter().filter(|header| header.is_sensitive || key::is_secret_header(header.name));
    let mut all: Vec<&str> = secrets.to_vec();
    for header in sensitive {
        all.push(header.value);
        all.extend(header.value.split_once(' ').map(|(_, credential)| credential));
    }
    let mask = mask::Mask::new(&all, subject);
    let path: String = raw.path.iter().map(|part| format!("/{}", mask.text(part))).collect();
    let query: Vec<String> = raw.query.iter().map(|(key, value)| format!("{key}={}", mask.value(key, value))).collect();
    let content = match &raw.body {
        RawBody::Nothing => Content::Nothing,
        RawBody::Json(value) => cut::request(value, (subject, sent), raw.people, &mask),
        RawBody::Form(pairs) => cut::form(pairs, subject, raw.people, &mask),
    };
    let heard = match &raw.answer {
        RawAnswer::Answer { status, ms, headers, .. } => Heard::Answer {
            status: *status,
            ms: *ms,
            headers: headers.iter().filter_map(|header| key::answer_header(header, &mask)).collect(),
            content: bodies.answer.content(*status, raw, (subject, &bodies.answered.own(subject)), &mask),
        },
        RawAnswer::Silence { ms, cause, left } => Heard::Silence { ms: *ms, cause: mask.text(cause), left: *left },
    };
    Exchange {
        purpose: raw.purpose,
        method: raw.method.to_owned(),
        path: if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) },
        host: raw.host.to_owned(),
        headers: raw.headers.iter().filter_map(|header| key::request_header(header, &mask)).collect(),
        content,
        sent: raw.sent,
        attempt: raw.attempt,
        waited_ms: raw.waited_ms,
        heard,
    }
}

/// A record as a vendor holds it, field by field and masked, for showing it: the same rules as for a request.
#[must_use]
pub fn record(value: &Value, subject: &Subject) -> Vec<Kept> {
    let mask = mask::Mask::new(&[], subject);
    match cut::request(value, (subject, &Named::of(value).own(subject)), 1, &mask) {
        Content::Fields(fields) => fields,
        Content::Nothing | Content::Text(_) | Content::Left(_) => Vec::new(),
    }
}
