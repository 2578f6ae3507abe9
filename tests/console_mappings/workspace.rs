//! The three screens over a real workspace: what is read, what edits do, what files are written.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use crossterm::event::KeyCode;
use jiff::Timestamp;
use onroll::console::app::{Command, Payload, Place, Problem, Query};
use onroll::console::backend::live::LiveRuns;
use onroll::console::backend::{self, Context};
use onroll::console::screens::ScreenId;
use onroll::console::screens::mappings::place as mapping_place;
use onroll::console::screens::person::place as person_place;
use onroll::domain::connection::{ConnectionStatus, Endpoint};
use onroll::domain::ids::{ConnectionId, Identifier};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::DestinationOption;
use onroll::domain::person::{Employee, EmploymentStatus, Person, User, UserStatus};
use onroll::domain::settings::Settings;
use onroll::domain::snapshot::{Side, SourceFacts};
use onroll::engine::{Engine, Process};
use onroll::ports::clock::Clock;
use onroll::ports::destination::{DestinationFacts, DestinationRecord};
use onroll::ports::source::SourceRecord;
use onroll::secrets::SecretStore;
use onroll::services::Access;
use onroll::services::runs::Supervisor;
use onroll::store::{NewConnection, Store};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::desk::{Behind, Desk, NOON};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        NOON.parse().unwrap()
    }
}

pub struct Workspace {
    pub folder: TempDir,
    pub runtime: Runtime,
    pub context: Context,
    pub id: ConnectionId,
}

pub fn employee(number: u32, title: &str) -> Employee {
    let name = ["Amara Okonkwo", "Bartosz Wójcik", "Chloé Lefèvre", "Deniz Yıldız", "佐藤 美咲"][number as usize % 5];
    let (first, last) = name.split_once(' ').unwrap();
    Employee {
        id: format!("{}", 2100 + number).as_str().into(),
        identifier: Identifier(format!("40718_{}", 2100 + number)),
        person: Person {
            first_name: Some(first.into()),
            last_name: Some(format!("{last}{number}")),
            email: Some(format!("p{number}@hvine.example")),
            job_title: Some(title.into()),
            branch: Some("Quayside".into()),
            ..Person::default()
        },
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: None,
    }
}

fn user(number: u32, title: &str) -> User {
    let employee = employee(number, title);
    User {
        id: format!("{}", 7700 + number).as_str().into(),
        identifier: Some(employee.identifier),
        person: Person { branch: Some("QUAY01".into()), ..employee.person },
        status: UserStatus::Active,
        access_profile: None,
        manager: None,
        training: None,
        unreadable: None,
    }
}

impl Workspace {
    pub fn new() -> Self {
        Self::with(plain_people())
    }

    /// The same with these employees (`true`: in the source filter).
    pub fn with(people: Vec<(Employee, bool)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(Noon);
        let store = Store::open(&folder.path().join("onroll.db"), Arc::clone(&clock)).unwrap();
        let engine = Engine {
            store: store.clone(),
            secrets: Arc::new(SecretStore::open(folder.path(), None).unwrap()),
            clock,
            environment: Arc::new(|_| None),
            operator: "R. Osei".into(),
            workspace: folder.path().to_owned(),
            process: Process { pid: 1, host: "desk".into(), start: "0".into() },
            factory: Arc::new(onroll::vendors::registry::Vendors),
        };
        let runs = LiveRuns::new(Supervisor::default(), tokio::sync::mpsc::channel(8).0);
        let context = Context {
            store: store.for_screen(),
            engine,
            runs,
            access: Access::full("R. Osei"),
            sandbox: false,
            surroundings: Default::default(),
        };
        let id = runtime.block_on(fill(&store, people));
        let desk = Self { folder, runtime, context, id };
        desk.replan();
        desk
    }

    pub fn replan(&self) {
        let connection = self.runtime.block_on(self.context.connection("harbour-vine")).unwrap();
        self.runtime.block_on(self.context.replan(&connection)).unwrap();
    }

    fn exports(&self) -> Vec<std::path::PathBuf> {
        let files = std::fs::read_dir(self.folder.path().join("exports")).unwrap();
        files.map(|file| file.unwrap().path()).collect()
    }
}

/// 12 waiters (10 of them users), 4 in a title that differs by capitals, 2 by a blank, 1 like nothing.
fn plain_people() -> Vec<(Employee, bool)> {
    let titles = (0..19u32).map(|number| match number {
        0..12 => (number, "Waiter"),
        12..16 => (number, "Chef de Partie"),
        16..18 => (number, "Bar Staff "),
        _ => (number, "Gardener"),
    });
    titles.map(|(number, title)| (employee(number, title), number != 11)).collect()
}

/// A pull of both sides: 10 users.
pub async fn pull(store: &Store, id: ConnectionId, people: Vec<(Employee, bool)>) {
    let received = people.len() as u64;
    let snapshot = store.begin_snapshot(id, None, Side::Source).await.unwrap();
    let records = people.into_iter().map(|(employee, in_scope)| SourceRecord {
        raw: serde_json::json!({"id": employee.id.as_str().parse::<u32>().unwrap_or_default()}),
        employee,
        out_of_scope: !in_scope,
    });
    store.add_employees(snapshot, records.collect()).await.unwrap();
    let facts = SourceFacts { received, declared_total: received, ..SourceFacts::default() };
    store.finish_source_snapshot(snapshot, &facts).await.unwrap();
}

async fn fill(store: &Store, people: Vec<(Employee, bool)>) -> ConnectionId {
    let end =
        |vendor: &str| Endpoint { vendor: vendor.into(), parameters: Default::default(), secrets: Default::default() };
    let connection = NewConnection {
        tenant_name: "Harbour & Vine".into(),
        short_name: "harbour-vine".into(),
        time_zone: "Europe/London".into(),
        source: end("planday"),
        destination: end("flow-learning"),
        settings: Settings::default(),
        verbatim: vec![ListKey::JOB_TITLE],
        by: "R. Osei".into(),
    };
    let id = store.add_connection(connection).await.unwrap();
    pull(store, id, people).await;
    let snapshot = store.begin_snapshot(id, None, Side::Destination).await.unwrap();
    let records = (0..10).map(|number| DestinationRecord {
        user: user(number, if number == 0 { "Porter" } else { "Waiter" }),
        raw: serde_json::json!({"id": 7700 + number}),
    });
    store.add_users(snapshot, records.collect()).await.unwrap();
    let facts = DestinationFacts {
        account: "HVINE".into(),
        declared_total: 10,
        received: 10,
        can_create_options: true,
        ..Default::default()
    };
    store.finish_user_snapshot(snapshot, &facts).await.unwrap();
    let option = |kind, key: &str, name: &str| DestinationOption::new(kind, key, name, true);
    let titles = ["Waiter", "Chef De Partie", "Bar Staff", "Porter"];
    let titles = titles.iter().map(|name| option(ListKey::JOB_TITLE, name, name)).collect();
    store.put_options(id, ListKey::JOB_TITLE, titles).await.unwrap();
    let branches = vec![option(ListKey::BRANCH, "QUAY01", "Quayside")];
    store.put_options(id, ListKey::BRANCH, branches).await.unwrap();
    let quay = onroll::domain::mapping::MappingTarget::Option("QUAY01".into());
    store.set_mapping(id, ListKey::BRANCH, "Quayside", Some(quay), "R. Osei").await.unwrap();
    id
}

impl Behind for &Workspace {
    fn query(&mut self, query: Query) -> Result<Payload, Problem> {
        self.runtime.block_on(backend::query(&self.context, query)).map_err(Problem::from)
    }

    fn command(&mut self, command: Command) -> Option<Result<Payload, Problem>> {
        Some(self.runtime.block_on(backend::command(&self.context, command)).map_err(Problem::from))
    }
}

const WIDE: (u16, u16) = (140, 40);
const TENANT: &str = "harbour-vine";

fn open(workspace: &Workspace, screen: ScreenId) -> Desk<&Workspace> {
    let mut desk = Desk::new(Place::tenant(screen, TENANT), WIDE, workspace);
    desk.rest();
    desk
}

/// The first column of a two-column picture.
fn has(desk: &Desk<&Workspace>, text: &str) -> bool {
    desk.picture().contains(text)
}

#[test]
fn the_table_that_blocks_most_people_is_shown_and_worked_out() {
    let workspace = Workspace::new();
    let desk = open(&workspace, ScreenId::Mappings);
    assert!(has(&desk, "‹ Job titles 3 ›"), "{}", desk.picture());
    assert!(desk.row(7).starts_with("▸  ! Chef de Partie              4 "), "{}", desk.picture());
    assert!(has(&desk, "+  4 unblocked   now: cannot be synced"), "{}", desk.picture());
    assert!(has(&desk, " 4 create      4 welcome mails"), "{}", desk.picture());
    assert!(has(&desk, "After this, the table blocks 3"), "{}", desk.picture());
    assert!(has(&desk, "61.1 %   11 of 18 people"), "{}", desk.picture());
}

#[test]
fn accepting_unblocks_and_undo_takes_it_back_with_the_cursor_there() {
    let workspace = Workspace::new();
    let mut desk = open(&workspace, ScreenId::Mappings);
    desk.press(KeyCode::Enter);
    assert_eq!(desk.toast(), "Mapped Chef de Partie, 4 unblocked");
    assert!(has(&desk, "✓ Chef de Partie"), "stays where it is\n{}", desk.picture());
    assert!(desk.row(8).starts_with("▸  ! Bar Staff␣"), "{}", desk.picture());
    assert!(has(&desk, "‹ Job titles 2 ›"), "{}", desk.picture());
    desk.keys("u");
    assert_eq!(desk.toast(), "Undone: Chef de Partie is not mapped");
    assert!(desk.row(7).starts_with("▸  ! Chef de Partie"), "{}", desk.picture());
    desk.keys("U");
    assert_eq!(desk.toast(), "Done again: Chef de Partie goes to Chef De Partie");
}

#[test]
fn all_suggestions_are_one_step() {
    let workspace = Workspace::new();
    let mut desk = open(&workspace, ScreenId::Mappings);
    desk.keys("b");
    assert_eq!(desk.toast(), "Mapped 2 values, 6 unblocked");
    desk.keys("u");
    assert_eq!(desk.toast(), "Undone: 2 values");
    assert!(has(&desk, "‹ Job titles 3 ›"), "{}", desk.picture());
}

#[test]
fn a_new_option_goes_into_the_plan() {
    let workspace = Workspace::new();
    let mut desk = Desk::new(mapping_place(TENANT, ListKey::JOB_TITLE, Some("Gardener")), WIDE, &workspace);
    desk.keys("n");
    assert_eq!(desk.toast(), "Put the new Gardener into the plan, 1 unblocked");
    let store = &workspace.context.engine.store;
    let head = workspace.runtime.block_on(store.latest_plan(workspace.id)).unwrap().unwrap();
    assert_eq!(head.counts.create_option, 1);
}

#[test]
fn verbatim_off_blocks_and_says_so() {
    let workspace = Workspace::new();
    let mut desk = open(&workspace, ScreenId::Mappings);
    desk.keys("mv");
    assert_eq!(desk.toast(), "Switched verbatim off, 11 blocked");
    assert!(has(&desk, "the same words"), "{}", desk.picture());
}

#[test]
fn the_table_is_saved_for_its_owner_only() {
    let workspace = Workspace::new();
    let mut desk = open(&workspace, ScreenId::Mappings);
    desk.keys("o").press(KeyCode::Enter);
    let files = workspace.exports();
    let name = files[0].file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(name, "harbour-vine-job-title-20261124-140720.csv");
    assert!(desk.toast().ends_with(&format!("exports/{name}")), "{}", desk.toast());
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(
        text.starts_with("\u{feff}value,people,blocked,state,target,target_name,by,at\nChef de Partie,4,4,suggested,"),
        "{text}"
    );
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(files[0].parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn people_are_filtered_by_words_states_and_their_opposites() {
    let workspace = Workspace::new();
    let mut desk = open(&workspace, ScreenId::People);
    assert!(has(&desk, "18 people"), "{}", desk.picture());
    let shown = |desk: &mut Desk<&Workspace>, filter: &str| {
        desk.keys("/").keys(filter).press(KeyCode::Enter);
        let title = desk.row(3);
        desk.press(KeyCode::Esc);
        title
    };
    let expected = [
        ("state:held", "7 of 18"),
        ("state:blocked !chef", "3 of 18"),
        ("state:held !2112", "6 of 18"),
        ("!state:held", "11 of 18"),
        ("job_title:\"Bar Staff \"", "2 of 18"),
        ("job_title:=\"Bar Staff \"", "2 of 18"),
        ("state:changed state:unlinked", "2 of 18"),
        ("state:linked,held", "7 of 18"),
        ("state:out", "1 of 18"),
        ("state:out gardener", "0 of 18"),
        ("state:out waiter", "1 of 18"),
        ("!wojcik", "15 of 18"),
        ("lefevre !2107", "3 of 18"),
        ("state:user", "10 of 18"),
        ("state:user branch:quay", "10 of 18"),
    ];
    for (filter, words) in expected {
        let title = shown(&mut desk, filter);
        assert!(title.contains(words), "{filter}: {title}");
    }
}

#[test]
fn the_list_of_people_is_saved_as_it_is_filtered() {
    let workspace = Workspace::new();
    let mut desk = open(&workspace, ScreenId::People);
    desk.keys("/state:held").press(KeyCode::Enter).keys("o").press(KeyCode::Enter);
    assert!(desk.toast().starts_with("Saved 7 people to "), "{}", desk.toast());
    let text = std::fs::read_to_string(&workspace.exports()[0]).unwrap();
    assert_eq!(text.lines().count(), 8);
    assert!(text.contains(",value not mapped"), "{text}");
}

#[test]
fn a_first_import_is_not_pushed_by_a_plain_question() {
    let workspace = Workspace::new();
    let store = &workspace.context.engine.store;
    let live = store.set_status(workspace.id, ConnectionStatus::Live, "R. Osei");
    workspace.runtime.block_on(live).unwrap();
    let mut desk = open(&workspace, ScreenId::People);
    desk.keys("a!");
    assert_eq!(desk.toast(), "Not pushed: the first import is confirmed on Plan");
    assert!(desk.commands.is_empty());
}

#[test]
fn a_person_shows_the_gate_that_stops_and_enter_leads_to_the_row() {
    let workspace = Workspace::new();
    let mut desk = Desk::new(person_place(TENANT, "2112", "state:held"), WIDE, &workspace);
    assert!(has(&desk, "▸  ✗ 3 value map"), "{}", desk.picture());
    assert!(has(&desk, "why not synced?"), "{}", desk.picture());
    assert!(has(&desk, "✗ no value"), "{}", desk.picture());
    assert!(has(&desk, "of 7 with state:held"), "{}", desk.picture());
    desk.press(KeyCode::Enter).rest();
    assert!(desk.row(7).starts_with("▸  ! Chef de Partie"), "{}", desk.picture());
}

#[test]
fn a_linked_person_shows_both_sides_and_what_changes() {
    let workspace = Workspace::new();
    let mut desk = Desk::new(person_place(TENANT, "2100", ""), WIDE, &workspace);
    assert!(has(&desk, "≠ Porter → Waiter"), "{}", desk.picture());
    assert!(has(&desk, "= Quayside (QUAY01)"), "{}", desk.picture());
    assert!(has(&desk, "Nothing stands in the way"), "{}", desk.picture());
    desk.keys("c");
    assert!(has(&desk, "\"id\": 2100") && has(&desk, "\"id\": 7700"), "{}", desk.picture());
}

#[test]
fn rulings_hold_at_once_and_are_undone() {
    let workspace = Workspace::new();
    let mut desk = Desk::new(person_place(TENANT, "2100", ""), WIDE, &workspace);
    desk.keys("t");
    assert_eq!(desk.toast(), "Put Amara Okonkwo0 off until 1 Dec");
    assert!(has(&desk, "held: later"), "{}", desk.picture());
    assert!(has(&desk, "later, until 1 Dec 2026, R. Osei"), "{}", desk.picture());
    desk.keys("u");
    assert_eq!(desk.toast(), "Undone: the ruling on Amara Okonkwo0");
    assert!(!has(&desk, "held: later"), "{}", desk.picture());
    desk.keys("mp");
    assert!(has(&desk, "held: protected"), "{}", desk.picture());
    desk.press(KeyCode::Delete);
    assert_eq!(desk.toast(), "Took the ruling back");
    assert!(!has(&desk, "held: protected"), "{}", desk.picture());
}

#[test]
fn somebody_out_of_scope_is_stopped_at_the_first_gate() {
    let workspace = Workspace::new();
    let mut desk = Desk::new(person_place(TENANT, "2111", "state:out"), WIDE, &workspace);
    assert!(has(&desk, "▸  ✗ 1 in scope           not in the source filter"), "{}", desk.picture());
    desk.keys("t");
    assert_eq!(desk.toast(), "Later: not in scope");
}

#[test]
fn a_file_is_looked_at_before_it_is_imported_as_one_undo_step() {
    let workspace = Workspace::new();
    let mut desk = open(&workspace, ScreenId::Mappings);
    let file = workspace.folder.path().join("titles.csv");
    std::fs::write(&file, "value,target\nChef de Partie,Chef De Partie\n\"Bar Staff \",Bar Staff\nButler,Porter\n")
        .unwrap();
    desk.keys("mo");
    desk.send(onroll::console::app::Msg::Paste(file.display().to_string()));
    desk.press(KeyCode::Enter);
    assert!(has(&desk, "Import 3 values into job titles?"), "{}", desk.picture());
    assert!(has(&desk, "+ 6 unblocked: 6 create"), "{}", desk.picture());
    assert!(has(&desk, "i 1 value is carried by nobody today"), "{}", desk.picture());
    assert!(has(&desk, "Chef de Partie → Chef De Partie"), "{}", desk.picture());
    assert!(desk.commands.is_empty(), "nothing is saved before the answer");
    desk.rest();
    desk.keys("y");
    assert_eq!(desk.toast(), "Imported 3 values from titles.csv, 6 unblocked");
    desk.keys("u");
    assert_eq!(desk.toast(), "Undone: 3 values");
    assert!(has(&desk, "‹ Job titles 3 ›"), "{}", desk.picture());
}

#[test]
fn a_file_at_fault_changes_nothing_and_says_which_row() {
    let workspace = Workspace::new();
    let mut desk = open(&workspace, ScreenId::Mappings);
    let file = workspace.folder.path().join("titles.csv");
    std::fs::write(&file, "value,target\nGardener,Head Gardener\n").unwrap();
    desk.keys("mo");
    desk.send(onroll::console::app::Msg::Paste(file.display().to_string()));
    desk.press(KeyCode::Enter);
    assert_eq!(desk.toast(), "titles.csv was not imported; nothing was changed");
    assert!(has(&desk, "row 2: `Head Gardener` is not in the destination"), "{}", desk.picture());
    assert!(desk.commands.is_empty());
}

#[test]
fn an_export_that_is_read_back_changes_nothing() {
    let workspace = Workspace::new();
    let mut desk = open(&workspace, ScreenId::Mappings);
    desk.keys("o").press(KeyCode::Enter);
    let file = workspace.exports().remove(0);
    desk.keys("mo");
    desk.send(onroll::console::app::Msg::Paste(file.file_name().unwrap().to_string_lossy().into_owned()));
    desk.press(KeyCode::Enter);
    assert_eq!(desk.toast(), "Nothing to import: 4 rows stand in the table already");
}
