//! What `onroll doctor` says of the files of a workspace, also of one that does not open: rights, copies, what copying has left.

use super::{Check, check};
use crate::domain::code::ProblemCode;
use crate::domain::problem::Problem;
use crate::store::{COPIES, files_of_workspace, kept_copies, look_at_copy, unfinished_copies};
use jiff::{SignedDuration, Timestamp};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Copies that are looked into, the newest.
const COPIES_SHOWN: usize = 3;

/// What is wrong with a workspace that does not open, what can be done, and which copies could take its place.
#[must_use]
pub fn unopened(problem: &Problem, database: &Path, now: Timestamp) -> Vec<Check> {
    let said = [&problem.what, &problem.why].into_iter().filter(|part| !part.is_empty()).cloned();
    let words = [said.collect::<Vec<_>>().join(": ")].into_iter().chain(problem.remedies.iter().cloned());
    let mut checks = vec![check("workspace", false, words.collect::<Vec<_>>().join("; "))];
    let is_cut = std::fs::metadata(database).is_ok_and(|found| found.len() == 0);
    if is_cut || matches!(problem.code(), ProblemCode::WorkspaceDamaged | ProblemCode::WorkspaceUnusable) {
        checks.extend(copies(database, now));
    }
    checks
}

/// The newest copies that could take the place of the database.
#[must_use]
pub fn copies(database: &Path, now: Timestamp) -> Vec<Check> {
    let kept = kept_copies(database);
    if kept.is_empty() {
        let folder = database.parent().unwrap_or(Path::new("."));
        let words = format!(
            "none in {} nor beside the file: `onroll restore FILE` takes one that you keep elsewhere",
            folder.join(COPIES).display()
        );
        return vec![check("copy", false, words)];
    }
    let shown = kept.iter().take(COPIES_SHOWN).map(|(path, at)| match look_at_copy(path) {
        Err(error) => check("copy", false, error.to_string()),
        Ok(facts) => {
            let (path, age) = (path.display(), age(now.duration_since(*at)));
            let tenants = if facts.tenants == 1 { "1 tenant".to_owned() } else { format!("{} tenants", facts.tenants) };
            let words = format!("{path}, {age} old, {tenants}, sound: `onroll restore {path} --yes` puts it in place");
            check("copy", true, words)
        }
    });
    shown.collect()
}

/// Copies that were not finished by a process that was killed.
#[must_use]
pub fn unfinished(database: &Path, now: Timestamp) -> Option<Check> {
    let left = unfinished_copies(database, now);
    let first = left.first()?.display();
    let more = if left.len() > 1 { format!(" and {} more", left.len() - 1) } else { String::new() };
    let words = format!(
        "{first}{more}: left unfinished by a process that was killed; the next `onroll backup` removes what is left"
    );
    Some(check("copy", true, words))
}

/// What others than the owner may do with the folder and the files of a workspace.
#[must_use]
pub fn rights(database: &Path) -> Vec<Check> {
    let mode = |path: &Path| std::fs::metadata(path).ok().map(|found| found.permissions().mode() & 0o7777);
    let folder = database.parent().unwrap_or(Path::new("."));
    let mut checks: Vec<Check> = mode(folder).and_then(|mode| of_folder(folder, mode)).into_iter().collect();
    let mut files = files_of_workspace(database);
    files.sort();
    checks.extend(files.iter().filter_map(|path| of_file(path, mode(path)?)));
    checks
}

/// A folder into which others may look shows names of files only; one that they may change is as good as its files.
fn of_folder(folder: &Path, mode: u32) -> Option<Check> {
    let path = folder.display();
    let words = match (mode & 0o002, mode & 0o077) {
        (_, 0) => return None,
        (0, _) => "others than the owner may look into",
        _ => "everybody may put files in the place of those in",
    };
    Some(check("rights", mode & 0o002 == 0, format!("{words} {path} (mode {mode:04o}); cure: `chmod 700 {path}`")))
}

/// A group that may read is told of and no fault: Kubernetes gives one to the files of a volume (`fsGroup`).
fn of_file(file: &Path, mode: u32) -> Option<Check> {
    let path = file.display();
    let words = format!("others than the owner may read or change {path} (mode {mode:04o}); cure: `chmod 600 {path}`");
    (mode & 0o077 != 0).then(|| check("rights", mode & 0o007 == 0, words))
}

/// That the workspace takes no writes. Whoever asked for looking only (`--read-only`) is told, and nothing is wrong.
#[must_use]
pub fn frozen(folder: &Path, asked: bool) -> Check {
    let path = folder.display();
    let words = format!("{path} or the database in it takes no writes");
    if asked {
        return check("rights", true, format!("{words}: it is only looked at"));
    }
    let cure = format!(
        "no command opens it but with --read-only; as its owner `chmod 700 {path}` and `chmod 600` its files, or copy the \
         folder to a disk that may be written"
    );
    check("rights", false, format!("{words}: {cure}"))
}

fn age(age: SignedDuration) -> String {
    let minutes = age.as_mins().max(0);
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_do_is_told_with_its_cure() {
        let (folder, file) = (Path::new("/w"), Path::new("/w/secrets.sealed"));
        assert_eq!(of_folder(folder, 0o700), None);
        assert_eq!(of_file(file, 0o600), None);
        assert_eq!(of_file(file, 0o400), None);
        for (found, good, words) in [
            (of_folder(folder, 0o755), true, "may look into /w (mode 0755); cure: `chmod 700 /w`"),
            (of_folder(folder, 0o777), false, "everybody may put files in the place of those in /w"),
            (of_file(file, 0o660), true, "(mode 0660); cure: `chmod 600 /w/secrets.sealed`"),
            (of_file(file, 0o644), false, "(mode 0644); cure: `chmod 600 /w/secrets.sealed`"),
        ] {
            let found = found.unwrap();
            assert!(found.good == good && found.detail.contains(words), "{}", found.detail);
        }
    }

    #[test]
    fn a_workspace_that_takes_no_writes_is_a_fault_only_where_it_is_to_be_written() {
        assert!(frozen(Path::new("/w"), true).good);
        let fault = frozen(Path::new("/w"), false);
        assert!(!fault.good && fault.detail.contains("chmod 700 /w"), "{}", fault.detail);
    }

    #[test]
    fn ages_are_told_in_the_unit_that_tells_most() {
        let said = [-60, 59 * 60, 3 * 3_600, 50 * 3_600].map(|seconds| age(SignedDuration::from_secs(seconds)));
        assert_eq!(said, ["0 min", "59 min", "3 h", "2 days"]);
    }
}
