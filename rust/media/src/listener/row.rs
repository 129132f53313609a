//! One listener, as far as its packets need it.

use str0m::net::Protocol;

use super::packing::{GROUPS, Packing};
use super::place::Place;
use super::register::Register;
use super::sender::{Mixed, Sender};
use super::share::{Outbox, SLOT_BYTES};
use crate::demux::PeerKey;
use crate::peer::Route;

pub(super) struct Row {
    pub(super) key: PeerKey,
    pub(super) ufrag: Box<str>,
    pub(super) space: usize,
    /// None until the handshake is done.
    pub(super) sender: Option<Sender>,
    pub(super) is_here: bool,
    /// Whether its packets are to be protected against loss, and whether they are.
    pub(super) wants_protection: bool,
    is_protected: bool,
    #[cfg(feature = "test-hooks")]
    pub(super) breaks: bool,
}

/// What became of a row's packet.
pub(super) enum Delivery {
    /// It is in the outbox.
    Sent { is_protected: bool },
    /// It goes over TCP.
    Tcp(Route, Vec<u8>),
    /// There is none.
    Nothing,
}

impl Row {
    pub(super) fn new(key: PeerKey, space: usize) -> Self {
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

    /// Seals what its space sends to whoever has this place.
    pub(super) fn deliver(
        &mut self,
        place: Place,
        packing: &Packing,
        register: Register,
        outbox: &mut impl Outbox,
    ) -> Delivery {
        let group = place.0 as usize % GROUPS;
        if packing.may_change(group) {
            self.is_protected = self.wants_protection;
        }
        let Some(sender) = self.sender.as_mut().filter(|_| self.is_here) else {
            return Delivery::Nothing;
        };
        #[cfg(feature = "test-hooks")]
        assert!(!self.breaks, "a test asked for this");
        let Some(route) = sender.route else {
            return Delivery::Nothing;
        };
        let mixed = match self.is_protected {
            true => packing.protected(sender.takes_red()),
            false => packing.packet(group),
        };
        let Some(plain) = mixed.map(Mixed::plain) else {
            return Delivery::Nothing;
        };
        if sender.is_spent() {
            sender.use_up(register, place);
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
        let is_protected = self.is_protected;
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
    fn what_a_packet_needs_of_a_listener_is_in_one_place_and_less_than_three_quarters_of_a_kilobyte() {
        assert!(size_of::<Option<Row>>() <= 768);
    }
}
