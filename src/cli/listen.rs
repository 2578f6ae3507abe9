//! The listener of `onroll watch --listen`: what comes from outside is bounded in size, time and number, and answered only once
//! it is on disk.

use super::serve;
use crate::domain::ids::ConnectionId;
use crate::domain::problem::{Problem, ProblemKind};
use crate::services::webhooks::{Received, Reception};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Largest body that is read.
const BODY_MAXIMUM: usize = 64 * 1_024;
/// A body has to be there within this time.
const BODY_TIME: Duration = Duration::from_secs(10);
/// Deliveries of one address at once, and how many more come to be allowed each second.
const BURST: f64 = 60.0;
const PER_SECOND: f64 = 10.0;

/// Opens the port.
///
/// # Errors
/// An address that cannot be listened at.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Problem> {
    TcpListener::bind(address).await.map_err(|error| {
        Problem::new(ProblemKind::Input, format!("nothing can be received at {address}"))
            .with_why(error.to_string())
            .with_remedy("choose another address and port for --listen")
    })
}

/// Serves until `stop` comes.
pub async fn serve(listener: TcpListener, reception: Reception, stop: impl Future<Output = ()> + Send + 'static) {
    let state = Arc::new(Listener { reception, rates: Mutex::default() });
    let routes = Router::new().route("/hook/{token}", post(hook)).route("/health", get(health)).with_state(state);
    serve::serve(listener, routes, stop).await;
}

struct Listener {
    reception: Reception,
    rates: Mutex<BTreeMap<ConnectionId, Rate>>,
}

/// What one address may still send.
struct Rate {
    left: f64,
    at: Instant,
}

impl Listener {
    fn allows(&self, id: ConnectionId) -> bool {
        let now = Instant::now();
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = rates.entry(id).or_insert(Rate { left: BURST, at: now });
        rate.left = (rate.left + PER_SECOND * now.duration_since(rate.at).as_secs_f64()).min(BURST);
        rate.at = now;
        if rate.left < 1.0 {
            return false;
        }
        rate.left -= 1.0;
        true
    }
}

async fn hook(State(state): State<Arc<Listener>>, Path(token): Path<String>, request: Request<Body>) -> StatusCode {
    let id = match state.reception.tenant_of(&token).await {
        Ok(Some(id)) => id,
        Ok(None) => return StatusCode::NOT_FOUND,
        Err(error) => return unavailable(error.into()),
    };
    if !state.allows(id) {
        return StatusCode::TOO_MANY_REQUESTS;
    }
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_MAXIMUM)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE,
        Err(_) => return StatusCode::REQUEST_TIMEOUT,
    };
    match state.reception.receive(id, &texts(&parts.headers), &body).await {
        Ok(Received::Kept) => StatusCode::OK,
        Ok(Received::Unknown) => StatusCode::NOT_FOUND,
        Ok(Received::Malformed) => StatusCode::BAD_REQUEST,
        Ok(Received::Unproven) => StatusCode::UNAUTHORIZED,
        Ok(Received::Full) => StatusCode::SERVICE_UNAVAILABLE,
        Err(error) => unavailable(error.into()),
    }
}

async fn health(State(state): State<Arc<Listener>>) -> StatusCode {
    state.reception.health().await.map_or_else(|error| unavailable(error.into()), |()| StatusCode::OK)
}

/// Not on disk: whoever sent it has to send it again.
fn unavailable(problem: Problem) -> StatusCode {
    tracing::warn!(why = problem.what, "a webhook could not be kept");
    StatusCode::SERVICE_UNAVAILABLE
}

fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let texts =
        headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    texts.collect()
}
