# Salesforce has already created the policies; adopting them changes only configured attributes.
# plan: salesforce_external_client_app.shop = create
# plan: salesforce_external_client_app_oauth_settings.shop = create
# plan: salesforce_external_client_app_policies.shop = create
# org: ExtlClntAppOauthConfigurablePolicies of Shop: permittedUsersPolicyType = AllSelfAuthorized
# org: ExtlClntAppOauthConfigurablePolicies of Shop: ipRelaxationPolicyType = Enforce
# org: ExtlClntAppOauthConfigurablePolicies of Shop: refreshTokenPolicyType = SpecificLifetime
# org: ExtlClntAppOauthConfigurablePolicies of Shop: refreshTokenValidityPeriod = 365
# org: ExtlClntAppConfigurablePolicies of Shop: isEnabled = true
# org: ExtlClntAppConfigurablePolicies of Shop: isOauthPluginEnabled = true

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
