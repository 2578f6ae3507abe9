//! What the simulators of a demo hold, kept beside its workspace: the next demo there goes on with the same companies, at the same
//! address, and finishes a run that was cut short.

use crate::cli::arguments::DemoArguments;
use crate::sandbox::{Keeping, Sandbox, World};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FILE: &str = "demo-world.json";

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

    /// Keeps it with every change, until it is let go of: what Onroll was answered is not forgotten, however the program ends.
    pub(super) async fn follow(self: Arc<Self>, mut keeping: Keeping) {
        loop {
            let (keeper, changed) = (Arc::clone(&self), keeping.changed());
            match tokio::task::spawn_blocking(move || keeper.keep()).await {
                Ok(Ok(())) => keeping.is_kept(changed),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the demo's companies cannot be kept: the next demo begins anew");
                    return;
                }
                Err(_) => return,
            }
            if !keeping.changes().await {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::SandboxConfig;
    use clap::Parser as _;
    use std::os::unix::fs::PermissionsExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    fn arguments(words: &[&str]) -> DemoArguments {
        let all = [&["onroll", "demo"], words].concat();
        let parsed = crate::cli::arguments::Arguments::try_parse_from(all).unwrap();
        let Some(crate::cli::arguments::Command::Demo(demo)) = parsed.command else { panic!("no demo") };
        demo
    }

    async fn posts_a_user(admin: &str, name: &str) {
        let host = admin.trim_start_matches("http://");
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{name}","externalId":"{name}"}}"#
        );
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let request = format!(
            "POST /scim/v2/Users HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer scim-token-main\r\n\
             content-type: application/scim+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }

    /// As `kill -9` would find it at any moment: what was answered stands in the file.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_answered_is_kept_already() {
        let folder = tempfile::tempdir().unwrap();
        let demo = arguments(&["--people", "30"]);
        let config = SandboxConfig { people: 30, ..SandboxConfig::new(jiff::civil::date(2026, 11, 22)) };
        let sandbox = Arc::new(Sandbox::start(config).await.unwrap());
        let keeper = Arc::new(Keeper::new(&sandbox, folder.path(), &demo));
        let following = tokio::spawn(keeper.follow(sandbox.keep_as_it_changes()));
        let admin = sandbox.endpoints().admin;
        for number in 0..20 {
            let name = format!("leo{number}@hvine.example");
            posts_a_user(&admin, &name).await;
            let kept = earlier(folder.path(), &demo).unwrap().world.to_json().to_string();
            assert!(kept.contains(&name), "{name} is forgotten");
        }
        following.abort();
        let _ = following.await;
        // Nobody keeps it any more, and nobody waits for that.
        posts_a_user(&admin, "ana@hvine.example").await;
        Arc::into_inner(sandbox).unwrap().stop().await;
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
