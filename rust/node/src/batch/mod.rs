//! Datagrams that leave together: one call to the kernel for up to 64 of them instead of one for each.
//!
//! A call costs as much as half a packet, so that a mix for a thousand listeners is mostly this. A full socket drops what is
//! left of the batch: sound that waits is sound too late.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
use linux::Kernel;
#[cfg(not(target_os = "linux"))]
use portable::Kernel;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mio::net::UdpSocket;

/// Datagrams of one call. More saved nothing where it was measured; fewer pay for the call more often.
pub const BATCH: usize = 64;
/// The largest datagram: an Ethernet frame, and some room so that the slots do not fall onto the same cache lines.
const SLOT_BYTES: usize = 1_600;
const _: () = assert!(SLOT_BYTES >= voxhall_media::SLOT_BYTES);

/// A datagram in its slot.
#[derive(Debug, Clone, Copy)]
struct Letter {
    /// The address it leaves from; None leaves that to the system.
    from: Option<IpAddr>,
    to: SocketAddr,
    length: usize,
}

/// What became of batches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// How long the kernel took for them.
    pub in_kernel: Duration,
    /// Dropped because the socket was full.
    pub full: u64,
    /// Dropped because the kernel refused them, or because they were larger than any datagram of ours may be.
    pub refused: u64,
}

impl std::ops::AddAssign for Sent {
    fn add_assign(&mut self, other: Self) {
        self.in_kernel += other.in_kernel;
        self.full += other.full;
        self.refused += other.refused;
    }
}

/// What the kernel said to a call.
enum Outcome {
    /// It took the first so many, one at least.
    Took(usize),
    /// It takes no more now.
    Full,
    /// It refuses the first one for itself: no route, no such source address.
    Refused,
}

/// That, and how long it took to say.
struct Answer {
    outcome: Outcome,
    took: Duration,
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

/// A batch that is filled and sent, again and again.
pub struct Batch {
    bytes: Vec<u8>,
    letters: Vec<Letter>,
    kernel: Kernel,
    sent: Sent,
}

impl Batch {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: vec![0; SLOT_BYTES * BATCH],
            letters: Vec::with_capacity(BATCH),
            kernel: Kernel::new(),
            sent: Sent::default(),
        }
    }

    /// Adds a datagram that `write` puts into the slot it is given; what it returns is the length, 0 where there is none after
    /// all. A full batch leaves first.
    pub fn add(
        &mut self,
        socket: &UdpSocket,
        from: Option<IpAddr>,
        to: SocketAddr,
        write: impl FnOnce(&mut [u8]) -> usize,
    ) {
        if self.letters.len() == BATCH {
            self.send(socket);
        }
        let start = self.letters.len() * SLOT_BYTES;
        let length = write(&mut self.bytes[start..start + SLOT_BYTES]);
        if length > 0 {
            self.letters.push(Letter { from, to, length });
        }
    }

    /// Adds a copy of `contents`.
    pub fn copy(&mut self, socket: &UdpSocket, from: Option<IpAddr>, to: SocketAddr, contents: &[u8]) {
        if contents.len() > SLOT_BYTES {
            self.sent.refused += 1;
            return;
        }
        self.add(socket, from, to, |slot| {
            slot[..contents.len()].copy_from_slice(contents);
            contents.len()
        });
    }

    /// Sends what is in it.
    pub fn send(&mut self, socket: &UdpSocket) {
        let mut next = 0;
        while next < self.letters.len() {
            let rest = self.letters.len() - next;
            let bytes = &mut self.bytes[next * SLOT_BYTES..];
            let answer = self.kernel.send(socket, bytes, &self.letters[next..]);
            self.sent.in_kernel += answer.took;
            match answer.outcome {
                Outcome::Took(count) => next += count.clamp(1, rest),
                Outcome::Full => {
                    self.sent.full += rest as u64;
                    break;
                }
                Outcome::Refused => {
                    self.sent.refused += 1;
                    next += 1;
                }
            }
        }
        self.letters.clear();
    }

    /// How long the kernel took since [`Self::take_sent`] was asked.
    pub(crate) fn in_kernel(&self) -> Duration {
        self.sent.in_kernel
    }

    /// What became of the batches since the last time this was asked.
    pub fn take_sent(&mut self) -> Sent {
        std::mem::take(&mut self.sent)
    }
}

#[cfg(test)]
mod tests;
