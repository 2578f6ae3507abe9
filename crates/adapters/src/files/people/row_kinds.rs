//! Rows that are nobody's: totals, hints below the heads, and who made the list.

use super::heads;
use super::rows::Cells;
use crate::domain::text;
use std::borrow::Cow;

/// Words with which a row of totals begins.
const TOTALS: &str = "total totals grand subtotal sum summe gesamt gesamtsumme anzahl insgesamt totale totaal suma sumatotal razem lacznie \
    ialt totalt summa yhteensa count headcount records rows employees number somme nombre effectif numero antal aantal liczba soma average durchschnitt moyenne media promedio end eof ende fin fine koniec slut";

/// Words of a row of hints below the heads.
const HINTS: &str = "required optional mandatory text string date number numeric ddmmyyyy mmddyyyy yyyymmdd freetext dropdown list email \
    integer decimal varchar char address adresse ttmmjjjj jjmmaaaa ddmmaaaa ddmmyy mmddyy aaaammjj zahl nombre numero boolean yesno pflichtfeld optionell obligatoire facultatif datum fecha texto alphanumeric max50 max100 unique";

/// Words with which a line begins that says who made a list, and when.
const IMPRINT: &str = "exported generated created printed prepared produced downloaded confidential exportiert erstellt gedruckt erzeugt \
    ausgedruckt stand exporte imprime edite genere cree exportado impreso generado creado esportato stampato generato creato \
    geexporteerd afgedrukt gemaakt eksporteret udskrevet oprettet wyeksportowano wydrukowano wygenerowano utworzono gerado criado \
    exporterad utskriven skapad";

/// `Exported by`, `Maria`, `24.11.2026`: who made the list, in several cells.
pub(super) fn is_imprint<C: Cells>(cells: &C) -> bool {
    let mut filled = (0..cells.count()).filter(|at| !cells.is_blank(*at)).map(|at| cells.cell(at));
    let Some(first) = filled.next() else { return false };
    let folded = text::fold(&first);
    let (lead, more) = folded.split_once(' ').unwrap_or((&folded, ""));
    let is_lead = IMPRINT.split_ascii_whitespace().any(|word| word == lead);
    is_lead
        && (!more.is_empty() || first.contains(':'))
        && !first.contains('@')
        && filled.all(|cell| !cell.contains('@'))
}

fn is_total_word(word: &str) -> bool {
    TOTALS.split_ascii_whitespace().any(|total| total == word)
}

/// `Total,30`; `Total employees: 30`.
pub(super) fn is_total(texts: &[Cow<'_, str>]) -> bool {
    let Some((first, others)) = texts.split_first() else { return false };
    let folded = text::fold(first);
    let begins = folded.split(' ').next().is_some_and(is_total_word);
    let joined = folded.replace(' ', "");
    let whole = is_total_word(&joined);
    // `30`, `30 employees`.
    let is_count = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit()) || is_total_word(word);
    let numbers = others.iter().all(|text| text::fold(text).split(' ').all(is_count));
    (begins || whole) && numbers && (!others.is_empty() || first.chars().any(|c| c.is_ascii_digit()) || whole)
}

/// Whether a row says what is to be filled in: most of its cells are such words, and none is a value.
pub(super) fn is_hints<C: Cells>(cells: &C) -> bool {
    let (mut hints, mut filled) = (0, 0);
    for at in (0..cells.count()).filter(|at| !cells.is_blank(*at)) {
        let cell = cells.cell(at);
        let is_hint = HINTS.split_ascii_whitespace().any(|hint| hint == heads::folded(&cell));
        if !is_hint && cell.contains(|c: char| c == '@' || c.is_ascii_digit()) {
            return false;
        }
        hints += usize::from(is_hint);
        filled += 1;
    }
    hints == filled && filled > 0 || (hints > 2 && hints * 3 >= filled * 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_made_a_list_is_nobody_in_it() {
        let imprint = |cells: &[&str]| is_imprint(&cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
        assert!(imprint(&["Exported by", "Maria", "24.11.2026"]) && imprint(&["Erstellt:", "x"]));
        assert!(!imprint(&["Stand", "Ito"]) && !imprint(&["Created by", "a@b.example"]) && !imprint(&["4100", "Ann"]));
    }

    #[test]
    fn totals_are_told_from_people() {
        let total = |cells: &[&str]| is_total(&cells.iter().map(|cell| Cow::Borrowed(*cell)).collect::<Vec<_>>());
        assert!(total(&["Total", "30"]) && total(&["Total employees: 30"]) && total(&["Summe:", "30", "12,5"]));
        assert!(
            total(&["Total", "30 employees"])
                && total(&["I alt", "3"])
                && !total(&["Sum", "Li", "sum.li@x.example"])
                && total(&["Total"])
        );
    }
}
