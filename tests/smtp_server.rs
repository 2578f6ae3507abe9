//! Reports of runs (FR05), mailed to a server that nobody here wrote: `aiosmtpd` of PyPI, run in a virtual environment
//! (`.ci/smtp-server` installs it). Without Python or a package index those tests skip and say so; with
//! `ONROLL_SMTP_SERVER=must` that is a failure. What becomes of a mail that a server does not take is tested without it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use async_trait::async_trait;
use clap::Parser;
use common::schema::prints;
use common::{Desk, employee, output, world};
use jiff::{SignedDuration, Timestamp};
use onroll::cli::arguments::{Arguments, Command as Line};
use onroll::cli::config::Config;
use onroll::cli::exit::Exit;
use onroll::cli::runs;
use onroll::domain::ids::RunId;
use onroll::domain::problem::Problem;
use onroll::domain::report::ReportWhen;
use onroll::domain::run::RunOutcome;
use onroll::engine::Engine;
use onroll::engine::run::{Confirmation, PreviewRequest, RunReport, SyncRequest};
use onroll::engine::supervisor::{Limits, Supervisor};
use onroll::ports::clock::Clock;
use onroll::ports::post::{Mail, PostError, Postman};
use onroll::services;
use onroll::services::runs::Work;
use onroll::store::{MailState, Store, Way};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

const SERVER: &str = r#"
import asyncio, json, ssl, sys
from email import message_from_bytes, policy
from aiosmtpd.smtp import SMTP, AuthResult
how, certificate, key = sys.argv[1:4]
class Teller:
    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        part = lambda kind: mail.get_body(preferencelist=(kind,)).get_content()
        print(json.dumps({"to": envelope.rcpt_tos, "sender": envelope.mail_from, "subject": mail["subject"],
            "headers": [name.lower() for name in mail.keys()], "text": part("plain"), "html": part("html"),
            "id": mail["message-id"], "tls": session.ssl is not None or how == "tls",
            "user": session.auth_data}), flush=True)
        return "250 taken"
def login(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"onroll", b"correct horse")
    return AuthResult(success=good, handled=False, auth_data="onroll")
async def main():
    context = None
    if how in ("starttls", "tls"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    more = {"tls_context": context, "require_starttls": True} if how == "starttls" else {}
    if how == "starttls":
        more.update({"authenticator": login, "auth_required": True})
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Teller(), hostname="localhost", **more), "127.0.0.1", 0, ssl=context if how == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"#;

/// A running server; it ends when dropped.
struct Server {
    port: u16,
    child: Child,
    mails: Receiver<Value>,
    /// Its certificate, and the folder that holds it.
    ca: PathBuf,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has no environment of a front end")]
fn must_run() -> bool {
    std::env::var("ONROLL_SMTP_SERVER").as_deref() == Ok("must")
}

/// The Python that has the server, installed where it is not yet; `None`, and a word about it, where that cannot be.
fn python() -> Option<PathBuf> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON
        .get_or_init(|| {
            let found = installed();
            if let Err(why) = &found {
                assert!(!must_run(), "the SMTP server must run: {why}");
                let _ = writeln!(std::io::stderr(), "SKIPPED: tests/smtp_server.rs, the real SMTP server: {why}");
            }
            found.ok()
        })
        .clone()
}

fn installed() -> Result<PathBuf, String> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aiosmtpd-1.4.6");
    let (python, program) = (venv.join("bin").join("python"), venv.join("bin").join("aiosmtpd"));
    if program.exists() {
        return Ok(python);
    }
    let done = |command: &mut Command, what: &str| match command.stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what} ended with {status}")),
        Err(error) => Err(format!("{what}: {error}")),
    };
    done(Command::new("python3").arg("-m").arg("venv").arg(&venv), "python3 -m venv")?;
    let arguments = ["install", "--quiet", "--timeout", "10", "--retries", "1", "aiosmtpd==1.4.6"];
    done(Command::new(venv.join("bin").join("pip")).args(arguments), "pip install aiosmtpd")?;
    if program.exists() { Ok(python) } else { Err("pip installed no aiosmtpd".to_owned()) }
}

impl Server {
    /// `how` is `none`, `starttls` (with a login) or `tls`.
    fn start(how: &str) -> Option<Server> {
        let python = python()?;
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(&certificate, pem("CERTIFICATE", made.cert.der())).unwrap();
        std::fs::write(&key, pem("PRIVATE KEY", &made.signing_key.serialize_der())).unwrap();
        let mut command = Command::new(python);
        command.args(["-W", "ignore", "-c", SERVER, how]).arg(&certificate).arg(&key);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output is ours"));
        let mut port = String::new();
        out.read_line(&mut port).unwrap();
        let (tell, mails) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if tell.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let port = port.trim().parse().expect("the server listens");
        Some(Server { port, child, mails, ca: certificate, _folder: folder })
    }

    fn postman(&self, tls: &str, more: &str, desk: &Desk) -> Arc<dyn Postman> {
        postman(&format!("host = 'localhost'\nport = {}\ntls = '{tls}'\n{more}", self.port), desk)
    }

    fn ca(&self) -> String {
        format!("ca = '{}'\n", self.ca.display())
    }

    fn mail(&self) -> Value {
        self.mails.recv_timeout(Duration::from_secs(20)).expect("a mail comes")
    }

    fn is_empty(&self) -> bool {
        self.mails.try_recv().is_err()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn postman(smtp: &str, desk: &Desk) -> Arc<dyn Postman> {
    let config = Config::parse(&format!("[smtp]\nfrom = 'Onroll <onroll@provider.example>'\n{smtp}")).unwrap();
    let password = |name: &str| (name == "SMTP_PASSWORD").then(|| "correct horse".to_owned());
    Arc::new(config.smtp.unwrap().postman(&desk.engine().secrets, &password))
}

/// A published tenant of three people, of whom one has no hire date, with these recipients.
async fn desk(recipients: &[&str], postman: impl FnOnce(&Desk) -> Arc<dyn Postman>) -> Desk {
    let people = vec![
        employee(1, "Ana", "Lima", json!({})),
        employee(2, "<script>alert(1)</script>", "Tan", json!({})),
        employee(3, "Cleo", "Marsh", json!({ "start_date": null })),
    ];
    let mut desk = Desk::live(world(people, Vec::new())).await;
    let recipients: Vec<String> = recipients.iter().map(|one| (*one).to_owned()).collect();
    desk.settings(|settings| settings.report_recipients = recipients).await;
    desk.workspace.supervisor = Supervisor::with_postman(Limits::default(), Some(postman(&desk)));
    desk
}

/// A run as every front end starts it; its report has been seen to when this is back.
async fn run(desk: &Desk, work: Work) -> RunReport {
    let workspace = &desk.workspace;
    let own = (&workspace.supervisor, &workspace.engine);
    let job = services::runs::start(own, &workspace.access, &desk.connection().await, work).unwrap();
    let report = job.end().await.unwrap().expect("a run");
    workspace.supervisor.posted().await;
    report
}

async fn sync(desk: &Desk) -> RunReport {
    let number = desk.plan().await.counts.operations();
    let confirmation = Some(Confirmation { number, reason: None });
    run(desk, Work::Sync(SyncRequest { confirmation, ..SyncRequest::default() })).await
}

/// `onroll runs …`, with its JSON.
async fn onroll(desk: &Desk, words: &[&str]) -> Result<Value, Problem> {
    let line = ["onroll", "runs"].into_iter().chain(words.iter().copied());
    let Some(Line::Runs(given)) = Arguments::try_parse_from(line).unwrap().command else { panic!("{words:?}") };
    let (mut output, heard, _) = output(true);
    assert_eq!(runs::run(&desk.workspace, &given, &mut output).await?, Exit::Done);
    let name = if words.first() == Some(&"report") { "runs report" } else { "runs show" };
    prints(name, [&heard.answer()], &[]);
    Ok(heard.answer())
}

async fn states(desk: &Desk, run: RunId) -> Vec<MailState> {
    desk.store().mails_of_run(run).await.unwrap().iter().map(|mail| mail.state).collect()
}

/// The figure behind a label of the plain text.
fn figure(mail: &Value, label: &str) -> u64 {
    let text = mail["text"].as_str().unwrap();
    let line = text.lines().find(|line| line.trim_start().starts_with(label)).expect(label);
    line.rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{line}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr05_after_each_run_whoever_set_the_connection_up_is_told_how_many_accounts_are_affected() {
    let Some(server) = Server::start("none") else { return };
    let both = ["rosa.osei@provider.example", "team@provider.example"];
    let desk = desk(&both, |desk| server.postman("none", "", desk)).await;
    let report = sync(&desk).await;
    let mails = [server.mail(), server.mail()];
    let shown = onroll(&desk, &["show", &report.run.to_string()]).await.unwrap();
    assert!(report.totals.written > 0, "{:?}", report.totals);
    for (mail, to) in mails.iter().zip(both) {
        assert_eq!((mail["to"].clone(), &mail["sender"]), (json!([to]), &json!("onroll@provider.example")));
        let subject = mail["subject"].as_str().unwrap();
        assert!(
            subject.contains(&format!("run {}: {} accounts affected", report.run, report.totals.written)),
            "{subject}"
        );
        for (label, key) in [
            ("accounts affected", "written"),
            ("read back and equal", "confirmed"),
            ("held", "held"),
            ("not sent", "pending"),
        ] {
            assert_eq!(json!(figure(mail, label)), shown["run"][key], "{label}");
            assert!(mail["html"].as_str().unwrap().contains(&format!("<td>{label}</td>")));
        }
        let [failed, unanswered, unknown] =
            ["failed", "unanswered", "unknown"].map(|key| shown["run"][key].as_u64().unwrap());
        assert_eq!(figure(mail, "refused"), failed - unanswered);
        assert_eq!(figure(mail, "without an answer"), unanswered + unknown);
        assert!(!mail["html"].as_str().unwrap().contains("<script"));
        for private in ["ana.lima@", "1990-", "@h.example"] {
            assert!(!mail["text"].as_str().unwrap().contains(private), "{private}");
        }
        assert!(!mail["headers"].as_array().unwrap().contains(&json!("bcc")));
    }
    assert_ne!(mails[0]["id"], mails[1]["id"]);
    assert_eq!(states(&desk, report.run).await, [MailState::Sent; 2]);
    // Whatever ends later, no run is mailed twice; but again when that is asked for.
    desk.workspace.supervisor.post(desk.engine()).await;
    assert!(server.is_empty());
    let sent = onroll(&desk, &["report", &report.run.to_string(), "--send"]).await.unwrap();
    assert_eq!(sent["sent"], json!(both));
    assert_eq!((server.mail()["to"].clone(), server.mail()["to"].clone()), (json!([both[0]]), json!([both[1]])));
    assert!(server.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_by_starttls_with_a_login_or_by_tls_and_never_to_a_server_that_cannot_prove_itself() {
    let (Some(upgraded), Some(wrapped), Some(clear)) =
        (Server::start("starttls"), Server::start("tls"), Server::start("none"))
    else {
        return;
    };
    let desk = desk(&["rosa@provider.example"], |desk| upgraded.postman("starttls", "", desk)).await;
    let mail = Mail {
        to: "rosa@provider.example".into(),
        subject: "Zażółć: run 1".into(),
        text: "text\n".into(),
        html: "<p>text</p>".into(),
        id: "onroll.1".into(),
    };
    let login = "user = 'onroll'\npassword = { env = 'SMTP_PASSWORD' }\n";
    let with = format!("{login}{}", upgraded.ca());
    let good = upgraded.postman("starttls", &with, &desk);
    good.send(&mail).await.unwrap();
    let got = upgraded.mail();
    assert_eq!((&got["subject"], &got["tls"], &got["user"]), (&json!(mail.subject), &json!(true), &json!("onroll")));
    good.look().await.unwrap();
    let good = wrapped.postman("tls", &wrapped.ca(), &desk);
    good.send(&mail).await.unwrap();
    assert_eq!(wrapped.mail()["tls"], json!(true));
    // A certificate that nobody vouches for; a server that offers no STARTTLS; another password; nobody there.
    let error = |postman: Arc<dyn Postman>| {
        let mail = mail.clone();
        async move { postman.send(&mail).await.unwrap_err() }
    };
    for (tls, server) in [("starttls", &upgraded), ("tls", &wrapped), ("starttls", &clear)] {
        let found = error(server.postman(tls, "", &desk)).await;
        assert!(matches!(found, PostError::Insecure { .. }), "{tls}: {found:?}");
    }
    let nobody = "user = 'somebody'\npassword = { env = 'SMTP_PASSWORD' }\n";
    let found = error(upgraded.postman("starttls", &format!("{nobody}{}", upgraded.ca()), &desk)).await;
    assert!(matches!(found, PostError::Login { .. }), "{found:?}");
    assert!(!found.to_string().contains("correct horse"), "{found}");
    let missing = "user = 'onroll'\npassword = { env = 'NOT_THERE' }\n";
    let found = error(upgraded.postman("starttls", &format!("{missing}{}", upgraded.ca()), &desk)).await;
    assert!(matches!(&found, PostError::Setup(why) if why.contains("NOT_THERE")), "{found:?}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let found = error(postman(&format!("host = 'localhost'\nport = {port}\ntls = 'none'\n"), &desk)).await;
    assert!(matches!(found, PostError::Unreachable { .. }), "{found:?}");
    assert!(upgraded.is_empty() && wrapped.is_empty() && clear.is_empty());
}

/// Answers mails as told, and with yes from then on.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<PostError>>,
    taken: Mutex<Vec<Mail>>,
}

impl Scripted {
    fn of(answers: impl IntoIterator<Item = PostError>) -> Arc<Scripted> {
        Arc::new(Scripted { answers: Mutex::new(answers.into_iter().collect()), taken: Mutex::default() })
    }

    fn taken(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}

#[async_trait]
impl Postman for Scripted {
    async fn send(&self, mail: &Mail) -> Result<(), PostError> {
        if let Some(error) = self.answers.lock().unwrap().pop_front() {
            return Err(error);
        }
        self.taken.lock().unwrap().push(mail.clone());
        Ok(())
    }

    async fn look(&self) -> Result<(), PostError> {
        Ok(())
    }

    fn words(&self) -> String {
        "a script".to_owned()
    }
}

fn unreachable() -> PostError {
    PostError::Unreachable { server: "mail:25".into(), why: "refused".into() }
}

/// A clock that is moved by hand.
struct HandClock(Mutex<Timestamp>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// The engine of a desk at this span after now: the store of a desk has the clock of the system.
fn later(desk: &Desk, span: SignedDuration) -> Engine {
    let clock = Arc::new(HandClock(Mutex::new(desk.store().now() + span)));
    let store = Store::open(&desk.workspace.dir.join("onroll.db"), clock.clone()).unwrap();
    Engine { store, clock, ..desk.engine().clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_does_not_take_is_sent_later_once_and_given_up_after_three_days() {
    let script = Scripted::of([unreachable(), unreachable()]);
    let desk = desk(&["rosa@provider.example"], |_| script.clone()).await;
    let first = sync(&desk).await.run;
    assert_eq!((states(&desk, first).await, script.taken()), (vec![MailState::Queued], 0));
    // Not at once: a server that is away is not asked in a circle.
    desk.workspace.supervisor.post(desk.engine()).await;
    assert_eq!(script.answers.lock().unwrap().len(), 1);
    desk.workspace.supervisor.post(&later(&desk, SignedDuration::from_mins(11))).await;
    assert_eq!((states(&desk, first).await, script.taken()), (vec![MailState::Queued], 0));
    desk.workspace.supervisor.post(&later(&desk, SignedDuration::from_mins(30))).await;
    assert_eq!((states(&desk, first).await, script.taken()), (vec![MailState::Sent], 1));
    script.answers.lock().unwrap().push_back(unreachable());
    let second = run(&desk, Work::Sync(SyncRequest::default())).await.run;
    let row = &desk.store().mails_of_run(second).await.unwrap()[0];
    assert_eq!((row.state, row.tries), (MailState::Queued, 1), "{row:?}");
    desk.workspace.supervisor.post(&later(&desk, SignedDuration::from_hours(73))).await;
    assert_eq!((states(&desk, second).await, script.taken()), (vec![MailState::GivenUp], 1));
    assert!(desk.feed("three days").await.iter().any(|line| line.run == Some(second)));
    // By hand it goes whatever became of it.
    let sent = onroll(&desk, &["report", &second.to_string(), "--send"]).await.unwrap();
    prints("runs report", [&sent], &["Mail"]);
    assert_eq!((states(&desk, second).await, script.taken()), (vec![MailState::Sent], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_arrived_is_not_sent_again_and_what_is_refused_for_good_neither() {
    let server = "mail:25".to_owned();
    let script = Scripted::of([
        PostError::NoAnswer { server: server.clone(), why: "cut".into() },
        PostError::Rejected { server, why: "550 no such user".into() },
    ]);
    let desk = desk(&["rosa@provider.example", "nobody@provider.example"], |_| script.clone()).await;
    let run = sync(&desk).await.run;
    assert_eq!(states(&desk, run).await, [MailState::Unknown, MailState::GivenUp]);
    desk.workspace.supervisor.post(&later(&desk, SignedDuration::from_hours(2))).await;
    assert_eq!(script.taken(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_on_its_way_when_the_process_died_is_called_unknown() {
    let script = Scripted::of([]);
    let desk = desk(&["rosa@provider.example"], |_| script.clone()).await;
    // As a crash leaves it: the run has ended, its mail was taken, and nobody said what became of it.
    let run = desk.sync_confirmed().await.run;
    assert_eq!(states(&desk, run).await, [MailState::Queued], "the end of the run and its mail are one");
    desk.store().take_mail(Way::Mail).await.unwrap().expect("it is queued");
    desk.workspace.supervisor.post(desk.engine()).await;
    assert_eq!(states(&desk, run).await, [MailState::Sending], "it may be on its way");
    desk.workspace.supervisor.post(&later(&desk, SignedDuration::from_mins(11))).await;
    assert_eq!((states(&desk, run).await, script.taken()), (vec![MailState::Unknown], 0));
    let mail = &desk.store().lost_mails().await.unwrap()[0];
    assert!(mail.why.contains("may have arrived"), "{}", mail.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_by_hand_mails_none_and_a_stopped_run_says_how_it_is_let_through() {
    let script = Scripted::of([]);
    let desk = desk(&["rosa@provider.example"], |_| script.clone()).await;
    run(&desk, Work::Preview(PreviewRequest::default())).await;
    assert_eq!(script.taken(), 0);
    // A first import waits for its number.
    let report = run(&desk, Work::Sync(SyncRequest::default())).await;
    assert_eq!(report.outcome, RunOutcome::Stopped);
    let number = desk.plan().await.counts.operations();
    {
        let taken = script.taken.lock().unwrap();
        let command = format!("onroll sync {0} --confirm {0}:{number}", desk.short_name);
        assert!(taken[0].text.contains(&command) && taken[0].subject.contains("waits"), "{}", taken[0].text);
    }
    sync(&desk).await;
    desk.settings(|settings| settings.report_when = ReportWhen::Changes).await;
    run(&desk, Work::Sync(SyncRequest::default())).await;
    assert_eq!(script.taken(), 2, "nothing changed");
    desk.settings(|settings| settings.report_recipients.clear()).await;
    let refused = onroll(&desk, &["report", &report.run.to_string(), "--send"]).await.unwrap_err();
    assert!(refused.what.contains("nobody gets"), "{refused:?}");
}
