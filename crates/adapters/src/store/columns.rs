//! How domain values stand in columns: times as microseconds, words as text, structures as JSON.

use super::error::StoreError;
use crate::domain::record::Record;
pub use crate::domain::text::search_fold as fold;
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What cannot be read, as it travels inside an error of SQLite until [`StoreError`] takes it out.
#[derive(Debug, thiserror::Error)]
#[error("{column}: {detail}")]
pub(super) struct BadValue {
    /// The row at fault (`plan 31`), once somebody has said it.
    pub row: Option<String>,
    pub column: String,
    /// In the words of the decoder, which quote no value: a row may hold personal data.
    pub detail: String,
}

fn unreadable(column: &str, detail: impl std::fmt::Display) -> rusqlite::Error {
    let bad = BadValue { row: None, column: column.to_owned(), detail: detail.to_string() };
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(bad))
}

/// What a decoder of JSON says, without the value that it stumbled over.
fn decoder_words(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let place = format!("line {} column {}", error.line(), error.column());
    match error.classify() {
        Category::Io => "it cannot be read".to_owned(),
        Category::Syntax => format!("it is no JSON ({place})"),
        Category::Eof => format!("it ends too early ({place})"),
        Category::Data => {
            // `invalid type: string "Ana", expected …`: only what was expected is no personal data.
            let text = error.to_string();
            let words = ["missing field", "unknown field", "unknown variant", "invalid type: null"]
                .into_iter()
                .find(|start| text.starts_with(start))
                .map(|_| text.split(" at line").next().unwrap_or(&text).to_owned());
            let expected = text.split("expected ").nth(1).and_then(|rest| rest.split(" at line").next());
            words.unwrap_or_else(|| {
                expected.map_or_else(
                    || format!("it has another form ({place})"),
                    |expected| format!("it is not {expected} ({place})"),
                )
            })
        }
    }
}

/// Says which row an unreadable value stands in, where nobody closer to it has.
pub(super) fn of_row<T>(result: rusqlite::Result<T>, row: impl FnOnce() -> String) -> rusqlite::Result<T> {
    result.map_err(|error| match error {
        rusqlite::Error::FromSqlConversionFailure(at, kind, inner) => match inner.downcast::<BadValue>() {
            Ok(mut bad) => {
                bad.row.get_or_insert_with(row);
                rusqlite::Error::FromSqlConversionFailure(at, kind, bad)
            }
            Err(inner) => rusqlite::Error::FromSqlConversionFailure(at, kind, inner),
        },
        other => other,
    })
}

/// Whether a row could be reached but a value in it cannot be read.
pub(super) fn is_unreadable(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..))
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
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, decoder_words(&error)))
}

/// A JSON column of one of the records that there are most of.
pub(super) fn record<T: Record>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    T::of_json(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, decoder_words(&error)))
}

/// A JSON column that may be NULL.
pub(super) fn json_or_none<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        Some(text) => serde_json::from_str(text).map(Some).map_err(|error| unreadable(column, decoder_words(&error))),
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
