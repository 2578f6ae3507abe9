//! How a message leaves for a chat channel: the trait that an adapter fulfils.

use async_trait::async_trait;
use std::time::Duration;

/// A message for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub title: String,
    /// Several lines, as they are to be read with letters of one width.
    pub text: String,
}

/// Why a message was not taken. The address of a channel is a credential: no more of it than the host is said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// The configuration.
    #[error("`[chat]` of the configuration: {0}")]
    Setup(String),
    #[error("the chat at {host} cannot be reached: {why}")]
    Unreachable { host: String, why: String },
    /// It may later.
    #[error("the chat at {host} does not take the message now: status {status}")]
    Later { host: String, status: u16, wait: Option<Duration> },
    #[error("the chat at {host} refuses the message: status {status}")]
    Refused { host: String, status: u16 },
    /// An address that is another one by now would get what only the channel may read.
    #[error("the chat at {host} sends elsewhere (status {status}), which is not followed: put in the new address")]
    Redirected { host: String, status: u16 },
    /// The message left, and no answer came.
    #[error("the chat at {host} gave no answer to the message: it may have been taken ({why})")]
    NoAnswer { host: String, why: String },
}

/// Whoever takes messages to chat channels.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// The names of its channels.
    fn channels(&self) -> Vec<String>;

    /// Sends a message to the channel of this name.
    ///
    /// # Errors
    /// Why it was not taken, or that nobody knows.
    async fn send(&self, channel: &str, message: &Message) -> Result<(), ChatError>;

    /// Where messages for this channel go, without what is secret of it: `slack, hooks.slack.com`. Nothing is sent.
    ///
    /// # Errors
    /// [`ChatError::Setup`].
    fn look(&self, channel: &str) -> Result<String, ChatError>;
}
