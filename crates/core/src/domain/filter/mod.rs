//! The one language in which every list is filtered: words in any order, `!word`, `column:value`, `column:a,b`, `start:>20nov`.
//!
//! A [`Filter`] is what was typed, read without knowing any list: reading never fails, and what is printed reads the same
//! again. [`conditions()`] lays it over the columns of a list; there a column that is not there, or a day that is none, is said
//! in words. [`tick`] is the other half: the boxes beside a list, which are the same filter seen another way.

pub mod columns;
pub mod conditions;
pub mod sift;
pub mod tick;

pub use columns::{Column, FilterError, Kind};
pub use conditions::{Condition, Row, Test, Wanted, Word, arranged, conditions, fits};
pub use sift::{Sifted, sifted, sifted_by};
pub use tick::{Facet, FacetValue, Tick};

use std::fmt::{self, Display, Formatter};

/// What was typed, in its order. All terms must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub terms: Vec<Term>,
}

/// One part of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// `!`: all but those.
    pub not: bool,
    pub ask: Ask,
}

/// What a part asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Occurs somewhere, also with letters left out.
    Word(String),
    /// `"two words"`: occurs somewhere just so.
    Phrase(String),
    /// `name:value`; any of the values.
    Column { name: String, values: Vec<Value> },
}

/// A value of a column as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub how: How,
    pub text: String,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Has it in it; of a number, a day and a fixed word: is it.
    Part,
    /// `=`: is exactly this, blanks, case and accents too.
    Whole,
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl How {
    /// What stands before the value.
    pub fn sign(self) -> &'static str {
        match self {
            How::Part => "",
            How::Whole => "=",
            How::Below => "<",
            How::AtMost => "<=",
            How::Above => ">",
            How::AtLeast => ">=",
        }
    }
}

/// A character with what the quotes make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Plain(char),
    Quoted(char),
    /// A quote that opens or closes; tells `""` from nothing.
    Quote,
}

impl Piece {
    fn is(self, wanted: char) -> bool {
        self == Piece::Plain(wanted)
    }

    fn character(self) -> Option<char> {
        match self {
            Piece::Plain(c) | Piece::Quoted(c) => Some(c),
            Piece::Quote => None,
        }
    }
}

fn text_of(pieces: &[Piece]) -> String {
    pieces.iter().filter_map(|piece| piece.character()).collect()
}

/// Splits at blanks outside of quotes. Two quotes inside of quotes are one; a quote that is not closed goes to the end.
fn tokens(text: &str) -> Vec<Vec<Piece>> {
    let (mut tokens, mut token, mut quoted) = (Vec::new(), Vec::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                token.push(Piece::Quoted('"'));
            }
            '"' => {
                quoted = !quoted;
                token.push(Piece::Quote);
            }
            blank if blank.is_whitespace() && !quoted => {
                if !token.is_empty() {
                    tokens.push(std::mem::take(&mut token));
                }
            }
            other => token.push(if quoted { Piece::Quoted(other) } else { Piece::Plain(other) }),
        }
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

/// The name before the first `:`, and what stands behind it. A name begins with a letter, so that `14:04` is a word.
fn split_name(token: &[Piece]) -> Option<(String, &[Piece])> {
    let at = token.iter().position(|piece| piece.is(':'))?;
    let (name, rest) = (token.get(..at)?, token.get(at + 1..)?);
    let plain = |piece: &Piece| matches!(piece, Piece::Plain(c) if c.is_alphanumeric() || matches!(c, '-' | '_'));
    let begins = matches!(name.first(), Some(Piece::Plain(c)) if c.is_alphabetic());
    (begins && name.iter().all(plain)).then(|| (text_of(name), rest))
}

/// `None` while nothing is typed behind the sign.
fn value_of(pieces: &[Piece]) -> Option<Value> {
    let first = pieces.first().copied();
    let second_is_equal = pieces.get(1).is_some_and(|piece| piece.is('='));
    let (how, signs) = match first {
        Some(Piece::Plain('=')) => (How::Whole, 1),
        Some(Piece::Plain('<')) if second_is_equal => (How::AtMost, 2),
        Some(Piece::Plain('>')) if second_is_equal => (How::AtLeast, 2),
        Some(Piece::Plain('<')) => (How::Below, 1),
        Some(Piece::Plain('>')) => (How::Above, 1),
        _ => (How::Part, 0),
    };
    let rest = pieces.get(signs..).unwrap_or_default();
    (!rest.is_empty()).then(|| Value { how, text: text_of(rest) })
}

fn term_of(token: &[Piece]) -> Option<Term> {
    let (not, token) = match token.split_first() {
        Some((first, rest)) if first.is('!') => (true, rest),
        _ => (false, token),
    };
    if let Some((name, rest)) = split_name(token) {
        let values: Vec<Value> = rest.split(|piece| piece.is(',')).filter_map(value_of).collect();
        // While the value is typed, the column asks for nothing yet.
        return (!values.is_empty()).then_some(Term { not, ask: Ask::Column { name, values } });
    }
    let text = text_of(token);
    if text.is_empty() {
        return None;
    }
    let ask = if token.contains(&Piece::Quote) { Ask::Phrase(text) } else { Ask::Word(text) };
    Some(Term { not, ask })
}

impl Filter {
    /// Reads what was typed; every text is a filter.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self { terms: tokens(text).iter().filter_map(|token| term_of(token)).collect() }
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// In quotes where the text would be read as something else.
fn quoted(text: &str) -> String {
    let open = text.is_empty()
        || text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | ','))
        || text.starts_with(['<', '>', '=']);
    if open { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.how.sign(), quoted(&self.text))
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.not {
            f.write_str("!")?;
        }
        match &self.ask {
            Ask::Word(word) => f.write_str(word),
            Ask::Phrase(text) => write!(f, "\"{}\"", text.replace('"', "\"\"")),
            Ask::Column { name, values } => {
                let values: Vec<String> = values.iter().map(Value::to_string).collect();
                write!(f, "{name}:{}", values.join(","))
            }
        }
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let terms: Vec<String> = self.terms.iter().map(Term::to_string).collect();
        f.write_str(&terms.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(not: bool, name: &str, values: &[(How, &str)]) -> Term {
        let values = values.iter().map(|(how, text)| Value { how: *how, text: (*text).to_owned() }).collect();
        Term { not, ask: Ask::Column { name: name.to_owned(), values } }
    }

    fn word(not: bool, text: &str) -> Term {
        Term { not, ask: Ask::Word(text.to_owned()) }
    }

    #[test]
    fn words_columns_and_their_opposites() {
        let read = |text: &str| Filter::parse(text).terms;
        assert_eq!(read("vctr  !mdl"), [word(false, "vctr"), word(true, "mdl")]);
        assert_eq!(read("!because:duplicate"), [column(true, "because", &[(How::Part, "duplicate")])]);
        assert_eq!(
            read("title:\"Chef de Partie\",waiter sure:<80"),
            [
                column(false, "title", &[(How::Part, "Chef de Partie"), (How::Part, "waiter")]),
                column(false, "sure", &[(How::Below, "80")])
            ]
        );
        assert_eq!(read("branch:=\"Quayside \""), [column(false, "branch", &[(How::Whole, "Quayside ")])]);
        assert_eq!(read("branch:\"\""), [column(false, "branch", &[(How::Part, "")])]);
        assert_eq!(read("\"two words\""), [Term { not: false, ask: Ask::Phrase("two words".into()) }]);
        assert_eq!(read("jakub@ 14:04"), [word(false, "jakub@"), word(false, "14:04")]);
        assert_eq!(read("branch: sure:< ! \" "), [Term { not: false, ask: Ask::Phrase(" ".into()) }]);
        assert_eq!(read(" \t"), []);
    }

    proptest! {
        #[test]
        fn what_is_read_prints_and_reads_the_same(text in "[a-c:!\"<>=, é佐-]{0,24}") {
            let read = Filter::parse(&text);
            prop_assert_eq!(Filter::parse(&read.to_string()), read);
        }

        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let read = Filter::parse(&text);
            prop_assert_eq!(Filter::parse(&read.to_string()), read);
        }

        #[test]
        fn any_value_goes_through_the_line(text in any::<String>(), not in any::<bool>()) {
            let filter = Filter { terms: vec![column(not, "branch", &[(How::Whole, &text), (How::Part, &text)])] };
            prop_assert_eq!(Filter::parse(&filter.to_string()), filter);
        }
    }
}
