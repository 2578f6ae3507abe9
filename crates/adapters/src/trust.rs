//! The one place where a client for HTTP is made: whom it trusts, which ways it goes. Vendors and chat channels have the same.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Url, redirect};
use rustls_platform_verifier::ConfigVerifierExt as _;
use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

/// How long a client waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// For a connection.
    pub(crate) connect: Duration,
    /// For the whole of a request.
    pub(crate) whole: Duration,
}

/// A client that follows no redirection and trusts whom the system trusts (on Linux `SSL_CERT_FILE` names another file of
/// authorities, such as a company's own). What stays on this machine never goes by way of a proxy.
///
/// # Errors
/// When TLS cannot be started.
pub(crate) fn client(stays_here: bool, limits: Limits) -> Result<reqwest::Client, reqwest::Error> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that someone installed one before: as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let builder = reqwest::Client::builder()
        .user_agent(concat!("onroll/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .timeout(limits.whole)
        .dns_resolver(Arc::new(Names))
        // Credentials must not follow a redirection, and a redirected write must not look like a done one.
        .redirect(redirect::Policy::none());
    let builder = if stays_here { builder.no_proxy() } else { builder };
    let builder = match system_trust() {
        Some(tls) => builder.tls_backend_preconfigured(tls),
        // A machine without a trust store (a slim container): then Mozilla's roots do.
        None => builder.tls_certs_only(bundled_roots()),
    };
    builder.build()
}

/// Trust in the roots of the system, read once: each reading parses some hundred and fifty certificates. `None` where there is no
/// trust store.
fn system_trust() -> Option<rustls::ClientConfig> {
    static SYSTEM: OnceLock<rustls::ClientConfig> = OnceLock::new();
    if let Some(known) = SYSTEM.get() {
        return Some(known.clone());
    }
    let mut config = rustls::ClientConfig::with_platform_verifier().ok()?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(SYSTEM.get_or_init(|| config).clone())
}

fn bundled_roots() -> impl Iterator<Item = Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der.as_ref()).ok())
}

/// Whether an address is of this very machine.
pub(crate) fn stays_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The host of an address, with the port where it is not the usual one.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The machine's resolver, with an error that can be told from others.
pub(crate) struct Names;

/// A name that has no address.
#[derive(Debug, thiserror::Error)]
#[error("no address for this name")]
pub(crate) struct Unresolved;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let addresses: Vec<_> = found.map(Iterator::collect).unwrap_or_default();
            if addresses.is_empty() {
                return Err(Box::new(Unresolved) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
