//! A learning platform without an API, and its support: exports users, loads lists. Written after `docs/vendors.md`, not after the
//! client: it takes each list as a plain import would, and does not mind making an account twice.

use onroll::ports::clock::{Clock, SystemClock};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// The heads of its exports, and so of the lists that it is given.
const HEADS: [&str; 12] = [
    "User ID",
    "External ID",
    "Forename",
    "Surname",
    "E-mail",
    "Date of birth",
    "Position",
    "Site",
    "Department",
    "Start date",
    "Leaving date",
    "Status",
];

/// An account: its values by head.
pub type Account = BTreeMap<String, String>;

pub struct Platform {
    dir: TempDir,
    pub accounts: Vec<Account>,
    next: u32,
    /// Files have times of their own, so that two of one millisecond are told apart.
    clock: SystemTime,
    xlsx: bool,
}

/// One line of a list that was loaded: the file's kind, then its values by head.
pub type Loaded = (String, Account);

impl Platform {
    pub fn new() -> Platform {
        let dir = TempDir::new().expect("a folder");
        std::fs::create_dir(dir.path().join("exports")).unwrap();
        let clock = SystemTime::from(SystemClock.now()) - Duration::from_secs(3_600);
        let mut platform = Platform { dir, accounts: Vec::new(), next: 1, clock, xlsx: false };
        platform.export();
        platform
    }

    /// One whose support wants workbooks.
    pub fn of_workbooks() -> Platform {
        Platform { xlsx: true, ..Platform::new() }
    }

    pub fn exports(&self) -> PathBuf {
        self.dir.path().join("exports")
    }

    /// An account that was made by hand.
    pub fn add(&mut self, identifier: &str, first: &str, last: &str) -> String {
        let mail = format!("{}.{}@hvine.example", first.to_lowercase(), last.to_lowercase());
        let values = [("External ID", identifier), ("Forename", first), ("Surname", last), ("E-mail", mail.as_str())];
        self.insert(values.map(|(head, value)| (head.to_owned(), value.to_owned())).into())
    }

    fn insert(&mut self, mut account: Account) -> String {
        let id = format!("u{:03}", self.next);
        self.next += 1;
        account.insert("User ID".into(), id.clone());
        account.insert("Status".into(), "Active".into());
        self.accounts.push(account);
        id
    }

    pub fn account(&mut self, id: &str) -> &mut Account {
        self.accounts.iter_mut().find(|one| one["User ID"] == id).unwrap_or_else(|| panic!("no account {id}"))
    }

    /// Everybody with this identifier.
    pub fn carriers(&self, identifier: &str) -> Vec<&Account> {
        self.accounts.iter().filter(|one| one.get("External ID").is_some_and(|held| held == identifier)).collect()
    }

    pub fn active_mails(&self) -> Vec<String> {
        let active = self.accounts.iter().filter(|one| one["Status"] == "Active");
        let mut mails: Vec<String> = active.map(|one| one["E-mail"].to_lowercase()).collect();
        mails.sort();
        mails
    }

    /// Puts an export of now into the folder.
    pub fn export(&mut self) -> PathBuf {
        let heads: Vec<&str> = HEADS.to_vec();
        self.export_with(&heads)
    }

    pub fn export_with(&mut self, heads: &[&str]) -> PathBuf {
        self.clock += Duration::from_secs(60);
        let seconds = self.clock.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let path = self.exports().join(format!("users-{seconds}.csv"));
        let mut writer = csv::Writer::from_path(&path).unwrap();
        writer.write_record(heads).unwrap();
        for account in &self.accounts {
            writer.write_record(heads.iter().map(|head| account.get(*head).map_or("", String::as_str))).unwrap();
        }
        drop(writer);
        self.date(&path, self.clock);
        path
    }

    /// Gives a file the time that it says.
    pub fn date(&self, path: &Path, at: SystemTime) {
        std::fs::File::options().append(true).open(path).unwrap().set_modified(at).unwrap();
    }

    /// Lists that lie there, in the order of their names.
    pub fn lists(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut lists: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        lists.sort();
        lists
    }

    /// Loads all lists, takes them away, and exports.
    pub fn load(&mut self, folder: &Path) -> Vec<Loaded> {
        let lists = self.lists(folder);
        let mut loaded = Vec::new();
        for list in lists {
            loaded.extend(self.load_list(&list, usize::MAX));
            std::fs::remove_file(list).unwrap();
        }
        self.export();
        loaded
    }

    /// Loads the first rows of one list, and leaves it there.
    pub fn load_list(&mut self, list: &Path, most: usize) -> Vec<Loaded> {
        let name = list.file_name().unwrap().to_str().unwrap().to_owned();
        let kind = name.split('.').next().unwrap().rsplit('-').next().unwrap().to_owned();
        let rows: Vec<Account> = self.read(list).into_iter().take(most).collect();
        for row in &rows {
            self.take(&kind, row);
        }
        rows.into_iter().map(|row| (kind.clone(), row)).collect()
    }

    fn take(&mut self, kind: &str, row: &Account) {
        let mut values = row.clone();
        let changed = values.remove("changed");
        if kind == "new" {
            assert!(!values.contains_key("User ID"), "who is new has no number yet: {row:?}");
            self.insert(values);
            return;
        }
        let id = values.remove("User ID").expect("whom the line is about");
        let account = self.account(&id);
        match kind {
            "identifiers" => _ = account.insert("External ID".into(), values["External ID"].clone()),
            "leavers" => {
                account.insert("Status".into(), "Left".into());
                account.insert("Leaving date".into(), values["Leaving date"].clone());
            }
            "changes" | "returning" => {
                let named = changed.expect("what changes is named");
                for (head, value) in values {
                    let before = account.get(&head).cloned().unwrap_or_default();
                    let is_named = named.split("; ").any(|one| one == head);
                    assert!(is_named || before == value, "{head} of {id} changes unsaid: `{before}` to `{value}`");
                    account.insert(head, value);
                }
                if kind == "returning" {
                    account.insert("Status".into(), "Active".into());
                }
            }
            other => panic!("no list is called {other}"),
        }
    }

    /// The rows of a list, as an import reads them.
    pub fn read(&self, list: &Path) -> Vec<Account> {
        let rows: Vec<Vec<String>> = if self.xlsx { workbook(list) } else { text(list) };
        let (heads, rows) = rows.split_first().expect("a list has heads");
        for head in heads {
            assert!(HEADS.contains(&head.as_str()) || head == "changed", "the platform has no `{head}`");
        }
        rows.iter().map(|row| heads.iter().cloned().zip(row.iter().cloned()).collect()).collect()
    }
}

fn text(list: &Path) -> Vec<Vec<String>> {
    let bytes = std::fs::read(list).unwrap();
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).expect("the mark of UTF-8");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn workbook(list: &Path) -> Vec<Vec<String>> {
    use calamine::{Data, Reader};
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(list).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("it is read");
    let cell = |cell: &Data| match cell {
        Data::String(text) => text.clone(),
        Data::Empty => String::new(),
        other => panic!("{other:?} is no text"),
    };
    sheet.rows().map(|row| row.iter().map(cell).collect()).collect()
}
