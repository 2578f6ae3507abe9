//! Keeps personal data and secrets out of error texts: what a vendor says is quoted only after it went through here.

/// Longest quotation of a vendor's text, in characters.
const QUOTE_MAX: usize = 200;

/// Longest title of an HTML page that is quoted, in characters.
const TITLE_MAX: usize = 80;

/// What a body is that should have been JSON: its kind and, of HTML, the title. Never the body itself.
pub fn describe_body(content_type: Option<&str>, body: &[u8]) -> String {
    if body.iter().all(u8::is_ascii_whitespace) {
        return "an empty body".to_owned();
    }
    let head = String::from_utf8_lossy(body.get(..body.len().min(4096)).unwrap_or_default());
    if is_html(content_type, &head) {
        return match html_title(&head) {
            Some(title) => format!("HTML page, title `{title}`"),
            None => "HTML page without a title".to_owned(),
        };
    }
    if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        return format!("{} bytes of JSON", body.len());
    }
    let kind = content_type.and_then(|text| text.split(';').next()).map_or("no content type", str::trim);
    let kind: String = kind.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(40).collect();
    format!("{} bytes that are not JSON ({kind})", body.len())
}

/// Whether an answer is a page for people: a log-in form, a proxy's error.
pub fn is_html(content_type: Option<&str>, head: &str) -> bool {
    if content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html")) {
        return true;
    }
    let start: String = head.trim_start().chars().take(16).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<head")
}

fn html_title(head: &str) -> Option<String> {
    // ASCII lower-casing keeps byte positions.
    let lower = head.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let title = without_addresses(head.get(start..end)?);
    (!title.is_empty()).then(|| cut(&title, TITLE_MAX))
}

/// A vendor's message, where it can be shown: `None` when it holds an e-mail address or one of `values` (what was sent).
pub fn quotable(message: &str, values: &[&str]) -> Option<String> {
    let message = one_line(message);
    if message.is_empty() || message.contains('@') {
        return None;
    }
    let folded = message.to_lowercase();
    let repeats = values
        .iter()
        .map(|value| value.trim().to_lowercase())
        .any(|value| value.chars().count() > 1 && folded.contains(&value));
    (!repeats).then(|| cut(&message, QUOTE_MAX))
}

/// A machine word as vendors use for errors (`invalid_grant`, `EMAIL_IN_USE`); `None` for anything else.
pub fn code_word(text: &str) -> Option<&str> {
    let plain = !text.is_empty()
        && text.len() <= 60
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.');
    plain.then_some(text)
}

fn without_addresses(text: &str) -> String {
    text.split_whitespace().filter(|word| !word.contains('@')).collect::<Vec<_>>().join(" ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}

fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn html_is_named_by_its_title_without_addresses() {
        let page = b"<!DOCTYPE html><html><head><TITLE>502 Bad Gateway for ann@x.example</TITLE></head></html>";
        assert_eq!(describe_body(None, page), "HTML page, title `502 Bad Gateway for`");
        assert_eq!(describe_body(Some("text/html; charset=utf-8"), b"oops"), "HTML page without a title");
        assert_eq!(describe_body(Some("text/plain"), b"oops"), "4 bytes that are not JSON (text/plain)");
        assert_eq!(describe_body(Some("application/json"), b"{\"code\": 1}"), "11 bytes of JSON");
        assert_eq!(describe_body(None, b" \n"), "an empty body");
        let long = format!("<html><title>{}</title>", "x".repeat(300));
        assert!(describe_body(None, long.as_bytes()).chars().count() < 110);
    }

    #[test]
    fn messages_with_personal_data_are_dropped() {
        assert_eq!(quotable("Job title is unknown", &["Leo"]).as_deref(), Some("Job title is unknown"));
        assert_eq!(quotable("leo.marsh@example.com is in use", &[]), None);
        assert_eq!(quotable("Learner LEO is in use", &["Leo", ""]), None);
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..600), kind in ".{0,30}") {
            let text = describe_body(Some(&kind), &body);
            prop_assert!(text.chars().count() < 160);
        }

        #[test]
        fn no_title_makes_it_panic(title in ".{0,200}") {
            let text = describe_body(None, format!("<html><title>{title}</title>").as_bytes());
            prop_assert!(!text.contains('@'));
        }
    }
}
