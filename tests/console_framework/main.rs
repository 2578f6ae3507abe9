//! The console's framework as a whole: the loop on a fake terminal, pictures of its own screens, and properties.
#![cfg(test)]

mod effects;
mod event_loop;
mod pictures;
mod properties;
mod pty;
mod support;
