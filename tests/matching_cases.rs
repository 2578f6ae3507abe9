//! The cases of `CASES.md` that the matching engine answers, each with a name that carries its number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use onroll::domain::person::Person;
use onroll::files::people::{Choices, Opened, Side, records};
use onroll::matching::dates;
use onroll::matching::engine::{Engine, WithoutEvidence};
use onroll::matching::normalize::{self, Mailbox};
use onroll::matching::rekey::{self, RekeyPattern};
use onroll::matching::{MatchPerson, MatchResult, Matcher, Verdict};

const FIRST: [&str; 20] = [
    "Harriet", "Simon", "Beatrix", "Owen", "Paula", "Gregor", "Ingrid", "Mateo", "Yusuf", "Clara", "Desmond", "Esther",
    "Felix", "Gwen", "Hugo", "Iris", "Jonas", "Kira", "Leon", "Mabel",
];
const LAST: [&str; 23] = [
    "Abernathy",
    "Bramwell",
    "Castellan",
    "Dunmore",
    "Eastwick",
    "Farthing",
    "Gladwell",
    "Hollister",
    "Inglewood",
    "Jarrow",
    "Kestrel",
    "Lockhart",
    "Merriman",
    "Norwood",
    "Oakhurst",
    "Penrose",
    "Quimby",
    "Rutherford",
    "Sedgwick",
    "Thornbury",
    "Underhill",
    "Vickers",
    "Wetherby",
];

#[derive(Clone)]
struct Who(MatchPerson);

fn who(id: &str, first: &str, last: &str) -> Who {
    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let person = Person { first_name: text(first), last_name: text(last), ..Person::default() };
    Who(MatchPerson { id: id.to_owned(), person, identifier: None, active: true })
}

impl Who {
    fn born(mut self, day: &str) -> Self {
        self.0.person.date_of_birth = Some(day.parse().unwrap());
        self
    }
    fn started(mut self, day: &str) -> Self {
        self.0.person.start_date = Some(day.parse().unwrap());
        self
    }
    fn mail(mut self, mail: &str) -> Self {
        self.0.person.email = Some(mail.to_owned());
        self
    }
    fn at(mut self, branch: &str) -> Self {
        self.0.person.branch = Some(branch.to_owned());
        self
    }
    fn home(mut self, address: &str) -> Self {
        self.0.person.address = Some(address.to_owned());
        self
    }
    fn called(mut self, name: &str) -> Self {
        self.0.person.known_as = Some(name.to_owned());
        self
    }
    fn key(mut self, identifier: &str) -> Self {
        self.0.identifier = Some(identifier.to_owned());
        self
    }
    fn gone(mut self) -> Self {
        self.0.active = false;
        self
    }
}

/// Two hundred people whom both sides know, so that values have frequencies; then those of the case.
fn crowd(side: &str) -> Vec<MatchPerson> {
    (0..200)
        .map(|at| {
            let (first, last) = (FIRST[at % 20], LAST[(at * 7) % 23]);
            let mail = format!("{}.{}{at}@acme.example.org", first.to_lowercase(), last.to_lowercase());
            who(&format!("{side}{at}"), first, last)
                .born(&format!("{}-{:02}-{:02}", 1960 + at % 43, 1 + at % 12, 1 + (at * 5) % 28))
                .started(&format!("{}-{:02}-{:02}", 2005 + at % 19, 1 + (at * 3) % 12, 1 + (at * 11) % 28))
                .at(["York", "Hull", "Leeds", "Bath", "Derby"][at % 5])
                .mail(&mail)
                .0
        })
        .collect()
}

fn compare(employees: &[Who], users: &[Who]) -> Vec<MatchResult> {
    let (mut source, mut destination) = (crowd("E"), crowd("U"));
    source.extend(employees.iter().map(|who| who.0.clone()));
    destination.extend(users.iter().map(|who| who.0.clone()));
    let results = Engine::default().match_people(&source, &destination);
    same_without_evidence(&results, &WithoutEvidence(Engine::default()).match_people(&source, &destination));
    assert!(results[..200].iter().filter(|result| result.verdict == Verdict::Link).count() > 180);
    results[200..].to_vec()
}

/// Verdicts, candidates and their weights are the same; only the waterfalls are left out.
fn same_without_evidence(whole: &[MatchResult], bare: &[MatchResult]) {
    assert_eq!(whole.len(), bare.len());
    for (whole, bare) in whole.iter().zip(bare) {
        assert_eq!((whole.verdict, whole.candidates.len()), (bare.verdict, bare.candidates.len()));
        for (whole, bare) in whole.candidates.iter().zip(&bare.candidates) {
            assert_eq!(whole.user, bare.user);
            assert!((whole.weight - bare.weight).abs() < 1e-9, "{whole:?} {bare:?}");
            assert!((whole.probability - bare.probability).abs() < 1e-9, "{whole:?} {bare:?}");
            assert!(!whole.evidence.is_empty() && bare.evidence.is_empty());
        }
    }
}

fn one(employee: Who, user: Who) -> MatchResult {
    compare(&[employee], &[user]).remove(0)
}

fn level(result: &MatchResult, field: &str) -> String {
    result.candidates[0].evidence.iter().find(|bar| bar.field == field).unwrap().level.clone()
}

#[test]
fn c_01_accents_are_folded_for_comparing_only() {
    let result = one(
        who("e", "Zoë", "Łukaszewicz-Ørsted").born("1991-05-06").at("York"),
        who("u", "Zoe", "Lukaszewicz-Orsted").born("1991-05-06").at("York"),
    );
    assert_eq!((result.verdict, level(&result, "first_name")), (Verdict::Link, "exact".to_owned()));
    let bar = result.candidates[0].evidence.iter().find(|bar| bar.field == "first_name").unwrap();
    assert_eq!((bar.source_value.as_deref(), bar.destination_value.as_deref()), (Some("Zoë"), Some("Zoe")));
}

#[test]
fn c_02_another_script_is_a_suggestion_only() {
    let result = one(
        who("e", "Иван", "Петров").born("1988-02-03").at("York").started("2020-01-15"),
        who("u", "Ivan", "Petrov").born("1988-02-03").at("York").started("2020-01-15"),
    );
    assert_eq!((result.verdict, result.candidates[0].user.as_str()), (Verdict::Review, "u"));
}

#[test]
fn c_03_apostrophes_and_hyphens_are_one() {
    for (left, right) in [("O'Neill", "O\u{2019}Neill"), ("Smith-Jones", "Smith Jones"), ("St. John", "St John")] {
        assert_eq!(normalize::name(left), normalize::name(right));
    }
}

#[test]
fn c_03_a_typographic_apostrophe_is_no_difference() {
    let result = one(
        who("e", "Sinead", "O'Neill-Castro").born("1983-03-19").at("Hull"),
        who("u", "Sinead", "O\u{2019}Neill Castro").born("1983-03-19").at("Hull"),
    );
    assert_eq!((result.verdict, level(&result, "last_name")), (Verdict::Link, "exact".to_owned()));
}

#[test]
fn c_04_particles_in_any_order_are_a_suggestion() {
    for other in ["Berg, van der", "Van Der Berg", "Berg"] {
        let result = one(
            who("e", "Annelies", "van der Berg").born("1979-09-08").at("Hull"),
            who("u", "Annelies", other).born("1979-09-08").at("Hull"),
        );
        let expected = if other == "Van Der Berg" { Verdict::Link } else { Verdict::Review };
        assert_eq!(result.verdict, expected, "{other}");
    }
}

#[test]
fn c_05_one_surname_of_two_is_never_automatic() {
    let result = one(
        who("e", "Lucia", "Fernandez Ibarra").born("1990-10-11").at("Bath").started("2019-03-04"),
        who("u", "Lucia", "Fernandez").born("1990-10-11").at("Bath").started("2019-03-04"),
    );
    assert_eq!(result.verdict, Verdict::Review);
    assert!(result.candidates[0].probability > 0.9);
}

#[test]
fn c_06_a_married_name_under_a_new_id_goes_to_review() {
    let result = one(
        who("e", "Philippa", "Novakova").born("1992-12-13").at("Leeds").started("2018-05-21"),
        who("u", "Philippa", "Grantham").born("1992-12-13").at("Leeds").started("2018-05-21"),
    );
    assert_eq!(result.verdict, Verdict::Review);
}

#[test]
fn c_07_known_as_counts_as_a_first_name() {
    let result = one(
        who("e", "Xiaoming", "Zhuang").called("Kevin").born("1995-01-22").at("York"),
        who("u", "Kevin", "Zhuang").born("1995-01-22").at("York"),
    );
    assert_eq!((result.verdict, level(&result, "first_name")), (Verdict::Link, "exact".to_owned()));
}

#[test]
fn c_08_twins_are_never_linked_by_themselves() {
    let home = "14 Rowan Terrace";
    let result = one(
        who("e", "Daniela", "Sorrentino").born("1999-03-17").at("Derby").home(home).started("2021-06-01"),
        who("u", "Raffaele", "Sorrentino").born("1999-03-17").at("Derby").home(home).started("2021-06-01"),
    );
    assert!(matches!(result.verdict, Verdict::Review | Verdict::New), "{:?}", result.verdict);
}

#[test]
fn c_09_names_alone_never_link() {
    let result = one(who("e", "Bartholomew", "Zwingli"), who("u", "Bartholomew", "Zwingli"));
    assert_eq!(result.verdict, Verdict::Review);
    let father_and_son = one(
        who("e", "John Robert", "Ashdown").born("1960-04-05"),
        who("u", "John Clayton", "Ashdown").born("1991-07-09"),
    );
    assert_ne!(father_and_son.verdict, Verdict::Link);
}

#[test]
fn c_10_swapped_names_are_suggested_not_created() {
    for first in ["Timothy", "Timmy"] {
        let result = one(
            who("e", "Timothy", "Brennan").born("1999-05-26").at("York"),
            who("u", "Brennan", first).born("1999-05-26").at("York"),
        );
        assert_eq!((result.verdict, level(&result, "first_name")), (Verdict::Review, "swapped".to_owned()));
    }
}

#[test]
fn c_11_a_missing_surname_is_missing_and_not_a_dot() {
    assert_eq!((normalize::name("."), normalize::name("XXX")), (String::new(), String::new()));
    let result = one(who("e", "Sukarno", ".").born("1990-01-02"), who("u", "Sukarno", "").born("1990-01-02"));
    assert_eq!(level(&result, "last_name"), "missing");
}

#[test]
fn c_12_emoji_and_invisible_characters_are_no_letters() {
    assert_eq!(normalize::name("🎉 A\u{200b}nn\u{202e}a \u{feff}"), "anna");
    assert_eq!(normalize::identifier(" \u{200b}77 "), "77");
}

#[test]
fn c_13_a_changed_id_is_relinked_after_a_question() {
    // The crowd has agreeing identifiers, so that identifiers are known to be of one kind.
    let (mut source, mut destination) = (crowd("E"), crowd("U"));
    for at in 0..200 {
        source[at].identifier = Some(format!("{at}"));
        destination[at].identifier = Some(format!("{at}"));
    }
    source.push(who("e", "Ottilie", "Zwingli").born("1985-02-24").mail("ottilie.z@acme.example.org").key("5001").0);
    destination.push(who("u", "Ottilie", "Zwingli").born("1985-02-24").mail("ottilie.z@acme.example.org").key("777").0);
    let results = Engine::default().match_people(&source, &destination);
    assert_eq!((results[200].verdict, results[200].candidates[0].user.as_str()), (Verdict::Review, "u"));
}

#[test]
fn c_14_a_tenant_with_new_ids_is_one_event() {
    let ids: Vec<(String, String)> = (100..300).map(|at| (at.to_string(), format!("40718_{at}"))).collect();
    let pairs: Vec<(&str, &str)> = ids.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let finding = rekey::detect(&pairs).unwrap();
    assert_eq!((finding.pattern, finding.people), (RekeyPattern::PrefixAdded("40718_".to_owned()), 200));
}

#[test]
fn c_15_one_id_on_two_people_parks_both() {
    let results = compare(
        &[who("same", "Ottilie", "Zwingli").born("1985-02-24"), who("same", "Bartholomew", "Quill").born("1977-08-14")],
        &[who("u", "Ottilie", "Zwingli").born("1985-02-24")],
    );
    assert!(results.iter().all(|result| result.verdict == Verdict::DuplicateRisk));
}

#[test]
fn c_16_leading_zeros_are_near_twins_not_equal() {
    assert_ne!(normalize::identifier("007"), normalize::identifier("7"));
    assert_eq!(normalize::identifier_twin("007"), normalize::identifier_twin("7"));
}

#[test]
fn c_17_case_and_blanks_of_an_id_are_near_twins() {
    assert_eq!(normalize::identifier(" AB7 "), "AB7");
    assert_ne!(normalize::identifier("AB7"), normalize::identifier("ab7"));
    assert_eq!(normalize::identifier_twin("AB7"), normalize::identifier_twin("ab 7"));
}

/// A crowd whose identifiers agree, then one employee and one user who differ by theirs as told.
fn with_identifiers(employee: Who, user: Who) -> MatchResult {
    let (mut source, mut destination) = (crowd("E"), crowd("U"));
    for at in 0..200 {
        source[at].identifier = Some(format!("A{at}"));
        destination[at].identifier = Some(format!("A{at}"));
    }
    source.push(employee.0);
    destination.push(user.0);
    Engine::default().match_people(&source, &destination).remove(200)
}

#[test]
fn c_16_c_17_near_twins_are_a_question_and_never_a_link() {
    for (left, right) in [("007", "7"), ("AB7x", "ab7X"), ("AB 7", "AB7")] {
        let result = with_identifiers(
            who("e", "Ottilie", "Zwingli").born("1985-02-24").key(left),
            who("u", "Ottilie", "Zwingli").born("1985-02-24").key(right),
        );
        assert_eq!((result.verdict, level(&result, "identifier")), (Verdict::Review, "twin".to_owned()), "{left}");
    }
    let others = with_identifiers(
        who("e", "Ottilie", "Zwingli").born("1985-02-24").key("007"),
        who("u", "Bartholomew", "Quill").born("1961-11-03").key("7"),
    );
    assert_ne!(others.verdict, Verdict::Link);
}

#[test]
fn c_17_an_id_that_differs_by_outer_blanks_only_is_the_same() {
    let result = with_identifiers(
        who("e", "Ottilie", "Zwingli").born("1985-02-24").key(" AB7 "),
        who("u", "Ottilie", "Zwingli").born("1985-02-24").key("AB7"),
    );
    assert_eq!((result.verdict, level(&result, "identifier")), (Verdict::Link, "exact".to_owned()));
}

#[test]
fn c_18_an_email_as_identifier_that_changed_is_case_13() {
    let (mut source, mut destination) = (crowd("E"), crowd("U"));
    for at in 0..200 {
        let mail = source[at].person.email.clone();
        source[at].identifier = mail.clone();
        destination[at].identifier = mail;
    }
    let (old, new) = ("o.zwingli@acme.example.org", "ottilie.huber@acme.example.org");
    source.push(who("e", "Ottilie", "Zwingli").born("1985-02-24").at("York").mail(new).key(new).0);
    destination.push(who("u", "Ottilie", "Zwingli").born("1985-02-24").at("York").mail(old).key(old).0);
    let results = Engine::default().match_people(&source, &destination);
    assert_eq!((results[200].verdict, results[200].candidates[0].user.as_str()), (Verdict::Review, "u"));
}

#[test]
fn c_19_a_reused_id_links_nobody() {
    let (mut source, mut destination) = (crowd("E"), crowd("U"));
    for at in 0..200 {
        source[at].identifier = Some(format!("{at}"));
        destination[at].identifier = Some(format!("{at}"));
    }
    source.push(who("e", "Ottilie", "Zwingli").born("1985-02-24").key("5001").0);
    destination.push(who("u", "Bartholomew", "Quill").born("1961-11-03").key("5001").0);
    let results = Engine::default().match_people(&source, &destination);
    assert_eq!(results[200].verdict, Verdict::Review);
}

#[test]
fn c_23_one_email_on_two_people_is_no_key() {
    let shared = "the.zwinglis@acme.example.org";
    let results = compare(
        &[
            who("e1", "Ottilie", "Zwingli").mail(shared).born("1985-02-24"),
            who("e2", "Bartholomew", "Zwingli").mail(shared).born("1983-07-11"),
        ],
        &[who("u1", "Ottilie", "Zwingli").mail(shared).born("1985-02-24")],
    );
    assert_eq!(results[0].candidates[0].user.as_str(), "u1");
    assert_ne!(results[1].verdict, Verdict::Link);
}

#[test]
fn c_24_role_mailboxes_are_no_evidence() {
    let result = one(
        who("e", "Ottilie", "Zwingli").mail("kitchen@acme.example.org"),
        who("u", "Bartholomew", "Quill").mail("kitchen@acme.example.org"),
    );
    assert_eq!(result.verdict, Verdict::New);
    assert_eq!(normalize::mailbox("info@acme.example.org"), Mailbox::NotPersonal);
}

#[test]
fn c_25_an_inactive_account_is_asked_about_as_a_rehire() {
    let result = one(
        who("e", "Ottilie", "Zwingli").mail("ottilie.z@acme.example.org").born("1985-02-24"),
        who("u", "Ottilie", "Zwingli").mail("ottilie.z@acme.example.org").born("1985-02-24").gone(),
    );
    assert_eq!((result.verdict, result.candidates[0].user.as_str()), (Verdict::Review, "u"));
}

#[test]
fn c_26_the_case_of_an_email_does_not_matter() {
    assert_eq!(normalize::mailbox("Ann.Lee@ACME.com"), normalize::mailbox("ann.lee@acme.com "));
}

#[test]
fn c_26_an_email_in_capitals_is_equal_evidence() {
    let result = one(
        who("e", "Ottilie", "Zwingli").mail("Ottilie.Z@ACME.example.org").born("1985-02-24"),
        who("u", "Ottilie", "Zwingli").mail("ottilie.z@acme.example.org ").born("1985-02-24"),
    );
    assert_eq!((result.verdict, level(&result, "email")), (Verdict::Link, "exact".to_owned()));
}

#[test]
fn c_27_a_changed_email_does_not_hide_the_person() {
    let result = one(
        who("e", "Ottilie", "Zwingli").mail("ottilie.zwingli@acme.example.org").born("1985-02-24").at("York"),
        who("u", "Ottilie", "Zwingli").mail("sunny77@gmail.com").born("1985-02-24").at("York"),
    );
    assert_eq!((result.verdict, level(&result, "email")), (Verdict::Link, "other_kind".to_owned()));
}

#[test]
fn c_28_placeholder_emails_are_missing() {
    for mail in ["none@", "x@x", "none@none.com", "noemail@acme.com", "n/a"] {
        assert_ne!(
            std::mem::discriminant(&normalize::mailbox(mail)),
            std::mem::discriminant(&normalize::mailbox("a.b@acme.com")),
            "{mail}"
        );
    }
}

#[test]
fn c_28_a_repeated_filler_is_no_evidence() {
    let mail = "noemail@acme.example.org";
    let result = one(
        who("e", "Ottilie", "Zwingli").mail(mail).born("1985-02-24"),
        who("u", "Bartholomew", "Quill").mail(mail).born("1961-11-03"),
    );
    assert_eq!(result.verdict, Verdict::New);
}

#[test]
fn c_30_one_person_at_two_operators_is_found_at_each() {
    for operator in ["one", "two"] {
        let person = |id: &str| {
            who(&format!("{operator}-{id}"), "Ottilie", "Zwingli").mail("ottilie.z@gmail.com").born("1985-02-24")
        };
        let result = one(person("e"), person("u"));
        assert_eq!((result.verdict, result.candidates[0].user.as_str()), (Verdict::Link, &*format!("{operator}-u")));
    }
}

#[test]
fn c_31_day_and_month_swapped_is_a_suggestion_and_the_column_decides_the_format() {
    let result = one(
        who("e", "Ottilie", "Zwingli").born("1985-02-04").at("York").started("2020-03-09"),
        who("u", "Ottilie", "Zwingli").born("1985-04-02").at("York").started("2020-03-09"),
    );
    assert_eq!((result.verdict, level(&result, "date_of_birth")), (Verdict::Review, "day_month".to_owned()));
    let head = "id,first_name,last_name,date_of_birth\n1,Ottilie,Zwingli,03/04/1990\n";
    let (people, _) = records::parse(format!("{head}2,Bartholomew,Quill,25/12/1988\n").as_bytes()).unwrap();
    assert_eq!(people[0].person.date_of_birth, Some(jiff::civil::date(1990, 4, 3)));
    let undecided = records::parse(head.as_bytes()).unwrap_err().to_string();
    assert!(undecided.contains("row 2") && undecided.contains("cannot be told apart"), "{undecided}");
}

#[test]
fn c_32_default_and_future_dates_are_missing() {
    let result = one(
        who("e", "Ottilie", "Zwingli").born("1900-01-01").at("York"),
        who("u", "Bartholomew", "Quill").born("1900-01-01").at("Hull"),
    );
    assert_eq!(result.verdict, Verdict::New);
    let file = "id,first_name,last_name,date_of_birth\n1,A,B,1970-01-01\n2,C,D,2999-01-01\n3,E,F,1990-05-06\n";
    let opened = Opened::of_bytes("people", file.as_bytes().to_vec(), Side::Source, &Choices::default()).unwrap();
    let mut born = Vec::new();
    records::each_record(opened, Some(jiff::civil::date(2026, 11, 22)), &mut |person| {
        born.push(person.person.date_of_birth)
    })
    .unwrap();
    let placeholder = dates::pack(1970, 1, 1).is_some_and(dates::is_placeholder);
    assert_eq!((placeholder, born[1], born[2]), (true, None, Some(jiff::civil::date(1990, 5, 6))));
}

#[test]
fn a_second_account_is_a_duplicate_risk() {
    let user = |id| who(id, "Ottilie", "Zwingli").born("1985-02-24").at("York");
    let result = compare(&[user("e")], &[user("u1"), user("u2")]).remove(0);
    assert_eq!((result.verdict, result.candidates.len()), (Verdict::DuplicateRisk, 2));
}

#[test]
fn nobody_is_called_new_who_is_entered_twice() {
    let employee =
        |id| who(id, "Ottilie", "Zwingli").born("1985-02-24").mail("ottilie.zwingli@acme.example.org").at("York");
    let results = compare(&[employee("e1"), employee("e2")], &[]);
    assert!(results.iter().all(|result| result.verdict == Verdict::DuplicateRisk));
}

#[test]
fn short_forms_link_with_a_birth_date() {
    let result = one(
        who("e", "Elizabeth", "Zwingli").born("1985-02-24").at("York"),
        who("u", "Bess", "Zwingli").born("1985-02-24").at("York"),
    );
    assert_eq!((result.verdict, level(&result, "first_name")), (Verdict::Link, "short_form".to_owned()));
}

#[test]
fn a_changed_surname_is_found_in_the_mailbox() {
    let result = one(
        who("e", "Ottilie", "Kensington").born("1985-02-24").mail("ottilie.kensington@acme.example.org"),
        who("u", "Ottilie", "Zwingli").born("1985-02-24").mail("o.kensington77@gmail.com"),
    );
    assert_eq!((result.verdict, level(&result, "last_name")), (Verdict::Review, "mailbox".to_owned()));
}

#[test]
fn leavers_of_the_source_find_their_old_account() {
    let result = one(
        who("e", "Ottilie", "Zwingli").born("1985-02-24").at("York").gone(),
        who("u", "Ottilie", "Zwingli").born("1985-02-24").at("York").gone(),
    );
    assert_eq!((result.verdict, result.candidates[0].user.as_str()), (Verdict::Link, "u"));
}

#[test]
fn initials_in_common_do_not_make_one_person() {
    let home = "261 King Road";
    let result = one(who("e", "Courtney L", "Zwingli").home(home), who("u", "Lisa L", "Zwingli").home(home));
    assert_ne!(result.verdict, Verdict::Link);
    assert!(result.candidates.is_empty() || level(&result, "first_name") == "else");
}

#[test]
fn whom_too_many_resemble_is_not_called_new() {
    let people = |side: &str| -> Vec<MatchPerson> {
        (0..1700).map(|at| who(&format!("{side}{at}"), "John", "Smith").0).collect()
    };
    let results = Engine::default().match_people(&people("E"), &people("U"));
    assert!(results.iter().all(|result| result.verdict == Verdict::DuplicateRisk && !result.candidates.is_empty()));
}

#[test]
fn the_last_ones_left_are_asked_about_by_elimination_and_never_linked() {
    let result = one(who("e", "Esther", "Marlowe").at("York"), who("u", "Esther", "Fontaine").at("York"));
    assert_eq!((result.verdict, result.candidates[0].user.as_str()), (Verdict::Review, "u"));
    let prior = &result.candidates[0].evidence[0];
    assert!(prior.reason.ends_with("of those whom nobody else claims is one person"), "{}", prior.reason);
    let sum: f64 = result.candidates[0].evidence.iter().map(|bar| bar.bits).sum();
    assert!((sum - result.candidates[0].weight).abs() < 1e-9);
    let other = one(who("e", "Quentin", "Marlowe").at("York"), who("u", "Solveig", "Fontaine").at("Hull"));
    assert_eq!(other.verdict, Verdict::New, "that they are left is no evidence by itself");
}
