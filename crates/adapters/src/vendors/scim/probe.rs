//! The connection test: real calls, reads only.

use super::attributes::Place;
use super::client::Scim;
use super::memory::INACTIVE_GONE;
use super::options::Deactivation;
use super::payload::FIELDS;
use crate::domain::field::Field;
use crate::ports::api::ProbeStep;

/// Runs every step.
pub async fn run(scim: &Scim) -> Vec<ProbeStep> {
    let users = match scim.count().await {
        Ok(Some(count)) => ProbeStep::passed("users", format!("{count} at {}", scim.account())),
        Ok(None) => ProbeStep::warning("users", "readable, but how many there are is not told"),
        Err(error) => {
            let names = ["discovery", "fields", "find by identifier", "deactivation"];
            let failed = ProbeStep::failed("users", error);
            return [failed].into_iter().chain(names.map(ProbeStep::not_tried)).collect();
        }
    };
    let mut steps = vec![users, discovery(scim).await, fields(scim).await, finding(scim).await, deactivation(scim)];
    steps.extend(scim.profile.said.iter().map(|(name, words)| ProbeStep::passed(name, *words)));
    steps
}

async fn discovery(scim: &Scim) -> ProbeStep {
    match scim.discovery().await {
        Ok(told) if !told.is_told => {
            ProbeStep::warning("discovery", "the server does not say what it can do; what most can is tried")
        }
        Ok(told) => {
            let word = |yes: bool, name: &str| format!("{}{name}", if yes { "" } else { "no " });
            let parts = [word(told.patch, "PATCH"), word(told.etag, "ETags"), word(told.cursor, "cursors")];
            ProbeStep::passed("discovery", parts.join(", "))
        }
        Err(error) => ProbeStep::failed("discovery", error),
    }
}

/// What the server has no place for.
async fn fields(scim: &Scim) -> ProbeStep {
    let told = match scim.discovery().await {
        Ok(told) => told,
        Err(error) => return ProbeStep::failed("fields", error),
    };
    let identifier = scim.identifier_place();
    if !told.offers(identifier) {
        let (_, name, _) = identifier.listed();
        return ProbeStep::failed(
            "fields",
            crate::ports::api::ApiError::Setup {
                vendor: scim.vendor,
                detail: format!("the server does not let us write {name}: choose another attribute for the identifier"),
            },
        );
    }
    let all = FIELDS.into_iter().chain([Field::Manager]);
    let left_out: Vec<&str> = all
        .filter(|field| {
            let offered = Place::of(*field, &scim.options).is_some_and(|place| told.offers(place));
            !offered || scim.memory.is_left_out(*field)
        })
        .map(Field::words)
        .collect();
    match (left_out.as_slice(), told.has_schemas()) {
        ([], true) => ProbeStep::passed("fields", "all that is sent is in the server's schemas"),
        ([], false) => ProbeStep::passed("fields", "the server has no schemas to show; all fields are sent"),
        (some, _) => ProbeStep::warning("fields", format!("the server does not keep {}", some.join(", "))),
    }
}

async fn finding(scim: &Scim) -> ProbeStep {
    let name = "find by identifier";
    let attribute = scim.identifier_attribute();
    match scim.filter_works().await {
        Ok(Some(true)) => ProbeStep::passed(name, format!("by {attribute}")),
        Ok(Some(false)) => ProbeStep::warning(
            name,
            format!("the server does not find users by {attribute}; the whole list is read instead"),
        ),
        Ok(None) => ProbeStep::passed(name, "nobody carries one yet; the whole list is read until somebody does"),
        Err(error) => ProbeStep::failed(name, error),
    }
}

/// What an operator has to know before the first deactivation.
fn deactivation(scim: &Scim) -> ProbeStep {
    match (scim.options.deactivation, scim.memory.knows(INACTIVE_GONE)) {
        (Deactivation::Keeps, false) if scim.memory.shows_status_of_nobody() => ProbeStep::warning(
            "deactivation",
            "the server shows of nobody whether they are active: a deactivation counts once it is answered by yes, and who comes back is switched on where they were switched off from here",
        ),
        (Deactivation::Deletes, _) => ProbeStep::warning(
            "deactivation",
            "whoever is deactivated is removed there for good, with what belongs to the user; who comes back gets a new one",
        ),
        (Deactivation::Keeps, true) => ProbeStep::warning(
            "deactivation",
            "the server removes or hides whoever is deactivated, against what the connection says: nobody is deactivated until it says `deletes`",
        ),
        (Deactivation::Keeps, false) => ProbeStep::passed(
            "deactivation",
            "users stay, inactive; the first one is read again, and others wait for that",
        ),
    }
}
