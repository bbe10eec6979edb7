# Only the app is configured, so the safe defaults are enforced.
# plan: salesforce_external_client_app.shop = create
# plan: salesforce_external_client_app_oauth_settings.shop = create
# org: ExtlClntAppGlobalOauthSettings of Shop: isPkceRequired = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isConsumerSecretOptional = false
# org: ExtlClntAppGlobalOauthSettings of Shop: isSecretRequiredForRefreshToken = true
# org: ExtlClntAppGlobalOauthSettings of Shop: isCodeCredFlowEnabled = false
# org: ExtlClntAppGlobalOauthSettings of Shop: callbackUrl =
# org: ExtlClntAppOauthSettings of Shop: commaSeparatedOauthScopes =

resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id
}
