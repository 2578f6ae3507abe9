//! The gates that one person's own data must pass: mandatory fields, value maps, names.

use super::holds::{hold, missing_field, with_field};
use super::rules::Rules;
use crate::domain::capabilities::ListSpec;
use crate::domain::email::{Addresses, addresses};
use crate::domain::field::{Field, FieldKind};
use crate::domain::ids::{EmployeeId, OptionKey};
use crate::domain::list::ListKey;
use crate::domain::person::Employee;
use crate::domain::plan::{Hold, HoldCode};
use crate::domain::settings::WritePolicy;
use crate::domain::text;
use crate::mapping::Resolution;
use crate::mapping::coverage::blocks;
use std::borrow::Cow;

/// The first gate that stops this person, if any.
pub(super) fn first_stop(rules: &Rules<'_>, employee: &Employee) -> Option<Hold> {
    one_email(rules, employee)
        .or_else(|| mandatory(rules, employee))
        .or_else(|| lengths(rules, employee))
        .or_else(|| mapped(rules, employee))
        .or_else(|| names(rules, employee))
}

/// Two addresses in one field are a question: which one counts nobody here can tell.
pub(super) fn one_email(rules: &Rules<'_>, employee: &Employee) -> Option<Hold> {
    if !rules.destination.fields.contains(&Field::Email) || rules.write_policy(Field::Email) == WritePolicy::Never {
        return None;
    }
    let Addresses::Several(count) = addresses(employee.person.email.as_deref()?) else { return None };
    let number = if count == 2 { "two".to_owned() } else { count.to_string() };
    let message = format!("{number} e-mail addresses in one field: which one counts cannot be told");
    let remedy = format!("leave one address in `{}` in {}", rules.source_label(Field::Email), rules.source.name);
    Some(with_field(hold(&employee.id, HoldCode::MissingField, message, remedy), Field::Email))
}

/// Longest text of a field, in characters, where the destination publishes no maximum of its own. Beyond it a value is no
/// value but a fault of the source.
const TEXT_MAX: usize = 1_000;
/// Longest e-mail address anywhere (RFC 5321).
const EMAIL_MAX: usize = 254;

/// No text is longer than a field can be.
pub(super) fn lengths(rules: &Rules<'_>, employee: &Employee) -> Option<Hold> {
    for field in rules.fields.iter().copied().filter(|field| field.is_value()) {
        let value = match field.list() {
            Some(list) if has_default(rules, list) => continue,
            Some(list) => rules.raw_value(employee, list).map(Cow::Borrowed),
            None => rules.target(employee, field),
        };
        let most = if field == Field::Email { EMAIL_MAX.min(rules.destination.email_max) } else { TEXT_MAX };
        // Bytes are at least as many as characters.
        let Some(value) = value.filter(|value| value.len() > most) else { continue };
        let length = value.chars().count();
        if length > most {
            let message = format!("{} has {length} characters; at most {most} are sent", field.words());
            return Some(refused(rules, &employee.id, field, message));
        }
    }
    None
}

/// Identifier, both names, and what else the destination demands (ALL05, cases 11, 28, 45, 46).
pub(super) fn mandatory(rules: &Rules<'_>, employee: &Employee) -> Option<Hold> {
    if employee.identifier.as_str().trim().is_empty() {
        return Some(missing_field(rules, &employee.id, Field::Identifier));
    }
    let demanded = rules.destination.mandatory.iter().copied().filter(|field| *field != Field::Identifier);
    let tables = rules.destination.lists.iter().filter(|spec| spec.mandatory).map(|spec| spec.list.field());
    let mut missing = [Field::FirstName, Field::LastName]
        .into_iter()
        .chain(demanded)
        .chain(tables)
        .filter(|field| is_missing(rules, employee, *field));
    let mut hold = missing_field(rules, &employee.id, missing.next()?);
    // HR is told of all at once; what is archived is asked of somebody else.
    if hold.code == HoldCode::MissingField {
        let others = missing.filter(|field| !rules.facts.archived_fields.iter().any(|one| one.field == *field));
        hold.also = others.map(|field| field.key().to_owned()).filter(|key| hold.field.as_ref() != Some(key)).collect();
        hold.also.dedup();
    }
    Some(hold)
}

fn has_default(rules: &Rules<'_>, list: ListKey) -> bool {
    rules.destination.list(list).is_some_and(|spec| spec.has_default)
}

fn is_missing(rules: &Rules<'_>, employee: &Employee, field: Field) -> bool {
    match field.list() {
        Some(list) if has_default(rules, list) => false,
        // Whether the value is mapped is the next gate's question.
        Some(list) => rules.raw_value(employee, list).is_none(),
        None if field.kind() == FieldKind::Name => {
            rules.target(employee, field).is_none_or(|name| text::says_nothing(&name))
        }
        None if !field.is_value() => false,
        None => rules.target(employee, field).is_none(),
    }
}

/// Every value that goes through a table becomes an option (ALL04).
pub(super) fn mapped(rules: &Rules<'_>, employee: &Employee) -> Option<Hold> {
    rules.destination.lists.iter().find_map(|spec| unmapped(rules, employee, spec))
}

fn unmapped(rules: &Rules<'_>, employee: &Employee, spec: &ListSpec) -> Option<Hold> {
    if spec.has_default {
        return None;
    }
    let value = rules.raw_value(employee, spec.list)?;
    let resolution = rules.resolution(spec.list, value);
    let table = rules.mapping.table(spec.list);
    if !blocks(spec, table.is_unused(), &resolution, rules.can_create_options) {
        return None;
    }
    let (code, message, remedy) = words(rules, spec, value, &resolution);
    let mut hold = hold(&employee.id, code, message, remedy);
    hold.field = Some(spec.list.field().key().to_owned());
    hold.value = Some(value.to_owned());
    Some(hold)
}

fn words(rules: &Rules<'_>, spec: &ListSpec, value: &str, resolution: &Resolution) -> (HoldCode, String, String) {
    let destination = rules.destination.name;
    let (word, words) = spec.word;
    let map = format!("map `{value}` in Mappings, {words}");
    let named = |key: &OptionKey| rules.mapping.table(spec.list).name_of(key.as_str()).to_owned();
    match resolution {
        Resolution::Archived(key) => (
            HoldCode::OptionMissing,
            format!("{word} `{value}` is mapped to `{}`, which is archived in {destination}", named(key)),
            format!("{map} to another {word}, or bring it back in {destination}"),
        ),
        Resolution::Gone(key) => (
            HoldCode::OptionMissing,
            format!("{word} `{value}` is mapped to `{}`, which {destination} no longer has", key),
            format!("{map} to another {word}, or add it in {destination}"),
        ),
        Resolution::Doubled(key) => (
            HoldCode::OptionMissing,
            format!(
                "{word} `{value}` is mapped to `{key}`, which {destination} has twice: which is meant cannot be told"
            ),
            format!("rename or archive one of the two in {destination}, or {map} to another {word}"),
        ),
        Resolution::Create(name) => (
            HoldCode::OptionMissing,
            format!(
                "{word} `{name}` is to be created, but this account of {destination} takes new {words} by hand only"
            ),
            format!("add `{name}` in {destination}: it stands on the fix list; then read its {words} again"),
        ),
        Resolution::Nothing => (
            HoldCode::UnmappedValue,
            format!("nothing is sent for {word} `{value}`, but {destination} takes nobody without one"),
            map,
        ),
        Resolution::Suggested { key, reason } => (
            HoldCode::UnmappedValue,
            format!("{word} `{value}` is not a {word} in {destination} (`{}` is: {reason})", named(key)),
            format!("accept the suggestion for `{value}` in Mappings, {words}"),
        ),
        Resolution::Unmapped { near } => {
            if let Some(why) = rules.mapping.table(spec.list).odd_twin(value) {
                let message = format!("{word} `{value}` is not mapped: the {word} of that name in {destination} {why}");
                return (HoldCode::UnmappedValue, message, format!("rename it in {destination}, or {map} by hand"));
            }
            let near: Vec<String> = near.iter().map(|key| format!("`{}`", named(key))).collect();
            let near = if near.is_empty() { String::new() } else { format!(" (near: {})", near.join(", ")) };
            (HoldCode::UnmappedValue, format!("{word} `{value}` is not mapped{near}"), map)
        }
        // Covered values do not block; the words are never read.
        Resolution::Mapped { .. } => (HoldCode::UnmappedValue, String::new(), map),
    }
}

/// Names and the identifier keep to the destination's letters and lengths (cases 3, 12).
pub(super) fn names(rules: &Rules<'_>, employee: &Employee) -> Option<Hold> {
    let destination = rules.destination;
    let identifier = employee.identifier.as_str();
    if text::has_invisible(identifier) {
        let message = format!("the {} has characters that cannot be seen", destination.identifier_word);
        return Some(refused(rules, &employee.id, Field::Identifier, message));
    }
    if identifier.chars().count() > destination.identifier_max {
        let message =
            format!("the {} is longer than {} characters", destination.identifier_word, destination.identifier_max);
        return Some(refused(rules, &employee.id, Field::Identifier, message));
    }
    let (extra, longest) = destination.name_rule?;
    for field in [Field::FirstName, Field::LastName] {
        let Some(name) = rules.target(employee, field) else { continue };
        if name.chars().count() > longest {
            let message =
                format!("{} is longer than the {longest} characters that {} takes", field.words(), destination.name);
            return Some(refused(rules, &employee.id, field, message));
        }
        if let Some(bad) = name.chars().find(|c| !is_name_character(*c, extra)) {
            let message = format!(
                "{} has `{bad}` (U+{:04X}), which {} does not take",
                field.words(),
                u32::from(bad),
                destination.name
            );
            let mut hold = refused(rules, &employee.id, field, message);
            hold.value = Some(bad.to_string());
            return Some(hold);
        }
    }
    None
}

fn is_name_character(c: char, extra: &str) -> bool {
    c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c) || extra.contains(c)
}

fn refused(rules: &Rules<'_>, employee: &EmployeeId, field: Field, message: String) -> Hold {
    let remedy = format!("correct `{}` in {}", rules.source_label(field), rules.source.name);
    with_field(hold(employee, HoldCode::NameNotAccepted, message, remedy), field)
}
