# The last part of the demo: passes the secret to a store and rotates it. The demo copies this file next to main.tf.
# Requires Terraform 1.11. `make demo` replaces Vault with a mock provider.

resource "salesforce_org_external_client_app_settings" "org" {
  client_secret_in_rest_api_access_enabled = true
}

resource "salesforce_external_client_app_credential_rotation" "shop" {
  external_client_app = module.shop.external_client_app

  rotate_when_changed          = { version = 1 }
  revoke_previous_when_changed = { version = 1 }

  depends_on = [salesforce_org_external_client_app_settings.org]
}

ephemeral "salesforce_external_client_app_credentials" "shop" {
  external_client_app = salesforce_external_client_app_credential_rotation.shop.external_client_app
  consumer_key        = salesforce_external_client_app_credential_rotation.shop.consumer_key
}

resource "vault_kv_secret_v2" "shop" {
  mount = "secret"
  name  = "shop"

  data_json_wo = jsonencode({
    client_id     = ephemeral.salesforce_external_client_app_credentials.shop.consumer_key
    client_secret = ephemeral.salesforce_external_client_app_credentials.shop.consumer_secret
  })
  # Changes whenever the key changes.
  data_json_wo_version = parseint(substr(sha256(salesforce_external_client_app_credential_rotation.shop.consumer_key), 0, 7), 16)
}
