//! Floor 6, beside `main.rs`: opens the console on the operator's workspace or on the demo, or hands over to a command.

mod bench;
mod console;
mod demo;

use crate::cli::arguments::{Arguments, Command};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::workspace::Workspace;
use crate::domain::problem::Problem;

/// Runs the program: a command where one is given, else the console.
///
/// # Errors
/// A [`Problem`], which `main` prints; its kind is the exit code.
pub async fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Problem> {
    match &arguments.command {
        None => console::open(arguments, &Workspace::open(arguments)?, None).await,
        Some(Command::Demo(demo)) => demo::run(arguments, demo).await,
        Some(Command::Bench(command)) => bench::run(arguments, command, output).await,
        Some(command) => crate::cli::run(arguments, command, output).await,
    }
}
