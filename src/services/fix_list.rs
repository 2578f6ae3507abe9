//! The list for HR: what has to be put right in the source, by branch and in the source's own field names, and what was put
//! right since (DESIGN 16).

use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::fix_list::{self, Closed, Fix};
use crate::domain::ids::EmployeeId;
use crate::domain::plan::{Hold, HoldCode};
use crate::engine::Engine;
use crate::files::export::{self, Cell, Table};
use crate::ports::clock::day_in;
use crate::store::FixLine;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// A mail tells what was put right within the last days; how many days.
const LATELY: i32 = 14;
/// The ending of a mail that is not sent yet, as mail programs open it.
const DRAFT: &str = "eml";

/// A line as HR reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Empty where the source names none, and for what concerns everybody.
    pub branch: String,
    /// The person's name; `everybody`.
    pub who: String,
    /// The source's id.
    pub id: String,
    /// The field by the source's own name; empty where it is no field.
    pub field: String,
    pub what: String,
    /// The code of the hold.
    pub code: HoldCode,
    /// Since when it is open, in the tenant's zone.
    pub opened: Date,
    pub closed: Option<(Closed, Date)>,
}

/// The list of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixList {
    pub tenant: String,
    pub source: String,
    /// Today in the tenant's zone.
    pub today: Date,
    /// By branch and name, open ones first.
    pub lines: Vec<Line>,
}

/// How many lines stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    pub open: usize,
    /// People with an open line.
    pub people: usize,
    /// Put right within the last two weeks.
    pub cured: usize,
}

impl FixList {
    /// The figures of the list.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let open: Vec<_> = self.open().collect();
        let people = open.iter().filter(|line| !line.id.is_empty()).map(|line| &line.id);
        Figures {
            open: open.len(),
            people: people.collect::<std::collections::BTreeSet<_>>().len(),
            cured: self.cured_lately().count(),
        }
    }

    fn open(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.closed.is_none())
    }

    fn cured_lately(&self) -> impl Iterator<Item = &Line> {
        let since = self.today.saturating_sub(jiff::Span::new().days(LATELY));
        self.lines.iter().filter(move |line| line.closed.is_some_and(|(how, at)| how == Closed::Cured && at >= since))
    }
}

/// The list of a tenant, by the plans of its runs so far.
///
/// # Errors
/// The store's; a vendor that this build does not know.
pub async fn list(engine: &Engine, connection: &Connection) -> Result<FixList, ServiceError> {
    let store = &engine.store;
    let kept = store.fix_lines(connection.id).await?;
    let holds = match store.latest_plan(connection.id).await? {
        Some(head) => store.plan(head.id).await?.holds,
        None => Vec::new(),
    };
    let employees = store.employees(connection.id).await?;
    let known: BTreeMap<_, _> = employees.iter().map(|employee| (&employee.id, employee)).collect();
    let source = engine.abilities(connection)?.source;
    let chosen = |field: Field| connection.settings.field_map.get(field.key()).map(String::as_str);
    let words = Words {
        source: source.name,
        label: &|field| source.label_of(field, chosen(field)),
        known: &|id| {
            known
                .get(id)
                .map_or_else(|| id.to_string(), |employee| format!("{} ({id})", employee.person.display_name()))
        },
    };
    let day = |at| day_in(at, &connection.time_zone);
    let line = |FixLine { fix, opened, closed }: FixLine| {
        let employee = fix.employee.as_ref().and_then(|id| known.get(id));
        let hold = holds.iter().find(|hold| fix_list::of_hold(hold).any(|one| one == fix));
        let field = fix.field.as_deref().and_then(Field::from_key);
        Line {
            branch: employee.and_then(|one| one.person.branch.clone()).unwrap_or_default(),
            who: match &fix.employee {
                None => "everybody".to_owned(),
                Some(_) => employee.map(|one| one.person.display_name()).unwrap_or_default(),
            },
            id: fix.employee.as_ref().map(ToString::to_string).unwrap_or_default(),
            field: field.map(|field| (words.label)(field)).unwrap_or_default(),
            what: words.what(&fix, field, hold),
            code: fix.code,
            opened: day(opened),
            closed: closed.map(|(how, at)| (how, day(at))),
        }
    };
    let mut lines: Vec<Line> = kept.into_iter().map(line).collect();
    lines.sort_by_cached_key(|line| {
        (
            line.closed.is_some(),
            line.branch.to_lowercase(),
            line.who.to_lowercase(),
            line.id.clone(),
            line.field.clone(),
        )
    });
    let today = day(engine.clock.now());
    Ok(FixList { tenant: connection.tenant_name.clone(), source: source.name.to_owned(), today, lines })
}

struct Words<'a> {
    source: &'a str,
    label: &'a dyn Fn(Field) -> String,
    known: &'a dyn Fn(&EmployeeId) -> String,
}

impl Words<'_> {
    /// What HR is asked to do.
    fn what(&self, fix: &Fix, field: Option<Field>, hold: Option<&Hold>) -> String {
        let label = field.map_or_else(|| "the field".to_owned(), |field| format!("`{}`", (self.label)(field)));
        let others: Vec<String> = hold.iter().flat_map(|hold| &hold.others).map(self.known).collect();
        let with = if others.is_empty() { String::new() } else { format!(": also {}", others.join(", ")) };
        match fix.code {
            HoldCode::MissingField if field == Some(Field::Email) => {
                format!("enter one e-mail address in {label}")
            }
            HoldCode::MissingField => format!("fill in {label}"),
            HoldCode::FieldArchived => format!("{label} is archived in {}: bring it back", self.source),
            HoldCode::DuplicateIdentifier => format!("two records share one id; give each its own{with}"),
            HoldCode::DuplicateEmail => format!("several people share one e-mail address; give each their own{with}"),
            _ => hold.map_or_else(|| format!("correct {label}"), |hold| hold.message.clone()),
        }
    }
}

/// The list as a table, closed lines last.
#[must_use]
pub fn table(list: &FixList) -> Table {
    let mut table =
        Table::new(&["branch", "who", "employee_id", "field", "what to do", "code", "open since", "state", "since"]);
    table.rows.extend(list.lines.iter().map(|line| {
        let (state, since) = line.closed.map_or(("open", None), |(how, at)| (state_words(how), Some(at.to_string())));
        vec![
            line.branch.clone().into(),
            line.who.clone().into(),
            line.id.clone().into(),
            line.field.clone().into(),
            line.what.clone().into(),
            line.code.key().into(),
            line.opened.to_string().into(),
            Cell::from(state),
            since.into(),
        ]
    }));
    table
}

fn state_words(how: Closed) -> &'static str {
    match how {
        Closed::Cured => "put right",
        Closed::Gone => "no longer employed in scope",
        Closed::Ruled => "no longer asked",
    }
}

/// The text of a mail to HR: what is open by branch, then what was put right lately.
#[must_use]
pub fn mail_text(list: &FixList) -> String {
    let mut text = String::new();
    let figures = list.figures();
    if figures.open == 0 {
        let _ = writeln!(text, "Nothing is to be put right in {}.", list.source);
    } else {
        let count = if figures.open == 1 { "one entry".to_owned() } else { format!("{} entries", figures.open) };
        let _ = writeln!(text, "Please put {count} right in {}; the people concerned wait for it.", list.source);
    }
    let mut branch = None;
    for line in list.open() {
        if branch != Some(&line.branch) {
            branch = Some(&line.branch);
            let head = match (line.id.is_empty(), line.branch.is_empty()) {
                (true, _) => "Everybody",
                (false, true) => "Without a branch",
                (false, false) => &line.branch,
            };
            let _ = write!(text, "\n{head}\n");
        }
        let who = if line.id.is_empty() { String::new() } else { format!("{} ({}): ", line.who, line.id) };
        let _ = writeln!(text, "  - {who}{} (since {})", line.what, line.opened);
    }
    let mut cured = list.cured_lately().peekable();
    if cured.peek().is_some() {
        let _ = write!(text, "\nPut right in the last two weeks, thank you\n");
        for line in cured {
            let _ = writeln!(text, "  - {} ({}): {}", line.who, line.id, line.field);
        }
    }
    text
}

/// A mail that is not sent yet: the operator's own mail program opens it, adds whom it goes to, and sends it.
#[must_use]
pub fn mail_draft(list: &FixList) -> String {
    let subject = format!("{}: to be put right in {}", list.tenant, list.source);
    let body = STANDARD.encode(mail_text(list).replace('\n', "\r\n"));
    let mut draft = String::from("X-Unsent: 1\r\nMIME-Version: 1.0\r\n");
    // RFC 2047: at most 75 characters a word, so 42 bytes of text each.
    let words = encoded_words(&subject).join("\r\n ");
    let _ = write!(draft, "Subject: {words}\r\n");
    draft.push_str("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(76));
        let _ = write!(draft, "{line}\r\n");
        rest = after;
    }
    draft
}

fn encoded_words(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for c in text.chars().filter(|c| !c.is_control()) {
        match parts.last_mut() {
            Some(last) if last.len() + c.len_utf8() <= 42 => last.push(c),
            _ => parts.push(c.to_string()),
        }
    }
    parts.into_iter().map(|part| format!("=?UTF-8?B?{}?=", STANDARD.encode(part))).collect()
}

/// Writes the list by the file's ending: CSV, XLSX, JSON, or `.eml` for a mail that is not sent yet.
///
/// # Errors
/// Another ending; a file that cannot be written.
pub fn write(list: &FixList, path: &Path) -> Result<(), export::ExportError> {
    if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case(DRAFT)) {
        return export::write(path, &table(list));
    }
    let draft = mail_draft(list);
    let failed = |source| export::ExportError::Unwritable { path: path.to_owned(), source };
    export::write_whole(path, |out| out.write_all(draft.as_bytes())).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn line(branch: &str, who: &str, closed: Option<(Closed, Date)>) -> Line {
        Line {
            branch: branch.into(),
            who: who.into(),
            id: if who == "everybody" { String::new() } else { format!("id-{who}") },
            field: "Job title".into(),
            what: "fill in `Job title`".into(),
            code: HoldCode::MissingField,
            opened: date(2026, 11, 2),
            closed,
        }
    }

    fn list() -> FixList {
        FixList {
            tenant: "Bäckerei Grünwald und Söhne, Niederlassung Österreich".into(),
            source: "Planday".into(),
            today: date(2026, 11, 20),
            lines: vec![
                line("Leith", "小林 健", None),
                line("Leith", "Ana", None),
                line("Quay", "Bo", None),
                line("", "Cy", Some((Closed::Cured, date(2026, 11, 19)))),
                line("", "Di", Some((Closed::Cured, date(2026, 10, 1)))),
                line("", "Ed", Some((Closed::Ruled, date(2026, 11, 19)))),
            ],
        }
    }

    #[test]
    fn the_mail_goes_by_branch_and_thanks_for_what_was_put_right_lately() {
        insta::assert_snapshot!(mail_text(&list()), @r"
        Please put 3 entries right in Planday; the people concerned wait for it.

        Leith
          - 小林 健 (id-小林 健): fill in `Job title` (since 2026-11-02)
          - Ana (id-Ana): fill in `Job title` (since 2026-11-02)

        Quay
          - Bo (id-Bo): fill in `Job title` (since 2026-11-02)

        Put right in the last two weeks, thank you
          - Cy (id-Cy): Job title
        ");
        assert_eq!(list().figures(), Figures { open: 3, people: 3, cured: 1 });
    }

    #[test]
    fn the_draft_is_a_mail_whose_lines_are_short_and_whose_text_comes_back() {
        let draft = mail_draft(&list());
        let (head, body) = draft.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("X-Unsent: 1\r\n") && draft.lines().all(|line| line.len() <= 78), "{draft}");
        assert!(draft.is_ascii());
        let text = STANDARD.decode(body.replace("\r\n", "")).unwrap();
        assert_eq!(String::from_utf8(text).unwrap().replace("\r\n", "\n"), mail_text(&list()));
        let words = head.split("=?UTF-8?B?").skip(1).map(|word| word.split("?=").next().unwrap());
        let subject: Vec<u8> = words.flat_map(|word| STANDARD.decode(word).unwrap()).collect();
        assert_eq!(
            String::from_utf8(subject).unwrap(),
            "Bäckerei Grünwald und Söhne, Niederlassung Österreich: to be put right in Planday"
        );
    }
}
