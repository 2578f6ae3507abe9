//! Credentials of a connection, put in where the console does it.

use super::common::{Desk, employee, world};
use super::console;
use onroll::cli::tenant_file;
use onroll::console::app::Command;
use onroll::console::backend::command;
use onroll::console::screens::settings::data::Act;
use onroll::domain::problem::Problem;
use onroll::domain::secret::{Secret, SecretRef};
use onroll::domain::snapshot::Side;
use onroll::services::connections::{Keep, revoke_secret, set_secret};
use onroll::services::{Access, ServiceError, tenants};
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

#[tokio::test]
async fn a_credential_that_two_tenants_share_is_wiped_for_neither_without_a_word() {
    let desk = Desk::preview_only(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await;
    let first = desk.connection().await;
    let shared = first.destination.secrets["secret"].clone();
    let SecretRef::Sealed(name) = shared.clone() else { panic!() };
    let add = async |short_name: &str| {
        let (_, text) = desk.sandbox.tenant_files().into_iter().next().unwrap();
        let mut new = tenant_file::parse(&text).unwrap();
        (new.name, new.short_name) = (format!("House {short_name}"), short_name.into());
        new.destination.secrets.remove("secret");
        new.destination.endpoint.secrets.insert("secret".into(), shared.clone());
        tenants::add(desk.engine(), &desk.workspace.access, new).await.unwrap();
    };
    add("second").await;
    add("third").await;
    let end = (Side::Destination, "secret");
    let (engine, access) = (desk.engine(), &desk.workspace.access);
    let typed: Problem = revoke_secret(engine, access, &first, end).await.unwrap_err().into();
    assert!(typed.what.contains("House second, House third would lose it too"), "{typed:?}");
    let revoke = Act::Revoke { tenant: desk.short_name.clone(), side: Side::Destination, key: "secret" };
    let clicked = command(&console(&desk), Command::Settings(revoke.clone())).await.unwrap_err();
    assert_eq!(clicked, typed);
    assert_eq!(desk.connection().await.status, first.status, "nobody is switched off");
    assert!(engine.secrets.get(&name).is_ok());
    // One of their own each, and one that is removed: what they shared stays the first one's.
    let second = desk.workspace.connection("second").await.unwrap();
    set_secret(engine, access, &second, end, (Secret::new("own"), Keep::AsBefore)).await.unwrap();
    assert!(engine.secrets.get(&name).is_ok(), "the others still sign in with it");
    let third = desk.workspace.connection("third").await.unwrap();
    engine.remove_connection(&third).await.unwrap();
    assert!(engine.secrets.get(&name).is_ok());
    command(&console(&desk), Command::Settings(revoke)).await.unwrap();
    assert!(engine.secrets.get(&name).is_err(), "nobody shares it any more");
    assert_eq!(engine.secrets.get("second/destination/secret").unwrap().reveal(), "own");
}

#[tokio::test]
async fn who_shares_what_stands_under_the_name_of_a_tenant_that_is_removed_keeps_it() {
    let desk = Desk::preview_only(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await;
    let first = desk.connection().await;
    let (_, text) = desk.sandbox.tenant_files().into_iter().next().unwrap();
    let mut new = tenant_file::parse(&text).unwrap();
    (new.name, new.short_name) = ("Second House".into(), "second".into());
    new.destination.secrets.remove("secret");
    let shared = first.destination.secrets["secret"].clone();
    new.destination.endpoint.secrets.insert("secret".into(), shared);
    tenants::add(desk.engine(), &desk.workspace.access, new).await.unwrap();
    assert_eq!(desk.engine().remove_connection(&first).await.unwrap().credentials_left, Vec::<String>::new());
    let names = desk.engine().secrets.names().unwrap();
    let of_first: Vec<&String> = names.iter().filter(|name| !name.starts_with("second/")).collect();
    assert_eq!(of_first, [&format!("{}/destination/secret", first.short_name)], "{names:?}");
}

#[cfg(not(feature = "keyring"))]
#[tokio::test]
async fn where_no_keyring_is_built_in_it_is_said_and_nothing_moves() {
    let desk = Desk::preview_only(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await;
    let connection = desk.connection().await;
    assert!(onroll::services::connections::no_keyring(desk.engine()).await.unwrap().contains("not in this build"));
    let to_keyring = true;
    let act = Act::MoveSecret { tenant: desk.short_name.clone(), side: Side::Destination, key: "secret", to_keyring };
    let refused = command(&console(&desk), Command::Settings(act)).await.unwrap_err();
    assert!(refused.remedies.iter().any(|remedy| remedy.contains("--features keyring")), "{refused:?}");
    assert_eq!(desk.connection().await.destination.secrets, connection.destination.secrets);
    let name = format!("{}/destination/secret", desk.short_name);
    assert!(desk.engine().secrets.get(&name).is_ok());
}
