//! Identity resolution: who of the destination's users is this employee, with what weight, and why. Pure.
