//! `record_id_18`: the long form of a record ID. `metadata/record_id` defines the forms.

use crate::metadata::{echo, long_id};
use crate::provider::function_spec::{Fault, FunctionSpec, Parameter, text};
use crate::value::{Type, Value};

pub static SPEC: FunctionSpec = FunctionSpec {
    name: "record_id_18",
    summary: "The 18-character form of a Salesforce record ID",
    doc: "Returns a Salesforce record ID in its long form. Salesforce shows 15 characters in some places and 18 in \
          others. Terraform compares strings, so the two forms of one ID are different values.\n\nIf an ID has 15 \
          characters, the function appends the three missing characters, which encode the case of the letters. If an \
          ID has 18 characters, the function checks the last three. If all letters have the same case, as after an \
          export from a spreadsheet, the function restores the case from the last three characters. Any other ID is an \
          error.\n\nThe function does not call an org, so it does not check whether the record exists.",
    parameters: &[Parameter {
        name: "id",
        ty: Type::String,
        doc: "A record ID with 15 or 18 characters, of any object.",
    }],
    returns: || Type::String,
    call,
};

fn call(arguments: &[Value]) -> Result<Value, Fault> {
    let id = text(arguments, 0);
    match long_id(id) {
        Ok(long) => Ok(Value::text(long)),
        Err(problem) if id.is_empty() => Err(Fault::at(0, problem)),
        Err(problem) => Err(Fault::at(0, format!("{} is not a record ID. {problem}", echo(id)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(id: &str) -> Result<String, String> {
        match call(&[Value::text(id)]) {
            Ok(long) => Ok(long.as_text().unwrap().to_owned()),
            Err(fault) => {
                assert_eq!(fault.argument, Some(0), "{id}");
                Err(fault.text)
            }
        }
    }

    #[test]
    fn an_id_is_returned_with_18_characters() {
        for (id, long) in [
            ("001D000000IqhSL", "001D000000IqhSLIAZ"),
            ("001D000000IqhSLIAZ", "001D000000IqhSLIAZ"),
            // Only the suffix has lost its case.
            ("001D000000IqhSLiaz", "001D000000IqhSLIAZ"),
            // The first 15 characters, or all characters, have lost their case.
            ("001d000000iqhsliaz", "001D000000IqhSLIAZ"),
            ("001D000000IQHSLIAZ", "001D000000IqhSLIAZ"),
            ("001d000000iqhslIAZ", "001D000000IqhSLIAZ"),
            // The ID has only digits.
            ("000000000000001", "000000000000001AAA"),
            ("000000000000001aaa", "000000000000001AAA"),
            // All five bits of a suffix character are set, or none.
            ("ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNO555"),
            ("abcdefghijklmno", "abcdefghijklmnoAAA"),
            ("abcdefghijklmno555", "ABCDEFGHIJKLMNO555"),
            ("ABCDEFGHIJKLMNOAAA", "abcdefghijklmnoAAA"),
        ] {
            assert_eq!(called(id), Ok(long.to_owned()), "{id}");
            assert_eq!(called(long), Ok(long.to_owned()), "{long}");
        }
    }

    #[test]
    fn an_invalid_id_is_an_error_with_the_reason() {
        for (id, why) in [
            ("", "It is empty"),
            ("   ", "a space or a line break"),
            ("001D000000IqhSL\n", "a space or a line break"),
            (" 001D000000IqhSL", "a space or a line break"),
            ("001D000000IqhSLIA", "It has 17 characters"),
            ("001D000000IqhS", "It has 14 characters"),
            ("001D000000IqhSLIAZ1", "It has 19 characters"),
            ("001D000000Iqh-L", "the character '-'"),
            ("001D000000Iqhé", "the character 'é'"),
            ("Shop", "It has 4 characters"),
            // The mixed case does not match the suffix, and either may be wrong.
            ("001d000000IqhSLIAZ", "do not match the others"),
            ("001D000000IqhSLIAY", "do not match the others"),
            // A digit has no case.
            ("000000000000001BAA", "do not match the others"),
            // A suffix never contains the digits 6 to 9.
            ("001d000000iqhsl999", "do not match the others"),
        ] {
            let error = called(id).unwrap_err();
            assert!(error.contains(why), "{id}: {error}");
        }
    }

    #[test]
    fn a_session_id_is_not_quoted() {
        let error = called("00D000000000001!AQEAQ_secret").unwrap_err();
        assert!(!error.contains("AQEAQ"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn a_lost_case_is_restored(id in "[a-zA-Z0-9]{15}") {
            let long = called(&id).unwrap();
            proptest::prop_assert_eq!(called(&long), Ok(long.clone()));
            proptest::prop_assert_eq!(called(&long.to_ascii_lowercase()), Ok(long.clone()));
            proptest::prop_assert_eq!(called(&long.to_ascii_uppercase()), Ok(long));
        }

        #[test]
        fn arbitrary_texts_do_not_panic(id in "\\PC{0,24}") {
            let _ = called(&id);
        }
    }
}
