//! `onroll chat`: chat channels that hear what is mailed.

use super::arguments::ChatCommand;
use super::connection_command::typed_secret;
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::problem::Problem;
use crate::services::chat::{self, Channels};
use crate::store::EVERYBODY;
use serde_json::json;

/// Runs `onroll chat …`.
///
/// # Errors
/// No such channel; what it says; an address that cannot be kept.
pub async fn run(workspace: &Workspace, command: &ChatCommand, output: &mut Output) -> Result<Exit, Problem> {
    match command {
        ChatCommand::Test { tenant } => {
            let channel = match tenant {
                Some(tenant) => Channels::own(&workspace.connection(tenant).await?.short_name),
                None => EVERYBODY.to_owned(),
            };
            let place = chat::test(&workspace.supervisor, &workspace.access, &channel).await?;
            match output.json {
                true => output.object(&json!({ "channel": channel, "sent_to": place }))?,
                false => output.line(&format!("Sent to {channel}: {place}."))?,
            }
        }
        ChatCommand::Url { name } => {
            chat::keep(&workspace.engine, &workspace.access, name, typed_secret()?).await?;
            let place = format!("{{ sealed = \"{name}\" }}");
            match output.json {
                true => output.object(&json!({ "kept": name, "url": place }))?,
                false => output.line(&format!("Kept in the sealed file; `url = {place}` in config.toml names it."))?,
            }
        }
    }
    Ok(Exit::Done)
}
