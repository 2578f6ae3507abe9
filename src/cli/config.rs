//! The configuration file: keys, theme, operator, place of the workspace. Tenants are not in it.

pub use super::config_outlets::{ChannelConfig, ChatConfig, DigestConfig, UrlPlace};
use super::environment::filled;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::report::recipients::is_address;
use crate::domain::secret::SecretRef;
use crate::engine::supervisor::Limits;
use crate::notify::mail::{Smtp, Tls, is_here};
use crate::ports::bounded::{self, SETTINGS_MAX};
use crate::secrets::SecretStore;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Everything that `config.toml` may say. An unknown key is an error that names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub operator: Operator,
    pub console: ConsoleConfig,
    pub workspace: WorkspaceConfig,
    pub runs: RunsConfig,
    /// The mail server for reports; without it none are mailed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<SmtpConfig>,
    /// The digest of all tenants; without it none is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestConfig>,
    /// Chat channels that hear what is mailed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatConfig>,
    /// Keys of actions: `"sort" = ["s"]`. See docs/keys.md for the names of the actions.
    pub keys: BTreeMap<String, Vec<String>>,
}

/// Who works here; kept with rulings, edits and runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operator {
    pub name: Option<String>,
    pub email: Option<String>,
}

/// How the console looks and behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsoleConfig {
    /// `terminal`, `dark` or `light`.
    pub theme: String,
    /// `unicode`, `ascii`, or `auto` (ascii where the locale is not UTF-8).
    pub glyphs: String,
    pub mouse: bool,
    /// No spinner.
    pub reduced_motion: bool,
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self { theme: "terminal".into(), glyphs: "auto".into(), mouse: true, reduced_motion: false }
    }
}

/// Where the workspace is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceConfig {
    /// Folder; `--workspace` and `ONROLL_WORKSPACE` come first.
    pub dir: Option<PathBuf>,
}

/// The mail server for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    pub host: String,
    /// 587, 465 or 25 where it is left out, as `tls` is.
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub tls: Tls,
    #[serde(default)]
    pub user: Option<String>,
    /// Where the password is; never the password.
    #[serde(default)]
    pub password: Option<PasswordPlace>,
    /// `Onroll <onroll@provider.example>`
    pub from: String,
    /// PEM file of a certificate that is trusted besides those of the system.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

/// Where a password is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "toml::Value")]
pub enum PasswordPlace {
    /// Name of an environment variable.
    Env(String),
    /// A file that only its owner may read.
    File(PathBuf),
}

impl TryFrom<toml::Value> for PasswordPlace {
    type Error = &'static str;

    /// By hand, because a message of the reader would repeat a password that stands there itself.
    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let table = value.as_table().filter(|table| table.len() == 1);
        let named = |key: &str| table.and_then(|table| table.get(key)).and_then(toml::Value::as_str);
        let env = named("env").map(|name| PasswordPlace::Env(name.to_owned()));
        env.or_else(|| named("file").map(|path| PasswordPlace::File(path.into()))).ok_or(
            "smtp.password says where the password is, { env = \"NAME\" } or { file = \"PATH\" }, never the password",
        )
    }
}

impl SmtpConfig {
    fn check(&self) -> Result<(), String> {
        if self.tls == Tls::None && !is_here(&self.host) {
            return Err(format!(
                "smtp.tls is `none`: reports would go in clear to {}; that is taken for localhost only, use starttls or tls",
                self.host
            ));
        }
        if self.host.trim().is_empty() {
            return Err("smtp.host is blank".to_owned());
        }
        if self.user.is_some() != self.password.is_some() {
            return Err("smtp.user and smtp.password go together, or both stay out".to_owned());
        }
        Ok(())
    }

    /// Whoever takes mails there. What is wrong with the password or the certificate is said when a mail is to leave.
    pub fn postman(&self, secrets: &SecretStore, environment: &dyn Fn(&str) -> Option<String>) -> Smtp {
        let login = self.user.clone().zip(self.password.clone()).map(|(user, place)| {
            let reference = match place {
                PasswordPlace::Env(name) => SecretRef::Env(name),
                PasswordPlace::File(path) => SecretRef::File(path),
            };
            let password = secrets.resolve(&reference, environment).map_err(|error| format!("`password`: {error}"));
            (user, password)
        });
        let read = |path: &PathBuf| {
            let text = bounded::read_text(path, SETTINGS_MAX);
            text.map(String::into_bytes).map_err(|error| format!("`ca`: {} cannot be read: {error}", path.display()))
        };
        Smtp {
            host: self.host.clone(),
            port: self.port.unwrap_or(self.tls.port()),
            tls: self.tls,
            login,
            from: self.from.clone(),
            ca: self.ca.as_ref().map(read),
        }
    }
}

/// How runs share this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunsConfig {
    /// Maximum of runs at work at once; others wait for their turn.
    pub at_once: NonZeroUsize,
    /// Of these at one vendor's address.
    pub at_once_per_vendor: NonZeroUsize,
}

impl Default for RunsConfig {
    fn default() -> Self {
        let Limits { at_once, per_vendor } = Limits::default();
        Self { at_once, at_once_per_vendor: per_vendor }
    }
}

impl Config {
    /// Reads the file that `--config` names, or the one in the XDG config folder; no file there is no error.
    ///
    /// # Errors
    /// A named file that cannot be read; TOML that is wrong; an unknown key: with the line.
    pub fn load(named: Option<&Path>) -> Result<Config, Problem> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => match default_path().filter(|path| path.exists()) {
                Some(path) => path,
                None => return Ok(Config::default()),
            },
        };
        let text = bounded::read_text(&path, SETTINGS_MAX).map_err(|error| {
            Problem::new(ProblemKind::Input, format!("the configuration {} cannot be read", path.display()))
                .with_why(error.to_string())
                .with_remedy("name another file with --config, or leave it out")
        })?;
        Config::parse(&text).map_err(|why| {
            Problem::new(ProblemKind::Input, format!("the configuration {} is not valid", path.display()))
                .with_why(why)
                .with_remedy("compare it with config.sample.toml")
        })
    }

    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// What is wrong and in which line.
    pub fn parse(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|error| explained(&error.to_string()))?;
        for (value, legal, key) in [
            (&config.console.theme, ["terminal", "dark", "light"], "console.theme"),
            (&config.console.glyphs, ["auto", "unicode", "ascii"], "console.glyphs"),
        ] {
            if !legal.contains(&value.as_str()) {
                return Err(format!("{key} is `{value}`; it may be {}", legal.join(", ")));
            }
        }
        config.smtp.as_ref().map_or(Ok(()), SmtpConfig::check)?;
        config.digest.as_ref().map_or(Ok(()), DigestConfig::check)?;
        config.chat.as_ref().map_or(Ok(()), ChatConfig::check)?;
        if let Some(email) = config.operator.email.as_ref().filter(|email| !is_address(email)) {
            return Err(format!("operator.email is `{email}`, which is no e-mail address"));
        }
        Ok(config)
    }
}

/// `config.toml` in the XDG config folder.
pub fn default_path() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "onroll").map(|dirs| dirs.config_dir().join("config.toml"))
}

/// The workspace of this call: `--workspace` (or its variable), the config, the XDG data folder.
///
/// # Errors
/// When no home folder is known and none is named.
pub fn workspace_dir(named: Option<&Path>, config: &Config) -> Result<PathBuf, Problem> {
    if let Some(dir) = named.map(Path::to_owned).or_else(|| config.workspace.dir.clone()) {
        return Ok(dir);
    }
    directories::ProjectDirs::from("", "", "onroll").map(|dirs| dirs.data_dir().join("default")).ok_or_else(|| {
        Problem::new(ProblemKind::Input, "there is no home folder to keep the workspace in")
            .with_remedy("name one with --workspace DIR or ONROLL_WORKSPACE")
    })
}

/// Folder of the log files.
pub fn state_dir() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "onroll")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned())
}

/// Whether the locale says UTF-8; an unset locale counts as UTF-8, which every current terminal is.
pub fn locale_is_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(filled);
    locale.is_none_or(|name| {
        let name = name.to_ascii_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    })
}

/// Toml's report on one line, with the nearest right word beside one that is not known.
pub fn explained(report: &str) -> String {
    let text = one_line(report);
    // `unknown field `theem`, expected one of `theme`, `glyphs``; the words between backticks in turn.
    let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let unknown = ["unknown field `", "unknown variant `"].iter().any(|start| text.contains(start));
    match words.split_first() {
        Some((word, known)) if unknown => {
            let near = crate::domain::text::nearest(word, known.iter().copied());
            near.map_or(text.clone(), |near| format!("{text}; nearest: `{near}`"))
        }
        _ => text,
    }
}

/// Toml's report on one line, without the picture of the text.
fn one_line(report: &str) -> String {
    let kept: Vec<&str> = report
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('|') && !line.contains(" | "))
        .collect();
    kept.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_the_default() {
        let sample = include_str!("../../config.sample.toml");
        let written: String =
            sample.lines().map(|line| line.strip_prefix("#~ ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
        let config = Config::parse(sample).unwrap();
        assert_eq!(config, Config::default());
        // Also the lines that are commented out are understood.
        Config::parse(&written).unwrap();
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = Config::parse("[console]\ntheem = 'dark'\n").unwrap_err();
        assert!(error.contains("theem") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn a_mail_server_is_spoken_to_in_clear_on_this_machine_only() {
        let smtp = |host: &str, tls: &str, more: &str| {
            Config::parse(&format!("[smtp]\nhost = '{host}'\ntls = '{tls}'\nfrom = 'onroll@x.example'\n{more}"))
        };
        assert!(smtp("mail.x.example", "none", "").unwrap_err().contains("in clear"));
        for here in ["localhost", "127.0.0.1", "::1"] {
            smtp(here, "none", "").unwrap();
        }
        let kept = smtp("mail.x.example", "starttls", "user = 'a'\npassword = { env = 'SMTP_PASSWORD' }").unwrap();
        assert_eq!(kept.smtp.unwrap().password, Some(PasswordPlace::Env("SMTP_PASSWORD".into())));
        assert!(smtp("mail.x.example", "tls", "user = 'a'").unwrap_err().contains("go together"));
        let inline = smtp("mail.x.example", "tls", "user = 'a'\npassword = 'hunter2'").unwrap_err();
        assert!(!inline.contains("hunter2"), "{inline}");
    }

    #[test]
    fn a_digest_has_a_schedule_in_a_zone_and_addresses() {
        let digest = |text: &str| Config::parse(&format!("[digest]\n{text}")).map(|config| config.digest.unwrap());
        let kept = digest("recipients = ['team@x.example']\nat = 'daily 7:00'\nzone = 'Europe/London'").unwrap();
        assert_eq!((kept.at.to_string().as_str(), kept.zone.as_str()), ("daily 07:00", "Europe/London"));
        assert_eq!(digest("recipients = []").unwrap().at.to_string(), "daily 07:00");
        assert!(digest("recipients = ['nobody']").unwrap_err().contains("no e-mail address"));
        assert!(digest("recipients = []\nzone = 'Atlantis'").unwrap_err().contains("Atlantis"));
        assert!(digest("recipients = []\nat = 'sometimes'").unwrap_err().contains("is no schedule"));
    }

    #[test]
    fn the_address_of_a_channel_never_stands_in_the_configuration() {
        let chat = |text: &str| Config::parse(&format!("[chat]\n{text}")).map(|config| config.chat.unwrap());
        let kept = chat("url = { env = 'ONROLL_CHAT' }\nkind = 'slack'\n[chat.tenants.harbour]\nurl = { sealed = 'chat' }\nkind = 'teams'").unwrap();
        assert_eq!(kept.url, Some(UrlPlace::Env("ONROLL_CHAT".into())));
        assert_eq!(kept.channels().tenants.into_iter().collect::<Vec<_>>(), ["harbour"]);
        let inline = chat("url = 'https://hooks.slack.com/services/T0/B0/hush'\nkind = 'slack'").unwrap_err();
        assert!(!inline.contains("hush") && inline.contains("never"), "{inline}");
        assert!(chat("url = { env = 'ONROLL_CHAT' }").unwrap_err().contains("go together"));
        assert!(chat("").unwrap_err().contains("no channel"));
        assert!(chat("url = { env = 'X' }\nkind = 'irc'").unwrap_err().contains("irc"));
    }

    #[test]
    fn a_word_that_is_none_is_refused() {
        assert!(Config::parse("[console]\ntheme = 'pink'\n").unwrap_err().contains("may be"));
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_config() {
        batter("config", &[include_bytes!("../../config.sample.toml")], |bytes| {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            if let Err(why) = Config::parse(text) {
                assert!(!why.is_empty());
            }
        });
    }
}
