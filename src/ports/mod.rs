//! The traits between the engine and its adapters, and their plain request and answer types.
