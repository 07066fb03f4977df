//! The configuration of a cluster for Terraform, as it is printed.

use super::*;

fn target(text: &str) -> KubernetesTarget {
    let target: crate::grant::Target = text.parse().unwrap();
    target.as_kubernetes().unwrap().clone()
}

fn issuer() -> IssuerAddress<'static> {
    IssuerAddress { url: "https://jit.example.com", discovery: None }
}

#[test]
fn groups_are_bound_and_the_file_is_written() {
    let target = target("kubernetes:https://k8s.example.com?audience=kube-prod&groups=admins,viewers");
    insta::assert_snapshot!(document(&"prod-k8s".parse().unwrap(), &target, issuer()), @r#"
    # 1. The API server's file: --authentication-config=FILE (Kubernetes 1.34; before, from 1.30 on, the version is
    #    apiserver.config.k8s.io/v1beta1). One entry of `jwt` for each issuer: further roles of jit join the lists in it.
    resource "local_file" "jit_authentication_configuration" {
      filename = "jit-authentication.yaml"
      content = yamlencode({
        apiVersion = "apiserver.config.k8s.io/v1"
        kind       = "AuthenticationConfiguration"
        jwt = [
          {
            issuer = {
              url       = "https://jit.example.com"
              audiences = ["kube-prod"]
            }
            claimValidationRules = [
              {
                expression = "claims.sub in {\"jit:role:prod-k8s\":[\"admins\",\"viewers\"]}"
                message    = "the token is of another role than the cluster trusts"
              },
              {
                expression = "dyn(claims.groups).all(group, group in {\"jit:role:prod-k8s\":[\"admins\",\"viewers\"]}[claims.sub])"
                message    = "the token names groups that its role does not have"
              },
            ]
            claimMappings = {
              username = {
                expression = "\"jit:\" + claims.jit_person"
              }
              groups = {
                claim  = "groups"
                prefix = "jit:"
              }
              extra = [
                {
                  key             = "jit.example.com/request"
                  valueExpression = "claims.jit_request"
                },
                {
                  key             = "jit.example.com/role"
                  valueExpression = "claims.jit_role"
                },
              ]
            }
            userValidationRules = [
              {
                expression = "!user.username.startsWith(\"system:\")"
                message    = "no token is a user of Kubernetes itself"
              },
              {
                expression = "user.groups.all(group, !group.startsWith(\"system:\"))"
                message    = "no token is in a group of Kubernetes itself"
              },
            ]
          },
        ]
      })
    }

    # EKS has this resource instead, and one such association for each cluster:
    # resource "aws_eks_identity_provider_config" "jit" {
    #   cluster_name = "NAME"
    #
    #   oidc {
    #     identity_provider_config_name = "jit"
    #     issuer_url                    = "https://jit.example.com"
    #     client_id                     = "kube-prod"
    #     username_claim                = "jit_person"
    #     username_prefix               = "jit:"
    #     groups_claim                  = "groups"
    #     groups_prefix                 = "jit:"
    #     required_claims = {
    #       sub = "jit:role:prod-k8s"
    #     }
    #   }
    # }

    # 2. For the cluster: what each group may do. Each group has a ClusterRole of its own: write the
    #    ClusterRoles that the bindings name. Until a group's is there, the group may do nothing. A scope that leaves a
    #    group out takes away what only that group's ClusterRole allows. `jit:ROLE`, of an earlier jit, binds all: delete it.
    resource "kubernetes_cluster_role_binding_v1" "jit_prod_k8s_admins" {
      metadata {
        name = "jit:prod-k8s:admins"
      }

      subject {
        kind      = "Group"
        api_group = "rbac.authorization.k8s.io"
        name      = "jit:admins"
      }

      role_ref {
        api_group = "rbac.authorization.k8s.io"
        kind      = "ClusterRole"
        name      = "jit:admins"
      }
    }

    resource "kubernetes_cluster_role_binding_v1" "jit_prod_k8s_viewers" {
      metadata {
        name = "jit:prod-k8s:viewers"
      }

      subject {
        kind      = "Group"
        api_group = "rbac.authorization.k8s.io"
        name      = "jit:viewers"
      }

      role_ref {
        api_group = "rbac.authorization.k8s.io"
        kind      = "ClusterRole"
        name      = "jit:viewers"
      }
    }
    "#);
}

/// Two groups may have one label, and a slash, which no name of an object has.
#[test]
fn each_group_has_a_binding_with_a_label_of_its_own() {
    let target = target("kubernetes:https://k8s.example.com?audience=kube&groups=a.b,a/b,a_b_2");
    let text = document(&"prod".parse().unwrap(), &target, issuer());
    let of = |mark: &str| -> Vec<String> {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix(mark))
            .map(|rest| rest.trim_matches(['"', ' ', '{']).to_owned())
            .collect()
    };
    let labels = of("resource \"kubernetes_cluster_role_binding_v1\" ");
    assert_eq!(labels, ["jit_prod_a_b", "jit_prod_a_b_2", "jit_prod_a_b_2_2"]);
    assert_eq!(of("name = "), ["jit:prod:a.b", "jit:prod:a~b", "jit:prod:a_b_2"]);
    let bound = ["jit:a.b", "jit:a.b", "jit:a/b", "jit:a~b", "jit:a_b_2", "jit:a_b_2"];
    assert_eq!(of("name      = "), bound);
}

#[test]
fn an_account_is_made_with_what_the_broker_may_do() {
    let target = target("kubernetes:https://k8s.example.com?namespace=apps&service_account=deployer");
    insta::assert_snapshot!(document(&"deploy".parse().unwrap(), &target, issuer()), @r#"
    # The broker is the service account jit/jit here: name another one if it is.
    # What apps/deployer may do is bound to it as to every service account; that is yours to write.
    # RBAC cannot limit whoever makes Secrets to some names: the admission policy does (Kubernetes 1.30).
    resource "kubernetes_service_account_v1" "jit_deploy" {
      metadata {
        name      = "deployer"
        namespace = "apps"
      }
    }

    resource "kubernetes_role_v1" "jit_deploy" {
      metadata {
        name      = "jit:deploy"
        namespace = "apps"
      }

      rule {
        api_groups     = [""]
        resources      = ["serviceaccounts/token"]
        resource_names = ["deployer"]
        verbs          = ["create"]
      }

      rule {
        api_groups = [""]
        resources  = ["secrets"]
        verbs      = ["create", "delete"]
      }
    }

    resource "kubernetes_role_binding_v1" "jit_deploy" {
      metadata {
        name      = "jit:deploy"
        namespace = "apps"
      }

      subject {
        kind      = "ServiceAccount"
        name      = "jit"
        namespace = "jit"
      }

      role_ref {
        api_group = "rbac.authorization.k8s.io"
        kind      = "Role"
        name      = "jit:deploy"
      }
    }

    resource "kubernetes_manifest" "jit_validating_admission_policy" {
      manifest = {
        apiVersion = "admissionregistration.k8s.io/v1"
        kind       = "ValidatingAdmissionPolicy"
        metadata = {
          name = "jit-secrets"
        }
        spec = {
          failurePolicy = "Fail"
          matchConstraints = {
            resourceRules = [
              {
                apiGroups   = [""]
                apiVersions = ["v1"]
                operations  = ["CREATE", "UPDATE", "DELETE"]
                resources   = ["secrets"]
              },
            ]
          }
          matchConditions = [
            {
              name       = "broker"
              expression = "request.userInfo.username == \"system:serviceaccount:jit:jit\""
            },
          ]
          validations = [
            {
              expression = "request.name.startsWith(\"jit-\")"
              message    = "the broker has only Secrets whose names begin with jit-"
            },
            {
              expression = "request.operation == \"DELETE\" || object.type == \"Opaque\""
              message    = "the broker makes no Secret that holds another account's token"
            },
          ]
        }
      }
    }

    resource "kubernetes_manifest" "jit_validating_admission_policy_binding" {
      manifest = {
        apiVersion = "admissionregistration.k8s.io/v1"
        kind       = "ValidatingAdmissionPolicyBinding"
        metadata = {
          name = "jit-secrets"
        }
        spec = {
          policyName        = "jit-secrets"
          validationActions = ["Deny"]
        }
      }
    }
    "#);
}

/// An audience may have every printable character but three: none of them ends a string, a comment or a line.
#[test]
fn a_hostile_audience_stays_a_text() {
    let target = target("kubernetes:https://k8s.example.com?audience=${env.X}%{if}*/#&groups=admins");
    let text = document(&"prod-k8s".parse().unwrap(), &target, issuer());
    assert_eq!(text.matches("\"$${env.X}%%{if}*/#\"").count(), 2, "{text}");
    assert_eq!(text.matches("env.X").count(), 2, "{text}");
}
