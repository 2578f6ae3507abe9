//! BambooHR's webhooks (bamboohr.md 8.7) [doc: shapes, headers; client: what is signed]: an event per change, signed with the
//! private key that BambooHR shows once.

use crate::vendors::webhook::{Delivered, HookError, HookNotice, hmac_hex, id_of, same};
use serde_json::Value;

/// A delivery that was signed longer ago is refused: whether it came before is known no longer.
const SHELF_LIFE: i64 = 24 * 3_600;

/// Reads a delivery, once its signature is proven.
///
/// # Errors
/// A signature that is missing, wrong or old; a body that is no event.
pub fn read(delivered: &Delivered<'_>) -> Result<HookNotice, HookError> {
    prove(delivered)?;
    let event: Value =
        serde_json::from_slice(delivered.body).map_err(|_| HookError::Malformed("the body is no JSON"))?;
    let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
    // One family is thin, the other has the fields too.
    let kind = kind.strip_prefix("employee_with_fields.").or(kind.strip_prefix("employee."));
    let word = match kind {
        Some("created") => "employee.created",
        Some("updated") => "employee.updated",
        Some("deleted") => "employee.deleted",
        _ => return Ok(HookNotice::about("another event".to_owned(), Vec::new())),
    };
    let id = event.get("data").and_then(|data| data.get("employeeId")).and_then(|id| match id {
        Value::String(text) => id_of(text),
        Value::Number(number) => id_of(&number.to_string()),
        _ => None,
    });
    let id = id.ok_or(HookError::Malformed("data.employeeId is missing or cannot be one"))?;
    Ok(HookNotice::about(word.to_owned(), vec![id]))
}

fn prove(delivered: &Delivered<'_>) -> Result<(), HookError> {
    let secret = delivered.secret.ok_or(HookError::Unproven("no key was given to prove signatures with"))?;
    let header = |name| delivered.headers.get(name).map(String::as_str);
    let (Some(timestamp), Some(signature)) = (header("x-bamboohr-timestamp"), header("x-bamboohr-signature")) else {
        return Err(HookError::Unproven("it is not signed"));
    };
    let wanted = hmac_hex(secret.reveal().as_bytes(), &[delivered.body, timestamp.as_bytes()]);
    if !same(wanted.as_bytes(), signature.trim().as_bytes()) {
        return Err(HookError::Unproven("its signature is wrong"));
    }
    let signed = timestamp.trim().parse::<i64>().map_err(|_| HookError::Unproven("its time is no number"))?;
    let now = delivered.now.as_second();
    if signed < now.saturating_sub(SHELF_LIFE) {
        return Err(HookError::Unproven("it was signed more than a day ago"));
    }
    if signed > now.saturating_add(SHELF_LIFE) {
        return Err(HookError::Unproven("the time of its signature lies more than a day ahead: a clock is wrong"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const BODY: &str = r#"{"type":"employee.updated","timestamp":"2026-01-31T18:42:00+0000","data":{"companyId":"12345","employeeId":"67890","changedFields":["firstName"]}}"#;

    fn told(body: &[u8], key: Option<&str>, signed: &str, later: i64) -> Result<HookNotice, HookError> {
        let headers = BTreeMap::from([
            ("x-bamboohr-timestamp".to_owned(), "1769884920".to_owned()),
            ("x-bamboohr-signature".to_owned(), signed.to_owned()),
        ]);
        let secret = key.map(Secret::new);
        let now = Timestamp::from_second(1_769_884_920 + later).unwrap();
        read(&Delivered { body, headers: &headers, secret: secret.as_ref(), now })
    }

    #[test]
    fn only_what_is_signed_with_the_key_is_read() {
        let signed = hmac_hex(b"key", &[BODY.as_bytes(), b"1769884920"]);
        let notice = told(BODY.as_bytes(), Some("key"), &signed, 60).unwrap();
        assert_eq!((notice.event.as_str(), notice.people[0].as_str()), ("employee.updated", "67890"));
        let forged = BODY.replace("67890", "1");
        for refused in [
            told(forged.as_bytes(), Some("key"), &signed, 60),
            told(BODY.as_bytes(), Some("other"), &signed, 60),
            told(BODY.as_bytes(), None, &signed, 60),
            told(BODY.as_bytes(), Some("key"), "", 60),
            told(BODY.as_bytes(), Some("key"), &signed, 90_000),
        ] {
            assert!(matches!(refused, Err(HookError::Unproven(_))), "{refused:?}");
        }
    }

    #[test]
    fn a_time_that_is_far_off_is_said_as_it_is() {
        let signed = hmac_hex(b"key", &[BODY.as_bytes(), b"1769884920"]);
        let why = |later| told(BODY.as_bytes(), Some("key"), &signed, later).map_err(|error| error.to_string());
        assert!(why(90_000).unwrap_err().contains("more than a day ago"));
        assert!(why(-90_000).unwrap_err().contains("more than a day ahead"));
        assert!(why(86_000).is_ok() && why(-86_000).is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let signed = hmac_hex(b"key", &[&body, b"1769884920"]);
            let _ = told(&body, Some("key"), &signed, 0);
        }
    }

    #[test]
    fn battered_bamboohr_webhook() {
        let samples: &[&[u8]] = &[
            br#"{"employees":[{"id":"204","action":"Updated","timestamp":"2026-01-10T08:30:12+00:00","changedFields":["Job Title"],"fields":{}}]}"#,
            br#"{"employees":[{"id":204,"action":"Deleted"}]}"#,
        ];
        crate::battered::batter("bamboohr_webhook", samples, |body| {
            let signed = hmac_hex(b"key", &[body, b"1769884920"]);
            let _ = told(body, Some("key"), &signed, 0);
        });
    }
}
