//! Chat channels by incoming webhook: Slack, Microsoft Teams, Mattermost, Google Chat. What each takes, and whose word that is, stands in
//! docs/deploying.md. The address is a credential: it is resolved when a message leaves, and stands in no error and no log.

use crate::domain::inert::escaped;
use crate::domain::secret::Secret;
use crate::ports::chat::{ChatError, Message, Messenger};
use crate::ports::clock::SharedClock;
use crate::trust::{self, Limits, host_of, stays_here};
use async_trait::async_trait;
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest that a channel may take to answer.
const LIMIT: Duration = Duration::from_secs(15);
/// Characters of a message at most: every kind takes that (Google Chat and Slack's advice have the least).
const LONGEST: usize = 3_500;
/// Bytes of an answer that are read at most: one kind says in the body what went wrong.
const ANSWER_MAX: usize = 4 * 1024;

/// How messages for a channel are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    Slack,
    Teams,
    Mattermost,
    GoogleChat,
}

impl ChatKind {
    /// The word in the configuration.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            ChatKind::Slack => "slack",
            ChatKind::Teams => "teams",
            ChatKind::Mattermost => "mattermost",
            ChatKind::GoogleChat => "google_chat",
        }
    }
}

/// Finds the address of a channel.
pub type Address = Box<dyn Fn() -> Result<Secret, String> + Send + Sync>;

/// A channel.
pub struct Channel {
    pub kind: ChatKind,
    pub address: Address,
}

/// The chat channels that are set up, by name.
pub struct Hooks {
    channels: BTreeMap<String, Channel>,
    clock: SharedClock,
    /// For what stays on this machine, and for all else.
    clients: [Result<reqwest::Client, String>; 2],
}

impl Hooks {
    /// Those that are set up.
    #[must_use]
    pub fn new(channels: BTreeMap<String, Channel>, clock: SharedClock) -> Self {
        let limits = Limits { connect: LIMIT, whole: LIMIT };
        let client =
            |here| trust::client(here, limits).map_err(|_| "the HTTP client could not be started (TLS)".to_owned());
        Self { channels, clock, clients: [client(true), client(false)] }
    }

    fn channel(&self, name: &str) -> Result<(&Channel, Url), ChatError> {
        let channel = self.channels.get(name);
        let channel = channel.ok_or_else(|| ChatError::Setup(format!("there is no channel called `{name}`")))?;
        let address = (channel.address)().map_err(ChatError::Setup)?;
        Ok((channel, address_of(&address)?))
    }
}

/// The address, where a message may be sent there.
fn address_of(secret: &Secret) -> Result<Url, ChatError> {
    let setup = |why: &str| ChatError::Setup(why.to_owned());
    // What cannot be read may be another secret, put in the wrong place: nothing of it is said.
    let url = Url::parse(secret.reveal().trim()).map_err(|_| setup("`url` is no address (https://…)"))?;
    if url.host_str().is_none() || !matches!(url.scheme(), "http" | "https") {
        return Err(setup("`url` must begin with https://"));
    }
    if url.scheme() == "http" && !stays_here(&url) {
        return Err(setup(
            "`url` must begin with https://, or whoever stands in between could read it and write there",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(setup("`url` must not hold a user or a password"));
    }
    Ok(url)
}

#[async_trait]
impl Messenger for Hooks {
    fn channels(&self) -> Vec<String> {
        self.channels.keys().cloned().collect()
    }

    async fn send(&self, channel: &str, message: &Message) -> Result<(), ChatError> {
        let (channel, url) = self.channel(channel)?;
        let [here, elsewhere] = &self.clients;
        let client = if stays_here(&url) { here } else { elsewhere };
        let client = client.as_ref().map_err(|why| ChatError::Setup(why.clone()))?;
        let host = host_of(&url);
        let sent = client.post(url).json(&body(channel.kind, message)).send().await;
        let mut answer = sent.map_err(|error| failed(&host, &error))?;
        let status = answer.status();
        let wait = answer.headers().get(reqwest::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|text| self.wait(text));
        let mut text = Vec::new();
        // That it was taken is said by the status; what is cut off after that changes nothing.
        while let Ok(Some(chunk)) = answer.chunk().await {
            text.extend_from_slice(&chunk);
            if text.len() > ANSWER_MAX {
                break;
            }
        }
        let (status, refused) = match (channel.kind, said_in_the_body(&text)) {
            (ChatKind::Teams, Some(status)) if status_is_good(answer.status()) => (status, true),
            _ => (status.as_u16(), !status_is_good(status)),
        };
        match status {
            _ if !refused => Ok(()),
            300..400 => Err(ChatError::Redirected { host, status }),
            408 | 429 | 500.. => Err(ChatError::Later { host, status, wait }),
            _ => Err(ChatError::Refused { host, status }),
        }
    }

    fn look(&self, channel: &str) -> Result<String, ChatError> {
        let (channel, url) = self.channel(channel)?;
        Ok(format!("{}, {}", channel.kind.key(), host_of(&url)))
    }
}

impl Hooks {
    /// How long a channel asks to wait: seconds, or a moment.
    fn wait(&self, text: &str) -> Option<Duration> {
        if let Ok(seconds) = text.trim().parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
        Duration::try_from(until.duration_since(self.clock.now())).ok()
    }
}

fn status_is_good(status: StatusCode) -> bool {
    status.is_success()
}

/// The connectors of Teams answer 200 to what their channel did not take, and say so in the body.
fn said_in_the_body(body: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(body);
    let (_, rest) = text.split_once("HTTP error ")?;
    rest.get(..3)?.parse().ok().filter(|status| (300..600).contains(status))
}

fn failed(host: &str, error: &reqwest::Error) -> ChatError {
    let host = host.to_owned();
    // The error's own words hold the address.
    let why = match error {
        error if error.is_timeout() => format!("no answer within {} s", LIMIT.as_secs()),
        error if error.is_connect() => "no connection, or its certificate cannot be trusted".to_owned(),
        _ => "the connection was cut".to_owned(),
    };
    if error.is_connect() || error.is_builder() {
        ChatError::Unreachable { host, why }
    } else {
        ChatError::NoAnswer { host, why }
    }
}

/// The lines of a message, short enough and harmless: nobody is called by it, and it cannot leave the block that it stands in.
fn lines(message: &Message) -> Vec<String> {
    let calm = |line: &str| escaped(line).replace('@', "(at)").replace('`', "'");
    let mut lines = vec![calm(&message.title), String::new()];
    let mut length = message.title.chars().count();
    for line in message.text.lines() {
        length += line.chars().count() + 1;
        if length > LONGEST {
            lines.push("(cut here: `onroll` has all of it)".replace('`', "'"));
            break;
        }
        lines.push(calm(line));
    }
    lines
}

/// What is posted.
fn body(kind: ChatKind, message: &Message) -> Value {
    let lines = lines(message);
    let block = |text: String| json!({ "text": format!("```\n{}\n```", text.trim_end()) });
    match kind {
        ChatKind::Slack => block(lines.join("\n").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")),
        ChatKind::Mattermost => block(lines.join("\n")),
        // It has no way to say that these mean themselves.
        ChatKind::GoogleChat => block(lines.join("\n").replace('<', "\u{2039}").replace('>', "\u{203a}")),
        ChatKind::Teams => {
            // Runs of text know no markup; a line of its own each, for line ends are blanks in them.
            let line = |(at, line): (usize, &String)| {
                let font = if at == 0 { "Default" } else { "Monospace" };
                let text = if line.is_empty() { " " } else { line.as_str() };
                json!({ "type": "RichTextBlock", "spacing": "None", "inlines": [
                    { "type": "TextRun", "text": text, "fontType": font, "weight": if at == 0 { "Bolder" } else { "Default" } }
                ] })
            };
            json!({ "type": "message", "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.2",
                    "body": lines.iter().enumerate().map(line).collect::<Vec<_>>()
                }
            }] })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message { title: "Onroll: Harbour".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_name_can_neither_call_anybody_nor_leave_its_block() {
        let hostile = message("<!channel> @all <users/all> ```\n[x](https://evil.example) <a&b>");
        let text = |kind| body(kind, &hostile)["text"].as_str().unwrap_or_default().to_owned();
        let slack = text(ChatKind::Slack);
        assert!(slack.contains("&lt;!channel&gt;") && slack.contains("&lt;a&amp;b&gt;"), "{slack}");
        for kind in [ChatKind::Slack, ChatKind::Mattermost, ChatKind::GoogleChat] {
            let text = text(kind);
            assert_eq!(text.matches("```").count(), 2, "{text}");
            assert!(!text.contains('@') && text.starts_with("```\nOnroll: Harbour\n"), "{text}");
        }
        assert!(!text(ChatKind::GoogleChat).contains('<'));
        let card = &body(ChatKind::Teams, &hostile)["attachments"][0]["content"];
        assert_eq!((&card["type"], card["body"].as_array().unwrap().len()), (&json!("AdaptiveCard"), 4));
        assert!(card["body"].as_array().unwrap().iter().all(|line| line["type"] == "RichTextBlock"));
    }

    #[test]
    fn a_long_message_is_cut_at_a_line() {
        let long = message(&"a line of forty letters, more or less it is\n".repeat(500));
        for kind in [ChatKind::Slack, ChatKind::Teams, ChatKind::Mattermost, ChatKind::GoogleChat] {
            let text = body(kind, &long).to_string();
            assert!(text.contains("cut here") && text.len() < 28_000, "{kind:?}: {}", text.len());
        }
    }

    #[test]
    fn an_address_is_encrypted_or_this_very_machine_and_is_never_said() {
        for bad in ["http://hooks.slack.com/services/T0/B0/hush", "hush", "ftp://x/hush", "https://a:hush@x.example/"] {
            let error = address_of(&Secret::new(bad)).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
        for good in ["https://hooks.slack.com/services/T0/B0/hush", "http://127.0.0.1:9/hush", "http://[::1]:9/"] {
            address_of(&Secret::new(good)).unwrap();
        }
        assert_eq!(said_in_the_body(b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId"), Some(429));
        assert_eq!((said_in_the_body(b"1"), said_in_the_body(b"HTTP error \xff\xff")), (None, None));
    }
}
