//! Approval: which plan may be applied, and what was typed for it.

use super::Engine;
use super::connect::Clients;
use super::error::EngineError;
use super::fetch::FetchPolicy;
use super::plan::SavedPlan;
use super::progress::{Reporter, RunControl};
use super::run::{Approved, SyncRequest};
use crate::domain::connection::Connection;
use crate::domain::ids::{PlanId, RunId};
use crate::domain::plan::Plan;
use crate::planning::{only, without};
use crate::store::Approval;
use std::sync::Arc;

impl Engine {
    /// From a request to a plan that may be applied; `planned` keeps the plan also when it may not.
    #[expect(clippy::too_many_arguments, reason = "the parts of one run, each of its own kind")]
    pub(super) async fn approve(
        &self,
        connection: &Connection,
        run: RunId,
        request: &SyncRequest,
        resumed: bool,
        clients: &Clients,
        (reporter, control): (&Reporter, &RunControl),
        planned: &mut Option<SavedPlan>,
    ) -> Result<SavedPlan, EngineError> {
        let full = match &request.approved {
            Approved::Kept(id) => self.kept(connection, run, *id).await?,
            Approved::Fresh | Approved::File(_) | Approved::Undo { .. } => {
                let accepted = request.confirmation.as_ref().map(|confirmation| u64::from(confirmation.number));
                let policy = FetchPolicy { accepted_rows: accepted, full: request.full, plans_only: false };
                self.fetch_within(connection, run, clients, reporter, policy, &request.job.scope).await?;
                self.plan_phase(connection, run, reporter, control).await?
            }
        };
        *planned = Some(full.clone());
        if let Approved::File(file) = &request.approved {
            if file.hash != full.plan.hash {
                return Err(EngineError::Drifted { approved: file.hash.clone(), now: full.plan.hash.clone() });
            }
            (file.matches)(&full.plan)
                .map_err(|differs| EngineError::Edited { file: file.name.clone(), differs: differs.words() })?;
        }
        let saved = self.reduced(connection, run, request, full).await?;
        *planned = Some(saved.clone());
        check_confirmation(&saved.plan, &connection.short_name, request, resumed)?;
        let waves = match &request.waves {
            Some(asked) => Some(self.split(connection, &saved.plan, asked).await?),
            None => None,
        };
        self.store
            .approve_plan(
                saved.id,
                Approval {
                    by: self.operator.clone(),
                    confirmed: request
                        .confirmation
                        .as_ref()
                        .map(|confirmation| format!("{}:{}", connection.short_name, confirmation.number)),
                    reason: request.confirmation.as_ref().and_then(|confirmation| confirmation.reason.clone()),
                    without: request.without.clone(),
                    waves,
                },
            )
            .await?;
        Ok(saved)
    }

    /// A plan that an operator has seen, if no newer one stands beside it. A what-if gets its number here. One that another
    /// operator's change led to stands in nobody's way: what of the plan still holds is looked at before its first write.
    async fn kept(&self, connection: &Connection, run: RunId, id: PlanId) -> Result<SavedPlan, EngineError> {
        if !self.is_newest(connection, id).await? {
            let words = |id: PlanId| if id.is_what_if() { "what-if".to_owned() } else { id.to_string() };
            let newest = if id.is_what_if() {
                self.store.latest_plan(connection.id).await?
            } else {
                self.store.latest_numbered_plan(connection.id).await?
            };
            let now = newest.map_or_else(|| "none".to_owned(), |head| words(head.id));
            return Err(EngineError::Drifted { approved: words(id), now });
        }
        let plan = self.store.plan(id).await?;
        if id.is_what_if() {
            let id = self.store.number_what_if(run, id).await?;
            return Ok(SavedPlan::new(id, plan));
        }
        self.store.set_run_plan(run, id).await?;
        Ok(SavedPlan::new(id, plan))
    }

    /// Whether no plan has followed this one; a plan about named people is followed by whatever comes later.
    pub(super) async fn is_newest(&self, connection: &Connection, id: PlanId) -> Result<bool, EngineError> {
        let (store, of) = (&self.store, connection.id);
        if id.is_what_if() {
            return Ok(store.latest_plan(of).await?.is_some_and(|head| head.id == id));
        }
        let is_whole = store.latest_numbered_plan(of).await?.is_some_and(|head| head.id == id);
        Ok(is_whole || store.numbered_plans(of).await?.first() == Some(&id))
    }

    /// The plan without the parts and people that the request leaves out; kept as a plan of its own.
    async fn reduced(
        &self,
        connection: &Connection,
        run: RunId,
        request: &SyncRequest,
        full: SavedPlan,
    ) -> Result<SavedPlan, EngineError> {
        let named = request.job.scope.only();
        if request.without.is_empty() && named.is_none() {
            return Ok(full);
        }
        let mark = self.store.plan_head(full.id).await?.change_mark;
        let rest = (!request.without.is_empty()).then(|| without(&full.plan, &request.without));
        let rest = rest.as_ref().unwrap_or(&full.plan);
        let plan = Arc::new(named.map_or_else(|| rest.clone(), |named| only(rest, named)));
        let kept = self.store.save_plan_as_of(connection.id, Some(run), Arc::clone(&plan), &self.operator, mark);
        Ok(SavedPlan { id: kept.await?, plan })
    }
}

pub(super) fn check_confirmation(
    plan: &Plan,
    short_name: &str,
    request: &SyncRequest,
    resumed: bool,
) -> Result<(), EngineError> {
    let number = plan.counts.operations();
    let given = request.confirmation.as_ref().map(|confirmation| confirmation.number);
    let needed = plan.needs_confirmation();
    // A number that was spent on the interrupted run says nothing against a small plan that follows it.
    let spent = resumed && !needed;
    if number == 0 || given == Some(number) || (given.is_none() && !needed) || spent {
        return Ok(());
    }
    Err(EngineError::Confirmation {
        confirm: format!("{short_name}:{number}"),
        exceeded: plan.limits.iter().filter(|check| check.is_exceeded()).cloned().collect(),
        first_import: plan.first_import,
        given,
    })
}

#[cfg(test)]
mod tests {
    use super::super::run::Confirmation;
    use super::*;
    use crate::domain::plan::LimitKind;
    use crate::domain::plan::{Counts, LimitCheck, Mails};

    fn plan(creations: u32, allowed: u32, first_import: bool) -> Plan {
        let operation = crate::domain::plan::Operation {
            seq: 0,
            kind: crate::domain::plan::OperationKind::Create,
            employee: None,
            identifier: None,
            user: None,
            list: None,
            fields: Vec::new(),
            note: None,
        };
        let operations = vec![operation; creations as usize];
        Plan {
            hash: String::new(),
            counts: Counts::of(&operations, 0),
            operations,
            holds: Vec::new(),
            mails: Mails::default(),
            limits: vec![LimitCheck { kind: LimitKind::Creations, count: creations, allowed, waived: first_import }],
            first_import,
            people: creations,
            changed_people: creations,
            ..Plan::default()
        }
    }

    fn request(number: Option<u32>) -> SyncRequest {
        let confirmation = number.map(|number| Confirmation { number, reason: None });
        SyncRequest { confirmation, ..SyncRequest::default() }
    }

    #[test]
    fn a_plan_within_every_limit_needs_nothing() {
        assert!(check_confirmation(&plan(2, 3, false), "acme", &request(None), false).is_ok());
    }

    #[test]
    fn past_a_limit_only_the_plans_own_number_opens() {
        assert!(check_confirmation(&plan(4, 3, false), "acme", &request(None), false).is_err());
        assert!(check_confirmation(&plan(4, 3, false), "acme", &request(Some(5)), false).is_err());
        assert!(check_confirmation(&plan(4, 3, false), "acme", &request(Some(4)), false).is_ok());
    }

    #[test]
    fn a_first_import_is_always_typed() {
        assert!(check_confirmation(&plan(1, 3, true), "acme", &request(None), false).is_err());
        assert!(check_confirmation(&plan(1, 3, true), "acme", &request(Some(1)), false).is_ok());
    }

    #[test]
    fn a_wrong_number_stops_even_a_small_plan_unless_it_was_spent_on_the_interrupted_run() {
        assert!(check_confirmation(&plan(2, 3, false), "acme", &request(Some(900)), false).is_err());
        assert!(check_confirmation(&plan(2, 3, false), "acme", &request(Some(900)), true).is_ok());
        assert!(check_confirmation(&plan(0, 3, false), "acme", &request(Some(900)), false).is_ok());
    }
}
