//! Tests.

use super::data::{Act, Answer, Ask, Cure};
use crate::console::app::{Command, Effect, Msg, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::run::stage::{self, Stage, TENANT, feed_row, feed_rows};
use crate::domain::run::{FeedLine, Level, Phase};
use crate::store::views::{FeedEdge, FeedFilter, FeedRow};

fn rows() -> Vec<FeedRow> {
    let mut held =
        feed_row(10, Level::Error, "held", Some(("10871", "Tiago Araújo")), "value not mapped: job title `Sub-chefe`");
    held.line.phase = Some(Phase::MatchAndPlan);
    let mut rows = vec![held];
    rows.extend(feed_rows());
    rows
}

fn answer(query: &Query) -> Option<Payload> {
    let Query::Feed(ask) = query else { return None };
    Some(Payload::Feed(match ask {
        Ask::Lines { filter, edge: FeedEdge::Newest, .. } => {
            let fits = |row: &FeedRow| {
                crate::domain::filter::fits(&filter.terms, row, crate::store::views::FeedColumn::ALL.len(), None)
            };
            Answer::Lines { edge: FeedEdge::Newest, rows: rows().into_iter().filter(fits).collect(), reading: false }
        }
        Ask::Lines { edge, .. } => Answer::Lines { edge: *edge, rows: Vec::new(), reading: false },
        Ask::Count { filter, .. } => {
            Answer::Count { found: Some(if filter.terms.is_empty() { 41_920 } else { 318 }), all: 41_920 }
        }
        Ask::Facets { text, .. } => Answer::Facets { text: text.clone(), facets: Vec::new() },
        Ask::Cure { employee, .. } => Answer::Cure(Cure {
            employee: employee.clone(),
            remedy: "map `Sub-chefe` in the job title table; nearest is `Subchefe`".into(),
            mapping: Some(("job_title".into(), "Sub-chefe".into())),
            others: 8,
        }),
    }))
}

fn screen(size: (u16, u16)) -> Stage {
    Stage::new(Place::tenant(ScreenId::Feed, TENANT), size, answer)
}

#[test]
fn newest_first_with_the_detail_of_the_line() {
    for (columns, rows) in [(80, 24), (120, 30), (140, 40)] {
        insta::assert_snapshot!(format!("feed_{columns}x{rows}"), screen((columns, rows)).text());
    }
}

#[test]
fn the_query_line_filters_while_it_is_typed_and_esc_clears_it() {
    let mut stage = screen((120, 30));
    stage.keys("/");
    stage.typed("job title level:error");
    let text = stage.text();
    assert!(text.contains("318 of 41,920"), "{text}");
    assert!(text.contains("Tiago") && !text.contains("Katarzyna"), "{text}");
    stage.keys("enter n");
    insta::assert_snapshot!("filtered_120x30", stage.text());
    stage.keys("esc");
    assert!(stage.text().contains("Katarzyna"));
    stage.keys("/");
    stage.typed("nobody at all");
    assert!(stage.text().contains("No line fits \"nobody at all\".  Esc clears"), "{}", stage.text());
    stage.keys("esc");
    stage.typed("/run:loud");
    assert!(stage.text().contains("run is a number; \"loud\" is none"), "{}", stage.text());
}

#[test]
fn keys_of_the_footer() {
    let mut stage = screen((120, 30));
    stage.keys("y");
    let copied = stage.copied().unwrap().to_owned();
    assert!(copied.contains("10871") && copied.contains("Sub-chefe") && !copied.contains("Tiago"), "{copied}");
    stage.keys("o esc");
    assert_eq!(stage.commands(), []);
    stage.keys("o enter");
    let file = "harbour-vine-feed-20261124-162140.csv".into();
    let act = Act::Save { tenant: TENANT.into(), filter: FeedFilter::default(), file };
    assert_eq!(stage.commands(), [Command::Feed(act)]);
    stage.keys("e");
    assert_eq!(stage.place(), (ScreenId::Mappings, Some("job_title/Sub-chefe".into())));
    stage.keys("esc enter");
    assert_eq!(stage.place(), (ScreenId::Person, Some("10871".into())));
}

#[test]
fn following_reads_what_is_new_and_freezing_does_not() {
    let mut stage = Stage::new(Place::tenant(ScreenId::Feed, TENANT), (120, 30), |query| match query {
        Query::Feed(Ask::Lines { edge: FeedEdge::After(_), .. }) => None,
        query => answer(query),
    });
    stage.send(Msg::FeedMoved(11));
    let asked = |stage: &Stage| {
        stage.rest.iter().any(|effect| {
            matches!(effect, Effect::Query(_, _, Query::Feed(Ask::Lines { edge: FeedEdge::After(10), .. })))
        })
    };
    assert!(!asked(&stage), "rows stand still");
    stage.keys("p f");
    stage.wait(600);
    stage.send(Msg::FeedMoved(12));
    assert!(asked(&stage));
}

#[test]
fn empty_and_loading() {
    let nothing = Stage::new(Place::tenant(ScreenId::Feed, TENANT), (80, 24), |query| match query {
        Query::Feed(Ask::Lines { edge, .. }) => {
            Some(Payload::Feed(Answer::Lines { edge: *edge, rows: Vec::new(), reading: false }))
        }
        Query::Feed(Ask::Count { .. }) => Some(Payload::Feed(Answer::Count { found: Some(0), all: 0 })),
        _ => None,
    });
    insta::assert_snapshot!("empty_80x24", nothing.text());
    let loading = Stage::new(Place::tenant(ScreenId::Feed, TENANT), (80, 24), |_| None);
    assert!(loading.text().contains("reading the log"));
}

#[test]
fn c_shows_what_was_said_for_a_line_that_stands_for_a_request() {
    let mut stage = screen((120, 30));
    stage.keys("g");
    for row in rows() {
        let place = crate::console::screens::said::place_of_feed(TENANT, &row.line);
        stage.keys("c");
        match place {
            Some(place) => {
                assert_eq!(stage.place(), (ScreenId::Said, place.subject));
                stage.keys("esc");
            }
            None => assert!(row.line.employee.is_none(), "a notice of the client is no request of a line"),
        }
        assert_eq!(stage.place().0, ScreenId::Feed);
        stage.keys("down");
    }
    assert!(rows().iter().any(|row| row.line.employee.is_none()) && rows().iter().any(|row| row.line.run.is_some()));
}

#[tokio::test]
async fn the_backend_finds_text_and_names_and_saves_without_names() {
    use crate::console::backend::feed as backend;
    let folder = tempfile::tempdir().unwrap();
    let (context, id) = stage::context(&folder).await;
    stage::pull(&context.store, id, vec![stage::employee("1", "Zoë", "Ångström")], Vec::new()).await;
    let line = |employee: &str, text: &str| FeedLine {
        run: None,
        at: stage::now(),
        level: Level::Warn,
        phase: None,
        employee: Some(employee.into()),
        what: "held".into(),
        text: text.into(),
    };
    context.store.append_feed(id, vec![line("1", "first"), line("2", "value `Sub-chefe`")]).await.unwrap();
    let found = |text: &str| {
        let filter = FeedFilter { text: text.into(), ..FeedFilter::default() };
        let ask = Ask::Lines { tenant: TENANT.into(), filter, edge: FeedEdge::Newest, limit: 9, waits: false };
        let context = &context;
        async move {
            let Answer::Lines { rows, .. } = backend::ask(context, ask).await.unwrap() else { panic!() };
            rows.into_iter().map(|row| row.line.text).collect::<Vec<_>>()
        }
    };
    assert_eq!(found("angstrom").await, ["first"]);
    assert_eq!(found("sub-chefe").await, ["value `Sub-chefe`"]);
    let save = Act::Save { tenant: TENANT.into(), filter: FeedFilter::default(), file: "feed.json".into() };
    let Answer::Saved { path, lines } = backend::act(&context, save).await.unwrap() else { panic!() };
    let file = std::fs::read_to_string(path).unwrap();
    assert!(lines == 2 && file.contains("Sub-chefe") && !file.contains("Zoë"), "{file}");
    let ask = Ask::Cure { tenant: TENANT.into(), employee: "1".into() };
    let Answer::Cure(cure) = backend::ask(&context, ask).await.unwrap() else { panic!() };
    assert_eq!((cure.remedy.as_str(), cure.mapping), ("", None));
}
