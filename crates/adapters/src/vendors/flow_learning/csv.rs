//! Flow by file: MAPAL OS "Add list of users" (flow-learning.md 3.3). Users are read from an export in the template's
//! columns; writes are rows appended to a file that an administrator loads. A matching external identifier updates, a
//! new one creates; the last row of an identifier counts.

use super::{CSV, NAME, map};
use crate::domain::ids::{Identifier, OptionKey, UserId};
use crate::domain::inert;
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, one_per_key};
use crate::domain::person::{Person, Unreadable, User, UserStatus};
use crate::ports::api::{ApiError, ProbeResult, ProbeStep};
use crate::ports::bounded::{self, PEOPLE_MAX};
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, LookUp, Write, WriteAnswer, WriteError,
};
use crate::vendors::outbox::{self, is_meant};
use crate::vendors::rows::Tally;
use jiff::civil::Date;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

pub const USERS_FILE: &str = "users_file";
pub const OPTIONS_FILE: &str = "options_file";

/// The template's columns, in its order (MAPAL KA-01481).
const TEMPLATE: [&str; 10] = [
    "First Name",
    "Last Name",
    "Email",
    "Status",
    "User profile",
    "External Identifier",
    "Job Title",
    "Start Date",
    "Business Unit ID",
    "Department",
];

/// A connection whose users are in files.
pub struct FlowCsv {
    users_file: PathBuf,
    options_file: Option<PathBuf>,
    outbox: Arc<Mutex<PathBuf>>,
}

impl FlowCsv {
    /// Touches no file yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        let users_file = PathBuf::from(parts.required(NAME, USERS_FILE, "the export of Flow's users")?);
        let workspace =
            parts.workspace_dir.as_ref().ok_or_else(|| setup("there is no workspace to write files into"))?;
        Ok(Self {
            users_file,
            options_file: parts.parameter(OPTIONS_FILE).map(PathBuf::from),
            outbox: Arc::new(Mutex::new(outbox::folder(workspace).join(format!("{}-import.csv", parts.short_name)))),
        })
    }

    async fn users(&self) -> Result<Vec<User>, ApiError> {
        let path = self.users_file.clone();
        blocking(move || parse_users(&read_file(&path)?)).await
    }

    /// Rows that were written and not yet seen in an export, the last one of each identifier.
    async fn pending(&self) -> Result<Vec<User>, ApiError> {
        let outbox = Arc::clone(&self.outbox);
        blocking(move || {
            let path = outbox.lock().unwrap_or_else(PoisonError::into_inner);
            if !path.exists() {
                return Ok(Vec::new());
            }
            let mut last: BTreeMap<Option<Identifier>, User> = BTreeMap::new();
            for user in parse_users(&read_file(&path)?)? {
                last.insert(user.identifier.clone(), user);
            }
            Ok(last.into_values().collect())
        })
        .await
    }

    async fn append(&self, identifier: &Identifier, user: &User) -> Result<WriteAnswer, WriteError> {
        let row = template_row(identifier, user)?;
        let outbox = Arc::clone(&self.outbox);
        let id = UserId::new(identifier.as_str());
        blocking(move || {
            let path = outbox.lock().unwrap_or_else(PoisonError::into_inner);
            append_row(&path, &row).map_err(|error| file_problem(&path, "be written", &error))
        })
        .await
        .map_err(WriteError::NotSent)?;
        Ok(WriteAnswer { user: Some(id), ..WriteAnswer::default() })
    }
}

#[async_trait::async_trait]
impl DestinationApi for FlowCsv {
    async fn probe(&self) -> Vec<ProbeStep> {
        let step = |name: &str, result: Result<String, ApiError>| match result {
            Ok(detail) => ProbeStep { name: name.to_owned(), result: ProbeResult::Passed, detail },
            Err(error) => {
                ProbeStep { name: name.to_owned(), detail: error.to_string(), result: ProbeResult::Failed(error) }
            }
        };
        let users = self.users().await.map(|users| format!("{} users in the export", users.len()));
        let branches = self.options(ListKey::BRANCH).await.map(|options| format!("{} branches", options.len()));
        vec![step("users file", users), step("branches", branches)]
    }

    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        let mut options: BTreeMap<String, DestinationOption> = BTreeMap::new();
        for user in self.users().await? {
            let value = user.value(list.field()).map(Cow::into_owned);
            if let Some(value) = value {
                let key = OptionKey(value.clone());
                options.insert(value.clone(), DestinationOption::new(list, key, value, true));
            }
        }
        if let Some(path) = self.options_file.clone() {
            let declared = blocking(move || parse_options(&read_file(&path)?)).await?;
            let declared = declared.into_iter().filter(|option| option.list == list).collect();
            for option in one_per_key(declared) {
                options.insert(option.key.0.clone(), option);
            }
        }
        Ok(options.into_values().collect())
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        let users = self.users().await?;
        let count = users.len() as u64;
        for user in users {
            let raw = serde_json::to_value(&user).unwrap_or_default();
            let sent = out.send(DestinationRecord { user, raw }).await;
            sent.map_err(|_| ApiError::Temporary {
                vendor: NAME,
                detail: "the fetch was stopped before its end".to_owned(),
            })?;
        }
        let name = self.users_file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(DestinationFacts {
            account: format!("file {name}"),
            declared_total: count,
            received: count,
            ..DestinationFacts::default()
        })
    }

    /// The export first; who is not there is looked for among the rows that wait to be loaded.
    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        let found: Vec<User> = self.users().await?.into_iter().filter(|user| is_meant(user, key)).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        Ok(self.pending().await?.into_iter().filter(|user| is_meant(user, key)).collect())
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        match write {
            Write::CreateOption { .. } | Write::RemoveOption { .. } => {
                Err(not_possible("options are made in MAPAL OS itself"))
            }
            Write::SetIdentifier { .. } => Err(not_possible("the template cannot write an identifier onto a user")),
            Write::Create { identifier, person, access_profile } => {
                let user = User {
                    id: UserId::new(identifier.as_str()),
                    identifier: Some(identifier.clone()),
                    person: person.clone(),
                    status: UserStatus::Active,
                    access_profile: access_profile.clone(),
                    manager: None,
                    training: None,
                    unreadable: None,
                };
                self.append(identifier, &user).await.map(|answer| WriteAnswer { created: true, ..answer })
            }
            Write::Update { identifier, current, changes } => {
                let user = map::changed(current, changes).map_err(|error| not_possible(&error.to_string()))?;
                self.append(identifier, &user).await
            }
            Write::Deactivate { identifier, current, .. } => {
                let user = User { status: UserStatus::Inactive, ..current.as_ref().clone() };
                self.append(identifier, &user).await
            }
            Write::Reactivate { identifier, current, changes } => {
                let user = map::changed(current, changes).map_err(|error| not_possible(&error.to_string()))?;
                self.append(identifier, &User { status: UserStatus::Active, ..user }).await
            }
        }
    }
}

/// The row that an administrator loads. It has to name a status: for one that nobody knows there is no row.
fn template_row(identifier: &Identifier, user: &User) -> Result<[String; 10], WriteError> {
    let status = match &user.status {
        UserStatus::Active | UserStatus::Unshown { off: false } => "Active",
        UserStatus::Inactive | UserStatus::Unshown { off: true } => "Inactive",
        UserStatus::Unclear(word) => {
            return Err(not_possible(&format!("the status `{word}` of user {} cannot be written", user.id)));
        }
    };
    let person = &user.person;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let row = [
        text(&person.first_name),
        text(&person.last_name),
        text(&person.email),
        status.to_owned(),
        text(&user.access_profile),
        identifier.as_str().to_owned(),
        text(&person.job_title),
        person.start_date.map(|date| date.strftime("%d/%m/%Y").to_string()).unwrap_or_default(),
        text(&person.branch),
        text(&person.department),
    ];
    // The administrator opens this file in a spreadsheet before it is loaded, and a changed value would be loaded changed.
    let acts = |(_, cell): &(&&str, &String)| inert::is_formula(cell) || !inert::is_inert(cell);
    match TEMPLATE.iter().zip(&row).find(acts) {
        Some((column, _)) => Err(not_possible(&format!(
            "`{column}` of the user with identifier {identifier} begins like a formula, or has a character that nobody can see"
        ))),
        None => Ok(row),
    }
}

/// Appends one row and makes it durable.
fn append_row(path: &Path, row: &[String]) -> std::io::Result<()> {
    let line = |cells: &[&str]| -> std::io::Result<Vec<u8>> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(cells)?;
        writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
    };
    let cells: Vec<&str> = row.iter().map(String::as_str).collect();
    outbox::append(path, &line(&TEMPLATE)?, &line(&cells)?)
}

/// Users of an export in the template's columns (any order, more columns are passed over).
fn parse_users(bytes: &[u8]) -> Result<Vec<User>, ApiError> {
    let (head, rows) = records(bytes)?;
    let column = |name: &str| head.iter().position(|cell| folded(cell) == folded(name));
    let columns: Vec<Option<usize>> = TEMPLATE.iter().map(|name| column(name)).collect();
    let id = column("id");
    for needed in ["First Name", "Last Name", "Status", "External Identifier"] {
        if column(needed).is_none() {
            return Err(setup(&format!("the users file has no column `{needed}`")));
        }
    }
    let (mut users, mut tally) = (Vec::new(), Tally::default());
    for (number, record) in rows {
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).filter(|cell| !cell.trim().is_empty());
        let field = |index: usize| cell(columns.get(index).copied().flatten()).map(str::to_owned);
        let identifier = field(5).map(Identifier);
        let start_date = field(7).and_then(|text| day(text.trim()));
        let unreadable = (field(7).is_some() && start_date.is_none()).then(|| Unreadable {
            member: "Start Date".to_owned(),
            what: format!("`Start Date` in row {number} is not DD/MM/YYYY"),
        });
        tally.count(unreadable.as_ref().map(|unreadable| unreadable.member.as_str()));
        let own_id = cell(id).map(str::to_owned).or_else(|| identifier.as_ref().map(|identifier| identifier.0.clone()));
        users.push(User {
            id: UserId::new(own_id.unwrap_or_else(|| format!("row {number}"))),
            identifier,
            person: Person {
                first_name: field(0),
                last_name: field(1),
                email: field(2),
                job_title: field(6),
                start_date,
                branch: field(8),
                department: field(9),
                ..Person::default()
            },
            status: map::status(field(3).as_deref()),
            access_profile: field(4),
            manager: None,
            training: None,
            unreadable,
        });
    }
    tally.check(NAME, "rows of the users file")?;
    Ok(users)
}

/// `table, key, name, active`; a blank key is the name, a blank `active` is yes.
fn parse_options(bytes: &[u8]) -> Result<Vec<DestinationOption>, ApiError> {
    let (head, rows) = records(bytes)?;
    let column = |name: &str| head.iter().position(|cell| folded(cell) == name);
    let (Some(table), Some(name)) = (column("table"), column("name")) else {
        return Err(setup("the options file needs the columns `table` and `name`"));
    };
    let mut options = Vec::new();
    for (number, record) in rows {
        let kind = record.get(table).and_then(|cell| ListKey::from_key(cell.trim())).ok_or_else(|| {
            setup(&format!(
                "row {number} of the options file: the table must be branch, department, job_title or access_profile"
            ))
        })?;
        let text = |at: Option<usize>| at.and_then(|at| record.get(at)).filter(|cell| !cell.trim().is_empty());
        let Some(name) = text(Some(name)) else { continue };
        let active = !text(column("active")).is_some_and(|cell| matches!(folded(cell).as_str(), "no" | "false" | "0"));
        let key = OptionKey::new(text(column("key")).unwrap_or(name));
        options.push(DestinationOption::new(kind, key, name, active));
    }
    Ok(options)
}

/// Head and numbered rows of a CSV file.
type Records = (csv::StringRecord, Vec<(u64, csv::StringRecord)>);

fn records(bytes: &[u8]) -> Result<Records, ApiError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first_line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let semicolons = first_line.iter().filter(|byte| **byte == b';').count();
    let commas = first_line.iter().filter(|byte| **byte == b',').count();
    let delimiter = if semicolons > commas { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(bytes);
    let unreadable = |_| setup("the file is not CSV in UTF-8");
    let head = reader.headers().map_err(unreadable)?.clone();
    let mut rows = Vec::new();
    for (record, number) in reader.records().zip(2..) {
        let record = record.map_err(unreadable)?;
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push((number, record));
        }
    }
    Ok((head, rows))
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn day(text: &str) -> Option<Date> {
    Date::strptime("%d/%m/%Y", text).ok().or_else(|| text.parse().ok())
}

fn read_file(path: &Path) -> Result<Vec<u8>, ApiError> {
    bounded::read(path, PEOPLE_MAX)
        .map_err(|error| setup(&format!("the file {} cannot be read ({error})", path.display())))
}

fn file_problem(path: &Path, what: &str, error: &std::io::Error) -> ApiError {
    setup(&format!("the file {} cannot {what} ({})", path.display(), error.kind()))
}

fn setup(detail: &str) -> ApiError {
    ApiError::Setup { vendor: NAME, detail: detail.to_owned() }
}

fn not_possible(detail: &str) -> WriteError {
    WriteError::NotSent(setup(&format!("{detail} ({} by file)", CSV.name)))
}

/// Files are read and written off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(setup("reading the file failed inside")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXPORT: &str = "First Name,Last Name,Email,Status,User profile,External Identifier,Job Title,Start Date,Business Unit ID,Department\r\n\
        Leo,Marsh,leo@x.example,Active,Employee,7781_204,Commis Chef,02/02/2026,LDS01,Kitchen\r\n\
        Ann,Old,,Inactive,,,Waiter,,LDS02,\r\n";

    fn connected(folder: &Path) -> FlowCsv {
        let users = folder.join("users.csv");
        std::fs::write(&users, EXPORT).unwrap();
        let mut parts = ConnectParts {
            short_name: "vine".into(),
            workspace_dir: Some(folder.to_owned()),
            ..ConnectParts::default()
        };
        parts.parameters.insert(USERS_FILE.into(), users.display().to_string());
        FlowCsv::new(&parts).unwrap()
    }

    #[test]
    fn a_row_that_a_spreadsheet_would_act_on_is_refused_with_its_column() {
        let person = |first: &str| User {
            id: UserId::new(""),
            identifier: None,
            person: Person { first_name: Some(first.into()), last_name: Some("Marsh".into()), ..Person::default() },
            status: UserStatus::Active,
            access_profile: None,
            manager: None,
            training: None,
            unreadable: None,
        };
        let identifier = Identifier("7781_204".into());
        assert!(template_row(&identifier, &person("Leo")).is_ok());
        for first in ["=HYPERLINK(\"http://x.example\")", "@x", "Leo\u{1b}[2J", "oeL\u{202e}"] {
            let error = template_row(&identifier, &person(first)).unwrap_err().to_string();
            assert!(error.contains("`First Name` of the user with identifier 7781_204"), "{error}");
            assert!(!error.contains(first), "{error}");
        }
        assert!(template_row(&Identifier("-1".into()), &person("Leo")).is_err());
    }

    #[tokio::test]
    async fn exports_are_read_and_writes_become_template_rows() {
        let folder = tempfile::tempdir().unwrap();
        let flow = connected(folder.path());
        let users = flow.users().await.unwrap();
        assert_eq!(users.len(), 2);
        let leo = users.first().unwrap().clone();
        assert_eq!(leo.person.start_date, Some(jiff::civil::date(2026, 2, 2)));
        assert_eq!(users.get(1).unwrap().status, UserStatus::Inactive);
        let branches = flow.options(ListKey::BRANCH).await.unwrap();
        assert_eq!(branches.iter().map(|option| option.key.as_str()).collect::<Vec<_>>(), ["LDS01", "LDS02"]);

        let new = Identifier::new("7781_205");
        let create = Write::Create { identifier: new.clone(), person: leo.person.clone(), access_profile: None };
        assert!(flow.write(&create).await.unwrap().created);
        let path = folder.path().join("outbox/vine-import.csv");
        // A crash in the middle of a row.
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend_from_slice(b"Le,Mar");
        std::fs::write(&path, torn).unwrap();
        let leave =
            Write::Deactivate { identifier: leo.identifier.clone().unwrap(), current: Box::new(leo), end_date: None };
        flow.write(&leave).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                TEMPLATE.join(",").as_str(),
                "Leo,Marsh,leo@x.example,Active,,7781_205,Commis Chef,02/02/2026,LDS01,Kitchen",
                "Leo,Marsh,leo@x.example,Inactive,Employee,7781_204,Commis Chef,02/02/2026,LDS01,Kitchen",
            ]
        );
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(flow.look_up(LookUp::Identifier(&new)).await.unwrap().len(), 1);
        let link = Write::CreateOption { list: ListKey::JOB_TITLE, name: "X".into() };
        assert!(matches!(flow.write(&link).await, Err(WriteError::NotSent(_))));
    }

    #[test]
    fn a_bad_row_is_named() {
        let bad = EXPORT.replace("02/02/2026", "02/14/2026").replace("Inactive", "Suspended");
        let users = parse_users(bad.as_bytes()).unwrap();
        assert_eq!(users[0].unreadable.as_ref().unwrap().what, "`Start Date` in row 2 is not DD/MM/YYYY");
        assert_eq!(users[1].status, UserStatus::Unclear("Suspended".into()));
        assert!(template_row(&Identifier::new("1"), &users[1]).is_err());
        let error = parse_users(EXPORT.replace("Status", "State").as_bytes()).unwrap_err();
        assert!(error.to_string().contains("`Status`"), "{error}");
        let options = parse_options(b"table;key;name;active\nbranch;B1;Bar;no\njob-title;;Chef;\n").unwrap();
        assert_eq!(
            options.iter().map(|o| (o.key.as_str(), o.active)).collect::<Vec<_>>(),
            [("B1", false), ("Chef", true)]
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse_users(&bytes);
            let _ = parse_options(&bytes);
        }
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_flow_learning_csv() {
        let samples: &[&[u8]] = &[
            b"id,identifier,email,first name,last name,status\n7,40817_7,a@x.example,Ana,Silva,active\n8,,b@x.example,Bo,\"Li, nd\",inactive\n",
            b"name,code,status\nChef,C1,active\n",
        ];
        batter("flow_learning_csv", samples, |bytes| {
            let _ = parse_users(bytes);
            let _ = parse_options(bytes);
        });
    }
}
