//! A world out of two people files.

use super::{
    document::date,
    generate::tie,
    hub::companies_of,
    registry,
    world::{Company, OptionItem, Person, World},
};

/// Why two files did not become a world.
#[derive(Debug, thiserror::Error)]
pub enum CsvWorldError {
    /// The text is no CSV.
    #[error("the {file} file is no readable CSV: {source}")]
    Unreadable {
        /// `source` or `destination`.
        file: &'static str,
        /// What the reader said.
        source: csv::Error,
    },
    /// There is no column `id`.
    #[error("the {file} file has no column id")]
    NoId {
        /// `source` or `destination`.
        file: &'static str,
    },
}

impl World {
    /// Turns two people files into one company at the vendors of the main integration. A user's `identifier` that names an `id`
    /// of the source becomes that employee's identifier; any other is kept. Employees without a job title get
    /// `job_title_for_all`, and the destination offers it, as it does every branch, department and title in either file.
    pub fn from_csv(source: &str, destination: &str, job_title_for_all: Option<&str>) -> Result<Self, CsvWorldError> {
        let [(source_vendor, destination_vendor), ..] = registry::INTEGRATIONS;
        let mut from = Company::new(source_vendor, None);
        let mut to = Company::new(destination_vendor, None);
        from.people = people(source, "source")?;
        to.people = people(destination, "destination")?;
        if let Some(title) = job_title_for_all {
            for employee in from.people.iter_mut().filter(|employee| employee.job_title.trim().is_empty()) {
                title.clone_into(&mut employee.job_title);
            }
        }
        let identifiers = registry::vendor(source_vendor).map(|vendor| (vendor.identifiers)(&from)).unwrap_or_default();
        tie(&mut to.people, &identifiers);
        for user in &mut to.people {
            user.invited = true;
        }
        let patches = [from, to].map(super::document::CompanyPatch::from).map(|mut patch| {
            (patch.options, patch.own) = (None, None);
            patch
        });
        let mut world = Self { companies: companies_of(patches.into()) };
        if let (Some(title), Some(to)) = (job_title_for_all, world.company_mut(destination_vendor))
            && !to.options.job_titles.iter().any(|option| option.name == title)
        {
            to.options.job_titles.push(OptionItem::named(title));
        }
        Ok(world)
    }
}

fn people(text: &str, file: &'static str) -> Result<Vec<Person>, CsvWorldError> {
    let unreadable = |source| CsvWorldError::Unreadable { file, source };
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers: Vec<String> =
        reader.headers().map_err(unreadable)?.iter().map(|name| name.trim().to_lowercase()).collect();
    if !headers.iter().any(|name| name == "id") {
        return Err(CsvWorldError::NoId { file });
    }
    let mut people = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let mut person = Person::default();
        for (name, value) in headers.iter().zip(record.iter()) {
            if let Some(slot) = person.text_mut(name) {
                value.clone_into(slot);
            }
        }
        // What is no date at all could not be held by either system.
        for slot in [&mut person.date_of_birth, &mut person.start_date, &mut person.end_date] {
            *slot = date(slot).unwrap_or_default();
        }
        people.push(person);
    }
    Ok(people)
}
