//! Faults and counts.

use super::*;

#[tokio::test]
async fn faults_do_what_their_names_say() {
    let bench = Bench::of(&small()).await;
    bench
        .faults(json!([{"vendor": "planday", "fault": "429", "times": 1}, {"fault": "429_retry_after", "times": 1}]))
        .await;
    let first = bench.hr("/hr/v1.0/employees").send().await.unwrap();
    assert_eq!((first.status().as_u16(), first.headers().get("retry-after")), (429, None));
    let second = bench.hr("/hr/v1.0/employees").send().await.unwrap();
    assert_eq!((second.status().as_u16(), second.headers()["retry-after"].as_bytes()), (429, &b"1"[..]));
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.0, 200);
    bench.faults(json!([{"fault": "502_html", "times": 1}, {"fault": "500", "times": 1}])).await;
    let html = bench.hr("/hr/v1.0/employees").send().await.unwrap();
    assert_eq!((html.status().as_u16(), html.headers()["content-type"].as_bytes()), (502, &b"text/html"[..]));
    assert_eq!(bench.get_flow("/v1/company").await.0, 500);
    bench.faults(json!([{"fault": "cut_body", "times": 1, "path": "/planday/hr/v1.0/employees"}])).await;
    assert_eq!(bench.get_hr("/portal/v1.0/info").await.0, 200);
    let cut = bench.hr("/hr/v1.0/employees").send().await.unwrap();
    assert!(cut.status().is_success() && cut.bytes().await.is_err());
    bench.faults(json!([{"fault": "expired_token", "times": 1}])).await;
    assert_eq!(bench.get_flow("/v1/company").await.0, 200, "Flow has no tokens");
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.0, 401);
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.0, 401, "it stays dead");
    let (status, _) =
        read(bench.client.post(format!("{}/_sandbox/faults", bench.admin)).json(&json!([{"fault": "x"}]))).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn list_faults_strike_lists_of_people() {
    let bench = Bench::of(&small()).await;
    for (fault, rows, total) in [("duplicate_rows", 4, 3), ("missing_rows", 2, 3), ("empty_list", 0, 0)] {
        bench.faults(json!([{"vendor": "planday", "fault": fault, "times": 1}])).await;
        assert_eq!(bench.get_hr("/hr/v1.0/departments").await.1["paging"]["total"], 2);
        let (_, list) = bench.get_hr("/hr/v1.0/employees").await;
        assert_eq!(
            (list["data"].as_array().unwrap().len(), list["paging"]["total"].as_i64()),
            (rows, Some(total)),
            "{fault}"
        );
        assert_eq!(bench.get_hr("/hr/v1.0/employees").await.1["data"].as_array().unwrap().len(), 3);
    }
    bench.faults(json!([{"vendor": "flow-learning", "fault": "missing_rows"}])).await;
    let (_, list) = bench.get_flow("/v1/employees").await;
    assert_eq!((list["items"].as_array().unwrap().len(), list["total"].as_i64()), (0, Some(1)));
}

#[tokio::test]
async fn corrupt_answers_and_repeated_pages_come_with_a_success() {
    let bench = Bench::of(&small()).await;
    bench.faults(json!([{"fault": "broken_json", "times": 1}, {"fault": "html_page", "times": 1}])).await;
    let broken = bench.flow_call(Method::GET, "/v1/company").send().await.unwrap();
    assert_eq!(
        (broken.status(), broken.headers()["content-type"].to_str().unwrap()),
        (reqwest::StatusCode::OK, "application/json; charset=utf-8")
    );
    assert!(serde_json::from_slice::<Value>(&broken.bytes().await.unwrap()).is_err());
    let page = bench.flow_call(Method::GET, "/v1/company").send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()), (200, "text/html"));
    bench.faults(json!([{"fault": "repeat_pages"}])).await;
    let (_, list) = bench.get_flow("/v1/job-titles?pageSize=1&page=3").await;
    let (_, first) = bench.get_flow("/v1/job-titles?pageSize=1").await;
    assert_eq!((list["page"].as_i64(), &list["items"]), (Some(3), &first["items"]));
    assert_eq!(bench.get_hr("/hr/v1.0/employees?limit=1&offset=2").await.1["data"][0]["id"], {
        bench.get_hr("/hr/v1.0/employees?limit=1").await.1["data"][0]["id"].clone()
    });
}

#[tokio::test]
async fn a_lost_answer_took_effect() {
    let bench = Bench::of(&small()).await;
    bench.faults(json!([{"vendor": "flow-learning", "fault": "answer_lost", "times": 1}])).await;
    assert_eq!(bench.get_flow("/v1/employees/7781_204").await.0, 404, "reads are spared");
    let lost = bench.flow_call(Method::PUT, "/v1/employees/7781_204").json(&leo()).send().await;
    assert!(lost.is_err());
    let (status, learner) = bench.get_flow("/v1/employees/7781_204").await;
    assert_eq!((status, learner["firstName"].as_str()), (200, Some("Leo")));
    let state = bench.state().await;
    assert_eq!(
        (state["flow-learning"]["writes"].as_i64(), state["flow-learning"]["reads"].as_i64()),
        (Some(1), Some(2))
    );
}

#[tokio::test]
async fn calls_are_counted_and_reset() {
    let bench = Bench::of(&small()).await;
    bench.get_hr("/hr/v1.0/employees").await;
    bench.put_flow("/v1/employees/7781_204", json!({})).await;
    assert_eq!(bench.sandbox.counts("planday"), Some((1, 0)), "the token call is not counted");
    assert_eq!(bench.sandbox.counts("flow-learning"), Some((0, 1)), "a refused write counts");
    read(bench.client.post(format!("{}/_sandbox/reset-counters", bench.admin))).await;
    assert_eq!(bench.sandbox.counts("flow-learning"), Some((0, 0)));
}

#[tokio::test]
async fn a_slow_answer_outlasts_a_short_patience() {
    let bench = Bench::of(&small()).await;
    bench.faults(json!([{"vendor": "planday", "fault": "slow", "times": 1}])).await;
    let call = bench.hr("/portal/v1.0/info").timeout(std::time::Duration::from_millis(100));
    assert!(call.send().await.unwrap_err().is_timeout());
    assert_eq!(bench.get_hr("/portal/v1.0/info").await.0, 200);
}
