//! What may be kept, and what never is.

use super::*;
use crate::domain::custom_field::CustomField;
use crate::domain::ids::{EmployeeId, Identifier, UserId};
use crate::domain::person::{Person, UserStatus};
use crate::domain::plan::OperationKind;
use proptest::prelude::*;
use serde_json::json;

const SECRET: &str = "s3cr3t-Of-Flow";

fn person() -> Person {
    Person {
        first_name: Some("Ingrid".to_owned()),
        last_name: Some("Solberg".to_owned()),
        email: Some("ingrid@mail.example".to_owned()),
        date_of_birth: Some("1994-03-12".parse().unwrap()),
        job_title: Some("Waiter".to_owned()),
        branch: Some("LAKE01".to_owned()),
        phone: Some("+44 7700 900123".to_owned()),
        address: Some("1 Quay Street, Hull".to_owned()),
        postcode: Some("HU1 1AA".to_owned()),
        ..Person::default()
    }
}

fn user(person: Person) -> User {
    let mut user = User::new(UserId::new("6031"));
    user.identifier = Some(Identifier::new("40718_0423"));
    user.person = person;
    user.status = UserStatus::Active;
    user
}

fn change(field: Field, from: Option<&str>, to: Option<&str>) -> FieldChange {
    FieldChange { field, from: from.map(str::to_owned), to: to.map(str::to_owned) }
}

fn operation(fields: Vec<FieldChange>) -> Operation {
    Operation {
        seq: 264,
        kind: OperationKind::Update,
        employee: Some(EmployeeId::new("1")),
        identifier: Some(Identifier::new("40718_0423")),
        user: Some(UserId::new("6031")),
        list: None,
        fields,
        note: None,
    }
}

fn update() -> Subject {
    let fields = vec![
        change(Field::Email, Some("ingrid@mail.example"), Some("ingrid.s@hvine.example")),
        change(Field::JobTitle, Some("Waiter"), Some("Shift Leader")),
    ];
    Subject::of(&operation(fields), Some(&user(person())))
}

fn raw<'a>(body: RawBody<'a>, status: u16, answer: &'a [u8]) -> Raw<'a> {
    Raw {
        purpose: Purpose::Write,
        method: "PUT",
        path: vec!["v1", "employees", "40718_0423"],
        query: Vec::new(),
        host: "feed.flow.example",
        headers: vec![
            RawHeader { name: "authorization", value: "Basic SFZJTkU6czNjcjN0", is_sensitive: true },
            RawHeader { name: "content-type", value: "application/json", is_sensitive: false },
            RawHeader { name: "accept", value: "*/*", is_sensitive: false },
        ],
        body,
        sent: Timestamp::UNIX_EPOCH,
        attempt: 1,
        waited_ms: 0,
        answer: RawAnswer::Answer { status, ms: 212, headers: Vec::new(), body: answer },
        people: 1,
    }
}

fn shown(content: &Content) -> Vec<String> {
    let mark = |kept: &Kept| match &kept.compared {
        None => String::new(),
        Some(Compared::Same) => " =".to_owned(),
        Some(Compared::Was(was)) => format!(" ≠ {was}"),
        Some(Compared::AsSent) => " as sent".to_owned(),
    };
    content.fields().iter().map(|kept| format!("{} {}{}", kept.key, kept.value, mark(kept))).collect()
}

fn answered(exchange: &Exchange) -> &Content {
    match &exchange.heard {
        Heard::Answer { content, .. } => content,
        Heard::Silence { .. } => panic!("no answer"),
    }
}

#[test]
fn a_refused_update_reads_as_it_was_sent_and_says_nothing_private() {
    let body = json!({
        "firstName": "Ingrid", "email": "ingrid.s@hvine.example", "jobTitle": "Shift Leader", "branchCode": "LAKE01",
        "dateOfBirth": "1994-03-12", "endDate": null, "phone": "+44 7700 900123", "homeAddress": {"street": "1 Quay Street"},
    });
    let answer = br#"{"error":{"code":"EMAIL_UNVERIFIED","message":"ingrid.s@hvine.example, born 12/03/1994, is not verified"}}"#;
    let exchange = of(&raw(RawBody::Json(&body), 409, answer), &update(), &[SECRET]);
    assert_eq!(
        shown(&exchange.content),
        [
            "firstName Ingrid =",
            "email i*****@hvine.example ≠ i*****@mail.example",
            "jobTitle Shift Leader ≠ Waiter",
            "branchCode LAKE01 =",
            "dateOfBirth ****-**-** =",
            "endDate (null) =",
            "phone ***** =",
            "homeAddress.street *****",
        ]
    );
    assert_eq!(
        shown(answered(&exchange)),
        ["error.code EMAIL_UNVERIFIED", "error.message i*****@hvine.example, born ****-**-**, is not verified"]
    );
    let headers = [("authorization", "Basic ********"), ("content-type", "application/json")];
    assert_eq!(exchange.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let stored = serde_json::to_string(&exchange).unwrap();
    assert_eq!(serde_json::from_str::<Exchange>(&stored).unwrap(), exchange);
}

#[test]
fn secrets_are_eight_stars_wherever_they_stand() {
    let body =
        json!({"note": format!("uses {SECRET}!"), "wstoken": "x", "apiKey": "y", "nested": {"clientSecret": "z"}});
    let mut raw = raw(RawBody::Json(&body), 500, b"SFZJTkU6czNjcjN0 s3cr3t-Of-Flow SFZJTkU6czNjcjN0");
    raw.query = vec![("access_token", "q"), ("page", SECRET)];
    let exchange = of(&raw, &Subject::default(), &[SECRET, "pin"]);
    assert_eq!(
        shown(&exchange.content),
        ["note uses ********!", "wstoken ********", "apiKey ********", "nested.clientSecret ********"]
    );
    assert_eq!(exchange.path, "/v1/employees/40718_0423?access_token=********&page=********");
    assert_eq!(*answered(&exchange), Content::Text("******** ******** ********".to_owned()));
    let short =
        of(&self::raw(RawBody::Json(&json!({"a": "pin", "b": "pinned"})), 200, b""), &Subject::default(), &["pin"]);
    assert_eq!(shown(&short.content), ["a ********", "b pinned"]);
}

#[test]
fn names_say_what_is_nobodys_business() {
    let body = json!({
        "niNumber": "QQ123456C", "bankDetails": {"iban": "GB33", "sortCode": "12"}, "salary": 30000, "mobilePhone": "07700",
        "traceId": "5c1e", "customFields": {"Shoe": "42"}, "position": "Chef", "postCode": "HU1", "emailVerified": true,
        "emails": [{"value": "a@b.example"}], "dob": 19940312, "password": "", "gender": "f", "employeeNumber": 7,
    });
    let exchange = of(&raw(RawBody::Json(&body), 200, b""), &Subject::default(), &[]);
    assert_eq!(
        shown(&exchange.content),
        [
            "niNumber *****",
            "bankDetails.iban *****",
            "bankDetails.sortCode *****",
            "salary *****",
            "mobilePhone *****",
            "traceId 5c1e",
            "customFields.Shoe *****",
            "position Chef",
            "postCode *****",
            "emailVerified true",
            "emails[0].value *****@b.example",
            "dob ****-**-**",
            "password (empty)",
            "gender *****",
            "employeeNumber 7",
        ]
    );
}

#[test]
fn rows_of_others_are_counted_and_never_kept() {
    let others = json!({"total": 3, "items": [
        {"identifier": "40718_0001", "firstName": "Somebody"},
        {"identifier": "40718_0423", "firstName": "Ingrid", "teams": [{"id": 1}, {"id": 2}]},
        {"identifier": "40718_0002", "firstName": "Else"},
    ]});
    let body = others.to_string();
    let mut read = raw(RawBody::Nothing, 200, body.as_bytes());
    read.purpose = Purpose::ReadBack;
    let exchange = of(&read, &update(), &[]);
    assert_eq!(
        shown(answered(&exchange)),
        [
            "total 3",
            "items[1].identifier 40718_0423 =",
            "items[1].firstName Ingrid =",
            "items[1].teams[0].id 1",
            "items[1].teams[1].id 2",
            "items 2 of others, not kept",
        ]
    );
    // A short id in another sense makes nobody's row the subject's.
    let short =
        Subject::of(&Operation { identifier: None, user: Some(UserId::new("3")), ..operation(Vec::new()) }, None);
    let days = json!([{"id": 4, "days": 3, "firstName": "Else"}, {"id": 3, "days": 9, "firstName": "Own"}]).to_string();
    let mut read = raw(RawBody::Nothing, 200, days.as_bytes());
    read.purpose = Purpose::Settle;
    let own = shown(answered(&of(&read, &short, &[])));
    assert_eq!(own, ["[1].id 3", "[1].days 9", "[1].firstName Own", " 1 of others, not kept"]);
    let by_id =
        json!({"people": {"4": {"id": 4, "firstName": "Else"}, "3": {"id": 3, "firstName": "Own"}}}).to_string();
    let mut read = raw(RawBody::Nothing, 200, by_id.as_bytes());
    read.purpose = Purpose::Settle;
    let own = shown(answered(&of(&read, &short, &[])));
    assert_eq!(own, ["people.3.id 3", "people.3.firstName Own", "people 1 of others, not kept"]);
    let half = &body.as_bytes()[..100];
    let mut read = raw(RawBody::Nothing, 200, half);
    read.purpose = Purpose::Settle;
    assert!(matches!(answered(&of(&read, &update(), &[])), Content::Left(_)), "half a list");
    // One of several who are written one after the other in a call for many: nobody else hears of it.
    let single = json!({"identifier": "40718_0001", "firstName": "Somebody"});
    let mut one = raw(RawBody::Json(&single), 200, b"");
    (one.people, one.path) = (2, vec!["v1", "employees", "40718_0001"]);
    assert_eq!(of_each(&one, [&update()], &[]).into_iter().flatten().count(), 0);
    one.path = vec!["v1", "employees", "40718_0423"];
    assert_eq!(of_each(&one, [&update()], &[]).into_iter().flatten().count(), 1);
    // In a request for many, each line keeps its own part.
    let mut many = raw(RawBody::Json(&others), 200, b"");
    many.people = 3;
    assert!(!serde_json::to_string(&of(&many, &update(), &[])).unwrap().contains("Somebody"));
    let form = vec![
        ("users[0][idnumber]", "40718_0001"),
        ("users[0][firstname]", "Somebody"),
        ("users[1][idnumber]", "40718_0423"),
        ("users[1][firstname]", "Ingrid"),
        ("wsfunction", "core_user_create_users"),
    ];
    let mut many = raw(RawBody::Form(form), 200, b"");
    many.people = 2;
    assert_eq!(
        shown(&of(&many, &update(), &[]).content),
        ["users[1][idnumber] 40718_0423 =", "users[1][firstname] Ingrid =", "wsfunction core_user_create_users"]
    );
}

#[test]
fn a_name_that_holds_what_is_private_is_shown_masked_and_still_says_what_its_value_is() {
    // A field of the company that holds "Pass", another that holds "phone".
    let custom = |name: &str| Field::Custom(CustomField::named(name).unwrap());
    let changes = vec![
        change(custom("Ticket"), None, Some("Pass")),
        change(custom("Reached by"), None, Some("phone")),
        change(Field::Email, None, Some("anna@old-mill.example")),
    ];
    let made = Subject::of(&operation(changes), None);
    let form = vec![("users[0][password]", "Tr0ub4dor"), ("users[0][phone1]", "07700 900123")];
    let kept = of(&raw(RawBody::Form(form), 200, b""), &made, &[]);
    assert_eq!(shown(&kept.content), ["users[0][*****word] ********", "users[0][*****1] *****"]);
    let sent = json!({ "password": "Tr0ub4dor" });
    let kept = of(&raw(RawBody::Json(&sent), 200, b""), &made, &[]);
    assert_eq!(shown(&kept.content), ["*****word ********"]);
    // Rows by what tells them apart.
    let rows = json!({ "anna@old-mill.example": { "id": "40718_0423" }, "ben@x.example": { "id": "40718_0001" } });
    let rows = rows.to_string();
    let mut read = raw(RawBody::Nothing, 200, rows.as_bytes());
    read.purpose = Purpose::ReadBack;
    let text = serde_json::to_string(&of(&read, &made, &[])).unwrap();
    assert!(text.contains("a*****@old-mill.example.id") && !text.contains("anna@") && !text.contains("ben"), "{text}");
}

#[test]
fn places_in_lists_change_nothing_of_what_a_name_says() {
    for at in [0, 7, 12] {
        let body = json!({ "mail": vec![json!({ "address": "12 High Street", "email": "x@y.example" }); at + 1] });
        let kept = of(&raw(RawBody::Json(&body), 200, b""), &update(), &[]);
        let all = shown(&kept.content);
        assert!(all.iter().any(|line| line.starts_with(&format!("mail[{at}].address *****"))), "{all:?}");
        assert!(!all.iter().any(|line| line.contains("High Street")), "{all:?}");
    }
}

#[test]
fn what_is_read_afterwards_is_as_sent_as_before_or_something_else() {
    let body =
        json!({"identifier": "40718_0423", "jobTitle": "Shift Leader", "branchCode": "LAKE01", "email": "x@y.example"});
    let body = body.to_string();
    let mut read = raw(RawBody::Nothing, 200, body.as_bytes());
    read.purpose = Purpose::ReadBack;
    assert_eq!(
        shown(answered(&of(&read, &update(), &[]))),
        [
            "identifier 40718_0423 =",
            "jobTitle Shift Leader as sent",
            "branchCode LAKE01 =",
            "email *****@y.example ≠ i*****@mail.example",
        ]
    );
    let made = Subject::of(&operation(vec![change(Field::JobTitle, None, Some("Shift Leader"))]), None);
    let kept = shown(answered(&of(&read, &made, &[])));
    assert_eq!(kept[1], "jobTitle Shift Leader as sent", "of somebody new nothing was before");
    assert_eq!(kept[2], "branchCode LAKE01");
}

#[test]
fn what_no_vendor_promises_is_shown_as_it_came() {
    let page = b"<html>\x1b[31mBad\x07 gateway for leo@x.example</html>";
    let exchange = of(&raw(RawBody::Nothing, 502, page), &Subject::default(), &[]);
    let Content::Text(text) = answered(&exchange) else { panic!("{exchange:?}") };
    assert_eq!(text, "<html>\\u{1B}[31mBad\\u{7} gateway for l*****@x.example</html>");
    let long = "x".repeat(9000);
    let exchange = of(&raw(RawBody::Nothing, 502, long.as_bytes()), &Subject::default(), &[]);
    assert!(matches!(answered(&exchange), Content::Text(text) if text.chars().count() == 4096));
}

/// Values that nothing but a person or a credential would have.
fn private() -> impl Strategy<Value = (String, String, String, String, String, String)> {
    let letters = "[a-zA-ZÅéß0-9 \"\\\\%+'=-]{2,12}";
    (
        "[a-z\"ü.+_%-]{1,10}@[a-z]{1,8}(\\.example)?",
        "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])",
        "\\+?[0-9]{6,12}",
        letters.prop_map(|text| format!("Zq{text}Qz")),
        "[A-Z]{2}[0-9]{2} [0-9][A-Z]{2}",
        "[A-Za-z0-9/+=\"\\\\ %-]{8,40}".prop_map(|text| format!("S{text}E")),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_private_value_and_no_secret_is_kept(
        (email, born, phone, address, postcode, secret) in private(),
        key in "[a-zA-Z]{1,12}",
        around in "[ a-z.:;(]{0,6}",
        as_text in any::<bool>(),
        status in prop_oneof![Just(200_u16), Just(409), Just(503)],
    ) {
        let held = Person {
            email: Some(email.clone()),
            date_of_birth: Some(born.parse().unwrap()),
            phone: Some(phone.clone()),
            address: Some(address.clone()),
            postcode: Some(postcode.clone()),
            ..person()
        };
        let subject = Subject::of(&operation(Vec::new()), Some(&user(held)));
        let all = [&email, &born, &phone, &address, &postcode, &secret];
        let said = |value: &str| format!("{around} {value} {around}");
        let mut members = serde_json::Map::new();
        for (at, value) in all.iter().enumerate() {
            members.insert(format!("{key}{at}"), json!(value));
            members.insert(format!("{key}{at}said"), json!(said(value)));
            members.insert(format!("x{}", said(value)), json!([{"inner": value, "more": {"deep": said(value)}}]));
        }
        let by_id: serde_json::Map<_, _> =
            all.iter().map(|value| (said(value), json!({ "id": update().keys[0].clone(), "name": "x" }))).collect();
        members.insert("rows".to_owned(), json!(by_id));
        members.insert("phone".to_owned(), json!(phone));
        let body = serde_json::Value::Object(members);
        let answer = if as_text { all.map(|value| said(value)).join("\n") } else { body.to_string() };
        let mut raw = raw(RawBody::Json(&body), status, answer.as_bytes());
        raw.path = vec!["users", &email, &secret];
        raw.query = vec![("filter", &email), ("also", &phone)];
        let exchange = of(&raw, &subject, &[&secret]);
        let mut kept = vec![exchange.path.clone(), exchange.host.clone()];
        kept.extend(exchange.headers.iter().map(|(_, value)| value.clone()));
        for content in [&exchange.content, answered(&exchange)] {
            match content {
                Content::Fields(fields) => kept.extend(fields.iter().flat_map(|kept| {
                    let was = match &kept.compared { Some(Compared::Was(was)) => was.clone(), _ => String::new() };
                    [kept.key.clone(), kept.value.clone(), was]
                })),
                Content::Text(text) | Content::Left(text) => kept.push(text.clone()),
                Content::Nothing => {}
            }
        }
        for value in all {
            for text in &kept {
                prop_assert!(!text.contains(value.as_str()), "`{value}` stands in `{text}`");
            }
        }
    }

    #[test]
    fn nothing_that_comes_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,80}", secret in ".{0,10}") {
        let form = vec![(text.as_str(), text.as_str()), ("email", text.as_str())];
        let mut raw = raw(RawBody::Form(form), 200, &body);
        raw.query = vec![("q", &text)];
        let _ = of(&raw, &update(), &[&secret]);
    }
}
