//! A proxy between the clients and the simulators: passes everything on, and changes answers as a test says.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex, OnceLock};

/// An answer on its way back.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn set_json(&mut self, value: &serde_json::Value) {
        self.body = value.to_string().into_bytes();
    }

    pub fn set_text(&mut self, status: u16, kind: &'static str, text: &str) {
        self.status = status;
        self.headers.insert("content-type", HeaderValue::from_static(kind));
        self.body = text.as_bytes().to_vec();
    }

    /// Replaces a piece of the body's text, which must be there.
    pub fn replace(&mut self, from: &str, to: &str) {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        assert!(text.contains(from), "`{from}` is not in {text}");
        self.body = text.replacen(from, to, 1).into_bytes();
    }
}

/// Changes the answer to a call of this path, query included.
pub type Change = Box<dyn Fn(&str, &mut Reply) + Send + Sync>;

/// A running proxy.
pub struct Proxy {
    pub base: String,
    shared: Arc<Shared>,
}

struct Shared {
    target: OnceLock<String>,
    change: Mutex<Option<Arc<Change>>>,
    seen: Mutex<Vec<(String, u16)>>,
    client: reqwest::Client,
}

impl Proxy {
    pub async fn start(change: impl Fn(&str, &mut Reply) + Send + Sync + 'static) -> Self {
        // An error means that someone installed one before: as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let change: Change = Box::new(change);
        let shared = Arc::new(Shared {
            target: OnceLock::new(),
            change: Mutex::new(Some(Arc::new(change))),
            seen: Mutex::default(),
            client,
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, shared }
    }

    /// A tenant file in which the vendor under `path` is reached through this proxy.
    pub fn takes_over(&self, text: String, path: &str) -> String {
        let ends = [format!("{path}\""), format!("{path}/")];
        let end = ends.iter().find_map(|end| text.find(end)).expect("the vendor is in the file");
        let begin = text[..end].rfind("http://").expect("its address is there");
        let root = text[begin..end].to_owned();
        let changed = text.replace(&format!("{root}{path}"), &format!("{}{path}", self.base));
        self.shared.target.set(root).expect("one target");
        changed
    }

    /// From now on answers are changed in another way.
    pub fn change(&self, change: impl Fn(&str, &mut Reply) + Send + Sync + 'static) {
        let change: Change = Box::new(change);
        *self.shared.change.lock().unwrap() = Some(Arc::new(change));
    }

    /// From now on everything is passed on as it is.
    pub fn pass_all(&self) {
        *self.shared.change.lock().unwrap() = None;
    }

    /// Paths, with their queries, and statuses since the last time this was asked.
    pub fn seen(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut self.shared.seen.lock().unwrap())
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut headers = head.headers;
    headers.remove("host");
    headers.remove("accept-encoding");
    let url = format!("{}{path}", shared.target.get().expect("the proxy has a target"));
    let answer = shared.client.request(head.method, url).headers(headers).body(body.to_vec()).send().await.unwrap();
    let mut reply = Reply { status: answer.status().as_u16(), headers: answer.headers().clone(), body: Vec::new() };
    reply.body = answer.bytes().await.unwrap().to_vec();
    let change = shared.change.lock().unwrap().clone();
    if let Some(change) = change {
        change(&path, &mut reply);
    }
    shared.seen.lock().unwrap().push((path, reply.status));
    for name in ["content-length", "transfer-encoding", "connection"] {
        reply.headers.remove(HeaderName::from_static(name));
    }
    (StatusCode::from_u16(reply.status).unwrap(), reply.headers, Body::from(reply.body)).into_response()
}
