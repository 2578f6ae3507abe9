//! `onroll runs said`: what was sent for a line of a run and what came back, masked.

use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::exchange::Exchange;
use crate::domain::ids::RunId;
use crate::domain::problem::Problem;
use crate::services::said::{self, LineOf, Page};
use crate::services::undo;
use serde_json::{Value, json};

/// Shows what was said for one line: the one that is named, else the first one that was sent.
///
/// # Errors
/// No such run, nobody of this name in it.
pub async fn said(
    workspace: &Workspace,
    run: RunId,
    (line, employee): (Option<u32>, Option<&str>),
    output: &mut Output,
) -> Result<Exit, Problem> {
    let row = workspace.store.run(run).await?;
    let connection = workspace.store.connection(row.connection).await?;
    let wanted = match (line, employee) {
        (Some(seq), _) => LineOf::Seq(seq),
        (None, Some(name)) => {
            let named = undo::named(&workspace.store, &connection, run, &[name.to_owned()]).await?;
            named.into_iter().next().map_or(LineOf::First, |employee| LineOf::Person(employee, None))
        }
        (None, None) => LineOf::First,
    };
    let page = said::page(&workspace.engine, &connection, run, wanted).await?;
    if output.json {
        output.object(&document(&page))?;
        return Ok(Exit::Done);
    }
    for line in said::text(&page) {
        output.line(&line)?;
    }
    let beside = |word: &str, seq: Option<u32>| seq.map(|seq| format!("{word} --line {seq}"));
    let others: Vec<String> =
        [beside("before:", page.previous), beside("next:", page.next)].into_iter().flatten().collect();
    if !others.is_empty() {
        output.line(&others.join("   "))?;
    }
    Ok(Exit::Done)
}

fn document(page: &Page) -> Value {
    let exchanges: Vec<&Exchange> =
        page.turns.iter().flat_map(|turn| std::iter::once(&turn.said).chain(turn.read.as_ref())).collect();
    let so: Vec<Value> = page.so.iter().map(|so| json!({ "word": so.word, "sentence": so.sentence })).collect();
    let journal: Vec<Value> = page.journal.iter().map(|(word, at)| json!({ "what": word, "at": at })).collect();
    json!({
        "run": page.run,
        "line": page.seq,
        "place": page.place,
        "lines": page.lines,
        "previous": page.previous,
        "next": page.next,
        "employee_id": page.employee,
        "identifier": page.identifier,
        "user_id": page.user,
        "what": page.deed,
        "code": page.code,
        "exchanges": exchanges,
        "nothing": page.nothing,
        "so": so,
        "journal": journal,
    })
}
