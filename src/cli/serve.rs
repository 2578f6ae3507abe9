//! Serving HTTP to whoever comes: one request to a connection, its head bounded in size and time, connections bounded in number
//! and time. Nobody who is slow keeps more than one place, and none for long.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A head has to be there within this time.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// Largest head.
const HEAD_MAXIMUM: usize = 16 * 1_024;
/// A connection ends after this time, whatever it is at.
const CONNECTION_TIME: Duration = Duration::from_secs(30);
/// Connections at once; others wait to be taken.
const PLACES: usize = 64;
/// After an attempt to take a connection that failed (no more descriptors) the next one comes so much later.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` comes, then lets the requests that are being answered end.
pub async fn serve(listener: TcpListener, routes: Router, stop: impl Future<Output = ()> + Send) {
    let places = Arc::new(Semaphore::new(PLACES));
    let (conversations, stopping) = (TaskTracker::new(), CancellationToken::new());
    let _stopping = stopping.clone().drop_guard();
    let accept = async {
        // The semaphore is never closed.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let (routes, stopping) = (routes.clone(), stopping.clone());
                    conversations.spawn(async move {
                        let _place = place;
                        converse(stream, routes, stopping).await;
                    });
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

async fn converse(stream: TcpStream, routes: Router, stopping: CancellationToken) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_MAXIMUM)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
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
    match tokio::time::timeout(CONNECTION_TIME, talk).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
        Err(_) => tracing::debug!("a connection took too long"),
    }
}
