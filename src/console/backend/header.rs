//! What the header, the tabs and the palette say of tenants.

use super::Context;
use crate::console::app::overlay::palette::{Does, Entry};
use crate::console::app::{Mode, Place, TenantHeader};
use crate::console::screens::ScreenId;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::problem::Problem;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

/// Badges stand on these tabs (counted from 0).
const MAPPINGS: usize = 1;
const REVIEW: usize = 3;
/// Maximum of lines offered for what was typed.
const OFFERED: usize = 24;

/// Header and badges of one tenant.
///
/// # Errors
/// When it was removed, or the store's.
pub async fn tenant(context: &Context, tenant: &str) -> Result<TenantHeader, Problem> {
    let connection = context.connection(tenant).await?;
    let mut badges = [0; 9];
    // What its screens will search comes into memory meanwhile.
    context.store.read_lists(connection.id).await?;
    if let Some(plan) = context.store.latest_plan(connection.id).await? {
        badges[MAPPINGS] = plan.unmapped_values;
        badges[REVIEW] = context.store.review_progress(connection.id).await?.figures.left;
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
pub fn standing(context: &Context, connection: &Connection) -> Mode {
    match connection.status {
        ConnectionStatus::Paused | ConnectionStatus::Off => Mode::Paused,
        ConnectionStatus::Preview => Mode::Preview,
        ConnectionStatus::Live if context.sandbox => Mode::Sandbox,
        ConnectionStatus::Live => Mode::Live,
    }
}

/// Tenants to open and to sync that fit what was typed into the palette, best first; what cannot be synced says why.
///
/// # Errors
/// Only the store's.
pub async fn places(context: &Context, text: &str) -> Result<Vec<Entry>, Problem> {
    let connections = context.store.connections().await?;
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut scored: Vec<(u32, Entry)> = Vec::new();
    for entry in connections.iter().flat_map(|connection| [open(connection), sync(context, connection)]) {
        let mut buffer = Vec::new();
        let label = nucleo_matcher::Utf32Str::new(&entry.label, &mut buffer);
        if let Some(score) = pattern.score(label, &mut matcher) {
            scored.push((score, entry));
        }
    }
    scored.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| left.label.cmp(&right.label)));
    Ok(scored.into_iter().take(OFFERED).map(|(_, entry)| entry).collect())
}

fn open(connection: &Connection) -> Entry {
    let place = Place::tenant(ScreenId::Overview, connection.short_name.clone());
    let label = format!("Open tenant: {}", connection.tenant_name);
    Entry { label, key: String::new(), off: None, does: Does::Go(place) }
}

fn sync(context: &Context, connection: &Connection) -> Entry {
    let short_name = connection.short_name.clone();
    let off = match connection.status {
        ConnectionStatus::Off => Some("switched off"),
        ConnectionStatus::Paused => Some("paused"),
        ConnectionStatus::Preview => Some("not published"),
        ConnectionStatus::Live if context.runs.supervisor.is_at_work(connection.id) => Some("running"),
        ConnectionStatus::Live => None,
    };
    let label = format!("Sync now: {}", connection.tenant_name);
    Entry { label, key: String::new(), off: off.map(str::to_owned), does: Does::Sync(short_name) }
}
