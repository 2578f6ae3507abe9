//! Asks the matcher about everybody whom nothing has tied, and turns its verdicts into stages (ALL03).

use super::PlanInput;
use super::correlate::{self, Hint, LinkBasis, Stage};
use super::email;
use super::holds::{guard_evidence, hold, named_candidate, with_others};
use super::likeness;
use super::plan_index::PlanIndex;
use super::rules::Rules;
use super::scope::Lifecycle;
use super::usable;
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::list::ListKey;
use crate::domain::person::{Employee, Person, User, UserStatus};
use crate::domain::plan::{Candidate, Hold, HoldCode};
use crate::mapping::Resolution;
use crate::matching::{MatchPerson, MatchResult, Verdict};
use std::collections::{BTreeMap, HashSet};

/// Replaces every `Ask` by a tie, a creation or a hold.
pub(super) fn ask(index: &PlanIndex<'_>, input: &PlanInput<'_>, stages: &mut [Stage]) {
    let asked: Vec<usize> =
        (0..stages.len()).filter(|employee| matches!(stages[*employee], Stage::Ask { .. })).collect();
    if asked.is_empty() {
        return;
    }
    let misplaced = misplaced_users(index, stages);
    let pool = free_users(index, stages, &misplaced);
    let mut results = if pool.is_empty() {
        Vec::new()
    } else {
        let compared = asked.iter().copied().chain(bystanders(index, stages));
        let employees: Vec<MatchPerson> =
            compared.map(|employee| source_person(&index.rules, index.employees[employee])).collect();
        let users: Vec<MatchPerson> =
            pool.iter().map(|user| destination_person(&index.rules, index.users[*user], &misplaced, *user)).collect();
        input.matcher.match_people(&employees, &users)
    };
    results.truncate(asked.len());
    results.resize_with(asked.len(), || MatchResult { verdict: Verdict::New, candidates: Vec::new() });
    let nameless = usable::nameless(index, &pool);
    let free: HashSet<usize> = pool.into_iter().collect();
    let mut decided = Vec::with_capacity(asked.len());
    for (employee, mut result) in asked.iter().copied().zip(results) {
        result.candidates.retain(|candidate| {
            index.user_by_id.get(candidate.user.as_str()).is_some_and(|user| is_candidate(index, employee, *user))
        });
        let waits =
            index.waits_for(employee).filter(|user| free.contains(user) && is_candidate(index, employee, *user));
        if let Some(user) = waits {
            keep_waiting(index, user, &mut result);
        }
        let Stage::Ask { note, hint } = std::mem::replace(&mut stages[employee], Stage::Unchanged) else { continue };
        decided.push((employee, note, hint, result));
    }
    let wanted = wanted_users(index, &decided);
    for (employee, note, hint, result) in decided {
        stages[employee] = match decide(index, employee, note, hint, result, &wanted) {
            Stage::Create { note } => match usable::may_be(index, employee, &nameless) {
                Some(user) => Stage::Held(Box::new(usable::asked(index, employee, user))),
                None => Stage::Create { note },
            },
            decided => decided,
        };
    }
}

/// Employed people of whom nothing is asked now (blocked by their data, put off, not begun yet) and who have no user so far:
/// each of the free users may be theirs, so they are compared as the others' rivals.
fn bystanders(index: &PlanIndex<'_>, stages: &[Stage]) -> Vec<usize> {
    let waits = |stage: &Stage| matches!(stage, Stage::Held(_) | Stage::Future);
    (0..stages.len())
        .filter(|employee| waits(&stages[*employee]) && index.life[*employee] != Lifecycle::Over)
        .filter(|employee| correlate::base(index, *employee) == correlate::Base::Nobody)
        .collect()
}

/// Who waited for a ruling about this user goes on waiting: a weight that has moved by itself neither links nor creates.
fn keep_waiting(index: &PlanIndex<'_>, user: usize, result: &mut MatchResult) {
    let id = &index.users[user].id;
    if result.verdict == Verdict::New && result.candidates.iter().all(|candidate| candidate.user != *id) {
        let reason = "in Review since an earlier plan; weighs less now";
        result.candidates.insert(0, named_candidate(id, Field::Identifier, "waits", reason));
    }
    if matches!(result.verdict, Verdict::New | Verdict::Link) {
        result.verdict = Verdict::Review;
    }
}

/// Two who were ruled two people are no candidates of each other, nor is a deactivated user who agrees in neither name
/// nor birth date, whatever the e-mail (MA04).
fn is_candidate(index: &PlanIndex<'_>, employee: usize, user: usize) -> bool {
    let (person, other) = (&index.employees[employee].person, &index.users[user].person);
    !index.is_not_same(employee, user)
        && (!index.is_inactive(user) || likeness::supported(person, other, index.rules.today))
}

/// Which employees have a user as their best candidate, by e-mail or by weight.
type Wanted = BTreeMap<String, Vec<usize>>;

fn wanted_users(index: &PlanIndex<'_>, decided: &[(usize, Option<String>, Option<Hint>, MatchResult)]) -> Wanted {
    let mut wanted: Wanted = BTreeMap::new();
    for (employee, _, hint, result) in decided {
        let best = result.candidates.first().filter(|_| result.verdict != Verdict::New).map(|best| &best.user);
        let hinted = hint.as_ref().filter(|hint| hint.code != HoldCode::EmailHeldByActiveUser);
        let hinted = hinted.map(|hint| &index.users[hint.user].id);
        if let Some(user) = hinted.or(best) {
            wanted.entry(user.0.clone()).or_default().push(*employee);
        }
    }
    wanted
}

fn decide(
    index: &PlanIndex<'_>,
    employee: usize,
    note: Option<String>,
    hint: Option<Hint>,
    result: MatchResult,
    wanted: &Wanted,
) -> Stage {
    let likelier = result.verdict != Verdict::New
        && result.candidates.first().is_some_and(|best| {
            hint.as_ref().is_some_and(|hint| {
                hint.code == HoldCode::EmailHeldByActiveUser && index.users[hint.user].id != best.user
            })
        });
    // Somebody else's e-mail says less than a user who may be the person.
    if let Some(hint) = hint.filter(|_| !likelier) {
        let mut others = claimants(index, wanted, hint.user);
        others.extend(index.other_linked(hint.user, employee).map(|one| index.employees[one].id.clone()));
        let hold = held_by_hint(index, employee, &hint, result.candidates);
        return Stage::Held(Box::new(with_others(hold, others)));
    }
    let best = result.candidates.first().map(|best| (index.user_by_id.get(best.user.as_str()).copied(), best));
    let (Some((Some(user), best)), true) = (best, result.verdict != Verdict::New) else {
        return Stage::Create { note };
    };
    let others = claimants(index, wanted, user);
    let alone = others.len() < 2;
    let threshold = index.rules.settings.auto_link;
    let sure = result.verdict == Verdict::Link && threshold.is_some_and(|threshold| best.probability >= threshold);
    let found = index.users[user];
    let free = index.is_active(user) && found.identifier.is_none() && found.unreadable.is_none();
    if sure && alone && free && !email::is_weak(index, employee, user) {
        return Stage::Tied { user, basis: LinkBasis::Score };
    }
    let code = code_for(index, employee, user);
    let hold = reviewed(index, employee, user, code, result.candidates);
    Stage::Held(Box::new(with_others(hold, others)))
}

fn claimants(index: &PlanIndex<'_>, wanted: &Wanted, user: usize) -> Vec<EmployeeId> {
    let places = wanted.get(&index.users[user].id.0).map_or(&[][..], Vec::as_slice);
    places.iter().map(|one| index.employees[*one].id.clone()).collect()
}

/// Why a candidate is a risk, by what the user is now.
fn code_for(index: &PlanIndex<'_>, employee: usize, user: usize) -> HoldCode {
    if index.other_holder(user, employee).is_some() {
        HoldCode::TargetOwnedByOther
    } else if index.users[user].unreadable.is_none() && matches!(index.users[user].status, UserStatus::Unclear(_)) {
        // Of a record that cannot be read the status is only one more thing that is not known.
        HoldCode::StatusUnclear
    } else if index.is_inactive(user) || index.holder(user).is_some() {
        HoldCode::Rehire
    } else if index.users[user].identifier.is_some() {
        HoldCode::IdentifierChanged
    } else {
        HoldCode::ProbableDuplicate
    }
}

fn reviewed(index: &PlanIndex<'_>, employee: usize, user: usize, code: HoldCode, candidates: Vec<Candidate>) -> Hold {
    let id = &index.users[user].id;
    let word = index.rules.destination.identifier_word;
    let (message, remedy) = match code {
        HoldCode::Rehire if !index.is_inactive(user) => (
            format!("may be the same person as user {id}, whose earlier employment is over"),
            "rule in Review: link, or create new",
        ),
        HoldCode::Rehire => (
            format!("may have come back: user {id} is deactivated"),
            "rule in Review: link and reactivate, or create new",
        ),
        HoldCode::TargetOwnedByOther => (
            format!("may be user {id}, who carries the {word} of somebody else"),
            "rule in Review: link puts this person's own on the user, who else carries it waits for that",
        ),
        HoldCode::IdentifierChanged => {
            (format!("may be user {id}, whose {word} no employee has any more"), "rule in Review: link, or create new")
        }
        HoldCode::StatusUnclear => (
            format!("may be user {id}"),
            "set that user to active or inactive in the destination and rule then, or rule `create` if it is somebody else",
        ),
        HoldCode::EmailHeldByActiveUser => (
            format!("active user {id} has this e-mail"),
            match index.rules.destination.inactive_keep_email {
                true => "if they are one person, link them in Review; else correct the e-mail, here or of that user",
                false => "if they are one person, link them in Review; else correct the e-mail or deactivate that user",
            },
        ),
        _ => (format!("may already have a user: {id}"), "rule in Review: link, or create new"),
    };
    // A link would be held for this: it is said before it is ruled.
    let message = match usable::reason(index.users[user], index.rules.destination.name) {
        Some(why) => format!("{message}, {why}"),
        None => message,
    };
    let mut hold = hold(&index.employees[employee].id, code, message, remedy);
    if let (HoldCode::StatusUnclear, UserStatus::Unclear(word)) = (code, &index.users[user].status) {
        hold.value = Some(word.clone());
    }
    hold.candidates = candidates;
    hold.seen = Some(index.seen(employee, user));
    hold
}

/// A hold by e-mail: the user with the e-mail stands first, with what the matcher weighs for it where it was asked.
fn held_by_hint(index: &PlanIndex<'_>, employee: usize, hint: &Hint, mut candidates: Vec<Candidate>) -> Hold {
    let id = &index.users[hint.user].id;
    let found = candidates.iter().position(|candidate| candidate.user == *id);
    let first = match found.map(|place| candidates.remove(place)) {
        Some(mut weighed) => {
            weighed.evidence.push(guard_evidence(Field::Email, hint.level, &hint.reason));
            weighed
        }
        None => named_candidate(id, Field::Email, hint.level, &hint.reason),
    };
    candidates.insert(0, first);
    candidates.truncate(5);
    let mut hold = reviewed(index, employee, hint.user, hint.code, candidates);
    hold.message = format!("{} ({})", hold.message, hint.reason);
    hold
}

/// Users who carry the identifier of an employee who waits because they are somebody else (case 19), or because two users
/// carry it: whose they are is open.
fn misplaced_users(index: &PlanIndex<'_>, stages: &[Stage]) -> HashSet<usize> {
    let held = (0..stages.len()).filter(|employee| matches!(stages[*employee], Stage::Held(_)));
    held.flat_map(|employee| {
        let identifier = index.employees[employee].identifier.as_str();
        let carriers = index.users_by_identifier.get(identifier).into_iter().flatten().copied();
        carriers.filter(move |user| correlate::reused(index, employee, *user).is_some())
    })
    .collect()
}

/// Users whom nobody has yet: without identifier, with one that no employee who stays carries, or with a misplaced one.
fn free_users(index: &PlanIndex<'_>, stages: &[Stage], misplaced: &HashSet<usize>) -> Vec<usize> {
    let mut taken: HashSet<usize> = HashSet::new();
    for stage in stages {
        match stage {
            Stage::Tied { user, .. } => {
                taken.insert(*user);
            }
            // Detached, claimed twice: a human decides about this user first.
            Stage::Held(hold) => {
                let named = hold.candidates.iter().filter_map(|one| index.user_by_id.get(one.user.as_str()));
                taken.extend(named.filter(|user| !misplaced.contains(user)));
            }
            _ => {}
        }
    }
    let stays = |employee: usize| index.life[employee] != Lifecycle::Over;
    (0..index.users.len())
        .filter(|user| !taken.contains(user))
        .filter(|user| misplaced.contains(user) || index.holder(*user).is_none_or(|holder| !stays(holder)))
        .filter(|user| {
            let links = index.links_by_user.get(index.users[*user].id.as_str());
            // Linked to somebody who stays: detached by hand, and nobody else's.
            !links
                .into_iter()
                .flatten()
                .any(|link| index.employee_by_id.get(link.employee.as_str()).is_some_and(|employee| stays(*employee)))
        })
        .collect()
}

fn source_person(rules: &Rules<'_>, employee: &Employee) -> MatchPerson {
    let name = |list: ListKey| {
        let value = rules.raw_value(employee, list)?;
        match rules.resolution(list, value).as_ref() {
            Resolution::Mapped { key, .. } => Some(rules.mapping.table(list).name_of(key.as_str()).to_owned()),
            Resolution::Create(name) => Some(name.clone()),
            _ => Some(value.to_owned()),
        }
    };
    let person = Person {
        branch: name(ListKey::BRANCH),
        department: name(ListKey::DEPARTMENT),
        job_title: name(ListKey::JOB_TITLE),
        ..employee.person.clone()
    };
    MatchPerson { id: employee.id.0.clone(), person, identifier: Some(employee.identifier.0.clone()), active: true }
}

fn destination_person(rules: &Rules<'_>, user: &User, misplaced: &HashSet<usize>, place: usize) -> MatchPerson {
    let name = |list: ListKey, key: &Option<String>| {
        key.as_deref().map(|key| rules.mapping.table(list).name_of(key).to_owned())
    };
    let person = Person {
        branch: name(ListKey::BRANCH, &user.person.branch),
        department: name(ListKey::DEPARTMENT, &user.person.department),
        job_title: name(ListKey::JOB_TITLE, &user.person.job_title),
        ..user.person.clone()
    };
    MatchPerson {
        id: user.id.0.clone(),
        person,
        // One that is somebody else's says nothing of this person.
        identifier: user.identifier.as_ref().filter(|_| !misplaced.contains(&place)).map(|one| one.0.clone()),
        active: !user.status.is_inactive(),
    }
}
