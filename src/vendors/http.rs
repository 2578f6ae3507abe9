//! The one way in which every client talks HTTP: time-outs, a rate of its own, retries, bounded bodies, quiet logs.
//!
//! Reads are repeated after errors. Writes are repeated only where the answer surely means "not done"; anything else is
//! [`WriteError::Unknown`] and settled by reading. Error texts and logs name path templates, never addresses with data.

use super::parameters::ConnectParts;
use super::redact;
use super::retry::{RetryRules, asked_wait};
use crate::ports::api::{ApiError, ApiNotice, NoticeSink};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::destination::WriteError;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Method, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Largest body that is read, in bytes.
const BODY_MAX: usize = 64 * 1024 * 1024;

/// Parameters that every HTTP client takes beside its own.
pub mod keys {
    pub const REQUESTS_PER_SECOND: &str = "requests_per_second";
    /// Whole request, in seconds.
    pub const TIMEOUT: &str = "timeout_seconds";
    /// `yes` lets credentials go over plain HTTP to a host that is not this machine (a sandbox in another container).
    pub const ALLOW_PLAIN_HTTP: &str = "allow_plain_http";
}

/// Body of a request.
#[derive(Debug, Clone)]
pub enum Body {
    Json(serde_json::Value),
    Form(Vec<(&'static str, String)>),
}

/// One request. `template` names the path with places in braces (`/v1/employees/{identifier}`), which `places` fill in
/// order, percent-encoded; logs and errors show the template only.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub method: Method,
    pub template: &'static str,
    pub places: Vec<&'a str>,
    pub query: Vec<(&'static str, String)>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<Body>,
}

impl<'a> Request<'a> {
    /// A GET.
    pub fn get(template: &'static str) -> Self {
        Self::new(Method::GET, template)
    }

    /// A request without places, query, headers and body.
    pub fn new(method: Method, template: &'static str) -> Self {
        Self { method, template, places: Vec::new(), query: Vec::new(), headers: Vec::new(), body: None }
    }

    /// Fills the next place of the path.
    #[must_use]
    pub fn place(mut self, value: &'a str) -> Self {
        self.places.push(value);
        self
    }

    /// One more query parameter.
    #[must_use]
    pub fn query(mut self, key: &'static str, value: impl ToString) -> Self {
        self.query.push((key, value.to_string()));
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }
}

/// An answer that came whole.
#[derive(Debug, Clone)]
pub struct Answer {
    vendor: &'static str,
    template: &'static str,
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// The body, read as `T`.
    ///
    /// # Errors
    /// [`ApiError::Unexpected`] that says what came instead; never the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        if self.is_html() || !self.looks_like_json() {
            return Err(self.unexpected(&self.describe()));
        }
        // serde's own message can quote the value at fault; its place is enough.
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = if error.is_data() { "JSON that does not fit the contract" } else { "broken JSON" };
            self.unexpected(&format!("{what} (line {}, column {})", error.line(), error.column()))
        })
    }

    /// Whether a page for people came.
    pub fn is_html(&self) -> bool {
        let head = String::from_utf8_lossy(self.body.get(..self.body.len().min(256)).unwrap_or_default());
        redact::is_html(self.content_type(), &head)
    }

    /// An [`ApiError::Unexpected`] that names status and path.
    pub fn unexpected(&self, what: &str) -> ApiError {
        ApiError::Unexpected {
            vendor: self.vendor,
            detail: format!("{what}, status {} from {}", self.status.as_u16(), self.template),
        }
    }

    /// What the body is, without its content.
    pub fn describe(&self) -> String {
        redact::describe_body(self.content_type(), &self.body)
    }

    fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
    }

    fn looks_like_json(&self) -> bool {
        let first = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        first.is_some_and(|byte| matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'))
    }
}

/// Why no whole answer came.
#[derive(Debug)]
enum Failure {
    /// The connection could not be opened: nothing was sent.
    NotSent(String),
    /// It broke on the way: it may have been sent.
    Broken(String),
    /// The request itself cannot be built.
    Bad(ApiError),
}

/// Whether those on whose behalf a request is sent are asked once more just before it leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    Always,
    IfItMay,
}

/// Talks to one vendor for one connection.
pub struct HttpClient {
    vendor: &'static str,
    client: reqwest::Client,
    base: Url,
    limiter: DefaultDirectRateLimiter,
    rules: RetryRules,
    notices: Arc<dyn NoticeSink>,
    /// Until when the vendor asked all requests of this connection to wait.
    hold: Mutex<Option<Instant>>,
}

impl HttpClient {
    /// A client for `base_url`, with the common parameters of `parts`.
    ///
    /// # Errors
    /// [`ApiError::Setup`] when the address or a common parameter cannot work.
    pub fn new(
        vendor: &'static str,
        base_url: &str,
        parts: &ConnectParts,
        requests_per_second: u32,
    ) -> Result<Self, ApiError> {
        let base = check_address(vendor, base_url, parts)?;
        let rate = parts.number(vendor, keys::REQUESTS_PER_SECOND)?.unwrap_or(requests_per_second);
        let timeout =
            parts.number(vendor, keys::TIMEOUT)?.map_or(REQUEST_TIMEOUT, |s| Duration::from_secs(u64::from(s)));
        Ok(Self {
            vendor,
            client: build_client(vendor, is_loopback(&base), timeout)?,
            base,
            limiter: limiter(rate),
            rules: RetryRules::default(),
            notices: Arc::clone(&parts.notices),
            hold: Mutex::new(None),
        })
    }

    /// The same client with other retry rules.
    #[must_use]
    pub fn with_rules(mut self, rules: RetryRules) -> Self {
        self.rules = rules;
        self
    }

    /// Sends a read, again after errors that may pass. Answers below 500 other than 429 are returned as they are.
    ///
    /// # Errors
    /// [`ApiError::Temporary`] when all attempts failed, [`ApiError::Unexpected`] on a redirection.
    pub async fn read(&self, request: &Request<'_>) -> Result<Answer, ApiError> {
        let mut attempt = 1;
        loop {
            let failed = match self.once(request, attempt, Leaves::Always).await {
                Ok(answer) if is_throttle(answer.status) => {
                    self.throttled(&answer, attempt).await?;
                    attempt += 1;
                    continue;
                }
                Ok(answer) if answer.status.is_server_error() => {
                    format!("status {}, {}", answer.status.as_u16(), answer.describe())
                }
                Ok(answer) if answer.status.is_redirection() => return Err(answer.unexpected("a redirection")),
                Ok(answer) => return Ok(answer),
                Err(Failure::Bad(error)) => return Err(error),
                Err(Failure::NotSent(detail) | Failure::Broken(detail)) => detail,
            };
            self.back_off(request, &failed, attempt).await?;
            attempt += 1;
        }
    }

    /// Sends a write. Repeated only where it surely was not done: 429, 503, a connection that could not be opened.
    /// Answers with JSON (or, below 500, an empty body) are returned as they are.
    ///
    /// # Errors
    /// [`WriteError::NotSent`] or [`WriteError::Unknown`].
    pub async fn write(&self, request: &Request<'_>) -> Result<Answer, WriteError> {
        let mut attempt = 1;
        loop {
            match self.once(request, attempt, Leaves::IfItMay).await {
                Ok(answer) if says_not_done(&answer) => {
                    self.unless_stopped(self.throttled(&answer, attempt)).await.map_err(WriteError::NotSent)?;
                }
                Ok(answer) => return settled(answer),
                Err(Failure::Bad(error)) => return Err(WriteError::NotSent(error)),
                Err(Failure::Broken(detail)) => return Err(WriteError::Unknown { detail }),
                Err(Failure::NotSent(detail)) => {
                    let pause = self.back_off(request, &detail, attempt);
                    self.unless_stopped(pause).await.map_err(WriteError::NotSent)?;
                }
            }
            attempt += 1;
        }
    }

    /// A wait before a write, given up when nothing is to leave any more: then it surely was not done.
    async fn unless_stopped(&self, wait: impl Future<Output = Result<(), ApiError>>) -> Result<(), ApiError> {
        tokio::select! {
            () = self.notices.stopped() => Err(ApiError::Stopped),
            waited = wait => waited,
        }
    }

    async fn once(&self, request: &Request<'_>, attempt: u32, leaves: Leaves) -> Result<Answer, Failure> {
        let built = self.build(request).map_err(Failure::Bad)?;
        let turn = async {
            self.wait_for_turn().await;
            Ok(())
        };
        match leaves {
            Leaves::Always => turn.await.map_err(Failure::Bad)?,
            Leaves::IfItMay => {
                self.unless_stopped(turn).await.map_err(Failure::Bad)?;
                if !self.notices.may_leave().await {
                    return Err(Failure::Bad(ApiError::Stopped));
                }
            }
        }
        let started = Instant::now();
        let result = self.exchange(request, built).await;
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = result.as_ref().map_or(0, |answer| answer.status.as_u16());
        tracing::debug!(
            vendor = self.vendor,
            method = %request.method,
            path = request.template,
            status,
            attempt,
            ms,
            "request"
        );
        if status != 0 {
            self.notices.notice(ApiNotice::Answered { vendor: self.vendor, status });
        }
        result
    }

    async fn exchange(&self, request: &Request<'_>, built: reqwest::Request) -> Result<Answer, Failure> {
        let mut response = self.client.execute(built).await.map_err(|error| failure(&error, request))?;
        let mut answer = Answer {
            vendor: self.vendor,
            template: request.template,
            status: response.status(),
            headers: response.headers().clone(),
            body: Vec::new(),
        };
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if answer.body.len() + chunk.len() > BODY_MAX => {
                    return Err(Failure::Broken(format!(
                        "the answer from {} is larger than {} MB",
                        request.template,
                        BODY_MAX / 1024 / 1024
                    )));
                }
                Ok(Some(chunk)) => answer.body.extend_from_slice(&chunk),
                Ok(None) => return Ok(answer),
                Err(error) if error.is_timeout() => return Err(failure(&error, request)),
                Err(_) => return Err(Failure::Broken(format!("the answer from {} was cut off", request.template))),
            }
        }
    }

    fn build(&self, request: &Request<'_>) -> Result<reqwest::Request, ApiError> {
        let url = fill(&self.base, request).ok_or_else(|| ApiError::Setup {
            vendor: self.vendor,
            detail: format!("a value cannot stand in the path {}", request.template),
        })?;
        let mut builder = self.client.request(request.method.clone(), url);
        if !request.query.is_empty() {
            builder = builder.query(&request.query);
        }
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        builder = match &request.body {
            Some(Body::Json(value)) => builder.json(value),
            Some(Body::Form(pairs)) => builder.form(pairs),
            None => builder,
        };
        builder.build().map_err(|_| ApiError::Setup {
            vendor: self.vendor,
            detail: format!("a request to {} cannot be built", request.template),
        })
    }

    async fn wait_for_turn(&self) {
        loop {
            let until = *self.hold.lock().unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if until > Instant::now() => tokio::time::sleep_until(until).await,
                _ => break,
            }
        }
        self.limiter.until_ready().await;
    }

    /// Waits after a 429 or 503, and has all other requests of this connection wait too.
    async fn throttled(&self, answer: &Answer, attempt: u32) -> Result<(), ApiError> {
        let status = answer.status.as_u16();
        let wait = asked_wait(&answer.headers, SystemClock.now())
            .unwrap_or_else(|| self.rules.backoff(self.rules.throttle_base, attempt));
        if attempt >= self.rules.attempts || wait > self.rules.patience {
            let detail = format!(
                "status {status} from {} after {attempt} attempts; it asks to wait {} s",
                answer.template,
                wait.as_secs()
            );
            return Err(ApiError::Temporary { vendor: self.vendor, detail });
        }
        self.notices.notice(ApiNotice::Waiting { vendor: self.vendor, status, wait });
        {
            let mut hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
            let until = Instant::now() + wait;
            *hold = Some(hold.map_or(until, |before| before.max(until)));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    async fn back_off(&self, request: &Request<'_>, detail: &str, attempt: u32) -> Result<(), ApiError> {
        if attempt >= self.rules.attempts {
            let detail = format!("{detail} ({} attempts at {})", attempt, request.template);
            return Err(ApiError::Temporary { vendor: self.vendor, detail });
        }
        self.notices.notice(ApiNotice::Retrying {
            vendor: self.vendor,
            detail: detail.to_owned(),
            attempt: attempt + 1,
        });
        tokio::time::sleep(self.rules.backoff(self.rules.error_base, attempt)).await;
        Ok(())
    }
}

fn is_throttle(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE
}

/// 429 and 503 mean "not done", unless a proxy's page says 503 without naming a time: then nobody knows.
fn says_not_done(answer: &Answer) -> bool {
    let named = answer.headers.contains_key(reqwest::header::RETRY_AFTER);
    answer.status == StatusCode::TOO_MANY_REQUESTS
        || (answer.status == StatusCode::SERVICE_UNAVAILABLE && (named || !answer.is_html()))
}

fn settled(answer: Answer) -> Result<Answer, WriteError> {
    let status = answer.status.as_u16();
    if answer.status.is_redirection() {
        return Err(WriteError::NotSent(answer.unexpected("a redirection")));
    }
    let empty = answer.body.iter().all(u8::is_ascii_whitespace);
    let usable = if empty { answer.status.is_client_error() } else { answer.looks_like_json() && !answer.is_html() };
    if answer.status.is_server_error() || !usable {
        return Err(WriteError::Unknown {
            detail: format!("status {status}, {} from {}", answer.describe(), answer.template),
        });
    }
    Ok(answer)
}

/// Errors of reqwest print the address, which can hold personal data: only their kind is told.
fn failure(error: &reqwest::Error, request: &Request<'_>) -> Failure {
    let path = request.template;
    if error.is_connect() {
        let how = if error.is_timeout() { "timed out" } else { "failed" };
        return Failure::NotSent(format!("opening a connection {how} ({path})"));
    }
    if error.is_timeout() {
        return Failure::Broken(format!("no answer in time ({path})"));
    }
    Failure::Broken(format!("the connection broke ({path})"))
}

fn fill(base: &Url, request: &Request<'_>) -> Option<Url> {
    let mut url = base.clone();
    let mut places = request.places.iter();
    {
        let mut segments = url.path_segments_mut().ok()?;
        segments.pop_if_empty();
        for segment in request.template.split('/').filter(|segment| !segment.is_empty()) {
            if segment.starts_with('{') {
                let value = *places.next()?;
                // A dot segment would be folded away and address another resource.
                if value.is_empty() || value == "." || value == ".." {
                    return None;
                }
                segments.push(value);
            } else {
                segments.push(segment);
            }
        }
    }
    places.next().is_none().then_some(url)
}

fn limiter(per_second: u32) -> DefaultDirectRateLimiter {
    let rate = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
    let burst = NonZeroU32::new(per_second / 2).unwrap_or(NonZeroU32::MIN);
    RateLimiter::direct(Quota::per_second(rate).allow_burst(burst))
}

fn check_address(vendor: &'static str, address: &str, parts: &ConnectParts) -> Result<Url, ApiError> {
    let setup = |detail: &str| ApiError::Setup { vendor, detail: detail.to_owned() };
    let url = Url::parse(address.trim()).map_err(|_| setup("the address is not a URL (https://…)"))?;
    if url.host_str().is_none() || !matches!(url.scheme(), "http" | "https") {
        return Err(setup("the address must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(setup("the address must not hold credentials"));
    }
    let plain_allowed = is_loopback(&url) || parts.parameter(keys::ALLOW_PLAIN_HTTP) == Some("yes");
    if url.scheme() == "http" && !plain_allowed {
        return Err(setup(
            "the address must begin with https://, or credentials could be read on the way (`allow_plain_http = \"yes\"` for a sandbox on another host)",
        ));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn build_client(vendor: &'static str, loopback: bool, timeout: Duration) -> Result<reqwest::Client, ApiError> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that someone installed one before: as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let builder = || {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("onroll/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            // Credentials must not follow a redirection, and a redirected write must not look like a done one.
            .redirect(redirect::Policy::none());
        if loopback { builder.no_proxy() } else { builder }
    };
    // A machine without a trust store (a slim container) cannot build a client at all: then Mozilla's roots do.
    builder()
        .build()
        .or_else(|_| builder().tls_certs_only(bundled_roots()).build())
        .map_err(|_| ApiError::Setup { vendor, detail: "the HTTP client could not be started (TLS)".to_owned() })
}

fn bundled_roots() -> impl Iterator<Item = Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der.as_ref()).ok())
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
