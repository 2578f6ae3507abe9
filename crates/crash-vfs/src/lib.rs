//! Disks in memory under SQLite, for tests of what survives: a VFS named [`NAME`] whose files belong to a [`Machine`].
//!
//! - **A process dies** ([`Machine::kill`], [`Machine::die_at`]): what it has written stays, as in the page cache of a system that
//!   goes on; its locks are gone, nothing of it reaches a file any more, nothing is tidied up.
//! - **The power goes** ([`Machine::power_cut`]): of what was written and not synced a random part survives, torn at sectors of
//!   512 bytes, in any order; shared memory is gone. What was synced is there.
//!
//! Reads, write-ahead logs and shared memory are as on a local disk with `SQLITE_IOCAP_POWERSAFE_OVERWRITE`, which is what SQLite's
//! own VFS assumes of one. A machine is for one thread at a time: whoever waits for a lock waits in vain.

mod bytes;
mod disk;
mod seat;
mod vfs;

pub use disk::{Image, Machine};
pub use seat::Seat;
pub use vfs::{NAME, register};
