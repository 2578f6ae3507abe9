//! The configuration file: keys, theme, operator, place of the workspace. Tenants are not in it.

use super::environment::filled;
use crate::domain::problem::{Problem, ProblemKind};
use crate::engine::supervisor::Limits;
use crate::ports::bounded::{self, SETTINGS_MAX};
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

/// How runs share this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunsConfig {
    /// Maximum of runs at work at once; others wait for their turn.
    pub at_once: NonZeroUsize,
}

impl Default for RunsConfig {
    fn default() -> Self {
        Self { at_once: Limits::default().at_once }
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
    fn a_word_that_is_none_is_refused() {
        assert!(Config::parse("[console]\ntheme = 'pink'\n").unwrap_err().contains("may be"));
    }
}
