//! The first pass: every employee through the gates, in their order, up to the point where the matcher would be asked.

use super::beside::{self, Alike};
use super::collide;
use super::correlate::{self, Base, Stage};
use super::gates;
use super::holds::{hold, ruled, ruling_outdated, with_field};
use super::scope::Life;
use super::unreadable;
use super::usable;
use super::world::World;
use crate::domain::decision::Ruling;
use crate::domain::field::Field;
use crate::domain::person::EmploymentStatus;
use crate::domain::plan::{Hold, HoldCode};
use crate::domain::settings::LeaverPolicy;

/// Where every employee stands, in the order of `world.employees`.
pub(super) fn stages(world: &World<'_>, alike: &Alike) -> Vec<Stage> {
    let collisions = collide::within_source(world, alike);
    (0..world.employees.len()).map(|employee| stage(world, employee, &collisions)).collect()
}

fn held(hold: Hold) -> Stage {
    Stage::Held(Box::new(hold))
}

fn stage(world: &World<'_>, employee: usize, collisions: &collide::Collisions) -> Stage {
    if let Some(stage) = unreadable::stage(world, employee) {
        return stage;
    }
    let base = correlate::base(world, employee);
    let life = world.life[employee];
    let has_user = base.user().is_some() || matches!(base, Base::Ambiguous(..) | Base::Replaced(..));
    let gone = life == Life::Over;
    if gone && !has_user && !matches!(base, Base::Detached(_)) && !world.doubled.contains(&employee) {
        return Stage::Ignored;
    }
    if let Some(hold) = ruled_out(world, employee) {
        let detached_leaver = gone && !has_user;
        return if detached_leaver { Stage::Ignored } else { held(hold) };
    }
    if let EmploymentStatus::Unclear(word) = world.rules.settings.status_of(&world.employees[employee].status).as_ref()
    {
        return held(unclear(world, employee, word));
    }
    if let Some(hold) = collisions.identifier(world, employee) {
        return held(hold);
    }
    if let Base::Detached(user) = base
        && world.users[user].identifier.is_none()
        && world.users[user].unreadable.is_some()
        && let Some(hold) = usable::unusable(world, &world.employees[employee].id, user)
    {
        // Whether the tie was cut cannot be told: the identifier may be what cannot be read.
        return held(hold);
    }
    if gone {
        let never = world.rules.settings.leavers == LeaverPolicy::Never;
        return if never { Stage::Unchanged } else { correlate::leaver(world, employee, base) };
    }
    let user_inactive = base.user().is_some_and(|user| world.is_inactive(user));
    if let Some(waiting) = correlate::waits(life, base, user_inactive) {
        return waiting;
    }
    if let Some(hold) = collisions.email(world, employee) {
        return held(hold);
    }
    if let Some(hold) = gates::first_stop(&world.rules, world.employees[employee]) {
        return held(hold);
    }
    if world.is_without_email(employee) && !world.rules.destination.takes_without_email() {
        return held(must_have_email(world, employee));
    }
    correlate::correlate(world, employee, base)
}

/// An operator's ruling that keeps the person out. An exclusion or a protection never lapses into a write by itself.
pub(super) fn ruled_out(world: &World<'_>, employee: usize) -> Option<Hold> {
    let id = &world.employees[employee].id;
    let decision = world.decision(id)?;
    match &decision.ruling {
        Ruling::Exclude | Ruling::Protect if !world.holds(employee, decision) => Some(ruling_outdated(id, decision)),
        Ruling::Exclude if world.kept_is_gone(employee) => Some(beside::reopened(world, employee, decision)),
        Ruling::Exclude => beside::excluded(world, employee, decision),
        Ruling::Protect | Ruling::HoldBack | Ruling::Undone { .. } => ruled(id, decision),
        Ruling::Later { until } => {
            let waits = world.holds(employee, decision) && until.is_none_or(|day| world.rules.today < day);
            if waits { ruled(id, decision) } else { None }
        }
        Ruling::Link { .. } | Ruling::Create => None,
    }
}

/// A ruling that this destination does not let happen: it was another one's, or the destination has changed.
fn must_have_email(world: &World<'_>, employee: usize) -> Hold {
    let destination = world.rules.destination.name;
    let message = format!("ruled to go without e-mail, but {destination} takes nobody without one");
    let remedy = format!("give an e-mail of their own in {}, or take the ruling back", world.rules.source.name);
    with_field(hold(&world.employees[employee].id, HoldCode::MissingField, message, remedy), Field::Email)
}

fn unclear(world: &World<'_>, employee: usize, word: &str) -> Hold {
    let source = world.rules.source.name;
    let mut hold = hold(
        &world.employees[employee].id,
        HoldCode::StatusUnclear,
        format!("{source} says `{word}`, which means neither active nor ended here"),
        format!("say in Settings › Source filter whether `{word}` is active or ended"),
    );
    hold.value = Some(word.to_owned());
    hold.field = Some("status".to_owned());
    hold
}
