//! What must hold for any people: sums, symmetry, bounds, determinism.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::needless_range_loop)]

use onroll::matching::compare::Cache;
use onroll::matching::decide::Policy;
use onroll::matching::engine::Comparison;
use onroll::matching::field::MatchField;
use onroll::matching::frequency::Frequency;
use onroll::matching::link::{Phase, link};
use onroll::matching::model::Model;
use onroll::matching::rows::Vocabulary;
use onroll::matching::scoring::Scorer;
use onroll::matching::table::{COLUMNS, Column, PeopleTable};
use onroll::matching::within::within;
use onroll::matching::{Verdict, normalize, phonetic};
use proptest::prelude::*;

type Cells = [String; COLUMNS];

fn table(rows: &[Cells]) -> PeopleTable {
    let mut table = PeopleTable::default();
    for (at, row) in rows.iter().enumerate() {
        let cells: [&str; COLUMNS] = std::array::from_fn(|column| row[column].as_str());
        table.push(&format!("p{at}"), &cells, true);
    }
    table.finish(None).unwrap();
    table
}

fn pick(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(values).prop_map(str::to_owned)
}

fn cells() -> impl Strategy<Value = Cells> {
    [
        pick(&["Ann", "Anne", "Annie", "Robert", "Bob", "Zoë", "J", "", "Mary Jane", "李"]),
        pick(&["Smith", "Smyth", "Smith-Jones", "van der Berg", "Berg", "O’Neill", "", "Ann", "Kowalczyk"]),
        pick(&["", "", "Bob"]),
        pick(&["", "1990-04-03", "1990-03-04", "1990-04-08", "1961-11-30", "1900-01-01"]),
        pick(&["", "ann.smith@acme.com", "ann.smith2@acme.com", "ann.smith@gmail.com", "info@acme.com", "zz"]),
        pick(&["", "07700 900123", "+44 7700 900123", "1"]),
        pick(&["", "Chef", "Sous Chef", "Sr. Chef"]),
        pick(&["", "York", "Hull", "York North"]),
        pick(&["", "Kitchen", "Bar"]),
        pick(&["", "2020-01-01", "2020-01-10", "2010-05-05"]),
        pick(&["", "8 Stanley St", "8 Stanley Street", "9 Mill Lane"]),
        pick(&["", "SW1A 1AA", "SW1A 1AB"]),
        pick(&["", "7", "007", "8"]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn evidence_sums_to_the_weight_and_posteriors_follow(source in prop::collection::vec(cells(), 1..25), destination in prop::collection::vec(cells(), 1..25)) {
        let (source, destination) = (table(&source), table(&destination));
        let comparison = Comparison::run(&source, &destination, Policy::default(), &mut |_| {});
        for row in 0..source.len() {
            for ranked in comparison.candidates(row) {
                let candidate = comparison.explain(ranked.pair);
                let sum: f64 = candidate.evidence.iter().map(|bar| bar.bits).sum();
                prop_assert!((sum - ranked.weight).abs() < 1e-9, "{} {}", sum, ranked.weight);
                prop_assert!((candidate.probability - ranked.probability).abs() < 1e-9);
                prop_assert_eq!(candidate.evidence.first().map(|bar| bar.field.as_str()), Some("prior"));
                prop_assert_eq!(candidate.evidence.last().map(|bar| bar.field.as_str()), Some("rival"));
            }
        }
    }

    #[test]
    fn a_user_belongs_to_one_employee_at_most(source in prop::collection::vec(cells(), 1..25), destination in prop::collection::vec(cells(), 1..25)) {
        let (source, destination) = (table(&source), table(&destination));
        let linkage = link(&source, &destination, &mut |_| {});
        for group in 0..linkage.right.rows.len() {
            let sum: f64 = (0..linkage.pairs.len()).filter(|at| linkage.pairs[*at].right as usize == group).map(|at| linkage.probability(at)).sum();
            prop_assert!(sum <= 1.0 + 1e-9);
        }
        let comparison = Comparison::run(&source, &destination, Policy::default(), &mut |_| {});
        let mut users: Vec<usize> = (0..source.len())
            .filter(|row| comparison.outcome(*row).verdict == Verdict::Link)
            .filter_map(|row| comparison.candidates(row).next().map(|best| best.row))
            .collect();
        let linked = users.len();
        users.sort_unstable();
        users.dedup();
        prop_assert_eq!(users.len(), linked);
    }

    #[test]
    fn levels_and_bits_do_not_hang_on_the_side(rows in prop::collection::vec(cells(), 2..20)) {
        let (vocabulary, side, _) = Vocabulary::read(&table(&rows), None);
        let frequency = Frequency::of(&vocabulary, &[&side.rows]);
        let scorer = Scorer::new(&vocabulary, &frequency, &Model::default());
        let mut cache = Cache::default();
        for left in &side.rows {
            for right in &side.rows {
                let (there, back) = (scorer.levels(left, right, &mut cache), scorer.levels(right, left, &mut cache));
                prop_assert_eq!(there, back);
                let (a, b) = (scorer.total(&scorer.bits(left, right, &there)), scorer.total(&scorer.bits(right, left, &back)));
                // Swapped names weigh by the source's own values, so only there the side may matter.
                let swapped = MatchField::First.levels()[there[0] as usize] == "swapped";
                prop_assert!(swapped || (a - b).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_quick_score_is_the_explained_one(rows in prop::collection::vec(cells(), 2..20)) {
        let (vocabulary, side, _) = Vocabulary::read(&table(&rows), None);
        let frequency = Frequency::of(&vocabulary, &[&side.rows]);
        let scorer = Scorer::new(&vocabulary, &frequency, &Model::default());
        let mut cache = Cache::default();
        for right in &side.rows {
            let target = scorer.target(right);
            for left in &side.rows {
                let levels = scorer.levels(left, right, &mut cache);
                let full = scorer.total(&scorer.bits(left, right, &levels));
                let quick = scorer.score(left, &target, -6.0, &mut cache);
                prop_assert_eq!(quick, (full >= -6.0).then_some(full), "{:?}", levels);
            }
        }
    }

    #[test]
    fn the_same_people_give_the_same_answer_whatever_the_threads(source in prop::collection::vec(cells(), 1..30), destination in prop::collection::vec(cells(), 1..30)) {
        let (source, destination) = (table(&source), table(&destination));
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let comparison = Comparison::run(&source, &destination, Policy::default(), &mut |_| {});
                (0..source.len())
                    .map(|row| (comparison.outcome(row), comparison.candidates(row).map(|c| (c.row, c.weight.to_bits())).collect::<Vec<_>>()))
                    .collect::<Vec<_>>()
            })
        };
        prop_assert_eq!(run(1), run(2));
    }

    #[test]
    fn no_text_makes_it_stumble(texts in prop::collection::vec(any::<String>(), COLUMNS)) {
        for text in &texts {
            let _ = (normalize::name(text), normalize::mailbox(text), normalize::phone(text), normalize::address(text));
            let _ = (normalize::identifier_twin(text), normalize::postcode(text), normalize::is_other_script(text));
            let _ = phonetic::phonetic_key(&normalize::name(text));
            let _ = onroll::files::people::records::parse(format!("id,start_date\n1,{text}\n").as_bytes());
        }
        let mut row: Cells = std::array::from_fn(|at| texts[at].clone());
        row[Column::BirthDate as usize].clear();
        row[Column::StartDate as usize].clear();
        let both = table(&[row.clone(), row]);
        let _ = within(&both, &mut |_| {});
        let _ = Comparison::run(&both, &both, Policy::default(), &mut |_| {});
    }
}

/// A higher agreement on one field never lowers the weight, under the default model.
#[test]
fn more_agreement_never_weighs_less() {
    let bits = Model::default().level_bits();
    for field in MatchField::ALL {
        let worst = bits[field.at()][field.otherwise() as usize];
        for level in 2..field.otherwise() as usize {
            assert!(
                bits[field.at()][level] >= worst - 1e-9
                    || field.levels()[level] == "near" && field == MatchField::Branch,
                "{field:?} {level}"
            );
        }
    }
}

/// People who all share one value must not make the work grow with the square of their number.
#[test]
fn a_thousand_smiths_with_one_mailbox_stay_bounded() {
    let rows: Vec<Cells> = (0..3000)
        .map(|at| {
            let mut row: Cells = Default::default();
            row[Column::FirstName as usize] = "John".to_owned();
            row[Column::LastName as usize] = "Smith".to_owned();
            row[Column::Email as usize] = "everybody@acme.com".to_owned();
            row[Column::BirthDate as usize] = format!("{}-{:02}-{:02}", 1950 + at % 50, 1 + at % 12, 1 + at % 28);
            row
        })
        .collect();
    let people = table(&rows);
    let mut compared = 0;
    let linkage = link(&people, &people, &mut |progress| {
        if progress.phase == Phase::Rescuing {
            compared = compared.max(progress.total);
        }
    });
    assert!(linkage.pairs.len() <= 60 * people.len(), "{} pairs", linkage.pairs.len());
    assert!(linkage.dropped_blocks > 0);
    // One mailbox for all and one name for all say nothing.
    assert!(
        (0..people.len()).all(|row| linkage.of_left(row).iter().all(|pair| linkage.probability(*pair as usize) < 0.99))
    );
}

#[test]
fn nobody_on_either_side_is_an_answer() {
    let (nobody, somebody) =
        (table(&[]), table(&[std::array::from_fn(|at| if at < 2 { "Ann".to_owned() } else { String::new() })]));
    for (source, destination, people) in [(&nobody, &nobody, 0), (&nobody, &somebody, 0), (&somebody, &nobody, 1)] {
        let comparison = Comparison::run(source, destination, Policy::default(), &mut |_| {});
        assert_eq!(comparison.effect().new, people);
    }
    assert!(within(&nobody, &mut |_| {}).pairs.is_empty());
}

#[test]
fn doubles_within_one_side_are_found_before_twins() {
    let mut rows: Vec<Cells> = (0..400)
        .map(|at| {
            let mut row: Cells = Default::default();
            row[0] = ["Harriet", "Simon", "Beatrix", "Owen", "Paula"][at % 5].to_owned();
            row[1] = format!(
                "{}{}",
                ["Aber", "Bram", "Cast", "Dun"][at % 4],
                ["nathy", "well", "mere", "stone", "ford", "ley", "by"][at % 7]
            );
            row[Column::BirthDate as usize] = format!("{}-{:02}-{:02}", 1955 + at % 45, 1 + at % 12, 1 + at % 28);
            row[Column::Branch as usize] = ["York", "Hull"][at % 2].to_owned();
            row
        })
        .collect();
    let mut slip = rows[20].clone();
    slip[1] = slip[1].replace('r', "rr");
    rows.push(slip);
    let mut twin = rows[30].clone();
    twin[0] = "Zebedee".to_owned();
    rows.push(twin);
    let found = within(&table(&rows), &mut |_| {}).pairs;
    let of = |left: usize, right: usize| {
        found.iter().find(|pair| (pair.left, pair.right) == (left, right)).map_or(0.0, |pair| pair.probability)
    };
    assert!(of(20, 400) > 0.9, "{}", of(20, 400));
    assert!(of(30, 401) < of(20, 400), "{}", of(30, 401));
}
