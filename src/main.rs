//! The binary: arguments, choice of front end, exit code; nothing else.

use clap::Parser;
use onroll::cli::arguments::Arguments;
use onroll::cli::exit::Exit;
use onroll::cli::log;
use onroll::cli::output::Output;
use onroll::launch;
use std::io::IsTerminal;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to stdout and are no error; a closed pipe is none either.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Usage.code() } else { Exit::Done.code() });
        }
    };
    let _log = log::start(&arguments);
    let mut output = Output::standard(arguments.global.json, std::io::stderr().is_terminal());
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.note(&format!("the program cannot start: {error}"));
            return ExitCode::from(Exit::Failed.code());
        }
    };
    let ended = runtime.block_on(launch::run(&arguments, &mut output));
    // A thread that still reads the terminal must not keep the program.
    runtime.shutdown_background();
    match ended {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(problem) => {
            output.problem(&problem);
            ExitCode::from(Exit::of_problem(&problem).code())
        }
    }
}
