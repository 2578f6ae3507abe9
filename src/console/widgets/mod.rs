//! What screens are drawn with. Widgets draw on a [`Canvas`]; those with state keep it in plain structs that the
//! screen owns and changes in its `update`.

pub mod answer;
pub mod canvas;
pub mod confirm;
pub mod gauge;
pub mod lens;
pub mod motion;
pub mod picker;
pub mod rule;
pub mod save_as;
pub mod table;
pub mod tape;
pub mod text_input;
pub mod waterfall;

pub use answer::Answer;
pub use canvas::{Canvas, Hit, Hits, PaneId, Span};
pub use tape::Tape;
