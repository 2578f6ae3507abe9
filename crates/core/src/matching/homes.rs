//! Addresses taken apart once: house numbers and street.

use super::intern::Dictionary;

/// For each folded address its numbers and its street words.
#[derive(Default)]
pub struct Homes {
    numbers: Dictionary,
    streets: Dictionary,
    parts: Vec<(u32, u32)>,
}

impl Homes {
    /// Takes every address of a dictionary apart.
    pub fn of(addresses: &Dictionary) -> Self {
        let mut homes = Homes::default();
        let (mut number, mut street) = (String::new(), String::new());
        for id in 0..addresses.len() {
            number.clear();
            street.clear();
            for word in addresses.text(id as u32).split(' ') {
                let is_number = word.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
                let part = if is_number { &mut number } else { &mut street };
                if !part.is_empty() {
                    part.push(' ');
                }
                part.push_str(word);
            }
            homes.parts.push((homes.numbers.intern(&number), homes.streets.intern(&street)));
        }
        homes.numbers.freeze();
        homes.streets.freeze();
        homes
    }

    /// The numbers of an address as one number; 0 where it has none.
    pub fn number(&self, address: u32) -> u32 {
        self.parts.get(address as usize).map_or(0, |parts| parts.0)
    }

    /// Numbers and street of an address.
    pub fn parts(&self, address: u32) -> (&str, &str) {
        let (number, street) = self.parts.get(address as usize).copied().unwrap_or_default();
        (self.numbers.text(number), self.streets.text(street))
    }
}
