//! The first pass: every employee through the gates, in their order, up to the point where the matcher would be asked.

use super::beside::{self, Alike};
use super::collide;
use super::correlate::{self, Base, Stage};
use super::gates;
use super::holds::{hold, ruled, ruling_outdated, with_field};
use super::plan_index::PlanIndex;
use super::scope::Lifecycle;
use super::unreadable;
use super::usable;
use crate::domain::decision::Ruling;
use crate::domain::field::Field;
use crate::domain::person::EmploymentStatus;
use crate::domain::plan::{Hold, HoldCode};
use crate::domain::settings::LeaverPolicy;

/// Where every employee stands, in the order of `world.employees`.
pub(super) fn stages(index: &PlanIndex<'_>, alike: &Alike) -> Vec<Stage> {
    let collisions = collide::within_source(index, alike);
    (0..index.employees.len()).map(|employee| stage(index, employee, &collisions)).collect()
}

fn held(hold: Hold) -> Stage {
    Stage::Held(Box::new(hold))
}

fn stage(index: &PlanIndex<'_>, employee: usize, collisions: &collide::Collisions) -> Stage {
    if let Some(stage) = unreadable::stage(index, employee) {
        return stage;
    }
    let base = correlate::base(index, employee);
    let life = index.life[employee];
    let has_user = base.user().is_some() || matches!(base, Base::Ambiguous(..) | Base::Replaced(..));
    let gone = life == Lifecycle::Over;
    if gone && !has_user && !matches!(base, Base::Detached(_)) && !index.doubled.contains(&employee) {
        return Stage::Ignored;
    }
    if let Some(hold) = ruled_out(index, employee) {
        let detached_leaver = gone && !has_user;
        return if detached_leaver { Stage::Ignored } else { held(hold) };
    }
    if let EmploymentStatus::Unclear(word) = index.rules.settings.status_of(&index.employees[employee].status).as_ref()
    {
        return held(unclear(index, employee, word));
    }
    if let Some(hold) = collisions.identifier(index, employee) {
        return held(hold);
    }
    if let Base::Detached(user) = base
        && index.users[user].identifier.is_none()
        && index.users[user].unreadable.is_some()
        && let Some(hold) = usable::unusable(index, &index.employees[employee].id, user)
    {
        // Whether the tie was cut cannot be told: the identifier may be what cannot be read.
        return held(hold);
    }
    if gone {
        let never = index.rules.settings.leavers == LeaverPolicy::Never;
        return if never { Stage::Unchanged } else { correlate::leaver(index, employee, base) };
    }
    let user_inactive = base.user().is_some_and(|user| index.is_inactive(user));
    if let Some(waiting) = correlate::waits(life, base, user_inactive) {
        return waiting;
    }
    if let Some(hold) = collisions.email(index, employee) {
        return held(hold);
    }
    if let Some(hold) = gates::first_stop(&index.rules, index.employees[employee]) {
        return held(hold);
    }
    if index.is_without_email(employee) && !index.rules.destination.takes_without_email() {
        return held(must_have_email(index, employee));
    }
    correlate::correlate(index, employee, base)
}

/// An operator's ruling that keeps the person out. An exclusion or a protection never lapses into a write by itself.
pub(super) fn ruled_out(index: &PlanIndex<'_>, employee: usize) -> Option<Hold> {
    let id = &index.employees[employee].id;
    let decision = index.decision(id)?;
    match &decision.ruling {
        Ruling::Exclude | Ruling::Protect if !index.holds(employee, decision) => Some(ruling_outdated(id, decision)),
        Ruling::Exclude if index.kept_is_gone(employee) => Some(beside::reopened(index, employee, decision)),
        Ruling::Exclude => beside::excluded(index, employee, decision),
        Ruling::Protect | Ruling::HoldBack | Ruling::Undone { .. } => ruled(id, decision),
        Ruling::Later { until } => {
            let waits = index.holds(employee, decision) && until.is_none_or(|day| index.rules.today < day);
            if waits { ruled(id, decision) } else { None }
        }
        Ruling::Link { .. } | Ruling::Create => None,
    }
}

/// A ruling that this destination does not let happen: it was another one's, or the destination has changed.
fn must_have_email(index: &PlanIndex<'_>, employee: usize) -> Hold {
    let destination = index.rules.destination.name;
    let message = format!("ruled to go without e-mail, but {destination} takes nobody without one");
    let remedy = format!("give an e-mail of their own in {}, or take the ruling back", index.rules.source.name);
    with_field(hold(&index.employees[employee].id, HoldCode::MissingField, message, remedy), Field::Email)
}

fn unclear(index: &PlanIndex<'_>, employee: usize, word: &str) -> Hold {
    let source = index.rules.source.name;
    let mut hold = hold(
        &index.employees[employee].id,
        HoldCode::StatusUnclear,
        format!("{source} says `{word}`, which means neither active nor ended here"),
        format!("say in Settings › Source filter whether `{word}` is active or ended"),
    );
    hold.value = Some(word.to_owned());
    hold.field = Some("status".to_owned());
    hold
}
