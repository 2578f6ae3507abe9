//! The operator's pager or editor, in the terminal's place: it is given a file that only its owner may read, and the file is gone
//! when it ends, however it ends.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

/// What shows a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    /// A command, as `$PAGER` and `$EDITOR` hold it, with its own arguments.
    pub command: String,
    /// Where the file stands while it is shown.
    pub folder: PathBuf,
}

impl Default for Pager {
    fn default() -> Self {
        Self { command: "less".to_owned(), folder: PathBuf::from("/tmp") }
    }
}

/// A file that is gone with this.
struct Shown(PathBuf);

impl Shown {
    fn write(folder: &Path, text: &str) -> io::Result<Self> {
        let path = folder.join(format!("onroll-said-{}.txt", uuid::Uuid::new_v4().simple()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let shown = Self(path);
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        Ok(shown)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        // Nobody is left to be told; it is masked as the screen is.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Shows the text until the pager ends. The terminal must have been given back before.
///
/// # Errors
/// Why it was not shown, in words.
pub async fn show(text: &str, pager: &Pager) -> Result<(), String> {
    let shown = Shown::write(&pager.folder, text)
        .map_err(|error| format!("no file can be made in {}: {error}", pager.folder.display()))?;
    let script = format!("{} \"$1\"", pager.command);
    let status =
        wait_for(&script, &[shown.0.as_os_str()]).await.map_err(|error| format!("no shell starts it: {error}"))?;
    match status.and_then(|status| status.code()) {
        // Ended by a key that the operator pressed (128 and the signal), or by itself.
        None | Some(0 | 129..) => Ok(()),
        Some(126 | 127) => Err("there is no such program; set PAGER or EDITOR".to_owned()),
        Some(code) => Err(format!("it ended with {code}")),
    }
}

/// Runs a command that has a screen of its own, until it ends. The terminal must have been given back before.
///
/// # Errors
/// Why it did not run, in words.
pub async fn run(words: &[String]) -> Result<(), String> {
    let words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
    let status = wait_for("\"$@\"", &words).await.map_err(|error| format!("no shell starts it: {error}"))?;
    match status.and_then(|status| status.code()) {
        None | Some(0 | 129..) => Ok(()),
        Some(code) => Err(format!("it ended with {code}")),
    }
}

/// Runs a script of the shell on its arguments; `None` where the program is to end before it does.
async fn wait_for(script: &str, arguments: &[&OsStr]) -> io::Result<Option<ExitStatus>> {
    let mut ends = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    // `-m` gives the pager a process group of its own: Ctrl-C and Ctrl-Z are the pager's then, not ours. The trap keeps the shell
    // alive when they end it, so that it gives the terminal back to our group.
    let mut shell = Command::new("sh");
    shell.args(["-m", "-c", &format!("trap : INT QUIT TSTP; {script}; exit $?"), "sh"]).args(arguments);
    if !io::stdin().is_terminal() {
        shell.stdin(File::open("/dev/tty").map_or_else(|_| Stdio::inherit(), Stdio::from));
    }
    let mut child = shell.spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let waiting = tokio::task::spawn_blocking(move || child.wait());
    tokio::select! {
        ended = waiting => ended.map_err(io::Error::other)?.map(Some),
        _ = ends.0.recv() => Ok(end(pid)),
        _ = ends.1.recv() => Ok(end(pid)),
    }
}

fn end(pid: Option<Pid>) -> Option<ExitStatus> {
    // It may have ended by itself.
    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn pager(folder: &Path, command: &str) -> Pager {
        Pager { command: command.to_owned(), folder: folder.to_owned() }
    }

    #[tokio::test]
    async fn the_pager_is_given_a_file_of_its_owner_which_is_gone_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let seen = folder.path().join("seen");
        let script = format!("set -- ; f() {{ stat -c %a \"$1\" > {0}; cat \"$1\" >> {0}; }}; f", seen.display());
        // The command is followed by the file, as `less -R` would be.
        let command = script.replace("set -- ; ", "");
        show("one\ntwo", &pager(folder.path(), &command)).await.unwrap();
        assert_eq!(std::fs::read_to_string(&seen).unwrap(), "600\none\ntwo\n");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
        assert_eq!(left, ["seen"]);
    }

    #[tokio::test]
    async fn a_pager_that_is_not_there_or_fails_says_so_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let missing = show("x", &pager(folder.path(), "no-such-pager-here")).await.unwrap_err();
        assert!(missing.contains("no such program"), "{missing}");
        assert_eq!(show("x", &pager(folder.path(), "exit 3;")).await.unwrap_err(), "it ended with 3");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let nowhere = show("x", &pager(&folder.path().join("none"), "cat")).await.unwrap_err();
        assert!(nowhere.starts_with("no file can be made"), "{nowhere}");
    }
}
