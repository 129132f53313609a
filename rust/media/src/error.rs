//! What can be refused at the media node's door, with the code and HTTP status the control plane passes on.

use thiserror::Error;

/// A refusal of a command. A bad *packet* is never an error: it is dropped and counted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The session description cannot be read or lacks something WebRTC cannot do without.
    #[error("The session description cannot be used: {0}.")]
    BadSdp(String),
    /// The offer has no Opus audio line in the direction that is needed.
    #[error("The offer has no Opus audio line that fits: {0}.")]
    NoAudio(&'static str),
    /// The session is not (or no longer) on this node.
    #[error("There is no such media session here.")]
    PeerNotFound,
    /// The `If-Match` of a PATCH names an ICE session that is over (RFC 9725 §4.3.1).
    #[error("The ICE session has changed since: fetch the new ETag and try again.")]
    PreconditionFailed,
    /// The node holds as many peers as it may.
    #[error("This server has no room for another listener right now.")]
    AtCapacity,
    /// A command without the fields it needs; a fault of the caller, not of a user.
    #[error("The command cannot be understood: {0}.")]
    BadCommand(String),
    /// There is too little space for a new recording.
    #[error("The disk is nearly full, so recording cannot start.")]
    DiskFull,
    /// The tape's folder cannot be written.
    #[error("The recording cannot be written.")]
    TapeFailed,
    /// Something broke inside the node while it handled the command.
    #[error("The media node could not do this.")]
    Internal,
}

impl MediaError {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadSdp(_) => "bad_sdp",
            Self::NoAudio(_) => "no_audio",
            Self::PeerNotFound => "peer_not_found",
            Self::PreconditionFailed => "precondition_failed",
            Self::AtCapacity => "at_capacity",
            Self::BadCommand(_) => "bad_command",
            Self::DiskFull => "disk_full",
            Self::TapeFailed => "tape_failed",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status that fits.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadSdp(_) | Self::BadCommand(_) => 400,
            Self::NoAudio(_) => 422,
            Self::PeerNotFound => 404,
            Self::PreconditionFailed => 412,
            Self::AtCapacity => 503,
            Self::DiskFull => 507,
            Self::TapeFailed | Self::Internal => 500,
        }
    }
}
