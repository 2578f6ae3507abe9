//! Options first, and the order in which a plan is applied.

use super::collide::{Before, PersonOperations};
use super::plan_index::PlanIndex;
use super::rules::Rules;
use super::scope::Lifecycle;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::EmployeeId;
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, MappingTable, MappingTarget};
use crate::domain::plan::{Operation, OperationKind};
use crate::mapping::Resolution;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

/// One operation per new option that somebody employed carries, where the destination lets options be made.
pub(super) fn new_options(index: &PlanIndex<'_>, ruled_out: &dyn Fn(usize) -> bool) -> Vec<Operation> {
    let rules = &index.rules;
    if !rules.can_create_options {
        return Vec::new();
    }
    let mut names: BTreeSet<(ListKey, String)> = BTreeSet::new();
    for (place, employee) in index.employees.iter().enumerate() {
        if !matches!(index.life[place], Lifecycle::Employed | Lifecycle::LastDays) || ruled_out(place) {
            continue;
        }
        for list in creatable_lists(rules) {
            let Some(value) = rules.raw_value(employee, list) else { continue };
            if let Resolution::Create(name) = rules.resolution(list, value).as_ref() {
                let key = (list, name.clone());
                if !names.contains(&key) {
                    names.insert(key);
                }
            }
        }
    }
    names.into_iter().map(|(list, name)| create_option(list, name)).collect()
}

/// One operation per option that we have made and nobody needs any more, where that is asked for (PE05). An option that was
/// made by hand, that a row of the table names, or that an active user has, stays; so does one that anybody's value leads to
/// who has not left, held or not.
pub(super) fn unused_options(
    index: &PlanIndex<'_>,
    tables: &[MappingTable],
    options: &[DestinationOption],
) -> Vec<Operation> {
    let rules = &index.rules;
    if !rules.settings.remove_unused_options {
        return Vec::new();
    }
    let mut removals = Vec::new();
    for spec in rules.destination.lists.iter().filter(|spec| spec.removable && rules.is_fed(spec.list)) {
        let is_ours = |option: &&DestinationOption| option.list == spec.list && option.made_here && option.active;
        let ours: Vec<&DestinationOption> = options.iter().filter(is_ours).filter(|option| !option.doubled).collect();
        if ours.is_empty() {
            continue;
        }
        let needed = needed_options(index, spec.list, tables);
        removals.extend(ours.into_iter().filter(|option| !needed.contains(option.key.as_str())).map(remove_option));
    }
    removals
}

fn needed_options(index: &PlanIndex<'_>, list: ListKey, tables: &[MappingTable]) -> HashSet<String> {
    let rules = &index.rules;
    let mut needed: HashSet<String> = HashSet::new();
    let stays = index.employees.iter().enumerate().filter(|(place, _)| index.life[*place] != Lifecycle::Over);
    for (_, employee) in stays {
        let Some(value) = rules.raw_value(employee, list) else { continue };
        match rules.resolution(list, value).as_ref() {
            Resolution::Mapped { key, .. } | Resolution::Suggested { key, .. } => _ = needed.insert(key.0.clone()),
            Resolution::Unmapped { near } => needed.extend(near.iter().map(|key| key.0.clone())),
            _ => {}
        }
    }
    let held = index.users.iter().filter(|user| !user.status.is_inactive()).filter_map(|user| user.value(list.field()));
    needed.extend(held.map(std::borrow::Cow::into_owned));
    let rows = tables.iter().filter(|table| table.list == list).flat_map(|table| table.rows.values());
    needed.extend(rows.filter_map(|row| match &row.target {
        MappingTarget::Option(key) => Some(key.0.clone()),
        MappingTarget::Create(_) | MappingTarget::Nothing => None,
    }));
    needed
}

fn remove_option(option: &DestinationOption) -> Operation {
    let field = option.list.field();
    Operation {
        seq: 0,
        kind: OperationKind::RemoveOption,
        employee: None,
        identifier: None,
        user: None,
        list: Some(option.list),
        fields: vec![FieldChange { field, from: Some(option.key.0.clone()), to: None }],
        note: Some(format!("`{}`", option.name)),
    }
}

/// Lists whose options a plan may make.
fn creatable_lists<'r>(rules: &'r Rules<'_>) -> impl Iterator<Item = ListKey> + use<'r> {
    rules.destination.lists.iter().filter(|spec| rules.can_create(spec)).map(|spec| spec.list)
}

fn create_option(list: ListKey, name: String) -> Operation {
    Operation {
        seq: 0,
        kind: OperationKind::CreateOption,
        employee: None,
        identifier: None,
        user: None,
        list: Some(list),
        fields: vec![FieldChange { field: list.field(), from: None, to: Some(name) }],
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
        let listed = fields.filter(|change| change.field.list().is_some());
        Self(listed.map(|change| (change.field, change.to.as_deref())).collect())
    }

    /// Whether one of them needs this new option.
    pub fn has(&self, option: &Operation) -> bool {
        option.kind == OperationKind::CreateOption
            && option.fields.iter().any(|wanted| self.0.contains(&(wanted.field, wanted.to.as_deref())))
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
