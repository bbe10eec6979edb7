# Orgs do not return a setting that is false or deprecated, so a missing setting is false.
# edit: ExternalClientAppSettings of ExternalClientApp: enableConsumerSecretApiAccess =
# plan: salesforce_org_external_client_app_settings.org = update
# org: ExternalClientAppSettings of ExternalClientApp: enableClientSecretInRestApiAccess = true

resource "salesforce_org_external_client_app_settings" "org" {
  client_secret_in_rest_api_access_enabled = true
  consumer_secret_api_access_enabled       = false
  package_eca_oauth_from_dev_org_enabled   = true
}
