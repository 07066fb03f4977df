//! The sandbox's actions, one method each.

use std::net::IpAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::HeaderMap;
use axum::http::Uri;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::READ_NOTE;
use super::Sandbox;
use super::SandboxRole;
use super::WRITE_NOTE;
use super::answer::Assumed;
use super::answer::AssumedRoleUser;
use super::answer::Fault;
use super::answer::Identity;
use super::answer::Note;
use super::answer::Outcome;
use super::parameters::Parameters;
use super::session_policy::Attempt;
use super::signature::Caller;

/// The longest session of a role assumed from another role's session, in seconds: AWS limits role chaining to an hour.
const MAX_CHAINED: i64 = 3600;

impl Sandbox {
    /// Performs the action of a call.
    pub(super) async fn act(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        source: Option<IpAddr>,
        body: &[u8],
    ) -> Result<Outcome, Fault> {
        let parameters = Parameters::read(body)?;
        match parameters.require("Action")? {
            "AssumeRoleWithWebIdentity" => self.assume_with_token(&parameters).await,
            "AssumeRole" => self.assume(&self.authenticate(uri, headers, body)?, source, &parameters),
            "GetCallerIdentity" => Ok(self.identity(&self.authenticate(uri, headers, body)?)),
            READ_NOTE => self.note(&self.authenticate(uri, headers, body)?, source, "sandbox:ReadNote"),
            WRITE_NOTE => self.note(&self.authenticate(uri, headers, body)?, source, "sandbox:WriteNote"),
            _ => Err(Fault::new(400, "InvalidAction", "the sandbox does not know this action")),
        }
    }

    async fn assume_with_token(&self, parameters: &Parameters) -> Result<Outcome, Fault> {
        let name = parameters.session_name()?;
        let claims = self.verify_token(parameters.require("WebIdentityToken")?).await?;
        let role_arn = parameters.require("RoleArn")?;
        // The roles claim is checked before the trust policy, as at STS.
        if !claims.is_for(role_arn) {
            return Err(Fault::token("The target role is not in the token's roles claim."));
        }
        let denied = || Fault::denied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
        let subject = Some(claims.sub.as_str());
        let fits = |role: &SandboxRole| role.is(role_arn) && role.trusted_subject.as_deref() == subject;
        let role = self.role(fits).ok_or_else(denied)?;
        let source = claims.source_identity.clone();
        let mut assumed = self.open(&role, name, parameters, role.max_session)?;
        assumed.subject_from_web_identity_token = Some(claims.sub);
        assumed.audience = Some(claims.aud);
        assumed.source_identity = source;
        Ok(Outcome::WebIdentity(assumed))
    }

    fn assume(
        &self,
        caller: &Caller,
        source: Option<IpAddr>,
        parameters: &Parameters,
    ) -> Result<Outcome, Fault> {
        let name = parameters.session_name()?;
        let role_arn = parameters.require("RoleArn")?;
        let denied = || {
            Fault::denied(format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
                caller.arn()
            ))
        };
        let role = self.role(|role| role.is(role_arn)).ok_or_else(denied)?;
        let (trusted, most) = match caller {
            Caller::User(user) => (user.arn.as_str(), role.max_session),
            Caller::Session(session) => (session.role.as_str(), MAX_CHAINED),
        };
        let may = self.may_act(caller, "sts:AssumeRole", role_arn, source);
        if !role.trusted_callers.iter().any(|arn| arn == trusted) || !may {
            return Err(denied());
        }
        check_mfa(&role, caller, parameters).map_err(|fault| fault.unwrap_or_else(denied))?;
        let chained = matches!(caller, Caller::Session(_));
        if chained && parameters.duration(role.max_session)? > MAX_CHAINED {
            return Err(Fault::validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
            ));
        }
        Ok(Outcome::Role(self.open(&role, name, parameters, most)?))
    }

    fn identity(&self, caller: &Caller) -> Outcome {
        let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
        let user_id = match caller {
            Caller::User(user) => user.access_key_id.clone(),
            Caller::Session(session) => session.user_id.clone(),
        };
        let arn = caller.arn().to_owned();
        Outcome::Caller(Identity { user_id, account: account(&arn), arn })
    }

    fn note(&self, caller: &Caller, source: Option<IpAddr>, action: &str) -> Result<Outcome, Fault> {
        let account = caller.arn().split(':').nth(4).unwrap_or_default();
        if self.may_act(caller, action, &format!("arn:aws:sandbox::{account}:note"), source) {
            let note = "There is no cloud behind this: it is the sandbox.".to_owned();
            return Ok(Outcome::Note(Note { note }));
        }
        Err(Fault::denied(format!(
            "User: {} is not authorized to perform: {action} because no session policy allows it, or with an explicit deny in a session policy",
            caller.arn()
        )))
    }

    fn may_act(&self, caller: &Caller, action: &str, resource: &str, source: Option<IpAddr>) -> bool {
        match caller {
            Caller::User(_) => true,
            Caller::Session(session) => {
                let attempt = Attempt { action, resource, now: self.clock.now(), source };
                session.policy.as_ref().is_none_or(|policy| policy.allows(&attempt))
            }
        }
    }

    fn role(&self, fits: impl Fn(&SandboxRole) -> bool) -> Option<SandboxRole> {
        let fixed = self.settings.roles.iter().find(|role| fits(role)).cloned();
        fixed.or_else(|| self.changing.as_ref()?().into_iter().find(|role| fits(role)))
    }

    fn open(
        &self,
        role: &SandboxRole,
        name: &str,
        parameters: &Parameters,
        most: i64,
    ) -> Result<Assumed, Fault> {
        let seconds = parameters.duration(most)?;
        let policy = parameters.policy()?;
        let end = self.clock.now().checked_add(SignedDuration::from_secs(seconds));
        let (session, credentials) =
            self.open_session(&role.arn, name, end.unwrap_or(Timestamp::MAX), policy);
        Ok(Assumed {
            subject_from_web_identity_token: None,
            audience: None,
            assumed_role_user: AssumedRoleUser { assumed_role_id: session.user_id, arn: session.arn },
            credentials,
            source_identity: None,
        })
    }
}

/// Checks the caller's MFA code if the role demands one. The error `None` is the ordinary refusal.
fn check_mfa(role: &SandboxRole, caller: &Caller, parameters: &Parameters) -> Result<(), Option<Fault>> {
    if !role.needs_mfa {
        return Ok(());
    }
    let Caller::User(user) = caller else { return Err(None) };
    let (serial, code) = user.mfa.as_ref().ok_or(None)?;
    let (given_serial, given_code) =
        parameters.get("SerialNumber").zip(parameters.get("TokenCode")).ok_or(None)?;
    let code_fits = verify_slices_are_equal(given_code.as_bytes(), code.expose().as_bytes()).is_ok();
    if given_serial == serial && code_fits {
        return Ok(());
    }
    let wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    Err(Some(Fault::denied(wrong)))
}
