//! Everyone who listens by the thin path, in one table: what a packet for one of them needs stands side by side, and nothing is
//! looked up on the way.

use std::sync::Arc;

use opus::Repacketizer;

use super::class::FrameClass;
use super::packing::Packing;
use super::place::{MAX_PLACES, Place};
use super::register::Register;
use super::row::Row;
use super::rtcp::SentSoFar;
use super::sender::Sender;
use super::share::{Delivered, ROWS, Share};
use crate::demux::PeerKey;
use crate::peer::Route;
use crate::router::Frame;

/// The table, and what of the current frame is still to be handed out.
#[derive(Default)]
pub(crate) struct Audience {
    /// Cut into what one [`Share`] takes; all but the last are full.
    blocks: Vec<Vec<Option<Row>>>,
    free: Vec<u32>,
    /// What each space sends, by its number; out with the shares as well.
    spaces: Arc<Vec<Packing>>,
    repacketizer: Option<Repacketizer>,
    /// Whether any of them sends anything in this tick.
    has_sound: bool,
    /// The block whose turn it is.
    next: usize,
    /// What of the rows lives on without this process.
    pub(crate) register: Register,
}

impl Audience {
    /// A place for `key`, which listens to the space with the number `space`. None where all are taken.
    pub(crate) fn seat(&mut self, key: PeerKey, space: usize) -> Option<Place> {
        let place = match self.free.pop() {
            Some(free) => Place(free),
            None if self.places() == MAX_PLACES => return None,
            None => self.add_place(),
        };
        *self.slot(place)? = Some(Row::new(key, space));
        Some(place)
    }

    /// Gives `key` the place that it had in another process. False where somebody else has it.
    pub(crate) fn seat_at(&mut self, place: Place, key: PeerKey, space: usize) -> bool {
        let index = place.0 as usize;
        if index >= MAX_PLACES || self.row(place).is_some() {
            return false;
        }
        while self.places() <= index {
            let added = self.add_place();
            self.free.push(added.0);
        }
        self.free.retain(|free| *free != place.0);
        if let Some(slot) = self.slot(place) {
            *slot = Some(Row::new(key, space));
        }
        true
    }

    /// One more at the end, which nobody has.
    fn add_place(&mut self) -> Place {
        let place = self.places();
        match self.blocks.last_mut().filter(|block| block.len() < ROWS) {
            Some(block) => block.push(None),
            None => {
                let mut block = Vec::with_capacity(ROWS);
                block.push(None);
                self.blocks.push(block);
            }
        }
        Place(place as u32)
    }

    pub(crate) fn leave(&mut self, place: Place) {
        if self.slot(place).and_then(Option::take).is_some() {
            self.free.push(place.0);
            self.register.clear(place);
        }
    }

    pub(crate) fn places(&self) -> usize {
        let last = self.blocks.last().map_or(0, Vec::len);
        self.blocks.len().saturating_sub(1) * ROWS + last
    }

    pub(crate) fn len(&self) -> usize {
        self.places() - self.free.len()
    }

    #[cfg(feature = "test-hooks")]
    pub(crate) fn break_at(&mut self, place: Place) {
        if let Some(row) = self.row(place) {
            row.breaks = true;
        }
    }

    #[cfg(feature = "test-hooks")]
    pub(crate) fn skip_to(&mut self, place: Place, sequence: u64) {
        if let Some(sender) = self.row(place).and_then(|row| row.sender.as_mut()) {
            sender.skip_to(sequence);
        }
    }

    fn slot(&mut self, place: Place) -> Option<&mut Option<Row>> {
        let place = place.0 as usize;
        self.blocks.get_mut(place / ROWS)?.get_mut(place % ROWS)
    }

    fn row(&mut self, place: Place) -> Option<&mut Row> {
        self.slot(place)?.as_mut()
    }

    fn seen(&self, place: Place) -> Option<&Row> {
        let place = place.0 as usize;
        self.blocks.get(place / ROWS)?.get(place % ROWS)?.as_ref()
    }

    /// Names whoever has the place; the name before is nobody's any more.
    pub(crate) fn set_ufrag(&mut self, place: Place, ufrag: &str) {
        if let Some(row) = self.row(place) {
            row.ufrag = ufrag.into();
        }
    }

    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<PeerKey> {
        let row = self.seen(Place::read(ufrag)?)?;
        (*row.ufrag == *ufrag).then_some(row.key)
    }

    /// The handshake of whoever has the place is done.
    pub(crate) fn connect(&mut self, place: Place, sender: Sender) {
        if let Some(row) = self.row(place) {
            row.sender = Some(sender);
            row.is_here = true;
        }
    }

    /// Whether it is to be sent anything.
    pub(crate) fn set_here(&mut self, place: Place, is_here: bool) {
        if let Some(row) = self.row(place) {
            row.is_here = is_here;
        }
        self.register.set_away(place, !is_here);
    }

    /// It is sent nothing, although it is not away.
    pub(crate) fn hold_back(&mut self, place: Place) {
        if let Some(row) = self.row(place) {
            row.is_here = false;
        }
    }

    pub(crate) fn set_route(&mut self, place: Place, route: Option<Route>) {
        let register = self.register;
        let sender = self.row(place).and_then(|row| row.sender.as_mut());
        if let Some(sender) = sender.filter(|sender| sender.route != route) {
            sender.route = route;
            register.change(place, |entry| entry.route = route);
        }
    }

    /// Who is due a sender report, when this is asked `every` times in a period, one after the other.
    pub(crate) fn due(&self, turn: u64, every: usize) -> Vec<(PeerKey, SentSoFar, usize)> {
        let first = (turn % every as u64) as usize;
        let rows = self.blocks.iter().flatten().skip(first).step_by(every).flatten();
        rows.filter(|row| row.is_here)
            .filter_map(|row| Some((row.key, row.sender.as_ref()?.sent, row.space)))
            .filter(|(_, sent, _)| sent.packets > 0)
            .collect()
    }

    /// A new space has this number; nothing of the one before is sent to it.
    pub(crate) fn open(&mut self, space: usize) {
        let spaces = Arc::make_mut(&mut self.spaces);
        if spaces.len() <= space {
            spaces.resize_with(space + 1, Packing::default);
        }
        spaces[space] = Packing::default();
    }

    /// Takes in what a space says in tick number `tick`, None: nothing; it is handed out in shares.
    pub(crate) fn mix(&mut self, space: usize, frame: Option<Frame>, class: FrameClass, tick: u64) {
        // No share is out between two frames, so that nothing is copied.
        if let Some(packing) = Arc::make_mut(&mut self.spaces).get_mut(space) {
            packing.add(frame, class, tick, &mut self.repacketizer);
            self.has_sound |= packing.has_sound();
        }
    }

    /// Says whether a listener's packets are to be protected against loss.
    pub(crate) fn protect(&mut self, place: Place, wants_protection: bool) {
        let register = self.register;
        if let Some(row) = self.row(place).filter(|row| row.wants_protection != wants_protection) {
            row.wants_protection = wants_protection;
            register.set_protected(place, wants_protection);
        }
    }

    /// Whether a listener that loses packets is helped by RED, and needs no correction in the encoding.
    pub(crate) fn takes_red(&self, place: Place) -> bool {
        let sender = self.seen(place).and_then(|row| row.sender.as_ref());
        sender.is_some_and(Sender::takes_red)
    }

    /// Begins a new frame; what the last one still had is gone.
    pub(crate) fn begin(&mut self) {
        self.next = 0;
        self.has_sound = false;
    }

    /// Whether rows wait for this frame.
    pub(crate) fn has_more(&self) -> bool {
        self.has_sound && self.next < self.blocks.len()
    }

    /// Gives away the next rows that wait for this frame, `at_most` of them and the rest of a share. Until they are taken back they
    /// are nowhere here.
    pub(crate) fn give_away(&mut self, at_most: usize) -> Vec<Share> {
        let count = if self.has_sound { at_most.div_ceil(ROWS) } else { 0 };
        let first = self.next;
        self.next = first.saturating_add(count).min(self.blocks.len());
        let share = |number: usize| Share {
            number,
            rows: std::mem::take(&mut self.blocks[number]),
            spaces: Arc::clone(&self.spaces),
            register: self.register,
        };
        (first..self.next).map(share).collect()
    }

    pub(crate) fn take_back(&mut self, delivered: Delivered) {
        if let Some(block) = self.blocks.get_mut(delivered.number) {
            *block = delivered.rows;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_again_and_its_old_name_finds_nobody() {
        let mut audience = Audience::default();
        let first = audience.seat(PeerKey(1), 0).expect("a place");
        audience.set_ufrag(first, &first.name("one"));
        assert_eq!(audience.by_ufrag(&first.name("one")), Some(PeerKey(1)));
        audience.leave(first);
        audience.leave(first);
        let second = audience.seat(PeerKey(2), 0).expect("a place");
        audience.set_ufrag(second, &second.name("two"));
        assert_eq!(second, first);
        assert_eq!(audience.by_ufrag(&second.name("one")), None);
        assert_eq!(audience.by_ufrag(&second.name("two")), Some(PeerKey(2)));
        assert_ne!(audience.seat(PeerKey(3), 0), Some(second));
    }
}
