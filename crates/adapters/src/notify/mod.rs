//! What leaves the program to tell people something.

pub mod mail;
