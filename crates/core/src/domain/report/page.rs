//! A page that leaves the house: facts, parts with rows, a foot; as plain text and as HTML.

use crate::domain::inert::escaped;
use std::fmt::Write;

/// A part of a page: its head, and rows of a label and what it amounts to. A label that begins with two blanks stands under the one
/// before it.
pub(in crate::domain) struct Part {
    pub head: &'static str,
    pub rows: Vec<(String, String)>,
}

/// A page. What comes from outside was cleaned before.
pub(in crate::domain) struct Page {
    pub facts: Vec<String>,
    pub parts: Vec<Part>,
    pub foot: Vec<String>,
}

/// Text from outside on one line, harmless, and without e-mail addresses.
pub(in crate::domain) fn clean(text: &str) -> String {
    let text = escaped(text);
    if !text.contains('@') {
        return text.into_owned();
    }
    let word = |word: &str| if word.contains('@') { "[address]".to_owned() } else { word.to_owned() };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

impl Page {
    /// As plain text.
    pub fn plain(&self) -> String {
        let mut text = self.facts.join("\n");
        text.push('\n');
        for part in &self.parts {
            let _ = write!(text, "\n{}\n", part.head);
            let width = part.rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).min(60);
            for (label, value) in &part.rows {
                let line = format!("  {label:<width$}  {value}");
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text.push('\n');
        text.push_str(&self.foot.join("\n"));
        text.push('\n');
        text
    }

    /// As HTML without anything active: no links, no images, no styles from elsewhere.
    pub fn html(&self) -> String {
        let mut text =
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Onroll</title></head><body>\n"
                .to_owned();
        let paragraph = |lines: &[String]| {
            let lines: Vec<String> = lines.iter().map(|line| entities(line)).collect();
            format!("<p>{}</p>\n", lines.join("<br>\n"))
        };
        text.push_str(&paragraph(&self.facts));
        for part in &self.parts {
            let _ = write!(text, "<h3>{}</h3>\n<table>\n", entities(part.head));
            for (label, value) in &part.rows {
                let indent = if label.starts_with("  ") { "&nbsp;&nbsp;" } else { "" };
                let (label, value) = (entities(label.trim()), entities(value));
                let _ = writeln!(text, "<tr><td>{indent}{label}</td><td>{value}</td></tr>");
            }
            text.push_str("</table>\n");
        }
        text.push_str(&paragraph(&self.foot));
        text.push_str("</body></html>\n");
        text
    }
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
