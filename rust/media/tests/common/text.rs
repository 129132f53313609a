//! Offers and checks written by hand, for what no real client sends.

use voxhall_media::error::MediaError;

use super::World;

/// An offer as a script would write it, for what no real client sends.
pub fn offer_text(media: &[&str]) -> String {
    let head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
        a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
        a=setup:actpass\r\n";
    let mids: Vec<String> = (0..media.len()).map(|i| i.to_string()).collect();
    let mut sdp = format!("{head}a=group:BUNDLE {}\r\n", mids.join(" "));
    for (index, line) in media.iter().enumerate() {
        sdp.push_str(line);
        sdp.push_str(&format!("a=mid:{index}\r\na=rtcp-mux\r\n"));
    }
    sdp
}

pub const SENDING_AUDIO: &str =
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=sendonly\r\n";
pub const RECEIVING_AUDIO: &str =
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=recvonly\r\n";
pub const VIDEO: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\na=recvonly\r\n";

pub fn open(world: &mut World, sdp: &str) -> Result<String, MediaError> {
    let request = world.session("pa_x", "peer-x", sdp.to_owned());
    world.node.open_listener(world.now, request).map(|o| o.sdp)
}

/// A binding request as ICE sends it, signed with `password`.
pub fn binding_request(username: &str, password: &str) -> Vec<u8> {
    use is::stun::{StunMessage, TransId};
    use is::{DefaultSha1HmacProvider, Sha1HmacProvider};
    let message = StunMessage::binding_request(username, TransId::new(), true, 7, 1, true);
    let mut buffer = vec![0; 512];
    let hmac = |key: &[u8], payloads: &[&[u8]]| DefaultSha1HmacProvider.sha1_hmac(key, payloads);
    let length = message
        .to_bytes(Some(password.as_bytes()), &mut buffer, hmac)
        .expect("fits");
    buffer.truncate(length);
    buffer
}
