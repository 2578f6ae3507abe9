//! Chat channels over real HTTP: what arrives, what is tried again and when, and that the address stands nowhere.

use crate::counted::{HandClock, at};
use crate::troubles::{Fleet, Letterbox, refused, unwell};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use jiff::SignedDuration;
use onroll::cli::config::Config;
use onroll::domain::ids::RunId;
use onroll::domain::report::ReportWhen;
use onroll::engine::Environment;
use onroll::engine::supervisor::{Limits, Outlets, Supervisor};
use onroll::notify::chat::Hooks;
use onroll::ports::chat::Messenger;
use onroll::services::digest::{self, DigestSettings};
use onroll::services::{Access, doctor, reports};
use onroll::store::{MailRow, MailState, Way};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

const TOKEN: &str = "T0-hush-hush-B0";

/// A chat server on this machine: what it got, and what it answers next; 200 when nothing is said.
#[derive(Default)]
struct Chat {
    got: Mutex<Vec<(String, Value)>>,
    answers: Mutex<VecDeque<(u16, &'static str, &'static str)>>,
}

async fn take(State(chat): State<Arc<Chat>>, uri: Uri, body: Bytes) -> (StatusCode, HeaderMap, &'static str) {
    chat.got.lock().unwrap().push((uri.path().to_owned(), serde_json::from_slice(&body).unwrap()));
    let (status, header, value) = chat.answers.lock().unwrap().pop_front().unwrap_or((200, "", ""));
    let mut headers = HeaderMap::new();
    if !header.is_empty() {
        headers.insert(header, value.parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), headers, "ok")
}

impl Chat {
    async fn open() -> (Arc<Chat>, String) {
        let chat = Arc::<Chat>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(chat.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (chat, address)
    }

    fn got(&self) -> usize {
        self.got.lock().unwrap().len()
    }

    fn answer(&self, status: u16, header: &'static str, value: &'static str) {
        self.answers.lock().unwrap().push_back((status, header, value));
    }
}

/// A fleet whose channel is `address`, and the channel of `harbour` a path of its own.
fn hooks(fleet: &Fleet, address: &str) -> Arc<Hooks> {
    let text = "[chat]\nurl = { env = 'CHAT' }\nkind = 'slack'\n[chat.tenants.harbour]\nurl = { env = 'OWN' }\nkind = 'teams'\n";
    let config = Config::parse(text).unwrap().chat.unwrap();
    let (all, own) = (format!("{address}/services/{TOKEN}"), format!("{address}/own/{TOKEN}"));
    let environment: Environment = Arc::new(move |name| Some(if name == "OWN" { own.clone() } else { all.clone() }));
    for store in [fleet.store(), &fleet.engine.store] {
        store.tells_chat(config.channels());
    }
    Arc::new(config.messenger(&fleet.engine.secrets, &environment, fleet.engine.clock.clone()))
}

async fn rows(fleet: &Fleet, run: RunId) -> Vec<MailRow> {
    fleet.store().mails_of_run(run).await.unwrap().into_iter().filter(|row| row.way == Way::Chat).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_hears_of_runs_troubles_and_the_digest_once_each() {
    let (chat, address) = Chat::open().await;
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let hooks = hooks(&fleet, &address);
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Trouble).await;
    let own = fleet.tenant("harbour", "every 15 min", ReportWhen::Always).await;
    fleet.works(own).await;
    fleet.fails(id, refused()).await;
    fleet.works(own).await;
    for _ in 0..2 {
        fleet.engine.post_chat(&*hooks).await.unwrap();
    }
    let got = chat.got.lock().unwrap().clone();
    assert_eq!(got.len(), 3, "{got:?}");
    let of_all: Vec<_> = got.iter().filter(|(path, _)| path.starts_with("/services/")).collect();
    let text = of_all[0].1["text"].as_str().unwrap();
    assert!(
        of_all.len() == 1 && text.contains("tidewater") && text.contains("MAPAL OS refused the credentials"),
        "{text}"
    );
    let card = &got.iter().find(|(path, _)| path.starts_with("/own/")).unwrap().1;
    assert_eq!(card["attachments"][0]["content"]["type"], "AdaptiveCard");
    // The same trouble with each run is no news; that it works again is, and the digest.
    fleet.fails(id, refused()).await;
    fleet.works(id).await;
    let outlets = Outlets { messenger: Some(hooks.clone() as Arc<dyn Messenger>), ..Outlets::default() };
    let supervisor = Supervisor::with_outlets(Limits::default(), outlets.clone());
    let daily = DigestSettings { recipients: Vec::new(), at: "daily 12:00".parse().unwrap(), zone: "UTC".into() };
    let digests = digest::watch((&supervisor, &fleet.engine), &Access::full("rosa"), Some(daily)).unwrap();
    digests.look().await.unwrap();
    fleet.clock.set(at("2026-11-24T12:00:05Z"));
    digests.look().await.unwrap().expect("a digest");
    assert!(digests.look().await.unwrap().is_none());
    let got = chat.got.lock().unwrap().clone();
    let texts: Vec<_> = got.iter().skip(3).map(|(_, body)| body["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("works again: MAPAL OS") && texts[1].contains("Onroll: all tenants"), "{texts:?}");
    let checks = doctor::look_into(&fleet.engine, outlets).await.unwrap();
    let chats: Vec<_> = checks.iter().filter(|check| check.name == "chat").collect();
    assert_eq!(chats.len(), 2);
    assert!(
        chats.iter().all(|check| check.good && check.detail.contains("127.0.0.1") && !check.detail.contains(TOKEN)),
        "{chats:?}"
    );
}

/// One message tells of an outage; the channel that a tenant has to itself hears of that tenant and names no other.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_one_message_and_a_tenant_s_own_channel_names_no_other() {
    let (chat, address) = Chat::open().await;
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let hooks = hooks(&fleet, &address);
    let mut all = Vec::new();
    for tenant in ["harbour", "quay", "tidewater"] {
        all.push(fleet.tenant(tenant, "every 15 min", ReportWhen::Trouble).await);
    }
    for id in &all {
        fleet.works(*id).await;
    }
    for minutes in [15, 30, 45, 60, 75, 90] {
        for (id, vendor) in all.iter().zip(["Planday", "PeopleHR", "BambooHR"]) {
            fleet.clock.set(at("2026-11-24T09:00Z") + SignedDuration::from_mins(minutes));
            fleet.fails(*id, unwell(vendor)).await;
        }
        fleet.engine.post_chat(&*hooks).await.unwrap();
    }
    let got = chat.got.lock().unwrap().clone();
    let of = |path: &str| {
        got.iter().filter(|(to, _)| to.starts_with(path)).map(|(_, body)| body.to_string()).collect::<Vec<_>>()
    };
    assert!(matches!(&of("/services/")[..], [one] if one.contains("Nothing has succeeded anywhere")), "{got:?}");
    let own = of("/own/");
    assert!(
        matches!(&own[..], [one] if one.contains("harbour") && !one.contains("quay") && !one.contains("tidewater")),
        "{own:?}"
    );
    fleet.works(all[1]).await;
    for _ in 0..2 {
        fleet.engine.post_chat(&*hooks).await.unwrap();
    }
    let got = chat.got.lock().unwrap().clone();
    let over: Vec<_> = got.iter().filter(|(_, body)| body.to_string().contains("it works again")).collect();
    assert!(matches!(&over[..], [(path, _)] if path.starts_with("/services/")), "{over:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_sent_by_hand_goes_to_the_chat_too_by_the_same_outbox() {
    let (chat, address) = Chat::open().await;
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let hooks = hooks(&fleet, &address);
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Always).await;
    let own = fleet.tenant("harbour", "every 15 min", ReportWhen::Trouble).await;
    let (run, quiet) = (fleet.works(id).await, fleet.works(own).await);
    fleet.engine.post_chat(&*hooks).await.unwrap();
    assert_eq!(chat.got(), 1);
    let mails = Arc::<Letterbox>::default();
    let outlets = Outlets { messenger: Some(hooks.clone() as Arc<dyn Messenger>), postman: Some(mails.clone()) };
    let supervisor = Supervisor::with_outlets(Limits::default(), outlets);
    let send = async |run| reports::send((&supervisor, &fleet.engine), &Access::full("rosa"), run).await.unwrap();
    assert_eq!(send(run).await.to, ["rosa@provider.example", "chat"]);
    assert_eq!((chat.got(), mails.0.lock().unwrap().len()), (2, 1));
    assert_eq!(rows(&fleet, run).await.len(), 1, "the same row");
    // To the channel of its own, also where no report was asked for.
    assert_eq!(send(quiet).await.to, ["rosa@provider.example", "chat of harbour"]);
    // What the channel does not take now is said, and goes later, once.
    chat.answer(503, "", "");
    let sent = send(run).await;
    assert_eq!(sent.to, ["rosa@provider.example"]);
    assert!(sent.not_told_words().unwrap().contains("it is tried again: the chat at 127.0.0.1"), "{sent:?}");
    assert_eq!(chat.got(), 4);
    fleet.clock.set(at("2026-11-24T09:02Z"));
    for _ in 0..2 {
        fleet.engine.post_chat(&*hooks).await.unwrap();
    }
    assert_eq!((chat.got(), rows(&fleet, run).await[0].state), (5, MailState::Sent));
    let look = reports::send((&supervisor, &fleet.engine), &Access::read_only("tim"), run).await;
    assert!(look.is_err() && chat.got() == 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_channel_does_not_take_now_waits_as_long_as_it_asks_or_longer_each_time() {
    let (chat, address) = Chat::open().await;
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let hooks = hooks(&fleet, &address);
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Always).await;
    let clock: &HandClock = &fleet.clock;
    let begin = at("2026-11-24T09:00Z");
    let post = async |seconds: i64| {
        clock.set(begin + SignedDuration::from_secs(seconds));
        fleet.engine.post_chat(&*hooks).await.unwrap();
        chat.got()
    };
    let (first, second) = (fleet.works(id).await, fleet.works(id).await);
    chat.answer(429, "retry-after", "120");
    assert_eq!(post(0).await, 1, "the other one waits with it: the channel asked for it");
    assert_eq!((post(119).await, post(120).await), (1, 3));
    assert!(
        rows(&fleet, first).await.iter().chain(&rows(&fleet, second).await).all(|row| row.state == MailState::Sent)
    );
    // A moment instead of seconds; then a wait that grows: 1, 2, 4 minutes.
    let third = fleet.works(id).await;
    chat.answer(503, "retry-after", "Tue, 24 Nov 2026 09:10:00 GMT");
    for status in [500, 502, 408] {
        chat.answer(status, "", "");
    }
    assert_eq!((post(200).await, post(599).await, post(600).await), (4, 4, 5));
    assert_eq!((post(719).await, post(720).await), (5, 6), "the second wait is two minutes");
    assert_eq!((post(959).await, post(960).await), (6, 7));
    assert_eq!((post(1439).await, post(1440).await), (7, 8));
    let row = rows(&fleet, third).await.remove(0);
    assert_eq!((row.state, row.tries), (MailState::Sent, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_sent_elsewhere_is_given_up_and_the_address_stands_nowhere() {
    let (chat, address) = Chat::open().await;
    let (elsewhere, other) = Chat::open().await;
    let fleet = Fleet::new("2026-11-24T09:00Z");
    let hooks = hooks(&fleet, &address);
    let id = fleet.tenant("tidewater", "every 15 min", ReportWhen::Always).await;
    let runs = [fleet.works(id).await, fleet.works(id).await];
    chat.answer(404, "", "");
    chat.answer(302, "location", Box::leak(other.into_boxed_str()));
    fleet.engine.post_chat(&*hooks).await.unwrap();
    fleet.clock.set(at("2026-11-24T13:00Z"));
    fleet.engine.post_chat(&*hooks).await.unwrap();
    assert_eq!((chat.got(), elsewhere.got()), (2, 0), "neither again, nor to another address");
    let mut whys = Vec::new();
    for run in runs {
        let row = rows(&fleet, run).await.remove(0);
        assert_eq!(row.state, MailState::GivenUp);
        whys.push(row.why);
    }
    assert!(whys[0].contains("status 404") && whys[1].contains("not followed"), "{whys:?}");
    // Nobody there, an address that is none, and nobody who says it.
    let gone = crate::chat::hooks(&fleet, "http://127.0.0.1:1");
    let run = fleet.works(id).await;
    fleet.engine.post_chat(&*gone).await.unwrap();
    let row = rows(&fleet, run).await.remove(0);
    assert_eq!((row.state, row.why.contains("cannot be reached")), (MailState::Queued, true), "{}", row.why);
    whys.push(row.why);
    let plain = crate::chat::hooks(&fleet, "http://chat.example");
    whys.push(plain.look("chat").unwrap_err().to_string());
    assert!(whys[3].contains("https://"), "{}", whys[3]);
    let file = fleet.store().path().to_owned();
    let bytes: Vec<u8> = ["", "-wal"]
        .iter()
        .flat_map(|ending| std::fs::read(format!("{}{ending}", file.display())).unwrap_or_default())
        .collect();
    assert!(bytes.len() > 10_000 && !bytes.windows(TOKEN.len()).any(|part| part == TOKEN.as_bytes()));
    assert!(!whys.iter().any(|why| why.contains(TOKEN)), "{whys:?}");
}
