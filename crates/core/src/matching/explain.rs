//! Why a pair weighs what it weighs: one bar for each field, in bits and in words.

use super::compare::{Cache, has_shared_mailbox};
use super::field::{EXACT, Levels, MISSING, MatchField, birth_level, email_level, name_level};
use super::given::{Kinship, kinship};
use super::learning::CALIBRATION;
use super::link::{Linkage, Pair, probability};
use super::rows::Row;
use super::table::{Column, PeopleTable};
use crate::domain::ids::UserId;
use crate::domain::plan::{Candidate, Evidence};

/// Fields with their bits.
pub type FieldBits = Vec<(MatchField, f64)>;

/// The two tables that a linkage was made from, for the raw values.
#[derive(Clone, Copy)]
pub struct Tables<'a> {
    pub source: &'a PeopleTable,
    pub destination: &'a PeopleTable,
}

fn column_of(field: MatchField) -> Column {
    match field {
        MatchField::First => Column::FirstName,
        MatchField::Last => Column::LastName,
        MatchField::Birth => Column::BirthDate,
        MatchField::Email => Column::Email,
        MatchField::Phone => Column::Phone,
        MatchField::Job => Column::JobTitle,
        MatchField::Branch => Column::Branch,
        MatchField::Department => Column::Department,
        MatchField::Start => Column::StartDate,
        MatchField::Address => Column::Address,
        MatchField::Postcode => Column::Postcode,
        MatchField::Identifier => Column::Identifier,
    }
}

/// How strongly a number of bits speaks (MATCHING 5.7).
pub fn strength(bits: f64) -> &'static str {
    match bits {
        bits if bits > 8.0 => "strong",
        bits if bits >= 3.0 => "good",
        bits if bits >= -1.0 => "neutral",
        bits if bits >= -6.0 => "against",
        _ => "strong against",
    }
}

/// A count with its thousands set apart: `1,290`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of people in words: `1 in 1,290`.
fn one_in(bits: f64) -> String {
    format!("1 in {}", grouped(bits.clamp(0.0, 60.0).exp2().round() as u64))
}

impl Linkage {
    /// The waterfall of a pair: prior, then each field that either side has, then rivals. The bits sum to the weight.
    pub fn explain(&self, tables: Tables<'_>, pair: usize) -> Candidate {
        self.explain_pair(tables, self.pairs[pair], self.rival_evidence(tables, pair))
    }

    /// The waterfall of two rows that may not have become a pair: too far apart, or never compared.
    pub fn explain_rows(&self, tables: Tables<'_>, left: u32, right: u32) -> Candidate {
        if let Some(pair) = self.of_left(left as usize).iter().find(|pair| self.pairs[**pair as usize].right == right) {
            return self.explain(tables, *pair as usize);
        }
        let alone = rival_bar("none", None, 0.0, "not weighed against others".to_owned());
        self.explain_pair(tables, Pair { left, right, bits: 0.0 }, alone)
    }

    fn explain_pair(&self, tables: Tables<'_>, chosen: Pair, rival: Evidence) -> Candidate {
        let (left, right) = (&self.left.rows[chosen.left as usize], &self.right.rows[chosen.right as usize]);
        let rows = (self.left.order[chosen.left as usize] as usize, self.right.order[chosen.right as usize] as usize);
        let scorer = self.scorer();
        let levels = scorer.levels(left, right, &mut Cache::default());
        let bits = scorer.bits(left, right, &levels);
        let raise = self.leftover.of(&chosen);
        let before = self.model.prior + raise;
        let among = if raise > 0.0 { " of those whom nobody else claims" } else { "" };
        let mut evidence = vec![Evidence {
            field: "prior".to_owned(),
            level: "before".to_owned(),
            source_value: None,
            destination_value: None,
            bits: before,
            reason: format!("{} pairs{among} is one person", one_in(-before)),
        }];
        for field in MatchField::ALL {
            let source_value = self.raw(tables.source, rows.0, field, true);
            let destination_value = self.raw(tables.destination, rows.1, field, false);
            if source_value.is_none() && destination_value.is_none() {
                continue;
            }
            let reason =
                self.reason(field, &levels, (left, right), bits[field.at()], (&source_value, &destination_value));
            evidence.push(Evidence {
                field: field.key().to_owned(),
                level: field.levels()[levels[field.at()] as usize].to_owned(),
                source_value,
                destination_value,
                bits: bits[field.at()],
                reason,
            });
        }
        evidence.push(rival);
        evidence.extend(self.calibration_evidence(evidence.iter().map(|bar| bar.bits).sum()));
        let weight = evidence.iter().map(|bar| bar.bits).sum();
        Candidate {
            user: UserId::from(tables.destination.id(rows.1)),
            weight,
            probability: probability(weight),
            evidence,
        }
    }

    /// The fields that speak for a pair, and those that speak against it, with their bits.
    pub fn sides_of(&self, pair: usize) -> (FieldBits, FieldBits) {
        let chosen = self.pairs[pair];
        let (left, right) = (&self.left.rows[chosen.left as usize], &self.right.rows[chosen.right as usize]);
        let scorer = self.scorer();
        let levels = scorer.levels(left, right, &mut Cache::default());
        let bits = scorer.bits(left, right, &levels);
        let pick = |keep: fn(f64) -> bool| {
            let fields = MatchField::ALL.into_iter().map(|field| (field, bits[field.at()]));
            fields.filter(|(_, bits)| keep(*bits)).collect()
        };
        (pick(|bits| bits >= 1.0), pick(|bits| bits <= -1.0))
    }

    fn raw(&self, table: &PeopleTable, row: usize, field: MatchField, source: bool) -> Option<String> {
        let value = match (table.value(row, column_of(field)), field) {
            (None, MatchField::First) => table.value(row, Column::KnownAs),
            (None, MatchField::Identifier) if source && self.compares_identifiers() => Some(table.id(row)),
            (value, _) => value,
        };
        value.map(str::to_owned)
    }

    fn compares_identifiers(&self) -> bool {
        !self.vocabulary.texts[MatchField::Identifier.at()].is_empty()
    }

    fn reason(
        &self,
        field: MatchField,
        levels: &Levels,
        (left, right): (&Row, &Row),
        bits: f64,
        values: (&Option<String>, &Option<String>),
    ) -> String {
        let level = levels[field.at()];
        let what = field.words();
        if level == MISSING {
            return self.why_not_compared(field, (left, right), values);
        }
        let mut text = match (field, level) {
            (_, EXACT) => {
                let rarity = self.frequency.rarity(field, left.get(field));
                if rarity > 0.0 {
                    format!("{what} equal, carried by {} people", one_in(rarity))
                } else {
                    format!("{what} equal")
                }
            }
            (MatchField::First, name_level::PART | name_level::CLOSE | name_level::NEAR)
                if self.are_two_names(left, right) =>
            {
                "another given name, however alike: a twin or sibling?".to_owned()
            }
            (MatchField::First, name_level::PART) => "a short form, or a name more on one side".to_owned(),
            (MatchField::First | MatchField::Last, name_level::CLOSE) => format!("{what} differs by a slip"),
            (MatchField::First, name_level::INITIAL) => "an initial only".to_owned(),
            (MatchField::Last, name_level::PART) => "one surname of two, or particles that differ".to_owned(),
            (MatchField::Last, name_level::MAILBOX) => "the other surname stands in the mailbox".to_owned(),
            (MatchField::First | MatchField::Last, name_level::SWAPPED) => "first and last name are swapped".to_owned(),
            (MatchField::First, name_level::NEAR) | (MatchField::Last, name_level::LAST_NEAR) => {
                format!("{what} sounds or looks alike")
            }
            (MatchField::Birth, birth_level::SWAPPED) => "day and month are swapped".to_owned(),
            (MatchField::Birth, birth_level::TYPO) => "one digit differs".to_owned(),
            (MatchField::Birth, birth_level::TWO_PARTS) => "two of day, month and year agree".to_owned(),
            (MatchField::Birth, birth_level::NEAR) => "within a month".to_owned(),
            (MatchField::Birth, birth_level::YEAR) => "only the year agrees".to_owned(),
            (MatchField::Email, email_level::LOCAL) => "same mailbox name in another domain".to_owned(),
            (MatchField::Email, email_level::CLOSE) => "mailbox differs by a slip".to_owned(),
            (MatchField::Email, email_level::ECHO) => "mailbox made from the name; already counted".to_owned(),
            (MatchField::Email, email_level::OTHER_KIND) => "a private address against one of an employer".to_owned(),
            (MatchField::Start, 2) => "within a fortnight".to_owned(),
            (MatchField::Start, 3) => "within two months".to_owned(),
            (MatchField::Start, 4) => "within a year".to_owned(),
            (MatchField::Postcode, 3) => "same area".to_owned(),
            (MatchField::Identifier, 2) => "differs only by case, blanks or leading zeros".to_owned(),
            (field, level) if level == field.otherwise() => format!("{what} differs"),
            (_, 2) => format!("{what} nearly equal"),
            _ => format!("{what} alike"),
        };
        if level == EXACT && self.is_implied(field, levels) {
            text.push_str("; follows in part from another field that agrees");
        }
        text.push_str(match strength(bits) {
            "strong" => ": speaks strongly for it",
            "good" => ": speaks for it",
            "neutral" => ": says little",
            "against" => ": speaks against it",
            _ => ": speaks strongly against it",
        });
        text
    }

    fn are_two_names(&self, left: &Row, right: &Row) -> bool {
        let (a, b) = (left.get(MatchField::First), right.get(MatchField::First));
        a != 0 && b != 0 && kinship(&self.vocabulary.names, a, b, &|_| false) == Kinship::Two
    }

    fn is_implied(&self, field: MatchField, levels: &Levels) -> bool {
        self.frequency.shared.iter().any(|(given, implied, _)| *implied == field && levels[given.at()] == EXACT)
    }

    fn why_not_compared(
        &self,
        field: MatchField,
        (left, right): (&Row, &Row),
        values: (&Option<String>, &Option<String>),
    ) -> String {
        if field == MatchField::Email && (has_shared_mailbox(left) || has_shared_mailbox(right)) {
            return "not compared: a shared or role mailbox, or a filler".to_owned();
        }
        if field == MatchField::Identifier && self.other_numbering {
            return "not compared: the two sides number people differently".to_owned();
        }
        match values {
            (Some(_), None) => "not compared: the destination has nothing".to_owned(),
            (None, Some(_)) => "not compared: the source has nothing".to_owned(),
            _ => "not compared: a filler or no real value".to_owned(),
        }
    }

    fn rival_evidence(&self, tables: Tables<'_>, pair: usize) -> Evidence {
        let own = self.pairs[pair];
        let best = self.best_rival(pair).map(|rival| &self.pairs[rival]);
        let crowd = self.crowds.get(&own.left).map_or(0, |alike| alike.left).max(self.tied_at_top(pair));
        let (value, reason) = match best {
            None => (None, "nobody else claims this user".to_owned()),
            Some(rival) => {
                let row = self.left.order[rival.left as usize] as usize;
                let gap = own.bits - rival.bits;
                let place =
                    if gap >= 0.0 { format!("{gap:.1} bits lower") } else { format!("{:.1} bits higher", -gap) };
                let reason = if crowd > 2 {
                    format!("{} people alike compete for this user", grouped(u64::from(crowd)))
                } else {
                    format!("another employee scores {place}")
                };
                (Some(tables.source.id(row).to_owned()), reason)
            }
        };
        rival_bar(if best.is_some() { "claimed" } else { "none" }, value, self.rival[pair], reason)
    }

    /// What past rulings say of such weights, where that is another than the weight itself.
    fn calibration_evidence(&self, weight: f64) -> Option<Evidence> {
        let calibration = self.learned.calibration;
        let corrected = calibration.slope * weight + calibration.offset;
        (!calibration.is_plain()).then(|| Evidence {
            field: CALIBRATION.to_owned(),
            level: "learned".to_owned(),
            source_value: Some(format!("weighs {weight:.1}")),
            destination_value: Some(format!("came true as {corrected:.1}")),
            bits: corrected - weight,
            reason: "how often such weights came true when they were ruled on".to_owned(),
        })
    }
}

fn rival_bar(level: &str, value: Option<String>, bits: f64, reason: String) -> Evidence {
    Evidence {
        field: "rival".to_owned(),
        level: level.to_owned(),
        source_value: value,
        destination_value: None,
        bits,
        reason,
    }
}
