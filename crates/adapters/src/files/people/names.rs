//! A whole name in one cell, taken apart.

use crate::domain::text;

/// Words that belong to the last name they stand before.
const PARTICLES: &str =
    "de da do dos das del della di du des la le van von der den ter ten zu zum zur af av el al bin ibn ben mac mc st o";

/// How somebody is addressed; only words that are nobody's name.
const ADDRESS: &str = "mr mrs ms dr prof herr frau mme mlle monsieur madame dhr mevr";

/// The words of a name without a number in brackets behind it (`Ann Ito (4100)`), and without how somebody is addressed.
pub(super) fn bare_words(name: &str) -> Vec<&str> {
    let is_number = |word: &&str| {
        word.starts_with(['(', '['])
            && !word.chars().any(char::is_alphabetic)
            && word.chars().any(|c| c.is_ascii_digit())
    };
    let mut words: Vec<&str> = name.split_whitespace().filter(|word| !is_number(word)).collect();
    let is_address = |word: &str| ADDRESS.split_ascii_whitespace().any(|one| text::fold(word) == one);
    while words.len() > 2 && words.first().is_some_and(|word| is_address(word)) {
        words.remove(0);
    }
    words
}

/// First and last name out of one text: at the comma, else before the last word and the particles that belong to it.
pub(super) fn split_name(name: &str, last_first: bool) -> (String, String) {
    if let Some((last, first)) = name.split_once(',') {
        return (bare_words(first).join(" "), bare_words(last).join(" "));
    }
    let words = bare_words(name);
    let joined = |words: &[&str]| words.join(" ");
    if words.len() < 2 {
        return (String::new(), joined(&words));
    }
    let is_particle = |word: &&str| PARTICLES.split_ascii_whitespace().any(|one| text::fold(word) == one);
    if last_first {
        let at = words.iter().take_while(|word| is_particle(word)).count().min(words.len() - 2) + 1;
        let (last, first) = words.split_at(at);
        return (joined(first), joined(last));
    }
    let mut at = words.len() - 1;
    while at > 1 && words.get(at - 1).is_some_and(is_particle) {
        at -= 1;
    }
    let (first, last) = words.split_at(at);
    (joined(first), joined(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_are_taken_apart() {
        for (name, last_first, first, last) in [
            ("Aoife Dalgaard", false, "Aoife", "Dalgaard"),
            ("Dalgaard, Aoife Mary", false, "Aoife Mary", "Dalgaard"),
            ("Ana Maria da Silva", false, "Ana Maria", "da Silva"),
            ("Jan van der Berg", false, "Jan", "van der Berg"),
            ("Kowalski Jan Piotr", true, "Jan Piotr", "Kowalski"),
            ("Cher", false, "", "Cher"),
            ("van Berg", false, "van", "Berg"),
            ("Ann Ito (4100)", false, "Ann", "Ito"),
            ("Frau Dr. Ann Ito", false, "Ann", "Ito"),
            ("Dr. Ito", false, "Dr.", "Ito"),
            ("Ito, Ann [77]", false, "Ann", "Ito"),
        ] {
            assert_eq!(split_name(name, last_first), (first.to_owned(), last.to_owned()), "{name}");
        }
    }
}
