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
    let mut entries = saved(context, tenant).await?;
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

/// Lists of a tenant, and those of all tenants, whose views are saved.
const OF_TENANT: [(List, ScreenId); 6] = [
    (List::People, ScreenId::People),
    (List::Review, ScreenId::Review),
    (List::Mappings, ScreenId::Mappings),
    (List::Plan, ScreenId::Plan),
    (List::History, ScreenId::History),
    (List::Feed, ScreenId::Feed),
];
const OF_ALL: [(List, ScreenId); 4] = [
    (List::Tenants, ScreenId::Tenants),
    (List::Holds, ScreenId::Holds),
    (List::Values, ScreenId::Values),
    (List::Troubles, ScreenId::Troubles),
];

/// The saved views of the lists that can be opened from here.
async fn saved(context: &Context, tenant: Option<&str>) -> Result<Vec<Entry>, Problem> {
    let mut entries = Vec::new();
    let own = OF_TENANT.into_iter().filter_map(|(list, screen)| Some((list, Place::tenant(screen, tenant?))));
    let all = OF_ALL.into_iter().map(|(list, screen)| (list, Place::global(screen)));
    for (list, place) in own.chain(all) {
        let of_screen = |View { name, stand }: View| Entry {
            label: format!("View: {name} ({})", place.screen.title()),
            key: String::new(),
            off: None,
            does: Does::View(place.clone(), stand),
        };
        entries.extend(views(&context.store, list).await?.into_iter().map(of_screen));
    }
    Ok(entries)
}
