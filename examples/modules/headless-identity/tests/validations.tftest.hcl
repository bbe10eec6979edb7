# Tests of the configurations that the module rejects. Nothing is applied.

variables {
  name            = "Shop"
  contact_email   = "identity@example.com"
  client_type     = "private"
  callback_urls   = ["https://shop.example.com/callback"]
  permission_sets = ["Shop_Customer"]
  # Its result is unknown in a plan, which `terraform test` treats as a failure.
  check_readiness = false
}

run "accepts_the_variables_of_this_file" {
  command = plan
}

run "rejects_unknown_client_type" {
  command = plan
  variables { client_type = "confidential" }
  expect_failures = [var.client_type]
}

run "rejects_unknown_variant" {
  command = plan
  variables { variants = ["login", "forgot_password"] }
  expect_failures = [var.variants]
}

run "rejects_empty_variants" {
  command = plan
  variables { variants = [] }
  expect_failures = [var.variants]
}

run "rejects_http_callback_url" {
  command = plan
  variables { callback_urls = ["https://shop.example.com/callback", "http://shop.example.com/callback"] }
  expect_failures = [var.callback_urls]
}

run "rejects_host_that_starts_with_localhost" {
  command = plan
  variables { callback_urls = ["http://localhost.example.com/callback"] }
  expect_failures = [var.callback_urls]
}

run "rejects_localhost_as_user_name" {
  command = plan
  variables { callback_urls = ["http://localhost:80@example.com/callback"] }
  expect_failures = [var.callback_urls]
}

run "accepts_localhost_and_custom_schemes" {
  command = plan
  variables {
    client_type   = "public"
    callback_urls = ["http://localhost:5173/callback", "http://127.0.0.1/", "http://[::1]:8080/callback", "com.example.shop://callback"]
  }
}

run "rejects_empty_callback_urls" {
  command = plan
  variables { callback_urls = [] }
  expect_failures = [var.callback_urls]
}

run "rejects_scope_full" {
  command = plan
  variables { scopes = ["Full", "RefreshToken"] }
  expect_failures = [var.scopes]
}

run "rejects_scopes_of_the_integration_user" {
  command = plan
  variables { scopes = ["Api", "PwdlessLogin"] }
  expect_failures = [var.scopes]
}

run "rejects_empty_scopes" {
  command = plan
  variables { scopes = [] }
  expect_failures = [var.scopes]
}

run "rejects_unsupported_guest_token_lifetime" {
  command = plan
  variables { guest_token_minutes = 20 }
  expect_failures = [var.guest_token_minutes]
}

run "rejects_unsupported_jwt_lifetime" {
  command = plan
  variables {
    variants           = ["guest", "login"]
    user_token_minutes = 20
  }
  expect_failures = [salesforce_oauth_client.this]
}

run "accepts_other_lifetime_of_opaque_tokens" {
  command = plan
  variables { user_token_minutes = 20 }
}

run "rejects_refresh_tokens_without_expiry" {
  command = plan
  variables { refresh_token_days = 0 }
  expect_failures = [var.refresh_token_days]
}

run "rejects_public_client_without_rotation" {
  command = plan
  variables {
    client_type            = "public"
    refresh_token_rotation = false
  }
  expect_failures = [salesforce_oauth_client.this]
}

run "accepts_no_rotation_without_refresh_tokens" {
  command = plan
  variables {
    client_type            = "public"
    refresh_token_rotation = false
    scopes                 = ["Api", "OpenID"]
  }
}

run "rejects_guests_without_jwt" {
  command = plan
  variables {
    variants          = ["guest"]
    jwt_access_tokens = false
  }
  expect_failures = [salesforce_oauth_client.this]
}

run "rejects_app_without_users" {
  command = plan
  variables { permission_sets = [] }
  expect_failures = [salesforce_oauth_client.this]
}

run "accepts_profiles_without_permission_sets" {
  command = plan
  variables {
    permission_sets = []
    profiles        = ["Customer Community User"]
  }
}

run "warns_about_scope_web_with_public_client" {
  command = plan
  variables {
    client_type = "public"
    scopes      = ["Api", "Web"]
  }
  expect_failures = [check.scopes]
}
