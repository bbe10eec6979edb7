//! The meaning of Salesforce's messages that have no code. Each known message has a row, with its source.
//!
//! The messages are not documented and may be in a language other than English. If a message is not recognized, the
//! provider relies on codes, lists and reads. Login errors are in `classify.rs`. Dependencies between resources are
//! found by the names of elements (`provider/rejection_cause.rs`).

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Other changes lock the component or the org.
    Locked,
    Temporary,
    /// An internal error in Salesforce.
    InternalError,
    /// The component to delete does not exist.
    AlreadyDeleted,
    /// The app, or another object that a file names, does not exist.
    MissingReference,
    /// A file is not visible, or could not be read.
    Unreadable,
    /// A component that was requested by name does not exist.
    NotFound,
    NotAllowed,
    /// The app already has a component of this type, with another name.
    Duplicate,
    NoOauthSettings,
    /// Access to secrets through the REST API is disabled in the org or for this user.
    CredentialsOff,
}

struct KnownMessage {
    meaning: Meaning,
    /// The strings that the message contains, in lowercase. The comparison ignores case.
    has: &'static [&'static str],
    /// Whether the message must begin with the first string.
    begins: bool,
    evidence: &'static str,
}

const fn message(meaning: Meaning, has: &'static [&'static str], evidence: &'static str) -> KnownMessage {
    KnownMessage { meaning, has, begins: false, evidence }
}

const MESSAGES: &[KnownMessage] = &[
    message(Meaning::Locked, &["unable_to_lock_row"], "illuminated cloud#1539"),
    message(
        Meaning::Locked,
        &["unable to obtain exclusive access to this record"],
        "CumulusCI's package installer; tests of the Salesforce CLI",
    ),
    message(Meaning::Locked, &["admin operation already in progress"], "forcedotcom/cli#645"),
    message(
        Meaning::Locked,
        &["temporarily lock your organization"],
        "CumulusCI#218; illuminated cloud#330, #488",
    ),
    message(Meaning::Temporary, &["unexpected internal servlet state"], "source-deploy-retrieve; salto#3242"),
    message(
        Meaning::Temporary,
        &["unable to complete the creation of the query cursor"],
        "source-deploy-retrieve",
    ),
    message(Meaning::Temporary, &["failed while fetching query cursor data"], "source-deploy-retrieve"),
    message(Meaning::Temporary, &["system may be currently unavailable"], "salto#3242"),
    message(Meaning::Temporary, &["unknown_error: retry your request"], "salto#2834"),
    message(Meaning::Temporary, &["security policies took too long to evaluate"], "salto#5689"),
    message(
        Meaning::Temporary,
        &["unable to obtain exclusive access to this record"],
        "illuminated cloud#1539",
    ),
    message(Meaning::InternalError, &["unknown_exception"], "many reports of deploys, with an ErrorId"),
    message(
        Meaning::InternalError,
        &["unexpected error has occurred"],
        "many reports of deploys, with an ErrorId",
    ),
    KnownMessage {
        meaning: Meaning::AlreadyDeleted,
        has: &["no ", " named"],
        begins: true,
        evidence: "source-deploy-retrieve's check of deletions: \"No ExternalClientApplication named: Shop found\"",
    },
    message(
        Meaning::MissingReference,
        &["cross_reference"],
        "the code of the SOAP API, in component problems",
    ),
    message(Meaning::MissingReference, &["cross reference"], "the code's words, in component problems"),
    message(
        Meaning::MissingReference,
        &["no externalclientapplication named"],
        "the same form as for deletions; not confirmed",
    ),
    message(
        Meaning::MissingReference,
        &["externalclientapplication", "cannot be found"],
        "the form of retrieves; not confirmed",
    ),
    message(Meaning::MissingReference, &["externalclientapplication", "not found"], "not confirmed"),
    message(Meaning::MissingReference, &["externalclientapplication", "does not exist"], "not confirmed"),
    message(Meaning::MissingReference, &["external client app", "cannot be found"], "not confirmed"),
    message(Meaning::MissingReference, &["external client app", "not found"], "not confirmed"),
    message(Meaning::MissingReference, &["external client app", "does not exist"], "not confirmed"),
    message(
        Meaning::NotFound,
        &["cannot be found"],
        "forcedotcom/cli#7: \"Entity of type 'T' named 'N' cannot be found\"",
    ),
    message(Meaning::Unreadable, &["insufficient"], "the code INSUFFICIENT_ACCESS, in messages of retrieves"),
    message(Meaning::Unreadable, &["permission"], "messages of retrieves; not confirmed for these types"),
    message(Meaning::Unreadable, &["no access"], "messages of retrieves; not confirmed for these types"),
    message(Meaning::Unreadable, &["load of meta data from db failed"], "sfdcCommander#16"),
    message(Meaning::NotAllowed, &["insufficient_access"], "the code of the SOAP API, in component problems"),
    message(Meaning::NotAllowed, &["insufficient access"], "the code's words, in component problems"),
    message(Meaning::Duplicate, &["duplicate value found"], "the code DUPLICATE_VALUE's words"),
    message(
        Meaning::NoOauthSettings,
        &["valid oauth settings"],
        "reported for policies of apps without OAuth settings",
    ),
    message(Meaning::CredentialsOff, &["not currently enabled"], "sfdx-hardis, of the staged credentials"),
    message(Meaning::CredentialsOff, &["feature is not enabled"], "sfdx-hardis, of the staged credentials"),
    message(
        Meaning::CredentialsOff,
        &["not enabled for this user"],
        "sfdx-hardis, of the staged credentials",
    ),
];

pub fn means(text: &str, meaning: Meaning) -> bool {
    let text = text.to_ascii_lowercase();
    let matches = |row: &&KnownMessage| {
        row.meaning == meaning
            && row.has.iter().all(|words| text.contains(words))
            && (!row.begins || row.has.first().is_some_and(|words| text.starts_with(words)))
    };
    let found = MESSAGES.iter().find(matches);
    if let Some(row) = found {
        tracing::trace!(?meaning, evidence = row.evidence, "message recognized");
    }
    found.is_some()
}

/// The first of these meanings that a message has.
pub fn meaning(text: &str, of: &[Meaning]) -> Option<Meaning> {
    of.iter().copied().find(|meaning| means(text, *meaning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_in_lower_case_and_has_its_evidence() {
        for row in MESSAGES {
            assert!(!row.evidence.is_empty() && !row.has.is_empty(), "{:?}", row.has);
            assert!(row.has.iter().all(|words| **words == words.to_ascii_lowercase()), "{:?}", row.has);
            let text = row.has.join(" … ");
            assert!(means(&text, row.meaning), "{text}");
        }
    }

    #[test]
    fn the_message_for_a_missing_component_starts_with_no() {
        assert!(means("No ExternalClientApplication named: Shop found", Meaning::AlreadyDeleted));
        assert!(!means("There is No app named Shop", Meaning::AlreadyDeleted));
    }
}
