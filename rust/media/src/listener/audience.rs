//! Everyone who listens by the thin path, in one flat table: what a packet for one of them needs stands side by side, and
//! nothing is looked up on the way.

use std::net::SocketAddr;

use str0m::net::Protocol;

use super::class::FrameClass;
use super::packing::{GROUPS, Packing};
use super::place::{MAX_PLACES, Place};
use super::register::Register;
use super::rtcp::SentSoFar;
use super::sender::{Mixed, Sender};
use crate::demux::PeerKey;
use crate::peer::Route;
use crate::router::Frame;

/// Bytes of a slot that a datagram is written into; less room gets no packet.
pub const SLOT_BYTES: usize = 1_500;

/// Where datagrams go that are made in place.
pub trait Outbox {
    /// Adds a UDP datagram from our address `from` to `to`. `write` puts it into the bytes it is given, [`SLOT_BYTES`] at least,
    /// and says how long it is; 0: there is none after all.
    fn put(&mut self, from: SocketAddr, to: SocketAddr, write: &mut dyn FnMut(&mut [u8]) -> usize);
}

struct Row {
    key: PeerKey,
    ufrag: Box<str>,
    space: usize,
    /// None until the handshake is done, and while the listener is away.
    sender: Option<Sender>,
    is_here: bool,
    /// Whether its packets are to be protected against loss, and whether they are.
    wants_protection: bool,
    is_protected: bool,
    #[cfg(feature = "test-hooks")]
    breaks: bool,
}

impl Row {
    fn new(key: PeerKey, space: usize) -> Self {
        Self {
            key,
            ufrag: Box::default(),
            space,
            sender: None,
            is_here: false,
            wants_protection: false,
            is_protected: false,
            #[cfg(feature = "test-hooks")]
            breaks: false,
        }
    }
}

/// The table, and what of the current frame is still to be handed out.
#[derive(Default)]
pub(crate) struct Audience {
    rows: Vec<Option<Row>>,
    free: Vec<u32>,
    /// What each space sends, by its number.
    spaces: Vec<Packing>,
    /// Whether any of them sends anything in this tick.
    has_sound: bool,
    /// The row whose turn it is.
    next: usize,
    /// What of the rows lives on without this process.
    pub(crate) register: Register,
}

/// What became of a row's packet.
pub(crate) enum Delivery {
    /// It is in the outbox.
    Sent { is_protected: bool },
    /// It goes over TCP.
    Tcp(Route, Vec<u8>),
    /// There is none.
    Nothing,
}

impl Audience {
    /// A place for `key`, which listens to the space with the number `space`. None where all are taken.
    pub(crate) fn seat(&mut self, key: PeerKey, space: usize) -> Option<Place> {
        let place = match self.free.pop() {
            Some(free) => free,
            None if self.rows.len() == MAX_PLACES => return None,
            None => {
                self.rows.push(None);
                self.rows.len() as u32 - 1
            }
        };
        self.rows[place as usize] = Some(Row::new(key, space));
        Some(Place(place))
    }

    /// Gives `key` the place that it had in another process. False where somebody else has it.
    pub(crate) fn seat_at(&mut self, place: Place, key: PeerKey, space: usize) -> bool {
        let index = place.0 as usize;
        if index >= MAX_PLACES || self.rows.get(index).is_some_and(Option::is_some) {
            return false;
        }
        while self.rows.len() <= index {
            self.free.push(self.rows.len() as u32);
            self.rows.push(None);
        }
        self.free.retain(|free| *free != place.0);
        self.rows[index] = Some(Row::new(key, space));
        true
    }

    pub(crate) fn leave(&mut self, place: Place) {
        if self.rows.get_mut(place.0 as usize).and_then(Option::take).is_some() {
            self.free.push(place.0);
            self.register.clear(place);
        }
    }

    pub(crate) fn places(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len() - self.free.len()
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

    fn row(&mut self, place: Place) -> Option<&mut Row> {
        self.rows.get_mut(place.0 as usize)?.as_mut()
    }

    /// Names whoever has the place; the name before is nobody's any more.
    pub(crate) fn set_ufrag(&mut self, place: Place, ufrag: &str) {
        if let Some(row) = self.row(place) {
            row.ufrag = ufrag.into();
        }
    }

    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<PeerKey> {
        let row = self.rows.get(Place::read(ufrag)?.0 as usize)?.as_ref()?;
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
        let rows = self.rows.iter().skip(first).step_by(every).flatten();
        rows.filter(|row| row.is_here)
            .filter_map(|row| Some((row.key, row.sender.as_ref()?.sent, row.space)))
            .filter(|(_, sent, _)| sent.packets > 0)
            .collect()
    }

    /// A new space has this number; nothing of the one before is sent to it.
    pub(crate) fn open(&mut self, space: usize) {
        if self.spaces.len() <= space {
            self.spaces.resize_with(space + 1, Packing::default);
        }
        self.spaces[space] = Packing::default();
    }

    /// Takes in what a space says in tick number `tick`, None: nothing; it is handed out by [`Audience::deliver`].
    pub(crate) fn mix(&mut self, space: usize, frame: Option<Frame>, class: FrameClass, tick: u64) {
        if let Some(packing) = self.spaces.get_mut(space) {
            packing.add(frame, class, tick);
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
        let row = self.rows.get(place.0 as usize).and_then(Option::as_ref);
        row.and_then(|row| row.sender.as_ref()).is_some_and(Sender::takes_red)
    }

    /// Begins a new frame; what the last one still had is gone.
    pub(crate) fn begin(&mut self) {
        self.next = 0;
        self.has_sound = false;
    }

    /// Whether rows wait for this frame.
    pub(crate) fn has_more(&self) -> bool {
        self.has_sound && self.next < self.rows.len()
    }

    /// Whose turn it is next.
    pub(crate) fn next_key(&self) -> Option<PeerKey> {
        Some(self.rows.get(self.next)?.as_ref()?.key)
    }

    /// Seals the frame for the next row and moves on, whatever happens.
    pub(crate) fn deliver(&mut self, outbox: &mut impl Outbox) -> Delivery {
        let index = self.next;
        self.next += 1;
        let Some(row) = self.rows.get_mut(index).and_then(Option::as_mut) else {
            return Delivery::Nothing;
        };
        let Some(packing) = self.spaces.get(row.space) else {
            return Delivery::Nothing;
        };
        let group = index % GROUPS;
        if packing.may_change(group) {
            row.is_protected = row.wants_protection;
        }
        let Some(sender) = row.sender.as_mut().filter(|_| row.is_here) else {
            return Delivery::Nothing;
        };
        #[cfg(feature = "test-hooks")]
        assert!(!row.breaks, "a test asked for this");
        let Some(route) = sender.route else {
            return Delivery::Nothing;
        };
        let mixed = match row.is_protected {
            true => packing.protected(sender.takes_red()),
            false => packing.packet(group),
        };
        let Some(plain) = mixed.map(Mixed::plain) else {
            return Delivery::Nothing;
        };
        if sender.is_spent() {
            sender.use_up(self.register, Place(index as u32));
        }
        if route.protocol != Protocol::Udp {
            let mut buffer = vec![0; SLOT_BYTES];
            let Some(length) = sender.write(&plain, &mut buffer) else {
                return Delivery::Nothing;
            };
            buffer.truncate(length);
            return Delivery::Tcp(route, buffer);
        }
        let mut is_sent = false;
        outbox.put(route.local, route.remote, &mut |buffer| {
            let length = sender.write(&plain, buffer);
            is_sent = length.is_some();
            length.unwrap_or(0)
        });
        let is_protected = row.is_protected;
        if is_sent {
            Delivery::Sent { is_protected }
        } else {
            Delivery::Nothing
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

    #[test]
    fn what_a_packet_needs_of_a_listener_is_less_than_half_a_kilobyte() {
        assert!(size_of::<Option<Row>>() <= 512);
    }
}
