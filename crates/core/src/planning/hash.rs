//! The hash of a plan: what it was made from and what it says, without the order of the input and without times.

use super::PlanInput;
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::person::{Employee, Person, Unreadable, UserStatus};
use crate::domain::plan::{Hold, Operation};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::{self, BufWriter, Write};

struct HashWriter(Sha256);

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first 16 hex digits of a digest.
pub(super) fn short(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn feed<T: Serialize>(out: &mut impl Write, value: &T) {
    // The hasher never fails, and the values are plain structs whose keys are text.
    let _ = serde_json::to_writer(&mut *out, value);
    let _ = out.write_all(b"\n");
}

/// A user without what the destination changes by itself (training).
#[derive(Serialize)]
struct UserPart<'a> {
    id: &'a UserId,
    identifier: Option<&'a str>,
    person: &'a Person,
    status: &'a UserStatus,
    profile: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<&'a Unreadable>,
}

/// A digest of everything that was planned from. The order of people, options, links and rulings does not count, nor who
/// mapped or ruled and when.
pub(super) fn of_input(input: &PlanInput<'_>) -> String {
    let mut out = BufWriter::with_capacity(1 << 16, HashWriter(Sha256::new()));
    let mut employees: Vec<_> = input.employees.iter().collect();
    // Two records of one id are rare; then their text decides, not the order of the input.
    let text = |employee: &Employee| serde_json::to_string(employee).unwrap_or_default();
    employees.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| text(a).cmp(&text(b))));
    employees.iter().for_each(|employee| feed(&mut out, employee));
    let mut users: Vec<_> = input.users.iter().collect();
    users.sort_by(|a, b| a.id.cmp(&b.id));
    for user in users {
        let part = UserPart {
            id: &user.id,
            identifier: user.identifier.as_ref().map(|identifier| identifier.as_str()),
            person: &user.person,
            status: &user.status,
            profile: user.access_profile.as_deref(),
            manager: user.manager.as_ref().map(UserId::as_str),
            unreadable: user.unreadable.as_ref(),
        };
        feed(&mut out, &part);
    }
    let mut options: Vec<_> = input.options.iter().collect();
    options.sort_by(|a, b| (a.list, &a.key).cmp(&(b.list, &b.key)));
    options.iter().for_each(|option| feed(&mut out, option));
    let mut tables: Vec<_> = input.tables.iter().collect();
    tables.sort_by_key(|table| table.list);
    for table in tables {
        feed(&mut out, &(table.list, table.verbatim));
        table.rows.iter().for_each(|(value, row)| feed(&mut out, &(value, &row.target)));
    }
    let mut links: Vec<_> = input.links.iter().collect();
    links.sort_by(|a, b| (&a.employee, &a.user).cmp(&(&b.employee, &b.user)));
    links.iter().for_each(|link| feed(&mut out, &(&link.employee, &link.user, &link.identifier, link.active)));
    let mut decisions: Vec<_> = input.decisions.iter().collect();
    decisions.sort_by(|a, b| a.employee.cmp(&b.employee));
    decisions.iter().for_each(|one| feed(&mut out, &(&one.employee, &one.ruling, &one.key_fields)));
    let mut pairs: Vec<_> = input.not_same.iter().collect();
    pairs.sort_unstable();
    pairs.iter().for_each(|pair| feed(&mut out, pair));
    let mut beside: Vec<_> = input.pairs.iter().collect();
    beside.sort_by(|a, b| (&a.employee, &a.other).cmp(&(&b.employee, &b.other)));
    beside.iter().for_each(|pair| feed(&mut out, &(&pair.employee, &pair.other, pair.verdict, &pair.seen)));
    // A plan is the same whenever it is carried out.
    feed(&mut out, &input.settings.without_schedule());
    feed(&mut out, &(&input.facts.archived_fields, input.can_create_options));
    finish(out)
}

/// The hash of a plan made from input with this digest (or of a part of a plan with this hash).
pub(super) fn of_result(base: &str, operations: &[Operation], holds: &[Hold]) -> String {
    let mut out = BufWriter::with_capacity(1 << 16, HashWriter(Sha256::new()));
    feed(&mut out, &base);
    operations.iter().for_each(|operation| feed(&mut out, operation));
    let held: Vec<&EmployeeId> = holds.iter().map(|hold| &hold.employee).collect();
    feed(&mut out, &held);
    holds.iter().for_each(|hold| feed(&mut out, hold));
    finish(out)
}

fn finish(out: BufWriter<HashWriter>) -> String {
    out.into_inner().map(|writer| short(&writer.0.finalize())).unwrap_or_default()
}
