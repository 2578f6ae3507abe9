//! For property tests of whatever leaves the program, here and in the adapters (which take this file by its path).

use proptest::prelude::*;

/// Texts out of the pieces that matter, in any order, among any others.
pub fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[ -~]{0,4}",
        prop::sample::select(vec![
            "\u{1b}]52;c;eA==\u{7}",
            "\u{202e}",
            "'",
            "''",
            "=",
            "+1",
            "-",
            "@",
            "\t",
            "\r\n",
            "＝",
            "\"",
            " ",
            "\\u{",
            "\\",
            "u{41}",
            "\\u{1B}",
            "}",
            "\u{301}",
            "\u{fe0f}",
            "\u{e0101}",
            "葛",
            "\u{e0041}",
            "\u{200d}",
            "\u{feff}",
            "\u{ffff}",
            "_x000D_",
            ",",
            ";",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}
