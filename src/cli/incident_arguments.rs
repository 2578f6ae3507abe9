//! Arguments of the museum.

use clap::{Args, Subcommand};

/// `incidents …`
#[derive(Debug, Clone, Subcommand)]
pub enum IncidentsCommand {
    /// What went wrong elsewhere, in public, and is kept here as companies to be played
    List,
    /// Play the bad day of an incident in a throw-away workspace, and say what Onroll makes of it
    Run(IncidentsRunArguments),
}

/// Arguments of `incidents run`.
#[derive(Debug, Clone, Args)]
pub struct IncidentsRunArguments {
    /// The incident, as `incidents list` names it
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub name: Option<String>,
    /// All of them
    #[arg(long)]
    pub all: bool,
    /// A healthy day of the same company in place of the bad one: nothing is stopped
    #[arg(long)]
    pub healthy: bool,
}
