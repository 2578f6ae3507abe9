//! `/metrics`: what is counted, in the text format of Prometheus (0.0.4). Counters hold what has its end; what may still change
//! is a gauge.

use crate::domain::ids::ConnectionId;
use crate::domain::run::{RunOutcome, RunPurpose, RunTotals};
use crate::services::status::{Figures, RunSum};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What is sent with it as its type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What of the loop itself is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loop {
    pub is_ready: bool,
    pub started: Option<Timestamp>,
    pub last_look: Option<Timestamp>,
}

/// The text. `names`: tenants by their short names; else by their numbers in the workspace.
#[must_use]
pub fn text(figures: &Figures, watch: Loop, names: bool) -> String {
    let mut page = Page { out: String::new(), figures, names };
    page.of_the_program(watch);
    page.runs();
    page.tenants();
    page.queues();
    page.schedules();
    page.out
}

struct Page<'a> {
    out: String,
    figures: &'a Figures,
    names: bool,
}

type Labels<'a> = &'a [(&'a str, &'a str)];

fn is_open(outcome: RunOutcome) -> bool {
    matches!(outcome, RunOutcome::Running | RunOutcome::Paused | RunOutcome::Interrupted)
}

fn is_success(sum: &RunSum) -> bool {
    sum.purpose == RunPurpose::Sync && matches!(sum.outcome, RunOutcome::Done | RunOutcome::DoneWithHeld)
}

/// The lines of a run by what became of them; together they are its plan.
fn lines(totals: &RunTotals) -> [(&'static str, u32); 7] {
    [
        ("written", totals.written),
        ("already", totals.already),
        ("failed", totals.failed),
        ("skipped", totals.skipped()),
        ("parked", totals.parked),
        ("unknown", totals.unknown),
        ("pending", totals.pending),
    ]
}

impl Page<'_> {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: Labels<'_>, value: impl std::fmt::Display) {
        self.out.push_str(name);
        for (place, (label, value)) in labels.iter().enumerate() {
            let lead = if place == 0 { '{' } else { ',' };
            let _ = write!(self.out, "{lead}{label}=\"{}\"", escaped(value));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.out, "{end} {value}");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, kind, help);
        self.sample(name, &[], value);
    }

    fn tenant(&self, id: ConnectionId) -> String {
        let name = self.figures.counted.tenants.get(&id).filter(|_| self.names);
        name.cloned().unwrap_or_else(|| id.0.to_string())
    }

    fn of_the_program(&mut self, watch: Loop) {
        self.head("onroll_build_info", "gauge", "The program that answers.");
        self.sample("onroll_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        self.single("onroll_ready", "gauge", "Whether /ready says yes.", u8::from(watch.is_ready));
        for (name, help, at) in [
            ("onroll_watch_start_time_seconds", "When this watch began.", watch.started),
            ("onroll_watch_last_look_timestamp_seconds", "When all schedules were last looked at.", watch.last_look),
        ] {
            if let Some(at) = at {
                self.single(name, "gauge", help, at.as_second());
            }
        }
        let tenants = self.figures.counted.tenants.len();
        self.single("onroll_tenants", "gauge", "Tenants of the workspace that can be read.", tenants);
    }

    fn runs(&mut self) {
        let figures = self.figures;
        self.head("onroll_runs_total", "counter", "Runs that have ended, by what they were for and how they ended.");
        for purpose in [RunPurpose::Preview, RunPurpose::Sync] {
            for outcome in RunOutcome::ALL.into_iter().filter(|outcome| !is_open(*outcome)) {
                let runs =
                    sum(&figures.counted.runs, |sum| sum.purpose == purpose && sum.outcome == outcome, |sum| sum.runs);
                let labels = [("purpose", purpose.key()), ("result", outcome.key())];
                self.sample("onroll_runs_total", &labels, runs);
            }
        }
        self.head("onroll_runs_open", "gauge", "Runs that have not ended, by how they stand.");
        for outcome in RunOutcome::ALL.into_iter().filter(|outcome| is_open(*outcome)) {
            let runs = sum(&figures.counted.runs, |sum| sum.outcome == outcome, |sum| sum.runs);
            self.sample("onroll_runs_open", &[("state", outcome.key())], runs);
        }
        self.head(
            "onroll_lines_total",
            "counter",
            "Lines of plans of all runs that have ended, by what became of them.",
        );
        let ended = |what: fn(&RunSum) -> u64| sum(&figures.counted.runs, |sum| !is_open(sum.outcome), what);
        for (result, lines) in [
            ("written", ended(|sum| sum.written)),
            ("already", ended(|sum| sum.already)),
            ("failed", ended(|sum| sum.failed)),
            ("skipped", ended(|sum| sum.skipped)),
            ("parked", ended(|sum| sum.parked)),
        ] {
            self.sample("onroll_lines_total", &[("result", result)], lines);
        }
        let mails = ended(|sum| sum.mails);
        let help = "Welcome mails that destinations send for what was written.";
        self.single("onroll_welcome_mails_total", "counter", help, mails);
    }

    fn tenants(&mut self) {
        let figures = self.figures;
        let mut successes: BTreeMap<ConnectionId, Timestamp> = BTreeMap::new();
        for sum in figures.counted.runs.iter().filter(|sum| is_success(sum)) {
            let Some(end) = sum.last_end else { continue };
            successes.entry(sum.connection).and_modify(|last| *last = end.max(*last)).or_insert(end);
        }
        let name = "onroll_last_success_timestamp_seconds";
        self.head(name, "gauge", "When the last sync of a tenant ended well, with people held or without.");
        for (id, end) in successes {
            let tenant = self.tenant(id);
            self.sample(name, &[("tenant", &tenant)], end.as_second());
        }
        let name = "onroll_last_run_lines";
        self.head(name, "gauge", "Lines of the newest sync of a tenant, by what became of them; together its plan.");
        for run in &figures.counted.newest {
            let tenant = self.tenant(run.connection);
            for (result, lines) in lines(&run.totals) {
                self.sample(name, &[("tenant", &tenant), ("result", result)], lines);
            }
        }
        let name = "onroll_last_run_held_people";
        self.head(name, "gauge", "People whom the newest sync of a tenant held; syncs of named people aside.");
        for run in &figures.counted.newest_whole {
            let tenant = self.tenant(run.connection);
            self.sample(name, &[("tenant", &tenant)], run.totals.held);
        }
    }

    fn queues(&mut self) {
        let counted = &self.figures.counted;
        self.head("onroll_webhook_deliveries", "gauge", "Deliveries of webhooks that are kept (40 days), by state.");
        for (state, count) in &counted.deliveries {
            self.sample("onroll_webhook_deliveries", &[("state", state)], count);
        }
        if let Some(oldest) = counted.oldest_delivery {
            let name = "onroll_webhook_oldest_waiting_timestamp_seconds";
            self.single(name, "gauge", "When the oldest delivery came whose run has not ended.", oldest.as_second());
        }
        self.head("onroll_report_mails", "gauge", "Reports of runs to be mailed, by what became of them.");
        for (state, count) in &counted.reports {
            self.sample("onroll_report_mails", &[("state", state)], count);
        }
    }

    fn schedules(&mut self) {
        let schedules = &self.figures.schedules;
        let help = "Runs that are due for more than five minutes and that nothing holds up.";
        self.single("onroll_schedules_late", "gauge", help, schedules.late);
        self.single(
            "onroll_schedules_paused",
            "gauge",
            "Whether all schedules are paused.",
            u8::from(schedules.paused),
        );
        self.head("onroll_schedules_waiting", "gauge", "Tenants whose due run waits, by what for.");
        for (reason, count) in &schedules.waiting {
            self.sample("onroll_schedules_waiting", &[("reason", reason)], count);
        }
        self.single(
            "onroll_runs_at_work",
            "gauge",
            "Tenants that a run is at work on, in any process.",
            schedules.at_work,
        );
        self.single("onroll_watchers", "gauge", "Processes that watch this workspace.", schedules.watchers);
        let name = "onroll_schedule_next_timestamp_seconds";
        self.head(name, "gauge", "When the next run of a tenant is due; past where it is owed.");
        for (id, short_name) in &self.figures.counted.tenants {
            if let Some(due) = schedules.next.get(short_name) {
                let tenant = self.tenant(*id);
                self.sample(name, &[("tenant", &tenant)], due.as_second());
            }
        }
    }
}

fn sum(sums: &[RunSum], of: impl Fn(&RunSum) -> bool, what: impl Fn(&RunSum) -> u64) -> u64 {
    sums.iter().filter(|sum| of(sum)).map(what).sum()
}

/// The value of a label, as the format has it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::status::{Counted, ScheduleFigures};

    fn figures() -> Figures {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let of = |connection, outcome, runs, last_end| RunSum {
            connection: ConnectionId(connection),
            purpose: RunPurpose::Sync,
            outcome,
            runs,
            last_end,
            written: 10,
            already: 1,
            failed: 2,
            skipped: 3,
            parked: 4,
            mails: 5,
        };
        let runs = vec![
            of(1, RunOutcome::Done, 3, at("2026-11-20T02:01:00Z")),
            of(1, RunOutcome::DoneWithHeld, 2, at("2026-11-21T02:01:00Z")),
            of(2, RunOutcome::Failed, 1, at("2026-11-22T02:01:00Z")),
            of(2, RunOutcome::Interrupted, 1, None),
        ];
        let counted = Counted {
            tenants: [(ConnectionId(1), "harbour\"\\\nvine".to_owned()), (ConnectionId(2), "brook".to_owned())].into(),
            runs,
            deliveries: [("queued", 7)].into(),
            ..Counted::default()
        };
        let next = [("brook".to_owned(), "2026-11-23T02:00:00Z".parse().unwrap())].into();
        Figures { counted, schedules: ScheduleFigures { late: 1, next, ..ScheduleFigures::default() } }
    }

    #[test]
    fn what_has_ended_is_counted_and_what_has_not_is_a_gauge() {
        let text = text(&figures(), Loop::default(), false);
        for line in [
            "onroll_runs_total{purpose=\"sync\",result=\"done\"} 3",
            "onroll_runs_total{purpose=\"sync\",result=\"failed\"} 1",
            "onroll_runs_total{purpose=\"preview\",result=\"previewed\"} 0",
            "onroll_runs_open{state=\"interrupted\"} 1",
            "onroll_lines_total{result=\"written\"} 30",
            "onroll_last_success_timestamp_seconds{tenant=\"1\"} 1795226460",
            "onroll_webhook_deliveries{state=\"queued\"} 7",
            "onroll_schedules_late 1",
            "onroll_schedule_next_timestamp_seconds{tenant=\"2\"} 1795399200",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("last_success_timestamp_seconds{tenant=\"2\"}"), "it never ended well");
        assert!(!text.contains("harbour") && !text.contains("brook"), "no tenant is named unless asked");
    }

    #[test]
    fn a_name_that_is_asked_for_ends_no_line() {
        let text = text(&figures(), Loop::default(), true);
        assert!(text.contains(r#"{tenant="harbour\"\\\nvine"} 1795226460"#), "{text}");
    }

    /// The grammar of the format, read by the letter; and each family is declared once, before its samples, by a name that its
    /// kind asks for.
    #[test]
    fn the_text_is_what_prometheus_reads() {
        let text = text(&figures(), Loop { is_ready: true, ..Loop::default() }, true);
        let mut declared: BTreeMap<&str, &str> = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert_eq!(declared.insert(name, kind), None, "{name} is declared twice");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
                continue;
            }
            if line.starts_with("# HELP ") {
                continue;
            }
            let (series, value) = line.rsplit_once(' ').unwrap();
            value.parse::<f64>().unwrap();
            assert!(seen.insert(series.to_owned()), "{series} comes twice");
            let name = series.split('{').next().unwrap();
            assert!(declared.contains_key(name), "{name} is not declared before");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            assert_eq!(series.contains('{'), series.ends_with('}'), "{series}");
        }
        assert!(text.ends_with('\n') && declared.len() > 12);
    }
}
