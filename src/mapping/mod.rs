//! Source values to destination options: look-up, suggestions and the effect of a change. Pure.
