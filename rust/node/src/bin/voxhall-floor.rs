//! What the kernel takes for a mix, with nothing of ours around it: the floor under every figure of the benchmarks.
//!
//! `voxhall-floor LISTENERS SECONDS`: packets of a mix's size to so many sockets of this machine, 50 a second each, which another
//! thread reads; one by one in one half of the time and 64 at once in the other, by turns. Prints JSON.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use rustix::time::{ClockId, clock_gettime};
use voxhall_node::batch::Batch;

/// A mixed frame of 32 kbit/s with its header, one CSRC and a GCM tag.
const PACKET_BYTES: usize = 112;
const FRAME: Duration = Duration::from_millis(20);
/// Frames between changes from one way to the other: few, so that whatever else the machine does hits both.
const TURN_FRAMES: usize = 25;

struct Receivers {
    addresses: Vec<SocketAddr>,
    goes_on: Arc<AtomicBool>,
    received: Arc<AtomicU64>,
    thread: thread::JoinHandle<()>,
}

fn receive(count: usize) -> std::io::Result<Receivers> {
    let mut poll = Poll::new()?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut sockets = (0..count)
        .map(|_| UdpSocket::bind(any))
        .collect::<Result<Vec<_>, _>>()?;
    for (index, socket) in sockets.iter_mut().enumerate() {
        poll.registry().register(socket, Token(index), Interest::READABLE)?;
    }
    let addresses = sockets.iter().map(UdpSocket::local_addr).collect::<Result<_, _>>()?;
    let (goes_on, received) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
    let (until, count) = (Arc::clone(&goes_on), Arc::clone(&received));
    let thread = thread::spawn(move || {
        let (mut events, mut buffer) = (Events::with_capacity(1024), [0; 2048]);
        while until.load(Ordering::Relaxed) && poll.poll(&mut events, Some(FRAME)).is_ok() {
            for event in &events {
                while sockets[event.token().0].recv(&mut buffer).is_ok() {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    });
    Ok(Receivers {
        addresses,
        goes_on,
        received,
        thread,
    })
}

fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

fn main() -> std::io::Result<()> {
    let argument = |index: usize, default: usize| {
        let given = std::env::args().nth(index).and_then(|text| text.parse().ok());
        given.unwrap_or(default).clamp(1, 20_000)
    };
    let (listeners, seconds) = (argument(1, 100), argument(2, 10));
    let receivers = receive(listeners)?;
    let socket = UdpSocket::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))?;
    let (packet, mut batch) = ([0x80; PACKET_BYTES], Batch::new());
    let mut spent = [Duration::ZERO; 2];
    let mut frames = [0_usize; 2];
    let mut next = Instant::now();
    for frame in 0..seconds * 50 {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        next += FRAME;
        let way = frame / TURN_FRAMES % 2;
        let began = cpu();
        for address in &receivers.addresses {
            if way == 0 {
                // A full socket loses the packet, here as there.
                let _ = socket.send_to(&packet, *address);
            } else {
                batch.copy(&socket, None, *address, &packet);
            }
        }
        batch.send(&socket);
        spent[way] += cpu() - began;
        frames[way] += 1;
    }
    thread::sleep(FRAME * 5);
    receivers.goes_on.store(false, Ordering::Relaxed);
    let received = receivers.received.load(Ordering::Relaxed);
    let _ = receivers.thread.join();
    let us = |way: usize| spent[way].as_secs_f64() * 1e6 / (frames[way] * listeners).max(1) as f64;
    let sent = (seconds * 50 * listeners) as f64;
    println!(
        "{}",
        serde_json::json!({
            "listeners": listeners,
            "one_by_one_us": us(0),
            "batched_us": us(1),
            "batched_us_per_listener_s": us(1) * 50.0,
            "batched_over_one_by_one": us(1) / us(0),
            "lost_percent": 100.0 * (1.0 - received as f64 / sent),
        })
    );
    Ok(())
}
