//! Settings, the model and the set-up of a tenant: kept by whoever may, and refused in one place.

use super::common::{Desk, employee, output, world};
use super::console;
use onroll::cli::arguments::TenantCommand;
use onroll::cli::tenant;
use onroll::console::app::Command;
use onroll::console::backend::command;
use onroll::console::screens::settings::data as screen;
use onroll::domain::problem::{Problem, ProblemKind};
use onroll::domain::snapshot::Side;
use onroll::engine::checklist::StepKey;
use onroll::services::models::{self, Take};
use onroll::services::{Access, Refusal, ServiceError, settings, tenants};
use serde_json::json;

async fn desk() -> Desk {
    Desk::preview_only(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await
}

fn refused<T: std::fmt::Debug>(deed: Result<T, ServiceError>) {
    assert!(matches!(deed.as_ref().unwrap_err(), ServiceError::Refused(Refusal::ReadOnly)), "{deed:?}");
}

#[tokio::test]
async fn who_may_only_look_changes_no_setting_no_model_and_no_set_up() {
    let desk = desk().await;
    let (connection, engine, look) = (desk.connection().await, desk.engine(), Access::read_only("tim"));
    let before = desk.store().connection(connection.id).await.unwrap();
    refused(settings::save(engine, &look, &connection, connection.settings.clone()).await);
    let rate = (Side::Source, "requests_per_second");
    refused(settings::set_parameter(engine, &look, &connection, rate, Some("5")).await);
    refused(models::propose(engine, &look, &connection).await);
    refused(models::take(engine, &look, &connection, Take::Proposed(None)).await);
    refused(models::take(engine, &look, &connection, Take::Back(None)).await);
    refused(models::draw_sample(engine, &look, &connection, 0.1).await);
    refused(models::rule_sample(engine, &look, &connection, 1, Some(true)).await);
    refused(tenants::repair(engine, &look, &connection.short_name).await);
    refused(tenants::waive_step(engine, &look, &connection, StepKey::PeopleMatched).await);
    refused(tenants::set(engine, &look, connection.clone(), (&["settings.welcome_mail"], &[])).await);
    assert_eq!(desk.store().connection(connection.id).await.unwrap(), before);
    assert_eq!(models::state(engine, &connection).await.unwrap().active.version, 1, "looking is free");
    assert_eq!(settings::pulled(engine, &connection).await.unwrap(), None);
    assert!(settings::what_if(engine, &connection, &connection.settings).await.unwrap().is_none(), "nobody was read");
}

#[tokio::test]
async fn a_setting_is_the_same_deed_from_both_sides() {
    let desk = desk().await;
    let connection = desk.connection().await;
    let keys = vec!["settings.auto_link=0.99".to_owned(), "settings.limits.leavers.percent=3".to_owned()];
    let set = TenantCommand::Set { tenant: desk.short_name.clone(), keys };
    tenant::run(&desk.workspace, &set, &mut output(false).0).await.unwrap();
    let by_command = desk.connection().await.settings;
    let mut wanted = connection.settings.clone();
    desk.store().set_settings(connection.id, wanted.clone(), "test").await.unwrap();
    (wanted.limits.leavers.percent, wanted.auto_link) = (3.0, Some(0.99));
    let save = screen::Act::Save { tenant: desk.short_name.clone(), settings: Box::new(wanted) };
    command(&console(&desk), Command::Settings(save)).await.unwrap();
    assert_eq!(desk.connection().await.settings, by_command);
}

#[tokio::test]
async fn a_parameter_that_no_client_can_work_with_is_not_kept() {
    let desk = desk().await;
    let (connection, access) = (desk.connection().await, Access::full("rosa"));
    let rate = (Side::Source, "requests_per_second");
    let odd = settings::set_parameter(desk.engine(), &access, &connection, rate, Some("many")).await.unwrap_err();
    assert_eq!(Problem::from(odd).kind, ProblemKind::Input);
    assert_eq!(desk.connection().await, connection);
    settings::set_parameter(desk.engine(), &access, &connection, rate, Some("5")).await.unwrap();
    assert_eq!(desk.connection().await.source.parameters["requests_per_second"], "5");
    settings::set_parameter(desk.engine(), &access, &connection, rate, None).await.unwrap();
    assert!(!desk.connection().await.source.parameters.contains_key("requests_per_second"));
}
