//! PeopleHR's notices of changes (peoplehr.md 3.7) [doc: shapes; inferred: types]: one flat packet per change, unsigned, as JSON
//! or as a form, numbers as numbers or texts.

use crate::vendors::webhook::{Delivered, HookError, HookNotice, id_of};
use serde_json::Value;
use std::collections::BTreeMap;

/// The events that are about an employee's record.
const EVENTS: [(u32, &str); 4] =
    [(1, "New Starter Added"), (2, "Employee Detail Updated"), (3, "Marked Leaver"), (18, "Employee Deleted")];

/// Reads a delivery.
///
/// # Errors
/// A body that is no packet of PeopleHR.
pub fn read(delivered: &Delivered<'_>) -> Result<HookNotice, HookError> {
    let members =
        members(delivered.body).ok_or(HookError::Malformed("the body is neither a JSON object nor a form"))?;
    let action = members.get("actionid").and_then(|text| text.trim().parse::<u32>().ok());
    let action = action.ok_or(HookError::Malformed("ActionId is missing or no number"))?;
    let Some((_, event)) = EVENTS.iter().find(|(known, _)| *known == action) else {
        return Ok(HookNotice::about(format!("action {action}"), Vec::new()));
    };
    let id = members.get("employeeid").and_then(|text| id_of(text));
    let id = id.ok_or(HookError::Malformed("EmployeeId is missing or cannot be one"))?;
    Ok(HookNotice::about((*event).to_owned(), vec![id]))
}

/// The members by their names in lower case; only texts and numbers count.
fn members(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') {
        let Value::Object(members) = serde_json::from_str(text).ok()? else { return None };
        let texts = members.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) => Some((name.to_ascii_lowercase(), text)),
            Value::Number(number) => Some((name.to_ascii_lowercase(), number.to_string())),
            _ => None,
        });
        return Some(texts.collect());
    }
    let form = text.split('&').filter_map(|pair| pair.split_once('='));
    let members: BTreeMap<String, String> =
        form.filter_map(|(name, value)| Some((decoded(name)?.to_ascii_lowercase(), decoded(value)?))).collect();
    (!members.is_empty()).then_some(members)
}

/// The text of a form's word; `None` where it is none.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn told(body: &[u8]) -> Result<HookNotice, HookError> {
        read(&Delivered { body, headers: &BTreeMap::new(), secret: None, now: Timestamp::UNIX_EPOCH })
    }

    fn person(body: &str) -> (String, String) {
        let notice = told(body.as_bytes()).unwrap();
        (notice.event, notice.people[0].as_str().to_owned())
    }

    #[test]
    fn the_employee_is_named_in_every_form_that_was_seen() {
        let updated = ("Employee Detail Updated".to_owned(), "HK204".to_owned());
        for body in [
            r#"{"ActionId":2,"Action":"Employee Detail Updated","EmployeeId":"HK204","FieldName":"Job Role","NewValue":"x"}"#,
            r#"{"ActionId":"2","EmployeeId":"HK204"}"#,
            "\u{feff}{\"ActionId\":2,\"EmployeeId\":\"HK204\"}",
            "ActionId=2&Action=Employee+Detail+Updated&EmployeeId=HK%32%304&FieldName=Other+Name%28s%29",
        ] {
            assert_eq!(person(body), updated, "{body}");
        }
        assert_eq!(person(r#"{"ActionId":3,"EmployeeId":12}"#), ("Marked Leaver".into(), "12".into()));
        assert_eq!(person(r#"{"ActionId":18,"EmployeeId":"HK1"}"#).0, "Employee Deleted");
    }

    #[test]
    fn other_events_name_nobody_and_what_is_no_packet_is_refused() {
        assert_eq!(told(br#"{"ActionId":10,"EmployeeId":"HK1"}"#).unwrap().people, []);
        for body in
            ["", "{", "[]", "null", "{}", "hello", r#"{"ActionId":2}"#, r#"{"ActionId":"two","EmployeeId":"1"}"#]
        {
            assert!(matches!(told(body.as_bytes()), Err(HookError::Malformed(_))), "{body}");
        }
        for id in ["\"\"", "\" \"", "\"a\\u001b[2J\"", "null", "{}", "[1]"] {
            assert!(told(format!(r#"{{"ActionId":2,"EmployeeId":{id}}}"#).as_bytes()).is_err(), "{id}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = told(&body);
        }

        #[test]
        fn no_packet_does_harm(action in any::<i64>(), id in ".{0,200}", percent in "[%a-f0-9=&+]{0,60}") {
            let notice = told(serde_json::json!({"ActionId": action, "EmployeeId": id}).to_string().as_bytes());
            if let Ok(notice) = notice {
                prop_assert!(crate::domain::inert::is_inert(&notice.event));
                prop_assert!(notice.people.iter().all(|one| crate::domain::inert::is_inert(one.as_str())));
            }
            let _ = told(percent.as_bytes());
        }
    }

    #[test]
    fn battered_peoplehr_webhook() {
        let samples: &[&[u8]] = &[
            br#"{"ActionId":1,"EmployeeId":"HK204"}"#,
            b"%7B%22ActionId%22%3A1%2C%22EmployeeId%22%3A%22HK204%22%7D",
            b"data=%7B%22ActionId%22%3A1%7D",
        ];
        crate::battered::batter("peoplehr_webhook", samples, |body| {
            if let Ok(notice) = told(body) {
                assert!(crate::domain::inert::is_inert(&notice.event));
                assert!(notice.people.iter().all(|one| crate::domain::inert::is_inert(one.as_str())));
            }
        });
    }
}
