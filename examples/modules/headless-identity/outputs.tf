output "consumer_key" {
  description = "The client ID. Public. The consumer secret is in no output: read it with the ephemeral resource salesforce_external_client_app_credentials."
  value       = salesforce_oauth_client.this.consumer_key
}

output "external_client_app" {
  description = "The app's ID, which is its API name. What else belongs to the app refers to it."
  value       = salesforce_oauth_client.this.id
}

output "org_id" {
  description = "The org that the app is in."
  value       = salesforce_oauth_client.this.org_id
}

output "readiness" {
  description = "Per variant: status (ready, not_ready, unknown), what blocks it, what could not be read. Null without check_readiness."
  value = one([
    for readiness in data.salesforce_headless_identity_readiness.this :
    { for variant in var.variants : variant => readiness[variant] }
  ])
}

output "flows" {
  description = "Per variant, what a client sends to /services/oauth2/authorize; besides it come the credentials (or a guest's Uvid-Hint), code_challenge and state."
  value = {
    for variant in var.variants : variant => {
      headers = { "Auth-Request-Type" = local.auth_request_types[variant] }
      parameters = {
        response_type = "code_credentials"
        client_id     = salesforce_oauth_client.this.consumer_key
        redirect_uri  = var.callback_urls[0]
      }
    }
  }
}

output "smoke_test" {
  description = "Arguments and environment of examples/headless-identity/smoke-test. No secrets: add CLIENT_SECRET (private clients), the test user and the rest by hand."
  value = {
    arguments = concat(sort(var.variants), local.refreshable && length(setsubtract(var.variants, ["guest"])) > 0 ? ["refresh", "revoke"] : [])
    environment = merge(
      {
        CLIENT_ID    = salesforce_oauth_client.this.consumer_key
        CALLBACK_URL = var.callback_urls[0]
        CREDENTIALS  = "body"
      },
      var.site_url == null ? {} : { SITE_URL = var.site_url },
    )
  }
}

locals {
  auth_request_types = {
    login        = "Named-User"
    passwordless = "passwordless-login"
    registration = "user-registration"
    guest        = "guest"
  }
}
