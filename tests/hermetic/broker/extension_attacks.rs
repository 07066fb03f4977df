//! Attacks that try to gain unapproved time gain nothing.

use jit::broker::BrokerError;
use jit::grant::Digest;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::Way;
use jit::identity::statement::sign;
use jit::protocol::RequestView;

use crate::broker::database::sql;
use crate::broker::extending::active;
use crate::broker::extending::end_of;
use crate::broker::extending::extend;
use crate::broker::extending::minted_until;
use crate::broker::extending::plan;
use crate::broker::extending::try_extend;
use crate::broker::extending::world;

#[tokio::test]
async fn an_extension_is_never_minted_itself() {
    let world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "easy").await;
    let extension = extend(&world, &ana, &first).await;
    assert_eq!((extension.state, end_of(&extension).as_str()), (State::Active, "2026-11-23T13:30:00Z"));
    let asked = world.cloud.orders.lock().unwrap().len();
    assert_eq!(world.mint(&ana, &extension).await.problem(), "state");
    assert_eq!(world.cloud.orders.lock().unwrap().len(), asked);
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T13:30:00Z");
}

#[tokio::test]
async fn what_does_not_fit_the_grant_is_refused() {
    let world = world().await;
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    let first = active(&world, &ana, "long").await;
    let (pending, _) = world.ask(&ana, "lead").await;
    let play = active(&world, &ana, "play").await;
    let bos = active(&world, &bo, "long").await;
    let refused = async |edit: &dyn Fn(&mut RequestStatement), code: &str| {
        let mut statement = plan(&world, &ana, &first).await;
        edit(&mut statement);
        let answer = world.ask_signed(&ana, statement).await;
        assert_eq!(answer.problem(), code, "{}", answer.detail());
    };
    let second = jiff::SignedDuration::from_secs(1);
    // No grant has this digest, or it is bo's: the two cases look the same.
    refused(&|asked| asked.way = Way::Extend(Digest::of(b"nothing")), "state").await;
    refused(&|asked| asked.way = Way::Extend(bos.digest), "state").await;
    // Another role's grant, or another role than the grant's.
    refused(&|asked| asked.way = Way::Extend(play.digest), "statement").await;
    let (other, _) = world.plan(&ana, "easy").await;
    let swap = |asked: &mut RequestStatement| {
        (asked.role, asked.target) = (other.role.clone(), other.target.clone());
    };
    refused(&swap, "statement").await;
    refused(&|asked| asked.target = other.target.clone(), "statement").await;
    // Longer than the role allows, or not limited by the end that it moves.
    refused(&|asked| (asked.duration, asked.not_after) = ("5h".parse().unwrap(), asked.not_after), "policy")
        .await;
    refused(&|asked| asked.not_after += second, "statement").await;
    refused(&|asked| asked.not_after = first.active_until.unwrap(), "statement").await;
    refused(&|asked| asked.start = Some(asked.created), "statement").await;
    refused(&|asked| asked.reason = String::new(), "policy").await;
    // In another person's name: the statement is bo's and the session ana's, and the reverse.
    refused(&|asked| asked.header.who = bo.name.clone(), "statement").await;
    let answer = world.ask_signed(&bo, plan(&world, &ana, &first).await).await;
    assert_eq!(answer.problem(), "statement");
    let answer = try_extend(&world, &bo, &first).await;
    assert_eq!(answer.problem(), "state", "it is not bo's grant");
    // An inactive grant is not extended, nor one of a role without extensions.
    assert_eq!(try_extend(&world, &ana, &pending).await.problem(), "state");
    assert_eq!(try_extend(&world, &ana, &play).await.problem(), "policy");
    let shown = world.show(&ana, &first).await;
    assert_eq!((shown.version, shown.extensions.len()), (first.version, 0));
}

#[tokio::test]
async fn another_scope_is_not_extended() {
    let mut world = world().await;
    let document = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"}]}";
    world.write_policy("roles/read.json", document);
    world
        .change_policy(
            "roles/long.toml",
            "region = \"eu-west-1\"\n",
            "region = \"eu-west-1\"\n[scopes.read]\npolicy = \"read.json\"\n",
        )
        .await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "long").await;
    let mut statement = plan(&world, &ana, &first).await;
    let document = jit::grant::cloud::aws_scope::AwsScopeDocument::parse(document, |name| name.to_owned())
        .unwrap()
        .digest();
    statement.scope = Some(jit::grant::statement::RequestedScope { name: "read".parse().unwrap(), document });
    let answer = world.ask_signed(&ana, statement).await;
    assert_eq!(answer.problem(), "statement", "{}", answer.detail());
    // A review cannot narrow the added time of a grant of the whole role either.
    let (extension, cy) = (extend(&world, &ana, &first).await, world.person("cy").await);
    let mut review = world.review_statement(&cy, &extension.digest, Verdict::Approve);
    review.scope = Some("read".parse().unwrap());
    assert_eq!(world.review_signed(&cy, &extension, review).await.problem(), "statement");
    assert_eq!(world.show(&ana, &extension).await.state, State::Pending);
}

#[tokio::test]
async fn what_is_over_is_not_extended() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (denied, _) = world.ask(&ana, "long").await;
    world.review(&cy, &denied, Verdict::Deny).await.read::<RequestView>();
    let revoked = active(&world, &ana, "lead").await;
    world.revoke(&cy, &revoked).await.read::<RequestView>();
    let ended = active(&world, &ana, "easy").await;
    world.post_nothing(&format!("/v1/requests/{}/end", ended.id), &ana).await.read::<RequestView>();
    let ran_out = active(&world, &ana, "hard").await;
    for over in [&denied, &revoked, &ended] {
        assert_eq!(try_extend(&world, &ana, over).await.problem(), "state");
    }
    let late = plan(&world, &ana, &ran_out).await;
    world.pass("4m");
    world.pass("56m");
    let ana = world.person("ana").await;
    assert_eq!(try_extend(&world, &ana, &ran_out).await.problem(), "state");
    assert_eq!(world.ask_signed(&ana, late).await.problem(), "statement", "too old besides");
}

#[tokio::test]
async fn an_extension_is_not_extended() {
    let world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "long").await;
    let extension = extend(&world, &ana, &first).await;
    let cy = world.person("cy").await;
    let extension = world.approve(&cy, &extension).await;
    assert_eq!(extension.state, State::Active);
    let answer = try_extend(&world, &ana, &extension).await;
    assert_eq!(answer.problem(), "statement", "{}", answer.detail());
    assert_eq!(end_of(&world.show(&ana, &first).await), "2026-11-23T13:30:00Z");
}

#[tokio::test]
async fn more_often_than_allowed_is_refused_and_the_log_counts() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let mut first = active(&world, &ana, "long").await;
    for end in ["2026-11-23T13:30:00Z", "2026-11-23T14:00:00Z"] {
        let extension = extend(&world, &ana, &first).await;
        world.approve(&cy, &extension).await;
        first = world.show(&ana, &first).await;
        assert_eq!(end_of(&first), end);
    }
    let answer = try_extend(&world, &ana, &first).await;
    assert_eq!(answer.problem(), "policy");
    assert!(answer.detail().contains("extended 2 times already"), "{}", answer.detail());
    // The first extension's own time expires while the second continues. Its added time still counts.
    world.pass("95m");
    assert_eq!(world.show(&ana, &first).await.state, State::Active);
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T14:00:00Z");
}

#[tokio::test]
async fn of_two_at_once_one_counts() {
    let world = world().await;
    let ana = world.person("ana").await;
    // The role allows one extension, without a review.
    let first = active(&world, &ana, "easy").await;
    let (one, other) = (plan(&world, &ana, &first).await, plan(&world, &ana, &first).await);
    let (one, other) = tokio::join!(world.ask_signed(&ana, one), world.ask_signed(&ana, other));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(statuses[1] >= 400, "{statuses:?}");
    assert_eq!(end_of(&world.show(&ana, &first).await), "2026-11-23T13:30:00Z");
    // If a review is needed, an equal pending extension is returned.
    let first = active(&world, &ana, "long").await;
    let (one, other) = (plan(&world, &ana, &first).await, plan(&world, &ana, &first).await);
    let (one, other) = tokio::join!(world.ask_signed(&ana, one), world.ask_signed(&ana, other));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    let (one, other): (RequestView, RequestView) = (one.read(), other.read());
    assert_eq!(one.id, other.id);
    // Two reviewers at once move the end once.
    let (cy, dee) = (world.person("cy").await, world.person("dee").await);
    let (a, b) =
        tokio::join!(world.review(&cy, &one, Verdict::Approve), world.review(&dee, &one, Verdict::Approve));
    assert!(a.status() == 200 || b.status() == 200);
    assert_eq!(end_of(&world.show(&ana, &first).await), "2026-11-23T13:30:00Z");
}

#[tokio::test]
async fn a_replay_adds_nothing() {
    let world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "long").await;
    let signed = sign(&Statement::Request(Box::new(plan(&world, &ana, &first).await)), &ana.signer).unwrap();
    let extension: RequestView = world.post("/v1/requests", &ana, &signed).await.read();
    let cy = world.person("cy").await;
    world.approve(&cy, &extension).await;
    let again = world.post("/v1/requests", &ana, &signed).await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.read::<RequestView>().id, extension.id);
    let shown = world.show(&ana, &first).await;
    assert_eq!((shown.extensions.len(), end_of(&shown).as_str()), (1, "2026-11-23T13:30:00Z"));
    // Nor after the grant has ended.
    world.post_nothing(&format!("/v1/requests/{}/end", first.id), &ana).await.read::<RequestView>();
    let again: RequestView = world.post("/v1/requests", &ana, &signed).await.read();
    assert_eq!(again.state, State::Ended);
    assert_eq!(world.mint(&ana, &first).await.problem(), "state");
}

#[tokio::test]
async fn it_cannot_be_approved_after_the_grant() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let first = active(&world, &ana, "long").await;
    let extension = extend(&world, &ana, &first).await;
    world.pass("1h");
    assert_eq!(world.review(&cy, &extension, Verdict::Approve).await.problem(), "state");
    let shown = world.show(&ana, &extension).await;
    assert_eq!(
        (shown.state, shown.closing.unwrap().why.as_str()),
        (State::Expired, "nobody decided in time")
    );
    assert_eq!(world.show(&ana, &first).await.state, State::Ended);
    assert_eq!(world.mint(&ana, &first).await.problem(), "state");
}

#[tokio::test]
async fn a_signature_of_one_kind_does_not_serve_for_the_other() {
    let world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "long").await;
    let extension = Statement::Request(Box::new(plan(&world, &ana, &first).await));
    let (plain, _) = world.plan(&ana, "lead").await;
    let plain = Statement::Request(Box::new(plain));
    for (statement, namespace) in
        [(&extension, "jit.request.v1"), (&plain, "jit.extend.v1"), (&extension, "jit.extend.v2")]
    {
        use jit::identity::Signer;
        let text = statement.canonical_text();
        let signature = ana.signer.sign(namespace, text.as_bytes()).unwrap();
        let signed = jit::grant::Signed { statement: text, signature };
        assert_eq!(world.post("/v1/requests", &ana, &signed).await.problem(), "statement", "{namespace}");
    }
    // The bytes of an extension with its kind edited, under the extension's signature, and the reverse.
    let good = sign(&extension, &ana.signer).unwrap();
    for (from, to) in [
        ("\"kind\":\"extend\"".to_owned(), "\"kind\":\"request\"".to_owned()),
        (format!("\"extends\":\"{}\",", first.digest), String::new()),
    ] {
        let statement = good.statement.replace(&from, &to);
        assert_ne!(statement, good.statement);
        let signed = jit::grant::Signed { statement, signature: good.signature.clone() };
        assert_eq!(world.post("/v1/requests", &ana, &signed).await.problem(), "statement", "{from}");
    }
    assert_eq!(world.show(&ana, &first).await.version, first.version);
}

/// An attacker who can write the database, and the broker afterwards.
#[tokio::test]
async fn forged_rows_give_no_time() {
    const FORGED: [&str; 6] = [
        // A later end in the first request's own event, in the extension's, or in both.
        r#"UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '13:30:00Z', '23:30:00Z') AS BLOB) WHERE CAST(body AS TEXT) LIKE '%"change":"extended"%'"#,
        r#"UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '13:30:00Z', '23:30:00Z') AS BLOB) WHERE CAST(body AS TEXT) LIKE '%"change":"activated"%'"#,
        r#"UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '13:30:00Z', '23:30:00Z') AS BLOB)"#,
        // The same time added twice.
        r#"INSERT INTO events (sequence, request, previous, body, hash, authentication)
           SELECT (SELECT max(sequence) FROM events) + 1, request,
                  (SELECT hash FROM events ORDER BY sequence DESC LIMIT 1), body, hash, authentication
           FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"extended"%' LIMIT 1"#,
        // Its review deleted, or changed to another verdict.
        r#"DELETE FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"reviewed"%'"#,
        r#"UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '"verdict":"approve"', '"verdict":"deny"') AS BLOB)"#,
    ];
    for forged in FORGED {
        let mut world = world().await;
        let (ana, cy) = (world.person("ana").await, world.person("cy").await);
        let first = active(&world, &ana, "long").await;
        let extension = extend(&world, &ana, &first).await;
        world.approve(&cy, &extension).await;
        let asked = world.cloud.orders.lock().unwrap().len();
        sql(&world, forged).await;
        let refused = world.mint(&ana, &first).await;
        assert_eq!((refused.status(), refused.problem().as_str()), (503, "unready"), "{forged}");
        assert_eq!(world.cloud.orders.lock().unwrap().len(), asked, "{forged}");
        world.stop().await;
        assert!(matches!(world.start().await, Err(BrokerError::Log(_))), "{forged}");
    }
}

#[tokio::test]
async fn rows_of_an_extension_do_not_move_to_another_grant() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let first = active(&world, &ana, "long").await;
    let other = active(&world, &ana, "hard").await;
    let extension = extend(&world, &ana, &first).await;
    world.approve(&cy, &extension).await;
    let asked = world.cloud.orders.lock().unwrap().len();
    // The row's own column only locates it, and the located row proves nothing.
    sql(
        &world,
        r#"UPDATE events SET request = (SELECT request FROM events WHERE CAST(body AS TEXT) LIKE '%role/hard%' LIMIT 1)
           WHERE CAST(body AS TEXT) LIKE '%"change":"extended"%'"#,
    )
    .await;
    for view in [&first, &other] {
        assert_eq!(world.mint(&ana, view).await.problem(), "unready");
    }
    assert_eq!(world.cloud.orders.lock().unwrap().len(), asked);
}

#[tokio::test]
async fn what_ends_while_more_time_is_approved_stays_ended() {
    let world = world().await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    for stop in ["end", "revoke"] {
        let first = active(&world, &ana, "long").await;
        let extension = extend(&world, &ana, &first).await;
        let stopping = async {
            match stop {
                "end" => world.post_nothing(&format!("/v1/requests/{}/end", first.id), &ana).await,
                _ => world.revoke(&dee, &first).await,
            }
        };
        let (approved, stopped) = tokio::join!(world.review(&cy, &extension, Verdict::Approve), stopping);
        assert_eq!(stopped.status(), 200, "{stop}");
        assert!([200, 409].contains(&approved.status()), "{stop}");
        assert!(world.show(&ana, &first).await.state.is_terminal(), "{stop}");
        assert!(world.show(&ana, &extension).await.state.is_terminal(), "{stop}");
        assert_eq!(world.mint(&ana, &first).await.problem(), "state", "{stop}");
    }
}
