//! The windowed table. All ids of the result are known and in order; full rows are given only for the window that
//! is drawn, so a million rows cost what sixty do. The cursor is an id, not a row number: new data, sort or filter
//! keep it on the same thing.

mod marks;
mod state;
mod view;

pub use marks::{Bits, Marks, RowId};
pub use state::{Direction, TableState};
pub use view::{Align, Cell, Column, PREFIX, Table, cell, cell_in, fit, glyph_cell};

#[cfg(test)]
mod tests;
