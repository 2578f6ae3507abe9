//! The connection test: real calls, reads only.

use super::NAME;
use super::client::{PAGE_MIN, Rotaready, forbidden};
use super::entities::Catalogue;
use super::map::Mapper;
use super::wire::Read;
use crate::ports::api::{ApiError, ProbeStep};
use crate::vendors::rows::RawRow;
use tokio::time::Instant;

const SIGN_IN: &str = "sign in";
const STAFF: &str = "staff accounts";
const EMPLOYMENTS: &str = "employments";
const ENTITIES: &str = "entities";
const POSITIONS: &str = "positions";

/// Runs every step; without a token nothing else is tried, without the list no employments.
pub async fn run(client: &Rotaready) -> Vec<ProbeStep> {
    let not_tried = |steps: &[&str]| steps.iter().map(|step| ProbeStep::not_tried(step)).collect::<Vec<_>>();
    let signed_in = match client.check_realm() {
        Ok(()) => client.tokens.get().await,
        Err(error) => Err(error),
    };
    let mut steps = vec![match signed_in {
        Ok(token) => {
            let minutes = token.life.as_secs().div_ceil(60);
            ProbeStep::passed(SIGN_IN, format!("realm {}, a token for {minutes} minutes", client.realm))
        }
        Err(error) => {
            let mut steps = vec![ProbeStep::failed(SIGN_IN, error)];
            steps.extend(not_tried(&[STAFF, EMPLOYMENTS, ENTITIES, POSITIONS]));
            return steps;
        }
    }];
    let started = Instant::now();
    match client.page(1, PAGE_MIN).await {
        Ok(rows) => {
            let rows = rows.unwrap_or_default();
            let ms = started.elapsed().as_millis();
            steps.push(ProbeStep::passed(STAFF, format!("{} on a page of {PAGE_MIN}; {ms} ms", rows.len())));
            steps.push(employments(client, &rows));
        }
        Err(error) => {
            steps.push(ProbeStep::failed(STAFF, error));
            steps.extend(not_tried(&[EMPLOYMENTS, ENTITIES, POSITIONS]));
            return steps;
        }
    }
    steps.push(list(ENTITIES, client.entities().await));
    steps.push(list(POSITIONS, client.positions().await));
    steps
}

/// Whether the API user sees where people work.
fn employments(client: &Rotaready, rows: &[RawRow]) -> ProbeStep {
    let read = rows.iter().map(|raw| Read::of(raw, &client.members, &Default::default()));
    let people: Vec<_> = read.filter_map(|read| read.record).filter(|record| !Mapper::is_built_in(record)).collect();
    let appointed = people.iter().filter(|record| record.has_appointment()).count();
    match (appointed, people.len()) {
        (_, 0) => ProbeStep::warning(EMPLOYMENTS, "nobody on the first page to tell by"),
        (0, count) => {
            ProbeStep::failed(EMPLOYMENTS, forbidden(&format!("none of {count} accounts shows its `appointment`")))
        }
        (appointed, count) => ProbeStep::passed(EMPLOYMENTS, format!("{appointed} of {count} show where they work")),
    }
}

fn list(step: &str, found: Result<Catalogue, ApiError>) -> ProbeStep {
    match found {
        Ok(Catalogue { missing: Some(why), .. }) => {
            ProbeStep::warning(step, format!("{why}: names are those in the accounts of {NAME}"))
        }
        Ok(found) => ProbeStep::passed(step, found.len().to_string()),
        Err(error) => ProbeStep::failed(step, error),
    }
}
