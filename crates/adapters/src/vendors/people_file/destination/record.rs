//! The record of what stands on lists: the client's own, in the workspace, where nobody clears it away. Each write is a line in it
//! before it counts as written. When a run has ended, the lines that stand in no list yet become lists, each file whole and
//! under a name that it keeps, exactly once:
//!
//! 1. all files are written beside their names and made durable, then the record says *ready*;
//! 2. they get their names; then the record says *handed over*.
//!
//! After a crash between the two, a file that still lies beside its name has not been seen by anybody, and one that does not was
//! handed over, whether or not support has taken it away since.

use super::export::Stamp;
use super::lists::{Kind, List, ListForm};
use crate::domain::field::Field;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::User;
use crate::files::export;
use crate::ports::destination::LookUp;
use crate::vendors::outbox::{self, is_meant, mail_key};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Longest time that a change counts as loaded while the export is the same one: then it is planned and listed again.
const TAKEN_FOR_LOADED_DAYS: i64 = 7;

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub kind: Kind,
    pub at: Timestamp,
    /// The export of then.
    pub export: Stamp,
    /// The user as it is once the list is loaded.
    pub user: User,
    pub changed: Vec<Field>,
}

/// One line of the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
enum Line {
    /// How many numbers were given out; a record that was cut down begins with it.
    Numbers {
        last: u32,
    },
    Row {
        row: Box<Row>,
    },
    Ready {
        number: u32,
        files: Vec<String>,
    },
    HandedOver {
        number: u32,
    },
}

/// The record as it was read.
#[derive(Debug, Default)]
pub struct Record {
    path: PathBuf,
    /// On lists that were handed over, while that still matters.
    listed: Vec<Row>,
    /// On no list yet.
    open: Vec<Row>,
    /// Files that may not have their names yet.
    ready: Option<Vec<String>>,
    last_number: u32,
    /// The newest state of users by what was listed of them since the export.
    of_export: Option<Stamp>,
    newest: HashMap<UserId, User>,
    by_identifier: HashMap<Identifier, UserId>,
    by_mail: HashMap<String, UserId>,
}

/// Where lists go.
#[derive(Debug, Clone)]
pub struct Place {
    pub folder: PathBuf,
    /// What the names of lists begin with.
    pub tenant: String,
    pub form: ListForm,
}

impl Place {
    /// The highest number that a list in the folder has.
    fn highest_number(&self) -> std::io::Result<u32> {
        let mut highest = 0;
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number =
                name.to_str().and_then(|name| name.strip_prefix(&self.tenant)?.strip_prefix('-')?.split('-').next());
            highest = highest.max(number.and_then(|number| number.parse().ok()).unwrap_or(0));
        }
        Ok(highest)
    }
}

impl Record {
    /// Reads the record; a last line that is torn was never counted as written.
    ///
    /// # Errors
    /// What the file system says; a line that cannot be read.
    pub fn open(path: PathBuf) -> std::io::Result<Self> {
        let mut record = Record { path, ..Record::default() };
        let text = match std::fs::read_to_string(&record.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(record),
            Err(error) => return Err(error),
        };
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            match serde_json::from_str(line).map_err(std::io::Error::from)? {
                Line::Numbers { last } => record.last_number = last,
                Line::Row { row } => record.open.push(*row),
                Line::Ready { number, files } => {
                    record.last_number = number;
                    record.ready = Some(files);
                }
                Line::HandedOver { number } => {
                    record.last_number = number;
                    record.ready = None;
                    let handed = std::mem::take(&mut record.open);
                    record.listed.extend(handed);
                }
            }
        }
        Ok(record)
    }

    /// People who stand on no list yet.
    pub fn waiting(&self) -> usize {
        self.open.len()
    }

    /// The number of the last list.
    pub fn last_number(&self) -> u32 {
        self.last_number
    }

    /// Appends lines; they are on the disk when this returns.
    ///
    /// # Errors
    /// What the file system says: then some may be there, and the record has to be read again.
    pub fn append(&mut self, rows: Vec<Row>) -> std::io::Result<()> {
        let lines = rows.iter().map(|row| Line::Row { row: Box::new(row.clone()) });
        self.write(lines)?;
        for row in rows {
            self.note(&row);
            self.open.push(row);
        }
        Ok(())
    }

    fn write(&self, lines: impl IntoIterator<Item = Line>) -> std::io::Result<()> {
        outbox::append(&self.path, &[], &text(lines)?)
    }

    /// The user as it is once everything is loaded that was listed since this export; `None` where nothing was.
    pub fn newest(&mut self, user: &UserId, export: Stamp, now: Timestamp) -> Option<&User> {
        self.look_at(export, now);
        self.newest.get(user)
    }

    /// Users who come under a key only once everything is loaded.
    pub fn newest_by(&mut self, key: LookUp<'_>, export: Stamp, now: Timestamp) -> Option<&User> {
        self.look_at(export, now);
        let id = match key {
            LookUp::Id(_) => None,
            LookUp::Identifier(identifier) => self.by_identifier.get(identifier),
            LookUp::Email(email) => self.by_mail.get(&mail_key(email)),
        };
        self.newest.get(id?).filter(|user| is_meant(user, key))
    }

    /// A new user who stands in the record but on no list yet: what became of a write is told by that. Whoever is on a list is
    /// only there once an export shows it.
    pub fn just_made(&self, key: LookUp<'_>) -> Option<&User> {
        self.open.iter().rev().filter(|row| row.kind == Kind::New).map(|row| &row.user).find(|user| is_meant(user, key))
    }

    fn look_at(&mut self, export: Stamp, now: Timestamp) {
        if self.of_export == Some(export) {
            return;
        }
        self.of_export = Some(export);
        (self.newest, self.by_identifier, self.by_mail) = Default::default();
        let counts = |row: &&Row| {
            row.export.is_same(export) && now.duration_since(row.at).as_hours() < 24 * TAKEN_FOR_LOADED_DAYS
        };
        let rows: Vec<Row> = self.listed.iter().chain(&self.open).filter(counts).cloned().collect();
        rows.iter().for_each(|row| self.note(row));
    }

    fn note(&mut self, row: &Row) {
        if row.kind == Kind::New || self.of_export.is_none_or(|export| !row.export.is_same(export)) {
            return;
        }
        let user = row.user.clone();
        if let Some(identifier) = &user.identifier {
            self.by_identifier.insert(identifier.clone(), user.id.clone());
        }
        if let Some(mail) = &user.person.email {
            self.by_mail.insert(mail_key(mail), user.id.clone());
        }
        self.newest.insert(user.id.clone(), user);
    }

    /// Gives files their names that were ready when a run was cut short; says which those are.
    ///
    /// # Errors
    /// What the file system says.
    pub fn finish(&mut self, folder: &Path) -> std::io::Result<Vec<String>> {
        let Some(files) = self.ready.clone() else { return Ok(Vec::new()) };
        for name in &files {
            let beside = folder.join(beside(name));
            if beside.exists() {
                std::fs::rename(&beside, folder.join(name))?;
            }
        }
        sync_folder(folder)?;
        self.write([Line::HandedOver { number: self.last_number }])?;
        self.ready = None;
        let handed = std::mem::take(&mut self.open);
        self.listed.extend(handed);
        Ok(files)
    }

    /// Makes lists of whatever stands on none, and hands them over; says which there are now that were not there before.
    ///
    /// # Errors
    /// What the file system or the form of a list says: then nothing was handed over, or [`Record::finish`] ends it.
    pub fn hand_over(
        &mut self,
        place: &Place,
        export: Stamp,
        make: impl FnOnce(&[Row], u32) -> Vec<List>,
    ) -> std::io::Result<Vec<String>> {
        let folder = &place.folder;
        let mut names = self.finish(folder)?;
        if self.open.is_empty() {
            return Ok(names);
        }
        // Should the record have been lost: support must never see a number twice.
        let number = self.last_number.max(place.highest_number()?) + 1;
        let lists = make(&self.open, number);
        for list in &lists {
            let path = folder.join(beside(&list.name));
            export::write_as(&path, place.form.form(), &list.table).map_err(|error| match error {
                export::ExportError::Unwritable { source, .. } => source,
                other => std::io::Error::other(other.to_string()),
            })?;
        }
        sync_folder(folder)?;
        let files: Vec<String> = lists.into_iter().map(|list| list.name).collect();
        self.write([Line::Ready { number, files: files.clone() }])?;
        (self.last_number, self.ready) = (number, Some(files));
        names.extend(self.finish(folder)?);
        if let Err(error) = self.cut_down(export) {
            // They are handed over all the same; the next time it is shorter again.
            tracing::warn!(%error, "the record of lists could not be cut down");
        }
        Ok(names)
    }

    /// Keeps of the past only what still counts: the lines since the export of now.
    fn cut_down(&mut self, export: Stamp) -> std::io::Result<()> {
        self.listed.retain(|row| row.export.is_same(export) && row.kind != Kind::New);
        let number = self.last_number;
        let rows = self.listed.iter().map(|row| Line::Row { row: Box::new(row.clone()) });
        let lines = [Line::Numbers { last: number }].into_iter().chain(rows).chain([Line::HandedOver { number }]);
        let text = text(lines)?;
        export::write_whole(&self.path, |out| out.write_all(&text))
    }
}

/// Where a list lies before it gets its name: hidden, so that nobody takes it.
fn beside(name: &str) -> String {
    format!(".{name}.tmp")
}

fn text(lines: impl IntoIterator<Item = Line>) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
    }
    Ok(text)
}

/// Makes names durable that were given in a folder.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}
