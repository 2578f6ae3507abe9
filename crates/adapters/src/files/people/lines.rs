//! Rows out of a text: which signs stand between cells, in which encoding, and in which row of the spreadsheet.

use super::PeopleFault;
use super::heads::{self, Certainty, Recognised};
use super::layout::RawRow;
use super::reading::Note;
use super::rows::Cells;
use super::text_choices::{TextSaid, encoding_word};
use crate::domain::inert;
use crate::ports::bounded::ReadError;
use csv::ByteRecord;
use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1252, WINDOWS_1254};
use std::borrow::Cow;
use std::io::{BufReader, Cursor, Read};

/// Bytes that are looked at before anything is decided.
const LOOKED_AT: u64 = 1 << 20;
/// Rows of them that are looked at.
const SAMPLE: usize = 400;
const BUFFER: usize = 1 << 18;
/// Bytes among which the heads stand.
const BEGIN: usize = 1 << 13;
const DELIMITERS: [u8; 4] = *b",;\t|";

/// A text of rows.
pub struct Lines {
    /// What has been read of it.
    head: Vec<u8>,
    /// What is still to come.
    rest: Option<Box<dyn Read + Send>>,
    delimiter: u8,
    letters: Letters,
    /// Whether the first line named the delimiter.
    pub has_separator_line: bool,
    /// What the text is written in.
    pub encoding: &'static str,
    /// What is to be told of that: it was guessed, or said.
    pub note: Option<Note>,
}

/// How the bytes of a cell are letters.
#[derive(Clone, Copy)]
struct Letters {
    /// What they are where they are not UTF-8, or all of them.
    encoding: &'static Encoding,
    is_all: bool,
}

/// UTF-16 with a byte order mark, or ASCII text that was written as UTF-16 without one.
fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    marked(head).or(match head {
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(UTF_16LE),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(UTF_16BE),
        _ => None,
    })
}

/// UTF-16 with a byte order mark.
fn marked(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// An encoding whose text is turned into UTF-8 before it is taken apart: in its bytes signs stand that are none.
fn whole(head: &[u8], said: Option<&'static Encoding>) -> Option<&'static Encoding> {
    match said {
        None => utf16(head),
        Some(said) if said == UTF_16LE || said == UTF_16BE => marked(head).or(Some(said)),
        Some(said) => Some(said).filter(|said| *said != UTF_8 && !said.is_single_byte()),
    }
}

impl Lines {
    /// Looks at the beginning of a text.
    ///
    /// # Errors
    /// What the stream says; an empty text.
    pub fn open(mut stream: Box<dyn Read + Send>, said: TextSaid) -> Result<Lines, PeopleFault> {
        let mut head = Vec::new();
        stream
            .by_ref()
            .take(LOOKED_AT)
            .read_to_end(&mut head)
            .map_err(|error| PeopleFault::Io(ReadError::from(error)))?;
        Self::of(head, Some(stream), said)
    }

    /// What has been read, and what is still to come.
    pub(super) fn of(
        mut head: Vec<u8>,
        rest: Option<Box<dyn Read + Send>>,
        said: TextSaid,
    ) -> Result<Lines, PeopleFault> {
        let mut rest = rest.filter(|_| head.len() as u64 >= LOOKED_AT);
        let is_marked = marked(&head).is_some();
        let (mut encoding, mut is_broken) = (said.encoding.unwrap_or(UTF_8), false);
        let whole = whole(&head, said.encoding);
        if let Some(whole) = whole {
            if let Some(mut rest) = rest.take() {
                rest.read_to_end(&mut head).map_err(|error| PeopleFault::Io(ReadError::from(error)))?;
            }
            let (text, has_errors) = whole.decode_with_bom_removal(&head);
            head = text.into_owned().into_bytes();
            (encoding, is_broken) = (whole, has_errors);
        }
        if head.starts_with(&[0xef, 0xbb, 0xbf]) {
            head.drain(..3);
        }
        if let Some(what) = no_table(&head) {
            return Err(PeopleFault::NoTable { what });
        }
        let line = separator_line(&head);
        if let Some((_, length)) = line {
            head.drain(..length);
        }
        if head.iter().all(u8::is_ascii_whitespace) && rest.is_none() {
            return Err(PeopleFault::Empty);
        }
        let mut letters = Letters { encoding: UTF_8, is_all: false };
        if whole.is_none() {
            let is_utf8 = is_utf8(&head, rest.is_some());
            match said.encoding {
                Some(said) => letters = Letters { encoding: said, is_all: true },
                None if is_utf8 => letters.encoding = WINDOWS_1252,
                None => {
                    encoding = guessed(&head, said.delimiter.or(line.map(|(delimiter, _)| delimiter)));
                    letters.encoding = encoding;
                }
            }
            is_broken = if encoding == UTF_8 {
                !is_utf8
            } else {
                letters.is_all && encoding.decode_without_bom_handling(&head).1
            };
        }
        let name = encoding_word(encoding);
        let is_told = said.encoding.is_some() || !(encoding == UTF_8 || is_marked);
        let is_said = said.encoding.is_some();
        let delimiter = said.delimiter.or(line.map(|(delimiter, _)| delimiter));
        Ok(Lines {
            delimiter: delimiter.unwrap_or_else(|| self::delimiter(&head)),
            head,
            rest,
            letters,
            has_separator_line: line.is_some(),
            encoding: name,
            note: is_told.then_some(Note::Encoding { name, is_said, is_broken }),
        })
    }

    /// The sign that stands between cells.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The first rows, as far as they were read whole.
    ///
    /// # Errors
    /// A row that cannot be split.
    pub fn sample(&self) -> Result<Vec<RawRow>, PeopleFault> {
        let mut rows: Vec<RawRow> = Vec::new();
        let beginning = Rows { input: Cursor::new(&self.head), delimiter: self.delimiter, first: self.first_row() };
        let stop = beginning.each(|row, record| {
            let line = Line { record, letters: self.letters };
            rows.push((
                row,
                (0..line.count()).map(|at| super::values::unguarded(line.cell(at)).into_owned()).collect(),
            ));
            Ok(rows.len() < SAMPLE)
        });
        stop?;
        if self.rest.is_some() && rows.len() < SAMPLE {
            rows.pop();
        }
        Ok(rows)
    }

    fn first_row(&self) -> u64 {
        1 + u64::from(self.has_separator_line)
    }

    /// Every row in its turn, with its number; gives the number of blank lines, which are no rows of a reader.
    ///
    /// # Errors
    /// What the stream says; a row that cannot be split; what `each` says.
    pub fn each(
        &mut self,
        mut each: impl FnMut(u64, &Line<'_>) -> Result<(), PeopleFault>,
    ) -> Result<u64, PeopleFault> {
        let (delimiter, first, letters) = (self.delimiter, self.first_row(), self.letters);
        let take = |row: u64, record: &ByteRecord| each(row, &Line { record, letters }).map(|()| true);
        match self.rest.take() {
            Some(rest) => {
                let head = std::mem::take(&mut self.head);
                let input = Cursor::new(head).chain(BufReader::with_capacity(BUFFER, rest));
                Rows { input, delimiter, first }.each(take)
            }
            None => Rows { input: Cursor::new(&self.head), delimiter, first }.each(take),
        }
    }
}

/// The rows of a stream.
struct Rows<R> {
    input: R,
    delimiter: u8,
    first: u64,
}

impl<R: Read> Rows<R> {
    fn each(self, mut take: impl FnMut(u64, &ByteRecord) -> Result<bool, PeopleFault>) -> Result<u64, PeopleFault> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_reader(self.input);
        let mut record = ByteRecord::new();
        let (mut row, mut line, mut blank) = (self.first - 1, reader.position().line(), 0_u64);
        let broken = |row: u64, error: csv::Error| match error.into_kind() {
            csv::ErrorKind::Io(source) => PeopleFault::Io(source.into()),
            _ => PeopleFault::Broken { row },
        };
        while reader.read_byte_record(&mut record).map_err(|error| broken(row + 1, error))? {
            let behind = reader.position().line();
            // A cell with several lines is one row; blank lines are rows that the reader does not show.
            let skipped = match behind - line {
                0 | 1 => 0,
                lines => lines.saturating_sub(1 + line_ends(&record)),
            };
            (row, line, blank) = (row + 1 + skipped, behind, blank + skipped);
            if !take(row, &record)? {
                return Ok(blank);
            }
        }
        blank += reader.position().line() - line;
        Ok(blank)
    }
}

fn line_ends(record: &ByteRecord) -> u64 {
    record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64
}

/// A row of a text.
pub struct Line<'a> {
    record: &'a ByteRecord,
    letters: Letters,
}

impl Cells for Line<'_> {
    fn count(&self) -> usize {
        self.record.len()
    }

    fn cell(&self, at: usize) -> Cow<'_, str> {
        let bytes = self.record.get(at).unwrap_or_default();
        let Letters { encoding, is_all } = self.letters;
        match std::str::from_utf8(bytes).ok().filter(|text| !is_all || encoding == UTF_8 || text.is_ascii()) {
            Some(text) => inert::of_csv(text),
            None => Cow::Owned(inert::of_csv(&encoding.decode_without_bom_handling(bytes).0).into_owned()),
        }
    }

    fn is_blank(&self, at: usize) -> bool {
        match self.record.get(at) {
            None | Some([]) => true,
            Some([first, ..]) if first.is_ascii_graphic() => false,
            Some(_) => self.cell(at).trim().is_empty(),
        }
    }

    fn longest(&self) -> usize {
        self.record.as_slice().len()
    }

    fn has_line_ends(&self) -> bool {
        memchr::memchr(b'\n', self.record.as_slice()).is_some()
    }
}

/// What a text is that is no table, where its beginning tells.
fn no_table(head: &[u8]) -> Option<&'static str> {
    let text = head.trim_ascii_start();
    let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    let behind = || text.get(1..).unwrap_or_default().trim_ascii_start().first();
    if ["<!doctype html", "<html", "<table", "<head", "<meta"].iter().any(|word| begins(word)) {
        Some("a web page")
    } else if begins("<?xml") || begins("<workbook") {
        Some("XML")
    } else if begins("%pdf-") {
        Some("a PDF")
    } else if begins("{\\rtf") {
        Some("a text with layout (RTF)")
    } else if (begins("[") && matches!(behind(), Some(b'{' | b'[' | b']'))) || (begins("{") && behind() == Some(&b'"'))
    {
        Some("JSON")
    } else {
        None
    }
}

/// `sep=;` as the first line: the sign, and how long the line is.
pub fn separator_line(head: &[u8]) -> Option<(u8, usize)> {
    let at = head.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(head.len());
    let end = at + head.get(at..).map_or(0, |rest| if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) });
    let line = head.get(..end)?;
    let text: Vec<u8> = line.iter().copied().filter(|byte| !matches!(byte, b'"' | b'\r' | b'\n' | b' ')).collect();
    match text.as_slice() {
        [s, e, p, b'=', sign] if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" => Some((*sign, end)),
        // A tab may have been taken for a blank, or cut off.
        [s, e, p, b'='] if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" => Some((b'\t', end)),
        _ => None,
    }
}

/// The sign that stands in most lines equally often, outside quotes.
pub fn delimiter(head: &[u8]) -> u8 {
    let mut counts: Vec<[u32; 4]> = vec![[0; 4]];
    let mut quoted = false;
    for byte in head.iter().take(1 << 16) {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted && counts.last().is_some_and(|line| line.iter().any(|count| *count > 0)) => {
                counts.push([0; 4]);
            }
            other if !quoted => {
                let place = DELIMITERS.iter().position(|delimiter| delimiter == other);
                if let Some(count) = place.and_then(|at| counts.last_mut().and_then(|line| line.get_mut(at))) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    let mut best = (0_u64, b',');
    for (at, delimiter) in DELIMITERS.into_iter().enumerate() {
        let mut per_line: Vec<u32> =
            counts.iter().filter_map(|line| line.get(at).copied()).filter(|count| *count > 0).collect();
        per_line.sort_unstable();
        let usual = per_line
            .chunk_by(|a, b| a == b)
            .map(|same| same.len() as u64 * u64::from(same.first().copied().unwrap_or(0)));
        let score = usual.max().unwrap_or(0);
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    best.1
}

/// What bytes are most likely that are not UTF-8: the encoding under which most heads are words, else what the letters tell.
fn guessed(head: &[u8], said: Option<u8>) -> &'static Encoding {
    let usual = if is_central(head) { WINDOWS_1250 } else { WINDOWS_1252 };
    let sign = said.unwrap_or_else(|| delimiter(head));
    let begin = head.get(..BEGIN.min(head.len())).unwrap_or(head);
    let words = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling(begin).0;
        let known = |line: &str| {
            let cells = line.split(char::from(sign)).map(|cell| cell.trim().trim_matches('"'));
            cells.filter(|cell| cell.len() < 80).filter(|cell| heads::recognise(cell).is_some_and(is_sure)).count()
        };
        text.split(['\n', '\r']).take(20).map(known).max().unwrap_or(0)
    };
    let mut best = (usual, words(usual));
    for encoding in [WINDOWS_1252, WINDOWS_1250, MACINTOSH, WINDOWS_1254] {
        let count = words(encoding);
        if count > best.1 {
            best = (encoding, count);
        }
    }
    best.0
}

fn is_sure(found: Recognised) -> bool {
    found.certainty == Certainty::Sure
}

/// Whether the bytes are UTF-8; the last character may be cut where more comes.
fn is_utf8(bytes: &[u8], is_cut: bool) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => is_cut && error.error_len().is_none(),
    }
}

/// Whether bytes that are not UTF-8 are letters of Central Europe: signs of the West that stand inside words.
fn is_central(bytes: &[u8]) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0xc0;
    // ą ł Ł ż Ż Ľ ľ Ą: superscript one and three, pound, inverted question mark, macron, broken bar and so on in the West.
    let signs = [0xb9, 0xb3, 0xa3, 0xbf, 0xaf, 0xbc, 0xbe, 0xa5];
    let inside = |window: &&[u8]| matches!(window, [a, b, c] if signs.contains(b) && (letter(*a) || letter(*c)));
    // ś Ś ź Ź ť Ť: letters only here, apart from œ, Œ and Ÿ, which are rare.
    let rare = |window: &&[u8]| matches!(window, [a, 0x9c | 0x9f | 0x9d, c] if letter(*a) || letter(*c));
    bytes.windows(3).filter(inside).take(1).count() > 0
        || bytes.windows(3).filter(rare).count() > 1
        || is_polish_head(bytes)
}

/// `Imię` in a head of which nothing else tells.
fn is_polish_head(bytes: &[u8]) -> bool {
    bytes.windows(4).take(2_000).any(|window| matches!(window, [b'I' | b'i', b'm', b'i', 0xea]))
}

#[cfg(test)]
mod tests {
    use super::super::choices::Choices;
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        Lines::of(bytes.to_vec(), None, TextSaid::default()).unwrap().sample().unwrap()
    }

    #[test]
    fn the_delimiter_is_what_most_lines_agree_on() {
        assert_eq!(delimiter(b"Staff of York, Hull\nid;name\n1;\"a;b\"\n2;Ito, Ines\n"), b';');
        assert_eq!(delimiter(b"id\tname\n1\tIto, Ines\n2\tLi, Bo\n"), b'\t');
        assert_eq!(delimiter(b"name\nInes\n"), b',');
        let told = Lines::of(b"sep=|\r\nid|a;b\r\n1|x;y\r\n".to_vec(), None, TextSaid::default()).unwrap();
        assert!(told.has_separator_line);
        assert_eq!(told.sample().unwrap(), [(2, vec!["id".into(), "a;b".into()]), (3, vec!["1".into(), "x;y".into()])]);
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_does() {
        let mut numbers = Vec::new();
        let mut lines =
            Lines::of(b"id,name\n\n1,\"two\nlines\"\n\n\n2,x\n".to_vec(), None, TextSaid::default()).unwrap();
        let blank = lines
            .each(|row, _| {
                numbers.push(row);
                Ok(())
            })
            .unwrap();
        assert_eq!((numbers, blank), (vec![1, 3, 6], 3));
    }

    #[test]
    fn what_is_no_table_is_named() {
        for (text, what) in [
            ("<html><table><tr><td>id", Some("a web page")),
            ("<?xml version=\"1.0\"?><Workbook", Some("XML")),
            (" [ {\"id\": 7}]", Some("JSON")),
            ("%PDF-1.7", Some("a PDF")),
            ("id,[name]\n", None),
            ("[id];name\n", None),
        ] {
            assert_eq!(no_table(text.as_bytes()), what, "{text}");
        }
    }

    #[test]
    fn encodings_are_told_apart() {
        for (bytes, expected) in [
            (&b"id,a\n1,Zo\xeb\n"[..], "Zoë"),
            (b"id,a\n1,\xa3ukasz\n", "Łukasz"),
            (b"id,Imi\xea\n1,S\xeak\n", "Sęk"),
            (b"Pr\x8enom,Date de naissance\n1,Zo\x91\n", "Zoë"),
            ("\u{feff}id,a\n1,Łukasz".as_bytes(), "Łukasz"),
        ] {
            assert_eq!(rows(bytes)[1].1[1], expected);
        }
        let said = |bytes: &[u8], encoding: &str| {
            let mut choices = Choices::default();
            choices.add_encoding(encoding).unwrap();
            let lines = Lines::of(bytes.to_vec(), None, choices.text()).unwrap();
            (lines.sample().unwrap()[1].1[1].clone(), lines.encoding, lines.note)
        };
        let note = |name, is_broken| Some(Note::Encoding { name, is_said: true, is_broken });
        for (bytes, encoding, name, expected, is_broken) in [
            (&b"id,a\n1,Zo\x91\n"[..], "mac", "macintosh", "Zoë", false),
            ("id,a\n1,Zoë\n".as_bytes(), "windows-1252", "Windows-1252", "ZoÃ«", false),
            (b"id,a\n1,Zo\xeb\n", "utf-8", "UTF-8", "Zo\u{fffd}", true),
            (b"id,a\n1,\x8d\x82|\n", "shift_jis", "Shift_JIS", "高|", false),
        ] {
            assert_eq!(said(bytes, encoding), (expected.to_owned(), name, note(name, is_broken)));
        }
        let little: Vec<u8> = "id,a\n1,Zoë\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(rows(&little)[1].1[1], "Zoë");
    }
}
