//! SDP fragments of PATCH (RFC 8840 §9): trickled candidates and ICE restarts.

use super::sections::{MAX_SDP_BYTES, bad};
use crate::error::MediaError;

/// What a PATCH asks for. Its candidates are read by nobody: a lite agent learns addresses from authenticated checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The sender's ICE user fragment, where the fragment names one.
    pub ufrag: Option<String>,
    /// The sender's ICE password, where the fragment names one.
    pub password: Option<String>,
}

impl Fragment {
    /// Reads a fragment.
    ///
    /// # Errors
    /// [`MediaError::BadSdp`] where it holds no ICE line at all, or credentials of a forbidden length.
    pub fn read(text: &str) -> Result<Self, MediaError> {
        if text.len() > MAX_SDP_BYTES {
            return Err(bad("it is larger than 64 kB"));
        }
        let find = |name: &str| text.lines().find_map(|l| l.trim_end().strip_prefix(name));
        let ufrag = find("a=ice-ufrag:").map(str::to_owned);
        let password = find("a=ice-pwd:").map(str::to_owned);
        let says_something = ufrag.is_some() || find("a=candidate:").is_some() || find("a=end-of-candidates").is_some();
        if !says_something {
            return Err(bad("the fragment names neither candidates nor credentials"));
        }
        let fits =
            |value: &Option<String>, least: usize| value.as_ref().is_none_or(|v| (least..=256).contains(&v.len()));
        if !fits(&ufrag, 4) || !fits(&password, 22) {
            return Err(bad("a=ice-ufrag or a=ice-pwd has a length that RFC 8839 §5.4 forbids"));
        }
        Ok(Self { ufrag, password })
    }
}

/// Our side of an ICE restart.
pub fn compose_fragment(ufrag: &str, password: &str, mid: &str, candidates: &[String]) -> String {
    let mut lines = vec![
        "a=ice-lite".to_owned(),
        format!("a=ice-ufrag:{ufrag}"),
        format!("a=ice-pwd:{password}"),
        "m=audio 9 UDP/TLS/RTP/SAVPF 0".to_owned(),
        format!("a=mid:{mid}"),
    ];
    lines.extend(candidates.iter().map(|c| format!("a={c}")));
    lines.push("a=end-of-candidates".to_owned());
    lines.push(String::new());
    lines.join("\r\n")
}
