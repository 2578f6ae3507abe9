//! The rate of a first import, as a share of bare HTTP loops against the same simulator at the same concurrency that journal
//! nothing: one that sends a PUT for each person, one that looks first, and one that sends as many people in a request as
//! the import does. Interleaved, medians.

use super::{Scratch, failed, seconds_since};
use crate::cli::config::Config;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::tenant_file;
use crate::cli::workspace::Workspace;
use crate::domain::problem::Problem;
use crate::domain::run::Phase;
use crate::engine::progress::{Reporter, RunControl, RunEvent};
use crate::engine::run::{Confirmation, SyncRequest};
use crate::ports::clock::{Clock, SystemClock, day_in};
use crate::sandbox::{Endpoint, Sandbox, SandboxConfig, World};
use crate::services::tenants;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

/// How often each is measured.
const ROUNDS: usize = 5;

/// What a bare loop sends for each person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bare {
    Put,
    LookAndPut,
    /// This number of people in one request.
    Feed(usize),
}

/// Imports N people into an empty simulator, then lets the bare loops do the same on others, several times.
///
/// # Errors
/// When a simulator or the import does not come about.
pub async fn run(people: usize, output: &mut Output) -> Result<Exit, Problem> {
    let (mut own, mut whole, mut put, mut look, mut feed) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut concurrency, mut at_once) = (1, 1);
    for _ in 0..ROUNDS {
        let imported = import(people).await?;
        (concurrency, at_once) = (imported.concurrency, imported.at_once);
        own.push(imported.creating);
        whole.push(imported.whole);
        put.push(bare(people, concurrency, Bare::Put).await?);
        look.push(bare(people, concurrency, Bare::LookAndPut).await?);
        feed.push(bare(people, concurrency, Bare::Feed(at_once)).await?);
    }
    let [own, whole, put, look, feed] = [own, whole, put, look, feed].map(median);
    let rate = |seconds: f64| count(people) / seconds;
    if output.json {
        output.object(&json!({ "bench": "sync", "people": people, "concurrency": concurrency, "at_once": at_once,
            "onroll_per_second": rate(own), "bare_put_per_second": rate(put),
            "bare_look_and_put_per_second": rate(look), "bare_many_per_second": rate(feed),
            "ratio_put": put / own, "ratio_look_and_put": look / own, "ratio_many": feed / own,
            "whole_run_seconds": whole }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!(
        "first import of {people} people, {concurrency} requests at once, {at_once} people in each, every operation \
         journaled; medians of {ROUNDS}"
    ))?;
    output.line(&format!("  onroll, creating           {:>8.0} people/s   ({whole:.2} s the whole run)", rate(own)))?;
    let peers = [("a PUT each", put), ("a GET and a PUT each", look), ("as many in a request", feed)];
    for (what, seconds) in peers {
        output.line(&format!(
            "  bare loop, {what:<21} {:>7.0} people/s   onroll reaches {:.0} %",
            rate(seconds),
            100.0 * seconds / own
        ))?;
    }
    Ok(Exit::Done)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn count(people: usize) -> f64 {
    f64::from(u32::try_from(people).unwrap_or(u32::MAX))
}

fn rows(people: usize) -> Vec<Value> {
    (0..people)
        .map(|number| {
            json!({ "id": (1000 + number).to_string(), "first_name": name(number),
                "last_name": name(number * 7 + 3), "email": format!("p{number}@bench.example"),
                "date_of_birth": format!("19{:02}-{:02}-{:02}", 60 + number % 40, 1 + number % 12, 1 + number % 28),
                "job_title": "Waiter", "branch": "Quayside", "department": "Kitchen", "start_date": "2024-01-01" })
        })
        .collect()
}

/// A name that is like no other: one that differs in a digit only would be asked about.
fn name(number: usize) -> String {
    let mut rest = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let letters = (0..9).map(|_| {
        let letter = char::from(b'a' + u8::try_from(rest % 26).unwrap_or_default());
        rest /= 26;
        letter
    });
    letters.collect()
}

async fn simulator(people: usize) -> Result<Sandbox, Problem> {
    let world = json!({ "planday": { "employees": rows(people) }, "flow-learning": { "users": [] } });
    let mut config = SandboxConfig::new(day_in(SystemClock.now(), "UTC"));
    config.world =
        Some(World::from_json_text(&world.to_string()).map_err(|error| failed("the world is not valid", error))?);
    Sandbox::start(config).await.map_err(|error| failed("the simulators cannot start", error))
}

/// One import: seconds of the creating phase and of the whole run, and how it sent.
struct Imported {
    creating: f64,
    whole: f64,
    concurrency: usize,
    at_once: usize,
}

async fn import(people: usize) -> Result<Imported, Problem> {
    let sandbox = simulator(people).await?;
    let scratch = Scratch::new();
    let workspace = Workspace::open_in(&scratch.0, &Config::default())?;
    let (_, text) = sandbox.tenant_files().into_iter().next().ok_or_else(|| failed("no tenant file", ""))?;
    let file = tenant_file::parse(&text).map_err(|why| failed("the tenant file is not valid", why))?;
    let id = tenants::add(&workspace.engine, &workspace.access, file).await?;
    let connection = workspace.store.connection(id).await?;
    workspace.engine.publish_with_test_run(&connection).await?;
    let connection = workspace.store.connection(id).await?;
    let number = u32::try_from(people).unwrap_or(u32::MAX);
    let request = SyncRequest { confirmation: Some(Confirmation { number, reason: None }), ..SyncRequest::default() };
    let (reporter, _gauges, mut events) = Reporter::channel();
    let control = RunControl::default();
    let clock = async {
        let (mut begun, mut apply) = (None, 0.0);
        while let Some(event) = events.recv().await {
            match event {
                RunEvent::PhaseStarted(Phase::Create) => begun = Some(tokio::time::Instant::now()),
                RunEvent::PhaseEnded(Phase::Create) => apply = begun.map_or(0.0, seconds_since),
                RunEvent::Finished { .. } => break,
                _ => {}
            }
        }
        apply
    };
    let begun = tokio::time::Instant::now();
    let (report, apply) = tokio::join!(workspace.engine.sync(&connection, &request, &reporter, &control), clock);
    let report = report?;
    if report.totals.confirmed != number {
        return Err(failed("the import is not complete", format!("{:?} {:?}", report.totals, report.problem)));
    }
    let whole = seconds_since(begun);
    let destination = workspace.engine.abilities(&connection)?.destination;
    sandbox.stop().await;
    let (concurrency, at_once) = (destination.concurrency, destination.creations_at_once);
    Ok(Imported { creating: apply, whole, concurrency, at_once })
}

/// The same people by a loop that only sends.
async fn bare(people: usize, concurrency: usize, sends: Bare) -> Result<f64, Problem> {
    let sandbox = simulator(people).await?;
    let endpoints = sandbox.endpoints();
    let flow = endpoints.company("flow-learning").ok_or_else(|| failed("no destination is simulated", ""))?;
    let setting = |name: &str| Endpoint::get(flow, name).unwrap_or_default().to_owned();
    let (base, user, secret) = (setting("base_url"), setting("company_id"), setting("secret"));
    let client = client()?;
    let (client, base, user, secret) = (&client, &base, &user, &secret);
    let begun = tokio::time::Instant::now();
    let rows = rows(people);
    let at_once = if let Bare::Feed(at_once) = sends { at_once } else { 1 };
    stream::iter(rows.chunks(at_once))
        .map(|rows| async move {
            if let Bare::Feed(_) = sends {
                let employees: Vec<Value> = rows.iter().map(body).collect();
                let url = format!("{base}/v1/feed");
                let feed = json!({ "dryRun": false, "employees": employees });
                return client.post(&url).basic_auth(user, Some(secret)).json(&feed).send().await?.bytes().await;
            }
            let body = rows.first().map(body).unwrap_or_default();
            let url = format!("{base}/v1/employees/{}", body["identifier"].as_str().unwrap_or_default());
            if sends == Bare::LookAndPut {
                client.get(&url).basic_auth(user, Some(secret)).send().await?.bytes().await?;
            }
            client.put(&url).basic_auth(user, Some(secret)).json(&body).send().await?.bytes().await
        })
        .buffer_unordered(concurrency)
        .try_fold(0_usize, |sum, bytes| async move { Ok(sum + bytes.len()) })
        .await
        .map_err(|error: reqwest::Error| failed("the bare loop failed", error))?;
    let seconds = seconds_since(begun);
    sandbox.stop().await;
    Ok(seconds)
}

fn body(row: &Value) -> Value {
    let identifier = format!("40817_{}", row["id"].as_str().unwrap_or_default());
    json!({ "identifier": identifier, "firstName": row["first_name"], "lastName": row["last_name"],
        "email": row["email"], "jobTitle": "Waiter", "branchCode": "QUAYSIDE", "departmentName": "Kitchen",
        "dateOfBirth": row["date_of_birth"], "startDate": row["start_date"] })
}

fn client() -> Result<reqwest::Client, Problem> {
    // Another client of this process may have set the provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let roots = roots.filter_map(|root| reqwest::Certificate::from_der(root.as_ref()).ok());
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only(roots);
    builder.build().map_err(|error| failed("no HTTP client can be made", error))
}
