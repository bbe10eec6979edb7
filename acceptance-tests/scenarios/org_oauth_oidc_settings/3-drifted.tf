# Drift of configured attributes is repaired, drift of others is kept.
# edit: OauthOidcSettings of OauthOidc: isPkceRequired = false
# edit: OauthOidcSettings of OauthOidc: blockOAuthUsrAgtFlow = false
# plan: salesforce_org_oauth_oidc_settings.org = update
# output: no longer managed
# org: OauthOidcSettings of OauthOidc: isPkceRequired = true
# org: OauthOidcSettings of OauthOidc: oAuthCdCrdtFlowEnable = false
# org: OauthOidcSettings of OauthOidc: blockOAuthUsrAgtFlow = false
# org: OauthOidcSettings of OauthOidc: agentAuthLinking = true

resource "salesforce_org_oauth_oidc_settings" "org" {
  pkce_required = true
}
