use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket as Receiver};
use std::time::Duration;

use mio::net::UdpSocket;

use super::{BATCH, Batch};

#[cfg(target_os = "linux")]
#[path = "full-tests.rs"]
mod full;

fn pair(ip: &str) -> Option<(UdpSocket, Receiver)> {
    let wildcard = if ip.contains(':') { "[::]:0" } else { "0.0.0.0:0" };
    let sender = UdpSocket::bind(wildcard.parse().expect("address")).ok()?;
    let receiver = Receiver::bind(SocketAddr::new(ip.parse().expect("ip"), 0)).ok()?;
    let patience = Some(Duration::from_secs(5));
    receiver.set_read_timeout(patience).expect("a timeout");
    Some((sender, receiver))
}

fn next(receiver: &Receiver) -> (Vec<u8>, IpAddr) {
    let mut buffer = [0; 2_000];
    let (length, from) = receiver.recv_from(&mut buffer).expect("a datagram");
    (buffer[..length].to_vec(), from.ip())
}

/// Because the socket was full, and because the kernel refused them.
fn dropped(batch: &mut Batch) -> (u64, u64) {
    let sent = batch.take_sent();
    (sent.full, sent.refused)
}

#[test]
fn more_than_a_batch_arrives_whole_in_order_and_from_the_address_that_was_named() {
    // The whole of 127/8 is this machine's, so that an address can be chosen that the system would not choose by itself.
    let chosen = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
    let (sender, receiver) = pair("127.0.0.1").expect("IPv4");
    let to = receiver.local_addr().expect("address");
    let mut batch = Batch::new();
    let count = BATCH + 6;
    for number in 0..count {
        let from = (number % 2 == 0).then_some(chosen);
        batch.copy(&sender, from, to, &vec![number as u8; number + 1]);
    }
    batch.send(&sender);
    for number in 0..count {
        let (bytes, from) = next(&receiver);
        assert_eq!(bytes, vec![number as u8; number + 1]);
        assert_eq!(from == chosen, number % 2 == 0, "{from}");
    }
    assert_eq!(dropped(&mut batch), (0, 0));
}

#[test]
fn what_is_nothing_after_all_is_not_sent_as_an_empty_datagram() {
    let (sender, receiver) = pair("127.0.0.1").expect("IPv4");
    let to = receiver.local_addr().expect("address");
    let mut batch = Batch::new();
    batch.add(&sender, None, to, |_| 0);
    batch.copy(&sender, None, to, b"next");
    batch.send(&sender);
    assert_eq!(next(&receiver).0, b"next");
    assert_eq!(dropped(&mut batch), (0, 0));
}

#[test]
fn ipv6_goes_the_same_way() {
    // A machine without IPv6 has nothing to show here.
    let Some((sender, receiver)) = pair("::1") else { return };
    let to = receiver.local_addr().expect("address");
    let mut batch = Batch::new();
    batch.copy(&sender, Some("::1".parse().expect("ip")), to, b"six");
    batch.send(&sender);
    assert_eq!(next(&receiver), (b"six".to_vec(), "::1".parse().expect("ip")));
}

#[test]
fn one_that_the_kernel_refuses_or_that_is_too_large_is_counted_and_holds_up_nobody() {
    let (sender, receiver) = pair("127.0.0.1").expect("IPv4");
    let to = receiver.local_addr().expect("address");
    let mut batch = Batch::new();
    let not_ours = Some("192.0.2.77".parse().expect("ip"));
    batch.copy(&sender, None, to, b"first");
    batch.copy(&sender, not_ours, to, b"from an address that this machine has not");
    batch.copy(&sender, None, to, &[0; 5_000]);
    batch.copy(&sender, None, to, b"last");
    batch.send(&sender);
    assert_eq!(
        (next(&receiver).0, next(&receiver).0),
        (b"first".to_vec(), b"last".to_vec())
    );
    assert_eq!(dropped(&mut batch), (0, 2));
}
