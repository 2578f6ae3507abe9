//! What a filter looks for in a review queue that is kept in memory, prepared once: folded texts, their words, and the columns that
//! have few values. A letter that is typed then looks at bits, not at everybody.

use super::people_bits::Bits;
use super::review_filter::{AllTold, BY, IS, Line, OPEN, ReviewFiltered, Ruled, Told};
use super::review_groups::Alike;
use super::review_list::QueueRow;
use super::value_column::ValueColumn;
use super::word_index::{WordIndex, WordsReading};
use crate::domain::filter::conditions::{folded, words};
use crate::domain::filter::tick::band;
use crate::domain::filter::{Column, Condition, Facet, Row, Test, Wanted, Word};
use crate::store::text_index::TextIndex;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The columns of few values: held because, how sure (in words and as a number), a rival, branch, job title, department, born.
const FEW: [usize; 8] = [0, 1, 2, 3, 4, 7, 8, 9];
/// All columns.
const COLUMNS: usize = 15;

/// Everybody of a queue by his place among its holds, whatever the order in which it is shown.
pub(super) struct ReviewIndex {
    told: Vec<Told>,
    /// Everything but what was ruled: that changes while the queue stays.
    texts: TextIndex,
    words: WordIndex,
    few: Vec<(usize, ValueColumn)>,
}

/// A person as he is before anybody rules on him, without the word for that.
struct Unruled<'a>(Line<'a>);

impl Row for Unruled<'_> {
    fn value(&self, column: usize) -> Cow<'_, str> {
        match column {
            IS | BY => "".into(),
            column => self.0.value(column),
        }
    }
}

/// The queue that is asked about.
pub(super) struct Shown<'a> {
    /// Everybody who is held, by place.
    pub holds: &'a [(QueueRow, Option<Alike>)],
    /// The places of those who are shown, in their order.
    pub order: &'a [u32],
    /// Who of them was ruled on, by place.
    pub ruled: &'a BTreeMap<u32, Ruled<'a>>,
}

impl ReviewIndex {
    /// Prepares the people of a queue. `None` where their texts are more than can be kept.
    pub(super) fn of(holds: &[(QueueRow, Option<Alike>)], mut told: AllTold) -> Option<Self> {
        let told: Vec<Told> = holds.iter().map(|(row, _)| told.remove(&row.employee).unwrap_or_default()).collect();
        let line = |at: usize| {
            let (row, _) = holds.get(at)?;
            Some(Unruled(Line { row, told: told.get(at), ruled: None }))
        };
        let (mut texts, mut reading) = (TextIndex::default(), WordsReading::default());
        for at in 0..holds.len() {
            let text = line(at).map(|line| folded(&line, COLUMNS)).unwrap_or_default();
            // An abbreviation begins with a letter.
            reading.push(at, words(&text).filter(|word| word.starts_with(char::is_alphabetic)));
            if !texts.push(&text) {
                return None;
            }
        }
        let few = FEW.map(|column| {
            let mut values = ValueColumn::default();
            (0..holds.len()).filter_map(line).for_each(|line| values.push(&line.value(column)));
            (column, values)
        });
        let few = few.into();
        Some(Self { texts, words: reading.finish(), few, told })
    }

    fn places(&self) -> usize {
        self.texts.len()
    }

    fn column(&self, column: usize) -> Option<&ValueColumn> {
        self.few.iter().find(|(at, _)| *at == column).map(|(_, few)| few)
    }

    fn line<'a>(&'a self, shown: &Shown<'a>, place: u32) -> Option<Line<'a>> {
        let at = place as usize;
        Some(Line { row: &shown.holds.get(at)?.0, told: self.told.get(at), ruled: shown.ruled.get(&place) })
    }

    fn word(&self, word: &Word, shown: &Shown<'_>) -> Bits {
        let places = self.places();
        let mut found = Bits::of(places, self.texts.places(word.text()).iter());
        if word.is_loose() {
            self.words.abbreviated(word, &mut found);
        }
        found.or(&self.of_ruled(shown, |line, column| word.is_in(&crate::domain::text::search_fold(&line(column)))));
        found
    }

    /// Whose ruling, or whose having none, fits in one of the two columns that say it.
    fn of_ruled(&self, shown: &Shown<'_>, fits: impl Fn(&dyn Fn(usize) -> String, usize) -> bool) -> Bits {
        let nobody = |column: usize| if column == IS { OPEN.to_owned() } else { String::new() };
        let fit = |value: &dyn Fn(usize) -> String| fits(value, IS) || fits(value, BY);
        let mut found = if fit(&nobody) { Bits::all(self.places()) } else { Bits::none(self.places()) };
        let (mut ruled, mut fitting) = (Bits::none(self.places()), Bits::none(self.places()));
        for place in shown.ruled.keys() {
            let Some(line) = self.line(shown, *place) else { continue };
            ruled.extend([*place]);
            if fit(&|column| line.value(column).into_owned()) {
                fitting.extend([*place]);
            }
        }
        found.and(&ruled, true);
        found.or(&fitting);
        found
    }

    /// Whose value of a column that nearly everybody has another one of passes.
    fn of_many(&self, column: usize, test: &Test, shown: &Shown<'_>) -> Bits {
        let fits = |place: u32| self.line(shown, place).is_some_and(|line| test.fits(&line.value(column)));
        match test {
            // The text of a row has what one of its values has.
            Test::Part(text) => Bits::of(self.places(), self.texts.places(text).iter().filter(|place| fits(*place))),
            _ => Bits::of(self.places(), (0u32..).take(self.places()).filter(|place| fits(*place))),
        }
    }

    fn bits(&self, condition: &Condition, shown: &Shown<'_>) -> Bits {
        match &condition.wanted {
            Wanted::Word(word) => self.word(word, shown),
            Wanted::Column { at: at @ (IS | BY), any } => {
                self.of_ruled(shown, |value, column| column == *at && any.iter().any(|test| test.fits(&value(column))))
            }
            Wanted::Column { at, any } => match self.column(*at) {
                Some(few) => few.those(|value| any.iter().any(|test| test.fits(value))),
                None => any.iter().fold(Bits::none(self.places()), |mut found, test| {
                    found.or(&self.of_many(*at, test, shown));
                    found
                }),
            },
        }
    }

    /// Who of the queue passes, in its order, and the facets: the same that a look at everybody finds.
    pub(super) fn filtered(&self, shown: &Shown<'_>, columns: &[Column], conditions: &[Condition]) -> ReviewFiltered {
        let everybody = Bits::of(self.places(), shown.order.iter().copied());
        let column_of = |condition: &Condition| match condition.wanted {
            Wanted::Column { at, .. } => Some(at),
            Wanted::Word(_) => None,
        };
        let sets: Vec<(Option<usize>, bool, Bits)> = conditions
            .iter()
            .map(|condition| (column_of(condition), condition.not, self.bits(condition, shown)))
            .collect();
        let under = |without: Option<usize>| {
            let mut found = everybody.clone();
            let asked = sets.iter().filter(|(column, ..)| column.is_none() || *column != without);
            asked.for_each(|(_, not, set)| found.and(set, *not));
            found
        };
        let whole = under(None);
        let faceted = columns.iter().enumerate().filter(|(_, column)| column.facet);
        let facets = faceted.map(|(at, column)| match sets.iter().any(|(of, ..)| *of == Some(at)) {
            true => self.facet((at, column), &under(Some(at)), shown),
            false => self.facet((at, column), &whole, shown),
        });
        let facets = facets.collect();
        let places = shown.order.iter().enumerate().filter(|(_, place)| whole.has(**place)).map(|(at, _)| at).collect();
        ReviewFiltered { places, all: shown.order.len(), facets }
    }

    fn facet(&self, (at, column): (usize, &Column), found: &Bits, shown: &Shown<'_>) -> Facet {
        let all = found.len();
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut add = |value: &str, count: usize| {
            *counts.entry(band(column.kind, value).to_owned()).or_default() += count;
        };
        if let Some(few) = self.column(at) {
            few.counts(found).for_each(|(value, count)| add(value, count));
            return Facet::new(at, all, counts);
        }
        // What was ruled: few were, all others are as nobody ruled on them.
        let mut ruled = 0;
        for place in shown.ruled.keys().filter(|place| found.has(**place)) {
            let Some(line) = self.line(shown, *place) else { continue };
            add(&line.value(at), 1);
            ruled += 1;
        }
        add(if at == IS { OPEN } else { "" }, all - ruled);
        Facet::new(at, all, counts)
    }
}

#[cfg(test)]
mod tests {
    use super::super::review_filter::{RuledBy, filtered, review_columns};
    use super::*;
    use crate::domain::decision::Ruling;
    use crate::domain::filter::{Filter, conditions};
    use crate::domain::ids::{EmployeeId, UserId};
    use crate::domain::plan::HoldCode;
    use jiff::civil::date;
    use proptest::prelude::*;

    /// Numbers from which one person is made.
    type Person = (usize, usize, usize, usize, bool);
    type Hold = (QueueRow, Option<Alike>);

    const NAMES: [&str; 5] = ["Søren Kjær", "Victoria Middleton", "佐藤 美咲", "O'Neill-Smith Ann", "王"];
    const BRANCHES: [&str; 4] = ["Quayside", "Quayside ", "", "Café Açaí"];
    const SURE: [f64; 4] = [0.0, 0.518, 0.97, 0.9999];
    const ASKED: [&str; 24] = [
        "soren",
        "sor",
        "vctr",
        "mid",
        "!kjr",
        "quay",
        "zuo",
        "佐",
        "\"e vic\"",
        "open",
        "opn",
        "!rosa",
        "is:ruled",
        "by:rosa",
        "!by:tim",
        "branch:\"\"",
        "branch:=Quayside",
        "who:vic",
        "email:@hvine",
        "!email:\"\"",
        "born:1994",
        "sure:>50",
        "id:1",
        "user:kasia because:rehire",
    ];

    fn hold((number, person): (usize, &Person)) -> (Hold, Option<(String, Told)>) {
        let (name, branch, sure, code, is_told) = *person;
        let row = QueueRow {
            hold: 1,
            employee: EmployeeId(number.to_string()),
            name: NAMES[name].to_owned(),
            code: [HoldCode::ProbableDuplicate, HoldCode::Rehire][code % 2],
            user: (code > 1).then(|| UserId(format!("88{number}"))),
            user_name: if code > 1 { "Kasia Wojcik".to_owned() } else { String::new() },
            probability: SURE[sure],
            second: 0.0,
            has_rival: code == 3,
            group: None,
        };
        let told = Told {
            identifier: format!("40718_{number}"),
            branch: BRANCHES[branch].to_owned(),
            title: ["Waiter", "Chef de rang"][name % 2].to_owned(),
            department: ["", "Kitchen"][branch % 2].to_owned(),
            email: ["", "s.kjaer1@hvine.example"][sure % 2].to_owned(),
            born: ["", "1994-03-12", "1998-07-04"][code % 3].to_owned(),
        };
        ((row, None), is_told.then(|| (number.to_string(), told)))
    }

    proptest! {
        #[test]
        fn what_is_prepared_finds_what_a_look_at_everybody_finds(
            people in proptest::collection::vec((0usize..5, 0usize..4, 0usize..4, 0usize..4, any::<bool>()), 0..40),
            shown in proptest::collection::vec(any::<(bool, u8)>(), 40),
            rulings in proptest::collection::vec(0usize..8, 40),
            asked in proptest::collection::vec(0usize..ASKED.len(), 0..4),
        ) {
            let made: Vec<_> = people.iter().enumerate().map(hold).collect();
            let told: AllTold =
                made.iter().filter_map(|(_, told)| told.clone()).map(|(id, told)| (EmployeeId(id), told)).collect();
            let holds: Vec<_> = made.into_iter().map(|(hold, _)| hold).collect();
            let index = ReviewIndex::of(&holds, told.clone()).unwrap();
            let mut order: Vec<u32> = (0..holds.len() as u32).filter(|at| shown[*at as usize].0).collect();
            order.sort_by_key(|at| shown[*at as usize].1);
            let create = Ruling::Create;
            let ruling = |at: &u32| match rulings[*at as usize] {
                0 => Some((Some(&create), "rosa osei".to_owned())),
                1 => Some((None, "tim".to_owned())),
                2 => Some((Some(&Ruling::Exclude), String::new())),
                _ => None,
            };
            let ruled: BTreeMap<u32, Ruled<'_>> = order.iter().filter_map(|at| Some((*at, ruling(at)?))).collect();
            let columns = review_columns("identifier");
            let rows: Vec<QueueRow> = order.iter().map(|at| holds[*at as usize].0.clone()).collect();
            let by_name: RuledBy<'_> =
                ruled.iter().map(|(at, ruled)| (&holds[*at as usize].0.employee, ruled.clone())).collect();
            let text = asked.iter().map(|at| ASKED[*at]).collect::<Vec<_>>().join(" ");
            let conditions = conditions(&Filter::parse(&text), &columns, date(2026, 11, 24)).unwrap();
            let shown = Shown { holds: &holds, order: &order, ruled: &ruled };
            let found = index.filtered(&shown, &columns, &conditions);
            prop_assert_eq!(found, filtered(&rows, &told, &by_name, (&columns, &conditions)), "{}", text);
        }
    }
}
