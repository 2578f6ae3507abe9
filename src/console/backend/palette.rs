//! What the palette finds beside actions and tenants: people, and saved views.

use super::Context;
use crate::console::app::Place;
use crate::console::app::overlay::palette::{Does, Entry};
use crate::console::screens::ScreenId;
use crate::domain::connection::Connection;
use crate::domain::problem::Problem;
use crate::services::lists::{List, View, views};
use crate::store::views::PersonFound;

/// Letters from which on people are looked for: fewer find everybody.
const LETTERS: usize = 2;
/// People that are offered.
const OFFERED: usize = 24;

/// People by name or id, of this tenant or of all, and the views of its lists.
///
/// # Errors
/// Only the store's.
pub async fn persons(context: &Context, tenant: Option<&str>, text: &str) -> Result<Vec<Entry>, Problem> {
    let connections = match tenant {
        Some(tenant) => vec![context.connection(tenant).await?],
        None => context.store.connections().await?,
    };
    let mut entries = match tenant {
        Some(tenant) => saved(context, tenant).await?,
        None => Vec::new(),
    };
    if text.trim().chars().count() >= LETTERS {
        let ids = connections.iter().map(|connection| connection.id).collect();
        let found = context.store.people_anywhere(ids, text, OFFERED).await?;
        entries.extend(found.iter().filter_map(|person| {
            let connection = connections.iter().find(|connection| connection.id == person.connection)?;
            Some(entry(person, connection, tenant.is_none()))
        }));
    }
    Ok(entries)
}

fn entry(person: &PersonFound, connection: &Connection, everywhere: bool) -> Entry {
    let place = Place::tenant(ScreenId::Person, connection.short_name.clone()).about(person.employee.as_str());
    let name = &person.name;
    let label = match everywhere {
        true => format!("Person: {name}, {}, {}", person.identifier.as_str(), connection.tenant_name),
        false => format!("Person: {name}, {}", person.identifier.as_str()),
    };
    Entry { label, key: String::new(), off: None, does: Does::Go(place) }
}

/// The saved views of those lists that can be opened with a filter.
async fn saved(context: &Context, tenant: &str) -> Result<Vec<Entry>, Problem> {
    let mut entries = Vec::new();
    for (list, screen) in [(List::People, ScreenId::People), (List::Feed, ScreenId::Feed)] {
        let of_screen = |View { name, stand }: View| Entry {
            label: format!("View: {name} ({})", screen.title()),
            key: String::new(),
            off: None,
            does: Does::Go(Place::tenant(screen, tenant).about(stand.filter)),
        };
        entries.extend(views(&context.store, list).await?.into_iter().map(of_screen));
    }
    Ok(entries)
}
