//! What a word of a status says: employed, over, or nothing that everybody would agree on.

use super::choices::StatusChoice;
use super::heads::Flag;
use crate::domain::person::EmploymentStatus;
use crate::domain::text;
use std::collections::HashMap;

/// Whether somebody is employed (a user: switched on).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StatusMeaning {
    #[default]
    Active,
    Over,
    /// A word that plainly means neither: its bearer is held until somebody gives it a meaning.
    Unclear,
}

impl StatusMeaning {
    /// The word by which `--status` asks for it.
    pub fn word(self) -> &'static str {
        match self {
            StatusMeaning::Active => "active",
            StatusMeaning::Over => "ended",
            StatusMeaning::Unclear => "unclear",
        }
    }

    /// What `--status` asks for by this word.
    pub fn from_word(word: &str) -> Option<StatusMeaning> {
        match word {
            "active" => Some(StatusMeaning::Active),
            "ended" | "inactive" => Some(StatusMeaning::Over),
            "unclear" => Some(StatusMeaning::Unclear),
            _ => None,
        }
    }
}

/// A word of a status as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusWord {
    /// Blank for a blank cell.
    pub word: String,
    pub life: StatusMeaning,
    pub people: u64,
    /// The operator says what it means.
    pub is_said: bool,
    /// The name of a sheet, which says it of everybody in it.
    pub is_sheet: bool,
}

/// Words that plainly mean employed, folded, in the languages that are read.
const ACTIVE: &str = "active|current|employed|enabled|working|in employment|in service|live|activated|current employee|active employee|\
    aktiv|aktive|beschaftigt|angestellt|im dienst|aktiviert|actif|active employee|en poste|en activite|present|salarie actif|activo|\
    activa|en activo|alta|de alta|vigente|attivo|attiva|in forza|in servizio|actief|in dienst|ativo|ativa|aktywny|aktywna|zatrudniony|\
    zatrudniona|ansat|i arbejde|ansatt|anstalld|aktivt|aktiva|i tjanst|aktiivinen|voimassa";

/// Words that plainly mean over.
const OVER: &str = "inactive|in active|not active|resigned|ended|deleted|terminated|left|leaver|former|former employee|ex employee|\
    left company|left the company|dismissed|retired|deceased|departed|deactivated|disabled|archived|separated|withdrawn|redundant|\
    made redundant|employment ended|no longer employed|fired|exited|ex staff|past employee|quit|closed|removed|\
    voluntary termination|involuntary termination|contract ended|\
    inaktiv|ausgetreten|ausgeschieden|gekundigt|gekuendigt|beendet|deaktiviert|geloscht|geloescht|ehemalig|ehemaliger|ehemalige|\
    ehemaliger mitarbeiter|archiviert|verrentet|pensioniert|nicht aktiv|entlassen|verstorben|\
    inactif|inactive|sorti|sortie|parti|partie|demissionne|demissionnaire|licencie|licenciee|termine|terminee|desactive|desactivee|\
    supprime|archive|retraite|ancien salarie|ancien employe|non actif|\
    inactivo|inactiva|baja|baja voluntaria|baja no voluntaria|de baja definitiva|baja definitiva|dado de baja|cesado|cesada|despedido|despedida|terminado|jubilado|\
    jubilada|eliminado|desactivado|finalizado|no activo|\
    inattivo|inattiva|cessato|cessata|dimesso|dimessa|licenziato|licenziata|terminato|disattivato|eliminato|non attivo|pensionato|\
    inactief|uit dienst|uitdienst|vertrokken|ontslagen|beeindigd|gedeactiveerd|verwijderd|niet actief|\
    inativo|inativa|desligado|desligada|demitido|demitida|rescindido|encerrado|desativado|aposentado|\
    nieaktywny|nieaktywna|zwolniony|zwolniona|zakonczony|byly pracownik|usuniety|\
    fratradt|fratraadt|opsagt|ophort|slettet|deaktiveret|tidligere ansat|fratradte|sluttet|oppsagt|avsluttet|deaktivert|\
    tidligere ansatt|avslutad|slutat|uppsagd|raderad|avaktiverad|tidigare anstalld|paattynyt|irtisanottu|entinen|poistettu";

const YES: &str = "1|yes|y|true|x|ja|j|oui|si|sim|tak|kylla|on|wahr|vrai|verdadero|vero";
const NO: &str = "0|no|n|false|nein|non|nao|nie|nej|nei|nee|ei|off|falsch|faux|falso";

fn is_among(words: &str, word: &str) -> bool {
    words.split('|').any(|one| one.trim() == word)
}

/// What a word says by itself. Blank is employed (DESIGN 6).
pub fn meaning(word: &str) -> StatusMeaning {
    // `Sorti(e)`, `Ausgetreten (31.12.)`: what stands in brackets is said beside the word.
    let bare = word.split_once('(').map_or(word, |(bare, _)| bare);
    let folded = text::fold(if text::says_nothing(bare) { word } else { bare });
    if folded.is_empty() && text::says_nothing(word) || is_among(ACTIVE, &folded) || is_among(YES, &folded) {
        StatusMeaning::Active
    } else if is_among(OVER, &folded) || is_among(NO, &folded) {
        StatusMeaning::Over
    } else {
        StatusMeaning::Unclear
    }
}

/// Whether a cell of a column of yes and no says yes; `None` where it says neither.
pub fn is_yes(cell: &str) -> Option<bool> {
    let folded = text::fold(cell);
    if is_among(YES, &folded) {
        Some(true)
    } else if folded.is_empty() || is_among(NO, &folded) {
        Some(false)
    } else {
        None
    }
}

/// Whether these values are those of a column of yes and no.
pub fn are_flags<'a>(values: impl IntoIterator<Item = &'a str>) -> bool {
    values.into_iter().all(|value| is_yes(value).is_some())
}

/// The words of a file, each looked at once.
#[derive(Debug, Clone, Default)]
pub struct Words {
    said: HashMap<String, StatusMeaning>,
    known: HashMap<String, StatusWord>,
}

/// Most different words of a status that are kept; beyond it the column is none.
const WORDS_MAX: usize = 10_000;

impl Words {
    /// With what the operator says; of several about one word the last, and what is said of this file before what is said of both.
    pub fn new(choices: &[StatusChoice]) -> Self {
        let of = |is_sided: bool| choices.iter().filter(move |choice| choice.side.is_some() == is_sided);
        let said = of(false).chain(of(true)).map(|choice| (text::fold(&choice.word), choice.life)).collect();
        Words { said, known: HashMap::new() }
    }

    /// What a word means here; counted.
    pub fn life(&mut self, word: &str) -> StatusMeaning {
        self.counted(word, None)
    }

    /// What a word means in a column of yes and no: what its head makes of a yes or a no, of anything else nothing that everybody
    /// would agree on, unless the operator says it.
    pub fn of_flag(&mut self, word: &str, told: Option<StatusMeaning>) -> StatusMeaning {
        self.counted(word, Some(told.unwrap_or(StatusMeaning::Unclear)))
    }

    fn counted(&mut self, word: &str, otherwise: Option<StatusMeaning>) -> StatusMeaning {
        let word = word.trim();
        // One word may say different things in columns of yes and no.
        let sense = otherwise.map_or("", StatusMeaning::word);
        let key = if sense.is_empty() { word.to_owned() } else { format!("{word} {sense}: ") };
        if let Some(known) = self.known.get_mut(key.as_str()) {
            known.people += 1;
            return known.life;
        }
        let said = self.said.get(&text::fold(word)).copied();
        let life = said.or(otherwise).unwrap_or_else(|| meaning(word));
        if self.known.len() < WORDS_MAX {
            let (people, is_said, is_sheet) = (1, said.is_some(), false);
            let one = StatusWord { word: word.to_owned(), life, people, is_said, is_sheet };
            self.known.insert(key, one);
        }
        life
    }

    /// What the name of a sheet says of everybody in it; `is_leavers` where it is one for those who have left.
    pub fn of_sheet(&mut self, name: &str, is_leavers: bool) -> Option<StatusMeaning> {
        let said = self.said.get(&text::fold(name)).copied();
        said.or(is_leavers.then_some(StatusMeaning::Over))
    }

    /// Counts somebody whom the name of a sheet tells of.
    pub fn count_sheet(&mut self, name: &str, life: StatusMeaning) {
        let is_said = self.said.contains_key(&text::fold(name));
        let fresh = || StatusWord { word: name.to_owned(), life, people: 0, is_said, is_sheet: true };
        // No cell of a status can hold it: cells are trimmed.
        self.known.entry(format!("{name} ")).or_insert_with(fresh).people += 1;
    }

    /// The words of this meaning with how often each stood there, by word.
    pub fn with(&self, wanted: StatusMeaning) -> Vec<(String, u64)> {
        let found = self.known.values().filter(|one| one.life == wanted && !one.word.is_empty() && !one.is_sheet);
        let mut words: Vec<(String, u64)> = found.map(|one| (one.word.clone(), one.people)).collect();
        words.sort();
        words
    }

    /// All words: those that are unclear first, then who is over, then by how many bear them.
    pub fn all(&self) -> Vec<StatusWord> {
        let mut words: Vec<StatusWord> = self.known.values().cloned().collect();
        let rank = |life: StatusMeaning| match life {
            StatusMeaning::Unclear => 0,
            StatusMeaning::Over => 1,
            StatusMeaning::Active => 2,
        };
        words.sort_by(|a, b| {
            (rank(a.life), std::cmp::Reverse(a.people), &a.word).cmp(&(
                rank(b.life),
                std::cmp::Reverse(b.people),
                &b.word,
            ))
        });
        words
    }
}

/// What the flags of a row add to its status.
pub fn with_flag(words: &mut Words, life: StatusMeaning, flag: Flag, cell: &str) -> StatusMeaning {
    if cell.trim().is_empty() {
        return life;
    }
    let told = is_yes(cell).map(|yes| match (flag, yes) {
        (Flag::Active, false) | (Flag::Over, true) => StatusMeaning::Over,
        (Flag::Unclear, true) => StatusMeaning::Unclear,
        _ => StatusMeaning::Active,
    });
    match (words.of_flag(cell, told), life) {
        (StatusMeaning::Over, _) => StatusMeaning::Over,
        (told, StatusMeaning::Active) => told,
        _ => life,
    }
}

/// The status as the planner has it.
pub fn employment(life: StatusMeaning, word: &str) -> EmploymentStatus {
    match life {
        StatusMeaning::Active => EmploymentStatus::Active,
        StatusMeaning::Over => EmploymentStatus::Ended,
        StatusMeaning::Unclear => EmploymentStatus::Unclear(word.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::choices::Side;
    use super::*;

    #[test]
    fn only_plain_words_decide() {
        for word in ["Active", "", "-", "Aktiv", "actif", "ACTIVO", "In dienst", "yes"] {
            assert_eq!(meaning(word), StatusMeaning::Active, "{word}");
        }
        for word in [
            "inactive",
            "Resigned",
            "Ended",
            "Former employee",
            "Inaktiv",
            "deleted",
            "Ausgetreten",
            "Démissionné",
            "no",
            "Sorti(e)",
            "Baja voluntaria",
        ] {
            assert_eq!(meaning(word), StatusMeaning::Over, "{word}");
        }
        for word in ["Suspended", "On leave", "Starter", "L", "T", "Garden leave", "3", "休職"] {
            assert_eq!(meaning(word), StatusMeaning::Unclear, "{word}");
        }
    }

    fn said(side: Option<Side>, word: &str, life: StatusMeaning) -> StatusChoice {
        StatusChoice { side, word: word.to_owned(), life }
    }

    #[test]
    fn what_the_operator_says_goes_before_and_each_word_is_counted() {
        let here = Some(Side::Source);
        let mut words = Words::new(&[
            said(here, "on leave", StatusMeaning::Active),
            said(None, "On leave", StatusMeaning::Over),
            said(None, "Left", StatusMeaning::Unclear),
        ]);
        let lives: Vec<StatusMeaning> =
            ["On Leave", "left", "L", "L"].into_iter().map(|word| words.life(word)).collect();
        assert_eq!(
            lives,
            [StatusMeaning::Active, StatusMeaning::Unclear, StatusMeaning::Unclear, StatusMeaning::Unclear]
        );
        assert_eq!(words.with(StatusMeaning::Unclear), [("L".to_owned(), 2), ("left".to_owned(), 1)]);
        let all: Vec<_> = words.all().into_iter().map(|one| (one.word, one.people, one.is_said)).collect();
        assert_eq!(all, [("L".into(), 2, false), ("left".into(), 1, true), ("On Leave".into(), 1, true)]);
    }

    #[test]
    fn flags_say_yes_in_their_own_sense() {
        let mut words = Words::new(&[said(None, "soon", StatusMeaning::Over)]);
        let mut flag = |life, flag, cell| with_flag(&mut words, life, flag, cell);
        assert_eq!(flag(StatusMeaning::Active, Flag::Over, "1"), StatusMeaning::Over);
        assert_eq!(flag(StatusMeaning::Active, Flag::Active, "false"), StatusMeaning::Over);
        assert_eq!(flag(StatusMeaning::Active, Flag::Active, ""), StatusMeaning::Active);
        assert_eq!(flag(StatusMeaning::Active, Flag::Unclear, "yes"), StatusMeaning::Unclear);
        assert_eq!(flag(StatusMeaning::Over, Flag::Unclear, "yes"), StatusMeaning::Over);
        assert_eq!(flag(StatusMeaning::Active, Flag::Over, "perhaps"), StatusMeaning::Unclear);
        assert_eq!(flag(StatusMeaning::Active, Flag::Over, "soon"), StatusMeaning::Over);
        assert_eq!(words.with(StatusMeaning::Unclear), [("perhaps".to_owned(), 1), ("yes".to_owned(), 2)]);
        assert_eq!(
            words.with(StatusMeaning::Over),
            [("1", 1), ("false", 1), ("soon", 1)].map(|(word, count)| (word.to_owned(), count))
        );
        let mut said = Words::new(&[said(None, "no", StatusMeaning::Active)]);
        assert_eq!(with_flag(&mut said, StatusMeaning::Active, Flag::Active, "No"), StatusMeaning::Active);
    }

    #[test]
    fn the_name_of_a_sheet_is_a_word_too() {
        let mut words = Words::new(&[said(None, "Leavers", StatusMeaning::Active)]);
        assert_eq!(words.of_sheet("leavers", true), Some(StatusMeaning::Active));
        assert_eq!((words.of_sheet("Exits", true), words.of_sheet("Staff", false)), (Some(StatusMeaning::Over), None));
    }
}
