//! A panic in the handler of one peer, as the clients behind `voxhall speak` and `voxhall listen` see it: whoever it was is told at
//! once and is back, and nobody else misses a packet. In simulated time, to the millisecond: rust/media/tests/vanishing.rs.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use voxhall_node::{Command, Node, Settings};
use voxhall_swarm::{Packet, Publisher, State, Subscriber};

const CONNECT: Duration = Duration::from_secs(10);
/// From the panic to the first sound over the next connection.
const BACK: Duration = Duration::from_secs(3);
/// Nothing else is due in this time; a machine that is busy needs some of it.
const AT_ONCE: Duration = Duration::from_secs(1);

struct House {
    node: Node,
    folder: std::path::PathBuf,
}

impl House {
    fn open() -> Self {
        let folder = std::env::temp_dir().join(format!("voxhall-panic-{}", std::process::id()));
        let settings = Settings {
            port: 0,
            advertised: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            max_peers: 10,
            frame_class: None,
            data: folder.clone(),
        };
        let node = Node::start(&settings).expect("a node");
        Self { node, folder }
    }

    fn call(&self, name: &str, args: &Value) -> Value {
        let call = Command::read(name, &args.to_string()).expect("a call");
        self.node.call(call).expect("done")
    }

    fn publisher(&self, peer: &str, participant: &str, csrc: u32) -> Publisher {
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

    fn listener(&self, peer: &str) -> Subscriber {
        let mut listener = Subscriber::new(false, true).expect("a listener");
        let sdp = listener.offer().expect("an offer");
        let args = json!({"space": "sp_1", "peer": peer, "participant": peer, "sdp": sdp});
        let answer = self.call("open_listener", &args);
        listener
            .answer(answer["sdp"].as_str().expect("an answer"))
            .expect("taken");
        assert!(listener.wait_connected(CONNECT));
        listener
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn say(publisher: &mut Publisher, hertz: f32, goes_on: &AtomicBool) {
    let tone: Vec<i16> = (0..960)
        .map(|i| ((i as f32 * hertz * std::f32::consts::TAU / 48_000.0).sin() * 8_000.0) as i16)
        .collect();
    while goes_on.load(Ordering::Relaxed) && publisher.push(&tone).is_ok() {}
}

fn hear_until(listener: &Subscriber, within: Duration, wanted: impl Fn(&Packet) -> bool) -> Vec<Packet> {
    let end = Instant::now() + within;
    let mut heard = Vec::new();
    while Instant::now() < end && !heard.iter().any(&wanted) {
        heard.extend(listener.receive(Duration::from_millis(50)));
    }
    assert!(heard.iter().any(&wanted), "not heard within {within:?}");
    heard
}

#[test]
fn whoever_it_hits_is_back_within_three_seconds_and_nobody_else_misses_a_packet() {
    let house = House::open();
    let goes_on = Arc::new(AtomicBool::new(true));
    let mut steady = house.publisher("steady", "pa_ana", 1);
    let speaks = Arc::clone(&goes_on);
    let speaking = std::thread::spawn(move || say(&mut steady, 300.0, &speaks));
    let bystander = house.listener("bystander");
    let mut heard = hear_until(&bystander, CONNECT, |packet| packet.csrcs == [1]);

    let broken = house.listener("broken");
    hear_until(&broken, CONNECT, |packet| packet.csrcs == [1]);
    let at = Instant::now();
    house.call("break_peer", &json!({"peer": "broken"}));
    while broken.state() == State::Connected {
        assert!(at.elapsed() < AT_ONCE, "it is not told");
        heard.extend(bystander.receive(Duration::from_millis(5)));
    }
    let back = house.listener("back");
    hear_until(&back, CONNECT, |packet| packet.csrcs == [1]);
    assert!(at.elapsed() < BACK, "{:?}", at.elapsed());

    let mut speaker = house.publisher("speaker", "pa_ben", 2);
    let speaks = Arc::clone(&goes_on);
    let said = std::thread::spawn(move || say(&mut speaker, 500.0, &speaks));
    heard.extend(hear_until(&bystander, CONNECT, |packet| packet.csrcs.contains(&2)));
    let at = Instant::now();
    house.call("break_peer", &json!({"peer": "speaker"}));
    // Its client is told, or this would go on for ever.
    said.join().expect("told");
    assert!(at.elapsed() < AT_ONCE, "{:?}", at.elapsed());
    heard.extend(hear_until(&bystander, CONNECT, |packet| packet.csrcs == [1]));
    let mut speaker = house.publisher("speaker again", "pa_ben", 2);
    let speaks = Arc::clone(&goes_on);
    let said = std::thread::spawn(move || say(&mut speaker, 500.0, &speaks));
    heard.extend(hear_until(&bystander, CONNECT, |packet| packet.csrcs.contains(&2)));
    assert!(at.elapsed() < BACK, "{:?}", at.elapsed());

    goes_on.store(false, Ordering::Relaxed);
    said.join().expect("ended");
    speaking.join().expect("ended");
    assert_eq!(house.call("stats", &json!({}))["panics"], 2);
    assert_eq!(bystander.state(), State::Connected);
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
        // The sound itself goes on without a gap: 20 ms a packet. When they come is up to a busy machine.
        assert_eq!(pair[1].timestamp, pair[0].timestamp + 960);
    }
}
