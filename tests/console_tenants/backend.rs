//! The three screens' backends on a real workspace, its vendors simulated over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::date;
use onroll::console::app::{Command, Mode, Payload, Query};
use onroll::console::backend::live::LiveRuns;
use onroll::console::backend::{Context, command, query};
use onroll::console::screens::overview::data as overview;
use onroll::console::screens::tenants::data as tenants;
use onroll::console::screens::wizard::data as wizard;
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::problem::Problem;
use onroll::domain::secret::Secret;
use onroll::domain::settings::Settings;
use onroll::domain::snapshot::Side;
use onroll::engine::checklist::{StepKey, StepState};
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::PreviewRequest;
use onroll::engine::{Engine, Process};
use onroll::ports::api::ProbeResult;
use onroll::ports::clock::SystemClock;
use onroll::sandbox::{Sandbox, SandboxConfig};
use onroll::secrets::SecretStore;
use onroll::services::Access;
use onroll::services::runs::Supervisor;
use onroll::store::Store;
use tempfile::TempDir;
use tokio::sync::mpsc;

async fn desk(folder: &TempDir) -> Context {
    let dir = folder.path().join("workspace");
    let clock = Arc::new(SystemClock);
    let store = Store::open(&dir.join("onroll.db"), clock.clone()).unwrap();
    let secrets = Arc::new(SecretStore::open(&dir, None).unwrap());
    let engine = Engine {
        store: store.clone(),
        secrets,
        clock,
        environment: Arc::new(|_| None),
        operator: "rosa".into(),
        workspace: dir,
        process: Process { pid: 7, host: "desk".into(), start: "1".into() },
        factory: Arc::new(onroll::vendors::registry::Vendors),
    };
    let (control, _) = mpsc::channel(64);
    Context {
        store: store.for_screen(),
        engine,
        runs: LiveRuns::new(Supervisor::default(), control),
        access: Access::full("rosa"),
        sandbox: false,
        surroundings: Default::default(),
    }
}

fn end(sandbox: &Sandbox, vendor: &str, secret: &str) -> wizard::End {
    let mut end = wizard::End { vendor: vendor.into(), parameters: BTreeMap::new(), secrets: BTreeMap::new() };
    for (name, value) in sandbox.endpoints().company(vendor).unwrap().members.clone() {
        if name == secret {
            end.secrets.insert(name.to_owned(), Secret::new(value));
        } else {
            end.parameters.insert(name.to_owned(), value);
        }
    }
    end.parameters.insert("requests_per_second".into(), "100000".into());
    end
}

fn draft(sandbox: &Sandbox) -> wizard::Draft {
    wizard::Draft {
        name: "Aldergate Lakes".into(),
        short_name: "aldergate-lakes".into(),
        time_zone: "Europe/London".into(),
        source: end(sandbox, "planday", "refresh_token"),
        destination: end(sandbox, "flow-learning", "secret"),
        settings: Settings::default(),
        in_keyring: false,
        tested: Vec::new(),
    }
}

async fn ask_wizard(context: &Context, act: wizard::Act) -> Result<wizard::Answer, Problem> {
    match command(context, Command::Wizard(act)).await? {
        Payload::Wizard(answer) => Ok(answer),
        other => panic!("{other:?}"),
    }
}

async fn facts(context: &Context) -> overview::Facts {
    let ask = overview::Ask::Read("aldergate-lakes".into());
    match query(context, Query::Overview(ask)).await.unwrap() {
        Payload::Overview(overview::Answer::Read(facts)) => *facts,
        other => panic!("{other:?}"),
    }
}

async fn act(context: &Context, act: overview::Act) -> Result<overview::Answer, Problem> {
    match command(context, Command::Overview(act)).await? {
        Payload::Overview(answer) => Ok(answer),
        other => panic!("{other:?}"),
    }
}

async fn entries(context: &Context) -> Vec<tenants::Entry> {
    match query(context, Query::Tenants(tenants::Ask::List)).await.unwrap() {
        Payload::Tenants(tenants::Answer::List(entries)) => entries,
        other => panic!("{other:?}"),
    }
}

fn short() -> String {
    "aldergate-lakes".into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_wizard_to_published_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let context = desk(&folder).await;
    let sandbox = Sandbox::start(SandboxConfig { people: 60, ..SandboxConfig::new(date(2026, 11, 22)) }).await.unwrap();

    let mut draft = draft(&sandbox);
    for (side, end) in [(Side::Source, draft.source.clone()), (Side::Destination, draft.destination.clone())] {
        let settings = Box::new(Settings::default());
        let probe = wizard::Act::Probe { round: 1, short_name: short(), side, end, settings: settings.clone() };
        let wizard::Answer::Probed(probed) = ask_wizard(&context, probe).await.unwrap() else { panic!() };
        if side == Side::Source {
            assert_eq!(probed.people.len(), 5);
            assert!(probed.people.iter().all(|one| !one.name.is_empty()), "{:?}", probed.people);
            let mut end = draft.source.clone();
            end.secrets.extend(probed.rotated.iter().cloned());
            let others = wizard::Act::Others { round: 1, short_name: short(), end, settings, shown: 5 };
            let wizard::Answer::Others(others) = ask_wizard(&context, others).await.unwrap() else { panic!() };
            assert_eq!((others.failed, others.people.len()), (None, 5));
            assert!(others.people.iter().all(|one| !probed.people.contains(one)), "{:?}", others.people);
        } else {
            assert!(probed.people.is_empty());
        }
        assert!(!probed.steps.is_empty());
        assert!(!probed.steps.iter().any(|step| matches!(step.result, ProbeResult::Failed(_))), "{:?}", probed.steps);
        draft.tested.extend(probed.steps);
        for (key, secret) in probed.rotated {
            draft.source.secrets.insert(key, secret);
        }
    }
    assert!(context.store.connections().await.unwrap().is_empty(), "nothing is stored before the last step");

    ask_wizard(&context, wizard::Act::Add(Box::new(draft.clone()))).await.unwrap();
    let entry = entries(&context).await.remove(0);
    assert_eq!((entry.source.as_str(), entry.destination.as_str()), ("Planday", "Flow Learning"));
    assert_eq!(entry.standing, Mode::Preview);
    assert!(entry.set_up.is_some_and(|(done, all)| done >= 3 && all == 8), "{:?}", entry.set_up);
    assert!(!entry.row.connection.source.parameters.contains_key("refresh_token"));
    let before = facts(&context).await;
    let credentials = before.steps.iter().find(|step| step.key == StepKey::Credentials).unwrap();
    assert_ne!(credentials.state, StepState::Open, "the calls of the wizard count");
    assert_eq!(before.secrets, "sealed file");

    let connection = context.connection("aldergate-lakes").await.unwrap();
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    context.engine.preview(&connection, &PreviewRequest::default(), &reporter, &control).await.unwrap();
    let planned = facts(&context).await;
    assert!(planned.overview.plan.is_some());
    let refused = act(&context, overview::Act::Publish(short())).await;
    let open: Vec<StepKey> = planned
        .steps
        .iter()
        .filter(|step| step.state == StepState::Open && step.key != StepKey::Published)
        .map(|step| step.key)
        .collect();
    assert_eq!(refused.is_err(), !open.is_empty());
    for key in open {
        act(&context, overview::Act::Waive(short(), key)).await.unwrap();
    }
    act(&context, overview::Act::Publish(short())).await.unwrap();
    assert_eq!(facts(&context).await.overview.connection.status, ConnectionStatus::Live);
    assert_eq!(entries(&context).await[0].standing, Mode::Live);
    let next = query(&context, Query::Tenants(tenants::Ask::Next(short()))).await.unwrap();
    assert!(matches!(next, Payload::Tenants(tenants::Answer::Next(next)) if next.steps.len() == 8));

    act(&context, overview::Act::SwitchOff(short())).await.unwrap();
    assert_eq!(facts(&context).await.overview.connection.status, ConnectionStatus::Off);
    act(&context, overview::Act::SwitchOn(short())).await.unwrap();
    assert_eq!(facts(&context).await.overview.connection.status, ConnectionStatus::Preview);
    let overview::Answer::Tested(tested) = act(&context, overview::Act::Test(short())).await.unwrap() else { panic!() };
    assert!(tested.passed);
    act(&context, overview::Act::Remember(short())).await.unwrap();
    assert_eq!(context.store.preference("console/last_tenant").await.unwrap(), Some(short()));

    command(&context, Command::Tenants(tenants::Act::Remove(short()))).await.unwrap();
    assert!(entries(&context).await.is_empty());
    assert!(context.engine.secrets.names().unwrap().is_empty());
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_name_changes_nothing_of_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let context = desk(&folder).await;
    let sandbox = Sandbox::start(SandboxConfig { people: 10, ..SandboxConfig::new(date(2026, 11, 22)) }).await.unwrap();
    let first = draft(&sandbox);
    ask_wizard(&context, wizard::Act::Add(Box::new(first.clone()))).await.unwrap();
    let mut second = first.clone();
    second.destination.secrets.insert("secret".into(), Secret::new("another"));
    let problem = ask_wizard(&context, wizard::Act::Add(Box::new(second))).await.unwrap_err();
    assert_eq!(problem.what, "the short name `aldergate-lakes` is in use");
    let kept = context.engine.secrets.get("aldergate-lakes/destination/secret").unwrap();
    assert_eq!(Some(&kept), first.destination.secrets.get("secret"));
    let wrong = wizard::Draft { short_name: "other".into(), time_zone: "Mars/Base".into(), ..first.clone() };
    assert!(ask_wizard(&context, wizard::Act::Add(Box::new(wrong))).await.is_err());
    let mut bare = wizard::Draft { short_name: "other".into(), ..first };
    bare.source.secrets.clear();
    assert_eq!(ask_wizard(&context, wizard::Act::Add(Box::new(bare))).await.unwrap_err().what, "Token is missing");
    assert_eq!(context.store.connections().await.unwrap().len(), 1);
    sandbox.stop().await;
}
