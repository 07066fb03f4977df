//! The text form of applications, the audiences, and scopes.

use proptest::prelude::*;

use super::*;
use crate::grant::Target;
use crate::grant::cloud::azure_scope::AzureScopeDocument;

const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";

fn audiences(names: &[&str]) -> Result<Audiences, TargetError> {
    Audiences::new(names.iter().map(|&name| name.to_owned()).collect())
}

#[test]
fn audiences_are_resources_in_their_own_order() {
    let good = [
        "https://management.azure.com",
        "https://graph.microsoft.com",
        "https://vault.azure.net",
        "https://shop.database.windows.net/",
        "https://example.com/orders/api",
        "api://orders",
        "api://7c1e2d3f-aaaa-4bbb-8ccc-123456789abc/orders",
        "6dae42f8-4368-4678-94ff-3960e28e3630",
    ];
    assert_eq!(audiences(&good).unwrap().names(), good);
    for bad in [
        &[][..],
        &[""],
        &["http://management.azure.com"],
        &["https://management.azure.com/.default"],
        &["https://ana@management.azure.com"],
        &["https://management.azure.com#x"],
        &["https://management.azure.com?x"],
        &["https://Management.azure.com"],
        &["https://a.example&tenant=x"],
        &["https://a.example,https://b.example"],
        &["management.azure.com"],
        &["api://"],
        &["api:///x"],
        &["file:///etc/passwd"],
        &["6DAE42F8-4368-4678-94ff-3960e28e3630"],
        &["https://a.example", "https://a.example"],
        &["https://a.example", "https://a.example/"],
        &["https://a.example\n"],
        // Tokens for these buy something at a cloud.
        &["api://AzureADTokenExchange"],
        &["fb60f99c-7a34-4190-8149-302f77469936"],
        &["api://fb60f99c-7a34-4190-8149-302f77469936"],
        &["api://%41zureADTokenExchange"],
        &["api://x/.default/"],
        &["https://management.azure.com/.default/"],
        &["api://azureadtokenexchangeusgov"],
        &["https://sts.amazonaws.com"],
    ] {
        assert!(audiences(bad).is_err(), "{bad:?}");
    }
    let many: Vec<String> = (0..=MAX_AUDIENCES).map(|number| format!("api://{number}")).collect();
    assert!(Audiences::new(many).is_err());
}

#[test]
fn only_the_known_clouds_and_this_machine_sign_in() {
    for (text, audience) in [
        ("https://login.microsoftonline.com", "api://AzureADTokenExchange"),
        ("https://login.microsoftonline.us", "api://AzureADTokenExchangeUSGov"),
        ("https://login.chinacloudapi.cn", "api://AzureADTokenExchangeChina"),
        ("http://127.0.0.1:4000", "sandbox.jit/entra"),
    ] {
        let authority: Authority = text.parse().unwrap();
        assert_eq!((authority.url(), authority.exchange_audience()), (text, audience));
    }
    for bad in [
        "https://login.example.com",
        "https://login.microsoftonline.com/",
        "https://login.microsoftonline.com.evil.example",
        "https://127.0.0.1:4000",
        "http://login.microsoftonline.com",
        "http://127.0.0.1:4000/",
        "http://127.0.0.1:4000?x",
        "login.microsoftonline.com",
        "",
    ] {
        assert!(bad.parse::<Authority>().is_err(), "{bad}");
    }
}

#[test]
fn a_scope_names_some_of_the_audiences() {
    let document = AzureScopeDocument::new(audiences(&["https://graph.microsoft.com"]).unwrap());
    assert_eq!(document.as_str(), r#"{"audiences":["https://graph.microsoft.com"]}"#);
    assert_eq!(AzureScopeDocument::parse(document.as_str()).unwrap(), document);
    for bad in ["", "{}", r#"{"audiences":[]}"#, r#"{"audiences": ["api://a"]}"#, r#"{"audiences":["a"]}"#] {
        assert_eq!(AzureScopeDocument::parse(bad), None, "{bad}");
    }
}

#[test]
fn what_a_role_accepts_is_said_with_it() {
    let text = format!("azure:{APP}?tenant={TENANT}&audiences=https://management.azure.com,api://a");
    let target: Target = text.parse().unwrap();
    assert_eq!(target.shortest_grant(), Some(LONGEST_LIFE));
    assert_eq!(target.overrun(), None);
    insta::assert_snapshot!(target.describe(), @"application 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc in tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90 (azure, for https://management.azure.com and api://a; Entra decides how long a token lives, up to 1h30m, so access is no shorter)");
    let target: Target =
        format!("{text}&authority=https://login.microsoftonline.us&overrun=accept").parse().unwrap();
    assert_eq!((target.shortest_grant(), target.overrun()), (None, Some(LONGEST_LIFE)));
    insta::assert_snapshot!(target.describe(), @"application 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc in tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90 (azure, for https://management.azure.com and api://a, at https://login.microsoftonline.us; a token can outlive the access by up to 1h30m)");
}

#[test]
fn a_text_with_another_meaning_or_form_is_none() {
    let good = format!("azure:{APP}?tenant={TENANT}&audiences=api://a");
    assert_eq!(good.parse::<Target>().unwrap().to_string(), good);
    for bad in [
        format!("azure:{APP}"),
        format!("azure:{APP}?tenant={TENANT}"),
        format!("azure:{APP}?audiences=api://a&tenant={TENANT}"),
        format!("azure:{APP}?tenant=example.com&audiences=api://a"),
        format!("azure:{}?tenant={TENANT}&audiences=api://a", APP.to_uppercase()),
        format!("azure:../x?tenant={TENANT}&audiences=api://a"),
        format!("azure:{APP}?tenant={TENANT}&audiences=api://AzureADTokenExchange"),
        format!("{good}&overrun="),
        format!("{good}&overrun=refuse"),
        format!("{good}&overrun=accept&overrun=accept"),
        format!("{good}&overrun=accept&authority=https://login.microsoftonline.us"),
        format!("{good}&authority=https://login.microsoftonline.com"),
        format!("{good}&authority=https://evil.example"),
        format!("{good}&authority=http://evil.example"),
        format!("{good}&key=x"),
    ] {
        assert!(bad.parse::<Target>().is_err(), "{bad}");
    }
}

fn ids() -> impl Strategy<Value = String> {
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
}

fn resources() -> impl Strategy<Value = String> {
    prop_oneof!["https://[a-z]{1,9}\\.example(/[a-z]{1,5})?", "api://[a-z0-9/-]{1,20}", ids()]
}

proptest! {
    /// The text form of every target reads back, byte for byte, to the same target.
    #[test]
    fn every_target_reads_back(
        (tenant, client_id) in (ids(), ids()),
        names in proptest::collection::vec(resources(), 1..5),
        place in 0..4_usize,
        overrun: bool,
    ) {
        let authority = [
            Authority::Public, Authority::UsGovernment, Authority::China, Authority::Loopback("http://127.0.0.1:1".to_owned()),
        ][place].clone();
        if let Ok(audiences) = Audiences::new(names) {
            let target = Target::Azure(AzureTarget { tenant, client_id, audiences, authority, overrun });
            let text = target.to_string();
            prop_assert_eq!(text.parse::<Target>().unwrap(), target);
        }
    }

    /// A target that is read from any text is written as that text, and nothing panics.
    #[test]
    fn every_text_is_a_target_or_none(rest in "[ -~]{0,40}", tenant in ids(), client_id in ids()) {
        for text in [format!("azure:{rest}"), format!("azure:{client_id}?tenant={tenant}&audiences={rest}")] {
            if let Ok(target) = text.parse::<Target>() {
                prop_assert_eq!(target.to_string(), text);
            }
        }
    }
}
