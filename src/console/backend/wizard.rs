//! Answers the screen Wizard: adding a tenant.

use super::Context;
use crate::console::screens::wizard::data::{Act, Answer, Ask, Choices, Draft, End, Met, Others, Probed};
use crate::domain::connection::Endpoint;
use crate::domain::person::Employee;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;
use crate::engine::checklist::TestRecord;
use crate::ports::api::{ProbeResult, ProbeStep};
use crate::services::connections::Keep;
use crate::services::tenants::{self, NewEnd, NewTenant, Part};
use crate::services::{ServiceError, connections};
use std::collections::BTreeMap;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Choices => {
            let taken = context.engine.store.salvage_all().await?;
            Ok(Answer::Choices(Choices {
                sources: connections::sources(),
                destinations: connections::destinations(),
                no_keyring: connections::no_keyring(&context.engine).await,
                taken: taken.into_iter().map(|salvage| salvage.connection.short_name).collect(),
            }))
        }
        Ask::Source { key, parameters } => connections::source(&key, &parameters)
            .map(Answer::Source)
            .map_err(|_| input(format!("no source is called `{key}`"), "choose another one in step 1")),
        Ask::Destination { key, parameters } => {
            let destination = connections::destination(&key, &parameters);
            Ok(Answer::Destination(
                destination
                    .map_err(|_| input(format!("no destination is called `{key}`"), "choose another one in step 1"))?,
            ))
        }
    }
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    match act {
        Act::Probe { round, short_name, side, end, settings } => {
            probe(context, round, short_name, side, end, *settings).await.map(Answer::Probed)
        }
        Act::Others { round, short_name, end, settings, shown } => {
            let found = connections::others_of_new(&context.engine, &short_name, new_end(end), *settings, shown).await;
            let failed = found.steps.into_iter().find_map(|step| match step.result {
                ProbeResult::Failed(error) => Some(error),
                _ => None,
            });
            Ok(Answer::Others(Others { round, people: met(found.people), failed, rotated: found.rotated }))
        }
        Act::Add(draft) => add(context, *draft).await,
    }
}

fn input(what: impl Into<String>, now: &str) -> Problem {
    Problem::new(ProblemKind::Input, what).with_remedy(now)
}

/// Calls one side with what is typed.
async fn probe(
    context: &Context,
    round: u32,
    short_name: String,
    side: Side,
    end: End,
    settings: Settings,
) -> Result<Probed, Problem> {
    let found = connections::probe_new(&context.engine, &short_name, side, new_end(end), settings).await;
    Ok(Probed {
        round,
        side,
        steps: found.steps,
        people: met(found.people),
        millis: u64::try_from(found.took.as_millis()).unwrap_or(0),
        rotated: found.rotated,
    })
}

fn met(people: Vec<Employee>) -> Vec<Met> {
    let text = |value: Option<String>| value.unwrap_or_default();
    let met = people.into_iter().map(|employee| Met {
        name: employee.person.display_name(),
        id: employee.id.to_string(),
        branch: text(employee.person.branch),
        job_title: text(employee.person.job_title),
    });
    met.collect()
}

/// Adds the tenant, with what the test calls of step 3 found.
async fn add(context: &Context, draft: Draft) -> Result<Answer, Problem> {
    let (short_name, name) = (draft.short_name.clone(), draft.name.clone());
    let tested = TestRecord {
        at: context.engine.clock.now(),
        passed: draft.tested.iter().all(|step| !matches!(step.result, ProbeResult::Failed(_))),
        remarks: draft.tested.iter().filter_map(remark).collect(),
        code: draft.tested.iter().find_map(|step| match &step.result {
            ProbeResult::Failed(error) => Some(error.code()),
            _ => None,
        }),
    };
    let recreate = tenants::usual_recreate(&draft.source.vendor, &draft.destination.vendor);
    let new = NewTenant {
        name: draft.name,
        short_name: draft.short_name,
        time_zone: draft.time_zone,
        source: new_end(draft.source),
        destination: new_end(draft.destination),
        settings: Settings { recreate, ..draft.settings },
        tables: Vec::new(),
        keep: if draft.in_keyring { Keep::Keyring } else { Keep::Sealed },
        tested: Some(tested),
    };
    match tenants::add(&context.engine, &context.access, new).await {
        Ok(_) => Ok(Answer::Added(short_name, name)),
        Err(ServiceError::NotAddable { part, what }) => Err(input(what, step_of(part))),
        Err(error) => Err(error.into()),
    }
}

fn new_end(end: End) -> NewEnd {
    let endpoint = Endpoint { vendor: end.vendor, parameters: end.parameters, secrets: BTreeMap::new() };
    NewEnd { endpoint, secrets: end.secrets }
}

/// Where in the wizard a part is put right.
fn step_of(part: Part) -> &'static str {
    match part {
        Part::Name => "step 1 has the name",
        Part::ShortName => "change the short name in step 1",
        Part::TimeZone => "write it as Europe/London, in step 1",
        Part::Vendor => "choose another one in step 1",
        Part::Parameters => "step 2 has it",
        Part::Settings => "step 4 has it",
    }
}

fn remark(step: &ProbeStep) -> Option<String> {
    match &step.result {
        ProbeResult::Failed(error) => Some(format!("{}: {error}", step.name)),
        ProbeResult::Warning => Some(format!("{}: {}", step.name, step.detail)),
        ProbeResult::Passed | ProbeResult::NotTried => None,
    }
}
