//! The console as plain lines: what a screen reader and a pipe get.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use assert_cmd::Command;

#[test]
fn keys_by_name_answer_with_lines_without_decoration() {
    let home = tempfile::tempdir().unwrap();
    let mut onroll = Command::cargo_bin("onroll").unwrap();
    onroll.env_clear().env("HOME", home.path()).env("LANG", "C.UTF-8");
    onroll.args(["--plain", "--workspace"]).arg(home.path().join("ws"));
    let run = onroll.write_stdin("?\nesc\nwrong-key\nq\n").assert().success();
    let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert!(text.contains("▸ n  add a tenant"), "{text}");
    assert!(text.contains("Help: Tenants"), "{text}");
    assert!(text.contains("`wrong-key` is no key"), "{text}");
    assert!(!text.contains(['\u{1b}', '─', '│', '┌']), "{text}");
}
