# Terraform 1.8 or later, OpenTofu 1.10 or later.
locals {
  # sf project retrieve start --metadata ConnectedApp:Shop
  app = provider::salesforce::connected_app(file("${path.module}/Shop.connectedApp-meta.xml"))
}

# Settings in the file that the resource below does not have. Review them before the first apply.
output "not_converted" {
  value = local.app.not_converted
}

# All attributes that the file of a connected app can have. Null attributes are omitted.
resource "salesforce_oauth_client" "shop" {
  name  = "Shop"
  label = local.app.label

  asset_token_audiences                   = local.app.asset_token_audiences
  asset_token_includes_attributes         = local.app.asset_token_includes_attributes
  asset_token_includes_custom_permissions = local.app.asset_token_includes_custom_permissions
  asset_token_signing_certificate         = local.app.asset_token_signing_certificate
  asset_token_validity                    = local.app.asset_token_validity
  callback_urls                           = local.app.callback_urls
  certificate                             = local.app.certificate
  client_credentials_flow_enabled         = local.app.client_credentials_flow_enabled
  code_credential_flow_enabled            = local.app.code_credential_flow_enabled
  code_credential_post_only               = local.app.code_credential_post_only
  contact_email                           = local.app.contact_email
  contact_phone                           = local.app.contact_phone
  custom_attributes                       = local.app.custom_attributes
  description                             = local.app.description
  device_flow_enabled                     = local.app.device_flow_enabled
  icon_url                                = local.app.icon_url
  id_token_audiences                      = local.app.id_token_audiences
  id_token_include_attributes             = local.app.id_token_include_attributes
  id_token_include_custom_permissions     = local.app.id_token_include_custom_permissions
  id_token_include_standard_claims        = local.app.id_token_include_standard_claims
  id_token_validity_minutes               = local.app.id_token_validity_minutes
  introspect_all_tokens                   = local.app.introspect_all_tokens
  logo_url                                = local.app.logo_url
  named_user_jwt_enabled                  = local.app.named_user_jwt_enabled
  oauth_scopes                            = local.app.oauth_scopes
  pkce_required                           = local.app.pkce_required
  refresh_token_rotation_enabled          = local.app.refresh_token_rotation_enabled
  secret_required_for_refresh_token       = local.app.secret_required_for_refresh_token
  secret_required_for_token_exchange      = local.app.secret_required_for_token_exchange
  secret_required_for_web_server_flow     = local.app.secret_required_for_web_server_flow
  single_logout_url                       = local.app.single_logout_url
  token_exchange_enabled                  = local.app.token_exchange_enabled

  dynamic "trusted_ip_range" {
    for_each = local.app.trusted_ip_range
    content {
      description      = trusted_ip_range.value.description
      start_ip_address = trusted_ip_range.value.start_ip_address
      end_ip_address   = trusted_ip_range.value.end_ip_address
    }
  }

  # Omits the block if the file has no such settings.
  dynamic "policies" {
    for_each = local.app.policies[*]
    content {
      client_credentials_flow_enabled = policies.value.client_credentials_flow_enabled
      client_credentials_flow_user    = policies.value.client_credentials_flow_user
      ip_relaxation                   = policies.value.ip_relaxation
      permission_sets                 = policies.value.permission_sets
      permitted_users                 = policies.value.permitted_users
      policy_action                   = policies.value.policy_action
      profiles                        = policies.value.profiles
      refresh_token_policy            = policies.value.refresh_token_policy
      refresh_token_validity_period   = policies.value.refresh_token_validity_period
      refresh_token_validity_unit     = policies.value.refresh_token_validity_unit
      required_session_level          = policies.value.required_session_level
      session_timeout_minutes         = policies.value.session_timeout_minutes
      single_logout_url               = policies.value.single_logout_url
      start_page                      = policies.value.start_page
      start_url                       = policies.value.start_url
      token_exchange_flow_enabled     = policies.value.token_exchange_flow_enabled
    }
  }
}
