//! API keys as text: `hk_`, a public id, a secret, and a checksum.
//!
//! `hk_` + id (10 characters) + `_` + secret (32 characters, 160 random bits) + checksum (6 characters). All parts are
//! Crockford base32, which has no letter that looks like a digit. The fixed form lets secret scanners find a leaked key:
//! `hk_[0-9A-HJKMNP-TV-Z]{10}_[0-9A-HJKMNP-TV-Z]{38}`.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::base32;
use crate::ledger::{Digest, RandomSource};

const PREFIX: &str = "hk_";
/// The characters of an id: 50 random bits.
const ID_LENGTH: usize = 10;
/// The characters of a secret: 160 random bits.
const SECRET_LENGTH: usize = 32;
/// The characters of the checksum: the low 30 bits of CRC-32.
const CHECKSUM_LENGTH: usize = 6;
const CHECKSUM_BITS: u32 = 30;

/// The public id of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; ID_LENGTH]);

impl KeyId {
    /// The id that no key has: it is not base32.
    pub const NIL: Self = Self([b'-'; ID_LENGTH]);

    /// Parses an id; returns `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; ID_LENGTH] = text.as_bytes().try_into().ok()?;
        base32::is_base32(&bytes).then_some(Self(bytes))
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        // The characters are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A key with its secret. `Debug` shows only the id.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: KeyId,
    secret: [u8; SECRET_LENGTH],
}

impl ApiKey {
    /// Generates a key with a new id.
    pub fn generate(random: &dyn RandomSource) -> Self {
        let id = base32::encode::<ID_LENGTH>(&random_bytes(random));
        Self::with_new_secret(KeyId(id), random)
    }

    /// Generates a new secret for a key.
    pub fn with_new_secret(id: KeyId, random: &dyn RandomSource) -> Self {
        Self { id, secret: base32::encode(&random_bytes(random)) }
    }

    /// Parses a key and verifies its checksum; returns `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (body, checksum) = text.split_at_checked(text.len().checked_sub(CHECKSUM_LENGTH)?)?;
        let (id, secret) = body.strip_prefix(PREFIX)?.split_once('_')?;
        let secret: [u8; SECRET_LENGTH] = secret.as_bytes().try_into().ok()?;
        let key = Self { id: KeyId::parse(id)?, secret };
        (base32::is_base32(&secret) && checksum.as_bytes() == checksum_of(body)).then_some(key)
    }

    /// Returns the id.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Returns the digest of the secret, which is all that Hermes stores.
    ///
    /// The secret has 160 random bits, so a fast hash without a salt is sufficient.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest(Sha256::digest(self.secret).into())
    }

    /// Returns the key as text, with its secret.
    pub fn expose(&self) -> String {
        let secret = std::str::from_utf8(&self.secret).unwrap_or_default();
        let body = format!("{PREFIX}{}_{secret}", self.id);
        let checksum = checksum_of(&body);
        body + std::str::from_utf8(&checksum).unwrap_or_default()
    }
}

/// Returns the checksum of a key without its checksum.
fn checksum_of(body: &str) -> [u8; CHECKSUM_LENGTH] {
    let low_bits = crc32fast::hash(body.as_bytes()) << (u32::BITS - CHECKSUM_BITS);
    base32::encode(&low_bits.to_be_bytes())
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKey({PREFIX}{}_…)", self.id)
    }
}

/// The SHA-256 digest of a key's secret. `Debug` does not show it.
#[derive(Clone, Copy)]
pub struct SecretDigest(pub Digest);

impl SecretDigest {
    /// Returns whether two digests are equal, in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretDigest(…)")
    }
}

/// Returns 32 bytes that contain at least 160 random bits. A random UUID has 122.
fn random_bytes(random: &dyn RandomSource) -> Digest {
    let sources: [Uuid; 2] = [random.random(), random.random()];
    sources
        .iter()
        .fold(Sha256::new(), |hasher, source| hasher.chain_update(source.as_bytes()))
        .finalize()
        .into()
}
