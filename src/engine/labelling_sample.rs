//! The audit sample: pairs drawn by chance from what was decided without asking anybody. Only they are fair enough to
//! teach how often people of one identity differ from themselves (MATCHING 5.8).

use super::Engine;
use super::error::EngineError;
use super::plan::Held;
use crate::domain::connection::Connection;
use crate::domain::decision::Ruling;
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::plan::{Candidate, OperationKind, Plan};
use crate::matching::Verdict;
use crate::matching::learning::{Drawn, draw, names_of, seen};
use crate::store::{AuditItem, NewAuditItem, Stratum};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The minimum of pairs that are drawn of a stratum, as far as it has them.
const LEAST: usize = 10;

/// An employee and the user that stands for him, and whether the e-mail may have made the tie.
pub(super) type Tie = (EmployeeId, UserId, bool);

/// Who was tied without a question: by an equal identifier, or by a link of the plan that no operator ruled. People whose
/// user Onroll has written are left out: they agree because of that.
fn ties(held: &Held, plan: &Plan, written: &BTreeSet<EmployeeId>) -> Vec<Tie> {
    let mut holders: HashMap<&str, Vec<&UserId>> = HashMap::new();
    for user in &held.users {
        if let Some(identifier) = &user.identifier {
            holders.entry(identifier.as_str()).or_default().push(&user.id);
        }
    }
    let mut found: BTreeMap<EmployeeId, (UserId, bool)> = BTreeMap::new();
    for employee in &held.employees {
        if let Some([user]) = holders.get(employee.identifier.as_str()).map(Vec::as_slice) {
            found.insert(employee.id.clone(), ((*user).clone(), false));
        }
    }
    let ruled: BTreeSet<&EmployeeId> = held
        .decisions
        .iter()
        .filter(|decision| matches!(decision.ruling, Ruling::Link { .. }))
        .map(|decision| &decision.employee)
        .collect();
    for operation in plan.operations.iter().filter(|one| one.kind == OperationKind::Link) {
        if let (Some(employee), Some(user)) = (&operation.employee, &operation.user) {
            found.entry(employee.clone()).or_insert_with(|| (user.clone(), true));
        }
    }
    found.retain(|employee, _| !written.contains(employee) && !ruled.contains(employee));
    found.into_iter().map(|(employee, (user, mail))| (employee, user, mail)).collect()
}

fn item(
    stratum: Stratum,
    rate: f64,
    employee: EmployeeId,
    candidate: Candidate,
    by_mail: bool,
) -> Option<NewAuditItem> {
    let seen = seen(&candidate.evidence)?;
    let mut levels = names_of(&seen.levels);
    // What made the tie cannot tell how often it agrees.
    levels.remove("identifier");
    if by_mail && levels.get("email").is_some_and(|level| level == "exact") {
        levels.remove("email");
    }
    Some(NewAuditItem { stratum, rate, employee, weight: seen.weight, levels, candidate })
}

/// The nearest user of everybody who is called new and has one.
fn nearest_of_new(held: &Held) -> (Plan, Vec<(EmployeeId, Candidate)>) {
    let (plan, found) = held.watched(|comparison, people| {
        let new = (0..people.employees.len()).filter(|row| comparison.outcome(*row).verdict == Verdict::New);
        let nearest = new.filter_map(|row| {
            let ranked = comparison.candidates(row).next()?;
            Some((EmployeeId(people.employees[row].id.clone()), comparison.explain(ranked.pair)))
        });
        nearest.collect::<Vec<_>>()
    });
    (plan, found.unwrap_or_default())
}

/// Compares everybody as if no identifier, link or ruling were known, and gives the waterfalls of these pairs.
pub(super) fn weigh_blindly(held: &Held, ties: &[Tie]) -> Vec<(EmployeeId, Candidate, bool)> {
    let mut blind = held.clone();
    blind.users.iter_mut().for_each(|user| user.identifier = None);
    (blind.links, blind.decisions, blind.not_same) = (Vec::new(), Vec::new(), Vec::new());
    blind.settings.email_fallback = false;
    let (_, found) = blind.watched(|comparison, people| {
        let rows = |list: &[crate::matching::MatchPerson]| {
            list.iter().enumerate().map(|(row, one)| (one.id.clone(), row)).collect::<HashMap<String, usize>>()
        };
        let (employees, users) = (rows(people.employees), rows(people.users));
        let weighed = ties.iter().filter_map(|(employee, user, by_mail)| {
            let (row, other) = (employees.get(employee.as_str())?, users.get(user.as_str())?);
            Some((employee.clone(), comparison.weigh(*row, *other), *by_mail))
        });
        weighed.collect::<Vec<_>>()
    });
    found.unwrap_or_default()
}

impl Engine {
    /// Draws a sample: this share of those who were tied without a question, and of those called new who have a nearest
    /// user. Who was drawn before is left out. Who is drawn follows from the ids and the number of the draw alone.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn draw_audit(&self, connection: &Connection, share: f64) -> Result<Vec<AuditItem>, EngineError> {
        let earlier = self.store.audit_items(connection.id).await?;
        let written = self.store.written_people(connection.id).await?;
        let held = self.held(connection).await?;
        let number = earlier.iter().map(|item| item.draw).max().unwrap_or(0) + 1;
        let known: BTreeSet<(EmployeeId, UserId)> =
            earlier.into_iter().map(|one| (one.item.employee, one.item.candidate.user)).collect();
        let seed = format!("{}/{number}", connection.short_name);
        let worked = tokio::task::spawn_blocking(move || {
            let (plan, mut new) = nearest_of_new(&held);
            let mut tied = ties(&held, &plan, &written);
            tied.retain(|(employee, user, _)| !known.contains(&(employee.clone(), user.clone())));
            new.retain(|(employee, one)| !known.contains(&(employee.clone(), one.user.clone())));
            let tied = draw(tied, |(employee, ..)| employee.0.clone(), &format!("{seed}/linked"), share, LEAST);
            let Drawn { taken, rate } =
                draw(new, |(employee, _)| employee.0.clone(), &format!("{seed}/new"), share, LEAST);
            let linked = weigh_blindly(&held, &tied.taken);
            let linked = linked.into_iter().filter_map(|(employee, candidate, by_mail)| {
                item(Stratum::Linked, tied.rate, employee, candidate, by_mail)
            });
            let new = taken
                .into_iter()
                .filter_map(|(employee, candidate)| item(Stratum::New, rate, employee, candidate, false));
            linked.chain(new).collect::<Vec<_>>()
        });
        let items = worked.await.map_err(|error| EngineError::Broken(format!("the audit sample: {error}")))?;
        if !items.is_empty() {
            self.store.add_audit_items(connection.id, number, items, &self.operator).await?;
        }
        let kept = self.store.audit_items(connection.id).await?;
        Ok(kept.into_iter().filter(|item| item.draw == number).collect())
    }
}
