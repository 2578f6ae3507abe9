//! The versions of the model, and what the matcher's two limits come to.

use crate::console::backend::Context;
use crate::console::format;
use crate::console::screens::settings::data::{Answer, ModelLine, Models, Proposed};
use crate::domain::connection::Connection;
use crate::domain::problem::Problem;
use crate::matching::decide::PolicyEffect;
use crate::services::models::{self, Proposal, Take};

pub(super) async fn models(context: &Context, connection: &Connection) -> Result<Models, Problem> {
    let state = models::state(&context.engine, connection).await?;
    let counts = &state.rulings;
    let rulings = format::counted((counts.same + counts.not_same) as u64, "ruling", "rulings");
    let day = |at: jiff::Timestamp| {
        let zone = jiff::tz::TimeZone::get(&connection.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        at.to_zoned(zone).strftime("%-d %b").to_string()
    };
    let versions = state.versions.iter().map(|kept| {
        let number = kept.version.version;
        let newest = state.uses.iter().rev().find(|one| one.version == number);
        let taken = newest.map(|one| format!(", taken by {} {}", one.by, day(one.at))).unwrap_or_default();
        let from = format::counted(kept.version.rulings as u64, "ruling", "rulings");
        ModelLine {
            version: number,
            words: format!("{from}, {} {}{taken}", kept.by, day(kept.at)),
            people: kept.difference.people,
            refusal: kept.verdict.refusal.map(|refusal| refusal.words()),
            used: state.was_used(number),
        }
    });
    Ok(Models {
        active: state.active.version,
        back: state.before(),
        versions: versions.collect(),
        rulings: format!("{rulings}, {} audited", format::count(counts.audited as u64)),
    })
}

pub(super) async fn propose(context: &Context, connection: &Connection) -> Result<Option<Box<Proposed>>, Problem> {
    let proposal = models::propose(&context.engine, &context.access, connection).await?;
    Ok(proposal.map(|proposal| {
        Box::new(Proposed {
            version: proposal.version.version,
            passed: proposal.verdict.passed(),
            lines: proposal_lines(&proposal),
        })
    }))
}

fn proposal_lines(proposal: &Proposal) -> Vec<String> {
    let (verdict, difference) = (&proposal.verdict, &proposal.difference);
    let mut lines = Vec::new();
    lines.extend(verdict.refusal.map(|refusal| format!("✗ Refused: {}", refusal.words())));
    let glyph = if verdict.passed() { "✓" } else { "i" };
    let examples = format::counted(verdict.examples as u64, "ruling", "rulings");
    let ((surprise, then), (wrong, still)) = (verdict.log_loss, verdict.wrong_links);
    lines.push(format!("{glyph} On {examples} held back: surprise {surprise:.3} → {then:.3} bits"));
    lines.push(format!("{glyph} Wrong links among them: {wrong} → {still}"));
    let (wrong, still) = verdict.control;
    lines.push(format!("{glyph} Control set, wrong pairs it is sure of: {wrong} → {still}"));
    lines.push(match difference.people {
        0 => "= Nobody's outcome changes".to_owned(),
        people => format!("~ {} another outcome", format::counted(people.into(), "person gets", "people get")),
    });
    lines.extend(effect_lines(&difference.before, &difference.after));
    if !proposal.flagged.is_empty() {
        let links = format::counted(proposal.flagged.len() as u64, "link", "links");
        let ids: Vec<&str> = proposal.flagged.iter().take(5).map(|id| id.as_str()).collect();
        lines.push(format!("! {links} made by weight would be asked about today: {}", ids.join(", ")));
    }
    lines.extend(proposal.version.words_from(&proposal.active).into_iter().map(|words| format!("~ {words}")));
    lines
}

/// What the matcher says of those whom nothing ties, under two policies or versions.
pub(super) fn effect_lines(was: &PolicyEffect, is: &PolicyEffect) -> Vec<String> {
    let moved = |before: usize, after: usize| {
        let (before, after) = (format::count(before as u64), format::count(after as u64));
        if before == after { after } else { format!("{before} → {after}") }
    };
    let expected = |before: f64, after: f64| {
        let (before, after) = (format!("{before:.2}"), format!("{after:.2}"));
        if before == after { after } else { format!("{before} → {after}") }
    };
    vec![
        format!(
            "i Linked by itself {}, expected wrong {}",
            moved(was.links, is.links),
            expected(was.expected_wrong, is.expected_wrong)
        ),
        format!(
            "i Review {}, duplicate risk {}",
            moved(was.review, is.review),
            moved(was.duplicate_risk, is.duplicate_risk)
        ),
        format!(
            "i New {}, expected missed {}",
            moved(was.new, is.new),
            expected(was.expected_missed, is.expected_missed)
        ),
    ]
}

pub(super) async fn take(
    context: &Context,
    connection: &Connection,
    version: u32,
    back: bool,
) -> Result<Answer, Problem> {
    let take = if back { Take::Back(Some(version)) } else { Take::Proposed(Some(version)) };
    let (version, plan) = models::take(&context.engine, &context.access, connection, take).await?;
    Ok(Answer::Took { version, operations: plan.map(|saved| saved.plan.counts.operations()) })
}
