//! A disk in memory, and an ear for what is on it.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of it")]

use std::collections::BTreeMap;
use std::io::Cursor;

use ogg::PacketReader;
use opus::{Channels, Decoder};
use serde_json::Value;
use voxhall_media::routers::TapeNews;
use voxhall_media::tape::{Effect, Kind, Past, Tape};

/// Any moment will do.
pub const BEGAN_MS: i64 = 1_800_000_000_000;

/// One tape and its files.
pub struct Shelf {
    pub tape: Tape,
    pub files: BTreeMap<String, Vec<u8>>,
    pub closed: Vec<String>,
    pub log: Vec<u8>,
    /// What the clock on the wall shows.
    pub wall_ms: i64,
}

impl Shelf {
    pub fn new(kind: Kind) -> Self {
        let tape = Tape::open("sp_1", kind, &Past::default(), false, BEGAN_MS);
        let mut shelf = Self {
            tape,
            files: BTreeMap::new(),
            closed: Vec::new(),
            log: Vec::new(),
            wall_ms: BEGAN_MS,
        };
        shelf.write();
        shelf
    }

    /// Takes what the routers handed out; each tick is 20 ms on the wall.
    pub fn take(&mut self, news: &mut Vec<TapeNews>) {
        for news in news.drain(..) {
            if let TapeNews::Tick(tick) = news {
                self.wall_ms += 20;
                self.tape.tick(&tick, self.wall_ms);
                self.write();
            } else {
                self.finish();
            }
        }
    }

    pub fn finish(&mut self) {
        self.tape.close();
        self.tape.finish(self.wall_ms);
        self.write();
    }

    pub fn write(&mut self) {
        for effect in self.tape.take_effects() {
            match effect {
                Effect::Create { file, bytes } => {
                    assert!(self.files.insert(file, bytes).is_none(), "every file is new");
                }
                Effect::Append { file, bytes } => self.files.get_mut(&file).expect("a file").extend(bytes),
                Effect::Close { file } => self.closed.push(file),
                Effect::Remove { file } => drop(self.files.remove(&file).expect("a file")),
                Effect::Log(lines) => self.log.extend(lines),
            }
        }
    }

    /// The log's lines of one kind.
    pub fn lines(&self, kind: &str) -> Vec<Value> {
        let text = std::str::from_utf8(&self.log).expect("text");
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.filter(|line| line["kind"] == kind).collect()
    }

    pub fn packets(&self, file: &str) -> Vec<(Vec<u8>, u64)> {
        packets(&self.files[file])
    }

    /// The samples of a file, those before its start cut off as RFC 7845 says.
    pub fn sound(&self, file: &str) -> Vec<f32> {
        sound(&self.files[file])
    }
}

/// All packets after the two headers, each with the granule position of its page.
pub fn packets(bytes: &[u8]) -> Vec<(Vec<u8>, u64)> {
    let mut reader = PacketReader::new(Cursor::new(bytes));
    let mut packets = Vec::new();
    while let Some(packet) = reader.read_packet().expect("whole pages") {
        let granule = packet.absgp_page();
        packets.push((packet.data, granule));
    }
    assert!(packets[0].0.starts_with(b"OpusHead") && packets[1].0.starts_with(b"OpusTags"));
    packets.split_off(2)
}

pub fn sound(bytes: &[u8]) -> Vec<f32> {
    let mut sound = Vec::new();
    let end = decode(bytes, |pcm| sound.extend_from_slice(pcm));
    sound.truncate(end);
    sound.drain(..sound.len().min(312));
    sound
}

/// The same, every eighth sample only, and how long it is in samples: hours of it fit into memory.
pub fn thin_sound(bytes: &[u8]) -> (Vec<f32>, usize) {
    let mut sound = Vec::new();
    let end = decode(bytes, |pcm| sound.extend(thin(pcm)));
    sound.drain(..312 / 8);
    (sound, end - 312)
}

/// Gives the sound of each packet; answers where the file ends.
fn decode(bytes: &[u8], mut each: impl FnMut(&[f32])) -> usize {
    let mut decoder = Decoder::new(48_000, Channels::Mono).expect("decoder");
    let mut pcm = vec![0.0; 5_760];
    let packets = packets(bytes);
    for (packet, _) in &packets {
        // A lone byte stands for a frame that was lost: as long as its configuration says.
        let wanted = opus::packet::get_nb_samples(packet, 48_000).expect("a length");
        let decoded = decoder.decode_float(packet, &mut pcm[..wanted], false).expect("Opus");
        assert_eq!(decoded, wanted);
        each(&pcm[..decoded]);
    }
    packets.last().map_or(0, |(_, granule)| *granule as usize)
}

/// How alike a beep and what is heard are, for each place of a sound within a range, at 6 kHz; the best place and its likeness.
pub struct Ear {
    wanted: Vec<f32>,
}

impl Ear {
    pub fn for_beep(samples: &[f32]) -> Self {
        Self { wanted: thin(samples) }
    }

    /// `sound` is thinned already, see [`thin`]; places are in milliseconds.
    pub fn find(&self, sound: &[f32], from_ms: f64, to_ms: f64) -> Option<(f64, f32)> {
        let energy: f32 = self.wanted.iter().map(|sample| sample * sample).sum();
        let (from, to) = ((from_ms * 6.0).max(0.0) as usize, (to_ms * 6.0) as usize);
        let likeness = |at: usize| {
            let there = sound.get(at..at + self.wanted.len())?;
            let product: f32 = self.wanted.iter().zip(there).map(|(a, b)| a * b).sum();
            let loud: f32 = there.iter().map(|sample| sample * sample).sum();
            Some((at as f64 / 6.0, product / (energy * loud).sqrt().max(1e-9)))
        };
        (from..to).filter_map(likeness).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// Every eighth sample, each the average of eight.
pub fn thin(samples: &[f32]) -> Vec<f32> {
    samples
        .chunks(8)
        .map(|few| few.iter().sum::<f32>() / few.len() as f32)
        .collect()
}
