//! Splits a plan into waves: who goes first, who goes with them, what is left for the last one.
//!
//! People are whole: all lines of a person are in one wave. Whoever a person needs goes with them: a manager whom the plan
//! makes, and the person who gives up the e-mail that they take. New options go with the first who needs them. Leavers, and
//! whoever needs one, go last.

use super::order;
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::{Operation, OperationKind, Plan, employee_to_be};
use crate::domain::waves::{WavePart, WaveStep, Waves, WavesAsked};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// People of the second wave.
const FIVE: usize = 5;

/// The fields of the source by which a wave may go, where none is named: the first one that splits the people.
pub const GROUP_FIELDS: [Field; 3] = [Field::Branch, Field::Department, Field::JobTitle];

/// The value by which people are grouped, of an employee and a field of the source.
pub type GroupOf<'a> = &'a dyn Fn(&EmployeeId, Field) -> Option<String>;

/// What one wave carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveFigures {
    pub label: String,
    /// Everybody in it, sorted.
    pub people: Vec<EmployeeId>,
    pub changes: u32,
    pub mails: u32,
    /// Lines by kind, kinds that it has not left out.
    pub kinds: BTreeMap<OperationKind, u32>,
}

/// One value by which a wave may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub value: String,
    pub changes: u32,
    /// Of the kinds of change that the plan has for people who stay.
    pub has_every_kind: bool,
}

struct Person<'a> {
    kinds: BTreeSet<OperationKind>,
    lines: u32,
    /// Whom they need in the same wave or before it.
    needs: BTreeSet<&'a EmployeeId>,
}

/// Everybody whom a plan changes, and who needs whom.
struct People<'a> {
    all: BTreeMap<&'a EmployeeId, Person<'a>>,
    /// Leavers and whoever needs one.
    last: BTreeSet<&'a EmployeeId>,
}

impl<'a> People<'a> {
    fn of(operations: &'a [Operation]) -> Self {
        let mut all: BTreeMap<&EmployeeId, Person<'_>> = BTreeMap::new();
        let mut givers: HashMap<String, &EmployeeId> = HashMap::new();
        let lines = || operations.iter().filter_map(|one| Some((one.employee.as_ref()?, one)));
        for (employee, operation) in lines() {
            let person = all.entry(employee).or_insert_with(|| Person {
                kinds: BTreeSet::new(),
                lines: 0,
                needs: BTreeSet::new(),
            });
            person.kinds.insert(operation.kind);
            person.lines += 1;
            for change in operation.fields.iter().filter(|change| change.field == Field::Email) {
                if let Some(from) = &change.from {
                    givers.insert(from.trim().to_lowercase(), employee);
                }
            }
        }
        let ids: BTreeMap<&str, &EmployeeId> = all.keys().map(|employee| (employee.as_str(), *employee)).collect();
        for (employee, operation) in lines() {
            for change in &operation.fields {
                let Some(to) = change.to.as_deref() else { continue };
                let needed = match change.field {
                    Field::Manager => employee_to_be(to).and_then(|manager| ids.get(manager)),
                    Field::Email => givers.get(&to.trim().to_lowercase()),
                    _ => None,
                };
                if let (Some(needed), Some(person)) = (needed.filter(|one| **one != employee), all.get_mut(employee)) {
                    person.needs.insert(needed);
                }
            }
        }
        let mut people = Self { all, last: BTreeSet::new() };
        people.last = people.who_needs_a_leaver();
        people
    }

    fn who_needs_a_leaver(&self) -> BTreeSet<&'a EmployeeId> {
        let leaves = |person: &Person<'_>| person.kinds.contains(&OperationKind::Deactivate);
        let mut needers: HashMap<&EmployeeId, Vec<&'a EmployeeId>> = HashMap::new();
        for (employee, person) in &self.all {
            for needed in &person.needs {
                needers.entry(*needed).or_default().push(*employee);
            }
        }
        let mut last: BTreeSet<&EmployeeId> =
            self.all.iter().filter(|(_, person)| leaves(person)).map(|(employee, _)| *employee).collect();
        let mut open: Vec<&EmployeeId> = last.iter().copied().collect();
        while let Some(employee) = open.pop() {
            for needer in needers.get(employee).into_iter().flatten() {
                if last.insert(needer) {
                    open.push(needer);
                }
            }
        }
        last
    }

    /// The person and whomever they need.
    fn with_needs(&self, employee: &'a EmployeeId) -> BTreeSet<&'a EmployeeId> {
        let mut whole = BTreeSet::from([employee]);
        let mut open = vec![employee];
        while let Some(one) = open.pop() {
            for needed in self.all.get(one).into_iter().flat_map(|person| &person.needs) {
                if whole.insert(needed) {
                    open.push(needed);
                }
            }
        }
        whole
    }

    /// Those who may go before the last wave and are in none yet.
    fn free(&self, taken: &BTreeSet<&'a EmployeeId>) -> Vec<&'a EmployeeId> {
        self.all.keys().copied().filter(|one| !self.last.contains(one) && !taken.contains(one)).collect()
    }

    /// How much a mistake with a person would hurt: a change of values least, a new user with a mail most.
    fn harm(&self, employee: &EmployeeId) -> usize {
        const MILDEST_FIRST: [OperationKind; 6] = [
            OperationKind::Update,
            OperationKind::Link,
            OperationKind::SetManager,
            OperationKind::Reactivate,
            OperationKind::Create,
            OperationKind::Invite,
        ];
        let place = |kind: &OperationKind| MILDEST_FIRST.iter().position(|one| one == kind).unwrap_or(usize::MAX);
        self.all.get(employee).into_iter().flat_map(|person| &person.kinds).map(place).max().unwrap_or(usize::MAX)
    }

    fn kinds_that_stay(&self) -> BTreeSet<OperationKind> {
        self.all
            .iter()
            .filter(|(employee, _)| !self.last.contains(*employee))
            .flat_map(|(_, person)| person.kinds.iter().copied())
            .collect()
    }
}

/// The waves of a plan. A step for which nobody is left makes none; what is asked for twice is taken once.
#[must_use]
pub fn split(plan: &Plan, asked: &WavesAsked, group_of: GroupOf<'_>) -> Waves {
    let people = People::of(&plan.operations);
    let mut taken: BTreeSet<&EmployeeId> = BTreeSet::new();
    let mut parts = Vec::new();
    let mut empty = Vec::new();
    for step in &asked.steps {
        let (label, chosen) = match step {
            WaveStep::One { first } => ("one person".to_owned(), one(&people, first.as_ref(), &taken)),
            WaveStep::Five => ("five people".to_owned(), five(&people, &taken)),
            WaveStep::Group { field, value } => {
                let Some((field, value, chosen)) = group(&people, (*field, value.as_deref()), &taken, group_of) else {
                    empty.extend(value.as_ref().map(|value| group_name(*field, value)));
                    continue;
                };
                (format!("{} {value}", field.words()), chosen)
            }
        };
        if chosen.is_empty() {
            continue;
        }
        parts.push(WavePart { label, people: chosen.iter().map(|one| (*one).clone()).collect() });
        taken.extend(chosen);
    }
    // Where everybody is in one already, that one is the last.
    if taken.len() == people.all.len() && !parts.is_empty() {
        parts.pop();
    }
    Waves { parts, gate: asked.gate, empty }
}

fn group_name(field: Option<Field>, value: &str) -> String {
    let value = value.trim();
    field.map_or_else(|| value.to_owned(), |field| format!("{} {value}", field.words()))
}

fn one<'a>(
    people: &People<'a>,
    first: Option<&EmployeeId>,
    taken: &BTreeSet<&'a EmployeeId>,
) -> BTreeSet<&'a EmployeeId> {
    let free = people.free(taken);
    let named = first.and_then(|first| free.iter().copied().find(|one| *one == first));
    let mildest = || free.iter().copied().min_by_key(|one| (people.with_needs(one).len(), people.harm(one), *one));
    let mut whole = named.or_else(mildest).map(|one| people.with_needs(one)).unwrap_or_default();
    whole.retain(|one| !taken.contains(one));
    whole
}

/// Five people, one of each kind of change in turn, those who need nobody before others.
fn five<'a>(people: &People<'a>, taken: &BTreeSet<&'a EmployeeId>) -> BTreeSet<&'a EmployeeId> {
    let mut by_kind: BTreeMap<Reverse<usize>, Vec<&EmployeeId>> = BTreeMap::new();
    for employee in people.free(taken) {
        by_kind.entry(Reverse(people.harm(employee))).or_default().push(employee);
    }
    for examples in by_kind.values_mut() {
        // The last one is taken first.
        examples.sort_by_cached_key(|one| Reverse((people.with_needs(one).len(), *one)));
    }
    let mut chosen: BTreeSet<&EmployeeId> = BTreeSet::new();
    loop {
        let before = chosen.len();
        for examples in by_kind.values_mut() {
            while let Some(next) = examples.pop() {
                let mut whole = people.with_needs(next);
                whole.retain(|one| !taken.contains(one) && !chosen.contains(one));
                let is_too_many = !chosen.is_empty() && chosen.len() + whole.len() > FIVE;
                if chosen.contains(next) || is_too_many {
                    continue;
                }
                chosen.extend(whole);
                break;
            }
            if chosen.len() >= FIVE {
                return chosen;
            }
        }
        if chosen.len() == before {
            return chosen;
        }
    }
}

type Chosen<'a> = (Field, String, BTreeSet<&'a EmployeeId>);

fn group<'a>(
    people: &People<'a>,
    (field, value): (Option<Field>, Option<&str>),
    taken: &BTreeSet<&'a EmployeeId>,
    group_of: GroupOf<'_>,
) -> Option<Chosen<'a>> {
    let free = people.free(taken);
    let field = field.or_else(|| splitting_field(&free, group_of))?;
    let mut members: BTreeMap<String, Vec<&EmployeeId>> = BTreeMap::new();
    for employee in free {
        if let Some(value) = group_of(employee, field) {
            members.entry(value).or_default().push(employee);
        }
    }
    let value = match value {
        Some(value) => members.keys().find(|one| one.to_lowercase() == value.trim().to_lowercase())?.clone(),
        None => {
            let every = people.kinds_that_stay();
            let rank = |(_, members): &(&String, &Vec<&EmployeeId>)| {
                let kinds = kinds_of(people, members);
                let lines: u32 = members.iter().filter_map(|one| people.all.get(one)).map(|one| one.lines).sum();
                (Reverse(kinds.intersection(&every).count()), lines)
            };
            members.iter().min_by_key(rank)?.0.clone()
        }
    };
    let chosen = members.remove(&value)?.into_iter().flat_map(|one| people.with_needs(one));
    Some((field, value, chosen.filter(|one| !taken.contains(one)).collect()))
}

fn kinds_of(people: &People<'_>, members: &[&EmployeeId]) -> BTreeSet<OperationKind> {
    members.iter().filter_map(|one| people.all.get(one)).flat_map(|person| person.kinds.iter().copied()).collect()
}

fn splitting_field(free: &[&EmployeeId], group_of: GroupOf<'_>) -> Option<Field> {
    GROUP_FIELDS.into_iter().find(|field| {
        let mut values = free.iter().filter_map(|one| group_of(one, *field));
        values.next().is_some_and(|first| values.any(|other| other != first))
    })
}

/// The values of a field by which a wave of this plan may go, smallest first; without a field those of the first field that
/// splits the people.
#[must_use]
pub fn groups(plan: &Plan, field: Option<Field>, group_of: GroupOf<'_>) -> Option<(Field, Vec<Group>)> {
    let people = People::of(&plan.operations);
    let free = people.free(&BTreeSet::new());
    let field = field.or_else(|| splitting_field(&free, group_of))?;
    let every = people.kinds_that_stay();
    let mut members: BTreeMap<String, Vec<&EmployeeId>> = BTreeMap::new();
    for employee in free {
        if let Some(value) = group_of(employee, field) {
            members.entry(value).or_default().push(employee);
        }
    }
    let mut groups: Vec<Group> = members
        .into_iter()
        .map(|(value, members)| Group {
            value,
            changes: members.iter().filter_map(|one| people.all.get(one)).map(|one| one.lines).sum(),
            has_every_kind: every.is_subset(&kinds_of(&people, &members)),
        })
        .collect();
    groups.sort_by(|a, b| (a.changes, &a.value).cmp(&(b.changes, &b.value)));
    Some((field, groups))
}

/// The wave of each line, from 0, in the order of the plan.
#[must_use]
pub fn wave_of_lines(plan: &Plan, waves: &Waves) -> Vec<usize> {
    let last = waves.parts.len();
    let mut wave_of: HashMap<&EmployeeId, usize> = HashMap::new();
    for (wave, part) in waves.parts.iter().enumerate() {
        for employee in &part.people {
            wave_of.entry(employee).or_insert(wave);
        }
    }
    let of_person = |one: &Operation| one.employee.as_ref().map(|one| wave_of.get(one).copied().unwrap_or(last));
    let needs: Vec<order::Needs<'_>> = (0..last)
        .map(|wave| order::Needs::of(plan.operations.iter().filter(|one| of_person(one) == Some(wave))))
        .collect();
    plan.operations
        .iter()
        .map(|operation| {
            of_person(operation).unwrap_or_else(|| needs.iter().position(|needs| needs.has(operation)).unwrap_or(last))
        })
        .collect()
}

/// What each wave carries, the last one among them.
#[must_use]
pub fn figures(plan: &Plan, waves: &Waves) -> Vec<WaveFigures> {
    let mut figures: Vec<WaveFigures> = (0..waves.count())
        .map(|wave| WaveFigures {
            label: waves.label(wave).to_owned(),
            people: Vec::new(),
            changes: 0,
            mails: 0,
            kinds: BTreeMap::new(),
        })
        .collect();
    let mut people: Vec<BTreeSet<&EmployeeId>> = vec![BTreeSet::new(); waves.count()];
    for (operation, wave) in plan.operations.iter().zip(wave_of_lines(plan, waves)) {
        let (Some(figures), Some(people)) = (figures.get_mut(wave), people.get_mut(wave)) else { continue };
        figures.changes += 1;
        figures.mails += u32::from(plan.mails.welcome > 0 && operation.is_welcomed());
        *figures.kinds.entry(operation.kind).or_default() += 1;
        people.extend(operation.employee.as_ref());
    }
    for (figures, people) in figures.iter_mut().zip(people) {
        figures.people = people.into_iter().cloned().collect();
    }
    figures
}
