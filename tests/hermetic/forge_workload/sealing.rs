//! A lease that a hostile run seals to the job's own key, with a good token of its own: the job takes what was signed and nothing
//! else, as a person's client does.

use jit::github::job_log;
use jit::github::lease::Delivered;
use jit::github::lease::audience;
use jit::github::workload::taking_audience;
use jit::grant::Digest;
use jit::grant::Target;
use jit::grant::lease::associated_data;
use jit::secret::Secret;
use jit::secret::seal::seal;
use serde_json::Value;
use serde_json::json;

use super::shop::Shop;
use super::shop::outcome;
use super::shop::said;
use crate::support::github::GitHub;
use crate::support::github::actions::issuer;
use crate::support::github::actions::run::Run;

/// The key that the job named in the token which it showed to the run. `None` where it took another request.
fn named_key(inputs: &Value, request: &Digest) -> Option<String> {
    let proof = inputs["proof"].as_str().unwrap();
    let claims = data_encoding::BASE64URL_NOPAD.decode(proof.split('.').nth(1).unwrap().as_bytes()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let audience = claims["aud"].as_str().unwrap();
    audience.strip_prefix(&taking_audience(request, "")).map(str::to_owned)
}

/// Puts other credentials into the place of those that a run sealed.
fn swap(github: &GitHub, authority: &str, request: &Digest, credentials: &Value) {
    let mut world = github.world();
    let runs: Vec<Run> = world.runs.values().cloned().collect();
    for run in runs {
        let Some(mint) = run.job("mint") else { continue };
        let Ok(delivered) = job_log::read(mint.log.as_bytes()) else { continue };
        let lease =
            json!({"number": delivered.number, "expires": delivered.expires, "credentials": credentials});
        let associated = associated_data(authority, request, &delivered.run, delivered.number);
        let Some(key) = named_key(&run.inputs, request) else { continue };
        let sealed = seal(&key, lease.to_string().as_bytes(), &associated, [9; 32]).unwrap();
        let claims = world.claims(run.id, mint.id, Some(&audience(&sealed)));
        let token = Secret::new(issuer::sign(&claims));
        let log = job_log::write(&Delivered { sealed, token, ..delivered });
        let jobs = &mut world.runs.get_mut(&run.id).unwrap().jobs;
        jobs.iter_mut().find(|job| job.key == "mint").unwrap().log = log;
    }
}

/// A job that took credentials with another endpoint or region would send its commands there.
#[test]
fn a_jobs_lease_for_another_endpoint_or_region_is_refused() {
    let shop = Shop::new();
    let run = shop.push("first");
    shop.approve(&run);
    let asked = shop.asked(&run);
    let target = shop.file(&asked.digest).statement.target;
    let Target::Sandbox(sandbox) = &target else { panic!("{target}") };
    let own = json!({
        "access_key_id": "ASIAEXAMPLE", "secret_access_key": "hush", "session_token": "quiet",
        "account": target.role_arn().unwrap().account(), "session_arn": null, "region": "sandbox",
        "endpoint_url": sandbox.endpoint_url,
    });
    let with = |member: &str, value: &str| {
        let mut changed = own.clone();
        changed[member] = value.into();
        changed
    };
    let authority = jit::github::authority(shop.hub.repository);
    let mut runs = vec![run];
    for (credentials, words) in [
        (with("endpoint_url", "https://evil.example"), "another endpoint than the requested one"),
        (with("endpoint_url", ""), "another endpoint than the requested one"),
        (with("region", "eu-west-1"), "another region than the requested one"),
        (with("account", "999999999999"), "another account than the requested one"),
        // What fits passes the same door, and the cloud does not know it.
        (own.clone(), "are not kept"),
    ] {
        let run = match runs.pop() {
            Some(run) => run,
            None => {
                let run = shop.push(words);
                shop.approve(&run);
                run
            }
        };
        let digest = shop.asked(&run).digest;
        let authority = authority.clone();
        shop.meddle(move |github, request| {
            if request.url.ends_with("/logs") {
                swap(github, &authority, &digest, &credentials);
            }
        });
        let run = shop.let_in(run.id);
        assert_ne!(outcome(&run, "deploy"), "success", "{words}");
        assert!(said(&run, "deploy").contains(words), "{words}: {}", said(&run, "deploy"));
        assert!(shop.steps.commands.lock().unwrap().is_empty(), "{words}");
        assert!(!said(&run, "deploy").contains("hush"));
    }
}
