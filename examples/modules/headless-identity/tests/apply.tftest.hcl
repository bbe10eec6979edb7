# What the module makes. Each run is applied to the org that the environment names, and all is destroyed in the end:
# for the emulator, or an org to play with.

variables {
  name          = "ModuleTest"
  contact_email = "identity@example.com"
  client_type   = "private"
  callback_urls = ["https://shop.example.com/callback"]
  # One that the org has.
  permission_sets = ["Shop_Customer"]
  # Otherwise `terraform test` could not clean up.
  deletion_protection = false
}

run "a_private_client_sends_its_secret" {
  assert {
    condition = (
      salesforce_oauth_client.this.secret_required_for_web_server_flow &&
      salesforce_oauth_client.this.secret_required_for_refresh_token &&
      salesforce_oauth_client.this.pkce_required &&
      salesforce_oauth_client.this.code_credential_flow_enabled &&
      salesforce_oauth_client.this.code_credential_post_only
    )
    error_message = "a private client has a secret, and PKCE besides"
  }
  assert {
    condition     = !salesforce_oauth_client.this.named_user_jwt_enabled
    error_message = "without guests tokens are opaque"
  }
  assert {
    condition     = salesforce_oauth_client.this.policies.permitted_users == "AdminApprovedPreAuthorized"
    error_message = "users are pre-authorized"
  }
  assert {
    condition     = !salesforce_oauth_client.this.policies.guest_code_credential_flow_enabled
    error_message = "guests were not asked for"
  }
  assert {
    condition     = output.consumer_key != "" && output.flows["login"].parameters.client_id == output.consumer_key
    error_message = "the consumer key is in the outputs"
  }
  assert {
    condition     = join(" ", output.smoke_test.arguments) == "login refresh revoke"
    error_message = "the smoke test runs what was asked for"
  }
}

run "guests_come_in_place_and_the_consumer_key_stays" {
  variables {
    variants = ["login", "guest"]
    # Not in the assertion itself: OpenTofu knows no other run there.
    key_before = run.a_private_client_sends_its_secret.consumer_key
  }
  assert {
    condition     = output.consumer_key == var.key_before
    error_message = "clients would have to change"
  }
  assert {
    condition = (
      salesforce_oauth_client.this.named_user_jwt_enabled &&
      salesforce_oauth_client.this.policies.guest_code_credential_flow_enabled &&
      salesforce_oauth_client.this.policies.guest_jwt_timeout_minutes == 30
    )
    error_message = "guests have JWTs that end"
  }
}

# What needs each other goes in one deploy, and so in one apply.
run "guests_go_and_tokens_are_opaque_again" {
  assert {
    condition = !(
      salesforce_oauth_client.this.policies.guest_code_credential_flow_enabled ||
      salesforce_oauth_client.this.named_user_jwt_enabled
    )
    error_message = "guests were taken back, and nobody else needs JWTs"
  }
}

run "tokens_can_be_jwts_without_guests" {
  variables { jwt_access_tokens = true }
  assert {
    condition     = salesforce_oauth_client.this.named_user_jwt_enabled
    error_message = "JWTs were asked for"
  }
}

run "a_public_client_has_no_secret" {
  variables { client_type = "public" }
  assert {
    condition = !(
      salesforce_oauth_client.this.secret_required_for_web_server_flow ||
      salesforce_oauth_client.this.secret_required_for_refresh_token
    )
    error_message = "a public client keeps no secret"
  }
  assert {
    condition = (
      salesforce_oauth_client.this.pkce_required &&
      salesforce_oauth_client.this.refresh_token_rotation_enabled
    )
    error_message = "it has PKCE and rotation instead"
  }
}

run "one_time_codes_come_in_a_header" {
  variables {
    variants = ["login", "passwordless", "registration"]
    profiles = ["Customer Community User"]
  }
  assert {
    condition     = !salesforce_oauth_client.this.code_credential_post_only
    error_message = "Salesforce documents one-time codes in the Authorization header"
  }
  assert {
    condition     = output.flows["passwordless"].headers["Auth-Request-Type"] == "passwordless-login"
    error_message = "each variant has its header"
  }
}

run "without_the_scope_there_are_no_refresh_tokens" {
  variables { scopes = ["Api"] }
  assert {
    condition     = salesforce_oauth_client.this.policies.refresh_token_policy == "Zero"
    error_message = "nobody asked for refresh tokens"
  }
  assert {
    condition     = join(" ", output.smoke_test.arguments) == "login"
    error_message = "there is nothing to refresh"
  }
}

run "the_org_lets_the_flow_be_used" {
  variables { manage_org_settings = true }
  assert {
    condition     = salesforce_org_oauth_oidc_settings.this[0].code_credential_flow_enabled
    error_message = "the org's switch is on"
  }
}
