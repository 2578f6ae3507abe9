//! What a ruling would lead to: a plan of a few people, from the very data that the plan of everybody is made from.

use super::Engine;
use super::connect::Abilities;
use super::error::EngineError;
use super::plan::Held;
use crate::domain::connection::Connection;
use crate::domain::decision::Link;
use crate::domain::ids::EmployeeId;
use crate::domain::mapping::{DestinationOption, MappingTable};
use crate::domain::person::{Employee, User};
use crate::domain::plan::Plan;
use crate::planning::records::{Answer, Author};
use crate::planning::{self, PlanInput};
use jiff::Timestamp;
use std::collections::HashSet;

/// Everything that a plan of a connection is made from, but for the people.
pub struct Trial {
    held: Held,
    now: Timestamp,
}

/// The people of a trial: those concerned, and who may be in their way.
#[derive(Debug, Clone, Copy)]
pub struct TrialPeople<'a> {
    pub employees: &'a [Employee],
    pub users: &'a [User],
    /// Links of these people.
    pub links: &'a [Link],
}

impl Trial {
    /// What both ends can do.
    pub fn abilities(&self) -> Abilities {
        self.held.abilities()
    }

    /// The mapping tables.
    pub fn tables(&self) -> &[MappingTable] {
        self.held.tables()
    }

    /// The destination's options.
    pub fn options(&self) -> &[DestinationOption] {
        self.held.options()
    }

    /// The plan of these people under an answer of the operator, on top of everything that was ruled on them before.
    pub fn plan(&self, people: TrialPeople<'_>, answer: &Answer) -> Plan {
        let concerned: HashSet<&EmployeeId> = people.employees.iter().map(|employee| &employee.id).collect();
        let author = Author { by: "", at: self.now, reason: None };
        let (answered, verdicts) = answer.signed(people.employees, author);
        let mut decisions = self.held.decisions.clone();
        decisions.retain(|one| {
            concerned.contains(&one.employee)
                && !answer.taken_back.contains(&one.employee)
                && !answered.iter().any(|new| new.employee == one.employee)
        });
        decisions.extend(answered);
        let matcher = self.held.matcher();
        let input = self.held.input(self.held.tables(), &matcher);
        let mut pairs = input.pairs.to_vec();
        pairs.retain(|one| {
            concerned.contains(&one.employee)
                && !verdicts.iter().any(|new| new.employee == one.employee && new.other == one.other)
        });
        pairs.extend(verdicts);
        let plan = planning::make_plan(&PlanInput {
            employees: people.employees,
            users: people.users,
            links: people.links,
            decisions: &decisions,
            pairs: &pairs,
            ..input
        });
        self.held.settled(plan)
    }
}

impl Engine {
    /// What trials of rulings are made from.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn trial(&self, connection: &Connection) -> Result<Trial, EngineError> {
        Ok(Trial { held: self.held_without_people(connection).await?, now: self.clock.now() })
    }
}
