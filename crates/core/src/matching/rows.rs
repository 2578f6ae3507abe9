//! Rows as one cache line of numbers each, and the shared vocabulary that the numbers refer to.

use super::dates;
use super::field::{FIELDS, MatchField};
use super::homes::Homes;
use super::intern::{Dictionary, PairDictionary};
use super::names::Names;
use super::normalize::{self, Mailbox};
use super::table::{Column, PeopleTable};
use rayon::prelude::*;
use std::collections::HashSet;

/// Positions in a row after the fields themselves.
pub const KNOWN: usize = FIELDS;
pub const OTHER_LAST: usize = FIELDS + 1;
pub const LOCAL: usize = FIELDS + 2;
pub const FLAGS: usize = FIELDS + 3;

/// The name is not written in Latin letters.
pub const OTHER_SCRIPT: u32 = 1;
/// There is an e-mail address, but it is nobody's own.
pub const MAILBOX_NOT_PERSONAL: u32 = 2;
/// A leaver or a deactivated user.
pub const INACTIVE: u32 = 4;
/// The local part is the surname and nothing that is not in the name: it says no more than the name does.
pub const MAILBOX_OF_NAME: u32 = 8;
/// Above the flags: first letter and length of the local part, for a quick look.
const SIGNATURE: u32 = 8;
/// Above them: something of the domain where it is hardly anybody's, for a quick look.
const OWN_DOMAIN: u32 = 24;

/// Whether both addresses may lie in one domain that is hardly anybody's else.
pub fn may_share_own_domain(left: &Row, right: &Row) -> bool {
    let (a, b) = (left.0[FLAGS] >> OWN_DOMAIN, right.0[FLAGS] >> OWN_DOMAIN);
    a != 0 && a == b
}

/// Whether two local parts may differ by no more than a slip: same first letter, about the same length.
pub fn may_be_slip(left: &Row, right: &Row) -> bool {
    let (a, b) = (left.0[FLAGS] >> SIGNATURE, right.0[FLAGS] >> SIGNATURE);
    a & 0xff == b & 0xff && (a >> 8 & 0xff).abs_diff(b >> 8 & 0xff) <= 2
}

/// A person as numbers: one per field (ids of the vocabulary, packed dates), then known-as, a surname found in the
/// mailbox, the local part, flags. One cache line, because scoring waits for memory and not for arithmetic.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub struct Row(pub [u32; 16]);

impl Row {
    /// The number of a field; 0 where there is nothing.
    pub fn get(&self, field: MatchField) -> u32 {
        self.0[field as usize]
    }

    /// Whether both carry the same identifier.
    pub fn shares_identifier(&self, other: &Row) -> bool {
        let identifier = self.get(MatchField::Identifier);
        identifier != 0 && identifier == other.get(MatchField::Identifier)
    }

    /// Whether a flag is set.
    pub fn is(&self, flag: u32) -> bool {
        self.0[FLAGS] & flag != 0
    }
}

/// E-mail addresses of both sides: (local part, domain) pairs.
#[derive(Default)]
pub struct Mailboxes {
    pub pairs: PairDictionary,
    pub locals: Dictionary,
    pub domains: Dictionary,
    /// For each domain whether anybody can have a mailbox there.
    pub public: Vec<bool>,
    /// For each domain whether hardly anybody has one there: it is a person's own, or a family's.
    pub own: Vec<bool>,
    /// For each local part whether it names a place or a kind of work: a desk's, unless its bearer is called so.
    pub desks: Vec<bool>,
}

/// Everything that row numbers refer to, shared by both sides.
#[derive(Default)]
pub struct Vocabulary {
    pub names: Names,
    pub mailboxes: Mailboxes,
    /// Texts by field; only those of phone, job, branch, department, address, postcode and identifier are filled.
    pub texts: [Dictionary; FIELDS],
    /// The addresses taken apart.
    pub homes: Homes,
}

/// How the raw values of one side's columns translate.
#[derive(Default)]
struct Translation {
    names: [Vec<u32>; 3],
    other_script: [Vec<bool>; 3],
    emails: Vec<u32>,
    texts: Vec<(MatchField, Column, Vec<u32>)>,
}

const NAME_COLUMNS: [Column; 3] = [Column::FirstName, Column::LastName, Column::KnownAs];
const TEXT_COLUMNS: [(MatchField, Column); 7] = [
    (MatchField::Phone, Column::Phone),
    (MatchField::Job, Column::JobTitle),
    (MatchField::Branch, Column::Branch),
    (MatchField::Department, Column::Department),
    (MatchField::Address, Column::Address),
    (MatchField::Postcode, Column::Postcode),
    (MatchField::Identifier, Column::Identifier),
];
/// Distinct values that are folded at a time: bounds the memory of the folded strings.
const FOLD_CHUNK: usize = 1 << 16;
/// A domain is somebody's own, not a provider's, where at most one in `OWN_DOMAIN_SHARE` of the people has it; that bound is
/// never below `OWN_DOMAIN_FEW` people, nor above `OWN_DOMAIN_MANY`.
const OWN_DOMAIN_SHARE: u32 = 256;
const OWN_DOMAIN_FEW: u32 = 10;
const OWN_DOMAIN_MANY: u32 = 40;
/// Stands for an address that is nobody's own while addresses are translated.
const NOT_PERSONAL: u32 = u32::MAX;

fn translate<T: Send>(
    values: &Dictionary,
    fold: impl Fn(&str) -> T + Sync,
    mut take: impl FnMut(T) -> u32,
) -> Vec<u32> {
    let mut ids = Vec::with_capacity(values.len());
    ids.push(0);
    let mut from = 1;
    while from < values.len() {
        let to = (from + FOLD_CHUNK).min(values.len());
        let folded: Vec<T> = (from..to).into_par_iter().map(|id| fold(values.text(id as u32))).collect();
        ids.extend(folded.into_iter().map(&mut take));
        from = to;
    }
    ids
}

fn fold_text(field: MatchField, raw: &str) -> String {
    match field {
        MatchField::Phone => normalize::phone(raw),
        MatchField::Job => normalize::job_title(raw),
        MatchField::Address => normalize::address(raw),
        MatchField::Postcode => normalize::postcode(raw),
        MatchField::Identifier => normalize::identifier(raw).to_owned(),
        _ => normalize::text(raw),
    }
}

/// The words of a local part.
fn local_words(local: &str) -> impl Iterator<Item = &str> {
    local.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty())
}

fn add_mailboxes(table: &PeopleTable, boxes: &mut Mailboxes) -> Vec<u32> {
    translate(&table.data(Column::Email).values, normalize::mailbox, |mailbox| match mailbox {
        Mailbox::Missing => 0,
        Mailbox::NotPersonal => NOT_PERSONAL,
        Mailbox::Personal { local, domain } => {
            let pair = (boxes.locals.intern(&local), boxes.domains.intern(&domain));
            boxes.pairs.intern(pair)
        }
    })
}

impl Vocabulary {
    /// Rows of both sides (`left` is the source), each with the row numbers of its table, sorted by name. A side
    /// without an identifier column is known by its ids there when it is the source.
    pub fn read(left: &PeopleTable, right: Option<&PeopleTable>) -> (Self, Side, Option<Side>) {
        let mut vocabulary = Vocabulary::default();
        let compare_ids = right.is_some_and(|right| right.has(Column::Identifier));
        let first = vocabulary.add(left, compare_ids && !left.has(Column::Identifier));
        let second = right.map(|right| vocabulary.add(right, false));
        vocabulary.names.complete();
        vocabulary.find_public_domains();
        vocabulary.find_desks();
        let left_side = vocabulary.side(left, &first);
        let right_side = right.zip(second).map(|(table, translation)| vocabulary.side(table, &translation));
        let mut sides = [Some(left_side), right_side];
        vocabulary.find_own_domains(&mut sides);
        vocabulary.find_surnames_in_mailboxes(&mut sides);
        for side in sides.iter_mut().flatten() {
            side.sort(&vocabulary.names);
        }
        vocabulary.homes = Homes::of(&vocabulary.texts[MatchField::Address.at()]);
        for texts in &mut vocabulary.texts {
            texts.freeze();
        }
        vocabulary.mailboxes.pairs.freeze();
        vocabulary.mailboxes.locals.freeze();
        let [left_side, right_side] = sides;
        (vocabulary, left_side.unwrap_or_default(), right_side)
    }

    fn add(&mut self, table: &PeopleTable, ids_are_identifiers: bool) -> Translation {
        let mut translation = Translation::default();
        let Translation { names, other_script, emails, texts } = &mut translation;
        let (own_names, boxes, own_texts) = (&mut self.names.texts, &mut self.mailboxes, &mut self.texts);
        rayon::join(
            || *emails = add_mailboxes(table, boxes),
            || {
                for (at, column) in NAME_COLUMNS.into_iter().enumerate() {
                    let values = &table.data(column).values;
                    names[at] = translate(values, normalize::name, |name| own_names.intern(&name));
                    other_script[at] =
                        (0..values.len()).map(|id| normalize::is_other_script(values.text(id as u32))).collect();
                }
                for (field, column) in TEXT_COLUMNS {
                    let own = &mut own_texts[field.at()];
                    let ids = if field == MatchField::Identifier && ids_are_identifiers {
                        (0..table.len()).map(|row| own.intern(normalize::identifier(table.id(row)))).collect()
                    } else {
                        translate(&table.data(column).values, |raw| fold_text(field, raw), |text| own.intern(&text))
                    };
                    texts.push((field, column, ids));
                }
            },
        );
        translation
    }

    fn find_public_domains(&mut self) {
        let boxes = &mut self.mailboxes;
        boxes.public =
            (0..boxes.domains.len()).map(|id| normalize::is_public_domain(boxes.domains.text(id as u32))).collect();
    }

    /// Local parts all of whose words are roles, branches, departments or jobs (`quayside@`, `kitchen.york@`), or of which the
    /// first is a role.
    fn find_desks(&mut self) {
        let work = [MatchField::Job, MatchField::Branch, MatchField::Department].map(|field| &self.texts[field.at()]);
        let texts = work.into_iter().flat_map(|texts| (1..texts.len()).map(|id| texts.text(id as u32)));
        let words: HashSet<&str> = texts.flat_map(|text| text.split(' ')).filter(|word| word.len() >= 3).collect();
        let locals = &self.mailboxes.locals;
        let desks = (0..locals.len()).into_par_iter().map(|id| {
            let local = locals.text(id as u32);
            let mut rest = local_words(local);
            let desk = |word: &str| normalize::is_role(word) || words.contains(word);
            rest.next().is_some_and(|first| normalize::is_role(first) || (words.contains(first) && rest.all(desk)))
        });
        self.mailboxes.desks = desks.collect();
    }

    fn is_desk(&self, row: &Row, email: u32) -> bool {
        let local = self.mailboxes.pairs.pair(email).0;
        self.mailboxes.desks[local as usize] && !self.is_called(row, self.mailboxes.locals.text(local))
    }

    /// Whether a local part that may be a desk's has a word of its bearer's name.
    fn is_called(&self, row: &Row, local: &str) -> bool {
        let names = [row.0[0], row.0[1], row.0[KNOWN]].into_iter().filter(|name| *name != 0);
        names.flat_map(|name| self.names.tokens(name)).map(|&word| self.names.texts.text(word)).any(|name| {
            local_words(local).any(|word| name.starts_with(word) || (name.len() >= 3 && word.starts_with(name)))
        })
    }

    fn find_own_domains(&mut self, sides: &mut [Option<Side>; 2]) {
        let boxes = &mut self.mailboxes;
        let mut people = vec![0u32; boxes.domains.len()];
        for row in sides.iter().flatten().flat_map(|side| &side.rows) {
            people[boxes.pairs.pair(row.get(MatchField::Email)).1 as usize] += 1;
        }
        let all = people.iter().skip(1).sum::<u32>();
        let few = (all / OWN_DOMAIN_SHARE).clamp(OWN_DOMAIN_FEW, OWN_DOMAIN_MANY);
        boxes.own = people.iter().zip(&boxes.public).map(|(people, public)| !public && *people <= few).collect();
        for row in sides.iter_mut().flatten().flat_map(|side| &mut side.rows) {
            let domain = boxes.pairs.pair(row.get(MatchField::Email)).1;
            if domain != 0 && boxes.own[domain as usize] {
                row.0[FLAGS] |= (domain % 255 + 1) << OWN_DOMAIN;
            }
        }
    }

    fn side(&self, table: &PeopleTable, translation: &Translation) -> Side {
        let number = |column: Column, ids: &[u32], row: usize| {
            table.data(column).rows.get(row).map_or(0, |&value| ids[value as usize])
        };
        let identifiers_of_ids = !table.has(Column::Identifier);
        let rows = (0..table.len())
            .into_par_iter()
            .map(|at| {
                let mut row = Row::default();
                let mut flags = if table.is_active(at) { 0 } else { INACTIVE };
                for (slot, (column, ids)) in NAME_COLUMNS.into_iter().zip(&translation.names).enumerate() {
                    let place = [MatchField::First.at(), MatchField::Last.at(), KNOWN][slot];
                    row.0[place] = number(column, ids, at);
                    let value = table.data(column).rows.get(at).map_or(0, |&value| value as usize);
                    flags |= if translation.other_script[slot][value] { OTHER_SCRIPT } else { 0 };
                }
                row.0[MatchField::Birth.at()] = number(Column::BirthDate, &table.birth, at);
                row.0[MatchField::Start.at()] = number(Column::StartDate, &table.start, at);
                match number(Column::Email, &translation.emails, at) {
                    NOT_PERSONAL => flags |= MAILBOX_NOT_PERSONAL,
                    email if self.is_desk(&row, email) => flags |= MAILBOX_NOT_PERSONAL,
                    email => {
                        row.0[MatchField::Email.at()] = email;
                        row.0[LOCAL] = self.mailboxes.pairs.pair(email).0;
                        let local = self.mailboxes.locals.text(row.0[LOCAL]).as_bytes();
                        let head = local.first().copied().unwrap_or(0);
                        flags |= ((local.len().min(255) as u32) << 8 | u32::from(head)) << SIGNATURE;
                    }
                }
                for (field, column, ids) in &translation.texts {
                    let own = *field == MatchField::Identifier && identifiers_of_ids && !ids.is_empty();
                    row.0[field.at()] = if own { ids.get(at).copied().unwrap_or(0) } else { number(*column, ids, at) };
                }
                row.0[FLAGS] = flags;
                row
            })
            .collect();
        Side { rows, order: (0..table.len() as u32).collect() }
    }

    /// A surname that stands in somebody's mailbox but not in the record: `liden.helena@`, `ssprouse546@`.
    fn find_surnames_in_mailboxes(&self, sides: &mut [Option<Side>; 2]) {
        let mut surname = vec![false; self.names.texts.len()];
        for row in sides.iter().flatten().flat_map(|side| &side.rows) {
            surname[row.get(MatchField::Last) as usize] = true;
        }
        for side in sides.iter_mut().flatten() {
            side.rows.par_iter_mut().for_each(|row| {
                row.0[OTHER_LAST] = self.surname_in_mailbox(row, &surname);
                row.0[FLAGS] |= if self.is_mailbox_of_name(row) { MAILBOX_OF_NAME } else { 0 };
            });
        }
    }

    fn is_mailbox_of_name(&self, row: &Row) -> bool {
        let local = self.mailboxes.locals.text(row.0[LOCAL]);
        let names = &self.names;
        !local.is_empty()
            && !local.bytes().any(|byte| byte.is_ascii_digit())
            && names
                .tokens(row.0[1])
                .iter()
                .any(|&word| names.texts.text(word).len() >= 3 && local.contains(names.texts.text(word)))
    }

    fn surname_in_mailbox(&self, row: &Row, surname: &[bool]) -> u32 {
        let local = self.mailboxes.locals.text(row.0[LOCAL]);
        let last = self.names.texts.text(row.get(MatchField::Last));
        if local.is_empty() || (last.len() >= 3 && local.contains(last)) {
            return 0;
        }
        let known = |word: &str| {
            let id = (word.len() >= 4).then(|| self.names.texts.find(word)).flatten()?;
            let own = [row.0[0], row.0[1], row.0[KNOWN]]
                .into_iter()
                .any(|name| name != 0 && self.names.same_person_name(name, id));
            (surname[id as usize] && !own).then_some(id)
        };
        let first = self.names.texts.text(self.names.info(row.0[0]).first_token);
        for word in local.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() >= 4) {
            let rest =
                if first.is_empty() { None } else { word.strip_prefix(first).or_else(|| word.strip_suffix(first)) };
            let found = known(word).or_else(|| rest.and_then(known)).or_else(|| {
                // `ssprouse`: the initial of the first name before the surname.
                word.get(1..).filter(|_| first.is_empty() || first.starts_with(&word[..1])).and_then(known)
            });
            if let Some(id) = found {
                return id;
            }
        }
        0
    }
}

/// The rows of one side, sorted by name, and where each stands in its table.
#[derive(Debug, Clone, Default)]
pub struct Side {
    pub rows: Vec<Row>,
    /// Table row of each sorted row.
    pub order: Vec<u32>,
}

impl Side {
    /// Sorts by surname and first name, so that rows compared with each other lie near each other.
    fn sort(&mut self, names: &Names) {
        let key = |row: &Row| {
            let (last, first) = (names.info(row.get(MatchField::Last)), names.info(row.get(MatchField::First)));
            let head = u32::from_be_bytes(last.prefix);
            (u64::from(head) << 32) | u64::from(u32::from_be_bytes(first.prefix))
        };
        let mut keyed: Vec<(u64, u32)> = self.rows.iter().enumerate().map(|(at, row)| (key(row), at as u32)).collect();
        keyed.par_sort_unstable();
        self.rows = keyed.iter().map(|&(_, at)| self.rows[at as usize]).collect();
        self.order = keyed.into_iter().map(|(_, at)| at).collect();
    }
}

/// Days between two packed dates.
pub fn days_between(left: u32, right: u32) -> u64 {
    dates::day_number(left).abs_diff(dates::day_number(right))
}
