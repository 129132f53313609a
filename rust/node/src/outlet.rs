//! The way out over UDP of one thread: batches of its own, through sockets that all threads share.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mio::net::UdpSocket;
use voxhall_media::Outbox;

use crate::batch::{Batch, Sent};
use crate::udp::UdpPort;

pub(crate) struct Outlet {
    /// IPv4's, and IPv6's where the machine has it.
    ways: Vec<(UdpSocket, Batch)>,
    /// The machine's addresses: a datagram leaves from the one that its receiver asked, as long as that is ours.
    own: Arc<[IpAddr]>,
}

impl Outlet {
    pub(crate) fn open(ports: &[UdpPort], own: Arc<[IpAddr]>) -> io::Result<Self> {
        let way = |port: &UdpPort| Ok((port.share()?, Batch::new()));
        let ways = ports.iter().map(way).collect::<io::Result<_>>()?;
        Ok(Self { ways, own })
    }

    pub(crate) fn own(&self) -> &Arc<[IpAddr]> {
        &self.own
    }

    pub(crate) fn set_own(&mut self, own: Arc<[IpAddr]>) {
        self.own = own;
    }

    fn source(&self, from: SocketAddr) -> Option<IpAddr> {
        self.own.contains(&from.ip()).then(|| from.ip())
    }

    /// Sends one datagram with those that leave next.
    pub(crate) fn send(&mut self, from: SocketAddr, to: SocketAddr, contents: &[u8]) {
        let from = self.source(from);
        if let Some((socket, batch)) = self.ways.get_mut(usize::from(to.is_ipv6())) {
            batch.copy(socket, from, to, contents);
        }
    }

    /// Lets everything leave that was sent; what was dropped on the way since the last time.
    pub(crate) fn flush(&mut self) -> Sent {
        let mut dropped = Sent::default();
        for (socket, batch) in &mut self.ways {
            batch.send(socket);
            dropped += batch.take_sent();
        }
        dropped
    }
}

/// What the core makes in place leaves with the rest.
impl Outbox for Outlet {
    fn put(&mut self, from: SocketAddr, to: SocketAddr, write: &mut dyn FnMut(&mut [u8]) -> usize) {
        let from = self.source(from);
        if let Some((socket, batch)) = self.ways.get_mut(usize::from(to.is_ipv6())) {
            batch.add(socket, from, to, write);
        }
    }
}
