//! The console's model and the two functions over it: `update` (pure) and `view` (draws from `&Model`).

pub mod cx;
pub mod effect;
pub mod focus;
pub mod header;
pub mod layout;
pub mod model;
pub mod msg;
pub mod overlay;
pub mod place;
pub mod problem;
pub mod remote;
mod route;
pub mod slots;
pub mod toast;
pub mod update;
pub mod view;

pub use cx::{Cx, ViewCx};
pub use effect::{Command, Effect, ExitCode, Query};
pub use model::{LiveRun, Model, Start, World};
pub use msg::{Control, Moment, Msg, Payload};
pub use place::{Place, Standing, TenantHeader};
pub use problem::Problem;
pub use remote::Remote;
pub use slots::{Generation, Owner, Slot};
pub use toast::{Level, Message};
pub use update::update;
pub use view::view;
