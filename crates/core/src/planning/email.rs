//! What an equal e-mail says of somebody whom no identifier ties (DESIGN 7a 17, cases 23 to 25, MA04, PE10, ALL15): it ties
//! where the names agree too and nothing speaks against it, else it is a question. Mailboxes are handed on and shared.

use super::correlate::Hint;
use super::likeness::{self, Likeness};
use super::names::{self, Given, Last};
use super::plan_index::PlanIndex;
use super::scope::Lifecycle;
use crate::domain::person::{Person, User, UserStatus};
use crate::domain::plan::HoldCode;
use crate::domain::text;
use jiff::civil::Date;

/// Start dates further apart are two employments, or two people.
const START_DAYS: i32 = 366;
/// The maximum of days between start dates that speak for one employment.
const SAME_START_DAYS: i32 = 31;

/// What came of the search by e-mail.
pub(super) enum Finding {
    Nothing,
    /// Every guard agrees: the same person.
    Tie(usize),
    /// A user with this e-mail may be the person, but must not be tied by it.
    Hint(Hint),
}

/// Searches active users first, then inactive ones.
pub(super) fn find(index: &PlanIndex<'_>, employee: usize) -> Finding {
    if index.is_without_email(employee) {
        return Finding::Nothing;
    }
    let person = &index.employees[employee].person;
    let Some(key) = person.email.as_deref().and_then(text::email_key) else { return Finding::Nothing };
    let Some(users) = index.users_by_email.get(&key) else { return Finding::Nothing };
    let open = |user: &usize| !index.is_not_same(employee, *user) && index.other_holder(*user, employee).is_none();
    let (active, inactive): (Vec<usize>, Vec<usize>) =
        users.iter().copied().filter(open).partition(|user| !index.is_inactive(*user));
    let today = index.rules.today;
    let mut strangers = Vec::new();
    for user in active {
        if is_stranger(index, person, user) {
            strangers.push(user);
            continue;
        }
        return judge(index, employee, user, &key);
    }
    if let (Some(user), true) = (strangers.first(), index.rules.destination.unique_email) {
        if !index.is_active(*user) {
            let reason = "a user with another name has this e-mail, and may be active";
            return hint(HoldCode::StatusUnclear, *user, "exact", reason);
        }
        // Nobody's user, so no operation of this plan gives the e-mail up.
        let reason = "an active user with another name has this e-mail";
        return hint(HoldCode::EmailHeldByActiveUser, *user, "exact", reason);
    }
    let back = inactive.into_iter().find(|user| likeness::supported(person, &index.users[*user].person, today));
    match back {
        Some(user) => {
            hint(HoldCode::Rehire, user, "exact", "a deactivated user has this e-mail, and name or birth date agree")
        }
        None => Finding::Nothing,
    }
}

/// Somebody else who has the e-mail: no name agrees, or the mailbox is that of a leaver with another first name, whose
/// account is closed and not handed on.
fn is_stranger(index: &PlanIndex<'_>, person: &Person, user: usize) -> bool {
    let other = &index.users[user].person;
    if likeness::birth_dates(person, other, index.rules.today) == Likeness::Alike {
        return false;
    }
    let left = index.holder(user).is_some_and(|holder| index.life[holder] == Lifecycle::Over);
    likeness::names(person, other) == Likeness::Different || (left && is_another_first_name(person, other))
}

fn is_another_first_name(person: &Person, other: &Person) -> bool {
    names::given(person, other) == Given::Other && !names::are_swapped(person, other)
}

fn hint(code: HoldCode, user: usize, level: &'static str, reason: &str) -> Finding {
    Finding::Hint(Hint { code, user, level, reason: reason.to_owned() })
}

fn judge(index: &PlanIndex<'_>, employee: usize, user: usize, key: &str) -> Finding {
    let found = index.users[user];
    if matches!(found.status, UserStatus::Unclear(_)) {
        return hint(HoldCode::StatusUnclear, user, "exact", "equal e-mail");
    }
    if index.holder(user).is_some() {
        return hint(HoldCode::Rehire, user, "exact", "the e-mail of an earlier employment's user");
    }
    let code = if found.identifier.is_some() { HoldCode::IdentifierChanged } else { HoldCode::ProbableDuplicate };
    if !index.rules.settings.email_fallback {
        return hint(code, user, "exact", "equal e-mail; the connection does not link by e-mail");
    }
    if is_foreign(index, user) {
        let reason = "equal e-mail, but the account carries an identifier that this source never gave it";
        return hint(HoldCode::TargetOwnedByOther, user, "guard_foreign_identifier", reason);
    }
    match refusing_guard(index, employee, user, key) {
        Some((level, reason)) => hint(code, user, level, reason),
        None => Finding::Tie(user),
    }
}

/// Whether a user carries an identifier that is not ours: no link remembers it for somebody who is over or gone from the source
/// (PE10). It may be another system's, or another portal's.
fn is_foreign(index: &PlanIndex<'_>, user: usize) -> bool {
    let found = index.users[user];
    let Some(identifier) = &found.identifier else { return false };
    let links = index.links_by_user.get(found.id.as_str()).map_or(&[][..], Vec::as_slice);
    let is_gone = |employee: &str| {
        index.employee_by_id.get(employee).is_none_or(|employee| index.life[*employee] == Lifecycle::Over)
    };
    !links.iter().any(|link| link.identifier == *identifier && is_gone(link.employee.as_str()))
}

/// Name of a guard, and why it refuses.
type Refusal = (&'static str, &'static str);

fn refusing_guard(index: &PlanIndex<'_>, employee: usize, user: usize, key: &str) -> Option<Refusal> {
    let (person, found) = (&index.employees[employee].person, index.users[user]);
    let administrator = found.access_profile.as_deref().is_some_and(|profile| {
        let profile = profile.to_lowercase();
        profile.contains("admin") || profile.contains("owner")
    });
    let shared = users_with(index, key) > 1 || employees_with(index, key) > 1;
    if found.unreadable.is_some() {
        return Some(("guard_unreadable", "equal e-mail, but the user's record cannot be read"));
    }
    if index.other_linked(user, employee).is_some() {
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
    speaks_against(person, found, index.rules.today)
        .or_else(|| names_disagree(person, &found.person, index.rules.today))
}

fn users_with(index: &PlanIndex<'_>, key: &str) -> usize {
    let users = index.users_by_email.get(key).map_or(&[][..], Vec::as_slice);
    users.iter().filter(|user| !index.is_inactive(**user)).count()
}

/// Employed people with this e-mail; whoever is excluded because another record counts is not a second person.
fn employees_with(index: &PlanIndex<'_>, key: &str) -> usize {
    let people = index.employed_by_email.get(key).map_or(&[][..], Vec::as_slice);
    people.iter().filter(|employee| !index.is_excluded(**employee)).count()
}

fn days_apart(a: Option<Date>, b: Option<Date>) -> Option<i32> {
    Some((a? - b?).get_days().abs())
}

/// What says that the account is somebody else's, whatever the names.
fn speaks_against(person: &Person, found: &User, today: Date) -> Option<Refusal> {
    let held = &found.person;
    let plausible = |date: Option<Date>| date.filter(|date| text::plausible_birth_date(*date, today));
    if let (Some(a), Some(b)) = (plausible(person.date_of_birth), plausible(held.date_of_birth))
        && a != b
    {
        return Some(("guard_birth_date", "equal e-mail, but another birth date"));
    }
    if days_apart(person.start_date, held.start_date).is_some_and(|days| days > START_DAYS) {
        return Some((
            "guard_start_date",
            "equal e-mail, but the start dates are years apart: the mailbox may be handed on",
        ));
    }
    if held.end_date.is_some_and(|end| end < today) {
        return Some((
            "guard_end_date",
            "equal e-mail, but the user's employment is over: the mailbox may be handed on",
        ));
    }
    None
}

/// Whether the names are not plainly one person's: equal, short form or initial before, equal or married behind. What is only
/// almost equal is a question.
fn names_disagree(person: &Person, held: &Person, today: Date) -> Option<Refusal> {
    if names::are_swapped(person, held) {
        return None;
    }
    let given = names::given(person, held);
    match given {
        Given::Equal | Given::ShortForm | Given::Initial => {}
        Given::Alike => return Some(("guard_first_name", "equal e-mail, but the first name is only almost equal")),
        Given::Unknown => return Some(("guard_unsupported", "equal e-mail, but a side has no first name")),
        Given::Other => {
            let reason = "equal e-mail, but another first name: it may be a family's, or was somebody else's before";
            return Some(("guard_first_name", reason));
        }
    }
    match names::last(person, held) {
        Last::Equal | Last::Part => None,
        Last::Alike => Some(("guard_last_name", "equal e-mail, but the last name is only almost equal")),
        Last::Unknown => Some(("guard_unsupported", "equal e-mail, but a side has no last name")),
        Last::Other if given != Given::Initial && is_married_name(person, held, today) => None,
        Last::Other => {
            Some(("guard_last_name", "equal e-mail, but another last name, and nothing says it is a married one"))
        }
    }
}

/// Whether something beside the first name says that another last name is the same person's.
fn is_married_name(person: &Person, held: &Person, today: Date) -> bool {
    let email = person.email.as_deref().unwrap_or_default();
    likeness::birth_dates(person, held, today) == Likeness::Alike
        || days_apart(person.start_date, held.start_date).is_some_and(|days| days <= SAME_START_DAYS)
        || names::mailbox_names_either(email, person, held)
}

/// Whether a tie by weight rests on too little: another first name, another birth date, or no birth date where the first name is
/// a mere initial or a slip away, or where the e-mail alone would tie (ALL15).
pub(super) fn is_weak(index: &PlanIndex<'_>, employee: usize, user: usize) -> bool {
    let (person, found) = (&index.employees[employee].person, index.users[user]);
    let today = index.rules.today;
    if is_another_first_name(person, &found.person) {
        return true;
    }
    let key = |person: &Person| person.email.as_deref().and_then(text::email_key);
    match likeness::birth_dates(person, &found.person, today) {
        Likeness::Alike => false,
        Likeness::Different => true,
        Likeness::Unclear => {
            let given = names::given(person, &found.person);
            let same_email = key(person).is_some_and(|email| key(&found.person) == Some(email));
            matches!(given, Given::Initial | Given::Alike)
                || (same_email
                    && (speaks_against(person, found, today).is_some()
                        || names_disagree(person, &found.person, today).is_some()))
        }
    }
}
