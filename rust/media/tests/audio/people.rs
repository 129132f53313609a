//! People with voices, noises and microphones, who send real Opus packets.

use opus::{Application, Bitrate, Channels, Encoder};
use voxhall_media::audio::{FRAME_SAMPLES, Packet};

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A sound without end.
pub enum Sound {
    Silence,
    Tone { hz: f32, amplitude: f32, at: usize },
    Noise { amplitude: f32, dice: Dice },
    Speech(Box<Voice>),
}

/// Something like speech: a buzz through two resonances, in syllables of 200 ms and words of a second, with a little noise.
pub struct Voice {
    pitch_hz: f32,
    amplitude: f32,
    pauses: bool,
    at: usize,
    phase: f32,
    resonances: [[f32; 2]; 2],
    dice: Dice,
}

impl Sound {
    pub fn tone(hz: f32, amplitude: f32) -> Self {
        Self::Tone { hz, amplitude, at: 0 }
    }

    pub fn noise(amplitude: f32) -> Self {
        Self::Noise {
            amplitude,
            dice: Dice::new(5),
        }
    }

    pub fn speech(pitch_hz: f32, amplitude: f32) -> Self {
        let dice = Dice::new(pitch_hz as u64);
        Self::Speech(Box::new(Voice {
            pitch_hz,
            amplitude,
            pauses: true,
            at: 0,
            phase: 0.0,
            resonances: [[0.0; 2]; 2],
            dice,
        }))
    }

    pub fn speech_without_pauses(pitch_hz: f32, amplitude: f32) -> Self {
        let mut speech = Self::speech(pitch_hz, amplitude);
        if let Self::Speech(voice) = &mut speech {
            voice.pauses = false;
        }
        speech
    }

    pub fn samples(&mut self, count: usize) -> Vec<f32> {
        match self {
            Self::Silence => vec![0.0; count],
            Self::Tone { hz, amplitude, at } => {
                let step = std::f32::consts::TAU * *hz / 48_000.0;
                *at += count;
                // The phase is reduced first: a large f32 has no room for a fraction of a turn.
                (*at - count..*at)
                    .map(|i| *amplitude * ((i % 48_000) as f32 * step).sin())
                    .collect()
            }
            Self::Noise { amplitude, dice } => (0..count)
                .map(|_| *amplitude * (dice.share() as f32 * 2.0 - 1.0))
                .collect(),
            Self::Speech(voice) => (0..count).map(|_| voice.sample()).collect(),
        }
    }
}

impl Voice {
    fn sample(&mut self) -> f32 {
        let seconds = self.at as f32 / 48_000.0;
        self.at += 1;
        let syllable = (seconds * 5.0).fract();
        let rise = (syllable * std::f32::consts::PI).sin();
        let envelope = match self.pauses {
            true if seconds % 1.3 > 1.0 => 0.0,
            true => rise,
            false => 0.4 + 0.6 * rise,
        };
        self.phase += self.pitch_hz * (1.0 + 0.1 * (seconds * 3.0).sin()) / 48_000.0;
        let mut pulse = 0.0;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
            pulse = 1.0;
        }
        let input = pulse + 0.01 * (self.dice.share() as f32 - 0.5);
        let vowel = ((seconds * 5.0) as usize) % 3;
        let mut out = 0.0;
        for (state, hz) in self
            .resonances
            .iter_mut()
            .zip([[700.0, 1_200.0], [300.0, 2_300.0], [500.0, 900.0]][vowel])
        {
            let radius = 0.99_f32;
            let next = input + 2.0 * radius * (std::f32::consts::TAU * hz / 48_000.0).cos() * state[0]
                - radius * radius * state[1];
            *state = [next, state[0]];
            out += next * 0.03;
        }
        (out * envelope * self.amplitude).clamp(-1.0, 1.0)
    }
}

/// A packet on its way.
#[derive(Clone)]
pub struct Sent {
    pub sequence: u64,
    pub timestamp: u64,
    pub payload: Vec<u8>,
    pub level_dbov: Option<i8>,
}

impl Sent {
    pub fn packet(&self) -> Packet<'_> {
        Packet {
            sequence: self.sequence,
            timestamp: self.timestamp,
            payload: &self.payload,
            level_dbov: self.level_dbov,
        }
    }
}

/// Someone at a microphone.
pub struct Person {
    pub sound: Sound,
    encoder: Encoder,
    pub sequence: u64,
    pub timestamp: u64,
    pub packet_samples: usize,
}

impl Person {
    pub fn new(sound: Sound) -> Self {
        let mut encoder = Encoder::new(48_000, Channels::Mono, Application::Voip).unwrap();
        encoder.set_bitrate(Bitrate::Bits(32_000)).unwrap();
        encoder.set_complexity(3).unwrap();
        Self {
            sound,
            encoder,
            sequence: 1_000,
            timestamp: 50_000,
            packet_samples: FRAME_SAMPLES,
        }
    }

    /// Puts a correction for the packet before into each packet.
    pub fn correcting(mut self) -> Self {
        self.encoder.set_inband_fec(true).unwrap();
        self.encoder.set_packet_loss_perc(20).unwrap();
        self
    }

    /// Sends nothing in silence.
    pub fn pausing(mut self) -> Self {
        self.encoder.set_dtx(true).unwrap();
        self
    }

    pub fn in_packets_of_ms(mut self, ms: usize) -> Self {
        self.packet_samples = ms * 48;
        self
    }

    pub fn speak(&mut self) -> Sent {
        let pcm = self.sound.samples(self.packet_samples);
        let payload = self.encoder.encode_vec_float(&pcm, 1_275).unwrap();
        let sent = Sent {
            sequence: self.sequence,
            timestamp: self.timestamp,
            payload,
            level_dbov: None,
        };
        self.sequence += 1;
        self.timestamp += self.packet_samples as u64;
        sent
    }

    /// Time passes without a packet.
    pub fn pause(&mut self) {
        self.sound.samples(self.packet_samples);
        self.timestamp += self.packet_samples as u64;
    }
}
