//! Moodle: the web services of a learning platform, one address for everything, 200 for nearly everything.
//!
//! Behaviour after the product's own source (moodle.md): what is checked in which order, which failure is an exception and which a
//! warning, what rights hide, when mails go out. Assumed here: that an unknown key of a search stays a warning in all releases, that
//! suspended users are found by every search, and how the codes of the gate are spelled. Switches in the site's settings turn what
//! differs from site to site and from release to release.
//!
//! Three accounts are there by themselves and no users of the world: the guest (1), an administrator (2), and the token's own (3).

mod arguments;
mod cohorts;
mod read;
mod settings;
mod site;
mod write;

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, pairs, raw_value},
    vendor::{self, Kind, Quirk, Setup, Simulated, Vendor},
    world::{Company, Side},
};
use arguments::Arguments;
use site::Site;

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "moodle",
    side: Side::Destination,
    has_tokens: false,
    check: settings::Settings::check,
    adopt: settings::adopt,
    identifiers: vendor::of_users,
    open,
    field_map: |_| Vec::new(),
    login_of: |call| parameter(call, "wstoken"),
    stranger,
    kind,
    lists_people,
    refusal,
};

const PATH: &str = "/webservice/rest/server.php";

/// Functions that change something.
const WRITES: [&str; 5] = [
    "core_user_create_users",
    "core_user_update_users",
    "core_cohort_create_cohorts",
    "core_cohort_add_cohort_members",
    "core_cohort_delete_cohort_members",
];

fn open(company: Company, _: Setup) -> Box<dyn Simulated> {
    Box::new(Site::open(company))
}

/// A parameter, of the body before the address.
fn parameter(call: &Call, name: &str) -> Option<String> {
    let form = call.form();
    let all = form.iter().chain(&call.query);
    all.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

fn kind(call: &Call) -> Kind {
    let function = parameter(call, "wsfunction").unwrap_or_default();
    if WRITES.contains(&function.as_str()) { Kind::Write } else { Kind::Read }
}

/// A search for everybody.
fn lists_people(call: &Call) -> bool {
    parameter(call, "wsfunction").as_deref() == Some("core_user_get_users")
        && parameter(call, "criteria[0][value]").is_none_or(|value| value == "%")
}

fn stranger(call: &Call) -> Answer {
    Failure::new("core\\exception\\moodle_exception", "invalidtoken", "Invalid token - token not found")
        .answer(call, false)
}

/// Moodle throttles nobody: what stands in front of it does, and says nothing in words.
fn refusal(status: u16, wait: Option<u32>) -> Answer {
    let answer = Answer::empty(status);
    match wait {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// An exception.
#[derive(Clone, Debug)]
struct Failure {
    class: String,
    code: String,
    message: String,
    /// The reason, which only debug mode tells.
    debug: String,
}

impl Failure {
    fn new(class: &str, code: &str, message: &str) -> Self {
        Self { class: class.into(), code: code.into(), message: message.into(), debug: String::new() }
    }

    /// A value that is not taken: all reasons read the same.
    fn value(debug: impl Into<String>) -> Self {
        let message = "Invalid parameter value detected";
        let class = "core\\exception\\invalid_parameter_exception";
        Self { debug: debug.into(), ..Self::new(class, "invalidparameter", message) }
    }

    fn moodle(code: &str, message: &str) -> Self {
        Self::new("core\\exception\\moodle_exception", code, message)
    }

    fn right(name: &str) -> Self {
        let message = format!("Sorry, but you do not currently have permissions to do that ({name}).");
        Self::new("core\\exception\\required_capability_exception", "nopermissions", &message)
    }

    fn gate(debug: &str) -> Self {
        let message = "Access control exception";
        let class = "core_external\\exception\\access_exception";
        Self { debug: debug.into(), ..Self::new(class, "accessexception", message) }
    }

    fn database() -> Self {
        Self::new("core\\exception\\dml_write_exception", "dmlwriteexception", "Error writing to database")
    }

    fn answer(self, call: &Call, debugs: bool) -> Answer {
        let Self { class, code, message, debug } = self;
        if !wants_json(call) {
            return xml(&format!(
                "<EXCEPTION class=\"{class}\">\n<ERRORCODE>{code}</ERRORCODE>\n<MESSAGE>{message}</MESSAGE>\n</EXCEPTION>\n"
            ));
        }
        let mut body = json!({"exception": class, "errorcode": code, "message": message});
        if debugs && !debug.is_empty() {
            body["debuginfo"] = json!(debug);
        }
        Answer::json(200, body)
    }
}

fn wants_json(call: &Call) -> bool {
    parameter(call, "moodlewsrestformat").as_deref() == Some("json")
}

/// As answers are where no format is named.
fn xml(content: &str) -> Answer {
    let body = raw_value(&format!("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n{content}"));
    Answer::json(200, body).with("content-type", "application/xml; charset=utf-8")
}

impl Simulated for Site {
    fn login(&self) -> String {
        self.settings.token.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        if call.path.trim_end_matches('/') != PATH {
            return Answer::json(404, raw_value("<html><head><title>404 Not Found</title></head></html>"))
                .with("content-type", "text/html");
        }
        let switches = &self.settings.switches;
        if switches.no_web_services {
            return Answer::empty(403);
        }
        let debugs = switches.debug;
        match self.call(call, quirk) {
            Ok(body) if wants_json(call) => Answer::json(200, body),
            Ok(_) => xml("<RESPONSE>\n</RESPONSE>\n"),
            Err(failure) => failure.answer(call, debugs),
        }
    }

    fn expire(&mut self, _: &Call) {
        self.refuses_next = true;
    }

    fn dump(&self) -> Company {
        self.to_company()
    }

    fn replace(&mut self, company: Company) {
        self.load(company);
    }

    fn connection(&self, root: &str) -> Vec<(&'static str, String)> {
        self.settings.connection(root)
    }
}

impl Site {
    /// The function of a call, once the gate has let it through.
    fn call(&mut self, call: &Call, quirk: Option<Quirk>) -> Result<Value, Failure> {
        if std::mem::take(&mut self.refuses_next) {
            return Err(Failure::moodle("invalidtoken", "Invalid token - token not found"));
        }
        if self.settings.switches.maintenance {
            return Err(Failure::moodle(
                "sitemaintenance",
                "Site is undergoing maintenance and is currently not available",
            ));
        }
        let function = parameter(call, "wsfunction").unwrap_or_default();
        if !self.settings.functions.iter().flatten().any(|known| *known == function) {
            return Err(Failure::gate(&format!("Access to the function {function}() is not allowed.")));
        }
        let form = [call.query.clone(), pairs(&String::from_utf8_lossy(&call.body))].concat();
        let own = ["wstoken", "wsfunction", "moodlewsrestformat"];
        let arguments = Arguments::of(form.iter().filter(|(name, _)| !own.contains(&name.as_str())));
        match function.as_str() {
            "core_webservice_get_site_info" => Ok(self.site_info()),
            "core_user_get_users" => self.search(&arguments, quirk),
            "core_user_get_users_by_field" => self.by_field(&arguments),
            "core_user_create_users" => self.create_users(&arguments),
            "core_user_update_users" => self.update_users(&arguments),
            "core_cohort_get_cohorts" => self.get_cohorts(&arguments),
            "core_cohort_create_cohorts" => self.create_cohorts(&arguments),
            "core_cohort_get_cohort_members" => self.cohort_members(&arguments),
            "core_cohort_add_cohort_members" => self.add_members(&arguments),
            "core_cohort_delete_cohort_members" => self.remove_members(&arguments),
            _ => Err(Failure::gate("no such function")),
        }
    }
}
