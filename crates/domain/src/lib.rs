//! Payments, money, fees, checks and the decisions of the ledger: pure.
