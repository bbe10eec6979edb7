//! No rule without a case: every reason that the emulator refuses with stands in its sources, and a piece of it in the
//! words that some test expects. Reading sources is crude, and it is enough: whoever adds a rule is told to break it.

use std::path::{Path, PathBuf};

/// Reasons without a case, each with why.
const EXCEPT: &[(&str, &str)] = &[
    (
        "LIMIT_EXCEEDED: Maximum size of content is 600 MB",
        "packing and unpacking them takes minutes in a build for tests",
    ),
    ("Maximum size of request reached.", "the connection ends while the client still sends"),
    ("the connection is broken on purpose", "what a planned fault does; no client sees the words"),
    ("The user is gone", "a job whose user the state file no longer has"),
    ("No user", "a session whose user the state file no longer has"),
];

/// Texts that are not reasons.
const NOT_REASONS: &[&str] = &[
    "Developer Edition",
    "Holder {holder} of {}",
    "API {version}",
    "Bearer {token}",
    "web api",
    "not nested",
    "-----BEGIN CERTIFICATE-----",
    "-----END CERTIFICATE-----",
];

#[test]
fn every_reason_to_refuse_has_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut expected: Vec<String> = Vec::new();
    for path in sources(&root.join("tests")) {
        if !path.ends_with("completeness.rs") {
            expected.extend(literals(&std::fs::read_to_string(path).unwrap()));
        }
    }
    let mut reasons = 0;
    let mut without = Vec::new();
    for path in sources(&root.join("src")) {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        // What people are told by the program, the admin's interface and the planned faults is no part of an org; the
        // site has a table of its gates, each with a test of its own.
        let is_apart = ["src/admin", "src/site", "src/main", "src/lib", "src/script", "src/credentials"];
        // The evidence, and the names of the seed.
        let is_data = ["src/behaviour.rs", "src/org.rs"];
        if is_apart.iter().chain(&is_data).any(|own| name.starts_with(own)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let (code, unit_tests) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        let own = literals(unit_tests);
        for reason in literals(code).iter().filter(|literal| is_reason(literal)) {
            reasons += 1;
            let has_case = pieces(reason).iter().any(|piece| {
                expected.iter().chain(&own).any(|words| {
                    // Either may be the longer one: a case names a part, or has more around it.
                    (words.len() >= 8 && piece.contains(words.as_str())) || words.contains(piece.as_str())
                })
            });
            let is_excepted = EXCEPT.iter().any(|(excepted, _)| excepted == reason);
            if has_case == is_excepted {
                without.push(format!("{name}: {reason}"));
            }
        }
    }
    eprintln!("{reasons} reasons to refuse, {} without a case", EXCEPT.len());
    assert!(without.is_empty(), "no case, or excepted for nothing:\n{}", without.join("\n"));
    assert!(reasons > 150, "{reasons}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// A sentence, not a name, a format or a piece of XML.
fn is_reason(literal: &str) -> bool {
    let words = literal.trim();
    words.contains(' ')
        && !words.contains('<')
        && !NOT_REASONS.contains(&words)
        && pieces(literal).iter().any(|piece| piece.contains(' '))
}

/// The parts between the placeholders that are long enough to tell something.
fn pieces(literal: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut depth = 0;
    for letter in literal.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => {
                depth -= 1;
                pieces.push(String::new());
            }
            other if depth == 0 => pieces.last_mut().unwrap().push(other),
            _ => {}
        }
    }
    let trimmed =
        pieces.iter().map(|piece| piece.trim_matches([' ', ',', '.', ':', ';', '\'', '"']).to_string());
    trimmed.filter(|piece| piece.len() >= 8).collect()
}

/// The texts in quotes of a source file. Comments are skipped; raw texts count like others.
fn literals(source: &str) -> Vec<String> {
    let letters: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        match letters[at] {
            '/' if letters.get(at + 1) == Some(&'/') => {
                while at < letters.len() && letters[at] != '\n' {
                    at += 1;
                }
            }
            // A character, perhaps a quotation mark; not a lifetime.
            '\'' if letters.get(at + 1) == Some(&'\\') => at += 3,
            '\'' if letters.get(at + 2) == Some(&'\'') => at += 2,
            '"' => {
                let mut text = String::new();
                at += 1;
                while at < letters.len() && letters[at] != '"' {
                    if letters[at] == '\\' {
                        at += 1;
                        if letters.get(at) == Some(&'\n') {
                            while letters.get(at + 1).is_some_and(|next| next.is_whitespace()) {
                                at += 1;
                            }
                        } else {
                            text.extend(letters.get(at));
                        }
                    } else {
                        text.push(letters[at]);
                    }
                    at += 1;
                }
                found.push(text);
            }
            _ => {}
        }
        at += 1;
    }
    found
}
