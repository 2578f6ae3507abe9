//! The connection test: real calls, reads only, in the order in which they depend on each other.

use super::NAME;
use super::client::{EMPLOYEES, LEAVERS, Planday};
use super::fields::{Origin, Resolved, Shape};
use super::pull::rotation_warning;
use super::wire::{EmployeeRow, Page};
use crate::ports::api::{ApiError, ProbeResult, ProbeStep};
use crate::ports::connect::Kept;
use crate::vendors::rows;
use tokio::time::Instant;

const ACTIVE: &str = "active employees";

const STEPS: [&str; 5] = ["sign in", "portal", "employees", "fields", "departments"];

/// Runs every step; those after a failure that they depend on are `NotTried`.
pub async fn run(planday: &Planday) -> Vec<ProbeStep> {
    let mut steps = Vec::new();
    match planday.tokens.get().await {
        Ok(token) => steps.push(signed_in(planday, token.life.as_secs().div_ceil(60)).await),
        Err(error) => return stopped(steps, "sign in", error),
    }
    match planday.portal().await {
        Ok(portal) => {
            let parts = [Some(portal.id.to_string()), portal.name, portal.time_zone];
            let detail = parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>();
            steps.push(ProbeStep::passed("portal", detail.join(", ")));
        }
        Err(error) => return stopped(steps, "portal", error),
    }
    employees(planday, &mut steps).await;
    match planday.fields().await {
        Ok(resolved) => field_steps(planday, &resolved, &mut steps),
        Err(error) => steps.push(ProbeStep::failed("fields", error)),
    }
    steps.push(match planday.departments().await {
        Ok(found) => {
            ProbeStep::passed("departments", format!("{} departments", found.names.len() + found.broken.len()))
        }
        Err(error) => ProbeStep::failed("departments", error),
    });
    steps
}

async fn signed_in(planday: &Planday, minutes: u64) -> ProbeStep {
    let good = format!("token good for {minutes} min");
    let rotated = planday.tokens.sign_in().rotated().await;
    let name = "sign in".to_owned();
    match (&rotated, rotation_warning(rotated.clone())) {
        (Some(Kept::Lost(_)), Some(detail)) => ProbeStep::failed(&name, ApiError::Setup { vendor: NAME, detail }),
        (_, Some(warning)) => ProbeStep { name, result: ProbeResult::Warning, detail: format!("{good}; {warning}") },
        (Some(_), None) => {
            ProbeStep::passed(&name, format!("{good}; {NAME} replaces its Token at each sign-in: the new one is kept"))
        }
        (None, None) => ProbeStep::passed(&name, good),
    }
}

async fn employees(planday: &Planday, steps: &mut Vec<ProbeStep>) {
    let started = Instant::now();
    // Without birth dates first, so that a missing birthdate:read is told from a missing employee:read.
    let first: Page = match planday.page(EMPLOYEES, ACTIVE, 0, false).await {
        Ok(page) => page,
        Err(error) => return steps.push(ProbeStep::failed("employees", only_scope(error, "employee:read"))),
    };
    let ms = started.elapsed().as_millis();
    let rows = first.data.len();
    let leavers = planday.page(LEAVERS, "deactivated employees", 0, false).await;
    let count = |page: &Page| page.total().map_or_else(|| "an unknown number of".to_owned(), |total| total.to_string());
    steps.push(match leavers {
        Ok(leavers) => ProbeStep::passed(
            "employees",
            format!("{} active, {} deactivated; first page {rows} in {ms} ms", count(&first), count(&leavers)),
        ),
        Err(error) => ProbeStep::failed("employees", only_scope(error, "employee:read")),
    });
    let special = planday.page(EMPLOYEES, ACTIVE, 0, true).await;
    steps.push(match special {
        Ok(page) if !page.data.is_empty() && with_birth_date(&page) == 0 => ProbeStep {
            name: "birth dates".to_owned(),
            result: ProbeResult::Warning,
            detail: "none on the first page: does the app have the scope birthdate:read?".to_owned(),
        },
        Ok(page) => {
            let with = with_birth_date(&page);
            ProbeStep::passed("birth dates", format!("{with} of {} on the first page", page.data.len()))
        }
        Err(error) => ProbeStep::failed("birth dates", only_scope(error, "birthdate:read")),
    });
}

fn with_birth_date(page: &Page) -> usize {
    let rows = page.data.iter().filter_map(|raw| rows::read::<EmployeeRow>(raw).record);
    rows.filter(|row| row.birth_date.is_some()).count()
}

fn field_steps(planday: &Planday, resolved: &Resolved, steps: &mut Vec<ProbeStep>) {
    for (field, origin) in planday.map.iter() {
        let Origin::Custom(label) = origin else { continue };
        let name = format!("field {label}");
        let step = match resolved.fields.get(&field).map(|defined| &defined.shape) {
            Some(Shape::Dropdown(options)) => ProbeStep::passed(&name, format!("dropdown, {} options", options.len())),
            Some(Shape::Free) => ProbeStep {
                name,
                result: ProbeResult::Warning,
                detail: format!(
                    "free text: every spelling becomes a value of its own; a dropdown `{label}` is advised"
                ),
            },
            None => match resolved.archived.iter().find(|archived| archived.field == field) {
                Some(archived) => ProbeStep {
                    name,
                    result: ProbeResult::Warning,
                    detail: format!("archived in Planday: nobody would have a {}; {}", field.words(), archived.remedy),
                },
                None => ProbeStep::passed(&name, "not in this portal; departments are left empty".to_owned()),
            },
        };
        steps.push(step);
    }
}

fn only_scope(error: ApiError, scope: &str) -> ApiError {
    match error {
        ApiError::Forbidden { remedy, .. } => {
            ApiError::Forbidden { vendor: NAME, detail: format!("403: the app lacks the scope {scope}"), remedy }
        }
        other => other,
    }
}

fn stopped(mut steps: Vec<ProbeStep>, at: &str, error: ApiError) -> Vec<ProbeStep> {
    steps.push(ProbeStep::failed(at, error));
    let after = STEPS.iter().skip_while(|step| **step != at).skip(1);
    steps.extend(after.map(|step| ProbeStep::not_tried(step)));
    steps
}
