//! Plan: from what the store holds to a saved plan; nothing is fetched and nothing is sent.

use super::Engine;
use super::connect::abilities;
use super::error::EngineError;
use crate::domain::connection::Connection;
use crate::domain::ids::{PlanId, RunId};
use crate::domain::plan::Plan;
use crate::planning::{self, PlanInput};
use crate::ports::clock::day_in;
use crate::ports::destination::DestinationFacts;

/// A plan and the row that keeps it.
#[derive(Debug, Clone)]
pub struct SavedPlan {
    pub id: PlanId,
    pub plan: Plan,
}

impl Engine {
    /// Plans from the current snapshots, tables and rulings, and keeps the plan.
    ///
    /// # Errors
    /// Only the store's; an employee who cannot be planned is held, never an error.
    pub async fn plan(&self, connection: &Connection, run: Option<RunId>) -> Result<SavedPlan, EngineError> {
        let plan = self.plan_unsaved(connection).await?;
        let id = self.store.save_plan(connection.id, run, &plan, &self.operator).await?;
        Ok(SavedPlan { id, plan })
    }

    /// The plan of now, without keeping it: for rehearsals.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn plan_unsaved(&self, connection: &Connection) -> Result<Plan, EngineError> {
        let store = &self.store;
        let id = connection.id;
        let abilities = abilities(connection)?;
        let employees = store.employees(id).await?;
        let users = store.users(id).await?;
        let options = store.options(id).await?;
        let tables = store.tables(id).await?;
        let links = store.links(id).await?;
        let decisions = store.decisions(id).await?;
        let not_same = store.not_same(id).await?;
        let facts = store.source_facts(id).await?.unwrap_or_default();
        let destination_facts: DestinationFacts = store.destination_facts(id).await?.unwrap_or_default();
        let settings = connection.settings.clone();
        let today = day_in(self.clock.now(), &connection.time_zone);
        let planned = tokio::task::spawn_blocking(move || {
            planning::make_plan(&PlanInput {
                employees: &employees,
                users: &users,
                options: &options,
                tables: &tables,
                links: &links,
                decisions: &decisions,
                not_same: &not_same,
                facts: &facts,
                settings: &settings,
                source: abilities.source,
                destination: abilities.destination,
                can_create_options: abilities.destination.can_create_options && destination_facts.can_create_options,
                today,
                matcher: super::matcher(),
            })
        });
        planned.await.map_err(|error| EngineError::Broken(format!("planning: {error}")))
    }
}
