//! What stands behind the screens: questions go to the store, changes to the store and the engine. Runs on tokio, never on
//! the task that draws.
//!
//! One file per screen, each with `ask` (reads) and `act` (changes); the types are the screen's own (`screens/NAME/data.rs`).

pub mod audit;
pub mod drift;
mod exports;
pub mod feed;
pub mod fleet;
pub mod header;
pub mod history;
pub mod lists;
pub mod live;
pub mod mappings;
pub mod overview;
pub mod palette;
pub mod people;
pub mod person;
pub mod plan;
pub mod product;
pub mod rehearsal;
pub mod review;
pub mod run;
pub mod said;
pub mod schedule;
pub mod settings;
pub mod tenants;
pub mod troubles;
pub mod two_files;
pub mod undo;
pub mod waves;
pub mod wizard;

use super::app::{Command, Payload, Query};
use crate::domain::connection::Connection;
use crate::domain::problem::Problem;
use crate::engine::Engine;
use crate::services::support::Surroundings;
use crate::services::{self, Access, ServiceError};
use crate::store::{AtWork, Store};
use live::LiveRuns;
use std::sync::Arc;

/// Rows of a list that are read in one go: what a key asks for comes between two parts of what is read ahead.
const ROWS_AT_ONCE: usize = 40;

/// What questions and changes are answered from. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The store on the screen's own reading lane: a newer question of a list takes the place of an older one.
    pub store: Store,
    pub engine: Engine,
    pub runs: LiveRuns,
    /// Who asks, and whether that one may change anything.
    pub access: Access,
    /// The destinations are simulators of this process.
    pub sandbox: bool,
    /// What a support bundle says of the program around.
    pub surroundings: Arc<Surroundings>,
}

impl Context {
    /// The connection of a screen, by the short name of its place.
    ///
    /// # Errors
    /// When it was removed meanwhile.
    pub async fn connection(&self, tenant: &str) -> Result<Connection, Problem> {
        Ok(self.store.connection_named(tenant).await?)
    }

    /// Who is at work on a connection in another program.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn at_work_elsewhere(&self, connection: &Connection) -> Result<Option<AtWork>, Problem> {
        let own = &self.engine.process;
        let at_work = self.store.at_work(connection.id).await?;
        Ok(at_work.filter(|at_work| (at_work.holder.pid, &at_work.holder.host) != (own.pid, &own.host)))
    }

    /// Plans again from what the store holds, so that a ruling or a mapping shows its effect at once; nothing is fetched.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn replan(&self, connection: &Connection) -> Result<(), Problem> {
        services::plans::what_if(&self.engine, connection).await?;
        Ok(())
    }
}

/// Answers a question.
///
/// # Errors
/// What kept it from being answered, for the screen that asked.
pub async fn query(context: &Context, query: Query) -> Result<Payload, Problem> {
    Ok(match query {
        Query::Places(text) => Payload::Places(header::places(context, &text).await?),
        Query::Persons { tenant, text } => Payload::Persons(palette::persons(context, tenant.as_deref(), &text).await?),
        Query::TenantHeader(tenant) => Payload::TenantHeader(header::tenant(context, &tenant).await?),
        Query::Lists(ask) => Payload::Lists(lists::ask(context, ask).await?),
        Query::Tenants(ask) => Payload::Tenants(tenants::ask(context, ask).await?),
        Query::Wizard(ask) => Payload::Wizard(wizard::ask(context, ask).await?),
        Query::Overview(ask) => Payload::Overview(overview::ask(context, ask).await?),
        Query::Mappings(ask) => Payload::Mappings(mappings::ask(context, ask).await?),
        Query::People(ask) => Payload::People(people::ask(context, ask).await?),
        Query::Person(ask) => Payload::Person(person::ask(context, ask).await?),
        Query::Review(ask) => Payload::Review(review::ask(context, ask).await?),
        Query::Plan(ask) => Payload::Plan(plan::ask(context, ask).await?),
        Query::Run(ask) => Payload::Run(run::ask(context, ask).await?),
        Query::Audit(ask) => Payload::Audit(audit::ask(context, ask).await?),
        Query::History(ask) => Payload::History(history::ask(context, ask).await?),
        Query::Feed(ask) => Payload::Feed(feed::ask(context, ask).await?),
        Query::Settings(ask) => Payload::Settings(settings::ask(context, ask).await?),
        Query::TwoFiles(ask) => Payload::TwoFiles(two_files::ask(context, ask).await?),
        Query::Schedule(ask) => Payload::Schedule(schedule::ask(context, ask).await?),
        Query::Undo(ask) => Payload::Undo(undo::ask(context, ask).await?),
        Query::Rehearsal(ask) => Payload::Rehearsal(rehearsal::ask(context, ask).await?),
        Query::Waves(ask) => Payload::Waves(waves::ask(context, ask).await?),
        Query::Drift(ask) => Payload::Drift(drift::ask(context, ask).await?),
        Query::Troubles(ask) => Payload::Troubles(troubles::ask(context, ask).await?),
        Query::Fleet(ask) => Payload::Fleet(fleet::ask(context, ask).await?),
        Query::Said(ask) => Payload::Said(said::ask(context, ask).await?),
    })
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out, for the screen that asked.
pub async fn command(context: &Context, command: Command) -> Result<Payload, Problem> {
    // The screens refuse it already; what reaches this place all the same is refused too.
    if command.changes() {
        context.access.change().map_err(ServiceError::from)?;
    }
    Ok(match command {
        Command::StopAllRuns => {
            context.runs.supervisor.interrupt_all();
            Payload::Done
        }
        Command::Run(command) => {
            live::command(context, command).await?;
            Payload::Done
        }
        Command::Lists(act) => Payload::Lists(lists::act(context, act).await?),
        Command::Tenants(act) => Payload::Tenants(tenants::act(context, act).await?),
        Command::Wizard(act) => Payload::Wizard(wizard::act(context, act).await?),
        Command::Overview(act) => Payload::Overview(overview::act(context, act).await?),
        Command::Mappings(act) => Payload::Mappings(mappings::act(context, act).await?),
        Command::People(act) => Payload::People(people::act(context, act).await?),
        Command::Person(act) => Payload::Person(person::act(context, act).await?),
        Command::Review(act) => Payload::Review(review::act(context, act).await?),
        Command::Plan(act) => Payload::Plan(plan::act(context, act).await?),
        Command::RunScreen(act) => Payload::Run(run::act(context, act).await?),
        Command::Audit(act) => Payload::Audit(audit::act(context, act).await?),
        Command::History(act) => Payload::History(history::act(context, act).await?),
        Command::Feed(act) => Payload::Feed(feed::act(context, act).await?),
        Command::Settings(act) => Payload::Settings(settings::act(context, act).await?),
        Command::TwoFiles(act) => Payload::TwoFiles(two_files::act(context, act).await?),
        Command::Troubles(act) => Payload::Troubles(troubles::act(context, act).await?),
        Command::Schedule(act) => Payload::Schedule(schedule::act(context, act).await?),
        Command::Drift(act) => Payload::Drift(drift::act(context, act).await?),
        Command::Fleet(act) => Payload::Fleet(fleet::act(context, act).await?),
        Command::Said(act) => Payload::Said(said::act(context, act).await?),
        Command::Rehearsal(act) => Payload::Rehearsal(rehearsal::act(context, act).await?),
        Command::Undo(act) => Payload::Undo(undo::act(context, act).await?),
    })
}
