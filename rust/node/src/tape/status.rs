//! What a report says of the tapes. Written by the writer, read by whoever asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};
use voxhall_media::tape::GapReason;

use super::Mode;

/// One space's recording.
#[derive(Debug, Clone, Serialize)]
pub struct Recording {
    /// What is kept.
    pub mode: Mode,
    /// Tape time.
    pub at_ms: u64,
    /// Why nothing can be written now, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<GapReason>,
}

#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) spaces: HashMap<String, Recording>,
    pub(super) disk_used_percent: Option<f64>,
    pub(super) lost_ticks: u64,
    /// How long the last round of `fdatasync` took.
    pub(super) sync_ms: u64,
}

/// Shared between the writer and those who ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Status(Arc<Mutex<Told>>);

impl Status {
    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to a report what the routers do not know.
    pub(crate) fn complete(&self, report: &mut Value) {
        let told = self.told();
        for space in report["spaces"].as_array_mut().into_iter().flatten() {
            if let Some(recording) = space["space"].as_str().and_then(|name| told.spaces.get(name)) {
                space["recording"] = json!(recording);
            }
        }
        let stats = &mut report["stats"];
        stats["disk_used_percent"] = json!(told.disk_used_percent);
        stats["tape_lost_ticks"] = json!(told.lost_ticks);
        stats["tape_sync_ms"] = json!(told.sync_ms);
    }
}
