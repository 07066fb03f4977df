//! People and keys that sign-ins enrolled, laid over a policy: nothing is worth more than the key that confirms it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use jiff::Timestamp;
use jit::grant::Assurance;
use jit::grant::Name;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::policy::Claims;
use jit::policy::Confirmation;
use jit::policy::Enrolled;
use jit::policy::EnrolledKey;
use jit::policy::Known;
use jit::policy::Policy;
use jit::policy::Proof;
use proptest::prelude::*;

use crate::policy::world::key_line;

const ISSUER: &str = "https://login.example.com";
const TOKENS: [&str; 4] = ["quinn", "uma", "tess", "vera"];

/// A policy with two listed people, `ana` and the voucher `dee`.
fn policy(enrol: &str) -> Policy {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: String| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "access.toml",
        format!(
            "version = 1\n[identity.oidc]\nissuer = \"{ISSUER}\"\nclient_id = \"jit\"\ngroups = \"groups\"\n\
             vouchers = [\"group:security\"]\nenrol = \"{enrol}\"\n"
        ),
    );
    write(
        "people.toml",
        format!(
            "[people.ana]\nkeys = [\"{}\"]\noidc = \"00u-ana\"\n[people.dee]\nkeys = [\"{}\"]\n[groups]\nsecurity = [\"dee\"]\n",
            key_line(1),
            key_line(2)
        ),
    );
    Policy::load(folder.path()).unwrap()
}

/// The keys by their number: their fingerprints and lines. Odd numbers are in hardware.
fn known(number: u8) -> &'static (String, String) {
    static KEYS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    let keys =
        KEYS.get_or_init(|| {
            (0..14)
                .map(|seed| {
                    if seed % 2 == 1 {
                        TestSigner::touch(seed + 100)
                    } else {
                        TestSigner::ed25519(seed + 100)
                    }
                })
                .map(|signer| (signer.fingerprint().to_owned(), signer.public_key().to_owned()))
                .collect()
        });
    &keys[usize::from(number)]
}

fn fingerprint(number: u8) -> String {
    known(number).0.clone()
}

fn key(number: u8, lasting: bool, confirmations: Vec<Confirmation>) -> EnrolledKey {
    let until = (!lasting).then_some(Timestamp::MAX);
    let (fingerprint, line) = known(number).clone();
    EnrolledKey { fingerprint, line, hardware: number % 2 == 1, until, confirmations }
}

fn person(subject: &str, groups: &[&str], keys: Vec<EnrolledKey>) -> Enrolled {
    let claims = Claims {
        issuer: ISSUER.to_owned(),
        subject: subject.to_owned(),
        label: String::new(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    let proof = Proof { at: Timestamp::UNIX_EPOCH, groups_unknown: false };
    Enrolled { known: Known::Token(claims), proof, keys }
}

/// The worth of every key, and whose it is.
fn worths(policy: &Policy) -> BTreeMap<String, (Name, Assurance)> {
    (0..14)
        .filter_map(|number| {
            let fingerprint = fingerprint(number);
            let owner = policy.person_of_key(&fingerprint)?.name.clone();
            let worth = policy.key(&fingerprint)?.worth;
            Some((fingerprint, (owner, worth)))
        })
        .collect()
}

/// Confirmations that rest on nothing: by enrolled keys, by nobody's keys, and by vouchers who have no key.
fn baseless() -> impl Strategy<Value = Confirmation> {
    let name = prop::sample::select(vec!["quinn", "uma", "tess", "vera", "ana", "dee", "nobody"]);
    prop_oneof![
        (0..14_u8).prop_map(|number| Confirmation::Own(fingerprint(number))),
        (name, 0..14_u8)
            .prop_map(|(name, number)| Confirmation::Vouched(name.parse().unwrap(), fingerprint(number))),
    ]
}

fn anybody() -> impl Strategy<Value = Vec<Enrolled>> {
    let one = (any::<bool>(), prop::collection::vec(baseless(), 0..4));
    let groups = prop::sample::select(vec![&["security"][..], &["dev"], &["security", "dev"], &[]]);
    // A key may be claimed by two people.
    let keys = prop::collection::vec((0..12_u8, one), 0..4);
    let people = prop::collection::vec((prop::sample::select(vec![0, 1, 2, 3, 4]), groups, keys), 0..6);
    people.prop_map(|people| {
        let mut seen = BTreeSet::new();
        let fresh = people.into_iter().filter(|(who, _, _)| seen.insert(*who));
        fresh
            .map(|(who, groups, keys)| {
                let mut numbers = BTreeSet::new();
                let keys = keys.into_iter().filter(|(number, _)| numbers.insert(*number));
                let keys = keys.map(|(number, (lasting, by))| key(number, lasting, by));
                person(TOKENS.get(who).unwrap_or(&"00u-ana"), groups, keys.collect())
            })
            .collect()
    })
}

proptest! {
    /// Without a confirmation by a listed key, whatever the tokens say of groups, no key is worth more than an account.
    #[test]
    fn nothing_grows_out_of_nothing(enrolled in anybody()) {
        let admitted = policy("confirmed").admit(&enrolled, [], 1);
        for (key, (_, worth)) in worths(&admitted) {
            prop_assert_eq!(worth, Assurance::Account, "{}", key);
        }
    }

    /// The listed people and their keys stay as they are, and the order of the sign-ins changes nothing.
    #[test]
    fn what_is_listed_stays_and_the_order_is_of_no_account(enrolled in anybody(), rooted in any::<bool>(), trusted in any::<bool>()) {
        let policy = policy(if trusted { "trusted" } else { "confirmed" });
        let mut enrolled = enrolled;
        let dee = policy.person(&"dee".parse().unwrap()).unwrap().clone();
        if rooted {
            let by = Confirmation::Vouched("dee".parse().unwrap(), dee.keys[0].fingerprint.clone());
            for key in enrolled.iter_mut().flat_map(|person| &mut person.keys).take(2) {
                key.confirmations.push(by.clone());
            }
        }
        let admitted = policy.admit(&enrolled, [], 1);
        for name in ["ana", "dee"] {
            let name: Name = name.parse().unwrap();
            let (before, after) = (policy.person(&name).unwrap(), admitted.person(&name).unwrap());
            prop_assert_eq!(&before.keys[..], &after.keys[..before.keys.len()]);
            prop_assert_eq!((&before.groups, &before.label, &before.oidc), (&after.groups, &after.label, &after.oidc));
            prop_assert_eq!(after.proof, None);
        }
        prop_assert_eq!(admitted.revision, policy.revision);
        // A session's key is never worth more, and no key is worth more than its kind.
        for key in enrolled.iter().flat_map(|person| &person.keys) {
            if let Some(known) = admitted.key(&key.fingerprint) {
                let most = if known.hardware { Assurance::Touch } else { Assurance::Key };
                prop_assert!(known.worth <= most);
                prop_assert!(known.until.is_none() || known.worth == Assurance::Account);
            }
        }
        enrolled.reverse();
        prop_assert_eq!(worths(&policy.admit(&enrolled, [], 1)), worths(&admitted));
    }
}

#[test]
fn a_confirmation_counts_for_as_much_as_the_key_that_signed_it() {
    let policy = policy("confirmed");
    let dee = policy.person(&"dee".parse().unwrap()).unwrap().keys[0].fingerprint.clone();
    let vouched = |with: &str| vec![Confirmation::Vouched("dee".parse().unwrap(), with.to_owned())];
    let worth = |enrolled: &[Enrolled], number: u8| {
        worths(&policy.admit(enrolled, [], 1)).get(&fingerprint(number)).map(|(_, worth)| *worth)
    };
    let uma = |keys| vec![person("uma", &["dev"], keys)];
    assert_eq!(worth(&uma(vec![key(1, true, vouched(&dee))]), 1), Some(Assurance::Touch));
    assert_eq!(worth(&uma(vec![key(1, false, vouched(&dee))]), 1), Some(Assurance::Account), "a session's");
    assert_eq!(worth(&uma(vec![key(1, true, vouched("SHA256:other"))]), 1), Some(Assurance::Account));
    // A weaker key of one's own bounds a stronger one, and a chain is as strong as its weakest key.
    let own = |by: u8| vec![Confirmation::Own(fingerprint(by))];
    let chain = vec![key(3, true, own(2)), key(2, true, own(1)), key(1, true, vouched(&dee))];
    let chain = uma(chain);
    assert_eq!(
        [1, 2, 3].map(|number| worth(&chain, number)),
        [Assurance::Touch, Assurance::Key, Assurance::Key].map(Some)
    );
    let seen = worths(&policy.admit(&chain, [], 1));
    assert_eq!(seen.len(), 3, "the keys of these tests are keys that a policy takes");
    // A key that two people claim is nobody's.
    let both = [
        person("uma", &["dev"], vec![key(1, true, vouched(&dee))]),
        person("tess", &["dev"], vec![key(1, true, Vec::new())]),
    ];
    assert_eq!(worth(&both, 1), None);
    // A person of groups that nobody knows is in none of them.
    let mut unknown = person("uma", &["security"], Vec::new());
    unknown.proof.groups_unknown = true;
    assert_eq!(policy.admit([&unknown], [], 1).person(&"uma".parse().unwrap()).unwrap().groups, []);
}
