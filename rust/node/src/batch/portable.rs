//! One call for each datagram, where the system has no call for many.

use std::io::ErrorKind;
use std::time::Instant;

use mio::net::UdpSocket;

use super::{Answer, Letter, Outcome, SLOT_BYTES};

pub(super) struct Kernel;

impl Kernel {
    pub(super) fn new() -> Self {
        Self
    }

    pub(super) fn send(&mut self, socket: &UdpSocket, bytes: &mut [u8], letters: &[Letter]) -> Answer {
        let began = Instant::now();
        let outcome = one_by_one(socket, bytes, letters);
        Answer {
            outcome,
            took: began.elapsed(),
        }
    }
}

fn one_by_one(socket: &UdpSocket, bytes: &[u8], letters: &[Letter]) -> Outcome {
    let mut taken = 0;
    for (letter, slot) in letters.iter().zip(bytes.chunks(SLOT_BYTES)) {
        match socket.send_to(&slot[..letter.length], letter.to) {
            Ok(_) => taken += 1,
            Err(_) if taken > 0 => break,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Outcome::Full,
            Err(_) => return Outcome::Refused,
        }
    }
    Outcome::Took(taken)
}
