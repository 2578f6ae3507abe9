//! The connection test: the export is read, and it is looked where lists go. Nothing is written.

use super::client::PeopleLists;
use super::export::Export;
use crate::domain::inert::escaped;
use crate::ports::api::ProbeStep;

const EXPORT: &str = "export";
const USERS: &str = "users";
const COLUMNS: &str = "columns";
const LISTS: &str = "lists";

/// Runs every step.
pub async fn run_all(destination: &PeopleLists) -> Vec<ProbeStep> {
    let mut steps = match destination.export().await {
        Ok(export) => {
            let file = export.path.display().to_string();
            vec![
                match destination.age(&export) {
                    Some(age) => ProbeStep::warning(EXPORT, format!("{file}: {age}")),
                    None => ProbeStep::passed(EXPORT, file),
                },
                users(&export),
                columns(&export),
            ]
        }
        Err(error) => {
            let later = [USERS, COLUMNS].map(ProbeStep::not_tried);
            [ProbeStep::failed(EXPORT, error)].into_iter().chain(later).collect()
        }
    };
    steps.push(match destination.place_words().await {
        Ok(words) => ProbeStep::passed(LISTS, words),
        Err(error) => ProbeStep::failed(LISTS, error),
    });
    steps
}

fn users(export: &Export) -> ProbeStep {
    let all = export.users.len();
    let active = export.users.iter().filter(|user| !user.status.is_inactive()).count();
    let carriers = export.users.iter().filter(|user| user.identifier.is_some()).count();
    let words = format!("{all}, {active} of them active, {carriers} with an identifier");
    let unread =
        export.reading.is_short().then(|| export.reading.lines().into_iter().take(2).collect::<Vec<_>>().join("; "));
    let no_status =
        (!export.tells_status()).then(|| "no column tells who is switched off: all count as active".to_owned());
    let doubts: Vec<String> = unread.into_iter().chain(no_status).collect();
    if doubts.is_empty() {
        ProbeStep::passed(USERS, words)
    } else {
        ProbeStep::warning(USERS, format!("{words}; {}", doubts.join("; ")))
    }
}

fn columns(export: &Export) -> ProbeStep {
    let columns = &export.reading.columns;
    let read = columns.iter().map(|column| format!("`{}` as {}", escaped(&column.head), column.meaning.words()));
    let words = read.collect::<Vec<_>>().join(", ");
    let missing: Vec<&str> = export.missing.iter().map(|field| field.words()).collect();
    if missing.is_empty() && !export.reading.has_doubts() {
        return ProbeStep::passed(COLUMNS, words);
    }
    let without = if missing.is_empty() {
        String::new()
    } else {
        format!("; without a column, so neither compared nor listed: {}", missing.join(", "))
    };
    ProbeStep::warning(COLUMNS, format!("{words}{without}"))
}
