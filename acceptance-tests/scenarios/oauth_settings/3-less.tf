# Removed attributes return to their default, are cleared, or keep their value.
# plan: salesforce_external_client_app_oauth_settings.shop = update
# org: ExtlClntAppGlobalOauthSettings of Shop: callbackUrl = https://shop.example.com/callback
# org: ExtlClntAppGlobalOauthSettings of Shop: isClientCredentialsFlowEnabled = false
# org: ExtlClntAppGlobalOauthSettings of Shop: isCodeCredFlowEnabled = false
# org: ExtlClntAppGlobalOauthSettings of Shop: isConsumerSecretOptional = false
# org: ExtlClntAppGlobalOauthSettings of Shop: isSecretRequiredForRefreshToken = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isSecretRequiredForTokenExchange = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isDeviceFlowEnabled = false
# org: ExtlClntAppGlobalOauthSettings of Shop: isIntrospectAllTokens = false
# org: ExtlClntAppGlobalOauthSettings of Shop: isNamedUserJwtEnabled = false
# org: ExtlClntAppGlobalOauthSettings of Shop: isRefreshTokenRotationEnabled = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isTokenExchangeEnabled = false
# org: ExtlClntAppGlobalOauthSettings of Shop: idTokenConfig.idTokenAudience = https://api.example.com
# org: ExtlClntAppGlobalOauthSettings of Shop: idTokenConfig.idTokenValidityInMinutes = 15
# org: ExtlClntAppOauthSettings of Shop: commaSeparatedOauthScopes = Api
# org: ExtlClntAppOauthSettings of Shop: isFirstPartyAppEnabled = false
# org: ExtlClntAppOauthSettings of Shop: singleLogoutUrl =
# org: ExtlClntAppOauthSettings of Shop: customAttributes =
# org: ExtlClntAppOauthSettings of Shop: label = Shop settings

resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id

  callback_urls = ["https://shop.example.com/callback"]
  oauth_scopes  = ["Api"]

  trusted_ip_range {
    start_ip_address = "192.0.2.0"
    end_ip_address   = "192.0.2.127"
    description      = "Half the office"
  }
}
