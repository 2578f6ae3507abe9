//! Answers the screen Wizard: adding a tenant.

use super::Context;
use super::tenants::not_kept;
use crate::console::screens::wizard::data::{Act, Answer, Ask, Choices, Draft, End, Probed};
use crate::domain::connection::{self, Endpoint};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;
use crate::engine::checklist::{TestRecord, test_key};
use crate::ports::api::{ApiError, NoNotices, ProbeResult, ProbeStep};
use crate::store::NewConnection;
use crate::vendors::registry::{self, ConnectParts, DestinationVendor, Kept, SecretKeeping, SourceVendor};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Choices => {
            let none = BTreeMap::new();
            let taken = context.engine.store.salvage_all().await?;
            Ok(Answer::Choices(Choices {
                sources: registry::sources().iter().map(|vendor| vendor.capabilities).collect(),
                destinations: registry::destinations().iter().map(|vendor| (vendor.capabilities)(&none)).collect(),
                taken: taken.into_iter().map(|salvage| salvage.connection.short_name).collect(),
            }))
        }
        Ask::Destination { key, parameters } => Ok(Answer::Destination((destination(&key)?.capabilities)(&parameters))),
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
        Act::Add(draft) => add(context, *draft).await,
    }
}

fn input(what: impl Into<String>, now: &str) -> Problem {
    Problem::new(ProblemKind::Input, what).with_now(now)
}

fn source(key: &str) -> Result<&'static SourceVendor, Problem> {
    registry::source(key).ok_or_else(|| input(format!("no source is called `{key}`"), "choose another one in step 1"))
}

fn destination(key: &str) -> Result<&'static DestinationVendor, Problem> {
    registry::destination(key)
        .ok_or_else(|| input(format!("no destination is called `{key}`"), "choose another one in step 1"))
}

/// Calls one side with what is typed. A set-up that cannot work is a step that failed, as a refusal is.
async fn probe(
    context: &Context,
    round: u32,
    short_name: String,
    side: Side,
    end: End,
    settings: Settings,
) -> Result<Probed, Problem> {
    let rotated = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&rotated);
    let parts = ConnectParts {
        short_name,
        parameters: end.parameters,
        secrets: end.secrets,
        field_map: settings.field_map.clone(),
        settings,
        notices: Arc::new(NoNotices),
        pinned_account: None,
        // The form shows it in the place of the old one, and what the form holds is what is kept in the end.
        keeping: SecretKeeping {
            save: Arc::new(move |name: &str, secret: Secret| {
                keep.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), secret));
                Kept::Replaced
            }),
            ..SecretKeeping::default()
        },
        workspace_dir: Some(context.engine.workspace.clone()),
        ..ConnectParts::default()
    };
    let started = context.engine.clock.now();
    let steps = match side {
        Side::Source => match (source(&end.vendor)?.connect)(parts) {
            Ok(client) => client.probe().await,
            Err(error) => set_up_failed(error),
        },
        Side::Destination => match (destination(&end.vendor)?.connect)(parts) {
            Ok(client) => client.probe().await,
            Err(error) => set_up_failed(error),
        },
    };
    let took = context.engine.clock.now().as_millisecond() - started.as_millisecond();
    let rotated = std::mem::take(&mut *rotated.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Probed { round, side, steps, millis: u64::try_from(took).unwrap_or(0), rotated })
}

fn set_up_failed(error: ApiError) -> Vec<ProbeStep> {
    vec![ProbeStep { name: "set-up".to_owned(), result: ProbeResult::Failed(error), detail: String::new() }]
}

/// Adds the tenant: credentials into the sealed file first, then the connection, which names them.
async fn add(context: &Context, draft: Draft) -> Result<Answer, Problem> {
    check(context, &draft).await?;
    let mut kept = Vec::new();
    let added = add_kept(context, &draft, &mut kept).await;
    if added.is_err() {
        for key in &kept {
            if let Err(error) = context.engine.secrets.remove(key) {
                tracing::warn!(%error, "a credential of a tenant that was not added stays in the sealed file");
            }
        }
    }
    added
}

async fn add_kept(context: &Context, draft: &Draft, kept: &mut Vec<String>) -> Result<Answer, Problem> {
    let source = sealed(context, &draft.short_name, Side::Source, &draft.source, kept)?;
    let destination = sealed(context, &draft.short_name, Side::Destination, &draft.destination, kept)?;
    let id = context
        .store
        .add_connection(NewConnection {
            tenant_name: draft.name.clone(),
            short_name: draft.short_name.clone(),
            time_zone: draft.time_zone.clone(),
            source,
            destination,
            settings: draft.settings.clone(),
            verbatim: Vec::new(),
            by: context.engine.operator.clone(),
        })
        .await?;
    // The test calls of step 3 count: the checklist does not ask for them again.
    let record = TestRecord {
        at: context.engine.clock.now(),
        passed: draft.tested.iter().all(|step| !matches!(step.result, ProbeResult::Failed(_))),
        remarks: draft.tested.iter().filter_map(remark).collect(),
    };
    match serde_json::to_string(&record) {
        Ok(text) => context.store.set_preference(&test_key(id), Some(&text)).await?,
        Err(error) => tracing::warn!(%error, "the test of a new tenant could not be kept"),
    }
    Ok(Answer::Added(draft.short_name.clone(), draft.name.clone()))
}

fn remark(step: &ProbeStep) -> Option<String> {
    match &step.result {
        ProbeResult::Failed(error) => Some(format!("{}: {error}", step.name)),
        ProbeResult::Warning => Some(format!("{}: {}", step.name, step.detail)),
        ProbeResult::Passed | ProbeResult::NotTried => None,
    }
}

/// The same checks as a tenant file has.
async fn check(context: &Context, draft: &Draft) -> Result<(), Problem> {
    connection::check_tenant_name(&draft.name).map_err(|error| input(error.to_string(), "step 1 has the name"))?;
    connection::check_short_name(&draft.short_name)
        .map_err(|error| input(error.to_string(), "change the short name in step 1"))?;
    let taken = context.store.salvage_all().await?;
    if taken.iter().any(|salvage| salvage.connection.short_name == draft.short_name) {
        let what = format!("the short name `{}` is in use", draft.short_name);
        return Err(input(what, "choose another one in step 1"));
    }
    if jiff::tz::TimeZone::get(&draft.time_zone).is_err() {
        let what = format!("`{}` is not an IANA time zone", draft.time_zone);
        return Err(input(what, "write it as Europe/London"));
    }
    let destination = (destination(&draft.destination.vendor)?.capabilities)(&draft.destination.parameters);
    for (specs, end) in [
        (source(&draft.source.vendor)?.capabilities.parameters, &draft.source),
        (destination.parameters, &draft.destination),
    ] {
        for spec in specs.iter().filter(|spec| spec.required) {
            if !end.parameters.contains_key(spec.key) && !end.secrets.contains_key(spec.key) {
                return Err(input(format!("{} is missing", spec.label), "step 2 has it"));
            }
        }
    }
    draft.settings.check().map_err(|error| input(format!("the setting {error}"), "step 4 has it"))?;
    let end = |end: &End| Endpoint {
        vendor: end.vendor.clone(),
        parameters: end.parameters.clone(),
        secrets: BTreeMap::new(),
    };
    registry::check_setup(&draft.short_name, &end(&draft.source), &end(&draft.destination), &draft.settings)?;
    Ok(())
}

fn sealed(context: &Context, short: &str, side: Side, end: &End, kept: &mut Vec<String>) -> Result<Endpoint, Problem> {
    let mut endpoint =
        Endpoint { vendor: end.vendor.clone(), parameters: end.parameters.clone(), secrets: BTreeMap::new() };
    for (name, secret) in &end.secrets {
        let key = format!("{short}/{}/{name}", side.key());
        context.engine.secrets.set(&key, secret).map_err(not_kept)?;
        kept.push(key.clone());
        endpoint.secrets.insert(name.clone(), SecretRef::Sealed(key));
    }
    Ok(endpoint)
}
