//! What a ruling would lead to: a plan from the very data that the plan of everybody is made from.

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
use crate::matching::engine::WithoutEvidence;
use crate::planning::records::{Answer, Author};
use crate::planning::{self, PlanInput};
use jiff::Timestamp;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Up to this number of employees a trial may plan everybody; above, it plans those around a ruling alone.
const WHOLE_UP_TO: u32 = 20_000;

/// The thread of trials of a few people. What is done in parallel for everybody goes to sleep and is woken up some twenty times
/// for one person, which takes longer than the work, and would wait behind a plan of everybody.
static FEW: LazyLock<Option<ThreadPool>> =
    LazyLock::new(|| ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "trial".to_owned()).build().ok());

/// Everything that a plan of a connection is made from; everybody, or all but the people.
pub struct Trial {
    held: Held,
    whole: bool,
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

    /// The plan of these people under an answer of the operator, on top of everything that was ruled before.
    pub fn plan(&self, people: TrialPeople<'_>, answer: &Answer) -> Plan {
        let people_of_plan = if self.whole { self.everybody() } else { people };
        let concerned: HashSet<&EmployeeId> = people_of_plan.employees.iter().map(|employee| &employee.id).collect();
        let author = Author { by: "", at: self.now, reason: None };
        let (answered, verdicts) = answer.signed(people_of_plan.employees, author);
        let mut decisions = self.held.decisions.clone();
        decisions.retain(|one| {
            (self.whole || concerned.contains(&one.employee))
                && !answer.taken_back.contains(&one.employee)
                && !answered.iter().any(|new| new.employee == one.employee)
        });
        decisions.extend(answered);
        let matcher = WithoutEvidence(self.held.matcher());
        let input = self.held.input(self.held.tables(), &matcher);
        let mut pairs = input.pairs.to_vec();
        pairs.retain(|one| {
            (self.whole || concerned.contains(&one.employee))
                && !verdicts.iter().any(|new| new.employee == one.employee && new.other == one.other)
        });
        pairs.extend(verdicts);
        let input = PlanInput {
            employees: people_of_plan.employees,
            users: people_of_plan.users,
            links: people_of_plan.links,
            decisions: &decisions,
            pairs: &pairs,
            ..input
        };
        let plan = match FEW.as_ref().filter(|_| !self.whole) {
            Some(few) => few.install(|| planning::make_plan(&input)),
            None => planning::make_plan(&input),
        };
        let plan = self.held.settled(plan);
        if !self.whole {
            return plan;
        }
        let shown: Vec<EmployeeId> = people.employees.iter().map(|employee| employee.id.clone()).collect();
        planning::only(&plan, &shown)
    }

    fn everybody(&self) -> TrialPeople<'_> {
        TrialPeople { employees: &self.held.employees, users: &self.held.users, links: &self.held.links }
    }
}

impl Engine {
    /// What trials of rulings on somebody with known candidates are made from: they plan these people.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn trial(&self, connection: &Connection, people: &[EmployeeId]) -> Result<Trial, EngineError> {
        let held = self.held_without_people(connection, Some(people)).await?;
        Ok(Trial { held, whole: false, now: self.clock.now() })
    }

    /// The same for people whose candidates nobody knows yet, because something else held them before they were matched:
    /// everybody is planned, and what is said of the people who are given is what the real plan will say. Of more than
    /// 20,000 employees only the people who are given are planned.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn trial_of_all(&self, connection: &Connection, people: &[EmployeeId]) -> Result<Trial, EngineError> {
        let head = self.store.latest_plan(connection.id).await?;
        if head.is_some_and(|head| head.people > WHOLE_UP_TO) {
            return self.trial(connection, people).await;
        }
        Ok(Trial { held: self.held(connection).await?, whole: true, now: self.clock.now() })
    }
}
