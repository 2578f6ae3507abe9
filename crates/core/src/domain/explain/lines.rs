//! Why a line of a run was not written, or is not known to be.

use super::Explained;
use crate::domain::code::LineCode;

pub(super) fn explained(code: LineCode) -> Explained {
    match code {
        LineCode::Refused => Explained {
            words: code.words(),
            what: "The destination refused the write; its words stand beside the line.",
            why: "Nothing of the line was written, and it is not repeated by itself: an answer is not a silence.",
            remedies: &[
                "cure what it names (a value, a right, a duplicate there); the next plan has the line anew",
                "`onroll runs errors RUN --out FILE` saves all of them for whoever has to cure them",
            ],
            example: "An e-mail whose domain the destination does not know.",
            not_this: "no answer at all: that may have been written",
        },
        LineCode::NoAnswer => Explained {
            words: code.words(),
            what: "The request left, and no usable answer came: it may have been written or not. A line that failed for it was \
                   sent again and read back: nothing of it was written.",
            why: "Sending it again blindly could make a second account.",
            remedies: &[
                "nothing: the run looks it up, or the next one does before it writes anything",
                "`onroll runs resume TENANT` settles it now",
                "one that has failed is in the next plan anew",
            ],
            example: "The connection broke after the creation was sent.",
            not_this: "a refusal: there the destination said so",
        },
        LineCode::Moved => Explained {
            words: code.words(),
            what: "The record has changed since the plan was made, so this line was skipped.",
            why: "What was approved is not what would happen now.",
            remedies: &["plan again: the line comes back with what it would do now, or not at all"],
            example: "Somebody changed the job title there by hand between approval and write.",
            not_this: "the destination holds it already: that counts as done",
        },
        LineCode::NotConfirmed => Explained {
            words: code.words(),
            what: "The line was written, and read back the destination holds something else.",
            why: "A write that does not stay comes back in every plan.",
            remedies: &[
                "look at the person there: some destinations keep a log-in name, or change values on their own",
                "set the field to `only at creation` or `never` under Settings, write policy, where it is so",
            ],
            example: "The destination writes all names in capitals.",
            not_this: "",
        },
    }
}
