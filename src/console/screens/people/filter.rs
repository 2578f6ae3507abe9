//! Lists and orders of People; the filter itself is [`crate::domain::filter`].

use super::data::ListQuery;
use crate::domain::field::Field;
use crate::domain::filter::{How, Value};
use crate::store::views::PeopleSort;

/// Ready-made lists of `s`: what is typed for them, and their words.
pub const PRESETS: [(&str, &str); 12] = [
    ("", "everybody in scope"),
    ("state:held", "held"),
    ("state:blocked", "held: data or mapping"),
    ("state:review", "held: to be reviewed"),
    ("state:ruled", "protected and excluded"),
    ("state:changes", "changed by the plan"),
    ("state:failed", "refused by the destination"),
    ("state:linked", "linked"),
    ("state:unlinked", "not linked"),
    ("state:leaver", "leavers"),
    ("state:out", "out of scope"),
    ("state:user", "users whom no employee holds"),
];

/// Views that every workspace has.
pub const VIEWS: [(&str, &str); 3] = [
    ("all", ""),
    ("needs me", "state:held"),
    ("for HR", "because:missing_field,field_archived,duplicate_identifier,duplicate_email,name_not_accepted"),
];

/// Sort orders of `s`: the words, and the word by which one is remembered.
pub const SORTS: [(PeopleSort, &str, &str); 10] = [
    (PeopleSort::Name, "name", ""),
    (PeopleSort::Branch, "branch", "branch"),
    (PeopleSort::JobTitle, "job title", "title"),
    (PeopleSort::Department, "department", "department"),
    (PeopleSort::Status, "status", "status"),
    (PeopleSort::State, "state and reason", "state"),
    (PeopleSort::Identifier, "identifier", "identifier"),
    (PeopleSort::Id, "employee id", "id"),
    (PeopleSort::Email, "e-mail", "email"),
    (PeopleSort::Start, "start date", "start"),
];

/// The word by which an order is remembered.
#[must_use]
pub fn sort_key(sort: PeopleSort) -> &'static str {
    SORTS.iter().find(|(known, ..)| *known == sort).map_or("", |(.., key)| key)
}

/// The order of a word; by name where it is none.
#[must_use]
pub fn sort_of_key(key: &str) -> PeopleSort {
    SORTS.iter().find(|(.., known)| *known == key).map_or(PeopleSort::Name, |(sort, ..)| *sort)
}

/// The query of a filter text in an order.
#[must_use]
pub fn query(text: &str, sort: PeopleSort, descending: bool) -> ListQuery {
    ListQuery { text: text.to_owned(), sort, descending }
}

/// The filter that lists everybody who carries a value.
#[must_use]
pub fn value_filter(field: Field, value: &str) -> String {
    format!("{}:{}", field.key(), Value { how: How::Whole, text: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::{Ask, Filter};
    use crate::services::people::list;
    use jiff::civil::date;

    #[test]
    fn values_keep_their_blanks() {
        let text = value_filter(Field::JobTitle, "Bar Staff ");
        assert_eq!(text, "job_title:=\"Bar Staff \"");
        let terms = Filter::parse(&text).terms;
        assert!(matches!(&terms[0].ask, Ask::Column { values, .. } if values[0].text == "Bar Staff "));
    }

    #[test]
    fn every_preset_view_and_order_is_understood() {
        let views = VIEWS.iter().map(|(name, text)| (*text, *name));
        for (text, words) in PRESETS.into_iter().chain(views) {
            let ask = list::ask(text, "identifier", date(2026, 11, 24), (PeopleSort::Name, false));
            assert_eq!(ask.map(|ask| ask.terms.len()), Ok(usize::from(!text.is_empty())), "{words}");
        }
        for (sort, _, key) in SORTS {
            assert_eq!((sort_of_key(key), sort_key(sort)), (sort, key));
        }
    }
}
