//! The workspace of a command: folder, database, secrets, engine.

use super::arguments::Arguments;
use super::config::{self, ChatConfig, Config, DigestConfig};
use super::ending::Ending;
use super::environment;
use crate::domain::connection::Connection;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::secret::Secret;
use crate::engine::Engine;
use crate::engine::supervisor::{Limits, Outlets, Supervisor};
use crate::ports::chat::Messenger;
use crate::ports::clock::{SharedClock, SystemClock};
use crate::ports::post::Postman;
use crate::secrets::SecretStore;
use crate::services::Access;
use crate::services::digest::DigestSettings;
use crate::store::{Store, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the database in the workspace.
pub const DATABASE: &str = "onroll.db";

/// An open workspace.
pub struct Workspace {
    pub dir: PathBuf,
    pub store: Store,
    pub engine: Engine,
    /// The runs of this program.
    pub supervisor: Supervisor,
    pub clock: SharedClock,
    /// Who gets the digest of all tenants, and when.
    pub digest: Option<DigestSettings>,
    /// Who asks, and whether that one may change anything.
    pub access: Access,
    /// Whether the folder was made just now.
    pub is_new: bool,
    /// Whether the program is to end.
    pub ending: Ending,
}

impl Workspace {
    /// Opens the workspace that the arguments and the configuration name; makes it when it is not there.
    ///
    /// # Errors
    /// A folder that cannot be made, a database of a newer version, secrets that cannot be opened.
    pub fn open(arguments: &Arguments, ending: &Ending) -> Result<Workspace, Problem> {
        let config = Config::load(arguments.global.config.as_deref())?;
        let dir = config::workspace_dir(arguments.global.workspace.as_deref(), &config)?;
        let opened = if arguments.global.read_only {
            Workspace::open_to_look(&dir, &config)?
        } else {
            Workspace::open_in(&dir, &config)?
        };
        Ok(Workspace { ending: ending.clone(), ..opened })
    }

    /// Opens the workspace in this folder.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_in(dir: &Path, config: &Config) -> Result<Workspace, Problem> {
        Workspace::open_by(dir, config, Store::open)
    }

    /// The same, also where the folder takes no writes: what would change something fails then.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_to_look(dir: &Path, config: &Config) -> Result<Workspace, Problem> {
        let opened = Workspace::open_by(dir, config, Store::open_to_look)?;
        Ok(Workspace { access: Access::read_only(opened.access.operator.clone()), ..opened })
    }

    fn open_by(
        dir: &Path,
        config: &Config,
        open: fn(&Path, SharedClock) -> Result<Store, StoreError>,
    ) -> Result<Workspace, Problem> {
        let is_new = !dir.join(DATABASE).exists();
        refuse_a_cut_database(dir)?;
        make_private_folder(dir)?;
        let clock: SharedClock = Arc::new(SystemClock);
        let store = open(&dir.join(DATABASE), Arc::clone(&clock)).map_err(Problem::from)?;
        let passphrase = environment::filled("ONROLL_PASSPHRASE").map(Secret::new);
        let secrets = SecretStore::open(dir, passphrase).map_err(|error| {
            Problem::new(ProblemKind::Input, "the credentials of this workspace cannot be opened")
                .with_why(error.to_string())
                .with_remedy(error.remedy())
        })?;
        let engine = Engine {
            store: store.clone(),
            secrets: Arc::new(secrets),
            clock: Arc::clone(&clock),
            environment: environment::environment(),
            operator: config.operator.name.clone().unwrap_or_else(environment::login_name),
            workspace: dir.to_owned(),
            process: environment::process(),
            factory: Arc::new(super::rehearsal_stage::WithStages),
        };
        let access = Access { email: config.operator.email.clone(), ..Access::full(engine.operator.clone()) };
        let postman = config.smtp.as_ref().map(|smtp| smtp.postman(&engine.secrets, &*engine.environment));
        let postman = postman.map(|smtp| Arc::new(smtp) as Arc<dyn Postman>);
        let chat = config.chat.as_ref();
        store.tells_chat(chat.map(ChatConfig::channels).unwrap_or_default());
        let messenger = chat.map(|chat| chat.messenger(&engine.secrets, &engine.environment, Arc::clone(&clock)));
        let messenger = messenger.map(|hooks| Arc::new(hooks) as Arc<dyn Messenger>);
        let supervisor = Supervisor::with_outlets(
            Limits { at_once: config.runs.at_once, per_vendor: config.runs.at_once_per_vendor },
            Outlets { postman, messenger },
        );
        let digest = config.digest.as_ref().map(DigestConfig::settings);
        let (dir, ending) = (dir.to_owned(), Ending::default());
        Ok(Workspace { digest, dir, store, engine, supervisor, clock, access, is_new, ending })
    }

    /// The connection that a command names: short name or full name.
    ///
    /// # Errors
    /// When there is none; near names are listed.
    pub async fn connection(&self, name: &str) -> Result<Connection, Problem> {
        self.store.connection_named(name).await.map_err(Problem::from)
    }
}

/// A database of 0 bytes beside the credentials of a workspace was cut: taken for a new one, it would forget every link, and
/// the next import would make everybody once more.
fn refuse_a_cut_database(dir: &Path) -> Result<(), Problem> {
    let path = dir.join(DATABASE);
    let is_cut = std::fs::metadata(&path).is_ok_and(|file| file.len() == 0);
    let was_used = ["secrets.sealed", "secrets.key"].iter().any(|name| dir.join(name).exists());
    if !is_cut || !was_used {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Failed,
        format!("the database of the workspace is cut to 0 bytes: {}", path.display()),
    )
    .with_who("every tenant of this workspace; nothing was read or written")
    .with_why(
        "credentials stand beside it, so it was in use: a full disk or a copy that was broken off leaves such a file",
    )
    .with_remedy("put a backup in its place: `onroll.db.vN.backup` beside it, or your own")
    .with_remedy("or move the empty file away to begin anew: then nothing is known of who is linked"))
}

fn make_private_folder(dir: &Path) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        Problem::new(ProblemKind::Failed, format!("the workspace {} cannot be made", dir.display()))
            .with_why(error.to_string())
            .with_remedy("name a folder that you may write with --workspace DIR")
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_cut_to_nothing_is_refused_and_an_empty_file_of_a_new_workspace_is_not() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(DATABASE), "").unwrap();
        // As a crash in the first moment leaves it.
        drop(Workspace::open_in(dir.path(), &Config::default()).unwrap());
        std::fs::write(dir.path().join("secrets.key"), "key").unwrap();
        std::fs::write(dir.path().join(DATABASE), "").unwrap();
        let refused = Workspace::open_in(dir.path(), &Config::default()).err().expect("it was in use");
        assert!(refused.what.contains("cut to 0 bytes"), "{}", refused.what);
        assert_eq!(std::fs::metadata(dir.path().join(DATABASE)).unwrap().len(), 0, "left as it was");
    }
}
