//! How domain values stand in columns: times as microseconds, words as text, structures as JSON.

use super::error::StoreError;
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn unreadable(column: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    let text = format!("{column}: {}", error.into());
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, text.into())
}

/// A time as the database keeps it: microseconds since 1970.
pub(super) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// The time that a number of microseconds means.
pub(super) fn time_of(column: &str, micros: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|error| unreadable(column, error))
}

/// A column of microseconds as a time.
pub(super) fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    time_of(column, row.get(column)?)
}

/// A column of microseconds that may be NULL.
pub(super) fn time_or_none(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?.map(|micros| time_of(column, micros)).transpose()
}

/// A JSON column.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, error))
}

/// A JSON column that may be NULL.
pub(super) fn json_or_none<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        Some(text) => serde_json::from_str(text).map(Some).map_err(|error| unreadable(column, error)),
        None => Ok(None),
    }
}

/// A column with one of a fixed set of words.
pub(super) fn word<T>(row: &Row<'_>, column: &str, from_key: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    from_key(text).ok_or_else(|| unreadable(column, format!("the word `{text}` is not known")))
}

/// A column with one of a fixed set of words, or NULL.
pub(super) fn word_or_none<T>(
    row: &Row<'_>,
    column: &str,
    from_key: fn(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        Some(_) => word(row, column, from_key).map(Some),
        None => Ok(None),
    }
}

/// A value as JSON text.
pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    Ok(serde_json::to_string(value)?)
}

/// A count for a column.
pub(super) fn to_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count out of a column; never negative.
pub(super) fn from_count(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// Text as lists sort and search it: without case, accents and scripts (`Søren` is `soren`, `佐藤` is as it is read).
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { deunicode::deunicode(text).to_lowercase() }
}

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere.
pub(super) fn contains(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_makes_names_findable() {
        assert_eq!(fold("Søren KJÆR"), "soren kjaer");
        assert_eq!(fold("Wójcik"), "wojcik");
        assert_eq!(fold("佐藤"), fold("佐藤"));
    }

    #[test]
    fn wildcards_in_a_search_are_plain_characters() {
        assert_eq!(contains("100%_a\\b"), "%100\\%\\_a\\\\b%");
    }
}
