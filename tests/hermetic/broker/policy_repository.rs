//! A policy that comes from git: followed, remembered, and never replaced by a malicious server (docs/trust.md, "The
//! policy, writable").

use std::fs;
use std::path::Path;
use std::time::Duration;

use jit::grant::State;
use jit::protocol::RoleView;
use jit::protocol::Session;
use jit::system::git::GitError;
use jit::system::git::Mirror;

use crate::broker::repository::Forge;
use crate::broker::repository::following;
use crate::broker::repository::git;
use crate::broker::repository::refused;
use crate::broker::repository::settings;
use crate::broker::world::World;

const EASIER: (&str, &str) = ("\"1 of group:sre\"", "\"none\"");

#[tokio::test]
async fn a_branch_is_followed_and_the_log_names_revision_and_commit() {
    let forge = Forge::new();
    let first = git(&forge.work(), &["rev-parse", "HEAD"]);
    let world = following(&forge, "#main").await;
    let before = world.revision().await;
    forge.change("roles/prod.toml", "4h", "2h");
    let second = forge.push("shorter");
    assert!(world.look_after(30).await);
    assert_eq!(world.revision().await, before, "not yet");
    assert!(world.look_after(31).await);
    let ana = world.person("ana").await;
    let role: RoleView = world.get("/v1/roles/prod", &ana).await.read();
    assert_eq!(role.max_duration, "2h".parse().unwrap(), "one look suffices");
    let session: Session = world.get("/v1/session", &ana).await.read();
    let policy = session.policy.unwrap();
    assert_eq!((policy.revision, policy.commit.as_ref()), (role.policy, Some(&second)));
    // A commit that does not change the policy is no event. The next one is compared with it.
    fs::write(forge.work().join("README.md"), "x").unwrap();
    let third = forge.push("elsewhere");
    assert!(world.look_after(61).await);
    let session: Session = world.get("/v1/session", &ana).await.read();
    assert_eq!(session.policy.unwrap().commit.unwrap(), third);
    let events = world.policy_events().await;
    let told: Vec<(&str, &serde_json::Value)> =
        events.iter().map(|(word, body)| (word.as_str(), &body["commit"])).collect();
    assert_eq!(told, [("policy", &first.into()), ("policy", &second.into())]);
    assert_eq!(events[1].1["revision"], role.policy.to_string());
}

#[tokio::test]
async fn the_folder_may_be_named_and_a_bare_path_needs_no_branch() {
    let forge = Forge::new();
    fs::rename(forge.work().join("access"), forge.work().join("deep")).unwrap();
    forge.push("moved");
    for rest in ["#main:deep", "#:deep/", "#main:./deep"] {
        let world = following(&forge, rest).await;
        assert_eq!(world.call("GET", "/readyz", "", None::<&()>).await.status(), 200, "{rest}");
    }
    assert!(refused(&forge.typed("")).await.contains("no access.toml"));
    assert!(refused(&forge.typed("#main:elsewhere")).await.contains("cannot be read"));
    git(&forge.work(), &["mv", "deep", "access"]);
    forge.push("back");
    following(&forge, "").await;
    // Also for a repository with a working folder, if a branch shows that the repository is meant.
    let mut world = World::unstarted();
    let settings = settings(&mut world, &format!("{}#main", forge.work().display()));
    git(&forge.work(), &["branch", "-M", "main"]);
    world.start_with(settings).await.unwrap();
}

#[tokio::test]
async fn a_broken_commit_is_refused_and_the_last_good_one_serves_for_fifteen_minutes() {
    let forge = Forge::new();
    let world = following(&forge, "#main").await;
    let before = world.revision().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    forge.change("roles/prod.toml", "requesters", "requesterz");
    let broken = forge.push("broken");
    assert!(!world.look_after(61).await);
    assert_eq!(world.call("GET", "/readyz", "", None::<&()>).await.problem(), "unready");
    assert_eq!(world.revision().await, before);
    let (asked, _) = world.plan(&ana, "play").await;
    assert_eq!(world.ask_signed(&ana, asked).await.problem(), "unready", "nothing without a person");
    assert_eq!(world.approve(&cy, &view).await.state, State::Approved, "people still decide");
    assert!(!world.look_after(11).await, "it is looked at again soon");
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    world.look_after(15 * 60).await;
    assert_eq!(world.mint(&ana, &view).await.problem(), "unready");
    let events = world.policy_events().await;
    assert_eq!(events.len(), 2, "a refused commit is one event, however often it is looked at");
    assert_eq!((events[1].0.as_str(), &events[1].1["commit"]), ("policy_refused", &broken.into()));
    assert!(events[1].1["reason"].as_str().unwrap().contains("requesterz"));
    forge.change("roles/prod.toml", "requesterz", "requesters");
    forge.push("mended");
    assert!(world.look_after(11).await);
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
}

#[tokio::test]
async fn a_repository_that_is_gone_is_a_look_that_failed() {
    let forge = Forge::new();
    let mut world = following(&forge, "#main").await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let view = world.approve(&cy, &view).await;
    let away = forge.folder.path().join("away.git");
    fs::rename(forge.bare(), &away).unwrap();
    assert!(!world.look_after(61).await);
    let (asked, _) = world.plan(&ana, "play").await;
    assert_eq!(world.ask_signed(&ana, asked).await.problem(), "unready");
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    world.look_after(15 * 60).await;
    assert_eq!(
        world.mint(&ana, &view).await.problem(),
        "unready",
        "somebody may have been removed meanwhile"
    );
    // The grace period belongs to the running broker. A new one has not seen a good policy.
    let again = settings(&mut world, &forge.typed("#main"));
    let error = world.restart_with(again.clone()).await.unwrap_err().to_string();
    assert!(error.contains("the policy's repository cannot be read"), "{error}");
    fs::rename(&away, forge.bare()).unwrap();
    world.start_with(again).await.unwrap();
    let ana = world.person("ana").await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
}

#[tokio::test]
async fn a_rewritten_branch_and_an_older_state_are_refused_until_somebody_says_so() {
    let forge = Forge::new();
    let first = git(&forge.work(), &["rev-parse", "HEAD"]);
    forge.change("people.toml", "dev = [\"ana\", \"bo\"]", "dev = [\"ana\"]");
    let second = forge.push("bo left");
    let mut world = following(&forge, "#main").await;
    let before = world.revision().await;
    // The older state is a policy that was once reviewed, and in which bo may still ask.
    git(&forge.work(), &["reset", "-q", "--hard", &first]);
    forge.push_as_is();
    assert!(!world.look_after(61).await);
    assert_eq!(world.revision().await, before);
    // Another history with the same beginning is refused too.
    forge.change("roles/prod.toml", EASIER.0, EASIER.1);
    let rewritten = forge.push("rewritten");
    assert!(!world.look_after(11).await);
    assert_eq!(world.revision().await, before);
    let events = world.policy_events().await;
    let told: Vec<(&str, &str)> =
        events.iter().map(|(word, body)| (word.as_str(), body["commit"].as_str().unwrap())).collect();
    let expected = [("policy", &*second), ("policy_refused", &*first), ("policy_refused", &*rewritten)];
    assert_eq!(told, expected);
    // A restart does not help, nor does deleting the copy.
    let mut again = settings(&mut world, &forge.typed("#main"));
    let error = world.restart_with(again.clone()).await.unwrap_err().to_string();
    assert!(error.contains(&format!("--policy-accept {rewritten}")), "{error}");
    fs::remove_dir_all(world.folder.path().join("data/policy.git")).unwrap();
    assert!(world.start_with(again.clone()).await.is_err());
    let jit::broker::PolicySource::Repository(branch) = &mut again.policy else { panic!() };
    branch.accepted = Some(first.clone());
    assert!(world.start_with(again.clone()).await.is_err(), "another commit was accepted");
    let jit::broker::PolicySource::Repository(branch) = &mut again.policy else { panic!() };
    branch.accepted = Some(rewritten.clone());
    world.start_with(again.clone()).await.unwrap();
    assert_ne!(world.revision().await, before);
    // From here on the new history counts.
    forge.change("roles/prod.toml", EASIER.1, EASIER.0);
    forge.push("stricter");
    assert!(world.look_after(61).await);
    // The commit accepted at the start is no way back.
    git(&forge.work(), &["reset", "-q", "--hard", &rewritten]);
    forge.push_as_is();
    assert!(!world.look_after(61).await);
}

#[tokio::test]
async fn a_copy_that_is_shallow_lost_or_left_locked_is_mended() {
    let forge = Forge::new();
    for number in 0..5 {
        fs::write(forge.work().join("README.md"), number.to_string()).unwrap();
        forge.push("more");
    }
    let mut world = following(&forge, "#main").await;
    let copy = world.folder.path().join("data/policy.git");
    assert_eq!(git(&copy, &["rev-list", "--count", "refs/jit/policy"]), "1", "only what is needed came");
    forge.change("roles/prod.toml", "4h", "2h");
    forge.push("shorter");
    // Files that a killed fetch leaves.
    for left in ["shallow.lock", "refs/jit/policy.lock", "objects/pack/tmp_pack_x", "config.lock"] {
        fs::write(copy.join(left), "").unwrap();
    }
    assert!(world.look_after(61).await);
    assert_eq!(git(&copy, &["rev-list", "--count", "refs/jit/policy"]), "2");
    let revision = world.revision().await;
    fs::remove_dir_all(&copy).unwrap();
    fs::write(forge.work().join("README.md"), "last").unwrap();
    forge.push("elsewhere");
    let again = settings(&mut world, &forge.typed("#main"));
    world.restart_with(again).await.unwrap();
    assert_eq!(world.revision().await, revision);
}

#[tokio::test]
async fn what_is_no_branch_of_it_is_refused() {
    let forge = Forge::new();
    git(&forge.work(), &["tag", "v1"]);
    git(&forge.work(), &["push", "-q", "origin", "v1"]);
    for rest in ["#v1", "#nothing", "#refs/heads/main", "#tags/v1", "#HEAD"] {
        let error = refused(&forge.typed(rest)).await;
        assert!(error.contains("the policy's repository cannot be read"), "{rest}: {error}");
    }
    let parse = |typed: String| jit::broker::PolicySource::parse(&typed, Path::new("/")).unwrap_err();
    for rest in ["#--upload-pack=touch x", "#-q", "#main:../x", "#a b", "#main^{tree}"] {
        assert!(!parse(forge.typed(rest)).hint.is_empty(), "{rest}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_modules_and_odd_files_in_it_are_refused() {
    let forge = Forge::new();
    let world = following(&forge, "#main").await;
    let before = world.revision().await;
    let first = git(&forge.work(), &["rev-parse", "HEAD"]);
    let roles = forge.work().join("access/roles");
    let secret = forge.folder.path().join("secret.toml");
    fs::write(&secret, "x").unwrap();
    let many = || {
        for number in 0..10_001 {
            fs::write(roles.join(format!("r{number}.toml")), "").unwrap();
        }
    };
    let link = || std::os::unix::fs::symlink(&secret, roles.join("out.toml")).unwrap();
    let linked_folder = || {
        fs::remove_dir_all(&roles).unwrap();
        std::os::unix::fs::symlink(forge.folder.path(), &roles).unwrap();
    };
    let module = || {
        let id = format!("160000,{first},access/roles/module.toml");
        git(&forge.work(), &["update-index", "--add", "--cacheinfo", &id]);
        git(&forge.work(), &["commit", "-q", "-m", "module"]);
        forge.push_as_is();
    };
    let large = || fs::write(roles.join("large.toml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    let folder = || {
        fs::create_dir_all(roles.join("sub.toml")).unwrap();
        fs::write(roles.join("sub.toml/x.toml"), "").unwrap();
    };
    let hostile: [(&str, &dyn Fn(), &str); 6] = [
        ("link", &link, "symbolic links are not followed"),
        ("linked folder", &linked_folder, "symbolic links are not followed"),
        ("module", &module, "not a regular file"),
        ("large", &large, "longer than 1048576 bytes"),
        ("folder", &folder, "not a regular file"),
        ("many", &many, "more than 10000 files"),
    ];
    for (what, make, said) in hostile {
        make();
        if what != "module" {
            forge.push(what);
        }
        assert!(!world.look_after(61).await, "{what}");
        assert_eq!(world.revision().await, before, "{what}");
        let events = world.policy_events().await;
        let reason = events.last().unwrap().1["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains(said), "{what}: {reason}");
        git(&forge.work(), &["reset", "-q", "--hard", &first]);
        git(&forge.work(), &["clean", "-qfdx"]);
    }
    forge.push_as_is();
    assert!(world.look_after(61).await, "and the commit in force is still believed");
}

#[tokio::test]
async fn a_repository_that_is_too_large_is_let_go() {
    let forge = Forge::new();
    let mut world = World::unstarted();
    settings(&mut world, &forge.typed("#main"));
    let mirror = Mirror {
        folder: world.folder.path().join("copy.git"),
        url: format!("file://{}", forge.bare().display()),
        protocol: "file",
        branch: Some("main".to_owned()),
        most: 1 << 20,
    };
    let small = mirror.bring(&world.fake.system, None).await.unwrap();
    // Each line differs, so that the file does not compress.
    let lines: String = (0..200_000_u64)
        .map(|number| format!("{:x}\n", number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
        .collect();
    fs::write(forge.work().join("large"), lines).unwrap();
    forge.push("large");
    let refused = mirror.bring(&world.fake.system, Some(&small)).await;
    assert!(matches!(refused, Err(GitError::TooLarge(_))), "{refused:?}");
    assert!(!mirror.folder.exists(), "what came of it is gone");
}

/// Ten folders in each of ten folders, ten deep: a few hundred bytes that would fill any disk when expanded.
#[tokio::test]
async fn trees_within_trees_are_not_followed() {
    let forge = Forge::new();
    let world = following(&forge, "#main").await;
    let work = forge.work();
    let blob = git(&work, &["hash-object", "-w", "access/access.toml"]);
    let tree = |lines: String| {
        let file = forge.folder.path().join("tree");
        fs::write(&file, lines).unwrap();
        let script = format!("git mktree <'{}'", file.display());
        git(&work, &["-c", &format!("alias.make=!{script}"), "make"])
    };
    let mut inner = tree(format!("100644 blob {blob}\tx.toml\n"));
    for _ in 0..10 {
        inner = tree((0..10).map(|number| format!("040000 tree {inner}\tx{number}.toml\n")).collect());
    }
    let people = git(&work, &["rev-parse", "HEAD:access/people.toml"]);
    let access = git(&work, &["rev-parse", "HEAD:access/access.toml"]);
    let root = tree(format!(
        "100644 blob {access}\taccess.toml\n100644 blob {people}\tpeople.toml\n040000 tree {inner}\troles\n"
    ));
    let commit = git(&work, &["commit-tree", "-p", "HEAD", "-m", "bomb", &root]);
    git(&work, &["push", "-q", "origin", &format!("{commit}:main")]);
    assert!(!world.look_after(61).await);
    let events = world.policy_events().await;
    assert!(events.last().unwrap().1["reason"].as_str().unwrap().contains("not a regular file"));
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_of_the_repository_runs_here() {
    use std::os::unix::fs::PermissionsExt;
    let forge = Forge::new();
    let trap = forge.folder.path().join("trapped");
    let script = forge.folder.path().join("trap.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", trap.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let program = script.to_str().unwrap();
    // Settings that the bare repository and the working tree could contain.
    for key in ["core.fsmonitor", "core.sshCommand", "core.pager", "uploadpack.packObjectsHook"] {
        git(&forge.bare(), &["config", key, program]);
    }
    fs::create_dir_all(forge.bare().join("hooks")).unwrap();
    for hook in ["post-checkout", "reference-transaction", "post-merge"] {
        fs::copy(&script, forge.bare().join("hooks").join(hook)).unwrap();
    }
    fs::write(forge.work().join(".gitattributes"), "* filter=x diff=x\n").unwrap();
    let module = format!("[submodule \"m\"]\n\tpath = m\n\turl = ext::sh -c 'touch {}'\n", trap.display());
    fs::write(forge.work().join(".gitmodules"), module).unwrap();
    let world = {
        git(&forge.work(), &["add", "-A"]);
        git(&forge.work(), &["commit", "-q", "-m", "traps"]);
        // The push itself must not trigger the trap.
        fs::remove_dir_all(forge.bare().join("hooks")).unwrap();
        git(&forge.work(), &["push", "-q", "origin", "HEAD:main"]);
        let _ = fs::remove_file(&trap);
        following(&forge, "#main").await
    };
    // Variables for another repository, left in the broker's environment.
    let copy = world.folder.path().join("data/policy.git");
    fs::create_dir_all(copy.join("hooks")).unwrap();
    for hook in ["reference-transaction", "post-fetch", "pre-auto-gc"] {
        fs::copy(&script, copy.join("hooks").join(hook)).unwrap();
    }
    forge.change("roles/prod.toml", "4h", "2h");
    forge.push("shorter");
    assert!(world.look_after(61).await);
    assert!(!trap.exists());
}

/// A server that accepts the connection and never answers.
#[tokio::test]
async fn a_server_that_hangs_is_given_up_with_all_that_git_started() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let mut world = World::unstarted();
    let hanging = settings(&mut world, &format!("http://{address}/a.git#main"));
    let stream = tokio::select! {
        started = world.start_with(hanging) => panic!("{}", started.is_ok()),
        accepted = silent.accept() => accepted.unwrap().0,
    };
    let closed = async {
        let mut heard = [0; 4096];
        loop {
            stream.readable().await.unwrap();
            match stream.try_read(&mut heard) {
                Ok(0) => return,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return,
                _ => {}
            }
        }
    };
    let given_up = tokio::time::timeout(Duration::from_secs(20), closed).await;
    given_up.expect("a child of git's went on after git was given up");
}

#[cfg(unix)]
#[tokio::test]
async fn a_running_broker_answers_and_stops_while_a_fetch_hangs() {
    let forge = Forge::new();
    let mut world = following(&forge, "#main").await;
    let ana = world.person("ana").await;
    // Opening a pipe without a writer blocks.
    let head = forge.bare().join("HEAD");
    fs::remove_file(&head).unwrap();
    git(&forge.work(), &["-c", &format!("alias.pipe=!mkfifo '{}'", head.display()), "pipe"]);
    world.clock.advance(Duration::from_secs(61));
    let broker = world.broker.as_ref().unwrap();
    let answered = async {
        for _ in 0..20 {
            assert_eq!(world.get("/v1/session", &ana).await.status(), 200);
            assert_eq!(world.call("GET", "/readyz", "", None::<&()>).await.status(), 200);
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = broker.reload() => panic!("the fetch came back"),
        () = answered => {}
    }
    let stopped = tokio::time::timeout(Duration::from_secs(20), world.stop()).await;
    stopped.expect("the broker waits for the fetch");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_protocol_that_was_typed_is_open_and_ssh_never_asks() {
    use std::os::unix::fs::PermissionsExt;
    let forge = Forge::new();
    let world = following(&forge, "#main").await;
    // Git's own settings redirect the path to another protocol.
    let bare = forge.bare();
    let elsewhere = format!("[url \"ssh://h.example/\"]\n\tinsteadOf = file://{}\n", bare.display());
    let settings_file = world.folder.path().join(".gitconfig");
    fs::write(&settings_file, elsewhere).unwrap();
    assert!(!world.look_after(61).await);
    fs::remove_file(&settings_file).unwrap();
    assert!(world.look_after(11).await);

    let mut world = World::unstarted();
    let programs = world.folder.path().join("programs");
    fs::create_dir(&programs).unwrap();
    let said = world.folder.path().join("said");
    // A stand-in for ssh: records its arguments, then runs the remote command on this machine.
    let script = format!(
        "#!/bin/sh\necho \"$*\" >>'{}'\nfor last; do :; done\nexec sh -c \"$last\"\n",
        said.display()
    );
    fs::write(programs.join("ssh"), script).unwrap();
    fs::set_permissions(programs.join("ssh"), fs::Permissions::from_mode(0o755)).unwrap();
    for typed in [
        format!("ssh://git@h.example{}#main", bare.display()),
        format!("git@h.example:{}#main", bare.display()),
    ] {
        let own = settings(&mut world, &typed);
        let path = format!("{}:{}", programs.display(), world.fake.system.environment.get("PATH").unwrap());
        world.fake.system.environment.set("PATH", path);
        world.start_with(own).await.unwrap();
        let said = fs::read_to_string(&said).unwrap();
        assert!(said.contains("BatchMode=yes") && said.contains("git@h.example git-upload-pack"), "{said}");
        world.stop().await;
        fs::remove_dir_all(world.folder.path().join("data")).unwrap();
        fs::remove_dir_all(world.folder.path().join("keys")).unwrap();
    }
}

/// A repository that continues the forge's history with a commit that gives everybody everything.
fn easier(forge: &Forge) -> std::path::PathBuf {
    let evil = forge.folder.path().join("evil.git");
    let work = forge.folder.path().join("evil");
    git(forge.folder.path(), &["clone", "-q", "--bare", "bare.git", "evil.git"]);
    git(forge.folder.path(), &["clone", "-q", "evil.git", "evil"]);
    let role = work.join("access/roles/prod.toml");
    let text = fs::read_to_string(&role).unwrap();
    assert!(text.contains(EASIER.0));
    fs::write(&role, text.replace(EASIER.0, EASIER.1)).unwrap();
    git(&work, &["commit", "-qam", "easier"]);
    git(&work, &["push", "-q", "origin", "HEAD:main"]);
    evil
}

/// A manipulation of the broker's copy of the repository, by its name.
type Tampering<'a> = (&'a str, &'a dyn Fn(&Path));

/// An attacker who can write the broker's data can neither choose the policy's source nor run a program.
#[cfg(unix)]
#[tokio::test]
async fn what_somebody_writes_into_the_copy_is_not_heard() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::symlink;
    let forge = Forge::new();
    let evil = easier(&forge);
    let trap = forge.folder.path().join("trapped");
    let script = forge.folder.path().join("trap.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch '{}'\ncat\n", trap.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let program = script.display().to_string();
    let settings_of_evil = format!(
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = {program}\n\talternateRefsCommand = {program}\n\
         \thooksPath = {folder}\n[credential]\n\thelper = !{program}\n[url \"file://{evil}\"]\n\tinsteadOf = file://{bare}\n",
        folder = forge.folder.path().display(),
        evil = evil.display(),
        bare = forge.bare().display(),
    );
    fs::copy(&script, forge.folder.path().join("reference-transaction")).unwrap();
    let elsewhere = forge.folder.path().join("elsewhere");
    let config = |copy: &Path| fs::write(copy.join("config"), &settings_of_evil).unwrap();
    let linked = |copy: &Path| {
        fs::write(&elsewhere, &settings_of_evil).unwrap();
        fs::remove_file(copy.join("config")).unwrap();
        symlink(&elsewhere, copy.join("config")).unwrap();
    };
    let common = |copy: &Path| {
        config(&evil);
        fs::write(copy.join("commondir"), evil.display().to_string()).unwrap();
    };
    let included = |copy: &Path| {
        fs::write(copy.join("config.worktree"), &settings_of_evil).unwrap();
        let extended =
            "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tworktreeConfig = true\n";
        fs::write(copy.join("config"), extended).unwrap();
    };
    let borrowed = |copy: &Path| {
        config(copy);
        fs::create_dir_all(copy.join("objects/info")).unwrap();
        fs::write(copy.join("objects/info/alternates"), format!("{}/objects\n", evil.display())).unwrap();
        fs::create_dir_all(copy.join("info")).unwrap();
        fs::write(copy.join("info/grafts"), "").unwrap();
    };
    let whole = |copy: &Path| {
        fs::remove_dir_all(copy).unwrap();
        symlink(&evil, copy).unwrap();
    };
    let tampering: [Tampering<'_>; 6] = [
        ("config", &config),
        ("linked", &linked),
        ("common", &common),
        ("worktree", &included),
        ("alternates", &borrowed),
        ("whole", &whole),
    ];
    for (what, tamper) in tampering {
        let mut world = following(&forge, "#main").await;
        let before = world.revision().await;
        let copy = world.folder.path().join("data/policy.git");
        tamper(&copy);
        assert!(world.look_after(61).await, "{what}");
        assert_eq!(world.revision().await, before, "{what}");
        tamper(&copy);
        fs::write(copy.join("objects/left"), "").unwrap();
        let again = settings(&mut world, &forge.typed("#main"));
        world.restart_with(again).await.unwrap();
        assert_eq!(world.revision().await, before, "{what}");
        assert!(!copy.join("objects/left").exists(), "{what}: no object of another day is used");
        assert!(!trap.exists(), "{what}");
    }
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), settings_of_evil, "what a link led to stays");
    assert!(evil.join("HEAD").is_file());
}

/// A service's home is often its data folder.
#[tokio::test]
async fn settings_in_a_home_within_the_data_are_not_heard() {
    let forge = Forge::new();
    let evil = easier(&forge);
    let mut world = World::unstarted();
    let own = settings(&mut world, &forge.typed("#main"));
    let home = world.folder.path().join("data/home");
    fs::create_dir_all(home.join("git")).unwrap();
    let elsewhere =
        format!("[url \"file://{}\"]\n\tinsteadOf = file://{}\n", evil.display(), forge.bare().display());
    fs::write(home.join(".gitconfig"), &elsewhere).unwrap();
    fs::write(home.join("git/config"), &elsewhere).unwrap();
    for (name, path) in
        [("HOME", &home), ("XDG_CONFIG_HOME", &home), ("GIT_CONFIG_GLOBAL", &home.join(".gitconfig"))]
    {
        let mut world = World::unstarted();
        let mut own = own.clone();
        own.data = home.parent().unwrap().to_owned();
        own.keys = Some(world.folder.path().join("keys"));
        settings(&mut world, &forge.typed("#main"));
        world.fake.system.environment.set(name, path.as_os_str());
        world.start_with(own).await.unwrap();
        let ana = world.person("ana").await;
        let role: RoleView = world.get("/v1/roles/prod", &ana).await.read();
        assert_eq!(role.approval, "1 of group:sre", "{name}");
        world.stop().await;
        fs::remove_file(home.parent().unwrap().join("broker.db")).unwrap();
    }
}

/// A policy at the repository's root never replaces the one in its folder, or the reverse.
#[tokio::test]
async fn two_policies_in_one_commit_are_refused_by_name() {
    let forge = Forge::new();
    let world = following(&forge, "#main").await;
    let before = world.revision().await;
    for (path, text) in crate::broker::world::first_policy() {
        let file = forge.work().join(&path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let easier = path == "roles/prod.toml";
        fs::write(file, if easier { text.replace(EASIER.0, EASIER.1) } else { text }).unwrap();
    }
    let both = forge.push("another one at the root");
    assert!(!world.look_after(61).await);
    assert_eq!(world.revision().await, before);
    let events = world.policy_events().await;
    let (word, body) = events.last().unwrap();
    assert_eq!((word.as_str(), &body["commit"]), ("policy_refused", &both.into()));
    let reason = body["reason"].as_str().unwrap();
    assert!(reason.contains("both access.toml and access/access.toml are in it"), "{reason}");
    assert!(refused(&forge.typed("#main")).await.contains("#BRANCH:access"));
    // If the operator names one, either is accepted.
    let named = following(&forge, "#main:access").await;
    assert_eq!(named.revision().await, before);
    for root in ["#main:.", "#main:./", "#main:/"] {
        let root = following(&forge, root).await;
        assert_ne!(root.revision().await, before);
    }
    // A link or a folder of that name counts too, because git could later show another object.
    git(&forge.work(), &["rm", "-rqf", "access.toml"]);
    fs::create_dir_all(forge.work().join("access.toml")).unwrap();
    fs::write(forge.work().join("access.toml/x"), "").unwrap();
    forge.push("a folder of that name");
    assert!(!world.look_after(61).await);
    assert_eq!(world.revision().await, before);
}
