//! What a word of a status says: employed, over, or nothing that everybody would agree on.

use super::heads::Flag;
use crate::domain::person::EmploymentStatus;
use crate::domain::text;
use std::collections::HashMap;

/// Whether somebody is employed (a user: switched on).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Life {
    #[default]
    Active,
    Over,
    /// A word that plainly means neither: its bearer is held until somebody gives it a meaning.
    Unclear,
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
    inaktiv|ausgetreten|ausgeschieden|gekundigt|gekuendigt|beendet|deaktiviert|geloscht|geloescht|ehemalig|ehemaliger|ehemalige|\
    ehemaliger mitarbeiter|archiviert|verrentet|pensioniert|nicht aktiv|entlassen|verstorben|\
    inactif|inactive|sorti|sortie|parti|partie|demissionne|demissionnaire|licencie|licenciee|termine|terminee|desactive|desactivee|\
    supprime|archive|retraite|ancien salarie|ancien employe|non actif|\
    inactivo|inactiva|baja|de baja definitiva|baja definitiva|dado de baja|cesado|cesada|despedido|despedida|terminado|jubilado|\
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
pub fn meaning(word: &str) -> Life {
    let folded = text::fold(word);
    if folded.is_empty() && text::says_nothing(word) || is_among(ACTIVE, &folded) || is_among(YES, &folded) {
        Life::Active
    } else if is_among(OVER, &folded) || is_among(NO, &folded) {
        Life::Over
    } else {
        Life::Unclear
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
    said: HashMap<String, Life>,
    known: HashMap<String, (Life, u64)>,
}

/// Most different words of a status that are kept; beyond it the column is none.
const WORDS_MAX: usize = 10_000;

impl Words {
    /// With what the operator says.
    pub fn new(said: &[(String, Life)]) -> Self {
        let said = said.iter().map(|(word, life)| (text::fold(word), *life)).collect();
        Words { said, known: HashMap::new() }
    }

    /// What a word means here; counted.
    pub fn life(&mut self, word: &str) -> Life {
        let word = word.trim();
        if let Some((life, count)) = self.known.get_mut(word) {
            *count += 1;
            return *life;
        }
        let life = self.said.get(&text::fold(word)).copied().unwrap_or_else(|| meaning(word));
        if self.known.len() < WORDS_MAX {
            self.known.insert(word.to_owned(), (life, 1));
        }
        life
    }

    /// The words of this meaning with how often each stood there, by word.
    pub fn with(&self, wanted: Life) -> Vec<(String, u64)> {
        let found = self.known.iter().filter(|(word, (life, _))| *life == wanted && !word.is_empty());
        let mut words: Vec<(String, u64)> = found.map(|(word, (_, count))| (word.clone(), *count)).collect();
        words.sort();
        words
    }
}

/// What the flags of a row add to its status.
pub fn with_flag(life: Life, flag: Flag, cell: &str) -> Life {
    match (flag, is_yes(cell)) {
        (Flag::Active, Some(false)) if !cell.trim().is_empty() => Life::Over,
        (Flag::Over, Some(true)) => Life::Over,
        (Flag::Unclear, Some(true)) if life == Life::Active => Life::Unclear,
        (_, None) if life == Life::Active => Life::Unclear,
        _ => life,
    }
}

/// The status as the planner has it.
pub fn employment(life: Life, word: &str) -> EmploymentStatus {
    match life {
        Life::Active => EmploymentStatus::Active,
        Life::Over => EmploymentStatus::Ended,
        Life::Unclear => EmploymentStatus::Unclear(word.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_decide() {
        for word in ["Active", "", "-", "Aktiv", "actif", "ACTIVO", "In dienst", "yes"] {
            assert_eq!(meaning(word), Life::Active, "{word}");
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
        ] {
            assert_eq!(meaning(word), Life::Over, "{word}");
        }
        for word in ["Suspended", "On leave", "Starter", "L", "T", "Garden leave", "3", "休職"] {
            assert_eq!(meaning(word), Life::Unclear, "{word}");
        }
    }

    #[test]
    fn what_the_operator_says_goes_before_and_each_word_is_counted() {
        let mut words = Words::new(&[("on leave".to_owned(), Life::Active), ("Left".to_owned(), Life::Unclear)]);
        let lives: Vec<Life> = ["On Leave", "left", "L", "L"].into_iter().map(|word| words.life(word)).collect();
        assert_eq!(lives, [Life::Active, Life::Unclear, Life::Unclear, Life::Unclear]);
        assert_eq!(words.with(Life::Unclear), [("L".to_owned(), 2), ("left".to_owned(), 1)]);
    }

    #[test]
    fn flags_say_yes_in_their_own_sense() {
        assert_eq!(with_flag(Life::Active, Flag::Over, "1"), Life::Over);
        assert_eq!(with_flag(Life::Active, Flag::Active, "false"), Life::Over);
        assert_eq!(with_flag(Life::Active, Flag::Active, ""), Life::Active);
        assert_eq!(with_flag(Life::Active, Flag::Unclear, "yes"), Life::Unclear);
        assert_eq!(with_flag(Life::Over, Flag::Unclear, "yes"), Life::Over);
        assert_eq!(with_flag(Life::Active, Flag::Over, "soon"), Life::Unclear);
    }
}
