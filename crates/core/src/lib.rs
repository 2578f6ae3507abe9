//! The pure floors of Onroll (0 and 1 of `docs/architecture.md`): functions over plain data, without I/O, clock or
//! randomness. The package `onroll` shows them under its own name, so that `crate::domain` there is this.

pub mod domain;
pub mod mapping;
pub mod matching;
pub mod planning;
