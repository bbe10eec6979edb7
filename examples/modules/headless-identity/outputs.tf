output "consumer_key" {
  description = "The client ID, which is public. For the consumer secret, use the ephemeral resource salesforce_external_client_app_credentials."
  value       = salesforce_oauth_client.this.consumer_key
}

output "external_client_app" {
  description = "ID of the app, which is its API name. Reference it from other resources of the app."
  value       = salesforce_oauth_client.this.id
}

output "org_id" {
  description = "ID of the org that contains the app."
  value       = salesforce_oauth_client.this.org_id
}

output "readiness" {
  description = "For each variant, the status (ready, not_ready, unknown), the blocking settings, and the settings that could not be read. Null without check_readiness."
  value = one([
    for readiness in data.salesforce_headless_identity_readiness.this :
    { for variant in var.variants : variant => readiness[variant] }
  ])
}

output "flows" {
  description = "For each variant, the header and parameters that a client sends to /services/oauth2/authorize, in addition to credentials (or Uvid-Hint for guests), code_challenge and state."
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
  description = "Arguments and environment of examples/headless-identity/smoke-test, without secrets. Add CLIENT_SECRET (for private clients), the test user and other values."
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
