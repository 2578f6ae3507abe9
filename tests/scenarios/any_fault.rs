//! Every fault of the simulators at every vendor, in the middle of a tenant's life: what was to be done is done in the end, nobody
//! is doubled, welcomed twice or taken for a leaver. (`hang` and `slow` are a matter of the one HTTP client, tested there.)

use crate::any_pair::{People, active, desk, ways, welcomes};
use crate::common::Desk;
use onroll::engine::run::{Confirmation, RunReport, SyncRequest};
use onroll::sandbox::{Fault, FaultKind, Person};

const FIRST: [&str; 14] = [
    "Bruno", "Chiara", "Dariusz", "Eilidh", "Farid", "Greta", "Hamish", "Imogen", "Jakub", "Kwame", "Liesel", "Marek",
    "Noor", "Oskar",
];
const LAST: [&str; 15] = [
    "Abernathy",
    "Bielska",
    "Castellano",
    "Drummond",
    "Eriksen",
    "Fontaine",
    "Grabowski",
    "Hussain",
    "Ibekwe",
    "Jansen",
    "Kowalczyk",
    "Lindqvist",
    "Moreau",
    "Nowicki",
    "Okafor",
];
/// Calls that a fault of lists strikes: every read of a run, as often as it is tried again.
const ALWAYS: u32 = 500;

fn newcomer(number: usize) -> Person {
    let (first, last) = (FIRST[number % FIRST.len()], LAST[number % LAST.len()]);
    Person {
        id: (100 + number).to_string(),
        first_name: first.into(),
        last_name: last.into(),
        email: format!("{}.{}@hvine.example", first.to_lowercase(), last.to_lowercase()),
        date_of_birth: format!("{}-{:02}-{:02}", 1970 + number, 1 + number % 12, 1 + number % 28),
        job_title: "Waiter".into(),
        branch: "Quayside".into(),
        department: "Kitchen".into(),
        start_date: "2024-03-11".into(),
        status: "active".into(),
        ..Person::default()
    }
}

/// Every kind that answers something at once, with how often it strikes.
fn kinds() -> Vec<(FaultKind, u32)> {
    let known = FaultKind::names().map(|name| FaultKind::from_name(name).unwrap());
    let kinds = known.filter(|kind| !matches!(kind, FaultKind::Hang | FaultKind::Slow));
    kinds.map(|kind| (kind, if is_of_lists(kind) { ALWAYS } else { 1 })).collect()
}

fn is_of_lists(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::DuplicateRows | FaultKind::MissingRows | FaultKind::EmptyList | FaultKind::RepeatPages)
}

/// A run under a fault, with the number that the plan before it stated. Whether it struck.
async fn sync_under(desk: &Desk, fault: Fault) -> (RunReport, bool) {
    let number = desk.plan().await.counts.operations();
    let often = fault.times;
    desk.sandbox.set_faults(vec![fault]);
    let confirmation = Some(Confirmation { number, reason: None });
    let report = desk.sync_with(SyncRequest { confirmation, ..SyncRequest::default() }).await;
    let struck = desk.sandbox.faults().first().is_none_or(|left| left.times != often);
    desk.sandbox.set_faults(Vec::new());
    (report, struck)
}

/// What was to be done is done, by the next runs at the latest.
async fn settles(desk: &Desk, what: &str, people: &[String], welcomed: usize) {
    for _ in 0..3 {
        if desk.plan().await.operations.is_empty() {
            break;
        }
        desk.sync_confirmed().await;
    }
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{what}: {:?} {:?}", plan.operations, plan.holds);
    assert_eq!((active(desk), desk.users().len()), (people.to_vec(), people.len()), "{what}");
    assert_eq!(welcomes(desk), welcomed, "{what}: nobody is welcomed twice");
}

fn mails(people: &[Person]) -> Vec<String> {
    let mut mails: Vec<String> = people.iter().map(|person| person.email.clone()).collect();
    mails.sort();
    mails
}

/// Strikes a destination while somebody is created and somebody else is changed: once where it is read, once where it is written.
async fn destination_survives(destination: &str, write: &str) {
    let mut people = People::new("peoplehr");
    let desk = desk(&people, destination).await;
    desk.sync_confirmed().await;
    let each = welcomes(&desk) / 3;
    let mut struck = Vec::new();
    for (number, (kind, times, on)) in kinds()
        .into_iter()
        .flat_map(|(kind, times)| [(kind, times, None), (kind, times, Some(write))])
        .filter(|(kind, _, on)| on.is_none() || !is_of_lists(*kind))
        .enumerate()
    {
        let what = format!("{destination}, {} {}", kind.name(), on.unwrap_or("anywhere"));
        let newcomer = newcomer(number);
        desk.sandbox.edit(|world| world.company_mut("peoplehr").unwrap().people.push(newcomer.clone()));
        people.all.push(newcomer);
        people.all[0].last_name = format!("Halloran-{}", LAST[number % LAST.len()]);
        people.put(&desk);
        let fault = Fault { method: on.map(str::to_owned), ..Fault::new(kind).at(destination).times(times) };
        let before = active(&desk);
        let (report, has_struck) = sync_under(&desk, fault).await;
        if has_struck {
            struck.push((kind, on));
        }
        for mail in before {
            assert!(active(&desk).contains(&mail), "{what}: nobody leaves for it; {:?}", report.problem);
        }
        settles(&desk, &what, &mails(&people.all), each * people.all.len()).await;
        let renamed = desk.users().iter().filter(|user| user["last_name"] == people.all[0].last_name.as_str()).count();
        assert_eq!(renamed, 1, "{what}");
    }
    for (kind, _) in kinds() {
        let often = struck.iter().filter(|(other, _)| *other == kind).count();
        // A secret that stands still cannot run out, and a list of one page has no other page.
        let may_miss = matches!(kind, FaultKind::ExpiredToken | FaultKind::RepeatPages);
        assert!(may_miss || often > 0, "{destination}: {} never struck", kind.name());
        assert!(is_of_lists(kind) || may_miss || often == 2, "{destination}: {} struck {often} times", kind.name());
    }
}

/// Strikes a source while somebody is changed: nobody is created, nobody leaves.
#[tokio::test(flavor = "multi_thread")]
async fn every_source_survives_every_fault() {
    for (source, by_file) in ways() {
        if by_file {
            continue;
        }
        let mut people = People::read((source, by_file));
        let desk = desk(&people, "flow-learning").await;
        desk.sync_confirmed().await;
        let welcomed = welcomes(&desk);
        for (number, (kind, times)) in kinds().into_iter().enumerate() {
            // A lost answer strikes writes, and nothing is written to a source (ALL01). After a refusal PeopleHR is left alone for
            // a minute: `vendors/peoplehr` shows that on paused time.
            let throttles = matches!(kind, FaultKind::TooMany | FaultKind::TooManyRetryAfter);
            if kind == FaultKind::AnswerLost || (throttles && source == "peoplehr") {
                continue;
            }
            let what = format!("{source}, {}", kind.name());
            people.all[0].last_name = format!("Halloran-{}", LAST[number % LAST.len()]);
            people.put(&desk);
            let (report, _) = sync_under(&desk, Fault::new(kind).at(source).times(times)).await;
            assert_eq!((active(&desk), desk.users().len()), (mails(&people.all), 3), "{what}: {:?}", report.problem);
            settles(&desk, &what, &mails(&people.all), welcomed).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flow_learning_survives_every_fault() {
    destination_survives("flow-learning", "PUT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn learn_amp_survives_every_fault() {
    destination_survives("learn-amp", "POST").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reward_gateway_survives_every_fault() {
    destination_survives("reward-gateway", "POST").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scim_survives_every_fault() {
    destination_survives("scim", "POST").await;
}
