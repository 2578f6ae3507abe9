//! JSON that is ASCII where a terminal, an editor or a log would act on it: nothing is lost, every reader gives the same text.

use crate::domain::inert;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// Compact JSON with `\u202E` for what may not pass ([`inert::judged`]).
#[derive(Debug)]
struct Inert;

impl Formatter for Inert {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if inert::is_inert(fragment) {
            return out.write_all(fragment.as_bytes());
        }
        for (c, passes) in inert::judged(fragment) {
            if passes {
                out.write_all(c.encode_utf8(&mut [0; 4]).as_bytes())?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04X}")?;
                }
            }
        }
        Ok(())
    }
}

/// Writes a value on one line, without its end.
///
/// # Errors
/// What the stream says, or a value that has no JSON.
pub fn write(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Inert)).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::any_text::any_text;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn line(value: &Value) -> String {
        let mut out = Vec::new();
        write(&mut out, value).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_acts_is_written_in_ascii() {
        assert_eq!(
            line(&json!({ "a\u{9b}": "x\u{1b}\u{7f}\u{202e}\u{e0041}é\n" })),
            r#"{"a\u009B":"x\u001b\u007F\u202E\uDB40\uDC41é\n"}"#
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_acts(text in any_text()) {
            let value = json!({ text.as_str(): [text.as_str(), 1, null] });
            let line = line(&value);
            prop_assert!(inert::is_inert(&line));
            prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        }
    }
}
