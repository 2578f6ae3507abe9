//! Processes of this machine, so that the lease of a dead one is known to be free at once.
//!
//! A process is named by its id and its *start*: `BOOT:NAMESPACE:TICKS` on Linux (boot id of the kernel, namespace of process
//! ids, field 22 of `/proc/PID/stat`), which no other process in the world shares. Two containers or machines with one host
//! name differ in the first two parts, a later process of the same id in the third.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::sync::OnceLock;

/// Whether a process still works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    Works,
    Gone,
    /// It is of another machine, container or boot, or the system does not tell: only its silence can.
    Unknown,
}

/// What the system says of a process id.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Look {
    /// State letter and start in ticks.
    Seen(char, String),
    /// There is a process, but it is somebody else's and hidden.
    Hidden,
    Nobody,
}

/// The start of a process of this machine; `None` when there is no such process or the system does not tell.
pub fn start_of(pid: u32) -> Option<String> {
    let here = here()?;
    match look(pid) {
        Look::Seen(_, ticks) => Some(format!("{here}:{ticks}")),
        Look::Hidden | Look::Nobody => None,
    }
}

/// The name of this machine.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether the process with this id and start still works. The name of its host counts only where the system has no better
/// one for it.
pub fn liveness_of(pid: u32, start: &str, host: &str) -> Liveness {
    judge(start, here(), host == host_name(), || look(pid))
}

fn judge(start: &str, here: Option<&str>, same_host: bool, look: impl FnOnce() -> Look) -> Liveness {
    let Some(here) = here else {
        // No /proc (macOS): that nobody has the id is certain, that the one who has it is the same is not.
        let gone = same_host && start.is_empty() && look() == Look::Nobody;
        return if gone { Liveness::Gone } else { Liveness::Unknown };
    };
    match start.rsplit_once(':') {
        Some((there, ticks)) if there == here => match look() {
            // A zombie has ended; only its parent has not noticed.
            Look::Seen('Z' | 'X' | 'x', _) | Look::Nobody => Liveness::Gone,
            Look::Seen(_, now) if now != ticks => Liveness::Gone,
            Look::Seen(..) | Look::Hidden => Liveness::Works,
        },
        _ => Liveness::Unknown,
    }
}

/// Boot and namespace of process ids of this process; `None` where the system has no such things.
fn here() -> Option<&'static str> {
    static HERE: OnceLock<Option<String>> = OnceLock::new();
    let found = HERE.get_or_init(|| {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
        Some(format!("{}:{}", boot.trim(), namespace.display()))
    });
    found.as_deref()
}

fn look(pid: u32) -> Look {
    if let Some((state, ticks)) =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).ok().as_deref().and_then(state_and_start)
    {
        return Look::Seen(state, ticks.to_owned());
    }
    let Some(id) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Look::Nobody };
    match test_kill_process(id) {
        Err(Errno::SRCH) => Look::Nobody,
        _ => Look::Hidden,
    }
}

/// State and start out of `/proc/PID/stat`. The command name may hold blanks and parentheses; the fields after it do not.
fn state_and_start(stat: &str) -> Option<(char, &str)> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "b007:pid:[1]";

    fn judged(start: &str, look: Look) -> Liveness {
        judge(start, Some(HERE), true, || look)
    }

    #[test]
    fn a_process_is_told_from_every_other_of_its_id() {
        let seen = |state| Look::Seen(state, "77".into());
        let own = format!("{HERE}:77");
        assert_eq!(judged(&own, seen('S')), Liveness::Works);
        assert_eq!(judged(&own, seen('T')), Liveness::Works, "stopped is not dead");
        assert_eq!(judged(&own, Look::Hidden), Liveness::Works, "of another user, who hides it");
        assert_eq!(judged(&own, seen('Z')), Liveness::Gone);
        assert_eq!(judged(&own, Look::Nobody), Liveness::Gone);
        assert_eq!(judged(&own, Look::Seen('S', "78".into())), Liveness::Gone, "the id was given to another");
    }

    #[test]
    fn of_another_boot_container_or_machine_nothing_is_known() {
        for start in ["b007:pid:[2]:77", "f00d:pid:[1]:77", "77", "", ":::"] {
            assert_eq!(judged(start, Look::Nobody), Liveness::Unknown, "{start}");
        }
    }

    #[test]
    fn without_proc_only_an_id_that_nobody_has_is_certain() {
        let judged = |start, same_host, look| judge(start, None, same_host, || look);
        assert_eq!(judged("", true, Look::Nobody), Liveness::Gone);
        assert_eq!(judged("", true, Look::Hidden), Liveness::Unknown);
        assert_eq!(judged("", false, Look::Nobody), Liveness::Unknown);
        assert_eq!(judged("b007:pid:[1]:77", true, Look::Nobody), Liveness::Unknown, "of a container on this machine");
    }

    #[test]
    fn the_fields_behind_a_strange_name_are_found() {
        let stat = "4711 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 991122 20";
        assert_eq!(state_and_start(stat), Some(('S', "991122")));
        assert_eq!(state_and_start("4711 (cut"), None);
        assert_eq!(state_and_start("4711 (cut) S 1"), None);
    }

    /// The system itself, where it has /proc.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_child_works_ends_as_a_zombie_and_is_gone() {
        let me = start_of(std::process::id()).unwrap();
        let liveness_of = |pid, start: &str| liveness_of(pid, start, "any host");
        assert_eq!(liveness_of(std::process::id(), &me), Liveness::Works);
        let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let (pid, start) = (child.id(), start_of(child.id()).unwrap());
        assert_eq!(liveness_of(pid, &start), Liveness::Works);
        // Its input ends, so it ends; nobody has asked for its exit code yet.
        drop(child.stdin.take());
        while !matches!(look(pid), Look::Seen('Z', _)) {
            std::thread::yield_now();
        }
        assert_eq!(liveness_of(pid, &start), Liveness::Gone);
        child.wait().unwrap();
        assert_eq!(liveness_of(pid, &start), Liveness::Gone);
        assert_eq!(start_of(pid), None);
    }
}
