//! What the program leaves behind and tells of itself: everything a whole demo run leaves is searched for secrets and birth
//! dates, support bundles for everybody, and the feed log is followed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "operations/bundle.rs"]
mod bundle;
#[path = "operations/demo.rs"]
mod demo;
#[path = "operations/deploy.rs"]
mod deploy;
#[path = "operations/follow.rs"]
mod follow;
#[path = "operations/left_behind.rs"]
mod left_behind;
#[path = "operations/parity.rs"]
mod parity;
#[path = "operations/shells.rs"]
mod shells;
