//! Employees who carry one identifier or one e-mail, side by side with what the destination has.

use super::super::Context;
use super::card::shown;
use super::trial::{People, Trial};
use super::{records, rivals};
use crate::console::format;
use crate::console::screens::review::data::{Collision, Consequences, Question, Side};
use crate::domain::connection::Connection;
use crate::domain::decision::Ruling;
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::person::{Employee, EmploymentStatus, User};
use crate::domain::plan::HoldCode;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::text;
use crate::mapping::MappingIndex;
use crate::planning::records::Answer;
use crate::store::views::DeskContext;

pub(super) const FIELDS: [Field; 6] =
    [Field::DateOfBirth, Field::Email, Field::JobTitle, Field::Branch, Field::StartDate, Field::EndDate];

/// The collision that an employee stands in.
pub(super) async fn collision(
    context: &Context,
    connection: &Connection,
    employee: &EmployeeId,
) -> Result<Collision, Problem> {
    let store = &context.engine.store;
    let gone = || {
        Problem::new(ProblemKind::Input, "this collision is not there any more")
            .with_remedy("go back: the newest plan has nobody else with this identifier or e-mail")
    };
    let head = store.latest_plan(connection.id).await?.ok_or_else(gone)?;
    let rows = store.collisions(head.id).await?;
    let mine = rows.iter().find(|row| row.employee == *employee || row.others.contains(employee));
    let Some(mine) = mine else {
        return match records::records(context, connection, employee).await? {
            Some(found) => Ok(found),
            None => rivals::rivals(context, connection, employee).await?.ok_or_else(gone),
        };
    };
    let mut ids = vec![mine.employee.clone()];
    ids.extend(mine.others.iter().cloned());
    let mut all: Vec<EmployeeId> = Vec::new();
    for row in &rows {
        if !all.iter().any(|one| row.others.contains(one)) {
            all.push(row.employee.clone());
        }
    }
    let place = all.iter().position(|one| ids.contains(one)).unwrap_or(0);
    let mut employees = Vec::new();
    for id in &ids {
        employees.extend(store.employee(connection.id, id).await?);
    }
    let is_email = mine.code == HoldCode::DuplicateEmail;
    let mut users = Vec::new();
    // Who has a shared e-mail is the user of any of them.
    for one in employees.iter().take(if is_email { employees.len() } else { 1 }) {
        users.extend(store.users_with_identifier(connection.id, one.identifier.as_str()).await?);
    }
    let around = store.desk_context(connection.id, ids, users.iter().map(|user| user.id.clone()).collect()).await?;
    // Of a shared e-mail the user in the middle is the one who has it.
    let holder = holder(&employees, &around).filter(|_| is_email);
    let users: Vec<User> = if is_email { holder.into_iter().collect() } else { users };
    let trial = Trial::of_all(context, connection, &employees).await?;
    let (code, message) = (mine.code, store.review_card(mine.hold).await?.hold.message);
    let words = super::words(trial.abilities());
    let built = super::computed(move || {
        let people = People { employees, users: &around.users, links: &around.links };
        build(&trial, &people, users.first(), code, &message)
    });
    Ok(Collision { words, later: super::later(context, connection), all, place, ..built.await? })
}

fn build(trial: &Trial, people: &People<'_>, user: Option<&User>, code: HoldCode, message: &str) -> Collision {
    let index = trial.index();
    let capabilities = trial.abilities().destination;
    let (word, destination) = (capabilities.identifier_word, capabilities.name);
    let first = people.employees.first();
    let number = people.employees.len();
    let title = match (code, first) {
        (HoldCode::DuplicateIdentifier, Some(first)) => {
            format!("{} employees carry {word} {}", counted(number), first.identifier)
        }
        _ => format!("{} employees have one e-mail", counted(number)),
    };
    let because = match code {
        HoldCode::DuplicateIdentifier if number > 1 => {
            format!("{destination} keeps one user per {word}: the second would silently overwrite the first.")
        }
        HoldCode::DuplicateEmail if number > 1 => format!("{destination} refuses one e-mail twice: {message}."),
        _ => format!("{message}."),
    };
    let labels = labels(trial, &FIELDS);
    let fits = fitting(people, user);
    let sides = (0..number).filter_map(|at| side(trial, &index, people, at, user, code, fits)).collect();
    let everybody: Vec<usize> = (0..number).collect();
    let is_email = code == HoldCode::DuplicateEmail;
    Collision {
        question: if is_email { Question::Email } else { Question::Identifier },
        nobody_has_it: is_email.then(|| without(trial, people, &everybody)),
        code: Some(code),
        title,
        because,
        sides,
        user: user.map(|user| user.id.to_string()),
        user_values: user.map(|user| user_values(&index, user, &FIELDS)).unwrap_or_default(),
        labels,
        fits,
        ..Collision::default()
    }
}

pub(super) fn counted(number: usize) -> String {
    match number {
        1 => "One".to_owned(),
        2 => "Two".to_owned(),
        3 => "Three".to_owned(),
        more => more.to_string(),
    }
}

pub(super) fn user_values(index: &MappingIndex<'_>, user: &User, fields: &[Field]) -> Vec<String> {
    let mut values = vec![user.person.display_name()];
    for field in fields.iter().copied() {
        let held = user.value(field).map(std::borrow::Cow::into_owned).unwrap_or_default();
        values.push(match field.list() {
            Some(table) if !held.is_empty() => index.table(table).name_of(&held).to_owned(),
            _ => shown(field, &held),
        });
    }
    values.push(user.identifier.as_ref().map(ToString::to_string).unwrap_or_default());
    values.push(user.status.words());
    values
}

/// Name, birth date, e-mail, start date: how many of those that both have agree.
fn agreement(employee: &Employee, user: &User) -> (usize, usize) {
    let fields = [Field::FirstName, Field::LastName, Field::DateOfBirth, Field::Email, Field::StartDate];
    let mut both = 0;
    let mut equal = 0;
    for field in fields {
        let (source, held) = (employee.value(field), user.value(field));
        if source.is_some() && held.is_some() {
            both += 1;
            equal += usize::from(field.is_same(source.as_deref(), held.as_deref()));
        }
    }
    (equal, both)
}

/// The one side that agrees with the user more than every other.
fn fitting(people: &People<'_>, user: Option<&User>) -> Option<usize> {
    let user = user?;
    let scores: Vec<usize> = people.employees.iter().map(|employee| agreement(employee, user).0).collect();
    let best = scores.iter().copied().max().filter(|best| *best > 0)?;
    let mut places = scores.iter().enumerate().filter(|(_, score)| **score == best).map(|(place, _)| place);
    let place = places.next()?;
    places.next().is_none().then_some(place)
}

fn side(
    trial: &Trial,
    index: &MappingIndex<'_>,
    people: &People<'_>,
    at: usize,
    user: Option<&User>,
    code: HoldCode,
    fits: Option<usize>,
) -> Option<Side> {
    let employee = people.employees.get(at)?;
    let others: Vec<&Employee> =
        people.employees.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, one)| one).collect();
    let values = values(index, employee, &FIELDS);
    let (keep, answer) = keep(people, employee, user, code);
    let plan = trial.plan_of(people, &answer);
    let held = plan.holds.iter().find(|hold| hold.employee == employee.id);
    let refused = match (held, others.is_empty()) {
        (_, true) => Some("nobody else to rule on: only the source can cure this".to_owned()),
        (Some(hold), _) => Some(format!("no ruling helps: {}", hold.message)),
        (None, _) => None,
    };
    let name = short(employee);
    let waiting: Vec<String> = others.iter().map(|other| short(other)).collect();
    let waiting = waiting.join(", ");
    let written = trial.written(&plan, &employee.id);
    let outcome = match (user, fits == Some(at), code) {
        (Some(user), true, HoldCode::DuplicateIdentifier) => {
            format!("{name} goes on as {}. {waiting} stays held until HR gives an id of their own.", user.id)
        }
        (Some(user), false, HoldCode::DuplicateIdentifier) => {
            let history = match &user.training {
                Some(training) => {
                    let courses = format::counted(u64::from(training.completed), "course", "courses");
                    format!("{courses} change owner")
                }
                None => "its history changes owner".to_owned(),
            };
            format!("{} would become {name}: {history}; asks first.", user.id)
        }
        (_, _, HoldCode::DuplicateIdentifier) => {
            format!("{name}: {}. {waiting} stays held until HR gives an id of their own.", written.short)
        }
        (_, true, _) => {
            format!("{name} keeps it: {}. {waiting} stays held until HR gives one of their own.", written.short)
        }
        (Some(user), false, _) => format!(
            "{name} gets it: {}. User {} has it now and is not written any more: asks first.",
            written.short, user.id
        ),
        (None, false, _) => format!("{name}: {}. {waiting} stays held until HR gives one of their own.", written.short),
    };
    let others_without: Vec<usize> = (0..people.employees.len()).filter(|place| *place != at).collect();
    let what = if code == HoldCode::DuplicateIdentifier {
        format!("id {} is taken, give an id of their own", employee.id)
    } else {
        "the e-mail belongs to somebody else too, give one of their own".to_owned()
    };
    let branch = employee.person.branch.clone().unwrap_or_default();
    let fix = format!("{}, {branch}: {what}", employee.person.display_name());
    Some(Side {
        employee: employee.id.to_string(),
        name: employee.person.display_name(),
        branch,
        values,
        fit: user.map(|user| fit_words(agreement(employee, user))).unwrap_or_default(),
        keep,
        others_without: (code == HoldCode::DuplicateEmail).then(|| without(trial, people, &others_without)),
        outcome,
        refused,
        fix,
        is_held: true,
    })
}

/// What the source has of an employee, in the order of the labels.
pub(super) fn values(index: &MappingIndex<'_>, employee: &Employee, fields: &[Field]) -> Vec<String> {
    let mut values = vec![employee.person.display_name()];
    for field in fields.iter().copied() {
        let raw = employee.value(field).unwrap_or_default().into_owned();
        values.push(match field.list().and_then(|table| index.resolve(table, &raw).key().cloned()) {
            Some(key) => field.list().map_or(raw, |table| index.table(table).name_of(key.as_str()).to_owned()),
            None => shown(field, &raw),
        });
    }
    values.push(employee.id.to_string());
    values.push(match &employee.status {
        EmploymentStatus::Active => "active".to_owned(),
        EmploymentStatus::Ended => "ended".to_owned(),
        EmploymentStatus::Unclear(word) => word.clone(),
    });
    values
}

/// Heads of the lines: the name, these fields, the source's id, the status.
pub(super) fn labels(trial: &Trial, fields: &[Field]) -> Vec<String> {
    let mut labels = vec!["name".to_owned()];
    labels.extend(fields.iter().map(|field| trial.abilities().destination.word(*field).to_owned()));
    labels.push(format!("{} id", trial.abilities().source.name));
    labels.push("status".to_owned());
    labels
}

fn fit_words((equal, both): (usize, usize)) -> String {
    match both {
        0 => "nothing to compare".to_owned(),
        _ if equal == both => format!("all {both} agree"),
        _ => format!("{equal} of {both} agree"),
    }
}

fn short(employee: &Employee) -> String {
    employee.person.first_name.clone().unwrap_or_else(|| employee.person.display_name())
}

/// What has to be ruled so that this side goes on: it is the user who carries the identifier, or else the others leave it what
/// they share, and stay held. Nobody is taken out of the sync.
fn keep(
    people: &People<'_>,
    employee: &Employee,
    user: Option<&User>,
    code: HoldCode,
) -> (Vec<(EmployeeId, Ruling)>, Answer) {
    if let (Some(user), HoldCode::DuplicateIdentifier) = (user, code) {
        let rulings = vec![(employee.id.clone(), Ruling::Link { user: user.id.clone() })];
        return (rulings.clone(), Answer { rulings, ..Answer::default() });
    }
    (Vec::new(), Answer::yield_to(&employee.id, &ids_of(people)))
}

fn ids_of(people: &People<'_>) -> Vec<EmployeeId> {
    people.employees.iter().map(|one| one.id.clone()).collect()
}

/// The user of one of these employees who has the e-mail that they share.
fn holder(employees: &[Employee], around: &DeskContext) -> Option<User> {
    let key = |email: Option<&String>| email.and_then(|email| text::email_key(email));
    let shared = key(employees.first()?.person.email.as_ref())?;
    around.users.iter().find(|user| key(user.person.email.as_ref()).as_ref() == Some(&shared)).cloned()
}

/// What comes of it when these go without the e-mail.
fn without(trial: &Trial, people: &People<'_>, places: &[usize]) -> Consequences {
    let destination = trial.abilities().destination;
    if !destination.takes_without_email() {
        return Err(format!("{} takes nobody without an e-mail", destination.name));
    }
    let without: Vec<&Employee> = places.iter().filter_map(|at| people.employees.get(*at)).collect();
    let ids: Vec<EmployeeId> = without.iter().map(|one| one.id.clone()).collect();
    let plan = trial.plan_of(people, &Answer::without_email(&ids, &ids_of(people)));
    let held = |one: &&Employee| plan.holds.iter().find(|hold| hold.employee == one.id);
    if let (Some(hold), true) = (without.iter().find_map(held), without.iter().all(|one| held(one).is_some())) {
        return Err(format!("no ruling helps: {}", hold.message));
    }
    let said = without.iter().map(|one| match held(one) {
        Some(hold) => format!("{} stays held: {}", short(one), hold.message),
        None => {
            let creates = plan.operations.iter().any(|line| {
                line.employee.as_ref() == Some(&one.id) && line.kind == crate::domain::plan::OperationKind::Create
            });
            let what = if creates { "is created without e-mail" } else { "goes on, the e-mail is left as it is" };
            format!("{} {what}", short(one))
        }
    });
    let said: Vec<String> = said.collect();
    Ok(format!("{}: no welcome mail, no log-in by mail yet.", said.join(", ")))
}
