//! Credentials of a connection, put in where the console does it.

use super::common::{Desk, employee, world};
use super::console;
use onroll::console::app::Command;
use onroll::console::backend::command;
use onroll::console::screens::settings::data::Act;
use onroll::domain::secret::Secret;
use onroll::domain::snapshot::Side;
use onroll::services::connections::{Keep, set_secret};
use onroll::services::{Access, ServiceError};
use serde_json::json;

#[tokio::test]
async fn a_credential_is_kept_where_the_removal_finds_it_and_no_other_is() {
    let desk = Desk::preview_only(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await;
    let connection = desk.connection().await;
    let name = format!("{}/destination/secret", desk.short_name);
    let kept = || desk.engine().secrets.get(&name).unwrap().reveal().to_owned();
    let new = |key| Act::SetSecret {
        tenant: desk.short_name.clone(),
        side: Side::Destination,
        key,
        secret: Secret::new("new"),
    };
    command(&console(&desk), Command::Settings(new("secret"))).await.unwrap();
    assert_eq!(kept(), "new");
    let refused = command(&console(&desk), Command::Settings(new("password"))).await.unwrap_err();
    assert_eq!(refused.what, "this destination has no credential called `password`");
    let end = (Side::Destination, "secret");
    let look = Access::read_only("rosa");
    let refused =
        set_secret(desk.engine(), &look, &connection, end, (Secret::new("other"), Keep::AsBefore)).await.unwrap_err();
    assert!(matches!(refused, ServiceError::Refused(_)), "{refused}");
    assert_eq!(kept(), "new");
}
