//! Answers the screen Overview: the set-up checklist and the health of one tenant.

use std::collections::BTreeMap;

use super::{Context, tenants};
use crate::console::screens::overview::data::{Act, Answer, Ask, Facts, Tested};
use crate::domain::connection::Connection;
use crate::domain::problem::Problem;
use crate::domain::secret::SecretRef;
use crate::engine::checklist::test_key;
use crate::services::tenants::{self as service, Publishing};
use crate::services::{connections, schedules};
use crate::store::StoreError;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let Ask::Read(tenant) = ask;
    let connection = context.connection(&tenant).await?;
    let store = &context.store;
    let abilities = context.engine.abilities(&connection)?;
    let test = store.preference(&test_key(connection.id)).await?;
    let elsewhere = context.at_work_elsewhere(&connection).await?.map(|at_work| at_work.holder.words());
    let overview = store.overview(connection.id).await?;
    let mut plans = BTreeMap::new();
    for plan in overview.runs.iter().filter_map(|run| run.plan) {
        match store.plan_head(plan).await {
            Ok(head) => drop(plans.insert(plan, (head.counts.operations(), head.held()))),
            Err(StoreError::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Answer::Read(Box::new(Facts {
        overview,
        plans,
        steps: context.engine.checklist(&connection).await?,
        // A record of an older version that cannot be read any more counts as none: the test is made again.
        test: test.and_then(|text| serde_json::from_str(&text).ok()),
        source: abilities.source,
        destination: abilities.destination,
        secrets: secret_places(&connection),
        schedule: schedules::of(&context.engine, &connection).await.ok(),
        elsewhere,
    })))
}

/// Where the credentials of both ends are.
fn secret_places(connection: &Connection) -> String {
    let mut places: Vec<&str> = connection
        .source
        .secrets
        .values()
        .chain(connection.destination.secrets.values())
        .map(|secret| match secret {
            SecretRef::Env(_) => "environment",
            SecretRef::File(_) => "mounted files",
            SecretRef::Sealed(_) => "sealed file",
            SecretRef::Keyring(_) => "keyring",
        })
        .collect();
    places.sort_unstable();
    places.dedup();
    places.join(" and ")
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let engine = &context.engine;
    match act {
        Act::Remember(tenant) => {
            service::remember(engine, &tenant).await?;
            Ok(Answer::Remembered)
        }
        Act::Test(tenant) => {
            let connection = context.connection(&tenant).await?;
            let test = connections::test(engine, &context.access, &connection).await?;
            Ok(Answer::Tested(Tested { source: test.source, destination: test.destination, passed: test.passed }))
        }
        Act::Waive(tenant, key) => {
            let connection = context.connection(&tenant).await?;
            let words = match service::waive_step(engine, &context.access, &connection, key).await? {
                true => "Waived: who is open here stays held",
                false => "Taken back: this step is open again",
            };
            Ok(Answer::Done(words.to_owned()))
        }
        Act::Publish(tenant) => {
            let connection = context.connection(&tenant).await?;
            service::publish(engine, &context.access, &connection, Publishing::Checked).await?;
            Ok(Answer::Done(format!("Published {}", connection.tenant_name)))
        }
        Act::SwitchOff(tenant) => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Done(tenants::switch_off(context, &connection).await?))
        }
        Act::SwitchOn(tenant) => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Done(tenants::switch_on(context, &connection).await?))
        }
        Act::Remove(tenant) => Ok(Answer::Removed(tenants::remove(context, &tenant).await?)),
    }
}
