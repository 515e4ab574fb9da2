//! Fills the block: whole files while there is room, then one that is cut, then superseded lines.

use super::order::Considered;
use super::part::Part;
use super::{CurrentFile, Recall, Recalled};
use crate::limits::MAX_LEFT_OUT;

/// A file that is looked at for the block.
struct Candidate<'t> {
    considered: Considered,
    /// What holds.
    holds: Option<Part<'t>>,
    /// What does no longer.
    held: Option<Part<'t>>,
}

/// The block as it is filled.
pub(super) struct Block<'t> {
    order: &'t [Considered],
    candidates: Vec<Candidate<'t>>,
    /// The bytes that are free.
    room: usize,
}

impl<'t> Block<'t> {
    /// Gives each file its share, in this order.
    pub(super) fn fill(files: &'t [CurrentFile<'t>], order: &'t [Considered], max_bytes: usize) -> Self {
        let mut block = Self { order, candidates: Vec::new(), room: max_bytes };
        block.take(files, max_bytes / 2);
        block.grow();
        block.take_superseded();
        block
    }

    /// Takes files until one is cut because the block is full; before that one is cut, and only one, where it takes more
    /// than `most` bytes.
    fn take(&mut self, files: &'t [CurrentFile<'t>], mut most: usize) {
        for considered in self.order.iter().filter(|one| !one.idle_log) {
            let file = &files[considered.file];
            let Some(text) = file.text.filter(|_| Part::least(file) <= self.room) else { continue };
            let (mut holds, held) = Part::of(file, text, considered.best_line);
            let (room, share) = (self.room, self.room.min(most));
            let cut = holds.as_mut().is_some_and(|part| {
                self.room -= part.take(share);
                part.is_taken() && !part.is_whole()
            });
            self.candidates.push(Candidate { considered: *considered, holds, held });
            if cut && share == room {
                return;
            }
            if cut {
                most = usize::MAX;
            }
        }
    }

    /// Gives the room that nobody wanted to those that were cut to their share, in order.
    fn grow(&mut self) {
        let parts = self.candidates.iter_mut().filter_map(|candidate| candidate.holds.as_mut());
        for part in parts.filter(|part| !part.is_whole()) {
            let room = self.room + part.needs();
            self.room = room - part.take(room);
        }
    }

    /// Adds superseded lines of the files whose other lines are all there.
    fn take_superseded(&mut self) {
        for candidate in &mut self.candidates {
            let whole = candidate.holds.as_ref().is_none_or(Part::is_whole);
            let Some(part) = candidate.held.as_mut().filter(|_| whole) else { continue };
            self.room -= part.take(self.room);
        }
    }

    /// The block's text, and what has become of each file.
    pub(super) fn finish(self) -> Recall {
        let mut content = String::new();
        let holds = self.candidates.iter().filter_map(|candidate| candidate.holds.as_ref());
        let held = self.candidates.iter().filter_map(|candidate| candidate.held.as_ref());
        holds.chain(held).for_each(|part| part.write(&mut content));
        let is_taken = |part: &Option<Part<'t>>| part.as_ref().is_some_and(Part::is_taken);
        let (first, rest): (Vec<_>, Vec<_>) = self.candidates.iter().partition(|one| is_taken(&one.holds));
        let taken: Vec<&Candidate<'t>> =
            first.into_iter().chain(rest.into_iter().filter(|one| is_taken(&one.held))).collect();
        let files: Vec<Recalled> = taken.into_iter().map(Candidate::recalled).collect();
        let mut is_in = vec![false; self.order.len()];
        files.iter().for_each(|one| is_in[one.file] = true);
        let out = self.order.iter().filter(|one| !is_in[one.file]).take(MAX_LEFT_OUT);
        let left_out = out.map(|one| Recalled { file: one.file, ground: one.ground, taken_bytes: 0 }).collect();
        Recall { content, files, left_out }
    }
}

impl Candidate<'_> {
    fn recalled(&self) -> Recalled {
        let taken_bytes = [&self.holds, &self.held].into_iter().flatten().map(Part::taken_bytes).sum();
        Recalled { file: self.considered.file, ground: self.considered.ground, taken_bytes }
    }
}
