//! Who is tied to whom: what the destination's identifiers say, kept beyond the user's life.

use super::Engine;
use super::error::EngineError;
use crate::domain::connection::Connection;
use crate::domain::decision::{Link, LinkOrigin};
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::User;
use crate::domain::plan::Plan;
use std::collections::{HashMap, HashSet};

impl Engine {
    /// Keeps who is tied to whom by the identifier that the destination holds, held people aside: so a user who is
    /// deleted or detached later is told from one who never was there (PL10, PL12).
    pub(super) async fn remember_ties(&self, connection: &Connection, plan: &Plan) -> Result<(), EngineError> {
        let held: HashSet<&EmployeeId> = plan.holds.iter().map(|hold| &hold.employee).collect();
        let users = self.store.users(connection.id).await?;
        let carriers: HashMap<&Identifier, &User> =
            users.iter().filter_map(|user| Some((user.identifier.as_ref()?, user))).collect();
        let employees = self.store.employees(connection.id).await?;
        let known: HashMap<EmployeeId, Link> =
            self.store.links(connection.id).await?.into_iter().map(|link| (link.employee.clone(), link)).collect();
        let at = self.clock.now();
        let ties: Vec<Link> = employees
            .into_iter()
            .filter(|employee| !held.contains(&employee.id))
            .filter_map(|employee| {
                let user = carriers.get(&employee.identifier)?;
                let active = !user.status.is_inactive();
                let old = known.get(&employee.id);
                let same = old.is_some_and(|link| {
                    link.user == user.id && link.identifier == employee.identifier && link.active == active
                });
                let origin = old.filter(|link| link.user == user.id).map_or(LinkOrigin::Identifier, |link| link.origin);
                (!same).then(|| Link {
                    employee: employee.id,
                    user: user.id.clone(),
                    identifier: employee.identifier,
                    origin,
                    at,
                    active,
                })
            })
            .collect();
        for batch in ties.chunks(500) {
            self.store.put_links(connection.id, batch.to_vec()).await?;
        }
        Ok(())
    }
}
