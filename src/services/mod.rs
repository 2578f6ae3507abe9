//! What an operator can do, a file per noun. Console and command line call the same functions, so that a deed is one deed:
//! each takes who asks ([`access::Access`]) and answers with data; words, layout, keys and exit codes are the front ends'.

pub mod access;
pub mod audit;
pub mod chat;
pub mod connections;
pub mod digest;
pub mod doctor;
pub mod drift;
pub mod error;
pub mod exports;
pub mod feed;
pub mod fix_list;
pub mod fleet;
pub mod forget;
pub mod holds;
pub mod lists;
pub mod mappings;
pub mod match_files;
pub mod models;
pub mod people;
pub mod plans;
pub mod rehearsals;
pub mod reports;
pub mod reviews;
pub mod runs;
pub mod said;
pub mod schedules;
pub mod settings;
pub mod status;
pub mod support;
pub mod tenants;
pub mod troubles;
pub mod undo;
pub mod waves;
pub mod webhooks;
pub mod workspace;

pub use access::{Access, Refusal};
pub use error::ServiceError;
