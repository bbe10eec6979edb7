# Orgs do not return switches that are off or deprecated: a missing switch is off.
# edit: ExternalClientAppSettings of ExternalClientApp: enableConsumerSecretApiAccess =
# plan: salesforce_org_external_client_app_settings.org = update
# org: ExternalClientAppSettings of ExternalClientApp: enableClientSecretInRestApiAccess = true

resource "salesforce_org_external_client_app_settings" "org" {
  client_secret_in_rest_api_access_enabled = true
  consumer_secret_api_access_enabled       = false
  package_eca_oauth_from_dev_org_enabled   = true
}
