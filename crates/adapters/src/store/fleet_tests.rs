//! Somebody in any tenant, out of memory and out of the file: the same people in the same order, whatever happens beside.

use super::views::FleetFound;
use super::{NewConnection, Store};
use crate::domain::ids::{ConnectionId, EmployeeId, Identifier};
use crate::domain::person::{Employee, EmploymentStatus, Person};
use crate::domain::snapshot::{Side, SourceFacts};
use crate::ports::clock::FixedClock;
use crate::ports::source::SourceRecord;
use fastrand::Rng;
use std::path::Path;
use std::sync::Arc;

const FIRST: [&str; 7] = ["Søren", "Zoë", "Ann", "美咲", "O'Neill", "Łukasz", "50%"];
const LAST: [&str; 7] = ["Wójcik", "佐藤", "Lee", "Weiß", "100%_", r"Back\slash", "Wojcik"];
/// What is typed beside the letters of names.
const ASKED: [&str; 22] = [
    "w",
    "4",
    "%",
    "_",
    r"\",
    "100%_",
    r"k\s",
    "50% lee",
    "佐藤",
    "zuo",
    "weiss",
    "ø",
    "nobody",
    "40718_1 1",
    "07 1 e",
    "@",
    "p1@",
    "p1@ ann",
    "ANN@BENCH",
    "jurgen@",
    "a b c d e f g",
    "   ",
];

struct World {
    rng: Rng,
    folder: tempfile::TempDir,
    /// Two processes.
    stores: [Store; 2],
    tenants: Vec<ConnectionId>,
    added: usize,
}

fn open(folder: &Path) -> Store {
    Store::open(&folder.join("onroll.db"), Arc::new(FixedClock(jiff::Timestamp::UNIX_EPOCH))).unwrap()
}

impl World {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = [open(folder.path()), open(folder.path())];
        Self { rng: Rng::with_seed(seed), folder, stores, tenants: Vec::new(), added: 0 }
    }

    /// Either process.
    fn store(&mut self) -> Store {
        self.stores[self.rng.usize(0..2)].clone()
    }

    fn record(&mut self, number: usize) -> SourceRecord {
        let email = match self.rng.usize(0..4) {
            0 => None,
            1 => Some(format!("Ann@Bench{number}.example")),
            2 => Some(format!("jürgen@b{number}.example")),
            _ => Some(format!("p{number}@bench.example")),
        };
        let person = Person {
            first_name: Some(FIRST[self.rng.usize(0..7)].into()),
            last_name: Some(LAST[self.rng.usize(0..7)].into()),
            email,
            ..Person::default()
        };
        let employee = Employee {
            id: EmployeeId(number.to_string()),
            identifier: Identifier(format!("40718_{number}")),
            person,
            manager_id: None,
            status: if self.rng.bool() { EmploymentStatus::Active } else { EmploymentStatus::Ended },
            unreadable: None,
        };
        SourceRecord { employee, raw: serde_json::Value::Null, out_of_scope: number > 5 && self.rng.usize(0..4) == 0 }
    }

    async fn add(&mut self) {
        self.added += 1;
        let new = NewConnection::plain(&format!("tenant-{}", self.added));
        let id = self.store().add_connection(new).await.unwrap();
        self.tenants.push(id);
    }

    async fn pull(&mut self, id: ConnectionId, people: usize) {
        let store = self.store();
        let snapshot = store.begin_snapshot(id, None, Side::Source).await.unwrap();
        let records: Vec<SourceRecord> = (0..people).map(|number| self.record(number)).collect();
        store.add_employees(snapshot, records).await.unwrap();
        store.finish_source_snapshot(snapshot, &SourceFacts::default()).await.unwrap();
    }

    /// Something that changes whom a search finds.
    async fn event(&mut self) {
        let any = (!self.tenants.is_empty()).then(|| self.rng.usize(0..self.tenants.len()));
        match (self.rng.usize(0..7), any) {
            (0, Some(at)) => {
                let id = self.tenants.remove(at);
                self.store().remove_connection(id, "me").await.unwrap();
            }
            (1 | 2, Some(at)) => {
                let employee = EmployeeId(self.rng.usize(0..12).to_string());
                self.store().forget_person(self.tenants[at], employee, None, "me").await.unwrap();
            }
            (3 | 4, Some(at)) => {
                let people = self.rng.usize(0..24);
                self.pull(self.tenants[at], people).await;
            }
            // One more, which may have no pull yet.
            (kind, _) if self.tenants.len() < 4 => {
                self.add().await;
                let people = self.rng.usize(0..14);
                if kind > 0 {
                    self.pull(self.tenants[self.tenants.len() - 1], people).await;
                }
            }
            _ => {}
        }
        self.rng.shuffle(&mut self.tenants);
    }

    /// What is typed: as it stands above, or a name letter by letter and back.
    fn asked(&mut self) -> Vec<String> {
        if self.rng.bool() {
            return vec![ASKED[self.rng.usize(0..ASKED.len())].to_owned()];
        }
        let name = LAST[self.rng.usize(0..7)].to_lowercase();
        let whole = format!("{name} {} {}@", self.rng.usize(0..20), ["ann", "p1", "é"][self.rng.usize(0..3)]);
        let letters: Vec<char> = whole.chars().collect();
        let until = self.rng.usize(1..=letters.len());
        let there = (1..=until).chain((1..until).rev());
        there.map(|count| letters[..count].iter().collect()).collect()
    }
}

async fn found(store: &Store, tenants: &[ConnectionId], text: &str, most: usize) -> FleetFound {
    store.fleet_search(tenants.to_vec(), text, most).await.unwrap()
}

/// Waits until everybody is in memory who can be, e-mails too where `text` asks for them.
async fn known(screen: &Store, tenants: &[ConnectionId], text: &str) {
    let mut landed = screen.list_watch();
    while !screen.knows_fleet(tenants.to_vec()).await.unwrap() {
        landed.changed().await.unwrap();
    }
    while text.contains('@') && screen.inner.fleet.lacks_emails() {
        found(screen, tenants, text, 1).await;
        landed.changed().await.unwrap();
    }
}

#[tokio::test]
async fn memory_finds_whom_the_file_finds_whatever_happens_beside() {
    let (mut in_memory, mut too_many, mut somebody) = (0, 0, 0);
    for seed in 0..14 {
        let mut world = World::new(seed);
        for _ in 0..10 {
            world.event().await;
            let tenants = world.tenants.clone();
            let most = [1, 3, 300][world.rng.usize(0..3)];
            for text in world.asked() {
                let file = found(&world.stores[0], &tenants, &text, most).await;
                somebody += usize::from(!file.people.is_empty());
                for store in &world.stores {
                    let screen = store.for_screen();
                    // The first question after an event meets what is out of date.
                    assert_eq!(found(&screen, &tenants, &text, most).await, file, "{seed}: {text:?}, at once");
                    known(&screen, &tenants, &text).await;
                    assert_eq!(found(&screen, &tenants, &text, most).await, file, "{seed}: {text:?}, out of memory");
                    let (people, left_out) = screen.inner.fleet.kept();
                    assert!(people <= 40, "{people} people in memory");
                    (in_memory, too_many) = (in_memory + usize::from(people > 0), too_many + usize::from(left_out));
                }
            }
        }
        drop(world.folder);
    }
    assert!(in_memory > 500 && too_many > 10 && somebody > 200, "{in_memory} {too_many} {somebody}");
}

/// Whoever was forgotten is not in memory any more once somebody has asked, by whichever process that was done.
#[tokio::test]
async fn who_was_forgotten_leaves_the_memory_with_the_next_question() {
    let mut world = World::new(1);
    world.add().await;
    world.add().await;
    let tenants = world.tenants.clone();
    for id in &tenants {
        world.pull(*id, 9).await;
    }
    let screen = world.stores[0].for_screen();
    known(&screen, &tenants, "@").await;
    let before = screen.inner.fleet.kept().0;
    assert!(before > 8, "{before}");
    let whom = found(&screen, &tenants, "40718_4", 9).await;
    world.stores[1].forget_person(tenants[0], EmployeeId("4".into()), None, "me").await.unwrap();
    let left = found(&screen, &tenants, "40718_4", 9).await;
    assert_eq!((whom.found, left.found), (2, 1));
    let of_other = screen.inner.fleet.kept().0;
    assert!(of_other < before && of_other > 0, "the other tenant's part stays: {of_other}");
    known(&screen, &tenants, "").await;
    assert_eq!(screen.inner.fleet.kept().0, before - 1);
    // This process clears what it keeps by itself, before anybody asks.
    world.stores[0].forget_person(tenants[0], EmployeeId("5".into()), None, "me").await.unwrap();
    assert_eq!(screen.inner.fleet.kept().0, 0);
}
