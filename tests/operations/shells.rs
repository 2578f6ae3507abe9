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
