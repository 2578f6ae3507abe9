//! Whose day it is: every rule about days goes by the tenant's zone, on both sides of midnight and of Greenwich.

use crate::desk::Desk;
use crate::pair::employee;
use jiff::civil::{Date, date};
use onroll::domain::decision::Ruling;
use onroll::domain::person::{Employee, EmploymentStatus};
use onroll::domain::plan::{HoldCode, OperationKind, Plan};

/// A zone, a moment, and the day there; the day in Greenwich is another.
const ELSEWHERE: [(&str, &str, Date); 2] = [
    ("Pacific/Auckland", "2026-11-22T12:30:00Z", date(2026, 11, 23)),
    ("Pacific/Honolulu", "2026-11-22T05:00:00Z", date(2026, 11, 21)),
];

async fn desk(zone: &str, now: &str) -> Desk {
    let mut desk = Desk::in_zone(6, zone).await;
    desk.until_settled().await;
    desk.at(now);
    desk
}

fn kinds(plan: &Plan) -> Vec<(String, OperationKind)> {
    let of = |one: &onroll::domain::plan::Operation| (one.employee.as_ref().unwrap().to_string(), one.kind);
    plan.operations.iter().map(of).collect()
}

fn change(desk: &Desk, number: usize, change: impl FnOnce(&mut Employee)) {
    let mut state = desk.pair.lock();
    let wanted = employee(number).id;
    change(state.employees.iter_mut().find(|one| one.id == wanted).unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_leaver_is_switched_off_when_the_last_day_has_ended_in_the_tenants_zone() {
    for (zone, now, today) in ELSEWHERE {
        let desk = desk(zone, now).await;
        for (number, end) in [(1, today.yesterday().unwrap()), (2, today), (3, today.tomorrow().unwrap())] {
            change(&desk, number, |one| {
                one.status = EmploymentStatus::Ended;
                one.person.end_date = Some(end);
            });
        }
        // An end date that has passed counts although the status says active.
        change(&desk, 4, |one| one.person.end_date = Some(today.yesterday().unwrap()));
        change(&desk, 5, |one| one.person.end_date = Some(today));
        let off: Vec<String> = kinds(&desk.plan().await)
            .into_iter()
            .filter(|(_, kind)| *kind == OperationKind::Deactivate)
            .map(|(id, _)| id)
            .collect();
        assert_eq!(off, ["1", "4"], "{zone}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_starter_is_created_on_the_start_date_of_the_tenants_zone() {
    for (zone, now, today) in ELSEWHERE {
        let desk = desk(zone, now).await;
        for (number, start) in [(21, today), (22, today.tomorrow().unwrap())] {
            let mut starter = employee(number);
            starter.person.start_date = Some(start);
            desk.pair.lock().employees.push(starter);
        }
        assert_eq!(kinds(&desk.plan().await), [("21".to_owned(), OperationKind::Create)], "{zone}");
        // One day before, where the connection creates people a day early.
        let mut settings = desk.connection().await.settings;
        settings.create_days_before_start = 1;
        desk.workspace.store.set_settings(desk.id, settings, "test").await.unwrap();
        assert_eq!(desk.plan().await.counts.create, 2, "{zone}");
    }
}

#[tokio::test(start_paused = true)]
async fn later_ends_on_the_day_of_the_tenants_zone() {
    for (zone, now, today) in ELSEWHERE {
        let desk = desk(zone, now).await;
        for (number, until) in [(1, today), (2, today.tomorrow().unwrap())] {
            change(&desk, number, |one| one.person.job_title = None);
            desk.rule(number, Ruling::Later { until: Some(until) }).await;
        }
        let plan = desk.plan().await;
        let codes: Vec<HoldCode> = plan.holds.iter().map(|hold| hold.code).collect();
        assert_eq!(codes, [HoldCode::MissingField, HoldCode::Later], "{zone}");
    }
}
