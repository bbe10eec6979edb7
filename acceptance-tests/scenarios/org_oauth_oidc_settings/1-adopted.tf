# These settings exist in every org, so the create adopts them and changes only configured attributes.
# edit: OauthOidcSettings of OauthOidc: isPkceRequired = false
# edit: OauthOidcSettings of OauthOidc: agentAuthLinking = true
# plan: salesforce_org_oauth_oidc_settings.org = create
# output: Org-wide setting
# org: OauthOidcSettings of OauthOidc: isPkceRequired = true
# org: OauthOidcSettings of OauthOidc: oAuthCdCrdtFlowEnable = true
# org: OauthOidcSettings of OauthOidc: blockOAuthUnPwFlow = true
# org: OauthOidcSettings of OauthOidc: blockOAuthUsrAgtFlow = true
# org: OauthOidcSettings of OauthOidc: agentAuthLinking = true

resource "salesforce_org_oauth_oidc_settings" "org" {
  pkce_required = true
}
