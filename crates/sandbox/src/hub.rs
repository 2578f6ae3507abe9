//! All companies while the sandbox runs: who is meant by a call, what is held, how often it was called.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use serde_json::{Map, Value};

use super::{
    call::Call,
    document::{self, CompanyPatch, DocumentError},
    faults::Faults,
    keeping::Changes,
    recording::Recording,
    registry::{self, INTEGRATIONS, VENDORS},
    vendor::{Kind, Setup, Simulated, Vendor},
    world::{Company, Side, World, derive_options},
};

/// Where a company's own settings keep its switches.
const SWITCHES: &str = "switches";

/// One company with its counts.
pub(crate) struct Hosted {
    pub vendor: &'static Vendor,
    pub tenant: Option<String>,
    pub key: String,
    cell: Mutex<Box<dyn Simulated>>,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl Hosted {
    fn open(company: Company, setup: Setup) -> Option<Self> {
        let vendor = registry::vendor(&company.vendor)?;
        Some(Self {
            vendor,
            tenant: company.tenant.clone(),
            key: company.key(),
            reads: AtomicU64::new(company.reads),
            writes: AtomicU64::new(company.writes),
            cell: Mutex::new((vendor.open)(company, setup)),
        })
    }

    /// The company, alone.
    pub fn lock(&self) -> MutexGuard<'_, Box<dyn Simulated>> {
        // A poisoned lock still holds whole data: no answer leaves a company half changed.
        self.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call.
    pub fn count(&self, kind: Kind) {
        match kind {
            Kind::Read => self.reads.fetch_add(1, Ordering::Relaxed),
            Kind::Write => self.writes.fetch_add(1, Ordering::Relaxed),
            Kind::Token => 0,
        };
    }

    /// Reads and writes so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.writes.load(Ordering::Relaxed))
    }

    fn set_counts(&self, reads: Option<u64>, writes: Option<u64>) {
        if let Some(reads) = reads {
            self.reads.store(reads, Ordering::Relaxed);
        }
        if let Some(writes) = writes {
            self.writes.store(writes, Ordering::Relaxed);
        }
    }

    fn dump(&self) -> Company {
        let (reads, writes) = self.counts();
        Company { reads, writes, ..self.lock().dump() }
    }
}

/// All companies and the faults.
pub(crate) struct Hub {
    setup: Setup,
    slots: RwLock<Vec<Arc<Hosted>>>,
    faults: Mutex<Faults>,
    recording: Recording,
    changes: Changes,
    /// Held while the world is replaced, so that two replacements do not mix.
    replacing: Mutex<()>,
}

impl Hub {
    /// Opens a world; every vendor gets its main company, if only an empty one.
    pub fn open(world: World, setup: Setup, records: bool) -> Self {
        let mut companies = world.companies;
        for vendor in VENDORS {
            if !companies.iter().any(|company| company.vendor == vendor.name && company.tenant.is_none()) {
                let mut company = Company::new(vendor.name, None);
                company.options = derive(&company, &companies, &World::default());
                companies.push(company);
            }
        }
        let slots = companies.into_iter().filter_map(|company| Hosted::open(company, setup)).map(Arc::new).collect();
        let slots = RwLock::new(slots);
        Self {
            setup,
            slots,
            faults: Mutex::default(),
            recording: Recording::new(records),
            changes: Changes::default(),
            replacing: Mutex::new(()),
        }
    }

    /// What all companies share.
    pub fn setup(&self) -> Setup {
        self.setup
    }

    /// Every company.
    pub fn slots(&self) -> Vec<Arc<Hosted>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The company that a call means: by its credentials, else the vendor's main one. The flag says whether the
    /// credentials named it.
    pub fn slot_of(&self, vendor: &'static Vendor, call: &Call) -> Option<(Arc<Hosted>, bool)> {
        let login = (vendor.login_of)(call);
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let mut own = slots.iter().filter(|slot| slot.vendor.name == vendor.name);
        let named = login.and_then(|login| own.clone().find(|slot| slot.lock().login() == login));
        match named {
            Some(slot) => Some((Arc::clone(slot), true)),
            None => own.find(|slot| slot.tenant.is_none()).map(|slot| (Arc::clone(slot), false)),
        }
    }

    /// The faults.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls that came.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What has changed, and who keeps it.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Everything that is held.
    pub fn world(&self) -> World {
        World { companies: self.slots().iter().map(|slot| slot.dump()).collect() }
    }

    /// Zeroes all counts.
    pub fn reset_counters(&self) {
        for slot in self.slots() {
            slot.set_counts(Some(0), Some(0));
        }
    }

    /// The switches of every company that has any.
    pub fn switches(&self) -> Value {
        let switches = self.slots().into_iter().filter_map(|slot| {
            let own = slot.lock().dump().own.shift_remove(SWITCHES)?;
            Some((slot.key.clone(), own))
        });
        Value::Object(switches.collect())
    }

    /// Turns the switches that are named, by company; all else stays as it is, also what is written meanwhile.
    pub fn set_switches(&self, wanted: &Value) -> Result<(), DocumentError> {
        let _alone = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = self.slots();
        let mut turns = Vec::new();
        for (key, members) in document::object(wanted, "the document")? {
            let slot = slots.iter().find(|slot| slot.key == *key);
            let slot = slot.ok_or_else(|| DocumentError::at(key, "no company of that name is simulated"))?;
            let members = document::object(members, key)?;
            turned(slot, &slot.lock().dump(), members)?;
            turns.push((slot, members));
        }
        for (slot, members) in turns {
            let mut company = slot.lock();
            let changed = turned(slot, &company.dump(), members)?;
            company.replace(changed);
        }
        Ok(())
    }

    /// Takes over a document; companies that it does not name stay.
    pub fn put(&self, patches: Vec<CompanyPatch>) {
        let _alone = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        self.take_over(patches);
    }

    /// Changes the world by a function. Companies that it removes stay.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let _alone = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.world();
        let mut world = before.clone();
        let out = change(&mut world);
        let changed = |company: &Company| before.company(&company.key()) != Some(company);
        self.take_over(world.companies.into_iter().filter(changed).map(CompanyPatch::from).collect());
        out
    }

    fn take_over(&self, patches: Vec<CompanyPatch>) {
        self.replace(patches);
        self.changes.note();
    }

    fn replace(&self, patches: Vec<CompanyPatch>) {
        let counts: Vec<_> = patches.iter().map(|patch| (patch.key(), patch.reads, patch.writes)).collect();
        for company in complete(patches, &self.world()) {
            let key = company.key();
            let (_, reads, writes) = counts.iter().find(|(other, ..)| *other == key).cloned().unwrap_or_default();
            let slot = self.slots().into_iter().find(|slot| slot.key == key);
            match slot {
                Some(slot) => {
                    slot.lock().replace(company);
                    slot.set_counts(reads, writes);
                }
                None => {
                    let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
                    slots.extend(Hosted::open(company, self.setup).map(Arc::new));
                }
            }
        }
    }
}

/// A company with these switches turned.
fn turned(slot: &Hosted, company: &Company, members: &Map<String, Value>) -> Result<Company, DocumentError> {
    let key = &slot.key;
    let mut company = company.clone();
    let Some(Value::Object(switches)) = company.own.get_mut(SWITCHES) else {
        return Err(DocumentError::at(key, "the company has no switches"));
    };
    for (name, value) in members {
        let known = switches.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let Some(switch) = switches.get_mut(name) else {
            return Err(DocumentError::at(format!("{key}.{name}"), format!("the switches are {known}")));
        };
        *switch = value.clone();
    }
    (slot.vendor.check)(&company.own).map_err(|fault| DocumentError::at(key, fault))?;
    Ok(company)
}

impl CompanyPatch {
    fn key(&self) -> String {
        Company::new(&self.vendor, self.tenant.as_deref()).key()
    }
}

/// Companies of a document that stands alone.
pub(crate) fn companies_of(patches: Vec<CompanyPatch>) -> Vec<Company> {
    complete(patches, &World::default())
}

/// Fills what patches leave out from the world as it is, and derives options where none are given.
fn complete(patches: Vec<CompanyPatch>, world: &World) -> Vec<Company> {
    let underived: Vec<bool> = patches.iter().map(|patch| patch.options.is_none()).collect();
    let mut companies: Vec<Company> = patches.into_iter().map(|patch| fill(patch, world)).collect();
    let derived: Vec<_> = companies
        .iter()
        .zip(underived)
        .map(|(company, underived)| underived.then(|| derive(company, &companies, world)))
        .collect();
    for (company, options) in companies.iter_mut().zip(derived) {
        if let Some(options) = options {
            company.options = options;
        }
    }
    companies
}

fn fill(patch: CompanyPatch, world: &World) -> Company {
    let now = world.company(&patch.key());
    Company {
        own: patch.own.or_else(|| now.map(|now| now.own.clone())).unwrap_or_default(),
        people: patch.people.or_else(|| now.map(|now| now.people.clone())).unwrap_or_default(),
        options: patch.options.unwrap_or_default(),
        mails: patch.mails,
        reads: patch.reads.unwrap_or_default(),
        writes: patch.writes.unwrap_or_default(),
        vendor: patch.vendor,
        tenant: patch.tenant,
    }
}

/// A destination offers what its own users and the employees of the sources that feed it carry (those of the document
/// where it gives one); a source, its own.
fn derive(company: &Company, fresh: &[Company], world: &World) -> super::world::Options {
    let mut sides = vec![company];
    if registry::vendor(&company.vendor).is_some_and(|vendor| vendor.side == Side::Destination) {
        let feeding = INTEGRATIONS.iter().filter(|(_, destination)| *destination == company.vendor);
        let keys: Vec<String> =
            feeding.map(|(source, _)| Company::new(source, company.tenant.as_deref()).key()).collect();
        let given: Vec<&Company> = fresh.iter().filter(|other| keys.contains(&other.key())).collect();
        let held = keys.iter().filter_map(|key| world.company(key));
        sides.extend(if given.is_empty() { held.collect() } else { given });
    }
    let mut options = derive_options(&sides);
    if sides.len() > 1 {
        // A user's branch may be given by its code; such a value is no branch of its own.
        let codes: Vec<_> = options.branches.iter().filter_map(|branch| branch.code.clone()).collect();
        options.branches.retain(|branch| branch.code.is_some() || !codes.contains(&branch.name));
    }
    options
}
