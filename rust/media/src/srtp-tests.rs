use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let value = |d: u8| (d as char).to_digit(16).expect("a digit") as u8;
    digits
        .chunks(2)
        .map(|pair| value(pair[0]) << 4 | value(pair[1]))
        .collect()
}

#[test]
fn keys_are_derived_as_in_rfc_3711_b_3() {
    let master = Master {
        profile: SrtpProfile::AES128_CM_SHA1_80,
        key: &hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
        salt: &hex("0EC675AD498AFEEBB6960B3AABE6"),
    };
    let derived = master.rtp().expect("keys");
    assert_eq!(derived.key[..16], hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derived.salt.to_vec(), hex("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(
        derived.authentication.to_vec(),
        hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")
    );
}

/// RFC 7714 §16: the plain packet, its header of 12 bytes, and what it becomes under a 128-bit and a 256-bit session key.
const PLAIN: &str = "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e697320646976697361
    20696e207061727465732074726573";
const SEALED_128: &str = "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d1
    9b36de3adf8833899d7f27beb16a9152cf765ee4390cce";
const SEALED_256: &str = "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae
    0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13";

#[test]
fn gcm_packets_are_those_of_rfc_7714() {
    let key: Vec<u8> = (0..32).collect();
    for (profile, length, sealed) in [
        (SrtpProfile::AEAD_AES_128_GCM, 16, SEALED_128),
        (SrtpProfile::AEAD_AES_256_GCM, 32, SEALED_256),
    ] {
        let mut derived = Derived {
            profile,
            key: [0; 32],
            authentication: [0; 20],
            salt: [0; 14],
        };
        derived.key[..length].copy_from_slice(&key[..length]);
        derived.salt[..12].copy_from_slice(&hex("517569642070726f2071756f"));
        let seal = derived.seal().expect("a cipher");
        let mut buffer = hex(PLAIN);
        let length = buffer.len();
        buffer.resize(length + MAX_OVERHEAD, 0);
        let length = seal.rtp(&mut buffer, 12, length, 0x5501_a0b2, 0xf17b).expect("sealed");
        assert_eq!(buffer[..length], hex(sealed));
        assert_eq!(seal.rtp(&mut hex(PLAIN), 12, 50, 1, 1), None, "the tag does not fit");
    }
}

/// The reference packet of libsrtp (`test/srtp_driver.c`), which other implementations are tested with as well.
#[test]
fn counter_mode_packets_are_those_that_libsrtp_makes() {
    let master = Master {
        profile: SrtpProfile::AES128_CM_SHA1_80,
        key: &hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
        salt: &hex("0EC675AD498AFEEBB6960B3AABE6"),
    };
    let seal = master.rtp().and_then(|keys| keys.seal()).expect("a cipher");
    let mut buffer = hex("800f1234decafbadcafebabeabababababababababababababababab");
    buffer.resize(28 + MAX_OVERHEAD, 0);
    let length = seal.rtp(&mut buffer, 12, 28, 0xcafe_babe, 0x1234).expect("sealed");
    let sealed = "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb";
    assert_eq!(buffer[..length], hex(sealed));
}

#[test]
fn rtp_opens_with_the_same_keys_and_number_and_not_when_one_bit_was_changed() {
    for profile in [
        SrtpProfile::AES128_CM_SHA1_80,
        SrtpProfile::AEAD_AES_128_GCM,
        SrtpProfile::AEAD_AES_256_GCM,
    ] {
        let material: Vec<u8> = (0..96).collect();
        let (client, server) = Master::of_both(profile, &material).expect("enough material");
        let [ours, theirs] = [&client, &server].map(|m| m.rtp().and_then(|d| d.seal()).expect("a cipher"));
        // One CSRC and one word of extension: both are in the clear, and signed.
        let header = hex("9160f17b8041f8d35501a0b200000001bede0001107f0000");
        let mut packet = [&*header, b"sound"].concat();
        packet.resize(header.len() + 5 + MAX_OVERHEAD, 0);
        let length = ours.rtp(&mut packet, header.len(), header.len() + 5, 0x5501_a0b2, 0x2_f17b);
        packet.truncate(length.expect("sealed"));
        assert_eq!(ours.open_rtp(&packet, 0x2_f17b).as_deref(), Some(&b"sound"[..]));
        assert_eq!(ours.open_rtp(&packet, 0x1_f17b), None, "another roll-over count");
        assert_eq!(theirs.open_rtp(&packet, 0x2_f17b), None, "another key");
        for bit in 0..packet.len() * 8 {
            let mut changed = packet.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(ours.open_rtp(&changed, 0x2_f17b), None, "bit {bit}");
        }
        for length in 0..packet.len() {
            assert_eq!(ours.open_rtp(&packet[..length], 0x2_f17b), None, "cut at {length}");
        }
    }
}

#[test]
fn rtcp_opens_with_the_same_keys_and_not_when_one_bit_was_changed() {
    for profile in [
        SrtpProfile::AES128_CM_SHA1_80,
        SrtpProfile::AEAD_AES_128_GCM,
        SrtpProfile::AEAD_AES_256_GCM,
    ] {
        let material: Vec<u8> = (0..96).collect();
        let (client, server) = Master::of_both(profile, &material).expect("enough material");
        let seal = client.rtcp().and_then(|d| d.seal()).expect("a cipher");
        let other = server.rtcp().and_then(|d| d.seal()).expect("a cipher");
        let plain: Vec<u8> = (0..40).collect();
        let sealed = seal.rtcp(plain.clone(), 7).expect("sealed");
        assert_eq!(seal.open_rtcp(&sealed), Some((7, plain)));
        assert_eq!(other.open_rtcp(&sealed), None, "another key");
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(seal.open_rtcp(&changed), None, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(seal.open_rtcp(&sealed[..length]), None, "cut at {length}");
        }
    }
    assert!(Master::of_both(SrtpProfile::AEAD_AES_256_GCM, &[0; 87]).is_none());
}
