# What the module refuses, each for the reason that its message names. Nothing is applied.

variables {
  name            = "Shop"
  contact_email   = "identity@example.com"
  client_type     = "private"
  callback_urls   = ["https://shop.example.com/callback"]
  permission_sets = ["Shop_Customer"]
  # Known after an apply only, and `terraform test` takes that for a failure in a plan.
  check_readiness = false
}

run "the_variables_of_this_file_are_accepted" {
  command = plan
}

run "a_client_is_public_or_private" {
  command = plan
  variables { client_type = "confidential" }
  expect_failures = [var.client_type]
}

run "a_variant_is_one_that_an_app_takes_part_in" {
  command = plan
  variables { variants = ["login", "forgot_password"] }
  expect_failures = [var.variants]
}

run "some_variant_is_wanted" {
  command = plan
  variables { variants = [] }
  expect_failures = [var.variants]
}

run "a_code_does_not_cross_the_network_in_the_clear" {
  command = plan
  variables { callback_urls = ["https://shop.example.com/callback", "http://shop.example.com/callback"] }
  expect_failures = [var.callback_urls]
}

run "a_host_that_only_begins_like_this_machine_is_not_this_machine" {
  command = plan
  variables { callback_urls = ["http://localhost.example.com/callback"] }
  expect_failures = [var.callback_urls]
}

run "nor_is_one_behind_a_user_name" {
  command = plan
  variables { callback_urls = ["http://localhost:80@example.com/callback"] }
  expect_failures = [var.callback_urls]
}

run "http_on_this_machine_and_schemes_of_an_app_are_accepted" {
  command = plan
  variables {
    client_type   = "public"
    callback_urls = ["http://localhost:5173/callback", "http://127.0.0.1/", "http://[::1]:8080/callback", "com.example.shop://callback"]
  }
}

run "some_callback_is_needed" {
  command = plan
  variables { callback_urls = [] }
  expect_failures = [var.callback_urls]
}

run "everything_is_no_scope_of_a_shop" {
  command = plan
  variables { scopes = ["Full", "RefreshToken"] }
  expect_failures = [var.scopes]
}

run "scopes_of_the_integration_user_are_not_for_customers" {
  command = plan
  variables { scopes = ["Api", "PwdlessLogin"] }
  expect_failures = [var.scopes]
}

run "some_scope_is_needed" {
  command = plan
  variables { scopes = [] }
  expect_failures = [var.scopes]
}

run "guest_tokens_live_as_long_as_salesforce_offers" {
  command = plan
  variables { guest_token_minutes = 20 }
  expect_failures = [var.guest_token_minutes]
}

run "user_tokens_too_when_they_are_jwts" {
  command = plan
  variables {
    variants           = ["guest", "login"]
    user_token_minutes = 20
  }
  expect_failures = [salesforce_oauth_client.this]
}

run "opaque_ones_may_live_otherwise" {
  command = plan
  variables { user_token_minutes = 20 }
}

run "a_refresh_token_ends" {
  command = plan
  variables { refresh_token_days = 0 }
  expect_failures = [var.refresh_token_days]
}

run "a_public_client_rotates_its_refresh_tokens" {
  command = plan
  variables {
    client_type            = "public"
    refresh_token_rotation = false
  }
  expect_failures = [salesforce_oauth_client.this]
}

run "without_refresh_tokens_there_is_nothing_to_rotate" {
  command = plan
  variables {
    client_type            = "public"
    refresh_token_rotation = false
    scopes                 = ["Api", "OpenID"]
  }
}

run "guests_get_jwts" {
  command = plan
  variables {
    variants          = ["guest"]
    jwt_access_tokens = false
  }
  expect_failures = [salesforce_oauth_client.this]
}

run "somebody_may_use_the_app" {
  command = plan
  variables { permission_sets = [] }
  expect_failures = [salesforce_oauth_client.this]
}

run "a_profile_is_enough" {
  command = plan
  variables {
    permission_sets = []
    profiles        = ["Customer Community User"]
  }
}

run "a_browsers_token_should_open_no_pages_of_salesforce" {
  command = plan
  variables {
    client_type = "public"
    scopes      = ["Api", "Web"]
  }
  expect_failures = [check.scopes]
}
