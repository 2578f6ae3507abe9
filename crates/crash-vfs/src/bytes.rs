//! The content of a file, in pieces that copies share until one of them is written to.

use std::sync::Arc;

const PIECE: usize = 4096;

/// The content of a file.
#[derive(Clone, Default)]
pub(crate) struct Bytes {
    pieces: Vec<Arc<[u8; PIECE]>>,
    length: usize,
}

impl Bytes {
    pub fn len(&self) -> usize {
        self.length
    }

    /// Copies what stands from `offset` on; how much it is.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> usize {
        let length = to.len().min(self.length.saturating_sub(offset));
        let mut done = 0;
        while done < length {
            let (piece, within) = ((offset + done) / PIECE, (offset + done) % PIECE);
            let size = (PIECE - within).min(length - done);
            to[done..done + size].copy_from_slice(&self.pieces[piece][within..within + size]);
            done += size;
        }
        length
    }

    /// Writes there, and zeros between the end and there.
    pub fn put(&mut self, offset: usize, bytes: &[u8]) {
        if self.length < offset + bytes.len() {
            self.resize(offset + bytes.len());
        }
        let mut done = 0;
        while done < bytes.len() {
            let (piece, within) = ((offset + done) / PIECE, (offset + done) % PIECE);
            let size = (PIECE - within).min(bytes.len() - done);
            Arc::make_mut(&mut self.pieces[piece])[within..within + size].copy_from_slice(&bytes[done..done + size]);
            done += size;
        }
    }

    pub fn resize(&mut self, length: usize) {
        self.pieces.resize_with(length.div_ceil(PIECE), || Arc::new([0; PIECE]));
        if length < self.length && !length.is_multiple_of(PIECE) {
            // Zeros stand behind the end, in case it grows again.
            Arc::make_mut(&mut self.pieces[length / PIECE])[length % PIECE..].fill(0);
        }
        self.length = length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_a_plain_list_of_bytes_holds() {
        let mut random = fastrand::Rng::with_seed(3);
        let (mut bytes, mut plain) = (Bytes::default(), Vec::<u8>::new());
        let mut copies = Vec::new();
        for _ in 0..2_000 {
            if random.u8(0..10) == 0 {
                let length = random.usize(0..40_000);
                bytes.resize(length);
                plain.resize(length, 0);
            } else {
                let (offset, length) = (random.usize(0..40_000), random.usize(0..9_000));
                let written: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
                bytes.put(offset, &written);
                plain.resize(plain.len().max(offset + length), 0);
                plain[offset..offset + length].copy_from_slice(&written);
            }
            if random.u8(0..50) == 0 {
                copies.push((bytes.clone(), plain.clone()));
            }
            let (offset, mut found) = (random.usize(0..50_000), vec![7; 5_000]);
            let read = bytes.read(offset, &mut found);
            let wanted = plain.get(offset..).unwrap_or_default();
            assert_eq!(found[..read], wanted[..wanted.len().min(5_000)]);
        }
        for (bytes, plain) in copies {
            let mut found = vec![0; plain.len()];
            assert_eq!((bytes.len(), bytes.read(0, &mut found)), (plain.len(), plain.len()));
            assert_eq!(found, plain);
        }
    }
}
