//! What the name of a field or header says of its value: whether it is a secret, whose business it is, which of our fields it
//! means. Vendors' names differ; the words in them hardly do.

use super::mask::{Mask, STARS};
use super::{RawHeader, Subject};
use crate::domain::field::Field;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

/// How the value under a name is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Secret,
    BirthDate,
    Phone,
    Address,
    /// Pay, bank, health, numbers of the state, fields that a company made up.
    Hidden,
    Open,
}

const SECRETS: [&str; 14] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "authorization",
    "credential",
    "cookie",
    "signature",
    "privatekey",
    "accesskey",
    "sessionkey",
    "sessionid",
];
const HIDDEN: [&str; 34] = [
    "iban",
    "sortcode",
    "accountnumber",
    "accountno",
    "bank",
    "salary",
    "wage",
    "payrate",
    "compensation",
    "nationalid",
    "nationalinsurance",
    "ninumber",
    "socialsecurity",
    "socialinsurance",
    "taxid",
    "taxnumber",
    "taxcode",
    "passport",
    "health",
    "medical",
    "disab",
    "sickness",
    "religion",
    "ethnic",
    "gender",
    "marital",
    "nationality",
    "sexual",
    "tradeunion",
    "pension",
    "insurance",
    "licence",
    "license",
    "emergency",
];
/// Short words that stand in others (`trace`, `cubic`): they count only by themselves.
const HIDDEN_WORDS: [&str; 12] =
    ["ssn", "nino", "bic", "swift", "pay", "race", "sex", "visa", "sick", "tfn", "cpr", "pesel"];

/// The name in lower case, its letters and digits only.
fn joined(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a name: `employeeNumber`, `ni_number`, `users[0][phone1]`.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in key.chars() {
        if !c.is_alphabetic() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if c.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What the parts of names say, each as a bit.
mod says {
    pub(super) const SECRET: u8 = 1;
    pub(super) const BIRTH: u8 = 1 << 1;
    pub(super) const PHONE: u8 = 1 << 2;
    pub(super) const HIDDEN: u8 = 1 << 3;
    pub(super) const PLACE: u8 = 1 << 4;
    pub(super) const ADDRESS: u8 = 1 << 5;
    pub(super) const MAIL_ADDRESS: u8 = 1 << 6;
}

/// All parts by their first letter, so that a name is gone through once.
static PARTS: LazyLock<[Vec<(&str, u8)>; 26]> = LazyLock::new(|| {
    let lists: [(&[&str], u8); 7] = [
        (&SECRETS, says::SECRET),
        (&["birth"], says::BIRTH),
        (&["phone", "mobile", "msisdn"], says::PHONE),
        (&HIDDEN, says::HIDDEN),
        (&["custom"], says::HIDDEN),
        (&["street", "postcode", "postalcode", "zipcode", "pincode"], says::PLACE),
        (&["address"], says::ADDRESS),
    ];
    let mut parts: [Vec<(&str, u8)>; 26] = Default::default();
    let all = lists.into_iter().flat_map(|(list, bit)| list.iter().map(move |part| (*part, bit)));
    for (part, bit) in all.chain([("mailaddress", says::MAIL_ADDRESS)]) {
        if let Some(bucket) = part.bytes().next().and_then(letter).and_then(|at| parts.get_mut(at)) {
            bucket.push((part, bit));
        }
    }
    parts
});

fn letter(byte: u8) -> Option<usize> {
    byte.is_ascii_lowercase().then(|| usize::from(byte - b'a'))
}

/// What is said by any part of a joined name.
fn said_in(name: &str) -> u8 {
    let bytes = name.as_bytes();
    let mut said = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let parts = letter(*byte).and_then(|at| PARTS.get(at)).map(Vec::as_slice).unwrap_or_default();
        let rest = bytes.get(at..).unwrap_or_default();
        for (_, bit) in parts.iter().filter(|(part, _)| rest.starts_with(part.as_bytes())) {
            said |= bit;
        }
    }
    said
}

/// What a name says, whoever the value belongs to.
pub(super) struct Name {
    kind: KeyKind,
    /// Which of our fields it means, where that is plain.
    pub field: Option<Field>,
    /// Its last part, joined.
    last: String,
}

impl Name {
    fn of(key: &str) -> Self {
        Self { kind: kind_of(key), field: field_of(key), last: joined(last_of(key)) }
    }
}

/// Most names that are remembered, and how long one may be, in bytes.
const REMEMBERED: usize = 2_000;
const REMEMBERED_LENGTH: usize = 200;

thread_local! {
    /// Names that were looked at: those of a vendor are the same in every exchange.
    static NAMES: RefCell<HashMap<String, Rc<Name>, foldhash::fast::RandomState>> = RefCell::default();
}

/// What a name says.
pub(super) fn name(key: &str) -> Rc<Name> {
    let name = at_first_places(key);
    if name.len() > REMEMBERED_LENGTH {
        return Rc::new(Name::of(&name));
    }
    NAMES.with_borrow_mut(|known| {
        if let Some(known) = known.get(&*name) {
            return Rc::clone(known);
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let looked_at = Rc::new(Name::of(&name));
        known.insert(name.into_owned(), Rc::clone(&looked_at));
        looked_at
    })
}

/// A name as if all places in lists on the way to it were the first: they say nothing of the value.
fn at_first_places(key: &str) -> Cow<'_, str> {
    if !key.contains('[') {
        return Cow::Borrowed(key);
    }
    let mut out = String::with_capacity(key.len());
    for (at, part) in key.split('[').enumerate() {
        match part.split_once(']') {
            Some((place, rest)) if at > 0 && place.bytes().all(|byte| byte.is_ascii_digit()) => {
                out.push_str("[0]");
                out.push_str(rest);
            }
            _ => {
                if at > 0 {
                    out.push('[');
                }
                out.push_str(part);
            }
        }
    }
    Cow::Owned(out)
}

/// Names of fields that the company of a subject has made up, joined.
pub(super) fn made_up(subject: &Subject) -> Vec<String> {
    let names = subject.known().filter_map(|(field, _)| match field {
        Field::Custom(custom) => Some(joined(custom.name())),
        _ => None,
    });
    names.collect()
}

impl Name {
    /// How the value under it is masked, where these names are made up.
    pub(super) fn kind(&self, made_up: &[String]) -> KeyKind {
        match self.kind {
            KeyKind::Address | KeyKind::Open if made_up.contains(&self.last) => KeyKind::Hidden,
            kind => kind,
        }
    }
}

fn kind_of(key: &str) -> KeyKind {
    let (name, words) = (joined(key), words(key));
    let said = said_in(&name);
    let has = |bit: u8| said & bit != 0;
    let is = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if has(says::SECRET) || is(&["pwd", "pin"]) {
        KeyKind::Secret
    } else if has(says::BIRTH) || is(&["dob", "born"]) {
        KeyKind::BirthDate
    } else if has(says::PHONE) || is(&["tel", "cell", "fax"]) {
        KeyKind::Phone
    } else if has(says::HIDDEN) || is(&HIDDEN_WORDS) {
        KeyKind::Hidden
    } else if has(says::PLACE)
        || is(&["zip", "postal"])
        || (has(says::ADDRESS) && !has(says::MAIL_ADDRESS) && !name.ends_with("email"))
    {
        KeyKind::Address
    } else {
        KeyKind::Open
    }
}

/// The last part of a name that says something: not a place in a list, nor `value`.
fn last_of(key: &str) -> &str {
    let mut parts = key.split(['.', '[', ']', ':']).filter(|part| !part.is_empty());
    let says =
        |part: &&str| !part.chars().all(|c| c.is_ascii_digit()) && !matches!(*part, "value" | "display" | "code");
    parts.rfind(says).unwrap_or(key)
}

/// Which of our fields a vendor's name means, where that is plain.
fn field_of(key: &str) -> Option<Field> {
    let name = joined(last_of(key));
    let has = |part: &str| name.contains(part);
    Some(match name.as_str() {
        "firstname" | "givenname" | "forename" => Field::FirstName,
        "lastname" | "surname" | "familyname" => Field::LastName,
        "knownas" | "preferredname" | "nickname" => Field::KnownAs,
        "jobtitle" | "position" => Field::JobTitle,
        "identifier" | "externalid" | "idnumber" | "employeenumber" => Field::Identifier,
        "postcode" | "zipcode" | "postalcode" => Field::Postcode,
        "status" | "active" | "suspended" => Field::Status,
        _ if has("birth") || name == "dob" => Field::DateOfBirth,
        _ if has("email") => Field::Email,
        _ if has("startdate") || has("hiredate") => Field::StartDate,
        _ if has("enddate") || has("leavingdate") || has("terminationdate") => Field::EndDate,
        _ if has("phone") || has("mobile") => Field::Phone,
        _ if name.starts_with("branch") => Field::Branch,
        _ if name.starts_with("department") => Field::Department,
        _ if name.starts_with("manager") => Field::Manager,
        _ => return None,
    })
}

/// From this length on a value is nobody else's, under whatever name.
const LONG_KEY: usize = 8;

/// Whether a value of so many characters that is one of a subject's keys tells under this name that a record is the subject's. A short
/// one (`3`) tells it only under a name of what records are told apart by: else somebody's `"days": 3` would make their row another's.
pub(super) fn may_name(name: &str, length: usize) -> bool {
    length >= LONG_KEY || tells_apart(name)
}

/// Whether records are told apart by what stands under this name.
fn tells_apart(key: &str) -> bool {
    let name = joined(last_of(key));
    name.ends_with("id")
        || matches!(
            name.as_str(),
            "identifier" | "username" | "idnumber" | "employeenumber" | "email" | "mail" | "name" | "title" | "code"
        )
}

/// Whether the value of a header is a credential whatever it holds.
pub(super) fn is_secret_header(name: &str) -> bool {
    let name = joined(name);
    SECRETS.iter().any(|part| name.contains(part)) || (name.contains("key") && !name.contains("idempotency"))
}

/// A header of a request as it may be kept; `None` for one that says nothing of the exchange.
pub(super) fn request_header(header: &RawHeader<'_>, mask: &Mask) -> Option<(String, String)> {
    let name = header.name.to_ascii_lowercase();
    if header.is_sensitive || is_secret_header(&name) {
        let scheme = header.value.split_once(' ').map(|(scheme, _)| scheme);
        let known = scheme.filter(|scheme| matches!(*scheme, "Basic" | "Bearer" | "Token"));
        return Some((name, known.map_or_else(|| STARS.to_owned(), |scheme| format!("{scheme} {STARS}"))));
    }
    let is_kept =
        matches!(name.as_str(), "content-type" | "if-match" | "if-none-match") || name.contains("idempotency");
    is_kept.then(|| (name, mask.text(header.value)))
}

/// The same of an answer.
pub(super) fn answer_header(header: &RawHeader<'_>, mask: &Mask) -> Option<(String, String)> {
    let name = header.name.to_ascii_lowercase();
    let is_kept = matches!(name.as_str(), "content-type" | "retry-after")
        || ["request-id", "correlation-id", "trace-id", "ratelimit", "rate-limit"]
            .iter()
            .any(|part| name.contains(part));
    (is_kept && !header.is_sensitive).then(|| (name, mask.text(header.value)))
}
