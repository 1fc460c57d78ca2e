//! The elements of a camt file that the reader uses, by local name.

/// Declares the enum of elements and the function that finds an element by its name.
macro_rules! tags {
    ($($tag:ident)*) => {
        /// An element, by its name in the schema.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(clippy::upper_case_acronyms, reason = "the names of the schema")]
        pub(super) enum Tag {
            Other,
            $($tag,)*
        }

        impl Tag {
            pub(super) fn of(local_name: &str) -> Self {
                match local_name {
                    $(stringify!($tag) => Self::$tag,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

tags! {
    Acct AcctSvcrRef AddtlNtryInf AddtlRmtInf AddtlTxInf Amt AmtDtls Bal BookgDt Btch Ccy Cd CdOrPrtry
    CdtDbtInd Cdtr CdtrAcct CdtrRefInf Dbtr DbtrAcct Document Dt DtTm EndToEndId
    IBAN Id InstrId Nm NbOfTxs Ntfctn Ntry NtryDtls Othr PgNb Prtry Pty
    Ref Refs RltdPties RmtInf RtrInf RvslInd Stmt StmtPgntn NtfctnPgntn Strd Sts Tp
    TxAmt TxDtls TxId UltmtCdtr UltmtDbtr Ustrd ValDt
}
