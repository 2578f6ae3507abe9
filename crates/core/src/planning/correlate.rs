//! Who of the destination's users is this employee: identifier, ruling, memory, e-mail; the matcher comes last (ALL03).

use super::email::{self, Finding};
use super::holds::{hold, named_candidate, target_owned, with_others};
use super::likeness;
use super::plan_index::PlanIndex;
use super::scope::Lifecycle;
use crate::domain::capabilities::ReadBack;
use crate::domain::decision::Ruling;
use crate::domain::field::Field;
use crate::domain::plan::{AGAIN, Hold, HoldCode};
use crate::domain::settings::RecreatePolicy;

/// What ties an employee to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkBasis {
    Identifier,
    /// A link of an earlier run: the source gives the same employee another identifier now (case 14).
    Memory,
    Operator,
    Email,
    Score,
}

/// Where the search for an employee's user has come to.
#[derive(Debug)]
pub(super) enum Stage {
    Held(Box<Hold>),
    Tied {
        user: usize,
        basis: LinkBasis,
    },
    Create {
        note: Option<String>,
    },
    /// The matcher is asked; with a hint the answer can only be a hold.
    Ask {
        note: Option<String>,
        hint: Option<Hint>,
    },
    /// Over, with a user that is still active.
    Leaver {
        user: usize,
    },
    Unchanged,
    /// Over, without a user (case 40).
    Ignored,
    Future,
}

/// What an equal e-mail says although it may not tie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hint {
    pub code: HoldCode,
    pub user: usize,
    /// Name of the guard that refused, for the evidence.
    pub level: &'static str,
    pub reason: String,
}

/// What the destination knows of an employee without looking at names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// No user, no memory of one.
    Nobody,
    Identifier(usize),
    /// Two users carry the identifier.
    Ambiguous(usize, usize),
    /// Linked, and the user still carries what it carried; only the source's identifier has changed.
    Memory(usize),
    /// Linked, but somebody has changed or emptied the identifier in the destination (case 21).
    Detached(usize),
    /// The first carries the identifier now; the second is linked, still active and nobody else's: one person's two accounts.
    Replaced(usize, usize),
    /// Linked, and the user is gone.
    Deleted,
}

impl Base {
    /// The one user that stands for this employee at the destination.
    pub fn user(self) -> Option<usize> {
        match self {
            Base::Identifier(user) | Base::Memory(user) => Some(user),
            _ => None,
        }
    }
}

pub(super) fn base(index: &PlanIndex<'_>, employee: usize) -> Base {
    let identifier = index.employees[employee].identifier.as_str();
    match index.users_by_identifier.get(identifier).map(Vec::as_slice) {
        Some([one]) => return carried(index, employee, *one),
        Some([one, two, ..]) => return Base::Ambiguous(*one, *two),
        _ => {}
    }
    let Some(link) = index.link(employee) else { return Base::Nobody };
    match index.user_by_id.get(link.user.as_str()) {
        Some(user) if index.users[*user].identifier.as_ref() == Some(&link.identifier) => Base::Memory(*user),
        Some(user) => Base::Detached(*user),
        None => Base::Deleted,
    }
}

/// The identifier decides, unless it leaves an account behind: the one to which the person is linked, should that still be
/// active, and nobody's by its own identifier. An account that was made instead is never taken for the old one.
fn carried(index: &PlanIndex<'_>, employee: usize, carrier: usize) -> Base {
    let linked = index.link(employee).and_then(|link| index.user_by_id.get(link.user.as_str()).copied());
    let is_left = |linked: &usize| {
        *linked != carrier
            && !index.is_inactive(*linked)
            && index.holder(*linked).is_none()
            && index.other_linked(*linked, employee).is_none()
            && !index.is_ruled_to(employee, carrier)
    };
    linked.filter(is_left).map_or(Base::Identifier(carrier), |linked| Base::Replaced(carrier, linked))
}

fn held(hold: Hold) -> Stage {
    Stage::Held(Box::new(hold))
}

/// Identifier equal, but another human by name and birth date (case 19), unless the operator has said that it is one.
pub(super) fn reused(index: &PlanIndex<'_>, employee: usize, user: usize) -> Option<Hold> {
    let (person, other) = (index.employees[employee], index.users[user]);
    let differs = likeness::two_people(&person.person, &other.person, index.rules.today);
    if !differs || index.is_ruled_to(employee, user) {
        return None;
    }
    let message = format!(
        "user {} carries this {}, but name and birth date are those of somebody else",
        other.id, index.rules.destination.identifier_word
    );
    let remedy = "rule in Review that they are one person, or let HR give the new hire an id of their own";
    let mut hold = hold(&person.id, HoldCode::IdentifierReused, message, remedy);
    hold.candidates.push(named_candidate(&other.id, Field::Identifier, "reused", "equal identifier, another person"));
    Some(hold)
}

/// The user of somebody employed whose own data have passed the gates.
pub(super) fn correlate(index: &PlanIndex<'_>, employee: usize, base: Base) -> Stage {
    if let Base::Identifier(user) = base {
        return by_identifier(index, employee, user);
    }
    if let Base::Ambiguous(one, two) = base {
        return held(ambiguous(index, employee, one, two));
    }
    if let Base::Replaced(carrier, linked) = base {
        return match index.fresh_ruling(employee) {
            Some(Ruling::Link { .. }) => by_identifier(index, employee, carrier),
            _ => held(replaced(index, employee, carrier, linked)),
        };
    }
    match index.fresh_ruling(employee) {
        Some(Ruling::Link { user }) => return by_ruling(index, employee, user),
        Some(Ruling::Create) => {
            let by = index.decision(&index.employees[employee].id).map(|decision| decision.by.as_str());
            return Stage::Create { note: Some(format!("ruled a new user by {}", by.unwrap_or_default())) };
        }
        _ => {}
    }
    let note = match base {
        Base::Memory(user) => {
            return reused(index, employee, user).map_or(Stage::Tied { user, basis: LinkBasis::Memory }, held);
        }
        Base::Detached(user) => return held(detached(index, employee, user)),
        Base::Deleted if asks_of_deleted(index) => return held(deleted(index, employee)),
        Base::Deleted => Some(AGAIN.to_owned()),
        Base::Nobody | Base::Identifier(_) | Base::Ambiguous(..) | Base::Replaced(..) => None,
    };
    match email::find(index, employee) {
        Finding::Tie(user) => Stage::Tied { user, basis: LinkBasis::Email },
        Finding::Hint(hint) => Stage::Ask { note, hint: Some(hint) },
        Finding::Nothing => Stage::Ask { note, hint: None },
    }
}

fn by_identifier(index: &PlanIndex<'_>, employee: usize, user: usize) -> Stage {
    let id = &index.employees[employee].id;
    if let Some(Ruling::Link { user: ruled }) = index.fresh_ruling(employee)
        && *ruled != index.users[user].id
    {
        let message = format!("ruled to be user {ruled}, but user {} carries this identifier", index.users[user].id);
        let remedy = "take the identifier off that user in the destination, or rule for that user";
        let mut hold = hold(id, HoldCode::TargetOwnedByOther, message, remedy);
        hold.candidates.push(named_candidate(
            &index.users[user].id,
            Field::Identifier,
            "exact",
            "carries the identifier",
        ));
        return held(hold);
    }
    match reused(index, employee, user) {
        Some(hold) => held(hold),
        None => Stage::Tied { user, basis: LinkBasis::Identifier },
    }
}

fn by_ruling(index: &PlanIndex<'_>, employee: usize, ruled: &crate::domain::ids::UserId) -> Stage {
    let id = &index.employees[employee].id;
    let Some(user) = index.user_by_id.get(ruled.as_str()).copied() else {
        let message = format!("ruled to be user {ruled}, whom the destination no longer has");
        return held(hold(id, HoldCode::StatusConflict, message, "rule again in Review: another user, or create"));
    };
    match index.other_holder(user, employee) {
        // An identifier that sits on the wrong account, or on a record that does not count, is what this ruling puts right.
        Some(owner) if reused(index, owner, user).is_none() && !index.stands_back_for(owner, employee) => {
            held(target_owned(id, ruled, &index.employees[owner].id))
        }
        _ => Stage::Tied { user, basis: LinkBasis::Operator },
    }
}

fn ambiguous(index: &PlanIndex<'_>, employee: usize, one: usize, two: usize) -> Hold {
    let word = index.rules.destination.identifier_word;
    let message = format!("two users carry this {word}: {} and {}", index.users[one].id, index.users[two].id);
    let remedy = format!("take the {word} off the wrong one in {}", index.rules.destination.name);
    let mut hold = hold(&index.employees[employee].id, HoldCode::ProbableDuplicate, message, remedy);
    let named =
        |user: usize| named_candidate(&index.users[user].id, Field::Identifier, "exact", "carries the identifier");
    hold.candidates = vec![named(one), named(two)];
    hold
}

pub(super) fn detached(index: &PlanIndex<'_>, employee: usize, user: usize) -> Hold {
    let word = index.rules.destination.identifier_word;
    let id = &index.users[user].id;
    let message = format!("the {word} of user {id} was changed in {}", index.rules.destination.name);
    let remedy = "link again in Review, create a new user, or exclude; until then nothing is written";
    let mut hold = hold(&index.employees[employee].id, HoldCode::Detached, message, remedy);
    hold.candidates.push(named_candidate(
        id,
        Field::Identifier,
        "detached",
        "linked earlier, carries another identifier now",
    ));
    hold
}

fn replaced(index: &PlanIndex<'_>, employee: usize, carrier: usize, linked: usize) -> Hold {
    let word = index.rules.destination.identifier_word;
    let (old, new) = (&index.users[linked].id, &index.users[carrier].id);
    let message = format!("linked to user {old}, who is still active, but user {new} carries this {word} now");
    let remedy = format!(
        "rule in Review which of the two the person is, and switch the other off in {}; until then nothing is written",
        index.rules.destination.name
    );
    let mut hold = hold(&index.employees[employee].id, HoldCode::Detached, message, remedy);
    hold.candidates = vec![
        named_candidate(old, Field::Identifier, "detached", "linked earlier, does not carry this identifier now"),
        named_candidate(new, Field::Identifier, "exact", "carries the identifier now"),
    ];
    hold
}

/// Who is missing from an export that somebody has put there is not surely deleted, so that is always asked.
fn asks_of_deleted(index: &PlanIndex<'_>) -> bool {
    let is_by_list = index.rules.destination.read_back == ReadBack::OnceLoaded;
    is_by_list || index.rules.settings.recreate == RecreatePolicy::Ask
}

fn deleted(index: &PlanIndex<'_>, employee: usize) -> Hold {
    let destination = index.rules.destination.name;
    let (message, remedy) = match index.rules.destination.read_back {
        ReadBack::OnceLoaded => (
            format!("the export of {destination} does not show the user any more, but the person is employed"),
            "look whether it is the newest export, and whole; if it is, rule `create` in Review, or exclude the person",
        ),
        ReadBack::Readable | ReadBack::NextExport => (
            format!("the user was deleted in {destination}, but the person is employed"),
            "rule `create` in Review to make the user again, or exclude the person",
        ),
    };
    hold(&index.employees[employee].id, HoldCode::StatusConflict, message, remedy)
}

/// Somebody whose employment is over: whom to switch off, if anybody.
pub(super) fn leaver(index: &PlanIndex<'_>, employee: usize, base: Base) -> Stage {
    let user = match base {
        Base::Identifier(user) | Base::Memory(user) | Base::Detached(user) => user,
        Base::Ambiguous(one, two) => return held(ambiguous(index, employee, one, two)),
        Base::Replaced(carrier, linked) => return held(replaced(index, employee, carrier, linked)),
        Base::Nobody | Base::Deleted => return Stage::Ignored,
    };
    if index.is_inactive(user) {
        return if base.user().is_some() { Stage::Unchanged } else { Stage::Ignored };
    }
    if base == Base::Detached(user) {
        // Somebody else's user by now: then there is nobody to switch off.
        let taken = index.holder(user).is_some() || index.other_linked(user, employee).is_some();
        return if taken { Stage::Ignored } else { held(detached(index, employee, user)) };
    }
    match reused(index, employee, user) {
        Some(hold) => held(hold),
        None => Stage::Leaver { user },
    }
}

/// Everybody who claims a user beside somebody else is held (ALL11); leavers give way to people who stay.
pub(super) fn settle_claims(index: &PlanIndex<'_>, stages: &mut [Stage]) {
    let mut claims: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
    for (employee, stage) in stages.iter().enumerate() {
        if let Stage::Tied { user, .. } | Stage::Leaver { user } = stage {
            claims.entry(*user).or_default().push(employee);
        }
    }
    for (user, claimants) in claims.into_iter().filter(|(_, claimants)| claimants.len() > 1) {
        let (leavers, staying): (Vec<usize>, Vec<usize>) =
            claimants.into_iter().partition(|one| matches!(stages[*one], Stage::Leaver { .. }));
        // One of several leavers switches the user off, unless somebody stays on it.
        let spare = usize::from(staying.is_empty());
        for leaver in leavers.into_iter().skip(spare) {
            stages[leaver] = Stage::Ignored;
        }
        if staying.len() < 2 {
            continue;
        }
        let ids: Vec<_> = staying.iter().map(|one| index.employees[*one].id.clone()).collect();
        for one in staying {
            let scored = matches!(stages[one], Stage::Tied { basis: LinkBasis::Score | LinkBasis::Email, .. });
            let code = if scored { HoldCode::ProbableDuplicate } else { HoldCode::TargetOwnedByOther };
            let user = &index.users[user].id;
            let message = format!("{} employees would become user {user}", ids.len());
            let remedy = "open them side by side in Review and rule which of them the user is";
            let mut hold = hold(&index.employees[one].id, code, message, remedy);
            hold.candidates.push(named_candidate(
                user,
                Field::Identifier,
                "claimed",
                "claimed by more than one employee",
            ));
            stages[one] = held(with_others(hold, ids.clone()));
        }
    }
}

/// Whether somebody whose employment has not begun or is in its last days has a user to sync.
pub(super) fn waits(life: Lifecycle, base: Base, user_inactive: bool) -> Option<Stage> {
    match life {
        Lifecycle::NotYet if base == Base::Nobody || base == Base::Deleted => Some(Stage::Future),
        Lifecycle::NotYet if user_inactive => Some(Stage::Future),
        Lifecycle::LastDays if base == Base::Nobody || base == Base::Deleted => Some(Stage::Ignored),
        Lifecycle::LastDays if user_inactive => Some(Stage::Unchanged),
        _ => None,
    }
}
