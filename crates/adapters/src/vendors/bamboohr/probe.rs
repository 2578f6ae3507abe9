//! The connection test: real calls, reads only. It shows what the key may see, and what not.

use super::NAME;
use super::client::{Asked, BambooHr};
use super::details::Details;
use super::fields::Origin;
use super::map::Mapper;
use super::wire::{Listed, Record};
use crate::ports::api::{ApiError, ProbeStep};
use std::collections::HashSet;
use tokio::time::Instant;

const COMPANY: &str = "company";
const EMPLOYEES: &str = "employees";
const RIGHTS: &str = "rights";
const FIELDS: &str = "fields";

/// People of whom it is looked at what the key may see.
const LOOKED_AT: usize = 50;

/// Runs every step; without the list nothing else is tried.
pub async fn run(client: &BambooHr) -> Vec<ProbeStep> {
    let mut steps = vec![match company(client).await {
        Ok(step) => step,
        Err(error) => {
            let mut steps = vec![ProbeStep::failed(COMPANY, error)];
            steps.extend([EMPLOYEES, RIGHTS, FIELDS].map(ProbeStep::not_tried));
            return steps;
        }
    }];
    let started = Instant::now();
    let page = match client.list(None).await {
        Ok(page) => page,
        Err(error) => {
            steps.push(ProbeStep::failed(EMPLOYEES, error));
            steps.extend([RIGHTS, FIELDS].map(ProbeStep::not_tried));
            return steps;
        }
    };
    let ms = started.elapsed().as_millis();
    steps.push(ProbeStep::passed(EMPLOYEES, format!("{}, leavers too; {ms} ms", page.meta.total)));
    let listed: Vec<Listed> = page.data.iter().filter_map(|raw| Listed::of(raw).ok()).take(LOOKED_AT).collect();
    let mapper = match client.new_mapper().await {
        Ok(mapper) => mapper,
        Err(error) => {
            steps.push(ProbeStep::failed(FIELDS, error));
            steps.push(ProbeStep::not_tried(RIGHTS));
            return steps;
        }
    };
    steps.extend(fields(client, &mapper));
    steps.push(rights(client, mapper, &listed).await.unwrap_or_else(|error| ProbeStep::failed(RIGHTS, error)));
    steps
}

/// Whose key it is; users that may not ask that are tried with another call (doc).
async fn company(client: &BambooHr) -> Result<ProbeStep, ApiError> {
    client.check_account()?;
    Ok(match client.company_information().await? {
        Asked::Given(company) => ProbeStep::passed(COMPANY, company.name().unwrap_or(&client.company)),
        Asked::Denied(_) => {
            client.meta_fields().await?;
            ProbeStep::warning(COMPANY, format!("{}; the key may not see its name", client.company))
        }
    })
}

fn fields(client: &BambooHr, mapper: &Mapper) -> Vec<ProbeStep> {
    let custom = client.map.iter().filter_map(|(field, origin)| match origin {
        Origin::Custom(label) => Some((field, label)),
        _ => None,
    });
    custom
        .map(|(field, label)| {
            let step = format!("field {label}");
            match mapper.resolved.names.get(&field) {
                Some(name) => ProbeStep::passed(&step, format!("`{name}`")),
                None => ProbeStep::warning(&step, format!("not in {NAME}: nobody would have a {}", field.words())),
            }
        })
        .collect()
}

/// What the key may see of the first people.
async fn rights(client: &BambooHr, mut mapper: Mapper, listed: &[Listed]) -> Result<ProbeStep, ApiError> {
    let wanted = mapper.wanted();
    let ids: Vec<String> = listed.iter().map(|listed| listed.id.clone()).collect();
    let Some(first) = ids.first() else { return Ok(ProbeStep::warning(RIGHTS, "nobody is there to tell by")) };
    let (details, how) = match Details::of_report(client, &wanted, Some(&ids)).await? {
        Asked::Given(details) => (details, "by the report"),
        Asked::Denied(_) => {
            let Some(raw) = client.person(first, &wanted).await? else {
                let detail = format!("{NAME} lists people, and knows the first of them by no id");
                return Err(ApiError::Incomplete { vendor: NAME, detail });
            };
            (Details::of_person(&raw, &wanted), "by a call for each person: the report is closed to the key")
        }
    };
    let records: Vec<&Record> = details.records().collect();
    let known: HashSet<String> = ids.iter().cloned().collect();
    mapper.learn(records.iter().copied(), &details.visible, &known);
    mapper.check_rights(listed.iter().any(|listed| listed.status.is_some()))?;
    let restricted = listed.iter().filter(|listed| listed.is_restricted).count();
    let mut lacking: Vec<String> = mapper.hidden_words().into_iter().collect();
    if restricted > 0 {
        lacking.push(format!("of {restricted} of the first {} people something is hidden", listed.len()));
    }
    Ok(match lacking.is_empty() {
        true => ProbeStep::passed(RIGHTS, format!("every mapped field is shown, {how}")),
        false => ProbeStep::warning(RIGHTS, format!("{}; {how}", lacking.join("; "))),
    })
}
