//! `jit setup aws`: what it writes, what it leaves alone, and how it is undone.

use std::fs;

use crate::cli::stage::Stage;

#[tokio::test]
async fn profiles_come_and_go_and_nothing_else_moves() {
    let stage = Stage::ready().await;
    let config = stage.ana.world.system.files.home.join(".aws/config");
    let mine = "# mine\n[default]\nregion=us-east-1\r\n\n[profile  work]\nrole_arn = x";
    stage.ana.write(&config, mine);
    for look in ["setup aws --diff", "setup aws"] {
        let diff = stage.ana.run(look, &[]).await;
        assert_eq!(diff.code, 0, "{diff}");
        assert!(
            diff.stdout.contains("+[profile prod-admin]\n+region = eu-west-1\n+credential_process = "),
            "{diff}"
        );
        assert_eq!(diff.stderr.contains("nothing was changed"), look == "setup aws", "{diff}");
        assert_eq!(fs::read_to_string(&config).unwrap(), mine, "a look changes nothing");
    }
    assert_eq!(stage.ana.run("setup aws --write", &[]).await.code, 0);
    let written = fs::read_to_string(&config).unwrap();
    assert!(written.starts_with(mine), "{written}");
    let process = format!(
        "credential_process = {} credentials stage-admin --format aws\n",
        stage.ana.world.system.files.executable.display()
    );
    assert!(written.contains(&process), "{written}");
    for again in ["setup aws --write", "setup aws --diff"] {
        let again = stage.ana.run(again, &[]).await;
        assert!(again.code == 0 && again.stderr.contains("needs no change"), "{again}");
        assert_eq!(again.stdout, "");
    }
    assert_eq!(fs::read_to_string(&config).unwrap(), written);
    // Text that others write after the block stays after it.
    let more = "[profile later]\nregion = eu-west-3\n";
    stage.ana.write(&config, &format!("{written}{more}"));
    let fewer = stage.ana.run("setup aws stage-admin", &[]).await;
    assert!(fewer.stdout.lines().all(|line| line.starts_with('-')), "{fewer}");
    assert_eq!(stage.ana.run("setup aws stage-admin --write", &[]).await.code, 0);
    let text = fs::read_to_string(&config).unwrap();
    assert!(!text.contains("prod-admin") && text.ends_with(more), "{text}");
    // Removing the block calls no broker, so it works without a session too.
    stage.ana.run("logout", &[]).await;
    assert_eq!(stage.ana.run("setup aws --remove", &[]).await.code, 0);
    assert_eq!(fs::read_to_string(&config).unwrap(), text, "not without --write");
    assert_eq!(stage.ana.run("setup aws --remove --write", &[]).await.code, 0);
    assert_eq!(fs::read_to_string(&config).unwrap(), format!("{mine}{more}"));
}

#[tokio::test]
async fn what_is_somebody_elses_is_refused_by_name() {
    let stage = Stage::ready().await;
    let home = stage.ana.world.system.files.home.clone();
    let (config, credentials) = (home.join(".aws/config"), home.join(".aws/credentials"));
    for (path, text, told) in [
        (&config, "[profile prod-admin]\nregion = x\n", "has a profile prod-admin of your own"),
        (&config, "[profile 'prod-admin']\nregion = x\n", "has a profile prod-admin of your own"),
        (&config, "= broken\n[[[\n[prod-admin]\n", "has a profile prod-admin of your own"),
        (&credentials, "[stage-admin]\naws_access_key_id = x\n", "has a profile stage-admin of your own"),
        (&config, "# <<< jit setup aws <<<\n", "not one pair"),
    ] {
        stage.ana.write(path, text);
        let refused = stage.ana.run("setup aws --write", &[]).await;
        assert_eq!(refused.code, 1, "{refused}");
        let named = format!("{} is left as it is", config.display());
        assert!(refused.stderr.contains(told) && refused.stderr.contains(&named), "{refused}");
        assert!(refused.stderr.contains("hint: "), "{refused}");
        assert_eq!(fs::read_to_string(path).unwrap(), text);
        fs::remove_file(path).unwrap();
    }
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, b"[default]\nname = \xff\n").unwrap();
    assert_eq!(stage.ana.run("setup aws --write", &[]).await.code, 1);
    fs::remove_file(&config).unwrap();
    assert_eq!(stage.ana.run("setup aws nobody --write", &[]).await.code, 2);
    assert_eq!(stage.ana.run("setup aws --write", &[]).await.code, 0);
    assert!(config.exists());
}

#[tokio::test]
async fn what_aws_itself_could_not_read_is_kept_and_told() {
    let stage = Stage::ready().await;
    let config = stage.ana.world.system.files.home.join(".aws/config");
    let odd = "{\"profile\": [1]}\n<<<<<<< mine\n[unclosed\n";
    stage.ana.write(&config, odd);
    let written = stage.ana.run("setup aws --write", &[]).await;
    assert_eq!(written.code, 0, "{written}");
    assert!(written.stderr.contains("beware: AWS's CLI does not read"), "{written}");
    assert!(fs::read_to_string(&config).unwrap().starts_with(odd));
    assert_eq!(stage.ana.run("setup aws --remove --write", &[]).await.code, 0);
    assert_eq!(fs::read_to_string(&config).unwrap(), odd);
}

#[tokio::test]
async fn the_file_is_the_one_that_aws_is_told_of() {
    let mut stage = Stage::ready().await;
    let home = stage.ana.world.system.files.home.clone();
    stage.ana.world.system.environment.set("AWS_CONFIG_FILE", "~/elsewhere/config");
    assert_eq!(stage.ana.run("setup aws --write", &[]).await.code, 0);
    assert!(home.join("elsewhere/config").exists() && !home.join(".aws").exists());
    let inside = home.join("jit-exec-1/config");
    stage.ana.world.system.environment.set("AWS_CONFIG_FILE", inside.to_str().unwrap());
    let refused = stage.ana.run("setup aws --write", &[]).await;
    assert_eq!(refused.code, 2, "{refused}");
    assert!(!inside.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_file_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::ready().await;
    let config = stage.ana.world.system.files.home.join(".aws/config");
    stage.ana.write(&config, "[default]\n");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o400)).unwrap();
    let refused = stage.ana.run("setup aws --write", &[]).await;
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains(&format!("{} is left as it is", config.display())), "{refused}");
    assert!(refused.stderr.contains("it is read-only"), "{refused}");
    assert_eq!(fs::read_to_string(&config).unwrap(), "[default]\n");
}

/// A direct role that starts from a profile of the block would call itself endlessly.
#[tokio::test]
async fn a_profile_that_leads_back_is_not_written() {
    let stage = Stage::new();
    let files = &stage.ana.world.system.files;
    let role = |profile: &str| {
        format!(
            "[roles.mine]\napproval = \"none\"\n[roles.mine.aws]\nrole_arn = \"arn:aws:iam::111122223333:role/x\"\n\
             region = \"eu-west-1\"\nprofile = \"{profile}\"\n"
        )
    };
    stage.ana.write(&files.config.join("config.toml"), &role("mine"));
    let refused = stage.ana.run("setup aws --write", &[]).await;
    assert!(refused.code == 2 && refused.stderr.contains("would lead back to jit"), "{refused}");
    // Through another profile.
    let hub = files.home.join(".aws/config");
    stage
        .ana
        .write(&hub, "[profile hub]\nrole_arn = arn:aws:iam::111122223333:role/h\nsource_profile = mine\n");
    stage.ana.write(&files.config.join("config.toml"), &role("hub"));
    let refused = stage.ana.run("setup aws --write", &[]).await;
    assert!(refused.code == 2 && refused.stderr.contains("would lead back to jit"), "{refused}");
    fs::remove_file(&hub).unwrap();
    stage.ana.write(&files.config.join("config.toml"), &role("keys"));
    assert_eq!(stage.ana.run("setup aws --write", &[]).await.code, 0);
    assert!(fs::read_to_string(files.home.join(".aws/config")).unwrap().contains("[profile mine]"));
}

/// Kills the built program at any moment: the file has its old or its new content.
#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "only a process of its own can be killed")]
fn killed_at_any_moment_it_leaves_the_old_or_the_new() {
    use std::process::Child;
    use std::process::Command;
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join(".aws/config");
    fs::create_dir_all(folder.path().join("config")).unwrap();
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let role = |name: &str| {
        format!(
            "[roles.{name}]\napproval = \"none\"\n[roles.{name}.aws]\n\
             role_arn = \"arn:aws:iam::111122223333:role/{name}\"\nregion = \"eu-west-1\"\n"
        )
    };
    fs::write(folder.path().join("config/config.toml"), [role("one"), role("two")].concat()).unwrap();
    let mine = "# mine\n[default]\nregion = eu-west-1\n".repeat(2000);
    fs::write(&config, &mine).unwrap();
    // How long a process has computed, in ns: on a busy machine this says more of where it is than any clock. `None` where
    // the system does not tell.
    let computed = |child: &Child| -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", child.id())).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    let start = |role: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jit"));
        command.env_clear().env("HOME", folder.path()).env("JIT_CONFIG_DIR", folder.path().join("config"));
        command.env("JIT_STATE_DIR", folder.path().join("state"));
        command.args(["setup", "aws", role, "--write"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let read = || fs::read_to_string(&config).unwrap();
    let mut whole = Vec::new();
    let mut usual = 0;
    for role in ["one", "two"] {
        let mut child = start(role);
        let code = loop {
            usual = usual.max(computed(&child).unwrap_or(0));
            if let Some(code) = child.try_wait().unwrap() {
                break code;
            }
            std::thread::yield_now();
        };
        assert!(code.success());
        whole.push(read());
    }
    assert!(whole[0] != whole[1] && whole.iter().all(|text| text.starts_with(&mine)));
    let mut finished = 0;
    for turn in 0..60 {
        let wanted = turn % 2;
        let mut child = start(["one", "two"][wanted]);
        // From the very beginning to its last steps.
        let most = usual / 60 * turn as u64;
        while computed(&child).is_some_and(|so_far| so_far < most) && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        finished += usize::from(child.wait().unwrap().success());
        let found = read();
        assert!(whole.contains(&found), "after {turn} turns: {} bytes", found.len());
    }
    assert!(finished < 60, "some were killed before their end");
    // Files left by the killed ones do not hinder the next one.
    assert!(start("one").wait().unwrap().success());
    assert_eq!(read(), whole[0]);
}
