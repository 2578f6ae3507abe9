//! What an edit does to the settings.

use super::fields::{Key, POLICIES};
use crate::domain::custom_field::CustomField;
use crate::domain::plan::LimitKind;
use crate::domain::report::{ReportWhen, recipients};
use crate::domain::schedule::jitter::MOST_MINUTES;
use crate::domain::schedule::{BadSchedule, Missed, Schedule};
use crate::domain::settings::check::{AUTO_LINK, MOST_DAYS_BEFORE, MOST_SHOWS_WITHIN, NEW_BELOW_RANGE, PERCENT};
use crate::domain::settings::{
    LeaverPolicy, Limit, MissingPolicy, RecreatePolicy, Settings, StatusMeaning, WritePolicy,
};

fn limit_mut(settings: &mut Settings, kind: LimitKind) -> &mut Limit {
    match kind {
        LimitKind::Leavers => &mut settings.limits.leavers,
        LimitKind::Creations => &mut settings.limits.creations,
        LimitKind::Updates => &mut settings.limits.updates,
        LimitKind::Identifiers => &mut settings.limits.identifiers,
    }
}

/// Chooses the option at `at`: of a choice, of a cycle; of a tick 1 is on.
pub fn choose(settings: &mut Settings, key: Key, at: usize) {
    match key {
        Key::EmailFallback => settings.email_fallback = at > 0,
        Key::KnownAs => settings.use_known_as = at > 0,
        Key::Managers => settings.managers = at > 0,
        Key::RemoveUnused => settings.remove_unused_options = at > 0,
        Key::WelcomeMail => settings.welcome_mail = at > 0,
        Key::Recreate => settings.recreate = if at == 0 { RecreatePolicy::Yes } else { RecreatePolicy::Ask },
        Key::Missing => settings.missing = if at == 0 { MissingPolicy::Hold } else { MissingPolicy::Leavers },
        Key::ReportWhen => settings.report_when = ReportWhen::ALL.get(at).copied().unwrap_or_default(),
        Key::Missed => settings.missed = Missed::ALL.get(at).copied().unwrap_or_default(),
        Key::Leavers => {
            settings.leavers = match at {
                0 => LeaverPolicy::EndOfLastDay,
                1 => LeaverPolicy::AtOnce,
                _ => LeaverPolicy::Never,
            }
        }
        Key::Policy(field) => match POLICIES.get(at) {
            Some((WritePolicy::Always, _)) | None => {
                settings.write_policy.remove(field.key());
            }
            Some((policy, _)) => {
                settings.write_policy.insert(field.key().to_owned(), *policy);
            }
        },
        Key::Erase(field) => {
            settings.erase_when_blank.retain(|key| key != field.key());
            if at > 0 {
                settings.erase_when_blank.push(field.key().to_owned());
                settings.erase_when_blank.sort_unstable();
            }
        }
        _ => {}
    }
}

/// Takes what was typed.
///
/// # Errors
/// In words, when it cannot be understood; nothing is changed then.
pub fn put_text(settings: &mut Settings, key: Key, text: &str) -> Result<(), String> {
    let mut changed = settings.clone();
    put_into(&mut changed, key, text)?;
    *settings = changed;
    Ok(())
}

fn put_into(settings: &mut Settings, key: Key, text: &str) -> Result<(), String> {
    let text = text.trim();
    match key {
        Key::Departments => {
            settings.departments =
                text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        }
        Key::StatusWords => {
            let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
            settings.status_map = pairs.map(status_word).collect::<Result<_, _>>()?;
        }
        Key::Map(field) => {
            if text.is_empty() {
                settings.field_map.remove(field.key());
            } else {
                settings.field_map.insert(field.key().to_owned(), text.to_owned());
            }
        }
        Key::NewCustom if text.is_empty() => {}
        Key::NewCustom => {
            let (name, from) = text.split_once('=').ok_or("a name, `=`, and the field that feeds it")?;
            let field = CustomField::named(name).map_err(|error| error.to_string())?;
            let from = from.trim();
            if from.is_empty() {
                return Err(format!("say behind `=` which field feeds `{}`", field.name()));
            }
            settings.field_map.insert(field.key().to_owned(), from.to_owned());
        }
        Key::AccessProfile => settings.access_profile = Some(text.to_owned()).filter(|text| !text.is_empty()),
        Key::CreateDays => {
            let days = text.parse().ok().filter(|days| *days <= MOST_DAYS_BEFORE);
            settings.create_days_before_start =
                days.ok_or_else(|| format!("a whole number of days, 0 to {MOST_DAYS_BEFORE}"))?;
        }
        Key::ShowsWithin if text.is_empty() => settings.shows_within_s = None,
        Key::ShowsWithin => {
            let seconds = text.parse().ok().filter(|seconds| *seconds <= MOST_SHOWS_WITHIN);
            settings.shows_within_s =
                Some(seconds.ok_or_else(|| format!("seconds, 0 to {MOST_SHOWS_WITHIN}, or blank"))?);
        }
        Key::Recipients => {
            let typed = recipients::typed(text);
            recipients::check(&typed).map_err(|why| format!("this {why}"))?;
            settings.report_recipients = typed;
        }
        Key::Schedule if text.is_empty() => settings.schedule = Schedule::Manual,
        Key::Schedule => settings.schedule = text.parse().map_err(schedule_words)?,
        Key::Jitter if text.is_empty() => settings.jitter_minutes = None,
        Key::Jitter => {
            let minutes = text.parse().ok().filter(|minutes| *minutes <= MOST_MINUTES);
            settings.jitter_minutes = Some(minutes.ok_or_else(|| format!("minutes, 0 to {MOST_MINUTES}, or blank"))?);
        }
        Key::AutoLink if text.is_empty() || text.eq_ignore_ascii_case("off") => settings.auto_link = None,
        Key::AutoLink => {
            let share = percent(text).map(|share| share / 100.0).filter(|share| AUTO_LINK.contains(share));
            settings.auto_link = Some(share.ok_or("`off`, or a percentage from 50 to 100")?);
        }
        Key::NewBelow => {
            let share = percent(text).map(|share| share / 100.0).filter(|share| NEW_BELOW_RANGE.contains(share));
            settings.new_below = share.ok_or("a percentage from 0 to 50; 2 % is usual")?;
        }
        Key::LimitNumber(kind) if text.is_empty() => limit_mut(settings, kind).number = None,
        Key::LimitNumber(kind) => {
            let number = text.replace(',', "").parse().map_err(|_| "a whole number of people, or blank")?;
            limit_mut(settings, kind).number = Some(number);
        }
        Key::LimitPercent(kind) => {
            let share = percent(text).filter(|share| PERCENT.contains(share));
            limit_mut(settings, kind).percent = share.ok_or("a percentage from 0 to 100")?;
        }
        _ => {}
    }
    // What no form says: lengths, control characters, numbers beyond any company.
    settings.check().map_err(|error| error.why)
}

/// What a line of the form has room for.
fn schedule_words(error: BadSchedule) -> String {
    match error {
        BadSchedule::Unknown(_) => "manual, every 15 min, daily 02:00, or cron 0 2 * * 1-5".to_owned(),
        BadSchedule::Cron { why, .. } => why,
        other @ (BadSchedule::Interval | BadSchedule::Time(_)) => other.to_string(),
    }
}

fn status_word(pair: &str) -> Result<(String, StatusMeaning), String> {
    let asked = || format!("`{pair}`: a word, `=`, and `active` or `ended`");
    let (word, meaning) = pair.rsplit_once('=').ok_or_else(asked)?;
    let meaning = StatusMeaning::ALL.into_iter().find(|one| one.key() == meaning.trim().to_lowercase());
    match (word.trim(), meaning) {
        ("", _) | (_, None) => Err(asked()),
        (word, Some(meaning)) => Ok((word.to_owned(), meaning)),
    }
}

fn percent(text: &str) -> Option<f64> {
    text.trim_end_matches('%').trim().replace(',', ".").parse().ok().filter(|share: &f64| share.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::Field;

    #[test]
    fn what_is_typed_is_checked_in_words() {
        let mut settings = Settings::default();
        assert_eq!(put_text(&mut settings, Key::AutoLink, "99.5 %"), Ok(()));
        assert_eq!(settings.auto_link, Some(0.995));
        assert!(put_text(&mut settings, Key::AutoLink, "30").unwrap_err().contains("50 to 100"));
        assert_eq!(settings.auto_link, Some(0.995), "nothing is changed by nonsense");
        assert_eq!(put_text(&mut settings, Key::AutoLink, "off"), Ok(()));
        assert_eq!(settings.auto_link, None);
        assert_eq!(put_text(&mut settings, Key::Schedule, "Daily 2:00"), Ok(()));
        assert_eq!(settings.schedule.to_string(), "daily 02:00");
        assert!(put_text(&mut settings, Key::Schedule, "at night").unwrap_err().contains("daily 02:00"));
        assert!(put_text(&mut settings, Key::Schedule, "cron 0 2 30 2 *").unwrap_err().contains("never comes"));
        assert_eq!(put_text(&mut settings, Key::Jitter, "10"), Ok(()));
        assert!(put_text(&mut settings, Key::Jitter, "121").unwrap_err().contains("0 to 120"));
        assert_eq!((settings.jitter_minutes, settings.schedule.is_manual()), (Some(10), false));
        assert_eq!(put_text(&mut settings, Key::Schedule, ""), Ok(()));
        assert!(settings.schedule.is_manual());
        assert_eq!(put_text(&mut settings, Key::NewBelow, "0.5"), Ok(()));
        assert_eq!(settings.new_below, 0.005);
        assert!(put_text(&mut settings, Key::NewBelow, "60").unwrap_err().contains("0 to 50"));
        assert!(put_text(&mut settings, Key::CreateDays, "soon").is_err());
        assert!(put_text(&mut settings, Key::LimitPercent(LimitKind::Leavers), "120").is_err());
        assert_eq!(put_text(&mut settings, Key::LimitNumber(LimitKind::Updates), "1,200"), Ok(()));
        assert_eq!(settings.limits.updates.number, Some(1_200));
        assert_eq!(put_text(&mut settings, Key::Departments, " Kitchen , Bar,, "), Ok(()));
        assert_eq!(settings.departments, ["Kitchen", "Bar"]);
        assert_eq!(put_text(&mut settings, Key::StatusWords, "Furlough = active, Garden leave=ENDED"), Ok(()));
        let words = [("Furlough".to_owned(), StatusMeaning::Active), ("Garden leave".to_owned(), StatusMeaning::Ended)];
        assert_eq!(settings.status_map, words.into());
        for odd in ["Furlough", "Furlough = maybe", " = active"] {
            assert!(
                put_text(&mut settings, Key::StatusWords, odd).unwrap_err().contains("`active` or `ended`"),
                "{odd}"
            );
        }
        assert_eq!(put_text(&mut settings, Key::NewCustom, "Cost centre = custom:API Column 2"), Ok(()));
        assert_eq!(settings.field_map.get("custom:Cost centre").map(String::as_str), Some("custom:API Column 2"));
        assert!(put_text(&mut settings, Key::NewCustom, "Cost centre =").unwrap_err().contains("which field feeds"));
        assert!(put_text(&mut settings, Key::NewCustom, "= custom:A").unwrap_err().contains("needs a name"));
        let custom = Field::from_key("custom:Cost centre").unwrap();
        assert_eq!(put_text(&mut settings, Key::Map(custom), ""), Ok(()));
        assert!(settings.field_map.is_empty());
    }

    #[test]
    fn choosing_the_default_leaves_no_trace() {
        let mut settings = Settings::default();
        choose(&mut settings, Key::Policy(Field::Email), 2);
        choose(&mut settings, Key::Erase(Field::Department), 1);
        assert_ne!(settings, Settings::default());
        choose(&mut settings, Key::Policy(Field::Email), 0);
        choose(&mut settings, Key::Erase(Field::Department), 0);
        assert_eq!(settings, Settings::default());
    }
}
