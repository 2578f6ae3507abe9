//! The files of the story, and a screen over the real backend.

use crate::desk::{Behind, Desk};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use onroll::cli::bench_people::{PeopleSpec, write_people};
use onroll::console::app::{Command, Msg, Payload, Place, Problem, Query};
use onroll::console::backend::live::LiveRuns;
use onroll::console::backend::{self, Context};
use onroll::console::screens::ScreenId;
use onroll::engine::{Engine, Process};
use onroll::ports::clock::{Clock, SystemClock};
use onroll::secrets::SecretStore;
use onroll::services::Access;
use onroll::services::runs::Supervisor;
use onroll::store::Store;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const FOUR: [&str; 4] = ["links.csv", "review.csv", "new.csv", "identifiers.csv"];

/// What stands behind the screen: an empty workspace, and a home with the files.
pub struct Product {
    pub home: TempDir,
    _workspace: TempDir,
    runtime: Runtime,
    context: Context,
    /// Matches are not answered; they wait here.
    pub holds_matches: bool,
    pub held: Vec<Command>,
}

impl Product {
    pub fn new() -> Self {
        let (home, workspace) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let at_home = home.path().display().to_string();
        let engine = Engine {
            store: Store::open(&workspace.path().join("onroll.db"), Arc::clone(&clock)).unwrap(),
            secrets: Arc::new(SecretStore::open(workspace.path(), None).unwrap()),
            clock,
            environment: Arc::new(move |name| (name == "HOME").then(|| at_home.clone())),
            operator: "R. Osei".into(),
            workspace: workspace.path().to_owned(),
            process: Process { pid: 1, host: "desk".into(), start: "0".into() },
            factory: Arc::new(onroll::vendors::registry::Vendors),
        };
        let context = Context {
            store: engine.store.for_screen(),
            engine,
            runs: LiveRuns::new(Supervisor::default(), tokio::sync::mpsc::channel(8).0),
            access: Access::full("R. Osei"),
            sandbox: false,
            surroundings: Default::default(),
        };
        Product { home, _workspace: workspace, runtime, context, holds_matches: false, held: Vec::new() }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file as it was saved the day before.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let saved = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_454_400);
        fs::File::options().write(true).open(&path).unwrap().set_modified(saved).unwrap();
    }

    pub fn done(&self, command: Command) -> Result<Payload, Problem> {
        Ok(self.runtime.block_on(backend::command(&self.context, command))?)
    }
}

impl Behind for Product {
    fn query(&mut self, query: Query) -> Result<Payload, Problem> {
        Ok(self.runtime.block_on(backend::query(&self.context, query))?)
    }

    fn command(&mut self, command: Command) -> Option<Result<Payload, Problem>> {
        if self.holds_matches && format!("{command:?}").starts_with("TwoFiles(Match") {
            self.held.push(command);
            return None;
        }
        Some(self.done(command))
    }
}

/// The source of the story, as a spreadsheet program of the continent saves it: a title, semicolons, days before months.
pub const EMPLOYEES: &str = "\
Aldergate Lakes, 23.11.2026;;;;;;;;;;;
;;;;;;;;;;;
Employee no.;First name;Last name;E-mail (work);DOB;Position;Site;Joined;Status;Crew;IBAN;Notes
004100;Siân;Rowlands;s.rowlands@aldlakes.example;12.07.1979;Spa Therapist;Lakeside;01.03.2019;active;Spa;DE02 1203;
004117;Tobias;Kerner;t.kerner@aldlakes.example;03.02.2001;Commis Chef;Boathouse;14.06.2024;active;Kitchen;DE02 1204;
004134;Rhian;Pugh;r.pugh@aldlakes.example;09.05.1990;Receptionist;Lakeside;02.05.2022;active;Front of House;DE02 1205;
004151;Marc-André;Keller;m.keller@aldlakes.example;21.01.1987;Sous Chef;Boathouse;11.09.2017;active;Kitchen;DE02 1206;
004168;健太;高橋;k.takahashi@aldlakes.example;02.10.1999;Waiter;Lakeside;19.04.2023;active;Front of House;DE02 1207;nights only
004185;Ffion;Prosser;f.prosser@aldlakes.example;29.02.1996;Night Auditor;Lakeside;07.11.2018;active;Front of House;DE02 1208;
004202;Owen;Pryce;;30.08.1974;Gardener;Grounds;05.01.2010;active;Grounds;DE02 1209;
004219;Lena;Vogt;l.vogt@aldlakes.example;17.12.1992;Waiter;Boathouse;23.06.2021;active;Front of House;DE02 1210;
004236;Jiří;Novák;j.novak@aldlakes.example;25.03.1985;Bar Manager;Boathouse;30.09.2015;active;Bar;DE02 1211;
004253;Grace;Adeyemi-Cole;g.adeyemi@aldlakes.example;09.01.1999;Spa Therapist;Lakeside;12.02.2024;active;Spa;DE02 1212;
004270;Tom;Hargreaves;t.hargreaves@aldlakes.example;22.07.1979;Porter;Lakeside;04.04.2012;left;Front of House;DE02 1213;
004287;Nia;Llewellyn;n.llewellyn@aldlakes.example;17.05.1995;Waiter;Lakeside;08.08.2025;active;Front of House;DE02 1214;
Total;12;;;;;;;;;;
";

pub const USERS: &str = "\
Learner id,First Name,Last Name,Email,Date of birth,Job Title,Branch,Start Date,Status,Last log-in
5501,Sian,Rowlands,s.rowlands@aldlakes.example,1979-07-12,Spa Therapist,Lakeside,2019-03-01,Active,2026-11-20
5502,Tobias,Kerner,t.kerner@aldlakes.example,2001-02-03,Commis Chef,Boathouse,2024-06-14,Active,2026-11-21
5530,Rhiannon,Pugh,,1990-05-09,Receptionist,Lakeside,2022-05-02,Active,
5107,Marc,Keller,marc.k@mail.example,1978-01-21,Chef,Boathouse,2017-09-11,Active,2026-10-02
6113,Kenta,Takahashi,kenta99@mail.example,1999-10-02,Waiter,Lakeside,2023-04-19,Active,
5503,Ffion,Prosser,f.prosser@aldlakes.example,1996-02-29,Night Auditor,Lakeside,2018-11-07,Active,2026-11-22
5504,Owen,Pryce,owen@pryce.example,1974-08-30,Gardener,Grounds,2010-01-05,Active,2026-06-01
5505,Lena,Vogt,l.vogt@aldlakes.example,1992-12-17,Waiter,Boathouse,2021-06-23,Active,2026-11-19
5506,Lena,Voigt,lena.v@mail.example,1992-12-17,Waiter,Boathouse,2021-06-23,Active,
5507,Jiri,Novak,j.novak@aldlakes.example,1985-03-25,Bar Manager,Boathouse,2015-09-30,Active,2026-11-22
5520,Ana,Ribeiro,ana@ribeiro.example,1988-04-04,Cleaner,Lakeside,2020-02-02,Inactive,
";

/// A desk in front of the story's files.
pub fn story(size: (u16, u16)) -> Desk<Product> {
    let product = Product::new();
    product.write("aldergate/planday_employees.csv", EMPLOYEES);
    product.write("aldergate/flow_users.csv", USERS);
    product.write("aldergate/notes.pdf", "%PDF");
    open(size, product)
}

pub fn open(size: (u16, u16), product: Product) -> Desk<Product> {
    Desk::new(Place::global(ScreenId::TwoFiles), size, product)
}

/// Types the three paths.
pub fn name_files(desk: &mut Desk<Product>, employees: &str, users: &str) {
    desk.send(Msg::Paste(employees.into())).press(KeyCode::Tab).send(Msg::Paste(users.into()));
    desk.rest();
}

pub fn story_at_columns(size: (u16, u16)) -> Desk<Product> {
    let mut desk = story(size);
    name_files(&mut desk, "~/aldergate/planday_employees.csv", "~/aldergate/flow_users.csv");
    desk.press(KeyCode::PageDown).rest();
    desk
}

pub fn story_at_result(size: (u16, u16)) -> Desk<Product> {
    let mut desk = story_at_columns(size);
    desk.press(KeyCode::PageDown).rest();
    desk
}

/// Two generated lists of some size.
pub fn generated(people: usize) -> Desk<Product> {
    let product = Product::new();
    write_people(product.home.path(), PeopleSpec { people, seed: 7, sparse: false }).unwrap();
    let mut desk = open((100, 32), product);
    name_files(&mut desk, "~/source.csv", "~/destination.csv");
    desk.press(KeyCode::PageDown).rest();
    desk
}

pub fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.trim_start_matches('\u{feff}').lines().skip(1).map(str::to_owned).collect()
}

pub fn firsts(path: &Path) -> BTreeSet<String> {
    lines(path).iter().map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

/// What `onroll match` writes of two files.
pub fn command(folder: &Path, source: &str, destination: &str, more: &[&str]) -> (i32, String) {
    let arguments =
        [&["match", "--source", source, "--destination", destination, "--out", "by-command"], more].concat();
    let mut onroll = assert_cmd::Command::new(env!("CARGO_BIN_EXE_onroll"));
    let output = onroll.args(arguments).current_dir(folder).env("HOME", folder).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap(), said)
}

pub fn write_to(desk: &mut Desk<Product>, folder: &str) {
    desk.keys("o");
    let all = KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL);
    desk.press(KeyCode::End).send(Msg::Key(all)).send(Msg::Paste(folder.into())).press(KeyCode::Enter).rest();
}
