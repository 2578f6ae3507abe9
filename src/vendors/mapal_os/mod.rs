//! Mapal OS, a source: the list of its users, as a file.
//!
//! Facts: `docs/vendors.md` and mapal-os.md. There is no public API for employees or users; what is documented is the template
//! *Add list of users* (KA-01481) and the export of the list of users. What is relied on:
//!
//! - the ten columns, read by their heads, never by their places: two editions of the article order them differently (doc);
//! - *External Identifier* is the key; a record with the key of another one overwrites it, so that two of them in one list hold
//!   both (MA03) (doc; article);
//! - *Business Unit ID* is the unit's Feed ID in the newer article, the OS ID in an older one: it is taken as it comes, and a table
//!   leads from it to the destination's branch (doc);
//! - *Status* is `Active` or `Inactive`, *Start Date* `DD/MM/YYYY` (doc); neither an end date nor a birth date nor a manager is in it;
//! - delimiter and encoding are not told: whatever the reader of people files understands (assumed).
//!
//! The REST contract of mapal-os.md 5.7 is assumed from end to end and not here.

use super::people_file::{self, COLUMNS, FILE, Profile, STATUSES};
use crate::domain::capabilities::{ParameterSpec, SourceCapabilities};
use crate::domain::field::Field;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::source::SourceApi;

/// As errors and screens name it.
const NAME: &str = "Mapal OS";

const PROFILE: Profile = Profile {
    vendor: NAME,
    columns: "id=External Identifier,first_name=First Name,last_name=Last Name,email=Email,status=Status,\
              job_title=Job Title,start_date=Start Date,branch=Business Unit ID,department=Department",
    dates: "day-first",
};

/// What Mapal OS can do.
pub static CAPABILITIES: SourceCapabilities = SourceCapabilities {
    key: "mapal-os",
    name: NAME,
    parameters: &[
        ParameterSpec {
            key: FILE,
            label: "Export or folder",
            secret: false,
            required: true,
            hint: "Mapal OS › User management › Users › export, or the file that feeds it; of a folder the newest",
        },
        ParameterSpec {
            key: COLUMNS,
            label: "Columns",
            secret: false,
            required: false,
            hint: "blank: those of the template Add list of users; else id=External Identifier, …",
        },
        ParameterSpec {
            key: STATUSES,
            label: "Status words",
            secret: false,
            required: false,
            hint: "what words other than Active and Inactive mean: Not started yet=active",
        },
    ],
    fields: &[
        Field::Identifier,
        Field::FirstName,
        Field::LastName,
        Field::Email,
        Field::JobTitle,
        Field::Branch,
        Field::Department,
        Field::StartDate,
        Field::Status,
    ],
    field_map: people_file::FIELD_MAP,
    custom_fields: true,
    one_person: false,
    changes: false,
    shows_leavers: true,
    rotating: &[],
    quotas: &[],
    archived_remedy: "User management › Users › export",
};

/// Builds a source; opens nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
    people_file::connect_as(&PROFILE, parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::EmploymentStatus;
    use crate::ports::source::NothingKnown;
    use tokio::sync::mpsc;

    const LIST: &str = "Status,First Name,Last Name,Email,User profile,External Identifier,Job Title,Start Date,Business Unit ID,Department\n\
        Active,Leila,Moreau,leila.moreau@harbour.example,Employee,EXT-5501,Team Member,04/11/2024,BU-017,Front of House\n\
        Inactive,Jo,Pike,,Employee,EXT-5502,Team Member,05/11/2024,BU-018,\n";

    #[tokio::test]
    async fn the_template_is_read_by_its_heads() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.csv");
        std::fs::write(&file, LIST).unwrap();
        let parameters = [(FILE.to_owned(), file.display().to_string())].into();
        let source = connect(ConnectParts { parameters, ..ConnectParts::default() }).unwrap();
        let (out, mut read) = mpsc::channel(10);
        let facts = source.pull(&NothingKnown, out).await.unwrap();
        assert_eq!(facts.received, 2);
        let leila = read.recv().await.unwrap().employee;
        assert_eq!((leila.id.as_str(), leila.identifier.as_str()), ("EXT-5501", "EXT-5501"));
        assert_eq!(leila.person.branch.as_deref(), Some("BU-017"));
        assert_eq!(leila.person.start_date, Some(jiff::civil::date(2024, 11, 4)));
        assert_eq!(read.recv().await.unwrap().employee.status, EmploymentStatus::Ended);
        std::fs::write(&file, LIST.replace("External Identifier", "Identity")).unwrap();
        let (out, _read) = mpsc::channel(10);
        let error = source.pull(&NothingKnown, out).await.unwrap_err();
        assert!(error.to_string().contains("Mapal OS") && error.to_string().contains("External Identifier"), "{error}");
    }
}
