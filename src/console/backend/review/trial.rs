//! A plan for a few people alone: what a ruling would lead to, in the planner's own words and not in a copy of its rules.

use super::Context;
use crate::domain::connection::Connection;
use crate::domain::decision::{Link, Ruling, WaitingBeside};
use crate::domain::ids::EmployeeId;
use crate::domain::mapping::{DestinationOption, MappingTable};
use crate::domain::person::{Employee, User};
use crate::domain::plan::{Beside, Operation, OperationKind, Plan};
use crate::domain::problem::Problem;
use crate::domain::snapshot::SourceFacts;
use crate::engine::connect::{Abilities, can_create_options};
use crate::planning::records::{Answer, Author};
use crate::planning::{PlanInput, make_plan};
use crate::ports::clock::day_in;
use jiff::Timestamp;
use jiff::civil::Date;

/// Everything about a connection that a trial plan needs, read once per card.
pub(super) struct Trial<'a> {
    pub connection: &'a Connection,
    pub abilities: Abilities,
    pub tables: Vec<MappingTable>,
    pub options: Vec<DestinationOption>,
    facts: SourceFacts,
    can_create_options: bool,
    now: Timestamp,
    today: Date,
}

/// The people of a trial.
pub(super) struct People<'a> {
    pub employees: Vec<Employee>,
    pub users: &'a [User],
    pub links: &'a [Link],
    /// Who stands beside whom in the newest plan: the trial does not forget it.
    pub beside: Vec<WaitingBeside>,
}

/// Those of whom the newest plan holds one beside the others.
pub(super) fn waiting(employee: &EmployeeId, others: &[Beside]) -> Vec<WaitingBeside> {
    let waits = |other: &Beside| WaitingBeside {
        employee: employee.clone(),
        other: other.employee.clone(),
        seen: other.seen.clone(),
    };
    others.iter().map(waits).collect()
}

impl<'a> Trial<'a> {
    pub async fn read(context: &Context, connection: &'a Connection) -> Result<Trial<'a>, Problem> {
        let (store, id) = (&context.engine.store, connection.id);
        let abilities = context.engine.abilities(connection)?;
        let now = context.engine.clock.now();
        Ok(Trial {
            tables: store.tables(id).await?,
            options: store.options(id).await?,
            facts: store.source_facts(id).await?.unwrap_or_default(),
            can_create_options: can_create_options(store, connection).await?,
            today: day_in(now, &connection.time_zone),
            connection,
            abilities,
            now,
        })
    }

    /// The plan of these people under these rulings.
    pub fn plan(&self, people: &People<'_>, rulings: &[(EmployeeId, Ruling)]) -> Plan {
        self.plan_of(people, &Answer { rulings: rulings.to_vec(), ..Answer::default() })
    }

    /// The plan of these people under an answer about their records.
    pub fn plan_of(&self, people: &People<'_>, answer: &Answer) -> Plan {
        let author = Author { by: "", at: self.now, reason: None };
        let (decisions, pairs) = answer.signed(&people.employees, author);
        make_plan(&PlanInput {
            employees: &people.employees,
            users: people.users,
            options: &self.options,
            tables: &self.tables,
            links: people.links,
            decisions: &decisions,
            not_same: &[],
            waiting: &[],
            pairs: &pairs,
            waiting_beside: &people.beside,
            parked: &[],
            facts: &self.facts,
            settings: &self.connection.settings,
            source: self.abilities.source,
            destination: self.abilities.destination,
            can_create_options: self.can_create_options,
            today: self.today,
            matcher: &crate::matching::engine::Engine::default(),
        })
    }

    /// What is written for one person, long and short, and how many old values an undo puts back.
    pub fn written(&self, plan: &Plan, employee: &EmployeeId) -> Written {
        let mine: Vec<&Operation> =
            plan.operations.iter().filter(|one| one.employee.as_ref() == Some(employee)).collect();
        let mut parts: Vec<String> = Vec::new();
        let mut short: Vec<String> = Vec::new();
        let word = self.abilities.destination.identifier_word;
        for operation in &mine {
            match operation.kind {
                OperationKind::Create => {
                    let identifier = operation.identifier.as_ref().map(ToString::to_string).unwrap_or_default();
                    parts.push(format!("create {identifier}"));
                    short.push("1 create".to_owned());
                }
                OperationKind::Reactivate => {
                    parts.push("switch on again".to_owned());
                    short.push("switch on".to_owned());
                }
                OperationKind::Deactivate => {
                    parts.push("deactivate".to_owned());
                    short.push("deactivate".to_owned());
                }
                OperationKind::Link => {
                    parts.push(word.to_owned());
                    short.push(word.to_owned());
                }
                _ => {}
            }
        }
        let changed: Vec<&str> = mine
            .iter()
            .filter(|one| matches!(one.kind, OperationKind::Update | OperationKind::Reactivate))
            .flat_map(|one| &one.fields)
            .map(|change| self.abilities.destination.word(change.field))
            .collect();
        if !changed.is_empty() {
            let count = changed.len();
            let fields = if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
            parts.push(format!("{fields}: {}", names_joined(&changed)));
            short.push(fields);
        }
        let options = plan.operations.iter().filter(|one| one.kind == OperationKind::CreateOption).count();
        if options > 0 {
            let words = if options == 1 { "1 new option".to_owned() } else { format!("{options} new options") };
            parts.push(words.clone());
            short.push(words);
        }
        let undo = mine.iter().filter(|one| one.kind != OperationKind::Create).map(|one| one.fields.len().max(1)).sum();
        let nothing = || "nothing: both sides agree".to_owned();
        Written {
            long: if parts.is_empty() { nothing() } else { parts.join(", then ") },
            short: if short.is_empty() { "nothing to write".to_owned() } else { short.join(" + ") },
            undo,
        }
    }
}

/// What a trial writes for one person.
pub(super) struct Written {
    pub long: String,
    pub short: String,
    pub undo: usize,
}

/// `first name, last name, branch` as `name, branch`.
fn names_joined(words: &[&str]) -> String {
    let mut said: Vec<&str> = Vec::new();
    for word in words {
        let word = if matches!(*word, "first name" | "last name" | "known as") { "name" } else { word };
        if !said.contains(&word) {
            said.push(word);
        }
    }
    said.join(", ")
}
