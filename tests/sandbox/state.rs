//! The state document, generated worlds, tenant files.

use super::*;

#[tokio::test]
async fn what_get_gives_put_takes_and_get_gives_again() {
    for world in [World::demo(60, 3, TODAY), World::from_json_text(&small().to_string()).unwrap()] {
        let bench = Bench::start(Some(world)).await;
        let before = bench.state().await;
        assert_eq!(bench.put_state(&before).await.0, 200);
        assert_eq!(bench.state().await, before);
        assert_eq!(bench.state().await.to_string(), before.to_string());
        let elsewhere = Bench::start(None).await;
        elsewhere.put_state(&before).await;
        let mut there = elsewhere.state().await;
        there.as_object_mut().unwrap().retain(|key, _| before.get(key).is_some());
        assert_eq!(there, before);
    }
}

#[tokio::test]
async fn a_minimal_document_written_by_hand_loads() {
    let bench = Bench::start(Some(World::generate(20, 1, TODAY))).await;
    let document = json!({
        "planday": {"employees": [{"id": "rec-1070-org", "first_name": "michaela", "last_name": "neumann",
            "date_of_birth": "1915-11-11", "branch": "winston hills", "department": "nsw", "address": "8 stanley street",
            "postcode": "4223", "job_title": "Staff"}]},
        "flow-learning": {"users": [{"id": "rec-561-dup-0", "first_name": "elton", "last_name": "", "branch": "windermere"}]}
    });
    assert_eq!(bench.put_state(&document).await.0, 200);
    let state = bench.state().await;
    let employee = &state["planday"]["employees"][0];
    assert_eq!((employee["id"].as_str(), employee["status"].as_str()), (Some("rec-1070-org"), Some("active")));
    assert_eq!(employee["identifier"], format!("{}_{}", state["planday"]["portal_id"], employee["number"]));
    let (_, detail) = bench.get_hr(&format!("/hr/v1.0/employees/{}", employee["number"])).await;
    assert_eq!(detail["data"]["custom_196908"]["value"], "winston hills");
    let branches = state["flow-learning"]["options"]["branches"].as_array().unwrap();
    let codes: Vec<_> = branches.iter().map(|branch| branch["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["WIND01", "WINS01"]);
    let user = &state["flow-learning"]["users"][0];
    assert_eq!((user["last_name"].as_str(), user["branch_code"].as_str()), (Some(""), Some("WIND01")));
    assert_eq!((&user["learner_id"], &user["identifier"]), (&json!(1001), &Value::Null));
    let files = bench.sandbox.tenant_files();
    assert!(files[0].1.contains("\"winston hills\" = \"WINS01\""), "{}", files[0].1);
}

#[tokio::test]
async fn a_malformed_document_changes_nothing() {
    let bench = Bench::of(&small()).await;
    let before = bench.state().await;
    for (document, path) in [
        (json!([]), "the document"),
        (
            json!({"planday": {"employees": [{"id": "1", "first_name": "A"}, {"first_name": "B"}]}}),
            "planday.employees[1].id",
        ),
        (json!({"planday": {"employees": [{"id": "1", "first_name": {}}]}}), "planday.employees[0].first_name"),
        (
            json!({"flow-learning": {"users": [{"id": "1", "last_name": "x", "start_date": "1/2/2020"}]}}),
            "flow-learning.users[0].start_date",
        ),
        (json!({"planday": {"employees": []}, "sage": {}}), "sage"),
        (json!({"planday": {"portal_id": "many"}}), "planday"),
    ] {
        let (status, body) = bench.put_state(&document).await;
        assert_eq!((status, body["path"].as_str()), (400, Some(path)), "{body}");
    }
    assert_eq!(bench.state().await, before);
}

#[tokio::test]
async fn only_what_a_document_names_is_replaced() {
    let bench = Bench::of(&small()).await;
    bench.get_flow("/v1/company").await;
    let before = bench.state().await;
    let document =
        json!({"planday": {"employees": [{"id": 1, "first_name": "New", "last_name": "One", "branch": "York"}]}});
    assert_eq!(bench.put_state(&document).await.0, 200);
    let after = bench.state().await;
    assert_eq!(after["flow-learning"], before["flow-learning"]);
    assert_eq!(after["planday"]["portal_id"], 7781);
    assert_eq!(after["planday"]["options"]["branches"][0]["name"], "York");
    assert_eq!(after["planday"]["employees"][0]["identifier"], "7781_1");
}

#[test]
fn two_people_files_become_a_world() {
    let source = "id,first_name,last_name,branch\nE1,Ann,Osei,York\nE2,Bo,Lind,York\n";
    let destination = "id,identifier,first_name,last_name,branch\nL1,E2,Bo,Lind,York\nL2,E9,Cy,,Hull\n";
    let world = World::from_csv(source, destination, Some("Team Member")).unwrap();
    let users = &world.company("flow-learning").unwrap().people;
    assert_eq!((users[0].identifier.as_str(), users[1].identifier.as_str()), ("40817_300002", "E9"));
    assert_eq!(world.company("planday").unwrap().person("E1").unwrap().job_title, "Team Member");
    let options = &world.company("flow-learning").unwrap().options;
    assert_eq!(options.job_titles[0].name, "Team Member");
    assert_eq!(options.branches.len(), 2);
    assert!(World::from_csv("name\nx\n", destination, None).is_err());
}

#[tokio::test]
async fn tenant_files_are_complete() {
    let bench = Bench::start(Some(World::demo(120, 1, TODAY))).await;
    let files = bench.sandbox.tenant_files();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[0], "planday-flow-learning.toml");
    let shorts: Vec<String> = files
        .iter()
        .map(|(_, text)| text.parse::<toml::Table>().unwrap()["short_name"].as_str().unwrap().to_owned())
        .collect();
    let rest =
        ["saltmarsh", "copper-kettle", "sakura-lane", "tidewater", "larkspur", "foxglove", "northgate", "brackenhill"];
    assert_eq!(shorts[1..], rest, "who has one destination needs no name behind it");
    let managed: toml::Table = files[4].1.parse().unwrap();
    assert_eq!(managed["settings"]["managers"].as_bool(), Some(true));
    let main: toml::Table = files[0].1.parse().unwrap();
    assert_eq!(main["short_name"].as_str(), Some("harbour-vine"));
    assert_eq!(main["source"]["refresh_token"].as_str(), Some(bench.planday("refresh_token").as_str()));
    assert_eq!(main["field_map"]["branch"].as_str(), Some("custom:Branch (Flow)"));
    let rows = main["mapping"]["branch"]["rows"].as_table().unwrap();
    assert_eq!(rows["Leeds Dock"].as_str(), Some("LDS01"));
    assert!(!rows.contains_key("Quayside "), "the demo leaves it to the operator");
    let single = Bench::start(Some(World::generate(120, 1, TODAY))).await;
    let file: toml::Table = single.sandbox.tenant_files()[0].1.parse().unwrap();
    assert_eq!(file["mapping"]["branch"]["rows"]["Quayside "].as_str(), Some("QUAY01"));
    assert_eq!(file["mapping"]["job_title"]["rows"]["Chef de Partie"].as_str(), Some("Chef De Partie"));
}

#[tokio::test]
async fn companies_of_a_demo_are_kept_apart() {
    let bench = Bench::start(Some(World::demo(60, 1, TODAY))).await;
    let endpoints = bench.sandbox.endpoints();
    let saltmarsh = endpoints.company("flow-learning@saltmarsh").unwrap();
    let call = bench.client.get(format!("{}/v1/company", saltmarsh.get("base_url").unwrap()));
    let call = call.basic_auth(saltmarsh.get("company_id").unwrap(), saltmarsh.get("secret"));
    assert_eq!(read(call).await.1["name"], "Saltmarsh Pubs");
    assert_eq!(bench.sandbox.counts("flow-learning@saltmarsh"), Some((1, 0)));
    assert_eq!(bench.sandbox.counts("flow-learning"), Some((0, 0)));
    let other = endpoints.company("planday@saltmarsh").unwrap().get("client_id").unwrap().to_owned();
    let url = format!("{}/hr/v1.0/employees", bench.planday("base_url"));
    let foreign = bench.client.get(url).bearer_auth(&bench.token).header("X-ClientId", other);
    assert_eq!(read(foreign).await.0, 401, "a token is good for its own portal only");
    let fault = Fault::new(FaultKind::Internal).at("planday@saltmarsh");
    bench.sandbox.set_faults(vec![fault]);
    assert_eq!(bench.get_hr("/portal/v1.0/info").await.0, 200);
}

#[tokio::test]
async fn ten_thousand_page_and_a_stopped_sandbox_is_gone() {
    let mut world = World::generate(0, 1, TODAY);
    let row =
        |at: u32| Person { id: at.to_string(), first_name: "A".into(), last_name: at.to_string(), ..Person::default() };
    for company in &mut world.companies {
        company.people = (1..=10_000).map(row).collect();
    }
    let bench = Bench::start(Some(world)).await;
    let (_, page) = bench.get_hr("/hr/v1.0/employees?offset=9990").await;
    assert_eq!((page["data"].as_array().unwrap().len(), page["paging"]["total"].as_i64()), (10, Some(10_000)));
    let (_, page) = bench.get_flow("/v1/employees?page=20&pageSize=9999").await;
    assert_eq!((page["pageSize"].as_i64(), page["items"][499]["id"].as_i64()), (Some(500), Some(10_000)));
    let url = format!("{}/_sandbox/state", bench.admin);
    bench.sandbox.stop().await;
    assert!(bench.client.get(url).send().await.is_err());
}

#[tokio::test]
async fn a_world_file_with_a_source_only_gets_an_empty_destination_that_fits() {
    let document = json!({"planday": small()["planday"]});
    let bench = Bench::of(&document).await;
    let state = bench.state().await;
    assert_eq!(state["flow-learning"]["users"], json!([]));
    assert_eq!(state["flow-learning"]["options"]["job_titles"][0]["name"], "Head Chef");
    assert_eq!(state["flow-learning"]["options"]["branches"][0]["code"], "LEED01");
}
