//! Undo: the operations that bring back what a run found (ALL12), as far as the destination still holds what the run wrote.

use super::hash;
use super::limits;
use crate::domain::field::FieldChange;
use crate::domain::ids::{EmployeeId, Identifier, UserId};
use crate::domain::operation::{MailKind, Undo};
use crate::domain::person::{User, UserStatus};
use crate::domain::plan::{Counts, Mails, Operation, OperationKind, Plan, welcomes};
use crate::domain::settings::Limits;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// One operation that a run has carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Executed {
    pub operation: Operation,
    /// What the destination held just before; `None` for creations.
    pub before: Option<User>,
    /// The user that was written; for a create the new one.
    pub user: Option<UserId>,
}

/// Something that a run did and that is not taken back, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Place of the operation in the run.
    pub seq: u32,
    pub kind: OperationKind,
    pub employee: Option<EmployeeId>,
    /// What stays as it is: `created`, `welcome mail`.
    pub what: &'static str,
    pub why: String,
    /// Whether the destination was changed since, so that undoing would take that back too.
    pub is_moved: bool,
}

/// The plan that undoes a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse {
    pub plan: Plan,
    pub left: Vec<Leftover>,
    /// People whom the run created and whose users are gone by now: there is nothing to take back, and the next sync must not make
    /// them again.
    pub gone: BTreeSet<EmployeeId>,
}

/// Why one operation is not taken back.
enum Not {
    /// There is nothing to do: the destination has it as it was before.
    Due,
    Possible(String),
    Moved(String),
}

/// Whether undoing can take this line back, as far as the plan tells: what the destination holds then decides.
pub fn can_be_undone(operation: &Operation) -> bool {
    match operation.kind.facts().undo {
        Undo::Never(_) => false,
        // An identifier is changed, never emptied.
        Undo::Identifier => operation.fields.first().is_some_and(|change| change.from.is_some()),
        Undo::Deactivate | Undo::Values | Undo::Reactivate | Undo::SwitchOff => true,
    }
}

/// The plan that undoes what `executed` did, last write first, and what it leaves: what cannot be undone, and what has moved
/// in the destination since. `now` gives a user as the destination holds it at present; users of `protected` people stay as they are;
/// `mailed` says whether the run's
/// creations sent welcome mails. `linked` people and `limits` as for any plan: an undo stops at them too.
pub fn inverse<'a>(
    executed: &[Executed],
    now: impl Fn(&UserId) -> Option<&'a User>,
    protected: &HashSet<EmployeeId>,
    mailed: bool,
    run_limits: &Limits,
    linked: u32,
) -> Inverse {
    let mut operations = Vec::new();
    let (mut left, mut gone) = (Vec::new(), BTreeSet::new());
    let mut latest_first: Vec<&Executed> = executed.iter().collect();
    latest_first.sort_by_key(|one| std::cmp::Reverse(one.operation.seq));
    // What else was written to somebody whom the run made goes with the user.
    let made: BTreeSet<&EmployeeId> = executed
        .iter()
        .filter(|one| one.operation.kind == OperationKind::Create)
        .filter_map(|one| one.operation.employee.as_ref())
        .collect();
    for one in latest_first {
        let operation = &one.operation;
        let employee = operation.employee.clone();
        let goes_with_user = operation.kind != OperationKind::Create
            && operation.kind.facts().mail == MailKind::None
            && employee.as_ref().is_some_and(|employee| made.contains(employee));
        if goes_with_user {
            continue;
        }
        let mut leave = |what: &'static str, why: String, is_moved: bool| {
            left.push(Leftover {
                seq: operation.seq,
                kind: operation.kind,
                employee: employee.clone(),
                what,
                why,
                is_moved,
            });
        };
        if employee.as_ref().is_some_and(|employee| protected.contains(employee)) {
            leave(operation.kind.facts().done, "the user is protected: it stays as it is".to_owned(), false);
            continue;
        }
        let is_gone = operation.kind == OperationKind::Create && one.user.as_ref().is_some_and(|id| now(id).is_none());
        gone.extend(employee.clone().filter(|_| is_gone));
        match undo(one, &now) {
            Ok(undo) => operations.push(undo),
            Err(Not::Due) => {}
            Err(Not::Possible(why)) => leave(operation.kind.facts().done, why, false),
            Err(Not::Moved(why)) => leave(operation.kind.facts().done, why, true),
        }
        if operation.kind == OperationKind::Create && mailed && welcomes(&operation.fields) {
            leave("welcome mail", "it was sent with the creation; nothing recalls a mail".to_owned(), false);
        }
    }
    find_by_identifier_of_then(&mut operations);
    for (seq, operation) in operations.iter_mut().enumerate() {
        operation.seq = u32::try_from(seq).unwrap_or(u32::MAX);
    }
    let people: BTreeSet<_> = operations.iter().filter_map(|one| one.employee.as_ref()).collect();
    let people = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let plan = Plan {
        hash: hash::of_result("undo", &operations, &[]),
        counts: Counts::of(&operations, 0),
        mails: Mails::default(),
        limits: limits::check(run_limits, &operations, linked, false),
        first_import: false,
        people,
        changed_people: people,
        ignored_leavers: 0,
        future_starters: 0,
        holds: Vec::new(),
        operations,
        doubled: Vec::new(),
        managers_left: Vec::new(),
    };
    Inverse { plan, left, gone }
}

/// An identifier goes back before anything else of its person, which then finds the user by it.
fn find_by_identifier_of_then(operations: &mut [Operation]) {
    let back: BTreeMap<UserId, Option<Identifier>> = operations
        .iter()
        .filter(|one| one.kind == OperationKind::Link)
        .filter_map(|one| Some((one.user.clone()?, one.identifier.clone())))
        .collect();
    for operation in operations.iter_mut().filter(|one| one.kind != OperationKind::Link) {
        if let Some(identifier) = operation.user.as_ref().and_then(|user| back.get(user)) {
            operation.identifier.clone_from(identifier);
        }
    }
}

fn undo<'a>(one: &Executed, now: impl Fn(&UserId) -> Option<&'a User>) -> Result<Operation, Not> {
    let operation = &one.operation;
    let kind = match operation.kind.facts().undo {
        Undo::Deactivate => OperationKind::Deactivate,
        Undo::Values => OperationKind::Update,
        Undo::Identifier => OperationKind::Link,
        Undo::Reactivate => OperationKind::Reactivate,
        Undo::SwitchOff => OperationKind::Deactivate,
        Undo::Never(why) => return Err(Not::Possible(why.to_owned())),
    };
    let id = one.user.clone().or_else(|| operation.user.clone());
    let id = id.ok_or_else(|| Not::Possible("the user that was written is not known".to_owned()))?;
    let user = now(&id).ok_or_else(|| Not::Moved(format!("user {id} is not in the destination any more")))?;
    usable(user)?;
    let mut undo = Operation {
        seq: 0,
        kind,
        employee: operation.employee.clone(),
        identifier: operation.identifier.clone(),
        user: Some(id),
        list: None,
        fields: Vec::new(),
        note: None,
    };
    if operation.kind != OperationKind::Link && user.identifier != operation.identifier {
        return Err(Not::Moved("the user's identifier has been changed since".to_owned()));
    }
    match operation.kind.facts().undo {
        Undo::Deactivate => {
            switch(user, true)?;
            undo.note = Some("was created by the run; deactivated".to_owned());
        }
        Undo::Values | Undo::Identifier => {
            undo.fields = back(one, user)?;
            if undo.fields.is_empty() {
                return Err(Not::Due);
            }
            if user.status.is_inactive() {
                return Err(Not::Moved("the user has been switched off since".to_owned()));
            }
        }
        Undo::Reactivate => {
            was(one, true)?;
            switch(user, false)?;
            undo.fields = back(one, user)?;
        }
        Undo::SwitchOff => {
            was(one, false)?;
            switch(user, true)?;
            undo.fields = back(one, user)?;
        }
        Undo::Never(_) => {}
    }
    if operation.kind.facts().undo == Undo::Identifier {
        let to = undo.fields.first().and_then(|change| change.to.clone());
        let to = to.ok_or_else(|| {
            Not::Possible("an identifier can be changed but not emptied; take it off in the destination".to_owned())
        })?;
        undo.identifier = Some(Identifier(to));
    }
    Ok(undo)
}

fn usable(user: &User) -> Result<(), Not> {
    if let Some(unreadable) = &user.unreadable {
        return Err(Not::Moved(format!("the user's record cannot be read by now: {}", unreadable.what)));
    }
    match &user.status {
        UserStatus::Active | UserStatus::Inactive | UserStatus::Unshown { .. } => Ok(()),
        UserStatus::Unclear(word) => {
            Err(Not::Moved(format!("the user's status is `{word}` by now, which says neither active nor inactive")))
        }
    }
}

/// Whether the user was switched on, or off, before; else it was left as it was, so there is nothing to take back.
fn was(one: &Executed, active: bool) -> Result<(), Not> {
    let before = before(one)?;
    match before.status {
        UserStatus::Unclear(_) => Err(Not::Possible("what status the user had before is not known".to_owned())),
        _ => switch(before, active),
    }
}

/// Whether the user still is as the run left it: switched on, or off.
fn switch(user: &User, active: bool) -> Result<(), Not> {
    let is_so = if active { user.status.is_active() } else { user.status.is_inactive() };
    if is_so { Ok(()) } else { Err(Not::Due) }
}

fn before(one: &Executed) -> Result<&User, Not> {
    one.before.as_ref().ok_or_else(|| Not::Possible("what the destination held before is not known".to_owned()))
}

/// Each change turned round: from what was written to what stood there before. What stands there again already is left out; what
/// is neither has been changed since, and taking it back would take that change back too.
fn back(one: &Executed, user: &User) -> Result<Vec<FieldChange>, Not> {
    let before = before(one)?;
    let mut turned = Vec::new();
    for change in &one.operation.fields {
        let field = change.field;
        let (stood, stands) = (before.value(field), user.value(field));
        if field.is_same(stands.as_deref(), stood.as_deref()) {
            continue;
        }
        if !field.is_same(stands.as_deref(), change.to.as_deref()) {
            return Err(Not::Moved(moved(change, stands.as_deref())));
        }
        turned.push(FieldChange { field, from: change.to.clone(), to: stood.map(std::borrow::Cow::into_owned) });
    }
    Ok(turned)
}

fn moved(change: &FieldChange, stands: Option<&str>) -> String {
    let facts = change.field.facts();
    if facts.is_private {
        return format!("{} has been changed in the destination since", facts.words);
    }
    let quoted = |value: Option<&str>| value.map_or_else(|| "empty".to_owned(), |value| format!("`{value}`"));
    format!("{} is {} by now, not {}", facts.words, quoted(stands), quoted(change.to.as_deref()))
}
