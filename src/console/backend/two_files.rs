//! Answers the screen Two files. Whatever touches a file or compares people is done on a thread that may take its time.

use super::review::{STAYS, shown};
use super::{Context, exports};
use crate::console::screens::review::data::{Card, Choice, Line, Words};
use crate::console::screens::two_files::data::{
    Act, Answer, Ask, DeskHandle, Disposition, DoublesHandle, Kind, Limits, Made, Moved, Part, Result as Found, Ruling,
    Shown, Target, Typed, Wanted, mark,
};
use crate::domain::field::Field;
use crate::domain::plan::{Candidate, Evidence};
use crate::domain::problem::{Problem, ProblemKind};
use crate::files::match_result::folder;
use crate::matching::decide::Policy;
use crate::ports::clock::day_in;
use crate::services::exports::Exported;
use crate::services::match_files::reopen::{self, Made as MadeResult, NotEarlier, NotMade};
use crate::services::match_files::{Desk, Watch, columns, desk, listing};
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let at = Paths::of(context);
    match ask {
        Ask::Folder(folder) => work(move || Answer::Folder(Box::new(listing::list(&at.path(&folder))))).await,
        Ask::Typed { employees, users, out, zone } => {
            let known = move || {
                let one = |text: &str| (!text.trim().is_empty()).then(|| listing::one(&at.path(text)));
                let out = target(&at.path(&out), &zone);
                Answer::Typed(Box::new(Typed { employees: one(&employees), users: one(&users), out }))
            };
            work(known).await
        }
        Ask::Columns { employees, users, mut asked } => {
            // The day that the command takes, so that both write the same.
            asked.today = asked.today.or_else(|| Some(day_in(context.engine.clock.now(), "UTC")));
            asked.source = at.path(&employees);
            asked.destination = (!users.trim().is_empty()).then(|| at.path(&users));
            work(move || Answer::Columns(Box::new(columns::look(*asked)))).await
        }
        Ask::Progress(job) => Ok(Answer::Progress(job.0.progress())),
        Ask::Summary(Found::Desk(desk)) => work(move || Answer::Summary(Box::new(desk.0.summary()))).await,
        Ask::Summary(Found::Doubles(doubles)) => Ok(Answer::Counts(doubles.0.counts())),
        Ask::Lines { desk, part, from, count } => {
            work(move || {
                let (lines, all) = desk.0.lines(&part, from, count);
                Answer::Lines { part, from, all, lines }
            })
            .await
        }
        Ask::Facets { desk, part } => {
            work(move || {
                let facets = desk.0.facets(&part);
                Answer::Facets { part, facets }
            })
            .await
        }
        Ask::Pairs { doubles, from, count } => {
            work(move || Answer::Pairs { from, pairs: doubles.0.pairs(from, count) }).await
        }
        Ask::Card { desk, part, at } => work(move || Answer::Card(card(&desk.0, &part, at).map(Box::new))).await,
        Ask::Limits(desk) => {
            work(move || {
                let pair = desk.0.pair();
                let now = Policy { auto: pair.threshold, new_below: pair.new_below };
                let ([links, news], rulings) = (desk.0.limits(), desk.0.rulings());
                Answer::Limits(Box::new(Limits { links, news, now, rulings }))
            })
            .await
        }
        Ask::Target { folder, zone } => work(move || Answer::Target(target(&at.path(&folder), &zone))).await,
    }
}

/// Does something.
///
/// # Errors
/// What kept it from being done.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let at = Paths::of(context);
    let began = context.engine.clock.now();
    match act {
        Act::Match { round, job, wanted } => {
            let clock = Arc::clone(&context.engine.clock);
            work(move || match reopen::make((*wanted).clone(), &job.0) {
                Ok(made) => {
                    let seconds = clock.now().duration_since(began).as_secs_f64();
                    Answer::Made { round, made: Box::new(made_of(made, *wanted, seconds, None)) }
                }
                Err(error) => not_made(round, error),
            })
            .await
        }
        Act::Open { round, job, folder } => {
            let clock = Arc::clone(&context.engine.clock);
            let path = at.path(&folder);
            work(move || {
                let mut answer = open(round, &job.0, &path);
                if let Answer::Made { made, .. } = &mut answer {
                    made.seconds = clock.now().duration_since(began).as_secs_f64();
                }
                answer
            })
            .await
        }
        Act::Rule { desk, part, at, row, ruling, by } => {
            work(move || rule(&desk.0, &part, at, (row, ruling), &by)).await
        }
        Act::Walk { desk, part, redo } => {
            work(move || {
                let person = if redo { desk.0.redo() } else { desk.0.undo() };
                let kind = person.as_ref().and_then(|person| desk.0.kind(person.row));
                let there = |kind| Part { kind, ..part.clone() };
                let at = person.as_ref().zip(kind).map_or(0, |(person, kind)| desk.0.place(&there(kind), person.row));
                Answer::Walked { name: person.map(|person| named(&person)), kind, at, redo }
            })
            .await
        }
        Act::Write { result, folder, xlsx, zone } => {
            let path = at.path(&folder);
            let (people, target) = (people_of(&result), path.clone());
            let written = move || match &result {
                Found::Desk(desk) => desk.0.write(&path, xlsx, &zone),
                Found::Doubles(doubles) => doubles.0.write(&path, xlsx, &zone),
            };
            let (files, kept) = blocking(written).await?.map_err(|error| {
                Problem::new(ProblemKind::Input, "the result was not written")
                    .with_why(error.to_string())
                    .with_remedy("choose a folder that you may write to and that has room; what was there is as it was")
            })?;
            exports::note(context, &Exported::of_all("match of two files", people), target).await?;
            // What is kept beside the files is none of the four.
            let count = files.iter().filter(|path| path.extension().is_some_and(|ending| ending != "toml")).count();
            Ok(Answer::Written { files: count, folder, kept: kept.map(|path| path.display().to_string()) })
        }
    }
}

/// How many people a result tells of.
fn people_of(result: &Found) -> usize {
    match result {
        Found::Desk(desk) => Kind::ALL.into_iter().map(|kind| desk.0.lines(&Part::all(kind), 0, 0).1).sum(),
        Found::Doubles(doubles) => doubles.0.counts().listed,
    }
}

/// Where typed paths lie.
struct Paths {
    home: Option<PathBuf>,
    here: PathBuf,
}

impl Paths {
    fn of(context: &Context) -> Self {
        let home = (context.engine.environment)("HOME").map(PathBuf::from);
        Paths { home, here: std::env::current_dir().unwrap_or_default() }
    }

    fn path(&self, text: &str) -> PathBuf {
        let text = text.trim();
        match (&self.home, text.strip_prefix('~')) {
            (Some(home), Some("")) => home.clone(),
            (Some(home), Some(rest)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
            _ => self.here.join(text),
        }
    }
}

/// Does something that may take its time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Problem::new(ProblemKind::Failed, "this was not finished")
            .with_why(error.to_string())
            .with_remedy("do it again; nothing was written")
    })
}

async fn work(work: impl FnOnce() -> Answer + Send + 'static) -> Result<Answer, Problem> {
    blocking(work).await
}

fn target(path: &Path, zone: &TimeZone) -> Target {
    let refused = match path.symlink_metadata() {
        Ok(known) if !known.is_dir() && !path.is_dir() => Some("it is a file".to_owned()),
        _ => None,
    };
    let kept = folder::kept_as(path, zone);
    let name = |path: PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    Target { exists: path.is_dir(), written: folder::written_at(path), kept_as: kept.and_then(name), refused }
}

fn made_of(made: MadeResult, wanted: Wanted, seconds: f64, opened: Option<(String, Vec<String>)>) -> Made {
    let result = match made.found {
        reopen::Found::Desk(desk) => Found::Desk(DeskHandle(desk)),
        reopen::Found::Duplicates(doubles) => Found::Doubles(DoublesHandle(doubles)),
    };
    Made { result, wanted, seconds, missed: made.missed, opened }
}

fn not_made(round: u32, error: NotMade) -> Answer {
    let text = error.to_string();
    let (what, why, now, again) = match error {
        NotMade::Stopped => return Answer::Stopped { round },
        NotMade::Gone { .. } => ("A file is gone: nothing was compared", text, "name it again in step 1", true),
        NotMade::Changed { .. } => {
            ("A file has changed: nothing was compared", text, "look at its columns again; they are read anew", true)
        }
        NotMade::Match(_) => ("Nothing was compared", text, "correct the file, or say its columns in step 2", true),
    };
    let problem = Problem::new(ProblemKind::Input, what).with_why(why).with_remedy(now);
    Answer::NotMade { round, problem: problem.into(), again }
}

fn open(round: u32, watch: &Watch, path: &Path) -> Answer {
    let earlier = match reopen::earlier(path) {
        Ok(earlier) => earlier,
        Err(error) => {
            let now = match &error {
                NotEarlier::NothingKept => "match the two lists again: what is written then can be opened",
                NotEarlier::Kept(_) => "put it right by hand, or match the two lists again",
            };
            let problem = Problem::new(ProblemKind::Input, "This result cannot be opened")
                .with_why(error.to_string())
                .with_remedy(now);
            return Answer::NotMade { round, problem: problem.into(), again: false };
        }
    };
    let shown = path.display().to_string();
    if !earlier.changed.is_empty() {
        let changed = earlier.changed.iter().map(|path| path.display().to_string()).collect();
        let moved = Moved { folder: shown, wanted: earlier.wanted, changed };
        return Answer::Moved { round, earlier: Box::new(moved) };
    }
    match reopen::make(earlier.wanted.clone(), watch) {
        Ok(made) => {
            let made = made_of(made, earlier.wanted, 0.0, Some((shown, earlier.edited)));
            Answer::Made { round, made: Box::new(made) }
        }
        Err(error) => not_made(round, error),
    }
}

fn named(person: &desk::Person) -> String {
    if person.name.is_empty() { person.id.clone() } else { person.name.clone() }
}

fn rule(desk: &Desk, part: &Part, at: usize, (row, ruling): (usize, Ruling), by: &str) -> Answer {
    if let Err(error) = desk.rule(row, ruling, by) {
        return Answer::NotRuled(error.to_string());
    }
    let card = desk.card(row);
    let name = card.as_ref().map(|card| named(&card.employee)).unwrap_or_default();
    let user = card.and_then(|card| match card.disposition {
        Disposition::Link(user) => {
            card.choices.into_iter().find(|choice| choice.user.row == user).map(|one| one.user.id)
        }
        _ => None,
    });
    // Who was ruled on has left the list, or stays in it as one for later.
    let from = if desk.row_at(part, at) == Some(row) { at + 1 } else { at };
    let next = desk.open_from(part, from).map(|(at, _)| at);
    Answer::Ruled { row, name, ruling, user: user.unwrap_or_default(), next }
}

fn card(desk: &Desk, part: &Part, at: usize) -> Option<Shown> {
    let (lines, of) = desk.lines(part, at, 1);
    let row = lines.first()?.employee.row;
    let found = desk.card(row)?;
    let choices = found.choices.iter().map(choice).collect();
    let facts = found.facts.iter().map(|(field, value)| (field.words().to_owned(), shown(*field, value))).collect();
    let card = Card {
        employee: found.employee.id.clone(),
        identifier: found.key.clone(),
        name: named(&found.employee),
        facts,
        choices,
        ..Card::default()
    };
    let words =
        Words { source: "employees".to_owned(), destination: "users".to_owned(), identifier: "identifier".to_owned() };
    Some(Shown {
        kind: part.kind,
        at,
        of,
        row,
        card,
        users: found.choices.iter().map(|choice| choice.user.row).collect(),
        holders: found.choices.iter().map(|choice| choice.holder.as_ref().map(named)).collect(),
        reason: found.outcome.words().into_owned(),
        disposition: found.disposition,
        ruled: found.ruled,
        is_active: found.employee.is_active,
        words,
        threshold: desk.pair().threshold,
    })
}

fn choice(found: &desk::Choice) -> Choice {
    let Candidate { weight, probability, evidence, .. } = &found.evidence;
    let find = |key: &str| evidence.iter().find(|line| line.field == key);
    // The head of the card has both identifiers already; what a guard found out stands in words and is not weighed.
    let is_silent = |line: &Evidence| line.bits == 0.0 && line.destination_value.is_none();
    let is_field = |line: &&Evidence| match line.field.as_str() {
        "prior" | "rival" => false,
        "identifier" => !is_silent(line),
        _ => !(is_silent(line) && line.source_value.is_none()),
    };
    let rival = find("rival").map(|line| {
        let words = match &found.rival {
            Some(name) => format!("{name} claims this user too"),
            None => line.reason.clone(),
        };
        (words, line.bits)
    });
    Choice {
        user: found.user.id.clone(),
        name: named(&found.user),
        active: found.user.is_active,
        status: if found.user.is_active { "active" } else { "switched off" }.to_owned(),
        identifier: Some(found.identifier.clone()).filter(|identifier| !identifier.is_empty()),
        probability: *probability,
        lines: evidence.iter().filter(is_field).map(line).collect(),
        prior: find("prior").map(|line| line.bits),
        rival,
        weight: *weight,
        hint: if found.user.is_active { String::new() } else { "switched off".to_owned() },
        ..Choice::default()
    }
}

fn line(line: &Evidence) -> Line {
    let field = Field::from_key(&line.field);
    let value = |given: &Option<String>| {
        let given = given.as_deref().unwrap_or_default();
        field.map_or_else(|| given.to_owned(), |field| shown(field, given))
    };
    let (source, destination) = (value(&line.source_value), value(&line.destination_value));
    let mark = mark(line, &source, &destination);
    let label = field.map_or_else(|| line.field.replace('_', " "), |field| field.words().to_owned());
    let stays = field.is_some_and(|field| STAYS.contains(&field));
    Line { label, source, destination, mark, bits: Some(line.bits), reason: line.reason.clone(), stays }
}
