//! Made-up employees and users with the noise of real data, any number, from a seed: what the matching benchmark runs on.
//!
//! The rates are those of `docs/matching.md`. The generator shares no code with the engine.

use fastrand::Rng;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

const FIRST_NAMES: &str = include_str!("../../assets/names/first_names.txt");
const LAST_NAMES: &str = include_str!("../../assets/names/last_names.txt");
const NICKNAMES: &str = include_str!("../../assets/names/nicknames.txt");

const JOBS: [&str; 24] = [
    "Team Leader",
    "Customer Service Advisor",
    "Cleaner",
    "Quality Inspector",
    "Sales Assistant",
    "Store Manager",
    "Security Officer",
    "Chef de Partie",
    "Sous Chef",
    "Bartender",
    "Receptionist",
    "Accountant",
    "Buyer",
    "Driver",
    "Warehouse Operative",
    "Nurse",
    "Care Assistant",
    "Electrician",
    "Trainer",
    "Data Analyst",
    "Software Engineer",
    "Legal Counsel",
    "Project Manager",
    "Housekeeper",
];
const GRADES: [&str; 8] = ["", "", "", "Senior ", "Junior ", "Deputy ", "Assistant ", "Lead "];
const TOWNS: [&str; 36] = [
    "York", "Hull", "Leeds", "Derby", "Bath", "Exeter", "Truro", "Wells", "Ripon", "Dover", "Oxford", "Lincoln",
    "Durham", "Perth", "Dundee", "Stirling", "Cork", "Galway", "Sligo", "Athlone", "Lille", "Reims", "Nantes", "Ghent",
    "Bruges", "Leiden", "Delft", "Bergen", "Turku", "Malmo", "Aarhus", "Porto", "Braga", "Split", "Brno", "Graz",
];
const PRIVATE: [&str; 6] = ["gmail.com", "outlook.com", "yahoo.com", "icloud.com", "hotmail.co.uk", "gmx.de"];

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeopleSpec {
    pub people: usize,
    pub seed: u64,
    /// Users mostly lack birth date, work e-mail and start date.
    pub sparse: bool,
}

/// A weighted list of names.
struct Names {
    names: Vec<(String, bool)>,
    sums: Vec<u64>,
}

impl Names {
    fn read(text: &'static str, with_sex: bool) -> Self {
        let (mut names, mut sums, mut sum) = (Vec::new(), Vec::new(), 0);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let parts: Vec<&str> = line.split(' ').collect();
            let (female, name, weight) = match (parts.as_slice(), with_sex) {
                ([sex, name, weight], true) => (*sex == "f", *name, *weight),
                ([name, weight], false) => (false, *name, *weight),
                _ => continue,
            };
            sum += weight.parse::<u64>().unwrap_or(1);
            names.push((name.replace('_', " "), female));
            sums.push(sum);
        }
        Names { names, sums }
    }

    fn pick(&self, rng: &mut Rng) -> &(String, bool) {
        let at = rng.u64(0..self.sums.last().copied().unwrap_or(1).max(1));
        let place = self.sums.partition_point(|sum| *sum <= at);
        &self.names[place.min(self.names.len() - 1)]
    }
}

#[derive(Clone, Default)]
struct Person {
    first: String,
    last: String,
    female: bool,
    birth: (u32, u32, u32),
    email: String,
    job: String,
    branch: usize,
    start: (u32, u32, u32),
}

struct Maker {
    rng: Rng,
    first: Names,
    last: Names,
    short: HashMap<&'static str, Vec<&'static str>>,
    taken: HashMap<String, u32>,
    branches: usize,
}

fn ascii(name: &str) -> String {
    deunicode::deunicode(name).to_lowercase().chars().filter(char::is_ascii_lowercase).collect()
}

fn iso((year, month, day): (u32, u32, u32)) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

impl Maker {
    fn new(spec: PeopleSpec) -> Self {
        let mut short: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
        for line in NICKNAMES.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, forms)) = line.split_once(": ") {
                short.insert(name, forms.split(' ').collect());
            }
        }
        Maker {
            rng: Rng::with_seed(spec.seed),
            first: Names::read(FIRST_NAMES, true),
            last: Names::read(LAST_NAMES, false),
            short,
            taken: HashMap::new(),
            branches: (spec.people / 150).clamp(4, 4000),
        }
    }

    fn chance(&mut self, percent: f64) -> bool {
        self.rng.f64() * 100.0 < percent
    }

    fn day(&mut self, from: u32, to: u32) -> (u32, u32, u32) {
        (self.rng.u32(from..=to), self.rng.u32(1..=12), self.rng.u32(1..=28))
    }

    fn surname(&mut self) -> String {
        // One in four has a name from the long tail that no table lists.
        if self.chance(25.0) {
            const HEADS: [&str; 24] = [
                "Ber", "Kal", "Mon", "Tra", "Sil", "Vor", "Hag", "Lin", "Dre", "Fal", "Gor", "Nes", "Pol", "Ras",
                "Sto", "Tur", "Wil", "Zan", "Bra", "Cor", "Del", "Eng", "Har", "Jan",
            ];
            const MIDDLES: [&str; 24] = [
                "ba", "de", "ga", "li", "ma", "ne", "ro", "sa", "ti", "vi", "den", "gar", "lan", "man", "ner", "ron",
                "sen", "ter", "val", "wen", "ko", "mi", "pe", "zo",
            ];
            const TAILS: [&str; 24] = [
                "berg", "dini", "es", "feld", "go", "holm", "ic", "ka", "ler", "mann", "nov", "owski", "quist",
                "ridge", "son", "ton", "ucci", "vers", "worth", "yan", "zek", "lund", "stad", "wick",
            ];
            let mut pick = |list: &[&'static str; 24]| list[self.rng.usize(0..24)];
            return [pick(&HEADS), pick(&MIDDLES), pick(&TAILS)].concat();
        }
        self.last.pick(&mut self.rng).0.clone()
    }

    fn person(&mut self) -> Person {
        let (first, female) = self.first.pick(&mut self.rng).clone();
        let mut person = Person { first, last: self.surname(), female, ..Person::default() };
        let year = 1958 + self.rng.u32(0..25) + self.rng.u32(0..24);
        person.birth = self.day(year, year);
        person.start = self.day(2004, 2026);
        if self.chance(25.0) {
            person.start.2 = 1;
        }
        person.branch = self.rng.usize(0..self.branches).min(self.rng.usize(0..self.branches));
        person.job =
            format!("{}{}", GRADES[self.rng.usize(0..8)], JOBS[self.rng.usize(0..24).min(self.rng.usize(0..24))]);
        person.email = if self.chance(90.0) { self.work_mail(&person) } else { self.private_mail(&person) };
        person
    }

    fn work_mail(&mut self, person: &Person) -> String {
        let local = format!("{}.{}", ascii(&person.first), ascii(&person.last));
        let count = self.taken.entry(local.clone()).or_default();
        *count += 1;
        if *count == 1 { format!("{local}@harbour-group.com") } else { format!("{local}{count}@harbour-group.com") }
    }

    fn private_mail(&mut self, person: &Person) -> String {
        let (first, last) = (ascii(&person.first), ascii(&person.last));
        let domain = PRIVATE[self.rng.usize(0..6)];
        let number = self.rng.u32(1..999);
        match self.rng.u32(0..5) {
            0 => format!("{first}{last}{:02}@{domain}", person.birth.0 % 100),
            1 => format!("{last}.{first}@{domain}"),
            2 => format!("{}{last}{number}@{domain}", first.get(..1).unwrap_or("x")),
            3 => format!("sunny{first}{number}@{domain}"),
            _ => format!("{first}.{last}@{domain}"),
        }
    }

    fn branch_name(&self, branch: usize) -> String {
        format!(
            "{} {}",
            TOWNS[branch % TOWNS.len()],
            ["Centre", "North", "Quay", "Park", "Station"][branch / TOWNS.len() % 5]
        ) + &(if branch >= 180 { format!(" {}", branch / 180) } else { String::new() })
    }

    fn slip(&mut self, word: &str) -> String {
        let mut letters: Vec<char> = word.chars().collect();
        if letters.len() < 3 {
            return word.to_owned();
        }
        let at = self.rng.usize(1..letters.len());
        match self.rng.u32(0..4) {
            0 => {
                letters.remove(at);
            }
            1 => letters[at] = char::from(b'a' + self.rng.u8(0..26)),
            2 => letters.swap(at - 1, at),
            _ => letters.insert(at, letters[at]),
        }
        letters.into_iter().collect()
    }

    fn short_form(&mut self, first: &str) -> Option<String> {
        let forms = self.short.get(first.to_lowercase().as_str())?;
        let form = forms[self.rng.usize(0..forms.len())];
        let mut letters = form.chars();
        letters.next().map(|head| head.to_uppercase().chain(letters).collect())
    }

    /// The person as the destination has them.
    fn distort(&mut self, person: &Person, sparse: bool) -> [String; 7] {
        let mut own = person.clone();
        if self.chance(8.0) {
            own.first = self.short_form(&own.first).unwrap_or(own.first);
        }
        if self.chance(3.0) {
            own.first = self.slip(&own.first.clone());
        }
        if self.chance(3.0) {
            own.last = self.slip(&own.last.clone());
        }
        if self.chance(1.2) {
            own.first = own.first.chars().take(1).collect();
        }
        if self.chance(2.0) {
            let middle = self.first.pick(&mut self.rng).0.clone();
            own.first = format!("{} {middle}", own.first);
        }
        if self.chance(if own.female { 5.0 } else { 1.0 }) {
            own.last = self.surname();
        } else if self.chance(1.5) {
            own.last = format!("{}-{}", own.last, self.surname());
        }
        if self.chance(1.0) {
            std::mem::swap(&mut own.first, &mut own.last);
        }
        if self.chance(60.0) {
            (own.first, own.last) = (deunicode::deunicode(&own.first), deunicode::deunicode(&own.last));
        }
        if self.chance(4.0) {
            (own.first, own.last) = (own.first.to_uppercase(), own.last.to_uppercase());
        }
        let birth = self.user_birth(&own, sparse);
        let email = self.user_mail(person, sparse);
        let job = self.user_job(&own.job);
        let branch = self.user_branch(own.branch);
        let start = self.user_start(own.start, sparse);
        [own.first, own.last, birth, email, job, branch, start]
    }

    fn user_birth(&mut self, own: &Person, sparse: bool) -> String {
        let (year, month, day) = own.birth;
        if self.chance(if sparse { 85.0 } else { 25.0 }) {
            String::new()
        } else if self.chance(1.5) && day <= 12 {
            iso((year, day, month))
        } else if self.chance(1.5) {
            iso((year, month, 1 + (day + self.rng.u32(1..9)) % 28))
        } else if self.chance(1.0) {
            iso((year, 1, 1))
        } else {
            iso(own.birth)
        }
    }

    fn user_mail(&mut self, person: &Person, sparse: bool) -> String {
        let same = if sparse { 30.0 } else { 55.0 };
        if self.chance(same) {
            person.email.clone()
        } else if self.chance(44.0) {
            self.private_mail(person)
        } else if self.chance(16.0) {
            person.email.replace("harbour-group.com", "harbour-old.co.uk")
        } else if self.chance(5.0) {
            let (local, domain) = person.email.split_once('@').unwrap_or(("a", "b.com"));
            format!("{}@{domain}", self.slip(local))
        } else {
            String::new()
        }
    }

    fn user_job(&mut self, job: &str) -> String {
        if self.chance(10.0) {
            String::new()
        } else if self.chance(15.0) {
            job.replace("Senior", "Sr.")
                .replace("Junior", "Jr.")
                .replace("Manager", "Mgr")
                .replace("Assistant", "Asst.")
        } else if self.chance(15.0) {
            JOBS[self.rng.usize(0..24)].to_owned()
        } else {
            job.to_owned()
        }
    }

    fn user_branch(&mut self, branch: usize) -> String {
        if self.chance(8.0) {
            String::new()
        } else if self.chance(5.0) {
            format!("BR-{branch:04}")
        } else if self.chance(12.0) {
            let other = self.rng.usize(0..self.branches);
            self.branch_name(other)
        } else {
            self.branch_name(branch)
        }
    }

    fn user_start(&mut self, (year, month, day): (u32, u32, u32), sparse: bool) -> String {
        if self.chance(if sparse { 55.0 } else { 15.0 }) {
            String::new()
        } else if self.chance(10.0) {
            iso((year, month, 1 + (day + self.rng.u32(0..9)) % 28))
        } else if self.chance(5.0) {
            iso((year, 1 + month % 12, day))
        } else if self.chance(10.0) {
            iso(self.day(year.min(2025), 2026))
        } else {
            iso((year, month, day))
        }
    }
}

/// Writes `source.csv`, `destination.csv` and `truth.csv` into a folder. The same spec gives the same bytes.
///
/// # Errors
/// When a file cannot be written.
pub fn write_people(folder: &Path, spec: PeopleSpec) -> io::Result<()> {
    let mut maker = Maker::new(spec);
    let header = "id,first_name,last_name,date_of_birth,email,job_title,branch,start_date";
    let mut source = BufWriter::new(File::create(folder.join("source.csv"))?);
    let mut truth = BufWriter::new(File::create(folder.join("truth.csv"))?);
    writeln!(source, "{header}")?;
    writeln!(truth, "source_id,destination_id")?;
    let mut users: Vec<(u64, String, usize)> = Vec::with_capacity(spec.people + spec.people / 50);
    let mut last: Option<Person> = None;
    for at in 0..spec.people {
        let person = maker.relative_or_new(last.take());
        let fields = [
            person.first.clone(),
            person.last.clone(),
            iso(person.birth),
            person.email.clone(),
            person.job.clone(),
            maker.branch_name(person.branch),
            iso(person.start),
        ];
        writeln!(source, "E{at:07},{}", fields.join(","))?;
        if maker.chance(80.0) {
            let accounts = if maker.chance(1.2) { 2 } else { 1 };
            for _ in 0..accounts {
                let row = maker.distort(&person, spec.sparse).join(",");
                users.push((maker.rng.u64(..), row, at));
            }
        }
        last = Some(person);
    }
    for _ in 0..spec.people / 5 {
        let stranger = maker.person();
        let row = maker.distort(&stranger, spec.sparse).join(",");
        users.push((maker.rng.u64(..), row, usize::MAX));
    }
    users.sort_unstable();
    let mut destination = BufWriter::new(File::create(folder.join("destination.csv"))?);
    writeln!(destination, "{header}")?;
    let mut line = String::new();
    for (at, (_, row, employee)) in users.iter().enumerate() {
        line.clear();
        // Writing to a String cannot fail.
        let _ = writeln!(line, "L{at:07},{row}");
        destination.write_all(line.as_bytes())?;
        if *employee != usize::MAX {
            writeln!(truth, "E{employee:07},L{at:07}")?;
        }
    }
    source.flush()?;
    truth.flush()?;
    destination.flush()
}

impl Maker {
    /// One in a hundred is a relative, a twin or a namesake of the one before: the hard negatives.
    fn relative_or_new(&mut self, last: Option<Person>) -> Person {
        let mut person = self.person();
        if let Some(other) = last.filter(|_| self.rng.f64() < 0.01) {
            person.last = other.last;
            match self.rng.u32(0..3) {
                0 => {
                    person.birth = other.birth;
                    person.branch = other.branch;
                }
                1 => person.first = other.first,
                _ => person.branch = other.branch,
            }
            person.email = self.work_mail(&person);
        }
        person
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_people() {
        let make = |seed| {
            let folder = tempfile::tempdir().unwrap();
            write_people(folder.path(), PeopleSpec { people: 300, seed, sparse: false }).unwrap();
            ["source.csv", "destination.csv", "truth.csv"]
                .map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap())
        };
        let (one, two, other) = (make(1), make(1), make(2));
        assert_eq!(one, two);
        assert_ne!(one, other);
        assert_eq!(one[0].lines().count(), 301);
        assert!(one[2].lines().count() > 200);
    }
}
