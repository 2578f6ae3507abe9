//! Hostile input: files, rows of the workspace and text that nobody would send, and everything that must go on all the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "files are damaged behind the back of the store")]

mod common;
#[path = "console_mappings/desk.rs"]
#[allow(dead_code, reason = "it is made for another test")]
mod desk;
mod hostile {
    mod broken_rows;
    mod codes;
    mod disks;
    mod files;
    mod plan_file;
    mod schemas;
    mod tenant_files;
    mod text;
}
