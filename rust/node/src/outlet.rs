//! The way out over UDP of one thread: batches of its own, through sockets that all threads share.

use std::io;
use std::mem::take;
use std::net::{IpAddr, SocketAddr};
use std::ops::AddAssign;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use voxhall_media::{Delivered, Outbox, Share};

use crate::batch::{Batch, Sent};
use crate::udp::UdpPort;

pub(crate) struct Outlet {
    /// IPv4's, and IPv6's where the machine has it.
    ways: Vec<(UdpSocket, Batch)>,
    /// The machine's addresses: a datagram leaves from the one that its receiver asked, as long as that is ours.
    own: Arc<[IpAddr]>,
    making: Duration,
}

/// What left an outlet since the last time.
#[derive(Debug, Default)]
pub(crate) struct Flushed {
    pub(crate) sent: Sent,
    /// How long the packets of shares took to be made.
    pub(crate) making: Duration,
}

impl AddAssign for Flushed {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.making += other.making;
    }
}

impl Outlet {
    pub(crate) fn open(ports: &[UdpPort], own: Arc<[IpAddr]>) -> io::Result<Self> {
        let way = |port: &UdpPort| Ok((port.share()?, Batch::new()));
        let ways = ports.iter().map(way).collect::<io::Result<_>>()?;
        Ok(Self {
            ways,
            own,
            making: Duration::ZERO,
        })
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

    /// Makes and sends the packets of a share; the last of them wait for [`Self::flush`].
    pub(crate) fn deliver(&mut self, share: Share) -> Delivered {
        let (began, before) = (Instant::now(), self.in_kernel());
        let delivered = share.deliver(self);
        self.making += began.elapsed().saturating_sub(self.in_kernel() - before);
        delivered
    }

    /// Lets everything leave that was sent.
    pub(crate) fn flush(&mut self) -> Flushed {
        let mut sent = Sent::default();
        for (socket, batch) in &mut self.ways {
            batch.send(socket);
            sent += batch.take_sent();
        }
        Flushed {
            sent,
            making: take(&mut self.making),
        }
    }

    fn in_kernel(&self) -> Duration {
        self.ways.iter().map(|(_, batch)| batch.in_kernel()).sum()
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
