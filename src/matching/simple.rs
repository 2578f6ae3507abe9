//! A simple explained similarity of name, birth date and e-mail: the floor under the matching engine, used for tests of
//! the planner.
