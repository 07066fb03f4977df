//! The SCIM receiver's description of itself: its functions, resource types and schemas (RFC 7643, sections 5
//! to 7).

use serde_json::Value;
use serde_json::json;

use super::scim::GROUP;
use super::scim::USER;

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// The functions of this service provider.
pub fn config(authority: &str) -> Value {
    let off = json!({"supported": false});
    json!({
        "schemas": [CONFIG],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": 100},
        "changePassword": off,
        "sort": off,
        "etag": off,
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The token of jit serve --scim-token",
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{authority}/scim/v2/ServiceProviderConfig"),
        },
    })
}

/// The resource types: users, and groups, of which the receiver has none and takes none.
pub fn resource_types(authority: &str) -> Vec<Value> {
    let kind = |name: &str, schema: &str, description: &str| {
        json!({
            "schemas": [RESOURCE_TYPE],
            "id": name,
            "name": name,
            "description": description,
            "endpoint": format!("/{name}s"),
            "schema": schema,
            "meta": {
                "resourceType": "ResourceType",
                "location": format!("{authority}/scim/v2/ResourceTypes/{name}"),
            },
        })
    };
    vec![
        kind("User", USER, "An account whose end ends everything of its person here"),
        // Canaille's client fails where a service has no groups at all.
        kind("Group", GROUP, "Not taken: a person's groups come from their tokens"),
    ]
}

/// The schemas of the resource types.
pub fn schemas(authority: &str) -> Vec<Value> {
    vec![user_schema(authority), group_schema(authority)]
}

/// The document with this id. `None` if there is none.
pub fn one(documents: Vec<Value>, id: &str) -> Option<Value> {
    documents.into_iter().find(|document| document["id"] == id)
}

fn group_schema(authority: &str) -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": GROUP,
        "name": "Group",
        "description": "Not taken: a person's groups come from their tokens",
        "attributes": [
            ignored("displayName", "string", false, &[]),
            ignored("members", "complex", true, &["value", "$ref", "display", "type"]),
        ],
        "meta": {"resourceType": "Schema", "location": format!("{authority}/scim/v2/Schemas/{GROUP}")},
    })
}

/// A client that follows the schema sends only `userName`, `active` and the common `externalId`. Clients
/// build their user from the other attributes, so the schema has them. They are read-only, so clients do not
/// send them, above all no password.
fn user_schema(authority: &str) -> Value {
    let text = |name| ignored(name, "string", false, &[]);
    let parts = |name, several, parts: &[&str]| ignored(name, "complex", several, parts);
    let user_name = json!({
        "name": "userName", "type": "string", "multiValued": false, "required": true, "caseExact": false,
        "description": "The name at the provider", "mutability": "readWrite", "returned": "default",
        "uniqueness": "server",
    });
    let active = json!({
        "name": "active", "type": "boolean", "multiValued": false, "required": false,
        "description": "false ends everything that the person has here", "mutability": "readWrite",
        "returned": "default",
    });
    json!({
        "schemas": [SCHEMA],
        "id": USER,
        "name": "User",
        "description": "An account at the identity provider. Only userName, externalId and active are read",
        "attributes": [
            user_name,
            active,
            parts("name", false, &["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"]),
            text("displayName"),
            text("nickName"),
            text("title"),
            text("userType"),
            text("preferredLanguage"),
            text("locale"),
            text("timezone"),
            text("password"),
            ignored("profileUrl", "reference", false, &[]),
            parts("emails", true, &["value", "display", "type"]),
            parts("phoneNumbers", true, &["value", "display", "type"]),
            parts("ims", true, &["value", "display", "type"]),
            parts("photos", true, &["value", "display", "type"]),
            parts("addresses", true, &["formatted", "streetAddress", "locality", "region", "postalCode", "country", "type"]),
            parts("groups", true, &["value", "$ref", "display", "type"]),
            parts("entitlements", true, &["value", "display", "type"]),
            parts("roles", true, &["value", "display", "type"]),
        ],
        "meta": {"resourceType": "Schema", "location": format!("{authority}/scim/v2/Schemas/{USER}")},
    })
}

/// An attribute that the broker neither reads nor returns.
fn ignored(name: &str, kind: &str, several: bool, parts: &[&str]) -> Value {
    let mut attribute = json!({
        "name": name, "type": kind, "multiValued": several, "required": false,
        "description": "Not read here", "mutability": "readOnly", "returned": "never",
    });
    match kind {
        "complex" => {
            let parts = parts.iter().map(|part| {
                let kind = if *part == "$ref" { "reference" } else { "string" };
                ignored(part, kind, false, &[])
            });
            attribute["subAttributes"] = parts.collect();
        }
        "reference" => {
            attribute["referenceTypes"] = if name == "$ref" { json!(["Group"]) } else { json!(["external"]) };
        }
        _ => attribute["caseExact"] = json!(false),
    }
    attribute
}
