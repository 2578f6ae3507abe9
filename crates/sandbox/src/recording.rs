//! The calls that came, for whoever wants to send them again: a benchmark compares a run with a loop that only sends.

use std::sync::{Mutex, PoisonError};

use axum::{body::Bytes, http::Method};
use tokio::time::Instant;

use super::{call::Call, vendor::Kind};

/// A call, whole but for headers that its sender adds by itself.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Key of the company that it was meant for.
    pub company: String,
    pub kind: Kind,
    pub method: Method,
    /// Path and query, from the root of the sandbox.
    pub target: String,
    /// Those that say what is sent and who sends it.
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
    pub status: u16,
    /// When it came.
    pub at: Instant,
}

/// Headers without which a call is another one.
const KEPT: [&str; 5] = ["authorization", "content-type", "accept", "if-match", "if-none-match"];

/// Keeps calls, where it was told to.
#[derive(Debug, Default)]
pub(super) struct Recording(Option<Mutex<Vec<Recorded>>>);

impl Recording {
    pub fn new(records: bool) -> Self {
        Self(records.then(Mutex::default))
    }

    /// Keeps a call that came at `at` and was answered with `status`.
    pub fn keep(&self, company: &str, kind: Kind, target: &str, call: &Call, (at, status): (Instant, u16)) {
        let Some(calls) = &self.0 else { return };
        let header = |name: &'static str| Some((name, call.header(name)?.to_owned()));
        let recorded = Recorded {
            company: company.to_owned(),
            kind,
            method: call.method.clone(),
            target: target.to_owned(),
            headers: KEPT.into_iter().filter_map(header).collect(),
            body: call.body.clone(),
            status,
            at,
        };
        calls.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
    }

    /// All calls so far, in the order of their answers.
    pub fn calls(&self) -> Vec<Recorded> {
        let calls = self.0.as_ref().map(|calls| calls.lock().unwrap_or_else(PoisonError::into_inner).clone());
        calls.unwrap_or_default()
    }
}
