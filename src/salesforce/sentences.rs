//! What Salesforce's sentences mean, where no code tells: all that is known, a row each, with where it comes from.
//!
//! Sentences are not documented and may be in another language; then nothing of this applies, and codes, lists and reads
//! decide. Not here: what a login says (`classify.rs`), and what one resource needs of another, which is found by the names of
//! elements (`provider/refusal.rs`).

/// What a sentence of Salesforce means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Somebody else holds the component or the org just now.
    Locked,
    /// Passes by itself.
    Temporary,
    /// The org does not know itself what happened.
    InternalError,
    /// What was to be deleted is not there.
    AlreadyDeleted,
    /// The app, or something else that a file names, is not there.
    MissingReference,
    /// A file may not be seen, or could not be read.
    Unreadable,
    /// A component that was asked for by name is not there.
    NotFound,
    /// The user lacks a permission.
    NotAllowed,
    /// The org has a component of the kind for the app, under another name.
    Duplicate,
    /// The app has no OAuth settings.
    NoOauthSettings,
    /// The org does not let secrets be read by REST, or not this user.
    CredentialsOff,
}

/// A sentence, or what is telling of it.
struct Sentence {
    means: Meaning,
    /// All of these stand in it, whatever their case,
    has: &'static [&'static str],
    /// at its start, if this is set.
    begins: bool,
    evidence: &'static str,
}

const fn says(means: Meaning, has: &'static [&'static str], evidence: &'static str) -> Sentence {
    Sentence { means, has, begins: false, evidence }
}

const SENTENCES: &[Sentence] = &[
    says(Meaning::Locked, &["unable_to_lock_row"], "illuminated cloud#1539"),
    says(
        Meaning::Locked,
        &["unable to obtain exclusive access to this record"],
        "CumulusCI's package installer; tests of the Salesforce CLI",
    ),
    says(Meaning::Locked, &["admin operation already in progress"], "forcedotcom/cli#645"),
    says(
        Meaning::Locked,
        &["temporarily lock your organization"],
        "CumulusCI#218; illuminated cloud#330, #488",
    ),
    says(Meaning::Temporary, &["unexpected internal servlet state"], "source-deploy-retrieve; salto#3242"),
    says(
        Meaning::Temporary,
        &["unable to complete the creation of the query cursor"],
        "source-deploy-retrieve",
    ),
    says(Meaning::Temporary, &["failed while fetching query cursor data"], "source-deploy-retrieve"),
    says(Meaning::Temporary, &["system may be currently unavailable"], "salto#3242"),
    says(Meaning::Temporary, &["unknown_error: retry your request"], "salto#2834"),
    says(Meaning::Temporary, &["security policies took too long to evaluate"], "salto#5689"),
    says(Meaning::Temporary, &["unable to obtain exclusive access to this record"], "illuminated cloud#1539"),
    says(Meaning::InternalError, &["unknown_exception"], "many reports of deploys, with an ErrorId"),
    says(
        Meaning::InternalError,
        &["unexpected error has occurred"],
        "many reports of deploys, with an ErrorId",
    ),
    Sentence {
        means: Meaning::AlreadyDeleted,
        has: &["no ", " named"],
        begins: true,
        evidence: "source-deploy-retrieve's check of deletions: \"No ExternalClientApplication named: Shop found\"",
    },
    says(Meaning::MissingReference, &["cross_reference"], "the code of the SOAP API, in component problems"),
    says(Meaning::MissingReference, &["cross reference"], "the code's words, in component problems"),
    says(
        Meaning::MissingReference,
        &["no externalclientapplication named"],
        "the same form as for deletions; not confirmed",
    ),
    says(
        Meaning::MissingReference,
        &["externalclientapplication", "cannot be found"],
        "the form of retrieves; not confirmed",
    ),
    says(Meaning::MissingReference, &["externalclientapplication", "not found"], "not confirmed"),
    says(Meaning::MissingReference, &["externalclientapplication", "does not exist"], "not confirmed"),
    says(Meaning::MissingReference, &["external client app", "cannot be found"], "not confirmed"),
    says(Meaning::MissingReference, &["external client app", "not found"], "not confirmed"),
    says(Meaning::MissingReference, &["external client app", "does not exist"], "not confirmed"),
    says(
        Meaning::NotFound,
        &["cannot be found"],
        "forcedotcom/cli#7: \"Entity of type 'T' named 'N' cannot be found\"",
    ),
    says(Meaning::Unreadable, &["insufficient"], "the code INSUFFICIENT_ACCESS, in messages of retrieves"),
    says(Meaning::Unreadable, &["permission"], "messages of retrieves; not confirmed for these types"),
    says(Meaning::Unreadable, &["no access"], "messages of retrieves; not confirmed for these types"),
    says(Meaning::Unreadable, &["load of meta data from db failed"], "sfdcCommander#16"),
    says(Meaning::NotAllowed, &["insufficient_access"], "the code of the SOAP API, in component problems"),
    says(Meaning::NotAllowed, &["insufficient access"], "the code's words, in component problems"),
    says(Meaning::Duplicate, &["duplicate value found"], "the code DUPLICATE_VALUE's words"),
    says(
        Meaning::NoOauthSettings,
        &["valid oauth settings"],
        "reported for policies of apps without OAuth settings",
    ),
    says(Meaning::CredentialsOff, &["not currently enabled"], "sfdx-hardis, of the staged credentials"),
    says(Meaning::CredentialsOff, &["feature is not enabled"], "sfdx-hardis, of the staged credentials"),
    says(Meaning::CredentialsOff, &["not enabled for this user"], "sfdx-hardis, of the staged credentials"),
];

/// Whether a sentence of Salesforce means this.
pub fn means(text: &str, meaning: Meaning) -> bool {
    let text = text.to_ascii_lowercase();
    let says = |row: &&Sentence| {
        row.means == meaning
            && row.has.iter().all(|words| text.contains(words))
            && (!row.begins || row.has.first().is_some_and(|words| text.starts_with(words)))
    };
    let found = SENTENCES.iter().find(says);
    if let Some(row) = found {
        tracing::trace!(?meaning, evidence = row.evidence, "a sentence of the org is understood");
    }
    found.is_some()
}

/// What a sentence means, of these: the first that it does.
pub fn meaning(text: &str, of: &[Meaning]) -> Option<Meaning> {
    of.iter().copied().find(|meaning| means(text, *meaning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_in_small_letters_and_has_its_evidence() {
        for row in SENTENCES {
            assert!(!row.evidence.is_empty() && !row.has.is_empty(), "{:?}", row.has);
            assert!(row.has.iter().all(|words| **words == words.to_ascii_lowercase()), "{:?}", row.has);
            let sentence = row.has.join(" … ");
            assert!(means(&sentence, row.means), "{sentence}");
        }
    }

    #[test]
    fn a_deletion_of_what_is_gone_begins_with_no() {
        assert!(means("No ExternalClientApplication named: Shop found", Meaning::AlreadyDeleted));
        assert!(!means("There is No app named Shop", Meaning::AlreadyDeleted));
    }
}
