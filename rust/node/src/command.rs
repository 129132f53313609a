//! The calls of the internal link, as JSON, and what they do to the routers.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};
use voxhall_media::error::MediaError;
use voxhall_media::routers::{OpenSession, Routers};

/// A call from the control plane.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "call", content = "args", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "each is documented with the method of Routers that it calls")]
pub enum Command {
    OpenPublisher {
        space: String,
        peer: String,
        participant: String,
        csrc: u32,
        sdp: String,
        publish: bool,
    },
    OpenListener {
        space: String,
        peer: String,
        participant: String,
        sdp: String,
    },
    Patch {
        peer: String,
        if_match: String,
        fragment: String,
    },
    Allow {
        space: String,
        participant: String,
        publish: bool,
    },
    Close {
        peer: String,
    },
    CloseParticipant {
        space: String,
        participant: String,
    },
    CloseSpace {
        space: String,
    },
    Report {},
}

impl Command {
    /// Reads a call by its name and its arguments.
    ///
    /// # Errors
    /// [`MediaError::BadCommand`] where the name is unknown or an argument is missing, extra or of the wrong type.
    pub fn read(name: &str, args: &str) -> Result<Self, MediaError> {
        let bad = |e: serde_json::Error| MediaError::BadCommand(e.to_string());
        let args: Value = serde_json::from_str(args).map_err(bad)?;
        serde_json::from_value(json!({ "call": name, "args": args })).map_err(bad)
    }

    pub(crate) fn carry_out(self, now: Instant, routers: &mut Routers) -> Result<Value, MediaError> {
        match self {
            Self::OpenPublisher {
                space,
                peer,
                participant,
                csrc,
                sdp,
                publish,
            } => {
                let request = OpenSession {
                    space,
                    peer,
                    participant,
                    sdp,
                };
                to_json(&routers.open_publisher(now, request, csrc, publish)?)
            }
            Self::OpenListener {
                space,
                peer,
                participant,
                sdp,
            } => to_json(&routers.open_listener(
                now,
                OpenSession {
                    space,
                    peer,
                    participant,
                    sdp,
                },
            )?),
            Self::Patch {
                peer,
                if_match,
                fragment,
            } => to_json(&routers.patch(now, &peer, &if_match, &fragment)?),
            Self::Allow {
                space,
                participant,
                publish,
            } => {
                routers.allow(&space, &participant, publish);
                Ok(json!({}))
            }
            Self::Close { peer } => {
                routers.close(now, &peer);
                Ok(json!({}))
            }
            Self::CloseParticipant { space, participant } => {
                routers.close_participant(now, &space, &participant);
                Ok(json!({}))
            }
            Self::CloseSpace { space } => {
                routers.close_space(now, &space);
                Ok(json!({}))
            }
            Self::Report {} => to_json(&routers.report()),
        }
    }
}

fn to_json(value: &impl serde::Serialize) -> Result<Value, MediaError> {
    serde_json::to_value(value).map_err(|_| MediaError::Internal)
}
