//! The connection test: the file is read once, whole, and nobody is kept.

use super::PeopleFile;
use super::read::{blocking, find, run};
use crate::domain::inert::escaped;
use crate::files::people::reading::Reading;
use crate::ports::api::ProbeStep;

const THE_FILE: &str = "file";
const PEOPLE: &str = "people";
const COLUMNS: &str = "columns";

/// Runs every step.
pub async fn run_all(source: &PeopleFile) -> Vec<ProbeStep> {
    let (vendor, path) = (source.vendor, source.path.clone());
    let found = match blocking(vendor, move || find(vendor, &path)).await {
        Ok(found) => found,
        Err(error) => {
            let later = [PEOPLE, COLUMNS].map(ProbeStep::not_tried);
            return [ProbeStep::failed(THE_FILE, error)].into_iter().chain(later).collect();
        }
    };
    let mut steps = vec![ProbeStep::passed(THE_FILE, format!("{}, {} bytes", found.path.display(), found.bytes))];
    let request = source.request();
    match blocking(vendor, move || run(request, &mut |_| Ok(()))).await {
        Ok((facts, reading)) => {
            let people = format!("{} in the file", facts.received);
            steps.push(match reading.is_short() {
                true => ProbeStep::warning(PEOPLE, format!("{people}; {}", first_lines(&reading))),
                false => ProbeStep::passed(PEOPLE, people),
            });
            steps.push(columns(&reading));
        }
        Err(error) => steps.extend([ProbeStep::failed(PEOPLE, error), ProbeStep::not_tried(COLUMNS)]),
    }
    steps
}

/// What could not be read, in a few words.
fn first_lines(reading: &Reading) -> String {
    reading.lines().into_iter().take(2).collect::<Vec<_>>().join("; ")
}

fn columns(reading: &Reading) -> ProbeStep {
    let read: Vec<String> = reading
        .columns
        .iter()
        .map(|column| format!("`{}` as {}", escaped(&column.head), column.meaning.words()))
        .collect();
    let words = read.join(", ");
    if reading.has_doubts() { ProbeStep::warning(COLUMNS, words) } else { ProbeStep::passed(COLUMNS, words) }
}
