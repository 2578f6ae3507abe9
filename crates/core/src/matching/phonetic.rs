//! A small phonetic key: names that sound alike in European languages share it.
//!
//! In the manner of Metaphone (vowels dropped after the first letter, voiced and unvoiced consonants together, the
//! usual digraphs), with the spellings of German, Slavic and Romance names that English Metaphone misses.

const LONGEST_KEY: usize = 6;

fn vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// The sound at `at` and how many letters spell it; 0 for a silent letter.
fn sound(word: &[u8], at: usize) -> (u8, usize) {
    let next = |by: usize| word.get(at + by).copied().unwrap_or(0);
    match (word[at], next(1), next(2)) {
        (b's', b'c', b'h') | (b't', b's', b'c' | b'h') => (b'X', 3),
        (b's', b'h', _) | (b's' | b'c', b'z', _) | (b't', b'c', _) => (b'X', 2),
        (b'c', b'h', b'r') => (b'K', 2),
        (b'c', b'h', _) | (b's', b'j', _) => (b'X', 2),
        (b's', b'c', b'e' | b'i' | b'y') => (b'S', 2),
        (b'p', b'h', _) => (b'F', 2),
        (b't', b'h' | b't', _) | (b'd', b't' | b'h', _) => (b'T', 2),
        (b't', b'z' | b's', _) => (b'S', 2),
        (b'c', b'k', _) | (b'c', b'q', _) => (b'K', 2),
        (b'g', b'h', after) => {
            if at == 0 || vowel(after) {
                (b'K', 2)
            } else {
                (0, 2)
            }
        }
        (b'g', b'n', _) | (b'k', b'n', _) if at == 0 => (b'N', 2),
        (b'w', b'r', _) if at == 0 => (b'R', 2),
        (b'm', b'b', 0) => (b'M', 2),
        (b'd', b'g' | b'j', _) => (b'J', 2),
        (b'b' | b'p', ..) => (b'P', 1),
        (b'd' | b't', ..) => (b'T', 1),
        (b'c', b'e' | b'i' | b'y', _) => (b'S', 1),
        (b'c' | b'k' | b'q' | b'g', ..) => (b'K', 1),
        (b'x', ..) => {
            if at == 0 {
                (b'S', 1)
            } else {
                (b'K', 1)
            }
        }
        (b's' | b'z', ..) => (b'S', 1),
        (b'f' | b'v', ..) => (b'F', 1),
        (b'w', ..) if at == 0 => (b'F', 1),
        (b'j', ..) => (b'J', 1),
        (b'l', ..) => (b'L', 1),
        (b'm', ..) => (b'M', 1),
        (b'n', ..) => (b'N', 1),
        (b'r', ..) => (b'R', 1),
        _ => (0, 1),
    }
}

/// The key of a folded name (lower-case letters and blanks); 0 where there is no letter. Doubled sounds count once.
pub fn phonetic_key(name: &str) -> u32 {
    let word: Vec<u8> = name.bytes().filter(u8::is_ascii_lowercase).collect();
    let (mut key, mut length, mut last, mut at) = (0u32, 0usize, 0u8, 0usize);
    while at < word.len() && length < LONGEST_KEY {
        let (mut code, taken) = sound(&word, at);
        if code == 0 && at == 0 {
            code = if vowel(word[0]) { b'A' } else { b'H' };
        }
        if code != 0 && code != last {
            key = (key << 5) | u32::from(code - b'A' + 1);
            length += 1;
        }
        // A vowel between two equal consonants keeps both ("Lilly" has two, "Philip" has two).
        last = if code == 0 && vowel(word[at]) {
            0
        } else if code == 0 {
            last
        } else {
            code
        };
        at += taken;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::phonetic_key;

    #[test]
    fn names_that_sound_alike_share_a_key() {
        for (left, right) in [
            ("smith", "smyth"),
            ("philip", "filip"),
            ("schmidt", "schmitt"),
            ("stephen", "steven"),
            ("katherine", "catherine"),
            ("mueller", "muller"),
            ("knight", "night"),
            ("clark", "klarke"),
        ] {
            assert_eq!(phonetic_key(left), phonetic_key(right), "{left} {right}");
        }
    }

    #[test]
    fn other_names_differ_and_nothing_is_zero() {
        assert_eq!((phonetic_key(""), phonetic_key("  ")), (0, 0));
        assert_ne!(phonetic_key("smith"), phonetic_key("jones"));
        assert_ne!(phonetic_key("anna"), phonetic_key("hanna"));
    }
}
