//! What an operator can do, done by a command and in the console: one deed, one result.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "console_tenants/bench.rs"]
#[allow(dead_code, reason = "the screens Tenants use more of it")]
mod bench;
mod common;
#[path = "services/connections.rs"]
mod connections;
#[path = "services/exports.rs"]
mod exports;
#[path = "services/figures.rs"]
mod figures;
#[path = "services/fleet.rs"]
mod fleet;
#[path = "services/logs.rs"]
mod logs;
#[path = "services/mappings.rs"]
mod mappings;
#[path = "services/reviews.rs"]
mod reviews;
#[path = "services/runs.rs"]
mod runs;
#[path = "services/settings.rs"]
mod settings;
mod store_support;
#[path = "services/tenants.rs"]
mod tenants;
#[path = "services/undo.rs"]
mod undo;

use common::Desk;
use onroll::console::backend::Context;
use onroll::console::backend::live::LiveRuns;
use onroll::services::Access;
use onroll::services::runs::Supervisor;

/// The console's backend on the workspace of a desk.
fn console(desk: &Desk) -> Context {
    console_of(desk, desk.workspace.access.clone())
}

fn console_of(desk: &Desk, access: Access) -> Context {
    let (control, _) = tokio::sync::mpsc::channel(8);
    let store = desk.store().for_screen();
    Context {
        store,
        engine: desk.engine().clone(),
        runs: LiveRuns::new(Supervisor::default(), control),
        access,
        sandbox: true,
        surroundings: Default::default(),
    }
}
