//! Short forms of first names, from the table in `assets/names` (see the notice there).

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../../../assets/names/nicknames.txt");

/// Short form to formal names, and which names are formal.
pub struct Nicknames {
    formal: HashMap<&'static str, Vec<&'static str>>,
}

impl Nicknames {
    /// The table that is part of the program; read once.
    pub fn known() -> &'static Self {
        static KNOWN: LazyLock<Nicknames> = LazyLock::new(Nicknames::load);
        &KNOWN
    }

    fn load() -> Self {
        let mut formal: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
        let mut forms: HashMap<&'static str, usize> = HashMap::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, short_forms)) = line.split_once(": ") {
                forms.insert(name, short_forms.split(' ').count());
                for short in short_forms.split(' ') {
                    formal.entry(short).or_default().push(name);
                }
            }
        }
        // The name with the most short forms goes first: it is the one that most of them are meant for.
        for names in formal.values_mut() {
            names.sort_by_key(|name| std::cmp::Reverse(forms.get(name).copied().unwrap_or(0)));
        }
        Nicknames { formal }
    }

    /// The formal names that this folded name may be short for; none for a name that is no short form.
    pub fn formal_names(&self, name: &str) -> &[&'static str] {
        self.formal.get(name).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_lead_to_their_formal_names() {
        let names = Nicknames::load();
        assert!(names.formal_names("bob").contains(&"robert"));
        assert!(names.formal_names("bess").contains(&"elizabeth"));
        assert!(names.formal_names("zzyzx").is_empty());
    }
}
