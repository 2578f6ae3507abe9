//! Text that acts: escape sequences, formulas, line ends, right-to-left overrides, five thousand letters. Whatever a vendor's
//! names, options and titles hold, what the program prints, draws, copies and writes to files does nothing, and comes back as it
//! was. Commands are walked as the program declares them, screens as the registry does: a new one is included by itself.

use crate::common::schema::{Schemas, name_of};
use crate::common::{Desk as Tenant, employee, output, user_of, world};
use crate::desk::{Behind, Desk};
use clap::{CommandFactory, Parser};
use crossterm::event::KeyCode;
use onroll::cli::arguments::{Arguments, ScreenName};
use onroll::cli::ending::Ending;
use onroll::console::app::{Command, Payload, Place, Problem, Query};
use onroll::console::backend::live::LiveRuns;
use onroll::console::backend::{self, Context};
use onroll::console::screens::ScreenId;
use onroll::domain::inert::{is_dangerous, is_formula, is_inert};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::MappingTarget;
use onroll::files::sheet;
use onroll::services::Access;
use onroll::services::runs::Supervisor;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// What everything is named after.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\u{1b}[2J\u{1b}]0;owned\u{7}Ann",
        "\u{1b}]52;c;cm0gLXJm\u{1b}\\Bo",
        "\u{202e}nnA",
        "=HYPERLINK(\"http://x.example\",\"pay\")",
        "@SUM(1)\n+2",
        "＝1+1",
        "-Ann\tx",
        "'=1",
        "\u{9b}31mRed",
        "Ann\u{2028}B\u{2066}C",
        "x\r\nERROR forged",
        "\u{301}\u{302}lone",
        "\u{e0041}\u{e0042}Tag",
        "\u{feff}Bom\u{200b}",
        "葛\u{e0100}\u{e0101}城 さくら",
        "C:\\u{1B} literal",
        "a\u{7f}b\u{0}c",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("L".repeat(5_000));
    texts.push(format!("z{}", "\u{301}".repeat(200)));
    texts
}

/// A company in which every word that a vendor can choose is one of them.
fn hostile_world() -> Value {
    let texts = texts();
    let (mut employees, mut users) = (Vec::new(), Vec::new());
    for (id, text) in (100..).zip(&texts) {
        let own = json!({ "job_title": text, "department": text });
        employees.push(employee(id, text, &format!("Okafor{id}"), own));
        employees.push(employee(id + 100, &format!("Ines{id}"), text, json!({ "email": format!("{text}@h.example") })));
        employees.push(employee(id + 200, &format!("Marta{id}"), "Silva", json!({ "job_title": text })));
        users.push(user_of(id + 200, &format!("Marta{id}"), "Silva", json!({ "job_title": text })));
        users.push(user_of(id + 300, text, text, json!({ "status": text })));
    }
    employees.push(employee(900, "Plain", "Person", json!({})));
    let mut document = world(employees, users);
    let named: Vec<Value> = texts.iter().map(|text| json!({ "name": text })).collect();
    for vendor in ["planday", "flow-learning"] {
        for list in ["departments", "job_titles"] {
            let options = document[vendor]["options"][list].as_array_mut().unwrap();
            options.extend(named.iter().cloned());
        }
    }
    document
}

/// A tenant of that company, planned and synced once; rows of its tables map to options that are no better.
async fn hostile_tenant() -> Tenant {
    let tenant = Tenant::live(hostile_world()).await;
    let connection = tenant.connection().await;
    let rows = texts().into_iter().map(|text| (ListKey::JOB_TITLE, text.clone(), Some(target(&text)))).collect();
    tenant.store().set_mappings(connection.id, rows, "R\u{202e}. Osei").await.unwrap();
    let report = tenant.sync_confirmed().await;
    assert!(report.plan.is_some(), "{:?}", report.problem);
    tenant.settings(|settings| settings.schedule = "every 15 min".parse().unwrap()).await;
    tenant
}

fn target(text: &str) -> MappingTarget {
    MappingTarget::Option(text.into())
}

/// Panics where a text that leaves the program may act.
fn check(what: &str, text: &str) {
    for line in text.split('\n') {
        let bad: Vec<String> =
            line.chars().filter(|c| is_dangerous(*c)).map(|c| format!("U+{:04X}", u32::from(c))).collect();
        assert!(bad.is_empty(), "{what} lets {bad:?} through: {line:?}");
        assert!(is_inert(line), "{what} lets a mark through that stands on nothing: {line:?}");
    }
}

/// The same for a file, by its ending.
fn check_file(path: &Path) {
    let what = path.display().to_string();
    let ending = path.extension().unwrap().to_str().unwrap();
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{what}: {error}"));
    if ending == "xlsx" {
        // A formula would be read as its result, a text as itself: every cell was written as a text or a number.
        for (_, cells) in sheet::parse(&bytes).unwrap().rows {
            cells.iter().for_each(|cell| assert!(cell.chars().count() <= 32_767));
        }
        let mut parts = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        for number in 0..parts.len() {
            let mut part = parts.by_index(number).unwrap();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut part, &mut text).unwrap();
            assert!(!text.contains("<f>"), "{what} has a formula");
            check(&what, &text.replace('\r', ""));
        }
        return;
    }
    let text = String::from_utf8(bytes).unwrap();
    // A CSV file begins with the mark by which spreadsheets know UTF-8; it stands nowhere else.
    let text = if ending == "csv" { text.strip_prefix('\u{feff}').unwrap_or(&text) } else { &text };
    check(&what, text);
    if ending == "csv" {
        for record in csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes()).records()
        {
            for cell in &record.unwrap() {
                let acts = is_formula(cell) && !cell.starts_with('\'') && cell.parse::<f64>().is_err();
                assert!(!acts, "{what} has a formula: {cell:?}");
            }
        }
    }
}

/// Parts of the schemas that the tenants here do not come to, and where they are printed: what takes hundreds of rulings, a clock that
/// is moved, a broken workspace.
const ELSEWHERE: [(&str, &[&str]); 17] = [
    ("hostile/broken_rows.rs", &["Broken", "BrokenTenant", "Lost", "TenantBroken"]),
    ("scenarios/changed.rs", &["Notice"]),
    ("scenarios/drift.rs", &["DriftField", "DriftLine"]),
    (
        "scenarios/learning.rs",
        &["Calibration", "Difference", "Gate", "Learned", "ModelDone", "Pair", "Proposal", "Use", "Version"],
    ),
    ("scenarios/learn_amp.rs", &["ManagerLeft"]),
    ("scenarios/one_human.rs", &["Beside", "Doubled"]),
    ("scenarios/review.rs", &["Left"]),
    ("scenarios/said.rs", &["Silence"]),
    ("scenarios/waves.rs", &["LetGo", "Wave", "WaveEvent"]),
    ("scenarios/weather.rs", &["LetThrough"]),
    (
        "schedule/commands.rs",
        &[
            "Hook",
            "HookEnded",
            "HookRefused",
            "HookWaits",
            "LastSlot",
            "Listening",
            "Paused",
            "SlotBegun",
            "SlotEnded",
            "SlotPassed",
            "SlotStarted",
            "SlotWaits",
            "Totals",
            "WaitsFor",
            "Watcher",
            "Watching",
        ],
    ),
    ("schedule/digests.rs", &["Message"]),
    ("schedule/status.rs", &["Probe"]),
    ("schedule/troubles.rs", &["Mute", "Nowhere"]),
    ("schedule/webhooks.rs", &["Delivery"]),
    ("smtp_server.rs", &["Mail"]),
    ("stop/across.rs", &["Reached"]),
];

/// Parts that no test comes to, and why.
const UNREACHABLE: [(&str, &str); 3] = [
    ("FieldAfter", "a rehearsed line that ends otherwise than planned: every simulator stores what it answers 200 to"),
    (
        "NotInPlan",
        "who moved without being in the plan: `tests/scenarios/drift.rs` holds the page's words, not the object",
    ),
    ("SlotRefused", "a run that cannot even begin: what is wrong with a tenant is found by the run itself, which ends"),
];

/// Schemas against which real output is held in another test, and where.
const HELD_ELSEWHERE: [(&str, &str); 17] = [
    ("chat-test", "hostile/schemas.rs"),
    ("chat-url", "hostile/schemas.rs"),
    ("connection-revoke", "hostile/schemas.rs"),
    ("connection-secret", "hostile/schemas.rs"),
    ("incidents-run", "hostile/schemas.rs"),
    ("model-activate", "scenarios/learning.rs"),
    ("model-rollback", "scenarios/learning.rs"),
    ("restore", "hostile/schemas.rs"),
    ("runs-continue", "stop/across.rs"),
    ("runs-pause", "stop/across.rs"),
    ("runs-resume", "stop/signals.rs"),
    ("runs-stop", "stop/across.rs"),
    ("sandbox", "hostile/schemas.rs"),
    ("troubles-seen", "schedule/troubles.rs"),
    ("troubles-unmute", "schedule/troubles.rs"),
    ("watch", "schedule/commands.rs"),
    ("webhook-url", "schedule/webhooks.rs"),
];

/// Commands that show nothing of a tenant, or never end by themselves.
const APART: [&str; 11] = [
    "demo",
    "sandbox",
    "bench match",
    "bench sync",
    "bench import",
    "bench console",
    "bench feed",
    "bench fill",
    // Read a credential from the terminal.
    "connection secret",
    "chat url",
    // Waits for `--yes`, which would end the tenant here.
    "connection revoke",
];

/// How each command is called, in an order in which the first do no harm to the later ones.
fn calls(tenant: &str, folder: &Path, run: &str) -> Vec<(&'static str, Vec<Vec<String>>)> {
    let file = |name: &str| folder.join(name).display().to_string();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let each = |before: &[&str], name: &str| -> Vec<Vec<String>> {
        ["csv", "xlsx", "json"].map(|ending| [words(before), vec![file(&format!("{name}.{ending}"))]].concat()).to_vec()
    };
    let hostile = texts();
    let exports: Vec<Vec<String>> =
        ["mapping", "people", "held"].iter().flat_map(|what| each(&[what, tenant, "--out"], what)).collect();
    let exports = [
        exports,
        vec![words(&["people", tenant, "--facets"]), words(&["fix-list", tenant, "--out", &file("fix.csv")])],
    ]
    .concat();
    let mut errors = each(&[run, "--out"], "errors");
    errors.push(words(&[run]));
    let mut plan = each(&[tenant, "--offline", "--out"], "plan");
    plan.push(words(&[tenant]));
    plan.push(words(&[tenant, "--rehearse", "--waves", "one,branch"]));
    let matched = words(&[
        "--source",
        &file("given/people.csv"),
        "--destination",
        &file("given/people.xlsx"),
        "--out",
        &file("out"),
    ]);
    let sets: Vec<Vec<String>> =
        hostile.iter().step_by(3).map(|text| words(&[tenant, "job-title", "--", text, text])).collect();
    let creations =
        hostile.iter().step_by(2).map(|text| words(&[tenant, "job-title", "Waiter", &format!("--create={text}")]));
    vec![
        ("tenant list", vec![vec![]]),
        ("tenant add", vec![words(&[&file("given/bad.toml")]), words(&["--set", &format!("name={}", hostile[0])])]),
        ("tenant show", vec![words(&[tenant]), words(&[&hostile[0]])]),
        ("tenant set", vec![words(&[tenant, &format!("settings.{}=1", hostile[0])])]),
        ("connection test", vec![words(&[tenant])]),
        ("mapping list", vec![words(&[tenant]), words(&[tenant, "job-title", "--open"])]),
        ("mapping export", each(&[tenant, "job-title"], "titles")),
        ("mapping import", vec![words(&[tenant, "job-title", &file("given/bad.csv")])]),
        ("mapping set", [sets, creations.collect()].concat()),
        ("review list", vec![words(&[tenant])]),
        (
            "review decide",
            vec![
                words(&[tenant, "100", "--exclude", "--reason", &hostile[0]]),
                words(&[tenant, &hostile[2], "--create"]),
            ],
        ),
        ("model show", vec![words(&[tenant])]),
        ("model propose", vec![words(&[tenant])]),
        ("model activate", vec![words(&[tenant])]),
        ("model rollback", vec![words(&[tenant])]),
        ("model audit", vec![words(&[tenant, "--draw"]), words(&[tenant])]),
        ("match", vec![matched]),
        ("plan", plan),
        ("sync", vec![words(&[tenant])]),
        ("runs list", vec![vec![], words(&[tenant])]),
        ("runs show", vec![words(&[run])]),
        ("runs errors", errors),
        ("runs resume", vec![words(&[tenant])]),
        ("runs stop", vec![words(&[tenant])]),
        ("runs pause", vec![words(&[tenant])]),
        ("runs continue", vec![words(&[tenant])]),
        ("runs next", vec![words(&[tenant]), words(&[tenant, "--wave", "2"])]),
        ("runs said", vec![words(&[run])]),
        ("runs drift", vec![words(&[run])]),
        ("runs report", vec![words(&[run]), words(&[run, "--send"])]),
        ("runs undo", vec![words(&[run])]),
        ("runs release", vec![words(&[tenant])]),
        ("schedule list", vec![vec![]]),
        ("schedule skip", vec![words(&[tenant]), words(&[&hostile[0]])]),
        ("schedule unskip", vec![words(&[tenant])]),
        ("schedule pause", vec![vec![]]),
        ("schedule resume", vec![vec![]]),
        ("troubles list", vec![vec![], words(&["--all"])]),
        (
            "troubles mute",
            vec![words(&["1"]), words(&["1", "--until", "2199-01-01"]), words(&["1", "--until", "2020-01-01"])],
        ),
        ("troubles unmute", vec![words(&["1"]), words(&["404"])]),
        ("troubles seen", vec![words(&["1"])]),
        ("digest", vec![vec![], words(&["--since", "36h"]), words(&["--since", &hostile[3]]), words(&["--send"])]),
        ("chat test", vec![vec![], words(&[tenant])]),
        ("webhook list", vec![vec![], words(&[tenant])]),
        ("webhook url", vec![words(&[tenant]), words(&[&hostile[0]]), words(&[tenant, "--revoke"])]),
        ("watch", vec![words(&["--once"])]),
        (
            "logs",
            vec![
                vec![],
                words(&[tenant, "--limit", "2000"]),
                words(&[tenant, "--search", &hostile[3]]),
                words(&["--out", &file("logs.csv")]),
            ],
        ),
        ("audit", vec![vec![], words(&[tenant]), words(&["--check"]), words(&["--filter", &hostile[3]])]),
        ("export", exports),
        ("incidents list", vec![vec![]]),
        ("incidents run", vec![words(&[&hostile[3]]), words(&["--all", "--healthy"])]),
        ("explain", vec![vec![], words(&["limit"]), words(&[&hostile[3]])]),
        ("holds", vec![vec![], words(&[tenant])]),
        ("values", vec![vec![], words(&[tenant])]),
        ("people", vec![words(&["Ann"]), words(&["@"]), words(&[&hostile[3]])]),
        ("backup", vec![vec![]]),
        ("restore", vec![words(&[&hostile[3]])]),
        ("forget", vec![words(&[tenant, &hostile[3]])]),
        ("doctor", vec![vec![]]),
        ("support-bundle", vec![words(&["--out", &file("given/support.zip")]), words(&[&hostile[3]])]),
        ("completions", vec![words(&["bash"])]),
        ("man", vec![vec![], words(&["--out", &file("man")])]),
        ("schema", vec![vec![], words(&["runs", "show"]), words(&[&hostile[3]])]),
        ("tenant on", vec![words(&[tenant])]),
        ("tenant off", vec![words(&[tenant])]),
        ("tenant remove", vec![words(&[tenant]), words(&[tenant, "--confirm", tenant])]),
    ]
}

/// Every command that does something, as the program declares it.
pub fn declared() -> BTreeSet<String> {
    let mut declared = BTreeSet::new();
    leaves(&Arguments::command(), "", &mut declared);
    declared
}

fn leaves(command: &clap::Command, path: &str, found: &mut BTreeSet<String>) {
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let path = format!("{path} {}", inner.get_name()).trim().to_owned();
        if inner.has_subcommands() {
            leaves(inner, &path, found);
        } else {
            found.insert(path);
        }
    }
}

/// Says a command; what it said, to stdout and to stderr.
pub async fn said(workspace: &Path, path: &str, arguments: &[String], json: bool) -> (String, String) {
    let workspace = workspace.display().to_string();
    let mut line = vec!["onroll", "--workspace", &workspace];
    line.extend(json.then_some("--json"));
    line.extend(path.split(' '));
    line.extend(arguments.iter().map(String::as_str));
    let parsed = Arguments::try_parse_from(&line).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (mut to, out, err) = output(json);
    let command = parsed.command.clone().unwrap();
    if let Err(problem) = onroll::cli::run(&parsed, &command, &mut to, &Ending::default()).await {
        to.problem(&problem);
    }
    (out.text(), err.text())
}

fn put_inputs(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let mut people = String::from("id,first_name,last_name,email\n");
    let mut quoted = csv::Writer::from_writer(Vec::new());
    for (id, text) in texts().iter().filter(|text| text.len() < 4_000).enumerate() {
        quoted.write_record([&id.to_string(), text, text, &format!("{text}@h.example")]).unwrap();
    }
    people.push_str(&String::from_utf8(quoted.into_inner().unwrap()).unwrap());
    std::fs::write(folder.join("people.csv"), &people).unwrap();
    std::fs::write(folder.join("people.xlsx"), &people).unwrap();
    std::fs::write(folder.join("bad.toml"), "name = \"\\u001b[2J\\u202e\"\n[source]\nvendor = \"\\u009bx\"\n").unwrap();
    std::fs::write(folder.join("bad.csv"), "value,target\nA,\u{1b}[2J\u{202e}\n").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_prints_or_writes_what_acts() {
    let tenant = hostile_tenant().await;
    let folder = tempfile::tempdir().unwrap();
    put_inputs(&folder.path().join("given"));
    let run = tenant.store().runs(None, 1).await.unwrap().first().unwrap().id.to_string();
    let calls = calls(&tenant.short_name, folder.path(), &run);
    let declared = declared();
    let mut schemas = Schemas::read();
    let known: BTreeSet<String> = calls.iter().map(|(path, _)| *path).chain(APART).map(str::to_owned).collect();
    assert_eq!(declared, known, "a command has to say how it is called here, or stand apart with a reason");
    let mut printed = 0;
    for (path, ways) in &calls {
        for arguments in ways {
            for json in [true, false] {
                let what =
                    format!("onroll {path} {}", arguments.iter().map(|one| format!("{one:.40?}")).collect::<String>());
                let (out, err) = said(&tenant.workspace.dir, path, arguments, json).await;
                check(&what, &out);
                check(&what, &err);
                printed += out.len();
                if json && !matches!(*path, "completions" | "schema") && !(*path == "man" && arguments.is_empty()) {
                    let data = |line: &str| serde_json::from_str::<Value>(line).expect(&what);
                    out.lines().for_each(|line| schemas.check(&name_of(path), &data(line)));
                    let problems = err.lines().filter(|line| line.starts_with('{'));
                    problems.for_each(|line| schemas.check("problem", &data(line)));
                }
            }
        }
        if *path == "review list" || *path == "plan" {
            let (out, _) = said(&tenant.workspace.dir, path, std::slice::from_ref(&tenant.short_name), true).await;
            let whole: Value = serde_json::from_str(out.trim()).unwrap();
            assert!(whole.to_string().contains("\u{202e}nnA"), "JSON is lossless: {path}");
        }
    }
    assert!(printed > 10_000, "the commands say something");
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap().chain(std::fs::read_dir(folder.path().join("out")).unwrap())
    {
        let path = entry.unwrap().path();
        if path.is_file() {
            check_file(&path);
            files += 1;
        }
    }
    assert_eq!(files, 25, "each export in three forms, and what `match` writes");
    crate::hostile::schemas::a_day(&mut schemas).await;
    crate::hostile::schemas::a_bad_day(&mut schemas).await;
    crate::hostile::schemas::two_files(&mut schemas).await;
    let mut unseen = schemas.unseen();
    let elsewhere: BTreeSet<&str> = ELSEWHERE.iter().flat_map(|(_, parts)| parts.iter().copied()).collect();
    let known = |part: &str| elsewhere.contains(part) || UNREACHABLE.iter().any(|(known, _)| *known == part);
    unseen.retain(|part| !known(part));
    assert!(unseen.is_empty(), "no test prints what these parts of the schemas say: {unseen:?}");
}

#[test]
fn what_is_printed_elsewhere_is_held_there() {
    let text = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    for (file, parts) in ELSEWHERE {
        let text = text(file);
        let held: Vec<&str> = text.split("prints(").skip(1).filter_map(|call| call.split(';').next()).collect();
        for part in parts {
            let quoted = format!("\"{part}\"");
            assert!(held.iter().any(|call| call.contains(&quoted)), "tests/{file} does not hold {part}");
        }
    }
    for (name, file) in HELD_ELSEWHERE {
        let (text, quoted) = (text(file), format!("\"{}\"", name.replace('-', " ")));
        assert!(text.contains("prints(") && text.contains(&quoted), "tests/{file} does not hold {name}");
    }
}

#[tokio::test]
async fn a_table_of_hostile_values_comes_back_from_its_export_as_it_was() {
    let tenant = hostile_tenant().await;
    let connection = tenant.connection().await;
    let rows = |tables: Vec<onroll::domain::mapping::MappingTable>| {
        let titles = tables.into_iter().find(|table| table.list == ListKey::JOB_TITLE).unwrap();
        titles.rows.into_iter().map(|(value, row)| (value, row.target)).collect::<Vec<_>>()
    };
    let before = rows(tenant.store().tables(connection.id).await.unwrap());
    assert!(before.len() >= texts().len());
    let folder = tempfile::tempdir().unwrap();
    for ending in ["csv", "xlsx"] {
        let file = folder.path().join(format!("titles.{ending}")).display().to_string();
        let arguments = [tenant.short_name.clone(), "job-title".to_owned(), file];
        said(&tenant.workspace.dir, "mapping export", &arguments, false).await;
        let cleared = before.iter().map(|(value, _)| (ListKey::JOB_TITLE, value.clone(), None)).collect();
        tenant.store().set_mappings(connection.id, cleared, "test").await.unwrap();
        let (_, err) = said(&tenant.workspace.dir, "mapping import", &arguments, false).await;
        let after = rows(tenant.store().tables(connection.id).await.unwrap());
        assert_eq!(after, before, "{ending}: {err}");
    }
}

#[test]
fn arguments_that_are_refused_are_repeated_inert() {
    let folder = tempfile::tempdir().unwrap();
    for argument in ["p\u{1b}[2J\u{9b}31m\u{202e}", "--no\u{9b}\nsuch"] {
        let mut onroll = assert_cmd::Command::cargo_bin("onroll").unwrap();
        let run = onroll.env("HOME", folder.path()).arg(argument).output().unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        check("the refusal", &said);
        assert!(said.contains("\\u{9B}") && said.contains("--help"), "{said}");
        assert_eq!(run.status.code(), Some(2));
    }
}

/// The backends of the console over the tenant's workspace.
struct Product {
    context: Context,
    runtime: tokio::runtime::Handle,
}

impl Behind for Product {
    fn query(&mut self, query: Query) -> Result<Payload, Problem> {
        Ok(tokio::task::block_in_place(|| self.runtime.block_on(backend::query(&self.context, query)))?)
    }

    fn command(&mut self, _command: Command) -> Option<Result<Payload, Problem>> {
        // Screens are looked at; nothing is changed.
        None
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_screen_draws_or_copies_what_acts() {
    let tenant = hostile_tenant().await;
    let run = tenant.store().runs(None, 1).await.unwrap().first().unwrap().id.to_string();
    let mut drawn = 0;
    for screen in ScreenId::ALL {
        for subject in [None, Some("100"), Some("201"), Some(run.as_str())] {
            let sizes: &[(u16, u16)] = if subject.is_none() { &[(80, 24), (160, 50)] } else { &[(160, 50)] };
            for &size in sizes {
                let engine = tenant.engine().clone();
                let runs = LiveRuns::new(Supervisor::default(), tokio::sync::mpsc::channel(8).0);
                let context = Context {
                    store: tenant.store().for_screen(),
                    engine,
                    runs,
                    access: Access::full("rosa"),
                    sandbox: false,
                    surroundings: Default::default(),
                };
                let product = Product { context, runtime: tokio::runtime::Handle::current() };
                let mut place = Place::tenant(screen, tenant.short_name.clone());
                place.subject = subject.map(str::to_owned);
                if onroll::console::screens::registry::build(&place).is_none() {
                    continue;
                }
                let mut desk = Desk::new(place, size, product);
                let what = format!("{screen:?} {subject:?} {size:?}");
                let mut look = |desk: &mut Desk<Product>| {
                    desk.rest();
                    let picture = desk.picture();
                    check(&what, &picture);
                    assert!(!picture.contains('\u{fffd}'), "{what}: a cell was sealed late: {picture}");
                    drawn += 1;
                };
                look(&mut desk);
                for _ in 0..6 {
                    desk.press(KeyCode::Down);
                    look(&mut desk);
                    desk.keys("y");
                    look(&mut desk);
                }
                for code in
                    [KeyCode::Tab, KeyCode::Enter, KeyCode::Down, KeyCode::Enter, KeyCode::Esc, KeyCode::Char('m')]
                {
                    desk.press(code);
                    look(&mut desk);
                }
                for copied in &desk.copied {
                    copied.split(['\t', '\n']).for_each(|cell| check(&what, cell));
                }
            }
        }
    }
    assert!(drawn > 500, "{drawn} pictures");
    let named = <ScreenName as clap::ValueEnum>::value_variants().len();
    assert!(named <= ScreenId::ALL.len());
}
