//! What leaves the program to tell people something.

pub mod chat;
pub mod mail;
