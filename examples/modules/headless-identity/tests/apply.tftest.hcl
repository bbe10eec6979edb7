# Tests of the resources that the module creates. Each run is applied to the org in the environment, and everything is destroyed
# at the end. Use the emulator or a test org.

variables {
  name          = "ModuleTest"
  contact_email = "identity@example.com"
  client_type   = "private"
  callback_urls = ["https://shop.example.com/callback"]
  # An existing permission set.
  permission_sets = ["Shop_Customer"]
  # Otherwise `terraform test` could not destroy the app.
  deletion_protection = false
}

run "private_client_requires_secret" {
  assert {
    condition = (
      salesforce_oauth_client.this.secret_required_for_web_server_flow &&
      salesforce_oauth_client.this.secret_required_for_refresh_token &&
      salesforce_oauth_client.this.pkce_required &&
      salesforce_oauth_client.this.code_credential_flow_enabled &&
      salesforce_oauth_client.this.code_credential_post_only
    )
    error_message = "a private client must require the secret and PKCE"
  }
  assert {
    condition     = !salesforce_oauth_client.this.named_user_jwt_enabled
    error_message = "access tokens must be opaque without guests"
  }
  assert {
    condition     = salesforce_oauth_client.this.policies.permitted_users == "AdminApprovedPreAuthorized"
    error_message = "users must be pre-authorized"
  }
  assert {
    condition     = !salesforce_oauth_client.this.policies.guest_code_credential_flow_enabled
    error_message = "guest access must be disabled"
  }
  assert {
    condition     = output.consumer_key != "" && output.flows["login"].parameters.client_id == output.consumer_key
    error_message = "the outputs must contain the consumer key"
  }
  assert {
    condition     = join(" ", output.smoke_test.arguments) == "login refresh revoke"
    error_message = "the smoke test must run the configured variants"
  }
}

run "adding_guests_keeps_the_consumer_key" {
  variables {
    variants = ["login", "guest"]
    # A variable, because OpenTofu does not allow run references in assertions.
    key_before = run.private_client_requires_secret.consumer_key
  }
  assert {
    condition     = output.consumer_key == var.key_before
    error_message = "the consumer key must not change"
  }
  assert {
    condition = (
      salesforce_oauth_client.this.named_user_jwt_enabled &&
      salesforce_oauth_client.this.policies.guest_code_credential_flow_enabled &&
      salesforce_oauth_client.this.policies.guest_jwt_timeout_minutes == 30
    )
    error_message = "guests must have JWT-based access tokens that expire"
  }
}

# Settings that depend on each other are disabled in one deploy.
run "removing_guests_restores_opaque_tokens" {
  assert {
    condition = !(
      salesforce_oauth_client.this.policies.guest_code_credential_flow_enabled ||
      salesforce_oauth_client.this.named_user_jwt_enabled
    )
    error_message = "guest access and JWT-based access tokens must be disabled"
  }
}

run "jwt_access_tokens_without_guests" {
  variables { jwt_access_tokens = true }
  assert {
    condition     = salesforce_oauth_client.this.named_user_jwt_enabled
    error_message = "access tokens must be JWTs"
  }
}

run "public_client_requires_no_secret" {
  variables { client_type = "public" }
  assert {
    condition = !(
      salesforce_oauth_client.this.secret_required_for_web_server_flow ||
      salesforce_oauth_client.this.secret_required_for_refresh_token
    )
    error_message = "a public client must not require the secret"
  }
  assert {
    condition = (
      salesforce_oauth_client.this.pkce_required &&
      salesforce_oauth_client.this.refresh_token_rotation_enabled
    )
    error_message = "a public client must use PKCE and refresh token rotation"
  }
}

run "one_time_codes_are_allowed_in_headers" {
  variables {
    variants = ["login", "passwordless", "registration"]
    profiles = ["Customer Community User"]
  }
  assert {
    condition     = !salesforce_oauth_client.this.code_credential_post_only
    error_message = "one-time codes must be allowed in the Authorization header"
  }
  assert {
    condition     = output.flows["passwordless"].headers["Auth-Request-Type"] == "passwordless-login"
    error_message = "the output must contain the header of the variant"
  }
}

run "no_refresh_tokens_without_the_scope" {
  variables { scopes = ["Api"] }
  assert {
    condition     = salesforce_oauth_client.this.policies.refresh_token_policy == "Zero"
    error_message = "refresh tokens must be disabled"
  }
  assert {
    condition     = join(" ", output.smoke_test.arguments) == "login"
    error_message = "the smoke test must not refresh"
  }
}

run "manages_the_org_setting" {
  variables { manage_org_settings = true }
  assert {
    condition     = salesforce_org_oauth_oidc_settings.this[0].code_credential_flow_enabled
    error_message = "the flow must be enabled in the org"
  }
}
