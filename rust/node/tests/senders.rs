//! Several threads send through the one port: whoever listens over IPv4, IPv6 or TCP is served by the one that is free.

mod house;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use house::{CONNECT, House, hear_until, say};
use serde_json::json;
use voxhall_swarm::{Packet, Subscriber};

const THREADS: usize = 3;
/// So many have asked and never come: rows between the listeners', who are in shares of their own, and enough for others to be woken.
const OTHERS: usize = 100;
/// In which a second's sound comes on a busy machine.
const WITHIN: Duration = Duration::from_secs(20);

struct Scene {
    house: House,
    goes_on: Arc<AtomicBool>,
    speaking: JoinHandle<()>,
    listeners: Vec<Subscriber>,
}

impl Scene {
    /// Someone speaks at a node that is reached at `address`; three listen, the last one over TCP.
    fn begin(address: &str) -> Self {
        let address: IpAddr = address.parse().expect("an address");
        let house = House::set_up(|settings| {
            settings.max_peers = 1_000;
            settings.advertised = vec![address];
            settings.send_threads = Some(THREADS);
        });
        let goes_on = Arc::new(AtomicBool::new(true));
        let mut speaker = house.publisher("speaker", "pa_ana", 1);
        let speaks = Arc::clone(&goes_on);
        let speaking = std::thread::spawn(move || say(&mut speaker, 300.0, &speaks));
        let listeners = (0..3).map(|number| listen(&house, number)).collect();
        Self {
            house,
            goes_on,
            speaking,
            listeners,
        }
    }

    fn end(self) {
        self.goes_on.store(false, Ordering::Relaxed);
        self.speaking.join().expect("ended");
    }
}

fn listen(house: &House, number: usize) -> Subscriber {
    let mut listener = Subscriber::new(number == 2, true).expect("a listener");
    let offer = listener.offer().expect("an offer");
    for other in 0..OTHERS {
        house.answer_to(&format!("other-{number}-{other}"), &offer);
    }
    listener
        .answer(&house.answer_to(&format!("listener-{number}"), &offer))
        .expect("taken");
    assert!(listener.wait_connected(CONNECT));
    listener
}

/// The next second of it: every packet, in order. Frames that a busy machine had no time for are no packets.
fn hear_a_second(listener: &Subscriber) -> Vec<Packet> {
    let mut heard = hear_until(listener, WITHIN, |packet| packet.csrcs == [1]);
    let end = heard.last().expect("packets").timestamp + 48_000;
    heard.extend(hear_until(listener, WITHIN, |packet| packet.timestamp >= end));
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
    }
    heard
}

#[test]
fn everybody_hears_all_of_it_over_ipv4_ipv6_and_tcp() {
    for address in ["127.0.0.1", "::1"] {
        let scene = Scene::begin(address);
        let heard: Vec<Vec<Packet>> = scene.listeners.iter().map(hear_a_second).collect();
        let [first, others @ ..] = &heard[..] else {
            panic!("three listen")
        };
        for other in others {
            let same = first.iter().filter(|packet| {
                let at_that_time = other.iter().find(|its| its.timestamp == packet.timestamp);
                at_that_time.is_some_and(|its| its.payload == packet.payload)
            });
            assert!(same.count() > 25, "{address}: they hear the same");
        }
        let stats = scene.house.call("stats", &json!({}));
        assert_eq!(
            (&stats["panics"], &stats["unsent_refused"]),
            (&json!(0), &json!(0)),
            "{address}"
        );
        for effort in ["making_ns", "sending_ns"] {
            let ns = stats[effort].as_u64().expect("a number");
            assert!(ns > 0, "{effort}, {address}");
        }
        scene.end();
    }
}
