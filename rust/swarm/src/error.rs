//! What can go wrong, each as one sentence a person can act on.

use std::io;

/// A failure of a client; its text is fit to be shown as it is.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server's answer is not a session description, or does not fit the offer.
    #[error("the server's answer cannot be used: {0}")]
    BadAnswer(String),
    /// The answer names no address this client can reach.
    #[error("the server's answer has no {0} address that can be reached from here")]
    NoAddress(&'static str),
    /// `answer` came twice, or before `offer`.
    #[error("an offer is answered once, after it was made")]
    OutOfOrder,
    /// Sound was pushed while there is no connection to carry it.
    #[error("the connection to the server is not open")]
    NotConnected,
    /// The codec refused its input.
    #[error("the Opus codec failed: {0}")]
    Codec(#[from] opus::Error),
    /// A step of a load run failed; which, and why.
    #[error("{0}")]
    Load(String),
    /// A socket or a file failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}
