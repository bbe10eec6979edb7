# Attributes that are not managed keep their value, with a warning in the plan; others become empty; switches become false.
# plan: salesforce_external_client_app_policies.shop = update
# output: no longer managed
# org: ExtlClntAppOauthConfigurablePolicies of Shop: permittedUsersPolicyType = AdminApprovedPreAuthorized
# org: ExtlClntAppOauthConfigurablePolicies of Shop: commaSeparatedPermissionSet = Shop_Customer
# org: ExtlClntAppOauthConfigurablePolicies of Shop: isGuestCodeCredFlowEnabled = false
# org: ExtlClntAppOauthConfigurablePolicies of Shop: isTokenExchangeFlowEnabled = false
# org: ExtlClntAppOauthConfigurablePolicies of Shop: ipRelaxationPolicyType = Enforce_RelaxRefresh
# org: ExtlClntAppOauthConfigurablePolicies of Shop: singleLogoutUrl =
# org: ExtlClntAppOauthConfigurablePolicies of Shop: startUrl =
# org: ExtlClntAppOauthConfigurablePolicies of Shop: customAttributes =
# org: ExtlClntAppConfigurablePolicies of Shop: startPage = Custom

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
}
