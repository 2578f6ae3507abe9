//! Serving HTTP to whoever comes: one request to a connection, its head bounded in size and time, connections bounded in number
//! and time. Whoever is slow keeps a place only as long as nobody else needs it (`Places`), and never for long.

use super::places::{Place, Places};
use axum::Router;
use axum::body::HttpBody;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Largest head.
const HEAD_MAXIMUM: usize = 16 * 1_024;
/// After an attempt to take a connection that failed (no more descriptors) the next one comes so much later.
const PAUSE: Duration = Duration::from_millis(100);

/// What a listener lets happen.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Connections at once.
    places: usize,
    /// A place is kept so long whoever else comes.
    grace: Duration,
    /// A head has to be there within this time.
    head: Duration,
    /// A connection ends after this time, whatever it is at.
    connection: Duration,
}

const BOUNDS: Bounds = Bounds {
    places: 128,
    grace: Duration::from_millis(250),
    head: Duration::from_secs(5),
    connection: Duration::from_secs(30),
};

/// Serves until `stop` comes, then lets the requests that are being answered end.
pub async fn serve(listener: TcpListener, routes: Router, stop: impl Future<Output = ()> + Send) {
    serve_within(BOUNDS, listener, routes, stop).await;
}

async fn serve_within(bounds: Bounds, listener: TcpListener, routes: Router, stop: impl Future<Output = ()> + Send) {
    let places = Places::new(bounds.places, bounds.grace);
    let (conversations, stopping) = (TaskTracker::new(), CancellationToken::new());
    let _stopping = stopping.clone().drop_guard();
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let place = Arc::new(places.take(peer.ip()).await);
                    let (routes, stopping) = (routes.clone(), stopping.clone());
                    conversations.spawn(converse(bounds, stream, place, routes, stopping));
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! { () = stop => {}, () = accept => {} }
    drop(listener);
    stopping.cancel();
    conversations.close();
    conversations.wait().await;
}

async fn converse(bounds: Bounds, stream: TcpStream, place: Arc<Place>, routes: Router, stopping: CancellationToken) {
    let (routes, held) = (TowerToHyperService::new(routes), Arc::clone(&place));
    let answering = service_fn(move |request: hyper::Request<Incoming>| {
        let place = Arc::clone(&held);
        let call = routes.call(request.map(|body| Heard::new(body, Arc::clone(&place))));
        async move {
            let answer = call.await;
            place.answered();
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(HEAD_MAXIMUM)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answering);
    tokio::pin!(connection);
    let talk = async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    tokio::select! {
        ended = tokio::time::timeout(bounds.connection, talk) => match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
            Err(_) => tracing::debug!("a connection took too long"),
        },
        () = place.ended() => tracing::debug!("a slow connection made room for another one"),
    }
}

/// A body that says when it is there as a whole.
struct Heard {
    body: Incoming,
    place: Option<Arc<Place>>,
}

impl Heard {
    fn new(body: Incoming, place: Arc<Place>) -> Self {
        let mut heard = Self { body, place: Some(place) };
        heard.look();
        heard
    }

    fn look(&mut self) {
        if self.body.is_end_stream() {
            self.is_whole();
        }
    }

    fn is_whole(&mut self) {
        if let Some(place) = self.place.take() {
            place.heard();
        }
    }
}

impl HttpBody for Heard {
    type Data = <Incoming as HttpBody>::Data;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match frame {
            None => self.is_whole(),
            Some(Ok(_)) => self.look(),
            Some(Err(_)) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Far beyond the test: nobody is let in because somebody's time was over.
    const HOUR: Duration = Duration::from_secs(3_600);
    const BOUNDS: Bounds = Bounds { places: 8, grace: Duration::ZERO, head: HOUR, connection: HOUR };

    async fn says(address: std::net::SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn hears(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn whoever_is_slow_keeps_nobody_waiting() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // More than any buffer of a socket takes.
        let long = "x".repeat(64 << 20);
        let routes = Router::new()
            .route("/", post(|body: String| async move { body }))
            .route("/long", get(move || async move { long }));
        let stop = CancellationToken::new();
        let served = tokio::spawn(serve_within(BOUNDS, listener, routes, stop.clone().cancelled_owned()));
        let whole = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
        for slow in [
            "",
            "POST / HTTP/1.1\r\nHost: ",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nh",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n",
            "GET /long HTTP/1.1\r\nHost: x\r\n\r\n",
        ] {
            let mut held = Vec::new();
            for _ in 0..BOUNDS.places * 2 {
                held.push(says(address, slow).await);
            }
            for _ in 0..3 {
                let answer = hears(says(address, whole).await).await;
                assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hi"), "{slow}: {answer}");
            }
            drop(held);
        }
        stop.cancel();
        served.await.unwrap();
    }
}
