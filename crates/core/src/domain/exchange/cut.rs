//! Bodies, field by field: whose record it is, how each value stands to what was held before, and what of it may be kept. Rows
//! of other people are counted, never kept.

use super::key::{self, KeyKind, Name};
use super::mask::{Mask, cut};
use super::named::{Named, Own};
use super::{Compared, Content, Kept, Purpose, Raw, RawAnswer, RawBody, Subject};
use crate::domain::field::{Field, FieldKind};
use jiff::civil::Date;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Most fields that are kept of one body.
const FIELDS_MAX: usize = 120;
/// How deep records are looked into.
pub(super) const DEPTH_MAX: usize = 8;
/// What is kept of a body that is no record, in characters.
const TEXT_MAX: usize = 4096;
/// Longest name of a field that is kept, in characters.
const KEY_MAX: usize = 80;
/// Larger bodies are not looked into.
const BODY_MAX: usize = 256 * 1024;

/// Whether a request names the subject: in its path, its query or its body, of which `own` is the subject's.
pub(super) fn names(raw: &Raw<'_>, subject: &Subject, own: &Own) -> bool {
    raw.path.iter().any(|part| subject.is_key("id", part))
        || raw.query.iter().any(|(_, value)| subject.is_key("id", value))
        || match &raw.body {
            RawBody::Nothing => false,
            RawBody::Json(value) => own.is_in(value),
            RawBody::Form(pairs) => pairs.iter().any(|(key, value)| subject.is_key(key, value)),
        }
}

/// A body of JSON that was sent for `people` people; of it `own` is the subject's.
pub(super) fn request(value: &Value, (subject, own): (&Subject, &Own), people: usize, mask: &Mask) -> Content {
    Cutter { subject, own: Some(own), mask, picks: people > 1, compares: true, is_after: false, fields: Vec::new() }
        .all(value)
}

/// A form; of one that is about several people (`users[3][email]`) this person's part.
pub(super) fn form(pairs: &[(&str, &str)], subject: &Subject, people: usize, mask: &Mask) -> Content {
    let place = |key: &str| key.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(at, _)| at.to_owned());
    let own: BTreeSet<Option<String>> =
        pairs.iter().filter(|(key, value)| subject.is_key(key, value)).map(|(key, _)| place(key)).collect();
    let (picks, compares, is_after, fields) = (false, true, false, Vec::new());
    let mut cutter = Cutter { subject, own: None, mask, picks, compares, is_after, fields };
    for (key, value) in pairs {
        let at = place(key);
        if people <= 1 || at.is_none() || own.contains(&at) {
            cutter.keep(&Way::default().to(key, mask), Some(value));
        }
    }
    cutter.content()
}

/// The body of an answer, read once for all whom it is about.
pub(super) enum Answer<'a> {
    Nothing,
    Large(usize),
    Json(Value),
    Text(Cow<'a, str>),
}

impl<'a> Answer<'a> {
    pub(super) fn read(answer: &RawAnswer<'a>) -> Self {
        let RawAnswer::Answer { body, .. } = answer else { return Answer::Nothing };
        if body.iter().all(u8::is_ascii_whitespace) {
            return Answer::Nothing;
        }
        if body.len() > BODY_MAX {
            return Answer::Large(body.len());
        }
        match serde_json::from_slice(body) {
            Ok(value) => Answer::Json(value),
            Err(_) => Answer::Text(String::from_utf8_lossy(body)),
        }
    }

    /// Where it names people.
    pub(super) fn named(&self) -> Named<'_> {
        match self {
            Answer::Json(value) => Named::of(value),
            Answer::Nothing | Answer::Large(_) | Answer::Text(_) => Named::default(),
        }
    }

    /// What may be kept of it; of it `own` is the subject's.
    pub(super) fn content(&self, status: u16, raw: &Raw<'_>, (subject, own): (&Subject, &Own), mask: &Mask) -> Content {
        let is_about_one = raw.purpose == Purpose::Write && raw.people <= 1;
        match self {
            Answer::Nothing => Content::Nothing,
            Answer::Large(bytes) => Content::Left(format!("{} kB, too much to keep", bytes / 1024)),
            Answer::Json(value) => {
                // What a refusal says is about what was sent; so is the one row that comes back.
                let is_own = !(200..300).contains(&status) || value.as_array().is_some_and(|rows| rows.len() == 1);
                let picks = !(is_about_one && is_own);
                let compares = raw.purpose != Purpose::Write;
                let is_after = matches!(raw.purpose, Purpose::Settle | Purpose::ReadBack);
                Cutter { subject, own: Some(own), mask, picks, compares, is_after, fields: Vec::new() }.all(value)
            }
            Answer::Text(text) if !is_about_one && text.trim_start().starts_with(['{', '[']) => {
                Content::Left("broken JSON, which may be about others too".to_owned())
            }
            Answer::Text(text) => Content::Text(cut(mask.text(text), TEXT_MAX)),
        }
    }
}

/// The names on the way to a value. What they say of it is asked of them as they are; what they hold may be private as well, so they
/// are shown masked.
#[derive(Default)]
struct Way {
    name: String,
    /// Where that is something else.
    masked: Option<String>,
}

impl Way {
    fn shown(&self) -> &str {
        self.masked.as_deref().unwrap_or(&self.name)
    }

    fn to(&self, name: &str, mask: &Mask) -> Self {
        let masked = mask.text(name);
        let join = |way: &str, name: &str| if way.is_empty() { name.to_owned() } else { format!("{way}.{name}") };
        let is_masked = self.masked.is_some() || masked != name;
        Self { masked: is_masked.then(|| join(self.shown(), &masked)), name: join(&self.name, name) }
    }

    fn at(&self, place: usize) -> Self {
        let masked = self.masked.as_ref().map(|masked| format!("{masked}[{place}]"));
        Self { name: format!("{}[{place}]", self.name), masked }
    }
}

struct Cutter<'a> {
    subject: &'a Subject,
    /// What of the body is the subject's; a form has no records.
    own: Option<&'a Own>,
    mask: &'a Mask,
    /// Whether there may be other people in it.
    picks: bool,
    compares: bool,
    /// Whether it was read after the write.
    is_after: bool,
    fields: Vec<Kept>,
}

impl Cutter<'_> {
    fn all(mut self, value: &Value) -> Content {
        match value {
            Value::Object(_) | Value::Array(_) => self.walk(&Way::default(), value, 0, !self.picks),
            scalar => self.keep(&Way::default(), text_of(scalar).as_deref()),
        }
        self.content()
    }

    fn content(mut self) -> Content {
        if self.fields.len() > FIELDS_MAX {
            let more = self.fields.len() - FIELDS_MAX;
            self.fields.truncate(FIELDS_MAX);
            let value = format!("{more} more fields, not kept");
            self.fields.push(Kept { key: "…".to_owned(), value, compared: None });
        }
        Content::Fields(self.fields)
    }

    /// `own` where this is the subject's record, or part of it.
    fn walk(&mut self, way: &Way, value: &Value, depth: usize, own: bool) {
        let mask = self.mask;
        match value {
            // Rows by the ids of people.
            Value::Object(members) if !own && members.len() > 1 && members.values().all(Value::is_object) => {
                self.pick(way, members, |name| way.to(name, mask), depth);
            }
            Value::Object(members) => {
                let own = own || self.own.is_some_and(|own| own.is_named_by(value));
                for (name, member) in members {
                    self.deeper(&way.to(name, mask), member, depth, own);
                }
            }
            Value::Array(rows) if own || rows.iter().all(|row| !row.is_object()) => {
                if rows.is_empty() {
                    self.note(way, "(none)");
                }
                for (at, row) in rows.iter().enumerate() {
                    self.deeper(&way.at(at), row, depth, own);
                }
            }
            Value::Array(rows) => self.pick(way, rows.iter().enumerate(), |at| way.at(at), depth),
            scalar => self.keep(way, text_of(scalar).as_deref()),
        }
    }

    /// Of rows that may be anybody's those that name the subject; the others are counted.
    fn pick<'v, P>(
        &mut self,
        way: &Way,
        rows: impl IntoIterator<Item = (P, &'v Value)>,
        to: impl Fn(P) -> Way,
        depth: usize,
    ) {
        let mut others = 0;
        for (place, row) in rows {
            if self.own.is_some_and(|own| own.is_in(row)) {
                self.deeper(&to(place), row, depth, true);
            } else {
                others += 1;
            }
        }
        if others > 0 {
            self.note(way, &format!("{others} of others, not kept"));
        }
    }

    fn deeper(&mut self, way: &Way, value: &Value, depth: usize, own: bool) {
        if depth < DEPTH_MAX {
            self.walk(way, value, depth + 1, own);
        } else {
            self.note(way, "deeper than is kept");
        }
    }

    fn note(&mut self, way: &Way, words: &str) {
        self.fields.push(Kept { key: cut(way.shown().to_owned(), KEY_MAX), value: words.to_owned(), compared: None });
    }

    fn keep(&mut self, way: &Way, value: Option<&str>) {
        let name = key::name(&way.name);
        let kind = self.mask.kind(&name);
        let shown = value.map_or_else(|| "(null)".to_owned(), |value| self.mask.value_of(kind, value));
        let compares = self.compares && kind != KeyKind::Secret;
        let compared = if compares { self.compared(&name, value.unwrap_or_default()) } else { None };
        self.fields.push(Kept { key: cut(way.shown().to_owned(), KEY_MAX), value: shown, compared });
    }

    /// Whether the write was to put this value there.
    fn is_as_sent(&self, name: &Name, value: &str) -> bool {
        let mut changes = self.subject.changes.iter();
        match name.field {
            Some(field) => changes.any(|change| change.field == field && is_same(field, change.to.as_deref(), value)),
            None => value.chars().count() > 1 && changes.any(|change| change.to.as_deref() == Some(value)),
        }
    }

    /// How a value stands to what was held, by its name or else by itself; `None` where that cannot be told.
    fn compared(&self, name: &Name, value: &str) -> Option<Compared> {
        if self.is_after && self.is_as_sent(name, value) {
            return Some(Compared::AsSent);
        }
        let held = self.subject.held.as_ref()?;
        let is = |field: Field, other: Option<&str>| is_same(field, other, value);
        let was = |field: Field, from: Option<&str>| Some(Compared::Was(self.mask.was(name, field, from)));
        let changed = |field: Field| self.subject.changes.iter().find(|change| change.field == field);
        if let Some(field) = name.field {
            let before = held.get(&field).map(String::as_str);
            if is(field, before) {
                return Some(Compared::Same);
            }
            let change = changed(field);
            if change.is_some_and(|change| is(field, change.to.as_deref())) {
                return was(field, before.or(change.and_then(|change| change.from.as_deref())));
            }
            // What a vendor writes in a way of its own (codes for names, numbers for days) cannot be compared by its text.
            let plain = match field.kind() {
                FieldKind::Name | FieldKind::Email => true,
                FieldKind::Date => value.parse::<Date>().is_ok(),
                _ => false,
            };
            return if plain { was(field, before) } else { None };
        }
        if value.chars().count() < 2 {
            return None;
        }
        let written = self.subject.changes.iter().find(|change| change.to.as_deref() == Some(value));
        if let Some(change) = written {
            return was(change.field, change.from.as_deref());
        }
        held.values().any(|held| held == value).then_some(Compared::Same)
    }
}

fn is_same(field: Field, held: Option<&str>, value: &str) -> bool {
    let day = |text: &str| text.get(..10).unwrap_or(text).parse::<Date>().ok();
    if field.kind() == FieldKind::Date
        && let (Some(held), Some(value)) = (held.and_then(day), day(value))
    {
        return held == value;
    }
    // Options and identifiers are exact; nothing is what is empty.
    match held {
        Some(held) => held == value || field.is_same(Some(held), Some(value)),
        None => value.trim().is_empty(),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
