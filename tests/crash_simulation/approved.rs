//! An approved plan in a world that goes on: what was approved less what moved is carried out, what moved is named, nothing else
//! happens. Nobody dies here; the worlds are those of the crashes.

use crate::schedule::{Options, Schedule, world_of};
use crate::world::Kind;
use onroll::domain::field::Field;
use onroll::domain::ids::EmployeeId;
use onroll::domain::person::{EmploymentStatus, UserStatus};
use onroll::domain::plan::{Operation, OperationKind};
use onroll::domain::run::OperationState;
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{Approved, Confirmation, PreviewRequest, SyncRequest};
use onroll::ports::destination::Write;
use std::collections::BTreeSet;
use std::time::Duration;

/// What happens between the approval and the first write.
struct Moved {
    /// People about whom something changed at the destination, or was done by its hands.
    there: BTreeSet<EmployeeId>,
    /// People about whom something changed in the source.
    source: BTreeSet<EmployeeId>,
}

/// One world, one plan, some changes.
///
/// # Errors
/// What is not as it should be.
pub fn case(seed: u64) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let kinds = [Kind::Flow, Kind::LearnAmp, Kind::Insert, Kind::Scim, Kind::RewardGateway, Kind::Moodle];
        let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
        let options = Options { kind: Some(*random.choice(&kinds).unwrap()), ..Options::default() };
        let mut schedule = Schedule::new(seed, options).await;
        {
            let mut shared = schedule.shared.lock().unwrap();
            shared.trouble = 0;
            // Many lines of every kind.
            shared.world = world_of(options.kind.unwrap(), &mut random);
            shared.writes = Some(Vec::new());
        }
        let program = schedule.open().map_err(|error| error.to_string())?;
        let (reporter, control) = (Reporter::silent(), RunControl::default());
        let store = &program.engine.store;
        let connection = store.connection(schedule.connection).await.map_err(|error| error.to_string())?;
        let preview = program.engine.preview(&connection, &PreviewRequest::default(), &reporter, &control).await;
        let approved = preview.map_err(|error| error.to_string())?.plan.ok_or("no plan")?;
        let is_old = random.bool();
        let moved = move_some(&schedule, &mut random);
        // A plan past its shelf life is compared with both sides as they are.
        tokio::time::sleep(Duration::from_secs(if is_old { 900 } else { 60 })).await;
        let request = SyncRequest {
            confirmation: Some(Confirmation { number: approved.plan.counts.operations(), reason: None }),
            approved: Approved::Kept(approved.id),
            ..SyncRequest::default()
        };
        let report =
            program.engine.sync(&connection, &request, &reporter, &control).await.map_err(|error| error.to_string())?;
        if let Some(problem) = report.problem {
            return Err(format!("it stopped: {problem:?}"));
        }
        let rows = store.operations(approved.id, &[]).await.map_err(|error| error.to_string())?;
        let writes = schedule.shared.lock().unwrap().writes.take().unwrap_or_default();
        // Nothing else is written.
        for write in &writes {
            let lines = rows.iter().filter(|row| is_of(write, &row.operation)).count();
            if lines != 1 {
                return Err(format!("{lines} lines were approved for {write:?}"));
            }
        }
        for row in &rows {
            let operation = &row.operation;
            let sent = writes.iter().filter(|write| is_of(write, operation)).count();
            let employee = operation.employee.clone().ok_or("a line about nobody")?;
            let may_move = moved.there.contains(&employee) || is_old && moved.source.contains(&employee);
            // Who changed may be taken for somebody else by now, who is held then, by name.
            let held = row.error.as_ref().is_some_and(|(_, why)| why.starts_with("held by now"));
            let may_move = may_move || held && !(moved.there.is_empty() && moved.source.is_empty());
            match row.state {
                OperationState::Written | OperationState::Confirmed => {}
                OperationState::SetAside if may_move => {
                    let why = row.error.as_ref().filter(|(code, why)| code == "MOVED" && !why.is_empty());
                    why.ok_or_else(|| format!("nothing is said of {operation:?}"))?;
                    if sent > 0 {
                        return Err(format!("set aside and sent: {operation:?}"));
                    }
                    continue;
                }
                state => return Err(format!("{state:?} {:?}, though nothing moved: {operation:?}", row.error)),
            }
            if sent > 1 || sent == 0 && !may_move {
                return Err(format!("sent {sent} times: {operation:?}"));
            }
        }
        Ok(())
    })
}

fn is_of(write: &Write, operation: &Operation) -> bool {
    let (kind, identifier, changes) = match write {
        Write::Create { identifier, .. } => (OperationKind::Create, identifier, None),
        Write::Update { identifier, changes, .. } => (OperationKind::Update, identifier, Some(changes)),
        Write::SetIdentifier { identifier, .. } => (OperationKind::Link, identifier, None),
        Write::Deactivate { identifier, .. } => (OperationKind::Deactivate, identifier, None),
        Write::Reactivate { identifier, changes, .. } => (OperationKind::Reactivate, identifier, Some(changes)),
        Write::CreateOption { .. } | Write::RemoveOption { .. } => return false,
    };
    operation.kind == kind
        && operation.identifier.as_ref() == Some(identifier)
        && changes.is_none_or(|changes| *changes == operation.fields)
}

fn move_some(schedule: &Schedule, random: &mut fastrand::Rng) -> Moved {
    let mut moved = Moved { there: BTreeSet::new(), source: BTreeSet::new() };
    let mut shared = schedule.shared.lock().unwrap();
    let world = &mut shared.world;
    for _ in 0..random.usize(0..4) {
        let at = random.usize(0..world.employees.len());
        let employee = world.employees[at].clone();
        let own = world.users.iter().position(|user| world.truth.get(&user.id) == Some(&employee.id));
        match (random.u8(0..8), own) {
            (0, _) => {
                world.employees[at].person.last_name = Some("Featherstone".into());
                moved.source.insert(employee.id);
            }
            (1, _) => {
                world.employees[at].status = match employee.status {
                    EmploymentStatus::Active => EmploymentStatus::Ended,
                    _ => EmploymentStatus::Active,
                };
                moved.source.insert(employee.id);
            }
            (2, _) => {
                world.employees[at].person.set(Field::Email, Some(&format!("other{}@x.example", employee.id))).unwrap();
                moved.source.insert(employee.id);
            }
            (3 | 4, Some(user)) => {
                world.users[user].person.last_name = Some("Oyelaran".into());
                moved.there.insert(employee.id);
            }
            (5, Some(user)) => {
                world.users[user].status = UserStatus::Inactive;
                moved.there.insert(employee.id);
            }
            (6, Some(user)) => {
                world.users[user].identifier = None;
                moved.there.insert(employee.id);
            }
            (_, None) => {
                let (identifier, person, id) = (employee.identifier, employee.person, employee.id);
                world.insert(Some(identifier), person, Some(id.clone()));
                moved.there.insert(id);
            }
            _ => {}
        }
    }
    moved
}
