//! People whose record the source gave in a form that cannot be read: held before anything else is looked at, so that neither
//! half a record nor its absence writes anything (ALL14).

use super::correlate::{self, Base, Stage};
use super::holds::hold;
use super::plan_index::PlanIndex;
use crate::domain::decision::Ruling;
use crate::domain::person::{EmploymentStatus, Unreadable};
use crate::domain::plan::{Hold, HoldCode};

/// Where somebody stands whose record cannot be read. `None` where it can.
pub(super) fn stage(index: &PlanIndex<'_>, employee: usize) -> Option<Stage> {
    let found = index.employees[employee];
    let unreadable = found.unreadable.as_ref()?;
    // Nobody is created for an employment that is over, whatever else the record says.
    let over = *index.rules.settings.status_of(&found.status) == EmploymentStatus::Ended;
    if over && matches!(correlate::base(index, employee), Base::Nobody | Base::Deleted) {
        return Some(Stage::Ignored);
    }
    // Who is kept out by a ruling stays so: whether the record has changed since cannot be told.
    let decision = index.decision(&found.id);
    let ruled = decision.filter(|decision| match decision.ruling {
        // Out because another record counts, which is not there any more: that is open again.
        Ruling::Exclude => !index.kept_is_gone(employee),
        Ruling::Protect | Ruling::Undone { .. } => true,
        _ => false,
    });
    let held = ruled.and_then(|decision| super::holds::ruled(&found.id, decision));
    Some(Stage::Held(Box::new(held.unwrap_or_else(|| words(index, employee, unreadable)))))
}

fn words(index: &PlanIndex<'_>, employee: usize, unreadable: &Unreadable) -> Hold {
    let source = index.rules.source.name;
    let Unreadable { member, what } = unreadable;
    let remedy = if member.is_empty() {
        format!(
            "open this person in {source}; the next run reads the record again. If it opens there, tell {source}'s support that their API does not give it"
        )
    } else {
        format!(
            "enter `{member}` of this person anew in {source}, then push again; if that does not help, show whoever looks after {source} the record as it came"
        )
    };
    let message = format!("the record cannot be read: {what}");
    let mut hold = hold(&index.employees[employee].id, HoldCode::RecordUnreadable, message, remedy);
    hold.field = Some(member.clone()).filter(|member| !member.is_empty());
    hold
}
