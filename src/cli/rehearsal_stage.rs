//! Where clients come from in the program: the vendors' own, and for rehearsals the simulators, loaded with what a destination
//! held when it was last read.

use super::tenant_file;
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::{User, UserStatus};
use crate::ports::api::ApiError;
use crate::ports::connect::{ClientFactory, ConnectParts};
use crate::ports::destination::DestinationApi;
use crate::ports::source::SourceApi;
use crate::ports::stage::{Stage, StageError, StageInput};
use crate::sandbox::{Company, OptionItem, Options, Person, Sandbox, SandboxConfig, World};
use crate::vendors::registry::Vendors;
use futures_util::future::BoxFuture;
use serde_json::json;
use std::collections::HashMap;

/// A source that every stage has beside its destination: the tenant file of a pair names both.
const BESIDE: &str = "planday";

/// The vendors, with stages.
pub struct WithStages;

impl ClientFactory for WithStages {
    fn source(&self, vendor: &str, parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
        Vendors.source(vendor, parts)
    }

    fn destination(&self, vendor: &str, parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
        Vendors.destination(vendor, parts)
    }

    fn stage(&self, input: StageInput) -> BoxFuture<'_, Result<Option<Stage>, StageError>> {
        Box::pin(stage(input))
    }
}

async fn stage(input: StageInput) -> Result<Option<Stage>, StageError> {
    let failed = |error: &dyn std::fmt::Display| StageError(error.to_string());
    let vendor = input.vendor.clone();
    let today = input.today;
    let company = company(input);
    let world = World { companies: vec![company] };
    let sandbox = Sandbox::start(SandboxConfig { world: Some(world), ..SandboxConfig::new(today) }).await;
    let sandbox = sandbox.map_err(|error| failed(&error))?;
    let Some(text) = sandbox.tenant_file(BESIDE, &vendor) else { return Ok(None) };
    let file = tenant_file::parse(&text).map_err(|error| failed(&error))?;
    let endpoint = file.destination;
    Ok(Some(Stage { parameters: endpoint.endpoint.parameters, secrets: endpoint.secrets, running: Box::new(sandbox) }))
}

/// What the destination holds, as its simulator takes it.
fn company(input: StageInput) -> Company {
    let names: HashMap<(ListKey, &str), &str> =
        input.options.iter().map(|option| ((option.list, option.key.as_str()), option.name.as_str())).collect();
    let people = input.users.iter().map(|user| person(user, &names)).collect();
    let mut company = Company { vendor: input.vendor, people, options: options(&input.options), ..Company::default() };
    company.own.insert("switches".to_owned(), json!({ "welcome_mail": input.welcome }));
    company
}

fn options(options: &[DestinationOption]) -> Options {
    let of = |list: ListKey| {
        let items = options.iter().filter(|option| option.list == list);
        items
            .map(|option| OptionItem {
                name: option.name.clone(),
                code: (option.key.as_str() != option.name).then(|| option.key.0.clone()),
                archived: !option.active,
                ..OptionItem::default()
            })
            .collect()
    };
    Options {
        branches: of(ListKey::BRANCH),
        departments: of(ListKey::DEPARTMENT),
        job_titles: of(ListKey::JOB_TITLE),
        ..Options::default()
    }
}

fn person(user: &User, names: &HashMap<(ListKey, &str), &str>) -> Person {
    let text = |field: Field| {
        let value = user.value(field).map(std::borrow::Cow::into_owned).unwrap_or_default();
        let named = field.list().and_then(|list| names.get(&(list, value.as_str())));
        named.map_or(value.clone(), |name| (*name).to_owned())
    };
    Person {
        id: user.id.0.clone(),
        first_name: text(Field::FirstName),
        last_name: text(Field::LastName),
        known_as: text(Field::KnownAs),
        email: text(Field::Email),
        date_of_birth: text(Field::DateOfBirth),
        job_title: text(Field::JobTitle),
        branch: text(Field::Branch),
        department: text(Field::Department),
        start_date: text(Field::StartDate),
        end_date: text(Field::EndDate),
        manager_id: text(Field::Manager),
        status: match &user.status {
            UserStatus::Active | UserStatus::Unshown { off: false } => "active".to_owned(),
            UserStatus::Inactive | UserStatus::Unshown { off: true } => "inactive".to_owned(),
            UserStatus::Unclear(word) => word.clone(),
        },
        phone: text(Field::Phone),
        address: text(Field::Address),
        postcode: text(Field::Postcode),
        identifier: user.identifier.as_ref().map(ToString::to_string).unwrap_or_default(),
        // Whoever has an account is not welcomed again.
        invited: true,
        ..Person::default()
    }
}
