//! What was read of a file, as data for `--json`.

use super::heads::{Certainty, Meaning};
use super::layout::Unread;
use super::reading::{Reading, order_words};
use super::text_choices::delimiter_word;
use serde_json::json;

impl Reading {
    /// As data, for `--json`.
    pub fn to_json(&self) -> serde_json::Value {
        let columns: Vec<serde_json::Value> = self
            .columns
            .iter()
            .map(|column| {
                let certainty = match column.certainty {
                    Certainty::Said => "said",
                    Certainty::Sure => "sure",
                    Certainty::Likely => "likely",
                };
                json!({ "field": column.meaning.key(), "head": column.head, "certainty": certainty })
            })
            .collect();
        let unread: Vec<serde_json::Value> = self
            .unread
            .iter()
            .map(|column| json!({ "head": column.head, "might_be": might_be(&column.why).map(Meaning::key) }))
            .collect();
        let words: Vec<serde_json::Value> = self
            .words
            .iter()
            .map(|one| {
                json!({
                    "word": one.word, "means": one.life.word(), "people": one.people,
                    "said": one.is_said, "sheet": one.is_sheet,
                })
            })
            .collect();
        let dates: Vec<serde_json::Value> = self
            .dates
            .iter()
            .map(
                |one| json!({ "field": one.meaning.key(), "order": order_words(one.order), "told": one.why.is_some() }),
            )
            .collect();
        let text = self
            .text
            .map(|(delimiter, encoding)| json!({ "delimiter": delimiter_word(delimiter), "encoding": encoding }));
        let tally = &self.tally;
        json!({
            "text": text,
            "status_words": words,
            "dates": dates,
            "rows": tally.rows,
            "people": tally.people,
            "folded": tally.folded,
            "blank": tally.blank,
            "left_out": tally.notes.count + tally.repeated_heads.count + tally.hints.count + tally.other_heads.count,
            "rows_not_read": tally.unread(),
            "columns": columns,
            "columns_not_read": unread,
            "notes": self.lines(),
        })
    }
}

fn might_be(why: &Unread) -> Option<Meaning> {
    match why {
        Unread::Unknown(guess) => *guess,
        Unread::Second { meaning, .. } | Unread::OtherValues(meaning) => Some(*meaning),
        Unread::Private | Unread::Said => None,
    }
}
