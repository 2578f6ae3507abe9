//! `onroll webhook`: addresses under which sources tell of changes, and what was received there.

use super::arguments::{WebhookCommand, WebhookUrlArguments};
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::inert::escaped;
use crate::domain::problem::Problem;
use crate::services::webhooks;
use crate::store::DeliveryRow;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Runs `onroll webhook …`.
///
/// # Errors
/// A tenant that does not exist; what the service refuses.
pub async fn run(workspace: &Workspace, command: &WebhookCommand, output: &mut Output) -> Result<Exit, Problem> {
    match command {
        WebhookCommand::Url(arguments) => url(workspace, arguments, output).await,
        WebhookCommand::List { tenant, limit } => list(workspace, tenant.as_deref(), *limit, output).await,
    }
}

async fn url(workspace: &Workspace, arguments: &WebhookUrlArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&arguments.tenant).await?;
    let (engine, access, tenant) = (&workspace.engine, &workspace.access, &connection.short_name);
    if arguments.revoke {
        let revoked = webhooks::revoke_address(engine, access, &connection).await?;
        if output.json {
            output.object(&json!({ "tenant": tenant, "revoked": revoked }))?;
        } else {
            output.line(match revoked {
                true => "The address is void: what comes there is answered 404.",
                false => "There was no address.",
            })?;
        }
        return Ok(Exit::Done);
    }
    let secret = if arguments.secret { Some(super::connection_command::typed_secret()?) } else { None };
    let address = webhooks::make_address(engine, access, &connection, secret).await?;
    let path = format!("/hook/{}", address.token.reveal());
    if output.json {
        return output
            .object(&json!({ "tenant": tenant, "path": path, "replaced": address.replaced }))
            .map(|()| Exit::Done);
    }
    output.line(&path)?;
    output.note("it is shown this once; give the source the address of `onroll watch --listen` with it, over HTTPS");
    if address.replaced {
        output.note("the address of before is void");
    }
    Ok(Exit::Done)
}

async fn list(workspace: &Workspace, tenant: Option<&str>, limit: u32, output: &mut Output) -> Result<Exit, Problem> {
    let only = match tenant {
        Some(tenant) => Some(workspace.connection(tenant).await?),
        None => None,
    };
    let desk = webhooks::received(&workspace.engine, only.as_ref(), limit).await?;
    let all: Vec<Connection> = workspace.store.connections().await?;
    let names: BTreeMap<_, _> = all.iter().map(|one| (one.id, one.short_name.as_str())).collect();
    let name = |row: &DeliveryRow| names.get(&row.connection).copied().unwrap_or_default();
    if output.json {
        let rows: Vec<Value> = desk.rows.iter().map(|row| object(row, name(row))).collect();
        let hour = json!({ "taken": desk.taken, "ignored": desk.ignored, "refused": desk.refused });
        output.object(&json!({ "webhooks": rows, "last_hour": hour }))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = desk
        .rows
        .iter()
        .map(|row| {
            let people: Vec<&str> = row.people.iter().map(|id| id.as_str()).collect();
            let run = row.run.map(|run| run.to_string()).unwrap_or_default();
            let again = row.again.map(|at| format!("; tried again at {}", at.strftime("%Y-%m-%d %H:%M")));
            vec![
                row.received.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                name(row).to_owned(),
                escaped(&row.event).into_owned(),
                escaped(&people.join(" ")).into_owned(),
                row.state.key().to_owned(),
                run,
                format!("{}{}", escaped(&row.note), again.unwrap_or_default()),
            ]
        })
        .collect();
    output.table(&["received, UTC", "tenant", "event", "employee", "state", "run", "why"], &rows)?;
    output.note(&format!("last hour: {} taken, {} ignored, {} refused", desk.taken, desk.ignored, desk.refused));
    Ok(Exit::Done)
}

fn object(row: &DeliveryRow, tenant: &str) -> Value {
    json!({
        "received": row.received,
        "tenant": tenant,
        "event": row.event,
        "employees": row.people,
        "state": row.state.key(),
        "why": row.note,
        "run": row.run,
        "again": row.again,
    })
}
