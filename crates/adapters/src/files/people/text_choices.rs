//! What the operator says of a text: in which encoding it is, and which sign stands between its cells.

use super::choices::{BadChoice, Choices, Side, prefix, sided};
use encoding_rs::Encoding;

/// The encoding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodingChoice {
    pub side: Option<Side>,
    pub encoding: &'static Encoding,
}

/// The sign between cells of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelimiterChoice {
    pub side: Option<Side>,
    pub delimiter: u8,
}

/// What is said of one text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextSaid {
    pub encoding: Option<&'static Encoding>,
    pub delimiter: Option<u8>,
}

/// Encodings that are offered where one is chosen, with whose they are. `--encoding` knows more.
pub const ENCODINGS: [(&str, &str); 12] = [
    ("UTF-8", "of today's programs"),
    ("Windows-1252", "Western Europe, as Excel writes it"),
    ("Windows-1250", "Central Europe: Polish, Czech, Hungarian"),
    ("Windows-1254", "Turkish"),
    ("Windows-1257", "Baltic"),
    ("Windows-1251", "Cyrillic"),
    ("Windows-1253", "Greek"),
    ("macintosh", "as Excel for Mac writes it"),
    ("UTF-16LE", "\"Unicode text\" of Excel"),
    ("UTF-16BE", "the same the other way round"),
    ("Shift_JIS", "Japanese"),
    ("GB18030", "Chinese"),
];

/// Signs that are offered, by the word that `--delimiter` knows them by.
pub const DELIMITERS: [(&str, u8); 4] = [("comma", b','), ("semicolon", b';'), ("tab", b'\t'), ("bar", b'|')];

/// What programs call encodings by which no standard does.
const ALSO: [(&str, &str); 6] = [
    ("utf16", "utf-16le"),
    ("utf-16", "utf-16le"),
    ("unicode", "utf-16le"),
    ("ansi", "windows-1252"),
    ("latin-1", "windows-1252"),
    ("mac", "macintosh"),
];

/// An encoding by its name as the standards write it.
pub fn encoding_word(encoding: &'static Encoding) -> &'static str {
    let offered = ENCODINGS.iter().map(|(name, _)| *name).find(|name| name.eq_ignore_ascii_case(encoding.name()));
    offered.unwrap_or(encoding.name())
}

/// A sign between cells by its word, else itself.
pub fn delimiter_word(delimiter: u8) -> String {
    let known = DELIMITERS.iter().chain(&[("space", b' ')]).find(|(_, sign)| *sign == delimiter);
    known.map_or_else(|| char::from(delimiter).to_string(), |(word, _)| (*word).to_owned())
}

fn encoding_of(word: &str) -> Option<&'static Encoding> {
    let also = ALSO.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map_or(word, |(_, name)| name);
    Encoding::for_label_no_replacement(also.as_bytes())
}

fn delimiter_of(word: &str) -> Option<u8> {
    let wanted = word.trim().to_ascii_lowercase();
    let known = DELIMITERS.iter().find(|(name, _)| *name == wanted).map(|(_, sign)| *sign);
    let also = || match wanted.as_str() {
        "pipe" => Some(b'|'),
        "\\t" => Some(b'\t'),
        "space" => Some(b' '),
        _ => None,
    };
    let sign = || match word.as_bytes() {
        [b'\t'] => Some(b'\t'),
        [sign] if sign.is_ascii_punctuation() && !matches!(sign, b'"' | b'.' | b'@' | b'-') => Some(*sign),
        _ => None,
    };
    known.or_else(also).or_else(sign)
}

impl Choices {
    /// Adds an encoding: `windows-1252`, or `source.utf-8` for one file only.
    ///
    /// # Errors
    /// [`BadChoice::NoEncoding`].
    pub fn add_encoding(&mut self, text: &str) -> Result<(), BadChoice> {
        let (side, word) = sided(text.trim());
        let encoding = encoding_of(word).ok_or_else(|| BadChoice::NoEncoding(text.to_owned()))?;
        self.encodings.push(EncodingChoice { side, encoding });
        Ok(())
    }

    /// Adds a sign between cells: `semicolon`, `;`, or `destination.tab` for one file only.
    ///
    /// # Errors
    /// [`BadChoice::NoDelimiter`].
    pub fn add_delimiter(&mut self, text: &str) -> Result<(), BadChoice> {
        let (side, word) = sided(text);
        let delimiter = delimiter_of(word).ok_or_else(|| BadChoice::NoDelimiter(text.to_owned()))?;
        self.delimiters.push(DelimiterChoice { side, delimiter });
        Ok(())
    }

    /// Says in which encoding one file is, by its name; as its bytes tell where there is none.
    pub fn say_encoding(&mut self, side: Side, name: Option<&str>) {
        self.encodings.retain(|choice| choice.side != Some(side));
        self.encodings.extend(name.and_then(encoding_of).map(|encoding| EncodingChoice { side: Some(side), encoding }));
    }

    /// Says which sign stands between the cells of one file; what most lines agree on where there is none.
    pub fn say_delimiter(&mut self, side: Side, delimiter: Option<u8>) {
        self.delimiters.retain(|choice| choice.side != Some(side));
        self.delimiters.extend(delimiter.map(|delimiter| DelimiterChoice { side: Some(side), delimiter }));
    }

    /// What was said of encodings, as [`Choices::add_encoding`] reads it.
    pub fn encoding_words(&self) -> Vec<String> {
        let words = |choice: &EncodingChoice| format!("{}{}", prefix(choice.side), encoding_word(choice.encoding));
        self.encodings.iter().map(words).collect()
    }

    /// What was said of signs between cells, as [`Choices::add_delimiter`] reads it.
    pub fn delimiter_words(&self) -> Vec<String> {
        let words = |choice: &DelimiterChoice| format!("{}{}", prefix(choice.side), delimiter_word(choice.delimiter));
        self.delimiters.iter().map(words).collect()
    }

    /// What is said of the text; what is said of one file goes before what is said of both, and of several the last. Asked of
    /// what [`Choices::of_side`] gives.
    pub fn text(&self) -> TextSaid {
        let encoding = |is_sided: bool| self.encodings.iter().rfind(|choice| choice.side.is_some() == is_sided);
        let delimiter = |is_sided: bool| self.delimiters.iter().rfind(|choice| choice.side.is_some() == is_sided);
        TextSaid {
            encoding: encoding(true).or_else(|| encoding(false)).map(|choice| choice.encoding),
            delimiter: delimiter(true).or_else(|| delimiter(false)).map(|choice| choice.delimiter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_and_signs_are_said_of_one_file_or_of_both() {
        let mut choices = Choices::default();
        for text in ["source.latin-1", "UTF-8", "destination.cp1250"] {
            choices.add_encoding(text).unwrap();
        }
        for text in ["destination.tab", "semicolon", "source.|"] {
            choices.add_delimiter(text).unwrap();
        }
        let of = |side| {
            let said = choices.of_side(side).text();
            (said.encoding.map(encoding_word), said.delimiter.map(delimiter_word))
        };
        assert_eq!(of(Side::Source), (Some("Windows-1252"), Some("bar".to_owned())));
        assert_eq!(of(Side::Destination), (Some("Windows-1250"), Some("tab".to_owned())));
        let mut again = Choices::default();
        choices.encoding_words().iter().for_each(|word| again.add_encoding(word).unwrap());
        choices.delimiter_words().iter().for_each(|word| again.add_delimiter(word).unwrap());
        assert_eq!(again, choices);
        for bad in ["utf-9", "", "source."] {
            assert!(choices.add_encoding(bad).is_err(), "{bad}");
        }
        for bad in ["", ";;", "a", "\"", "source.", "comma,tab"] {
            assert!(choices.add_delimiter(bad).is_err(), "{bad}");
        }
        for (text, sign) in
            [(";", b';'), ("\t", b'\t'), ("\\t", b'\t'), ("pipe", b'|'), ("^", b'^'), ("~", b'~'), ("space", b' ')]
        {
            assert_eq!(delimiter_of(text), Some(sign), "{text}");
        }
        choices.say_encoding(Side::Source, None);
        choices.say_delimiter(Side::Destination, Some(b','));
        assert_eq!(choices.of_side(Side::Source).text().encoding.map(encoding_word), Some("UTF-8"));
        assert_eq!(choices.of_side(Side::Destination).text().delimiter, Some(b','));
    }

    #[test]
    fn every_encoding_that_is_offered_is_known() {
        for (name, _) in ENCODINGS {
            assert_eq!(encoding_of(name).map(encoding_word), Some(name));
        }
    }
}
