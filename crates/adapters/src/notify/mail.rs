//! Mails by SMTP: STARTTLS, TLS from the first byte, or in clear to this very machine.

use crate::domain::secret::Secret;
use crate::ports::post::{Mail, PostError, Postman};
use async_trait::async_trait;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

/// The longest that connecting and logging in, naming the mail, or handing it over may take, each.
const LIMIT: Duration = Duration::from_secs(15);

/// How the connection is kept secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Begun in clear, and secret before anything is said; a server that does not offer it is refused.
    #[default]
    StartTls,
    /// Secret from the first byte.
    Tls,
    /// In clear: only to this very machine.
    None,
}

impl Tls {
    /// The port where none is named.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Tls::StartTls => 587,
            Tls::Tls => 465,
            Tls::None => 25,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Tls::StartTls => "STARTTLS",
            Tls::Tls => "TLS",
            Tls::None => "in clear",
        }
    }
}

/// Whether a host is this very machine.
#[must_use]
pub fn is_here(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A mail server and how it is spoken to.
#[derive(Debug, Clone)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// User and password; the reason where the password cannot be had.
    pub login: Option<(String, Result<Secret, String>)>,
    pub from: String,
    /// Certificates, as PEM, that are trusted besides those of the system.
    pub ca: Option<Result<Vec<u8>, String>>,
}

impl Smtp {
    fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn sender(&self) -> Result<Mailbox, PostError> {
        self.from.parse().map_err(|_| PostError::Setup(format!("`from` is `{}`, which is no address", self.from)))
    }

    fn tls(&self) -> Result<TlsParameters, PostError> {
        let insecure = |error: SmtpError| PostError::Insecure { server: self.server(), why: words(&error) };
        let mut parameters = TlsParameters::builder(self.host.clone());
        if let Some(ca) = &self.ca {
            let pem = ca.as_ref().map_err(|why| PostError::Setup(why.clone()))?;
            let bad = |_| PostError::Setup("`ca` has no certificate that can be read".to_owned());
            for certificate in Certificate::from_pem(pem).map(|one| vec![one]).map_err(bad)? {
                parameters = parameters.add_root_certificate(certificate);
            }
        }
        parameters.build_rustls().map_err(insecure)
    }

    /// A connection that is logged in.
    async fn open(&self) -> Result<AsyncSmtpConnection, PostError> {
        if self.tls == Tls::None && !is_here(&self.host) {
            return Err(PostError::Setup(format!(
                "`tls = \"none\"` would send what only the recipients may read in clear to {}; it is taken for this very machine only",
                self.host
            )));
        }
        let server = || self.server();
        let unreachable = |error: SmtpError| match error.is_tls() || is_of_tls(&error) {
            true => PostError::Insecure { server: server(), why: words(&error) },
            false => PostError::Unreachable { server: server(), why: words(&error) },
        };
        let hello = ClientId::default();
        let wrapped = if self.tls == Tls::Tls { Some(self.tls()?) } else { None };
        let address = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, Some(LIMIT), &hello, wrapped, None)
            .await
            .map_err(unreachable)?;
        if self.tls == Tls::StartTls {
            if !connection.can_starttls() {
                let why = "it does not offer STARTTLS".to_owned();
                return Err(PostError::Insecure { server: server(), why });
            }
            let insecure = |error: SmtpError| PostError::Insecure { server: server(), why: words(&error) };
            connection.starttls(self.tls()?, &hello).await.map_err(insecure)?;
        }
        if let Some((user, password)) = &self.login {
            let password = password.as_ref().map_err(|why| PostError::Setup(why.clone()))?;
            let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
            let refused = |error: SmtpError| match error.status() {
                // What a server answers may repeat what it was sent.
                Some(code) => PostError::Login { server: server(), why: format!("it answered {code}") },
                None if error.is_client() => {
                    let why = "it offers neither PLAIN nor LOGIN".to_owned();
                    PostError::Login { server: server(), why }
                }
                None => PostError::Unreachable { server: server(), why: words(&error) },
            };
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(refused)?;
        }
        Ok(connection)
    }

    async fn open_in_time(&self) -> Result<AsyncSmtpConnection, PostError> {
        tokio::time::timeout(LIMIT, self.open()).await.unwrap_or_else(|_| Err(self.silent()))
    }

    fn silent(&self) -> PostError {
        PostError::Unreachable { server: self.server(), why: format!("no answer within {} s", LIMIT.as_secs()) }
    }

    /// The mail as bytes.
    fn written(&self, mail: &Mail) -> Result<(Address, Address, Vec<u8>), PostError> {
        let from = self.sender()?;
        let bad = |what: &str| PostError::Rejected { server: self.server(), why: what.to_owned() };
        let to: Address = mail.to.parse().map_err(|_| bad("the recipient is no address"))?;
        let id = format!("<{}@{}>", mail.id, from.email.domain());
        let message = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(mail.subject.clone())
            .message_id(Some(id))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| bad(&error.to_string()))?;
        Ok((from.email, to, message.formatted()))
    }

    /// Names sender and recipient, and asks to begin: the mail itself has not left.
    async fn announce(
        &self,
        connection: &mut AsyncSmtpConnection,
        from: Address,
        to: Address,
    ) -> Result<(), SmtpError> {
        connection.command(MailFrom::new(Some(from), Vec::new())).await?;
        connection.command(Rcpt::new(to, Vec::new())).await?;
        connection.command(Data).await.map(|_| ())
    }

    fn refused(&self, error: &SmtpError) -> PostError {
        let (server, why) = (self.server(), words(error));
        if error.is_permanent() { PostError::Rejected { server, why } } else { PostError::Later { server, why } }
    }
}

#[async_trait]
impl Postman for Smtp {
    async fn send(&self, mail: &Mail) -> Result<(), PostError> {
        let (from, to, bytes) = self.written(mail)?;
        let mut connection = self.open_in_time().await?;
        let announced = tokio::time::timeout(LIMIT, self.announce(&mut connection, from, to)).await;
        announced.map_err(|_| self.silent())?.map_err(|error| self.refused(&error))?;
        let server = self.server();
        match tokio::time::timeout(LIMIT, connection.message(&bytes)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) if error.status().is_some() => return Err(self.refused(&error)),
            Ok(Err(error)) => return Err(PostError::NoAnswer { server, why: words(&error) }),
            Err(_) => {
                let why = format!("none within {} s", LIMIT.as_secs());
                return Err(PostError::NoAnswer { server, why });
            }
        }
        // The mail is taken, whatever comes of the farewell.
        let _ = tokio::time::timeout(Duration::from_secs(1), connection.quit()).await;
        Ok(())
    }

    async fn look(&self) -> Result<(), PostError> {
        self.sender()?;
        let mut connection = self.open_in_time().await?;
        let _ = tokio::time::timeout(Duration::from_secs(1), connection.quit()).await;
        Ok(())
    }

    fn words(&self) -> String {
        format!("{}, {}", self.server(), self.tls.words())
    }
}

/// Whether the other side could not prove itself: where TLS begins with the first byte, that is a fault of the connection.
fn is_of_tls(error: &SmtpError) -> bool {
    let mut below = error.source();
    while let Some(cause) = below {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if cause.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        below = cause.source();
    }
    false
}

/// An error with what lies below it, on one line. None of them holds a credential.
fn words(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let cause_words = cause.to_string();
        if !text.contains(&cause_words) {
            text = format!("{text}: {cause_words}");
        }
        below = cause.source();
    }
    crate::domain::inert::escaped(&text).chars().take(300).collect()
}
