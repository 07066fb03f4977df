//! The cost of a passkey: verifying its signature over a review, beside verifying an Ed25519 key's over the same review.

use std::hint::black_box;
use std::time::Duration;

use jit::identity;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::passkey::Site;

use crate::measure::Contender;
use crate::measure::in_turns;
use crate::measure::ratio;
use crate::measure::show;
use crate::support::authenticator::Parts;
use crate::support::authenticator::Passkey;

const ROUNDS: usize = 200;
/// How many verifications are timed together.
const REPEATS: u32 = 50;
const BROKER: &str = "https://jit.example.com";
const NAMESPACE: &str = "jit.review.v1";

pub fn figure() {
    let message = [b'x'; 600];
    let site = Site::of(BROKER).unwrap();
    let passkey = Parts::of(&Passkey::new(1, &site.rp_id), &site, NAMESPACE, &message).armour();
    let ed25519 = TestSigner::ed25519(1).sign(NAMESPACE, &message).unwrap();
    let hardware = TestSigner::touch(1).sign(NAMESPACE, &message).unwrap();
    let verify = |armoured: &str| {
        for _ in 0..REPEATS {
            black_box(identity::verify_for(BROKER, NAMESPACE, &message, black_box(armoured)).unwrap());
        }
    };
    let mut contenders: [Contender<'_>; 3] = [
        ("passkey", Box::new(|| verify(&passkey))),
        ("ed25519", Box::new(|| verify(&ed25519))),
        ("sk-ed25519", Box::new(|| verify(&hardware))),
    ];
    let times = in_turns(ROUNDS, &mut contenders);
    let each: Vec<Duration> = times.iter().map(|times| times.median() / REPEATS).collect();
    let told = |time: Duration| format!("{} ({:.0} a second)", show(time), 1.0 / time.as_secs_f64());
    println!(
        "passkeys   a review's signature verified: passkey {} | ed25519 {} | sk-ed25519 {} | ratio {:.2} and {:.2}",
        told(each[0]),
        told(each[1]),
        told(each[2]),
        ratio(each[0], each[1]),
        ratio(each[0], each[2]),
    );
}
