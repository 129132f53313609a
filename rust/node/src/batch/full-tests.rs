//! A socket that is really full: in a network of its own, what is sent to an address where nobody answers stays in the socket's buffer.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::super::{BATCH, Batch};
use super::dropped;
use super::{next, pair};

const INSIDE: &str = "VOXHALL_TEST_IN_A_NETWORK_OF_ITS_OWN";
const NAME: &str = "batch::tests::full::a_full_socket_drops_counts_goes_on_and_holds_up_nobody";
/// The kernel asks three times, a second apart, whether somebody is there; only then is there room again.
const NOBODY_ANSWERS: Duration = Duration::from_secs(3);

fn run_inside() {
    let is_root = std::fs::metadata("/proc/self").expect("this process").uid() == 0;
    let mut command = Command::new("unshare");
    command.arg("--net").args((!is_root).then_some("--map-root-user"));
    let this = std::env::current_exe().expect("this test");
    let output = command.arg(this).args(["--exact", NAME]).env(INSIDE, "1").output();
    let output = output.expect("unshare of util-linux");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status();
    assert!(status.expect("ip of iproute2").success(), "ip {arguments}");
}

#[test]
fn a_full_socket_drops_counts_goes_on_and_holds_up_nobody() {
    if std::env::var_os(INSIDE).is_none() {
        return run_inside();
    }
    for arguments in [
        "link set lo up",
        "link add here type veth peer name nowhere",
        "address add 10.77.0.1/24 dev here",
        "link set here up",
        "link set nowhere up",
    ] {
        ip(arguments);
    }
    let (sender, receiver) = pair("127.0.0.1").expect("IPv4");
    // The smallest that the kernel gives: room for a few packets.
    SockRef::from(&sender).set_send_buffer_size(1).expect("a small buffer");
    let (to, silent) = (
        receiver.local_addr().expect("address"),
        SocketAddr::from(([10, 77, 0, 2], 9)),
    );
    let mut batch = Batch::new();
    let began = Instant::now();
    batch.copy(&sender, None, to, b"before");
    (0..BATCH).for_each(|_| batch.copy(&sender, None, silent, &[0; 140]));
    batch.copy(&sender, None, to, b"behind");
    batch.send(&sender);
    assert!(began.elapsed() < NOBODY_ANSWERS, "it waits for nobody");
    let (full, refused) = dropped(&mut batch);
    println!("{full} of {} had no room", BATCH + 1);
    assert!(
        (BATCH as u64 / 2..=BATCH as u64).contains(&full) && refused == 0,
        "{full}"
    );
    // In the next frame those who are reached still have no room, and are counted.
    batch.copy(&sender, None, to, b"no room");
    batch.send(&sender);
    assert_eq!(dropped(&mut batch), (1, 0));
    // With the interface goes what waited there, and the frame after that is whole.
    ip("link delete here");
    (0..BATCH + 6).for_each(|_| batch.copy(&sender, None, to, b"after"));
    batch.send(&sender);
    assert_eq!(dropped(&mut batch), (0, 0));
    assert_eq!(next(&receiver).0, b"before");
    (0..BATCH + 6).for_each(|_| assert_eq!(next(&receiver).0, b"after"));
}
