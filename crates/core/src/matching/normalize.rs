//! Values brought to the form in which they are compared. The raw value is kept elsewhere, for display and writing.

use crate::domain::email::{Addresses, addresses};
use deunicode::deunicode_char;
use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '`' | '\u{b4}' | '\u{2bc}' | '\u{2032}')
}

/// Letters as they come, with one blank between words.
struct Folded {
    out: String,
    gap: bool,
}

impl Folded {
    fn put(&mut self, letter: char, digits: bool) {
        let letter = letter.to_ascii_lowercase();
        if letter.is_ascii_lowercase() || (digits && letter.is_ascii_digit()) {
            if self.gap && !self.out.is_empty() {
                self.out.push(' ');
            }
            self.gap = false;
            self.out.push(letter);
        }
    }
}

/// Folds to lower-case ASCII letters (and digits where asked); every other run becomes one blank, apostrophes and
/// invisible characters go, emoji are no letters.
fn fold(raw: &str, digits: bool) -> String {
    let mut folded = Folded { out: String::with_capacity(raw.len()), gap: false };
    if raw.is_ascii() {
        for letter in raw.chars() {
            if letter.is_ascii_alphabetic() || (digits && letter.is_ascii_digit()) {
                folded.put(letter, digits);
            } else if !matches!(letter, '\'' | '`') {
                folded.gap = true;
            }
        }
        return folded.out;
    }
    for letter in raw.nfkc() {
        if is_invisible(letter) || is_apostrophe(letter) || is_combining_mark(letter) {
            continue;
        }
        if letter.is_alphabetic() || (digits && letter.is_numeric()) {
            deunicode_char(letter).unwrap_or("").chars().for_each(|ascii| folded.put(ascii, digits));
        } else {
            folded.gap = true;
        }
    }
    folded.out
}

/// Words that stand where a name is missing. ("Na", "No" and "None" are not among them: people are called so.)
const NO_NAME: [&str; 6] = ["unknown", "null", "nil", "tbc", "tba", "test"];
const TITLES: [&str; 9] = ["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame"];

/// A name: `Łukasz O’Neill-Jones` becomes `lukasz oneill jones`. Empty where there is none.
pub fn name(raw: &str) -> String {
    let folded = fold(raw, false);
    if NO_NAME.contains(&folded.as_str()) || (folded.len() >= 2 && folded.bytes().all(|b| b == b'x')) {
        return String::new();
    }
    match folded.split_once(' ') {
        Some((first, rest)) if TITLES.contains(&first) => rest.to_owned(),
        _ => folded,
    }
}

/// Whether a name is written in letters other than Latin ones: its latinised form is a suggestion only (case 2).
pub fn is_other_script(raw: &str) -> bool {
    !raw.is_ascii() && raw.chars().any(|letter| {
        letter.is_alphabetic()
            && !matches!(letter as u32, 0..=0x24f | 0x1e00..=0x1eff | 0x2b0..=0x2ff | 0xfb00..=0xfb06 | 0xff21..=0xff5a)
    })
}

/// Free text such as a branch: lower-case words and numbers.
pub fn text(raw: &str) -> String {
    fold(raw, true)
}

/// Short forms of job titles in common use, and what they stand for.
const JOB_WORDS: [(&str, &str); 22] = [
    ("sr", "senior"),
    ("snr", "senior"),
    ("jr", "junior"),
    ("jnr", "junior"),
    ("asst", "assistant"),
    ("ast", "assistant"),
    ("mgr", "manager"),
    ("mngr", "manager"),
    ("exec", "executive"),
    ("dep", "deputy"),
    ("eng", "engineer"),
    ("rep", "representative"),
    ("admin", "administrator"),
    ("supv", "supervisor"),
    ("sup", "supervisor"),
    ("dir", "director"),
    ("coord", "coordinator"),
    ("tech", "technician"),
    ("op", "operative"),
    ("ops", "operations"),
    ("svc", "service"),
    ("acct", "accountant"),
];

/// Short forms in addresses in common use.
const ADDRESS_WORDS: [(&str, &str); 26] = [
    ("st", "street"),
    ("str", "street"),
    ("rd", "road"),
    ("ave", "avenue"),
    ("av", "avenue"),
    ("ln", "lane"),
    ("dr", "drive"),
    ("drv", "drive"),
    ("ct", "court"),
    ("crt", "court"),
    ("cres", "crescent"),
    ("cr", "crescent"),
    ("pl", "place"),
    ("sq", "square"),
    ("tce", "terrace"),
    ("terr", "terrace"),
    ("gdns", "gardens"),
    ("cl", "close"),
    ("pde", "parade"),
    ("hwy", "highway"),
    ("blvd", "boulevard"),
    ("apt", "apartment"),
    ("flt", "flat"),
    ("bldg", "building"),
    ("pkwy", "parkway"),
    ("cct", "circuit"),
];

fn expand(folded: &str, table: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(folded.len() + 8);
    for word in folded.split(' ').filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(table.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| long));
    }
    out
}

/// A job title, its usual short forms written out.
pub fn job_title(raw: &str) -> String {
    expand(&fold(raw, true), &JOB_WORDS)
}

/// A postal address on one line, its usual short forms written out.
pub fn address(raw: &str) -> String {
    expand(&fold(raw, true), &ADDRESS_WORDS)
}

/// A postcode: letters and digits only.
pub fn postcode(raw: &str) -> String {
    fold(raw, true).replace(' ', "")
}

/// A telephone number: its last nine digits, which no country or trunk prefix reaches. Empty below six digits and for
/// one digit repeated.
pub fn phone(raw: &str) -> String {
    let digits: Vec<u8> = raw.bytes().filter(u8::is_ascii_digit).collect();
    let tail = &digits[digits.len().saturating_sub(9)..];
    if tail.len() < 6 || tail.iter().all(|digit| *digit == tail[0]) {
        return String::new();
    }
    tail.iter().map(|digit| char::from(*digit)).collect()
}

/// An identifier as text: outer blanks go, nothing else (cases 16, 17).
pub fn identifier(raw: &str) -> &str {
    raw.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// What two identifiers share that differ only by case, blanks or leading zeros: a near twin, a suggestion.
pub fn identifier_twin(exact: &str) -> String {
    let folded: String = exact.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    folded.trim_start_matches('0').to_owned()
}

/// The parts of an e-mail address that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mailbox {
    Missing,
    /// `kitchen@`, `noreply@`, `none@none`: real or not, it is nobody's own.
    NotPersonal,
    Personal {
        local: String,
        domain: String,
    },
}

/// Local parts that name a role, a place or nobody (case 24, 28), in the languages of the vendors.
#[rustfmt::skip]
const ROLES: [&str; 186] = [
    "info", "kitchen", "admin", "office", "reception", "hello", "sales", "hr", "bar", "manager", "support", "noreply",
    "no-reply", "donotreply", "none", "x", "xx", "xxx", "test", "na", "null", "nobody", "noemail", "no-email",
    "nomail", "unknown", "email", "contact", "enquiries", "enquiry", "bookings", "booking", "reservations",
    "accounts", "finance", "payroll", "recruitment", "jobs", "team", "staff", "store", "shop", "branch", "restaurant",
    "hotel", "events", "marketing", "it", "helpdesk", "service", "mail", "post", "postmaster", "webmaster",
    "warehouse", "security", "cleaning", "house", "frontdesk", "gm", "rota", "training", "chef", "chefs", "crew",
    "floor", "foh", "boh", "lobby", "concierge", "housekeeping", "maintenance", "dispatch", "drivers", "driver",
    "nurses", "ward", "pharmacy", "clinic", "surgery", "school", "nursery", "admissions", "billing", "invoices",
    "purchasing", "orders", "order", "press", "media", "web", "general", "people", "personnel", "careers", "career",
    "feedback", "complaints", "customerservice", "customercare", "care", "help", "hi", "hey", "welcome", "desk",
    "shift", "shifts", "duty", "rotas", "managers", "management", "director", "directors", "supervisor", "teamleader",
    "leader", "shared", "everyone", "everybody", "all", "kueche", "kuche", "empfang", "buero", "buro", "personal",
    "verwaltung", "lager", "werkstatt", "rezeption", "kontakt", "buchhaltung", "bewerbung", "verkauf", "koekken",
    "kokken", "kontor", "butik", "lageret", "regnskab", "salg", "bestilling", "cuisine", "accueil", "bureau",
    "bonjour", "rh", "comptabilite", "direction", "commande", "cocina", "recepcion", "oficina", "rrhh", "hola",
    "contacto", "ventas", "tienda", "pedidos", "administracion", "kuchnia", "biuro", "recepcja", "kadry", "sklep",
    "magazyn", "ksiegowosc", "kok", "koket", "butiken", "keuken", "receptie", "kantoor", "winkel", "magazijn",
    "cucina", "ufficio", "negozio", "magazzino", "contatti", "cozinha", "recepcao", "escritorio", "loja", "contato",
];

/// Providers where anybody has a mailbox: such an address is private, not given by an employer.
const PUBLIC: [&str; 42] = [
    "gmail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "gmx.com",
    "gmx.at",
    "web.de",
    "t-online.de",
    "mail.com",
    "proton.me",
    "protonmail.com",
    "zoho.com",
    "btinternet.com",
    "sky.com",
    "virginmedia.com",
    "talktalk.net",
    "ntlworld.com",
    "orange.fr",
    "free.fr",
    "wanadoo.fr",
    "laposte.net",
    "sfr.fr",
    "libero.it",
    "qq.com",
    "163.com",
    "126.com",
    "mail.ru",
    "yandex.ru",
    "yandex.com",
    "comcast.net",
    "verizon.net",
    "bigpond.com",
    "seznam.cz",
    "wp.pl",
];

/// Whether anybody can have a mailbox in this domain.
pub fn is_public_domain(domain: &str) -> bool {
    PUBLIC.contains(&domain)
        || ["hotmail.", "outlook.", "live.", "yahoo.", "ymail."].iter().any(|head| domain.starts_with(head))
}

/// Whether a word names a role, a place or nobody.
pub fn is_role(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| ROLES.into_iter().collect());
    WORDS.contains(word)
}

/// Splits an address into local part and domain, lower-cased, without `+tag`.
pub fn mailbox(raw: &str) -> Mailbox {
    // Most fields are an address and nothing else.
    let plain = raw.matches('@').count() < 2 && !raw.contains(['<', ';', ',']);
    let one = if plain { Addresses::None } else { addresses(raw) };
    let raw = match &one {
        Addresses::One(address) => address.as_str(),
        // Which of them is the person's cannot be told; none of them speaks for or against.
        Addresses::Several(_) => return Mailbox::NotPersonal,
        Addresses::None => raw,
    };
    let text = raw.trim_matches(|c: char| c.is_whitespace() || is_invisible(c) || c == '<' || c == '>').to_lowercase();
    if text.is_empty() {
        return Mailbox::Missing;
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return Mailbox::NotPersonal };
    let local = local.strip_prefix("mailto:").unwrap_or(local);
    let local = local.split_once('+').map_or(local, |(head, _)| head);
    let domain = if domain == "googlemail.com" { "gmail.com" } else { domain };
    let fake = !domain.contains('.')
        || domain.starts_with("example.")
        || domain.ends_with(".invalid")
        || matches!(domain, "none.com" | "noemail.com" | "test.com" | "nomail.com" | "email.invalid");
    let bare = local.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    if local.is_empty() || bare.is_empty() && local.len() < 4 || fake || is_role(bare) {
        return Mailbox::NotPersonal;
    }
    Mailbox::Personal { local: local.to_owned(), domain: domain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_for_comparing() {
        for (raw, folded) in [
            ("Zoë", "zoe"),
            ("Łukasz", "lukasz"),
            ("Jørgensen", "jorgensen"),
            ("Weiß", "weiss"),
            ("O’Neill", "oneill"),
            ("O'Neill", "oneill"),
            ("St. John", "st john"),
            ("Smith-Jones", "smith jones"),
            ("  Van   Der Berg ", "van der berg"),
            ("😀 Anna\u{200b}", "anna"),
            ("e\u{301}lodie", "elodie"),
            (".", ""),
            ("Иван", "ivan"),
            ("Mr John", "john"),
            ("XXX", ""),
        ] {
            assert_eq!(name(raw), folded, "{raw}");
        }
        assert!(is_other_script("Иван") && is_other_script("Γιώργος") && !is_other_script("Łukasz"));
    }

    #[test]
    fn mailboxes_of_roles_and_nobody_are_not_personal() {
        for raw in ["kitchen@acme.com", "info2@acme.com", "none@", "x@x", "branch13@acme.com", "nothing"] {
            assert_eq!(mailbox(raw), Mailbox::NotPersonal, "{raw}");
        }
        assert_eq!(mailbox("  "), Mailbox::Missing);
        let own = Mailbox::Personal { local: "j.smith".to_owned(), domain: "acme.com".to_owned() };
        assert_eq!(mailbox(" J.Smith+hr@ACME.com "), own);
    }

    #[test]
    fn other_fields_fold() {
        assert_eq!(phone("+44 (0)7700 900123"), phone("07700 900123"));
        assert_eq!((phone("12"), phone("000000000")), (String::new(), String::new()));
        assert_eq!(job_title("Sr. Mgr (FT)"), "senior manager ft");
        assert_eq!(address("8, Stanley St."), "8 stanley street");
        assert_eq!(postcode("sw1a 1AA"), "sw1a1aa");
        assert_eq!((identifier(" 007 "), identifier_twin("00-7a")), ("007", "7a".to_owned()));
    }
}
