//! `onroll watch --status`: whether the watch lives, whether it is ready, and what there is to count; and the question that a
//! container's health check asks.

use super::exit::Exit;
use super::metrics::{self, Loop};
use super::output::Output;
use super::serve;
use crate::domain::problem::{Problem, ProblemKind};
use crate::engine::Engine;
use crate::services::status;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// The loop looks every 20 s; one that has not looked for so long does not tick.
const TICK: Duration = Duration::from_secs(90);
/// One that has not even failed to look for so long does not live: as the watchdog of systemd has it.
const LIFE: Duration = Duration::from_secs(180);
/// The workspace has to answer within this time.
const ANSWER: Duration = Duration::from_secs(3);
/// What was counted serves everybody for so long.
const FRESH: Duration = Duration::from_secs(1);
/// How long the health check waits for an answer.
const PROBE: Duration = Duration::from_secs(5);
/// The most of an answer that the health check reads.
const PROBE_MAXIMUM: u64 = 4 * 1_024;

#[derive(Debug)]
struct Beat {
    /// The loop turned, whether it could look or not.
    turned: Instant,
    /// It looked at all schedules.
    looked: Option<(Instant, Timestamp)>,
    trouble: Option<String>,
    stopping: bool,
}

/// How the loop does, told by whoever hears it and asked by the address.
#[derive(Debug)]
pub struct Pulse(Mutex<Beat>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Mutex::new(Beat { turned: Instant::now(), looked: None, trouble: None, stopping: false }))
    }
}

impl Pulse {
    fn with<T>(&self, tell: impl FnOnce(&mut Beat) -> T) -> T {
        tell(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The loop has looked at all schedules, at this time.
    pub fn looked(&self, now: Timestamp) {
        self.with(|beat| {
            (beat.turned, beat.looked, beat.trouble) = (Instant::now(), Some((Instant::now(), now)), None);
        });
    }

    /// The loop could not look.
    pub fn trouble(&self, what: &str) {
        self.with(|beat| (beat.turned, beat.trouble) = (Instant::now(), Some(what.to_owned())));
    }

    /// The watch ends: it begins nothing any more.
    pub fn stopping(&self) {
        self.with(|beat| beat.stopping = true);
    }

    /// Why it is not ready, as far as the loop itself tells.
    fn unready(&self) -> Option<String> {
        self.with(|beat| match (&beat.looked, &beat.trouble) {
            _ if beat.stopping => Some("stopping".to_owned()),
            (_, Some(trouble)) => Some(trouble.clone()),
            (None, None) => Some("starting".to_owned()),
            (Some((at, _)), None) if at.elapsed() > TICK => {
                Some(format!("the schedules were last looked at {} s ago", at.elapsed().as_secs()))
            }
            (Some(_), None) => None,
        })
    }

    fn lives(&self) -> bool {
        // While it ends it has no turns.
        self.with(|beat| beat.stopping || beat.turned.elapsed() <= LIFE)
    }
}

struct Desk {
    engine: Engine,
    pulse: Arc<Pulse>,
    names: bool,
    started: Timestamp,
    /// What was counted last. Held while it is counted, so that however many ask it is counted once.
    counted: tokio::sync::Mutex<Option<(Instant, String)>>,
}

/// Serves until `stop` comes. `names`: tenants are named in the metrics.
pub async fn serve(
    listener: TcpListener,
    engine: &Engine,
    pulse: Arc<Pulse>,
    names: bool,
    stop: impl Future<Output = ()> + Send,
) {
    let (engine, started) = (Engine::clone(engine), engine.clock.now());
    let desk = Arc::new(Desk { engine, pulse, names, started, counted: tokio::sync::Mutex::default() });
    let routes = Router::new()
        .route("/live", get(live))
        .route("/ready", get(ready))
        .route("/metrics", get(counted))
        .with_state(desk);
    serve::serve(listener, routes, stop).await;
}

async fn live(State(desk): State<Arc<Desk>>) -> (StatusCode, &'static str) {
    match desk.pulse.lives() {
        true => (StatusCode::OK, "live\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the loop has stopped\n"),
    }
}

async fn ready(State(desk): State<Arc<Desk>>) -> (StatusCode, String) {
    match desk.unready().await {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}

async fn counted(State(desk): State<Arc<Desk>>) -> Response {
    match tokio::time::timeout(ANSWER * 2, desk.text()).await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Ok(Err(problem)) => {
            tracing::warn!(why = problem.what, "nothing could be counted");
            (StatusCode::SERVICE_UNAVAILABLE, "the workspace cannot be read\n").into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the workspace does not answer\n").into_response(),
    }
}

impl Desk {
    /// Why it is not ready; nothing where it is. What stands in the workspace is not told: whoever asks need not be an operator.
    async fn unready(&self) -> Option<String> {
        if let Some(why) = self.pulse.unready() {
            return Some(why);
        }
        match tokio::time::timeout(ANSWER, status::is_watched_here(&self.engine)).await {
            Ok(Ok(true)) => None,
            Ok(Ok(false)) => Some("the workspace does not know this watch any more".to_owned()),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the workspace cannot be read");
                Some("the workspace cannot be read".to_owned())
            }
            Err(_) => Some("the workspace does not answer".to_owned()),
        }
    }

    async fn text(&self) -> Result<String, Problem> {
        let mut counted = self.counted.lock().await;
        if let Some((_, text)) = counted.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(text.clone());
        }
        let watch = Loop {
            is_ready: self.unready().await.is_none(),
            started: Some(self.started),
            last_look: self.pulse.with(|beat| beat.looked.map(|(_, at)| at)),
        };
        let text = metrics::text(&status::figures(&self.engine).await?, watch, self.names);
        *counted = Some((Instant::now(), text.clone()));
        Ok(text)
    }
}

/// Asks the watch at this address whether it is ready. It opens no workspace.
///
/// # Errors
/// When stdout cannot be written.
pub async fn probe(address: Option<SocketAddr>, output: &mut Output) -> Result<Exit, Problem> {
    let Some(address) = address else { return Ok(Exit::Usage) };
    let asked = tokio::time::timeout(PROBE, ask(address)).await;
    let said = match asked {
        Ok(Ok(said)) => said,
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer within 5 seconds".to_owned()),
    };
    if output.json {
        output.object(&json!({ "address": address.to_string(), "ready": said.is_ok(), "why": said.as_ref().err() }))?;
    } else {
        output.line(said.as_ref().map_or_else(String::as_str, |()| "ready"))?;
    }
    Ok(if said.is_ok() { Exit::Done } else { Exit::Failed })
}

async fn ask(address: SocketAddr) -> std::io::Result<Result<(), String>> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(PROBE_MAXIMUM).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Ok(match head.split(' ').nth(1) {
        Some("200") => Ok(()),
        Some(_) if !body.trim().is_empty() => Err(body.trim().to_owned()),
        _ => Err("it is no watch that answers there".to_owned()),
    })
}

/// Opens the port.
///
/// # Errors
/// An address that cannot be listened at.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Problem> {
    TcpListener::bind(address).await.map_err(|error| {
        Problem::new(ProblemKind::Input, format!("how it stands cannot be told at {address}"))
            .with_why(error.to_string())
            .with_remedy("choose another address and port for --status")
    })
}
