//! The settings' precedence, and that every mistake is told at once.

use std::collections::HashMap;
use std::fs;

use tempfile::TempDir;

use super::*;

/// A folder with a settings file, and the environment that leads to it.
struct Setup {
    folder: TempDir,
    env: HashMap<String, String>,
}

impl Setup {
    fn new(file: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, file).unwrap();
        let env = HashMap::from([("MEMEX_CONFIG".to_owned(), path.display().to_string())]);
        Self { folder, env }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    fn token_file(&self, token: &str) -> PathBuf {
        let path = self.folder.path().join(token);
        fs::write(&path, format!("{token}\n")).unwrap();
        path
    }

    fn load(&self, args: &ConnectionArgs) -> Result<Settings, String> {
        let loaded = Settings::load(args, |name| self.env.get(name).cloned());
        loaded.map_err(|mistakes| mistakes.to_string().replace(&self.folder.path().display().to_string(), "DIR"))
    }
}

const FILE: &str = "endpoint = \"http://file:1\"\ntoken = \"mx_file\"\nuser = \"file-user\"\n";

fn token(value: &str) -> Token {
    Token::new("test", value).unwrap()
}

#[test]
fn the_file_alone_is_enough() {
    let settings = Setup::new(FILE).load(&ConnectionArgs::default()).unwrap();
    assert_eq!((settings.endpoint.as_str(), settings.user.as_deref()), ("http://file:1", Some("file-user")));
    assert_eq!(settings.client.token(), Some(&token("mx_file")));
}

#[test]
fn the_environment_goes_before_the_file() {
    let setup = Setup::new(FILE).with("MEMEX_ENDPOINT", "http://env:1").with("MEMEX_TOKEN", "mx_env");
    let settings = setup.with("MEMEX_USER", "env-user").load(&ConnectionArgs::default()).unwrap();
    assert_eq!((settings.endpoint.as_str(), settings.user.as_deref()), ("http://env:1", Some("env-user")));
    assert_eq!(settings.client.token(), Some(&token("mx_env")));
}

#[test]
fn a_flag_goes_before_the_environment_and_a_token_file_before_a_token() {
    let setup = Setup::new(FILE).with("MEMEX_ENDPOINT", "http://env:1").with("MEMEX_TOKEN", "mx_env");
    let env_file = setup.token_file("mx_env_file");
    let setup = setup.with("MEMEX_TOKEN_FILE", &env_file.display().to_string());
    let settings = setup.load(&ConnectionArgs::default()).unwrap();
    assert_eq!(settings.client.token(), Some(&token("mx_env_file")));

    let token_file = Some(setup.token_file("mx_flag"));
    let args = ConnectionArgs { endpoint: Some("http://flag:1".to_owned()), token_file, ..ConnectionArgs::default() };
    let settings = setup.load(&args).unwrap();
    assert_eq!(settings.endpoint, "http://flag:1");
    assert_eq!(settings.client.token(), Some(&token("mx_flag")));
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let setup = Setup::new(FILE).with("MEMEX_ENDPOINT", "").with("MEMEX_TOKEN", " ").with("MEMEX_USER", "");
    assert_eq!(setup.load(&ConnectionArgs::default()).unwrap().endpoint, "http://file:1");
}

#[test]
fn without_a_file_the_endpoint_is_the_default_and_xdg_goes_before_home() {
    let folder = tempfile::tempdir().unwrap();
    let (home, xdg) = (folder.path().join("home"), folder.path().join("xdg"));
    fs::create_dir_all(home.join(".config/memex")).unwrap();
    fs::create_dir_all(xdg.join("memex")).unwrap();
    fs::write(home.join(".config/memex/config.toml"), "token = \"mx_home\"").unwrap();
    let mut env = HashMap::from([("HOME", home.display().to_string())]);
    let settings = Settings::load(&ConnectionArgs::default(), |name| env.get(name).cloned()).unwrap();
    assert_eq!((settings.endpoint.as_str(), settings.client.token()), (DEFAULT_ENDPOINT, Some(&token("mx_home"))));

    fs::write(xdg.join("memex/config.toml"), "token = \"mx_xdg\"").unwrap();
    env.insert("XDG_CONFIG_HOME", xdg.display().to_string());
    let settings = Settings::load(&ConnectionArgs::default(), |name| env.get(name).cloned()).unwrap();
    assert_eq!(settings.client.token(), Some(&token("mx_xdg")));
}

#[test]
fn every_mistake_is_told_at_once() {
    let setup = Setup::new("endpont = \"x\"\nendpoint = \"nowhere\"\ntoken = 7\nuser = \"a\\u0000b\"\ncolour = true\n");
    let told = setup.load(&ConnectionArgs::default()).unwrap_err();
    let lines: Vec<_> = told.lines().map(str::trim).collect();
    assert_eq!((lines[0], lines.len()), ("5 settings cannot be used:", 6), "{told}");
    for mistake in [
        "colour in DIR/config.toml: is no setting of this file; it may have endpoint, token, user",
        "endpont in DIR/config.toml: is no setting of this file; it may have endpoint, token, user",
        "token in DIR/config.toml: must be a text in quotes",
        "endpoint in DIR/config.toml: must be http://HOST:PORT or https://HOST:PORT",
        "user in DIR/config.toml: the user id contains U+0000",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(mistake)), "{mistake}: missing in {told}");
    }
}

#[test]
fn a_broken_file_is_told_by_its_line_without_quoting_it() {
    let told = Setup::new("user = \"u\"\ntoken = mx_secret\n").load(&ConnectionArgs::default()).unwrap_err();
    assert_eq!(told, "one setting cannot be used:\n  DIR/config.toml: line 2 is not TOML: write key = \"value\"");
}

#[test]
fn a_missing_token_is_told_with_where_to_put_one() {
    let told = Setup::new("").load(&ConnectionArgs::default()).unwrap_err();
    for word in ["MEMEX_TOKEN", "--token-file", "MEMEX_TOKEN_FILE", "settings file", "memex up", "memory-api bootstrap"]
    {
        assert!(told.contains(word), "{word} is missing in: {told}");
    }
}

#[test]
fn a_file_that_was_named_and_is_not_there_is_a_mistake() {
    let told = Setup::new("").with("MEMEX_CONFIG", "/nonexistent/memex.toml").load(&ConnectionArgs::default());
    assert!(told.unwrap_err().contains("MEMEX_CONFIG: cannot read /nonexistent/memex.toml"));
}
