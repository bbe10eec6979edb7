# Terraform 1.11 or later, OpenTofu 1.11 or later.

resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id

  callback_urls                = ["https://shop.example.com/callback"]
  oauth_scopes                 = ["Api", "OpenID", "RefreshToken"]
  code_credential_flow_enabled = true
  named_user_jwt_enabled       = true
}

resource "salesforce_external_client_app_credential_rotation" "shop" {
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id
  rotate_when_changed = { version = 1 }
}

# Both arguments reference the rotation, so that the secret is read after a rotation in the same run.
ephemeral "salesforce_external_client_app_credentials" "shop" {
  external_client_app = salesforce_external_client_app_credential_rotation.shop.external_client_app
  consumer_key        = salesforce_external_client_app_credential_rotation.shop.consumer_key
}

# With a write-only argument (Terraform 1.11), the secret is not stored in the state or the plan.
resource "vault_kv_secret_v2" "shop" {
  mount = "secret"
  name  = "shop"

  data_json_wo = jsonencode({
    client_id     = ephemeral.salesforce_external_client_app_credentials.shop.consumer_key
    client_secret = ephemeral.salesforce_external_client_app_credentials.shop.consumer_secret
  })

  # Derived from the key, so that Vault receives the new secret after every rotation.
  data_json_wo_version = parseint(substr(sha256(salesforce_external_client_app_credential_rotation.shop.consumer_key), 0, 7), 16)
}
