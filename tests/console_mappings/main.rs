//! The screens Mappings, People and Person: pictures of the story of SCREENS, and behaviour over a real store.

mod desk;
mod mappings;
mod people;
mod person;
mod story;
mod workspace;
