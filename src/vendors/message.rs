//! One request and one answer.

use super::redact;
use crate::ports::api::ApiError;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;

/// Body of a request.
#[derive(Debug, Clone)]
pub enum Body {
    Json(serde_json::Value),
    Form(Vec<(&'static str, String)>),
}

/// One request. `template` names the path with places in braces (`/v1/employees/{identifier}`), which `places` fill in
/// order, percent-encoded; logs and errors show the template only.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub method: Method,
    pub template: &'static str,
    pub places: Vec<&'a str>,
    pub query: Vec<(&'static str, String)>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<Body>,
}

impl<'a> Request<'a> {
    /// A GET.
    pub fn get(template: &'static str) -> Self {
        Self::new(Method::GET, template)
    }

    /// A request without places, query, headers and body.
    pub fn new(method: Method, template: &'static str) -> Self {
        Self { method, template, places: Vec::new(), query: Vec::new(), headers: Vec::new(), body: None }
    }

    /// Fills the next place of the path.
    #[must_use]
    pub fn place(mut self, value: &'a str) -> Self {
        self.places.push(value);
        self
    }

    /// One more query parameter.
    #[must_use]
    pub fn query(mut self, key: &'static str, value: impl ToString) -> Self {
        self.query.push((key, value.to_string()));
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    /// The address under `base`; `None` when a value cannot stand in the path, or places and values are not as many.
    pub(super) fn address(&self, base: &Url) -> Option<Url> {
        let mut url = base.clone();
        let mut places = self.places.iter();
        {
            let mut segments = url.path_segments_mut().ok()?;
            segments.pop_if_empty();
            for segment in self.template.split('/').filter(|segment| !segment.is_empty()) {
                if segment.starts_with('{') {
                    let value = *places.next()?;
                    // A dot segment would be folded away and address another resource.
                    if value.is_empty() || value == "." || value == ".." {
                        return None;
                    }
                    segments.push(value);
                } else {
                    segments.push(segment);
                }
            }
        }
        places.next().is_none().then_some(url)
    }
}

/// An answer that came whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) vendor: &'static str,
    pub(super) template: &'static str,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body, read as `T`.
    ///
    /// # Errors
    /// [`ApiError::Unexpected`] for anything but JSON, [`ApiError::Corrupt`] for JSON that is broken or does not fit; both
    /// say what came instead, never the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.json_of(self.template)
    }

    /// The same; an error names `place`, what was to be read (`employees, rows 51 to 100`).
    ///
    /// # Errors
    /// As [`Answer::json`].
    pub fn json_of<T: DeserializeOwned>(&self, place: &str) -> Result<T, ApiError> {
        if self.is_html() || !self.looks_like_json() {
            return Err(self.unexpected(&self.describe()));
        }
        // serde's own message can quote the value at fault; its place is enough.
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = if error.is_data() { "JSON that does not fit the contract" } else { "broken JSON" };
            self.corrupt(place, &format!("{what} (line {}, column {})", error.line(), error.column()))
        })
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// Whether a page for people came.
    pub fn is_html(&self) -> bool {
        let head = String::from_utf8_lossy(self.body.get(..self.body.len().min(256)).unwrap_or_default());
        redact::is_html(self.content_type(), &head)
    }

    /// An [`ApiError::Unexpected`] that names status and path.
    pub fn unexpected(&self, what: &str) -> ApiError {
        ApiError::Unexpected {
            vendor: self.vendor,
            detail: format!("{what}, status {} from {}", self.status.as_u16(), self.template),
        }
    }

    /// An [`ApiError::Corrupt`] about `place`.
    pub fn corrupt(&self, place: &str, what: &str) -> ApiError {
        let status = self.status.as_u16();
        let from = if place == self.template { String::new() } else { format!(" from {}", self.template) };
        ApiError::Corrupt { vendor: self.vendor, detail: format!("{place}: {what}, status {status}{from}") }
    }

    /// What the body is, without its content.
    pub fn describe(&self) -> String {
        redact::describe_body(self.content_type(), &self.body)
    }

    fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.body.iter().all(u8::is_ascii_whitespace)
    }

    pub(super) fn looks_like_json(&self) -> bool {
        let first = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        first.is_some_and(|byte| matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'))
    }

    /// A success without what a read is made for: nothing, a page for people, JSON that stops in the middle. What is inside
    /// the brackets is not judged here.
    pub(super) fn is_torn(&self) -> bool {
        self.status == StatusCode::OK && (self.is_html() || !brackets_close(&self.body))
    }
}

/// Whether every bracket outside of texts is closed, the first one at the end.
fn brackets_close(body: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped, mut ended) = (0_usize, false, false, false);
    for byte in body {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        if ended {
            return false;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => match depth.checked_sub(1) {
                Some(left) => {
                    depth = left;
                    ended = left == 0;
                }
                None => return false,
            },
            _ => {}
        }
    }
    depth == 0 && !in_text && !body.iter().all(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn half_a_document_is_torn() {
        for whole in ["{}", " [1, {\"a\": \"}\\\"]\"}]\n", "\"text\"", "7", "null"] {
            assert!(brackets_close(whole.as_bytes()), "{whole}");
        }
        for torn in ["", " \n", "{\"a\": [1, 2", "{\"a\": \"b}", "{}{", "]", "[1]]", "{\"a\": {\"b\": 1}"] {
            assert!(!brackets_close(torn.as_bytes()), "{torn}");
        }
    }

    proptest! {
        #[test]
        fn what_a_parser_takes_is_never_torn(text in "[\\[\\]{}\",:0-9a\\\\ ]{0,40}") {
            let parses = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            prop_assert!(!parses || brackets_close(text.as_bytes()), "{}", text);
        }
    }
}
