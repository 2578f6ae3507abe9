//! Rulings: who is linked to whom, who is a new user, who stays out, which records are one person.

pub mod group;
pub mod list;

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::decision::{Decision, NotSame, Ruling, Walked};
use crate::domain::ids::{EmployeeId, UserId};
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::planning::key_fields;

/// What an operator decides.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// Rulings of one undo step.
    Rule(Vec<(EmployeeId, Ruling)>),
    /// Of the records that look like one person this employee's counts.
    KeepRecord(EmployeeId),
    /// This employee and those beside it are different people.
    TellApart(EmployeeId),
    /// Of the people who share an identifier or an e-mail this one keeps it; the others wait for another.
    KeepShared(EmployeeId),
    /// These go without the e-mail that they share with others.
    WithoutEmail(Vec<EmployeeId>),
    /// These are two people, for ever; `off` takes that back.
    NotSame { pair: NotSame, off: bool },
    /// People who were held back from the plan go again: what was ruled on them before counts again.
    LetGo(Vec<EmployeeId>),
    /// Takes the ruling in force back.
    Withdraw(EmployeeId),
    /// Takes the newest rulings back.
    Undo,
    /// Brings back what was undone last.
    Redo,
    /// Takes the newest ruling on one person back, or does it again, whatever was ruled on others since.
    Walk { employee: EmployeeId, undo: bool },
}

/// Keeps a judgement with its author; answers whom it concerns: nobody where there was nothing to undo or to do again.
///
/// # Errors
/// Where nothing may be changed; a user who is not there, an employee who stands beside nobody; the store's.
pub async fn decide(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    judgement: Judgement,
    reason: Option<String>,
) -> Result<Vec<EmployeeId>, ServiceError> {
    access.change()?;
    let (store, by, id) = (&engine.store, access.operator.as_str(), connection.id);
    Ok(match judgement {
        Judgement::Rule(rulings) => rule(engine, access, connection, rulings, reason).await?,
        Judgement::KeepRecord(employee) => {
            engine.keep_record(connection, &employee, reason.as_deref()).await?.employees
        }
        Judgement::TellApart(employee) => engine.tell_apart(connection, &employee, reason.as_deref()).await?.employees,
        Judgement::KeepShared(employee) => engine.keep_shared(connection, &employee, reason.as_deref()).await?,
        Judgement::WithoutEmail(employees) => {
            engine.without_email(connection, &employees, reason.as_deref()).await?;
            employees
        }
        Judgement::NotSame { pair, off } => {
            let employee = pair.employee.clone();
            if off {
                store.remove_not_same(id, pair, by).await?;
            } else {
                check_user(engine, connection, &pair.user).await?;
                store.add_not_same(id, pair, by).await?;
            }
            vec![employee]
        }
        Judgement::LetGo(employees) => let_go(engine, access, connection, employees).await?,
        Judgement::Withdraw(employee) => {
            // Whoever is held as undone is what he was ruled to be before.
            if store.release_undone(id, None, vec![employee.clone()], by).await?.is_empty() {
                store.withdraw_decisions(id, vec![employee.clone()], by).await?;
            }
            vec![employee]
        }
        Judgement::Undo => store.undo_decision(id, by).await?.unwrap_or_default(),
        Judgement::Redo => store.redo_decision(id, by).await?.unwrap_or_default(),
        Judgement::Walk { employee, undo } => {
            let walked = store.walk_decision_of(id, &employee, undo, by).await?;
            if walked { vec![employee] } else { Vec::new() }
        }
    })
}

/// Whether an employee shares an identifier or an e-mail with somebody after the newest plan.
///
/// # Errors
/// The store's.
pub async fn shares(engine: &Engine, connection: &Connection, employee: &EmployeeId) -> Result<bool, ServiceError> {
    match engine.sharing(connection, employee).await {
        Ok(_) => Ok(true),
        Err(EngineError::Input { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Takes the newest rulings back (`undo`), or brings back what was undone last; answers what that step said of whom, with the
/// names. Nobody where there is no such step.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn walk(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    undo: bool,
) -> Result<Vec<WalkedPerson>, ServiceError> {
    access.change()?;
    let store = &engine.store;
    let step = store.walk_decision(connection.id, undo, &access.operator).await?.unwrap_or_default();
    let mut people = Vec::with_capacity(step.len());
    for (at, walked) in step.into_iter().enumerate() {
        // The first ones are named; of a million nobody reads more.
        let record = if at < NAMED { store.employee(connection.id, &walked.employee).await? } else { None };
        let name = record.map_or_else(|| walked.employee.to_string(), |record| record.person.display_name());
        people.push(WalkedPerson { name, walked });
    }
    Ok(people)
}

/// People of an undone step who are named.
const NAMED: usize = 8;

/// What an undone or redone step said of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkedPerson {
    pub name: String,
    pub walked: Walked,
}

/// Keeps rulings with their author and their shelf life.
async fn rule(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    rulings: Vec<(EmployeeId, Ruling)>,
    reason: Option<String>,
) -> Result<Vec<EmployeeId>, ServiceError> {
    let mut decisions = Vec::with_capacity(rulings.len());
    for (employee, ruling) in rulings {
        if let Ruling::Link { user } = &ruling {
            check_user(engine, connection, user).await?;
        }
        // Somebody whom the source does not show any more has no record to change: the ruling holds as it is.
        let record = engine.store.employee(connection.id, &employee).await?;
        decisions.push(Decision {
            key_fields: record.map(|record| key_fields(&record.person)).unwrap_or_default(),
            employee,
            ruling,
            reason: reason.clone(),
            by: access.operator.clone(),
            at: engine.clock.now(),
        });
    }
    let concerned = decisions.iter().map(|decision| decision.employee.clone()).collect();
    engine.store.decide(connection.id, decisions).await?;
    Ok(concerned)
}

async fn check_user(engine: &Engine, connection: &Connection, user: &UserId) -> Result<(), ServiceError> {
    let around = engine.store.desk_context(connection.id, Vec::new(), vec![user.clone()]).await?;
    if around.users.iter().any(|known| known.id == *user) {
        return Ok(());
    }
    Err(ServiceError::NoUser { user: user.clone() })
}

async fn let_go(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    employees: Vec<EmployeeId>,
) -> Result<Vec<EmployeeId>, ServiceError> {
    let store = &engine.store;
    let (mut earlier, mut plain) = (Vec::new(), Vec::new());
    for employee in &employees {
        match store.ruling_before_hold_back(connection.id, employee).await? {
            Some(decision) => earlier.push(Decision { at: engine.clock.now(), ..decision }),
            None => plain.push(employee.clone()),
        }
    }
    if !earlier.is_empty() {
        store.decide(connection.id, earlier).await?;
    }
    if !plain.is_empty() {
        store.withdraw_decisions(connection.id, plain, &access.operator).await?;
    }
    Ok(employees)
}
