//! A stage to test on: people who really speak Opus, a mixer, a listener who really decodes, and a clock moved by hand.

// Each test file uses its part of this.
#![allow(dead_code, unused_imports, unreachable_pub)]

mod people;

use std::time::{Duration, Instant};

use opus::{Channels, Decoder};
pub use people::{Dice, Person, Sent, Sound};
use voxhall_media::audio::{FRAME_SAMPLES, MixedFrame, Mixer, Packet, SourceId, SourceStats};

/// The mixer, the packets on their way to it, and one listener.
pub struct Stage {
    pub mixer: Mixer,
    begin: Instant,
    /// Since the beginning, in microseconds.
    pub now_us: u64,
    next_tick_us: u64,
    lateness_us: Box<dyn FnMut() -> u64>,
    on_the_way: Vec<(u64, SourceId, Sent)>,
    listener: Decoder,
    /// What the listener has heard.
    pub heard: Vec<f32>,
    pub packets: usize,
    pub last: MixedFrame,
}

pub const ANA: SourceId = SourceId(1);
pub const BEN: SourceId = SourceId(2);

impl Stage {
    pub fn with(sources: &[SourceId]) -> Self {
        let begin = begin();
        let mut mixer = Mixer::new(begin).unwrap();
        for source in sources {
            mixer.add_source(*source).unwrap();
        }
        Self {
            mixer,
            begin,
            now_us: 0,
            next_tick_us: 0,
            lateness_us: Box::new(|| 0),
            on_the_way: Vec::new(),
            listener: Decoder::new(48_000, Channels::Mono).unwrap(),
            heard: Vec::new(),
            packets: 0,
            last: MixedFrame::default(),
        }
    }

    pub fn now(&self) -> Instant {
        self.begin + Duration::from_micros(self.now_us)
    }

    /// Lets a packet arrive at a time to come.
    pub fn send_at(&mut self, at_us: u64, source: SourceId, sent: Sent) {
        self.on_the_way.push((at_us, source, sent));
    }

    /// A packet that carries earlier ones (RED) arrives now.
    pub fn push_with_earlier(&mut self, source: SourceId, sent: &Sent, earlier: &[Sent]) {
        self.mixer.push(self.now(), source, sent.packet());
        for one in earlier {
            self.mixer.restore(source, one.packet(), sent.sequence - one.sequence);
        }
    }

    /// Lets time pass: packets arrive, the mixer ticks, the listener listens.
    pub fn run_until_ms(&mut self, ms: u64) {
        self.on_the_way.sort_by_key(|(at, _, _)| *at);
        let mut waiting = std::mem::take(&mut self.on_the_way).into_iter().peekable();
        loop {
            let until_us = self.next_tick_us.min(ms * 1_000);
            while let Some((at, source, sent)) = waiting.next_if(|(at, _, _)| *at <= until_us) {
                self.now_us = at;
                self.mixer.push(self.now(), source, sent.packet());
            }
            self.now_us = until_us;
            if self.next_tick_us >= ms * 1_000 {
                break;
            }
            self.tick();
        }
        self.on_the_way = waiting.collect();
    }

    /// No tick is served for a while; what people say meanwhile arrives after it.
    pub fn stand_still_ms(&mut self, ms: u64) {
        self.now_us += ms * 1_000;
        self.next_tick_us += ms * 1_000;
    }

    /// Lets each tick be served so much after its time.
    pub fn late_ticks(&mut self, lateness_us: impl FnMut() -> u64 + 'static) {
        self.lateness_us = Box::new(lateness_us);
    }

    fn tick(&mut self) {
        let late = Duration::from_micros((self.lateness_us)());
        self.last = self.mixer.tick(self.now() + late);
        self.next_tick_us += 20_000;
        let mut pcm = [0.0; FRAME_SAMPLES];
        self.packets += usize::from(self.last.payload.is_some());
        self.listener
            .decode_float(self.last.payload.as_deref().unwrap_or_default(), &mut pcm, false)
            .unwrap();
        self.heard.extend_from_slice(&pcm);
    }

    /// A person speaks from now for so long, each packet arriving `after_us` it was said plus what `late_us` adds.
    pub fn hear(
        &mut self,
        source: SourceId,
        person: &mut Person,
        ms: u64,
        after_us: u64,
        mut late_us: impl FnMut(usize) -> Option<u64>,
    ) {
        let packet_us = person.packet_samples as u64 * 1_000 / 48;
        for i in 0..ms * 1_000 / packet_us {
            let sent = person.speak();
            if let Some(late) = late_us(i as usize) {
                self.send_at(self.now_us + i * packet_us + after_us + late, source, sent);
            }
        }
    }

    /// The part of what was heard between two times.
    pub fn heard_ms(&self, from: usize, to: usize) -> &[f32] {
        &self.heard[from * 48..to * 48]
    }

    pub fn stats(&self, source: SourceId) -> SourceStats {
        self.mixer.stats(source).unwrap()
    }
}

/// The time all simulated time begins with.
#[allow(clippy::disallowed_methods)] // The type has no other beginning; nothing depends on which it is.
pub fn begin() -> Instant {
    Instant::now()
}

/// The strength of one frequency in a sound, as an amplitude.
pub fn strength(sound: &[f32], hz: f32) -> f32 {
    let step = f64::from(hz) * std::f64::consts::TAU / 48_000.0;
    let (mut cosine, mut sine) = (0.0, 0.0);
    for (i, sample) in sound.iter().enumerate() {
        cosine += f64::from(*sample) * (step * i as f64).cos();
        sine += f64::from(*sample) * (step * i as f64).sin();
    }
    (2.0 * cosine.hypot(sine) / sound.len() as f64) as f32
}

pub fn decibels(ratio: f32) -> f32 {
    20.0 * ratio.max(1e-9).log10()
}
