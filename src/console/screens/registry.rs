//! Which screen is built for which place: one line per screen.

use super::{
    Screen, ScreenId, audit, collision, drift, feed, first_run, fleet, guard, history, incidents, limit, mappings,
    overview, people, person, plan, rehearsal, review, run, run_detail, said, schedule, settings, tenants, troubles,
    two_files, undo, waves, wizard,
};
use crate::console::app::Place;

/// Builds the screen of a place; `None` for one that this build does not have.
#[must_use]
pub fn build(place: &Place) -> Option<Box<dyn Screen>> {
    match place.screen {
        ScreenId::Audit => Some(Box::new(audit::AuditScreen::new(place.tenant.clone()))),
        ScreenId::Collision => {
            Some(Box::new(collision::CollisionScreen::new(place.tenant.clone()?, place.subject.clone())))
        }
        ScreenId::Drift => Some(Box::new(drift::Drift::new(place))),
        ScreenId::Feed => Some(Box::new(feed::Feed::new(place))),
        ScreenId::FirstRun => Some(Box::new(first_run::FirstRun::new())),
        ScreenId::Holds => Some(Box::new(fleet::FleetList::new(fleet::Which::Holds))),
        ScreenId::Values => Some(Box::new(fleet::FleetList::new(fleet::Which::Values))),
        ScreenId::Anybody => Some(Box::new(fleet::Anybody::new())),
        ScreenId::Guard => Some(Box::new(guard::GuardScreen::new(place.tenant.clone()?))),
        ScreenId::History => Some(Box::new(history::History::new(place.tenant.clone()?))),
        ScreenId::Incidents => Some(Box::new(incidents::Incidents::new(place))),
        ScreenId::Limit => Some(Box::new(limit::LimitScreen::new(place.tenant.clone()?, place.subject.as_deref()))),
        ScreenId::Mappings => Some(Box::new(mappings::Mappings::new(place))),
        ScreenId::Overview => Some(Box::new(overview::Overview::new(place))),
        ScreenId::People => Some(Box::new(people::People::new(place))),
        ScreenId::Person => Some(Box::new(person::Person::new(place))),
        ScreenId::Plan => Some(Box::new(plan::PlanScreen::new(place.tenant.clone()?))),
        ScreenId::Rehearsal => Some(Box::new(rehearsal::RehearsalScreen::new(place.tenant.clone()?))),
        ScreenId::Review => Some(Box::new(review::Review::new(place.tenant.clone()?, place.subject.clone()))),
        ScreenId::Run => Some(Box::new(run::Run::new(place.tenant.clone()?))),
        ScreenId::RunDetail => Some(Box::new(run_detail::RunDetail::new(place))),
        ScreenId::Schedule => Some(Box::new(schedule::ScheduleScreen::new(place.subject.clone()))),
        ScreenId::Said => Some(Box::new(said::Said::new(place))),
        ScreenId::Settings => Some(Box::new(settings::SettingsScreen::new(place))),
        ScreenId::Tenants => Some(Box::new(tenants::Tenants::new())),
        ScreenId::Troubles => Some(Box::new(troubles::TroublesScreen::new())),
        ScreenId::TwoFiles => Some(Box::new(two_files::TwoFiles::new())),
        ScreenId::Undo => Some(Box::new(undo::Undo::new(place))),
        ScreenId::Waves => Some(Box::new(waves::WavesScreen::new(place.tenant.clone()?))),
        ScreenId::Wizard => Some(Box::new(wizard::Wizard::new())),
        _ => None,
    }
}
