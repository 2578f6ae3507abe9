//! What the simulators of a demo hold, kept beside its workspace: the next demo there goes on with the same companies, at the same
//! address, and finishes a run that was cut short.

use crate::cli::arguments::DemoArguments;
use crate::sandbox::{Sandbox, World};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const FILE: &str = "demo-world.json";
/// How long after a write it is kept at the latest.
const GAP: Duration = Duration::from_millis(50);

/// The file.
#[derive(Serialize, Deserialize)]
struct Document {
    listen: SocketAddr,
    people: usize,
    seed: u64,
    world: Value,
}

/// The companies of an earlier demo, and where they listened.
pub(super) struct Earlier {
    pub listen: SocketAddr,
    pub world: World,
}

/// Those of the last demo in this folder, where it was one of the same size and seed, and can be read.
pub(super) fn earlier(folder: &Path, demo: &DemoArguments) -> Option<Earlier> {
    let text = std::fs::read(folder.join(FILE)).ok()?;
    let Document { listen, people, seed, world } = serde_json::from_slice(&text)
        .inspect_err(|error| tracing::warn!(%error, "the companies of the last demo cannot be read"))
        .ok()?;
    if (people, seed) != (demo.people, demo.seed) {
        return None;
    }
    let world = World::from_json_text(&world.to_string())
        .inspect_err(|error| tracing::warn!(%error, "the companies of the last demo cannot be taken over"));
    Some(Earlier { listen, world: world.ok()? })
}

/// Keeps what the simulators hold.
pub(super) struct Keeper {
    sandbox: Arc<Sandbox>,
    path: PathBuf,
    people: usize,
    seed: u64,
}

impl Keeper {
    pub(super) fn new(sandbox: &Arc<Sandbox>, folder: &Path, demo: &DemoArguments) -> Keeper {
        let path = folder.join(FILE);
        Keeper { sandbox: Arc::clone(sandbox), path, people: demo.people, seed: demo.seed }
    }

    fn writes(&self) -> u64 {
        let companies = self.sandbox.endpoints().companies;
        companies.iter().filter_map(|company| self.sandbox.counts(&company.key)).map(|(_, writes)| writes).sum()
    }

    fn keep(&self) -> std::io::Result<()> {
        let admin = self.sandbox.endpoints().admin;
        let listen = admin.trim_start_matches("http://").parse().map_err(std::io::Error::other)?;
        let world = self.sandbox.world().to_json();
        let document = Document { listen, people: self.people, seed: self.seed, world };
        let part = self.path.with_extension("part");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(&serde_json::to_vec(&document)?)?;
        std::fs::rename(&part, &self.path)
    }

    /// Keeps it as it is at the end.
    pub(super) fn keep_now(&self) {
        if let Err(error) = self.keep() {
            tracing::warn!(%error, "the demo's companies are not kept as they are at its end");
        }
    }

    /// Keeps it after every write, until it is let go of.
    pub(super) async fn follow(self: Arc<Self>) {
        let mut kept = None;
        loop {
            let keeper = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || {
                let writes = keeper.writes();
                if kept != Some(writes) {
                    keeper.keep()?;
                }
                Ok::<u64, std::io::Error>(writes)
            });
            match looked.await {
                Ok(Ok(writes)) => kept = Some(writes),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the demo's companies cannot be kept: the next demo begins anew");
                    return;
                }
                Err(_) => return,
            }
            tokio::time::sleep(GAP).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::SandboxConfig;
    use clap::Parser as _;
    use std::os::unix::fs::PermissionsExt as _;

    fn arguments(words: &[&str]) -> DemoArguments {
        let all = [&["onroll", "demo"], words].concat();
        let parsed = crate::cli::arguments::Arguments::try_parse_from(all).unwrap();
        let Some(crate::cli::arguments::Command::Demo(demo)) = parsed.command else { panic!("no demo") };
        demo
    }

    #[tokio::test]
    async fn the_next_demo_of_the_same_size_has_the_companies_as_they_were_left() {
        let folder = tempfile::tempdir().unwrap();
        let demo = arguments(&["--people", "30"]);
        assert!(earlier(folder.path(), &demo).is_none());
        let config = SandboxConfig { people: 30, ..SandboxConfig::new(jiff::civil::date(2026, 11, 22)) };
        let sandbox = Arc::new(Sandbox::start(config).await.unwrap());
        sandbox.edit(|world| {
            let company = world.companies.iter_mut().find(|company| company.vendor == "flow-learning").unwrap();
            company.people.truncate(3);
        });
        let keeper = Keeper::new(&sandbox, folder.path(), &demo);
        keeper.keep().unwrap();
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let kept = earlier(folder.path(), &demo).unwrap();
        assert_eq!(kept.world.to_json(), sandbox.world().to_json());
        assert_eq!(format!("http://{}", kept.listen), sandbox.endpoints().admin);
        assert!(earlier(folder.path(), &arguments(&["--people", "31"])).is_none(), "another world was asked for");
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(earlier(folder.path(), &demo).is_none());
        drop(keeper);
        Arc::into_inner(sandbox).unwrap().stop().await;
    }
}
