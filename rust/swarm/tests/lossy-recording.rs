//! A listener on a lossy network still writes a file of the right length without holes.

mod answerer;

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use answerer::Answerer;
use ogg::PacketReader;
use voxhall_swarm::recording::Recording;
use voxhall_swarm::{FRAME_SAMPLES, Packet, Publisher, Subscriber};

const TIMEOUT: Duration = Duration::from_secs(5);
const FRAMES: usize = 100;
const PRE_SKIP: u64 = 312;

/// A second of hum, one packet in ten lost on its way, and when listening began.
fn lossy_packets() -> (Vec<Packet>, Instant) {
    let server = Answerer::start(10);
    let mut subscriber = Subscriber::new(false, true).unwrap();
    let offer = subscriber.offer().unwrap();
    subscriber.answer(&server.answer(offer)).unwrap();
    let mut publisher = Publisher::new(false, 0, true).unwrap();
    let offer = publisher.offer().unwrap();
    publisher.answer(&server.answer(offer)).unwrap();
    assert!(subscriber.wait_connected(TIMEOUT) && publisher.wait_connected(TIMEOUT));

    let started = Instant::now();
    let hum = |n: usize| (1..=5).map(|h| (n as f64 * 0.0157 * f64::from(h)).sin()).sum::<f64>() * 3000.0;
    let samples: Vec<i16> = (0..FRAMES * FRAME_SAMPLES).map(|n| hum(n) as i16).collect();
    publisher.push(&samples).unwrap();
    let packets = subscriber.receive(TIMEOUT);
    assert!(subscriber.lost() > 5);
    (packets, started)
}

fn written(name: &str, open: fn(&std::path::Path) -> Result<Recording, voxhall_swarm::ClientError>) -> PathBuf {
    let path = std::env::temp_dir().join(format!("voxhall-{}-{name}", std::process::id()));
    let (packets, started) = lossy_packets();
    let mut recording = open(&path).unwrap();
    for packet in &packets {
        let at = packet.arrival.duration_since(started);
        recording.add(packet, at).unwrap();
    }
    recording.finish(Duration::from_secs(3)).unwrap();
    path
}

#[test]
fn lost_packets_are_recovered_in_a_wav_file() {
    let path = written("lossy.wav", Recording::wav);
    let data = fs::read(&path).unwrap();
    fs::remove_file(path).unwrap();
    let samples: Vec<i16> = data[44..]
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    assert_eq!(samples.len(), 3 * 48_000);

    let loud: Vec<bool> = samples
        .chunks(FRAME_SAMPLES)
        .map(|frame| frame.iter().any(|sample| sample.abs() > 1000))
        .collect();
    let (first, last) = (
        loud.iter().position(|loud| *loud).unwrap(),
        loud.iter().rposition(|loud| *loud).unwrap(),
    );
    assert!((90..=102).contains(&(last - first)), "{first} to {last}");
    assert!(loud[first..=last].iter().all(|loud| *loud), "a hole in the hum");
}

#[test]
fn lost_packets_keep_their_place_in_an_ogg_file() {
    let path = written("lossy.ogg", Recording::ogg);
    let mut reader = PacketReader::new(File::open(&path).unwrap());
    let mut packets = Vec::new();
    while let Some(packet) = reader.read_packet().unwrap() {
        packets.push(packet);
    }
    fs::remove_file(path).unwrap();

    assert_eq!(&packets[0].data[..8], b"OpusHead");
    assert_eq!(&packets[1].data[..8], b"OpusTags");
    // The lone byte that stands for a frame that never came.
    assert!(packets.iter().filter(|packet| packet.data.len() == 1).count() > 5);
    let last = packets.last().unwrap();
    assert!(last.last_in_stream());
    assert_eq!(last.absgp_page(), 3 * 48_000 + PRE_SKIP);
    let samples = (packets.len() as u64 - 2) * FRAME_SAMPLES as u64;
    assert!((last.absgp_page()..last.absgp_page() + 2 * FRAME_SAMPLES as u64).contains(&samples));
}
