# No attribute is managed, all are read.
# plan: salesforce_org_external_client_app_settings.org = create
# org: ExternalClientAppSettings of ExternalClientApp: enableClientSecretInRestApiAccess = true
# org: ExternalClientAppSettings of ExternalClientApp: enableConsumerSecretApiAccess = true
# org: ExternalClientAppSettings of ExternalClientApp: enablePackageEcaOauthFromDevOrg = false

resource "salesforce_org_external_client_app_settings" "org" {}
