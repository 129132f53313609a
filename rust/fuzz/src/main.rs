//! libFuzzer with the target that `VOXHALL_FUZZ` names; its own arguments are libFuzzer's.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use voxhall_fuzz::{TARGETS, Target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let wanted = std::env::var("VOXHALL_FUZZ").unwrap_or_default();
    let found = TARGETS.into_iter().find(|(name, _)| *name == wanted);
    found.unwrap_or_else(|| panic!("VOXHALL_FUZZ names none of {:?}", TARGETS.map(|(name, _)| name)))
});

fuzz_target!(|bytes: &[u8]| (TARGET.1)(bytes));
