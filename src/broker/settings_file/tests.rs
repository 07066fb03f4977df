//! Settings files that the parser takes or refuses.

use super::*;

fn parse(source: &str) -> Result<SettingsFile, ConfigError> {
    SettingsFile::parse(Path::new("/etc/jit/broker.toml"), source)
}

#[test]
fn values_come_back_in_their_forms() {
    let file = parse(
        "policy = \"access\"\nlisten = \"[::1]:80\"\nkeys = \"/k\"\ndata = \"d\"\nsandbox = true\n\
         trusted_proxies = [\"10.0.0.1\", \"::1\"]\n",
    )
    .unwrap();
    assert_eq!(file.text(keys::POLICY), Some("access"));
    assert_eq!(file.place(keys::DATA), Some(PathBuf::from("/etc/jit/d")));
    assert_eq!(file.place(keys::KEYS_FOLDER), Some(PathBuf::from("/k")));
    assert_eq!(file.parsed::<SocketAddr>(keys::LISTEN).unwrap().port(), 80);
    assert_eq!(file.list::<IpAddr>(keys::TRUSTED_PROXIES).unwrap().len(), 2);
    assert_eq!((file.switch(keys::SANDBOX), file.switch(keys::BEHIND_TLS_PROXY)), (Some(true), None));
}

#[test]
fn mistakes_are_refused_at_their_place_with_the_nearest_key() {
    for (source, message, hint) in [
        ("url = \"u\"\nlisten_ = \"x\"", "2:1: there is no key \"listen_\"", "did you mean listen?"),
        ("trusted-proxy = []", "1:1: there is no key \"trusted-proxy\"", "did you mean trusted_proxies?"),
        ("colour = 1", "1:1: there is no key \"colour\"", "`jit policy schema broker` lists the keys"),
        (
            "policy_hook_secret = \"s3cret\"",
            "there is no key",
            "a secret is never written here: say where it is, with policy_hook_secret_file or policy_hook_secret_env",
        ),
        ("listen = \"8765\"", "1:10: listen: write an address and a port", ""),
        ("listen = 8765", "1:10: listen: write a text in quotes", ""),
        ("sandbox = \"yes\"", "1:11: sandbox: write true or false", ""),
        ("trusted_proxies = \"10.0.0.1\"", "write a list", ""),
        ("trusted_proxies = [\"10.0.0.1\", \"proxy\"]", "1:32: trusted_proxies: write an IP address", ""),
        ("kubernetes = \"https://k8s.example.com=/t\"", "write a list", ""),
        ("kubernetes = [\"k8s.example.com=/t\"]", "1:15: kubernetes: write SERVER=FILE", ""),
        ("kubernetes = [\"http://k8s.example.com=/t\"]", "write SERVER=FILE", ""),
        ("kubernetes = [\"https://k8s.example.com\"]", "write SERVER=FILE", ""),
        ("accept_gap = \"12\"", "write SEQUENCE.HASH", ""),
        ("data = \"\"", "it is empty", ""),
        ("log_format = \"xml\"", "1:14: log_format: write one of text, json", ""),
        ("url = \"a\\nb\"", "control characters", ""),
        ("policy_hook_secret_env = \"c0ffee-secret\"", "never the secret itself", ""),
        ("policy_hook_secret_env = \"A\"\npolicy_hook_secret_file = \"f\"", "two sources", "keep one"),
        ("url = ", "1:", ""),
        ("url = \"a\"\nurl = \"b\"", "duplicate key", ""),
    ] {
        let error = parse(source).unwrap_err();
        assert!(error.to_string().contains(message), "{source}: {error}");
        assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{source}: {:?}", error.hint);
        assert!(!error.to_string().contains("c0ffee"), "{error}");
    }
}
