//! Reads of all apps with their files: each file is retrieved once, in few retrieves, and belongs to the app that it
//! names.

use super::*;

const KINDS: [&MetadataType; 5] = [APP, SETTINGS, GLOBAL, OAUTH_POLICIES, POLICIES];

/// Adds an app with the parts that Setup creates.
fn add_app(script: &Arc<Script>, app: &str) {
    script
        .file(APP, app, "<label>x</label>")
        .part(SETTINGS, &format!("{app}_oauth"), app)
        .part(GLOBAL, &format!("{app}_glbloauth"), app)
        .part(OAUTH_POLICIES, &format!("{app}_oauthPlcy"), app)
        .part(POLICIES, &format!("{app}_plcy"), app);
}

/// The inventory as one line for each app, such as `Shop: Shop Shop_oauth absent`.
async fn inventory_lines(
    org: &Org,
    kinds: &[&'static MetadataType],
    few: usize,
    needed: &[Vec<&'static MetadataType>],
) -> Vec<String> {
    let mut inventory = org.inventory(kinds, None).await.unwrap();
    let mut lines = Vec::new();
    while let Some(page) = inventory.next(few, needed).await.unwrap() {
        for (app, lookups) in page {
            let reported = match lookups {
                Ok(lookups) => lookups.iter().map(reported).collect::<Vec<_>>().join(" "),
                Err(error) => format!("error: {error}"),
            };
            lines.push(format!("{app}: {reported}"));
        }
    }
    lines
}

fn reported(lookup: &Lookup) -> String {
    match lookup {
        Lookup::Found(found) => found.component.key.full_name.clone(),
        Lookup::Absent { .. } => "absent".into(),
        Lookup::Hidden { why } => format!("(hidden: {why})"),
        Lookup::OtherCase { name } => format!("(named {name})"),
        Lookup::Several(names) => format!("(several: {})", names.join(" ")),
    }
}

#[tokio::test(start_paused = true)]
async fn five_thousand_apps_take_three_retrieves() {
    let (script, org) = script();
    for number in 0..5_000 {
        add_app(&script, &format!("Shop{number}"));
    }
    let lines = inventory_lines(&org, &KINDS, usize::MAX, &[vec![SETTINGS]]).await;
    assert_eq!(lines.len(), 5_000);
    assert!(lines.iter().all(|line| !line.contains("absent") && !line.contains('(')));
    assert_eq!((script.count("list"), script.count("retrieve")), (1, 3));
    assert_eq!(script.count("count"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_small_page_is_returned_when_requested() {
    let (script, org) = script();
    for number in 0..50 {
        add_app(&script, &format!("Shop{number}"));
    }
    let mut inventory = org.inventory(&[APP], None).await.unwrap();
    assert_eq!(inventory.next(3, &[]).await.unwrap().unwrap().len(), 3);
    assert_eq!(script.entries("retrieve"), [format!("retrieve {}:Shop0+Shop1+Shop10", APP.name)]);
    let only = BTreeSet::from(["Shop7".to_owned()]);
    let mut inventory = org.inventory(&[APP], Some(only)).await.unwrap();
    assert_eq!(inventory.next(3, &[]).await.unwrap().unwrap().len(), 1);
    assert!(inventory.next(3, &[]).await.unwrap().is_none());
}

/// The files of an org, and the expected inventory.
struct Row {
    name: &'static str,
    files: &'static [(&'static MetadataType, &'static str, &'static str)],
    expected: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row {
        name: "names that do not indicate an app",
        files: &[(APP, "Shop", ""), (SETTINGS, "Zz9", "Shop"), (POLICIES, "P1", "Shop")],
        expected: &["Shop: Shop Zz9 absent absent P1"],
    },
    Row {
        name: "the same name for all files",
        files: &[(APP, "Shop", ""), (SETTINGS, "Shop", "Shop"), (GLOBAL, "Shop", "Shop")],
        expected: &["Shop: Shop Shop Shop absent absent"],
    },
    Row {
        name: "the usual name of another app's part, in an app that is read earlier",
        files: &[
            (APP, "Shop", ""),
            (APP, "Shop_oauth", ""),
            (SETTINGS, "Shop_oauth", "Shop"),
            (GLOBAL, "Shop_oauth_glbloauth", "Shop"),
            (SETTINGS, "Other", "Shop_oauth"),
        ],
        expected: &[
            "Shop_oauth: Shop_oauth Other absent absent absent",
            "Shop: Shop Shop_oauth Shop_oauth_glbloauth absent absent",
        ],
    },
    Row {
        name: "the usual name of another app's part, in an app that is read later",
        files: &[(APP, "A", ""), (APP, "B", ""), (SETTINGS, "A_oauth", "B")],
        expected: &["A: A absent absent absent absent", "B: B A_oauth absent absent absent"],
    },
    Row {
        name: "two parts of one type",
        files: &[(APP, "A", ""), (SETTINGS, "A_oauth", "A"), (SETTINGS, "A_more", "A")],
        expected: &["A: A (several: A_more A_oauth) absent absent absent"],
    },
    Row {
        name: "a part that names an app that the org does not list",
        files: &[(APP, "A", ""), (SETTINGS, "A_oauth", "Gone")],
        expected: &[
            "A: error: ExtlClntAppOauthSettings A_oauth: externalClientApplication is Gone, but the org does not \
             list that app",
        ],
    },
    Row {
        name: "the policies of an installed app",
        files: &[(APP, "acme__A", ""), (OAUTH_POLICIES, "acme__A_oauthPlcy", "acme__A")],
        expected: &["acme__A: acme__A absent absent acme__A_oauthPlcy absent"],
    },
];

#[tokio::test(start_paused = true)]
async fn a_part_belongs_to_the_app_that_its_file_names() {
    for row in ROWS {
        for few in [1, 2, 100] {
            let (script, org) = script();
            for (kind, name, owner) in row.files {
                match owner.is_empty() {
                    true => script.file(kind, name, "<label>x</label>"),
                    false => script.part(kind, name, owner),
                };
            }
            let mut lines = inventory_lines(&org, &KINDS, few, &[]).await;
            let mut expected: Vec<String> = row.expected.iter().map(|line| (*line).to_owned()).collect();
            lines.sort();
            expected.sort();
            assert_eq!(lines, expected, "{}, {few} at a time", row.name);
            // Each file is requested once.
            let asked: usize = script
                .entries("retrieve")
                .iter()
                .flat_map(|call| call.split([':', '+', ' ']).map(str::to_owned).collect::<Vec<_>>())
                .filter(|word| row.files.iter().any(|(_, name, _)| name == word))
                .count();
            assert_eq!(asked, row.files.len(), "{}: {:?}", row.name, script.entries("retrieve"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_without_a_needed_part_is_not_retrieved() {
    let (script, org) = script();
    add_app(&script, "A");
    script.file(APP, "Bare", "<label>x</label>");
    let lines = inventory_lines(&org, &KINDS, 100, &[vec![SETTINGS]]).await;
    assert_eq!(lines, ["A: A A_oauth A_glbloauth A_oauthPlcy A_plcy"]);
    assert!(!script.entries("retrieve").concat().contains("Bare"));
}

/// The policies of an installed app belong to the org, so their names look like those of one of the org's own apps with
/// the same name.
#[tokio::test(start_paused = true)]
async fn policies_of_installed_and_own_apps_with_the_same_name_are_distinguished() {
    for only in [None, Some(BTreeSet::from(["acme__Shop".to_owned()]))] {
        let (script, org) = script();
        add_app(&script, "Shop");
        script.file(APP, "acme__Shop", "<label>x</label>").part(POLICIES, "Shop_defaultPolicy", "acme__Shop");
        let all = only.is_none();
        let mut inventory = org.inventory(&[OAUTH_POLICIES, POLICIES], only).await.unwrap();
        let mut lines = Vec::new();
        while let Some(page) = inventory.next(1, &[vec![OAUTH_POLICIES, POLICIES]]).await.unwrap() {
            for (app, lookups) in page {
                lines.push(format!(
                    "{app}: {}",
                    lookups.unwrap().iter().map(reported).collect::<Vec<_>>().join(" ")
                ));
            }
        }
        let own = all.then(|| "Shop: Shop_oauthPlcy Shop_plcy".to_owned());
        let expected: Vec<String> =
            own.into_iter().chain(["acme__Shop: absent Shop_defaultPolicy".to_owned()]).collect();
        assert_eq!(lines, expected);
    }
}

/// No name suggests that B has settings.
#[tokio::test(start_paused = true)]
async fn settings_that_are_named_after_another_app_are_found() {
    for few in [1, 100] {
        let (script, org) = script();
        script.file(APP, "A", "<label>x</label>").file(APP, "B", "<label>x</label>");
        script.part(SETTINGS, "A_oauth", "B");
        let lines = inventory_lines(&org, &[APP, SETTINGS], few, &[vec![SETTINGS]]).await;
        assert_eq!(lines, ["A: A absent", "B: B A_oauth"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_listed_component_that_is_not_returned_is_hidden() {
    let (script, org) = script();
    add_app(&script, "A");
    script.file(APP, "B", "<label>x</label>");
    script.with(|state| state.listed_only.push(properties(SETTINGS, "B_oauth")));
    let lines = inventory_lines(&org, &[APP, SETTINGS], 100, &[vec![SETTINGS]]).await;
    assert_eq!(
        lines,
        [
            "A: A A_oauth",
            "B: B (hidden: the org lists ExtlClntAppOauthSettings B_oauth but does not return it)"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_type_does_not_hide_others() {
    let (script, org) = script();
    add_app(&script, "A");
    script.with(|state| state.rejected.push(GLOBAL.name));
    let lines = inventory_lines(&org, &[APP, SETTINGS, GLOBAL], 100, &[]).await;
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].starts_with("A: A A_oauth (hidden: ExtlClntAppGlobalOauthSettings cannot be read"),
        "{lines:?}"
    );
}

/// A query may return an app before a list does.
#[tokio::test(start_paused = true)]
async fn an_app_that_is_not_listed_yet_is_retrieved_by_the_usual_names() {
    let (script, org) = script();
    add_app(&script, "New");
    script.with(|state| state.unlisted = true);
    let only = BTreeSet::from(["New".to_owned(), "Gone".to_owned()]);
    let mut inventory = org.inventory(&[APP, SETTINGS], Some(only)).await.unwrap();
    let page = inventory.next(10, &[vec![SETTINGS]]).await.unwrap().unwrap();
    let lines: Vec<String> = page
        .iter()
        .map(|(app, lookups)| {
            let lookups = lookups.as_ref().unwrap();
            format!("{app}: {}", lookups.iter().map(reported).collect::<Vec<_>>().join(" "))
        })
        .collect();
    assert_eq!(lines, ["Gone: absent absent", "New: New New_oauth"]);
}

#[tokio::test(start_paused = true)]
async fn an_org_that_does_not_list_apps_is_an_error() {
    let (script, org) = script();
    add_app(&script, "A");
    script.with(|state| state.list_fails = Some(fault(Call::ListMetadata, "INSUFFICIENT_ACCESS")));
    let Err(error) = org.inventory(&KINDS, None).await else { panic!("the apps are hidden") };
    assert!(error.to_string().contains("INSUFFICIENT_ACCESS"), "{error}");
}
