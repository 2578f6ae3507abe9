use super::*;
use proptest::prelude::*;

#[test]
fn accents_are_marked_under_the_letter() {
    let lens = Lens::new("Wójcik", "Wojcik");
    assert_eq!(lens.lines(), ["Wójcik", " ^", "Wojcik", ""]);
    assert_eq!(lens.reason, "equal but for the accent");
}

#[test]
fn a_value_stands_as_it_is_and_each_has_its_own_marks() {
    let lens = Lens::new("Hanna Lindqvist", "Hannah Lindquist");
    assert_eq!(lens.lines(), ["Hanna Lindqvist", "           ^", "Hannah Lindquist", "     ^      ^"]);
    assert_eq!(lens.reason, "2 letters changed");
}

#[test]
fn values_side_by_side_have_their_own_carets() {
    let lens = Lens::new("Weiss", "Weiß");
    assert_eq!(lens.carets(), ("   ^^".into(), "   ^".into()));
    assert_eq!(lens.reason, "ss and ß");
}

#[test]
fn blanks_are_visible_only_where_they_matter() {
    assert_eq!(Lens::new("Bar Staff ", "Bar Staff").lines()[0], "Bar Staff␣");
    assert_eq!(Lens::new("Bar Staff ", "Bar Staff").reason, "blank at the end");
    assert_eq!(Lens::new("Bar\u{a0}Staff", "Bar Staff").lines(), ["Bar⍽Staff", "   ^", "Bar␣Staff", ""]);
    let lens = Lens::new("Bar\u{a0}Staff", "Bar Staff");
    assert_eq!((lens.reason.as_str(), lens.names), ("another kind of blank", vec!["U+00A0 no-break space".to_owned()]));
    assert_eq!(show_blanks(" Bar\tStaff "), "␣Bar⇥Staff␣");
    assert_eq!(show_blanks("Quay\u{200b}side"), "Quay[ZWSP]side");
    assert_eq!(show_blanks("  "), "␣␣");
}

#[test]
fn look_alikes_are_named() {
    let lens = Lens::new("Barist\u{430}", "Barista");
    assert_eq!(lens.names, ["U+0430 Cyrillic а"]);
    assert_eq!(lens.reason, "a letter of another script that looks the same");
}

#[test]
fn reasons_from_small_to_large() {
    let reason = |a, b| Lens::new(a, b).reason;
    assert_eq!(reason("Chef de Partie", "Chef De Partie"), "capitals only");
    assert_eq!(reason("Sub-chefe", "Subchefe"), "only blanks, hyphens or dots differ");
    assert_eq!(reason("Night Auditor", "Night Porter"), "different words");
    assert_eq!(reason("Hanna", "Hannah"), "1 letter added");
    assert_eq!(reason("Marai", "Maria"), "the same letters in another order");
    assert_eq!(reason("e\u{301}", "é"), "equal, written in another Unicode form");
    assert_eq!(reason("", "x"), "one side is empty");
    assert_eq!(reason("x", "x"), "equal");
}

#[test]
fn tables_get_spans() {
    let lens = Lens::new("Chef de Partie", "Chef De Partie");
    let spans = lens.left_spans(Role::Text);
    assert_eq!(
        spans.iter().map(|span| (span.text.as_str(), span.differs)).collect::<Vec<_>>(),
        [("Chef ", false), ("d", true), ("e Partie", false)]
    );
    assert!(!lens.is_equal());
}

#[test]
fn wide_characters_get_wide_carets() {
    assert_eq!(Lens::new("佐藤", "佐籐").lines(), ["佐藤", "  ^^", "佐籐", ""]);
}

#[test]
fn no_blank_is_made_up_and_chance_is_no_agreement() {
    // Wide characters against narrow ones: each keeps its own cells.
    assert_eq!(Lens::new("小明", "Xiaoming").lines(), ["小明", "", "Xiaoming", ""]);
    assert_eq!(Lens::new("小林 健", "小林健").lines(), ["小林␣健", "    ^", "小林健", ""]);
    let lens = Lens::new("harrietwoodhouse74@gmail.example", "harriet.woodhouse@quayside.example");
    assert_eq!(
        lens.lines(),
        [
            "harrietwoodhouse74@gmail.example",
            "                ^^^^^^^^",
            "harriet.woodhouse@quayside.example",
            "       ^         ^^^^^^^^^",
        ],
        "`@` and `a` of gmail and quayside are no agreement"
    );
    for (left, right) in [("Kasia", "Katarzyna"), ("张伟 Wei", "Wei Zhang"), ("", "x"), ("a b", "c d")] {
        let [a, _, b, _] = Lens::new(left, right).lines();
        assert_eq!((a.replace('␣', " "), b.replace('␣', " ")), (left.to_owned(), right.to_owned()));
    }
}

proptest! {
    #[test]
    fn both_values_are_kept(left in "\\PC{0,20}", right in "\\PC{0,20}") {
        let lens = Lens::new(&left, &right);
        let side = |pieces: Vec<Option<&Piece>>| pieces.into_iter().flatten().map(|piece| piece.text.clone()).collect::<String>();
        prop_assert_eq!(side(lens.pairs.iter().map(|(a, _)| a.as_ref()).collect()), left.clone());
        prop_assert_eq!(side(lens.pairs.iter().map(|(_, b)| b.as_ref()).collect()), right.clone());
        prop_assert_eq!(lens.is_equal(), left == right);
        let _ = lens.lines();
    }
}
