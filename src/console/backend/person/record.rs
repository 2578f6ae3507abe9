//! Both records of a person beside each other.

use crate::console::screens::person::data::FieldLine;
use crate::domain::field::{Field, FieldKind};
use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::domain::plan::{Hold, HoldCode};
use crate::domain::settings::Settings;
use crate::engine::connect::Abilities;
use crate::planning::{Rules, sent};
use crate::store::views::PersonCard;
use std::borrow::Cow;

/// Every field that the destination takes, where either side has something.
pub(super) fn fields(
    card: &PersonCard,
    rules: Option<&Rules<'_>>,
    abilities: &Abilities,
    options: &[DestinationOption],
    settings: &Settings,
) -> Vec<FieldLine> {
    let hold = card.hold.as_ref().map(|held| &held.hold);
    let fields = abilities
        .destination
        .fields_with(abilities.source, settings)
        .into_iter()
        .filter(|field| *field != Field::Identifier);
    let lines = fields.map(|field| {
        let source = card.employee.as_ref().and_then(|one| one.value(field)).map(Cow::into_owned);
        let to = card.employee.as_ref().zip(rules).and_then(|(one, rules)| sent(rules, one, field));
        let named = |value: String| name_of(options, field, value);
        FieldLine {
            field: abilities.destination.word(field).to_owned(),
            no_value: to.is_none() && stops(hold, field),
            sent: to.map(named),
            held: card.user.as_ref().and_then(|user| user_value(user, field)).map(named),
            source: source.map(|value| shown(field, value)),
        }
    });
    lines.filter(|line| line.source.is_some() || line.sent.is_some() || line.held.is_some() || line.no_value).collect()
}

fn stops(hold: Option<&Hold>, field: Field) -> bool {
    hold.is_some_and(|hold| {
        hold.field.as_deref() == Some(field.key())
            && matches!(
                hold.code,
                HoldCode::UnmappedValue | HoldCode::OptionMissing | HoldCode::MissingField | HoldCode::FieldArchived
            )
    })
}

fn user_value(user: &User, field: Field) -> Option<String> {
    match field {
        Field::Status => Some(user.status.words()),
        other => user.value(other).map(Cow::into_owned),
    }
}

/// What a person reads: an option's name beside its code, a day in words.
fn name_of(options: &[DestinationOption], field: Field, value: String) -> String {
    let option = field.list().and_then(|kind| {
        options.iter().find(|option| option.list == kind && option.key.as_str() == value && option.name != value)
    });
    match option {
        Some(option) => format!("{} ({value})", option.name),
        None => shown(field, value),
    }
}

fn shown(field: Field, value: String) -> String {
    match value.parse::<jiff::civil::Date>() {
        Ok(day) if field.kind() == FieldKind::Date => crate::console::format::day_long(day),
        _ => value,
    }
}

/// The user in a few lines.
pub(super) fn user_lines(card: &PersonCard, destination: &str, identifier_word: &str) -> Vec<String> {
    let Some(user) = &card.user else {
        return vec![format!("no user of {destination} has this {identifier_word}")];
    };
    let mut lines = vec![format!("user {}, {}", user.id, user.status.words())];
    lines.push(match &user.identifier {
        Some(identifier) => format!("{identifier_word} {identifier}"),
        None => format!("no {identifier_word} yet"),
    });
    if let Some(unreadable) = &user.unreadable {
        lines.push(format!("the record cannot be read: {}", unreadable.what));
    }
    if let Some(training) = &user.training {
        let last = training.last_on.map(|day| format!(", the last on {}", crate::console::format::day_long(day)));
        lines.push(format!("{} courses finished{}", training.completed, last.unwrap_or_default()));
    }
    if let Some(link) = &card.link {
        lines.push(format!("linked by {}, {}", link.origin.key(), link.at.strftime("%-d %b %Y")));
    }
    lines
}
