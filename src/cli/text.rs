//! Completions and the man page, made from the arguments themselves.

use super::arguments::Arguments;
use super::exit::Exit;
use super::output::Output;
use crate::domain::problem::{Problem, ProblemKind};
use clap::CommandFactory;

/// Completions for one shell.
///
/// # Errors
/// When stdout cannot be written.
pub fn completions(shell: clap_complete::Shell, output: &mut Output) -> Result<Exit, Problem> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "onroll", &mut text);
    output.raw(&text)?;
    Ok(Exit::Done)
}

/// The man page in roff.
///
/// # Errors
/// When stdout cannot be written.
pub fn man(output: &mut Output) -> Result<Exit, Problem> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut text).map_err(|error| {
        Problem::new(ProblemKind::Failed, "the man page cannot be made").with_why(error.to_string())
    })?;
    output.raw(&text)?;
    Ok(Exit::Done)
}
