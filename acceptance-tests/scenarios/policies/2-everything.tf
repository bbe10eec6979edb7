# plan: salesforce_external_client_app_policies.shop = update
# switches: salesforce_external_client_app_policies.shop of Shop
# output: Shop_Customer
# org: ExtlClntAppOauthConfigurablePolicies of Shop: permittedUsersPolicyType = AdminApprovedPreAuthorized
# org: ExtlClntAppOauthConfigurablePolicies of Shop: commaSeparatedPermissionSet = Shop_Customer
# org: ExtlClntAppOauthConfigurablePolicies of Shop: isGuestCodeCredFlowEnabled = true
# org: ExtlClntAppOauthConfigurablePolicies of Shop: guestJwtSessionTimeoutType = Custom
# org: ExtlClntAppOauthConfigurablePolicies of Shop: guestJwtTimeout = 30
# org: ExtlClntAppOauthConfigurablePolicies of Shop: namedUserJwtSessionTimeoutType = Custom
# org: ExtlClntAppOauthConfigurablePolicies of Shop: namedUserJwtTimeout = 10
# org: ExtlClntAppOauthConfigurablePolicies of Shop: refreshTokenPolicyType = SpecificInactivity
# org: ExtlClntAppOauthConfigurablePolicies of Shop: refreshTokenValidityPeriod = 30
# org: ExtlClntAppOauthConfigurablePolicies of Shop: refreshTokenValidityUnit = Days
# org: ExtlClntAppOauthConfigurablePolicies of Shop: requiredSessionLevel = HIGH_ASSURANCE
# org: ExtlClntAppOauthConfigurablePolicies of Shop: policyAction = RaiseSessionLevel
# org: ExtlClntAppOauthConfigurablePolicies of Shop: ipRelaxationPolicyType = Enforce_RelaxRefresh
# org: ExtlClntAppOauthConfigurablePolicies of Shop: singleLogoutUrl = https://shop.example.com/logout
# org: ExtlClntAppOauthConfigurablePolicies of Shop: startUrl = https://shop.example.com/oauth
# org: ExtlClntAppOauthConfigurablePolicies of Shop: isTokenExchangeFlowEnabled = true
# org: ExtlClntAppConfigurablePolicies of Shop: startPage = Custom
# org: ExtlClntAppConfigurablePolicies of Shop: startUrl = https://shop.example.com/start
# org: ExtlClntAppConfigurablePolicies of Shop: isEnabled = true

resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id

  callback_urls                   = ["https://shop.example.com/callback"]
  oauth_scopes                    = ["Api", "RefreshToken"]
  code_credential_flow_enabled    = true
  client_credentials_flow_enabled = true
  token_exchange_enabled          = true
  named_user_jwt_enabled          = true
}

resource "salesforce_external_client_app_policies" "shop" {
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id

  enabled = true
  # Needs a user of the org.
  client_credentials_flow_enabled = false
  start_page                      = "Custom"
  start_url                       = "https://shop.example.com/start"

  permitted_users                     = "AdminApprovedPreAuthorized"
  permission_sets                     = ["Shop_Customer"]
  guest_code_credential_flow_enabled  = true
  token_exchange_flow_enabled         = true
  guest_jwt_session_timeout_type      = "Custom"
  guest_jwt_timeout_minutes           = 30
  named_user_jwt_session_timeout_type = "Custom"
  named_user_jwt_timeout_minutes      = 10
  refresh_token_policy                = "SpecificInactivity"
  refresh_token_validity_period       = 30
  refresh_token_validity_unit         = "Days"
  required_session_level              = "HIGH_ASSURANCE"
  policy_action                       = "RaiseSessionLevel"
  ip_relaxation                       = "Enforce_RelaxRefresh"
  single_logout_url                   = "https://shop.example.com/logout"
  oauth_start_url                     = "https://shop.example.com/oauth"
  custom_attributes                   = { tier = "\"gold\"" }
}
