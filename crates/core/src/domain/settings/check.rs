//! What settings may be, whoever wrote them: tenant file, `--set`, console, wizard. Kept in one place, so that nothing gets
//! into the workspace by one way that another refuses.

use super::{Limit, Settings};
use crate::domain::field::Field;
use crate::domain::report::recipients;
use crate::domain::schedule::jitter::MOST_MINUTES;
use crate::domain::text;
use std::ops::RangeInclusive;

/// Probability from which a candidate may be linked without an operator.
pub const AUTO_LINK: RangeInclusive<f64> = 0.5..=1.0;
/// Probability below which somebody may be called new.
pub const NEW_BELOW_RANGE: RangeInclusive<f64> = 0.0..=0.5;
/// The share of a limit, in percent.
pub const PERCENT: RangeInclusive<f64> = 0.0..=100.0;
/// The number of a limit, in people; more than any workspace holds.
pub const MOST_PEOPLE: u32 = 100_000_000;
/// Days before the start date.
pub const MOST_DAYS_BEFORE: u16 = 365;
/// Days that snapshots and feed lines are kept: up to a hundred years.
pub const RETENTION: RangeInclusive<u32> = 1..=36_525;
/// The longest wait for a destination to show what was written, in seconds: an hour.
pub const MOST_SHOWS_WITHIN: u32 = 3_600;
/// Longest text of a setting, in characters.
pub const LONGEST_TEXT: usize = 1_000;
/// Most entries of a list or table among the settings.
pub const MOST_ENTRIES: usize = 10_000;

/// A setting that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} {why}")]
pub struct BadSetting {
    /// Its path (`limits.leavers.percent`).
    pub key: String,
    /// What it is and may be, to be read after the key.
    pub why: String,
}

fn bad(key: impl Into<String>, why: impl Into<String>) -> BadSetting {
    BadSetting { key: key.into(), why: why.into() }
}

impl Settings {
    /// Whether everything is within its range and every named field exists.
    ///
    /// # Errors
    /// The first setting that cannot be, and what it may be.
    pub fn check(&self) -> Result<(), BadSetting> {
        if let Some(share) = self.auto_link {
            within("auto_link", share, &AUTO_LINK, "a probability")?;
        }
        within("new_below", self.new_below, &NEW_BELOW_RANGE, "a probability")?;
        let limits = &self.limits;
        for (name, limit) in [
            ("leavers", &limits.leavers),
            ("creations", &limits.creations),
            ("updates", &limits.updates),
            ("identifiers", &limits.identifiers),
        ] {
            check_limit(&format!("limits.{name}"), limit)?;
        }
        if self.create_days_before_start > MOST_DAYS_BEFORE {
            let why = format!("is {}; it may be 0 to {MOST_DAYS_BEFORE} days", self.create_days_before_start);
            return Err(bad("create_days_before_start", why));
        }
        if let Some(seconds) = self.shows_within_s.filter(|seconds| *seconds > MOST_SHOWS_WITHIN) {
            return Err(bad("shows_within_s", format!("is {seconds}; it may be 0 to {MOST_SHOWS_WITHIN} seconds")));
        }
        if !RETENTION.contains(&self.retention_days) {
            let (least, most) = (RETENTION.start(), RETENTION.end());
            return Err(bad("retention_days", format!("is {}; it may be {least} to {most} days", self.retention_days)));
        }
        // A schedule itself is checked as it is read.
        if let Some(minutes) = self.jitter_minutes.filter(|minutes| *minutes > MOST_MINUTES) {
            return Err(bad("jitter_minutes", format!("is {minutes}; it may be 0 to {MOST_MINUTES} minutes")));
        }
        recipients::check(&self.report_recipients).map_err(|why| bad("report_recipients", why))?;
        self.check_names()
    }

    fn check_names(&self) -> Result<(), BadSetting> {
        for (name, entries) in [
            ("write_policy", self.write_policy.len()),
            ("erase_when_blank", self.erase_when_blank.len()),
            ("field_map", self.field_map.len()),
            ("departments", self.departments.len()),
            ("status_map", self.status_map.len()),
        ] {
            if entries > MOST_ENTRIES {
                return Err(bad(name, format!("has {entries} entries; at most {MOST_ENTRIES} are taken")));
            }
        }
        for (name, key) in self
            .write_policy
            .keys()
            .map(|key| ("write_policy", key))
            .chain(self.erase_when_blank.iter().map(|key| ("erase_when_blank", key)))
            .chain(self.field_map.keys().map(|key| ("field_map", key)))
        {
            if Field::from_key(key).is_none() {
                return Err(bad(name, format!("names `{}`, which is no field{}", shown(key), near_field(key))));
            }
        }
        let texts = self
            .field_map
            .iter()
            .map(|(key, value)| (format!("field_map.{key}"), value))
            .chain(self.departments.iter().map(|name| ("departments".to_owned(), name)))
            .chain(self.status_map.keys().map(|word| ("status_map".to_owned(), word)))
            .chain(self.access_profile.iter().map(|profile| ("access_profile".to_owned(), profile)));
        for (key, value) in texts {
            check_text(&key, value)?;
        }
        Ok(())
    }
}

fn check_limit(key: &str, limit: &Limit) -> Result<(), BadSetting> {
    within(&format!("{key}.percent"), limit.percent, &PERCENT, "a percentage")?;
    match limit.number {
        Some(number) if number > MOST_PEOPLE => {
            Err(bad(format!("{key}.number"), format!("is {number}; it may be 0 to {MOST_PEOPLE} people")))
        }
        _ => Ok(()),
    }
}

fn within(key: &str, value: f64, range: &RangeInclusive<f64>, what: &str) -> Result<(), BadSetting> {
    // A number that is none is in no range.
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = (range.start(), range.end());
    // 1e308 in full would be a line of three hundred zeros.
    let value = if value.abs() < 1e9 { value.to_string() } else { format!("{value:e}") };
    Err(bad(key, format!("is {value}; it may be {what} from {least} to {most}")))
}

/// Whether a text from outside can be kept: its length, and no control characters.
///
/// # Errors
/// What is wrong with it.
pub fn check_text(key: &str, value: &str) -> Result<(), BadSetting> {
    let length = value.chars().count();
    if length > LONGEST_TEXT {
        return Err(bad(key, format!("has {length} characters; at most {LONGEST_TEXT} are taken")));
    }
    match value.chars().find(|c| c.is_control()) {
        Some(c) => Err(bad(key, format!("has the control character U+{:04X}", u32::from(c)))),
        None => Ok(()),
    }
}

/// A key of unknown origin, short enough for a line of an error.
fn shown(key: &str) -> String {
    let short: String = key.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < key.len() { format!("{short}…") } else { short }
}

fn near_field(key: &str) -> String {
    let near = text::nearest(key, Field::STANDARD.into_iter().map(Field::key));
    near.map_or_else(String::new, |near| format!("; nearest: `{near}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::settings::WritePolicy;
    use proptest::prelude::*;

    fn refused(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.check().unwrap_err().to_string()
    }

    #[test]
    fn the_default_is_legal_and_each_end_of_each_range_too() {
        assert_eq!(Settings::default().check(), Ok(()));
        for (auto, new, percent, days, kept) in [(0.5, 0.0, 0.0, 0, 1), (1.0, 0.5, 100.0, 365, 36_525)] {
            let mut settings = Settings::default();
            (settings.auto_link, settings.new_below) = (Some(auto), new);
            settings.limits.updates = Limit { number: Some(MOST_PEOPLE), percent };
            (settings.create_days_before_start, settings.retention_days) = (days, kept);
            assert_eq!(settings.check(), Ok(()));
        }
    }

    #[test]
    fn numbers_that_no_limit_can_be_are_refused_by_name() {
        for percent in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.1, 100.1, 1e308, -1e308] {
            for kind in 0..4 {
                let text = refused(|settings| {
                    let limits = &mut settings.limits;
                    let all =
                        [&mut limits.leavers, &mut limits.creations, &mut limits.updates, &mut limits.identifiers];
                    all.into_iter().nth(kind).unwrap().percent = percent;
                });
                assert!(text.starts_with("limits.") && text.contains("from 0 to 100"), "{text}");
                assert!(text.len() < 120, "{text}");
            }
        }
        assert!(refused(|settings| settings.new_below = f64::NAN).contains("new_below is NaN"));
        assert!(refused(|settings| settings.new_below = 0.51).contains("0 to 0.5"));
        assert!(refused(|settings| settings.auto_link = Some(0.49)).contains("0.5 to 1"));
        assert!(refused(|settings| settings.auto_link = Some(f64::INFINITY)).contains("auto_link is inf"));
        assert!(refused(|settings| settings.limits.leavers.number = Some(u32::MAX)).contains("limits.leavers.number"));
        assert!(refused(|settings| settings.create_days_before_start = 366).contains("0 to 365"));
        assert!(refused(|settings| settings.retention_days = 0).contains("1 to 36525"));
        assert!(refused(|settings| settings.jitter_minutes = Some(121)).contains("0 to 120"));
    }

    #[test]
    fn fields_that_do_not_exist_are_named_with_the_nearest() {
        let text = refused(|settings| {
            settings.write_policy.insert("e-mail".into(), WritePolicy::Never);
        });
        assert_eq!(text, "write_policy names `e-mail`, which is no field; nearest: `email`");
        let text = refused(|settings| settings.erase_when_blank.push("job title".into()));
        assert!(text.ends_with("nearest: `job_title`"), "{text}");
        let text = refused(|settings| {
            settings.field_map.insert("\u{1b}[2J".into(), "x".into());
        });
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn texts_have_a_length_and_no_control_characters() {
        assert!(refused(|settings| settings.departments.push("x".repeat(1_001))).contains("1001 characters"));
        assert!(refused(|settings| settings.access_profile = Some("a\u{1b}b".into())).contains("U+001B"));
    }

    proptest! {
        /// What passes can be kept and comes back the same: the workspace cannot hold what is no number.
        #[test]
        fn what_passes_is_read_back(percent in any::<f64>(), auto in any::<Option<f64>>(), new in any::<f64>()) {
            let mut settings = Settings { auto_link: auto, new_below: new, ..Settings::default() };
            settings.limits.leavers.percent = percent;
            if settings.check().is_ok() {
                let text = serde_json::to_string(&settings).unwrap();
                let read = serde_json::from_str::<Settings>(&text).unwrap();
                // The decoder may be off by the last bit.
                prop_assert!((read.limits.leavers.percent - percent).abs() < 1e-9 && (read.new_below - new).abs() < 1e-9);
                prop_assert_eq!(read.check(), Ok(()));
            }
        }
    }
}
