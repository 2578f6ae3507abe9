//! `onroll runs report`: the report of a run, printed or sent again.

use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::ids::RunId;
use crate::domain::inert;
use crate::domain::problem::Problem;
use crate::services::reports::{self, Report};
use serde_json::{Value, json};

/// Prints the report of a run, or sends it to the recipients of its tenant and to its chat channel.
///
/// # Errors
/// No run of this number; nobody to mail to, no mail server, and what that says.
pub async fn report(workspace: &Workspace, run: RunId, send: bool, output: &mut Output) -> Result<Exit, Problem> {
    let report = reports::report(&workspace.engine, run).await?;
    let own = (&workspace.supervisor, &workspace.engine);
    let sent = if send { Some(reports::send(own, &workspace.access, run).await?) } else { None };
    if output.json {
        let mails = workspace.store.mails_of_run(run).await?;
        let mails: Vec<Value> = mails
            .iter()
            .map(|mail| {
                let state = mail.state.key();
                json!({ "way": mail.way.key(), "to": mail.recipient, "state": state, "at": mail.at, "attempts": mail.tries, "why": mail.why })
            })
            .collect();
        let mut object = json!({ "report": document(&report), "mails": mails });
        if let Some(sent) = sent {
            object["sent"] = json!(sent.to);
        }
        output.object(&object)?;
        return Ok(Exit::Done);
    }
    match sent {
        Some(sent) => {
            if !sent.to.is_empty() {
                output.line(&format!("The report of run {run} was sent to {}.", sent.to.join(", ")))?;
            }
            if let Some(words) = sent.not_told_words() {
                output.note(&words);
            }
        }
        None => {
            for line in reports::plain(&report).lines() {
                // It is inert already, and would be made so twice.
                output.line(&inert::unescaped(line))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn document(report: &Report) -> Value {
    let mut object = super::sync::totals_object(&report.totals);
    object["run"] = json!(report.run);
    object["tenant"] = json!(report.short_name);
    object["outcome"] = json!(report.outcome.key());
    object["subject"] = json!(reports::subject(report));
    object["affected"] = json!(report.affected());
    let done = report.done.iter().map(|(kind, count)| (kind.key().to_owned(), json!(count)));
    object["done"] = Value::Object(done.collect());
    let holds = report.holds.iter().map(|(code, count)| (code.key().to_owned(), json!(count)));
    object["holds"] = Value::Object(holds.collect());
    let failed = report
        .failed
        .iter()
        .map(|line| json!({ "name": line.name, "id": line.id, "op": line.kind.key(), "code": line.code }));
    object["lines_failed"] = json!(failed.collect::<Vec<_>>());
    let waiting = report.waiting();
    let waiting = waiting.iter().map(|(what, command)| json!({ "what": what, "command": command }));
    object["waiting"] = json!(waiting.collect::<Vec<_>>());
    object["audit_head"] = json!(report.chain.head_short());
    object
}
