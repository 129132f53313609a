//! A part of the audience on its way out: rows that whoever has it alone may touch, and what their spaces send. It goes to any thread
//! and comes back as [`Delivered`].

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::packing::Packing;
use super::place::Place;
use super::register::Register;
use super::row::{Delivery, Row};
use crate::demux::PeerKey;
use crate::peer::Route;

/// Rows of a share: as many datagrams as leave in one call to the kernel. More would leave threads waiting for the last one, fewer pay for
/// the handing over more often.
pub(super) const ROWS: usize = 64;
/// Bytes of a slot that a datagram is written into; less room gets no packet.
pub const SLOT_BYTES: usize = 1_500;

/// Where datagrams go that are made in place.
pub trait Outbox {
    /// Adds a UDP datagram from our address `from` to `to`. `write` puts it into the bytes it is given, [`SLOT_BYTES`] at least,
    /// and says how long it is; 0: there is none after all.
    fn put(&mut self, from: SocketAddr, to: SocketAddr, write: &mut dyn FnMut(&mut [u8]) -> usize);
}

/// Rows of the audience that are sent their packets by whoever holds them.
pub struct Share {
    pub(super) number: usize,
    pub(super) rows: Vec<Option<Row>>,
    pub(super) spaces: Arc<Vec<Packing>>,
    pub(super) register: Register,
}

/// A share that is done. Its rows are out of the audience until it is back there.
pub struct Delivered {
    pub(super) number: usize,
    pub(super) rows: Vec<Option<Row>>,
    /// Packets that are in the outbox, and how many of them are protected against loss.
    pub(crate) sent: u64,
    pub(crate) protected: u64,
    pub(crate) tcp: Vec<(Route, Vec<u8>)>,
    /// Whose packets could not be made: it panicked.
    pub(crate) broken: Vec<PeerKey>,
}

impl Share {
    /// Seals a packet for each of them. Never panics: what breaks is one row.
    #[must_use]
    pub fn deliver(self, outbox: &mut impl Outbox) -> Delivered {
        let Self {
            number,
            rows,
            spaces,
            register,
        } = self;
        let mut delivered = Delivered {
            number,
            rows,
            sent: 0,
            protected: 0,
            tcp: Vec::new(),
            broken: Vec::new(),
        };
        for index in 0..delivered.rows.len() {
            let Some(row) = &mut delivered.rows[index] else {
                continue;
            };
            let Some(packing) = spaces.get(row.space) else {
                continue;
            };
            let (key, place) = (row.key, Place((number * ROWS + index) as u32));
            let deliver = AssertUnwindSafe(|| row.deliver(place, packing, register, outbox));
            let delivery = catch_unwind(deliver);
            delivered.count(key, delivery.ok());
        }
        delivered
    }
}

impl Delivered {
    fn count(&mut self, key: PeerKey, delivery: Option<Delivery>) {
        match delivery {
            Some(Delivery::Sent { is_protected }) => {
                self.sent += 1;
                self.protected += u64::from(is_protected);
            }
            Some(Delivery::Tcp(route, contents)) => self.tcp.push((route, contents)),
            Some(Delivery::Nothing) => {}
            None => self.broken.push(key),
        }
    }
}
