//! A first import from any source to any destination: as a share of a loop that sends the very writes of it and nothing else, and
//! with the vendors' rates on as a share of what they allow; and how many calls it makes for each person.

use super::import::{Import, Imported, Span, client, count, median};
use super::{failed, seconds_since};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::domain::capabilities::Quota;
use crate::domain::problem::Problem;
use crate::sandbox::{Kind, RateLimits, Recorded};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

/// How often each is measured.
const ROUNDS: usize = 5;

/// Imports everybody and says how it went.
///
/// # Errors
/// When a simulator or an import does not come about, or a loop is refused.
pub async fn run(import: Import, output: &mut Output) -> Result<Exit, Problem> {
    let recorded = Import { record: true, ..import.clone() }.run().await?;
    let calls = Calls::of(&import, &recorded);
    match import.rate_limits {
        RateLimits::Real => at_the_rate(&import, &recorded, &calls, output),
        RateLimits::Off => beside_a_loop(&import, &recorded, &calls, output).await,
    }
}

/// The calls of an import, by end.
struct Calls<'a> {
    source: Vec<&'a Recorded>,
    destination: Vec<&'a Recorded>,
    /// Those of the run: without set-up and test call.
    source_of_run: Vec<&'a Recorded>,
    destination_of_run: Vec<&'a Recorded>,
}

impl<'a> Calls<'a> {
    fn of(import: &Import, imported: &'a Imported) -> Self {
        let of = |company: &str| imported.calls.iter().filter(|call| call.company == company).collect::<Vec<_>>();
        let (source, destination) = (of(&import.source), of(&import.destination));
        let of_run =
            |calls: &[&'a Recorded]| calls.iter().copied().filter(|call| call.at >= imported.run_began).collect();
        Self { source_of_run: of_run(&source), destination_of_run: of_run(&destination), source, destination }
    }

    /// The writes that made people.
    fn creations(&self, creating: Span) -> Vec<&'a Recorded> {
        self.destination.iter().copied().filter(|call| call.kind == Kind::Write && creating.has(call)).collect()
    }
}

fn of_kind(calls: &[&Recorded], kind: Kind) -> usize {
    calls.iter().filter(|call| call.kind == kind).count()
}

/// How many calls each person took, as the lines and the object say it.
fn per_person(import: &Import, calls: &Calls<'_>) -> (String, Value) {
    let each = |calls: usize| count(calls) / count(import.people);
    let [source, reads, writes] = [
        calls.source_of_run.len(),
        of_kind(&calls.destination_of_run, Kind::Read),
        of_kind(&calls.destination_of_run, Kind::Write),
    ]
    .map(each);
    let words =
        format!("calls for each person: source {source:.3}, destination {reads:.3} reads and {writes:.3} writes");
    (words, json!({ "source_calls": source, "destination_reads": reads, "destination_writes": writes }))
}

/// Calls a second that quotas allow over a long time.
fn allowed(quotas: &[Quota]) -> Option<f64> {
    quotas.iter().map(|quota| f64::from(quota.requests) / f64::from(quota.seconds)).min_by(f64::total_cmp)
}

fn at_the_rate(import: &Import, imported: &Imported, calls: &Calls<'_>, output: &mut Output) -> Result<Exit, Problem> {
    let ends = [
        (imported.abilities.source.name, &calls.source, imported.reading, allowed(imported.abilities.source.quotas)),
        (
            imported.abilities.destination.name,
            &calls.destination,
            imported.creating,
            Some(f64::from(imported.abilities.destination.requests_per_second)),
        ),
    ];
    let (words, each) = per_person(import, calls);
    let mut shown = Vec::new();
    for (name, calls, span, allowed) in ends {
        let within: Vec<_> = calls.iter().filter(|call| span.has(call)).collect();
        let refused = within.iter().filter(|call| call.status == 429).count();
        let rate = count(within.len()) / span.seconds();
        shown.push((name, within.len(), refused, rate, allowed, span.seconds()));
    }
    if output.json {
        let ends = shown.iter().map(|(name, calls, refused, rate, allowed, seconds)| {
            json!({ "vendor": name, "calls": calls, "refused": refused, "seconds": seconds, "per_second": rate,
                "allowed_per_second": allowed, "share": allowed.map(|allowed| rate / allowed) })
        });
        output.object(&json!({ "bench": "import", "people": import.people, "rate_limits": "real",
            "ends": ends.collect::<Vec<_>>(), "each": each }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!("first import of {} people at the vendors' own rates", import.people))?;
    for (name, calls, refused, rate, allowed, seconds) in shown {
        let share = allowed.map_or_else(
            || "no rate is known".to_owned(),
            |allowed| format!("{:.1} % of {allowed:.2} allowed", 100.0 * rate / allowed),
        );
        output.line(&format!(
            "  {name:<18} {calls:>6} calls in {seconds:>7.2} s, {rate:.2} a second: {share}; {refused} refused"
        ))?;
    }
    output.line(&format!("  {words}"))?;
    Ok(Exit::Done)
}

async fn beside_a_loop(
    import: &Import,
    recorded: &Imported,
    calls: &Calls<'_>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let creations = calls.creations(recorded.creating);
    let token = calls.destination.iter().copied().find(|call| call.kind == Kind::Token);
    let concurrency = recorded.abilities.destination.concurrency;
    let (mut own, mut bare) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        own.push(import.run().await?.creating.seconds());
        bare.push(replay(import, &creations, token, concurrency).await?);
    }
    let [own, bare] = [own, bare].map(median);
    let (words, each) = per_person(import, calls);
    if output.json {
        output.object(&json!({ "bench": "import", "people": import.people, "rate_limits": "off",
            "from": import.source, "to": import.destination, "concurrency": concurrency,
            "onroll_per_second": count(import.people) / own, "bare_per_second": count(import.people) / bare,
            "ratio": bare / own, "each": each }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!(
        "first import of {} people, {} to {}, {concurrency} calls at once, every operation journaled; medians of {ROUNDS}",
        import.people, recorded.abilities.source.name, recorded.abilities.destination.name,
    ))?;
    output.line(&format!("  onroll, creating         {:>8.0} people/s", count(import.people) / own))?;
    output.line(&format!(
        "  a loop of the same {} writes {:>8.0} people/s   onroll reaches {:.0} %",
        creations.len(),
        count(import.people) / bare,
        100.0 * bare / own
    ))?;
    output.line(&format!("  {words}"))?;
    Ok(Exit::Done)
}

/// Sends the recorded writes to fresh simulators, as many at once as the import did; seconds.
async fn replay(
    import: &Import,
    writes: &[&Recorded],
    token: Option<&Recorded>,
    concurrency: usize,
) -> Result<f64, Problem> {
    let sandbox = import.simulators().await?;
    let root = sandbox.endpoints().admin;
    let client = client()?;
    let bearer = match token {
        Some(token) => {
            let answer = send(&client, &root, token, None).await?.json::<Value>().await;
            let answer = answer.map_err(|error| failed("the bare loop got no token", error))?;
            answer["access_token"].as_str().map(|token| format!("Bearer {token}"))
        }
        None => None,
    };
    let begun = tokio::time::Instant::now();
    let (client, root, bearer) = (&client, root.as_str(), bearer.as_deref());
    stream::iter(writes)
        .map(|call| async move {
            let answer = send(client, root, call, bearer).await?;
            answer.bytes().await.map_err(|error| failed("the bare loop failed", error))
        })
        .buffer_unordered(concurrency)
        .try_fold(0_usize, |sum, bytes| async move { Ok(sum + bytes.len()) })
        .await?;
    let seconds = seconds_since(begun);
    sandbox.stop().await;
    Ok(seconds)
}

async fn send(
    client: &reqwest::Client,
    root: &str,
    call: &Recorded,
    bearer: Option<&str>,
) -> Result<reqwest::Response, Problem> {
    let mut request = client.request(call.method.clone(), format!("{root}{}", call.target)).body(call.body.clone());
    for (name, value) in &call.headers {
        let value = bearer.filter(|_| *name == "authorization").unwrap_or(value);
        request = request.header(*name, value);
    }
    let answer = request.send().await.map_err(|error| failed("the bare loop failed", error))?;
    answer.error_for_status().map_err(|error| failed("the bare loop was refused", error))
}
