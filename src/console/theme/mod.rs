//! Roles, palettes and colour depth. Screens ask for a [`Role`] and get a style; no screen names a colour.

pub mod depth;
pub mod palette;
pub mod roles;

pub use depth::{Depth, TermEnvironment};
pub use palette::{Shade, Theme};
pub use roles::Role;
