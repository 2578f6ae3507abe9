//! A support bundle of a whole demo tells who nobody is.

use crate::demo::{Demo, demo, texts_under};
use onroll::cli::config::Config;
use onroll::cli::workspace::Workspace;
use onroll::domain::text::search_fold;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The files of a bundle, by name.
fn bundle(demo: &Demo, words: &[&str], name: &str) -> BTreeMap<String, String> {
    let out = demo.path("tmp").join(name);
    let (code, told) = demo.said(&[&["support-bundle", "--out", out.to_str().unwrap()], words].concat());
    assert_eq!(code, 0, "{told}");
    let files = unpacked(&out);
    std::fs::remove_file(&out).unwrap();
    files
}

fn unpacked(path: &Path) -> BTreeMap<String, String> {
    let file = std::fs::File::open(path).unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut files = BTreeMap::new();
    for number in 0..archive.len() {
        let mut part = archive.by_index(number).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        files.insert(part.name().unwrap().into_owned(), text);
    }
    files
}

/// What tells who somebody is, by what it is.
struct Everybody {
    names: BTreeSet<String>,
    emails: BTreeSet<String>,
    days: BTreeSet<String>,
    ids: BTreeSet<String>,
    phones: BTreeSet<String>,
}

fn everybody(demo: &Demo) -> Everybody {
    let mut all = Everybody {
        names: BTreeSet::new(),
        emails: BTreeSet::new(),
        days: BTreeSet::new(),
        ids: BTreeSet::new(),
        phones: BTreeSet::new(),
    };
    let under = |keys: &[&str]| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        texts_under(&demo.world, keys, &mut found);
        found.into_iter().map(str::to_owned).collect()
    };
    // As the simulators know them, and as the workspace does.
    all.names.extend(under(&["first_name", "last_name", "known_as"]));
    all.emails.extend(under(&["email"]));
    all.days.extend(under(&["date_of_birth"]));
    all.phones.extend(under(&["phone", "mobile"]));
    let dir = tempfile::tempdir().unwrap();
    for name in ["onroll.db", "onroll.db-wal"] {
        std::fs::copy(demo.left("ws").join(name), dir.path().join(name)).unwrap();
    }
    let workspace = Workspace::open_in(dir.path(), &Config::default()).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = &workspace.store;
        for connection in store.connections().await.unwrap() {
            for employee in store.employees(connection.id).await.unwrap() {
                all.ids.extend([employee.id.to_string(), employee.identifier.to_string()]);
                all.add(&serde_json::to_value(&employee.person).unwrap());
            }
            for user in store.users(connection.id).await.unwrap() {
                all.ids.insert(user.id.to_string());
                all.ids.extend(user.identifier.iter().map(ToString::to_string));
                all.add(&serde_json::to_value(&user.person).unwrap());
            }
        }
    });
    all
}

impl Everybody {
    fn add(&mut self, person: &Value) {
        let take = |keys: &[&str], into: &mut BTreeSet<String>| {
            let mut found = BTreeSet::new();
            texts_under(person, keys, &mut found);
            into.extend(found.into_iter().map(str::to_owned));
        };
        take(&["first_name", "last_name", "known_as"], &mut self.names);
        take(&["email"], &mut self.emails);
        take(&["date_of_birth"], &mut self.days);
        take(&["phone"], &mut self.phones);
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// The texts of a file: the values of its objects, or its lines; not the program's own names of things.
fn texts(name: &str, content: &str) -> Vec<String> {
    fn values(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(all) => all.iter().for_each(|value| values(value, found)),
            Value::Object(all) => all.values().for_each(|value| values(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    match name.rsplit('.').next() {
        Some("json") => values(&serde_json::from_str(content).expect(name), &mut found),
        Some("jsonl") => content.lines().for_each(|line| values(&serde_json::from_str(line).expect(name), &mut found)),
        _ => found.extend(content.lines().map(str::to_owned)),
    }
    found
}

/// Panics where something tells who somebody is.
fn nobody_is_in(files: &BTreeMap<String, String>, demo: &Demo, all: &Everybody) {
    // The README is the program's own, the same in each bundle.
    for (name, content) in files.iter().filter(|(name, _)| *name != "README.txt") {
        for secret in &demo.secrets {
            assert!(!content.contains(secret.as_str()), "{name} holds the credential {secret}");
        }
        let lower = content.to_lowercase();
        for email in &all.emails {
            assert!(!lower.contains(&email.to_lowercase()), "{name} holds {email}");
        }
        for day in &all.days {
            assert!(!content.contains(day.as_str()), "{name} holds {day}");
        }
        for phone in &all.phones {
            assert!(!content.contains(phone.as_str()), "{name} holds {phone}");
        }
        let texts = texts(name, content);
        let as_written: BTreeSet<&str> = texts.iter().flat_map(|text| words(text)).collect();
        let folded: BTreeSet<String> = as_written.iter().map(|word| search_fold(word)).collect();
        for part in all.names.iter().flat_map(|name| words(name)).filter(|part| part.chars().count() > 1) {
            let is_there = match part.chars().count() {
                // `An` and `Do` are words too: as they are written as names they must not be there.
                ..4 => as_written.contains(&part),
                _ => folded.contains(&search_fold(part)),
            };
            assert!(!is_there, "{name} names {part}: {:?}", texts.iter().find(|text| words(text).contains(&part)));
        }
        for id in all.ids.iter().filter(|id| id.chars().count() > 3) {
            let id = words(id);
            if id.iter().all(|part| as_written.contains(part)) {
                let found = texts.iter().find(|text| words(text).windows(id.len()).any(|run| run == id));
                assert!(found.is_none(), "{name} holds the id {id:?}: {found:?}");
            }
        }
    }
}

#[test]
fn a_bundle_of_a_whole_demo_names_nobody_and_holds_no_secret() {
    let demo = demo();
    let all = everybody(demo);
    assert!(all.names.len() > 100 && all.emails.len() > 100 && all.ids.len() > 100 && all.days.len() > 50);
    let files = bundle(demo, &[], "all.zip");
    nobody_is_in(&files, demo, &all);
    let whole: String = files.iter().filter(|(name, _)| *name != "README.txt").map(|(_, text)| text.as_str()).collect();
    for tenant in &demo.tenants {
        assert!(!whole.contains(tenant.as_str()), "{tenant} is named");
    }
    for private in ["rosa", demo.workspace().to_str().unwrap(), "127.0.0.1:"] {
        assert!(!whole.contains(private), "{private} is in it");
    }
    assert!(files["README.txt"].contains("NOT IN IT"));
    assert!(files.keys().any(|name| name.starts_with("logs/")), "{:?}", files.keys());
    assert_eq!(files.keys().filter(|name| name.ends_with("/runs.json")).count(), demo.tenants.len());
    let about: Value = serde_json::from_str(&files["about.json"]).unwrap();
    assert_eq!(about["program"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(about["doctor"].as_array().unwrap().iter().any(|check| check["check"] == "database"));
}

#[test]
fn one_person_has_one_pseudonym_in_a_bundle_and_another_in_the_next() {
    let demo = demo();
    let tenant = demo.tenants[0].as_str();
    let files = bundle(demo, &[tenant, "--names"], "one.zip");
    let feed = &files[&format!("tenants/{tenant}/feed.jsonl")];
    let lines: Vec<Value> = feed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let people: Vec<&str> = lines.iter().filter_map(|line| line["person"].as_str()).collect();
    assert!(people.len() > 10 && people.iter().all(|person| person.starts_with("person-")), "{people:?}");
    let set: Value = serde_json::from_str(&files[&format!("tenants/{tenant}/tenant.json")]).unwrap();
    let held: Vec<&str> = set["held"].as_array().unwrap().iter().filter_map(|one| one["person"].as_str()).collect();
    assert!(held.iter().any(|person| people.contains(person)), "who is held has lines of the log: {held:?}");
    assert!(set["counts"]["source_pulls"][0]["records"].as_u64().unwrap() > 0, "{set}");
    let next = bundle(demo, &[tenant, "--names"], "two.zip");
    let other: Value =
        serde_json::from_str(next[&format!("tenants/{tenant}/feed.jsonl")].lines().next().unwrap()).unwrap();
    assert_eq!(other["at"], lines[0]["at"]);
    let first = lines.iter().find(|line| !line["person"].is_null()).unwrap();
    let same = next[&format!("tenants/{tenant}/feed.jsonl")].lines().find_map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        (line["at"] == first["at"] && !line["person"].is_null()).then_some(line)
    });
    assert_ne!(same.unwrap()["person"], first["person"], "the key is another one");
    assert_eq!(files.keys().filter(|name| name.starts_with("tenants/")).count(), 3, "only this tenant");
    nobody_is_in(&files, demo, &everybody(demo));
}

#[test]
fn a_tenant_that_is_not_there_and_a_folder_that_cannot_be_written_are_said() {
    let demo = demo();
    let ended = demo.command(&["support-bundle", "nobody"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let ended = demo.command(&["support-bundle", "--out", "/proc/nowhere/a.zip"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{}", String::from_utf8_lossy(&ended.stderr));
}
