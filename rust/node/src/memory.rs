//! Memory that somebody else holds for longer than this process lives: the listeners' keys and numbers are in it, and nowhere on a
//! disk. The one mapping of the node, and short so that it can be seen.
#![allow(unsafe_code, reason = "shared memory is in no safe interface")]

use std::fs;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::ptr::null_mut;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use rustix::fs::{SealFlags, fcntl_get_seals, fstat};
use rustix::mm::{Advice, MapFlags, MlockFlags, ProtFlags, madvise, mlock_with, mmap};
use rustix::time::{ClockId, clock_gettime};
use voxhall_media::Memory;

/// Maps the memory behind `descriptor` for as long as this process lives; the descriptor may be closed then. It is in no core dump, and
/// no child has it.
///
/// # Errors
/// It is no memory, or not sealed against changing its size: a page that is taken away would end this process.
pub fn map_shared(descriptor: RawFd) -> io::Result<&'static [AtomicU64]> {
    if descriptor < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: it is not negative, and not closed before the end of this function.
    let descriptor = unsafe { BorrowedFd::borrow_raw(descriptor) };
    if !fcntl_get_seals(descriptor)?.contains(SealFlags::SHRINK | SealFlags::GROW) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the memory is not sealed"));
    }
    let bytes = usize::try_from(fstat(descriptor)?.st_size).map_err(io::Error::other)?;
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping where the kernel chooses; it is never unmapped, and its size is sealed.
    let start = unsafe { mmap(null_mut(), bytes, access, MapFlags::SHARED, descriptor, 0) }?;
    // SAFETY: the mapping that was just made; neither kind of advice changes what is in it.
    unsafe {
        madvise(start, bytes, Advice::LinuxDontDump)?;
        madvise(start, bytes, Advice::LinuxDontFork)?;
        // Out of swap where the system lets us; the rest of our memory, with keys in it, is not locked either.
        let _ = mlock_with(start, bytes, MlockFlags::ONFAULT);
    }
    // SAFETY: aligned to a page, as long as the mapping and alive as long as the process; atomics may be shared, with other
    // processes too, and every pattern of bits is one.
    Ok(unsafe { std::slice::from_raw_parts(start.cast(), bytes / size_of::<AtomicU64>()) })
}

/// The memory at this moment of this boot.
pub(crate) fn of_this_boot(words: &'static [AtomicU64]) -> io::Result<Memory> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).collect();
    let now = clock_gettime(ClockId::Monotonic);
    Ok(Memory {
        words,
        boot: u128::from_str_radix(&digits, 16).map_err(io::Error::other)?,
        uptime: Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32),
    })
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::sync::atomic::Ordering::SeqCst;

    use rustix::fs::{MemfdFlags, fcntl_add_seals, ftruncate, memfd_create};

    use super::*;

    fn memory(seals: SealFlags) -> OwnedFd {
        let flags = MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC;
        let memory = memfd_create("voxhall-test", flags).expect("memory");
        ftruncate(&memory, 8_192).expect("of this size");
        fcntl_add_seals(&memory, seals).expect("sealed");
        memory
    }

    #[test]
    fn what_one_process_writes_another_finds_and_a_size_that_could_change_is_refused() {
        let sealed = memory(SealFlags::SHRINK | SealFlags::GROW);
        let (ours, theirs) = (map_shared(sealed.as_raw_fd()), map_shared(sealed.as_raw_fd()));
        let (ours, theirs) = (ours.expect("mapped"), theirs.expect("mapped"));
        assert_eq!(ours.len(), 1_024);
        ours[1_023].store(7, SeqCst);
        drop(sealed);
        assert_eq!(theirs[1_023].load(SeqCst), 7);
        for seals in [SealFlags::empty(), SealFlags::SHRINK, SealFlags::GROW] {
            assert!(map_shared(memory(seals).as_raw_fd()).is_err(), "{seals:?}");
        }
        assert!(map_shared(-1).is_err());
    }

    #[test]
    fn the_boot_is_the_same_and_its_clock_goes_on() {
        let (first, second) = (of_this_boot(&[]).expect("known"), of_this_boot(&[]).expect("known"));
        assert_eq!(first.boot, second.boot);
        assert!(first.boot != 0 && first.uptime <= second.uptime);
    }
}
