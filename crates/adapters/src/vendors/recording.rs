//! Tells whoever hears a call what was said: each attempt at a request, with its answer or without one. It leaves the client
//! masked, or as what can do nothing but become that.

use super::failure::Failure;
use super::message::{Answer, Body, Request};
use crate::domain::exchange::{self, Exchange, Purpose, Raw, RawAnswer, RawBody, RawHeader, Subject};
use crate::domain::secret::Secret;
use crate::ports::clock::SharedClock;
use crate::ports::exchange::{Hearing, Masking, Told, hearing};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Who sends: what is known of the client, whatever the request.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub host: &'a str,
    pub secrets: &'a Arc<[Secret]>,
    pub clock: &'a SharedClock,
}

/// Which attempt it is, and when the one before was answered.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    pub number: u32,
    pub answered: Option<Instant>,
}

impl Attempt {
    pub(super) fn first() -> Self {
        Self { number: 1, answered: None }
    }

    /// The next one; this one has just been answered.
    pub(super) fn next(self) -> Self {
        Self { number: self.number + 1, answered: Some(Instant::now()) }
    }
}

/// One attempt on its way. Dropped without an answer it was given up, and that is told.
pub(super) struct Recording<'r> {
    /// `None` where nobody hears it, or where it has been told.
    hearing: Option<Hearing>,
    request: &'r Request<'r>,
    sender: Sender<'r>,
    attempt: Attempt,
    sent: Timestamp,
    started: Instant,
}

impl<'r> Recording<'r> {
    /// Begins as the request leaves.
    pub(super) fn begin(request: &'r Request<'r>, sender: Sender<'r>, attempt: Attempt) -> Self {
        let sent = sender.clock.now();
        Self { hearing: hearing(), request, sender, attempt, sent, started: Instant::now() }
    }

    /// What became of it.
    pub(super) fn end(mut self, result: &Result<Answer, Failure>) {
        match result {
            Ok(answer) => {
                let (status, ms) = (answer.status.as_u16(), self.ms());
                let (headers, body) = (Cow::Borrowed(&answer.headers), Cow::Borrowed(answer.bytes()));
                self.tell(Heard::Answer { status, ms, headers, body });
            }
            Err(Failure::NotSent(cause)) => self.silence(cause, false),
            Err(Failure::Broken(cause)) => self.silence(cause, true),
            Err(Failure::Bad(error)) => self.silence(&error.to_string(), false),
        }
    }

    fn silence(&mut self, cause: &str, left: bool) {
        let heard = Heard::Silence { ms: self.ms(), cause: Cow::Borrowed(cause), left };
        self.tell(heard);
    }

    fn ms(&self) -> u64 {
        millis(self.started.elapsed())
    }

    fn tell(&mut self, heard: Heard<'_>) {
        let Some(Hearing { purpose, lines, witness }) = self.hearing.take() else { return };
        let waited = self.attempt.answered.map_or(Duration::ZERO, |answered| self.started - answered);
        let request = self.request;
        let clear = InClear {
            purpose,
            method: Cow::Borrowed(request.method.as_str()),
            path: request.path().into_iter().map(Cow::Borrowed).collect(),
            query: Cow::Borrowed(&request.query),
            host: Cow::Borrowed(self.sender.host),
            headers: Cow::Borrowed(&request.headers),
            body: Cow::Borrowed(&request.body),
            sent: self.sent,
            attempt: self.attempt.number,
            waited_ms: millis(waited),
            heard,
            secrets: Arc::clone(self.sender.secrets),
        };
        let is_about_many = lines.len() > 1 && request.body.as_ref().is_some_and(is_about_many);
        let said = if is_about_many && purpose == Purpose::Write {
            let clear = clear.into_owned();
            Masking::Open(Box::new(move |lines| clear.masked(lines)))
        } else {
            Masking::Done(clear.masked(&lines))
        };
        witness.heard(Told { lines, said });
    }
}

/// From this number of rows on a body keeps the processor busy for as long as a request takes.
const MANY: usize = 8;
/// Most fields that one person may have in a form.
const OF_ONE: usize = 100;

fn is_about_many(body: &Body) -> bool {
    match body {
        Body::Json(Value::Array(rows)) => rows.len() >= MANY,
        Body::Json(Value::Object(members)) => {
            members.values().any(|member| member.as_array().is_some_and(|rows| rows.len() >= MANY))
        }
        Body::Json(_) | Body::Form(_) => false,
        Body::Named(pairs) => pairs.len() > OF_ONE,
    }
}

/// A request with what came of it, in clear: nothing can be had of it but what is masked.
struct InClear<'c> {
    purpose: Purpose,
    method: Cow<'c, str>,
    path: Vec<Cow<'c, str>>,
    query: Cow<'c, [(&'static str, String)]>,
    host: Cow<'c, str>,
    headers: Cow<'c, [(HeaderName, HeaderValue)]>,
    body: Cow<'c, Option<Body>>,
    sent: Timestamp,
    attempt: u32,
    waited_ms: u64,
    heard: Heard<'c>,
    secrets: Arc<[Secret]>,
}

enum Heard<'c> {
    Answer { status: u16, ms: u64, headers: Cow<'c, HeaderMap>, body: Cow<'c, [u8]> },
    Silence { ms: u64, cause: Cow<'c, str>, left: bool },
}

fn owned<T: ToOwned + ?Sized + 'static>(value: Cow<'_, T>) -> Cow<'static, T> {
    Cow::Owned(value.into_owned())
}

impl InClear<'_> {
    fn into_owned(self) -> InClear<'static> {
        let heard = match self.heard {
            Heard::Answer { status, ms, headers, body } => {
                Heard::Answer { status, ms, headers: owned(headers), body: owned(body) }
            }
            Heard::Silence { ms, cause, left } => Heard::Silence { ms, cause: owned(cause), left },
        };
        InClear {
            purpose: self.purpose,
            method: owned(self.method),
            path: self.path.into_iter().map(owned).collect(),
            query: owned(self.query),
            host: owned(self.host),
            headers: owned(self.headers),
            body: owned(self.body),
            sent: self.sent,
            attempt: self.attempt,
            waited_ms: self.waited_ms,
            heard,
            secrets: self.secrets,
        }
    }

    fn masked(&self, lines: &[(u32, Subject)]) -> Vec<(u32, Exchange)> {
        let secrets: Vec<&str> = self.secrets.iter().map(Secret::reveal).collect();
        let exchanges = exchange::of_each(&self.raw(lines.len()), lines.iter().map(|(_, subject)| subject), &secrets);
        let named = lines.iter().zip(exchanges).filter_map(|((line, _), exchange)| Some((*line, exchange?)));
        named.collect()
    }

    fn raw(&self, people: usize) -> Raw<'_> {
        Raw {
            purpose: self.purpose,
            method: &self.method,
            path: self.path.iter().map(|part| &**part).collect(),
            query: self.query.iter().map(|(key, value)| (*key, value.as_str())).collect(),
            host: &self.host,
            headers: self.headers.iter().map(|(name, value)| header(name, value)).collect(),
            body: match &*self.body {
                None => RawBody::Nothing,
                Some(Body::Json(value)) => RawBody::Json(value),
                Some(Body::Form(pairs)) => RawBody::Form(pairs.iter().map(|(key, value)| (*key, &**value)).collect()),
                Some(Body::Named(pairs)) => {
                    RawBody::Form(pairs.iter().map(|(key, value)| (&**key, &**value)).collect())
                }
            },
            sent: self.sent,
            attempt: self.attempt,
            waited_ms: self.waited_ms,
            answer: match &self.heard {
                Heard::Answer { status, ms, headers, body } => RawAnswer::Answer {
                    status: *status,
                    ms: *ms,
                    headers: headers.iter().map(|(name, value)| header(name, value)).collect(),
                    body,
                },
                Heard::Silence { ms, cause, left } => RawAnswer::Silence { ms: *ms, cause, left: *left },
            },
            people,
        }
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.silence("given up before the answer came", true);
    }
}

fn header<'h>(name: &'h HeaderName, value: &'h HeaderValue) -> RawHeader<'h> {
    RawHeader { name: name.as_str(), value: value.to_str().unwrap_or_default(), is_sensitive: value.is_sensitive() }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
