//! Scopes: what an API key may do.

use std::fmt;

macro_rules! scopes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// A right that a key can have. Each route requires one scope, unless it is public.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Scope {
            /// Every scope, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns the name on the wire, such as `bookings:read`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Returns what the scope allows, for people.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

scopes! {
    /// Read bookings, totals and the dashboard.
    BookingsRead = "bookings:read";
    /// Book a payment, and renew the link of its page.
    BookingsWrite = "bookings:write";
    /// Correct a payment.
    BookingsCorrect = "bookings:correct";
    /// Cancel a payment.
    BookingsCancel = "bookings:cancel";
    /// Read receipts, refunds, statements and matches.
    ReceiptsRead = "receipts:read";
    /// Record a receipt, and allocate it to the named payment.
    ReceiptsWrite = "receipts:write";
    /// Allocate, un-allocate and reverse receipts, and write off differences.
    ReceiptsSettle = "receipts:settle";
    /// Import bank statements, and undo imports.
    StatementsWrite = "statements:write";
    /// Accept and reject matches.
    MatchesWrite = "matches:write";
    /// Request a refund.
    RefundsRequest = "refunds:request";
    /// Approve refunds, and mark refunds as sent or failed.
    RefundsApprove = "refunds:approve";
    /// Read the audit log.
    AuditRead = "audit:read";
    /// Read the event feed.
    EventsRead = "events:read";
    /// Create, rotate and revoke keys.
    AccessManage = "access:manage";
    /// Read the state of the cache, and the metrics.
    OpsRead = "ops:read";
    /// Warm the cache.
    OpsWrite = "ops:write";
}

impl Scope {
    /// Finds the scope with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A set of scopes. Its text is their names in the order of [`Scope::ALL`], separated by spaces (RFC 6749 section 3.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeSet(Vec<Scope>);

/// A name that no scope has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope `{0}`")]
pub struct UnknownScope(pub String);

impl ScopeSet {
    /// Parses names separated by white space. An empty text is the empty set.
    ///
    /// # Errors
    /// Returns the first name that no scope has.
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        let find = |name: &str| Scope::find(name).ok_or_else(|| UnknownScope(name.to_owned()));
        text.split_whitespace().map(find).collect()
    }

    /// Returns whether the set contains a scope.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Returns whether the set is empty.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the scopes in order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_one_text_whatever_the_order_of_its_names() {
        let set = ScopeSet::parse("  events:read bookings:read\tevents:read").unwrap();
        assert_eq!(set.to_string(), "bookings:read events:read");
        assert_eq!(ScopeSet::parse(&set.to_string()).unwrap(), set);
        assert!(set.contains(Scope::EventsRead) && !set.contains(Scope::OpsRead));
    }

    #[test]
    fn an_unknown_name_is_an_error_that_names_it() {
        let error = ScopeSet::parse("bookings:read bookings:*").unwrap_err();
        assert_eq!(error.to_string(), "there is no scope `bookings:*`");
    }

    #[test]
    fn every_scope_is_found_by_its_name() {
        for scope in Scope::ALL {
            assert_eq!(Scope::find(scope.as_str()), Some(*scope));
            assert!(scope.description().ends_with('.'));
        }
    }
}
