//! Codes of options: a plan can only name an option that it makes itself; the code is known once it is made.

use super::Engine;
use super::error::EngineError;
use crate::domain::connection::Connection;
use crate::domain::ids::OptionKey;
use crate::domain::mapping::{DestinationOption, TableKind};
use crate::domain::plan::{Operation, OperationKind};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// Options by name, of the lists that go by a code.
#[derive(Debug, Default)]
pub(super) struct OptionCodes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    by_name: HashMap<TableKind, HashMap<String, OptionKey>>,
    keys: HashSet<String>,
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
        let by_code = |kind: TableKind| abilities.destination.table(kind).is_some_and(|table| table.by_code);
        if let Ok(mut known) = self.0.lock() {
            for option in options.into_iter().filter(|option| by_code(option.kind)) {
                known.keys.insert(option.key.as_str().to_owned());
                known.by_name.entry(option.kind).or_default().insert(option.name, option.key);
            }
        }
        Ok(())
    }

    /// The line with codes where it has the names of options.
    pub(super) fn put_into(&self, operation: &Operation) -> Operation {
        let mut operation = operation.clone();
        let Ok(known) = self.0.lock() else { return operation };
        if operation.kind == OperationKind::CreateOption {
            return operation;
        }
        for change in &mut operation.fields {
            let (Some(table), Some(to)) = (change.field.table(), change.to.as_ref()) else { continue };
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
