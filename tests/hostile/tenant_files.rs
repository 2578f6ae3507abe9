//! What comes in by a tenant file or a flag is checked before anything is stored.

use crate::common::{Desk, employee, user_of, world};
use onroll::cli::tenant_file;
use onroll::domain::settings::Settings;
use onroll::store::StoreError;
use serde_json::json;
use std::path::Path;

const BASE: &str = r#"
name = "Harbour & Vine"
short_name = "harbour-vine"
time_zone = "Europe/London"
[source]
vendor = "planday"
client_id = "a"
refresh_token = "b"
[destination]
vendor = "flow-learning"
base_url = "https://flow.example"
company_id = "HV"
secret = "c"
"#;

fn why(more: &str) -> String {
    tenant_file::parse(&format!("{BASE}\n{more}")).unwrap_err()
}

#[test]
fn numbers_that_no_setting_can_be_are_refused_with_their_key() {
    assert!(tenant_file::parse(BASE).is_ok());
    for bad in ["inf", "-inf", "nan", "-1.0", "1e308", "100.5"] {
        for limit in ["leavers", "creations", "updates", "identifiers"] {
            let text = why(&format!("[settings.limits.{limit}]\npercent = {bad}"));
            assert!(text.starts_with(&format!("settings.limits.{limit}.percent is ")), "{text}");
            assert!(text.contains("from 0 to 100"), "{text}");
        }
        for key in ["new_below", "auto_link"] {
            let text = why(&format!("[settings]\n{key} = {bad}"));
            assert!(text.starts_with(&format!("settings.{key} is ")), "{text}");
        }
        let sets = [format!("settings.limits.leavers.percent={bad}")];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        std::fs::write(&file, BASE).unwrap();
        let problem = tenant_file::read(Some(Path::new(&file)), &sets).unwrap_err();
        assert!(problem.why.contains("limits.leavers.percent"), "{problem:?}");
    }
    assert!(why("[settings]\nretention_days = 0").contains("retention_days"));
    assert!(why("[settings]\ncreate_days_before_start = 400").contains("0 to 365"));
    assert!(why("[settings.limits.leavers]\nnumber = -1\npercent = 5").contains("`-1`"));
}

#[test]
fn unknown_words_are_named_with_the_nearest_right_one() {
    for (more, near) in [
        ("[settings]\nwelcome_mial = true", "`welcome_mail`"),
        ("[settings]\nleavers = \"at-once\"", "`at_once`"),
        ("[settings.limits.leavers]\npercnt = 5", "`percent`"),
        ("[settings.write_policy]\ne-mail = \"never\"", "`email`"),
        ("[settings.write_policy]\nemail = \"allways\"", "`always`"),
        ("[field_map]\njobtitle = \"builtin\"", "`job_title`"),
        ("[mapping.job_tilte]\nverbatim = true", "`job_title`"),
        ("[setings]\n", "`settings`"),
    ] {
        let text = why(more);
        assert!(text.contains("nearest: ") && text.contains(near), "{more}: {text}");
    }
    let zone = |zone: &str| tenant_file::parse(&BASE.replace("Europe/London", zone)).unwrap_err();
    assert!(zone("London").contains("nearest: Europe/London"));
    assert!(zone("Europe/Londn").contains("nearest: Europe/London"));
    let key = tenant_file::parse(&BASE.replace("client_id", "cleint_id")).unwrap_err();
    assert!(key.contains("`cleint_id`; nearest: `client_id`"), "{key}");
}

#[test]
fn what_no_client_can_be_made_from_is_refused_at_once() {
    let url = tenant_file::parse(&BASE.replace("https://flow.example", "not a url")).unwrap_err();
    assert!(url.contains("Flow Learning"), "{url}");
    let rate = tenant_file::parse(&BASE.replace("secret = \"c\"", "secret = \"c\"\nrequests_per_second = 0"));
    assert!(rate.unwrap_err().contains("requests_per_second"));
    let name = tenant_file::parse(&BASE.replace("Harbour & Vine", "\\u202Egnp")).unwrap_err();
    assert!(name.contains("name of a tenant"), "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workspace_itself_takes_no_such_settings() {
    let desk = Desk::preview_only(world(vec![employee(1, "Ana", "Lima", json!({}))], vec![])).await;
    let connection = desk.connection().await;
    let mut settings = connection.settings.clone();
    settings.limits.leavers.percent = f64::INFINITY;
    let refused = desk.store().set_settings(connection.id, settings.clone(), "test").await.unwrap_err();
    assert!(matches!(refused, StoreError::Setting(_)), "{refused}");
    assert_eq!(desk.connection().await.settings, connection.settings);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenant_set_changes_keys_and_keeps_credentials() {
    let desk = Desk::preview_only(world(
        vec![employee(1, "Ana", "Lima", json!({}))],
        vec![user_of(1, "Ana", "Lima", json!({}))],
    ))
    .await;
    let before = desk.connection().await;
    let sets = |sets: &[&str]| sets.iter().map(|set| (*set).to_owned()).collect::<Vec<_>>();
    let edited = |list: &[&str]| tenant_file::edit(&before, &sets(list));
    let after =
        edited(&["settings.limits.leavers.percent=3", "settings.auto_link=0.99", "time_zone=Europe/Paris"]).unwrap();
    assert_eq!((after.settings.limits.leavers.percent, after.settings.auto_link), (3.0, Some(0.99)));
    assert_eq!(after.settings.limits.leavers.number, before.settings.limits.leavers.number);
    assert_eq!((after.time_zone.as_str(), &after.source.secrets), ("Europe/Paris", &before.source.secrets));
    assert_eq!(after.destination, before.destination);
    let back = tenant_file::edit(&after, &sets(&["settings.auto_link=", "settings.limits.leavers="])).unwrap();
    let defaults = Settings::default();
    assert_eq!((back.settings.auto_link, back.settings.limits.leavers), (None, defaults.limits.leavers));
    for (bad, says) in [
        ("short_name=other", "names the tenant"),
        ("mapping.branch.verbatim=true", "onroll mapping"),
        ("source.vendor=peoplehr", "planday cannot become peoplehr"),
        ("source.refresh_token=hunter2", "onroll connection secret"),
        ("settings.limits.leavers.percent=inf", "limits.leavers.percent"),
        ("settings.nonsense=1", "nonsense"),
        ("destination.base_url=", "base_url"),
    ] {
        let problem = edited(&[bad]).unwrap_err();
        assert!(problem.why.contains(says), "{bad}: {problem:?}");
        assert!(!format!("{problem:?}").contains("hunter2"));
    }
}
