//! The connection test: real calls, reads only.

use super::client::{Asked, PeopleHr, Rows};
use super::pull::{TELL, account};
use crate::ports::api::ProbeStep;
use tokio::time::Instant;

const SIGN_IN: &str = "sign in";
const EMPLOYEES: &str = "employees";

/// Runs every step; without a good key the list is not tried.
pub async fn run(client: &PeopleHr) -> Vec<ProbeStep> {
    let mut steps = vec![match client.company().await {
        Ok(Some(company)) => ProbeStep::passed(SIGN_IN, account(&company)),
        Ok(None) => {
            ProbeStep::warning(SIGN_IN, format!("the key is good, but does not tell whose company it is: {TELL}"))
        }
        Err(error) => return vec![ProbeStep::failed(SIGN_IN, error), ProbeStep::not_tried(EMPLOYEES)],
    }];
    let started = Instant::now();
    let ms = || started.elapsed().as_millis();
    steps.push(match client.page(0, 1).await {
        Ok(Asked::Given(Rows { rows, total })) => {
            let count = total.unwrap_or(rows.len() as u64);
            ProbeStep::passed(EMPLOYEES, format!("{count}, leavers too, by pages; {} ms", ms()))
        }
        Ok(Asked::Denied(_)) => match client.everybody().await {
            Ok(everybody) => {
                let count = everybody.rows.len();
                ProbeStep::passed(EMPLOYEES, format!("{count}, leavers too, in one piece of {} ms", ms()))
            }
            Err(error) => ProbeStep::failed(EMPLOYEES, error),
        },
        Err(error) => ProbeStep::failed(EMPLOYEES, error),
    });
    steps
}
