//! One voice on its way to the server, in real time.

use std::time::{Duration, Instant};

use flume::{Receiver, bounded};

use crate::client::{Client, Lines};
use crate::engine::Engine;
use crate::error::ClientError;
use crate::peer::Outgoing;
use crate::progress::{Packet, State};
use crate::remote::Preference;
use crate::subscriber::{QUEUE_PACKETS, take};
use crate::voice::{FRAME_DURATION, FRAME_SAMPLES, VoiceEncoder, VoicePacket};

/// A source this late has stalled: the missed time becomes a gap instead of a burst of old sound.
const STALLED: Duration = Duration::from_millis(200);

/// Sends one line of sound, and may receive others over the same connection as a speaker's page does.
pub struct Publisher {
    client: Client,
    packets: Receiver<Packet>,
    encoder: VoiceEncoder,
    partial: Vec<i16>,
    timestamp: u32,
    due: Option<Instant>,
}

impl Publisher {
    /// A publisher on its own thread. `tcp`: reach the server by ICE-TCP only. `receive_lines`: how many other speakers it can hear at once.
    /// `red`: packets may carry earlier ones while some are lost.
    pub fn new(tcp: bool, receive_lines: u8, red: bool) -> Result<Self, ClientError> {
        let preference = Preference {
            tcp,
            address: None,
            is_watchful: true,
        };
        let lines = Lines {
            send: true,
            receive: receive_lines,
            red,
        };
        Self::with(&Engine::start()?, preference, lines)
    }

    pub(crate) fn on(engine: &Engine, preference: Preference, receive_lines: u8) -> Result<Self, ClientError> {
        let lines = Lines {
            send: true,
            receive: receive_lines,
            red: false,
        };
        Self::with(engine, preference, lines)
    }

    fn with(engine: &Engine, preference: Preference, lines: Lines) -> Result<Self, ClientError> {
        let (sender, packets) = bounded(QUEUE_PACKETS);
        Ok(Self {
            client: Client::new(engine, lines, preference, Some(sender)),
            packets,
            encoder: VoiceEncoder::new()?,
            partial: Vec::with_capacity(FRAME_SAMPLES),
            timestamp: 0,
            due: None,
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

    /// Packets sent so far.
    pub fn sent(&self) -> u64 {
        self.client.progress.sent.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Of those, how many carried earlier ones.
    pub fn protected(&self) -> u64 {
        self.client
            .progress
            .protected
            .load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Sends mono samples at 48 kHz, at the pace they are to be heard: returns when the last whole frame has been sent.
    /// A rest shorter than a frame waits for the next call.
    pub fn push(&mut self, mut samples: &[i16]) -> Result<(), ClientError> {
        while !samples.is_empty() {
            let (head, rest) = samples.split_at(samples.len().min(FRAME_SAMPLES - self.partial.len()));
            self.partial.extend_from_slice(head);
            samples = rest;
            if self.partial.len() == FRAME_SAMPLES {
                let packet = self.encoder.encode(&self.partial)?;
                self.partial.clear();
                self.send_paced(packet)?;
            }
        }
        Ok(())
    }

    /// Fills the rest of the last frame with silence and sends it.
    pub fn flush(&mut self) -> Result<(), ClientError> {
        match self.partial.len() {
            0 => Ok(()),
            length => self.push(&vec![0; FRAME_SAMPLES - length]),
        }
    }

    fn send_paced(&mut self, packet: VoicePacket) -> Result<(), ClientError> {
        let now = Instant::now();
        let mut marker = self.due.is_none();
        let mut due = self.due.unwrap_or(now);
        let late = now.saturating_duration_since(due);
        if late > STALLED {
            let missed = (late.as_millis() / FRAME_DURATION.as_millis()) as u32;
            self.timestamp = self.timestamp.wrapping_add(missed * FRAME_SAMPLES as u32);
            due += FRAME_DURATION * missed;
            marker = true;
        }
        // Ends early when the connection closes.
        self.client
            .progress
            .wait_while(State::Connected, due.saturating_duration_since(now));
        self.due = Some(due + FRAME_DURATION);
        self.send_now(packet, marker)
    }

    /// Sends a packet at once, whatever its payload; the pace is the caller's. `marker`: it is the first after a silence.
    pub fn send_now(&mut self, packet: VoicePacket, marker: bool) -> Result<(), ClientError> {
        let VoicePacket { payload, level_dbov } = packet;
        self.client.send(Outgoing {
            payload,
            timestamp: self.timestamp,
            level_dbov,
            marker,
        })?;
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        Ok(())
    }

    /// A frame passes in which nothing is sent.
    pub(crate) fn skip(&mut self) {
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
    }

    /// What came on the receiving lines: waits for the first packet, then takes all there are.
    pub fn receive(&self, timeout: Duration) -> Vec<Packet> {
        take(&self.packets, timeout)
    }

    /// Says goodbye on the media path; the session itself is ended by the caller's DELETE.
    pub fn close(&mut self) {
        self.client.close();
    }
}
