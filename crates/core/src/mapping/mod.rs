//! Source values to destination options: look-up, suggestions and the effect of a change. Pure.

pub mod coverage;
pub mod impact;
pub mod suggest;
pub mod table;

pub use impact::{Impact, ImpactPerson, Outcome, impact};
pub use suggest::{Names, Ranked, rank, reason};
pub use table::{How, MappingIndex, Resolution, TableIndex, resolve};
