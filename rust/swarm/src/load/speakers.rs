//! The stage of a load run: each speaker says the same few encoded seconds over and over, all paced by one thread.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::http::{Server, Session};
use crate::engine::Engine;
use crate::error::ClientError;
use crate::publisher::Publisher;
use crate::remote::Preference;
use crate::voice::{FRAME_DURATION, FRAME_SAMPLES, SAMPLE_RATE_HZ, VoiceEncoder, VoicePacket};

/// Length of what is repeated.
const LOOP_FRAMES: usize = 200;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// libopus' own: in silence one packet in 400 ms.
const DTX_FRAMES: usize = 20;

/// What is said over and over, frame by frame; None where nothing is sent.
type Line = Vec<Option<VoicePacket>>;

pub(super) struct Speakers {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
    sessions: Vec<Session>,
}

impl Speakers {
    /// Connects one speaker for each token and lets the first `talking` of them talk, or all.
    pub(super) fn start(
        tokens: &[String],
        talking: Option<usize>,
        server: &Server,
        engine: &Engine,
        preference: Preference,
    ) -> Result<Self, ClientError> {
        let (mut publishers, mut sessions) = (Vec::new(), Vec::new());
        for (index, token) in tokens.iter().enumerate() {
            let mut publisher = Publisher::on(engine, preference, 0)?;
            let (answer, session) = server.join("whip", &publisher.offer()?, Some(token))?;
            publisher.answer(&answer)?;
            if !publisher.wait_connected(CONNECT_TIMEOUT) {
                return Err(ClientError::Load(
                    "a speaker could not reach the server's media port".into(),
                ));
            }
            let line = if talking.is_none_or(|talking| index < talking) {
                babble(index)?
            } else {
                silence()?
            };
            publishers.push((publisher, line));
            sessions.push(session);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("voxhall-speakers".into())
            .spawn(move || talk(publishers, &flag))?;
        Ok(Self { stop, thread, sessions })
    }

    /// Ends all; how many packets they sent.
    pub(super) fn stop(self) -> u64 {
        self.stop.store(true, Relaxed);
        let sent = self.thread.join().unwrap_or_default();
        for session in &self.sessions {
            let _ = session.leave();
        }
        sent
    }
}

fn talk(mut publishers: Vec<(Publisher, Line)>, stop: &AtomicBool) -> u64 {
    let (mut due, phase) = (Instant::now(), FRAME_DURATION / publishers.len().max(1) as u32);
    let mut frame = 0;
    while !stop.load(Relaxed) {
        for (index, (publisher, line)) in publishers.iter_mut().enumerate() {
            // No two microphones have the same clock: their frames are spread over the time of one.
            thread::sleep((due + phase * index as u32).saturating_duration_since(Instant::now()));
            match &line[frame % LOOP_FRAMES] {
                // A speaker who was thrown out is silent; the counts show it.
                Some(packet) => _ = publisher.send_now(packet.clone(), frame == 0),
                None => publisher.skip(),
            }
        }
        frame += 1;
        due += FRAME_DURATION;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    publishers.iter().map(|(publisher, _)| publisher.sent()).sum()
}

/// A voice's shape without its words: a few harmonics in syllables, four a second, at another pitch for each speaker.
fn babble(speaker: usize) -> Result<Line, ClientError> {
    let mut encoder = VoiceEncoder::new()?;
    let pitch_hz = 110.0 + 35.0 * speaker as f64;
    let sample = |n: usize| {
        let t = n as f64 / f64::from(SAMPLE_RATE_HZ);
        let syllable = (TAU * 2.0 * t + speaker as f64).sin().abs();
        let tone: f64 = (1..=6)
            .map(|harmonic| (TAU * pitch_hz * f64::from(harmonic) * t).sin() / f64::from(harmonic))
            .sum();
        (tone * syllable * 6_000.0) as i16
    };
    (0..LOOP_FRAMES)
        .map(|frame| {
            let samples: Vec<i16> = (0..FRAME_SAMPLES).map(|n| sample(frame * FRAME_SAMPLES + n)).collect();
            encoder.encode(&samples).map(Some)
        })
        .collect()
}

/// Somebody who listens with an open microphone and Opus' DTX: a small packet now and then.
fn silence() -> Result<Line, ClientError> {
    let mut encoder = VoiceEncoder::new()?;
    (0..LOOP_FRAMES)
        .map(|frame| {
            let packet = encoder.encode(&[0; FRAME_SAMPLES])?;
            Ok(frame.is_multiple_of(DTX_FRAMES).then_some(packet))
        })
        .collect()
}
