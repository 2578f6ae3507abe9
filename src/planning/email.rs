//! What an equal e-mail says of somebody whom no identifier ties (DESIGN 7a 17, cases 23 to 25, MA04, PE10).

use super::correlate::Hint;
use super::likeness::{self, Likeness};
use super::world::World;
use crate::domain::plan::HoldCode;
use crate::domain::text;

/// What came of the search by e-mail.
pub(super) enum Finding {
    Nothing,
    /// Every guard agrees: the same person.
    Tie(usize),
    /// A user with this e-mail may be the person, but must not be tied by it.
    Hint(Hint),
}

/// Searches active users first, then inactive ones.
pub(super) fn find(world: &World<'_>, employee: usize) -> Finding {
    let person = &world.employees[employee].person;
    let Some(key) = person.email.as_deref().and_then(text::email_key) else { return Finding::Nothing };
    let Some(users) = world.users_by_email.get(&key) else { return Finding::Nothing };
    let open = |user: &usize| !world.is_not_same(employee, *user) && world.other_holder(*user, employee).is_none();
    let (active, inactive): (Vec<usize>, Vec<usize>) =
        users.iter().copied().filter(open).partition(|user| world.is_active(*user));
    let shared = users.iter().filter(|user| world.is_active(**user)).count() > 1
        || world.employed_by_email.get(&key).is_some_and(|people| people.len() > 1);
    let today = world.rules.today;
    let mut strangers = Vec::new();
    for user in active {
        let other = &world.users[user].person;
        let names = likeness::names(person, other);
        let dates = likeness::birth_dates(person, other, today);
        if names == Likeness::Different && dates != Likeness::Alike {
            strangers.push(user);
            continue;
        }
        return judge(world, employee, user, &key, shared);
    }
    if let (Some(user), true) = (strangers.first(), world.rules.destination.unique_email) {
        // Nobody's user, so no operation of this plan gives the e-mail up.
        let reason = "an active user with another name has this e-mail";
        return hint(HoldCode::EmailHeldByActiveUser, *user, "exact", reason);
    }
    let back = inactive.into_iter().find(|user| likeness::supported(person, &world.users[*user].person, today));
    match back {
        Some(user) => {
            hint(HoldCode::Rehire, user, "exact", "a deactivated user has this e-mail, and name or birth date agree")
        }
        None => Finding::Nothing,
    }
}

fn hint(code: HoldCode, user: usize, level: &'static str, reason: &str) -> Finding {
    Finding::Hint(Hint { code, user, level, reason: reason.to_owned() })
}

fn judge(world: &World<'_>, employee: usize, user: usize, key: &str, shared: bool) -> Finding {
    let found = world.users[user];
    if world.holder(user).is_some() {
        return hint(HoldCode::Rehire, user, "exact", "the e-mail of an earlier employment's user");
    }
    let code = if found.identifier.is_some() { HoldCode::IdentifierChanged } else { HoldCode::ProbableDuplicate };
    if !world.rules.settings.email_fallback {
        return hint(code, user, "exact", "equal e-mail; the connection does not link by e-mail");
    }
    match refusing_guard(world, employee, user, key, shared) {
        Some((level, reason)) => hint(code, user, level, reason),
        None => Finding::Tie(user),
    }
}

fn refusing_guard(
    world: &World<'_>,
    employee: usize,
    user: usize,
    key: &str,
    shared: bool,
) -> Option<(&'static str, &'static str)> {
    let (person, found) = (&world.employees[employee].person, world.users[user]);
    let today = world.rules.today;
    let administrator = found.access_profile.as_deref().is_some_and(|profile| {
        let profile = profile.to_lowercase();
        profile.contains("admin") || profile.contains("owner")
    });
    if world.other_linked(user, employee).is_some() {
        return Some(("guard_linked", "equal e-mail, but the user is linked to another employee"));
    }
    if administrator {
        return Some(("guard_administrator", "equal e-mail, but the user is an administrator"));
    }
    if text::is_role_mailbox(key) {
        return Some(("guard_role_mailbox", "equal e-mail, but it is a desk's mailbox, not a person's"));
    }
    if shared {
        return Some(("guard_shared", "equal e-mail, but more than one person has it"));
    }
    if likeness::birth_dates(person, &found.person, today) == Likeness::Different {
        return Some(("guard_birth_date", "equal e-mail, but another birth date"));
    }
    if !likeness::given_names_may_agree(person, &found.person)
        && likeness::birth_dates(person, &found.person, today) != Likeness::Alike
    {
        return Some(("guard_first_name", "equal e-mail, but another first name: it may be a family's"));
    }
    if !likeness::supported(person, &found.person, today) {
        return Some(("guard_unsupported", "equal e-mail, but neither name nor birth date supports it"));
    }
    None
}
