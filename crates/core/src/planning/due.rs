//! What of an approved plan would be planned now as well. A line that would not be is skipped with the reason, or was there
//! already; nothing is added.

use super::drift::{self, Drift, still_holds};
use crate::domain::drift::{Cause, Moved, MovedBy, Now};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::EmployeeId;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::domain::plan::{Hold, Operation, OperationKind, Plan};
use std::collections::HashMap;

/// How an approved line stands beside what would be planned now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// It would be planned again.
    Due,
    /// It would not, because the destination holds what it was to write.
    Already(Moved),
    /// It must not be written any more; the reason in words.
    Moved(Moved, String),
}

/// What would be planned now.
pub struct Due<'a> {
    operations: HashMap<(OperationKind, Option<EmployeeId>), Vec<Operation>>,
    holds: HashMap<&'a EmployeeId, &'a Hold>,
    options: Vec<DestinationOption>,
}

impl<'a> Due<'a> {
    /// What this plan has; `with_codes` gives a line the codes of what it can only name.
    pub fn of(plan: &'a Plan, with_codes: impl Fn(&Operation) -> Operation) -> Self {
        let mut operations: HashMap<_, Vec<Operation>> = HashMap::new();
        for operation in &plan.operations {
            operations.entry((operation.kind, operation.employee.clone())).or_default().push(with_codes(operation));
        }
        let holds = plan.holds.iter().map(|hold| (&hold.employee, hold)).collect();
        Self { operations, holds, options: Vec::new() }
    }

    /// With the options that the destination has.
    #[must_use]
    pub fn with_options(self, options: Vec<DestinationOption>) -> Self {
        Self { options, ..self }
    }

    /// How this line stands. `user` is whom it is about, as just read; `by` says which side has moved where it was not the
    /// destination.
    pub fn judge(&self, line: &Operation, user: Option<&User>, by: MovedBy) -> Stands {
        let same = self.operations.get(&(line.kind, line.employee.clone()));
        if same.into_iter().flatten().any(|operation| is_same(operation, line)) {
            return Stands::Due;
        }
        let employee = line.employee.as_ref();
        if let Some(hold) = employee.and_then(|employee| self.holds.get(employee)) {
            let now = user.map(|user| drift::as_of(line, user)).unwrap_or_default();
            let by = if now.iter().any(|one| one.moved) { MovedBy::Destination } else { by };
            let moved = Moved { cause: Cause::Held, by, now };
            return Stands::Moved(moved, format!("held by now: {}", hold.code.words()));
        }
        if let Some(user) = user
            && still_holds(line, Some(user)) == Err(Drift::AlreadyDone)
        {
            return Stands::Already(Drift::AlreadyDone.moved(line, Some(user)));
        }
        if self.is_option_there(line) {
            return Stands::Already(Moved::of(Cause::AlreadyThere, MovedBy::Destination));
        }
        let other = |kind: OperationKind| self.operations.contains_key(&(kind, line.employee.clone()));
        let (cause, reason) = if same.is_some() {
            (Cause::OtherValues, "other values would be written by now")
        } else if employee.is_some() && other(OperationKind::Deactivate) {
            (Cause::Left, "has left by now")
        } else if OperationKind::ALL.into_iter().any(other) {
            (Cause::NotDue, "something else would be done by now")
        } else {
            (Cause::NotDue, "nothing is due by now")
        };
        let mut now = self.now(line, user);
        let meant = same.into_iter().flatten().next().filter(|_| now.iter().all(|one| !one.moved));
        if let Some(other) = meant {
            // The same values, for another user or under another identifier.
            let is_same = other.identifier == line.identifier;
            now.push(Now {
                field: Field::Identifier,
                value: other.identifier.as_ref().map(ToString::to_string),
                moved: !is_same,
            });
            let whom = other.user.as_ref().map_or_else(|| "somebody new".to_owned(), |user| format!("user {user}"));
            let moved = Moved { cause: Cause::Identifier, by, now };
            return Stands::Moved(moved, format!("it would be about {whom} by now"));
        }
        let at_destination = user.is_some_and(|user| drift::as_of(line, user).iter().any(|one| one.moved));
        let by = if at_destination { MovedBy::Destination } else { by };
        Stands::Moved(Moved { cause, by, now }, reason.to_owned())
    }

    fn is_option_there(&self, line: &Operation) -> bool {
        let name = line.fields.first().and_then(|change| change.to.as_deref());
        let is_meant = |option: &DestinationOption| {
            option.active && Some(option.list) == line.list && Some(option.name.as_str()) == name
        };
        line.kind == OperationKind::CreateOption && self.options.iter().any(is_meant)
    }

    /// The fields of a line as they stand now: what the destination holds where that has moved, else what would be written.
    fn now(&self, line: &Operation, user: Option<&User>) -> Vec<Now> {
        let wanted = |field| {
            let mut kinds = OperationKind::ALL.into_iter();
            kinds.find_map(|kind| {
                let operations = self.operations.get(&(kind, line.employee.clone()))?;
                let mut changes = operations.iter().flat_map(|operation| &operation.fields);
                changes.find(|change| change.field == field).map(|change| change.to.clone())
            })
        };
        let fields = line.fields.iter().map(|change| {
            let field = change.field;
            let held: Option<String> = user.and_then(|user| user.value(field)).map(Into::into);
            if user.is_some() && !field.is_same(held.as_deref(), change.from.as_deref()) {
                return Now { field, value: held, moved: true };
            }
            let value = wanted(field).unwrap_or(held);
            let moved = !field.is_same(value.as_deref(), change.to.as_deref());
            Now { field, value, moved }
        });
        // What would be written beside, and was not approved, has moved too.
        let same = self.operations.get(&(line.kind, line.employee.clone())).into_iter().flatten().take(1);
        let beside = same.flat_map(|operation| &operation.fields).filter(|change| {
            let is_own = |own: &FieldChange| own.field == change.field;
            !line.fields.iter().any(is_own)
        });
        let beside = beside.map(|change| Now { field: change.field, value: change.to.clone(), moved: true });
        fields.chain(beside).collect()
    }
}

/// Whether two lines write the same to the same user.
fn is_same(one: &Operation, other: &Operation) -> bool {
    let values = |operation: &Operation| {
        let mut values: Vec<_> =
            operation.fields.iter().map(|change| (change.field.key().to_owned(), change.to.clone())).collect();
        values.sort();
        values
    };
    // A line about somebody whom its own plan makes names no user; by now there is one.
    let users = one.user.as_ref().zip(other.user.as_ref());
    // What a removal is about stands in what was there before.
    let removed = |operation: &Operation| {
        let first = operation.fields.first().filter(|_| operation.kind == OperationKind::RemoveOption);
        first.and_then(|change| change.from.clone())
    };
    users.is_none_or(|(one, other)| one == other)
        && removed(one) == removed(other)
        && (&one.identifier, one.list) == (&other.identifier, other.list)
        && values(one) == values(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UserId;
    use crate::domain::list::ListKey;
    use crate::domain::person::UserStatus;
    use crate::domain::plan::HoldCode;

    fn change(field: Field, from: &str, to: &str) -> FieldChange {
        let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        FieldChange { field, from: value(from), to: value(to) }
    }

    fn line(kind: OperationKind, fields: Vec<FieldChange>) -> Operation {
        Operation {
            seq: 0,
            kind,
            employee: Some("7".into()),
            identifier: Some("40_7".into()),
            user: Some(UserId::from("3120")),
            list: None,
            fields,
            note: None,
        }
    }

    fn user(job: &str, branch: &str) -> User {
        let mut user = User::new(UserId::from("3120"));
        user.identifier = Some("40_7".into());
        user.status = UserStatus::Active;
        user.person.job_title = Some(job.into());
        user.person.branch = Some(branch.into());
        user
    }

    fn both() -> Operation {
        let fields =
            vec![change(Field::JobTitle, "Waiter", "Bartender"), change(Field::Branch, "Cliff House", "Old Pier")];
        line(OperationKind::Update, fields)
    }

    fn judged(now: Vec<Operation>, line: &Operation, user: &User) -> Stands {
        let plan = Plan { operations: now, ..Plan::default() };
        Due::of(&plan, Clone::clone).judge(line, Some(user), MovedBy::Source)
    }

    fn values(stands: Stands) -> (Cause, MovedBy, Vec<(Option<String>, bool)>) {
        let Stands::Moved(moved, _) = stands else { panic!("{stands:?}") };
        (moved.cause, moved.by, moved.now.into_iter().map(|now| (now.value, now.moved)).collect())
    }

    #[test]
    fn a_removal_is_the_same_only_where_it_is_about_the_same_option() {
        let removal = |key: &str| Operation {
            employee: None,
            identifier: None,
            user: None,
            list: Some(ListKey::TEAM),
            ..line(OperationKind::RemoveOption, vec![change(ListKey::TEAM.field(), key, "")])
        };
        assert!(is_same(&removal("70"), &removal("70")) && !is_same(&removal("70"), &removal("71")));
    }

    #[test]
    fn a_source_that_changed_back_or_again_is_said_with_its_value() {
        let some = |text: &str| Some(text.to_owned());
        let back = judged(Vec::new(), &both(), &user("Waiter", "Cliff House"));
        let (cause, by, now) = values(back);
        assert_eq!((cause, by), (Cause::NotDue, MovedBy::Source));
        assert_eq!(now, [(some("Waiter"), true), (some("Cliff House"), true)], "both as they were before");

        let again = line(OperationKind::Update, vec![change(Field::JobTitle, "Waiter", "Chef")]);
        let (cause, by, now) = values(judged(vec![again], &both(), &user("Waiter", "Cliff House")));
        assert_eq!((cause, by), (Cause::OtherValues, MovedBy::Source));
        assert_eq!(now, [(some("Chef"), true), (some("Cliff House"), true)]);
    }

    #[test]
    fn of_two_fields_of_which_one_is_there_already_the_line_is_skipped_whole() {
        let rest = line(OperationKind::Update, vec![change(Field::JobTitle, "Waiter", "Bartender")]);
        let (cause, by, now) = values(judged(vec![rest], &both(), &user("Waiter", "Old Pier")));
        assert_eq!((cause, by), (Cause::OtherValues, MovedBy::Destination));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(now, [(some("Bartender"), false), (some("Old Pier"), true)]);
    }

    #[test]
    fn what_is_there_already_is_so_unless_the_person_is_held_by_now() {
        let there = user("Bartender", "Old Pier");
        assert!(matches!(judged(Vec::new(), &both(), &there), Stands::Already(_)));
        let hold = Hold {
            employee: "7".into(),
            code: HoldCode::Excluded,
            field: None,
            also: Vec::new(),
            value: None,
            message: String::new(),
            remedy: String::new(),
            candidates: Vec::new(),
            others: Vec::new(),
            seen: None,
            beside: Vec::new(),
        };
        let plan = Plan { holds: vec![hold], ..Plan::default() };
        let due = Due::of(&plan, Clone::clone);
        let (cause, ..) = values(due.judge(&both(), Some(&there), MovedBy::Operator));
        assert_eq!(cause, Cause::Held);
    }

    #[test]
    fn an_option_that_is_there_by_now_was_there_already() {
        let option = Operation {
            employee: None,
            identifier: None,
            user: None,
            list: Some(ListKey::JOB_TITLE),
            ..line(OperationKind::CreateOption, vec![change(Field::JobTitle, "", "Sous Chef")])
        };
        let plan = Plan::default();
        let there = DestinationOption {
            list: ListKey::JOB_TITLE,
            key: "12".into(),
            name: "Sous Chef".into(),
            active: true,
            doubled: false,
            made_here: false,
        };
        let due = Due::of(&plan, Clone::clone);
        assert!(matches!(due.judge(&option, None, MovedBy::Source), Stands::Moved(..)));
        let due = due.with_options(vec![there]);
        assert!(matches!(due.judge(&option, None, MovedBy::Source), Stands::Already(_)));
    }
}
