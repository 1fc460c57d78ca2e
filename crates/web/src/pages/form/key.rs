//! The idempotency key of a form, which only this installation can issue.
//!
//! A key is 16 random bytes, the time of issue in seconds as a big-endian `u64`, and 16 bytes of HMAC-SHA-256 over both,
//! in base64url (RFC 4648, section 5). A form therefore never books with a key that an attacker made up, nor with one
//! that was planted in a browser long ago.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;

use super::KEY_FIELD;
use crate::extract::FormFields;
use crate::state::AppState;

/// The longest time from the issue of a key to its use, in seconds. Idempotency records are stored for longer.
const AGE_MAX_S: u64 = 24 * 3_600;
/// The purposes of the secrets of a key.
const PURPOSE: &str = "form key";
const PROOF_PURPOSE: &str = "booked form key";
const RANDOM_BYTES: usize = 16;
/// The length of a truncated HMAC (RFC 2104, section 5: at least half of the digest).
const MAC_BYTES: usize = 16;
const KEY_BYTES: usize = RANDOM_BYTES + size_of::<u64>() + MAC_BYTES;

/// A key that this installation issued.
#[derive(Clone, PartialEq, Eq)]
pub struct FormKey {
    text: String,
    issued_at: u64,
}

impl FormKey {
    /// Issues a key.
    pub fn issue(state: &AppState) -> Self {
        Self::new(state, state.random_source.random().into_bytes(), now(state))
    }

    /// Returns the key of a text, which may be too old for a booking; `None` if this installation did not issue it.
    pub fn verify(state: &AppState, text: &str) -> Option<Self> {
        let bytes: [u8; KEY_BYTES] = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?;
        let (random, rest) = bytes.split_first_chunk::<RANDOM_BYTES>()?;
        let (issued, mac) = rest.split_first_chunk::<{ size_of::<u64>() }>()?;
        let is_ours = state.server_key.verify(PURPOSE, &[random.as_slice(), issued.as_slice()], mac);
        is_ours.then(|| Self { text: text.to_owned(), issued_at: u64::from_be_bytes(*issued) })
    }

    /// Returns the key of a form, or a new key if the form has none. If the form is shown again, a retry sends that key.
    /// `None` if the key was not issued here.
    pub fn of_form(state: &AppState, typed: &FormFields) -> Option<Self> {
        match typed.find(KEY_FIELD) {
            None | Some("") => Some(Self::issue(state)),
            Some(text) => Self::verify(state, text),
        }
    }

    /// Returns whether the key is young enough for a booking.
    pub fn is_current(&self, state: &AppState) -> bool {
        // The clock of another instance may be ahead, so the age can be negative.
        now(state).saturating_sub(self.issued_at) <= AGE_MAX_S
    }

    /// Returns the key for a second booking with this form. The same new data always has the same key.
    pub fn second(&self, state: &AppState, new_data: &[u8]) -> Self {
        let derived = state.server_key.derive("second form key", &[self.text.as_bytes(), new_data]);
        let random = derived.first_chunk().copied().unwrap_or_default();
        Self::new(state, random, self.issued_at)
    }

    /// Returns the proof that a browser booked with this key. Only the response to the booking contains it.
    pub fn proof(&self, state: &AppState) -> String {
        BASE64URL_NOPAD.encode(&state.server_key.derive(PROOF_PURPOSE, &[self.text.as_bytes()]))
    }

    /// Returns whether a text is [`FormKey::proof`].
    pub fn is_proven_by(&self, state: &AppState, proof: &str) -> bool {
        let proof = BASE64URL_NOPAD.decode(proof.as_bytes()).unwrap_or_default();
        state.server_key.verify(PROOF_PURPOSE, &[self.text.as_bytes()], &proof)
    }

    /// Returns the key on the wire.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn new(state: &AppState, random: [u8; RANDOM_BYTES], issued_at: u64) -> Self {
        let issued = issued_at.to_be_bytes();
        let mac = state.server_key.derive(PURPOSE, &[&random, &issued]);
        let bytes: Vec<u8> =
            random.into_iter().chain(issued).chain(mac.into_iter().take(MAC_BYTES)).collect();
        Self { text: BASE64URL_NOPAD.encode(&bytes), issued_at }
    }
}

/// The key is a secret of the browser.
impl fmt::Debug for FormKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FormKey(..)")
    }
}

fn now(state: &AppState) -> u64 {
    u64::try_from(state.clock.now().timestamp()).unwrap_or_default()
}
