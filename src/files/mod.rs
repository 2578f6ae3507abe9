//! CSV and XLSX: reading people, writing exports.
