//! Publisher and listener against a real server end: real sockets, real ICE, real DTLS, in real time.

mod answerer;

use std::thread;
use std::time::{Duration, Instant};

use answerer::{Answerer, CSRC};
use voxhall_swarm::{FRAME_SAMPLES, Packet, Publisher, State, Subscriber};

const TIMEOUT: Duration = Duration::from_secs(5);

fn tone(frames: usize) -> Vec<i16> {
    (0..frames * FRAME_SAMPLES)
        .map(|n| ((n as f64 * 0.0576).sin() * 8000.0) as i16)
        .collect()
}

fn connected_publisher(server: &Answerer, tcp: bool, receive_lines: u8) -> Publisher {
    let mut publisher = Publisher::new(tcp, receive_lines, true).unwrap();
    let offer = publisher.offer().unwrap();
    publisher.answer(&server.answer(offer)).unwrap();
    assert!(publisher.wait_connected(TIMEOUT));
    publisher
}

fn connected_subscriber(server: &Answerer, tcp: bool) -> Subscriber {
    let mut subscriber = Subscriber::new(tcp, true).unwrap();
    let offer = subscriber.offer().unwrap();
    subscriber.answer(&server.answer(offer)).unwrap();
    assert!(subscriber.wait_connected(TIMEOUT));
    subscriber
}

fn receive(count: usize, mut more: impl FnMut() -> Vec<Packet>) -> Vec<Packet> {
    let mut packets = Vec::new();
    while packets.len() < count {
        let batch = more();
        assert!(!batch.is_empty(), "only {} of {count} packets came", packets.len());
        packets.extend(batch);
    }
    packets
}

fn assert_hears_everything(tcp: bool) {
    let server = Answerer::start(0);
    let subscriber = connected_subscriber(&server, tcp);
    let mut publisher = connected_publisher(&server, tcp, 0);
    publisher.push(&tone(25)).unwrap();

    let packets = receive(25, || subscriber.receive(TIMEOUT));
    assert_eq!(packets.len(), 25);
    assert!(packets.iter().all(|packet| packet.csrcs == [CSRC]));
    assert!(
        packets
            .windows(2)
            .all(|pair| pair[1].timestamp - pair[0].timestamp == FRAME_SAMPLES as u64)
    );
    assert_eq!(subscriber.lost(), 0);

    let heard = server.stop();
    assert!(heard.iter().all(|packet| {
        packet
            .header
            .ext_vals
            .audio_level
            .is_some_and(|level| (-20..=-10).contains(&level))
    }));
    assert_eq!(heard.iter().filter(|packet| packet.header.marker).count(), 1);
}

#[test]
fn a_listener_hears_what_a_publisher_sends() {
    assert_hears_everything(false);
}

#[test]
fn a_network_without_udp_is_crossed_by_tcp() {
    assert_hears_everything(true);
}

#[test]
fn lost_packets_are_counted_once() {
    let server = Answerer::start(10);
    let subscriber = connected_subscriber(&server, false);
    let mut publisher = connected_publisher(&server, false, 0);
    publisher.push(&tone(45)).unwrap();

    receive(40, || subscriber.receive(TIMEOUT));
    assert_eq!(subscriber.lost(), 4);
}

#[test]
fn a_speaker_hears_another_over_its_own_connection() {
    let server = Answerer::start(0);
    let first = connected_publisher(&server, false, 2);
    let mut second = connected_publisher(&server, false, 0);
    second.push(&tone(5)).unwrap();

    let packets = receive(10, || first.receive(TIMEOUT));
    assert_eq!(packets.iter().filter(|packet| packet.line == 0).count(), 5);
    assert_eq!(packets.iter().filter(|packet| packet.line == 1).count(), 5);
}

#[test]
fn a_handshake_whose_beginning_is_lost_four_times_takes_seconds_and_not_a_quarter_of_a_minute() {
    // After 0.1, 0.3, 0.7 and 1.5 s; a wait of a second that doubles would come to fifteen.
    let server = Answerer::losing_handshakes(4);
    connected_subscriber(&server, false);
}

/// How long until a listener takes a server for dead that says nothing any more.
fn noticed_after(server: Answerer, listener: &Subscriber) -> Duration {
    server.stop();
    let died = Instant::now();
    while listener.state() == State::Connected && died.elapsed() < TIMEOUT {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(listener.state(), State::Closed);
    died.elapsed()
}

#[test]
fn that_a_server_is_dead_is_noticed_in_two_seconds_however_many_addresses_it_had() {
    let server = Answerer::with_addresses(8);
    let listener = connected_subscriber(&server, false);
    let mut publisher = connected_publisher(&server, false, 0);
    // A second of sound, in which all of them are asked and answer.
    publisher.push(&tone(50)).unwrap();
    receive(50, || listener.receive(TIMEOUT));
    let after = noticed_after(server, &listener);
    // Half as long again for a machine that does other things beside.
    assert!(after < Duration::from_secs(3), "{after:?}");
}

#[test]
fn that_a_server_has_closed_its_connections_is_noticed_at_once() {
    let server = Answerer::start(0);
    let listener = connected_subscriber(&server, true);
    let after = noticed_after(server, &listener);
    assert!(after < Duration::from_secs(1), "{after:?}");
}

#[test]
fn sound_is_refused_after_closing() {
    let server = Answerer::start(0);
    let mut publisher = connected_publisher(&server, false, 0);
    publisher.close();
    assert_eq!(publisher.state(), State::Closed);
    let refusal = publisher.push(&tone(1)).unwrap_err();
    assert_eq!(refusal.to_string(), "the connection to the server is not open");
}

#[test]
fn an_answer_that_is_no_session_description_is_refused_in_one_sentence() {
    let mut subscriber = Subscriber::new(false, true).unwrap();
    subscriber.offer().unwrap();
    let refusal = subscriber.answer("<html>").unwrap_err().to_string();
    assert!(refusal.starts_with("the server's answer cannot be used"), "{refusal}");
    assert!(!refusal.contains('\n'), "{refusal}");
}
