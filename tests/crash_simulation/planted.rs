//! Faults that are planted into the harness, as a program without Onroll's care would have them: each must be caught.

/// A fault of everything that runs in a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// Lines that were on their way when the process died are not marked as sent: the journal would have come after the send.
    JournalAfterTheSend,
    /// Syncs do nothing.
    NoFsync,
    /// A request without an answer is sent once more at once.
    BlindResend,
    /// Whoever does not carry the identifier any more is not recognised when a lost answer is settled.
    SettleByIdentifierOnly,
}
