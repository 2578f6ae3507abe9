//! Tells whoever hears a call what was said: each attempt at a request, with its answer or without one. What is told is masked
//! here, before it leaves the client.

use super::failure::Failure;
use super::message::{Answer, Body, Request};
use crate::domain::exchange::{self, Raw, RawAnswer, RawBody, RawHeader};
use crate::domain::secret::Secret;
use crate::ports::clock::SharedClock;
use crate::ports::exchange::{Hearing, hearing};
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use std::time::Duration;
use tokio::time::Instant;

/// Who sends: what is known of the client, whatever the request.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub host: &'a str,
    pub secrets: &'a [Secret],
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
                let answer = RawAnswer::Answer {
                    status: answer.status.as_u16(),
                    ms: self.ms(),
                    headers: headers(&answer.headers),
                    body: answer.bytes(),
                };
                self.tell(&answer);
            }
            Err(Failure::NotSent(cause)) => self.silence(cause, false),
            Err(Failure::Broken(cause)) => self.silence(cause, true),
            Err(Failure::Bad(error)) => self.silence(&error.to_string(), false),
        }
    }

    fn silence(&mut self, cause: &str, left: bool) {
        let answer = RawAnswer::Silence { ms: self.ms(), cause, left };
        self.tell(&answer);
    }

    fn ms(&self) -> u64 {
        millis(self.started.elapsed())
    }

    fn tell(&mut self, answer: &RawAnswer<'_>) {
        let Some(hearing) = self.hearing.take() else { return };
        let secrets: Vec<&str> = self.sender.secrets.iter().map(Secret::reveal).collect();
        let waited = self.attempt.answered.map_or(Duration::ZERO, |answered| self.started - answered);
        let request = self.request;
        let raw = Raw {
            purpose: hearing.purpose,
            method: request.method.as_str(),
            path: request.path(),
            query: request.query.iter().map(|(key, value)| (*key, value.as_str())).collect(),
            host: self.sender.host,
            headers: request
                .headers
                .iter()
                .map(|(name, value)| RawHeader {
                    name: name.as_str(),
                    value: value.to_str().unwrap_or_default(),
                    is_sensitive: value.is_sensitive(),
                })
                .collect(),
            body: match &request.body {
                None => RawBody::Nothing,
                Some(Body::Json(value)) => RawBody::Json(value),
                Some(Body::Form(pairs)) => RawBody::Form(pairs.iter().map(|(key, value)| (*key, &**value)).collect()),
                Some(Body::Named(pairs)) => {
                    RawBody::Form(pairs.iter().map(|(key, value)| (&**key, &**value)).collect())
                }
            },
            sent: self.sent,
            attempt: self.attempt.number,
            waited_ms: millis(waited),
            answer: answer.clone(),
            people: hearing.lines.len(),
        };
        let exchanges = exchange::of_each(&raw, hearing.lines.iter().map(|(_, subject)| subject), &secrets);
        for ((line, _), exchange) in hearing.lines.iter().zip(exchanges) {
            if let Some(exchange) = exchange {
                hearing.witness.heard(*line, exchange);
            }
        }
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.silence("given up before the answer came", true);
    }
}

fn headers(headers: &HeaderMap) -> Vec<RawHeader<'_>> {
    let each = headers.iter().map(|(name, value)| RawHeader {
        name: name.as_str(),
        value: value.to_str().unwrap_or_default(),
        is_sensitive: value.is_sensitive(),
    });
    each.collect()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
