//! The console's model and the two functions over it: `update` (pure) and `view` (draws from `&Model`).

pub mod console_settings;
pub mod cx;
pub mod effect;
pub mod focus;
pub mod header;
pub mod layout;
pub mod live;
pub mod model;
pub mod moment;
pub mod msg;
mod navigate;
pub mod overlay;
pub mod place;
pub mod problem;
pub mod remote;
mod route;
pub mod slots;
pub mod toast;
pub mod update;
pub mod view;

pub use console_settings::ConsoleSettings;
pub use cx::{Cx, ViewCx};
pub use effect::{Command, Effect, ExitCode, Query};
pub use live::LiveRun;
pub use model::{Model, Start};
pub use moment::Moment;
pub use msg::{Control, Msg, Payload};
pub use place::{Mode, Place, TenantHeader};
pub use problem::Problem;
pub use remote::Remote;
pub use slots::{Generation, Owner, RequestSlot};
pub use toast::{Level, Message};
pub use update::update;
pub use view::view;
