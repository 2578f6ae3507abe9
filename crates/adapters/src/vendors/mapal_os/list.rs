//! The list of users as a file: what KA-01481 documents (5.3).

use super::NAME;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::source::SourceApi;
use crate::vendors::people_file::{self, Profile};

const PROFILE: Profile = Profile {
    vendor: NAME,
    columns: "id=External Identifier,first_name=First Name,last_name=Last Name,email=Email,status=Status,\
              job_title=Job Title,start_date=Start Date,branch=Business Unit ID,department=Department",
    dates: "day-first",
};

/// Builds a source of the file; opens nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
    people_file::connect_as(&PROFILE, parts)
}

#[cfg(test)]
mod tests {
    use super::super::FILE;
    use super::super::connect;
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
