//! The configuration of a cluster for a role, as it is printed.

use super::*;

fn target(text: &str) -> KubernetesTarget {
    let target: crate::grant::Target = text.parse().unwrap();
    target.as_kubernetes().unwrap().clone()
}

fn issuer() -> IssuerAddress<'static> {
    IssuerAddress { url: "https://jit.example.com", discovery: None }
}

#[test]
fn a_cluster_is_told_of_one_subject_and_its_groups() {
    let target = target("kubernetes:https://k8s.example.com?audience=kube-prod&groups=admins,viewers");
    insta::assert_snapshot!(manifest(&"prod-k8s".parse().unwrap(), &target, issuer()), @r#"
    # 1. The API server's file: --authentication-config=FILE (Kubernetes 1.34; before, from 1.30 on, the version is
    #    apiserver.config.k8s.io/v1beta1). One entry of `jwt` for each issuer: further roles of jit join the lists in it.
    {
      "apiVersion": "apiserver.config.k8s.io/v1",
      "kind": "AuthenticationConfiguration",
      "jwt": [
        {
          "issuer": {
            "url": "https://jit.example.com",
            "audiences": [
              "kube-prod"
            ]
          },
          "claimValidationRules": [
            {
              "expression": "claims.sub in {\"jit:role:prod-k8s\":[\"admins\",\"viewers\"]}",
              "message": "the token is of another role than the cluster trusts"
            },
            {
              "expression": "dyn(claims.groups).all(group, group in {\"jit:role:prod-k8s\":[\"admins\",\"viewers\"]}[claims.sub])",
              "message": "the token names groups that its role does not have"
            }
          ],
          "claimMappings": {
            "username": {
              "expression": "\"jit:\" + claims.jit_person"
            },
            "groups": {
              "claim": "groups",
              "prefix": "jit:"
            },
            "extra": [
              {
                "key": "jit.example.com/request",
                "valueExpression": "claims.jit_request"
              },
              {
                "key": "jit.example.com/role",
                "valueExpression": "claims.jit_role"
              }
            ]
          },
          "userValidationRules": [
            {
              "expression": "!user.username.startsWith(\"system:\")",
              "message": "no token is a user of Kubernetes itself"
            },
            {
              "expression": "user.groups.all(group, !group.startsWith(\"system:\"))",
              "message": "no token is in a group of Kubernetes itself"
            }
          ]
        }
      ]
    }

    # An API server without such a file has flags instead, for one role only:
    #   --oidc-issuer-url=https://jit.example.com --oidc-client-id=kube-prod --oidc-username-claim=jit_person --oidc-username-prefix=jit: --oidc-groups-claim=groups --oidc-groups-prefix=jit: --oidc-required-claim=sub=jit:role:prod-k8s
    # EKS: aws eks associate-identity-provider-config --cluster-name NAME --oidc 'identityProviderConfigName=jit,issuerUrl=https://jit.example.com,clientId=kube-prod,usernameClaim=jit_person,usernamePrefix=jit:,groupsClaim=groups,groupsPrefix=jit:,requiredClaims={sub=jit:role:prod-k8s}'

    # 2. For `kubectl apply -f -`: what each group may do. Each group has a ClusterRole of its own: write the
    #    ClusterRoles that the bindings name. Until a group's is there, the group may do nothing. A scope that leaves a
    #    group out takes away what only that group's ClusterRole allows. `jit:ROLE`, of an earlier jit, binds all: delete it.
    {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRoleBinding",
      "metadata": {
        "name": "jit:prod-k8s:admins"
      },
      "subjects": [
        {
          "kind": "Group",
          "apiGroup": "rbac.authorization.k8s.io",
          "name": "jit:admins"
        }
      ],
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "jit:admins"
      }
    }
    ---
    {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRoleBinding",
      "metadata": {
        "name": "jit:prod-k8s:viewers"
      },
      "subjects": [
        {
          "kind": "Group",
          "apiGroup": "rbac.authorization.k8s.io",
          "name": "jit:viewers"
        }
      ],
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "jit:viewers"
      }
    }
    "#);
}

#[test]
fn one_group_alone_may_take_a_role_that_each_cluster_has() {
    let target = target("kubernetes:https://k8s.example.com?audience=kube-prod&groups=admins");
    let objects = objects(&"prod-k8s".parse().unwrap(), &target);
    assert_eq!((objects.len(), &objects[0]["roleRef"]["name"]), (1, &Value::from("view")));
    let text = manifest(&"prod-k8s".parse().unwrap(), &target, issuer());
    assert!(
        text.contains("what the group may do. Name a role of the cluster instead of `view`.\n{"),
        "{text}"
    );
}

#[test]
fn a_service_accounts_namespace_is_told_of_the_broker() {
    let target = target("kubernetes:https://k8s.example.com?namespace=apps&service_account=deployer");
    insta::assert_snapshot!(manifest(&"deploy".parse().unwrap(), &target, issuer()), @r#"
    # For `kubectl apply -f -`. The broker is the service account jit/jit here: name another one if it is.
    # What apps/deployer may do is bound to it as to every service account; that is yours to write.
    # RBAC cannot limit whoever makes Secrets to some names: the admission policy does (Kubernetes 1.30).
    {
      "apiVersion": "v1",
      "kind": "ServiceAccount",
      "metadata": {
        "name": "deployer",
        "namespace": "apps"
      }
    }
    ---
    {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "Role",
      "metadata": {
        "name": "jit:deploy",
        "namespace": "apps"
      },
      "rules": [
        {
          "apiGroups": [
            ""
          ],
          "resources": [
            "serviceaccounts/token"
          ],
          "resourceNames": [
            "deployer"
          ],
          "verbs": [
            "create"
          ]
        },
        {
          "apiGroups": [
            ""
          ],
          "resources": [
            "secrets"
          ],
          "verbs": [
            "create",
            "delete"
          ]
        }
      ]
    }
    ---
    {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "RoleBinding",
      "metadata": {
        "name": "jit:deploy",
        "namespace": "apps"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "jit",
          "namespace": "jit"
        }
      ],
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "jit:deploy"
      }
    }
    ---
    {
      "apiVersion": "admissionregistration.k8s.io/v1",
      "kind": "ValidatingAdmissionPolicy",
      "metadata": {
        "name": "jit-secrets"
      },
      "spec": {
        "failurePolicy": "Fail",
        "matchConstraints": {
          "resourceRules": [
            {
              "apiGroups": [
                ""
              ],
              "apiVersions": [
                "v1"
              ],
              "operations": [
                "CREATE",
                "UPDATE",
                "DELETE"
              ],
              "resources": [
                "secrets"
              ]
            }
          ]
        },
        "matchConditions": [
          {
            "name": "broker",
            "expression": "request.userInfo.username == \"system:serviceaccount:jit:jit\""
          }
        ],
        "validations": [
          {
            "expression": "request.name.startsWith(\"jit-\")",
            "message": "the broker has only Secrets whose names begin with jit-"
          },
          {
            "expression": "request.operation == \"DELETE\" || object.type == \"Opaque\"",
            "message": "the broker makes no Secret that holds another account's token"
          }
        ]
      }
    }
    ---
    {
      "apiVersion": "admissionregistration.k8s.io/v1",
      "kind": "ValidatingAdmissionPolicyBinding",
      "metadata": {
        "name": "jit-secrets"
      },
      "spec": {
        "policyName": "jit-secrets",
        "validationActions": [
          "Deny"
        ]
      }
    }
    "#);
}

#[test]
fn keys_are_under_a_domain_that_nobody_else_has() {
    assert_eq!(domain("https://jit.example.com/x"), "jit.example.com");
    for other in ["http://127.0.0.1:1", "http://localhost", "https://[::1]", ""] {
        assert_eq!(domain(other), "jit.invalid", "{other}");
    }
}
