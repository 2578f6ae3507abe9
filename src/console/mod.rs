//! The terminal console: screens, keys, theme, terminal life cycle, and the loop that drives them.
