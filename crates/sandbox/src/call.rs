//! A call to a simulated vendor and its answer, apart from the wire.

use axum::{
    body::Bytes,
    http::{HeaderMap, Method},
};
use serde_json::Value;

use super::world::Person;

/// A request, its path relative to the vendor.
#[derive(Debug)]
pub(crate) struct Call {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Call {
    /// The path's segments, percent-decoded.
    pub fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(percent_decode).collect()
    }

    /// The first query value of that name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as a form.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }
}

/// Reads `a=b&c=d`, decoded; what cannot be read is left out.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| percent_decode(&part.replace('+', " "));
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A response before it is written.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// JSON; `None` is an empty body.
    pub body: Option<Value>,
}

impl Answer {
    /// A JSON answer.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// How raw JSON stands in a [`Value`] until the answer is written: as a text that no world has.
const RAW: [&str; 2] = ["\u{10FFFC}", "\u{10FFFD}"];

/// A value that is sent as this very text, whether it is JSON or not.
pub(crate) fn raw_value(text: &str) -> Value {
    let [open, close] = RAW;
    Value::String(format!("{open}{text}{close}"))
}

/// A row as the person's own `wire` bends it: raw JSON by member (`{"firstName": "5"}`), or raw text in place of the whole.
pub(crate) fn bent(mut row: Value, person: &Person) -> Value {
    match person.own.get("wire") {
        Some(Value::String(whole)) => return raw_value(whole),
        Some(Value::Object(members)) => {
            for (name, text) in members {
                row[name.as_str()] = raw_value(text.as_str().unwrap_or_default());
            }
        }
        _ => {}
    }
    row
}

/// The bytes of a body, values of [`raw_value`] as they are.
pub(crate) fn body_bytes(body: &Value) -> Vec<u8> {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    let Ok(text) = std::str::from_utf8(&bytes) else { return bytes };
    let [open, close] = [format!("\"{}", RAW[0]), format!("{}\"", RAW[1])];
    if !text.contains(open.as_str()) {
        return bytes;
    }
    let mut parts = text.split(open.as_str());
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (inside, rest) = part.split_once(close.as_str()).unwrap_or((part, ""));
        out.push_str(&serde_json::from_str::<String>(&format!("\"{inside}\"")).unwrap_or_default());
        out.push_str(rest);
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_values_are_sent_as_they_are() {
        let body = serde_json::json!([{"a": raw_value("\"\\ud800\""), "b": 1}, raw_value("1e999"), "x"]);
        assert_eq!(String::from_utf8(body_bytes(&body)).unwrap(), r#"[{"a":"\ud800","b":1},1e999,"x"]"#);
    }

    #[test]
    fn forms_and_paths_are_decoded() {
        assert_eq!(pairs("a=b+c&d=%C3%A9"), [("a".into(), "b c".into()), ("d".into(), "é".into())]);
        assert_eq!(percent_decode("40817%5F1%"), "40817_1%");
    }
}
