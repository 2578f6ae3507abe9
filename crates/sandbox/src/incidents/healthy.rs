//! A healthy day: what happens in every company, and stops nothing.

use super::Day;
use jiff::ToSpan;

/// One starts, one marries, one moves to another desk, one has left.
pub(super) fn day(day: &mut Day<'_>) {
    let starter = day.starter("990001", "Marisol", "Quintrell");
    let yesterday = day.today.saturating_sub(1.days()).to_string();
    let employees = day.employees();
    let titles: Vec<String> = employees.iter().map(|person| person.job_title.clone()).collect();
    if let Some(person) = employees.get_mut(7) {
        person.last_name = format!("{}-Ashdown", person.last_name);
    }
    if let Some(person) = employees.get_mut(9)
        && let Some(title) = titles.iter().find(|title| **title != person.job_title)
    {
        person.job_title.clone_from(title);
    }
    if let Some(person) = employees.get_mut(11) {
        person.end_date = yesterday;
        "inactive".clone_into(&mut person.status);
    }
    employees.push(starter);
}
