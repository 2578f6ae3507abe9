//! Runs against a destination whose creations are plain inserts (as Learn Amp's and SCIM's are): what at Flow an upsert by
//! identifier forgives shows here as a second account. Answers are lost, refused and torn at random; processes end at any
//! request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "the file is looked at and changed as another process would")]

#[path = "insert/accounting.rs"]
mod accounting;
#[path = "insert/crash.rs"]
mod crash;
#[path = "insert/days.rs"]
mod days;
#[path = "insert/desk.rs"]
mod desk;
#[path = "insert/drift.rs"]
mod drift;
#[path = "insert/late.rs"]
mod late;
#[path = "insert/limits.rs"]
mod limits;
#[path = "insert/meanwhile.rs"]
mod meanwhile;
#[path = "insert/pair.rs"]
mod pair;
#[path = "insert/waves.rs"]
mod waves;
