//! First and last names share one dictionary: what is worth knowing of a name is worked out once for each.

use super::intern::Dictionary;
use super::nicknames::Nicknames;
use super::phonetic::phonetic_key;

/// Words that belong to a surname without telling people apart (case 4).
pub(crate) const PARTICLES: [&str; 34] = [
    "van", "der", "den", "de", "het", "ten", "ter", "te", "von", "zu", "zum", "zur", "la", "le", "les", "du", "des",
    "da", "das", "do", "dos", "del", "della", "di", "degli", "el", "al", "bin", "ibn", "bint", "abu", "af", "av", "y",
];

const MOST_TOKENS: usize = 4;
const MOST_ALIASES: usize = 12;

/// What is known of one folded name.
#[derive(Debug, Clone, Copy, Default)]
pub struct NameInfo {
    pub phonetic: u32,
    /// The first formal name that the first token may be short for, else the token itself.
    pub root: u32,
    /// Sound of the root.
    pub root_sound: u32,
    /// First and last token that is no particle.
    pub first_token: u32,
    pub last_token: u32,
    parts: u32,
    tokens: u8,
    aliases: u8,
    /// Letters, blanks aside.
    pub length: u8,
    /// The first four letters, blanks aside.
    pub prefix: [u8; 4],
}

/// All names of both sides.
#[derive(Default)]
pub struct Names {
    pub texts: Dictionary,
    infos: Vec<NameInfo>,
    /// For each name its tokens (particles aside), then the formal names of its tokens.
    parts: Vec<u32>,
}

impl Names {
    /// Works out what is worth knowing, once all names are in.
    pub fn complete(&mut self) {
        let nicknames = Nicknames::known();
        self.infos.clear();
        self.infos.push(NameInfo::default());
        self.parts.clear();
        let mut id = 1;
        // Tokens and formal names become names themselves, so the dictionary grows under the loop.
        while (id as usize) < self.texts.len() {
            let info = self.describe(id, nicknames);
            self.infos.push(info);
            id += 1;
        }
    }

    fn describe(&mut self, id: u32, nicknames: &Nicknames) -> NameInfo {
        let text = self.texts.text(id).to_owned();
        let mut words: Vec<&str> = text.split(' ').filter(|word| !PARTICLES.contains(word)).take(MOST_TOKENS).collect();
        if words.is_empty() {
            words = text.split(' ').take(MOST_TOKENS).collect();
        }
        let parts = self.parts.len();
        let mut tokens: Vec<u32> = words.iter().map(|word| self.texts.intern(word)).collect();
        tokens.dedup();
        let mut aliases: Vec<u32> = Vec::new();
        let mut root = 0;
        for (at, word) in words.iter().enumerate() {
            for formal in nicknames.formal_names(word).iter().take(MOST_ALIASES) {
                let formal = self.texts.intern(formal);
                if at == 0 && root == 0 {
                    root = formal;
                }
                if !aliases.contains(&formal) && aliases.len() < MOST_ALIASES {
                    aliases.push(formal);
                }
            }
        }
        let first_token = tokens.first().copied().unwrap_or(0);
        let mut prefix = [0; 4];
        for (slot, letter) in prefix.iter_mut().zip(text.bytes().filter(|b| *b != b' ')) {
            *slot = letter;
        }
        let root = if root == 0 { first_token } else { root };
        let info = NameInfo {
            phonetic: phonetic_key(&words.concat()),
            root_sound: phonetic_key(self.texts.text(root)),
            root,
            first_token,
            last_token: tokens.last().copied().unwrap_or(0),
            parts: parts as u32,
            tokens: tokens.len() as u8,
            aliases: aliases.len() as u8,
            length: text.bytes().filter(|b| *b != b' ').count().min(255) as u8,
            prefix,
        };
        self.parts.extend(tokens);
        self.parts.extend(aliases);
        info
    }

    /// What is known of a name.
    pub fn info(&self, id: u32) -> &NameInfo {
        &self.infos[id as usize]
    }

    /// The words of a name, particles aside.
    pub fn tokens(&self, id: u32) -> &[u32] {
        let info = self.info(id);
        let start = info.parts as usize;
        &self.parts[start..start + info.tokens as usize]
    }

    /// Formal names that the words of a name may be short for.
    pub fn aliases(&self, id: u32) -> &[u32] {
        let info = self.info(id);
        let start = info.parts as usize + info.tokens as usize;
        &self.parts[start..start + info.aliases as usize]
    }

    /// Whether two names share a word. An initial is none: `Lisa L` and `Courtney L` are two people.
    pub fn share_word(&self, left: u32, right: u32) -> bool {
        self.tokens(left).iter().any(|&token| self.info(token).length >= 2 && self.tokens(right).contains(&token))
    }

    /// Whether two names have the same words, in any order, particles aside.
    pub fn same_words(&self, left: u32, right: u32) -> bool {
        let (a, b) = (self.tokens(left), self.tokens(right));
        a.len() == b.len() && a.iter().all(|token| b.contains(token))
    }

    /// Whether two first names may be forms of one: a shared word, or a short form of the other or of the same name.
    pub fn same_person_name(&self, left: u32, right: u32) -> bool {
        let (a, b) = (self.tokens(left), self.tokens(right));
        let (c, d) = (self.aliases(left), self.aliases(right));
        self.share_word(left, right)
            || a.iter().any(|token| d.contains(token))
            || c.iter().any(|token| b.contains(token) || d.contains(token))
    }

    /// Whether one is the initial of the other (`J` and `John`).
    pub fn is_initial(&self, left: u32, right: u32) -> bool {
        let (a, b) = (self.info(left), self.info(right));
        let first = |id: u32| self.texts.text(self.tokens(id).first().copied().unwrap_or(0)).len();
        a.prefix[0] == b.prefix[0] && (a.length == 1 || b.length == 1 || first(left) == 1 || first(right) == 1)
    }

    /// Whether a word belongs to surnames without telling people apart.
    pub fn has_particle(&self, id: u32) -> bool {
        self.texts.text(id).split(' ').any(|word| PARTICLES.contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> (Names, Vec<u32>) {
        let mut names = Names::default();
        let ids = list.iter().map(|name| names.texts.intern(name)).collect();
        names.complete();
        (names, ids)
    }

    #[test]
    fn short_forms_and_shared_words_are_one_name() {
        let (names, ids) = names(&["robert", "bob", "rob", "john paul", "john", "jane"]);
        assert!(names.same_person_name(ids[0], ids[1]) && names.same_person_name(ids[1], ids[2]));
        assert!(names.same_person_name(ids[3], ids[4]) && !names.same_person_name(ids[4], ids[5]));
        assert_eq!(names.info(ids[1]).root, names.info(ids[2]).root);
    }

    #[test]
    fn particles_and_order_do_not_count() {
        let (names, ids) = names(&["van der berg", "berg van der", "berg", "groot", "j", "jane"]);
        assert!(names.same_words(ids[0], ids[1]) && names.same_words(ids[0], ids[2]));
        assert!(!names.share_word(ids[0], ids[3]));
        assert!(names.is_initial(ids[4], ids[5]) && !names.is_initial(ids[3], ids[5]));
    }

    #[test]
    fn a_shared_initial_is_no_shared_word() {
        let (names, ids) = names(&["lisa l", "courtney l", "lisa", "l"]);
        assert!(!names.same_person_name(ids[0], ids[1]) && names.same_person_name(ids[0], ids[2]));
        assert!(names.is_initial(ids[2], ids[3]));
    }
}
