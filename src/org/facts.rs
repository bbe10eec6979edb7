//! Facts about the session.

use crate::metadata::long_id;
use crate::record_id;

/// The org and the user of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// The org's 15-character ID, which is case-sensitive.
    pub org_id: String,
    /// The org's 18-character ID.
    pub org_id_18: String,
    /// The user's ID. Empty if Salesforce did not return it.
    pub user_id: String,
    /// 62 stands for 62.0.
    pub api_version: u16,
    /// The base URL of the org's APIs, without a trailing slash.
    pub instance: String,
}

impl SessionFacts {
    pub fn new(org_id: &str, user_id: &str, api_version: u16, instance: &str) -> SessionFacts {
        let short = record_id::short(org_id);
        SessionFacts {
            org_id_18: long_id(short).unwrap_or_default(),
            org_id: short.to_owned(),
            user_id: user_id.to_owned(),
            api_version,
            instance: instance.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_15_and_18_character_org_ids_are_derived_from_either_form() {
        for id in ["00D5g000004ABCd", "00D5g000004ABCdEAK"] {
            let facts = SessionFacts::new(id, "", 62, "");
            assert_eq!(facts.org_id, "00D5g000004ABCd");
            assert_eq!(facts.org_id_18.len(), 18);
        }
        assert_eq!(SessionFacts::new("001A0000006Vm9r", "", 62, "").org_id_18, "001A0000006Vm9rIAC");
        assert_eq!(SessionFacts::new("", "", 62, "").org_id_18, "");
    }
}
