//! `docs/json.md` and `docs/schemas`: every command that prints JSON has a schema, and what it really prints is what that says.
//! `text.rs` holds each command of a hostile tenant against them as it walks; here is what such a tenant does not come to.

use crate::common::schema::{Schemas, name_of, prints};
use crate::common::{Desk, employee, user_of, world};
use crate::hostile::text::{declared, said};
use onroll::cli::schema::SCHEMAS;
use onroll::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

/// Commands that print no data, or figures for whoever develops Onroll.
pub const WITHOUT: [&str; 10] = [
    "demo",
    "completions",
    "schema",
    "bench match",
    "bench sync",
    "bench import",
    "bench console",
    "bench feed",
    "bench fill",
    "problem",
];

const PROMISE: &str = "# JSON\n\nMade by `tests/hostile/schemas.rs`, which fails when this page or a schema is not what the commands print.\n\n\
Every command takes `--json` and then prints its data to stdout as JSON, one object to a line: commands that answer print one, those\n\
that tell as it happens (`sync`, `watch`, `logs`) one for each event. Nothing else goes to stdout. What goes wrong is one object on\n\
stderr, of the form `problem`, also where the arguments are refused; the exit code says the same in a number. Progress is written to\n\
stderr, and only where that is a terminal. Remarks for a person may stand there in any case: read stdout.\n\n\
Each form is a [JSON Schema](https://json-schema.org/draft/2020-12) in [schemas/](schemas/); `onroll schema COMMAND` prints it,\n\
`onroll schema` lists them. Objects are closed and every property that a schema requires is there; what is unknown is `null`.\n\n\
## What stays\n\n\
- A property that a schema has keeps its name, its place and its type, and a word of an `enum` its meaning, until the next major\n\
  version. What is taken away is named in `CHANGELOG.md` one minor version before.\n\
- A minor version may add properties, commands, kinds of events and words: take what you know and pass over the rest. (The schemas\n\
  here are closed, so that a test finds what was added unawares: a reader should not be.)\n\
- `what`, `why`, `message`, `text`, `words` and the like are sentences for people and may change with any version; `code`, `kind`,\n\
  `outcome`, `state`, `event` and `op` are not.\n\
- Times are RFC 3339 in UTC, days `2026-11-24`. Identifiers are strings as the vendor gave them; numbers of runs, plans and lines\n\
  are integers.\n\
- Characters that act on a terminal are written as `\\\\u` escapes: the text is lossless.\n\
- `onroll bench` prints figures for whoever develops Onroll; nothing is promised about their form.\n\n\
## Commands\n\n| command | what is printed |\n|---|---|\n";

fn page() -> String {
    let mut page = PROMISE.replace("\\\\u", "\\u");
    for (name, text) in SCHEMAS {
        let schema: Value = serde_json::from_str(text).unwrap();
        let file = name_of(name);
        let said = schema["description"].as_str().unwrap();
        let _ = writeln!(page, "| [`{name}`](schemas/{file}.json) | {said} |");
    }
    page
}

#[test]
fn s_bx08_the_page_is_current_and_every_command_has_a_schema() {
    let schemas = Schemas::read();
    let built_in: std::collections::BTreeSet<String> = SCHEMAS.iter().map(|(name, _)| name_of(name)).collect();
    assert_eq!(built_in, schemas.names(), "`onroll schema` has the files of docs/schemas");
    for (name, text) in SCHEMAS {
        assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), schemas.schema(&name_of(name)), "{name}");
    }
    let all: std::collections::BTreeSet<String> = declared().iter().map(|path| name_of(path)).collect();
    let without: std::collections::BTreeSet<String> = WITHOUT.iter().map(|path| name_of(path)).collect();
    let missing: Vec<&String> = all.difference(&built_in).filter(|name| !without.contains(*name)).collect();
    assert!(missing.is_empty(), "commands that print JSON and have no schema: {missing:?}");
    let nowhere: Vec<&String> = built_in.difference(&all).filter(|name| *name != "problem").collect();
    assert!(nowhere.is_empty(), "schemas of commands that are not there: {nowhere:?}");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md");
    if std::fs::read_to_string(path).unwrap_or_default() != page() {
        let fresh = std::env::temp_dir().join("onroll-json.md");
        std::fs::write(&fresh, page()).unwrap();
        panic!("docs/json.md is stale; copy {} over it", fresh.display());
    }
}

#[test]
fn a_property_that_is_new_renamed_or_gone_is_found() {
    let mut schemas = Schemas::read();
    let good = json!({ "restored": "a.db", "tenants": 3, "kept": null });
    schemas.check("restore", &good);
    let faults = [
        json!({ "restored": "a.db", "tenants": 3 }),
        json!({ "restored": "a.db", "tenants": 3, "kept": null, "new": 1 }),
        json!({ "restored": "a.db", "tenants": "3", "kept": null }),
        json!({ "restored": "a.db", "tenants": 3.5, "kept": null }),
        json!([]),
    ];
    for fault in faults {
        let checked = std::panic::catch_unwind(|| Schemas::read().check("restore", &fault));
        assert!(checked.is_err(), "{fault}");
    }
}

#[test]
fn refused_arguments_are_a_problem_too_and_the_schema_is_printed() {
    let mut schemas = Schemas::read();
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let mut onroll = assert_cmd::Command::cargo_bin("onroll").unwrap();
        onroll.env("HOME", folder.path()).args(words).output().unwrap()
    };
    for words in [&["runs", "show", "--json", "x"][..], &["--json", "no-such"], &["--json", "runs", "show", "404"]] {
        let ended = run(words);
        let said: Value = serde_json::from_slice(&ended.stderr).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        schemas.check("problem", &said);
        let is_read = words.last() == Some(&"404");
        let wanted = if is_read { (Some(1), Some("failed")) } else { (Some(2), Some("input")) };
        assert_eq!((ended.status.code(), said["problem"]["kind"].as_str()), wanted, "{words:?}");
        assert!(ended.stdout.is_empty());
    }
    let printed = run(&["schema", "runs", "show"]);
    assert_eq!(&serde_json::from_slice::<Value>(&printed.stdout).unwrap(), schemas.schema("runs-show"));
    assert!(String::from_utf8(run(&["schema"]).stdout).unwrap().contains("tenant list\n"));
}

/// A tenant with a day behind it: lines that were refused, that had moved and that would be taken back.
pub async fn a_day(schemas: &mut Schemas) {
    let names = ["Bryn Marsh", "Noor Haddad", "Piotr Wrona", "Ellie Sayer", "Tom Ashdown", "Ines Halloran", "Rhys Lee"];
    let row = |id: usize, make: fn(u32, &str, &str, Value) -> Value, own: Value| {
        let (first, last) = names[id - 1].split_once(' ').unwrap();
        make(u32::try_from(id).unwrap(), first, last, own)
    };
    let chef = |id: usize| if id < 5 { json!({ "job_title": "Bartender" }) } else { json!({}) };
    let people = (1..=7).map(|id| row(id, employee, chef(id))).collect();
    let users = (1..=5).map(|id| row(id, user_of, json!({}))).collect();
    let desk = Desk::live(world(people, users)).await;
    let (dir, tenant) = (desk.workspace.dir.clone(), desk.short_name.clone());
    let plan_file = dir.join("plan.json").display().to_string();
    let mut told = async |path: &str, words: &[&str]| -> Vec<Value> { asked(schemas, &dir, path, words).await };
    let planned = told("plan", &[&tenant, "--rehearse", "--waves", "one", "--out", &plan_file]).await;
    let confirm = planned[0]["plan"]["confirm"].as_str().unwrap().to_owned();
    // The world moves between the plan and the run; one creation is refused.
    let edit = |side: &'static str, id: usize, title: &'static str| {
        desk.sandbox.edit(|world| world.company_mut(side).unwrap().people[id - 1].job_title = title.into());
    };
    edit("flow-learning", 1, "Sous Chef");
    edit("planday", 2, "Sous Chef");
    desk.sandbox.set_faults(vec![Fault::new(FaultKind::AnswerLost).at("flow-learning").times(1)]);
    told("sync", &[&tenant, "--plan", &plan_file, "--confirm", &confirm]).await;
    desk.no_faults();
    let newest = told("plan", &[&tenant]).await;
    let confirm = newest[0]["plan"]["confirm"].as_str().unwrap().to_owned();
    told("sync", &[&tenant, "--confirm", &confirm]).await;
    let runs = told("runs list", &[]).await;
    for run in runs[0]["runs"].as_array().unwrap() {
        let run = run["id"].to_string();
        for path in ["runs show", "runs errors", "runs drift", "runs report", "runs undo", "runs said"] {
            told(path, &[&run]).await;
        }
    }
    for (path, words) in [
        ("tenant set", vec![tenant.as_str(), "settings.schedule=daily 02:00"]),
        ("schedule list", vec![]),
        ("schedule skip", vec![&tenant]),
        ("schedule unskip", vec![&tenant]),
        ("review list", vec![&tenant]),
        ("holds", vec![]),
        ("audit", vec!["--check"]),
        ("backup", vec![]),
        ("forget", vec![&tenant, "1", "--yes"]),
        ("runs release", vec![&tenant]),
        ("tenant off", vec![&tenant]),
    ] {
        told(path, &words).await;
    }
}

/// A tenant whose source has lost most of its people after a run that refused one, and whose audit was written over.
pub async fn a_bad_day(schemas: &mut Schemas) {
    let born = |id: u32| json!({ "date_of_birth": format!("{}-03-1{}", 1970 + id, id) });
    let mut people: Vec<Value> =
        (2..10).map(|id| employee(id, &format!("Ana{id}"), &format!("Lima{id}"), born(id))).collect();
    let changed = json!({ "email": "ingrid.new@hvine.example", "job_title": "Sous Chef" });
    people.push(employee(1, "Ingrid", "Solberg", changed));
    let old = user_of(1, "Ingrid", "Solberg", json!({ "email_verified": false }));
    people.push(employee(20, "Una", "Quist", born(8)));
    let equal = user_of(20, "Una", "Quist", born(8));
    let mut world = world(people, vec![old, equal]);
    world["flow-learning"]["switches"]["unverified_emails"] = json!(true);
    let desk = Desk::live(world).await;
    let (dir, tenant) = (desk.workspace.dir.clone(), desk.short_name.clone());
    let mut told = async |path: &str, words: &[&str]| -> Vec<Value> { asked(schemas, &dir, path, words).await };
    let planned = told("plan", &[&tenant]).await;
    let confirm = planned[0]["plan"]["confirm"].as_str().unwrap().to_owned();
    let run = told("sync", &[&tenant, "--confirm", &confirm]).await.pop().unwrap()["run"]["id"].to_string();
    for path in ["runs show", "runs errors", "runs report"] {
        told(path, &[&run]).await;
    }
    // Somebody moved who is in no plan of that run.
    desk.sandbox.edit(|world| {
        let people = &mut world.company_mut("planday").unwrap().people;
        people.iter_mut().find(|one| one.id == "20").unwrap().job_title = "Bartender".into();
    });
    told("plan", &[&tenant]).await;
    told("runs drift", &[&run]).await;
    desk.sandbox.edit(|world| world.company_mut("planday").unwrap().people.truncate(3));
    told("sync", &[&tenant]).await;
    told("runs list", &[]).await;
    let file = rusqlite::Connection::open(dir.join("onroll.db")).unwrap();
    file.execute_batch("UPDATE audit SET detail = 'nothing' WHERE id = 2").unwrap();
    drop(file);
    told("audit", &["--check"]).await;
}

/// Says a command, holds what it prints against the schemas, and answers it.
async fn asked(schemas: &mut Schemas, dir: &std::path::Path, path: &str, words: &[&str]) -> Vec<Value> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (out, err) = said(dir, path, &words, true).await;
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.iter().for_each(|line| schemas.check(&name_of(path), line));
    for line in err.lines().filter(|line| line.starts_with('{')) {
        schemas.check("problem", &serde_json::from_str(line).unwrap());
    }
    lines
}

/// What is said of people files that leave questions open.
pub async fn two_files(schemas: &mut Schemas) {
    let folder = tempfile::tempdir().unwrap();
    let reports = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/people_files/reports");
    let text = |path: std::path::PathBuf| path.display().to_string();
    for (name, destination) in [
        ("22-ambiguous-dob", "22-ambiguous-dob/dest.csv"),
        ("51-status-words", "dest.csv"),
        ("V05b-workday-feed", "dest.csv"),
    ] {
        let (source, destination) = (text(reports.join(name).join("source.csv")), text(reports.join(destination)));
        let out = text(folder.path().join(name));
        let words = ["--source", &source, "--destination", &destination, "--out", &out];
        asked(schemas, folder.path(), "match", &words).await;
        let out = text(folder.path().join(format!("{name}-within")));
        asked(schemas, folder.path(), "match", &["--within", &source, "--out", &out]).await;
    }
}

/// What answers to `POST` with 200, as often as it is asked.
fn a_channel() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut asked = BufReader::new(stream);
            let mut length = 0;
            for line in asked.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            std::io::copy(&mut asked.by_ref().take(length), &mut std::io::sink()).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            asked.into_inner().write_all(answer).unwrap();
        }
    });
    address
}

/// The commands that no tenant in this process can be asked by: they serve, read a credential, post, or play a day of their own.
#[test]
fn s_bx08_what_serves_reads_a_credential_or_posts_prints_what_its_schema_says() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let (tenants, config) = (at("tenants"), at("config.toml"));
    std::fs::write(&config, "[chat]\nurl = { env = 'CHAT' }\nkind = 'slack'\n").unwrap();
    let channel = a_channel();
    let onroll = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_onroll"));
        command.args(["--json", "--config"]).arg(&config).arg("--workspace").arg(at("ws")).args(words);
        command.env("HOME", home.path()).env("XDG_STATE_HOME", at("state")).env("CHAT", &channel);
        // What stays on this machine goes by no proxy.
        command.env("HTTP_PROXY", "http://127.0.0.1:1").env("http_proxy", "http://127.0.0.1:1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let run = |words: &[&str], typed: &str| -> Vec<Value> {
        let mut child = onroll(words).spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let mut sandbox = onroll(&["sandbox", "--people", "5", "--tenants", tenants.to_str().unwrap()]).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(sandbox.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    prints("sandbox", [&serde_json::from_str(&ready).unwrap()], &[]);
    let mut files: Vec<_> = std::fs::read_dir(&tenants).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let file = files.iter().find(|path| path.to_string_lossy().contains("planday-flow")).unwrap();
    let added = run(&["tenant", "add", file.to_str().unwrap()], "");
    prints("tenant add", &added, &[]);
    let tenant = added[0]["tenant"]["short_name"].as_str().unwrap();
    let end = [tenant, "source", "refresh_token"];
    prints("connection secret", &run(&[&["connection", "secret"], &end[..]].concat(), "another\n"), &[]);
    prints("connection revoke", &run(&[&["connection", "revoke"], &end[..], &["--yes"]].concat(), ""), &[]);
    prints("chat url", &run(&["chat", "url"], "https://chat.example/hush\n"), &[]);
    prints("chat test", &run(&["chat", "test"], ""), &[]);
    prints("digest", &run(&["digest", "--send"], ""), &["Message"]);
    let copy = run(&["backup"], "");
    prints("backup", &copy, &[]);
    prints("restore", &run(&["restore", copy[0]["file"].as_str().unwrap(), "--yes"], ""), &[]);
    let museum = run(&["incidents", "list"], "");
    let smallest = museum[0]["incidents"].as_array().unwrap().iter().min_by_key(|one| one["people"].as_u64()).unwrap();
    prints("incidents run", &run(&["incidents", "run", smallest["incident"].as_str().unwrap()], ""), &[]);
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
}
