//! A whole node without its sockets, with one listener whose address was proved: what it is sent from there, and from elsewhere.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use str0m::net::Protocol;
use voxhall_media::addresses::Addresses;
use voxhall_media::routers::{OpenSession, Routers};
use voxhall_media::{Datagram, fuzzing};

use super::datagrams;

const OFFER: &str = include_str!("listener.sdp");
const NODE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 8_401);
const LISTENER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)), 5_000);
const STRANGER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 66)), 5_000);

/// The first byte of each datagram says who sends it, and how much later.
pub(super) fn receive(bytes: &[u8]) {
    let mut now = Instant::now();
    let Some(mut node) = node_with_a_listener(now) else {
        return;
    };
    for datagram in datagrams(bytes) {
        let [head, contents @ ..] = datagram.as_slice() else {
            continue;
        };
        let source = if head & 1 == 0 { LISTENER } else { STRANGER };
        now += Duration::from_millis(u64::from(head >> 1) * 10);
        node.tick(now, 1);
        hand_in(&mut node, now, source, contents);
        let mut answered = 0;
        while let Some(transmit) = node.poll_transmit() {
            answered += usize::from(transmit.destination == STRANGER);
        }
        assert_eq!(answered, 0, "a stranger is answered");
    }
    let report = node.report();
    assert_eq!(report.stats.panics, 0);
}

fn node_with_a_listener(now: Instant) -> Option<Routers> {
    let addresses = Addresses::new(vec![NODE]);
    let mut node = Routers::new(now, addresses, 4).ok()?;
    let request = OpenSession {
        space: "sp_1".into(),
        peer: "peer-1".into(),
        participant: "pa_1".into(),
        sdp: OFFER.into(),
    };
    let answer = node.open_listener(now, request).ok()?.sdp;
    let value = |name: &str| answer.lines().find_map(|line| line.strip_prefix(name));
    let name = format!("{}:theirs", value("a=ice-ufrag:")?);
    let check = fuzzing::signed_check(&name, value("a=ice-pwd:")?);
    hand_in(&mut node, now, LISTENER, &check);
    node.poll_transmit()?;
    Some(node)
}

fn hand_in(node: &mut Routers, now: Instant, source: SocketAddr, contents: &[u8]) {
    node.receive(
        now,
        Datagram {
            protocol: Protocol::Udp,
            source,
            destination: NODE,
            contents,
        },
    );
    // What the node gives away to be worked on is done here.
    while let Some(work) = node.poll_work() {
        node.worked(now, work.run());
    }
}
