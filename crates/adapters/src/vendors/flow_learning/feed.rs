//! Several records in one request (`POST /v1/feed`), and what its answer says of each.

use super::http::FlowHttp;
use super::map;
use super::wire::{FeedAnswer, FeedResult, LearnerBody, Refusal};
use crate::domain::person::Person;
use crate::ports::destination::{WriteAnswer, WriteError};
use crate::vendors::http::{Body, Request};
use reqwest::{Method, StatusCode};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

const FEED: &str = "/v1/feed";

impl FlowHttp {
    /// Many records in one request. `None` when surely nothing was done and each has to go by itself.
    pub(super) async fn feed(&self, people: &[(LearnerBody, &Person)]) -> Option<Vec<Result<WriteAnswer, WriteError>>> {
        let all = |error: WriteError| Some(people.iter().map(|_| Err(error.clone())).collect());
        let employees: Vec<&LearnerBody> = people.iter().map(|(body, _)| body).collect();
        let json = serde_json::json!({ "dryRun": false, "employees": employees });
        let request = Request::new(Method::POST, FEED).body(Body::Json(json));
        let answer = match self.send(request).await {
            Ok(answer) => answer,
            Err(error) => return all(error),
        };
        match answer.status {
            StatusCode::OK => match answer.json::<FeedAnswer>() {
                Ok(told) => Some(told_of_each(people, told)),
                Err(error) => all(WriteError::Unknown { detail: error.to_string() }),
            },
            StatusCode::UNAUTHORIZED => all(WriteError::NotSent(super::http::refused_read(&answer, FEED))),
            status if status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED => {
                // A refusal of the whole is none of its records; without this call they go one by one from now on.
                self.no_feed.store(status != StatusCode::UNPROCESSABLE_ENTITY, Ordering::Relaxed);
                None
            }
            _ => all(WriteError::Unknown { detail: answer.unexpected(&answer.describe()).to_string() }),
        }
    }
}

/// What a feed's answer says of each record. One that it does not name may have been written.
fn told_of_each(people: &[(LearnerBody, &Person)], told: FeedAnswer) -> Vec<Result<WriteAnswer, WriteError>> {
    let mut told: HashMap<String, FeedResult> =
        told.results.into_iter().map(|result| (result.identifier.clone(), result)).collect();
    people
        .iter()
        .map(|(body, person)| {
            let unknown = || WriteError::Unknown { detail: "Flow's answer does not say what became of it".to_owned() };
            let result = told.remove(&body.identifier).ok_or_else(unknown)?;
            let personal = map::personal(person);
            let sent: Vec<&str> = personal.iter().map(String::as_str).collect();
            let warned = result.warnings.iter().any(|warning| warning.code == map::POSSIBLE_DUPLICATE);
            match result.outcome.as_str() {
                "created" | "updated" | "unchanged" => Ok(WriteAnswer {
                    created: result.outcome == "created",
                    parked: warned && result.outcome == "unchanged",
                    warnings: result.warnings.iter().map(|warning| map::warning(warning, &sent)).collect(),
                    ..WriteAnswer::default()
                }),
                "rejected" => {
                    let error = Refusal { error: result.errors.into_iter().next().unwrap_or_default() };
                    let status = StatusCode::UNPROCESSABLE_ENTITY.as_u16();
                    let (code, message, field) = map::refusal(status, error, &sent);
                    if code == map::POSSIBLE_DUPLICATE {
                        return Ok(WriteAnswer { parked: true, warnings: vec![message], ..WriteAnswer::default() });
                    }
                    Err(WriteError::Rejected { status, code, message, field })
                }
                _ => Err(unknown()),
            }
        })
        .collect()
}
