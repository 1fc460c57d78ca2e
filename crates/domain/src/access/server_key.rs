//! The server key, from which Hermes derives all its other secrets.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The number of bytes of a server key, and of each derived secret.
const KEY_BYTES: usize = 32;
/// The fewest bytes of a derived secret that prove it (RFC 2104, section 5: half of the digest).
const PROOF_BYTES_MIN: usize = 16;

/// The secret of one installation, which all its instances share. `Debug` does not print it.
#[derive(Clone)]
pub struct ServerKey([u8; KEY_BYTES]);

impl ServerKey {
    /// Creates a key from 32 secret random bytes.
    pub const fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Derives a secret for one purpose from public parts, such as an id and a version.
    ///
    /// The result is HMAC-SHA-256 (RFC 2104) over the purpose and the parts. The length of each, as a big-endian `u64`,
    /// precedes it. Different purposes or parts therefore never produce the same message.
    pub fn derive(&self, purpose: &str, parts: &[&[u8]]) -> [u8; KEY_BYTES] {
        self.mac(purpose, parts).finalize().into_bytes().into()
    }

    /// Returns whether a proof is the beginning of a derived secret, of at least 16 bytes. Takes the same time for
    /// all proofs of one length.
    pub fn verify(&self, purpose: &str, parts: &[&[u8]], proof: &[u8]) -> bool {
        proof.len() >= PROOF_BYTES_MIN && self.mac(purpose, parts).verify_truncated_left(proof).is_ok()
    }

    #[expect(clippy::expect_used, reason = "HMAC accepts keys of every length")]
    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC accepts keys of every length");
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            // A length never exceeds 64 bits.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServerKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::ServerKey;

    fn key() -> ServerKey {
        ServerKey::new(std::array::from_fn(|index| u8::try_from(index).unwrap()))
    }

    /// Python computed the expected bytes with `hmac.digest(bytes(range(32)), message, "sha256")`.
    #[test]
    fn a_derived_secret_is_the_hmac_of_the_purpose_and_the_parts_with_their_lengths() {
        let hex: String = key()
            .derive("payment page", &[b"REF001", &[1]])
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hex, "12aa86f0ae60a8f72f89132d21811cd987f9030ad4d1e284d93b496eb8bbad3c");
    }

    #[test]
    fn another_purpose_part_boundary_or_key_gives_another_secret() {
        let secret = key().derive("form", &[b"ab", b"c"]);
        for other in [
            key().derive("page", &[b"ab", b"c"]),
            key().derive("form", &[b"a", b"bc"]),
            key().derive("form", &[b"abc"]),
            key().derive("forma", &[b"b", b"c"]),
            key().derive("form", &[b"ab", b"c", b""]),
            ServerKey::new([0; 32]).derive("form", &[b"ab", b"c"]),
        ] {
            assert_ne!(secret, other);
        }
    }

    #[test]
    fn only_the_first_bytes_of_a_secret_prove_it() {
        let secret = key().derive("form", &[b"a"]);
        let is_proof = |proof: &[u8]| key().verify("form", &[b"a"], proof);
        assert!(is_proof(&secret) && is_proof(&secret[..16]));
        assert!(!is_proof(&secret[..15]) && !is_proof(&[]) && !is_proof(&secret[1..]));
        assert!(!is_proof(&[secret.as_slice(), &[0]].concat()));
        assert!(!key().verify("form", &[b"b"], &secret));
    }

    #[test]
    fn debug_does_not_print_the_key() {
        assert_eq!(format!("{:?}", key()), "ServerKey(..)");
    }
}
