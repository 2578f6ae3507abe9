//! One card: the person beside the candidates, and what each ruling leads to.

use super::super::Context;
use super::trial::{People, Trial};
use crate::console::format;
use crate::console::screens::review::data::{Card, Choice, Line, Mark, Outcome};
use crate::domain::connection::Connection;
use crate::domain::decision::{Decision, Ruling};
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::person::{Employee, Training, User, UserStatus};
use crate::domain::plan::{Candidate, Evidence};
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::mapping::MappingIndex;
use crate::planning::records::{Answer, Records};
use crate::store::views::ReviewCard;
use crate::store::{Store, StoreError};

/// Fields that stand on a card also where nothing weighed them.
const ALWAYS: [Field; 7] = [
    Field::FirstName,
    Field::LastName,
    Field::DateOfBirth,
    Field::Email,
    Field::JobTitle,
    Field::Branch,
    Field::StartDate,
];

/// Who they are: never off the card.
pub(in crate::console::backend) const STAYS: [Field; 4] =
    [Field::FirstName, Field::LastName, Field::DateOfBirth, Field::Email];

/// The card of a hold; where a newer plan has taken its plan's place, that of the same person there.
pub(super) async fn card(
    context: &Context,
    connection: &Connection,
    hold: i64,
    employee: &EmployeeId,
) -> Result<Card, Problem> {
    let store = &context.engine.store;
    let Some(found) = find(store, connection, hold, employee).await? else {
        return Ok(settled(store, connection, employee).await?);
    };
    let users: Vec<_> = found.hold.candidates.iter().map(|candidate| candidate.user.clone()).collect();
    let mut concerned = vec![employee.clone()];
    concerned.extend(found.hold.others.iter().cloned());
    let around = store.desk_context(connection.id, concerned, users).await?;
    let later = super::later(context, connection);
    let mut employees: Vec<Employee> = found.employee.iter().chain(&found.others).cloned().collect();
    employees.extend(around.holders.iter().cloned());
    let trial = Trial::read(context, connection, &employees).await?;
    let people = People { employees, users: &around.users, links: &around.links };
    let mut card = build(&trial, &people, &found, later);
    name_rivals(store, connection, &mut card).await?;
    Ok(card)
}

/// A rival is named: whom the weights know by id has a name in the current pull.
async fn name_rivals(store: &Store, connection: &Connection, card: &mut Card) -> Result<(), StoreError> {
    for choice in &mut card.choices {
        if let (Some(rival), Some((words, _))) = (&choice.claimed_by, &mut choice.rival) {
            let record = store.employee(connection.id, rival).await?;
            let name = record.map_or_else(|| rival.to_string(), |record| record.person.display_name());
            let scores = words.strip_prefix("another employee scores ");
            *words = match scores {
                Some(scores) => format!("{name} claims {} too, {scores}", choice.user),
                None => format!("{name}; {words}"),
            };
        }
    }
    Ok(())
}

async fn find(
    store: &Store,
    connection: &Connection,
    hold: i64,
    employee: &EmployeeId,
) -> Result<Option<ReviewCard>, Problem> {
    let Some(head) = store.latest_plan(connection.id).await? else { return Ok(None) };
    match store.review_card(hold).await {
        Ok(card) if card.hold.employee == *employee && card.plan == head.id => return Ok(Some(card)),
        Ok(_) | Err(StoreError::Missing { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    match store.hold_number(head.id, employee).await? {
        Some(number) => Ok(Some(store.review_card(number).await?)),
        None => Ok(None),
    }
}

/// Somebody whom the newest plan does not hold any more.
async fn settled(store: &Store, connection: &Connection, employee: &EmployeeId) -> Result<Card, StoreError> {
    let record = store.employee(connection.id, employee).await?;
    Ok(Card {
        employee: employee.to_string(),
        name: record.map_or_else(|| employee.to_string(), |record| record.person.display_name()),
        message: "not held any more: the newest plan has settled this person".to_owned(),
        remedy: "r reads the queue again".to_owned(),
        ..Card::default()
    })
}

fn build(trial: &Trial, people: &People<'_>, found: &ReviewCard, later: jiff::civil::Date) -> Card {
    let index = trial.index();
    let hold = &found.hold;
    let employee = found.employee.as_ref();
    let mut choices: Vec<Choice> = Vec::new();
    for (place, candidate) in hold.candidates.iter().enumerate() {
        let user = found.users.iter().find(|user| user.id == candidate.user);
        let mut choice = choice(trial, &index, employee, user, candidate);
        choice.hint = hint(place, candidate, user);
        choice.link = link(trial, people, found, candidate, user);
        if let Some(other) = hold.beside.iter().find(|other| other.user.as_ref() == Some(&candidate.user)) {
            let why = format!("employee {} has this user: c rules which of the two records counts", other.employee);
            choice.link.refused = Some(why);
        }
        choices.push(choice);
    }
    let best = hold.candidates.first().and_then(|best| found.users.iter().find(|user| user.id == best.user));
    Card {
        hold: 0,
        employee: hold.employee.to_string(),
        identifier: employee.map(|employee| employee.identifier.to_string()).unwrap_or_default(),
        name: employee.map_or_else(|| hold.employee.to_string(), |employee| employee.person.display_name()),
        code: Some(hold.code),
        message: hold.message.clone(),
        remedy: hold.remedy.clone(),
        facts: employee.map(|employee| facts(trial, employee)).unwrap_or_default(),
        new: create(trial, people, found, best),
        later: Outcome {
            write: "nothing; not synced until ruled".to_owned(),
            short: "nothing sent".to_owned(),
            training: "untouched".to_owned(),
            wrong: format!("{}, or when name, birth date or e-mail change", day(later)),
            ..Outcome::default()
        },
        choices,
        others: found.others.iter().map(named).collect(),
        records: hold.beside.len(),
        ruling: found.ruling.as_ref().map(ruling_words),
    }
}

/// Namesakes are told apart by their ids.
fn named(employee: &Employee) -> String {
    format!("{} ({})", employee.person.display_name(), employee.id)
}

fn ruling_words(decision: &Decision) -> String {
    let what = match &decision.ruling {
        Ruling::Link { user } => format!("linked to {user}"),
        Ruling::Create => "new user".to_owned(),
        Ruling::Exclude => "excluded".to_owned(),
        Ruling::Protect => "protected".to_owned(),
        Ruling::Later { until: Some(until) } => format!("later until {}", day(*until)),
        Ruling::Later { until: None } => "later".to_owned(),
        Ruling::HoldBack => "held back from the plan".to_owned(),
        Ruling::Undone { run } => format!("run {run} undone"),
    };
    let why = decision.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{what}, by {}{why}", decision.by)
}

fn day(date: jiff::civil::Date) -> String {
    date.strftime("%-d %b").to_string()
}

/// What the source knows of somebody, where nobody stands beside.
fn facts(trial: &Trial, employee: &Employee) -> Vec<(String, String)> {
    let mut facts = vec![(trial.abilities().destination.identifier_word.to_owned(), employee.identifier.to_string())];
    for field in ALWAYS.into_iter().chain([Field::EndDate]) {
        let value = employee.value(field).map(|value| shown(field, &value));
        let value = value.or_else(|| STAYS.contains(&field).then(|| "(none)".to_owned()));
        facts.extend(value.map(|value| (trial.abilities().destination.word(field).to_owned(), value)));
    }
    facts
}

/// A value as a person reads it: dates with the month in letters.
pub(in crate::console::backend) fn shown(field: Field, value: &str) -> String {
    match field {
        Field::DateOfBirth | Field::StartDate | Field::EndDate => {
            value.parse().map(format::day_long).unwrap_or_else(|_| value.to_owned())
        }
        _ => value.to_owned(),
    }
}

fn choice(
    trial: &Trial,
    index: &MappingIndex<'_>,
    employee: Option<&Employee>,
    user: Option<&User>,
    candidate: &Candidate,
) -> Choice {
    let is_field = |line: &&Evidence| !matches!(line.field.as_str(), "prior" | "rival");
    let mut lines: Vec<(Option<Field>, Line)> = Vec::new();
    for line in candidate.evidence.iter().filter(is_field) {
        let field = Field::from_key(&line.field);
        // What a guard found out stands in words; it is not weighed.
        if line.bits == 0.0 && line.source_value.is_none() && line.destination_value.is_none() && field.is_none() {
            continue;
        }
        // The head of the card has both identifiers already.
        if field == Some(Field::Identifier) && line.bits == 0.0 && line.destination_value.is_none() {
            continue;
        }
        let next = weighed(trial, index, employee, user, field, line);
        // What a guard says of a field that was weighed stands beside the weight: no two rows have one name.
        match lines.iter_mut().find(|(_, known)| known.label == next.label) {
            Some((_, known)) if known.reason.is_empty() => known.reason = next.reason,
            Some((_, known)) => known.reason = format!("{}; {}", known.reason, next.reason),
            None => lines.push((field, next)),
        }
    }
    for field in ALWAYS {
        if !lines.iter().any(|(known, _)| *known == Some(field)) {
            lines.push((Some(field), plain(trial, index, employee, user, field)));
        }
    }
    lines.retain(|(_, line)| line.stays || !(line.source.is_empty() && line.destination.is_empty()));
    lines.sort_by_key(|(field, _)| ALWAYS.iter().position(|known| Some(*known) == *field).unwrap_or(ALWAYS.len()));
    let find = |key: &str| candidate.evidence.iter().find(|line| line.field == key);
    Choice {
        user: candidate.user.to_string(),
        name: user.map_or_else(|| candidate.user.to_string(), |user| user.person.display_name()),
        active: user.is_some_and(|user| user.status.is_active()),
        status: user.map(|user| user.status.words()).unwrap_or_default(),
        identifier: user.and_then(|user| user.identifier.as_ref()).map(ToString::to_string),
        probability: candidate.probability,
        lines: lines.into_iter().map(|(_, line)| line).collect(),
        prior: find("prior").map(|line| line.bits),
        rival: find("rival").map(|line| (line.reason.clone(), line.bits)),
        claimed_by: find("rival").and_then(|line| line.source_value.as_deref()).map(EmployeeId::from),
        weight: candidate.weight,
        ..Choice::default()
    }
}

fn raw(index: &MappingIndex<'_>, user: &User, field: Field) -> String {
    let value = user.value(field).map(std::borrow::Cow::into_owned).unwrap_or_default();
    match field.list() {
        Some(table) if !value.is_empty() => index.table(table).name_of(&value).to_owned(),
        _ => shown(field, &value),
    }
}

fn weighed(
    trial: &Trial,
    index: &MappingIndex<'_>,
    employee: Option<&Employee>,
    user: Option<&User>,
    field: Option<Field>,
    line: &Evidence,
) -> Line {
    let value = |given: &Option<String>| {
        given.as_deref().map(|value| field.map_or_else(|| value.to_owned(), |field| shown(field, value)))
    };
    // Evidence says what was compared; the record says it where the evidence is silent.
    let source = value(&line.source_value).or_else(|| {
        field.and_then(|field| employee.and_then(|one| one.value(field)).map(|value| shown(field, &value)))
    });
    let destination =
        value(&line.destination_value).or_else(|| Some(raw(index, user?, field?)).filter(|value| !value.is_empty()));
    let (source, destination) = (source.unwrap_or_default(), destination.unwrap_or_default());
    let mark = Mark::of(field, Some(line), Some(&source), Some(&destination));
    let label = field
        .map_or_else(|| line.field.replace('_', " "), |field| trial.abilities().destination.word(field).to_owned());
    let stays = field.is_some_and(|field| STAYS.contains(&field));
    Line { label, source, destination, mark, bits: Some(line.bits), reason: line.reason.clone(), stays }
}

/// A field that nothing weighed, compared as the planner would.
fn plain(
    trial: &Trial,
    index: &MappingIndex<'_>,
    employee: Option<&Employee>,
    user: Option<&User>,
    field: Field,
) -> Line {
    let source_value = employee.and_then(|employee| employee.value(field));
    let destination_value = user.and_then(|user| user.value(field).map(|held| held.into_owned()));
    let equal = match (&source_value, &destination_value, field.list()) {
        (Some(source), Some(destination), Some(table)) => {
            index.resolve(table, source).key().is_some_and(|key| key.as_str() == destination)
        }
        (source, destination, _) => field.is_same(source.as_deref(), destination.as_deref()),
    };
    let source = source_value.map(|value| shown(field, &value)).unwrap_or_default();
    let destination = user.map(|user| raw(index, user, field)).unwrap_or_default();
    let mark = if source.is_empty() || destination.is_empty() {
        Mark::Missing
    } else if equal || source == destination {
        Mark::Equal
    } else if text::fold(&source) == text::fold(&destination) {
        Mark::Almost
    } else {
        Mark::Differs
    };
    let label = trial.abilities().destination.word(field).to_owned();
    let reason = match mark {
        Mark::Equal if field.list().is_some() && source != destination => "equal by the mapping table".to_owned(),
        _ => "not weighed".to_owned(),
    };
    Line { label, source, destination, mark, bits: None, reason, stays: STAYS.contains(&field) }
}

fn hint(place: usize, candidate: &Candidate, user: Option<&User>) -> String {
    let line = |key: &str| candidate.evidence.iter().find(|line| line.field == key);
    let twin = place > 0
        && line("date_of_birth").is_some_and(|line| line.level == "exact" && line.bits > 0.0)
        && line("first_name").is_some_and(|line| line.bits < 0.0);
    let mut hints: Vec<&str> = Vec::new();
    let status = user.filter(|user| !user.status.is_active()).map(|user| user.status.words());
    hints.extend(status.as_deref());
    if twin {
        hints.push("twin? same birth date");
    }
    hints.join(", ")
}

fn courses(training: &Training) -> String {
    format::counted(u64::from(training.completed), "course", "courses")
}

fn refused(plan: &crate::domain::plan::Plan, employee: &EmployeeId) -> Option<String> {
    plan.holds.iter().find(|hold| hold.employee == *employee).map(|hold| format!("stays held: {}", hold.message))
}

fn link(trial: &Trial, people: &People<'_>, found: &ReviewCard, candidate: &Candidate, user: Option<&User>) -> Outcome {
    if found.employee.is_none() {
        let why =
            format!("not in {}'s answer: nothing can be written for somebody unknown", trial.abilities().source.name);
        return Outcome { refused: Some(why), ..Outcome::default() };
    }
    let employee = &found.hold.employee;
    let plan = trial.plan(people, &[(employee.clone(), Ruling::Link { user: candidate.user.clone() })]);
    let written = trial.written(&plan, employee);
    let training = match user.and_then(|user| user.training.as_ref()) {
        Some(training) => {
            let last = training.last_on.map(|day| format!(", last {}", format::day_long(day))).unwrap_or_default();
            format!("{} stay{last}", courses(training))
        }
        None => format!("{} does not tell; it stays", trial.abilities().destination.name),
    };
    let undo = u32::try_from(written.undo).unwrap_or(u32::MAX);
    let values = if undo == 1 { "the old value".to_owned() } else { format!("all {undo} old values") };
    Outcome {
        refused: refused(&plan, employee),
        write: written.long,
        short: written.short,
        mails: written.mails,
        training,
        wrong: match undo {
            0 => "two people share one history".to_owned(),
            _ => format!("two people share one history; undo puts {values} back"),
        },
        undo,
    }
}

fn create(trial: &Trial, people: &People<'_>, found: &ReviewCard, best: Option<&User>) -> Outcome {
    if found.employee.is_none() {
        let why = format!("not in {}'s answer", trial.abilities().source.name);
        return Outcome { refused: Some(why), ..Outcome::default() };
    }
    let employee = &found.hold.employee;
    let records = Records::around(employee, &[(employee.clone(), found.hold.beside.clone())], &[]);
    let answer = match &records {
        Some(records) => records.create(employee),
        None => Answer { rulings: vec![(employee.clone(), Ruling::Create)], ..Answer::default() },
    };
    let plan = trial.plan_of(people, &answer);
    let creates = plan
        .operations
        .iter()
        .any(|one| one.employee.as_ref() == Some(employee) && one.kind == crate::domain::plan::OperationKind::Create);
    let written = trial.written(&plan, employee);
    let refused = refused(&plan, employee)
        .or_else(|| (!creates).then(|| "a user with this identifier is there already".to_owned()));
    if let Some(records) = &records {
        let others = records.employees.iter().filter(|other| *other != employee).map(EmployeeId::as_str);
        let others = others.take(3).collect::<Vec<_>>().join(", ");
        return Outcome {
            refused,
            write: format!("{}, for this record alone", written.long),
            short: written.short,
            mails: written.mails,
            training: "starts empty".to_owned(),
            wrong: format!("a second account for one human; {others} stays as it is"),
            undo: 0,
        };
    }
    let (training, wrong) = match best {
        Some(user) => (
            match &user.training {
                Some(training) => format!("empty; {} stay with {}", courses(training), user.id),
                None => "starts empty".to_owned(),
            },
            match &user.status {
                UserStatus::Active => format!("a duplicate; {} stays active and nobody's", user.id),
                UserStatus::Unshown { off: false } => format!("a duplicate; {} stays as it is and nobody's", user.id),
                UserStatus::Inactive | UserStatus::Unshown { off: true } => {
                    format!("a second account; {} keeps the old history", user.id)
                }
                UserStatus::Unclear(word) => format!("a second account; {} stays `{word}`", user.id),
            },
        ),
        None => ("starts empty".to_owned(), "deactivate the user again".to_owned()),
    };
    Outcome { refused, write: written.long, short: written.short, mails: written.mails, training, wrong, undo: 0 }
}
