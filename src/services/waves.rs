//! Waves: how a plan would be split, as an operator asks for it, and the gates between them.

use super::access::Access;
use super::error::ServiceError;
use super::people;
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::plan::Plan;
use crate::domain::waves::{LONGEST_PAUSE, PROPOSED_FROM, WaveGate, WaveRow, WaveStanding, WaveStep, WavesAsked};
use crate::engine::Engine;
use crate::engine::supervisor::Supervisor;
pub use crate::engine::waves::Gate;
use crate::planning::waves::{GROUP_FIELDS, Group, WaveFigures, figures, groups};
pub use crate::store::LetGo;
use crate::store::{RunRow, Store};
use std::collections::BTreeSet;

/// From this likeness on a name is offered in place of one that nobody knows.
const NEAR: f64 = 0.75;

/// A plan as it would be split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WavesOfPlan {
    /// In their order, the last one with all the rest.
    pub waves: Vec<WaveFigures>,
    /// The field by which a wave of a group goes, and its values, smallest first; `None` where no field splits the people.
    pub groups: Option<(Field, Vec<Group>)>,
    /// Of groups that were asked for by name and are no wave.
    pub empty: Option<String>,
}

/// Whether waves are proposed for a plan.
#[must_use]
pub fn are_proposed(first_import: bool, changes: u32) -> bool {
    changes > 1 && (first_import || changes >= PROPOSED_FROM)
}

/// Splits a plan as asked; nothing is sent or kept.
///
/// # Errors
/// A destination that cannot be read back; the store's.
pub async fn of_plan(
    engine: &Engine,
    connection: &Connection,
    plan: &Plan,
    asked: &WavesAsked,
) -> Result<WavesOfPlan, ServiceError> {
    let waves = engine.split(connection, plan, asked).await?;
    let of = engine.groups_of(connection).await?;
    let field = asked.steps.iter().find_map(|step| match step {
        WaveStep::Group { field, .. } => *field,
        WaveStep::One { .. } | WaveStep::Five => None,
    });
    let groups = groups(plan, field, &|employee, field| of(employee, field));
    Ok(WavesOfPlan { waves: figures(plan, &waves), groups, empty: waves.empty_words() })
}

/// Reads `one=4711,five,branch=Lakeside` and a gate (`key`, or minutes).
///
/// # Errors
/// A word that is none, an employee whom nobody knows, a value that nobody has.
pub async fn asked(
    engine: &Engine,
    connection: &Connection,
    words: &str,
    gate: WaveGate,
) -> Result<WavesAsked, ServiceError> {
    let mut steps = Vec::new();
    for (word, value) in parts(words) {
        let value = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        steps.push(match word {
            "one" => {
                let named = people::named(engine, connection, value.as_slice()).await?;
                WaveStep::One { first: named.into_iter().next() }
            }
            "five" if value.is_none() => WaveStep::Five,
            word => match group_field(word) {
                Some(field) => {
                    if let Some(value) = &value {
                        somebody_has(engine, connection, field, value).await?;
                    }
                    WaveStep::Group { field: Some(field), value }
                }
                None => {
                    let words = format!("`{word}` is no wave: one, one=EMPLOYEE, five, branch, department, job_title");
                    return Err(ServiceError::Setting(words));
                }
            },
        });
    }
    Ok(WavesAsked { steps, gate })
}

/// Refuses a value that nobody had when the source was read last: its wave would go with all the rest, and nobody would know.
async fn somebody_has(engine: &Engine, connection: &Connection, field: Field, value: &str) -> Result<(), ServiceError> {
    let employees = engine.store.employees(connection.id).await?;
    let values = employees.iter().filter_map(|one| Some(one.value(field)?.trim().to_owned()));
    let known: BTreeSet<String> = values.filter(|one| !one.is_empty()).collect();
    let wanted = value.to_lowercase();
    // Before the first reading nobody is known; the plan says then who is left out.
    if known.is_empty() || known.iter().any(|one| one.to_lowercase() == wanted) {
        return Ok(());
    }
    let near = near(&wanted, known.iter().map(String::as_str));
    let near = if near.is_empty() { String::new() } else { format!("; near: {}", near.join(", ")) };
    let words = format!("nobody had the {} `{value}` when the source was read last{near}", field.words());
    Err(ServiceError::Setting(words))
}

/// Names like the wanted one, likest first.
fn near<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let like = |one: &str| rapidfuzz::distance::jaro_winkler::similarity(wanted.chars(), one.to_lowercase().chars());
    let mut scored: Vec<(f64, &str)> = known.map(|one| (like(one), one)).filter(|(score, _)| *score >= NEAR).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, one)| format!("`{one}`")).collect()
}

/// Reads `key`, or a number of minutes.
///
/// # Errors
/// Anything else; more than a day.
pub fn gate(text: &str) -> Result<WaveGate, ServiceError> {
    match text.trim() {
        "key" => Ok(WaveGate::Key),
        minutes => match minutes.parse() {
            Ok(minutes) if minutes <= LONGEST_PAUSE => Ok(WaveGate::Minutes(minutes)),
            _ => Err(ServiceError::Setting(format!("`{minutes}` is no gate: key, or 0 to {LONGEST_PAUSE} minutes"))),
        },
    }
}

fn group_field(word: &str) -> Option<Field> {
    GROUP_FIELDS.into_iter().find(|field| field.key() == word)
}

/// The waves that are named: a comma separates two where a wave's name follows it, for it may stand in a value too.
fn parts(words: &str) -> Vec<(&str, Option<&str>)> {
    let is_wave = |text: &str| {
        let name = text.split(['=', ',']).next().unwrap_or_default().trim();
        matches!(name, "one" | "five") || group_field(name).is_some()
    };
    let mut cuts = vec![0];
    for (at, _) in words.match_indices(',') {
        if words.get(at + 1..).is_some_and(is_wave) {
            cuts.push(at + 1);
        }
    }
    cuts.push(words.len() + 1);
    let pieces = cuts.windows(2).filter_map(|cut| match cut {
        [from, to] => words.get(*from..to - 1),
        _ => None,
    });
    pieces
        .map(|piece| match piece.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value)),
            None => (piece.trim(), None),
        })
        .collect()
}

/// The waves of a run, with how each came out; none where it went at once.
///
/// # Errors
/// Only the store's.
pub async fn of_run(store: &Store, run: &RunRow) -> Result<Vec<WaveRow>, ServiceError> {
    Ok(store.waves_of(run.id).await?)
}

/// The wave at whose gate the run of a tenant stands, in whatever process; `None` where none waits any more.
pub async fn at_gate(engine: &Engine, connection: &Connection) -> Option<WaveStanding> {
    engine.gate_of(connection).await.ok().map(|gate| gate.standing)
}

/// Lets the wave go at whose gate the run of a tenant stands, in this process or any other: one of several who press does.
/// `wave`, counted from 0, is the one that is meant, where one is.
///
/// # Errors
/// Where nothing may be changed; where no wave waits, or another one than is meant.
pub async fn let_go(
    (supervisor, engine): (&Supervisor, &Engine),
    access: &Access,
    connection: &Connection,
    wave: Option<usize>,
) -> Result<(Gate, LetGo), ServiceError> {
    access.change()?;
    let (gate, let_go) = engine.let_next_wave_go(connection, wave).await?;
    // A run of this process need not look into the file to hear of it.
    supervisor.let_wave_go(connection.id, gate.standing.wave);
    Ok((gate, let_go))
}

/// What came of it, as a sentence.
#[must_use]
pub fn let_go_words(gate: &Gate, let_go: &LetGo) -> String {
    let (wave, of, label) = (gate.standing.wave + 1, gate.standing.of, &gate.standing.label);
    match let_go {
        LetGo::Now => format!("wave {wave} of {of}, {label}, goes now: run {}", gate.run),
        LetGo::Already { by, at } => {
            let at = at.strftime("%H:%M:%S UTC");
            match by.as_str() {
                "" => format!("wave {wave} of {of}, {label}, went at {at} as its time was over"),
                by => format!("wave {wave} of {of}, {label}, was let go by {by} at {at} already"),
            }
        }
        LetGo::NotAtGate => format!("wave {wave} of {of}, {label}, does not wait any more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_of_a_value_does_not_end_it() {
        assert_eq!(
            parts("one=41, five,branch=Quay, Old Town,department"),
            [("one", Some("41")), ("five", None), ("branch", Some("Quay, Old Town")), ("department", None)]
        );
        assert_eq!(parts("all"), [("all", None)]);
        assert_eq!(parts(""), [("", None)]);
    }

    #[test]
    fn a_gate_is_a_key_or_minutes_of_a_day() {
        assert_eq!(gate("key").unwrap(), WaveGate::Key);
        assert_eq!(gate(" 10").unwrap(), WaveGate::Minutes(10));
        for wrong in ["", "soon", "-1", "1441", "1.5"] {
            assert!(gate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn waves_are_proposed_for_first_imports_and_past_fifty_changes() {
        assert!(are_proposed(true, 2) && are_proposed(false, 51));
        assert!(!are_proposed(true, 1) && !are_proposed(false, 50));
    }
}
