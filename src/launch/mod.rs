//! Floor 6, beside `main.rs`: opens the console on the operator's workspace or on the demo, or hands over to a command.

mod bench;
mod console;
mod demo;
mod demo_world;
mod folder;
mod incidents;
pub mod replay;

use crate::cli::arguments::{Arguments, Command};
use crate::cli::ending::{Ending, hear_the_size_limit};
use crate::cli::exit::Exit;
use crate::cli::log;
use crate::cli::output::Output;
use crate::cli::read_only;
use crate::cli::workspace::Workspace;
use crate::domain::problem::{Problem, ProblemKind};
use std::io::IsTerminal;
use std::time::Duration;
use tokio::sync::oneshot;

/// The stack of the thread that does the work: as large as that of the first thread of a program.
const STACK: usize = 8 * 1024 * 1024;
/// How long a terminal that does not take any more text is waited for.
const RESTORE_GAP: Duration = Duration::from_millis(80);

/// Says what is wrong with the arguments. What was typed or pasted is repeated, so it goes the way of all text from outside.
pub fn refuse(error: &clap::Error) -> Exit {
    // Whoever scripts it reads the refusal of the arguments as any other.
    let is_json = std::env::args_os().skip(1).take_while(|word| word != "--").any(|word| word == "--json");
    let mut output = Output::standard(is_json, false);
    let text = error.render().to_string();
    if is_json {
        let (what, why) = text.trim_end().split_once('\n').unwrap_or((text.trim_end(), ""));
        let why = why.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
        let what = what.trim_start_matches("error: ");
        let problem = Problem::new(ProblemKind::Input, what).with_why(why);
        output.problem(&problem.with_remedy("`onroll COMMAND --help` shows what it takes"));
        return Exit::Usage;
    }
    text.trim_end().lines().for_each(|line| output.note(line));
    Exit::Usage
}

/// Runs the program to its end: a command where one is given, else the console. The work is done on a thread of its own, so
/// that nothing it does (a question that waits for a line, a match that computes, a pipe that is full) keeps a signal from
/// ending the program. Not generic and not asynchronous, so that the futures of the whole program are compiled once, with
/// the library, and not again with the binary.
pub fn run_to_end(arguments: Arguments) -> Exit {
    let _log = log::start(&arguments);
    let mut output = Output::standard(arguments.global.json, std::io::stderr().is_terminal());
    let cannot_start = |output: &mut Output, error: std::io::Error| {
        output.note(&format!("the program cannot start: {error}"));
        Exit::Failed
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cannot_start(&mut output, error),
    };
    {
        let _within = runtime.enter();
        hear_the_size_limit();
    }
    let ending = Ending::default();
    let (sender, done) = oneshot::channel();
    let worker = std::thread::Builder::new().name("onroll".to_owned()).stack_size(STACK).spawn({
        let (handle, ending) = (runtime.handle().clone(), ending.clone());
        move || {
            let ended = handle.block_on(run(&arguments, &mut output, &ending));
            let exit = ended.unwrap_or_else(|problem| {
                output.problem(&problem);
                Exit::of_problem(&problem)
            });
            // Nobody waits any more where a signal has ended the program.
            let _ = sender.send(exit);
        }
    });
    let worker = match worker {
        Ok(worker) => worker,
        Err(error) => return cannot_start(&mut Output::standard(false, false), error),
    };
    let exit = runtime.block_on(async {
        let exit = ending.supervise(done).await;
        if ending.signal().is_some() {
            // The console has done it, unless it did not come to it. A terminal that is stopped would not take it.
            let restored = tokio::task::spawn_blocking(crate::console::term::guard::restore);
            let _ = tokio::time::timeout(RESTORE_GAP, restored).await;
        }
        exit
    });
    // A thread that still computes, or reads the terminal, must not keep the program.
    runtime.shutdown_background();
    match exit {
        Some(exit) => exit,
        None => match worker.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => Exit::Failed,
        },
    }
}

async fn run(arguments: &Arguments, output: &mut Output, ending: &Ending) -> Result<Exit, Problem> {
    let work = async {
        match &arguments.command {
            None => console::open(arguments, &Workspace::open(arguments, ending)?, None).await,
            Some(Command::Demo(demo)) => demo::run(arguments, demo, ending).await,
            Some(asked @ Command::Bench(command)) => {
                if arguments.global.read_only {
                    read_only::check(asked)?;
                }
                bench::run(arguments, command, output, ending).await
            }
            Some(Command::Incidents(command)) => incidents::run(command, output, ending).await,
            Some(command) => crate::cli::run(arguments, command, output, ending).await,
        }
    };
    tokio::select! {
        biased;
        ended = work => ended,
        signal = ending.cuts() => Ok(Exit::Signal(signal.number())),
    }
}
