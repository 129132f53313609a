//! What it costs a node to go on with ten thousand listeners: the time from its beginning to a frame for each of them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::an_entry;
use super::memory;
use crate::addresses::Addresses;
use crate::listener::{Outbox, SLOT_BYTES};
use crate::listener::{Place, Register};
use crate::routers::Routers;

const LISTENERS: u32 = 10_000;
/// Of each so many places one is taken, as after an evening at whose end most have left.
const PLACES_EACH: u32 = 3;
/// From `kill -9` to the packets there are 500 ms, in which a process begins as well. Builds that people run need a part of this.
const AT_MOST: Duration = Duration::from_millis(300);

/// Counts what is sent.
struct Counting(u64);

impl Outbox for Counting {
    fn put(&mut self, _from: SocketAddr, _to: SocketAddr, write: &mut dyn FnMut(&mut [u8]) -> usize) {
        let mut bytes = [0; SLOT_BYTES];
        self.0 += u64::from(write(&mut bytes) > 0);
    }
}

/// What this thread has had of a processor, which does not depend on what else the machine does.
fn had() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

#[test]
#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods, reason = "where the simulated time begins")]
fn ten_thousand_listeners_are_gone_on_with_in_a_part_of_the_half_second_that_there_is() {
    let mut memory = memory((PLACES_EACH * LISTENERS) as usize);
    let (register, _) = Register::open(&memory);
    for number in 0..LISTENERS {
        let (place, mut entry) = (Place(PLACES_EACH * number), an_entry());
        entry.peer = format!("peer-{number}");
        entry.participant = format!("pa_{number}");
        entry.ufrag = place.name("secret");
        let route = entry.route.as_mut().expect("a route");
        route.remote.set_port(1_024 + number as u16);
        register.write(place, &entry);
    }
    memory.uptime += Duration::from_secs(9);
    let addresses = Addresses::new(vec!["[2001:db8::1]:8401".parse().expect("address")]);
    let (now, before) = (Instant::now(), had());
    let mut node = Routers::new(now, addresses, 2 * LISTENERS as usize).expect("a node");
    let due = node.carry_on(now, &memory);
    let carried_on = had() - before;
    let mut sent = Counting(0);
    node.tick(due, 1);
    node.deliver(usize::MAX, |shares| {
        shares.into_iter().map(|share| share.deliver(&mut sent)).collect()
    });
    let took = had() - before;
    println!("{LISTENERS} listeners: {carried_on:?} to go on with them, {took:?} to the last of the first packets");
    assert_eq!(
        (node.counters().listeners_carried_on, sent.0),
        (LISTENERS.into(), LISTENERS.into())
    );
    assert!(took < AT_MOST, "{took:?}");
}
