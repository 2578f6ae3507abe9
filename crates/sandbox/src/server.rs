//! The one HTTP listener: `/{vendor}/…` goes to the simulators, `/_sandbox/…` to the world, the switches, the
//! faults and the counts.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State, connect_info::Connected},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    serve::{IncomingStream, Listener},
};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use super::{
    call::{Answer, Call, body_bytes, pairs},
    document,
    faults::{Fault, FaultKind},
    hub::{Hosted, Hub},
    registry,
    vendor::Kind,
};

/// A world of a million people fits; more is a mistake.
const BODY_LIMIT: usize = 1 << 30;
/// How late a `slow` answer comes.
const SLOW: Duration = Duration::from_millis(1200);

/// A listener whose connections a handler can end without an answer.
pub(crate) struct Wires(pub TcpListener);

impl Listener for Wires {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY on a sandbox connection");
        }
        (Wire { stream, cut: Arc::default() }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection that refuses to write once it is cut.
pub(crate) struct Wire {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Wire {
    fn check(&self) -> io::Result<()> {
        if self.cut.load(Ordering::Relaxed) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The switch of the connection that a call came on.
#[derive(Clone)]
pub(crate) struct Switch(Arc<AtomicBool>);

impl Connected<IncomingStream<'_, Wires>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        Self(Arc::clone(&stream.io().cut))
    }
}

/// Everything that the listener answers.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new().fallback(dispatch).with_state(hub)
}

async fn dispatch(State(hub): State<Arc<Hub>>, ConnectInfo(switch): ConnectInfo<Switch>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return plain(400, json!({"error": "the body could not be read"}));
    };
    let path = head.uri.path();
    let (first, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    if first == "_sandbox" {
        return admin(&hub, &head.method, rest, &body);
    }
    let Some(vendor) = registry::vendor(first) else {
        return plain(404, json!({"error": "no vendor is simulated under this path"}));
    };
    let call = Call {
        path: format!("/{rest}"),
        query: pairs(head.uri.query().unwrap_or_default()),
        method: head.method,
        headers: head.headers,
        body,
    };
    let at = Instant::now();
    let target = head.uri.path_and_query().map_or(head.uri.path(), |whole| whole.as_str());
    let Some((slot, known)) = hub.slot_of(vendor, &call) else {
        return plain(404, json!({"error": "the vendor has no company"}));
    };
    let response = answer(&hub, (slot.as_ref(), known), &call, &switch).await;
    if (vendor.kind)(&call) != Kind::Read {
        let changes = hub.changes();
        changes.are_kept(changes.note()).await;
    }
    hub.recording().keep(&slot.key, (vendor.kind)(&call), target, &call, (at, response.status().as_u16()));
    response
}

async fn answer(hub: &Hub, (slot, known): (&Hosted, bool), call: &Call, switch: &Switch) -> Response {
    let vendor = slot.vendor;
    slot.count((vendor.kind)(call));
    let (fault, seconds) = hub.faults().take(vendor, &slot.key, call).unzip();
    let seconds = seconds.flatten();
    tracing::debug!(vendor = vendor.name, method = %call.method, fault = fault.map_or("", FaultKind::name), "sandbox call");
    match fault {
        Some(FaultKind::Slow) => {
            tokio::time::sleep(seconds.map_or(SLOW, |seconds| Duration::from_secs(seconds.into()))).await;
        }
        // Until the caller gives up and the connection is closed.
        Some(FaultKind::Hang) => std::future::pending().await,
        Some(FaultKind::TooMany) => return respond((vendor.refusal)(429, None)),
        Some(FaultKind::TooManyRetryAfter) => return respond((vendor.refusal)(429, Some(seconds.unwrap_or(1)))),
        Some(FaultKind::Internal) => return respond((vendor.refusal)(500, None)),
        Some(FaultKind::BadGatewayHtml) => return page(StatusCode::BAD_GATEWAY, "502 Bad Gateway"),
        Some(FaultKind::HtmlPage) => return page(StatusCode::OK, "Scheduled maintenance"),
        _ => {}
    }
    let answer = if known {
        let mut company = slot.lock();
        if fault == Some(FaultKind::ExpiredToken) {
            company.expire(call);
        }
        company.answer(call, fault.and_then(FaultKind::quirk))
    } else {
        (vendor.stranger)(call)
    };
    match fault {
        Some(FaultKind::CutBody) => cut_body(answer),
        Some(FaultKind::BrokenJson) => broken_json(answer),
        Some(FaultKind::AnswerLost) => {
            switch.0.store(true, Ordering::Relaxed);
            respond(answer)
        }
        _ => respond(answer),
    }
}

fn respond(answer: Answer) -> Response {
    let body = answer.body.as_ref().map(body_bytes);
    let mut response = body.map_or_else(Body::empty, Body::from).into_response();
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if answer.body.is_some() {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn plain(status: u16, body: Value) -> Response {
    respond(Answer::json(status, body))
}

/// The head promises the whole body, the connection ends after half of it.
fn cut_body(answer: Answer) -> Response {
    let whole = answer.body.as_ref().map(body_bytes).unwrap_or_default();
    let length = whole.len().max(64);
    let half = Bytes::copy_from_slice(&whole[..whole.len() / 2]);
    // The pause lets the first half reach the wire before the connection is given up.
    let end = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    };
    let pieces = stream::iter([Ok(half)]).chain(stream::once(end));
    let mut response = respond(Answer { body: None, ..answer });
    *response.body_mut() = Body::from_stream(pieces);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// The whole of an answer arrives, but it is the first half of its JSON.
fn broken_json(answer: Answer) -> Response {
    let mut half = answer.body.as_ref().map(body_bytes).unwrap_or_default();
    half.truncate(half.len() / 2);
    let mut response = respond(Answer { body: None, ..answer });
    *response.body_mut() = Body::from(half);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

fn page(status: StatusCode, title: &str) -> Response {
    let page =
        format!("<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>");
    (status, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}

fn admin(hub: &Hub, method: &Method, path: &str, body: &[u8]) -> Response {
    match (method.as_str(), path.trim_end_matches('/')) {
        ("GET", "state") => plain(200, hub.world().to_json()),
        ("PUT", "state") => put_state(hub, body),
        ("GET", "faults") => plain(200, hub.faults().list().iter().map(Fault::to_json).collect()),
        ("POST" | "PUT", "faults") => put_faults(hub, body),
        ("GET", "switches") => plain(200, hub.switches()),
        ("POST" | "PUT", "switches") => put_switches(hub, body),
        ("POST", "reset-counters") => {
            hub.reset_counters();
            plain(200, json!({"reset": true}))
        }
        (_, "state" | "switches" | "faults" | "reset-counters") => plain(405, json!({"error": "method not allowed"})),
        _ => plain(404, json!({"error": "paths are state, switches, faults and reset-counters"})),
    }
}

fn put_state(hub: &Hub, body: &[u8]) -> Response {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return plain(400, json!({"error": error.to_string(), "path": "the text"})),
    };
    match document::parse(&value) {
        Ok(patches) => {
            hub.put(patches);
            plain(200, json!({"replaced": true}))
        }
        Err(error) => plain(400, json!({"error": error.to_string(), "path": error.path})),
    }
}

fn put_switches(hub: &Hub, body: &[u8]) -> Response {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return plain(400, json!({"error": error.to_string(), "path": "the text"})),
    };
    match hub.set_switches(&value) {
        Ok(()) => plain(200, hub.switches()),
        Err(error) => plain(400, json!({"error": error.to_string(), "path": error.path})),
    }
}

fn put_faults(hub: &Hub, body: &[u8]) -> Response {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return plain(400, json!({"error": error.to_string()})),
    };
    match Fault::list_from_json(&value) {
        Ok(faults) => {
            let count = faults.len();
            hub.faults().replace(faults);
            plain(200, json!({"faults": count}))
        }
        Err(error) => plain(400, json!({"error": error.to_string()})),
    }
}

/// How a call with that method counts, unless the vendor knows better.
pub(crate) fn kind_by_method(method: &Method) -> Kind {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) { Kind::Read } else { Kind::Write }
}
