//! Systems without memory that can be sealed: nobody's listeners outlive a node there.

use std::io;
use std::os::fd::RawFd;
use std::sync::atomic::AtomicU64;

use voxhall_media::Memory;

/// Maps nothing.
///
/// # Errors
/// Always.
pub fn map_shared(_descriptor: RawFd) -> io::Result<&'static [AtomicU64]> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn of_this_boot(_words: &'static [AtomicU64]) -> io::Result<Memory> {
    Err(io::ErrorKind::Unsupported.into())
}
