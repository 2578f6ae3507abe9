//! Planday: credentials, scopes, pages, the three shapes of an employee.

use super::*;

#[tokio::test]
async fn planday_wants_both_headers_and_a_good_token() {
    let bench = Bench::of(&small()).await;
    assert_eq!(bench.get_hr("/portal/v1.0/info").await.1["data"]["id"], 7781);
    let url = format!("{}/hr/v1.0/employees", bench.planday("base_url"));
    let id = bench.planday("client_id");
    assert_eq!(read(bench.client.get(&url).header("X-ClientId", &id)).await.0, 401);
    assert_eq!(read(bench.client.get(&url).bearer_auth(&bench.token)).await.0, 401);
    assert_eq!(read(bench.client.get(&url).bearer_auth("wrong").header("X-ClientId", &id)).await.0, 401);
    assert_eq!(read(bench.client.post(&url).bearer_auth(&bench.token).header("X-ClientId", &id)).await.0, 405);
    let (status, body) = bench.token_call("refresh_token", "wrong").await;
    assert_eq!((status.as_u16(), body["error"].as_str()), (400, Some("invalid_grant")));
    let (_, body) = bench.token_call("password", "x").await;
    assert_eq!(body["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn tokens_rotate_and_die_when_told_to() {
    let bench = Bench::of(&small()).await;
    bench.planday_own(|own| own["switches"]["rotate_refresh_token"] = json!(true));
    let old = bench.planday("refresh_token");
    let (_, body) = bench.token_call("refresh_token", &old).await;
    assert_eq!(body["refresh_token"].as_str(), Some(bench.planday("refresh_token").as_str()));
    assert_eq!(bench.token_call("refresh_token", &old).await.0, 400);
    bench.planday_own(|own| own["switches"]["revoked"] = json!(true));
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.0, 401);
}

#[tokio::test]
async fn a_missing_scope_is_403() {
    let bench = Bench::of(&small()).await;
    bench.planday_own(|own| own["scopes"] = json!(["department:read", "employee:read"]));
    assert_eq!(bench.get_hr("/hr/v1.0/employeetypes").await.0, 403);
    assert_eq!(bench.get_hr("/hr/v1.0/employees?special=BirthDate").await.0, 403);
    assert_eq!(bench.get_hr("/hr/v1.0/departments").await.1["paging"]["total"], 2);
    bench.planday_own(|own| own["scopes"] = json!([]));
    assert_eq!(bench.get_hr("/hr/v1.0/employees?limit=1").await.0, 403);
    assert_eq!(bench.get_hr("/portal/v1.0/info").await.0, 200);
}

#[tokio::test]
async fn planday_pages_by_fifty() {
    let bench = Bench::start(Some(World::generate(130, 1, TODAY))).await;
    let (_, first) = bench.get_hr("/hr/v1.0/employees?limit=500").await;
    assert_eq!(first["paging"]["limit"], 50);
    let total = first["paging"]["total"].as_u64().unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for offset in (0..total).step_by(50) {
        let (_, page) = bench.get_hr(&format!("/hr/v1.0/employees?limit=50&offset={offset}")).await;
        ids.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()));
    }
    assert_eq!(ids.len() as u64, total);
    for wrong in ["limit=0", "limit=x", "offset=-1", "modifiedFrom=monday", "special=Shoes"] {
        assert_eq!(bench.get_hr(&format!("/hr/v1.0/employees?{wrong}")).await.0, 400, "{wrong}");
    }
    bench.planday_own(|own| own["switches"]["null_paging"] = json!(true));
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.1["paging"], Value::Null);
}

#[tokio::test]
async fn lists_and_records_differ_as_at_planday() {
    let bench = Bench::of(&small()).await;
    let (_, list) = bench.get_hr("/hr/v1.0/employees").await;
    let ann = &list["data"][0];
    assert_eq!(ann["birthDate"], Value::Null);
    assert_eq!(
        (&ann["cellPhone"], &ann["cellPhoneWithoutCountryPrefix"]),
        (&json!("+447700900123"), &json!("7700900123"))
    );
    for query in ["special=BirthDate", "special=BirthDate,BirthDate", "special=birthdate&special=BirthDate"] {
        let (_, list) = bench.get_hr(&format!("/hr/v1.0/employees?{query}")).await;
        assert_eq!(list["data"][0]["birthDate"], "1990-01-02");
    }
    let leo = &list["data"][1];
    assert_eq!((&leo["hiredDate"], leo.get("jobTitle")), (&json!("2026-02-02"), None));
    let supervisor = leo["supervisorId"].as_i64().unwrap();
    let (_, supervisors) = bench.get_hr("/hr/v1.0/employees/supervisors").await;
    let record = supervisors["data"].as_array().unwrap().iter().find(|row| row["id"] == supervisor).unwrap();
    assert_eq!(record["employeeId"], ann["id"]);
    assert_ne!(record["id"], record["employeeId"]);
    let detail = bench.get_hr("/hr/v1.0/employees/204").await.1["data"].clone();
    assert_eq!((&detail["hiredFrom"], detail.get("hiredDate")), (&json!("2026-02-02"), None));
    assert_eq!(detail["supervisorEmployeeId"], ann["id"]);
    assert_eq!(
        detail["custom_196907"],
        json!({"name": "Job title (Flow)", "type": "Dropdown", "value": "Commis Chef", "url": null})
    );
    let (_, leavers) = bench.get_hr("/hr/v1.0/employees/deactivated").await;
    assert_eq!(
        (leavers["paging"]["total"].as_i64(), leavers["data"][0]["deactivationDate"].as_str()),
        (Some(1), Some("2026-11-01"))
    );
    assert_eq!(leavers["data"][0].get("supervisorId"), None);
    let (status, body) = bench.get_hr(&format!("/hr/v1.0/employees/{}", leavers["data"][0]["id"])).await;
    assert_eq!((status, body["detail"].as_str()), (400, Some("Employee id is invalid")));
    assert_eq!(list["paging"]["total"], 3, "who leaves today is still active");
}

#[tokio::test]
async fn archived_fields_vanish() {
    let bench = Bench::of(&small()).await;
    let (_, before) = bench.get_hr("/hr/v1.0/employees/fielddefinitions?type=Post").await;
    assert_eq!(before["data"]["properties"]["custom_196907"]["description"], "Job title (Flow)");
    let choice = &before["data"]["definitions"]["optionalCustom196907"]["anyOf"][0];
    assert_eq!(choice["values"], json!(["Head Chef", "Commis Chef"]));
    assert_eq!(choice["enum"], json!([501, 502]));
    bench.planday_own(|own| own["fields"]["job_title"]["archived"] = json!(true));
    let (_, after) = bench.get_hr("/hr/v1.0/employees/fielddefinitions?type=Post").await;
    assert!(after["data"]["properties"].get("custom_196907").is_none());
    assert!(bench.get_hr("/hr/v1.0/employees/204").await.1["data"].get("custom_196907").is_none());
}

#[tokio::test]
async fn a_change_gets_a_new_modification_time() {
    let bench = Bench::of(&small()).await;
    let modified = "/hr/v1.0/employees?modifiedFrom=2026-11-01T00:00:00Z";
    assert_eq!(bench.get_hr(modified).await.1["paging"]["total"], 0);
    bench.sandbox.edit(|world| {
        let employee = world.company_mut("planday").unwrap().person_mut("204").unwrap();
        employee.job_title = "Head Chef".into();
    });
    let since_long_ago = "/hr/v1.0/employees?modifiedFrom=2026-03-01T00:00:00Z";
    let (_, body) = bench.get_hr(since_long_ago).await;
    assert_eq!((body["paging"]["total"].as_i64(), body["data"][0]["id"].as_i64()), (Some(1), Some(204)));
}

#[tokio::test]
async fn rate_headers_are_always_there_and_enforced_when_real() {
    let bench = Bench::of(&small()).await;
    let answer = bench.hr("/portal/v1.0/info").send().await.unwrap();
    assert_eq!(answer.headers()["x-ratelimit-limit"], "2000, 20;w=1, 750;w=60, 100;w=1, 2000;w=60");
    assert!(
        answer.headers().contains_key("x-ratelimit-remaining") && answer.headers().contains_key("x-ratelimit-reset")
    );
    assert!(answer.headers().get("retry-after").is_none());
}

#[tokio::test]
async fn real_rates_throttle() {
    let config = SandboxConfig { rate_limits: RateLimits::Real, ..SandboxConfig::new(TODAY) };
    let bench = Bench::on(config).await;
    let mut throttled = None;
    for _ in 0..800 {
        let answer = bench.hr("/portal/v1.0/info").send().await.unwrap();
        if answer.status() == 429 {
            throttled = Some(answer);
            break;
        }
    }
    let answer = throttled.expect("20 calls a second and 750 a minute are allowed");
    assert_eq!(answer.headers()["x-ratelimit-remaining"], "0");
    assert!(answer.headers().get("retry-after").is_none());
}

#[tokio::test]
async fn an_inactive_employee_by_id_can_be_switched_to_an_answer() {
    let bench = Bench::of(&small()).await;
    bench.planday_own(|own| own["switches"]["inactive_by_id_answers"] = json!(true));
    let number = bench.get_hr("/hr/v1.0/employees/deactivated").await.1["data"][0]["id"].clone();
    assert_eq!(bench.get_hr(&format!("/hr/v1.0/employees/{number}")).await.1["data"]["isDeactivated"], true);
    assert_eq!(bench.get_hr("/hr/v1.0/employees/999999").await.0, 400);
}
