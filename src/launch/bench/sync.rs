//! The rate of a first import, as a share of bare HTTP loops against the same simulator at the same concurrency that journal
//! nothing: one that sends a PUT for each person, one that looks first, and one that sends as many people in a request as
//! the import does. Interleaved, medians.

use super::import::{Import, client, count, median, rows};
use super::{failed, seconds_since};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::domain::problem::Problem;
use crate::sandbox::{Endpoint, RateLimits};
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
        let imported = import(people).run().await?;
        let destination = imported.abilities.destination;
        (concurrency, at_once) = (destination.concurrency, destination.creations_at_once);
        own.push(imported.creating.seconds());
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

fn import(people: usize) -> Import {
    Import {
        source: "planday".to_owned(),
        destination: "flow-learning".to_owned(),
        people,
        rate_limits: RateLimits::Off,
        record: false,
    }
}

/// The same people by a loop that only sends.
async fn bare(people: usize, concurrency: usize, sends: Bare) -> Result<f64, Problem> {
    let sandbox = import(people).simulators().await?;
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
