//! The points, by their names.

/// A moment in the life of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The request was read and understood.
    AfterParse,
    /// The command is in the lane's queue.
    AfterQueueing,
    /// The batch's payments are written, and nothing else of it.
    AfterFirstInsert,
    /// The batch is written.
    BeforeCommit,
    /// COMMIT is on its way to the database, which has not answered.
    CommitSent,
    /// The database has answered.
    AfterCommit,
    /// Every read shows the booking.
    AfterBump,
    /// The answer is ready to be sent.
    BeforeReply,
    /// The event is in the stream, and the relay has not noted it.
    AfterXadd,
}

impl Point {
    /// All of them, in the order in which a booking passes them; the last one only where there is a stream.
    pub const ALL: [Self; 9] = [
        Self::AfterParse,
        Self::AfterQueueing,
        Self::AfterFirstInsert,
        Self::BeforeCommit,
        Self::CommitSent,
        Self::AfterCommit,
        Self::AfterBump,
        Self::BeforeReply,
        Self::AfterXadd,
    ];

    /// Its name, as the variable has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AfterParse => "after-parse",
            Self::AfterQueueing => "after-queueing",
            Self::AfterFirstInsert => "after-first-insert",
            Self::BeforeCommit => "before-commit",
            Self::CommitSent => "commit-sent",
            Self::AfterCommit => "after-commit",
            Self::AfterBump => "after-bump",
            Self::BeforeReply => "before-reply",
            Self::AfterXadd => "after-xadd",
        }
    }
}
