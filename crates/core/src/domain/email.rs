//! What stands in an e-mail field: one address, several, or none. People paste two into one field, with the name before it,
//! or with a semicolon after it.

/// What an e-mail field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addresses {
    /// Blank, or nothing that could be an address.
    None,
    /// One address, as it was written, without what stood around it.
    One(String),
    /// Several different ones: which of them counts cannot be told.
    Several(usize),
}

/// Reads an e-mail field. The same address twice is one.
pub fn addresses(text: &str) -> Addresses {
    let text = text.trim();
    match text.matches('@').count() {
        0 => Addresses::None,
        1 => single(text).map_or(Addresses::None, |address| Addresses::One(address.to_owned())),
        _ => several(text),
    }
}

/// `a@x`, `<a@x>`, `Ana Lima <a@x>`, `mailto:a@x`, `a@x;`. A blank within makes it none: which part was meant is a guess.
fn single(text: &str) -> Option<&str> {
    let inner = match (text.find('<'), text.find('>')) {
        (Some(from), Some(to)) if from < to => text.get(from + 1..to)?,
        (None, None) => text,
        _ => return None,
    };
    let address = bare(inner);
    let (local, domain) = address.split_once('@')?;
    let whole = !local.is_empty() && !domain.is_empty() && !address.chars().any(|c| is_separator(c) || c.is_control());
    whole.then_some(address)
}

/// Without what is written around an address.
fn bare(text: &str) -> &str {
    let text = text.trim().trim_matches(['"', '\'', '(', ')', '[', ']', ';', ',']).trim();
    let scheme = text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("mailto:"));
    let text = if scheme { text.get(7..).unwrap_or_default() } else { text };
    text.trim_end_matches(['.', ':']).trim()
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '，' | '；' | '、')
}

/// Several at signs: the different addresses among the parts. A slash parts them too, though one address may have it.
fn several(text: &str) -> Addresses {
    let parts = text.split(|c: char| is_separator(c) || c.is_control() || matches!(c, '/' | '|' | '\\' | '&'));
    let mut found: Vec<&str> = Vec::new();
    for part in parts {
        let Some(address) = single(part).filter(|address| address.matches('@').count() == 1) else { continue };
        if !found.iter().any(|one| one.eq_ignore_ascii_case(address)) {
            found.push(address);
        }
    }
    match found.as_slice() {
        [] => Addresses::None,
        [one] => {
            // `a@x@y` beside an address, or `a@@x`: then it is not the same one twice.
            let whole = text.to_lowercase().matches(&one.to_lowercase()).count() == text.matches('@').count();
            if whole { Addresses::One((*one).to_owned()) } else { Addresses::None }
        }
        more => Addresses::Several(more.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Addresses {
        Addresses::One(text.to_owned())
    }

    #[test]
    fn one_address_is_found_whatever_stands_around_it() {
        for text in [
            "ana@x.example",
            " ana@x.example ",
            "<ana@x.example>",
            "Ana Lima <ana@x.example>",
            "\"Lima, Ana\" <ana@x.example>",
            "mailto:ana@x.example",
            "MAILTO:ana@x.example",
            "ana@x.example;",
            "'ana@x.example',",
            "ana@x.example; ana@x.example",
            "Ana <ana@x.example>, ana@x.example",
            "ana@x.example\nana@x.example",
        ] {
            assert_eq!(addresses(text), one("ana@x.example"), "{text:?}");
        }
        assert_eq!(
            addresses("o'neill/hr@x.example"),
            one("o'neill/hr@x.example"),
            "one at sign: the slash belongs to it"
        );
    }

    #[test]
    fn several_are_never_taken_for_one() {
        for text in [
            "a@x.example; b@x.example",
            "a@x.example,b@x.example",
            "a@x.example / b@x.example",
            "a@x.example/b@x.example",
            "a@x.example b@x.example",
            "a@x.example\nb@x.example",
            "a@x.example\r\nb@y.example",
            "A <a@x.example>; B <b@x.example>",
            "a@x.example (work) b@y.example (home)",
            "a@x.example|b@x.example",
            "a@x.example；b@x.example",
            "a@x.example & b@x.example",
        ] {
            assert_eq!(addresses(text), Addresses::Several(2), "{text:?}");
        }
        assert_eq!(addresses("a@x.example;b@x.example;c@x.example"), Addresses::Several(3));
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            "none",
            "@x.example",
            "a@",
            "ana lima@x.example",
            "a@b@c.example",
            "a@@x.example",
            "<a@x.example",
            "@@",
        ] {
            assert_eq!(addresses(text), Addresses::None, "{text:?}");
        }
    }

    proptest! {
        /// Two different addresses, parted by anything that people part them with, are never one and never none.
        #[test]
        fn two_stay_two(a in "[a-z]{1,8}", b in "[a-z]{1,8}", gap in "[ ;,/|\n]{1,3}", angle in any::<bool>()) {
            prop_assume!(a != b);
            let wrap = |name: &str| if angle { format!("<{name}@x.example>") } else { format!("{name}@x.example") };
            prop_assert_eq!(addresses(&format!("{}{gap}{}", wrap(&a), wrap(&b))), Addresses::Several(2));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = addresses(&text);
        }
    }
}
