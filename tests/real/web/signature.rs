//! `ssh-keygen -Y verify` on what the broker stored: good as it is, and bad for each altered part.

use std::process::Command;

use data_encoding::BASE64;
use serde_json::Value;

use crate::peers::script::Ended;
use crate::peers::script::run;
use crate::web::world::Page;

/// Takes an SSH string off the front.
fn take<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
    let (length, rest) = bytes.split_at(4);
    let (text, rest) = rest.split_at(u32::from_be_bytes(length.try_into().unwrap()) as usize);
    *bytes = rest;
    text
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// The parts of a signature that a browser made (PROTOCOL.sshsig, PROTOCOL.u2f).
#[derive(Clone)]
struct Parts {
    /// Type, curve, point, application.
    key: Vec<Vec<u8>>,
    namespace: Vec<u8>,
    reserved: Vec<u8>,
    hash: Vec<u8>,
    kind: Vec<u8>,
    numbers: Vec<u8>,
    flags: u8,
    counter: u32,
    /// Origin, client data, extensions.
    rest: Vec<Vec<u8>>,
}

impl Parts {
    fn read(armoured: &str) -> Self {
        let text: String = armoured.lines().filter(|line| !line.starts_with("-----")).collect();
        let bytes = BASE64.decode(text.as_bytes()).unwrap();
        let mut all = bytes.strip_prefix(b"SSHSIG\0\0\0\x01").unwrap();
        let mut key = take(&mut all);
        let (namespace, reserved, hash) = (take(&mut all), take(&mut all), take(&mut all));
        let mut signature = take(&mut all);
        assert!(all.is_empty());
        let key = std::iter::from_fn(|| (!key.is_empty()).then(|| take(&mut key).to_vec())).collect();
        let (kind, numbers) = (take(&mut signature).to_vec(), take(&mut signature).to_vec());
        let flags = signature[0];
        let counter = u32::from_be_bytes(signature[1..5].try_into().unwrap());
        let mut last = &signature[5..];
        let rest = std::iter::from_fn(|| (!last.is_empty()).then(|| take(&mut last).to_vec())).collect();
        let own = |bytes: &[u8]| bytes.to_vec();
        Self {
            key,
            namespace: own(namespace),
            reserved: own(reserved),
            hash: own(hash),
            kind,
            numbers,
            flags,
            counter,
            rest,
        }
    }

    fn armour(&self) -> String {
        let all = |parts: &[Vec<u8>]| parts.iter().flat_map(|part| string(part)).collect::<Vec<u8>>();
        let mut signature = [string(&self.kind), string(&self.numbers)].concat();
        signature.push(self.flags);
        signature.extend(self.counter.to_be_bytes());
        signature.extend(all(&self.rest));
        let mut blob = b"SSHSIG\0\0\0\x01".to_vec();
        for part in [&all(&self.key), &self.namespace, &self.reserved, &self.hash, &signature] {
            blob.extend(string(part));
        }
        let text = BASE64.encode(&blob);
        let lines: Vec<&str> =
            text.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
    }
}

/// Holds the stored review against OpenSSH, and each altered form of it.
pub fn judge(page: &Page, signed: &Value) {
    let statement = signed["statement"].as_str().unwrap();
    let armoured = signed["signature"].as_str().unwrap();
    let line = format!("bo namespaces=\"jit.review.v1\" {}\n", page.passkey);
    let verify = |line: &str, statement: &str, armoured: &str| -> Ended {
        let folder = page.team.folder();
        std::fs::write(folder.join("allowed"), line).unwrap();
        std::fs::write(folder.join("review.sig"), armoured).unwrap();
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "verify", "-n", "jit.review.v1", "-I", "bo", "-f"]).arg(folder.join("allowed"));
        command.arg("-s").arg(folder.join("review.sig"));
        run(&mut command, statement.as_bytes())
    };
    let good = verify(&line, statement, armoured).ok();
    assert!(good.contains("Good \"jit.review.v1\" signature for bo with ECDSA-SK key"), "{good}");
    let parts = Parts::read(armoured);
    assert_eq!(parts.armour().trim_end(), armoured.trim_end(), "the parts are the whole");
    assert_eq!(parts.kind, b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com");
    assert_eq!(parts.flags & 5, 5, "touched, and its owner verified");
    assert_eq!(parts.rest[0], page.team.broker.url.as_bytes());
    let other = statement.replace("approve", "deny");
    assert_ne!(verify(&line, &other, armoured).code, 0, "another message");
    let alter = |change: &dyn Fn(&mut Parts)| {
        let mut altered = parts.clone();
        change(&mut altered);
        altered.armour()
    };
    let client = |from: &str, to: &str| {
        let data = String::from_utf8(parts.rest[1].clone()).unwrap();
        assert!(data.contains(from), "{data}");
        data.replace(from, to).into_bytes()
    };
    let altered = [
        ("flags", alter(&|parts| parts.flags ^= 4)),
        ("counter", alter(&|parts| parts.counter += 1)),
        ("origin", alter(&|parts| parts.rest[0] = b"http://evil.example".to_vec())),
        ("rpId", alter(&|parts| parts.key[3] = b"evil.example".to_vec())),
        ("key", alter(&|parts| *parts.key[2].last_mut().unwrap() ^= 1)),
        ("challenge", alter(&|parts| parts.rest[1] = client("\"challenge\":\"", "\"challenge\":\"A"))),
        ("type", alter(&|parts| parts.rest[1] = client("webauthn.get", "webauthn.create"))),
        ("numbers", alter(&|parts| *parts.numbers.last_mut().unwrap() ^= 1)),
        ("namespace", alter(&|parts| parts.namespace = b"jit.revoke.v1".to_vec())),
    ];
    for (name, armoured) in altered {
        assert_ne!(verify(&line, statement, &armoured).code, 0, "{name} was altered");
    }
    let blob = BASE64.decode(page.passkey.split(' ').nth(1).unwrap().as_bytes()).unwrap();
    let strange = [&blob[..blob.len() - 1], b"x"].concat();
    let line = format!("bo {} {}\n", page.passkey.split(' ').next().unwrap(), BASE64.encode(&strange));
    assert_ne!(verify(&line, statement, armoured).code, 0, "another key line");
}
