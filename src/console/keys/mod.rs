//! Keys: one table of actions ([`action`]) feeds the footer, the help page, the palette, the bindings from the
//! config and `docs/keys.md`. No screen names a key.

pub mod action;
pub mod bindings;
pub mod doc;
pub mod footer;
pub mod table;

pub use action::{Action, Group, Offer, Scope};
pub use bindings::{BindingError, Bindings};
pub use doc::keys_markdown;
