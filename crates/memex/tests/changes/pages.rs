//! Manual pages and completion cover every command.

use std::path::Path;

use crate::scene::Scene;

/// The names of all commands, by their golden help: `dream-start`.
fn commands() -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/help");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let names = std::fs::read_dir(dir).unwrap().map(name);
    let names: Vec<_> = names.map(|name| name.trim_end_matches(".txt").to_owned()).collect();
    assert!(names.len() >= 54, "{names:?}");
    names
}

#[tokio::test]
async fn every_command_has_a_manual_page_with_its_examples() {
    let scene = Scene::new().await;
    let told = scene.json(&["man", "--dir", "man/man1"]).await;
    for name in commands() {
        let page = if name == "memex" { "memex.1".to_owned() } else { format!("memex-{name}.1") };
        assert!(told["files"].as_array().unwrap().contains(&page.as_str().into()), "{page} in {told}");
        let text = std::fs::read_to_string(scene.at("man/man1").join(&page)).unwrap();
        for section in [".TH ", ".SH NAME", ".SH SYNOPSIS", "Examples:"] {
            let section = if section == "Examples:" && name != "memex" { ".SH EXAMPLES\n.nf\n" } else { section };
            assert!(text.contains(section), "{page} has no {section}");
        }
    }
    let ran = scene.run(&["man", "dream", "start"]).await;
    assert!(ran.code == 0 && ran.out.contains("memex\\-dream\\-start"), "{ran:?}");
    assert_eq!(scene.run(&["man", "nothing"]).await.code, 2);
}

#[tokio::test]
async fn every_shells_completion_knows_every_command() {
    let scene = Scene::new().await;
    for shell in ["bash", "zsh", "fish"] {
        let script = scene.run(&["completion", shell]).await.out;
        for name in commands() {
            let last = name.rsplit('-').next().unwrap();
            let known = match shell {
                "bash" => script.contains(&format!("cmd=\"memex__subcmd__{}\"", name.replace('-', "__subcmd__"))),
                "zsh" => script.contains(&format!("({last})")),
                _ => script.contains(&format!("-a \"{last}\"")),
            };
            assert!(known || name == "memex", "{shell} does not know {name}");
        }
    }
}
