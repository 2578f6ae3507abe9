//! One human, one account: active records of the source that look like one person (ALL15). Employees are compared with each
//! other and with the users whom the others already have; whoever would be created beside such a record is held.

use super::correlate::{self, Base, LinkBasis, Stage};
use super::holds::{hold, id_list, named_candidate, ruled, with_others};
use super::plan_index::PlanIndex;
use super::same_person::{self, Record, number};
use super::scope::Lifecycle;
use crate::domain::decision::Decision;
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::list::ListKey;
use crate::domain::person::{Employee, User};
use crate::domain::plan::{Beside, Doubled, Hold, HoldCode, HoldKind};
use crate::domain::text;
use crate::mapping::Resolution;
use std::collections::{BTreeMap, HashMap};

/// Employees who may be one person, each pair once, the smaller place first, with why.
#[derive(Debug, Default)]
pub(super) struct Alike {
    pairs: BTreeMap<(usize, usize), String>,
}

/// What is said of a pair whose other common ground has gone since it was asked about.
const WAITS: &str = "in Review since an earlier plan; name, birth date and e-mail are unchanged";

impl Alike {
    fn has(&self, a: usize, b: usize) -> bool {
        self.pairs.contains_key(&(a.min(b), a.max(b)))
    }

    /// Whether these people are all alike, so that at most one of them is written: then it is no matter of their e-mail.
    pub fn are_one_person(&self, index: &PlanIndex<'_>, people: &[usize]) -> bool {
        let tied = people.iter().filter(|one| correlate::base(index, **one).user().is_some()).count();
        let asked = |a: usize, b: usize| self.has(a, b) && !(index.is_distinct(a, b) && index.is_distinct(b, a));
        tied < 2 && people.iter().enumerate().all(|(at, a)| people.iter().skip(at + 1).all(|b| asked(*a, *b)))
    }
}

/// Finds employees who may be one person: by their own records, by the users whom they have, and those who wait already.
pub(super) fn alike(index: &PlanIndex<'_>) -> Alike {
    let compared: Vec<bool> = (0..index.employees.len()).map(|employee| is_compared(index, employee)).collect();
    let mut values = Values::default();
    let mut records: Vec<Record<'_>> = Vec::with_capacity(compared.len());
    for (place, employee) in index.employees.iter().enumerate().filter(|(place, _)| compared[*place]) {
        let own = Record {
            owner: place,
            person: &employee.person,
            branch: values.of_employee(index, employee, ListKey::BRANCH),
            job_title: values.of_employee(index, employee, ListKey::JOB_TITLE),
        };
        records.push(own);
        // The account may still bear what the record bore before (a maiden name): then it speaks too.
        let user = user_of(index, place)
            .filter(|user| says_more(employee, index.users[*user]) && correlate::reused(index, place, *user).is_none());
        if let Some(user) = user.map(|user| index.users[user]) {
            records.push(Record {
                owner: place,
                person: &user.person,
                branch: values.of_user(index, user, ListKey::BRANCH),
                job_title: values.of_user(index, user, ListKey::JOB_TITLE),
            });
        }
    }
    let mut pairs = BTreeMap::new();
    for found in same_person::find(&records, index.rules.today) {
        let (a, b) = (records[found.a].owner, records[found.b].owner);
        // What the records say themselves comes first; they stand before the accounts.
        pairs.entry((a.min(b), a.max(b))).or_insert(found.why);
    }
    for (a, b) in index.waits_beside() {
        if compared[a] && compared[b] {
            pairs.entry((a.min(b), a.max(b))).or_insert_with(|| WAITS.to_owned());
        }
    }
    Alike { pairs }
}

/// Who has or may get a user: not those who are over or excluded, nor those who are not created yet or any more.
fn is_compared(index: &PlanIndex<'_>, employee: usize) -> bool {
    let has_user = || user_of(index, employee).is_some();
    match index.life[employee] {
        Lifecycle::Over => false,
        Lifecycle::Employed | Lifecycle::Unclear => !index.is_excluded(employee),
        Lifecycle::NotYet | Lifecycle::LastDays => has_user() && !index.is_excluded(employee),
    }
}

/// The user who stands for an employee, or did until somebody changed the identifier by hand.
fn user_of(index: &PlanIndex<'_>, employee: usize) -> Option<usize> {
    match correlate::base(index, employee) {
        Base::Identifier(user) | Base::Memory(user) | Base::Detached(user) | Base::Ambiguous(user, _) => Some(user),
        Base::Replaced(carrier, _) => Some(carrier),
        Base::Nobody | Base::Deleted => None,
    }
}

fn says_more(employee: &Employee, user: &User) -> bool {
    let (own, held) = (&employee.person, &user.person);
    let differs = |a: &Option<String>, b: &Option<String>| b.is_some() && a != b;
    differs(&own.first_name, &held.first_name)
        || differs(&own.last_name, &held.last_name)
        || differs(&own.known_as, &held.known_as)
        || differs(&own.email, &held.email)
        || differs(&own.phone, &held.phone)
        || (held.date_of_birth.is_some() && own.date_of_birth != held.date_of_birth)
}

/// Branches and job titles as numbers, each value worked out once, in the destination's words where it is mapped.
#[derive(Default)]
struct Values<'v> {
    employees: HashMap<(ListKey, &'v str), u64>,
    users: HashMap<(ListKey, &'v str), u64>,
}

impl<'v> Values<'v> {
    fn of_employee(&mut self, index: &PlanIndex<'_>, employee: &'v Employee, list: ListKey) -> u64 {
        let Some(value) = index.rules.raw_value(employee, list) else { return 0 };
        *self.employees.entry((list, value)).or_insert_with(|| {
            let resolution = index.rules.resolution(list, value);
            let name = match resolution.as_ref() {
                Resolution::Mapped { key, .. } => index.rules.mapping.table(list).name_of(key.as_str()),
                Resolution::Create(name) => name,
                _ => value,
            };
            number(&text::fold(name))
        })
    }

    fn of_user(&mut self, index: &PlanIndex<'_>, user: &'v User, list: ListKey) -> u64 {
        let key = if list == ListKey::BRANCH { &user.person.branch } else { &user.person.job_title };
        let Some(key) = key.as_deref() else { return 0 };
        let name = || number(&text::fold(index.rules.mapping.table(list).name_of(key)));
        *self.users.entry((list, key)).or_insert_with(name)
    }
}

/// Whether an employee has a user by more than this plan's own guess.
fn is_established(index: &PlanIndex<'_>, employee: usize, stage: &Stage) -> bool {
    match stage {
        Stage::Tied { basis, .. } => matches!(basis, LinkBasis::Identifier | LinkBasis::Memory | LinkBasis::Operator),
        Stage::Create { .. } | Stage::Ask { .. } => false,
        Stage::Held(_) | Stage::Leaver { .. } | Stage::Unchanged | Stage::Ignored | Stage::Future => {
            user_of(index, employee).is_some()
        }
    }
}

/// Holds everybody who would get a user although another record may be the same person, until the operator has ruled on both.
/// Whoever has a user already goes on being synced; answers with those who both have one.
pub(super) fn settle(index: &PlanIndex<'_>, alike: &Alike, stages: &mut [Stage]) -> Vec<Doubled> {
    let mut beside: BTreeMap<usize, Vec<(usize, &str)>> = BTreeMap::new();
    let mut doubled = Vec::new();
    for ((a, b), why) in &alike.pairs {
        doubled.extend(doubled_by(index, stages, *a, *b, why));
        for (one, other) in [(*a, *b), (*b, *a)] {
            if !is_established(index, one, &stages[one]) && !index.is_distinct(one, other) {
                beside.entry(one).or_default().push((other, why));
            }
        }
    }
    let held: Vec<(usize, Hold)> = beside
        .iter()
        .filter_map(|(employee, others)| Some((*employee, held_beside(index, stages, *employee, others)?)))
        .collect();
    for (employee, hold) in held {
        stages[employee] = Stage::Held(Box::new(hold));
    }
    doubled
}

/// Two who are alike and have a user each, unless the operator has told them apart.
fn doubled_by(index: &PlanIndex<'_>, stages: &[Stage], a: usize, b: usize, why: &str) -> Option<Doubled> {
    let told_apart = index.is_distinct(a, b) || index.is_distinct(b, a);
    let both = is_established(index, a, &stages[a]) && is_established(index, b, &stages[b]);
    let user = of(index, stages, b, a, why).user.filter(|_| both && !told_apart)?;
    let other = of(index, stages, a, b, why);
    let differ = other.user.as_ref().is_some_and(|other| *other != user);
    differ.then(|| Doubled { employee: index.employees[a].id.clone(), user, other })
}

/// The hold of an employee beside others; `None` for one whom something else keeps out already.
fn held_beside(index: &PlanIndex<'_>, stages: &[Stage], employee: usize, others: &[(usize, &str)]) -> Option<Hold> {
    let id = &index.employees[employee].id;
    let beside: Vec<Beside> = others.iter().map(|(other, why)| of(index, stages, employee, *other, why)).collect();
    match &stages[employee] {
        Stage::Held(hold) if hold.code.kind() != HoldKind::Review || hold.code == HoldCode::Later => None,
        Stage::Held(hold) => {
            let mut hold = hold.as_ref().clone();
            let also: Vec<EmployeeId> = hold.others.iter().cloned().chain(ids(&beside)).collect();
            hold.message = format!("{}; {}", hold.message, may_be(&beside));
            hold.beside = beside;
            Some(with_others(hold, also))
        }
        Stage::Create { .. } | Stage::Tied { .. } | Stage::Ask { .. } => {
            let word = index.rules.source.name;
            let message = format!("{word} has this person more than once: {}", may_be(&beside));
            let remedy = "rule in Review which record counts, or that both are real; until then nobody is created";
            let mut hold = hold(id, HoldCode::ProbableDuplicate, message, remedy);
            for one in &beside {
                if let Some(user) = &one.user {
                    let reason = format!("the user of employee {}: {}", one.employee, one.why);
                    hold.candidates.push(named_candidate(user, Field::Identifier, "claimed", &reason));
                }
            }
            hold.candidates.truncate(5);
            let others = ids(&beside).collect();
            hold.beside = beside;
            Some(with_others(hold, others))
        }
        Stage::Leaver { .. } | Stage::Unchanged | Stage::Ignored | Stage::Future => None,
    }
}

fn ids(beside: &[Beside]) -> impl Iterator<Item = EmployeeId> {
    beside.iter().map(|one| one.employee.clone())
}

fn of(index: &PlanIndex<'_>, stages: &[Stage], employee: usize, other: usize, why: &str) -> Beside {
    let user = match &stages[other] {
        Stage::Tied { user, .. } => Some(*user),
        _ => user_of(index, other),
    };
    Beside {
        employee: index.employees[other].id.clone(),
        user: user.map(|user| index.users[user].id.clone()),
        why: why.to_owned(),
        seen: index.seen_beside(employee, other),
    }
}

/// `may be employee 4000, who has user 7000: equal name, equal birth date`.
fn may_be(beside: &[Beside]) -> String {
    match beside {
        [one] => {
            let user = one.user.as_ref().map(|user| format!(", who has user {user}")).unwrap_or_default();
            format!("may be employee {}{user}: {}", one.employee, one.why)
        }
        more => {
            let ids: Vec<EmployeeId> = ids(more).collect();
            let why = more.first().map(|one| one.why.as_str()).unwrap_or_default();
            format!("may be employees {}: {why}", id_list(&ids))
        }
    }
}

/// The hold of somebody excluded, with the record that counts instead where there is one.
pub(super) fn excluded(index: &PlanIndex<'_>, employee: usize, decision: &Decision) -> Option<Hold> {
    let kept: Vec<EmployeeId> = index.kept(employee).into_iter().cloned().collect();
    let hold = ruled(&index.employees[employee].id, decision)?;
    if kept.is_empty() {
        return Some(hold);
    }
    let message = format!("{}; employee {} counts as this person", hold.message, id_list(&kept));
    Some(with_others(Hold { message, ..hold }, kept))
}

/// Somebody who was excluded because another record counted, and that one is over: whose user it was is a question again.
pub(super) fn reopened(index: &PlanIndex<'_>, employee: usize, decision: &Decision) -> Hold {
    let id = &index.employees[employee].id;
    let kept: Vec<EmployeeId> = index.kept(employee).into_iter().cloned().collect();
    let user = kept.iter().find_map(|kept| free_user_of(index, kept, employee));
    let who = id_list(&kept);
    let by = &decision.by;
    let mut hold = match user {
        Some(user) => {
            let found = &index.users[user].id;
            let message = format!(
                "excluded by {by} because employee {who} counted as this person, but that record is over: may be user {found}"
            );
            let remedy = "rule in Review: link and keep the user's history, create new, or exclude again";
            let mut hold = hold(id, HoldCode::Rehire, message, remedy);
            let reason = format!("the user of employee {who}, the same person by {by}'s ruling");
            hold.candidates.push(named_candidate(found, Field::Identifier, "same", &reason));
            hold
        }
        None => {
            let message = format!(
                "excluded by {by} because employee {who} counted as this person, but that record is over and has no user"
            );
            hold(id, HoldCode::Later, message, "rule again in Review: nothing is written until then")
        }
    };
    hold.others = kept;
    hold
}

/// The user of a record that is over, if nobody else has it by now.
fn free_user_of(index: &PlanIndex<'_>, kept: &EmployeeId, employee: usize) -> Option<usize> {
    let by_identifier = index.employee_by_id.get(kept.as_str()).and_then(|place| user_of(index, *place));
    let by_link =
        || index.link_by_employee.get(kept.as_str()).and_then(|link| index.user_by_id.get(link.user.as_str()));
    let user = by_identifier.or_else(|| by_link().copied())?;
    let is_free = index.other_holder(user, employee).is_none() && index.other_linked(user, employee).is_none();
    is_free.then_some(user)
}
