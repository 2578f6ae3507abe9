//! The connection test: real calls, reads only.

use super::client::Freshteam;
use super::fields::{Origin, has_custom};
use super::map::List;
use super::{CLOSING, NAME};
use crate::ports::api::ProbeStep;
use tokio::time::Instant;

const EMPLOYEES: &str = "employees";
const LEAVERS: &str = "leavers";
const FIELDS: &str = "fields";
const PRODUCT: &str = "product";

/// Runs every step; without the list nothing else is tried.
pub async fn run(client: &Freshteam) -> Vec<ProbeStep> {
    // Said first, and whatever comes after it: whoever sets this up should know (doc).
    let mut steps = vec![ProbeStep::warning(PRODUCT, CLOSING)];
    let started = Instant::now();
    let first = match client.check_account() {
        Ok(()) => client.employees(List::Directory, 1, None).await,
        Err(error) => Err(error),
    };
    match first {
        Ok(page) => {
            let count =
                page.total.map_or_else(|| format!("{} on the first page", page.rows.len()), |total| total.to_string());
            steps.push(ProbeStep::passed(EMPLOYEES, format!("{count}; {} ms", started.elapsed().as_millis())));
        }
        Err(error) => {
            steps.push(ProbeStep::failed(EMPLOYEES, error));
            steps.extend([LEAVERS, FIELDS].map(ProbeStep::not_tried));
            return steps;
        }
    }
    steps.push(leavers(client).await);
    if has_custom(&client.map) {
        steps.extend(fields(client).await);
    }
    steps
}

async fn leavers(client: &Freshteam) -> ProbeStep {
    let mut found = Vec::new();
    for list in [List::Inactive, List::Terminated] {
        match client.employees(list, 1, None).await {
            Ok(page) => found.push(format!("{} {}", page.total.unwrap_or(page.rows.len() as u64), list.noun())),
            Err(error) => return ProbeStep::failed(LEAVERS, error),
        }
    }
    ProbeStep::passed(LEAVERS, found.join(", "))
}

async fn fields(client: &Freshteam) -> Vec<ProbeStep> {
    let resolved = match client.fields().await {
        Ok(resolved) => resolved,
        Err(error) => return vec![ProbeStep::failed(FIELDS, error)],
    };
    let mut steps = Vec::new();
    for (field, origin) in client.map.iter() {
        let Origin::Custom(label) = origin else { continue };
        let step = format!("field {label}");
        steps.push(match resolved.names.get(&field) {
            Some(name) => ProbeStep::passed(&step, format!("`{name}`")),
            None => ProbeStep::warning(&step, format!("not in {NAME}: nobody would have a {}", field.words())),
        });
    }
    steps
}
