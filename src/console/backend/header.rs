//! What the header, the tabs and the palette say of tenants.

use super::Context;
use crate::console::app::{Place, Standing, TenantHeader};
use crate::console::screens::ScreenId;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::problem::Problem;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

/// Badges stand on these tabs (counted from 0).
const MAPPINGS: usize = 1;
const REVIEW: usize = 3;
/// So many places are offered for what was typed.
const OFFERED: usize = 12;

/// Header and badges of one tenant.
///
/// # Errors
/// When it was removed, or the store's.
pub async fn tenant(context: &Context, tenant: &str) -> Result<TenantHeader, Problem> {
    let connection = context.connection(tenant).await?;
    let mut badges = [0; 9];
    if let Some(plan) = context.store.latest_plan(connection.id).await? {
        badges[MAPPINGS] = plan.unmapped_values;
        badges[REVIEW] = plan.review;
    }
    Ok(TenantHeader {
        short_name: connection.short_name.clone(),
        name: connection.tenant_name.clone(),
        route: route(context, &connection)?,
        standing: standing(context, &connection),
        badges,
        zone: connection.time_zone,
    })
}

/// `Planday → Flow Learning`.
///
/// # Errors
/// When the connection names a vendor that this build does not know.
pub fn route(context: &Context, connection: &Connection) -> Result<String, Problem> {
    let abilities = context.engine.abilities(connection)?;
    Ok(format!("{} → {}", abilities.source.name, abilities.destination.name))
}

/// How careful to be with this tenant.
pub fn standing(context: &Context, connection: &Connection) -> Standing {
    match connection.status {
        ConnectionStatus::Paused | ConnectionStatus::Off => Standing::Paused,
        ConnectionStatus::Preview => Standing::Preview,
        ConnectionStatus::Live if context.sandbox => Standing::Sandbox,
        ConnectionStatus::Live => Standing::Live,
    }
}

/// Tenants whose name fits what was typed into the palette, best first.
///
/// # Errors
/// Only the store's.
pub async fn places(context: &Context, text: &str) -> Result<Vec<(String, Place)>, Problem> {
    let connections = context.store.connections().await?;
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut scored: Vec<(u32, Connection)> = Vec::new();
    for connection in connections {
        let mut buffer = Vec::new();
        let name = nucleo_matcher::Utf32Str::new(&connection.tenant_name, &mut buffer);
        if let Some(score) = pattern.score(name, &mut matcher) {
            scored.push((score, connection));
        }
    }
    scored.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| left.tenant_name.cmp(&right.tenant_name)));
    Ok(scored
        .into_iter()
        .take(OFFERED)
        .map(|(_, connection)| {
            let place = Place::tenant(ScreenId::Overview, connection.short_name);
            (format!("Open tenant: {}", connection.tenant_name), place)
        })
        .collect())
}
