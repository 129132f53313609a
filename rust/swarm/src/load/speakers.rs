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

pub(super) struct Speakers {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
    sessions: Vec<Session>,
}

impl Speakers {
    /// Connects one speaker for each token and lets them talk.
    pub(super) fn start(
        tokens: &[String],
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
            publishers.push((publisher, babble(index)?));
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

fn talk(mut publishers: Vec<(Publisher, Vec<VoicePacket>)>, stop: &AtomicBool) -> u64 {
    let mut due = Instant::now();
    let mut frame = 0;
    while !stop.load(Relaxed) {
        for (publisher, packets) in &mut publishers {
            // A speaker who was thrown out is silent; the counts show it.
            let _ = publisher.send_now(packets[frame % LOOP_FRAMES].clone(), frame == 0);
        }
        frame += 1;
        due += FRAME_DURATION;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    publishers.iter().map(|(publisher, _)| publisher.sent()).sum()
}

/// A voice's shape without its words: a few harmonics in syllables, four a second, at another pitch for each speaker.
fn babble(speaker: usize) -> Result<Vec<VoicePacket>, ClientError> {
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
            encoder.encode(&samples)
        })
        .collect()
}
