//! The clients of the vendors' HTTP APIs: one folder each, one entry in the registry.
//!
//! Common parts: [`http`] sends requests (time-outs, retries, bounded bodies), [`limiter`] keeps to the quotas, [`retry`] knows
//! how long to wait, `failure` why no answer came, [`redact`] keeps personal data out of texts, [`paging`] knows when a list
//! is complete, [`rows`] reads records one by one and blames one instead of its page, [`token`] keeps access
//! tokens, [`reuse`] knows which details need not be read again; `recording` tells what was said to whoever hears a call; `outbox`
//! is for transports by file, [`webhook`] for sources that tell of changes by themselves.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod bamboohr;
pub mod changes;
mod failure;
pub mod field_map;
pub mod flow_learning;
pub mod freshteam;
pub mod http;
pub mod learn_amp;
pub mod limiter;
pub mod mapal_os;
mod message;
pub mod moodle;
mod outbox;
pub mod paging;
pub mod people_file;
pub mod peoplehr;
pub mod planday;
mod recording;
pub mod redact;
pub mod registry;
pub mod retry;
pub mod reuse;
pub mod reward_gateway;
pub mod rotaready;
pub mod rows;
pub mod scim;
pub mod token;
pub mod webhook;
