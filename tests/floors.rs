//! The floors of `src/lib.rs`, held by a test: a folder may use only what stands below it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each folder may name after `crate::`.
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let core = vec!["domain", "matching", "mapping", "planning"];
    let below_adapters = [core.clone(), vec!["ports"]].concat();
    let engine = [below_adapters.clone(), vec!["store", "vendors", "files", "secrets", "engine"]].concat();
    BTreeMap::from([
        ("domain", vec!["domain"]),
        ("matching", vec!["domain", "matching"]),
        ("mapping", core.clone()),
        ("planning", core),
        ("ports", below_adapters.clone()),
        ("store", [below_adapters.clone(), vec!["store"]].concat()),
        // A vendor's CSV transport reads and writes files.
        ("vendors", [below_adapters.clone(), vec!["vendors", "files", "trust"]].concat()),
        ("files", [below_adapters.clone(), vec!["files"]].concat()),
        ("secrets", [below_adapters.clone(), vec!["secrets"]].concat()),
        ("notify", [below_adapters, vec!["notify", "trust"]].concat()),
        ("engine", engine.clone()),
        ("services", [engine.clone(), vec!["services"]].concat()),
        // Who the vendors are and what they can do is asked of a service.
        ("console", [below_adapters_and_store(), vec!["services", "console"]].concat()),
        // The commands `demo`, `sandbox` and `bench` start the simulators.
        ("cli", [engine, vec!["services", "cli", "sandbox", "notify"]].concat()),
        ("sandbox", vec!["sandbox"]),
    ])
}

/// What the console sees of the floors below the services.
fn below_adapters_and_store() -> Vec<&'static str> {
    vec!["domain", "matching", "mapping", "planning", "ports", "store", "files", "engine"]
}

/// Crates that a folder must not name.
fn forbidden_crates() -> BTreeMap<&'static str, Vec<&'static str>> {
    let pure = vec!["tokio", "rusqlite", "reqwest", "ratatui", "axum", "fastrand"];
    BTreeMap::from([
        ("domain", pure.clone()),
        ("matching", pure.clone()),
        ("mapping", pure.clone()),
        ("planning", pure),
        ("ports", vec!["rusqlite", "reqwest", "ratatui", "axum"]),
        ("engine", vec!["rusqlite", "reqwest", "ratatui", "axum"]),
        ("services", vec!["rusqlite", "reqwest", "ratatui", "axum", "clap"]),
        ("console", vec!["rusqlite", "reqwest", "axum"]),
        ("cli", vec!["rusqlite", "reqwest", "ratatui"]),
        ("store", vec!["reqwest", "ratatui", "axum"]),
        ("vendors", vec!["rusqlite", "ratatui"]),
        ("sandbox", vec!["rusqlite", "reqwest", "ratatui", "onroll", "onroll_core"]),
    ])
}

/// Where a folder of the house stands: the pure ones and the simulators are packages of their own.
fn folder_of(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match name {
        "domain" | "matching" | "mapping" | "planning" => root.join("crates/core/src").join(name),
        "ports" | "store" | "vendors" | "files" | "secrets" | "notify" => root.join("crates/adapters/src").join(name),
        "sandbox" => root.join("crates/sandbox/src"),
        _ => root.join("src").join(name),
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests")) {
            // Tests may reach further.
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// The text before the unit tests: tests may reach further.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

fn names_after<'a>(text: &'a str, lead: &str) -> Vec<&'a str> {
    text.match_indices(lead)
        .map(|(at, _)| {
            let rest = &text[at + lead.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            &rest[..end]
        })
        .filter(|name| !name.is_empty())
        .collect()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

#[test]
fn no_floor_is_crossed() {
    let mut faults = Vec::new();
    for (folder, may_use) in allowed() {
        for file in sources(&folder_of(folder)).into_iter().filter(|file| !is_for_tests(file)) {
            let text = fs::read_to_string(&file).unwrap();
            let code: String =
                without_tests(&text).lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n");
            for name in names_after(&code, "crate::") {
                if !may_use.contains(&name) && folder_of(name).is_dir() {
                    faults.push(format!("{} uses crate::{name}", file.display()));
                }
            }
            for name in forbidden_crates().get(folder).into_iter().flatten() {
                if code.contains(&format!("{name}::")) {
                    faults.push(format!("{} names {name}", file.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "floors crossed:\n{}", faults.join("\n"));
}

#[test]
fn no_vendor_is_named_above_the_registry() {
    let mut faults = Vec::new();
    for folder in ["domain", "matching", "mapping", "planning", "ports", "store", "engine", "services"] {
        for file in sources(&folder_of(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in without_tests(&text).lines().enumerate() {
                if !is_comment(line) && (line.contains("\"planday\"") || line.contains("\"flow-learning\"")) {
                    faults.push(format!("{}:{}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "vendors named:\n{}", faults.join("\n"));
}

/// A module that only tests have: `#[cfg(test)]` stands before its name in the file above it.
fn is_for_tests(file: &Path) -> bool {
    let (Some(folder), Some(stem)) = (file.parent(), file.file_stem().and_then(|stem| stem.to_str())) else {
        return false;
    };
    let above = [folder.join("mod.rs"), folder.with_extension("rs")];
    let texts = above.iter().filter_map(|path| fs::read_to_string(path).ok());
    texts.into_iter().any(|text| {
        let lines: Vec<&str> = text.lines().collect();
        lines.windows(2).any(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].ends_with(&format!("mod {stem};")))
    })
}

/// The code of the front ends, without tests and comments, by file.
fn front_ends() -> Vec<(PathBuf, String)> {
    let files = ["cli", "console"].into_iter().flat_map(|folder| sources(&folder_of(folder)));
    files
        .filter(|file| !is_for_tests(file))
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            let code = without_tests(&text).lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n");
            (file, code)
        })
        .collect()
}

/// Methods of the store that write: those whose bodies hand something to its writer.
fn writing_methods() -> Vec<String> {
    let mut found = Vec::new();
    for file in sources(&folder_of("store")) {
        let text = fs::read_to_string(&file).unwrap();
        let code = without_tests(&text);
        for part in code.split("\n    pub async fn ").skip(1) {
            let body = part.split("\n    }\n").next().unwrap_or(part);
            if ["self.write(", "self.purge(", "self.alone("].iter().any(|write| body.contains(write)) {
                found.push(names_after(&format!("{{{part}"), "{")[0].to_owned());
            }
        }
    }
    // It reads; only a stamp from the future is put right.
    found.retain(|name| name != "at_work");
    assert!(found.len() > 50, "the store's writing methods are not found: {found:?}");
    found
}

#[test]
fn front_ends_change_nothing_past_the_services() {
    let writing = writing_methods();
    let mut faults = Vec::new();
    for (file, code) in front_ends() {
        for name in writing.iter().filter(|name| code.contains(&format!(".{name}("))) {
            faults.push(format!("{} calls {name} of the store", file.display()));
        }
    }
    assert!(faults.is_empty(), "what changes something belongs into src/services:\n{}", faults.join("\n"));
}

#[test]
fn screens_hold_no_store_and_no_engine() {
    let mut faults = Vec::new();
    for (file, code) in front_ends() {
        let path = file.display().to_string();
        let draws = path.contains("/console/") && !path.contains("/console/backend/");
        let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        for name in ["Store", "Engine"].into_iter().filter(|name| draws && words.contains(name)) {
            faults.push(format!("{path} names the {name}"));
        }
    }
    assert!(faults.is_empty(), "what a screen shows is handed to it as data:\n{}", faults.join("\n"));
}

/// What front ends may ask of the engine itself: what a vendor can do, how the set-up stands, and what-ifs. Anything that
/// does something is asked of a service, which looks who asks.
const ASKED_OF_THE_ENGINE: [&str; 5] = ["abilities", "checklist", "what_if_tables", "trial", "trial_of_all"];

#[test]
fn front_ends_do_nothing_past_the_services() {
    let mut faults = Vec::new();
    for (file, code) in front_ends() {
        // A call may stand on the next line.
        let code: String = code.split_whitespace().collect();
        for name in names_after(&code, "engine.") {
            let is_call = code.contains(&format!("engine.{name}("));
            if is_call && !ASKED_OF_THE_ENGINE.contains(&name) {
                faults.push(format!("{} calls {name} of the engine", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "what does something belongs into src/services:\n{}", faults.join("\n"));
}
