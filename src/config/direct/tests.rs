//! The tables of direct roles.

use super::super::file;
use super::*;

fn read(table: &str, folder: &Path) -> Result<DirectRole, String> {
    let text = format!("[roles.x]\napproval = \"none\"\n{table}");
    let checked = file::parse(Path::new("config.toml"), &text, folder).map_err(|error| error.to_string())?;
    Ok(checked.roles.into_values().next().unwrap())
}

const GCP: &str = "[roles.x.gcp]\nservice_account = \"reader@shop-123456.iam.gserviceaccount.com\"\nproject = \"shop-123456\"\n";
const AZURE: &str = "[roles.x.azure]\ntenant = \"0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90\"\naudiences = [\"https://vault.azure.net\"]\n";
const KUBERNETES: &str = "[roles.x.kubernetes]\nserver = \"https://k8s.example.com/\"\nnamespace = \"apps\"\nservice_account = \"deployer\"\n";

#[test]
fn google_and_kubernetes_have_direct_roles() {
    let folder = tempfile::tempdir().unwrap();
    let role = read(GCP, folder.path()).unwrap();
    assert_eq!((role.own, role.duration), (OwnIdentity::Gcp(OwnGcp::Gcloud), Span::of_minutes(60)));
    let described = role.target.describe();
    assert_eq!(
        described,
        "service account reader@shop-123456.iam.gserviceaccount.com in project shop-123456 (gcp)"
    );
    let text = role.target.to_string();
    assert!(
        text.parse::<Target>().is_err(),
        "no statement can name a target that no authority opens: {text}"
    );
    let other =
        read(&format!("{GCP}credentials = \"application-default\"\nduration = \"5m\"\n"), folder.path());
    assert_eq!(other.unwrap().own, OwnIdentity::Gcp(OwnGcp::ApplicationDefault));

    let role = read(&format!("{KUBERNETES}context = \"mine\"\nduration = \"10m\"\n"), folder.path()).unwrap();
    let own = OwnKubernetes { context: Some("mine".to_owned()), ca: None };
    assert_eq!((role.own, role.duration), (OwnIdentity::Kubernetes(own), Span::of_minutes(10)));
    assert_eq!(role.target.place().name, "https://k8s.example.com");
}

#[test]
fn a_direct_role_of_azure_names_no_application() {
    let folder = tempfile::tempdir().unwrap();
    let role = read(AZURE, folder.path()).unwrap();
    assert_eq!((&role.own, role.duration), (&OwnIdentity::Azure, Span::of_minutes(60)));
    assert_eq!(role.target.name(), "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90");
    let text = role.target.to_string();
    assert!(text.parse::<Target>().is_err(), "no statement can name it: {text}");
    let other = read(
        &format!("{AZURE}authority = \"https://login.chinacloudapi.cn\"\nduration = \"5m\"\n"),
        folder.path(),
    );
    let other = other.unwrap();
    assert!(other.target.describe().contains("at https://login.chinacloudapi.cn"));
    assert_eq!(other.duration, Span::of_minutes(5));
}

#[test]
fn what_no_place_takes_is_refused_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = String::new();
    for table in [
        String::new(),
        format!("{GCP}{KUBERNETES}"),
        format!("{GCP}duration = \"2h\"\n"),
        format!("{GCP}credentials = \"key.json\"\n"),
        format!("{GCP}oauth_scopes = [\"https://mail.google.com/\"]\n"),
        GCP.replace("reader@shop-123456.iam.gserviceaccount.com", "ana@example.com"),
        format!("{KUBERNETES}duration = \"5m\"\n"),
        format!("{KUBERNETES}context = \"\"\n"),
        format!("{KUBERNETES}ca = \"~/none.pem\"\n"),
        KUBERNETES.replace("https", "http"),
        KUBERNETES.replace("deployer", "-deployer"),
        format!("{AZURE}duration = \"4m\"\n"),
        format!("{AZURE}authority = \"http://127.0.0.1:4000\"\n"),
        format!("{AZURE}authority = \"https://login.evil.example\"\n"),
        AZURE.replace("0f5a3c1e", "contoso"),
        AZURE.replace("https://vault.azure.net", "--debug"),
        AZURE.replace("https://vault.azure.net", "https://vault.azure.net/.default"),
        AZURE.replace("\"https://vault.azure.net\"", ""),
    ] {
        let error = read(&table, folder.path()).unwrap_err();
        said.push_str(&error.replace(&folder.path().display().to_string(), "HOME"));
        said.push('\n');
    }
    insta::assert_snapshot!(said, @r#"
    config.toml:2:12: the role opens nothing
    config.toml:2:12: a role opens one target, and this one has several
    config.toml:6:12: Google gives access tokens of 1m to 1h
    config.toml:6:15: credentials is gcloud or application-default
    config.toml:3:1: "https://mail.google.com/" cannot be the OAuth scope of Google Cloud
    config.toml:3:1: "ana@example.com" cannot be the service account of Google Cloud
    config.toml:7:12: Kubernetes makes tokens of 10m or longer, and jit asks for 12h at most
    config.toml:7:11: this is not the name of a context
    config.toml:7:6: HOME/none.pem: there is no such file
    config.toml:3:1: "http://k8s.example.com" is not an https address, nor http on this machine
    config.toml:3:1: "-deployer" cannot be the name of a service account in Kubernetes
    config.toml:6:12: jit keeps a token for 5m to 12h
    config.toml:3:1: "http://127.0.0.1:4000" cannot be the authority of a direct role of Azure
    config.toml:6:13: "https://login.evil.example" cannot be the authority of Azure
    config.toml:3:1: "contoso-4b1d-4c5e-9f00-2a7d1b6c8e90" cannot be the tenant id of Azure
    config.toml:5:13: "--debug" cannot be the audience of Azure
    config.toml:5:13: "https://vault.azure.net/.default" cannot be the audience of Azure
    config.toml:5:13: "0 of them" cannot be the list of audiences of Azure
    "#);
}
