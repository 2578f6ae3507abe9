//! Faults that the simulators can be told to have.

use serde_json::{Value, json};

use super::call::Call;
use super::registry::VENDORS;
use super::vendor::{Kind, Quirk, Vendor};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The right answer, 1.2 seconds late (or `seconds`).
    Slow,
    /// No answer, and nothing done, for as long as the caller waits.
    Hang,
    /// 429 without `Retry-After`.
    TooMany,
    /// 429 with `Retry-After: 1` (or `seconds`).
    TooManyRetryAfter,
    /// 500 in the vendor's own form.
    Internal,
    /// 502 with an HTML page, as a proxy sends it.
    BadGatewayHtml,
    /// The connection ends in the middle of the body.
    CutBody,
    /// The call takes effect, then the connection ends without an answer.
    AnswerLost,
    /// A list of people has a row twice.
    DuplicateRows,
    /// A list of people has fewer rows than its total says.
    MissingRows,
    /// The token (or, where there is none, the secret) is refused.
    ExpiredToken,
    /// A list of people is empty.
    EmptyList,
    /// 200 with JSON that stops in the middle.
    BrokenJson,
    /// 200 with a page for people in place of data.
    HtmlPage,
    /// Whatever page of a list of people or options is asked for, the first one comes; the total stands.
    RepeatPages,
}

/// Every kind with its name.
const NAMES: [(FaultKind, &str); 15] = [
    (FaultKind::Slow, "slow"),
    (FaultKind::Hang, "hang"),
    (FaultKind::TooMany, "429"),
    (FaultKind::TooManyRetryAfter, "429_retry_after"),
    (FaultKind::Internal, "500"),
    (FaultKind::BadGatewayHtml, "502_html"),
    (FaultKind::CutBody, "cut_body"),
    (FaultKind::AnswerLost, "answer_lost"),
    (FaultKind::DuplicateRows, "duplicate_rows"),
    (FaultKind::MissingRows, "missing_rows"),
    (FaultKind::ExpiredToken, "expired_token"),
    (FaultKind::EmptyList, "empty_list"),
    (FaultKind::BrokenJson, "broken_json"),
    (FaultKind::HtmlPage, "html_page"),
    (FaultKind::RepeatPages, "repeat_pages"),
];

impl FaultKind {
    /// The kind of that name, as `--faults` and the admin call use it.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.into_iter().find(|(_, known)| *known == name).map(|(kind, _)| kind)
    }

    /// The kind's name.
    pub fn name(self) -> &'static str {
        NAMES.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// All names, for help texts.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().map(|(_, name)| name)
    }

    /// What it does to a list, if that is what it does.
    pub(crate) fn quirk(self) -> Option<Quirk> {
        match self {
            Self::DuplicateRows => Some(Quirk::DuplicateRows),
            Self::MissingRows => Some(Quirk::MissingRows),
            Self::EmptyList => Some(Quirk::EmptyList),
            Self::RepeatPages => Some(Quirk::RepeatPages),
            _ => None,
        }
    }
}

/// Why a list of faults was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No fault has that name.
    #[error("no fault is called {name}; the names are {}", FaultKind::names().collect::<Vec<_>>().join(", "))]
    UnknownFault {
        /// The name given.
        name: String,
    },
    /// No vendor has that name.
    #[error("no vendor {name} is simulated")]
    UnknownVendor {
        /// The name given.
        name: String,
    },
    /// The list has the wrong shape.
    #[error("malformed at {path}: {fault}")]
    Malformed {
        /// Where.
        path: String,
        /// What is wrong.
        fault: String,
    },
}

/// A fault, where it strikes and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A vendor (all its companies) or a company's key (`planday@saltmarsh`); `None` is all.
    pub vendor: Option<String>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Prefix of the path, with or without the vendor's part; at a vendor with one address for everything, the function that
    /// the form calls. `None` is any path where the fault makes sense: faults of lists strike lists of people,
    /// `answer_lost` strikes writes, `expired_token` strikes what needs a token.
    pub path: Option<String>,
    /// HTTP method; `None` is any.
    pub method: Option<String>,
    /// How many calls of its kind pass before it begins to strike.
    pub after: u32,
    /// How many calls it strikes; `None` is until the faults are replaced.
    pub times: Option<u32>,
    /// How long `slow` and `429_retry_after` take; `None` is their usual time.
    pub seconds: Option<u32>,
}

impl Fault {
    /// A fault that strikes everywhere until replaced.
    pub fn new(kind: FaultKind) -> Self {
        Self { vendor: None, kind, path: None, method: None, after: 0, times: None, seconds: None }
    }

    /// The same for one vendor or company.
    pub fn at(self, vendor: &str) -> Self {
        Self { vendor: Some(vendor.into()), ..self }
    }

    /// The same for one method and path prefix.
    pub fn on(self, method: &str, path: &str) -> Self {
        Self { method: Some(method.into()), path: Some(path.into()), ..self }
    }

    /// The same, once so many calls that it could strike have passed.
    pub fn after(self, calls: u32) -> Self {
        Self { after: calls, ..self }
    }

    /// The same, this number of times.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// The same, so long.
    pub fn seconds(self, seconds: u32) -> Self {
        Self { seconds: Some(seconds), ..self }
    }

    /// The faults of `--faults NAME`: that fault at every vendor, as often as makes it felt and leaves a careful client
    /// a way through.
    pub fn preset(name: &str) -> Result<Vec<Self>, FaultError> {
        let kind = FaultKind::from_name(name).ok_or_else(|| FaultError::UnknownFault { name: name.into() })?;
        let times = match kind {
            FaultKind::Slow => 15,
            FaultKind::TooMany | FaultKind::TooManyRetryAfter | FaultKind::ExpiredToken => 3,
            FaultKind::Internal | FaultKind::BadGatewayHtml | FaultKind::CutBody | FaultKind::AnswerLost => 2,
            FaultKind::BrokenJson | FaultKind::HtmlPage => 2,
            FaultKind::DuplicateRows | FaultKind::MissingRows | FaultKind::EmptyList | FaultKind::Hang => 1,
            FaultKind::RepeatPages => 4,
        };
        let stricken = VENDORS.iter().filter(|vendor| kind != FaultKind::ExpiredToken || vendor.has_tokens);
        Ok(stricken.map(|vendor| Self::new(kind).at(vendor.name).times(times)).collect())
    }

    /// Reads the list that the admin call carries.
    pub fn list_from_json(value: &Value) -> Result<Vec<Self>, FaultError> {
        let malformed = |path: &str, fault: &str| FaultError::Malformed { path: path.into(), fault: fault.into() };
        let rows = value.as_array().ok_or_else(|| malformed("the document", "must be a list"))?;
        rows.iter().enumerate().map(|(at, row)| Self::from_json(row, &format!("[{at}]"))).collect()
    }

    fn from_json(row: &Value, path: &str) -> Result<Self, FaultError> {
        let malformed =
            |name: &str, fault: &str| FaultError::Malformed { path: format!("{path}{name}"), fault: fault.into() };
        let row = row.as_object().ok_or_else(|| malformed("", "must be an object"))?;
        let text = |name: &str| match row.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(malformed(&format!(".{name}"), "must be a text")),
        };
        let name = text("fault")?.ok_or_else(|| malformed(".fault", "is missing"))?;
        let kind = FaultKind::from_name(&name).ok_or(FaultError::UnknownFault { name })?;
        let vendor = text("vendor")?;
        if let Some(name) = &vendor
            && super::registry::vendor(name.split('@').next().unwrap_or(name)).is_none()
        {
            return Err(FaultError::UnknownVendor { name: name.clone() });
        }
        let number = |name: &str| match row.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(number) => {
                let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
                Ok(Some(number.ok_or_else(|| malformed(&format!(".{name}"), "must be a whole number"))?))
            }
        };
        let (times, seconds) = (number("times")?, number("seconds")?);
        let after = number("after")?.unwrap_or_default();
        Ok(Self { vendor, kind, path: text("path")?, method: text("method")?, after, times, seconds })
    }

    /// The fault as the admin call shows it.
    pub fn to_json(&self) -> Value {
        json!({"vendor": self.vendor, "fault": self.kind.name(), "path": self.path, "method": self.method, "after": self.after,
            "times": self.times, "seconds": self.seconds})
    }

    fn strikes(&self, vendor: &Vendor, key: &str, call: &Call) -> bool {
        let here = self.vendor.as_deref().is_none_or(|name| name == vendor.name || name == key);
        let method = self.method.as_deref().is_none_or(|method| call.method.as_str().eq_ignore_ascii_case(method));
        let path = self.path.as_deref().is_none_or(|prefix| path_matches(prefix, vendor, call));
        here && method && path && self.makes_sense(vendor, call)
    }

    fn makes_sense(&self, vendor: &Vendor, call: &Call) -> bool {
        let kind = (vendor.kind)(call);
        match self.kind {
            FaultKind::DuplicateRows | FaultKind::MissingRows | FaultKind::EmptyList => (vendor.lists_people)(call),
            FaultKind::RepeatPages => kind == Kind::Read,
            FaultKind::AnswerLost => kind == Kind::Write || self.path.is_some() || self.method.is_some(),
            FaultKind::ExpiredToken => kind != Kind::Token && (vendor.has_tokens || self.vendor.is_some()),
            _ => true,
        }
    }
}

fn path_matches(prefix: &str, vendor: &Vendor, call: &Call) -> bool {
    let own = prefix.strip_prefix(&format!("/{}", vendor.name)).unwrap_or(prefix);
    let own = own.trim_start_matches('/');
    let path = call.path.trim_start_matches('/');
    let calls = |(name, value): &(String, String)| name == "wsfunction" && value == own;
    path.starts_with(own)
        || path.strip_prefix("identity/").is_some_and(|path| path.starts_with(own))
        || call.form().iter().any(calls)
}

/// The faults that are set.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub fn replace(&mut self, faults: Vec<Fault>) {
        self.0 = faults;
    }

    pub fn list(&self) -> &[Fault] {
        &self.0
    }

    /// The fault that strikes a call, one time less afterwards.
    pub fn take(&mut self, vendor: &Vendor, key: &str, call: &Call) -> Option<(FaultKind, Option<u32>)> {
        let fault = self.0.iter_mut().find(|fault| fault.times != Some(0) && fault.strikes(vendor, key, call))?;
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        fault.times = fault.times.map(|times| times.saturating_sub(1));
        Some((fault.kind, fault.seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_preset_and_comes_back() {
        for name in FaultKind::names() {
            let faults = Fault::preset(name).unwrap();
            assert!(!faults.is_empty());
            assert_eq!(faults[0].kind.name(), name);
            let again = Fault::list_from_json(&json!([faults[0].to_json()])).unwrap();
            assert_eq!(again[0], faults[0]);
        }
        assert!(Fault::preset("fire").is_err());
    }

    #[test]
    fn a_malformed_list_names_the_place() {
        let error = Fault::list_from_json(&json!([{"fault": "500"}, {"fault": "500", "times": "x"}])).unwrap_err();
        assert_eq!(error.to_string(), "malformed at [1].times: must be a whole number");
    }
}
