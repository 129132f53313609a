//! A listener: what it receives, when, and what was lost on the way.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use flume::{Receiver, bounded};

use crate::client::{Client, Lines};
use crate::engine::Engine;
use crate::error::ClientError;
use crate::progress::{Packet, State};
use crate::remote::Preference;

/// Twenty seconds of packets: what a reader may stay away before it loses some.
pub(crate) const QUEUE_PACKETS: usize = 1000;

/// Receives one line of sound.
pub struct Subscriber {
    client: Client,
    packets: Option<Receiver<Packet>>,
}

impl Subscriber {
    /// A listener on its own thread. `tcp`: reach the server by ICE-TCP only. `red`: packets may carry earlier ones while some are lost.
    pub fn new(tcp: bool, red: bool) -> Result<Self, ClientError> {
        let (sender, packets) = bounded(QUEUE_PACKETS);
        let client = Client::new(
            &Engine::start()?,
            Lines { red, ..LINES },
            Preference {
                tcp,
                address: None,
                is_watchful: true,
            },
            Some(sender),
        );
        Ok(Self {
            client,
            packets: Some(packets),
        })
    }

    /// The session description to POST.
    pub fn offer(&mut self) -> Result<String, ClientError> {
        self.client.offer()
    }

    /// Takes the server's answer and starts to connect.
    pub fn answer(&mut self, sdp: &str) -> Result<(), ClientError> {
        self.client.answer(sdp)
    }

    /// Waits until the connection carries packets; false when it did not in time.
    pub fn wait_connected(&self, timeout: Duration) -> bool {
        self.client.progress.wait_while(State::New, timeout) == State::Connected
    }

    /// Where the connection stands.
    pub fn state(&self) -> State {
        self.client.progress.state()
    }

    /// When the connection first carried packets.
    pub fn connected_at(&self) -> Option<Instant> {
        self.client.progress.connected_at()
    }

    /// When the first packet of sound came.
    pub fn first_packet_at(&self) -> Option<Instant> {
        self.client.progress.first_packet_at()
    }

    /// Packets received so far.
    pub fn received(&self) -> u64 {
        self.client.progress.received.load(Relaxed)
    }

    /// Of those, how many carried earlier ones.
    pub fn protected(&self) -> u64 {
        self.client.progress.protected.load(Relaxed)
    }

    /// Packets the server numbered but that did not come.
    pub fn lost(&self) -> u64 {
        self.client
            .progress
            .expected
            .load(Relaxed)
            .saturating_sub(self.received())
    }

    /// Waits for the first packet, then takes all there are; empty when none came in time.
    pub fn receive(&self, timeout: Duration) -> Vec<Packet> {
        self.packets
            .as_ref()
            .map(|packets| take(packets, timeout))
            .unwrap_or_default()
    }

    /// Says goodbye on the media path; the session itself is ended by the caller's DELETE.
    pub fn close(&mut self) {
        self.client.close();
    }
}

const LINES: Lines = Lines {
    send: false,
    receive: 1,
    red: false,
};

pub(crate) fn take(packets: &Receiver<Packet>, timeout: Duration) -> Vec<Packet> {
    let Ok(first) = packets.recv_timeout(timeout) else {
        return Vec::new();
    };
    std::iter::once(first).chain(packets.try_iter()).collect()
}
