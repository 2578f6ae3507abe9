use super::*;
use crate::ports::api::NoNotices;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap as AxumHeaders, StatusCode as Code, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::any;
use reqwest::{Certificate, Method};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Serves `answer(n)` for the n-th request (from 1).
async fn serve(answer: fn(usize) -> Response) -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let handler =
        move |State(count): State<Arc<AtomicUsize>>| async move { answer(count.fetch_add(1, Ordering::SeqCst) + 1) };
    let router = Router::new().fallback(any(handler)).with_state(Arc::clone(&count));
    (listen(router).await, count)
}

async fn listen(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn quick() -> RetryRules {
    let short = Duration::from_millis(1);
    RetryRules { error_base: short, throttle_base: short, ..RetryRules::default() }
}

fn client(base: &str) -> HttpClient {
    HttpClient::new("Vendor", base, &ConnectParts::default(), 1000).unwrap().with_rules(quick())
}

fn get() -> Request<'static> {
    Request::get("/things")
}

fn put() -> Request<'static> {
    Request::new(Method::PUT, "/things/{id}").place("a/b").body(Body::Json(serde_json::json!({"x": 1})))
}

fn status(code: u16) -> Response {
    Code::from_u16(code).unwrap().into_response()
}

fn json(code: u16, text: &'static str) -> Response {
    (Code::from_u16(code).unwrap(), [("content-type", "application/json")], text).into_response()
}

#[tokio::test]
async fn reads_are_repeated_until_they_pass() {
    let (base, count) = serve(|n| match n {
        1 => status(500),
        2 => (Code::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response(),
        3 => (Code::BAD_GATEWAY, Html("<title>Bad</title>")).into_response(),
        4 => status(503),
        _ => json(200, "{\"a\": 1}"),
    })
    .await;
    let answer = client(&base).read(&get()).await.unwrap();
    assert_eq!(answer.json::<serde_json::Value>().unwrap(), serde_json::json!({"a": 1}));
    assert_eq!(count.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_byte_order_mark_before_an_answer_is_no_part_of_it() {
    let (base, count) = serve(|_| json(200, "\u{feff}{\"a\": 1}")).await;
    let answer = client(&base).read(&get()).await.unwrap();
    assert_eq!(answer.json::<serde_json::Value>().unwrap(), serde_json::json!({"a": 1}));
    let written = client(&base).write(&put()).await.unwrap();
    assert_eq!(
        (written.bytes(), count.load(Ordering::SeqCst)),
        (b"{\"a\": 1}".as_slice(), 2),
        "an answer, not a lost one"
    );
}

#[tokio::test]
async fn reads_give_up_in_the_end_and_other_4xx_at_once() {
    let (base, count) =
        serve(|_| (Code::BAD_GATEWAY, Html("<title>Proxy of ann@x.example</title>")).into_response()).await;
    let error = client(&base).read(&get()).await.unwrap_err();
    assert!(
        matches!(&error, ApiError::Temporary { detail, .. } if detail.contains("502") && !detail.contains('@')),
        "{error}"
    );
    assert_eq!(count.load(Ordering::SeqCst), 5);

    let (base, count) = serve(|_| status(422)).await;
    assert_eq!(client(&base).read(&get()).await.unwrap().status.as_u16(), 422);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_wait_past_patience_fails_at_once() {
    let (base, count) = serve(|_| (Code::TOO_MANY_REQUESTS, [("retry-after", "86400")]).into_response()).await;
    let error = client(&base).read(&get()).await.unwrap_err();
    assert!(error.to_string().contains("86400 s"), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn an_own_rate_is_held_against_the_shortest_window() {
    let quota = |requests, seconds| Quota { requests, seconds };
    let several = [quota(20, 1), quota(750, 60)];
    assert_eq!(chosen_quotas(&several, None), (several.to_vec(), true));
    assert_eq!(chosen_quotas(&several, Some(20)), ([&several[..], &[quota(20, 1)]].concat(), true));
    assert_eq!(chosen_quotas(&several, Some(21)), (vec![quota(21, 1)], false));
    let minute = [quota(90, 60)];
    assert_eq!(chosen_quotas(&minute, Some(1)), (vec![quota(90, 60), quota(1, 1)], true));
    assert_eq!(chosen_quotas(&minute, Some(2)), (vec![quota(2, 1)], false));
}

#[tokio::test]
async fn what_a_good_answer_says_in_its_body_is_judged() {
    fn judge(answer: &Answer) -> Verdict {
        match answer.bytes() {
            b"1" => Verdict::Throttled,
            b"2" => Verdict::Failed("it says two".to_owned()),
            _ => Verdict::Final,
        }
    }
    let (base, count) = serve(|n| json(200, ["1", "2", "3"][n.min(3) - 1])).await;
    let answer = client(&base).judged_by(judge).read(&get()).await.unwrap();
    assert_eq!((answer.bytes(), count.load(Ordering::SeqCst)), (&b"3"[..], 3));
    let (base, count) = serve(|_| json(200, "2")).await;
    let error = client(&base).judged_by(judge).read(&get()).await.unwrap_err();
    assert!(matches!(&error, ApiError::Temporary { detail, .. } if detail.contains("it says two")), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 5);
    let (base, count) = serve(|_| json(200, "1")).await;
    let long = RetryRules { throttle_base: Duration::from_secs(600), ..RetryRules::default() };
    let error = client(&base).with_rules(long).judged_by(judge).read(&get()).await.unwrap_err();
    assert!(error.to_string().contains("it asks to wait 600 s"), "the window itself, past patience: {error}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn pages_for_people_are_named_and_bodies_are_not_quoted() {
    let (base, _) = serve(|_| Html("<html><title>Log in</title><p>secret</p></html>").into_response()).await;
    let answer = client(&base).read(&get()).await.unwrap();
    let error = answer.json::<serde_json::Value>().unwrap_err().to_string();
    assert!(error.contains("HTML page, title `Log in`") && !error.contains("secret"), "{error}");

    let (base, _) = serve(|_| json(200, "{\"email\": \"ann@x.example\"}")).await;
    #[derive(Debug, serde::Deserialize)]
    struct Wanted {
        #[expect(dead_code, reason = "only its type matters")]
        email: u32,
    }
    let error = client(&base).read(&get()).await.unwrap().json::<Wanted>().unwrap_err().to_string();
    assert!(error.contains("does not fit") && !error.contains("ann@"), "{error}");
}

#[tokio::test]
async fn what_is_no_data_is_the_addresss_fault_only_until_it_has_given_some() {
    let (base, count) = serve(|n| match n {
        4 => json(200, "{\"a\": 1}"),
        5 | 6 => json(200, "{\"a\": "),
        8 | 11 => json(200, "{\"a\": 2}"),
        9 | 10 => json(200, "{\"a\": nope}"),
        _ => Html("<title>Maintenance</title>").into_response(),
    })
    .await;
    let client = client(&base);
    let request = get();
    let take = || client.read_as(&request, |answer| answer.json::<serde_json::Value>());
    let error = take().await.unwrap_err();
    assert!(matches!(&error, ApiError::WrongAddress { detail, .. } if detail.contains("Maintenance")), "{error}");
    assert_eq!(take().await.unwrap()["a"], 1);
    // Twice half a body and a page for people in place of data: asked again, and then given up as the vendor's fault.
    let error = take().await.unwrap_err();
    assert!(matches!(&error, ApiError::Corrupt { .. }) && error.to_string().contains("Maintenance"), "{error}");
    let problem = crate::domain::problem::Problem::from(error);
    assert!(
        problem.remedies.iter().any(|now| now.contains("tell Vendor"))
            && problem.kind == crate::domain::problem::ProblemKind::Temporary
    );
    assert_eq!(take().await.unwrap()["a"], 2);
    assert_eq!(take().await.unwrap()["a"], 2, "broken inside its brackets: asked for again as well");
    assert_eq!(count.load(Ordering::SeqCst), 11);
}

#[tokio::test]
async fn writes_are_repeated_only_when_surely_not_done() {
    let (base, count) = serve(|n| match n {
        1 => (Code::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response(),
        2 => (Code::SERVICE_UNAVAILABLE, [("retry-after", "0")]).into_response(),
        _ => json(201, "{}"),
    })
    .await;
    assert_eq!(client(&base).write(&put()).await.unwrap().status.as_u16(), 201);
    assert_eq!(count.load(Ordering::SeqCst), 3);

    let unknown: [fn(usize) -> Response; 7] = [
        // Whoever stands between may have passed the request on.
        |_| status(503),
        |_| json(503, "{}"),
        |_| (Code::SERVICE_UNAVAILABLE, "upstream connect error or disconnect/reset before headers").into_response(),
        |_| status(500),
        |_| (Code::BAD_GATEWAY, Html("<title>Bad gateway</title>")).into_response(),
        |_| Html("<title>Log in</title>").into_response(),
        |_| (Code::SERVICE_UNAVAILABLE, Html("<title>Sorry</title>")).into_response(),
    ];
    for answer in unknown {
        let (base, count) = serve(answer).await;
        let error = client(&base).write(&put()).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown { .. }), "{error:?}");
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    let (base, count) = serve(|_| status(429)).await;
    let error = client(&base).write(&put()).await.unwrap_err();
    assert!(matches!(error, WriteError::NotSent(ApiError::Temporary { .. })), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_closed_port_means_not_sent_and_a_cut_body_unknown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client(&format!("http://{address}")).write(&put()).await.unwrap_err();
    assert!(matches!(error, WriteError::NotSent(ApiError::Temporary { .. })), "{error:?}");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut bytes = [0_u8; 2048];
            let _ = socket.read(&mut bytes).await;
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":").await;
        }
    });
    let base = format!("http://{address}");
    let error = client(&base).write(&put()).await.unwrap_err();
    assert!(matches!(&error, WriteError::Unknown { detail } if detail.contains("cut off")), "{error:?}");
    let error = client(&base).read(&get()).await.unwrap_err();
    assert!(matches!(error, ApiError::Temporary { .. }), "{error:?}");
}

#[tokio::test]
async fn paths_are_encoded_and_redirections_not_followed() {
    let router = Router::new().fallback(any(|uri: Uri, headers: AxumHeaders| async move {
        let agent = headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        if uri.path().ends_with("/moved") {
            return (Code::FOUND, [("location", "/elsewhere")]).into_response();
        }
        axum::Json(serde_json::json!({"path": uri.path(), "query": uri.query(), "agent": agent})).into_response()
    }));
    let client = client(&format!("{}/prefix/", listen(router).await));
    let request = Request::get("/v1/employees/{identifier}").place("a/b %2e?").query("email", "a+b@x.example");
    let echo: serde_json::Value = client.read(&request).await.unwrap().json().unwrap();
    assert_eq!(echo.get("path").unwrap(), "/prefix/v1/employees/a%2Fb%20%252e%3F");
    assert_eq!(echo.get("query").unwrap(), "email=a%2Bb%40x.example");
    assert!(echo.get("agent").unwrap().as_str().unwrap().starts_with("onroll/"));

    let dots = Request::get("/v1/employees/{identifier}").place("..");
    assert!(matches!(client.read(&dots).await, Err(ApiError::Setup { .. })));
    assert!(matches!(client.read(&Request::get("/moved")).await, Err(ApiError::Corrupt { .. })));
    let write = Request::new(Method::POST, "/moved");
    assert!(matches!(client.write(&write).await, Err(WriteError::NotSent(ApiError::Corrupt { .. }))));
}

#[test]
fn addresses_are_checked() {
    let refused = |address: &str, parts: &ConnectParts| {
        matches!(HttpClient::new("Vendor", address, parts, 1), Err(ApiError::Setup { .. }))
    };
    let mut parts = ConnectParts { notices: Arc::new(NoNotices), ..ConnectParts::default() };
    for address in ["", "flow.example", "ftp://flow.example", "https://u:p@flow.example", "http://flow.example"] {
        assert!(refused(address, &parts), "{address}");
    }
    for address in ["https://flow.example/x", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost:8080/a"] {
        assert!(!refused(address, &parts), "{address}");
    }
    parts.parameters.insert(keys::ALLOW_PLAIN_HTTP.into(), "yes".into());
    assert!(!refused("http://flow.example", &parts));
    parts.parameters.insert(keys::REQUESTS_PER_SECOND.into(), "fast".into());
    assert!(refused("https://flow.example", &parts));
}

#[tokio::test]
async fn a_success_without_content_is_asked_for_again_and_then_told() {
    let (base, count) = serve(|n| match n {
        1 => json(200, "{\"data\": [{\"id\": 1}, {\"id\""),
        2 => Html("<title>One moment</title>").into_response(),
        _ => json(200, "{\"a\": 1}"),
    })
    .await;
    assert!(client(&base).read(&get()).await.unwrap().json::<serde_json::Value>().is_ok());
    assert_eq!(count.load(Ordering::SeqCst), 3);

    let (base, count) = serve(|_| json(200, "{\"data\": [{\"id\": 1}, {\"id\"")).await;
    let error = client(&base).read(&get()).await.unwrap().json_of::<serde_json::Value>("things, rows 51 to 100");
    assert_eq!(count.load(Ordering::SeqCst), 3);
    let problem = crate::domain::problem::Problem::from(error.unwrap_err());
    assert!(problem.why.contains("things, rows 51 to 100: broken JSON, status 200"), "{}", problem.why);
    assert!(problem.remedies.iter().all(|now| !now.contains("address")), "{:?}", problem.remedies);
}

#[tokio::test]
async fn a_failure_tells_whether_it_may_be_one_records() {
    let (base, _) = serve(|_| status(500)).await;
    assert!(!client(&base).read_record(&get()).await.unwrap_err().of_all);
    let (base, _) = serve(|_| (Code::TOO_MANY_REQUESTS, [("retry-after", "86400")]).into_response()).await;
    assert!(client(&base).read_record(&get()).await.unwrap_err().of_all);
    let closed = closed_port().await;
    assert!(client(&closed).read_record(&get()).await.unwrap_err().of_all);
}

async fn closed_port() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    format!("http://{address}")
}

#[tokio::test]
async fn each_way_of_not_answering_has_its_own_words() {
    let said = |error: ApiError| error.to_string();
    let closed = closed_port().await;
    let error = said(client(&closed).read(&get()).await.unwrap_err());
    assert!(error.contains(&format!("{} refuses connections", closed.trim_start_matches("http://"))), "{error}");

    let mut parts = ConnectParts::default();
    parts.parameters.insert(keys::ALLOW_PLAIN_HTTP.into(), "yes".into());
    let nowhere = HttpClient::new("Vendor", "http://no-such-host.invalid", &parts, 1000).unwrap().with_rules(quick());
    let error = said(nowhere.read(&get()).await.unwrap_err());
    assert!(error.contains("the name no-such-host.invalid cannot be found (DNS)"), "{error}");

    // Takes the connection and the request, and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((socket, _)) = silent.accept().await {
            kept.push(socket);
        }
    });
    parts.parameters.insert(keys::TIMEOUT.into(), "1".into());
    let rules = RetryRules { attempts: 1, ..quick() };
    let late = HttpClient::new("Vendor", &base, &parts, 1000).unwrap().with_rules(rules);
    let error = said(late.read(&get()).await.unwrap_err());
    assert!(error.contains("no answer within 1 s (/things)"), "{error}");

    let hangs_up = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", hangs_up.local_addr().unwrap());
    tokio::spawn(async move { while hangs_up.accept().await.is_ok() {} });
    let error = said(client(&base).read(&get()).await.unwrap_err());
    assert!(error.contains("the connection broke before the answer (/things)"), "{error}");
}

/// A server that shows a certificate, and how often it was called; the certificate itself, to be trusted.
fn tls_server(change: impl FnOnce(&mut rcgen::CertificateParams)) -> (String, Arc<AtomicUsize>, Certificate) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = rcgen::KeyPair::generate().unwrap();
    let mut issuer = rcgen::CertificateParams::new(Vec::new()).unwrap();
    issuer.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = issuer.clone().self_signed(&authority).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    change(&mut params);
    let shown = params.signed_by(&key, &rcgen::Issuer::new(issuer, authority)).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![shown.der().clone()], key).unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let count = Arc::new(AtomicUsize::new(0));
    let calls = Arc::clone(&count);
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            use std::io::{Read, Write};
            let Ok(mut socket) = socket else { continue };
            calls.fetch_add(1, Ordering::SeqCst);
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::Stream::new(&mut connection, &mut socket);
            let mut bytes = [0_u8; 2048];
            if stream.read(&mut bytes).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
                let _ = stream.flush();
            }
        }
    });
    (base, count, Certificate::from_der(root.der()).unwrap())
}

/// The client, trusting this authority.
fn trusting(base: &str, root: Certificate) -> HttpClient {
    let mut client = client(base);
    client.client = reqwest::Client::builder().no_proxy().tls_certs_only([root]).build().unwrap();
    client
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_said_at_once_and_nothing_is_sent_again() {
    let (base, count, root) = tls_server(|_| {});
    let host = base.trim_start_matches("https://").to_owned();
    let error = client(&base).read(&get()).await.unwrap_err();
    assert!(error.is_permanent());
    assert_eq!(count.load(Ordering::SeqCst), 1, "it is not asked again");
    let problem = crate::domain::problem::Problem::from(error);
    assert_eq!(
        problem.what,
        format!(
            "the certificate of {host} is not trusted: it is signed by itself or by an authority that is not trusted"
        )
    );
    assert!(problem.remedies.iter().any(|now| now.contains("SSL_CERT_FILE")), "{:?}", problem.remedies);
    let error = client(&base).write(&put()).await.unwrap_err();
    assert!(matches!(error, WriteError::NotSent(ApiError::Certificate { .. })), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert_eq!(trusting(&base, root).read(&get()).await.unwrap().status.as_u16(), 200);
}

#[tokio::test]
async fn a_certificate_that_is_old_or_another_hosts_says_so() {
    let (base, _, root) = tls_server(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let error = trusting(&base, root).read(&get()).await.unwrap_err().to_string();
    assert!(error.ends_with("it has expired"), "{error}");
    let (base, _, root) = tls_server(|params| {
        params.subject_alt_names =
            rcgen::CertificateParams::new(vec!["other.example".to_owned()]).unwrap().subject_alt_names;
    });
    let error = trusting(&base, root).read(&get()).await.unwrap_err().to_string();
    assert!(error.ends_with("it was made out to another host"), "{error}");
    // What speaks plain HTTP at an https address.
    let (plain, _) = serve(|_| status(200)).await;
    let error = client(&plain.replace("http://", "https://")).read(&get()).await.unwrap_err();
    assert!(matches!(&error, ApiError::Setup { detail, .. } if detail.contains("does not speak HTTPS")), "{error}");
}

#[tokio::test]
async fn a_client_whose_future_was_dropped_works_on() {
    let (base, count) = serve(|n| match n {
        1 => (Code::TOO_MANY_REQUESTS, [("retry-after", "200")]).into_response(),
        _ => json(200, "{}"),
    })
    .await;
    let client = client(&base);
    // Dropped in the middle of a wait of 200 s that the vendor asked for.
    let dropped = tokio::time::timeout(Duration::from_millis(300), client.read(&get())).await;
    assert!(dropped.is_err());
    assert_eq!(count.load(Ordering::SeqCst), 1);
    // Others still keep to what was asked, and can be dropped as well.
    assert!(tokio::time::timeout(Duration::from_millis(50), client.write(&put())).await.is_err());
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn numbers_of_the_set_up_have_bounds() {
    for (key, value) in [
        (keys::REQUESTS_PER_SECOND, "0"),
        (keys::REQUESTS_PER_SECOND, "-1"),
        (keys::REQUESTS_PER_SECOND, "4294967296"),
        (keys::TIMEOUT, "0"),
        (keys::TIMEOUT, "601"),
        (keys::TIMEOUT, "9223372036854775807"),
        (keys::TIMEOUT, "1.5"),
    ] {
        let mut parts = ConnectParts::default();
        parts.parameters.insert(key.into(), value.into());
        let refused = HttpClient::new("Vendor", "https://x.example", &parts, 1).err();
        assert!(matches!(&refused, Some(ApiError::Setup { detail, .. }) if detail.contains(key)), "{key} {value}");
    }
}
