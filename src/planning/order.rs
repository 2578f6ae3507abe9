//! Options first, and the order in which a plan is applied.

use super::collide::{Before, PersonOperations};
use super::rules::{Rules, raw_value};
use super::scope::Life;
use super::world::World;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::EmployeeId;
use crate::domain::mapping::TableKind;
use crate::domain::plan::{Operation, OperationKind};
use crate::mapping::Resolution;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

/// One operation per new option that somebody employed carries, where the destination lets options be made.
pub(super) fn new_options(world: &World<'_>, ruled_out: &dyn Fn(usize) -> bool) -> Vec<Operation> {
    let rules = &world.rules;
    if !rules.can_create_options {
        return Vec::new();
    }
    let mut names: BTreeSet<(TableKind, String)> = BTreeSet::new();
    for (place, employee) in world.employees.iter().enumerate() {
        if !matches!(world.life[place], Life::Employed | Life::LastDays) || ruled_out(place) {
            continue;
        }
        for kind in wanted_tables(rules) {
            let Some(value) = raw_value(employee, kind) else { continue };
            if let Resolution::Create(name) = rules.resolution(kind, value).as_ref() {
                let key = (kind, name.clone());
                if !names.contains(&key) {
                    names.insert(key);
                }
            }
        }
    }
    names.into_iter().map(|(kind, name)| create_option(kind, name)).collect()
}

/// Tables whose values are sent. Profiles are the destination's own: a table never creates one.
fn wanted_tables<'r>(rules: &'r Rules<'_>) -> impl Iterator<Item = TableKind> + use<'r> {
    rules.destination.tables.iter().map(|spec| spec.kind).filter(|kind| *kind != TableKind::AccessProfile)
}

fn create_option(kind: TableKind, name: String) -> Operation {
    let change = Field::of_list(kind).map(|field| FieldChange { field, from: None, to: Some(name) });
    Operation {
        seq: 0,
        kind: OperationKind::CreateOption,
        employee: None,
        identifier: None,
        user: None,
        table: Some(kind),
        fields: change.into_iter().collect(),
        note: None,
    }
}

/// The values that operations of people send: whether a new option is needed is one look-up, however many there are of both.
pub(super) struct Needs<'a>(HashSet<(Field, Option<&'a str>)>);

impl<'a> Needs<'a> {
    /// What these operations send through tables.
    pub fn of(operations: impl IntoIterator<Item = &'a Operation>) -> Self {
        let fields =
            operations.into_iter().filter(|one| one.kind != OperationKind::CreateOption).flat_map(|one| &one.fields);
        let listed = fields.filter(|change| change.field.table().is_some());
        Self(listed.map(|change| (change.field, change.to.as_deref())).collect())
    }

    /// Whether one of them needs this new option.
    pub fn has(&self, option: &Operation) -> bool {
        option.fields.iter().any(|wanted| self.0.contains(&(wanted.field, wanted.to.as_deref())))
    }
}

/// Puts operations in the order of their kinds, then of employees; a person's link goes before the rest of the person,
/// and whoever gives up an e-mail before the one who takes it. Numbers them.
pub(super) fn arrange(options: Vec<Operation>, people: PersonOperations, before: &[Before]) -> Vec<Operation> {
    let mut operations = options;
    operations.extend(people.into_values().flatten());
    // Stable: options stay in the order of tables and names, a person's operations in theirs.
    operations.sort_by(|a, b| (a.kind, &a.employee).cmp(&(b.kind, &b.employee)));
    let edges = edges(&operations, before);
    let mut arranged = if edges.is_empty() { operations } else { topological(operations, &edges) };
    for (seq, operation) in arranged.iter_mut().enumerate() {
        operation.seq = u32::try_from(seq).unwrap_or(u32::MAX);
    }
    arranged
}

/// Pairs of places: the first must come before the second.
fn edges(operations: &[Operation], before: &[Before]) -> Vec<(usize, usize)> {
    let mut places: HashMap<&EmployeeId, Vec<usize>> = HashMap::new();
    for (place, operation) in operations.iter().enumerate() {
        if let Some(employee) = &operation.employee {
            places.entry(employee).or_default().push(place);
        }
    }
    let mut edges = Vec::new();
    for own in places.values().filter(|own| own.len() > 1) {
        let link = own.iter().copied().find(|place| operations[*place].kind == OperationKind::Link);
        let Some(link) = link else { continue };
        edges.extend(own.iter().copied().filter(|place| *place != link).map(|place| (link, place)));
    }
    for (giver, taker) in before {
        let (Some(givers), Some(takers)) = (places.get(giver), places.get(taker)) else { continue };
        // Only the operation that carries the e-mail waits; a link before it may go early.
        let gives = givers.iter().copied().find(|place| operations[*place].kind == OperationKind::Update);
        let takes = takers.iter().copied().find(|place| operations[*place].kind != OperationKind::Link);
        edges.extend(gives.zip(takes));
    }
    edges.retain(|(first, second)| first != second);
    edges
}

/// Kahn's order, lowest place first, so that only what has to move moves.
fn topological(operations: Vec<Operation>, edges: &[(usize, usize)]) -> Vec<Operation> {
    let mut waits_for = vec![0u32; operations.len()];
    let mut frees: HashMap<usize, Vec<usize>> = HashMap::new();
    for (first, second) in edges {
        waits_for[*second] += 1;
        frees.entry(*first).or_default().push(*second);
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..operations.len()).filter(|place| waits_for[*place] == 0).map(Reverse).collect();
    let mut slots: Vec<Option<Operation>> = operations.into_iter().map(Some).collect();
    let mut arranged = Vec::with_capacity(slots.len());
    while let Some(Reverse(place)) = ready.pop() {
        arranged.extend(slots[place].take());
        for next in frees.remove(&place).unwrap_or_default() {
            waits_for[next] -= 1;
            if waits_for[next] == 0 {
                ready.push(Reverse(next));
            }
        }
    }
    // Circles were held before; whatever might be left keeps its order.
    arranged.extend(slots.into_iter().flatten());
    arranged
}
