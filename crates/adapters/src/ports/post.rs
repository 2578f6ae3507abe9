//! How a mail leaves: the trait that an adapter fulfils.

use async_trait::async_trait;

/// A mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The left part of its Message-ID: the same mail has the same.
    pub id: String,
}

/// Why a mail was not sent, without any credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    #[error("the mail server {server} cannot be reached: {why}")]
    Unreachable { server: String, why: String },
    /// The name or certificate of the server, or STARTTLS that it does not offer.
    #[error("no secure connection to the mail server {server}: {why}")]
    Insecure { server: String, why: String },
    #[error("the mail server {server} does not take the login of `[smtp]`: {why}")]
    Login { server: String, why: String },
    /// It may later.
    #[error("the mail server {server} does not take the mail now: {why}")]
    Later { server: String, why: String },
    #[error("the mail server {server} refuses the mail: {why}")]
    Rejected { server: String, why: String },
    /// The mail left, and no answer came.
    #[error("the mail server {server} gave no answer to the mail: it may have arrived ({why})")]
    NoAnswer { server: String, why: String },
    /// The configuration.
    #[error("`[smtp]` of the configuration: {0}")]
    Setup(String),
}

/// What may be done after a mail was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It did not leave: send it again later.
    Again,
    /// It never will be taken.
    Never,
    /// It may have arrived: do not send it again.
    Unknown,
}

impl PostError {
    /// What may be done.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match self {
            PostError::Unreachable { .. }
            | PostError::Insecure { .. }
            | PostError::Login { .. }
            | PostError::Later { .. }
            | PostError::Setup(_) => Fate::Again,
            PostError::Rejected { .. } => Fate::Never,
            PostError::NoAnswer { .. } => Fate::Unknown,
        }
    }
}

impl PostError {
    /// Whether every other mail would fare the same now.
    #[must_use]
    pub fn is_about_the_server(&self) -> bool {
        matches!(self, PostError::Unreachable { .. } | PostError::Insecure { .. } | PostError::Login { .. })
    }
}

/// Whoever takes mails to a mail server.
#[async_trait]
pub trait Postman: Send + Sync {
    /// Sends a mail.
    ///
    /// # Errors
    /// Why it was not sent, or that nobody knows.
    async fn send(&self, mail: &Mail) -> Result<(), PostError>;

    /// Connects, greets and logs in, and sends nothing.
    ///
    /// # Errors
    /// What would keep a mail from leaving.
    async fn look(&self) -> Result<(), PostError>;

    /// Where mails go: `smtp.provider.example:587, STARTTLS`.
    fn words(&self) -> String;
}
