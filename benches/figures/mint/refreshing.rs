//! The vendors' libraries in a Python process that runs already, and gets new credentials when it is told to.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

/// Google's library: it refreshes for each line that it reads, and answers with a line.
pub const GOOGLE_AUTH: &str = "\
import sys
from google.auth import identity_pool
from google.auth.transport.requests import Request
credentials = identity_pool.Credentials.from_file(
    sys.argv[1], scopes=['https://www.googleapis.com/auth/cloud-platform'])
request = Request()
for line in sys.stdin:
    credentials.refresh(request)
    print(len(credentials.token), flush=True)
";

/// Microsoft's library, which azure-identity calls. It takes https alone, so its transport leads to loopback and answers
/// discovery itself, once; each sign-in is a real call.
pub const MSAL: &str = "\
import json, sys, urllib.parse
import msal, requests
url, tenant, client_id, scope, file = sys.argv[1:6]
authority = 'https://login.microsoftonline.com/' + tenant
assertion = open(file).read()

class Answer:
    status_code, headers = 200, {}
    def __init__(self, document):
        self.text = json.dumps(document)
    def raise_for_status(self):
        pass

class Transport:
    session = requests.Session()
    def get(self, asked, **_):
        if 'discovery/instance' in asked:
            host = urllib.parse.urlparse(authority).netloc
            known = {'preferred_network': host, 'preferred_cache': host, 'aliases': [host]}
            found = authority + '/v2.0/.well-known/openid-configuration'
            return Answer({'tenant_discovery_endpoint': found, 'metadata': [known]})
        return Answer({
            'issuer': authority + '/v2.0',
            'authorization_endpoint': authority + '/oauth2/v2.0/authorize',
            'token_endpoint': authority + '/oauth2/v2.0/token'})
    def post(self, asked, data=None, headers=None, **_):
        path = urllib.parse.urlparse(asked).path
        return self.session.post(url + path, data=data, headers=headers)
    def close(self):
        pass

application = msal.ConfidentialClientApplication(
    client_id, authority=authority, client_credential={'client_assertion': lambda: assertion}, http_client=Transport())
for line in sys.stdin:
    application.remove_tokens_for_client()
    answer = application.acquire_token_for_client([scope])
    print(len(answer.get('access_token') or ''), answer.get('error_description') or '', flush=True)
";

/// A Python process that refreshes when it is told to.
pub struct Refreshing(Child, BufReader<std::process::ChildStdout>);

impl Refreshing {
    /// Starts the script. `None` if these modules are not installed.
    pub fn start(python: &Path, modules: &str, script: &str, arguments: &[&str]) -> Option<Self> {
        let import = format!("import {modules}");
        let has_them = || {
            let looked = Command::new(python).args(["-c", &import]).stderr(Stdio::null()).status();
            looked.is_ok_and(|status| status.success())
        };
        if !python.exists() || !has_them() {
            return None;
        }
        let mut command = Command::new(python);
        command.args(["-c", script]).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Some(Self(child, lines))
    }

    /// Gets new credentials.
    pub fn again(&mut self) {
        self.0.stdin.as_mut().unwrap().write_all(b"again\n").unwrap();
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        let length = line.split_whitespace().next().and_then(|word| word.parse::<usize>().ok());
        assert!(length.is_some_and(|length| length > 20), "{line}");
    }
}

impl Drop for Refreshing {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
