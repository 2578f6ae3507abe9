//! Runs that are started where nothing may be sent.

use super::common::{Desk, employee, world};
use onroll::domain::problem::Problem;
use onroll::engine::fetch::FetchPolicy;
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::reach::Told;
use onroll::engine::run::SyncRequest;
use onroll::services::runs::{Job, carry_out, tell};
use onroll::services::{Access, Refusal, ServiceError};
use serde_json::json;

#[tokio::test]
async fn who_may_only_look_previews_and_sends_nothing() {
    let desk = Desk::live(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await;
    let (connection, look) = (desk.connection().await, Access::read_only("rosa"));
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let told = (&reporter, &control);
    for job in [Job::Sync(SyncRequest::default()), Job::Resume] {
        let refused = carry_out(desk.engine(), &look, &connection, job, told).await.unwrap_err();
        assert!(matches!(refused, ServiceError::Refused(Refusal::ReadOnly)), "{refused}");
    }
    let refused = tell(desk.engine(), &look, &connection, Told::Stop).await.unwrap_err();
    assert_eq!(Problem::from(refused).now, ["leave --read-only out"]);
    let preview = Job::Preview(FetchPolicy::default());
    let report = carry_out(desk.engine(), &look, &connection, preview, told).await.unwrap().unwrap();
    assert_eq!(report.plan.unwrap().plan.counts.operations(), 1);
    assert_eq!(desk.writes(), 0);
}
