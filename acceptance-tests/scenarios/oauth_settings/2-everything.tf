# plan: salesforce_external_client_app_oauth_settings.shop = update
# switches: salesforce_external_client_app_oauth_settings.shop of Shop
# org: ExtlClntAppGlobalOauthSettings of Shop: callbackUrl = https://shop.example.com/callback\nhttps://shop.example.com/callback?b=2&c=3\nshop://callback
# org: ExtlClntAppGlobalOauthSettings of Shop: isClientCredentialsFlowEnabled = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isCodeCredFlowEnabled = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isCodeCredPostOnly = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isConsumerSecretOptional = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isSecretRequiredForRefreshToken = false
# org: ExtlClntAppGlobalOauthSettings of Shop: isSecretRequiredForTokenExchange = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isDeviceFlowEnabled = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isIntrospectAllTokens = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isNamedUserJwtEnabled = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isPkceRequired = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isRefreshTokenRotationEnabled = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isTokenExchangeEnabled = true
# org: ExtlClntAppGlobalOauthSettings of Shop: idTokenConfig.idTokenAudience = https://api.example.com
# org: ExtlClntAppGlobalOauthSettings of Shop: idTokenConfig.idTokenValidityInMinutes = 15
# org: ExtlClntAppGlobalOauthSettings of Shop: idTokenConfig.idTokenIncludeStandardClaims = true
# org: ExtlClntAppOauthSettings of Shop: commaSeparatedOauthScopes = Api, RefreshToken, OpenID
# org: ExtlClntAppOauthSettings of Shop: isFirstPartyAppEnabled = true
# org: ExtlClntAppOauthSettings of Shop: singleLogoutUrl = https://shop.example.com/logout
# org: ExtlClntAppOauthSettings of Shop: label = Shop settings

resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id

  label = "Shop settings"
  callback_urls = [
    "https://shop.example.com/callback",
    "https://shop.example.com/callback?b=2&c=3",
    "shop://callback",
  ]
  # Not in the order in which the org returns them.
  oauth_scopes                        = ["RefreshToken", "Api", "OpenID"]
  client_credentials_flow_enabled     = true
  code_credential_flow_enabled        = true
  code_credential_post_only           = true
  secret_required_for_web_server_flow = false
  secret_required_for_refresh_token   = false
  secret_required_for_token_exchange  = true
  device_flow_enabled                 = true
  introspect_all_tokens               = true
  named_user_jwt_enabled              = true
  pkce_required                       = true
  refresh_token_rotation_enabled      = true
  token_exchange_enabled              = true
  first_party_app_enabled             = true
  single_logout_url                   = "https://shop.example.com/logout"
  custom_attributes = {
    country = "User.Country"
    shout   = "UPPER(User.FirstName) & \"!\""
  }

  id_token_audiences               = "https://api.example.com"
  id_token_include_standard_claims = true
  id_token_validity_minutes        = 15

  trusted_ip_range {
    start_ip_address = "192.0.2.0"
    end_ip_address   = "192.0.2.255"
    description      = "The office"
  }

  trusted_ip_range {
    start_ip_address = "198.51.100.7"
    end_ip_address   = "198.51.100.7"
  }
}
