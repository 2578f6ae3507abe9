//! The world generator. So far it makes an empty world.
use super::world::World;
impl World {
    /// A world of one company; empty so far.
    pub fn generate(_people: usize, _seed: u64, _today: jiff::civil::Date) -> Self {
        Self::default()
    }
}
