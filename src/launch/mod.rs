//! Floor 6, beside `main.rs`: opens the console on the operator's workspace or on the demo, or hands over to a command.

mod bench;
mod console;
mod demo;

use crate::cli::arguments::{Arguments, Command};
use crate::cli::exit::Exit;
use crate::cli::log;
use crate::cli::output::Output;
use crate::cli::workspace::Workspace;
use crate::domain::problem::Problem;
use std::io::IsTerminal;

/// Runs the program to its end: a command where one is given, else the console. Not generic and not asynchronous, so that
/// the futures of the whole program are compiled once, with the library, and not again with the binary.
pub fn run_to_end(arguments: &Arguments) -> Exit {
    let _log = log::start(arguments);
    let mut output = Output::standard(arguments.global.json, std::io::stderr().is_terminal());
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.note(&format!("the program cannot start: {error}"));
            return Exit::Failed;
        }
    };
    let ended = runtime.block_on(run(arguments, &mut output));
    // A thread that still reads the terminal must not keep the program.
    runtime.shutdown_background();
    ended.unwrap_or_else(|problem| {
        output.problem(&problem);
        Exit::of_problem(&problem)
    })
}

async fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Problem> {
    match &arguments.command {
        None => console::open(arguments, &Workspace::open(arguments)?, None).await,
        Some(Command::Demo(demo)) => demo::run(arguments, demo).await,
        Some(Command::Bench(command)) => bench::run(arguments, command, output).await,
        Some(command) => crate::cli::run(arguments, command, output).await,
    }
}
