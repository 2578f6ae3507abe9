//! The terminal console (floor 5): a front end over the engine, drawn with ratatui.
//!
//! ```text
//! backend/  what stands behind the screens: store and engine, on tokio
//! app/      model, messages, effects; update (pure) and view (drawing from &Model)
//! keys/     one table of actions: footer, help, palette, bindings and docs/keys.md come from it
//! screens/  a folder per screen: state, update, view
//! widgets/  what screens are drawn with
//! theme/    roles, palettes, colour depth
//! term/     terminal modes, input thread, suspend, clipboard, text width, glyphs
//! runtime/  the event loop: one task owns the model and the terminal
//! ```
//!
//! Code names a role, never a colour, and an action, never a key.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod app;
pub mod backend;
pub mod format;
pub mod keys;
pub mod runtime;
pub mod screens;
pub mod term;
pub mod theme;
pub mod widgets;
