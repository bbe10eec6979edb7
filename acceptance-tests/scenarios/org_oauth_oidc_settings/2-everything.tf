# Elements without an attribute are unchanged.
# plan: salesforce_org_oauth_oidc_settings.org = update
# output: Org-wide setting
# output: disables headless login
# org: OauthOidcSettings of OauthOidc: isPkceRequired = true
# org: OauthOidcSettings of OauthOidc: oAuthCdCrdtFlowEnable = false
# org: OauthOidcSettings of OauthOidc: blockOAuthUnPwFlow = false
# org: OauthOidcSettings of OauthOidc: blockOAuthUsrAgtFlow = true
# org: OauthOidcSettings of OauthOidc: agentAuthLinking = true

resource "salesforce_org_oauth_oidc_settings" "org" {
  code_credential_flow_enabled   = false
  pkce_required                  = true
  username_password_flow_blocked = false
  user_agent_flow_blocked        = true
}
