//! A plan for a few people alone: what a ruling would lead to, in the planner's own words and not in a copy of its rules.

use super::Context;
use crate::domain::connection::Connection;
use crate::domain::decision::{Link, Ruling};
use crate::domain::ids::EmployeeId;
use crate::domain::person::{Employee, User};
use crate::domain::plan::{Operation, OperationKind, Plan};
use crate::domain::problem::Problem;
use crate::engine::connect::Abilities;
use crate::engine::trial::{self as engine, TrialPeople};
use crate::mapping::MappingIndex;
use crate::planning::records::Answer;

/// A trial as the screens ask for it.
pub(super) struct Trial(engine::Trial);

/// The people of a trial.
pub(super) struct People<'a> {
    pub employees: Vec<Employee>,
    pub users: &'a [User],
    pub links: &'a [Link],
}

fn ids(people: &[Employee]) -> Vec<EmployeeId> {
    people.iter().map(|employee| employee.id.clone()).collect()
}

impl Trial {
    pub async fn read(context: &Context, connection: &Connection, people: &[Employee]) -> Result<Trial, Problem> {
        Ok(Trial(context.engine.trial(connection, &ids(people)).await?))
    }

    /// For people who are not matched yet.
    pub async fn of_all(context: &Context, connection: &Connection, people: &[Employee]) -> Result<Trial, Problem> {
        Ok(Trial(context.engine.trial_of_all(connection, &ids(people)).await?))
    }

    pub fn abilities(&self) -> Abilities {
        self.0.abilities()
    }

    /// The tables, indexed.
    pub fn index(&self) -> MappingIndex<'_> {
        MappingIndex::new(self.abilities().destination.lists, self.0.tables(), self.0.options())
    }

    /// The plan of these people under these rulings.
    pub fn plan(&self, people: &People<'_>, rulings: &[(EmployeeId, Ruling)]) -> Plan {
        self.plan_of(people, &Answer { rulings: rulings.to_vec(), ..Answer::default() })
    }

    /// The plan of these people under an answer about their records.
    pub fn plan_of(&self, people: &People<'_>, answer: &Answer) -> Plan {
        let people = TrialPeople { employees: &people.employees, users: people.users, links: people.links };
        self.0.plan(people, answer)
    }

    /// What is written for one person, long and short, and how many old values an undo puts back.
    pub fn written(&self, plan: &Plan, employee: &EmployeeId) -> Written {
        let mine: Vec<&Operation> =
            plan.operations.iter().filter(|one| one.employee.as_ref() == Some(employee)).collect();
        let mut parts: Vec<String> = Vec::new();
        let mut short: Vec<String> = Vec::new();
        let word = self.abilities().destination.identifier_word;
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
            .map(|change| self.abilities().destination.word(change.field))
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
        // Those around may be welcomed by the same plan; a plan that welcomes nobody has nobody who is.
        let welcomed = mine.iter().filter(|one| one.is_welcomed()).count();
        let mails = if plan.mails.welcome == 0 { 0 } else { u32::try_from(welcomed).unwrap_or(u32::MAX) };
        Written {
            mails,
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
    /// Mails to this person alone.
    pub mails: u32,
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
