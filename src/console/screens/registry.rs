//! Which screen is built for which place: one line per screen.

use super::{Screen, ScreenId, first_run, mappings, people, person, tenants};
use crate::console::app::Place;

/// Builds the screen of a place; `None` for one that this build does not have.
#[must_use]
pub fn build(place: &Place) -> Option<Box<dyn Screen>> {
    match place.screen {
        ScreenId::FirstRun => Some(Box::new(first_run::FirstRun::new())),
        ScreenId::Mappings => Some(Box::new(mappings::Mappings::new(place))),
        ScreenId::People => Some(Box::new(people::People::new(place))),
        ScreenId::Person => Some(Box::new(person::Person::new(place))),
        ScreenId::Tenants => Some(Box::new(tenants::Tenants::new())),
        _ => None,
    }
}
