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
        ("vendors", [below_adapters.clone(), vec!["vendors", "files"]].concat()),
        ("files", [below_adapters.clone(), vec!["files"]].concat()),
        ("secrets", [below_adapters, vec!["secrets"]].concat()),
        ("engine", engine.clone()),
        ("services", [engine.clone(), vec!["services"]].concat()),
        ("console", [engine.clone(), vec!["services", "console"]].concat()),
        // The commands `demo`, `sandbox` and `bench` start the simulators.
        ("cli", [engine, vec!["services", "cli", "sandbox"]].concat()),
        ("sandbox", vec!["sandbox"]),
    ])
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
        ("sandbox", vec!["rusqlite", "reqwest", "ratatui"]),
    ])
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
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for (folder, may_use) in allowed() {
        for file in sources(&src.join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            let code: String =
                without_tests(&text).lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n");
            for name in names_after(&code, "crate::") {
                if !may_use.contains(&name) && src.join(name).is_dir() {
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
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for folder in ["domain", "matching", "mapping", "planning", "ports", "store", "engine", "services"] {
        for file in sources(&src.join(folder)) {
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
