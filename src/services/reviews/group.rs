//! The same ruling for several people: what it leads to for each of them, by one plan of all of them.

use crate::domain::connection::Connection;
use crate::domain::decision::{PairVerdict, Ruling};
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::person::Employee;
use crate::domain::plan::{OperationKind, Plan};
use crate::engine::Engine;
use crate::engine::trial::TrialPeople;
use crate::planning::records::Answer;
use crate::services::ServiceError;

/// A ruling on several people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupRuling {
    /// Each is linked to the user who stands beside.
    Link,
    /// Each becomes a new user.
    Create,
}

/// What a ruling leads to for one of several people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequence {
    /// Why it does not help: the person stays held, and is not ruled on.
    pub held: Option<String>,
    pub identifier: bool,
    pub fields: u32,
    pub creates: bool,
    pub mails: u32,
}

/// One of several people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub employee: EmployeeId,
    pub link: Consequence,
    pub create: Consequence,
}

impl Member {
    /// What a ruling leads to.
    #[must_use]
    pub fn consequence(&self, ruling: GroupRuling) -> &Consequence {
        match ruling {
            GroupRuling::Link => &self.link,
            GroupRuling::Create => &self.create,
        }
    }
}

/// What ruling all of them alike leads to, for each by itself. Nobody is promised what the plan would not do: it is made of
/// everybody of the tenant, all rulings on it at once (of more than 20,000 employees, of these people and who is in their way).
///
/// # Errors
/// The store's.
pub async fn consequences(
    engine: &Engine,
    connection: &Connection,
    people: &[(EmployeeId, Option<UserId>)],
) -> Result<Vec<Member>, ServiceError> {
    let store = &engine.store;
    let ids: Vec<EmployeeId> = people.iter().map(|(employee, _)| employee.clone()).collect();
    let users: Vec<UserId> = people.iter().filter_map(|(_, user)| user.clone()).collect();
    let around = store.desk_context(connection.id, ids.clone(), users).await?;
    let mut employees: Vec<Employee> = Vec::with_capacity(ids.len());
    for id in &ids {
        employees.extend(store.employee(connection.id, id).await?);
    }
    let known: Vec<EmployeeId> = employees.iter().map(|one| one.id.clone()).collect();
    employees.extend(around.holders.iter().cloned());
    let beside = store.held_beside(connection.id).await?;
    let trial = engine.trial_of_all(connection, &known).await?;
    let people = people.to_vec();
    let computed = tokio::task::spawn_blocking(move || {
        let known: std::collections::HashSet<EmployeeId> = known.into_iter().collect();
        let asked: std::collections::HashSet<&EmployeeId> = ids.iter().collect();
        let all = TrialPeople { employees: &employees, users: &around.users, links: &around.links };
        let links = people.iter().filter_map(|(one, user)| Some((one.clone(), Ruling::Link { user: user.clone()? })));
        let link = trial.plan(all, &Answer { rulings: links.collect(), ..Answer::default() });
        let apart = beside.iter().filter(|(one, _)| asked.contains(one)).flat_map(|(one, others)| {
            others.iter().map(|other| (one.clone(), other.employee.clone(), PairVerdict::Distinct))
        });
        let rulings = ids.iter().map(|one| (one.clone(), Ruling::Create)).collect();
        let create = trial.plan(all, &Answer { rulings, pairs: apart.collect(), ..Answer::default() });
        people
            .iter()
            .map(|(employee, user)| Member {
                employee: employee.clone(),
                link: match (known.contains(employee), user) {
                    (true, Some(_)) => consequence(&link, employee, false),
                    (true, None) => refused("nobody to link to"),
                    (false, _) => refused("not in the source's answer"),
                },
                create: match known.contains(employee) {
                    true => consequence(&create, employee, true),
                    false => refused("not in the source's answer"),
                },
            })
            .collect()
    });
    computed.await.map_err(|error| ServiceError::broken(&error))
}

fn refused(why: &str) -> Consequence {
    Consequence { held: Some(why.to_owned()), ..Consequence::default() }
}

fn consequence(plan: &Plan, employee: &EmployeeId, creating: bool) -> Consequence {
    let mine: Vec<_> = plan.operations.iter().filter(|one| one.employee.as_ref() == Some(employee)).collect();
    let creates = mine.iter().any(|one| one.kind == OperationKind::Create);
    let held = plan.holds.iter().find(|hold| hold.employee == *employee).map(|hold| hold.message.clone());
    let there = || "a user with this identifier is there already".to_owned();
    let changes = [OperationKind::Update, OperationKind::Reactivate];
    let fields: usize = mine.iter().filter(|one| changes.contains(&one.kind)).map(|one| one.fields.len()).sum();
    // A plan that welcomes nobody has nobody who is welcomed.
    let welcomed = mine.iter().filter(|one| one.is_welcomed()).count();
    let mails = if plan.mails.welcome == 0 { 0 } else { u32::try_from(welcomed).unwrap_or(u32::MAX) };
    Consequence {
        held: held.or_else(|| (creating && !creates).then(there)),
        identifier: mine.iter().any(|one| one.kind == OperationKind::Link),
        fields: u32::try_from(fields).unwrap_or(u32::MAX),
        creates,
        mails,
    }
}
