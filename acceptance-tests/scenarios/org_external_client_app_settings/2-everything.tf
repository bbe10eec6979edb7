# plan: salesforce_org_external_client_app_settings.org = update
# output: Org-wide setting
# org: ExternalClientAppSettings of ExternalClientApp: enableClientSecretInRestApiAccess = false
# org: ExternalClientAppSettings of ExternalClientApp: enableConsumerSecretApiAccess = false
# org: ExternalClientAppSettings of ExternalClientApp: enablePackageEcaOauthFromDevOrg = true

resource "salesforce_org_external_client_app_settings" "org" {
  client_secret_in_rest_api_access_enabled = false
  consumer_secret_api_access_enabled       = false
  package_eca_oauth_from_dev_org_enabled   = true
}
