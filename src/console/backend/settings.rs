//! Answers the screen Settings: the settings of a connection.

mod models;

use super::{Context, header};
use crate::console::screens::settings::data::{Act, Answer, Ask, Form, Parameter, WhatIf};
use crate::domain::connection::{Connection, Endpoint};
use crate::domain::ids::EmployeeId;
use crate::domain::plan::Plan;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::secret::SecretRef;
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;
use crate::engine::capabilities::Capabilities;
use crate::engine::checklist::{ConnectionTest, TestRecord, first_failure, test_key};
use crate::engine::plan::SettingsWhatIf;
use crate::mapping::{ImpactPerson, Outcome, impact};
use crate::ports::api::{ProbeResult, ProbeStep};
use crate::services::connections::Keep;
use crate::services::{connections, settings};
use std::collections::BTreeMap;

/// People who are named per line of a what-if.
const NAMED: usize = 3;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Form { tenant } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Form(Box::new(form(context, connection).await?)))
        }
        Ask::WhatIf { tenant, settings } => {
            let connection = context.connection(&tenant).await?;
            let what_if = what_if(context, &connection, &settings).await?;
            Ok(Answer::WhatIf { settings, what_if })
        }
    }
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    match act {
        Act::Save { tenant, settings: wanted } => {
            let connection = context.connection(&tenant).await?;
            let operations = settings::save(&context.engine, &context.access, &connection, *wanted).await?;
            Ok(Answer::Saved { operations })
        }
        Act::SetSecret { tenant, side, key, secret } => {
            let connection = context.connection(&tenant).await?;
            connections::set_secret(
                &context.engine,
                &context.access,
                &connection,
                (side, key),
                (secret, Keep::AsBefore),
            )
            .await?;
            Ok(Answer::Kept { label: label(context, &connection, side, key)? })
        }
        Act::MoveSecret { tenant, side, key, to_keyring } => {
            let connection = context.connection(&tenant).await?;
            let (engine, access) = (&context.engine, &context.access);
            let keep = if to_keyring { Keep::Keyring } else { Keep::Sealed };
            connections::move_secret(engine, access, &connection, (side, key), keep).await?;
            Ok(Answer::Kept { label: label(context, &connection, side, key)? })
        }
        Act::Revoke { tenant, side, key } => {
            let connection = context.connection(&tenant).await?;
            let label = label(context, &connection, side, key)?;
            let revoked =
                connections::revoke_secret(&context.engine, &context.access, &connection, (side, key)).await?;
            let outside = revoked.outside.as_ref().map(crate::engine::connect::place);
            Ok(Answer::Revoked { label, switched_off: revoked.switched_off, outside })
        }
        Act::SetParameter { tenant, side, key, value } => {
            let connection = context.connection(&tenant).await?;
            let (engine, access) = (&context.engine, &context.access);
            settings::set_parameter(engine, access, &connection, (side, key), value.as_deref()).await?;
            Ok(Answer::Kept { label: label(context, &connection, side, key)? })
        }
        Act::Propose { tenant } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Proposed(models::propose(context, &connection).await?))
        }
        Act::TakeModel { tenant, version, back } => {
            let connection = context.connection(&tenant).await?;
            models::take(context, &connection, version, back).await
        }
        Act::Test { tenant } => {
            let connection = context.connection(&tenant).await?;
            let test = connections::test(&context.engine, &context.access, &connection).await?;
            Ok(tested(context, &connection, &test)?)
        }
    }
}

async fn form(context: &Context, connection: Connection) -> Result<Form, Problem> {
    let abilities = context.engine.abilities(&connection)?;
    let store = &context.store;
    let linked = store.links(connection.id).await?.len();
    let pulled = settings::pulled(&context.engine, &connection).await?;
    let tested = store.preference(&test_key(connection.id)).await?;
    let tested = tested.and_then(|text| serde_json::from_str::<TestRecord>(&text).ok());
    let mut parameters = Vec::new();
    for (side, specs, endpoint) in [
        (Side::Source, abilities.source.parameters, &connection.source),
        (Side::Destination, abilities.destination.parameters, &connection.destination),
    ] {
        parameters.extend(specs.iter().map(|spec| Parameter {
            side,
            spec: *spec,
            shown: shown(endpoint, spec.key),
            in_keyring: in_keyring(endpoint, spec.key),
        }));
    }
    let models = models::models(context, &connection).await?;
    let capabilities = Capabilities::of(store, &connection).await?;
    Ok(Form {
        no_keyring: connections::no_keyring(&context.engine).await,
        custom_fields: capabilities.custom_fields().map(str::to_owned).collect(),
        models,
        tenant_name: connection.tenant_name.clone(),
        standing: header::standing(context, &connection).word(),
        settings: connection.settings,
        source: abilities.source,
        destination: abilities.destination,
        parameters,
        linked: u32::try_from(linked).unwrap_or(u32::MAX),
        pulled,
        test_code: tested.as_ref().and_then(|test| test.code),
        tested: tested.map(|test| (test.at, test.passed, test.remarks)),
    })
}

/// The value of a plain parameter, or where a credential lives; never the credential.
fn shown(endpoint: &Endpoint, key: &str) -> Option<String> {
    let secret = endpoint.secrets.get(key).map(|reference| match reference {
        SecretRef::Env(name) => format!("in the environment variable {name}"),
        SecretRef::File(path) => format!("in the file {}", path.display()),
        SecretRef::Sealed(_) => "in the sealed file".to_owned(),
        SecretRef::Keyring(_) => "in the keyring of the desktop".to_owned(),
    });
    secret.or_else(|| endpoint.parameters.get(key).cloned())
}

/// Of a credential that is kept here whether that is in the keyring.
fn in_keyring(endpoint: &Endpoint, key: &str) -> Option<bool> {
    match endpoint.secrets.get(key)? {
        SecretRef::Keyring(_) => Some(true),
        SecretRef::Sealed(_) => Some(false),
        SecretRef::Env(_) | SecretRef::File(_) => None,
    }
}

fn label(context: &Context, connection: &Connection, side: Side, key: &str) -> Result<&'static str, Problem> {
    let abilities = context.engine.abilities(connection)?;
    let specs = match side {
        Side::Source => abilities.source.parameters,
        Side::Destination => abilities.destination.parameters,
    };
    let found = specs.iter().find(|spec| spec.key == key).map(|spec| spec.label);
    found.ok_or_else(|| Problem::new(ProblemKind::Input, format!("there is no parameter `{key}`")))
}

fn tested(context: &Context, connection: &Connection, test: &ConnectionTest) -> Result<Answer, Problem> {
    let abilities = context.engine.abilities(connection)?;
    let sides = [(abilities.source.name, &test.source), (abilities.destination.name, &test.destination)];
    let lines = sides.iter().flat_map(|(name, steps)| steps.iter().map(move |step| step_words(name, step)));
    let code = first_failure(test).map(|error| error.code());
    Ok(Answer::Tested { passed: test.passed, lines: lines.collect(), code })
}

fn step_words(vendor: &str, step: &ProbeStep) -> String {
    let (glyph, detail) = match &step.result {
        ProbeResult::Passed => ("✓", step.detail.clone()),
        ProbeResult::Warning => ("!", step.detail.clone()),
        ProbeResult::Failed(error) => ("✗", error.to_string()),
        ProbeResult::NotTried => ("-", "not tried".to_owned()),
    };
    format!("{glyph} {vendor}, {}: {detail}", step.name)
}

/// The plan of now against the plan under changed settings, in words.
async fn what_if(context: &Context, connection: &Connection, wanted: &Settings) -> Result<WhatIf, Problem> {
    let mut lines = Vec::new();
    if wanted.departments != connection.settings.departments || wanted.field_map != connection.settings.field_map {
        lines.push("i Source filter and field map count from the next preview on, which reads anew".to_owned());
    }
    let what_if = settings::what_if(&context.engine, connection, wanted).await?;
    let Some(SettingsWhatIf { before, after, matching }) = what_if else {
        lines.push("i Nobody was read yet: there is nobody to work it out with".to_owned());
        return Ok(WhatIf { people: 0, lines });
    };
    let policy = |settings: &Settings| (settings.auto_link, settings.new_below);
    if policy(wanted) != policy(&connection.settings) {
        lines.extend(match matching {
            Some((was, is)) => models::effect_lines(&was, &is),
            None => vec!["i Nobody has to be compared: everybody is tied or held before that".to_owned()],
        });
    }
    let impact = impact(&before, &after);
    let lists = [
        ("✓", &impact.unblocked),
        ("~", &impact.change),
        ("✗", &impact.breaks),
        ("?", &impact.review),
        ("i", &impact.other),
    ];
    let mut people = 0;
    for (glyph, list) in lists {
        people += list.len();
        for ((was, is), employees) in grouped(list) {
            lines.push(group_words(glyph, &was, &is, employees.len()));
            lines.push(names(context, connection, &employees).await?);
        }
    }
    if people == 0 {
        lines.push("= Nobody's outcome changes".to_owned());
    }
    if impact.breaks.is_empty() {
        lines.push("✓ 0 people stop syncing".to_owned());
    }
    lines.extend(mail_words(impact.welcome_mails));
    lines.extend(limit_words(&before, &after));
    Ok(WhatIf { people: u32::try_from(people).unwrap_or(u32::MAX), lines })
}

type Groups = BTreeMap<(String, String), Vec<EmployeeId>>;

fn grouped(list: &[ImpactPerson]) -> Groups {
    let mut groups = Groups::new();
    for person in list {
        let key = (outcome(&person.before), outcome(&person.after));
        groups.entry(key).or_default().push(person.employee.clone());
    }
    groups
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Held(code) => code.words().to_owned(),
        Outcome::Untouched => "nothing to do".to_owned(),
        Outcome::Written(kinds) => kinds.iter().map(|kind| kind.words()).collect::<Vec<_>>().join(" and "),
    }
}

fn group_words(glyph: &str, was: &str, is: &str, count: usize) -> String {
    let people = if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    if was == is {
        format!("{glyph} {people}: {is}, with other values")
    } else {
        format!("{glyph} {people}: {was} → {is}")
    }
}

async fn names(context: &Context, connection: &Connection, employees: &[EmployeeId]) -> Result<String, Problem> {
    let mut names = Vec::new();
    for id in employees.iter().take(NAMED) {
        let employee = context.store.employee(connection.id, id).await?;
        names.push(
            employee.map_or_else(|| id.to_string(), |employee| format!("{} {id}", employee.person.display_name())),
        );
    }
    let more = employees.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", {more} more") } else { String::new() };
    Ok(format!("    {}{more}", names.join(", ")))
}

fn mail_words(difference: i64) -> Option<String> {
    match difference {
        0 => None,
        more @ 1.. => Some(format!("! {more} more welcome mails")),
        fewer => Some(format!("i {} welcome mails fewer", fewer.abs())),
    }
}

/// Limits that the plan passes now and did not before, and the other way round.
fn limit_words(before: &Plan, after: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for check in &after.limits {
        let was = before.limits.iter().any(|other| other.kind == check.kind && other.is_exceeded());
        let (count, allowed, kind) = (check.count, check.allowed, check.kind.key());
        match (was, check.is_exceeded()) {
            (false, true) => lines.push(format!("! Past the limit: {count} {kind}, {allowed} allowed; the plan waits")),
            (true, false) => lines.push(format!("✓ Within the limit again: {count} {kind}, {allowed} allowed")),
            _ => {}
        }
    }
    lines
}
