//! Tests.

use super::data::{Act, Answer, Ask, Form, ModelLine, Models, Parameter, Proposed, WhatIf};
use super::edits::{choose, put_text};
use super::fields::{Key, changed};
use crate::console::app::{Command, Msg, Owner, Payload, Place, Query, RequestSlot};
use crate::console::screens::ScreenId;
use crate::console::screens::run::stage::{self, Stage, TENANT, ago};
use crate::domain::field::Field;
use crate::domain::secret::Secret;
use crate::domain::settings::{RecreatePolicy, Settings};
use crate::domain::snapshot::Side;
use crate::vendors::registry;

fn form() -> Form {
    let source = registry::source("planday").unwrap().capabilities;
    let destination = (registry::destination("flow-learning").unwrap().capabilities)(&Default::default());
    let parameter = |side, spec: &crate::domain::capabilities::ParameterSpec| Parameter {
        side,
        spec: *spec,
        shown: spec.required.then(|| if spec.secret { "in the sealed file".into() } else { "8f1c".into() }),
        in_keyring: (spec.secret && spec.required).then_some(false),
    };
    let mut parameters: Vec<Parameter> = source.parameters.iter().map(|spec| parameter(Side::Source, spec)).collect();
    parameters.extend(destination.parameters.iter().map(|spec| parameter(Side::Destination, spec)));
    Form {
        tenant_name: "Harbour & Vine".into(),
        standing: "LIVE",
        settings: Settings::default(),
        source,
        destination,
        parameters,
        linked: 1_187,
        pulled: Some(ago(1_780)),
        test_code: None,
        tested: Some((ago(600), true, Vec::new())),
        models: models(),
        no_keyring: Some("not in this build (--features keyring)".into()),
        custom_fields: Vec::new(),
    }
}

#[test]
fn a_credential_goes_into_the_keyring_where_one_answers_and_else_it_is_said_why_not() {
    let at = form().parameters.iter().position(|one| one.in_keyring.is_some()).unwrap();
    let (side, key) = (form().parameters[at].side, form().parameters[at].spec.key);
    let mut stage = screen("credentials", (80, 24));
    stage.keys("down ".repeat(at).trim_end());
    assert!(stage.text().contains("no keyring: not in this build"), "{}", stage.text());
    stage.keys("space");
    assert!(stage.text().contains("not in this build") && stage.commands().is_empty());
    let with_keyring = |query: &Query| match query {
        Query::Settings(Ask::Form { .. }) => {
            Some(Payload::Settings(Answer::Form(Box::new(Form { no_keyring: None, ..form() }))))
        }
        other => answer(other),
    };
    let place = Place::tenant(ScreenId::Settings, TENANT).about("credentials");
    let mut stage = Stage::new(place, (80, 24), with_keyring);
    stage.keys("down ".repeat(at).trim_end());
    assert!(
        stage.text().contains("Space into the keyring") && !stage.text().contains("no keyring"),
        "{}",
        stage.text()
    );
    stage.keys("space");
    let moved = Act::MoveSecret { tenant: TENANT.into(), side, key, to_keyring: true };
    assert_eq!(stage.commands(), [Command::Settings(moved)]);
}

/// A pair that carries custom fields.
fn custom_form() -> Form {
    let destination = (registry::destination("learn-amp").unwrap().capabilities)(&Default::default());
    let source = registry::source("peoplehr").unwrap().capabilities;
    Form { source, destination, parameters: Vec::new(), custom_fields: vec!["Badge".into()], ..form() }
}

#[test]
fn a_custom_field_is_one_change_whether_it_is_mapped_or_taken_out() {
    let plain = custom_form();
    let mut mapped = Settings::default();
    put_text(&mut mapped, Key::NewCustom, "Cost centre = custom:APIColumn2").unwrap();
    let key = Key::Map(Field::from_key("custom:Cost centre").unwrap());
    assert_eq!(changed(&plain, &mapped), [key]);
    let saved = Form { settings: mapped.clone(), ..plain };
    assert_eq!(changed(&saved, &Settings::default()), [key]);
    assert_eq!(changed(&saved, &mapped), []);
    put_text(&mut mapped, Key::NewCustom, "Badge = custom:APIColumn1").unwrap();
    choose(&mut mapped, Key::Policy(Field::Department), 1);
    assert_eq!(changed(&saved, &mapped).len(), 2, "whatever stands before and behind it");
}

#[test]
fn a_custom_field_is_mapped_by_keys_and_the_line_for_the_next_one_stays() {
    let answers = |query: &Query| match query {
        Query::Settings(Ask::Form { .. }) => Some(Payload::Settings(Answer::Form(Box::new(custom_form())))),
        other => answer(other),
    };
    for size in [(80, 24), (140, 40)] {
        let mut stage = Stage::new(Place::tenant(ScreenId::Settings, TENANT).about("field_map"), size, answers);
        stage.keys("down down down down down enter");
        for letter in "Cost centre=custom:APIColumn2".chars() {
            stage.keys(&if letter == ' ' { "space".to_owned() } else { letter.to_string() });
        }
        stage.keys("enter");
        let text = stage.text();
        assert!(text.contains("1 setting changed"), "{text}");
        assert!(text.contains("Cost centre") && text.contains("was blank"), "{text}");
        stage.keys("down");
        let text = stage.text();
        assert!(text.contains("Custom field") && text.contains("has Badge"), "{text}");
    }
}

fn models() -> Models {
    let line =
        |version, words: &str, refusal, used| ModelLine { version, words: words.into(), people: 3, refusal, used };
    Models {
        active: 3,
        back: Some(2),
        versions: vec![
            line(2, "140 rulings, rosa 2 Nov, taken by rosa 2 Nov", None, true),
            line(3, "310 rulings, rosa 20 Nov, taken by tim 21 Nov", None, true),
            line(4, "322 rulings, tim 23 Nov", Some("it fits the rulings worse"), false),
            line(5, "360 rulings, tim 24 Nov", None, false),
        ],
        rulings: "452 rulings, 60 audited".into(),
    }
}

fn proposed() -> Answer {
    Answer::Proposed(Some(Box::new(Proposed {
        version: 5,
        passed: true,
        lines: vec![
            "✓ On 92 rulings held back: surprise 0.412 → 0.331 bits".into(),
            "✓ Wrong links among them: 1 → 0".into(),
            "~ 3 people get another outcome".into(),
            "i Linked by itself 41 → 39, expected wrong 0.12 → 0.05".into(),
            "i Review 12 → 14, duplicate risk 2".into(),
            "i New 33, expected missed 0.41 → 0.40".into(),
            "~ first name, close: +0.62 bits".into(),
        ],
    })))
}

fn model_slot() -> RequestSlot {
    RequestSlot { owner: Owner::Screen(1), name: "model" }
}

fn answer(query: &Query) -> Option<Payload> {
    let Query::Settings(ask) = query else { return None };
    Some(Payload::Settings(match ask {
        Ask::Form { .. } => Answer::Form(Box::new(form())),
        Ask::WhatIf { settings, .. } => Answer::WhatIf {
            settings: settings.clone(),
            what_if: WhatIf {
                people: 3,
                lines: vec![
                    "~ 2 people: create → update".into(),
                    "    Ingrid Bjørnstad 871, Rhodri Vaughan 1011".into(),
                    "? 1 person: create → probable duplicate".into(),
                    "    Prisca Obi 655".into(),
                    "✓ 0 people stop syncing".into(),
                ],
            },
        },
    }))
}

fn screen(subject: &str, size: (u16, u16)) -> Stage {
    Stage::new(Place::tenant(ScreenId::Settings, TENANT).about(subject), size, answer)
}

#[test]
fn every_section_is_drawn_from_what_both_ends_can_do() {
    for (columns, rows) in [(80, 24), (100, 32), (140, 40)] {
        insta::assert_snapshot!(format!("users_{columns}x{rows}"), screen("users", (columns, rows)).text());
    }
    for section in ["field_map", "write_policy", "leavers", "limits", "schedule", "credentials"] {
        insta::assert_snapshot!(format!("{section}_100x32"), screen(section, (100, 32)).text());
    }
    let text = screen("users", (100, 32)).text();
    assert!(!text.contains("Known as") && !text.contains("known-as"), "this source does not give it");
}

#[test]
fn an_edit_is_marked_worked_out_and_saved_only_after_the_question() {
    let mut stage = screen("users", (100, 32));
    stage.keys("space down down space");
    assert!(stage.text().contains("~ 2 settings changed, not saved"));
    stage.wait(300);
    insta::assert_snapshot!("edited_100x32", stage.text());
    insta::assert_snapshot!("edited_80x24", {
        let mut small = screen("users", (80, 24));
        small.keys("space down down space");
        small.wait(300);
        small.text()
    });
    stage.keys("ctrl-s");
    assert!(stage.text().contains("Save 2 settings of Harbour & Vine?"));
    stage.wait(400);
    stage.keys("y");
    let settings = Settings { email_fallback: true, recreate: RecreatePolicy::Ask, ..Settings::default() };
    let act = Act::Save { tenant: TENANT.into(), settings: Box::new(settings) };
    assert_eq!(stage.commands(), [Command::Settings(act)]);
    let slot = RequestSlot { owner: Owner::Screen(1), name: "save" };
    stage.send(Msg::Done(slot, Payload::Settings(Answer::Saved { operations: Some(430) })));
    let text = stage.text();
    assert!(text.contains("Saved 2 settings; the new plan has 430 changes"), "{text}");
}

#[test]
fn a_credential_is_revoked_only_after_the_question_and_only_where_there_is_one() {
    let mut stage = screen("credentials", (100, 32));
    let secret = form().parameters.iter().position(|one| one.spec.secret && one.shown.is_some()).unwrap();
    let plain = form().parameters.iter().position(|one| !one.spec.secret).unwrap();
    stage.keys(&format!("{}m", "down ".repeat(plain)));
    assert!(stage.text().contains("the cursor is on no credential"), "{}", stage.text());
    stage.keys("b");
    assert!(!stage.text().contains("Revoke"), "{}", stage.text());
    let mut stage = screen("credentials", (100, 32));
    stage.keys(&format!("{}m b", "down ".repeat(secret)));
    let (label, key) = (form().parameters[secret].spec.label, form().parameters[secret].spec.key);
    let text = stage.text();
    assert!(text.contains(&format!("Revoke {label}?")) && text.contains("switched off"), "{text}");
    stage.wait(400);
    stage.keys("esc");
    assert_eq!(stage.commands(), [], "nothing without a yes");
    stage.keys("m b");
    stage.wait(400);
    stage.keys("y");
    let act = Act::Revoke { tenant: TENANT.into(), side: form().parameters[secret].side, key };
    assert_eq!(stage.commands(), [Command::Settings(act)]);
    let slot = RequestSlot { owner: Owner::Screen(1), name: "revoke" };
    let told = Answer::Revoked { label, switched_off: true, outside: None };
    stage.send(Msg::Done(slot, Payload::Settings(told)));
    assert!(stage.text().contains("the tenant is switched off; delete it at the vendor too"), "{}", stage.text());
}

#[test]
fn u_takes_edits_back_and_nonsense_is_refused_in_words() {
    let mut stage = screen("users", (100, 32));
    stage.keys("space space u u ctrl-s");
    assert_eq!(stage.commands(), []);
    assert!(!stage.text().contains("changed, not saved"));
    let mut stage = screen("matching", (100, 32));
    stage.keys("enter");
    stage.typed("abc");
    stage.keys("enter");
    assert!(stage.text().contains("✗ `off`, or a percentage from 50 to 100"), "{}", stage.text());
    stage.keys("esc");
    assert!(!stage.text().contains("✗ `off`"));
}

#[test]
fn the_two_limits_are_typed_and_worked_out_and_the_versions_listed() {
    for (columns, rows) in [(80, 24), (140, 40)] {
        insta::assert_snapshot!(format!("matching_{columns}x{rows}"), screen("matching", (columns, rows)).text());
    }
    let mut stage = screen("matching", (100, 32));
    stage.keys("down enter ctrl-u");
    stage.typed("60");
    stage.keys("enter");
    assert!(stage.text().contains("✗ a percentage from 0 to 50"), "{}", stage.text());
    stage.keys("ctrl-u");
    stage.typed("0.5");
    stage.keys("enter");
    stage.wait(300);
    let text = stage.text();
    assert!(text.contains("was 2.0 %") && text.contains("What the 1 change does"), "{text}");
    stage.keys("u");
    assert!(!stage.text().contains("was 2.0 %"));
}

#[test]
fn a_version_is_proposed_shown_and_taken_only_after_the_question() {
    let mut stage = screen("matching", (140, 40));
    stage.keys("down down enter enter");
    assert_eq!(stage.commands(), [Command::Settings(Act::Propose { tenant: TENANT.into() })], "once, while it works");
    assert!(stage.text().contains("planning once as it is"));
    stage.send(Msg::Done(model_slot(), Payload::Settings(proposed())));
    insta::assert_snapshot!("proposed_140x40", stage.text());
    insta::assert_snapshot!("proposed_80x24", {
        let mut small = screen("matching", (80, 24));
        small.keys("down down enter");
        small.send(Msg::Done(model_slot(), Payload::Settings(proposed())));
        small.text()
    });
    stage.keys("down enter");
    let text = stage.text();
    assert!(text.contains("Take version 5 into use for Harbour & Vine?") && text.contains("+0.62 bits"), "{text}");
    stage.wait(400);
    stage.keys("esc");
    assert_eq!(stage.commands(), [], "nothing without a yes");
    stage.keys("enter");
    stage.wait(400);
    stage.keys("y");
    let act = Act::TakeModel { tenant: TENANT.into(), version: 5, back: false };
    assert_eq!(stage.commands(), [Command::Settings(act)]);
    stage.send(Msg::Done(model_slot(), Payload::Settings(Answer::Took { version: 5, operations: Some(12) })));
    assert!(stage.text().contains("Version 5 is in use; the new plan has 12 changes"), "{}", stage.text());
}

#[test]
fn a_refused_version_is_not_taken_and_u_rolls_back() {
    let mut stage = screen("matching", (140, 40));
    stage.keys("down down down down enter");
    assert!(stage.text().contains("Version 4 stays unused: it fits the rulings worse"), "{}", stage.text());
    stage.keys("down enter");
    assert!(stage.text().contains("Version 3 is in use"));
    stage.keys("u");
    assert!(stage.text().contains("Roll Harbour & Vine back to version 2?"), "{}", stage.text());
    stage.wait(400);
    stage.keys("y");
    let act = Act::TakeModel { tenant: TENANT.into(), version: 2, back: true };
    assert_eq!(stage.commands(), [Command::Settings(act)]);
    let mut users = screen("users", (140, 40));
    users.keys("u");
    assert!(!users.text().contains("Roll Harbour"), "only where the versions stand");
}

#[test]
fn a_credential_is_never_shown_and_kept_at_once() {
    let mut stage = screen("credentials", (100, 32));
    stage.keys("down enter");
    stage.typed("hush-hush");
    let text = stage.text();
    assert!(text.contains("*********") && !text.contains("hush"), "{text}");
    stage.keys("enter");
    let act = Act::SetSecret {
        tenant: TENANT.into(),
        side: Side::Source,
        key: "refresh_token",
        secret: Secret::new("hush-hush"),
    };
    assert_eq!(stage.commands(), [Command::Settings(act)]);
    stage.keys("ctrl-t ctrl-t");
    assert_eq!(stage.commands(), [Command::Settings(Act::Test { tenant: TENANT.into() })]);
}

#[test]
fn tab_goes_through_the_sections_and_no_size_panics() {
    let mut stage = screen("users", (80, 24));
    for section in [
        "Matching",
        "Source filter",
        "Field map",
        "Write policy",
        "Leavers",
        "Limits",
        "Schedule",
        "Mails",
        "Credentials",
        "Users",
    ] {
        stage.keys("tab");
        assert!(stage.text().contains(&format!("‹ {section} ›")), "{section}");
    }
    for columns in [60, 72, 80, 119] {
        for rows in 16..30 {
            let _ = screen("limits", (columns, rows)).text();
        }
    }
    let loading = Stage::new(Place::tenant(ScreenId::Settings, TENANT), (80, 24), |_| None);
    assert!(loading.text().contains("reading the settings"));
}

#[tokio::test]
async fn the_backend_works_out_saves_and_keeps_secrets() {
    use crate::console::backend::settings as backend;
    let folder = tempfile::tempdir().unwrap();
    let (context, id) = stage::context(&folder).await;
    let tenant = || TENANT.to_owned();
    let Answer::Form(form) = backend::ask(&context, Ask::Form { tenant: tenant() }).await.unwrap() else { panic!() };
    assert!(form.parameters.iter().all(|parameter| parameter.shown.is_none()) && form.pulled.is_none());
    let fallback = Settings { email_fallback: true, ..Settings::default() };
    let ask = |settings: &Settings| Ask::WhatIf { tenant: tenant(), settings: Box::new(settings.clone()) };
    let Answer::WhatIf { what_if, .. } = backend::ask(&context, ask(&fallback)).await.unwrap() else { panic!() };
    assert!(what_if.lines[0].contains("Nobody was read yet"));

    stage::pull(&context.store, id, vec![stage::employee("1", "Zoë", "Ångström")], vec![("8841", "Zoë", "Ångström")])
        .await;
    for (kind, name) in
        [(crate::domain::list::ListKey::JOB_TITLE, "Waiter"), (crate::domain::list::ListKey::BRANCH, "Quayside")]
    {
        let option = crate::domain::mapping::DestinationOption::new(kind, name, name, true);
        context.store.put_options(id, kind, vec![option]).await.unwrap();
    }
    let Answer::WhatIf { what_if, .. } = backend::ask(&context, ask(&fallback)).await.unwrap() else { panic!() };
    assert_eq!(what_if.people, 1, "{:?}", what_if.lines);
    assert!(what_if.lines.iter().any(|line| line.contains("Zoë Ångström 1")), "{:?}", what_if.lines);

    let save = Act::Save { tenant: tenant(), settings: Box::new(fallback) };
    let Answer::Saved { operations } = backend::act(&context, save).await.unwrap() else { panic!() };
    assert!(operations.is_some());
    assert!(context.connection(TENANT).await.unwrap().settings.email_fallback);

    // The two limits show what the matcher makes of them, before they are saved.
    let stricter = Settings { auto_link: Some(0.5), new_below: 0.001, ..Settings::default() };
    let Answer::WhatIf { what_if, .. } = backend::ask(&context, ask(&stricter)).await.unwrap() else { panic!() };
    let limits = &what_if.lines[..3];
    assert!(limits[0].starts_with("i Linked by itself") && limits[0].contains("expected wrong"), "{limits:?}");
    assert!(limits[1].contains("duplicate risk") && limits[2].contains("expected missed"), "{limits:?}");

    // Nothing was ruled, so nothing is proposed and there is no way back.
    let propose = Act::Propose { tenant: tenant() };
    assert_eq!(backend::act(&context, propose).await.unwrap(), Answer::Proposed(None));
    let take = |version, back| Act::TakeModel { tenant: tenant(), version, back };
    let refused = backend::act(&context, take(2, false)).await.unwrap_err();
    assert!(refused.what.contains("no such version"), "{refused:?}");
    assert!(backend::act(&context, take(1, true)).await.is_err(), "in use already");
    let Answer::Form(form) = backend::ask(&context, Ask::Form { tenant: tenant() }).await.unwrap() else { panic!() };
    assert_eq!((form.models.active, form.models.back, form.models.rulings.as_str()), (1, None, "0 rulings, 0 audited"));

    let secret =
        Act::SetSecret { tenant: tenant(), side: Side::Source, key: "refresh_token", secret: Secret::new("hush") };
    assert_eq!(backend::act(&context, secret).await.unwrap(), Answer::Kept { label: "Token" });
    assert_eq!(context.engine.secrets.get("harbour-vine/source/refresh_token").unwrap(), Secret::new("hush"));
    let parameter =
        Act::SetParameter { tenant: tenant(), side: Side::Source, key: "client_id", value: Some("8f1c".into()) };
    assert_eq!(backend::act(&context, parameter).await.unwrap(), Answer::Kept { label: "App id" });
    let Answer::Form(form) = backend::ask(&context, Ask::Form { tenant: tenant() }).await.unwrap() else { panic!() };
    let shown = |key: &str| form.parameters.iter().find(|one| one.spec.key == key).and_then(|one| one.shown.clone());
    assert_eq!(shown("client_id").as_deref(), Some("8f1c"));
    assert_eq!(shown("refresh_token").as_deref(), Some("in the sealed file"));
}

#[test]
fn what_the_settings_warn_of_has_a_code() {
    use crate::domain::code::ProblemCode;
    let opened = |form: Form, section: &str| {
        let answers = move |query: &Query| match query {
            Query::Settings(Ask::Form { .. }) => Some(Payload::Settings(Answer::Form(Box::new(form.clone())))),
            other => answer(other),
        };
        Stage::new(Place::tenant(ScreenId::Settings, TENANT).about(section), (140, 40), answers)
    };
    let refused = Form {
        test_code: Some(ProblemCode::CredentialsRefused),
        tested: Some((ago(600), false, vec!["sign in: Planday refused the credentials: 401".into()])),
        ..form()
    };
    let mut stage = opened(refused, "credentials");
    stage.keys("?");
    let text = stage.text();
    assert!(text.contains("onroll explain credentials_refused") && text.contains("sign in"), "{text}");
    let mut bare = form();
    bare.parameters[0].shown = None;
    let mut stage = opened(bare, "credentials");
    stage.keys("?");
    assert!(stage.text().contains("onroll explain setup_incomplete"), "{}", stage.text());
    let mut stage = opened(form(), "credentials");
    stage.keys("?");
    assert!(!stage.text().contains("onroll explain"), "all is well: {}", stage.text());
    let mut stage = opened(form(), "limits");
    stage.keys("?");
    assert!(stage.text().contains("onroll explain limit_exceeded"), "{}", stage.text());
}
