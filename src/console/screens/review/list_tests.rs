//! Pictures and keys of the review list (SCREENS 7.21).

use super::data::{
    Answer, Ask, Consequence, Group, ListLine, Mark, Member, Queue, QueueRow, ReviewFigures, ReviewOrder, Rival, Ruled,
};
use super::testing::Bench;
use super::tests::{answers, other, queue, row, rulings};
use crate::console::app::{Payload, Problem, Query};
use crate::console::screens::ScreenId;
use crate::domain::ids::EmployeeId;
use crate::services::reviews::list::{Both, LineUser};
use jiff::civil::date;
use std::cell::Cell;
use std::sync::Arc;

/// A line of the list. 2 has a rival who may be a twin, 5 no user.
pub(super) fn list_line(hold: i64) -> ListLine {
    let number = usize::try_from(hold).unwrap();
    let row = row(number);
    let both = |source: &str, destination: &str, mark| Both {
        source: (!source.is_empty()).then(|| source.to_owned()),
        destination: (!destination.is_empty()).then(|| destination.to_owned()),
        mark,
    };
    ListLine {
        hold,
        identifier: format!("40718_22{number}"),
        name: row.name.clone(),
        code: row.code,
        message: "may already have a user: 8841".into(),
        user: row.user.clone().map(|id| LineUser {
            id,
            name: row.user_name.clone(),
            status: "active".into(),
            is_active: true,
            courses: Some(3),
        }),
        born: Both {
            source: Some(date(1994, 3, 12)),
            destination: (number != 5).then_some(date(1994, 12, 3)),
            mark: if number == 5 { Mark::Missing } else { Mark::Almost },
        },
        email: both(
            [
                "k.wojcik@hvine.example",
                "agnieszka.wrobel-kowalczyk@hvine.example",
                "",
                "c.sahin@hvine.example",
                "r@h.example",
            ]
            .get(number)
            .copied()
            .unwrap_or_default(),
            if number == 5 { "" } else { "kasia.w94@mail.example" },
            if number == 2 || number == 5 { Mark::Missing } else { Mark::Differs },
        ),
        probability: (number != 5).then_some(row.probability),
        because: "same last name, birth date almost equal, other e-mail".into(),
        rival: (number == 2).then(|| Rival {
            employee: "1190".into(),
            name: "Björn Åkerlund".into(),
            born: Some(date(1994, 3, 12)),
            email: None,
            probability: Some(0.38),
            may_be_twin: true,
        }),
        job_title: "Chef de Partie".into(),
        branch: "Quayside".into(),
        records: 0,
        employee: row.employee,
    }
}

/// What a ruling leads to: 3 stays held as a new user, 4 whatever is ruled.
pub(super) fn member(employee: &EmployeeId) -> Member {
    let held = |why: &str| Consequence { held: Some(why.into()), ..Consequence::default() };
    let in_use = "active user 77 of Flow has this e-mail";
    Member {
        employee: employee.clone(),
        link: match employee.as_str() {
            "4" | "5" => held("user 884 belongs to employee 12"),
            _ => Consequence { identifier: true, fields: 4, ..Consequence::default() },
        },
        create: match employee.as_str() {
            "3" | "4" => held(in_use),
            _ => Consequence { creates: true, mails: 1, ..Consequence::default() },
        },
    }
}

#[test]
fn esc_opens_the_list_enter_the_card_and_the_cursor_stays_on_the_person() {
    insta::assert_snapshot!("list_80", listed((80, 24)).picture());
    insta::assert_snapshot!("list_140", listed((140, 40)).picture());
    insta::assert_snapshot!("list_60", listed((60, 16)).picture());
    let mut bench = listed((80, 24));
    bench.keys(&["down", "down"]);
    assert!(
        bench.picture().contains("▸  ? 小林 健") || bench.picture().contains("▸  ? Renée Dubois"),
        "{}",
        bench.picture()
    );
    bench.keys(&["up", "enter"]);
    assert!(bench.picture().contains("Çağla Şahin: probable duplicate"), "{}", bench.picture());
    bench.keys(&["esc"]);
    assert!(bench.picture().contains("▸  ? Çağla Şahin"), "{}", bench.picture());
    assert!(bench.commands.is_empty());
    bench.keys(&["n", "t"]);
    assert!(bench.commands.is_empty(), "the list itself rules nobody");
    bench.keys(&["esc"]);
    assert_eq!(bench.model.place().map(|place| place.screen), Some(ScreenId::Review), "nothing is behind it here");
}

/// Three lines: those alike (0, 1, 2) and two by themselves.
fn listed(size: (u16, u16)) -> Bench {
    fn three_alike(query: &Query) -> Option<Result<Payload, Problem>> {
        let Query::Review(Ask::Queue { .. }) = query else { return answers(query) };
        let rows = (0..6).map(|number| QueueRow { group: (number < 3).then_some(0), ..row(number) });
        let groups = Arc::new(vec![Group { words: "same birth date, same last name".into(), rows: vec![0, 1, 2] }]);
        let queue = Queue { rows: Arc::new(rows.collect()), groups, ..queue() };
        Some(Ok(Payload::Review(Answer::Queue(Some(Box::new(queue))))))
    }
    let mut bench = other(size, three_alike);
    bench.keys(&["esc"]);
    bench
}

#[test]
fn the_marked_are_ruled_alike_and_the_list_comes_back() {
    let mut bench = listed((80, 24));
    bench.keys(&["space", "down", "space"]);
    assert!(bench.picture().contains("2 marked: Katarzyna Wójcik, Renée Dubois"), "{}", bench.picture());
    bench.keys(&["b"]);
    insta::assert_snapshot!("list_group_80", bench.picture());
    bench.key("enter");
    assert!(bench.commands.is_empty(), "it has to be seen first");
    bench.keys(&["t"]);
    let ruled: Vec<String> = rulings(bench.last()).into_iter().map(|(employee, _)| employee).collect();
    assert_eq!(ruled, ["0", "1", "2", "4"], "those alike each by himself");
    let picture = bench.picture();
    assert!(picture.contains("To review, least certain first") && picture.contains("Put 4 people off"), "{picture}");
    bench.wait(9_000);
    assert!(bench.picture().contains("4 of 6"), "{}", bench.picture());
}

#[test]
fn the_rival_is_one_key_away() {
    let mut bench = listed((140, 40));
    let picture = bench.picture();
    assert!(!picture.contains("claims 88"), "the first one has none: {picture}");
    bench.keys(&["c"]);
    assert!(bench.picture().contains("Nobody else claims this user"), "{}", bench.picture());
    fn alone(query: &Query) -> Option<Result<Payload, Problem>> {
        let Query::Review(Ask::Queue { .. }) = query else { return answers(query) };
        let rows = Arc::new((2..3).map(|number| QueueRow { group: None, ..row(number) }).collect());
        Some(Ok(Payload::Review(Answer::Queue(Some(Box::new(Queue { rows, groups: Arc::default(), ..queue() }))))))
    }
    let mut bench = other((140, 40), alone);
    bench.keys(&["esc"]);
    let picture = bench.picture();
    assert!(picture.contains("Björn Åkerlund 38.0 %"), "{picture}");
    assert!(
        picture.contains("rival Björn Åkerlund 1190, born 12 Mar 1994, e-mail (none), claims 882 too: 38.0 %; twins?"),
        "{picture}"
    );
    bench.keys(&["c"]);
    let place = bench.model.place().unwrap();
    assert_eq!((place.screen, place.subject.as_deref()), (ScreenId::Collision, Some("2")));
}

#[test]
fn s_asks_for_another_order_and_marks_stay_on_their_people() {
    thread_local! {
        static ORDER: Cell<ReviewOrder> = const { Cell::new(ReviewOrder::LeastCertain) };
    }
    fn ordered(query: &Query) -> Option<Result<Payload, Problem>> {
        let Query::Review(Ask::Queue { order, .. }) = query else { return answers(query) };
        ORDER.set(*order);
        let numbers: Vec<usize> = if *order == ReviewOrder::Name { (0..6).rev().collect() } else { (0..6).collect() };
        let rows = Arc::new(numbers.into_iter().map(|number| QueueRow { group: None, ..row(number) }).collect());
        Some(Ok(Payload::Review(Answer::Queue(Some(Box::new(Queue {
            rows,
            groups: Arc::default(),
            order: *order,
            ..queue()
        }))))))
    }
    let mut bench = other((80, 24), ordered);
    bench.keys(&["esc", "space", "s"]);
    for letter in ["n", "a", "m"] {
        bench.key(letter);
    }
    bench.keys(&["enter"]);
    assert_eq!(ORDER.get(), ReviewOrder::Name);
    let picture = bench.picture();
    assert!(picture.contains("To review, by name") && picture.contains("1 marked: Katarzyna Wójcik"), "{picture}");
    assert!(picture.contains("▸  ? Agnieszka Wróbel"), "the cursor stays on its person: {picture}");
}
#[test]
fn counters_move_when_something_was_undone_elsewhere() {
    fn progress(query: &Query) -> Option<Result<Payload, Problem>> {
        let Query::Review(Ask::Progress { .. }) = query else { return answers(query) };
        let (figures, ruled) = (ReviewFigures { ruled: 1, left: 5 }, vec![("1".into(), Ruled::New)]);
        Some(Ok(Payload::Review(Answer::Progress { figures, ruled })))
    }
    let mut bench = other((80, 24), progress);
    bench.keys(&["enter", "n"]);
    bench.wait(9_000);
    assert!(bench.picture().contains("2 of 6"), "{}", bench.picture());
    for name in ["rule", "rule"] {
        bench.done(name, Payload::Review(Answer::Ruled));
    }
    assert!(bench.picture().contains("2 of 6"), "{}", bench.picture());
    // On Plan the first of both is undone, and the card is shown again.
    bench.keys(&["5", "4"]);
    assert!(bench.picture().contains("1 of 6"), "{}", bench.picture());
}
