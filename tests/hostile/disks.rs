//! Disks and limits that refuse a write.

use assert_cmd::Command;
use std::path::Path;
use std::time::Duration;

/// Runs the program under a limit on the size of files, in blocks of 512 bytes.
fn limited(folder: &Path, blocks: u32, arguments: &str) -> (Option<i32>, String) {
    let mut command = Command::new("sh");
    let line = format!("ulimit -f {blocks}; exec \"$ONROLL\" {arguments}");
    command.arg("-c").arg(line).current_dir(folder).env("ONROLL", env!("CARGO_BIN_EXE_onroll"));
    command.env("ONROLL_WORKSPACE", folder.join("workspace")).env("HOME", folder).timeout(Duration::from_secs(60));
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_limit_on_the_size_of_files_is_named_and_costs_nothing_that_was_saved() {
    let dir = tempfile::tempdir().unwrap();
    let (code, said) = limited(dir.path(), 8, "tenant list");
    assert_eq!(code, Some(1), "no signal ends it: {said}");
    assert!(said.contains("ulimit -f"), "{said}");
    let whole = dir.path().join("whole");
    std::fs::create_dir(&whole).unwrap();
    assert_eq!(limited(&whole, 1_000_000, "tenant list"), (Some(0), String::new()));
    let (code, said) = limited(&whole, 128, "tenant show nobody");
    assert_eq!(code, Some(2), "what only reads is not hindered: {said}");
}
