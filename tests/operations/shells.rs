//! Completions are loaded by the shells themselves, and the man page by the program that sets man pages. A shell that is not here is
//! skipped, and that is said.

use crate::deploy::tool;
use std::io::Write;
use std::process::{Command, Stdio};

fn made(words: &[&str]) -> String {
    let ended = Command::new(env!("CARGO_BIN_EXE_onroll")).args(words).env_clear().output().unwrap();
    assert!(ended.status.success(), "{words:?}");
    String::from_utf8(ended.stdout).unwrap()
}

/// What a shell says to a script that it reads from standard input.
fn said(shell: &std::path::Path, arguments: &[&str], script: &str) -> String {
    let mut command = Command::new(shell);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success() && complaints.is_empty(), "{}: {complaints}", shell.display());
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn bash_completes_commands_and_options() {
    let Some(bash) = tool("bash") else { return };
    for (words, last, wanted) in [
        ("onroll support-b", "support-b", "support-bundle"),
        ("onroll logs --fol", "--fol", "--follow"),
        ("onroll watch --sta", "--sta", "--status"),
        ("onroll runs und", "und", "undo"),
    ] {
        let count = words.split(' ').count() - 1;
        let ask = format!(
            "{}\nCOMP_WORDS=({words}); COMP_CWORD={count}\n_onroll onroll '{last}' onroll\necho \"${{COMPREPLY[@]}}\"\ncomplete -p onroll >/dev/null\n",
            made(&["completions", "bash"])
        );
        let offered = said(&bash, &["--norc", "--noprofile"], &ask);
        assert!(offered.split_whitespace().any(|word| word == wanted), "{words}: {offered}");
    }
}

#[test]
fn zsh_and_fish_read_their_completions() {
    if let Some(zsh) = tool("zsh") {
        said(&zsh, &["-f"], &format!("autoload -Uz compinit && compinit -u -D\n{}\n", made(&["completions", "zsh"])));
    }
    if let Some(fish) = tool("fish") {
        let script = format!("{}\ncomplete -C 'onroll support-b'\n", made(&["completions", "fish"]));
        assert!(said(&fish, &["--no-config"], &script).contains("support-bundle"));
    }
}

#[test]
fn the_man_page_is_set_without_a_complaint_and_names_every_command() {
    let page = made(&["man"]);
    let set = match tool("groff") {
        Some(groff) => said(&groff, &["-man", "-ww", "-Tutf8", "-P-c"], &page),
        None => page,
    };
    let command = <onroll::cli::arguments::Arguments as clap::CommandFactory>::command();
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let name = inner.get_name().replace('-', "\u{2010}");
        assert!(set.contains(&format!("onroll\u{2010}{name}")) || set.contains(inner.get_name()), "{name} in\n{set}");
    }
}

/// Pages that a page names: `onroll\-runs\-show(1)`.
fn named(page: &str) -> Vec<String> {
    let plain = page.replace("\\-", "-").replace("\\fR", "").replace("\\fB", "");
    let word =
        |at: usize| plain[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap().to_owned();
    plain.match_indices("(1)").map(|(at, _)| word(at)).filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_man_page_that_is_named_is_there_and_none_complains() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("man1");
    let wrote = made(&["man", "--out", at.to_str().unwrap()]);
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(&at).unwrap() {
        let path = entry.unwrap().path();
        pages.push((path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()));
    }
    assert!(wrote.starts_with(&format!("Wrote {} pages", pages.len())), "{wrote}");
    let names: std::collections::BTreeSet<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    let mut links = 0;
    for (name, page) in &pages {
        for other in named(page) {
            assert!(names.contains(other.as_str()), "{name} names {other}(1), which is nowhere");
            links += 1;
        }
    }
    let mut commands = 0;
    let mut waiting = vec![<onroll::cli::arguments::Arguments as clap::CommandFactory>::command()];
    while let Some(mut command) = waiting.pop() {
        command.build();
        let name = command.get_display_name().unwrap_or("onroll").to_owned();
        assert!(names.contains(name.as_str()), "{name} has no page");
        commands += 1;
        waiting.extend(command.get_subcommands().filter(|inner| inner.get_name() != "help").cloned());
    }
    assert_eq!((commands, links), (pages.len(), pages.len() - 1), "each page but the first is named once");
    assert_eq!(made(&["man", "runs", "show"]), pages.iter().find(|(name, _)| name == "onroll-runs-show").unwrap().1);
    if let Some(man) = tool("man") {
        let page = at.join("onroll-runs-show.1");
        let set = Command::new(man).args(["--warnings", "-l"]).arg(page).env("MANPAGER", "cat").output().unwrap();
        assert!(set.status.success() && set.stderr.is_empty(), "{}", String::from_utf8_lossy(&set.stderr));
    }
    if let Some(groff) = tool("groff") {
        let files = pages.iter().map(|(name, _)| at.join(format!("{name}.1")));
        let set = Command::new(groff).args(["-Kutf8", "-man", "-ww", "-z"]).args(files).output().unwrap();
        assert!(set.status.success() && set.stderr.is_empty(), "{}", String::from_utf8_lossy(&set.stderr));
    }
}
