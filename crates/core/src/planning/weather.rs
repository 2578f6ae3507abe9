//! What the weather of a pull says beside the one before (DESIGN 7: source weather, before anybody is matched).

use crate::domain::settings::Settings;
use crate::domain::snapshot::SourceFacts;
use crate::domain::weather::{ChangedDates, ChangedIdentifiers, WATCHED, Weather};

/// Fewer people show nothing: one of four without a phone is no weather.
const LEAST: u64 = 5;
/// One or two are corrected by hand.
const LEAST_RESHAPED: u64 = 3;
/// A share that fell by as many points is told.
const FALL: u64 = 20;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WeatherReport {
    /// Nothing is planned from such a pull unless an operator lets it through.
    pub stops: Vec<String>,
    /// Told, and planned from.
    pub warnings: Vec<String>,
}

/// Compares a complete pull with the last good one.
///
/// A stop: a field that was there and is empty for everybody; a field that an operator has mapped and that nobody has; end
/// dates that are start dates for at least five people and half of those who have one. A warning: a share that fell by at least
/// 20 points. Fields that feed nothing (`none`) and fields that the source has archived, which are held by their own reason, are
/// passed over, and so is everything below five people.
pub fn weather_report(now: &SourceFacts, before: Option<&Weather>, settings: &Settings) -> WeatherReport {
    let mut report = WeatherReport::default();
    let weather = &now.weather;
    for field in WATCHED {
        let entry = settings.field_map.get(field.key()).map(String::as_str);
        let is_archived = now.archived_fields.iter().any(|archived| archived.field == field);
        if entry == Some("none") || is_archived || weather.people < LEAST {
            continue;
        }
        let (filled, word) = (weather.filled(field), field.words());
        match before.map(|before| (before, before.filled(field))) {
            Some((before, had)) if filled == 0 && had >= LEAST => report.stops.push(format!(
                "the {word} is empty for everybody; {had} of {} people had one the last time",
                before.people
            )),
            Some((before, had)) if fell(filled, weather.people, had, before.people) => report.warnings.push(format!(
                "the {word} is filled for {} % of the people, {} % the last time",
                percent(filled, weather.people),
                percent(had, before.people)
            )),
            // What an operator never mapped may rightly be missing; and who has let it through once is not asked again.
            None if filled == 0 => report
                .stops
                .extend(entry.map(|entry| format!("the {word} is mapped to `{entry}`, which is empty for everybody"))),
            _ => {}
        }
    }
    if weather.ends_as_begun >= LEAST && weather.ends_as_begun * 2 >= weather.ending {
        report.stops.push(format!(
            "{} people have an end date that is their start date: is the end date mapped to the wrong field?",
            weather.ends_as_begun
        ));
    }
    report
}

/// What the dates of a pull say beside those of the one before: a stop where at least five people, and half of those whose date
/// changed, have it with day and month the other way round. Single people are corrected like that; not most of a column at once.
pub fn turned_dates(dates: &[ChangedDates]) -> Vec<String> {
    let turned = dates.iter().filter(|date| date.turned >= LEAST && date.turned * 2 >= date.changed);
    turned
        .map(|date| {
            format!(
                "day and month of the {} have changed places for {} people since the last time",
                date.field.words(),
                date.turned
            )
        })
        .collect()
}

/// What the identifiers of a pull say beside those of the one before: a stop where at least three people, and half of those whose
/// identifier changed, have one that is written otherwise (a prefix that is gone, zeros that a spreadsheet has eaten). Such a change is
/// made by a program and not by HR, and the limit lets so few pass.
pub fn reshaped_identifiers(identifiers: &ChangedIdentifiers) -> Option<String> {
    let reshaped: u64 = identifiers.reshaped.values().sum();
    let ((was, now), _) = identifiers.reshaped.iter().max_by_key(|(_, people)| **people)?;
    (reshaped >= LEAST_RESHAPED && reshaped * 2 >= identifiers.changed).then(|| {
        format!(
            "the identifier of {reshaped} people is written otherwise than the last time: like `{now}`, not `{was}`"
        )
    })
}

fn percent(part: u64, whole: u64) -> u64 {
    (part * 100).checked_div(whole).unwrap_or_default()
}

fn fell(filled: u64, people: u64, had: u64, before: u64) -> bool {
    let (is, was) = (percent(filled, people), percent(had, before));
    before >= LEAST && was.saturating_sub(is) >= FALL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::Field;
    use crate::domain::person::{Employee, EmploymentStatus, Person};
    use crate::domain::snapshot::ArchivedField;
    use jiff::civil::date;

    fn of(people: &[(bool, Option<i8>)]) -> SourceFacts {
        let mut weather = Weather::default();
        for (number, (born, end)) in people.iter().enumerate() {
            weather.count(&Employee {
                id: number.to_string().as_str().into(),
                identifier: crate::domain::ids::Identifier(number.to_string()),
                person: Person {
                    first_name: Some("Zoë".into()),
                    date_of_birth: born.then_some(date(1990, 1, 2)),
                    start_date: Some(date(2024, 3, 11)),
                    end_date: end.map(|day| date(2024, 3, day)),
                    ..Person::default()
                },
                manager_id: None,
                status: EmploymentStatus::Active,
                unreadable: None,
            });
        }
        SourceFacts { weather, ..SourceFacts::default() }
    }

    fn report(now: &SourceFacts, before: Option<&SourceFacts>) -> WeatherReport {
        weather_report(now, before.map(|facts| &facts.weather), &Settings::default())
    }

    #[test]
    fn a_field_that_is_suddenly_empty_for_everybody_stops() {
        let (full, empty) = (of(&[(true, None); 5]), of(&[(false, None); 5]));
        let found = report(&empty, Some(&full));
        assert_eq!(found.stops, ["the birth date is empty for everybody; 5 of 5 people had one the last time"]);
        assert_eq!(report(&empty, Some(&empty)), WeatherReport::default(), "what was let through is not asked again");
        assert_eq!(report(&empty, None), WeatherReport::default(), "nobody has mapped it");
        assert_eq!(report(&full, Some(&empty)), WeatherReport::default());
        let four = of(&[(false, None); 4]);
        assert_eq!(report(&four, Some(&full)), WeatherReport::default(), "too few to show anything");
        assert_eq!(report(&empty, Some(&of(&[(true, None); 4]))).stops, Vec::<String>::new());
    }

    #[test]
    fn a_mapped_field_that_nobody_has_stops_the_first_plan() {
        let mut settings = Settings::default();
        settings.field_map.insert("date_of_birth".into(), "custom:Born".into());
        let empty = of(&[(false, None); 5]);
        let found = weather_report(&empty, None, &settings);
        assert_eq!(found.stops, ["the birth date is mapped to `custom:Born`, which is empty for everybody"]);
        let archived = ArchivedField { field: Field::DateOfBirth, label: "Born".into(), remedy: String::new() };
        let archived = SourceFacts { archived_fields: vec![archived], ..empty.clone() };
        assert_eq!(weather_report(&archived, None, &settings), WeatherReport::default());
        settings.field_map.insert("date_of_birth".into(), "none".into());
        assert_eq!(weather_report(&empty, Some(&of(&[(true, None); 9]).weather), &settings), WeatherReport::default());
    }

    #[test]
    fn a_share_that_fell_by_twenty_points_is_told() {
        let people = |with: usize| {
            let mut people = vec![(false, None); 10];
            people.iter_mut().take(with).for_each(|one| one.0 = true);
            of(&people)
        };
        let found = report(&people(7), Some(&people(9)));
        assert_eq!(found.warnings, ["the birth date is filled for 70 % of the people, 90 % the last time"]);
        assert_eq!(report(&people(8), Some(&people(9))), WeatherReport::default());
    }

    #[test]
    fn dates_that_are_turned_for_many_stop() {
        let dates = |changed, turned| turned_dates(&[ChangedDates { field: Field::DateOfBirth, changed, turned }]);
        let said = "day and month of the birth date have changed places for 5 people since the last time";
        assert_eq!(dates(5, 5), [said]);
        assert_eq!(dates(10, 5), [said]);
        assert_eq!(dates(11, 5), Vec::<String>::new(), "fewer than half of those that changed");
        assert_eq!(dates(4, 4), Vec::<String>::new(), "too few to show anything");
    }

    #[test]
    fn identifiers_that_are_written_otherwise_stop() {
        let told = |pairs: &[(&str, &str)]| {
            let mut changed = ChangedIdentifiers::default();
            pairs.iter().for_each(|(was, now)| changed.count(was, now));
            reshaped_identifiers(&changed)
        };
        let three = [("RG-1", "1"), ("RG-2", "2"), ("RG-3", "3")];
        let said = "the identifier of 3 people is written otherwise than the last time: like `9`, not `A-9`";
        assert_eq!(told(&three).as_deref(), Some(said));
        assert_eq!(told(&three[..2]), None, "two are corrected by hand");
        assert_eq!(told(&[("RG-1", "RG-4"), ("RG-2", "RG-5"), ("RG-3", "RG-6")]), None, "others of the same kind");
        let others = [("RG-4", "RG-7"), ("RG-5", "RG-8"), ("RG-6", "RG-9")];
        assert!(told(&[&three[..], &others].concat()).is_some());
        assert_eq!(told(&[&three[..], &others, &[("RG-7", "RG-4")]].concat()), None, "fewer than half");
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn end_dates_that_are_start_dates_stop() {
        let leaves = |day, count| vec![(true, Some(day)); count];
        assert_eq!(report(&of(&leaves(11, 5)), None).stops.len(), 1);
        assert_eq!(report(&of(&leaves(11, 4)), None).stops, Vec::<String>::new());
        assert_eq!(report(&of(&leaves(12, 9)), None).stops, Vec::<String>::new());
        let mixed = [leaves(11, 5), leaves(12, 6)].concat();
        assert_eq!(report(&of(&mixed), None).stops, Vec::<String>::new(), "fewer than half of those who leave");
    }
}
