//! Arguments of the commands about the workspace as a whole: its audit, its copies.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `restore`.
#[derive(Debug, Clone, Args)]
pub struct RestoreArguments {
    /// A copy that `onroll backup` made, or that was made before the file was brought up to date
    pub file: PathBuf,
    /// Do it; without this it only says what the copy holds
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `audit`.
#[derive(Debug, Clone, Args)]
pub struct AuditLogArguments {
    /// Only this tenant
    pub tenant: Option<String>,
    /// Only entries that this filter finds, in the language of the console: `who:osei what:mapping when:>20nov`
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// Only whether the chain is whole; exit 1 where it is not
    #[arg(long)]
    pub check: bool,
    /// To a CSV, XLSX or JSON file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[arg(long, default_value_t = 200)]
    pub limit: u32,
}

/// Arguments of `forget`.
#[derive(Debug, Clone, Args)]
pub struct ForgetArguments {
    pub tenant: String,
    /// The people: the source's id, or the identifier. The workspace file is written anew once, for however many
    #[arg(required = true, value_name = "EMPLOYEE")]
    pub employees: Vec<String>,
    /// Take it out
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `support-bundle`.
#[derive(Debug, Clone, Args)]
pub struct SupportBundleArguments {
    /// Only this tenant; without it all
    pub tenant: Option<String>,
    /// The file (ZIP); without it one with the time in its name, in exports/ of the workspace
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Call tenants by their names; people are pseudonyms whatever is said
    #[arg(long)]
    pub names: bool,
}
