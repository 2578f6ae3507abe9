//! The files that a workspace keeps for itself, by the program: none is written over, and what is wrong with them is told with its cure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

use assert_cmd::Command;
use onroll::store::look_at_copy;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

#[expect(clippy::disallowed_methods, reason = "a test writes past the store")]
fn write_past(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The program at a home folder of its own, with a workspace in it that has a tenant's credentials beside its file.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.onroll(&["tenant", "list"], 0);
        let secrets = onroll::secrets::SecretStore::open(&home.file(""), None).unwrap();
        secrets.set("a", &onroll::domain::secret::Secret::new("b".to_owned())).unwrap();
        home
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join("ws").join(name)
    }

    /// What it says, stdout and stderr; an end that never comes is cut off.
    fn onroll(&self, arguments: &[&str], exit: i32) -> String {
        self.onroll_as(None, arguments, exit)
    }

    /// The same by another user of the system.
    fn onroll_as(&self, user: Option<u32>, arguments: &[&str], exit: i32) -> String {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_onroll"));
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let mut command = Command::from_std(command);
        command.env_clear().env("HOME", self.0.path()).env("LANG", "C.UTF-8").current_dir(self.0.path());
        command.args(arguments).arg("--workspace").arg(self.0.path().join("ws"));
        let ran = command.timeout(std::time::Duration::from_secs(60)).assert();
        let output = ran.get_output();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {said}");
        said
    }

    /// Every file of the workspace with its bytes.
    fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(self.file("")).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
        files.sort();
        files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }
}

#[test]
fn no_command_writes_over_a_file_of_the_workspace() {
    let home = Home::new();
    let elsewhere = home.0.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(home.file("onroll.db"), elsewhere.join("link.db")).unwrap();
    std::fs::hard_link(home.file("onroll.db"), elsewhere.join("hard.db")).unwrap();
    let before = home.kept();
    let own =
        ["ws/onroll.db", "ws/onroll.db-wal", "ws/onroll.db-shm", "ws/secrets.key", "ws/backups/../secrets.sealed"];
    for path in own.into_iter().chain(["elsewhere/link.db", "elsewhere/hard.db", "/dev/null"]) {
        for command in [&["backup", path][..], &["support-bundle", "--out", path], &["audit", "--out", path]] {
            let said = home.onroll(command, 2);
            assert!(said.contains("is not written over") && said.contains("nothing was written"), "{said}");
            assert!(home.kept() == before, "{command:?}");
        }
    }
    for command in [
        &["export", "people", "t", "--out", "ws/onroll.db"][..],
        &["runs", "errors", "1", "--out", "ws/onroll.db"],
        &["runs", "drift", "1", "--out", "ws/onroll.db"],
        &["plan", "t", "--out", "ws/onroll.db"],
        &["logs", "--out", "ws/onroll.db"],
        &["mapping", "export", "t", "branch", "ws/onroll.db"],
        &["match", "--source", "a.csv", "--destination", "b.csv", "--out", "ws/onroll.db"],
        &["man", "--out", "ws/onroll.db"],
    ] {
        let said = home.onroll(command, 2);
        assert!(said.contains("a file of the workspace"), "{command:?}: {said}");
        assert!(home.kept() == before, "{command:?}");
    }
    home.onroll(&["tenant", "list"], 0);
}

#[test]
fn a_backup_takes_the_place_of_an_older_one_and_of_nothing_else() {
    let home = Home::new();
    let copy = home.0.path().join("copy.db");
    home.onroll(&["backup", "copy.db"], 0);
    home.onroll(&["backup", "copy.db"], 0);
    std::fs::write(home.0.path().join("made.db"), "").unwrap();
    home.onroll(&["backup", "made.db"], 0);
    home.onroll(&["support-bundle", "--out", "copy.db"], 2);
    assert_eq!(look_at_copy(&copy).unwrap().tenants, 0);
    let notes = home.0.path().join("notes.txt");
    std::fs::write(&notes, "mine").unwrap();
    write_past(&home.0.path().join("foreign.db"), "CREATE TABLE t(x)");
    let other = home.0.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(&copy, other.join("onroll.db")).unwrap();
    write_past(&other.join("onroll.db"), "PRAGMA journal_mode = WAL");
    for (path, words) in [
        ("notes.txt", "no copy of a workspace"),
        ("foreign.db", "no copy of a workspace"),
        ("other/onroll.db", "a workspace that has been opened"),
    ] {
        let (before, said) = (std::fs::read(home.0.path().join(path)).unwrap(), home.onroll(&["backup", path], 2));
        assert!(said.contains(words), "{said}");
        assert!(std::fs::read(home.0.path().join(path)).unwrap() == before, "{path}");
        assert!(!home.0.path().join(format!("{path}.part")).exists());
    }
}

#[test]
fn a_workspace_is_not_restored_from_itself() {
    let home = Home::new();
    std::os::unix::fs::symlink(home.file("onroll.db"), home.0.path().join("link.db")).unwrap();
    std::fs::copy(home.file("onroll.db"), home.file("onroll.db.restoring")).unwrap();
    let before = home.kept();
    for path in ["ws/onroll.db", "link.db"] {
        let said = home.onroll(&["restore", path, "--yes"], 1);
        assert!(said.contains("it is the workspace itself"), "{said}");
        home.onroll(&["restore", path], 1);
    }
    let said = home.onroll(&["restore", "ws/onroll.db.restoring", "--yes"], 1);
    assert!(said.contains("a restore that was interrupted"), "{said}");
    assert!(home.kept() == before);
}

/// Takes the middle of the database away.
fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let (from, to) = (bytes.len() / 8, bytes.len() * 7 / 8);
    bytes[from..to].fill(0x5a);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn an_unfinished_copy_of_a_killed_process_is_told_and_then_removed() {
    let home = Home::new();
    home.onroll(&["backup"], 0);
    let part = home.file("backups/onroll-20260101-000000.db.part");
    let file = std::fs::File::create(&part).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let said = home.onroll(&["doctor"], 0);
    assert!(said.contains(part.to_str().unwrap()) && said.contains("left unfinished"), "{said}");
    home.onroll(&["backup"], 0);
    assert!(!part.exists());
    assert!(!home.onroll(&["doctor"], 0).contains("left unfinished"));
}

#[test]
fn doctor_names_the_copies_that_could_take_the_place_of_a_damaged_workspace() {
    for break_it in [damage as fn(&Path), |path| std::fs::write(path, "no database any more").unwrap()] {
        let home = Home::new();
        let without = home.onroll(&["doctor"], 0);
        assert!(!without.contains("copy "), "{without}");
        home.onroll(&["backup"], 0);
        let copies = std::fs::read_dir(home.file("backups")).unwrap().map(|entry| entry.unwrap().path());
        let copy = copies.last().unwrap();
        break_it(&home.file("onroll.db"));
        let said = home.onroll(&["doctor"], 1);
        assert!(said.contains(&format!("sound: `onroll restore {} --yes`", copy.display())), "{said}");
        assert!(said.contains("0 min old, 0 tenants"), "{said}");
        assert!(said.lines().all(|line| !line.ends_with(": ") && !line.ends_with(':')), "nothing dangles: {said}");
        let bundle = home.onroll(&["support-bundle"], if said.contains("not an Onroll") { 2 } else { 1 });
        assert!(bundle.contains("no support bundle can be made") && bundle.contains("`onroll doctor`"), "{bundle}");
        std::fs::remove_file(&copy).unwrap();
        assert!(home.onroll(&["doctor"], 1).contains("`onroll restore FILE`"));
    }
}

#[test]
fn doctor_says_that_a_workspace_takes_no_writes() {
    let home = Home::new();
    // Root may write everything, whatever the rights say: then somebody else asks.
    let is_root = std::fs::metadata(home.0.path()).unwrap().uid() == 0;
    let user = is_root.then_some(65_534);
    let paths = home.kept().into_iter().map(|(path, _)| path);
    for path in paths.chain([home.file(""), home.0.path().to_owned()]) {
        chown(&path, user, user).unwrap();
    }
    assert!(!home.onroll_as(user, &["doctor"], 0).contains("takes no writes"));
    for (path, _) in home.kept() {
        set_mode(&path, 0o400);
    }
    set_mode(&home.file(""), 0o500);
    let said = home.onroll_as(user, &["doctor"], 1);
    let looked = home.onroll_as(user, &["doctor", "--read-only"], 0);
    set_mode(&home.file(""), 0o700);
    assert!(said.contains("✗ rights") && said.contains("chmod 700"), "{said}");
    assert!(looked.contains("✓ rights"), "{looked}");
}

#[test]
fn rights_that_are_too_wide_are_told_with_their_cure() {
    let home = Home::new();
    let (key, sealed) = (home.file("secrets.key"), home.file("secrets.sealed"));
    assert!(!home.onroll(&["doctor"], 0).contains("rights"));
    set_mode(&key, 0o644);
    let cure = format!("chmod 600 {}", key.display());
    for (command, exit) in [(&["tenant", "list"][..], 2), (&["doctor"], 1)] {
        let said = home.onroll(command, exit);
        assert!(said.contains(&cure) && said.contains("0644") && !said.contains("ONROLL_PASSPHRASE"), "{said}");
    }
    set_mode(&key, 0o600);
    set_mode(&sealed, 0o644);
    let said = home.onroll(&["doctor"], 1);
    assert!(said.contains(&format!("chmod 600 {}", sealed.display())), "{said}");
    set_mode(&sealed, 0o600);
    set_mode(&home.file(""), 0o755);
    let said = home.onroll(&["doctor"], 0);
    assert!(said.contains("✓ rights") && said.contains("(mode 0755)") && said.contains("chmod 700"), "{said}");
}
