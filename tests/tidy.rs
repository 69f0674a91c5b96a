//! Tidiness: who uses whom, and what must not stand in the code.
#![expect(clippy::disallowed_methods, reason = "these tests read the source")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each stage and the stages it may name.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("durable", &[]),
    ("example", &[]),
    ("ledger", &["domain"]),
    ("matching", &["domain"]),
    ("rules", &["domain", "matching"]),
    ("pipeline", &["domain", "ledger", "matching", "rules"]),
    ("period", &["domain", "ledger", "matching", "rules", "pipeline"]),
    ("investigation", &["domain", "ledger", "matching", "rules", "pipeline"]),
    ("archive", &["domain", "ledger", "matching", "rules", "pipeline", "period", "investigation", "durable"]),
    ("report", &["domain", "ledger", "matching", "rules", "pipeline", "period", "investigation"]),
    (
        "cli",
        &[
            "domain",
            "ledger",
            "matching",
            "rules",
            "pipeline",
            "period",
            "investigation",
            "archive",
            "report",
            "durable",
            "example",
        ],
    ),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the project") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn stage_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).expect("below src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn dependencies_point_one_way() {
    for path in sources(&root().join("src")) {
        let stage = stage_of(&path);
        if stage == "main" || stage == "lib" {
            continue;
        }
        let (_, may) = MAY_USE
            .iter()
            .find(|(name, _)| *name == stage)
            .unwrap_or_else(|| panic!("{} belongs to no stage", path.display()));
        let text = fs::read_to_string(&path).expect("text");
        for (other, _) in MAY_USE.iter().filter(|(other, _)| *other != stage && !may.contains(other)) {
            let named = format!("crate::{other}");
            assert!(!text.contains(&named), "{} must not name {named}", path.display());
        }
    }
}

#[test]
fn no_binary_fractions_near_money() {
    for path in sources(&root().join("src")) {
        // A workbook has no other numbers: what they cannot hold is written as text there.
        if path.ends_with("render/workbook.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        for word in ["f64", "f32"] {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn only_the_border_touches_files() {
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(&path).expect("text");
        if !["cli", "archive", "durable"].contains(&stage_of(&path).as_str()) {
            assert!(!text.contains("std::fs") && !text.contains("std::env"), "{}", path.display());
        }
    }
}

#[test]
fn two_modules_name_polars() {
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(&path).expect("text");
        let names = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("polars"));
        let may = ["archive/parquet.rs", "archive/sql.rs"].iter().any(|of| path.ends_with(of));
        assert_eq!(names, may, "{}", path.display());
    }
}

/// What speaks HTTP, TLS or DNS. polars brings the runtime it waits with, which can open sockets; that no run opens one is
/// seen from outside, by `tests/trust/calls.py`.
#[test]
fn no_network_client_is_linked() {
    let clients = [
        "hyper",
        "reqwest",
        "rustls",
        "openssl",
        "native-tls",
        "h2",
        "quinn",
        "ureq",
        "curl",
        "hickory-resolver",
    ];
    let sockets = ["tokio", "mio", "socket2"];
    let forbidden =
        if cfg!(feature = "archive") { clients.to_vec() } else { [&clients[..], &sockets].concat() };
    let mut command = std::process::Command::new(env!("CARGO"));
    command.args([
        "tree",
        "--offline",
        "--locked",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    if !cfg!(feature = "archive") {
        command.arg("--no-default-features");
    }
    let tree = command.current_dir(root()).output().expect("cargo lists what is linked");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains("csv") && names.len() > 50, "{names:?}");
    assert!(forbidden.iter().all(|client| !names.contains(client)), "{names:?}");
}

#[test]
fn the_readmes_tables_are_current() {
    let mut readme = fs::read_to_string(root().join("README.md")).expect("text");
    for (name, command) in [
        ("ledgers", ["schemas", "list"]),
        ("rules", ["rules", "list"]),
        ("coverage", ["rules", "coverage"]),
        ("problems", ["problems", "list"]),
    ] {
        let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let from = readme.find(&start).expect("marker") + start.len();
        let to = readme.find(&end).expect("marker");
        let printed = std::process::Command::new(env!("CARGO_BIN_EXE_treasury-recon"))
            .args(command)
            .args(["--format", "markdown", "--lang", "en"])
            .output()
            .expect("runs");
        let printed = String::from_utf8(printed.stdout).expect("text");
        if std::env::var_os("UPDATE").is_some() {
            readme.replace_range(from..to, &printed);
        } else {
            assert_eq!(&readme[from..to], printed, "UPDATE=1 cargo test rewrites it");
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(root().join("README.md"), readme).expect("written");
    }
}
