//! BX11: the museum. Each public disaster is replayed and stopped, held or explained before anything is harmed; a healthy day of
//! the same company stops nothing. The destination's simulator is counted and looked at, not asked what it thinks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use onroll::launch::replay::{Stage, Which, is_as_expected};
use onroll::sandbox::incidents::{Act, Incident, Outcome};
use onroll::sandbox::{Company, Person};
use tokio::task::JoinSet;

/// Replays at once: most of their time is waiting for answers and retries.
const AT_ONCE: usize = 4;

/// Who is there, and how; what the simulators note for themselves is left out.
fn held(company: &Company) -> Vec<(String, String, String, String, String)> {
    let row = |one: &Person| {
        let name = format!("{} {}", one.first_name, one.last_name);
        (one.id.clone(), name, one.email.to_lowercase(), one.status.clone(), one.date_of_birth.clone())
    };
    company.people.iter().map(row).collect()
}

fn destination(stage: &Stage) -> Company {
    stage.sandbox.world().company(stage.incident.integration.1).unwrap().clone()
}

/// Whether what Onroll says is what the incident's page says: `…` stands for anything.
fn says(expected: &str, said: &str) -> bool {
    let parts: Vec<&str> = expected.split('…').collect();
    let mut rest = said;
    for (number, part) in parts.iter().enumerate() {
        let Some(at) = rest.find(part).filter(|at| number > 0 || *at == 0) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || parts.last().is_some_and(|last| last.is_empty())
}

/// What is wrong with the replay of a day; nothing where it is right.
async fn replay(incident: &'static Incident, which: Which) -> Vec<String> {
    let stage = Stage::set_up(incident, which).await.unwrap_or_else(|why| panic!("{}: {:?}", incident.name, why));
    stage.dawn(which);
    let before = destination(&stage);
    let replayed = stage.run(which).await.unwrap();
    let after = destination(&stage);
    let mut faults = Vec::new();
    if !is_as_expected(incident, which, &replayed) {
        faults.push(format!("{which:?} came to {replayed:?}"));
    }
    match which {
        Which::Bad => {
            let expected = &incident.here;
            if !says(expected.says, &replayed.message) {
                faults.push(format!("it says `{}`, the page `{}`", replayed.message, expected.says));
            }
            // Of those who were there before the day nobody is changed, whatever the outcome.
            let (was, is) = (held(&before), held(&after));
            faults.extend(was.iter().filter(|one| !is.contains(one)).map(|one| format!("{one:?} was harmed")));
            // And nobody is made but whoever rightly starts.
            let starters = match (incident.act, expected.outcome, expected.code) {
                (Act::PressesTwice, ..) => 2,
                (_, Outcome::Explained, "") => 1,
                _ => 0,
            };
            if is.len() != was.len() + starters {
                faults.push(format!("{} users became {}", was.len(), is.len()));
            }
            let writes = after.writes - before.writes;
            if starters == 0 && expected.outcome != Outcome::Explained && writes > 0 {
                faults.push(format!("{writes} writes reached the destination"));
            }
        }
        Which::Healthy => {
            let starters = after.people.len() - before.people.len();
            if starters != 1 {
                faults.push(format!("{starters} users were made for one starter"));
            }
        }
    }
    faults
}

async fn replay_all(which: Which) {
    let mut waiting = Incident::all();
    let (mut going, mut faults, mut played) = (JoinSet::new(), Vec::new(), 0);
    loop {
        while going.len() < AT_ONCE
            && let Some(incident) = waiting.next()
        {
            going.spawn(async move { (incident.name, replay(incident, which).await) });
        }
        let Some(done) = going.join_next().await else { break };
        let (name, found) = done.unwrap();
        played += 1;
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(played, 25, "the museum has 25 incidents");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_bx11_each_of_25_bad_days_is_stopped_held_or_explained_and_harms_nobody() {
    replay_all(Which::Bad).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_bx11_25_healthy_days_stop_nothing() {
    replay_all(Which::Healthy).await;
}

#[test]
fn s_bx11_the_document_tells_each_incident_with_its_command_and_what_is_seen() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/incidents.md")).unwrap();
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for one in Incident::all() {
        for words in [
            one.title,
            one.there,
            one.here.says,
            one.bad,
            &format!("https://github.com/{}", one.source.replace('#', "/")),
            &format!("onroll demo --incident {}", one.name),
        ] {
            let words = words.replace("/issues/", "/").split_whitespace().collect::<Vec<_>>().join(" ");
            let found = plain.replace("/issues/", "/").replace("/pull/", "/").contains(&words);
            assert!(found, "docs/incidents.md does not tell of {}: {words}", one.name);
        }
    }
    let told = text.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(told, Incident::all().count(), "one heading for each");
}
