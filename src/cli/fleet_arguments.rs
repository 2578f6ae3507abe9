//! Arguments of the commands about all tenants at once.

use clap::Args;

/// Arguments of `holds` and `values`.
#[derive(Debug, Clone, Args)]
pub struct FleetArguments {
    /// Only this tenant (also: `--tenant NAME`)
    pub tenant: Option<String>,
}

/// Arguments of `people`.
#[derive(Debug, Clone, Args)]
pub struct PeopleArguments {
    /// Part of a name, an id or an identifier; a word with an `@` is looked for in the e-mail. All words have to fit.
    /// `--tenant NAME` looks in one tenant only
    #[arg(required = true)]
    pub query: Vec<String>,
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
}
