//! `docs/deploying.md` and the files in `assets/` say only what is true of the program. What needs a tool that is not here is
//! skipped, and says so.

use clap::Parser;
use onroll::cli::arguments::{Arguments, Command as Told};
use onroll::cli::exit::Exit;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

const FILES: [&str; 7] = [
    "assets/onroll-watch.service",
    "assets/Containerfile",
    "assets/kubernetes/watch.yaml",
    "assets/kubernetes/cronjob.yaml",
    "assets/onroll.nomad.hcl",
    "assets/litestream.yml",
    "docs/deploying.md",
];

#[expect(clippy::print_stderr, reason = "what is skipped is to be seen")]
/// A program on the path; `None`, said aloud, where it is not there.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::vars().find(|(key, _)| key == "PATH").map(|(_, value)| value).unwrap_or_default();
    let found = path.split(':').map(|folder| Path::new(folder).join(name)).find(|place| place.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: `{name}` is not on the path, so what it would check is not checked here");
    }
    found
}

fn parsed(line: &str) -> Told {
    let words = line.split_whitespace().map(|word| word.replace("TENANT:NUMBER", "tenant:7"));
    let words = words.take_while(|word| word != "\\").collect::<Vec<_>>();
    Arguments::try_parse_from(&words)
        .unwrap_or_else(|error| panic!("`{line}`: {error}"))
        .command
        .unwrap_or(Told::Doctor)
}

#[test]
fn every_command_of_the_page_is_one() {
    let page = text("docs/deploying.md");
    let mut blocks = page.split("```");
    let mut found = 0;
    let mut shell = Vec::new();
    while let (Some(_), Some(block)) = (blocks.next(), blocks.next()) {
        shell.extend(block.lines().skip(1).filter(|line| line.starts_with("onroll ")).map(str::to_owned));
    }
    let inline = page.split('`').skip(1).step_by(2).filter(|code| code.starts_with("onroll ") && !code.contains('\n'));
    for line in shell.into_iter().chain(inline.map(str::to_owned)) {
        parsed(&line);
        found += 1;
    }
    assert!(found > 12, "{found}");
}

/// The words in the brackets of a list such as `["watch", "--json"]`.
fn lists_of_words(text: &str) -> Vec<Vec<String>> {
    let lists = text.split('[').skip(1).filter_map(|rest| rest.split_once(']')).map(|(list, _)| list);
    let words = |list: &str| list.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    lists.map(words).filter(|words| words.iter().any(|word| word == "watch")).collect()
}

#[test]
fn what_the_files_start_is_a_watch_that_the_program_takes() {
    for name in ["assets/Containerfile", "assets/kubernetes/watch.yaml", "assets/onroll.nomad.hcl"] {
        let lists = lists_of_words(&text(name));
        assert!(!lists.is_empty(), "{name}");
        for words in lists {
            let line = words.iter().skip_while(|word| *word != "watch").cloned().collect::<Vec<_>>().join(" ");
            assert!(matches!(parsed(&format!("onroll {line}")), Told::Watch(_)), "{name}: {line}");
        }
    }
    let unit = text("assets/onroll-watch.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/")).unwrap();
    assert!(matches!(parsed(start), Told::Watch(_)));
    assert!(matches!(parsed("onroll --json sync harbour-vine"), Told::Sync(_)));
    assert!(text("assets/kubernetes/cronjob.yaml").contains("onroll --json sync harbour-vine"));
}

#[test]
fn exit_codes_and_variables_are_those_of_the_program() {
    let page = text("docs/deploying.md");
    let codes = [Exit::Done, Exit::Failed, Exit::Usage, Exit::Held, Exit::Stopped, Exit::Temporary, Exit::Refused];
    for exit in codes.into_iter().chain([Exit::Locked, Exit::Drifted]) {
        assert!(page.contains(&format!("\n| {} | ", exit.code())), "{exit:?} is missing");
    }
    // The Job ends for good where somebody has to do something, and is tried again after 5.
    let job = text("assets/kubernetes/cronjob.yaml");
    assert!(job.contains("values: [1, 2, 4, 6, 7, 8]"));
    let sources: String = crate::demo::files(&root().join("src"))
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for name in FILES {
        let content = text(name);
        for variable in content.split(|c: char| !(c.is_ascii_uppercase() || c == '_')) {
            if variable.starts_with("ONROLL_") {
                assert!(sources.contains(&format!("\"{variable}\"")), "{name} names {variable}, which nothing reads");
            }
        }
    }
}

#[test]
fn every_metric_of_the_program_is_on_the_page_and_the_other_way_round() {
    let page = text("docs/deploying.md");
    let figures = onroll::services::status::Figures::default();
    let watch = onroll::cli::metrics::Loop {
        is_ready: true,
        started: Some(jiff::Timestamp::UNIX_EPOCH),
        last_look: Some(jiff::Timestamp::UNIX_EPOCH),
    };
    let told = onroll::cli::metrics::text(&figures, watch, false);
    let mut names: Vec<&str> =
        told.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    // Told only while something waits.
    names.push("onroll_webhook_oldest_waiting_timestamp_seconds");
    for name in &names {
        assert!(page.contains(&format!("`{name}`")), "{name} is not on the page");
    }
    let table = page.lines().filter(|line| line.starts_with("| `onroll_"));
    for name in table.flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|word| word.starts_with("onroll_")) {
        assert!(names.contains(&name), "{name} is told by nothing");
    }
}

#[test]
fn the_kubernetes_files_hold_before_the_published_schema() {
    let Some(validate) = tool("kubernetes-validate") else { return };
    for name in ["assets/kubernetes/watch.yaml", "assets/kubernetes/cronjob.yaml"] {
        let ended = Command::new(&validate).arg("--strict").arg(root().join(name)).output().unwrap();
        assert!(ended.status.success(), "{name}: {}", String::from_utf8_lossy(&ended.stdout));
    }
}

/// Blocks of a Nomad job, each with the arguments and blocks that it takes, as far as this job gives any (Nomad 1.10; `config` is the
/// podman driver's).
const NOMAD: [(&str, &[&str]); 13] = [
    ("", &["job"]),
    ("job", &["datacenters", "type", "group"]),
    ("group", &["count", "volume", "network", "service", "task"]),
    ("volume", &["type", "source", "read_only", "access_mode", "attachment_mode"]),
    ("network", &["port", "mode"]),
    ("port", &["to", "static"]),
    ("service", &["name", "port", "provider", "check"]),
    ("check", &["type", "path", "interval", "timeout"]),
    ("task", &["driver", "kill_signal", "kill_timeout", "config", "volume_mount", "template", "resources"]),
    ("config", &["image", "args", "ports", "readonly_rootfs"]),
    ("volume_mount", &["volume", "destination", "read_only"]),
    ("template", &["destination", "env", "data"]),
    ("resources", &["cpu", "memory"]),
];

/// What is wrong with a job.
fn faults_of_job(job: &str) -> Vec<String> {
    let (mut faults, mut open) = (Vec::new(), vec![String::new()]);
    let mut lines = job.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    while let Some(line) = lines.next() {
        if line == "}" {
            open.pop();
            continue;
        }
        let name = line.split([' ', '=']).next().unwrap_or_default().to_owned();
        let inside = open.last().cloned().unwrap_or_default();
        if !NOMAD.iter().any(|(block, takes)| *block == inside && takes.contains(&name.as_str())) {
            faults.push(format!("`{inside}` takes no `{name}`"));
        }
        if line.ends_with('{') {
            open.push(name);
        } else if let Some((_, end)) = line.split_once("<<-") {
            lines.by_ref().find(|line| *line == end);
        }
    }
    if open != [""] {
        faults.push(format!("still open: {open:?}"));
    }
    faults
}

#[test]
fn the_nomad_job_has_only_what_a_jobspec_takes() {
    let job = text("assets/onroll.nomad.hcl");
    assert_eq!(faults_of_job(&job), Vec::<String>::new());
    for (good, bad) in [("kill_signal", "kill_sinal"), ("check {", "probe {"), ("count = 1", "count = 1 {")] {
        assert!(!faults_of_job(&job.replace(good, bad)).is_empty(), "{bad}");
    }
    let Some(reads) = tool("hcl2tojson") else { return };
    let ended = Command::new(reads).arg(root().join("assets/onroll.nomad.hcl")).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn the_containerfile_builds_what_it_copies_and_runs_as_nobody_in_particular() {
    let whole = text("assets/Containerfile").replace("\\\n", " ");
    let lines: Vec<(&str, &str)> =
        whole.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect();
    let all = |word: &str| lines.iter().filter(|(known, _)| *known == word).map(|(_, rest)| *rest).collect::<Vec<_>>();
    for (word, _) in &lines {
        let known = "FROM RUN WORKDIR COPY USER VOLUME ENV EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD";
        assert!(known.split(' ').any(|one| one == *word), "{word} is no instruction");
    }
    assert_eq!(lines[0].0, "FROM");
    let stages: Vec<&str> =
        all("FROM").iter().filter_map(|from| from.split_once(" AS ")).map(|(_, name)| name).collect();
    let copied: Vec<&str> = all("COPY").iter().filter_map(|copy| copy.strip_prefix("--from=")).collect();
    assert!(copied.iter().all(|copy| stages.contains(&copy.split(' ').next().unwrap())), "{copied:?} of {stages:?}");
    let user = all("USER");
    assert!(user.len() == 1 && user[0].split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "{user:?}");
    // It is built by the compiler that the package asks for.
    let wanted = text("Cargo.toml").lines().find_map(|line| line.strip_prefix("rust-version = ").map(str::to_owned));
    let wanted = wanted.unwrap().trim_matches('"').to_owned();
    assert!(all("FROM")[0].contains(&format!("rust:{wanted}-")), "{} is not {wanted}", all("FROM")[0]);
    for word in ["ENTRYPOINT", "CMD"] {
        assert!(serde_json::from_str::<Vec<String>>(all(word)[0]).is_ok(), "{word} is given to no shell");
    }
    let Some(doctor) = tool("dockerfile-doctor") else { return };
    let ended = Command::new(doctor).args(["--severity", "error"]).arg(root().join("assets/Containerfile")).output();
    let ended = ended.unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}

#[test]
fn systemd_takes_the_unit() {
    let Some(analyze) = tool("systemd-analyze") else { return };
    let dir = tempfile::tempdir().unwrap();
    let unit = dir.path().join("onroll-watch.service");
    let here = text("assets/onroll-watch.service").replace("/usr/local/bin/onroll", env!("CARGO_BIN_EXE_onroll"));
    std::fs::write(&unit, here).unwrap();
    let ended = Command::new(analyze).args(["verify", "--man=no"]).arg(&unit).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && !said.contains("onroll-watch.service:"), "{said}");
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_replica_of_litestream_under_a_running_watch_is_restored_whole() {
    let Some(litestream) = tool("litestream") else { return };
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let onroll = |workspace: &str, words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
        command.args(["--json", "--workspace", &at(workspace)]).args(words).env_clear().env("HOME", dir.path());
        command.stdin(Stdio::null());
        command
    };
    let said = |workspace: &str, words: &[&str]| {
        let ended = onroll(workspace, words).output().unwrap();
        assert!(ended.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).unwrap()
    };
    said("ws", &["tenant", "list"]);
    let config = format!(
        "dbs:\n  - path: {}\n    replica:\n      type: file\n      path: {}\n",
        at("ws/onroll.db"),
        at("replica")
    );
    std::fs::write(at("litestream.yml"), config).unwrap();
    let watch = Ended(onroll("ws", &["watch"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let mut replicate = Command::new(&litestream);
    replicate.args(["replicate", "-config", &at("litestream.yml")]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut replicating = Ended(replicate.spawn().unwrap());
    let has_begun = || Path::new(&at("replica")).is_dir() && !crate::demo::files(Path::new(&at("replica"))).is_empty();
    let begun = (0..6_000).any(|_| {
        std::thread::park_timeout(std::time::Duration::from_millis(5));
        has_begun()
    });
    assert!(begun, "it replicates nothing");
    for _ in 0..3 {
        said("ws", &["schedule", "pause"]);
        said("ws", &["schedule", "resume"]);
    }
    said("ws", &["schedule", "pause"]);
    // Told to end, it sends what is left first.
    rustix::process::kill_process(rustix::process::Pid::from_child(&replicating.0), rustix::process::Signal::TERM)
        .unwrap();
    replicating.0.wait().unwrap();
    drop(watch);
    let restored = Command::new(&litestream)
        .args(["restore", "-config", &at("litestream.yml"), "-o", &at("back/onroll.db"), &at("ws/onroll.db")])
        .output()
        .unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let doctor = said("back", &["doctor"]);
    assert!(doctor.contains("sound from end to end"), "{doctor}");
    let list: serde_json::Value = serde_json::from_str(said("back", &["schedule", "list"]).trim()).unwrap();
    assert!(!list["paused"].is_null(), "the last change is there: {list}");
}
