//! CSV and XLSX: reading people, writing exports.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

#[cfg(test)]
#[path = "../../../core/src/domain/any_text.rs"]
mod any_text;
pub mod archive;
pub mod export;
pub mod json;
pub mod mapping_sheet;
pub mod match_result;
pub mod people;
pub mod sheet;
pub mod sign_off;
pub mod stream;
pub mod workbook;
mod workbook_parts;
