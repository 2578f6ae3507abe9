//! What a connection demands of a person, gathered once: settings, capabilities, tables, the day.

use super::PlanInput;
use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::email::{Addresses, addresses};
use crate::domain::field::Field;
use crate::domain::mapping::{DestinationOption, MappingTable, TableKind};
use crate::domain::person::Employee;
use crate::domain::settings::{Settings, WritePolicy};
use crate::domain::snapshot::SourceFacts;
use crate::domain::text;
use crate::mapping::{MappingIndex, Resolution};
use jiff::civil::Date;
use std::borrow::Cow;
use std::collections::HashMap;

/// Everything about a connection that decides on one person, without the other people.
pub struct Rules<'a> {
    pub(super) settings: &'a Settings,
    pub(super) source: &'a SourceCapabilities,
    pub(super) destination: &'a DestinationCapabilities,
    /// What this connection writes: the destination's fields and the custom ones that are mapped.
    pub(super) fields: Vec<Field>,
    pub(super) facts: &'a SourceFacts,
    pub(super) can_create_options: bool,
    pub(super) today: Date,
    pub(super) mapping: MappingIndex<'a>,
    resolved: [HashMap<&'a str, Resolution>; 4],
}

/// What [`Rules`] are made from, where no whole [`PlanInput`] is at hand (the Person screen).
#[derive(Clone, Copy)]
pub struct RulesInput<'a> {
    pub settings: &'a Settings,
    pub source: &'a SourceCapabilities,
    pub destination: &'a DestinationCapabilities,
    pub facts: &'a SourceFacts,
    pub options: &'a [DestinationOption],
    pub tables: &'a [MappingTable],
    pub can_create_options: bool,
    /// The day in the tenant's zone.
    pub today: Date,
}

impl<'a> From<&PlanInput<'a>> for RulesInput<'a> {
    fn from(input: &PlanInput<'a>) -> Self {
        Self {
            settings: input.settings,
            source: input.source,
            destination: input.destination,
            facts: input.facts,
            options: input.options,
            tables: input.tables,
            can_create_options: input.can_create_options,
            today: input.today,
        }
    }
}

impl<'a> Rules<'a> {
    /// Indexes the tables and resolves every value that these employees carry, once each.
    pub fn new(input: RulesInput<'a>, employees: &'a [Employee]) -> Self {
        let mut rules = Self {
            fields: input.destination.fields_with(input.settings),
            settings: input.settings,
            source: input.source,
            destination: input.destination,
            facts: input.facts,
            can_create_options: input.can_create_options,
            today: input.today,
            mapping: MappingIndex::new(input.tables, input.options),
            resolved: Default::default(),
        };
        for employee in employees {
            for (place, kind) in TableKind::ALL.into_iter().enumerate() {
                let Some(value) = raw_value(employee, kind) else { continue };
                if !rules.resolved[place].contains_key(value) {
                    let resolution = rules.mapping.resolve(kind, value);
                    rules.resolved[place].insert(value, resolution);
                }
            }
        }
        rules
    }

    /// What a value of a table becomes.
    pub(super) fn resolution(&self, kind: TableKind, value: &str) -> Cow<'_, Resolution> {
        let place = TableKind::ALL.iter().position(|one| *one == kind).unwrap_or_default();
        match self.resolved[place].get(value) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(self.mapping.resolve(kind, value)),
        }
    }

    /// The source's own label of the field that feeds this one (`Job title (Flow)`).
    pub(super) fn source_label(&self, field: Field) -> &str {
        let mapped = self.settings.field_map.get(field.key()).map(String::as_str);
        let default = || self.source.field_map.iter().find(|(one, _)| *one == field).map(|(_, entry)| *entry);
        let entry = mapped.or_else(default).unwrap_or_default();
        match entry.strip_prefix("custom:") {
            Some(label) => label,
            None if entry.is_empty() || Field::from_key(entry).is_some() => field.words(),
            None => entry,
        }
    }

    pub(super) fn write_policy(&self, field: Field) -> WritePolicy {
        self.settings.write_policy.get(field.key()).copied().unwrap_or_default()
    }

    pub(super) fn erases(&self, field: Field) -> bool {
        self.settings.erase_when_blank.iter().any(|key| key == field.key())
    }

    /// What the destination would hold in this field; `None` where nothing is sent. Call it only for people who pass the
    /// gates: a value that is not mapped is `None` here.
    pub(super) fn target<'s>(&'s self, employee: &'s Employee, field: Field) -> Option<Cow<'s, str>> {
        let person = &employee.person;
        let date = |date: Date| Cow::Owned(date.to_string());
        match field {
            Field::FirstName => {
                let known =
                    person.known_as.as_deref().filter(|name| self.settings.use_known_as && !text::says_nothing(name));
                cleaned(known.or(person.first_name.as_deref()))
            }
            Field::LastName => cleaned(person.last_name.as_deref()),
            Field::Email => {
                let email = person.email.as_deref().filter(|email| text::email_key(email).is_some())?;
                match addresses(email) {
                    Addresses::One(address) if address == email => Some(email.into()),
                    Addresses::One(address) => Some(address.into()),
                    Addresses::None | Addresses::Several(_) => None,
                }
            }
            Field::DateOfBirth => {
                person.date_of_birth.filter(|born| text::plausible_birth_date(*born, self.today)).map(date)
            }
            Field::StartDate => person.start_date.map(date),
            Field::EndDate => end_date(employee).map(date),
            Field::KnownAs | Field::Phone | Field::Address | Field::Postcode | Field::Custom(_) => {
                person.value(field).map(|value| tidied(value)).filter(|value| !value.is_empty())
            }
            Field::Branch | Field::Department | Field::JobTitle => self.mapped(employee, field),
            Field::AccessProfile => self.access_profile(employee),
            Field::Identifier | Field::Manager | Field::Status => None,
        }
    }

    fn mapped<'s>(&'s self, employee: &'s Employee, field: Field) -> Option<Cow<'s, str>> {
        let kind = field.table()?;
        let value = raw_value(employee, kind)?;
        let Some(spec) = self.destination.table(kind) else { return cleaned(Some(value)) };
        let resolution = self.resolution(kind, value);
        if spec.free_text {
            return match resolution.as_ref() {
                Resolution::Suggested { .. } | Resolution::Unmapped { .. } => cleaned(Some(value)),
                Resolution::Mapped { key, .. } | Resolution::Gone(key) => Some(Cow::Owned(key.0.clone())),
                _ => None,
            };
        }
        match resolution {
            Cow::Borrowed(Resolution::Mapped { key, .. }) => Some(key.as_str().into()),
            Cow::Borrowed(Resolution::Create(name)) => Some(name.as_str().into()),
            Cow::Owned(Resolution::Mapped { key, .. }) => Some(key.0.into()),
            Cow::Owned(Resolution::Create(name)) => Some(name.into()),
            _ => None,
        }
    }

    /// The profile of a new user: by job title where a table says so, else the connection's (MA05).
    fn access_profile<'s>(&'s self, employee: &'s Employee) -> Option<Cow<'s, str>> {
        let by_title = raw_value(employee, TableKind::AccessProfile)
            .and_then(|value| self.resolution(TableKind::AccessProfile, value).key().map(|key| key.0.clone()));
        by_title.map(Cow::Owned).or_else(|| self.settings.access_profile.as_deref().map(Cow::Borrowed))
    }
}

/// The source value that goes through a table; access profiles go by job title.
pub(super) fn raw_value(employee: &Employee, kind: TableKind) -> Option<&str> {
    let person = &employee.person;
    let value = match kind {
        TableKind::Branch => &person.branch,
        TableKind::Department => &person.department,
        TableKind::JobTitle | TableKind::AccessProfile => &person.job_title,
    };
    value.as_deref().filter(|value| !value.trim().is_empty())
}

/// The end date, unless it is left over from an earlier employment (before the start date).
pub(super) fn end_date(employee: &Employee) -> Option<Date> {
    let person = &employee.person;
    person.end_date.filter(|end| person.start_date.is_none_or(|start| *end >= start))
}

fn tidied(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(value) => text::clean(value),
        Cow::Owned(value) => Cow::Owned(text::clean(&value).into_owned()),
    }
}

fn cleaned(value: Option<&str>) -> Option<Cow<'_, str>> {
    value.map(text::clean).filter(|value| !value.is_empty())
}
