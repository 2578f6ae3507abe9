//! One line of a plan, field by field.

use super::super::Context;
use super::super::review::shown;
use crate::console::screens::plan::data::{Changed, Person};
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::domain::plan::OperationKind;
use crate::domain::problem::{Problem, ProblemKind};
use crate::planning::diff;

pub(super) async fn person(context: &Context, connection: &Connection, line: i64) -> Result<Person, Problem> {
    let store = &context.engine.store;
    let destination = context.engine.abilities(connection)?.destination;
    let rows = store.operation_rows(connection.id, vec![line]).await?;
    let row = rows.into_iter().next().ok_or_else(|| {
        Problem::new(ProblemKind::Input, "this line is not kept any more").with_remedy("r reads the newest plan")
    })?;
    let operation = row.row.operation;
    let user = match &operation.user {
        Some(user) => store.user(connection.id, user).await?,
        None => None,
    };
    let options = store.options(connection.id).await?;
    let changed: Vec<Changed> = operation
        .fields
        .iter()
        .map(|change| {
            let text = |value: &Option<String>| {
                value.as_deref().map(|value| option_shown(&options, change.field, value)).unwrap_or_default()
            };
            Changed {
                label: destination.word(change.field).to_owned(),
                from: text(&change.from),
                to: text(&change.to),
                cosmetic: diff::is_cosmetic(change),
            }
        })
        .collect();
    let is_changed = |field: &Field| operation.fields.iter().any(|change| change.field == *field);
    let equal = match &user {
        Some(user) if operation.kind != OperationKind::Create => destination
            .fields
            .iter()
            .filter(|field| !is_changed(field))
            .filter_map(|field| Some((destination.word(*field).to_owned(), held(&options, user, *field)?)))
            .collect(),
        _ => Vec::new(),
    };
    let email = operation.fields.iter().any(|change| change.field == Field::Email && change.from.is_some());
    let identifier = operation.identifier.as_ref().map(ToString::to_string).unwrap_or_default();
    let tied = match (&operation.user, operation.kind) {
        (Some(user), _) => format!("user {user}"),
        (None, OperationKind::CreateOption | OperationKind::RemoveOption) => String::new(),
        (None, _) => "new user".to_owned(),
    };
    let parts = [row.name, identifier, tied].into_iter().filter(|part| !part.is_empty());
    Ok(Person {
        line,
        title: parts.collect::<Vec<_>>().join(", "),
        changed,
        equal,
        note: operation.note,
        warning: email.then(|| "The e-mail is this person's log-in: it changes with this line.".to_owned()),
    })
}

fn held(options: &[DestinationOption], user: &User, field: Field) -> Option<String> {
    user.value(field).map(|value| option_shown(options, field, &value))
}

/// A value as a person reads it: a code with its name, a date with the month in letters.
fn option_shown(options: &[DestinationOption], field: Field, value: &str) -> String {
    let option = field
        .list()
        .and_then(|table| options.iter().find(|option| option.list == table && option.key.as_str() == value));
    match option {
        Some(option) if option.name != value => format!("{value}  {}", option.name),
        _ => shown(field, value),
    }
}
