//! The fields of the credentials step, made from what the vendors say they need.

use std::collections::BTreeMap;
use std::fmt;

use super::data::End;
use crate::console::widgets::text_input::TextField;
use crate::domain::capabilities::ParameterSpec;
use crate::domain::secret::Secret;
use crate::domain::snapshot::Side;

/// One field. Its text may be a secret: it is never printed for debugging.
#[derive(Clone, PartialEq)]
pub(super) struct FormField {
    pub side: Side,
    pub spec: ParameterSpec,
    pub text: TextField,
}

impl fmt::Debug for FormField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormField").field("side", &self.side).field("key", &self.spec.key).finish_non_exhaustive()
    }
}

impl FormField {
    pub(super) fn is_blank(&self) -> bool {
        self.text.value().trim().is_empty()
    }

    /// Whether blanks stand before or after what was typed.
    pub(super) fn has_outer_blanks(&self) -> bool {
        self.text.value() != self.text.value().trim()
    }

    /// Puts a text in, hidden if it is a secret.
    pub(super) fn set(&mut self, value: &str) {
        let mut text = if self.spec.secret { TextField::secret() } else { TextField::default() };
        text.paste(value);
        self.text = text;
    }
}

/// Makes the fields of one side anew; what was typed under the same key stays.
pub(super) fn rebuild(fields: &mut Vec<FormField>, side: Side, specs: &[ParameterSpec]) {
    let (old, mut kept): (Vec<FormField>, Vec<FormField>) = fields.drain(..).partition(|field| field.side == side);
    let made = specs.iter().map(|spec| {
        let mut field = FormField { side, spec: *spec, text: TextField::default() };
        let typed = old.iter().find(|old| old.spec.key == spec.key && old.spec.secret == spec.secret);
        field.set(typed.map(|old| old.text.value()).unwrap_or_default());
        field
    });
    kept.extend(made);
    kept.sort_by_key(|field| field.side == Side::Destination);
    *fields = kept;
}

/// What is typed for one side; blank fields are left out.
pub(super) fn end(fields: &[FormField], side: Side, vendor: &str) -> End {
    let mut end = End { vendor: vendor.to_owned(), ..End::default() };
    for field in fields.iter().filter(|field| field.side == side && !field.is_blank()) {
        let key = field.spec.key.to_owned();
        if field.spec.secret {
            end.secrets.insert(key, Secret::new(field.text.value()));
        } else {
            end.parameters.insert(key, field.text.value().trim().to_owned());
        }
    }
    end
}

/// The plain parameters of one side, which decide what it can do.
pub(super) fn plain(fields: &[FormField], side: Side) -> BTreeMap<String, String> {
    end(fields, side, "").parameters
}
