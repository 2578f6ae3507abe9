//! What is remembered of a list: the last filter and order of each tenant, and the views that an operator has named.

use super::error::ServiceError;
use crate::domain::ids::ConnectionId;
use crate::store::Store;
use serde::{Deserialize, Serialize};

/// Views of one list at most: they stand above the facets.
const MOST: usize = 50;

/// A list with a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum List {
    Tenants,
    Mappings,
    People,
    Review,
    Plan,
    History,
    Feed,
    Audit,
    Schedule,
    Troubles,
    Incidents,
    /// A list of two files that were compared.
    TwoFiles,
    /// What had moved of a run.
    Drift,
    /// Held people of all tenants.
    Holds,
    /// Values of all tenants.
    Values,
    /// People of all tenants.
    Anybody,
}

impl List {
    /// The stable word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            List::Tenants => "tenants",
            List::Mappings => "mappings",
            List::People => "people",
            List::Review => "review",
            List::Plan => "plan",
            List::History => "history",
            List::Feed => "feed",
            List::Audit => "audit",
            List::Schedule => "schedule",
            List::Troubles => "troubles",
            List::Incidents => "incidents",
            List::TwoFiles => "two-files",
            List::Drift => "drift",
            List::Holds => "holds",
            List::Values => "values",
            List::Anybody => "anybody",
        }
    }
}

/// How a list stands: what is typed, and the order by its stable word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sort: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
}

/// A filter and order with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub name: String,
    #[serde(flatten)]
    pub stand: Stand,
}

/// What is remembered of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    pub last: Stand,
    pub views: Vec<View>,
}

fn last_key(connection: Option<ConnectionId>, list: List) -> String {
    match connection {
        Some(connection) => format!("connection/{}/list/{}", connection.0, list.key()),
        None => format!("list/{}", list.key()),
    }
}

fn views_key(list: List) -> String {
    format!("views/{}", list.key())
}

/// What is remembered of a list; what cannot be read of it is forgotten.
///
/// # Errors
/// Only the store's.
pub async fn remembered(
    store: &Store,
    connection: Option<ConnectionId>,
    list: List,
) -> Result<Remembered, ServiceError> {
    let last = store.preference(&last_key(connection, list)).await?;
    Ok(Remembered {
        last: last.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        views: views(store, list).await?,
    })
}

/// The views of a list, by name.
///
/// # Errors
/// Only the store's.
pub async fn views(store: &Store, list: List) -> Result<Vec<View>, ServiceError> {
    let text = store.preference(&views_key(list)).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Keeps the last filter and order of a list.
///
/// # Errors
/// When it cannot be saved.
pub async fn keep(
    store: &Store,
    connection: Option<ConnectionId>,
    list: List,
    stand: &Stand,
) -> Result<(), ServiceError> {
    let text = (*stand != Stand::default()).then(|| serde_json::to_string(stand).unwrap_or_default());
    Ok(store.set_preference(&last_key(connection, list), text.as_deref()).await?)
}

/// Saves a view under its name, in place of one that had it.
///
/// # Errors
/// No name, too many views; when it cannot be saved.
pub async fn save_view(store: &Store, list: List, view: View) -> Result<Vec<View>, ServiceError> {
    let view = View { name: view.name.trim().to_owned(), ..view };
    if view.name.is_empty() {
        return Err(ServiceError::Setting("a view needs a name".to_owned()));
    }
    let mut views = views(store, list).await?;
    views.retain(|known| known.name != view.name);
    if views.len() >= MOST {
        return Err(ServiceError::Setting(format!("there are {MOST} views of this list already; `d` deletes one")));
    }
    views.push(view);
    views.sort_by(|a, b| a.name.cmp(&b.name));
    put(store, list, views).await
}

/// Deletes a view; one that is gone already is no matter.
///
/// # Errors
/// When it cannot be saved.
pub async fn delete_view(store: &Store, list: List, name: &str) -> Result<Vec<View>, ServiceError> {
    let mut views = views(store, list).await?;
    views.retain(|known| known.name != name);
    put(store, list, views).await
}

async fn put(store: &Store, list: List, views: Vec<View>) -> Result<Vec<View>, ServiceError> {
    let text = (!views.is_empty()).then(|| serde_json::to_string(&views).unwrap_or_default());
    store.set_preference(&views_key(list), text.as_deref()).await?;
    Ok(views)
}
