//! What strangers send to the port, and what guests do who mean harm: nobody else notices, and nothing is answered beyond what was asked.
//! Byte for byte, in simulated time: rust/media/tests/hostile.rs; with bytes that nobody thought of: rust/fuzz.

mod house;

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use house::scene::{Chance, Scene, figures, given, join_and_hear, p99, resident_kb};
use house::{CONNECT, House};
use serde_json::json;
use voxhall_media::fuzzing::signed_check;
use voxhall_swarm::{State, VoicePacket};

fn stranger(house: &House) -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    socket.connect((Ipv4Addr::LOCALHOST, house.port())).expect("connected");
    socket.set_nonblocking(true).expect("set");
    socket
}

fn was_answered(socket: &UdpSocket) -> bool {
    socket.recv(&mut [0; 2_048]).is_ok()
}

/// The first flight of a client (RFC 6347 §4.2.2), cut where the caller wants.
fn client_hello(sequence: u8, offset: usize, piece: &[u8], whole: usize) -> Vec<u8> {
    let mut message = vec![1];
    message.extend_from_slice(&(whole as u32).to_be_bytes()[1..]);
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(&(offset as u32).to_be_bytes()[1..]);
    message.extend_from_slice(&(piece.len() as u32).to_be_bytes()[1..]);
    message.extend_from_slice(piece);
    let mut record = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, sequence];
    record.extend_from_slice(&(message.len() as u16).to_be_bytes());
    record.extend_from_slice(&message);
    record
}

/// Of version 1.2, with no protection at all among its suites.
fn hello_body() -> Vec<u8> {
    let mut body = vec![254, 253];
    body.extend_from_slice(&[7; 32]);
    body.extend_from_slice(&[0, 0, 0, 2, 0, 0, 1, 0]);
    body
}

/// What the others are to be compared with: a machine that is busy for others leaves frames out as well.
#[test]
fn where_nobody_means_harm_nothing_is_missed() {
    let mut scene = Scene::begin(10);
    let packets = given("VOXHALL_QUIET_PACKETS", 50);
    while scene.heard.len() < packets {
        scene.heard.extend(scene.bystander.receive(Duration::from_millis(100)));
    }
    let (_, noticed) = scene.end();
    figures("nobody", &json!({"a_listener": noticed}));
}

#[test]
fn floods_of_forged_packets_reach_nobody_are_answered_by_nothing_and_hold_no_memory() {
    let mut scene = Scene::begin(10);
    let ssrc = 1_u32.to_be_bytes();
    let sockets: Vec<UdpSocket> = (0..4).map(|_| stranger(&scene.house)).collect();
    let (mut chance, before) = (Chance(1), resident_kb());
    let mut bytes = [0; 160];
    let (count, began) = (given("VOXHALL_FLOOD_PACKETS", 60_000), Instant::now());
    for round in 0..count {
        chance.fill(&mut bytes);
        let length = 1 + chance.next() as usize % bytes.len();
        match round % 4 {
            // RTP and RTCP with a source that speaks, STUN with the magic cookie, DTLS of the epoch that has keys.
            0 => bytes[..2].copy_from_slice(&[0x90, 111]),
            1 => bytes[..2].copy_from_slice(&[0x81, 201]),
            2 => bytes[..8].copy_from_slice(&[0, 1, 0, 140, 0x21, 0x12, 0xa4, 0x42]),
            _ => bytes[..5].copy_from_slice(&[23, 254, 253, 0, 1]),
        }
        bytes[8..12].copy_from_slice(&ssrc);
        let socket = &sockets[round % sockets.len()];
        // What does not fit into the port's buffer is lost there, as on any network.
        let _ = socket.send(&bytes[..length]);
        if round % 64 == 0 {
            scene.listen();
        }
    }
    assert!(!sockets.iter().any(was_answered), "a stranger is answered");
    let (took, grown) = (began.elapsed(), resident_kb().saturating_sub(before));
    assert!(grown < 32 * 1_024, "{grown} kB");
    let (stats, noticed) = scene.end();
    let dropped = |name: &str| stats[name].as_u64().unwrap_or(0);
    let read = dropped("dropped_unknown_address") + dropped("dropped_unknown_stun");
    figures(
        "forged",
        &json!({"sent": count, "read_and_dropped": read, "answered": 0, "seconds": took.as_secs_f32(), "grown_kb": grown, "a_listener": noticed}),
    );
    assert!(
        dropped("dropped_unknown_address") > 0 && dropped("dropped_unknown_stun") > 0,
        "{stats}"
    );
}

#[test]
fn a_race_of_client_hellos_from_elsewhere_keeps_nobody_out() {
    let count = given("VOXHALL_RACE_JOINS", 40);
    let scene = Scene::begin(count + 10);
    let body = hello_body();
    let hello = client_hello(0, 0, &body, body.len());
    let racing = Arc::new(AtomicBool::new(true));
    let (house, goes_on) = (Arc::clone(&scene.house), Arc::clone(&racing));
    let race = thread::spawn(move || {
        let sockets: Vec<UdpSocket> = (0..16).map(|_| stranger(&house)).collect();
        let (began, mut sent) = (Instant::now(), 0_u32);
        // A quiet machine has joined them all within a tenth of a second.
        while goes_on.load(Ordering::Relaxed) || sent < 2_000 {
            let _ = sockets[sent as usize % sockets.len()].send(&hello);
            sent += 1;
            // Ten thousand a second, before, during and after each handshake.
            let due = began + Duration::from_micros(100) * sent;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        (sent, sockets.iter().any(was_answered))
    });
    let (joined, took_ms) = join_and_hear(&scene.house, count, "racing");
    racing.store(false, Ordering::Relaxed);
    let (hellos, is_answered) = race.join().expect("raced");
    assert!(!is_answered, "a stranger is answered");
    assert!(joined.iter().all(|listener| listener.state() == State::Connected));
    let (_, noticed) = scene.end();
    figures(
        "race",
        &json!({"hellos": hellos, "joined": joined.len(), "join_p99_ms": p99(took_ms), "a_listener": noticed}),
    );
}

/// A browser's, in the lines that count.
const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
    a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
    a=setup:actpass\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n\
    a=rtpmap:111 opus/48000/2\r\na=recvonly\r\na=mid:0\r\na=rtcp-mux\r\n";

/// A guest with a session of its own, whose address is proved by this check, and who then says what it likes.
struct Guest {
    socket: UdpSocket,
    check: Vec<u8>,
}

fn guest(house: &House, answer: &str) -> Guest {
    let value = |name: &str| answer.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
    let check = signed_check(&format!("{}:abcd", value("a=ice-ufrag:")), value("a=ice-pwd:"));
    let socket = stranger(house);
    socket.set_nonblocking(false).expect("set");
    socket.set_read_timeout(Some(CONNECT)).expect("set");
    socket.send(&check).expect("sent");
    socket.recv(&mut [0; 2_048]).expect("the check is answered");
    socket.set_nonblocking(true).expect("set");
    Guest { socket, check }
}

/// Pieces of hellos that are never whole, as many as a datagram holds: nothing at an offset, some over each other, one that is said to be of
/// sixteen megabytes, and messages whose turn it is not.
fn broken_hellos(body: &[u8], sequence: u8) -> Vec<u8> {
    let far = 900 + usize::from(sequence) * 4;
    let mut datagram = client_hello(sequence, 10, &[], body.len());
    datagram.extend(client_hello(sequence, 5, &body[5..30], body.len()));
    datagram.extend(client_hello(sequence, 0, &body[..20], body.len()));
    datagram.extend(client_hello(sequence, far, &[9; 900], 0xff_ffff));
    for number in 1..5 {
        let mut later = client_hello(sequence, 0, &[7; 40], 400);
        later[18] = number;
        datagram.extend(later);
    }
    datagram
}

/// Who joins meanwhile.
const REAL_ONES: usize = 10;
/// What a handshake may hold that is left half done, and what this test's own sockets and packets may.
const HELD_KB: u64 = 64;
const OWN_KB: u64 = 1_024;

/// Has each of them say what is of no use, again and again, while they go on checking.
fn leave_half_done(scene: &mut Scene, guests: &[Guest]) {
    let body = hello_body();
    let rounds = (9_000 / guests.len()).clamp(2, 60) as u8;
    for sequence in 0..rounds {
        for (number, Guest { socket, check }) in guests.iter().enumerate() {
            let _ = socket.send(check);
            let _ = socket.send(&broken_hellos(&body, sequence));
            // Five thousand a second, of eight records each: as fast as it goes would be a test of who gets the processor.
            thread::sleep(Duration::from_micros(200));
            if number % 64 == 0 {
                scene.listen();
            }
        }
    }
}

#[test]
fn handshakes_that_are_begun_and_left_hold_little_and_keep_nobody_waiting() {
    let count = given("VOXHALL_HALF_OPEN", 150);
    let mut scene = Scene::begin(count + 30);
    let before = resident_kb();
    let mut guests: Vec<Guest> = Vec::new();
    for number in 0..count {
        let answer = scene.house.answer_to(&format!("half-{number}"), OFFER);
        guests.push(guest(&scene.house, &answer));
        if number % 32 == 0 {
            scene.listen();
        }
        // Who does not check is gone before the last has come.
        if number % 2_000 == 1_999 {
            guests.iter().for_each(|guest| drop(guest.socket.send(&guest.check)));
        }
    }
    leave_half_done(&mut scene, &guests);
    let held = resident_kb().saturating_sub(before);
    let there = listeners(&scene) - 1;
    assert!(held < HELD_KB * there + OWN_KB, "{held} kB for {there}");
    let (joined, took_ms) = join_and_hear(&scene.house, REAL_ONES, "a real one");
    let slowest = p99(took_ms);
    assert!(slowest < 4_000, "{slowest} ms");
    drop(joined);
    let gone_s = (count > 1_000).then(|| seconds_until_gone(&mut scene));
    let (_, noticed) = scene.end();
    figures(
        "half_open",
        &json!({"handshakes": count, "at_once": there, "kb_each": held as f64 / there as f64, "gone_after_s": gone_s, "join_p99_ms": slowest, "a_listener": noticed}),
    );
}

/// Speakers' handshakes; a stage has room for so many.
const SPEAKERS: usize = 40;
const ON_STAGE: usize = 8;

#[test]
fn handshakes_of_speakers_that_are_begun_and_left_hold_as_little() {
    let mut scene = Scene::begin(SPEAKERS + 10);
    let offer = OFFER.replace("a=recvonly", "a=sendonly");
    let open = |number: usize| {
        let (space, name) = (format!("sp_half_{}", number / ON_STAGE), format!("half-{number}"));
        let args =
            json!({"space": space, "peer": name, "participant": name, "sdp": offer, "csrc": number, "publish": true});
        let answer = scene.house.call("open_publisher", &args);
        guest(&scene.house, answer["sdp"].as_str().expect("an answer"))
    };
    let guests: Vec<Guest> = (0..SPEAKERS).map(open).collect();
    // A stage with its mix is not what is weighed here.
    let before = resident_kb();
    leave_half_done(&mut scene, &guests);
    let held = resident_kb().saturating_sub(before);
    assert!(held < HELD_KB * SPEAKERS as u64 + OWN_KB, "{held} kB for {SPEAKERS}");
    let (_, noticed) = scene.end();
    figures(
        "half_open_speakers",
        &json!({"handshakes": SPEAKERS, "kb_each": held as f64 / SPEAKERS as f64, "a_listener": noticed}),
    );
}

fn listeners(scene: &Scene) -> u64 {
    scene.house.call("stats", &json!({}))["now"]["listeners"]
        .as_u64()
        .expect("a number")
}

/// How long until none of them is left. Of the real ones some are kept for longer, whose good-bye was lost.
fn seconds_until_gone(scene: &mut Scene) -> f32 {
    let since = Instant::now();
    while listeners(scene) > 1 + REAL_ONES as u64 {
        assert!(since.elapsed() < Duration::from_secs(30), "they are still there");
        scene.heard.extend(scene.bystander.receive(Duration::from_millis(100)));
    }
    since.elapsed().as_secs_f32()
}

/// What a speaker may say that is no honest Opus: bytes of chance, and packets of 120 ms (RFC 6716 §3.2.5: six frames of 20) as often as others
/// send 20.
fn nonsense(chance: &mut Chance, is_long: bool) -> Vec<u8> {
    let mut payload = vec![0; 1 + chance.next() as usize % 400];
    chance.fill(&mut payload);
    if is_long {
        payload.resize(2 + 6 * 60, 0x55);
        payload[..2].copy_from_slice(&[0xff, 6]);
    }
    payload
}

#[test]
fn a_speaker_who_floods_and_says_what_is_no_opus_is_cut_down_and_nobody_else_misses_a_packet() {
    let mut scene = Scene::begin(10);
    scene.house.call("record", &json!({"space": "sp_1", "mode": "on"}));
    let mut flooder = scene.house.publisher("flooder", "pa_eve", 2);
    let (mut chance, before) = (Chance(3), resident_kb());
    let (began, mut sent) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_secs(2) {
        let packet = VoicePacket {
            payload: nonsense(&mut chance, began.elapsed() > Duration::from_secs(1)).into(),
            level_dbov: -20,
        };
        // Whoever is thrown out for it has been cut down as well.
        let _ = flooder.send_now(packet, false);
        sent += 1;
        if sent.is_multiple_of(100) {
            scene.listen();
            let due = began + Duration::from_micros(100) * sent;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
    let (seconds, grown) = (began.elapsed().as_secs(), resident_kb().saturating_sub(before));
    assert!(grown < 32 * 1_024, "{grown} kB");
    scene.house.call("record", &json!({"space": "sp_1", "mode": "off"}));
    // An honest packet of the largest of these sizes, every 20 ms.
    let honest = (seconds + 1) * 50 * 400;
    let taped = scene.house.taped("pa_eve");
    assert!(0 < taped && taped < 2 * honest, "{taped} bytes on the tape");
    let (stats, noticed) = scene.end();
    let dropped = stats["dropped_over_budget"].as_u64().unwrap_or(0);
    assert!(dropped > u64::from(sent) / 2, "{stats}");
    figures(
        "flooding_speaker",
        &json!({"sent": sent, "dropped_over_budget": dropped, "grown_kb": grown, "taped_of_honest": taped as f64 / honest as f64, "a_listener": noticed}),
    );
}
