//! The one list of simulated vendors and what the rest of the sandbox may ask of one.

use axum::{
    body::Bytes,
    http::{HeaderMap, Method},
};
use serde_json::{Map, Value};

use super::{
    RateLimits, flow_learning, learn_amp, peoplehr, planday,
    world::{Company, Person, Side},
};

/// Every vendor that is simulated; a new one is a file beside this one and a line here.
pub(crate) const VENDORS: [&Vendor; 4] =
    [&planday::VENDOR, &peoplehr::VENDOR, &flow_learning::VENDOR, &learn_amp::VENDOR];

/// The integrations: source and destination; each company of a pair gets a tenant file.
pub(crate) const INTEGRATIONS: [(&str, &str); 3] =
    [("planday", "flow-learning"), ("peoplehr", "flow-learning"), ("peoplehr", "learn-amp")];

/// The vendor of that name.
pub(crate) fn vendor(name: &str) -> Option<&'static Vendor> {
    VENDORS.into_iter().find(|vendor| vendor.name == name)
}

/// One simulated vendor.
pub(crate) struct Vendor {
    /// Name, path prefix and state key.
    pub name: &'static str,
    /// Source or destination.
    pub side: Side,
    /// Whether calls carry tokens that can expire.
    pub has_tokens: bool,
    /// Whether a company's own settings can be read; the text says what is wrong.
    pub check: fn(&Map<String, Value>) -> Result<(), String>,
    /// Opens a company.
    pub open: fn(Company, Setup) -> Box<dyn Simulated>,
    /// Which field of a source's company feeds what, as its tenant file says.
    pub field_map: fn(&Company) -> Vec<(&'static str, String)>,
    /// The company name that a call's credentials carry.
    pub login_of: fn(&Call) -> Option<String>,
    /// The answer to a call whose credentials name no company.
    pub stranger: fn(&Call) -> Answer,
    /// How a call is counted.
    pub kind: fn(&Call) -> Kind,
    /// Whether a call asks for a list of people.
    pub lists_people: fn(&Call) -> bool,
    /// The vendor's answer when it throttles (429) or fails (500); for 429 the seconds to wait, where they are told.
    pub refusal: fn(u16, Option<u32>) -> Answer,
}

/// What holds for every company.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// The date that decides who has left.
    pub today: jiff::civil::Date,
    /// Whether request rates are enforced.
    pub rate_limits: RateLimits,
    /// Whether creations are plain inserts at destinations that otherwise look for the person first, unless a company's own
    /// switch says otherwise.
    pub plain_insert: bool,
}

/// One company at a vendor while the sandbox runs.
pub(crate) trait Simulated: Send {
    /// The name by which credentials mean this company.
    fn login(&self) -> String;
    /// Answers a call.
    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer;
    /// Makes the credentials that a call carries expire.
    fn expire(&mut self, call: &Call);
    /// What is held, counts left at zero.
    fn dump(&self) -> Company;
    /// Takes another content; tokens stay good.
    fn replace(&mut self, company: Company);
    /// Members of the connection under a URL root: URLs and credentials, as tenant files name them.
    fn connection(&self, root: &str) -> Vec<(&'static str, String)>;
}

/// How a call counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Changes nothing.
    Read,
    /// Could change something.
    Write,
    /// Fetches or revokes a token; not counted.
    Token,
}

/// A fault inside an otherwise right list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// A row comes twice.
    DuplicateRows,
    /// The total stands, a row is not there.
    MissingRows,
    /// No rows, total 0.
    EmptyList,
    /// The first page again, whichever was asked for.
    RepeatPages,
}

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
