//! Why no answer came, told apart: the name, the connection, the certificate, the time. Texts name the vendor's host and a
//! path template, never an address with data.

use super::message::Request;
use crate::ports::api::ApiError;
use crate::trust::Unresolved;
use rustls::{CertificateError, Error as TlsError};
use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

/// Why no whole answer came.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection could not be opened: nothing was sent.
    NotSent(String),
    /// It broke on the way: it may have been sent.
    Broken(String),
    /// The request cannot be sent at all, now or later, until somebody changes something.
    Bad(ApiError),
}

/// Which end a failure is told about.
#[derive(Debug, Clone, Copy)]
pub(super) struct End<'a> {
    pub vendor: &'static str,
    /// Host, with the port where it is not the usual one.
    pub host: &'a str,
    pub connect_timeout: Duration,
    pub timeout: Duration,
}

/// What an error of reqwest means. Its own text is not used: it prints the address.
pub(super) fn classify(error: &reqwest::Error, request: &Request<'_>, end: End<'_>) -> Failure {
    let (host, path) = (end.host, request.template);
    if let Some(tls) = cause::<TlsError>(error) {
        return tls_failure(tls, end);
    }
    if error.is_connect() {
        if cause::<Unresolved>(error).is_some() {
            return Failure::NotSent(format!(
                "the name {host} cannot be found (DNS): is it spelt right, and is this machine online?"
            ));
        }
        if error.is_timeout() {
            let seconds = end.connect_timeout.as_secs();
            return Failure::NotSent(format!("{host} did not take a connection within {seconds} s"));
        }
        return Failure::NotSent(match cause::<io::Error>(error).map(io::Error::kind) {
            Some(ErrorKind::ConnectionRefused) => format!("{host} refuses connections: nothing listens there"),
            Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown) => {
                format!("{host} cannot be reached from this machine: is it online, is a firewall in between?")
            }
            Some(ErrorKind::TimedOut) => format!("{host} did not take a connection in time"),
            _ => format!("the connection to {host} was closed before anything was sent"),
        });
    }
    if error.is_timeout() {
        let seconds = end.timeout.as_secs();
        return Failure::Broken(format!("no answer within {seconds} s ({path})"));
    }
    Failure::Broken(format!("the connection broke before the answer ({path})"))
}

fn tls_failure(error: &TlsError, end: End<'_>) -> Failure {
    let (vendor, host) = (end.vendor, end.host.to_owned());
    Failure::Bad(match error {
        TlsError::InvalidCertificate(why) => {
            let (detail, remedy) = certificate(why);
            ApiError::Certificate { vendor, host, detail: detail.to_owned(), remedy: remedy.to_owned() }
        }
        TlsError::NoCertificatesPresented => ApiError::Certificate {
            vendor,
            host,
            detail: "it shows no certificate".to_owned(),
            remedy: ADDRESS.to_owned(),
        },
        // What answers there may be plain HTTP, a proxy, or a server that is too old.
        _ => ApiError::Setup { vendor, detail: format!("{host} does not speak HTTPS that this program understands") },
    })
}

const ADDRESS: &str = "check the address: another server may answer there";
const CLOCK: &str = "check this machine's clock; if it is right, the vendor has to renew the certificate";
const AUTHORITY: &str = "if a company proxy or your own server stands in between, add its authority to this machine's trusted certificates (or name its file in SSL_CERT_FILE); else do not go on: somebody may be reading along";

/// What is wrong with a certificate, and what can be done.
fn certificate(error: &CertificateError) -> (&'static str, &'static str) {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => ("it has expired", CLOCK),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => ("it is not valid yet", CLOCK),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("it was made out to another host", ADDRESS)
        }
        CertificateError::Revoked => ("it was revoked", "ask the vendor; do not go on until it is replaced"),
        CertificateError::UnknownIssuer => ("it is signed by itself or by an authority that is not trusted", AUTHORITY),
        CertificateError::Other(_) => ("it is not one that a server may show (signed by itself?)", AUTHORITY),
        CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            ("its signature cannot be checked", AUTHORITY)
        }
        _ => ("it cannot be checked", AUTHORITY),
    }
}

/// The first error of this type among an error and its causes, those inside of `io::Error` included.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| cause::<T>(inner)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}
