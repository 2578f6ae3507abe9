//! Chat channels: a message to try one, and its address kept in the sealed file.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::secret::Secret;
use crate::engine::Engine;
use crate::engine::supervisor::Supervisor;
use crate::ports::chat::Message;
pub use crate::store::Channels;
use std::sync::Arc;

/// Sends a message to a channel to try it; answers where it went.
///
/// # Errors
/// Where nothing may be changed; no channel of this name; what the channel says.
pub async fn test(supervisor: &Supervisor, access: &Access, channel: &str) -> Result<String, ServiceError> {
    access.change()?;
    let messenger = supervisor.messenger().filter(|by| by.channels().iter().any(|one| one == channel));
    let Some(messenger) = messenger else {
        return Err(ServiceError::NoMail {
            what: "there is no such chat channel",
            remedy: "add a section `[chat]` to config.toml; config.sample.toml shows it".to_owned(),
        });
    };
    let text = format!("This is a test by {}. What Onroll tells of its runs comes here.\n", access.operator);
    let message = Message { title: "Onroll: a test".to_owned(), text };
    messenger.send(channel, &message).await.map_err(ServiceError::NotTold)?;
    messenger.look(channel).map_err(ServiceError::NotTold)
}

/// Keeps the address of a channel in the sealed file, under this name.
///
/// # Errors
/// Where nothing may be changed; a file that cannot be written.
pub async fn keep(engine: &Engine, access: &Access, name: &str, address: Secret) -> Result<(), ServiceError> {
    access.change()?;
    let (secrets, key) = (Arc::clone(&engine.secrets), name.to_owned());
    let kept = tokio::task::spawn_blocking(move || secrets.set(&key, &address)).await;
    kept.map_err(|error| ServiceError::broken(&error))?.map_err(ServiceError::Secret)?;
    Ok(engine
        .store
        .audit(None, &access.operator, "credential", &format!("the address of a chat channel, {name}"))
        .await?)
}
