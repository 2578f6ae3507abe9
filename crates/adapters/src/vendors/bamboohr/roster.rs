//! Who there is: the list by cursor, walked to its end.

use super::NAME;
use super::client::{BambooHr, PAGE, PAGES_MAX};
use super::wire::Listed;
use crate::ports::api::ApiError;
use crate::vendors::paging::Walks;
use crate::vendors::rows::Fault;
use std::collections::HashSet;

pub(super) const EMPLOYEES: &str = "employees";

/// The list.
#[derive(Debug, Default)]
pub struct Roster {
    /// Each person once, in the order of the list.
    pub people: Vec<Listed>,
    pub ids: HashSet<String>,
    /// Rows without an id that can be read, by their places.
    pub nameless: Vec<(String, Vec<Fault>)>,
    /// How many people there are, as the vendor says.
    pub declared: u64,
}

/// Reads the list.
///
/// # Errors
/// [`ApiError::Incomplete`] where it cannot be believed, also when read again.
pub async fn read(client: &BambooHr) -> Result<Roster, ApiError> {
    let (mut roster, mut cursor, mut number) = (Roster::default(), None::<String>, 0_u32);
    let mut walks: Walks<String> = Walks::new(PAGE, PAGES_MAX);
    while let Some(offset) = walks.next(NAME, EMPLOYEES)? {
        if offset == 0 {
            (roster, cursor, number) = (Roster::default(), None, 0);
        }
        let page = client.list(cursor.as_deref()).await?;
        number = number.saturating_add(1);
        let (mut ids, mut nameless) = (Vec::new(), 0);
        for (place, raw) in (offset + 1..).zip(&page.data) {
            match Listed::of(raw) {
                Ok(listed) => {
                    ids.push(listed.id.clone());
                    if roster.ids.insert(listed.id.clone()) {
                        roster.people.push(listed);
                    }
                }
                Err(fault) => {
                    nameless += 1;
                    roster.nameless.push((format!("{EMPLOYEES}, row {place}"), vec![fault]));
                }
            }
        }
        cursor = page.meta.page.and_then(|place| place.next_cursor).filter(|cursor| !cursor.is_empty());
        // The end is told by the cursor alone (doc).
        walks.told(None, cursor.is_none().then_some(number));
        walks.page_with(&ids, nameless, Some(page.meta.total));
    }
    let walk = walks.into_walk();
    roster.declared = walk.declared();
    let most = usize::try_from(walk.rows()).unwrap_or(usize::MAX).saturating_sub(roster.ids.len());
    roster.nameless.truncate(most);
    Ok(roster)
}
