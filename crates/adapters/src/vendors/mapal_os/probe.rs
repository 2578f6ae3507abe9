//! The connection test over REST: real calls, reads only. Said first: that the contract is assumed.

use super::client::{List, MapalOs};
use super::{ASSUMED, NAME};
use crate::ports::api::ProbeStep;
use tokio::time::Instant;

const CONTRACT: &str = "contract";
const SIGN_IN: &str = "sign in";
const TENANT: &str = "tenant";
const EMPLOYEES: &str = "employees";
const LISTS: [(&str, List); 3] =
    [("business units", List::Units), ("job titles", List::JobTitles), ("departments", List::Departments)];

/// Business units that are named.
const SHOWN: usize = 5;

/// Runs every step; what a failed one is needed for is not tried.
pub async fn run(client: &MapalOs) -> Vec<ProbeStep> {
    let mut steps = vec![ProbeStep::warning(CONTRACT, ASSUMED)];
    let mut not_tried: Vec<&str> =
        [SIGN_IN, TENANT, EMPLOYEES].into_iter().chain(LISTS.map(|(step, _)| step)).collect();
    let mut failed = |steps: &mut Vec<ProbeStep>, at: &str, error| {
        steps.push(ProbeStep::failed(at, error));
        let behind = not_tried.iter().position(|step| *step == at).map_or(0, |place| place + 1);
        steps.extend(not_tried.drain(behind..).map(ProbeStep::not_tried));
    };
    match client.tokens.get().await {
        Ok(token) => {
            let minutes = token.life.as_secs().div_ceil(60);
            steps.push(ProbeStep::passed(SIGN_IN, format!("a token for {minutes} minutes")));
        }
        Err(error) => {
            failed(&mut steps, SIGN_IN, error);
            return steps;
        }
    }
    match client.account().await {
        Ok(account) => steps.push(ProbeStep::passed(TENANT, format!("{} ({})", account.name, account.id))),
        Err(error) => {
            failed(&mut steps, TENANT, error);
            return steps;
        }
    }
    let started = Instant::now();
    match client.employees(1, None).await {
        Ok(page) => {
            let count = page.total_count.unwrap_or(page.items.len() as u64);
            let ms = started.elapsed().as_millis();
            steps.push(ProbeStep::passed(EMPLOYEES, format!("{count}, leavers too; {ms} ms")));
        }
        Err(error) => {
            failed(&mut steps, EMPLOYEES, error);
            return steps;
        }
    }
    for (step, list) in LISTS {
        steps.push(match client.catalogue(list).await {
            Ok(found) => match &found.missing {
                Some(why) => ProbeStep::warning(step, format!("{why}: names are those in the records of {NAME}")),
                None if list == List::Units && found.len() > 0 => {
                    ProbeStep::passed(step, format!("{}: {}", found.len(), found.shown(SHOWN)))
                }
                None => ProbeStep::passed(step, found.len().to_string()),
            },
            Err(error) => ProbeStep::failed(step, error),
        });
    }
    steps
}
