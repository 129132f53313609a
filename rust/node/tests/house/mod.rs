//! A node with real sockets, and people in it who really speak and listen.

#![allow(dead_code, reason = "each file of tests uses a part of it")]

pub(crate) mod scene;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use voxhall_node::{Command, Node, Settings};
use voxhall_swarm::{Packet, Publisher, Subscriber};

pub(crate) const CONNECT: Duration = Duration::from_secs(10);

pub(crate) struct House {
    node: Node,
    folder: std::path::PathBuf,
}

static HOUSES: AtomicU32 = AtomicU32::new(0);

impl House {
    pub(crate) fn open(max_peers: usize) -> Self {
        Self::set_up(|settings| settings.max_peers = max_peers)
    }

    /// One whose settings are changed before it opens.
    pub(crate) fn set_up(change: impl FnOnce(&mut Settings)) -> Self {
        let number = HOUSES.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("voxhall-house-{}-{number}", std::process::id()));
        let mut settings = Settings {
            port: 0,
            advertised: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            max_peers: 10,
            frame_class: None,
            send_threads: None,
            data: folder.clone(),
            memory: None,
        };
        change(&mut settings);
        // The UDP port that the system gives may be another's over TCP.
        let node = (0..10).find_map(|_| Node::start(&settings).ok()).expect("a node");
        Self { node, folder }
    }

    pub(crate) fn port(&self) -> u16 {
        self.node.port()
    }

    /// Bytes on a participant's track of the tape.
    pub(crate) fn taped(&self, participant: &str) -> u64 {
        let mut folders = vec![self.folder.clone()];
        let mut bytes = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let is_track = entry.file_name().to_string_lossy().starts_with(participant);
                match entry.metadata() {
                    Ok(found) if found.is_dir() => folders.push(entry.path()),
                    Ok(found) if is_track => bytes += found.len(),
                    _ => {}
                }
            }
        }
        bytes
    }

    pub(crate) fn call(&self, name: &str, args: &Value) -> Value {
        let call = Command::read(name, &args.to_string()).expect("a call");
        self.node.call(call).expect("done")
    }

    pub(crate) fn publisher(&self, peer: &str, participant: &str, csrc: u32) -> Publisher {
        let mut publisher = Publisher::new(false, 0, true).expect("a publisher");
        let sdp = publisher.offer().expect("an offer");
        let args = json!({"space": "sp_1", "peer": peer, "participant": participant, "sdp": sdp, "csrc": csrc, "publish": true});
        let answer = self.call("open_publisher", &args);
        publisher
            .answer(answer["sdp"].as_str().expect("an answer"))
            .expect("taken");
        assert!(publisher.wait_connected(CONNECT));
        publisher
    }

    /// The answer to a listener's offer.
    pub(crate) fn answer_to(&self, peer: &str, offer: &str) -> String {
        let args = json!({"space": "sp_1", "peer": peer, "participant": peer, "sdp": offer});
        self.call("open_listener", &args)["sdp"]
            .as_str()
            .expect("an answer")
            .to_owned()
    }

    pub(crate) fn listener(&self, peer: &str) -> Subscriber {
        let mut listener = Subscriber::new(false, true).expect("a listener");
        let offer = listener.offer().expect("an offer");
        listener.answer(&self.answer_to(peer, &offer)).expect("taken");
        assert!(listener.wait_connected(CONNECT));
        listener
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn say(publisher: &mut Publisher, hertz: f32, goes_on: &AtomicBool) {
    let tone: Vec<i16> = (0..960)
        .map(|i| ((i as f32 * hertz * std::f32::consts::TAU / 48_000.0).sin() * 8_000.0) as i16)
        .collect();
    while goes_on.load(Ordering::Relaxed) && publisher.push(&tone).is_ok() {}
}

pub(crate) fn hear_until(listener: &Subscriber, within: Duration, wanted: impl Fn(&Packet) -> bool) -> Vec<Packet> {
    let end = Instant::now() + within;
    let mut heard = Vec::new();
    while Instant::now() < end && !heard.iter().any(&wanted) {
        heard.extend(listener.receive(Duration::from_millis(50)));
    }
    assert!(heard.iter().any(&wanted), "not heard within {within:?}");
    heard
}

/// No packet is missing between these. When they come, and how many frames a node leaves out that is given no processor, is up to a busy machine.
pub(crate) fn assert_whole(heard: &[Packet]) {
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
        let passed = pair[1].timestamp - pair[0].timestamp;
        assert!(passed > 0 && passed.is_multiple_of(960), "{passed}");
    }
}
