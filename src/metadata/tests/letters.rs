//! Invisible characters, and members that are equal in Salesforce.

use super::{GLOBAL, POLICIES, SETTINGS, field};
use crate::metadata::{Field, Kind};
use crate::metadata::{alike_members, member_problem, same_member, types, unseen};

#[test]
fn invisible_characters_are_found_with_name_and_position() {
    for (text, found) in [
        ("Shop\u{200B}App", "U+200B ZERO WIDTH SPACE at character 5"),
        ("\u{FEFF}Shop", "U+FEFF ZERO WIDTH NO-BREAK SPACE, the byte-order mark at character 1"),
        ("Sh\u{FEFF}op", "U+FEFF ZERO WIDTH NO-BREAK SPACE, the byte-order mark at character 3"),
        ("Shop\u{200D}", "U+200D ZERO WIDTH JOINER at character 5"),
        ("a\u{200C}b", "U+200C ZERO WIDTH NON-JOINER at character 2"),
        ("\u{202E}pohS", "U+202E RIGHT-TO-LEFT OVERRIDE at character 1"),
        ("Shop\u{200E}", "U+200E LEFT-TO-RIGHT MARK at character 5"),
        ("\u{2066}Shop\u{2069}", "U+2066 LEFT-TO-RIGHT ISOLATE at character 1"),
        ("Sh\u{AD}op", "U+00AD SOFT HYPHEN at character 3"),
        ("Sh\u{2060}op", "U+2060 WORD JOINER at character 3"),
        ("Sh\u{2028}op", "U+2028 LINE SEPARATOR at character 3"),
        ("Sh\u{85}op", "U+0085 a control character at character 3"),
        ("Sh\u{3164}op", "U+3164 HANGUL FILLER at character 3"),
        ("Shop\u{FE0F}", "U+FE0F VARIATION SELECTOR at character 5"),
        ("Shop\u{E0041}", "U+E0041 a tag character at character 5"),
        ("Shop\u{A0}", "U+00A0 NO-BREAK SPACE at character 5"),
        ("\u{A0}Shop", "U+00A0 NO-BREAK SPACE at character 1"),
        (" \u{202F} Shop", "U+202F NARROW NO-BREAK SPACE at character 2"),
        ("Shop\u{3000}", "U+3000 IDEOGRAPHIC SPACE at character 5"),
        ("é\u{200B}", "U+200B ZERO WIDTH SPACE at character 2"),
    ] {
        assert_eq!(unseen(text).map(|unseen| unseen.to_string()).as_deref(), Some(found), "{text:?}");
    }
}

#[test]
fn invisible_characters_with_a_function_are_allowed() {
    for text in [
        "",
        "Shop",
        " edges ",
        "a\tb\nc",
        "Café ☕",
        "prix\u{A0}: 5\u{A0}€",
        "👩\u{200D}👩\u{200D}👧 family",
        "❤\u{FE0F} and 1\u{FE0F}\u{20E3}",
        "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
        "می\u{200C}خواهم",
        "क\u{94D}\u{200D}ष",
        "\u{200F}שלום (Shop)\u{200E}",
        "\u{202B}مرحبا\u{202C}",
        "日本\u{3000}語",
    ] {
        assert_eq!(unseen(text), None, "{text:?}");
    }
}

#[test]
fn comma_separated_members_must_not_contain_commas_or_outer_whitespace() {
    let fields: Vec<&Field> = types::ALL.iter().flat_map(|kind| kind.fields).collect();
    let mut lists = 0;
    for field in fields.into_iter().filter(|field| matches!(field.kind, Kind::Commas)) {
        lists += 1;
        for (member, expected) in [
            ("Sales, EMEA", "[\"Sales\", \"EMEA\"]"),
            ("Sales,EMEA", "comma"),
            (",", "comma"),
            ("a,", "comma"),
            ("a\nb", "line break"),
            (" a", "whitespace"),
            ("a ", "whitespace"),
            (" ", "blank"),
        ] {
            let problem = member_problem(field, member).unwrap_or_else(|| panic!("{member:?} passes"));
            assert!(problem.contains(expected), "{member:?}: {problem}");
        }
        assert_eq!(member_problem(field, "Sales EMEA"), None);
    }
    assert!(lists >= 5, "{lists}");
    let secret = "hunter2-password, other";
    let problem = member_problem(field(&POLICIES, "profiles"), secret).unwrap();
    assert!(!problem.contains("hunter2") && !problem.contains("other"), "{problem}");
    let urls = field(&GLOBAL, "callback_urls");
    assert!(member_problem(urls, "https://a/\nhttps://b/").unwrap().contains("line break"));
    assert_eq!(member_problem(urls, "https://a/?x=1,2"), None);
}

#[test]
fn members_that_differ_only_in_case_are_reported() {
    let sets = field(&POLICIES, "permission_sets");
    for (one, other, same) in [
        ("Shop_Customer", "shop_customer", true),
        ("Shop_Customer", "Shop_Customers", false),
        ("0PS000000000001", "0PS000000000001GAA", true),
        ("0PSa00000000001", "0PSA00000000001", false),
    ] {
        assert_eq!(same_member(sets, one, other).is_some(), same, "{one} {other}");
        assert_eq!(same_member(sets, other, one).is_some(), same, "{other} {one}");
    }
    assert!(same_member(field(&POLICIES, "profiles"), "Sales", "SALES").is_some());
    assert!(same_member(field(&SETTINGS, "custom_scopes"), "orders", "Orders").is_some());
    let (urls, attributes) = (field(&GLOBAL, "callback_urls"), field(&SETTINGS, "custom_attributes"));
    assert_eq!(same_member(urls, "https://a.example/x", "https://A.example/x"), None);
    assert!(alike_members(urls, "https://a.example/x", "https://A.example/x").is_some());
    assert_eq!(alike_members(urls, "https://a.example/x", "https://a.example/X"), None);
    assert!(alike_members(attributes, "country", "Country").is_some());
    assert_eq!(alike_members(attributes, "country", "county"), None);
}
