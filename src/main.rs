//! The binary: arguments and exit code; nothing else.

use clap::Parser;
use onroll::cli::arguments::Arguments;
use onroll::cli::exit::Exit;
use onroll::launch;
use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = match Arguments::try_parse() {
        Ok(arguments) => launch::run_to_end(arguments),
        Err(error) => {
            if error.use_stderr() {
                return ExitCode::from(launch::refuse(&error).code());
            }
            // Help and version go to stdout and are no error; a closed pipe is none either.
            let _ = error.print();
            Exit::Done
        }
    };
    ExitCode::from(exit.code())
}
