//! The destination itself: reads exports, puts lines on lists.

use super::export::{Export, Request, read_again};
use super::lists::{Kind, ListForm, lists, marked};
use super::record::{Place, Record, Row};
use super::{CAPABILITIES, LISTS};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{OptionKey, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::{BadValue, User, UserStatus};
use crate::files::people::Choices;
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::clock::SharedClock;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, Learnt, LookUp, Write, WriteAnswer, WriteError,
};
use crate::vendors::outbox::{self, is_meant};
use crate::vendors::people_file::read::blocking;
use crate::vendors::people_file::{NAME, setup};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as Waiting, OwnedMutexGuard, mpsc, oneshot};

/// What stands before the day of the newest export in what was learnt.
const NEWEST: &str = "export ";

/// A line on its way to the disk, and who waits for it.
type Line = (Row, oneshot::Sender<Result<(), std::io::ErrorKind>>);

/// A platform whose users come by export and whose changes go by list.
pub struct PeopleLists {
    file: PathBuf,
    choices: Choices,
    fields: Vec<Field>,
    place: Place,
    /// Whether the folder for lists was named: then it is not made here, a name with a slip in it would go unnoticed.
    is_named: bool,
    record_path: PathBuf,
    clock: SharedClock,
    today: Date,
    read: Waiting<Option<Arc<Export>>>,
    record: Arc<Waiting<Option<Record>>>,
    queue: Mutex<Vec<Line>>,
    learnt: Mutex<Learnt>,
}

impl PeopleLists {
    /// Touches no file yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(
        parts: &ConnectParts,
        file: PathBuf,
        chosen: Option<PathBuf>,
        form: ListForm,
        choices: Choices,
    ) -> Result<Self, ApiError> {
        let workspace =
            parts.workspace_dir.as_ref().ok_or_else(|| setup("there is no workspace to write files into"))?;
        let outbox = outbox::folder(workspace);
        let of = file.display().to_string();
        let learnt = if parts.learnt.of == of { parts.learnt.clone() } else { Learnt { of, ..Learnt::default() } };
        let fields = CAPABILITIES.fields.iter().copied().chain(parts.custom_fields().map(Field::Custom)).collect();
        Ok(Self {
            file,
            choices,
            fields,
            is_named: chosen.is_some(),
            place: Place {
                folder: chosen.unwrap_or_else(|| outbox.join(&parts.short_name)),
                tenant: parts.short_name.clone(),
                form,
            },
            // Beside the folder that support may clear, and hidden.
            record_path: outbox.join(format!(".{}-lists.jsonl", parts.short_name)),
            clock: parts.clock.clone(),
            today: parts.today,
            read: Waiting::new(None),
            record: Arc::default(),
            queue: Mutex::default(),
            learnt: Mutex::new(learnt),
        })
    }

    /// The export of now, read anew where it is another one.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn export(&self) -> Result<Arc<Export>, ApiError> {
        let mut read = self.read.lock().await;
        let request = Request {
            path: self.file.clone(),
            choices: self.choices.clone(),
            fields: self.fields.clone(),
            today: self.today,
            newest: self.newest_known(),
        };
        let before = read.clone();
        let export = blocking(NAME, move || read_again(&request, before)).await?;
        self.learn(&export);
        *read = Some(Arc::clone(&export));
        Ok(export)
    }

    fn newest_known(&self) -> Option<Timestamp> {
        let learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        learnt.ways.iter().filter_map(|way| way.strip_prefix(NEWEST)?.parse().ok()).max()
    }

    fn learn(&self, export: &Export) {
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        learnt.not_kept.clone_from(&export.missing);
        learnt.ways = export.stamp.changed.map(|changed| format!("{NEWEST}{changed}")).into_iter().collect();
    }

    /// The record, for whatever takes a while.
    async fn record(&self) -> OwnedMutexGuard<Option<Record>> {
        Arc::clone(&self.record).lock_owned().await
    }

    /// Asks the record something.
    ///
    /// # Errors
    /// [`ApiError::Setup`] where it cannot be read.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Record) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let (mut kept, path) = (self.record().await, self.record_path.clone());
        blocking(NAME, move || {
            let unreadable = |error: std::io::Error| file_problem(&path, "be read", error.kind());
            opened(&mut kept, &path).map(question).map_err(unreadable)
        })
        .await
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Looks whether lists can be put where they belong, before the first line counts as written.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub async fn check_place(&self) -> Result<(), ApiError> {
        let (folder, is_named, file) = (self.place.folder.clone(), self.is_named, self.file.clone());
        blocking(NAME, move || {
            if !is_named {
                outbox::make_folder(&folder).map_err(|error| file_problem(&folder, "be made", error.kind()))?;
            }
            match std::fs::metadata(&folder) {
                Ok(found) if !found.is_dir() => Err(setup(format!("`{LISTS}`: {} is no folder", folder.display()))),
                Ok(found) if found.permissions().readonly() => {
                    Err(file_problem(&folder, "be written to", std::io::ErrorKind::PermissionDenied))
                }
                Ok(_) => not_of_exports(&folder, &file),
                Err(error) => Err(file_problem(&folder, "be found", error.kind())),
            }
        })
        .await
    }

    /// The user as it is once everything is loaded that was listed since the export.
    async fn as_listed(&self, export: &Export, users: Vec<User>) -> Result<Vec<User>, ApiError> {
        let (stamp, now) = (export.stamp, self.now());
        self.ask(move |record| {
            let newest = |user: User| record.newest(&user.id, stamp, now).cloned().unwrap_or(user);
            users.into_iter().map(newest).collect()
        })
        .await
    }

    /// Puts a line on a list: on the disk when this returns. Lines that come meanwhile go together.
    async fn list(&self, kind: Kind, user: User, changed: Vec<Field>) -> Result<WriteAnswer, WriteError> {
        self.check_place().await.map_err(WriteError::NotSent)?;
        let export = self.export().await.map_err(WriteError::NotSent)?;
        let shown: Vec<Field> = self.fields.iter().copied().filter(|field| !export.missing.contains(field)).collect();
        let warnings = self.warning(&marked(&user, &shown, self.place.form)).into_iter().collect();
        let answered = (kind != Kind::New).then(|| user.id.clone());
        let row = Row { kind, at: self.now(), export: export.stamp, user, changed };
        let (told, heard) = oneshot::channel();
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push((row, told));
        self.write_queue().await;
        match heard.await {
            Ok(Ok(())) => {
                Ok(WriteAnswer { user: answered, created: kind == Kind::New, warnings, ..WriteAnswer::default() })
            }
            Ok(Err(kind)) => {
                Err(WriteError::Unknown { detail: file_problem(&self.record_path, "be written", kind).to_string() })
            }
            Err(_) => Err(WriteError::Unknown { detail: "the line may not have been written".to_owned() }),
        }
    }

    /// Writes whatever waits; another caller may have done it already.
    async fn write_queue(&self) {
        let mut kept = self.record().await;
        let waiting = std::mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner));
        // Whoever does not wait any more was given up: reading tells that the line was never written.
        let (rows, told): (Vec<Row>, Vec<_>) = waiting.into_iter().filter(|(_, told)| !told.is_closed()).unzip();
        if rows.is_empty() {
            return;
        }
        let path = self.record_path.clone();
        let written = move || {
            let done = opened(&mut kept, &path).and_then(|record| record.append(rows));
            if done.is_err() {
                // Some may be there: the record is read again.
                *kept = None;
            }
            let result = done.map_err(|error| error.kind());
            drop(kept);
            told.into_iter().for_each(|told| _ = told.send(result));
            Ok(())
        };
        // A panic drops the senders, and each caller hears that nothing is known.
        let _ = blocking(NAME, written).await;
    }

    fn warning(&self, fields: &[Field]) -> Option<String> {
        let words: Vec<&str> = fields.iter().map(|field| field.words()).collect();
        let how = match self.place.form {
            ListForm::Csv => {
                "begins like a formula or has characters that nobody can see, and stands in the list with a mark"
            }
            ListForm::Xlsx => "has characters that nobody can see, and stands in the list with a mark",
        };
        (!fields.is_empty()).then(|| format!("{} {how}; have support check it", words.join(", ")))
    }
}

/// Lists beside exports would be read as the newest of them.
///
/// # Errors
/// [`ApiError::Setup`].
pub fn not_of_exports(lists: &Path, exports: &Path) -> Result<(), ApiError> {
    let place = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if place(lists) == place(exports) {
        let detail = "is the folder of the exports: a list would be read as the newest export. Name another folder";
        return Err(setup(format!("`{LISTS}` {detail}")));
    }
    Ok(())
}

/// The record, read where it is not yet.
fn opened<'r>(kept: &'r mut Option<Record>, path: &Path) -> std::io::Result<&'r mut Record> {
    let record = match kept.take() {
        Some(record) => record,
        None => Record::open(path.to_owned())?,
    };
    Ok(kept.insert(record))
}

fn file_problem(path: &Path, what: &str, kind: std::io::ErrorKind) -> ApiError {
    setup(format!("{} cannot {what} ({kind})", path.display()))
}

fn changed(current: &User, changes: &[FieldChange]) -> Result<(User, Vec<Field>), WriteError> {
    let mut user = current.clone();
    for change in changes {
        let bad = |error: BadValue| WriteError::NotSent(setup(error.to_string()));
        user.set(change.field, change.to.as_deref()).map_err(bad)?;
    }
    Ok((user, changes.iter().map(|change| change.field).collect()))
}

#[async_trait::async_trait]
impl DestinationApi for PeopleLists {
    async fn probe(&self) -> Vec<ProbeStep> {
        super::probe::run_all(self).await
    }

    /// What users carry.
    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        let export = self.export().await?;
        let users = self.as_listed(&export, export.users.clone()).await?;
        let values = users.iter().filter_map(|user| user.value(list.field()));
        let options: BTreeMap<String, DestinationOption> = values
            .map(|value| {
                let key = OptionKey::new(value.as_ref());
                (value.to_string(), DestinationOption::new(list, key, value.into_owned(), true))
            })
            .collect();
        Ok(options.into_values().collect())
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        let export = self.export().await?;
        let users = self.as_listed(&export, export.users.clone()).await?;
        let count = users.len() as u64;
        for user in users {
            let raw = serde_json::to_value(&user).unwrap_or_default();
            out.send(DestinationRecord { user, raw }).await.map_err(|_| ApiError::Stopped)?;
        }
        Ok(DestinationFacts {
            account: export.path.display().to_string(),
            declared_total: count,
            received: count,
            can_create_options: false,
            custom_fields: export.custom.clone(),
        })
    }

    /// The export with what was listed since; who is not there is looked for among the lines of this run.
    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        let (export, now, key) = (self.export().await?, self.now(), OwnedKey::of(key));
        self.ask(move |record| {
            let key = key.key();
            let newest = |user: &User| record.newest(&user.id, export.stamp, now).unwrap_or(user).clone();
            let mut users: Vec<User> = export.find(key).map(newest).filter(|user| is_meant(user, key)).collect();
            let listed = record.newest_by(key, export.stamp, now).cloned();
            users.extend(listed.filter(|listed| users.iter().all(|user| user.id != listed.id)));
            if users.is_empty() {
                users.extend(record.just_made(key).cloned());
            }
            users
        })
        .await
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        match write {
            Write::CreateOption { .. } | Write::RemoveOption { .. } => {
                Err(WriteError::NotSent(setup("options are texts on users: there is nothing to make or to remove")))
            }
            Write::Create { identifier, person, .. } => {
                let mut user = User::new(UserId::new(identifier.as_str()));
                (user.identifier, user.person) = (Some(identifier.clone()), person.clone());
                self.list(Kind::New, user, Vec::new()).await
            }
            Write::Update { current, changes, .. } => {
                let (user, fields) = changed(current, changes)?;
                self.list(Kind::Changes, user, fields).await
            }
            Write::SetIdentifier { current, identifier, .. } => {
                let user = User { identifier: Some(identifier.clone()), ..current.as_ref().clone() };
                self.list(Kind::Identifiers, user, vec![Field::Identifier]).await
            }
            Write::Deactivate { current, end_date, .. } => {
                let mut user = User { status: UserStatus::Inactive, ..current.as_ref().clone() };
                user.person.end_date = end_date.or(user.person.end_date);
                self.list(Kind::Leavers, user, Vec::new()).await
            }
            Write::Reactivate { current, changes, .. } => {
                let (user, fields) = changed(current, changes)?;
                self.list(Kind::Returning, User { status: UserStatus::Active, ..user }, fields).await
            }
        }
    }

    async fn hand_over(&self) -> Result<Vec<String>, ApiError> {
        if self.ask(|record| record.waiting()).await? == 0 {
            return Ok(Vec::new());
        }
        self.check_place().await?;
        let export = self.export().await?;
        let (place, fields, today) = (self.place.clone(), self.fields.clone(), self.today);
        let handed = self
            .ask(move |record| {
                let tenant = place.tenant.clone();
                record.hand_over(&place, export.stamp, |rows, number| {
                    lists(rows, &export, &fields, (tenant.as_str(), number, today), place.form)
                })
            })
            .await?;
        let names = handed.map_err(|error| {
            let folder = self.place.folder.display();
            setup(format!(
                "lists cannot be written into {folder}: {error}; what is to stand on them is kept for the next run"
            ))
        })?;
        Ok(names
            .into_iter()
            .map(|name| format!("for support to load: {}", self.place.folder.join(name).display()))
            .collect())
    }

    fn learnt(&self) -> Learnt {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A key that can go to another thread.
enum OwnedKey {
    Identifier(crate::domain::ids::Identifier),
    Email(String),
    Id(UserId),
}

impl OwnedKey {
    fn of(key: LookUp<'_>) -> Self {
        match key {
            LookUp::Identifier(identifier) => OwnedKey::Identifier(identifier.clone()),
            LookUp::Email(email) => OwnedKey::Email(email.to_owned()),
            LookUp::Id(id) => OwnedKey::Id(id.clone()),
        }
    }

    fn key(&self) -> LookUp<'_> {
        match self {
            OwnedKey::Identifier(identifier) => LookUp::Identifier(identifier),
            OwnedKey::Email(email) => LookUp::Email(email),
            OwnedKey::Id(id) => LookUp::Id(id),
        }
    }
}

impl PeopleLists {
    /// What the connection test tells of lists: where they go, how many there were, who waits.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub async fn place_words(&self) -> Result<String, ApiError> {
        let folder = &self.place.folder;
        if self.is_named && !folder.is_dir() {
            return Err(setup(format!("`{LISTS}`: there is no folder {}", folder.display())));
        }
        not_of_exports(folder, &self.file)?;
        let (waiting, last) = self.ask(|record| (record.waiting(), record.last_number())).await?;
        let mut words = format!("{}; {last} so far", folder.display());
        if waiting > 0 {
            words.push_str(&format!("; {waiting} people stand on none yet: the next sync hands them over"));
        }
        Ok(words)
    }

    /// What an operator should know of how old the export is.
    pub fn age(&self, export: &Export) -> Option<String> {
        crate::vendors::people_file::read::age(export.stamp.changed, self.now())
    }
}
