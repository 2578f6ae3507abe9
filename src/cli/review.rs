//! `onroll review`: the queue and the rulings, on the command line.

use super::arguments::{DecideArguments, ReviewCommand};
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::decision::{NotSame, Ruling};
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::problem::{Problem, ProblemKind};
use crate::ports::clock::day_in;
use crate::services::plans;
use crate::services::reviews::group::{self, GroupRuling};
use crate::services::reviews::list::{self, Line};
use crate::services::reviews::{self, Judgement};
use crate::store::PlanHead;
use crate::store::views::{QueueAsk, QueueFound, ReviewOrder};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Lines that are read at once.
const CHUNK: usize = 500;

/// Runs a review command.
///
/// # Errors
/// A [`Problem`] with what is wrong and what to do.
pub async fn run(workspace: &Workspace, command: &ReviewCommand, output: &mut Output) -> Result<Exit, Problem> {
    match command {
        ReviewCommand::List { tenant, order, filter } => {
            list(workspace, tenant, ((*order).into(), filter), output).await
        }
        ReviewCommand::Decide(arguments) => decide(workspace, arguments, output).await,
    }
}

async fn list(
    workspace: &Workspace,
    tenant: &str,
    (order, filter): (ReviewOrder, &str),
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let store = &workspace.store;
    let doubled = store.doubled(connection.id).await?;
    let queue = list::queue(store, &connection, order).await?;
    let places = match &queue {
        Some((head, found)) => passing(workspace, &connection, (head, found), (order, filter)).await?,
        None => Vec::new(),
    };
    let found = queue.map(|(_, found)| found);
    let lines = match &found {
        Some(found) => lines(workspace, &connection, (found, &places)).await?,
        None => Vec::new(),
    };
    let figures = found.as_ref().map(|found| found.figures).unwrap_or_default();
    let ruled: HashSet<usize> = found.iter().flat_map(|found| &found.ruled).map(|(at, _)| *at).collect();
    if output.json {
        let mut cards = Vec::new();
        for (at, line) in places.iter().zip(&lines) {
            let card = store.review_card(line.hold).await?;
            let mut value = super::plan::hold(&card.hold);
            merge(&mut value, fields(line, ruled.contains(at)));
            cards.push(value);
        }
        let doubled: Vec<Value> = doubled.iter().map(super::plan::doubled).collect();
        output.object(&json!({
            "review": cards, "left": figures.left, "ruled": figures.ruled, "order": order.key(), "doubled": doubled,
        }))?;
        return Ok(Exit::Done);
    }
    for one in &doubled {
        output.note(&format!("two users already, perhaps of one person: {}", super::plan::doubled_words(one)));
    }
    if lines.is_empty() && !filter.is_empty() {
        output.line(&format!("Nobody in review fits \"{filter}\"."))?;
        return Ok(Exit::Done);
    }
    if lines.is_empty() {
        output.line("Nobody to review. `onroll plan` makes a fresh plan.")?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = places.iter().zip(&lines).map(|(at, line)| row(line, ruled.contains(at))).collect();
    let heads =
        ["employee", "name", "born", "e-mail", "user", "its name", "born", "e-mail", "#sure", "because", "rival", ""];
    output.table(&heads, &rows)?;
    let of = if figures.ruled > 0 { format!(", {} of {} ruled", figures.ruled, figures.all()) } else { String::new() };
    output.line(&format!("{} left{of}. `onroll review decide` rules.", figures.left))?;
    Ok(Exit::Done)
}

/// Who of the queue passes the filter, by place.
async fn passing(
    workspace: &Workspace,
    connection: &Connection,
    (head, found): (&PlanHead, &QueueFound),
    (order, filter): (ReviewOrder, &str),
) -> Result<Vec<usize>, Problem> {
    if filter.trim().is_empty() {
        return Ok((0..found.rows.all().len()).collect());
    }
    let identifier = workspace.engine.abilities(connection)?.destination.identifier_word;
    let today = day_in(workspace.engine.clock.now(), &connection.time_zone);
    let asked = list::filtered(&workspace.store, QueueAsk::of(head, order), (identifier, filter), today).await?;
    let filtered = asked
        .map_err(|error| Problem::new(ProblemKind::Input, "the filter cannot be read").with_why(error.to_string()))?;
    Ok(filtered.map(|filtered| filtered.places).unwrap_or_default())
}

async fn lines(
    workspace: &Workspace,
    connection: &Connection,
    (found, places): (&QueueFound, &[usize]),
) -> Result<Vec<Line>, Problem> {
    let rows = found.rows.all();
    let holds: Vec<i64> = places.iter().filter_map(|at| rows.get(*at)).map(|row| row.hold).collect();
    let mut lines = Vec::with_capacity(holds.len());
    for part in holds.chunks(CHUNK) {
        lines.extend(list::lines(&workspace.store, connection, part.to_vec()).await?);
    }
    Ok(lines)
}

fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more);
    }
}

/// The fields of a line of the list.
fn fields(line: &Line, is_ruled: bool) -> Value {
    json!({
        "name": line.name,
        "birth_date": line.born.source,
        "email": line.email.source,
        "user": line.user.as_ref().map(|user| json!({
            "id": user.id,
            "name": user.name,
            "status": user.status,
            "birth_date": line.born.destination,
            "email": line.email.destination,
        })),
        "marks": { "birth_date": line.born.mark.key(), "email": line.email.mark.key() },
        "probability": line.probability,
        "because": line.because,
        "rival": line.rival.as_ref().map(|rival| json!({
            "employee_id": rival.employee,
            "name": rival.name,
            "birth_date": rival.born,
            "email": rival.email,
            "probability": rival.probability,
        })),
        "ruled": is_ruled,
    })
}

fn row(line: &Line, is_ruled: bool) -> Vec<String> {
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let rival = line.rival.as_ref().map(|rival| format!("{} {}", rival.name, rival.employee));
    let records = || (line.records > 0).then(|| "another record".to_owned());
    vec![
        line.employee.to_string(),
        line.name.clone(),
        day(line.born.source),
        line.email.source.clone().unwrap_or_default(),
        line.user.as_ref().map(|user| user.id.to_string()).unwrap_or_default(),
        line.user.as_ref().map(|user| user.name.clone()).unwrap_or_default(),
        day(line.born.destination),
        line.email.destination.clone().unwrap_or_default(),
        line.probability.map(percent).unwrap_or_default(),
        line.code.words().to_owned(),
        rival.or_else(records).unwrap_or_default(),
        if is_ruled { "ruled" } else { "" }.to_owned(),
    ]
}

/// One decimal, cut: a probability is never rounded up across a limit.
fn percent(probability: f64) -> String {
    format!("{:.1} %", (probability * 1000.0).floor() / 10.0)
}

async fn decide(workspace: &Workspace, arguments: &DecideArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&arguments.tenant).await?;
    let rule = |judgement| {
        let reason = arguments.reason.clone();
        reviews::decide(&workspace.engine, &workspace.access, &connection, judgement, reason)
    };
    if arguments.undo {
        let people = reviews::walk(&workspace.engine, &workspace.access, &connection, true).await?;
        let names: Vec<&str> = people.iter().take(3).map(|one| one.walked.employee.as_str()).collect();
        let what = match people.len() {
            0 => "Nothing to undo: no ruling stands".to_owned(),
            1 => format!("Took back the last ruling, on {}", names.join(", ")),
            more => format!(
                "Took back the last ruling, {more} people: {}{}",
                names.join(", "),
                more_than(more, names.len())
            ),
        };
        return told(workspace, &connection, &what, &[], output).await;
    }
    let ids = employees(workspace, &connection, &arguments.employees).await?;
    if arguments.without_email {
        let people = rule(Judgement::WithoutEmail(ids)).await?;
        return told(workspace, &connection, &format!("Without e-mail: {}", joined(&people)), &[], output).await;
    }
    let [id] = ids.as_slice() else {
        return several(workspace, &connection, arguments, &ids, output).await;
    };
    let id = id.clone();
    if arguments.keep || arguments.distinct {
        let shares = arguments.keep && reviews::shares(&workspace.engine, &connection, &id).await?;
        let judgement = match (shares, arguments.keep) {
            (true, _) => Judgement::KeepShared(id.clone()),
            (false, true) => Judgement::KeepRecord(id.clone()),
            (false, false) => Judgement::TellApart(id.clone()),
        };
        let records = rule(judgement).await?;
        let others: Vec<&str> = records.iter().filter(|other| **other != id).map(EmployeeId::as_str).collect();
        let others = others.join(", ");
        let what = match (shares, arguments.keep) {
            (true, _) => format!("{id} keeps it, held: {others}"),
            (false, true) => format!("{id} counts, excluded: {others}"),
            (false, false) => format!("Different people: {id}, {others}"),
        };
        return told(workspace, &connection, &what, &[], output).await;
    }
    let judgement = match &arguments.not_same {
        Some(user) => {
            Judgement::NotSame { pair: NotSame { employee: id.clone(), user: UserId(user.clone()) }, off: false }
        }
        None if is_first(arguments) => {
            let user = first_candidates(workspace, &connection, &ids).await?.pop().and_then(|(_, user)| user);
            let user = user.ok_or_else(|| no_candidate(&id))?;
            Judgement::Rule(vec![(id.clone(), Ruling::Link { user })])
        }
        None => Judgement::Rule(vec![(id.clone(), ruling(arguments)?)]),
    };
    rule(judgement).await?;
    told(workspace, &connection, &format!("Ruled for {id}"), &[], output).await
}

fn joined(people: &[EmployeeId]) -> String {
    people.iter().map(EmployeeId::as_str).collect::<Vec<_>>().join(", ")
}

fn more_than(all: usize, shown: usize) -> String {
    if all > shown { format!(" and {} more", all - shown) } else { String::new() }
}

/// `--link` without a user.
fn is_first(arguments: &DecideArguments) -> bool {
    arguments.link.as_deref() == Some("")
}

fn no_candidate(id: &EmployeeId) -> Problem {
    Problem::new(ProblemKind::Input, format!("employee {id} has no candidate to link to"))
        .with_remedy("name the user: `--link USER`, or rule `--create`")
}

async fn employees(
    workspace: &Workspace,
    connection: &Connection,
    named: &[String],
) -> Result<Vec<EmployeeId>, Problem> {
    let employees = workspace.store.employees(connection.id).await?;
    let mut ids: Vec<EmployeeId> = Vec::new();
    for name in named {
        let found = employees.iter().find(|one| one.id.as_str() == name || one.identifier.as_str() == name);
        let id = found.map(|one| one.id.clone()).ok_or_else(|| {
            Problem::new(ProblemKind::Input, format!("no employee has the id `{name}`"))
                .with_remedy("use the id as `onroll review list` prints it")
        })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Everybody with the first candidate of the newest plan.
async fn first_candidates(
    workspace: &Workspace,
    connection: &Connection,
    ids: &[EmployeeId],
) -> Result<Vec<(EmployeeId, Option<UserId>)>, Problem> {
    let found = list::queue(&workspace.store, connection, ReviewOrder::default()).await?.map(|(_, found)| found);
    let user = |id: &EmployeeId| {
        let rows = &found.as_ref()?.rows;
        rows.all().get(rows.place(id)?)?.user.clone()
    };
    Ok(ids.iter().map(|id| (id.clone(), user(id))).collect())
}

/// The same ruling for several: nobody is ruled on whom it would not help.
async fn several(
    workspace: &Workspace,
    connection: &Connection,
    arguments: &DecideArguments,
    ids: &[EmployeeId],
    output: &mut Output,
) -> Result<Exit, Problem> {
    let apart = arguments.keep || arguments.distinct || arguments.not_same.is_some();
    if apart || arguments.link.as_deref().is_some_and(|user| !user.is_empty()) {
        return Err(Problem::new(ProblemKind::Input, "this ruling is about one employee").with_remedy(
            "name one; several take --link (without a user), --create, --without-email, --later, --exclude, --protect",
        ));
    }
    let people = first_candidates(workspace, connection, ids).await?;
    let kind = match (is_first(arguments), arguments.create) {
        (true, _) => Some(GroupRuling::Link),
        (_, true) => Some(GroupRuling::Create),
        _ => None,
    };
    let (mut rulings, mut left) = (Vec::new(), Vec::new());
    match kind {
        Some(kind) => {
            let members = group::consequences(&workspace.engine, connection, &people).await?;
            for (member, (id, user)) in members.iter().zip(people) {
                match (&member.consequence(kind).held, kind, user) {
                    (Some(why), ..) => left.push((id, why.clone())),
                    (None, GroupRuling::Link, Some(user)) => rulings.push((id, Ruling::Link { user })),
                    (None, ..) => rulings.push((id, Ruling::Create)),
                }
            }
        }
        None => {
            let ruling = ruling(arguments)?;
            rulings.extend(ids.iter().map(|id| (id.clone(), ruling.clone())));
        }
    }
    let ruled: Vec<EmployeeId> = rulings.iter().map(|(id, _)| id.clone()).collect();
    if !rulings.is_empty() {
        let judgement = Judgement::Rule(rulings);
        reviews::decide(&workspace.engine, &workspace.access, connection, judgement, arguments.reason.clone()).await?;
    }
    let what = match ruled.len() {
        0 => "Nobody was ruled on: all stay held".to_owned(),
        1 => format!("Ruled for {}", joined(&ruled)),
        more => format!("Ruled for {more} people: {}", joined(&ruled)),
    };
    told(workspace, connection, &what, &left, output).await
}

fn ruling(arguments: &DecideArguments) -> Result<Ruling, Problem> {
    if let Some(user) = &arguments.link {
        return Ok(Ruling::Link { user: UserId(user.clone()) });
    }
    if let Some(day) = &arguments.later {
        let until = match day.as_str() {
            "" => None,
            day => Some(day.parse().map_err(|_| {
                Problem::new(ProblemKind::Input, format!("`{day}` is not a day")).with_remedy("write it as 2026-12-01")
            })?),
        };
        return Ok(Ruling::Later { until });
    }
    match (arguments.create, arguments.exclude, arguments.protect) {
        (true, _, _) => Ok(Ruling::Create),
        (_, true, _) => Ok(Ruling::Exclude),
        (_, _, true) => Ok(Ruling::Protect),
        _ => Err(Problem::new(ProblemKind::Input, "no ruling is named")
            .with_remedy("say --link USER, --create, --without-email, --keep, --distinct, --exclude, --protect, --later [DAY], --not-same USER or --undo")),
    }
}

async fn told(
    workspace: &Workspace,
    connection: &Connection,
    what: &str,
    left: &[(EmployeeId, String)],
    output: &mut Output,
) -> Result<Exit, Problem> {
    for (employee, why) in left {
        output.note(&format!("not ruled on, {employee} stays held: {why}"));
    }
    let plan = plans::follow(&workspace.engine, connection).await?.map(|replanned| replanned.plan);
    if output.json {
        let plan = plan.map(|plan| super::plan::what_if(&plan, connection));
        let left: Vec<Value> = left.iter().map(|(id, why)| json!({ "employee_id": id, "why": why })).collect();
        output.object(&json!({ "done": what, "plan": plan, "left": left }))?;
    } else {
        let changes = plan.map(|plan| plan.counts.operations());
        let effect = changes.map(|changes| format!("; the plan would now have {changes} changes")).unwrap_or_default();
        output.line(&format!("{what}{effect}."))?;
    }
    Ok(Exit::Done)
}
