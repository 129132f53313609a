//! `sendmmsg` (Linux). The only `unsafe` of the node: each pointer handed to the kernel points into a buffer that outlives the
//! call, and this file is short so that it can be seen.
#![allow(
    unsafe_code,
    reason = "sendmmsg with a source address for each datagram is in no safe interface"
)]

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Instant;

use mio::net::UdpSocket;

use super::{Answer, BATCH, Letter, Outcome, SLOT_BYTES};

/// Room for one control message with a source address: a header and an `in_pktinfo` or `in6_pktinfo`, aligned as both need.
type Control = [u64; 8];

/// The tables of one call, kept so that they need not be made each time.
pub(super) struct Kernel {
    headers: Vec<libc::mmsghdr>,
    parts: Vec<libc::iovec>,
    addresses: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
}

// SAFETY: the raw pointers in `headers` and `parts` are written anew in every `send` and read by no one but the kernel in it.
unsafe impl Send for Kernel {}

impl Kernel {
    pub(super) fn new() -> Self {
        // SAFETY: all three are plain C structs, for which zeroes are a valid value.
        let (header, part, address) = unsafe { (zeroed(), zeroed(), zeroed()) };
        Self {
            headers: vec![header; BATCH],
            parts: vec![part; BATCH],
            addresses: vec![address; BATCH],
            controls: vec![[0; 8]; BATCH],
        }
    }

    pub(super) fn send(&mut self, socket: &UdpSocket, bytes: &mut [u8], letters: &[Letter]) -> Answer {
        let count = letters.len().min(BATCH);
        let slots = bytes.chunks_mut(SLOT_BYTES);
        for (index, (letter, slot)) in letters.iter().zip(slots).take(BATCH).enumerate() {
            self.prepare(index, letter, slot);
        }
        let began = Instant::now();
        let outcome = loop {
            // SAFETY: the first `count` headers were just written and point into `self` and `bytes`, both borrowed until after
            // the call; `count` is at most their number.
            let taken =
                unsafe { libc::sendmmsg(socket.as_raw_fd(), self.headers.as_mut_ptr(), count as libc::c_uint, 0) };
            if let Ok(taken) = usize::try_from(taken) {
                break Outcome::Took(taken);
            }
            match io::Error::last_os_error().raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN | libc::ENOBUFS | libc::ENOMEM) => break Outcome::Full,
                _ => break Outcome::Refused,
            }
        };
        Answer {
            outcome,
            took: began.elapsed(),
        }
    }

    fn prepare(&mut self, index: usize, letter: &Letter, slot: &mut [u8]) {
        self.parts[index] = libc::iovec {
            iov_base: slot.as_mut_ptr().cast(),
            iov_len: letter.length.min(slot.len()),
        };
        let address = &mut self.addresses[index];
        let header = &mut self.headers[index].msg_hdr;
        header.msg_name = std::ptr::from_mut(address).cast();
        header.msg_namelen = write_address(address, letter.to);
        header.msg_iov = &raw mut self.parts[index];
        header.msg_iovlen = 1;
        header.msg_control = self.controls[index].as_mut_ptr().cast();
        header.msg_controllen = size_of::<Control>() as _;
        // SAFETY: `msg_control` points at `msg_controllen` bytes of `self.controls`, aligned for a control message.
        let length = unsafe { write_source(header, letter) };
        header.msg_controllen = length as _;
        if length == 0 {
            header.msg_control = std::ptr::null_mut();
        }
    }
}

fn write_address(storage: &mut libc::sockaddr_storage, address: SocketAddr) -> libc::socklen_t {
    let place = std::ptr::from_mut(storage);
    match address {
        SocketAddr::V4(v4) => {
            // SAFETY: sockaddr_storage is large enough and aligned for every address (POSIX), and zeroes are a valid one.
            let place = unsafe { &mut *place.cast::<libc::sockaddr_in>() };
            place.sin_family = libc::AF_INET as libc::sa_family_t;
            place.sin_port = v4.port().to_be();
            place.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
            size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        SocketAddr::V6(v6) => {
            // SAFETY: as above.
            let place = unsafe { &mut *place.cast::<libc::sockaddr_in6>() };
            place.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            place.sin6_port = v6.port().to_be();
            place.sin6_flowinfo = v6.flowinfo();
            place.sin6_addr.s6_addr = v6.ip().octets();
            place.sin6_scope_id = v6.scope_id();
            size_of::<libc::sockaddr_in6>() as libc::socklen_t
        }
    }
}

/// Writes the control message that names the source address; gives its length, 0 where none is named.
///
/// # Safety
/// `header.msg_control` points at `header.msg_controllen` bytes that may be written, aligned for a control message.
unsafe fn write_source(header: &libc::msghdr, letter: &Letter) -> usize {
    match letter.from {
        Some(IpAddr::V4(ip)) if letter.to.is_ipv4() => {
            let info = libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: libc::in_addr {
                    s_addr: u32::from_ne_bytes(ip.octets()),
                },
                ipi_addr: libc::in_addr { s_addr: 0 },
            };
            // SAFETY: the caller's promise.
            unsafe { write_control(header, libc::IPPROTO_IP, libc::IP_PKTINFO, info) }
        }
        Some(IpAddr::V6(ip)) if letter.to.is_ipv6() => {
            let info = libc::in6_pktinfo {
                ipi6_addr: libc::in6_addr { s6_addr: ip.octets() },
                ipi6_ifindex: 0,
            };
            // SAFETY: the caller's promise.
            unsafe { write_control(header, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, info) }
        }
        _ => 0,
    }
}

/// # Safety
/// As for [`write_source`].
unsafe fn write_control<T>(header: &libc::msghdr, level: libc::c_int, kind: libc::c_int, data: T) -> usize {
    const { assert!(size_of::<T>() + 2 * size_of::<libc::cmsghdr>() <= size_of::<Control>()) };
    let size = size_of::<T>() as libc::c_uint;
    // SAFETY: there is room for one message (asserted), so the first header is not null, and its data begins behind it; the
    // data may be less aligned than T.
    unsafe {
        let message = libc::CMSG_FIRSTHDR(header);
        (*message).cmsg_level = level;
        (*message).cmsg_type = kind;
        (*message).cmsg_len = libc::CMSG_LEN(size) as _;
        libc::CMSG_DATA(message).cast::<T>().write_unaligned(data);
        libc::CMSG_SPACE(size) as usize
    }
}
