//! The export of the platform's users, as support puts it there.

use super::NAME;
use crate::domain::field::Field;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::{EmploymentStatus, Unreadable, User, UserStatus};
use crate::files::people::heads::{Flag, Meaning};
use crate::files::people::layout::{KeyFrom, Unread};
use crate::files::people::reading::Reading;
use crate::files::people::records::{PersonRecord, each_row};
use crate::files::people::{Choices, Opened, PeopleError, Side};
use crate::ports::api::ApiError;
use crate::ports::destination::LookUp;
use crate::vendors::outbox::{is_meant, mail_key};
use crate::vendors::people_file::read::{check, find};
use crate::vendors::people_file::setup;
use crate::vendors::rows::Tally;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

/// What tells one export from another: a new one counts for what it shows, whatever it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub changed: Option<Timestamp>,
    pub bytes: u64,
}

impl Stamp {
    /// Whether both are surely the same export.
    pub fn is_same(self, other: Stamp) -> bool {
        self.changed.is_some() && self == other
    }
}

/// What is to be read.
#[derive(Clone)]
pub struct Request {
    pub path: PathBuf,
    pub choices: Choices,
    /// Fields that the platform may hold, custom ones last, in the order of [`Choices::kept`].
    pub fields: Vec<Field>,
    pub today: Date,
    /// The newest export that was ever read here.
    pub newest: Option<Timestamp>,
}

/// One export.
#[derive(Debug)]
pub struct Export {
    pub path: PathBuf,
    pub stamp: Stamp,
    pub users: Vec<User>,
    /// What was read of it.
    pub reading: Reading,
    /// Fields without a column: what the platform holds there nothing shows.
    pub missing: BTreeSet<Field>,
    /// How the platform calls its fields.
    pub heads: BTreeMap<Field, String>,
    /// How it calls its own id of a user, where it has one.
    pub id_head: Option<String>,
    /// Heads of columns that a custom field could be kept in.
    pub custom: BTreeSet<String>,
    by_id: HashMap<UserId, usize>,
    by_identifier: HashMap<Identifier, Vec<usize>>,
    by_mail: HashMap<String, Vec<usize>>,
}

impl Export {
    /// The users under a key.
    pub fn find(&self, key: LookUp<'_>) -> impl Iterator<Item = &User> {
        let places: Vec<usize> = match key {
            LookUp::Id(id) => self.by_id.get(id).copied().into_iter().collect(),
            LookUp::Identifier(identifier) => self.by_identifier.get(identifier).cloned().unwrap_or_default(),
            LookUp::Email(email) => self.by_mail.get(&mail_key(email)).cloned().unwrap_or_default(),
        };
        places.into_iter().filter_map(|place| self.users.get(place)).filter(move |user| is_meant(user, key))
    }

    /// Whether a column tells who is switched off.
    pub fn tells_status(&self) -> bool {
        let tells = |meaning: Meaning| {
            matches!(meaning, Meaning::Field(Field::Status) | Meaning::Flag(Flag::Active | Flag::Over | Flag::Unclear))
        };
        self.reading.columns.iter().any(|column| tells(column.meaning))
    }
}

/// Reads the export, unless it is the one that was read before.
///
/// # Errors
/// [`ApiError`]; then nothing is to be planned from it.
pub fn read_again(request: &Request, before: Option<Arc<Export>>) -> Result<Arc<Export>, ApiError> {
    let found = find(NAME, &request.path)?;
    let stamp = Stamp { changed: found.changed, bytes: found.bytes };
    if let Some(before) = before.filter(|before| before.path == found.path && before.stamp.is_same(stamp)) {
        return Ok(before);
    }
    if let Some((newest, changed)) = request.newest.zip(found.changed)
        && changed < newest
    {
        let day = |at: Timestamp| at.strftime("%-d %b %Y %H:%M UTC").to_string();
        return Err(setup(format!(
            "the export {} was written on {}, and one of {} was read before: whoever came since would be taken for new. Put the \
             newest export there; if it is this one, touch it",
            found.path.display(),
            day(changed),
            day(newest)
        )));
    }
    let export = read(request, found.path, stamp)?;
    let after = find(NAME, &request.path)?;
    if (&after.path, Stamp { changed: after.changed, bytes: after.bytes }) != (&export.path, stamp) {
        let detail = "the export was written while it was read".to_owned();
        return Err(ApiError::Incomplete { vendor: NAME, detail });
    }
    Ok(Arc::new(export))
}

fn read(request: &Request, path: PathBuf, stamp: Stamp) -> Result<Export, ApiError> {
    let broken = |error: PeopleError| setup(error.to_string());
    let opened = Opened::open(&path, Side::Destination, &request.choices).map_err(broken)?;
    check(&opened, &request.choices, NAME)?;
    let (key, has_kept) = (opened.key().unwrap_or(KeyFrom::Id), opened.has_kept());
    let custom: Vec<Field> = request.fields.iter().copied().filter(|field| matches!(field, Field::Custom(_))).collect();
    let mut rows = Vec::new();
    let reading = each_row(opened, Some(request.today), &mut |row| rows.push(row)).map_err(broken)?;
    let wide = &reading.tally.wide;
    if wide.count > 0 {
        // Each is somebody who would be created anew.
        let first: Vec<String> = wide.first.iter().map(|place| place.row.to_string()).collect();
        let detail =
            format!("{} rows have more cells than the export has heads (first: {})", wide.count, first.join(", "));
        return Err(ApiError::Unreadable { vendor: NAME, detail });
    }
    let heads: BTreeMap<Field, String> = reading
        .columns
        .iter()
        .filter_map(|column| match column.meaning {
            Meaning::Field(field) => Some((field, column.head.clone())),
            _ => None,
        })
        .chain(
            custom.iter().zip(&has_kept).filter(|(_, has)| **has).map(|(field, _)| (*field, field.words().to_owned())),
        )
        .collect();
    if !heads.contains_key(&Field::Identifier) {
        return Err(setup(
            "the export has no column of identifiers, so that nothing ever shows who was linked or created: have support export \
             it, empty as it may be, or name it: `columns` = `identifier=HEAD`",
        ));
    }
    let is_whole_name = reading.columns.iter().any(|column| column.meaning == Meaning::FullName);
    let is_name = |field: &Field| matches!(field, Field::FirstName | Field::LastName) && is_whole_name;
    let missing =
        request.fields.iter().copied().filter(|field| !heads.contains_key(field) && !is_name(field)).collect();
    let id_head = reading.columns.iter().find(|column| column.meaning == Meaning::Id).map(|column| column.head.clone());
    let unknown = reading.unread.iter().filter(|column| matches!(column.why, Unread::Unknown(_)));
    let users = users_of(rows, key, &custom)?;
    Ok(Export {
        by_id: users.iter().enumerate().map(|(place, user)| (user.id.clone(), place)).collect(),
        by_identifier: places(&users, |user| user.identifier.clone()),
        by_mail: places(&users, |user| user.person.email.as_deref().map(mail_key)),
        custom: unknown.map(|column| column.head.clone()).collect(),
        path,
        stamp,
        users,
        reading,
        missing,
        heads,
        id_head,
    })
}

fn places<K: std::hash::Hash + Eq>(users: &[User], key: impl Fn(&User) -> Option<K>) -> HashMap<K, Vec<usize>> {
    let mut places: HashMap<K, Vec<usize>> = HashMap::new();
    for (place, user) in users.iter().enumerate() {
        if let Some(key) = key(user) {
            places.entry(key).or_default().push(place);
        }
    }
    places
}

/// The accounts of the rows. One id of the platform's own on several equal rows is one account; on rows that differ nobody knows
/// whose they are. Where nothing but the identifier tells accounts apart, equal rows are two: a list was loaded twice.
fn users_of(rows: Vec<PersonRecord>, key: KeyFrom, custom: &[Field]) -> Result<Vec<User>, ApiError> {
    let mut users: Vec<User> = Vec::with_capacity(rows.len());
    let mut first: HashMap<String, (usize, u64)> = HashMap::new();
    let mut tally = Tally::default();
    for record in rows {
        let mut user = user_of(&record, custom);
        tally.record(user.unreadable.as_ref());
        let Some((place, row)) = first.get(&record.id).copied() else {
            first.insert(record.id.clone(), (users.len(), record.row));
            users.push(user);
            continue;
        };
        let Some(other) = users.get_mut(place) else { continue };
        if key == KeyFrom::Id {
            if *other == user {
                continue;
            }
            let what = format!("the user's id stands on rows that differ ({row} and {})", record.row);
            let unreadable = Some(Unreadable { member: "id".to_owned(), what });
            other.unreadable.clone_from(&unreadable);
            user.unreadable = unreadable;
        }
        user.id = UserId::new(format!("{} (row {})", record.id, record.row));
        users.push(user);
    }
    tally.check(NAME, "rows of the export")?;
    Ok(users)
}

fn user_of(record: &PersonRecord, custom: &[Field]) -> User {
    let mut user = User::new(UserId::new(&record.id));
    user.identifier.clone_from(&record.identifier);
    user.person = record.person.clone();
    user.status = match &record.status {
        EmploymentStatus::Active => UserStatus::Active,
        EmploymentStatus::Ended => UserStatus::Inactive,
        EmploymentStatus::Unclear(word) => UserStatus::Unclear(word.clone()),
    };
    for (field, value) in custom.iter().zip(&record.kept) {
        // A custom field takes any text.
        let _ = user.set(*field, Some(value.as_str()).filter(|value| !value.is_empty()));
    }
    let unread = record.unread.first().map(|field| Unreadable {
        member: field.key().to_owned(),
        what: format!("{} in row {} is no day that a calendar has", field.words(), record.row),
    });
    let keyless = record.is_keyless.then(|| Unreadable {
        member: "id".to_owned(),
        what: format!("row {} has nothing that tells its user from others", record.row),
    });
    user.unreadable = keyless.or(unread);
    user
}
