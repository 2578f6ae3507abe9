//! What a connection demands of a person, gathered once: settings, capabilities, tables, the day.

use super::PlanInput;
use crate::domain::capabilities::{DestinationCapabilities, ListSpec, SourceCapabilities};
use crate::domain::email::{Addresses, addresses};
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, MappingTable};
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
    fed: Vec<Fed<'a>>,
}

/// A list as this connection feeds it.
struct Fed<'a> {
    list: ListKey,
    /// The employee's field whose values go through its table.
    feed: Option<Field>,
    /// What becomes of each value that somebody carries.
    resolved: HashMap<&'a str, Resolution>,
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
            fields: input.destination.fields_with(input.source, input.settings),
            settings: input.settings,
            source: input.source,
            destination: input.destination,
            facts: input.facts,
            can_create_options: input.can_create_options,
            today: input.today,
            mapping: MappingIndex::new(input.destination.lists, input.tables, input.options),
            fed: Vec::new(),
        };
        let fed = |spec: &ListSpec| {
            let feed = spec.feed(input.source, input.settings);
            let values = employees.iter().filter_map(|employee| not_blank(employee.person.text(feed?)));
            let mut resolved = HashMap::new();
            for value in values {
                resolved.entry(value).or_insert_with(|| rules.mapping.resolve(spec.list, value));
            }
            Fed { list: spec.list, feed, resolved }
        };
        let fed = input.destination.lists.iter().map(fed).collect();
        rules.fed = fed;
        rules
    }

    fn fed(&self, list: ListKey) -> Option<&Fed<'a>> {
        self.fed.iter().find(|fed| fed.list == list)
    }

    /// What a value of a table becomes.
    pub(super) fn resolution(&self, list: ListKey, value: &str) -> Cow<'_, Resolution> {
        match self.fed(list).and_then(|fed| fed.resolved.get(value)) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(self.mapping.resolve(list, value)),
        }
    }

    /// The employee's value that goes through the table of a list; of a list that the destination does not have, the field of
    /// its name. Blank is none.
    pub(super) fn raw_value<'e>(&self, employee: &'e Employee, list: ListKey) -> Option<&'e str> {
        let feed = self.fed(list).map_or(Some(list.field()), |fed| fed.feed)?;
        not_blank(employee.person.text(feed))
    }

    /// Whether some field of employees feeds a list.
    pub(super) fn is_fed(&self, list: ListKey) -> bool {
        self.fed(list).is_some_and(|fed| fed.feed.is_some())
    }

    /// Whether new options of a list can be made by a plan.
    pub(super) fn can_create(&self, spec: &ListSpec) -> bool {
        self.can_create_options && spec.creatable
    }

    /// The source's own label of the field that feeds this one (`Job title (Flow)`).
    pub(super) fn source_label(&self, field: Field) -> String {
        self.source.label_of(field, self.settings.field_map.get(field.key()).map(String::as_str))
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
            Field::Branch | Field::Department | Field::JobTitle | Field::AccessProfile | Field::List(_) => {
                self.mapped(employee, field.list()?)
            }
            Field::Identifier | Field::Manager | Field::Status => None,
        }
    }

    fn mapped<'s>(&'s self, employee: &'s Employee, list: ListKey) -> Option<Cow<'s, str>> {
        let value = self.raw_value(employee, list);
        let Some(spec) = self.destination.list(list) else { return cleaned(value) };
        if spec.has_default {
            let mapped = value.and_then(|value| self.resolution(list, value).key().map(|key| key.0.clone()));
            return mapped.map(Cow::Owned).or_else(|| self.settings.default_option(list).map(Cow::Borrowed));
        }
        let value = value?;
        let resolution = self.resolution(list, value);
        if spec.free_text {
            return match resolution.as_ref() {
                Resolution::Suggested { .. } | Resolution::Unmapped { .. } => cleaned(Some(value)),
                Resolution::Mapped { key, .. } | Resolution::Gone(key) => Some(Cow::Owned(key.0.clone())),
                Resolution::Create(name) => Some(Cow::Owned(name.clone())),
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
}

fn not_blank(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.trim().is_empty())
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
