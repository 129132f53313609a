//! Someone who speaks and someone who listens, while others do harm; and what is measured of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use voxhall_swarm::{Packet, State, Subscriber};

use super::{CONNECT, House, hear_until, say};

/// How much of it: the bars speak of a million packets (`VOXHALL_FLOOD_PACKETS`), of two hundred who join in a race (`VOXHALL_RACE_JOINS`) and of
/// ten thousand handshakes (`VOXHALL_HALF_OPEN`, with as many files allowed), and `benchmarks/hostile.py` does all that; every day a part does.
pub(crate) fn given(name: &str, otherwise: usize) -> usize {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What `benchmarks/hostile.py` keeps.
pub(crate) fn figures(of: &str, figures: &Value) {
    println!("hostile: {}", json!({ of: figures }));
}

/// What this process holds, which is the node and its guests.
pub(crate) fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|text| text.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// The same in every run (SplitMix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.next() as u8);
    }
}

/// One at a time: what this process holds is measured, and what others hear.
static ALONE: Mutex<()> = Mutex::new(());

/// Someone speaks, someone listens; what the listener hears is looked at in the end.
pub(crate) struct Scene {
    _alone: MutexGuard<'static, ()>,
    pub(crate) house: Arc<House>,
    goes_on: Arc<AtomicBool>,
    speaking: JoinHandle<()>,
    pub(crate) bystander: Subscriber,
    pub(crate) heard: Vec<Packet>,
}

impl Scene {
    pub(crate) fn begin(max_peers: usize) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let house = Arc::new(House::open(max_peers));
        let goes_on = Arc::new(AtomicBool::new(true));
        let mut speaker = house.publisher("steady", "pa_ana", 1);
        let speaks = Arc::clone(&goes_on);
        let speaking = thread::spawn(move || say(&mut speaker, 300.0, &speaks));
        let bystander = house.listener("bystander");
        let heard = hear_until(&bystander, CONNECT, |packet| packet.csrcs == [1]);
        Self {
            _alone: alone,
            house,
            goes_on,
            speaking,
            bystander,
            heard,
        }
    }

    pub(crate) fn listen(&mut self) {
        self.heard.extend(self.bystander.receive(Duration::from_millis(1)));
    }

    /// Hears one second more and ends: the node's statistics, and what a listener noticed.
    pub(crate) fn end(mut self) -> (Value, Value) {
        let until = self.heard.last().expect("packets").timestamp + 48_000;
        let rest = hear_until(&self.bystander, CONNECT, |packet| packet.timestamp >= until);
        self.heard.extend(rest);
        self.goes_on.store(false, Ordering::Relaxed);
        assert_eq!(self.bystander.state(), State::Connected);
        self.assert_nothing_missed();
        let noticed = self.noticed();
        self.speaking.join().expect("ended");
        let stats = self.house.call("stats", &json!({}));
        assert_eq!(stats["panics"], 0);
        (stats, noticed)
    }

    /// What a listener noticed of it: how much of the sound it was to hear did not come, and how long it waited at most.
    fn noticed(&self) -> Value {
        let pairs = self.heard.windows(2);
        let waits = pairs.clone().map(|pair| pair[1].arrival - pair[0].arrival);
        let due = self
            .heard
            .last()
            .map_or(0, |last| last.timestamp - self.heard[0].timestamp)
            / 960;
        let lost: u64 = pairs.map(|pair| pair[1].sequence - pair[0].sequence - 1).sum();
        json!({
            "packets": self.heard.len(),
            "lost": lost,
            "left_out_share": 1.0 - (self.heard.len() as f64 - 1.0) / due.max(1) as f64,
            "longest_wait_ms": waits.max().unwrap_or_default().as_millis() as u64,
        })
    }

    /// Every packet came. Frames that the node had no processor for are left out of its sound, which says more of the machine than of those who
    /// flood it: how many is a figure, and here only that it goes on.
    fn assert_nothing_missed(&self) {
        let pairs = self.heard.windows(2);
        assert!(pairs.clone().all(|pair| pair[1].sequence == pair[0].sequence + 1));
        let left_out: u64 = pairs
            .map(|pair| (pair[1].timestamp - pair[0].timestamp) / 960 - 1)
            .sum();
        let made = self.heard.len() as u64;
        assert!(left_out < made, "{left_out} frames left out, {made} made");
    }
}

/// Everyone's time from the offer to the first sound, one after the other.
pub(crate) fn join_and_hear(house: &House, count: usize, name: &str) -> (Vec<Subscriber>, Vec<u128>) {
    let join = |number| {
        let asked = Instant::now();
        let listener = house.listener(&format!("{name}-{number}"));
        hear_until(&listener, CONNECT, |packet| packet.csrcs == [1]);
        (listener, asked.elapsed().as_millis())
    };
    (0..count).map(join).unzip()
}

/// By nearest rank.
pub(crate) fn p99(mut found: Vec<u128>) -> u64 {
    found.sort_unstable();
    let rank = (found.len() * 99).div_ceil(100).max(1);
    found.get(rank - 1).map_or(0, |one| *one as u64)
}
