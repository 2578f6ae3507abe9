//! One request and one answer.

use super::redact;
use super::rows;
use crate::ports::api::ApiError;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Body of a request.
#[derive(Debug, Clone)]
pub enum Body {
    Json(serde_json::Value),
    Form(Vec<(&'static str, String)>),
    /// A form whose names are made on the way (`users[0][email]`).
    Named(Vec<(String, String)>),
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
    /// A success of this call has no body: an empty 204 is the answer to a write, not a lost one.
    pub(super) no_content: bool,
    /// A refusal of this call may have any body, or be 501, and a success may have none: answers to a write all the same.
    pub(super) any_body: bool,
}

impl<'a> Request<'a> {
    /// A GET.
    pub fn get(template: &'static str) -> Self {
        Self::new(Method::GET, template)
    }

    /// A request without places, query, headers and body.
    pub fn new(method: Method, template: &'static str) -> Self {
        Self {
            method,
            template,
            places: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            no_content: false,
            any_body: false,
        }
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

    /// For a write whose success is documented as 204 without a body.
    #[must_use]
    pub fn without_content(mut self) -> Self {
        self.no_content = true;
        self
    }

    /// For a write to servers that nobody here knows: 400 to 499 and 501 say that it was not done, whatever page comes with them,
    /// and a success that it was, though nothing comes with it.
    #[must_use]
    pub fn with_any_body(mut self) -> Self {
        self.any_body = true;
        self
    }

    /// The parts of the path, as they are before they are encoded.
    pub(super) fn path(&self) -> Vec<&str> {
        let mut places = self.places.iter();
        let parts = self.template.split('/').filter(|part| !part.is_empty());
        parts
            .map(|part| if part.starts_with('{') { places.next().copied().unwrap_or_default() } else { part })
            .collect()
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
    /// Whether this address has given good data before: then it is not the address that is wrong.
    pub(super) proven: Arc<AtomicBool>,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body, read as `T`.
    ///
    /// # Errors
    /// [`ApiError::Corrupt`] for JSON that is broken or does not fit, and for anything else from an address that has given
    /// good data before; [`ApiError::WrongAddress`] where it has not. Both say what came instead, never the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.json_of(self.template)
    }

    /// The same; an error names `place`, what was to be read (`employees, rows 51 to 100`).
    ///
    /// # Errors
    /// As [`Answer::json`].
    pub fn json_of<T: DeserializeOwned>(&self, place: &str) -> Result<T, ApiError> {
        if self.is_html() || !self.looks_like_json() {
            return Err(self.no_data(place, &self.describe()));
        }
        let text = rows::text(&self.body);
        match serde_json::from_str(&text) {
            Ok(value) => {
                if self.status.is_success() {
                    self.proven.store(true, Ordering::Relaxed);
                }
                Ok(value)
            }
            // serde's own message can quote the value at fault, and a column helps nobody: the member is named.
            Err(error) if error.is_data() => {
                let fault = rows::blame::<T>(&text).map(|fault| format!(": {fault}")).unwrap_or_default();
                Err(self.corrupt(place, &format!("JSON that does not fit the contract{fault}")))
            }
            Err(_) if text.trim_start().starts_with(['{', '[']) || self.says_json() => {
                Err(self.corrupt(place, "broken JSON"))
            }
            Err(_) => Err(self.no_data(place, &self.describe())),
        }
    }

    /// What came is no data. From an address that has given good data before that is the vendor's fault; else the address
    /// may be something else than the vendor's API.
    pub fn no_data(&self, place: &str, what: &str) -> ApiError {
        if self.proven.load(Ordering::Relaxed) {
            return self.corrupt(place, what);
        }
        let detail = format!("{what}, status {} from {}", self.status.as_u16(), self.template);
        ApiError::WrongAddress { vendor: self.vendor, detail }
    }

    fn says_json(&self) -> bool {
        self.content_type().is_some_and(|kind| kind.to_ascii_lowercase().contains("json"))
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
