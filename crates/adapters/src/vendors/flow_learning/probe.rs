//! The connection test over HTTP: real calls, reads only.

use super::http::{FlowHttp, account};
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::ports::api::{ProbeResult, ProbeStep};
use crate::ports::destination::DestinationApi;

const TABLES: [(ListKey, &str); 4] = [
    (ListKey::BRANCH, "branches"),
    (ListKey::JOB_TITLE, "job titles"),
    (ListKey::DEPARTMENT, "departments"),
    (ListKey::ACCESS_PROFILE, "user profiles"),
];

/// Runs every step; without a sign-in the others are `NotTried`.
pub async fn run(flow: &FlowHttp) -> Vec<ProbeStep> {
    let mut steps = Vec::new();
    match flow.company().await {
        Ok(company) => {
            let structure =
                if company.auto_create_structure { "grows with the people" } else { "must exist before people use it" };
            steps.push(ProbeStep::passed("sign in", format!("{}; structure {structure}", account(&company))));
        }
        Err(error) => {
            steps.push(ProbeStep::failed("sign in", error));
            let rest = TABLES.iter().map(|(_, name)| *name).chain(["users"]);
            steps.extend(rest.map(ProbeStep::not_tried));
            return steps;
        }
    }
    for (table, name) in TABLES {
        steps.push(match flow.options(table).await {
            Ok(options) => counted(name, &options),
            Err(error) => ProbeStep::failed(name, error),
        });
    }
    steps.push(match flow.count().await {
        Ok(Some(total)) => ProbeStep::passed("users", format!("{total} learners, active and inactive")),
        Ok(None) => ProbeStep::passed("users", "readable".to_owned()),
        Err(error) => ProbeStep::failed("users", error),
    });
    steps
}

fn counted(name: &str, options: &[DestinationOption]) -> ProbeStep {
    let archived = options.iter().filter(|option| !option.active).count();
    let active = options.len() - archived;
    let detail = if archived > 0 { format!("{active}, and {archived} archived") } else { active.to_string() };
    let mandatory = matches!(name, "branches" | "job titles");
    let result = if mandatory && active == 0 { ProbeResult::Warning } else { ProbeResult::Passed };
    ProbeStep { name: name.to_owned(), result, detail }
}
