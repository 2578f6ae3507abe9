//! The digest as subject, plain text and HTML. All that comes from outside is inert in each of them.

use super::{Digest, NAMED, Ran, Stage, TroubleLine};
use crate::domain::report::page::{Page, Part, clean};
use jiff::Timestamp;

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// `Onroll: all tenants: 41 runs, 14 accounts affected, 2 troubles opened, 3 wait for you`
#[must_use]
pub fn subject(digest: &Digest) -> String {
    let mut parts = vec![
        counted(digest.runs(), "run", "runs"),
        format!("{} affected", counted(digest.written(), "account", "accounts")),
    ];
    let troubles = |stage: Stage| digest.at(stage) as u64;
    for (stage, words) in [(Stage::Opened, "opened"), (Stage::Still, "still broken"), (Stage::Works, "working again")] {
        if troubles(stage) > 0 {
            parts.push(format!("{} {words}", counted(troubles(stage), "trouble", "troubles")));
        }
    }
    if !digest.waiting.is_empty() {
        let waiting = digest.waiting.len() as u64;
        parts.push(if waiting == 1 { "1 waits for you".to_owned() } else { format!("{waiting} wait for you") });
    }
    let begin =
        if digest.nowhere.is_some() { "Onroll: all tenants, and nothing works: " } else { "Onroll: all tenants: " };
    format!("{begin}{}", parts.join(", "))
}

/// The first lines, and how many more there are.
fn cut(mut rows: Vec<(String, String)>) -> Vec<(String, String)> {
    if let Some(more) = rows.len().checked_sub(NAMED).filter(|more| *more > 0) {
        rows.truncate(NAMED);
        rows.push((format!("and {more} more"), String::new()));
    }
    rows
}

fn figures(digest: &Digest) -> Part {
    let mut rows = vec![("runs".to_owned(), digest.runs().to_string())];
    let outcomes = digest.outcomes();
    rows.extend(outcomes.into_iter().map(|(outcome, runs)| {
        let words = outcome.key().replace('_', " ");
        (format!("  {words}"), runs.to_string())
    }));
    rows.push(("accounts affected".to_owned(), digest.written().to_string()));
    let sum = |of: &dyn Fn(&Ran) -> u64| digest.ran.iter().map(of).sum::<u64>();
    rows.push(("lines refused".to_owned(), sum(&Ran::refused).to_string()));
    rows.push(("lines without an answer".to_owned(), sum(&Ran::without_answer).to_string()));
    rows.push(("welcome mails".to_owned(), digest.mails().to_string()));
    Part { head: "What ran", rows }
}

/// Tenants that changed something, or had a run that did not end well; the others are counted.
fn by_tenant(digest: &Digest) -> Option<Part> {
    let told = |ran: &&Ran| ran.written + ran.failed + ran.unknown + ran.bad() > 0;
    let row = |ran: &Ran| {
        let mut parts = vec![counted(ran.runs(), "run", "runs"), format!("{} affected", ran.written)];
        if ran.bad() > 0 {
            parts.push(format!("{} did not end well", ran.bad()));
        }
        for (lines, word) in [(ran.refused(), "refused"), (ran.without_answer(), "without an answer")] {
            if lines > 0 {
                parts.push(format!("{} {word}", counted(lines, "line", "lines")));
            }
        }
        if let Some(mails) = ran.mails.filter(|mails| *mails > 0) {
            parts.push(counted(mails, "welcome mail", "welcome mails"));
        }
        (clean(&ran.tenant), parts.join(", "))
    };
    let mut rows: Vec<(String, String)> = digest.ran.iter().filter(told).map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let quiet = (digest.ran.len() - rows.len()) as u64;
    rows = cut(rows);
    if quiet > 0 {
        rows.push((format!("{} without a change", counted(quiet, "tenant", "tenants")), String::new()));
    }
    Some(Part { head: "By tenant", rows })
}

fn troubles(digest: &Digest) -> Part {
    let utc = |at: Timestamp| at.to_zoned(digest.until.time_zone().clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let mut rows = vec![("now".to_owned(), digest.troubles_now.clone())];
    rows.extend(digest.nowhere.iter().map(|words| (clean(words), String::new())));
    let row = |line: &TroubleLine| {
        let times = if line.times == 1 { "seen once".to_owned() } else { format!("seen {} times", line.times) };
        let when = match line.works_since {
            Some(works) => format!("since {}, {times} before", utc(works)),
            None => format!("{times} since {}", utc(line.opened)),
        };
        let word = match line.stage {
            Stage::Opened => "opened",
            Stage::Still => "still broken",
            Stage::Works => "works again",
        };
        (format!("{word}: {}: {}", clean(&line.tenant), clean(&line.what)), format!("{when}; trouble {}", line.id))
    };
    rows.extend(cut(digest.troubles.iter().map(row).collect()));
    Part { head: "Troubles", rows }
}

fn held(digest: &Digest) -> Part {
    let zone = digest.until.time_zone();
    let mut rows = vec![("now".to_owned(), digest.held_now.clone())];
    rows.extend(digest.held.iter().map(|line| {
        let people = counted(line.people, "person", "people");
        let tenants = counted(line.tenants, "tenant", "tenants");
        let since = line.since.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
        (format!("  {}", line.because), format!("{people} of {tenants}, the first since {since}"))
    }));
    Part { head: "Held", rows }
}

fn page(digest: &Digest) -> Page {
    let facts = vec![
        format!(
            "All tenants, {} to {}",
            digest.since.strftime("%Y-%m-%d %H:%M"),
            digest.until.strftime("%Y-%m-%d %H:%M %Z")
        ),
        format!("{}.", digest.tenants),
    ];
    let mut parts = vec![figures(digest)];
    parts.extend(by_tenant(digest));
    if !digest.moved.is_empty() {
        let row = |moved: &super::Moved| {
            (clean(&moved.tenant), format!("{}, by {}", moved.states.join(", then "), clean(&moved.by)))
        };
        parts.push(Part { head: "State changed", rows: cut(digest.moved.iter().map(row).collect()) });
    }
    parts.push(troubles(digest));
    parts.push(held(digest));
    if !digest.waiting.is_empty() {
        let row = |one: &super::Waiting| (format!("{}: {}", clean(&one.tenant), clean(&one.what)), one.command.clone());
        parts.push(Part { head: "Waits for you", rows: cut(digest.waiting.iter().map(row).collect()) });
    }
    if !digest.broken.is_empty() {
        let rows = digest.broken.iter().map(|(tenant, why)| (clean(tenant), clean(why))).collect();
        parts.push(Part { head: "Cannot be read", rows });
    }
    let since = digest.since.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ");
    let foot =
        vec![format!("The same as of now: onroll digest --since {since}"), "What is open: onroll troubles".to_owned()];
    Page { facts, parts, foot }
}

/// The digest as plain text.
#[must_use]
pub fn plain(digest: &Digest) -> String {
    page(digest).plain()
}

/// The digest as HTML without anything active.
#[must_use]
pub fn html(digest: &Digest) -> String {
    page(digest).html()
}

#[cfg(test)]
mod tests {
    use super::super::{HeldLine, Moved, Waiting};
    use super::*;
    use crate::domain::any_text::any_text;
    use crate::domain::code::{Code, ProblemCode};
    use crate::domain::inert::is_dangerous;
    use crate::domain::run::RunOutcome;
    use proptest::prelude::*;

    fn digest(text: &str) -> Digest {
        let until: jiff::Zoned = "2026-11-30T07:00:00+00:00[Europe/London]".parse().unwrap();
        let since: jiff::Zoned = "2026-11-29T07:00:00+00:00[Europe/London]".parse().unwrap();
        let opened = since.timestamp();
        let ran = |written| Ran {
            tenant: text.to_owned(),
            short_name: "harbour".into(),
            outcomes: vec![(RunOutcome::Failed, 2), (RunOutcome::Done, 94)],
            written,
            failed: 3,
            unanswered: 2,
            unknown: 1,
            mails: Some(9),
        };
        let quiet =
            Ran { outcomes: vec![(RunOutcome::Done, 96)], failed: 0, unanswered: 0, unknown: 0, mails: None, ..ran(0) };
        let line = |stage, works_since| TroubleLine {
            stage,
            id: 7,
            tenant: text.to_owned(),
            code: Code::Problem(ProblemCode::CredentialsRefused),
            what: text.to_owned(),
            times: 4,
            opened,
            works_since,
        };
        Digest {
            since,
            until,
            tenants: "2 tenants: 2 live".into(),
            ran: vec![ran(14), quiet],
            moved: vec![Moved {
                tenant: text.to_owned(),
                states: vec!["live".into(), "off".into()],
                by: text.to_owned(),
            }],
            nowhere: None,
            troubles_now: "1 open, 1 quiet".into(),
            troubles: vec![line(Stage::Opened, None), line(Stage::Works, Some(opened))],
            held_now: "1 tenant holds 3 people".into(),
            held: vec![HeldLine { code: "x", because: "value not mapped", people: 3, tenants: 1, since: opened }],
            waiting: vec![Waiting {
                kind: "first_import",
                tenant: text.to_owned(),
                what: "the first import".into(),
                command: "onroll sync harbour --confirm harbour:14".into(),
            }],
            broken: Vec::new(),
        }
    }

    #[test]
    fn the_text_has_the_figures_and_the_very_commands() {
        let one = digest("Harbour Hotels");
        assert_eq!(
            subject(&one),
            "Onroll: all tenants: 192 runs, 14 accounts affected, 1 trouble opened, 1 trouble working again, 1 waits for you"
        );
        let text = plain(&one);
        for wanted in [
            "All tenants, 2026-11-29 07:00 to 2026-11-30 07:00 GMT",
            "runs                     192",
            "    done                   190",
            "96 runs, 14 affected, 2 did not end well, 1 line refused, 3 lines without an answer, 9 welcome mails",
            "1 tenant without a change",
            "live, then off, by Harbour Hotels",
            "opened: Harbour Hotels: Harbour Hotels       seen 4 times since 2026-11-29 07:00; trouble 7",
            "works again: Harbour Hotels: Harbour Hotels  since 2026-11-29 07:00, seen 4 times before; trouble 7",
            "value not mapped  3 people of 1 tenant, the first since 2026-11-29 07:00",
            "onroll sync harbour --confirm harbour:14",
            "onroll digest --since 2026-11-29T07:00:00Z",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
        assert!(html(&one).contains("<td>&nbsp;&nbsp;failed</td><td>2</td>"), "{}", html(&one));
    }

    #[test]
    fn many_lines_are_cut_and_counted() {
        let mut one = digest("Harbour Hotels");
        let line = one.troubles[0].clone();
        one.troubles = vec![line; NAMED + 5];
        assert!(plain(&one).contains("and 5 more"));
        assert_eq!(plain(&one).matches("opened: Harbour").count(), NAMED);
    }

    proptest! {
        #[test]
        fn whatever_a_tenant_is_called_the_message_is_inert(text in any_text()) {
            let one = digest(&text);
            for said in [subject(&one), plain(&one)] {
                prop_assert!(!said.lines().any(|line| line.chars().any(is_dangerous)), "{said:?}");
            }
            let page = html(&one);
            prop_assert!(!page.contains("<script") && !page.contains("<a ") && !page.contains("<img"));
        }
    }
}
