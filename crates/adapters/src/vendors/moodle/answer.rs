//! What an answer means. 200 is not success: a failure is an object with `exception` and a code. Its message may quote what was sent,
//! and is shown only where it does not; what debug mode adds is never read.

use super::NAME;
use super::wire::Exception;
use crate::ports::api::ApiError;
use crate::ports::destination::WriteError;
use crate::vendors::http::Answer;
use crate::vendors::redact;
use crate::vendors::retry::Verdict;
use reqwest::StatusCode;

/// Failures are short: an answer that is longer than this is none.
const EXCEPTION_MAX: usize = 64 * 1024;

/// Codes of our own. The first two may come from the order of two writes.
pub const IDENTIFIER_IN_USE: &str = "IDENTIFIER_IN_USE";
pub const EMAIL_IN_USE: &str = "EMAIL_IN_USE";
pub const USER_NAME_IN_USE: &str = "USER_NAME_IN_USE";
pub const BAD_USER_NAME: &str = "BAD_USER_NAME";
/// A value is refused, and Moodle does not say which.
pub const BAD_VALUE: &str = "BAD_VALUE";
pub const TOO_LONG: &str = "TOO_LONG";
pub const PROTECTED: &str = "PROTECTED";

const SERVICE: &str = "in Site administration › Server › Web services: switch on web services and the REST protocol, put the \
    functions into the token's service, and look at the token's end date and address list";
const ROLE: &str = "give the role of the token's user this right at site level (Site administration › Users › Permissions › \
    Define roles)";
const ACCOUNT: &str =
    "log in to Moodle once as the token's user: its account has to be active, with password and policies agreed";

/// What a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The token is not known.
    Token,
    /// The gate is closed: function, service, end date, address. The last three are told apart by nothing.
    Gate,
    /// The token's user lacks a right.
    Right,
    /// The token's user cannot act at all.
    Account,
    /// Nothing is done just now: maintenance, an upgrade.
    Closed,
    /// A table could not be read; it may pass.
    Failing,
    /// A value is refused; outside of debug mode nobody says which.
    Value,
    /// The user name is refused for its letters.
    UserName,
    /// Of a user who is not there any more.
    Gone,
    Other,
}

impl Exception {
    /// The failure in an answer; `None` where it is none.
    pub fn of(answer: &Answer) -> Option<Self> {
        let bytes = answer.bytes();
        if bytes.len() > EXCEPTION_MAX {
            return None;
        }
        serde_json::from_str(&crate::vendors::rows::text(bytes)).ok()
    }

    /// Codes of the gate are `assumed` as they are spelled.
    pub fn kind(&self) -> Kind {
        match self.code().as_str() {
            "invalidtoken" => Kind::Token,
            "accessexception" | "servicenotavailable" | "enablewsdescription" => Kind::Gate,
            "nopermissions" | "nopermission" | "missingrequiredcapability" => Kind::Right,
            "usernotfullysetup" | "sitepolicynotagreed" | "forcepasswordchangenotice" | "requireloginerror" => {
                Kind::Account
            }
            code if code.starts_with("wsaccessuser") => Kind::Account,
            "sitemaintenance" | "upgraderunning" => Kind::Closed,
            "dmlreadexception" | "dmlconnectionexception" | "dbconnectionfailed" | "locktimeout" => Kind::Failing,
            "invalidparameter" => Kind::Value,
            "usernamelowercase" | "invalidusername" | "invalidusernameblank" => Kind::UserName,
            // The text of the password policy stands where the code does; it is looked at before anything is written.
            code if code.starts_with('<') => Kind::Value,
            "invaliduserid" | "usernotupdateddeleted" => Kind::Gone,
            _ if self.class.ends_with("access_exception") => Kind::Gate,
            _ if self.class.ends_with("required_capability_exception") => Kind::Right,
            _ if self.class.ends_with("invalid_parameter_exception") => Kind::Value,
            _ => Kind::Other,
        }
    }

    /// In words, without anything of a person: the message where it quotes nothing that was sent.
    pub fn words(&self, sent: &[&str]) -> String {
        let code = self.code();
        let code = redact::code_word(&code).unwrap_or("a failure without a code");
        match self.message.as_deref().and_then(|message| redact::quotable(message, sent)) {
            Some(message) => format!("{code}: `{message}`"),
            None => code.to_owned(),
        }
    }

    /// As the failure of a call that did nothing.
    fn error(&self, function: &str, sent: &[&str]) -> ApiError {
        let words = format!("{function}, {}", self.words(sent));
        match self.kind() {
            Kind::Token => ApiError::Refused { vendor: NAME, detail: "the site does not know this token".to_owned() },
            Kind::Gate => forbidden(words, SERVICE),
            Kind::Right => forbidden(words, ROLE),
            Kind::Account => forbidden(words, ACCOUNT),
            Kind::Closed | Kind::Failing => ApiError::Temporary { vendor: NAME, detail: words },
            Kind::Value | Kind::UserName | Kind::Gone | Kind::Other => {
                ApiError::Unexpected { vendor: NAME, detail: words }
            }
        }
    }
}

pub fn forbidden(detail: String, remedy: &str) -> ApiError {
    ApiError::Forbidden { vendor: NAME, detail, remedy: remedy.to_owned() }
}

/// What an answer of 200 says for asking again.
pub fn judge(answer: &Answer) -> Verdict {
    match Exception::of(answer) {
        Some(exception) if matches!(exception.kind(), Kind::Closed | Kind::Failing) => {
            Verdict::Failed(exception.words(&[]))
        }
        _ => Verdict::Final,
    }
}

/// Whether an answer brings what its call is for.
///
/// # Errors
/// What it is instead.
pub fn check(answer: &Answer, function: &str, sent: &[&str]) -> Result<(), ApiError> {
    if answer.status == StatusCode::FORBIDDEN && answer.bytes().iter().all(u8::is_ascii_whitespace) {
        let detail = "403 without a word: web services or the REST protocol are switched off".to_owned();
        return Err(forbidden(detail, SERVICE));
    }
    if answer.is_html() {
        return Err(answer.no_data(function, &answer.describe()));
    }
    if let Some(exception) = Exception::of(answer) {
        return Err(exception.error(function, sent));
    }
    match answer.status {
        StatusCode::OK => Ok(()),
        StatusCode::NOT_FOUND => Err(answer.no_data(function, "nothing is there")),
        _ => Err(answer.unexpected(&answer.describe())),
    }
}

/// What a write came to that is no yes.
pub enum No {
    /// It surely was not done.
    Not(WriteError),
    /// A value is refused; whose fault it is has to be looked into.
    Value(String),
}

impl From<No> for WriteError {
    fn from(no: No) -> Self {
        match no {
            No::Not(error) => error,
            No::Value(message) => rejected(BAD_VALUE, message, None),
        }
    }
}

/// Whether a write was done as far as its answer's outside tells. A failure that nobody here knows proves nothing: Moodle mails after
/// it has written, and may fail then.
///
/// # Errors
/// [`No`].
pub fn check_write(answer: &Answer, function: &str, sent: &[&str]) -> Result<(), No> {
    if let Some(exception) = Exception::of(answer) {
        let words = exception.words(sent);
        return Err(match exception.kind() {
            Kind::Value => No::Value(words),
            Kind::UserName => No::Not(rejected(BAD_USER_NAME, words, Some("username"))),
            Kind::Gone => No::Not(moved()),
            Kind::Failing | Kind::Other => No::Not(WriteError::Unknown { detail: format!("{function}, {words}") }),
            Kind::Token | Kind::Gate | Kind::Right | Kind::Account | Kind::Closed => {
                No::Not(WriteError::NotSent(exception.error(function, sent)))
            }
        });
    }
    match check(answer, function, sent) {
        Ok(()) => Ok(()),
        // A page, or a status that is no yes: only where it says so was nothing done.
        Err(error) if answer.status.is_client_error() => Err(No::Not(WriteError::NotSent(error))),
        Err(error) => Err(No::Not(unknown(&error))),
    }
}

pub fn unknown(error: &ApiError) -> WriteError {
    WriteError::Unknown { detail: error.to_string() }
}

pub fn moved() -> WriteError {
    WriteError::Moved { detail: "the user is not there any more".to_owned() }
}

/// A no to one person, in the answer's own status: 200.
pub fn rejected(code: &str, message: impl Into<String>, field: Option<&str>) -> WriteError {
    WriteError::Rejected {
        status: StatusCode::OK.as_u16(),
        code: code.to_owned(),
        message: message.into(),
        field: field.map(str::to_owned),
    }
}
