//! Answers the fleet's lists.

use super::{Context, exports, tenants};
use crate::console::screens::fleet::data::{Act, Answer, Ask, Counts, hold_id, person_id, value_id};
use crate::console::screens::tenants::{counts, data};
use crate::domain::problem::Problem;
use crate::services::fleet::{self, HoldLine, Member, Part, ValueLine};
use crate::services::troubles;
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// Tenants are read for this long in one go: then those that are there are shown.
const AT_ONCE: SignedDuration = SignedDuration::from_millis(60);
/// People who are named of a line.
const NAMED: usize = 60;
/// People who are listed of those whom a search finds.
const LISTED: usize = 300;

/// Whose rows come at once; the others follow, and no letter waits for them.
const SHOWN: usize = 60;
/// Lists that may come into memory before everybody is known.
const AWAITED: usize = 16;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let store = &context.store;
    Ok(match ask {
        Ask::Members => Answer::Members(fleet::members(store).await?),
        Ask::Parts(wanted) => parts(context, wanted).await?,
        Ask::Counts => Answer::Counts(row_counts(context).await?),
        Ask::Held { tenant, code, value } => {
            let connection = context.connection(&tenant).await?;
            let people = fleet::held(store, &connection, (code, value.clone()), NAMED).await?;
            Answer::Held { tenant, code, value, people }
        }
        Ask::Searched => Answer::Searched(fleet::searched(store, &fleet::members(store).await?).await?),
        Ask::Ahead => {
            let members = fleet::members(store).await?;
            let mut landed = store.list_watch();
            for _ in 0..AWAITED {
                if fleet::is_known(store, &members).await? || landed.changed().await.is_err() {
                    break;
                }
            }
            Answer::Ahead
        }
        Ask::Find(text) => {
            let found = fleet::first(store, &fleet::members(store).await?, &text, (SHOWN, LISTED)).await?;
            Answer::Found { text, found }
        }
        Ask::Rest { text, people } => {
            // On the lane that nobody at the keys waits for.
            let people = fleet::rows(&context.engine.store, &fleet::members(store).await?, &people).await?;
            Answer::Rest { text, people }
        }
    })
}

async fn parts(context: &Context, wanted: Vec<String>) -> Result<Answer, Problem> {
    let members = fleet::members(&context.store).await?;
    let clock = &context.engine.clock;
    let begun = clock.now();
    let (mut parts, mut gone) = (Vec::new(), Vec::new());
    for short in wanted {
        if !parts.is_empty() && clock.now().duration_since(begun) > AT_ONCE {
            break;
        }
        match members.iter().find(|member| member.short() == short) {
            Some(member) => parts.push(fleet::part(&context.engine, &context.store, member.clone()).await?),
            // Removed meanwhile, by whatever process.
            None => gone.push(short),
        }
    }
    Ok(Answer::Parts { parts, gone })
}

/// The same figures that Tenants has of its own rows.
async fn row_counts(context: &Context) -> Result<Counts, Problem> {
    let data::Answer::List(entries) = tenants::ask(context, data::Ask::List).await? else {
        return Ok(Counts::default());
    };
    let live = context.runs.samples().into_iter().map(|sample| (sample.tenant.clone(), sample)).collect();
    let troubles = Some(troubles::count(&context.engine).await?.open as u64);
    let counts = counts(&entries, &live, context.engine.clock.now(), &jiff::tz::TimeZone::UTC);
    Ok(Counts { troubles, ..counts })
}

async fn all(context: &Context) -> Result<Vec<Part>, Problem> {
    let mut parts = Vec::new();
    for member in fleet::members(&context.store).await? {
        parts.push(fleet::part(&context.engine, &context.store, member).await?);
    }
    Ok(parts)
}

/// The lines of these ids, in the order of the ids.
fn chosen<'a, L>(
    parts: &'a [Part],
    lines: impl Fn(&'a Part) -> &'a [L],
    id: impl Fn(&Part, &L) -> String,
    wanted: &[String],
) -> Vec<(&'a Part, &'a L)> {
    let mut found: Vec<(usize, (&Part, &L))> = parts
        .iter()
        .flat_map(|part| lines(part).iter().map(move |line| (part, line)))
        .filter_map(|(part, line)| Some((wanted.iter().position(|one| *one == id(part, line))?, (part, line))))
        .collect();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, line)| line).collect()
}

/// Carries out a change: of a file only.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let (what, file, table) = match act {
        Act::SaveHolds { lines, file } => {
            let parts = all(context).await?;
            let id = |part: &Part, line: &HoldLine| hold_id(part.member.short(), line.code, line.past_limit > 0);
            let lines = chosen(&parts, |part| &part.holds, id, &lines);
            ("held people of all tenants, counted", file, fleet::holds_table(lines))
        }
        Act::SaveValues { lines, file } => {
            let parts = all(context).await?;
            let id = |part: &Part, line: &ValueLine| value_id(part.member.short(), &line.field, &line.value);
            let lines = chosen(&parts, |part| &part.values, id, &lines);
            ("values of all tenants", file, fleet::values_table(lines))
        }
        Act::SavePeople { text, people, file } => {
            let members: Vec<Member> = fleet::members(&context.store).await?;
            let found = fleet::search(&context.engine.store, &members, &text, LISTED).await?;
            let wanted: BTreeSet<String> = people.into_iter().collect();
            let id = |one: &fleet::Somebody| {
                person_id(&one.short, one.row.employee.as_ref().map_or("", |employee| employee.as_str()))
            };
            let table = fleet::people_table(found.people.iter().filter(|one| wanted.contains(&id(one))));
            ("people of all tenants", file, table)
        }
    };
    let (path, lines) = exports::save(context, (None, what), &file, table).await?;
    Ok(Answer::Saved { path, lines })
}
