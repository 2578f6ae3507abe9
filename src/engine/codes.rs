//! What a plan can only name because it makes it itself: an option, whose code is known once it is made, and the user of a
//! manager, whose id is.

use super::Engine;
use super::error::EngineError;
use crate::domain::connection::Connection;
use crate::domain::decision::Link;
use crate::domain::field::Field;
use crate::domain::ids::OptionKey;
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::plan::{Operation, OperationKind, employee_to_be};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// Options by name, of the lists that go by a code.
#[derive(Debug, Default)]
pub(super) struct OptionCodes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    by_name: HashMap<ListKey, HashMap<String, OptionKey>>,
    keys: HashSet<String>,
    /// Ids of users by employee.
    users: HashMap<String, String>,
}

impl OptionCodes {
    /// Takes up these options.
    ///
    /// # Errors
    /// A vendor that this build does not know.
    pub(super) fn learn(
        &self,
        engine: &Engine,
        connection: &Connection,
        options: Vec<DestinationOption>,
    ) -> Result<(), EngineError> {
        let abilities = engine.abilities(connection)?;
        let by_code = |list: ListKey| abilities.destination.list(list).is_some_and(|table| table.by_code);
        if let Ok(mut known) = self.0.lock() {
            for option in options.into_iter().filter(|option| by_code(option.list)) {
                known.keys.insert(option.key.as_str().to_owned());
                known.by_name.entry(option.list).or_default().insert(option.name, option.key);
            }
        }
        Ok(())
    }

    /// Takes up who is tied to which user.
    pub(super) fn learn_people(&self, links: Vec<Link>) {
        if let Ok(mut known) = self.0.lock() {
            known.users.extend(links.into_iter().filter(|link| link.active).map(|link| (link.employee.0, link.user.0)));
        }
    }

    /// The line with codes where it has the names of options, and ids where it names the users of employees.
    pub(super) fn put_into(&self, operation: &Operation) -> Operation {
        let mut operation = operation.clone();
        let Ok(known) = self.0.lock() else { return operation };
        if operation.kind == OperationKind::CreateOption {
            return operation;
        }
        for change in &mut operation.fields {
            if change.field == Field::Manager {
                let employee = change.to.as_deref().and_then(employee_to_be);
                let user = employee.and_then(|employee| known.users.get(employee)).cloned();
                change.to = user.or(change.to.take());
                continue;
            }
            let (Some(table), Some(to)) = (change.field.list(), change.to.as_ref()) else { continue };
            if known.keys.contains(to.as_str()) {
                continue;
            }
            if let Some(code) = known.by_name.get(&table).and_then(|names| names.get(to)) {
                change.to = Some(code.as_str().to_owned());
            }
        }
        operation
    }
}
