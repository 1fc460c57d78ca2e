//! SeaORM entities, the ledger store and the readers.
