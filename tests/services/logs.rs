//! Lines of the feed log: printed, saved, in an order.

use super::common::{Desk, employee, output, world};
use clap::Parser;
use onroll::cli::arguments::{Arguments, Command, LogsArguments};
use onroll::cli::{logs, tenant_file};
use onroll::domain::ids::ConnectionId;
use onroll::domain::run::{FeedLine, Level, Phase};
use onroll::services::tenants;
use serde_json::{Value, json};

fn asked(words: &[&str]) -> LogsArguments {
    let parsed = Arguments::try_parse_from([&["onroll", "logs"], words].concat());
    let Ok(Some(Command::Logs(arguments))) = parsed.map(|parsed| parsed.command) else { panic!("{words:?}") };
    arguments
}

/// Two tenants with the same lines, many alike.
async fn desk() -> Desk {
    let people = vec![employee(1, "Zoe", "Lima", json!({})), employee(2, "Ben", "Tan", json!({}))];
    let desk = Desk::preview_only(world(people, Vec::new())).await;
    desk.preview().await;
    let (_, text) = desk.sandbox.tenant_files().into_iter().next().unwrap();
    let mut new = tenant_file::parse(&text).unwrap();
    (new.name, new.short_name) = ("Second House".into(), "second".into());
    tenants::add(desk.engine(), &desk.workspace.access, new).await.unwrap();
    for connection in desk.store().connections().await.unwrap() {
        put_lines(&desk, connection.id).await;
    }
    desk
}

async fn put_lines(desk: &Desk, id: ConnectionId) {
    let line = |number: usize| FeedLine {
        run: None,
        at: "2026-11-22T12:00:00Z".parse().unwrap(),
        level: [Level::Info, Level::Error, Level::Warn][number % 3],
        phase: [None, Some(Phase::Create), Some(Phase::Update)][number % 3],
        employee: Some(["1", "2", "3"][number % 3].into()),
        what: ["updated", "created", "held"][number % 3].to_owned(),
        text: format!("=line {}, \u{202e}\"quoted\"\n{number}", number % 7),
    };
    desk.store().append_feed(id, (0..60).map(line).collect()).await.unwrap();
}

async fn printed(desk: &Desk, words: &[&str]) -> Vec<Value> {
    let (mut out, told, _) = output(true);
    logs::run(&desk.workspace, &asked(words), &mut out).await.unwrap();
    told.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const KEYS: [&str; 8] = ["tenant", "at", "run", "phase", "level", "employee_id", "what", "text"];

fn cells(row: &Value, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned)).collect()
}

#[tokio::test]
async fn what_is_saved_is_what_is_printed_whatever_is_asked_and_in_whatever_order() {
    let desk = desk().await;
    let file = |ending: &str| desk.workspace.dir.join(format!("lines.{ending}"));
    for filter in [
        vec![],
        vec!["second"],
        vec!["--level", "warn"],
        vec!["--search", "zoe"],
        vec!["--search", "line 3"],
        vec!["--person", "2", "--level", "error"],
        vec!["--filter", "level:warn,error !what:held"],
        vec!["--sort", "who"],
        vec!["--sort", "text:desc", "--filter", "phase:create"],
        vec!["second", "--sort", "level:desc", "--limit", "7"],
        vec!["--filter", "nobody-says-this"],
    ] {
        let limited = filter.contains(&"--limit");
        let all = if limited { filter.clone() } else { [&filter[..], &["--limit", "100000"]].concat() };
        let lines = printed(&desk, &all).await;
        assert_eq!(lines.is_empty(), filter.contains(&"nobody-says-this"), "{filter:?}");
        let with_tenant = filter.first() != Some(&"second");
        let keys = if with_tenant { &KEYS[..] } else { &KEYS[1..] };
        let wanted: Vec<Vec<String>> = lines.iter().map(|line| cells(line, keys)).collect();
        for ending in ["json", "csv"] {
            let path = file(ending).display().to_string();
            let told = printed(&desk, &[&filter[..], &["--out", &path]].concat()).await;
            assert_eq!(told[0]["rows"], json!(wanted.len()), "{filter:?} {ending}");
            let text = std::fs::read_to_string(file(ending)).unwrap();
            let saved: Vec<Vec<String>> = if ending == "json" {
                let rows: Value = serde_json::from_str(&text).unwrap();
                rows.as_array().unwrap().iter().map(|row| cells(row, keys)).collect()
            } else {
                let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
                let rows = reader.records().map(Result::unwrap);
                rows.map(|row| row.iter().map(|cell| onroll::domain::inert::of_csv(cell).into_owned()).collect())
                    .collect()
            };
            let nothing = |cell: &String| if cell == "null" { String::new() } else { cell.clone() };
            let plain = |rows: &[Vec<String>]| -> Vec<Vec<String>> {
                rows.iter().map(|row| row.iter().map(nothing).collect()).collect()
            };
            assert_eq!(plain(&saved), plain(&wanted), "{filter:?} {ending}");
        }
    }
}

#[tokio::test]
async fn lines_are_put_in_the_order_of_a_column_and_with_a_limit_the_first_ones_come() {
    let desk = desk().await;
    let of = async |words: &[&str], key: &str| -> Vec<String> {
        printed(&desk, words).await.iter().map(|line| cells(line, &[key]).remove(0)).collect()
    };
    let names = of(&["second", "--sort", "who:desc", "--limit", "25"], "name").await;
    assert_eq!(names, ["null"; 25], "nobody of the second tenant was read");
    let levels = of(&["second", "--sort", "level:desc"], "level").await;
    assert_eq!((&levels[0][..], &levels[20][..], &levels[40][..]), ("error", "warn", "info"));
    let texts = of(&["second", "--sort", "text", "--limit", "5"], "text").await;
    // What is equal stands newest first.
    let wanted: Vec<String> =
        [56, 49, 42, 35, 28].map(|number| format!("=line 0, \u{202e}\"quoted\"\n{number}")).to_vec();
    assert!(texts.iter().zip(&wanted).all(|(text, wanted)| text[..8] == wanted[..8]), "{texts:?}");
    let oldest = of(&["second", "--sort", "day", "--limit", "2"], "text").await;
    assert!(oldest[0].ends_with("\n0") && oldest[1].ends_with("\n1"), "{oldest:?}");
    let first = of(&[&desk.short_name, "--sort", "who", "--filter", "what:updated,created"], "name").await;
    let known: Vec<&String> = first.iter().filter(|name| *name != "null").collect();
    assert_eq!((known[0].as_str(), known[20].as_str()), ("Ben Tan", "Zoe Lima"));
    for wrong in ["colour", "who:up", ""] {
        assert!(Arguments::try_parse_from(["onroll", "logs", "--sort", wrong]).is_err(), "{wrong}");
    }
    assert!(Arguments::try_parse_from(["onroll", "logs", "--sort", "who", "--follow"]).is_err());
}
