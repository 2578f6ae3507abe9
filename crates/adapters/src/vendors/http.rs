//! The one way in which every client talks HTTP: time-outs, quotas, retries, bounded bodies, quiet logs.
//!
//! Reads are repeated after errors. Writes are repeated only where the answer surely means "not done"; anything else is
//! [`WriteError::Unknown`] and settled by reading. Error texts and logs name path templates, never addresses with data.
//!
//! Any future of this client may be dropped at any moment: what waits is given up, and a request in flight keeps its slot in
//! the quotas until the vendor must have forgotten it.

use super::failure::{End, Failure, classify};
use super::limiter::Limiter;
pub use super::message::{Answer, Body, Request};
use super::recording::{Attempt, Recording, Sender};
use super::retry::{RateHeaders, RetryRules, Verdict, asked_wait};
use crate::domain::capabilities::Quota;
use crate::domain::secret::Secret;
use crate::ports::account::AccountDesk;
use crate::ports::api::{ApiError, ApiNotice, NoticeSink};
use crate::ports::clock::SharedClock;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::WriteError;
use crate::trust::{self, Limits, host_of, stays_here};
use reqwest::{StatusCode, Url};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::time::Instant;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Bounds of the parameters that every client takes.
const RATE_MAX: u32 = 1_000_000;
const TIMEOUT_MAX: u32 = 600;

/// Largest body that is read, in bytes.
const BODY_MAX: usize = 64 * 1024 * 1024;

/// What some servers begin a text with; a reader may pass over it (RFC 8259, 8.1).
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Attempts at a read that is answered by a success without content, or by half of it.
const TORN_ATTEMPTS: u32 = 3;

/// Waits for a turn that are told of: shorter ones nobody takes for hanging.
const WAIT_WORTH_TELLING: Duration = Duration::from_secs(2);

/// Parameters that every HTTP client takes beside its own.
pub mod keys {
    pub const REQUESTS_PER_SECOND: &str = "requests_per_second";
    /// Whole request, in seconds.
    pub const TIMEOUT: &str = "timeout_seconds";
    /// `yes` lets credentials go over plain HTTP to a host that is not this machine (a sandbox in another container).
    pub const ALLOW_PLAIN_HTTP: &str = "allow_plain_http";
}

/// A read that brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct ReadFailure {
    pub error: ApiError,
    /// Whether any other read would fail as well (no connection, no quota left), or it may be this very record.
    pub of_all: bool,
}

/// Whether those on whose behalf a request is sent are asked once more just before it leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    Always,
    IfItMay,
}

/// Talks to one vendor for one connection. A clone shares connections and quotas.
#[derive(Clone)]
pub struct HttpClient {
    vendor: &'static str,
    client: reqwest::Client,
    base: Url,
    /// Host, with the port where it is not the usual one; for errors.
    host: String,
    timeout: Duration,
    limiter: Arc<Limiter>,
    /// The limiter of an account asks it as long as a client of it lives.
    accounts: Option<Arc<dyn AccountDesk>>,
    quotas: Vec<Quota>,
    /// Whether the answers' headers may tighten the quotas.
    listens: bool,
    rules: RetryRules,
    /// What the body of an answer says that by its status is a good one.
    judge: fn(&Answer) -> Verdict,
    notices: Arc<dyn NoticeSink>,
    clock: SharedClock,
    proven: Arc<AtomicBool>,
    /// What must never be seen in what is kept of an exchange.
    secrets: Arc<[Secret]>,
}

impl HttpClient {
    /// A client for `base_url` with one quota, in requests a second, and the common parameters of `parts`.
    ///
    /// # Errors
    /// [`ApiError::Setup`] when the address or a common parameter cannot work.
    pub fn new(
        vendor: &'static str,
        base_url: &str,
        parts: &ConnectParts,
        requests_per_second: u32,
    ) -> Result<Self, ApiError> {
        Self::with_quotas(vendor, base_url, parts, &[Quota { requests: requests_per_second, seconds: 1 }])
    }

    /// A client for `base_url` that keeps to all `quotas`. A rate that the operator has set comes on top; above what the
    /// quotas allow it takes their place, and what the vendor's headers say of quotas is not obeyed then.
    ///
    /// # Errors
    /// As [`HttpClient::new`].
    pub fn with_quotas(
        vendor: &'static str,
        base_url: &str,
        parts: &ConnectParts,
        quotas: &[Quota],
    ) -> Result<Self, ApiError> {
        let base = check_address(vendor, base_url, parts)?;
        let own = parts.number_up_to(vendor, keys::REQUESTS_PER_SECOND, RATE_MAX)?;
        let timeout = parts.number_up_to(vendor, keys::TIMEOUT, TIMEOUT_MAX)?;
        let timeout = timeout.map_or(REQUEST_TIMEOUT, |seconds| Duration::from_secs(u64::from(seconds)));
        let (quotas, listens) = chosen_quotas(quotas, own);
        Ok(Self {
            vendor,
            client: build_client(vendor, stays_here(&base), timeout)?,
            host: host_of(&base),
            base,
            timeout,
            limiter: Limiter::new(&quotas, listens),
            accounts: parts.accounts.clone(),
            quotas,
            listens,
            rules: RetryRules::default(),
            judge: |_| Verdict::Final,
            notices: Arc::clone(&parts.notices),
            clock: Arc::clone(&parts.clock),
            proven: Arc::default(),
            secrets: parts.secrets.values().cloned().collect(),
        })
    }

    /// The same client, counting its requests together with all clients that talk to the same address for the same account: of
    /// this process one by one, of other processes of the workspace by the share that each takes. `account` is no secret.
    #[must_use]
    pub fn of_account(mut self, account: &str) -> Self {
        let name = format!("{} {} {account}", self.vendor, self.base);
        self.limiter = Limiter::of_account(&name, &self.quotas, self.listens);
        if let Some(accounts) = &self.accounts {
            self.limiter.share_at(accounts, &name);
        }
        self
    }

    /// The same client with other retry rules.
    #[must_use]
    pub fn with_rules(mut self, rules: RetryRules) -> Self {
        self.rules = rules;
        self
    }

    /// The same client for a vendor whose throttling and failures are answers of 200: reads are sent again by what `judge`
    /// says of them.
    #[must_use]
    pub fn judged_by(mut self, judge: fn(&Answer) -> Verdict) -> Self {
        self.judge = judge;
        self
    }

    /// Sends a read, again after errors that may pass. Answers below 500 other than 429 are returned as they are.
    ///
    /// # Errors
    /// [`ApiError::Temporary`] when all attempts failed, what [`Answer::no_data`] says on a redirection,
    /// [`ApiError::Certificate`] when the host cannot be trusted.
    pub async fn read(&self, request: &Request<'_>) -> Result<Answer, ApiError> {
        self.read_record(request).await.map_err(|failure| failure.error)
    }

    /// The same for one record of many; the failure tells whether it may be this record's.
    ///
    /// # Errors
    /// As [`HttpClient::read`].
    pub async fn read_record(&self, request: &Request<'_>) -> Result<Answer, ReadFailure> {
        let of_all = |error| ReadFailure { error, of_all: true };
        let of_this = |error| ReadFailure { error, of_all: false };
        let mut attempt = Attempt::first();
        loop {
            let sent = self.once(request, attempt, Leaves::Always).await;
            let (failed, scope): (String, fn(ApiError) -> ReadFailure) = match sent {
                Ok(answer) if is_throttle(answer.status) => {
                    let next = attempt.next();
                    self.throttled(&answer, attempt.number).await.map_err(of_all)?;
                    attempt = next;
                    continue;
                }
                Ok(answer) if answer.status.is_server_error() => {
                    (format!("status {}, {}", answer.status.as_u16(), answer.describe()), of_this)
                }
                Ok(answer) if answer.status.is_redirection() => {
                    return Err(of_this(answer.no_data(request.template, "a redirection")));
                }
                // A proxy's page, half a document: it may pass. If it does not, the caller says what it is.
                Ok(answer) if answer.is_torn() && attempt.number < TORN_ATTEMPTS.min(self.rules.attempts) => {
                    (answer.describe(), of_this)
                }
                Ok(answer) => match (self.judge)(&answer) {
                    Verdict::Final => return Ok(answer),
                    Verdict::Throttled => {
                        let next = attempt.next();
                        self.throttled(&answer, attempt.number).await.map_err(of_all)?;
                        attempt = next;
                        continue;
                    }
                    Verdict::Failed(detail) => (detail, of_this),
                },
                Err(Failure::Bad(error)) => return Err(of_all(error)),
                Err(Failure::NotSent(detail)) => (detail, of_all),
                Err(Failure::Broken(detail)) => (detail, of_this),
            };
            let next = attempt.next();
            self.back_off(request, &failed, attempt.number).await.map_err(scope)?;
            attempt = next;
        }
    }

    /// Sends a read and takes its answer; where that is corrupt, though it came whole, it is asked for again.
    ///
    /// # Errors
    /// Those of [`HttpClient::read`] and of `take`.
    pub async fn read_as<T>(
        &self,
        request: &Request<'_>,
        take: impl Fn(&Answer) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut attempt = 1;
        loop {
            let answer = self.read(request).await?;
            match take(&answer) {
                // What is torn has been asked for again already.
                Err(ApiError::Corrupt { detail, .. })
                    if !answer.is_torn() && attempt < TORN_ATTEMPTS.min(self.rules.attempts) =>
                {
                    self.back_off(request, &detail, attempt).await?;
                }
                taken => return taken,
            }
            attempt += 1;
        }
    }

    /// Sends a write. Repeated only where it surely was not done: 429, 503 with Retry-After, a connection that could not
    /// be opened.
    /// Answers with JSON (or, in 400 to 499, an empty body) are returned as they are.
    ///
    /// # Errors
    /// [`WriteError::NotSent`] or [`WriteError::Unknown`].
    pub async fn write(&self, request: &Request<'_>) -> Result<Answer, WriteError> {
        let mut attempt = Attempt::first();
        loop {
            let sent = self.once(request, attempt, Leaves::IfItMay).await;
            let next = attempt.next();
            match sent {
                Ok(answer) if says_not_done(&answer) => {
                    self.unless_stopped(self.throttled(&answer, attempt.number)).await.map_err(WriteError::NotSent)?;
                }
                Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE => {
                    // Whether it was done is found out by reading, which waits as all others do.
                    let _ = self.unless_stopped(self.throttled(&answer, attempt.number)).await;
                    return settled(answer, request);
                }
                Ok(answer) => return settled(answer, request),
                Err(Failure::Bad(error)) => return Err(WriteError::NotSent(error)),
                Err(Failure::Broken(detail)) => return Err(WriteError::Unknown { detail }),
                Err(Failure::NotSent(detail)) => {
                    let pause = self.back_off(request, &detail, attempt.number);
                    self.unless_stopped(pause).await.map_err(WriteError::NotSent)?;
                }
            }
            attempt = next;
        }
    }

    /// A wait before a write, given up when nothing is to leave any more: then it surely was not done.
    async fn unless_stopped<T>(&self, wait: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
        tokio::select! {
            () = self.notices.stopped() => Err(ApiError::Stopped),
            waited = wait => waited,
        }
    }

    async fn once(&self, request: &Request<'_>, attempt: Attempt, leaves: Leaves) -> Result<Answer, Failure> {
        let built = self.build(request).map_err(Failure::Bad)?;
        let mut told = false;
        let turn = self.limiter.turn(|wait| {
            if wait >= WAIT_WORTH_TELLING && !std::mem::replace(&mut told, true) {
                self.notices.notice(ApiNotice::Resting { vendor: self.vendor, wait });
            }
        });
        let turn = match leaves {
            Leaves::Always => turn.await,
            Leaves::IfItMay => {
                let turn = self.unless_stopped(async { Ok(turn.await) }).await.map_err(Failure::Bad)?;
                if !self.notices.may_leave().await {
                    return Err(Failure::Bad(ApiError::Stopped));
                }
                turn
            }
        };
        let started = Instant::now();
        let sender = Sender { host: &self.host, secrets: &self.secrets, clock: &self.clock };
        let recording = Recording::begin(request, sender, attempt);
        let result = self.exchange(request, built).await;
        recording.end(&result);
        if let Ok(answer) = &result {
            turn.answered(&RateHeaders::read(&answer.headers, self.clock.now()));
        }
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = result.as_ref().map_or(0, |answer| answer.status.as_u16());
        tracing::debug!(
            vendor = self.vendor,
            method = %request.method,
            path = request.template,
            status,
            attempt = attempt.number,
            ms,
            "request"
        );
        if status != 0 {
            self.notices.notice(ApiNotice::Answered { vendor: self.vendor, status });
        }
        result
    }

    async fn exchange(&self, request: &Request<'_>, built: reqwest::Request) -> Result<Answer, Failure> {
        let mut response = self.client.execute(built).await.map_err(|error| classify(&error, request, self.end()))?;
        let mut answer = Answer {
            vendor: self.vendor,
            template: request.template,
            proven: Arc::clone(&self.proven),
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
                Ok(None) => {
                    if answer.body.starts_with(BYTE_ORDER_MARK) {
                        answer.body.drain(..BYTE_ORDER_MARK.len());
                    }
                    return Ok(answer);
                }
                Err(error) if error.is_timeout() => return Err(classify(&error, request, self.end())),
                Err(_) => return Err(Failure::Broken(format!("the answer from {} was cut off", request.template))),
            }
        }
    }

    fn build(&self, request: &Request<'_>) -> Result<reqwest::Request, ApiError> {
        let url = request.address(&self.base).ok_or_else(|| ApiError::Setup {
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
            Some(Body::Named(pairs)) => builder.form(pairs),
            None => builder,
        };
        let mut built = builder.build().map_err(|_| ApiError::Setup {
            vendor: self.vendor,
            detail: format!("a request to {} cannot be built", request.template),
        })?;
        // Every server reads a blank as `%20`, not every one as `+`; a plus of a value is `%2B` by now.
        if let Some(query) =
            built.url().query().filter(|query| query.contains('+')).map(|query| query.replace('+', "%20"))
        {
            built.url_mut().set_query(Some(&query));
        }
        Ok(built)
    }

    fn end(&self) -> End<'_> {
        let connect_timeout = CONNECT_TIMEOUT.min(self.timeout);
        End { vendor: self.vendor, host: &self.host, connect_timeout, timeout: self.timeout }
    }

    /// Waits after a 429 or 503, or a body that says as much, and has all other requests of this connection wait too.
    async fn throttled(&self, answer: &Answer, attempt: u32) -> Result<(), ApiError> {
        let by_status = is_throttle(answer.status);
        let status = if by_status { answer.status } else { StatusCode::TOO_MANY_REQUESTS }.as_u16();
        let wait = match asked_wait(&answer.headers, self.clock.now()) {
            Some(asked) => asked,
            None if by_status => self.rules.backoff(self.rules.throttle_base, attempt),
            None => self.rules.throttle_base,
        };
        if attempt >= self.rules.attempts || wait > self.rules.patience {
            let what = if by_status { format!("status {status}") } else { "too many requests".to_owned() };
            let detail = format!(
                "{what} from {} after {attempt} attempts; it asks to wait {} s",
                answer.template,
                wait.as_secs()
            );
            return Err(ApiError::Temporary { vendor: self.vendor, detail });
        }
        self.notices.notice(ApiNotice::Waiting { vendor: self.vendor, status, wait });
        // The turn that the next attempt asks for comes after the wait, and so do all others.
        self.limiter.refused(wait);
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

/// 429 means "not done", and so does 503 that names a time. Without one it may be a proxy's, whose upstream has taken the request
/// and gone (Envoy says so in plain text): then nobody knows.
fn says_not_done(answer: &Answer) -> bool {
    let named = answer.headers.contains_key(reqwest::header::RETRY_AFTER);
    answer.status == StatusCode::TOO_MANY_REQUESTS || (answer.status == StatusCode::SERVICE_UNAVAILABLE && named)
}

/// Whether an answer says what became of a write; an empty success only where the call has no other (`no_content`).
fn settled(answer: Answer, request: &Request<'_>) -> Result<Answer, WriteError> {
    let (status, no_content) = (answer.status.as_u16(), request.no_content);
    let is_refusal = answer.status.is_client_error() || answer.status == StatusCode::NOT_IMPLEMENTED;
    if request.any_body && (is_refusal || (answer.status.is_success() && answer.is_empty())) {
        return Ok(answer);
    }
    if answer.status.is_redirection() {
        return Err(WriteError::NotSent(answer.no_data(answer.template, "a redirection")));
    }
    let usable = if answer.is_empty() {
        answer.status.is_client_error() || (no_content && answer.status == StatusCode::NO_CONTENT)
    } else {
        answer.looks_like_json() && !answer.is_html()
    };
    if answer.status.is_server_error() || !usable {
        return Err(WriteError::Unknown {
            detail: format!("status {status}, {} from {}", answer.describe(), answer.template),
        });
    }
    Ok(answer)
}

/// The quotas that count, and whether headers may tighten them. An own rate is held against the shortest window.
fn chosen_quotas(documented: &[Quota], own: Option<u32>) -> (Vec<Quota>, bool) {
    let Some(own) = own.map(|requests| Quota { requests, seconds: 1 }) else { return (documented.to_vec(), true) };
    let shortest = documented.iter().min_by_key(|quota| quota.seconds);
    let exceeds = shortest.is_some_and(|quota| own.requests.saturating_mul(quota.seconds) > quota.requests);
    if exceeds { (vec![own], false) } else { (documented.iter().copied().chain([own]).collect(), true) }
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
    let plain_allowed = stays_here(&url) || parts.parameter(keys::ALLOW_PLAIN_HTTP) == Some("yes");
    if url.scheme() == "http" && !plain_allowed {
        return Err(setup(
            "the address must begin with https://, or credentials could be read on the way (`allow_plain_http = \"yes\"` for a sandbox on another host)",
        ));
    }
    Ok(url)
}

fn build_client(vendor: &'static str, loopback: bool, timeout: Duration) -> Result<reqwest::Client, ApiError> {
    let limits = Limits { connect: CONNECT_TIMEOUT.min(timeout), whole: timeout };
    trust::client(loopback, limits)
        .map_err(|_| ApiError::Setup { vendor, detail: "the HTTP client could not be started (TLS)".to_owned() })
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
