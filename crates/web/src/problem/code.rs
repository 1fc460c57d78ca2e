//! The table of all problems: one row per code. `/problems/{code}` shows the same table.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::dto::string_enum;

macro_rules! problem_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:ident, $title:literal, $detail:literal;)+) => {
        /// The code of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub enum ProblemCode {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $variant,)+
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns the code on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Returns the HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// Returns the title, which is the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// Returns the detail of an occurrence that has no more specific one.
            pub const fn detail(self) -> &'static str {
                match self { $(Self::$variant => $detail,)+ }
            }
        }
    };
}

problem_codes! {
    /// The body is not valid JSON.
    MalformedJson = "malformed-json", BAD_REQUEST, "The body is not valid JSON",
        "Nothing was saved. Send one JSON object in the body.";
    /// The path, a header or the encoding of the request is invalid.
    BadRequest = "bad-request", BAD_REQUEST, "The request is invalid",
        "Check the path, the headers and the encoding of the request.";
    /// A query parameter is unknown or has an invalid value.
    InvalidQuery = "invalid-query", BAD_REQUEST, "The query is invalid",
        "Correct the parameters listed in errors.";
    /// The idempotency key is invalid.
    InvalidIdempotencyKey = "invalid-idempotency-key", BAD_REQUEST, "The Idempotency-Key is invalid",
        "Nothing was saved. Send a key of 1 to 255 visible ASCII characters, quoted or bare.";
    /// The operation moves money, and the request has no idempotency key.
    IdempotencyKeyRequired = "idempotency-key-required", BAD_REQUEST, "An Idempotency-Key is required",
        "Nothing was saved. Send an Idempotency-Key, so that a retry cannot move money twice.";
    /// The request has no valid key.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "An API key is required",
        "Nothing was saved. Send a valid API key in the header Authorization: Bearer. In a browser, the user is key, and \
         the password is the API key.";
    /// The key does not have the scope of the operation.
    InsufficientScope = "insufficient-scope", FORBIDDEN, "The API key lacks a scope",
        "Nothing was saved. Use a key with the scope of this operation.";
    /// A page of another site sent the request.
    CrossSite = "cross-site", FORBIDDEN, "Another site sent the request",
        "Nothing was saved. Open the page on this site and send the form from there.";
    /// The resource does not exist, or the caller may not see it.
    NotFound = "not-found", NOT_FOUND, "Not found",
        "There is no page or resource at this address.";
    /// The resource does not support the method.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "Method not allowed",
        "Use a method listed in the Allow header.";
    /// The request took too long to arrive.
    RequestTimeout = "request-timeout", REQUEST_TIMEOUT, "The request took too long to arrive",
        "Nothing was saved. Send the request again.";
    /// The state of the resource does not allow the change.
    IllegalState = "illegal-state", CONFLICT, "The current state does not allow this change",
        "Nothing was saved. Get the payment, receipt or refund to see its state.";
    /// The statement line has already been booked.
    AlreadyBooked = "already-booked", CONFLICT, "The statement line is already booked",
        "Nothing was saved. The line belongs to another receipt.";
    /// The person who requested a refund cannot approve it.
    SecondPersonRequired = "second-person-required", FORBIDDEN, "A second person must approve this refund",
        "Nothing was saved. Have the refund approved with another key than the one that requested it.";
    /// The API key is revoked or has expired.
    KeyEnded = "key-ended", CONFLICT, "The API key is revoked or has expired",
        "Nothing was saved. Create another key.";
    /// The feed no longer has the events after this position, or does not have them yet.
    EventsGone = "events-gone", GONE, "The feed does not have the events after this position",
        "The feed retains events for a limited time, and a restored database reuses sequence numbers. List the \
         bookings, then read the feed without the parameter after.";
    /// The resource has changed since the caller read it.
    VersionMismatch = "version-mismatch", PRECONDITION_FAILED, "The resource has changed in the meantime",
        "Nothing was saved. Get the resource again, then repeat the change with its new ETag.";
    /// The body is too large.
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large",
        "Nothing was saved. Send at most 64 KiB.";
    /// The media type of the body is not supported.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The media type is not supported",
        "Nothing was saved. Send the body as application/json.";
    /// The body is compressed.
    UnsupportedEncoding = "unsupported-encoding", UNSUPPORTED_MEDIA_TYPE, "The body is compressed",
        "Nothing was saved. Send the body without Content-Encoding.";
    /// The server does not use the host name of the request.
    MisdirectedRequest = "misdirected-request", MISDIRECTED_REQUEST, "This server does not use the host name",
        "Use a name of this server, or its IP address.";
    /// A field is missing, unknown or invalid.
    InvalidFields = "invalid-fields", UNPROCESSABLE_ENTITY, "Some fields are invalid",
        "Nothing was saved. Correct the fields listed in errors.";
    /// The idempotency key was used with a different body.
    IdempotencyKeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY,
        "The Idempotency-Key was used for a different request",
        "Nothing was saved. Use a new key for a new request. To retry a request, send the same key and body.";
    /// The statement cannot be read completely, or is of an unknown account.
    StatementRefused = "statement-refused", UNPROCESSABLE_ENTITY, "The statement is refused",
        "Nothing was saved. Correct the file, or ask the bank for another one.";
    /// The receipt and the payment have different currencies.
    CurrencyMismatch = "currency-mismatch", UNPROCESSABLE_ENTITY, "The currencies differ",
        "Nothing was saved. A receipt can only be allocated to a payment in its own currency.";
    /// The amount exceeds what the receipt or the payment allows.
    AmountTooLarge = "amount-too-large", UNPROCESSABLE_ENTITY, "The amount is too large for this step",
        "Nothing was saved. Get the receipt and the payment to see which amounts are left.";
    /// The totals of the currency cannot hold the amount.
    OutOfRange = "out-of-range", UNPROCESSABLE_ENTITY, "The amount is out of range",
        "Nothing was saved. The total of all payments in this currency would be too large.";
    /// The change requires a precondition.
    PreconditionRequired = "precondition-required", PRECONDITION_REQUIRED, "If-Match is required",
        "Nothing was saved. Send the ETag of the resource in If-Match.";
    /// The caller has sent too many requests.
    RateLimited = "rate-limited", TOO_MANY_REQUESTS, "Too many requests",
        "This request saved nothing. Send it again after the seconds in the Retry-After header.";
    /// Too many requests are waiting.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The server is overloaded",
        "This request saved nothing. Try again in a moment.";
    /// The server is shutting down.
    Stopping = "stopping", SERVICE_UNAVAILABLE, "The server is shutting down",
        "This request saved nothing. Try again in a moment.";
    /// The database is unavailable.
    DatabaseUnavailable = "database-unavailable", SERVICE_UNAVAILABLE, "The database is unavailable",
        "This request saved nothing. Earlier payments are safe. Try again in a moment.";
    /// The disk with the database is nearly full.
    StorageFull = "storage-full", SERVICE_UNAVAILABLE, "The server has too little free disk space",
        "This request saved nothing. Earlier payments are safe. Ask the operator to free disk space, then try again.";
    /// The clocks of the server and of the database differ by more than an hour.
    ClockWrong = "clock-wrong", SERVICE_UNAVAILABLE, "The clock of the server is wrong",
        "This request saved nothing. The clocks of the server and of its database differ by more than an hour. The operator must \
         synchronise both with a time server; changes are then accepted again.";
    /// The database did not respond in time, or the connection was lost during the commit.
    OutcomeUnknown = "outcome-unknown", SERVICE_UNAVAILABLE, "The outcome is unknown",
        "The database did not confirm the change in time, so the change may or may not have been saved. \
         To find out, send the request again with the same Idempotency-Key. If it had no key, look for the payment \
         first.";
    /// The program has an error.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Internal error",
        "The request failed. If it fails again, give the request ID to the operator.";
}

/// The seconds after which a retry makes sense.
const RETRY_AFTER_S: u32 = 1;
/// The same for a disk without space, which a person has to free.
const RETRY_AFTER_FULL_S: u32 = 60;

impl ProblemCode {
    /// Returns the code with this name on the wire.
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == code)
    }

    /// Returns the code for a status that a library set.
    pub fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            status if status.is_client_error() => Self::BadRequest,
            _ => Self::Internal,
        }
    }

    pub(super) fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::StorageFull => Some(RETRY_AFTER_FULL_S),
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S),
        }
    }
}

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        string_enum(Self::ALL.iter().map(|code| code.as_str()))
    }
}

impl ToSchema for ProblemCode {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ProblemCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_has_two_spaces_in_a_row_or_a_line_break() {
        for code in ProblemCode::ALL {
            for text in [code.title(), code.detail()] {
                assert!(!text.contains("  ") && !text.contains('\n'), "{text}");
            }
        }
    }
}
