//! `onroll holds`, `onroll values`, `onroll people`: the fleet's lists, as the console has them.

use super::exit::Exit;
use super::fleet_arguments::PeopleArguments;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::problem::Problem;
use crate::services::fleet::{self, HoldLine, Member, Part, Somebody, Sums, ValueLine};
use crate::services::people::state_words;
use serde_json::{Value, json};

/// All tenants, or the one that is named.
async fn members(workspace: &Workspace, tenant: Option<&str>) -> Result<Vec<Member>, Problem> {
    let mut members = fleet::members(&workspace.store).await?;
    if let Some(tenant) = tenant {
        let wanted = workspace.connection(tenant).await?.id;
        members.retain(|member| member.connection.id == wanted);
    }
    Ok(members)
}

async fn parts(workspace: &Workspace, tenant: Option<&str>) -> Result<Vec<Part>, Problem> {
    let mut parts = Vec::new();
    for member in members(workspace, tenant).await? {
        parts.push(fleet::part(&workspace.engine, &workspace.store, member).await?);
    }
    Ok(parts)
}

/// What cannot be read is said beside the list, never left out of it silently.
fn note_broken(parts: &[Part], output: &mut Output) {
    for part in parts {
        if let Some(why) = &part.broken {
            output.note(&format!("{} is not among them: {why}", part.member.name()));
        }
    }
}

fn sums_of(sums: &Sums) -> Value {
    json!({
        "all": sums.tenants, "holding": sums.holding, "free": sums.free,
        "without_plan": sums.unplanned, "broken": sums.broken,
    })
}

fn broken_of(parts: &[Part]) -> Vec<Value> {
    let broken = parts.iter().filter_map(|part| Some((part, part.broken.as_ref()?)));
    broken.map(|(part, why)| json!({ "tenant": part.member.short(), "why": why })).collect()
}

/// Who is held, by tenant and reason, most people first.
///
/// # Errors
/// A tenant that nobody has; the store's.
pub async fn holds(workspace: &Workspace, tenant: Option<&str>, output: &mut Output) -> Result<Exit, Problem> {
    let parts = parts(workspace, tenant).await?;
    let mut lines: Vec<(&Part, &HoldLine)> =
        parts.iter().flat_map(|part| part.holds.iter().map(move |line| (part, line))).collect();
    lines.sort_by_key(|(_, line)| (line.is_ruled(), std::cmp::Reverse(line.people.max(line.past_limit))));
    let sums = Sums::of(&parts);
    if output.json {
        let held: Vec<Value> = lines
            .iter()
            .map(|(part, line)| {
                json!({
                    "tenant": part.member.short(),
                    "tenant_name": part.member.name(),
                    "status": part.member.connection.status.key(),
                    "code": line.code.key(),
                    "because": line.because,
                    "people": line.people,
                    "past_limit": line.past_limit,
                    "ruled": line.ruled,
                    "since": line.since,
                    "leads_to": line.lead.words(),
                    "plan": part.plan.as_ref().map(|(words, _)| words),
                    "planned_at": part.plan.as_ref().map(|(_, at)| at),
                })
            })
            .collect();
        let document =
            json!({ "holds": held, "held": sums.held, "tenants": sums_of(&sums), "broken": broken_of(&parts) });
        output.object(&document)?;
        return Ok(Exit::Done);
    }
    note_broken(&parts, output);
    if lines.is_empty() {
        output.line(&nothing("Nothing is held anywhere.", &sums))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|(part, line)| {
            vec![
                part.member.name().to_owned(),
                line.because.clone(),
                if line.people > 0 { line.people.to_string() } else { String::new() },
                if line.ruled > 0 { line.ruled.to_string() } else { String::new() },
                line.since.strftime("%Y-%m-%d").to_string(),
                line.lead.words().to_owned(),
                line.code.key().to_owned(),
            ]
        })
        .collect();
    output.table(&["tenant", "held because", "#people", "#ruled", "since", "leads to", "code"], &rows)?;
    output.line(&format!("{}.", sums.words()))?;
    Ok(Exit::Done)
}

/// Nothing found is said with what was looked at.
fn nothing(what: &str, sums: &Sums) -> String {
    let mut words = format!("{what} {} tenants, {} people.", sums.tenants, sums.people);
    if sums.unplanned > 0 {
        words.push_str(&format!(" {} without a plan: nobody has looked there yet.", sums.unplanned));
    }
    words
}

/// The values without a mapping, by the people whom they hold.
///
/// # Errors
/// A tenant that nobody has; the store's.
pub async fn values(workspace: &Workspace, tenant: Option<&str>, output: &mut Output) -> Result<Exit, Problem> {
    let parts = parts(workspace, tenant).await?;
    let mut lines: Vec<(&Part, &ValueLine)> =
        parts.iter().flat_map(|part| part.values.iter().map(move |line| (part, line))).collect();
    lines.sort_by_key(|(_, line)| std::cmp::Reverse(line.held));
    let sums = Sums::of(&parts);
    if output.json {
        let values: Vec<Value> = lines
            .iter()
            .map(|(part, line)| {
                json!({
                    "tenant": part.member.short(),
                    "tenant_name": part.member.name(),
                    "table": line.list.map(|list| list.key()),
                    "value": line.value,
                    "held": line.held,
                    "people": line.people,
                    "state": line.state.map(|state| state.word()),
                    "suggestion": line.suggestion,
                    "note": Some(&line.why).filter(|why| !why.is_empty()),
                })
            })
            .collect();
        let document = json!({ "values": values, "tenants": sums_of(&sums), "broken": broken_of(&parts) });
        output.object(&document)?;
        return Ok(Exit::Done);
    }
    note_broken(&parts, output);
    if lines.is_empty() {
        output.line(&nothing("No value holds anybody anywhere.", &sums))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|(part, line)| {
            vec![
                part.member.name().to_owned(),
                line.list.map_or_else(|| line.word.clone(), |list| list.key().to_owned()),
                line.value.clone(),
                line.held.to_string(),
                line.people.to_string(),
                line.state.map(|state| state.word().to_owned()).unwrap_or_default(),
                line.suggestion.clone().unwrap_or_default(),
                line.why.clone(),
            ]
        })
        .collect();
    output.table(&["tenant", "table", "value", "#held", "#people", "state", "becomes", "why"], &rows)?;
    Ok(Exit::Done)
}

/// Somebody in any tenant. No e-mail and no birth date is told.
///
/// # Errors
/// A tenant that nobody has; the store's.
pub async fn people(
    workspace: &Workspace,
    asked: &PeopleArguments,
    tenant: Option<&str>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let members = members(workspace, tenant).await?;
    let text = asked.query.join(" ");
    let found = fleet::search(&workspace.store, &members, &text, asked.limit).await?;
    if output.json {
        let people: Vec<Value> = found.people.iter().map(object).collect();
        output.object(&json!({ "people": people, "found": found.found, "of": found.of }))?;
        return Ok(Exit::Done);
    }
    if found.people.is_empty() {
        output.line(&format!("Nobody among {} people is found by it, leavers looked through too.", found.of))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = found
        .people
        .iter()
        .map(|one| {
            vec![
                one.row.name.clone(),
                one.short.clone(),
                one.row.employee.as_ref().map(ToString::to_string).unwrap_or_default(),
                one.row.identifier.as_ref().map(ToString::to_string).unwrap_or_default(),
                state_words(&one.row),
            ]
        })
        .collect();
    output.table(&["name", "tenant", "employee", "identifier", "state"], &rows)?;
    let shown = found.people.len() as u64;
    let more = if found.found > shown { format!("; the first {shown} are listed") } else { String::new() };
    output.line(&format!("{} of {}{more}.", found.found, found.of))?;
    Ok(Exit::Done)
}

fn object(one: &Somebody) -> Value {
    json!({
        "tenant": one.short,
        "tenant_name": one.tenant,
        "employee_id": one.row.employee,
        "identifier": one.row.identifier,
        "user_id": one.row.user,
        "name": one.row.name,
        "branch": one.row.branch,
        "job_title": one.row.job_title,
        "state": state_words(&one.row),
    })
}
