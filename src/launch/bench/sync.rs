//! The rate of a first import, as a share of a bare HTTP loop that sends the same requests to the same simulator at the same
//! concurrency, and journals nothing.

use super::{Scratch, failed, seconds_since};
use crate::cli::config::Config;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::workspace::Workspace;
use crate::cli::{tenant, tenant_file};
use crate::domain::problem::Problem;
use crate::domain::run::Phase;
use crate::engine::progress::{Reporter, RunControl, RunEvent};
use crate::engine::run::{Confirmation, SyncRequest};
use crate::ports::clock::{Clock, SystemClock, day_in};
use crate::sandbox::{Endpoint, Sandbox, SandboxConfig, World};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

/// Imports N people into an empty simulator, then lets the bare loop do the same on a second one.
///
/// # Errors
/// When a simulator or the import does not come about.
pub async fn run(people: usize, output: &mut Output) -> Result<Exit, Problem> {
    let (apply, whole, concurrency) = import(people).await?;
    let same = bare(people, concurrency, true).await?;
    let puts = bare(people, concurrency, false).await?;
    let rate = |seconds: f64| count(people) / seconds;
    if output.json {
        output.object(&json!({ "bench": "sync", "people": people, "concurrency": concurrency,
            "onroll_per_second": rate(apply), "bare_same_requests_per_second": rate(same),
            "bare_puts_only_per_second": rate(puts), "ratio_same_requests": same / apply,
            "ratio_puts_only": puts / apply, "whole_run_seconds": whole }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!("first import of {people} people, {concurrency} at once, every operation journaled"))?;
    output.line(&format!(
        "  onroll, creating         {:>8.0} people/s   ({whole:.2} s the whole run, reads included)",
        rate(apply)
    ))?;
    output.line(&format!(
        "  bare loop, same requests {:>8.0} people/s   onroll reaches {:.0} %",
        rate(same),
        100.0 * same / apply
    ))?;
    output.line(&format!(
        "  bare loop, PUT alone     {:>8.0} people/s   onroll reaches {:.0} %",
        rate(puts),
        100.0 * puts / apply
    ))?;
    Ok(Exit::Done)
}

fn count(people: usize) -> f64 {
    f64::from(u32::try_from(people).unwrap_or(u32::MAX))
}

fn rows(people: usize) -> Vec<Value> {
    (0..people)
        .map(|number| {
            json!({ "id": (1000 + number).to_string(), "first_name": format!("First{number}"),
                "last_name": format!("Last{number}"), "email": format!("p{number}@bench.example"),
                "date_of_birth": format!("19{:02}-{:02}-{:02}", 60 + number % 40, 1 + number % 12, 1 + number % 28),
                "job_title": "Waiter", "branch": "Quayside", "department": "Kitchen", "start_date": "2024-01-01" })
        })
        .collect()
}

async fn simulator(people: usize) -> Result<Sandbox, Problem> {
    let world = json!({ "planday": { "employees": rows(people) }, "flow-learning": { "users": [] } });
    let mut config = SandboxConfig::new(day_in(SystemClock.now(), "UTC"));
    config.world =
        Some(World::from_json_text(&world.to_string()).map_err(|error| failed("the world is not valid", error))?);
    Sandbox::start(config).await.map_err(|error| failed("the simulators cannot start", error))
}

/// Seconds of the creating phase and of the whole run, and the concurrency that it had.
async fn import(people: usize) -> Result<(f64, f64, usize), Problem> {
    let sandbox = simulator(people).await?;
    let scratch = Scratch::new();
    let workspace = Workspace::open_in(&scratch.0, &Config::default())?;
    let (_, text) = sandbox.tenant_files().into_iter().next().ok_or_else(|| failed("no tenant file", ""))?;
    let file = tenant_file::parse(&text).map_err(|why| failed("the tenant file is not valid", why))?;
    let id = tenant::add(&workspace, file).await?;
    let connection = workspace.store.connection(id).await?;
    workspace.engine.publish_with_test_run(&connection).await?;
    let connection = workspace.store.connection(id).await?;
    let number = u32::try_from(people).unwrap_or(u32::MAX);
    let request = SyncRequest {
        why: "bench".to_owned(),
        confirmation: Some(Confirmation { number, reason: None }),
        ..SyncRequest::default()
    };
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
    let concurrency = workspace.engine.abilities(&connection)?.destination.concurrency;
    sandbox.stop().await;
    Ok((apply, seconds_since(begun), concurrency))
}

/// The same people by a loop that only sends: a look and a PUT each, or the PUT alone.
async fn bare(people: usize, concurrency: usize, looks: bool) -> Result<f64, Problem> {
    let sandbox = simulator(people).await?;
    let endpoints = sandbox.endpoints();
    let flow = endpoints.company("flow-learning").ok_or_else(|| failed("no destination is simulated", ""))?;
    let setting = |name: &str| Endpoint::get(flow, name).unwrap_or_default().to_owned();
    let (base, user, secret) = (setting("base_url"), setting("company_id"), setting("secret"));
    let client = client()?;
    let begun = tokio::time::Instant::now();
    stream::iter(rows(people))
        .map(|row| {
            let (client, base, user, secret) = (&client, &base, &user, &secret);
            async move {
                let id = row["id"].as_str().unwrap_or_default();
                let url = format!("{base}/v1/employees/40817_{id}");
                if looks {
                    client.get(&url).basic_auth(user, Some(secret)).send().await?.bytes().await?;
                }
                let body = json!({ "firstName": row["first_name"], "lastName": row["last_name"],
                    "email": row["email"], "jobTitle": "Waiter", "branchCode": "QUAYSIDE",
                    "departmentName": "Kitchen", "dateOfBirth": row["date_of_birth"], "startDate": row["start_date"] });
                let body = client.put(&url).basic_auth(user, Some(secret)).json(&body).send().await?;
                body.bytes().await
            }
        })
        .buffer_unordered(concurrency)
        .try_fold(0_usize, |sum, bytes| async move { Ok(sum + bytes.len()) })
        .await
        .map_err(|error| failed("the bare loop failed", error))?;
    let seconds = seconds_since(begun);
    sandbox.stop().await;
    Ok(seconds)
}

fn client() -> Result<reqwest::Client, Problem> {
    // Another client of this process may have set the provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let roots = roots.filter_map(|root| reqwest::Certificate::from_der(root.as_ref()).ok());
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only(roots);
    builder.build().map_err(|error| failed("no HTTP client can be made", error))
}
