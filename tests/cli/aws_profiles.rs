//! `jit setup aws`: what it writes, what it leaves alone, and how it goes away again.

use std::fs;

use crate::stage::Stage;

#[tokio::test]
async fn profiles_come_and_go_and_nothing_else_moves() {
    let stage = Stage::ready().await;
    let config = stage.ana.world.system.files.home.join(".aws/config");
    let mine = "# mine\n[default]\nregion=us-east-1\r\n\n[profile  work]\nrole_arn = x";
    stage.ana.write(&config, mine);
    let diff = stage.ana.run("setup aws --diff", &[]).await;
    assert_eq!(diff.code, 0, "{diff}");
    assert!(
        diff.stdout.contains("+[profile prod-admin]\n+region = eu-west-1\n+credential_process = "),
        "{diff}"
    );
    assert_eq!(fs::read_to_string(&config).unwrap(), mine, "a look changes nothing");
    let silent = stage.ana.run("setup aws", &[]).await;
    assert_eq!(silent.code, 2, "{silent}");
    assert_eq!(stage.ana.run("setup aws", &["n"]).await.code, 1);
    assert_eq!(fs::read_to_string(&config).unwrap(), mine);
    assert_eq!(stage.ana.run("setup aws", &["y"]).await.code, 0);
    let written = fs::read_to_string(&config).unwrap();
    assert!(written.starts_with(mine), "{written}");
    let process = format!(
        "credential_process = {} credentials stage-admin --format aws\n",
        stage.ana.world.system.files.executable.display()
    );
    assert!(written.contains(&process), "{written}");
    let again = stage.ana.run("setup aws -y", &[]).await;
    assert!(again.stderr.contains("needs no change"), "{again}");
    assert_eq!(stage.ana.run("setup aws stage-admin -y", &[]).await.code, 0);
    assert!(!fs::read_to_string(&config).unwrap().contains("prod-admin"));
    assert_eq!(stage.ana.run("setup aws --remove -y", &[]).await.code, 0);
    assert_eq!(fs::read_to_string(&config).unwrap(), mine);
}

#[tokio::test]
async fn what_is_somebody_elses_is_refused_by_name() {
    let stage = Stage::ready().await;
    let home = stage.ana.world.system.files.home.clone();
    let (config, credentials) = (home.join(".aws/config"), home.join(".aws/credentials"));
    for (path, text, told) in [
        (&config, "[profile prod-admin]\nregion = x\n", "a profile prod-admin of your own"),
        (&config, "[profile 'prod-admin']\nregion = x\n", "a profile prod-admin of your own"),
        (&credentials, "[stage-admin]\naws_access_key_id = x\n", "a profile stage-admin of your own"),
        (&config, "{\"profile\": 1}\n", "not in the form that AWS's tools read"),
    ] {
        stage.ana.write(path, text);
        let refused = stage.ana.run("setup aws -y", &[]).await;
        assert_eq!(refused.code, 1, "{refused}");
        assert!(refused.stderr.contains(told) && refused.stderr.contains("is left as it is"), "{refused}");
        assert_eq!(fs::read_to_string(path).unwrap(), text);
        fs::remove_file(path).unwrap();
    }
    assert_eq!(stage.ana.run("setup aws nobody -y", &[]).await.code, 2);
    assert_eq!(stage.ana.run("setup aws -y", &[]).await.code, 0);
    assert!(config.exists());
}
