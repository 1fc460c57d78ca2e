//! Every problem Hermes can answer with: one row a code. `/problems/{code}` shows the same table.

use actix_web::http::StatusCode;

macro_rules! problem_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:ident, $title:literal, $detail:literal;)+) => {
        /// Which problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// The problem in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What happened and what to do, when there is nothing more particular to say.
            pub const fn detail(self) -> &'static str {
                match self { $(Self::$variant => $detail,)+ }
            }
        }
    };
}

problem_codes! {
    /// The body is no JSON.
    MalformedJson = "malformed-json", BAD_REQUEST, "The body is not valid JSON",
        "Nothing was saved. Send one JSON object.";
    /// The request is not well formed in another way.
    BadRequest = "bad-request", BAD_REQUEST, "The request cannot be read",
        "Nothing was done. Check the request's path, headers and query.";
    /// The query has parameters that are unknown or cannot be taken.
    InvalidQuery = "invalid-query", BAD_REQUEST, "The query cannot be taken",
        "Correct the parameters that are named.";
    /// The idempotency key is not one.
    InvalidIdempotencyKey = "invalid-idempotency-key", BAD_REQUEST, "The Idempotency-Key cannot be taken",
        "Nothing was saved. A key is 1 to 255 visible ASCII characters, quoted or bare.";
    /// A form was sent from a page of another site.
    CrossSite = "cross-site", FORBIDDEN, "The form was sent from another site",
        "Nothing was saved. Open the form on this site and send it from there.";
    /// There is nothing here, or nothing that the caller may see.
    NotFound = "not-found", NOT_FOUND, "Not found",
        "There is nothing at this address.";
    /// The resource does not take the method.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "Method not allowed",
        "The Allow header names the methods that this address takes.";
    /// The request took too long to arrive.
    RequestTimeout = "request-timeout", REQUEST_TIMEOUT, "The request took too long to arrive",
        "Nothing was saved. Send it again.";
    /// The payment's status does not allow it.
    IllegalState = "illegal-state", CONFLICT, "The payment's status does not allow this",
        "Nothing was changed.";
    /// The feed of events has not what follows the place that was named.
    EventsGone = "events-gone", GONE, "The feed has not what follows this event",
        "Events are kept for some days, and a database that lost commits gives numbers to other events. Read the          bookings anew, then follow the feed from its oldest event, without the parameter after.";
    /// The payment has changed since the caller saw it.
    VersionMismatch = "version-mismatch", PRECONDITION_FAILED, "The payment has changed in the meantime",
        "Nothing was changed. Get the payment again and repeat the change on what it is now.";
    /// The body is too large.
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large",
        "Nothing was saved. A body has at most 64 KiB.";
    /// The body is of another media type.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The media type is not supported",
        "Nothing was saved. Send application/json.";
    /// Fields are missing, unknown or wrong.
    InvalidFields = "invalid-fields", UNPROCESSABLE_ENTITY, "Some fields cannot be taken",
        "Nothing was saved. Correct the fields that are named.";
    /// The key was used with another body.
    IdempotencyKeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY,
        "The Idempotency-Key was used for a different request",
        "Nothing was saved. Use a new key for a new request, and the same body with the same key.";
    /// The sums of the ledger are full.
    OutOfRange = "out-of-range", UNPROCESSABLE_ENTITY, "The amount is out of range",
        "Nothing was saved. The ledger's sums in this currency cannot take the amount.";
    /// The change needs a precondition.
    PreconditionRequired = "precondition-required", PRECONDITION_REQUIRED, "If-Match is required",
        "Nothing was changed. Send the payment's ETag as If-Match.";
    /// More was asked than is taken now.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Too busy",
        "Nothing was saved. Try again in a moment.";
    /// The server is stopping.
    Stopping = "stopping", SERVICE_UNAVAILABLE, "The server is stopping",
        "Nothing was saved. Try again in a moment.";
    /// The database does not answer.
    DatabaseUnavailable = "database-unavailable", SERVICE_UNAVAILABLE, "The database is not available",
        "Nothing was saved. Try again in a moment; what was saved before is safe.";
    /// Nobody knows whether the change was made.
    OutcomeUnknown = "outcome-unknown", SERVICE_UNAVAILABLE, "The outcome is not known",
        "The connection to the database was lost while it was saving: the request may or may not have been \
         carried out. Send it again with the same Idempotency-Key to find out; without one, look at the list first.";
    /// A fault of the program.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong in Hermes",
        "The request was not carried out. If it happens again, tell the operator the request id.";
}

/// After how many seconds it is worth trying again.
const RETRY_AFTER_S: u32 = 1;

impl ProblemCode {
    /// The code with a name on the wire.
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == code)
    }

    /// The code of a status that was set elsewhere, by a library.
    pub fn of_status(status: StatusCode) -> Self {
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
        (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S)
    }
}
