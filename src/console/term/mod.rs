//! The terminal itself: modes, input, suspend, clipboard; and what text looks like in cells.

pub mod clipboard;
pub mod glyphs;
pub mod guard;
pub mod input;
pub mod pager;
pub mod suspend;
pub mod width;
