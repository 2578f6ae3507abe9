//! What is written for one person.

use super::collide::PersonOperations;
use super::correlate::{LinkBasis, Stage};
use super::diff;
use super::holds::{hold, named_candidate};
use super::plan_index::PlanIndex;
use super::scope::Lifecycle;
use super::usable;
use crate::domain::capabilities::ReadBack;
use crate::domain::decision::{LinkOrigin, Ruling};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::person::{Employee, User};
use crate::domain::plan::{Hold, HoldCode, Operation, OperationKind};
use std::collections::HashMap;

/// The stages of everybody, as operations, holds and counts.
#[derive(Default)]
pub(super) struct Tally {
    pub operations: PersonOperations,
    pub holds: Vec<Hold>,
    pub unchanged: u32,
    pub ignored: u32,
    pub future: u32,
    /// People tied to a user.
    pub linked: u32,
    /// Employees who go on, with the place of their user; `None` for one who is to be created.
    pub going: HashMap<usize, Option<usize>>,
}

/// Turns stages into operations and holds.
pub(super) fn tally(index: &PlanIndex<'_>, stages: Vec<Stage>) -> Tally {
    let mut tally = Tally::default();
    for (place, stage) in stages.into_iter().enumerate() {
        let employee = index.employees[place];
        match stage {
            Stage::Held(hold) => {
                tally.linked += u32::from(super::correlate::base(index, place).user().is_some());
                tally.holds.push(*hold);
            }
            Stage::Tied { user, basis } => {
                tally.linked += 1;
                if let Some(hold) = usable::unusable(index, &employee.id, user) {
                    tally.holds.push(hold);
                    continue;
                }
                match tied(index, place, user, basis) {
                    Written::Held(hold) => tally.holds.push(*hold),
                    Written::Future => tally.future += 1,
                    Written::Operations(operations) => {
                        tally.going.insert(place, Some(user));
                        if operations.is_empty() {
                            tally.unchanged += 1;
                        } else {
                            tally.operations.insert(employee.id.clone(), operations);
                        }
                    }
                }
            }
            Stage::Create { note } => {
                if let Some(since) = index.parked_since(place) {
                    tally.holds.push(parked(index, &employee.id, since));
                    continue;
                }
                let mut create = operation(OperationKind::Create, employee, None);
                create.fields = without_email(index, place, diff::all_fields(&index.rules, employee));
                let shared = || "without the e-mail, which somebody else has too: ruled so".to_owned();
                create.note = note.or_else(|| index.is_without_email(place).then(shared));
                tally.going.insert(place, None);
                tally.operations.insert(employee.id.clone(), vec![create]);
            }
            Stage::Leaver { user } => {
                tally.linked += 1;
                if let Some(hold) = usable::unusable(index, &employee.id, user) {
                    tally.holds.push(hold);
                    continue;
                }
                let deactivate = deactivation(index, employee, index.users[user]);
                tally.operations.insert(employee.id.clone(), vec![deactivate]);
            }
            // Nobody is still to be asked here; an unanswered question writes nothing.
            Stage::Unchanged | Stage::Ask { .. } => {
                tally.linked += 1;
                tally.unchanged += 1;
            }
            Stage::Ignored => tally.ignored += 1,
            Stage::Future => tally.future += 1,
        }
    }
    tally
}

/// Sent already, and put aside by the destination: sending it with each sync would change nothing. Or on a list, and not seen
/// since: on a second list the person would come twice.
fn parked(index: &PlanIndex<'_>, employee: &EmployeeId, since: jiff::Timestamp) -> Hold {
    let destination = index.rules.destination.name;
    let day = since.strftime("%-d %b %Y");
    if index.rules.destination.read_back == ReadBack::OnceLoaded {
        let message = format!("on a list of new users since {day}, and no export of {destination} shows the user yet");
        let remedy = "have support load that list and put a new export there; only where the list is surely lost, rule `create` \
                      in Review: that puts the person on another one";
        return hold(employee, HoldCode::StatusUnclear, message, remedy);
    }
    let message = format!("sent on {day}, but {destination} keeps the person parked as a possible duplicate");
    let remedy = format!("decide on {destination}'s page of possible duplicates; `create` in Review sends it again");
    hold(employee, HoldCode::ProbableDuplicate, message, remedy)
}

pub(super) fn operation(kind: OperationKind, employee: &Employee, user: Option<&UserId>) -> Operation {
    Operation {
        seq: 0,
        kind,
        employee: Some(employee.id.clone()),
        identifier: Some(employee.identifier.clone()),
        user: user.cloned(),
        list: None,
        fields: Vec::new(),
        note: None,
    }
}

/// The fields without the e-mail, where it was ruled not to be this person's own: what the user has stays.
fn without_email(index: &PlanIndex<'_>, place: usize, mut fields: Vec<FieldChange>) -> Vec<FieldChange> {
    if index.is_without_email(place) {
        fields.retain(|change| change.field != Field::Email);
    }
    fields
}

enum Written {
    Held(Box<Hold>),
    Future,
    Operations(Vec<Operation>),
}

fn tied(index: &PlanIndex<'_>, place: usize, user: usize, basis: LinkBasis) -> Written {
    let (employee, found) = (index.employees[place], index.users[user]);
    let again = index.is_inactive(user);
    if again && index.life[place] == Lifecycle::NotYet {
        return Written::Future;
    }
    if again && let Some(hold) = may_not_return(index, place, user, basis) {
        return Written::Held(Box::new(hold));
    }
    let mut operations = Vec::new();
    if found.identifier.as_ref() != Some(&employee.identifier) {
        operations.push(link(index, employee, found, basis));
    }
    let fields = without_email(index, place, diff::differences(&index.rules, employee, found, again));
    if again {
        let mut reactivate = operation(OperationKind::Reactivate, employee, Some(&found.id));
        reactivate.fields = fields;
        operations.push(reactivate);
    } else if !fields.is_empty() {
        let mut update = operation(OperationKind::Update, employee, Some(&found.id));
        update.fields = fields;
        operations.push(update);
    }
    Written::Operations(operations)
}

fn link(index: &PlanIndex<'_>, employee: &Employee, user: &User, basis: LinkBasis) -> Operation {
    let mut link = operation(OperationKind::Link, employee, Some(&user.id));
    link.fields.push(FieldChange {
        field: Field::Identifier,
        from: user.identifier.as_ref().map(|identifier| identifier.0.clone()),
        to: Some(employee.identifier.0.clone()),
    });
    link.note = Some(match basis {
        LinkBasis::Identifier => "linked by identifier".to_owned(),
        LinkBasis::Memory => format!("{} gives this employee another identifier now", index.rules.source.name),
        LinkBasis::Operator => BY_RULING.to_owned(),
        LinkBasis::Email => BY_EMAIL.to_owned(),
        LinkBasis::Score => BY_SCORE.to_owned(),
    });
    link
}

const BY_RULING: &str = "linked by an operator's ruling";
const BY_EMAIL: &str = "linked by e-mail; every guard agrees";
const BY_SCORE: &str = "linked by score, above the auto-link threshold";

/// What a line that ties somebody to a user goes by: the plan says it in the line's note.
#[must_use]
pub fn origin_of_link(line: &Operation) -> LinkOrigin {
    match line.note.as_deref() {
        Some(BY_RULING) => LinkOrigin::Operator,
        Some(BY_EMAIL) => LinkOrigin::Email,
        Some(BY_SCORE) => LinkOrigin::Score,
        _ => LinkOrigin::Identifier,
    }
}

/// Why somebody employed whose user is deactivated is not simply switched on again (cases 38, 39, 44).
fn may_not_return(index: &PlanIndex<'_>, place: usize, user: usize, basis: LinkBasis) -> Option<Hold> {
    let (employee, found) = (index.employees[place], index.users[user]);
    let ruled = matches!(index.fresh_ruling(place), Some(Ruling::Link { user }) if *user == found.id);
    if basis == LinkBasis::Operator || ruled {
        return None;
    }
    let destination = index.rules.destination.name;
    let history = index.link(place).filter(|link| link.user == found.id).map(|link| link.active);
    let started_again = matches!(
        (employee.person.start_date, found.person.end_date),
        (Some(start), Some(end)) if start > end
    );
    let (code, message, remedy) = match history {
        Some(false) => return None,
        // The employment ended on both sides and a new one has begun (case 38).
        Some(true) if started_again => return None,
        Some(true) => (
            HoldCode::StatusConflict,
            format!("user {} was deactivated in {destination}, but the person is employed", found.id),
            "rule `link` in Review to switch the user on again, or protect it as it is",
        ),
        None => (
            HoldCode::Rehire,
            format!("user {} is deactivated in {destination}, and nothing is known of why", found.id),
            "rule in Review: link and reactivate, or exclude",
        ),
    };
    let mut hold = hold(&employee.id, code, message, remedy);
    hold.candidates.push(named_candidate(&found.id, Field::Identifier, "exact", "carries the identifier, deactivated"));
    Some(hold)
}

/// Switches a leaver's user off, with the end date where the source has one.
fn deactivation(index: &PlanIndex<'_>, employee: &Employee, user: &User) -> Operation {
    let mut deactivate = operation(OperationKind::Deactivate, employee, Some(&user.id));
    // The identifier that the user carries, should the source have changed it together with the status.
    deactivate.identifier = user.identifier.clone().or(deactivate.identifier);
    let takes = index.rules.destination.fields.contains(&Field::EndDate);
    let end = super::rules::end_date(employee);
    if takes && end.is_some() && end != user.person.end_date {
        deactivate.fields.push(FieldChange {
            field: Field::EndDate,
            from: user.person.end_date.map(|date| date.to_string()),
            to: end.map(|date| date.to_string()),
        });
    }
    deactivate
}

/// The deactivation of a linked person who is missing from a complete pull, where missing people count as leavers.
pub(super) fn missing_leaver(employee: &EmployeeId, user: &User) -> Operation {
    Operation {
        seq: 0,
        kind: OperationKind::Deactivate,
        employee: Some(employee.clone()),
        identifier: user.identifier.clone(),
        user: Some(user.id.clone()),
        list: None,
        fields: Vec::new(),
        note: Some("missing from the source's complete answer".to_owned()),
    }
}
