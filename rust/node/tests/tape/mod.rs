//! A node with a disk to break, a speaker who never stops, and a listener who notices everything.
#![allow(unreachable_pub, reason = "one test binary is all there is to reach it")]

pub mod disk;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use disk::ForgetfulDisk;
use serde_json::{Value, json};
use voxhall_media::error::MediaError;
use voxhall_node::{Command, Node, Settings};
use voxhall_swarm::{Publisher, Subscriber};

const CONNECT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(5);

/// See the module. One space, `sp_1`.
pub struct Stage {
    pub node: Node,
    pub disk: ForgetfulDisk,
    listener: Subscriber,
    speaks: Arc<AtomicBool>,
    speaker: Option<JoinHandle<()>>,
}

impl Stage {
    pub fn new() -> Self {
        let disk = ForgetfulDisk::default();
        let settings = Settings {
            port: 0,
            advertised: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            max_peers: 10,
            frame_class: None,
            send_threads: None,
            data: PathBuf::from("/data"),
            memory: None,
        };
        let node = Node::start_on(&settings, disk.clone()).expect("a node");
        let mut publisher = Publisher::new(false, 0, true).expect("a publisher");
        let mut listener = Subscriber::new(false, true).expect("a listener");
        let open = |call: &str, peer: &str, sdp: String| {
            let mut args = json!({"space": "sp_1", "peer": peer, "participant": peer, "sdp": sdp});
            if call == "open_publisher" {
                args["csrc"] = json!(7);
                args["publish"] = json!(true);
            }
            let answer = node
                .call(Command::read(call, &args.to_string()).expect("a call"))
                .expect("opened");
            answer["sdp"].as_str().expect("an answer").to_owned()
        };
        let answer = open("open_publisher", "pa_ana", publisher.offer().expect("an offer"));
        publisher.answer(&answer).expect("answered");
        let answer = open("open_listener", "pa_cleo", listener.offer().expect("an offer"));
        listener.answer(&answer).expect("answered");
        assert!(publisher.wait_connected(CONNECT) && listener.wait_connected(CONNECT));
        let speaks = Arc::new(AtomicBool::new(true));
        let goes_on = Arc::clone(&speaks);
        let speaker = std::thread::spawn(move || {
            let tone: Vec<i16> = (0..960).map(|i| ((i as f32 * 0.0785).sin() * 8_000.0) as i16).collect();
            while goes_on.load(Ordering::Relaxed) && publisher.push(&tone).is_ok() {}
        });
        let mut stage = Self {
            node,
            disk,
            listener,
            speaks,
            speaker: Some(speaker),
        };
        stage.hear(Duration::from_millis(500));
        stage
    }

    pub fn record(&self, mode: &str) -> Result<Value, MediaError> {
        let args = json!({"space": "sp_1", "mode": mode}).to_string();
        self.node.call(Command::read("record", &args)?)
    }

    /// Tape time as a report has it.
    pub fn at_ms(&self) -> u64 {
        let report = self
            .node
            .call(Command::read("report", "{}").expect("a call"))
            .expect("a report");
        report["spaces"][0]["recording"]["at_ms"].as_u64().expect("recorded")
    }

    /// Listens for a while: nothing may be missing, and sound has to come all the time. On a busy machine it comes late.
    pub fn hear(&mut self, duration: Duration) {
        let end = Instant::now() + duration;
        let wanted = duration.as_millis() as u32 / 20;
        let (mut last, mut packets): (Option<u64>, u32) = (None, 0);
        while Instant::now() < end || (packets * 10 < wanted * 8 && Instant::now() < end + PATIENCE) {
            for packet in self.listener.receive(Duration::from_millis(50)) {
                assert!(
                    last.is_none_or(|last| packet.sequence == last + 1),
                    "a packet is missing"
                );
                last = Some(packet.sequence);
                packets += 1;
            }
        }
        assert!(packets * 10 >= wanted * 8, "{packets} packets of {wanted}");
    }

    /// Listens until the node says this; the event's data.
    pub fn hear_until(&mut self, event: &str, within: Duration) -> Value {
        let end = Instant::now() + within;
        while Instant::now() < end {
            if let Some(told) = self.next_event(event) {
                return told;
            }
            self.hear(Duration::from_millis(100));
        }
        panic!("no {event} within {within:?}");
    }

    /// Whether the node has said this since anybody last looked.
    pub fn was_told(&self, event: &str) -> bool {
        self.next_event(event).is_some()
    }

    fn next_event(&self, wanted: &str) -> Option<Value> {
        while let Some(event) = self.node.next_event().expect("runs") {
            let event = serde_json::to_value(event).expect("JSON");
            if event["event"] == wanted {
                return Some(event["data"].clone());
            }
        }
        None
    }

    /// The stage log's lines of one kind, as they are on the disk now.
    pub fn lines(&self, kind: &str) -> Vec<Value> {
        lines(&self.disk.files()["stage.jsonl"], kind)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.speaks.store(false, Ordering::Relaxed);
        let _ = self.speaker.take().map(JoinHandle::join);
    }
}

/// The whole lines of one kind in a stage log; what is no line is passed over.
pub fn lines(log: &[u8], kind: &str) -> Vec<Value> {
    let lines = log
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| line.ends_with(b"\n"));
    let lines = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    lines.filter(|line| line["kind"] == kind).collect()
}
