//! The file of a plan: what `plan --out FILE.json` writes and `sync --plan FILE` runs. The run does what the file says or
//! nothing: a file that differs from the plan whose number and hash it carries is refused.

use super::plan;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::ids::PlanId;
use crate::domain::plan::Plan;
use crate::domain::problem::{Problem, ProblemKind};
use crate::engine::approved_file::{ApprovedFile, Differs};
use crate::engine::error::EngineError;
use crate::engine::plan::SavedPlan;
use crate::ports::bounded::{self, DOCUMENT_MAX};
use crate::store::StoreError;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Members of the document.
const MEMBERS: [&str; 4] = ["plan", "operations", "holds", "limits"];

/// Reads a plan file and compares it with the plan that the workspace keeps under its number, where it does.
///
/// # Errors
/// A file that is no plan, is cut, belongs to another tenant, was written by another version, or was edited: in words.
pub async fn approved(workspace: &Workspace, connection: &Connection, path: &Path) -> Result<ApprovedFile, Problem> {
    let document = read(path)?;
    let head = &document["plan"];
    check_tenant(path, head, connection)?;
    let hash = head["hash"].as_str().unwrap_or_default().to_owned();
    let kept = match head["id"].as_i64() {
        Some(id) => kept_plan(workspace, connection, PlanId(id), &hash).await?,
        None => return Err(not_a_plan(path, "it has no number (`plan.id`)")),
    };
    match kept {
        Some(saved) => {
            if let Err(differs) = compare(&document, &saved.plan, connection) {
                let file = path.display().to_string();
                return Err(EngineError::Edited { file, differs: differs.words() }.into());
            }
        }
        None => check_version(path, head)?,
    }
    let (name, connection) = (path.display().to_string(), connection.clone());
    let matches = move |plan: &Plan| compare(&document, plan, &connection);
    Ok(ApprovedFile { hash, name, matches: Arc::new(matches) })
}

async fn kept_plan(
    workspace: &Workspace,
    connection: &Connection,
    id: PlanId,
    hash: &str,
) -> Result<Option<SavedPlan>, Problem> {
    let head = match workspace.store.plan_head(id).await {
        Err(StoreError::Missing { .. } | StoreError::Unreadable { .. }) => return Ok(None),
        other => other?,
    };
    if head.connection != connection.id || head.hash != hash {
        return Ok(None);
    }
    match workspace.store.plan(id).await {
        Err(StoreError::Missing { .. } | StoreError::Unreadable { .. }) => Ok(None),
        Err(error) => Err(error.into()),
        // Only what was applied is kept of an old one.
        Ok(plan) => Ok((plan.held_all() == head.blocked + head.review + head.ruled).then(|| SavedPlan::new(id, plan))),
    }
}

fn not_a_plan(path: &Path, why: &str) -> Problem {
    Problem::new(ProblemKind::Input, format!("{} is not a plan", path.display()))
        .with_why(why)
        .with_remedy("use a file that `onroll plan TENANT --out FILE.json` wrote")
}

fn read(path: &Path) -> Result<Value, Problem> {
    let bytes = bounded::read(path, DOCUMENT_MAX).map_err(|error| not_a_plan(path, &error.to_string()))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(not_a_plan(path, "it is empty"));
    }
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if !is_json {
        let why = if bytes.starts_with(b"PK") {
            "it is a spreadsheet: that form is for signing; the JSON file can be run"
        } else if bytes.starts_with(b"what,employee_id") || path.extension().is_some_and(|ending| ending == "csv") {
            "it is CSV: that form is for signing; the JSON file can be run"
        } else {
            "it is no JSON object"
        };
        return Err(not_a_plan(path, why));
    }
    let document: Value = serde_json::from_slice(&bytes).map_err(|error| {
        let why = match error.classify() {
            serde_json::error::Category::Eof => format!("it ends too early, in line {}: it was cut", error.line()),
            _ => format!("it is no JSON from line {} column {} on", error.line(), error.column()),
        };
        not_a_plan(path, &why)
    })?;
    for (member, fits) in [
        ("plan", document["plan"].is_object()),
        ("plan.hash", document["plan"]["hash"].is_string()),
        ("operations", document["operations"].is_array()),
        ("holds", document["holds"].is_array()),
    ] {
        if !fits {
            return Err(not_a_plan(path, &format!("it has no `{member}`")));
        }
    }
    Ok(document)
}

/// The tenant whom the plan is for: by name, or in a file of before by what is typed to confirm it.
fn check_tenant(path: &Path, head: &Value, connection: &Connection) -> Result<(), Problem> {
    let confirmed = head["confirm"].as_str().and_then(|confirm| confirm.split_once(':')).map(|(tenant, _)| tenant);
    let tenant = head["tenant"].as_str().or(confirmed).unwrap_or_default();
    if tenant == connection.short_name {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::Input, format!("{} is a plan of another tenant", path.display()))
        .with_who("nobody; nothing was sent")
        .with_why(format!("it is for `{tenant}`, and {} was named", connection.short_name))
        .with_remedy(format!("name that tenant, or make a plan: `onroll plan {}`", connection.short_name)))
}

/// A plan that is not kept any more can only be told by making it anew, which another version may do otherwise.
fn check_version(path: &Path, head: &Value) -> Result<(), Problem> {
    let own = env!("CARGO_PKG_VERSION");
    let by = head["version"].as_str().unwrap_or("an older version");
    if by == own {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::Input, format!("{} was written by another Onroll", path.display()))
        .with_who("nobody; nothing was sent")
        .with_why(format!("by {by}, and this is {own}; this workspace does not keep the plan itself any more"))
        .with_remedy("make it anew: `onroll plan TENANT --out FILE.json`"))
}

/// Whether a document says exactly what a plan says; its number aside, which is another one for the same plan made anew.
fn compare(document: &Value, plan: &Plan, connection: &Connection) -> Result<(), Differs> {
    let saved = SavedPlan::new(PlanId(0), plan.clone());
    // Through text, as the file was.
    let text = plan::document(&saved, connection).to_string();
    let expected: Value = serde_json::from_str(&text).unwrap_or_default();
    let mut differs = Differs::default();
    lines(&mut differs, "operation", &document["operations"], &expected["operations"], operation_name);
    lines(&mut differs, "hold", &document["holds"], &expected["holds"], hold_name);
    let empty = Map::new();
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    for key in document.as_object().unwrap_or(&empty).keys().filter(|key| !MEMBERS.contains(&key.as_str())) {
        differs.add(format!("`{key}`, which no plan has"));
    }
    if !alike(&document["limits"], &expected["limits"]) {
        differs.add("the limits");
    }
    let (mut head, mut wanted) = (members(&document["plan"]), members(&expected["plan"]));
    for own in ["id", "version"] {
        head.remove(own);
        wanted.remove(own);
    }
    // A file of before does not name its tenant.
    if !head.contains_key("tenant") {
        wanted.remove("tenant");
    }
    let mut keys: Vec<&String> = head.keys().chain(wanted.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        if !alike(head.get(key).unwrap_or(&Value::Null), wanted.get(key).unwrap_or(&Value::Null)) {
            differs.add(format!("`plan.{key}`"));
        }
    }
    if differs.is_empty() { Ok(()) } else { Err(differs) }
}

fn operation_name(line: &Value) -> String {
    let whom = match (line["employee_id"].as_str(), line["table"].as_str()) {
        (Some(employee), _) => format!("employee {employee}"),
        (None, Some(table)) => format!("{table} `{}`", line["fields"]["name"]["to"].as_str().unwrap_or_default()),
        (None, None) => "nobody".to_owned(),
    };
    format!("{} of {whom}", line["op"].as_str().unwrap_or("(no op)"))
}

fn hold_name(line: &Value) -> String {
    let code = line["code"].as_str().unwrap_or("(no code)");
    format!("{code} of employee {}", line["employee_id"].as_str().unwrap_or("(none)"))
}

/// Lines of the file against those of the plan, by name: missing, added, changed, in another order.
fn lines(differs: &mut Differs, what: &str, file: &Value, plan: &Value, name: fn(&Value) -> String) {
    let (file, plan) = (file.as_array().map_or(&[][..], Vec::as_slice), plan.as_array().map_or(&[][..], Vec::as_slice));
    if file.len() == plan.len() && file.iter().zip(plan).all(|(one, other)| alike(one, other)) {
        return;
    }
    let before = differs.count;
    let mut left: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for line in plan {
        left.entry(name(line)).or_default().push(line);
    }
    for line in file {
        let key = name(line);
        match left.get_mut(&key).filter(|lines| !lines.is_empty()) {
            Some(lines) => {
                let at = lines.iter().position(|one| alike(one, line)).unwrap_or(0);
                if !alike(lines.remove(at), line) {
                    differs.add(format!("{what} {key} is changed"));
                }
            }
            None => differs.add(format!("{what} {key} is added")),
        }
    }
    for (key, lines) in left {
        for _ in lines {
            differs.add(format!("{what} {key} is missing"));
        }
    }
    if differs.count == before {
        differs.add(format!("the order of the {what}s"));
    }
}

/// Equal; numbers up to what a decoder may lose of their last bits.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap_or(f64::NAN), other.as_f64().unwrap_or(f64::NAN));
            one == other || (one - other).abs() <= 1e-12 * one.abs().max(other.abs())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| alike(value, other)))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_are_told_apart_by_name() {
        let line = |op: &str, employee: &str, to: &str| json!({"op": op, "employee_id": employee, "fields": {"email": {"from": null, "to": to}}});
        let plan = json!([line("create", "1", "a"), line("create", "2", "b"), line("update", "3", "c")]);
        let said = |file: Value| {
            let mut differs = Differs::default();
            lines(&mut differs, "operation", &file, &plan, operation_name);
            differs.words()
        };
        assert_eq!(said(plan.clone()), "");
        assert_eq!(
            said(json!([line("create", "1", "a"), line("update", "3", "c")])),
            "operation create of employee 2 is missing"
        );
        assert!(
            said(json!([line("create", "1", "a"), line("create", "2", "x"), line("update", "3", "c")]))
                .contains("is changed")
        );
        assert!(
            said(json!([line("update", "3", "c"), line("create", "1", "a"), line("create", "2", "b")]))
                .contains("the order")
        );
        let twice = json!([
            line("create", "1", "a"),
            line("create", "1", "a"),
            line("create", "2", "b"),
            line("update", "3", "c")
        ]);
        assert_eq!(said(twice), "operation create of employee 1 is added");
        assert!(said(json!([])).ends_with("3 in all") || said(json!([])).matches("missing").count() == 3);
    }

    #[test]
    fn only_the_last_bits_of_a_number_do_not_count() {
        assert!(alike(&json!({"a": [0.1, 1]}), &json!({"a": [0.100_000_000_000_000_02, 1]})));
        assert!(
            !alike(&json!(0.1), &json!(0.100_001))
                && !alike(&json!(1), &json!("1"))
                && !alike(&json!({}), &json!({"a": null}))
        );
    }
}
