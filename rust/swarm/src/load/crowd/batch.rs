//! Datagrams that are read together: one call to the kernel for all that wait at a socket.

use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, UdpSocket};

use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};

use crate::wire::{Received, Wire};

/// Datagrams of one call: what comes for a listener in a third of a second.
const DATAGRAMS: usize = 16;
/// An Ethernet frame and room to spare; nothing larger is sent to a listener.
const DATAGRAM_BYTES: usize = 2_048;

pub(super) struct Batch {
    state: UdpSocketState,
    buffer: Vec<u8>,
    lengths: [usize; DATAGRAMS],
    count: usize,
}

/// What is known of the path after a read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// More may be waiting.
    Full,
    /// It is read empty.
    Empty,
    /// It is gone.
    Closed,
}

impl Batch {
    pub(super) fn new() -> io::Result<Self> {
        // The state says how this system reads, not from where: one is enough for every socket, and making it takes several calls.
        let any = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(Self {
            state: UdpSocketState::new(UdpSockRef::from(&any))?,
            buffer: vec![0; DATAGRAMS * DATAGRAM_BYTES],
            lengths: [0; DATAGRAMS],
            count: 0,
        })
    }

    /// Reads what waits at `wire`, in place of what was read before.
    pub(super) fn fill(&mut self, wire: &mut Wire) -> Path {
        self.count = 0;
        match wire {
            Wire::Udp { socket, .. } => {
                let mut slots = self.buffer.chunks_mut(DATAGRAM_BYTES).map(IoSliceMut::new);
                let mut slots: [_; DATAGRAMS] =
                    std::array::from_fn(|_| slots.next().unwrap_or(IoSliceMut::new(&mut [])));
                let mut metas = [RecvMeta::default(); DATAGRAMS];
                // Nothing there, or the echo of something that was sent into the void; the socket itself is well.
                self.count = self
                    .state
                    .recv(UdpSockRef::from(&*socket), &mut slots, &mut metas)
                    .unwrap_or(0);
                for (length, meta) in self.lengths.iter_mut().zip(&metas).take(self.count) {
                    *length = meta.len;
                }
            }
            Wire::Tcp { .. } => {
                wire.flush();
                for (slot, length) in self.buffer.chunks_mut(DATAGRAM_BYTES).zip(&mut self.lengths) {
                    match wire.receive(slot) {
                        Received::Datagram(taken, _) => *length = taken,
                        Received::Empty => break,
                        Received::Closed => return Path::Closed,
                    }
                    self.count += 1;
                }
            }
        }
        if self.count == DATAGRAMS {
            Path::Full
        } else {
            Path::Empty
        }
    }

    pub(super) fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        let slots = self.buffer.chunks(DATAGRAM_BYTES).zip(&self.lengths);
        slots.take(self.count).map(|(slot, length)| &slot[..*length])
    }
}
