//! Simulators of every vendor, over real HTTP, with the world they hold and the faults they can be told to have.
//!
//! One listener serves all: `http://HOST:PORT/{vendor}/…` for each vendor, `/_sandbox/…` for the world (`state`), the
//! switches (`switches`), the faults (`faults`) and the counts (`reset-counters`). This package uses nothing of Onroll, so that the
//! simulators cannot share a bug with the clients.

mod bamboohr;
mod call;
mod csv_world;
mod document;
mod faults;
mod flow_learning;
mod freshteam;
mod generate;
mod hub;
pub mod incidents;
mod keeping;
mod learn_amp;
mod limiter;
mod mapal_os;
mod moodle;
mod names;
mod own;
mod peoplehr;
mod planday;
mod recording;
mod registry;
mod reward_gateway;
mod rotaready;
mod scim;
mod server;
mod tenants;
mod vendor;
mod world;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use csv_world::CsvWorldError;
pub use document::DocumentError;
pub use faults::{Fault, FaultError, FaultKind};
pub use keeping::Keeping;
pub use recording::Recorded;
pub use vendor::Kind;
pub use world::{Company, Mail, OptionItem, Options, Person, Side, World};

/// Whether the vendors' request rates are enforced. Their headers are always sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimits {
    /// As the vendors do.
    Real,
    /// No call is throttled unless a fault says so.
    Off,
}

/// How a sandbox starts.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Employees of the generated company; not used when a world is given.
    pub people: usize,
    /// Seed of the generated company.
    pub seed: u64,
    /// Faults from the start.
    pub faults: Vec<Fault>,
    /// Whether request rates are enforced.
    pub rate_limits: RateLimits,
    /// Whether creations are plain inserts where they are upserts otherwise: sent twice, they make two users.
    pub plain_insert: bool,
    /// Whether the calls are kept, for [`Sandbox::recorded`].
    pub record: bool,
    /// The world; `None` generates one company of `people` from `seed`.
    pub world: Option<World>,
    /// The date that decides who has left and who is still to come.
    pub today: jiff::civil::Date,
}

impl SandboxConfig {
    /// A free port on the loopback address, 240 people, seed 1, no faults, no request rates.
    pub fn new(today: jiff::civil::Date) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            people: 240,
            seed: 1,
            faults: Vec::new(),
            rate_limits: RateLimits::Off,
            plain_insert: false,
            record: false,
            world: None,
            today,
        }
    }
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address is taken or not allowed.
    #[error("the sandbox cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Where a company is reached and with what credentials; the members are those of a tenant file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The company's key: `planday`, `planday@saltmarsh`.
    pub key: String,
    /// Name and value: `base_url`, `client_id`, …
    pub members: Vec<(&'static str, String)>,
}

impl Endpoint {
    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.members.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// All addresses of a running sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Root of the admin calls: `{admin}/_sandbox/state`.
    pub admin: String,
    /// Every company.
    pub companies: Vec<Endpoint>,
}

impl Endpoints {
    /// The company with that key.
    pub fn company(&self, key: &str) -> Option<&Endpoint> {
        self.companies.iter().find(|endpoint| endpoint.key == key)
    }

    /// `{"planday": {"base_url": …}, …}`, as `onroll sandbox` prints under `vendors`.
    pub fn vendors_json(&self) -> Value {
        let object = |endpoint: &Endpoint| -> Value {
            endpoint
                .members
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect::<Map<_, _>>()
                .into()
        };
        Value::Object(self.companies.iter().map(|endpoint| (endpoint.key.clone(), object(endpoint))).collect())
    }
}

/// A running sandbox; it stops when dropped.
pub struct Sandbox {
    hub: Arc<hub::Hub>,
    root: String,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts the simulators on the current tokio runtime.
    pub async fn start(config: SandboxConfig) -> Result<Self, SandboxError> {
        let address = config.listen;
        let failed = |source| SandboxError::Listen { address, source };
        let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
        let root = format!("http://{}", listener.local_addr().map_err(failed)?);
        let world = config.world.unwrap_or_else(|| World::generate(config.people, config.seed, config.today));
        let setup =
            vendor::Setup { today: config.today, rate_limits: config.rate_limits, plain_insert: config.plain_insert };
        let hub = Arc::new(hub::Hub::open(world, setup, config.record));
        hub.faults().replace(config.faults);
        let stop = CancellationToken::new();
        let service = server::router(Arc::clone(&hub)).into_make_service_with_connect_info::<server::Switch>();
        let serving =
            axum::serve(server::Wires(listener), service).with_graceful_shutdown(stop.clone().cancelled_owned());
        let server = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the sandbox stopped listening");
            }
        });
        Ok(Self { hub, root, stop, server: Some(server) })
    }

    /// What whoever starts the simulators has to know of them: which contracts nobody has published.
    pub fn notes() -> &'static [&'static str] {
        &registry::NOTES
    }

    /// Addresses and credentials as they are now.
    pub fn endpoints(&self) -> Endpoints {
        let companies = self.hub.slots().into_iter().map(|slot| {
            let root = format!("{}/{}", self.root, slot.vendor.name);
            Endpoint { key: slot.key.clone(), members: slot.lock().connection(&root) }
        });
        Endpoints { admin: self.root.clone(), companies: companies.collect() }
    }

    /// A copy of everything that is held, with the counts.
    pub fn world(&self) -> World {
        self.hub.world()
    }

    /// Has whoever holds this keep the world as it changes: an answer to a call that may change something leaves once that is kept.
    pub fn keep_as_it_changes(&self) -> Keeping {
        self.hub.changes().keep()
    }

    /// Changes the world; companies that the function removes stay. Employees that it changes get a new modification
    /// time. Options are taken as the function leaves them.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.hub.edit(change)
    }

    /// Takes over a state document as `PUT {admin}/_sandbox/state` does.
    pub fn put_state(&self, document: &Value) -> Result<(), DocumentError> {
        self.hub.put(document::parse(document)?);
        Ok(())
    }

    /// Turns switches of companies as `POST {admin}/_sandbox/switches` does; all else stays as it is.
    pub fn set_switches(&self, switches: &Value) -> Result<(), DocumentError> {
        self.hub.set_switches(switches)
    }

    /// Replaces the faults.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.hub.faults().replace(faults);
    }

    /// The faults, each with how often it still strikes.
    pub fn faults(&self) -> Vec<Fault> {
        self.hub.faults().list().to_vec()
    }

    /// Reads and writes of a company since the start or the last reset.
    pub fn counts(&self, key: &str) -> Option<(u64, u64)> {
        self.hub.slots().iter().find(|slot| slot.key == key).map(|slot| slot.counts())
    }

    /// The calls of vendors so far, where the sandbox was told to keep them.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.hub.recording().calls()
    }

    /// Zeroes all counts.
    pub fn reset_counters(&self) {
        self.hub.reset_counters();
    }

    /// A tenant file (name and TOML text) for each integration of each company.
    pub fn tenant_files(&self) -> Vec<(String, String)> {
        tenants::files(&self.world(), &self.endpoints(), self.hub.setup().rate_limits)
    }

    /// The tenant file of any source with any destination: of the companies that are no further tenant's.
    pub fn tenant_file(&self, source: &str, destination: &str) -> Option<String> {
        tenants::of_pair(&self.world(), &self.endpoints(), self.hub.setup().rate_limits, [source, destination])
    }

    /// Stops listening, lets running answers end for a moment.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(server) = self.server.take()
            && tokio::time::timeout(Duration::from_millis(300), server).await.is_err()
        {
            tracing::warn!("sandbox connections were still open when it stopped");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
